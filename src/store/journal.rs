//! `.rcr/index.journal`: the latest changes of names, one JSON object per line, from which a lost `index.json` can be
//! rebuilt. Written under the index lock.

use std::collections::{BTreeMap, BTreeSet};
use std::time::SystemTime;

use serde_json::{Value, json};

use super::index::{Entry, Index};
use super::{Error, Layout, fs};

const NAME: &str = ".rcr/index.journal";
/// Beyond this the journal is cut.
const LIMIT_BYTES: u64 = 1 << 20;
/// How much of its end is kept then.
const KEPT_BYTES: usize = 1 << 19;

/// Appends a line per name that differs.
pub(super) fn append(layout: &Layout, old: &Index, new: &Index) -> Result<(), Error> {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let (old, new) = (by_name(old), by_name(new));
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut lines = String::new();
    for name in names {
        let (was, is) = (old.get(name), new.get(name));
        if was == is {
            continue;
        }
        let digest =
            |entry: Option<&Entry>| entry.map_or(Value::Null, |entry| entry.descriptor.digest.to_string().into());
        let entry = is.map(|entry| &entry.descriptor);
        let line = json!({ "time": time, "name": name, "old": digest(was), "new": digest(is), "entry": entry });
        lines.push_str(&line.to_string());
        lines.push('\n');
    }
    let path = layout.path(NAME);
    let mut file = fs::open_or_create(&path)?;
    let size = fs::size(&file, &path)?;
    if size + lines.len() as u64 > LIMIT_BYTES {
        let bytes = fs::read_up_to(&path, size)?;
        let mut kept = tail(&bytes).to_vec();
        kept.extend_from_slice(lines.as_bytes());
        return layout.replace(&path, "journal", &kept);
    }
    fs::seek(&mut file, &path, size.saturating_sub(1))?;
    let mut last = [b'\n'];
    fs::read(&mut file, &path, &mut last)?;
    if last != *b"\n" {
        // A crash cut the last line: it must not take this one with it.
        lines.insert(0, '\n');
    }
    fs::write(&mut file, &path, lines.as_bytes())?;
    fs::sync_file(&file, &path)
}

/// The last whole lines.
fn tail(bytes: &[u8]) -> &[u8] {
    let from = bytes.len().saturating_sub(KEPT_BYTES);
    match bytes[from..].iter().position(|byte| *byte == b'\n') {
        Some(at) => &bytes[from + at + 1..],
        None => &[],
    }
}

fn by_name(index: &Index) -> BTreeMap<String, Entry> {
    index.entries().0.into_iter().filter_map(|entry| Some((entry.name.clone()?, entry))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture::layout;

    fn index(name: &str) -> Index {
        let digest = format!("sha256:{}", "0".repeat(64));
        let entry = json!({ "mediaType": "m/n", "digest": digest, "size": 1,
                            "annotations": { "org.opencontainers.image.ref.name": name } });
        let document = json!({ "schemaVersion": 2, "manifests": [entry] });
        Index::parse(std::path::Path::new("x"), document.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn a_cut_line_does_not_take_the_next_with_it_and_the_size_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let path = layout.path(NAME);
        std::fs::write(&path, "{\"time\":1,\"na").unwrap();
        append(&layout, &index("a"), &index("b")).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let whole: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let names: Vec<_> = whole.iter().map(|line| (&line["name"], line["new"].is_null())).collect();
        assert_eq!(names, [(&json!("a"), true), (&json!("b"), false)]);

        let line = "{\"old\":\"line\"}\n";
        std::fs::write(&path, line.repeat(usize::try_from(LIMIT_BYTES).unwrap() / line.len())).unwrap();
        append(&layout, &index("a"), &index("last")).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() < KEPT_BYTES + 1000 && text.len() > KEPT_BYTES / 2, "{}", text.len());
        assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
        assert!(text.lines().last().unwrap().contains("\"last\""));
    }
}
