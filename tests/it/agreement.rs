//! Where a pull goes by `registries.conf`: skopeo and `rcr` read the same file, and should come to the same.

use std::fs;

use crate::support::skopeo::{Verdict, places};
use crate::support::{Port, TestEnv};

/// The places in their order, each with whether plain HTTP would do. Empty if none is asked.
type Asked = Vec<(String, bool)>;

/// What `rcr config explain` says that a pull asks for: nothing where the file is broken, or the name blocked.
fn rcr(env: &TestEnv, name: &str) -> Asked {
    let output = env.rcr(["--json", "config", "explain", name]).run();
    if output.exit() != Some(0) {
        return Asked::new();
    }
    let json = output.json();
    let asked = json["candidates"][0]["endpoints"].as_array().unwrap().iter().map(|endpoint| {
        let requests = endpoint["requests"].as_array().unwrap();
        let manifest = requests.iter().find(|request| request["purpose"] == "manifest").unwrap();
        let url = manifest["url"].as_str().unwrap();
        let (place, which) = url.split_once("://").unwrap().1.split_once("/manifests/").unwrap();
        let place = place.replacen("/v2/", "/", 1).replacen("registry-1.docker.io", "docker.io", 1);
        let end = if which.contains(':') { format!("@{which}") } else { format!(":{which}") };
        (place + &end, endpoint["scheme"]["policy"] == "https_else_http")
    });
    asked.collect()
}

fn skopeo(env: &TestEnv, name: &str, closed: &Port) -> Asked {
    match places(&env.root().join("config/containers/registries.conf"), name, closed) {
        Verdict::Places(places) => {
            places.into_iter().filter(|place| !place.blocked).map(|place| (place.reference, place.insecure)).collect()
        }
        Verdict::Nowhere(_) => Asked::new(),
    }
}

#[test]
fn skopeo_and_rcr_agree_where_a_pull_goes() {
    let cases = [
        ("nothing is said", "", "r.test/a:v1"),
        ("no tag", "", "r.test/a"),
        ("Docker Hub", "", "docker.io/library/a:v1"),
        ("Docker Hub without library", "", "docker.io/a:v1"),
        ("a location", "[[registry]]\nprefix = 'r.test'\nlocation = 'other.test'", "r.test/team/a:v1"),
        ("a location with a path", "[[registry]]\nprefix = 'r.test'\nlocation = 'other.test/hub'", "r.test/team/a:v1"),
        ("a path to a path", "[[registry]]\nprefix = 'r.test/team'\nlocation = 'other.test/x/y'", "r.test/team/a:v1"),
        ("a path to a host", "[[registry]]\nprefix = 'r.test/team'\nlocation = 'other.test'", "r.test/team/a:v1"),
        ("part of a path", "[[registry]]\nprefix = 'r.test/te'\nlocation = 'other.test'", "r.test/team/a:v1"),
        ("a whole repository", "[[registry]]\nprefix = 'r.test/team/a'\nlocation = 'other.test/b'", "r.test/team/a:v1"),
        (
            "a whole repository by digest",
            "[[registry]]\nprefix = 'r.test/team/a'\nlocation = 'other.test/b'",
            "r.test/team/a@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        ),
        (
            "another tag in the prefix",
            "[[registry]]\nprefix = 'r.test/a:v1'\nlocation = 'other.test/b:v2'",
            "r.test/a:v3",
        ),
        ("a prefix without its port", "[[registry]]\nprefix = 'r.test'\nlocation = 'other.test'", "r.test:5000/a:v1"),
        ("a prefix with a port", "[[registry]]\nprefix = 'r.test:5000'\nlocation = 'other.test'", "r.test:5000/a:v1"),
        ("a prefix with another port", "[[registry]]\nprefix = 'r.test:5000'\nlocation = 'other.test'", "r.test/a:v1"),
        (
            "the longest prefix",
            "[[registry]]\nprefix = 'r.test'\nlocation = 'one.test'\n[[registry]]\nprefix = 'r.test/team'\nlocation = 'two.test'",
            "r.test/team/a:v1",
        ),
        (
            "the longest prefix first",
            "[[registry]]\nprefix = 'r.test/team'\nlocation = 'two.test'\n[[registry]]\nprefix = 'r.test'\nlocation = 'one.test'",
            "r.test/team/a:v1",
        ),
        (
            "the same prefix twice",
            "[[registry]]\nprefix = 'r.test'\nlocation = 'one.test'\n[[registry]]\nprefix = 'r.test'\nlocation = 'two.test'",
            "r.test/a:v1",
        ),
        ("a slash at the end", "[[registry]]\nprefix = 'r.test/'\nlocation = 'one.test/hub/'", "r.test/a:v1"),
        ("a wildcard", "[[registry]]\nprefix = '*.example.test'\nlocation = 'other.test'", "a.example.test/x:v1"),
        (
            "a wildcard two levels up",
            "[[registry]]\nprefix = '*.example.test'\nlocation = 'other.test'",
            "a.b.example.test/x:v1",
        ),
        (
            "a wildcard is not the domain itself",
            "[[registry]]\nprefix = '*.example.test'\nlocation = 'other.test'",
            "example.test/x:v1",
        ),
        (
            "broken: a wildcard with a path",
            "[[registry]]\nprefix = '*.example.test/team'\nlocation = 'other.test/t'",
            "a.example.test/team/x:v1",
        ),
        (
            "a wildcard without a location",
            "[[registry]]\nprefix = '*.example.test'\n[[registry.mirror]]\nlocation = 'm.test'",
            "a.example.test/x:v1",
        ),
        (
            "a wildcard and a host",
            "[[registry]]\nprefix = '*.example.test'\nlocation = 'one.test'\n[[registry]]\nprefix = 'a.example.test'\nlocation = 'two.test'",
            "a.example.test/x:v1",
        ),
        (
            "a longer wildcard",
            "[[registry]]\nprefix = '*.test'\nlocation = 'one.test'\n[[registry]]\nprefix = '*.example.test'\nlocation = 'two.test'",
            "a.example.test/x:v1",
        ),
        ("a mirror", "[[registry]]\nlocation = 'r.test'\n[[registry.mirror]]\nlocation = 'm.test'", "r.test/a:v1"),
        (
            "two mirrors and a location",
            "[[registry]]\nprefix = 'r.test'\nlocation = 'o.test'\nmirror = [{ location = 'm.test/x' }, { location = 'n.test', insecure = true }]",
            "r.test/a:v1",
        ),
        (
            "a mirror of Docker Hub",
            "[[registry]]\nlocation = 'docker.io'\n[[registry.mirror]]\nlocation = 'm.test'",
            "docker.io/library/a:v1",
        ),
        (
            "a mirror of the library alone",
            "[[registry]]\nprefix = 'docker.io/library'\nlocation = 'quay.io/libs'",
            "docker.io/library/a:v1",
        ),
        (
            "the library is not all",
            "[[registry]]\nprefix = 'docker.io/library'\nlocation = 'quay.io/libs'",
            "docker.io/team/a:v1",
        ),
        ("an insecure registry", "[[registry]]\nlocation = 'r.test'\ninsecure = true", "r.test/a:v1"),
        (
            "an insecure mirror",
            "[[registry]]\nlocation = 'r.test'\n[[registry.mirror]]\nlocation = 'm.test'\ninsecure = true",
            "r.test/a:v1",
        ),
        ("insecure by a path", "[[registry]]\nlocation = 'r.test/team'\ninsecure = true", "r.test/other/a:v1"),
        (
            "insecure where it leads",
            "[[registry]]\nprefix = 'r.test'\nlocation = 'o.test'\n[[registry]]\nlocation = 'o.test'",
            "r.test/a:v1",
        ),
        (
            "a digest-only registry and a tag",
            "[[registry]]\nlocation = 'r.test'\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = 'm.test'",
            "r.test/a:v1",
        ),
        (
            "a digest-only registry and a digest",
            "[[registry]]\nlocation = 'r.test'\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = 'm.test'",
            "r.test/a@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        ),
        (
            "mirrors for some names, and a tag",
            "[[registry]]\nlocation = 'r.test'\n[[registry.mirror]]\nlocation = 'd.test'\npull-from-mirror = 'digest-only'\n[[registry.mirror]]\nlocation = 't.test'\npull-from-mirror = 'tag-only'\n[[registry.mirror]]\nlocation = 'all.test'\npull-from-mirror = 'all'",
            "r.test/a:v1",
        ),
        (
            "mirrors for some names, and a digest",
            "[[registry]]\nlocation = 'r.test'\n[[registry.mirror]]\nlocation = 'd.test'\npull-from-mirror = 'digest-only'\n[[registry.mirror]]\nlocation = 't.test'\npull-from-mirror = 'tag-only'\n[[registry.mirror]]\nlocation = 'all.test'\npull-from-mirror = 'all'",
            "r.test/a@sha256:0000000000000000000000000000000000000000000000000000000000000000",
        ),
        ("blocked: a registry", "[[registry]]\nlocation = 'r.test'\nblocked = true", "r.test/a:v1"),
        ("blocked: a path", "[[registry]]\nlocation = 'r.test/team'\nblocked = true", "r.test/team/a:v1"),
        ("beside a blocked path", "[[registry]]\nlocation = 'r.test/team'\nblocked = true", "r.test/other/a:v1"),
        (
            "a free path of a blocked registry",
            "[[registry]]\nlocation = 'r.test'\nblocked = true\n[[registry]]\nlocation = 'r.test/team'",
            "r.test/team/a:v1",
        ),
        ("version 1: insecure", "[registries.insecure]\nregistries = ['r.test']", "r.test/a:v1"),
        ("blocked: in version 1", "[registries.block]\nregistries = ['r.test']", "r.test/a:v1"),
        ("version 1: search lists do not matter here", "[registries.search]\nregistries = ['s.test']", "r.test/a:v1"),
        ("an unknown key", "[[registry]]\nlocation = 'r.test'\ncolour = 'red'", "r.test/a:v1"),
        (
            "broken: versions mixed",
            "unqualified-search-registries = ['s.test']\n[registries.block]\nregistries = ['r.test']",
            "r.test/a:v1",
        ),
        (
            "broken: a mirror without location",
            "[[registry]]\nlocation = 'r.test'\n[[registry.mirror]]\ninsecure = true",
            "r.test/a:v1",
        ),
        ("broken: neither prefix nor location", "[[registry]]\ninsecure = true", "r.test/a:v1"),
        ("broken: a prefix without location", "[[registry]]\nprefix = 'r.test'", "r.test/a:v1"),
        ("broken: a scheme", "[[registry]]\nlocation = 'https://r.test'", "r.test/a:v1"),
        (
            "broken: two ways to say digest-only",
            "[[registry]]\nlocation = 'r.test'\nmirror-by-digest-only = true\n[[registry.mirror]]\nlocation = 'm.test'\npull-from-mirror = 'all'",
            "r.test/a:v1",
        ),
        (
            "broken: pull-from-mirror of a registry",
            "[[registry]]\nlocation = 'r.test'\npull-from-mirror = 'all'",
            "r.test/a:v1",
        ),
        (
            "broken: an unknown pull-from-mirror",
            "[[registry]]\nlocation = 'r.test'\n[[registry.mirror]]\nlocation = 'm.test'\npull-from-mirror = 'some'",
            "r.test/a:v1",
        ),
        (
            "broken: the same place, trusted in two ways",
            "[[registry]]\nprefix = 'r.test/x'\nlocation = 'o.test'\n[[registry]]\nlocation = 'o.test'\ninsecure = true",
            "r.test/a:v1",
        ),
        ("broken: no such mode", "short-name-mode = 'strict'", "r.test/a:v1"),
        ("broken: an alias without a host", "[aliases]\na = 'b'", "r.test/a:v1"),
        ("broken: not TOML", "[[registry]\n", "r.test/a:v1"),
        ("broken: a wrong type", "[[registry]]\nlocation = 5", "r.test/a:v1"),
    ];
    let closed = Port::closed();
    let mut differences = Vec::new();
    for (case, conf, name) in cases {
        let env = TestEnv::new();
        env.write("config/containers/registries.conf", conf);
        let (ours, theirs) = (rcr(&env, name), skopeo(&env, name, &closed));
        if ours != theirs {
            differences.push(format!("{case}: rcr {ours:?}, skopeo {theirs:?}"));
        }
        let forbidden = case.starts_with("broken") || case.starts_with("blocked");
        assert_eq!(ours.is_empty(), forbidden, "{case}: {ours:?}");
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// containers-registries.conf(5) lets a prefix end with a tag. skopeo looks for names without their tags, and finds none.
#[test]
fn a_prefix_with_a_tag_is_for_that_tag() {
    let env = TestEnv::new();
    env.write(
        "config/containers/registries.conf",
        "[[registry]]\nprefix = 'r.test/a:v1'\nlocation = 'other.test/b:v2'\n",
    );
    assert_eq!(rcr(&env, "r.test/a:v3"), [("r.test/a:v3".to_owned(), false)]);
    assert_eq!(rcr(&env, "r.test/a:v1")[0].0.split('/').next(), Some("other.test"));
    assert_eq!(skopeo(&env, "r.test/a:v1", &Port::closed()), [("r.test/a:v1".to_owned(), false)]);
}

#[test]
fn skopeo_and_rcr_agree_on_drop_ins() {
    let main = "[[registry]]\nlocation = 'r.test'\n[[registry.mirror]]\nlocation = 'm.test'\n";
    let cases = [
        ("the entry is replaced", "10.conf", "[[registry]]\nlocation = 'r.test'\n"),
        ("another is added", "10.conf", "[[registry]]\nprefix = 'r.test/team'\nlocation = 'o.test'\n"),
        ("another ending", "10.txt", "[[registry]]\nlocation = 'r.test'\nblocked = true\n"),
        ("version 1", "10.conf", "[registries.block]\nregistries = ['r.test']\n"),
        ("broken", "10.conf", "[[registry]]\n"),
    ];
    let closed = Port::closed();
    for (case, file, text) in cases {
        let env = TestEnv::new();
        env.write("config/containers/registries.conf", main);
        env.write(format!("config/containers/registries.conf.d/{file}"), text);
        env.write("config/containers/registries.conf.d/05.conf", "[[registry]]\nlocation = 'r.test'\nblocked = true\n");
        assert_eq!(rcr(&env, "r.test/team/a:v1"), skopeo(&env, "r.test/team/a:v1", &closed), "{case}");
        fs::remove_file(env.root().join("config/containers/registries.conf.d/05.conf")).unwrap();
        assert_eq!(rcr(&env, "r.test/team/a:v1"), skopeo(&env, "r.test/team/a:v1", &closed), "{case}");
    }
}
