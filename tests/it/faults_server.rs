//! Registries that are busy, broken, gone, or that answer in odd ways.

use std::net::TcpListener;
use std::time::{Duration, SystemTime};

use serde_json::json;

use crate::support::{Artifact, Cut, Registry, Reply, Request, TestEnv};

fn is_manifest(request: &Request) -> bool {
    request.path.contains("/manifests/")
}

fn is_blob(request: &Request) -> bool {
    request.path.contains("/blobs/")
}

/// Pulls an image after a registry has answered `times` requests of `when` with `reply`.
fn pull_after(
    times: usize,
    when: impl Fn(&Request) -> bool + Send + Sync + 'static,
    reply: Reply,
    flags: &[&str],
) -> (crate::support::process::Output, Registry) {
    let registry = Registry::builder().fail(times, when, reply).start();
    registry.add("image", "v1", &Artifact::image(1000).build());
    let env = TestEnv::new();
    let output = env.rcr(flags).args(["pull", &registry.reference("image:v1")]).run();
    if output.exit() == Some(0) {
        env.store_verify();
    }
    (output, registry)
}

#[test]
fn fault_31_retry_after_is_waited_for() {
    let (output, registry) = pull_after(1, is_blob, Reply::status(429).header("retry-after", "1"), &[]);
    let output = output.success();
    assert!(output.elapsed >= Duration::from_secs(1), "{output}");
    let log = registry.log();
    let refused = log.iter().find(|request| is_blob(request)).expect("a blob request");
    let next = log.iter().filter(|request| request.path == refused.path).nth(1).expect("a second one");
    assert!(next.at - refused.at >= Duration::from_secs(1), "{output}");
}

#[test]
fn fault_31_one_refusal_stops_every_worker() {
    let registry = Registry::builder()
        .fail(1, is_blob, Reply::status(429).header("retry-after", "1"))
        .spoil(usize::MAX, is_blob, |reply| reply.delayed(Duration::from_millis(20)))
        .start();
    registry.add("image", "v1", &Artifact::image(1001).layers(&[1000; 20]).build());
    let env = TestEnv::new();
    env.rcr(["--concurrency", "2", "pull", &registry.reference("image:v1")]).success();
    let log: Vec<_> = registry.log().into_iter().filter(is_blob).collect();
    let early = log.iter().filter(|request| request.at - log[0].at < Duration::from_millis(900)).count();
    assert!(early <= 4, "{early} requests in the second that was to be waited");
}

#[test]
fn fault_32_dates_and_odd_values_of_retry_after() {
    let past = httpdate::fmt_http_date(SystemTime::UNIX_EPOCH);
    for value in [past.as_str(), "soon", "-5", "0", "880.092\u{b5}s"] {
        let (output, _registry) = pull_after(1, is_manifest, Reply::status(429).header("retry-after", value), &[]);
        assert_eq!(output.exit(), Some(0), "{value}\n{output}");
        assert!(output.elapsed < Duration::from_secs(5), "{value}\n{output}");
    }
    let soon = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(2));
    let (output, _registry) = pull_after(1, is_manifest, Reply::status(429).header("retry-after", soon), &[]);
    assert!(output.success().elapsed >= Duration::from_millis(900));
}

#[test]
fn fault_32_more_than_the_wait_that_is_allowed_is_exit_6_at_once() {
    let late = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(9000));
    for (value, flags) in [("1000000000", &[][..]), (&late, &[]), ("30", &["--max-wait", "5"])] {
        let (output, _registry) =
            pull_after(usize::MAX, is_manifest, Reply::status(429).header("retry-after", value), flags);
        let output = output.code(6);
        assert!(output.elapsed < Duration::from_secs(4), "{value}\n{output}");
    }
}

#[test]
fn fault_33_too_many_requests_for_ever_is_exit_6_with_a_hint() {
    let (output, registry) =
        pull_after(usize::MAX, is_manifest, Reply::status(429).body("slow down"), &["--retries", "1"]);
    output.code(6).hint_has("rcr login");
    assert_eq!(registry.log().len(), 2, "{registry:?}");
}

#[test]
fn fault_34_stumbling_registries_are_asked_again() {
    for status in [408, 500, 502, 503, 504, 499, 522] {
        let (output, _registry) = pull_after(1, is_blob, Reply::status(status), &[]);
        assert_eq!(output.exit(), Some(0), "{status}\n{output}");
        let (output, registry) = pull_after(usize::MAX, is_manifest, Reply::status(status), &["--retries", "0"]);
        assert_eq!(output.exit(), Some(5), "{status}\n{output}");
        assert_eq!(registry.log().len(), 1, "{status}: {registry:?}");
        output.stderr_has(&status.to_string());
    }
}

#[test]
fn fault_35_other_refusals_are_final() {
    for status in [400, 501, 505] {
        let (output, registry) = pull_after(usize::MAX, |r| r.path.contains("/v2/image/"), Reply::status(status), &[]);
        assert_eq!(output.exit(), Some(11), "{status}\n{output}");
        assert!(registry.log().len() <= 2, "{status}: {registry:?}");
    }
}

#[test]
fn fault_24_a_refused_connection_says_so() {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap();
    let env = TestEnv::new();
    let output = env.rcr(["--retries", "1", "pull", &format!("{free}/image:v1")]).code(5);
    output.stderr_has("refused").stderr_has(&free.to_string());
}

#[test]
fn fault_22_a_name_that_does_not_exist_is_named() {
    let env = TestEnv::new();
    let output = env.rcr(["--retries", "0", "pull", "no-such-registry.invalid/image:v1"]).code(5);
    output.stderr_has("no-such-registry.invalid");
}

#[test]
fn fault_30_a_manifest_that_is_cut_is_fetched_again_as_a_whole() {
    let registry =
        Registry::builder().spoil(1, |r| is_manifest(r) && r.method == "GET", |reply| reply.cut(50, Cut::Fin)).start();
    let image = Artifact::image(1002).build();
    registry.add("image", "v1", &image);
    let env = TestEnv::new();
    env.rcr(["pull", &registry.reference("image:v1")]).success();
    let asked = registry.log().into_iter().filter(|r| is_manifest(r) && r.method == "GET");
    assert!(asked.clone().count() == 2 && asked.clone().all(|r| r.range_start().is_none()), "{registry:?}");
    assert_eq!(env.blobs(), image.hexes());
}

#[test]
fn fault_42_a_registry_without_head_is_asked_with_get() {
    for status in [403, 405] {
        let (output, _registry) = pull_after(usize::MAX, |r| r.method == "HEAD", Reply::status(status), &[]);
        assert_eq!(output.exit(), Some(0), "{status}\n{output}");
    }
}

#[test]
fn fault_42_a_head_that_says_little_is_followed_by_get() {
    for missing in ["docker-content-digest", "content-type"] {
        let registry =
            Registry::builder().spoil(usize::MAX, |r| r.method == "HEAD", move |reply| reply.without(missing)).start();
        let image = Artifact::image(1003).build();
        registry.add("image", "v1", &image);
        let (env, reference) = (TestEnv::new(), registry.reference("image:v1"));
        env.rcr(["pull", &reference]).success();
        env.rcr(["pull", &reference]).success().stdout_has(&image.digest());
        env.rcr(["digest", &reference]).success().stdout_has(&image.digest());
    }
}

#[test]
fn fault_46_a_digest_in_a_header_counts_for_nothing() {
    let other = format!("sha256:{}", "5".repeat(64));
    for value in [other, format!("sha512:{}", "5".repeat(128)), "nonsense".to_owned()] {
        let is_get = |r: &Request| is_manifest(r) && r.method == "GET";
        let wrong = value.clone();
        let registry = Registry::builder()
            .spoil(usize::MAX, is_manifest, move |reply| {
                reply.without("docker-content-digest").header("docker-content-digest", wrong.as_str())
            })
            .start();
        let image = Artifact::image(1004).build();
        registry.add("image", "v1", &image);
        let env = TestEnv::new();
        let output = env.rcr(["pull", &registry.reference("image:v1")]).run();
        assert_eq!(output.exit(), Some(0), "{value}\n{output}");
        output.stdout_has(&image.digest()).stderr_has("warning: ");
        assert_eq!(env.blobs(), image.hexes());
        assert!(registry.log().iter().any(is_get));
    }
}

#[test]
fn fault_46_a_pin_is_compared_with_the_bytes() {
    let (asked, served) = (Artifact::image(1005).build(), Artifact::image(1006).build());
    let body = served.manifest.bytes.clone();
    let registry = Registry::builder()
        .spoil(usize::MAX, is_manifest, move |mut reply| {
            // The header still says what was asked for.
            reply.body.clone_from(&body);
            reply
        })
        .start();
    registry.add("image", "v1", &asked);
    registry.add("image", "v2", &served);
    let env = TestEnv::new();
    env.rcr(["pull", &registry.reference(&format!("image@{}", asked.digest()))]).code(7);
    assert_eq!(env.references(), Vec::<String>::new());
    assert_eq!(env.blobs(), Vec::<String>::new());
}

#[test]
fn fault_47_the_body_says_what_it_is() {
    for content_type in ["", "text/plain", "application/json; charset=utf-8", "OWN"] {
        let registry = Registry::builder()
            .spoil(usize::MAX, is_manifest, move |reply| match content_type {
                "" => reply.without("content-type"),
                "OWN" => {
                    let own = format!("{}; charset=utf-8", reply.headers[0].1);
                    reply.without("content-type").header("content-type", own)
                }
                other => reply.without("content-type").header("content-type", other),
            })
            .start();
        let image = Artifact::image(1007).build();
        registry.add("image", "v1", &image);
        let output = TestEnv::new().rcr(["pull", &registry.reference("image:v1")]).run();
        assert_eq!(output.exit(), Some(0), "{content_type:?}\n{output}");
    }
}

#[test]
fn fault_48_a_tag_that_moves_meanwhile_leaves_one_whole_image() {
    let (old, new) = (Artifact::image(1008).build(), Artifact::image(1009).build());
    let digest = old.digest();
    let stale = Reply::ok(old.manifest.bytes.clone())
        .header("content-type", &old.manifest.media_type)
        .header("docker-content-digest", digest);
    let registry = Registry::builder().fail(1, |r| r.method == "HEAD", stale).start();
    registry.add("image", "v1", &new);
    registry.add("image", "old", &old);
    let (env, reference) = (TestEnv::new(), registry.reference("image:v1"));
    let output = env.rcr(["pull", &reference]).success();
    let stored = [&old, &new].into_iter().find(|image| output.stdout.contains(&image.digest())).expect("one of them");
    assert_eq!(env.blobs(), stored.hexes());
    assert_eq!(crate::support::skopeo::inspect_layout(&env.store(), &reference), stored.digest());
}

#[test]
fn fault_60_errors_without_end_are_shown_with_one() {
    let page = format!("<html>{}</html>", "spam ".repeat(1 << 20));
    let (output, _registry) =
        pull_after(usize::MAX, |r| r.path.contains("/v2/image/"), Reply::status(400).body(page), &[]);
    let output = output.code(11);
    assert!(output.stderr.len() < 5000, "{} bytes", output.stderr.len());
}

#[test]
fn fault_60_headers_without_end_are_not_read_to_it() {
    let endless = (0..1000).fold(Reply::ok("{}"), |reply, n| reply.header(&format!("x-header-{n}"), "x".repeat(1000)));
    let (output, registry) = pull_after(usize::MAX, |r| r.path.contains("/manifests/"), endless, &[]);
    output.code(7).stderr_has("more headers than are read");
    assert_eq!(registry.lines().iter().filter(|line| line.contains("/manifests/")).count(), 1, "{registry:?}");
}

#[test]
fn fault_66_what_servers_say_cannot_move_the_cursor() {
    let rude = "\x1b[2J\x1b]52;c;Zm9v\x07 gone \r\u{202e}backwards\u{9b}31m";
    let body = json!({"errors": [{"code": "DENIED\x1b[31m", "message": rude}]}).to_string();
    let refusal = Reply::status(403).header("content-type", "application/json").body(body);
    let (output, _registry) = pull_after(usize::MAX, |r| r.path.contains("/v2/image/"), refusal, &[]);
    let output = output.code(4);
    let bad = |c: char| (c.is_control() && c != '\n' && c != '\t') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!output.stderr.contains(bad), "{:?}", output.stderr);
    output.stderr_has("gone");
}

#[test]
fn warnings_of_the_registry_are_shown_once() {
    let registry = Registry::builder()
        .spoil(usize::MAX, |_| true, |reply| reply.header("warning", "299 - \"this registry moves\\u001b soon\""))
        .start();
    registry.add("image", "v1", &Artifact::image(1010).build());
    let output = TestEnv::new().rcr(["pull", &registry.reference("image:v1")]).success();
    assert_eq!(output.stderr.matches("this registry moves").count(), 1, "{output}");
}

#[test]
fn errors_for_programs_are_one_object() {
    let refusal = Reply::error(403, "DENIED", "no entry");
    let (output, registry) = pull_after(usize::MAX, |r| r.path.contains("/v2/image/"), refusal, &["--format", "json"]);
    let output = output.code(4);
    let error = output.error_json();
    assert_eq!(error["exit"], 4);
    assert_eq!(error["http_status"], 403);
    assert_eq!(error["registry_code"], "DENIED");
    assert_eq!(error["registry"], registry.host());
    for key in ["kind", "message", "causes", "url", "attempts", "hint"] {
        assert!(error.get(key).is_some(), "{key}: {error}");
    }
}
