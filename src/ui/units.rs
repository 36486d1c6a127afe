//! Sizes, durations and ages in Docker's words.

use std::time::Duration;

use crate::model::ByteSize;

/// `bytes` with decimal prefixes and four significant digits: `1.23kB`, `77.84MB`.
#[must_use]
pub fn bytes(bytes: u64) -> String {
    ByteSize(bytes).to_string()
}

/// Bytes per second, as [`bytes()`]: `4.5MB/s`.
#[must_use]
pub fn rate(bytes_per_second: u64) -> String {
    format!("{}/s", bytes(bytes_per_second))
}

/// A duration to the second: `12s`, `1m04s`, `2h03m`, `3d04h`; below a second to the tenth: `0.4s`.
#[must_use]
pub fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        0 if duration.is_zero() => "0s".to_owned(),
        0 => format!("0.{}s", duration.subsec_millis() / 100),
        1..60 => format!("{seconds}s"),
        60..3600 => format!("{}m{:02}s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{}h{:02}m", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3600),
    }
}

/// How long before `now` something was, both in unix seconds: `2 weeks ago`. What lies ahead counts as now.
#[must_use]
pub fn ago(then: i64, now: i64) -> String {
    let seconds = u64::try_from(now.saturating_sub(then)).unwrap_or(0);
    let minutes = seconds / 60;
    // Docker rounds hours and cuts everything else.
    let hours = (seconds + 1800) / 3600;
    let age = match (seconds, minutes, hours) {
        (0, ..) => "Less than a second".to_owned(),
        (1, ..) => "1 second".to_owned(),
        (2..60, ..) => format!("{seconds} seconds"),
        (_, 1, _) => "About a minute".to_owned(),
        (_, 2..60, _) => format!("{minutes} minutes"),
        (.., 1) => "About an hour".to_owned(),
        (.., 0..48) => format!("{hours} hours"),
        (.., 48..336) => format!("{} days", hours / 24),
        (.., 336..1440) => format!("{} weeks", hours / 24 / 7),
        (.., 1440..17_520) => format!("{} months", hours / 24 / 30),
        _ => format!("{} years", seconds / 3600 / 24 / 365),
    };
    format!("{age} ago")
}

/// `1 blob`, `2 blobs`.
#[must_use]
pub fn count(n: usize, noun: &str) -> String {
    if n == 1 { format!("1 {noun}") } else { format!("{n} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        let cases = [
            (0, "0B"),
            (1, "1B"),
            (999, "999B"),
            (1000, "1kB"),
            (1230, "1.23kB"),
            (1024, "1.024kB"),
            (12_345, "12.35kB"),
            (77_800_000, "77.8MB"),
            (77_841_234, "77.84MB"),
            (123_456_789, "123.5MB"),
            (100_000_000, "100MB"),
            (999_999, "1000kB"),
            (1_020_000_000, "1.02GB"),
            (5_000_000_000_000, "5TB"),
            (u64::MAX, "18.45EB"),
        ];
        for (count, expected) in cases {
            assert_eq!(bytes(count), expected, "{count}");
        }
        assert_eq!(rate(4_500_000), "4.5MB/s");
    }

    #[test]
    fn durations() {
        let cases = [
            (0, "0s"),
            (49, "0.0s"),
            (450, "0.4s"),
            (1_000, "1s"),
            (59_999, "59s"),
            (64_000, "1m04s"),
            (3_599_000, "59m59s"),
            (7_380_000, "2h03m"),
            (90_000_000, "1d01h"),
        ];
        for (milliseconds, expected) in cases {
            assert_eq!(duration(Duration::from_millis(milliseconds)), expected, "{milliseconds}");
        }
    }

    #[test]
    fn ages() {
        const MINUTE: i64 = 60;
        const HOUR: i64 = 60 * MINUTE;
        const DAY: i64 = 24 * HOUR;
        let cases = [
            (-5, "Less than a second ago"),
            (0, "Less than a second ago"),
            (1, "1 second ago"),
            (59, "59 seconds ago"),
            (MINUTE, "About a minute ago"),
            (2 * MINUTE, "2 minutes ago"),
            (59 * MINUTE, "59 minutes ago"),
            (HOUR, "About an hour ago"),
            (HOUR + 29 * MINUTE, "About an hour ago"),
            (HOUR + 30 * MINUTE, "2 hours ago"),
            (47 * HOUR, "47 hours ago"),
            (2 * DAY, "2 days ago"),
            (13 * DAY, "13 days ago"),
            (14 * DAY, "2 weeks ago"),
            (59 * DAY, "8 weeks ago"),
            (60 * DAY, "2 months ago"),
            (729 * DAY, "24 months ago"),
            (730 * DAY, "2 years ago"),
            (56 * 365 * DAY, "56 years ago"),
        ];
        for (age, expected) in cases {
            assert_eq!(ago(1_700_000_000 - age, 1_700_000_000), expected, "{age}");
        }
        assert_eq!(ago(i64::MIN, i64::MAX), format!("{} years ago", i64::MAX / 3600 / 24 / 365));
    }
}
