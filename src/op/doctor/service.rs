//! What answers: whether it is a registry, how it wants to be asked, and whether it takes the user's credentials.

use std::time::{Duration, Instant, SystemTime};

use super::connection::Reached;
use super::step_of;
use super::steps::Steps;
use crate::auth::credential::{CredentialError, Found};
use crate::auth::{self, Challenge, Scheme};
use crate::http::{self, HostPort, Purpose, StatusCode, TlsProblem, Url, header};
use crate::op::Context;
use crate::registry::{Answer, Error, Repository};

/// A clock that differs by more is warned of: tokens live for minutes.
const SKEW_WARNING: Duration = Duration::from_secs(60);
/// How much of a server's words is shown, in characters.
const MAX_WORD_CHARS: usize = 100;

pub(super) async fn examine(
    context: &Context,
    steps: &mut Steps<'_>,
    repository: &Repository,
    reached: &Reached,
    image: bool,
) -> Option<()> {
    let started = Instant::now();
    let answer = match repository.host().greet().await {
        Ok(answer) if is_web_page(&answer) => {
            let (host, status) = (reached.host.clone(), answer.status);
            steps.fail("api", started, &Error::NotARegistry { host, status }.into());
            return None;
        }
        Ok(answer) => answer,
        Err(error) => {
            unanswered(steps, started, reached, error);
            return None;
        }
    };
    api(steps, started, &answer);
    clock(steps, started, &answer);
    challenge(context, steps, repository, &answer, image).await
}

fn unanswered(steps: &mut Steps<'_>, started: Instant, reached: &Reached, error: Error) {
    // nginx lets everybody in, and says so only in its answer.
    if reached.lacks_identity && error.status() == Some(StatusCode::BAD_REQUEST) {
        let (host, problem) = (reached.host.clone(), TlsProblem::ClientCertificate);
        steps.fail_because("tls", started, &http::Error::Tls { host, problem }.into(), &error.into());
        return;
    }
    let step = match &error {
        Error::Http { source, .. } => step_of(source, "api"),
        _ => "api",
    };
    steps.fail(step, started, &error.into());
}

/// A login page of a network, say, which answers everything with 200.
fn is_web_page(answer: &Answer) -> bool {
    let html = text(answer, header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("text/html"));
    answer.status == StatusCode::OK && html && version(answer).is_none()
}

fn version(answer: &Answer) -> Option<String> {
    text(answer, "docker-distribution-api-version")
}

fn text(answer: &Answer, name: &str) -> Option<String> {
    let value = answer.headers.get(name)?.to_str().ok()?;
    Some(value.chars().take(MAX_WORD_CHARS).collect())
}

fn api(steps: &mut Steps<'_>, started: Instant, answer: &Answer) {
    let scheme = if answer.url.scheme() == "https" { "HTTPS" } else { "plain HTTP" };
    let version = version(answer).map(|version| format!(", {version}")).unwrap_or_default();
    steps.ok("api", started, format!("/v2/ answers {} over {scheme}{version}", answer.status));
}

fn clock(steps: &mut Steps<'_>, started: Instant, answer: &Answer) {
    let Some(date) = answer.date else {
        steps.skip("clock", "the registry does not say what time it is");
        return;
    };
    let now = SystemTime::now();
    let ahead = date.duration_since(now);
    let skew = ahead.as_ref().map_or_else(std::time::SystemTimeError::duration, |skew| *skew);
    if skew <= SKEW_WARNING {
        steps.ok("clock", started, "within a minute of this machine's");
        return;
    }
    let seconds = skew.as_secs();
    let which = if ahead.is_ok() { "ahead of" } else { "behind" };
    let cause = format!("the registry's clock is {seconds} s {which} this machine's: tokens and certificates may fail");
    let hint = "compare with `date -u`, and set this machine's clock: `timedatectl set-ntp true`".to_owned();
    steps.warn("clock", started, format!("{seconds} s apart"), cause, Some(hint));
}

async fn challenge(
    context: &Context,
    steps: &mut Steps<'_>,
    repository: &Repository,
    answer: &Answer,
    image: bool,
) -> Option<()> {
    let started = Instant::now();
    let all = Challenge::all(&answer.headers);
    let wanted = all.iter().find(|c| c.scheme == Scheme::Bearer && c.realm().is_some_and(|realm| !realm.is_empty()));
    let wanted = wanted.or_else(|| all.iter().find(|c| c.scheme == Scheme::Basic));
    let Some(wanted) = wanted else {
        if answer.status == StatusCode::UNAUTHORIZED {
            let cause = "it answers 401, and names no way to prove who asks that rcr knows (Basic, Bearer)";
            steps.warn("challenge", started, "none", cause, None);
        } else {
            steps.ok("challenge", started, "none: it lets everybody in");
        }
        steps.ok("credentials", started, "not asked for");
        steps.skip("scopes", "no token is in use");
        return Some(());
    };
    // A realm is told secrets only where there are any.
    let found = look_up(context, repository, image).await;
    let secret = matches!(found, Ok(Some(_)));
    if wanted.scheme == Scheme::Bearer {
        let realm = wanted.realm().unwrap_or_default();
        let purpose = if secret { Purpose::CredentialRealm } else { Purpose::AnonymousRealm };
        match context.http.authorise_hop(&answer.url, realm, purpose) {
            Ok(url) => steps.ok("challenge", started, bearer(&url, wanted)),
            Err(error) => {
                steps.fail("challenge", started, &error.into());
                return None;
            }
        }
    } else {
        steps.ok("challenge", started, "Basic: user name and password");
    }
    credentials(context, steps, repository, found, image).await
}

fn bearer(realm: &Url, challenge: &Challenge) -> String {
    let service = challenge.service().map(|service| service.chars().take(MAX_WORD_CHARS).collect::<String>());
    let service = service.map(|service| format!(", service {service}")).unwrap_or_default();
    format!("Bearer: tokens from {}{service}", HostPort::of(realm))
}

async fn look_up(context: &Context, repository: &Repository, image: bool) -> Result<Option<Found>, anyhow::Error> {
    let (store, endpoint) = (context.credentials.clone(), repository.host().endpoint());
    let registry = endpoint.registry.clone();
    let scope = image.then(|| endpoint.scope_name_of(repository.name()));
    let found = tokio::task::spawn_blocking(move || store.find(&registry, scope.as_deref())).await?;
    found.map_err(|error: CredentialError| error.into())
}

async fn credentials(
    context: &Context,
    steps: &mut Steps<'_>,
    repository: &Repository,
    found: Result<Option<Found>, anyhow::Error>,
    image: bool,
) -> Option<()> {
    use auth::Error as A;
    let started = Instant::now();
    let found = match found {
        Ok(found) => found,
        Err(error) => {
            steps.fail("credentials", started, &error);
            return None;
        }
    };
    let origin = found.map(|found| found.origin);
    let entered = if image { repository.enter().await } else { repository.host().enter().await };
    let registry = &repository.host().endpoint().registry;
    match (entered, origin) {
        (Ok(_), Some(origin)) => match context.authenticator(registry).last_used() {
            Some(used) => steps.ok("credentials", started, format!("from {used}, accepted")),
            None => steps.ok("credentials", started, format!("from {origin}, not asked for")),
        },
        (Ok(_), None) => steps.ok("credentials", started, "none: asked as anybody"),
        (Err(error), origin) => {
            // What is public may be read all the same.
            if origin.is_none() && !image && is_denied(&error) {
                steps.warn_of("credentials", started, "none", &error.into());
                return Some(());
            }
            // The server that the challenge names may be at fault, and not who asks it.
            let step = match &error {
                Error::Auth {
                    source: A::Transport { .. } | A::Status { .. } | A::NotJson { .. } | A::NoToken { .. },
                    ..
                } => "challenge",
                _ => "credentials",
            };
            let detail = origin.map_or_else(|| "none".to_owned(), |origin| format!("from {origin}"));
            let detail = if step == "credentials" { detail } else { String::new() };
            steps.fail_with(step, started, detail, &error.into());
            return None;
        }
    }
    if image {
        scopes(context, steps, repository);
    }
    Some(())
}

fn is_denied(error: &Error) -> bool {
    matches!(error, Error::Denied(_) | Error::Auth { source: auth::Error::NotLoggedIn { .. }, .. })
}

fn scopes(context: &Context, steps: &mut Steps<'_>, repository: &Repository) {
    let started = Instant::now();
    let endpoint = repository.host().endpoint();
    let scope = endpoint.scope_name_of(repository.name());
    let Some(granted) = context.authenticator(&endpoint.registry).granted(Some(&scope)) else {
        steps.skip("scopes", "no token is in use");
        return;
    };
    let asked = granted.asked.join(" ");
    match granted.stated {
        None => steps.ok("scopes", started, format!("asked for {asked}; the token does not say what it permits")),
        Some(list) if list.iter().any(|scope| granted.asked.contains(scope) || permits(scope, &asked)) => {
            steps.ok("scopes", started, list.join(" "));
        }
        Some(list) => {
            let detail = if list.is_empty() { "nothing".to_owned() } else { list.join(" ") };
            let cause = format!("the token does not permit {asked}: the repository is private, or does not exist");
            steps.warn("scopes", started, detail, cause, Some(format!("`rcr login {}`", endpoint.registry)));
        }
    }
}

/// Whether a stated scope has `pull` among more actions than were asked for.
fn permits(stated: &str, asked: &str) -> bool {
    let parts = |scope: &str| scope.rsplit_once(':').map(|(name, actions)| (name.to_owned(), actions.to_owned()));
    let (Some((have, actions)), Some((want, _))) = (parts(stated), parts(asked)) else { return false };
    have == want && actions.split(',').any(|action| action == "pull" || action == "*")
}
