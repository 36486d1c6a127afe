//! `rcr`'s own `config.toml`.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::limits::{Durability, Rate};
use super::proxies::ProxyTable;
use crate::endpoint::{Error, InsecureRule, Located, SettingsFile, quoted, without_text};
use crate::http::{HostPort, HostProxy, Url};

/// What `config.toml` may say. Names are those of the flags; unknown keys are errors, because a misspelt setting that
/// is silently ignored is worse than none.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ConfigFile {
    pub(super) store: Option<PathBuf>,
    pub(super) retries: Option<u32>,
    pub(super) max_wait: Option<u64>,
    pub(super) concurrency: Option<u16>,
    pub(super) limit_rate: Option<Rate>,
    pub(super) durability: Option<Durability>,
    pub(super) verify_existing: Option<bool>,
    pub(super) lock_timeout: Option<u64>,
    #[serde(default)]
    pub(super) plain_http: Vec<Spanned<Host>>,
    #[serde(default)]
    pub(super) tls_skip_verify: Vec<Spanned<Host>>,
    #[serde(default)]
    pub(super) insecure_registries: Vec<Spanned<Rule>>,
    #[serde(default)]
    pub(super) cacert: Vec<Spanned<PathBuf>>,
    #[serde(default)]
    pub(super) allow_nondistributable_artifacts: Vec<Spanned<Rule>>,
    /// Registry to token servers.
    #[serde(default)]
    pub(super) trusted_realms: BTreeMap<Host, Vec<Spanned<Realm>>>,
    /// Registry to proxy, as written.
    #[serde(default, rename = "proxies")]
    proxy_table: ProxyTable,
    /// The same with lines.
    #[serde(skip)]
    pub(super) proxies: Vec<HostProxy>,
    /// Mirrors of docker.io.
    #[serde(default)]
    pub(super) registry_mirrors: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) mirror: Vec<Spanned<Mirror>>,
    pub(super) search_registries: Option<Vec<Spanned<String>>>,
    pub(super) short_name_mode: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) aliases: BTreeMap<String, Spanned<String>>,
    /// The file itself.
    #[serde(skip)]
    source: SettingsFile,
}

/// A mirror for the names under a prefix.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Mirror {
    pub(super) prefix: Spanned<String>,
    pub(super) url: Spanned<String>,
    pub(super) capabilities: Option<Vec<Capability>>,
    #[serde(default)]
    pub(super) override_path: bool,
    #[serde(default = "yes")]
    pub(super) namespace: bool,
    #[serde(default)]
    pub(super) ca: Vec<Spanned<PathBuf>>,
    pub(super) client: Option<Client>,
    #[serde(default)]
    pub(super) skip_verify: bool,
    #[serde(default)]
    pub(super) header: BTreeMap<String, Spanned<String>>,
}

impl fmt::Debug for Mirror {
    /// Without URL and headers, which may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mirror").field("prefix", self.prefix.get_ref()).finish_non_exhaustive()
    }
}

fn yes() -> bool {
    true
}

/// What a mirror may be asked for. Nobody pushes to one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Capability {
    Pull,
    Resolve,
}

/// A client certificate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Client {
    pub(super) cert: Spanned<PathBuf>,
    pub(super) key: Spanned<PathBuf>,
}

/// A host or a block of addresses in a list of a file. Docker takes a scheme in front away, so files have them.
#[derive(Clone, Debug)]
pub(super) struct Rule(pub(super) InsecureRule);

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bare = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or(&text);
        let bad = || D::Error::custom(format!("{} is neither host[:port] nor a CIDR block", quoted(&text)));
        InsecureRule::parse(bare).map(Self).ok_or_else(bad)
    }
}

/// A host in a list of a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Host(pub(super) HostPort);

impl<'de> Deserialize<'de> for Host {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        HostPort::parse(&text)
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("{} is not host[:port]", quoted(&text))))
    }
}

/// A token server.
#[derive(Clone, Debug)]
pub(super) struct Realm(pub(super) Url);

impl Realm {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let fits = |url: &Url| matches!(url.scheme(), "https" | "http") && url.host_str().is_some();
        let bad = || format!("{} is not a URL such as https://auth.example.com/", quoted(text));
        Url::parse(text).ok().filter(fits).map(Self).ok_or_else(bad)
    }
}

impl<'de> Deserialize<'de> for Realm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

impl ConfigFile {
    /// Reads `file`; a missing one is empty unless it was asked for by name.
    pub(super) fn read(file: &Path, named: bool) -> Result<Self, Error> {
        let Some(source) = SettingsFile::read(file, named)? else { return Ok(Self::default()) };
        let mut parsed: Self = toml::from_str(source.text())
            .map_err(|e| source.error(e.span().map_or(0, |span| span.start), without_text(e.message())))?;
        parsed.proxies = std::mem::take(&mut parsed.proxy_table).located(&source);
        let key = |name: &str| source.text().find(name).unwrap_or_default();
        if parsed.concurrency == Some(0) {
            return Err(source.error(key("concurrency"), "concurrency is at least 1"));
        }
        if let Some(literal) = parsed.store.as_deref().filter(|store| !store.is_absolute()) {
            let message = format!("store: {} is not an absolute path; `~` means nothing here", literal.display());
            return Err(source.error(key("store"), message));
        }
        let parsed = Self { source, ..parsed };
        for authority in &parsed.cacert {
            parsed.readable("cacert", authority)?;
        }
        Ok(parsed)
    }

    /// A file that the file names, and that can be read.
    pub(super) fn readable(&self, key: &str, file: &Spanned<PathBuf>) -> Result<PathBuf, Error> {
        File::open(file.get_ref()).map_err(|error| {
            let message = format!("{key}: cannot read {}: {}", file.get_ref().display(), error.kind());
            self.source.error(file.span().start, message)
        })?;
        Ok(file.get_ref().clone())
    }

    /// A text of the file that is to mean something; `parse` says what is wrong with it.
    pub(super) fn parsed<T>(
        &self,
        text: &Spanned<String>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Result<Located<T>, Error> {
        let at = text.span().start;
        let value = parse(text.get_ref()).map_err(|message| self.source.error(at, message))?;
        Ok(self.source.located(value, at))
    }

    /// A value of the file, and its line.
    pub(super) fn located<T, U>(&self, value: &Spanned<T>, take: impl Fn(&T) -> U) -> Located<U> {
        self.source.located(take(value.get_ref()), value.span().start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<ConfigFile, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        ConfigFile::read(&file, true).map_err(|e| e.to_string().replace(&file.display().to_string(), "F"))
    }

    #[test]
    fn errors_name_the_line() {
        let cases = [
            ("retries = 1\nconcurency = 2\n", "F:2: "),
            ("\n\nretries = \"many\"\n", "F:3: "),
            ("retries = \n", "F:1: "),
            ("retries = 1\nconcurrency = 0\n", "F:2: "),
            ("retries = 1\ninsecure-registries = [\n 'a',\n 'b/c']\n", "F:2: \"b/c\" is neither"),
            ("\nlimit-rate = '5X'\n", "F:2: \"5X\" is no number of bytes per second"),
            ("\nlimit-rate = 1000\n", "F:2: 1000 bytes per second are too few"),
            ("\nlimit-rate = -1\n", "F:2: -1 is negative"),
            ("\nlimit-rate = true\n", "F:2: "),
            ("\ndurability = 'Full'\n", "F:2: "),
            ("\nverify-existing = 'yes'\n", "F:2: "),
            ("\nlock-timeout = -1\n", "F:2: "),
            ("[trusted-realms]\n\"r.test\" = \"https://x\"\n", "F:2: "),
            ("[trusted-realms]\n\"r.test\" = [\"auth.test\"]\n", "F:2: "),
            ("[trusted-realms]\n\"a/b\" = [\"https://x\"]\n", "F:2: "),
            ("\nplain-http = [\"http://a\"]\n", "F:2: "),
            ("\ntls-skip-verify = [\"a/b\"]\n", "F:2: "),
            ("\nstore = \"~/images\"\n", "F:2: store: "),
            ("[[mirror]]\nprefix = 'a'\nurl = 'https://m'\nheaders = {}\n", "F:4: "),
            ("[[mirror]]\nprefix = 'a'\n", "F:1: "),
            ("[[mirror]]\nprefix = 'a'\nurl = 'https://m'\nclient = { cert = 'x' }\n", "F:4: "),
            ("\nsearch-registries = 'a'\n", "F:2: "),
            ("\ncacert = [\"/does/not/exist\"]\n", "F:2: cacert: "),
        ];
        for (text, start) in cases {
            let message = read(text).unwrap_err();
            assert!(message.starts_with(start), "{text:?}: {message}");
        }
    }

    #[test]
    fn no_secret_is_in_what_is_shown_for_debugging() {
        let text = "[[mirror]]\nprefix = 'q.test'\nurl = 'https://u:hunter2@m.test'\nheader = { x = 'hunter2' }\n";
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        let shown = format!("{:?}", ConfigFile::read(&file, true));
        assert!(shown.contains("q.test") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn every_key_is_read() {
        let file = read(
            "store = '/s'\nretries = 0\nmax-wait = 5\nconcurrency = 3\nlimit-rate = 2048\ndurability = 'relaxed'\n\
             verify-existing = true\nlock-timeout = 0\nplain-http = ['a']\ntls-skip-verify = ['b']\n\
             insecure-registries = ['c']\ncacert = ['/dev/null']\nallow-nondistributable-artifacts = ['e']\n\
             [trusted-realms]\n'r.test' = ['https://x/']\n",
        );
        assert!(file.is_ok_and(|f| f.max_wait == Some(5) && f.trusted_realms.len() == 1));
    }
}
