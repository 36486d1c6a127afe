//! What all settings come to, each with who says so. Nothing is contacted, no name is looked up, and no secret is read
//! out.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use serde::Serialize;

use super::explain::display;
use crate::auth::credential::{Credentials, HelperState, KeyringState, SourceState};
use crate::endpoint::{
    Capabilities, Error, InsecureRule, Located, Provenance, PullFrom, Registries, RegistryRule, ShortNames, Tree,
    TreeMirror, TrustSettings,
};
use crate::http::{self, DisplayUrl, HostPort, ProxySettings, SchemePolicy, Url};
use crate::model::Registry;

/// What there is to tell of.
pub struct Known<'a> {
    /// Where the store is, where it has a place.
    pub store: Option<&'a Path>,
    /// How hosts are trusted.
    pub trust: &'a TrustSettings,
    /// What is said about registries.
    pub registries: &'a Registries,
    /// Proxies.
    pub proxy: &'a ProxySettings,
    /// Where credentials are.
    pub credentials: Arc<Credentials>,
    /// The settings files that are looked for.
    pub files: &'a [PathBuf],
    /// What was passed over in them.
    pub notices: &'a [Located<String>],
    /// Token servers trusted with secrets.
    pub trusted_realms: &'a [Located<(Option<HostPort>, Url)>],
    /// Registries that take layers whose publisher forbids to redistribute them.
    pub allow_nondistributable: &'a [Located<InsecureRule>],
}

/// What all settings come to.
#[derive(Debug, Serialize)]
pub struct Info {
    /// Of this program.
    pub version: &'static str,
    /// Where the store is.
    pub store: Option<String>,
    /// Where names without a host are looked for, in order.
    pub registries: Vec<Searched>,
    /// How they are looked for: `permissive` or `enforcing`.
    pub short_name_mode: Said,
    /// How many names stand for others.
    pub aliases: usize,
    /// Mirrors, in the order of their sources.
    pub mirrors: Vec<Mirror>,
    /// Names that are read somewhere else.
    pub locations: Vec<Location>,
    /// Names that are not to be asked for.
    pub blocked: Vec<Said>,
    /// Hosts and blocks of addresses that are insecure.
    pub insecure: Vec<Said>,
    /// Hosts that plain HTTP is spoken with.
    pub plain_http: Vec<Said>,
    /// Hosts whose certificates are not verified.
    pub skip_verify: Vec<Said>,
    /// Authorities that hold for every host.
    pub authorities: Vec<Said>,
    /// Registries that take layers whose publisher forbids to redistribute them.
    pub allow_nondistributable: Vec<Said>,
    /// Where credentials are looked for, in order.
    pub credentials: Vec<Keeper>,
    /// The operating system's keyring.
    pub keyring: Keyring,
    /// Token servers trusted with secrets.
    pub trusted_realms: Vec<TrustedRealm>,
    /// Proxies.
    pub proxies: Vec<Proxy>,
    /// What needs no proxy.
    pub no_proxy: Vec<Said>,
    /// Trees of certificates.
    pub certificate_dirs: Vec<Directory>,
    /// Trees of `hosts.toml` files.
    pub hosts_dirs: Vec<Directory>,
    /// The settings files that are looked for.
    pub files: Vec<SettingsRead>,
    /// Files that cannot be used, and stop the commands that need them.
    pub problems: Vec<String>,
}

/// A settings file.
#[derive(Debug, Serialize)]
pub struct SettingsRead {
    /// Its path.
    pub file: String,
    /// Whether it is there.
    pub exists: bool,
    /// What was passed over in it.
    pub notices: Vec<Said>,
}

/// A setting, and who says so.
#[derive(Debug, Serialize)]
pub struct Said {
    /// What is said.
    pub value: String,
    /// Who says it.
    pub from: String,
}

/// A registry that names without a host are looked for at.
#[derive(Debug, Serialize)]
pub struct Searched {
    /// Its name.
    pub registry: String,
    /// `secure`, `insecure`, `blocked`, or `unusable` where a file about it is broken.
    pub state: &'static str,
    /// Who put it there.
    pub from: String,
}

/// A mirror.
#[derive(Debug, Serialize)]
pub struct Mirror {
    /// What it mirrors.
    pub prefix: String,
    /// Where it is.
    pub place: String,
    /// `pull`, `resolve`, `push`.
    pub capabilities: Vec<&'static str>,
    /// Which names it is for: `all`, `digests` or `tags`.
    pub names: &'static str,
    /// Whether it is told which registry it is to speak for.
    pub namespace: bool,
    /// Who says so.
    pub from: String,
}

/// Names that are read somewhere else.
#[derive(Debug, Serialize)]
pub struct Location {
    /// The names.
    pub prefix: String,
    /// What takes the prefix's place.
    pub place: String,
    /// Who says so.
    pub from: String,
}

/// A source of credentials.
#[derive(Debug, Serialize)]
pub struct Keeper {
    /// A file, or the variable that holds one.
    pub source: String,
    /// Whether it is there.
    pub exists: bool,
    /// How many registries it has an entry for.
    pub entries: usize,
    /// The helpers that it names.
    pub helpers: Vec<Helper>,
}

/// A credential helper.
#[derive(Debug, Serialize)]
pub struct Helper {
    /// The registry that it is for; nothing for all.
    pub registry: Option<String>,
    /// Its file name.
    pub program: String,
    /// Whether it is on the search path.
    pub found: bool,
}

/// The operating system's keyring.
#[derive(Debug, Serialize)]
pub struct Keyring {
    /// Whether it answers.
    pub available: bool,
    /// Why it does not.
    pub reason: Option<String>,
}

/// A token server that is trusted with secrets.
#[derive(Debug, Serialize)]
pub struct TrustedRealm {
    /// The registry whose secrets it may have; nothing for the one that a command names.
    pub registry: Option<String>,
    /// The server.
    pub realm: String,
    /// Who says so.
    pub from: String,
}

/// A proxy.
#[derive(Debug, Serialize)]
pub struct Proxy {
    /// What it is for: `http`, `https`, or a host.
    pub of: String,
    /// Without user and password; nothing where there is to be none.
    pub url: Option<String>,
    /// Who says so.
    pub from: String,
}

/// A tree with a directory per registry.
#[derive(Debug, Serialize)]
pub struct Directory {
    /// Where it is.
    pub path: String,
    /// Whether it is there.
    pub exists: bool,
    /// What it holds.
    pub hosts: Vec<Holding>,
}

/// What a tree holds for one registry.
#[derive(Debug, Serialize)]
pub struct Holding {
    /// The registry.
    pub host: String,
    /// The files' names.
    pub files: Vec<String>,
}

/// Tells what all settings come to.
///
/// # Errors
/// A thread that was lost; files that cannot be used are in the answer.
pub async fn info(known: Known<'_>) -> Result<Info> {
    let Known { trust, registries, proxy, .. } = known;
    let credentials = known.credentials.clone();
    let keepers = tokio::task::spawn_blocking(move || (credentials.overview(), credentials.keyring_state()));
    let (keepers, keyring) = keepers.await?;
    let mode = registries.search.mode.as_ref();
    let (of_hosts, broken) = registries.hosts_mirrors();
    let mut problems: Vec<String> = broken.iter().map(ToString::to_string).collect();
    let searched = searched(registries, trust, &mut problems);
    let keepers = keepers.unwrap_or_else(|error| {
        problems.push(format!("{:#}", anyhow::Error::from(error)));
        Vec::new()
    });
    Ok(Info {
        version: env!("CARGO_PKG_VERSION"),
        store: known.store.map(|store| store.display().to_string()),
        registries: searched,
        short_name_mode: Said {
            value: match mode.map(|mode| mode.value).unwrap_or_default() {
                ShortNames::Permissive => "permissive".to_owned(),
                ShortNames::Enforcing => "enforcing".to_owned(),
            },
            from: mode.map_or_else(|| "built in".to_owned(), |mode| mode.from.to_string()),
        },
        aliases: registries.search.aliases.len(),
        mirrors: mirrors(registries, of_hosts),
        locations: locations(registries),
        blocked: blocked(registries),
        insecure: insecure(registries, trust),
        plain_http: said(&trust.plain_http),
        skip_verify: said(&trust.skip_verify),
        authorities: trust.authorities.iter().map(|file| told(&file.value.display(), &file.from)).collect(),
        allow_nondistributable: said(known.allow_nondistributable),
        credentials: keepers.into_iter().map(keeper).collect(),
        keyring: match keyring {
            KeyringState::Available => Keyring { available: true, reason: None },
            KeyringState::Unavailable(reason) => Keyring { available: false, reason: Some(reason) },
        },
        trusted_realms: known.trusted_realms.iter().map(trusted_realm).collect(),
        proxies: proxies(proxy),
        no_proxy: proxy.no_proxy.entries().map(|entry| told(entry, proxy.no_proxy.variable())).collect(),
        certificate_dirs: trust.certificate_trees().into_iter().map(directory).collect(),
        hosts_dirs: registries.hosts_trees().into_iter().map(directory).collect(),
        files: known.files.iter().map(|file| settings_read(file, known.notices)).collect(),
        problems,
    })
}

fn told(value: &(impl ToString + ?Sized), from: &(impl ToString + ?Sized)) -> Said {
    Said { value: value.to_string(), from: from.to_string() }
}

fn said<T: ToString>(all: &[Located<T>]) -> Vec<Said> {
    all.iter().map(|one| told(&one.value, &one.from)).collect()
}

/// What cannot be used is added to `problems`, once.
fn searched(registries: &Registries, trust: &TrustSettings, problems: &mut Vec<String>) -> Vec<Searched> {
    let state = |registry: &Registry| match registries.itself(registry, None) {
        Ok(endpoint) => {
            let explained = trust.without_lookup(&endpoint.host()).explain_at(&endpoint);
            let known = explained.map_err(http::Error::Trust)?.trust;
            let strict = matches!(known.scheme, SchemePolicy::Https | SchemePolicy::HttpsUnlessNotTls);
            Ok(if strict && known.verify { "secure" } else { "insecure" })
        }
        Err(Error::Blocked { .. }) => Ok("blocked"),
        Err(error) => Err(anyhow::Error::from(error)),
    };
    let order = registries.search.order();
    let mut known = |registry: &Registry| {
        state(registry).unwrap_or_else(|error| {
            let problem = format!("{error:#}");
            if !problems.contains(&problem) {
                problems.push(problem);
            }
            "unusable"
        })
    };
    order
        .map(|one| Searched { registry: one.value.to_string(), state: known(&one.value), from: one.from.to_string() })
        .collect()
}

fn mirrors(registries: &Registries, of_hosts: Vec<TreeMirror>) -> Vec<Mirror> {
    let listed = registries.mirrors.iter().flatten().map(|rule| Mirror {
        prefix: rule.prefix.to_string(),
        place: rule.place(),
        capabilities: words(rule.capabilities),
        names: "all",
        namespace: rule.namespace,
        from: rule.from.to_string(),
    });
    let of_rules = registries.rules.iter().flat_map(|rule| {
        rule.mirrors.iter().map(|mirror| Mirror {
            prefix: rule.prefix.to_string(),
            place: mirror.location.clone(),
            capabilities: words(Capabilities::MIRROR),
            names: match mirror.pull {
                PullFrom::All => "all",
                PullFrom::DigestOnly => "digests",
                PullFrom::TagOnly => "tags",
            },
            namespace: false,
            from: mirror.from.to_string(),
        })
    });
    let of_hosts = of_hosts.into_iter().map(|mirror| Mirror {
        prefix: mirror.of.unwrap_or_else(|| "*".to_owned()),
        place: mirror.place,
        capabilities: words(mirror.capabilities),
        names: "all",
        namespace: true,
        from: mirror.from.to_string(),
    });
    listed.chain(of_rules).chain(of_hosts).collect()
}

fn words(capabilities: Capabilities) -> Vec<&'static str> {
    let Capabilities { pull, resolve, push } = capabilities;
    let all = [(pull, "pull"), (resolve, "resolve"), (push, "push")];
    all.into_iter().filter(|(able, _)| *able).map(|(_, word)| word).collect()
}

fn locations(registries: &Registries) -> Vec<Location> {
    let location = |rule: &RegistryRule| {
        let location = rule.location.clone().filter(|location| location != rule.prefix.as_str())?;
        Some(Location { prefix: rule.prefix.to_string(), place: location, from: rule.from.to_string() })
    };
    registries.rules.iter().filter_map(location).collect()
}

/// Hosts and blocks of addresses, then what `registries.conf` says of names and mirrors.
fn insecure(registries: &Registries, trust: &TrustSettings) -> Vec<Said> {
    let mut all = said(&trust.insecure);
    for rule in &registries.rules {
        all.extend(rule.insecure.then(|| told(rule.location.as_deref().unwrap_or(rule.prefix.as_str()), &rule.from)));
        let mirrors = rule.mirrors.iter().filter(|mirror| mirror.insecure);
        all.extend(mirrors.map(|mirror| told(&mirror.location, &mirror.from)));
    }
    all
}

fn settings_read(file: &Path, notices: &[Located<String>]) -> SettingsRead {
    let of_file = |notice: &&Located<String>| matches!(&notice.from, Provenance::File(of, _) if of == file);
    SettingsRead {
        file: file.display().to_string(),
        exists: file.exists(),
        notices: notices.iter().filter(of_file).map(|notice| told(&notice.value, &notice.from)).collect(),
    }
}

fn blocked(registries: &Registries) -> Vec<Said> {
    registries.rules.iter().filter(|rule| rule.blocked).map(|rule| told(&rule.prefix, &rule.from)).collect()
}

fn keeper(state: SourceState) -> Keeper {
    let exists = state.content.is_some();
    let (entries, helpers) = state.content.map_or_else(Default::default, |content| (content.entries, content.helpers));
    let helper =
        |helper: HelperState| Helper { registry: helper.registry, program: helper.program, found: helper.found };
    Keeper { source: state.name, exists, entries, helpers: helpers.into_iter().map(helper).collect() }
}

fn trusted_realm(realm: &Located<(Option<HostPort>, Url)>) -> TrustedRealm {
    let (registry, url) = &realm.value;
    TrustedRealm {
        registry: registry.as_ref().map(ToString::to_string),
        realm: DisplayUrl(url).to_string(),
        from: realm.from.to_string(),
    }
}

fn proxies(settings: &ProxySettings) -> Vec<Proxy> {
    let by_scheme = [("http", &settings.http), ("https", &settings.https)].into_iter().filter_map(|(of, proxy)| {
        let proxy = proxy.as_ref()?;
        Some(Proxy { of: of.to_owned(), url: Some(display(&proxy.url)), from: proxy.variable.clone() })
    });
    let by_host = settings.hosts.iter().map(|host| Proxy {
        of: host.host.to_string(),
        url: host.proxy.as_ref().map(display),
        from: host.origin.clone(),
    });
    by_host.chain(by_scheme).collect()
}

fn directory(tree: Tree) -> Directory {
    let exists = tree.hosts.is_some();
    let hosts = tree.hosts.unwrap_or_default().into_iter();
    Directory {
        path: tree.root.display().to_string(),
        exists,
        hosts: hosts.map(|host| Holding { host: host.name, files: host.files }).collect(),
    }
}
