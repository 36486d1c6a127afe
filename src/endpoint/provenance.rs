use std::fmt;
use std::path::{Path, PathBuf};

/// Who said so: where a setting was written.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Provenance {
    /// Nobody: it is so unless somebody says otherwise.
    BuiltIn,
    /// A flag, with its dashes.
    Flag(&'static str),
    /// An environment variable.
    Variable(&'static str),
    /// A line of a file, from 1.
    File(PathBuf, usize),
}

impl Provenance {
    /// A line of a file, from 1.
    #[must_use]
    pub fn file(path: &Path, line: usize) -> Self {
        Self::File(path.to_owned(), line)
    }
}

impl fmt::Display for Provenance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BuiltIn => f.write_str("built in"),
            Self::Flag(name) | Self::Variable(name) => f.write_str(name),
            Self::File(path, line) => write!(f, "{}:{line}", path.display()),
        }
    }
}

/// A setting, and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// What was said.
    pub value: T,
    /// Who said it.
    pub from: Provenance,
}

impl<T> Located<T> {
    /// Puts both together.
    pub fn new(value: T, from: Provenance) -> Self {
        Self { value, from }
    }
}
