//! The seven ways in which a first pull from a private registry fails: what is printed is not only true, following it
//! to the letter makes the same command succeed.

use std::any::Any;
use std::thread;
use std::time::Duration;

use crate::support::nginx::Nginx;
use crate::support::port::Port;
use crate::support::process::{Output, Run};
use crate::support::skopeo::Skopeo;
use crate::support::{Artifact, Authority, Distribution, Reply, TestEnv, TokenServer};

const PASSWORD: &str = "s3cr3t-situation";

/// A command that fails, and what it needs to fail.
struct Scene<P = ()> {
    env: TestEnv,
    /// Every argument, the command's word included.
    command: Vec<String>,
    parts: P,
}

impl<P> Scene<P> {
    fn new(env: TestEnv, command: impl IntoIterator<Item = impl Into<String>>, parts: P) -> Self {
        let quick = ["--retries", "0", "--progress", "none"].map(str::to_owned);
        Self { env, command: quick.into_iter().chain(command.into_iter().map(Into::into)).collect(), parts }
    }

    /// The command, as it is.
    fn run(&self) -> Run<'_> {
        self.env.rcr(&self.command)
    }

    /// The command once more, with what a hint says: words of a command line.
    fn run_with(&self, words: &str) -> Run<'_> {
        self.run().args(words.split(' '))
    }

    /// A `rcr login` that a hint names. It asks for the rest on a terminal, which a test has not.
    fn log_in(&self, command: &str, user: &str) {
        let words = command.strip_prefix("rcr ").unwrap_or_else(|| panic!("{command:?} is no command of ours"));
        let run = self.env.rcr(words.split(' ')).args(["-u", user, "--password-stdin"]);
        run.stdin(PASSWORD).success();
    }

    fn any(self) -> Scene<Box<dyn Any>>
    where
        P: 'static,
    {
        Scene { env: self.env, command: self.command, parts: Box::new(self.parts) }
    }
}

/// What stands between backticks in the hint, and begins like this.
#[track_caller]
fn hinted(output: &Output, start: &str) -> String {
    let hint = output.stderr.lines().find_map(|line| line.strip_prefix("hint: "));
    let hint = hint.unwrap_or_else(|| panic!("no hint\n{output}"));
    let found = hint.split('`').skip(1).step_by(2).find(|words| words.starts_with(start));
    found.unwrap_or_else(|| panic!("the hint has no `{start}...`\n{output}")).to_owned()
}

fn image(seed: u64) -> Artifact {
    Artifact::image(seed).layers(&[1000]).build()
}

/// The same registry by a name that is not this machine's, and the flag that leads there.
fn renamed(host: &str, name: &str) -> (String, String) {
    let (ip, port) = host.rsplit_once(':').unwrap();
    (format!("{name}:{port}"), format!("--resolve={name}:{port}:{ip}"))
}

/// A registry over plain HTTP, asked over HTTPS.
fn plain_http() -> Scene<(Distribution, String)> {
    let registry = Distribution::start();
    Skopeo::new().push(&image(2100), &registry.reference("team/image:v1"));
    let (host, resolve) = renamed(&registry.host(), "registry.test");
    let command = [resolve, "pull".to_owned(), format!("{host}/team/image:v1")];
    Scene::new(TestEnv::new(), command, (registry, host))
}

/// A registry whose certificate is for `names`, asked by `asked`.
fn https(names: &[&str], asked: &str) -> Scene<(Distribution, Authority)> {
    let authority = Authority::new("own");
    let registry = Distribution::builder().tls(&authority.issue(names)).start();
    Skopeo::new().push(&image(2101), &registry.reference("team/image:v1"));
    let (host, resolve) = renamed(&registry.host(), asked);
    let command = [resolve, "pull".to_owned(), format!("{host}/team/image:v1")];
    Scene::new(TestEnv::new(), command, (registry, authority))
}

fn unknown_authority() -> Scene<(Distribution, Authority)> {
    https(&["registry.test"], "registry.test")
}

fn refused() -> Scene<Port> {
    let port = Port::closed();
    Scene::new(TestEnv::new(), ["pull".to_owned(), format!("{}/team/image:v1", port.host())], port)
}

/// A registry by a name that no name server knows.
fn wrong_name() -> Scene<Distribution> {
    let registry = Distribution::start();
    Skopeo::new().push(&image(2102), &registry.reference("team/image:v1"));
    let (host, _) = renamed(&registry.host(), "registry.invalid");
    let command = [format!("--plain-http={host}"), "pull".to_owned(), format!("{host}/team/image:v1")];
    Scene::new(TestEnv::new(), command, registry)
}

fn not_logged_in() -> Scene<Distribution> {
    let env = TestEnv::new();
    env.secret_login("alice", PASSWORD);
    let registry = Distribution::builder().htpasswd("alice", PASSWORD).start();
    let reference = registry.reference("team/image:v1");
    Skopeo::new().login("alice", PASSWORD).push(&image(2103), &reference);
    Scene::new(env, ["pull".to_owned(), reference], registry)
}

/// A registry with an administrator in front of it, who keeps everybody out.
fn forbidden() -> Scene<(Distribution, Nginx)> {
    let registry = Distribution::start();
    Skopeo::new().push(&image(2104), &registry.reference("team/image:v1"));
    let words = "access to this resource is restricted by the administrator";
    let reply = Reply::error(403, "DENIED", words);
    let front = Nginx::before(&registry.http_origin()).answer("restricted", "^/v2/.", reply).start();
    front.on("restricted");
    let command = ["pull".to_owned(), front.reference("team/image:v1")];
    Scene::new(TestEnv::new(), command, (registry, front))
}

/// A registry that wants to be left alone for two seconds, and a user who waits for one.
fn too_many_requests() -> Scene<(Distribution, Nginx)> {
    let registry = Distribution::start();
    Skopeo::new().push(&image(2105), &registry.reference("team/image:v1"));
    let reply = Reply::error(429, "TOOMANYREQUESTS", "slow down").header("retry-after", "2");
    let front = Nginx::before(&registry.http_origin()).answer("limit", "^/v2/.", reply).start();
    front.on("limit");
    let env = TestEnv::new();
    env.set("RCR_MAX_WAIT", "1");
    // Not `--retries 0`: waiting is trying again.
    let command = ["--progress".to_owned(), "none".to_owned(), "pull".to_owned(), front.reference("team/image:v1")];
    Scene { env, command: command.to_vec(), parts: (registry, front) }
}

#[test]
fn plain_http_is_mended_by_the_flag_and_by_the_file() {
    let scene = plain_http();
    let (_, host) = &scene.parts;
    let output = scene.run().code(8);
    let flag = hinted(&output, "--");
    assert_eq!(flag, format!("--insecure-registry {host}"));
    scene.run_with(&flag).success();

    let scene = plain_http();
    let (_, host) = &scene.parts;
    let list = hinted(&scene.run().code(8), "insecure-");
    scene.env.write("system/etc/docker/daemon.json", serde_json::json!({list: [host]}).to_string());
    scene.run().success();
}

#[test]
fn an_unknown_authority_is_mended_by_its_certificate_at_the_place_that_is_named() {
    let scene = unknown_authority();
    let file = hinted(&scene.run().code(8), "/");
    assert!(file.starts_with(scene.env.root().to_str().unwrap()), "{file} is not of this test");
    scene.env.write(file, scene.parts.1.pem());
    scene.run().success();

    let scene = unknown_authority();
    let ca = scene.env.write("authority.pem", scene.parts.1.pem());
    let flag = hinted(&scene.run().code(8), "--").replace("FILE", ca.to_str().unwrap());
    scene.run_with(&flag).success();
}

#[test]
fn somebody_who_is_not_the_administrator_is_told_of_a_place_of_their_own() {
    let scene = unknown_authority();
    let as_user = || scene.env.program("unshare", ["--user", env!("CARGO_BIN_EXE_rcr")]).args(&scene.command);
    let file = hinted(&as_user().code(8), "/");
    assert!(file.starts_with(scene.env.root().join("config/containers/certs.d").to_str().unwrap()), "{file}");
    scene.env.write(file, scene.parts.1.pem());
    as_user().success();
}

#[test]
fn a_refused_connection_is_mended_by_the_registry_at_that_port() {
    let scene = refused();
    scene.run().code(5).hint_has("start the registry").hint_has("run the same command again");
    let Scene { env, command, parts: port } = scene;
    let registry = Distribution::builder().port(port).start();
    Skopeo::new().push(&image(2106), command.last().unwrap());
    env.rcr(&command).success();
    drop(registry);
}

#[test]
fn a_name_that_does_not_resolve_is_mended_by_an_address() {
    let scene = wrong_name();
    let output = scene.run().code(5);
    assert_eq!(hinted(&output, "getent "), "getent hosts registry.invalid");
    let address = scene.parts.host().rsplit_once(':').map(|(address, _)| address.to_owned()).unwrap();
    let flag = hinted(&output, "--resolve").replace("ADDRESS", &address);
    scene.run_with(&flag).success();
}

#[test]
fn a_wrong_name_is_mended_by_the_name_in_the_certificate() {
    let scene = foreign_certificate();
    let output = scene.run().code(8);
    let right = hinted(&output, "image-registry.test:");
    let (wrong, _) = renamed(&scene.parts.0.host(), "registry.test");
    assert_eq!(hinted(&output, "registry.test:"), wrong);
    let command = scene.command.iter().map(|word| word.replace(&wrong, &right));
    // The new name has to lead to this machine too, as a name server would do it.
    let (_, resolve) = renamed(&scene.parts.0.host(), "image-registry.test");
    scene.env.rcr(command).arg(resolve).success();
}

#[test]
fn a_wrong_tag_is_mended_by_the_list_of_tags() {
    let registry = Distribution::start();
    Skopeo::new().push(&image(2107), &registry.reference("team/image:v1"));
    let scene = Scene::new(TestEnv::new(), ["pull".to_owned(), registry.reference("team/image:v2")], ());
    let list = hinted(&scene.run().code(3), "rcr tags ");
    let tags = scene.env.rcr(list.split(' ').skip(1)).success().stdout;
    let found = registry.reference(&format!("team/image:{}", tags.trim()));
    scene.env.rcr(["pull", &found]).success();
}

#[test]
fn somebody_who_is_not_logged_in_is_mended_by_the_login() {
    let scene = not_logged_in();
    let login = hinted(&scene.run().code(4), "rcr login ");
    scene.log_in(&login, "alice");
    scene.run().success();
    // The password that was changed at the registry since.
    let scene = not_logged_in();
    let entry = serde_json::json!({"auths": {scene.parts.host(): {"auth": "YWxpY2U6b2xk"}}});
    scene.env.write_docker_config(&entry);
    let login = hinted(&scene.run().code(4).stderr_has("is wrong, or no longer valid"), "rcr login ");
    scene.log_in(&login, "alice");
    scene.run().success();
}

#[test]
fn a_restriction_is_mended_by_the_administrator_and_a_missing_right_by_another_account() {
    let scene = forbidden();
    let output = scene.run().code(4);
    output.stderr_has("restricted by the administrator").hint_has("an administrator restricts access");
    scene.parts.1.off("restricted");
    scene.run().success();

    let env = TestEnv::new();
    let users = TokenServer::builder().user("alice", PASSWORD, &[]).user("bob", PASSWORD, &["pull", "push"]);
    let tokens = users.start(env.secrets());
    let registry = Distribution::builder().token(&tokens).start();
    let reference = registry.reference("team/image:v1");
    Skopeo::new().login("bob", PASSWORD).push(&image(2108), &reference);
    let scene = Scene::new(env, ["pull".to_owned(), reference], registry);
    for user in ["alice", "bob"] {
        let login = hinted(&scene.run().code(4), "rcr login ");
        scene.log_in(&login, user);
    }
    scene.run().success();
}

#[test]
fn too_many_requests_are_mended_by_waiting() {
    let scene = too_many_requests();
    let output = scene.run().code(6);
    let flag = hinted(&output, "--max-wait");
    assert_eq!(flag, "--max-wait 2");
    output.hint_has("not logged in");
    let (run, front) = (scene.run_with(&flag).spawn(), &scene.parts.1);
    thread::sleep(Duration::from_secs(1));
    front.off("limit");
    assert!(run.wait().success().elapsed > Duration::from_secs(1));
}

/// The situations for a program: kind, exit code and hint, beside what a person reads.
#[test]
fn the_seven_situations_as_data() {
    let host = "registry.test:";
    let cases = [
        ("plain HTTP", plain_http().any(), "plain_http", 8, None, host),
        ("unknown authority", unknown_authority().any(), "tls_unknown_authority", 8, None, host),
        ("refused", refused().any(), "connection_refused", 5, None, "127.0.0.1:"),
        ("wrong name", wrong_name().any(), "name_not_resolved", 5, None, "registry.invalid"),
        ("wrong name in the certificate", foreign_certificate().any(), "tls_wrong_host", 8, None, host),
        ("not logged in", not_logged_in().any(), "denied", 4, Some(401), "127.0.0.1:"),
        ("forbidden", forbidden().any(), "denied", 4, Some(403), "127.0.0.1:"),
        ("too many requests", too_many_requests().any(), "rate_limited", 6, Some(429), "127.0.0.1:"),
    ];
    for (name, scene, kind, exit, status, registry) in cases {
        let text = scene.run().code(exit);
        let hint = text.stderr.lines().find_map(|line| line.strip_prefix("hint: "));
        let output = scene.run().arg("--format=json").code(exit);
        let error = output.error_json();
        assert_eq!(error["kind"], kind, "{name}\n{output}");
        assert_eq!(error["exit"], exit, "{name}");
        assert_eq!(error["http_status"], serde_json::json!(status), "{name}\n{output}");
        assert!(hint.is_some() && error["hint"].as_str() == hint, "{name}\n{text}{output}");
        assert!(error["registry"].as_str().is_some_and(|host| host.starts_with(registry)), "{name}\n{output}");
        drop(scene.parts);
    }
}

/// A certificate for one name, at a registry that was asked by another.
fn foreign_certificate() -> Scene<(Distribution, Authority)> {
    let scene = https(&["image-registry.test"], "registry.test");
    let (host, _) = renamed(&scene.parts.0.host(), "registry.test");
    let (right, _) = renamed(&scene.parts.0.host(), "image-registry.test");
    scene.env.trust(&host, &scene.parts.1.pem());
    scene.env.trust(&right, &scene.parts.1.pem());
    scene
}
