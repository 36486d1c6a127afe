//! What a pull would do, told instead of done: every request at every place, and who says so. Nothing is contacted,
//! and names are looked up only where an insecure list holds blocks of addresses.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde::Serialize;

use super::{Context, search};
use crate::auth::credential::{CredentialError, ErrorClass};
use crate::endpoint::{Endpoint, ExplainedTrust, Located, PlainReason, Provenance, Role, TrustSettings};
use crate::http::{self, DisplayUrl, ProxyReason, ProxySettings, SchemePolicy, Url};
use crate::model::Reference;
use crate::registry::{Chain, Place, Purpose, Target};

/// What a name leads to.
#[derive(Debug, Serialize)]
pub struct Explanation {
    /// The name as it was typed.
    pub name: String,
    /// What it may stand for, in the order in which that is tried.
    pub candidates: Vec<Candidate>,
    /// Who says that the user has to choose one of them.
    pub choice: Option<String>,
}

/// One thing that a name may stand for.
#[derive(Debug, Serialize)]
pub struct Candidate {
    /// The full name.
    pub reference: String,
    /// Who put it there.
    pub from: String,
    /// Why it cannot be asked for at all.
    pub problem: Option<String>,
    /// The places, in the order in which they are asked.
    pub endpoints: Vec<Asked>,
    /// The mirrors that are not asked.
    pub skipped: Vec<LeftOut>,
}

/// A mirror that is not asked.
#[derive(Debug, Serialize)]
pub struct LeftOut {
    /// The mirror.
    pub place: String,
    /// The setting that names it.
    pub from: String,
    /// Why it is not asked.
    pub reason: String,
}

/// A place that is asked.
#[derive(Debug, Serialize)]
pub struct Asked {
    /// `mirror` or `registry`.
    pub role: &'static str,
    /// What people call it.
    pub place: String,
    /// Why it is asked.
    pub from: String,
    /// What it is asked.
    pub requests: Vec<Asking>,
    /// What it is not asked, and why.
    pub withheld: Option<String>,
    /// Whether plain HTTP may be spoken.
    pub scheme: Scheme,
    /// How it has to prove itself; nothing where only plain HTTP is spoken.
    pub tls: Option<Tls>,
    /// Whether its name was looked up for this explanation.
    pub looked_up: bool,
    /// The names of the headers that a setting adds.
    pub headers: Vec<String>,
    /// Where its credentials are, for when it asks for some.
    pub credentials: Source,
    /// The way there.
    pub proxy: Way,
}

/// A request, or one for each digest.
#[derive(Debug, Serialize)]
pub struct Asking {
    /// The method.
    pub method: String,
    /// Where it goes; `<digest>` is what an answer before it tells.
    pub url: String,
    /// `compare`, `manifest`, `children` or `blobs`.
    pub purpose: &'static str,
}

/// Whether plain HTTP may be spoken.
#[derive(Debug, Serialize)]
pub struct Scheme {
    /// `https`, `http`, `https_else_http`, or `https_unless_not_tls`.
    pub policy: &'static str,
    /// Who allows plain HTTP.
    pub why: Option<String>,
}

/// How a host has to prove itself, and the user to it.
#[derive(Debug, Serialize)]
pub struct Tls {
    /// Whether its certificate is verified.
    pub verify: bool,
    /// Who says that it is not.
    pub why: Option<String>,
    /// Files with authorities, beside the machine's own.
    pub authorities: Vec<Sourced>,
    /// The file with the user's certificate.
    pub client_certificate: Option<Sourced>,
}

/// A file, and who names it: a setting, or the directory that it is in.
#[derive(Debug, Serialize)]
pub struct Sourced {
    /// The file.
    pub file: String,
    /// Who names it.
    pub from: String,
}

/// Where a credential is.
#[derive(Debug, Serialize)]
pub struct Source {
    /// The file, helper or keyring; nothing where requests are anonymous.
    pub source: Option<String>,
    /// Why nobody can tell.
    pub problem: Option<String>,
}

/// The way to a host.
#[derive(Debug, Serialize)]
pub struct Way {
    /// The proxy, without user and password.
    pub url: Option<String>,
    /// Why that one, or none; nothing where no proxy is set.
    pub why: Option<String>,
}

/// Tells what a pull of `name` would ask whom. The same functions decide that decide for a pull.
///
/// # Errors
/// What a pull would fail with before it asks anybody: a bad name, a blocked registry, a file that cannot be used.
pub async fn explain(
    context: &Context,
    trust: &TrustSettings,
    proxy: &ProxySettings,
    name: &str,
) -> Result<Explanation> {
    let found = search::candidates(&context.registries.search, name)?;
    let several = found.references.len() > 1;
    let mut candidates = Vec::new();
    for Located { value, from } in found.references {
        let reference = value.or_latest();
        candidates.push(match context.chain(&reference) {
            Ok(chain) => {
                let endpoints = endpoints(context, trust, proxy, &reference, &chain).await?;
                let skipped = context.registries.route(&reference)?.skipped.into_iter().map(|skipped| LeftOut {
                    place: skipped.place,
                    from: skipped.from.to_string(),
                    reason: skipped.why.to_string(),
                });
                let (reference, from) = (reference.to_string(), from.to_string());
                Candidate { reference, from, problem: None, endpoints, skipped: skipped.collect() }
            }
            Err(error) if several => Candidate {
                reference: reference.to_string(),
                from: from.to_string(),
                problem: Some(error.to_string()),
                endpoints: Vec::new(),
                skipped: Vec::new(),
            },
            Err(error) => return Err(error.into()),
        });
    }
    Ok(Explanation { name: name.to_owned(), candidates, choice: found.choice.map(|from| from.to_string()) })
}

async fn endpoints(
    context: &Context,
    trust: &TrustSettings,
    proxy: &ProxySettings,
    reference: &Reference,
    chain: &Chain,
) -> Result<Vec<Asked>> {
    let target = Target::of(reference);
    let mut endpoints = Vec::new();
    for Place { endpoint, requests } in chain.preview(&target)? {
        let credentials = credentials(context, &endpoint).await?;
        // Files are read for it, and names may be looked up.
        let (settings, of) = (trust.clone(), endpoint.clone());
        let explained = tokio::task::spawn_blocking(move || settings.explain_at(&of)).await?;
        let explained = explained.map_err(http::Error::Trust)?;
        let over_http = endpoint.base.scheme() == "http" || explained.trust.scheme == SchemePolicy::Http;
        let asking = requests.iter().map(|request| Asking {
            method: request.method.to_string(),
            url: request.url(over_http),
            purpose: purpose(request.purpose),
        });
        let way = way(proxy, &endpoint, over_http);
        let mut headers: Vec<String> = endpoint.headers.keys().map(ToString::to_string).collect();
        headers.sort();
        endpoints.push(Asked {
            role: match endpoint.role {
                Role::Mirror => "mirror",
                Role::Origin => "registry",
            },
            place: endpoint.shown(),
            from: match (&endpoint.from, endpoint.role) {
                (Provenance::BuiltIn, Role::Origin) => "the registry itself".to_owned(),
                (from, _) => from.to_string(),
            },
            withheld: withheld(&endpoint, &target),
            requests: asking.collect(),
            scheme: scheme(&endpoint, &explained),
            tls: (!over_http).then(|| tls(&endpoint, &explained)),
            looked_up: explained.looked_up,
            headers,
            credentials,
            proxy: way,
        });
    }
    Ok(endpoints)
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Compare => "compare",
        Purpose::Manifest => "manifest",
        Purpose::Children => "children",
        Purpose::Blobs => "blobs",
    }
}

fn withheld(endpoint: &Endpoint, target: &Target) -> Option<String> {
    let capabilities = endpoint.capabilities;
    let tag = matches!(target, Target::Tag(_)) && !capabilities.resolve;
    let lacking = match (tag, !capabilities.pull) {
        (true, true) => "anything: its capabilities are neither `pull` nor `resolve`",
        (true, false) => "what a tag stands for: its capabilities lack `resolve`",
        (false, true) => "content by its digest: its capabilities lack `pull`",
        (false, false) => return None,
    };
    Some(lacking.to_owned())
}

fn scheme(endpoint: &Endpoint, explained: &ExplainedTrust) -> Scheme {
    if endpoint.base.scheme() == "http" {
        return Scheme { policy: "http", why: Some(format!("its URL says so ({})", endpoint.from)) };
    }
    let policy = match explained.trust.scheme {
        SchemePolicy::Https => "https",
        SchemePolicy::Http => "http",
        SchemePolicy::HttpsUnlessNotTls => "https_unless_not_tls",
        SchemePolicy::HttpsElseHttp => "https_else_http",
    };
    let why = explained.plain.as_ref().map(|reason| match reason {
        PlainReason::Listed(from) => format!("it is listed for plain HTTP ({from})"),
        PlainReason::Insecure(from) => format!("it is insecure ({from})"),
        PlainReason::Loopback => "it is this machine".to_owned(),
    });
    Scheme { policy, why }
}

fn tls(endpoint: &Endpoint, explained: &ExplainedTrust) -> Tls {
    let dir = explained.certificate_dir.as_ref().map(|dir| dir.display().to_string());
    let sourced = |file: &Path, named: Option<String>| Sourced {
        file: file.display().to_string(),
        from: named.or_else(|| dir.clone()).unwrap_or_else(|| endpoint.from.to_string()),
    };
    let authority = |file: &PathBuf| {
        let named = explained.named_authorities.iter().find(|known| known.value == *file);
        sourced(file, named.map(|known| known.from.to_string()))
    };
    let identity = explained.trust.identity.as_ref().map(|identity| {
        let own = endpoint.trust.as_ref().is_some_and(|trust| trust.identity.as_ref() == Some(identity));
        sourced(&identity.certificate, own.then(|| endpoint.from.to_string()))
    });
    Tls {
        verify: explained.trust.verify,
        why: explained.unverified.as_ref().map(ToString::to_string),
        authorities: explained.trust.authorities.iter().map(authority).collect(),
        client_certificate: identity,
    }
}

fn way(proxy: &ProxySettings, endpoint: &Endpoint, over_http: bool) -> Way {
    let url = if over_http { http::plain(&endpoint.base) } else { endpoint.base.clone() };
    let choice = proxy.choose(&url);
    let why = Some(&choice.why).filter(|why| **why != ProxyReason::NoneSet);
    Way { url: choice.proxy.as_ref().map(display), why: why.map(ToString::to_string) }
}

/// A proxy without user and password.
pub(super) fn display(proxy: &Url) -> String {
    DisplayUrl(proxy).to_string().trim_end_matches('/').to_owned()
}

/// By the host that is contacted and the path there, as the authorisation of a request looks them up.
async fn credentials(context: &Context, endpoint: &Endpoint) -> Result<Source> {
    let (store, registry) = (context.credentials.clone(), endpoint.registry.clone());
    let scope = endpoint.scope_name();
    match tokio::task::spawn_blocking(move || store.find(&registry, Some(&scope))).await? {
        Ok(found) => Ok(Source { source: found.map(|found| found.origin), problem: None }),
        Err(error) if is_broken_file(&error) => Err(error.into()),
        Err(error) => Ok(Source { source: None, problem: Some(format!("{:#}", anyhow::Error::from(error))) }),
    }
}

fn is_broken_file(error: &CredentialError) -> bool {
    matches!(error.class(), ErrorClass::Config)
}
