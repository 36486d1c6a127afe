use std::collections::BTreeSet;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use anyhow::{Context as _, Result};

use crate::auth::credential::{CredentialStore, Credentials};
use crate::config::Settings;
use crate::content::{Event, Progress};
use crate::http::{self, Notice};
use crate::op::{Context, Exit, Failure, OpenUploads};
use crate::store::Layout;
use crate::transfer::Limits;
use crate::ui::{self, Printer};

/// The rate from which on a connection more is worth having, in bytes per second. Below it, each would stand still for
/// so long that servers hang up.
const RATE_PER_BLOB: u64 = 64 * 1024;

/// What every command works with: settings, the printer, and the layers made from them when they are needed.
pub(super) struct App {
    pub(super) settings: Settings,
    pub(super) printer: Arc<Printer>,
    pub(super) credentials: Arc<Credentials>,
    layout: OnceLock<Layout>,
    /// Short names, and what the user chose for them.
    choices: Mutex<BTreeSet<(String, String)>>,
    /// Whether bytes of a blob have begun to move.
    moving: Arc<AtomicBool>,
    open_uploads: Arc<OpenUploads>,
}

impl App {
    pub(super) fn new(settings: Settings, printer: Arc<Printer>) -> Self {
        let credentials = Arc::new(Credentials::new(settings.credentials.clone()));
        Self {
            settings,
            printer,
            credentials,
            layout: OnceLock::new(),
            choices: Mutex::default(),
            moving: Arc::default(),
            open_uploads: Arc::default(),
        }
    }

    /// What a verb that talks to a registry needs. Nothing is opened yet.
    pub(super) fn context(&self) -> Context {
        let progress: Arc<dyn Progress> =
            Arc::new(Watch { listener: self.printer.progress(), moving: self.moving.clone() });
        let trust = self.settings.trust.clone();
        let told = progress.clone();
        let client = http::Client::new(http::Options {
            trust: Arc::new(move |host, foreign| trust.of(host, foreign)),
            overrides: self.settings.overrides.iter().map(|given| given.value.clone()).collect(),
            proxy: self.settings.proxy.clone(),
            retry: self.settings.retry.clone(),
            limit_rate: self.settings.limit_rate,
            timeouts: self.settings.timeouts.clone(),
            trusted_realms: self.settings.trusted_realms.iter().map(|realm| realm.value.clone()).collect(),
            on_retry: Arc::new(move |notice: &Notice<'_>| {
                let Notice { host: what, attempt, wait, asked, reason } = *notice;
                told.report(Event::Retrying { what, attempt, wait, asked, reason });
            }),
        });
        let retry = self.settings.retry.clone();
        let limits = Limits {
            concurrency: self.settings.concurrency.min(connections_by_open_files()).min(self.connections_by_rate()),
            retries: retry.retries,
            backoff: Arc::new(move |attempt| retry.backoff(attempt)),
        };
        let credentials: Arc<dyn CredentialStore> = self.credentials.clone();
        let registries = self.settings.registries.clone();
        Context::new(Arc::new(client), credentials, limits, progress, registries, self.open_uploads.clone())
    }

    /// How many blobs may move at once for the rate that is allowed.
    fn connections_by_rate(&self) -> usize {
        let blobs = self.settings.limit_rate.map_or(u64::MAX, |rate| rate / RATE_PER_BLOB);
        usize::try_from(blobs).unwrap_or(usize::MAX).max(1)
    }

    /// The store, made if it is not there.
    pub(super) fn store(&self) -> Result<Layout> {
        let layout = Layout::create_or_open(self.settings.store()?, self.settings.store_options)?;
        Ok(self.layout.get_or_init(|| layout).clone())
    }

    /// The store for reading, if there is one.
    pub(super) fn store_to_read(&self) -> Result<Option<Layout>> {
        Ok(Layout::open(self.settings.store()?, self.settings.store_options)?)
    }

    /// The store for a command that says what it would do: as it is, and nothing is made where there is none.
    pub(super) fn store_as_it_is(&self) -> Result<Layout> {
        let vacant = || Ok(Layout::vacant(self.settings.store()?, self.settings.store_options));
        self.store_to_read()?.map_or_else(vacant, Ok)
    }

    /// Whether the user said before, in this run, that `short` is `name`.
    pub(super) fn has_chosen(&self, short: &str, name: &str) -> bool {
        let choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        choices.contains(&(short.to_owned(), name.to_owned()))
    }

    /// Notes that the user said so.
    pub(super) fn note_choice(&self, short: &str, name: &str) {
        let mut choices = self.choices.lock().unwrap_or_else(PoisonError::into_inner);
        choices.insert((short.to_owned(), name.to_owned()));
    }

    /// Turns what a command came to into an exit code, and says what went wrong.
    pub(super) fn conclude(&self, attempted: &str, outcome: Result<()>) -> Exit {
        let Err(error) = outcome else { return Exit::Done };
        if let Some(lost) = error.chain().find_map(|cause| cause.downcast_ref::<LostOutput>()) {
            let Some(failure) = ui::lost_output(&lost.0) else { return Exit::Done };
            self.printer.failure(&failure);
            return failure.exit;
        }
        let mut failure = Failure::under(&self.settings.trust, attempted, &error);
        if error.chain().any(<dyn std::error::Error>::is::<crate::config::Error>) {
            (failure.exit, failure.kind) = (Exit::Usage, "bad_configuration");
            failure.hint = Some("say where to keep images with `--store DIR`".to_owned());
        }
        self.printer.failure(&failure);
        failure.exit
    }

    /// Whether bytes of a blob have begun to move: only then there may be something to go on from.
    pub(super) fn has_moved_bytes(&self) -> bool {
        self.moving.load(Ordering::Relaxed)
    }

    /// Tells registries that uploads are given up, for as long as somebody who stopped the program may wait.
    pub(super) async fn abandon_uploads(&self) {
        self.open_uploads.abandon().await;
    }

    /// What people should know about the store and the credential files that were used.
    pub(super) fn say_notices(&self) {
        // Known only once a lock was asked for.
        if self.layout.get().is_some_and(Layout::lacks_locks) {
            self.printer.warn("the store's file system has no locks: run one command at a time");
        }
        for notice in self.credentials.notices() {
            self.printer.warn(&notice);
        }
    }
}

/// Passes all events on, and notes that bytes begin to move.
struct Watch {
    listener: Arc<dyn Progress>,
    moving: Arc<AtomicBool>,
}

impl Progress for Watch {
    fn report(&self, event: Event<'_>) {
        if matches!(event, Event::Started { .. }) {
            self.moving.store(true, Ordering::Relaxed);
        }
        self.listener.report(event);
    }
}

/// How many connections may carry blobs at once for the files that this process may open: each takes one, with TLS and
/// redirects two; its blob, and two that are being finished meanwhile, take a file, a map and a lock each; the rest is
/// for the process itself.
fn connections_by_open_files() -> usize {
    const OWN: u64 = 16;
    const PER_CONNECTION: u64 = 11;
    #[cfg(unix)]
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    #[cfg(not(unix))]
    let limit: Option<u64> = None;
    let connections = limit.map_or(u64::MAX, |limit| limit.saturating_sub(OWN) / PER_CONNECTION);
    usize::try_from(connections).unwrap_or(usize::MAX).max(1)
}

/// stdout did not take what was written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write to standard output")]
struct LostOutput(#[source] io::Error);

/// Marks the outcome of writing to stdout, which a closed pipe ends quietly.
pub(super) fn written(outcome: io::Result<()>) -> Result<()> {
    outcome.map_err(LostOutput).context("cannot print the result")
}
