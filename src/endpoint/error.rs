use std::path::{Path, PathBuf};

use super::Provenance;
use crate::model::ReferenceError;

/// A setting about registries that cannot be used, or that forbids what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file does not parse, or holds what it may not.
    #[error("{}:{line}: {message}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what was expected.
        message: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}", file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A setting forbids this registry.
    #[error("{name} is blocked by {from}")]
    Blocked {
        /// What is blocked: a registry, or a prefix of names.
        name: String,
        /// Who says so.
        from: Provenance,
    },
    /// A setting leads to a name that is none.
    #[error("{from} makes {name:?} of it, which is no name of an image")]
    Name {
        /// The name that was made.
        name: String,
        /// The setting.
        from: Provenance,
        /// What is wrong with it.
        source: ReferenceError,
    },
    /// The name of a registry makes no address.
    #[error("{host} is not an address: a port is a number up to 65535")]
    Address {
        /// The name.
        host: String,
    },
}

/// A text of a setting, for an error. What stands before an `@` where no user belongs may be a password.
#[must_use]
pub fn quoted(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("{:?}", format!("***@{rest}")),
        None => format!("{text:?}"),
    }
}

/// What a parser of files says of a value of the wrong type, without repeating a text, which may be a secret.
#[must_use]
pub fn without_text(message: &str) -> String {
    match (message.find("string \""), message.rfind('"')) {
        (Some(start), Some(end)) => format!("{}string{}", &message[..start], &message[end + 1..]),
        _ => message.to_owned(),
    }
}

impl Error {
    /// About a setting of a file.
    pub fn at(from: &Provenance, message: impl Into<String>) -> Self {
        match from {
            Provenance::File(file, line) => Self::file(file, *line, message),
            other => Self::file(Path::new(&other.to_string()), 1, message),
        }
    }

    /// About a line of a file.
    pub fn file(file: &Path, line: usize, message: impl Into<String>) -> Self {
        Self::File { file: file.to_owned(), line, message: message.into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_is_repeated() {
        let cases = [
            ("https://u:hunter2@m.test", "\"***@m.test\""),
            ("u:hun@ter2@m.test", "\"***@m.test\""),
            ("m.test/\u{1b}", "\"m.test/\\u{1b}\""),
        ];
        for (text, shown) in cases {
            assert_eq!(quoted(text), shown);
        }
        let cases = [
            ("invalid type: string \"X: hun\\\"ter2\", expected a map", "invalid type: string, expected a map"),
            ("unknown field `colour`, expected `url`", "unknown field `colour`, expected `url`"),
        ];
        for (message, shown) in cases {
            assert_eq!(without_text(message), shown);
        }
    }
}
