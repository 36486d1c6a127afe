//! `rcr`: a daemonless client for OCI and Docker registries, as a library behind a thin binary.
//!
//! The layers, from the bottom: [`model`], [`content`] and [`http`], [`auth`] and [`endpoint`], [`registry`],
//! [`store`], [`transfer`], [`op`], [`ui`] and [`cli`]; [`config`] stands beside them. What each may import is drawn
//! in `docs/architecture.md` and held by a test.

pub mod auth;
pub mod cli;
pub mod config;
pub mod content;
pub mod endpoint;
pub mod http;
pub mod model;
pub mod op;
pub mod registry;
pub mod store;
pub mod transfer;
pub mod ui;
