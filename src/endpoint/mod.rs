//! Where a registry's content is asked for, how it is trusted on the way, and which setting says so.
//!
//! Knows names and settings, and opens no connection. The files that are kept per registry, `hosts.toml` and
//! certificate directories, are looked at when that registry is asked for; all others are `config`'s to read.

mod error;
mod file;
mod hosts;
mod mirror;
mod place;
mod prefix;
mod provenance;
mod reasons;
mod registries;
mod search;
mod table;
mod trees;
mod trust;

pub use error::{Error, quoted, without_text};
pub use file::SettingsFile;
pub use mirror::{header, mirror_url};
pub use place::{Capabilities, Endpoint, Role, Route, SkipReason, Skipped, api_root};
pub use prefix::Prefix;
pub use provenance::{Located, Provenance};
pub use reasons::{ExplainedTrust, PlainReason};
pub use registries::{LocationMirror, MirrorRule, PullFrom, Registries, RegistryRule};
pub use search::{Candidates, Search, ShortNames, short_name};
pub use table::{Table, Value};
pub use trees::{Tree, TreeHost, TreeMirror};
pub use trust::{InsecureRule, TrustSettings};
