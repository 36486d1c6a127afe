//! A port of loopback that is this test's for as long as it is held, whether a server listens there or not.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// A port at which nobody listens yet: connections are refused. A server that sets `SO_REUSEADDR`, as those written in
/// Go and nginx do, can listen there while the port is held.
pub struct Port {
    // Bound and never listening: no other process is given the port.
    socket: TcpSocket,
}

impl Port {
    /// A port of 127.0.0.1.
    pub fn closed() -> Self {
        Self::closed_at(1)
    }

    /// A port of 127.0.0.`last`: another host.
    pub fn closed_at(last: u8) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.set_reuseaddr(true).expect("a socket option");
        let ip = IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
        socket.bind(SocketAddr::new(ip, 0)).expect("a free port on loopback");
        Self { socket }
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.socket.local_addr().expect("an address")
    }

    /// `127.0.0.1:41234`, as references name it.
    pub fn host(&self) -> String {
        self.address().to_string()
    }

    /// The number alone.
    pub fn number(&self) -> u16 {
        self.address().port()
    }
}
