//! CNCF Distribution as a pull-through cache in front of another: `proxy.remoteurl`.

use serde_json::json;

use crate::support::skopeo::Skopeo;
use crate::support::{Artifact, Distribution, Nginx, Reply, TestEnv, TokenServer};

/// `origin`, with `cache` as its mirror.
fn through(env: &TestEnv, origin: &str, cache: &str) {
    let table = format!("[[mirror]]\nprefix = \"{origin}\"\nurl = \"{cache}\"\n");
    env.user_config("rcr/config.toml", table);
}

/// Everything that is pulled, by its digest.
fn pulled(env: &TestEnv, reference: &str) -> String {
    let output = env.rcr(["pull", reference]).success();
    output.stdout.trim().rsplit_once('@').map(|(_, digest)| digest.to_owned()).unwrap_or_default()
}

#[test]
fn a_cache_serves_and_sees_that_a_tag_has_moved() {
    let origin = Distribution::start();
    let cache = Distribution::builder().proxy_of(&origin.http_origin(), None).start();
    let [old, new] = [4101, 4102].map(|seed| Artifact::image(seed).build());
    let reference = origin.reference("cached/app:v1");
    Skopeo::new().push(&old, &reference);
    let env = TestEnv::new();
    through(&env, &origin.host(), &cache.http_origin());
    assert_eq!(pulled(&env, &reference), old.digest());
    Skopeo::new().push(&new, &reference);
    let output = env.rcr(["-v", "pull", &reference]).success();
    assert!(output.stdout.contains(&new.digest()), "{}", output.stdout);
    output.stderr_has(&cache.http_origin()).stderr_lacks("warning");
    env.store_verify();
}

#[test]
fn a_cache_that_is_down_is_passed_over() {
    let origin = Distribution::start();
    let mut cache = Distribution::builder().proxy_of(&origin.http_origin(), None).start();
    let image = Artifact::image(4103).build();
    let reference = origin.reference("cached/app:v1");
    Skopeo::new().push(&image, &reference);
    let env = TestEnv::new();
    through(&env, &origin.host(), &cache.http_origin());
    cache.stop();
    let output = env.rcr(["pull", &reference]).success();
    output.stderr_has(&cache.http_origin());
    assert_eq!(env.blobs(), image.hexes());
}

#[test]
fn a_cache_without_its_upstream_gives_what_it_has() {
    let mut origin = Distribution::start();
    let cache = Distribution::builder().proxy_of(&origin.http_origin(), None).start();
    let image = Artifact::image(4104).build();
    let reference = origin.reference("cached/app:v1");
    Skopeo::new().push(&image, &reference);
    let env = TestEnv::new();
    through(&env, &origin.host(), &cache.http_origin());
    assert_eq!(pulled(&env, &reference), image.digest());
    cache.wait_for("cached/app", &image);
    origin.stop();
    let fresh = TestEnv::new();
    through(&fresh, &origin.host(), &cache.http_origin());
    assert_eq!(pulled(&fresh, &reference), image.digest());
    assert_eq!(fresh.blobs(), image.hexes());
    // What it does not have is neither there nor at the registry, and the registry's own failure is what counts.
    let other = origin.reference("cached/other:v1");
    fresh.rcr(["--retries", "0", "pull", &other]).code(5).stderr_has("cannot connect");
}

#[test]
fn a_cache_that_refuses_is_passed_over() {
    let origin = Distribution::start();
    let upstream = Distribution::builder().proxy_of(&origin.http_origin(), None).start();
    let answer = |status, code| Reply::error(status, code, "by the cache");
    let cache = Nginx::before(&upstream.http_origin())
        .answer("404", "/v2/", answer(404, "MANIFEST_UNKNOWN"))
        .answer("401", "/v2/", answer(401, "UNAUTHORIZED").header("www-authenticate", "Basic realm=\"cache\""))
        .answer("403", "/v2/", answer(403, "DENIED"))
        .answer("429", "/v2/", answer(429, "TOOMANYREQUESTS").header("retry-after", "60"))
        .answer("503", "/v2/", Reply::status(503).body("closed"))
        .start();
    let image = Artifact::image(4105).layers(&[5_000; 4]).build();
    let reference = origin.reference("cached/app:v1");
    Skopeo::new().push(&image, &reference);
    for status in ["404", "401", "403", "429", "503"] {
        cache.on(status);
        let env = TestEnv::new();
        through(&env, &origin.host(), &cache.origin());
        let asked = cache.log().len();
        let output = env.rcr(["pull", &reference]).success();
        assert_eq!(env.blobs(), image.hexes(), "{status}");
        let (named, requests) = (output.stderr.contains(&cache.origin()), cache.log().len() - asked);
        if status == "404" {
            assert!(!named && requests > 1, "what one request does not find the next may: {requests}");
        } else {
            assert!(named && requests == 1, "{status}: {requests} requests\n{}", output.stderr);
        }
        cache.off(status);
    }
    cache.assert_told_nothing();
}

#[test]
fn a_cache_with_credentials_for_its_upstream_needs_none_of_ours() {
    let env = TestEnv::new();
    let tokens = TokenServer::builder().user("robot", "s3cr3t-robot", &["pull", "push"]).start(env.secrets());
    let origin = Distribution::builder().token(&tokens).start();
    let cache = Distribution::builder().proxy_of(&origin.http_origin(), Some(("robot", "s3cr3t-robot"))).start();
    let image = Artifact::image(4106).build();
    let reference = origin.reference("private/app:v1");
    Skopeo::new().login("robot", "s3cr3t-robot").push(&image, &reference);
    env.rcr(["pull", &reference]).code(4);
    through(&env, &origin.host(), &cache.http_origin());
    assert_eq!(pulled(&env, &reference), image.digest());
}

#[test]
fn a_cache_with_users_of_its_own_gets_their_credentials_and_not_the_registrys() {
    let env = TestEnv::new();
    let empty = Distribution::start();
    let front = Nginx::before(&empty.http_origin()).start();
    let origin = Distribution::builder().htpasswd("alice", "s3cr3t-alice").start();
    env.secret_login("alice", "s3cr3t-alice");
    let image = Artifact::image(4107).build();
    let reference = origin.reference("private/app:v1");
    Skopeo::new().login("alice", "s3cr3t-alice").push(&image, &reference);
    env.write_docker_config(&json!({"auths": {origin.host(): {"username": "alice", "password": "s3cr3t-alice"}}}));
    through(&env, &origin.host(), &front.origin());
    assert_eq!(pulled(&env, &reference), image.digest());
    front.assert_told_nothing();
}
