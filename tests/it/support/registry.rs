//! An OCI registry in memory that does everything right until a test's hook makes it do something wrong.
//!
//! `before` answers in place of the registry; `after` spoils the registry's own answer. Both see the whole request.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::images::{Artifact, Document, digest_of};
use super::server::{Listen, Reply, Request, Server};

type Before = Box<dyn Fn(&Request) -> Option<Reply> + Send + Sync>;
type After = Box<dyn Fn(&Request, Reply) -> Reply + Send + Sync>;

/// A registry about to be started.
#[derive(Default)]
pub struct Builder {
    listen: Listen,
    before: Vec<Before>,
    after: Vec<After>,
    auth: Option<(Vec<String>, String)>,
    page: Option<usize>,
    mount: bool,
}

impl Builder {
    /// Serves elsewhere, or with TLS.
    pub fn listen(mut self, listen: Listen) -> Self {
        self.listen = listen;
        self
    }

    /// Answers in place of the registry where the hook returns something.
    pub fn before(mut self, hook: impl Fn(&Request) -> Option<Reply> + Send + Sync + 'static) -> Self {
        self.before.push(Box::new(hook));
        self
    }

    /// Changes what the registry answers.
    pub fn after(mut self, hook: impl Fn(&Request, Reply) -> Reply + Send + Sync + 'static) -> Self {
        self.after.push(Box::new(hook));
        self
    }

    /// Answers the first `times` requests that `when` picks with `reply`.
    pub fn fail(self, times: usize, when: impl Fn(&Request) -> bool + Send + Sync + 'static, reply: Reply) -> Self {
        let left = AtomicUsize::new(times);
        self.before(move |request| (when(request) && take(&left)).then(|| reply.clone()))
    }

    /// Spoils the answers to the first `times` requests that `when` picks.
    pub fn spoil(
        self,
        times: usize,
        when: impl Fn(&Request) -> bool + Send + Sync + 'static,
        how: impl Fn(Reply) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let left = AtomicUsize::new(times);
        self.after(move |request, reply| if when(request) && take(&left) { how(reply) } else { reply })
    }

    /// Wants one of these `Authorization` values, and answers anything else with this challenge.
    pub fn wants(mut self, authorizations: &[&str], challenge: &str) -> Self {
        self.auth = Some((authorizations.iter().map(|&value| value.to_owned()).collect(), challenge.to_owned()));
        self
    }

    /// Lists tags and repositories in pages of this many.
    pub fn pages_of(mut self, count: usize) -> Self {
        self.page = Some(count);
        self
    }

    /// Grants mounts. Otherwise they are answered with an upload session.
    pub fn mounts(mut self) -> Self {
        self.mount = true;
        self
    }

    /// Starts it.
    pub fn start(mut self) -> Registry {
        let state = Arc::new(Mutex::new(State { page: self.page, mount: self.mount, ..State::default() }));
        let shared = Arc::clone(&state);
        let listen = std::mem::take(&mut self.listen);
        let server = Server::start(listen, move |request: &Request| {
            let early = self.before.iter().find_map(|hook| hook(request));
            let reply =
                early.or_else(|| self.refusal(request)).unwrap_or_else(|| shared.lock().unwrap().answer(request));
            self.after.iter().fold(reply, |reply, hook| hook(request, reply))
        });
        Registry { server, state }
    }

    fn refusal(&self, request: &Request) -> Option<Reply> {
        let (accepted, challenge) = self.auth.as_ref()?;
        let shown = request.header("authorization");
        if shown.is_some_and(|value| accepted.iter().any(|accepted| accepted == value)) {
            return None;
        }
        let refusal = Reply::error(401, "UNAUTHORIZED", "authentication required");
        Some(refusal.header("www-authenticate", challenge))
    }
}

fn take(left: &AtomicUsize) -> bool {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
}

/// A running registry.
pub struct Registry {
    server: Server,
    state: Arc<Mutex<State>>,
}

impl Registry {
    /// A registry to configure.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Plain HTTP at 127.0.0.1, open, empty, faultless.
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Puts an image there without a request.
    pub fn add(&self, repository: &str, tag: &str, artifact: &Artifact) {
        let mut state = self.state.lock().unwrap();
        let repository = state.repositories.entry(repository.to_owned()).or_default();
        repository.insert(artifact);
        repository.tags.insert(tag.to_owned(), artifact.digest());
    }

    /// Puts a manifest there as it is, whatever it is, under its digest and a tag.
    pub fn add_manifest(&self, repository: &str, tag: &str, document: &Document) {
        let mut state = self.state.lock().unwrap();
        let repository = state.repositories.entry(repository.to_owned()).or_default();
        repository.manifests.insert(document.digest(), document.clone());
        repository.tags.insert(tag.to_owned(), document.digest());
    }

    /// Puts a blob there.
    pub fn add_blob(&self, repository: &str, bytes: &[u8]) {
        let mut state = self.state.lock().unwrap();
        state.repositories.entry(repository.to_owned()).or_default().blobs.insert(digest_of(bytes), bytes.to_vec());
    }

    /// The digest that a tag points at.
    pub fn tag(&self, repository: &str, tag: &str) -> Option<String> {
        self.state.lock().unwrap().repositories.get(repository)?.tags.get(tag).cloned()
    }

    /// Whether every document of the image is there, byte for byte.
    pub fn holds(&self, repository: &str, artifact: &Artifact) -> bool {
        self.state.lock().unwrap().repositories.get(repository).is_some_and(|repository| repository.holds(artifact))
    }

    /// Whether the repository has this blob.
    pub fn has_blob(&self, repository: &str, digest: &str) -> bool {
        let state = self.state.lock().unwrap();
        state.repositories.get(repository).is_some_and(|repository| repository.blobs.contains_key(digest))
    }

    /// `127.0.0.1:41234/` and the rest.
    pub fn reference(&self, rest: &str) -> String {
        format!("{}/{rest}", self.server.host())
    }
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.server.fmt(f)
    }
}

impl std::ops::Deref for Registry {
    type Target = Server;

    fn deref(&self) -> &Server {
        &self.server
    }
}

#[derive(Default)]
struct Repository {
    manifests: BTreeMap<String, Document>,
    tags: BTreeMap<String, String>,
    blobs: BTreeMap<String, Vec<u8>>,
}

impl Repository {
    fn insert(&mut self, artifact: &Artifact) {
        self.manifests.insert(artifact.digest(), artifact.manifest.clone());
        self.blobs.extend(artifact.blobs.iter().map(|blob| (blob.digest(), blob.bytes.clone())));
        artifact.children.iter().for_each(|child| self.insert(child));
    }

    fn holds(&self, artifact: &Artifact) -> bool {
        self.manifests.get(&artifact.digest()) == Some(&artifact.manifest)
            && artifact.blobs.iter().all(|blob| self.blobs.get(&blob.digest()) == Some(&blob.bytes))
            && artifact.children.iter().all(|child| self.holds(child))
    }

    /// Whether a manifest's parts are here; layers that come from elsewhere need not be.
    fn has_all(&self, manifest: &Document) -> bool {
        let value = manifest.json();
        let list = |key: &str| value[key].as_array().cloned().unwrap_or_default();
        let layers = list("layers").into_iter().filter(|layer| layer.get("urls").is_none());
        let blobs = layers.chain(value.get("config").cloned());
        let is_in = |digest: &Value, keys: &dyn Fn(&str) -> bool| digest.as_str().is_some_and(keys);
        blobs.into_iter().all(|blob| is_in(&blob["digest"], &|digest| self.blobs.contains_key(digest)))
            && list("manifests")
                .iter()
                .all(|child| is_in(&child["digest"], &|digest| self.manifests.contains_key(digest)))
    }
}

#[derive(Default)]
struct State {
    repositories: BTreeMap<String, Repository>,
    uploads: BTreeMap<String, Vec<u8>>,
    opened: usize,
    page: Option<usize>,
    mount: bool,
}

impl State {
    fn answer(&mut self, request: &Request) -> Reply {
        let Some(path) = request.path.strip_prefix("/v2/") else { return Reply::status(404) };
        if path.is_empty() {
            return Reply::ok("{}").header("content-type", "application/json");
        }
        if path == "_catalog" {
            let names = self.repositories.keys().cloned().collect();
            return self.list(request, "repositories", names, json!({}));
        }
        if let Some(name) = path.strip_suffix("/tags/list") {
            let Some(repository) = self.repositories.get(name) else { return unknown("NAME_UNKNOWN") };
            let tags = repository.tags.keys().cloned().collect();
            return self.list(request, "tags", tags, json!({"name": name}));
        }
        if let Some((name, session)) = path.split_once("/blobs/uploads/") {
            return self.upload(request, name, session);
        }
        if let Some((name, digest)) = path.split_once("/blobs/") {
            let blob = self.repositories.get(name).and_then(|repository| repository.blobs.get(digest));
            return blob.map_or_else(|| unknown("BLOB_UNKNOWN"), |bytes| blob_reply(request, digest, bytes));
        }
        if let Some((name, reference)) = path.split_once("/manifests/") {
            return self.manifest(request, name, reference);
        }
        Reply::status(404)
    }

    fn manifest(&mut self, request: &Request, name: &str, reference: &str) -> Reply {
        if request.method == "PUT" {
            let media_type = request.header("content-type").unwrap_or_default();
            let document = Document::new(media_type, request.body.clone());
            let digest = document.digest();
            let repository = self.repositories.entry(name.to_owned()).or_default();
            if !repository.has_all(&document) {
                return Reply::error(404, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry");
            }
            if reference.contains(':') {
                if reference != digest {
                    return Reply::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
                }
            } else {
                repository.tags.insert(reference.to_owned(), digest.clone());
            }
            repository.manifests.insert(digest.clone(), document);
            return Reply::status(201)
                .header("location", format!("/v2/{name}/manifests/{digest}"))
                .header("docker-content-digest", digest);
        }
        let Some(repository) = self.repositories.get(name) else { return unknown("NAME_UNKNOWN") };
        let digest = repository.tags.get(reference).map_or(reference, String::as_str);
        match repository.manifests.get(digest) {
            Some(document) => Reply::ok(document.bytes.clone())
                .header("content-type", &document.media_type)
                .header("docker-content-digest", digest),
            None => unknown("MANIFEST_UNKNOWN"),
        }
    }

    fn upload(&mut self, request: &Request, name: &str, session: &str) -> Reply {
        let repository = self.repositories.entry(name.to_owned()).or_default();
        if request.method == "POST" {
            if let (true, Some(digest), Some(from)) =
                (self.mount, request.parameter("mount"), request.parameter("from"))
            {
                let held = self.repositories.get(&from).and_then(|other| other.blobs.get(&digest)).cloned();
                if let Some(bytes) = held {
                    self.repositories.get_mut(name).expect("just made").blobs.insert(digest.clone(), bytes);
                    return created(name, &digest);
                }
            }
            self.opened += 1;
            let session = format!("session-{}", self.opened);
            self.uploads.insert(session.clone(), Vec::new());
            return Reply::status(202).header("location", session_path(name, &session)).header("range", "0-0");
        }
        let Some(received) = self.uploads.get_mut(session) else { return unknown("BLOB_UPLOAD_UNKNOWN") };
        let range = |received: &[u8]| format!("0-{}", received.len().saturating_sub(1));
        match request.method.as_str() {
            "PATCH" => {
                let start = request.header("content-range").and_then(|range| range.split('-').next()?.parse().ok());
                if start.is_some_and(|start: usize| start != received.len()) {
                    let refusal = Reply::status(416).header("location", session_path(name, session));
                    return refusal.header("range", range(received));
                }
                received.extend(&request.body);
                Reply::status(202).header("location", session_path(name, session)).header("range", range(received))
            }
            "PUT" => {
                received.extend(&request.body);
                let digest = digest_of(received);
                if request.parameter("digest").as_deref() != Some(&digest) {
                    return Reply::error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
                }
                let bytes = self.uploads.remove(session).expect("just found");
                repository.blobs.insert(digest.clone(), bytes);
                created(name, &digest)
            }
            "GET" => {
                Reply::status(204).header("location", session_path(name, session)).header("range", range(received))
            }
            "DELETE" => {
                self.uploads.remove(session);
                Reply::status(204)
            }
            _ => Reply::status(405),
        }
    }

    /// One page of `all`, with a link to the next.
    fn list(&self, request: &Request, key: &str, all: Vec<String>, mut reply: Value) -> Reply {
        let last = request.parameter("last").unwrap_or_default();
        let mut rest = all.into_iter().filter(|name| *name > last).peekable();
        let asked = request.parameter("n").map(|n| n.parse().expect("a number"));
        let count = self.page.into_iter().chain(asked).min().unwrap_or(usize::MAX);
        let page: Vec<_> = rest.by_ref().take(count).collect();
        let next = rest.peek().and(page.last()).cloned();
        reply[key] = json!(page);
        let reply = Reply::ok(reply.to_string()).header("content-type", "application/json");
        match next {
            Some(last) => reply.header("link", format!("<{}?n={count}&last={last}>; rel=\"next\"", request.path)),
            None => reply,
        }
    }
}

fn blob_reply(request: &Request, digest: &str, bytes: &[u8]) -> Reply {
    let headers = |reply: Reply| {
        let reply = reply.header("content-type", "application/octet-stream").header("docker-content-digest", digest);
        reply.header("accept-ranges", "bytes")
    };
    match request.range_start() {
        Some(start) if start >= bytes.len() => {
            Reply::status(416).header("content-range", format!("bytes */{}", bytes.len()))
        }
        Some(start) => {
            let end = request.range_end().unwrap_or(usize::MAX).min(bytes.len() - 1);
            let range = format!("bytes {start}-{end}/{}", bytes.len());
            headers(Reply::status(206).body(&bytes[start..=end]).header("content-range", range))
        }
        None => headers(Reply::ok(bytes)),
    }
}

fn created(name: &str, digest: &str) -> Reply {
    Reply::status(201).header("location", format!("/v2/{name}/blobs/{digest}")).header("docker-content-digest", digest)
}

fn session_path(name: &str, session: &str) -> String {
    format!("/v2/{name}/blobs/uploads/{session}?_state=a%2Fb%3D")
}

fn unknown(code: &str) -> Reply {
    Reply::error(404, code, "not known here")
}
