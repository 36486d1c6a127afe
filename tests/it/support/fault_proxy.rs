//! A TCP proxy that knows nothing of HTTP or TLS and spoils the bytes that it passes on, each connection by its own
//! plan. It can stand in front of any server; whoever names the proxy's address reaches that server.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::relay::Relay;

/// The most that is read at once.
const CHUNK_BYTES: usize = 64 * 1024;
/// Chunks that wait for their delay to be over; whoever sends more waits too.
const QUEUE_CHUNKS: usize = 512;
/// How much a connection that was idle may catch up on its bandwidth.
const CATCH_UP: Duration = Duration::from_millis(20);

/// How a connection ends before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is closed in order, both ways.
    Fin,
    /// It is reset: `SO_LINGER` with no time.
    Rst,
    /// Nothing more comes this way, and the connection stays open.
    Stall,
    /// This way is closed in order, and the other stays open.
    HalfClose,
}

/// What happens to the bytes of one direction. Offsets count from the first byte, or from what `behind` names.
#[derive(Clone, Debug, Default)]
pub struct Way {
    delay: Duration,
    bandwidth: Option<u64>,
    slice: Option<usize>,
    idle: Option<Duration>,
    behind: Option<Vec<u8>>,
    flip: Option<usize>,
    dup: Option<(usize, usize)>,
    end: Option<(usize, End)>,
}

impl Way {
    /// Nothing wrong.
    pub fn clean() -> Self {
        Self::default()
    }

    /// Every byte comes this much later; how many come in a second stays as it is.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    /// So many bytes in a second at most, for each connection.
    pub fn bandwidth(mut self, bytes_per_second: u64) -> Self {
        self.bandwidth = Some(bytes_per_second);
        self
    }

    /// In pieces of so many bytes, each of them written by itself.
    pub fn slice(mut self, bytes: usize) -> Self {
        self.slice = Some(bytes);
        self
    }

    /// The connection is closed in order when nothing came this way for so long.
    pub fn idle(mut self, limit: Duration) -> Self {
        self.idle = Some(limit);
        self
    }

    /// Offsets count from the end of the first occurrence of these bytes: `b"\r\n\r\n"` ends a response's headers.
    pub fn behind(mut self, marker: impl Into<Vec<u8>>) -> Self {
        self.behind = Some(marker.into());
        self
    }

    /// One bit of the byte at this offset is turned over.
    pub fn flip(mut self, offset: usize) -> Self {
        self.flip = Some(offset);
        self
    }

    /// `count` bytes from this offset come twice.
    pub fn dup(mut self, offset: usize, count: usize) -> Self {
        self.dup = Some((offset, count));
        self
    }

    /// After so many bytes it ends like this. With none, it ends when the first would come.
    pub fn limit_data(mut self, bytes: usize, end: End) -> Self {
        self.end = Some((bytes, end));
        self
    }

    /// After so many bytes nothing more comes, and the connection stays open.
    pub fn stall(self, bytes: usize) -> Self {
        self.limit_data(bytes, End::Stall)
    }

    /// After so many bytes this way is closed in order, while the other stays open.
    pub fn half_close(self, bytes: usize) -> Self {
        self.limit_data(bytes, End::HalfClose)
    }
}

/// What happens to one connection.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    up: Way,
    down: Way,
}

impl Plan {
    /// Nothing wrong.
    pub fn clean() -> Self {
        Self::default()
    }

    /// This is wrong with what the server says.
    pub fn down(mut self, way: Way) -> Self {
        self.down = way;
        self
    }

    /// This is wrong with what the client says.
    pub fn up(mut self, way: Way) -> Self {
        self.up = way;
        self
    }
}

#[derive(Default)]
struct Counts {
    accepted: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    up_bytes: AtomicU64,
    down_bytes: AtomicU64,
}

/// A running proxy. Dropped, it stops, and its connections end.
pub struct FaultProxy {
    relay: Relay,
    counts: Arc<Counts>,
}

impl FaultProxy {
    /// Listens at 127.0.0.1 in front of `behind` (`127.0.0.1:41234`). Connection number `n`, counted from 1, goes by
    /// what `plan` answers for `n`.
    pub fn start(behind: impl Into<String>, plan: impl Fn(usize) -> Plan + Send + 'static) -> Self {
        let behind = behind.into();
        let counts = Arc::new(Counts::default());
        let shared = Arc::clone(&counts);
        let relay = Relay::start(move |near| {
            let (behind, counts) = (behind.clone(), Arc::clone(&shared));
            let plan = plan(counts.accepted.fetch_add(1, Ordering::SeqCst) + 1);
            async move {
                let _open = Open::count(&counts);
                let Ok(far) = TcpStream::connect(&behind).await else { return };
                pass_on(near, far, plan, &counts).await;
            }
        });
        Self { relay, counts }
    }

    /// The first connection goes by `plan`, and nothing is wrong with the others.
    pub fn first(behind: impl Into<String>, plan: Plan) -> Self {
        Self::start(behind, move |n| if n == 1 { plan.clone() } else { Plan::clean() })
    }

    /// Every connection goes by `plan`.
    pub fn each(behind: impl Into<String>, plan: Plan) -> Self {
        Self::start(behind, move |_| plan.clone())
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.relay.address()
    }

    /// `127.0.0.1:41234`, as references name it.
    pub fn host(&self) -> String {
        self.address().to_string()
    }

    /// `127.0.0.1:41234/` and the rest.
    pub fn reference(&self, rest: &str) -> String {
        format!("{}/{rest}", self.host())
    }

    /// How many connections were accepted.
    pub fn accepted(&self) -> usize {
        self.counts.accepted.load(Ordering::SeqCst)
    }

    /// How many connections were open at the same time, at most.
    pub fn most_open(&self) -> usize {
        self.counts.most_open.load(Ordering::SeqCst)
    }

    /// How many bytes the server was sent.
    pub fn up_bytes(&self) -> u64 {
        self.counts.up_bytes.load(Ordering::SeqCst)
    }

    /// How many bytes the client was sent.
    pub fn down_bytes(&self) -> u64 {
        self.counts.down_bytes.load(Ordering::SeqCst)
    }
}

/// Counts a connection as open for as long as it lives.
struct Open<'c>(&'c Counts);

impl<'c> Open<'c> {
    fn count(counts: &'c Counts) -> Self {
        let open = counts.open.fetch_add(1, Ordering::SeqCst) + 1;
        counts.most_open.fetch_max(open, Ordering::SeqCst);
        Self(counts)
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Why one direction ended: by itself, or by plan.
type Ended = Option<End>;

async fn pass_on(mut near: TcpStream, mut far: TcpStream, plan: Plan, counts: &Counts) {
    for stream in [&near, &far] {
        stream.set_nodelay(true).expect("a socket option");
    }
    let planned = {
        let ((near_reader, near_writer), (far_reader, far_writer)) = (near.split(), far.split());
        let up = pump(near_reader, far_writer, plan.up, &counts.up_bytes);
        let down = pump(far_reader, near_writer, plan.down, &counts.down_bytes);
        either_ends(up, down).await
    };
    match planned {
        Ok(Some(End::Rst)) => near.set_zero_linger().expect("a socket to reset"),
        Ok(Some(End::Fin)) => {
            drop(far);
            // Closed with bytes unread, a connection is reset instead. A client that goes away is part of the test.
            let _ = near.shutdown().await;
            let mut rest = [0; 4096];
            while near.read(&mut rest).await.is_ok_and(|count| count > 0) {}
        }
        // Both ways have ended, or a side went away, which is part of the test.
        Ok(_) | Err(_) => {}
    }
}

/// Waits until one direction ends for both, or until each has ended by itself.
async fn either_ends(
    up: impl Future<Output = io::Result<Ended>>,
    down: impl Future<Output = io::Result<Ended>>,
) -> io::Result<Ended> {
    tokio::pin!(up, down);
    let ends_both = |ended: &io::Result<Ended>| matches!(ended, Ok(Some(End::Fin | End::Rst)) | Err(_));
    tokio::select! {
        ended = &mut up => if ends_both(&ended) { ended } else { down.await },
        ended = &mut down => if ends_both(&ended) { ended } else { up.await },
    }
}

/// Passes on one direction until it ends, by itself or by plan.
async fn pump(mut from: ReadHalf<'_>, mut to: WriteHalf<'_>, way: Way, bytes: &AtomicU64) -> io::Result<Ended> {
    let (queue, mut queued) = mpsc::channel::<(Instant, Vec<u8>)>(QUEUE_CHUNKS);
    let idle = way.idle.unwrap_or(Duration::MAX);
    let (delay, slice, mut pace) = (way.delay, way.slice, way.bandwidth.map(Pace::new));
    let chunk = way.bandwidth.map_or(CHUNK_BYTES, |rate| usize::try_from(rate / 50).unwrap_or(CHUNK_BYTES));
    let chunk = slice.unwrap_or(chunk).clamp(1, CHUNK_BYTES);
    let read = async move {
        let (mut spoiler, mut buffer) = (Spoiler::new(way), vec![0; CHUNK_BYTES]);
        loop {
            let Ok(count) = timeout(idle, from.read(&mut buffer)).await else { return Ok(Some(End::Fin)) };
            let count = count?;
            if count == 0 {
                return Ok(None);
            }
            let (spoilt, end) = spoiler.spoil(&buffer[..count]);
            if queue.send((Instant::now() + delay, spoilt)).await.is_err() {
                return Err(io::Error::from(io::ErrorKind::BrokenPipe));
            }
            if end.is_some() {
                return Ok(end);
            }
        }
    };
    let write = async {
        while let Some((due, spoilt)) = queued.recv().await {
            if !delay.is_zero() {
                sleep_until(due).await;
            }
            for piece in spoilt.chunks(chunk) {
                if let Some(pace) = &mut pace {
                    pace.wait_for(piece.len()).await;
                }
                to.write_all(piece).await?;
                bytes.fetch_add(piece.len() as u64, Ordering::SeqCst);
                if slice.is_some() {
                    // Whoever reads may look at each piece before the next one comes.
                    tokio::task::yield_now().await;
                }
            }
        }
        Ok(())
    };
    let (ended, ()) = tokio::try_join!(read, write)?;
    if matches!(ended, None | Some(End::HalfClose)) {
        to.shutdown().await?;
    }
    Ok(ended)
}

/// Spreads bytes over time.
struct Pace {
    bytes_per_second: u64,
    next: Instant,
}

impl Pace {
    fn new(bytes_per_second: u64) -> Self {
        Self { bytes_per_second, next: Instant::now() }
    }

    async fn wait_for(&mut self, bytes: usize) {
        let takes = Duration::from_nanos(bytes as u64 * 1_000_000_000 / self.bytes_per_second);
        let earliest = Instant::now().checked_sub(CATCH_UP).unwrap_or(self.next);
        self.next = self.next.max(earliest) + takes;
        sleep_until(self.next).await;
    }
}

/// Applies what a way says of single bytes.
struct Spoiler {
    way: Way,
    /// As much of the end of what came as could begin the marker; none once it was seen.
    before: Option<Vec<u8>>,
    offset: usize,
    repeat: Vec<u8>,
}

impl Spoiler {
    fn new(way: Way) -> Self {
        let before = way.behind.as_ref().map(|_| Vec::new());
        Self { way, before, offset: 0, repeat: Vec::new() }
    }

    /// What is passed on for these bytes, and how the way ends behind them, if it does.
    fn spoil(&mut self, bytes: &[u8]) -> (Vec<u8>, Ended) {
        let Way { flip, dup, end, .. } = self.way;
        if flip.is_none() && dup.is_none() && end.is_none() {
            return (bytes.to_vec(), None);
        }
        let mut spoilt = Vec::with_capacity(bytes.len());
        for &byte in bytes {
            if let Some(before) = &mut self.before {
                let marker = self.way.behind.as_deref().unwrap_or_default();
                spoilt.push(byte);
                before.push(byte);
                if before.ends_with(marker) {
                    self.before = None;
                } else if before.len() >= marker.len() {
                    before.remove(0);
                }
                continue;
            }
            if let Some((0, end)) = end {
                return (spoilt, Some(end));
            }
            let byte = if flip == Some(self.offset) { byte ^ 1 } else { byte };
            spoilt.push(byte);
            if let Some((start, count)) = dup
                && (start..start + count).contains(&self.offset)
            {
                self.repeat.push(byte);
                if self.repeat.len() == count {
                    spoilt.append(&mut self.repeat);
                }
            }
            self.offset += 1;
            if let Some((limit, end)) = end
                && self.offset == limit
            {
                return (spoilt, Some(end));
            }
        }
        (spoilt, None)
    }
}
