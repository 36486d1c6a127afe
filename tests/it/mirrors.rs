//! Mirrors: who is asked for what, in which order, with whose credentials, and what happens when they fail.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::skopeo::Skopeo;
use crate::support::{
    Artifact, Authority, Cut, Distribution, Leaf, Listen, Nginx, Port, Registry, Reply, Request, Server, TestEnv,
};

const PASSWORD: &str = "s3cr3t-of-alice";
const BASIC: &str = "Basic realm=\"registry\"";
const ALICE: &str = "Basic YWxpY2U6czNjcjN0LW9mLWFsaWNl";

fn at(last: u8) -> Registry {
    Registry::builder().listen(Listen::default().at(last)).start()
}

fn is_blob(request: &Request) -> bool {
    request.path.contains("/blobs/")
}

/// A table of `config.toml`.
fn mirror(prefix: &str, url: &str, more: &str) -> String {
    format!("[[mirror]]\nprefix = \"{prefix}\"\nurl = \"{url}\"\n{more}\n")
}

fn configured(env: &TestEnv, tables: &[String]) {
    env.user_config("rcr/config.toml", tables.concat());
}

fn manifests(server: &Server) -> usize {
    server.lines().iter().filter(|line| line.contains("/manifests/")).count()
}

#[test]
fn dockers_mirrors_are_for_docker_hub_only_and_in_their_order() {
    let image = Artifact::image(4001).build();
    let (first, second, other) = (at(2), at(3), at(4));
    second.add("library/busybox", "latest", &image);
    other.add("busybox", "latest", &image);
    let env = TestEnv::new();
    let mirrors = json!({"registry-mirrors": [first.origin(), second.origin() + "/"]});
    env.system("etc/docker/daemon.json", mirrors.to_string());
    let output = env.rcr(["-v", "pull", "busybox"]).success();
    assert_eq!(env.references(), ["docker.io/library/busybox:latest"]);
    output.stderr_has(&second.origin()).stderr_lacks("warning");
    assert!(first.log().iter().all(|request| request.path.starts_with("/v2/library/busybox/")), "{first:?}");
    assert!(first.lines().iter().chain(&second.lines()).all(|line| !line.contains("ns=")));
    let (asked, held) = (first.log().len(), second.log().len());
    env.rcr(["pull", &other.reference("busybox")]).success();
    assert_eq!((first.log().len(), second.log().len()), (asked, held), "they are Docker Hub's alone");
}

#[test]
fn a_flag_replaces_the_mirrors_of_files() {
    let image = Artifact::image(4002).build();
    let (of_file, of_flag) = (at(2), at(3));
    of_flag.add("library/busybox", "latest", &image);
    let env = TestEnv::new();
    env.system("etc/docker/daemon.json", json!({"registry-mirrors": [of_file.origin()]}).to_string());
    env.rcr(["pull", "--registry-mirror", &of_flag.origin(), "busybox"]).success();
    assert_eq!(of_file.log().len(), 0);
    let json = env.rcr(["--json", "pull", "--registry-mirror", &of_flag.origin(), "busybox"]).success().json();
    assert_eq!(json["resolved_by"], of_flag.origin());
}

#[test]
fn fault_45_a_chain_of_mirrors_in_every_condition_gives_the_image() {
    let image = Artifact::image(4003).layers(&[200_000, 300_000]).build();
    let origin = Distribution::start();
    let reference = origin.reference("chain/app:v1");
    Skopeo::new().push(&image, &reference);
    let cache = Distribution::builder().proxy_of(&origin.http_origin(), None).start();
    let dead = Port::closed_at(5);
    let spoilt = image.layers()[1].digest();
    let corrupt = Registry::builder()
        .listen(Listen::default().at(6))
        .spoil(usize::MAX, move |request| request.path.ends_with(&spoilt), |reply| reply.flipped(1000))
        .start();
    corrupt.add("chain/app", "v1", &image);
    let env = TestEnv::new();
    let dead_origin = format!("http://{}", dead.host());
    let of = [dead_origin.clone(), corrupt.origin(), cache.http_origin()];
    configured(&env, &of.map(|url| mirror(&origin.host(), &url, "")));
    let output = env.rcr(["pull", &reference]).success();
    assert!(output.stderr.contains(&dead_origin), "the dead mirror is named\n{}", output.stderr);
    assert!(output.stderr.contains(&corrupt.origin()), "the corrupt mirror is named\n{}", output.stderr);
    assert!(!output.stderr.contains(&cache.http_origin()), "the cache served\n{}", output.stderr);
    assert_eq!(env.blobs(), image.hexes());
    env.store_verify();
    assert!(cache.log().contains(&image.layers()[1].hex()), "the layer came from the cache");
}

#[test]
fn fault_45_a_mirror_that_is_down_is_asked_once_in_a_run() {
    for status in [403, 429, 500, 503] {
        let image = Artifact::image(4004).layers(&[10_000; 12]).build();
        let (mirrored, origin) = (
            Registry::builder()
                .listen(Listen::default().at(2))
                .before(move |_| Some(Reply::status(status).header("retry-after", "30")))
                .start(),
            at(3),
        );
        origin.add("app", "v1", &image);
        let env = TestEnv::new();
        configured(&env, &[mirror(&origin.host(), &mirrored.origin(), "")]);
        let before = Instant::now();
        let output = env.rcr(["pull", &origin.reference("app:v1")]).success();
        assert!(before.elapsed() < Duration::from_secs(20), "{status}: nobody waits for a mirror");
        assert_eq!(mirrored.log().len(), 1, "{status}");
        assert_eq!(output.stderr.matches(&mirrored.origin()).count(), 1, "{status}: {}", output.stderr);
        output.stderr_lacks("asks to wait");
        assert_eq!(env.blobs(), image.hexes());
    }
}

#[test]
fn fault_45_a_mirror_of_many_that_is_down_is_asked_once_for_all() {
    // It hangs up on everybody before TLS: nobody is reached there, whatever is asked for.
    let mute = std::net::TcpListener::bind("127.0.0.2:0").unwrap();
    let url = format!("https://{}", mute.local_addr().unwrap());
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = std::sync::Arc::clone(&asked);
    std::thread::spawn(move || {
        for connection in mute.incoming() {
            counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            drop(connection);
        }
    });
    let (one, two) = (at(3), at(4));
    let env = TestEnv::new();
    for (seed, registry) in [(4018, &one), (4019, &two)] {
        registry.add("app", "v1", &Artifact::image(seed).build());
    }
    configured(&env, &[mirror("*", &url, "")]);
    let output = env.rcr(["pull", &one.reference("app:v1"), &two.reference("app:v1")]).success();
    assert_eq!(output.stderr.matches("was passed over").count(), 1, "{}", output.stderr);
    assert_eq!(asked.load(std::sync::atomic::Ordering::Relaxed), 1);
}

#[test]
fn a_failure_tells_what_every_place_said() {
    let (lacks, dead, origin) = (at(2), Port::closed_at(3), Port::closed_at(4));
    let env = TestEnv::new();
    let dead = format!("http://{}", dead.host());
    configured(&env, &[mirror(&origin.host(), &lacks.origin(), ""), mirror(&origin.host(), &dead, "")]);
    for command in ["pull", "digest", "manifest"] {
        let reference = format!("{}/app:v1", origin.host());
        let output = env.rcr(["--json", "-q", "--retries", "0", command, &reference]).code(5);
        let error = output.error_json();
        let first = error["causes"][0].as_str().unwrap().to_owned();
        assert!(first.starts_with("the mirrors were of no use: "), "{first}");
        assert!(first.contains(&format!("{} (it answered 404 Not Found)", lacks.origin())), "{first}");
        assert!(first.contains(&format!("{dead} (cannot connect")), "{first}");
        assert_eq!((&error["kind"], &error["registry"]), (&json!("connection_refused"), &json!(origin.host())));
    }
}

#[test]
fn fault_45_what_a_mirror_lacks_comes_from_the_registry() {
    let image = Artifact::image(4005).layers(&[20_000; 3]).build();
    let missing = image.layers()[1].digest();
    let (holds_most, origin) = (
        Registry::builder()
            .listen(Listen::default().at(2))
            .before(move |request| request.path.ends_with(&missing).then(|| Reply::error(404, "BLOB_UNKNOWN", "no")))
            .start(),
        at(3),
    );
    holds_most.add("app", "v1", &image);
    origin.add("app", "v1", &image);
    let env = TestEnv::new();
    configured(&env, &[mirror(&origin.host(), &holds_most.origin(), "")]);
    env.rcr(["pull", &origin.reference("app:v1")]).success().stderr_lacks("warning");
    assert_eq!(env.blobs(), image.hexes());
    assert_eq!(origin.lines(), [format!("GET /v2/app/blobs/{}", image.layers()[1].digest())]);
}

#[test]
fn fault_45_a_layer_goes_on_at_the_next_place_where_a_mirror_broke_off() {
    let image = Artifact::image(4006).layers(&[3_000_000]).build();
    let layer = image.layers()[0].digest();
    let (breaks, origin) = (
        Registry::builder()
            .listen(Listen::default().at(2))
            .spoil(usize::MAX, move |request| request.path.ends_with(&layer), |reply| reply.cut(2_000_000, Cut::Rst))
            .start(),
        at(3),
    );
    breaks.add("app", "v1", &image);
    origin.add("app", "v1", &image);
    let env = TestEnv::new();
    configured(&env, &[mirror(&origin.host(), &breaks.origin(), "")]);
    env.rcr(["pull", &origin.reference("app:v1")]).success();
    assert_eq!(env.blobs(), image.hexes());
    let asked: Vec<Request> = origin.log().into_iter().filter(is_blob).collect();
    assert_eq!(asked.len(), 1, "{origin:?}");
    assert!(asked[0].range_start().is_some_and(|start| start > 0), "it goes on and does not start over: {asked:?}");
    assert_eq!(
        breaks
            .log()
            .iter()
            .filter(|request| is_blob(request) && request.path.contains(&image.layers()[0].hex()))
            .count(),
        1
    );
}

#[test]
fn credentials_go_to_the_host_they_are_for() {
    let image = Artifact::image(4007).build();
    let guarded = |last| Registry::builder().listen(Listen::default().at(last)).wants(&[ALICE], BASIC).start();
    // Only the registry has credentials: the mirror gets none, although it asks.
    let (mirrored, origin) = (guarded(2), guarded(3));
    for registry in [&mirrored, &origin] {
        registry.add("app", "v1", &image);
    }
    let env = TestEnv::new();
    env.secret_login("alice", PASSWORD);
    configured(&env, &[mirror(&origin.host(), &mirrored.origin(), "")]);
    let login = json!({"username": "alice", "password": PASSWORD});
    env.write_docker_config(&json!({"auths": {origin.host(): login}}));
    env.rcr(["pull", &origin.reference("app:v1")]).success().stderr_has(&mirrored.origin());
    mirrored.assert_told_nothing(env.secrets());
    assert!(origin.log().iter().any(|request| request.header("authorization") == Some(ALICE)));

    // Only the mirror has: then the registry is never asked.
    let (env, asked) = (TestEnv::new(), origin.log().len());
    env.secret_login("alice", PASSWORD);
    configured(&env, &[mirror(&origin.host(), &mirrored.origin(), "")]);
    env.write_docker_config(&json!({"auths": {mirrored.host(): {"username": "alice", "password": PASSWORD}}}));
    env.rcr(["pull", &origin.reference("app:v1")]).success().stderr_lacks("warning");
    assert_eq!(origin.log().len(), asked);
}

#[test]
fn a_mirror_of_many_registries_is_told_which_is_meant() {
    let image = Artifact::image(4008).build();
    let many = Registry::builder()
        .listen(Listen::default().at(2))
        .before(|request| (request.parameter("ns").as_deref() != Some("quay.test")).then(|| Reply::status(404)))
        .start();
    many.add("team/app", "v1", &image);
    let env = TestEnv::new();
    configured(&env, &[mirror("*", &many.origin(), "")]);
    env.rcr(["pull", "quay.test/team/app:v1"]).success();
    assert_eq!(env.references(), ["quay.test/team/app:v1"]);
    assert!(many.log().iter().all(|request| request.parameter("ns").as_deref() == Some("quay.test")), "{many:?}");
    // Without it the mirror knows nothing.
    configured(&env, &[mirror("*", &many.origin(), "namespace = false")]);
    env.rcr(["--retries", "0", "pull", "quay.test/team/app:v1"]).code(5);
}

#[test]
fn a_path_on_the_mirror_stands_in_front_of_the_name() {
    let image = Artifact::image(4009).build();
    let project = at(2);
    project.add("hub-proxy/team/app", "v1", &image);
    let env = TestEnv::new();
    let url = format!("{}/v2/hub-proxy", project.origin());
    configured(&env, &[mirror("quay.test", &url, "override-path = true")]);
    env.rcr(["pull", "quay.test/team/app:v1"]).success();
    assert_eq!(env.references(), ["quay.test/team/app:v1"]);
}

#[test]
fn fault_68_a_mirror_by_digest_only_is_never_asked_for_a_tag() {
    let image = Artifact::image(4010).build();
    let (by_digest, origin) = (at(2), at(3));
    for registry in [&by_digest, &origin] {
        registry.add("app", "v1", &image);
    }
    let env = TestEnv::new();
    configured(&env, &[mirror(&origin.host(), &by_digest.origin(), "capabilities = [\"pull\"]")]);
    env.rcr(["pull", &origin.reference("app:v1")]).success();
    assert!(by_digest.lines().iter().all(|line| !line.contains("/manifests/v1")), "{by_digest:?}");
    assert!(by_digest.log().iter().any(is_blob), "blobs are asked for by digest");
    assert_eq!(manifests(&origin), 1);
}

#[test]
fn fault_68_a_mirror_that_decides_what_a_tag_stands_for_is_named() {
    let image = Artifact::image(4030).build();
    let (resolving, origin) = (at(2), at(3));
    resolving.add("app", "v1", &image);
    let env = TestEnv::new();
    configured(&env, &[mirror(&origin.host(), &resolving.origin(), "")]);
    let said = format!("The mirror {} says what the tag stands for", resolving.origin());
    env.rcr(["pull", &origin.reference("app:v1")]).success().stderr_has(&said);
    let pinned = format!("{}@{}", origin.reference("app:v1"), image.digest());
    env.rcr(["pull", &pinned]).success().stderr_lacks("says what");
    env.rcr(["-q", "pull", &origin.reference("app:v1")]).success().stderr_lacks("says what");
}

#[test]
fn fault_68_a_mirror_does_not_change_a_digest() {
    let (right, wrong) = (Artifact::image(4011).build(), Artifact::image(4012).build());
    let manifest = wrong.manifest.clone();
    let (lies, origin) = (
        Registry::builder()
            .listen(Listen::default().at(2))
            .before(move |request| {
                let reply = || Reply::ok(manifest.bytes.clone()).header("content-type", manifest.media_type.clone());
                request.path.contains("/manifests/").then(reply)
            })
            .start(),
        at(3),
    );
    origin.add("app", "v1", &right);
    let env = TestEnv::new();
    configured(&env, &[mirror(&origin.host(), &lies.origin(), "")]);
    let pinned = origin.reference(&format!("app@{}", right.digest()));
    env.rcr(["pull", &pinned]).success().stderr_has(&lies.origin());
    assert_eq!(env.blobs(), right.hexes());
}

#[test]
fn a_push_goes_to_the_registry_and_past_its_mirrors() {
    let image = Artifact::image(4013).build();
    let (mirrored, origin) = (at(2), at(3));
    origin.add("app", "v1", &image);
    let env = TestEnv::new();
    env.rcr(["pull", &origin.reference("app:v1")]).success();
    configured(&env, &[mirror(&origin.host(), &mirrored.origin(), "")]);
    env.rcr(["push", &origin.reference("app:v1"), &origin.reference("copy:v1")]).success();
    assert!(origin.holds("copy", &image));
    assert_eq!(mirrored.log().len(), 0);
    // Named, it is a registry as any other.
    env.rcr(["push", &origin.reference("app:v1"), &mirrored.reference("copy:v1")]).success();
    assert!(mirrored.holds("copy", &image));
}

#[test]
fn containerds_hosts_are_asked_in_their_order_and_pushed_to_where_the_file_says_so() {
    let image = Artifact::image(4014).build();
    let (first, second, origin) = (at(2), at(3), at(4));
    second.add("app", "v1", &image);
    origin.add("app", "v1", &image);
    let env = TestEnv::new();
    let directory = format!("etc/containerd/certs.d/{}", origin.host());
    let hosts = |capabilities: &str| {
        format!(
            "server = \"http://{}\"\n[host.\"{}\"]\ncapabilities = [\"pull\", \"resolve\"]\n[host.\"{}\"]\n{capabilities}\n\
             [host.\"{}\".header]\nx-key = \"s3cr3t-of-the-mirror\"\n",
            origin.host(),
            first.origin(),
            second.origin(),
            second.origin(),
        )
    };
    let file = env.system(&format!("{directory}/hosts.toml"), hosts(""));
    env.may_hold_secrets(&file);
    env.secret("s3cr3t-of-the-mirror");
    env.rcr(["-v", "pull", &origin.reference("app:v1")]).success();
    assert_eq!(origin.log().len(), 0);
    assert!(!first.log().is_empty() && first.log().iter().all(|request| request.header("x-key").is_none()));
    assert!(second.log().iter().all(|request| request.header("x-key") == Some("s3cr3t-of-the-mirror")));
    assert!(second.log().iter().all(|request| request.parameter("ns") == Some(origin.host())), "{second:?}");

    env.rcr(["push", &origin.reference("app:v1"), &origin.reference("copy:v1")]).success();
    assert!(origin.holds("copy", &image) && !second.holds("copy", &image), "nothing is written of pushing");
    env.system(&format!("{directory}/hosts.toml"), hosts("capabilities = [\"pull\", \"resolve\", \"push\"]"));
    env.rcr(["push", &origin.reference("app:v1"), &origin.reference("other:v1")]).success();
    assert!(second.holds("other", &image) && !origin.holds("other", &image));
}

#[test]
fn a_mirror_may_want_a_client_certificate_and_have_an_authority_of_its_own() {
    let image = Artifact::image(4017).build();
    let upstream = Distribution::start();
    Skopeo::new().push(&image, &upstream.reference("team/app:v1"));
    let (servers, clients) = (Authority::new("servers"), Authority::new("clients"));
    let front = Nginx::before(&upstream.http_origin()).tls(&servers.issue(&["127.0.0.1"])).clients_of(&clients).start();
    let client = clients.issue(&["alice"]);
    let write = |env: &TestEnv, directory: &str| {
        env.system(&format!("{directory}/ca.pem"), servers.pem());
        env.system(&format!("{directory}/alice.cert"), client.certificate_pem.clone());
        env.system(&format!("{directory}/alice.key"), client.key_pem());
    };
    let directory = "etc/containerd/certs.d/quay.test";
    let of_containerd = TestEnv::new();
    write(&of_containerd, directory);
    of_containerd.system(
        &format!("{directory}/hosts.toml"),
        format!("[host.\"{}\"]\nca = \"ca.pem\"\nclient = [[\"alice.cert\", \"alice.key\"]]\n", front.origin()),
    );
    let own = TestEnv::new();
    write(&own, "keys");
    let at = |name: &str| own.root().join("system/keys").join(name).display().to_string();
    let certificates = format!(
        "ca = [\"{}\"]\nclient = {{ cert = \"{}\", key = \"{}\" }}",
        at("ca.pem"),
        at("alice.cert"),
        at("alice.key")
    );
    configured(&own, &[mirror("quay.test", &front.origin(), &certificates)]);
    for env in [of_containerd, own] {
        let asked = front.log().len();
        env.rcr(["pull", "quay.test/team/app:v1"]).success().stderr_lacks("warning");
        assert_eq!(env.blobs(), image.hexes());
        let log = front.log().split_off(asked);
        assert!(!log.is_empty() && log.iter().all(|request| request.client.is_some()), "{log:#?}");
    }
    // For the same host as a registry nothing of that holds.
    let env = TestEnv::new();
    env.rcr(["pull", &front.reference("team/app:v1")]).code(8);
}

#[test]
fn podmans_mirrors_and_locations_are_followed() {
    let image = Artifact::image(4015).build();
    let (mirrored, moved) = (at(2), at(3));
    moved.add("internal/team/app", "v1", &image);
    let env = TestEnv::new();
    env.system(
        "etc/containers/registries.conf",
        format!(
            "[[registry]]\nprefix = \"quay.test/team\"\nlocation = \"{}/internal/team\"\n\
             [[registry.mirror]]\nlocation = \"{}/m\"\n",
            moved.host(),
            mirrored.host(),
        ),
    );
    env.rcr(["pull", "quay.test/team/app:v1"]).success();
    assert_eq!(env.references(), ["quay.test/team/app:v1"]);
    assert!(mirrored.log().iter().all(|request| request.path.starts_with("/v2/m/app/")), "{mirrored:?}");
    assert_eq!(env.blobs(), image.hexes());
}

#[test]
fn the_lists_of_a_registry_are_its_own() {
    let image = Artifact::image(4016).build();
    let (mirrored, origin) = (at(2), at(3));
    mirrored.add("app", "stale", &image);
    origin.add("app", "v1", &image);
    let env = TestEnv::new();
    configured(&env, &[mirror(&origin.host(), &mirrored.origin(), "")]);
    env.rcr(["tags", &origin.reference("app")]).success().stdout_is("v1\n");
    env.rcr(["catalog", &origin.host()]).success().stdout_is("app\n");
    assert_eq!(mirrored.log().len(), 0);
}

#[test]
fn two_places_at_one_host_are_each_trusted_as_their_own_setting_says() {
    let image = Artifact::image(4031).build();
    let server = at(2);
    server.add("open/app", "v1", &image);
    server.add("strict/app", "v1", &image);
    let (address, port) = server.host().rsplit_once(':').map(|(a, p)| (a.to_owned(), p.to_owned())).unwrap();
    let (host, resolve) = (format!("r.test:{port}"), format!("r.test:{port}:{address}"));
    for (mirror, insecure, origin) in [("strict", false, "open"), ("open", true, "strict")] {
        let env = TestEnv::new();
        let text = format!(
            "[[registry]]\nprefix = 'hub.test'\nlocation = '{host}/{origin}'\ninsecure = {}\n\
             [[registry.mirror]]\nlocation = '{host}/{mirror}'\ninsecure = {insecure}\n",
            !insecure
        );
        env.write("config/containers/registries.conf", text);
        env.rcr(["--resolve", &resolve, "pull", "hub.test/app:v1"]).success();
    }
    assert!(server.lines().iter().all(|line| !line.contains("/strict/")), "{:?}", server.lines());
    assert_eq!(manifests(&server), 2);
}

#[test]
fn fault_45_whatever_a_mirror_does_wrong_the_registry_has_the_image() {
    type Wrong = fn(Reply) -> Reply;
    let refused = Leaf::self_signed(&["127.0.0.2"]).server_config();
    let plain = || Listen::default().at(2);
    let cases: [(&str, Listen, Wrong); 11] = [
        ("404", plain(), |_| Reply::error(404, "MANIFEST_UNKNOWN", "no")),
        ("401", plain(), |_| Reply::status(401).header("www-authenticate", "Basic realm=\"mirror\"")),
        ("403", plain(), |_| Reply::error(403, "DENIED", "no")),
        ("429", plain(), |_| Reply::status(429)),
        ("500", plain(), |_| Reply::status(500)),
        ("502", plain(), |_| Reply::status(502)),
        ("a page", plain(), |_| Reply::ok("<html>hello</html>").header("content-type", "text/html")),
        ("no answer", plain(), |_| Reply::status(200).delayed(Duration::MAX)),
        ("an answer that ends", plain(), |reply| reply.cut(1, Cut::Rst)),
        ("wrong bytes", plain(), |reply| reply.flipped(0)),
        ("bad TLS", Listen::tls(refused).at(2), |reply| reply),
    ];
    for (name, listen, wrong) in cases {
        let image = Artifact::image(4020).layers(&[10_000; 4]).build();
        for part in ["/v2/", "/blobs/"] {
            let is_part = move |request: &Request| request.path.contains(part) && request.method == "GET";
            let mirrored = Registry::builder().listen(listen.clone()).spoil(usize::MAX, is_part, wrong).start();
            let origin = at(3);
            for registry in [&mirrored, &origin] {
                registry.add("app", "v1", &image);
            }
            let env = TestEnv::new();
            env.set("RCR_TEST_HASTE", "60");
            configured(&env, &[mirror(&origin.host(), &mirrored.origin(), "")]);
            let output = env.rcr(["pull", &origin.reference("app:v1")]).run();
            assert_eq!(output.exit(), Some(0), "{name} at {part}\n{output}");
            assert_eq!(env.blobs(), image.hexes(), "{name} at {part}");
            // That a mirror lacks something is no fault of it.
            let told = output.stderr.contains(&mirrored.origin());
            assert_eq!(told, name != "404" || part == "/blobs/", "{name} at {part}\n{output}");
        }
    }
}
