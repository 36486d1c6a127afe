//! A child process with a question on stdin, an answer on stdout, and limits on everything.

use std::io::{self, Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::HelperError;

/// Larger than any credential; `list` of a whole keychain fits.
const STDOUT_LIMIT_BYTES: usize = 1 << 20;
/// What a person reads of it.
const STDERR_LIMIT_BYTES: usize = 1 << 10;
/// How long stdout may stay open after the child has ended: a grandchild (an agent it started) may have inherited it.
const AFTER_EXIT: Duration = Duration::from_millis(500);

/// How a child ended and what it said.
pub(super) struct Ended {
    pub(super) status: ExitStatus,
    pub(super) stdout: Zeroizing<Vec<u8>>,
    /// None if it was longer than is kept.
    pub(super) stderr: Option<Zeroizing<Vec<u8>>>,
}

/// Runs `command` to its end, or kills it at `timeout` or at the limit of its output.
pub(super) fn run(mut command: Command, input: &str, timeout: Duration) -> Result<Ended, HelperError> {
    let deadline = Instant::now() + timeout;
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(HelperError::Start)?;
    // Threads, not turns: a child that reads nothing, or writes much before it reads, must not block this side. They
    // are not joined: a grandchild may hold the other end for as long as it likes.
    if let Some(mut stdin) = child.stdin.take() {
        let input = Zeroizing::new(input.to_owned());
        thread::spawn(move || {
            // A child need not read its input; what it makes of that shows in its answer.
            let _ = stdin.write_all(input.as_bytes());
        });
    }
    let stdout = child.stdout.take().map(|pipe| Collector::start(pipe, STDOUT_LIMIT_BYTES));
    let stderr = child.stderr.take().map(|pipe| Collector::start(pipe, STDERR_LIMIT_BYTES));
    let ended = wait(&mut child, stdout.as_ref(), deadline, timeout);
    if ended.is_err() {
        // It may have ended in this very moment.
        let _ = child.kill();
        let _ = child.wait();
    }
    Ok(Ended {
        status: ended?,
        stdout: stdout.map(|stdout| stdout.taken().0).unwrap_or_default(),
        stderr: stderr.and_then(|stderr| {
            // Its end of stderr closes with it; a moment is for the thread to notice.
            stderr.finished(Duration::from_millis(50));
            let (bytes, overflow) = stderr.taken();
            (!overflow).then_some(bytes)
        }),
    })
}

fn wait(
    child: &mut Child,
    stdout: Option<&Collector>,
    deadline: Instant,
    timeout: Duration,
) -> Result<ExitStatus, HelperError> {
    let mut pause = Duration::from_millis(1);
    let mut closed = stdout.is_none();
    let mut exited: Option<(ExitStatus, Instant)> = None;
    loop {
        match stdout {
            Some(stdout) if !closed => closed = stdout.finished(pause),
            _ => thread::sleep(pause),
        }
        if stdout.is_some_and(Collector::overflowed) {
            return Err(HelperError::TooMuchOutput { limit_bytes: STDOUT_LIMIT_BYTES });
        }
        if exited.is_none() {
            exited = child.try_wait().map_err(HelperError::Start)?.map(|status| (status, Instant::now()));
        }
        match exited {
            Some((status, at)) if closed || at.elapsed() >= AFTER_EXIT => return Ok(status),
            None if Instant::now() >= deadline => return Err(HelperError::Timeout(timeout)),
            _ => pause = (pause * 2).min(Duration::from_millis(20)),
        }
    }
}

/// What has been read of a pipe so far.
#[derive(Default)]
struct Collected {
    bytes: Zeroizing<Vec<u8>>,
    overflow: bool,
}

/// A thread that reads a pipe to its end, or to a limit.
struct Collector {
    collected: Arc<Mutex<Collected>>,
    done: Receiver<()>,
}

impl Collector {
    fn start(mut pipe: impl Read + Send + 'static, limit_bytes: usize) -> Self {
        let collected = Arc::new(Mutex::new(Collected {
            // In one piece from the start: growing would leave copies of a secret behind.
            bytes: Zeroizing::new(Vec::with_capacity(limit_bytes.min(64 << 10))),
            overflow: false,
        }));
        let (sender, done) = mpsc::channel();
        let shared = Arc::clone(&collected);
        thread::spawn(move || {
            let _sender = sender;
            let mut chunk = Zeroizing::new([0_u8; 8 << 10]);
            loop {
                match pipe.read(&mut chunk[..]) {
                    Ok(0) => return,
                    Ok(count) => {
                        let mut collected = shared.lock().unwrap_or_else(PoisonError::into_inner);
                        let room = limit_bytes - collected.bytes.len();
                        collected.bytes.extend_from_slice(&chunk[..count.min(room)]);
                        // Reading goes on, or the child would block on a full pipe instead of ending.
                        collected.overflow |= count > room;
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(_) => return,
                }
            }
        });
        Self { collected, done }
    }

    /// Whether the pipe has been closed; waits for that for at most `patience`.
    fn finished(&self, patience: Duration) -> bool {
        !matches!(self.done.recv_timeout(patience), Err(RecvTimeoutError::Timeout))
    }

    fn overflowed(&self) -> bool {
        self.collected.lock().unwrap_or_else(PoisonError::into_inner).overflow
    }

    fn taken(&self) -> (Zeroizing<Vec<u8>>, bool) {
        let mut collected = self.collected.lock().unwrap_or_else(PoisonError::into_inner);
        (std::mem::take(&mut collected.bytes), collected.overflow)
    }
}
