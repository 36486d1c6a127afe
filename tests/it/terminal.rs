//! What is different on a terminal: questions, bars, colours. `script` gives the program one.

use std::time::Duration;

use crate::support::process::Run;
use crate::support::{Artifact, Distribution, Registry, TestEnv};

/// Runs `$RCR` and the rest of `command` on a terminal of this many columns.
fn on_a_terminal<'e>(env: &'e TestEnv, columns: usize, command: &str) -> Run<'e> {
    let inner = format!("stty cols {columns} rows 40; exec \"$RCR\" {command}");
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
    let builder = Registry::builder().spoil(usize::MAX, is_blob, |reply| reply.delayed(Duration::from_millis(400)));
    let (registry, image) = (builder.start(), Artifact::image(1800).layers(&[50_000; 4]).build());
    registry.add("team/image", "v1", &image);
    (registry, image)
}

/// The lines as they were drawn, without what moves the cursor or paints.
fn drawn(shown: &str) -> Vec<String> {
    let mut plain = String::new();
    let mut characters = shown.chars();
    while let Some(character) = characters.next() {
        if character == '\x1b' {
            let _ = characters.by_ref().find(char::is_ascii_alphabetic);
        } else {
            plain.push(character);
        }
    }
    plain.split(['\r', '\n']).map(str::to_owned).collect()
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
fn bars_are_drawn_and_fit() {
    for columns in [80, 40] {
        let (env, (registry, image)) = (TestEnv::new(), slow());
        let output = on_a_terminal(&env, columns, &format!("pull {}", registry.reference("team/image:v1"))).success();
        assert!(output.stdout.contains("\x1b["), "{output}");
        output.clone().stdout_has(&image.layers()[0].hex()[..12]);
        let bars = drawn(&output.stdout).into_iter().filter(|line| line.contains(&image.layers()[0].hex()[..12]));
        for line in bars {
            assert!(line.chars().count() <= columns, "{columns}: {line:?}");
        }
    }
}

#[test]
fn where_bars_are_not_wanted_there_are_none() {
    for (variable, value) in [("TERM", "dumb"), ("CI", "true")] {
        let (env, (registry, _)) = (TestEnv::new(), slow());
        let run = on_a_terminal(&env, 80, &format!("pull {}", registry.reference("team/image:v1")));
        let output = run.env(variable, value).success();
        assert!(!output.stdout.contains("\x1b["), "{variable}\n{output:?}");
        output.stdout_has("Pull complete");
    }
}

#[test]
fn without_colour_nothing_is_painted() {
    let (env, (registry, _)) = (TestEnv::new(), slow());
    let command = format!("pull {} {}", registry.reference("team/image:v1"), registry.reference("missing:v1"));
    let output = on_a_terminal(&env, 80, &command).env("NO_COLOR", "1").code(3);
    let painted = output.stdout.split("\x1b[").skip(1).any(|rest| {
        let end = rest.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(0);
        rest[end..].starts_with('m') && !matches!(&rest[..end], "" | "0")
    });
    assert!(!painted, "{output:?}");
}
