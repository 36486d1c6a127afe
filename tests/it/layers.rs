//! Holds `src/` to the drawing in `docs/architecture.md`: who may import whom, and which few modules read the
//! environment, write to the terminal, create files or open connections.
//!
//! It reads tokens, not syntax trees: comments, literals and `#[cfg(test)]` items are blanked, and what is left is
//! searched for paths. The table of layers is read from the document itself, so that neither can drift alone.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::Path;

/// Lines a file may have, its tests not counted.
const MAX_LINES: usize = 700;

/// What each layer may import, by layer.
type Table = BTreeMap<String, BTreeSet<String>>;

/// Where a path may be written.
enum Home {
    /// Below these and nowhere else.
    Only(&'static [&'static str]),
    /// Anywhere but below these.
    Not(&'static [&'static str]),
}

/// One rule about words: sequences of tokens, where they may stand, and why.
struct Rule {
    why: &'static str,
    home: Home,
    words: &'static [&'static [&'static str]],
}

const RULES: &[Rule] = &[
    Rule {
        why: "only `ui` writes to the terminal",
        home: Home::Only(&["src/ui/"]),
        words: &[
            &["println", "!"],
            &["eprintln", "!"],
            &["print", "!"],
            &["eprint", "!"],
            &["dbg", "!"],
            &["io", "::", "stdout", "("],
            &["io", "::", "stderr", "("],
        ],
    },
    Rule {
        why: "only `cli` hands a standard stream to others",
        home: Home::Only(&["src/ui/", "src/cli/"]),
        words: &[&["io", "::", "stdout"], &["io", "::", "stderr"]],
    },
    Rule {
        why: "only `store`, `auth::credential` and `config::short_names` create files",
        home: Home::Only(&["src/store/", "src/auth/credential/", "src/config/short_names.rs"]),
        words: &[
            &["File", "::", "create"],
            &["File", "::", "create_new"],
            &["OpenOptions"],
            &["DirBuilder"],
            &["create_dir"],
            &["create_dir_all"],
            &["fs", "::", "write"],
            &["fs", "::", "copy"],
            &["fs", "::", "rename"],
            &["hard_link"],
            &["symlink"],
            &["tempfile"],
        ],
    },
    Rule {
        why: "only `http` opens connections",
        home: Home::Only(&["src/http/"]),
        words: &[
            &["ToSocketAddrs"],
            &["reqwest"],
            &["hyper"],
            &["rustls"],
            &["tokio_rustls"],
            &["dns_lookup"],
            &["TcpStream"],
            &["UdpSocket"],
            &["UnixStream"],
        ],
    },
    Rule {
        why: "`model` and `content` touch no files and no clock",
        home: Home::Not(&["src/model/", "src/content/"]),
        words: &[&["std", "::", "fs"], &["tokio", "::", "fs"], &["SystemTime"], &["Instant"]],
    },
    Rule { why: "`model` is not async", home: Home::Not(&["src/model/"]), words: &[&["tokio"], &["async"]] },
    Rule {
        why: "a layer has an error type of its own; `anyhow` gathers them at the top",
        home: Home::Only(&["src/op/", "src/cli/", "src/main.rs"]),
        words: &[&["anyhow"]],
    },
    Rule {
        why: "only `main` ends the process, and `cli::signal` one that does not end when it is asked to",
        home: Home::Only(&["src/main.rs", "src/cli/signal.rs"]),
        words: &[&["process", "::", "exit"], &["process", "::", "abort"]],
    },
];

/// Words that name no subject, and so gather everything.
const SHAPELESS: &[&str] = &["utils", "util", "helpers", "common", "misc"];

#[test]
fn sources_keep_to_the_drawing() {
    let table = table(&fs::read_to_string(root().join("docs/architecture.md")).unwrap());
    let sources = sources();
    assert!(sources.len() > 20, "the walk found only {} files", sources.len());
    let found: Vec<String> = sources.iter().flat_map(|(path, source)| violations(path, source, &table)).collect();
    assert!(found.is_empty(), "{} against docs/architecture.md:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_drawing_names_the_modules_that_are_there() {
    let table = table(&fs::read_to_string(root().join("docs/architecture.md")).unwrap());
    let declared: BTreeSet<String> = top_level_modules(&fs::read_to_string(root().join("src/lib.rs")).unwrap());
    let drawn: BTreeSet<String> = table.keys().filter(|name| *name != "main").cloned().collect();
    assert_eq!(declared, drawn, "modules of src/lib.rs (left), rows of docs/architecture.md (right)");
    for (layer, imports) in &table {
        for import in imports {
            assert!(table.contains_key(import), "the row of `{layer}` names `{import}`, which is no layer");
        }
    }
}

#[test]
fn the_drawing_has_no_cycle() {
    let mut left = table(&fs::read_to_string(root().join("docs/architecture.md")).unwrap());
    while !left.is_empty() {
        let free: Vec<String> = left
            .iter()
            .filter(|(_, on)| on.iter().all(|name| !left.contains_key(name)))
            .map(|(n, _)| n.clone())
            .collect();
        assert!(!free.is_empty(), "these layers import one another in a circle: {:?}", left.keys());
        for name in free {
            left.remove(&name);
        }
    }
}

#[test]
fn modules_are_documented_and_named_after_a_subject() {
    let sources = sources();
    let by_path: BTreeMap<&str, &str> = sources.iter().map(|(path, source)| (path.as_str(), source.as_str())).collect();
    let mut found = Vec::new();
    for path in by_path.keys() {
        if !is_documented(path, &by_path) {
            found.push(format!("{path}: no `//!`, and it is not a private part of a module that has one"));
        }
        if module_path(path).iter().any(|name| SHAPELESS.contains(&name.as_str())) {
            found.push(format!("{path}: a module is named after its subject"));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The checks above are worth what they catch: each case is a small source with what must be said about it.
#[test]
fn violations_are_seen() {
    let table = table(
        "| 2 | `http` | x | - |\n| 3 | `store` | x | `content` `model` |\n| 1 | `content` | x | `model` |\n\
         | 0 | `model` | x | - |\n| - | `config` | x | `http` |\n| 4 | `cli` | x | `config` |\n| 5 | `main` | x | `cli` |\n\
         | 4 | `op` | x | `store` |\n| 4 | `ui` | x | `op` |\n\
         | 3 | `auth` | x | `http` |\n",
    );
    let long = "fn f() {}\n".repeat(MAX_LINES + 1);
    let long_tests = format!("#[cfg(test)]\nmod tests {{\n{long}}}\n");
    #[rustfmt::skip]
    let cases: &[(&str, &str, &str, &[&str])] = &[
        ("allowed import", "src/store/mod.rs", "use crate::model::Digest;\nuse crate::content;", &[]),
        ("own module", "src/store/mod.rs", "use crate::store::lock::Lock;", &[]),
        ("forbidden import", "src/store/mod.rs", "use crate::http::Url;", &["src/store/mod.rs:1: `store` imports `http`"]),
        ("inline path", "src/store/a.rs", "\nfn f() { crate::http::send(); }", &["src/store/a.rs:2: `store` imports `http`"]),
        ("grouped", "src/store/a.rs", "use crate::{model::{Digest, http}, http::Url};", &["`store` imports `http`"]),
        ("public re-export", "src/model/mod.rs", "pub use crate::content::Fetched;", &["`model` imports `content`"]),
        ("climbing", "src/store/index/read.rs", "use super::super::super::http::Url;", &["`store` imports `http`"]),
        ("climbing to a sibling", "src/store/index/read.rs", "use super::super::http::Url;", &[]),
        ("climbing group", "src/store/mod.rs", "use super::{model, http};", &["`store` imports `http`"]),
        ("not a layer", "src/store/mod.rs", "use crate::Thing;", &["`store` imports `Thing`"]),
        ("macro", "src/store/mod.rs", "macro_rules! m { () => { $crate::http::f() } }", &["`store` imports `http`"]),
        ("visibility", "src/store/a.rs", "pub(crate) fn f() {}\npub(in crate::store) fn g() {}", &[]),
        ("main over cli", "src/main.rs", "fn main() { rcr::cli::run() }", &[]),
        ("main past cli", "src/main.rs", "use rcr::store::Layout;", &["`main` imports `store`"]),
        ("comment", "src/store/mod.rs", "//! crate::http\n/* crate::http /* println!() */ */ // crate::http", &[]),
        ("literal", "src/store/mod.rs", r##"const A: &str = "crate::http \" println!"; const B: &str = r#"" crate::http"#;"##, &[]),
        ("after a literal", "src/store/mod.rs", r##"const A: (&str, char) = (r#"""#, '"'); use crate::http::Url;"##, &["`store` imports `http`"]),
        ("lifetime", "src/store/mod.rs", "fn f<'a>(x: &'a str) {}\nuse crate::http;", &[":2: `store` imports `http`"]),
        ("test module", "src/store/mod.rs", "#[cfg(test)]\nmod tests { use crate::http::Url; fn f() { println!(\"}\"); } }", &[]),
        ("after a test item", "src/store/mod.rs", "#[cfg(test)]\nuse crate::http::A;\nuse crate::http::B;", &[":3: `store` imports `http`"]),
        ("test and more", "src/store/mod.rs", "#[cfg(all(test, unix))]\n#[allow(dead_code)]\nfn f(x: [u8; 4]) { crate::http::f() }", &[]),
        ("not test", "src/store/mod.rs", "#[cfg(not(test))]\nuse crate::http::A;", &["`store` imports `http`"]),
        ("test-only generics", "src/store/mod.rs", "#[cfg(test)]\nimpl<A, B> X<A, B> { fn f() -> Y { crate::http::f() } }", &[]),
        ("test-only variant", "src/store/mod.rs", "enum E { #[cfg(test)] A, #[cfg(test)] B }\nuse crate::http::C;", &[":2: `store` imports `http`"]),
        ("test file", "src/store/tests.rs", "#![cfg(test)]\nuse crate::http::A;", &[]),
        ("environment at home", "src/config/env.rs", "fn f() { std::env::var_os(\"X\"); }", &[]),
        ("environment elsewhere", "src/store/mod.rs", "fn f() { std::env::var(\"X\"); }", &["only `config` reads the environment"]),
        ("environment, grouped", "src/http/a.rs", "use std::{env, fs};", &["only `config` reads the environment"]),
        ("environment, short", "src/http/a.rs", "fn f() { env::var(\"X\") }", &["only `config` reads the environment"]),
        ("compile time", "src/http/a.rs", "const V: &str = env!(\"CARGO_PKG_VERSION\");", &[]),
        ("a child's environment", "src/auth/credential/helper.rs", "fn f(c: &mut Command) { c.env(\"A\", \"b\"); }", &[]),
        ("not drawn", "src/sync/mod.rs", "//! Sync.", &["`sync` is no layer"]),
        ("arguments", "src/cli/mod.rs", "fn f() { std::env::args_os(); }", &[]),
        ("arguments elsewhere", "src/op/mod.rs", "fn f() { std::env::args_os(); }", &["only `config` reads the environment"]),
        ("compiled in", "src/model/platform.rs", "const A: &str = std::env::consts::ARCH;", &[]),
        ("printing", "src/op/mod.rs", "fn f() { eprintln!(\"x\"); }", &["only `ui` writes to the terminal"]),
        ("printing at home", "src/ui/mod.rs", "fn f() { eprintln!(\"x\"); }", &[]),
        ("standard error", "src/op/mod.rs", "use std::io;\nfn f() { io::stderr(); }", &["only `ui` writes to the terminal", "only `cli` hands"]),
        ("log", "src/cli/mod.rs", "fn f() { log().with_writer(std::io::stderr).init(); }", &[]),
        ("log elsewhere", "src/op/mod.rs", "fn f() { log().with_writer(std::io::stderr).init(); }", &["only `cli` hands"]),
        ("asking", "src/cli/mod.rs", "fn f() -> bool { std::io::stdout().is_terminal() }", &[]),
        ("writing", "src/cli/mod.rs", "fn f() { std::io::stdout().write_all(b); }", &["only `ui` writes to the terminal"]),
        ("creating", "src/op/mod.rs", "fn f() { std::fs::File::create(p); }", &["only `store`, `auth::credential` and `config::short_names` create files"]),
        ("creating at home", "src/store/ingest.rs", "fn f() { std::fs::File::create(p); }", &[]),
        ("connecting", "src/op/mod.rs", "use reqwest::Client;", &["only `http` opens connections"]),
        ("clock", "src/model/a.rs", "fn f() { std::time::SystemTime::now(); }", &["`model` and `content` touch no files"]),
        ("async", "src/model/a.rs", "async fn f() {}", &["`model` is not async"]),
        ("anyhow below", "src/store/a.rs", "use anyhow::Context as _;", &["a layer has an error type of its own"]),
        ("exit", "src/cli/a.rs", "fn f() { std::process::exit(1) }", &["only `main` ends the process"]),
        ("too long", "src/store/a.rs", &long, &["701 lines"]),
        ("long tests", "src/store/a.rs", &long_tests, &[]),
    ];
    for (name, path, source, expected) in cases {
        let found = violations(path, source, &table);
        assert_eq!(found.len(), expected.len(), "{name}: {found:?}");
        for (found, expected) in found.iter().zip(*expected) {
            assert!(found.contains(expected), "{name}: {found:?} does not say {expected:?}");
        }
    }
    let tree = BTreeMap::from([
        ("src/lib.rs", "//! Root.\npub mod store;"),
        ("src/store/mod.rs", "//! Store.\nmod lock;\npub mod index;\n#[cfg(test)]\nmod tests;"),
        ("src/store/lock.rs", "struct Lock;"),
        ("src/store/index.rs", "struct Index;"),
        ("src/store/tests.rs", "fn f() {}"),
    ]);
    let undocumented: Vec<_> = tree.keys().filter(|path| !is_documented(path, &tree)).collect();
    assert_eq!(undocumented, [&"src/store/index.rs"]);
    assert_eq!(test_files("src/store/mod.rs", tree["src/store/mod.rs"]), ["src/store/tests.rs", "src/store/tests/"]);
}

/// Everything that `source` does against the rules, as `file:line: what`.
fn violations(path: &str, source: &str, table: &Table) -> Vec<String> {
    let module = module_path(path);
    let (text, test_lines) = without_tests(&code(source));
    let tokens = tokens(&text);
    let mut found = Vec::new();
    let lines = source.lines().count() - test_lines;
    if lines > MAX_LINES {
        found.push(format!("{path}: {lines} lines without its tests, more than {MAX_LINES}"));
    }
    // `lib.rs` declares the layers and is none.
    let Some(layer) = module.first() else { return found };
    let Some(may) = table.get(layer) else {
        found.push(format!("{path}: `{layer}` is no layer"));
        return found;
    };
    for (line, import) in imports(&tokens, &module) {
        if import != layer && !may.contains(import) {
            found.push(format!("{path}:{line}: `{layer}` imports `{import}`"));
        }
    }
    for (at, (line, token)) in tokens.iter().enumerate() {
        if *token == "env" && !reads_environment_rightly(path, &tokens, at) {
            found.push(format!("{path}:{line}: only `config` reads the environment"));
        }
        for rule in RULES {
            let below = |homes: &[&str]| homes.iter().any(|home| path.starts_with(home));
            let allowed = match rule.home {
                Home::Only(homes) => below(homes),
                Home::Not(homes) => !below(homes),
            };
            // Asking whether a stream is a terminal writes nothing.
            let asks = starts_with(&tokens[(at + 3).min(tokens.len())..], &["(", ")", ".", "is_terminal"]);
            if !allowed && !asks && rule.words.iter().any(|words| starts_with(&tokens[at..], words)) {
                found.push(format!("{path}:{line}: {}", rule.why));
            }
        }
    }
    found
}

/// The layers that `crate::...` and `super::...` paths lead to, with their lines.
fn imports<'a>(tokens: &[(usize, &'a str)], module: &[String]) -> Vec<(usize, &'a str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let line = tokens[at].0;
        let mut climbed = 0;
        while starts_with(&tokens[at + 2 * climbed..], &["super", "::"]) {
            climbed += 1;
        }
        let past = if starts_with(&tokens[at..], &["crate", "::"]) || starts_with(&tokens[at..], &["rcr", "::"]) {
            Some(at + 2)
        } else if climbed > 0 && climbed == module.len() {
            Some(at + 2 * climbed)
        } else {
            None
        };
        if let Some(past) = past {
            found.extend(heads(&tokens[past..]).into_iter().map(|head| (line, head)));
        }
        at = past.unwrap_or(at + (2 * climbed).max(1));
    }
    found
}

/// The first names of a path or of each path in a brace group: `a` of `a::b`; `a` and `c` of `{a::{b, x}, c}`.
fn heads<'a>(tokens: &[(usize, &'a str)]) -> Vec<&'a str> {
    match tokens.first() {
        Some((_, "{")) => {
            let mut depth = 0_usize;
            let mut names = Vec::new();
            for pair in tokens.windows(2) {
                match pair[0].1 {
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
                if depth == 1 && matches!(pair[0].1, "{" | ",") && pair[1].1 != "}" {
                    names.push(pair[1].1);
                }
            }
            names
        }
        Some((_, name)) => vec![name],
        None => Vec::new(),
    }
}

/// Whether the `env` at `at` is not the module, or is used where it may be. `env::consts` is what the program was compiled
/// for, and nobody's environment.
fn reads_environment_rightly(path: &str, tokens: &[(usize, &str)], at: usize) -> bool {
    let after = |words: &[&str]| starts_with(&tokens[at + 1..], words);
    let before = |word: &str| at > 0 && tokens[at - 1].1 == word;
    // A path goes through it, or a brace group after `std::` names it; `.env(` and `env!` do not.
    let grouped = (before("{") || before(",")) && (after(&[","]) || after(&["}"]) || after(&["::"]));
    let is_module = !after(&["!"]) && (before("::") || after(&["::"]) || grouped && in_std_group(tokens, at));
    let in_cli = path.starts_with("src/cli/") || path == "src/main.rs";
    !is_module
        || path.starts_with("src/config/")
        || after(&["::", "consts"])
        || in_cli && (after(&["::", "args"]) || after(&["::", "args_os"]))
}

/// Whether the brace group around `at` belongs to `std::{...}`.
fn in_std_group(tokens: &[(usize, &str)], at: usize) -> bool {
    let mut depth = 0_usize;
    for index in (0..at).rev() {
        match tokens[index].1 {
            "}" => depth += 1,
            "{" if depth == 0 => return index >= 2 && tokens[index - 1].1 == "::" && tokens[index - 2].1 == "std",
            "{" => depth -= 1,
            ";" => return false,
            _ => {}
        }
    }
    false
}

fn starts_with(tokens: &[(usize, &str)], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|((_, token), word)| token == word)
}

/// Names, `::` and single marks, each with its line, from 1.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let is_name = |c: char| c.is_alphanumeric() || c == '_';
            let length = if is_name(first) {
                rest.find(|c| !is_name(c)).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            found.push((index + 1, &rest[..length]));
            rest = rest[length..].trim_start();
        }
    }
    found
}

/// `source` with comments, strings and character literals blanked. Lines stay where they are.
fn code(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let after_name = out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let skip = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block_comment(rest)
        } else if let Some(length) = raw_string(rest).filter(|_| !after_name) {
            length
        } else if first == '"' {
            quoted(rest)
        } else if first == '\'' {
            character(rest)
        } else {
            0
        };
        let length = if skip == 0 { first.len_utf8() } else { skip };
        if skip == 0 {
            out.push(first);
        } else {
            out.push(' ');
            out.extend(rest[..length].chars().filter(|c| *c == '\n'));
        }
        rest = &rest[length..];
    }
    out
}

/// The length of the block comment, nested ones included, that `text` starts with.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        let rest = &text.as_bytes()[at..];
        if rest.starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with(b"*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    text.len()
}

/// The length of the raw string that `text` starts with, if it does.
fn raw_string(text: &str) -> Option<usize> {
    let body = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = body.len() - body.trim_start_matches('#').len();
    let inside = body[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    Some(text.len() - inside.len() + inside.find(&end)? + end.len())
}

/// The length of the string that `text` starts with.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of the character literal that `text` starts with: 0 for a lifetime.
fn character(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    match (chars.next(), chars.next()) {
        (Some((_, '\\')), Some((at, escaped))) => {
            let past = at + escaped.len_utf8();
            text[past..].find('\'').map_or(0, |end| past + end + 1)
        }
        (Some(_), Some((at, '\''))) => at + 1,
        _ => 0,
    }
}

/// `code` with its test-only items blanked, and the number of lines that they took.
fn without_tests(code: &str) -> (String, usize) {
    if code.contains("#![cfg(test)]") {
        return (String::new(), code.lines().count());
    }
    let mut out = String::with_capacity(code.len());
    let mut past = 0;
    let mut test_lines = 0;
    for item in test_items(code) {
        out.push_str(&code[past..item.start]);
        out.extend(code[item.clone()].chars().filter(|c| *c == '\n'));
        test_lines += code[item.clone()].lines().count();
        past = item.end;
    }
    (out + &code[past..], test_lines)
}

/// Where the items under `#[cfg(test)]` and `#[cfg(all(test, ...))]` are, attributes included.
fn test_items(code: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    loop {
        let past = found.last().map_or(0, |item| item.end);
        let attributes = ["#[cfg(test)]", "#[cfg(all(test,"];
        let Some(start) = attributes.iter().filter_map(|text| code[past..].find(text)).min().map(|at| past + at) else {
            return found;
        };
        found.push(start..start + item(&code[start..]));
    }
}

/// The length of the item, attributes included, that `code` starts with.
fn item(code: &str) -> usize {
    let (mut depth, mut angles) = (0_usize, 0_usize);
    let mut before = ' ';
    for (at, c) in code.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            // The end of what the item stands in: a variant or field without a comma.
            ')' | ']' | '}' if depth == 0 => return at,
            ')' | ']' | '}' => {
                depth -= 1;
                // `}` of `use a::{b, c};` is followed by its semicolon, that of a body is the end.
                if depth == 0 && c == '}' && !code[at + 1..].starts_with(';') {
                    return at + 1;
                }
            }
            '<' => angles += 1,
            '>' if !matches!(before, '-' | '=') => angles = angles.saturating_sub(1),
            ';' if depth == 0 => return at + 1,
            ',' if depth == 0 && angles == 0 => return at + 1,
            _ => {}
        }
        before = c;
    }
    code.len()
}

/// Whether `path` has a `//!`, or is a private part, or a test, of a module that has one.
fn is_documented(path: &str, sources: &BTreeMap<&str, &str>) -> bool {
    if sources[path].starts_with("//!") {
        return true;
    }
    let module = module_path(path);
    let Some((name, parents)) = module.split_last() else { return false };
    let parent = parents.join("/");
    let candidates = [format!("src/{parent}/mod.rs"), format!("src/{parent}.rs"), "src/lib.rs".to_owned()];
    let Some(parent) = candidates.iter().find_map(|path| sources.get(path.as_str())) else { return false };
    parent.starts_with("//!") && code(parent).lines().any(|line| line.trim() == format!("mod {name};"))
}

/// The files and folders that hold the test-only modules which `source`, at `path`, declares.
fn test_files(path: &str, source: &str) -> Vec<String> {
    let folder = module_path(path).join("/");
    let code = code(source);
    let mut found = Vec::new();
    for item in test_items(&code) {
        let declared = code[item].trim_end_matches(';').rsplit_once("mod ").map(|(_, name)| name.trim());
        if let Some(name) = declared.filter(|name| name.chars().all(|c| c.is_alphanumeric() || c == '_')) {
            let stem = format!("src/{folder}/{name}").replace("//", "/");
            found.extend([format!("{stem}.rs"), format!("{stem}/")]);
        }
    }
    found
}

/// `src/http/client.rs` is `[http, client]`, `src/http/mod.rs` is `[http]`, `src/main.rs` is `[main]`, `src/lib.rs` is
/// the root.
fn module_path(path: &str) -> Vec<String> {
    let stem = path.trim_start_matches("src/").trim_end_matches(".rs");
    stem.split('/').filter(|name| !matches!(*name, "mod" | "lib")).map(str::to_owned).collect()
}

/// The modules that `lib.rs` declares.
fn top_level_modules(source: &str) -> BTreeSet<String> {
    let (text, _) = without_tests(&code(source));
    let lines = text.lines().map(|line| line.trim().trim_start_matches("pub "));
    lines.filter_map(|line| Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())).collect()
}

/// The table of layers: rows of four cells whose second is one name and whose last lists names, all in backticks.
fn table(document: &str) -> Table {
    let names = |cell: &str| -> Vec<String> { cell.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let mut rows = Table::new();
    for line in document.lines() {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').collect();
        if let ([_, module, _, imports], true) = (cells.as_slice(), line.starts_with('|'))
            && let [module] = names(module).as_slice()
        {
            let module = module.trim_end_matches(".rs").to_owned();
            assert!(rows.insert(module.clone(), names(imports).into_iter().collect()).is_none(), "`{module}` twice");
        }
    }
    assert!(rows.len() > 5, "the table of layers was not found");
    rows
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every source file but test-only ones: its path from the root, with `/`, and its text.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join("src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
            let path = entry.unwrap_or_else(|e| panic!("{}: {e}", folder.display())).path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
                let relative = path.strip_prefix(root()).unwrap_or(&path);
                let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
                found.push((parts.join("/"), source));
            }
        }
    }
    found.sort();
    let tests: Vec<String> = found.iter().flat_map(|(path, source)| test_files(path, source)).collect();
    found.retain(|(path, _)| !tests.iter().any(|test| path == test || test.ends_with('/') && path.starts_with(test)));
    found
}
