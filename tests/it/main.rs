//! The integration tests of `rcr`.
#![allow(unreachable_pub, reason = "`pub` here means: for every test module")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic and say why")]

mod auth;
mod concurrency;
mod local;
mod login;
mod pull;
mod push;
mod store;
mod support;
mod support_check;
