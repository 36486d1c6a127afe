//! What people and programs see: results on stdout, everything else on stderr.
//!
//! Alone in writing to the terminal. It is told how by value ([`Style`]) and reads no environment; it knows outcomes
//! and events, and neither registries nor the store. Words that came from a server reach a terminal only through
//! [`escape`].

mod diagnosis;
pub mod escape;
pub mod failure;
pub mod json;
mod outline;
mod printer;
mod progress;
mod style;
pub mod table;
pub mod terminal;
pub mod units;

pub use diagnosis::{diagnosis_json, diagnosis_text};
pub use outline::Outline;
pub use printer::{Printer, lost_output};
pub use style::{Format, ProgressMode, Style};
pub use table::{Column, Table};
