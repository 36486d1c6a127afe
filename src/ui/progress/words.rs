//! Docker's words for what happens, one line each. They are made harmless where they are written.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

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

/// Why something is tried again, and when: `ghcr.io: Retrying in 25s: 502 Bad Gateway`.
pub(super) fn retrying(what: &str, left: Duration, reason: &str) -> String {
    // A connection's error names its host already. Layers keep their place at the start of the line.
    let is_host = what.contains(['.', ':']);
    let what = if is_host && reason.contains(what) { String::new() } else { format!("{what}: ") };
    match left.as_secs() {
        0 => format!("{what}Retrying: {reason}"),
        _ => format!("{what}Retrying in {}: {reason}", units::duration(left)),
    }
}

/// That a host asks to wait, running down, from the longest form to the shortest:
/// `ghcr.io asks to wait: 27 s left (429 Too Many Requests)`.
pub(super) fn asked_to_wait(host: &str, left: Duration, reason: &str) -> [String; 3] {
    let left = seconds(left);
    let plain = format!("{host} asks to wait: {left} left");
    [format!("{plain} ({reason})"), plain, format!("wait {left}: {host}")]
}

/// The same for those who do not see it run down: `ghcr.io asks to wait 27 s, until 14:05:10 (429 Too Many Requests)`.
/// `until` is that moment in unix time, where it is far away.
pub(super) fn asked_to_wait_until(
    host: &str,
    wait: Duration,
    until: Option<Duration>,
    zone: &TimeZone,
    reason: &str,
) -> String {
    let until = until.and_then(|until| time_of_day(until, zone)).map(|time| format!(", until {time}"));
    format!("{host} asks to wait {}{} ({reason})", seconds(wait), until.unwrap_or_default())
}

/// `27 s`; longer waits as other durations.
fn seconds(duration: Duration) -> String {
    match duration.as_millis().div_ceil(1000) {
        seconds @ 0..=120 => format!("{seconds} s"),
        _ => units::duration(duration),
    }
}

/// `14:05:10` in `zone`.
fn time_of_day(unix: Duration, zone: &TimeZone) -> Option<String> {
    let moment = Timestamp::from_second(unix.as_secs().try_into().ok()?).ok()?;
    Some(moment.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string())
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
