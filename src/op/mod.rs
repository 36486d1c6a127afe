//! The verbs.

mod failure;
pub use failure::{Exit, Failure};
