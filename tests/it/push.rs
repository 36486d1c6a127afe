//! `rcr push`: what is in the store arrives at a registry unchanged, children before parents, and nothing twice.

use std::thread;
use std::time::Duration;

use serde_json::json;

use crate::support::images::Document;
use crate::support::process::Output;
use crate::support::skopeo::Skopeo;
use crate::support::{Artifact, Distribution, Registry, Reply, Request, TestEnv};

/// An environment whose store holds `artifact`, whole, under the returned reference.
fn stored(artifact: &Artifact) -> (TestEnv, String, Registry) {
    let source = Registry::start();
    source.add("source/image", "v1", artifact);
    let env = TestEnv::new();
    let reference = source.reference("source/image:v1");
    env.rcr(["pull", "--all-platforms", &reference]).success();
    (env, reference, source)
}

fn uploads(registry: &Registry, method: &str) -> Vec<Request> {
    let is_upload = |request: &Request| request.method == method && request.path.contains("/blobs/uploads/");
    registry.log().into_iter().filter(is_upload).collect()
}

fn goes_there_and_back(artifact: &Artifact) {
    let (env, source, _registry) = stored(artifact);
    let empty = Distribution::start();
    let destination = empty.reference("a/b/copy:v2");
    env.rcr(["push", &source, &destination]).success().stdout_is(&format!("{destination}@{}\n", artifact.digest()));
    assert_eq!(Skopeo::new().raw(&destination), artifact.manifest.bytes);
    let layout = tempfile::tempdir().unwrap();
    assert_eq!(Skopeo::new().copy_out(&destination, layout.path()), artifact.digest());
}

#[test]
fn ten_layers_go_there_and_back() {
    goes_there_and_back(&Artifact::image(200).layers(&[50_000; 10]).build());
}

#[test]
fn a_hundred_layers_go_there_and_back() {
    goes_there_and_back(&Artifact::image(201).layers(&[2000; 100]).build());
}

#[test]
fn five_platforms_go_there_and_back() {
    goes_there_and_back(&Artifact::five_platforms(202));
}

#[test]
fn after_tag_the_name_alone_is_enough() {
    let image = Artifact::image(203).build();
    let (env, source, _registry) = stored(&image);
    let destination = Registry::start();
    let name = destination.reference("renamed:v3");
    env.rcr(["tag", &source, &name]).success().stdout_is(&format!("{name}\n"));
    env.rcr(["push", &name]).success().stdout_is(&format!("{name}@{}\n", image.digest()));
    assert!(destination.holds("renamed", &image));
}

#[test]
fn one_request_opens_an_upload_and_one_carries_it() {
    let image = Artifact::image(204).layers(&[9000]).build();
    let (env, source, _registry) = stored(&image);
    let destination = Registry::start();
    env.rcr(["push", &source, &destination.reference("plain:v1")]).success();
    assert_eq!(uploads(&destination, "POST").len(), 2, "{destination:?}");
    assert_eq!(uploads(&destination, "PATCH").len(), 0, "{destination:?}");
    let puts = uploads(&destination, "PUT");
    assert_eq!(puts.len(), 2, "{destination:?}");
    // What the registry put into the Location comes back as it was, with the digest behind it.
    assert!(puts.iter().all(|put| put.query.starts_with("_state=a%2Fb%3D&digest=")), "{puts:?}");
    let last = destination.log().pop().expect("requests");
    assert_eq!(last.line(), "PUT /v2/plain/manifests/v1");
    assert_eq!(last.body, image.manifest.bytes);
    assert_eq!(last.header("content-type"), Some(image.manifest.media_type.as_str()));
}

#[test]
fn fault_118_what_is_there_is_not_sent_again() {
    let image = Artifact::image(205).layers(&[3000, 4000]).build();
    let (env, source, _registry) = stored(&image);
    let destination = Registry::start();
    for blob in [&image.blobs[0], &image.blobs[1]] {
        destination.add_blob("half", &blob.bytes);
    }
    env.rcr(["push", &source, &destination.reference("half:v1")]).success();
    let sent: Vec<_> = uploads(&destination, "PUT").iter().filter_map(|put| put.parameter("digest")).collect();
    assert_eq!(sent, [image.blobs[2].digest()]);

    destination.forget();
    let output = env.rcr(["push", &source, &destination.reference("half:v1")]).success();
    assert_eq!(uploads(&destination, "POST").len(), 0, "{destination:?}");
    output.stderr_has("Layer already exists");
}

#[test]
fn fault_118_a_head_that_is_refused_does_not_stop_the_upload() {
    for status in [403, 405] {
        let image = Artifact::image(206).build();
        let (env, source, _registry) = stored(&image);
        let is_head = |request: &Request| request.method == "HEAD" && request.path.contains("/blobs/");
        let destination = Registry::builder().fail(usize::MAX, is_head, Reply::status(status)).start();
        env.rcr(["push", &source, &destination.reference("blind:v1")]).success();
        assert!(destination.holds("blind", &image), "{status}: {destination:?}");
    }
}

#[test]
fn layers_are_mounted_where_they_came_from() {
    let image = Artifact::image(207).build();
    let registry = Registry::builder().mounts().start();
    registry.add("origin", "v1", &image);
    let env = TestEnv::new();
    env.rcr(["pull", &registry.reference("origin:v1")]).success();
    registry.forget();
    env.rcr(["push", &registry.reference("origin:v1"), &registry.reference("other:v1")]).success();
    assert!(registry.holds("other", &image));
    let posts = uploads(&registry, "POST");
    assert!(posts.iter().all(|post| post.parameter("from").as_deref() == Some("origin")), "{posts:?}");
    assert_eq!(uploads(&registry, "PUT").len(), 0, "nothing was carried: {registry:?}");
}

#[test]
fn fault_117_a_mount_that_is_not_granted_becomes_an_upload() {
    let refusals = [None, Some(400), Some(401), Some(403), Some(404), Some(405)];
    for refusal in refusals {
        let image = Artifact::image(208).build();
        let mut builder = Registry::builder();
        if let Some(status) = refusal {
            let is_mount = |request: &Request| request.method == "POST" && request.parameter("mount").is_some();
            builder = builder.fail(usize::MAX, is_mount, Reply::error(status, "DENIED", "no mounts here"));
        }
        let registry = builder.start();
        registry.add("origin", "v1", &image);
        let env = TestEnv::new();
        env.rcr(["pull", &registry.reference("origin:v1")]).success();
        registry.forget();
        env.rcr(["push", &registry.reference("origin:v1"), &registry.reference("other:v1")]).success();
        assert!(registry.holds("other", &image), "{refusal:?}: {registry:?}");
        if refusal.is_none() {
            // 202 opened a session: that one is used, and no second one.
            assert_eq!(uploads(&registry, "POST").len(), image.blobs.len(), "{registry:?}");
        }
    }
}

#[test]
fn a_body_that_is_too_large_is_sent_in_chunks() {
    let image = Artifact::image(209).layers(&[200_000]).build();
    let (env, source, _registry) = stored(&image);
    let is_whole = |request: &Request| {
        request.method == "PUT" && request.path.contains("/blobs/uploads/") && request.body.len() > 100_000
    };
    let destination = Registry::builder().fail(usize::MAX, is_whole, Reply::status(413)).start();
    env.rcr(["push", &source, &destination.reference("chunks:v1")]).success();
    assert!(destination.holds("chunks", &image), "{destination:?}");
    let chunks = uploads(&destination, "PATCH");
    assert!(!chunks.is_empty(), "{destination:?}");
    for chunk in &chunks {
        let range = chunk.header("content-range").expect("a Content-Range");
        assert!(
            range
                .split_once('-')
                .is_some_and(|(start, end)| start.parse::<u64>().is_ok() && end.parse::<u64>().is_ok())
        );
    }
}

#[test]
fn children_come_before_parents() {
    let index = Artifact::five_platforms(210);
    let (env, source, _registry) = stored(&index);
    let destination = Registry::start();
    env.rcr(["push", &source, &destination.reference("family:v1")]).success();
    // The registry refuses a manifest whose parts it does not hold, so the order is right; only the last has the tag.
    assert!(destination.holds("family", &index), "{destination:?}");
    let manifests: Vec<_> =
        destination.lines().into_iter().filter(|line| line.starts_with("PUT /v2/family/manifests/")).collect();
    assert_eq!(manifests.last().map(String::as_str), Some("PUT /v2/family/manifests/v1"));
    assert!(manifests[..manifests.len() - 1].iter().all(|line| line.contains("/manifests/sha256:")), "{manifests:?}");
}

#[test]
fn of_an_index_with_one_platform_that_image_is_pushed() {
    let source = Registry::start();
    let index = Artifact::five_platforms(211);
    source.add("five", "v1", &index);
    let (env, reference) = (TestEnv::new(), source.reference("five:v1"));
    env.rcr(["pull", "--platform", "linux/arm64", &reference]).success();
    let destination = Registry::start();
    let name = destination.reference("sparse:v1");
    let child = &index.children[1];
    let output = env.rcr(["push", &reference, &name]).success();
    output.stdout_is(&format!("{name}@{}\n", child.digest())).stderr_has("linux/arm64");
    assert_eq!(destination.tag("sparse", "v1"), Some(child.digest()));
    assert!(destination.holds("sparse", child));
}

#[test]
fn of_an_index_with_several_of_its_platforms_nothing_is_pushed() {
    let source = Registry::start();
    let index = Artifact::five_platforms(212);
    source.add("five", "v1", &index);
    let (env, reference) = (TestEnv::new(), source.reference("five:v1"));
    env.rcr(["pull", "--platform", "linux/arm64", "--platform", "linux/386", &reference]).success();
    let destination = Registry::start();
    let output = env.rcr(["push", &reference, &destination.reference("sparse:v1")]).code(2);
    output.stdout_is("").stderr_has("--platform").stderr_has("pull --all-platforms");
    assert_eq!(destination.tag("sparse", "v1"), None);

    env.rcr(["push", "--platform", "linux/386", &reference, &destination.reference("sparse:v1")]).success();
    assert_eq!(destination.tag("sparse", "v1"), Some(index.children[3].digest()));
}

#[test]
fn what_is_not_stored_is_not_pushed() {
    let (env, destination) = (TestEnv::new(), Registry::start());
    let output = env.rcr(["push", &destination.reference("nothing:v1")]).code(3);
    output.stdout_is("").stderr_has("error: cannot push `");
    assert_eq!(destination.lines(), Vec::<String>::new());
}

#[test]
fn a_dry_run_sends_nothing() {
    let image = Artifact::image(213).build();
    let (env, source, _registry) = stored(&image);
    let destination = Registry::start();
    env.rcr(["push", "--dry-run", &source, &destination.reference("dry:v1")]).success();
    assert!(
        destination.log().iter().all(|request| ["GET", "HEAD"].contains(&request.method.as_str())),
        "{destination:?}"
    );
    assert_eq!(destination.tag("dry", "v1"), None);
}

#[test]
fn a_name_that_moves_during_a_push_stays_moved() {
    let (image, other) = (Artifact::image(220).build(), Artifact::image(221).build());
    let (env, source, origin) = stored(&image);
    origin.add("source/image", "other", &other);
    let other = origin.reference("source/image:other");
    env.rcr(["pull", &other]).success();
    let slow = |request: &Request, reply: Reply| {
        if request.method == "PUT" { reply.delayed(Duration::from_secs(2)) } else { reply }
    };
    let destination = Registry::builder().after(slow).start();
    let mut push = env.spawn(["push", &source, &destination.reference("copy:v1")]);
    while destination.log().iter().all(|request| request.method != "PUT") && push.is_running() {
        thread::sleep(Duration::from_millis(5));
    }
    env.rcr(["tag", &other, &source]).success();
    assert!(push.is_running(), "the name was to move while the push runs");
    push.wait().success();
    let shown = env.rcr(["inspect", "--json", &source]).success().json();
    assert_ne!(shown["digest"], image.digest(), "the push brought the old image back");
}

#[test]
fn a_default_tag_is_said_once() {
    let image = Artifact::image(222).build();
    let (env, source, _registry) = stored(&image);
    let destination = Registry::start();
    let output = env.rcr(["push", &source, &destination.reference("copy")]).success();
    let said = |output: &Output| output.stderr.matches("Using default tag: latest").count();
    assert_eq!(said(&output), 1, "{output}");
    let (a, b) = (destination.reference("copy"), destination.reference("copy:latest"));
    for command in [&["pull", &a, &a, &b][..], &["digest", &a], &["manifest", &a], &["inspect", "--remote", &a]] {
        let output = env.rcr(command).success();
        assert_eq!(said(&output), 1, "{output}");
    }
}

/// An image whose second layer may not be distributed.
fn with_foreign_layer(seed: u64) -> Artifact {
    let foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
    let mut image = Artifact::image(seed).build();
    let mut manifest = image.manifest.json();
    manifest["layers"][1]["mediaType"] = json!(foreign);
    manifest["layers"][1]["urls"] = json!(["https://layers.example/foreign"]);
    image.manifest = Document::new(&image.manifest.media_type, manifest.to_string());
    image
}

#[test]
fn foreign_layers_are_sent_only_where_that_is_allowed() {
    let image = with_foreign_layer(214);
    let foreign = image.layers()[1].digest();
    let (env, source, _registry) = stored(&image);
    let destination = Registry::start();
    env.rcr(["push", &source, &destination.reference("foreign:v1")]).success();
    assert!(!destination.has_blob("foreign", &foreign), "{destination:?}");
    assert_eq!(destination.tag("foreign", "v1"), Some(image.digest()));

    let allowed = json!({"allow-nondistributable-artifacts": [destination.host()]});
    env.write("system/etc/docker/daemon.json", allowed.to_string());
    env.rcr(["push", &source, &destination.reference("foreign:v1")]).success();
    assert!(destination.has_blob("foreign", &foreign), "{destination:?}");
}

#[test]
fn fault_119_a_refused_manifest_is_exit_11_with_the_reason() {
    for (status, code) in [
        (400, "MANIFEST_INVALID"),
        (409, "TAG_IMMUTABLE"),
        (412, "TAG_IMMUTABLE"),
        (413, "SIZE_INVALID"),
        (415, "UNSUPPORTED"),
    ] {
        let image = Artifact::image(215).build();
        let (env, source, _registry) = stored(&image);
        let is_put = |request: &Request| request.method == "PUT" && request.path.contains("/manifests/");
        let refusal = Reply::error(status, code, "the registry's own words");
        let destination = Registry::builder().fail(usize::MAX, is_put, refusal).start();
        let output = env.rcr(["push", &source, &destination.reference("refused:v1")]).code(11);
        output.stdout_is("").stderr_has("the registry's own words");
        assert_eq!(destination.tag("refused", "v1"), None, "{status}");
    }
}

#[test]
fn fault_87_a_blob_that_rotted_is_not_pushed() {
    let image = Artifact::image(216).build();
    let (env, source, registry) = stored(&image);
    let blob = env.store().join("blobs/sha256").join(image.layers()[0].hex());
    let mut bytes = std::fs::read(&blob).unwrap();
    bytes[100] ^= 1;
    std::fs::remove_file(&blob).unwrap();
    std::fs::write(&blob, bytes).unwrap();
    let destination = Registry::start();
    env.rcr(["push", &source, &destination.reference("rotten:v1")]).code(7);
    assert_eq!(destination.tag("rotten", "v1"), None);
    assert!(!destination.has_blob("rotten", &image.layers()[0].digest()));
    env.rcr(["pull", "--all-platforms", &registry.reference("source/image:v1")]).success();
    env.store_verify();
    env.rcr(["push", &source, &destination.reference("rotten:v1")]).success();
    assert!(destination.holds("rotten", &image));
}
