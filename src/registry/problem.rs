//! Error bodies: distribution-spec, "Error codes", and what gateways and products send in its place.

use serde_json::Value;

use super::warning::shorten;

/// The most of an error body that is kept, in bytes.
const SHOWN_BYTES: usize = 1024;
/// The most entries that are kept of an `errors` list.
const ENTRIES: usize = 8;

/// One error of a registry, in its own words; unescaped.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Problem {
    /// `MANIFEST_UNKNOWN`; empty where the body has no codes.
    pub code: String,
    /// What it says.
    pub message: String,
    /// Further detail, as text or compact JSON.
    pub detail: Option<String>,
}

impl Problem {
    fn text(message: &str) -> Self {
        Self { message: shorten(message, SHOWN_BYTES).to_owned(), ..Self::default() }
    }
}

/// Reads an error body of any kind. Empty where it says nothing.
pub(super) fn parse(body: &[u8]) -> Vec<Problem> {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Object(object)) => from_object(&object),
        Ok(Value::String(words)) => vec![Problem::text(&words)],
        _ if text.starts_with('<') => first_line_of_html(text).map(|line| Problem::text(&line)).into_iter().collect(),
        _ if text.is_empty() => Vec::new(),
        _ => vec![Problem::text(text)],
    }
}

fn from_object(object: &serde_json::Map<String, Value>) -> Vec<Problem> {
    if let Some(Value::Array(errors)) = object.get("errors") {
        let problems: Vec<_> = errors.iter().take(ENTRIES).filter_map(entry).collect();
        if !problems.is_empty() {
            return problems;
        }
    }
    // Harbor and Artifactory, token servers, Go services, in this order.
    ["details", "message", "detail", "error_description", "error"]
        .iter()
        .find_map(|key| words(object.get(*key)?))
        .map(|words| Problem::text(&words))
        .into_iter()
        .collect()
}

fn entry(value: &Value) -> Option<Problem> {
    let Value::Object(fields) = value else {
        return words(value).map(|words| Problem::text(&words));
    };
    let short = |key: &str| fields.get(key).and_then(words).map(|w| shorten(&w, SHOWN_BYTES).to_owned());
    let problem = Problem {
        code: short("code").unwrap_or_default(),
        message: short("message").unwrap_or_default(),
        detail: short("detail"),
    };
    (problem != Problem::default()).then_some(problem)
}

fn words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) if text.trim().is_empty() => None,
        Value::String(text) => Some(text.trim().to_owned()),
        other => Some(other.to_string()),
    }
}

/// The first line of text in a page: mostly its title, "413 Request Entity Too Large".
fn first_line_of_html(page: &str) -> Option<String> {
    let mut rest = page;
    loop {
        let (text, after) = rest.split_once('<').unwrap_or((rest, ""));
        if let Some(line) = text.lines().map(str::trim).find(|line| !line.is_empty()) {
            return Some(line.to_owned());
        }
        // What follows these up to their end is not text.
        let hidden = ["style", "script", "!--"]
            .iter()
            .find(|tag| after.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)));
        let end = match hidden {
            Some(&"!--") => "-->",
            Some(&"style") => "</style>",
            Some(_) => "</script>",
            None => ">",
        };
        rest = &after[after.find(end)? + end.len()..];
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(body: &str) -> Vec<String> {
        parse(body.as_bytes())
            .into_iter()
            .map(|p| format!("{}|{}|{}", p.code, p.message, p.detail.unwrap_or_default()))
            .collect()
    }

    #[test]
    fn every_kind_of_body_gives_its_words() {
        let cases: [(&str, &str, &[&str]); 16] = [
            (
                "specification",
                r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown","detail":{"Tag":"x"}}]}"#,
                &[r#"MANIFEST_UNKNOWN|manifest unknown|{"Tag":"x"}"#],
            ),
            ("code alone", r#"{"errors":[{"code":"UNKNOWN"}]}"#, &["UNKNOWN||"]),
            ("two errors", r#"{"errors":[{"code":"A","message":"a"},{"code":"B","message":"b"}]}"#, &["A|a|", "B|b|"]),
            ("numeric code", r#"{"errors":[{"code":42,"message":"a"}]}"#, &["42|a|"]),
            ("strings for errors", r#"{"errors":["no"]}"#, &["|no|"]),
            ("empty errors beside a message", r#"{"errors":[],"message":"m"}"#, &["|m|"]),
            ("null errors", r#"{"errors":null,"details":"d"}"#, &["|d|"]),
            ("details", r#"{"details":"incorrect username or password"}"#, &["|incorrect username or password|"]),
            ("message", r#"{"message":"denied"}"#, &["|denied|"]),
            ("error", r#"{"error":"invalid"}"#, &["|invalid|"]),
            ("plain text", "Too Many Requests (HAP429).\n", &["|Too Many Requests (HAP429).|"]),
            (
                "HTML",
                "<html>\r\n<head><style>b {}</style><title>413 Request Entity Too Large</title></head>\r\n<body>x</body></html>",
                &["|413 Request Entity Too Large|"],
            ),
            ("HTML after a comment", "<!-- <p>a</p> --><p>\n b\n c</p>", &["|b|"]),
            ("HTML cut short", "<html><sty", &[]),
            ("empty", "", &[]),
            ("an object that says nothing", "{}", &[]),
        ];
        for (name, body, expected) in cases {
            assert_eq!(lines(body), expected, "{name}");
        }
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let long = "é".repeat(40_000);
        let bodies = [long.clone(), format!(r#"{{"errors":[{{"message":"{long}"}}]}}"#), format!("<p>{long}</p>")];
        for body in bodies {
            let kept: usize = parse(body.as_bytes()).iter().map(|p| p.message.len()).sum();
            assert!((1000..=1024).contains(&kept), "{kept}");
        }
        let many = format!(r#"{{"errors":[{}]}}"#, vec![r#"{"code":"A"}"#; 1000].join(","));
        assert_eq!(parse(many.as_bytes()).len(), ENTRIES);
    }

    /// JSON of the shapes that error bodies have, more or less.
    fn body() -> impl Strategy<Value = String> {
        let word = || {
            prop_oneof![
                Just("null".to_owned()),
                "-?[0-9]{1,4}",
                "\"[a-z\u{1b}é ]{0,20}\"".prop_map(|text| text.replace('\u{1b}', "\\u001b")),
                Just("{\"x\":[1]}".to_owned()),
            ]
        };
        let entry = (word(), word()).prop_map(|(code, words)| format!("{{\"code\":{code},\"message\":{words}}}"));
        let entries = proptest::collection::vec(prop_oneof![entry, word()], 0..12);
        let whole = entries.prop_map(|entries| format!("{{\"errors\":[{}]}}", entries.join(",")));
        prop_oneof![whole, "<[a-z!-]{0,6}>?[a-z<>/ \n]{0,30}", ".{0,80}"]
    }

    proptest! {
        #[test]
        fn any_body_is_survived_and_what_is_kept_is_bounded(body in body(), cut in 0_usize..100) {
            for bytes in [body.as_bytes(), &body.as_bytes()[..cut.min(body.len())]] {
                let problems = parse(bytes);
                prop_assert!(problems.len() <= ENTRIES);
                for problem in problems {
                    prop_assert!(problem.code.len() <= SHOWN_BYTES && problem.message.len() <= SHOWN_BYTES);
                }
            }
        }
    }
}
