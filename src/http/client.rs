//! The client: one exchange after the other, until there is an answer.

mod memory;
mod options;

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use futures_util::StreamExt;
use reqwest::redirect::Policy;
use tokio::time::Instant;

use super::resolver::Resolver;
use super::response::Pace;
use super::retry::{is_retryable, parse_retry_after};
use super::throttle::Throttle;
use super::tls::SecureProxy;
use super::{
    Authorizer, Body, Class, DisplayUrl, Error, GaveUp, HeaderMap, HostPort, HostTrust, Method, Override,
    ProxySettings, Purpose, RateLimit, Repeat, Request, Response, RetryPolicy, SchemePolicy, StatusCode, Url, header,
    hop, proxy, tls,
};

use memory::{Memory, Profile};
pub use options::{Notice, Options, Timeouts};

/// Redirects that one request follows.
const MAX_REDIRECTS: usize = 10;
/// Authorisations that one request asks for: one after a 401, and one more where the scope was too small.
const MAX_RENEWALS: usize = 2;

/// The client: one for a whole run, shared by everything that talks to a registry.
pub struct Client {
    options: Options,
    throttle: OnceLock<Arc<Throttle>>,
    memory: Mutex<Memory>,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").finish_non_exhaustive()
    }
}

impl Client {
    /// A client; nothing is opened or loaded yet.
    #[must_use]
    pub fn new(options: Options) -> Self {
        Self { options, throttle: OnceLock::new(), memory: Mutex::default() }
    }

    /// Tells of a host that the user named, as it was written: it may be anywhere, and is trusted as the user said.
    /// A URL cannot tell this, because it forgets a port that is its scheme's default.
    pub fn introduce(&self, host: HostPort) {
        self.memory().introduce(host);
    }

    /// The one gate for every URL that a server supplies: resolves `to` against `from` and says whether it may be
    /// contacted for `purpose` on behalf of the registry at `from`. Hosts that pass here and that the user did not
    /// name are connected to only at addresses that a hop may reach.
    ///
    /// # Errors
    /// [`Error::Hop`], naming the rule.
    pub fn authorise_hop(&self, from: &Url, to: &str, purpose: Purpose) -> Result<Url, Error> {
        let url = hop::authorise(from, to, purpose, &self.options.trusted_realms)?;
        self.memory().hop(&HostPort::of(from), HostPort::of(&url));
        Ok(url)
    }

    /// The addresses that the user gave for names.
    #[must_use]
    pub fn overrides(&self) -> &[Override] {
        &self.options.overrides
    }

    /// The proxies, as requests use them.
    #[must_use]
    pub fn proxies(&self) -> &ProxySettings {
        &self.options.proxy
    }

    /// How requests are repeated, for whoever repeats some of them itself.
    #[must_use]
    pub fn retry(&self) -> &RetryPolicy {
        &self.options.retry
    }

    /// Sends, authorises, retries, follows redirects. The answer may have any status; those that pass by themselves
    /// were retried.
    ///
    /// # Errors
    /// [`Error`] where no answer came.
    pub async fn send(&self, request: Request, authorizer: &dyn Authorizer) -> Result<Response, Error> {
        let policy = &self.options.retry;
        let host = HostPort::of(&request.url);
        let mut waited = Duration::ZERO;
        let mut attempt = 0;
        loop {
            attempt += 1;
            self.pause(&host).await;
            let outcome = self.exchange(&request, authorizer).await;
            let last = request.repeat != Repeat::Here || attempt > policy.retries;
            let outcome = match (outcome, request.whole) {
                // What a refusal says is read by whoever explains it, as far as it comes.
                (Ok(response), Some(limit)) if response.status().is_success() => {
                    let mut response = self.response(response, attempt, request.class);
                    match response.read_whole(limit).await {
                        Ok(()) => return Ok(response),
                        Err(error) => Err(error),
                    }
                }
                (outcome, _) => outcome,
            };
            if matches!(outcome, Err(Error::Timeout { .. })) {
                // A request that is dropped leaves its HTTP/2 connection open, and the next would go over it again,
                // dead as it may be. Over HTTP/1.1, as blobs go, the connection ends with the request.
                if request.class == Class::Document {
                    self.memory().clients.retain(|profile, _| profile.class == Class::Blob || !profile.secure);
                }
            }
            if matches!(outcome, Err(Error::Broken { .. })) {
                // A server that closes what is idle closes all that is idle: the next attempt is not to meet another.
                self.memory().clients.clear();
            }
            let host_name = request.url.authority();
            let (wait, asked, reason) = match outcome {
                Ok(response) if !is_retryable(response.status()) => {
                    return Ok(self.response(response, attempt, request.class));
                }
                Ok(response) => {
                    let asked = parse_retry_after(response.headers());
                    let wait = asked.unwrap_or_else(|| policy.backoff(attempt));
                    let patient = waited.saturating_add(wait) <= policy.max_wait;
                    if asked.is_some() && patient && policy.retries > 0 {
                        // Who repeats a request that is not repeated here waits as well.
                        let by_caller = request.repeat == Repeat::Caller;
                        if !last || by_caller {
                            self.leave_alone(&host, wait);
                        }
                        if by_caller {
                            let reason = &response.status().to_string();
                            (self.options.on_retry)(&Notice { host: host_name, attempt, wait, asked: true, reason });
                        }
                        waited += wait;
                    }
                    if last || (asked.is_some() && !patient) {
                        let mut response = self.response(response, attempt, request.class);
                        // Whoever repeats it instead does so as often as this client would.
                        let ran_out = last && (request.repeat == Repeat::Here || patient);
                        response.gave_up = match request.repeat {
                            Repeat::Nobody => GaveUp::default(),
                            Repeat::Here | Repeat::Caller => GaveUp {
                                retries: ran_out.then_some(policy.retries),
                                wait: asked.filter(|_| !patient).map(|wait| waited.saturating_add(wait)),
                            },
                        };
                        return Ok(response);
                    }
                    (wait, asked.is_some(), response.status().to_string())
                }
                Err(error) if error.is_transient() && !last => (policy.backoff(attempt), false, error.to_string()),
                Err(error) if error.is_transient() && attempt > 1 => {
                    return Err(Error::Exhausted { attempts: attempt, source: Box::new(error) });
                }
                Err(error) => return Err(error),
            };
            (self.options.on_retry)(&Notice { host: host_name, attempt, wait, asked, reason: &reason });
            tokio::time::sleep(wait).await;
        }
    }

    fn response(&self, response: reqwest::Response, attempts: u32, class: Class) -> Response {
        let Timeouts { idle, window, window_floor_bytes, .. } = self.options.timeouts;
        let response = Response::new(response, attempts, Pace::new(idle, window, window_floor_bytes));
        response.throttled(if class == Class::Blob { self.throttle() } else { None })
    }

    /// What all bytes of blobs are paid for at; from the first of them on.
    fn throttle(&self) -> Option<Arc<Throttle>> {
        let limit = self.options.limit_rate?;
        Some(Arc::clone(self.throttle.get_or_init(|| Arc::new(Throttle::new(limit)))))
    }

    /// One attempt: as many hops and authorisations as it takes.
    async fn exchange(&self, request: &Request, authorizer: &dyn Authorizer) -> Result<reqwest::Response, Error> {
        let mut url = request.url.clone();
        let mut at_home = true;
        let (mut hops, mut renewals) = (0, 0);
        loop {
            let mut headers = if at_home { request.headers.clone() } else { travelling(&request.headers) };
            let mut sent = None;
            if at_home && !headers.contains_key(header::AUTHORIZATION) {
                sent = authorizer.authorization(&url).await.map_err(Error::Authorize)?;
                if let Some(value) = &sent {
                    headers.insert(header::AUTHORIZATION, value.clone());
                }
            }
            let response = self.dial(request, url.clone(), headers).await?;
            let status = response.status();
            tracing::info!(method = %request.method, url = %DisplayUrl(response.url()), status = status.as_u16());
            if let Some(limit) = RateLimit::of(response.headers()) {
                tracing::info!(host = url.authority(), "rate limit: {limit}");
            }
            if status == StatusCode::PROXY_AUTHENTICATION_REQUIRED {
                let choice = self.options.proxy.choose(response.url());
                return Err(Error::refused_by_proxy(url.authority().to_owned(), &choice));
            }
            if status == StatusCode::UNAUTHORIZED && at_home && renewals < MAX_RENEWALS {
                renewals += 1;
                let answered = response.url().clone();
                if authorizer
                    .challenged(&answered, response.headers(), sent.as_ref())
                    .await
                    .map_err(Error::Authorize)?
                {
                    url = answered;
                    continue;
                }
                return Ok(response);
            }
            let Some(location) = followable(&request.method, &response) else { return Ok(response) };
            hops += 1;
            if hops > MAX_REDIRECTS {
                return Err(Error::TooManyRedirects { host: request.url.authority().to_owned(), limit: MAX_REDIRECTS });
            }
            let next = self.authorise_hop(response.url(), &location, Purpose::Redirect)?;
            let home = next.origin() == response.url().origin() && at_home;
            if !home && !request.cross_origin_redirects {
                return Err(Error::Hop {
                    from: request.url.authority().to_owned(),
                    to: DisplayUrl(&next).to_string(),
                    what: "redirect target",
                    rule: "requests for tokens stay on their server",
                    secret: true,
                });
            }
            (url, at_home) = (next, home);
        }
    }

    /// One request on the wire, over HTTPS or, where that is allowed, HTTP.
    async fn dial(&self, request: &Request, url: Url, headers: HeaderMap) -> Result<reqwest::Response, Error> {
        let host = HostPort::of(&url);
        // What is said of one endpoint holds for its own host, however the request came there, and for no other.
        let own = request.trust.as_deref().filter(|_| host.is_at(&HostPort::of(&request.url)));
        let trust = own.into_iter().fold(self.trust(&host).await?, HostTrust::with);
        let plain_may_follow = match (url.scheme(), trust.scheme) {
            ("https", SchemePolicy::Http) => {
                return self.transmit(request, &host, plain(&url), headers, &trust).await;
            }
            ("https", SchemePolicy::HttpsUnlessNotTls | SchemePolicy::HttpsElseHttp) => true,
            _ => false,
        };
        if !plain_may_follow {
            return self.transmit(request, &host, url, headers, &trust).await;
        }
        let known = self.memory().plain.get(&(host.clone(), trust.scheme)).copied();
        match known {
            Some(true) => self.transmit(request, &host, plain(&url), headers, &trust).await,
            Some(false) => self.transmit(request, &host, url, headers, &trust).await,
            None => {
                let outcome = self.transmit(request, &host, url.clone(), headers.clone(), &trust).await;
                let fall_back = match &outcome {
                    Err(Error::PlainHttp { .. }) => true,
                    Err(Error::Proxy { problem, .. }) => {
                        problem.is_transient() && trust.scheme == SchemePolicy::HttpsElseHttp
                    }
                    Err(Error::Connect { .. } | Error::Broken { .. } | Error::Tls { .. }) => {
                        trust.scheme == SchemePolicy::HttpsElseHttp
                    }
                    _ => false,
                };
                if fall_back {
                    let plain = self.transmit(request, &host, plain(&url), headers, &trust).await;
                    if plain.is_ok() {
                        self.memory().plain.insert((host, trust.scheme), true);
                    }
                    return plain;
                }
                if outcome.is_ok() {
                    self.memory().plain.insert((host, trust.scheme), false);
                }
                outcome
            }
        }
    }

    /// `place` is where the request was to go before plain HTTP was chosen.
    async fn transmit(
        &self,
        request: &Request,
        place: &HostPort,
        url: Url,
        headers: HeaderMap,
        trust: &HostTrust,
    ) -> Result<reqwest::Response, Error> {
        let client = self.connection(place, &url, trust, request.class)?;
        let host = self.memory().named(place).map_or_else(|| url.authority().to_owned(), ToString::to_string);
        let mut builder = client.request(request.method.clone(), url.clone()).headers(headers);
        let last_byte = Arc::new(Mutex::new(Instant::now()));
        match &request.body {
            Body::Empty if matches!(request.method, Method::POST | Method::PUT | Method::PATCH) => {
                builder = builder.header(header::CONTENT_LENGTH, 0);
            }
            Body::Empty => {}
            Body::Bytes(bytes) => builder = builder.body(bytes.clone()),
            Body::Stream { length, open } => {
                let seen = Arc::clone(&last_byte);
                let stream = match self.throttle() {
                    Some(throttle) => throttle.paced(open(), Arc::clone(&last_byte)),
                    None => open(),
                };
                let counted = stream.inspect(move |_| *lock(&seen) = Instant::now());
                builder = builder.header(header::CONTENT_LENGTH, *length).body(reqwest::Body::wrap_stream(counted));
            }
        }
        let Timeouts { header, elsewhere, upload, .. } = self.options.timeouts;
        let patience = match (&request.body, &request.method) {
            (Body::Empty, method) if method != Method::PUT => match request.repeat {
                Repeat::Nobody => elsewhere.min(header),
                Repeat::Here | Repeat::Caller => header,
            },
            // What ends an upload may have no body of its own, and makes the registry put the blob together.
            _ => upload,
        };
        let choice = self.options.proxy.choose(&url);
        match while_it_moves(builder.send(), &last_byte, patience).await {
            Some(answer) => answer.map_err(|e| Error::of_request(e, host, url.scheme(), &choice)),
            None => Err(Error::Timeout { host, what: "did not answer", after: patience }),
        }
    }

    /// The connection pool for a host's profile.
    fn connection(
        &self,
        place: &HostPort,
        url: &Url,
        trust: &HostTrust,
        class: Class,
    ) -> Result<reqwest::Client, Error> {
        let host = HostPort::of(url);
        let mut memory = self.memory();
        let secure = url.scheme() == "https";
        let choice = self.options.proxy.choose(url);
        // Behind most proxies the only name that is resolved here is the proxy's own.
        let named_here = choice.proxy.as_ref().is_none_or(proxy::resolves_here);
        let tls_to_proxy = choice.proxy.as_ref().filter(|proxy| proxy.scheme() == "https");
        if secure && trust.identity.is_some() && tls_to_proxy.is_some() {
            return Err(Error::identity_seen_by_proxy(url.authority().to_owned(), &choice));
        }
        let pinned = if named_here { Override::addresses(&self.options.overrides, &host) } else { Vec::new() };
        let profile = Profile {
            // Plain connections differ by nothing of this.
            trust: if secure { trust.clone() } else { HostTrust::default() },
            // And all of them are HTTP/1.1, so a document may take the one that a blob leaves.
            class: if secure { class } else { Class::Document },
            secure,
            pinned: (!pinned.is_empty()).then(|| (host.clone(), pinned.clone())),
            guard: memory.is_foreign(place).filter(|_| named_here),
            via: choice.proxy.clone().filter(|proxy| proxy.scheme() == "https" || proxy::resolves_here(proxy)),
        };
        if let Some(client) = memory.clients.get(&profile) {
            return Ok(client.clone());
        }
        let proxy = self.options.proxy.clone();
        let secure_proxy = tls_to_proxy.and_then(Url::host_str);
        let secure_proxy = secure_proxy.map(|host| SecureProxy { host, authorities: &proxy.authorities });
        let resolver = Resolver {
            pinned,
            guard: profile.guard,
            proxy: profile.via.as_ref().and_then(Url::host_str).map(str::to_owned),
        };
        let mut builder = reqwest::Client::builder()
            .tls_backend_preconfigured(tls::settings(trust, class, secure, secure_proxy.as_ref())?)
            .redirect(Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .tcp_nodelay(true)
            .connect_timeout(self.options.timeouts.connect)
            .user_agent(concat!("rcr/", env!("CARGO_PKG_VERSION")))
            .dns_resolver(resolver);
        if class == Class::Blob || !secure {
            builder = builder.http1_only();
        } else {
            let ping = self.options.timeouts.ping;
            builder = builder.http2_keep_alive_interval(ping).http2_keep_alive_timeout(ping);
        }
        if !proxy.is_empty() {
            builder = builder.proxy(reqwest::Proxy::custom(move |url| proxy.for_url(url)));
        }
        let client = builder.build().map_err(|e| Error::classify(e, url.authority().to_owned()))?;
        memory.clients.insert(profile, client.clone());
        Ok(client)
    }

    /// How a host is trusted, as its requests have it. Asked on another thread: files are read for it, and names may
    /// be looked up.
    ///
    /// # Errors
    /// [`Error::Trust`] where a setting cannot be used.
    pub async fn trust(&self, host: &HostPort) -> Result<HostTrust, Error> {
        if let Some(trust) = self.memory().trust.get(host) {
            return Ok(trust.clone());
        }
        let known_as = |memory: &Memory| (memory.named(host).cloned(), memory.is_foreign(host).is_some());
        let (written, foreign) = known_as(&self.memory());
        let (look_up, asked) = (self.options.trust.clone(), written.clone().unwrap_or_else(|| host.clone()));
        let looked_up = tokio::task::spawn_blocking(move || look_up(&asked, foreign)).await;
        let trust = looked_up.map_err(|e| Error::Setup(e.to_string()))?.map_err(Error::Trust)?;
        let mut memory = self.memory();
        // The user may have named the host meanwhile: then the next request asks anew.
        if known_as(&memory) == (written, foreign) {
            memory.trust.insert(host.clone(), trust.clone());
        }
        Ok(trust)
    }

    /// Notes down that the host asked for a pause; the longest of several counts.
    fn leave_alone(&self, host: &HostPort, wait: Duration) {
        let Some(until) = Instant::now().checked_add(wait) else { return };
        let mut memory = self.memory();
        let paused = memory.paused.entry(host.clone()).or_insert(until);
        *paused = until.max(*paused);
    }

    /// Waits while the host asked to be left alone: all requests to it, not only the one that was told.
    async fn pause(&self, host: &HostPort) {
        loop {
            let until = self.memory().paused.get(host).copied();
            let Some(until) = until.filter(|until| *until > Instant::now()) else { return };
            tokio::time::sleep_until(until).await;
        }
    }

    fn memory(&self) -> std::sync::MutexGuard<'_, Memory> {
        lock(&self.memory)
    }
}

/// The answer, unless nothing moves for as long as `patience`: a body may take hours to send.
async fn while_it_moves<T>(
    answer: impl Future<Output = T>,
    last_byte: &Mutex<Instant>,
    patience: Duration,
) -> Option<T> {
    tokio::pin!(answer);
    loop {
        let quiet_until = *lock(last_byte) + patience;
        tokio::select! {
            answer = &mut answer => return Some(answer),
            () = tokio::time::sleep_until(quiet_until) => {
                if *lock(last_byte) + patience <= Instant::now() {
                    return None;
                }
            }
        }
    }
}

/// Locks; a panic elsewhere leaves plain data behind that is still right.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The same URL over plain HTTP; a default port stays the default of its scheme.
#[must_use]
pub fn plain(url: &Url) -> Url {
    let mut plain = url.clone();
    // Setting a special scheme on a special URL cannot fail.
    let _ = plain.set_scheme("http");
    plain
}

/// What may go along to another origin: nothing that identifies the user.
fn travelling(headers: &HeaderMap) -> HeaderMap {
    [header::ACCEPT, header::ACCEPT_ENCODING, header::RANGE]
        .into_iter()
        .filter_map(|name| Some((name.clone(), headers.get(&name)?.clone())))
        .collect()
}

/// The target of a redirect that is followed: of GET and HEAD.
fn followable(method: &Method, response: &reqwest::Response) -> Option<String> {
    let read = matches!(*method, Method::GET | Method::HEAD);
    let redirect = matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308);
    let location = response.headers().get(header::LOCATION)?;
    (read && redirect).then(|| String::from_utf8_lossy(location.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests;
