//! Progress as lines: one for each finished layer, and now and then how far everything is.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::clock::Clock;
use super::ledger::Ledger;
use super::words;
use crate::content::{Event, Progress};
use crate::ui::Printer;
use crate::ui::printer::lock;

/// Summaries are this far apart at least.
const SUMMARY_INTERVAL: Duration = Duration::from_secs(10);
/// Of a longer wait the end is told, too; and that a host asks to wait is told this far apart at least.
const LONG_WAIT: Duration = Duration::from_secs(10);

pub(super) struct Plain {
    printer: Arc<Printer>,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    last_summary: Duration,
    /// When it was told last that a host asks to wait.
    told_to_wait: BTreeMap<String, Duration>,
}

impl Plain {
    pub(super) fn new(printer: Arc<Printer>, clock: Clock) -> Self {
        Self { printer, clock, state: Mutex::default() }
    }
}

impl Progress for Plain {
    fn report(&self, event: Event<'_>) {
        match event {
            Event::Warning { text } => return self.printer.warn(text),
            Event::Note { text } => return self.printer.note(text),
            _ => {}
        }
        let now = self.clock.now();
        let mut state = lock(&self.state);
        // Requests that run side by side are told once to slow down.
        let waits = |what| state.ledger.waits(now).any(|(known, _)| known == what);
        let lately = |what| state.told_to_wait.get(what).is_some_and(|at| now.saturating_sub(*at) < LONG_WAIT);
        let retry = match event {
            Event::Retrying { what, .. } if waits(what) => None,
            Event::Retrying { what, asked: true, .. } if lately(what) => None,
            Event::Retrying { what, wait, asked: true, reason, .. } => {
                state.told_to_wait.insert(what.to_owned(), now);
                let until = (wait >= LONG_WAIT).then(|| self.clock.unix().saturating_add(wait));
                Some(words::asked_to_wait_until(what, wait, until, self.clock.zone(), reason))
            }
            Event::Retrying { what, wait, reason, .. } => Some(words::retrying(what, wait, reason)),
            _ => None,
        };
        state.ledger.record(&event, now);
        let mut lines = words::lines(&event, state.ledger.direction);
        lines.extend(retry);
        match event {
            Event::Pulling { .. } | Event::Pushing { .. } => state.last_summary = now,
            Event::Advanced { .. } if now.saturating_sub(state.last_summary) >= SUMMARY_INTERVAL => {
                state.last_summary = now;
                lines.push(words::summary(&state.ledger, now));
            }
            _ => {}
        }
        // Written under the lock, so that lines come in the order of events.
        for line in lines {
            self.printer.progress_line(&line);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::tests::Hand;
    use super::super::tests::{Script, printer};
    use super::*;
    use crate::ui::{ProgressMode, Style};

    fn plain(style: Style) -> (Plain, Hand, crate::ui::printer::tests::Memory) {
        let (printer, stderr) = printer(style);
        let hand = Hand::default();
        (Plain::new(printer, hand.clock()), hand, stderr)
    }

    #[test]
    fn a_pull_in_dockers_words() {
        let (plain, hand, stderr) = plain(Style::default());
        let script = Script::new();
        script.pull(&plain, &hand);
        let expected = "\
Using default tag: latest
latest: Pulling from library/debian
000000000000: Already exists
warning: the registry says: \\u{1b}[2J
333333333333: Retrying in 2s: connection reset\\u{7}
30MB/100MB (30%), 1 of 4 layers, 2.7MB/s
111111111111: Pull complete
222222222222: Skipped: non-distributable
65MB/100MB (65%), 3 of 4 layers, 3.5MB/s
333333333333: Pull complete
Digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
Status: Downloaded newer image for docker.io/library/debian:latest
";
        assert_eq!(stderr.text(), expected);
    }

    #[test]
    fn a_long_wait_is_told_once_and_with_its_end() {
        let (plain, hand, stderr) = plain(Style::default());
        let busy = |seconds| Event::Retrying {
            what: "ghcr.io",
            attempt: 1,
            wait: Duration::from_secs(seconds),
            asked: true,
            reason: "429 Too Many Requests",
        };
        plain.report(busy(30));
        hand.advance(100);
        plain.report(busy(30));
        hand.advance(40_000);
        for _ in 0..9 {
            plain.report(busy(1));
            hand.advance(1_000);
        }
        let (what, attempt, asked) = ("ghcr.io", 3, false);
        let reason = "cannot connect to ghcr.io: connection refused";
        plain.report(Event::Retrying { what, attempt, wait: Duration::from_millis(400), asked, reason });
        hand.advance(1_000);
        plain.report(Event::Retrying {
            what,
            attempt,
            wait: Duration::from_secs(12),
            asked,
            reason: "502 Bad Gateway",
        });
        let expected = "\
ghcr.io asks to wait 30 s, until 23:13:50 (429 Too Many Requests)
ghcr.io asks to wait 1 s (429 Too Many Requests)
Retrying: cannot connect to ghcr.io: connection refused
ghcr.io: Retrying in 12s: 502 Bad Gateway
";
        assert_eq!(stderr.text(), expected);
    }

    #[test]
    fn an_unchanged_image_is_up_to_date() {
        let (plain, _, stderr) = plain(Style::default());
        let script = Script::new();
        plain.report(Event::Pulling { reference: &script.reference });
        let pinned = script.reference.clone().with_digest(script.manifest.digest.clone());
        plain.report(Event::Done { reference: &pinned, descriptor: &script.manifest, changed: false });
        let expected = "\
latest: Pulling from library/debian
Digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
Status: Image is up to date for docker.io/library/debian:latest
";
        assert_eq!(stderr.text(), expected);
    }

    #[test]
    fn a_push_in_dockers_words() {
        let (plain, _, stderr) = plain(Style { progress: ProgressMode::Plain, ..Style::default() });
        Script::new().push(&plain);
        let expected = "\
The push refers to repository [docker.io/library/debian]
000000000000: Layer already exists
111111111111: Mounted from another repository
222222222222: Pushed
latest: digest: sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa size: 1234
";
        assert_eq!(stderr.text(), expected);
    }
}
