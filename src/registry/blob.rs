use std::ops::Range;

use bytes::Bytes;
use futures_util::stream;

use super::error::Error;
use super::range::ContentRange;
use super::repository::{Repository, check_size, identity, refuse_encoding};
use crate::auth::Scoped;
use crate::content::{ByteStream, Fault, FaultKind, IntegrityError, Opened, Source, Verifier};
use crate::http::{Class, HeaderMap, HeaderValue, Method, Response, StatusCode, Url, header};
use crate::model::{Descriptor, Digest};

impl Repository {
    /// Whether the repository is known to hold the blob: distribution-spec, "Checking if content exists". Any refusal
    /// is a no: an upload will tell.
    ///
    /// # Errors
    /// [`Error::RateLimited`], [`Error::Server`], or [`Error::Http`] where no answer came.
    pub async fn blob_exists(&self, digest: &Digest) -> Result<bool, Error> {
        self.blob_exists_for(digest, &self.pull()).await
    }

    /// The same with a token that is of use for more.
    pub(super) async fn blob_exists_for(&self, digest: &Digest, authorizer: &Scoped) -> Result<bool, Error> {
        let operation = self.about_blob("look for", digest);
        let request = self.request(Method::HEAD, self.blob_url(digest)?);
        let response = self.host().send(&operation, request, authorizer).await?;
        match response.status().as_u16() {
            200 => Ok(true),
            408 | 429 | 500..=599 if response.status() != StatusCode::NOT_IMPLEMENTED => {
                Err(self.host().refuse(operation, response).await)
            }
            _ => Ok(false),
        }
    }

    /// Reads a small blob, such as a config, whole and verified; at most `limit_bytes`.
    ///
    /// # Errors
    /// [`Error::TooLarge`] before anything is asked for, [`Error::Integrity`], or what the registry answered.
    pub async fn blob_bytes(&self, descriptor: &Descriptor, limit_bytes: u64) -> Result<Bytes, Error> {
        let digest = &descriptor.digest;
        let too_large = || Error::TooLarge { what: format!("the blob `{digest}`"), limit_bytes };
        if descriptor.size > limit_bytes {
            return Err(too_large());
        }
        let operation = self.about_blob("fetch", digest);
        let whole = usize::try_from(descriptor.size).unwrap_or(usize::MAX);
        let response = self.get_blob(&operation, digest, None, Some(whole)).await?;
        check_whole(&operation, descriptor, &response)?;
        let overrun = || {
            Error::Integrity(IntegrityError::Size {
                digest: digest.clone(),
                expected: descriptor.size,
                actual: descriptor.size.saturating_add(1),
            })
        };
        let bytes = self.body(&operation, response, descriptor.size, overrun).await?;
        let mut verifier = Verifier::new(descriptor);
        verifier.update(&bytes)?;
        verifier.finish()?;
        Ok(bytes)
    }

    /// One request, or two where a range is answered with something else.
    pub(super) async fn open_blob(&self, descriptor: &Descriptor, range: &Range<u64>) -> Result<Opened, Error> {
        let Descriptor { digest, size, .. } = descriptor;
        let operation = self.about_blob("fetch", digest);
        if range.start > 0 && range.start >= *size {
            return Ok(Opened::new(range.start, Box::pin(stream::empty())));
        }
        let mut response = None;
        if *range != (0..*size) {
            let partial = self.get_blob(&operation, digest, Some((range, *size)), None).await?;
            if is_part(descriptor, range, &partial) {
                refuse_encoding(&operation, partial.headers())?;
                let body = Body { operation, expected: range.clone(), response: partial };
                return Ok(Opened { in_parts: true, ..Opened::new(range.start, body.chunks(descriptor)) });
            }
            // A range that is not the one asked for must not be used, and the body of a 416 must not be read: its
            // stated length may be the blob's.
            response = Some(partial).filter(|partial| partial.status() == StatusCode::OK);
        }
        let response = match response {
            Some(whole) => whole,
            None => self.get_blob(&operation, digest, None, None).await?,
        };
        check_whole(&operation, descriptor, &response)?;
        let in_parts = offers_ranges(response.headers());
        let body = Body { operation, expected: 0..*size, response };
        Ok(Opened { in_parts, ..Opened::new(0, body.chunks(descriptor)) })
    }

    pub(super) fn blob_url(&self, digest: &Digest) -> Result<Url, Error> {
        self.url(&format!("blobs/{digest}"))
    }

    async fn get_blob(
        &self,
        operation: &str,
        digest: &Digest,
        range: Option<(&Range<u64>, u64)>,
        whole: Option<usize>,
    ) -> Result<Response, Error> {
        // The registry is asked, never the storage that it redirected to before: signed URLs expire.
        let mut request = identity(self.request(Method::GET, self.blob_url(digest)?)).class(Class::Blob);
        request.whole = whole;
        let wanted = range.map(|(range, size)| match range.end.checked_sub(1) {
            Some(last) if range.end < size => format!("bytes={}-{last}", range.start),
            _ => format!("bytes={}-", range.start),
        });
        if let Some(Ok(range)) = wanted.map(|text| HeaderValue::from_str(&text)) {
            request = request.header(header::RANGE, range);
        }
        let response = self.host().send(operation, request, &self.pull()).await?;
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if range.is_some() => Ok(response),
            // Some refuse a range by refusing the request.
            StatusCode::BAD_REQUEST | StatusCode::METHOD_NOT_ALLOWED | StatusCode::NOT_IMPLEMENTED
                if range.is_some() =>
            {
                Ok(response)
            }
            _ => Err(self.host().refuse(operation.to_owned(), response).await),
        }
    }

    pub(super) fn about_blob(&self, verb: &str, digest: &Digest) -> String {
        format!("{verb} the blob `{digest}` of `{}`", self.name())
    }
}

impl Source for Repository {
    async fn open(&self, descriptor: &Descriptor, range: Range<u64>) -> Result<Opened, Fault> {
        self.open_blob(descriptor, &range).await.map_err(Fault::from)
    }

    async fn open_beside(&self, descriptor: &Descriptor, range: Range<u64>) -> Result<Opened, Fault> {
        self.clone().replaceable().open_blob(descriptor, &range).await.map_err(Fault::from)
    }
}

fn check_whole(operation: &str, descriptor: &Descriptor, response: &Response) -> Result<(), Error> {
    refuse_encoding(operation, response.headers())?;
    if let Some(length) = response.content_length() {
        check_size(descriptor, length)?;
    }
    Ok(())
}

/// Whether the answer is exactly `range` of the blob (RFC 9110 section 15.3.7).
fn is_part(descriptor: &Descriptor, range: &Range<u64>, response: &Response) -> bool {
    let headers = response.headers();
    let multipart =
        headers.get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().to_ascii_lowercase().starts_with(b"multipart/"));
    let mut ranges = headers.get_all(header::CONTENT_RANGE).iter();
    let (Some(stated), None) = (ranges.next(), ranges.next()) else { return false };
    response.status() == StatusCode::PARTIAL_CONTENT
        && !multipart
        && stated.to_str().ok().and_then(ContentRange::parse).is_some_and(|stated| stated.is(range, descriptor.size))
        && response.content_length().is_none_or(|length| length == range.end - range.start)
}

/// Whether the server says that it gives out parts (RFC 9110 section 14.3).
fn offers_ranges(headers: &HeaderMap) -> bool {
    let units = headers.get(header::ACCEPT_RANGES).and_then(|units| units.to_str().ok()).unwrap_or_default();
    units.split(',').any(|unit| unit.trim().eq_ignore_ascii_case("bytes"))
}

/// The body of an answer that carries part of a blob.
struct Body {
    operation: String,
    /// The bytes of the blob that it is to carry.
    expected: Range<u64>,
    response: Response,
}

impl Body {
    /// Its chunks. A failure ends them, with the kind that the transport gives it.
    fn chunks(self, descriptor: &Descriptor) -> ByteStream {
        let digest = descriptor.digest.clone();
        // A length that was stated has been checked, and holds.
        let counted = self.response.content_length().is_some();
        Box::pin(stream::try_unfold((self, digest, 0), move |(mut body, digest, at)| async move {
            let Some(bytes) = body.next().await? else { return Ok(None) };
            let at = at + bytes.len() as u64;
            let length = body.expected.end - body.expected.start;
            // Nobody asks for more than there is to be, so the last chunk is given only after the end was seen. How the
            // connection ends does not matter any more.
            if at > length || (!counted && at == length && matches!(body.next().await, Ok(Some(_)))) {
                let (expected, actual) = (body.expected.end, body.expected.start + at.max(length + 1));
                return Err(IntegrityError::Size { digest, expected, actual }.into());
            }
            Ok(Some((bytes, (body, digest, at))))
        }))
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Fault> {
        self.response.chunk().await.map_err(|source| {
            let kind = if source.is_transient() { FaultKind::Transient } else { FaultKind::Permanent };
            Fault::new(kind, Error::Http { operation: self.operation.clone(), source })
        })
    }
}
