//! The way between as the fault: links that are cut, slow or silent, HTTP/2 that goes away, names that do not resolve.
//!
//! Time passes faster here than usual where a test waits for a timeout: `RCR_TEST_HASTE`.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::net::TcpSocket;

use crate::support::images::Document;
use crate::support::process::{Output, Run};
use crate::support::registry::Builder;
use crate::support::{
    Artifact, Authority, Cut, End, FaultProxy, H2Fault, H2Front, Listen, Plan, Port, Registry, Reply, Request, Server,
    TestEnv, TlsFront, Way,
};

const MIB: usize = 1024 * 1024;

/// An environment in which timeouts and back-offs are this much shorter.
fn hasty(factor: u32) -> TestEnv {
    let env = TestEnv::new();
    env.set("RCR_TEST_HASTE", factor.to_string());
    env
}

fn is_get_of(document: &Document) -> impl Fn(&Request) -> bool + Send + Sync + 'static {
    let digest = document.digest();
    move |request| request.method == "GET" && request.path.ends_with(&digest)
}

/// A registry with `image:v1`, spoilt by `spoil`.
fn registry(image: &Artifact, spoil: impl FnOnce(Builder) -> Builder) -> Registry {
    let registry = spoil(Registry::builder()).start();
    registry.add("image", "v1", image);
    registry
}

/// The image is there, and pulled again it needs nothing more.
#[track_caller]
fn arrived(env: &TestEnv, image: &Artifact, reference: &str) {
    assert_eq!(env.blobs(), image.hexes());
    env.rcr(["pull", reference]).success();
}

#[test]
fn fault_4_cuts_that_each_bring_something_do_not_use_up_the_retries() {
    let image = Artifact::image(2200).layers(&[12 * MIB]).build();
    let registry = registry(&image, |builder| builder);
    // More cuts than retries, and between each two of them more than a MiB.
    let cut = Plan::clean().down(Way::clean().limit_data(5 * MIB / 4, End::Fin));
    let proxy = FaultProxy::start(registry.host(), move |n| if n <= 9 { cut.clone() } else { Plan::clean() });
    let (env, reference) = (hasty(50), proxy.reference("image:v1"));
    env.rcr(["--retries", "2", "pull", &reference]).success();
    assert!(proxy.accepted() >= 9, "{}", proxy.accepted());
    let whole = u64::try_from(image.layers()[0].bytes.len()).unwrap();
    assert!(proxy.down_bytes() < whole + whole / 4, "{} of {whole} bytes", proxy.down_bytes());
    arrived(&env, &image, &reference);
}

#[test]
fn fault_6_a_body_that_stalls_is_dropped_and_resumed() {
    let image = Artifact::image(2201).layers(&[300_000]).build();
    let is_layer = is_get_of(&image.layers()[0]);
    let registry = registry(&image, |builder| builder.spoil(1, is_layer, |reply| reply.cut(100_000, Cut::Stall)));
    let (env, reference) = (hasty(40), registry.reference("image:v1"));
    env.rcr(["pull", &reference]).success();
    let log = registry.log();
    let last = log.iter().rfind(|request| is_get_of(&image.layers()[0])(request)).expect("a request");
    assert_eq!(last.range_start(), Some(100_000), "{registry:?}");
    arrived(&env, &image, &reference);
}

#[test]
fn fault_6_a_body_that_stalls_each_time_is_exit_5() {
    let image = Artifact::image(2202).layers(&[300_000]).build();
    let is_layer = is_get_of(&image.layers()[0]);
    // Twice for the first run; then the fault is over.
    let stall = |reply: Reply| {
        let at = reply.body.len().min(50_000);
        reply.cut(at, Cut::Stall)
    };
    let registry = registry(&image, |builder| builder.spoil(2, is_layer, stall));
    let (env, reference) = (hasty(40), registry.reference("image:v1"));
    let output = env.rcr(["--retries", "1", "pull", &reference]).code(5);
    output.stdout_is("").stderr_has("sent no data");
    assert_eq!(env.references(), Vec::<String>::new());
    env.rcr(["pull", &reference]).success();
    let log = registry.log();
    let last = log.iter().rfind(|request| is_get_of(&image.layers()[0])(request)).expect("a request");
    assert!(last.range_start().is_some_and(|start| start >= 50_000), "what came is kept: {registry:?}");
    arrived(&env, &image, &reference);
}

#[test]
fn fault_7_a_trickle_is_given_up_and_a_slow_link_is_not() {
    let image = Artifact::image(2203).layers(&[450_000]).build();
    let registry = registry(&image, |builder| builder);
    let at = |bytes_per_second| Plan::clean().down(Way::clean().bandwidth(bytes_per_second));
    // A window of 1.5 seconds with at least 60 KiB in it: 40 KiB/s is the floor.
    let trickle = FaultProxy::each(registry.host(), at(4000));
    let output = hasty(40).rcr(["--retries", "1", "pull", &trickle.reference("image:v1")]).code(5);
    output.stdout_is("").stderr_has("too little data");

    // Slow, and over after more than one window.
    let slow = FaultProxy::each(registry.host(), at(200_000));
    let (env, reference) = (hasty(40), slow.reference("image:v1"));
    let output = env.rcr(["--retries", "0", "pull", &reference]).success();
    assert!(output.elapsed > Duration::from_millis(1500), "{output}");
    arrived(&env, &image, &reference);

    let first = FaultProxy::first(registry.host(), at(4000));
    let (env, reference) = (hasty(40), first.reference("image:v1"));
    env.rcr(["pull", &reference]).success();
    arrived(&env, &image, &reference);
}

#[test]
fn fault_8_headers_that_never_come_are_not_waited_for() {
    let image = Artifact::image(2204).build();
    for part in ["/manifests/", "/blobs/"] {
        let is_part = move |request: &Request| request.path.contains(part);
        let silent = |_: Reply| Reply::status(200).delayed(Duration::MAX);
        let once = registry(&image, |builder| builder.spoil(1, is_part, silent));
        let (env, reference) = (hasty(60), once.reference("image:v1"));
        env.rcr(["pull", &reference]).success();
        arrived(&env, &image, &reference);

        let always = registry(&image, |builder| builder.spoil(usize::MAX, is_part, silent));
        let env = hasty(60);
        let output = env.rcr(["--retries", "1", "pull", &always.reference("image:v1")]).code(5);
        output.stdout_is("").stderr_has("did not answer");
        assert_eq!(env.references(), Vec::<String>::new());
    }
}

/// Pulls `image:v1` over TLS by the name `registry.test`, where the first connections with HTTP/2 go wrong.
fn over_h2(env: &TestEnv, image: &Artifact, fault: H2Fault, times: usize, flags: &[&str]) -> (Output, u64, usize) {
    let (authority, registry) = (Authority::new("h2"), registry(image, |builder| builder));
    let front = H2Front::start(&authority.issue(&["registry.test"]), &registry.host(), fault, times);
    let host = format!("registry.test:{}", front.address().port());
    env.trust(&host, &authority.pem());
    let run = env.rcr([format!("--resolve={host}:127.0.0.1")]).args(flags);
    let (output, peak) = run.args(["pull", &format!("{host}/image:v1")]).spawn().wait_and_measure();
    (output, peak, front.spoken())
}

#[test]
fn fault_19_http_2_that_goes_away_is_asked_again() {
    let image = Artifact::image(2205).build();
    // NO_ERROR and ENHANCE_YOUR_CALM.
    for code in [0x0, 0xb] {
        for fault in [H2Fault::GoAway(code), H2Fault::GoAwayInBody(code)] {
            let env = hasty(20);
            let (output, _, spoken) = over_h2(&env, &image, fault, 1, &[]);
            assert_eq!(output.exit(), Some(0), "{fault:?}\n{output}");
            assert!(spoken >= 2, "{fault:?}: HTTP/2 was spoken {spoken} times");
            assert_eq!(env.blobs(), image.hexes(), "{fault:?}");
        }
    }
}

#[test]
fn fault_20_streams_that_are_reset_and_floods_end_soon() {
    /// What a process may hold, in KiB.
    const MEMORY_KIB: u64 = 64 * 1024;
    let image = Artifact::image(2206).build();
    // INTERNAL_ERROR.
    for fault in [H2Fault::Reset(0x2), H2Fault::EmptyData, H2Fault::Settings] {
        let env = hasty(40);
        let (output, peak, spoken) = over_h2(&env, &image, fault, 1, &[]);
        assert_eq!(output.exit(), Some(0), "{fault:?}\n{output}");
        assert!(spoken >= 2, "{fault:?}");
        assert!(peak < MEMORY_KIB, "{fault:?}: {peak} KiB");
        assert_eq!(env.blobs(), image.hexes(), "{fault:?}");

        let env = hasty(40);
        let (output, peak, _) = over_h2(&env, &image, fault, usize::MAX, &["--retries", "1"]);
        assert_eq!(output.exit(), Some(5), "{fault:?}\n{output}");
        assert!(peak < MEMORY_KIB, "{fault:?}: {peak} KiB");
    }
}

/// Passes one request of each connection on to `behind`, takes the header `without` from replies about `part`, and
/// closes the connection: at once, or when the next request comes.
fn one_request_each(behind: String, part: &'static str, without: &'static str, when_asked_again: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let head = |stream: &mut TcpStream| {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|count| count == 1) {
            head.push(byte[0]);
        }
        String::from_utf8_lossy(&head).into_owned()
    };
    thread::spawn(move || {
        for near in listener.incoming() {
            let behind = behind.clone();
            thread::spawn(move || {
                let mut near = near.expect("a connection");
                let request = head(&mut near);
                let Some((line, rest)) = request.split_once("\r\n") else { return };
                let mut far = TcpStream::connect(behind).expect("the server behind");
                write!(far, "{line}\r\nconnection: close\r\n{rest}").expect("a server that listens");
                let mut reply = Vec::new();
                far.read_to_end(&mut reply).expect("a whole reply");
                let end = reply.windows(4).position(|window| window == b"\r\n\r\n").expect("headers");
                let headers = String::from_utf8_lossy(&reply[..end]).into_owned();
                let goes = |header: &&str| header.starts_with(without) && line.contains(part);
                let kept: Vec<_> = headers.split("\r\n").filter(|line| !goes(line)).collect();
                // The client may be gone; that is its business.
                let _ = near.write_all(&[kept.join("\r\n").as_bytes(), &reply[end..]].concat());
                if when_asked_again {
                    head(&mut near);
                }
            });
        }
    });
    address
}

#[test]
fn fault_21_connections_that_are_closed_between_requests_are_opened_anew() {
    let image = Artifact::image(2207).layers(&[3000; 6]).build();
    for when_asked_again in [false, true] {
        let registry = registry(&image, |builder| builder);
        let host = one_request_each(registry.host(), "", "connection:", when_asked_again).to_string();
        let (env, reference) = (hasty(20), format!("{host}/image:v1"));
        env.rcr(["--plain-http", &host, "pull", &reference]).success();
        assert_eq!(env.blobs(), image.hexes());
    }
}

#[test]
fn fault_26_a_body_that_ends_with_its_connection_is_judged_by_its_digest() {
    // No length, no chunks, and TLS that is not closed in order: whether that was all, the digest alone can tell.
    let image = Artifact::image(2211).layers(&[200_000]).build();
    let registry = registry(&image, |builder| builder);
    let authority = Authority::new("abrupt");
    let behind = one_request_each(registry.host(), "/blobs/", "content-length:", false);
    let front = TlsFront::start_abrupt(&authority.issue(&["127.0.0.1"]), behind);
    let env = hasty(20);
    env.trust(&front.host(), &authority.pem());
    env.rcr(["pull", &format!("{}/image:v1", front.host())]).success();
    assert_eq!(env.blobs(), image.hexes());
    let layer = registry.count("GET", &image.layers()[0].digest());
    assert!(layer <= 2, "the layer was fetched {layer} times");
}

/// Runs `rcr` with the name service of `resolv` and `hosts`, files of the environment's root.
fn with_names<'e>(env: &'e TestEnv, arguments: &str) -> Run<'e> {
    let script = format!(
        "mount --bind \"$RESOLV\" /etc/resolv.conf && mount --bind \"$HOSTS\" /etc/hosts || exit 99
         exec \"$RCR\" {arguments}"
    );
    let run = env.program("unshare", ["--map-root-user", "--mount", "sh", "-c", &script]);
    let run = run.env("RCR", env!("CARGO_BIN_EXE_rcr")).env("RESOLV", env.root().join("resolv"));
    run.env("HOSTS", env.root().join("hosts"))
}

#[test]
fn fault_22_a_name_server_that_does_not_answer_is_asked_again() {
    let image = Artifact::image(2208).build();
    let registry = registry(&image, |builder| builder);
    let env = hasty(20);
    // Nobody listens there, which the resolver reports as it reports a server that fails.
    env.write("resolv", "nameserver 127.0.0.254\noptions timeout:1 attempts:1\n");
    env.write("hosts", "127.0.0.1 localhost\n");
    let host = registry.host_as("registry.test");
    let arguments = format!("--plain-http {host} --retries 2 pull {host}/image:v1");
    let output = with_names(&env, &arguments).code(5);
    output.stderr_has("no name server answered").stderr_has("registry.test").stderr_has("gave up after 3 attempts");

    // The name comes back while it is asked for.
    let running = with_names(&env, &arguments.replace("--retries 2", "--retries 200")).spawn();
    thread::sleep(Duration::from_millis(300));
    // In place: what is mounted is the file, not its name.
    std::fs::write(env.root().join("hosts"), "127.0.0.1 localhost registry.test\n").unwrap();
    running.wait().success();
    assert_eq!(env.blobs(), image.hexes());
}

/// A port of loopback where connections are neither refused nor accepted: its queue is full.
struct BlackHole {
    _waiting: Vec<TcpStream>,
    _listener: tokio::net::TcpListener,
    _runtime: tokio::runtime::Runtime,
}

impl BlackHole {
    fn at(address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let listener = runtime.block_on(async {
            let socket = if address.is_ipv4() { TcpSocket::new_v4().unwrap() } else { TcpSocket::new_v6().unwrap() };
            socket.bind(address).unwrap();
            socket.listen(1).unwrap()
        });
        let address = listener.local_addr().unwrap();
        let mut waiting = Vec::new();
        // Until one is left hanging.
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
            waiting.push(stream);
        }
        Self { _waiting: waiting, _listener: listener, _runtime: runtime }
    }
}

#[test]
fn fault_23_the_next_address_is_tried_where_the_first_is_of_no_use() {
    let image = Artifact::image(2209).build();
    let registry = registry(&image, |builder| builder);
    let (host, port) = (registry.host_as("registry.test"), registry.port());
    let pull = |addresses: &[&str]| {
        // The limit for a connection is a quarter of ten seconds here; each address has its part of it.
        let env = hasty(4);
        let run = env.rcr(["--retries", "0", "--plain-http", &host]);
        let run = addresses.iter().fold(run, |run, address| run.arg(format!("--resolve={host}:{address}")));
        run.args(["pull", &format!("{host}/image:v1")]).success();
        assert_eq!(env.blobs(), image.hexes());
    };
    // Nobody listens at the first.
    pull(&["127.0.0.9", "127.0.0.1"]);
    // At the first, connections hang.
    let _six = BlackHole::at(SocketAddr::from((std::net::Ipv6Addr::LOCALHOST, port)));
    pull(&["[::1]", "127.0.0.1"]);
    let _four = BlackHole::at(SocketAddr::from((Ipv4Addr::new(127, 0, 0, 8), port)));
    pull(&["127.0.0.8", "127.0.0.1"]);
}

#[test]
fn fault_24_a_registry_that_starts_late_is_waited_for() {
    let image = Artifact::image(2210).build();
    let registry = registry(&image, |builder| builder);
    let late = Port::closed();
    let address = late.address();
    let env = hasty(20);
    let reference = format!("{address}/image:v1");
    let pull = env.spawn(["--retries", "200", "pull", &reference]);
    thread::sleep(Duration::from_millis(200));
    let (listener, behind) = (TcpListener::bind(address).unwrap(), registry.host());
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    thread::spawn(move || {
        for near in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
            let (mut near, mut far) = (near.unwrap(), TcpStream::connect(&behind).unwrap());
            let (mut near_reader, mut far_writer) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut near_reader, &mut far_writer));
            thread::spawn(move || std::io::copy(&mut far, &mut near));
        }
    });
    let started = Instant::now();
    pull.wait().success();
    assert!(served.load(Ordering::SeqCst) > 0, "{:?}", started.elapsed());
    assert_eq!(env.blobs(), image.hexes());
}

#[test]
fn fault_29_a_token_server_that_hangs_up_is_asked_again() {
    let tokens = Server::start(Listen::default(), |_: &Request| Reply::ok(r#"{"token":"good-token"}"#));
    for end in [End::Fin, End::Rst] {
        let cut = Plan::clean().down(Way::clean().limit_data(0, end));
        let way = FaultProxy::first(tokens.host(), cut);
        let challenge = format!("Bearer realm=\"http://{}/token\"", way.host());
        let image = Artifact::image(2212).build();
        let registry = registry(&image, |builder| builder.wants(&["Bearer good-token"], &challenge));
        let (env, reference) = (hasty(20), registry.reference("image:v1"));
        env.rcr(["pull", &reference]).success();
        assert!(way.accepted() >= 2, "{end:?}");
        arrived(&env, &image, &reference);
    }
}
