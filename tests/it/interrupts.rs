//! SIGINT and SIGTERM, whatever the program is doing: it ends soon, holds nothing, and what has arrived is kept.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::support::aftermath::{Aftermath, Change};
use crate::support::process::{Output, Running};
use crate::support::{Artifact, Cut, Registry, Reply, Request, TestEnv};

/// What is promised, on a machine that has time for it.
const SOON: Duration = Duration::from_secs(2);
const SIGNALS: [(&str, i32); 2] = [("INT", 130), ("TERM", 143)];

fn wait_until(mut what: impl FnMut() -> bool) {
    let started = Instant::now();
    while !what() {
        assert!(started.elapsed() < Duration::from_secs(20), "it does not come to that");
        thread::sleep(Duration::from_millis(5));
    }
}

fn is_blob(request: &Request) -> bool {
    request.method == "GET" && request.path.contains("/blobs/sha256:")
}

fn is_manifest(request: &Request) -> bool {
    request.method == "GET" && request.path.contains("/manifests/")
}

/// The time that is promised, and more where the machine is busy: as long as some starts of the program take now.
fn soon(env: &TestEnv) -> Duration {
    SOON + env.rcr(["version"]).success().elapsed * 20
}

/// Sends the signal, and expects the end within the time that is promised.
#[track_caller]
fn stop(env: &TestEnv, running: Running<'_>, (signal, code): (&str, i32)) -> Output {
    let sent = Instant::now();
    running.signal(signal);
    let output = running.wait();
    let took = sent.elapsed();
    assert!(took < soon(env), "SIG{signal}: it took {took:?}\n{output}");
    assert!(!output.stderr.contains("panicked"), "{output}");
    output.code(code)
}

/// A store with one image, so that there is something to lose.
fn filled(registry: &Registry, seed: u64) -> TestEnv {
    registry.add("kept", "v1", &Artifact::image(seed).build());
    let env = TestEnv::new();
    env.rcr(["-q", "pull", &registry.reference("kept:v1")]).success();
    env
}

#[test]
fn fault_106_a_pull_is_stopped_at_random_moments() {
    let seed = fastrand::u64(..);
    let mut dice = fastrand::Rng::with_seed(seed);
    let slow = |reply: Reply| reply.delayed(Duration::from_millis(10));
    let registry = Registry::builder().spoil(usize::MAX, is_blob, slow).start();
    let env = filled(&registry, 1000);
    let mut whole = Duration::from_millis(300);
    for round in 0..6_u8 {
        let image = Artifact::image(1001 + u64::from(round)).layers(&[300_000, 400_000, 5000]).build();
        registry.add("stopped", "v1", &image);
        let name = registry.reference("stopped:v1");
        let change = Change { name: name.clone(), to: Some(image.digest()) };
        let aftermath = Aftermath::new(&env, &env.store());
        let (signal, code) = SIGNALS[usize::from(round % 2)];
        let pull = env.spawn(["pull", &name]);
        thread::sleep(whole.mul_f64(dice.f64()));
        let sent = Instant::now();
        pull.signal(signal);
        let output = pull.wait();
        let took = sent.elapsed();
        assert!(took < soon(&env), "seed {seed}, round {round}: {output}");
        // Before the handler is there the signal ends the process by itself; after the end there is nothing to stop.
        assert!(output.exit().is_none_or(|exit| exit == 0 || exit == code), "seed {seed}, round {round}: {output}");
        aftermath
            .judge(Some(&change), output.exit() == Some(0))
            .unwrap_or_else(|wrong| panic!("seed {seed}, round {round}: {wrong}\n{output}"));
        let again = env.rcr(["pull", &name]).success();
        whole = again.elapsed.max(Duration::from_millis(100));
        aftermath.judge(Some(&change), true).unwrap_or_else(|wrong| panic!("seed {seed}, round {round}: {wrong}"));
    }
}

#[test]
fn fault_106_a_push_is_stopped_at_random_moments() {
    let seed = fastrand::u64(..);
    let mut dice = fastrand::Rng::with_seed(seed);
    let slow = |reply: Reply| reply.delayed(Duration::from_millis(10));
    let registry = Registry::builder().spoil(usize::MAX, |request| request.path.contains("/uploads/"), slow).start();
    let image = Artifact::image(1020).layers(&[300_000, 400_000, 5000]).build();
    registry.add("from", "v1", &image);
    let (env, from) = (TestEnv::new(), registry.reference("from:v1"));
    env.rcr(["-q", "pull", &from]).success();
    let mut whole = Duration::from_millis(300);
    for round in 0..6 {
        let repository = format!("to-{round}");
        let to = registry.reference(&format!("{repository}:v1"));
        let aftermath = Aftermath::new(&env, &env.store());
        let (signal, code) = SIGNALS[round % 2];
        let push = env.spawn(["push", &from, &to]);
        thread::sleep(whole.mul_f64(dice.f64()));
        let sent = Instant::now();
        push.signal(signal);
        let output = push.wait();
        let took = sent.elapsed();
        assert!(took < soon(&env), "seed {seed}, round {round}: {output}");
        assert!(output.exit().is_none_or(|exit| exit == 0 || exit == code), "seed {seed}, round {round}: {output}");
        aftermath.judge(None, true).unwrap_or_else(|wrong| panic!("seed {seed}, round {round}: {wrong}\n{output}"));
        let tagged = registry.tag(&repository, "v1").is_some();
        assert!(!tagged || registry.holds(&repository, &image), "seed {seed}, round {round}: an incomplete image");
        whole = env.rcr(["push", &from, &to]).success().elapsed.max(Duration::from_millis(100));
        assert!(registry.holds(&repository, &image), "seed {seed}, round {round}");
    }
}

/// Waits until the program waits, and not only for a moment.
fn wait_until_it_waits(running: &Running<'_>) {
    let mut since = Instant::now();
    wait_until(|| {
        if !running.is_waiting() {
            since = Instant::now();
        }
        since.elapsed() > Duration::from_millis(100)
    });
}

/// Stops a pull that waits for a lock which this process holds, after it has sent so many requests.
fn stops_while_waiting(lock: impl Fn(&Artifact) -> String, requests: usize) {
    for (round, signal) in SIGNALS.into_iter().enumerate() {
        let registry = Registry::start();
        let env = filled(&registry, 1030);
        registry.forget();
        let image = Artifact::image(1031 + round as u64).layers(&[30_000]).build();
        registry.add("new", "v1", &image);
        let name = registry.reference("new:v1");
        let path = env.store().join(".rcr/lock").join(lock(&image));
        let file = File::options().write(true).create(true).truncate(false).open(&path).unwrap();
        file.lock().unwrap();
        let aftermath = Aftermath::new(&env, &env.store());
        let pull = env.spawn(["pull", &name]);
        wait_until(|| registry.log().len() >= requests);
        wait_until_it_waits(&pull);
        assert_eq!(registry.log().len(), requests, "{registry:?}");
        stop(&env, pull, signal);
        drop(file);
        let change = Change { name: name.clone(), to: Some(image.digest()) };
        aftermath.judge(Some(&change), false).unwrap();
        env.rcr(["pull", &name]).success();
        aftermath.judge(Some(&change), true).and_then(|()| aftermath.swept()).unwrap();
    }
}

#[test]
fn fault_106_a_wait_for_the_store_lock_is_stopped() {
    stops_while_waiting(|_| "store".to_owned(), 0);
}

#[test]
fn fault_106_a_wait_for_the_lock_of_a_blob_is_stopped() {
    // The manifest and the configuration come, the layer does not.
    stops_while_waiting(|image| format!("sha256-{}", image.layers()[0].hex()), 2);
}

#[test]
fn fault_106_a_wait_for_the_index_lock_is_stopped() {
    stops_while_waiting(|_| "index".to_owned(), 3);
}

#[test]
fn fault_106_a_wait_of_the_first_thread_is_stopped() {
    for signal in SIGNALS {
        let env = TestEnv::new();
        // Somebody else is making the store.
        let path = env.write("data/rcr/.rcr/lock/index", "");
        let file = File::open(&path).unwrap();
        file.lock().unwrap();
        let pull = env.spawn(["pull", "127.0.0.1:9/new:v1"]);
        wait_until_it_waits(&pull);
        stop(&env, pull, signal);
    }
}

#[test]
fn fault_106_a_wait_for_a_retry_after_is_stopped() {
    for signal in SIGNALS {
        for when in [is_manifest as fn(&Request) -> bool, is_blob] {
            let busy = Reply::error(429, "TOOMANYREQUESTS", "slow down").header("retry-after", "20");
            let registry = Registry::builder().fail(1, when, busy).start();
            registry.add("busy", "v1", &Artifact::image(1040).build());
            let (env, name) = (TestEnv::new(), registry.reference("busy:v1"));
            let pull = env.spawn(["pull", &name]);
            wait_until(|| registry.log().iter().any(when));
            wait_until_it_waits(&pull);
            stop(&env, pull, signal);
            env.store_verify();
            env.rcr(["pull", &name]).success();
        }
    }
}

#[test]
fn fault_106_a_silent_server_does_not_keep_it() {
    type Silence = (fn(&Request) -> bool, fn(Reply) -> Reply);
    for signal in SIGNALS {
        let silences: [Silence; 3] = [
            (is_manifest, |reply| reply.delayed(Duration::MAX)),
            (is_blob, |reply| reply.delayed(Duration::MAX)),
            (is_blob, |reply| reply.cut(100, Cut::Stall)),
        ];
        for (when, how) in silences {
            let registry = Registry::builder().spoil(1, when, how).start();
            registry.add("silent", "v1", &Artifact::image(1041).build());
            let (env, name) = (TestEnv::new(), registry.reference("silent:v1"));
            let pull = env.spawn(["pull", &name]);
            wait_until(|| registry.log().iter().any(when));
            wait_until_it_waits(&pull);
            stop(&env, pull, signal);
            env.store_verify();
            env.rcr(["pull", &name]).success();
        }
    }
}

#[test]
fn fault_106_what_has_arrived_is_not_fetched_again() {
    for signal in SIGNALS {
        let image = Artifact::image(1042).layers(&[4_000_000]).build();
        let (layer, size) = (image.layers()[0].digest(), image.layers()[0].bytes.len());
        let cut = size * 9 / 10;
        // What lies behind the cut does not come in the first run, whoever asks for it.
        let (stalls, served) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let (stalling, counted, path_end) = (Arc::clone(&stalls), Arc::clone(&served), layer.clone());
        let spoil = move |request: &Request, reply: Reply| {
            if !request.path.ends_with(&path_end) {
                return reply;
            }
            let (start, length) = (request.range_start().unwrap_or(0), reply.body.len());
            let before = cut.saturating_sub(start).min(length);
            if stalling.load(Ordering::SeqCst) && before < length {
                return reply.cut(before, Cut::Stall);
            }
            counted.fetch_add(length, Ordering::SeqCst);
            reply
        };
        let registry = Registry::builder().after(spoil).start();
        registry.add("large", "v1", &image);
        let (env, name) = (TestEnv::new(), registry.reference("large:v1"));
        let pull = env.spawn(["pull", &name]);
        wait_until(|| registry.count("GET", &layer) > 0);
        wait_until_it_waits(&pull);
        stop(&env, pull, signal).stderr_has("what has arrived is kept");
        env.store_verify();
        stalls.store(false, Ordering::SeqCst);
        served.store(0, Ordering::SeqCst);
        env.rcr(["pull", &name]).success();
        let again = served.load(Ordering::SeqCst);
        // A tenth is missing, and what was on its way when the signal came.
        assert!((size - cut..=size / 5).contains(&again), "{again} of {size} bytes were sent again");
    }
}

#[test]
fn fault_106_a_second_signal_ends_it_at_once() {
    for signal in SIGNALS {
        // The thread that waits for the lock is given about a second to end. On a busy machine "at once" may take as
        // long as that, once; not each time.
        let quickest = (0..4).map(|_| ends_after_a_second(signal)).find(|took| *took < Duration::from_millis(400));
        assert!(quickest.is_some(), "the second SIG{} changes nothing", signal.0);
    }
}

/// How long a pull takes to end after a second signal.
fn ends_after_a_second((signal, code): (&str, i32)) -> Duration {
    let registry = Registry::start();
    let env = filled(&registry, 1043);
    registry.forget();
    registry.add("new", "v1", &Artifact::image(1044).build());
    let name = registry.reference("new:v1");
    let file = File::options().write(true).open(env.store().join(".rcr/lock/index")).unwrap();
    file.lock().unwrap();
    let pull = env.spawn(["pull", &name]);
    wait_until(|| registry.log().len() >= 4);
    wait_until_it_waits(&pull);
    pull.signal(signal);
    thread::sleep(Duration::from_millis(100));
    let second = Instant::now();
    pull.signal(signal);
    let output = pull.wait();
    let took = second.elapsed();
    assert!(output.exit().is_none_or(|exit| exit == code), "{output}");
    drop(file);
    env.store_verify();
    env.rcr(["pull", &name]).success();
    took
}

#[test]
fn fault_106_a_push_to_a_silent_registry_is_stopped() {
    for signal in SIGNALS {
        let is_put = |request: &Request| request.method == "PUT" && request.path.contains("/uploads/session-");
        let registry = Registry::builder().spoil(1, is_put, |reply| reply.delayed(Duration::MAX)).start();
        registry.add("from", "v1", &Artifact::image(1045).layers(&[50_000]).build());
        let (env, from) = (TestEnv::new(), registry.reference("from:v1"));
        env.rcr(["-q", "pull", &from]).success();
        let push = env.spawn(["push", &from, &registry.reference("to:v1")]);
        wait_until(|| registry.log().iter().any(is_put));
        stop(&env, push, signal);
        env.store_verify();
        env.rcr(["push", &from, &registry.reference("to:v1")]).success();
    }
}
