//! What a registry holds, asked without storing anything: `tags`, `catalog`, `manifest`, `digest`.

use std::fmt::Write as _;

use serde_json::json;

use crate::support::skopeo::Skopeo;
use crate::support::{Artifact, Distribution, Registry, Reply, Request, TestEnv};

fn with_tags(builder: crate::support::registry::Builder, tags: &[&str]) -> Registry {
    let registry = builder.start();
    for tag in tags {
        registry.add("team/image", tag, &Artifact::image(1400).build());
    }
    registry
}

fn lines(output: &crate::support::process::Output) -> Vec<&str> {
    output.stdout.lines().collect()
}

#[test]
fn tags_are_listed_over_all_pages() {
    let registry = with_tags(Registry::builder().pages_of(2), &["v1", "v2", "v3", "v4", "v5"]);
    let (env, repository) = (TestEnv::new(), registry.reference("team/image"));
    let output = env.rcr(["tags", &repository]).success();
    assert_eq!(lines(&output), ["v1", "v2", "v3", "v4", "v5"]);
    assert_eq!(registry.count("GET", "/tags/list"), 3, "{registry:?}");
    registry.forget();
    let output = env.rcr(["tags", "--limit", "3", &repository]).success();
    assert_eq!(lines(&output), ["v1", "v2", "v3"]);
    assert!(registry.count("GET", "/tags/list") <= 2, "{registry:?}");
    let value = env.rcr(["tags", "--json", &repository]).success().json();
    assert!(value["schema"].is_number(), "{value}");
    assert_eq!(value["tags"], json!(["v1", "v2", "v3", "v4", "v5"]));
}

#[test]
fn tags_are_sorted_and_filtered() {
    let registry = with_tags(Registry::builder(), &["1.10.0", "1.2.0", "1.9.0-rc.1", "1.9.0", "latest", "v2.0.0"]);
    let (env, repository) = (TestEnv::new(), registry.reference("team/image"));
    let semver = env.rcr(["tags", "--sort", "semver", &repository]).success();
    let versions: Vec<_> = lines(&semver).into_iter().filter(|tag| *tag != "latest").collect();
    assert_eq!(versions, ["v2.0.0", "1.10.0", "1.9.0", "1.9.0-rc.1", "1.2.0"], "newest first");
    let by_name = env.rcr(["tags", "--sort", "name", &repository]).success();
    assert_eq!(lines(&by_name), ["1.10.0", "1.2.0", "1.9.0", "1.9.0-rc.1", "latest", "v2.0.0"]);
    let filtered = env.rcr(["tags", "--filter", "1.9*", &repository]).success();
    assert_eq!(lines(&filtered), ["1.9.0", "1.9.0-rc.1"]);
}

#[test]
fn fault_49_lists_of_every_shape() {
    let digest_like = format!("sha256__{}", "a".repeat(64));
    let cases = [
        ("null", json!({"name": "team/image", "tags": null}), vec![]),
        ("no tags", json!({"name": "team/image"}), vec![]),
        ("a null among them", json!({"name": "team/image", "tags": [null, "v1"]}), vec!["v1"]),
        ("a digest among them", json!({"tags": [format!("sha256:{}", "a".repeat(64)), "v1"]}), vec!["v1"]),
        ("something else beside them", json!({"tags": ["v1"], "manifest": {"sha256:x": {}}}), vec!["v1"]),
        ("a name that looks odd", json!({"tags": [digest_like]}), vec![digest_like.as_str()]),
    ];
    for (name, body, expected) in cases {
        let registry = Registry::builder()
            .fail(usize::MAX, |r| r.path.ends_with("/tags/list"), Reply::ok(body.to_string()))
            .start();
        let output = TestEnv::new().rcr(["tags", &registry.reference("team/image")]).run();
        assert_eq!(output.exit(), Some(0), "{name}\n{output}");
        assert_eq!(lines(&output), expected, "{name}");
    }
}

#[test]
fn fault_49_a_page_that_comes_again_ends_the_list() {
    let registry = Registry::builder()
        .before(|request| {
            let page = Reply::ok(json!({"tags": ["v1", "v2"]}).to_string());
            request
                .path
                .ends_with("/tags/list")
                .then(|| page.header("link", "</v2/team/image/tags/list?last=v2>; rel=\"next\""))
        })
        .start();
    let output = TestEnv::new().rcr(["tags", &registry.reference("team/image")]).run();
    assert!(!matches!(output.exit(), Some(0) | None), "{output}");
    assert!(registry.log().len() <= 3, "{registry:?}");
}

#[test]
fn links_are_followed_as_they_are_written() {
    for form in [
        "</v2/team/image/tags/list?last=v1&x=a%2Fb>; rel=\"next\"",
        "<?last=v1&x=a%2Fb>;rel=next",
        "<ORIGIN/v2/team/image/tags/list?last=v1&x=a%2Fb>; title=\"a, b\"; rel=\"next\"",
    ] {
        let registry = Registry::builder()
            .before(move |request| {
                let origin = format!("http://{}", request.header("host").unwrap_or_default());
                let list = |tags: &[&str]| Reply::ok(json!({"tags": tags}).to_string());
                match (request.path.as_str(), request.parameter("last"), request.parameter("x")) {
                    ("/v2/team/image/tags/list", None, _) => {
                        Some(list(&["v1"]).header("link", form.replace("ORIGIN", &origin)))
                    }
                    ("/v2/team/image/tags/list", Some(_), Some(x)) if x == "a/b" => Some(list(&["v2"])),
                    _ => None,
                }
            })
            .start();
        let output = TestEnv::new().rcr(["tags", &registry.reference("team/image")]).run();
        assert_eq!(lines(&output), ["v1", "v2"], "{form}\n{output}");
    }
}

#[test]
fn fault_49_a_hundred_thousand_tags() {
    let mut all = String::from("{\"tags\":[\"0\"");
    for n in 1..1000 {
        write!(all, ",\"{n:05}\"").unwrap();
    }
    all.push_str("]}");
    let registry = Registry::builder()
        .before(move |request| {
            if !request.path.ends_with("/tags/list") {
                return None;
            }
            let page: usize = request.parameter("page").map_or(0, |page| page.parse().expect("a number"));
            let body = all.replace(",\"", &format!(",\"p{page}-"));
            let next = format!("<?page={}>; rel=\"next\"", page + 1);
            let reply = Reply::ok(body);
            Some(if page < 99 { reply.header("link", next) } else { reply })
        })
        .start();
    let output = TestEnv::new().rcr(["tags", &registry.reference("team/image")]).success();
    assert!(output.stdout.lines().count() >= 99_900, "{}", output.stdout.lines().count());
}

#[test]
fn catalogs_are_listed_over_all_pages() {
    let registry = Registry::builder().pages_of(1).start();
    for name in ["a", "b/c", "d"] {
        registry.add(name, "v1", &Artifact::image(1401).build());
    }
    let env = TestEnv::new();
    let output = env.rcr(["catalog", &registry.host()]).success();
    assert_eq!(lines(&output), ["a", "b/c", "d"]);
    let output = env.rcr(["catalog", "--limit", "2", &registry.host()]).success();
    assert_eq!(lines(&output), ["a", "b/c"]);
}

#[test]
fn manifest_and_digest_are_those_of_the_registry() {
    let registry = Distribution::shared();
    let reference = registry.reference("remote/five:v1");
    let index = Artifact::five_platforms(1402);
    Skopeo::new().push(&index, &reference);
    let env = TestEnv::new();
    let output = env.rcr(["manifest", &reference]).success();
    assert_eq!(output.stdout.as_bytes(), Skopeo::new().raw(&reference));
    env.rcr(["digest", &reference]).success().stdout_is(&format!("{}\n", index.digest()));
    let by_digest = registry.reference(&format!("remote/five@{}", index.children[1].digest()));
    let output = env.rcr(["manifest", &by_digest]).success();
    assert_eq!(output.stdout.as_bytes(), index.children[1].manifest.bytes);
    assert_eq!(env.blobs(), Vec::<String>::new());
    for command in ["manifest", "digest", "tags"] {
        env.rcr([command, &registry.reference("remote/missing")]).code(3).stdout_is("");
    }
}

#[test]
fn a_digest_costs_one_head() {
    let registry = Registry::start();
    let image = Artifact::image(1403).build();
    registry.add("image", "v1", &image);
    TestEnv::new()
        .rcr(["digest", &registry.reference("image:v1")])
        .success()
        .stdout_is(&format!("{}\n", image.digest()));
    assert_eq!(registry.lines(), ["HEAD /v2/image/manifests/v1"]);
}

#[test]
fn not_found_says_that_private_looks_the_same() {
    let registry = Registry::start();
    let output = TestEnv::new().rcr(["pull", &registry.reference("missing/image:v1")]).code(3);
    output.stderr_has("private");
}

#[test]
fn catalog_that_is_switched_off_is_no_crash() {
    for (status, exit) in [(401, 4), (403, 4), (404, 3), (405, 11)] {
        let registry = Registry::builder()
            .fail(usize::MAX, |request: &Request| request.path.ends_with("/_catalog"), Reply::status(status))
            .start();
        let output = TestEnv::new().rcr(["catalog", &registry.host()]).run();
        assert_eq!(output.exit(), Some(exit), "{status}\n{output}");
    }
}
