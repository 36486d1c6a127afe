//! Aligned columns.

use super::escape;
use super::terminal::text_width;

/// Blanks between columns, as in Docker's lists.
const GAP: usize = 3;
/// Blanks between columns where room is scarce.
const NARROW_GAP: usize = 2;
/// Columns that a shortened cell keeps: a table that is too wide even so is left as it is.
const FLEXIBLE_MIN: usize = 8;
/// Columns that a shortened cell should have: optional columns go to make this room.
const FLEXIBLE_COMFORT: usize = 32;

/// Which end of a text goes first where it is shortened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cut {
    Start,
    End,
}

/// A column of a [`Table`].
#[derive(Clone, Copy, Debug)]
pub struct Column {
    header: &'static str,
    right: bool,
    flexible: Option<Cut>,
    optional: Option<u8>,
}

impl Column {
    /// Text starts at the left.
    #[must_use]
    pub fn left(header: &'static str) -> Self {
        Self { header, right: false, flexible: None, optional: None }
    }

    /// Text ends at the right: numbers.
    #[must_use]
    pub fn right(header: &'static str) -> Self {
        Self { right: true, ..Self::left(header) }
    }

    /// May be shortened to make the table fit. The last such column of a table is the one that is.
    #[must_use]
    pub fn flexible(self) -> Self {
        Self { flexible: Some(Cut::End), ..self }
    }

    /// The same, but what counts is at the end: names.
    #[must_use]
    pub fn flexible_at_start(self) -> Self {
        Self { flexible: Some(Cut::Start), ..self }
    }

    /// Is left out where the table is too wide, lower numbers first.
    #[must_use]
    pub fn optional(self, rank: u8) -> Self {
        Self { optional: Some(rank), ..self }
    }
}

/// Rows under headers. Cells may hold anything; they are made harmless here.
#[derive(Clone, Debug)]
pub struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// How a table is drawn: the columns that are, with their widths.
struct Layout {
    shown: Vec<(usize, usize)>,
    gap: usize,
}

impl Layout {
    fn width(&self) -> usize {
        self.shown.iter().map(|(_, width)| width).sum::<usize>() + self.gap * self.shown.len().saturating_sub(1)
    }
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

    /// The table, header first, each line ended by a newline and without blanks before it. With `width`, it is made
    /// to fit as many columns of the terminal, if it can be.
    #[must_use]
    pub fn render(&self, width: Option<usize>) -> String {
        let layout = width.map_or_else(|| self.natural(), |limit| self.fitted(limit));
        let mut text = String::new();
        self.push_line(&mut text, &layout, &self.columns.iter().map(|column| column.header).collect::<Vec<_>>());
        for row in &self.rows {
            self.push_line(&mut text, &layout, row);
        }
        text
    }

    fn natural(&self) -> Layout {
        let widest = |(at, column): (usize, &Column)| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).map(|cell| text_width(cell));
            (at, cells.max().unwrap_or(0).max(text_width(column.header)))
        };
        Layout { shown: self.columns.iter().enumerate().map(widest).collect(), gap: GAP }
    }

    /// Narrower gaps, then fewer columns, then shorter cells: no more of it than it takes.
    fn fitted(&self, limit: usize) -> Layout {
        let mut layout = self.natural();
        if layout.width() <= limit {
            return layout;
        }
        layout.gap = NARROW_GAP;
        let flexible = self.columns.iter().rposition(|column| column.flexible.is_some());
        let natural = layout.shown.iter().find(|(at, _)| Some(*at) == flexible).map_or(0, |(_, width)| *width);
        // What the shortened column would have to give for everything to fit.
        let excess = |layout: &Layout| layout.width().saturating_sub(limit);
        while excess(&layout) > natural.saturating_sub(FLEXIBLE_COMFORT) {
            let droppable = |(at, _): &(usize, usize)| self.columns.get(*at)?.optional.map(|rank| (rank, *at));
            let Some((_, next)) = layout.shown.iter().filter_map(droppable).min() else { break };
            layout.shown.retain(|(at, _)| *at != next);
        }
        let least = flexible.map_or(0, |at| text_width(self.columns[at].header).max(FLEXIBLE_MIN)).min(natural);
        let needed = excess(&layout);
        if needed > natural - least {
            return self.natural();
        }
        for (at, width) in &mut layout.shown {
            if Some(*at) == flexible {
                *width -= needed;
            }
        }
        layout
    }

    fn push_line(&self, text: &mut String, layout: &Layout, cells: &[impl AsRef<str>]) {
        let mut line = String::new();
        for (at, width) in &layout.shown {
            let (Some(column), Some(cell)) = (self.columns.get(*at), cells.get(*at)) else { continue };
            let cell = match column.flexible {
                Some(Cut::Start) => shorten_start(cell.as_ref(), *width),
                _ => shorten(cell.as_ref(), *width),
            };
            let padding = " ".repeat(width.saturating_sub(text_width(&cell)));
            let (before, after) = if column.right { (padding.as_str(), "") } else { ("", padding.as_str()) };
            line.extend([before, &cell, after, &" ".repeat(layout.gap)]);
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

/// `cell` cut to `width` columns with an ellipsis as its first.
fn shorten_start(cell: &str, width: usize) -> String {
    if text_width(cell) <= width {
        return cell.to_owned();
    }
    let room = width.saturating_sub(1);
    let from = cell.char_indices().map(|(at, _)| at).find(|at| text_width(&cell[*at..]) <= room);
    format!("…{}", &cell[from.unwrap_or(cell.len())..])
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
REPOSITORY                CREATED BY              SIZE
docker.io/library/debian  RUN apt-get install…  77.8MB
a                                               1.02GB
";
        assert_eq!(images().render(Some(54)), expected);
        assert!(images().render(Some(44)).contains("RUN apt-g…  77.8MB"), "as narrow as its header");
        assert_eq!(images().render(Some(43)), images().render(None), "no narrower");
    }

    #[test]
    fn optional_columns_go_before_names_become_unreadable() {
        let mut table = Table::new([
            Column::left("REFERENCE").flexible_at_start(),
            Column::left("PLATFORMS").optional(1),
            Column::left("CREATED").optional(2),
            Column::right("SIZE"),
        ]);
        table.row(["registry.example/some/team/application:latest", "linux/amd64", "4 weeks ago", "38MB"]);
        let row = |width| table.render(Some(width)).lines().nth(1).unwrap_or_default().to_owned();
        assert_eq!(row(74), "…stry.example/some/team/application:latest  linux/amd64  4 weeks ago  38MB");
        assert_eq!(row(54), "…ample/some/team/application:latest  4 weeks ago  38MB");
        assert_eq!(row(40), "…mple/some/team/application:latest  38MB");
    }

    #[test]
    fn wide_characters_count_as_what_they_take() {
        let mut table = Table::new([Column::left("COMMENT").flexible(), Column::right("SIZE")]);
        table.row(["\u{898b}\u{3064}\u{304b}\u{308a}\u{307e}\u{305b}\u{3093}", "1B"]);
        table.row(["e\u{301}t\u{e9}", "2B"]);
        let expected = "\
COMMENT    SIZE
\u{898b}\u{3064}\u{304b}\u{308a}\u{2026}    1B
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
