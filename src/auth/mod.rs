//! Who is asking: challenges, scopes, tokens, and the credentials behind them.
//!
//! Bearer tokens follow the token and OAuth2 documents of the CNCF distribution project; challenges RFC 9110, section
//! 11. Knows no manifest and no blob; every request goes through [`crate::http`], which decides who may see a secret.

mod authenticator;
mod challenge;
mod claims;
pub mod credential;
mod error;
mod scope;
mod token;

pub use authenticator::{Authenticator, Granted, Scoped};
pub use challenge::{Challenge, Scheme};
pub use error::Error;
pub use scope::{Scope, ScopeSet};
