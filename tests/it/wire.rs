//! Short commands, exchange by exchange: what exactly goes over the wire, and nothing beside it.

use serde_json::json;

use crate::support::images::OCI_MANIFEST;
use crate::support::{Artifact, Exchange, Reply, Scripted, TestEnv};

const MANIFEST: &str = "/v2/team/image/manifests/v1";

fn manifest(image: &Artifact) -> Reply {
    Reply::ok(image.manifest.bytes.clone())
        .header("content-type", OCI_MANIFEST)
        .header("docker-content-digest", image.digest())
}

#[test]
fn a_digest_behind_a_login_is_four_exchanges() {
    let image = Artifact::image(1600).build();
    let env = TestEnv::new();
    env.secret_login("alice", "s3cr3t-word");
    let tokens = Scripted::start(vec![
        Exchange::get("/token", Reply::ok(json!({"token": "s3cr3t-token"}).to_string()))
            .with("authorization", "Basic YWxpY2U6czNjcjN0LXdvcmQ="),
    ]);
    env.secret("s3cr3t-token");
    let challenge =
        format!("Bearer realm=\"{}/token\",service=\"the service\",scope=\"repository:evil:push\"", tokens.origin());
    let registry = Scripted::start(vec![
        Exchange::head(MANIFEST, Reply::status(401).header("www-authenticate", challenge)).without("authorization"),
        Exchange::head(MANIFEST, manifest(&image)).with("authorization", "Bearer s3cr3t-token"),
    ]);
    env.write_docker_config(&json!({"auths": {registry.host(): {"auth": "YWxpY2U6czNjcjN0LXdvcmQ="}}}));
    let reference = format!("{}/team/image:v1", registry.host());
    env.rcr(["digest", &reference]).success().stdout_is(&format!("{}\n", image.digest()));
    let asked = &tokens.log()[0];
    assert_eq!(asked.parameters("scope"), ["repository:team/image:pull"]);
    assert_eq!(asked.parameters("service"), ["the service"]);
}

#[test]
fn a_manifest_is_one_get_or_a_head_before_it() {
    let image = Artifact::image(1601).build();
    let registry = Scripted::start(vec![Exchange::get(MANIFEST, manifest(&image)).without("authorization")]);
    let output = TestEnv::new().rcr(["manifest", &format!("{}/team/image:v1", registry.host())]).success();
    assert_eq!(output.stdout.as_bytes(), image.manifest.bytes);
    let asked = &registry.log()[0];
    let accepted =
        asked.headers.get_all("accept").iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",");
    for media_type in [
        "application/vnd.oci.image.index.v1+json",
        OCI_MANIFEST,
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    ] {
        assert!(accepted.contains(media_type), "{accepted}");
    }
    assert!(asked.header("user-agent").is_some_and(|agent| agent.starts_with("rcr/")), "{asked:?}");
    assert_eq!(asked.header("referer"), None);
}

#[test]
fn what_was_said_to_be_retried_is_retried_as_often_as_was_said() {
    let env = TestEnv::new();
    for retries in 0..3 {
        let registry = Scripted::start(vec![Exchange::head(MANIFEST, Reply::status(503)).times(retries + 1)]);
        let reference = format!("{}/team/image:v1", registry.host());
        env.rcr(["--retries", &retries.to_string(), "digest", &reference]).code(5);
    }
}
