use std::fs::{File, OpenOptions};
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use zeroize::Zeroizing;

use super::super::{ErrorClass, Place, Saved};
use super::*;

fn in_file(path: PathBuf) -> Saved {
    Saved { place: Place::File { path, keyring_missing_because: None }, shadowed_by: None }
}

fn json(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn memory() -> Keyring {
    Keyring::Memory(Mutex::default())
}

fn held(credentials: &Credentials) -> Vec<String> {
    match &credentials.keyring {
        Keyring::Memory(entries) => entries.lock().unwrap().keys().cloned().collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_first_login_makes_a_private_file() {
    let home = Home::new();
    let credentials = Credentials::new(home.options());
    let saved = credentials.save(&registry("r.example"), &basic("u", "p")).unwrap();
    assert_eq!(saved, in_file(home.config()));
    assert_eq!((mode(&home.config()), mode(&home.path(".docker"))), (0o600, 0o700));
    assert_eq!(home.text(), "{\n\t\"auths\": {\n\t\t\"r.example\": {\n\t\t\t\"auth\": \"dTpw\"\n\t\t}\n\t}\n}");
    assert_eq!(find(&credentials, "r.example").unwrap(), Some(basic("u", "p")));
    let mut names: Vec<_> =
        fs::read_dir(home.path(".docker")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["config.json", "config.json.lock"], "no temporary file stays");
}

#[test]
fn the_rest_of_the_file_stays() {
    let (home, credentials) = Home::with_config(
        "{\n  \"zeta\": 123456789012345678901234567890,\n  \"auths\": {\n    \"b.example\": {\"auth\": \"dTpw\", \"x\": 1.10}\n  },\n  \"HttpHeaders\": {\"A\": \"\\u00e9\"},\n  \"alpha\": [1,  2]\n}\n",
    );
    let before = home.text();
    credentials.save(&registry("a.example"), &identity("tok")).unwrap();
    assert!(home.text().contains("    \"a.example\": {\n      \"identitytoken\": \"tok\"\n    }"), "{}", home.text());
    assert_eq!(find(&credentials, "a.example").unwrap(), Some(identity("tok")));
    assert!(credentials.erase(&registry("a.example")).unwrap().was_there);
    assert_eq!(home.text(), before);
}

#[test]
fn docker_hub_is_saved_under_dockers_key() {
    let home = Home::new();
    let credentials = Credentials::new(home.options());
    credentials.save(&registry("docker.io"), &basic("u", "p")).unwrap();
    assert!(json(&home.config())["auths"]["https://index.docker.io/v1/"].is_object());
    assert_eq!(find(&credentials, "docker.io").unwrap(), Some(basic("u", "p")));
}

#[test]
fn registry_auth_file_is_written_where_it_is_set() {
    let home = Home::new();
    let path = home.path("run/containers/auth.json");
    let credentials = Credentials::new(Options { registry_auth_file: Some(path.clone()), ..home.options() });
    assert_eq!(credentials.save(&registry("r.example"), &basic("u", "p")).unwrap(), in_file(path.clone()));
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    assert!(!home.config().exists());
    assert!(credentials.erase(&registry("r.example")).unwrap().was_there);
    assert_eq!(json(&path), serde_json::json!({ "auths": {} }));
}

#[test]
fn every_kind_of_credential_comes_back() {
    let all = [
        basic("u", "p:q\"\\\u{1f511}"),
        Credential::Identity { username: Some("u".to_owned()), token: Secret::new("t") },
        identity("t"),
        Credential::RegistryToken(Secret::new("t")),
    ];
    for keyring in [false, true] {
        let home = Home::new();
        let keyring = if keyring { memory() } else { Keyring::Off };
        let credentials = Credentials::with_keyring(home.options(), keyring);
        for credential in &all {
            credentials.save(&registry("r.example"), credential).unwrap();
            assert_eq!(find(&credentials, "r.example").unwrap().as_ref(), Some(credential));
        }
    }
}

#[test]
fn a_helper_gets_the_secret_and_the_file_a_mark() {
    let home = Home::new();
    home.write(
        ".docker/config.json",
        r#"{"auths":{"r.example":{"auth":"b2xkOm9sZA=="}},"credsStore":"common","credHelpers":{"own.example":"own","out.example":""}}"#,
    );
    let (own, common) = (home.keeper("own"), home.keeper("common"));
    let credentials = Credentials::with_keyring(home.options(), memory());
    let place = |name: &str, credential: &Credential| credentials.save(&registry(name), credential).unwrap().place;
    assert_eq!(place("r.example", &basic("u", "p\"q")), Place::Helper("docker-credential-common".to_owned()));
    assert_eq!(place("own.example", &identity("tok")), Place::Helper("docker-credential-own".to_owned()));
    assert_eq!(place("docker.io", &basic("u", "p")), Place::Helper("docker-credential-common".to_owned()));
    assert_eq!(place("out.example", &basic("u", "p")), Place::Keyring);
    let auths = json(&home.config())["auths"].clone();
    let marks = ["r.example", "own.example", "out.example", "https://index.docker.io/v1/"];
    assert_eq!(auths, marks.into_iter().map(|key| (key.to_owned(), serde_json::json!({}))).collect::<Value>());
    assert_eq!(find(&credentials, "r.example").unwrap(), Some(basic("u", "p\"q")));
    assert_eq!(find(&credentials, "own.example").unwrap(), Some(identity("tok")));
    assert_eq!(find(&credentials, "out.example").unwrap(), Some(basic("u", "p")));
    assert_eq!(json(&own.join("kept.own.example"))["Username"], "<token>");
    assert_eq!(held(&credentials), ["out.example"], "a helper's registries are not the keyring's");

    for name in ["r.example", "own.example", "out.example"] {
        assert!(credentials.erase(&registry(name)).unwrap().was_there, "{name}");
        assert!(!credentials.erase(&registry(name)).unwrap().was_there, "{name} again");
        assert_eq!(find(&credentials, name).unwrap(), None, "{name}");
    }
    assert!(!own.join("kept.own.example").exists() && !common.join("kept.r.example").exists());
    assert!(common.join("kept.https@,,index.docker.io,v1,").exists(), "the others are still there");
    assert_eq!(held(&credentials), Vec::<String>::new());
}

#[test]
fn a_helper_holds_no_registry_token() {
    let (home, credentials) = Home::with_config(r#"{"credsStore":"x"}"#);
    let error = credentials.save(&registry("r.example"), &Credential::RegistryToken(Secret::new("t"))).unwrap_err();
    assert!(matches!(error, CredentialError::RegistryTokenInHelper { .. }), "{error:?}");
    assert_eq!(home.text(), r#"{"credsStore":"x"}"#);
}

#[test]
fn the_keyring_gets_the_secret_if_it_answers() {
    let home = Home::new();
    home.write(".docker/config.json", r#"{"auths":{"r.example":{"auth":"b2xkOm9sZA=="}}}"#);
    let credentials = Credentials::with_keyring(home.options(), memory());
    let saved = credentials.save(&registry("r.example"), &basic("u", "p")).unwrap();
    assert_eq!(saved.place, Place::Keyring);
    assert_eq!(home.text(), r#"{"auths":{"r.example":{}}}"#, "the old secret is gone from the file");
    assert_eq!(find(&credentials, "r.example").unwrap(), Some(basic("u", "p")));
    let erased = credentials.erase(&registry("r.example")).unwrap();
    assert!(erased.was_there && erased.remains_in.is_empty());
    assert_eq!((home.text().as_str(), held(&credentials).len()), (r#"{"auths":{}}"#, 0));
}

#[test]
fn without_a_keyring_the_file_gets_it_and_the_reason_is_told() {
    let home = Home::new();
    let credentials = Credentials::with_keyring(home.options(), Keyring::Absent);
    let saved = credentials.save(&registry("r.example"), &basic("u", "p")).unwrap();
    let reason = Some("nobody answers".to_owned());
    assert_eq!(saved.place, Place::File { path: home.config(), keyring_missing_because: reason });
    assert_eq!(find(&credentials, "r.example").unwrap(), Some(basic("u", "p")));
    // A mark from better times can be removed, and what may be left is told.
    home.write(".docker/config.json", r#"{"auths":{"r.example":{}}}"#);
    let erased = credentials.erase(&registry("r.example")).unwrap();
    assert!(erased.was_there);
    assert_eq!(erased.remains_in, ["the keyring, which is not available: nobody answers"]);
    assert_eq!(home.text(), r#"{"auths":{}}"#);
}

#[cfg(not(feature = "keyring"))]
#[test]
fn a_build_without_keyring_says_so() {
    let home = Home::new();
    let credentials = Credentials::new(Options { keyring: true, ..home.options() });
    let saved = credentials.save(&registry("r.example"), &basic("u", "p")).unwrap();
    let Place::File { keyring_missing_because: Some(reason), .. } = saved.place else { panic!("{saved:?}") };
    assert_eq!(reason, "this program was built without it");
}

#[test]
fn the_keyring_keeps_nothing_that_the_file_could_not_mark() {
    let home = Home::new();
    let path = home.write("not-a-directory", "").join("config.json");
    let options = Options { docker_config_file: Some(path), ..home.options() };
    let credentials = Credentials::with_keyring(options, memory());
    let error = credentials.save(&registry("r.example"), &basic("u", "p")).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Local);
    assert_eq!(held(&credentials), Vec::<String>::new());
}

#[test]
fn modes_get_narrower_only() {
    for (before, after) in
        [(0o644, 0o600), (0o666, 0o600), (0o640, 0o600), (0o600, 0o600), (0o400, 0o400), (0o755, 0o600)]
    {
        let (home, credentials) = Home::with_config("{}");
        set_mode(&home.config(), before);
        credentials.save(&registry("r.example"), &basic("u", "p")).unwrap();
        assert_eq!(mode(&home.config()), after, "{before:o}");
    }
}

#[test]
fn symbolic_links_stay_and_their_targets_change() {
    let home = Home::new();
    let target = home.write("real/target.json", "{}");
    fs::create_dir_all(home.path(".docker")).unwrap();
    symlink("../real/target.json", home.path(".docker/link.json")).unwrap();
    symlink("link.json", home.config()).unwrap();
    let credentials = Credentials::new(home.options());
    credentials.save(&registry("r.example"), &basic("u", "p")).unwrap();
    assert!(home.config().is_symlink() && home.path(".docker/link.json").is_symlink());
    assert!(!target.is_symlink());
    assert!(json(&target)["auths"]["r.example"].is_object());
    assert!(home.path("real/target.json.lock").exists(), "all links to a file share its lock");
    // A link to nothing yet.
    fs::remove_file(&target).unwrap();
    credentials.save(&registry("r.example"), &basic("u", "p")).unwrap();
    assert!(home.config().is_symlink() && json(&target)["auths"]["r.example"].is_object());
    // A link to itself.
    fs::remove_file(home.config()).unwrap();
    symlink("config.json", home.config()).unwrap();
    let error = credentials.save(&registry("r.example"), &basic("u", "p")).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Local);
}

#[test]
fn failures_leave_the_old_file() {
    let (home, credentials) = Home::with_config("{\n\"auths\": x}");
    let error = credentials.save(&registry("r.example"), &basic("u", "p")).unwrap_err();
    assert!(matches!(error, CredentialError::File { line: 2, .. }), "{error:?}");
    let error = credentials.erase(&registry("r.example")).unwrap_err();
    assert!(matches!(error, CredentialError::File { line: 2, .. }), "{error:?}");
    assert_eq!(home.text(), "{\n\"auths\": x}");
    for username in ["a:b", "", "a\nb"] {
        let error = credentials.save(&registry("r.example"), &basic(username, "p")).unwrap_err();
        assert!(matches!(error, CredentialError::Username), "{error:?}");
    }
}

#[test]
fn nowhere_to_write_is_said_clearly() {
    let home = Home::new();
    let options = Options { docker_config_file: None, ..home.options() };
    let error = Credentials::new(options).save(&registry("r.example"), &basic("u", "p")).unwrap_err();
    assert!(matches!(error, CredentialError::NoFile), "{error:?}");
    assert_eq!(error.class(), ErrorClass::Local);
    // Below /proc nobody creates files, not even root.
    let path = PathBuf::from("/proc/self/fdinfo/config.json");
    let options = Options { docker_config_file: Some(path.clone()), ..home.options() };
    let error = Credentials::new(options).save(&registry("r.example"), &basic("u", "p")).unwrap_err();
    assert_eq!(error.class(), ErrorClass::Local);
    assert!(error.to_string().contains("/proc/self/fdinfo/config.json"), "{error}");
}

#[test]
fn eight_logins_at_once_are_all_kept() {
    let home = Home::new();
    let credentials = Arc::new(Credentials::new(home.options()));
    let threads: Vec<_> = (0..8)
        .map(|thread| {
            let credentials = Arc::clone(&credentials);
            thread::spawn(move || {
                for login in 0..5 {
                    let name = registry(&format!("r{thread}-{login}.example"));
                    credentials.save(&name, &basic("u", "p")).unwrap();
                }
                credentials.erase(&registry(&format!("r{thread}-0.example"))).unwrap();
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(json(&home.config())["auths"].as_object().unwrap().len(), 32);
}

/// Waits for the lock of another process, which meanwhile changes the file.
#[test]
fn the_lock_holds_between_processes() {
    let home = Home::new();
    home.write(".docker/config.json", "{}");
    let lock = home.path(".docker/config.json.lock");
    File::create(&lock).unwrap();
    let script = r#"exec 9>"$1.lock"; flock 9; echo locked; sleep 0.5; echo '{"auths":{"theirs.example":{}}}' > "$1""#;
    let mut other = Command::new("sh")
        .args(["-c", script, "sh"])
        .arg(home.config())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(other.stdout.take().unwrap()), &mut line).unwrap();
    assert_eq!(line, "locked\n");
    let two: Vec<_> = ["a.example", "b.example"]
        .map(|name| {
            let credentials = Credentials::new(home.options());
            thread::spawn(move || credentials.save(&registry(name), &basic("u", "p")).unwrap())
        })
        .into_iter()
        .collect();
    for thread in two {
        thread.join().unwrap();
    }
    assert!(other.wait().unwrap().success());
    let auths = json(&home.config())["auths"].clone();
    for name in ["theirs.example", "a.example", "b.example"] {
        assert!(auths[name].is_object(), "{name}: {auths}");
    }
    // And ours keeps others out: a lock held here is seen there.
    let held = OpenOptions::new().write(true).open(&lock).unwrap();
    held.lock().unwrap();
    let status = Command::new("flock").arg("-n").arg(&lock).arg("true").status().unwrap();
    assert!(!status.success());
}

/// The umask is the process's, so another process it is: this test, run again below a shell that sets it.
#[test]
fn the_umask_neither_opens_nor_closes_the_file() {
    const HOME: &str = "CREDENTIAL_UMASK_TEST_HOME";
    if let Ok(home) = std::env::var(HOME) {
        let path = PathBuf::from(home).join(".docker/config.json");
        let options = Options { docker_config_file: Some(path), keyring: false, ..Options::default() };
        Credentials::new(options.clone()).save(&registry("r.example"), &basic("u", "p")).unwrap();
        Credentials::new(options).save(&registry("s.example"), &basic("u", "p")).unwrap();
        return;
    }
    let this = std::env::current_exe().unwrap();
    let name = thread::current().name().unwrap().to_owned();
    for umask in ["000", "022", "077", "0777"] {
        let home = Home::new();
        let script = format!("umask {umask}; exec \"$0\" --exact \"$1\"");
        let output =
            Command::new("sh").args(["-c", &script]).arg(&this).arg(&name).env(HOME, home.path("")).output().unwrap();
        assert!(output.status.success(), "{umask}: {}", String::from_utf8_lossy(&output.stdout));
        assert_eq!(mode(&home.path(".docker")), 0o700, "{umask}");
        assert_eq!(mode(&home.config()), 0o600, "{umask}");
        assert_eq!(mode(&home.path(".docker/config.json.lock")), 0o600, "{umask}");
        assert_eq!(json(&home.config())["auths"].as_object().unwrap().len(), 2, "{umask}");
    }
}

#[test]
fn forgetting_takes_every_form_of_the_key_and_no_other() {
    let (home, credentials) = Home::with_config(
        r#"{"auths":{"r.example":{"auth":"dTpw"},"https://r.example/v1/":{"auth":"dTpw"},"r.example:5000":{"auth":"dTpw"},"r.example.evil.net":{"auth":"dTpw"}}}"#,
    );
    assert!(credentials.erase(&registry("r.example")).unwrap().was_there);
    assert_eq!(home.text(), r#"{"auths":{"r.example:5000":{"auth":"dTpw"},"r.example.evil.net":{"auth":"dTpw"}}}"#);
    let erased = credentials.erase(&registry("other.example")).unwrap();
    assert!(!erased.was_there && erased.remains_in.is_empty());
    let (home, credentials) = Home::with_config(
        r#"{"auths":{"https://index.docker.io/v1/":{"auth":"dTpw"},"https://index.docker.io/v1/refresh-token":{"auth":"dTpw"},"docker.io":{"auth":"dTpw"}}}"#,
    );
    assert!(credentials.erase(&registry("docker.io")).unwrap().was_there);
    assert_eq!(home.text(), r#"{"auths":{}}"#);
}

#[test]
fn forgetting_without_a_file_creates_none() {
    let home = Home::new();
    assert!(!Credentials::new(home.options()).erase(&registry("r.example")).unwrap().was_there);
    assert!(Credentials::new(home.options()).erase_all().unwrap().registries.is_empty());
    assert!(!home.path(".docker").exists());
}

#[test]
fn what_is_not_ours_to_change_is_told() {
    let home = Home::new();
    let text = r#"{"auths":{"r.example":{"auth":"dTpw"}}}"#;
    let containers = home.write("auth.json", text);
    let credentials = Credentials::new(Options {
        docker_auth_config: Some(Zeroizing::new(text.to_owned())),
        containers_auth_files: vec![containers.clone()],
        ..home.options()
    });
    let saved = credentials.save(&registry("r.example"), &basic("u", "p")).unwrap();
    assert_eq!(saved.shadowed_by.as_deref(), Some("DOCKER_AUTH_CONFIG"));
    assert_eq!(credentials.save(&registry("s.example"), &basic("u", "p")).unwrap().shadowed_by, None);
    let erased = credentials.erase(&registry("r.example")).unwrap();
    assert!(erased.was_there);
    assert_eq!(erased.remains_in, ["DOCKER_AUTH_CONFIG".to_owned(), containers.display().to_string()]);
    assert_eq!(fs::read_to_string(containers).unwrap(), text);
    assert!(credentials.erase(&registry("s.example")).unwrap().remains_in.is_empty());
}

#[test]
fn everything_can_be_forgotten_at_once() {
    let home = Home::new();
    home.write(
        ".docker/config.json",
        r#"{"auths":{"plain.example":{"auth":"dTpw"},"ring.example":{},"broken.example":{}},"psFormat":"x",
            "credsStore":"common","credHelpers":{"broken.example":"broken","ring.example":"","plain.example":""}}"#,
    );
    let common = home.keeper("common");
    home.helper("broken", "echo 'out of order'; exit 1");
    let credentials = Credentials::with_keyring(home.options(), memory());
    for name in ["docker.io", "r.example:5000", "ring.example"] {
        credentials.save(&registry(name), &basic("u", "p")).unwrap();
    }
    let erased = credentials.erase_all().unwrap();
    assert_eq!(erased.registries, ["docker.io", "plain.example", "r.example:5000", "ring.example"]);
    let failures: Vec<_> = erased.failures.iter().map(|(name, error)| (name.as_str(), said(error))).collect();
    assert!(matches!(&failures[..], [("broken.example", why)] if why.contains("out of order")), "{failures:?}");
    assert_eq!(json(&home.config())["auths"], serde_json::json!({ "broken.example": {} }));
    assert_eq!(json(&home.config())["psFormat"], "x");
    assert_eq!(held(&credentials), Vec::<String>::new());
    let left = fs::read_dir(common).unwrap().filter(|entry| entry.as_ref().unwrap().file_name() != "calls").count();
    assert_eq!(left, 0);
}

#[test]
fn a_lock_that_is_let_go_in_time_is_waited_for() {
    let home = Home::new();
    home.write(".docker/config.json", "{}");
    let held = File::create(home.path(".docker/config.json.lock")).unwrap();
    held.lock().unwrap();
    let credentials = Credentials::new(home.options());
    let login = thread::spawn(move || credentials.save(&registry("r.example"), &basic("u", "p")).map(drop));
    thread::sleep(Duration::from_millis(200));
    assert_eq!(home.text(), "{}", "nothing is written without the lock");
    drop(held);
    login.join().unwrap().unwrap();
    assert!(home.text().contains("r.example"));
}
