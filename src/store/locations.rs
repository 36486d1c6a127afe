//! `.rcr/locations/`: which repositories of a registry are known to hold which blobs, one file per registry. Hints for
//! pushes, never relied upon: a file that cannot be used counts as empty, and nothing is synced.
//!
//! After a first line that says whose it is, a file has a line per blob: its digest, then repositories, the one learnt
//! last first. What was learnt last is at the end of the file, and what was learnt first is dropped when it grows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use super::fs::{self, Node};
use super::layout::blocking;
use super::{Error, Layout};
use crate::model::Digest;

const DIRECTORY: &str = ".rcr/locations";
const FIRST_LINE: &str = "rcr locations 1: ";
/// Repositories that are kept for one blob.
const REPOSITORIES: usize = 3;
/// The size of a file: some ten thousand blobs.
const LIMIT_BYTES: usize = 1 << 20;
/// What is left of a file that became larger.
const KEPT_BYTES: usize = LIMIT_BYTES / 4 * 3;
/// Registries of which anything is kept.
const REGISTRIES: usize = 64;
/// How long to wait for another process: what it is for can be learnt again.
const LOCK_WAIT: Duration = Duration::from_secs(1);

impl Layout {
    /// The repositories of `registry` that are known to hold these blobs, the one learnt last first. Empty where
    /// nothing is known, whatever the reason.
    pub async fn locations(&self, registry: &str, blobs: Vec<Digest>) -> HashMap<Digest, Vec<String>> {
        let (layout, registry) = (self.clone(), registry.to_owned());
        let found = blocking(move || {
            let text = layout.known_locations(&registry);
            let wanted: HashMap<String, Digest> =
                blobs.into_iter().map(|digest| (digest.to_string(), digest)).collect();
            let known = lines(&text).filter_map(|(digest, repositories)| {
                let digest = wanted.get(digest)?.clone();
                Some((digest, repositories.split(' ').map(str::to_owned).collect()))
            });
            Ok(known.collect())
        });
        found.await.unwrap_or_default()
    }

    /// Notes which repositories of `registry` hold blobs, and which do not. Whether that was new; nothing is written
    /// where it was not.
    ///
    /// # Errors
    /// [`Error::Busy`], or the file system's error; what was known before is known still.
    pub async fn learn_locations(
        &self,
        registry: &str,
        findings: BTreeMap<(Digest, String), bool>,
    ) -> Result<bool, Error> {
        if findings.is_empty() {
            return Ok(false);
        }
        let (layout, registry) = (self.clone(), registry.to_owned());
        blocking(move || {
            if updated(&layout.known_locations(&registry), &findings).is_none() {
                return Ok(false);
            }
            let _lock = layout.locations_lock().acquire_blocking(LOCK_WAIT)?;
            // Another process may have written meanwhile.
            let Some(lines) = updated(&layout.known_locations(&registry), &findings) else { return Ok(false) };
            layout.write_locations(&registry, &lines).map(|()| true)
        })
        .await
    }

    fn locations_path(&self, registry: &str) -> PathBuf {
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' };
        self.path(DIRECTORY).join(registry.chars().map(safe).collect::<String>())
    }

    /// The lines of blobs in the registry's file; none where it is missing, not ours, or another registry's.
    fn known_locations(&self, registry: &str) -> String {
        let bytes = fs::read_up_to(&self.locations_path(registry), LIMIT_BYTES as u64).unwrap_or_default();
        if bytes.len() > LIMIT_BYTES {
            return String::new();
        }
        let text = String::from_utf8(bytes).unwrap_or_default();
        let rest = text.strip_prefix(FIRST_LINE).and_then(|rest| rest.strip_prefix(registry)?.strip_prefix('\n'));
        rest.map(str::to_owned).unwrap_or_default()
    }

    /// Replaces the registry's file in one step. Not synced: after a power cut it may be damaged, and is not used then.
    fn write_locations(&self, registry: &str, lines: &str) -> Result<(), Error> {
        let path = self.locations_path(registry);
        fs::make_dir(&self.path(DIRECTORY))?;
        if fs::look(&path)? == Node::Absent {
            self.make_room_for_locations()?;
        }
        let (mut file, temporary) = fs::create_unique(&self.path(".rcr/tmp"), "locations")?;
        let text = format!("{FIRST_LINE}{registry}\n{lines}");
        let written = fs::write(&mut file, &temporary, text.as_bytes()).and_then(|()| fs::rename(&temporary, &path));
        if written.is_err() {
            // The first error is the one to report.
            let _ = fs::remove(&temporary);
        }
        written
    }

    /// Removes the file that was not written for the longest time, where there are too many.
    fn make_room_for_locations(&self) -> Result<(), Error> {
        let directory = self.path(DIRECTORY);
        let paths: Vec<PathBuf> = fs::list(&directory)?.into_iter().map(|name| directory.join(name)).collect();
        if paths.len() < REGISTRIES {
            return Ok(());
        }
        let written = |path: &PathBuf| match fs::look(path) {
            Ok(Node::File { modified, .. }) => modified,
            _ => SystemTime::now(),
        };
        paths.into_iter().min_by_key(written).map_or(Ok(()), |oldest| fs::remove(&oldest))
    }
}

/// The lines that have the form of ours, as digest and repositories.
fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.lines().filter_map(|line| line.split_once(' ')).filter(|(_, repositories)| !repositories.is_empty())
}

/// The lines with the findings in them; `None` where they have nothing new.
fn updated(text: &str, findings: &BTreeMap<(Digest, String), bool>) -> Option<String> {
    let mut by_blob: BTreeMap<String, Vec<(&str, bool)>> = BTreeMap::new();
    for ((digest, repository), held) in findings {
        by_blob.entry(digest.to_string()).or_default().push((repository, *held));
    }
    let (mut kept, mut new) = (Vec::new(), Vec::new());
    let mut seen = HashSet::new();
    for (digest, repositories) in lines(text) {
        let Some(facts) = by_blob.get(digest) else {
            kept.push((digest, repositories.to_owned()));
            continue;
        };
        if seen.insert(digest) {
            let joined = with(repositories, facts);
            if joined == repositories { kept.push((digest, joined)) } else { new.push((digest, joined)) }
        }
    }
    for (digest, facts) in &by_blob {
        let joined = with("", facts);
        if !seen.contains(digest.as_str()) && !joined.is_empty() {
            new.push((digest, joined));
        }
    }
    if new.is_empty() {
        return None;
    }
    let all: Vec<String> = kept
        .iter()
        .chain(&new)
        .filter(|(_, repositories)| !repositories.is_empty())
        .map(|(digest, repositories)| format!("{digest} {repositories}\n"))
        .collect();
    let mut size: usize = all.iter().map(String::len).sum();
    let limit = if size > LIMIT_BYTES - 1024 { KEPT_BYTES } else { size };
    let rest = all.iter().skip_while(|line| {
        let too_large = size > limit;
        size -= if too_large { line.len() } else { 0 };
        too_large
    });
    Some(rest.map(String::as_str).collect())
}

/// The repositories of one blob after the facts.
fn with(repositories: &str, facts: &[(&str, bool)]) -> String {
    let mut known: Vec<&str> = repositories.split(' ').filter(|name| !name.is_empty()).collect();
    for (repository, held) in facts {
        // A name with a space in it is none, and would be read as two.
        match (known.iter().position(|name| name == repository), held) {
            (None, true) if !repository.contains([' ', '\n']) => known.insert(0, repository),
            (Some(at), false) => drop(known.remove(at)),
            _ => {}
        }
    }
    known.truncate(REPOSITORIES);
    known.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::digest_of;
    use crate::model::Algorithm;
    use crate::store::fixture::layout;

    const REGISTRY: &str = "registry.example:5000";

    fn digest(n: usize) -> Digest {
        digest_of(Algorithm::Sha256, &n.to_le_bytes())
    }

    fn facts(facts: &[(usize, &str, bool)]) -> BTreeMap<(Digest, String), bool> {
        facts.iter().map(|(n, repository, held)| ((digest(*n), (*repository).to_owned()), *held)).collect()
    }

    async fn known(layout: &Layout, n: usize) -> Vec<String> {
        layout.locations(REGISTRY, vec![digest(n)]).await.remove(&digest(n)).unwrap_or_default()
    }

    #[tokio::test]
    async fn what_was_learnt_is_known_until_it_is_refuted() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        assert_eq!(known(&layout, 1).await, [""; 0]);
        assert!(layout.learn_locations(REGISTRY, facts(&[(1, "a/b", true), (2, "a/b", true)])).await.unwrap());
        assert!(layout.learn_locations(REGISTRY, facts(&[(1, "c", true), (3, "x", false)])).await.unwrap());
        assert_eq!(known(&layout, 1).await, ["c", "a/b"]);
        assert_eq!(known(&layout, 2).await, ["a/b"]);
        assert_eq!(known(&layout, 3).await, [""; 0]);
        assert_eq!(layout.locations("other.example", vec![digest(1)]).await, HashMap::new());
        assert!(layout.learn_locations(REGISTRY, facts(&[(1, "c", false), (2, "a/b", false)])).await.unwrap());
        assert_eq!((known(&layout, 1).await, known(&layout, 2).await), (vec!["a/b".to_owned()], vec![]));
        assert_eq!(fs::list(&dir.path().join(".rcr/tmp")).unwrap(), [""; 0]);
    }

    #[tokio::test]
    async fn what_is_not_new_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let known = facts(&[(1, "a", true), (2, "b", true)]);
        layout.learn_locations(REGISTRY, known.clone()).await.unwrap();
        let path = layout.locations_path(REGISTRY);
        let before = std::fs::metadata(&path).unwrap();
        assert!(!layout.learn_locations(REGISTRY, known).await.unwrap());
        assert!(!layout.learn_locations(REGISTRY, facts(&[(1, "z", false)])).await.unwrap());
        let after = std::fs::metadata(&path).unwrap();
        use std::os::unix::fs::MetadataExt;
        assert_eq!((after.ino(), after.modified().unwrap()), (before.ino(), before.modified().unwrap()));
    }

    #[tokio::test]
    async fn a_file_that_is_not_ours_is_ignored_and_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let path = layout.locations_path(REGISTRY);
        std::fs::create_dir(dir.path().join(DIRECTORY)).unwrap();
        let line = format!("{} a\n", digest(1));
        let others = [
            String::new(),
            "\0".repeat(700),
            line.clone(),
            format!("{FIRST_LINE}registry.example_5000\n{line}"),
            format!("{FIRST_LINE}{REGISTRY}\n{}", "x".repeat(LIMIT_BYTES)),
        ];
        for text in others {
            std::fs::write(&path, &text).unwrap();
            assert_eq!(known(&layout, 1).await, [""; 0]);
            assert!(layout.learn_locations(REGISTRY, facts(&[(1, "b", true)])).await.unwrap());
            assert_eq!(known(&layout, 1).await, ["b"]);
        }
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink("elsewhere", &path).unwrap();
        assert!(layout.learn_locations(REGISTRY, facts(&[(1, "b", true)])).await.unwrap());
        assert_eq!(known(&layout, 1).await, ["b"]);
        assert!(!dir.path().join(DIRECTORY).join("elsewhere").exists(), "a link is replaced, not followed");
    }

    #[tokio::test]
    async fn little_is_kept_and_the_oldest_goes_first() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        for name in ["a", "b", "c", "d"] {
            layout.learn_locations(REGISTRY, facts(&[(0, name, true)])).await.unwrap();
        }
        assert_eq!(known(&layout, 0).await, ["d", "c", "b"]);
        let many = |from: usize| (from..from + 10_000).map(|n| ((digest(n), "some/repository".to_owned()), true));
        layout.learn_locations(REGISTRY, many(1).collect()).await.unwrap();
        layout.learn_locations(REGISTRY, many(20_000).collect()).await.unwrap();
        let size = std::fs::metadata(layout.locations_path(REGISTRY)).unwrap().len();
        assert!(size < LIMIT_BYTES as u64, "{size}");
        assert_eq!(known(&layout, 0).await, [""; 0]);
        let newest = layout.locations(REGISTRY, (20_000..30_000).map(digest).collect()).await;
        assert!(newest.len() > 7_000, "{}", newest.len());
        for n in 0..REGISTRIES + 5 {
            layout.learn_locations(&format!("r{n}"), facts(&[(0, "a", true)])).await.unwrap();
        }
        assert_eq!(fs::list(&dir.path().join(DIRECTORY)).unwrap().len(), REGISTRIES);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn eight_at_once_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let stores: Vec<Layout> = (0..8).map(|_| layout(dir.path())).collect();
        let learning = stores.iter().enumerate().map(|(n, layout)| async move {
            layout.learn_locations(REGISTRY, facts(&[(n, "a", true)])).await.unwrap()
        });
        futures_util::future::join_all(learning).await;
        for n in 0..8 {
            assert_eq!(known(&stores[0], n).await, ["a"]);
        }
    }

    #[test]
    fn a_repository_whose_name_is_none_is_not_written() {
        assert_eq!(updated("", &facts(&[(1, "a b", true), (2, "a\nb", true)])), None);
    }
}
