//! Names without a host: which registries are asked, in which order, and what becomes of each answer.

use std::net::TcpListener;

use serde_json::json;

use crate::support::process::Run;
use crate::support::registry::Builder;
use crate::support::{Artifact, Listen, Registry, Reply, TestEnv};

/// A registry at 127.0.0.`last`, so that each is a host of its own.
fn at(last: u8) -> Builder {
    Registry::builder().listen(Listen::default().at(last))
}

/// A registry with this image as `etcd:v1`.
fn with_etcd(last: u8, image: &Artifact) -> Registry {
    let registry = at(last).start();
    registry.add("etcd", "v1", image);
    registry
}

/// An address at which nobody listens.
fn nobody() -> String {
    let socket = TcpListener::bind(("127.0.0.9", 0)).unwrap();
    socket.local_addr().unwrap().to_string()
}

/// Writes the file that names these hosts as the search order, and whatever else.
fn order(env: &TestEnv, hosts: &[&str], rest: &str) {
    let text = format!("unqualified-search-registries = {}\n{rest}\n", json!(hosts));
    env.write("system/etc/containers/registries.conf", text);
}

fn rcr<'e>(env: &'e TestEnv, line: &str) -> Run<'e> {
    env.rcr(["--retries", "0"]).args(line.split(' '))
}

fn pinned(registry: &Registry, image: &Artifact) -> String {
    format!("{}@{}", registry.reference("etcd:v1"), image.digest())
}

#[test]
fn the_first_that_has_it_wins_and_nobody_else_is_asked() {
    let (env, image) = (TestEnv::new(), Artifact::image(2700).build());
    let (one, two) = (with_etcd(2, &image), with_etcd(3, &Artifact::image(2701).build()));
    order(&env, &[&one.host(), &two.host()], "");
    let output = rcr(&env, "pull etcd:v1").success();
    let output = output.stdout_is(&format!("{}\n", pinned(&one, &image)));
    let output = output.stderr_has(&format!("Trying to pull repository {} ...\n", one.reference("etcd")));
    output.stderr_has("v1: Pulling from etcd\n").stderr_lacks(&two.host());
    assert_eq!(two.lines(), Vec::<String>::new());
    assert_eq!(env.references(), [one.reference("etcd:v1")]);
    env.store_verify();
}

#[test]
fn who_lacks_it_refuses_or_is_down_is_named_and_the_next_is_asked() {
    let everything = |status, code| at(2).fail(usize::MAX, |_| true, Reply::error(status, code, "no")).start();
    let cases = [
        ("lacks it", Some(at(2).start()), "it answered 404 Not Found, and no credentials were sent"),
        (
            "wants a login",
            Some(at(2).wants(&["Basic nobody-knows"], "Basic realm=\"r\"").start()),
            "it answered 401 Unauthorized, and no credentials were sent",
        ),
        ("forbids", Some(everything(403, "DENIED")), "it answered 403 Forbidden, and no credentials were sent"),
        ("is out of order", Some(everything(503, "UNAVAILABLE")), "it answered 503 Service Unavailable"),
        ("is down", None, "connection refused"),
    ];
    for (name, first, reason) in cases {
        let (env, image) = (TestEnv::new(), Artifact::image(2702).build());
        let two = with_etcd(3, &image);
        let host = first.as_ref().map_or_else(nobody, |first| first.host());
        order(&env, &[&host, &two.host()], "");
        let output = rcr(&env, "pull etcd:v1").success().stdout_is(&format!("{}\n", pinned(&two, &image)));
        let line = output.stderr.lines().find(|line| line.starts_with(&format!("{host}/etcd: ")));
        assert!(line.is_some_and(|line| line.ends_with(reason)), "{name}\n{output}");
        let trying = |host: &str| output.stderr.find(&format!("Trying to pull repository {host}/etcd ...\n")).unwrap();
        assert!(trying(&host) < trying(&two.host()), "{name}\n{output}");
        assert_eq!(output.stderr.matches("Pulling from").count(), 1, "{name}\n{output}");
    }
}

#[test]
fn the_code_is_3_if_all_lack_it_and_else_that_of_the_first_other_failure() {
    let lacking = at(2).start();
    let private = at(3).wants(&["Basic nobody-knows"], "Basic realm=\"r\"").start();
    let gone = nobody();
    let (lacking, private) = (lacking.host(), private.host());
    let cases = [
        ("all lack it", [&lacking, &private], 3, "not_found", json!(404)),
        ("the first wants a login", [&private, &lacking], 3, "not_found", json!(404)),
        ("the last is down", [&lacking, &gone], 5, "connection_refused", json!(null)),
        ("the first is down", [&gone, &private], 5, "connection_refused", json!(null)),
    ];
    for (name, hosts, code, kind, status) in cases {
        let env = TestEnv::new();
        order(&env, &[hosts[0], hosts[1]], "");
        for command in ["pull", "digest", "manifest", "tags", "inspect --remote"] {
            let text = if command == "tags" { "etcd" } else { "etcd:v1" };
            let output = rcr(&env, &format!("{command} {text}")).code(code);
            for host in hosts {
                assert_eq!(
                    output.stderr.matches(&format!("  caused by: {host}/etcd: ")).count(),
                    1,
                    "{name}\n{output}"
                );
            }
            let error = rcr(&env, &format!("--json {command} {text}")).code(code).error_json();
            assert_eq!((&error["kind"], &error["http_status"]), (&json!(kind), &status), "{name}: {error}");
            assert_eq!(error["causes"].as_array().map(Vec::len), Some(2), "{name}: {error}");
            let decisive = if code == 5 { &gone } else { &lacking };
            assert_eq!(error["registry"], json!(decisive), "{name}: {error}");
        }
    }
}

#[test]
fn with_one_registry_nothing_is_said_of_a_search() {
    let (env, one) = (TestEnv::new(), at(2).start());
    order(&env, &[&one.host()], "");
    let output = rcr(&env, "pull etcd:v1").code(3).stderr_lacks("Trying");
    let plain = rcr(&env, &format!("pull {}", one.reference("etcd:v1"))).code(3);
    assert_eq!(
        output.stderr.replace("`etcd:v1`", ""),
        plain.stderr.replace(&format!("`{}`", one.reference("etcd:v1")), "")
    );
}

#[test]
fn every_command_that_reads_goes_on_to_the_registry_that_has_it() {
    let (env, image) = (TestEnv::new(), Artifact::image(2703).build());
    let (one, two) = (at(2).start(), with_etcd(3, &image));
    order(&env, &[&one.host(), &two.host()], "");
    let trying = format!("Trying {} ...\n", two.reference("etcd"));
    let digest = rcr(&env, "digest etcd:v1").success().stdout_is(&format!("{}\n", image.digest()));
    digest.stderr_has(&trying);
    let json = rcr(&env, "digest --json etcd:v1").success().json();
    assert_eq!(json["reference"], two.reference("etcd:v1"));
    rcr(&env, "tags etcd").success().stdout_is("v1\n").stderr_has(&trying);
    let json = rcr(&env, "tags --json etcd").success().json();
    assert_eq!(json["repository"], two.reference("etcd"));
    rcr(&env, "manifest etcd:v1").success().stdout_has("schemaVersion").stderr_has(&trying);
    let output = rcr(&env, "inspect --remote etcd:v1").success().stderr_has(&trying);
    output.stdout_has(&two.reference("etcd:v1"));
}

#[test]
fn a_digest_is_looked_for_where_it_is_and_a_tag_alone_is_whatever_the_first_says() {
    let (env, other, image) = (TestEnv::new(), Artifact::image(2704).build(), Artifact::image(2705).build());
    let (one, two) = (with_etcd(2, &other), with_etcd(3, &image));
    order(&env, &[&one.host(), &two.host()], "");
    rcr(&env, "digest etcd:v1").success().stdout_is(&format!("{}\n", other.digest()));
    for text in [format!("etcd:v1@{}", image.digest()), format!("etcd@{}", image.digest())] {
        let output = rcr(&env, &format!("pull {text}")).success();
        output.stdout_has(&two.host()).stdout_has(&image.digest());
    }
}

#[test]
fn content_that_is_wrong_ends_the_search() {
    let (env, image) = (TestEnv::new(), Artifact::image(2706).build());
    let is_manifest = |request: &crate::support::Request| request.path.contains("/manifests/");
    let one = at(2).spoil(usize::MAX, is_manifest, |_| Reply::ok("{}")).start();
    one.add("etcd", "v1", &image);
    let two = with_etcd(3, &image);
    order(&env, &[&one.host(), &two.host()], "");
    rcr(&env, &format!("pull etcd@{}", image.digest())).code(7);
    assert_eq!(two.lines(), Vec::<String>::new());
}

#[test]
fn a_registry_that_is_blocked_is_passed_over_and_not_contacted() {
    let (env, image) = (TestEnv::new(), Artifact::image(2718).build());
    let (one, two) = (with_etcd(2, &image), with_etcd(3, &image));
    let blocked = format!("[[registry]]\nlocation = \"{}\"\nblocked = true", one.host());
    order(&env, &[&one.host(), &two.host()], &blocked);
    let output = rcr(&env, "pull etcd:v1").success().stdout_is(&format!("{}\n", pinned(&two, &image)));
    output.stderr_has(&format!("{}: {} is blocked by ", one.reference("etcd"), one.host()));
    assert_eq!(one.lines(), Vec::<String>::new());
    rcr(&env, "pull other:v1").code(8);
}

#[test]
fn only_docker_io_has_a_library() {
    let (env, one) = (TestEnv::new(), at(2).start());
    order(&env, &[&one.host(), "docker.io"], "");
    // Port 443 of that address is closed.
    let output = rcr(&env, "--resolve registry-1.docker.io:443:127.0.0.8 pull etcd:v1").code(5);
    output.stderr_has("Trying to pull repository docker.io/library/etcd ...").stderr_lacks("/library/etcd:v1");
    assert!(one.lines().iter().all(|line| !line.contains("library")), "{one:?}");
    assert!(one.lines().iter().any(|line| line.contains("/v2/etcd/manifests/v1")), "{one:?}");
}

#[test]
fn a_registry_is_shown_its_own_credentials_and_no_others() {
    let (env, image) = (TestEnv::new(), Artifact::image(2707).build());
    env.secret_login("alice", "s3cr3t-of-one");
    // `alice:s3cr3t-of-one`
    let basic = "YWxpY2U6czNjcjN0LW9mLW9uZQ==";
    let one = at(2).wants(&[&format!("Basic {basic}")], "Basic realm=\"one\"").start();
    let two = at(3).wants(&["Basic nobody-knows"], "Basic realm=\"two\"").start();
    let three = with_etcd(4, &image);
    env.write_docker_config(&json!({"auths": {one.host(): {"auth": basic}}}));
    order(&env, &[&one.host(), &two.host(), &three.host()], "");
    let output = rcr(&env, "pull etcd:v1").success();
    output.stderr_has(&format!("{}: it answered 404 Not Found\n", one.reference("etcd")));
    assert!(one.log().iter().any(|request| request.header("authorization").is_some()), "{one:?}");
    two.assert_told_nothing(env.secrets());
    three.assert_told_nothing(env.secrets());
}

#[test]
fn credentials_that_are_refused_decide_the_code() {
    let env = TestEnv::new();
    env.secret_login("alice", "s3cr3t-of-one");
    let one = at(2).wants(&["Basic nobody-knows"], "Basic realm=\"one\"").start();
    let two = at(3).start();
    env.write_docker_config(&json!({"auths": {one.host(): {"auth": "YWxpY2U6czNjcjN0LW9mLW9uZQ=="}}}));
    order(&env, &[&two.host(), &one.host()], "");
    rcr(&env, "pull etcd:v1").code(4).hint_has(&format!("rcr login {}", one.host()));
    two.assert_told_nothing(env.secrets());
}

#[test]
fn an_alias_stands_for_one_name() {
    let (env, image) = (TestEnv::new(), Artifact::image(2708).build());
    let (one, two) = (with_etcd(2, &Artifact::image(2709).build()), at(3).start());
    two.add("coreos/etcd", "v1", &image);
    let name = two.reference("coreos/etcd");
    order(&env, &[&one.host()], &format!("short-name-mode = \"enforcing\"\n[aliases]\n\"etcd\" = \"{name}\""));
    let output = rcr(&env, "pull etcd:v1").success();
    let output = output.stdout_is(&format!("{name}:v1@{}\n", image.digest())).stderr_lacks("Trying");
    let said = format!("`etcd` is short for {name} (");
    let line = output.stderr.lines().find(|line| line.starts_with(&said)).map(str::to_owned);
    assert!(line.is_some_and(|line| line.contains("/containers/registries.conf:")), "{output}");
    assert_eq!(one.lines(), Vec::<String>::new());
    rcr(&env, "inspect etcd:v1").success().stdout_has(&name);
    rcr(&env, "-q rmi etcd:v1").success().stdout_is(&format!("{name}:v1\n"));
}

#[test]
fn stored_images_are_found_in_the_order_of_the_search_and_docker_io_comes_last() {
    let (env, image) = (TestEnv::new(), Artifact::image(2710).build());
    let (one, two) = (with_etcd(2, &image), with_etcd(3, &Artifact::image(2711).build()));
    rcr(&env, &format!("pull {}", two.reference("etcd:v1"))).success();
    rcr(&env, &format!("tag {} etcd:v1", two.reference("etcd:v1"))).success().stdout_is("docker.io/library/etcd:v1\n");
    order(&env, &[&one.host(), &two.host()], "");
    rcr(&env, "inspect etcd:v1").success().stdout_has(&two.reference("etcd:v1"));
    rcr(&env, "history etcd:v1").success();
    // A name that is given is on docker.io whatever the order is.
    rcr(&env, "tag etcd:v1 copy:v1").success().stdout_is("docker.io/library/copy:v1\n");
    rcr(&env, "inspect copy:v1").success().stdout_has("docker.io/library/copy:v1");
    let pushed = rcr(&env, "push etcd:v1").success();
    pushed.stdout_has(&two.reference("etcd:v1@"));
    let output = rcr(&env, "inspect nothing:v1").code(3);
    output.stderr_has(&one.reference("nothing:v1")).stderr_has("docker.io/library/nothing:v1");

    let output = rcr(&env, "rmi etcd:v1").code(2);
    output.stderr_has(&two.reference("etcd:v1")).stderr_has("docker.io/library/etcd:v1");
    assert_eq!(env.references().len(), 3);
    rcr(&env, &format!("rmi {}", two.reference("etcd:v1"))).success();
    rcr(&env, "rmi etcd:v1").success().stdout_is("docker.io/library/etcd:v1\n");
    rcr(&env, "rmi etcd:v1").code(3);
    assert_eq!(env.references(), ["docker.io/library/copy:v1"]);
}

#[test]
fn where_one_has_to_be_chosen_and_nobody_is_there_to_choose_nothing_is_asked() {
    let (env, image) = (TestEnv::new(), Artifact::image(2712).build());
    let (one, two) = (with_etcd(2, &image), with_etcd(3, &image));
    order(&env, &[&one.host(), &two.host()], "short-name-mode = \"enforcing\"");
    for command in ["pull etcd:v1", "digest etcd:v1", "tags etcd"] {
        let output = rcr(&env, command).code(2).hint_has("write the full name");
        output.stderr_has(&one.reference("etcd")).stderr_has(&two.reference("etcd")).stderr_has("registries.conf:");
    }
    assert_eq!((one.lines().len(), two.lines().len()), (0, 0));
    rcr(&env, &format!("pull {}", two.reference("etcd:v1"))).success();
    // What is stored leaves no choice.
    rcr(&env, "inspect etcd:v1").success();
}

/// Runs `$RCR` and the rest of `command` on a terminal, and types these lines at the question.
fn typed<'e>(env: &'e TestEnv, command: &str, lines: &[&str]) -> Run<'e> {
    let script = "
        answers() {
            until grep -q 'Which one' \"$HOME/shown\" 2> /dev/null; do sleep 0.02; done
            sleep 0.2
            printf \"$ANSWERS\"
        }
        rm -f \"$HOME/shown\"
        answers | script -qefc \"$INNER\" \"$HOME/shown\"";
    let run = env.program("bash", ["-o", "pipefail", "-c", script]);
    run.env("INNER", format!("\"$RCR\" --retries 0 {command}"))
        .env("ANSWERS", lines.join("\\n") + "\\n")
        .env("RCR", env!("CARGO_BIN_EXE_rcr"))
        .env("SHELL", "/bin/sh")
}

#[test]
fn on_a_terminal_the_choice_is_asked_for_once_and_remembered() {
    let (env, image) = (TestEnv::new(), Artifact::image(2713).build());
    let (one, two) = (with_etcd(2, &Artifact::image(2714).build()), with_etcd(3, &image));
    two.add("etcd", "v2", &image);
    order(&env, &[&one.host(), &two.host()], "short-name-mode = \"enforcing\"");
    let kept = env.write("config/rcr/short-names.toml", "# mine\n[aliases]\n\"a/b\" = \"quay.io/a/b\"\n");
    // No answer is none, and nothing is kept; a number that is not on the list is asked for again.
    typed(&env, "pull etcd:v1", &[""]).code(2).stdout_has("write the full name");
    let output = typed(&env, "pull etcd:v1 etcd:v2", &["9", "x", "2"]).success();
    output.stdout_has(&format!("  2  {}", two.reference("etcd:v1"))).stdout_has("`etcd` is short for");
    assert_eq!(env.references(), [two.reference("etcd:v1"), two.reference("etcd:v2")]);
    assert_eq!(one.lines(), Vec::<String>::new());
    let text = std::fs::read_to_string(kept).unwrap();
    assert_eq!(
        text,
        format!("# mine\n[aliases]\n\"a/b\" = \"quay.io/a/b\"\n\"etcd\" = \"{}\"\n", two.reference("etcd"))
    );
    let output = rcr(&env, "digest etcd:v1").success().stdout_is(&format!("{}\n", image.digest()));
    output.stderr_has("short-names.toml:");
}

#[test]
fn an_answer_that_leads_nowhere_is_not_kept() {
    let (env, one, two) = (TestEnv::new(), at(2).start(), at(3).start());
    order(&env, &[&one.host(), &two.host()], "short-name-mode = \"enforcing\"");
    typed(&env, "pull etcd:v1", &["1"]).code(3);
    assert!(!env.root().join("config/rcr/short-names.toml").exists());
    one.add("etcd", "v1", &Artifact::image(2715).build());
    typed(&env, "pull --dry-run etcd:v1", &["1"]).success();
    assert!(!env.root().join("config/rcr/short-names.toml").exists());
}

#[test]
fn registries_that_are_added_come_before_all_others() {
    let (env, image) = (TestEnv::new(), Artifact::image(2716).build());
    let (one, two) = (with_etcd(2, &image), with_etcd(3, &Artifact::image(2717).build()));
    order(&env, &[&two.host()], "");
    let output = rcr(&env, &format!("--add-registry {} pull etcd:v1", one.host())).success();
    output.stdout_is(&format!("{}\n", pinned(&one, &image)));
    let searched = rcr(&env, &format!("--add-registry {} digest other:v1", one.host())).code(3);
    searched.stderr_has(&one.reference("other")).stderr_has(&two.reference("other"));
}

#[test]
fn an_added_registry_is_one_more_to_choose_from_where_a_choice_is_enforced() {
    let (env, image) = (TestEnv::new(), Artifact::image(2718).build());
    let (one, two) = (with_etcd(2, &image), with_etcd(3, &image));
    order(&env, &[&two.host()], "short-name-mode = \"enforcing\"");
    let pull = format!("--add-registry {} pull etcd:v1", one.host());
    let output = rcr(&env, &pull).code(2).hint_has("write the full name");
    output.stderr_has(&one.reference("etcd")).stderr_has(&two.reference("etcd"));
    assert_eq!((one.lines().len(), two.lines().len()), (0, 0));
    // What was chosen once stays chosen.
    let alias = format!("short-name-mode = \"enforcing\"\n[aliases]\n\"etcd\" = \"{}\"", two.reference("etcd"));
    order(&env, &[&two.host()], &alias);
    rcr(&env, &pull).success().stdout_is(&format!("{}\n", pinned(&two, &image)));
    assert_eq!(one.lines().len(), 0);
}

#[test]
fn an_alias_is_asked_after_an_added_registry_and_nobody_else_is() {
    let env = TestEnv::new();
    let (one, two, three) = (at(2).start(), with_etcd(3, &Artifact::image(2719).build()), at(4).start());
    order(&env, &[&two.host()], &format!("[aliases]\n\"etcd\" = \"{}\"", three.reference("coreos/etcd")));
    let output = rcr(&env, &format!("--add-registry {} pull etcd:v1", one.host())).code(3);
    output.stderr_has(&one.reference("etcd")).stderr_has(&three.reference("coreos/etcd"));
    assert_eq!(two.lines().len(), 0, "the name is short for another");
}

#[test]
fn an_empty_list_leaves_names_without_a_host_nowhere() {
    let env = TestEnv::new();
    order(&env, &[], "");
    for command in ["pull etcd:v1", "config explain etcd:v1", "tags etcd"] {
        let output = rcr(&env, command).code(2).hint_has("`docker.io/library/etcd");
        output.stderr_has("names no registry");
    }
    rcr(&env, "info").success().stdout_has("Search order:     empty");
}
