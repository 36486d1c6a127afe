use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use super::daemon_json::DaemonJson;
use super::file::{ConfigFile, Host, Realm, Rule};
use super::limits::Rate;
use super::registries_conf::RegistriesConf;
use super::said::Said;
use super::{Environment, Error, Flags, haste, proxies, registries, registries_conf};
use crate::auth::credential;
use crate::endpoint::{InsecureRule, Located, Registries, TrustSettings, quoted};
use crate::http::{HostPort, Override, ProxySettings, RetryPolicy, Timeouts, Url};
use crate::store;

/// How long a credential helper may take.
const HELPER_TIMEOUT: Duration = Duration::from_secs(30);
/// Blobs in flight at once, unless said otherwise.
const CONCURRENCY: u16 = 8;

/// What the environment says about the terminal.
#[derive(Clone, Copy, Debug, Default)]
pub struct TerminalHints {
    /// `NO_COLOR` is set.
    pub no_color: bool,
    /// `TERM=dumb`.
    pub dumb: bool,
    /// `CI` is set.
    pub ci: bool,
    /// The locale is one of UTF-8.
    pub utf8: bool,
}

/// Every setting, decided.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the store is; `None` where there is no place for it.
    store: Option<PathBuf>,
    /// How to trust hosts.
    pub trust: TrustSettings,
    /// Addresses that the user gave.
    pub overrides: Vec<Located<Override>>,
    /// Proxies.
    pub proxy: ProxySettings,
    /// How often to try.
    pub retry: RetryPolicy,
    /// How long to wait for a host.
    pub timeouts: Timeouts,
    /// Blobs in flight at once.
    pub concurrency: usize,
    /// The most bytes of blobs per second.
    pub limit_rate: Option<u64>,
    /// How the store is used.
    pub store_options: store::Options,
    /// Token servers trusted with secrets.
    pub trusted_realms: Vec<Located<(Option<HostPort>, Url)>>,
    /// Mirrors, search order, and what else is said about registries.
    pub registries: Arc<Registries>,
    /// The settings files that are looked for, whether or not they are there, and all that were read.
    pub files: Vec<PathBuf>,
    /// What was passed over in files that other programs read too.
    pub notices: Vec<Located<String>>,
    /// Where answers about short names are remembered.
    short_names_file: Option<PathBuf>,
    /// Where credentials are.
    pub credentials: credential::Options,
    /// Registries that take layers whose publisher forbids to redistribute them.
    pub allow_nondistributable: Vec<Located<InsecureRule>>,
}

impl Settings {
    /// Reads flags, environment and files.
    ///
    /// # Errors
    /// The first setting that cannot be used.
    pub fn load(flags: &Flags, environment: &Environment) -> Result<Self, Error> {
        let places = Places::of(environment);
        let own = places.config_home.as_ref().map(|home| home.join("rcr/config.toml"));
        let file = match (&flags.config, &own) {
            (Some(named), _) => ConfigFile::read(named, true)?,
            (None, Some(own)) => ConfigFile::read(own, false)?,
            (None, None) => ConfigFile::default(),
        };
        // The daemon of the user, which goes without root, then that of the system.
        let daemons = [
            places.config_home.as_ref().map(|dir| dir.join("docker/daemon.json")),
            Some(places.system.join("etc/docker/daemon.json")),
        ];
        let mut files: Vec<PathBuf> = flags.config.clone().or(own).into_iter().collect();
        files.extend(daemons.iter().flatten().cloned());
        let daemons: Vec<_> =
            daemons.into_iter().flatten().map(|file| DaemonJson::read(&file)).collect::<Result<_, _>>()?;
        let conf = RegistriesConf::read(&places.registries_conf(environment))?;
        files.extend(conf.files.iter().cloned());
        for notice in &conf.notices {
            tracing::info!(setting = %notice.from, "{}", notice.value);
        }

        // A flag puts a variable aside; of what is insecure, both count.
        let said = Said::new(environment);
        let mut insecure =
            said.both("--insecure-registry", "RCR_INSECURE_REGISTRY", &flags.insecure_registry, parse_rule)?;
        insecure.extend(file.insecure_registries.iter().map(|rule| file.located(rule, |Rule(rule)| rule.clone())));
        insecure.extend(daemons.iter().flat_map(|daemon| daemon.insecure_registries.clone()));
        let nondistributable = file.allow_nondistributable_artifacts.iter();
        let allow_nondistributable = nondistributable
            .map(|rule| file.located(rule, |Rule(rule)| rule.clone()))
            .chain(daemons.iter().flat_map(|daemon| daemon.allow_nondistributable_artifacts.clone()))
            .collect();
        let mut plain_http = said.both("--plain-http", "RCR_PLAIN_HTTP", &flags.plain_http, parse_host)?;
        plain_http.extend(file.plain_http.iter().map(|host| file.located(host, |Host(host)| host.clone())));
        let mut skip_verify =
            said.both("--tls-skip-verify", "RCR_TLS_SKIP_VERIFY", &flags.tls_skip_verify, parse_host)?;
        skip_verify.extend(file.tls_skip_verify.iter().map(|host| file.located(host, |Host(host)| host.clone())));
        let mut authorities = said.files("--cacert", "RCR_CACERT", &flags.cacert)?;
        authorities.extend(file.cacert.iter().map(|authority| file.located(authority, Clone::clone)));
        let overrides = said.one("--resolve", "RCR_RESOLVE", &flags.resolve, parse_override)?;
        let mut trusted_realms = said.one("--trust-realm", "RCR_TRUST_REALM", &flags.trust_realm, |text| {
            Realm::parse(text).map(|Realm(url)| (None, url))
        })?;
        for (Host(registry), realms) in &file.trusted_realms {
            let known = |Realm(url): &Realm| (Some(registry.clone()), url.clone());
            trusted_realms.extend(realms.iter().map(|realm| file.located(realm, known)));
        }
        let short_names_file = places.config_home.as_ref().map(|dir| dir.join("rcr/short-names.toml"));
        let theirs = places.cache_home.as_ref().map(|dir| dir.join("containers/short-name-aliases.conf"));
        let remembered = [&short_names_file, &theirs].into_iter().flatten();
        let remembered = remembered.map(|file| registries_conf::remembered(file)).collect::<Result<_, _>>()?;
        let registries = Registries {
            mirrors: registries::mirrors(flags, &said, &file, &daemons)?,
            search: registries::search(flags, &said, &file, remembered, &conf)?,
            rules: conf.rules,
            hosts_dirs: places.hosts_dirs(&["containerd/certs.d", "docker/certs.d"]),
        };
        let trust = TrustSettings {
            plain_http,
            skip_verify,
            insecure,
            authorities,
            certificate_dirs: places.certificate_dirs(),
            certificate_home: places.certificate_home(),
            hosts_dirs: places.hosts_dirs(&["containerd/certs.d"]),
            own_certificate_dir: flags.cert_dir.clone(),
            overrides: overrides.iter().map(|given| given.value.clone()).collect(),
        };
        if let Some(missing) = flags.cert_dir.as_deref().filter(|dir| !dir.is_dir()) {
            let message = format!("{} is not a directory", missing.display());
            return Err(Error::Value { name: "--cert-dir", message });
        }
        let (defaults, haste) = (RetryPolicy::default(), haste::factor(environment));
        let usual = store::Options::default();
        let vouching = trust.authorities.iter().map(|file| file.value.clone()).collect();
        let proxy = proxies::settings(environment, file.proxies, vouching)?;
        Ok(Self {
            store: flags.store.clone().or(file.store).or_else(|| places.data_home.as_ref().map(|dir| dir.join("rcr"))),
            trust,
            overrides,
            proxy,
            retry: RetryPolicy {
                retries: flags.retries.or(file.retries).unwrap_or(defaults.retries),
                max_wait: flags.max_wait.or(file.max_wait).map_or(defaults.max_wait, Duration::from_secs),
                base: defaults.base / haste,
                cap: defaults.cap / haste,
            },
            timeouts: Timeouts::default().hastened(haste),
            concurrency: usize::from(flags.concurrency.or(file.concurrency).unwrap_or(CONCURRENCY)),
            limit_rate: flags.limit_rate.or(file.limit_rate).map(|Rate(bytes)| bytes),
            store_options: store::Options {
                durability: flags.durability.or(file.durability).map_or(usual.durability, Into::into),
                lock_wait: flags.lock_timeout.or(file.lock_timeout).map_or(usual.lock_wait, Duration::from_secs),
                verify_existing: flags.verify_existing.or(file.verify_existing).unwrap_or(usual.verify_existing),
            },
            registries: Arc::new(registries),
            short_names_file,
            files,
            notices: conf.notices,
            trusted_realms,
            credentials: credentials(environment, &places),
            allow_nondistributable,
        })
    }

    /// Where the store is.
    ///
    /// # Errors
    /// [`Error::NoHome`] where neither a flag nor the environment gives it a place.
    pub fn store(&self) -> Result<&Path, Error> {
        self.store.as_deref().ok_or(Error::NoHome)
    }

    /// Where answers about names without a host are remembered: `[aliases]`, short name to full name. It goes before
    /// all other aliases. `None` where there is no home directory.
    #[must_use]
    pub fn short_names_file(&self) -> Option<PathBuf> {
        self.short_names_file.clone()
    }

    /// What the environment says about the terminal.
    #[must_use]
    pub fn terminal(environment: &Environment) -> TerminalHints {
        TerminalHints {
            no_color: environment.get("NO_COLOR").is_some(),
            dumb: environment.text("TERM").is_some_and(|term| term == "dumb"),
            utf8: ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| environment.text(name)).is_some_and(|locale| {
                let locale = locale.to_ascii_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            }),
            ci: environment.text("CI").is_some_and(|ci| ci != "false" && ci != "0"),
        }
    }
}

/// The directories that the XDG base directory specification and Docker name.
struct Places {
    home: Option<PathBuf>,
    config_home: Option<PathBuf>,
    data_home: Option<PathBuf>,
    cache_home: Option<PathBuf>,
    runtime: Option<PathBuf>,
    system: PathBuf,
}

impl Places {
    fn of(environment: &Environment) -> Self {
        let home = environment.absolute("HOME");
        let below = |name: &str| home.as_ref().map(|home| home.join(name));
        Self {
            config_home: environment.absolute("XDG_CONFIG_HOME").or_else(|| below(".config")),
            data_home: environment.absolute("XDG_DATA_HOME").or_else(|| below(".local/share")),
            cache_home: environment.absolute("XDG_CACHE_HOME").or_else(|| below(".cache")),
            runtime: environment.absolute("XDG_RUNTIME_DIR"),
            system: environment.path("RCR_SYSTEM_ROOT").unwrap_or_else(|| PathBuf::from("/")),
            home,
        }
    }

    fn registries_conf(&self, environment: &Environment) -> registries_conf::Files {
        registries_conf::Files {
            named: environment.path("CONTAINERS_REGISTRIES_CONF"),
            user: self.config_home.as_ref().map(|dir| dir.join("containers")),
            system: self.system.join("etc/containers"),
        }
    }

    /// Directories with a `hosts.toml` per registry: for each name the user's, then the system's.
    fn hosts_dirs(&self, names: &[&str]) -> Vec<PathBuf> {
        let both = |name: &&str| {
            let system = self.system.join("etc").join(name);
            self.config_home.as_ref().map(|dir| dir.join(name)).into_iter().chain([system])
        };
        names.iter().flat_map(both).collect()
    }

    fn certificate_dirs(&self) -> Vec<PathBuf> {
        let user = |name: &str| self.config_home.as_ref().map(|dir| dir.join(name));
        [
            user("containers/certs.d"),
            Some(self.system.join("etc/containers/certs.d")),
            user("docker/certs.d"),
            Some(self.system.join("etc/docker/certs.d")),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// For the administrator, Docker's directory, so that it counts for everybody.
    fn certificate_home(&self) -> Option<PathBuf> {
        #[cfg(unix)]
        if rustix::process::geteuid().is_root() {
            return Some(self.system.join("etc/docker/certs.d"));
        }
        self.config_home.as_ref().map(|dir| dir.join("containers/certs.d"))
    }
}

fn credentials(environment: &Environment, places: &Places) -> credential::Options {
    let docker = environment.path("DOCKER_CONFIG").or_else(|| places.home.as_ref().map(|home| home.join(".docker")));
    let containers = |dir: &Option<PathBuf>| dir.as_ref().map(|dir| dir.join("containers/auth.json"));
    credential::Options {
        registry_auth_file: environment.path("REGISTRY_AUTH_FILE"),
        docker_auth_config: environment.text("DOCKER_AUTH_CONFIG").map(Into::into),
        docker_config_file: docker.map(|dir| dir.join("config.json")),
        containers_auth_files: [containers(&places.runtime), containers(&places.config_home)]
            .into_iter()
            .flatten()
            .collect(),
        legacy_docker_file: places.home.as_ref().map(|home| home.join(".dockercfg")),
        search_path: environment.get("PATH").map(|path| std::env::split_paths(path).collect()).unwrap_or_default(),
        helper_timeout: HELPER_TIMEOUT / haste::factor(environment),
        keyring: true,
    }
}

fn parse_rule(text: &str) -> Result<InsecureRule, String> {
    InsecureRule::parse(text).ok_or_else(|| format!("{} is neither host[:port] nor a CIDR block", quoted(text)))
}

fn parse_host(text: &str) -> Result<HostPort, String> {
    HostPort::parse(text).ok_or_else(|| format!("{} is not host[:port]", quoted(text)))
}

/// `HOST:PORT:ADDR`; an IPv6 address may stand in brackets.
fn parse_override(text: &str) -> Result<Override, String> {
    let bad = || format!("{} is not HOST:PORT:ADDR, for example registry.test:5000:127.0.0.1", quoted(text));
    let (host, rest) = text.split_once(':').filter(|(host, _)| !host.is_empty()).ok_or_else(bad)?;
    let (port, address) = rest.split_once(':').ok_or_else(bad)?;
    let address = address.strip_prefix('[').and_then(|a| a.strip_suffix(']')).unwrap_or(address);
    let address: IpAddr = address.parse().map_err(|_| bad())?;
    Ok(Override { host: host.to_ascii_lowercase(), port: port.parse().map_err(|_| bad())?, address })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(flags: &Flags, pairs: &[(&str, &str)]) -> Result<Settings, String> {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().display().to_string();
        let mut all = vec![("RCR_SYSTEM_ROOT", root.as_str())];
        all.extend_from_slice(pairs);
        let environment = Environment::from_pairs(&all);
        Settings::load(flags, &environment).map_err(|e| e.to_string())
    }

    #[test]
    fn the_store_is_found_in_order() {
        let store = |flag: Option<&str>, pairs: &[(&str, &str)]| {
            let flags = Flags { store: flag.map(PathBuf::from), ..Flags::default() };
            load(&flags, pairs).unwrap().store().map(|p| p.display().to_string()).ok()
        };
        assert_eq!(store(Some("/s"), &[("HOME", "/h")]).as_deref(), Some("/s"));
        assert_eq!(store(None, &[("HOME", "/h"), ("XDG_DATA_HOME", "/x")]).as_deref(), Some("/x/rcr"));
        assert_eq!(
            store(None, &[("HOME", "/h"), ("XDG_DATA_HOME", "relative")]).as_deref(),
            Some("/h/.local/share/rcr")
        );
        assert_eq!(store(None, &[]), None);
    }

    #[test]
    fn overrides_parse() {
        assert!(parse_override("r.test:5000:127.0.0.1").is_ok_and(|o| o.port == 5000));
        assert!(parse_override("r.test:5000:[::1]").is_ok_and(|o| o.address.is_ipv6()));
        assert!(parse_override("r.test:5000:::1").is_ok_and(|o| o.address.is_ipv6()));
        for bad in ["", "r.test", "r.test:5000", ":1:127.0.0.1", "r.test:x:127.0.0.1", "r.test:1:localhost"] {
            assert!(parse_override(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn proxies_come_from_the_environment_and_their_passwords_stay_there() {
        let proxies =
            load(&Flags::default(), &[("ALL_PROXY", "proxy.test:3128"), ("https_proxy", "socks5://s.test:1")]);
        let proxies = proxies.unwrap().proxy;
        assert_eq!(proxies.http.map(|p| p.to_string()).as_deref(), Some("http://proxy.test:3128"));
        assert_eq!(proxies.https.map(|p| p.to_string()).as_deref(), Some("socks5://s.test:1"));
        let message = load(&Flags::default(), &[("HTTPS_PROXY", "ftp://u:hunter2@x")]).unwrap_err();
        assert!(message.starts_with("HTTPS_PROXY: ") && !message.contains("hunter2"), "{message}");
    }

    #[test]
    fn flags_that_mean_nothing_are_refused() {
        let flags = |set: fn(&mut Flags)| {
            let mut flags = Flags::default();
            set(&mut flags);
            load(&flags, &[]).err()
        };
        assert!(flags(|f| f.insecure_registry = vec!["a/b".into()]).is_some());
        assert!(flags(|f| f.plain_http = vec!["http://a".into()]).is_some());
        assert!(flags(|f| f.trust_realm = vec!["auth.test".into()]).is_some());
        assert!(flags(|f| f.cert_dir = Some("/does/not/exist".into())).is_some());
        assert!(flags(|f| f.config = Some("/does/not/exist".into())).is_some());
    }
}
