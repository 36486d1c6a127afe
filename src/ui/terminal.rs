//! What the terminal is like: how wide it is, and how wide text is on it.

/// Columns assumed where nothing better is known.
pub const DEFAULT_COLUMNS: usize = 80;

/// The columns that `text` takes, one for each character.
#[must_use]
pub fn text_width(text: &str) -> usize {
    text.chars().count()
}
