//! What `doctor` found: for people, place by place, as narrow as the terminal is; and for programs.

use serde::Serialize;

use super::Style;
use super::escape;
use super::terminal::text_width;
use crate::op::Exit;
use crate::op::doctor::{Diagnosis, Kind, Place, Status, Step};

/// The version of the JSON form.
const SCHEMA: u32 = 1;
/// Columns of the longest name of a step.
const NAME: usize = 13;
/// Columns from which on details stand beside the names of their steps.
const WIDE: usize = 60;

const GREEN: &str = "\u{1b}[32m";
const YELLOW: &str = "\u{1b}[33m";
const RED: &str = "\u{1b}[31m";
const DIM: &str = "\u{1b}[2m";
const CYAN: &str = "\u{1b}[36m";
const RESET: &str = "\u{1b}[0m";

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    subject: &'a str,
    endpoints: Vec<Endpoint<'a>>,
    exit: u8,
}

#[derive(Serialize)]
struct Endpoint<'a> {
    #[serde(rename = "endpoint")]
    name: &'a str,
    role: &'static str,
    from: &'a str,
    steps: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
    step: &'a str,
    status: &'static str,
    detail: &'a str,
    cause: Option<&'a str>,
    hint: Option<&'a str>,
    exit: Option<u8>,
    milliseconds: u128,
}

impl<'a> Endpoint<'a> {
    fn of(place: &'a Place) -> Self {
        let steps = place.steps.iter().map(Line::of).collect();
        Self { name: &place.name, role: role(place.kind), from: &place.from, steps }
    }
}

impl<'a> Line<'a> {
    fn of(step: &'a Step) -> Self {
        Self {
            step: step.name,
            status: word(step.status),
            detail: &step.detail,
            cause: step.cause.as_deref(),
            hint: step.hint.as_deref(),
            exit: step.exit.map(Exit::code),
            milliseconds: step.elapsed.as_millis(),
        }
    }
}

/// The diagnosis for programs.
pub fn diagnosis_json(diagnosis: &Diagnosis) -> impl Serialize + '_ {
    Document {
        schema: SCHEMA,
        subject: &diagnosis.subject,
        endpoints: diagnosis.places.iter().map(Endpoint::of).collect(),
        exit: diagnosis.exit.code(),
    }
}

/// The diagnosis for people, in lines of at most `columns`. Colours are there only where stdout is a terminal.
#[must_use]
pub fn diagnosis_text(diagnosis: &Diagnosis, style: &Style, columns: Option<usize>) -> String {
    let mut text = Text { out: String::new(), columns, color: style.color && style.stdout_is_terminal };
    let marks = if style.utf8 && !style.dumb { ["✓", "!", "✗", "-"] } else { ["ok", "warn", "FAIL", "skip"] };
    for (at, place) in diagnosis.places.iter().enumerate() {
        if at > 0 {
            text.out.push('\n');
        }
        text.flow("", 0, 2, &format!("{} {} ({})", role(place.kind), place.name, place.from), "");
        // One line for all that were not come to, and for the same reason.
        let alike = |a: &Step, b: &Step| a.status == Status::Skipped && b.status == a.status && a.detail == b.detail;
        for group in place.steps.chunk_by(alike) {
            match group {
                [step] => text.step(step, &marks),
                group => text.skipped(group, &marks),
            }
        }
    }
    text.out.push('\n');
    text.flow("", 0, 0, &conclusion(diagnosis), "");
    text.out
}

fn conclusion(diagnosis: &Diagnosis) -> String {
    let failed = diagnosis.places.iter().filter_map(|place| Some((place, place.failure()?)));
    let failed: Vec<String> = failed.map(|(place, step)| format!("{} at {}", step.name, place.name)).collect();
    let warnings = diagnosis.places.iter().flat_map(|place| &place.steps);
    let warnings = warnings.filter(|step| step.status == Status::Warning).count();
    let warned = match warnings {
        0 => String::new(),
        1 => " One warning.".to_owned(),
        n => format!(" {n} warnings."),
    };
    match (diagnosis.exit, failed.is_empty()) {
        (Exit::Done, true) => format!("Nothing failed.{warned}"),
        (Exit::Done, false) => {
            format!("Failed: {}. Another place serves what is asked for.{warned}", failed.join(", "))
        }
        (exit, _) => format!("Failed: {}. A pull would end with exit code {}.{warned}", failed.join(", "), exit.code()),
    }
}

fn role(kind: Kind) -> &'static str {
    match kind {
        Kind::Local => "local",
        Kind::Mirror => "mirror",
        Kind::Registry => "registry",
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Ok => "ok",
        Status::Warning => "warning",
        Status::Failed => "failed",
        Status::Skipped => "skipped",
    }
}

struct Text {
    out: String,
    columns: Option<usize>,
    color: bool,
}

impl Text {
    fn skipped(&mut self, group: &[Step], marks: &[&str; 4]) {
        let names: Vec<&str> = group.iter().map(|step| step.name).collect();
        let (head, indent) = self.head(Status::Skipped, marks);
        let why = group.first().map_or("", |step| step.detail.as_str());
        self.flow(&head, indent, indent, &format!("{}: {why}", names.join(", ")), "");
    }

    /// The mark of a line, and the columns that it takes.
    fn head(&self, status: Status, marks: &[&str; 4]) -> (String, usize) {
        let (mark, paint) = match status {
            Status::Ok => (marks[0], GREEN),
            Status::Warning => (marks[1], YELLOW),
            Status::Failed => (marks[2], RED),
            Status::Skipped => (marks[3], DIM),
        };
        let room = marks.iter().map(|mark| text_width(mark)).max().unwrap_or_default();
        let gap = " ".repeat(room - text_width(mark) + 1);
        let mark = if self.color { format!("{paint}{mark}{RESET}") } else { mark.to_owned() };
        (format!("  {mark}{gap}"), 2 + room + 1)
    }

    fn step(&mut self, step: &Step, marks: &[&str; 4]) {
        let (head, indent) = self.head(step.status, marks);
        let narrow = self.columns.is_some_and(|columns| columns < WIDE);
        let mut lines: Vec<(&str, &str)> = Vec::new();
        lines.extend((!step.detail.is_empty()).then_some(("", step.detail.as_str())));
        lines.extend(step.cause.as_deref().map(|cause| ("", cause)));
        lines.extend(step.hint.as_deref().map(|hint| ("hint: ", hint)));
        if narrow {
            self.out.extend([head.as_str(), step.name, "\n"]);
            for (label, words) in lines {
                self.flow("", indent + 2, indent + 2, words, label);
            }
            return;
        }
        let start = indent + NAME;
        let mut first = format!("{head}{:<NAME$}", step.name);
        for (label, words) in lines {
            self.flow(&first, start, start, words, label);
            first.clear();
        }
        if !first.is_empty() {
            self.out.push_str(first.trim_end());
            self.out.push('\n');
        }
    }

    /// `words` broken between blanks: behind `first` or `start` blanks, and `hang` blanks on further lines.
    fn flow(&mut self, first: &str, start: usize, hang: usize, words: &str, label: &str) {
        let painted = if self.color && !label.is_empty() { format!("{CYAN}{label}{RESET}") } else { label.to_owned() };
        let before = if first.is_empty() { " ".repeat(start) } else { first.to_owned() };
        self.out.push_str(&before);
        self.out.push_str(&painted);
        let mut at = start + text_width(label);
        let mut fresh = true;
        let words = escape::line_capped(words, escape::SERVER_WORDS_MAX_BYTES);
        for word in words.split(' ') {
            let width = text_width(word);
            if !fresh && self.columns.is_some_and(|columns| at + 1 + width > columns) {
                self.out.push('\n');
                self.out.push_str(&" ".repeat(hang));
                (at, fresh) = (hang, true);
            }
            if !fresh {
                self.out.push(' ');
                at += 1;
            }
            self.out.push_str(word);
            at += width;
            fresh = false;
        }
        self.out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn diagnosis() -> Diagnosis {
        let step = |name, status, detail: &str, cause: Option<&str>, hint: Option<&str>| Step {
            name,
            status,
            detail: detail.to_owned(),
            cause: cause.map(str::to_owned),
            hint: hint.map(str::to_owned),
            exit: (status == Status::Failed).then_some(Exit::Policy),
            elapsed: Duration::from_millis(7),
        };
        let steps = vec![
            step("dns", Status::Ok, "192.0.2.7, 192.0.2.8", None, None),
            step(
                "tls",
                Status::Failed,
                "CN=\u{1b}[2J",
                Some("cannot trust r.test: its certificate is signed by an unknown authority"),
                Some("run with `--cacert FILE`"),
            ),
            step("api", Status::Skipped, "because tls failed", None, None),
            step("challenge", Status::Skipped, "because tls failed", None, None),
            step("clock", Status::Warning, "", Some("late"), None),
        ];
        let place = Place { name: "r.test".to_owned(), kind: Kind::Registry, from: "/c:3".to_owned(), steps };
        Diagnosis { subject: "r.test".to_owned(), places: vec![place], exit: Exit::Policy }
    }

    #[test]
    fn people_see_it_at_any_width() {
        let ascii = "\
registry r.test (/c:3)
  ok   dns          192.0.2.7, 192.0.2.8
  FAIL tls          CN=\\u{1b}[2J
                    cannot trust r.test: its certificate is signed by an unknown
                    authority
                    hint: run with `--cacert FILE`
  skip api, challenge: because tls failed
  warn clock        late

Failed: tls at r.test. A pull would end with exit code 8. One warning.
";
        assert_eq!(diagnosis_text(&diagnosis(), &Style::default(), Some(80)), ascii);
        let narrow = "\
registry r.test (/c:3)
  ✓ dns
      192.0.2.7, 192.0.2.8
  ✗ tls
      CN=\\u{1b}[2J
      cannot trust r.test: its
      certificate is signed by an
      unknown authority
      hint: run with `--cacert FILE`
  - api, challenge: because tls failed
  ! clock
      late

Failed: tls at r.test. A pull would end
with exit code 8. One warning.
";
        let style = Style { utf8: true, ..Style::default() };
        assert_eq!(diagnosis_text(&diagnosis(), &style, Some(40)), narrow);
    }

    #[test]
    fn colour_is_for_terminals() {
        let style = |stdout_is_terminal| Style { color: true, utf8: true, stdout_is_terminal, ..Style::default() };
        let painted = diagnosis_text(&diagnosis(), &style(true), None);
        assert!(painted.contains("  \u{1b}[31m✗\u{1b}[0m tls") && painted.contains("\u{1b}[36mhint: \u{1b}[0mrun"));
        assert!(!painted.contains("CN=\u{1b}"));
        assert!(!diagnosis_text(&diagnosis(), &style(false), None).contains('\u{1b}'));
    }

    #[test]
    fn programs_see_every_key() {
        let value = serde_json::to_value(diagnosis_json(&diagnosis())).unwrap();
        assert_eq!((&value["schema"], &value["exit"]), (&1.into(), &8.into()));
        let expected = serde_json::json!({
            "step": "tls",
            "status": "failed",
            "detail": "CN=\u{1b}[2J",
            "cause": "cannot trust r.test: its certificate is signed by an unknown authority",
            "hint": "run with `--cacert FILE`",
            "exit": 8,
            "milliseconds": 7,
        });
        assert_eq!(value["endpoints"][0]["steps"][1], expected);
        assert_eq!(value["endpoints"][0]["role"], "registry");
    }
}
