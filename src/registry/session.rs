//! An upload session: where it continues, and whether the registry's credentials may go there.

use std::borrow::Cow;

use super::error::Error;
use super::host::Host;
use super::range::session_length;
use crate::http::{HeaderMap, Purpose, Response, Url, header};
use crate::model::Digest;

/// An open session on a registry: distribution-spec, "Pushing blobs".
#[derive(Clone, Debug)]
pub(super) struct Session {
    /// Where the next request goes.
    pub(super) location: Url,
    /// Whether that is at the registry itself.
    pub(super) at_home: bool,
    /// The shortest chunk that the registry takes, in bytes; the last may be shorter.
    pub(super) chunk_min_bytes: u64,
    /// Whether bytes may have gone into it.
    pub(super) used: bool,
    /// Whether a later run has been told of it.
    pub(super) remembered: bool,
}

impl Session {
    /// What the answer to a POST opened.
    pub(super) fn open(host: &Host, operation: &str, response: &Response) -> Result<Self, Error> {
        let (location, at_home) = follow(host, operation, response)?.ok_or_else(|| Error::Protocol {
            operation: operation.to_owned(),
            what: "the answer does not say where to upload to (no Location)".to_owned(),
        })?;
        let minimum = response.headers().get("oci-chunk-min-length");
        let chunk_min_bytes = minimum.and_then(|v| v.to_str().ok()?.trim().parse().ok()).unwrap_or(0);
        Ok(Self { location, at_home, chunk_min_bytes, used: false, remembered: false })
    }

    /// The session of an earlier run that is at `path` on the registry itself.
    pub(super) fn reopen(host: &Host, path: &str) -> Self {
        let mut location = host.endpoint().base.clone();
        location.set_path(path);
        location.set_query(None);
        Self { location, at_home: true, chunk_min_bytes: 0, used: true, remembered: true }
    }

    /// The path at which a later run finds it again, where that may be written down: at the registry itself, which
    /// asks for credentials, and without a query, which may be a signature. A session whose state is in its query, as
    /// CNCF Distribution has it, does not survive a request that breaks off anyway: the query must say how many bytes
    /// there are, and only a whole answer tells.
    pub(super) fn lasting(&self) -> Option<&str> {
        (self.at_home && self.location.query().is_none()).then(|| self.location.path())
    }

    /// Moves on to where the answer says; stays where it says nothing. A session that has left the registry does not
    /// come back to its credentials: what answers elsewhere is not to choose what is done with them.
    pub(super) fn advance(&mut self, host: &Host, operation: &str, response: &Response) -> Result<(), Error> {
        if let Some((location, at_home)) = follow(host, operation, response)? {
            (self.location, self.at_home) = (location, at_home && self.at_home);
        }
        Ok(())
    }

    /// Where to close the session as `digest`. The query may be signed: it is kept as it is, and added to.
    pub(super) fn completion(&self, digest: &Digest) -> Url {
        let mut url = self.location.clone();
        let added = format!("digest={}%3A{}", digest.algorithm().as_str(), digest.hex());
        let query = match self.location.query() {
            None | Some("") => added,
            Some(query) => format!("{}&{added}", query.trim_end_matches('&')),
        };
        url.set_query(Some(&query));
        url
    }
}

/// How many bytes the session has, by the `Range` of an answer.
pub(super) fn received(headers: &HeaderMap) -> Option<u64> {
    headers.get(header::RANGE)?.to_str().ok().and_then(session_length)
}

fn follow(host: &Host, operation: &str, response: &Response) -> Result<Option<(Url, bool)>, Error> {
    let Some(value) = response.headers().get(header::LOCATION) else { return Ok(None) };
    let written = String::from_utf8_lossy(value.as_bytes());
    let answered = response.url();
    let location = complete(written.trim(), answered);
    let url = host
        .client()
        .authorise_hop(answered, &location, Purpose::Upload)
        .map_err(|source| Error::Http { operation: operation.to_owned(), source })?;
    let at_home = host.owns(&url, answered);
    Ok(Some((url, at_home)))
}

/// Puts the scheme in front of a location that begins with the answering host: as a URL it would be relative.
fn complete<'a>(location: &'a str, answered: &Url) -> Cow<'a, str> {
    let hostless = location.strip_prefix(answered.authority()).is_some_and(|rest| rest.starts_with('/'));
    if hostless { Cow::Owned(format!("{}://{location}", answered.scheme())) } else { Cow::Borrowed(location) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn the_digest_joins_the_query_and_nothing_else_changes() {
        let digest = Digest::parse(&format!("sha256:{}", "0a".repeat(32))).unwrap();
        let added = format!("digest=sha256%3A{}", "0a".repeat(32));
        let cases = [
            ("https://r.example/u/1", format!("https://r.example/u/1?{added}")),
            ("https://r.example/u/1?", format!("https://r.example/u/1?{added}")),
            (
                "https://r.example/u/1?_state=a%2Fb%3D%3d+c",
                format!("https://r.example/u/1?_state=a%2Fb%3D%3d+c&{added}"),
            ),
            ("https://r.example/u/1?a=1&", format!("https://r.example/u/1?a=1&{added}")),
            ("https://r.example/u%2F1?sig=x", format!("https://r.example/u%2F1?sig=x&{added}")),
        ];
        for (location, expected) in cases {
            let location_url = url(location);
            let session =
                Session { location: location_url, at_home: true, chunk_min_bytes: 0, used: false, remembered: false };
            assert_eq!(session.completion(&digest).as_str(), expected, "{location}");
        }
    }

    #[test]
    fn a_location_without_scheme_is_completed_only_for_the_answering_host() {
        let answered = url("https://r.example:5000/v2/a/blobs/uploads/");
        assert_eq!(complete("r.example:5000/v2/x", &answered), "https://r.example:5000/v2/x");
        for other in ["/v2/x", "x", "r.example/v2/x", "https://r.example:5000/v2/x", "r.example:5000.evil/x"] {
            assert_eq!(complete(other, &answered), other);
        }
    }
}
