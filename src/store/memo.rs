//! What was worked out from stored documents, kept in `.rcr/cache/` so that ten thousand of them need not be read for
//! each list.
//!
//! A memo can be lost at any time. What it says of a document holds for its digest, so it never grows old; it is used
//! only while the files are the ones that were read, and one that is damaged is as good as none. Reading a store works
//! without it, and where it cannot be written, nobody is told.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, Layout, fs};
use crate::content::digest_of;
use crate::model::{Algorithm, Digest};

/// So much is worth a file: less is read anew in a few milliseconds.
const WORTH_COUNT: usize = 64;
/// The most that is read and written of a memo: that of some hundred thousand images.
const LIMIT_BYTES: u64 = 64 << 20;

/// Facts about documents, each under a key that says which.
#[derive(Debug)]
pub struct Memo {
    layout: Layout,
    path: PathBuf,
    text: String,
    /// Where the line of a key has its files and its facts.
    known: HashMap<String, Range<usize>>,
    /// The lines that were asked for or added.
    kept: String,
    new_count: usize,
}

impl Layout {
    /// The memo of that name, empty where there is none.
    pub fn memo(&self, name: &str) -> Memo {
        let path = self.path(".rcr/cache").join(name);
        let text = read(&path).unwrap_or_default();
        let mut known = HashMap::new();
        let mut from = 0;
        for line in text.split_inclusive('\n') {
            if let Some((key, _)) = line.split_once('\t') {
                known.insert(key.to_owned(), from + key.len() + 1..from + line.len());
            }
            from += line.len();
        }
        Memo { layout: self.clone(), path, text, known, kept: String::new(), new_count: 0 }
    }

    /// What tells whether the file of a blob is still the one that was read.
    fn stamp(&self, digest: &Digest) -> Option<String> {
        fs::stamp(&self.blob_path(digest)).map(|stamp| format!("{digest}={stamp}"))
    }
}

/// The lines of a memo whose first line vouches for the rest.
fn read(path: &std::path::Path) -> Option<String> {
    let bytes = fs::read_up_to(path, LIMIT_BYTES).ok().filter(|bytes| bytes.len() as u64 <= LIMIT_BYTES)?;
    let text = String::from_utf8(bytes).ok()?;
    let (digest, lines) = text.split_once('\n')?;
    (digest == digest_of(Algorithm::Sha256, lines.as_bytes()).to_string()).then(|| lines.to_owned())
}

impl Memo {
    /// What was noted under `key`, if the files that it was worked out from are there as they were.
    pub fn recall<T: DeserializeOwned>(&mut self, key: &str) -> Option<T> {
        let line = &self.text[self.known.get(key)?.clone()];
        let (stamps, facts) = line.trim_end().split_once('\t')?;
        let unchanged = stamps.split(' ').all(|noted| {
            let digest = noted.split_once('=').and_then(|(digest, _)| Digest::parse(digest).ok());
            digest.and_then(|digest| self.layout.stamp(&digest)).as_deref() == Some(noted)
        });
        let facts = serde_json::from_str(facts).ok().filter(|_| unchanged)?;
        self.kept.extend([key, "\t", line]);
        Some(facts)
    }

    /// Notes what was worked out from `documents`.
    pub fn note(&mut self, key: &str, documents: &[&Digest], facts: &impl Serialize) {
        let stamps: Option<Vec<String>> = documents.iter().map(|digest| self.layout.stamp(digest)).collect();
        // A key may hold what another tool wrote.
        if let Some(stamps) = stamps.filter(|stamps| !stamps.is_empty() && !key.contains(['\t', '\n']))
            && let Ok(facts) = serde_json::to_string(facts)
        {
            self.kept.extend([key, "\t", &stamps.join(" "), "\t", &facts, "\n"]);
            self.new_count += 1;
        }
    }

    /// Writes what was asked for and what was noted, where it is worth it; the rest is forgotten.
    pub fn keep(self) {
        if self.new_count >= WORTH_COUNT && (self.kept.len() as u64) < LIMIT_BYTES {
            // The next list takes longer, and that is all.
            let _ = self.write();
        }
    }

    fn write(&self) -> Result<(), Error> {
        fs::make_dir(&self.layout.path(".rcr/cache"))?;
        let (mut file, temporary) = fs::create_unique(&self.layout.path(".rcr/tmp"), "memo")?;
        let text = format!("{}\n{}", digest_of(Algorithm::Sha256, self.kept.as_bytes()), self.kept);
        // Not synced: what a power cut leaves of it is found out by its first line.
        let written =
            fs::write(&mut file, &temporary, text.as_bytes()).and_then(|()| fs::rename(&temporary, &self.path));
        if written.is_err() {
            let _ = fs::remove(&temporary);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::fixture::{LAYER, layout, put_blob};

    #[tokio::test]
    async fn facts_are_recalled_while_their_files_are_as_they_were() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let one = put_blob(&layout, LAYER, b"one").await.digest;
        let two = put_blob(&layout, LAYER, b"two").await.digest;
        let noted = |count: usize| {
            let mut memo = layout.memo("test");
            for at in 0..count {
                memo.note(&format!("key {at}"), &[&one, &two], &at);
            }
            memo.keep();
        };
        let recall = |key: &str| layout.memo("test").recall::<usize>(key);
        let path = dir.path().join(".rcr/cache/test");
        noted(WORTH_COUNT - 1);
        assert!(!path.exists(), "not worth a file");
        noted(WORTH_COUNT);
        assert_eq!((recall("key 7"), recall("key 63"), recall("key 64"), recall("")), (Some(7), Some(63), None, None));
        assert_eq!(layout.memo("test").recall::<String>("key 7"), None, "other facts");

        let whole = std::fs::read(&path).unwrap();
        for spoilt in [&whole[..whole.len() - 1], &[], &whole.to_ascii_uppercase(), &vec![0; whole.len()]] {
            std::fs::write(&path, spoilt).unwrap();
            assert_eq!(recall("key 7"), None);
        }
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(recall("key 7"), Some(7));
        // Of the same size, and with the old time.
        let blob = std::fs::File::options().write(true).open(layout.blob_path(&two)).unwrap();
        let modified = blob.metadata().unwrap().modified().unwrap();
        std::fs::write(layout.blob_path(&two), b"owt").unwrap();
        blob.set_modified(modified).unwrap();
        assert_eq!(recall("key 7"), None, "another file now");
        std::fs::remove_file(layout.blob_path(&two)).unwrap();
        assert_eq!(recall("key 7"), None, "no file");
    }

    #[tokio::test]
    async fn what_is_not_asked_for_is_forgotten_and_a_strange_key_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let one = put_blob(&layout, LAYER, b"one").await.digest;
        let mut memo = layout.memo("test");
        (0..WORTH_COUNT).for_each(|at| memo.note(&format!("old {at}"), &[&one], &at));
        memo.note("a\tb", &[&one], &1);
        memo.keep();
        let mut memo = layout.memo("test");
        assert_eq!((memo.recall::<usize>("old 3"), memo.recall::<usize>("a")), (Some(3), None));
        (0..WORTH_COUNT).for_each(|at| memo.note(&format!("new {at}"), &[&one], &at));
        memo.keep();
        let mut memo = layout.memo("test");
        assert_eq!((memo.recall::<usize>("old 3"), memo.recall::<usize>("old 4")), (Some(3), None));
        assert_eq!(memo.known.len(), WORTH_COUNT + 1);
    }
}
