//! Hostile mirrors, and settings of one place that must not hold for another: what they try, and what comes of it.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio_rustls::rustls::ServerConfig;

use crate::support::images::digest_of;
use crate::support::process::Run;
use crate::support::registry::Builder;
use crate::support::{Artifact, Authority, Cut, Leaf, Listen, Registry, Reply, Request, Server, TestEnv};

const PASSWORD: &str = "s3cr3t-of-alice";
const ALICE: &str = "Basic YWxpY2U6czNjcjN0LW9mLWFsaWNl";
const KEY: &str = "s3cr3t-key-of-the-mirror";
const NAMES: [&str; 5] =
    ["registry.example.com", "mirror.example.com", "lax.example.com", "auth.evil.test", "cdn.other.test"];

/// Hosts with real names, all on loopback; one authority is trusted for those that are told so, the other for nobody.
struct World {
    env: TestEnv,
    authority: Authority,
    known: Arc<ServerConfig>,
    unknown: Arc<ServerConfig>,
}

impl World {
    fn new() -> Self {
        let authority = Authority::new("world");
        let known = authority.issue(&NAMES).server_config();
        let env = TestEnv::new();
        env.secret_login("alice", PASSWORD);
        env.secret(KEY);
        Self { env, authority, known, unknown: Leaf::self_signed(&NAMES).server_config() }
    }

    fn https(&self) -> Listen {
        Listen::tls(Arc::clone(&self.known))
    }

    fn unknown(&self) -> Listen {
        Listen::tls(Arc::clone(&self.unknown))
    }

    /// `rcr` for which these servers go by these names; those with a known certificate are trusted.
    fn rcr(&self, servers: &[(&Server, &str)]) -> Run<'_> {
        let mut run = self.env.rcr(["--retries=0"]);
        for (server, name) in servers {
            self.env.trust(&server.host_as(name), &self.authority.pem());
            run = run.arg(server.resolve(name));
        }
        run
    }

    /// `[[mirror]]` of `registry`, with a header that is a secret.
    fn mirror(&self, registry: &str, url: &str) {
        let table = format!("[[mirror]]\nprefix = \"{registry}\"\nurl = \"{url}\"\nheader = {{ x-key = \"{KEY}\" }}\n");
        let file = self.env.user_config("rcr/config.toml", table);
        self.env.may_hold_secrets(&file);
    }

    fn login(&self, host: &str) {
        let login = json!({"username": "alice", "password": PASSWORD});
        self.env.write_docker_config(&json!({"auths": {host: login}}));
    }
}

fn is_blob(request: &Request) -> bool {
    request.path.contains("/blobs/")
}

/// Sends whoever asks for a blob to the same path at `origin`.
fn blobs_at(builder: Builder, origin: String) -> Builder {
    builder.before(move |request| is_blob(request).then(|| Reply::redirect(format!("{origin}{}", request.path))))
}

/// A name is not verified; the same place, where another registry's redirect leads to it, is.
#[test]
fn what_one_name_is_trusted_with_holds_for_no_redirect_of_another() {
    let world = World::new();
    let image = Artifact::image(9001).layers(&[3000]).build();
    let lax = Registry::builder().listen(world.unknown()).start();
    lax.add("open/app", "v1", &Artifact::image(9002).build());
    lax.add("image", "v1", &image);
    let lax_host = lax.host_as("lax.example.com");
    let registry = blobs_at(Registry::builder().listen(world.https()), format!("https://{lax_host}")).start();
    registry.add("image", "v1", &image);
    world.env.system(
        "etc/containers/registries.conf",
        format!("[[registry]]\nlocation = \"{lax_host}/open\"\ninsecure = true\n"),
    );
    let open = format!("{lax_host}/open/app:v1");
    let other = format!("{}/image:v1", registry.host_as("registry.example.com"));
    let servers: [(&Server, &str); 2] = [(&lax, "lax.example.com"), (&registry, "registry.example.com")];
    world.rcr(&servers).args(["pull", &open]).success();
    lax.forget();
    let output = world.rcr(&servers).args(["pull", &open, &other]).run();
    assert_eq!(output.exit(), Some(8), "{output}");
    assert!(lax.lines().iter().all(|line| !line.contains("/v2/image/")), "{lax:?}");
    // Nor for another name on the same host, before or after.
    for pair in [[open.as_str(), &format!("{lax_host}/image:v1")], [&format!("{lax_host}/image:v1"), open.as_str()]] {
        world.rcr(&servers).arg("pull").args(pair).code(8);
    }
    assert!(lax.lines().iter().all(|line| !line.contains("/v2/image/")), "{lax:?}");
}

/// Two places on one host, one of which is not verified, in one route.
#[test]
fn a_mirror_on_the_registrys_own_host_is_trusted_apart_from_it() {
    for mirror_is_lax in [true, false] {
        let world = World::new();
        let image = Artifact::image(9003).layers(&[3000]).build();
        let both = Registry::builder().listen(world.unknown()).start();
        let host = both.host_as("lax.example.com");
        both.add("own/app", "v1", &image);
        both.add("mirrored/app", "v1", &image);
        world.env.system(
            "etc/containers/registries.conf",
            format!(
                "[[registry]]\nlocation = \"{host}/own\"\ninsecure = {}\n[[registry.mirror]]\n\
                 location = \"{host}/mirrored\"\ninsecure = {mirror_is_lax}\n",
                !mirror_is_lax
            ),
        );
        world.rcr(&[(&both, "lax.example.com")]).args(["pull", &format!("{host}/own/app:v1")]).success();
        let (asked, spared) = if mirror_is_lax { ("mirrored", "own") } else { ("own", "mirrored") };
        assert!(both.lines().iter().all(|line| line.contains(&format!("/v2/{asked}/"))), "{spared}: {both:?}");
        assert_eq!(world.env.blobs(), image.hexes());
    }
}

/// The token server of one registry is a host that another name's setting does not verify.
#[test]
fn what_one_name_is_trusted_with_holds_for_no_token_server_of_another() {
    let world = World::new();
    let image = Artifact::image(9004).build();
    let lax = Registry::builder()
        .listen(world.unknown())
        .before(|request| (request.path == "/token").then(|| Reply::ok(r#"{"token":"good-token"}"#)))
        .start();
    lax.add("open/app", "v1", &image);
    let lax_host = lax.host_as("lax.example.com");
    let challenge = format!("Bearer realm=\"https://{lax_host}/token\",service=\"s\"");
    let registry = Registry::builder().listen(world.https()).wants(&["Bearer good-token"], &challenge).start();
    registry.add("image", "v1", &image);
    world.env.system(
        "etc/containers/registries.conf",
        format!("[[registry]]\nlocation = \"{lax_host}/open\"\ninsecure = true\n"),
    );
    world.login(&registry.host_as("registry.example.com"));
    let names = [format!("{lax_host}/open/app:v1"), format!("{}/image:v1", registry.host_as("registry.example.com"))];
    let servers: [(&Server, &str); 2] = [(&lax, "lax.example.com"), (&registry, "registry.example.com")];
    world.rcr(&servers).arg("pull").args(&names).code(8);
    lax.assert_told_nothing(world.env.secrets());
}

/// A registry whose name is not verified may be its own token server.
#[test]
fn a_token_server_on_the_registrys_own_place_is_trusted_like_it() {
    let world = World::new();
    let image = Artifact::image(9005).build();
    let lax = Registry::builder()
        .listen(world.unknown())
        .before(|request| match (request.path.as_str(), request.header("authorization")) {
            ("/token", Some(ALICE)) => Some(Reply::ok(r#"{"token":"good-token"}"#)),
            (_, Some("Bearer good-token")) => None,
            _ => {
                let realm = format!("https://{}/token", request.header("host").unwrap_or_default());
                Some(Reply::status(401).header("www-authenticate", format!("Bearer realm=\"{realm}\"")))
            }
        })
        .start();
    lax.add("open/app", "v1", &image);
    let host = lax.host_as("lax.example.com");
    world.env.system(
        "etc/containers/registries.conf",
        format!("[[registry]]\nlocation = \"{host}/open\"\ninsecure = true\n"),
    );
    world.login(&host);
    world.rcr(&[(&lax, "lax.example.com")]).args(["pull", &format!("{host}/open/app:v1")]).success();
}

/// A mirror sends its visitors to the registry, and the registry sends them back.
#[test]
fn a_mirror_that_redirects_to_the_registry_gains_nothing() {
    let world = World::new();
    let image = Artifact::image(9006).layers(&[3000, 4000]).build();
    let challenge = "Basic realm=\"registry\"";
    let origin = Registry::builder().listen(world.https()).wants(&[ALICE], challenge).start();
    let origin_host = origin.host_as("registry.example.com");
    let mirrored = blobs_at(Registry::builder().listen(world.https()), format!("https://{origin_host}")).start();
    for registry in [&mirrored, &origin] {
        registry.add("image", "v1", &image);
    }
    world.mirror(&origin_host, &format!("https://{}", mirrored.host_as("mirror.example.com")));
    world.login(&origin_host);
    let servers: [(&Server, &str); 2] = [(&mirrored, "mirror.example.com"), (&origin, "registry.example.com")];
    world.rcr(&servers).args(["pull", &format!("{origin_host}/image:v1")]).success();
    // The mirror's key stays with it, and the registry's credentials do not come with a mirror's redirect.
    let (by_redirect, own): (Vec<_>, Vec<_>) =
        origin.log().into_iter().partition(|request| request.header("authorization").is_none());
    assert!(!by_redirect.is_empty() && !own.is_empty(), "{origin:?}");
    assert!(origin.log().iter().all(|request| request.header("x-key").is_none()), "{origin:?}");
    assert!(mirrored.log().iter().all(|request| request.header("authorization").is_none()), "{mirrored:?}");
    assert!(mirrored.log().iter().all(|request| request.header("x-key") == Some(KEY)), "{mirrored:?}");
    assert_eq!(world.env.blobs(), image.hexes());
}

#[test]
fn a_header_for_a_mirror_and_the_name_it_is_told_stay_with_it() {
    let world = World::new();
    let image = Artifact::image(9007).layers(&[3000]).build();
    let storage = Registry::builder().listen(world.https()).start();
    storage.add("image", "v1", &image);
    let tokens = Server::start(world.https(), |_: &Request| Reply::ok(r#"{"token":"good-token"}"#));
    let realm = format!("https://{}/token", tokens.host_as("auth.evil.test"));
    let challenge = format!("Bearer realm=\"{realm}\",service=\"s\"");
    let builder = Registry::builder().listen(world.https()).wants(&["Bearer good-token"], &challenge);
    let elsewhere = format!("https://{}", storage.host_as("cdn.other.test"));
    let mirrored = builder
        .spoil(usize::MAX, is_blob, move |reply| {
            let digest = reply.headers.iter().find(|(name, _)| name == "docker-content-digest").map(|(_, d)| d.clone());
            match digest {
                Some(digest) => Reply::redirect(format!("{elsewhere}/v2/image/blobs/{digest}")),
                None => reply,
            }
        })
        .start();
    mirrored.add("image", "v1", &image);
    world.mirror("quay.test", &format!("https://{}", mirrored.host_as("mirror.example.com")));
    let servers: [(&Server, &str); 3] =
        [(&mirrored, "mirror.example.com"), (&storage, "cdn.other.test"), (&tokens, "auth.evil.test")];
    world.rcr(&servers).args(["-vvv", "pull", "quay.test/image:v1"]).success();
    assert!(mirrored.log().iter().all(|request| request.parameter("ns").as_deref() == Some("quay.test")));
    assert!(!storage.log().is_empty() && !tokens.log().is_empty());
    for server in [&*storage, &tokens] {
        server.assert_told_nothing(world.env.secrets());
        assert!(server.log().iter().all(|request| request.parameter("ns").is_none()), "{server:?}");
        assert!(server.log().iter().all(|request| request.header("x-key").is_none()), "{server:?}");
    }
}

/// A mirror with credentials of its own names a token server of somebody else.
#[test]
fn a_mirrors_token_server_sees_no_credentials_it_is_not_entitled_to() {
    let world = World::new();
    let image = Artifact::image(9008).build();
    let tokens = Server::start(world.https(), |_: &Request| Reply::ok(r#"{"token":"good-token"}"#));
    let challenge = format!("Bearer realm=\"https://{}/token\"", tokens.host_as("auth.evil.test"));
    let mirrored = Registry::builder().listen(world.https()).wants(&["Bearer good-token"], &challenge).start();
    let origin = Registry::builder().listen(world.https()).start();
    for registry in [&mirrored, &origin] {
        registry.add("image", "v1", &image);
    }
    let origin_host = origin.host_as("registry.example.com");
    world.mirror(&origin_host, &format!("https://{}", mirrored.host_as("mirror.example.com")));
    world.login(&mirrored.host_as("mirror.example.com"));
    let servers: [(&Server, &str); 3] =
        [(&mirrored, "mirror.example.com"), (&origin, "registry.example.com"), (&tokens, "auth.evil.test")];
    world.rcr(&servers).args(["pull", &format!("{origin_host}/image:v1")]).success();
    assert_eq!(tokens.lines(), Vec::<String>::new());
    origin.assert_told_nothing(world.env.secrets());
}

/// Consent to plain HTTP with a mirror is for what is asked of the mirror.
#[test]
fn a_mirror_over_plain_http_makes_no_other_request_plain() {
    let world = World::new();
    let image = Artifact::image(9009).layers(&[3000]).build();
    let origin = Registry::builder().start();
    origin.add("image", "v1", &image);
    let origin_host = origin.host_as("registry.example.com");
    let mirrored = Registry::start();
    world.mirror(&origin_host, &format!("http://{}", mirrored.host_as("registry.example.com")));
    let servers: [(&Server, &str); 2] = [(&mirrored, "registry.example.com"), (&origin, "registry.example.com")];
    let output = world.rcr(&servers).args(["pull", &format!("{origin_host}/image:v1")]).run();
    // The mirror lacks it, and the registry on the same host speaks no TLS.
    assert!(!matches!(output.exit(), Some(0) | None), "{output}");
    assert_eq!(origin.lines(), Vec::<String>::new());
    assert!(!mirrored.lines().is_empty());
    // As a registry, that host and port is not spoken to in plain either.
    mirrored.add("image", "v1", &image);
    mirrored.forget();
    let references =
        [format!("{origin_host}/image:v2"), format!("{}/image:v1", mirrored.host_as("registry.example.com"))];
    let output = world.rcr(&servers).arg("pull").args(&references).run();
    assert!(!matches!(output.exit(), Some(0) | None), "{output}");
    assert!(mirrored.lines().iter().all(|line| !line.contains("/manifests/v1")), "{mirrored:?}");
}

/// Each mirror does what keeps a client busy longest; each is asked a bounded number of times for each blob.
#[test]
fn mirrors_cannot_keep_a_pull_busy_for_ever() {
    let image = Artifact::image(9010).layers(&[2_500_000, 2_500_000]).build();
    type Spoiler = fn(Reply) -> Reply;
    let spoilers: [(&str, Spoiler); 5] = [
        ("breaks off after a MiB", |reply| {
            let at = reply.body.len().min(1_200_000);
            reply.cut(at.saturating_sub(1), Cut::Fin)
        }),
        ("sends other bytes", |reply| if reply.body.is_empty() { reply } else { reply.flipped(0) }),
        ("sends other bytes and breaks off", |reply| {
            let at = reply.body.len().min(1_200_000);
            if reply.body.is_empty() { reply } else { reply.flipped(0).cut(at.saturating_sub(1), Cut::Rst) }
        }),
        ("answers another range", |reply| reply.with_status(206).header("content-range", "bytes 7-9/10")),
        ("redirects to itself", |_| Reply::redirect("?again")),
    ];
    for (name, spoil) in spoilers {
        let env = TestEnv::new();
        let mirrors: Vec<Registry> = (2..5)
            .map(|last| {
                Registry::builder().listen(Listen::default().at(last)).spoil(usize::MAX, is_blob, spoil).start()
            })
            .collect();
        let origin = Registry::builder().listen(Listen::default().at(9)).start();
        mirrors.iter().chain([&origin]).for_each(|registry| registry.add("app", "v1", &image));
        let table =
            |mirror: &Registry| format!("[[mirror]]\nprefix = \"{}\"\nurl = \"{}\"\n", origin.host(), mirror.origin());
        env.user_config("rcr/config.toml", mirrors.iter().map(table).collect::<String>());
        let before = Instant::now();
        env.rcr(["pull", &origin.reference("app:v1")]).success();
        assert!(before.elapsed() < Duration::from_secs(25), "{name}");
        assert_eq!(env.blobs(), image.hexes(), "{name}");
        env.store_verify();
        for mirror in &mirrors {
            // Three blobs, two openings each where bytes went wrong after a resumption, eleven hops where it redirects.
            assert!(mirror.log().iter().filter(|request| is_blob(request)).count() <= 3 * 2 * 11, "{name}: {mirror:?}");
        }
    }
}

/// A mirror answers for a tag with a document of another image, and for a digest with whatever it likes.
#[test]
fn a_mirror_changes_no_other_tag_and_nothing_unverified_is_stored() {
    let (held, asked) = (Artifact::image(9011).build(), Artifact::image(9012).layers(&[4000]).build());
    let wrong = asked.blobs.clone();
    let lies = Registry::builder()
        .listen(Listen::default().at(2))
        .spoil(usize::MAX, is_blob, move |reply| {
            let other = wrong.iter().find(|blob| blob.bytes != reply.body).unwrap();
            Reply::ok(other.bytes.clone()).header("docker-content-digest", digest_of(&reply.body))
        })
        .start();
    let origin = Registry::builder().listen(Listen::default().at(3)).start();
    origin.add("app", "held", &held);
    let env = TestEnv::new();
    env.rcr(["pull", &origin.reference("app:held")]).success();
    lies.add("app", "v1", &asked);
    lies.add("app", "held", &asked);
    env.user_config(
        "rcr/config.toml",
        format!("[[mirror]]\nprefix = \"{}\"\nurl = \"{}\"\n", origin.host(), lies.origin()),
    );
    let before = env.blobs();
    env.rcr(["--retries=0", "pull", &origin.reference("app:v1")]).run();
    let pinned = origin.reference(&format!("app:held@{}", held.digest()));
    env.rcr(["--retries=0", "pull", &pinned]).success();
    assert_eq!(env.references(), [origin.reference("app:held")]);
    assert_eq!(env.blobs(), before);
    env.store_verify();
}

/// Names and values in files are text of others once they are shown.
#[test]
fn what_files_say_moves_no_cursor() {
    let env = TestEnv::new();
    let escape = "\\u001b[2J\\u009b1m\\u202e";
    env.user_config(
        "rcr/config.toml",
        format!("[[mirror]]\nprefix = \"quay.test\"\nurl = \"https://m.test/{escape}\"\n"),
    );
    env.system("etc/docker/daemon.json", format!("{{\"registry-mirrors\": [\"https://m.test/{escape}\"]}}"));
    let moves = |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
    let shown = |name: &str| {
        for arguments in
            [&["-vvv", "config", "explain", "quay.test/a/b:v1"][..], &["-vvv", "info"], &["-vvv", "pull", "x"]]
        {
            let output = env.rcr(arguments).arg("--retries=0").run();
            assert!(!output.stdout.contains(moves) && !output.stderr.contains(moves), "{name}: {output}");
        }
    };
    shown("URLs");
    for (name, text) in [
        ("a prefix", format!("[[mirror]]\nprefix = \"{escape}\"\nurl = \"https://m.test\"\n")),
        ("a URL", format!("[[mirror]]\nprefix = \"quay.test\"\nurl = \"{escape}\"\n")),
        ("a key", format!("\"{escape}\" = 1\n")),
        ("a file", format!("cacert = [\"/{escape}\"]\n")),
        ("a header", format!("[[mirror]]\nprefix = \"q\"\nurl = \"https://m\"\nheader = {{ \"{escape}\" = \"x\" }}\n")),
    ] {
        env.user_config("rcr/config.toml", text);
        shown(name);
    }
    env.user_config("rcr/config.toml", "");
    env.system(
        "etc/containerd/certs.d/quay.test/hosts.toml",
        format!(
            "\"{escape}\" = 1\n[host.\"https://m.test/{escape}\"]\n\"{escape}\" = 2\ndial_timeout = \"{escape}\"\n"
        ),
    );
    env.system(
        "etc/containers/registries.conf",
        format!("unqualified-search-registries = [\"{escape}\"]\n[[registry]]\nlocation = \"{escape}\"\n"),
    );
    shown("other tools' files");
}

/// A registry of the search order that answers nonsense is neither believed nor a way to choose another one unseen.
#[test]
fn a_registry_of_the_search_order_that_answers_nonsense_is_not_picked() {
    let image = Artifact::image(9013).build();
    for (name, reply, picked) in [
        ("no manifest", Reply::ok("<html>hello</html>").header("content-type", "text/html"), false),
        ("not found", Reply::status(404), true),
        ("a manifest of nothing", Reply::ok("{}").header("content-type", "application/json"), false),
    ] {
        let nonsense = Registry::builder().listen(Listen::default().at(2)).before(move |_| Some(reply.clone())).start();
        let second = Registry::builder().listen(Listen::default().at(3)).start();
        second.add("app", "v1", &image);
        let env = TestEnv::new();
        env.user_config(
            "rcr/config.toml",
            format!(
                "search-registries = [\"{}\", \"{}\"]\nshort-name-mode = \"disabled\"\n",
                nonsense.host(),
                second.host()
            ),
        );
        let output = env.rcr(["--retries=0", "pull", "app:v1"]).run();
        assert_eq!((output.exit() == Some(0), !second.log().is_empty()), (picked, picked), "{name}: {output}");
        if !picked {
            assert_eq!(env.references(), Vec::<String>::new(), "{name}");
        }
    }
}

/// A file that cannot be used is no reason to show the secret in it.
#[test]
fn what_is_wrong_in_a_file_is_told_without_its_secrets() {
    let mirror = "[[mirror]]\nprefix = 'quay.test'\n";
    let own = [
        format!("{mirror}url = 'alice:{KEY}@m.test'\n"),
        format!("{mirror}url = 'https://alice:{KEY}@m.test'\n"),
        format!("{mirror}url = 'https://m.test'\nheader = 'X-Key: {KEY}'\n"),
        format!("{mirror}url = 'https://m.test'\nheader = {{ 'X-Key: {KEY}' = 'x' }}\n"),
        format!("{mirror}url = 'https://m.test'\nheader = {{ x-key = \"{KEY}\\u0007\" }}\n"),
        format!("[[mirror]]\nprefix = 'alice:{KEY}@quay.test'\nurl = 'https://m.test'\n"),
        format!("mirror = 'https://alice:{KEY}@m.test'\n"),
        format!("plain-http = ['alice:{KEY}@m.test']\n"),
        format!("insecure-registries = ['https://alice:{KEY}@m.test']\n"),
        format!("search-registries = ['alice:{KEY}@m.test']\n"),
    ]
    .map(|text| ("config/rcr/config.toml", text));
    let others = [
        ("system/etc/docker/daemon.json", format!("{{\"registry-mirrors\": \"https://alice:{KEY}@m.test\"}}")),
        ("system/etc/docker/daemon.json", format!("{{\"registry-mirrors\": [\"alice:{KEY}@m.test\"]}}")),
        ("system/etc/docker/daemon.json", format!("{{\"insecure-registries\": [\"http://alice:{KEY}@m.test\"]}}")),
        ("system/etc/containers/registries.conf", format!("[[registry]]\nlocation = 'alice:{KEY}@m.test'\n")),
        ("system/etc/containerd/certs.d/quay.test/hosts.toml", format!("[host.'alice:{KEY}@m.test']\n")),
        ("system/etc/containerd/certs.d/quay.test/hosts.toml", format!("[header]\n'X-Key: {KEY}' = 'x'\n")),
    ];
    for (path, text) in own.into_iter().chain(others) {
        let env = TestEnv::new();
        env.secret(KEY);
        let file = env.write(path, &text);
        env.may_hold_secrets(&file);
        // Every output goes past the leak oracle.
        for arguments in [["config", "explain", "quay.test/a:v1"], ["--json", "pull", "quay.test/a:v1"]] {
            let output = env.rcr(["-vvv"]).args(arguments).run();
            assert_eq!(output.exit(), Some(2), "{text}: {output}");
        }
        env.rcr(["-vvv", "info"]).run();
    }
}
