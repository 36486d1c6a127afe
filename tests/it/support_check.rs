//! The support itself, against the real parts: what it cannot do, no test that leans on it can show.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use crate::support::skopeo::{self, Skopeo};
use crate::support::{
    Artifact, Authority, Cut, Distribution, Exchange, Listen, Registry, Reply, Scripted, Server, TestEnv, TokenServer,
};

fn get(server: &Server, target: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(server.host()).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", server.host()).unwrap();
    let mut bytes = Vec::new();
    // A reset or a stall ends the reading: what came before it is what the test looks at.
    let _ = stream.read_to_end(&mut bytes);
    bytes
}

fn body(response: &[u8]) -> &[u8] {
    let end = response.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of the headers");
    &response[end + 4..]
}

#[test]
fn cuts_come_after_the_bytes_before_them() {
    for how in [Cut::Fin, Cut::Rst, Cut::Stall] {
        let server = Server::start(Listen::default(), move |_: &_| Reply::ok(vec![7; 100_000]).cut(50_000, how));
        let response = get(&server, "/");
        assert!(response.starts_with(b"HTTP/1.1 200 OK\r\ncontent-length: 100000"), "{how:?}");
        assert_eq!(body(&response).len(), 50_000, "{how:?}");
    }
}

#[test]
fn a_chunked_body_that_is_cut_has_no_last_chunk() {
    let whole = Server::start(Listen::default(), |_: &_| Reply::ok("whole").chunked());
    assert_eq!(body(&get(&whole, "/")), b"5\r\nwhole\r\n0\r\n\r\n");
    let cut = Server::start(Listen::default(), |_: &_| Reply::ok("whole").chunked().cut(3, Cut::Fin));
    assert_eq!(body(&get(&cut, "/")), b"3\r\nwho\r\n");
}

#[test]
fn a_script_notices_what_is_left_over_and_what_is_unexpected() {
    let script = Scripted::start(vec![Exchange::get("/a", Reply::ok("a")).times(2)]);
    assert_eq!(body(&get(&script, "/a")), b"a");
    assert!(script.complaint().is_some_and(|complaint| complaint.contains("not used up")));
    get(&script, "/a");
    assert_eq!(script.complaint(), None);
    let gone = std::panic::catch_unwind(|| {
        let script = Scripted::start(Vec::new());
        get(&script, "/b");
    });
    assert!(gone.is_err_and(|panic| panic.downcast::<String>().is_ok_and(|text| text.contains("GET /b"))));
}

#[test]
fn skopeo_finds_what_it_pushed_in_both_registries() {
    let image = Artifact::five_platforms(1);
    let (memory, real) = (Registry::start(), Distribution::start());
    for host in [memory.host(), real.host()] {
        let reference = format!("{host}/check/image:v1");
        Skopeo::new().push(&image, &reference);
        assert_eq!(Skopeo::new().raw(&reference), image.manifest.bytes, "{host}");
    }
    assert!(memory.holds("check/image", &image));
    let layout = tempfile::tempdir().unwrap();
    assert_eq!(Skopeo::new().copy_out(&real.reference("check/image:v1"), layout.path()), image.digest());
    assert_eq!(skopeo::raw_in_layout(layout.path(), "image"), image.manifest.bytes);
}

#[test]
fn distribution_accepts_the_tokens_and_the_passwords() {
    let env = TestEnv::new();
    let authority = Authority::new("check");
    let leaf = authority.issue(&["127.0.0.1", "localhost"]);
    let tokens = TokenServer::builder().user("alice", "s3cr3t-alice", &["pull", "push"]).start(env.secrets());
    let bearer = Distribution::builder().token(&tokens).start();
    let basic = Distribution::builder().tls(&leaf).htpasswd("alice", "s3cr3t-alice").delete_enabled().start();
    let image = Artifact::image(2).build();
    for registry in [&bearer, &basic] {
        let reference = registry.reference("check/image:v1");
        let alice = Skopeo::new().login("alice", "s3cr3t-alice");
        alice.push(&image, &reference);
        assert_eq!(alice.raw_digest(&reference), image.digest());
    }
    assert!(tokens.issued().iter().flatten().any(|scope| scope == "repository:check/image:pull,push"));
    // The secret is in the log of our token server, and nowhere in the environment.
    assert_eq!(env.leaking_files(), Vec::<std::path::PathBuf>::new());
    let asked = tokens.log();
    assert!(asked.iter().all(|request| request.header("authorization").is_some()), "{asked:?}");
}
