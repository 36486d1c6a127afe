use std::path::PathBuf;

use clap::Args;
use clap::builder::BoolishValueParser;

use super::limits::{Durability, Rate};

/// The settings that every command takes as flags, or as `RCR_` variables. `-h` shows those that are needed every day,
/// `--help` all of them.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Global options")]
pub struct Flags {
    /// Keep images in this directory
    #[arg(long, env = "RCR_STORE", value_name = "DIR", hide_env_values = true)]
    pub store: Option<PathBuf>,

    /// Read settings from this file instead of the usual config.toml
    #[arg(long, env = "RCR_CONFIG", hide_short_help = true, value_name = "FILE", hide_env_values = true)]
    pub config: Option<PathBuf>,

    /// Try a failed request or transfer again up to N times [default: 4]
    #[arg(long, env = "RCR_RETRIES", hide_short_help = true, value_name = "N", hide_env_values = true)]
    pub retries: Option<u32>,

    /// Wait at most this long when a registry asks to slow down, all waits of a request together [default: 120]
    #[arg(long, env = "RCR_MAX_WAIT", hide_short_help = true, value_name = "SECONDS", hide_env_values = true)]
    pub max_wait: Option<u64>,

    /// Move up to N blobs at once [default: 8]
    #[arg(long, env = "RCR_CONCURRENCY", hide_short_help = true, value_name = "N", hide_env_values = true,
          value_parser = clap::value_parser!(u16).range(1..=256))]
    pub concurrency: Option<u16>,

    /// Move at most this many bytes of images per second, both ways and all connections together; K, M and G are
    /// units of 1024
    #[arg(long, env = "RCR_LIMIT_RATE", hide_short_help = true, value_name = "BYTES", hide_env_values = true,
          value_parser = Rate::parse)]
    pub limit_rate: Option<Rate>,

    /// Make this much durable before a command succeeds [default: full]
    #[arg(long, env = "RCR_DURABILITY", hide_short_help = true, value_name = "LEVEL", hide_env_values = true)]
    pub durability: Option<Durability>,

    /// Hash what is in the store already before relying on it, instead of trusting name and size
    #[arg(long, env = "RCR_VERIFY_EXISTING", hide_short_help = true, value_name = "BOOL", hide_env_values = true,
          num_args = 0..=1, require_equals = true, default_missing_value = "true",
          value_parser = BoolishValueParser::new())]
    pub verify_existing: Option<bool>,

    /// Wait at most this long while another command has the store, or a blob of it; 0 is not at all [default: 300]
    #[arg(long, env = "RCR_LOCK_TIMEOUT", hide_short_help = true, value_name = "SECONDS", hide_env_values = true)]
    pub lock_timeout: Option<u64>,

    /// Connect to ADDR when HOST:PORT is asked for; several for one are tried in turn
    #[arg(
        long,
        env = "RCR_RESOLVE",
        hide_short_help = true,
        value_name = "HOST:PORT:ADDR",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub resolve: Vec<String>,

    /// Speak plain HTTP with this host
    #[arg(
        long,
        env = "RCR_PLAIN_HTTP",
        hide_short_help = true,
        value_name = "HOST",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub plain_http: Vec<String>,

    /// Do not verify this host's certificate
    #[arg(
        long,
        env = "RCR_TLS_SKIP_VERIFY",
        hide_short_help = true,
        value_name = "HOST",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub tls_skip_verify: Vec<String>,

    /// Treat as Docker treats insecure registries: HTTPS without verification, else HTTP
    #[arg(
        long,
        env = "RCR_INSECURE_REGISTRY",
        value_name = "HOST|CIDR",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub insecure_registry: Vec<String>,

    /// Ask this mirror for what is on docker.io first; http:// allows plain HTTP
    #[arg(
        long,
        env = "RCR_REGISTRY_MIRROR",
        hide_short_help = true,
        value_name = "URL",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub registry_mirror: Vec<String>,

    /// Look here first for names without a host
    #[arg(
        long,
        env = "RCR_ADD_REGISTRY",
        hide_short_help = true,
        value_name = "HOST",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub add_registry: Vec<String>,

    /// Trust the certificate authorities in this PEM file too
    #[arg(long, env = "RCR_CACERT", hide_short_help = true, value_name = "FILE", hide_env_values = true)]
    pub cacert: Vec<PathBuf>,

    /// Use the *.crt, *.cert and *.key files in this directory with the registries named on the command line
    #[arg(long, env = "RCR_CERT_DIR", hide_short_help = true, value_name = "DIR", hide_env_values = true)]
    pub cert_dir: Option<PathBuf>,

    /// Send credentials to this token server although it is not of the registry's domain
    #[arg(
        long,
        env = "RCR_TRUST_REALM",
        hide_short_help = true,
        value_name = "URL",
        value_delimiter = ',',
        hide_env_values = true
    )]
    pub trust_realm: Vec<String>,
}
