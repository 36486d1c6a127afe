use std::error::Error as StdError;
use std::future::Future;
use std::pin::Pin;

use super::{HeaderMap, HeaderValue, Url};

/// A boxed future.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
/// Any error.
pub type BoxError = Box<dyn StdError + Send + Sync>;

/// What `http` asks about credentials, for one kind of request to one origin. It is asked only for URLs of the
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

impl Authorizer for Anonymous {
    fn authorization<'a>(&'a self, _target: &'a Url) -> BoxFuture<'a, Result<Option<HeaderValue>, BoxError>> {
        Box::pin(std::future::ready(Ok(None)))
    }

    fn challenged<'a>(
        &'a self,
        _target: &'a Url,
        _headers: &'a HeaderMap,
        _sent: Option<&'a HeaderValue>,
    ) -> BoxFuture<'a, Result<bool, BoxError>> {
        Box::pin(std::future::ready(Ok(false)))
    }
}
