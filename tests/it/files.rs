//! The settings files that users already have: where they lead a pull, and what is said of one that is broken.

use std::fs;

use crate::support::{Artifact, Registry, TestEnv};

/// A registry over plain HTTP on 127.0.0.1 that has this image.
fn mirror(repository: &str) -> Registry {
    let registry = Registry::start();
    registry.add(repository, "v1", &Artifact::image(900).build());
    registry
}

/// What the registry was asked, as `GET /v2/...`.
fn asked(registry: &Registry, start: &str) -> bool {
    registry.lines().iter().any(|line| line.starts_with(start))
}

#[test]
fn docker_io_is_read_from_the_mirror_of_every_source() {
    let registry = mirror("library/image");
    let url = registry.origin();
    let sources = [
        ("config/rcr/config.toml", format!("registry-mirrors = ['{url}']\n")),
        ("config/rcr/config.toml", format!("[[mirror]]\nprefix = 'docker.io'\nurl = '{url}'\n")),
        ("config/docker/daemon.json", format!("{{\"registry-mirrors\": [\"{url}\"]}}")),
        ("system/etc/docker/daemon.json", format!("{{\"registry-mirrors\": [\"{url}\"], \"debug\": true}}")),
    ];
    for (file, text) in sources {
        let env = TestEnv::new();
        env.write(file, text);
        env.rcr(["pull", "image:v1"]).success();
    }
    TestEnv::new().rcr(["--registry-mirror", &registry.origin(), "pull", "image:v1"]).success();
    TestEnv::new().rcr(["pull", "image:v1"]).env("RCR_REGISTRY_MIRROR", registry.origin()).success();
}

#[test]
fn the_highest_source_of_mirrors_replaces_the_others() {
    let (flag, user, system) = (mirror("library/image"), mirror("library/image"), mirror("library/image"));
    let env = TestEnv::new();
    let daemon = |url: &str| format!("{{\"registry-mirrors\": [\"{url}\"]}}");
    env.write("system/etc/docker/daemon.json", daemon(&system.origin()));
    env.rcr(["digest", "image:v1"]).success();
    env.write("config/docker/daemon.json", daemon(&user.origin()));
    env.rcr(["digest", "image:v1"]).success();
    env.rcr(["--registry-mirror", &flag.origin(), "digest", "image:v1"]).success();
    for (name, registry) in [("flag", &flag), ("user", &user), ("system", &system)] {
        let manifests = registry.lines().iter().filter(|line| line.contains("/manifests/v1")).count();
        assert_eq!(manifests, 1, "{name}: {:?}", registry.lines());
    }
}

#[test]
fn a_mirror_of_our_own_file_has_its_prefix_its_path_and_its_headers() {
    let registry = mirror("team/image");
    let env = TestEnv::new();
    env.secret("s3cr3t-header");
    let file = env.write(
        "config/rcr/config.toml",
        format!(
            "[[mirror]]\nprefix = '*.test'\nurl = '{}'\nheader = {{ x-key = 's3cr3t-header' }}\n",
            registry.origin()
        ),
    );
    env.may_hold_secrets(&file);
    env.rcr(["pull", "r.test/team/image:v1"]).success();
    let log = registry.log();
    let manifest = log.iter().find(|request| request.line().contains("/manifests/")).expect("a request");
    assert_eq!(manifest.header("x-key"), Some("s3cr3t-header"));
    assert_eq!(manifest.parameter("ns").as_deref(), Some("r.test"));
}

#[test]
fn registries_conf_leads_to_mirrors_and_other_locations() {
    let registry = mirror("team/image");
    let host = registry.host();
    let cases = [
        (
            "system/etc/containers/registries.conf",
            format!("[[registry]]\nlocation = 'r.test'\n[[registry.mirror]]\nlocation = '{host}'\ninsecure = true\n"),
        ),
        (
            "config/containers/registries.conf",
            format!("[[registry]]\nprefix = 'r.test'\nlocation = '{host}'\ninsecure = true\n"),
        ),
        (
            "system/etc/containers/registries.conf.d/10.conf",
            format!("[[registry]]\nprefix = '*.test'\nlocation = '{host}'\ninsecure = true\n"),
        ),
        (
            "config/containers/registries.conf.d/10.conf",
            format!("[[registry]]\nprefix = 'r.test/team'\nlocation = '{host}/team'\ninsecure = true\n"),
        ),
    ];
    for (file, text) in cases {
        let env = TestEnv::new();
        env.write(file, text);
        env.rcr(["pull", "r.test/team/image:v1"]).success();
    }
    let env = TestEnv::new();
    let named = env.write("own.conf", format!("[[registry]]\nprefix = 'r.test'\nlocation = '{host}'\n"));
    env.rcr(["pull", "r.test/team/image:v1"]).env("CONTAINERS_REGISTRIES_CONF", named).success();
}

#[test]
fn a_blocked_registry_is_not_asked() {
    let registry = mirror("team/image");
    let env = TestEnv::new();
    let host = registry.host();
    env.write(
        "system/etc/containers/registries.conf",
        format!("\n[[registry]]\nlocation = '{host}'\nblocked = true\n"),
    );
    for verb in ["pull", "digest"] {
        let output = env.rcr([verb, &format!("{host}/team/image:v1")]).code(8);
        output.stderr_has("registries.conf:2").stderr_has("blocked");
    }
    assert!(registry.log().is_empty());
    env.write("system/etc/containers/registries.conf", format!("[registries.block]\nregistries = ['{host}']\n"));
    env.rcr(["pull", &format!("{host}/team/image:v1")]).code(8).stderr_has("registries.conf:2");
}

#[test]
fn hosts_toml_leads_to_its_hosts() {
    let registry = mirror("team/image");
    let url = registry.origin();
    let roots = [
        "config/containerd/certs.d/r.test",
        "system/etc/containerd/certs.d/r.test",
        "system/etc/containerd/certs.d/_default",
        "config/docker/certs.d/r.test",
        "system/etc/docker/certs.d/r.test",
    ];
    for root in roots {
        let env = TestEnv::new();
        env.write(format!("{root}/hosts.toml"), format!("server = 'https://r.test'\n[host.'{url}']\n"));
        env.rcr(["pull", "r.test/team/image:v1"]).success();
        let log = registry.log();
        assert!(log.iter().all(|request| request.parameter("ns").as_deref() == Some("r.test")), "{root}");
        registry.forget();
    }
    let env = TestEnv::new();
    env.write("system/etc/containerd/certs.d/r.test/hosts.toml", format!("server = '{url}'\n"));
    env.rcr(["digest", "r.test/team/image:v1"]).success();
    assert!(
        asked(&registry, "HEAD /v2/team/image/manifests/v1") || asked(&registry, "GET /v2/team/image/manifests/v1")
    );
}

#[test]
fn fault_101_a_broken_file_is_named_with_its_line() {
    let cases = [
        ("config/rcr/config.toml", "\n[[mirror]]\nprefix = 'r.test'\nurl = 'r.test'\n", ":4: \"r.test\" is not"),
        (
            "config/rcr/config.toml",
            "[[mirror]]\nprefix = 'r.test'\nurl = 'https://m.test'\ncapabilities = ['push']\n",
            ":4: ",
        ),
        ("config/rcr/config.toml", "registry-mirrors = ['m.test']\n", ":1: \"m.test\" is not a URL"),
        ("config/rcr/config.toml", "short-name-mode = 'strict'\n", ":1: short-name-mode: "),
        ("config/rcr/config.toml", "retries = 1\nretries = 2\n", ":2: "),
        ("config/rcr/short-names.toml", "[aliases]\nx = 'y'\n", ":2: \"y\" is no full name"),
        ("config/docker/daemon.json", "{\n\"registry-mirrors\": [\"https://a.test\",\n\"b.test\"]}", ":3: \"b.test\""),
        ("config/docker/daemon.json", "{\"registry-mirrors\": [],\n\"registry-mirrors\": []}", ":2: duplicate"),
        ("system/etc/docker/daemon.json", "{\n\"registry-mirrors\": [\n5]}", ":3: "),
        ("system/etc/docker/daemon.json", "{\n\"registry-mirrors\": [\n\"https://a.test?x\"]}", ":3: a URL here"),
        ("config/containers/registries.conf", "\n[[registry]]\n", ":2: [[registry]]: expected"),
        ("system/etc/containers/registries.conf", "unqualified-search-registries = 'a'\n", ":1: unqualified"),
        ("system/etc/containers/registries.conf.d/x.conf", "[[registry]]\nlocation = 5\n", ":2: location: expected"),
        ("cache/containers/short-name-aliases.conf", "aliases = 5\n", ":1: aliases: expected a table"),
        ("config/containerd/certs.d/r.test/hosts.toml", "\nserver = 5\n", ":2: server: expected a string"),
        ("system/etc/containerd/certs.d/_default/hosts.toml", "[host]\n'ftp://x' = {}\n", ":2: "),
        ("system/etc/docker/certs.d/r.test/hosts.toml", "ca = 'missing'\n", ":1: cannot read"),
    ];
    for (file, text, message) in cases {
        let env = TestEnv::new();
        env.write(file, text);
        let name = file.rsplit('/').next().unwrap();
        refused(&env, &[&format!("{name}{message}")]);
    }
    for (file, ..) in cases {
        let name = file.rsplit('/').next().unwrap();
        let env = TestEnv::new();
        env.write(file, b"# \xc3\xa9\n\n# \xff\n");
        refused(&env, &[&format!("{name}:3: it is not UTF-8")]);
        let env = TestEnv::new();
        env.write(file, vec![b' '; (1 << 20) + 1]);
        refused(&env, &[&format!("{name}:1: a settings file has at most")]);
        let env = TestEnv::new();
        let pipe = env.write(file, "");
        fs::remove_file(&pipe).unwrap();
        env.program("mkfifo", [&pipe]).success();
        refused(&env, &[&format!("cannot read {}", pipe.display()), "it is a pipe"]);
        let env = TestEnv::new();
        fs::create_dir_all(env.root().join(file)).unwrap();
        // A directory among the drop-ins is none of them.
        if !file.contains("conf.d") {
            refused(&env, &["cannot read ", name]);
        }
    }
}

/// A command that looks at every file, and should not get further.
fn refused(env: &TestEnv, texts: &[&str]) {
    let output = env.rcr(["--retries=0", "digest", "r.test/image:v1"]).code(2);
    texts.iter().fold(output, |output, text| output.stderr_has(text));
}

#[test]
fn mirrors_on_the_command_line_are_urls() {
    let env = TestEnv::new();
    for bad in ["m.test", "ftp://m.test", "https://u:p4ss@m.test", "https://m.test/?x", "https://m.test/#x"] {
        let output = env.rcr(["--registry-mirror", bad, "images"]).code(2);
        output.stderr_has("--registry-mirror").stderr_lacks("p4ss");
    }
    env.rcr(["images"]).env("RCR_REGISTRY_MIRROR", "m.test").code(2).stderr_has("RCR_REGISTRY_MIRROR");
    env.rcr(["--add-registry", "a/b", "images"]).code(2).stderr_has("--add-registry");
}
