use std::fmt;
use std::sync::Arc;

use bytes::Bytes;

use super::error::Error;
use super::host::Host;
use super::list::Listing;
use super::warning::{Warning, shorten};
use crate::auth::{Authenticator, Scope, Scoped};
use crate::content::{Fetched, IntegrityError, digest_of};
use crate::endpoint::Endpoint;
use crate::http::{Body, Client, HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Url, header};
use crate::model::{Algorithm, Descriptor, Digest, DocumentError, Kind, Manifest, MediaType, Reference};

/// The most of a manifest that is read, in bytes: twice what distribution-spec asks registries to accept.
pub const MANIFEST_LIMIT_BYTES: u64 = 8 * 1024 * 1024;
/// The size of a manifest from which registries may refuse it, in bytes: distribution-spec, "Pushing Manifests".
const MANIFEST_WARNING_BYTES: usize = 4 * 1024 * 1024;

pub(super) const DOCKER_CONTENT_DIGEST: &str = "docker-content-digest";

/// What a manifest is asked for by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A tag, which may move.
    Tag(String),
    /// A digest, which pins the content.
    Digest(Digest),
}

impl Target {
    /// What `reference` points at: its digest, else its tag, else `latest`.
    #[must_use]
    pub fn of(reference: &Reference) -> Self {
        match (reference.digest(), reference.tag()) {
            (Some(digest), _) => Self::Digest(digest.clone()),
            (None, tag) => Self::Tag(tag.unwrap_or("latest").to_owned()),
        }
    }

    fn pin(&self) -> Option<&Digest> {
        match self {
            Self::Tag(_) => None,
            Self::Digest(digest) => Some(digest),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => fmt::Display::fmt(digest, f),
        }
    }
}

/// What a registry says that a tag or digest is, before its bytes are seen.
#[derive(Clone, Debug)]
pub struct Resolution {
    /// The descriptor: of received bytes, or only announced.
    pub descriptor: Descriptor,
    /// Whether it is only announced, in the headers of a HEAD: a hint, good for comparing, not for trusting.
    pub from_head: bool,
}

/// One repository on one registry. Cheap to clone; clones share what they collect.
#[derive(Clone)]
pub struct Repository {
    host: Host,
    name: Arc<str>,
    /// Whether there is another place to ask: then a failure is passed on at once, and not tried again here.
    replaceable: bool,
}

impl Repository {
    /// Does no input or output.
    #[must_use]
    pub fn open(client: Arc<Client>, endpoint: Endpoint, authenticator: Arc<Authenticator>) -> Self {
        let name = endpoint.repository.clone();
        Host::open(client, endpoint, authenticator).repository(&name)
    }

    pub(super) fn of(host: Host, name: &str) -> Self {
        Self { host, name: name.into(), replaceable: false }
    }

    /// As one of several places: failures are passed on at once.
    #[must_use]
    pub fn replaceable(self) -> Self {
        Self { replaceable: true, ..self }
    }

    /// Its path on the registry: `library/debian`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The registry that it is on.
    #[must_use]
    pub fn host(&self) -> &Host {
        &self.host
    }

    /// The warnings collected since they were last taken; each comes once.
    #[must_use]
    pub fn take_warnings(&self) -> Vec<Warning> {
        self.host.take_warnings()
    }

    /// Its tags, page by page, at most `limit`.
    #[must_use]
    pub fn tags(&self, limit: Option<usize>) -> Listing {
        Listing::tags(self, limit)
    }

    /// Asks what `target` is without fetching it; fetches it where a HEAD does not tell (distribution-spec, "Checking
    /// if content exists in the registry").
    ///
    /// # Errors
    /// [`Error::NotFound`] where there is no such manifest; else as [`Repository::manifest`].
    pub async fn resolve(&self, target: &Target) -> Result<Resolution, Error> {
        let operation = self.about("resolve", target);
        let request = accepting(self.request(Method::HEAD, self.manifest_url(target)?));
        let response = self.host.send(&operation, request, &self.pull()).await?;
        match response.status().as_u16() {
            200 => {
                if let Some(descriptor) = self.announced(target, &response) {
                    return Ok(Resolution { descriptor, from_head: true });
                }
            }
            // HEAD is not supported, or is refused without the reason that a GET would give.
            400 | 403 | 405 | 501 => {}
            _ => return Err(self.host.refuse(operation, response).await),
        }
        let descriptor = self.manifest(target).await?.descriptor;
        Ok(Resolution { descriptor, from_head: false })
    }

    /// The descriptor in the headers of a HEAD, where they are complete.
    fn announced(&self, target: &Target, response: &Response) -> Option<Descriptor> {
        let headers = response.headers();
        let media_type = content_type(headers).filter(|t| matches!(t.kind(), Kind::Manifest | Kind::Index))?;
        let stated = headers.get(DOCKER_CONTENT_DIGEST)?.to_str().ok()?;
        let size = response.content_length().filter(|_| encoding(headers).is_none())?;
        let digest = match target.pin() {
            Some(pin) => {
                self.check_digest_header(headers, pin, target);
                pin.clone()
            }
            None => Digest::parse(stated).ok()?,
        };
        Some(Descriptor::new(media_type, digest, size))
    }

    /// Fetches a manifest and proves it: the digest is computed over the bytes received, and compared with the pin.
    ///
    /// # Errors
    /// [`Error::Integrity`] where a pin does not match, [`Error::TooLarge`], [`Error::Document`], or what the
    /// registry answered.
    pub async fn manifest(&self, target: &Target) -> Result<Fetched<Manifest>, Error> {
        self.fetch(target, None).await
    }

    /// Fetches the manifest that an entry of an index points at: media type and size must be the entry's, too.
    ///
    /// # Errors
    /// As [`Repository::manifest`].
    pub async fn child(&self, descriptor: &Descriptor) -> Result<Fetched<Manifest>, Error> {
        self.fetch(&Target::Digest(descriptor.digest.clone()), Some(descriptor)).await
    }

    async fn fetch(&self, target: &Target, expected: Option<&Descriptor>) -> Result<Fetched<Manifest>, Error> {
        let operation = self.about("fetch", target);
        let too_large = || Error::TooLarge { what: self.document(target), limit_bytes: MANIFEST_LIMIT_BYTES };
        if expected.is_some_and(|e| e.size > MANIFEST_LIMIT_BYTES) {
            return Err(too_large());
        }
        let request = accepting(self.request(Method::GET, self.manifest_url(target)?));
        let response = self.host.send(&operation, request, &self.pull()).await?;
        if response.status() != StatusCode::OK {
            return Err(self.host.refuse(operation, response).await);
        }
        refuse_encoding(&operation, response.headers())?;
        if let Some(length) = response.content_length() {
            if let Some(expected) = expected {
                check_size(expected, length)?;
            }
            if length > MANIFEST_LIMIT_BYTES {
                return Err(too_large());
            }
        }
        let headers = response.headers().clone();
        let bytes = self.body(&operation, response, MANIFEST_LIMIT_BYTES, too_large).await?;
        if let Some(expected) = expected {
            check_size(expected, bytes.len() as u64)?;
        }
        let digest = digest_of(target.pin().map_or(Algorithm::Sha256, Digest::algorithm), &bytes);
        if let Some(pin) = target.pin()
            && *pin != digest
        {
            return Err(IntegrityError::Digest { expected: pin.clone(), actual: digest }.into());
        }
        self.check_digest_header(&headers, &digest, target);
        let (value, media_type) = self.parse(target, &bytes, content_type(&headers).as_ref(), expected)?;
        let descriptor = Descriptor::new(media_type, digest, bytes.len() as u64);
        Ok(Fetched { bytes, descriptor, value })
    }

    /// The body decides; `Content-Type` and the parent's descriptor must not contradict it.
    fn parse(
        &self,
        target: &Target,
        bytes: &[u8],
        stated: Option<&MediaType>,
        expected: Option<&Descriptor>,
    ) -> Result<(Manifest, MediaType), Error> {
        let refused = |source| Error::Document { what: self.document(target), source };
        let expected = expected.map(|e| &e.media_type).filter(|t| t.kind() != Kind::Other);
        let stated = stated.filter(|t| t.kind() != Kind::Other).or(expected);
        let manifest = Manifest::parse(bytes, stated).map_err(refused)?;
        let media_type = manifest.media_type(stated);
        if let Some(expected) = expected.filter(|e| **e != media_type) {
            let contradiction = format!("it is {media_type}, and the index lists it as {expected}");
            return Err(refused(DocumentError::Ambiguous(contradiction)));
        }
        Ok((manifest, media_type))
    }

    /// Sends a manifest, under a tag or by its digest: distribution-spec, "Pushing Manifests".
    ///
    /// # Errors
    /// [`Error::Integrity`] where `target` is another digest than that of `bytes`; [`Error::Rejected`] with the
    /// registry's words, or what else it answered.
    pub async fn put_manifest(
        &self,
        bytes: Bytes,
        media_type: &MediaType,
        target: &Target,
    ) -> Result<Descriptor, Error> {
        let operation = self.about("send", target);
        let digest = digest_of(target.pin().map_or(Algorithm::Sha256, Digest::algorithm), &bytes);
        if let Some(pin) = target.pin()
            && *pin != digest
        {
            return Err(IntegrityError::Digest { expected: pin.clone(), actual: digest }.into());
        }
        if bytes.len() > MANIFEST_WARNING_BYTES {
            self.host.warn(Warning::LargeManifest { size_bytes: bytes.len() });
        }
        let label = HeaderValue::from_str(media_type.as_str()).map_err(|_| Error::Protocol {
            operation: operation.clone(),
            what: format!("{:?} is not a media type", media_type.as_str()),
        })?;
        let descriptor = Descriptor::new(media_type.clone(), digest, bytes.len() as u64);
        let request = Request::new(Method::PUT, self.manifest_url(target)?)
            .header(header::CONTENT_TYPE, label)
            .body(Body::Bytes(bytes));
        let response = self.host.send(&operation, request, &self.push()).await?;
        if !response.status().is_success() {
            return Err(self.host.refuse(operation, response).await);
        }
        self.check_digest_header(response.headers(), &descriptor.digest, target);
        Ok(descriptor)
    }

    /// Warns where the header is not the digest of the bytes: too many registries get it wrong for an error.
    fn check_digest_header(&self, headers: &HeaderMap, computed: &Digest, target: &Target) {
        let Some(value) = headers.get(DOCKER_CONTENT_DIGEST) else { return };
        let stated = String::from_utf8_lossy(value.as_bytes());
        if stated.trim() != computed.to_string() {
            self.host.warn(Warning::DigestHeader {
                document: self.document(target),
                header: shorten(stated.trim(), 140).to_owned(),
                computed: computed.clone(),
            });
        }
    }

    pub(super) async fn body(
        &self,
        operation: &str,
        response: Response,
        limit_bytes: u64,
        too_large: impl FnOnce() -> Error,
    ) -> Result<Bytes, Error> {
        let limit = usize::try_from(limit_bytes).unwrap_or(usize::MAX);
        response.bytes(limit).await.map_err(|source| match source {
            crate::http::Error::TooLarge { .. } => too_large(),
            source => Error::Http { operation: operation.to_owned(), source },
        })
    }

    pub(super) fn pull(&self) -> Scoped {
        let name = self.scope_name();
        let scoped = self.host.authorizer(Some(&name), vec![Scope::pull(&name)]);
        if self.replaceable { scoped.once() } else { scoped }
    }

    pub(super) fn push(&self) -> Scoped {
        let name = self.scope_name();
        self.host.authorizer(Some(&name), vec![Scope::push(&name)])
    }

    /// Its name for credentials and tokens.
    pub(super) fn scope_name(&self) -> String {
        self.host.endpoint().scope_name_of(&self.name)
    }

    pub(super) fn request(&self, method: Method, url: Url) -> Request {
        let request = Request::new(method, url);
        if self.replaceable { request.once() } else { request }
    }

    pub(super) fn manifest_url(&self, target: &Target) -> Result<Url, Error> {
        match target {
            Target::Tag(tag) if !is_tag(tag) => Err(Error::Name(tag.clone())),
            target => self.url(&format!("manifests/{target}")),
        }
    }

    /// `rest` below the repository. `rest` holds nothing but checked names.
    pub(super) fn url(&self, rest: &str) -> Result<Url, Error> {
        if is_repository(&self.name) {
            self.host.url(&format!("{}/{rest}", self.name))
        } else {
            Err(Error::Name(self.name.to_string()))
        }
    }

    fn document(&self, target: &Target) -> String {
        format!("the manifest `{target}` of `{}`", self.name)
    }

    pub(super) fn about(&self, verb: &str, target: &Target) -> String {
        format!("{verb} {}", self.document(target))
    }
}

pub(super) fn accepting(request: Request) -> Request {
    let limit = usize::try_from(MANIFEST_LIMIT_BYTES).unwrap_or(usize::MAX);
    identity(request).header(header::ACCEPT, HeaderValue::from_static(MediaType::ACCEPT)).whole(limit)
}

/// Asks for the bytes as they are: their digest is that of no other encoding.
pub(super) fn identity(request: Request) -> Request {
    request.header(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"))
}

/// Refuses bytes that are not as they were asked for.
pub(super) fn refuse_encoding(operation: &str, headers: &HeaderMap) -> Result<(), Error> {
    encoding(headers).map_or(Ok(()), |encoding| {
        let what = format!("the answer has the encoding {:?}, which was not asked for", shorten(&encoding, 60));
        Err(Error::Protocol { operation: operation.to_owned(), what })
    })
}

fn encoding(headers: &HeaderMap) -> Option<String> {
    let values = headers.get_all(header::CONTENT_ENCODING);
    values
        .iter()
        .map(|v| String::from_utf8_lossy(v.as_bytes()).trim().to_owned())
        .find(|v| !v.is_empty() && !v.eq_ignore_ascii_case("identity"))
}

fn content_type(headers: &HeaderMap) -> Option<MediaType> {
    headers.get(header::CONTENT_TYPE)?.to_str().ok().map(MediaType::new)
}

pub(super) fn check_size(descriptor: &Descriptor, actual: u64) -> Result<(), IntegrityError> {
    if descriptor.size == actual {
        return Ok(());
    }
    Err(IntegrityError::Size { digest: descriptor.digest.clone(), expected: descriptor.size, actual })
}

/// The grammar of tags in distribution-spec, "Pulling manifests": nothing else may become part of a URL.
pub(super) fn is_tag(text: &str) -> bool {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    text.len() <= 128
        && text.bytes().next().is_some_and(word)
        && text.bytes().all(|b| word(b) || matches!(b, b'.' | b'-'))
}

/// Whether a name is harmless as part of a URL; its grammar is the reference's business.
pub(super) fn is_repository(text: &str) -> bool {
    text.split('/').all(|part| {
        part.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
    })
}
