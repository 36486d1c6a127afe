//! Reading and changing the names of a store.

use std::collections::{BTreeMap, BTreeSet};

use super::index::{Entry, Index};
use super::layout::blocking;
use super::{Error, Layout, fs, journal};
use crate::model::{Descriptor, Platform};

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
        Ok(self.index()?.get(name))
    }

    pub(super) fn index(&self) -> Result<Index, Error> {
        let path = self.index_path();
        let bytes = match fs::read_up_to(&path, INDEX_LIMIT_BYTES) {
            Err(error) if error.is_absent() => {
                return Err(Error::Corrupt { path, reason: "the file is missing".to_owned() });
            }
            result => result?,
        };
        if bytes.len() as u64 > INDEX_LIMIT_BYTES {
            return Err(Error::Corrupt { path, reason: format!("it has more than {INDEX_LIMIT_BYTES} bytes") });
        }
        Index::parse(&path, &bytes)
    }

    /// Makes `name` stand for `descriptor`, whose image is stored in whole, or as far as `platforms` go. Durable on
    /// return, with everything that was received before. Platforms add up as long as the content stays the same;
    /// `annotations` are added to the entry. Whether anything changed.
    ///
    /// # Errors
    /// [`Error::Missing`] and whatever else [`Layout::require`] finds: a tag never points at an incomplete image.
    pub async fn tag(
        &self,
        name: &str,
        descriptor: Descriptor,
        platforms: Option<&[Platform]>,
        annotations: BTreeMap<String, String>,
    ) -> Result<bool, Error> {
        let platforms = platforms.map(|list| list.iter().map(ToString::to_string).collect::<BTreeSet<_>>());
        let (layout, name) = (self.clone(), name.to_owned());
        blocking(move || {
            // Others may have brought parts of the image and died before their names were durable.
            for part in layout.require(&descriptor, platforms.as_ref())? {
                layout.reuse(&part.digest)?;
            }
            layout.sync_blocking()?;
            let mut descriptor = Descriptor { urls: Vec::new(), data: None, ..descriptor };
            descriptor.annotations.extend(annotations);
            layout.update(|index| {
                let mut entry = Entry { name: Some(name.clone()), descriptor, platforms };
                let old = index.get(&name).filter(|old| old.descriptor.digest == entry.descriptor.digest);
                if let Some(old) = old {
                    entry.platforms = match (old.platforms, entry.platforms) {
                        (Some(old), Some(new)) => Some(&old | &new),
                        _ => None,
                    };
                }
                index
                    .set(&name, &entry)
                    .map_err(|error| Error::Corrupt { path: layout.index_path(), reason: error.to_string() })
            })
        })
        .await
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
            removed = index.get(name);
            index.remove(name);
            Ok(())
        })?;
        Ok(removed)
    }

    /// Changes the index under its lock: read anew, changed, and put in place at once. Whether it changed.
    fn update(&self, change: impl FnOnce(&mut Index) -> Result<(), Error>) -> Result<bool, Error> {
        let _lock = self.noted(self.index_lock().acquire_blocking(self.options().lock_wait)?);
        let old = self.index()?;
        let mut new = old.clone();
        change(&mut new)?;
        if new == old {
            // Whoever wrote it may have died between giving it its name and making that durable.
            fs::sync_dir(self.root())?;
            return Ok(false);
        }
        self.replace(&self.index_path(), "index", &new.bytes())?;
        // The tag is set; a history with a gap is no reason to say that it is not.
        let _ = journal::append(self, &old, &new);
        Ok(true)
    }
}
