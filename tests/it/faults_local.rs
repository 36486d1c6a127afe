//! The machine as the fault: little space, strange file systems, clocks, limits and users.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use serde_json::json;

use crate::support::aftermath::{Aftermath, Change, names};
use crate::support::leak::files_under;
use crate::support::process::{Output, Run, Running};
use crate::support::{Artifact, Cut, Registry, Reply, Request, TestEnv, strace};

const RCR: &str = env!("CARGO_BIN_EXE_rcr");
const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn wait_until(mut what: impl FnMut() -> bool) {
    let started = Instant::now();
    while !what() {
        assert!(started.elapsed() < Duration::from_secs(20), "it does not come to that");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A registry with `kept:v1`, an environment that has it in its store, and its name.
fn filled(seed: u64) -> (TestEnv, Registry, String) {
    let (env, registry) = (TestEnv::new(), Registry::start());
    registry.add("kept", "v1", &Artifact::image(seed).build());
    let name = registry.reference("kept:v1");
    env.rcr(["-q", "pull", &name]).success();
    (env, registry, name)
}

/// A shell with its own mounts. `$RCR`, `$STORE` and `$AWAY` are set: the program, the store and a directory.
fn with_mounts<'e>(env: &'e TestEnv, script: &str) -> Run<'e> {
    let away = env.root().join("away");
    fs::create_dir_all(&away).unwrap();
    fs::create_dir_all(env.store()).unwrap();
    let script = format!("set -u; fail() {{ echo \"cannot $*\" >&2; exit 99; }}\n{script}");
    let run = env.program("unshare", ["--map-root-user", "--mount", "sh", "-c", &script]);
    run.env("RCR", RCR).env("STORE", env.store()).env("AWAY", away)
}

/// Runs `command` in a store on a file system with so many free pages, for each number in turn. What it does not
/// achieve then, it does when there is room. The exit codes.
fn with_free_pages(env: &TestEnv, pages: &[u64], command: &str) -> (Vec<i32>, Output) {
    let pages = pages.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
    let script = format!(
        r#"
        mount -t tmpfs -o size=6m tmpfs "$AWAY" || fail "mount a file system here"
        cp -a "$STORE" "$AWAY/saved"
        S="$AWAY/store"
        for free in {pages}; do
            rm -rf "$S" "$AWAY/filler"; cp -a "$AWAY/saved" "$S"
            cat /dev/zero > "$AWAY/filler" 2> /dev/null
            truncate -s "-$((free * 4096))" "$AWAY/filler" || fail truncate
            "$RCR" --store "$S" {command}; code=$?
            echo "free $free: $code"
            "$RCR" --store "$S" store verify || fail "verify with $free pages"
            "$RCR" --store "$S" inspect "$KEPT" > /dev/null || fail "find the image that was there"
            rm "$AWAY/filler"
            "$RCR" --store "$S" {command} || fail "do it when there is room"
            "$RCR" --store "$S" store verify || fail "verify in the end"
        done"#
    );
    let kept = names(&env.store()).unwrap().into_keys().next().expect("a name");
    let output = with_mounts(env, &script).env("KEPT", kept).timeout(Duration::from_secs(60)).success();
    let codes = output.stdout.lines().filter_map(|line| line.strip_prefix("free ")?.rsplit(' ').next()?.parse().ok());
    (codes.collect(), output)
}

#[track_caller]
fn fails_until_there_is_room(codes: &[i32], output: &Output) {
    assert!(codes.iter().all(|code| [0, 9].contains(code)), "{codes:?}\n{output}");
    assert!(codes.contains(&9) && codes.last() == Some(&0), "{codes:?}\n{output}");
}

#[test]
fn fault_76_a_pull_into_any_amount_of_space() {
    let (env, registry, _) = filled(1100);
    registry.add("new", "v1", &Artifact::image(1101).layers(&[30_000, 200_000]).build());
    let pages = [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 30, 40, 50, 55, 58, 60, 62, 64, 66, 68, 70, 90, 500];
    let (codes, output) = with_free_pages(&env, &pages, &format!("-q pull {}", registry.reference("new:v1")));
    fails_until_there_is_room(&codes, &output);
}

#[test]
fn fault_76_a_push_needs_no_space() {
    let (env, registry, name) = filled(1102);
    let command = format!("-q push {name} {}", registry.reference("copy:v1"));
    let (codes, output) = with_free_pages(&env, &[0, 1, 2, 3, 4, 50], &command);
    assert!(codes.iter().all(|code| [0, 9].contains(code)) && codes.last() == Some(&0), "{codes:?}\n{output}");
}

#[test]
fn fault_77_no_space_for_the_index_leaves_the_old_one() {
    let (env, _registry, name) = filled(1103);
    // Long, so that the index needs a page more.
    let tag = format!("tag {name} local.test/{}:v1", ["long"; 30].join("/"));
    let (codes, output) = with_free_pages(&env, &[0, 1, 2, 3, 4, 50], &tag);
    fails_until_there_is_room(&codes, &output);
    let (codes, output) = with_free_pages(&env, &[0, 1, 2, 3, 50], "store gc --grace 0");
    assert!(codes.iter().all(|code| *code == 0), "a collection needs no space: {codes:?}\n{output}");
}

#[test]
fn fault_76_a_login_without_space_keeps_the_old_one() {
    let (env, _registry, _) = filled(1104);
    let host = Registry::start();
    let old = json!({"auths": {"other.test": {"auth": "Ym9iOmtlcHQ="}}}).to_string();
    let script = format!(
        r#"mount -t tmpfs -o size=64k tmpfs "$AWAY" || fail "mount a file system here"
        export DOCKER_CONFIG="$AWAY/docker"
        mkdir "$DOCKER_CONFIG"; echo '{old}' > "$DOCKER_CONFIG/config.json"
        cat /dev/zero > "$AWAY/filler" 2> /dev/null
        echo new-password | "$RCR" login -u alice --password-stdin {host}; [ $? = 9 ] || fail "fail as it should"
        [ "$(cat "$DOCKER_CONFIG/config.json")" = '{old}' ] || fail "find the old file"
        [ "$(ls -A "$DOCKER_CONFIG" | grep -v lock)" = config.json ] || fail "find it alone"
        rm "$AWAY/filler"
        echo new-password | "$RCR" login -u alice --password-stdin {host} || fail "log in when there is room"
        grep -q other.test "$DOCKER_CONFIG/config.json""#,
        host = host.host(),
    );
    with_mounts(&env, &script).success();
}

/// The files of a store that a pull has to do with, as strace names them.
fn places(env: &TestEnv, args: &[String]) -> Vec<PathBuf> {
    let (output, log) = strace::watch(env, args, b"");
    output.success();
    let mut places: Vec<_> = strace::points(&log, &log, &env.store()).into_iter().filter_map(|p| p.path).collect();
    places.sort();
    places.dedup();
    // Nothing interrupts the opening of a directory on a file system of Linux's own.
    places.retain(|path| !path.is_dir());
    fs::remove_dir_all(env.store()).unwrap();
    places
}

#[test]
fn fault_80_interrupted_calls_are_made_again() {
    let (env, registry) = (TestEnv::new(), Registry::start());
    let image = Artifact::image(1105).layers(&[300_000, 5000]).build();
    registry.add("new", "v1", &image);
    let args = ["pull".to_owned(), registry.reference("new:v1")];
    let places = places(&env, &args);
    let calls =
        ["openat", "read", "pread64", "write", "pwrite64", "writev", "pwritev", "fsync", "fdatasync", "ftruncate"];
    // Every other call, then two of three.
    for how in ["error=EINTR:when=1+2", "error=EINTR:when=1+3", "error=EINTR:when=2+3"] {
        let (output, log) = strace::tamper(&env, &args, b"", &calls, &places, how);
        assert!(log.matches("EINTR").count() > 10, "{how}: {log}");
        output.success();
        let aftermath = Aftermath::new(&env, &env.store());
        aftermath.judge(None, true).and_then(|()| aftermath.swept()).unwrap();
        assert_eq!(env.blobs(), image.hexes());
        fs::remove_dir_all(env.store()).unwrap();
    }
}

#[test]
fn fault_80_a_write_that_takes_nothing_is_no_loop() {
    let (env, registry) = (TestEnv::new(), Registry::start());
    registry.add("new", "v1", &Artifact::image(1106).layers(&[100_000]).build());
    let args = ["pull".to_owned(), registry.reference("new:v1")];
    let mut places = places(&env, &args);
    // What a lock file says does not matter.
    places.retain(|path| !path.starts_with(env.store().join(".rcr/lock")));
    let (output, log) = strace::tamper(&env, &args, b"", &["write", "pwrite64"], &places, "retval=0");
    assert!(log.contains("= 0 (INJECTED)"), "{log}");
    assert_eq!(output.exit(), Some(9), "{output}");
    env.rcr(&args).success();
    env.store_verify();
}

#[test]
fn fault_80_a_write_that_takes_a_part_is_no_loss() {
    let (env, registry, _) = filled(1107);
    let image = Artifact::image(1108).layers(&[200_000]).build();
    registry.add("new", "v1", &image);
    let change = Change { name: registry.reference("new:v1"), to: Some(image.digest()) };
    // A limit on the size of files makes the kernel take the first part of a write, and refuse the next.
    for blocks in [2, 33, 101, 256, 390] {
        let aftermath = Aftermath::new(&env, &env.store());
        let script = format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$RCR\" pull \"$REF\"");
        let run = env.program("sh", ["-c", &script]).env("RCR", RCR).env("REF", &change.name);
        let output = run.run();
        assert_eq!(output.exit(), Some(9), "{output}");
        aftermath.judge(Some(&change), false).unwrap();
    }
    let aftermath = Aftermath::new(&env, &env.store());
    env.rcr(["pull", &change.name]).success();
    aftermath.judge(Some(&change), true).and_then(|()| aftermath.swept()).unwrap();
}

/// A registry that sends half of one layer and then nothing, once; and a pull of it that has come so far.
fn half_way<'e>(env: &'e TestEnv, image: &Artifact) -> (Registry, Running<'e>) {
    let digest = image.layers()[0].digest();
    let half = image.layers()[0].bytes.len() / 2;
    let is_layer = move |request: &Request| request.path.ends_with(&digest);
    let registry = Registry::builder().spoil(1, is_layer, move |reply| reply.cut(half, Cut::Stall)).start();
    registry.add("held", "v1", image);
    let first = env.spawn(["pull", &registry.reference("held:v1")]);
    wait_until(|| registry.count("GET", &image.layers()[0].digest()) == 1);
    (registry, first)
}

#[test]
fn fault_85_the_lock_of_a_killed_process_is_taken_over_at_once() {
    let env = TestEnv::new();
    let image = Artifact::image(1110).layers(&[100_000]).build();
    let (registry, mut first) = half_way(&env, &image);
    let layer = image.layers()[0].digest();
    let second = env.spawn(["pull", &registry.reference("held:v1")]);
    wait_until(|| registry.count("GET", "/manifests/v1") == 2);
    wait_until(|| second.is_waiting());
    assert_eq!(registry.count("GET", &layer), 1, "the second waits for the first: {registry:?}");
    first.kill();
    first.wait();
    let killed = Instant::now();
    second.wait().success();
    // It would wait five minutes for a lock that somebody holds.
    assert!(killed.elapsed() < Duration::from_secs(10), "{:?}", killed.elapsed());
    env.store_verify();
}

#[test]
fn fault_85_a_process_that_is_stopped_is_waited_for() {
    let env = TestEnv::new();
    let image = Artifact::image(1111).layers(&[100_000]).build();
    let digest = image.layers()[0].digest();
    let is_layer = move |request: &Request| request.path.ends_with(&digest);
    let pause = |reply: Reply| reply.cut(5000, Cut::Pause(Duration::from_millis(300)));
    let registry = Registry::builder().spoil(1, is_layer, pause).start();
    registry.add("held", "v1", &image);
    let name = registry.reference("held:v1");
    let first = env.spawn(["pull", &name]);
    wait_until(|| registry.count("GET", &image.layers()[0].digest()) == 1);
    first.signal("STOP");
    let second = env.spawn(["pull", &name]);
    wait_until(|| registry.count("GET", "/manifests/v1") == 2);
    thread::sleep(Duration::from_millis(500));
    assert_eq!(registry.count("GET", &image.layers()[0].digest()), 1, "{registry:?}");
    first.signal("CONT");
    first.wait().success();
    second.wait().success();
    assert_eq!(registry.count("GET", &image.layers()[0].digest()), 1, "{registry:?}");
    env.store_verify();
}

#[test]
fn fault_86_a_pull_beside_a_collection_finds_everything() {
    let (env, registry, kept) = filled(1112);
    let image = Artifact::image(1113).layers(&[3000; 4]).build();
    registry.add("again", "v1", &image);
    let name = registry.reference("again:v1");
    env.rcr(["-q", "pull", &name]).success();
    env.rcr(["-q", "rmi", &name]).success();
    // The collection is slow to remove what the pull is about to use.
    let gc = ["store", "gc", "--grace", "0"].map(str::to_owned);
    thread::scope(|scope| {
        let slow = scope.spawn(|| strace::tamper(&env, &gc, b"", &["unlink", "unlinkat"], &[], "delay_enter=150000"));
        wait_until(|| env.blobs().len() < image.hexes().len() + 4);
        env.rcr(["pull", &name]).success();
        let (output, _) = slow.join().unwrap();
        output.success();
    });
    env.store_verify();
    assert_eq!(env.references().len(), 2);
    let destination = Registry::start();
    for (source, copy) in [(&name, "again:v1"), (&kept, "kept:v1")] {
        env.rcr(["push", source, &destination.reference(copy)]).success();
    }
    assert!(destination.holds("again", &image));
}

#[test]
fn fault_86_a_collection_waits_for_a_push_that_reads() {
    let (env, origin) = (TestEnv::new(), Registry::start());
    let image = Artifact::image(1114).layers(&[30_000; 4]).build();
    origin.add("read", "v1", &image);
    let name = origin.reference("read:v1");
    env.rcr(["-q", "pull", &name]).success();
    let slow = |reply: Reply| reply.delayed(Duration::from_millis(100));
    let registry = Registry::builder().spoil(usize::MAX, |request| request.path.contains("/uploads/"), slow).start();
    let mut push = env.spawn(["--concurrency", "1", "push", &name, &registry.reference("copy:v1")]);
    wait_until(|| registry.log().iter().any(|request| request.method == "POST"));
    // Nothing but the push needs the blobs any more.
    env.rcr(["rmi", &name]).success();
    let collection = env.spawn(["store", "gc", "--grace", "0"]);
    wait_until(|| collection.is_waiting());
    assert!(push.is_running(), "the push was too quick to be disturbed");
    assert!(image.hexes().iter().all(|hex| env.blobs().contains(hex)));
    push.wait().success();
    assert!(registry.holds("copy", &image));
    collection.wait().success();
    assert_eq!(env.blobs(), Vec::<String>::new());
    env.store_verify();
}

#[test]
fn fault_91_without_locks_it_warns_and_collects_nothing() {
    for error in ["ENOLCK", "EOPNOTSUPP"] {
        let (env, registry, kept) = filled(1115);
        registry.add("new", "v1", &Artifact::image(1116).build());
        let new = registry.reference("new:v1");
        let run = |args: &[&str]| {
            let args: Vec<_> = args.iter().map(|&arg| arg.to_owned()).collect();
            let (output, log) = strace::tamper(&env, &args, b"pass-word-1", &["flock"], &[], &format!("error={error}"));
            assert!(log.contains("(INJECTED)"), "{output}");
            output
        };
        run(&["pull", &new]).success().stderr_has("has no locks");
        run(&["tag", &new, "local.test/other:v1"]).success().stderr_has("has no locks");
        run(&["rmi", &new, "local.test/other:v1"]).success();
        // Without a lock, nobody knows whose the file is.
        env.was_killed();
        let blobs = env.blobs();
        let refused = run(&["store", "gc", "--grace", "0"]);
        assert_eq!(refused.exit(), Some(10), "{refused}");
        refused.hint_has("--assume-exclusive");
        assert_eq!(env.blobs(), blobs);
        run(&["store", "gc", "--grace", "0", "--assume-exclusive"]).success();
        assert!(env.blobs().len() < blobs.len());
        assert_eq!(env.references(), [kept]);
        env.store_verify();
        let host = registry.host();
        run(&["login", "-u", "alice", "--password-stdin", &host]).success().stderr_has("has no locks");
        assert!(env.docker_config_json()["auths"][host].is_object());
    }
}

#[test]
fn fault_92_blobs_on_another_mount_work_or_are_exit_9() {
    let (env, registry, kept) = filled(1117);
    registry.add("new", "v1", &Artifact::image(1118).build());
    let script = format!(
        r#"cp -a "$STORE/blobs" "$AWAY/blobs"
        mount --bind "$AWAY/blobs" "$STORE/blobs" || fail "mount a directory here"
        "$RCR" pull {new}; code=$?
        [ $code = 0 ] || [ $code = 9 ] || fail "end with $code"
        "$RCR" store verify || fail verify
        "$RCR" inspect {kept} > /dev/null || fail "find the image that was there"
        umount "$STORE/blobs" || fail "take the mount away"
        "$RCR" pull {new} && exec "$RCR" store verify"#,
        new = registry.reference("new:v1"),
    );
    with_mounts(&env, &script).success();
}

#[test]
fn fault_92_an_overlay_serves() {
    let (env, registry, kept) = filled(1119);
    registry.add("new", "v1", &Artifact::image(1120).build());
    registry.add("kept", "v1", &Artifact::image(1121).build());
    let script = format!(
        r#"mount -t tmpfs tmpfs "$AWAY" || fail "mount a file system here"
        mkdir "$AWAY/upper" "$AWAY/work"
        mount -t overlay overlay -o "lowerdir=$STORE,upperdir=$AWAY/upper,workdir=$AWAY/work" "$STORE" ||
            fail "mount an overlay here"
        "$RCR" pull {new} {kept} || fail pull
        "$RCR" tag {kept} local.test/other:v1 || fail tag
        "$RCR" rmi {new} || fail rmi
        "$RCR" store gc --grace 0 || fail collect
        "$RCR" store verify || fail verify
        "$RCR" inspect local.test/other:v1 > /dev/null"#,
        new = registry.reference("new:v1"),
    );
    let lower = files_under(&env.store()).len();
    with_mounts(&env, &script).success();
    assert_eq!(files_under(&env.store()).len(), lower, "what lies below is as it was");
    env.store_verify();
}

#[test]
fn fault_92_a_mount_without_execution_serves() {
    let (env, registry, _) = filled(1122);
    let script = format!(
        r#"mount -t tmpfs -o noexec,nosuid,nodev tmpfs "$STORE" || fail "mount a file system here"
        "$RCR" pull {} && exec "$RCR" store verify"#,
        registry.reference("kept:v1"),
    );
    with_mounts(&env, &script).success();
}

#[test]
fn fault_92_a_long_path_serves_or_is_exit_9() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(1123).build());
    let name = registry.reference("image:v1");
    let mut codes = Vec::new();
    // A blob's own part is 84 bytes long, a partial's a little longer; a path ends at 4095.
    for length in [1000, 3900, 3980, 4000, 4020, 4090, 5000] {
        let env = TestEnv::new();
        let mut store = env.root().join("store").into_os_string();
        while store.len() < length {
            store.push("/");
            store.push("d".repeat((length - store.len()).min(200)));
        }
        let store = PathBuf::from(store);
        let output = env.rcr(["--store"]).arg(&store).args(["pull", &name]).run();
        assert!(matches!(output.exit(), Some(0 | 9)), "{length}: {output}");
        assert!(!output.stderr.contains("panicked"), "{output}");
        if output.exit() == Some(0) {
            env.rcr(["--store"]).arg(&store).args(["store", "verify"]).success();
        } else {
            // Its names are too long to be looked at, too.
            env.store_stays_spoilt();
        }
        codes.extend(output.exit());
    }
    assert!(codes.first() == Some(&0) && codes.last() == Some(&9), "{codes:?}");
}

fn set_times(root: &Path, time: SystemTime) {
    for path in files_under(root) {
        fs::File::open(path).unwrap().set_modified(time).unwrap();
    }
}

#[test]
fn fault_93_times_of_another_year_harm_nothing() {
    for time in [SystemTime::now() + YEAR, SystemTime::now() - YEAR, SystemTime::UNIX_EPOCH] {
        let (env, registry, kept) = filled(1124);
        let image = Artifact::image(1125).build();
        registry.add("gone", "v1", &image);
        let gone = registry.reference("gone:v1");
        env.rcr(["-q", "pull", &gone]).success();
        env.rcr(["-q", "rmi", &gone]).success();
        set_times(&env.store(), time);
        env.rcr(["store", "gc"]).success();
        let young = image.hexes().iter().all(|hex| env.blobs().contains(hex));
        assert!(young, "what came just now is young, whatever its time stamp says");
        env.rcr(["pull", &gone, &kept]).success();
        env.store_verify();
        env.rcr(["rmi", &gone]).success();
        set_times(&env.store(), time);
        env.rcr(["store", "gc", "--grace", "0"]).success();
        assert!(image.layers().iter().all(|layer| !env.blobs().contains(&layer.hex())));
        assert_eq!(env.references(), [kept]);
        env.store_verify();
    }
}

#[test]
fn fault_93_a_server_in_another_time_is_asked_for_one_token() {
    for date in ["Sat, 01 Jan 2000 00:00:00 GMT", "Fri, 31 Dec 2049 23:59:59 GMT"] {
        let asked = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&asked);
        let issued = if date.contains("2000") { "2000-01-01T00:00:00Z" } else { "2049-12-31T23:59:59Z" };
        let tokens = crate::support::Server::start(crate::support::Listen::default(), move |_: &Request| {
            counted.fetch_add(1, Ordering::Relaxed);
            let body = json!({"token": "the-one-token", "expires_in": 300, "issued_at": issued}).to_string();
            Reply::ok(body).header("content-type", "application/json").header("date", date)
        });
        let challenge = format!("Bearer realm=\"{}/token\",service=\"test\"", tokens.origin());
        let registry = Registry::builder()
            .wants(&["Bearer the-one-token"], &challenge)
            .after(move |_: &Request, reply: Reply| reply.header("date", date))
            .start();
        registry.add("image", "v1", &Artifact::image(1126).layers(&[1000; 12]).build());
        let env = TestEnv::new();
        env.rcr(["pull", &registry.reference("image:v1")]).success();
        assert_eq!(asked.load(Ordering::Relaxed), 1, "{date}");
        env.store_verify();
    }
}

#[test]
fn fault_94_little_memory_to_address_is_no_deadlock() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(1127).layers(&[50_000; 12]).build());
    let name = registry.reference("image:v1");
    let mut codes = Vec::new();
    for kilobytes in [20_000, 40_000, 60_000, 80_000, 120_000, 200_000, 4_000_000] {
        let env = TestEnv::new();
        let script = format!("ulimit -v {kilobytes}; exec \"$RCR\" pull \"$REF\"");
        let output = env.program("sh", ["-c", &script]).env("RCR", RCR).env("REF", &name).run();
        // Where there is not even room to start, the loader or the allocator ends the process.
        codes.push((kilobytes, output.exit()));
        env.store_verify();
        env.rcr(["pull", &name]).success();
        env.store_verify();
    }
    assert_eq!(codes.last().unwrap().1, Some(0), "{codes:?}");
    eprintln!("{codes:?}");
}

#[test]
fn fault_94_one_processor_is_enough() {
    let registry = Registry::start();
    let image = Artifact::image(1128).layers(&[50_000; 12]).build();
    registry.add("image", "v1", &image);
    let (env, name) = (TestEnv::new(), registry.reference("image:v1"));
    env.program("taskset", ["--cpu-list", "0", RCR, "pull", &name]).success();
    env.program("taskset", ["--cpu-list", "0", RCR, "push", &name, &registry.reference("copy:v1")]).success();
    assert!(registry.holds("copy", &image));
    env.store_verify();
}

#[test]
fn fault_95_the_umask_rules_the_store_and_not_the_secrets() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for umask in [0o000, 0o022, 0o077, 0o777] {
        let registry = Registry::start();
        let image = Artifact::image(1129).build();
        registry.add("image", "v1", &image);
        let env = TestEnv::new();
        let script = format!("umask {umask:03o}; exec \"$RCR\" \"$@\"");
        let run = |args: &[&str]| {
            let run = env.program("sh", ["-c", &script, "sh"]).args(args).env("RCR", RCR).stdin("pass-word-1");
            run.success()
        };
        run(&["pull", &registry.reference("image:v1")]);
        run(&["login", "-u", "alice", "--password-stdin", &registry.host()]);
        let config = env.docker_config();
        assert_eq!(mode(&config), 0o600, "umask {umask:03o}");
        assert_eq!(mode(config.parent().unwrap()), 0o700, "umask {umask:03o}");
        for hex in env.blobs() {
            let blob = mode(&env.store().join("blobs/sha256").join(hex));
            assert_eq!(blob, 0o644 & !umask, "umask {umask:03o}: {blob:03o}");
        }
        for path in files_under(&env.store()) {
            assert_eq!(mode(&path) & (umask | 0o022), 0, "umask {umask:03o}: {}", path.display());
        }
        env.store_verify();
    }
}

/// Runs rcr as another user.
fn as_user<'e>(env: &'e TestEnv, user: u32, args: &[&str]) -> Run<'e> {
    let id = user.to_string();
    let run = env.program("setpriv", ["--reuid", &id, "--regid", &id, "--clear-groups", "--no-new-privs"]);
    run.arg(env.root().join("rcr")).args(args)
}

/// Lets other users into the environment, and gives them a program that they may run.
fn open_to_others(env: &TestEnv) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(env.root(), fs::Permissions::from_mode(0o755)).unwrap();
    let program = env.root().join("rcr");
    fs::copy(RCR, &program).unwrap();
    fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
}

fn give(path: &Path, user: u32) {
    std::os::unix::fs::chown(path, Some(user), Some(user)).unwrap();
    for entry in fs::read_dir(path).into_iter().flatten() {
        give(&entry.unwrap().path(), user);
    }
}

#[test]
fn fault_96_the_store_of_another_user_can_be_read_and_is_exit_9_otherwise() {
    let (env, registry, kept) = filled(1130);
    registry.add("new", "v1", &Artifact::image(1131).build());
    let copies = Registry::start();
    open_to_others(&env);
    let before: Vec<_> = files_under(&env.store());
    for args in [&["pull", &registry.reference("new:v1")][..], &["tag", &kept, "local.test/x:v1"], &["rmi", &kept]] {
        let output = as_user(&env, 4000, args).code(9).stderr_has("Permission denied");
        assert!(output.stderr.contains(env.store().to_str().unwrap()), "{output}");
    }
    as_user(&env, 4000, &["images"]).success().stdout_has("kept");
    as_user(&env, 4000, &["inspect", &kept]).success();
    as_user(&env, 4000, &["store", "verify"]).success();
    as_user(&env, 4000, &["push", &kept, &copies.reference("copy:v1")]).success();
    assert_eq!(files_under(&env.store()), before);
    env.store_verify();
}

#[test]
fn fault_96_what_root_did_in_a_users_store_does_not_lock_them_out() {
    let (env, registry, kept) = filled(1132);
    open_to_others(&env);
    give(&env.store(), 4000);
    let names: Vec<_> = (0..3).map(|n| registry.reference(&format!("image-{n}:v1"))).collect();
    for n in 0..3 {
        registry.add(&format!("image-{n}"), "v1", &Artifact::image(1133 + n).build());
    }
    as_user(&env, 4000, &["pull", &names[0]]).success();
    env.rcr(["pull", &names[1]]).success();
    env.rcr(["tag", &names[1], "local.test/by/root:v1"]).success();
    as_user(&env, 4000, &["pull", &names[2]]).success();
    as_user(&env, 4000, &["rmi", &names[1], "local.test/by/root:v1"]).success();
    as_user(&env, 4000, &["store", "gc", "--grace", "0"]).success();
    as_user(&env, 4000, &["store", "verify"]).success();
    let mut expected = vec![kept, names[0].clone(), names[2].clone()];
    expected.sort();
    assert_eq!(env.references(), expected);
}
