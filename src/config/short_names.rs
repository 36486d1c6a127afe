//! The short names that the user chose: `short-names.toml` beside `config.toml`, in the form of containers' alias files.
//!
//! The one file of settings that is written. Under a lock, atomically, and only where what results still says all that
//! it said before.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;
use toml::Spanned;

use super::Error;
use crate::endpoint;

/// How long one command waits for another: each holds the lock for a read and a write.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);

#[derive(Deserialize)]
struct Document {
    aliases: Option<BTreeMap<Spanned<String>, Spanned<String>>>,
}

/// Keeps `name` as what `short` stands for; what else is in the file stays as it is. Returns whether anything was
/// written. Blocks.
///
/// # Errors
/// [`Error::File`] where the file cannot be understood, or cannot be changed without loss; [`Error::Unwritten`].
pub fn save(file: &Path, short: &str, name: &str) -> Result<bool, Error> {
    let failed = |source| Error::Unwritten { file: file.to_owned(), source };
    // What a link points to is changed, and not the link.
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let directory = target.parent().unwrap_or_else(|| Path::new("."));
    fs::create_dir_all(directory).map_err(failed)?;
    let _lock = lock(&target).map_err(failed)?;
    let text = match fs::read_to_string(&target) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(failed(error)),
    };
    match with(file, &text, short, name)? {
        Some(text) => replace(&target, directory, &text).map_err(failed).map(|()| true),
        None => Ok(false),
    }
}

/// The text with the alias in it; `None` where it is there already.
fn with(file: &Path, text: &str, short: &str, name: &str) -> Result<Option<String>, endpoint::Error> {
    let before = parse(file, text)?;
    let known = before.aliases.iter().flatten().find(|(key, _)| key.get_ref() == short).map(|(_, value)| value);
    // Names of images hold nothing that a quoted string would have to escape.
    let entry = format!("\"{short}\" = \"{name}\"\n");
    let changed = match (known, &before.aliases) {
        (Some(value), _) if value.get_ref() == name => return Ok(None),
        (Some(value), _) => {
            let span = value.span();
            format!("{}\"{name}\"{}", &text[..span.start], &text[span.end..])
        }
        (None, None) => {
            let gap = if text.is_empty() { "" } else { "\n" };
            format!("{}{gap}[aliases]\n{entry}", with_line_end(text))
        }
        (None, Some(aliases)) => {
            let last = aliases.values().map(|value| value.span().end).max();
            let header = || text.match_indices("[aliases]").map(|(at, found)| at + found.len()).next();
            let from = last.or_else(header).unwrap_or(text.len());
            let at = text[from..].find('\n').map_or(text.len(), |end| from + end + 1);
            format!("{}{entry}{}", with_line_end(&text[..at]), &text[at..])
        }
    };
    let mut expected = plain(before);
    expected.insert(short.to_owned(), name.to_owned());
    match parse(file, &changed).map(plain) {
        Ok(after) if after == expected => Ok(Some(changed)),
        _ => Err(endpoint::Error::file(
            file,
            1,
            format!("add {} to [aliases] yourself: it is written in a form of its own", entry.trim()),
        )),
    }
}

fn parse(file: &Path, text: &str) -> Result<Document, endpoint::Error> {
    toml::from_str(text).map_err(|error: toml::de::Error| {
        let at = error.span().map_or(0, |span| span.start);
        endpoint::Error::file(file, 1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count(), error.message())
    })
}

fn plain(document: Document) -> BTreeMap<String, String> {
    let aliases = document.aliases.unwrap_or_default();
    aliases.into_iter().map(|(key, value)| (key.into_inner(), value.into_inner())).collect()
}

fn with_line_end(text: &str) -> String {
    let end = if text.is_empty() || text.ends_with('\n') { "" } else { "\n" };
    format!("{text}{end}")
}

/// Takes the lock beside `target`. It is released when the file is dropped, or with the process.
fn lock(target: &Path) -> io::Result<File> {
    let mut beside = target.as_os_str().to_owned();
    beside.push(".lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).open(PathBuf::from(beside))?;
    let started = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) if started.elapsed() < LOCK_TIMEOUT => {
                thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// Writes beside the target and renames: at each moment either the old text is there or the new one, whole.
fn replace(target: &Path, directory: &Path, text: &str) -> io::Result<()> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".short-names-").suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(target).map_or(0o644, |known| known.permissions().mode() & 0o777);
        builder.permissions(fs::Permissions::from_mode(mode));
    }
    let mut temporary = builder.tempfile_in(directory)?;
    temporary.write_all(text.as_bytes())?;
    temporary.as_file().sync_all()?;
    temporary.persist(target).map_err(|error| error.error)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(text: &str) -> Result<Option<String>, String> {
        with(Path::new("F"), text, "etcd", "quay.io/etcd").map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_in_the_file_stays_there() {
        let ours = "\"etcd\" = \"quay.io/etcd\"\n";
        let cases = [
            ("", format!("[aliases]\n{ours}")),
            ("# mine", format!("# mine\n\n[aliases]\n{ours}")),
            ("[aliases]", format!("[aliases]\n{ours}")),
            ("[aliases] # short\n", format!("[aliases] # short\n{ours}")),
            (
                "[aliases]\n'a' = 'b/c' # x\n[other]\nk = 1\n",
                format!("[aliases]\n'a' = 'b/c' # x\n{ours}[other]\nk = 1\n"),
            ),
            (
                "[aliases]\netcd = 'r.test/etcd' # x\na = 'b'\n",
                "[aliases]\netcd = \"quay.io/etcd\" # x\na = 'b'\n".into(),
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(after(text), Ok(Some(expected)), "{text:?}");
        }
        assert_eq!(after("[aliases]\n'etcd' = 'quay.io/etcd'\n"), Ok(None));
    }

    #[test]
    fn what_cannot_be_extended_is_left_alone() {
        for text in ["aliases = { a = 'b' }\n", "aliases = {}\n", "# [aliases]\n[aliases]\n[x]\n"] {
            let kept = after(text);
            assert!(kept.as_ref().is_err_and(|message| message.starts_with("F:1: add ")), "{text:?}: {kept:?}");
        }
        assert!(after("[aliases]\na = \n").is_err_and(|message| message.starts_with("F:2: ")));
    }

    #[test]
    fn many_writers_lose_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("new/short-names.toml");
        thread::scope(|scope| {
            for at in 0..16 {
                let file = &file;
                scope.spawn(move || save(file, &format!("n{at}"), &format!("r.test/n{at}")).unwrap());
            }
        });
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(plain(parse(&file, &text).unwrap()).len(), 16, "{text}");
        assert!(!save(&file, "n3", "r.test/n3").unwrap());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_one_and_the_file_is_for_all_to_read() {
        use std::os::unix::fs::PermissionsExt as _;
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("there.toml"), dir.path().join("short-names.toml"));
        save(&file, "a", "r.test/a").unwrap();
        let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & !0o644, 0, "{mode:o}");
        assert_eq!(mode & 0o400, 0o400, "{mode:o}");
        std::os::unix::fs::symlink(&file, &link).unwrap();
        assert!(save(&link, "b", "r.test/b").unwrap());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(&file).unwrap().contains("r.test/b"));
    }
}
