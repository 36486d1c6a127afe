use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::{SystemTime, UNIX_EPOCH};

use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;

/// What a certificate says of itself (RFC 5280). These are the words of whoever made it: nothing here is verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// Whom it is about, as in RFC 4514; may be empty.
    pub subject: String,
    /// Who signed it, likewise.
    pub issuer: String,
    /// The host names and addresses that it is for.
    pub names: Vec<String>,
    /// When it begins to be valid.
    pub not_before: SystemTime,
    /// When it ceases to be valid.
    pub not_after: SystemTime,
    /// Whether it names itself as its issuer.
    pub self_signed: bool,
}

impl Certificate {
    /// Reads DER. None where it is no certificate.
    pub(in crate::http) fn parse(der: &[u8]) -> Option<Self> {
        // Leniently: serial numbers and dates against the rules are none of a reader's business.
        let certificate = CertificateInner::<Raw>::from_der(der).ok()?;
        let body = certificate.tbs_certificate();
        let (subject, issuer, validity) = (body.subject(), body.issuer(), body.validity());
        let alternative = body.get_extension::<SubjectAltName>().ok().flatten();
        Some(Self {
            subject: subject.to_string(),
            issuer: issuer.to_string(),
            names: alternative.iter().flat_map(|(_, names)| &names.0).filter_map(host_name).collect(),
            not_before: UNIX_EPOCH.checked_add(validity.not_before.to_unix_duration())?,
            not_after: UNIX_EPOCH.checked_add(validity.not_after.to_unix_duration())?,
            self_signed: subject == issuer,
        })
    }

    /// Whom nobody knows: the issuer at the end of the chain that begins with the server's certificate.
    pub(super) fn last_issuer<'a>(server: &[u8], others: impl Iterator<Item = &'a [u8]>) -> Option<String> {
        let mut last = Self::parse(server)?;
        let mut others: Vec<Self> = others.filter_map(Self::parse).collect();
        while !last.self_signed {
            let Some(at) = others.iter().position(|other| other.subject == last.issuer) else { break };
            last = others.swap_remove(at);
        }
        Some(last.issuer).filter(|issuer| !issuer.is_empty())
    }
}

fn host_name(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.as_str().to_owned()),
        GeneralName::IpAddress(bytes) => {
            let bytes = bytes.as_bytes();
            let v4 = <[u8; 4]>::try_from(bytes).map(|b| IpAddr::from(Ipv4Addr::from(b)));
            let ip = v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(|b| Ipv6Addr::from(b).into()));
            ip.ok().map(|ip| ip.to_string())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};

    use super::*;

    fn params(common_name: &str, names: &[&str]) -> CertificateParams {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, common_name);
        params
    }

    fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
        let mut params = params(name, &[]);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    #[test]
    fn a_certificate_is_read() {
        let mut asked = params("registry", &["r.test", "*.r.test", "192.0.2.7", "2001:db8::1"]);
        asked.not_before = date_time_ymd(2001, 1, 1);
        asked.not_after = date_time_ymd(2055, 1, 1);
        let der = asked.signed_by(&KeyPair::generate().unwrap(), &authority("own")).unwrap();
        let read = Certificate::parse(der.der()).unwrap();
        assert_eq!((read.subject.as_str(), read.issuer.as_str()), ("CN=registry", "CN=own"));
        assert_eq!(read.names, ["r.test", "*.r.test", "192.0.2.7", "2001:db8::1"]);
        assert_eq!(read.not_before, UNIX_EPOCH + Duration::from_secs(978_307_200));
        assert_eq!(read.not_after, UNIX_EPOCH + Duration::from_secs(2_682_374_400));
        assert!(!read.self_signed);
        assert!(Certificate::parse(authority("own").der()).unwrap().self_signed);
        assert_eq!(Certificate::parse(b"nonsense"), None);
    }

    #[test]
    fn the_unknown_one_is_at_the_end_of_the_chain() {
        let root = authority("root");
        let mut between = params("between", &[]);
        between.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let between = CertifiedIssuer::signed_by(between, KeyPair::generate().unwrap(), &root).unwrap();
        let server = params("server", &["r.test"]).signed_by(&KeyPair::generate().unwrap(), &between).unwrap();
        let stranger = authority("stranger");
        let cases: [(&str, Vec<&[u8]>, &str); 3] = [
            ("alone", vec![], "CN=between"),
            ("with its issuer", vec![stranger.der(), between.der()], "CN=root"),
            ("whole, out of order", vec![root.der(), between.der()], "CN=root"),
        ];
        for (name, others, issuer) in cases {
            let found = Certificate::last_issuer(server.der(), others.into_iter());
            assert_eq!(found.as_deref(), Some(issuer), "{name}");
        }
    }
}
