use std::future::Future;

use crate::op::Exit;

/// Ends when the process is asked to stop. What was being done is dropped then: locks are released, and what was
/// received so far stays for the next run. Signals count from the call on, not from the first poll: a command may
/// block before that, at a prompt.
///
/// On Unix a thread of its own listens, and ends the process if the command does not: at a second signal, or when
/// the grace is over. The store stands it, as it stands any other end.
pub(super) fn arrival() -> impl Future<Output = Exit> {
    #[cfg(unix)]
    {
        let (tell, told) = tokio::sync::oneshot::channel();
        let (ready, is_ready) = std::sync::mpsc::channel::<()>();
        let listener = std::thread::Builder::new().name("signals".to_owned()).stack_size(STACK_BYTES);
        if listener.spawn(move || unix::listen(ready, tell)).is_ok() {
            // Nothing is sent: it ends when the listener is there, or has given up.
            let _ = is_ready.recv();
        }
        async {
            match told.await {
                Ok(exit) => exit,
                Err(_) => std::future::pending().await,
            }
        }
    }
    #[cfg(not(unix))]
    async {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Exit::Interrupted,
            Err(_) => std::future::pending().await,
        }
    }
}

/// Enough for a runtime that only waits.
#[cfg(unix)]
const STACK_BYTES: usize = 256 << 10;

#[cfg(unix)]
mod unix {
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::signal::unix::{SignalKind, signal};
    use tokio::sync::oneshot;

    use crate::op::Exit;

    /// How long a command may take to end. Two seconds are promised, and the end of a process takes time as well.
    const GRACE: Duration = Duration::from_millis(1200);

    pub(super) fn listen(ready: mpsc::Sender<()>, tell: oneshot::Sender<Exit>) {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
        let first = runtime.block_on(async {
            let (interrupt, terminate) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()));
            let (Ok(mut interrupt), Ok(mut terminate)) = (interrupt, terminate) else { return None };
            drop(ready);
            let mut next = async || {
                tokio::select! {
                    _ = interrupt.recv() => Exit::Interrupted,
                    _ = terminate.recv() => Exit::Terminated,
                }
            };
            let first = next().await;
            // Without a receiver the command has ended just now.
            let _ = tell.send(first);
            let _ = tokio::time::timeout(GRACE, next()).await;
            Some(first)
        });
        if let Some(exit) = first {
            #[expect(clippy::exit, reason = "the command does not end, and was asked to")]
            std::process::exit(i32::from(exit.code()));
        }
    }
}
