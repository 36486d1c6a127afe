//! Creating a store, and checking that what is there is one.

use std::path::Path;

use serde_json::json;

use super::fs::{self, Node};
use super::{Error, Layout, Options, index};

const MARKER: &str = "oci-layout";
const VERSION: &str = "1.0.0";
/// The marker file has about 30 bytes; a file larger than this is something else.
const MARKER_LIMIT_BYTES: u64 = 4096;

impl Layout {
    /// Opens the store at `dir` for reading and writing, and creates it where there is nothing yet.
    ///
    /// # Errors
    /// [`Error::NotALayout`] where something else stands, [`Error::Corrupt`] where a store is damaged or of another
    /// version, [`Error::Planted`] where links stand in for its directories.
    pub fn create_or_open(dir: &Path, options: Options) -> Result<Self, Error> {
        let layout = Self::at(dir, options, true);
        match fs::look_through(dir)? {
            Node::Absent => fs::make_root(dir)?,
            Node::Directory => layout.refuse_foreign()?,
            _ => return Err(Error::NotALayout { path: dir.to_owned(), reason: "it is a file, not a directory" }),
        }
        for name in [".rcr", ".rcr/lock", ".rcr/partial", ".rcr/tmp", ".rcr/bad", "blobs", "blobs/sha256"] {
            fs::make_dir(&layout.path(name))?;
        }
        if !layout.has_marker()? || fs::look(&layout.index_path())? == Node::Absent {
            layout.found()?;
        }
        layout.check()?;
        Ok(layout)
    }

    /// Opens the store at `dir` for reading; nothing is created or changed, so that a read-only file system serves.
    /// `None` where there is no store yet.
    ///
    /// # Errors
    /// As [`Layout::create_or_open`].
    pub fn open(dir: &Path, options: Options) -> Result<Option<Self>, Error> {
        let layout = Self::at(dir, options, false);
        match fs::look_through(dir)? {
            Node::Absent => return Ok(None),
            Node::Directory => layout.refuse_foreign()?,
            _ => return Err(Error::NotALayout { path: dir.to_owned(), reason: "it is a file, not a directory" }),
        }
        if !layout.has_content()? {
            // Whoever makes a store writes the marker first, and the index right after it.
            return if layout.has_marker()? { layout.check_marker().map(|()| None) } else { Ok(None) };
        }
        layout.check()?;
        Ok(Some(layout))
    }

    /// Refuses a directory that holds something, but none of what a layout is made of.
    fn refuse_foreign(&self) -> Result<(), Error> {
        let names = fs::list(self.root())?;
        let ours = |name: &String| [MARKER, "index.json", "blobs", ".rcr"].contains(&name.as_str());
        if names.iter().any(ours) || names.iter().all(|name| name == "lost+found") {
            return Ok(());
        }
        Err(Error::NotALayout {
            path: self.root().to_owned(),
            reason: "the directory is not empty, and not an OCI image layout",
        })
    }

    fn has_marker(&self) -> Result<bool, Error> {
        Ok(fs::look(&self.path(MARKER))? != Node::Absent)
    }

    pub(super) fn has_content(&self) -> Result<bool, Error> {
        Ok(fs::look(&self.index_path())? != Node::Absent || !self.blobs()?.is_empty())
    }

    /// Writes what makes an empty directory a layout. Under the index lock, because a process that is slower than
    /// another must not put an empty index in place of one with tags.
    fn found(&self) -> Result<(), Error> {
        let _lock = self.index_lock().acquire_blocking(self.options().lock_wait)?;
        if !self.has_marker()? && !self.has_content()? {
            // Other processes may have made the directories just now: whoever sees the marker relies on all of them.
            fs::sync_dir(&self.path("blobs"))?;
            fs::sync_dir(self.root())?;
            fs::sync_parent(self.root())?;
            let marker = json!({ "imageLayoutVersion": VERSION }).to_string();
            self.replace(&self.path(MARKER), "layout", marker.as_bytes())?;
        }
        if self.has_marker()? && !self.has_content()? {
            self.replace(&self.index_path(), "index", &index::empty())?;
        }
        Ok(())
    }

    fn check_marker(&self) -> Result<(), Error> {
        let marker = self.path(MARKER);
        let corrupt = |reason: String| Error::Corrupt { path: marker.clone(), reason };
        if fs::look(&marker)? == Node::Absent {
            return Err(corrupt("the file is missing".to_owned()));
        }
        let bytes = fs::read_up_to(&marker, MARKER_LIMIT_BYTES)?;
        let value: serde_json::Value = serde_json::from_slice(&bytes).map_err(|error| corrupt(error.to_string()))?;
        match value.get("imageLayoutVersion").and_then(serde_json::Value::as_str) {
            Some(VERSION) => {}
            Some(other) => return Err(corrupt(format!("layout version {other:?} is not known, only {VERSION:?}"))),
            None => return Err(corrupt("it states no layout version".to_owned())),
        }
        Ok(())
    }

    /// Checks what every command relies on.
    pub(super) fn check(&self) -> Result<(), Error> {
        self.check_marker()?;
        for name in ["blobs", "blobs/sha256", "blobs/sha512", ".rcr", ".rcr/lock"] {
            let path = self.path(name);
            match fs::look(&path)? {
                Node::Directory | Node::Absent => {}
                _ => return Err(Error::Planted { path, found: "no directory" }),
            }
        }
        if fs::look(&self.index_path())? == Node::Absent {
            return Err(Error::Corrupt { path: self.index_path(), reason: "the file is missing".to_owned() });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Nature;
    use crate::store::fixture::{layout, put_image, tag};

    fn create(dir: &Path) -> Result<Layout, Error> {
        Layout::create_or_open(dir, Options::default())
    }

    fn open(dir: &Path) -> Result<Option<Layout>, Error> {
        Layout::open(dir, Options::default())
    }

    #[test]
    fn a_store_is_created_once_and_opened_again() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("deep/er");
        assert!(open(&root).unwrap().is_none());
        create(&root).unwrap();
        let marker = std::fs::read_to_string(root.join("oci-layout")).unwrap();
        assert_eq!(marker, r#"{"imageLayoutVersion":"1.0.0"}"#);
        let modified = || std::fs::metadata(root.join("oci-layout")).unwrap().modified().unwrap();
        let before = modified();
        create(&root).unwrap();
        assert_eq!(modified(), before, "written once");
        assert_eq!(open(&root).unwrap().unwrap().entries().unwrap(), []);
    }

    #[test]
    fn a_creation_that_was_cut_short_is_finished() {
        for made in [&[".rcr", "blobs"][..], &[".rcr"], &["lost+found"]] {
            let dir = tempfile::tempdir().unwrap();
            for name in made {
                std::fs::create_dir(dir.path().join(name)).unwrap();
            }
            assert!(open(dir.path()).unwrap().is_none(), "{made:?}");
            assert_eq!(create(dir.path()).unwrap().entries().unwrap(), [], "{made:?}");
        }
        let dir = tempfile::tempdir().unwrap();
        create(dir.path()).unwrap();
        std::fs::remove_file(dir.path().join("index.json")).unwrap();
        assert_eq!(create(dir.path()).unwrap().entries().unwrap(), [], "only the marker was written");
    }

    #[tokio::test]
    async fn eight_create_one_store_and_lose_no_tag() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("store");
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let root = root.clone();
                std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                    runtime.block_on(async {
                        let layout = layout(&root);
                        let image = put_image(&layout, "one", None).await;
                        tag(&layout, &format!("a/b:{n}"), &image).await.unwrap();
                    });
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(layout(&root).entries().unwrap().len(), 8);
    }

    #[test]
    fn what_is_no_store_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file");
        std::fs::write(&file, "x").unwrap();
        for result in [create(&file).map(drop), open(&file).map(drop), create(dir.path()).map(drop)] {
            let error = result.expect_err("no store");
            assert!(matches!(error, Error::NotALayout { .. }), "{error:?}");
            assert_eq!(error.nature(), Nature::Local);
        }
        assert!(!dir.path().join(".rcr").exists());
    }

    #[tokio::test]
    async fn a_damaged_store_is_said_to_be_one() {
        type Spoil = fn(&Path);
        let cases: [(&str, Spoil); 6] = [
            ("no oci-layout", |dir| std::fs::remove_file(dir.join("oci-layout")).unwrap()),
            ("no index.json", |dir| std::fs::remove_file(dir.join("index.json")).unwrap()),
            ("neither", |dir| {
                std::fs::remove_file(dir.join("oci-layout")).unwrap();
                std::fs::remove_file(dir.join("index.json")).unwrap();
            }),
            ("empty oci-layout", |dir| std::fs::write(dir.join("oci-layout"), "").unwrap()),
            ("a later version", |dir| {
                std::fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion":"2.0.0"}"#).unwrap();
            }),
            ("a linked directory", |dir| {
                std::fs::rename(dir.join("blobs/sha256"), dir.join("away")).unwrap();
                std::os::unix::fs::symlink("../away", dir.join("blobs/sha256")).unwrap();
            }),
        ];
        for (name, spoil) in cases {
            let dir = tempfile::tempdir().unwrap();
            let layout = layout(dir.path());
            let image = put_image(&layout, "one", None).await;
            tag(&layout, "a/b:c", &image).await.unwrap();
            spoil(dir.path());
            for result in [create(dir.path()).map(drop), open(dir.path()).map(drop)] {
                assert_eq!(result.expect_err(name).nature(), Nature::Integrity, "{name}");
            }
        }
    }

    #[tokio::test]
    async fn other_programs_files_are_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        drop(create(dir.path()).unwrap());
        std::fs::remove_dir_all(dir.path().join(".rcr")).unwrap();
        std::fs::write(dir.path().join("manifest.json"), "theirs").unwrap();
        std::fs::create_dir(dir.path().join("blobs/sha384")).unwrap();
        let read = open(dir.path()).unwrap().unwrap();
        drop(read.share().await.unwrap());
        assert!(!dir.path().join(".rcr").exists(), "reading creates nothing");
        create(dir.path()).unwrap().gc(crate::store::GcOptions::default()).await.unwrap();
        assert_eq!(std::fs::read_to_string(dir.path().join("manifest.json")).unwrap(), "theirs");
        assert!(dir.path().join("blobs/sha384").exists());
    }
}
