//! Blobs that arrive broken: cut, shifted, flipped, too long, too short. What is stored is right or is not there.

use crate::support::images::Document;
use crate::support::registry::Builder;
use crate::support::{Artifact, Cut, Registry, Reply, Request, TestEnv};

/// The size of the one layer's file.
const SIZE: usize = 300_000;

/// An image with one large layer, a registry that spoils it, and a store that wants it.
struct Case {
    env: TestEnv,
    registry: Registry,
    image: Artifact,
}

impl Case {
    fn new(seed: u64, builder: impl FnOnce(Builder, String) -> Builder) -> Self {
        let image = Artifact::image(seed).layers(&[SIZE]).build();
        let registry = builder(Registry::builder(), image.layers()[0].digest()).start();
        registry.add("blob", "v1", &image);
        Self { env: TestEnv::new(), registry, image }
    }

    fn layer(&self) -> &Document {
        &self.image.layers()[0]
    }

    fn pull(&self) -> crate::support::process::Run<'_> {
        self.env.rcr(["pull", &self.registry.reference("blob:v1")])
    }

    /// The pull succeeds with these range starts in its requests for the layer; none where no range was asked for.
    fn succeeds_with(&self, ranges: &[Option<usize>]) {
        let output = self.pull().success();
        assert_eq!(self.ranges(), ranges, "{output}\n{:?}", self.registry);
        assert_eq!(self.env.blobs(), self.image.hexes());
        self.env.store_verify();
    }

    /// The pull fails with this code, and no bad byte is kept; without the fault it then succeeds.
    fn fails_with(&self, code: i32) {
        let output = self.pull().args(["--retries", "2"]).code(code);
        output.stdout_is("");
        assert!(!self.env.blobs().contains(&self.layer().hex()));
        assert_eq!(self.env.references(), Vec::<String>::new());
        self.env.store_verify();
    }

    fn ranges(&self) -> Vec<Option<usize>> {
        let path = self.layer().digest();
        let log = self.registry.log();
        log.iter().filter(|r| r.method == "GET" && r.path.ends_with(&path)).map(Request::range_start).collect()
    }
}

/// Cuts the first `times` downloads of the layer after `at` bytes.
fn cut(times: usize, at: usize, how: Cut) -> impl FnOnce(Builder, String) -> Builder {
    move |builder, digest| builder.spoil(times, move |r| r.path.ends_with(&digest), move |reply| reply.cut(at, how))
}

#[test]
fn fault_1_a_cut_body_is_resumed_where_it_ended() {
    Case::new(900, cut(1, 100_000, Cut::Fin)).succeeds_with(&[None, Some(100_000)]);
}

#[test]
fn fault_2_a_cut_chunked_body_is_resumed_where_it_ended() {
    let case = Case::new(901, |builder, digest| {
        let is_layer = move |r: &Request| r.path.ends_with(&digest);
        builder.spoil(1, is_layer, |reply| reply.chunked().cut(100_000, Cut::Fin))
    });
    case.succeeds_with(&[None, Some(100_000)]);
}

#[test]
fn fault_3_a_reset_is_survived_wherever_it_comes() {
    for at in [0, 1, 65_536, SIZE, usize::MAX] {
        let case = Case::new(902, |builder, digest| {
            // The last is before the last byte.
            let cut = move |reply: Reply| {
                let end = reply.body.len() - 1;
                reply.cut(at.min(end), Cut::Rst)
            };
            builder.spoil(1, move |r| r.path.ends_with(&digest), cut)
        });
        case.pull().success();
        let ranges = case.ranges();
        assert_eq!(ranges.len(), 2, "at {at}: {ranges:?}");
        assert!(ranges[1].unwrap_or(0) <= at, "at {at}: {ranges:?}");
        assert_eq!(case.env.blobs(), case.image.hexes());
        case.env.store_verify();
    }
}

#[test]
fn fault_5_without_any_progress_it_ends_and_later_needs_the_rest_only() {
    let case = Case::new(903, |builder, digest| {
        let is_rest = {
            let digest = digest.clone();
            move |r: &Request| r.path.ends_with(&digest) && r.range_start().is_some()
        };
        let is_layer = move |r: &Request| r.path.ends_with(&digest);
        builder
            .spoil(4, is_rest, |reply| reply.cut(0, Cut::Fin))
            .spoil(1, is_layer, |reply| reply.cut(200_000, Cut::Fin))
    });
    case.pull().args(["--retries", "2"]).code(5);
    case.env.store_verify();
    let tried = case.ranges().len();
    assert!((2..=5).contains(&tried), "{:?}", case.registry);
    // The faults end some time; then the partial is worth what was received.
    for _ in 0..3 {
        if case.pull().args(["--retries", "2"]).run().exit() == Some(0) {
            break;
        }
    }
    assert_eq!(case.ranges().last(), Some(&Some(200_000)), "{:?}", case.registry);
    assert_eq!(case.env.blobs(), case.image.hexes());
    case.env.store_verify();
}

#[test]
fn fault_9_a_flipped_byte_is_fetched_again_and_then_given_up() {
    let flip = |times| {
        move |builder: Builder, digest: String| {
            builder.spoil(times, move |r| r.path.ends_with(&digest), |reply| reply.flipped(12_345))
        }
    };
    Case::new(904, flip(1)).succeeds_with(&[None, None]);
    let always = Case::new(905, flip(usize::MAX));
    always.fails_with(7);
    assert!(always.ranges().len() <= 3, "{:?}", always.registry);
}

#[test]
fn fault_10_a_flipped_byte_in_the_resumed_part_starts_from_the_beginning() {
    let case = Case::new(906, |builder, digest| {
        let is_rest = {
            let digest = digest.clone();
            move |r: &Request| r.path.ends_with(&digest) && r.range_start().is_some()
        };
        builder.spoil(1, is_rest, |reply| reply.flipped(0)).spoil(
            1,
            move |r| r.path.ends_with(&digest),
            |reply| reply.cut(100_000, Cut::Fin),
        )
    });
    case.succeeds_with(&[None, Some(100_000), None]);
}

#[test]
fn fault_12_a_length_that_is_too_small_is_refused() {
    let case = Case::new(907, |builder, digest| {
        builder.spoil(usize::MAX, move |r| r.path.ends_with(&digest), |reply| reply.claiming_length(SIZE / 2))
    });
    case.fails_with(7);
}

#[test]
fn fault_13_a_body_that_is_too_long_is_refused() {
    for claimed in [true, false] {
        let case = Case::new(908, move |builder, digest| {
            let longer = move |mut reply: Reply| {
                reply.body.resize(reply.body.len() + 100_000, 0);
                if claimed { reply } else { reply.chunked() }
            };
            builder.spoil(usize::MAX, move |r| r.path.ends_with(&digest), longer)
        });
        case.fails_with(7);
    }
}

#[test]
fn fault_13_no_more_is_read_than_there_should_be() {
    // Behind the right bytes a few more come, and then nothing for a long time: there is nothing to wait for.
    let case = Case::new(918, |builder, digest| {
        let endless = |mut reply: Reply| {
            let end = reply.body.len() + 1000;
            reply.body.resize(end + 1000, 0);
            reply.chunked().cut(end, Cut::Stall)
        };
        builder.spoil(usize::MAX, move |r| r.path.ends_with(&digest), endless)
    });
    case.fails_with(7);
}

#[test]
fn fault_14_a_body_without_a_length_is_fine() {
    let case =
        Case::new(909, |builder, digest| builder.spoil(usize::MAX, move |r| r.path.ends_with(&digest), Reply::chunked));
    case.succeeds_with(&[None]);
}

/// Cuts the first download after 100 000 bytes, and answers every range with what `answer` makes of the layer.
fn answering_ranges(
    answer: impl Fn(&Request, &[u8]) -> Reply + Send + Sync + 'static,
) -> impl FnOnce(Builder, String) -> Builder {
    move |builder, digest| {
        let first = std::sync::Mutex::new(Vec::new());
        builder.after(move |request, reply| {
            if !request.path.ends_with(&digest) || request.method != "GET" {
                return reply;
            }
            let mut whole = first.lock().unwrap();
            match request.range_start() {
                Some(_) => answer(request, &whole),
                None if whole.is_empty() => {
                    whole.clone_from(&reply.body);
                    reply.cut(100_000, Cut::Fin)
                }
                None => reply,
            }
        })
    }
}

#[test]
fn fault_15_range_answered_200() {
    let case = Case::new(910, answering_ranges(|_, whole| Reply::ok(whole)));
    case.succeeds_with(&[None, Some(100_000)]);
}

#[test]
fn fault_16_range_answered_with_another_range() {
    let part = |start: usize, header: &str| {
        let header = header.to_owned();
        move |_: &Request, whole: &[u8]| {
            let reply = Reply::status(206).body(&whole[start..]);
            let header =
                header.replace("LAST", &(whole.len() - 1).to_string()).replace("TOTAL", &whole.len().to_string());
            header
                .split('|')
                .filter(|value| !value.is_empty())
                .fold(reply, |reply, value| reply.header("content-range", value))
        }
    };
    let cases = [
        ("a start too early", 50_000, "bytes 50000-LAST/TOTAL"),
        ("a start too late", 150_000, "bytes 150000-LAST/TOTAL"),
        ("another total", 100_000, "bytes 100000-LAST/99"),
        ("no Content-Range", 0, ""),
        ("two of them", 50_000, "bytes 50000-LAST/TOTAL|bytes 100000-LAST/TOTAL"),
        ("no numbers", 0, "bytes x-y/z"),
        ("another unit", 0, "pages 100000-LAST/TOTAL"),
        ("a lie", 50_000, "bytes 100000-LAST/TOTAL"),
    ];
    for (name, start, header) in cases {
        let case = Case::new(911, answering_ranges(part(start, header)));
        let output = case.pull().run();
        assert_eq!(output.exit(), Some(0), "{name}\n{output}\n{:?}", case.registry);
        assert_eq!(case.ranges().last(), Some(&None), "{name}: {:?}", case.registry);
        case.env.store_verify();
    }
}

#[test]
fn fault_11_bytes_that_come_twice_or_too_late_start_from_the_beginning() {
    const FROM: usize = 100_000;
    let range = |whole: &[u8]| format!("bytes {FROM}-{}/{}", whole.len() - 1, whole.len());
    let twice = move |_: &Request, whole: &[u8]| {
        let mut body = whole[FROM..FROM + 1000].to_vec();
        body.extend(&whole[FROM..whole.len() - 1000]);
        Reply::status(206).header("content-range", range(whole)).body(body)
    };
    let shifted = move |_: &Request, whole: &[u8]| {
        Reply::status(206).header("content-range", range(whole)).body(&whole[FROM - 1..whole.len() - 1])
    };
    Case::new(919, answering_ranges(twice)).succeeds_with(&[None, Some(FROM), None]);
    Case::new(920, answering_ranges(shifted)).succeeds_with(&[None, Some(FROM), None]);
}

#[test]
fn fault_17_range_answered_416() {
    // With the length of the whole blob, which must not be waited for.
    let refusal = |_: &Request, whole: &[u8]| Reply::status(416).body("no").claiming_length(whole.len());
    Case::new(912, answering_ranges(refusal)).succeeds_with(&[None, Some(100_000), None]);
}

#[test]
fn fault_18_range_answered_in_parts() {
    let parts = |_: &Request, whole: &[u8]| {
        let mut body = b"--x\r\nContent-Range: bytes 100000-\r\n\r\n".to_vec();
        body.extend(&whole[100_000..]);
        body.extend(b"\r\n--x--\r\n");
        Reply::status(206).header("content-type", "multipart/byteranges; boundary=x").body(body)
    };
    Case::new(913, answering_ranges(parts)).succeeds_with(&[None, Some(100_000), None]);
}

#[test]
fn a_body_that_was_encoded_on_the_way_is_refused() {
    let case = Case::new(914, |builder, digest| {
        builder.spoil(usize::MAX, move |r| r.path.ends_with(&digest), |reply| reply.header("content-encoding", "gzip"))
    });
    case.fails_with(7);
    let asked = case.registry.log();
    assert!(asked.iter().all(|r| r.header("accept-encoding").is_none_or(|value| value == "identity")), "{asked:?}");
}

#[test]
fn a_size_that_lies_is_refused() {
    for (lie, chunked) in [(-1_i64, false), (1, false), (-1, true), (1, true)] {
        let mut image = Artifact::image(915).build();
        let mut manifest = image.manifest.json();
        let size = manifest["layers"][0]["size"].as_i64().unwrap();
        manifest["layers"][0]["size"] = (size + lie).into();
        image.manifest = Document::new(&image.manifest.media_type, manifest.to_string());
        let is_blob = |request: &Request| request.path.contains("/blobs/");
        let frame = move |reply: Reply| if chunked { reply.chunked() } else { reply };
        let (env, registry) = (TestEnv::new(), Registry::builder().spoil(usize::MAX, is_blob, frame).start());
        registry.add("lie", "v1", &image);
        let output = env.rcr(["--retries", "1", "pull", &registry.reference("lie:v1")]).run();
        assert_eq!(output.exit(), Some(7), "{lie} {chunked}\n{output}");
        assert!(!env.blobs().contains(&image.layers()[0].hex()), "{lie} {chunked}");
        assert_eq!(env.references(), Vec::<String>::new());
        env.store_verify();
    }
}

#[test]
fn fault_87_what_lies_in_the_store_with_another_size_is_fetched_again() {
    for bytes in [&b""[..], b"short"] {
        let case = Case::new(916, |builder, _| builder);
        case.pull().success();
        let file = case.env.store().join("blobs/sha256").join(case.layer().hex());
        std::fs::remove_file(&file).unwrap();
        std::fs::write(&file, bytes).unwrap();
        case.pull().success();
        assert_eq!(std::fs::read(&file).unwrap(), case.layer().bytes);
        case.env.store_verify();
    }
}

#[test]
fn fault_26_a_cut_inside_tls_is_resumed_too() {
    let authority = crate::support::Authority::new("cuts");
    let listen = crate::support::Listen::tls(authority.issue(&["127.0.0.1"]).server_config());
    let case = Case::new(917, |builder, digest| cut(1, 100_000, Cut::Fin)(builder, digest).listen(listen));
    case.env.trust(&case.registry.host(), &authority.pem());
    case.succeeds_with(&[None, Some(100_000)]);
}
