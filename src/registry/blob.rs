use bytes::Bytes;
use futures_util::stream;

use super::error::Error;
use super::range::ContentRange;
use super::repository::{Repository, check_size, identity, refuse_encoding};
use crate::content::{ByteStream, Fault, FaultKind, IntegrityError, Opened, Source, Verifier};
use crate::http::{Class, HeaderValue, Method, Response, StatusCode, Url, header};
use crate::model::{Descriptor, Digest};

impl Repository {
    /// Whether the repository is known to hold the blob: distribution-spec, "Checking if content exists". Any refusal
    /// is a no: an upload will tell.
    ///
    /// # Errors
    /// [`Error::RateLimited`], [`Error::Server`], or [`Error::Http`] where no answer came.
    pub async fn blob_exists(&self, digest: &Digest) -> Result<bool, Error> {
        let operation = self.about_blob("look for", digest);
        let request = self.request(Method::HEAD, self.blob_url(digest)?);
        let response = self.host().send(&operation, request, &self.pull()).await?;
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
        let response = self.get_blob(&operation, digest, 0, Some(whole)).await?;
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

    pub(super) async fn open_blob(&self, descriptor: &Descriptor, offset: u64) -> Result<Opened, Error> {
        let operation = self.about_blob("fetch", &descriptor.digest);
        if offset > 0 && offset >= descriptor.size {
            return Ok(Opened { offset, stream: Box::pin(stream::empty()) });
        }
        if offset > 0 {
            let response = self.get_blob(&operation, &descriptor.digest, offset, None).await?;
            if response.status() == StatusCode::OK {
                check_whole(&operation, descriptor, &response)?;
                return Ok(Opened { offset: 0, stream: chunks(operation, response) });
            }
            if continues(descriptor, offset, &response) {
                refuse_encoding(&operation, response.headers())?;
                return Ok(Opened { offset, stream: chunks(operation, response) });
            }
            // A range that is not the one asked for must not be appended, and the body of a 416 must not be read:
            // its stated length may be the blob's.
            drop(response);
        }
        let response = self.get_blob(&operation, &descriptor.digest, 0, None).await?;
        check_whole(&operation, descriptor, &response)?;
        Ok(Opened { offset: 0, stream: chunks(operation, response) })
    }

    pub(super) fn blob_url(&self, digest: &Digest) -> Result<Url, Error> {
        self.url(&format!("blobs/{digest}"))
    }

    async fn get_blob(
        &self,
        operation: &str,
        digest: &Digest,
        offset: u64,
        whole: Option<usize>,
    ) -> Result<Response, Error> {
        // The registry is asked, never the storage that it redirected to before: signed URLs expire.
        let mut request = identity(self.request(Method::GET, self.blob_url(digest)?)).class(Class::Blob);
        request.whole = whole;
        if offset > 0
            && let Ok(range) = HeaderValue::from_str(&format!("bytes={offset}-"))
        {
            request = request.header(header::RANGE, range);
        }
        let response = self.host().send(operation, request, &self.pull()).await?;
        match response.status() {
            StatusCode::OK => Ok(response),
            StatusCode::PARTIAL_CONTENT | StatusCode::RANGE_NOT_SATISFIABLE if offset > 0 => Ok(response),
            _ => Err(self.host().refuse(operation.to_owned(), response).await),
        }
    }

    pub(super) fn about_blob(&self, verb: &str, digest: &Digest) -> String {
        format!("{verb} the blob `{digest}` of `{}`", self.name())
    }
}

impl Source for Repository {
    async fn open(&self, descriptor: &Descriptor, offset: u64) -> Result<Opened, Fault> {
        self.open_blob(descriptor, offset).await.map_err(Fault::from)
    }
}

fn check_whole(operation: &str, descriptor: &Descriptor, response: &Response) -> Result<(), Error> {
    refuse_encoding(operation, response.headers())?;
    if let Some(length) = response.content_length() {
        check_size(descriptor, length)?;
    }
    Ok(())
}

/// Whether a 206 is exactly the rest of the blob from `offset`.
fn continues(descriptor: &Descriptor, offset: u64, response: &Response) -> bool {
    let headers = response.headers();
    let multipart =
        headers.get(header::CONTENT_TYPE).is_some_and(|t| t.as_bytes().to_ascii_lowercase().starts_with(b"multipart/"));
    let mut ranges = headers.get_all(header::CONTENT_RANGE).iter();
    let (Some(range), None) = (ranges.next(), ranges.next()) else { return false };
    response.status() == StatusCode::PARTIAL_CONTENT
        && !multipart
        && range.to_str().ok().and_then(ContentRange::parse).is_some_and(|r| r.is_rest_of(offset, descriptor.size))
        && response.content_length().is_none_or(|length| length == descriptor.size - offset)
}

/// The body as chunks. A failure ends it, with the kind that the transport gives it.
fn chunks(operation: String, response: Response) -> ByteStream {
    Box::pin(stream::try_unfold((operation, response), |(operation, mut response)| async move {
        match response.chunk().await {
            Ok(chunk) => Ok(chunk.map(|bytes| (bytes, (operation, response)))),
            Err(source) => {
                let kind = if source.is_transient() { FaultKind::Transient } else { FaultKind::Permanent };
                Err(Fault::new(kind, Error::Http { operation, source }))
            }
        }
    }))
}
