//! CNCF Distribution (Debian package `docker-registry`) on a port of loopback that is its own.
//!
//! As a pull-through cache, version 2.8.2 does this, and tests rely on it:
//! - it starts only while its upstream answers, and logs in there only by tokens, never with `Basic`;
//! - it asks the upstream about a tag each time, and answers with the tag's new digest when it moved;
//! - while the upstream is down, or refuses with 403 or 429, it answers from what it holds, old digests included; a tag
//!   that it does not hold is 404 `MANIFEST_UNKNOWN`, a digest of a manifest or a blob 500 `UNKNOWN`; `/v2/` stays 200;
//! - it answers with a blob before it holds it, and fetches the blob once more to hold it;
//! - it takes no uploads: 405 `UNSUPPORTED`.

use std::fmt::Write as _;
use std::fs;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::daemon::Daemon;
use super::images::Artifact;
use super::port::Port;
use super::tls::Leaf;
use super::token_server::TokenServer;

/// A registry about to be started.
#[derive(Default)]
pub struct Builder {
    files: Vec<(&'static str, String)>,
    tls: bool,
    auth: String,
    proxy: String,
    delete: bool,
    port: Option<Port>,
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

    /// Makes it a pull-through cache of `upstream`, an origin such as `http://127.0.0.1:5000`, as this user there. The
    /// upstream runs already.
    pub fn proxy_of(mut self, upstream: &str, login: Option<(&str, &str)>) -> Self {
        let login =
            login.map_or_else(String::new, |(user, password)| format!(", username: '{user}', password: '{password}'"));
        self.proxy = format!("proxy: {{remoteurl: '{upstream}'{login}}}\n");
        self
    }

    /// Serves at this port, where nobody listened until now.
    pub fn port(mut self, port: Port) -> Self {
        self.port = Some(port);
        self
    }

    /// Starts it, and waits until it answers.
    pub fn start(mut self) -> Distribution {
        let directory = TempDir::new().unwrap();
        let path = directory.path().display().to_string();
        for (name, contents) in &self.files {
            fs::write(directory.path().join(name), contents).unwrap();
        }
        let port = self.port.take().unwrap_or_else(Port::closed);
        fs::write(directory.path().join("config.yml"), self.config(&port).replace("DIR", &path)).unwrap();
        let mut registry = Distribution { daemon: None, port, directory };
        registry.start_again();
        registry
    }

    fn config(&self, port: &Port) -> String {
        let mut config = format!(
            "version: 0.1\nlog: {{level: info, accesslog: {{disabled: false}}}}\n\
             storage: {{filesystem: {{rootdirectory: DIR/data}}, delete: {{enabled: {}}}}}\n",
            self.delete
        );
        let tls = if self.tls { ", tls: {certificate: DIR/server.crt, key: DIR/server.key}" } else { "" };
        writeln!(config, "http: {{addr: '{}', secret: not-so-secret{tls}}}", port.host()).unwrap();
        config + &self.auth + &self.proxy
    }
}

/// A registry that runs, or has been stopped. Dropped, it ends; its log is shown if the test failed.
pub struct Distribution {
    daemon: Option<Daemon>,
    port: Port,
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

    /// Kills it. What it holds stays, and so does its port, at which connections are now refused.
    pub fn stop(&mut self) {
        self.daemon = None;
    }

    /// Starts it at the same port, with what it held.
    pub fn start_again(&mut self) {
        assert!(self.daemon.is_none(), "the registry runs");
        let at = |name: &str| self.directory.path().join(name);
        let config = at("config.yml").display().to_string();
        let daemon =
            Daemon::start("docker-registry", "docker-registry", &["serve", &config], &at("log"), self.port.address());
        self.daemon = Some(daemon);
    }

    /// `127.0.0.1:41234`.
    pub fn host(&self) -> String {
        self.port.host()
    }

    /// `http://127.0.0.1:41234`, for a cache of it or a server in front of it.
    pub fn http_origin(&self) -> String {
        format!("http://{}", self.port.host())
    }

    /// `127.0.0.1:41234/` and the rest.
    pub fn reference(&self, rest: &str) -> String {
        format!("{}/{rest}", self.port.host())
    }

    /// Waits until it holds the layers and the configuration of `image`, which is for one platform: a cache answers
    /// before it has written them.
    #[track_caller]
    pub fn wait_for(&self, repository: &str, image: &Artifact) {
        let layers =
            self.directory.path().join("data/docker/registry/v2/repositories").join(repository).join("_layers");
        let missing = || {
            let mut blobs = image.layers().iter().chain([image.config()]);
            blobs.any(|blob| !layers.join("sha256").join(blob.hex()).join("link").is_file())
        };
        let started = Instant::now();
        while missing() {
            assert!(started.elapsed() < Duration::from_secs(10), "{repository} is not whole:\n{}", self.log());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Everything that it logged.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}
