//! What a user allows: bytes per second, room on the disk, time to wait for others, and how far to trust what is there.

use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::images::{Document, OCI_MANIFEST};
use crate::support::process::Running;
use crate::support::{Artifact, Cut, Registry, TestEnv};

/// The flag, its variable, and the line of `config.toml` with this value.
fn ways<'v>(name: &str, value: &'v str) -> [(&'static str, String, String, &'v str); 3] {
    let variable = format!("RCR_{}", name.replace('-', "_").to_uppercase());
    let written = if value.parse::<i64>().is_ok() || value == "true" { value.to_owned() } else { format!("'{value}'") };
    [
        ("flag", format!("--{name}={value}"), String::new(), value),
        ("variable", variable, String::new(), value),
        ("file", String::new(), format!("{name} = {written}\n"), value),
    ]
}

/// Runs `args` with a setting given in one of the [`ways`].
fn run<'e>(
    env: &'e TestEnv,
    (kind, name, line, value): &(&str, String, String, &str),
    args: &[&str],
) -> crate::support::process::Run<'e> {
    env.write("config/rcr/config.toml", line);
    match *kind {
        "flag" => env.rcr([name.as_str()]).args(args),
        "variable" => env.rcr(args).env(name, value),
        _ => env.rcr(args),
    }
}

fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(20), "{what} never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn values_that_mean_nothing_are_refused_wherever_they_stand() {
    let cases = [
        ("durability", "fast", "fast"),
        ("durability", "FULL", "FULL"),
        ("limit-rate", "5X", "no number of bytes per second"),
        ("limit-rate", "-1", ""),
        ("limit-rate", "1.5M", "no number of bytes per second"),
        ("limit-rate", "1023", "too few"),
        ("limit-rate", "0", "too few"),
        ("verify-existing", "maybe", ""),
        ("lock-timeout", "-1", ""),
        ("lock-timeout", "soon", ""),
    ];
    let env = TestEnv::new();
    for (name, value, says) in cases {
        for way in ways(name, value) {
            let output = run(&env, &way, &["images"]).run();
            assert_eq!(output.exit(), Some(2), "{name} {value} as {}\n{output}", way.0);
            output.stderr_has(says).stderr_has(if way.0 == "file" { "config.toml:1" } else { name });
        }
    }
}

#[test]
fn the_flag_comes_before_the_variable_and_that_before_the_file() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(3000).build());
    let reference = registry.reference("image:v1");
    // What was written without being made durable is remembered in the store.
    let relaxed = |flag: &[&str], variable: &str, file: &str| {
        let env = TestEnv::new();
        env.write("config/rcr/config.toml", file);
        env.rcr(flag).args(["pull", &reference]).env("RCR_DURABILITY", variable).success();
        env.store_verify();
        env.store().join(".rcr/relaxed").exists()
    };
    let (full, lax) = ("durability = 'full'\n", "durability = 'relaxed'\n");
    assert!(!relaxed(&[], "", ""));
    assert!(relaxed(&["--durability", "relaxed"], "full", full));
    assert!(!relaxed(&["--durability", "full"], "relaxed", lax));
    assert!(relaxed(&[], "relaxed", full));
    assert!(!relaxed(&[], "full", lax));
    assert!(relaxed(&[], "", lax));
}

/// How long `bytes` take at least at `rate`, with the little that may be made up for left out.
fn least(bytes: usize, rate: usize) -> Duration {
    Duration::from_millis((bytes * 1000 / rate) as u64).saturating_sub(Duration::from_millis(60))
}

#[test]
fn bytes_of_blobs_keep_to_the_rate_both_ways() {
    let registry = Registry::start();
    let image = Artifact::image(3001).layers(&[100_000, 100_000, 50_000]).build();
    registry.add("image", "v1", &image);
    let bytes = image.blobs.iter().map(|blob| blob.bytes.len()).sum();
    let (reference, copy) = (registry.reference("image:v1"), registry.reference("copy:v1"));
    for (at, way) in ways("limit-rate", "200K").iter().enumerate() {
        let env = TestEnv::new();
        let output = run(&env, way, &["pull", &reference]).success();
        assert!(output.elapsed >= least(bytes, 200 << 10), "{}: {output}", way.0);
        env.store_verify();
        let copy = copy.replace("copy:", &format!("copy{at}:"));
        let output = run(&env, way, &["push", &reference, &copy]).success();
        assert!(output.elapsed >= least(bytes, 200 << 10), "{}: {output}", way.0);
    }
    assert!(registry.holds("copy0", &image));
}

/// An image that was pulled, and one of whose layers rotted since.
fn rotten(seed: u64) -> (TestEnv, Registry, Artifact) {
    let (env, registry) = (TestEnv::new(), Registry::start());
    let image = Artifact::image(seed).layers(&[20_000, 30_000]).build();
    registry.add("image", "v1", &image);
    env.rcr(["pull", &registry.reference("image:v1")]).success();
    registry.forget();
    rot(&env, &image);
    (env, registry, image)
}

fn rot(env: &TestEnv, image: &Artifact) {
    let mut bytes = image.layers()[1].bytes.clone();
    bytes[12_345] ^= 1;
    fs::write(env.store().join("blobs/sha256").join(image.layers()[1].hex()), bytes).unwrap();
}

fn set_aside(env: &TestEnv) -> usize {
    fs::read_dir(env.store().join(".rcr/bad")).map_or(0, Iterator::count)
}

#[test]
fn fault_87_a_pull_that_looks_closer_fetches_a_rotten_blob_again() {
    let (env, registry, image) = rotten(3002);
    let reference = registry.reference("image:v1");
    let layer = image.layers()[1].clone();
    env.rcr(["pull", &reference]).success();
    assert_eq!(registry.count("GET", &layer.digest()), 0, "name and size are trusted");
    let output = env.rcr(["pull", "--dry-run", "--verify-existing", &reference]).success();
    output.stderr_has(&format!("{} is damaged", layer.digest())).stderr_has("would fetch 1 layer");
    assert_eq!(set_aside(&env), 0, "a dry run moves nothing");

    for (at, way) in ways("verify-existing", "true").iter().enumerate() {
        let output = run(&env, way, &["pull", &reference]).success();
        output.stderr_has(&format!("{} is damaged", layer.digest()));
        assert_eq!((registry.count("GET", &layer.digest()), set_aside(&env)), (at + 1, at + 1), "{}", way.0);
        env.store_verify();
        let again = run(&env, way, &["pull", &reference]).success();
        again.stderr_lacks("damaged");
        rot(&env, &image);
    }
    env.write("config/rcr/config.toml", "verify-existing = true\n");
    env.rcr(["--verify-existing=false", "pull", &reference]).success().stderr_lacks("damaged");
    env.store_stays_spoilt();
}

#[test]
fn fault_87_a_push_that_looks_closer_sends_nothing_of_a_rotten_image() {
    let (env, registry, image) = rotten(3003);
    let (source, tag) = (registry.reference("image:v1"), registry.reference("image:v2"));
    // The registry has the blob, so that nobody reads the stored one.
    env.rcr(["push", &source, &tag]).success();
    registry.forget();
    let output = env.rcr(["--verify-existing", "push", &source, &registry.reference("image:v3")]).code(7);
    output.stderr_has(&image.layers()[1].hex()).hint_has("rcr pull");
    assert!(registry.lines().iter().all(|line| line.starts_with("GET") || line.starts_with("HEAD")), "{registry:?}");
    assert_eq!(set_aside(&env), 1);
    env.rcr(["pull", &source]).success();
    env.rcr(["--verify-existing", "push", &source, &registry.reference("image:v3")]).success();
    env.store_verify();
}

/// A collection that has the store to itself, and stands still.
fn stopped_collection(env: &TestEnv) -> Running<'_> {
    let lock = env.store().join(".rcr/lock/store");
    for _ in 0..300 {
        let mut gc = env.spawn(["store", "gc", "--grace", "1h"]);
        let signature = format!("process {} ", gc.id());
        eventually("the lock, or the end", || {
            fs::read_to_string(&lock).is_ok_and(|text| text.starts_with(&signature)) || !gc.is_running()
        });
        if gc.is_running() {
            gc.signal("STOP");
        }
        let free = fs::File::open(&lock).unwrap().try_lock_shared().is_ok();
        if !free {
            return gc;
        }
        // It was too quick.
        gc.kill();
    }
    panic!("no collection was caught");
}

#[test]
fn fault_86_a_collection_that_takes_its_time_is_waited_for_as_long_as_was_said() {
    let (env, registry) = (TestEnv::new(), Registry::start());
    registry.add("image", "v1", &Artifact::image(3004).build());
    let reference = registry.reference("image:v1");
    env.rcr(["pull", &reference]).success();
    for n in 0..2000 {
        fs::write(env.store().join("blobs/sha256").join(format!("{n:064x}")), "young").unwrap();
    }
    env.store_stays_spoilt();
    let gc = stopped_collection(&env);
    let holder = format!("the store lock is held by process {} on ", gc.id());
    for way in ways("lock-timeout", "0") {
        let output = run(&env, &way, &["pull", &reference]).code(10);
        output.stderr_has(&holder).stderr_lacks("within").hint_has("--lock-timeout");
    }
    let output = env.rcr(["--lock-timeout", "1", "--json", "pull", &reference]).env("RCR_LOCK_TIMEOUT", "0").code(10);
    assert!(output.elapsed >= Duration::from_secs(1), "{output}");
    let error = output.error_json();
    assert_eq!((error["kind"].as_str(), error["exit"].as_u64()), (Some("store_busy"), Some(10)), "{error}");
    assert!(output.stderr.contains("did not come free within 1 s"), "{output}");
    env.write("config/rcr/config.toml", "");
    let waiting = env.spawn(["pull", &reference]);
    gc.signal("CONT");
    gc.wait().success();
    waiting.wait().success();
}

#[test]
fn fault_85_a_process_that_stands_still_is_named_and_one_that_died_is_replaced() {
    let image = Artifact::image(3005).layers(&[300_000]).build();
    let digest = image.layers()[0].digest();
    let path = digest.clone();
    let stall = |reply: crate::support::Reply| reply.cut(200_000, Cut::Stall);
    let registry = Registry::builder().spoil(1, move |request| request.path.ends_with(&path), stall).start();
    registry.add("image", "v1", &image);
    let (env, reference) = (TestEnv::new(), registry.reference("image:v1"));
    let mut first = env.spawn(["pull", &reference]);
    let lock = env.store().join(format!(".rcr/lock/sha256-{}", image.layers()[0].hex()));
    let signature = format!("process {} ", first.id());
    eventually("the lock", || fs::read_to_string(&lock).is_ok_and(|text| text.starts_with(&signature)));
    // The lock of the layer is then the only one that it holds.
    let config = env.store().join("blobs/sha256").join(image.blobs[0].hex());
    eventually("the configuration", || config.exists());
    eventually("the request", || registry.count("GET", &digest) == 1);
    first.signal("STOP");

    let output = env.rcr(["--lock-timeout", "0", "pull", &reference]).code(10);
    output.stderr_has(&format!("the {digest} lock is held by process {} on ", first.id()));
    assert_eq!(registry.count("GET", &digest), 1, "{registry:?}");
    let waiting = env.spawn(["pull", &reference]);
    first.kill();
    waiting.wait().success();
    assert_eq!(registry.count("GET", &digest), 2, "{registry:?}");
    env.store_verify();
}

/// A registry with an image whose layers claim these sizes.
fn claiming(sizes: &[Value]) -> Registry {
    let image = Artifact::image(3006).build();
    let mut manifest = image.manifest.json();
    let layer = manifest["layers"][0].clone();
    let layers = sizes.iter().enumerate().map(|(n, size)| {
        let mut layer = layer.clone();
        layer["size"] = size.clone();
        layer["digest"] = json!(format!("sha256:{n:064x}"));
        layer
    });
    manifest["layers"] = layers.collect();
    let registry = Registry::start();
    registry.add("image", "v0", &image);
    registry.add_manifest("image", "v1", &Document::new(OCI_MANIFEST, manifest.to_string()));
    registry
}

#[test]
fn fault_76_what_will_not_fit_is_refused_before_a_byte_of_it_is_fetched() {
    let cases = [
        (vec![json!(1_u64 << 62)], "4.612EB"),
        (vec![json!(1_u64 << 62), json!(1_u64 << 62)], "9.223EB"),
        (vec![json!(i64::MAX); 3], "18.45EB"),
    ];
    for (sizes, needed) in cases {
        let registry = claiming(&sizes);
        let (env, reference) = (TestEnv::new(), registry.reference("image:v1"));
        let dry = env.rcr(["pull", "--dry-run", &reference]).success();
        dry.stderr_has(&format!("not enough room: the store needs {needed} more, and "));
        assert!(!env.store().exists());
        let output = env.rcr(["pull", &reference]).code(9);
        let output =
            output.stderr_has(&format!("needs {needed} more, and ")).stderr_has(" are free on its file system");
        output.hint_has("rcr store gc").stdout_is("");
        let error = env.rcr(["--json", "pull", &reference]).code(9).error_json();
        assert_eq!((error["kind"].as_str(), error["exit"].as_u64()), (Some("no_space"), Some(9)), "{error}");
        assert!(
            error["needed_bytes"].as_u64() > error["free_bytes"].as_u64() && error["free_bytes"].is_u64(),
            "{error}"
        );
        assert!(registry.lines().iter().all(|line| !line.contains("/blobs/")), "{registry:?}");
        assert_eq!(env.references(), Vec::<String>::new());
        env.rcr(["pull", &registry.reference("image:v0")]).success();
        env.store_verify();
    }
}

#[test]
fn fault_76_what_is_there_of_a_layer_needs_no_more_room() {
    let image = Artifact::image(3007).layers(&[400_000]).build();
    let path = image.layers()[0].digest();
    let cut = |reply: crate::support::Reply| reply.cut(300_000, Cut::Fin);
    let registry = Registry::builder().spoil(1, move |request| request.path.ends_with(&path), cut).start();
    registry.add("image", "v1", &image);
    let env = TestEnv::new();
    // There is room for the layer once, and less than that after the first attempt.
    let script = "mount -t tmpfs -o size=600k tmpfs \"$STORE\" || exit 99
                  \"$RCR\" --store \"$STORE\" --retries 0 pull \"$REF\"; [ $? = 5 ] || exit 98
                  \"$RCR\" --store \"$STORE\" pull \"$REF\" || exit 97
                  exec \"$RCR\" --store \"$STORE\" store verify";
    fs::create_dir(env.root().join("mounted")).unwrap();
    let run = env.program("unshare", ["--map-root-user", "--mount", "sh", "-c", script]);
    let run = run.env("RCR", env!("CARGO_BIN_EXE_rcr")).env("STORE", env.root().join("mounted"));
    run.env("REF", registry.reference("image:v1")).success();
}
