//! `rcr info` and `rcr config explain`: what the settings come to, against what a pull then does.

use std::collections::BTreeSet;

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::process::Output;
use crate::support::{Artifact, Registry, Reply, Request, TestEnv};

const PASSWORD: &str = "hunter2-of-the-file";
const TOKEN: &str = "hunter2-of-the-header";
const PROXY_PASSWORD: &str = "hunter2-of-the-proxy";

/// Settings of every family, with a secret wherever one may stand.
fn furnished() -> TestEnv {
    let env = TestEnv::new();
    env.secret_login("alice", PASSWORD);
    env.secret(TOKEN);
    env.secret(PROXY_PASSWORD);
    env.set("https_proxy", format!("http://bob:{PROXY_PASSWORD}@proxy.test:3128"));
    env.set("NO_PROXY", ".internal.test,10.0.0.0/8");
    env.write_docker_config(&json!({
        "auths": { "cache.test:5000": { "auth": base64("alice", PASSWORD) } },
        "credHelpers": { "quay.io": "absent" },
    }));
    let own = env.write(
        "config/rcr/config.toml",
        format!(
            "plain-http = [\"plain.test:5000\"]\n\n[[mirror]]\nprefix = \"ghcr.io\"\nurl = \"https://cache.test:5000\"\n\
             header = {{ X-Token = \"{TOKEN}\" }}\n\n[proxies]\n\"own.test\" = \"http://bob:{PROXY_PASSWORD}@own-proxy.test\"\n"
        ),
    );
    env.may_hold_secrets(&own);
    env.write(
        "system/etc/docker/daemon.json",
        "{\n \"registry-mirrors\": [\"http://hub-mirror.test:5000\"],\n \"insecure-registries\": [\"old.test:5000\"]\n}",
    );
    env.write(
        "system/etc/containers/registries.conf",
        "unqualified-search-registries = [\"first.test:5000\", \"docker.io\"]\nshort-name-mode = \"permissive\"\n\
         colour = \"blue\"\n\n[[registry]]\nlocation = \"first.test:5000\"\ninsecure = true\n\n\
         [[registry.mirror]]\nlocation = \"pinned.test/team\"\npull-from-mirror = \"digest-only\"\n\n\
         [[registry]]\nlocation = \"bad.test\"\nblocked = true\n\n[aliases]\n\"etcd\" = \"quay.io/coreos/etcd\"\n",
    );
    let hosts = env.write(
        "system/etc/containerd/certs.d/tree.test/hosts.toml",
        format!(
            "server = \"https://tree.test\"\n\n[host.\"https://proxy-cache.test/v2/hub\"]\ncapabilities = [\"pull\"]\n\
             override_path = true\n[host.\"https://proxy-cache.test/v2/hub\".header]\nAuthorization = \"Bearer {TOKEN}\"\n"
        ),
    );
    env.may_hold_secrets(&hosts);
    env.write("system/etc/docker/certs.d/cache.test:5000/ca.crt", "not read");
    env
}

fn base64(user: &str, password: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"))
}

fn shown(env: &TestEnv, output: &Output) -> String {
    output.stdout.replace(&env.root().display().to_string(), "ROOT")
}

fn json_of(env: &TestEnv, output: &Output) -> Value {
    serde_json::from_str(&shown(env, output)).unwrap()
}

/// `METHOD URL` of each request, with what only an answer tells left out.
fn announced(explanation: &Value) -> Vec<String> {
    let endpoints =
        explanation["candidates"].as_array().unwrap().iter().flat_map(|c| c["endpoints"].as_array().unwrap());
    let requests = endpoints.flat_map(|endpoint| endpoint["requests"].as_array().unwrap());
    requests.map(|r| format!("{} {}", r["method"].as_str().unwrap(), r["url"].as_str().unwrap())).collect()
}

/// The same of what a registry was really asked.
fn asked(registry: &Registry) -> BTreeSet<String> {
    let hidden = |target: String| match target.split_once("sha256:") {
        Some((before, rest)) => format!("{before}<digest>{}", &rest[64..]),
        None => target,
    };
    let target = |r: &Request| if r.query.is_empty() { r.path.clone() } else { format!("{}?{}", r.path, r.query) };
    registry.log().iter().map(|r| format!("{} {}{}", r.method, registry.origin(), hidden(target(r)))).collect()
}

#[test]
fn a_pull_asks_what_was_announced_and_nothing_else() {
    let env = TestEnv::new();
    let lacking = || Registry::builder().before(|_| Some(Reply::error(404, "NOT_FOUND", "no such thing"))).start();
    let (origin, tags, digests) = (Registry::start(), lacking(), lacking());
    origin.add("team/image", "v1", &Artifact::index(1, &["linux/amd64", "linux/arm64"]));
    let host = origin.host();
    env.write(
        "config/rcr/config.toml",
        format!(
            "plain-http = [\"{host}\"]\n[[mirror]]\nprefix = \"{host}\"\nurl = \"{}\"\n[[mirror]]\n\
             prefix = \"{host}\"\nurl = \"{}/below\"\ncapabilities = [\"pull\"]\nnamespace = false\n",
            tags.origin(),
            digests.origin()
        ),
    );
    let reference = origin.reference("team/image:v1");
    let explanation = env.rcr(["config", "explain", "--json", &reference]).success().json();
    let announced = announced(&explanation);
    assert!(origin.log().is_empty() && tags.log().is_empty() && digests.log().is_empty(), "nobody is contacted");
    assert_eq!(announced.len(), 4 + 2 + 4, "{announced:?}");
    assert!(announced.iter().any(|url| url.contains("/below/v2/team/image/blobs/<digest>")), "{announced:?}");

    // The second time the store has the tag.
    env.rcr(["pull", "--all-platforms", &reference]).success();
    env.rcr(["pull", "--all-platforms", &reference]).success();
    let really: BTreeSet<String> = [&tags, &digests, &origin].into_iter().flat_map(asked).collect();
    assert_eq!(really, announced.into_iter().collect());
}

#[test]
fn what_is_said_in_files_is_explained_with_its_line() {
    let env = furnished();
    let explained = |reference: &str| shown(&env, &env.rcr(["config", "explain", reference]).success());
    assert_snapshot!(explained("tool:1"), @"");
    assert_snapshot!(explained("docker.io/a/b"), @"");
    assert_snapshot!(explained("ghcr.io/a/b"), @"");
    assert_snapshot!(explained("tree.test/a/b"), @"");
    assert_snapshot!(explained("own.test/a/b"), @"");
}

#[test]
fn the_json_of_an_explanation_keeps_its_shape() {
    let env = furnished();
    let explanation = json_of(&env, &env.rcr(["--json", "config", "explain", "ghcr.io/a/b"]).success());
    assert_snapshot!(serde_json::to_string_pretty(&explanation).unwrap(), @"");
}

#[test]
fn a_name_is_looked_up_only_for_blocks_of_addresses() {
    let env = TestEnv::new();
    env.write("system/etc/docker/daemon.json", "{\"insecure-registries\": [\"10.0.0.0/8\"]}");
    for (host, looked_up, scheme) in
        [("localhost", true, "https_unless_not_tls"), ("10.1.2.3", false, "https_else_http")]
    {
        let explanation = env.rcr(["--json", "config", "explain", &format!("{host}/a")]).success().json();
        let endpoint = &explanation["candidates"][0]["endpoints"][0];
        assert_eq!(
            (&endpoint["looked_up"], &endpoint["scheme"]["policy"]),
            (&json!(looked_up), &json!(scheme)),
            "{host}"
        );
    }
}

#[test]
fn a_digest_is_asked_for_where_a_tag_is_not() {
    let env = furnished();
    let digest = format!("first.test:5000/team/x@sha256:{}", "a".repeat(64));
    let explanation = json_of(&env, &env.rcr(["--json", "config", "explain", &digest]).success());
    let candidate = &explanation["candidates"][0];
    assert_eq!(candidate["endpoints"][0]["place"], "https://pinned.test");
    assert_eq!(candidate["skipped"], json!([]));
    assert!(announced(&explanation).iter().all(|request| !request.starts_with("HEAD")), "{explanation}");
}

#[test]
fn what_forbids_a_pull_forbids_its_explanation() {
    let env = furnished();
    let refused = env.rcr(["config", "explain", "bad.test/a"]).code(8);
    assert!(refused.stderr.contains("bad.test is blocked by"), "{}", refused.stderr);
    env.rcr(["config", "explain", "team//case"]).code(2);
    env.write("system/etc/containerd/certs.d/tree.test/hosts.toml", "server = 7");
    let broken = env.rcr(["config", "explain", "tree.test/a"]).code(2);
    assert!(broken.stderr.contains("tree.test/hosts.toml:1"), "{}", broken.stderr);
    env.write("system/etc/docker/daemon.json", "{");
    env.rcr(["info"]).code(2);
}

#[test]
fn credentials_are_named_and_never_shown() {
    let env = furnished();
    let missing = env.rcr(["config", "explain", "quay.io/a/b"]).success().stdout;
    assert!(missing.contains("docker-credential-absent could not get"), "{missing}");
    env.script("docker-credential-absent", &format!("echo '{{\"Username\":\"u\",\"Secret\":\"{PASSWORD}\"}}'"));
    env.may_hold_secrets(&env.root().join("bin/docker-credential-absent"));
    let found = env.rcr(["config", "explain", "quay.io/a/b"]).success().stdout;
    assert!(found.contains("Credentials:        docker-credential-absent\n"), "{found}");
}

#[test]
fn info_tells_where_everything_was_said() {
    let env = furnished();
    env.write("config/docker/daemon.json", "{\"insecure-registries\": [\"192.168.0.0/16\"]}");
    let text = shown(&env, &env.rcr(["info"]).success());
    assert_snapshot!(without_keyring(&text), @"");
}

/// Whether a keyring answers is the machine's business.
fn without_keyring(text: &str) -> String {
    text.lines().filter(|line| !line.starts_with("Keyring:")).map(|line| format!("{line}\n")).collect()
}

#[test]
fn the_json_of_info_keeps_its_shape() {
    let env = furnished();
    let mut info = json_of(&env, &env.rcr(["info", "--json"]).success());
    info["keyring"] = json!(info["keyring"]["available"].is_boolean());
    info["version"] = json!(info["version"].is_string());
    assert_snapshot!(serde_json::to_string_pretty(&info).unwrap(), @"");
}

#[test]
fn nothing_at_all_is_needed() {
    let env = TestEnv::new();
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"] {
        env.unset(name);
    }
    env.unset("PATH");
    let info = env.rcr(["info", "--json"]).success().json();
    assert_eq!(info["store"], Value::Null);
    assert_eq!(info["registries"], json!([{ "registry": "docker.io", "state": "secure", "from": "built in" }]));
    let text = env.rcr(["config", "explain", "debian"]).success().stdout;
    assert!(text.contains("GET  https://registry-1.docker.io/v2/library/debian/manifests/latest\n"), "{text}");
}
