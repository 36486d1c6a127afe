//! Labelled values under headings, for people: as narrow as the terminal is.

use super::escape;
use super::terminal::text_width;

/// Columns that one level of indentation takes.
const STEP: usize = 2;
/// Columns from which on values stand in a column beside their labels.
const WIDE: usize = 60;

/// Lines that are written one after the other. Values may hold anything; they are made harmless here.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    lines: Vec<Line>,
}

#[derive(Clone, Debug)]
struct Line {
    level: usize,
    /// Columns that the label is given; 0 for lines without.
    room: usize,
    label: String,
    text: String,
}

impl Outline {
    /// A line of its own, indented by `level` steps.
    pub fn line(&mut self, level: usize, text: impl AsRef<str>) {
        self.push(level, 0, "", text.as_ref());
    }

    /// A blank line.
    pub fn blank(&mut self) {
        self.line(0, "");
    }

    /// A label and its values, each on a line of its own; nothing where there is none. `room` is what the longest
    /// label beside it takes.
    pub fn field(&mut self, level: usize, room: usize, label: &str, values: impl IntoIterator<Item = impl AsRef<str>>) {
        let mut label = format!("{label}:");
        for value in values {
            self.push(level, room + 2, &label, value.as_ref());
            label.clear();
        }
    }

    fn push(&mut self, level: usize, room: usize, label: &str, text: &str) {
        let text = escape::line(text).into_owned();
        self.lines.push(Line { level, room, label: label.to_owned(), text });
    }

    /// The text; lines are broken between words to fit `columns`, where that is given.
    #[must_use]
    pub fn render(&self, columns: Option<usize>) -> String {
        let mut text = String::new();
        for line in &self.lines {
            line.render(columns, &mut text);
        }
        text
    }
}

impl Line {
    fn render(&self, columns: Option<usize>, out: &mut String) {
        let indent = " ".repeat(self.level * STEP);
        // Where room is scarce, values stand below their labels.
        let narrow = self.room > 0 && columns.is_some_and(|columns| columns < WIDE);
        let (head, hang) = match (self.room, narrow) {
            (0, _) => (indent.clone(), self.level * STEP + STEP),
            (_, true) => {
                if !self.label.is_empty() {
                    out.extend([&indent, self.label.as_str(), "\n"]);
                }
                (" ".repeat(self.level * STEP + STEP), self.level * STEP + 2 * STEP)
            }
            (room, false) => (format!("{indent}{:<room$}", self.label), self.level * STEP + room),
        };
        let mut current = head;
        let mut fresh = true;
        for word in self.text.split(' ') {
            let full = columns.is_some_and(|columns| text_width(&current) + 1 + text_width(word) > columns);
            if !fresh && full {
                out.push_str(current.trim_end());
                out.push('\n');
                current = " ".repeat(hang);
                fresh = true;
            }
            if !fresh {
                current.push(' ');
            }
            current.push_str(word);
            fresh = false;
        }
        out.push_str(current.trim_end());
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline() -> Outline {
        let mut outline = Outline::default();
        outline.line(0, "1. mirror https://mirror.test");
        outline.field(1, 6, "why", ["/etc/docker/daemon.json:4"]);
        outline.field(
            1,
            6,
            "scheme",
            ["HTTPS, and plain HTTP because it is insecure (/etc/docker/daemon.json:7)", "x\ny"],
        );
        outline.field(1, 6, "proxy", [""; 0]);
        outline
    }

    #[test]
    fn values_stand_beside_their_labels_or_below_them() {
        let wide = "\
1. mirror https://mirror.test
  why:    /etc/docker/daemon.json:4
  scheme: HTTPS, and plain HTTP because it is insecure
          (/etc/docker/daemon.json:7)
          x\\ny
";
        assert_eq!(outline().render(Some(60)), wide);
        let narrow = "\
1. mirror https://mirror.test
  why:
    /etc/docker/daemon.json:4
  scheme:
    HTTPS, and plain HTTP because it is
      insecure
      (/etc/docker/daemon.json:7)
    x\\ny
";
        assert_eq!(outline().render(Some(40)), narrow);
        assert!(outline().render(None).contains("HTTPS, and plain HTTP because it is insecure (/etc/docker/"));
    }
}
