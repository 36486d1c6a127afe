//! nginx (Debian package `nginx-light`) in front of a registry: TLS, client certificates, answers on command.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use tempfile::TempDir;

use super::daemon::Daemon;
use super::port::Port;
use super::server::Reply;
use super::tls::{Authority, Leaf};

/// An nginx about to be started.
pub struct Builder {
    upstream: Option<String>,
    port: Option<Port>,
    tls: Option<(String, String)>,
    clients_of: Option<String>,
    answers: Vec<(String, String, Reply)>,
}

impl Builder {
    /// Serves at this port, where nobody listened until now.
    pub fn port(mut self, port: Port) -> Self {
        self.port = Some(port);
        self
    }

    /// Serves HTTPS with this certificate, and nothing else: plain HTTP gets nginx's own 400.
    pub fn tls(mut self, leaf: &Leaf) -> Self {
        self.tls = Some((leaf.certificate_pem.clone(), leaf.key_pem()));
        self
    }

    /// Lets only clients in that have a certificate of this authority. The others get nginx's own 400.
    pub fn clients_of(mut self, authority: &Authority) -> Self {
        self.clients_of = Some(authority.pem());
        self
    }

    /// Answers requests with this, once `Nginx::on(name)` was called, whose path has a match of the regular expression
    /// `path`. The first that matches answers. No `$` may be in its body. Without a `content-type` it is text.
    pub fn answer(mut self, name: &str, path: &str, reply: Reply) -> Self {
        self.answers.push((name.to_owned(), path.to_owned(), reply));
        self
    }

    /// Starts it, and waits until it answers.
    pub fn start(mut self) -> Nginx {
        let directory = TempDir::new().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs::create_dir(at("on")).unwrap();
        if let Some((certificate, key)) = &self.tls {
            fs::write(at("server.crt"), certificate).unwrap();
            fs::write(at("server.key"), key).unwrap();
        }
        if let Some(authority) = &self.clients_of {
            fs::write(at("clients.crt"), authority).unwrap();
        }
        let port = self.port.take().unwrap_or_else(Port::closed);
        let path = directory.path().display().to_string();
        fs::write(at("nginx.conf"), self.config(&port).replace("DIR", &path)).unwrap();
        let args = ["-p", &path, "-c", "nginx.conf", "-e", "error.log"];
        let daemon = Daemon::start("nginx", "nginx-light", &args, &at("error.log"), port.address());
        Nginx { _daemon: daemon, port, tls: self.tls.is_some(), directory }
    }

    fn config(&self, port: &Port) -> String {
        // One process, so that what it logs is in order, and so that it has no children to leave behind.
        let mut config = String::from(
            "daemon off;\nmaster_process off;\npid DIR/pid;\nerror_log DIR/error.log;\nevents {}\nhttp {\n\
             log_format told escape=json '{\"method\":\"$request_method\",\"target\":\"$request_uri\",\
             \"status\":$status,\"authorization\":\"$http_authorization\",\"client\":\"$ssl_client_s_dn\"}';\n\
             access_log DIR/access.log told;\nclient_max_body_size 0;\n",
        );
        for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
            writeln!(config, "{kind}_temp_path DIR/{kind};").unwrap();
        }
        // `-f` is false for the directory itself, which is where a path without a match leads.
        for (name, path, _) in &self.answers {
            writeln!(config, "map $uri $on_{name} {{ default ''; {} {name}; }}", quoted(&format!("~{path}"))).unwrap();
        }
        config.push_str("server { listen unix:DIR/sync; access_log off; return 204; }\n");
        let ssl = if self.tls.is_some() { " ssl" } else { "" };
        writeln!(config, "server {{\nlisten {}{ssl};", port.host()).unwrap();
        if self.tls.is_some() {
            config.push_str("ssl_certificate DIR/server.crt;\nssl_certificate_key DIR/server.key;\n");
        }
        if self.clients_of.is_some() {
            config.push_str("ssl_client_certificate DIR/clients.crt;\nssl_verify_client on;\n");
        }
        config.push_str("location / {\n");
        for (name, _, _) in &self.answers {
            writeln!(config, "if (-f DIR/on/$on_{name}) {{ rewrite ^ /answer/{name} last; }}").unwrap();
        }
        match &self.upstream {
            Some(upstream) => writeln!(
                config,
                "proxy_pass {upstream};\nproxy_set_header Host $http_host;\n\
                 proxy_set_header X-Forwarded-Proto $scheme;\nproxy_http_version 1.1;\n\
                 proxy_request_buffering off;\n}}"
            ),
            None => writeln!(config, "return 404;\n}}"),
        }
        .unwrap();
        for (name, _, reply) in &self.answers {
            writeln!(config, "location = /answer/{name} {{\ninternal;").unwrap();
            for (header, value) in &reply.headers {
                let value = quoted(value);
                match header.as_str() {
                    "content-type" => writeln!(config, "default_type {value};"),
                    _ => writeln!(config, "add_header {header} {value} always;"),
                }
                .unwrap();
            }
            let body = String::from_utf8(reply.body.clone()).expect("a body of text");
            assert!(!body.contains('$'), "nginx would take {body:?} for a variable");
            writeln!(config, "return {} {};\n}}", reply.status, quoted(&body)).unwrap();
        }
        config.push_str("}\n}\n");
        config
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A running nginx. Dropped, it ends; its log is shown if the test failed.
pub struct Nginx {
    _daemon: Daemon,
    port: Port,
    tls: bool,
    directory: TempDir,
}

/// One request that nginx answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// `GET /v2/?n=1`.
    pub line: String,
    /// The status code.
    pub status: u16,
    /// The `Authorization` header.
    pub authorization: Option<String>,
    /// The subject of the client's certificate.
    pub client: Option<String>,
}

impl Nginx {
    /// An nginx to configure, in front of `upstream`: `http://127.0.0.1:5000`.
    pub fn before(upstream: &str) -> Builder {
        Builder { upstream: Some(upstream.to_owned()), ..Self::alone() }
    }

    /// An nginx to configure that has nothing to serve: 404.
    pub fn alone() -> Builder {
        Builder { upstream: None, port: None, tls: None, clients_of: None, answers: Vec::new() }
    }

    /// `127.0.0.1:41234`.
    pub fn host(&self) -> String {
        self.port.host()
    }

    /// `name:41234`, to be used with [`Nginx::resolve`].
    pub fn host_as(&self, name: &str) -> String {
        format!("{name}:{}", self.port.number())
    }

    /// The flag that makes `name` resolve to this server.
    pub fn resolve(&self, name: &str) -> String {
        format!("--resolve={name}:{}:{}", self.port.number(), self.port.address().ip())
    }

    /// `https://127.0.0.1:41234`.
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.host())
    }

    /// `127.0.0.1:41234/` and the rest.
    pub fn reference(&self, rest: &str) -> String {
        format!("{}/{rest}", self.host())
    }

    /// From now on, the answer of this name is given.
    pub fn on(&self, name: &str) {
        fs::write(self.switch(name), "").unwrap();
    }

    /// From now on, it is not given any more.
    pub fn off(&self, name: &str) {
        fs::remove_file(self.switch(name)).unwrap();
    }

    fn switch(&self, name: &str) -> PathBuf {
        self.directory.path().join("on").join(name)
    }

    /// Every request so far.
    pub fn log(&self) -> Vec<Answered> {
        // It logs after it has answered. One process does one thing after the other.
        let mut sync = UnixStream::connect(self.directory.path().join("sync")).expect("nginx runs");
        sync.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap();
        sync.read_to_end(&mut Vec::new()).unwrap();
        let log = fs::read_to_string(self.directory.path().join("access.log")).unwrap();
        log.lines().map(Answered::parse).collect()
    }

    /// Nobody showed this host credentials, in any request so far. There must have been one.
    #[track_caller]
    pub fn assert_told_nothing(&self) {
        let log = self.log();
        assert!(!log.is_empty(), "no request at {}", self.host());
        assert!(log.iter().all(|request| request.authorization.is_none()), "credentials at {}: {log:#?}", self.host());
    }
}

impl Answered {
    fn parse(line: &str) -> Self {
        let json: serde_json::Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        let text = |name: &str| json[name].as_str().expect("text").to_owned();
        let optional = |name: &str| Some(text(name)).filter(|value| !value.is_empty() && value != "-");
        Self {
            line: format!("{} {}", text("method"), text("target")),
            status: json["status"].as_u64().and_then(|status| status.try_into().ok()).expect("a status"),
            authorization: optional("authorization"),
            client: optional("client"),
        }
    }
}
