//! From a chain of errors to what it amounts to. Hints hang on the errors' types, never on their texts.

use std::error::Error as StdError;

use super::advice::{
    TRY_AGAIN, again, denied_advice, login, not_found_advice, proxy_advice, rate_advice, tls_advice, way_further,
};
use super::search::Exhausted;
use super::{Error, Exit, Failure};
use crate::auth;
use crate::auth::credential::{CredentialError, ErrorClass, HelperError};
use crate::content::IntegrityError;
use crate::endpoint::{self, TrustSettings};
use crate::http::{self, GaveUp, ProxyProblem, TlsProblem};
use crate::model::{DocumentError, PlatformError, ReferenceError};
use crate::registry;
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
            // What rotted in the store has its advice already.
            let hint = self.hint.take().filter(|_| self.kind == "store_damaged");
            self.decide(Exit::Integrity, "content_mismatch", hint);
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
            E::TooLarge { .. } | E::HeadersTooLarge { .. } => {
                self.decide(Exit::Integrity, "answer_too_large", None);
            }
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
            E::SessionsLost { .. } | E::Stalled { .. } => {
                self.decide(Exit::Network, "upload_lost", None);
            }
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
        match error {
            store::Error::NoSpace { needed_bytes, free_bytes, .. } => {
                (self.needed_bytes, self.free_bytes) = (*needed_bytes, *free_bytes);
            }
            store::Error::TooLittleSpace { needed_bytes, free_bytes, .. } => {
                (self.needed_bytes, self.free_bytes) = (Some(*needed_bytes), Some(*free_bytes));
            }
            _ => {}
        }
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
            store::Error::TooLittleSpace { .. } => (
                "no_space",
                Some("free some space, for example with `rcr store gc`, or keep images elsewhere with `--store DIR`"),
            ),
            store::Error::Busy { .. } => (
                "store_busy",
                Some(
                    "wait for the other command to end, then run this one again, or wait longer with `--lock-timeout SECONDS`",
                ),
            ),
            store::Error::Missing { .. } | store::Error::Damaged { .. } => {
                (kind, Some("`rcr store verify` lists what is damaged, and `rcr pull` of the image heals it"))
            }
            store::Error::NotALayout { .. } => (kind, Some("name an empty or new directory with `--store DIR`")),
            store::Error::NoLocks { .. } => {
                ("no_locks", Some("make sure that no other command uses the store, and add `--assume-exclusive`"))
            }
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
