//! The `Link` header: the subset of RFC 8288 that pagination needs.

/// The target of the first link whose relation is `next`, as written: absolute or relative, its query untouched.
/// Anything that does not parse ends the search: half a header is no instruction.
pub(super) fn next(header: &str) -> Option<String> {
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let (target, parameters) = rest.strip_prefix('<')?.split_once('>')?;
        rest = parameters;
        let mut relation = None;
        while let Some((name, value, after)) = parameter(rest) {
            // RFC 8288 section 3.3: of several `rel` only the first counts.
            if name.eq_ignore_ascii_case("rel") && relation.is_none() {
                relation = Some(value);
            }
            rest = after;
        }
        if relation.is_some_and(|r| r.split_ascii_whitespace().any(|word| word.eq_ignore_ascii_case("next"))) {
            return Some(target.trim().to_owned()).filter(|t| !t.is_empty());
        }
        rest = rest.trim_start_matches([' ', '\t']);
        if !rest.starts_with(',') {
            return None;
        }
    }
}

/// One `; name=value` with its value unquoted, and what follows it.
fn parameter(text: &str) -> Option<(&str, String, &str)> {
    let text = text.trim_start_matches([' ', '\t']).strip_prefix(';')?;
    let text = text.trim_start_matches([' ', '\t']);
    let end = text.find(['=', ';', ',']).unwrap_or(text.len());
    let (name, after) = text.split_at(end);
    let name = name.trim_end_matches([' ', '\t']);
    let Some(value) = after.strip_prefix('=') else {
        return Some((name, String::new(), after));
    };
    let value = value.trim_start_matches([' ', '\t']);
    if let Some(quoted) = value.strip_prefix('"') {
        let (value, after) = unquote(quoted)?;
        return Some((name, value, after));
    }
    let end = value.find([';', ',']).unwrap_or(value.len());
    let (value, after) = value.split_at(end);
    Some((name, value.trim_end_matches([' ', '\t']).to_owned(), after))
}

/// Reads a quoted string (RFC 9110 section 5.6.4) whose opening quote is already taken.
pub(super) fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(characters.next()?.1),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn finds_the_next_page() {
        let cases = [
            ("distribution", r#"</v2/a/tags/list?last=b&n=2>; rel="next""#, Some("/v2/a/tags/list?last=b&n=2")),
            (
                "absolute",
                "<https://r.example/v2/_catalog?last=x>; rel=next",
                Some("https://r.example/v2/_catalog?last=x"),
            ),
            ("second of two", r#"</a>; rel="prev", </b>; rel="next""#, Some("/b")),
            ("a comma and a semicolon in the target", r#"</a?x=1,2;3>; rel="next""#, Some("/a?x=1,2;3")),
            ("a comma and a quote in a title", r#"</a>; title="x, \"</c>; rel=next"; rel=next"#, Some("/a")),
            ("several relations", r#"</a>; rel="start NEXT""#, Some("/a")),
            ("no blanks", "</a>;rel=next", Some("/a")),
            ("blanks everywhere", " </a> ; rel = \"next\" ", Some("/a")),
            ("a parameter without value", "</a>; crossorigin; rel=next", Some("/a")),
            ("percent-encoding stays", "</a?last=%2Fb%3D>; rel=next", Some("/a?last=%2Fb%3D")),
            ("only the first rel counts", "</a>; rel=prev; rel=next", None),
            ("another relation", r#"</a>; rel="nextish""#, None),
            ("no relation", "</a>", None),
            ("no brackets", "/a; rel=next", None),
            ("unclosed bracket", "</a; rel=next", None),
            ("unclosed quote", r#"</a>; rel="next"#, None),
            ("empty target", "<>; rel=next", None),
            ("empty", "", None),
            ("rubbish after a link", "</a> x, </b>; rel=next", None),
        ];
        for (name, header, expected) in cases {
            assert_eq!(next(header).as_deref(), expected, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_header_is_survived(header in ".{0,200}") {
            let _ = next(&header);
        }

        #[test]
        fn a_target_comes_back_as_it_was_written(
            target in "[a-z0-9/?&=%,;._~-]{1,40}",
            title in "[ -~]{0,20}",
            before in prop::collection::vec("[a-z0-9/?&=,;]{1,10}", 0..3),
        ) {
            let quoted = title.replace('\\', r"\\").replace('"', r#"\""#);
            let links = before.iter().map(|t| format!("<{t}>; rel=prev"));
            let last = format!(r#"<{target}>; title="{quoted}"; rel="next""#);
            let header = links.chain([last]).collect::<Vec<_>>().join(", ");
            prop_assert_eq!(next(&header), Some(target));
        }
    }
}
