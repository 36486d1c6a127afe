//! Mistakes of people and of scripts: what is wrong is said before anything is done.

use std::net::TcpListener;

use crate::support::{Artifact, Listen, Registry, Reply, Request, Server, TestEnv};

#[test]
fn a_variable_that_is_set_to_nothing_is_not_set() {
    let env = TestEnv::new();
    let names = [
        "STORE",
        "CONFIG",
        "RETRIES",
        "MAX_WAIT",
        "CONCURRENCY",
        "LIMIT_RATE",
        "DURABILITY",
        "VERIFY_EXISTING",
        "LOCK_TIMEOUT",
        "RESOLVE",
        "PLAIN_HTTP",
        "CACERT",
        "FORMAT",
    ];
    let run = names.iter().fold(env.rcr(["images"]), |run, name| run.env(&format!("RCR_{name}"), ""));
    run.success();
}

#[test]
fn a_mistake_on_the_command_line_is_data_where_data_is_wanted() {
    let env = TestEnv::new();
    for flags in [&["--json", "pul"][..], &["--format", "json", "pull"], &["pull", "--format=json", "--bogus", "x"]] {
        let output = env.rcr(flags).run();
        assert_eq!(output.exit(), Some(2), "{flags:?}\n{output}");
        let error: serde_json::Value = serde_json::from_str(output.stderr.trim()).expect("one object");
        assert_eq!((error["kind"].as_str(), error["exit"].as_u64()), (Some("usage"), Some(2)), "{error}");
    }
    assert!(env.rcr(["pul"]).run().stderr.starts_with("error: "));
}

#[test]
fn a_port_that_is_none_is_a_bad_reference() {
    TestEnv::new().rcr(["pull", "registry.test:99999/image"]).code(2).stderr_has("65535");
}

#[test]
fn a_proxy_that_is_not_there_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let env = TestEnv::new();
    let proxy = format!("http://user:s3cr3t-proxy@{closed}");
    env.secret("s3cr3t-proxy");
    let run = env.rcr(["--retries", "0", "digest", "registry.test/image:v1"]).env("HTTPS_PROXY", &proxy);
    run.code(5).stderr_has(&format!("proxy {closed}")).hint_has("NO_PROXY");
}

#[test]
fn settings_that_name_nothing_are_named_themselves() {
    let env = TestEnv::new();
    env.rcr(["--cacert", "/does/not/exist.pem", "images"]).code(2).stderr_has("--cacert");
    env.write("config/rcr/config.toml", "cacert = ['/does/not/exist.pem']\n");
    env.rcr(["images"]).code(2).stderr_has("cacert: ");
    env.write("config/rcr/config.toml", "store = '~/images'\n");
    env.rcr(["images"]).code(2).stderr_has("store: ").stderr_has("absolute");
}

#[test]
fn an_insecure_registry_is_tried_over_http_where_the_proxy_for_https_is_gone() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(1900).build());
    let env = TestEnv::new();
    let host = registry.host_as("registry.test");
    let flags = [registry.resolve("registry.test"), format!("--insecure-registry={host}"), "--retries=0".to_owned()];
    let run = env.rcr(flags).arg("digest").arg(format!("{host}/image:v1"));
    run.env("HTTPS_PROXY", format!("http://{closed}")).success();
}

#[test]
fn a_proxy_that_refuses_what_is_behind_it_is_not_said_to_be_gone() {
    let proxy = Server::start(Listen::default(), |_: &Request| Reply::status(502));
    let env = TestEnv::new();
    let run = env.rcr(["--retries", "0", "digest", "registry.test/image:v1"]).env("HTTPS_PROXY", proxy.origin());
    let output = run.run();
    assert_eq!(output.exit(), Some(5), "{output}");
    output.stderr_has("did not connect to registry.test");
}
