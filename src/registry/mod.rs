//! The distribution-spec verbs of one repository on one registry: resolve, fetch, mount, push, list.
//!
//! Owns URLs below `/v2/`, status codes, headers, pages, upload sessions, and how registries differ in them. A
//! [`Repository`] is one place; a [`Chain`] is several that stand in for one another. Knows nothing of where bytes are
//! kept, and leaves credentials, retries and redirects to the layers below. Prints nothing: what is worth saying is collected as [`Warning`]s.

mod blob;
mod chain;
mod error;
mod host;
mod link;
mod list;
mod look;
mod mount;
mod outflow;
mod preview;
mod problem;
mod range;
mod repository;
mod session;
mod upload;
mod warning;

#[cfg(test)]
mod tests;

pub use chain::Chain;
pub use error::{Error, Refusal};
pub use host::Host;
pub use list::Listing;
pub use look::Answer;
pub use mount::Findings;
pub use preview::{Place, Purpose, Request};
pub use problem::Problem;
pub use repository::{MANIFEST_LIMIT_BYTES, Repository, Resolution, Target};
pub use upload::Uploader;
pub use warning::Warning;
