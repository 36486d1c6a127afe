//! What the tests stand on: a hermetic environment, real registries, and servers that misbehave on command.

pub mod distribution;
pub mod env;
pub mod faulty;
pub mod images;
pub mod leak;
pub mod process;
pub mod registry;
pub mod scripted;
pub mod server;
pub mod skopeo;
pub mod tinyproxy;
pub mod tls;
pub mod token_server;

pub use distribution::Distribution;
pub use env::TestEnv;
pub use faulty::Cut;
pub use images::Artifact;
pub use registry::Registry;
pub use scripted::{Exchange, Scripted};
pub use server::{Listen, Reply, Request, Server};
pub use tls::{Authority, Leaf};
pub use token_server::TokenServer;
