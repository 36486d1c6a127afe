//! The answer of a token server: distribution's token and OAuth2 documents.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::credential::Secret;

/// The life of a token that states none, or less: the document's default and floor.
const MIN_LIFE: Duration = Duration::from_secs(60);
/// No token is kept for longer, whatever it states.
const MAX_LIFE: Duration = Duration::from_secs(24 * 60 * 60);
/// Tokens are renewed this long before their end, so that none ends on its way.
const MARGIN: Duration = Duration::from_secs(10);
/// What is shown of a server's words.
const MAX_WORDS_BYTES: usize = 1024;

/// A token, and how long it may be used, counted from its receipt.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) secret: Secret,
    pub(super) usable: Duration,
}

/// What an answer is instead of a token.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// No JSON object: how it starts.
    NotJson(String),
    /// An object without a token.
    NoToken,
}

#[derive(Deserialize)]
struct Answer {
    token: Option<Value>,
    access_token: Option<Value>,
    // Servers write numbers, strings and nonsense: none of it is worth a failure.
    expires_in: Option<Value>,
}

impl Token {
    pub(super) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let answer: Answer = serde_json::from_slice(body).map_err(|_| Malformed::NotJson(first_line(body)))?;
        let text = |value: Option<Value>| match value {
            Some(Value::String(text)) if !text.is_empty() => Some(Secret::new(text)),
            _ => None,
        };
        let secret = text(answer.access_token).or_else(|| text(answer.token)).ok_or(Malformed::NoToken)?;
        let seconds = answer.expires_in.as_ref().and_then(Value::as_u64).unwrap_or(0);
        let life = Duration::from_secs(seconds).clamp(MIN_LIFE, MAX_LIFE);
        Ok(Self { secret, usable: life.saturating_sub(MARGIN) })
    }
}

fn first_line(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_WORDS_BYTES)]);
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("an empty body").to_owned()
}

/// What a server says in an error's body: its messages where they are found, else the text. At most 1 KiB.
pub(super) fn words(body: &[u8]) -> String {
    let mut words = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|value| messages(&value))
        .unwrap_or_else(|| String::from_utf8_lossy(body).trim().to_owned());
    if words.is_empty() {
        words.push_str("no reason given");
    }
    if words.len() > MAX_WORDS_BYTES {
        words.truncate((0..=MAX_WORDS_BYTES).rev().find(|&at| words.is_char_boundary(at)).unwrap_or(0));
    }
    words
}

fn messages(value: &Value) -> Option<String> {
    let said = |value: &Value| {
        ["message", "details", "detail", "error_description", "error", "code"]
            .iter()
            .find_map(|key| value.get(key)?.as_str().filter(|text| !text.is_empty()))
            .map(str::to_owned)
    };
    let listed = value.get("errors").and_then(Value::as_array);
    let all: Vec<String> = listed.map(|errors| errors.iter().filter_map(said).collect()).unwrap_or_default();
    if all.is_empty() { said(value) } else { Some(all.join("; ")) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(body: &str) -> Result<(String, u64), Malformed> {
        Token::parse(body.as_bytes()).map(|token| (token.secret.expose().to_owned(), token.usable.as_secs()))
    }

    #[test]
    fn answers_with_a_token() {
        let cases = [
            ("token", r#"{"token":"t"}"#, "t", 50),
            ("access_token", r#"{"access_token":"a"}"#, "a", 50),
            ("both", r#"{"token":"t","access_token":"a"}"#, "a", 50),
            ("one empty", r#"{"token":"t","access_token":""}"#, "t", 50),
            ("other empty", r#"{"token":"","access_token":"a"}"#, "a", 50),
            ("one null", r#"{"token":"t","access_token":null}"#, "t", 50),
            ("300 s", r#"{"token":"t","expires_in":300}"#, "t", 290),
            ("59 s", r#"{"token":"t","expires_in":59}"#, "t", 50),
            ("0 s", r#"{"token":"t","expires_in":0}"#, "t", 50),
            ("negative", r#"{"token":"t","expires_in":-1}"#, "t", 50),
            ("null", r#"{"token":"t","expires_in":null}"#, "t", 50),
            ("garbage", r#"{"token":"t","expires_in":"soon"}"#, "t", 50),
            ("an object", r#"{"token":"t","expires_in":{}}"#, "t", 50),
            ("huge", r#"{"token":"t","expires_in":18446744073709551615}"#, "t", 86390),
            ("beyond huge", r#"{"token":"t","expires_in":1e400}"#, "", 0),
            (
                "the server's clock is not believed",
                r#"{"token":"t","expires_in":100,"issued_at":"1999-01-01T00:00:00Z"}"#,
                "t",
                90,
            ),
        ];
        for (name, body, token, usable) in cases {
            // A number that no JSON reader holds spoils the document.
            let wanted = if token.is_empty() {
                Err(Malformed::NotJson(body.to_owned()))
            } else {
                Ok((token.to_owned(), usable))
            };
            assert_eq!(parsed(body), wanted, "{name}");
        }
    }

    #[test]
    fn answers_without_one() {
        let not_json = |text: &str| Err(Malformed::NotJson(text.to_owned()));
        let cases = [
            ("no token", "{}", Err(Malformed::NoToken)),
            ("empty", r#"{"token":""}"#, Err(Malformed::NoToken)),
            ("both empty", r#"{"token":"","access_token":""}"#, Err(Malformed::NoToken)),
            ("not a string", r#"{"token":7}"#, Err(Malformed::NoToken)),
            ("empty body", "", not_json("an empty body")),
            ("a page", "\n  <html>\n<body>", not_json("<html>")),
            ("a string", "\"t\"", not_json("\"t\"")),
            ("cut", r#"{"token":"t"#, not_json(r#"{"token":"t"#)),
        ];
        for (name, body, wanted) in cases {
            assert_eq!(parsed(body), wanted, "{name}");
        }
    }

    #[test]
    fn words_are_found_and_limited() {
        let cases = [
            (r#"{"errors":[{"code":"DENIED","message":"no"},{"code":"UNAUTHORIZED"}]}"#, "no; UNAUTHORIZED"),
            (r#"{"details":"incorrect username or password"}"#, "incorrect username or password"),
            (r#"{"error":"invalid_grant","error_description":"token expired"}"#, "token expired"),
            ("  plain\n", "plain"),
            ("", "no reason given"),
            (r#"{"x":1}"#, r#"{"x":1}"#),
        ];
        for (body, wanted) in cases {
            assert_eq!(words(body.as_bytes()), wanted);
        }
        assert_eq!(words("é".repeat(2000).as_bytes()).len(), MAX_WORDS_BYTES);
    }

    proptest! {
        #[test]
        fn any_answer_is_survived(body in "\\{?\"?[a-z_]{0,12}\"?[:,\"0-9a-z.{}\\[\\]-]{0,40}|.{0,60}", seconds in any::<i64>()) {
            let _ = (Token::parse(body.as_bytes()).is_ok(), first_line(body.as_bytes()));
            prop_assert!(words(body.as_bytes()).len() <= MAX_WORDS_BYTES.max(body.len()));
            let answer = format!("{{\"token\":\"t\",\"expires_in\":{seconds}}}");
            let usable = Token::parse(answer.as_bytes()).map(|token| token.usable);
            prop_assert!(usable.is_ok_and(|usable| (MIN_LIFE..=MAX_LIFE).contains(&(usable + MARGIN))));
        }
    }
}
