//! Proxies from the environment and from `config.toml`: what goes through them, what does not, who sees their
//! password, and what is said when one fails.

use std::net::Ipv4Addr;

use crate::support::process::Output;
use crate::support::tinyproxy::Tinyproxy;
use crate::support::{
    Artifact, Authority, End, FaultProxy, Leaf, Listen, Plan, Registry, Reply, Request, Server, Socks, TestEnv,
    TlsFront, Way,
};

/// Nothing listens at this proxy.
const NOWHERE: &str = "http://127.0.0.1:1";

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
fn fault_28_loopback_and_exceptions_go_straight() {
    let (env, registry, reference) = behind_a_proxy();
    env.rcr(["--retries", "0", "pull", &registry.reference("image:v1")]).env("HTTPS_PROXY", NOWHERE).success();
    let straight = registry.resolve("registry.test");
    let with_port = format!("a.test,{}", registry.host_as("registry.test"));
    for exception in ["registry.test", "REGISTRY.test", ".test", "*.test", "*", "other.test, registry.test", &with_port]
    {
        for variable in ["NO_PROXY", "no_proxy"] {
            let run = env.rcr([&straight, "--retries=0", "digest", &reference]).env("HTTPS_PROXY", NOWHERE);
            let output = run.env(variable, exception).run();
            assert_eq!(output.exit(), Some(0), "{variable}={exception}\n{output}");
        }
    }
    for exception in ["other.test", "egistry.test", "registry.test:1", ".registry.test"] {
        let run = env.rcr([&straight, "--retries=0", "digest", &reference]).env("HTTPS_PROXY", NOWHERE);
        let output = run.env("NO_PROXY", exception).run();
        assert_eq!(output.exit(), Some(5), "{exception}\n{output}");
    }
}

#[test]
fn addresses_and_blocks_of_them_are_exceptions_too() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(1702).build());
    let env = TestEnv::new();
    // On Linux this machine, and yet no loopback address.
    let host = registry.host_as("0.0.0.0");
    let reference = format!("{host}/image:v1");
    let cases = [
        ("0.0.0.0/8", 0),
        ("0.0.0.0", 0),
        (host.as_str(), 0),
        ("fe80::/10,0.0.0.0/32", 0),
        ("0.0.0.0:1", 5),
        ("10.0.0.0/8", 5),
        (".0.0", 5),
    ];
    for (exception, code) in cases {
        let run = env.rcr(["--plain-http", &host, "--retries=0", "digest", &reference]).env("http_proxy", NOWHERE);
        let output = run.env("no_proxy", exception).run();
        assert_eq!(output.exit(), Some(code), "{exception}\n{output}");
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

#[test]
fn the_lower_case_variable_counts() {
    let (env, _registry, reference) = behind_a_proxy();
    let proxy = Tinyproxy::start(&["registry.test"], None);
    let run = env.rcr(["digest", &reference]).env("HTTPS_PROXY", NOWHERE).env("https_proxy", proxy.url());
    run.env("ALL_PROXY", NOWHERE).success();
}

#[test]
fn a_proxy_that_wants_a_password_says_so() {
    let (env, registry, reference) = behind_a_proxy();
    env.secret_login("corp", "s3cr3t-of-corp");
    env.secret_login("corp", "wr0ng-of-corp");
    let tiny = Tinyproxy::start(&["registry.test"], Some(("corp", "s3cr3t-of-corp")));
    let socks = Socks::start(&[("registry.test", Ipv4Addr::LOCALHOST)], Some(("corp", "s3cr3t-of-corp")));
    let strict = Server::start(Listen::default(), |_: &Request| Reply::status(407));
    let strict_url = strict.origin().replace("//", "//corp:wr0ng-of-corp@");
    let cases = [
        (tiny.url(), "asks for authentication", "https_proxy: put user and password"),
        (strict_url, "refuses the authentication", "comes from https_proxy"),
        (socks.url(), "asks for authentication", "https_proxy: put user and password"),
        (socks.url_as("corp", "wr0ng-of-corp"), "refuses the authentication", "comes from https_proxy"),
    ];
    for (url, cause, hint) in cases {
        env.rcr(["digest", &reference]).env("https_proxy", &url).code(4).stderr_has(cause).hint_has(hint);
    }
    // tinyproxy does not say 407 here.
    let wrong = env.rcr(["--retries=0", "digest", &reference]).env("https_proxy", tiny.url_as("corp", "wr0ng-of-corp"));
    wrong.code(5).stderr_has("or does not accept the user and password").hint_has("comes from https_proxy");
    assert_eq!(registry.lines(), Vec::<String>::new());
    // Of plain HTTP, the proxy answers in the registry's place.
    let plain = Registry::start();
    let host = plain.host_as("registry.test");
    let run = env.rcr(["--plain-http", &host, "digest", &format!("{host}/image:v1")]).env("http_proxy", tiny.url());
    run.code(4).hint_has("http_proxy: put user and password");
    assert_eq!(plain.lines(), Vec::<String>::new());
}

#[test]
fn socks_with_and_without_a_password() {
    for login in [None, Some(("corp", "s3cr3t-of-corp"))] {
        let (env, registry, reference) = behind_a_proxy();
        env.secret_login("corp", "s3cr3t-of-corp");
        let plain = Registry::start();
        plain.add("image", "v1", &Artifact::image(1703).build());
        let socks = Socks::start(&[("registry.test", Ipv4Addr::LOCALHOST)], login);
        let url = login.map_or_else(|| socks.url(), |(user, password)| socks.url_as(user, password));

        env.rcr(["pull", &reference]).env("ALL_PROXY", &url).success();
        let host = plain.host_as("registry.test");
        let flags = ["--plain-http", &host, "pull", &format!("{host}/image:v1")];
        env.rcr(flags).env("ALL_PROXY", &url).success();
        let secure = registry.host_as("registry.test");
        assert!(socks.targets().iter().all(|target| *target == secure || *target == host), "{:?}", socks.targets());

        // Without the `h` names are resolved here, where the user may say what they are.
        let local = url.replace("socks5h", "socks5");
        let named = socks.targets().len();
        for (args, own) in [(&["digest", &reference][..], &registry), (&flags, &plain)] {
            env.rcr([own.resolve("registry.test")]).args(args).env("all_proxy", &local).success();
            assert_eq!(socks.targets().last(), Some(&own.host()));
        }
        assert!(socks.targets()[named..].iter().all(|target| target.starts_with("127.0.0.1:")));
        registry.assert_told_nothing(env.secrets());
        plain.assert_told_nothing(env.secrets());
    }
}

#[test]
fn the_registrys_password_is_not_the_proxys() {
    let authority = Authority::new("own");
    let leaf = authority.issue(&["registry.test"]);
    let basic = "Basic YWxpY2U6czNjcjN0LWFsaWNl";
    let listen = Listen::tls(leaf.server_config());
    let registry = Registry::builder().listen(listen).wants(&[basic], "Basic realm=\"r\"").start();
    registry.add("image", "v1", &Artifact::image(1704).build());
    let env = TestEnv::new();
    env.secret_login("alice", "s3cr3t-alice");
    let host = registry.host_as("registry.test");
    env.trust(&host, &authority.pem());
    env.write_docker_config(&serde_json::json!({"auths": {&host: {"auth": "YWxpY2U6czNjcjN0LWFsaWNl"}}}));
    let reference = format!("{host}/image:v1");
    let proxy = Tinyproxy::start(&["registry.test"], None);
    env.rcr(["pull", &reference]).env("HTTPS_PROXY", proxy.url()).success();
    assert_eq!(env.secrets().found_in(proxy.log().as_bytes()), None);
    // One that writes down every header, and lets nobody through.
    let refusing = Server::start(Listen::default(), |_: &Request| Reply::status(403));
    let output = env.rcr(["--retries=0", "pull", &reference]).env("HTTPS_PROXY", refusing.origin()).run();
    output.code(5).stderr_has("did not connect to registry.test").hint_has("comes from HTTPS_PROXY");
    assert_eq!(refusing.lines().len(), 1);
    refusing.assert_told_nothing(env.secrets());
}

#[test]
fn who_is_to_blame_is_said_with_where_it_is_set() {
    let (env, registry, reference) = behind_a_proxy();
    let host = registry.host_as("registry.test");
    let digest = ["--retries=0", "digest", &reference];
    let gone = |variable: &str| {
        let output = env.rcr(digest).env(variable, NOWHERE).code(5);
        told(&output.stderr_has("cannot connect to the proxy 127.0.0.1:1 on the way to registry.test"))
    };
    let hint = |origin: &str| {
        format!("hint: the proxy 127.0.0.1:1 comes from {origin}: check it, or list `registry.test` in NO_PROXY")
    };
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        assert_eq!(gone(variable), hint(variable));
    }
    let no_name = env.rcr(digest).env("https_proxy", "http://proxy.invalid:3128").code(5);
    no_name.stderr_has("proxy proxy.invalid:3128 on the way").hint_has("comes from https_proxy");
    let dead = env.rcr(digest).env("https_proxy", "socks5h://127.0.0.1:1").code(5);
    dead.stderr_has("cannot connect to the proxy 127.0.0.1:1").hint_has("comes from https_proxy");

    let file = env.write("config/rcr/config.toml", format!("retries = 0\n[proxies]\n\"{host}\" = \"{NOWHERE}\"\n"));
    let output = env.rcr(digest).code(5);
    let line = format!("hint: the proxy 127.0.0.1:1 comes from {}:3: ", file.display());
    assert_eq!(told(&output), format!("{line}check it, or write `\"{host}\" = \"direct\"` there"));
    // The hint, taken at its word.
    env.write("config/rcr/config.toml", format!("retries = 0\n[proxies]\n\"{host}\" = \"direct\"\n"));
    env.rcr([&registry.resolve("registry.test"), "digest", &reference]).env("https_proxy", NOWHERE).success();
}

#[test]
fn a_host_has_a_proxy_of_its_own() {
    let (env, registry, reference) = behind_a_proxy();
    let host = registry.host_as("registry.test");
    let proxy = Tinyproxy::start(&["registry.test"], None);
    let url = proxy.url();
    let own = |table: &str| env.write("config/rcr/config.toml", format!("[proxies]\n{table}\n"));
    own(&format!("\"{host}\" = \"{url}\"\n\"127.0.0.1\" = \"{NOWHERE}\"\n\"{}\" = \"{NOWHERE}\"", registry.host()));
    env.rcr(["pull", &reference]).env("https_proxy", NOWHERE).env("no_proxy", "*").success();
    assert!(proxy.log().contains(&format!("CONNECT {host}")), "{}", proxy.log());
    env.rcr(["pull", &registry.reference("image:v1")]).success();
    // Another port is another host.
    own(&format!("\"registry.test\" = \"{NOWHERE}\""));
    env.rcr(["--retries=0", "digest", &reference]).env("https_proxy", &url).success();
    env.secret("s3cr3t-in-url");
    let file = own(&format!("\"{host}\" = \"ftp://u:s3cr3t-in-url@proxy.test\""));
    env.may_hold_secrets(&file);
    env.rcr(["digest", &reference]).code(2).stderr_has("config.toml:2: expected the URL of a proxy");
}

/// An `https://` proxy at 127.0.0.1 with a certificate of an authority of its own.
fn secure_proxy(env: &TestEnv) -> (Tinyproxy, TlsFront, String) {
    let authority = Authority::new("of the proxy");
    let tiny = Tinyproxy::start(&["registry.test"], None);
    let front = TlsFront::start(&authority.issue(&["127.0.0.1"]), tiny.address());
    let file = env.write("proxy-ca.pem", authority.pem());
    (tiny, front, format!("--cacert={}", file.display()))
}

#[test]
fn an_https_proxy_is_trusted_by_what_is_said_for_all() {
    let (env, registry, reference) = behind_a_proxy();
    let (_tiny, front, cacert) = secure_proxy(&env);
    env.rcr([&cacert, "pull", &reference]).env("https_proxy", front.url()).success();
    assert!(front.handshakes() > 0 && !registry.lines().is_empty());
    let plain = Registry::start();
    plain.add("image", "v1", &Artifact::image(1705).build());
    let host = plain.host_as("registry.test");
    let pull = ["--plain-http", &host, "pull", &format!("{host}/image:v1")];
    env.rcr([&cacert]).args(pull).env("http_proxy", front.url()).success();
    let untrusted = env.rcr(pull).env("http_proxy", front.url()).code(8);
    untrusted.stderr_has("cannot trust the proxy 127.0.0.1:").hint_has("comes from http_proxy");
}

#[test]
fn what_a_registry_is_trusted_with_is_not_its_proxys() {
    let (env, registry, reference) = behind_a_proxy();
    let (tiny, front, cacert) = secure_proxy(&env);
    let host = registry.host_as("registry.test");
    let refused = |flags: &[&str], url: &str, words: &str| {
        let output = env.rcr(flags).args(["digest", &reference]).env("https_proxy", url).code(8);
        output.stderr_has(words).hint_has("comes from https_proxy");
        assert_eq!(registry.lines(), Vec::<String>::new(), "{flags:?}");
    };
    let unknown = "cannot trust the proxy 127.0.0.1:";
    refused(&[], &front.url(), unknown);
    refused(&["--tls-skip-verify", &host], &front.url(), unknown);
    refused(&["--insecure-registry", &host], &front.url(), unknown);
    env.write(
        format!("system/etc/docker/certs.d/{host}/proxy.crt"),
        std::fs::read(env.root().join("proxy-ca.pem")).unwrap(),
    );
    refused(&[], &front.url(), unknown);
    let plain = Server::start(Listen::default(), |_: &Request| Reply::status(400));
    refused(&[&cacert], &plain.origin().replace("http:", "https:"), "it does not speak TLS");
    assert_eq!(front.handshakes(), 0);

    let client = Leaf::self_signed(&["client"]);
    env.write(format!("system/etc/docker/certs.d/{host}/client.cert"), &client.certificate_pem);
    env.write(format!("system/etc/docker/certs.d/{host}/client.key"), client.key_pem());
    refused(&[&cacert], &front.url(), "could ask for the client certificate");
    assert_eq!(front.handshakes(), 0);
    // The hint, taken at its word.
    env.rcr(["digest", &reference]).env("https_proxy", tiny.url()).success();
}

#[test]
fn a_trusted_proxy_vouches_for_no_registry() {
    let registry =
        Registry::builder().listen(Listen::tls(Leaf::self_signed(&["registry.test"]).server_config())).start();
    registry.add("image", "v1", &Artifact::image(1706).build());
    let env = TestEnv::new();
    let (_tiny, front, cacert) = secure_proxy(&env);
    let host = registry.host_as("registry.test");
    let digest = ["digest", &format!("{host}/image:v1")];
    env.rcr([&cacert]).args(digest).env("https_proxy", front.url()).code(8).stderr_has("cannot trust registry.test");
    let lax = env.rcr([&cacert, "--tls-skip-verify", &host]).args(digest).env("https_proxy", front.url());
    lax.success();
}

/// The hint.
fn told(output: &Output) -> String {
    output.stderr.lines().filter(|line| line.starts_with("hint: ")).collect()
}

#[test]
fn fault_28_a_proxy_that_refuses_or_breaks_off_is_exit_5_and_named() {
    let (env, registry, reference) = behind_a_proxy();
    for status in [403, 500, 502, 503] {
        let proxy = Server::start(Listen::default(), move |_: &Request| Reply::status(status));
        let output = env.rcr(["--retries", "0", "pull", &reference]).env("HTTPS_PROXY", proxy.origin()).run();
        assert_eq!(output.exit(), Some(5), "{status}\n{output}");
        output.stdout_is("").stderr_has("proxy").stderr_has("registry.test");
        assert!(proxy.log().iter().all(|request| request.method == "CONNECT"), "{proxy:?}");
    }
    assert_eq!(registry.lines(), Vec::<String>::new());

    // In the middle of what comes through it, once and always.
    let tiny = Tinyproxy::start(&["registry.test"], None);
    let cut = Plan::clean().down(Way::clean().limit_data(2500, End::Rst));
    let always = FaultProxy::each(tiny.address().to_string(), cut.clone());
    env.set("RCR_TEST_HASTE", "20");
    let pull = |flags: &[&str], proxy: &FaultProxy| {
        env.rcr(flags).args(["pull", &reference]).env("HTTPS_PROXY", format!("http://{}", proxy.host())).run()
    };
    pull(&["--retries", "1"], &always).code(5).stdout_is("");
    assert_eq!(env.references(), Vec::<String>::new());
    pull(&[], &FaultProxy::first(tiny.address().to_string(), cut)).success();
    env.store_verify();
}
