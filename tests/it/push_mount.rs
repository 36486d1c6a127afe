//! Blobs that are elsewhere in the registry: what a push knows of them, and what it makes of it.

use std::fs;

use crate::support::registry::Builder;
use crate::support::{Artifact, Distribution, Registry, Reply, Request, TestEnv};

fn is_mount(request: &Request) -> bool {
    request.method == "POST" && request.parameter("mount").is_some()
}

fn about_blobs(registry: &Registry) -> Vec<String> {
    let log = registry.log().into_iter().filter(|request| request.path.contains("/blobs/"));
    log.map(|request| match request.parameter("from") {
        Some(from) => format!("mount from {from}"),
        None => request.method,
    })
    .collect()
}

/// A registry whose repository `origin` has an image, and a store that pulled it.
fn pulled(seed: u64, builder: Builder) -> (TestEnv, Registry, Artifact) {
    let image = Artifact::image(seed).layers(&[3000, 4000, 5000]).build();
    let registry = builder.start();
    registry.add("origin", "v1", &image);
    let env = TestEnv::new();
    env.rcr(["pull", &registry.reference("origin:v1")]).success();
    registry.forget();
    (env, registry, image)
}

fn push(env: &TestEnv, registry: &Registry, to: &str) -> crate::support::process::Output {
    env.rcr(["push", &registry.reference("origin:v1"), &registry.reference(to)]).success()
}

#[test]
fn what_was_pulled_from_the_registry_is_mounted_with_one_request_a_blob() {
    let (env, registry, image) = pulled(1600, Registry::builder().mounts());
    push(&env, &registry, "other:v1");
    assert_eq!(about_blobs(&registry), vec!["mount from origin"; image.blobs.len()], "{registry:?}");
    assert!(registry.holds("other", &image));

    // What a push mounted is known to be there, and is not asked to be put there again.
    registry.forget();
    push(&env, &registry, "other:v2").stderr_has("Layer already exists");
    assert_eq!(about_blobs(&registry), vec!["HEAD"; image.blobs.len()], "{registry:?}");
}

#[test]
fn what_was_pushed_to_the_registry_is_known_there() {
    let source = Registry::start();
    let image = Artifact::image(1601).layers(&[3000, 4000]).build();
    source.add("image", "v1", &image);
    let (env, registry) = (TestEnv::new(), Registry::builder().mounts().start());
    env.rcr(["pull", &source.reference("image:v1")]).success();
    env.rcr(["push", &source.reference("image:v1"), &registry.reference("first:v1")]).success();
    registry.forget();
    env.rcr(["push", &source.reference("image:v1"), &registry.reference("second:v1")]).success();
    assert_eq!(about_blobs(&registry), vec!["mount from first"; image.blobs.len()], "{registry:?}");
    assert!(registry.holds("second", &image));
}

#[test]
fn a_place_that_proved_wrong_is_not_tried_again() {
    for status in [401, 403, 404] {
        let refusal = Reply::error(status, "DENIED", "not from there");
        let from_origin = |request: &Request| is_mount(request) && request.parameter("from").unwrap() == "origin";
        let builder = Registry::builder().mounts().fail(usize::MAX, from_origin, refusal);
        let (env, registry, image) = pulled(1602, builder);
        push(&env, &registry, "second:v1");
        assert!(registry.holds("second", &image), "{status}: {registry:?}");
        registry.forget();
        push(&env, &registry, "third:v1");
        assert_eq!(about_blobs(&registry), vec!["mount from second"; image.blobs.len()], "{status}: {registry:?}");
    }
}

#[test]
fn a_dry_run_looks_and_changes_nothing() {
    let (env, registry, image) = pulled(1603, Registry::builder().mounts());
    registry.add_blob("other", &image.blobs[1].bytes);
    let (source, destination) = (registry.reference("origin:v1"), registry.reference("other:v1"));
    let output = env.rcr(["push", "--dry-run", "--json", &source, &destination]).success();
    assert_eq!(about_blobs(&registry), vec!["HEAD"; image.blobs.len()], "{registry:?}");
    let row: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&row["pushed_blobs"], &row["present_blobs"]), (&3.into(), &1.into()), "{row}");
}

#[test]
fn a_memory_that_cannot_be_used_costs_no_more_than_the_bytes() {
    let (env, registry, image) = pulled(1604, Registry::builder().mounts());
    let memory = env.store().join(".rcr/locations");
    let files: Vec<_> = fs::read_dir(&memory).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "one registry: {files:?}");
    fs::write(&files[0], "\0\0\0").unwrap();
    push(&env, &registry, "other:v1");
    assert!(registry.holds("other", &image));
    env.store_verify();
    registry.forget();
    push(&env, &registry, "third:v1");
    assert!(about_blobs(&registry).iter().all(|line| line == "mount from other"), "it was replaced: {registry:?}");

    fs::remove_dir_all(&memory).unwrap();
    fs::write(&memory, "in its place").unwrap();
    push(&env, &registry, "fourth:v1");
    assert!(registry.holds("fourth", &image));
}

#[test]
fn a_pull_that_changes_nothing_writes_nothing_about_it() {
    let (env, registry, _image) = pulled(1605, Registry::builder());
    let memory = env.store().join(".rcr/locations");
    let modified = || {
        let files = fs::read_dir(&memory).unwrap().map(|entry| entry.unwrap().metadata().unwrap().modified().unwrap());
        files.collect::<Vec<_>>()
    };
    let before = modified();
    env.rcr(["pull", &registry.reference("origin:v1")]).success();
    assert_eq!(modified(), before);
}

#[test]
fn an_entry_that_an_older_version_annotated_is_read_as_ever() {
    let (env, registry, image) = pulled(1606, Registry::builder().mounts());
    let path = env.store().join("index.json");
    let mut index: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    index["manifests"][0]["annotations"]["rcr.known-in"] = "elsewhere.example/x y".into();
    fs::write(&path, index.to_string()).unwrap();
    push(&env, &registry, "other:v1");
    assert!(registry.holds("other", &image));
    env.rcr(["pull", &registry.reference("origin:v1")]).success();
    env.store_verify();
}

#[test]
fn a_real_registry_mounts_every_blob() {
    let source = Registry::start();
    let image = Artifact::image(1607).layers(&[50_000; 10]).build();
    source.add("image", "v1", &image);
    let (env, registry) = (TestEnv::new(), Distribution::start());
    env.rcr(["pull", &source.reference("image:v1")]).success();
    let uploads = || {
        let is_upload = |line: &&str| {
            let bytes = line.contains("\"PUT /v2/") || line.contains("\"PATCH /v2/");
            bytes && line.contains("/blobs/uploads/")
        };
        registry.log().lines().filter(is_upload).count()
    };
    env.rcr(["push", &source.reference("image:v1"), &registry.reference("one:v1")]).success();
    assert_eq!(uploads(), image.blobs.len(), "{}", registry.log());
    env.rcr(["push", &source.reference("image:v1"), &registry.reference("two:v1")]).success();
    assert_eq!(uploads(), image.blobs.len(), "{}", registry.log());
    let other = TestEnv::new();
    other.rcr(["pull", &registry.reference("two:v1")]).success();
    other.store_verify();
}

#[test]
fn fault_115_a_registry_that_needs_a_moment_is_given_one() {
    let is_manifest = |request: &Request| request.method == "PUT" && request.path.contains("/manifests/");
    let unknown = Reply::error(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
    let image = Artifact::image(1608).layers(&[3000]).build();
    // What was there before and is refused all the same is the registry's decision.
    for (is_there, refusals, tried, code) in [(false, 2, 3, 0), (false, usize::MAX, 3, 11), (true, usize::MAX, 1, 11)] {
        let builder = Registry::builder().fail(refusals, is_manifest, unknown.clone());
        let (source, registry, env) = (Registry::start(), builder.start(), TestEnv::new());
        env.set("RCR_TEST_HASTE", "20");
        source.add("image", "v1", &image);
        env.rcr(["pull", &source.reference("image:v1")]).success();
        for blob in image.blobs.iter().filter(|_| is_there) {
            registry.add_blob("copy", &blob.bytes);
        }
        let output = env.rcr(["push", "--retries", "2", &source.reference("image:v1"), &registry.reference("copy:v1")]);
        let output = output.code(code);
        if code != 0 {
            output.stderr_has("blob unknown to registry");
        }
        let log = registry.log();
        assert_eq!(log.iter().filter(|request| is_manifest(request)).count(), tried, "{is_there}: {registry:?}");
        let looks = log.iter().filter(|request| request.method == "HEAD" && request.path.contains("/blobs/")).count();
        assert_eq!(looks, image.blobs.len(), "each is looked for once: {registry:?}");
        assert_eq!(registry.tag("copy", "v1").is_some(), code == 0);
    }
}
