//! Aligned columns.

use super::escape;
use super::terminal::text_width;

/// Blanks between columns, as in Docker's lists.
const GAP: usize = 3;
/// Columns that a shortened cell keeps, even where the terminal is narrower.
const FLEXIBLE_MIN: usize = 8;

/// A column of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub struct Column {
    header: &'static str,
    right: bool,
    flexible: bool,
}

impl Column {
    /// Text starts at the left.
    #[must_use]
    pub fn left(header: &'static str) -> Self {
        Self { header, right: false, flexible: false }
    }

    /// Text ends at the right: numbers.
    #[must_use]
    pub fn right(header: &'static str) -> Self {
        Self { header, right: true, flexible: false }
    }

    /// May be shortened to make the table fit. The last such column of a table is the one that is.
    #[must_use]
    pub fn flexible(self) -> Self {
        Self { flexible: true, ..self }
    }
}

/// Rows under headers. Cells may hold anything; they are made harmless here.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table without rows.
    #[must_use]
    pub fn new(columns: impl IntoIterator<Item = Column>) -> Self {
        Self { columns: columns.into_iter().collect(), rows: Vec::new() }
    }

    /// Adds a row. Missing cells are empty, surplus ones are dropped.
    pub fn row(&mut self, cells: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut row: Vec<String> = cells.into_iter().map(|cell| escape::line(cell.as_ref()).into_owned()).collect();
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
    }

    /// The table, header first, each line ended by a newline and without blanks before it. With `width`, the last
    /// flexible column is shortened to fit as many columns of the terminal.
    #[must_use]
    pub fn render(&self, width: Option<usize>) -> String {
        let mut widths: Vec<usize> = self.columns.iter().map(|column| text_width(column.header)).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = text_width(cell).max(*width);
            }
        }
        if let (Some(limit), Some(flexible)) = (width, self.columns.iter().rposition(|column| column.flexible)) {
            let total = widths.iter().sum::<usize>() + GAP * self.columns.len().saturating_sub(1);
            let least = text_width(self.columns[flexible].header).max(FLEXIBLE_MIN);
            let shortened = widths[flexible].saturating_sub(total.saturating_sub(limit)).max(least);
            widths[flexible] = widths[flexible].min(shortened);
        }
        let mut text = String::new();
        self.push_line(&mut text, &widths, self.columns.iter().map(|column| column.header));
        for row in &self.rows {
            self.push_line(&mut text, &widths, row.iter().map(String::as_str));
        }
        text
    }

    fn push_line<'a>(&self, text: &mut String, widths: &[usize], cells: impl Iterator<Item = &'a str>) {
        let mut line = String::new();
        for ((cell, width), column) in cells.zip(widths).zip(&self.columns) {
            let cell = shorten(cell, *width);
            let padding = " ".repeat(width.saturating_sub(text_width(&cell)));
            let (before, after) = if column.right { (padding.as_str(), "") } else { ("", padding.as_str()) };
            line.extend([before, &cell, after, &" ".repeat(GAP)]);
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
}

/// `cell` cut to `width` columns with an ellipsis as its last.
pub(super) fn shorten(cell: &str, width: usize) -> String {
    if text_width(cell) <= width {
        return cell.to_owned();
    }
    let mut short = String::new();
    for c in cell.chars() {
        short.push(c);
        if text_width(&short) >= width {
            short.pop();
            break;
        }
    }
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn images() -> Table {
        let mut table =
            Table::new([Column::left("REPOSITORY"), Column::left("CREATED BY").flexible(), Column::right("SIZE")]);
        table.row(["docker.io/library/debian", "RUN apt-get install --yes something", "77.8MB"]);
        table.row(["a", "", "1.02GB"]);
        table
    }

    #[test]
    fn columns_are_aligned_and_nothing_trails() {
        let expected = "\
REPOSITORY                 CREATED BY                              SIZE
docker.io/library/debian   RUN apt-get install --yes something   77.8MB
a                                                                1.02GB
";
        assert_eq!(images().render(None), expected);
        assert_eq!(images().render(Some(200)), expected, "wide enough");
    }

    #[test]
    fn the_flexible_column_makes_room() {
        let expected = "\
REPOSITORY                 CREATED BY             SIZE
docker.io/library/debian   RUN apt-get insta…   77.8MB
a                                               1.02GB
";
        let text = images().render(Some(54));
        assert_eq!(text, expected);
        assert!(images().render(Some(10)).contains("RUN apt-g…   77.8MB"), "never narrower than its header");
    }

    #[test]
    fn wide_characters_count_as_what_they_take() {
        let mut table = Table::new([Column::left("COMMENT").flexible(), Column::right("SIZE")]);
        table.row(["\u{898b}\u{3064}\u{304b}\u{308a}\u{307e}\u{305b}\u{3093}", "1B"]);
        table.row(["e\u{301}t\u{e9}", "2B"]);
        let expected = "\
COMMENT    SIZE
\u{898b}\u{3064}\u{304b}\u{2026}      1B
e\u{301}t\u{e9}          2B
";
        assert_eq!(table.render(Some(15)), expected);
    }

    #[test]
    fn cells_cannot_break_the_table() {
        let mut table = Table::new([Column::left("TAG"), Column::left("SIZE")]);
        table.row(["a\nb\u{1b}[2J", "1B", "surplus"]);
        table.row(["short"]);
        assert_eq!(table.render(None), "TAG             SIZE\na\\nb\\u{1b}[2J   1B\nshort\n");
    }
}
