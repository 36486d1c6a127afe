//! CNCF Distribution (Debian package `docker-registry`) on a free port of loopback.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::tls::Leaf;
use super::token_server::TokenServer;

/// A registry about to be started.
#[derive(Default)]
pub struct Builder {
    files: Vec<(&'static str, String)>,
    tls: bool,
    auth: String,
    delete: bool,
}

impl Builder {
    /// Serves HTTPS with this certificate.
    pub fn tls(mut self, leaf: &Leaf) -> Self {
        self.files.push(("server.crt", leaf.certificate_pem.clone()));
        self.files.push(("server.key", leaf.key_pem()));
        self.tls = true;
        self
    }

    /// Basic authentication for one user.
    pub fn htpasswd(mut self, user: &str, password: &str) -> Self {
        let hash = bcrypt::hash(password, 4).expect("a bcrypt hash");
        self.files.push(("htpasswd", format!("{user}:{hash}\n")));
        self.auth = String::from("auth: {htpasswd: {realm: test, path: DIR/htpasswd}}\n");
        self
    }

    /// Tokens of this server.
    pub fn token(mut self, server: &TokenServer) -> Self {
        self.files.push(("token.crt", server.signing_certificate().to_owned()));
        self.auth = format!(
            "auth: {{token: {{realm: {}, service: {}, issuer: {}, rootcertbundle: DIR/token.crt}}}}\n",
            server.realm(),
            TokenServer::SERVICE,
            TokenServer::ISSUER,
        );
        self
    }

    /// Lets manifests and blobs be deleted.
    pub fn delete_enabled(mut self) -> Self {
        self.delete = true;
        self
    }

    /// Starts it, and waits until it answers.
    pub fn start(self) -> Distribution {
        let directory = TempDir::new().unwrap();
        let path = directory.path().display().to_string();
        for (name, contents) in &self.files {
            fs::write(directory.path().join(name), contents).unwrap();
        }
        // The port is free when it is asked for; another process may still be quicker.
        for _ in 0..5 {
            let address = free_port();
            let config = directory.path().join("config.yml");
            fs::write(&config, self.config(address).replace("DIR", &path)).unwrap();
            let log = File::create(directory.path().join("log")).unwrap();
            let mut child = spawn(&config.display().to_string(), log);
            if answers(&mut child, address) {
                return Distribution { child, address, directory };
            }
        }
        let log = fs::read_to_string(directory.path().join("log")).unwrap_or_default();
        panic!("docker-registry does not start:\n{log}");
    }

    fn config(&self, address: SocketAddr) -> String {
        let mut config = format!(
            "version: 0.1\nlog: {{level: info, accesslog: {{disabled: false}}}}\n\
             storage: {{filesystem: {{rootdirectory: DIR/data}}, delete: {{enabled: {}}}}}\n",
            self.delete
        );
        let tls = if self.tls { ", tls: {certificate: DIR/server.crt, key: DIR/server.key}" } else { "" };
        writeln!(config, "http: {{addr: '{address}', secret: not-so-secret{tls}}}").unwrap();
        config + &self.auth
    }
}

/// A running registry. Dropped, it ends; its log is shown if the test failed.
pub struct Distribution {
    child: Child,
    address: SocketAddr,
    directory: TempDir,
}

impl Distribution {
    /// A registry to configure.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Plain HTTP, open to everybody, empty.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// One open registry for the tests that run at the same time. They use repositories of their own and never
    /// delete. The last of them stops it.
    pub fn shared() -> Arc<Self> {
        static SHARED: Mutex<Weak<Distribution>> = Mutex::new(Weak::new());
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let started = Arc::new(Self::start());
            *shared = Arc::downgrade(&started);
            started
        })
    }

    /// `127.0.0.1:41234`.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// `127.0.0.1:41234/` and the rest.
    pub fn reference(&self, rest: &str) -> String {
        format!("{}/{rest}", self.address)
    }

    /// Everything that it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Distribution {
    fn drop(&mut self) {
        // It may have died by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("log of the registry at {}:\n{}", self.address, self.log());
        }
    }
}

fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port")
}

fn answers(child: &mut Child, address: SocketAddr) -> bool {
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(20) {
        if child.try_wait().expect("a child to ask about").is_some() {
            return false;
        }
        if TcpStream::connect(address).is_ok() {
            // Had another process taken the port, ours would have ended by now.
            thread::sleep(Duration::from_millis(20));
            return child.try_wait().expect("a child to ask about").is_none();
        }
        thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    false
}

type Started = mpsc::Sender<Child>;

/// Starts the registry so that the kernel ends it with this process, however that ends. The signal follows the
/// thread that started it, so one thread, which never ends, starts them all.
fn spawn(config: &str, log: File) -> Child {
    static SPAWNER: OnceLock<mpsc::Sender<(Command, Started)>> = OnceLock::new();
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", "docker-registry", "serve", config]).env_clear();
    command.env("PATH", "/usr/bin:/bin");
    command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
    for (program, package) in [("docker-registry", "docker-registry"), ("setpriv", "util-linux")] {
        let found = ["/usr/bin", "/bin"].iter().any(|dir| fs::exists(format!("{dir}/{program}")).unwrap_or(false));
        assert!(found, "{program} is missing: install the Debian package `{package}`");
    }
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
