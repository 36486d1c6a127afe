use std::fs;

use zeroize::Zeroizing;

use super::super::{ErrorClass, Listed};
use super::*;

fn entry(username: &str) -> String {
    format!(r#"{{"username":"{username}","password":"p"}}"#)
}

fn auths(host: &str, username: &str) -> String {
    format!(r#"{{"auths":{{"{host}":{}}}}}"#, entry(username))
}

#[test]
fn the_first_source_with_an_entry_wins() {
    let home = Home::new();
    let mut options = home.options();
    options.registry_auth_file = Some(home.write("registry.json", "{}"));
    options.docker_auth_config = Some(Zeroizing::new("{}".to_owned()));
    home.write(".docker/config.json", "{}");
    options.containers_auth_files = vec![home.write("run/auth.json", "{}"), home.write("config/auth.json", "{}")];
    options.legacy_docker_file = Some(home.write(".dockercfg", "{}"));
    // From the last to the first: each new one takes over.
    let steps = [
        (".dockercfg", format!(r#"{{"https://r.example/v1/":{}}}"#, entry("legacy"))),
        ("config/auth.json", auths("r.example", "config")),
        ("run/auth.json", auths("r.example", "run")),
        (".docker/config.json", auths("r.example", "docker")),
        ("DOCKER_AUTH_CONFIG", auths("r.example", "variable")),
        ("registry.json", auths("r.example", "registry")),
    ];
    assert_eq!(find(&Credentials::new(options.clone()), "r.example").unwrap(), None);
    for (name, text) in steps {
        if name == "DOCKER_AUTH_CONFIG" {
            options.docker_auth_config = Some(Zeroizing::new(text.clone()));
        } else {
            home.write(name, &text);
        }
        let found = Credentials::new(options.clone()).find(&registry("r.example"), None).unwrap().unwrap();
        assert!(found.origin.ends_with(name), "{} for {name}", found.origin);
        assert!(text.contains(&format!(
            "{:?}",
            match found.credential {
                Credential::Basic { username, .. } => username,
                other => panic!("{other:?}"),
            }
        )));
        // Sources are chosen for each registry.
        assert_eq!(find(&Credentials::new(options.clone()), "other.example").unwrap(), None);
    }
}

#[test]
fn path_scopes_are_for_the_containers_files() {
    let home = Home::new();
    let text = format!(
        r#"{{"auths":{{"r.example/ns/app":{},"r.example/ns":{},"r.example":{}}}}}"#,
        entry("app"),
        entry("ns"),
        entry("host")
    );
    home.write(".docker/config.json", &text);
    let docker = Credentials::new(home.options());
    let containers = Credentials::new(Options {
        docker_config_file: None,
        containers_auth_files: vec![home.write("auth.json", &text)],
        ..home.options()
    });
    let authfile = Credentials::new(Options { registry_auth_file: Some(home.path("auth.json")), ..home.options() });
    let cases = [
        (Some("ns/app"), "app"),
        (Some("ns/app/deep"), "app"),
        (Some("ns/apple"), "ns"),
        (Some("nsx"), "host"),
        (None, "host"),
    ];
    for (repository, expected) in cases {
        let found = |credentials: &Credentials| {
            credentials.find(&registry("r.example"), repository).unwrap().map(|found| found.credential)
        };
        assert_eq!(found(&containers), Some(basic(expected, "p")), "{repository:?}");
        assert_eq!(found(&authfile), Some(basic(expected, "p")), "{repository:?}");
        assert_eq!(found(&docker), Some(basic("host", "p")), "{repository:?}");
    }
}

#[test]
fn docker_hub_is_found_under_its_names() {
    let (_home, credentials) = Home::with_config(&format!(
        r#"{{"auths":{{"docker.io":{},"https://index.docker.io/v1/access-token":{},"https://index.docker.io/v1/":{}}}}}"#,
        entry("name"),
        entry("token"),
        entry("key")
    ));
    assert_eq!(find(&credentials, "docker.io").unwrap(), Some(basic("key", "p")));
    for key in ["docker.io", "index.docker.io", "registry-1.docker.io", "https://index.docker.io/v1/"] {
        let (_home, credentials) = Home::with_config(&auths(key, "u"));
        assert_eq!(find(&credentials, "docker.io").unwrap(), Some(basic("u", "p")), "{key}");
    }
    for key in ["https://index.docker.io/v1/access-token", "https://index.docker.io/v1/refresh-token"] {
        let (_home, credentials) = Home::with_config(&auths(key, "u"));
        assert_eq!(find(&credentials, "docker.io").unwrap(), None, "{key}");
    }
}

#[test]
fn files_that_do_not_parse_are_named_with_the_line() {
    // name, text, line, message
    let cases = [
        ("cut off", "{\n \"auths\": {\n", 3, "EOF while parsing an object"),
        ("a comment", "{\n // x\n}", 2, "key must be a string"),
        ("an array", "\n\n[]", 3, "expected a JSON object"),
        ("null", "null", 1, "expected a JSON object"),
        ("auths is a secret", "{\n\"auths\":\n\"hunter2, expected hunter2\"}", 3, "expected a map"),
        ("auth is a number", "{\"auths\":{\n\"h\":{\"auth\":\n31337}}}", 3, "expected a string"),
        ("helpers", "{\"credHelpers\":\n[]}", 2, "expected a map"),
        ("auths twice", "{\"auths\":{},\n\"auths\":{}}", 2, "duplicate field `auths`"),
        ("our entry", "{\"auths\":{\n\n\"r.example\":{\"auth\":\"hunter2\"}}}", 3, "the entry for `r.example`"),
    ];
    for (name, text, expected_line, expected) in cases {
        let (home, credentials) = Home::with_config(text);
        let error = find(&credentials, "r.example").unwrap_err();
        let CredentialError::File { file, line, message } = &error else { panic!("{name}: {error:?}") };
        assert_eq!((file.as_str(), *line), (home.config().to_str().unwrap(), expected_line), "{name}: {message}");
        assert!(message.starts_with(expected), "{name}: {message}");
        let said = format!("{error} {error:?}");
        assert!(!said.contains("hunter2") && !said.contains("31337"), "{name}: {said}");
        assert_eq!(error.class(), ErrorClass::Config);
    }
    // An entry of another registry is not our business.
    let (_home, credentials) = Home::with_config(r#"{"auths":{"other.example":{"auth":"!"}}}"#);
    assert_eq!(find(&credentials, "r.example").unwrap(), None);
    // The variable is named like a file.
    let text = Zeroizing::new("{\n!".to_owned());
    let options = Options { docker_auth_config: Some(text), ..Home::new().options() };
    let error = find(&Credentials::new(options), "r.example").unwrap_err();
    assert!(error.to_string().starts_with("DOCKER_AUTH_CONFIG:2: "), "{error}");
}

#[test]
fn files_may_be_missing_empty_or_of_null_members() {
    for text in
        ["", " \n", "{}", r#"{"auths":null,"credHelpers":null,"credsStore":null}"#, r#"{"auths":{"r.example":null}}"#]
    {
        let (_home, credentials) = Home::with_config(text);
        assert_eq!(find(&credentials, "r.example").unwrap(), None, "{text:?}");
    }
    let home = Home::new();
    assert_eq!(find(&Credentials::new(home.options()), "r.example").unwrap(), None);
    let below_a_file = home.write("file", "").join("config.json");
    let options = Options { docker_config_file: Some(below_a_file), ..home.options() };
    assert_eq!(find(&Credentials::new(options), "r.example").unwrap(), None);
    assert_eq!(
        find(&Credentials::new(Options { docker_config_file: None, ..home.options() }), "r.example").unwrap(),
        None
    );
}

#[test]
fn files_that_cannot_be_read_are_named() {
    // A directory: permissions do not stop root.
    let home = Home::new();
    fs::create_dir_all(home.config()).unwrap();
    let error = find(&Credentials::new(home.options()), "r.example").unwrap_err();
    assert_eq!(error.class(), ErrorClass::Local);
    assert!(error.to_string().contains(home.config().to_str().unwrap()), "{error}");
}

#[test]
fn files_are_read_up_to_a_limit() {
    let padded = |bytes: usize| {
        let text = auths("r.example", "u");
        format!("{text}{}", " ".repeat(bytes - text.len()))
    };
    let (_home, credentials) = Home::with_config(&padded(4 << 20));
    assert_eq!(find(&credentials, "r.example").unwrap(), Some(basic("u", "p")));
    let (_home, credentials) = Home::with_config(&padded((4 << 20) + 1));
    let error = find(&credentials, "r.example").unwrap_err();
    assert!(matches!(error, CredentialError::TooLarge { limit_bytes: 4_194_304, .. }), "{error:?}");
}

#[cfg(unix)]
#[test]
fn a_file_that_others_can_read_is_noticed() {
    let marker = r#"{"auths":{"r.example":{}},"credHelpers":{"r.example":""}}"#.to_owned();
    let cases = [
        ("owner only", 0o600, auths("r.example", "u"), false),
        ("group", 0o640, auths("r.example", "u"), true),
        ("others", 0o604, auths("r.example", "u"), true),
        ("writable only", 0o622, auths("r.example", "u"), false),
        ("nothing to hide", 0o644, marker, false),
    ];
    for (name, mode, text, noticed) in cases {
        let (home, credentials) = Home::with_config(&text);
        set_mode(&home.config(), mode);
        for _ in 0..2 {
            find(&credentials, "r.example").unwrap();
        }
        let notices = credentials.notices();
        assert_eq!(notices.len(), usize::from(noticed), "{name}: {notices:?}");
        assert!(notices.iter().all(|notice| notice.contains(home.config().to_str().unwrap())), "{name}: {notices:?}");
    }
}

#[test]
fn the_keyring_is_asked_where_a_mark_stands() {
    let home = Home::new();
    home.write(
        ".docker/config.json",
        r#"{"auths":{"marked.example":{},"https://old.example":{},"plain.example":{"auth":"dTpw"}}}"#,
    );
    let options = home.options();
    let absent = Credentials::with_keyring(options.clone(), Keyring::Absent);
    assert_eq!(find(&absent, "other.example").unwrap(), None, "a public image must not touch the keyring");
    assert_eq!(find(&absent, "old.example").unwrap(), None, "we never wrote such a mark");
    assert_eq!(find(&absent, "plain.example").unwrap(), Some(basic("u", "p")));
    let error = find(&absent, "marked.example").unwrap_err();
    assert!(
        matches!(&error, CredentialError::KeyringUnavailable { reason } if reason == "nobody answers"),
        "{error:?}"
    );
    assert_eq!(error.class(), ErrorClass::Denied);
    // One who wants no keyring has Docker's meaning of the mark: nothing.
    assert_eq!(find(&Credentials::new(options.clone()), "marked.example").unwrap(), None);
    let kept = r#"{"kind":"basic","username":"u","secret":"s"}"#;
    let entries = ["marked.example", "other.example"].map(|key| (key.to_owned(), kept.to_owned()));
    let memory = Credentials::with_keyring(options, Keyring::Memory(std::sync::Mutex::new(entries.into())));
    let found = memory.find(&registry("marked.example"), None).unwrap().unwrap();
    assert_eq!((found.credential, found.origin.as_str()), (basic("u", "s"), "keyring"));
    assert_eq!(find(&memory, "other.example").unwrap(), None, "there is no mark");
}

#[test]
fn a_foreign_keyring_entry_is_an_error_without_its_content() {
    let home = Home::new();
    home.write(".docker/config.json", r#"{"auths":{"r.example":{}}}"#);
    for content in ["hunter2", r#"{"kind":"basic","secret":"hunter2"}"#, r#"{"kind":"hunter2","secret":""}"#] {
        let entries = std::sync::Mutex::new([("r.example".to_owned(), content.to_owned())].into());
        let credentials = Credentials::with_keyring(home.options(), Keyring::Memory(entries));
        let error = find(&credentials, "r.example").unwrap_err();
        assert!(matches!(error, CredentialError::KeyringContent { .. }), "{error:?}");
        assert!(!format!("{} {error:?}", said(&error)).contains("hunter2"));
    }
}

#[test]
fn lists_name_registries_and_where_they_were_found() {
    let home = Home::new();
    let path = home.write(
        ".docker/config.json",
        r#"{"auths":{"https://index.docker.io/v1/":{},"https://index.docker.io/v1/access-token":{},"r.example:5000":{}}}"#,
    );
    let containers = home.write("auth.json", r#"{"auths":{"r.example/ns":{}}}"#);
    let options = Options { containers_auth_files: vec![containers.clone()], ..home.options() };
    let listed =
        |registry: &str, path: &Path| Listed { registry: registry.to_owned(), origin: path.display().to_string() };
    assert_eq!(
        Credentials::new(options).list().unwrap(),
        [listed("docker.io", &path), listed("r.example/ns", &containers), listed("r.example:5000", &path)]
    );
}
