//! HTTP as registries need it: send, authorise once more, retry, follow redirects by hand, keep to the policy.
//!
//! Knows nothing of digests, tags or scopes. Everything that opens a connection is here. From the outside in:
//! [`Client::send`] retries, an exchange authorises and follows hops, a connection profile per host decides on TLS.

mod authorizer;
mod client;
mod error;
mod hop;
pub mod probe;
mod proxy;
mod rate_limit;
mod redact;
mod request;
mod resolver;
mod response;
mod retry;
mod throttle;
mod tls;
mod trust;

pub use authorizer::{Anonymous, Authorizer, BoxError, BoxFuture};
pub use client::{Client, Notice, Options, Timeouts, plain};
pub use error::{Error, ProxyProblem};
pub use hop::Purpose;
pub use proxy::{HostProxy, NoProxy, Proxy, ProxyChoice, ProxyReason, ProxySettings, parse_proxy};
pub use rate_limit::RateLimit;
pub use redact::DisplayUrl;
pub use request::{Body, BodyStream, Class, Repeat, Request};
pub use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, StatusCode, Url};
pub use resolver::{Override, lookup};
pub use response::Response;
pub use retry::{GaveUp, RetryPolicy};
pub use tls::{Certificate, TlsProblem, TrustStore};
pub use trust::{HostPort, HostTrust, Identity, SchemePolicy, TrustLookup, is_loopback_name};
