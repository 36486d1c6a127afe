use std::fs;

use super::*;

fn name(text: &str) -> Reference {
    Reference::parse(text).unwrap()
}

fn mirror(prefix: &str, url: &str) -> MirrorRule {
    MirrorRule {
        prefix: Prefix::parse(prefix).unwrap(),
        base: Url::parse(url).unwrap(),
        namespace: true,
        capabilities: Capabilities::MIRROR,
        headers: HeaderMap::new(),
        trust: None,
        from: Provenance::BuiltIn,
    }
}

fn rule(prefix: &str, blocked: bool) -> RegistryRule {
    RegistryRule {
        prefix: Prefix::parse(prefix).unwrap(),
        location: None,
        insecure: false,
        blocked,
        mirrors: Vec::new(),
        from: Provenance::BuiltIn,
    }
}

/// What is said by the `hosts.toml` of `r.test`, and the directory that holds it.
fn with_hosts(text: &str) -> (tempfile::TempDir, Registries) {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("r.test")).unwrap();
    fs::write(root.path().join("r.test/hosts.toml"), text).unwrap();
    let registries = Registries { hosts_dirs: vec![root.path().to_owned()], ..Registries::default() };
    (root, registries)
}

#[test]
fn the_longest_prefix_of_a_source_counts_alone() {
    let source = vec![mirror("r.test", "https://all.test/v2/"), mirror("r.test/team", "https://team.test/v2/")];
    let registries = Registries { mirrors: vec![source], ..Registries::default() };
    let asked = |text: &str| {
        let route = registries.route(&name(text)).unwrap();
        route.mirrors.iter().map(Endpoint::shown).collect::<Vec<_>>()
    };
    assert_eq!(asked("r.test/team/x"), ["https://team.test"]);
    assert_eq!(asked("r.test/teams/x"), ["https://all.test"]);
    assert_eq!(asked("s.test/team/x"), Vec::<String>::new());
}

#[test]
fn a_push_goes_to_a_host_of_which_it_is_said_and_to_no_other() {
    let cases = [
        ("nothing is said", "[host.'https://m.test']\n", "https://r.test/v2/"),
        ("an empty list", "[host.'https://m.test']\ncapabilities = []\n", "https://r.test/v2/"),
        ("not to push", "[host.'https://m.test']\ncapabilities = ['pull']\n", "https://r.test/v2/"),
        ("to push", "[host.'https://m.test']\ncapabilities = ['push']\n", "https://m.test/v2/"),
        ("a server of another name", "server = 'https://s.test'\n", "https://r.test/v2/"),
    ];
    for (case, text, expected) in cases {
        let (_root, registries) = with_hosts(text);
        assert_eq!(registries.push_to(&name("r.test/a:v1")).unwrap().base.as_str(), expected, "{case}");
    }
}

#[test]
fn what_is_said_of_another_server_is_not_for_the_registry_itself() {
    let registry = Registry::parse("r.test").unwrap();
    let cases = [
        ("no server", "skip_verify = true\n[header]\nx-key = 'v'\n", true),
        ("the same", "server = 'https://r.test'\nskip_verify = true\n[header]\nx-key = 'v'\n", true),
        ("another", "server = 'https://s.test'\nskip_verify = true\n[header]\nx-key = 'v'\n", false),
    ];
    for (case, text, own) in cases {
        let (_root, registries) = with_hosts(text);
        let itself = registries.itself(&registry, None).unwrap();
        assert_eq!(itself.base.as_str(), "https://r.test/v2/", "{case}");
        assert_eq!(itself.headers.contains_key("x-key"), own, "{case}");
        assert_eq!(itself.trust.is_some_and(|trust| !trust.verify), own, "{case}");
    }
}

#[test]
fn of_a_domain_and_a_host_of_one_length_the_domain_counts() {
    for order in [["*.test", "r.test"], ["r.test", "*.test"]] {
        let blocked = |blocked: &str| Registries {
            rules: order.iter().map(|prefix| rule(prefix, *prefix == blocked)).collect(),
            ..Registries::default()
        };
        let forbids = |registries: &Registries| registries.route(&name("r.test/a")).is_err();
        assert_eq!((forbids(&blocked("*.test")), forbids(&blocked("r.test"))), (true, false), "{order:?}");
    }
}
