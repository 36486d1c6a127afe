use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::Stream;

use super::{BoxError, HeaderMap, HeaderName, HeaderValue, HostTrust, Method, Url};

/// Which connections a request may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Class {
    /// Small documents: may share an HTTP/2 connection.
    #[default]
    Document,
    /// Blob bytes: an HTTP/1.1 connection of its own while it lasts.
    Blob,
}

/// Chunks of a request body.
pub type BodyStream = Pin<Box<dyn Stream<Item = Result<Bytes, BoxError>> + Send + Sync>>;

/// A request body. Every kind can be sent again.
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
        open: Arc<dyn Fn() -> BodyStream + Send + Sync>,
    },
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Stream { length, .. } => write!(f, "Stream({length})"),
        }
    }
}

/// Who sends a request again after it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Repeat {
    /// The client, as often as its policy says.
    #[default]
    Here,
    /// Whoever sent it: it moves a server's state on, such as a chunk of an upload. A pause that is asked for counts.
    Caller,
    /// Nobody: another host is asked instead, so no pause is announced, and none kept.
    Nobody,
}

/// A request.
#[derive(Clone, Debug)]
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
    /// Whether redirects may leave the origin; never for token requests.
    pub cross_origin_redirects: bool,
    /// Who sends it again after it failed.
    pub repeat: Repeat,
    /// Reads the body of a success, up to so many bytes and one more, before the answer is handed over: a document
    /// that breaks off is then asked for again like one that never came.
    pub whole: Option<usize>,
    /// How to trust the host and port of `url` beyond what is said of it in general. Holds for this request alone,
    /// and for no other host that it is redirected to.
    pub trust: Option<Arc<HostTrust>>,
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
            repeat: Repeat::Here,
            whole: None,
            trust: None,
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

    /// With an answer that is a document of at most `limit` bytes.
    #[must_use]
    pub fn whole(mut self, limit: usize) -> Self {
        self.whole = Some(limit);
        self
    }

    /// Sent once only, whatever happens, and by nobody again.
    #[must_use]
    pub fn once(mut self) -> Self {
        self.repeat = Repeat::Nobody;
        self
    }

    /// Sent once only, by whoever knows how to go on after it failed.
    #[must_use]
    pub fn resumed(mut self) -> Self {
        self.repeat = Repeat::Caller;
        self
    }
}
