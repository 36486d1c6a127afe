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
    assert_snapshot!(explained("tool:1"), @r#"
    first.test:5000/tool:1 (1 of 2, ROOT/system/etc/containers/registries.conf:1)

    1. registry first.test:5000
      HEAD https://first.test:5000/v2/tool/manifests/1  where the store has the tag
      GET  https://first.test:5000/v2/tool/manifests/1
      GET  https://first.test:5000/v2/tool/manifests/<digest>  for each image of an index
      GET  https://first.test:5000/v2/tool/blobs/<digest>  for each blob that the store lacks
      Why:                ROOT/system/etc/containers/registries.conf:5
      Scheme:             HTTPS, and plain HTTP where that fails, because it is insecure (ROOT/system/etc/containers/registries.conf:5)
      Certificate:        not verified (ROOT/system/etc/containers/registries.conf:5)
      Credentials:        none: anonymous
      Proxy:              http://proxy.test:3128, from https_proxy

    Left out:
      pinned.test/team (ROOT/system/etc/containers/registries.conf:9): it is only for names with a digest

    docker.io/library/tool:1 (2 of 2, ROOT/system/etc/containers/registries.conf:1)

    1. mirror http://hub-mirror.test:5000
      HEAD http://hub-mirror.test:5000/v2/library/tool/manifests/1  where the store has the tag
      GET  http://hub-mirror.test:5000/v2/library/tool/manifests/1
      GET  http://hub-mirror.test:5000/v2/library/tool/manifests/<digest>  for each image of an index
      GET  http://hub-mirror.test:5000/v2/library/tool/blobs/<digest>  for each blob that the store lacks
      Why:                ROOT/system/etc/docker/daemon.json:2
      Scheme:             plain HTTP, because its URL says so (ROOT/system/etc/docker/daemon.json:2)
      Credentials:        none: anonymous
      Proxy:              none

    2. registry docker.io
      HEAD https://registry-1.docker.io/v2/library/tool/manifests/1  where the store has the tag
      GET  https://registry-1.docker.io/v2/library/tool/manifests/1
      GET  https://registry-1.docker.io/v2/library/tool/manifests/<digest>  for each image of an index
      GET  https://registry-1.docker.io/v2/library/tool/blobs/<digest>  for each blob that the store lacks
      Why:                the registry itself
      Scheme:             HTTPS
      Certificate:        verified, by the machine's authorities
      Credentials:        none: anonymous
      Proxy:              http://proxy.test:3128, from https_proxy
    "#);
    assert_snapshot!(explained("ghcr.io/a/b"), @r#"
    ghcr.io/a/b:latest

    1. mirror https://cache.test:5000
      HEAD https://cache.test:5000/v2/a/b/manifests/latest?ns=ghcr.io  where the store has the tag
      GET  https://cache.test:5000/v2/a/b/manifests/latest?ns=ghcr.io
      GET  https://cache.test:5000/v2/a/b/manifests/<digest>?ns=ghcr.io  for each image of an index
      GET  https://cache.test:5000/v2/a/b/blobs/<digest>?ns=ghcr.io  for each blob that the store lacks
      Why:                ROOT/config/rcr/config.toml:3
      Scheme:             HTTPS
      Certificate:        verified, by the machine's authorities and these
      Authorities:        ROOT/system/etc/docker/certs.d/cache.test:5000/ca.crt (ROOT/system/etc/docker/certs.d/cache.test:5000)
      Headers:            x-token
      Credentials:        ROOT/home/.docker/config.json
      Proxy:              http://proxy.test:3128, from https_proxy

    2. registry ghcr.io
      HEAD https://ghcr.io/v2/a/b/manifests/latest  where the store has the tag
      GET  https://ghcr.io/v2/a/b/manifests/latest
      GET  https://ghcr.io/v2/a/b/manifests/<digest>  for each image of an index
      GET  https://ghcr.io/v2/a/b/blobs/<digest>  for each blob that the store lacks
      Why:                the registry itself
      Scheme:             HTTPS
      Certificate:        verified, by the machine's authorities
      Credentials:        none: anonymous
      Proxy:              http://proxy.test:3128, from https_proxy
    "#);
    assert_snapshot!(explained("tree.test/a/b"), @r#"
    tree.test/a/b:latest

    1. mirror https://proxy-cache.test/v2/hub
      GET  https://proxy-cache.test/v2/hub/a/b/manifests/<digest>?ns=tree.test  for each image of an index
      GET  https://proxy-cache.test/v2/hub/a/b/blobs/<digest>?ns=tree.test  for each blob that the store lacks
      Not asked for:      what a tag stands for: its capabilities lack `resolve`
      Why:                ROOT/system/etc/containerd/certs.d/tree.test/hosts.toml:3
      Scheme:             HTTPS
      Certificate:        verified, by the machine's authorities
      Headers:            authorization
      Credentials:        none: anonymous
      Proxy:              http://proxy.test:3128, from https_proxy

    2. registry tree.test
      HEAD https://tree.test/v2/a/b/manifests/latest  where the store has the tag
      GET  https://tree.test/v2/a/b/manifests/latest
      GET  https://tree.test/v2/a/b/manifests/<digest>  for each image of an index
      GET  https://tree.test/v2/a/b/blobs/<digest>  for each blob that the store lacks
      Why:                ROOT/system/etc/containerd/certs.d/tree.test/hosts.toml:1
      Scheme:             HTTPS
      Certificate:        verified, by the machine's authorities
      Credentials:        none: anonymous
      Proxy:              http://proxy.test:3128, from https_proxy
    "#);
    assert_snapshot!(explained("own.test/a/b"), @r#"
    own.test/a/b:latest

    1. registry own.test
      HEAD https://own.test/v2/a/b/manifests/latest  where the store has the tag
      GET  https://own.test/v2/a/b/manifests/latest
      GET  https://own.test/v2/a/b/manifests/<digest>  for each image of an index
      GET  https://own.test/v2/a/b/blobs/<digest>  for each blob that the store lacks
      Why:                the registry itself
      Scheme:             HTTPS
      Certificate:        verified, by the machine's authorities
      Credentials:        none: anonymous
      Proxy:              http://own-proxy.test, from ROOT/config/rcr/config.toml:9
    "#);
}

#[test]
fn the_json_of_an_explanation_keeps_its_shape() {
    let env = furnished();
    let explanation = json_of(&env, &env.rcr(["--json", "config", "explain", "ghcr.io/a/b"]).success());
    assert_snapshot!(serde_json::to_string_pretty(&explanation).unwrap(), @r#"
    {
      "candidates": [
        {
          "endpoints": [
            {
              "credentials": {
                "problem": null,
                "source": "ROOT/home/.docker/config.json"
              },
              "from": "ROOT/config/rcr/config.toml:3",
              "headers": [
                "x-token"
              ],
              "looked_up": false,
              "place": "https://cache.test:5000",
              "proxy": {
                "url": "http://proxy.test:3128",
                "why": "from https_proxy"
              },
              "requests": [
                {
                  "method": "HEAD",
                  "purpose": "compare",
                  "url": "https://cache.test:5000/v2/a/b/manifests/latest?ns=ghcr.io"
                },
                {
                  "method": "GET",
                  "purpose": "manifest",
                  "url": "https://cache.test:5000/v2/a/b/manifests/latest?ns=ghcr.io"
                },
                {
                  "method": "GET",
                  "purpose": "children",
                  "url": "https://cache.test:5000/v2/a/b/manifests/<digest>?ns=ghcr.io"
                },
                {
                  "method": "GET",
                  "purpose": "blobs",
                  "url": "https://cache.test:5000/v2/a/b/blobs/<digest>?ns=ghcr.io"
                }
              ],
              "role": "mirror",
              "scheme": {
                "policy": "https",
                "why": null
              },
              "tls": {
                "authorities": [
                  {
                    "file": "ROOT/system/etc/docker/certs.d/cache.test:5000/ca.crt",
                    "from": "ROOT/system/etc/docker/certs.d/cache.test:5000"
                  }
                ],
                "client_certificate": null,
                "verify": true,
                "why": null
              },
              "withheld": null
            },
            {
              "credentials": {
                "problem": null,
                "source": null
              },
              "from": "the registry itself",
              "headers": [],
              "looked_up": false,
              "place": "ghcr.io",
              "proxy": {
                "url": "http://proxy.test:3128",
                "why": "from https_proxy"
              },
              "requests": [
                {
                  "method": "HEAD",
                  "purpose": "compare",
                  "url": "https://ghcr.io/v2/a/b/manifests/latest"
                },
                {
                  "method": "GET",
                  "purpose": "manifest",
                  "url": "https://ghcr.io/v2/a/b/manifests/latest"
                },
                {
                  "method": "GET",
                  "purpose": "children",
                  "url": "https://ghcr.io/v2/a/b/manifests/<digest>"
                },
                {
                  "method": "GET",
                  "purpose": "blobs",
                  "url": "https://ghcr.io/v2/a/b/blobs/<digest>"
                }
              ],
              "role": "registry",
              "scheme": {
                "policy": "https",
                "why": null
              },
              "tls": {
                "authorities": [],
                "client_certificate": null,
                "verify": true,
                "why": null
              },
              "withheld": null
            }
          ],
          "from": "built in",
          "problem": null,
          "reference": "ghcr.io/a/b:latest",
          "skipped": []
        }
      ],
      "choice": null,
      "name": "ghcr.io/a/b",
      "schema": 1
    }
    "#);
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
    let text = shown(&env, &env.rcr(["info"]).success()).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    assert_snapshot!(without_keyring(&text), @r#"
    Version:          VERSION
    Store:            ROOT/data/rcr
    Search order:     first.test:5000 (insecure), ROOT/system/etc/containers/registries.conf:1
                      docker.io (secure), ROOT/system/etc/containers/registries.conf:1
    Short names:      permissive, ROOT/system/etc/containers/registries.conf:2; 1 alias
    Mirrors:          https://cache.test:5000 for ghcr.io (pull+resolve, with ?ns=), ROOT/config/rcr/config.toml:3
                      http://hub-mirror.test:5000 for docker.io (pull+resolve), ROOT/system/etc/docker/daemon.json:2
                      pinned.test/team for first.test:5000 (pull+resolve, only for names with a digest), ROOT/system/etc/containers/registries.conf:9
                      https://proxy-cache.test/v2/hub for tree.test (pull, with ?ns=), ROOT/system/etc/containerd/certs.d/tree.test/hosts.toml:3
    Blocked:          bad.test, ROOT/system/etc/containers/registries.conf:13
    Insecure:         192.168.0.0/16, ROOT/config/docker/daemon.json:1
                      old.test:5000, ROOT/system/etc/docker/daemon.json:3
                      first.test:5000, ROOT/system/etc/containers/registries.conf:5
    Plain HTTP:       plain.test:5000, ROOT/config/rcr/config.toml:1
    Credentials:      ROOT/home/.docker/config.json: 1 entry
                      - docker-credential-absent for quay.io, which is not in PATH
                      ROOT/runtime/containers/auth.json: not there
                      ROOT/config/containers/auth.json: not there
                      ROOT/home/.dockercfg: not there
    Proxies:          http://own-proxy.test for own.test, ROOT/config/rcr/config.toml:9
                      http://proxy.test:3128 for https, https_proxy
    No proxy:         .internal.test, NO_PROXY
                      10.0.0.0/8, NO_PROXY
    Certificates:     ROOT/system/etc/docker/certs.d
                      - cache.test:5000: ca.crt
                      not there: ROOT/config/containers/certs.d, ROOT/system/etc/containers/certs.d, ROOT/config/docker/certs.d, ROOT/config/containerd/certs.d
    hosts.toml:       ROOT/system/etc/containerd/certs.d
                      - tree.test: hosts.toml
                      not there: ROOT/config/containerd/certs.d, ROOT/config/docker/certs.d
    Files:            ROOT/config/rcr/config.toml
                      ROOT/config/docker/daemon.json
                      ROOT/system/etc/docker/daemon.json
                      ROOT/system/etc/containers/registries.conf
                      - passed over: unknown key "colour", ROOT/system/etc/containers/registries.conf:3
    "#);
}

/// Whether a keyring answers is the machine's business.
fn without_keyring(text: &str) -> String {
    text.split_inclusive('\n').filter(|line| !line.starts_with("Keyring:")).collect()
}

#[test]
fn the_json_of_info_keeps_its_shape() {
    let env = furnished();
    let mut info = json_of(&env, &env.rcr(["info", "--json"]).success());
    info["keyring"] = json!(info["keyring"]["available"].is_boolean());
    info["version"] = json!(info["version"].is_string());
    assert_snapshot!(serde_json::to_string_pretty(&info).unwrap(), @r#"
    {
      "aliases": 1,
      "allow_nondistributable": [],
      "authorities": [],
      "blocked": [
        {
          "from": "ROOT/system/etc/containers/registries.conf:13",
          "value": "bad.test"
        }
      ],
      "certificate_dirs": [
        {
          "exists": false,
          "hosts": [],
          "path": "ROOT/config/containers/certs.d"
        },
        {
          "exists": false,
          "hosts": [],
          "path": "ROOT/system/etc/containers/certs.d"
        },
        {
          "exists": false,
          "hosts": [],
          "path": "ROOT/config/docker/certs.d"
        },
        {
          "exists": true,
          "hosts": [
            {
              "files": [
                "ca.crt"
              ],
              "host": "cache.test:5000"
            }
          ],
          "path": "ROOT/system/etc/docker/certs.d"
        },
        {
          "exists": false,
          "hosts": [],
          "path": "ROOT/config/containerd/certs.d"
        },
        {
          "exists": true,
          "hosts": [],
          "path": "ROOT/system/etc/containerd/certs.d"
        }
      ],
      "credentials": [
        {
          "entries": 1,
          "exists": true,
          "helpers": [
            {
              "found": false,
              "program": "docker-credential-absent",
              "registry": "quay.io"
            }
          ],
          "source": "ROOT/home/.docker/config.json"
        },
        {
          "entries": 0,
          "exists": false,
          "helpers": [],
          "source": "ROOT/runtime/containers/auth.json"
        },
        {
          "entries": 0,
          "exists": false,
          "helpers": [],
          "source": "ROOT/config/containers/auth.json"
        },
        {
          "entries": 0,
          "exists": false,
          "helpers": [],
          "source": "ROOT/home/.dockercfg"
        }
      ],
      "files": [
        {
          "exists": true,
          "file": "ROOT/config/rcr/config.toml",
          "notices": []
        },
        {
          "exists": false,
          "file": "ROOT/config/docker/daemon.json",
          "notices": []
        },
        {
          "exists": true,
          "file": "ROOT/system/etc/docker/daemon.json",
          "notices": []
        },
        {
          "exists": true,
          "file": "ROOT/system/etc/containers/registries.conf",
          "notices": [
            {
              "from": "ROOT/system/etc/containers/registries.conf:3",
              "value": "unknown key \"colour\""
            }
          ]
        }
      ],
      "hosts_dirs": [
        {
          "exists": false,
          "hosts": [],
          "path": "ROOT/config/containerd/certs.d"
        },
        {
          "exists": true,
          "hosts": [
            {
              "files": [
                "hosts.toml"
              ],
              "host": "tree.test"
            }
          ],
          "path": "ROOT/system/etc/containerd/certs.d"
        },
        {
          "exists": false,
          "hosts": [],
          "path": "ROOT/config/docker/certs.d"
        },
        {
          "exists": true,
          "hosts": [],
          "path": "ROOT/system/etc/docker/certs.d"
        }
      ],
      "insecure": [
        {
          "from": "ROOT/system/etc/docker/daemon.json:3",
          "value": "old.test:5000"
        },
        {
          "from": "ROOT/system/etc/containers/registries.conf:5",
          "value": "first.test:5000"
        }
      ],
      "keyring": true,
      "locations": [],
      "mirrors": [
        {
          "capabilities": [
            "pull",
            "resolve"
          ],
          "from": "ROOT/config/rcr/config.toml:3",
          "names": "all",
          "namespace": true,
          "place": "https://cache.test:5000",
          "prefix": "ghcr.io"
        },
        {
          "capabilities": [
            "pull",
            "resolve"
          ],
          "from": "ROOT/system/etc/docker/daemon.json:2",
          "names": "all",
          "namespace": false,
          "place": "http://hub-mirror.test:5000",
          "prefix": "docker.io"
        },
        {
          "capabilities": [
            "pull",
            "resolve"
          ],
          "from": "ROOT/system/etc/containers/registries.conf:9",
          "names": "digests",
          "namespace": false,
          "place": "pinned.test/team",
          "prefix": "first.test:5000"
        },
        {
          "capabilities": [
            "pull"
          ],
          "from": "ROOT/system/etc/containerd/certs.d/tree.test/hosts.toml:3",
          "names": "all",
          "namespace": true,
          "place": "https://proxy-cache.test/v2/hub",
          "prefix": "tree.test"
        }
      ],
      "no_proxy": [
        {
          "from": "NO_PROXY",
          "value": ".internal.test"
        },
        {
          "from": "NO_PROXY",
          "value": "10.0.0.0/8"
        }
      ],
      "plain_http": [
        {
          "from": "ROOT/config/rcr/config.toml:1",
          "value": "plain.test:5000"
        }
      ],
      "problems": [],
      "proxies": [
        {
          "from": "ROOT/config/rcr/config.toml:9",
          "of": "own.test",
          "url": "http://own-proxy.test"
        },
        {
          "from": "https_proxy",
          "of": "https",
          "url": "http://proxy.test:3128"
        }
      ],
      "registries": [
        {
          "from": "ROOT/system/etc/containers/registries.conf:1",
          "registry": "first.test:5000",
          "state": "insecure"
        },
        {
          "from": "ROOT/system/etc/containers/registries.conf:1",
          "registry": "docker.io",
          "state": "secure"
        }
      ],
      "schema": 1,
      "short_name_mode": {
        "from": "ROOT/system/etc/containers/registries.conf:2",
        "value": "permissive"
      },
      "skip_verify": [],
      "store": "ROOT/data/rcr",
      "trusted_realms": [],
      "version": true
    }
    "#);
}

#[test]
fn info_lists_files_that_cannot_be_used_and_goes_on() {
    let hosts = "system/etc/containerd/certs.d/docker.io/hosts.toml";
    let cases = [
        ("home/.docker/config.json", "{", "secure"),
        ("config/containers/auth.json", "[]", "secure"),
        (hosts, "server = 1", "unusable"),
        ("system/etc/docker/certs.d/docker.io/client.cert", "", "unusable"),
    ];
    for (file, text, state) in cases {
        let env = TestEnv::new();
        let path = env.write(file, text).display().to_string();
        let info = json_of(&env, &env.rcr(["info", "--json"]).success());
        let path = path.replace(&env.root().display().to_string(), "ROOT");
        assert_eq!(info["registries"][0]["state"], state, "{file}: {info}");
        let problems = info["problems"].as_array().unwrap();
        let named = problems.iter().filter(|problem| problem.as_str().unwrap().contains(&path)).count();
        assert_eq!((problems.len(), named), (1, 1), "{file}: {problems:?}");
        let output = env.rcr(["info"]).success();
        output.stdout_has("Unusable:").stdout_has("Files:");
    }
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
