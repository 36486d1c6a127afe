//! What the terminal is like: how wide it is, and how wide text is on it.

use console::Term;

/// Columns assumed where nothing better is known.
pub const DEFAULT_COLUMNS: usize = 80;

/// The columns of the terminal that stdout is, if it is one.
#[must_use]
pub fn stdout_columns() -> Option<usize> {
    columns(&Term::stdout())
}

/// The columns of the terminal that stderr is, if it is one.
#[must_use]
pub fn stderr_columns() -> Option<usize> {
    columns(&Term::stderr())
}

/// The columns that `text` takes: none for combining characters, two for wide ones.
#[must_use]
pub fn text_width(text: &str) -> usize {
    console::measure_text_width(text)
}

fn columns(term: &Term) -> Option<usize> {
    // Serial lines and some containers report a terminal of no size at all.
    term.size_checked().map(|(_, columns)| usize::from(columns)).filter(|columns| *columns > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn width_is_that_of_the_screen() {
        let cases = [
            ("", 0),
            ("plain", 5),
            ("\u{e9}", 1),
            ("e\u{301}", 1),
            ("\u{898b}\u{3064}", 4),
            ("🦀", 2),
            ("\u{2026}", 1),
        ];
        for (text, expected) in cases {
            assert_eq!(text_width(text), expected, "{text}");
        }
    }
}
