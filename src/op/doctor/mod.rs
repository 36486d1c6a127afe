//! `doctor`: walks the way that a pull would go, one step after the other, and says of each what was found.
//!
//! Requests go through the same client, with the same trust and the same credentials as those of a pull; what a
//! client does not tell of names, connections and certificates comes from [`crate::http::probe`]. Every step that
//! fails is judged as a failed command is, so that causes, hints and exit codes are the same.

mod connection;
mod content;
mod local;
mod service;
mod steps;

use std::time::Instant;

use anyhow::Error;

use super::{Context, Exit};
use crate::endpoint::{Candidates, Endpoint, Located, Provenance, Role, Route, TrustSettings};
use crate::http::{self, DisplayUrl, HostPort, SchemePolicy};
use crate::model::{Reference, ReferenceError, Registry};
use crate::registry::Repository;

pub use local::{Machine, StoreState};
use steps::Steps;
pub use steps::{Status, Step};

/// The steps of every place, in their order.
const OF_HOST: &[&str] = &["name", "dns", "proxy", "tcp", "tls", "api", "clock", "challenge", "credentials"];
/// The steps that follow where an image is asked for.
const OF_IMAGE: &[&str] = &["scopes", "manifest", "rate-limit", "head", "range", "referrers"];

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// A registry, by `host[:port]`.
    Host(String),
    /// An image, by its name.
    Image(String),
}

impl Subject {
    /// What `text` means: without a `/`, it is a host if the part before `:` has a dot, is `localhost`, or an address;
    /// otherwise an image.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let bracketed = text.starts_with('[');
        let name = text.split(':').next().unwrap_or_default();
        if !text.contains('/') && (bracketed || name.contains('.') || name.eq_ignore_ascii_case("localhost")) {
            Self::Host(text.to_owned())
        } else {
            Self::Image(text.to_owned())
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Host(text) | Self::Image(text) => text,
        }
    }
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Diagnosis {
    /// What was looked at, as it was typed.
    pub subject: String,
    /// The places, in the order in which they are asked; this machine is the first where it was looked at.
    pub places: Vec<Place>,
    /// Done where at least one place would serve it; else the first failure of a registry, whose word is final.
    pub exit: Exit,
}

/// What was found at one place.
#[derive(Clone, Debug)]
pub struct Place {
    /// What people call it.
    pub name: String,
    /// What it is to the name that was asked for.
    pub kind: Kind,
    /// Why it is asked.
    pub from: String,
    /// The steps, in their order.
    pub steps: Vec<Step>,
}

/// What a place is to the name that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// This machine.
    Local,
    /// It stands in for the registry.
    Mirror,
    /// The registry itself.
    Registry,
}

impl Place {
    /// The first step that failed.
    #[must_use]
    pub fn failure(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.status == Status::Failed)
    }

    /// Whether nothing that a pull needs failed, or was left out.
    fn serves(&self) -> bool {
        let withheld = |step: &&Step| step.name == "manifest" && step.status == Status::Skipped;
        self.failure().is_none() && !self.steps.iter().any(|step| withheld(&step))
    }
}

/// Looks at everything between here and `subject`; without one at docker.io, and at `machine`.
/// `trust` is what the context's client goes by: here it tells who says so. Where the user has to choose what a name
/// stands for, a pull works only with `someone_to_ask`.
pub async fn doctor(
    context: &Context,
    trust: &TrustSettings,
    subject: Option<&Subject>,
    machine: Option<Machine>,
    someone_to_ask: bool,
) -> Diagnosis {
    let hub = Subject::Host(Registry::docker_hub().to_string());
    let local = machine.map(|machine| local::examine(trust, machine));
    let subject = subject.unwrap_or(&hub);
    let started = Instant::now();
    let names = match subject {
        Subject::Host(text) => host(text),
        Subject::Image(text) => context.registries.search.candidates(text),
    };
    let mut places: Vec<Place> = local.into_iter().collect();
    let mut nobody_chooses = false;
    match names {
        Err(error) => places.push(unnamed(trust, subject, started, &error.into())),
        Ok(Candidates { references, choice, .. }) => {
            let mut choice = choice.map(|from| Choice::new(subject.text(), &references, from, someone_to_ask));
            nobody_chooses = choice.as_ref().is_some_and(|choice| !choice.someone_to_ask);
            for Located { value, from } in references {
                let image = matches!(subject, Subject::Image(_)).then(|| context.or_latest(&value));
                let asked = image.as_ref().unwrap_or(&value);
                match context.registries.route(asked) {
                    Err(error) => places.push(unnamed(trust, subject, started, &error.into())),
                    Ok(route) => {
                        for endpoint in route.endpoints() {
                            let why = why(endpoint, &from);
                            let mut steps = Steps::new(trust);
                            // Tells the client of the host, and how it is trusted.
                            let repository = context.at(endpoint.clone()).replaceable();
                            let question = question(context, &route, endpoint, image.as_ref()).await;
                            name(&mut steps, started, question, choice.take());
                            let _ = examine(context, trust, &mut steps, endpoint, &repository, image.as_ref()).await;
                            context.pass_on(repository.take_warnings());
                            places.push(place(endpoint, why, steps, image.is_some()));
                        }
                    }
                }
            }
        }
    }
    let exit = if nobody_chooses { Exit::Usage } else { exit(&places) };
    Diagnosis { subject: subject.text().to_owned(), places, exit }
}

/// A registry as a name: mirrors are listed for names, and a registry's own are those of any.
fn host(text: &str) -> Result<Candidates, ReferenceError> {
    let value = Reference::parse_on("any/image", &Registry::parse(text)?)?;
    Ok(Candidates { references: vec![Located::new(value, Provenance::BuiltIn)], choice: None, alias: None })
}

fn unnamed(trust: &TrustSettings, subject: &Subject, started: Instant, error: &Error) -> Place {
    let mut steps = Steps::new(trust);
    steps.fail("name", started, error);
    Place {
        name: subject.text().to_owned(),
        kind: Kind::Registry,
        from: "the command line".to_owned(),
        steps: steps.in_order(&plan(matches!(subject, Subject::Image(_)))),
    }
}

fn place(endpoint: &Endpoint, from: String, steps: Steps<'_>, image: bool) -> Place {
    let kind = match endpoint.role {
        Role::Mirror => Kind::Mirror,
        Role::Origin => Kind::Registry,
    };
    Place { name: endpoint.shown(), kind, from, steps: steps.in_order(&plan(image)) }
}

fn plan(image: bool) -> Vec<&'static str> {
    OF_HOST.iter().chain(OF_IMAGE.iter().filter(|_| image)).copied().collect()
}

fn why(endpoint: &Endpoint, name: &Provenance) -> String {
    match (&endpoint.from, name) {
        (Provenance::BuiltIn, Provenance::BuiltIn) => "the registry itself".to_owned(),
        (Provenance::BuiltIn, from) | (from, _) => from.to_string(),
    }
}

/// What the user has to choose from.
struct Choice {
    ambiguous: super::Error,
    cause: String,
    hint: Option<String>,
    someone_to_ask: bool,
}

impl Choice {
    fn new(name: &str, candidates: &[Located<Reference>], from: Provenance, someone_to_ask: bool) -> Self {
        let candidates: Vec<Reference> = candidates.iter().map(|candidate| candidate.value.clone()).collect();
        let example = candidates.first().map(|first| format!("write the full name, for example `{first}`"));
        Self {
            cause: format!("several registries may be meant, and {from} wants you to choose"),
            hint: example,
            ambiguous: super::Error::Ambiguous { name: name.to_owned(), candidates, from },
            someone_to_ask,
        }
    }
}

/// What is asked for where: with the scheme that is settled before anything is contacted, else without one.
async fn question(context: &Context, route: &Route, endpoint: &Endpoint, image: Option<&Reference>) -> String {
    let asked = image.map_or_else(|| route.reference.registry().to_string(), ToString::to_string);
    let there = if image.is_some() { endpoint.repository.as_str() } else { "" };
    let policy = context.http.trust(&HostPort::of(&endpoint.base)).await.map(|trust| trust.scheme);
    let url = DisplayUrl(&endpoint.base).to_string();
    let encrypted = url.strip_prefix("https://");
    let place = match (policy, encrypted) {
        (Ok(SchemePolicy::Http), Some(rest)) => format!("http://{rest}"),
        (Ok(SchemePolicy::HttpsElseHttp | SchemePolicy::HttpsUnlessNotTls), Some(rest)) => rest.to_owned(),
        _ => url,
    };
    format!("{asked}, asked for at {place}{there}")
}

fn name(steps: &mut Steps<'_>, started: Instant, asked: String, choice: Option<Choice>) {
    match choice {
        None => steps.ok("name", started, asked),
        Some(Choice { cause, hint, someone_to_ask: true, .. }) => steps.warn("name", started, asked, cause, hint),
        Some(choice) => steps.fail_with("name", started, asked, &choice.ambiguous.into()),
    }
}

/// The steps of one place; ends early where one fails that the others need.
async fn examine(
    context: &Context,
    trust: &TrustSettings,
    steps: &mut Steps<'_>,
    endpoint: &Endpoint,
    repository: &Repository,
    image: Option<&Reference>,
) -> Option<()> {
    let reached = connection::examine(context, trust, steps, endpoint).await?;
    service::examine(context, steps, repository, &reached, image.is_some()).await?;
    match image {
        Some(image) => content::examine(steps, repository, image).await,
        None => Some(()),
    }
}

fn exit(places: &[Place]) -> Exit {
    let of = |kind: Kind| places.iter().filter(move |place| place.kind == kind);
    let first = |kind| of(kind).find_map(|place| place.failure().and_then(|step| step.exit));
    if let Some(failed) = first(Kind::Local) {
        return failed;
    }
    if places.iter().any(|place| place.kind != Kind::Local && place.serves()) {
        return Exit::Done;
    }
    first(Kind::Registry).or_else(|| first(Kind::Mirror)).unwrap_or(Exit::Done)
}

/// How errors name a host: as the user wrote it.
fn written(endpoint: &Endpoint, at: &HostPort) -> HostPort {
    let named = endpoint.host();
    if named.is_at(at) { named } else { at.clone() }
}

/// The step that a failure belongs to; `otherwise` where the way there was no part of it.
fn step_of(error: &http::Error, otherwise: &'static str) -> &'static str {
    use http::Error as E;
    match error.innermost() {
        E::Resolve { .. } => "dns",
        E::Connect { .. } => "tcp",
        E::Proxy { .. } => "proxy",
        E::Tls { .. } | E::PlainHttp { .. } | E::CertificateFile { .. } | E::Trust(_) => "tls",
        _ => otherwise,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_told_from_images() {
        for host in
            ["quay.io", "quay.io:443", "localhost", "localhost:5000", "LOCALHOST", "10.0.0.1:5000", "[::1]:5000"]
        {
            assert_eq!(Subject::of(host), Subject::Host(host.to_owned()));
        }
        for image in ["debian", "debian:12.1", "quay.io/a", "registry:5000", "localhost/a", "10.0.0.1:5000/a", ""] {
            assert_eq!(Subject::of(image), Subject::Image(image.to_owned()));
        }
    }

    fn place(kind: Kind, exits: &[Option<Exit>]) -> Place {
        let step = |exit: &Option<Exit>| Step {
            status: if exit.is_some() { Status::Failed } else { Status::Ok },
            exit: *exit,
            ..Step::skipped("manifest", "")
        };
        Place { name: String::new(), kind, from: String::new(), steps: exits.iter().map(step).collect() }
    }

    #[test]
    fn the_exit_code_is_that_of_a_pull() {
        use Kind::{Local, Mirror, Registry};
        let (good, bad) =
            (|kind| place(kind, &[None]), |kind, exit| place(kind, &[None, Some(exit), Some(Exit::Other)]));
        let withheld = Place { steps: vec![Step::skipped("manifest", "")], ..good(Mirror) };
        let cases = [
            ("all well", vec![good(Mirror), good(Registry)], Exit::Done),
            ("a dead mirror", vec![bad(Mirror, Exit::Network), good(Registry)], Exit::Done),
            ("a mirror is left", vec![good(Mirror), bad(Registry, Exit::Network)], Exit::Done),
            ("a mirror that is not asked", vec![withheld, bad(Registry, Exit::Denied)], Exit::Denied),
            ("all dead", vec![bad(Mirror, Exit::Network), bad(Registry, Exit::Policy)], Exit::Policy),
            ("another registry", vec![bad(Registry, Exit::NotFound), good(Registry)], Exit::Done),
            ("this machine", vec![bad(Local, Exit::Local), good(Registry)], Exit::Local),
        ];
        for (name, places, expected) in cases {
            assert_eq!(exit(&places), expected, "{name}");
        }
    }
}
