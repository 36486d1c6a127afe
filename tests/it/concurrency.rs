//! Several processes at one store, and processes that are killed.

use std::collections::BTreeMap;
use std::fs;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::support::{Artifact, Registry, TestEnv};

/// What the store's index says, read without rcr: reference to digest.
fn index_of(env: &TestEnv) -> BTreeMap<String, String> {
    let Ok(bytes) = fs::read(env.store().join("index.json")) else { return BTreeMap::new() };
    let index: Value = serde_json::from_slice(&bytes).expect("index.json is JSON at every instant");
    let entries = index["manifests"].as_array().expect("manifests");
    entries
        .iter()
        .map(|entry| {
            let name = entry["annotations"]["org.opencontainers.image.ref.name"].as_str().expect("a name");
            (name.to_owned(), entry["digest"].as_str().expect("a digest").to_owned())
        })
        .collect()
}

#[test]
fn fault_84_eight_processes_leave_eight_tags() {
    let (env, registry) = (TestEnv::new(), Registry::start());
    let mut expected = BTreeMap::new();
    for n in 0..8 {
        // Some layers are shared, so that the processes meet.
        let image = Artifact::image(600).layers(&[20_000, 1000 + 1000 * n]).build();
        registry.add("eight", &format!("v{n}"), &image);
        expected.insert(registry.reference(&format!("eight:v{n}")), image.digest());
    }
    let running: Vec<_> = expected.keys().map(|reference| env.spawn(["pull", reference])).collect();
    for pull in running {
        pull.wait().success();
    }
    assert_eq!(index_of(&env), expected);
    env.store_verify();
}

#[test]
fn fault_84_tags_in_quick_succession_all_stay() {
    let (env, registry) = (TestEnv::new(), Registry::start());
    registry.add("quick", "v1", &Artifact::image(602).build());
    let source = registry.reference("quick:v1");
    env.rcr(["pull", &source]).success();
    thread::scope(|scope| {
        for worker in 0..8 {
            let (env, source) = (&env, &source);
            scope.spawn(move || {
                for n in 0..12 {
                    env.rcr(["tag", source, &format!("example.com/quick/{worker}:{n}")]).success();
                }
            });
        }
    });
    assert_eq!(index_of(&env).len(), 1 + 8 * 12);
    env.store_verify();
}

#[test]
fn fault_83_eight_processes_fetch_one_image_once() {
    let slow = |reply: crate::support::Reply| reply.delayed(Duration::from_millis(150));
    let registry = Registry::builder().spoil(usize::MAX, |request| request.path.contains("/blobs/"), slow).start();
    let image = Artifact::image(601).layers(&[20_000; 3]).build();
    registry.add("same", "v1", &image);
    let (env, reference) = (TestEnv::new(), registry.reference("same:v1"));
    let running: Vec<_> = (0..8).map(|_| env.spawn(["pull", &reference])).collect();
    for pull in running {
        pull.wait().success().stdout_is(&format!("{reference}@{}\n", image.digest()));
    }
    for layer in image.layers() {
        assert_eq!(registry.count("GET", &layer.digest()), 1, "{registry:?}");
    }
    env.store_verify();
}

#[test]
fn fault_81_killed_at_any_moment_nothing_is_lost() {
    const ROUNDS: usize = 100;
    let slow = |reply: crate::support::Reply| reply.delayed(Duration::from_millis(3));
    let registry = Registry::builder().spoil(usize::MAX, |request| request.path.contains("/blobs/"), slow).start();
    let env = TestEnv::new();
    let images: Vec<_> = (0..10).map(|n| Artifact::image(610 + n).layers(&[30_000, 40_000, 50_000]).build()).collect();
    for (n, image) in images.iter().enumerate() {
        registry.add("storm", &format!("v{n}"), image);
    }
    let first = registry.reference("storm:v0");
    let whole = env.rcr(["pull", &first]).success().elapsed;
    let mut before = index_of(&env);
    for round in 0..ROUNDS {
        // A tag moves from image to image, so that every round has something to fetch and something to lose.
        let tag = format!("t{}", round % 7);
        registry.add("storm", &tag, &images[1 + round % 9]);
        let reference = registry.reference(&format!("storm:{tag}"));
        let mut pull = env.spawn(["pull", &reference]);
        thread::sleep(whole.mul_f64(fastrand::f64() * 1.2));
        pull.kill();
        let output = pull.wait();

        let after = index_of(&env);
        for (name, digest) in &before {
            let moved = *name == reference && after.get(name) == Some(&images[1 + round % 9].digest());
            assert!(after.get(name) == Some(digest) || moved, "round {round}: {name} was lost\n{output}");
        }
        let says_done = !output.stdout.is_empty();
        assert!(!says_done || after.contains_key(&reference), "round {round}: reported but not there\n{output}");
        env.store_verify();
        if round % 9 == 8 {
            // Bytes must be missing again, or later rounds would have nothing to fetch.
            for name in after.keys().filter(|name| **name != first) {
                env.rcr(["rmi", name]).success();
            }
            env.rcr(["store", "gc", "--grace", "0"]).success();
        }
        before = index_of(&env);
    }
    env.rcr(["store", "gc", "--grace", "0"]).success();
    assert_eq!(fs::read_dir(env.store().join(".rcr/partial")).map_or(0, Iterator::count), 0, "partials of the dead");
    let all: Vec<_> = (0..10).map(|n| registry.reference(&format!("storm:v{n}"))).collect();
    env.rcr(["pull"]).args(&all).success();
    env.store_verify();
}

#[test]
fn fault_86_gc_beside_a_pull_removes_nothing_that_is_needed() {
    let slow = |reply: crate::support::Reply| reply.delayed(Duration::from_millis(100));
    let registry = Registry::builder().spoil(usize::MAX, |request| request.path.contains("/blobs/"), slow).start();
    registry.add("gc", "v1", &Artifact::image(630).layers(&[20_000; 6]).build());
    let env = TestEnv::new();
    let reference = registry.reference("gc:v1");
    let mut pull = env.spawn(["--concurrency", "1", "pull", &reference]);
    while pull.is_running() {
        let collection = env.rcr(["store", "gc", "--grace", "0"]).run();
        assert!(matches!(collection.exit(), Some(0 | 10)), "{collection}");
    }
    pull.wait().success();
    env.store_verify();
    assert_eq!(env.references(), [reference]);
}
