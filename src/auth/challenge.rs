//! `WWW-Authenticate`: RFC 9110, section 11.6.1, read as generously as registries write it.

use std::str::Chars;

use crate::http::{HeaderMap, header};

/// An authentication scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// User name and password.
    Basic,
    /// A token from a token server.
    Bearer,
    /// Any other, as written.
    Other(String),
}

impl Scheme {
    fn of(name: &str) -> Self {
        if name.eq_ignore_ascii_case("basic") {
            Self::Basic
        } else if name.eq_ignore_ascii_case("bearer") {
            Self::Bearer
        } else {
            Self::Other(name.to_owned())
        }
    }
}

/// One challenge. Its words are the server's: data, never instructions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme.
    pub scheme: Scheme,
    /// The parameters in their order, with names in lower case.
    pub params: Vec<(String, String)>,
}

impl Challenge {
    /// The challenges of every `WWW-Authenticate` header, in their order.
    #[must_use]
    pub fn all(headers: &HeaderMap) -> Vec<Self> {
        headers
            .get_all(header::WWW_AUTHENTICATE)
            .iter()
            .flat_map(|value| Self::parse(&String::from_utf8_lossy(value.as_bytes())))
            .collect()
    }

    /// The challenges of one header's value. What is not understood is left out.
    #[must_use]
    pub fn parse(value: &str) -> Vec<Self> {
        let mut challenges: Vec<Self> = Vec::new();
        let mut rest = value.chars();
        loop {
            skip(&mut rest, |c| c == ',' || c.is_whitespace());
            if rest.as_str().is_empty() {
                return challenges;
            }
            let name = take(&mut rest, |c| !matches!(c, ',' | '=' | '"') && !c.is_whitespace());
            if name.is_empty() {
                // A stray `=` or quoted string belongs to nothing.
                if rest.as_str().starts_with('"') {
                    quoted(&mut rest);
                } else {
                    rest.next();
                }
                continue;
            }
            let mut ahead = rest.clone();
            skip(&mut ahead, char::is_whitespace);
            if ahead.as_str().starts_with('=') {
                ahead.next();
                skip(&mut ahead, char::is_whitespace);
                let value = if ahead.as_str().starts_with('"') {
                    quoted(&mut ahead)
                } else {
                    take(&mut ahead, |c| c != ',' && !c.is_whitespace()).to_owned()
                };
                rest = ahead;
                if let Some(challenge) = challenges.last_mut() {
                    challenge.params.push((name.to_ascii_lowercase(), value));
                }
                continue;
            }
            challenges.push(Self { scheme: Scheme::of(name), params: Vec::new() });
            skip_token68(&mut rest);
        }
    }

    fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Where tokens are granted, or what a password is for.
    #[must_use]
    pub fn realm(&self) -> Option<&str> {
        self.param("realm")
    }

    /// What the token is to be for.
    #[must_use]
    pub fn service(&self) -> Option<&str> {
        self.param("service")
    }

    /// What the token must permit, in the server's words.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.param("scope")
    }

    /// Why the token that was sent is not enough: `invalid_token`, `insufficient_scope`.
    #[must_use]
    pub fn error(&self) -> Option<&str> {
        self.param("error")
    }
}

fn take<'a>(rest: &mut Chars<'a>, wanted: impl Fn(char) -> bool) -> &'a str {
    let text = rest.as_str();
    let end = text.find(|c| !wanted(c)).unwrap_or(text.len());
    *rest = text[end..].chars();
    &text[..end]
}

fn skip(rest: &mut Chars<'_>, unwanted: impl Fn(char) -> bool) {
    take(rest, unwanted);
}

/// The text of a quoted string; one that is not closed goes to the end.
fn quoted(rest: &mut Chars<'_>) -> String {
    let mut text = String::new();
    rest.next();
    while let Some(c) = rest.next() {
        match c {
            '"' => break,
            '\\' => text.extend(rest.next()),
            c => text.push(c),
        }
    }
    text
}

/// Skips what `Negotiate` and its kind carry in place of parameters: one token that ends its list element.
fn skip_token68(rest: &mut Chars<'_>) {
    let mut ahead = rest.clone();
    skip(&mut ahead, char::is_whitespace);
    let token = take(&mut ahead, |c| c.is_ascii_alphanumeric() || "-._~+/".contains(c));
    skip(&mut ahead, |c| c == '=');
    skip(&mut ahead, char::is_whitespace);
    if !token.is_empty() && (ahead.as_str().is_empty() || ahead.as_str().starts_with(',')) {
        *rest = ahead;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// `Basic[realm=x] Bearer[realm=y service=z]`
    fn shown(challenges: &[Challenge]) -> String {
        let one = |challenge: &Challenge| {
            let params: Vec<String> = challenge.params.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let scheme = match &challenge.scheme {
                Scheme::Other(name) => format!("?{name}"),
                known => format!("{known:?}"),
            };
            format!("{scheme}[{}]", params.join(" "))
        };
        challenges.iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn reads_what_registries_write() {
        let cases = [
            ("empty", "", ""),
            ("Basic", r#"Basic realm="x""#, "Basic[realm=x]"),
            (
                "Bearer",
                r#"Bearer realm="https://a/t",service="s",scope="repository:a/b:pull""#,
                "Bearer[realm=https://a/t service=s scope=repository:a/b:pull]",
            ),
            (
                "comma inside quotes",
                r#"Bearer scope="repository:a/b:pull,push",realm="r""#,
                "Bearer[scope=repository:a/b:pull,push realm=r]",
            ),
            ("any case", r#"bEaReR ReAlM="x""#, "Bearer[realm=x]"),
            ("spaces around everything", "  Bearer   realm = \"x\" ,\t service = s ", "Bearer[realm=x service=s]"),
            ("escaped quote", r#"Basic realm="a \"b\" \\ c""#, r#"Basic[realm=a "b" \ c]"#),
            (
                "unquoted URL",
                "Bearer realm=https://a.b:5000/t?x=1&y=2,service=s",
                "Bearer[realm=https://a.b:5000/t?x=1&y=2 service=s]",
            ),
            (
                "two in one header",
                r#"Basic realm="x", Bearer realm="y",service="z""#,
                "Basic[realm=x] Bearer[realm=y service=z]",
            ),
            (
                "two, other order",
                r#"Bearer realm="y",service="z",Basic realm="x""#,
                "Bearer[realm=y service=z] Basic[realm=x]",
            ),
            (
                "no commas",
                r#"Basic realm="x" Bearer realm="y" service="z""#,
                "Basic[realm=x] Bearer[realm=y service=z]",
            ),
            ("scheme alone first", r#"Negotiate, Basic realm="x""#, "?Negotiate[] Basic[realm=x]"),
            ("scheme alone, no comma", r#"Negotiate Basic realm="x""#, "?Negotiate[] Basic[realm=x]"),
            ("token68", "Negotiate YII+/-._~==", "?Negotiate[]"),
            ("token68 first", r#"Negotiate abc==, Bearer realm="y""#, "?Negotiate[] Bearer[realm=y]"),
            ("token68 last", r#"Bearer realm="y", NTLM abc="#, "Bearer[realm=y] ?NTLM[]"),
            ("empty elements", r#",, ,Basic realm="x",,service=s,"#, "Basic[realm=x service=s]"),
            ("not closed", r#"Bearer realm="https://a"#, "Bearer[realm=https://a]"),
            ("ends in a backslash", "Bearer realm=\"a\\", "Bearer[realm=a]"),
            ("parameter without scheme", r#"realm="x""#, ""),
            ("stray quotes", r#""a, b" Basic realm=x"#, "Basic[realm=x]"),
            ("stray equals", "= = Basic realm=x", "Basic[realm=x]"),
            ("empty value", r#"Bearer realm="",service=s"#, "Bearer[realm= service=s]"),
        ];
        for (name, value, wanted) in cases {
            assert_eq!(shown(&Challenge::parse(value)), wanted, "{name}");
        }
    }

    #[test]
    fn all_headers_count_and_the_first_of_a_name_wins() {
        let mut headers = HeaderMap::new();
        headers.append(header::WWW_AUTHENTICATE, "Basic realm=x".parse().unwrap());
        headers.append(
            header::WWW_AUTHENTICATE,
            r#"Bearer realm=a, realm=b, error="insufficient_scope""#.parse().unwrap(),
        );
        let all = Challenge::all(&headers);
        assert_eq!(all.len(), 2);
        assert_eq!((all[1].realm(), all[1].service(), all[1].error()), (Some("a"), None, Some("insufficient_scope")));
    }

    proptest! {
        #[test]
        fn arbitrary_values_never_panic(value in ".{0,60}|[Ba =,\"\\\\é]{0,30}") {
            let _ = Challenge::parse(&value);
        }

        #[test]
        fn quoting_is_undone(realm in "[ -~]{0,30}", service in "[ -~]{0,30}") {
            let quote = |text: &str| text.replace('\\', "\\\\").replace('"', "\\\"");
            let header = format!("Basic realm=\"q\", Bearer realm=\"{}\",service=\"{}\"", quote(&realm), quote(&service));
            let parsed = Challenge::parse(&header);
            prop_assert_eq!(parsed.len(), 2);
            prop_assert_eq!((parsed[1].realm(), parsed[1].service()), (Some(realm.as_str()), Some(service.as_str())));
        }
    }
}
