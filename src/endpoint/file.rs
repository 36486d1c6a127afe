use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
#[cfg(unix)]
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};

use super::{Error, Located, Provenance};

/// The largest settings file that is read.
const LIMIT_BYTES: u64 = 1024 * 1024;

/// The text of a settings file: it knows its lines, so that values and errors can name them.
#[derive(Clone, Default)]
pub struct SettingsFile {
    path: PathBuf,
    text: String,
    /// Where its lines end: every value of it is asked for its line.
    ends: Vec<usize>,
}

impl fmt::Debug for SettingsFile {
    /// Without the text, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SettingsFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl SettingsFile {
    /// Reads a file; `None` where it is missing and need not be there.
    ///
    /// # Errors
    /// [`Error::Unreadable`], and [`Error::File`] where it is too large or not UTF-8.
    pub fn read(path: &Path, must_exist: bool) -> Result<Option<Self>, Error> {
        let unreadable = |source| Error::Unreadable { file: path.to_owned(), source };
        // Whoever opens a pipe waits for its other end. A file that is asked for by name may be one all the same.
        #[cfg(unix)]
        if !must_exist && std::fs::metadata(path).is_ok_and(|found| found.file_type().is_fifo()) {
            return Err(unreadable(std::io::Error::new(ErrorKind::InvalidInput, "it is a pipe, and no file")));
        }
        let opened = match File::open(path) {
            Ok(opened) => opened,
            Err(e) if e.kind() == ErrorKind::NotFound && !must_exist => return Ok(None),
            Err(e) => return Err(unreadable(e)),
        };
        let mut bytes = Vec::new();
        opened.take(LIMIT_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > LIMIT_BYTES {
            return Err(Error::file(path, 1, format!("a settings file has at most {LIMIT_BYTES} bytes")));
        }
        match String::from_utf8(bytes) {
            Ok(text) => {
                // Editors on Windows write the mark; Docker and TOML take it.
                let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
                let ends = text.match_indices('\n').map(|(at, _)| at).collect();
                Ok(Some(Self { path: path.to_owned(), text, ends }))
            }
            Err(e) => {
                let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
                let line = valid.split(|b| *b == b'\n').count();
                Err(Error::file(path, line, "it is not UTF-8"))
            }
        }
    }

    /// Where it was read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it says.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The line of a byte of it, as the origin of a setting.
    #[must_use]
    pub fn at(&self, offset: usize) -> Provenance {
        Provenance::file(&self.path, self.line(offset))
    }

    /// A value, and the byte at which it is written.
    pub fn located<T>(&self, value: T, offset: usize) -> Located<T> {
        Located::new(value, self.at(offset))
    }

    /// What is wrong at a byte of it, and what was expected.
    pub fn error(&self, offset: usize, message: impl Into<String>) -> Error {
        Error::file(&self.path, self.line(offset), message)
    }

    fn line(&self, offset: usize) -> usize {
        1 + self.ends.partition_point(|end| *end < offset)
    }
}
