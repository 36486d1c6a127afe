//! What is said of a string that is not a reference: why, where, and what was probably meant.

use std::fmt::{self, Write as _};
use std::ops::Range;

use super::{Reference, Registry, grammar};
use crate::model::DigestError;

/// Columns of the text that are shown; a longer one is cut around the offending part.
const SHOWN_COLUMNS: usize = 160;
/// Columns before the offending part that are kept when the text is cut.
const CONTEXT_COLUMNS: usize = 40;
/// A longer text is not a reference that somebody mistyped.
const MAX_SUGGESTION_BYTES: usize = 1024;

/// Why a string is not a reference.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// There is nothing.
    #[error("a name is needed, and this is empty")]
    Empty,
    /// `https://` and the like.
    #[error("references are written without a scheme")]
    Scheme,
    /// 64 hexadecimal digits alone: an image ID, which registries do not know.
    #[error("64 hexadecimal digits are an image ID, not a name")]
    Identifier,
    /// A registry's name with something behind it.
    #[error("a registry is named by host and port alone, without a path")]
    PathInRegistry,
    /// No host where one belongs.
    #[error("the host is missing")]
    EmptyHost,
    /// A character that no host has.
    #[error("a host has letters, digits, `-` and `.`, or an IPv6 address in brackets, but no {0:?}")]
    HostCharacter(char),
    /// An empty label, or one with a dash at an end.
    #[error("between its dots a host has names that start and end with a letter or digit")]
    HostLabel,
    /// `[` without `]`.
    #[error("the bracket around the IPv6 address is not closed")]
    Bracket,
    /// Not digits after the colon.
    #[error("behind the host's colon belongs a port number (a tag comes last, after the repository)")]
    Port,
    /// No repository where one belongs.
    #[error("the repository is missing")]
    NoRepository,
    /// Upper-case letters in the repository.
    #[error("repositories are written in lower case")]
    Uppercase,
    /// A character that no repository has.
    #[error("a repository has lower-case letters, digits and the separators `.`, `_`, `-` and `/`, but no {0:?}")]
    RepositoryCharacter(char),
    /// Two slashes in a row, or one at an end.
    #[error("there is nothing on one side of this slash")]
    EmptyComponent,
    /// A component that starts or ends with a separator.
    #[error("each part of a repository starts and ends with a letter or digit")]
    SeparatorAtEdge,
    /// A run of separators that is none of those allowed.
    #[error("the separators inside a name are `.`, `_`, `__` and any number of `-`")]
    Separator,
    /// The repository is too long. Carries its length in bytes.
    #[error("a repository has at most {max} characters, and this has {0}", max = grammar::MAX_REPOSITORY_BYTES)]
    RepositoryTooLong(usize),
    /// A colon with nothing behind it.
    #[error("the tag is missing behind the colon")]
    NoTag,
    /// A character that no tag has.
    #[error("a tag has letters, digits, `_`, `.` and `-`, but no {0:?}")]
    TagCharacter(char),
    /// A tag that starts with `.` or `-`.
    #[error("a tag starts with a letter, a digit or `_`")]
    TagStart,
    /// The tag is too long. Carries its length in bytes.
    #[error("a tag has at most {max} characters, and this has {0}", max = grammar::MAX_TAG_BYTES)]
    TagTooLong(usize),
    /// An `@` with nothing behind it.
    #[error("the digest is missing behind the `@`")]
    NoDigest,
    /// A digest that cannot be verified.
    #[error(transparent)]
    Digest(DigestError),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Reference,
    Registry,
    Part,
}

/// Why and where a string is not a reference.
///
/// `Display` is three lines without a newline at the end: the reason, the text, and carets under the offending part.
/// What is not printable ASCII is shown escaped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceError {
    subject: Subject,
    text: String,
    span: Range<usize>,
    reason: Reason,
}

impl ReferenceError {
    pub(super) fn of_reference(text: &str, span: Range<usize>, reason: Reason) -> Self {
        Self { subject: Subject::Reference, text: text.to_owned(), span, reason }
    }

    pub(super) fn of_registry(text: &str, span: Range<usize>, reason: Reason) -> Self {
        Self { subject: Subject::Registry, text: text.to_owned(), span, reason }
    }

    pub(super) fn of_part(text: &str, span: Range<usize>, reason: Reason) -> Self {
        Self { subject: Subject::Part, text: text.to_owned(), span, reason }
    }

    /// What was parsed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The offending part, in bytes of the text; empty only where the text is.
    #[must_use]
    pub fn span(&self) -> Range<usize> {
        self.span.clone()
    }

    /// What is wrong with it.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// A valid form near to what was written, if there is one.
    #[must_use]
    pub fn suggestion(&self) -> Option<String> {
        if self.text.len() > MAX_SUGGESTION_BYTES {
            return None;
        }
        match self.subject {
            Subject::Reference => suggest_reference(&self.text),
            Subject::Registry => suggest_registry(&self.text),
            Subject::Part => None,
        }
    }
}

impl fmt::Display for ReferenceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, carets) = mark(&self.text, &self.span);
        write!(f, "{}\n{shown}\n{carets}", self.reason)
    }
}

impl std::error::Error for ReferenceError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // Its words are in the first line already.
        None
    }
}

/// The text in printable ASCII, and the line of carets that belongs under it.
fn mark(text: &str, span: &Range<usize>) -> (String, String) {
    let (mut line, mut from, mut to) = (String::new(), None, None);
    for (at, c) in text.char_indices() {
        if at >= span.start {
            from.get_or_insert(line.len());
        }
        if at >= span.end {
            to.get_or_insert(line.len());
            // What follows is cut anyway.
            if line.len() > from.unwrap_or(0) + SHOWN_COLUMNS {
                break;
            }
        }
        if c.is_ascii_graphic() || c == ' ' {
            line.push(c);
        } else {
            // Writing to a string does not fail.
            let _ = write!(line, "{}", c.escape_default());
        }
    }
    let from = from.unwrap_or(line.len());
    let to = to.unwrap_or(line.len()).max(from + 1);
    if line.len() <= SHOWN_COLUMNS {
        return (line, format!("{}{}", " ".repeat(from), "^".repeat(to - from)));
    }
    let start = from.saturating_sub(CONTEXT_COLUMNS);
    let end = (start + SHOWN_COLUMNS).min(line.len());
    let lead = if start > 0 { "..." } else { "" };
    let trail = if end < line.len() { "..." } else { "" };
    let carets = to.min(end).max(from + 1) - from;
    (
        format!("{lead}{}{trail}", &line[start..end]),
        format!("{}{}", " ".repeat(lead.len() + from - start), "^".repeat(carets)),
    )
}

fn suggest_reference(text: &str) -> Option<String> {
    let bare = bare(text);
    let on_hub_page = bare.strip_prefix("hub.docker.com/_/").or_else(|| bare.strip_prefix("hub.docker.com/r/"));
    let mut parts: Vec<&str> = on_hub_page.unwrap_or(bare).split('/').collect();
    let was_path = parts.len() > 1 || bare.len() < text.trim().len() && grammar::scheme_len(text.trim()).is_some();
    parts.retain(|part| !part.is_empty());
    let joined = parts.join("/");
    let joined = joined.trim_end_matches([':', '@', '.', '-', '_']);
    // `user:password@host/`: a password is no part of what we repeat.
    if joined.split_once('/').is_some_and(|(first, _)| first.contains('@')) {
        return None;
    }
    // A host alone would be read as the name of an image on Docker Hub.
    if was_path && on_hub_page.is_none() && !joined.contains('/') && grammar::host_end(&format!("{joined}/")).is_some()
    {
        return None;
    }
    [joined.to_owned(), lower_repository(joined)].into_iter().find(|form| Reference::parse(form).is_ok())
}

fn suggest_registry(text: &str) -> Option<String> {
    let host = bare(text).split('/').find(|part| !part.is_empty())?;
    Registry::parse(host).ok().map(|registry| registry.to_string())
}

/// Without spaces and quotes around it, without scheme, query and fragment.
fn bare(text: &str) -> &str {
    let trimmed = text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '"' | '\'' | '`'));
    let rest = &trimmed[grammar::scheme_len(trimmed).unwrap_or(0)..];
    rest.find(['?', '#']).map_or(rest, |end| &rest[..end])
}

/// With the repository and the digest in lower case; host and tag stay as they are.
fn lower_repository(text: &str) -> String {
    // An upper-case first component is a host to the grammar, but seldom meant as one.
    let host_len = grammar::host_end(text).filter(|end| text[..*end].contains(['.', ':'])).unwrap_or(0);
    let at = text.find('@').unwrap_or(text.len());
    let path_end = text[host_len..at].find(':').map_or(at, |colon| host_len + colon);
    let (host, path) = (&text[..host_len], text[host_len..path_end].to_lowercase());
    format!("{host}{path}{}{}", &text[path_end..at], text[at..].to_lowercase())
}
