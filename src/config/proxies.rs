//! Proxies: from the environment, and for single hosts from `[proxies]` in `config.toml`.
//!
//! A value may hold a password: no error repeats one, nor a key.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Error as _, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{Environment, Error};
use crate::endpoint::SettingsFile;
use crate::http::{HostPort, HostProxy, NoProxy, Proxy, ProxySettings, Url, parse_proxy};

/// The table `[proxies]`: `"quay.io" = "http://proxy.example:3128"`, `"internal.example:5000" = "direct"`.
#[derive(Clone, Debug, Default)]
pub(super) struct ProxyTable(BTreeMap<Key, Spanned<Value>>);

impl<'de> Deserialize<'de> for ProxyTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = ProxyTable;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table of hosts, such as \"quay.io\" = \"http://proxy.example:3128\"")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ProxyTable, A::Error> {
                BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(ProxyTable)
            }

            // The words for a wrong type would repeat it.
            fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<ProxyTable, E> {
                Err(E::invalid_type(Unexpected::Other("text"), &self))
            }
        }
        deserializer.deserialize_map(Table)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key(HostPort);

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bad = || D::Error::custom("a key of [proxies] is host[:port], such as \"quay.io\"");
        HostPort::parse(&text).map(Self).ok_or_else(bad)
    }
}

/// `None` for `direct`.
#[derive(Clone)]
struct Value(Option<Url>);

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "a proxy" } else { "direct" })
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let expected = "expected the URL of a proxy, such as \"http://proxy.example:3128\", or \"direct\"";
        // The parser's own words on a value of another type would repeat it.
        let text = String::deserialize(deserializer).map_err(|_| D::Error::custom(expected))?;
        if text == "direct" {
            return Ok(Self(None));
        }
        parse_proxy(&text).map(|url| Self(Some(url))).ok_or_else(|| D::Error::custom(expected))
    }
}

impl ProxyTable {
    /// The entries, each with its line of `source`.
    pub(super) fn located(self, source: &SettingsFile) -> Vec<HostProxy> {
        let locate = |(Key(host), value): (Key, Spanned<Value>)| {
            let origin = source.at(value.span().start).to_string();
            HostProxy { host, proxy: value.into_inner().0, origin }
        };
        self.0.into_iter().map(locate).collect()
    }
}

/// What `environment` and `[proxies]` say; `authorities` vouch for `https://` proxies.
pub(super) fn settings(
    environment: &Environment,
    hosts: Vec<HostProxy>,
    authorities: Vec<PathBuf>,
) -> Result<ProxySettings, Error> {
    // `HTTP_PROXY` is a request header where a web server starts programs; others read it all the same, and so do we.
    let either = |upper: &'static str, lower: &'static str| {
        environment.text(lower).map(|v| (lower, v)).or_else(|| environment.text(upper).map(|v| (upper, v)))
    };
    let all = either("ALL_PROXY", "all_proxy");
    let parse = |found: Option<(&'static str, String)>| {
        let Some((name, text)) = found else { return Ok::<_, Error>(None) };
        let message = "it is not the URL of a proxy, such as http://proxy.example:3128".to_owned();
        let url = parse_proxy(&text).ok_or(Error::Value { name, message })?;
        Ok(Some(Proxy { url, variable: name.to_owned() }))
    };
    Ok(ProxySettings {
        http: parse(either("HTTP_PROXY", "http_proxy").or_else(|| all.clone()))?,
        https: parse(either("HTTPS_PROXY", "https_proxy").or(all))?,
        no_proxy: either("NO_PROXY", "no_proxy").map(|(name, list)| NoProxy::parse(name, &list)).unwrap_or_default(),
        hosts,
        authorities,
    })
}

#[cfg(test)]
mod tests {
    use super::super::file::ConfigFile;
    use super::*;

    fn read(text: &str) -> Result<Vec<String>, String> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        let short = |text: String| text.replace(&file.display().to_string(), "F");
        let read = ConfigFile::read(&file, true).map_err(|e| short(e.to_string()))?;
        Ok(read.proxies.iter().map(|own| short(format!("{own:?}"))).collect())
    }

    #[test]
    fn entries_know_their_lines() {
        let text = "retries = 1\n[proxies]\n\"quay.io\" = \"http://u:hunter2@proxy.example:3128\"\n\n\
                    \"internal.example:5000\" = \"direct\"\n'[fd00::1]:443' = 'socks5://proxy.example'\n";
        let expected = [
            "[fd00::1]:443: socks5://proxy.example:1080 (F:6)",
            "internal.example:5000: direct (F:5)",
            "quay.io: http://proxy.example:3128 (F:3)",
        ];
        assert_eq!(read(text).unwrap(), expected);
        assert_eq!(read("proxies = { 'a' = 'direct' }").unwrap(), ["a: direct (F:1)"]);
    }

    #[test]
    fn errors_name_the_line_and_nothing_that_may_be_secret() {
        let cases = [
            ("[proxies]\n\n'quay.io' = 'ftp://u:hunter2@x'\n", "F:3: expected the URL of a proxy"),
            ("[proxies]\n'quay.io' = 'u:hunter2@x y'\n", "F:2: expected the URL of a proxy"),
            ("[proxies]\n'quay.io' = ''\n", "F:2: expected the URL of a proxy"),
            ("[proxies]\n'quay.io' = ['hunter2']\n", "F:2: expected the URL of a proxy"),
            ("[proxies]\n'quay.io' = 5\n", "F:2: expected the URL of a proxy"),
            ("[proxies]\n'quay.io' = { url = 'hunter2' }\n", "F:2: expected the URL of a proxy"),
            ("[proxies]\n'http://u:hunter2@quay.io' = 'direct'\n", "F:2: a key of [proxies] is host[:port]"),
            ("[proxies]\n'a' = 'direct'\n'quay.io/hunter2' = 'direct'\n", "F:3: a key of [proxies] is host[:port]"),
            ("\nproxies = 'http://u:hunter2@x'\n", "F:2: "),
            ("[proxies]\n'quay.io' = 'http://u:hunter2@x\n", "F:2: "),
            ("[proxies]\nquay.io = 'http://u:hunter2@x'\n", "F:2: expected the URL of a proxy"),
        ];
        for (text, start) in cases {
            let message = read(text).unwrap_err();
            assert!(message.starts_with(start), "{text:?}: {message}");
            assert!(!message.contains("hunter2"), "{text:?}: {message}");
        }
    }

    #[test]
    fn lower_case_comes_before_upper_and_each_scheme_before_all() {
        let shown = |pairs: &[(&str, &str)]| {
            let settings = settings(&Environment::from_pairs(pairs), Vec::new(), Vec::new()).unwrap();
            [&settings.http, &settings.https].map(|proxy| proxy.as_ref().map(|proxy| format!("{proxy:?}")))
        };
        let both = |http: &str, https: &str| [http, https].map(|text| Some(text.to_owned()));
        let cases = [
            (
                &[("HTTP_PROXY", "a"), ("http_proxy", "b"), ("ALL_PROXY", "c")][..],
                both("http://b (http_proxy)", "http://c (ALL_PROXY)"),
            ),
            (&[("all_proxy", "a"), ("ALL_PROXY", "b")], both("http://a (all_proxy)", "http://a (all_proxy)")),
            (
                &[("HTTPS_PROXY", "https://u:p@a"), ("https_proxy", ""), ("all_proxy", "b")],
                both("http://b (all_proxy)", "https://a (HTTPS_PROXY)"),
            ),
        ];
        for (pairs, expected) in cases {
            assert_eq!(shown(pairs), expected, "{pairs:?}");
        }
    }
}
