//! The integration tests of `rcr`.
#![allow(unreachable_pub, reason = "`pub` here means: for every test module")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stderr, reason = "a test may panic and say why")]

mod agreement;
mod attacks_mirrors;
mod auth;
mod caches;
mod concurrency;
mod connections;
mod doctor;
mod documented;
mod explain;
mod fault_proxy;
mod faults_content;
mod faults_local;
mod faults_push;
mod faults_server;
mod faults_transfer;
mod faults_wire;
mod files;
mod generated;
mod hops;
mod interrupts;
mod keyring;
mod layers;
mod limits;
mod local;
mod login;
mod messages;
mod mirrors;
mod mistakes;
mod proxy;
mod pull;
mod push;
mod rate_limit;
mod remote;
mod search;
mod situations;
mod store;
mod storms;
mod support;
mod support_check;
mod support_parts;
mod sweeps;
mod terminal;
mod tls;
mod wire;
