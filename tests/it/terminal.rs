//! What is different on a terminal: questions, bars, colours. `script` gives the program one.

use std::time::Duration;

use crate::support::process::Run;
use crate::support::{Artifact, Cut, Distribution, Registry, Reply, TestEnv};

/// Runs `$RCR` and the rest of `command` on a terminal of this many columns.
fn on_a_terminal<'e>(env: &'e TestEnv, columns: usize, command: &str) -> Run<'e> {
    let inner = format!("stty cols {columns} rows 40; \"$RCR\" {command}");
    // Everything that the terminal shows is on stdout; what is typed comes from the function `typed`.
    let script = "typed | script -qefc \"$INNER\" \"$HOME/shown\"";
    let typed = "
        typed() {
            [ -n \"$ANSWER\" ] || return 0
            for question in Username Password; do
                until grep -q \"$question\" \"$HOME/shown\" 2> /dev/null; do sleep 0.02; done
                sleep 0.2
                if [ $question = Username ]; then echo alice; else echo \"$ANSWER\"; fi
            done
        }";
    let whole = format!("{typed}\n{script}");
    let run = env.program("bash", ["-o", "pipefail", "-c", &whole]);
    run.env("INNER", inner).env("RCR", env!("CARGO_BIN_EXE_rcr")).env("TERM", "xterm-256color").env("SHELL", "/bin/sh")
}

/// A registry that takes its time, and an image of four layers in it.
fn slow() -> (Registry, Artifact) {
    let is_blob = |request: &crate::support::Request| request.path.contains("/blobs/");
    let pause = |reply: Reply| {
        let half = reply.body.len() / 2;
        reply.cut(half, Cut::Pause(Duration::from_secs(1)))
    };
    let builder = Registry::builder().spoil(usize::MAX, is_blob, pause);
    let (registry, image) = (builder.start(), Artifact::image(1800).layers(&[50_000; 4]).build());
    registry.add("team/image", "v1", &image);
    (registry, image)
}

#[test]
fn a_login_asks_and_shows_no_password() {
    let env = TestEnv::new();
    env.secret_login("alice", "s3cr3t-typed");
    let registry = Distribution::builder().htpasswd("alice", "s3cr3t-typed").start();
    let command = format!("login {}", registry.host());
    // That the password is not echoed is what the leak oracle looks at: `shown` is no credential file.
    let output = on_a_terminal(&env, 80, &command).env("ANSWER", "s3cr3t-typed").success();
    output.stdout_has("Username").stdout_has("Password").stdout_has("Login Succeeded");
    assert!(env.docker_config_json()["auths"][registry.host()]["auth"].is_string());
}

#[test]
fn a_login_that_is_interrupted_leaves_a_terminal_that_echoes() {
    let env = TestEnv::new();
    let registry = Distribution::builder().htpasswd("alice", "s3cr3t-typed").start();
    let command = format!("login {}; echo \"code=$?\"; stty -a", registry.host());
    let output = on_a_terminal(&env, 80, &command).env("ANSWER", "\u{3}").timeout(Duration::from_secs(20)).success();
    output.stdout_has("code=130").stdout_has(" echo ");
    assert!(!env.docker_config().exists());
}

/// What tmux shows of `pull` while it moves bytes, on a terminal of this many columns.
fn picture(env: &TestEnv, columns: usize, reference: &str) -> String {
    assert!(std::fs::exists("/usr/bin/tmux").unwrap_or(false), "tmux is missing: install the Debian package `tmux`");
    let script = format!(
        "tmux -S \"$HOME/tmux\" -f /dev/null new-session -d -x {columns} -y 24 \"$RCR pull $REF; sleep 60\"
         shown=
         until case $shown in *Total*) true ;; *) false ;; esac; do
             sleep 0.05
             shown=$(tmux -S \"$HOME/tmux\" capture-pane -p)
         done
         printf '%s\\n' \"$shown\"
         tmux -S \"$HOME/tmux\" kill-server"
    );
    let run = env.program("sh", ["-c", &script]).env("RCR", env!("CARGO_BIN_EXE_rcr")).env("REF", reference);
    env.was_killed();
    run.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").success().stdout
}

#[test]
fn every_layer_has_a_row_and_no_row_wraps() {
    for columns in [80, 40] {
        let (env, (registry, image)) = (TestEnv::new(), slow());
        let shown = picture(&env, columns, &registry.reference("team/image:v1"));
        let rows: Vec<_> = shown.lines().filter(|row| !row.is_empty()).collect();
        for layer in image.layers() {
            let own = rows.iter().filter(|row| row.starts_with(&layer.hex()[..12])).count();
            assert_eq!(own, 1, "{columns}:\n{shown}");
        }
        let known = |row: &str| {
            let is_layer = image.blobs.iter().any(|blob| row.starts_with(&blob.hex()[..12]));
            is_layer || row.starts_with("v1: Pulling") || row.starts_with("Total")
        };
        assert!(rows.iter().all(|row| known(row)), "a row wraps at {columns} columns:\n{shown}");
    }
}

#[test]
fn fault_103_where_bars_are_not_wanted_there_are_none() {
    for (variable, value) in [("TERM", "dumb"), ("CI", "true")] {
        let (env, (registry, _)) = (TestEnv::new(), slow());
        let run = on_a_terminal(&env, 80, &format!("pull {}", registry.reference("team/image:v1")));
        let output = run.env(variable, value).success();
        assert!(!output.stdout.contains("\x1b["), "{variable}\n{output:?}");
        output.stdout_has("Pull complete");
    }
}

#[test]
fn fault_103_without_colour_nothing_is_painted() {
    let (env, (registry, _)) = (TestEnv::new(), slow());
    let command = format!("pull {} {}", registry.reference("team/image:v1"), registry.reference("missing:v1"));
    let output = on_a_terminal(&env, 80, &command).env("NO_COLOR", "1").code(3);
    let painted = output.stdout.split("\x1b[").skip(1).any(|rest| {
        let end = rest.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(0);
        rest[end..].starts_with('m') && !matches!(&rest[..end], "" | "0")
    });
    assert!(!painted, "{output:?}");
}
