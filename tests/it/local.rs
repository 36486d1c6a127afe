//! The machine itself as the fault: full disks, read-only file systems, closed pipes, signals.

use std::thread;
use std::time::Duration;

use crate::support::{Artifact, Cut, Registry, Request, TestEnv};

const RCR: &str = env!("CARGO_BIN_EXE_rcr");

/// A shell with its own mounts; `$RCR`, `$STORE` and `$REF` are set.
fn with_mounts<'e>(env: &'e TestEnv, reference: &str, script: &str) -> crate::support::process::Run<'e> {
    let store = env.root().join("mounted");
    std::fs::create_dir_all(&store).unwrap();
    let run = env.program("unshare", ["--map-root-user", "--mount", "sh", "-c", script]);
    run.env("RCR", RCR).env("STORE", store).env("REF", reference)
}

#[test]
fn fault_76_a_full_disk_is_exit_9_and_harmless() {
    let registry = Registry::start();
    let small = Artifact::image(700).build();
    registry.add("small", "v1", &small);
    registry.add("large", "v1", &Artifact::image(701).layers(&[500; 80]).build());
    // The bytes would fit, but each file takes a page at least. The index, a manifest or a layer: each size stops
    // somewhere else. A small image is there before.
    for kilobytes in [150, 200, 250, 300] {
        let env = TestEnv::new();
        let script = format!(
            "mount -t tmpfs -o size={kilobytes}k tmpfs \"$STORE\" || exit 99
             \"$RCR\" --store \"$STORE\" -q pull {small} || exit 98
             \"$RCR\" --store \"$STORE\" pull \"$REF\"; code=$?
             \"$RCR\" --store \"$STORE\" store verify || exit 97
             \"$RCR\" --store \"$STORE\" inspect {small} > /dev/null || exit 96
             mount -o remount,size=4m \"$STORE\" || exit 95
             \"$RCR\" --store \"$STORE\" -q pull \"$REF\" || exit 94
             exit $code",
            small = registry.reference("small:v1"),
        );
        let output = with_mounts(&env, &registry.reference("large:v1"), &script).run();
        assert_eq!(output.exit(), Some(9), "{kilobytes} KiB\n{output}");
        output.stderr_has("error: cannot pull `");
    }
}

#[test]
fn fault_79_a_read_only_store_can_be_read_and_refuses_the_rest_at_once() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(702).build());
    registry.add("second", "v1", &Artifact::image(703).build());
    let copies = Registry::start();
    let env = TestEnv::new();
    let script = format!(
        "\"$RCR\" --store \"$STORE\" -q pull {first} || exit 99
         mount --bind \"$STORE\" \"$STORE\" && mount -o remount,ro,bind \"$STORE\" || exit 98
         \"$RCR\" --store \"$STORE\" images || exit 97
         \"$RCR\" --store \"$STORE\" inspect {first} > /dev/null || exit 96
         \"$RCR\" --store \"$STORE\" store verify || exit 95
         \"$RCR\" --store \"$STORE\" pull --dry-run \"$REF\" || exit 94
         \"$RCR\" --store \"$STORE\" push {first} {copy} || exit 93
         exec \"$RCR\" --store \"$STORE\" pull \"$REF\"",
        first = registry.reference("image:v1"),
        copy = copies.reference("copy:v1"),
    );
    with_mounts(&env, &registry.reference("second:v1"), &script).code(9).stderr_has("error: cannot pull `");
    assert!(registry.lines().iter().all(|line| !line.contains("/second/blobs")), "no blob before: {registry:?}");
    assert!(copies.tag("copy", "v1").is_some());
}

#[test]
fn fault_79_a_store_that_is_a_file_is_exit_9() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(704).build());
    let env = TestEnv::new();
    let file = env.write("file", "not a directory").display().to_string();
    env.rcr(["--store", &file, "pull", &registry.reference("image:v1")]).code(9);
    env.rcr(["--store", &file, "images"]).code(9);
    assert_eq!(registry.lines(), Vec::<String>::new());
    assert_eq!(std::fs::read_to_string(env.root().join("file")).unwrap(), "not a directory");
}

#[test]
fn fault_106_signals_stop_it_soon_and_keep_the_store_whole() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let image = Artifact::image(705).layers(&[100_000, 200_000]).build();
        let large = image.layers()[1].digest();
        let registry = Registry::builder()
            .spoil(1, move |request| request.path.ends_with(&large), |reply| reply.cut(150_000, Cut::Stall))
            .start();
        registry.add("slow", "v1", &image);
        let env = TestEnv::new();
        let reference = registry.reference("slow:v1");
        let pull = env.spawn(["pull", &reference]);
        while registry.count("GET", &image.layers()[1].digest()) == 0 {
            thread::sleep(Duration::from_millis(10));
        }
        thread::sleep(Duration::from_millis(200));
        pull.signal(signal);
        let output = pull.wait().code(code);
        assert!(output.elapsed < Duration::from_secs(5), "{output}");
        assert!(!output.stderr.contains("panicked") && output.stderr.contains("what has arrived is kept"), "{output}");
        env.store_verify();
        env.rcr(["pull", &reference]).success();
    }
}

#[test]
fn a_pull_that_is_stopped_before_anything_moved_promises_nothing() {
    let asked = |request: &Request| request.path.contains("/manifests/");
    let registry = Registry::builder().spoil(1, asked, |reply| reply.cut(10, Cut::Stall)).start();
    registry.add("slow", "v1", &Artifact::image(707).build());
    let env = TestEnv::new();
    let pull = env.spawn(["pull", &registry.reference("slow:v1")]);
    while registry.lines().is_empty() {
        thread::sleep(Duration::from_millis(10));
    }
    pull.signal("INT");
    let output = pull.wait().code(130);
    assert!(!output.stderr.contains("what has arrived"), "{output}");
}

#[test]
fn fault_107_a_closed_pipe_ends_it_quietly() {
    let registry = Registry::start();
    for n in 0..40 {
        registry.add("many", &format!("{n:0>100}"), &Artifact::image(706).build());
    }
    let env = TestEnv::new();
    let script = "\"$RCR\" tags \"$REF\" | true; \"$RCR\" tags \"$REF\" | head -n 1";
    let run = env.program("sh", ["-c", script]).env("RCR", RCR).env("REF", registry.reference("many"));
    let output = run.success();
    assert_eq!(output.stderr, "", "{output}");
}

#[test]
fn fault_108_output_that_cannot_be_written_is_exit_9() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(707).build());
    let env = TestEnv::new();
    for arguments in ["tags", "digest", "manifest", "pull"] {
        let script = format!("exec \"$RCR\" {arguments} \"$REF\" > /dev/full");
        let name = if arguments == "tags" { "image" } else { "image:v1" };
        let run = env.program("sh", ["-c", &script]).env("RCR", RCR).env("REF", registry.reference(name));
        let output = run.run();
        assert_eq!(output.exit(), Some(9), "{arguments}\n{output}");
        assert!(!output.stderr.contains("panicked"), "{output}");
    }
}

#[test]
fn fault_105_without_a_home_a_store_is_enough() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(708).build());
    let env = TestEnv::new();
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"] {
        env.unset(name);
    }
    let store = env.root().join("somewhere").display().to_string();
    env.rcr(["--store", &store, "pull", &registry.reference("image:v1")]).success();
    env.rcr(["pull", &registry.reference("image:v1")]).env("RCR_STORE", &store).success();
}

#[test]
fn fault_94_few_file_descriptors_are_enough() {
    let registry = Registry::start();
    registry.add("image", "v1", &Artifact::image(709).layers(&[5000; 30]).build());
    let env = TestEnv::new();
    let script = "ulimit -n 32; exec \"$RCR\" pull \"$REF\"";
    env.program("sh", ["-c", script]).env("RCR", RCR).env("REF", registry.reference("image:v1")).success();
    env.store_verify();
}

#[test]
fn fault_107_a_hang_up_ends_it_quietly() {
    let image = Artifact::image(710).layers(&[200_000]).build();
    let layer = image.layers()[0].digest();
    let registry = Registry::builder()
        .spoil(1, move |request| request.path.ends_with(&layer), |reply| reply.cut(100_000, Cut::Stall))
        .start();
    registry.add("slow", "v1", &image);
    let (env, reference) = (TestEnv::new(), registry.reference("slow:v1"));
    env.was_killed();
    // Whoever started the tests may have told them to ignore it, as nohup does, and that is passed on.
    let heeding = ["--default-signal=HUP", env!("CARGO_BIN_EXE_rcr"), "pull", &reference];
    let pull = env.program("/usr/bin/env", heeding).spawn();
    while registry.count("GET", &image.layers()[0].digest()) == 0 {
        thread::sleep(Duration::from_millis(10));
    }
    pull.signal("HUP");
    let output = pull.wait();
    assert!(output.exit().is_none_or(|code| code == 129), "{output}");
    output.stdout_is("").stderr_lacks("error: ");
    env.store_verify();
    env.rcr(["pull", &reference]).success();
    assert_eq!(env.blobs(), image.hexes());
}

/// What somebody else may put where the store will look.
const PLANTS: [(&str, &str); 5] = [
    ("a symbolic link to a file", "ln -s \"$VICTIM\" \"$AT\""),
    ("a symbolic link to nothing", "ln -s \"$HOME/nothing\" \"$AT\""),
    ("another name of a file", "ln \"$VICTIM\" \"$AT\""),
    ("a pipe", "mkfifo \"$AT\""),
    ("a device", "mknod \"$AT\" c 1 5 || ln -s /dev/zero \"$AT\""),
];

#[test]
fn fault_67_what_was_planted_in_the_store_is_not_followed() {
    let image = Artifact::image(711).build();
    let registry = Registry::start();
    registry.add("image", "v1", &image);
    registry.add("first", "v1", &Artifact::image(712).build());
    let reference = registry.reference("image:v1");
    let layer = image.layers()[0].hex();
    let places = [
        format!("blobs/sha256/{layer}"),
        format!(".rcr/partial/sha256-{layer}"),
        format!(".rcr/lock/sha256-{layer}"),
        ".rcr/lock/index".to_owned(),
        ".rcr/lock/store".to_owned(),
        ".rcr/index.journal".to_owned(),
    ];
    for (what, plant) in PLANTS {
        for place in &places {
            let env = TestEnv::new();
            env.rcr(["pull", &registry.reference("first:v1")]).success();
            let victim = env.write("home/victim", "mine");
            let at = env.store().join(place);
            let _ = std::fs::remove_file(&at);
            env.program("sh", ["-c", plant]).env("VICTIM", &victim).env("AT", &at).success();
            let output = env.rcr(["pull", &reference]).run();
            assert!(matches!(output.exit(), Some(0 | 7 | 9)), "{what} at {place}\n{output}");
            assert_eq!(std::fs::read_to_string(&victim).unwrap(), "mine", "{what} at {place}\n{output}");
            assert!(!env.home().join("nothing").exists(), "{what} at {place}\n{output}");
            if output.exit() != Some(0) {
                assert!(output.stderr.contains(&at.display().to_string()), "{what} at {place}\n{output}");
                assert_eq!(output.stdout, "", "{what} at {place}");
                std::fs::remove_file(&at).unwrap();
                env.rcr(["pull", &reference]).success();
            }
            let blob = std::fs::symlink_metadata(env.store().join("blobs/sha256").join(&layer)).unwrap();
            assert!(blob.is_file(), "{what} at {place}");
        }
    }
}
