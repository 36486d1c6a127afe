//! From a chain of errors to what it amounts to. Hints hang on the errors' types, never on their texts.

use std::error::Error as StdError;
use std::time::Duration;

use jiff::{SignedDuration, Zoned};

use super::search::Exhausted;
use super::{Error, Exit, Failure};
use crate::auth;
use crate::auth::credential::{CredentialError, ErrorClass, HelperError};
use crate::content::IntegrityError;
use crate::endpoint::{self, TrustSettings};
use crate::http::{self, GaveUp, ProxyProblem, ProxyReason, StatusCode, TlsProblem};
use crate::model::{DocumentError, PlatformError, ReferenceError, Registry};
use crate::registry::{self, Refusal};
use crate::store::{self, Nature};

impl Failure {
    /// Judges `error`, which ended the attempt described by `message`. The innermost error of a known type decides.
    #[must_use]
    pub fn of(message: impl Into<String>, error: &anyhow::Error) -> Self {
        Self::under(&TrustSettings::default(), message, error)
    }

    /// The same under the settings that held, so that hints name the files that are read.
    #[must_use]
    pub fn under(trust: &TrustSettings, message: impl Into<String>, error: &anyhow::Error) -> Self {
        let message = message.into();
        if let Some(search) = error.chain().find_map(|cause| cause.downcast_ref::<Exhausted>()) {
            return search.failure(trust, message);
        }
        let mut failure = Self::new(Exit::Other, "other", message);
        for cause in error.chain() {
            failure.judge(cause, trust);
            let text = cause.to_string();
            // Carriers read as what they carry.
            if failure.causes.last() != Some(&text) {
                failure.causes.push(text);
            }
        }
        failure
    }

    fn judge(&mut self, cause: &(dyn StdError + 'static), trust: &TrustSettings) {
        if let Some(error) = cause.downcast_ref::<http::Error>() {
            self.judge_http(error, trust);
        } else if let Some(error) = cause.downcast_ref::<registry::Error>() {
            self.judge_registry(error);
        } else if let Some(error) = cause.downcast_ref::<auth::Error>() {
            self.judge_auth(error, trust);
        } else if let Some(error) = cause.downcast_ref::<CredentialError>() {
            self.judge_credential(error);
        } else if let Some(error) = cause.downcast_ref::<store::Error>() {
            self.judge_store(error);
        } else if let Some(error) = cause.downcast_ref::<Error>() {
            self.judge_verb(error);
        } else if let Some(error) = cause.downcast_ref::<endpoint::Error>() {
            self.judge_endpoint(error);
        } else if cause.is::<IntegrityError>() {
            self.decide(Exit::Integrity, "content_mismatch", None);
        } else if let Some(error) = cause.downcast_ref::<DocumentError>() {
            let old = matches!(error, DocumentError::Schema1);
            let hint = old.then(|| "push the image again with a tool of this decade, which converts it".to_owned());
            let hint = hint.or_else(|| self.hint.take());
            self.decide(Exit::Integrity, if old { "schema_1" } else { "bad_manifest" }, hint);
        } else if let Some(error) = cause.downcast_ref::<ReferenceError>() {
            let hint = error.suggestion().map(|form| format!("did you mean `{form}`?"));
            self.decide(Exit::Usage, "bad_reference", hint);
        } else if cause.is::<PlatformError>() {
            self.decide(Exit::Usage, "bad_platform", None);
        }
    }

    fn decide(&mut self, exit: Exit, kind: &'static str, hint: Option<String>) {
        (self.exit, self.kind) = (exit, kind);
        self.advice.clone_from(&hint);
        self.hint = hint;
    }

    /// The same where `doctor` may find out more: `further` says so.
    fn decide_and_refer(&mut self, exit: Exit, kind: &'static str, advice: &str, further: &str) {
        let hint = if advice.is_empty() { further.to_owned() } else { format!("{advice}; {further}") };
        self.decide(exit, kind, Some(hint));
        self.advice = Some(advice.to_owned()).filter(|advice| !advice.is_empty());
    }

    fn judge_http(&mut self, error: &http::Error, trust: &TrustSettings) {
        use http::Error as E;
        match error {
            E::Resolve { host, port, not_found, .. } => {
                self.registry = Some(host.clone());
                let hint = if *not_found {
                    let port = port.map_or_else(|| "PORT".to_owned(), |port| port.to_string());
                    format!(
                        "check the spelling, and what `getent hosts {host}` says; where the name is right and this \
                         machine's DNS does not know it, run the same command with `--resolve {host}:{port}:ADDRESS`"
                    )
                } else {
                    format!(
                        "check the network, and run the same command again once `getent hosts {host}` prints an \
                         address"
                    )
                };
                self.decide(Exit::Network, "name_not_resolved", Some(hint));
            }
            E::Connect { host, reason } => {
                self.registry = Some(host.clone());
                let refused = reason.kind() == std::io::ErrorKind::ConnectionRefused;
                let kind = if refused { "connection_refused" } else { "connect_failed" };
                if http::HostPort::parse(host).is_some_and(|h| http::is_loopback_name(&h.host)) {
                    let hint = format!("start the registry at {host} on this machine, and run the same command again");
                    self.decide(Exit::Network, kind, Some(hint));
                } else {
                    let advice = "check the address and port, and that the registry runs";
                    let further = format!("`rcr doctor {host}` shows how far the way there is open");
                    self.decide_and_refer(Exit::Network, kind, advice, &further);
                }
            }
            E::Proxy { host, proxy, why, problem } => {
                self.registry = Some(host.clone());
                let (exit, kind) = match problem {
                    ProxyProblem::Unreachable(_) => (Exit::Network, "proxy_unreachable"),
                    ProxyProblem::Refused(_) => (Exit::Network, "proxy_refused"),
                    ProxyProblem::Tls(_) => (Exit::Policy, "proxy_tls"),
                    ProxyProblem::Authentication { .. } => (Exit::Denied, "proxy_authentication"),
                    ProxyProblem::SeesIdentity => (Exit::Policy, "proxy_sees_identity"),
                };
                self.decide(exit, kind, Some(proxy_advice(host, proxy, why, problem)));
            }
            E::Address { .. } => self.decide(Exit::Usage, "bad_reference", None),
            E::Tls { host, problem } => {
                self.registry = Some(host.clone());
                let (kind, advice) = tls_advice(host, problem, trust);
                if matches!(problem, TlsProblem::Other(_)) {
                    let further = format!("`rcr doctor {host}` shows what the server offers");
                    self.decide_and_refer(Exit::Policy, kind, &advice, &further);
                } else {
                    self.decide(Exit::Policy, kind, Some(advice));
                }
            }
            E::PlainHttp { host } => {
                self.registry = Some(host.clone());
                let hint = format!(
                    "if this registry is meant to be HTTP, run with `--insecure-registry {host}`, or add it to \
                     `insecure-registries` in /etc/docker/daemon.json"
                );
                self.decide(Exit::Policy, "plain_http", Some(hint));
            }
            E::Timeout { host, .. } => {
                self.registry = Some(host.clone());
                self.decide_and_refer(Exit::Network, "timeout", TRY_AGAIN, &way_further(host));
            }
            E::Broken { host, .. } => {
                self.registry = Some(host.clone());
                self.decide_and_refer(Exit::Network, "connection_broken", TRY_AGAIN, &way_further(host));
            }
            E::Hop { from, to, secret, .. } => {
                self.registry = Some(from.clone());
                let hint = secret.then(|| {
                    let realm = to.split('?').next().unwrap_or(to);
                    format!("if you trust that server with your credentials, run with `--trust-realm {realm}`")
                });
                self.decide(Exit::Policy, if *secret { "untrusted_realm" } else { "refused_target" }, hint);
            }
            E::TooManyRedirects { .. } => self.decide(Exit::Network, "too_many_redirects", None),
            E::TooLarge { .. } => self.decide(Exit::Integrity, "answer_too_large", None),
            E::CertificateFile { .. } | E::Trust(_) => self.decide(Exit::Usage, "bad_certificate_file", None),
            E::Exhausted { attempts, source } => {
                self.attempts = Some(*attempts);
                self.judge_http(source, trust);
            }
            E::Authorize(_) => {}
            E::Setup(_) => self.decide(Exit::Other, "http_setup", None),
        }
    }

    fn judge_endpoint(&mut self, error: &endpoint::Error) {
        use endpoint::Error as E;
        match error {
            E::File { .. } | E::Unreadable { .. } => self.decide(Exit::Usage, "bad_configuration", None),
            E::Name { .. } | E::Address { .. } => self.decide(Exit::Usage, "bad_reference", None),
            E::Blocked { name, from } => {
                let hint = format!("take `blocked = true` for `{name}` out of {from}, if it is yours to decide");
                self.decide(Exit::Policy, "blocked", Some(hint));
            }
        }
    }

    fn judge_registry(&mut self, error: &registry::Error) {
        use registry::Error as E;
        if let Some(refusal) = error.answer() {
            self.registry = Some(refusal.host.clone());
            self.url = Some(refusal.url.clone());
            self.http_status = Some(refusal.status.as_u16());
            self.registry_code = refusal.code().map(str::to_owned);
            self.attempts = Some(refusal.attempts);
        }
        match error {
            E::NotFound(refusal) => {
                let advice = not_found_advice(refusal);
                // Registries say what they do not know. What says nothing may be none.
                if refusal.code().is_none() {
                    let further = format!("`rcr doctor {}` shows whether a registry answers there", refusal.host);
                    self.decide_and_refer(Exit::NotFound, "not_found", &advice, &further);
                } else {
                    self.decide(Exit::NotFound, "not_found", Some(advice));
                }
            }
            E::Denied(refusal) => self.decide(Exit::Denied, "denied", Some(denied_advice(refusal))),
            E::RateLimited(refusal) => self.decide(Exit::RateLimited, "rate_limited", Some(rate_advice(refusal))),
            // Registries have a code for what they reject. What has none may stand in front of one.
            E::Rejected(refusal) if refusal.code().is_none() => {
                let further = format!("`rcr doctor {}` shows what answers there, and what it wants", refusal.host);
                self.decide_and_refer(Exit::Rejected, "rejected", "", &further);
            }
            E::Rejected(_) | E::ChunkTooLarge { .. } => self.decide(Exit::Rejected, "rejected", None),
            E::Server(refusal) => {
                let later = || "run the command again later".to_owned();
                let when = refusal.retry_after.map_or_else(later, |wait| again(wait, refusal.gave_up));
                let hint = format!("the registry, or a server in front of it, is out of order: {when}");
                self.decide(Exit::Network, "server_error", Some(hint));
            }
            E::NotARegistry { host, .. } => {
                self.registry = Some(host.clone());
                let advice = "check the address and port: something else than a registry answers there";
                let further = format!("`rcr doctor {host}` shows what");
                self.decide_and_refer(Exit::NotFound, "not_a_registry", advice, &further);
            }
            E::Integrity(_) => self.decide(Exit::Integrity, "content_mismatch", None),
            E::TooLarge { .. } => self.decide(Exit::Integrity, "answer_too_large", None),
            E::Document { source, .. } => {
                let hint = matches!(source, DocumentError::Malformed(_)).then(|| {
                    "something may have answered in the registry's place, a proxy or a network that wants a login: \
                     `rcr doctor` of the same name shows what"
                        .to_owned()
                });
                self.decide(Exit::Integrity, "bad_manifest", hint);
            }
            E::Name(_) => self.decide(Exit::Usage, "bad_reference", None),
            E::NoPlace { .. } => self.decide(Exit::Usage, "bad_configuration", None),
            E::SessionsLost { .. } | E::Stalled { .. } => self.decide(Exit::Network, "upload_lost", None),
            E::Protocol { .. } => self.decide(Exit::Integrity, "protocol", None),
            E::Http { .. } | E::Auth { .. } | E::Source(_) => {}
        }
    }

    fn judge_auth(&mut self, error: &auth::Error, trust: &TrustSettings) {
        use auth::Error as E;
        match error {
            E::Refused { registry, status, .. } => {
                self.registry = Some(registry.clone());
                self.http_status = Some(status.as_u16());
                let hint = format!(
                    "log in anew with `{}`; some registries want an access token in place of the password",
                    login(registry)
                );
                self.decide(Exit::Denied, "credentials_refused", Some(hint));
            }
            E::NotLoggedIn { registry, status, .. } => {
                self.registry = Some(registry.clone());
                self.http_status = Some(status.as_u16());
                self.decide(Exit::Denied, "not_logged_in", Some(format!("log in with `{}`", login(registry))));
            }
            E::Status { status, retry_after, .. } => {
                self.http_status = Some(status.as_u16());
                match status.as_u16() {
                    429 => {
                        let gave_up = GaveUp { retries: None, wait: *retry_after };
                        let when =
                            retry_after.map_or_else(|| "try again later".to_owned(), |wait| again(wait, gave_up));
                        self.decide(Exit::RateLimited, "rate_limited", Some(when));
                    }
                    500.. => self.decide(Exit::Network, "token_server_error", None),
                    _ => self.decide(Exit::Denied, "token_refused", None),
                }
            }
            E::NotJson { .. } => {
                let hint = "something between here and the token server answers in its place: a proxy, or a network that wants a login page";
                self.decide(Exit::Network, "not_a_token_server", Some(hint.to_owned()));
            }
            E::Transport { .. } | E::Lookup { .. } => {}
            _ => self.decide(Exit::Denied, "no_token", None),
        }
        // Behind an `Arc` these are out of reach for a walk along the sources.
        if let Some(transport) = error.transport() {
            self.judge_http(transport, trust);
            if matches!(transport.innermost(), http::Error::TooLarge { .. }) {
                self.decide(Exit::Denied, "no_token", None);
            }
        }
        if let Some(lookup) = error.lookup() {
            self.judge_credential(lookup);
        }
    }

    fn judge_credential(&mut self, error: &CredentialError) {
        match error.class() {
            ErrorClass::Config => self.decide(Exit::Usage, "bad_credential_file", None),
            ErrorClass::Denied => {
                let hint = match error {
                    CredentialError::Helper { program, source: HelperError::Missing, .. } => Some(format!(
                        "install `{program}`, or take it out of the credential file that names it and log in again with \
                         `rcr login`"
                    )),
                    _ => None,
                };
                self.decide(Exit::Denied, "credential_helper", hint);
            }
            ErrorClass::Local => self.decide(Exit::Local, "credential_file", None),
        }
    }

    fn judge_store(&mut self, error: &store::Error) {
        let (exit, kind) = match error.nature() {
            Nature::Integrity => (Exit::Integrity, "store_damaged"),
            Nature::Local => (Exit::Local, "local_io"),
            Nature::Busy => (Exit::Busy, "store_busy"),
        };
        let (kind, hint) = match error {
            store::Error::NoSpace { .. } => (
                "no_space",
                Some(
                    "free some space, for example with `rcr store gc`, and run the command again: it goes on where it stopped",
                ),
            ),
            store::Error::Busy { .. } => {
                ("store_busy", Some("wait for the other command to end, then run this one again"))
            }
            store::Error::Missing { .. } | store::Error::Content { .. } => {
                (kind, Some("`rcr store verify` lists what is damaged, and `rcr pull` of the image heals it"))
            }
            store::Error::NotALayout { .. } => (kind, Some("name an empty or new directory with `--store DIR`")),
            store::Error::NoLocks { .. } => ("no_locks", None),
            _ => (kind, None),
        };
        self.decide(exit, kind, hint.map(str::to_owned));
    }

    fn judge_verb(&mut self, error: &Error) {
        match error {
            Error::NoSuchImage { .. } | Error::NoneStored { .. } => {
                let hint = "`rcr images` lists what is stored, by its full names".to_owned();
                self.decide(Exit::NotFound, "no_such_image", Some(hint));
            }
            Error::NoSuchPlatform { available, .. } => {
                let hint = available
                    .first()
                    .map(|platform| format!("choose one with `--platform`, for example `--platform {platform}`"));
                self.decide(Exit::NotFound, "no_such_platform", hint);
            }
            Error::SparseIndex { stored, reference } => {
                let platform = stored.first().map(ToString::to_string).unwrap_or_default();
                let hint = format!(
                    "push one of them with `--platform {platform}`, or complete the index first: \
                     `rcr pull --all-platforms {reference}`"
                );
                self.decide(Exit::Usage, "sparse_index", Some(hint));
            }
            Error::SeveralPlatforms { available } => {
                let hint = available.first().map(|platform| format!("add `--platform {platform}`"));
                self.decide(Exit::Usage, "several_platforms", hint);
            }
            Error::Ambiguous { candidates, .. } => {
                let forms: Vec<String> = candidates.iter().map(|name| format!("`{name}`")).collect();
                let hint = format!("write the full name: {}", forms.join(" or "));
                self.decide(Exit::Usage, "ambiguous_name", Some(hint));
            }
            Error::Nowhere { example, .. } => {
                let hint = format!("write the full name, for example `{example}`, or add `--add-registry HOST`");
                self.decide(Exit::Usage, "no_registry", Some(hint));
            }
            Error::NoTerminal { instead, .. } => self.decide(Exit::Usage, "no_terminal", Some(format!("`{instead}`"))),
            Error::Usage(_) => self.decide(Exit::Usage, "usage", None),
            Error::TooDeep { .. } | Error::TooManyDocuments { .. } => {
                self.decide(Exit::Integrity, "bad_manifest", None);
            }
        }
    }
}

fn proxy_advice(host: &str, proxy: &str, why: &ProxyReason, problem: &ProxyProblem) -> String {
    // `origin` is where the proxy is set, `past` how to do without it.
    let (origin, past) = match why {
        ProxyReason::Setting(line) => (line, format!("write `\"{host}\" = \"direct\"` there")),
        ProxyReason::Variable(name) => {
            let listed = host.rsplit_once(':').map_or(host, |(name, _)| name);
            (name, format!("list `{listed}` in NO_PROXY"))
        }
        other => (&other.to_string(), "set none".to_owned()),
    };
    match problem {
        ProxyProblem::Unreachable(_) => format!("the proxy {proxy} comes from {origin}: check it, or {past}"),
        ProxyProblem::Refused(_) => format!(
            "the proxy {proxy} comes from {origin}: check that it lets you reach {host}, and that {host} runs; if no \
             proxy is needed for it, {past}"
        ),
        ProxyProblem::Tls(_) => format!(
            "the proxy {proxy} comes from {origin}; its certificate is checked against this machine's authorities and \
             `--cacert FILE`, whatever is said of {host}"
        ),
        ProxyProblem::Authentication { sent: false } => format!(
            "the proxy {proxy} comes from {origin}: put user and password into its URL there, as in \
             `http://USER:PASSWORD@{proxy}`"
        ),
        ProxyProblem::Authentication { sent: true } => {
            format!("correct the user and password in the proxy's URL, which comes from {origin}")
        }
        ProxyProblem::SeesIdentity => format!(
            "the proxy {proxy} comes from {origin}: reach it with a URL that starts with `http://` or `socks5h://`, or \
             {past}"
        ),
    }
}

fn tls_advice(host: &str, problem: &TlsProblem, trust: &TrustSettings) -> (&'static str, String) {
    match problem {
        TlsProblem::UnknownAuthority { .. } => {
            ("tls_unknown_authority", authority_advice("its authority's certificate", host, trust))
        }
        TlsProblem::SelfSigned => ("tls_unknown_authority", authority_advice("its certificate", host, trust)),
        TlsProblem::Expired { .. } => (
            "tls_expired",
            format!(
                "the registry's operator has to renew the certificate; check this machine's clock with `date`. To go \
                 on without verification: `--tls-skip-verify {host}`"
            ),
        ),
        TlsProblem::NotYetValid { .. } => (
            "tls_not_yet_valid",
            format!(
                "check this machine's clock with `date`; if it is right, the registry's operator has to see to the \
                 certificate. To go on without verification: `--tls-skip-verify {host}`"
            ),
        ),
        TlsProblem::WrongHost { presented } if !presented.is_empty() => {
            ("tls_wrong_host", name_advice(host, presented))
        }
        TlsProblem::NoHostName => {
            let asked = http::HostPort::parse(host);
            let name = asked.map_or_else(
                || "subjectAltName".to_owned(),
                |asked| format!("subjectAltName={}:{}", if asked.ip().is_some() { "IP" } else { "DNS" }, asked.host),
            );
            let advice = format!(
                "the registry's operator has to issue a certificate with `{name}`. To go on without verification: \
                 `--tls-skip-verify {host}`"
            );
            ("tls_wrong_host", advice)
        }
        // No name in the certificate could be a host's.
        TlsProblem::WrongHost { .. } => {
            ("tls_wrong_host", "use the name that the certificate is for; the registry's operator knows it".to_owned())
        }
        TlsProblem::ClientCertificate => ("tls_client_certificate", identity_advice(host, trust)),
        TlsProblem::Other(_) => ("tls", String::new()),
    }
}

fn authority_advice(what: &str, host: &str, trust: &TrustSettings) -> String {
    let dir = http::HostPort::parse(host).and_then(|host| trust.directory_for(&host));
    dir.map_or_else(
        || format!("if you trust this registry, run the same command with `--cacert FILE`, {what}"),
        |dir| {
            let file = dir.join("ca.crt");
            format!(
                "if you trust this registry, put {what} at `{}`, or run the same command with \
                 `--cacert FILE`",
                file.display()
            )
        },
    )
}

fn identity_advice(host: &str, trust: &TrustSettings) -> String {
    let dir = http::HostPort::parse(host).and_then(|host| trust.directory_for(&host));
    let place = dir.map(|dir| format!("put client.cert and client.key into `{}`, or ", dir.display()));
    format!(
        "{}run the same command with `--cert-dir DIR`, a directory with client.cert and client.key",
        place.unwrap_or_default()
    )
}

/// Whoever answers at `host` has proved to have these names. Whether that is the registry, the user knows.
fn name_advice(host: &str, presented: &[String]) -> String {
    let asked = http::HostPort::parse(host);
    let forms: Vec<String> = presented
        .iter()
        .map(|name| match (&asked, name.strip_prefix("*.")) {
            (_, Some(domain)) => format!("a name under {domain}"),
            (Some(asked), None) => format!("`{}`", http::HostPort { host: name.clone(), ..asked.clone() }),
            (None, None) => format!("`{name}`"),
        })
        .collect();
    let forms = forms.join(" or ");
    format!("if that is the registry you mean, run the same command with {forms} in place of `{host}`")
}

/// For a way that failed for a reason that is to be found out.
const TRY_AGAIN: &str = "run the same command again";

fn way_further(host: &str) -> String {
    format!("if that fails too, `rcr doctor {host}` shows where")
}

/// The command that logs in where `host` answered, as people name the registry.
fn login(host: &str) -> String {
    let name = Registry::parse(host).map_or_else(|_| host.to_owned(), |registry| registry.to_string());
    format!("rcr login {name}")
}

fn not_found_advice(refusal: &Refusal) -> String {
    let check = match &refusal.repository {
        Some(repository) if refusal.has_code("MANIFEST_UNKNOWN") => {
            format!("`rcr tags {repository}` lists the tags that are there")
        }
        _ => "check the spelling".to_owned(),
    };
    match &refusal.credentials_sent {
        Some(origin) => {
            format!("{check}; a private repository that the account from {origin} may not see looks the same")
        }
        None => format!(
            "{check}; a private repository looks the same, and no credentials were sent: `{}`",
            login(&refusal.host)
        ),
    }
}

fn denied_advice(refusal: &Refusal) -> String {
    let login = login(&refusal.host);
    match &refusal.credentials_sent {
        // Where a token was refused, the challenge says for what; where nothing is said, it is the password.
        Some(origin) if refusal.status == StatusCode::UNAUTHORIZED && refusal.challenge.is_none() => format!(
            "the user name or password from {origin} is wrong, or no longer valid; some registries want an access \
             token in place of the password: `{login}`"
        ),
        Some(origin) => format!(
            "the credentials from {origin} were sent: that account lacks the right, an administrator restricts \
             access, or the repository does not exist; ask for access, or use another account with `{login}`"
        ),
        None if refusal.status == StatusCode::FORBIDDEN => format!(
            "no credentials were sent: log in with `{login}`; if it is refused even then, the account lacks the right, \
             an administrator restricts access, or the repository does not exist"
        ),
        None => {
            format!("no credentials were sent, and the repository may be private, or not exist: log in with `{login}`")
        }
    }
}

fn rate_advice(refusal: &Refusal) -> String {
    let when = match refusal.retry_after {
        None => "try again later".to_owned(),
        Some(wait) => again(wait, refusal.gave_up),
    };
    match &refusal.credentials_sent {
        Some(origin) => format!("{when}; the account from {origin} was logged in"),
        None => {
            format!("{when}; you were not logged in, and accounts may be allowed more: `{}`", login(&refusal.host))
        }
    }
}

/// When to try again, for a wait that starts now, and with which flags the command would have gone on by itself.
fn again(wait: Duration, gave_up: GaveUp) -> String {
    let when = when(wait, &Zoned::now());
    let retries = gave_up.retries.map(|retries| format!("--retries {}", retries.saturating_add(1).saturating_mul(2)));
    match (gave_up.wait.map(|all| all.as_millis().div_ceil(1000)), retries) {
        // Nobody waits for days.
        (Some(86_401..), _) | (None, None) => format!("try again {when}"),
        (None, Some(retries)) => format!("try again {when}, or go on for longer with `{retries}`"),
        (Some(seconds), retries) => {
            let in_all = if gave_up.wait > Some(wait) { format!(", {seconds} s in all,") } else { String::new() };
            let retries = retries.map_or_else(String::new, |retries| format!("{retries} "));
            format!("try again {when}, or wait for it{in_all} with `{retries}--max-wait {seconds}`")
        }
    }
}

/// The end of a wait that starts `now`: `in 27 s`; where it is far away with the time of day, where people are.
fn when(wait: Duration, now: &Zoned) -> String {
    let seconds = wait.as_millis().div_ceil(1000);
    if seconds < 600 {
        return format!("in {seconds} s");
    }
    let end = i64::try_from(seconds).ok().and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    let Some(end) = end.filter(|_| seconds < 366 * 86_400) else { return "in more than a year".to_owned() };
    match seconds.div_ceil(60) {
        minutes @ ..120 if end.date() == now.date() => format!("in {minutes} min, at {}", end.strftime("%H:%M")),
        minutes if end.date() == now.date() => format!("in {} h, at {}", minutes / 60, end.strftime("%H:%M")),
        _ => format!("on {}", end.strftime("%Y-%m-%d at %H:%M")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_belong_in_the_directory_that_is_read() {
        let trust = TrustSettings { certificate_home: Some("/home/a/certs.d".into()), ..TrustSettings::default() };
        let unknown = TlsProblem::UnknownAuthority { issuer: None };
        let cases = [
            (&unknown, &trust, "at `/home/a/certs.d/r.test:5000/ca.crt`, or run the same command with `--cacert FILE`"),
            (&unknown, &TrustSettings::default(), "if you trust this registry, run the same command with `--cacert"),
            (&TlsProblem::SelfSigned, &trust, "put its certificate at `/home/a/certs.d/r.test:5000/ca.crt`, or run"),
            (
                &TlsProblem::NoHostName,
                &trust,
                "with `subjectAltName=DNS:r.test`. To go on without verification: `--tls-",
            ),
            (&TlsProblem::ClientCertificate, &trust, "client.key into `/home/a/certs.d/r.test:5000`, or run"),
            (&TlsProblem::ClientCertificate, &TrustSettings::default(), "run the same command with `--cert-dir DIR`"),
        ];
        for (problem, trust, expected) in cases {
            let (_, hint) = tls_advice("r.test:5000", problem, trust);
            assert!(hint.contains(expected), "{hint}");
        }
    }

    #[test]
    fn a_certificates_names_are_the_advice() {
        let cases: [(&str, &[&str], &str); 6] = [
            ("r.test", &["a.test"], "with `a.test` in place of `r.test`"),
            ("r.test:5000", &["a.test", "b.test"], "with `a.test:5000` or `b.test:5000` in place of `r.test:5000`"),
            ("r.test:5000", &["2001:db8::1"], "with `[2001:db8::1]:5000` in place of"),
            ("r.test:5000", &["*.a.test"], "with a name under a.test in place of `r.test:5000`"),
            ("r.test", &["a.test", "*.a.test"], "with `a.test` or a name under a.test in place of"),
            ("r.test", &[], "use the name that the certificate is for; the"),
        ];
        for (host, names, expected) in cases {
            let presented = names.iter().map(ToString::to_string).collect();
            let (kind, hint) = tls_advice(host, &TlsProblem::WrongHost { presented }, &TrustSettings::default());
            assert_eq!(kind, "tls_wrong_host");
            assert!(hint.contains(expected), "{hint}");
        }
    }

    #[test]
    fn the_end_of_a_wait_is_said_where_people_are() {
        let now: Zoned = "2026-11-21T13:30:00+01:00[+01:00]".parse().unwrap();
        let minute = 60;
        let cases = [
            (0, "in 0 s"),
            (27, "in 27 s"),
            (599, "in 599 s"),
            (35 * minute, "in 35 min, at 14:05"),
            (119 * minute, "in 119 min, at 15:29"),
            (300 * minute, "in 5 h, at 18:30"),
            (11 * 60 * minute, "on 2026-11-22 at 00:30"),
            (100 * 86_400, "on 2027-03-01 at 13:30"),
            (1_000_000_000, "in more than a year"),
            (u64::MAX, "in more than a year"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(when(Duration::from_secs(seconds), &now), expected, "{seconds}");
        }
        assert_eq!(when(Duration::from_millis(1500), &now), "in 2 s");
    }

    #[test]
    fn the_limit_that_was_reached_is_the_one_to_raise() {
        let cases = [
            (None, None, "try again in 12 s"),
            (None, Some(12), "try again in 12 s, or wait for it with `--max-wait 12`"),
            (None, Some(24), "try again in 12 s, or wait for it, 24 s in all, with `--max-wait 24`"),
            (None, Some(86_401), "try again in 12 s"),
            (Some(4), None, "try again in 12 s, or go on for longer with `--retries 10`"),
            (Some(0), Some(12), "try again in 12 s, or wait for it with `--retries 2 --max-wait 12`"),
        ];
        for (retries, seconds, expected) in cases {
            let gave_up = GaveUp { retries, wait: seconds.map(Duration::from_secs) };
            assert_eq!(again(Duration::from_secs(12), gave_up), expected, "{gave_up:?}");
        }
    }
}
