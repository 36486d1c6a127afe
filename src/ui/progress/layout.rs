//! The live lines of a transfer, as a pure function: one per moving layer, what is waited for, and a total.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ledger::{Direction, Layer, Ledger, Wait};
use super::words::{self, percent};
use crate::model::Digest;
use crate::ui::table::shorten;
use crate::ui::{escape, units};

/// Moving layers that are drawn; more than that are counted.
const ROWS: usize = 8;
/// Hosts and blobs without a row of their own whose waits are drawn.
const WAITS: usize = 3;
/// More of a wait's reason is cut before it is measured.
const LINE_MAX_BYTES: usize = 1024;
/// A bar narrower than this says nothing; something else makes room then.
const BAR_MIN: usize = 10;
/// `999.9kB/999.9kB`: sizes keep this width, so that bars stand still.
const SIZES: usize = 15;

/// The live lines for a terminal of `columns`, each at least one column shorter than that: the last column makes
/// some terminals wrap. Empty when nothing is under way.
pub(super) fn frame(ledger: &Ledger, now: Duration, columns: usize) -> Vec<String> {
    let totals = ledger.totals();
    let width = columns.saturating_sub(1);
    let mut waits: BTreeMap<&str, &Wait> = ledger.waits(now).filter(|(_, wait)| wait.long).collect();
    let moving = ledger.moving();
    let mut lines = Vec::new();
    for (digest, layer) in moving.iter().take(ROWS) {
        lines.push(match waits.remove(digest.short()) {
            Some(wait) => wait_line(digest.short(), wait, now, width),
            None => layer_line(ledger.direction, digest, layer, width),
        });
    }
    if moving.len() > ROWS {
        lines.push(cut(format!("and {} more", moving.len() - ROWS), width));
    }
    lines.extend(waits.iter().take(WAITS).map(|(what, wait)| wait_line(what, wait, now, width)));
    if totals.under_way && totals.layers > 0 {
        lines.push(total_line(ledger, now, width));
    }
    lines
}

/// What stands in the way of a layer or a host, with the seconds running down.
fn wait_line(what: &str, wait: &Wait, now: Duration, width: usize) -> String {
    // Counted up to the end: a wait of one second starts with 1.
    let left = Duration::from_secs(wait.until.saturating_sub(now).as_millis().div_ceil(1000).try_into().unwrap_or(0));
    let forms = if wait.asked {
        words::asked_to_wait(what, left, &wait.reason).to_vec()
    } else {
        vec![words::retrying(what, left, &wait.reason)]
    };
    let mut forms = forms.iter().map(|line| escape::line_capped(line, LINE_MAX_BYTES));
    let last = forms.next_back().unwrap_or_default();
    match forms.find(|line| line.chars().count() <= width) {
        Some(fits) => fits.into_owned(),
        None if width == 0 => String::new(),
        None => shorten(&last, width),
    }
}

fn layer_line(direction: Direction, digest: &Digest, layer: &Layer, width: usize) -> String {
    let verb = match direction {
        Direction::Pull => "Downloading",
        Direction::Push => "Pushing",
    };
    let (done, total) = (layer.done_bytes, layer.total_bytes);
    let long = format!("{}: {verb:<11} ", digest.short());
    let short = format!("{}: ", digest.short());
    let (sizes, share) = (sizes(done, total), share(done, total));
    fit(&[(&long, &sizes), (&short, &sizes), (&short, &share)], done, total, width)
}

fn total_line(ledger: &Ledger, now: Duration, width: usize) -> String {
    let totals = ledger.totals();
    let (done, total) = (totals.done_bytes, totals.total_bytes);
    let count = format!("Total {}/{}", totals.settled, totals.layers);
    // As wide as the layers' labels, so that the bars begin at one column.
    let long = format!("{:<26}", format!("{count} layers"));
    let short = format!("{count:<13} ");
    let (sizes, share) = (sizes(done, total), share(done, total));
    let rate = ledger.rate(now).map(units::rate).unwrap_or_default();
    let left = ledger.time_left(now).map(|left| format!("{} left", units::duration(left))).unwrap_or_default();
    let full = format!("{sizes} {rate:>9} {left:>11}");
    fit(&[(&long, &full), (&long, &sizes), (&short, &sizes), (&short, &share)], done, total, width)
}

/// The first of `forms` (left and right of the bar) that leaves room for a bar; the last one without a bar if none
/// does.
fn fit(forms: &[(&str, &str)], done_bytes: u64, total_bytes: u64, width: usize) -> String {
    for (left, right) in forms {
        let room = width.saturating_sub(left.len() + right.len());
        if room >= BAR_MIN {
            return format!("{left}{}{right}", bar(done_bytes, total_bytes, room)).trim_end().to_owned();
        }
    }
    let (left, right) = forms.last().copied().unwrap_or_default();
    cut(format!("{}{right}", left.trim_end()), width)
}

/// `[=====>    ]`, `width` columns in all.
fn bar(done_bytes: u64, total_bytes: u64, width: usize) -> String {
    let inner = width.saturating_sub(2);
    let scaled = u128::from(done_bytes.min(total_bytes)) * inner as u128;
    let filled = scaled.checked_div(u128::from(total_bytes)).map_or(inner, |n| usize::try_from(n).unwrap_or(inner));
    let head = if filled < inner { ">" } else { "" };
    format!("[{:<inner$}]", "=".repeat(filled) + head)
}

fn sizes(done_bytes: u64, total_bytes: u64) -> String {
    format!(" {:>SIZES$}", format!("{}/{}", units::bytes(done_bytes), units::bytes(total_bytes)))
}

fn share(done_bytes: u64, total_bytes: u64) -> String {
    format!(" {:>3}%", percent(done_bytes, total_bytes))
}

/// All text here is ASCII.
fn cut(mut line: String, width: usize) -> String {
    line.truncate(width);
    line
}

#[cfg(test)]
mod tests {
    use super::super::tests::{digest, layer};
    use super::*;
    use crate::content::Event;
    use crate::model::{Descriptor, MediaType};

    /// `moving` layers of 12.3 MB at several points of their way, of `all`.
    fn ledger(moving: u32, all: u32) -> Ledger {
        let mut ledger = Ledger::default();
        let layers: Vec<Descriptor> = (0..all).map(|number| layer(number, 12_345_678)).collect();
        for layer in &layers {
            ledger.record(&Event::Queued { blob: layer }, Duration::ZERO);
        }
        for (layer, quarter) in layers.iter().zip((0..moving).map(u64::from)) {
            ledger.record(&Event::Started { digest: &layer.digest, offset: 0, bytes: 12_345_678 }, Duration::ZERO);
            let bytes = 3_000_000 * (quarter % 5);
            ledger.record(&Event::Advanced { digest: &layer.digest, bytes }, Duration::from_secs(1));
        }
        ledger
    }

    #[test]
    fn eighty_columns() {
        let expected = [
            "000000000000: Downloading [>                                  ]      0B/12.35MB",
            "111111111111: Downloading [========>                          ]     3MB/12.35MB",
            "222222222222: Downloading [=================>                 ]     6MB/12.35MB",
            "Total 0/4 layers          [==>          ]     9MB/49.38MB   4.5MB/s     9s left",
        ];
        assert_eq!(frame(&ledger(3, 4), Duration::from_secs(2), 80), expected);
    }

    #[test]
    fn forty_columns() {
        let expected = [
            "000000000000: [>                 ]   0%",
            "111111111111: [====>             ]  24%",
            "Total 0/4     [=>                ]   6%",
        ];
        assert_eq!(frame(&ledger(2, 4), Duration::from_secs(2), 40), expected);
    }

    #[test]
    fn no_line_reaches_the_last_column_however_narrow() {
        let ledger = ledger(20, 100);
        for columns in 0..200 {
            for line in frame(&ledger, Duration::from_secs(2), columns) {
                assert!(line.is_ascii() && line.len() <= columns.saturating_sub(1), "{columns}: {line}");
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_dropped_in_order() {
        let ledger = ledger(1, 2);
        let cases = [(80, true, true), (70, false, true), (50, false, true), (40, false, false)];
        for (columns, rate, sizes) in cases {
            let lines = frame(&ledger, Duration::from_secs(2), columns);
            let total = lines.last().unwrap();
            assert_eq!((total.contains("/s"), total.contains("MB")), (rate, sizes), "{columns}: {total}");
        }
    }

    #[test]
    fn a_hundred_layers_show_those_in_flight() {
        let lines = frame(&ledger(12, 100), Duration::from_secs(2), 80);
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[8], "and 4 more");
        assert!(lines[9].starts_with("Total 0/100 layers"), "{}", lines[9]);
    }

    #[test]
    fn nothing_under_way_draws_nothing() {
        assert!(frame(&Ledger::default(), Duration::ZERO, 80).is_empty());
        let mut ledger = ledger(1, 1);
        ledger.record(&Event::Finished { blob: &layer(0, 12_345_678) }, Duration::ZERO);
        assert!(frame(&ledger, Duration::ZERO, 80).is_empty());
    }

    #[test]
    fn a_wait_takes_the_place_of_the_layers_bar_and_counts_down() {
        let mut ledger = ledger(2, 4);
        let wait = Duration::from_millis(2500);
        let reason = "the connection to registry.example broke: connection reset";
        let what = digest(1);
        let (what, attempt, asked) = (what.short(), 1, false);
        ledger.record(&Event::Retrying { what, attempt, wait, asked, reason }, Duration::from_secs(2));
        let lines = frame(&ledger, Duration::from_secs(2), 80);
        assert_eq!(lines[1], "111111111111: Retrying in 3s: the connection to registry.example broke: connec\u{2026}");
        assert_eq!(lines.len(), 3);
        let lines = frame(&ledger, Duration::from_millis(4499), 40);
        assert_eq!(lines[1], "111111111111: Retrying in 1s: the conn\u{2026}");
        assert!(frame(&ledger, Duration::from_millis(4500), 80)[1].contains("[====="), "the wait is over");

        ledger.record(&Event::Retrying { what, attempt, wait, asked, reason }, Duration::from_secs(5));
        ledger.record(&Event::Started { digest: &digest(1), offset: 0, bytes: 9 }, Duration::from_secs(5));
        assert!(!frame(&ledger, Duration::from_secs(5), 80)[1].contains("Retrying"), "it moves again");
    }

    #[test]
    fn a_host_that_asks_to_slow_down_has_a_row_even_before_there_are_layers() {
        let mut ledger = Ledger::default();
        let (what, attempt, wait) = ("registry.example", 1, Duration::from_secs(28));
        let reason = "429 Too Many Requests";
        ledger.record(&Event::Retrying { what, attempt, wait, asked: true, reason }, Duration::ZERO);
        let cases = [
            (80, 1, "registry.example asks to wait: 27 s left (429 Too Many Requests)"),
            (80, 2, "registry.example asks to wait: 26 s left (429 Too Many Requests)"),
            (60, 1, "registry.example asks to wait: 27 s left"),
            (40, 1, "wait 27 s: registry.example"),
            (20, 1, "wait 27 s: registr\u{2026}"),
            (1, 1, ""),
        ];
        for (columns, at, expected) in cases {
            assert_eq!(frame(&ledger, Duration::from_secs(at), columns), [expected], "{columns}");
        }
        assert!(frame(&ledger, wait, 80).is_empty());
    }

    #[test]
    fn what_is_over_at_once_is_not_counted_down() {
        let mut ledger = ledger(1, 1);
        let (what, reason) = (digest(0), "connection reset");
        let (what, wait) = (what.short(), Duration::from_millis(1999));
        ledger.record(&Event::Retrying { what, attempt: 1, wait, asked: false, reason }, Duration::from_secs(2));
        assert!(frame(&ledger, Duration::from_secs(2), 80)[0].contains("Downloading"));
    }

    #[test]
    fn a_wait_for_ever_is_survived() {
        let mut ledger = Ledger::default();
        let wait = Duration::MAX;
        ledger
            .record(&Event::Retrying { what: "a", attempt: 1, wait, asked: true, reason: "" }, Duration::from_secs(2));
        assert_eq!(frame(&ledger, Duration::from_secs(3), 80).len(), 1);
    }

    #[test]
    fn configurations_have_no_row_and_are_not_counted_but_their_bytes_are() {
        let mut ledger = ledger(1, 1);
        let config = Descriptor::new(MediaType::OCI_CONFIG, digest(7), 12_345_678);
        ledger.record(&Event::Queued { blob: &config }, Duration::ZERO);
        ledger.record(&Event::Started { digest: &config.digest, offset: 0, bytes: config.size }, Duration::ZERO);
        let lines = frame(&ledger, Duration::from_secs(2), 80);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[1].starts_with("Total 0/1 layers") && lines[1].contains("24.69MB"), "{}", lines[1]);
    }

    #[test]
    fn bars_are_full_only_at_the_end() {
        let cases = [(0, 10, "[>   ]"), (5, 10, "[==> ]"), (9, 10, "[===>]"), (10, 10, "[====]"), (0, 0, "[====]")];
        for (done, total, expected) in cases {
            assert_eq!(bar(done, total, 6), expected, "{done}/{total}");
        }
    }
}
