//! What a client is made from.

use std::sync::Arc;
use std::time::Duration;

use crate::http::resolver::Override;
use crate::http::trust::is_loopback_name;
use crate::http::{HostPort, HostTrust, ProxySettings, RetryPolicy, SchemePolicy, TrustLookup, Url};

/// How long things may take.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// For a connection, name resolution and TLS included.
    pub connect: Duration,
    /// For the headers of an answer.
    pub header: Duration,
    /// For the connection and the headers, where another place is asked next ([`Repeat::Nobody`]).
    ///
    /// [`Repeat::Nobody`]: crate::http::Repeat::Nobody
    pub elsewhere: Duration,
    /// For the headers of an answer to a PUT, or to any request with a body, counted from the last byte sent.
    pub upload: Duration,
    /// For the answer to a ping, and as long before one is sent: on connections that are shared, where a request is open
    /// and nothing comes. One that died without a word would carry every further attempt as well.
    pub ping: Duration,
    /// Between two pieces of a body.
    pub idle: Duration,
    /// The span over which the throughput of a body is judged.
    pub window: Duration,
    /// The fewest bytes that must come within it.
    pub window_floor_bytes: u64,
}

impl Timeouts {
    /// All of them shorter by this factor: time that passes faster.
    #[must_use]
    pub fn hastened(self, factor: u32) -> Self {
        Self {
            connect: self.connect / factor,
            header: self.header / factor,
            elsewhere: self.elsewhere / factor,
            upload: self.upload / factor,
            ping: self.ping / factor,
            idle: self.idle / factor,
            window: self.window / factor,
            window_floor_bytes: self.window_floor_bytes,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            header: Duration::from_secs(60),
            elsewhere: Duration::from_secs(20),
            upload: Duration::from_secs(300),
            ping: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            window: Duration::from_secs(60),
            window_floor_bytes: 60 * 1024,
        }
    }
}

/// An attempt failed, and another follows.
#[derive(Debug)]
pub struct Notice<'a> {
    /// The host that is asked again.
    pub host: &'a str,
    /// The number of the attempt that failed, from 1.
    pub attempt: u32,
    /// How long until the next.
    pub wait: Duration,
    /// Whether the host asked for that wait.
    pub asked: bool,
    /// Why it failed.
    pub reason: &'a str,
}

/// Everything that a client needs to know.
#[derive(Clone)]
pub struct Options {
    /// How to trust each host.
    pub trust: TrustLookup,
    /// Addresses that the user gave.
    pub overrides: Vec<Override>,
    /// Proxies.
    pub proxy: ProxySettings,
    /// How often to try.
    pub retry: RetryPolicy,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// How many bytes of blobs may move in a second, both ways and over all connections together.
    pub limit_rate: Option<u64>,
    /// Token servers that the user trusts with secrets, each for one registry, or for whichever the command names.
    pub trusted_realms: Vec<(Option<HostPort>, Url)>,
    /// Hears of attempts that failed.
    pub on_retry: Arc<dyn Fn(&Notice<'_>) + Send + Sync>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            trust: Arc::new(|host: &HostPort, _foreign| {
                let scheme =
                    if is_loopback_name(&host.host) { SchemePolicy::HttpsUnlessNotTls } else { SchemePolicy::Https };
                Ok(HostTrust { scheme, ..HostTrust::default() })
            }),
            overrides: Vec::new(),
            proxy: ProxySettings::default(),
            retry: RetryPolicy::default(),
            timeouts: Timeouts::default(),
            limit_rate: None,
            trusted_realms: Vec::new(),
            on_retry: Arc::new(|_| {}),
        }
    }
}
