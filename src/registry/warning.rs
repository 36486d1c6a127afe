//! What a registry says or does that is no error: collected for whoever reports it, never printed here.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use super::link::unquote;
use crate::http::HeaderMap;
use crate::model::Digest;

/// The most text taken from the `Warning` headers of one response, in bytes: distribution-spec, "Warnings".
const TEXT_LIMIT_BYTES: usize = 4096;

/// The most warnings that are collected of one registry: whatever it does must end.
const WARNINGS_LIMIT: usize = 100;

/// Something that the person should know, and that is no error.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Warning {
    /// The registry's own words, from a `Warning: 299` header; unescaped.
    Registry {
        /// Its name.
        registry: String,
        /// What it says.
        text: String,
    },
    /// `Docker-Content-Digest` disagrees with the bytes received; the digest of the bytes counts.
    DigestHeader {
        /// What was asked for.
        document: String,
        /// The header, shortened and unescaped.
        header: String,
        /// The digest of the bytes.
        computed: Digest,
    },
    /// A manifest is larger than what registries must accept.
    LargeManifest {
        /// Its size.
        size_bytes: usize,
    },
    /// A list holds entries that are no names: `null`, digests, rubbish.
    SkippedEntry {
        /// The list.
        list: String,
        /// The entry, shortened and unescaped.
        entry: String,
    },
    /// One of several places was of no use, and is left alone from now on.
    PassedOver {
        /// The place.
        place: String,
        /// Why, in a few words; unescaped.
        why: String,
    },
    /// There were more than are worth reading.
    Unsaid,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Registry { registry, text } => write!(f, "{registry} says: {text}"),
            Self::DigestHeader { document, header, computed } => {
                write!(f, "the registry announced {document} as {header}, and its bytes have the digest {computed}")
            }
            Self::LargeManifest { size_bytes } => {
                write!(f, "the manifest has {size_bytes} bytes; many registries refuse more than 4 MiB")
            }
            Self::SkippedEntry { list, entry } => write!(f, "left out of {list}: {entry}"),
            Self::PassedOver { place, why } => write!(f, "the mirror {place} was passed over: {why}"),
            Self::Unsaid => {
                write!(f, "the registry gave cause for more than {WARNINGS_LIMIT} warnings; the rest is left out")
            }
        }
    }
}

/// Warnings not yet taken, each once per run.
#[derive(Debug, Default)]
pub(super) struct Warnings(Mutex<(HashSet<Warning>, Vec<Warning>)>);

impl Warnings {
    pub(super) fn add(&self, warning: Warning) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let warning = match state.0.len() {
            ..WARNINGS_LIMIT => warning,
            WARNINGS_LIMIT if !state.0.contains(&warning) => Warning::Unsaid,
            _ => return,
        };
        if state.0.insert(warning.clone()) {
            state.1.push(warning);
        }
    }

    pub(super) fn take(&self) -> Vec<Warning> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).1)
    }
}

/// The texts of `Warning: 299 - "text"` headers.
pub(super) fn texts(headers: &HeaderMap) -> Vec<String> {
    let mut room = TEXT_LIMIT_BYTES;
    let mut texts = Vec::new();
    for value in headers.get_all("warning") {
        let Some(text) = std::str::from_utf8(value.as_bytes()).ok().and_then(text) else { continue };
        let text = shorten(&text, room);
        room -= text.len();
        if !text.is_empty() {
            texts.push(text.to_owned());
        }
    }
    texts
}

fn text(header: &str) -> Option<String> {
    let quoted = header.trim().strip_prefix("299 - \"")?;
    unquote(quoted).map(|(text, _)| text)
}

/// At most `limit` bytes of `text`, cut between characters.
pub(super) fn shorten(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(values: &[&str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("warning", value.parse().unwrap());
        }
        texts(&headers)
    }

    #[test]
    fn only_code_299_with_a_quoted_text_counts() {
        assert_eq!(read(&[r#"299 - "moving \"soon\"""#]), [r#"moving "soon""#]);
        for ignored in [r#"199 - "x""#, "299 - x", r#"299 - "x"#, r#"299 agent "x""#, "", r#"299 - """#] {
            assert!(read(&[ignored]).is_empty(), "{ignored}");
        }
    }

    #[test]
    fn the_text_of_one_response_is_bounded() {
        let long = format!("299 - \"{}\"", "é".repeat(1500));
        let total: usize = read(&[&long, &long, &long]).iter().map(String::len).sum();
        assert!((4090..=4096).contains(&total), "{total}");
    }

    #[test]
    fn the_same_warning_is_collected_once_even_after_it_was_taken() {
        let warnings = Warnings::default();
        let warning = || Warning::Registry { registry: "r".into(), text: "x".into() };
        warnings.add(warning());
        warnings.add(warning());
        assert_eq!(warnings.take(), [warning()]);
        warnings.add(warning());
        assert_eq!(warnings.take(), []);
    }

    #[test]
    fn a_registry_that_warns_without_end_is_heard_only_so_long() {
        let warnings = Warnings::default();
        for n in 0..1000 {
            warnings.add(Warning::Registry { registry: "r".into(), text: n.to_string() });
        }
        let taken = warnings.take();
        assert_eq!((taken.len(), taken.last()), (WARNINGS_LIMIT + 1, Some(&Warning::Unsaid)));
        warnings.add(Warning::Registry { registry: "r".into(), text: "one more".into() });
        assert_eq!(warnings.take(), []);
    }

    proptest! {
        #[test]
        fn any_header_is_survived(header in prop_oneof![".{0,80}", "299 - \"[ -~é\\\\]{0,40}"], limit in 0_usize..50) {
            if let Some(text) = text(&header) {
                prop_assert!(text.len() <= header.len() && shorten(&text, limit).len() <= limit);
            }
        }
    }
}
