//! Large blobs whose upload breaks off: what is sent again, in this run and in the next.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::uploads::{Memory, cause, code, patterned};
use super::*;
use crate::content::{Fault, FaultKind, IntegrityError, Silent, Sink, Stored};
use crate::registry::{Error, Uploader};

const MIB: usize = 1024 * 1024;
/// Larger than what is sent anew each time.
const SIZE: usize = 17 * MIB;

/// What was told about sessions that are open: `None` for one that is no more.
type Told = Arc<Mutex<Vec<Option<String>>>>;

fn uploader(server: &Server, left_open: Option<&str>, source: &Memory) -> (Uploader, Told) {
    let told = Told::default();
    let hears = Arc::clone(&told);
    let left_open = left_open.map(|path| (source.descriptor().digest, path.to_owned()));
    let sink = Uploader::new(server.repository()).resuming(left_open, move |_, path| {
        hears.lock().unwrap().push(path.map(str::to_owned));
        true
    });
    (sink, told)
}

/// A registry that keeps what PATCH brings to the session `/up/1`, unless `answer` answers first.
async fn registry(
    kept: usize,
    source: &Memory,
    answer: impl Fn(&Seen, &mut Vec<u8>) -> Option<Reply> + Send + Sync + 'static,
) -> (Server, Arc<Mutex<Vec<u8>>>) {
    let taken = Arc::new(Mutex::new(source.bytes[..kept].to_vec()));
    let state = Arc::clone(&taken);
    let server = Server::guarded(BASIC, move |seen| {
        let mut taken = state.lock().unwrap();
        if let Some(reply) = answer(seen, &mut taken) {
            return reply;
        }
        let range = format!("0-{}", taken.len().saturating_sub(1));
        match seen.method.as_str() {
            "POST" => {
                taken.clear();
                reply(202).with("location", "/up/1")
            }
            "GET" => reply(204).with("range", range),
            "PATCH" => {
                let start = seen.header("content-range").map_or(Ok(0), |r| r.split_once('-').unwrap().0.parse());
                if start != Ok(taken.len()) {
                    return reply(416).with("range", range);
                }
                taken.extend_from_slice(&seen.body);
                reply(202).with("location", "/up/1").with("range", format!("0-{}", taken.len() - 1))
            }
            "PUT" if !seen.body.is_empty() => {
                *taken = seen.body.to_vec();
                reply(201)
            }
            "PUT" if seen.target.contains(sha256(&taken).hex()) => reply(201),
            "PUT" => code(400, "DIGEST_INVALID"),
            "DELETE" => reply(204),
            _ => reply(404),
        }
    })
    .await;
    (server, taken)
}

fn lines(server: &Server) -> Vec<String> {
    let line = |seen: Seen| match seen.header("content-range") {
        Some(range) => format!("{} {} {range}", seen.method, seen.target),
        None => format!("{} {}", seen.method, seen.target.split('?').next().unwrap()),
    };
    server.seen().into_iter().map(line).collect()
}

#[tokio::test]
async fn a_large_blob_goes_in_one_patch_whose_session_is_told_of() {
    let source = Memory::new(patterned(SIZE));
    let (server, taken) = registry(0, &source, |_, _| None).await;
    let (sink, told) = uploader(&server, None, &source);
    let stored = sink.receive(&source.descriptor(), &source, &Silent).await.unwrap();
    assert_eq!(stored, Stored::Moved { bytes: SIZE as u64 });
    assert_eq!(lines(&server), ["POST /v2/team/app/blobs/uploads/", "PATCH /up/1", "PUT /up/1"]);
    assert_eq!(*taken.lock().unwrap(), source.bytes);
    assert_eq!(*told.lock().unwrap(), [Some("/up/1".to_owned()), None]);
}

#[tokio::test]
async fn the_next_run_sends_what_is_missing() {
    for kept in [10 * MIB, SIZE - 1, SIZE] {
        let source = Memory::new(patterned(SIZE));
        let (server, taken) = registry(kept, &source, |_, _| None).await;
        let (sink, told) = uploader(&server, Some("/up/1"), &source);
        let stored = sink.receive(&source.descriptor(), &source, &Silent).await.unwrap();
        assert_eq!(stored, Stored::Moved { bytes: (SIZE - kept) as u64 });
        assert_eq!(*taken.lock().unwrap(), source.bytes);
        let patch = format!("PATCH /up/1 {kept}-{}", SIZE - 1);
        let expected: Vec<_> = ["GET /up/1", &patch, "PUT /up/1"].into_iter().filter(|_| true).collect();
        let expected = if kept == SIZE { vec!["GET /up/1", "PUT /up/1"] } else { expected };
        assert_eq!(lines(&server), expected);
        assert_eq!(told.lock().unwrap().last(), Some(&None), "it is forgotten when it is done");
    }
}

#[tokio::test]
async fn a_session_that_is_odd_is_given_up_without_a_word() {
    type Odd = fn(&Seen) -> Reply;
    let cases: [(&str, Odd); 7] = [
        ("gone", |_| code(404, "BLOB_UPLOAD_UNKNOWN")),
        ("refused", |_| reply(403)),
        ("beyond the end", |_| reply(204).with("range", format!("0-{SIZE}"))),
        ("empty", |_| reply(204).with("range", "0-0")),
        ("without a range", |_| reply(204)),
        ("not from the start", |_| reply(204).with("range", "5-9999999")),
        ("elsewhere", |_| reply(204).with("range", "0-9999999").with("location", "http://127.0.0.2:1/up")),
    ];
    for (name, odd) in cases {
        let source = Memory::new(patterned(SIZE));
        let (server, taken) = registry(0, &source, move |seen, _| (seen.method == "GET").then(|| odd(seen))).await;
        let (sink, told) = uploader(&server, Some("/up/1"), &source);
        let stored = sink.receive(&source.descriptor(), &source, &Silent).await;
        assert_eq!(stored.unwrap_or_else(|e| panic!("{name}: {e}")), Stored::Moved { bytes: SIZE as u64 }, "{name}");
        assert_eq!(*taken.lock().unwrap(), source.bytes, "{name}");
        assert!(lines(&server).contains(&"POST /v2/team/app/blobs/uploads/".to_owned()), "{name}");
        assert_eq!(told.lock().unwrap().first(), Some(&None), "{name}");
    }
}

#[tokio::test]
async fn what_an_earlier_run_sent_wrongly_is_sent_once_more() {
    let source = Memory::new(patterned(SIZE));
    let (server, taken) = registry(10 * MIB, &source, |_, _| None).await;
    taken.lock().unwrap()[5] ^= 1;
    let (sink, _) = uploader(&server, Some("/up/1"), &source);
    sink.receive(&source.descriptor(), &source, &Silent).await.unwrap();
    assert_eq!(*taken.lock().unwrap(), source.bytes);
}

#[tokio::test]
async fn a_patch_that_breaks_goes_on_from_what_arrived() {
    let breaks = AtomicUsize::new(0);
    let source = Memory::new(patterned(SIZE));
    let (server, taken) = registry(0, &source, move |seen, taken| {
        (seen.method == "PATCH" && breaks.fetch_add(1, Ordering::Relaxed) < 4).then(|| {
            taken.extend_from_slice(&seen.body[..3 * MIB]);
            reply(503)
        })
    })
    .await;
    let (sink, _) = uploader(&server, None, &source);
    sink.receive(&source.descriptor(), &source, &Silent).await.unwrap();
    assert_eq!(*taken.lock().unwrap(), source.bytes);
    let starts: Vec<_> = server.seen().iter().filter_map(|s| Some(s.header("content-range")?.to_owned())).collect();
    let starts: Vec<_> =
        starts.iter().map(|range| range.split_once('-').unwrap().0.parse::<usize>().unwrap()).collect();
    assert_eq!(starts, [3 * MIB, 6 * MIB, 9 * MIB, 12 * MIB]);
}

#[tokio::test]
async fn a_call_goes_on_where_the_last_one_failed() {
    let down = Arc::new(AtomicUsize::new(0));
    let state = Arc::clone(&down);
    let source = Memory::new(patterned(SIZE));
    let (server, taken) = registry(0, &source, move |seen, taken| match seen.method.as_str() {
        "PATCH" if state.fetch_add(1, Ordering::Relaxed) == 0 => {
            taken.extend_from_slice(&seen.body[..3 * MIB]);
            Some(reply(503))
        }
        "GET" if state.load(Ordering::Relaxed) < 100 => Some(reply(503)),
        _ => None,
    })
    .await;
    let (sink, told) = uploader(&server, None, &source);
    sink.receive(&source.descriptor(), &source, &Silent).await.unwrap_err();
    assert_eq!(*told.lock().unwrap(), [Some("/up/1".to_owned())], "the next run can go on");
    assert!(!lines(&server).iter().any(|line| line.starts_with("DELETE")));
    sink.abandon().await;
    assert!(!lines(&server).iter().any(|line| line.starts_with("DELETE")), "nor does giving up change that");

    let (sink, _) = uploader(&server, Some("/up/1"), &source);
    down.store(100, Ordering::Relaxed);
    let stored = sink.receive(&source.descriptor(), &source, &Silent).await.unwrap();
    assert_eq!(stored, Stored::Moved { bytes: (SIZE - 3 * MIB) as u64 });
    assert_eq!(*taken.lock().unwrap(), source.bytes);
}

#[tokio::test]
async fn a_session_that_cannot_be_asked_about_is_kept() {
    for status in [429, 502, 503, 504] {
        let source = Memory::new(patterned(SIZE));
        let is_up = Arc::new(AtomicUsize::new(0));
        let state = Arc::clone(&is_up);
        let (server, taken) = registry(10 * MIB, &source, move |seen, _| {
            (seen.method == "GET" && state.load(Ordering::Relaxed) == 0).then(|| reply(status))
        })
        .await;
        let (sink, told) = uploader(&server, Some("/up/1"), &source);
        sink.receive(&source.descriptor(), &source, &Silent).await.unwrap_err();
        sink.abandon().await;
        assert!(lines(&server).iter().all(|line| line == "GET /up/1"), "{status}: {:?}", lines(&server));
        assert_eq!(*told.lock().unwrap(), [], "{status}");

        let (sink, _) = uploader(&server, Some("/up/1"), &source);
        sink.receive(&source.descriptor(), &source, &Silent).await.unwrap_err();
        is_up.store(1, Ordering::Relaxed);
        let stored = sink.receive(&source.descriptor(), &source, &Silent).await.unwrap();
        assert_eq!(stored, Stored::Moved { bytes: (SIZE - 10 * MIB) as u64 }, "{status}");
        assert_eq!(*taken.lock().unwrap(), source.bytes, "{status}");
    }
}

#[tokio::test]
async fn a_session_that_was_not_noted_is_gone_on_with_in_this_run_alone() {
    for is_given_up in [false, true] {
        let fails = AtomicUsize::new(0);
        let source = Memory::new(patterned(SIZE));
        let (server, taken) = registry(0, &source, move |seen, taken| match seen.method.as_str() {
            "PATCH" if fails.fetch_add(1, Ordering::Relaxed) == 0 => {
                taken.extend_from_slice(&seen.body[..3 * MIB]);
                Some(reply(503).with("retry-after", "100000"))
            }
            _ => None,
        })
        .await;
        let sink = Uploader::new(server.repository()).resuming(None, |_, _| false);
        sink.receive(&source.descriptor(), &source, &Silent).await.unwrap_err();
        if is_given_up {
            sink.abandon().await;
            assert_eq!(lines(&server).last().unwrap(), "DELETE /up/1");
        } else {
            let stored = sink.receive(&source.descriptor(), &source, &Silent).await.unwrap();
            assert_eq!(stored, Stored::Moved { bytes: (SIZE - 3 * MIB) as u64 });
            assert_eq!(*taken.lock().unwrap(), source.bytes);
        }
    }
}

#[tokio::test]
async fn a_long_patch_of_which_nothing_arrives_turns_to_chunks() {
    for keeps_session in [true, false] {
        let source = Memory::new(patterned(SIZE));
        let is_lost = AtomicUsize::new(0);
        let (server, taken) = registry(0, &source, move |seen, _| match seen.method.as_str() {
            _ if seen.body.len() > 10 * MIB => {
                is_lost.store(usize::from(!keeps_session), Ordering::Relaxed);
                Some(reply(502))
            }
            "GET" if is_lost.swap(0, Ordering::Relaxed) == 1 => Some(reply(404)),
            _ => None,
        })
        .await;
        let (sink, _) = uploader(&server, None, &source);
        sink.receive(&source.descriptor(), &source, &Silent).await.unwrap();
        assert_eq!(*taken.lock().unwrap(), source.bytes);
        let lines = lines(&server);
        assert_eq!(lines.iter().filter(|line| *line == "PATCH /up/1").count(), 1, "{lines:?}");
        assert_eq!(lines.iter().any(|line| line.starts_with("DELETE")), !keeps_session, "{lines:?}");
    }
}

#[tokio::test]
async fn a_registry_that_takes_a_little_at_a_time_is_not_hammered() {
    let source = Memory::new(patterned(SIZE));
    let breaks = AtomicUsize::new(0);
    let (server, taken) = registry(0, &source, move |seen, taken| {
        (seen.method == "PATCH" && breaks.fetch_add(1, Ordering::Relaxed) < 4).then(|| {
            taken.extend_from_slice(&seen.body[..1000]);
            reply(503).with("retry-after", "100000")
        })
    })
    .await;
    let (sink, _) = uploader(&server, None, &source);
    let fault = sink.receive(&source.descriptor(), &source, &Silent).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Transient, "whoever repeats it knows better how long to wait");
    assert_eq!(taken.lock().unwrap().len(), 1000);
}

#[tokio::test]
async fn a_registry_that_takes_no_patch_gets_a_put() {
    for status in [400, 405, 416, 501] {
        let source = Memory::new(patterned(SIZE));
        let (server, taken) =
            registry(0, &source, move |seen, _| (seen.method == "PATCH").then(|| reply(status))).await;
        let (sink, told) = uploader(&server, None, &source);
        sink.receive(&source.descriptor(), &source, &Silent).await.unwrap_or_else(|e| panic!("{status}: {e}"));
        assert_eq!(*taken.lock().unwrap(), source.bytes, "{status}");
        assert_eq!(lines(&server).iter().filter(|line| line.starts_with("PATCH")).count(), 1, "{status}");
        assert_eq!(told.lock().unwrap().last(), Some(&None), "{status}");
    }
}

#[tokio::test]
async fn a_registry_that_wants_less_at_once_gets_chunks() {
    let source = Memory::new(patterned(SIZE));
    let (server, taken) = registry(0, &source, |seen, _| (seen.body.len() > 10 * MIB).then(|| reply(413))).await;
    let (sink, _) = uploader(&server, None, &source);
    sink.receive(&source.descriptor(), &source, &Silent).await.unwrap();
    assert_eq!(*taken.lock().unwrap(), source.bytes);
}

#[tokio::test]
async fn what_may_hold_a_secret_is_told_to_nobody() {
    let elsewhere = Server::start(|seen| reply(if seen.method == "PUT" { 201 } else { 404 })).await;
    for location in ["/up/1?_state=a", "/up/1?X-Signature=s3cret", &elsewhere.url("/bucket/1")] {
        let source = Memory::new(patterned(SIZE));
        let location = location.to_owned();
        let (server, _) = registry(0, &source, move |seen, _| {
            (seen.method == "POST").then(|| reply(202).with("location", &location))
        })
        .await;
        let (sink, told) = uploader(&server, None, &source);
        sink.receive(&source.descriptor(), &source, &Silent).await.unwrap();
        assert_eq!(*told.lock().unwrap(), [], "{server_lines:?}", server_lines = lines(&server));
    }
}

/// Says that it has verified what it gives.
struct Vouching<'a>(&'a Memory);

impl crate::content::Source for Vouching<'_> {
    async fn open(&self, d: &Descriptor, range: std::ops::Range<u64>) -> Result<crate::content::Opened, Fault> {
        let opened = self.0.open(d, range).await?;
        Ok(crate::content::Opened { verified: true, ..opened })
    }
}

#[tokio::test]
async fn bytes_are_hashed_once_from_the_first_on() {
    let right = patterned(SIZE);
    let mut wrong = right.clone();
    wrong[7] ^= 1;
    let (descriptor, wrong) = (blob(&right), Memory::new(wrong));
    let kept = 10 * MIB;

    // What was sent by an earlier run is hashed as well, where the source does not vouch for it.
    let (server, _) = registry(kept, &Memory::new(right.clone()), |_, _| None).await;
    let (sink, _) = uploader(&server, None, &wrong);
    let sink = sink.resuming([(descriptor.digest.clone(), "/up/1".to_owned())], |_, _| true);
    let fault = sink.receive(&descriptor, &wrong, &Silent).await.unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Corrupt);
    assert!(std::error::Error::source(&fault).unwrap().is::<IntegrityError>(), "{fault}");
    assert_eq!(*wrong.opened.lock().unwrap(), [kept as u64, 0]);

    // Nothing is hashed here where it does: the registry finds what is wrong.
    let (server, _) = registry(0, &Memory::new(right), |_, _| None).await;
    let (sink, _) = uploader(&server, None, &wrong);
    let fault = sink.receive(&descriptor, &Vouching(&wrong), &Silent).await.unwrap_err();
    assert!(matches!(cause(&fault), Error::Rejected(r) if r.code() == Some("DIGEST_INVALID")), "{fault}");
}
