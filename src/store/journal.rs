//! `.rcr/index.journal`: the latest changes of names, one JSON object per line, from which a lost `index.json` can be
//! rebuilt. Written under the index lock.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::index::{Change, Entry};
use super::{Error, Layout, fs};

const NAME: &str = ".rcr/index.journal";
/// Beyond this the journal is cut.
const LIMIT_BYTES: u64 = 1 << 20;
/// How much of its end is kept then.
const KEPT_BYTES: usize = 1 << 19;

/// Appends a line per change.
pub(super) fn append(layout: &Layout, changes: &[Change]) -> Result<(), Error> {
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let mut lines = String::new();
    for Change { name, old, new } in changes {
        let digest = |entry: &Option<Entry>| {
            entry.as_ref().map_or(Value::Null, |entry| entry.descriptor.digest.to_string().into())
        };
        let entry = new.as_ref().map(|entry| &entry.descriptor);
        let line = json!({ "time": time, "name": name, "old": digest(old), "new": digest(new), "entry": entry });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture::layout;

    fn changes(names: &[&str]) -> Vec<Change> {
        names.iter().map(|name| Change { name: (*name).to_owned(), old: None, new: None }).collect()
    }

    #[test]
    fn a_cut_line_does_not_take_the_next_with_it_and_the_size_is_bounded() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let path = layout.path(NAME);
        std::fs::write(&path, "{\"time\":1,\"na").unwrap();
        append(&layout, &changes(&["a", "b"])).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        let whole: Vec<Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        let names: Vec<_> = whole.iter().map(|line| &line["name"]).collect();
        assert_eq!(names, ["a", "b"]);

        let line = "{\"old\":\"line\"}\n";
        std::fs::write(&path, line.repeat(usize::try_from(LIMIT_BYTES).unwrap() / line.len())).unwrap();
        append(&layout, &changes(&["last"])).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.len() < KEPT_BYTES + 1000 && text.len() > KEPT_BYTES / 2, "{}", text.len());
        assert!(text.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()));
        assert!(text.lines().last().unwrap().contains("\"last\""));
    }
}
