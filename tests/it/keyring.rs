//! The keyring of the desktop, as gnome-keyring serves it on a message bus of its own.

use crate::support::{Artifact, Distribution, Registry, TestEnv};

const PASSWORD: &str = "s3cr3t-in-the-ring";

/// Runs a shell script beside a fresh message bus with an unlocked keyring. `$RCR` and `$HOST` are set.
fn with_keyring<'e>(env: &'e TestEnv, host: &str, script: &str) -> crate::support::process::Run<'e> {
    for (program, package) in [("dbus-run-session", "dbus"), ("gnome-keyring-daemon", "gnome-keyring")] {
        let found = std::fs::exists(format!("/usr/bin/{program}")).unwrap_or(false);
        assert!(found, "{program} is missing: install the Debian package `{package}`");
    }
    let whole = format!(
        "printf ring | gnome-keyring-daemon --unlock --components=secrets > \"$HOME/daemon.log\" 2>&1 || exit 99
         {script}"
    );
    // The bus and the keyring are left to themselves: their files are not the program's.
    let run = env.program("dbus-run-session", ["--", "sh", "-c", &whole]);
    run.env("RCR", env!("CARGO_BIN_EXE_rcr")).env("HOST", host).env("PASSWORD", PASSWORD)
}

fn registry() -> (Distribution, TestEnv) {
    let env = TestEnv::new();
    env.secret_login("alice", PASSWORD);
    (Distribution::builder().htpasswd("alice", PASSWORD).start(), env)
}

#[test]
fn a_login_is_kept_in_the_keyring_and_found_there() {
    let (registry, env) = registry();
    let source = Registry::start();
    source.add("image", "v1", &Artifact::image(1300).build());
    let script = "
        printf %s \"$PASSWORD\" | \"$RCR\" login -u alice --password-stdin \"$HOST\" || exit 10
        cp \"$HOME/.docker/config.json\" \"$HOME/after-login.json\"
        \"$RCR\" pull \"$SOURCE\" || exit 11
        \"$RCR\" push \"$SOURCE\" \"$HOST/image:v1\" || exit 12
        \"$RCR\" --store \"$HOME/second\" pull \"$HOST/image:v1\" || exit 13
        \"$RCR\" logout \"$HOST\" || exit 14
        \"$RCR\" --store \"$HOME/third\" pull \"$HOST/image:v1\"; code=$?
        [ $code = 4 ] || exit 15";
    let output = with_keyring(&env, &registry.host(), script).env("SOURCE", source.reference("image:v1")).success();
    output.stderr_lacks("warning: ");
    // Docker's file says only that there is something to ask the keyring for.
    let config: serde_json::Value =
        serde_json::from_slice(&std::fs::read(env.home().join("after-login.json")).unwrap()).unwrap();
    assert_eq!(config["auths"][registry.host()], serde_json::json!({}));
    assert!(!env.docker_config_json().to_string().contains(&registry.host()), "{}", env.docker_config_json());
}

#[test]
fn fault_104_a_keyring_that_went_away_is_exit_4_for_its_hosts_only() {
    let (registry, env) = registry();
    let script = "printf %s \"$PASSWORD\" | \"$RCR\" login -u alice --password-stdin \"$HOST\"";
    with_keyring(&env, &registry.host(), script).success();
    let public = Registry::start();
    public.add("image", "v1", &Artifact::image(1301).build());
    // No message bus any more: a public image elsewhere does not need it.
    env.rcr(["pull", &public.reference("image:v1")]).success().stderr_lacks("keyring");
    env.rcr(["pull", &registry.reference("image:v1")]).code(4).stderr_has("keyring");
}
