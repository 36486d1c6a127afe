//! `rcr doctor`: every situation is provoked for real, and the step that fails is the one that is named.

use std::net::Ipv4Addr;
use std::time::{Duration, SystemTime};

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::nginx::Nginx;
use crate::support::process::Output;
use crate::support::registry::Builder;
use crate::support::skopeo::Skopeo;
use crate::support::tinyproxy::Tinyproxy;
use crate::support::{
    Artifact, Authority, Distribution, Leaf, Listen, Port, Registry, Reply, Request, Server, Socks, TestEnv,
    TokenServer,
};

const PASSWORD: &str = "s3cr3t-of-alice";
const NAME: &str = "registry.test";

/// What was found, as programs see it.
struct Found {
    output: Output,
    json: Value,
}

fn doctor(env: &TestEnv, args: &[&str]) -> Found {
    let output = env.rcr(["doctor", "--json"]).args(args).run();
    let json = output.json();
    assert_eq!(json["exit"], output.exit().expect("an exit code"), "{output}");
    Found { output, json }
}

impl Found {
    /// A step of the place at the end: the registry itself.
    fn step(&self, name: &str) -> &Value {
        self.step_of(self.json["endpoints"].as_array().unwrap().len() - 1, name)
    }

    fn step_of(&self, place: usize, name: &str) -> &Value {
        let steps = self.json["endpoints"][place]["steps"].as_array().unwrap();
        steps.iter().find(|step| step["step"] == name).unwrap_or_else(|| panic!("no step {name}: {}", self.output))
    }

    /// This step alone failed at the registry, with this exit code, and with these words in its cause and its hint.
    #[track_caller]
    fn failed(&self, name: &str, exit: i32, cause: &str, hint: &str) {
        let steps = self.json["endpoints"].as_array().unwrap().last().unwrap()["steps"].as_array().unwrap();
        let failed: Vec<_> = steps.iter().filter(|step| step["status"] == "failed").map(|s| &s["step"]).collect();
        assert_eq!(failed, [name], "{}", self.output);
        let step = self.step(name);
        assert_eq!((self.output.exit(), &step["exit"]), (Some(exit), &json!(exit)), "{}", self.output);
        self.says(step, cause, hint);
    }

    /// Nothing failed at the registry, and this step warns.
    #[track_caller]
    fn warned(&self, name: &str, cause: &str, hint: &str) {
        assert_eq!(self.output.exit(), Some(0), "{}", self.output);
        let step = self.step(name);
        assert_eq!(step["status"], "warning", "{}", self.output);
        self.says(step, cause, hint);
    }

    #[track_caller]
    fn says(&self, step: &Value, cause: &str, hint: &str) {
        let text = |key: &str| step[key].as_str().unwrap_or_default().to_owned();
        assert!(text("cause").contains(cause), "no {cause:?} in the cause: {}", self.output);
        assert!(text("hint").contains(hint), "no {hint:?} in the hint: {}", self.output);
    }

    #[track_caller]
    fn is(&self, name: &str, status: &str, detail: &str) {
        let step = self.step(name);
        let there = step["detail"].as_str().unwrap().contains(detail);
        assert!(step["status"] == status && there, "{name} is not {status} with {detail:?}: {}", self.output);
    }
}

/// A registry at 127.0.0.1 with `image:v1`, and the name of that.
fn with_image(builder: Builder) -> (Registry, Artifact, String) {
    let (registry, image) = (builder.start(), Artifact::image(2300).build());
    registry.add("image", "v1", &image);
    let reference = registry.reference("image:v1");
    (registry, image, reference)
}

/// A registry called `registry.test` over HTTPS with this certificate.
fn over_tls(leaf: &Leaf) -> (Registry, String) {
    let (registry, _, _) = with_image(Registry::builder().listen(Listen::tls(leaf.server_config())));
    let resolve = registry.resolve(NAME);
    (registry, resolve)
}

/// Lists what refers to an image: nothing.
fn with_referrers(builder: Builder) -> Builder {
    let empty = json!({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []});
    builder.before(move |request| request.path.contains("/referrers/").then(|| Reply::ok(empty.to_string())))
}

fn login(env: &TestEnv, host: &str) {
    env.secret_login("alice", PASSWORD);
    env.write_docker_config(&json!({"auths": {host: {"username": "alice", "password": PASSWORD}}}));
}

/// Asks everybody without `Authorization` to prove who they are in this way.
fn challenging(challenge: &str) -> Builder {
    let challenge = challenge.to_owned();
    Registry::builder().before(move |request| {
        let refusal = Reply::error(401, "UNAUTHORIZED", "authentication required");
        request.header("authorization").is_none().then(|| refusal.header("www-authenticate", challenge.clone()))
    })
}

/// The text or the JSON, without what differs from run to run.
fn stable(text: &str, registry: &Registry) -> String {
    text.replace(&format!(":{}", registry.port()), ":PORT")
}

#[test]
fn a_healthy_registry_as_people_see_it() {
    let (registry, _, reference) = with_image(with_referrers(Registry::builder()));
    let output = TestEnv::new().rcr(["doctor", &reference]).success();
    assert_eq!(output.stderr, "");
    assert_snapshot!(stable(&output.stdout, &registry), @r"
    registry 127.0.0.1:PORT (the registry itself)
      ok   name         127.0.0.1:PORT/image:v1, asked for at 127.0.0.1:PORT/v2/image
      ok   dns          an address, nothing to look up
      ok   proxy        none, this machine is never asked through a proxy
      ok   tcp          127.0.0.1:PORT
      ok   tls          plain HTTP, which does not leave this machine
      ok   api          /v2/ answers 200 OK over plain HTTP
      ok   clock        within a minute of this machine's
      ok   challenge    none: it lets everybody in
      ok   credentials  not asked for
      skip scopes       no token is in use
      ok   manifest     sha256:865ee7e88843ce4143ba367c61134a3c20c5720fb7673ec0588a89ddb1e056d3, application/vnd.oci.image.manifest.v1+json, 557 bytes
      ok   rate-limit   none is stated
      ok   head         tells the digest
      ok   range        answers 206 Partial Content
      ok   referrers    answers 200 OK

    Nothing failed.
    ");
}

#[test]
fn the_url_has_the_scheme_that_is_settled() {
    let (registry, _, reference) = with_image(Registry::builder());
    let (env, host) = (TestEnv::new(), registry.host());
    let plain = doctor(&env, &["--plain-http", &host, &reference]);
    plain.is("name", "ok", &format!("asked for at http://{host}/v2/image"));
    plain.is("api", "ok", "over plain HTTP");
    let found = doctor(&env, &["--insecure-registry", &host, &reference]);
    found.is("name", "ok", &format!("asked for at {host}/v2/image"));
    let port = Port::closed();
    let url = format!("https://{NAME}:{}/v2/", port.number());
    let resolve = format!("{NAME}:{}:127.0.0.1", port.number());
    let named = doctor(&env, &["--resolve", &resolve, &format!("{NAME}:{}", port.number())]);
    named.is("name", "ok", &format!("asked for at {url}"));
}

#[test]
fn a_name_that_nobody_chooses_for_is_said_once() {
    let (env, (one, _, _), (two, _, _)) =
        (TestEnv::new(), with_image(Registry::builder()), with_image(Registry::builder()));
    let order = format!(
        "unqualified-search-registries = [\"{}\", \"{}\"]\nshort-name-mode = \"enforcing\"\n",
        one.host(),
        two.host()
    );
    env.write("system/etc/containers/registries.conf", &order);
    let found = doctor(&env, &["image:v1"]);
    let step = found.step_of(0, "name");
    assert_eq!((found.output.exit(), &step["status"]), (Some(2), &json!("failed")), "{}", found.output);
    found.says(
        step,
        "wants one of them to be chosen",
        &format!("write the full name: `{}`", one.reference("image:v1")),
    );
    assert_eq!(found.step_of(0, "manifest")["status"], "ok", "{}", found.output);
    found.is("name", "ok", &two.reference("image:v1"));
}

#[test]
fn a_healthy_registry_as_programs_see_it() {
    let (registry, _, _) = with_image(Registry::builder());
    let found = doctor(&TestEnv::new(), &[&registry.host()]);
    let mut text = found.output.stdout.clone();
    for step in found.json["endpoints"][0]["steps"].as_array().unwrap() {
        let took = step["milliseconds"].as_u64().expect("a number");
        text = text.replace(&format!("\"milliseconds\":{took}}}"), "\"milliseconds\":MS}");
    }
    assert_snapshot!(stable(&text.replace("{\"step\"", "\n{\"step\""), &registry), @r#"
    {"schema":1,"subject":"127.0.0.1:PORT","endpoints":[{"endpoint":"127.0.0.1:PORT","role":"registry","from":"the registry itself","steps":[
    {"step":"name","status":"ok","detail":"127.0.0.1:PORT, asked for at 127.0.0.1:PORT/v2/","cause":null,"hint":null,"exit":null,"milliseconds":MS},
    {"step":"dns","status":"ok","detail":"an address, nothing to look up","cause":null,"hint":null,"exit":null,"milliseconds":MS},
    {"step":"proxy","status":"ok","detail":"none, this machine is never asked through a proxy","cause":null,"hint":null,"exit":null,"milliseconds":MS},
    {"step":"tcp","status":"ok","detail":"127.0.0.1:PORT","cause":null,"hint":null,"exit":null,"milliseconds":MS},
    {"step":"tls","status":"ok","detail":"plain HTTP, which does not leave this machine","cause":null,"hint":null,"exit":null,"milliseconds":MS},
    {"step":"api","status":"ok","detail":"/v2/ answers 200 OK over plain HTTP","cause":null,"hint":null,"exit":null,"milliseconds":MS},
    {"step":"clock","status":"ok","detail":"within a minute of this machine's","cause":null,"hint":null,"exit":null,"milliseconds":MS},
    {"step":"challenge","status":"ok","detail":"none: it lets everybody in","cause":null,"hint":null,"exit":null,"milliseconds":MS},
    {"step":"credentials","status":"ok","detail":"not asked for","cause":null,"hint":null,"exit":null,"milliseconds":MS}]}],"exit":0}
    "#);
}

#[test]
fn without_an_argument_this_machine_is_looked_at_and_docker_hub() {
    let env = TestEnv::new();
    let port = Port::closed();
    let found = doctor(&env, &["--resolve", "registry-1.docker.io:443:127.0.0.1"]);
    assert_eq!(found.json["endpoints"][0]["role"], "local", "{}", found.output);
    assert_eq!(found.step_of(0, "store")["status"], "ok");
    assert_eq!(found.json["endpoints"][1]["endpoint"], "docker.io");
    drop(port);

    env.write_docker_config(&json!({"credsStore": "absent"}));
    let found = doctor(&env, &["--resolve", "registry-1.docker.io:443:127.0.0.1"]);
    let step = found.step_of(0, "credentials");
    assert_eq!(step["status"], "failed", "{}", found.output);
    found.says(step, "docker-credential-absent", "install");
    assert_eq!(found.output.exit(), Some(4));
}

#[test]
fn real_registries_are_healthy() {
    let env = TestEnv::new();
    let registry = Distribution::builder().htpasswd("alice", PASSWORD).start();
    login(&env, &registry.host());
    let reference = registry.reference("team/image:v1");
    Skopeo::new().login("alice", PASSWORD).push(&Artifact::image(2301).build(), &reference);
    let found = doctor(&env, &[&reference]);
    assert_eq!(found.output.exit(), Some(0), "{}", found.output);
    found.is("api", "ok", "registry/2.0");
    found.is("challenge", "ok", "Basic");
    found.is("credentials", "ok", "accepted");
    found.is("manifest", "ok", "sha256:");
    found.is("range", "ok", "206");
}

#[test]
fn a_name_that_is_none() {
    let env = TestEnv::new();
    doctor(&env, &["https://registry.test/image"]).failed("name", 2, "", "registry.test/image");
    doctor(&env, &["Team/Image@sha256:12"]).failed("name", 2, "", "");
    doctor(&env, &["registry.test:port"]).failed("name", 2, "", "");
}

#[test]
fn a_registry_that_a_setting_forbids() {
    let env = TestEnv::new();
    env.user_config("containers/registries.conf", "[[registry]]\nlocation = \"registry.test\"\nblocked = true\n");
    doctor(&env, &["registry.test/image:v1"]).failed("name", 8, "registries.conf:1", "blocked");
}

#[test]
fn a_host_that_does_not_resolve() {
    let found = doctor(&TestEnv::new(), &["registry.invalid"]);
    found.failed("dns", 5, "registry.invalid", "getent hosts registry.invalid");
    found.is("tcp", "skipped", "because dns failed");
}

#[test]
fn nobody_listens() {
    let port = Port::closed();
    let found = doctor(&TestEnv::new(), &[&port.host()]);
    found.failed("tcp", 5, "connection refused", "start the registry");
    found.is("dns", "ok", "an address");
}

#[test]
fn a_proxy_that_is_gone_or_wants_a_password() {
    let env = TestEnv::new();
    let (registry, _) = over_tls(&Authority::new("own").issue(&[NAME]));
    let reference = format!("{}/image:v1", registry.host_as(NAME));
    let gone = Port::closed();
    env.set("HTTPS_PROXY", format!("http://{}", gone.host()));
    doctor(&env, &[&reference]).failed("proxy", 5, &gone.host(), "HTTPS_PROXY");

    for url in ["http", "socks5h"].map(|scheme| format!("{scheme}://does-not-exist.invalid:3128")) {
        env.set("HTTPS_PROXY", url);
        let found = doctor(&env, &[&reference]);
        found.failed("proxy", 5, "does-not-exist.invalid:3128", "HTTPS_PROXY");
        found.is("dns", "skipped", "the proxy looks the name up");
    }

    env.secret_login("corp", "s3cr3t-of-corp");
    let proxy = Tinyproxy::start(&[NAME], Some(("corp", "s3cr3t-of-corp")));
    env.set("HTTPS_PROXY", proxy.url());
    doctor(&env, &[&reference]).failed("proxy", 4, "asks for authentication", "USER:PASSWORD");
    env.set("HTTPS_PROXY", proxy.url_as("corp", "s3cr3t-of-corp"));
    let found = doctor(&env, &[&reference]);
    found.is("dns", "skipped", "the proxy looks the name up");
    found.is("proxy", "ok", "from HTTPS_PROXY");
    found.failed("tls", 8, "unknown authority", "");
}

#[test]
fn behind_socks_the_client_alone_tells() {
    let authority = Authority::new("own");
    let (registry, _) = over_tls(&authority.issue(&[NAME]));
    let host = registry.host_as(NAME);
    let env = TestEnv::new();
    let socks = Socks::start(&[(NAME, Ipv4Addr::LOCALHOST)], None);
    env.set("ALL_PROXY", socks.url());
    let found = doctor(&env, &[&host]);
    found.failed("tls", 8, "unknown authority", "");
    found.is("tcp", "skipped", "not looked at behind this kind of proxy");
    env.trust(&host, &authority.pem());
    doctor(&env, &[&host]).is("api", "ok", "over HTTPS");
    let gone = Port::closed();
    env.set("ALL_PROXY", format!("socks5h://{}", gone.host()));
    doctor(&env, &[&host]).failed("proxy", 5, &gone.host(), "ALL_PROXY");
}

#[test]
fn http_where_https_was_asked() {
    let env = TestEnv::new();
    let (registry, _, _) = with_image(Registry::builder());
    let (host, resolve) = (registry.host_as(NAME), registry.resolve(NAME));
    let hint = format!("--insecure-registry {host}");
    doctor(&env, &[&resolve, &host]).failed("tls", 8, "speaks plain HTTP", &hint);
    // The hint helps, and what it costs is said.
    let found = doctor(&env, &[&resolve, "--insecure-registry", &host, &host]);
    found.warned("tls", "nothing is encrypted", "");
    found.is("tls", "warning", "allowed by --insecure-registry");
    found.is("api", "ok", "over plain HTTP");
}

#[test]
fn certificates_that_are_refused() {
    let authority = Authority::new("own");
    let cases = [
        ("unknown", authority.issue(&[NAME]), false, "unknown authority", "/etc/docker/certs.d/"),
        ("expired", authority.issue_expired(&[NAME]), true, "expired", "--tls-skip-verify"),
        ("another name", authority.issue(&["other.test"]), true, "another host name", "other.test"),
    ];
    for (name, leaf, trusted, cause, hint) in cases {
        let (env, (registry, resolve)) = (TestEnv::new(), over_tls(&leaf));
        let host = registry.host_as(NAME);
        if trusted {
            env.trust(&host, &authority.pem());
        }
        let found = doctor(&env, &[&resolve, &host]);
        eprintln!("{name}");
        found.failed("tls", 8, cause, hint);
        assert_eq!(registry.lines(), Vec::<String>::new(), "{name}");

        let found = doctor(&env, &[&resolve, "--tls-skip-verify", &host, &host]);
        found.warned("tls", cause, hint);
        found.is("tls", "warning", "not verified because of --tls-skip-verify");
        found.is("api", "ok", "over HTTPS");
    }
}

#[test]
fn certificates_that_are_trusted() {
    let authority = Authority::new("own");
    let env = TestEnv::new();
    let (registry, resolve) = over_tls(&authority.issue(&[NAME]));
    let host = registry.host_as(NAME);
    env.trust(&host, &authority.pem());
    let found = doctor(&env, &[&resolve, &host]);
    found.is("dns", "ok", "127.0.0.1, by --resolve");
    found.is("tls", "ok", "TLS 1.3");
    found.is("tls", "ok", "ca.crt");

    let (registry, resolve) = over_tls(&authority.issue_for(&[NAME], Duration::from_secs(5 * 24 * 3600)));
    let host = registry.host_as(NAME);
    env.trust(&host, &authority.pem());
    doctor(&env, &[&resolve, &host]).warned("tls", "expires in 4 days", "renew");
}

#[test]
fn a_server_that_wants_to_know_who_asks() {
    let (authority, clients) = (Authority::new("own"), Authority::new("clients"));
    let (registry, _, _) = with_image(Registry::builder());
    let nginx = Nginx::before(&registry.origin()).tls(&authority.issue(&["127.0.0.1"])).clients_of(&clients).start();
    let env = TestEnv::new();
    env.trust(&nginx.host(), &authority.pem());
    let hint = format!("/etc/docker/certs.d/{}`", nginx.host());
    doctor(&env, &[&nginx.host()]).failed("tls", 11, "client certificate", &hint);
    env.identify(&nginx.host(), &clients.issue(&["alice"]));
    let found = doctor(&env, &[&nginx.reference("image:v1")]);
    found.is("manifest", "ok", "sha256:");
}

#[test]
fn what_answers_is_no_registry() {
    let env = TestEnv::new();
    let absent = Server::start(Listen::default(), |_: &Request| Reply::status(404));
    doctor(&env, &[&absent.host()]).failed("api", 3, "answered 404", "check the address");
    let page = Reply::ok("<html>Welcome to the hotel").header("content-type", "text/html");
    let portal = Server::start(Listen::default(), move |_: &Request| page.clone());
    doctor(&env, &[&portal.host()]).failed("api", 3, "does not serve the registry API", "check the address");
    let broken = Server::start(Listen::default(), |_: &Request| Reply::status(503));
    doctor(&env, &[&broken.host()]).failed("api", 5, "503", "later");
    assert_eq!(broken.lines().len(), 1, "a diagnosis asks once");
}

#[test]
fn a_token_server_of_another_domain_is_told_nothing() {
    let authority = Authority::new("own");
    let names = ["registry.example.com", "auth.evil.test"];
    let tls = authority.issue(&names).server_config();
    let env = TestEnv::new();
    let tokens = Server::start(Listen::tls(tls.clone()), |_: &Request| Reply::ok(r#"{"token":"good-token"}"#));
    let realm = format!("{}/token", tokens.origin_as("auth.evil.test"));
    let challenge = format!("Bearer realm=\"{realm}\",service=\"s\"");
    let (registry, _, _) = with_image(challenging(&challenge).listen(Listen::tls(tls)));
    let host = registry.host_as("registry.example.com");
    env.trust(&host, &authority.pem());
    env.trust(&tokens.host_as("auth.evil.test"), &authority.pem());
    login(&env, &host);
    let (one, other) = (registry.resolve("registry.example.com"), tokens.resolve("auth.evil.test"));
    let hint = format!("--trust-realm {realm}");
    doctor(&env, &[&one, &other, &format!("{host}/image:v1")]).failed("challenge", 8, "auth.evil.test", &hint);
    assert_eq!(tokens.lines(), Vec::<String>::new());
    // The hint helps.
    let found = doctor(&env, &[&one, &other, "--trust-realm", &realm, &format!("{host}/image:v1")]);
    found.is("credentials", "ok", "accepted");
}

#[test]
fn credentials_that_are_wrong_or_missing() {
    let registry = Distribution::builder().htpasswd("alice", "another-password").start();
    let reference = registry.reference("team/image:v1");
    let env = TestEnv::new();
    let hint = format!("rcr login {}", registry.host());
    doctor(&env, &[&reference]).failed("credentials", 4, "401", &hint);
    doctor(&env, &[&registry.host()]).warned("credentials", "401", &hint);
    login(&env, &registry.host());
    let found = doctor(&env, &[&reference]);
    found.failed("credentials", 4, "401", &hint);
    found.is("credentials", "failed", "config.json");

    env.write_docker_config(&json!({"credHelpers": {registry.host(): "absent"}}));
    doctor(&env, &[&reference]).failed("credentials", 4, "docker-credential-absent", "install");
}

#[test]
fn a_token_server_decides() {
    let env = TestEnv::new();
    let tokens = TokenServer::builder().user("alice", PASSWORD, &["pull"]).anonymous(&[]).start(env.secrets());
    let challenge = format!("Bearer realm=\"{}\",service=\"{}\"", tokens.realm(), TokenServer::SERVICE);
    let (registry, _, reference) = with_image(challenging(&challenge));
    let found = doctor(&env, &[&reference]);
    found.is("challenge", "ok", "service registry.test");
    found.is("credentials", "ok", "none: asked as anybody");
    found.warned("scopes", "does not permit repository:image:pull", "rcr login");
    found.is("scopes", "warning", "nothing");

    login(&env, &registry.host());
    let found = doctor(&env, &[&reference]);
    found.is("credentials", "ok", "config.json, accepted");
    found.is("scopes", "ok", "repository:image:pull");
    env.rcr(["-vvv", "doctor", &reference]).success().stdout_has("repository:image:pull");

    // What the challenge names may be gone, or no token server.
    let (gone, page) = (Port::closed(), Server::start(Listen::default(), |_: &Request| Reply::ok("<html>")));
    let bearer = |host: String| challenging(&format!("Bearer realm=\"http://{host}/token\",service=\"s\""));
    let (_one, _, orphaned) = with_image(bearer(gone.host()));
    let found = doctor(&env, &[&orphaned]);
    found.failed("challenge", 5, "connection refused", "start the registry");
    found.is("challenge", "failed", &format!("tokens from {}", gone.host()));
    let (_other, _, misled) = with_image(bearer(page.host()));
    doctor(&env, &[&misled]).failed("challenge", 5, "did not answer with JSON", "login page");

    env.secret_login("alice", "s3cr3t-but-wrong");
    env.write_docker_config(
        &json!({"auths": {registry.host(): {"username": "alice", "password": "s3cr3t-but-wrong"}}}),
    );
    doctor(&env, &[&reference]).failed("credentials", 4, "refused the credentials", "rcr login");
}

#[test]
fn what_is_not_there_or_not_for_everybody() {
    let env = TestEnv::new();
    let forbidden = Reply::error(403, "DENIED", "requested access to the resource is denied");
    let denied = move |request: &Request| request.path.contains("/manifests/").then(|| forbidden.clone());
    let (registry, _, reference) = with_image(Registry::builder().before(denied));
    doctor(&env, &[&reference]).failed("manifest", 4, "requested access", "rcr login");
    assert_eq!(doctor(&env, &[&registry.host()]).output.exit(), Some(0));

    let (registry, _, _) = with_image(Registry::builder());
    doctor(&env, &[&registry.reference("image:v2")]).failed("manifest", 3, "404", "rcr tags");
}

#[test]
fn bytes_that_do_not_match() {
    let other = Artifact::image(2302).build().manifest;
    let swapped = move |request: &Request, reply: Reply| {
        let wrong = request.method == "GET" && request.path.contains("/manifests/");
        if wrong { reply.body(other.bytes.clone()) } else { reply }
    };
    let (registry, image, _) = with_image(Registry::builder().after(swapped));
    let pinned = registry.reference(&format!("image@{}", image.digest()));
    doctor(&TestEnv::new(), &[&pinned]).failed("manifest", 7, &image.digest(), "");
}

#[test]
fn too_many_requests() {
    let env = TestEnv::new();
    let limited = |reply: Reply| reply.header("ratelimit-limit", "100;w=21600");
    let refusal = limited(Reply::error(429, "TOOMANYREQUESTS", "slow down"));
    let refusal = refusal.header("ratelimit-remaining", "0;w=21600").header("retry-after", "30");
    let asked = |request: &Request| request.path.contains("/manifests/");
    let (_registry, _, reference) = with_image(Registry::builder().fail(usize::MAX, asked, refusal));
    let found = doctor(&env, &[&reference]);
    found.failed("manifest", 6, "429", "30 s");
    found.is("rate-limit", "warning", "0 of 100 left in 6 h");
    assert!(found.output.elapsed < Duration::from_secs(10), "{}", found.output);

    let remaining = move |_: &Request, reply: Reply| limited(reply).header("ratelimit-remaining", "76;w=21600");
    let (_registry, _, reference) = with_image(Registry::builder().after(remaining));
    doctor(&env, &[&reference]).is("rate-limit", "ok", "76 of 100 left in 6 h");
}

#[test]
fn clocks_that_differ() {
    let late = httpdate::fmt_http_date(SystemTime::now() - Duration::from_secs(3600));
    let set = move |_: &Request, reply: Reply| reply.header("date", &late);
    let (registry, _, _) = with_image(Registry::builder().after(set));
    doctor(&TestEnv::new(), &[&registry.host()]).warned("clock", "behind this machine's", "timedatectl");
}

#[test]
fn parts_of_the_protocol_that_are_missing() {
    let env = TestEnv::new();
    let (_registry, _, reference) = with_image(Registry::builder());
    doctor(&env, &[&reference]).warned("referrers", "does not list", "");

    let whole = |request: &Request| request.range_start().is_some();
    let body = Artifact::image(2300).build().blobs[0].bytes.clone();
    let (_registry, _, reference) =
        with_image(with_referrers(Registry::builder()).fail(usize::MAX, whole, Reply::ok(body)));
    doctor(&env, &[&reference]).warned("range", "starts anew", "");

    let head = |request: &Request| request.method == "HEAD";
    let (_registry, _, reference) =
        with_image(with_referrers(Registry::builder()).fail(usize::MAX, head, Reply::status(405)));
    let found = doctor(&env, &[&reference]);
    found.warned("head", "refuses HEAD", "");
    found.is("manifest", "ok", "sha256:");
}

#[test]
fn a_place_that_serves_is_enough() {
    let gone = Port::closed();
    let (good, _, _) = with_image(Registry::builder());
    let chain = |registry: &str, mirror: &str| {
        let env = TestEnv::new();
        let rules = format!(
            "[[registry]]\nprefix = \"{registry}\"\nlocation = \"{registry}\"\n\n[[registry.mirror]]\nlocation = \
             \"{mirror}\"\n"
        );
        env.user_config("containers/registries.conf", rules);
        env
    };
    // A mirror that is gone is passed over.
    let env = chain(&good.host(), &gone.host());
    let found = doctor(&env, &[&good.reference("image:v1")]);
    assert_eq!(found.output.exit(), Some(0), "{}", found.output);
    assert_eq!(found.json["endpoints"][0]["role"], "mirror");
    assert!(found.json["endpoints"][0]["from"].as_str().unwrap().contains("registries.conf:"), "{}", found.output);
    assert_eq!(found.step_of(0, "tcp")["status"], "failed");
    found.is("manifest", "ok", "sha256:");
    env.rcr(["pull", &good.reference("image:v1")]).success();
    env.rcr(["doctor", &good.reference("image:v1")]).success().stdout_has("Another place serves");

    // So is a registry whose mirror has it.
    let env = chain(&gone.host(), &good.host());
    let found = doctor(&env, &[&format!("{}/image:v1", gone.host())]);
    assert_eq!(found.output.exit(), Some(0), "{}", found.output);
    env.rcr(["pull", &format!("{}/image:v1", gone.host())]).success();
    // One that does not have it, is no help.
    let missing = format!("{}/image:v2", gone.host());
    doctor(&env, &[&missing]).failed("tcp", 5, "connection refused", "");
    env.rcr(["--retries", "0", "pull", &missing]).code(5);
}

#[test]
fn a_project_below_the_api_is_a_mirror_too() {
    let (mirror, image, _) = with_image(with_referrers(Registry::builder()));
    mirror.add("hub/image", "v1", &image);
    let gone = Port::closed();
    let env = TestEnv::new();
    let hosts = format!(
        "[host.\"{}/v2/hub\"]\ncapabilities = [\"pull\", \"resolve\"]\noverride_path = true\n",
        mirror.origin()
    );
    env.system(&format!("etc/containerd/certs.d/{}/hosts.toml", gone.host()), hosts);
    let found = doctor(&env, &[&format!("{}/image:v1", gone.host())]);
    assert_eq!(found.output.exit(), Some(0), "{}", found.output);
    assert_eq!(found.step_of(0, "manifest")["status"], "ok");
    assert!(mirror.lines().iter().any(|line| line.starts_with("GET /v2/?ns=")), "{mirror:?}");
}

#[test]
fn every_registry_of_the_search_order_is_looked_at() {
    let env = TestEnv::new();
    let gone = Port::closed();
    let (good, _, _) = with_image(Registry::builder());
    let (first, second) = (gone.host(), good.host());
    let order =
        format!("unqualified-search-registries = [\"{first}\", \"{second}\"]\nshort-name-mode = \"permissive\"\n");
    env.user_config("containers/registries.conf", order);
    let found = doctor(&env, &["image:v1"]);
    assert_eq!(found.output.exit(), Some(0), "{}", found.output);
    let places: Vec<_> = found.json["endpoints"].as_array().unwrap().iter().map(|place| &place["endpoint"]).collect();
    assert_eq!(places, [&json!(first), &json!(second)]);
    assert_eq!(found.step_of(0, "tcp")["status"], "failed");
}
