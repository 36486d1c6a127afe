//! A push that ends before its time, and the push after it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crate::support::images::digest_of;
use crate::support::{Artifact, Distribution, Registry, Reply, TestEnv};

const MIB: usize = 1024 * 1024;

/// What a registry holds whose sessions keep every byte from the moment that it arrives.
#[derive(Default)]
struct State {
    sessions: BTreeMap<String, Vec<u8>>,
    blobs: BTreeMap<String, usize>,
    /// Method and path of each request.
    log: Vec<String>,
    /// Bytes of bodies that arrived.
    received: usize,
    /// Nothing is read beyond so many bytes.
    limit: Option<usize>,
    /// What is put behind the path of a session.
    query: &'static str,
}

/// The registry, on a port of its own. Its threads end with the process.
#[derive(Clone, Default)]
struct Keeping(Arc<(Mutex<State>, Condvar)>);

impl Keeping {
    fn start() -> (Self, String) {
        let (registry, socket) = (Self::default(), TcpListener::bind("127.0.0.1:0").unwrap());
        let host = socket.local_addr().unwrap().to_string();
        let served = registry.clone();
        thread::spawn(move || {
            for stream in socket.incoming() {
                let served = served.clone();
                // A client that goes away is what the tests are about.
                thread::spawn(move || served.serve(&stream.unwrap()).unwrap_or_default());
            }
        });
        (registry, host)
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.0.lock().unwrap()
    }

    fn change(&self, how: impl FnOnce(&mut State)) {
        how(&mut self.state());
        self.0.1.notify_all();
    }

    #[track_caller]
    fn wait(&self, until: impl Fn(&State) -> bool) {
        let timeout = Duration::from_secs(60);
        let (state, late) = self.0.1.wait_timeout_while(self.state(), timeout, |state| !until(state)).unwrap();
        assert!(!late.timed_out(), "it did not come to it: {:?}", state.log);
    }

    fn serve(&self, stream: &TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream);
        if reader.fill_buf()?.first() == Some(&0x16) {
            // A client that tries TLS learns that it is not spoken here.
            return (&mut &*stream).write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
        }
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let mut words = line.split(' ');
            let (method, target) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
            let (mut length, mut start) = (0, None);
            loop {
                let mut header = String::new();
                reader.read_line(&mut header)?;
                let Some((name, value)) = header.trim().split_once(':') else { break };
                match name.to_ascii_lowercase().as_str() {
                    "content-length" => length = value.trim().parse().unwrap(),
                    "content-range" => start = value.trim().split('-').next().unwrap().parse().ok(),
                    _ => {}
                }
            }
            self.change(|state| state.log.push(format!("{method} {target}")));
            let reply = self.answer(&method, &target, length, start, &mut reader)?;
            (&mut &*stream).write_all(reply.as_bytes())?;
        }
    }

    fn answer(
        &self,
        method: &str,
        target: &str,
        length: usize,
        start: Option<usize>,
        body: &mut impl Read,
    ) -> std::io::Result<String> {
        let path = target.split('?').next().unwrap();
        let session = path.rsplit('/').next().unwrap().to_owned();
        let done = |status: &str, headers: &str| Ok(format!("HTTP/1.1 {status}\r\n{headers}Content-Length: 0\r\n\r\n"));
        if method == "POST" {
            let mut state = self.state();
            let name = format!("session-{}", state.log.len());
            state.sessions.insert(name.clone(), Vec::new());
            let location = format!("Location: {path}{name}{}\r\n", state.query);
            return done("202 Accepted", &location);
        }
        if path.contains("/manifests/") {
            body.read_exact(&mut vec![0; length])?;
            return done("201 Created", "");
        }
        if method == "HEAD" {
            let held = self.state().blobs.contains_key(&session);
            return done(if held { "200 OK" } else { "404 Not Found" }, "");
        }
        let known = self.state().sessions.get(&session).map(Vec::len);
        let Some(known) = known else { return done("404 Not Found", "") };
        match method {
            "DELETE" => {
                self.change(|state| drop(state.sessions.remove(&session)));
                return done("204 No Content", "");
            }
            "PATCH" if start.unwrap_or(0) != known => return done("416 Range Not Satisfiable", ""),
            _ => {}
        }
        self.take(&session, length, body)?;
        let Some(kept) = self.state().sessions.get(&session).map(Vec::len) else {
            return done("404 Not Found", "");
        };
        let range = format!("Range: 0-{}\r\n", kept.saturating_sub(1));
        match method {
            "GET" => done("204 No Content", &range),
            "PATCH" => done("202 Accepted", &range),
            _ => {
                let bytes = self.state().sessions.remove(&session).unwrap_or_default();
                let digest = digest_of(&bytes);
                if !target.contains(&digest.replace(':', "%3A")) {
                    return done("400 Bad Request", "");
                }
                self.change(|state| {
                    state.blobs.insert(digest, bytes.len());
                });
                done("201 Created", "")
            }
        }
    }

    /// Reads a body into its session, and stops where the limit is until that is lifted.
    fn take(&self, session: &str, length: usize, body: &mut impl Read) -> std::io::Result<()> {
        let mut buffer = vec![0; 64 * 1024];
        let mut left = length;
        while left > 0 {
            let state = self.state();
            let at_limit = |state: &mut State| state.limit.is_some_and(|limit| state.received >= limit);
            drop(self.0.1.wait_while(state, at_limit).unwrap());
            let most = left.min(buffer.len());
            let count = body.read(&mut buffer[..most])?;
            if count == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            left -= count;
            self.change(|state| {
                state.received += count;
                if let Some(kept) = state.sessions.get_mut(session) {
                    kept.extend_from_slice(&buffer[..count]);
                }
            });
        }
        Ok(())
    }
}

/// A store with an image of one large layer, under the returned name.
fn stored(seed: u64, size: usize) -> (TestEnv, String, Artifact) {
    let image = Artifact::image(seed).layers(&[size]).build();
    let origin = Registry::start();
    origin.add("image", "v1", &image);
    let (env, source) = (TestEnv::new(), origin.reference("image:v1"));
    env.rcr(["pull", &source]).success();
    (env, source, image)
}

fn remembered(env: &TestEnv) -> Vec<std::path::PathBuf> {
    let files = fs::read_dir(env.store().join(".rcr/uploads")).into_iter().flatten();
    files.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn killed_at_90_percent_a_push_sends_the_rest_the_next_time() {
    let (env, source, image) = stored(1620, 40 * MIB);
    let (registry, host) = Keeping::start();
    let size = image.blobs[1].bytes.len();
    let stop = size / 10 * 9;
    registry.change(|state| state.limit = Some(stop));
    let mut push = env.spawn(["push", &source, &format!("{host}/copy:v1")]);
    registry.wait(|state| state.received >= stop);
    push.kill();
    push.wait();

    let files = remembered(&env);
    assert_eq!(files.len(), 1, "{files:?}");
    assert_eq!(fs::metadata(&files[0]).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&files[0]).unwrap();
    let path = text.strip_prefix(&format!("{host}/copy\n")).unwrap().trim_end().to_owned();
    assert!(path.starts_with("/v2/copy/blobs/uploads/session-"), "{text}");

    registry.change(|state| {
        state.limit = None;
        state.received = 0;
        state.log.clear();
    });
    env.rcr(["push", &source, &format!("{host}/copy:v1")]).success();
    let state = registry.state();
    let sent_again = state.received;
    assert!(sent_again <= size / 100 * 12, "{sent_again} of {size}");
    assert_eq!(state.blobs[&image.blobs[1].digest()], size);
    assert!(state.log.contains(&format!("GET {path}")), "{:?}", state.log);
    assert_eq!(remembered(&env), Vec::<std::path::PathBuf>::new(), "it is done, and forgotten");
    env.store_verify();
}

#[test]
fn a_session_that_is_gone_is_replaced_without_a_word() {
    let (env, source, image) = stored(1621, 20 * MIB);
    let (registry, host) = Keeping::start();
    registry.change(|state| state.limit = Some(10 * MIB));
    let mut push = env.spawn(["push", &source, &format!("{host}/copy:v1")]);
    registry.wait(|state| state.received >= 10 * MIB);
    push.kill();
    push.wait();
    assert_eq!(remembered(&env).len(), 1);
    registry.change(|state| {
        state.sessions.clear();
        state.limit = None;
    });
    let output = env.rcr(["push", "--progress", "plain", &source, &format!("{host}/copy:v1")]).success();
    assert!(!output.stderr.to_lowercase().contains("retry"), "{output}");
    assert_eq!(registry.state().blobs[&image.blobs[1].digest()], image.blobs[1].bytes.len());
    assert_eq!(remembered(&env), Vec::<std::path::PathBuf>::new());
}

#[test]
fn a_signed_location_is_written_nowhere() {
    let (env, source, _image) = stored(1622, 20 * MIB);
    let (registry, host) = Keeping::start();
    registry.change(|state| {
        state.limit = Some(10 * MIB);
        state.query = "?_state=s3cret-marker-of-the-session";
    });
    env.secret("s3cret-marker-of-the-session");
    let mut push = env.spawn(["push", "-vvv", &source, &format!("{host}/copy:v1")]);
    registry.wait(|state| state.received >= 10 * MIB);
    push.kill();
    // The leak oracle looks at every file of the store, and at what was logged.
    push.wait();
    registry.change(|state| state.limit = None);
    env.rcr(["push", &source, &format!("{host}/copy:v1")]).success();
}

#[test]
fn a_push_that_is_interrupted_takes_leave_of_what_nobody_goes_on_with() {
    for (size, signal, code, farewell) in [(100_000, "INT", 130, true), (20 * MIB, "TERM", 143, false)] {
        let (env, source, image) = stored(1623, size);
        let (registry, host) = Keeping::start();
        let stop = size / 2;
        registry.change(|state| state.limit = Some(stop));
        let push = env.spawn(["push", &source, &format!("{host}/copy:v1")]);
        registry.wait(|state| state.received >= stop);
        push.signal(signal);
        push.wait().code(code);
        let deleted = registry.state().log.iter().any(|line| line.starts_with("DELETE /v2/copy/blobs/uploads/"));
        assert_eq!((deleted, remembered(&env).is_empty()), (farewell, farewell), "{size}");
        registry.change(|state| {
            state.limit = None;
            state.received = 0;
        });
        env.rcr(["push", &source, &format!("{host}/copy:v1")]).success();
        let state = registry.state();
        assert_eq!(state.blobs[&image.blobs[1].digest()], image.blobs[1].bytes.len());
        assert!(farewell || state.received < size / 3 * 2, "it goes on: {}", state.received);
    }
}

#[test]
fn a_push_that_fails_takes_leave_of_what_nobody_goes_on_with() {
    for is_noted in [true, false] {
        let (env, source, _image) = stored(1625, 20 * MIB);
        if !is_noted {
            fs::write(env.store().join(".rcr/uploads"), "in its place").unwrap();
        }
        let busy = Reply::status(503).header("retry-after", "100000");
        let without_query = |mut reply: Reply| {
            for (_, value) in reply.headers.iter_mut().filter(|(name, _)| name == "location") {
                value.truncate(value.find('?').unwrap_or(value.len()));
            }
            reply
        };
        let registry = Registry::builder()
            .spoil(usize::MAX, |request| request.path.contains("/blobs/uploads/"), without_query)
            .fail(usize::MAX, |request| request.method == "PATCH", busy)
            .start();
        env.rcr(["push", "--retries", "0", &source, &registry.reference("copy:v1")]).code(5);
        let deleted = registry.log().iter().any(|request| request.method == "DELETE");
        assert_eq!((deleted, remembered(&env).len()), (!is_noted, usize::from(is_noted)), "{registry:?}");
    }
}

/// How many bytes came from the client, and how many may.
type Passed = Arc<(Mutex<(usize, usize)>, Condvar)>;

/// Passes bytes on to `far` until so many have come from the client, and tells so.
fn relay_up_to(limit: usize, far: String) -> (String, Passed) {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let host = socket.local_addr().unwrap().to_string();
    let passed = Arc::new((Mutex::new((0, limit)), Condvar::new()));
    let count = Arc::clone(&passed);
    thread::spawn(move || {
        for near in socket.incoming() {
            let (near, far) = (near.unwrap(), TcpStream::connect(&far).unwrap());
            let (mut back, mut answers) = (near.try_clone().unwrap(), far.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut answers, &mut back));
            let (mut near, mut far, count) = (near, far, Arc::clone(&count));
            thread::spawn(move || {
                let mut buffer = vec![0; 64 * 1024];
                while let Ok(read @ 1..) = near.read(&mut buffer) {
                    far.write_all(&buffer[..read]).unwrap_or_default();
                    let mut passed = count.0.lock().unwrap();
                    passed.0 += read;
                    count.1.notify_all();
                    drop(count.1.wait_while(passed, |(passed, limit)| passed >= limit).unwrap());
                }
                far.shutdown(std::net::Shutdown::Both).unwrap_or_default();
            });
        }
    });
    (host, passed)
}

#[test]
fn a_real_registry_that_keeps_nothing_is_sent_everything_without_a_word() {
    // CNCF Distribution knows the length of a session by a token of its last whole answer, and gives up a session that
    // has more bytes than that: nothing survives a client that is killed while it sends.
    let (env, source, _image) = stored(1624, 20 * MIB);
    let registry = Distribution::start();
    let (host, passed) = relay_up_to(15 * MIB, registry.host());
    let destination = format!("{host}/copy:v1");
    let mut push = env.spawn(["push", &source, &destination]);
    let until = passed.1.wait_timeout_while(passed.0.lock().unwrap(), Duration::from_secs(60), |(n, limit)| n < limit);
    assert!(!until.unwrap().1.timed_out());
    push.kill();
    push.wait();
    passed.0.lock().unwrap().1 = usize::MAX;
    passed.1.notify_all();
    assert_eq!(remembered(&env), Vec::<std::path::PathBuf>::new(), "its sessions cannot be gone on with");
    let output = env.rcr(["push", "--progress", "plain", &source, &destination]).success();
    assert!(!output.stderr.to_lowercase().contains("retry"), "{output}");
    let other = TestEnv::new();
    other.rcr(["pull", &registry.reference("copy:v1")]).success();
    other.store_verify();
}
