//! Addresses that a server supplies: where a request may follow, and where no secret ever goes.

use std::sync::Arc;

use serde_json::json;
use tokio_rustls::rustls::ServerConfig;

use crate::support::images::Document;
use crate::support::registry::Builder;
use crate::support::{Artifact, Authority, Cut, Listen, Registry, Reply, Request, Server, TestEnv};

const PASSWORD: &str = "s3cr3t-of-alice";
const NAMES: [&str; 6] =
    ["registry.example.com", "auth.example.com", "auth.evil.test", "cdn.other.test", "127.0.0.1", "localhost"];

/// Hosts with real names, all on loopback, all with certificates that are trusted.
struct World {
    env: TestEnv,
    authority: Authority,
    tls: Arc<ServerConfig>,
}

impl World {
    fn new() -> Self {
        let authority = Authority::new("world");
        let tls = authority.issue(&NAMES).server_config();
        let env = TestEnv::new();
        env.secret_login("alice", PASSWORD);
        Self { env, authority, tls }
    }

    fn https(&self) -> Listen {
        Listen::tls(Arc::clone(&self.tls))
    }

    /// A registry called `registry.example.com` that holds `image:v1`, and the credentials for it.
    fn registry(&self, builder: Builder, image: &Artifact) -> Registry {
        let registry = builder.listen(self.https()).start();
        registry.add("image", "v1", image);
        self.trust(&registry, "registry.example.com");
        let auth = json!({"username": "alice", "password": PASSWORD});
        self.env.write_docker_config(&json!({"auths": {registry.host_as("registry.example.com"): auth}}));
        registry
    }

    fn trust(&self, server: &Server, name: &str) {
        self.env.trust(&server.host_as(name), &self.authority.pem());
    }

    /// Pulls `image:v1`; the other servers go by the names given.
    fn pull(&self, registry: &Registry, others: &[(&Server, &str)]) -> crate::support::process::Run<'_> {
        let mut run = self.env.rcr([registry.resolve("registry.example.com")]);
        for (server, name) in others {
            self.trust(server, name);
            run = run.arg(server.resolve(name));
        }
        run.args(["pull", &named(registry, "registry.example.com")])
    }
}

/// The reference of `image:v1` at a registry that goes by `name`.
fn named(registry: &Registry, name: &str) -> String {
    format!("{}/image:v1", registry.host_as(name))
}

fn bearer(realm: &str) -> Builder {
    let challenge = format!("Bearer realm=\"{realm}\",service=\"s\"");
    Registry::builder().wants(&["Bearer good-token"], &challenge)
}

fn token_server(listen: Listen) -> Server {
    Server::start(listen, |_: &Request| Reply::ok(r#"{"token":"good-token"}"#))
}

fn basic_registry() -> Builder {
    use base64::Engine as _;
    let encoded = base64::engine::general_purpose::STANDARD.encode(format!("alice:{PASSWORD}"));
    Registry::builder().wants(&[&format!("Basic {encoded}")], "Basic realm=\"test\"")
}

#[test]
fn fault_50_a_realm_that_leaves_https_is_refused() {
    for (name, realm) in [
        ("plain HTTP", "http://auth.example.com:PORT/token"),
        ("another scheme", "ftp://auth.example.com:PORT/token"),
        ("user info", "https://user:word@auth.example.com:PORT/token"),
    ] {
        let world = World::new();
        let tokens = token_server(Listen::default());
        let realm = realm.replace("PORT", &tokens.port().to_string());
        let registry = world.registry(bearer(&realm), &Artifact::image(800).build());
        let output = world.pull(&registry, &[(&tokens, "auth.example.com")]).run();
        assert_eq!(output.exit(), Some(8), "{name}\n{output}");
        assert_eq!(tokens.lines(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn fault_51_a_realm_of_another_domain_sees_no_credentials_until_it_is_trusted() {
    let world = World::new();
    let tokens = token_server(world.https());
    let realm = format!("{}/token", tokens.origin_as("auth.evil.test"));
    let registry = world.registry(bearer(&realm), &Artifact::image(801).build());
    let output = world.pull(&registry, &[(&tokens, "auth.evil.test")]).code(8);
    output.stderr_has("auth.evil.test").hint_has("--trust-realm");
    tokens.assert_told_nothing(world.env.secrets());

    // Said to be trusted, it is asked with them.
    world.pull(&registry, &[(&tokens, "auth.evil.test")]).arg(format!("--trust-realm={realm}")).success();
    assert!(tokens.log().iter().any(|request| request.header("authorization").is_some()), "{tokens:?}");
}

#[test]
fn fault_51_without_credentials_any_realm_may_be_asked() {
    let world = World::new();
    let tokens = token_server(world.https());
    let realm = format!("{}/token", tokens.origin_as("auth.evil.test"));
    let registry = world.registry(bearer(&realm), &Artifact::image(802).build());
    std::fs::remove_file(world.env.docker_config()).unwrap();
    world.pull(&registry, &[(&tokens, "auth.evil.test")]).success();
    tokens.assert_told_nothing(world.env.secrets());
}

#[test]
fn a_realm_of_the_same_domain_or_host_is_asked_with_credentials() {
    for name in ["auth.example.com", "registry.example.com"] {
        let world = World::new();
        let tokens = token_server(world.https());
        let realm = format!("{}/token", tokens.origin_as(name));
        let registry = world.registry(bearer(&realm), &Artifact::image(803).build());
        world.pull(&registry, &[(&tokens, name)]).success();
        assert!(tokens.log().iter().all(|request| request.header("authorization").is_some()), "{tokens:?}");
    }
}

#[test]
fn fault_52_a_realm_on_this_machine_or_a_metadata_server_is_not_contacted() {
    let world = World::new();
    let tokens = token_server(world.https());
    let loopback =
        [format!("https://127.0.0.1:{}/token", tokens.port()), format!("https://localhost:{}/token", tokens.port())];
    let metadata = [
        "https://169.254.169.254/token",
        "https://[::ffff:169.254.169.254]/token",
        "https://2852039166/token",
        "https://0.0.0.0/token",
    ];
    for realm in loopback.iter().map(String::as_str).chain(metadata) {
        let registry = world.registry(bearer(realm), &Artifact::image(804).build());
        std::fs::remove_file(world.env.docker_config()).unwrap();
        let output = world.pull(&registry, &[]).args(["--format", "json"]).run();
        assert_eq!(output.exit(), Some(8), "{realm}\n{output}");
        // Refused before it was contacted, and not because of what answered there.
        assert_eq!(output.error_json()["kind"], "refused_target", "{realm}\n{output}");
    }
    assert_eq!(tokens.lines(), Vec::<String>::new());

    // Nor by a name that leads there.
    let registry = world.registry(bearer("https://auth.evil.test/token"), &Artifact::image(804).build());
    std::fs::remove_file(world.env.docker_config()).unwrap();
    let flags = [registry.resolve("registry.example.com"), "--resolve=auth.evil.test:443:169.254.169.254".to_owned()];
    let run = world.env.rcr(flags).args(["--format", "json", "pull", &named(&registry, "registry.example.com")]);
    let output = run.code(8);
    assert_eq!(output.error_json()["kind"], "refused_target", "{output}");
}

#[test]
fn fault_53_a_registry_on_loopback_may_be_its_own_token_server() {
    let env = TestEnv::new();
    env.secret_login("alice", PASSWORD);
    let registry = Registry::builder()
        .before(|request| match (request.path.as_str(), request.header("authorization")) {
            ("/token", Some(_)) => Some(Reply::ok(r#"{"token":"good-token"}"#)),
            (_, Some("Bearer good-token")) => None,
            _ => {
                let realm = format!("http://{}/token", request.header("host").unwrap_or_default());
                Some(Reply::status(401).header("www-authenticate", format!("Bearer realm=\"{realm}\"")))
            }
        })
        .start();
    registry.add("image", "v1", &Artifact::image(805).build());
    env.write_docker_config(&json!({"auths": {registry.host(): {"username": "alice", "password": PASSWORD}}}));
    env.rcr(["pull", &registry.reference("image:v1")]).success();
}

#[test]
fn fault_54_a_token_server_that_redirects_elsewhere_is_not_followed() {
    let world = World::new();
    let attacker = token_server(world.https());
    let target = format!("{}/token", attacker.origin_as("auth.evil.test"));
    let tokens = Server::start(world.https(), move |_: &Request| Reply::redirect(target.clone()));
    let realm = format!("{}/token", tokens.origin_as("auth.example.com"));
    let registry = world.registry(bearer(&realm), &Artifact::image(806).build());
    let output = world.pull(&registry, &[(&tokens, "auth.example.com"), (&attacker, "auth.evil.test")]).run();
    assert!(matches!(output.exit(), Some(4 | 8)), "{output}");
    assert_eq!(attacker.lines(), Vec::<String>::new());
}

/// Sends whoever asks for a blob to `origin`.
fn redirecting(builder: Builder, origin: String) -> Builder {
    builder.spoil(
        usize::MAX,
        |request| request.method == "GET" && request.path.contains("/blobs/"),
        move |reply| {
            let digest =
                reply.headers.iter().find(|(name, _)| name == "docker-content-digest").map(|(_, value)| value.clone());
            let location = format!("{origin}/blob/{}?signature=s3cr3t-signature", digest.unwrap_or_default());
            Reply::redirect(location).header("set-cookie", "session=s3cr3t-cookie; Path=/")
        },
    )
}

/// Serves the blobs of an image under `/blob/`, with ranges, as object stores do.
fn storage(listen: Listen, image: &Artifact) -> Server {
    let blobs = image.blobs.clone();
    Server::start(listen, move |request: &Request| {
        let Some(blob) = blobs.iter().find(|blob| request.path == format!("/blob/{}", blob.digest())) else {
            return Reply::status(404);
        };
        match request.range_start() {
            Some(start) => {
                let (end, total) = (blob.bytes.len() - 1, blob.bytes.len());
                let range = format!("bytes {start}-{end}/{total}");
                Reply::status(206).body(&blob.bytes[start..]).header("content-range", range)
            }
            None => Reply::ok(blob.bytes.clone()).header("set-cookie", "cdn=s3cr3t-cookie"),
        }
    })
}

#[test]
fn fault_43_storage_elsewhere_is_told_nothing() {
    for listen in [1, 2] {
        let world = World::new();
        world.env.secret("s3cr3t-cookie");
        let image = Artifact::image(807).layers(&[4000; 4]).build();
        let cdn = storage(world.https().at(listen), &image);
        let origin = cdn.origin_as("cdn.other.test");
        let registry = world.registry(redirecting(basic_registry(), origin), &image);
        // The signature belongs into the request to the storage, and nowhere else: not even under -v.
        let output = world.pull(&registry, &[(&cdn, "cdn.other.test")]).arg("-v").success();
        output.stderr_lacks("s3cr3t-signature");
        assert_eq!(cdn.log().len(), image.blobs.len());
        cdn.assert_told_nothing(world.env.secrets());
        assert_eq!(world.env.blobs(), image.hexes());
    }
}

#[test]
fn fault_70_cookies_are_not_kept() {
    let world = World::new();
    world.env.secret("s3cr3t-cookie");
    let image = Artifact::image(819).layers(&[4000; 4]).build();
    let cdn = storage(world.https().at(2), &image);
    let cookie = "session=s3cr3t-cookie; Domain=test; Path=/; Secure";
    let builder = redirecting(basic_registry(), cdn.origin_as("cdn.other.test"));
    let builder = builder.spoil(usize::MAX, |_| true, move |reply| reply.header("set-cookie", cookie));
    let registry = world.registry(builder, &image);
    world.pull(&registry, &[(&cdn, "cdn.other.test")]).success();
    assert!(cdn.log().len() > 1 && registry.log().len() > 2, "{registry:?}");
    for request in registry.log().iter().chain(&cdn.log()) {
        assert_eq!(request.header("cookie"), None, "{}", request.line());
    }
}

#[test]
fn fault_66_a_log_cannot_move_the_cursor_either() {
    let world = World::new();
    let image = Artifact::image(818).build();
    let cdn = storage(world.https(), &image);
    let origin = cdn.origin_as("cdn.other.test");
    let digest = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let builder = basic_registry().before(move |request| {
        let blob = request.path.contains("/blobs/") && request.header("authorization").is_some();
        blob.then(|| Reply::redirect(format!("{origin}/blob/{}?%1b[2J%C2%9b=1&%E2%80%AE=1", digest(&request.path))))
    });
    let registry = world.registry(builder, &image);
    let output = world.pull(&registry, &[(&cdn, "cdn.other.test")]).arg("-vvv").success();
    assert!(output.stderr.contains("?%1b[2J"), "{output}");
    let moves = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!output.stderr.contains(moves), "{output}");
}

#[test]
fn fault_43_a_download_that_breaks_is_resumed_through_the_registry() {
    let world = World::new();
    let image = Artifact::image(808).layers(&[400_000]).build();
    let layer = image.layers()[0].clone();
    let first = std::sync::atomic::AtomicBool::new(true);
    let (digest, config) = (layer.digest(), image.config().clone());
    let cdn = Server::start(world.https(), move |request: &Request| {
        if !request.path.ends_with(&digest) {
            return Reply::ok(config.bytes.clone());
        }
        match (first.swap(false, std::sync::atomic::Ordering::Relaxed), request.range_start()) {
            (true, _) => Reply::ok(layer.bytes.clone()).cut(100_000, Cut::Fin),
            // The old signature is no longer good: only whoever comes with a new one is served.
            (false, _) if !request.query.ends_with("again") => Reply::status(403),
            (false, Some(start)) => {
                let (end, total) = (layer.bytes.len() - 1, layer.bytes.len());
                Reply::status(206)
                    .body(&layer.bytes[start..])
                    .header("content-range", format!("bytes {start}-{end}/{total}"))
            }
            (false, None) => Reply::ok(layer.bytes.clone()),
        }
    });
    let origin = cdn.origin_as("cdn.other.test");
    let asked = std::sync::atomic::AtomicUsize::new(0);
    let layer_path = image.layers()[0].digest();
    let builder = basic_registry().spoil(usize::MAX, move |request| request.path.ends_with(&layer_path), {
        let digest = image.layers()[0].digest();
        move |_| {
            let suffix = if asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 { "once" } else { "again" };
            Reply::redirect(format!("{origin}/blob/{digest}?signature={suffix}"))
        }
    });
    let registry = world.registry(builder, &image);
    world.pull(&registry, &[(&cdn, "cdn.other.test")]).success();
    let resumed = cdn.log().last().and_then(Request::range_start);
    assert!(resumed.is_some_and(|start| start > 0 && start <= 100_000), "{cdn:?}");
    assert_eq!(world.env.blobs(), image.hexes());
}

#[test]
fn fault_44_redirects_end_after_ten() {
    let world = World::new();
    let image = Artifact::image(809).build();
    let builder = Registry::builder().spoil(
        usize::MAX,
        |request| request.path.contains("/blobs/"),
        |reply| Reply::redirect("?again").header("x-was", reply.status.to_string()),
    );
    let registry = world.registry(builder, &image);
    world.pull(&registry, &[]).args(["--retries", "0", "--concurrency", "1"]).code(5);
    assert!(registry.log().len() <= 2 * 11 + 3, "{registry:?}");
}

#[test]
fn fault_55_a_redirect_that_leaves_https_or_points_inward_is_refused() {
    for (name, scheme, host) in [("plain HTTP", "http", "cdn.other.test"), ("this machine", "https", "127.0.0.1")] {
        let world = World::new();
        let image = Artifact::image(810).build();
        let listen = if scheme == "http" { Listen::default() } else { world.https() };
        let target = storage(listen, &image);
        let origin = format!("{scheme}://{host}:{}", target.port());
        let registry = world.registry(redirecting(basic_registry(), origin), &image);
        let output = world.pull(&registry, &[(&target, host)]).run();
        assert_eq!(output.exit(), Some(8), "{name}\n{output}");
        assert_eq!(target.lines(), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn fault_56_storage_that_asks_for_a_login_gets_none() {
    for challenge in ["Basic realm=\"cdn\"", "Bearer realm=\"https://auth.evil.test/token\""] {
        let world = World::new();
        let image = Artifact::image(811).build();
        let cdn =
            Server::start(world.https(), move |_: &Request| Reply::status(401).header("www-authenticate", challenge));
        let registry = world.registry(redirecting(basic_registry(), cdn.origin_as("cdn.other.test")), &image);
        let output = world.pull(&registry, &[(&cdn, "cdn.other.test")]).run();
        assert!(!matches!(output.exit(), Some(0) | None), "{challenge}\n{output}");
        cdn.assert_told_nothing(world.env.secrets());
    }
}

#[test]
fn fault_59_addresses_inside_a_manifest_are_never_contacted() {
    let world = World::new();
    let attacker = token_server(world.https());
    let mut image = Artifact::image(812).build();
    let mut manifest = image.manifest.json();
    for layer in manifest["layers"].as_array_mut().unwrap() {
        layer["urls"] = json!([format!("{}/layer", attacker.origin_as("auth.evil.test"))]);
    }
    image.manifest = Document::new(&image.manifest.media_type, manifest.to_string());
    let registry = world.registry(basic_registry(), &image);
    world.pull(&registry, &[(&attacker, "auth.evil.test")]).success();
    assert_eq!(attacker.lines(), Vec::<String>::new());
}

#[test]
fn fault_58_the_next_page_is_on_the_same_host() {
    let world = World::new();
    let attacker = Server::start(world.https(), |_: &Request| Reply::ok(r#"{"name":"image","tags":["evil"]}"#));
    let link = format!("<{}/v2/image/tags/list?last=v1>; rel=\"next\"", attacker.origin_as("auth.evil.test"));
    let is_list = |request: &Request| request.path.ends_with("/tags/list");
    let builder = basic_registry().spoil(usize::MAX, is_list, move |reply| reply.header("link", link.clone()));
    let registry = world.registry(builder, &Artifact::image(813).build());
    world.trust(&attacker, "auth.evil.test");
    let repository = format!("{}/image", registry.host_as("registry.example.com"));
    let flags = [registry.resolve("registry.example.com"), attacker.resolve("auth.evil.test")];
    world.env.rcr(flags).args(["tags", &repository]).code(8);
    assert_eq!(attacker.lines(), Vec::<String>::new());
}

/// Pushes a small image to a registry built by `builder`; the other servers go by the names given.
fn push_with_location(
    world: &World,
    builder: Builder,
    others: &[(&Server, &str)],
) -> (crate::support::process::Output, Registry) {
    let image = Artifact::image(814).layers(&[5000]).build();
    let source = Registry::start();
    source.add("image", "v1", &image);
    let registry = world.registry(builder, &Artifact::image(815).build());
    world.env.rcr(["pull", &source.reference("image:v1")]).success();
    let mut run = world.env.rcr([registry.resolve("registry.example.com")]);
    for (server, name) in others {
        world.trust(server, name);
        run = run.arg(server.resolve(name));
    }
    let output = run.args(["push", &source.reference("image:v1"), &named(&registry, "registry.example.com")]).run();
    (output, registry)
}

fn uploads_continue_at(origin: String) -> Builder {
    let is_post = |request: &Request| request.method == "POST" && request.path.contains("/blobs/uploads/");
    basic_registry().spoil(usize::MAX, is_post, move |reply| {
        reply.without("location").header("location", format!("{origin}/upload?signature=s3cr3t-signature"))
    })
}

#[test]
fn fault_57_storage_for_uploads_is_told_nothing() {
    let world = World::new();
    let storage = Server::start(world.https(), |_: &Request| Reply::status(201));
    let builder = uploads_continue_at(storage.origin_as("cdn.other.test"));
    let (output, _registry) = push_with_location(&world, builder, &[(&storage, "cdn.other.test")]);
    assert!(storage.log().iter().any(|request| request.method == "PUT"), "{output}\n{storage:?}");
    storage.assert_told_nothing(world.env.secrets());
    output.stderr_lacks("s3cr3t-signature");
}

#[test]
fn fault_57_uploads_do_not_leave_https() {
    let world = World::new();
    let storage = Server::start(Listen::default(), |_: &Request| Reply::status(201));
    let builder = uploads_continue_at(storage.origin_as("cdn.other.test"));
    let (output, _registry) = push_with_location(&world, builder, &[(&storage, "cdn.other.test")]);
    output.code(8);
    assert_eq!(storage.lines(), Vec::<String>::new());
}

#[test]
fn upload_locations_may_be_written_in_every_way() {
    for (name, absolute) in [("absolute", true), ("relative", false)] {
        let world = World::new();
        let is_upload = |request: &Request| request.path.contains("/blobs/uploads/");
        let builder = basic_registry().after(move |request, mut reply| {
            if is_upload(request) && absolute {
                let origin = format!("https://{}", request.header("host").unwrap_or_default());
                for (key, value) in &mut reply.headers {
                    if key == "location" {
                        *value = format!("{origin}{value}");
                    }
                }
            }
            reply
        });
        let (output, registry) = push_with_location(&world, builder, &[]);
        assert_eq!(output.exit(), Some(0), "{name}\n{output}");
        let log = registry.log();
        let mut puts = log.iter().filter(|request| request.method == "PUT");
        assert!(puts.all(|request| request.header("authorization").is_some()), "{name}: {registry:?}");
    }
}

#[test]
fn credentials_of_one_registry_are_not_shown_to_another_one_of_the_same_run() {
    let world = World::new();
    let image = Artifact::image(816).build();
    let registry = world.registry(basic_registry(), &image);
    let other = Registry::start();
    other.add("image", "v1", &image);
    let references = [named(&registry, "registry.example.com"), other.reference("image:v1")];
    world.env.rcr([registry.resolve("registry.example.com")]).arg("pull").args(&references).success();
    other.assert_told_nothing(world.env.secrets());
}
