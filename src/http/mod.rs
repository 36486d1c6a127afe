//! HTTP as registries need it: send, authorise once more, retry, follow redirects by hand, keep to the policy.
//!
//! Knows nothing of digests, tags or scopes. Everything that opens a connection is here.

mod stub;
pub use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
pub use reqwest::{Method, StatusCode, Url};
pub use stub::*;
