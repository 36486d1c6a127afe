//! Changing one member of a JSON text and nothing else.
//!
//! A configuration file is its owner's: comments aside, everything in it that is not ours (order, indentation, numbers
//! of any size, members of programs unheard of) comes out byte for byte as it went in. The texts given here have been
//! parsed before, so the scanner need not understand what it skips.

use std::ops::Range;

use serde_json::Value;
use zeroize::Zeroizing;

/// One member of an object, by positions in the text.
struct Member {
    name: String,
    /// From the name's opening quote to the end of the value.
    whole: Range<usize>,
    value: Range<usize>,
}

/// The members of the object that opens at `open`, and where its closing brace is.
fn members(text: &str, open: usize) -> (Vec<Member>, usize) {
    let bytes = text.as_bytes();
    let mut members = Vec::new();
    let mut at = skip_space(bytes, open + 1);
    while bytes.get(at) == Some(&b'"') {
        let name_end = skip_value(bytes, at);
        let start = skip_space(bytes, skip_space(bytes, name_end) + 1);
        let end = skip_value(bytes, start);
        let name = serde_json::from_str(&text[at..name_end]).unwrap_or_default();
        members.push(Member { name, whole: at..end, value: start..end });
        at = skip_space(bytes, end);
        if bytes.get(at) == Some(&b',') {
            at = skip_space(bytes, at + 1);
        }
    }
    (members, at)
}

fn skip_space(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

/// The end of the value that starts at `from`.
fn skip_value(bytes: &[u8], from: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => at = skip_string(bytes, at) - 1,
            b'{' | b'[' => depth += 1,
            b'}' | b']' | b',' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => return at,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        at += 1;
        if depth == 0 && matches!(byte, b'"' | b'}' | b']') {
            return at;
        }
    }
    at
}

fn skip_string(bytes: &[u8], from: usize) -> usize {
    let mut at = from + 1;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

fn last<'m>(members: &'m [Member], name: &str) -> Option<&'m Member> {
    members.iter().rfind(|member| member.name == name)
}

fn splice(text: &str, range: Range<usize>, with: &str) -> Zeroizing<String> {
    Zeroizing::new([&text[..range.start], with, &text[range.end..]].concat())
}

/// The line, from 1, on which the member at `path` starts; 1 if there is none.
pub(super) fn line_of(text: &str, path: &[&str]) -> usize {
    let mut open = skip_space(text.as_bytes(), 0);
    let mut found = 0;
    for name in path {
        let (members, _) = members(text, open);
        let Some(member) = last(&members, name) else { break };
        (found, open) = (member.whole.start, member.value.start);
    }
    text[..found].matches('\n').count() + 1
}

/// `text` with the member at `path` set to `value`. Objects on the way are made where they are absent or null.
pub(super) fn set(text: &str, path: &[&str], value: &Value) -> Zeroizing<String> {
    let open = skip_space(text.as_bytes(), 0);
    set_within(text, open, path, value, "\n")
}

/// `before` is the white space in front of the object's own line: what its closing brace gets.
fn set_within(text: &str, open: usize, path: &[&str], value: &Value, before: &str) -> Zeroizing<String> {
    let Some((name, rest)) = path.split_first() else { return Zeroizing::new(text.to_owned()) };
    let (members, close) = members(text, open);
    let margin = members.last().map_or_else(
        || format!("{before}\t"),
        |member| {
            let start = text[..member.whole.start].trim_end().len();
            text[start..member.whole.start].to_owned()
        },
    );
    match last(&members, name) {
        Some(member) if !rest.is_empty() && text[member.value.clone()].starts_with('{') => {
            set_within(text, member.value.start, rest, value, &margin)
        }
        Some(member) => splice(text, member.value.clone(), &render(rest, value, &margin)),
        None => {
            let new = Zeroizing::new(format!("{margin}{}: {}", Value::from(*name), *render(rest, value, &margin)));
            match members.last() {
                Some(member) => splice(text, member.whole.end..member.whole.end, &format!(",{}", *new)),
                None => splice(text, open + 1..close, &format!("{}{before}", *new)),
            }
        }
    }
}

/// `value` below the objects that `path` still asks for, indented like its surroundings.
fn render(path: &[&str], value: &Value, margin: &str) -> Zeroizing<String> {
    let mut value = value.clone();
    for name in path.iter().rev() {
        value = Value::Object(std::iter::once(((*name).to_owned(), value)).collect());
    }
    if !margin.contains('\n') {
        return Zeroizing::new(value.to_string());
    }
    // Pretty-printed JSON has line feeds between tokens only: those inside strings are escaped.
    let pretty = Zeroizing::new(format!("{value:#}"));
    let unit = if margin.contains('\t') { "\t" } else { "  " };
    let mut lines = pretty.lines();
    let mut text = Zeroizing::new(lines.next().unwrap_or_default().to_owned());
    for line in lines {
        let inner = line.trim_start_matches(' ');
        text.push_str(margin);
        text.push_str(&unit.repeat((line.len() - inner.len()) / 2));
        text.push_str(inner);
    }
    text
}

/// `text` without the member at `path`, None if there is none.
pub(super) fn remove(text: &str, path: &[&str]) -> Option<Zeroizing<String>> {
    let mut open = skip_space(text.as_bytes(), 0);
    let (name, parents) = path.split_last()?;
    for parent in parents {
        let (members, _) = members(text, open);
        open = last(&members, parent).filter(|member| text[member.value.clone()].starts_with('{'))?.value.start;
    }
    let (members, close) = members(text, open);
    let at = members.iter().rposition(|member| member.name == *name)?;
    let range = match (at.checked_sub(1).map(|at| &members[at]), members.get(at + 1)) {
        (_, Some(next)) => members[at].whole.start..next.whole.start,
        (Some(previous), None) => previous.whole.end..members[at].whole.end,
        (None, None) => open + 1..close,
    };
    let shorter = splice(text, range, "");
    // A name may stand twice; what was asked to go must be gone.
    Some(remove(&shorter, path).unwrap_or(shorter))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_member_changes() {
        let entry = json!({ "auth": "x" });
        let cases = [
            ("empty", "{}", "{\n\t\"auths\": {\n\t\t\"h\": {\n\t\t\t\"auth\": \"x\"\n\t\t}\n\t}\n}"),
            ("compact", r#"{"n":1e999,"auths":{"a":{}}}"#, r#"{"n":1e999,"auths":{"a":{},"h": {"auth":"x"}}}"#),
            ("replaced", r#"{"auths":{"h":{"auth":"}{"},"a":{}}}"#, r#"{"auths":{"h":{"auth":"x"},"a":{}}}"#),
            (
                "spaces",
                "{\n  \"z\": [1, {\"auths\": 2}],\n  \"auths\": {\n    \"a\": {}\n  }\n}\n",
                "{\n  \"z\": [1, {\"auths\": 2}],\n  \"auths\": {\n    \"a\": {},\n    \"h\": {\n      \"auth\": \"x\"\n    }\n  }\n}\n",
            ),
            (
                "tabs, empty object",
                "{\n\t\"auths\": {},\n\t\"z\": 12345678901234567890123\n}",
                "{\n\t\"auths\": {\n\t\t\"h\": {\n\t\t\t\"auth\": \"x\"\n\t\t}\n\t},\n\t\"z\": 12345678901234567890123\n}",
            ),
            ("null", r#"{"auths":null,"a":"\\\""}"#, r#"{"auths":{"h":{"auth":"x"}},"a":"\\\""}"#),
        ];
        for (name, text, expected) in cases {
            assert_eq!(*set(text, &["auths", "h"], &entry), expected, "{name}");
        }
    }

    #[test]
    fn members_go_with_their_commas() {
        let cases = [
            ("only", r#"{"auths": { "h": {} }}"#, Some(r#"{"auths": {}}"#)),
            ("first", r#"{"auths": { "h": {}, "a": 1 }}"#, Some(r#"{"auths": { "a": 1 }}"#)),
            ("last", r#"{"auths": { "a": 1, "h": {} }}"#, Some(r#"{"auths": { "a": 1 }}"#)),
            ("middle", r#"{"auths":{"a":1,"h":{},"b":2}}"#, Some(r#"{"auths":{"a":1,"b":2}}"#)),
            ("twice", r#"{"auths":{"h":1,"a":1,"h":2}}"#, Some(r#"{"auths":{"a":1}}"#)),
            ("escaped name", r#"{"auths":{"\u0068":1}}"#, Some(r#"{"auths":{}}"#)),
            ("absent", r#"{"auths":{"a":1},"h":1}"#, None),
            ("no auths", r#"{"h":1}"#, None),
            ("null auths", r#"{"auths":null}"#, None),
        ];
        for (name, text, expected) in cases {
            assert_eq!(remove(text, &["auths", "h"]).as_deref().map(String::as_str), expected, "{name}");
        }
    }

    #[test]
    fn lines_are_those_of_the_member() {
        let text = "{\n \"auths\": {\n  \"a\": {},\n\n  \"h\": {}\n }\n}";
        assert_eq!(line_of(text, &["auths", "h"]), 5);
        assert_eq!(line_of(text, &["auths", "a"]), 3);
        assert_eq!(line_of(text, &["auths", "absent"]), 2);
        assert_eq!(line_of(text, &["absent"]), 1);
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[\\PC\"\\\\{}\\[\\],:\n]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c\"\\\\{}]{0,3}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn texts_change_as_values_do(
            members in prop::collection::btree_map("[a-c\"\\\\{}]{0,3}", any_json(), 0..4),
            auths in prop::option::of(prop::collection::btree_map("[a-c\"\\\\{}]{0,3}", any_json(), 0..4)),
            key in "[a-c\"\\\\{}]{0,3}",
            value in any_json(),
            pretty in any::<bool>(),
        ) {
            let mut root = Value::Object(members.into_iter().collect());
            if let Some(auths) = auths {
                root["auths"] = Value::Object(auths.into_iter().collect());
            }
            let text = if pretty { format!("{root:#}") } else { root.to_string() };
            let changed: Value = serde_json::from_str(&set(&text, &["auths", &key], &value)).unwrap();
            let had = root.get("auths").is_some_and(|auths| auths.get(&key).is_some());
            let removed = remove(&text, &["auths", &key]);
            prop_assert_eq!(removed.is_some(), had);
            if let Some(removed) = removed {
                let mut expected = root.clone();
                expected["auths"].as_object_mut().unwrap().remove(&key);
                prop_assert_eq!(serde_json::from_str::<Value>(&removed).unwrap(), expected);
            }
            root["auths"][&key] = value;
            prop_assert_eq!(changed, root);
        }
    }
}
