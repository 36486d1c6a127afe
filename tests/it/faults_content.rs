//! Documents that a malicious or broken registry serves: refused before anything of them is stored.

use serde_json::{Value, json};

use crate::support::images::{Document, OCI_INDEX, OCI_MANIFEST, hex};
use crate::support::{Artifact, Registry, TestEnv};

/// Serves `bytes` as the manifest `evil:v1`, beside an honest image whose parts it may name.
fn serve(media_type: &str, bytes: impl Into<Vec<u8>>) -> Registry {
    let registry = Registry::start();
    registry.add("evil", "honest", &honest());
    registry.add_manifest("evil", "v1", &Document::new(media_type, bytes));
    registry
}

fn honest() -> Artifact {
    Artifact::image(1100).build()
}

/// `pull` refuses it with this code, stores nothing, and touches nothing outside the store.
#[track_caller]
fn refused(name: &str, registry: &Registry, code: i32) {
    let env = TestEnv::new();
    let output = env.rcr(["--retries", "0", "pull", &registry.reference("evil:v1")]).run();
    assert_eq!(output.exit(), Some(code), "{name}\n{output}");
    assert!(!output.stderr.contains("panicked"), "{name}\n{output}");
    assert_eq!(env.blobs(), Vec::<String>::new(), "{name}");
    assert_eq!(env.references(), Vec::<String>::new(), "{name}");
}

#[test]
fn fault_62_ambiguous_manifests() {
    let manifest = honest().manifest.json();
    let with = |change: &dyn Fn(&mut Value)| {
        let mut value = manifest.clone();
        change(&mut value);
        value.to_string()
    };
    let text = manifest.to_string();
    let cases = [
        ("manifests beside layers", with(&|m| m["manifests"] = json!([]))),
        ("Manifests beside layers", with(&|m| m["Manifests"] = json!([]))),
        ("fsLayers beside layers", with(&|m| m["fsLayers"] = json!([]))),
        ("Layers beside layers", with(&|m| m["Layers"] = json!([]))),
        ("another media type inside", with(&|m| m["mediaType"] = json!(OCI_INDEX))),
        ("layers twice", text.replacen("\"layers\":", "\"layers\":[],\"layers\":", 1)),
        ("config twice", text.replacen("\"config\":", "\"config\":{},\"config\":", 1)),
        ("something behind it", format!("{text}{{}}")),
        ("a byte order mark", format!("\u{feff}{text}")),
        ("cut", text[..text.len() - 1].to_owned()),
        ("a list", "[]".to_owned()),
        ("nothing", String::new()),
        ("deep", format!("{}{}", "[".repeat(10_000), "]".repeat(10_000))),
    ];
    for (name, body) in cases {
        refused(name, &serve(OCI_MANIFEST, body), 7);
    }
    let index = |extra: &str| format!("{{\"schemaVersion\":2,\"mediaType\":\"{OCI_INDEX}\",\"manifests\":[]{extra}}}");
    for extra in [",\"layers\":[]", ",\"config\":{}", ",\"Config\":{}"] {
        refused(extra, &serve(OCI_INDEX, index(extra)), 7);
    }
}

#[test]
fn schema_1_is_refused_by_name() {
    let body =
        json!({"schemaVersion": 1, "name": "evil", "tag": "v1", "fsLayers": [], "history": [], "signatures": []});
    for media_type in ["application/vnd.docker.distribution.manifest.v1+prettyjws", "text/plain"] {
        let registry = serve(media_type, body.to_string());
        let output = TestEnv::new().rcr(["pull", &registry.reference("evil:v1")]).run();
        assert!(matches!(output.exit(), Some(7 | 11)), "{media_type}\n{output}");
        output.stderr_has("schema 1");
    }
}

#[test]
fn fault_61_sizes_that_are_none() {
    for size in [json!(-1), json!(1.5), json!("10"), json!(null)] {
        let mut manifest = honest().manifest.json();
        manifest["layers"][0]["size"] = size.clone();
        refused(&size.to_string(), &serve(OCI_MANIFEST, manifest.to_string()), 7);
    }
}

#[test]
fn fault_61_a_size_that_no_disk_has_is_refused_without_writing() {
    for size in [json!(i64::MAX), json!(u64::MAX)] {
        let mut manifest = honest().manifest.json();
        manifest["layers"][0]["size"] = size;
        let registry = serve(OCI_MANIFEST, manifest.to_string());
        let env = TestEnv::new();
        let output = env.rcr(["--retries", "0", "pull", &registry.reference("evil:v1")]).run();
        assert!(matches!(output.exit(), Some(7 | 9)), "{output}");
        assert!(!env.blobs().contains(&honest().layers()[0].hex()));
        assert_eq!(env.references(), Vec::<String>::new());
    }
}

#[test]
fn fault_63_digests_that_are_none() {
    let hex = "a".repeat(64);
    let cases = [
        "sha256:../../../../outside".to_owned(),
        format!("sha256:{}", hex.to_uppercase()),
        format!("sha256:{}", &hex[1..]),
        format!("sha256:{hex}a"),
        format!("sha384:{}", "a".repeat(96)),
        format!("md5:{}", "a".repeat(32)),
        format!("sha256+b64u:{hex}"),
        hex.clone(),
        String::new(),
        format!("sha256:{}\0", &hex[1..]),
        "a".repeat(1 << 20),
    ];
    for digest in cases {
        for place in ["layers", "config"] {
            let mut manifest = honest().manifest.json();
            let entry = if place == "layers" { &mut manifest["layers"][0] } else { &mut manifest["config"] };
            entry["digest"] = json!(digest);
            let shown: String = digest.chars().take(40).collect();
            refused(&format!("{place}: {shown:?}"), &serve(OCI_MANIFEST, manifest.to_string()), 7);
        }
    }
}

#[test]
fn sha512_is_verified_with_sha512() {
    use sha2::Digest as _;
    let image = honest();
    let layer = &image.layers()[0];
    let hex = hex(&sha2::Sha512::digest(&layer.bytes));
    for (served, code) in [
        (layer.bytes.clone(), 0),
        (image.layers()[1].bytes[..layer.bytes.len().min(image.layers()[1].bytes.len())].to_vec(), 7),
    ] {
        let mut manifest = image.manifest.json();
        manifest["layers"] =
            json!([{"mediaType": layer.media_type, "size": layer.bytes.len(), "digest": format!("sha512:{hex}")}]);
        let path = format!("/v2/evil/blobs/sha512:{hex}");
        let body = served.clone();
        let registry = Registry::builder()
            .before(move |request| (request.path == path).then(|| crate::support::Reply::ok(body.clone())))
            .start();
        registry.add("evil", "honest", &image);
        registry.add_manifest("evil", "v1", &Document::new(OCI_MANIFEST, manifest.to_string()));
        let env = TestEnv::new();
        let output = env.rcr(["--retries", "1", "pull", &registry.reference("evil:v1")]).run();
        assert_eq!(output.exit(), Some(code), "{output}");
        assert_eq!(env.store().join("blobs/sha512").join(&hex).exists(), code == 0);
        env.store_verify();
    }
}

#[test]
fn fault_64_another_valid_image_under_a_childs_digest() {
    let (index, other) = (Artifact::five_platforms(1101), Artifact::image(1102).build());
    let (asked, swapped) = (index.host_child().digest(), other.manifest.bytes.clone());
    let registry = Registry::builder()
        .before(move |request| {
            let hit = request.path.ends_with(&asked);
            hit.then(|| crate::support::Reply::ok(swapped.clone()).header("content-type", OCI_MANIFEST))
        })
        .start();
    registry.add("evil", "v1", &index);
    registry.add("evil", "other", &other);
    let env = TestEnv::new();
    env.rcr(["--retries", "1", "pull", &registry.reference("evil:v1")]).code(7);
    assert_eq!(env.references(), Vec::<String>::new());
    assert!(!env.blobs().contains(&other.manifest.hex()));
}

#[test]
fn fault_60_a_manifest_without_end_is_not_read_to_it() {
    let mut manifest = honest().manifest.json();
    manifest["annotations"] = json!({"padding": "x".repeat(8 * 1024 * 1024 + 1)});
    refused("8 MiB and more", &serve(OCI_MANIFEST, manifest.to_string()), 7);
}

#[test]
fn fault_65_an_index_with_too_many_entries_or_too_deep() {
    let entry = honest().manifest.descriptor();
    let many = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": vec![entry; 20_000]});
    refused("20 000 entries", &serve(OCI_INDEX, many.to_string()), 7);

    let registry = Registry::start();
    let mut nested = honest();
    registry.add("evil", "honest", &nested);
    for _ in 0..10 {
        let entries = json!([nested.manifest.descriptor()]);
        let index = json!({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries});
        nested.manifest = Document::new(OCI_INDEX, index.to_string());
        registry.add_manifest("evil", "v1", &nested.manifest);
    }
    let env = TestEnv::new();
    let output = env.rcr(["pull", "--all-platforms", &registry.reference("evil:v1")]).run();
    assert_eq!(output.exit(), Some(7), "{output}");
    assert_eq!(env.references(), Vec::<String>::new());
}

#[test]
fn null_lists_are_empty_ones() {
    let mut manifest = honest().manifest.json();
    manifest["layers"] = json!(null);
    let mut config = honest().config().json();
    config["rootfs"]["diff_ids"] = json!(null);
    config["history"] = json!(null);
    let config = config.to_string();
    manifest["config"] = Document::new("application/vnd.oci.image.config.v1+json", config.clone()).descriptor();
    let registry = serve(OCI_MANIFEST, manifest.to_string());
    registry.add_blob("evil", config.as_bytes());
    let env = TestEnv::new();
    env.rcr(["pull", &registry.reference("evil:v1")]).success();
    env.rcr(["inspect", &registry.reference("evil:v1")]).success();
    env.store_verify();
}

#[test]
fn unknown_fields_survive_because_bytes_do() {
    let text = honest().manifest.json().to_string().replacen('{', "{ \n \"x-unknown\": [1, 2.50, 1e3],", 1);
    let registry = serve(OCI_MANIFEST, text.clone());
    let (env, reference) = (TestEnv::new(), registry.reference("evil:v1"));
    env.rcr(["pull", &reference]).success();
    let copy = registry.reference("copy:v1");
    env.rcr(["push", &reference, &copy]).success();
    env.rcr(["manifest", &copy]).success().stdout_is(&text);
}
