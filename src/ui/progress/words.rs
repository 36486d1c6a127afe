//! Docker's words for what happens, one line each. They are made harmless where they are written.

use std::time::Duration;

use super::ledger::{BlobKind, Direction, Ledger};
use crate::content::Event;
use crate::model::{Descriptor, Reference};
use crate::ui::units;

/// Said when no tag was written.
pub(super) const DEFAULT_TAG: &str = "Using default tag: latest";

/// The lines that stay on the screen for `event`. None for what is shown as movement, nor for warnings and notes,
/// which have a form of their own; none for configurations, as in Docker's lists; and none for retries, which depend on
/// what else is waited for.
pub(super) fn lines(event: &Event<'_>, direction: Direction) -> Vec<String> {
    let layer = |blob: &Descriptor, words: &str| match BlobKind::of(blob) {
        BlobKind::Layer => vec![format!("{}: {words}", blob.digest.short())],
        BlobKind::Config => Vec::new(),
    };
    match event {
        Event::DefaultTag => vec![DEFAULT_TAG.to_owned()],
        Event::Pulling { reference } => {
            vec![format!("{}: Pulling from {}", tag_or_digest(reference), reference.repository())]
        }
        Event::Pushing { reference } => vec![format!("The push refers to repository [{}]", reference.name())],
        Event::Present { blob } => match direction {
            Direction::Pull => layer(blob, "Already exists"),
            Direction::Push => layer(blob, "Layer already exists"),
        },
        Event::Mounted { blob } => layer(blob, "Mounted from another repository"),
        Event::Finished { blob } => match direction {
            Direction::Pull => layer(blob, "Pull complete"),
            Direction::Push => layer(blob, "Pushed"),
        },
        Event::Skipped { blob, reason } => layer(blob, &format!("Skipped: {reason}")),
        Event::Done { reference, descriptor, changed } => match direction {
            Direction::Pull => {
                let status = if *changed { "Downloaded newer image for" } else { "Image is up to date for" };
                vec![format!("Digest: {}", descriptor.digest), format!("Status: {status} {}", as_named(reference))]
            }
            Direction::Push => {
                let (digest, size) = (&descriptor.digest, descriptor.size);
                vec![format!("{}: digest: {digest} size: {size}", tag_or_digest(reference))]
            }
        },
        Event::Resolved { .. }
        | Event::Planned { .. }
        | Event::Queued { .. }
        | Event::Started { .. }
        | Event::Advanced { .. }
        | Event::Retrying { .. }
        | Event::Warning { .. }
        | Event::Note { .. } => Vec::new(),
    }
}

/// Why something is tried again, and when: `ghcr.io: Retrying in 25s: 429 Too Many Requests`. `at` is that moment in
/// unix time, for those who do not see the seconds run down.
pub(super) fn retrying(what: &str, left: Duration, at: Option<Duration>, reason: &str) -> String {
    // A connection's error names its host already. Layers keep their place at the start of the line.
    let is_host = what.contains(['.', ':']);
    let what = if is_host && reason.contains(what) { String::new() } else { format!("{what}: ") };
    let left = match left.as_secs() {
        0 => "Retrying".to_owned(),
        _ => format!("Retrying in {}", units::duration(left)),
    };
    let at = at.map(|at| format!(", at {}", time_of_day(at))).unwrap_or_default();
    format!("{what}{left}{at}: {reason}")
}

fn time_of_day(unix: Duration) -> String {
    let seconds = unix.as_secs() % (24 * 60 * 60);
    format!("{:02}:{:02}:{:02} UTC", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Where a long transfer stands: `12.3MB/77.8MB (15%), 3 of 10 layers, 4.5MB/s`.
pub(super) fn summary(ledger: &Ledger, now: Duration) -> String {
    let totals = ledger.totals();
    let mut text = format!(
        "{}/{} ({}%), {} of {} layers",
        units::bytes(totals.done_bytes),
        units::bytes(totals.total_bytes),
        percent(totals.done_bytes, totals.total_bytes),
        totals.settled,
        totals.layers,
    );
    if let Some(rate) = ledger.rate(now) {
        text.push_str(", ");
        text.push_str(&units::rate(rate));
    }
    text
}

/// Whole percents, rounded down; of nothing, all is done.
pub(super) fn percent(done_bytes: u64, total_bytes: u64) -> u64 {
    let hundred_times = u128::from(done_bytes.min(total_bytes)) * 100;
    hundred_times.checked_div(u128::from(total_bytes)).map_or(100, |percent| u64::try_from(percent).unwrap_or(100))
}

fn tag_or_digest(reference: &Reference) -> String {
    let digest = || reference.digest().map(ToString::to_string);
    reference.tag().map(ToOwned::to_owned).or_else(digest).unwrap_or_else(|| "latest".to_owned())
}

/// A tag says more than the digest that it stands for by now.
fn as_named(reference: &Reference) -> String {
    let reference = reference.clone();
    if reference.tag().is_some() { reference.without_digest().to_string() } else { reference.to_string() }
}
