//! How to trust a host, with who says so: the one place where it is decided.

use std::path::PathBuf;

use super::trust::{InsecureRule, TrustSettings, matches_plain, read_certificate_dir};
use super::{Endpoint, Located, Provenance};
use crate::http::{BoxError, HostPort, HostTrust, SchemePolicy, is_loopback_name};

/// Who allows plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlainReason {
    /// The host is in the list of those that plain HTTP is spoken with.
    Listed(Provenance),
    /// The host, or its address, is in an insecure list.
    Insecure(Provenance),
    /// It is this machine.
    Loopback,
}

/// How to trust a host, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainedTrust {
    /// How.
    pub trust: HostTrust,
    /// Who allows plain HTTP, where anybody does.
    pub plain: Option<PlainReason>,
    /// Who says that certificates are not verified, where anybody does.
    pub unverified: Option<Provenance>,
    /// The authorities that a setting names, and not a certificate directory.
    pub named_authorities: Vec<Located<PathBuf>>,
    /// The directory of certificates, where there is one.
    pub certificate_dir: Option<PathBuf>,
    /// Whether the host's name was looked up, for blocks of addresses in an insecure list.
    pub looked_up: bool,
}

impl TrustSettings {
    /// How to trust `host`, and why; `foreign` says that only a server named it. Looks its name up only where the
    /// insecure list holds networks.
    ///
    /// # Errors
    /// A certificate directory that holds half a client certificate.
    pub fn explain(&self, host: &HostPort, foreign: bool) -> Result<ExplainedTrust, BoxError> {
        let matches = |rule: &HostPort| rule.host == host.host && rule.port == host.port;
        let listed = |rule: &&Located<InsecureRule>| matches!(&rule.value, InsecureRule::Host(h) if matches(h));
        let (insecure, looked_up) = match self.insecure.iter().find(listed) {
            Some(rule) => (Some(&rule.from), false),
            None => self.insecure_network(host),
        };
        let plain_http = self.plain_http.iter().find(|rule| matches_plain(host)(&rule.value));
        let (scheme, plain) = match (plain_http, insecure) {
            (Some(rule), _) => (SchemePolicy::Http, Some(PlainReason::Listed(rule.from.clone()))),
            (None, Some(from)) => (SchemePolicy::HttpsElseHttp, Some(PlainReason::Insecure(from.clone()))),
            (None, None) if is_loopback_name(&host.host) => {
                (SchemePolicy::HttpsUnlessNotTls, Some(PlainReason::Loopback))
            }
            (None, None) => (SchemePolicy::Https, None),
        };
        let skip_verify = || self.skip_verify.iter().find(|rule| matches(&rule.value)).map(|rule| &rule.from);
        let unverified = insecure.or_else(skip_verify).cloned();
        let mut trust = HostTrust {
            scheme,
            verify: unverified.is_none(),
            authorities: self.authorities.iter().map(|file| file.value.clone()).collect(),
            identity: None,
        };
        let own = self.own_certificate_dir.clone().filter(|_| !foreign);
        // The directory for all is for all registries, not for whoever they name.
        let for_all = |dir: &PathBuf| foreign && dir.ends_with("_default");
        let certificate_dir = own.or_else(|| self.certificate_dir(host)).filter(|dir| !for_all(dir));
        if let Some(dir) = &certificate_dir {
            read_certificate_dir(dir, &mut trust)?;
        }
        Ok(ExplainedTrust {
            trust,
            plain,
            unverified,
            named_authorities: self.authorities.clone(),
            certificate_dir,
            looked_up,
        })
    }

    /// The settings as far as they tell how to trust `host` without looking its name up.
    #[must_use]
    pub fn without_lookup(&self, host: &HostPort) -> Self {
        let known = host.ip().is_some() || self.overrides.iter().any(|o| o.host == host.host && o.port == host.port);
        let mut settings = self.clone();
        settings.insecure.retain(|rule| known || matches!(rule.value, InsecureRule::Host(_)));
        settings
    }

    /// The same for an endpoint, with what is said of it alone.
    ///
    /// # Errors
    /// As [`TrustSettings::explain`].
    pub fn explain_at(&self, endpoint: &Endpoint) -> Result<ExplainedTrust, BoxError> {
        let mut explained = self.explain(&endpoint.host(), false)?;
        let Some(own) = &endpoint.trust else { return Ok(explained) };
        let from = || endpoint.from.clone();
        if own.scheme != SchemePolicy::Https {
            explained.plain = Some(PlainReason::Insecure(from()));
        }
        if !own.verify {
            explained.unverified = Some(from());
        }
        explained.named_authorities.extend(own.authorities.iter().map(|file| Located::new(file.clone(), from())));
        explained.trust = explained.trust.with(own);
        Ok(explained)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Registry;

    #[test]
    fn the_directory_for_all_is_not_for_hosts_that_a_server_named() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("_default")).unwrap();
        std::fs::write(root.path().join("_default/ca.crt"), "").unwrap();
        let settings = TrustSettings { hosts_dirs: vec![root.path().to_owned()], ..TrustSettings::default() };
        let authorities = |foreign| {
            let host = HostPort::parse("r.test").unwrap();
            settings.explain(&host, foreign).unwrap().trust.authorities.len()
        };
        assert_eq!((authorities(false), authorities(true)), (1, 0));
    }

    #[test]
    fn every_part_has_a_reason() {
        let said =
            |text: &str, line| Located::new(HostPort::parse(text).unwrap(), Provenance::file("/c".as_ref(), line));
        let rule =
            |text: &str, line| Located::new(InsecureRule::parse(text).unwrap(), Provenance::file("/d".as_ref(), line));
        let settings = TrustSettings {
            plain_http: vec![said("plain.test", 1)],
            skip_verify: vec![said("lax.test", 2)],
            insecure: vec![rule("old.test:5000", 3), rule("10.0.0.0/8", 4)],
            authorities: vec![Located::new("/ca.pem".into(), Provenance::Flag("--cacert"))],
            ..TrustSettings::default()
        };
        let line = |file: &str, line| Provenance::file(file.as_ref(), line);
        let cases = [
            ("r.test", None, None),
            ("plain.test", Some(PlainReason::Listed(line("/c", 1))), None),
            ("lax.test", None, Some(line("/c", 2))),
            ("old.test:5000", Some(PlainReason::Insecure(line("/d", 3))), Some(line("/d", 3))),
            ("10.1.2.3", Some(PlainReason::Insecure(line("/d", 4))), Some(line("/d", 4))),
            ("localhost", Some(PlainReason::Loopback), None),
        ];
        for (name, plain, unverified) in cases {
            let host = HostPort::parse(name).unwrap();
            let explained = settings.explain(&host, false).unwrap();
            assert_eq!((explained.plain, explained.unverified), (plain, unverified), "{name}");
            assert_eq!(explained.trust, settings.of(&host, false).unwrap(), "{name}");
            assert_eq!(explained.trust.authorities, [PathBuf::from("/ca.pem")], "{name}");
        }

        let own = HostTrust { verify: false, authorities: vec!["/own.pem".into()], ..HostTrust::default() };
        let from = line("/hosts.toml", 7);
        let origin = Endpoint::origin(&Registry::parse("10.1.2.3").unwrap(), "a").unwrap();
        let explained = settings.explain_at(&Endpoint { trust: Some(own), from: from.clone(), ..origin }).unwrap();
        assert_eq!(explained.unverified, Some(from.clone()));
        assert_eq!(explained.plain, Some(PlainReason::Insecure(line("/d", 4))));
        assert_eq!(explained.named_authorities.last(), Some(&Located::new("/own.pem".into(), from)));
    }
}
