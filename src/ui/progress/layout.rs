//! The live lines of a transfer, as a pure function: one per moving layer, and a total.

use std::time::Duration;

use super::ledger::{Direction, Layer, Ledger};
use super::words::percent;
use crate::model::Digest;
use crate::ui::units;

/// Moving layers that are drawn; more than that are counted.
const ROWS: usize = 8;
/// A bar narrower than this says nothing; something else makes room then.
const BAR_MIN: usize = 10;
/// `999.9kB/999.9kB`: sizes keep this width, so that bars stand still.
const SIZES: usize = 15;

/// The live lines for a terminal of `columns`, each at least one column shorter than that: the last column makes
/// some terminals wrap. Empty when nothing is under way.
pub(super) fn frame(ledger: &Ledger, now: Duration, columns: usize) -> Vec<String> {
    let totals = ledger.totals();
    if totals.settled == totals.layers {
        return Vec::new();
    }
    let width = columns.saturating_sub(1);
    let moving = ledger.moving();
    let mut lines: Vec<String> =
        moving.iter().take(ROWS).map(|(digest, layer)| layer_line(ledger.direction, digest, layer, width)).collect();
    if moving.len() > ROWS {
        lines.push(cut(format!("and {} more", moving.len() - ROWS), width));
    }
    lines.push(total_line(ledger, now, width));
    lines
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
    use super::super::tests::digest;
    use super::*;
    use crate::content::Event;

    /// `moving` layers of 12.3 MB at several points of their way, of `all`.
    fn ledger(moving: u32, all: u32) -> Ledger {
        let mut ledger = Ledger::default();
        let layers: Vec<Digest> = (0..all).map(digest).collect();
        for layer in &layers {
            ledger.record(&Event::Queued { digest: layer, bytes: 12_345_678 }, Duration::ZERO);
        }
        for (layer, quarter) in layers.iter().zip((0..moving).map(u64::from)) {
            ledger.record(&Event::Started { digest: layer, offset: 0, bytes: 12_345_678 }, Duration::ZERO);
            let bytes = 3_000_000 * (quarter % 5);
            ledger.record(&Event::Advanced { digest: layer, bytes }, Duration::from_secs(1));
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
        ledger.record(&Event::Finished { digest: &digest(0) }, Duration::ZERO);
        assert!(frame(&ledger, Duration::ZERO, 80).is_empty());
    }

    #[test]
    fn bars_are_full_only_at_the_end() {
        let cases = [(0, 10, "[>   ]"), (5, 10, "[==> ]"), (9, 10, "[===>]"), (10, 10, "[====]"), (0, 0, "[====]")];
        for (done, total, expected) in cases {
            assert_eq!(bar(done, total, 6), expected, "{done}/{total}");
        }
    }
}
