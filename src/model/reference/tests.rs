use proptest::prelude::*;

use super::*;

const HEX: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// Name, text, canonical form. `#` stands for 64 hexadecimal digits.
const ACCEPTED: &[(&str, &str, &str)] = &[
    ("one word", "debian", "docker.io/library/debian"),
    ("one letter", "a", "docker.io/library/a"),
    ("one digit", "7", "docker.io/library/7"),
    ("word and tag", "debian:12", "docker.io/library/debian:12"),
    ("word and digest", "debian@sha256:#", "docker.io/library/debian@sha256:#"),
    ("word, tag and digest", "debian:12@sha256:#", "docker.io/library/debian:12@sha256:#"),
    ("sha512", "debian@sha512:##", "docker.io/library/debian@sha512:##"),
    ("namespace", "grafana/loki", "docker.io/grafana/loki"),
    ("namespace and tag", "grafana/loki:v3", "docker.io/grafana/loki:v3"),
    ("namespace, tag, digest", "grafana/loki:v3@sha256:#", "docker.io/grafana/loki:v3@sha256:#"),
    ("library written", "library/debian", "docker.io/library/debian"),
    ("three levels on Hub", "a/b/c", "docker.io/a/b/c"),
    ("docker.io and one word", "docker.io/debian", "docker.io/library/debian"),
    ("docker.io, one word, tag", "docker.io/debian:12", "docker.io/library/debian:12"),
    ("docker.io, one word, digest", "docker.io/debian@sha256:#", "docker.io/library/debian@sha256:#"),
    ("docker.io and library", "docker.io/library/debian", "docker.io/library/debian"),
    ("docker.io and namespace", "docker.io/grafana/loki", "docker.io/grafana/loki"),
    ("index.docker.io and one word", "index.docker.io/debian", "docker.io/library/debian"),
    ("index.docker.io and namespace", "index.docker.io/grafana/loki:1", "docker.io/grafana/loki:1"),
    ("registry-1.docker.io, ours", "registry-1.docker.io/debian", "docker.io/library/debian"),
    ("registry-1.docker.io, namespace", "registry-1.docker.io/grafana/loki", "docker.io/grafana/loki"),
    ("docker.io with port is another", "docker.io:443/debian", "docker.io:443/debian"),
    ("index.docker.io with port", "index.docker.io:443/debian", "index.docker.io:443/debian"),
    ("upper-case DOCKER.IO is another", "DOCKER.IO/debian", "DOCKER.IO/debian"),
    ("no library elsewhere", "quay.io/debian", "quay.io/debian"),
    ("host and namespace", "ghcr.io/org/app", "ghcr.io/org/app"),
    ("host, deep path", "ghcr.io/a/b/c/d/e/f", "ghcr.io/a/b/c/d/e/f"),
    ("host and port", "reg.example:5000/app", "reg.example:5000/app"),
    ("host, port, tag", "reg.example:5000/app:5001", "reg.example:5000/app:5001"),
    ("host, port, digest", "reg.example:5000/app@sha256:#", "reg.example:5000/app@sha256:#"),
    ("host, port, tag, digest", "reg.example:5000/app:x@sha256:#", "reg.example:5000/app:x@sha256:#"),
    ("short host by its port", "nas:5000/app", "nas:5000/app"),
    ("short host without port is a namespace", "nas/app", "docker.io/nas/app"),
    ("localhost", "localhost/app", "localhost/app"),
    ("localhost and port", "localhost:5000/app:1", "localhost:5000/app:1"),
    ("localhost alone is an image", "localhost", "docker.io/library/localhost"),
    ("localhost and port alone is image and tag", "localhost:5000", "docker.io/library/localhost:5000"),
    ("host alone is an image", "reg.example", "docker.io/library/reg.example"),
    ("host and port alone is image and tag", "reg.example:5000", "docker.io/library/reg.example:5000"),
    ("localhost as a prefix is a namespace", "localhosts/app", "docker.io/localhosts/app"),
    ("upper-case first component", "Nas/app", "Nas/app"),
    ("upper-case inside first component", "nAs/app:1", "nAs/app:1"),
    ("upper-case LOCALHOST", "LOCALHOST/app", "LOCALHOST/app"),
    ("upper-case host with dot", "Reg.Example/app", "Reg.Example/app"),
    ("IPv4", "192.0.2.7/app", "192.0.2.7/app"),
    ("IPv4 and port", "192.0.2.7:5000/app:1", "192.0.2.7:5000/app:1"),
    ("IPv6", "[2001:db8::7]/app", "[2001:db8::7]/app"),
    ("IPv6 and port", "[2001:db8::7]:5000/a/b:1", "[2001:db8::7]:5000/a/b:1"),
    ("IPv6 loopback", "[::1]/app", "[::1]/app"),
    ("IPv6 loopback, port, digest", "[::1]:5000/app@sha256:#", "[::1]:5000/app@sha256:#"),
    ("IPv6 upper-case digits", "[2001:DB8::A]/app", "[2001:DB8::A]/app"),
    ("IPv6 by grammar only", "[:]/app", "[:]/app"),
    ("punycode host", "xn--bcher-kva.example/app", "xn--bcher-kva.example/app"),
    ("dash inside host", "my-reg.example/app", "my-reg.example/app"),
    ("dashes inside host", "my---reg.example/app", "my---reg.example/app"),
    ("digit host", "0.1/app", "0.1/app"),
    ("port 0", "reg.example:0/app", "reg.example:0/app"),
    ("port beyond 16 bits", "reg.example:99999/app", "reg.example:99999/app"),
    ("port with leading zeroes", "reg.example:00080/app", "reg.example:00080/app"),
    ("dot separator", "a.b", "docker.io/library/a.b"),
    ("underscore separator", "a_b", "docker.io/library/a_b"),
    ("double underscore", "a__b", "docker.io/library/a__b"),
    ("dash separator", "a-b", "docker.io/library/a-b"),
    ("many dashes", "a------b", "docker.io/library/a------b"),
    ("all separators", "a.b_c__d-e--f", "docker.io/library/a.b_c__d-e--f"),
    ("underscore in a namespace", "my_org/app", "docker.io/my_org/app"),
    ("double underscore in a namespace", "my__org/app", "docker.io/my__org/app"),
    ("dashes in a namespace", "my--org/app", "docker.io/my--org/app"),
    ("dot in second component", "org/app.v2", "docker.io/org/app.v2"),
    ("host-like second component", "org/reg.example/app", "docker.io/org/reg.example/app"),
    ("underscored host without slash", "my_reg.example:8080", "docker.io/library/my_reg.example:8080"),
    ("digits only path", "1/2/3", "docker.io/1/2/3"),
    ("tag starts with underscore", "app:_x", "docker.io/library/app:_x"),
    ("tag of one underscore", "app:_", "docker.io/library/app:_"),
    ("tag upper-case", "app:LATEST", "docker.io/library/app:LATEST"),
    ("tag with dots and dashes", "app:1.2.3-rc.1", "docker.io/library/app:1.2.3-rc.1"),
    ("tag ends with separators", "app:a.-_", "docker.io/library/app:a.-_"),
    ("tag like a port", "app:5000", "docker.io/library/app:5000"),
    (
        "63 hexadecimal digits are a name",
        "abcdef0123abcdef0123abcdef0123abcdef0123abcdef0123abcdef0123abc",
        "docker.io/library/abcdef0123abcdef0123abcdef0123abcdef0123abcdef0123abcdef0123abc",
    ),
    ("digest alone is an image and a tag", "sha256:#", "docker.io/library/sha256:#"),
    ("identifier and tag", "#:1", "docker.io/library/#:1"),
    ("identifier with namespace", "library/#", "docker.io/library/#"),
    ("identifier on a host", "ghcr.io/#", "ghcr.io/#"),
    ("65 hexadecimal digits", "#0", "docker.io/library/#0"),
    (
        "longest tag",
        "app:TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT",
        "docker.io/library/app:TTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTTT",
    ),
];

/// Name, text, offending part, the reason's beginning, suggestion.
const REJECTED: &[(&str, &str, &str, &str, Option<&str>)] = &[
    ("empty", "", "", "Empty", None),
    ("identifier", "#", "#", "Identifier", None),
    ("https", "https://ghcr.io/org/app", "https://", "Scheme", Some("ghcr.io/org/app")),
    ("http, port", "http://localhost:5000/app:1", "http://", "Scheme", Some("localhost:5000/app:1")),
    ("docker scheme", "docker://debian", "docker://", "Scheme", Some("debian")),
    ("oci scheme", "oci://ghcr.io/a/b", "oci://", "Scheme", Some("ghcr.io/a/b")),
    ("scheme and host alone", "https://ghcr.io", "https://", "Scheme", None),
    ("scheme, host, slash", "https://ghcr.io/", "https://", "Scheme", None),
    ("scheme and query", "https://ghcr.io/a/b?x=1", "https://", "Scheme", Some("ghcr.io/a/b")),
    ("scheme and upper case", "https://ghcr.io/Org/App", "https://", "Scheme", Some("ghcr.io/org/app")),
    ("page of Docker Hub", "https://hub.docker.com/_/debian", "https://", "Scheme", Some("debian")),
    (
        "page of a user on Docker Hub",
        "https://hub.docker.com/r/grafana/loki",
        "https://",
        "Scheme",
        Some("grafana/loki"),
    ),
    ("leading space", " debian", " ", "RepositoryCharacter", Some("debian")),
    ("trailing space", "debian ", " ", "RepositoryCharacter", Some("debian")),
    ("trailing newline", "debian\n", "\n", "RepositoryCharacter", Some("debian")),
    ("trailing newline behind a tag", "debian:12\n", "\n", "TagCharacter", Some("debian:12")),
    ("carriage return", "ghcr.io/a/b:1\r\n", "\r\n", "TagCharacter", Some("ghcr.io/a/b:1")),
    ("quotes", "\"debian\"", "\"", "RepositoryCharacter", Some("debian")),
    ("inner space", "deb ian", " ", "RepositoryCharacter", None),
    ("NUL", "debian\0", "\0", "RepositoryCharacter", Some("debian")),
    ("escape", "deb\x1b[31mian", "\x1b[", "RepositoryCharacter", None),
    ("upper case", "Debian", "D", "Uppercase", Some("debian")),
    ("upper case and tag", "Debian:Bookworm", "D", "Uppercase", Some("debian:Bookworm")),
    ("all upper case", "DEBIAN", "DEBIAN", "Uppercase", Some("debian")),
    ("upper case behind a host", "ghcr.io/Org/app", "O", "Uppercase", Some("ghcr.io/org/app")),
    ("upper case at the end", "ghcr.io/org/appX", "X", "Uppercase", Some("ghcr.io/org/appx")),
    ("upper case behind an upper-case host", "Org/App", "A", "Uppercase", Some("org/app")),
    ("upper case, not ASCII", "Österreich", "Ö", "Uppercase", None),
    ("not ASCII", "müsli", "ü", "RepositoryCharacter", None),
    ("several not ASCII", "日本", "日本", "RepositoryCharacter", None),
    ("homoglyph", "dоcker.io/app", "о", "HostCharacter", None),
    ("bidirectional control", "deb\u{202e}ian", "\u{202e}", "RepositoryCharacter", None),
    ("tag, not ASCII", "app:ü", "ü", "TagCharacter", None),
    ("slash alone", "/", "/", "EmptyComponent", None),
    ("leading slash", "/debian", "/", "EmptyComponent", Some("debian")),
    ("trailing slash", "debian/", "/", "EmptyComponent", Some("debian")),
    ("trailing slash behind a path", "ghcr.io/a/b/", "/", "EmptyComponent", Some("ghcr.io/a/b")),
    ("trailing slash and tag", "a/b/:1", "/", "EmptyComponent", None),
    ("double slash", "ghcr.io/a//b", "/", "EmptyComponent", Some("ghcr.io/a/b")),
    ("double slash behind the host", "ghcr.io//b", "/", "EmptyComponent", Some("ghcr.io/b")),
    ("host and slash", "ghcr.io/", "/", "NoRepository", None),
    ("localhost and slash", "localhost/", "/", "NoRepository", None),
    ("host, slash, tag", "ghcr.io/:1", ":", "NoRepository", None),
    ("host, slash, digest", "ghcr.io/@sha256:#", "@", "NoRepository", None),
    ("tag alone", ":1", ":", "NoRepository", None),
    ("colon alone", ":", ":", "NoRepository", None),
    ("digest alone, at first", "@sha256:#", "@", "NoRepository", None),
    ("digest alone, sha512", "sha512:##a", "a", "TagTooLong", None),
    ("port missing", "reg.example:/app", ":", "Port", None),
    ("port not digits", "reg.example:http/app", "http", "Port", None),
    ("port with sign", "reg.example:+80/app", "+", "Port", None),
    ("two ports", "reg.example:80:80/app", ":", "Port", None),
    ("tag before the path", "debian:bookworm/app", "bookworm", "Port", None),
    ("host with port, slash, nothing", "debian:12/", "/", "NoRepository", None),
    ("tag in the middle", "org/app:1/x", "/", "TagCharacter", None),
    ("colon and path", "app:v1/x", "v", "Port", None),
    ("underscore in host", "my_reg.example:5000/app", "_", "HostCharacter", None),
    ("underscore in host without port", "my_reg.example/app", "_", "HostCharacter", None),
    ("user in host", "user@reg.example/app", "@", "HostCharacter", None),
    ("password in host", "user:pw@reg.example/app", "pw@reg.example", "Port", None),
    ("host starts with dash", "-reg.example/app", "-reg", "HostLabel", None),
    ("host label ends with dash", "reg-.example/app", "reg-", "HostLabel", None),
    ("host ends with dash", "reg.example-/app", "example-", "HostLabel", None),
    ("host starts with dot", ".reg.example/app", ".", "HostLabel", None),
    ("host ends with dot", "reg.example./app", ".", "HostLabel", None),
    ("double dot in host", "reg..example/app", ".", "HostLabel", None),
    ("dot", ".", ".", "SeparatorAtEdge", None),
    ("dot and path", "./app", ".", "HostLabel", None),
    ("parent directory", "../app", ".", "HostLabel", None),
    ("home directory", "~/app", "~", "RepositoryCharacter", None),
    ("path traversal", "ghcr.io/a/../b", "..", "SeparatorAtEdge", None),
    ("host missing before port", ":5000/app", ":", "EmptyHost", None),
    ("IPv6 without brackets", "2001:db8::7/app", "db", "Port", None),
    ("IPv6 loopback without brackets", "::1/app", ":", "EmptyHost", None),
    ("IPv6 empty", "[]:5000/app", "[]", "EmptyHost", None),
    ("IPv6 not closed", "[::1/app", "[::1", "Bracket", None),
    ("IPv6 with zone", "[fe80::1%eth0]/app", "%", "HostCharacter", None),
    ("IPv6 with IPv4 inside", "[::ffff:192.0.2.1]/app", ".", "HostCharacter", None),
    ("IPv6 and rest", "[::1]x:5000/app", "x:5000", "Port", None),
    ("IPv6 and empty port", "[::1]:/app", ":", "Port", None),
    ("IPv6 without path", "[::1]:5000", "[", "RepositoryCharacter", None),
    ("IPv6 without colon and path", "[2001]", "[", "RepositoryCharacter", None),
    ("IPv6 without colon is no host", "[12]/app", "[", "RepositoryCharacter", None),
    ("leading dash", "-app", "-", "SeparatorAtEdge", None),
    ("trailing dash", "app-", "-", "SeparatorAtEdge", Some("app")),
    ("leading underscore", "_app", "_", "SeparatorAtEdge", None),
    ("trailing underscore", "app_", "_", "SeparatorAtEdge", Some("app")),
    ("leading dot", ".app", ".", "SeparatorAtEdge", None),
    ("trailing dot", "app.", ".", "SeparatorAtEdge", Some("app")),
    ("leading dash in second component", "org/-app", "-", "SeparatorAtEdge", None),
    ("trailing dash in first component", "org-/app", "-", "SeparatorAtEdge", None),
    ("double dot", "a..b", "..", "Separator", None),
    ("triple underscore", "a___b", "___", "Separator", None),
    ("four underscores", "a____b", "____", "Separator", None),
    ("mixed separators", "a.-b", ".-", "Separator", None),
    ("dash and underscore", "a-_b", "-_", "Separator", None),
    ("asterisk", "debian*", "*", "RepositoryCharacter", None),
    ("dollar", "org/$app", "$", "RepositoryCharacter", None),
    ("backslash", "org\\app", "\\", "RepositoryCharacter", None),
    ("percent", "org/a%2fb", "%", "RepositoryCharacter", None),
    ("plus", "a+b", "+", "RepositoryCharacter", None),
    ("no tag", "debian:", ":", "NoTag", Some("debian")),
    ("no tag before a digest", "debian:@sha256:#", ":", "NoTag", None),
    ("tag starts with dot", "debian:.12", ".", "TagStart", None),
    ("tag starts with dash", "debian:-12", "-", "TagStart", None),
    ("tag with colon", "debian:12:13", ":", "TagCharacter", None),
    ("tag with plus", "debian:1+2", "+", "TagCharacter", None),
    ("tag with space", "debian:1 2", " ", "TagCharacter", None),
    ("tag too long", "app:##a", "a", "TagTooLong", None),
    ("no digest", "debian@", "@", "NoDigest", Some("debian")),
    ("tag behind at", "debian@latest", "latest", "Digest(Malformed", None),
    ("digest without algorithm", "debian@#", "#", "Digest(Malformed", None),
    ("digest too short", "debian@sha256:abcd", "sha256:abcd", "Digest(Encoding", None),
    ("digest too long", "debian@sha256:#0", "sha256:#0", "Digest(Encoding", None),
    ("digest not hexadecimal", "debian@sha256:xyz", "sha256:xyz", "Digest(Encoding", None),
    ("algorithm unknown", "debian@sha384:##", "sha384:##", "Digest(UnknownAlgorithm", None),
    ("algorithm md5", "debian@md5:#", "md5:#", "Digest(UnknownAlgorithm", None),
    ("algorithm compound", "debian@sha256+b64:#", "sha256+b64:#", "Digest(UnknownAlgorithm", None),
    ("algorithm upper-case", "debian@SHA256:#", "SHA256:#", "Digest(UnknownAlgorithm", Some("debian@sha256:#")),
    ("two digests", "debian@sha256:#@sha256:#", "sha256:#@sha256:#", "Digest(Encoding", None),
    ("tag behind the digest", "debian@sha256:#:12", "sha256:#:12", "Digest(Encoding", None),
    ("slash in the digest", "a.b@sha256:#/x", "@", "HostCharacter", None),
];

fn fill(text: &str) -> String {
    text.replace('#', HEX)
}

#[test]
fn accepts_and_normalises() {
    let mut wrong = Vec::new();
    for (name, text, canonical) in ACCEPTED {
        let (text, canonical) = (fill(text), fill(canonical));
        let parsed = Reference::parse(&text);
        if parsed.as_ref().map(ToString::to_string) != Ok(canonical.clone()) || canonical.parse() != parsed {
            wrong.push((name, parsed));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn refuses_with_the_place_and_the_nearest_form() {
    let mut wrong = Vec::new();
    for (name, text, part, reason, suggestion) in REJECTED {
        let text = fill(text);
        let Err(error) = Reference::parse(&text) else {
            wrong.push(format!("{name}: accepted"));
            continue;
        };
        let right = text[error.span()] == fill(part)
            && format!("{:?}", error.reason()).starts_with(reason)
            && error.suggestion() == suggestion.map(fill);
        if !right {
            let (at, why, form) = (&text[error.span()], error.reason(), error.suggestion());
            wrong.push(format!("{name}: {at:?} {why:?} {form:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn length_is_of_the_repository_without_the_host() {
    for (host, prefix) in [("", "library/"), ("docker.io/", "library/"), ("reg.example:5000/", "")] {
        let longest = "a".repeat(255 - prefix.len());
        assert!(Reference::parse(&format!("{host}{longest}:1")).is_ok(), "{host}");
        let error = Reference::parse(&format!("{host}{longest}a:1")).unwrap_err();
        assert_eq!(error.reason(), &Reason::RepositoryTooLong(256), "{host}");
        assert_eq!(error.span(), host.len()..host.len() + longest.len() + 1, "{host}");
    }
}

#[test]
fn an_error_is_a_sentence_the_text_and_carets() {
    let long = format!("ghcr.io/{}/Big/{}", "a".repeat(300), "b".repeat(300));
    let cases = [
        ("in the middle", "ghcr.io/Org/app", "repositories are written in lower case\nghcr.io/Org/app\n        ^"),
        ("behind the end", "ghcr.io/", "the repository is missing\nghcr.io/\n       ^"),
        ("empty", "", "a name is needed, and this is empty\n\n^"),
        ("a newline is shown", "a:1\n", "a tag has letters, digits, `_`, `.` and `-`, but no '\\n'\na:1\\n\n   ^^"),
        ("wide letters", "a/é/B", "*\na/\\u{e9}/B\n  ^^^^^^"),
        ("escape sequences", "a\x1bb", "*\na\\u{1b}b\n ^^^^^^"),
    ];
    for (name, text, shown) in cases {
        let error = Reference::parse(text).unwrap_err().to_string();
        match shown.strip_prefix('*') {
            Some(rest) => assert!(error.ends_with(rest), "{name}: {error}"),
            None => assert_eq!(error, shown, "{name}"),
        }
    }
    let error = Reference::parse(&long).unwrap_err().to_string();
    let lines: Vec<&str> = error.lines().collect();
    let column = lines[2].find('^').unwrap();
    assert!(lines[1].len() < 180 && lines[1].starts_with("...") && lines[1].ends_with("..."), "{error}");
    assert_eq!(&lines[1][column..column + 3], "Big", "{error}");
}

#[test]
fn registries() {
    // Name, text, canonical, API host, credential key, host, port, loopback.
    type Row = (&'static str, &'static str, &'static str, &'static str, &'static str, Option<&'static str>, bool);
    let hub_key = "https://index.docker.io/v1/";
    let rows: &[Row] = &[
        ("docker.io", "docker.io", "registry-1.docker.io", hub_key, "docker.io", None, false),
        ("index.docker.io", "docker.io", "registry-1.docker.io", hub_key, "docker.io", None, false),
        ("registry-1.docker.io", "docker.io", "registry-1.docker.io", hub_key, "docker.io", None, false),
        ("docker.io:443", "docker.io:443", "docker.io:443", "docker.io:443", "docker.io", Some("443"), false),
        ("ghcr.io", "ghcr.io", "ghcr.io", "ghcr.io", "ghcr.io", None, false),
        ("nas", "nas", "nas", "nas", "nas", None, false),
        ("localhost", "localhost", "localhost", "localhost", "localhost", None, true),
        ("LocalHost:1", "LocalHost:1", "LocalHost:1", "LocalHost:1", "LocalHost", Some("1"), true),
        (
            "localhost.example",
            "localhost.example",
            "localhost.example",
            "localhost.example",
            "localhost.example",
            None,
            false,
        ),
        ("127.0.0.1:5000", "127.0.0.1:5000", "127.0.0.1:5000", "127.0.0.1:5000", "127.0.0.1", Some("5000"), true),
        ("127.9.8.7", "127.9.8.7", "127.9.8.7", "127.9.8.7", "127.9.8.7", None, true),
        (
            "127.0.0.1.example",
            "127.0.0.1.example",
            "127.0.0.1.example",
            "127.0.0.1.example",
            "127.0.0.1.example",
            None,
            false,
        ),
        ("128.0.0.1", "128.0.0.1", "128.0.0.1", "128.0.0.1", "128.0.0.1", None, false),
        ("[::1]", "[::1]", "[::1]", "[::1]", "[::1]", None, true),
        ("[::1]:5000", "[::1]:5000", "[::1]:5000", "[::1]:5000", "[::1]", Some("5000"), true),
        (
            "[0:0:0:0:0:0:0:1]",
            "[0:0:0:0:0:0:0:1]",
            "[0:0:0:0:0:0:0:1]",
            "[0:0:0:0:0:0:0:1]",
            "[0:0:0:0:0:0:0:1]",
            None,
            true,
        ),
        ("[::2]:80", "[::2]:80", "[::2]:80", "[::2]:80", "[::2]", Some("80"), false),
    ];
    for (text, canonical, api, key, host, port, loopback) in rows {
        let registry = Registry::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!(registry.to_string(), *canonical, "{text}");
        assert_eq!((registry.api_host(), registry.credential_key()), (*api, *key), "{text}");
        assert_eq!((registry.host(), registry.port(), registry.is_loopback()), (*host, *port, *loopback), "{text}");
    }
}

#[test]
fn refuses_what_is_no_registry() {
    let cases = [
        ("empty", "", Reason::Empty, None),
        ("URL", "https://ghcr.io", Reason::Scheme, Some("ghcr.io")),
        ("Docker's own key", "https://index.docker.io/v1/", Reason::Scheme, Some("docker.io")),
        ("path", "ghcr.io/org", Reason::PathInRegistry, Some("ghcr.io")),
        ("trailing slash", "ghcr.io/", Reason::PathInRegistry, Some("ghcr.io")),
        ("space", " ghcr.io", Reason::HostCharacter(' '), Some("ghcr.io")),
        ("tag for port", "ghcr.io:latest", Reason::Port, None),
        ("user", "me@ghcr.io", Reason::HostCharacter('@'), None),
    ];
    for (name, text, reason, suggestion) in cases {
        let error = Registry::parse(text).unwrap_err();
        assert_eq!((error.reason(), error.suggestion().as_deref()), (&reason, suggestion), "{name}");
    }
}

#[test]
fn parts_can_be_set() {
    let digest = Digest::parse(&format!("sha256:{HEX}")).unwrap();
    let plain = Reference::parse("debian").unwrap();
    assert_eq!(plain.clone().or_latest().tag(), Some("latest"));
    assert_eq!(plain.clone().with_digest(digest.clone()).or_latest().tag(), None);
    let both = plain.with_tag("12").unwrap().with_digest(digest.clone());
    assert_eq!(
        (both.tag(), both.digest(), both.name().as_str()),
        (Some("12"), Some(&digest), "docker.io/library/debian")
    );
    assert_eq!(both.clone().with_tag("13").unwrap().digest(), Some(&digest));
    assert_eq!(both.clone().without_digest().to_string(), "docker.io/library/debian:12");
    for bad in ["", ".x", "a/b", "a:b", "ü"] {
        assert!(both.clone().with_tag(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn a_name_without_host_goes_where_the_caller_says() {
    let quay = Registry::parse("quay.io").unwrap();
    let cases = [
        ("debian", false, "quay.io/debian"),
        ("org/app:1", false, "quay.io/org/app:1"),
        ("ghcr.io/org/app", true, "ghcr.io/org/app"),
        ("docker.io/debian", true, "docker.io/library/debian"),
        ("localhost/app", true, "localhost/app"),
        ("localhost", false, "quay.io/localhost"),
        ("debian:12", false, "quay.io/debian:12"),
    ];
    for (text, named, canonical) in cases {
        assert_eq!(Reference::names_registry(text), named, "{text}");
        assert_eq!(Reference::parse_on(text, &quay).map(|r| r.to_string()), Ok(canonical.to_owned()), "{text}");
    }
}

prop_compose! {
    fn valid_text()(
        host in "|(localhost|[A-Za-z0-9]([A-Za-z0-9-]{0,5}[A-Za-z0-9])?(\\.[a-z0-9]{1,5}){1,2}|\\[[0-9a-f]{0,4}:[0-9a-f:]{0,9}\\])(:[0-9]{1,5})?/",
        path in "[a-z0-9]{1,4}((\\.|_|__|-{1,3})[a-z0-9]{1,4}){0,3}(/[a-z0-9]{1,4}((\\.|_|__|-{1,3})[a-z0-9]{1,4}){0,2}){0,3}",
        tag in "|:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}",
        digest in "|@sha256:[0-9a-f]{64}|@sha512:[0-9a-f]{128}",
    ) -> String { format!("{host}{path}{tag}{digest}") }
}

proptest! {
    #[test]
    fn display_and_parse_are_inverse(text in valid_text()) {
        // `a.b_c/d` without a host of its own: the dot makes the first component a host, and hosts have no underscore.
        let first = text.split('/').next().unwrap_or_default();
        prop_assume!(!(text.contains('/') && first.contains('.') && first.contains('_')));
        let parsed = Reference::parse(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        let again = Reference::parse(&parsed.to_string());
        prop_assert_eq!(again, Ok(parsed));
    }

    #[test]
    fn arbitrary_text_never_panics_and_the_span_is_inside(text in ".{0,80}|[a-zA-Z:/@._\\[\\]é \\n-]{0,40}|(https://|hub.docker.com/r/)?[aB.:@/]{0,12}") {
        if let Err(error) = Reference::parse(&text) {
            prop_assert!(text.get(error.span()).is_some_and(|part| part.is_empty() == text.is_empty()), "{:?}", error);
            let shown = error.to_string();
            let lines: Vec<&str> = shown.split('\n').collect();
            prop_assert_eq!(lines.len(), 3);
            prop_assert!(lines[1].bytes().all(|b| (b' '..=b'~').contains(&b)));
            prop_assert!(lines[2].len() <= lines[1].len().max(1) && lines[2].ends_with('^'), "{}", shown);
            if let Some(form) = error.suggestion() {
                prop_assert!(Reference::parse(&form).is_ok());
            }
        }
        if let Err(error) = Registry::parse(&text) {
            prop_assert!(text.get(error.span()).is_some());
            let _ = error.suggestion();
        }
    }
}
