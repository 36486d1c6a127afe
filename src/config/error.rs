use std::path::PathBuf;

use crate::endpoint;

/// A setting that cannot be used. Always the user's to mend, so always exit 2.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file that cannot be used.
    #[error(transparent)]
    File(#[from] endpoint::Error),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", file.display())]
    Unwritten {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// The value of a flag or variable.
    #[error("{name}: {message}")]
    Value {
        /// The flag or variable.
        name: &'static str,
        /// What is wrong, and what was expected.
        message: String,
    },
    /// There is no home directory to keep the store in.
    #[error("there is no home directory to keep the store in: neither XDG_DATA_HOME nor HOME is set")]
    NoHome,
}
