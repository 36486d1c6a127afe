//! What a person reads in the situations that every user meets, word for word: what was attempted, why it failed, and
//! a command that helps. A change of wording shows here, and is written down here by hand.

use std::io::Read as _;
use std::net::TcpListener;

use insta::assert_snapshot;
use rcr::store;

use crate::support::port::Port;
use crate::support::process::Output;
use crate::support::{Artifact, Authority, Leaf, Listen, Registry, Reply, TestEnv, TokenServer};

/// Standard error and the exit code, without what differs from run to run.
fn said(env: &TestEnv, port: u16, output: &Output) -> String {
    let text = output.stderr.replace(&format!(":{port}"), ":PORT");
    let text = text.replace(&env.root().display().to_string(), "ROOT");
    format!("{text}exit {}", output.exit().unwrap_or(-1))
}

/// What a pull of `team/image:v1` says, from a registry called `registry.test`.
fn pulled(env: &TestEnv, registry: &Registry, flags: &[&str]) -> String {
    let reference = format!("{}/team/image:v1", registry.host_as("registry.test"));
    let run = env.rcr([registry.resolve("registry.test").as_str(), "--retries", "0", "--progress", "none"]);
    said(env, registry.port(), &run.args(flags).args(["pull", &reference]).run())
}

/// The same over plain HTTP, which the user allows.
fn pulled_over_http(env: &TestEnv, registry: &Registry) -> String {
    pulled(env, registry, &["--plain-http", &registry.host_as("registry.test")])
}

fn answering(reply: &Reply) -> Registry {
    let reply = reply.clone();
    Registry::builder().before(move |request| (request.path != "/v2/").then(|| reply.clone())).start()
}

#[test]
fn nobody_listens() {
    let env = TestEnv::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let output = env.rcr(["--retries", "0", "pull", &format!("127.0.0.1:{port}/team/image:v1")]).run();
    assert_snapshot!(said(&env, port, &output), @r"
    v1: Pulling from team/image
    error: cannot pull `127.0.0.1:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: cannot connect to 127.0.0.1:PORT: connection refused
    hint: start the registry at 127.0.0.1:PORT on this machine, and run the same command again
    exit 5
    ");
}

#[test]
fn http_where_https_was_asked() {
    assert_snapshot!(pulled(&TestEnv::new(), &Registry::start(), &[]), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: registry.test:PORT speaks plain HTTP, and rcr was asked for HTTPS
    hint: if this registry is meant to be HTTP, run with `--insecure-registry registry.test:PORT`, or add it to `insecure-registries` in /etc/docker/daemon.json
    exit 8
    ");
}

#[test]
fn an_authority_that_nobody_knows() {
    let leaf = Authority::new("own").issue(&["registry.test"]);
    let registry = Registry::builder().listen(Listen::tls(leaf.server_config())).start();
    assert_snapshot!(pulled(&TestEnv::new(), &registry, &[]), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: cannot trust registry.test:PORT: its certificate is signed by an unknown authority, `CN=own`
    hint: if you trust this registry, put its authority's certificate at `ROOT/system/etc/docker/certs.d/registry.test:PORT/ca.crt`, or run the same command with `--cacert FILE`
    exit 8
    ");
}

/// A registry with this certificate, whose authority is trusted.
fn trusted(authority: &Authority, leaf: &Leaf) -> (TestEnv, Registry) {
    let (env, registry) = (TestEnv::new(), Registry::builder().listen(Listen::tls(leaf.server_config())).start());
    env.trust(&registry.host_as("registry.test"), &authority.pem());
    (env, registry)
}

#[test]
fn a_certificate_that_has_expired() {
    let authority = Authority::new("own");
    let (env, registry) = trusted(&authority, &authority.issue_expired(&["registry.test"]));
    assert_snapshot!(pulled(&env, &registry, &[]), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: cannot trust registry.test:PORT: its certificate expired on 2002-01-01 00:00 UTC
    hint: the registry's operator has to renew the certificate; check this machine's clock with `date`. To go on without verification: `--tls-skip-verify registry.test:PORT`
    exit 8
    ");
}

#[test]
fn a_certificate_for_another_host() {
    let authority = Authority::new("own");
    let (env, registry) = trusted(&authority, &authority.issue(&["other.test"]));
    assert_snapshot!(pulled(&env, &registry, &[]), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: cannot trust registry.test:PORT: its certificate is for another host name: `other.test`
    hint: if that is the registry you mean, run the same command with `other.test:PORT` in place of `registry.test:PORT`
    exit 8
    ");
}

#[test]
fn a_certificate_that_names_no_host() {
    let authority = Authority::new("own");
    let (env, registry) = trusted(&authority, &authority.issue(&[]));
    assert_snapshot!(pulled(&env, &registry, &[]), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: cannot trust registry.test:PORT: its certificate names no host in subjectAltName, and a common name (CN) does not count
    hint: the registry's operator has to issue a certificate with `subjectAltName=DNS:registry.test`. To go on without verification: `--tls-skip-verify registry.test:PORT`
    exit 8
    ");
}

#[test]
fn a_certificate_that_is_signed_by_itself() {
    let leaf = Leaf::self_signed(&["registry.test"]);
    let registry = Registry::builder().listen(Listen::tls(leaf.server_config())).start();
    let env = TestEnv::new();
    assert_snapshot!(pulled(&env, &registry, &[]), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: cannot trust registry.test:PORT: its certificate is signed by itself
    hint: if you trust this registry, put its certificate at `ROOT/system/etc/docker/certs.d/registry.test:PORT/ca.crt`, or run the same command with `--cacert FILE`
    exit 8
    ");
    // The hint helps.
    env.write(format!("system/etc/docker/certs.d/{}/ca.crt", registry.host_as("registry.test")), &leaf.certificate_pem);
    assert!(pulled(&env, &registry, &[]).ends_with("exit 3"));
}

#[test]
fn not_logged_in() {
    let registry = Registry::builder().wants(&["Basic c2VjcmV0"], "Basic realm=\"r\"").start();
    assert_snapshot!(pulled_over_http(&TestEnv::new(), &registry), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`: registry.test:PORT answered 401 Unauthorized, in its words: UNAUTHORIZED: authentication required
    hint: no credentials were sent, and the repository may be private, or not exist: log in with `rcr login registry.test:PORT`
    exit 4
    ");
}

#[test]
fn a_wrong_password() {
    let env = TestEnv::new();
    let registry = Registry::builder().wants(&["Basic c2VjcmV0"], "Basic realm=\"r\"").start();
    let login = env.rcr(["login", "-u", "alice", "--password-stdin", &registry.host()]).stdin("wrong").run();
    assert_snapshot!(said(&env, registry.port(), &login), @r"
    error: cannot log in to `127.0.0.1:PORT`
      caused by: cannot use the registry 127.0.0.1:PORT: it answered 401 Unauthorized, in its words: UNAUTHORIZED: authentication required
    hint: the user name or password from this login is wrong, or no longer valid; some registries want an access token in place of the password: `rcr login 127.0.0.1:PORT`
    exit 4
    ");
}

#[test]
fn not_allowed() {
    let registry = answering(&Reply::error(403, "DENIED", "requested access to the resource is denied"));
    assert_snapshot!(pulled_over_http(&TestEnv::new(), &registry), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`: registry.test:PORT answered 403 Forbidden, in its words: DENIED: requested access to the resource is denied
    hint: no credentials were sent: log in with `rcr login registry.test:PORT`; if it is refused even then, the account lacks the right, an administrator restricts access, or the repository does not exist
    exit 4
    ");
}

#[test]
fn not_found() {
    assert_snapshot!(pulled_over_http(&TestEnv::new(), &Registry::start()), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`: registry.test:PORT answered 404 Not Found, in its words: NAME_UNKNOWN: not known here
    hint: check the spelling; a private repository looks the same, and no credentials were sent: `rcr login registry.test:PORT`
    exit 3
    ");
}

#[test]
fn too_many_requests() {
    let limit = Reply::error(429, "TOOMANYREQUESTS", "pull rate limit reached").header("retry-after", "300");
    assert_snapshot!(pulled_over_http(&TestEnv::new(), &answering(&limit)), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`: registry.test:PORT answered 429 Too Many Requests, in its words: TOOMANYREQUESTS: pull rate limit reached
    hint: try again in 300 s, or wait for it with `--retries 2 --max-wait 300`; you were not logged in, and accounts may be allowed more: `rcr login registry.test:PORT`
    exit 6
    ");
}

#[test]
fn out_of_order() {
    assert_snapshot!(pulled_over_http(&TestEnv::new(), &answering(&Reply::status(503))), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`: registry.test:PORT answered 503 Service Unavailable
    hint: the registry, or a server in front of it, is out of order: run the command again later
    exit 5
    ");
}

#[test]
fn a_platform_that_is_not_there() {
    let registry = Registry::start();
    registry.add("team/image", "v1", &Artifact::index(1, &["linux/arm64/v8", "windows/amd64"]));
    let env = TestEnv::new();
    let reference = registry.reference("team/image:v1");
    let output = env.rcr(["--progress", "none", "pull", "--platform", "linux/s390x", &reference]).run();
    assert_snapshot!(said(&env, registry.port(), &output), @r"
    error: cannot pull `127.0.0.1:PORT/team/image:v1`
      caused by: there is no image for linux/s390x; there are images for linux/arm64/v8, windows/amd64
    hint: choose one with `--platform`, for example `--platform linux/arm64/v8`
    exit 3
    ");
}

#[test]
fn a_host_that_refuses() {
    let env = TestEnv::new();
    let port = Port::closed();
    let (number, resolve) = (port.number(), format!("--resolve=registry.test:{}:127.0.0.1", port.number()));
    let reference = format!("registry.test:{number}/team/image:v1");
    let output = env.rcr([&resolve, "--retries", "0", "pull", &reference]).run();
    assert_snapshot!(said(&env, number, &output), @r"
    v1: Pulling from team/image
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: cannot connect to registry.test:PORT: connection refused
    hint: check the address and port, and that the registry runs; `rcr doctor registry.test:PORT` shows how far the way there is open
    exit 5
    ");
    // Tried as often as by default, but that the pauses are not snapshot material.
    let output = env.rcr([&resolve, "--retries", "1", "-q", "pull", &reference]).run();
    assert_snapshot!(said(&env, number, &output), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: gave up after 2 attempts
      caused by: cannot connect to registry.test:PORT: connection refused
    hint: check the address and port, and that the registry runs; `rcr doctor registry.test:PORT` shows how far the way there is open
    exit 5
    ");
}

#[test]
fn a_name_that_nobody_knows() {
    let env = TestEnv::new();
    let output = env.rcr(["--retries", "0", "-q", "pull", "registry.invalid/team/image:v1"]).run();
    assert_snapshot!(said(&env, 0, &output), @r"
    error: cannot pull `registry.invalid/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: cannot resolve registry.invalid: no such host
    hint: check the spelling, and what `getent hosts registry.invalid` says; where the name is right and this machine's DNS does not know it, run the same command with `--resolve registry.invalid:443:ADDRESS`
    exit 5
    ");
}

#[test]
fn no_name_server_that_answers() {
    let env = TestEnv::new();
    let alone = ["--map-root-user", "--net", env!("CARGO_BIN_EXE_rcr"), "--retries", "0", "-q", "pull"];
    let output = env.program("unshare", alone).arg("registry.example/team/image:v1").run();
    assert_snapshot!(said(&env, 0, &output), @r"
    error: cannot pull `registry.example/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: cannot resolve registry.example: no name server answered
    hint: check the network, and run the same command again once `getent hosts registry.example` prints an address
    exit 5
    ");
}

#[test]
fn a_peer_that_hangs_up() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // Whoever wants to be served is heard, and sent away without a word.
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let _ = connection.unwrap().read(&mut [0; 4096]);
        }
    });
    let env = TestEnv::new();
    let (host, resolve) = (format!("registry.test:{port}"), format!("--resolve=registry.test:{port}:127.0.0.1"));
    let reference = format!("{host}/team/image:v1");
    let output = env.rcr([&resolve, "--plain-http", &host, "--retries", "0", "-q", "pull", &reference]).run();
    assert_snapshot!(said(&env, port, &output), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: the connection to registry.test:PORT broke: connection closed before message completed
    hint: run the same command again; if that fails too, `rcr doctor registry.test:PORT` shows where
    exit 5
    ");
}

#[test]
fn not_logged_in_where_tokens_are_given_out() {
    let env = TestEnv::new();
    let tokens = TokenServer::builder().user("alice", "s3cr3t-right", &["pull"]).start(env.secrets());
    let challenge = format!("Bearer realm=\"{}\",service=\"{}\"", tokens.realm(), TokenServer::SERVICE);
    let registry = Registry::builder().wants(&["Bearer none"], &challenge).start();
    let run = || {
        let output = env.rcr(["--retries", "0", "-q", "pull", &registry.reference("team/image:v1")]).run();
        said(&env, registry.port(), &output).replace(&tokens.host(), "127.0.0.1:TOKENS")
    };
    assert_snapshot!(run(), @r"
    error: cannot pull `127.0.0.1:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`: 127.0.0.1:PORT answered 401 Unauthorized, in its words: UNAUTHORIZED: authentication required
    hint: no credentials were sent, and the repository may be private, or not exist: log in with `rcr login 127.0.0.1:PORT`
    exit 4
    ");
    env.secret("s3cr3t-wrong");
    // alice:s3cr3t-wrong
    env.write_docker_config(&serde_json::json!({"auths": {registry.host(): {"auth": "YWxpY2U6czNjcjN0LXdyb25n"}}}));
    assert_snapshot!(run(), @r"
    error: cannot pull `127.0.0.1:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`
      caused by: the token server http://127.0.0.1:TOKENS/token refused the credentials for 127.0.0.1:PORT from ROOT/home/.docker/config.json: incorrect username or password
    hint: log in anew with `rcr login 127.0.0.1:PORT`; some registries want an access token in place of the password
    exit 4
    ");
}

#[test]
fn restricted_by_an_administrator() {
    let words = "access to this resource is restricted by the administrator of example.org, ask it@example.org";
    let restricted = Reply::error(403, "DENIED", words);
    let registry = Registry::builder()
        .wants(&["Basic YWxpY2U6czNjcjN0"], "Basic realm=\"r\"")
        .after(
            move |request, reply| {
                if request.path == "/v2/" || reply.status == 401 { reply } else { restricted.clone() }
            },
        )
        .start();
    let env = TestEnv::new();
    // alice:s3cr3t
    env.write_docker_config(&serde_json::json!({"auths": {registry.host(): {"auth": "YWxpY2U6czNjcjN0"}}}));
    let output = env.rcr(["--retries", "0", "-q", "pull", &registry.reference("team/image:v1")]).run();
    assert_snapshot!(said(&env, registry.port(), &output), @r"
    error: cannot pull `127.0.0.1:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`: 127.0.0.1:PORT answered 403 Forbidden, in its words: DENIED: access to this resource is restricted by the administrator of example.org, ask it@example.org
    hint: the credentials from ROOT/home/.docker/config.json were sent: that account lacks the right, an administrator restricts access, or the repository does not exist; ask for access, or use another account with `rcr login 127.0.0.1:PORT`
    exit 4
    ");
}

#[test]
fn a_tag_that_is_not_there() {
    let registry = Registry::start();
    registry.add("team/image", "v2", &Artifact::image(1).build());
    assert_snapshot!(pulled_over_http(&TestEnv::new(), &registry), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`: registry.test:PORT answered 404 Not Found, in its words: MANIFEST_UNKNOWN: not known here
    hint: `rcr tags registry.test:PORT/team/image` lists the tags that are there; a private repository looks the same, and no credentials were sent: `rcr login registry.test:PORT`
    exit 3
    ");

    let registry = Registry::builder().wants(&["Basic YWxpY2U6czNjcjN0"], "Basic realm=\"r\"").start();
    let env = TestEnv::new();
    // alice:s3cr3t
    env.write_docker_config(&serde_json::json!({"auths": {registry.host(): {"auth": "YWxpY2U6czNjcjN0"}}}));
    let output = env.rcr(["--retries", "0", "-q", "pull", &registry.reference("team/image:v1")]).run();
    assert_snapshot!(said(&env, registry.port(), &output), @r"
    error: cannot pull `127.0.0.1:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`: 127.0.0.1:PORT answered 404 Not Found, in its words: NAME_UNKNOWN: not known here
    hint: check the spelling; a private repository that the account from ROOT/home/.docker/config.json may not see looks the same
    exit 3
    ");
}

#[test]
fn a_page_where_a_registry_should_be() {
    let page = Reply::status(404).header("content-type", "text/html").body("<html><h1>Not Found</h1></html>");
    assert_snapshot!(pulled_over_http(&TestEnv::new(), &answering(&page)), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot fetch the manifest `v1` of `team/image`: registry.test:PORT answered 404 Not Found, in its words: Not Found
    hint: check the spelling; a private repository looks the same, and no credentials were sent: `rcr login registry.test:PORT`; `rcr doctor registry.test:PORT` shows whether a registry answers there
    exit 3
    ");

    let page = Reply::ok("<html><h1>Welcome</h1></html>").header("content-type", "text/html");
    assert_snapshot!(pulled_over_http(&TestEnv::new(), &answering(&page)), @r"
    error: cannot pull `registry.test:PORT/team/image:v1`
      caused by: cannot use the manifest `v1` of `team/image`
      caused by: the manifest does not parse: expected value at line 1 column 1
    hint: something may have answered in the registry's place, a proxy or a network that wants a login: `rcr doctor` of the same name shows what
    exit 7
    ");

    let (env, nothing) = (TestEnv::new(), Registry::builder().before(|_| Some(Reply::status(404))).start());
    let login = env.rcr(["login", "-u", "alice", "--password-stdin", &nothing.host()]).stdin("s3cr3t").run();
    assert_snapshot!(said(&env, nothing.port(), &login), @r"
    error: cannot log in to `127.0.0.1:PORT`
      caused by: 127.0.0.1:PORT does not serve the registry API: it answered 404 Not Found to /v2/
    hint: check the address and port: something else than a registry answers there; `rcr doctor 127.0.0.1:PORT` shows what
    exit 3
    ");
}

#[test]
fn a_registry_that_a_setting_blocks() {
    let env = TestEnv::new();
    let blocked = "[[registry]]\nlocation = \"registry.test\"\nblocked = true\n";
    env.write("system/etc/containers/registries.conf", blocked);
    let output = env.rcr(["-q", "pull", "registry.test/team/image:v1"]).run();
    assert_snapshot!(said(&env, 0, &output), @r"
    error: cannot pull `registry.test/team/image:v1`
      caused by: registry.test is blocked by ROOT/system/etc/containers/registries.conf:1
    hint: take `blocked = true` for `registry.test` out of ROOT/system/etc/containers/registries.conf:1, if it is yours to decide
    exit 8
    ");
}

/// What a pull into a file system of this size says; what is needed and free there as `NEED` and `ROOM`.
fn pull_into(kilobytes: u32, layers: &[usize]) -> String {
    let registry = Registry::start();
    let image = Artifact::image(701).layers(layers).build();
    registry.add("team/image", "v1", &image);
    let env = TestEnv::new();
    let script = format!(
        "mkdir store && mount -t tmpfs -o size={kilobytes}k tmpfs store || exit 99
         exec \"$RCR\" --store store --concurrency 1 -q pull \"$REF\""
    );
    let run = env.program("unshare", ["--map-root-user", "--mount", "sh", "-c", &script]);
    let run = run.env("RCR", env!("CARGO_BIN_EXE_rcr")).env("REF", registry.reference("team/image:v1"));
    let mut text = said(&env, registry.port(), &run.run());
    for layer in image.layers() {
        text = text.replace(&layer.hex(), "LAYER");
    }
    for (word, unit) in [("NEED", " more"), ("ROOM", " are free")] {
        let end = text.find(unit).unwrap_or_else(|| panic!("no{unit}: {text}"));
        let start = text[..end].rfind(' ').expect("words") + 1;
        assert!(text[start..end].ends_with('B'), "{text}");
        text.replace_range(start..end, word);
    }
    text
}

#[test]
fn a_full_disk() {
    assert_snapshot!(pull_into(400, &[300_000, 300_000]), @r"
    error: cannot pull `127.0.0.1:PORT/team/image:v1`
      caused by: the store at store needs NEED more, and ROOM are free on its file system
    hint: free some space, for example with `rcr store gc`, or keep images elsewhere with `--store DIR`
    exit 9
    ");
}

#[test]
fn a_disk_that_is_full_halfway() {
    // The bytes would fit, but each file takes a page at least.
    assert_snapshot!(pull_into(300, &[500; 80]), @r"
    error: cannot pull `127.0.0.1:PORT/team/image:v1`
      caused by: cannot write store/.rcr/partial/sha256-LAYER: NEED more are needed, and ROOM are free
      caused by: No space left on device (os error 28)
    hint: free some space, for example with `rcr store gc`, and run the command again: it goes on where it stopped
    exit 9
    ");
}

#[test]
fn a_busy_store() {
    let env = TestEnv::new();
    store::Layout::create_or_open(&env.store(), store::Options::default()).unwrap();
    let lock = env.write("data/rcr/.rcr/lock/store", "process 4711 on build.example");
    let lock = std::fs::File::open(lock).unwrap();
    lock.lock().unwrap();
    let output = env.rcr(["-q", "--lock-timeout", "0", "pull", "registry.test/team/image:v1"]).run();
    assert_snapshot!(said(&env, 0, &output), @r"
    error: cannot pull `registry.test/team/image:v1`
      caused by: the store lock is held by process 4711 on build.example
    hint: wait for the other command to end, then run this one again, or wait longer with `--lock-timeout SECONDS`
    exit 10
    ");
}

#[test]
fn references_that_are_none() {
    let env = TestEnv::new();
    let said = |reference: &str| said(&env, 0, &env.rcr(["pull", reference]).run());
    assert_snapshot!(said("https://ghcr.io/Foo/bar"), @r"
    error: cannot pull `https://ghcr.io/Foo/bar`
      caused by: references are written without a scheme
        https://ghcr.io/Foo/bar
        ^^^^^^^^
    hint: did you mean `ghcr.io/foo/bar`?
    exit 2
    ");
    assert_snapshot!(said("debian:"), @r"
    error: cannot pull `debian:`
      caused by: the tag is missing behind the colon
        debian:
              ^
    hint: did you mean `debian`?
    exit 2
    ");
    assert_snapshot!(said("ghcr.io/foo//bar"), @r"
    error: cannot pull `ghcr.io/foo//bar`
      caused by: there is nothing on one side of this slash
        ghcr.io/foo//bar
                   ^
    hint: did you mean `ghcr.io/foo/bar`?
    exit 2
    ");
}

#[test]
fn an_image_that_is_not_stored() {
    let env = TestEnv::new();
    assert_snapshot!(said(&env, 0, &env.rcr(["push", "debian"]).run()), @r"
    error: cannot push `debian`
      caused by: there is no image docker.io/library/debian:latest in the store
    hint: `rcr images` lists what is stored, by its full names
    exit 3
    ");
}

#[test]
fn a_pull_and_a_push_in_dockers_words() {
    let (env, registry) = (TestEnv::new(), Registry::start());
    let image = Artifact::image(1).build();
    registry.add("team/image", "v1", &image);
    let source = registry.reference("team/image:v1");
    let said = |run: crate::support::process::Run<'_>| {
        let output = run.run();
        let text = said(&env, registry.port(), &output).replace(&image.digest(), "sha256:IMAGE");
        // How well it is compressed is not ours to hold.
        let bytes: usize = image.blobs.iter().map(|blob| blob.bytes.len()).sum();
        let text = text.replace(&format!("{}.{:03}kB", bytes / 1000, bytes % 1000), "SIZE");
        let text = text.replace(&format!("size: {}", image.manifest.bytes.len()), "size: MANIFEST");
        let text = text.replace(&image.layers()[0].hex()[..12], "LAYER 1");
        let text = text.replace(&image.layers()[1].hex()[..12], "LAYER 2");
        // They come one after the other, and are made durable side by side.
        let [one, two] = ["LAYER 1: Pull complete\n", "LAYER 2: Pull complete\n"];
        text.replace(&format!("{two}{one}"), &format!("{one}{two}"))
    };
    assert_snapshot!(said(env.rcr(["pull", "--dry-run", &source])), @r"
    v1: Pulling from team/image
    would fetch 2 layers (SIZE)
    exit 0
    ");
    assert_snapshot!(said(env.rcr(["--concurrency", "1", "pull", &source])), @r"
    v1: Pulling from team/image
    LAYER 1: Pull complete
    LAYER 2: Pull complete
    Digest: sha256:IMAGE
    Status: Downloaded newer image for 127.0.0.1:PORT/team/image:v1
    exit 0
    ");
    assert_snapshot!(said(env.rcr(["pull", &source])), @r"
    v1: Pulling from team/image
    Digest: sha256:IMAGE
    Status: Image is up to date for 127.0.0.1:PORT/team/image:v1
    exit 0
    ");
    let destination = registry.reference("other/image");
    assert_snapshot!(said(env.rcr(["push", "--dry-run", &source, &destination])), @r"
    Using default tag: latest
    The push refers to repository [127.0.0.1:PORT/other/image]
    would push 2 layers (SIZE)
    exit 0
    ");
    assert_snapshot!(said(env.rcr(["--concurrency", "1", "push", &source, &destination])), @r"
    Using default tag: latest
    The push refers to repository [127.0.0.1:PORT/other/image]
    LAYER 1: Pushed
    LAYER 2: Pushed
    latest: digest: sha256:IMAGE size: MANIFEST
    exit 0
    ");
    assert_snapshot!(said(env.rcr(["--concurrency", "1", "push", &source, &destination])), @r"
    Using default tag: latest
    The push refers to repository [127.0.0.1:PORT/other/image]
    LAYER 1: Layer already exists
    LAYER 2: Layer already exists
    latest: digest: sha256:IMAGE size: MANIFEST
    exit 0
    ");
}

#[test]
fn what_the_documentation_calls_an_error_is_what_programs_get() {
    let sources = [
        include_str!("../../src/op/verdict.rs"),
        include_str!("../../src/op/advice.rs"),
        include_str!("../../src/cli/mod.rs"),
    ]
    .concat();
    let rows: Vec<Vec<&str>> = include_str!("../../docs/errors.md")
        .lines()
        .map(|line| line.split('|').map(str::trim).collect::<Vec<_>>())
        .filter(|cells| cells.len() > 5 && cells[3].starts_with('`') && cells[3] != "`kind`")
        .collect();
    assert!(rows.len() > 20, "{}", rows.len());
    for cells in rows {
        assert_eq!(cells.len(), 7, "{cells:?}");
        for kind in cells[3].split(", ").map(|kind| kind.trim_matches('`')) {
            assert!(sources.contains(&format!("\"{kind}\"")), "{kind} is no kind of error");
        }
    }
}
