//! One repository at all the places where it may be read: mirrors in their order, then the registry itself.
//!
//! Each request falls through to the next place; only the last one's answer is final. A place that fails in a way
//! that the next request would meet too is left alone for the rest of the run. Never pushes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;

use super::error::{Error, Refusal};
use super::repository::{Repository, Resolution, Target};
use super::warning::Warning;
use crate::content::{Fault, FaultKind, Fetched, Opened, Source, root_cause};
use crate::endpoint::{Endpoint, Role};
use crate::model::{Descriptor, Digest, Manifest};

/// All the places of one repository. Cheap to clone; clones share what they learn.
#[derive(Clone)]
pub struct Chain {
    /// In their order; at least one.
    places: Arc<[Repository]>,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Where each blob was opened last.
    opened: HashMap<Digest, Position>,
    /// What came of the places that were of no use, the last of each.
    passed_over: BTreeMap<usize, String>,
    /// Places that refused this repository.
    refused: HashSet<usize>,
    /// The mirror that said what the tag stands for.
    resolved_by: Option<String>,
}

#[derive(Clone, Copy, Default)]
struct Position {
    /// The place.
    at: usize,
    /// Whether it went on where another had stopped: then nobody knows whose bytes are wrong.
    resumed: bool,
    /// Whether it was given the benefit of that doubt before.
    restarted: bool,
}

impl Chain {
    /// Of the repository itself, and those that stand in for it, which are asked first.
    #[must_use]
    pub fn new(mirrors: Vec<Repository>, origin: Repository) -> Self {
        let replaceable = mirrors.into_iter().map(Repository::replaceable);
        Self { places: replaceable.chain(std::iter::once(origin)).collect(), state: Arc::default() }
    }

    /// The registry itself.
    #[must_use]
    pub fn origin(&self) -> &Repository {
        // Made with one in `new`, at the end.
        &self.places[self.places.len() - 1]
    }

    pub(super) fn places(&self) -> &[Repository] {
        &self.places
    }

    /// The mirror that decided what the tag stands for, where it was one.
    #[must_use]
    pub fn resolved_by(&self) -> Option<String> {
        self.state().resolved_by.clone()
    }

    /// The places that were of no use so far, in their order, each with the reason in a few words.
    #[must_use]
    pub fn passed_over(&self) -> Vec<(String, String)> {
        let shown = |(at, why): (&usize, &String)| (self.places[*at].host().endpoint().shown(), why.clone());
        self.state().passed_over.iter().map(shown).collect()
    }

    /// The warnings of all places since they were last taken; each comes once.
    #[must_use]
    pub fn take_warnings(&self) -> Vec<Warning> {
        self.places.iter().flat_map(Repository::take_warnings).collect()
    }

    /// As [`Repository::resolve`].
    ///
    /// # Errors
    /// The last place's.
    pub async fn resolve(&self, target: &Target) -> Result<Resolution, Error> {
        self.ask(target, |place| async move { place.resolve(target).await }).await
    }

    /// As [`Repository::manifest`].
    ///
    /// # Errors
    /// The last place's.
    pub async fn manifest(&self, target: &Target) -> Result<Fetched<Manifest>, Error> {
        self.ask(target, |place| async move { place.manifest(target).await }).await
    }

    /// As [`Repository::child`].
    ///
    /// # Errors
    /// The last place's.
    pub async fn child(&self, descriptor: &Descriptor) -> Result<Fetched<Manifest>, Error> {
        let target = Target::Digest(descriptor.digest.clone());
        self.ask(&target, |place| async move { place.child(descriptor).await }).await
    }

    /// As [`Repository::blob_bytes`].
    ///
    /// # Errors
    /// The last place's.
    pub async fn blob_bytes(&self, descriptor: &Descriptor, limit_bytes: u64) -> Result<Bytes, Error> {
        let target = Target::Digest(descriptor.digest.clone());
        self.ask(&target, |place| async move { place.blob_bytes(descriptor, limit_bytes).await }).await
    }

    /// Asks one place after the other.
    async fn ask<T, F>(&self, target: &Target, request: impl Fn(Repository) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let (at, answer) = self.ask_from(0, target, request).await?;
        if matches!(target, Target::Tag(_)) {
            let endpoint = self.places[at].host().endpoint();
            self.state().resolved_by = (endpoint.role == Role::Mirror).then(|| endpoint.shown());
        }
        Ok(answer)
    }

    /// The same from place number `start` on; says which one answered.
    async fn ask_from<T, F>(
        &self,
        start: usize,
        target: &Target,
        request: impl Fn(Repository) -> F,
    ) -> Result<(usize, T), Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut last = None;
        let places = self.places.iter().enumerate().skip(start);
        for (at, place) in places.filter(|(at, place)| self.may(*at, place, target)) {
            match request(place.clone()).await {
                Ok(answer) => return Ok((at, answer)),
                Err(error) if error.is_local() => return Err(error),
                Err(error) => {
                    self.pass_over(at, &error);
                    last = Some(error);
                }
            }
        }
        Err(last.unwrap_or_else(|| Error::NoPlace {
            what: target.to_string(),
            repository: self.origin().name().to_owned(),
        }))
    }

    /// Whether a place is to be asked: it can do this, and nothing is known against it. The last one has the last word,
    /// whatever it answered before.
    pub(super) fn may(&self, at: usize, place: &Repository, target: &Target) -> bool {
        let capabilities = place.host().endpoint().capabilities;
        let able = match target {
            Target::Tag(_) => capabilities.resolve,
            Target::Digest(_) => capabilities.pull,
        };
        able && (at + 1 == self.places.len() || !(place.host().is_out() || self.state().refused.contains(&at)))
    }

    /// Notes that a place was of no use, and for how long.
    fn pass_over(&self, at: usize, error: &Error) {
        if at + 1 == self.places.len() {
            return;
        }
        let host = self.places[at].host();
        let place = host.endpoint().shown();
        let why = reason(error, host.endpoint());
        self.state().passed_over.insert(at, why.clone());
        let news = match error {
            // What it lacks now it may have of the next thing that is asked for.
            Error::NotFound(_) => false,
            Error::Denied(_) | Error::Auth { .. } => self.state().refused.insert(at),
            _ => host.drop_out(error.is_unreachable()),
        };
        if news {
            host.warn(Warning::PassedOver { place, why });
        } else {
            tracing::info!(place, why, "passed over");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Source for Chain {
    async fn open(&self, descriptor: &Descriptor, range: Range<u64>) -> Result<Opened, Fault> {
        let range = &range;
        let start = self.state().opened.get(&descriptor.digest).map_or(0, |position| position.at);
        let target = Target::Digest(descriptor.digest.clone());
        let open = |place: Repository| async move { place.open_blob(descriptor, range).await };
        let (at, opened) = self.ask_from(start, &target, open).await?;
        let mut state = self.state();
        let position = state.opened.entry(descriptor.digest.clone()).or_default();
        let restarted = position.restarted && position.at == at;
        *position = Position { at, resumed: opened.offset > 0, restarted };
        Ok(opened)
    }

    async fn open_beside(&self, descriptor: &Descriptor, range: Range<u64>) -> Result<Opened, Fault> {
        let at = self.state().opened.get(&descriptor.digest).map_or(0, |position| position.at);
        // More than one connection has brought bytes, so nobody knows whose are wrong.
        if let Some(position) = self.state().opened.get_mut(&descriptor.digest) {
            position.resumed = true;
        }
        let place = self.places.get(at).unwrap_or_else(|| self.origin());
        place.open_beside(descriptor, range).await
    }

    fn pass_on(&self, descriptor: &Descriptor, fault: &Fault) -> bool {
        let mut state = self.state();
        let Some(position) = state.opened.get_mut(&descriptor.digest) else { return false };
        let corrupt = match fault.kind() {
            FaultKind::Permanent => return false,
            FaultKind::Corrupt => true,
            FaultKind::Transient => false,
        };
        if corrupt && position.resumed && !position.restarted {
            // From zero at the same place: the next failure is its own.
            position.restarted = true;
            return true;
        }
        let at = position.at;
        if at + 1 == self.places.len() {
            return false;
        }
        *position = Position { at: at + 1, ..Position::default() };
        state.passed_over.insert(at, root_cause(fault).to_string());
        drop(state);
        let host = self.places[at].host();
        if corrupt && host.drop_out(false) {
            host.warn(Warning::PassedOver { place: host.endpoint().shown(), why: root_cause(fault).to_string() });
        }
        true
    }
}

/// Why a place was of no use, in a few words.
fn reason(error: &Error, endpoint: &Endpoint) -> String {
    match (error, error.answer()) {
        (Error::Denied(refusal), _) if refusal.credentials_sent.is_none() => {
            let Refusal { status, host, .. } = refusal.as_ref();
            // Its URL speaks for pulls through it alone.
            let plain = endpoint.base.scheme() == "http" && !endpoint.registry.is_loopback();
            let plain = if plain { format!("--plain-http {host} ") } else { String::new() };
            format!("it answered {status}, and there are no credentials: `rcr login {plain}{host}`")
        }
        (_, Some(refusal)) => format!("it answered {}", refusal.status),
        (_, None) => root_cause(error).to_string(),
    }
}
