//! The grammar: what is where in a reference, and what is wrong where. Spans are in bytes of the text.

use std::ops::Range;

use super::Reason;
use crate::model::Digest;

/// The one host name without a dot or a port.
pub(super) const LOCALHOST: &str = "localhost";
/// Of a repository's path, from distribution; the host is not counted.
pub(super) const MAX_REPOSITORY_BYTES: usize = 255;
/// Of a tag, from distribution and the distribution-spec.
pub(super) const MAX_TAG_BYTES: usize = 128;
/// Hexadecimal digits of an image identifier, which is not a name.
const IDENTIFIER_DIGITS: usize = 64;

/// Where, and what.
pub(super) type Fault = (Range<usize>, Reason);

/// Where the parts of a reference are.
pub(super) struct Parts {
    pub(super) host: Option<Range<usize>>,
    pub(super) path: Range<usize>,
    pub(super) tag: Option<Range<usize>>,
    pub(super) digest: Option<Digest>,
}

/// Splits a reference and checks each part.
pub(super) fn reference(text: &str) -> Result<Parts, Fault> {
    let end = text.len();
    if text.is_empty() {
        return Err((0..0, Reason::Empty));
    }
    if end == IDENTIFIER_DIGITS && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Err((0..end, Reason::Identifier));
    }
    scheme(text)?;
    let host = host_end(text).map(|host_end| 0..host_end);
    if let Some(host) = &host {
        host_and_port(text, host.clone())?;
    }
    let start = host.as_ref().map_or(0, |host| host.end + 1);
    let at = text[start..].find('@').map(|at| start + at);
    let named_end = at.unwrap_or(end);
    let colon = text[start..named_end].find(':').map(|colon| start + colon);
    let path_range = start..colon.unwrap_or(named_end);
    path(text, path_range.clone())?;
    let tag_range = colon.map(|colon| colon + 1..named_end);
    if let Some(tag_range) = &tag_range {
        tag(text, tag_range.clone())?;
    }
    let digest = match at {
        Some(at) if at + 1 == end => return Err((at..end, Reason::NoDigest)),
        Some(at) => Some(Digest::parse(&text[at + 1..]).map_err(|error| (at + 1..end, Reason::Digest(error)))?),
        None => None,
    };
    Ok(Parts { host, path: path_range, tag: tag_range, digest })
}

/// Checks a registry's name: `host[:port]`.
pub(super) fn registry(text: &str) -> Result<(), Fault> {
    if text.is_empty() {
        return Err((0..0, Reason::Empty));
    }
    scheme(text)?;
    if let Some(slash) = text.find('/') {
        return Err((slash..text.len(), Reason::PathInRegistry));
    }
    host_and_port(text, 0..text.len())
}

/// Where the first component ends, if it is a host rather than the first part of a repository.
pub(super) fn host_end(text: &str) -> Option<usize> {
    let end = text.find('/')?;
    let first = &text[..end];
    let is_host = first == LOCALHOST || first.bytes().any(|b| matches!(b, b'.' | b':' | b'A'..=b'Z'));
    is_host.then_some(end)
}

/// The length of `scheme://` in front, if there is one.
pub(super) fn scheme_len(text: &str) -> Option<usize> {
    let end = text.find("://")?;
    let name = &text[..end];
    let is_scheme = name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'));
    (is_scheme && !name.is_empty()).then_some(end + 3)
}

fn scheme(text: &str) -> Result<(), Fault> {
    scheme_len(text).map_or(Ok(()), |len| Err((0..len, Reason::Scheme)))
}

fn host_and_port(text: &str, range: Range<usize>) -> Result<(), Fault> {
    let name = &text[range.clone()];
    let host_len = if name.starts_with('[') {
        let Some(close) = name.find(']') else { return Err((range, Reason::Bracket)) };
        let inside = range.start + 1..range.start + close;
        only(text, inside.clone(), |b| b.is_ascii_hexdigit() || b == b':', Reason::HostCharacter)?;
        if inside.is_empty() {
            return Err((range.start..inside.end + 1, Reason::EmptyHost));
        }
        close + 1
    } else {
        name.find(':').unwrap_or(name.len())
    };
    let host = range.start..range.start + host_len;
    if !name.starts_with('[') {
        domain(text, host.clone())?;
    }
    let Some(port) = name[host_len..].strip_prefix(':') else {
        return if host.end == range.end { Ok(()) } else { Err((host.end..range.end, Reason::Port)) };
    };
    if port.is_empty() {
        return Err((host.end..range.end, Reason::Port));
    }
    only(text, host.end + 1..range.end, |b| b.is_ascii_digit(), |_| Reason::Port)
}

fn domain(text: &str, range: Range<usize>) -> Result<(), Fault> {
    if range.is_empty() {
        return Err((range.start..range.start + text[range.start..].len().min(1), Reason::EmptyHost));
    }
    only(text, range.clone(), |b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'), Reason::HostCharacter)?;
    for label in split(text, range.clone(), '.') {
        let name = &text[label.clone()];
        if name.is_empty() {
            // The dot that has nothing on one of its sides.
            let dot = if label.start == range.start { label.start } else { label.start - 1 };
            return Err((dot..dot + 1, Reason::HostLabel));
        }
        if name.starts_with('-') || name.ends_with('-') {
            return Err((label, Reason::HostLabel));
        }
    }
    Ok(())
}

fn path(text: &str, range: Range<usize>) -> Result<(), Fault> {
    if range.is_empty() {
        // What stands in its place, or the slash in front of the end.
        let span = match text[range.start..].chars().next() {
            Some(next) => range.start..range.start + next.len_utf8(),
            None => range.start.saturating_sub(1)..range.start,
        };
        return Err((span, Reason::NoRepository));
    }
    for component in split(text, range.clone(), '/') {
        if component.is_empty() {
            let slash = if component.start == range.start { component.start } else { component.start - 1 };
            return Err((slash..slash + 1, Reason::EmptyComponent));
        }
        let allowed = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_' | b'-');
        only(text, component.clone(), allowed, |c| {
            if c.is_uppercase() { Reason::Uppercase } else { Reason::RepositoryCharacter(c) }
        })?;
        separators(text, component)?;
    }
    Ok(())
}

/// Letters and digits at both ends; between them `.`, `_`, `__` or dashes.
fn separators(text: &str, component: Range<usize>) -> Result<(), Fault> {
    let bytes = text.as_bytes();
    let is_separator = |at: &usize| matches!(bytes[*at], b'.' | b'_' | b'-');
    let mut at = component.start;
    while at < component.end {
        if !is_separator(&at) {
            at += 1;
            continue;
        }
        let end = (at..component.end).find(|at| !is_separator(at)).unwrap_or(component.end);
        let run = &text[at..end];
        if at == component.start || end == component.end {
            return Err((at..end, Reason::SeparatorAtEdge));
        }
        if !(matches!(run, "." | "_" | "__") || run.bytes().all(|b| b == b'-')) {
            return Err((at..end, Reason::Separator));
        }
        at = end;
    }
    Ok(())
}

/// Checks a tag, which is `range` of `text`.
pub(super) fn tag(text: &str, range: Range<usize>) -> Result<(), Fault> {
    if range.is_empty() {
        return Err((range.start.saturating_sub(1)..range.start, Reason::NoTag));
    }
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    only(text, range.clone(), allowed, Reason::TagCharacter)?;
    if text[range.clone()].starts_with(['.', '-']) {
        return Err((range.start..range.start + 1, Reason::TagStart));
    }
    if range.len() > MAX_TAG_BYTES {
        return Err((range.start + MAX_TAG_BYTES..range.end, Reason::TagTooLong(range.len())));
    }
    Ok(())
}

/// Refuses the first run of characters that are not `allowed`, which are ASCII all.
fn only(
    text: &str,
    range: Range<usize>,
    allowed: impl Fn(u8) -> bool,
    reason: impl Fn(char) -> Reason,
) -> Result<(), Fault> {
    let refused = |c: char| !u8::try_from(c).is_ok_and(|b| b.is_ascii() && allowed(b));
    let part = &text[range.clone()];
    let Some((from, first)) = part.char_indices().find(|(_, c)| refused(*c)) else { return Ok(()) };
    let why = reason(first);
    // The run goes on for as long as the reason stays of the same kind.
    let same = |c: char| refused(c) && std::mem::discriminant(&reason(c)) == std::mem::discriminant(&why);
    let to = part[from..].find(|c| !same(c)).map_or(part.len(), |len| from + len);
    Err((range.start + from..range.start + to, why))
}

/// The spans between `separator`s.
fn split(text: &str, range: Range<usize>, separator: char) -> impl Iterator<Item = Range<usize>> {
    let mut start = range.start;
    text[range].split(separator).map(move |part| {
        let span = start..start + part.len();
        start = span.end + separator.len_utf8();
        span
    })
}
