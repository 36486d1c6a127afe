//! containerd's `hosts.toml`: one directory per registry, read when that registry is asked for and not before.

use std::path::PathBuf;

use super::{Capabilities, Error, Provenance};
use crate::http::{HeaderMap, HostTrust, Url};
use crate::model::Registry;

/// One host of a `hosts.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostEntry {
    /// The root of its API; `None` for the registry itself, where the file names no `server`.
    pub(super) base: Option<Url>,
    pub(super) capabilities: Capabilities,
    /// Whether the file says what it may be asked for.
    pub(super) capabilities_written: bool,
    pub(super) headers: HeaderMap,
    pub(super) trust: HostTrust,
    pub(super) from: Provenance,
}

/// A `hosts.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct HostsFile {
    /// In the order of the file.
    pub(super) hosts: Vec<HostEntry>,
    /// What is asked last.
    pub(super) server: HostEntry,
}

/// The file for `registry`: of the first of `roots` that has a directory for it or one for all.
pub(super) fn read(_roots: &[PathBuf], _registry: &Registry) -> Result<Option<HostsFile>, Error> {
    Ok(None)
}
