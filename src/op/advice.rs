//! What a person can do about a failure: the sentences of hints. Each hangs on an error's type; `verdict` chooses.

use std::time::Duration;

use jiff::{SignedDuration, Zoned};

use crate::endpoint::TrustSettings;
use crate::http::{self, GaveUp, ProxyProblem, ProxyReason, StatusCode, TlsProblem};
use crate::model::Registry;
use crate::registry::Refusal;

pub(super) fn proxy_advice(host: &str, proxy: &str, why: &ProxyReason, problem: &ProxyProblem) -> String {
    // `origin` is where the proxy is set, `past` how to do without it.
    let (origin, past) = match why {
        ProxyReason::Setting(line) => (line, format!("write `\"{host}\" = \"direct\"` there")),
        ProxyReason::Variable(name) => {
            let listed = host.rsplit_once(':').map_or(host, |(name, _)| name);
            (name, format!("list `{listed}` in NO_PROXY"))
        }
        other => (&other.to_string(), "set none".to_owned()),
    };
    match problem {
        ProxyProblem::Unreachable(_) => format!("the proxy {proxy} comes from {origin}: check it, or {past}"),
        ProxyProblem::Refused(_) => format!(
            "the proxy {proxy} comes from {origin}: check that it lets you reach {host}, and that {host} runs; if no \
             proxy is needed for it, {past}"
        ),
        ProxyProblem::Tls(_) => format!(
            "the proxy {proxy} comes from {origin}; its certificate is checked against this machine's authorities and \
             `--cacert FILE`, whatever is said of {host}"
        ),
        ProxyProblem::Authentication { sent: false } => format!(
            "the proxy {proxy} comes from {origin}: put user and password into its URL there, as in \
             `http://USER:PASSWORD@{proxy}`"
        ),
        ProxyProblem::Authentication { sent: true } => {
            format!("correct the user and password in the proxy's URL, which comes from {origin}")
        }
        ProxyProblem::SeesIdentity => format!(
            "the proxy {proxy} comes from {origin}: reach it with a URL that starts with `http://` or `socks5h://`, or \
             {past}"
        ),
    }
}

pub(super) fn tls_advice(host: &str, problem: &TlsProblem, trust: &TrustSettings) -> (&'static str, String) {
    match problem {
        TlsProblem::UnknownAuthority { .. } => {
            ("tls_unknown_authority", authority_advice("its authority's certificate", host, trust))
        }
        TlsProblem::SelfSigned => ("tls_unknown_authority", authority_advice("its certificate", host, trust)),
        TlsProblem::Expired { .. } => (
            "tls_expired",
            format!(
                "the registry's operator has to renew the certificate; check this machine's clock with `date`. To go \
                 on without verification: `--tls-skip-verify {host}`"
            ),
        ),
        TlsProblem::NotYetValid { .. } => (
            "tls_not_yet_valid",
            format!(
                "check this machine's clock with `date`; if it is right, the registry's operator has to see to the \
                 certificate. To go on without verification: `--tls-skip-verify {host}`"
            ),
        ),
        TlsProblem::WrongHost { presented } if !presented.is_empty() => {
            ("tls_wrong_host", name_advice(host, presented))
        }
        TlsProblem::NoHostName => {
            let asked = http::HostPort::parse(host);
            let name = asked.map_or_else(
                || "subjectAltName".to_owned(),
                |asked| format!("subjectAltName={}:{}", if asked.ip().is_some() { "IP" } else { "DNS" }, asked.host),
            );
            let advice = format!(
                "the registry's operator has to issue a certificate with `{name}`. To go on without verification: \
                 `--tls-skip-verify {host}`"
            );
            ("tls_wrong_host", advice)
        }
        // No name in the certificate could be a host's.
        TlsProblem::WrongHost { .. } => {
            ("tls_wrong_host", "use the name that the certificate is for; the registry's operator knows it".to_owned())
        }
        TlsProblem::ClientCertificate => ("tls_client_certificate", identity_advice(host, trust)),
        TlsProblem::Other(_) => ("tls", String::new()),
    }
}

fn authority_advice(what: &str, host: &str, trust: &TrustSettings) -> String {
    let dir = http::HostPort::parse(host).and_then(|host| trust.directory_for(&host));
    dir.map_or_else(
        || format!("if you trust this registry, run the same command with `--cacert FILE`, {what}"),
        |dir| {
            let file = dir.join("ca.crt");
            format!(
                "if you trust this registry, put {what} at `{}`, or run the same command with \
                 `--cacert FILE`",
                file.display()
            )
        },
    )
}

fn identity_advice(host: &str, trust: &TrustSettings) -> String {
    let dir = http::HostPort::parse(host).and_then(|host| trust.directory_for(&host));
    let place = dir.map(|dir| format!("put client.cert and client.key into `{}`, or ", dir.display()));
    format!(
        "{}run the same command with `--cert-dir DIR`, a directory with client.cert and client.key",
        place.unwrap_or_default()
    )
}

/// Whoever answers at `host` has proved to have these names. Whether that is the registry, the user knows.
fn name_advice(host: &str, presented: &[String]) -> String {
    let asked = http::HostPort::parse(host);
    let forms: Vec<String> = presented
        .iter()
        .map(|name| match (&asked, name.strip_prefix("*.")) {
            (_, Some(domain)) => format!("a name under {domain}"),
            (Some(asked), None) => format!("`{}`", http::HostPort { host: name.clone(), ..asked.clone() }),
            (None, None) => format!("`{name}`"),
        })
        .collect();
    let forms = forms.join(" or ");
    format!("if that is the registry you mean, run the same command with {forms} in place of `{host}`")
}

/// For a way that failed for a reason that is to be found out.
pub(super) const TRY_AGAIN: &str = "run the same command again";

pub(super) fn way_further(host: &str) -> String {
    format!("if that fails too, `rcr doctor {host}` shows where")
}

/// The command that logs in where `host` answered, as people name the registry.
pub(super) fn login(host: &str) -> String {
    let name = Registry::parse(host).map_or_else(|_| host.to_owned(), |registry| registry.to_string());
    format!("rcr login {name}")
}

pub(super) fn not_found_advice(refusal: &Refusal) -> String {
    let check = match &refusal.repository {
        Some(repository) if refusal.has_code("MANIFEST_UNKNOWN") => {
            format!("`rcr tags {repository}` lists the tags that are there")
        }
        _ => "check the spelling".to_owned(),
    };
    match &refusal.credentials_sent {
        Some(origin) => {
            format!("{check}; a private repository that the account from {origin} may not see looks the same")
        }
        None => format!(
            "{check}; a private repository looks the same, and no credentials were sent: `{}`",
            login(&refusal.host)
        ),
    }
}

pub(super) fn denied_advice(refusal: &Refusal) -> String {
    let login = login(&refusal.host);
    match &refusal.credentials_sent {
        // Where a token was refused, the challenge says for what; where nothing is said, it is the password.
        Some(origin) if refusal.status == StatusCode::UNAUTHORIZED && refusal.challenge.is_none() => format!(
            "the user name or password from {origin} is wrong, or no longer valid; some registries want an access \
             token in place of the password: `{login}`"
        ),
        Some(origin) => format!(
            "the credentials from {origin} were sent: that account lacks the right, an administrator restricts \
             access, or the repository does not exist; ask for access, or use another account with `{login}`"
        ),
        None if refusal.status == StatusCode::FORBIDDEN => format!(
            "no credentials were sent: log in with `{login}`; if it is refused even then, the account lacks the right, \
             an administrator restricts access, or the repository does not exist"
        ),
        None => {
            format!("no credentials were sent, and the repository may be private, or not exist: log in with `{login}`")
        }
    }
}

pub(super) fn rate_advice(refusal: &Refusal) -> String {
    let when = match refusal.retry_after {
        None => "try again later".to_owned(),
        Some(wait) => again(wait, refusal.gave_up),
    };
    match &refusal.credentials_sent {
        Some(origin) => format!("{when}; the account from {origin} was logged in"),
        None => {
            format!("{when}; you were not logged in, and accounts may be allowed more: `{}`", login(&refusal.host))
        }
    }
}

/// When to try again, for a wait that starts now, and with which flags the command would have gone on by itself.
pub(super) fn again(wait: Duration, gave_up: GaveUp) -> String {
    let when = when(wait, &Zoned::now());
    let retries = gave_up.retries.map(|retries| format!("--retries {}", retries.saturating_add(1).saturating_mul(2)));
    match (gave_up.wait.map(|all| all.as_millis().div_ceil(1000)), retries) {
        // Nobody waits for days.
        (Some(86_401..), _) | (None, None) => format!("try again {when}"),
        (None, Some(retries)) => format!("try again {when}, or go on for longer with `{retries}`"),
        (Some(seconds), retries) => {
            let in_all = if gave_up.wait > Some(wait) { format!(", {seconds} s in all,") } else { String::new() };
            let retries = retries.map_or_else(String::new, |retries| format!("{retries} "));
            format!("try again {when}, or wait for it{in_all} with `{retries}--max-wait {seconds}`")
        }
    }
}

/// The end of a wait that starts `now`: `in 27 s`; where it is far away with the time of day, where people are.
fn when(wait: Duration, now: &Zoned) -> String {
    let seconds = wait.as_millis().div_ceil(1000);
    if seconds < 600 {
        return format!("in {seconds} s");
    }
    let end = i64::try_from(seconds).ok().and_then(|seconds| now.checked_add(SignedDuration::from_secs(seconds)).ok());
    let Some(end) = end.filter(|_| seconds < 366 * 86_400) else { return "in more than a year".to_owned() };
    match seconds.div_ceil(60) {
        minutes @ ..120 if end.date() == now.date() => format!("in {minutes} min, at {}", end.strftime("%H:%M")),
        minutes if end.date() == now.date() => format!("in {} h, at {}", minutes / 60, end.strftime("%H:%M")),
        _ => format!("on {}", end.strftime("%Y-%m-%d at %H:%M")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_belong_in_the_directory_that_is_read() {
        let trust = TrustSettings { certificate_home: Some("/home/a/certs.d".into()), ..TrustSettings::default() };
        let unknown = TlsProblem::UnknownAuthority { issuer: None };
        let cases = [
            (&unknown, &trust, "at `/home/a/certs.d/r.test:5000/ca.crt`, or run the same command with `--cacert FILE`"),
            (&unknown, &TrustSettings::default(), "if you trust this registry, run the same command with `--cacert"),
            (&TlsProblem::SelfSigned, &trust, "put its certificate at `/home/a/certs.d/r.test:5000/ca.crt`, or run"),
            (
                &TlsProblem::NoHostName,
                &trust,
                "with `subjectAltName=DNS:r.test`. To go on without verification: `--tls-",
            ),
            (&TlsProblem::ClientCertificate, &trust, "client.key into `/home/a/certs.d/r.test:5000`, or run"),
            (&TlsProblem::ClientCertificate, &TrustSettings::default(), "run the same command with `--cert-dir DIR`"),
        ];
        for (problem, trust, expected) in cases {
            let (_, hint) = tls_advice("r.test:5000", problem, trust);
            assert!(hint.contains(expected), "{hint}");
        }
    }

    #[test]
    fn a_certificates_names_are_the_advice() {
        let cases: [(&str, &[&str], &str); 6] = [
            ("r.test", &["a.test"], "with `a.test` in place of `r.test`"),
            ("r.test:5000", &["a.test", "b.test"], "with `a.test:5000` or `b.test:5000` in place of `r.test:5000`"),
            ("r.test:5000", &["2001:db8::1"], "with `[2001:db8::1]:5000` in place of"),
            ("r.test:5000", &["*.a.test"], "with a name under a.test in place of `r.test:5000`"),
            ("r.test", &["a.test", "*.a.test"], "with `a.test` or a name under a.test in place of"),
            ("r.test", &[], "use the name that the certificate is for; the"),
        ];
        for (host, names, expected) in cases {
            let presented = names.iter().map(ToString::to_string).collect();
            let (kind, hint) = tls_advice(host, &TlsProblem::WrongHost { presented }, &TrustSettings::default());
            assert_eq!(kind, "tls_wrong_host");
            assert!(hint.contains(expected), "{hint}");
        }
    }

    #[test]
    fn the_end_of_a_wait_is_said_where_people_are() {
        let now: Zoned = "2026-11-21T13:30:00+01:00[+01:00]".parse().unwrap();
        let minute = 60;
        let cases = [
            (0, "in 0 s"),
            (27, "in 27 s"),
            (599, "in 599 s"),
            (35 * minute, "in 35 min, at 14:05"),
            (119 * minute, "in 119 min, at 15:29"),
            (300 * minute, "in 5 h, at 18:30"),
            (11 * 60 * minute, "on 2026-11-22 at 00:30"),
            (100 * 86_400, "on 2027-03-01 at 13:30"),
            (1_000_000_000, "in more than a year"),
            (u64::MAX, "in more than a year"),
        ];
        for (seconds, expected) in cases {
            assert_eq!(when(Duration::from_secs(seconds), &now), expected, "{seconds}");
        }
        assert_eq!(when(Duration::from_millis(1500), &now), "in 2 s");
    }

    #[test]
    fn the_limit_that_was_reached_is_the_one_to_raise() {
        let cases = [
            (None, None, "try again in 12 s"),
            (None, Some(12), "try again in 12 s, or wait for it with `--max-wait 12`"),
            (None, Some(24), "try again in 12 s, or wait for it, 24 s in all, with `--max-wait 24`"),
            (None, Some(86_401), "try again in 12 s"),
            (Some(4), None, "try again in 12 s, or go on for longer with `--retries 10`"),
            (Some(0), Some(12), "try again in 12 s, or wait for it with `--retries 2 --max-wait 12`"),
        ];
        for (retries, seconds, expected) in cases {
            let gave_up = GaveUp { retries, wait: seconds.map(Duration::from_secs) };
            assert_eq!(again(Duration::from_secs(12), gave_up), expected, "{gave_up:?}");
        }
    }
}
