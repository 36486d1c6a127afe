//! The integration tests of `rcr`.
#![allow(unreachable_pub, reason = "`pub` here means: for every test module")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic and say why")]

mod auth;
mod login;
mod pull;
mod push;
mod support;
mod support_check;
