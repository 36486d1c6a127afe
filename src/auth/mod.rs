//! Who is asking: challenges, scopes, tokens, and the credentials behind them.

pub mod credential;
