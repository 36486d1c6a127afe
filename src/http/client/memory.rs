//! What a client learns about hosts while it runs.

use std::collections::HashMap;
use std::net::IpAddr;

use tokio::time::Instant;

use crate::http::trust::is_loopback_name;
use crate::http::{Class, HostPort, HostTrust, SchemePolicy, Url};

/// What distinguishes connections that must not be shared.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Profile {
    pub(super) trust: HostTrust,
    pub(super) class: Class,
    pub(super) secure: bool,
    /// The addresses that the user gave for the host.
    pub(super) pinned: Option<(HostPort, Vec<IpAddr>)>,
    pub(super) guard: Option<bool>,
    /// A proxy that TLS is spoken with, or for which names are resolved here.
    pub(super) via: Option<Url>,
}

/// What was learnt about hosts during the run.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) trust: HashMap<HostPort, HostTrust>,
    /// Hosts that turned out to speak plain HTTP, and may; each policy finds out for itself.
    pub(super) plain: HashMap<(HostPort, SchemePolicy), bool>,
    /// Hosts that only a server named; whether loopback is allowed there.
    pub(super) foreign: HashMap<HostPort, bool>,
    /// Hosts that the user named, by name and port, as they were written.
    pub(super) named: HashMap<(String, u16), HostPort>,
    /// Until when a host asked to be left alone.
    pub(super) paused: HashMap<HostPort, Instant>,
    pub(super) clients: HashMap<Profile, reqwest::Client>,
}

impl Memory {
    /// Whether only a server named `host`, and then whether loopback is allowed there.
    pub(super) fn is_foreign(&self, host: &HostPort) -> Option<bool> {
        if self.named(host).is_some() { None } else { self.foreign.get(host).copied() }
    }

    pub(super) fn named(&self, host: &HostPort) -> Option<&HostPort> {
        self.named.get(&(host.host.clone(), host.port))
    }

    /// Notes a host that the user named, as it was written.
    pub(super) fn introduce(&mut self, host: HostPort) {
        let place = (host.host.clone(), host.port);
        if self.named.contains_key(&place) {
            return;
        }
        // A server may have named it before the user did.
        self.trust.retain(|known, _| !known.is_at(&host));
        self.plain.retain(|(known, _), _| !known.is_at(&host));
        self.named.insert(place, host);
    }

    /// Notes that the host `from` named the host `to`.
    pub(super) fn hop(&mut self, from: &HostPort, to: HostPort) {
        if *from != to && self.named(&to).is_none() {
            // Whoever else names the same host does not widen what it may be.
            let local = is_loopback_name(&from.host);
            self.foreign.entry(to).and_modify(|allowed| *allowed &= local).or_insert(local);
        }
    }
}
