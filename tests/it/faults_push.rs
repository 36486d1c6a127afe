//! Uploads that break: sessions that end, ranges that lie, registries that lose what they were given.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::images::digest_of;
use crate::support::registry::Builder;
use crate::support::{Artifact, End, FaultProxy, Plan, Registry, Reply, Request, TestEnv, Way};

fn is_session(method: &'static str) -> impl Fn(&Request) -> bool + Send + Sync + Clone {
    move |request| request.method == method && request.path.contains("/blobs/uploads/session-")
}

fn is_post(request: &Request) -> bool {
    request.method == "POST" && request.path.contains("/blobs/uploads/")
}

/// A store with an image of one layer of this size, and a registry to push it to.
struct Case {
    env: TestEnv,
    source: String,
    registry: Registry,
    image: Artifact,
    _origin: Registry,
}

impl Case {
    fn new(seed: u64, size: usize, builder: Builder) -> Self {
        let image = Artifact::image(seed).layers(&[size]).build();
        let origin = Registry::start();
        origin.add("image", "v1", &image);
        let (env, source) = (TestEnv::new(), origin.reference("image:v1"));
        env.rcr(["pull", &source]).success();
        Self { env, source, registry: builder.start(), image, _origin: origin }
    }

    fn push(&self) -> crate::support::process::Run<'_> {
        self.env.rcr(["push", &self.source, &self.registry.reference("copy:v1")])
    }

    #[track_caller]
    fn arrives(&self) {
        let output = self.push().success();
        assert!(self.registry.holds("copy", &self.image), "{output}\n{:?}", self.registry);
        assert_eq!(self.registry.tag("copy", "v1"), Some(self.image.digest()));
    }
}

/// Makes uploads go in chunks: a whole body is too large.
fn chunked(builder: Builder) -> Builder {
    let is_put = is_session("PUT");
    builder.fail(usize::MAX, move |request| is_put(request) && request.body.len() > 10_000, Reply::status(413))
}

#[test]
fn fault_111_a_session_that_was_lost_is_opened_again() {
    let lost = Reply::error(404, "BLOB_UPLOAD_UNKNOWN", "no such session");
    Case::new(1500, 50_000, Registry::builder().fail(1, is_session("PUT"), lost.clone())).arrives();
    Case::new(1501, 50_000, chunked(Registry::builder()).fail(1, is_session("PATCH"), lost.clone())).arrives();

    let never = Case::new(1502, 50_000, Registry::builder().fail(usize::MAX, is_session("PUT"), lost));
    let output = never.push().args(["--retries", "2"]).run();
    assert!(!matches!(output.exit(), Some(0) | None), "{output}");
    assert!(never.registry.log().iter().filter(|request| is_post(request)).count() <= 12, "{:?}", never.registry);
}

#[test]
fn an_upload_that_stumbles_is_sent_again() {
    for status in [500, 502, 503] {
        Case::new(1503, 50_000, Registry::builder().fail(1, is_session("PUT"), Reply::status(status))).arrives();
        Case::new(1504, 50_000, Registry::builder().fail(1, is_post, Reply::status(status))).arrives();
        let is_manifest = |request: &Request| request.method == "PUT" && request.path.contains("/manifests/");
        Case::new(1505, 50_000, Registry::builder().fail(1, is_manifest, Reply::status(status))).arrives();
    }
}

#[test]
fn fault_112_a_chunk_that_does_not_fit_is_aligned() {
    // The first chunk is taken, and then refused as if it had not been asked for there.
    let builder = chunked(Registry::builder()).spoil(1, is_session("PATCH"), |reply| reply.with_status(416));
    Case::new(1506, 50_000, builder).arrives();
    let never =
        Case::new(1507, 50_000, chunked(Registry::builder()).fail(usize::MAX, is_session("PATCH"), Reply::status(416)));
    let output = never.push().args(["--retries", "1"]).run();
    assert!(matches!(output.exit(), Some(5 | 11)), "{output}");
    assert_eq!(never.registry.tag("copy", "v1"), None);
}

#[test]
fn fault_114_a_put_whose_answer_is_lost_may_have_worked() {
    // The registry has the blob, but says 504.
    let builder = Registry::builder()
        .spoil(1, is_session("PUT"), |reply| Reply::status(504).header("x-was", reply.status.to_string()));
    let case = Case::new(1508, 50_000, builder);
    case.arrives();
    let posts = case.registry.log().iter().filter(|request| is_post(request)).count();
    assert_eq!(posts, 2, "the blob is there, and need not be sent again: {:?}", case.registry);
}

#[test]
fn fault_116_a_digest_that_the_registry_disputes_is_sent_once_more() {
    let disputed = Reply::error(400, "DIGEST_INVALID", "provided digest did not match");
    Case::new(1509, 50_000, Registry::builder().fail(1, is_session("PUT"), disputed.clone())).arrives();
    let always = Case::new(1510, 50_000, Registry::builder().fail(usize::MAX, is_session("PUT"), disputed));
    always.push().code(11).stderr_has("provided digest did not match");
}

#[test]
fn a_put_may_be_answered_204() {
    Case::new(1511, 50_000, Registry::builder().spoil(usize::MAX, is_session("PUT"), |reply| reply.with_status(204)))
        .arrives();
}

#[test]
fn fault_120_refusals_say_who_refused() {
    let cases = [(405, 11), (413, 11), (507, 11), (403, 4), (401, 4)];
    for (status, exit) in cases {
        let refusal = Reply::error(status, "DENIED", "the team's quota is used up");
        let case = Case::new(1512, 5_000, Registry::builder().fail(usize::MAX, is_post, refusal));
        let output = case.push().run();
        assert_eq!(output.exit(), Some(exit), "{status}\n{output}");
        output.stdout_is("").stderr_has("the team's quota is used up");
        assert_eq!(case.registry.tag("copy", "v1"), None);
    }
}

#[test]
fn fault_122_a_chunk_is_as_long_as_the_registry_wants() {
    let at_least = 30_000;
    let builder = chunked(Registry::builder())
        .spoil(usize::MAX, is_post, move |reply| reply.header("oci-chunk-min-length", at_least.to_string()));
    let case = Case::new(1513, 100_000, builder);
    case.arrives();
    let log = case.registry.log();
    let chunks: Vec<_> = log.iter().filter(|request| is_session("PATCH")(request)).map(|r| r.body.len()).collect();
    assert!(chunks[..chunks.len() - 1].iter().all(|&length| length >= at_least), "{chunks:?}");
}

#[test]
fn fault_69_a_mount_of_something_else_is_not_believed() {
    let other = format!("/v2/copy/blobs/sha256:{}", "5".repeat(64));
    let digest = format!("sha256:{}", "5".repeat(64));
    let is_mount = |request: &Request| is_post(request) && request.parameter("mount").is_some();
    let lie = Reply::status(201).header("location", other).header("docker-content-digest", digest);
    let registry = Registry::builder().fail(usize::MAX, is_mount, lie).start();
    registry.add("origin", "v1", &Artifact::image(1514).build());
    let env = TestEnv::new();
    env.rcr(["pull", &registry.reference("origin:v1")]).success();
    env.rcr(["push", &registry.reference("origin:v1"), &registry.reference("copy:v1")]).code(7);
    assert_eq!(registry.tag("copy", "v1"), None);
}

#[test]
fn several_pushes_of_one_image_do_not_disturb_each_other() {
    let slow = |reply: Reply| reply.delayed(std::time::Duration::from_millis(20));
    let case = Case::new(1515, 50_000, Registry::builder().spoil(usize::MAX, is_post, slow));
    let names: Vec<_> = (0..4).map(|n| case.registry.reference(&format!("copy:v{n}"))).collect();
    let running: Vec<_> = names.iter().map(|name| case.env.spawn(["push", &case.source, name])).collect();
    for push in running {
        push.wait().success();
    }
    assert!((0..4).all(|n| case.registry.tag("copy", &format!("v{n}")) == Some(case.image.digest())));
}

#[test]
fn an_empty_blob_can_be_pushed() {
    let mut image = Artifact::image(1516).layers(&[10]).build();
    let mut manifest = image.manifest.json();
    image.blobs[1].bytes.clear();
    manifest["layers"][0] = image.blobs[1].descriptor();
    image.manifest.bytes = manifest.to_string().into_bytes();
    let registry = Registry::start();
    registry.add("image", "v1", &image);
    let (env, destination) = (TestEnv::new(), Registry::start());
    env.rcr(["pull", &registry.reference("image:v1")]).success();
    env.rcr(["push", &registry.reference("image:v1"), &destination.reference("copy:v1")]).success();
    assert!(destination.holds("copy", &image));
}

#[test]
fn fault_125_an_interrupted_push_moves_no_tag() {
    let reached = std::sync::Arc::new(AtomicUsize::new(0));
    let seen = std::sync::Arc::clone(&reached);
    let is_put = is_session("PUT");
    let builder = Registry::builder().before(move |request| {
        is_put(request).then(|| {
            seen.fetch_add(1, Ordering::Relaxed);
            Reply::status(201).delayed(std::time::Duration::MAX)
        })
    });
    let case = Case::new(1517, 50_000, builder);
    let push = case.push().spawn();
    while reached.load(Ordering::Relaxed) == 0 {
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    push.signal("INT");
    let output = push.wait().code(130).stdout_is("");
    assert!(output.elapsed < std::time::Duration::from_secs(10), "{output}");
    assert_eq!(case.registry.tag("copy", "v1"), None);
    // The same command, where nothing is in its way.
    let free = Registry::start();
    case.env.rcr(["push", &case.source, &free.reference("copy:v1")]).success();
    assert!(free.holds("copy", &case.image));
}

#[test]
fn fault_111_uploads_that_are_cut_on_the_way_arrive() {
    for (chunks, end) in [(false, End::Fin), (false, End::Rst), (true, End::Fin), (true, End::Rst)] {
        let builder = if chunks { chunked(Registry::builder()) } else { Registry::builder() };
        let case = Case::new(1518, 300_000, builder);
        let cut = Plan::clean().up(Way::clean().limit_data(150_000, end));
        let way = FaultProxy::start(case.registry.host(), move |n| if n <= 2 { cut.clone() } else { Plan::clean() });
        case.env.set("RCR_TEST_HASTE", "20");
        // TLS is not tried: each connection carries requests.
        let push = case.env.rcr(["--plain-http", &way.host(), "push", &case.source, &way.reference("copy:v1")]);
        let output = push.success();
        assert!(case.registry.holds("copy", &case.image), "{chunks} {end:?}\n{output}");
        assert_eq!(case.registry.tag("copy", "v1"), Some(case.image.digest()));
        assert!(way.accepted() > 1, "{chunks} {end:?}: nothing was cut");
        assert!(way.up_bytes() < 1_500_000, "{chunks} {end:?}: {} bytes for 300 000", way.up_bytes());
    }
}

#[test]
fn fault_113_a_registry_that_lies_about_what_it_has_gets_every_byte() {
    // Less than was sent, one byte less, more, more than the blob has, nothing, and no range at all.
    for lie in ["0-999", "0-49999", "0-60000", "0-999999999", "0-0", "5-9", "nonsense", ""] {
        let builder = chunked(Registry::builder()).spoil(1, is_session("PATCH"), move |reply| {
            let reply = reply.without("range");
            if lie.is_empty() { reply } else { reply.header("range", lie) }
        });
        let case = Case::new(1519, 50_000, builder);
        case.env.set("RCR_TEST_HASTE", "20");
        let output = case.push().run();
        assert_eq!(output.exit(), Some(0), "{lie:?}\n{output}\n{:?}", case.registry);
        assert!(case.registry.holds("copy", &case.image), "{lie:?}: {:?}", case.registry);
    }
    // For ever, it ends.
    for lie in ["0-999", "0-999999999"] {
        let builder = chunked(Registry::builder())
            .spoil(usize::MAX, is_session("PATCH"), move |reply| reply.without("range").header("range", lie));
        let case = Case::new(1520, 50_000, builder);
        case.env.set("RCR_TEST_HASTE", "20");
        let output = case.push().args(["--retries", "1"]).run();
        assert!(matches!(output.exit(), Some(0 | 5 | 11)), "{lie:?}\n{output}");
        assert_eq!(case.registry.holds("copy", &case.image), output.exit() == Some(0), "{lie:?}");
        assert!(case.registry.log().len() < 100, "{lie:?}: {:?}", case.registry);
    }
}

#[test]
fn fault_115_blobs_that_a_registry_does_not_see_yet_are_waited_for() {
    let is_manifest = |request: &Request| request.method == "PUT" && request.path.contains("/manifests/");
    let unknown = Reply::error(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
    let late = Case::new(1521, 5_000, Registry::builder().fail(2, is_manifest, unknown.clone()));
    late.env.set("RCR_TEST_HASTE", "20");
    late.arrives();

    // It takes them, and forgets them: asked for them, it has none.
    let is_head = |request: &Request| request.method == "HEAD" && request.path.contains("/blobs/");
    let none = Reply::error(404, "BLOB_UNKNOWN", "no");
    let builder = Registry::builder().fail(usize::MAX, is_manifest, unknown).fail(usize::MAX, is_head, none);
    let never = Case::new(1522, 5_000, builder);
    never.env.set("RCR_TEST_HASTE", "20");
    let output = never.push().args(["--retries", "2"]).code(11);
    output.stdout_is("").stderr_has("blob unknown to registry");
    assert_eq!(never.registry.tag("copy", "v1"), None);
    let tried = never.registry.log().iter().filter(|request| is_manifest(request)).count();
    assert_eq!(tried, 3, "{:?}", never.registry);
}

#[test]
fn fault_123_of_two_who_push_one_tag_the_last_wins_and_both_are_whole() {
    let (one, two) = (Artifact::five_platforms(1523), Artifact::five_platforms(1524));
    let slow = |reply: Reply| reply.delayed(std::time::Duration::from_millis(10));
    let origin = Registry::start();
    let registry = Registry::builder().spoil(usize::MAX, |request| request.method == "PUT", slow).start();
    let env = TestEnv::new();
    let names = ["one:v1", "two:v1"].map(|name| origin.reference(name));
    for (index, name) in [(&one, "one"), (&two, "two")] {
        origin.add(name, "v1", index);
    }
    env.rcr(["pull", "--all-platforms"]).args(&names).success();
    let running: Vec<_> = names.iter().map(|name| env.spawn(["push", name, &registry.reference("copy:v1")])).collect();
    for push in running {
        push.wait().success();
    }
    assert!(registry.holds("copy", &one) && registry.holds("copy", &two), "{registry:?}");
    let log = registry.log();
    let last = log.iter().rfind(|request| request.path.ends_with("/manifests/v1")).expect("a tag");
    assert_eq!(registry.tag("copy", "v1"), Some(digest_of(&last.body)));
    // The registry refuses an index without its images, so no index came before them.
    assert!([one.digest(), two.digest()].contains(&digest_of(&last.body)));
}

#[test]
fn fault_124_a_source_that_is_slower_than_the_registry_waits_is_sent_again() {
    let case = Case::new(1525, 300_000, Registry::builder());
    // Whoever says nothing for a while is hung up on.
    let limit = std::time::Duration::from_millis(400);
    let way = FaultProxy::each(case.registry.host(), Plan::clean().up(Way::clean().idle(limit)));
    case.env.set("RCR_TEST_HASTE", "20");
    let blob = case.env.store().join("blobs/sha256").join(case.image.layers()[0].hex());
    // The store is what is slow: one read of the layer takes longer than the registry waits.
    let args = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=read,pread64", "-e"];
    let args = args.into_iter().chain(["inject=read,pread64:delay_enter=1200000:when=1", "-P"]);
    let strace = case.env.program("strace", args).arg(&blob).arg(env!("CARGO_BIN_EXE_rcr"));
    let output = strace.args(["--plain-http", &way.host(), "push", &case.source, &way.reference("copy:v1")]).success();
    assert!(output.elapsed > std::time::Duration::from_millis(1200), "nothing was slow: {output}");
    assert!(case.registry.holds("copy", &case.image), "{output}");
    assert_eq!(case.registry.tag("copy", "v1"), Some(case.image.digest()));
}
