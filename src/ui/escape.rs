//! Makes words from elsewhere harmless on a terminal.
//!
//! A registry's messages, tags and annotations may hold sequences that move the cursor, write the clipboard or turn
//! the text around. Each such code point becomes a visible `\u{1b}`.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Bytes of a server's words that are shown at most.
pub const SERVER_WORDS_MAX_BYTES: usize = 1024;

/// Whether `c` may not reach a terminal: C0 and C1 controls, DEL, bidirectional controls, line and paragraph
/// separators. Newline and tab count too.
#[must_use]
pub fn is_forbidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text` as one line: newlines and tabs are escaped too.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// `text` with its newlines and tabs.
#[must_use]
pub fn block(text: &str) -> Cow<'_, str> {
    escape(text, |c| matches!(c, '\n' | '\t'))
}

/// [`line()`] of at most `max_bytes`, and an ellipsis where something was cut.
#[must_use]
pub fn line_capped(text: &str, max_bytes: usize) -> Cow<'_, str> {
    cap(text, max_bytes, line)
}

/// [`block`] of at most `max_bytes`, and an ellipsis where something was cut.
#[must_use]
pub fn block_capped(text: &str, max_bytes: usize) -> Cow<'_, str> {
    cap(text, max_bytes, block)
}

fn escape(text: &str, allowed: impl Fn(char) -> bool) -> Cow<'_, str> {
    let forbidden = |c: char| is_forbidden(c) && !allowed(c);
    if !text.contains(forbidden) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !forbidden(c) => safe.push(c),
            '\n' => safe.push_str("\\n"),
            '\r' => safe.push_str("\\r"),
            '\t' => safe.push_str("\\t"),
            // Writing to a `String` cannot fail.
            c => _ = write!(safe, "\\u{{{:x}}}", u32::from(c)),
        }
    }
    Cow::Owned(safe)
}

fn cap(text: &str, max_bytes: usize, escape: fn(&str) -> Cow<'_, str>) -> Cow<'_, str> {
    // Escapes only make text longer: what is beyond the limit now cannot be shown, and is not looked at.
    let kept = &text[..boundary(text, max_bytes)];
    let mut safe = escape(kept);
    let cut = boundary(&safe, max_bytes);
    if kept.len() < text.len() || cut < safe.len() {
        let safe = safe.to_mut();
        safe.truncate(cut);
        safe.push('…');
    }
    safe
}

/// The last character boundary at or before `max_bytes`.
fn boundary(text: &str, max_bytes: usize) -> usize {
    (0..=max_bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn each_family_becomes_visible() {
        let cases = [
            ("plain", "manifest unknown", "manifest unknown"),
            ("other scripts", "не найдено 見つかりません 🦀", "не найдено 見つかりません 🦀"),
            ("clear screen", "\u{1b}[2J", "\\u{1b}[2J"),
            ("clipboard", "\u{1b}]52;c;eA==\u{7}", "\\u{1b}]52;c;eA==\\u{7}"),
            ("carriage return", "a\rb", "a\\rb"),
            ("C1 introducer", "\u{9b}2J", "\\u{9b}2J"),
            ("DEL", "a\u{7f}", "a\\u{7f}"),
            ("NUL", "a\0", "a\\u{0}"),
            ("override", "\u{202e}cba\u{202c}", "\\u{202e}cba\\u{202c}"),
            ("isolate", "\u{2066}x\u{2069}", "\\u{2066}x\\u{2069}"),
            ("marks", "\u{200e}\u{200f}\u{61c}", "\\u{200e}\\u{200f}\\u{61c}"),
            ("separators", "\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
            ("lines", "a\n\tb", "a\\n\\tb"),
        ];
        for (name, text, expected) in cases {
            assert_eq!(line(text), expected, "{name}");
        }
        assert_eq!(block("a\n\tb\r\n"), "a\n\tb\\r\n");
    }

    #[test]
    fn the_cap_counts_bytes_of_what_is_shown() {
        let cases = [
            ("fits", "abcd", 4, "abcd"),
            ("one over", "abcde", 4, "abcd…"),
            ("inside a character", "aéé", 2, "a…"),
            ("escapes count", "\u{1b}\u{1b}", 6, "\\u{1b}…"),
            ("nothing", "", 4, ""),
        ];
        for (name, text, max_bytes, expected) in cases {
            assert_eq!(line_capped(text, max_bytes), expected, "{name}");
        }
        let shown = block_capped(&"x".repeat(10_240), SERVER_WORDS_MAX_BYTES).into_owned();
        assert_eq!(shown.len(), SERVER_WORDS_MAX_BYTES + '…'.len_utf8());
    }

    /// The sets of the security rules, spelled out apart from the code under test.
    fn must_not_appear(c: char) -> bool {
        let code = u32::from(c);
        code <= 0x08
            || (0x0b..=0x1f).contains(&code)
            || (0x7f..=0x9f).contains(&code)
            || (0x202a..=0x202e).contains(&code)
            || (0x2066..=0x2069).contains(&code)
            || [0x061c, 0x200e, 0x200f, 0x2028, 0x2029].contains(&code)
    }

    fn hostile() -> impl Strategy<Value = String> {
        let controls = proptest::sample::select(
            (0..=0x9f_u32).chain(0x2000..=0x2070).chain([0x061c]).filter_map(char::from_u32).collect::<Vec<_>>(),
        );
        proptest::collection::vec(prop_oneof![controls, any::<char>()], 0..64).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn nothing_forbidden_comes_out(text in hostile(), max_bytes in 0_usize..64) {
            for shown in [line(&text), block(&text), line_capped(&text, max_bytes), block_capped(&text, max_bytes)] {
                prop_assert!(!shown.contains(must_not_appear), "{shown:?}");
            }
            prop_assert!(!line(&text).contains(['\n', '\t']));
            prop_assert!(line_capped(&text, max_bytes).len() <= max_bytes + '…'.len_utf8());
        }

        #[test]
        fn harmless_text_is_left_alone(text in "[ -~äß見🦀]{0,40}") {
            prop_assert!(matches!(line(&text), Cow::Borrowed(same) if same == text));
        }
    }
}
