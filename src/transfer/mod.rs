//! The transfer engine: which blobs move, how many at once, and what happens when one fails.
//!
//! Sees neither URLs nor paths nor status codes: a [`Source`](crate::content::Source), a
//! [`Sink`](crate::content::Sink), and descriptors in between.

mod crew;
mod engine;
mod gather;
mod patience;
mod plan;
mod ramp;
mod supply;

pub use engine::{Engine, Limits, Totals};
pub use plan::Plan;
