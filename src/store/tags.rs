//! Reading and changing the names of a store.

use std::collections::BTreeSet;

use super::index::{self, Entry, Index};
use super::layout::blocking;
use super::{Error, Layout, fs, journal};
use crate::model::{Descriptor, Kind};

/// The most that is read of an index: some ten thousand entries.
const INDEX_LIMIT_BYTES: u64 = 64 << 20;

impl Layout {
    /// The entries of the index that can be understood, in its order.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where `index.json` is no index.
    pub fn entries(&self) -> Result<Vec<Entry>, Error> {
        Ok(self.index()?.entries().0)
    }

    /// What `name` stands for.
    ///
    /// # Errors
    /// [`Error::Corrupt`] where `index.json` is no index.
    pub fn resolve(&self, name: &str) -> Result<Option<Entry>, Error> {
        self.named(&self.index()?, name)
    }

    pub(super) fn index(&self) -> Result<Index, Error> {
        let path = self.index_path();
        let bytes = match fs::read_up_to(&path, INDEX_LIMIT_BYTES) {
            Err(error) if error.is_absent() && !self.is_writable() && !self.has_content()? => index::empty(),
            Err(error) if error.is_absent() => {
                return Err(Error::Corrupt { path, reason: "the file is missing".to_owned() });
            }
            result => result?,
        };
        if bytes.len() as u64 > INDEX_LIMIT_BYTES {
            return Err(Error::Corrupt { path, reason: format!("it has more than {INDEX_LIMIT_BYTES} bytes") });
        }
        Index::parse(&path, bytes)
    }

    fn no_index(&self, error: &serde_json::Error) -> Error {
        Error::Corrupt { path: self.index_path(), reason: error.to_string() }
    }

    /// Makes `name` stand for `descriptor`, whose image is stored in whole, or as far as `platforms` go. Durable on
    /// return, with everything that was received before. Platforms are written as the children of the index state
    /// them, mean nothing for a single image, and add up as long as the content stays the same. Whether
    /// anything changed.
    ///
    /// # Errors
    /// [`Error::Missing`] and whatever else [`Layout::require`] finds: a tag never points at an incomplete image.
    pub async fn tag(
        &self,
        name: &str,
        descriptor: Descriptor,
        platforms: Option<&BTreeSet<String>>,
    ) -> Result<bool, Error> {
        let (layout, name, platforms) = (self.clone(), name.to_owned(), platforms.cloned());
        let platforms = platforms.filter(|_| descriptor.media_type.kind() == Kind::Index);
        blocking(move || {
            // The annotation has no way to write such a name, and no platform that anyone can ask for has one.
            if let Some(platform) = platforms.iter().flatten().find(|name| name.contains(',')) {
                let (digest, platform) = (descriptor.digest, platform.clone());
                return Err(Error::NotOffered { digest, platform });
            }
            // Others may have brought parts of the image and died before their names were durable.
            for part in layout.require(&descriptor, platforms.as_ref())? {
                layout.reuse(&part.digest)?;
            }
            layout.sync_blocking()?;
            let descriptor = Descriptor { urls: Vec::new(), data: None, ..descriptor };
            layout.update(|index| {
                let mut entry = Entry { name: Some(name.clone()), descriptor, platforms };
                let old = layout.named(index, &name)?.filter(|old| old.descriptor.digest == entry.descriptor.digest);
                if let Some(old) = old {
                    entry.platforms = match (old.platforms, entry.platforms) {
                        (Some(old), Some(new)) => Some(&old | &new),
                        _ => None,
                    };
                }
                layout.put(index, &name, &entry)
            })
        })
        .await
    }

    fn put(&self, index: &mut Index, name: &str, entry: &Entry) -> Result<(), Error> {
        index.set(name, entry).map_err(|error| self.no_index(&error))
    }

    fn named(&self, index: &Index, name: &str) -> Result<Option<Entry>, Error> {
        index.get(name).map_err(|error| self.no_index(&error))
    }

    /// Removes a name, durably; what it stood for, if it was there.
    ///
    /// # Errors
    /// [`Error::Corrupt`], [`Error::Busy`], or the file system's error.
    pub async fn untag(&self, name: &str) -> Result<Option<Entry>, Error> {
        let (layout, name) = (self.clone(), name.to_owned());
        blocking(move || layout.untag_blocking(&name)).await
    }

    pub(super) fn untag_blocking(&self, name: &str) -> Result<Option<Entry>, Error> {
        let mut removed = None;
        self.update(|index| {
            removed = self.named(index, name)?;
            index.remove(name).map_err(|error| self.no_index(&error))
        })?;
        Ok(removed)
    }

    /// Changes the index under its lock: read anew, changed, and put in place at once. Whether it changed.
    fn update(&self, change: impl FnOnce(&mut Index) -> Result<(), Error>) -> Result<bool, Error> {
        let _lock = self.noted(self.index_lock().acquire_blocking(self.options().lock_wait)?);
        let mut index = self.index()?;
        change(&mut index)?;
        if index.changes().is_empty() {
            // Whoever wrote it may have died between giving it its name and making that durable.
            fs::sync_dir(self.root())?;
            return Ok(false);
        }
        self.replace(&self.index_path(), "index", &index.bytes())?;
        // The tag is set; a history with a gap is no reason to say that it is not.
        let _ = journal::append(self, index.changes());
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Value, json};

    use super::*;
    use crate::model::ANNOTATION_REF_NAME;
    use crate::store::fixture::{child, impatient, layer_of, layout, platforms, put_image, put_index, tag};
    use crate::store::{Nature, fs};

    const NAME: &str = "docker.io/library/debian:latest";

    fn on_disk(dir: &Path) -> Value {
        serde_json::from_slice(&std::fs::read(dir.join("index.json")).unwrap()).unwrap()
    }

    #[tokio::test]
    async fn a_tag_is_set_moved_and_removed() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        assert_eq!(layout.resolve(NAME).unwrap(), None);
        let (one, two) = (put_image(&layout, "one", None).await, put_image(&layout, "two", None).await);
        assert!(tag(&layout, NAME, &one).await.unwrap());
        assert_eq!(layout.resolve(NAME).unwrap().unwrap().descriptor.digest, one.digest);
        assert!(tag(&layout, NAME, &two).await.unwrap());
        let entry = layout.resolve(NAME).unwrap().unwrap();
        assert_eq!((entry.name.as_deref(), &entry.descriptor.digest), (Some(NAME), &two.digest));
        assert_eq!(layout.entries().unwrap().len(), 1);
        assert_eq!(layout.untag(NAME).await.unwrap(), Some(entry));
        assert_eq!(layout.untag(NAME).await.unwrap(), None);
        assert_eq!(layout.entries().unwrap(), []);

        let journal = std::fs::read_to_string(dir.path().join(".rcr/index.journal")).unwrap();
        let lines: Vec<Value> = journal.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let changes: Vec<_> = lines.iter().map(|line| (line["old"].clone(), line["new"].clone())).collect();
        let (one, two) = (json!(one.digest), json!(two.digest));
        assert_eq!(changes, [(Value::Null, one.clone()), (one, two.clone()), (two, Value::Null)]);
    }

    #[tokio::test]
    async fn the_same_tag_again_writes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let image = put_image(&layout, "one", None).await;
        assert!(tag(&layout, NAME, &image).await.unwrap());
        let modified = || std::fs::metadata(dir.path().join("index.json")).unwrap().modified().unwrap();
        let before = modified();
        assert!(!tag(&layout, NAME, &image).await.unwrap());
        assert_eq!(modified(), before);
    }

    #[tokio::test]
    async fn an_incomplete_image_gets_no_name() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let good = put_image(&layout, "good", None).await;
        tag(&layout, NAME, &good).await.unwrap();
        let image = put_image(&layout, "text", None).await;
        let layer = layout.blob_path(&layer_of("text").digest);
        type Spoil = fn(&Path);
        let cases: [(&str, Spoil); 3] = [
            ("a layer cut short", |path| std::fs::write(path, b"te").unwrap()),
            ("a layer that is a link", |path| {
                std::fs::remove_file(path).unwrap();
                std::fs::write(path.with_file_name("four"), b"text").unwrap();
                std::os::unix::fs::symlink(path.with_file_name("four"), path).unwrap();
            }),
            ("a missing layer", |path| std::fs::remove_file(path).unwrap()),
        ];
        for (name, spoil) in cases {
            spoil(&layer);
            assert!(matches!(tag(&layout, NAME, &image).await, Err(Error::Missing { .. })), "{name}");
        }
        let manifest = layout.blob_path(&image.digest);
        std::fs::write(&manifest, b"{}").unwrap();
        assert!(matches!(tag(&layout, NAME, &image).await, Err(Error::Content { .. })));
        assert_eq!(layout.resolve(NAME).unwrap().unwrap().descriptor.digest, good.digest, "the tag is where it was");
    }

    #[tokio::test]
    async fn platforms_add_up_and_are_held_to() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let (amd, arm) = (put_image(&layout, "amd", None).await, put_image(&layout, "arm", None).await);
        let children = [child(&amd, "linux/amd64"), child(&arm, "linux/arm64")];
        let index = put_index(&layout, &children).await;
        let arm_layer = layout.blob_path(&layer_of("arm").digest);
        std::fs::rename(&arm_layer, dir.path().join("away")).unwrap();
        let tag = async |names: Option<&str>| layout.tag(NAME, index.clone(), names.map(platforms).as_ref()).await;
        let stored = || layout.resolve(NAME).unwrap().unwrap().platforms.map(|set| set.into_iter().collect::<Vec<_>>());

        assert!(matches!(tag(None).await, Err(Error::Missing { .. })), "not whole");
        assert!(matches!(tag(Some("linux/arm64")).await, Err(Error::Missing { .. })), "not that one");
        tag(Some("linux/amd64")).await.unwrap();
        assert_eq!(stored(), Some(vec!["linux/amd64".to_owned()]));
        std::fs::rename(dir.path().join("away"), &arm_layer).unwrap();
        tag(Some("linux/arm64")).await.unwrap();
        assert_eq!(stored(), Some(vec!["linux/amd64".to_owned(), "linux/arm64".to_owned()]));
        tag(None).await.unwrap();
        assert_eq!(stored(), None);
        assert!(!tag(Some("linux/amd64")).await.unwrap(), "whole stays whole");

        let newer = put_index(&layout, &children[..1]).await;
        layout.tag(NAME, newer, Some(&platforms("linux/amd64"))).await.unwrap();
        assert_eq!(stored(), Some(vec!["linux/amd64".to_owned()]), "other content, other platforms");
    }

    #[tokio::test]
    async fn a_platform_that_the_index_lacks_makes_nothing_complete() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let amd = put_image(&layout, "amd", None).await;
        let index = put_index(&layout, &[child(&amd, "linux/amd64")]).await;
        let result = layout.tag(NAME, index, Some(&platforms("linux/s390x"))).await;
        assert!(matches!(result, Err(Error::NotOffered { .. })), "{result:?}");

        let mut sly = child(&amd, "windows/amd64");
        sly.platform.as_mut().unwrap().os_version = "10.0,linux/amd64".to_owned();
        let name = BTreeSet::from([sly.platform.as_ref().unwrap().to_string()]);
        let index = put_index(&layout, &[sly]).await;
        let result = layout.tag(NAME, index, Some(&name)).await;
        assert!(matches!(result, Err(Error::NotOffered { .. })), "two platforms in one name: {result:?}");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn eight_at_once_set_eight_tags() {
        let dir = tempfile::tempdir().unwrap();
        let image = put_image(&layout(dir.path()), "one", None).await;
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let (path, image) = (dir.path().to_owned(), image.clone());
                std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
                    let layout = layout(&path);
                    runtime.block_on(async {
                        let _shared = layout.share().await.unwrap();
                        for round in 0..4 {
                            tag(&layout, &format!("host/name:{n}-{round}"), &image).await.unwrap();
                        }
                    });
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        assert_eq!(layout(dir.path()).entries().unwrap().len(), 32);
        assert_eq!(fs::list(&dir.path().join(".rcr/tmp")).unwrap(), Vec::<String>::new());
    }

    #[tokio::test]
    async fn what_another_tool_wrote_meanwhile_stays() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let image = put_image(&layout, "one", None).await;
        tag(&layout, NAME, &image).await.unwrap();
        let mut index = on_disk(dir.path());
        let foreign = json!({ "mediaType": "x/y", "digest": "future:00", "size": 3, "strange": { "a": [1, 2.5] },
                              "annotations": { ANNOTATION_REF_NAME: "theirs", "k": "v" } });
        index["manifests"].as_array_mut().unwrap().push(foreign.clone());
        index["manifests"][0]["annotations"]["added"] = json!("later");
        index["own"] = json!({ "field": true });
        std::fs::write(dir.path().join("index.json"), index.to_string()).unwrap();

        let two = put_image(&layout, "two", None).await;
        tag(&layout, "host/other:1", &two).await.unwrap();
        let mut noted = image;
        noted.annotations.insert("note".to_owned(), "n".to_owned());
        layout.tag(NAME, noted, None).await.unwrap();
        let after = on_disk(dir.path());
        assert_eq!(after["manifests"][1], foreign);
        assert_eq!(after["own"], index["own"]);
        assert_eq!(after["manifests"].as_array().unwrap().len(), 3);
        let annotations = json!({ ANNOTATION_REF_NAME: NAME, "added": "later", "note": "n" });
        assert_eq!(after["manifests"][0]["annotations"], annotations);
    }

    #[tokio::test]
    async fn a_corrupt_index_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let layout = layout(dir.path());
        let image = put_image(&layout, "one", None).await;
        let path = dir.path().join("index.json");
        for (name, text) in [("empty", ""), ("cut", "{\"schemaV"), ("schema", "{\"schemaVersion\":9,\"manifests\":[]}")]
        {
            std::fs::write(&path, text).unwrap();
            let errors = [
                tag(&layout, NAME, &image).await.expect_err(name),
                layout.untag(NAME).await.expect_err(name),
                layout.resolve(NAME).expect_err(name),
                layout.gc(crate::store::GcOptions::default()).await.expect_err(name),
            ];
            for error in errors {
                assert_eq!(error.nature(), Nature::Integrity, "{name}: {error}");
            }
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{name}");
        }
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(tag(&layout, NAME, &image).await, Err(Error::Corrupt { .. })));
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_held_index_lock_is_waited_for_and_then_named() {
        let dir = tempfile::tempdir().unwrap();
        let layout = impatient(dir.path());
        let image = put_image(&layout, "one", None).await;
        let held = layout.index_lock().attempt().unwrap();
        let error = tag(&layout, NAME, &image).await.expect_err("held");
        assert!(matches!(&error, Error::Busy { lock, .. } if lock == "index"), "{error:?}");
        drop(held);
        assert!(tag(&layout, NAME, &image).await.unwrap());
    }
}
