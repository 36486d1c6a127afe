//! Running a program to its end, or for a while, and saying what it did when that was not expected.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::fs;
use std::io::{Read, Write as _};
use std::process::{Child, Command, Stdio};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::env::TestEnv;
use super::oracle::{self, Before};

/// A program about to be started.
#[must_use = "nothing runs until `run`, `spawn`, `success` or `code`"]
pub struct Run<'e> {
    env: &'e TestEnv,
    command: Command,
    stdin: Vec<u8>,
    timeout: Duration,
}

impl<'e> Run<'e> {
    pub(super) fn new(env: &'e TestEnv, program: &OsStr) -> Self {
        let mut command = Command::new(program);
        command.env_clear().current_dir(env.root());
        Self { env, command, stdin: Vec::new(), timeout: Duration::from_secs(30) }
    }

    /// More arguments.
    pub fn args<I, S>(mut self, args: I) -> Self
    where
        I: IntoIterator<Item = S>,
        S: AsRef<OsStr>,
    {
        self.command.args(args);
        self
    }

    /// One more argument.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    /// One more variable.
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// What the program reads; nothing by default.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// The program is killed, and the test fails, after this.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Starts it.
    pub fn spawn(mut self) -> Running<'e> {
        let shown = format!("{:?}", self.command.get_args().collect::<Vec<_>>());
        let program = self.command.get_program().to_owned();
        self.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let args: Vec<OsString> = self.command.get_args().map(OsStr::to_owned).collect();
        let before = self.env.before_run();
        let started = Instant::now();
        let mut child =
            self.command.spawn().unwrap_or_else(|error| panic!("cannot run {}: {error}", program.display()));
        self.env.started();
        let mut stdin = child.stdin.take().expect("a pipe");
        let input = std::mem::take(&mut self.stdin);
        // A program that does not read its input is no failure of the test.
        thread::spawn(move || drop(stdin.write_all(&input)));
        Running {
            env: self.env,
            stdout: Some(collect(child.stdout.take().expect("a pipe"))),
            stderr: Some(collect(child.stderr.take().expect("a pipe"))),
            child,
            started,
            timeout: self.timeout,
            program,
            args,
            before,
            shown,
            ended: false,
        }
    }

    /// Runs it to its end.
    pub fn run(self) -> Output {
        self.spawn().wait()
    }

    /// Runs it to its end and expects exit 0.
    pub fn success(self) -> Output {
        self.run().success()
    }

    /// Runs it to its end and expects this exit code.
    pub fn code(self, code: i32) -> Output {
        self.run().code(code)
    }
}

/// A running program. Dropped, it is killed.
pub struct Running<'e> {
    env: &'e TestEnv,
    child: Child,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
    started: Instant,
    timeout: Duration,
    program: OsString,
    args: Vec<OsString>,
    before: Option<(usize, Before)>,
    shown: String,
    ended: bool,
}

impl Running<'_> {
    /// Its process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        self.env.was_killed();
        // It may have ended by itself.
        let _ = self.child.kill();
    }

    /// Any other signal, by its name: `INT`, `TERM`.
    pub fn signal(&self, name: &str) {
        let command = format!("kill -{name} {}", self.child.id());
        let status = Command::new("/bin/sh").args(["-c", &command]).status().expect("a shell");
        assert!(status.success(), "cannot send SIG{name}");
    }

    /// Whether all its threads sleep, and its signal handlers are in place: it waits for something.
    pub fn is_waiting(&self) -> bool {
        let proc = format!("/proc/{}", self.child.id());
        let status = fs::read_to_string(format!("{proc}/status")).unwrap_or_default();
        let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let caught = caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or_default();
        // SIGINT and SIGTERM.
        let handled = caught & (1 << 1) != 0 && caught & (1 << 14) != 0;
        let mut threads = fs::read_dir(format!("{proc}/task")).into_iter().flatten().flatten();
        let asleep = |stat: String| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('S'));
        handled && threads.all(|thread| fs::read_to_string(thread.path().join("stat")).is_ok_and(asleep))
    }

    /// Waits for its end, and says how much memory it held at most, in KiB.
    pub fn wait_and_measure(self) -> (Output, u64) {
        let status = format!("/proc/{}/status", self.child.id());
        let sampler = thread::spawn(move || {
            let mut peak = 0;
            // The kernel keeps the peak, so that the last look is enough.
            while let Ok(text) = fs::read_to_string(&status) {
                let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
                // Once it has ended, memory is no longer spoken of.
                let Some(line) = line else { break };
                peak = line.trim().trim_end_matches(" kB").parse().expect("a number");
                thread::sleep(Duration::from_millis(2));
            }
            peak
        });
        let output = self.wait();
        (output, sampler.join().expect("a sampler that does not panic"))
    }

    /// Whether it has not ended yet.
    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("a child to ask about").is_none()
    }

    /// Waits for its end, then asks the oracle.
    pub fn wait(mut self) -> Output {
        let mut pause = Duration::from_millis(1);
        let (code, in_time) = loop {
            if let Some(status) = self.child.try_wait().expect("a child to wait for") {
                break (status.code(), true);
            }
            if self.started.elapsed() > self.timeout {
                self.kill();
                self.child.wait().expect("a killed child to wait for");
                break (None, false);
            }
            thread::sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(20));
        };
        self.end();
        let output = Output {
            command: format!("{} {}", self.program.display(), self.shown),
            code,
            elapsed: self.started.elapsed(),
            stdout: text(self.stdout.take()),
            stderr: text(self.stderr.take()),
        };
        assert!(in_time, "not done after {:?}\n{output}", self.timeout);
        for (name, stream) in [("stdout", &output.stdout), ("stderr", &output.stderr)] {
            if let Some(secret) = self.env.secrets().found_in(stream.as_bytes()) {
                panic!("the secret {secret} is on {name}\n{output}");
            }
        }
        let leaking = self.env.leaking_files();
        assert!(leaking.is_empty(), "secrets in {leaking:?}\n{output}");
        // What another program writes is no business of the oracle's, though `rcr` may run in it.
        if self.program == env!("CARGO_BIN_EXE_rcr") {
            let verdict = oracle::spoke_well(&self.args, &output);
            let verdict = verdict.and_then(|()| self.env.after_run(self.before.take(), &self.args));
            if let Err(wrong) = verdict {
                panic!("{wrong}\n{output}");
            }
        }
        output
    }
}

impl Running<'_> {
    fn end(&mut self) {
        if !std::mem::replace(&mut self.ended, true) {
            self.env.ended();
        }
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if !self.ended && self.is_running() {
            self.kill();
        }
        let _ = self.child.wait();
        self.end();
    }
}

/// What a program said, and how it ended.
#[derive(Clone, Debug)]
pub struct Output {
    command: String,
    code: Option<i32>,
    /// From start to end.
    pub elapsed: Duration,
    /// All of standard output.
    pub stdout: String,
    /// All of standard error.
    pub stderr: String,
}

impl Output {
    /// Exit 0.
    #[track_caller]
    pub fn success(self) -> Self {
        self.code(0)
    }

    /// This exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "expected exit {code}\n{self}");
        self
    }

    /// The exit code; none if a signal ended it.
    pub fn exit(&self) -> Option<i32> {
        self.code
    }

    /// Standard error has this.
    #[track_caller]
    pub fn stderr_has(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "stderr lacks {text:?}\n{self}");
        self
    }

    /// Standard error does not have this.
    #[track_caller]
    pub fn stderr_lacks(self, text: &str) -> Self {
        assert!(!self.stderr.contains(text), "stderr has {text:?}\n{self}");
        self
    }

    /// Standard output is exactly this.
    #[track_caller]
    pub fn stdout_is(self, text: &str) -> Self {
        assert_eq!(self.stdout, text, "\n{self}");
        self
    }

    /// Standard output has this.
    #[track_caller]
    pub fn stdout_has(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "stdout lacks {text:?}\n{self}");
        self
    }

    /// An error in the contract's form with a hint that has this.
    #[track_caller]
    pub fn hint_has(self, text: &str) -> Self {
        let found = self.stderr.lines().any(|line| line.starts_with("hint: ") && line.contains(text));
        assert!(found, "no hint with {text:?}\n{self}");
        self
    }

    /// The error that `--format json` puts on the last line of standard error.
    #[track_caller]
    pub fn error_json(&self) -> serde_json::Value {
        let last = self.stderr.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|error| panic!("the last line is no JSON: {error}\n{self}"))
    }

    /// Standard output as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("stdout is no JSON: {error}\n{self}"))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "command: {}\nexit: {:?} after {:?}", self.command, self.code, self.elapsed)?;
        write!(f, "--- stdout\n{}\n--- stderr\n{}\n---", self.stdout, self.stderr)
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is what there is.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

fn text(reader: Option<JoinHandle<Vec<u8>>>) -> String {
    let bytes = reader.expect("read once").join().expect("a reader that does not panic");
    String::from_utf8_lossy(&bytes).into_owned()
}
