use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustls::pki_types::UnixTime;
use rustls::{AlertDescription as Alert, CertificateError};

use super::verifier::{SelfSigned, UnknownIssuer};

/// How many names of a certificate are kept.
const MAX_NAMES: usize = 8;
/// How much of a server's words is kept, in characters: what a name in DNS may have.
const MAX_WORD_CHARS: usize = 253;

/// What is wrong with a server's TLS. Names are the server's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsProblem {
    /// No trust store knows who signed the certificate.
    UnknownAuthority {
        /// Who that claims to be, where it can be read.
        issuer: Option<String>,
    },
    /// The certificate names itself as who signed it, and no trust store knows it.
    SelfSigned,
    /// The certificate is past its time.
    Expired {
        /// Since when, where that is known.
        since: Option<SystemTime>,
    },
    /// The certificate's time has not come.
    NotYetValid {
        /// When it comes, where that is known.
        from: Option<SystemTime>,
    },
    /// The certificate is for other names.
    WrongHost {
        /// The host names and addresses that it is for: the first few, and none that could be no host. Empty where
        /// that is not known.
        presented: Vec<String>,
    },
    /// The certificate names no host as a subject's alternative name (RFC 9525 section 2): the subject itself is none.
    NoHostName,
    /// The server wants a client certificate, or refuses the one it got.
    ClientCertificate,
    /// Anything else, in the TLS library's words.
    Other(String),
}

impl TlsProblem {
    pub(in crate::http) fn of(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(problem) => Self::of_certificate(problem),
            rustls::Error::AlertReceived(
                Alert::CertificateRequired
                | Alert::BadCertificate
                | Alert::UnknownCA
                | Alert::CertificateUnknown
                | Alert::AccessDenied,
            ) => Self::ClientCertificate,
            other => Self::Other(format!("TLS failed: {other}")),
        }
    }

    fn of_certificate(problem: &CertificateError) -> Self {
        use CertificateError as E;
        match problem {
            E::UnknownIssuer => Self::UnknownAuthority { issuer: None },
            E::Expired => Self::Expired { since: None },
            E::ExpiredContext { not_after, .. } => Self::Expired { since: moment(*not_after) },
            E::NotValidYet => Self::NotYetValid { from: None },
            E::NotValidYetContext { not_before, .. } => Self::NotYetValid { from: moment(*not_before) },
            E::NotValidForName => Self::WrongHost { presented: Vec::new() },
            E::NotValidForNameContext { presented, .. } if presented.is_empty() => Self::NoHostName,
            E::NotValidForNameContext { presented, .. } => {
                let hosts = presented.iter().filter(|name| is_host(name)).take(MAX_NAMES);
                Self::WrongHost { presented: hosts.cloned().collect() }
            }
            E::Other(other) if other.0.is::<SelfSigned>() => Self::SelfSigned,
            E::Other(other) => match other.0.downcast_ref::<UnknownIssuer>() {
                Some(UnknownIssuer(issuer)) => Self::UnknownAuthority {
                    issuer: issuer.as_ref().map(|name| name.chars().take(MAX_WORD_CHARS).collect()),
                },
                None => Self::Other(format!("its certificate is not valid: {problem}")),
            },
            other => Self::Other(format!("its certificate is not valid: {other}")),
        }
    }
}

fn moment(time: UnixTime) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(time.as_secs()))
}

/// Whether a name can stand in a command without meaning anything else there.
fn is_host(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '*' | ':');
    !name.is_empty() && name.len() <= MAX_WORD_CHARS && !name.starts_with('-') && name.chars().all(plain)
}

impl fmt::Display for TlsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |time: &Option<SystemTime>| {
            let time = time.and_then(|time| jiff::Timestamp::try_from(time).ok());
            time.map(|time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
        };
        match self {
            Self::UnknownAuthority { issuer: None } => f.write_str("its certificate is signed by an unknown authority"),
            Self::UnknownAuthority { issuer: Some(issuer) } => {
                write!(f, "its certificate is signed by an unknown authority, `{issuer}`")
            }
            Self::SelfSigned => f.write_str("its certificate is signed by itself"),
            Self::Expired { since } => match day(since) {
                Some(day) => write!(f, "its certificate expired on {day}"),
                None => f.write_str("its certificate has expired"),
            },
            Self::NotYetValid { from } => match day(from) {
                Some(day) => write!(f, "its certificate is not valid before {day}"),
                None => f.write_str("its certificate is not valid yet"),
            },
            Self::WrongHost { presented } if presented.is_empty() => {
                f.write_str("its certificate is for another host name")
            }
            Self::WrongHost { presented } => {
                write!(f, "its certificate is for another host name: `{}`", presented.join("`, `"))
            }
            Self::NoHostName => {
                f.write_str("its certificate names no host in subjectAltName, and a common name (CN) does not count")
            }
            Self::ClientCertificate => f.write_str("it asks for a client certificate, or refuses the one it got"),
            Self::Other(message) => f.write_str(message),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rustls::OtherError;
    use rustls::pki_types::ServerName;

    use super::*;

    fn presented(names: Vec<String>) -> TlsProblem {
        let expected = ServerName::try_from("r.test").unwrap();
        let error = CertificateError::NotValidForNameContext { expected, presented: names };
        TlsProblem::of(&error.into())
    }

    #[test]
    fn a_servers_words_are_bounded_and_no_commands() {
        let names = ["ok.test", "*.ok.test", "2001:db8::1", "x`rm`", "a b", "-x", "\u{1b}[2J", ""];
        let problem = presented(names.map(str::to_owned).to_vec());
        assert_eq!(
            problem.to_string(),
            "its certificate is for another host name: `ok.test`, `*.ok.test`, `2001:db8::1`"
        );
        let many = presented((0..100).map(|n| format!("n{n}.test")).collect());
        assert!(matches!(many, TlsProblem::WrongHost { presented } if presented.len() == MAX_NAMES));
        assert_eq!(presented(vec!["x".repeat(254)]).to_string(), "its certificate is for another host name");
        let long = UnknownIssuer(Some("x".repeat(1000)));
        let long = TlsProblem::of(&CertificateError::Other(OtherError(Arc::new(long))).into());
        assert!(
            matches!(&long, TlsProblem::UnknownAuthority { issuer: Some(i) } if i.len() == MAX_WORD_CHARS),
            "{long}"
        );
    }

    #[test]
    fn dates_are_said() {
        let (time, at) = (UnixTime::now(), UnixTime::since_unix_epoch(Duration::from_secs(1_009_843_200)));
        let cases: [(CertificateError, &str); 4] = [
            (
                CertificateError::ExpiredContext { time, not_after: at },
                "its certificate expired on 2002-01-01 00:00 UTC",
            ),
            (
                CertificateError::NotValidYetContext { time, not_before: at },
                "its certificate is not valid before 2002-01-01 00:00 UTC",
            ),
            (
                CertificateError::ExpiredContext {
                    time,
                    not_after: UnixTime::since_unix_epoch(Duration::from_secs(u64::MAX)),
                },
                "its certificate has expired",
            ),
            (CertificateError::NotValidYet, "its certificate is not valid yet"),
        ];
        for (error, text) in cases {
            assert_eq!(TlsProblem::of(&error.clone().into()).to_string(), text, "{error:?}");
        }
    }
}
