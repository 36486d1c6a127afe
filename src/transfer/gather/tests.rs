use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures_util::{StreamExt, stream};

use super::*;
use crate::content::{Event, Silent, digest_of};
use crate::model::{Algorithm, MediaType};
use crate::transfer::Limits;

const MIB: u64 = 1 << 20;
/// The size of a chunk, in bytes.
const CHUNK: usize = 64 << 10;

/// What a connection gives, in bytes a second: a chunk every 8 ms.
const RATE: u64 = 125 * CHUNK as u64;

/// What becomes of a request.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Served,
    /// Answered from the first byte.
    FromZero,
    /// Refused in a way that passes.
    Refused,
    /// Refused for good.
    Denied,
    /// Cut after so many bytes.
    Cut(usize),
}

/// Serves a blob; each connection gives so many bytes a second, in the time of tokio.
struct Served {
    bytes: Bytes,
    in_parts: bool,
    rate: u64,
    /// What all connections together give, where that is less.
    shared_rate: u64,
    /// By the number of the request; served beyond.
    fates: Vec<Fate>,
    asked: Mutex<Vec<Range<u64>>>,
    open: Arc<AtomicUsize>,
    most_open: AtomicUsize,
}

/// Counts a connection as open.
struct Open(Arc<AtomicUsize>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Served {
    fn new(size: u64) -> Self {
        // Eight bytes that say where they are, and then the same as everywhere.
        let pattern = [7; 4096 - 8];
        let mut bytes: Vec<u8> =
            (0..size.div_ceil(4096)).flat_map(|n| [&n.to_le_bytes(), &pattern[..]].concat()).collect();
        bytes.truncate(usize::try_from(size).unwrap());
        Self {
            bytes: bytes.into(),
            in_parts: true,
            rate: RATE,
            shared_rate: u64::MAX,
            fates: Vec::new(),
            asked: Mutex::default(),
            open: Arc::default(),
            most_open: AtomicUsize::new(0),
        }
    }

    fn asked(&self) -> Vec<Range<u64>> {
        self.asked.lock().unwrap().clone()
    }
}

impl Source for Served {
    async fn open(&self, _: &Descriptor, range: Range<u64>) -> Result<Opened, Fault> {
        let number = self.asked().len();
        self.asked.lock().unwrap().push(range.clone());
        let fate = self.fates.get(number).copied().unwrap_or(Fate::Served);
        let broken = || Fault::new(FaultKind::Transient, std::io::Error::other("broken"));
        match fate {
            Fate::Refused => return Err(broken()),
            Fate::Denied => return Err(Fault::new(FaultKind::Permanent, std::io::Error::other("denied"))),
            _ => {}
        }
        let offset = if fate == Fate::FromZero { 0 } else { range.start };
        let (from, to) = (usize::try_from(offset).unwrap(), usize::try_from(range.end).unwrap());
        let rest = self.bytes.slice(from..if fate == Fate::FromZero { self.bytes.len() } else { to });
        let mut chunks: Vec<Result<Bytes, Fault>> = rest.chunks(CHUNK).map(|c| Ok(rest.slice_ref(c))).collect();
        if let Fate::Cut(after) = fate {
            chunks = vec![Ok(rest.slice(..after)), Err(broken())];
        }
        let open = Open(self.open.clone());
        let count = self.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_open.fetch_max(count, Ordering::SeqCst);
        let (rate, shared, opened) = (self.rate, self.shared_rate, self.open.clone());
        let paced = stream::iter(chunks).then(move |chunk| {
            let together = shared / opened.load(Ordering::SeqCst).max(1) as u64;
            let pause = Duration::from_nanos(CHUNK as u64 * 1_000_000_000 / rate.min(together));
            let _ = &open;
            async move {
                tokio::time::sleep(pause).await;
                chunk
            }
        });
        Ok(Opened { in_parts: self.in_parts, ..Opened::new(offset, Box::pin(paced)) })
    }
}

/// What came of gathering `missing`, or all of it: the time it took, and the pieces.
async fn gather(source: &Served, concurrency: usize, missing: Option<Ranges>) -> (Result<Duration, Fault>, Vec<Piece>) {
    let size = source.bytes.len() as u64;
    let missing = missing.unwrap_or_else(|| Ranges::of(0..size));
    let blob = Descriptor::new(MediaType::new("a/b"), digest_of(Algorithm::Sha256, b"x"), size);
    let limits = Limits { concurrency, retries: 2, backoff: Arc::new(|_| Duration::from_secs(1)) };
    let (crew, start) = (Crew::new(&limits), Instant::now());
    let mut gather = Gather::new(source, &blob, missing, &crew, &Silent);
    let mut pieces = Vec::new();
    loop {
        match gather.next().await {
            Ok(Some(piece)) => pieces.push(piece),
            Ok(None) => return (Ok(start.elapsed()), pieces),
            Err(fault) => return (Err(fault), pieces),
        }
    }
}

/// Every byte of `missing` came once, and is right.
fn is_exact(source: &Served, pieces: &[Piece], missing: &Ranges) {
    let mut left = missing.clone();
    for piece in pieces {
        let range = piece.offset..piece.end();
        assert_eq!(left.remove(&range), Ranges::of(range.clone()), "{range:?} came twice, or was not asked for");
        let (from, to) = (usize::try_from(range.start).unwrap(), usize::try_from(range.end).unwrap());
        assert!(piece.bytes == source.bytes[from..to], "{range:?} is wrong");
    }
    assert!(left.is_empty(), "{left:?} did not come");
}

fn all(source: &Served) -> Ranges {
    Ranges::of(0..source.bytes.len() as u64)
}

#[tokio::test(start_paused = true)]
async fn slow_connections_are_used_side_by_side() {
    for (concurrency, at_least) in [(1, 99), (2, 190), (8, 600)] {
        let source = Served::new(128 * MIB);
        let (outcome, pieces) = gather(&source, concurrency, None).await;
        is_exact(&source, &pieces, &all(&source));
        let alone = Duration::from_millis(128 * MIB * 1000 / RATE);
        let percent = alone.as_millis() * 100 / outcome.unwrap().as_millis();
        assert!(percent >= at_least, "{percent} % as fast with {concurrency}");
        assert_eq!(source.most_open.load(Ordering::SeqCst), concurrency);
        assert_eq!(source.asked()[0], 0..128 * MIB, "the first answer is not thrown away");
    }
}

#[tokio::test(start_paused = true)]
async fn where_more_connections_do_not_help_one_stays() {
    let source = Served { shared_rate: RATE, ..Served::new(64 * MIB) };
    let (outcome, pieces) = gather(&source, 8, None).await;
    is_exact(&source, &pieces, &all(&source));
    assert_eq!(source.most_open.load(Ordering::SeqCst), 2);
    assert!(outcome.unwrap() < Duration::from_millis(8_500));
}

#[tokio::test(start_paused = true)]
async fn what_gives_no_parts_comes_over_one_connection() {
    let source = Served { in_parts: false, ..Served::new(16 * MIB) };
    let (outcome, pieces) = gather(&source, 8, None).await;
    assert!(outcome.is_ok());
    is_exact(&source, &pieces, &all(&source));
    assert_eq!(source.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn parts_that_are_promised_and_not_given_are_done_without() {
    for fate in [Fate::FromZero, Fate::Refused, Fate::Denied, Fate::Cut(0), Fate::Cut(100_000)] {
        let source = Served { fates: vec![Fate::Served, fate], ..Served::new(32 * MIB) };
        let (outcome, pieces) = gather(&source, 8, None).await;
        is_exact(&source, &pieces, &all(&source));
        assert!(outcome.unwrap() < Duration::from_secs(5), "no failure was waited for");
    }
}

#[tokio::test(start_paused = true)]
async fn gaps_are_filled_and_nothing_else_is_fetched() {
    let mut missing = Ranges::of(3 * MIB..5 * MIB);
    missing.insert(10 * MIB..10 * MIB + 7);
    for (fates, requests) in [(vec![], 2), (vec![Fate::FromZero], 1), (vec![Fate::Served, Fate::FromZero], 2)] {
        let source = Served { fates, ..Served::new(12 * MIB) };
        let (outcome, pieces) = gather(&source, 8, Some(missing.clone())).await;
        assert!(outcome.is_ok());
        is_exact(&source, &pieces, &missing);
        assert_eq!(source.asked().len(), requests, "{:?}", source.asked());
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_goes_on_where_it_was() {
    let cut = Fate::Cut(CHUNK);
    let source = Served { fates: vec![cut, cut], ..Served::new(MIB) };
    let (outcome, pieces) = gather(&source, 8, None).await;
    assert!(outcome.is_ok());
    is_exact(&source, &pieces, &all(&source));
    let chunk = CHUNK as u64;
    assert_eq!(source.asked(), [0..MIB, chunk..MIB, 2 * chunk..MIB]);
}

#[tokio::test(start_paused = true)]
async fn without_progress_it_ends() {
    let source = Served { fates: vec![Fate::Cut(9); 9], ..Served::new(MIB) };
    let (outcome, pieces) = gather(&source, 8, None).await;
    assert!(outcome.is_err());
    assert_eq!((source.asked().len(), pieces.len()), (3, 3), "two more after the first");
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_stays_ends_it_at_once() {
    struct Gone;
    impl Source for Gone {
        async fn open(&self, _: &Descriptor, _: Range<u64>) -> Result<Opened, Fault> {
            Err(Fault::new(FaultKind::Permanent, std::io::Error::other("gone")))
        }
    }
    let blob = Descriptor::new(MediaType::new("a/b"), digest_of(Algorithm::Sha256, b"x"), 1);
    let heard = |_: Event<'_>| panic!("nothing is tried again");
    struct Listener<F>(F);
    impl<F: Fn(Event<'_>) + Send + Sync> Progress for Listener<F> {
        fn report(&self, event: Event<'_>) {
            (self.0)(event);
        }
    }
    let limits = Limits { concurrency: 2, retries: 9, backoff: Arc::new(|_| Duration::ZERO) };
    let (crew, listener) = (Crew::new(&limits), Listener(heard));
    let mut gather = Gather::new(&Gone, &blob, Ranges::of(0..1), &crew, &listener);
    assert!(gather.next().await.is_err());
}
