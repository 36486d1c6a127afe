//! Ranges on the wire: `Content-Range` of a partial blob (RFC 9110 section 14.4), `Range` of an upload session
//! (distribution-spec, "Pushing a blob in chunks").

use std::ops::Range;

/// `bytes start-end/total` with both ends inclusive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ContentRange {
    pub(super) start: u64,
    pub(super) end: u64,
    /// `None` for `*`.
    pub(super) total: Option<u64>,
}

impl ContentRange {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (unit, rest) = text.trim().split_once(' ')?;
        if !unit.eq_ignore_ascii_case("bytes") {
            return None;
        }
        let (range, total) = rest.trim_start().split_once('/')?;
        let (start, end) = range.split_once('-')?;
        let (start, end) = (number(start)?, number(end)?);
        let total = if total == "*" { None } else { Some(number(total)?) };
        (start <= end && total.is_none_or(|total| end < total)).then_some(Self { start, end, total })
    }

    /// Whether this is exactly what was asked for: `range` of a blob of `size` bytes.
    pub(super) fn is(self, range: &Range<u64>, size: u64) -> bool {
        self.start == range.start
            && self.end.checked_add(1) == Some(range.end)
            && self.total.is_none_or(|total| total == size)
    }
}

/// How many bytes an upload session says it has: one more than the end of its `Range: 0-N`, with or without `bytes=`.
pub(super) fn session_length(text: &str) -> Option<u64> {
    let text = text.trim();
    let text = text.strip_prefix("bytes").map_or(text, |rest| rest.trim_start_matches(['=', ' ']));
    let (start, end) = text.split_once('-')?;
    (number(start)? == 0).then_some(())?;
    number(end)?.checked_add(1)
}

/// Digits only: `u64::from_str` would take a sign.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn content_range_forms() {
        let range = |start, end, total| Some(ContentRange { start, end, total });
        let cases = [
            ("bytes 5-9/10", range(5, 9, Some(10))),
            ("Bytes 5-9/*", range(5, 9, None)),
            ("bytes 0-0/1", range(0, 0, Some(1))),
            ("bytes */10", None),
            ("bytes 9-5/10", None),
            ("bytes 5-10/10", None),
            ("items 5-9/10", None),
            ("bytes=5-9/10", None),
            ("bytes +5-9/10", None),
            ("bytes 5-9", None),
            ("bytes 5-99999999999999999999/*", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(ContentRange::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn only_the_exact_range_will_do() {
        let right = |text: &str, range| ContentRange::parse(text).is_some_and(|r| r.is(&range, 10));
        assert!(right("bytes 5-9/10", 5..10) && right("bytes 5-9/*", 5..10) && right("bytes 2-5/10", 2..6));
        for wrong in ["bytes 4-9/10", "bytes 6-9/10", "bytes 5-8/10", "bytes 5-9/11", "bytes 5-10/*"] {
            assert!(!right(wrong, 5..10), "{wrong}");
        }
        assert!(!right("bytes 2-9/10", 2..6));
    }

    #[test]
    fn session_ranges() {
        let cases = [
            ("0-9", Some(10)),
            ("0-0", Some(1)),
            ("bytes=0-9", Some(10)),
            ("1-9", None),
            ("-9", None),
            ("0-", None),
            ("0-18446744073709551615", None),
        ];
        for (text, expected) in cases {
            assert_eq!(session_length(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in ".{0,60}") {
            let _ = (ContentRange::parse(&text), session_length(&text));
        }
    }
}
