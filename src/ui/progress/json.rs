//! Progress for programs: one event per line. The names and fields are part of the command-line contract.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::Serialize;

use super::clock::Clock;
use super::ledger::{BlobKind, Ledger};
use crate::content::{Event, Progress};
use crate::model::{Digest, MediaType, Reference};
use crate::ui::Printer;
use crate::ui::json::to_line;
use crate::ui::printer::lock;

/// The version of the events. New events and fields do not raise it; readers skip what they do not know.
const SCHEMA: u32 = 1;
/// A layer's progress is told this often at most.
const LAYER_INTERVAL: Duration = Duration::from_millis(100);

pub(super) struct Json {
    printer: Arc<Printer>,
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    told: HashMap<Digest, Duration>,
}

#[derive(Serialize)]
struct Line<'a> {
    schema: u32,
    #[serde(flatten)]
    body: Body<'a>,
    /// Unix seconds.
    time: f64,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum Body<'a> {
    DefaultTag,
    Pulling {
        reference: Text<&'a Reference>,
    },
    Pushing {
        reference: Text<&'a Reference>,
    },
    Resolved {
        reference: Text<&'a Reference>,
        digest: &'a Digest,
        media_type: &'a MediaType,
        size_bytes: u64,
    },
    Planned {
        blobs: usize,
        total_bytes: u64,
        present: usize,
    },
    LayerQueued {
        digest: &'a Digest,
        kind: BlobKind,
        total_bytes: u64,
    },
    LayerPresent {
        digest: &'a Digest,
        kind: BlobKind,
    },
    LayerMounted {
        digest: &'a Digest,
        kind: BlobKind,
    },
    LayerStarted {
        digest: &'a Digest,
        kind: BlobKind,
        offset_bytes: u64,
        total_bytes: u64,
    },
    LayerProgress {
        digest: &'a Digest,
        kind: BlobKind,
        done_bytes: u64,
        total_bytes: u64,
    },
    LayerFinished {
        digest: &'a Digest,
        kind: BlobKind,
    },
    LayerSkipped {
        digest: &'a Digest,
        kind: BlobKind,
        reason: &'a str,
    },
    Retrying {
        what: &'a str,
        attempt: u32,
        wait_seconds: f64,
        /// Whether the host asked for the wait.
        asked: bool,
        reason: &'a str,
    },
    Done {
        reference: Text<&'a Reference>,
        digest: &'a Digest,
        media_type: &'a MediaType,
        size_bytes: u64,
        changed: bool,
    },
}

/// Serialises what it holds as it is displayed.
struct Text<T>(T);

impl<T: std::fmt::Display> Serialize for Text<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// A warning, note or hint as an event, newline included.
pub(in crate::ui) fn remark(event: &str, text: &str) -> Vec<u8> {
    #[derive(Serialize)]
    struct Remark<'a> {
        schema: u32,
        event: &'a str,
        text: &'a str,
        time: f64,
    }
    line(&Remark { schema: SCHEMA, event, text, time: seconds(Clock::system().unix()) })
}

impl Json {
    pub(super) fn new(printer: Arc<Printer>, clock: Clock) -> Self {
        Self { printer, clock, state: Mutex::default() }
    }
}

impl Progress for Json {
    fn report(&self, event: Event<'_>) {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        state.ledger.record(&event, now);
        let body = match event {
            Event::Warning { text } => return self.printer.warn(text),
            Event::Note { text } => return self.printer.note(text),
            Event::DefaultTag => Body::DefaultTag,
            Event::Pulling { reference } => Body::Pulling { reference: Text(reference) },
            Event::Pushing { reference } => Body::Pushing { reference: Text(reference) },
            Event::Resolved { reference, descriptor } => Body::Resolved {
                reference: Text(reference),
                digest: &descriptor.digest,
                media_type: &descriptor.media_type,
                size_bytes: descriptor.size,
            },
            Event::Planned { blobs, bytes, present } => Body::Planned { blobs, total_bytes: bytes, present },
            Event::Queued { blob } => {
                Body::LayerQueued { digest: &blob.digest, kind: BlobKind::of(blob), total_bytes: blob.size }
            }
            Event::Present { blob } => Body::LayerPresent { digest: &blob.digest, kind: BlobKind::of(blob) },
            Event::Mounted { blob } => Body::LayerMounted { digest: &blob.digest, kind: BlobKind::of(blob) },
            Event::Started { digest, offset, bytes } => {
                Body::LayerStarted { digest, kind: state.ledger.kind(digest), offset_bytes: offset, total_bytes: bytes }
            }
            Event::Advanced { digest, .. } => {
                let recent = |at: &Duration| now.saturating_sub(*at) < LAYER_INTERVAL;
                if state.told.get(digest).is_some_and(recent) {
                    return;
                }
                state.told.insert(digest.clone(), now);
                let (done_bytes, total_bytes) =
                    state.ledger.get(digest).map_or((0, 0), |layer| (layer.done_bytes, layer.total_bytes));
                Body::LayerProgress { digest, kind: state.ledger.kind(digest), done_bytes, total_bytes }
            }
            Event::Finished { blob } => Body::LayerFinished { digest: &blob.digest, kind: BlobKind::of(blob) },
            Event::Skipped { blob, reason } => {
                Body::LayerSkipped { digest: &blob.digest, kind: BlobKind::of(blob), reason }
            }
            Event::Retrying { what, attempt, wait, asked, reason } => {
                Body::Retrying { what, attempt, wait_seconds: seconds(wait), asked, reason }
            }
            Event::Done { reference, descriptor, changed } => Body::Done {
                reference: Text(reference),
                digest: &descriptor.digest,
                media_type: &descriptor.media_type,
                size_bytes: descriptor.size,
                changed,
            },
        };
        // Written under the lock, so that lines come in the order of events.
        self.printer.raw_stderr(&line(&Line { schema: SCHEMA, body, time: seconds(self.clock.unix()) }));
    }
}

fn line(value: &impl Serialize) -> Vec<u8> {
    // Strings and numbers always serialise.
    let mut line = to_line(value).unwrap_or_default();
    line.push(b'\n');
    line
}

/// Seconds to the millisecond.
fn seconds(duration: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "exact for the next quarter of a million years")]
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX) as f64;
    milliseconds / 1000.0
}

#[cfg(test)]
mod tests {
    use super::super::clock::tests::Hand;
    use super::super::tests::{Script, printer};
    use super::*;
    use crate::ui::{ProgressMode, Style};

    fn json() -> (Json, Hand, crate::ui::printer::tests::Memory) {
        let (printer, stderr) = printer(Style { progress: ProgressMode::Json, ..Style::default() });
        let hand = Hand::default();
        (Json::new(printer, hand.clock()), hand, stderr)
    }

    #[test]
    fn the_events_of_a_pull() {
        let (json, hand, stderr) = json();
        Script::new().pull(&json, &hand);
        let digest = |digit: &str| format!("sha256:{}", digit.repeat(64));
        let expected = [
            r#"{"schema":1,"event":"default_tag","time":1700000000.0}"#.to_owned(),
            r#"{"schema":1,"event":"pulling","reference":"docker.io/library/debian:latest","time":1700000000.0}"#
                .to_owned(),
            format!(
                r#"{{"schema":1,"event":"resolved","reference":"docker.io/library/debian:latest","digest":"{}","media_type":"application/vnd.oci.image.manifest.v1+json","size_bytes":1234,"time":1700000000.0}}"#,
                digest("a")
            ),
            r#"{"schema":1,"event":"planned","blobs":3,"total_bytes":100000000,"present":1,"time":1700000000.0}"#
                .to_owned(),
            format!(
                r#"{{"schema":1,"event":"layer_queued","digest":"{}","kind":"config","total_bytes":7,"time":1700000000.0}}"#,
                digest("4")
            ),
            format!(
                r#"{{"schema":1,"event":"layer_queued","digest":"{}","kind":"layer","total_bytes":30000000,"time":1700000000.0}}"#,
                digest("1")
            ),
            format!(
                r#"{{"schema":1,"event":"layer_queued","digest":"{}","kind":"layer","total_bytes":5,"time":1700000000.0}}"#,
                digest("2")
            ),
            format!(
                r#"{{"schema":1,"event":"layer_queued","digest":"{}","kind":"layer","total_bytes":70000000,"time":1700000000.0}}"#,
                digest("3")
            ),
            format!(
                r#"{{"schema":1,"event":"layer_present","digest":"{}","kind":"layer","time":1700000000.0}}"#,
                digest("0")
            ),
        ];
        let text = stderr.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[..expected.len()], expected);

        let events: Vec<serde_json::Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let names: Vec<&str> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
        let expected = [
            "layer_started",
            "layer_progress",
            "layer_finished",
            "layer_started",
            "layer_started",
            "warning",
            "retrying",
            "layer_progress",
            "layer_progress",
            "layer_finished",
            "layer_skipped",
            "layer_progress",
            "layer_finished",
            "done",
        ];
        assert_eq!(names[9..], expected);
        for (event, kind) in [(9, "config"), (10, "config"), (11, "config"), (12, "layer"), (16, "layer")] {
            assert_eq!(events[event]["kind"], kind, "{event}");
        }
        assert_eq!(events[12]["offset_bytes"], 3_000_000);
        assert_eq!(events[14]["text"], "the registry says: \u{1b}[2J");
        assert_eq!(events[15]["wait_seconds"], 2.0);
        assert_eq!(events[15]["asked"], false);
        assert_eq!(events[15]["reason"], "connection reset\u{7}");
        assert_eq!(events[16]["done_bytes"], 30_000_000, "cumulative, offset included");
        assert_eq!(events[20]["time"], 1_700_000_020.0);
        assert_eq!(events[22]["changed"], true);
    }

    #[test]
    fn a_layer_is_told_ten_times_a_second_at_most() {
        let (json, hand, stderr) = json();
        let script = Script::new();
        for layer in [1, 2] {
            json.report(Event::Started { digest: script.layer(layer), offset: 0, bytes: 1_000_000 });
        }
        for _ in 0..1000 {
            hand.advance(1);
            for layer in [1, 2] {
                json.report(Event::Advanced { digest: script.layer(layer), bytes: 1000 });
            }
        }
        for layer in [1, 2] {
            let digest = script.layer(layer).to_string();
            let told = stderr.text().lines().filter(|l| l.contains("layer_progress") && l.contains(&digest)).count();
            assert_eq!(told, 10, "layer {layer}");
        }
    }

    #[test]
    fn the_events_of_a_push() {
        let (json, _, stderr) = json();
        Script::new().push(&json);
        let text = stderr.text();
        let names: Vec<_> = text.lines().map(|line| line.split('"').nth(5).unwrap_or_default()).collect();
        assert_eq!(
            names,
            ["pushing", "layer_present", "layer_mounted", "layer_started", "layer_finished", "layer_finished", "done"]
        );
    }
}
