//! Shows events while a command runs: bars, lines in Docker's words, JSON, or remarks only.

mod bars;
mod clock;
mod json;
mod layout;
mod ledger;
mod plain;
mod words;

use std::sync::Arc;

pub(super) use bars::Bars;
pub(super) use json::remark as json_remark;

use super::{Format, Printer, ProgressMode};
use crate::content::{Event, Progress, Silent};
use clock::Clock;

/// The listener that the printer's style asks for, and the bars among which the printer has to write, if there are
/// any.
pub(super) fn listener(printer: &Arc<Printer>) -> (Arc<dyn Progress>, Option<Arc<Bars>>) {
    let shared = Arc::clone(printer);
    match printer.style().progress_mode() {
        ProgressMode::None if printer.style().quiet => (Arc::new(Silent), None),
        ProgressMode::None | ProgressMode::Auto => (Arc::new(Remarks { printer: shared }), None),
        ProgressMode::Plain => (Arc::new(plain::Plain::new(shared, Clock::system())), None),
        ProgressMode::Json => (Arc::new(json::Json::new(shared, Clock::system())), None),
        ProgressMode::Bar => {
            let bars = Arc::new(Bars::on_stderr(printer));
            (Arc::new(bars::Listener::new(shared, Arc::clone(&bars))), Some(bars))
        }
    }
}

/// Only what the person should know.
struct Remarks {
    printer: Arc<Printer>,
}

impl Progress for Remarks {
    fn report(&self, event: Event<'_>) {
        match event {
            Event::Warning { text } => self.printer.warn(text),
            Event::Note { text } => self.printer.note(text),
            // Where an error's object is to stand alone, the reference in the result says it as well.
            Event::DefaultTag if self.printer.style().format == Format::Text => self.printer.note(words::DEFAULT_TAG),
            Event::DefaultTag
            | Event::Pulling { .. }
            | Event::Pushing { .. }
            | Event::Resolved { .. }
            | Event::Planned { .. }
            | Event::Queued { .. }
            | Event::Present { .. }
            | Event::Mounted { .. }
            | Event::Started { .. }
            | Event::Advanced { .. }
            | Event::Finished { .. }
            | Event::Skipped { .. }
            | Event::Retrying { .. }
            | Event::Done { .. } => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::clock::tests::Hand;
    use super::*;
    use crate::model::{Descriptor, Digest, MediaType, Reference};
    use crate::ui::Style;
    use crate::ui::printer::tests::Memory;

    /// A digest for each number; of a single digit, repeated, up to 9.
    pub(super) fn digest(number: u32) -> Digest {
        let hex = if number < 10 { number.to_string().repeat(64) } else { format!("{number:064}") };
        Digest::parse(&format!("sha256:{hex}")).unwrap()
    }

    /// A layer by its number and size.
    pub(super) fn layer(number: u32, size: u64) -> Descriptor {
        Descriptor::new(MediaType::new("application/vnd.oci.image.layer.v1.tar+gzip"), digest(number), size)
    }

    pub(super) fn printer(style: Style) -> (Arc<Printer>, Memory) {
        let stderr = Memory::default();
        let printer = Printer::with_streams(style, Box::new(std::io::sink()), Box::new(stderr.clone()));
        (Arc::new(printer), stderr)
    }

    /// The same transfers for each way of showing them.
    pub(super) struct Script {
        pub(super) reference: Reference,
        pub(super) manifest: Descriptor,
        pub(super) config: Descriptor,
        layers: [Descriptor; 4],
    }

    impl Script {
        pub(super) fn new() -> Self {
            let digest_of_manifest = Digest::parse(&format!("sha256:{}", "a".repeat(64))).unwrap();
            let media_type = MediaType::new("application/vnd.oci.image.manifest.v1+json");
            Self {
                reference: Reference::parse("docker.io/library/debian:latest").unwrap(),
                manifest: Descriptor::new(media_type, digest_of_manifest, 1234),
                config: Descriptor::new(MediaType::OCI_CONFIG, digest(4), 7),
                layers: [layer(0, 9), layer(1, 30_000_000), layer(2, 5), layer(3, 70_000_000)],
            }
        }

        pub(super) fn layer(&self, number: usize) -> &Digest {
            &self.layers[number].digest
        }

        pub(super) fn pull(&self, listener: &dyn Progress, hand: &Hand) {
            let [zero, one, two, three] = &self.layers;
            listener.report(Event::DefaultTag);
            listener.report(Event::Pulling { reference: &self.reference });
            listener.report(Event::Resolved { reference: &self.reference, descriptor: &self.manifest });
            listener.report(Event::Planned { blobs: 3, bytes: 100_000_000, present: 1 });
            for blob in [&self.config, one, two, three] {
                listener.report(Event::Queued { blob });
            }
            listener.report(Event::Present { blob: zero });
            listener.report(Event::Started { digest: &self.config.digest, offset: 0, bytes: 7 });
            listener.report(Event::Advanced { digest: &self.config.digest, bytes: 7 });
            listener.report(Event::Finished { blob: &self.config });
            listener.report(Event::Started { digest: &one.digest, offset: 3_000_000, bytes: 30_000_000 });
            listener.report(Event::Started { digest: &three.digest, offset: 0, bytes: 70_000_000 });
            listener.report(Event::Warning { text: "the registry says: \u{1b}[2J" });
            let wait = Duration::from_secs(2);
            let (what, reason) = (three.digest.short(), "connection reset\u{7}");
            listener.report(Event::Retrying { what, attempt: 2, wait, asked: false, reason });
            hand.advance(10_000);
            listener.report(Event::Advanced { digest: &one.digest, bytes: 27_000_000 });
            listener.report(Event::Advanced { digest: &three.digest, bytes: 3_000_000 });
            listener.report(Event::Finished { blob: one });
            listener.report(Event::Skipped { blob: two, reason: "non-distributable" });
            hand.advance(10_000);
            listener.report(Event::Advanced { digest: &three.digest, bytes: 32_000_000 });
            listener.report(Event::Finished { blob: three });
            listener.report(Event::Done { reference: &self.reference, descriptor: &self.manifest, changed: true });
        }

        pub(super) fn push(&self, listener: &dyn Progress) {
            let [zero, one, two, _] = &self.layers;
            listener.report(Event::Pushing { reference: &self.reference });
            listener.report(Event::Present { blob: zero });
            listener.report(Event::Mounted { blob: one });
            listener.report(Event::Started { digest: &two.digest, offset: 0, bytes: 10 });
            listener.report(Event::Finished { blob: two });
            listener.report(Event::Finished { blob: &self.config });
            listener.report(Event::Done { reference: &self.reference, descriptor: &self.manifest, changed: true });
        }
    }

    #[test]
    fn the_style_chooses_what_is_shown() {
        let terminal = Style { stderr_is_terminal: true, ..Style::default() };
        let remarks = "Using default tag: latest\nwarning: the registry says: \\u{1b}[2J\n";
        let cases = [
            ("none", Style { progress: ProgressMode::None, ..terminal.clone() }, Some(remarks)),
            ("quiet", Style { quiet: true, ..terminal.clone() }, Some("")),
            ("verbose", Style { verbose: 1, ..terminal }, None),
        ];
        for (name, style, expected) in cases {
            let (printer, stderr) = printer(style);
            Script::new().pull(&*printer.progress(), &Hand::default());
            match expected {
                Some(expected) => assert_eq!(stderr.text(), expected, "{name}"),
                None => assert!(stderr.text().contains("333333333333: Pull complete\nDigest: "), "{name}"),
            }
        }
    }
}
