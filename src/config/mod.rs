//! Settings: flags, the environment and files, read once and passed on as values.
//!
//! The only module that reads the environment. Order: flag, `RCR_` variable, `config.toml`, then the files that users
//! already have. For single values the first source wins; insecure lists add up.

mod daemon_json;
mod environment;
mod error;
mod file;
mod flags;
mod haste;
mod limits;
mod proxies;
mod registries;
mod registries_conf;
mod said;
mod settings;
pub mod short_names;

pub use environment::Environment;
pub use error::Error;
pub use flags::Flags;
pub use limits::{Durability, Rate};
pub use settings::{Settings, TerminalHints};
