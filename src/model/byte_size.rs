use std::fmt;

/// A number of bytes, shown with decimal prefixes and four significant digits, as Docker does: `1.23kB`, `77.84MB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 7] = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
        #[expect(clippy::cast_precision_loss, reason = "four digits are shown")]
        let mut value = self.0 as f64;
        let mut unit = 0;
        while value >= 1000.0 && unit + 1 < UNITS.len() {
            value /= 1000.0;
            unit += 1;
        }
        let decimals = if value >= 100.0 {
            1
        } else if value >= 10.0 {
            2
        } else {
            3
        };
        let digits = format!("{value:.decimals$}");
        write!(f, "{}{}", digits.trim_end_matches('0').trim_end_matches('.'), UNITS[unit])
    }
}
