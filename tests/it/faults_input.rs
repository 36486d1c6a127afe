//! What people type: names, platforms and flags that are none, and names that only look unusual.

use crate::support::process::Output;
use crate::support::{Artifact, Registry, TestEnv};

/// The column of the first caret, counted from the start of the text above it, and how many carets there are.
fn caret(output: &Output) -> Option<(usize, usize)> {
    let is_marks = |line: &&str| line.contains('^') && line.chars().all(|c| c == ' ' || c == '^');
    let line = output.stderr.lines().find(is_marks)?.strip_prefix("    ")?;
    Some((line.find('^')?, line.matches('^').count()))
}

#[test]
fn fault_97_names_that_are_none_are_pointed_at() {
    let env = TestEnv::new();
    let digits = "a".repeat(64);
    let tag = format!("r.test/a:{}", "t".repeat(129));
    let long_host = format!("{}.test/a", "h".repeat(10_000));
    let cases = [
        ("nothing", "", 0),
        ("a space", "a b", 1),
        ("a space before", " a", 0),
        ("a line end", "a\n", 1),
        ("upper case", "r.test/Team", 7),
        ("a colon alone", ":", 0),
        ("an at alone", "@", 0),
        ("a slash alone", "/", 0),
        ("no tag behind the colon", "r.test/a:", 8),
        ("no digest behind the at", "r.test/a@", 8),
        ("a tag that is too long", &tag, 9 + 128),
        ("two tags", "a:b:c", 3),
        ("a tag that begins with a dot", "a:.b", 2),
        ("a port of letters", "r.test:abc/a", 7),
        ("an IPv6 address without brackets", "::1/a", 0),
        ("an IPv6 address that is not closed", "[::1/a", 0),
        ("a slash at the end", "a/", 1),
        ("a slash at the start", "/a", 0),
        ("two slashes", "a//b", 1),
        ("a scheme", "http://r.test/a", 0),
        ("another scheme", "docker://r.test/a", 0),
        ("letters that look like others", "\u{430}pple.test/a", 0),
        ("a host in Unicode", "b\u{fc}cher.test/a", 1),
        ("a digest that is too short", "a@sha256:abc", 2),
        ("a digest in upper case", &format!("a@sha256:{}", digits.to_uppercase()), 2),
        ("an unknown algorithm", &format!("a@md5:{}", &digits[..32]), 2),
        ("a path", "../a", 0),
        ("separators in a row", "a..b", 1),
        ("a separator at the end", "a-", 1),
        ("a control character", "a\u{1b}[2J", 1),
    ];
    for (name, text, column) in cases {
        let output = env.rcr(["inspect", text]).run();
        assert_eq!(output.exit(), Some(2), "{name}: {text:?}\n{output}");
        let (at, count) = caret(&output).unwrap_or_else(|| panic!("{name}: nothing is pointed at\n{output}"));
        assert!(at <= column && column < at + count.max(1), "{name}: {text:?} at {column}\n{output}");
        assert!(!output.stderr.contains('\u{1b}'), "{name}\n{output}");
    }
    let output = env.rcr(["inspect", &long_host]).run();
    assert!(matches!(output.exit(), Some(2 | 3)), "a host of 10 000 letters\n{output}");
    // What names a place that cannot be connected to is refused before anything is sent.
    for text in ["127.0.0.1:0/a", "127.0.0.1:65536/a"] {
        let output = env.rcr(["--retries=0", "digest", text]).run();
        assert!(matches!(output.exit(), Some(2 | 5)), "{text}\n{output}");
    }
}

#[test]
fn fault_97_names_that_look_unusual_are_names() {
    let (env, registry) = (TestEnv::new(), Registry::start());
    registry.add("image", "v1", &Artifact::image(2300).build());
    let source = registry.reference("image:v1");
    env.rcr(["pull", &source]).success();
    let longest = format!("r.test/a:{}", "t".repeat(128));
    let cases = [
        ("debian", "docker.io/library/debian:latest"),
        ("library/debian", "docker.io/library/debian:latest"),
        ("docker.io/debian", "docker.io/library/debian:latest"),
        ("index.docker.io/library/debian:latest", "docker.io/library/debian:latest"),
        ("[::1]:5000/a", "[::1]:5000/a:latest"),
        ("[2001:db8::1]/a/b:c", "[2001:db8::1]/a/b:c"),
        ("xn--bcher-kva.test/a", "xn--bcher-kva.test/a:latest"),
        ("localhost/a__b/c--d:_x", "localhost/a__b/c--d:_x"),
        (&longest, &longest),
    ];
    for (text, name) in cases {
        env.rcr(["tag", &source, text]).success().stdout_is(&format!("{name}\n"));
        env.rcr(["inspect", name]).success();
        env.rcr(["rmi", text]).success().stdout_is(&format!("{name}\n"));
    }
    assert_eq!(env.references(), [source]);
}

#[test]
fn fault_99_platforms_that_are_none_are_exit_2() {
    let (env, registry) = (TestEnv::new(), Registry::start());
    registry.add("five", "v1", &Artifact::five_platforms(2301));
    let reference = registry.reference("five:v1");
    for garbage in
        ["", "/", "linux/", "/amd64", "linux//v8", "a/b/c/d", "linux amd64", "linux/amd64,", "windows(10", "\u{1b}"]
    {
        let output = env.rcr(["pull", "--platform", garbage, &reference]).run();
        assert_eq!(output.exit(), Some(2), "{garbage:?}\n{output}");
        assert!(!output.stderr.contains('\u{1b}'), "{output}");
    }
    assert_eq!(registry.lines(), Vec::<String>::new());
    // These are platforms, and not among the five.
    for other in ["windows(10.0.17763)/amd64", "windows/amd64", "linux/mips64le", "linux/arm/v5"] {
        let output = env.rcr(["pull", "--platform", other, &reference]).run();
        assert_eq!(output.exit(), Some(3), "{other}\n{output}");
        output.stderr_has("linux/s390x").stderr_has("linux/arm64");
    }
    assert_eq!(env.references(), Vec::<String>::new());
}

#[test]
fn fault_100_flags_that_make_no_sense_are_exit_2() {
    let (env, registry) = (TestEnv::new(), Registry::start());
    registry.add("image", "v1", &Artifact::image(2302).build());
    let reference = registry.reference("image:v1");
    let cases: [&[&str]; 22] = [
        &["--nosuch", "pull", &reference],
        &["pull", "--nosuch", &reference],
        &["-Z", "pull", &reference],
        &["nosuch"],
        &["pull"],
        &["tag", &reference],
        &["pull", &reference, "--platform"],
        &["pull", &reference, "--retries"],
        &["pull", "--all-platforms", "--platform", "linux/amd64", &reference],
        &["--concurrency", "0", "pull", &reference],
        &["--concurrency", "257", "pull", &reference],
        &["--concurrency", "99999999999999999999", "pull", &reference],
        &["--concurrency=-1", "pull", &reference],
        &["--concurrency", "many", "pull", &reference],
        &["--retries=-1", "pull", &reference],
        &["--retries", "4294967296", "pull", &reference],
        &["--max-wait=-5", "pull", &reference],
        &["--max-wait", "1h", "pull", &reference],
        &["--resolve", "nonsense", "pull", &reference],
        &["--format", "xml", "images"],
        &["--progress", "loud", "pull", &reference],
        &["store", "gc", "--grace=-1"],
    ];
    for arguments in cases {
        let output = env.rcr(arguments).run();
        assert_eq!(output.exit(), Some(2), "{arguments:?}\n{output}");
        assert_eq!(output.stdout, "", "{arguments:?}");
    }
    for (variable, value) in [("RCR_CONCURRENCY", "0"), ("RCR_RETRIES", "-1"), ("RCR_MAX_WAIT", "soon")] {
        let output = env.rcr(["pull", &reference]).env(variable, value).run();
        assert_eq!(output.exit(), Some(2), "{variable}={value}\n{output}");
    }
    assert_eq!(registry.lines(), Vec::<String>::new());
    assert!(!env.store().exists());
    env.rcr(["--concurrency", "256", "--retries", "0", "pull", &reference]).success();
}
