//! The store: what it holds can be listed, proven and taken away, and is never less than what was promised.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::images::host_platform;
use crate::support::skopeo;
use crate::support::{Artifact, Registry, TestEnv};

/// A registry and a store that both hold these images as `image-0:v1` and so on.
fn filled(images: &[Artifact]) -> (TestEnv, Registry, Vec<String>) {
    let (env, registry) = (TestEnv::new(), Registry::start());
    let references: Vec<_> = (0..images.len()).map(|n| registry.reference(&format!("image-{n}:v1"))).collect();
    for (n, image) in images.iter().enumerate() {
        registry.add(&format!("image-{n}"), "v1", image);
    }
    env.rcr(["pull", "--all-platforms"]).args(&references).success();
    (env, registry, references)
}

fn blob(env: &TestEnv, hex: &str) -> PathBuf {
    env.store().join("blobs/sha256").join(hex)
}

/// Replaces a file, which may be read-only.
fn replace(file: &PathBuf, bytes: &[u8]) {
    fs::remove_file(file).unwrap();
    fs::write(file, bytes).unwrap();
}

#[test]
fn images_lists_what_is_there() {
    let (image, index) = (Artifact::image(500).build(), Artifact::five_platforms(501));
    let (env, _registry, references) = filled(&[image.clone(), index.clone()]);
    let listing = env.rcr(["images", "--format", "json"]).success().json();
    assert_eq!(listing["schema"], 1);
    let mut images = listing["images"].as_array().unwrap().clone();
    images.sort_by_key(|image| image["reference"].as_str().unwrap().to_owned());
    assert_eq!(images.len(), 2, "{listing}");
    for (entry, (reference, artifact)) in images.iter().zip(references.iter().zip([&image, &index])) {
        assert_eq!(entry["reference"], *reference);
        assert_eq!(entry["digest"], artifact.digest());
        let mut keys: Vec<_> = entry.as_object().unwrap().keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["created", "digest", "platforms", "reference", "size_bytes"]);
        assert!(entry["size_bytes"].as_u64().is_some_and(|size| size > 5000), "{entry}");
        assert_eq!(entry["created"], "2024-01-02T03:04:05Z");
    }
    assert_eq!(images[0]["platforms"], json!([host_platform()]));
    assert_eq!(images[1]["platforms"].as_array().map(Vec::len), Some(5), "{listing}");
    assert_eq!(env.rcr(["images", "--json"]).success().json(), listing);

    let text = env.rcr(["images"]).success();
    text.stdout_has(&image.digest()["sha256:".len()..][..12]).stdout_has("image-0");
    assert_eq!(env.rcr(["ls"]).success().stdout, env.rcr(["images"]).success().stdout);
}

#[test]
fn an_empty_store_is_no_error() {
    let env = TestEnv::new();
    assert_eq!(env.rcr(["images", "--json"]).success().json(), json!({"schema": 1, "images": []}));
    env.rcr(["store", "path"]).success().stdout_is(&format!("{}\n", env.store().display()));
    env.rcr(["--store", "elsewhere", "store", "path"]).success().stdout_has("elsewhere");
    let collected = env.rcr(["store", "gc", "--json"]).success().json();
    assert_eq!((&collected["schema"], &collected["removed"]), (&json!(1), &json!([])));
    let verdict = env.rcr(["store", "verify", "--json"]).success().json();
    assert_eq!((&verdict["blobs"], &verdict["problems"]), (&json!(0), &json!([])));
    env.store_verify();
    assert!(!env.store().exists(), "asking makes none");
}

#[test]
fn inspect_and_history_show_the_image() {
    let image = Artifact::image(502).layers(&[4000, 5000]).build();
    let (env, _registry, references) = filled(std::slice::from_ref(&image));
    let inspected = env.rcr(["inspect", "--format", "json", &references[0]]).success().json().to_string();
    for expected in [&image.digest(), &image.layers()[0].digest(), &image.layers()[1].digest(), "/file-0"] {
        assert!(inspected.contains(expected), "{expected}: {inspected}");
    }
    let text = env.rcr(["inspect", &references[0]]).success();
    text.stdout_has(&host_platform()).stdout_has(&image.digest());
    env.rcr(["history", &references[0]]).success().stdout_has("COPY file-0 /").stdout_has("COPY file-1 /");
    let history = env.rcr(["history", "--json", &references[0]]).success().json();
    assert!(history["schema"].is_number(), "{history}");
    for command in ["inspect", "history"] {
        env.rcr([command, "missing:v1"]).code(3).stdout_is("");
    }
}

#[test]
fn inspect_of_a_remote_image_downloads_no_layer() {
    let (env, registry) = (TestEnv::new(), Registry::start());
    let image = Artifact::image(503).build();
    registry.add("remote", "v1", &image);
    env.rcr(["inspect", "--remote", &registry.reference("remote:v1")]).success().stdout_has(&image.digest());
    assert!(image.layers().iter().all(|layer| registry.count("GET", &layer.digest()) == 0), "{registry:?}");
    assert_eq!(env.blobs(), Vec::<String>::new());
}

#[test]
fn a_tag_is_a_second_name() {
    let image = Artifact::image(504).build();
    let (env, _registry, references) = filled(std::slice::from_ref(&image));
    env.rcr(["tag", &references[0], "example.com/new/name:v9"]).success().stdout_is("example.com/new/name:v9\n");
    env.rcr(["tag", &references[0], "short"]).success().stdout_is("docker.io/library/short:latest\n");
    assert_eq!(skopeo::inspect_layout(&env.store(), "example.com/new/name:v9"), image.digest());
    env.rcr(["tag", "missing:v1", "example.com/other:v1"]).code(3);
    env.rcr(["tag", &references[0], &format!("example.com/other@{}", image.digest())]).code(2);
    assert_eq!(env.references().len(), 3);
    env.store_verify();
}

#[test]
fn rmi_takes_no_other_name_than_the_one_that_was_meant() {
    let (one, two) = (Artifact::image(509).build(), Artifact::image(510).build());
    let (env, _registry, references) = filled(&[one.clone(), two.clone()]);
    let repository = references[0].rsplit_once(':').unwrap().0;
    let (second, third) = (format!("{repository}:second"), format!("{repository}:third"));
    env.rcr(["tag", &references[1], &second]).success();
    // The tag is that of the one image, the digest that of the other.
    env.rcr(["rmi", &format!("{}@{}", references[0], two.digest())]).code(3).stdout_is("");
    let digest = format!("{repository}@{}", two.digest());
    env.rcr(["tag", &references[1], &third]).success();
    env.rcr(["rmi", &digest]).code(2).stderr_has(&second).stderr_has(&third);
    env.rcr(["rmi", &third]).success();
    env.rcr(["rmi", &digest]).success().stdout_is(&format!("{second}\n"));
    assert_eq!(env.references(), references);
}

#[test]
fn rmi_takes_the_name_and_gc_the_bytes() {
    let kept = Artifact::image(505).layers(&[4000, 5000]).build();
    let gone = Artifact::image(505).layers(&[4000, 5000, 6000]).build();
    let (env, _registry, references) = filled(&[kept.clone(), gone.clone()]);
    env.rcr(["rmi", &references[1]]).success().stdout_is(&format!("{}\n", references[1]));
    assert_eq!(env.references(), [references[0].clone()]);
    env.rcr(["store", "gc"]).success();
    assert!(env.blobs().contains(&gone.layers()[2].hex()), "within the grace period nothing goes");
    env.rcr(["store", "gc", "--dry-run", "--grace", "0"]).success();
    assert!(env.blobs().contains(&gone.layers()[2].hex()), "a dry run removes nothing");
    env.rcr(["store", "gc", "--grace", "0"]).success();
    assert_eq!(env.blobs(), kept.hexes());
    env.store_verify();
    env.rcr(["rmi", &references[1]]).code(3).stdout_is("");
    env.rcr(["rmi", "missing:v1", &references[0]]).code(3).stdout_is(&format!("{}\n", references[0]));
    assert_eq!(env.references(), Vec::<String>::new());
}

#[test]
fn verify_finds_every_kind_of_rot() {
    type Spoil = fn(&PathBuf);
    let cases: [(&str, Spoil); 5] = [
        ("a flipped bit", |file| {
            let mut bytes = fs::read(file).unwrap();
            bytes[7] ^= 1;
            replace(file, &bytes);
        }),
        ("a short file", |file| replace(file, b"short")),
        ("an empty file", |file| replace(file, b"")),
        ("no file", |file| fs::remove_file(file).unwrap()),
        ("a directory", |file| {
            fs::remove_file(file).unwrap();
            fs::create_dir(file).unwrap();
        }),
    ];
    for (name, spoil) in cases {
        let image = Artifact::image(506).build();
        let healthy = Artifact::image(507).build();
        let (env, _registry, references) = filled(&[image.clone(), healthy.clone()]);
        let hex = image.layers()[0].hex();
        spoil(&blob(&env, &hex));
        let output = env.rcr(["store", "verify"]).run();
        assert_eq!(output.exit(), Some(7), "{name}\n{output}");
        assert!(format!("{}{}", output.stdout, output.stderr).contains(&hex[..12]), "{name}\n{output}");
        env.rcr(["inspect", &references[1]]).success();
        // Pulled again, it is whole again, whatever had happened to it: verify has put it aside.
        env.rcr(["pull", &references[0]]).success();
        env.store_verify();
    }
}

#[test]
fn fault_88_an_index_that_is_broken_stops_everything_and_stays() {
    for broken in ["", "{", "[]", "{\"schemaVersion\":2}", "{\"schemaVersion\":2,\"manifests\":{}}", "null"] {
        let (env, registry, references) = filled(&[Artifact::image(508).build()]);
        env.store_stays_spoilt();
        registry.add("second", "v1", &Artifact::image(509).build());
        let index = env.store().join("index.json");
        replace(&index, broken.as_bytes());
        let blobs = env.blobs();
        let second = registry.reference("second:v1");
        for args in [
            &["images"][..],
            &["pull", &second],
            &["tag", &references[0], "new:v1"],
            &["rmi", &references[0]],
            &["store", "gc", "--grace", "0"],
            &["store", "verify"],
        ] {
            let output = env.rcr(args).run();
            assert_eq!(output.exit(), Some(7), "{broken:?}\n{output}");
        }
        assert_eq!(fs::read_to_string(&index).unwrap(), broken);
        assert!(blobs.iter().all(|hex| env.blobs().contains(hex)), "{broken:?}");
    }
}

#[test]
fn fault_89_a_layout_of_another_version_is_left_alone() {
    for layout in ["{\"imageLayoutVersion\":\"9.0.0\"}", "", "{}"] {
        let (env, _registry, references) = filled(&[Artifact::image(510).build()]);
        env.store_stays_spoilt();
        replace(&env.store().join("oci-layout"), layout.as_bytes());
        env.rcr(["images"]).code(7);
        env.rcr(["rmi", &references[0]]).code(7);
    }
    let (env, _registry, _) = filled(&[Artifact::image(510).build()]);
    env.store_stays_spoilt();
    fs::remove_file(env.store().join("oci-layout")).unwrap();
    env.rcr(["images"]).code(7);
}

#[test]
fn fault_90_what_others_wrote_into_the_layout_stays() {
    let (env, registry, _) = filled(&[Artifact::image(511).build()]);
    let index = env.store().join("index.json");
    let mut value: Value = serde_json::from_slice(&fs::read(&index).unwrap()).unwrap();
    value["annotations"] = json!({"someone.else": "was here"});
    value["manifests"][0]["annotations"]["someone.else"] = json!("was here too");
    value["unknown"] = json!([1, 2, 3]);
    replace(&index, value.to_string().as_bytes());
    fs::write(env.store().join("manifest.json"), "[]").unwrap();
    registry.add("second", "v1", &Artifact::image(512).build());
    env.rcr(["pull", &registry.reference("second:v1")]).success();
    let after: Value = serde_json::from_slice(&fs::read(&index).unwrap()).unwrap();
    assert_eq!(after["annotations"], value["annotations"]);
    assert_eq!(after["unknown"], value["unknown"]);
    assert!(after["manifests"].as_array().unwrap().contains(&value["manifests"][0]), "{after}");
    assert_eq!(fs::read(env.store().join("manifest.json")).unwrap(), b"[]");
}

#[test]
fn other_tools_may_write_into_the_store() {
    let (env, _registry, _) = filled(&[Artifact::image(513).build()]);
    let (other, layout) = (Artifact::image(514).build(), tempfile::tempdir().unwrap());
    other.write_layout(layout.path(), "image");
    skopeo::copy_layout(layout.path(), "image", &env.store(), "example.com/by/skopeo:v1");
    assert!(env.references().contains(&"example.com/by/skopeo:v1".to_owned()), "{:?}", env.references());
    env.store_verify();
    let destination = Registry::start();
    env.rcr(["push", "example.com/by/skopeo:v1", &destination.reference("copy:v1")]).success();
    assert_eq!(destination.tag("copy", "v1"), Some(other.digest()));
}

#[test]
fn a_collection_that_has_to_wait_says_so_and_goes_on() {
    let (env, _registry, _) = filled(&[Artifact::image(511).build()]);
    // A command that reads the store, as far as locks go.
    let lock = fs::File::open(env.store().join(".rcr/lock/store")).unwrap();
    lock.lock_shared().unwrap();
    let gc = env.spawn(["store", "gc"]);
    std::thread::sleep(Duration::from_secs(3));
    lock.unlock().unwrap();
    gc.wait().success().stderr_has("waiting for");
}
