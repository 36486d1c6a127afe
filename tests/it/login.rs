//! `rcr login` and `rcr logout`: what is checked, where it is saved, and whose credentials are used for what.

use std::os::unix::fs::PermissionsExt as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Artifact, Registry, TestEnv};

fn basic(user: &str, password: &str) -> String {
    STANDARD.encode(format!("{user}:{password}"))
}

/// A registry that lets in users with these passwords, with one image.
fn private(users: &[(&str, &str)]) -> Registry {
    let accepted: Vec<_> = users.iter().map(|(user, password)| format!("Basic {}", basic(user, password))).collect();
    let accepted: Vec<_> = accepted.iter().map(String::as_str).collect();
    let registry = Registry::builder().wants(&accepted, "Basic realm=\"test\"").start();
    registry.add("team/image", "v1", &Artifact::image(400).build());
    registry
}

fn env_with(user: &str, password: &str) -> TestEnv {
    let env = TestEnv::new();
    env.secret_login(user, password);
    env
}

#[test]
fn a_wrong_password_is_exit_4_and_saved_nowhere() {
    let registry = private(&[("alice", "s3cr3t-right")]);
    let env = env_with("alice", "s3cr3t-wrong");
    let output = env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]).stdin("s3cr3t-wrong").code(4);
    output.stdout_is("").stderr_has("error: ");
    assert_eq!(env.docker_config_json(), Value::Null);
}

#[test]
fn a_password_that_could_not_be_checked_is_not_called_good() {
    let registry = Registry::start();
    let env = env_with("alice", "s3cr3t-unknown");
    let login = |flag: &[&str]| {
        let run = env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]);
        run.args(flag).stdin("s3cr3t-unknown").success()
    };
    let output = login(&["--dry-run"]);
    output.stderr_has("lets everybody in").stderr_has("nothing could be checked; nothing was saved");
    assert_eq!(env.docker_config_json(), Value::Null);
    let output = login(&[]).stderr_has("Login saved; the password could not be checked");
    assert!(!output.stderr.contains("Succeeded"), "{output}");
}

#[test]
fn logging_out_for_show_says_what_would_be_done() {
    let env = TestEnv::new();
    env.write_docker_config(&json!({"auths": {"in.test": {"auth": basic("alice", "a-password")}}}));
    let theirs = json!({"auths": {"podman.test": {"auth": basic("alice", "a-password")}}});
    env.write("config/containers/auth.json", theirs.to_string());
    for (host, said, warned) in [
        ("in.test", ("would remove login credentials for", "Removing login credentials for"), false),
        ("nosuch.test", ("Not logged in to", "Not logged in to"), false),
        ("podman.test", ("Not logged in to", "Not logged in to"), true),
    ] {
        for (args, said) in [(&["logout", "--dry-run", host][..], said.0), (&["logout", host], said.1)] {
            let output = env.rcr(args).success().stderr_has(&format!("{said} {host}"));
            assert_eq!(output.stderr.contains("may remain in"), warned, "{output}");
        }
    }
}

#[test]
fn the_line_end_behind_a_password_is_not_part_of_it() {
    for end in ["", "\n", "\r\n"] {
        let registry = private(&[("alice", "s3cr3t space ")]);
        let env = env_with("alice", "s3cr3t space ");
        let login = env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]);
        login.stdin(format!("s3cr3t space {end}")).success();
        assert_eq!(env.docker_config_json()["auths"][registry.host()]["auth"], json!(basic("alice", "s3cr3t space ")));
    }
}

#[test]
fn fault_103_without_a_terminal_nothing_is_asked() {
    let registry = private(&[("alice", "s3cr3t-right")]);
    let env = TestEnv::new();
    env.rcr(["login", &registry.host()]).code(2).stderr_has("--password-stdin");
    env.rcr(["login", "-u", "alice", &registry.host()]).code(2).stderr_has("--password-stdin");
    env.rcr(["login", "--password-stdin", &registry.host()]).stdin("s3cr3t-right").code(2).stderr_has("-u");
    env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]).stdin("").code(2);
    assert_eq!(registry.log().iter().filter(|request| request.header("authorization").is_some()).count(), 0);
}

#[test]
fn a_password_on_the_command_line_works_and_is_warned_about() {
    let registry = private(&[("alice", "s3cr3t-right")]);
    let env = env_with("alice", "s3cr3t-right");
    let output = env.rcr(["login", "-u", "alice", "-p", "s3cr3t-right", &registry.host()]).success();
    output.stderr_has("warning").stderr_has("--password-stdin");
    env.rcr(["pull", &registry.reference("team/image:v1")]).success();
}

#[test]
fn fault_104_without_a_keyring_the_file_is_used_with_one_warning() {
    let registry = private(&[("alice", "s3cr3t-right")]);
    let env = env_with("alice", "s3cr3t-right");
    let output =
        env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]).stdin("s3cr3t-right").success();
    assert_eq!(output.stderr.lines().filter(|line| line.starts_with("warning: ")).count(), 1, "{output}");
    assert_eq!(env.docker_config_json()["auths"][registry.host()], json!({"auth": basic("alice", "s3cr3t-right")}));
}

#[test]
fn fault_95_the_file_is_private_and_keeps_what_it_held() {
    let registry = private(&[("alice", "s3cr3t-right")]);
    let env = env_with("alice", "s3cr3t-right");
    let before = json!({
        "HttpHeaders": {"X-Meta": "1"}, "psFormat": "table", "numbers": 12_345_678_901_234_567_u64,
        "auths": {"other.example": {"auth": basic("bob", "other"), "extra": [1, 2]}},
    });
    env.write_docker_config(&before);
    env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]).stdin("s3cr3t-right").success();
    let mut expected = before;
    expected["auths"][registry.host()] = json!({"auth": basic("alice", "s3cr3t-right")});
    assert_eq!(env.docker_config_json(), expected);
    let mode = std::fs::metadata(env.docker_config()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    env.rcr(["logout", &registry.host()]).success();
    expected["auths"].as_object_mut().unwrap().remove(&registry.host());
    assert_eq!(env.docker_config_json(), expected);
}

#[test]
fn logout_of_all_forgets_all() {
    let registries = [private(&[("alice", "s3cr3t-right")]), private(&[("alice", "s3cr3t-right")])];
    let env = env_with("alice", "s3cr3t-right");
    for registry in &registries {
        env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]).stdin("s3cr3t-right").success();
    }
    env.rcr(["logout", "--all"]).success().stdout_is("");
    for registry in &registries {
        env.rcr(["pull", &registry.reference("team/image:v1")]).code(4);
    }
    assert!(!env.docker_config_json().to_string().contains("\"auth\""));
}

#[test]
fn fault_109_parallel_logins_all_stay() {
    let registries: Vec<_> = (0..8).map(|_| private(&[("alice", "s3cr3t-right")])).collect();
    let env = env_with("alice", "s3cr3t-right");
    let running: Vec<_> = registries
        .iter()
        .map(|registry| {
            let login = env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]);
            login.stdin("s3cr3t-right").spawn()
        })
        .collect();
    for login in running {
        login.wait().success();
    }
    let config = env.docker_config_json();
    assert_eq!(config["auths"].as_object().map(serde_json::Map::len), Some(8), "{config}");
}

/// A credential helper that keeps its secrets in files of the home directory.
fn helper(env: &TestEnv, name: &str) {
    let body = r#"
name=$(cat)
case "$1" in
  store) url=$(printf %s "$name" | sed 's/.*"ServerURL": *"\([^"]*\)".*/\1/') ;;
  *) url=$name ;;
esac
file="$HOME/kept-$(printf %s "$url" | tr '/:' '__')"
case "$1" in
  store) printf %s "$name" > "$file" ;;
  erase) rm -f "$file" ;;
  get) if [ -f "$file" ]; then cat "$file"; else echo "credentials not found in native keychain"; exit 1; fi ;;
esac"#;
    env.script(&format!("docker-credential-{name}"), body);
}

fn kept_file(env: &TestEnv, registry: &Registry) -> std::path::PathBuf {
    env.home().join(format!("kept-{}", registry.host().replace(':', "_")))
}

#[test]
fn helpers_are_asked_told_and_made_to_forget() {
    for setting in ["credHelpers", "credsStore"] {
        let registry = private(&[("alice", "s3cr3t-right")]);
        let env = env_with("alice", "s3cr3t-right");
        helper(&env, "files");
        let kept = kept_file(&env, &registry);
        env.may_hold_secrets(&kept);
        let value = if setting == "credHelpers" { json!({registry.host(): "files"}) } else { json!("files") };
        env.write_docker_config(&json!({setting: value}));
        let image = registry.reference("team/image:v1");
        env.rcr(["pull", &image]).code(4).hint_has("rcr login");
        env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]).stdin("s3cr3t-right").success();
        assert!(kept.exists(), "{setting}");
        assert!(!env.docker_config_json().to_string().contains(&basic("alice", "s3cr3t-right")));
        env.rcr(["pull", &image]).success();
        env.rcr(["logout", &registry.host()]).success();
        assert!(!kept.exists(), "{setting}");
        env.rcr(["--store", &env.root().join("other").display().to_string(), "pull", &image]).code(4);
    }
}

#[test]
fn fault_73_a_helper_that_is_missing_stops_everything() {
    let registry = private(&[("alice", "s3cr3t-right")]);
    let env = env_with("alice", "s3cr3t-right");
    let auth = basic("alice", "s3cr3t-right");
    env.write_docker_config(&json!({
        "credHelpers": {registry.host(): "missing"},
        "auths": {registry.host(): {"auth": auth}, "other.example": {"auth": auth}},
    }));
    env.rcr(["pull", &registry.reference("team/image:v1")]).code(4).stderr_has("docker-credential-missing");
    assert!(registry.log().iter().all(|request| request.header("authorization").is_none()), "{registry:?}");
}

#[test]
fn fault_71_a_helper_that_fails_keeps_its_secret() {
    let cases = [
        ("prints terminal codes", "printf '\\033[2Jno\\033]52;c;eA==\\007'; printf '\\033[2J' >&2; exit 1"),
        ("hangs", "exec sleep 600"),
        ("hangs with a child that keeps its output", "sleep 3 & wait"),
        ("prints without end", "exec cat /dev/zero"),
        ("prints no JSON", "echo s3cr3t-of-the-helper"),
        ("fails with a secret on stderr", "echo s3cr3t-of-the-helper >&2; exit 1"),
        ("prints too much", "head -c 3000000 /dev/zero"),
    ];
    for (name, body) in cases {
        let registry = private(&[("alice", "s3cr3t-right")]);
        let env = TestEnv::new();
        env.secret("s3cr3t-of-the-helper");
        let script = env.script("docker-credential-odd", body);
        env.may_hold_secrets(&script);
        env.write_docker_config(&json!({"credHelpers": {registry.host(): "odd"}}));
        // It is given half a minute; here less.
        env.set("RCR_TEST_HASTE", "30");
        let output = env.rcr(["pull", &registry.reference("team/image:v1")]).run();
        assert_eq!(output.exit(), Some(4), "{name}\n{output}");
        assert!(!output.stderr.contains('\u{1b}'), "{name}\n{output}");
    }
}

#[test]
fn fault_110_no_process_is_told_a_secret_where_others_can_see_it() {
    let registry = private(&[("alice", "s3cr3t-right")]);
    let env = env_with("alice", "s3cr3t-right");
    // A helper that writes down what the user's other programs can see of it, and of who started it.
    let seen = env.home().join("seen");
    let body = "cat > /dev/null
        for process in $$ $PPID; do
            tr '\\0' '\\n' < /proc/$process/cmdline >> \"$HOME/seen\"
            tr '\\0' '\\n' < /proc/$process/environ >> \"$HOME/seen\"
        done
        case \"$1\" in get) echo 'credentials not found in native keychain'; exit 1 ;; esac";
    env.script("docker-credential-nosy", body);
    env.may_change(&seen);
    env.write_docker_config(&json!({"credsStore": "nosy"}));
    env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]).stdin("s3cr3t-right").success();
    // What it wrote was searched for secrets when the command had ended.
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains("docker-credential-nosy") && seen.contains("--password-stdin"), "{seen}");
}

#[test]
fn fault_72_a_helper_is_a_name_and_nothing_else() {
    for name in ["../evil", "/bin/sh", "a;b", "a b"] {
        let registry = private(&[("alice", "s3cr3t-right")]);
        let env = TestEnv::new();
        env.script("evil", "touch \"$HOME/executed\"");
        env.write_docker_config(&json!({"credHelpers": {registry.host(): name}}));
        let output = env.rcr(["pull", &registry.reference("team/image:v1")]).run();
        assert_eq!(output.exit(), Some(2), "{name:?}\n{output}");
        assert!(!env.home().join("executed").exists());
    }
}

#[test]
fn credentials_come_from_every_documented_place() {
    let registry = private(&[("alice", "s3cr3t-right")]);
    let auths = json!({"auths": {registry.host(): {"auth": basic("alice", "s3cr3t-right")}}}).to_string();
    let image = registry.reference("team/image:v1");
    for place in ["runtime/containers/auth.json", "config/containers/auth.json", "home/.docker/config.json"] {
        let env = env_with("alice", "s3cr3t-right");
        env.may_hold_secrets(&env.write(place, &auths));
        let output = env.rcr(["pull", &image]).run();
        assert_eq!(output.exit(), Some(0), "{place}\n{output}");
    }
    for (variable, is_path) in [("DOCKER_AUTH_CONFIG", false), ("REGISTRY_AUTH_FILE", true)] {
        let env = env_with("alice", "s3cr3t-right");
        let file = env.write("elsewhere.json", &auths);
        env.may_hold_secrets(&file);
        let value = if is_path { file.display().to_string() } else { auths.clone() };
        let output = env.rcr(["pull", &image]).env(variable, value).run();
        assert_eq!(output.exit(), Some(0), "{variable}\n{output}");
    }
    let env = env_with("alice", "s3cr3t-right");
    env.may_hold_secrets(&env.write("docker/config.json", &auths));
    env.rcr(["pull", &image]).env("DOCKER_CONFIG", env.root().join("docker")).success();
}

#[test]
fn login_writes_where_it_is_told_to() {
    let registry = private(&[("alice", "s3cr3t-right")]);
    let env = env_with("alice", "s3cr3t-right");
    let file = env.root().join("elsewhere.json");
    env.may_hold_secrets(&file);
    env.set("REGISTRY_AUTH_FILE", &file);
    env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]).stdin("s3cr3t-right").success();
    assert!(file.exists());
    assert_eq!(env.docker_config_json(), Value::Null);
    env.rcr(["pull", &registry.reference("team/image:v1")]).success();
}

#[test]
fn the_longest_path_wins() {
    let registry = private(&[("team", "s3cr3t-of-team")]);
    let env = env_with("team", "s3cr3t-of-team");
    let host = registry.host();
    env.may_hold_secrets(
        &env.write(
            "runtime/containers/auth.json",
            json!({"auths": {
                &host: {"auth": basic("all", "s3cr3t-of-all")},
                format!("{host}/team"): {"auth": basic("team", "s3cr3t-of-team")},
                format!("{host}/tea"): {"auth": basic("tea", "s3cr3t-of-tea")},
                format!("{host}/team/image/deeper"): {"auth": basic("deep", "s3cr3t-of-deep")},
            }})
            .to_string(),
        ),
    );
    env.rcr(["pull", &registry.reference("team/image:v1")]).success();
}

#[test]
fn credentials_of_another_port_are_not_shown() {
    let registry = private(&[("alice", "s3cr3t-right")]);
    let env = env_with("alice", "s3cr3t-right");
    let auth = json!({"auth": basic("alice", "s3cr3t-right")});
    let host = registry.host();
    let almost = [format!("{host}0"), format!("1{host}"), "127.0.0.1".to_owned(), format!("{host}.evil.example")];
    let auths: serde_json::Map<_, _> = almost.iter().map(|key| (key.clone(), auth.clone())).collect();
    env.write_docker_config(&json!({"auths": auths}));
    env.rcr(["pull", &registry.reference("team/image:v1")]).code(4);
    registry.assert_told_nothing(env.secrets());
}

#[test]
fn fault_101_a_broken_file_is_named_with_its_line() {
    let registry = private(&[("alice", "s3cr3t-right")]);
    let env = TestEnv::new();
    env.write("home/.docker/config.json", "{\n  \"auths\": {\n    oops\n");
    let output = env.rcr(["pull", &registry.reference("team/image:v1")]).code(2);
    output.stderr_has("config.json:3");
    let login = env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]).stdin("s3cr3t-right");
    login.code(2);
    assert_eq!(std::fs::read_to_string(env.docker_config()).unwrap(), "{\n  \"auths\": {\n    oops\n");
}

#[test]
fn a_prompt_ends_with_ctrl_c() {
    let registry = Registry::start();
    for user in ["", "-u someone"] {
        // A handler that is installed, or not, by chance shows only in several runs.
        for _ in 0..4 {
            let env = TestEnv::new();
            let login = format!("exec \"$RCR\" login {user} {}", registry.host());
            let script = format!("(sleep 0.5; printf '\\003'; sleep 1) | script -qec '{login}' /dev/null");
            env.program("sh", ["-c", &script]).env("RCR", env!("CARGO_BIN_EXE_rcr")).code(130);
        }
    }
}
