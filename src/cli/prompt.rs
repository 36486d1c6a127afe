//! Reading from a person, or from what stands in for one on standard input.

use std::io;

use anyhow::{Context as _, Result};

/// Reads on a thread of its own, so that a signal still ends the command; the terminal then echoes again, even where
/// it was a password that was being read.
pub(super) async fn read<T: Send + 'static>(what: &'static str, read: fn() -> io::Result<T>) -> Result<T> {
    let _terminal = Terminal::remember();
    match tokio::task::spawn_blocking(read).await? {
        // Ctrl-C at a password: the signal is on its way to whoever ends the command.
        Err(error) if error.kind() == io::ErrorKind::Interrupted => std::future::pending().await,
        answer => answer.with_context(|| format!("cannot read the {what}")),
    }
}

/// One line without white space around it; empty at the end of the input too.
pub(super) fn line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

/// The settings of the terminal, put back when dropped.
#[cfg(unix)]
struct Terminal(Option<rustix::termios::Termios>);

#[cfg(unix)]
impl Terminal {
    fn remember() -> Self {
        Self(rustix::termios::tcgetattr(io::stdin()).ok())
    }
}

#[cfg(unix)]
impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(settings) = &self.0 {
            let _ = rustix::termios::tcsetattr(io::stdin(), rustix::termios::OptionalActions::Now, settings);
        }
    }
}

#[cfg(not(unix))]
struct Terminal;

#[cfg(not(unix))]
impl Terminal {
    fn remember() -> Self {
        Self
    }
}
