//! A server program that a test starts: it listens before the test goes on, and does not outlive the test.

use std::fs::{self, File};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{OnceLock, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// A running server program. Dropped, it is killed.
pub(super) struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts `program` of the Debian package `package`, which logs to the end of `log`, and waits until something
    /// listens at `address`, which only this program can.
    pub(super) fn start(program: &str, package: &str, args: &[&str], log: &Path, address: SocketAddr) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("a log");
        let mut daemon = Self { child: spawn(program, package, args, file), log: log.to_owned() };
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            let ended = daemon.child.try_wait().expect("a child to ask about");
            assert!(
                ended.is_none() && started.elapsed() < Duration::from_secs(20),
                "{program} does not start:\n{}",
                daemon.log()
            );
            thread::sleep(Duration::from_millis(10));
        }
        daemon
    }

    /// Everything that it wrote to its log.
    pub(super) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have died by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("log of {}:\n{}", self.log.display(), self.log());
        }
    }
}

type Started = mpsc::Sender<Child>;

/// Starts the program so that the kernel ends it with this process, however that ends. The signal follows the
/// thread that started it, so one thread, which never ends, starts them all.
fn spawn(program: &str, package: &str, args: &[&str], log: File) -> Child {
    static SPAWNER: OnceLock<mpsc::Sender<(Command, Started)>> = OnceLock::new();
    const DIRECTORIES: [&str; 4] = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];
    for (program, package) in [(program, package), ("setpriv", "util-linux")] {
        let found = DIRECTORIES.iter().any(|dir| fs::exists(format!("{dir}/{program}")).unwrap_or(false));
        assert!(found, "{program} is missing: install the Debian package `{package}`");
    }
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program]).args(args).env_clear();
    command.env("PATH", DIRECTORIES.join(":"));
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    let spawner = SPAWNER.get_or_init(|| {
        let (sender, receiver) = mpsc::channel::<(Command, Started)>();
        thread::spawn(move || {
            for (mut command, started) in receiver {
                started.send(command.spawn().expect("setpriv")).expect("someone who waits");
            }
        });
        sender
    });
    let (started, child) = mpsc::channel();
    spawner.send((command, started)).expect("the spawning thread");
    child.recv().expect("the spawning thread")
}
