//! Registries that have had enough: how long they are left alone, who sees it, and what is said when it is too long.

use std::time::{Duration, SystemTime};

use crate::support::process::Output;
use crate::support::{Artifact, Listen, Registry, Reply, Request, Server, TestEnv};

const TOO_MANY: &str = "429 Too Many Requests";

fn is_manifest(request: &Request) -> bool {
    request.path.contains("/manifests/")
}

/// A registry with `image:v1` that answers the first `times` requests for a manifest with `reply`.
fn busy(times: usize, reply: Reply) -> Registry {
    let registry = Registry::builder().fail(times, is_manifest, reply).start();
    registry.add("image", "v1", &Artifact::image(1900).build());
    registry
}

fn digest(env: &TestEnv, registry: &Registry, flags: &[&str]) -> Output {
    env.rcr(flags).args(["digest", &registry.reference("image:v1")]).run()
}

fn later(seconds: u64) -> String {
    httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(seconds))
}

#[test]
fn both_forms_are_waited_for_whatever_the_status() {
    let env = TestEnv::new();
    for status in [429, 503] {
        for dated in [false, true] {
            // A date has no fractions, and the program takes its time to start: most of it may be over by then.
            let after = if dated { later(5) } else { "1".to_owned() };
            let registry = busy(1, Reply::status(status).header("retry-after", &after));
            let output = digest(&env, &registry, &[]).success();
            assert!(output.elapsed >= Duration::from_millis(900), "{status} {after}\n{output}");
            let log = registry.log();
            assert!(log[1].at - log[0].at >= Duration::from_millis(900), "{status} {after}\n{output}");
        }
    }
}

#[test]
fn values_that_mean_nothing_are_survived() {
    let env = TestEnv::new();
    let odd =
        ["-1", "-99999999999999999999", "99999999999999999999", "1e9", "", "Sun, 06 Nov 1994 08:49:37 GMT", "\u{b5}"];
    for (after, status) in odd.into_iter().flat_map(|after| [(after, 429), (after, 503)]) {
        let registry = busy(1, Reply::status(status).header("retry-after", after));
        let output = digest(&env, &registry, &[]).success();
        assert!(output.elapsed < Duration::from_secs(5), "{after}\n{output}");
    }
}

#[test]
fn what_is_too_long_is_told_at_once_with_the_time_where_people_are() {
    let env = TestEnv::new();
    let far = later(400 * 86_400);
    let cases = [
        ("300", "try again in 300 s, or wait for it with `--max-wait 300`;"),
        ("18446744073709551615", "try again in more than a year; you were not logged in"),
        ("1000000000", "try again in more than a year;"),
        (&far, "try again in more than a year;"),
    ];
    for (after, hint) in cases {
        let registry = busy(usize::MAX, Reply::status(429).header("retry-after", after));
        let output = digest(&env, &registry, &[]).code(6);
        assert!(output.elapsed < Duration::from_secs(4), "{after}\n{output}");
        output.stderr_has(TOO_MANY).hint_has(hint).hint_has(&format!("`rcr login {}`", registry.host()));
        assert_eq!(registry.log().len(), 1, "{after}");
    }
    // Half past an hour here is the full hour there.
    let registry = busy(usize::MAX, Reply::status(429).header("retry-after", "3600"));
    let hints = ["UTC0", "XST-0:30"].map(|zone| {
        let run = env.rcr(["digest", &registry.reference("image:v1")]).env("TZ", zone);
        let output = run.code(6);
        let hint = output.stderr.lines().find(|line| line.starts_with("hint: ")).unwrap_or_default().to_owned();
        let minutes =
            hint.split_once(", or wait").and_then(|(when, _)| when.rsplit_once(':')).map(|(_, m)| m.parse::<u32>());
        minutes.unwrap_or_else(|| panic!("no time of day: {hint}")).unwrap()
    });
    let apart = (hints[1] + 60 - hints[0]) % 60;
    assert!((30..=31).contains(&apart), "{hints:?}");
    // What is out of order says when, too, and is no limit.
    let registry = busy(usize::MAX, Reply::status(503).header("retry-after", "300"));
    let output = digest(&env, &registry, &[]).code(5);
    output.hint_has("is out of order: try again in 300 s, or wait for it with `--max-wait 300`");
}

#[test]
fn the_hint_taken_at_its_word_waits() {
    let env = TestEnv::new();
    let registry = busy(2, Reply::status(429).header("retry-after", "2"));
    let output = digest(&env, &registry, &["--max-wait", "1"]).code(6);
    output.hint_has("wait for it with `--max-wait 2`");
    digest(&env, &registry, &["--max-wait", "2"]).success();
}

#[test]
fn the_limit_that_was_reached_is_the_one_to_raise() {
    let env = TestEnv::new();
    let cases: [(&[&str], usize, &str); 4] = [
        (&["--max-wait", "1"], 2, "or wait for it, 2 s in all, with `--max-wait 2`"),
        (&["--retries", "1"], 2, "or go on for longer with `--retries 4`"),
        (&["--retries", "0"], 1, "or go on for longer with `--retries 2`"),
        (&["--retries", "1", "--max-wait", "1"], 2, "2 s in all, with `--retries 4 --max-wait 2`"),
    ];
    for (status, code) in [(429, 6), (503, 5)] {
        for (flags, requests, hint) in &cases {
            let registry = busy(usize::MAX, Reply::status(status).header("retry-after", "1"));
            digest(&env, &registry, flags).code(code).hint_has(hint);
            assert_eq!(registry.log().len(), *requests, "{status} {flags:?}");
        }
    }
}

#[test]
fn the_words_of_the_registry_are_passed_on_in_every_form() {
    let env = TestEnv::new();
    let json = r#"{"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 880.092µs, allowed: 44000/minute"}]}"#;
    let html = "<html><head><title>429 Too Many Requests</title></head><body>slow down</body></html>";
    let cases = [
        ("Too Many Requests (HAP429).\n", "Too Many Requests (HAP429)."),
        (html, "in its words: 429 Too Many Requests"),
        (json, "TOOMANYREQUESTS: retry-after: 880.092µs, allowed: 44000/minute"),
        ("", TOO_MANY),
    ];
    for (body, words) in cases {
        let plain = Reply::status(429).body(body);
        for reply in [plain.clone(), plain.header("retry-after", "880.092\u{b5}s")] {
            let registry = busy(usize::MAX, reply);
            // A HEAD has no body.
            let output = env.rcr(["--retries", "1", "pull", &registry.reference("image:v1")]).code(6);
            output.stderr_has(TOO_MANY).stderr_has(words).hint_has("try again later; you were not logged in");
            assert_eq!(registry.log().len(), 2, "it was asked again");
        }
    }
}

#[test]
fn who_was_logged_in_is_said() {
    let env = TestEnv::new();
    env.secret_login("alice", "s3cr3t-alice");
    let basic = "Basic YWxpY2U6czNjcjN0LWFsaWNl";
    let limit = Reply::status(429).header("retry-after", "300");
    let refused = move |request: &Request| is_manifest(request) && request.header("authorization").is_some();
    let registry = Registry::builder().fail(usize::MAX, refused, limit).wants(&[basic], "Basic realm=\"r\"").start();
    env.write_docker_config(&serde_json::json!({"auths": {registry.host(): {"auth": &basic[6..]}}}));
    let output = digest(&env, &registry, &[]).code(6);
    output.hint_has("try again in 300 s").hint_has("config.json was logged in");
}

#[test]
fn without_a_terminal_a_wait_is_one_line_and_for_programs_an_event() {
    let env = TestEnv::new();
    let registry = busy(1, Reply::status(429).header("retry-after", "2"));
    let output = digest(&env, &registry, &[]).success();
    assert_eq!(output.stderr, format!("{} asks to wait 2 s ({TOO_MANY})\n", registry.host()));

    // Whoever is sent away again and again is not told of each time.
    let registry = busy(3, Reply::status(429).header("retry-after", "1"));
    let output = digest(&env, &registry, &[]).success();
    assert_eq!(output.stderr, format!("{} asks to wait 1 s ({TOO_MANY})\n", registry.host()));

    let registry = busy(1, Reply::status(429).header("retry-after", "2"));
    let output = digest(&env, &registry, &["--progress", "json"]).success();
    let event: serde_json::Value = serde_json::from_str(output.stderr.lines().next().unwrap()).unwrap();
    assert_eq!(event["event"], "retrying");
    assert_eq!((&event["wait_seconds"], &event["asked"]), (&2.0.into(), &true.into()));
    assert_eq!((&event["what"], &event["reason"]), (&registry.host().into(), &TOO_MANY.into()));
}

/// What tmux shows on a terminal of this many columns: twice while there is a wait, and when all is done.
fn pictures(env: &TestEnv, columns: usize, reference: &str) -> [String; 3] {
    assert!(std::fs::exists("/usr/bin/tmux").unwrap_or(false), "tmux is missing: install the Debian package `tmux`");
    let script = format!(
        "tmux() {{ command tmux -S \"$HOME/tmux\" -f /dev/null \"$@\"; }}
         until_it_shows() {{
             shown=
             until case $shown in *\"$1\"*) true ;; *) false ;; esac; do
                 sleep 0.05
                 shown=$(tmux capture-pane -p)
             done
             printf '%s\\n\\f' \"$shown\"
         }}
         tmux new-session -d -x {columns} -y 24 \"$RCR digest $REF; echo done; sleep 60\"
         until_it_shows '3 s'
         until_it_shows '1 s'
         until_it_shows done
         tmux kill-server"
    );
    let run = env.program("sh", ["-c", &script]).env("RCR", env!("CARGO_BIN_EXE_rcr")).env("REF", reference);
    let shown = run.env("TERM", "xterm-256color").env("SHELL", "/bin/sh").success().stdout;
    let mut pictures = shown.split('\u{c}').map(|picture| picture.trim_end().to_owned());
    [(); 3].map(|()| pictures.next().unwrap_or_default())
}

#[test]
fn on_a_terminal_a_wait_counts_down_and_goes_away() {
    for (columns, wait) in
        [(80, "HOST asks to wait: N s left (429 Too Many Requests)"), (40, "HOST asks to wait: N s left")]
    {
        let env = TestEnv::new();
        let registry = busy(1, Reply::status(429).header("retry-after", "4"));
        let [early, late, end] = pictures(&env, columns, &registry.reference("image:v1"));
        let wait = wait.replace("HOST", &registry.host());
        assert_eq!((early, late), (wait.replace('N', "3"), wait.replace('N', "1")), "{columns}");
        assert!(end.starts_with("sha256:") && !end.contains("wait"), "{end}");
    }
}

#[test]
fn what_is_left_is_shown_to_who_asks_for_more() {
    let env = TestEnv::new();
    let limits = |_: &Request, reply: Reply| {
        reply.header("ratelimit-limit", "100;w=21600").header("ratelimit-remaining", "76;w=21600")
    };
    let registry = Registry::builder().after(limits).start();
    registry.add("image", "v1", &Artifact::image(1901).build());
    digest(&env, &registry, &["-v"]).success().stderr_has("rate limit: 76 of 100 left in 6 h");
    digest(&env, &registry, &[]).success().stderr_lacks("rate limit");
    let garbage =
        |_: &Request, reply: Reply| reply.header("ratelimit-limit", "lots\u{b5}").header("ratelimit-remaining", "-1");
    let registry = Registry::builder().after(garbage).start();
    registry.add("image", "v1", &Artifact::image(1902).build());
    digest(&env, &registry, &["-v"]).success().stderr_lacks("rate limit");
}

#[test]
fn a_token_server_may_have_had_enough_too() {
    let env = TestEnv::new();
    let busy = Server::start(Listen::default(), |_: &Request| Reply::status(429).header("retry-after", "300"));
    let challenge = format!("Bearer realm=\"{}/token\",service=\"r\"", busy.origin());
    let registry = Registry::builder().wants(&["Bearer nobody-has-it"], &challenge).start();
    let output = digest(&env, &registry, &[]).code(6);
    output.stderr_has("token server").stderr_has(TOO_MANY).hint_has("try again in 300 s, or wait for it with");
    assert_eq!(busy.lines().len(), 1);
}
