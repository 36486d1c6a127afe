//! The fault proxy itself: each fault does what its name says, where it says.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::{Artifact, End, FaultProxy, Plan, Registry, TestEnv, Way};

const GREETING: &[u8] = b"head\r\n\r\n0123456789";

/// A server that greets each of `count` clients, and then says again what it hears until the client ends.
fn echo(count: usize) -> (SocketAddr, thread::JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let connection = |mut stream: TcpStream| {
        let mut heard = Vec::new();
        let mut buffer = [0; 4096];
        // A connection that breaks is what the tests are about.
        let _ = stream.write_all(GREETING);
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            heard.extend(&buffer[..count]);
            let _ = stream.write_all(&buffer[..count]);
        }
        heard
    };
    let server = thread::spawn(move || {
        let clients: Vec<_> =
            (0..count).map(|_| listener.accept().unwrap().0).map(|s| thread::spawn(move || connection(s))).collect();
        clients.into_iter().map(|client| client.join().unwrap()).collect()
    });
    (address, server)
}

fn connect(proxy: &FaultProxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Says nothing, and reads to the end.
fn hear(mut stream: &TcpStream) -> (Vec<u8>, io::Result<()>) {
    let (mut heard, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return (heard, Ok(())),
            Ok(count) => heard.extend(&buffer[..count]),
            Err(error) => return (heard, Err(error)),
        }
    }
}

fn greeted(plan: Plan) -> (Vec<u8>, io::Result<()>) {
    let (server, echo) = echo(1);
    let proxy = FaultProxy::each(server.to_string(), plan);
    let stream = connect(&proxy);
    stream.shutdown(Shutdown::Write).unwrap();
    let heard = hear(&stream);
    drop(stream);
    drop(proxy);
    echo.join().unwrap();
    heard
}

#[test]
fn without_faults_everything_passes_and_is_counted() {
    let (server, echo) = echo(2);
    let proxy = FaultProxy::start(server.to_string(), |_| Plan::clean());
    let clients = [connect(&proxy), connect(&proxy)];
    for mut client in &clients {
        client.write_all(b"hello").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        let (heard, end) = hear(client);
        assert!(heard.starts_with(GREETING) && heard.ends_with(b"hello"), "{heard:?}");
        end.unwrap();
    }
    assert_eq!(echo.join().unwrap(), [b"hello", b"hello"]);
    assert_eq!((proxy.accepted(), proxy.most_open()), (2, 2));
    assert_eq!((proxy.up_bytes(), proxy.down_bytes()), (10, 2 * (GREETING.len() as u64 + 5)));
}

#[test]
fn bytes_are_turned_doubled_and_sliced_where_the_plan_says() {
    let behind = || Way::clean().behind("\r\n\r\n");
    let cases = [
        (Way::clean().flip(0), "iead\r\n\r\n0123456789"),
        (behind().flip(1), "head\r\n\r\n0023456789"),
        (behind().dup(2, 3), "head\r\n\r\n0123423456789"),
        (behind().slice(1).flip(9), "head\r\n\r\n0123456788"),
        (behind().limit_data(3, End::Fin), "head\r\n\r\n012"),
        (behind().limit_data(0, End::Fin), "head\r\n\r\n"),
        (Way::clean().limit_data(4, End::Fin), "head"),
        (Way::clean().limit_data(0, End::Fin), ""),
        (Way::clean().half_close(5), "head\r"),
        (Way::clean().idle(Duration::from_millis(50)), "head\r\n\r\n0123456789"),
    ];
    for (way, expected) in cases {
        let shown = format!("{way:?}");
        let (heard, end) = greeted(Plan::clean().down(way));
        assert_eq!(String::from_utf8(heard).unwrap(), expected, "{shown}");
        end.unwrap();
    }
}

#[test]
fn a_reset_is_a_reset() {
    let (server, _echo) = echo(1);
    let proxy = FaultProxy::each(server.to_string(), Plan::clean().down(Way::clean().limit_data(3, End::Rst)));
    // What came before a reset may be lost with it.
    let (heard, end) = hear(&connect(&proxy));
    assert!(b"hea".starts_with(&heard), "{heard:?}");
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
}

#[test]
fn a_stall_says_nothing_and_lets_the_client_leave() {
    let (server, echo) = echo(1);
    let proxy = FaultProxy::each(server.to_string(), Plan::clean().down(Way::clean().stall(3)));
    let mut stream = connect(&proxy);
    let mut first = [0; 3];
    stream.read_exact(&mut first).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    assert_eq!(stream.read(&mut first).unwrap_err().kind(), io::ErrorKind::WouldBlock);
    drop(stream);
    assert_eq!(echo.join().unwrap(), [b""]);
}

#[test]
fn an_upload_is_cut_where_the_plan_says() {
    let (server, echo) = echo(2);
    let proxy = FaultProxy::first(server.to_string(), Plan::clean().up(Way::clean().limit_data(3, End::Rst)));
    let mut first = connect(&proxy);
    first.write_all(b"hello").unwrap();
    assert_eq!(hear(&first).1.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    let mut second = connect(&proxy);
    second.write_all(b"hello").unwrap();
    second.shutdown(Shutdown::Write).unwrap();
    hear(&second).1.unwrap();
    assert_eq!(echo.join().unwrap(), [&b"hel"[..], b"hello"]);
}

#[test]
fn half_closed_the_other_way_stays_open() {
    let (server, echo) = echo(1);
    let proxy = FaultProxy::each(server.to_string(), Plan::clean().down(Way::clean().half_close(4)));
    let mut stream = connect(&proxy);
    let (heard, end) = hear(&stream);
    assert_eq!(heard, b"head");
    end.unwrap();
    stream.write_all(b"still").unwrap();
    drop(stream);
    assert_eq!(echo.join().unwrap(), [b"still"]);
}

#[test]
fn delays_and_bandwidth_take_their_time() {
    let delayed = Plan::clean().down(Way::clean().delay(Duration::from_millis(80)));
    let slow = Plan::clean().down(Way::clean().bandwidth(200));
    for plan in [delayed, slow] {
        let started = Instant::now();
        let (heard, end) = greeted(plan.clone());
        assert_eq!(heard, GREETING);
        end.unwrap();
        assert!(started.elapsed() >= Duration::from_millis(60), "{plan:?}: {:?}", started.elapsed());
    }
}

#[test]
fn an_image_passes_whole() {
    let (env, registry, image) = (TestEnv::new(), Registry::start(), Artifact::image(2000).build());
    registry.add("image", "v1", &image);
    let proxy = FaultProxy::each(registry.host(), Plan::clean().down(Way::clean().slice(700)));
    env.rcr(["pull", &proxy.reference("image:v1")]).success();
    env.store_verify();
    assert!(proxy.accepted() >= 1 && proxy.down_bytes() > 5000, "{} {}", proxy.accepted(), proxy.down_bytes());
}
