//! What a token says that it permits: the `access` claim of distribution's token document. Only read, to be told to
//! people; nothing is verified, and nothing is decided by it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    access: Option<Vec<Access>>,
}

#[derive(Deserialize)]
struct Access {
    #[serde(rename = "type")]
    resource: String,
    name: String,
    #[serde(default)]
    actions: Vec<String>,
}

/// The scopes that a JSON web token states; `None` where it is none, or makes no such claim.
pub(super) fn access(token: &str) -> Option<Vec<String>> {
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let json = BASE64_URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?;
    let access = serde_json::from_slice::<Claims>(&json).ok()?.access?;
    let permitted = access.into_iter().filter(|access| !access.actions.is_empty());
    Some(permitted.map(|a| format!("{}:{}:{}", a.resource, a.name, a.actions.join(","))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", BASE64_URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn scopes_are_read_where_they_are_stated() {
        let list = |scopes: &[&str]| Some(scopes.iter().map(ToString::to_string).collect::<Vec<_>>());
        let cases = [
            (
                "one",
                token(r#"{"access":[{"type":"repository","name":"a/b","actions":["pull","push"]}]}"#),
                list(&["repository:a/b:pull,push"]),
            ),
            ("no actions", token(r#"{"access":[{"type":"repository","name":"a","actions":[]}]}"#), list(&[])),
            ("none", token(r#"{"access":[]}"#), list(&[])),
            ("null", token(r#"{"access":null}"#), None),
            ("another claim", token(r#"{"scope":"pull"}"#), None),
            ("not JSON", token("x"), None),
            ("another shape", token(r#"{"access":"pull"}"#), None),
            ("opaque", "djE6b3BhcXVl".to_owned(), None),
            ("not base64", "a.!.c".to_owned(), None),
            ("nothing", String::new(), None),
        ];
        for (name, token, expected) in cases {
            assert_eq!(access(&token), expected, "{name}");
        }
    }
}
