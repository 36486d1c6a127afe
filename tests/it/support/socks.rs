//! A SOCKS5 server in this process (RFC 1928, RFC 1929) that knows names of its own: `CONNECT` only.

use std::collections::BTreeMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::relay::{Relay, pass_on};

const VERSION: u8 = 5;
const NO_LOGIN: u8 = 0;
const USER_AND_PASSWORD: u8 = 2;
const NO_METHOD: u8 = 0xff;

/// A running SOCKS5 server. Dropped, it stops.
pub struct Socks {
    relay: Relay,
    state: Arc<State>,
}

struct State {
    names: BTreeMap<String, Ipv4Addr>,
    login: Option<(String, String)>,
    connections: AtomicUsize,
    refused: AtomicUsize,
    targets: Mutex<Vec<String>>,
}

impl Socks {
    /// Starts one that knows `names`, and asks for a login if one is given.
    pub fn start(names: &[(&str, Ipv4Addr)], login: Option<(&str, &str)>) -> Self {
        let state = Arc::new(State {
            names: names.iter().map(|&(name, ip)| (name.to_owned(), ip)).collect(),
            login: login.map(|(user, password)| (user.to_owned(), password.to_owned())),
            connections: AtomicUsize::new(0),
            refused: AtomicUsize::new(0),
            targets: Mutex::default(),
        });
        let shared = Arc::clone(&state);
        let relay = Relay::start(move |stream| {
            let state = Arc::clone(&shared);
            async move {
                state.connections.fetch_add(1, Ordering::SeqCst);
                // A client that goes away is part of the test.
                let _ = serve(stream, &state).await;
            }
        });
        Self { relay, state }
    }

    /// `127.0.0.1:41234`.
    pub fn host(&self) -> String {
        self.relay.address().to_string()
    }

    /// `socks5h://127.0.0.1:41234`: this server resolves the names.
    pub fn url(&self) -> String {
        format!("socks5h://{}", self.host())
    }

    /// The same with a login in it.
    pub fn url_as(&self, user: &str, password: &str) -> String {
        format!("socks5h://{user}:{password}@{}", self.host())
    }

    /// How many connections were made to it.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// How many clients had no login, or a wrong one.
    pub fn refused(&self) -> usize {
        self.state.refused.load(Ordering::SeqCst)
    }

    /// What was to be connected to, in order, as the client said it: `registry.test:443`.
    pub fn targets(&self) -> Vec<String> {
        self.state.targets.lock().unwrap().clone()
    }
}

async fn serve(mut stream: TcpStream, state: &State) -> io::Result<()> {
    if !logged_in(&mut stream, state).await? {
        return Ok(());
    }
    let [version, command, _, kind] = read(&mut stream).await?;
    let target = match kind {
        1 => IpAddr::from(Ipv4Addr::from(read::<4>(&mut stream).await?)).to_string(),
        3 => text(&mut stream).await?,
        4 => format!("[{}]", Ipv6Addr::from(read::<16>(&mut stream).await?)),
        _ => return reply(&mut stream, Outcome::AddressKind).await,
    };
    let port = stream.read_u16().await?;
    state.targets.lock().unwrap().push(format!("{target}:{port}"));
    if (version, command) != (VERSION, 1) {
        return reply(&mut stream, Outcome::Command).await;
    }
    let ip = state.names.get(&target).copied().or_else(|| target.parse().ok());
    let Some(ip) = ip else { return reply(&mut stream, Outcome::Unreachable).await };
    match TcpStream::connect((ip, port)).await {
        Ok(far) => {
            reply(&mut stream, Outcome::Connected).await?;
            pass_on(stream, far).await;
            Ok(())
        }
        Err(_) => reply(&mut stream, Outcome::Refused).await,
    }
}

/// The choice of a method, and the login.
async fn logged_in(stream: &mut TcpStream, state: &State) -> io::Result<bool> {
    let [_, count] = read(stream).await?;
    let mut methods = vec![0; count.into()];
    stream.read_exact(&mut methods).await?;
    let wanted = if state.login.is_some() { USER_AND_PASSWORD } else { NO_LOGIN };
    if !methods.contains(&wanted) {
        state.refused.fetch_add(1, Ordering::SeqCst);
        stream.write_all(&[VERSION, NO_METHOD]).await?;
        return Ok(false);
    }
    stream.write_all(&[VERSION, wanted]).await?;
    let Some(login) = &state.login else { return Ok(true) };
    let [_] = read(stream).await?;
    let given = (text(stream).await?, text(stream).await?);
    let accepted = given == *login;
    state.refused.fetch_add((!accepted).into(), Ordering::SeqCst);
    stream.write_all(&[1, u8::from(!accepted)]).await?;
    Ok(accepted)
}

enum Outcome {
    Connected = 0,
    Unreachable = 4,
    Refused = 5,
    Command = 7,
    AddressKind = 8,
}

async fn reply(stream: &mut TcpStream, outcome: Outcome) -> io::Result<()> {
    // No client looks at the address that is bound here.
    stream.write_all(&[VERSION, outcome as u8, 0, 1, 0, 0, 0, 0, 0, 0]).await
}

async fn read<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await?;
    Ok(bytes)
}

/// A length in one byte, and that much text.
async fn text(stream: &mut TcpStream) -> io::Result<String> {
    let mut bytes = vec![0; stream.read_u8().await?.into()];
    stream.read_exact(&mut bytes).await?;
    String::from_utf8(bytes).map_err(io::Error::other)
}
