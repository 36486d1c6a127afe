//! From a challenge to an `Authorization`: one [`Authenticator`] for each registry that is contacted.
//!
//! Reactive: nothing is sent before a registry asks. Concurrent callers share one token request, its failure too.

mod exchange;

use std::collections::HashMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::credential::{Credential, CredentialError, CredentialStore, Found, Secret};
use super::{Challenge, Error, Scheme, Scope, ScopeSet, claims};
use crate::http::{Authorizer, BoxError, BoxFuture, Client, HeaderMap, HeaderValue, HostPort, HostTrust, Url};
use crate::model::Registry;

/// A new token that is rejected sooner than this, at its first use, will not be accepted if asked for again.
const STILLBORN: Duration = Duration::from_secs(10);

/// Which scopes of which repository's credential a token is for.
type Key = (Option<String>, ScopeSet);

/// Proves to one registry who is asking.
pub struct Authenticator {
    client: Arc<Client>,
    registry: Registry,
    credentials: Arc<dyn CredentialStore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// How the registry wants it, once it has said so.
    scheme: Option<Scheme>,
    /// Whether it was asked how it wants it although it did not say so.
    wondered: bool,
    slots: HashMap<Key, Arc<Slot>>,
    found: HashMap<Option<String>, Arc<tokio::sync::OnceCell<Option<Found>>>>,
    used: Option<String>,
}

/// The place of one token.
#[derive(Default)]
struct Slot {
    current: Mutex<Option<Grant>>,
    /// Held during a token request; keeps its failure for those who waited for it.
    gate: tokio::sync::Mutex<Option<Error>>,
    /// How many token requests have ended.
    rounds: AtomicU64,
}

/// A token in use.
struct Grant {
    header: HeaderValue,
    ask: Ask,
    received: Instant,
    renew_at: Instant,
    /// How often it was handed out.
    uses: u32,
}

/// Where a token is asked for, as the registry said.
#[derive(Clone, Debug)]
struct Ask {
    /// The URL that was challenged.
    from: Url,
    realm: String,
    service: Option<String>,
    /// The repository whose scopes lead.
    first: Option<String>,
    /// Whether to ask once only: somebody else can be asked for what the token is for.
    once: bool,
    trust: OwnTrust,
}

/// What a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The scopes that were asked for.
    pub asked: Vec<String>,
    /// The scopes that it states; `None` where only who made it can read it.
    pub stated: Option<Vec<String>>,
}

/// A host that is trusted beyond what is said of it, by the endpoint on whose behalf a token is asked for.
type OwnTrust = Option<(HostPort, Arc<HostTrust>)>;

impl Authenticator {
    /// For `registry`, with what `credentials` has for it.
    #[must_use]
    pub fn new(client: Arc<Client>, registry: Registry, credentials: Arc<dyn CredentialStore>) -> Arc<Self> {
        Arc::new(Self { client, registry, credentials, state: Mutex::default() })
    }

    /// For `registry`, with a credential that is not stored yet: `login`.
    #[must_use]
    pub fn with_credential(client: Arc<Client>, registry: Registry, credential: Credential) -> Arc<Self> {
        Self::new(client, registry, Arc::new(Given(credential)))
    }

    /// An authorizer for requests that need `scopes`, with the credential for `repository`, whose scopes lead.
    #[must_use]
    pub fn scoped(self: &Arc<Self>, repository: Option<&str>, scopes: Vec<Scope>) -> Scoped {
        Scoped {
            authenticator: Arc::clone(self),
            repository: repository.map(str::to_owned),
            scopes: Mutex::new(scopes.into_iter().collect()),
            once: false,
            trust: None,
        }
    }

    /// Where the credentials are from that were sent last, to the registry or its token server; `None` if none were.
    pub fn last_used(&self) -> Option<String> {
        self.state().used.clone()
    }

    /// Whether the registry has asked for tokens, each for its own scopes.
    pub fn wants_tokens(&self) -> bool {
        self.state().scheme == Some(Scheme::Bearer)
    }

    /// What the token that is in use for `repository` permits by its own words; `None` where no token is in use.
    pub fn granted(&self, repository: Option<&str>) -> Option<Granted> {
        let state = self.state();
        state.slots.iter().filter(|((of, _), _)| of.as_deref() == repository).find_map(|((_, asked), slot)| {
            let current = lock(&slot.current);
            let token = current.as_ref()?.header.to_str().ok()?.strip_prefix("Bearer ")?;
            let asked = asked.leading(repository).map(|scope| scope.to_string()).collect();
            Some(Granted { asked, stated: claims::access(token) })
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Whether `target` is the registry itself: what is another host's gets nothing, whoever asks.
    fn is_home(&self, target: &Url) -> bool {
        let Ok(base) = Url::parse(&format!("https://{}/", self.registry.api_host())) else { return false };
        // Without a port the scheme decides on it, and plain HTTP may have been chosen below us.
        let same_port = match self.registry.port() {
            Some(_) => base.port_or_known_default() == target.port_or_known_default(),
            None => target.port().is_none(),
        };
        same_port && base.host_str() == target.host_str()
    }

    /// The credential for `repository`, looked up once. A failed lookup is not remembered, and never taken for none.
    async fn find(&self, repository: Option<&str>) -> Result<Option<Found>, Error> {
        let key = repository.map(str::to_owned);
        let cell = Arc::clone(self.state().found.entry(key.clone()).or_default());
        let look_up = || async {
            let (store, registry) = (Arc::clone(&self.credentials), self.registry.clone());
            let found = tokio::task::spawn_blocking(move || store.find(&registry, key.as_deref())).await;
            let source: Arc<dyn std::error::Error + Send + Sync> = match found {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(error)) => Arc::new(error),
                Err(error) => Arc::new(error),
            };
            Err(Error::Lookup { registry: self.registry.to_string(), source })
        };
        cell.get_or_try_init(look_up).await.cloned()
    }

    fn slot(&self, key: Key) -> Arc<Slot> {
        Arc::clone(self.state().slots.entry(key).or_default())
    }

    /// The slot whose token does for `key`: its own, or one of the same repository with more scopes.
    fn slot_with_token(&self, key: &Key) -> Option<Arc<Slot>> {
        let state = self.state();
        let own = state.slots.get(key).filter(|slot| lock(&slot.current).is_some());
        let usable = |slot: &Slot| lock(&slot.current).as_ref().is_some_and(|grant| Instant::now() < grant.renew_at);
        let wider = || {
            let mut others = state.slots.iter();
            others.find(|((of, scopes), slot)| *of == key.0 && scopes.covers(&key.1) && usable(slot)).map(|(_, s)| s)
        };
        own.or_else(wider).cloned()
    }

    /// The header for a credential that is shown to the registry itself.
    fn direct(&self, found: &Found) -> Result<Option<HeaderValue>, Error> {
        match &found.credential {
            Credential::Basic { username, password } => self.basic(found, username, password).map(Some),
            Credential::RegistryToken(token) => self.bearer(found, token).map(Some),
            Credential::Identity { .. } => Ok(None),
        }
    }

    fn basic(&self, found: &Found, username: &str, password: &Secret) -> Result<HeaderValue, Error> {
        let pair = Secret::new(format!("{username}:{}", password.expose()));
        let encoded = Secret::new(BASE64_STANDARD.encode(pair.expose()));
        self.header(found, "Basic", &encoded)
    }

    fn bearer(&self, found: &Found, token: &Secret) -> Result<HeaderValue, Error> {
        self.header(found, "Bearer", token)
    }

    fn header(&self, found: &Found, scheme: &str, secret: &Secret) -> Result<HeaderValue, Error> {
        header(scheme, secret)
            .ok_or_else(|| Error::Unsendable { registry: self.registry.to_string(), origin: found.origin.clone() })
    }

    fn note_use(&self, found: &Found) {
        self.state().used = Some(found.origin.clone());
    }

    async fn authorization(&self, target: &Url, scoped: &Scoped) -> Result<Option<HeaderValue>, Error> {
        if !self.is_home(target) {
            return Ok(None);
        }
        let Some(scheme) = self.state().scheme.clone() else { return Ok(None) };
        let key = scoped.key();
        let found = self.find(key.0.as_deref()).await?;
        if let Some(found) = &found {
            let as_it_is = scheme == Scheme::Basic || matches!(found.credential, Credential::RegistryToken(_));
            if as_it_is {
                let header = self.direct(found)?;
                if header.is_some() {
                    self.note_use(found);
                }
                return Ok(header);
            }
        }
        if scheme == Scheme::Basic {
            return Ok(None);
        }
        let Some(slot) = self.slot_with_token(&key) else { return Ok(None) };
        if let Some((stale, ask)) = slot.stale() {
            // Another endpoint of the same registry may have asked before, and may be trusted otherwise.
            let ask = Ask { trust: scoped.trust.clone(), ..ask };
            self.renew(&slot, &key, &ask, found.as_ref(), Some(&stale)).await?;
        }
        Ok(slot.hand_out())
    }

    async fn challenged(
        &self,
        target: &Url,
        headers: &HeaderMap,
        sent: Option<&HeaderValue>,
        scoped: &Scoped,
    ) -> Result<bool, Error> {
        if !self.is_home(target) {
            return Ok(false);
        }
        let challenges = Challenge::all(headers);
        let bearer =
            challenges.iter().find(|c| c.scheme == Scheme::Bearer && c.realm().is_some_and(|realm| !realm.is_empty()));
        let basic = challenges.iter().any(|c| c.scheme == Scheme::Basic);
        let scheme = match bearer {
            Some(_) => Scheme::Bearer,
            None if basic => Scheme::Basic,
            None => return Ok(false),
        };
        self.state().scheme = Some(scheme);
        let found = self.find(scoped.repository.as_deref()).await?;
        let as_it_is = found.as_ref().is_some_and(|found| matches!(found.credential, Credential::RegistryToken(_)));
        let Some(bearer) = bearer.filter(|_| !as_it_is) else {
            // The same credential again would get the same answer.
            let header = found.as_ref().map(|found| self.direct(found)).transpose()?.flatten();
            return Ok(header.is_some() && header.as_ref() != sent);
        };
        let asked: Vec<Scope> =
            bearer.scope().unwrap_or_default().split_ascii_whitespace().filter_map(Scope::parse).collect();
        let same = |scope: &Scope| scoped.repository.as_deref().is_some_and(|own| scope.is_of_repository(own));
        let too_small = bearer.error() == Some("insufficient_scope");
        let grown = too_small && scoped.grow(asked.iter().filter(|scope| same(scope)));
        let key = scoped.key();
        let slot = self.slot(key.clone());
        if !grown && slot.is_hopeless(sent, too_small) {
            return Ok(false);
        }
        let ask = Ask {
            from: target.clone(),
            realm: bearer.realm().unwrap_or_default().to_owned(),
            service: bearer.service().map(str::to_owned),
            first: scoped.repository.clone(),
            once: scoped.once,
            trust: scoped.trust.clone(),
        };
        self.renew(&slot, &key, &ask, found.as_ref(), sent).await?;
        Ok(true)
    }

    /// Sees to it that the slot has another token than `rejected`: one request, however many callers.
    async fn renew(
        &self,
        slot: &Slot,
        key: &Key,
        ask: &Ask,
        found: Option<&Found>,
        rejected: Option<&HeaderValue>,
    ) -> Result<(), Error> {
        let round = slot.rounds.load(Ordering::Acquire);
        let mut outcome = slot.gate.lock().await;
        if slot.rounds.load(Ordering::Acquire) != round
            && let Some(error) = &*outcome
        {
            return Err(error.clone());
        }
        if slot.has_other_than(rejected) {
            return Ok(());
        }
        let token = self.exchange(ask, &key.1, found).await;
        let granted = token.map(|(header, usable)| {
            let received = Instant::now();
            Grant { header, ask: ask.clone(), received, renew_at: received + usable, uses: 0 }
        });
        *outcome = granted.as_ref().err().cloned();
        slot.rounds.fetch_add(1, Ordering::Release);
        *lock(&slot.current) = Some(granted?);
        Ok(())
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("registry", &self.registry).finish_non_exhaustive()
    }
}

impl Slot {
    /// The token that is due for renewal, and where it was asked for.
    fn stale(&self) -> Option<(HeaderValue, Ask)> {
        let current = lock(&self.current);
        let grant = current.as_ref().filter(|grant| grant.renew_at <= Instant::now())?;
        Some((grant.header.clone(), grant.ask.clone()))
    }

    fn hand_out(&self) -> Option<HeaderValue> {
        let mut current = lock(&self.current);
        let grant = current.as_mut()?;
        grant.uses = grant.uses.saturating_add(1);
        Some(grant.header.clone())
    }

    /// Whether there is a token that is fresh and was not rejected.
    fn has_other_than(&self, rejected: Option<&HeaderValue>) -> bool {
        let current = lock(&self.current);
        current.as_ref().is_some_and(|grant| Some(&grant.header) != rejected && Instant::now() < grant.renew_at)
    }

    /// Whether the token that was rejected is what the token server would give again: it has every scope that the
    /// registry wants, or it was new.
    fn is_hopeless(&self, sent: Option<&HeaderValue>, too_small: bool) -> bool {
        let current = lock(&self.current);
        let Some(grant) = current.as_ref().filter(|grant| Some(&grant.header) == sent) else { return false };
        too_small || (grant.uses <= 1 && grant.received.elapsed() < STILLBORN)
    }
}

/// What `http` asks for the `Authorization` of one kind of request.
#[derive(Debug)]
pub struct Scoped {
    authenticator: Arc<Authenticator>,
    repository: Option<String>,
    /// Grows where the registry says that it is too small.
    scopes: Mutex<ScopeSet>,
    once: bool,
    trust: OwnTrust,
}

impl Scoped {
    /// Asks a token server once only, whatever happens: for places that others stand in for.
    #[must_use]
    pub fn once(self) -> Self {
        Self { once: true, ..self }
    }

    /// Trusts a token server at this very host and port as the endpoint itself is trusted.
    #[must_use]
    pub fn trusting(self, host: HostPort, trust: Option<Arc<HostTrust>>) -> Self {
        Self { trust: trust.map(|trust| (host, trust)), ..self }
    }

    /// Whether there are credentials that were never asked for, which is worth one question: some servers refuse where
    /// they should ask. Says so once.
    ///
    /// # Errors
    /// [`Error::Lookup`].
    pub async fn are_untried(&self) -> Result<bool, Error> {
        let authenticator = &self.authenticator;
        let settled = |state: &State| state.scheme.is_some() || state.wondered;
        if settled(&authenticator.state()) || authenticator.find(self.repository.as_deref()).await?.is_none() {
            return Ok(false);
        }
        let mut state = authenticator.state();
        let first = !settled(&state);
        state.wondered = true;
        Ok(first)
    }

    fn key(&self) -> Key {
        (self.repository.clone(), lock(&self.scopes).clone())
    }

    fn grow<'a>(&self, scopes: impl Iterator<Item = &'a Scope>) -> bool {
        let mut own = lock(&self.scopes);
        let mut grown = false;
        for scope in scopes {
            grown |= own.insert(scope.clone());
        }
        grown
    }
}

impl Authorizer for Scoped {
    fn authorization<'a>(&'a self, target: &'a Url) -> BoxFuture<'a, Result<Option<HeaderValue>, BoxError>> {
        Box::pin(async move { Ok(self.authenticator.authorization(target, self).await?) })
    }

    fn challenged<'a>(
        &'a self,
        target: &'a Url,
        headers: &'a HeaderMap,
        sent: Option<&'a HeaderValue>,
    ) -> BoxFuture<'a, Result<bool, BoxError>> {
        Box::pin(async move { Ok(self.authenticator.challenged(target, headers, sent, self).await?) })
    }
}

/// One credential, for whatever is asked.
struct Given(Credential);

impl CredentialStore for Given {
    fn find(&self, _registry: &Registry, _repository: Option<&str>) -> Result<Option<Found>, CredentialError> {
        Ok(Some(Found { credential: self.0.clone(), origin: "this login".to_owned() }))
    }
}

/// `scheme secret`, marked so that nothing logs it.
fn header(scheme: &str, secret: &Secret) -> Option<HeaderValue> {
    let text = Secret::new(format!("{scheme} {}", secret.expose()));
    let mut value = HeaderValue::from_str(text.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing panics while it holds one of our locks, and each value is whole at any time.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
