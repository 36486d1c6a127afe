use std::time::{Duration, Instant};

use super::super::{ErrorClass, HelperError};
use super::*;

const ANSWER: &str = r#"echo '{"ServerURL":"x","Username":"u","Secret":"s"}'"#;

/// What a home with `credsStore` set to the helper "x" says about a registry.
fn ask(script: &str, timeout: Duration) -> Result<Option<Credential>, CredentialError> {
    let home = Home::new();
    home.write(".docker/config.json", r#"{"credsStore":"x"}"#);
    home.helper("x", script);
    find(&Credentials::new(Options { helper_timeout: timeout, ..home.options() }), "r.example")
}

fn failure(script: &str) -> (HelperError, String) {
    let error = ask(script, Duration::from_secs(20)).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Denied);
    let text = format!("{} {error:?}", said(&error));
    match error {
        CredentialError::Helper { source, .. } => (source, text),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_registrys_own_helper_comes_before_the_common_one_and_that_before_auths() {
    let home = Home::new();
    for name in ["own", "common"] {
        home.helper(name, &format!(r#"echo '{{"Username":"{name}","Secret":"s"}}'"#));
    }
    home.helper("empty", "echo 'credentials not found in native keychain'; exit 1");
    let entry = r#"{"auth":"YXV0aHM6cw=="}"#;
    home.write(
        ".docker/config.json",
        &format!(
            r#"{{"credsStore":"common","credHelpers":{{"own.example":"own","out.example":"","empty.example":"empty",
                "docker.io":"own"}},
                "auths":{{"own.example":{entry},"out.example":{entry},"empty.example":{entry},"common.example":{entry}}}}}"#
        ),
    );
    let credentials = Credentials::new(home.options());
    let cases = [
        ("own.example", Some(basic("own", "s"))),
        ("docker.io", Some(basic("own", "s"))),
        ("common.example", Some(basic("common", "s"))),
        ("other.example", Some(basic("common", "s"))),
        ("out.example", Some(basic("auths", "s"))),
        ("empty.example", Some(basic("auths", "s"))),
        ("own.example:443", Some(basic("common", "s"))),
    ];
    for (registry, expected) in cases {
        assert_eq!(find(&credentials, registry).unwrap(), expected, "{registry}");
    }
    assert_eq!(credentials.find(&registry("own.example"), None).unwrap().unwrap().origin, "docker-credential-own");
}

#[test]
fn answers_of_all_kinds() {
    let cases = [
        ("basic", ANSWER, Some(basic("u", "s"))),
        ("identity", r#"echo '{"Username":"<token>","Secret":"s"}'"#, Some(identity("s"))),
        ("nothing", "echo 'credentials not found in native keychain'; exit 1", None),
        ("nobody", r#"echo '{"Username":"","Secret":""}'"#, None),
        ("reads nothing", &format!("exec <&-; {ANSWER}"), Some(basic("u", "s"))),
        ("much on stderr", &format!("head -c 300000 /dev/zero >&2; {ANSWER}"), Some(basic("u", "s"))),
    ];
    for (name, script, expected) in cases {
        assert_eq!(ask(script, Duration::from_secs(20)).unwrap(), expected, "{name}");
    }
}

#[test]
fn the_protocol_is_that_of_docker() {
    let home = Home::new();
    home.write(".docker/config.json", r#"{"credsStore":"x"}"#);
    let out = home.path("out");
    home.helper("x", &format!("{{ echo \"$@\"; cat; }} > '{}'; {ANSWER}", out.display()));
    find(&Credentials::new(home.options()), "r.example:5000").unwrap();
    assert_eq!(fs::read_to_string(&out).unwrap(), "get\nr.example:5000");
    find(&Credentials::new(home.options()), "docker.io").unwrap();
    assert_eq!(fs::read_to_string(&out).unwrap(), "get\nhttps://index.docker.io/v1/");
}

#[test]
fn names_that_could_lead_elsewhere_run_nothing() {
    let home = Home::new();
    let ran = home.path("ran");
    home.helper("x", &format!("touch '{}'", ran.display()));
    home.helper("name.bat", &format!("touch '{}'", ran.display()));
    // What each of these would lead to, if it were followed.
    fs::create_dir_all(home.path("bin/docker-credential-..")).unwrap();
    fs::copy(home.path("bin/docker-credential-x"), home.path("bin/evil")).unwrap();
    let absolute = home.path("bin/evil").display().to_string();
    for name in [
        "../evil",
        "../../bin/evil",
        "/bin/sh",
        &absolute,
        "a;b",
        "x y",
        "x\\u0000",
        "n\u{e4}me",
        "name.bat",
        "NAME.CMD",
        "x\\n",
    ] {
        for config in
            [format!(r#"{{"credHelpers":{{"r.example":"{name}"}}}}"#), format!(r#"{{"credsStore":"{name}"}}"#)]
        {
            home.write(".docker/config.json", &config);
            let credentials = Credentials::new(home.options());
            for error in [
                find(&credentials, "r.example").unwrap_err(),
                credentials.save(&registry("r.example"), &basic("u", "p")).unwrap_err(),
                credentials.erase(&registry("r.example")).unwrap_err(),
            ] {
                assert!(matches!(error, CredentialError::HelperName { .. }), "{name}: {error:?}");
                assert_eq!(error.class(), ErrorClass::Config);
                assert!(error.to_string().contains(home.config().to_str().unwrap()), "{error}");
            }
        }
    }
    assert!(!ran.exists());
}

#[test]
fn only_absolute_directories_are_searched() {
    let home = Home::new();
    home.write(".docker/config.json", r#"{"credsStore":"x"}"#);
    home.helper("x", ANSWER);
    // The same directory, by a way from where the tests stand.
    let up = "../".repeat(std::env::current_dir().unwrap().components().count());
    let relative = PathBuf::from(format!("{up}{}", home.path("bin").display()));
    assert!(relative.join("docker-credential-x").is_file());
    let search = |search_path| Credentials::new(Options { search_path, ..home.options() });
    for path in [vec![relative.clone()], vec![PathBuf::new()], vec![PathBuf::from(".")], vec![]] {
        let error = find(&search(path), "r.example").unwrap_err();
        assert!(matches!(error, CredentialError::Helper { source: HelperError::Missing, .. }), "{error:?}");
        assert_eq!(error.class(), ErrorClass::Denied);
        assert!(said(&error).contains("docker-credential-x"), "{error}");
    }
    // A directory of that name and a file that is not executable are passed over.
    fs::create_dir_all(home.path("first/docker-credential-x")).unwrap();
    home.write("second/docker-credential-x", "");
    let all = vec![relative, home.path("first"), home.path("second"), home.path("bin")];
    assert_eq!(find(&search(all), "r.example").unwrap(), Some(basic("u", "s")));
}

#[test]
fn a_helper_that_hangs_is_killed() {
    let home = Home::new();
    home.write(".docker/config.json", r#"{"credsStore":"x"}"#);
    let pid = home.path("pid");
    // Its own child keeps stdout open for longer than anybody waits.
    home.helper("x", &format!("echo $$ > '{}'; sleep 30", pid.display()));
    let options = Options { helper_timeout: Duration::from_millis(700), ..home.options() };
    let started = Instant::now();
    let error = find(&Credentials::new(options), "r.example").unwrap_err();
    assert!(matches!(error, CredentialError::Helper { source: HelperError::Timeout(_), .. }), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    let pid = fs::read_to_string(pid).unwrap();
    // Gone and waited for: not even a zombie has that id.
    assert!(!Path::new(&format!("/proc/{}", pid.trim())).exists());
}

#[test]
fn a_child_that_a_helper_leaves_behind_does_not_hold_up_the_answer() {
    let started = Instant::now();
    let found = ask(&format!("sleep 20 & {ANSWER}"), Duration::from_secs(15)).unwrap();
    assert_eq!(found, Some(basic("u", "s")));
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
}

#[test]
fn too_much_output_is_an_error_at_once() {
    let started = Instant::now();
    for script in ["head -c 2097152 /dev/zero", "yes"] {
        let (source, _) = failure(script);
        assert!(matches!(source, HelperError::TooMuchOutput { limit_bytes: 1_048_576 }), "{source:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(15));
}

#[test]
fn wrong_answers_are_not_shown() {
    for script in [
        "echo hunter2",
        r#"echo '{"Username":"u","Secret":hunter2}'"#,
        r#"echo '{"Username":"hunter2"}'"#,
        r#"echo '{"Username":"","Secret":"hunter2"}'"#,
        r#"printf '\033[2J{"Username":"u","Secret":"hunter2"}'"#,
        "",
    ] {
        let (source, text) = failure(script);
        assert!(matches!(source, HelperError::Answer(_)), "{script}: {source:?}");
        assert!(!text.contains("hunter2"), "{script}: {text}");
    }
}

#[test]
fn a_failing_helper_says_why_and_nothing_more() {
    let failed = |script: &str| match failure(script) {
        (HelperError::Failed(words), text) => (words, text),
        other => panic!("{other:?}"),
    };
    let (words, text) = failed("echo 'pass is not initialised'; echo hunter2 >&2; exit 1");
    assert_eq!(words.as_deref(), Some("pass is not initialised"));
    assert!(!text.contains("hunter2"), "{text}");
    let (words, _) = failed(r"printf '\033[31mred\033[0m\007 \302\233x\r\nnext'; exit 1");
    assert_eq!(words.as_deref(), Some("red x next"));
    let (words, text) = failed(r#"echo '{"Username":"u","Secret":"hunter2"}'; exit 1"#);
    assert_eq!(words, None);
    assert!(!text.contains("hunter2"), "{text}");
    let (words, _) = failed("echo hunter2 >&2; exit 1");
    assert_eq!(words, None);
    let (words, _) = failed("head -c 5000 /dev/zero | tr '\\0' x; exit 1");
    assert_eq!(words.map(|words| words.len()), Some(1024));
}

#[test]
fn a_failing_store_does_not_repeat_the_secret() {
    // "u:hunter2" in base64 is dTpodW50ZXIy.
    let cases = [
        ("stdout", "echo 'no room'; exit 1", Some("no room")),
        ("stderr", "echo 'no room' >&2; exit 1", Some("no room")),
        ("stdout with the secret", "echo 'cannot store hunter2'; exit 1", None),
        ("stderr with the secret", "cat >&2; exit 1", None),
        ("the secret in base64", "echo dTpodW50ZXIy; exit 1", None),
        ("long stderr", "head -c 1020 /dev/zero | tr '\\0' x >&2; echo hunter2 >&2; exit 1", None),
    ];
    for (name, script, expected) in cases {
        let home = Home::new();
        home.write(".docker/config.json", r#"{"credsStore":"x"}"#);
        home.helper("x", script);
        let before = home.text();
        let saved = Credentials::new(home.options()).save(&registry("r.example"), &basic("u", "hunter2"));
        let error = saved.unwrap_err();
        let text = format!("{} {error:?}", said(&error));
        assert!(!text.contains("hunter2") && !text.contains("dTpodW50"), "{name}: {text}");
        match error {
            CredentialError::Helper { source: HelperError::Failed(words), action: "store", .. } => {
                assert_eq!(words.as_deref(), expected, "{name}");
            }
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(home.text(), before, "{name}: nothing is saved in plain text instead");
    }
}

/// The environment is the process's, so another process it is: this test, run again with the variable set.
#[test]
fn no_secret_is_in_a_helpers_arguments_or_environment() {
    const HOME: &str = "CREDENTIAL_ENVIRONMENT_TEST_HOME";
    if let Ok(home) = std::env::var(HOME) {
        let home = PathBuf::from(home);
        let options = Options {
            docker_config_file: Some(home.join(".docker/config.json")),
            search_path: vec![home.join("bin")],
            keyring: false,
            ..Options::default()
        };
        Credentials::new(options).save(&registry("r.example"), &basic("u", "hunter2")).unwrap();
        return;
    }
    let home = Home::new();
    home.write(".docker/config.json", r#"{"credsStore":"x"}"#);
    let out = home.path("out");
    home.helper("x", &format!("{{ echo \"$0 $@\"; env; }} > '{}'; cat > /dev/null", out.display()));
    let output = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", std::thread::current().name().unwrap()])
        .env(HOME, home.path(""))
        .env("DOCKER_AUTH_CONFIG", r#"{"auths":{"other.example":{"auth":"dTpodW50ZXIy"}}}"#)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let seen = fs::read_to_string(out).unwrap();
    assert!(seen.contains("docker-credential-x store\n") && seen.contains("PATH="), "{seen}");
    for secret in ["hunter2", "dTpodW50ZXIy", "DOCKER_AUTH_CONFIG"] {
        assert!(!seen.contains(secret), "{seen}");
    }
}

#[test]
fn the_mark_of_a_helper_is_not_for_the_keyring() {
    let home = Home::new();
    home.write(".docker/config.json", r#"{"auths":{"r.example":{}},"credsStore":"x"}"#);
    home.helper("x", "echo 'credentials not found in native keychain'; exit 1");
    let credentials = Credentials::with_keyring(home.options(), Keyring::Absent);
    assert_eq!(find(&credentials, "r.example").unwrap(), None);
}

#[test]
fn a_helper_lists_registries_only() {
    let home = Home::new();
    home.write(".docker/config.json", r#"{"credsStore":"x"}"#);
    home.helper(
        "x",
        r#"echo '{"r.example:5000":"u","https://index.docker.io/v1/":"u","a\u001b[2Jb":"u","x y":"u","":"u"}'"#,
    );
    let listed = Credentials::new(home.options()).list().unwrap();
    let names: Vec<_> = listed.iter().map(|listed| listed.registry.as_str()).collect();
    assert_eq!(names, ["docker.io", "r.example:5000"]);
    assert!(listed.iter().all(|listed| listed.origin == "docker-credential-x"));
}
