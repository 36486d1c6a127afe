//! What the tests stand on: a hermetic environment, real registries, and servers that misbehave on command.

pub mod aftermath;
mod daemon;
pub mod distribution;
pub mod env;
pub mod fault_proxy;
pub mod faulty;
pub mod images;
pub mod leak;
pub mod nginx;
pub mod port;
pub mod process;
pub mod registry;
mod relay;
pub mod scripted;
pub mod server;
pub mod skopeo;
pub mod socks;
pub mod strace;
pub mod tinyproxy;
pub mod tls;
pub mod tls_front;
pub mod token_server;

pub use distribution::Distribution;
pub use env::TestEnv;
pub use fault_proxy::{End, FaultProxy, Plan, Way};
pub use faulty::Cut;
pub use images::Artifact;
pub use nginx::Nginx;
pub use port::Port;
pub use registry::Registry;
pub use scripted::{Exchange, Scripted};
pub use server::{Listen, Reply, Request, Server};
pub use socks::Socks;
pub use tls::{Authority, Leaf};
pub use tls_front::TlsFront;
pub use token_server::TokenServer;
