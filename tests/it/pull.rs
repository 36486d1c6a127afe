//! `rcr pull`: what arrives in the store is what the registry holds, byte for byte, and no more is asked than needed.

use serde_json::json;

use crate::support::images::{DOCKER_LIST, Document, OCI_INDEX, host_platform};
use crate::support::skopeo::{self, Skopeo};
use crate::support::{Artifact, Distribution, Registry, Reply, TestEnv};

/// The line that `pull` prints.
fn pinned(reference: &str, digest: &str) -> String {
    format!("{reference}@{digest}\n")
}

/// Pushed by skopeo, pulled by rcr: the store holds exactly the image, and skopeo reads it where it lies.
fn arrives_whole(image: &Artifact, repository: &str) {
    let registry = Distribution::shared();
    let reference = registry.reference(repository);
    Skopeo::new().push(image, &reference);
    let env = TestEnv::new();
    env.rcr(["pull", &reference]).success().stdout_is(&pinned(&reference, &image.digest()));
    assert_eq!(env.blobs(), image.hexes());
    assert_eq!(skopeo::raw_in_layout(&env.store(), &reference), Skopeo::new().raw(&reference));
    assert_eq!(skopeo::inspect_layout(&env.store(), &reference), image.digest());
    env.store_verify();
}

#[test]
fn ten_layers_arrive_whole() {
    arrives_whole(&Artifact::image(10).layers(&[50_000; 10]).build(), "pull/ten:v1");
}

#[test]
fn a_hundred_layers_arrive_whole() {
    arrives_whole(&Artifact::image(100).layers(&[3000; 100]).build(), "pull/hundred:v1");
}

#[test]
fn an_image_without_layers_arrives_whole() {
    arrives_whole(&Artifact::image(11).layers(&[]).build(), "pull/none:v1");
}

#[test]
fn docker_schema_2_keeps_its_bytes() {
    let registry = Distribution::shared();
    let (source, copy) = (registry.reference("pull/docker:v1"), registry.reference("pull/docker-copy:v1"));
    Skopeo::new().push_docker(&Artifact::image(12).build(), &source);
    let raw = Skopeo::new().raw(&source);
    assert!(String::from_utf8_lossy(&raw).contains("vnd.docker.distribution.manifest.v2+json"));
    let env = TestEnv::new();
    let digest = Skopeo::new().raw_digest(&source);
    env.rcr(["pull", &source]).success().stdout_is(&pinned(&source, &digest));
    env.store_verify();
    // Debian's skopeo refuses such an entry in a layout, so the bytes are read where rcr pushes them.
    env.rcr(["push", &source, &copy]).success().stdout_is(&pinned(&copy, &digest));
    assert_eq!(Skopeo::new().raw(&copy), raw);
}

#[test]
fn a_docker_list_keeps_its_bytes() {
    let children =
        ["linux/amd64", "linux/arm64"].map(|platform| Artifact::image(33).platform(platform).docker().build());
    let list = Artifact::index_of(children.to_vec(), DOCKER_LIST);
    let registry = Registry::start();
    registry.add("list", "v1", &list);
    let (env, reference) = (TestEnv::new(), registry.reference("list:v1"));
    env.rcr(["pull", "--all-platforms", &reference]).success().stdout_is(&pinned(&reference, &list.digest()));
    assert_eq!(env.blobs(), list.hexes());
    env.rcr(["push", &reference, &registry.reference("copy:v1")]).success();
    assert!(registry.holds("copy", &list), "{registry:?}");
}

#[test]
fn of_five_platforms_one_is_fetched_and_the_index_is_named() {
    let index = Artifact::five_platforms(13);
    let registry = Distribution::shared();
    let reference = registry.reference("pull/five:v1");
    Skopeo::new().push(&index, &reference);
    let env = TestEnv::new();
    env.rcr(["pull", &reference]).success().stdout_is(&pinned(&reference, &index.digest()));
    let mut expected = index.host_child().hexes();
    expected.push(index.manifest.hex());
    expected.sort();
    assert_eq!(env.blobs(), expected);
    assert_eq!(skopeo::raw_in_layout(&env.store(), &reference), index.manifest.bytes);
    skopeo::inspect_layout(&env.store(), &reference);
    env.store_verify();

    // A second platform joins the first.
    env.rcr(["pull", "--platform", "linux/s390x", &reference]).success();
    expected.extend(index.children[4].hexes());
    expected.sort();
    assert_eq!(env.blobs(), expected);
    env.store_verify();
}

#[test]
fn platforms_can_be_named_together() {
    let index = Artifact::five_platforms(14);
    let registry = Registry::start();
    registry.add("five", "v1", &index);
    let env = TestEnv::new();
    let reference = registry.reference("five:v1");
    // A variant that is not there falls back downwards: v8 of 32-bit arm runs v7.
    env.rcr(["pull", "--platform", "linux/arm/v8", "--platform", "linux/386", &reference]).success();
    let mut expected = [index.children[2].hexes(), index.children[3].hexes(), vec![index.manifest.hex()]].concat();
    expected.sort();
    assert_eq!(env.blobs(), expected);
    env.store_verify();
}

#[test]
fn all_platforms_are_the_whole_index() {
    let index = Artifact::five_platforms(15);
    let registry = Distribution::shared();
    let reference = registry.reference("pull/all:v1");
    Skopeo::new().push(&index, &reference);
    let env = TestEnv::new();
    env.rcr(["pull", "--all-platforms", &reference]).success().stdout_is(&pinned(&reference, &index.digest()));
    for child in &index.children[..5] {
        assert!(child.hexes().iter().all(|hex| env.blobs().contains(hex)), "{}", child.digest());
    }
    env.store_verify();
}

#[test]
fn fault_99_a_platform_that_is_not_there_is_named_with_those_that_are() {
    let registry = Registry::start();
    registry.add("five", "v1", &Artifact::five_platforms(16));
    let env = TestEnv::new();
    let output = env.rcr(["pull", "--platform", "linux/riscv64", &registry.reference("five:v1")]).code(3);
    output.stdout_is("").stderr_has("linux/s390x").stderr_has("linux/arm/v7").stderr_lacks("unknown/unknown");
    assert_eq!(env.references(), Vec::<String>::new());
}

#[test]
fn one_image_of_another_platform_is_refused_only_if_a_platform_was_asked_for() {
    let registry = Registry::start();
    let image = Artifact::image(17).platform("linux/s390x").build();
    registry.add("alien", "v1", &image);
    let (env, reference) = (TestEnv::new(), registry.reference("alien:v1"));
    let output = env.rcr(["pull", "--platform", &host_platform(), &reference]).code(3);
    output.stderr_has("linux/s390x");
    let output = env.rcr(["pull", &reference]).success().stdout_is(&pinned(&reference, &image.digest()));
    output.stderr_has("warning").stderr_has("linux/s390x");
}

#[test]
fn an_unchanged_tag_costs_one_head() {
    let registry = Registry::start();
    for (name, artifact) in [("image", Artifact::image(18).build()), ("index", Artifact::five_platforms(18))] {
        registry.add(name, "v1", &artifact);
        let (env, reference) = (TestEnv::new(), registry.reference(&format!("{name}:v1")));
        env.rcr(["pull", &reference]).success();
        registry.forget();
        let again = env.rcr(["pull", &reference]).success().stdout_is(&pinned(&reference, &artifact.digest()));
        assert_eq!(registry.lines(), [format!("HEAD /v2/{name}/manifests/v1")]);
        again.stderr_has(&format!("Status: Image is up to date for {reference}"));
    }
}

#[test]
fn only_what_is_missing_is_fetched() {
    let registry = Registry::start();
    let old = Artifact::image(19).layers(&[4000, 5000]).build();
    let new = Artifact::image(19).layers(&[4000, 5000, 6000]).build();
    assert_eq!(old.layers(), &new.layers()[..2]);
    registry.add("growing", "v1", &old);
    registry.add("growing", "v2", &new);
    let env = TestEnv::new();
    env.rcr(["pull", &registry.reference("growing:v1")]).success();
    registry.forget();
    let output = env.rcr(["pull", &registry.reference("growing:v2")]).success();
    let fetched: Vec<_> = registry.log().into_iter().filter(|request| request.path.contains("/blobs/")).collect();
    assert_eq!(fetched.len(), 2, "the configuration and one layer: {registry:?}");
    output.stderr_has(&format!("{}: Already exists", &old.layers()[0].hex()[..12]));
    assert_eq!(env.references(), [registry.reference("growing:v1"), registry.reference("growing:v2")]);
}

#[test]
fn a_layer_that_occurs_twice_is_fetched_once() {
    let registry = Registry::start();
    let mut image = Artifact::image(20).layers(&[4000]).build();
    let mut manifest = image.manifest.json();
    let layer = manifest["layers"][0].clone();
    manifest["layers"] = json!([layer, layer]);
    image.manifest = Document::new(&image.manifest.media_type, manifest.to_string());
    registry.add("twice", "v1", &image);
    let env = TestEnv::new();
    env.rcr(["pull", &registry.reference("twice:v1")]).success();
    assert_eq!(registry.count("GET", &image.layers()[0].digest()), 1);
    env.store_verify();
}

#[test]
fn a_moved_tag_moves() {
    let registry = Registry::start();
    let (old, new) = (Artifact::image(21).build(), Artifact::image(22).build());
    let (env, reference) = (TestEnv::new(), registry.reference("moving:latest"));
    registry.add("moving", "latest", &old);
    let first = env.rcr(["pull", &registry.reference("moving")]).success();
    first.stdout_is(&pinned(&reference, &old.digest())).stderr_has("Using default tag: latest");
    registry.add("moving", "latest", &new);
    let second = env.rcr(["pull", &reference]).success().stdout_is(&pinned(&reference, &new.digest()));
    second
        .stderr_lacks("Using default tag")
        .stderr_has(&format!("Digest: {}", new.digest()))
        .stderr_has(&format!("Status: Downloaded newer image for {reference}"));
    assert_eq!(env.references(), [reference]);
}

#[test]
fn a_digest_is_enough() {
    let registry = Registry::start();
    let image = Artifact::image(23).build();
    registry.add("pinned", "v1", &image);
    let (env, by_digest) = (TestEnv::new(), registry.reference(&format!("pinned@{}", image.digest())));
    env.rcr(["pull", &by_digest]).success().stdout_is(&format!("{by_digest}\n")).stderr_lacks("Using default tag");
    assert_eq!(env.references(), std::slice::from_ref(&by_digest));
    env.store_verify();
    registry.forget();
    env.rcr(["pull", &by_digest]).success();
    assert_eq!(registry.lines(), Vec::<String>::new(), "a digest that is stored needs no registry");
}

#[test]
fn fault_98_with_tag_and_digest_the_tag_is_recorded_and_not_asked_for() {
    let registry = Registry::start();
    let image = Artifact::image(24).build();
    registry.add("both", "v1", &image);
    registry.add("both", "v1", &Artifact::image(25).build());
    let (env, tagged) = (TestEnv::new(), registry.reference("both:v1"));
    let both = format!("{tagged}@{}", image.digest());
    env.rcr(["pull", &both]).success().stdout_is(&format!("{both}\n"));
    assert_eq!(env.references(), [tagged]);
    assert!(registry.lines().iter().all(|line| !line.contains("/manifests/v1")), "{registry:?}");
}

#[test]
fn quiet_is_quiet() {
    let registry = Registry::start();
    let image = Artifact::image(26).build();
    registry.add("quiet", "latest", &image);
    let (env, reference) = (TestEnv::new(), registry.reference("quiet:latest"));
    let output = env.rcr(["pull", "-q", &registry.reference("quiet")]).success();
    assert_eq!(output.stdout_is(&pinned(&reference, &image.digest())).stderr, "");
    let missing = env.rcr(["pull", "-q", &registry.reference("missing")]).code(3);
    missing.stdout_is("").stderr_has("error: cannot pull `");
}

#[test]
fn a_dry_run_changes_nothing() {
    let registry = Registry::start();
    let image = Artifact::image(27).build();
    registry.add("dry", "v1", &image);
    let env = TestEnv::new();
    let output = env.rcr(["pull", "--dry-run", &registry.reference("dry:v1")]).success();
    output.stdout_has(&image.digest());
    assert_eq!(registry.log().iter().filter(|request| request.path.contains(&image.layers()[0].digest())).count(), 0);
    assert_eq!(env.blobs(), Vec::<String>::new());
    assert_eq!(env.references(), Vec::<String>::new());
    assert!(!env.store().exists(), "not even a store is made");
}

#[test]
fn several_references_are_all_attempted() {
    let registry = Registry::start();
    let (one, two) = (Artifact::image(28).build(), Artifact::image(29).build());
    registry.add("one", "v1", &one);
    registry.add("two", "v1", &two);
    let env = TestEnv::new();
    let [one_name, two_name] = ["one:v1", "two:v1"].map(|name| registry.reference(name));
    let missing = registry.reference("missing:v1");
    let output = env.rcr(["pull", &one_name, &missing, &two_name]).code(3);
    let both = pinned(&one_name, &one.digest()) + &pinned(&two_name, &two.digest());
    output.stdout_is(&both).stderr_has(&format!("error: cannot pull `{missing}`"));
    assert_eq!(env.references(), [one_name, two_name]);
}

#[test]
fn the_first_failure_decides_the_exit_code() {
    let registry = Registry::builder()
        .fail(usize::MAX, |request| request.path.contains("/secret/"), Reply::error(403, "DENIED", "no entry"))
        .start();
    let env = TestEnv::new();
    let (secret, missing) = (registry.reference("secret/image:v1"), registry.reference("missing:v1"));
    env.rcr(["pull", &secret, &missing]).code(4).stderr_has("no entry");
    env.rcr(["pull", &missing, &secret]).code(3).stderr_has("no entry");
}

#[test]
fn a_bad_reference_is_pointed_at_before_anything_is_fetched() {
    let registry = Registry::start();
    registry.add("one", "v1", &Artifact::image(30).build());
    let env = TestEnv::new();
    env.rcr(["pull", "https://example.com/one"]).code(2).stderr_has("example.com/one").stderr_has("^");
    env.rcr(["pull", "one:bad tag"]).code(2).stderr_has("^");
    env.rcr(["pull", &registry.reference("one:v1"), "UPPER"]).code(2);
    env.rcr(["pull"]).code(2);
}

#[test]
fn progress_for_programs_is_json_lines() {
    let registry = Registry::start();
    registry.add("events", "v1", &Artifact::image(31).build());
    let env = TestEnv::new();
    let output = env.rcr(["pull", "--progress", "json", &registry.reference("events:v1")]).success();
    assert!(output.stderr.lines().count() > 2, "{output}");
    for line in output.stderr.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(event.is_object(), "{line}");
    }
    let none = env.rcr(["pull", "--progress", "none", &registry.reference("events:v1")]).success();
    none.stderr_lacks("Already exists");
}

#[test]
fn fault_103_progress_for_pipes_is_plain_lines() {
    let registry = Registry::start();
    let image = Artifact::image(32).build();
    registry.add("plain", "v1", &image);
    let env = TestEnv::new();
    let mut output = env.rcr(["pull", &registry.reference("plain:v1")]).success();
    for layer in image.layers() {
        output = output.stderr_has(&format!("{}: Pull complete\n", &layer.hex()[..12]));
    }
    assert!(!output.stderr.contains(['\x1b', '\r']), "{output}");
}

#[test]
fn an_index_without_images_is_stored_for_no_platform() {
    let registry = Registry::start();
    let empty =
        Document::new(OCI_INDEX, json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": []}).to_string());
    registry.add_manifest("empty", "v1", &empty);
    let env = TestEnv::new();
    env.rcr(["pull", &registry.reference("empty:v1")]).code(3);
    assert_eq!(env.references(), Vec::<String>::new());
}
