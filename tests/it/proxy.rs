//! Proxies from the environment: what goes through them, what does not, and who sees their password.

use crate::support::tinyproxy::Tinyproxy;
use crate::support::{Artifact, Authority, Listen, Registry, TestEnv};

/// A registry over HTTPS that only the proxy can resolve, as `registry.test`.
fn behind_a_proxy() -> (TestEnv, Registry, String) {
    let authority = Authority::new("own");
    let leaf = authority.issue(&["registry.test", "127.0.0.1"]);
    let registry = Registry::builder().listen(Listen::tls(leaf.server_config())).start();
    registry.add("image", "v1", &Artifact::image(1700).build());
    let env = TestEnv::new();
    let host = registry.host_as("registry.test");
    env.trust(&host, &authority.pem());
    env.trust(&registry.host(), &authority.pem());
    (env, registry, format!("{host}/image:v1"))
}

#[test]
fn https_is_tunnelled() {
    let (env, registry, reference) = behind_a_proxy();
    let proxy = Tinyproxy::start(&["registry.test"], None);
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY"] {
        registry.forget();
        let store = env.root().join(variable).display().to_string();
        let output = env.rcr(["--store", &store, "pull", &reference]).env(variable, proxy.url()).run();
        assert_eq!(output.exit(), Some(0), "{variable}\n{output}");
        assert!(!registry.lines().is_empty());
    }
    assert!(proxy.log().contains(&format!("CONNECT {}", registry.host_as("registry.test"))), "{}", proxy.log());
}

#[test]
fn plain_http_is_asked_of_the_proxy() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(1701).build());
    let proxy = Tinyproxy::start(&["registry.test"], None);
    let env = TestEnv::new();
    let host = registry.host_as("registry.test");
    env.rcr(["--plain-http", &host, "pull", &format!("{host}/image:v1")]).env("HTTP_PROXY", proxy.url()).success();
    assert!(proxy.log().contains("/v2/image/"), "{}", proxy.log());
}

#[test]
fn loopback_and_exceptions_go_straight() {
    let (env, registry, reference) = behind_a_proxy();
    // Nothing listens at this proxy.
    let nowhere = "http://127.0.0.1:1";
    env.rcr(["--retries", "0", "pull", &registry.reference("image:v1")]).env("HTTPS_PROXY", nowhere).success();
    let straight = registry.resolve("registry.test");
    for exception in ["registry.test", ".test", "*", "other.test, registry.test"] {
        let run = env.rcr([&straight, "--retries=0", "digest", &reference]).env("HTTPS_PROXY", nowhere);
        let output = run.env("NO_PROXY", exception).run();
        assert_eq!(output.exit(), Some(0), "{exception}\n{output}");
    }
    for exception in ["other.test", "egistry.test", "registry.test:1"] {
        let run = env.rcr([&straight, "--retries=0", "digest", &reference]).env("HTTPS_PROXY", nowhere);
        let output = run.env("NO_PROXY", exception).run();
        assert_eq!(output.exit(), Some(5), "{exception}\n{output}");
    }
}

#[test]
fn fault_28_the_password_of_the_proxy_is_the_proxys() {
    let (env, registry, reference) = behind_a_proxy();
    env.secret_login("corp", "s3cr3t-of-corp");
    let proxy = Tinyproxy::start(&["registry.test"], Some(("corp", "s3cr3t-of-corp")));
    env.rcr(["pull", &reference]).env("HTTPS_PROXY", proxy.url()).code(4).stderr_has("proxy");
    assert_eq!(registry.lines(), Vec::<String>::new());
    let good = proxy.url_as("corp", "s3cr3t-of-corp");
    env.rcr(["-v", "pull", &reference]).env("HTTPS_PROXY", good).success();
    registry.assert_told_nothing(env.secrets());
    let output = env.rcr(["-v", "--retries", "0", "pull", &reference]);
    output.env("HTTPS_PROXY", "http://corp:s3cr3t-of-corp@127.0.0.1:1").code(5).stderr_has("proxy");
}
