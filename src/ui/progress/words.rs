//! Docker's words for what happens, one line each. They are made harmless where they are written.

use std::time::Duration;

use super::ledger::{Direction, Ledger};
use crate::content::Event;
use crate::model::{Digest, Reference};
use crate::ui::units;

/// Said when no tag was written.
pub(super) const DEFAULT_TAG: &str = "Using default tag: latest";

/// The lines that stay on the screen for `event`. None for what is shown as movement, nor for warnings and notes,
/// which have a form of their own.
pub(super) fn lines(event: &Event<'_>, direction: Direction) -> Vec<String> {
    let layer = |digest: &Digest, words: &str| vec![format!("{}: {words}", digest.short())];
    match event {
        Event::DefaultTag => vec![DEFAULT_TAG.to_owned()],
        Event::Pulling { reference } => {
            vec![format!("{}: Pulling from {}", tag_or_digest(reference), reference.repository())]
        }
        Event::Pushing { reference } => vec![format!("The push refers to repository [{}]", reference.name())],
        Event::Present { digest } => match direction {
            Direction::Pull => layer(digest, "Already exists"),
            Direction::Push => layer(digest, "Layer already exists"),
        },
        Event::Mounted { digest } => layer(digest, "Mounted from another repository"),
        Event::Finished { digest } => match direction {
            Direction::Pull => layer(digest, "Pull complete"),
            Direction::Push => layer(digest, "Pushed"),
        },
        Event::Skipped { digest, reason } => layer(digest, &format!("Skipped: {reason}")),
        Event::Retrying { what, attempt, wait, reason } => {
            vec![format!("{what}: Retrying in {} (attempt {attempt}): {reason}", units::duration(*wait))]
        }
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
        | Event::Warning { .. }
        | Event::Note { .. } => Vec::new(),
    }
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
