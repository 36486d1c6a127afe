//! tinyproxy (Debian package `tinyproxy`): the proxy of a company, on loopback, with names of its own.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;

/// A running proxy, for which every name under `.test` that it was told is this machine.
pub struct Tinyproxy {
    child: Child,
    port: u16,
    directory: TempDir,
}

impl Tinyproxy {
    /// Starts one that knows `names`, and asks for a login if one is given.
    pub fn start(names: &[&str], login: Option<(&str, &str)>) -> Self {
        assert!(
            fs::exists("/usr/bin/tinyproxy").unwrap_or(false),
            "tinyproxy is missing: install the Debian package `tinyproxy`"
        );
        let directory = TempDir::new().unwrap();
        let at = |name: &str| directory.path().join(name).display().to_string();
        let port = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).unwrap().port();
        let login = login.map_or_else(String::new, |(user, password)| format!("BasicAuth {user} {password}\n"));
        let config = format!(
            "Port {port}\nListen 127.0.0.1\nLogFile \"{}\"\nLogLevel Connect\nMaxClients 50\n{login}",
            at("log")
        );
        fs::write(at("config"), config).unwrap();
        fs::write(at("hosts"), format!("127.0.0.1 localhost {}\n", names.join(" "))).unwrap();
        let script = "mount --bind \"$1\" /etc/hosts && exec tinyproxy -d -c \"$2\"";
        let child = Command::new("unshare")
            .args(["--map-root-user", "--mount", "sh", "-c", script, "sh", &at("hosts"), &at("config")])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("unshare");
        let proxy = Self { child, port, directory };
        for _ in 0..500 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return proxy;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("tinyproxy does not start:\n{}", proxy.log());
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], self.port))
    }

    /// `http://127.0.0.1:41234`, for `HTTPS_PROXY`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The same with a login in it.
    pub fn url_as(&self, user: &str, password: &str) -> String {
        format!("http://{user}:{password}@127.0.0.1:{}", self.port)
    }

    /// Everything that it logged: one `CONNECT` or `GET` per request.
    pub fn log(&self) -> String {
        fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Tinyproxy {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("log of the proxy:\n{}", self.log());
        }
    }
}
