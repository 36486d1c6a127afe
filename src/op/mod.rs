//! The verbs: what a person asks for, over every layer below. Each is a function of a [`Context`], values in and an
//! outcome out; nothing here writes to a terminal.

mod advice;
mod context;
pub mod doctor;
mod error;
mod explain;
mod failure;
mod image;
mod info;
mod local;
mod login;
mod name;
mod origin;
mod pull;
mod push;
mod remote;
mod search;
mod verdict;

pub use context::{Context, OpenUploads};
pub use error::Error;
pub use explain::{Asked, Asking, Candidate, Explanation, LeftOut, Scheme, Source, Sourced, Tls, Way, explain};
pub use failure::{Exit, Failure};
pub use image::{Image, Layer, images_of};
pub use info::{Directory, Info, Keeper, Known, Mirror, Said, SettingsRead, info};
pub use local::{ImageRow, history, images, inspect, tag};
pub use login::verify;
pub use name::{first_stored, none_stored, stored_name};
pub use pull::{PullOutcome, Wanted, pull};
pub use push::{PushOptions, PushOutcome, push};
pub use remote::{catalog, digest, inspect_remote, manifest, tags};
pub use search::candidates;
