//! The real parts of the support: caches, servers in front, proxies, and skopeo as a judge of configurations.

use std::net::Ipv4Addr;

use crate::support::skopeo::{Place, Skopeo, Verdict, places};
use crate::support::tinyproxy::Tinyproxy;
use crate::support::{
    Artifact, Authority, Distribution, Leaf, Nginx, Port, Registry, Reply, Socks, TestEnv, TlsFront, TokenServer,
};

const MANIFEST: &str = "accept: application/vnd.oci.image.manifest.v1+json";

/// The status of a GET, and what came with it.
fn curl(env: &TestEnv, more: &[&str], url: &str) -> (u16, String) {
    let output = env
        .program("curl", ["--silent", "--include", "--header", MANIFEST, "--write-out", "\n%{http_code}"])
        .args(more)
        .arg(url)
        .run();
    let (text, status) = output.stdout.rsplit_once('\n').expect("a status");
    (status.parse().expect("a status"), text.to_owned())
}

#[test]
fn a_port_that_is_held_refuses_until_a_server_takes_it() {
    let env = TestEnv::new();
    let port = Port::closed_at(7);
    let url = format!("http://{}/v2/", port.host());
    assert!(port.host().starts_with("127.0.0.7:"));
    env.program("curl", ["--silent", &url]).code(7);
    let mut registry = Distribution::builder().port(port).start();
    assert_eq!(curl(&env, &[], &url).0, 200);
    let image = Artifact::image(3001).build();
    Skopeo::new().push(&image, &registry.reference("kept:v1"));
    registry.stop();
    env.program("curl", ["--silent", &url]).code(7);
    registry.start_again();
    assert_eq!(Skopeo::new().raw(&registry.reference("kept:v1")), image.manifest.bytes);
}

#[test]
fn a_cache_answers_for_its_upstream_and_without_it() {
    let env = TestEnv::new();
    let mut upstream = Distribution::start();
    let cache = Distribution::builder().proxy_of(&upstream.http_origin(), None).start();
    let [old, new, other] = [3002, 3003, 3004].map(|seed| Artifact::image(seed).build());
    Skopeo::new().push(&old, &upstream.reference("image:v1"));
    Skopeo::new().push(&other, &upstream.reference("image:other"));
    env.rcr(["pull", &cache.reference("image:v1")]).success();
    assert_eq!(env.blobs(), old.hexes());
    Skopeo::new().push(&new, &upstream.reference("image:v1"));
    let tag = |tag: &str| curl(&env, &[], &format!("{}/v2/image/manifests/{tag}", cache.http_origin()));
    let blob = |digest: &str| curl(&env, &["-I"], &format!("{}/v2/image/blobs/{digest}", cache.http_origin()));
    assert!(tag("v1").1.contains(&new.digest()), "the tag moved");
    assert!(tag("none").1.contains("MANIFEST_UNKNOWN"));

    cache.wait_for("image", &old);
    upstream.stop();
    assert_eq!(curl(&env, &[], &format!("{}/v2/", cache.http_origin())).0, 200);
    assert!(tag("v1").1.contains(&new.digest()), "the last that the cache saw");
    assert_eq!(tag(&old.digest()).0, 200);
    assert_eq!(blob(&old.layers()[0].digest()).0, 200);
    let (status, text) = tag("other");
    assert!(status == 404 && text.contains("MANIFEST_UNKNOWN"), "{text}");
    assert_eq!(tag(&other.digest()).0, 500);
    assert_eq!(blob(&other.layers()[0].digest()).0, 500);

    upstream.start_again();
    assert!(tag("other").1.contains(&other.digest()));
    assert_eq!(blob(&other.layers()[0].digest()).0, 200);
    let upload = format!("{}/v2/image/blobs/uploads/", cache.http_origin());
    assert_eq!(curl(&env, &["-X", "POST"], &upload).0, 405);
}

#[test]
fn a_cache_has_credentials_for_its_upstream_and_users_of_its_own() {
    let env = TestEnv::new();
    let tokens = TokenServer::builder().user("robot", "s3cr3t-robot", &["pull", "push"]).start(env.secrets());
    let upstream = Distribution::builder().token(&tokens).start();
    let image = Artifact::image(3005).build();
    Skopeo::new().login("robot", "s3cr3t-robot").push(&image, &upstream.reference("image:v1"));
    let authority = Authority::new("cache");
    let cache = Distribution::builder()
        .proxy_of(&upstream.http_origin(), Some(("robot", "s3cr3t-robot")))
        .tls(&authority.issue(&["127.0.0.1"]))
        .htpasswd("alice", "s3cr3t-alice")
        .start();
    let reference = cache.reference("image:v1");
    env.trust(&cache.host(), &authority.pem());
    env.secret_login("alice", "s3cr3t-alice");
    env.rcr(["pull", &reference]).code(4);
    let login = ["login", "--username", "alice", "--password-stdin", &cache.host()];
    env.rcr(login).stdin("s3cr3t-alice").success();
    env.rcr(["pull", &reference]).success();
    assert_eq!(env.blobs(), image.hexes());
}

#[test]
fn a_cache_never_logs_in_with_a_password_alone() {
    let env = TestEnv::new();
    let upstream = Distribution::builder().htpasswd("robot", "s3cr3t-robot").start();
    let image = Artifact::image(3006).build();
    Skopeo::new().login("robot", "s3cr3t-robot").push(&image, &upstream.reference("image:v1"));
    let cache = Distribution::builder().proxy_of(&upstream.http_origin(), Some(("robot", "s3cr3t-robot"))).start();
    let manifest = |which: &str| curl(&env, &[], &format!("{}/v2/image/manifests/{which}", cache.http_origin())).0;
    assert_eq!((manifest("v1"), manifest(&image.digest())), (404, 500));
}

#[test]
fn a_cache_answers_with_what_it_has_when_its_upstream_refuses() {
    let env = TestEnv::new();
    let upstream = Distribution::start();
    let refuse = |status, code| Reply::error(status, code, "by the upstream");
    let front = Nginx::before(&upstream.http_origin())
        .answer("limit", "/manifests/", refuse(429, "TOOMANYREQUESTS").header("retry-after", "7"))
        .answer("forbid", "/manifests/", refuse(403, "DENIED"))
        .start();
    let cache = Distribution::builder().proxy_of(&front.origin(), None).start();
    let [held, other] = [3013, 3014].map(|seed| Artifact::image(seed).build());
    Skopeo::new().push(&held, &upstream.reference("image:v1"));
    Skopeo::new().push(&other, &upstream.reference("image:v2"));
    let manifest = |which: &str| curl(&env, &[], &format!("{}/v2/image/manifests/{which}", cache.http_origin()));
    assert_eq!(manifest("v1").0, 200);
    for (name, code) in [("limit", "TOOMANYREQUESTS"), ("forbid", "DENIED")] {
        front.on(name);
        assert_eq!((manifest("v1").0, manifest("v2").0), (200, 404), "{name}");
        let (status, text) = manifest(&other.digest());
        assert!(status == 500 && text.contains(code), "{name}: {text}");
        assert!(!text.to_ascii_lowercase().contains("retry-after"), "{name}: {text}");
        front.off(name);
    }
    assert_eq!(manifest("v2").0, 200);
}

#[test]
fn nginx_lets_in_whom_the_authority_knows() {
    let registry = Distribution::start();
    let (servers, clients, strangers) =
        (Authority::new("servers"), Authority::new("clients"), Authority::new("others"));
    let front = Nginx::before(&registry.http_origin())
        .tls(&servers.issue(&["127.0.0.1", "registry.test"]))
        .clients_of(&clients)
        .start();
    let image = Artifact::image(3007).build();
    Skopeo::new().push(&image, &registry.reference("image:v1"));

    let env = TestEnv::new();
    let ca = env.write("ca.crt", servers.pem()).display().to_string();
    let url = format!("{}/v2/", front.origin());
    let (status, text) = curl(&env, &["--cacert", &ca], &url);
    assert!(status == 400 && text.contains("No required SSL certificate was sent"), "{text}");
    let (status, text) = curl(&env, &[], &url.replace("https", "http"));
    assert!(status == 400 && text.contains("The plain HTTP request was sent to HTTPS port"), "{text}");
    let stranger = strangers.issue(&["mallory"]);
    let certificate = env.write("mallory.cert", &stranger.certificate_pem).display().to_string();
    let key = env.write("mallory.key", stranger.key_pem()).display().to_string();
    let (status, text) = curl(&env, &["--cacert", &ca, "--cert", &certificate, "--key", &key], &url);
    assert!(status == 400 && text.contains("The SSL certificate error"), "{text}");

    for host in [front.host(), front.host_as("registry.test")] {
        env.trust(&host, &servers.pem());
        env.identify(&host, &clients.issue(&["alice"]));
    }
    env.rcr(["pull", &front.reference("image:v1")]).success();
    let by_name = format!("{}/image:v1", front.host_as("registry.test"));
    env.rcr([&front.resolve("registry.test"), "pull", &by_name]).success();
    assert_eq!(env.blobs(), image.hexes());
    let pulled = front.log();
    assert!(pulled.iter().any(|request| request.status == 200 && request.client.is_some()), "{pulled:#?}");
    front.assert_told_nothing();
}

#[test]
fn nginx_answers_on_command_and_logs_who_showed_what() {
    let registry = Distribution::start();
    let image = Artifact::image(3008).build();
    Skopeo::new().push(&image, &registry.reference("image:v1"));
    let front = Nginx::before(&registry.http_origin())
        .answer(
            "limit",
            "/manifests/[^/]+$",
            Reply::error(429, "TOOMANYREQUESTS", "slow \"down\"").header("retry-after", "7"),
        )
        .answer("down", "^/v2/", Reply::status(503).body("closed"))
        .start();
    let env = TestEnv::new();
    let url = format!("{}/v2/image/manifests/v1", front.origin());
    assert_eq!(curl(&env, &[], &url).0, 200);
    front.on("limit");
    let (status, text) = curl(&env, &[], &url);
    let lower = text.to_ascii_lowercase();
    assert!(status == 429 && lower.contains("retry-after: 7") && lower.contains("content-type: application/json"));
    assert!(text.contains(r#""message":"slow \"down\"""#), "{text}");
    assert_eq!(curl(&env, &[], &format!("{}/v2/", front.origin())).0, 200);
    front.on("down");
    front.off("limit");
    let (status, text) = curl(&env, &["-X", "PUT", "--data", "x"], &url);
    assert!(status == 503 && text.ends_with("closed"), "{text}");
    front.off("down");
    env.rcr(["pull", &front.reference("image:v1")]).success();
    front.assert_told_nothing();

    curl(&env, &["--user", "alice:s3cr3t-alice"], &format!("{url}?n=1"));
    let last = front.log().pop().expect("a request");
    assert_eq!((last.line.as_str(), last.status), ("GET /v2/image/manifests/v1?n=1", 200));
    assert_eq!(last.authorization.as_deref(), Some("Basic YWxpY2U6czNjcjN0LWFsaWNl"));
    assert!(std::panic::catch_unwind(|| front.assert_told_nothing()).is_err());
    let nothing = Nginx::alone().port(Port::closed_at(9)).start();
    assert_eq!(curl(&env, &[], &format!("{}/v2/", nothing.origin())).0, 404);
}

#[test]
fn nginx_serves_a_push() {
    let registry = Distribution::start();
    let front = Nginx::before(&registry.http_origin()).start();
    let image = Artifact::image(3009).layers(&[2_000_000]).build();
    Skopeo::new().push(&image, &front.reference("image:v1"));
    assert_eq!(Skopeo::new().raw(&registry.reference("image:v1")), image.manifest.bytes);
}

#[test]
fn nginx_has_the_certificate_that_it_was_given() {
    let authority = Authority::new("own");
    for (leaf, word) in [
        (authority.issue_expired(&["127.0.0.1"]), "expired"),
        (authority.issue(&["other.test"]), "127.0.0.1"),
        (Leaf::self_signed(&["127.0.0.1"]), "certificate"),
    ] {
        let (env, front) = (TestEnv::new(), Nginx::alone().tls(&leaf).start());
        env.trust(&front.host(), &authority.pem());
        env.rcr(["pull", &front.reference("image:v1")]).code(8).stderr_has(word);
        assert_eq!(front.log(), Vec::new());
    }
}

/// A registry over HTTPS that is only reached through a proxy that knows its name, and its image.
fn behind_a_proxy(seed: u64) -> (TestEnv, Distribution, String) {
    let authority = Authority::new("proxied");
    let registry = Distribution::builder().tls(&authority.issue(&["registry.test"])).start();
    let port = registry.host().rsplit_once(':').expect("a port").1.to_owned();
    Skopeo::new().push(&Artifact::image(seed).build(), &registry.reference("image:v1"));
    let env = TestEnv::new();
    env.trust(&format!("registry.test:{port}"), &authority.pem());
    (env, registry, format!("registry.test:{port}/image:v1"))
}

#[test]
fn socks_resolves_connects_and_counts() {
    let (env, _registry, reference) = behind_a_proxy(3010);
    let host = reference.split('/').next().expect("a host");
    let names = [("registry.test", Ipv4Addr::LOCALHOST)];
    let open = Socks::start(&names, None);
    env.rcr(["digest", &reference]).env("HTTPS_PROXY", open.url()).success();
    assert_eq!((open.connections(), open.refused(), open.targets()), (1, 0, vec![host.to_owned()]));

    env.secret_login("corp", "s3cr3t-of-corp");
    let closed = Socks::start(&names, Some(("corp", "s3cr3t-of-corp")));
    let with = |proxy: String| env.rcr(["--retries", "0", "digest", &reference]).env("HTTPS_PROXY", proxy).run();
    with(closed.url_as("corp", "s3cr3t-of-corp")).success();
    assert_eq!((closed.refused(), closed.targets()), (0, vec![host.to_owned()]));
    for wrong in [closed.url(), closed.url_as("corp", "wrong")] {
        assert_ne!(with(wrong).exit(), Some(0));
    }
    assert_eq!((closed.refused(), closed.targets().len()), (closed.connections() - 1, 1));

    let ignorant = Socks::start(&[], None);
    assert_ne!(with(ignorant.url()).exit(), Some(0));
    assert!(ignorant.targets().iter().all(|target| target == host) && !ignorant.targets().is_empty());
}

#[test]
fn tls_in_front_of_tinyproxy_is_an_https_proxy() {
    let (env, _registry, reference) = behind_a_proxy(3011);
    let host = reference.split('/').next().expect("a host");
    let proxy = Tinyproxy::start(&["registry.test"], Some(("corp", "s3cr3t-of-corp")));
    let authority = Authority::new("proxy");
    let front = TlsFront::start(&authority.issue(&["127.0.0.1"]), proxy.address());
    let ca = env.write("proxy-ca.crt", authority.pem()).display().to_string();
    let url = format!("https://{host}/v2/");
    let ask = |proxy: &str, more: &[&str]| {
        env.program("curl", ["--silent", "--insecure", "--proxy", proxy]).args(more).arg(&url).run().exit()
    };
    let good = front.url_as("corp", "s3cr3t-of-corp");
    assert_eq!(ask(&good, &["--proxy-cacert", &ca]), Some(0));
    assert!(proxy.log().contains(&format!("CONNECT {host}")), "{}", proxy.log());
    assert_eq!(ask(&good, &[]), Some(60), "the certificate of the proxy");
    assert_eq!(ask(&front.url(), &["--proxy-cacert", &ca]), Some(56), "no login");
    assert_eq!(front.handshakes(), 2);
}

#[test]
fn skopeo_says_where_a_configuration_leads() {
    let (env, closed) = (TestEnv::new(), Port::closed());
    let conf = env.user_config(
        "containers/registries.conf",
        r#"
        unqualified-search-registries = ["search.test"]
        [[registry]]
        prefix = "example.test/team"
        location = "origin.test/rewritten"
        mirror = [{ location = "first.test/m", insecure = true }, { location = "second.test" }]
        [[registry]]
        location = "blocked.test"
        blocked = true
        "#,
    );
    let place = |reference: &str| Place { reference: reference.to_owned(), insecure: false, blocked: false };
    let verdict = |reference: &str| places(&conf, reference, &closed);
    assert_eq!(
        verdict("example.test/team/app:v1"),
        Verdict::Places(vec![
            Place { insecure: true, ..place("first.test/m/app:v1") },
            place("second.test/app:v1"),
            place("origin.test/rewritten/app:v1"),
        ])
    );
    assert_eq!(verdict("other.test/app").asked(), ["other.test/app:latest"]);
    let blocked = verdict("blocked.test/app:v1");
    assert_eq!(blocked, Verdict::Places(vec![Place { blocked: true, ..place("blocked.test/app:v1") }]));
    assert!(blocked.asked().is_empty());

    env.user_config(
        "containers/registries.conf.d/50-more.conf",
        "[[registry]]\nlocation = \"other.test\"\nmirror = [{ location = \"drop-in.test\" }]\n",
    );
    assert_eq!(verdict("other.test/app:v1").asked(), ["drop-in.test/app:v1", "other.test/app:v1"]);

    let broken = env.write("broken.conf", "[[registry]]\nlocation = [\n");
    let Verdict::Nowhere(why) = places(&broken, "other.test/app", &closed) else { panic!("it is broken") };
    assert!(why.contains("toml: line 2"), "{why}");
}

#[test]
fn system_files_are_read() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(3012).build());
    let host = registry.host_as("registry.test");
    let env = TestEnv::new();
    env.system("etc/docker/daemon.json", serde_json::json!({"insecure-registries": [host]}).to_string());
    env.rcr([registry.resolve("registry.test"), "pull".into(), format!("{host}/image:v1")]).success();
}
