//! Whom a connection is with: certificates that are trusted, those that are not, and peers that speak plain HTTP.

use crate::support::{Artifact, Authority, Distribution, Leaf, Listen, Registry, Server, TestEnv};

/// A registry over HTTPS with this certificate, and an image in it.
fn registry(leaf: &Leaf) -> Registry {
    let registry = Registry::builder().listen(Listen::tls(leaf.server_config())).start();
    registry.add("image", "v1", &Artifact::image(1200).build());
    registry
}

/// The arguments that pull from `server` under a name.
fn pull(server: &Server, name: &str) -> [String; 3] {
    [server.resolve(name), "pull".to_owned(), format!("{}/image:v1", server.host_as(name))]
}

#[test]
fn an_authority_in_the_directory_of_the_host_is_trusted() {
    let authority = Authority::new("own");
    let registry = registry(&authority.issue(&["registry.test"]));
    let host = registry.host_as("registry.test");
    for directory in ["system/etc/docker/certs.d", "system/etc/containers/certs.d", "config/containers/certs.d"] {
        let env = TestEnv::new();
        env.write(format!("{directory}/{host}/ca.crt"), authority.pem());
        let output = env.rcr(pull(&registry, "registry.test")).run();
        assert_eq!(output.exit(), Some(0), "{directory}\n{output}");
    }
}

#[test]
fn an_authority_can_be_named_by_a_flag() {
    let authority = Authority::new("own");
    let registry = registry(&authority.issue(&["registry.test"]));
    let env = TestEnv::new();
    let ca = env.write("ca.crt", authority.pem());
    env.rcr(["--cacert".as_ref(), ca.as_os_str()]).args(pull(&registry, "registry.test")).success();
    let directory = env.write("certs/ca.crt", authority.pem()).parent().unwrap().to_owned();
    let store = env.root().join("other-store");
    let flags = ["--store".as_ref(), store.as_os_str(), "--cert-dir".as_ref(), directory.as_os_str()];
    env.rcr(flags).args(pull(&registry, "registry.test")).success();
    env.rcr(pull(&registry, "registry.test")).env("SSL_CERT_FILE", ca).success();
}

#[test]
fn a_self_signed_certificate_may_be_its_own_authority() {
    for leaf in [Leaf::self_signed(&["registry.test"]), Leaf::self_signed_authority(&["registry.test"])] {
        let registry = registry(&leaf);
        let env = TestEnv::new();
        let ca = env.write("ca.crt", &leaf.certificate_pem);
        env.rcr(["--cacert".as_ref(), ca.as_os_str()]).args(pull(&registry, "registry.test")).success();
    }
    // Not by another name, and not for another certificate of the same name.
    let (leaf, other) =
        (Leaf::self_signed_authority(&["registry.test"]), Leaf::self_signed_authority(&["registry.test"]));
    let registry = registry(&leaf);
    let env = TestEnv::new();
    let (own, foreign) =
        (env.write("own.crt", &leaf.certificate_pem), env.write("foreign.crt", &other.certificate_pem));
    env.rcr(["--cacert".as_ref(), own.as_os_str()]).args(pull(&registry, "other.test")).code(8);
    let output = env.rcr(["--cacert".as_ref(), foreign.as_os_str()]).args(pull(&registry, "registry.test")).run();
    assert_eq!(output.exit(), Some(8), "{output}");
    assert_eq!(registry.lines(), Vec::<String>::new());
}

#[test]
fn the_authority_of_one_host_is_not_that_of_another() {
    let authority = Authority::new("own");
    let registry = registry(&authority.issue(&["registry.test"]));
    let env = TestEnv::new();
    env.trust(&format!("registry.test:{}", registry.port() ^ 1), &authority.pem());
    env.trust("registry.test", &authority.pem());
    env.rcr(pull(&registry, "registry.test")).code(8);
    assert_eq!(registry.lines(), Vec::<String>::new());
}

#[test]
fn fault_25_an_unknown_authority_is_exit_8_and_says_where_it_belongs() {
    let authority = Authority::new("own");
    let cases = [
        ("unknown authority", authority.issue(&["registry.test"])),
        ("self-signed", Leaf::self_signed(&["registry.test"])),
        ("self-signed authority", Leaf::self_signed_authority(&["registry.test"])),
    ];
    for (name, leaf) in cases {
        let registry = registry(&leaf);
        let host = registry.host_as("registry.test");
        let output = TestEnv::new().rcr(pull(&registry, "registry.test")).run();
        assert_eq!(output.exit(), Some(8), "{name}\n{output}");
        assert!(output.elapsed.as_secs() < 3, "no retries: {output}");
        output.stdout_is("").hint_has(&format!("certs.d/{host}/ca.crt"));
        assert_eq!(registry.lines(), Vec::<String>::new(), "no request, and none over plain HTTP");
    }
}

#[test]
fn fault_25_expired_and_foreign_certificates_are_exit_8_and_say_so() {
    let authority = Authority::new("own");
    let cases = [
        ("expired", authority.issue_expired(&["registry.test"]), "expired"),
        ("of another host", authority.issue(&["other.test"]), "registry.test"),
    ];
    for (name, leaf, word) in cases {
        let (env, registry) = (TestEnv::new(), registry(&leaf));
        env.trust(&registry.host_as("registry.test"), &authority.pem());
        let output = env.rcr(pull(&registry, "registry.test")).run();
        assert_eq!(output.exit(), Some(8), "{name}\n{output}");
        output.stderr_has(word);
        assert_eq!(registry.lines(), Vec::<String>::new());
    }
}

#[test]
fn on_loopback_too_a_bad_certificate_is_exit_8() {
    for name in ["127.0.0.1", "localhost"] {
        let registry = registry(&Leaf::self_signed(&[name]));
        TestEnv::new().rcr(["pull", &format!("{}/image:v1", registry.host_as(name))]).code(8);
        assert_eq!(registry.lines(), Vec::<String>::new());
    }
}

#[test]
fn verification_can_be_switched_off_for_one_host() {
    let registry = registry(&Leaf::self_signed(&["other.test"]));
    let host = registry.host_as("registry.test");
    for flag in [
        format!("--tls-skip-verify={host}"),
        format!("--insecure-registry={host}"),
        "--insecure-registry=127.0.0.0/8".into(),
    ] {
        let output = TestEnv::new().rcr([&flag]).args(pull(&registry, "registry.test")).run();
        assert_eq!(output.exit(), Some(0), "{flag}\n{output}");
    }
    for flag in ["--tls-skip-verify=other.test", "--insecure-registry=registry.test:1"] {
        let output = TestEnv::new().rcr([flag]).args(pull(&registry, "registry.test")).run();
        assert_eq!(output.exit(), Some(8), "{flag}\n{output}");
    }
}

#[test]
fn fault_27_plain_http_is_spoken_only_where_that_was_said() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(1201).build());
    let host = registry.host_as("registry.test");
    let output = TestEnv::new().rcr(pull(&registry, "registry.test")).code(8);
    output.stderr_has("plain HTTP").hint_has(&format!("--insecure-registry {host}"));
    assert_eq!(registry.lines(), Vec::<String>::new(), "no request without TLS");
    // Verification switched off is still HTTPS.
    TestEnv::new().rcr([format!("--tls-skip-verify={host}")]).args(pull(&registry, "registry.test")).code(8);
    assert_eq!(registry.lines(), Vec::<String>::new());

    for flag in [format!("--plain-http={host}"), format!("--insecure-registry={host}")] {
        let output = TestEnv::new().rcr([&flag]).args(pull(&registry, "registry.test")).run();
        assert_eq!(output.exit(), Some(0), "{flag}\n{output}");
    }
}

#[test]
fn hosts_add_up_from_before_the_command_after_it_and_the_environment() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(1201).build());
    let host = registry.host_as("registry.test");
    let (this, other) = (format!("--insecure-registry={host}"), "--insecure-registry=other.test".to_owned());
    for (before, after) in [(&this, &other), (&other, &this)] {
        TestEnv::new().rcr([before]).args(pull(&registry, "registry.test")).arg(after).success();
    }
    for (variable, flag) in
        [("RCR_INSECURE_REGISTRY", "--insecure-registry=other.test"), ("RCR_PLAIN_HTTP", "--plain-http=other.test")]
    {
        let env = TestEnv::new();
        env.set(variable, format!("another.test,{host}"));
        env.rcr(pull(&registry, "registry.test")).arg(flag).success();
    }
}

#[test]
fn docker_says_which_registries_are_insecure() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(1202).build());
    let env = TestEnv::new();
    let insecure = serde_json::json!({"insecure-registries": [registry.host_as("registry.test")]});
    env.write("system/etc/docker/daemon.json", insecure.to_string());
    env.rcr(pull(&registry, "registry.test")).success();

    env.write("system/etc/docker/daemon.json", "{\n\"insecure-registries\": [\n}");
    env.rcr(pull(&registry, "registry.test")).code(2).stderr_has("daemon.json:3");
}

#[test]
fn loopback_may_be_plain_http_by_its_name_alone() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(1203).build());
    for name in ["127.0.0.1", "localhost"] {
        TestEnv::new().rcr(["pull", &format!("{}/image:v1", registry.host_as(name))]).success();
    }
}

#[test]
fn fault_25_a_certificate_file_that_is_none_is_named() {
    let authority = Authority::new("own");
    let registry = registry(&authority.issue(&["registry.test"]));
    let env = TestEnv::new();
    env.trust(&registry.host_as("registry.test"), "not a certificate");
    let output = env.rcr(pull(&registry, "registry.test")).run();
    assert!(matches!(output.exit(), Some(2 | 8)), "{output}");
    output.stderr_has("ca.crt");
}

#[test]
fn distribution_over_https_is_read_through_certs_d() {
    let authority = Authority::new("own");
    let registry = Distribution::builder().tls(&authority.issue(&["127.0.0.1"])).start();
    let image = Artifact::image(1204).build();
    let reference = registry.reference("tls/image:v1");
    crate::support::skopeo::Skopeo::new().push(&image, &reference);
    let env = TestEnv::new();
    env.rcr(["pull", &reference]).code(8);
    env.trust(&registry.host(), &authority.pem());
    env.rcr(["pull", &reference]).success();
    assert_eq!(env.blobs(), image.hexes());
}
