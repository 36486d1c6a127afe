//! A registry that follows a script to the letter: every exchange is expected, and every expected one must come.

use std::sync::{Arc, Mutex};
use std::thread;

use super::server::{Listen, Reply, Request, Server};

/// One expected request and its reply.
#[derive(Clone, Debug)]
pub struct Exchange {
    method: String,
    target: String,
    headers: Vec<(String, Option<String>)>,
    reply: Reply,
    times: usize,
}

impl Exchange {
    /// Expects `method` of `target`: the path, with the query if one is given.
    pub fn new(method: &str, target: impl Into<String>, reply: Reply) -> Self {
        Self { method: method.to_owned(), target: target.into(), headers: Vec::new(), reply, times: 1 }
    }

    /// Expects `GET` of `target`.
    pub fn get(target: impl Into<String>, reply: Reply) -> Self {
        Self::new("GET", target, reply)
    }

    /// Expects `HEAD` of `target`.
    pub fn head(target: impl Into<String>, reply: Reply) -> Self {
        Self::new("HEAD", target, reply)
    }

    /// Only with this header.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), Some(value.to_owned())));
        self
    }

    /// Only without this header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.push((name.to_owned(), None));
        self
    }

    /// Expects it this often.
    pub fn times(mut self, times: usize) -> Self {
        self.times = times;
        self
    }

    fn matches(&self, request: &Request) -> bool {
        let target = if self.target.contains('?') && !request.query.is_empty() {
            format!("{}?{}", request.path, request.query)
        } else {
            request.path.clone()
        };
        self.times > 0
            && self.method == request.method
            && self.target == target
            && self.headers.iter().all(|(name, value)| request.header(name) == value.as_deref())
    }
}

#[derive(Default)]
struct Progress {
    left: Vec<Exchange>,
    unexpected: Vec<String>,
}

/// A server with a script. Exchanges of one target come in their order; different targets in any order, since layers
/// are fetched side by side. Dropped, it fails the test if anything was left over or unexpected.
pub struct Scripted {
    server: Server,
    progress: Arc<Mutex<Progress>>,
}

impl Scripted {
    /// Starts it at 127.0.0.1, plain HTTP.
    pub fn start(script: Vec<Exchange>) -> Self {
        Self::start_at(Listen::default(), script)
    }

    /// Starts it where `listen` says.
    pub fn start_at(listen: Listen, script: Vec<Exchange>) -> Self {
        let progress = Arc::new(Mutex::new(Progress { left: script, unexpected: Vec::new() }));
        let shared = Arc::clone(&progress);
        let server = Server::start(listen, move |request: &Request| {
            let mut progress = shared.lock().unwrap();
            if let Some(exchange) = progress.left.iter_mut().find(|exchange| exchange.matches(request)) {
                exchange.times -= 1;
                return exchange.reply.clone();
            }
            progress.unexpected.push(format!("{} {:?}", request.line(), request.headers));
            Reply::error(404, "UNEXPECTED", "not in the script")
        });
        Self { server, progress }
    }

    /// What is wrong so far: a request that was not expected, or an exchange that did not come.
    pub fn complaint(&self) -> Option<String> {
        let progress = self.progress.lock().unwrap();
        let left: Vec<_> = progress.left.iter().filter(|exchange| exchange.times > 0).collect();
        if !progress.unexpected.is_empty() {
            return Some(format!("not in the script: {:#?}", progress.unexpected));
        }
        (!left.is_empty()).then(|| format!("the script was not used up: {left:#?}"))
    }
}

impl std::ops::Deref for Scripted {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

impl Drop for Scripted {
    fn drop(&mut self) {
        if thread::panicking() {
            return;
        }
        if let Some(complaint) = self.complaint() {
            panic!("{complaint}");
        }
    }
}
