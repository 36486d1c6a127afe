//! JSON for programs, on one line, that is harmless on a terminal as well.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::escape;

/// `value` on one line, without the newline. Code points that could act on a terminal are written as `\uXXXX`, so
/// that a reader gets back exactly the text that went in.
///
/// # Errors
/// Whatever `value`'s own serialisation reports.
pub fn to_line(value: &impl Serialize) -> serde_json::Result<Vec<u8>> {
    let mut line = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut line, TerminalSafe))?;
    Ok(line)
}

/// serde_json escapes what JSON demands; this adds DEL, C1, separators and bidirectional controls.
struct TerminalSafe;

impl Formatter for TerminalSafe {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((at, c)) = rest.char_indices().find(|(_, c)| escape::is_forbidden(*c)) {
            writer.write_all(&rest.as_bytes()[..at])?;
            // Every forbidden code point is in the first plane: four digits, never a surrogate pair.
            write!(writer, "\\u{:04x}", u32::from(c))?;
            rest = &rest[at + c.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn controls_are_escaped_in_keys_and_values() {
        let value = serde_json::json!({ "a\u{9b}": "x\u{202e}y\u{7f}\u{1b}\n\u{2028}é" });
        let line = to_line(&value).unwrap();
        let expected = r#"{"a\u009b":"x\u202ey\u007f\u001b\n\u2028é"}"#;
        assert_eq!(String::from_utf8(line).unwrap(), expected);
    }

    proptest! {
        #[test]
        fn everything_survives_and_nothing_acts(text in any::<String>()) {
            let line = to_line(&text).unwrap();
            prop_assert_eq!(&serde_json::from_slice::<String>(&line).unwrap(), &text);
            prop_assert!(!String::from_utf8(line).unwrap().contains(escape::is_forbidden));
        }
    }
}
