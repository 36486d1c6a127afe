//! A name that may stand for several: the registries of the search order are asked in turn, and the first that has it
//! wins.
//!
//! What a name may stand for is `endpoint`'s to say. Here is decided what a failure means for the search: a registry
//! that lacks the name, refuses or is down is passed over; whatever is wrong on this machine, or with content that was
//! found, ends it.

use anyhow::Result;

use super::{Context, Error, Exit, Failure};
use crate::auth;
use crate::content::Event;
use crate::endpoint::{self, Candidates, TrustSettings};
use crate::model::Reference;
use crate::registry;

/// What is asked of the registries, for those who watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To pull: said in Docker's words.
    Pull,
    /// To read something there.
    Read,
}

/// What `text` may stand for: one name at least.
///
/// # Errors
/// A name that does not parse, and [`Error::Nowhere`].
pub fn candidates(search: &endpoint::Search, text: &str) -> Result<Candidates> {
    let found = search.candidates(text)?;
    if found.references.is_empty() {
        return Err(Error::Nowhere { name: text.to_owned(), example: Reference::parse(text)? }.into());
    }
    Ok(found)
}

/// One registry that was asked in vain.
#[derive(Debug)]
struct Attempt {
    name: String,
    error: anyhow::Error,
}

/// Nobody in the search order has the name, or would give it.
#[derive(Debug, thiserror::Error)]
#[error("no registry of the search order has it")]
pub(super) struct Exhausted {
    /// In the order of the search.
    attempts: Vec<Attempt>,
}

/// Asks for each of `candidates` until one is there, and returns that one with the answer. Of a single one the failure
/// is returned as it is.
///
/// Each registry is tried as often as if it were the only one: whoever can disturb one for a moment is not to decide
/// that the name is looked for at the next.
pub(super) async fn first<T>(
    context: &Context,
    candidates: &[Reference],
    purpose: Purpose,
    ask: impl AsyncFn(&Reference) -> Result<T>,
) -> Result<(Reference, T)> {
    if let [only] = candidates {
        return Ok((only.clone(), ask(only).await?));
    }
    let say = |text: &str| context.progress.report(Event::Note { text });
    let mut attempts = Vec::new();
    for candidate in candidates {
        let name = candidate.name();
        match purpose {
            Purpose::Pull => say(&format!("Trying to pull repository {name} ...")),
            Purpose::Read => say(&format!("Trying {name} ...")),
        }
        match ask(candidate).await {
            Ok(answer) => return Ok((candidate.clone(), answer)),
            Err(error) if ends_the_search(&error) => return Err(error),
            Err(error) => {
                say(&format!("{name}: {}", reason(&error)));
                attempts.push(Attempt { name, error });
            }
        }
    }
    Err(Exhausted { attempts }.into())
}

impl Exhausted {
    /// The failure as a whole: every attempt is a cause, and the first decides that is more than a missing name.
    pub(super) fn failure(&self, trust: &TrustSettings, message: String) -> Failure {
        let failed = || self.attempts.iter().map(|attempt| (attempt, Failure::under(trust, "", &attempt.error)));
        let decisive = failed().find(|(attempt, _)| !lacks(&attempt.error)).map(|(_, failure)| failure);
        let missing = || {
            let judged = failed().map(|(_, failure)| failure);
            let of_all =
                judged.clone().find(|failure| failure.exit == Exit::NotFound).or_else(|| judged.clone().next());
            Failure { exit: Exit::NotFound, kind: "not_found", ..of_all.unwrap_or_else(nowhere) }
        };
        let causes = failed().map(|(Attempt { name, .. }, failure)| format!("{name}: {}", failure.causes.join(": ")));
        Failure { message, causes: causes.collect(), ..decisive.unwrap_or_else(missing) }
    }
}

/// Of no registry at all.
fn nowhere() -> Failure {
    Failure::new(Exit::NotFound, "not_found", "")
}

/// Whether the registry says that it has no such thing: many answer 401 or 403 to those who are not logged in.
fn lacks(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| match (cause.downcast_ref(), cause.downcast_ref()) {
        (Some(registry::Error::NotFound(_)), _) | (_, Some(auth::Error::NotLoggedIn { .. })) => true,
        (Some(registry::Error::Denied(refusal)), _) => refusal.credentials_sent.is_none(),
        _ => false,
    })
}

/// Whether the next registry would be no remedy: the fault is on this machine, or in content that was found.
fn ends_the_search(error: &anyhow::Error) -> bool {
    let of_credentials = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<auth::Error>().is_some_and(|error| error.lookup().is_some())
    };
    match Failure::of("", error).exit {
        Exit::NotFound | Exit::Network | Exit::RateLimited | Exit::Rejected | Exit::Policy => false,
        Exit::Denied => error.chain().any(of_credentials),
        _ => true,
    }
}

/// Why a registry was passed over, in one line.
fn reason(error: &anyhow::Error) -> String {
    let answered = error.chain().find_map(|cause| cause.downcast_ref::<registry::Error>()?.answer());
    match answered {
        Some(refusal) if refusal.credentials_sent.is_none() && lacks(error) => {
            format!("it answered {}, and no credentials were sent", refusal.status)
        }
        Some(refusal) => format!("it answered {}", refusal.status),
        // Servers' words may have several lines.
        None => {
            let causes = Failure::of("", error).causes;
            causes.last().and_then(|cause| cause.lines().next()).unwrap_or_default().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::content::IntegrityError;
    use crate::endpoint::Provenance;
    use crate::http::{self, StatusCode};
    use crate::model::Digest;

    fn lacking() -> anyhow::Error {
        let error = auth::Error::NotLoggedIn {
            registry: "r.test".to_owned(),
            realm: "https://r.test/token".to_owned(),
            status: StatusCode::UNAUTHORIZED,
            words: "no".to_owned(),
        };
        registry::Error::Auth { operation: "ask".to_owned(), source: error }.into()
    }

    fn refused() -> anyhow::Error {
        let error = auth::Error::Refused {
            registry: "r.test".to_owned(),
            realm: "https://r.test/token".to_owned(),
            origin: "a file".to_owned(),
            status: StatusCode::UNAUTHORIZED,
            words: "no".to_owned(),
        };
        registry::Error::Auth { operation: "ask".to_owned(), source: error }.into()
    }

    fn down() -> anyhow::Error {
        let reason = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        let source = http::Error::Connect { host: "r.test".to_owned(), reason };
        registry::Error::Http { operation: "ask".to_owned(), source }.into()
    }

    fn blocked() -> anyhow::Error {
        endpoint::Error::Blocked { name: "r.test".to_owned(), from: Provenance::BuiltIn }.into()
    }

    fn failure(errors: impl IntoIterator<Item = anyhow::Error>) -> Failure {
        let named = |(at, error)| Attempt { name: format!("{at}.test/x"), error };
        let error = Exhausted { attempts: errors.into_iter().enumerate().map(named).collect() };
        Failure::of("cannot pull `x`", &error.into())
    }

    #[test]
    fn what_is_wrong_here_ends_the_search() {
        let digest = Digest::parse(&format!("sha256:{}", "0".repeat(64))).unwrap();
        let wrong = IntegrityError::Digest { expected: digest.clone(), actual: digest };
        let cases = [
            ("lacks it", lacking(), false),
            ("refuses", refused(), false),
            ("is down", down(), false),
            ("is blocked", blocked(), false),
            ("wrong content", registry::Error::Integrity(wrong).into(), true),
            ("usage", Error::Usage("x".to_owned()).into(), true),
            ("unknown", anyhow::anyhow!("x"), true),
        ];
        for (name, error, ends) in cases {
            assert_eq!(ends_the_search(&error), ends, "{name}");
        }
    }

    #[test]
    fn the_first_that_is_more_than_missing_decides() {
        let cases = [
            ("all lack it", vec![lacking(), lacking()], Exit::NotFound, "not_found"),
            ("one is down", vec![lacking(), down(), refused()], Exit::Network, "connection_refused"),
            ("one refuses", vec![refused(), down(), lacking()], Exit::Denied, "credentials_refused"),
            ("one is blocked", vec![lacking(), blocked()], Exit::Policy, "blocked"),
        ];
        for (name, errors, exit, kind) in cases {
            let count = errors.len();
            let failure = failure(errors);
            assert_eq!((failure.exit, failure.kind, failure.causes.len()), (exit, kind, count), "{name}");
            assert_eq!(failure.message, "cannot pull `x`");
            let named =
                failure.causes.iter().enumerate().all(|(at, cause)| cause.starts_with(&format!("{at}.test/x: ")));
            assert!(named, "{name}: {failure:?}");
        }
    }
}
