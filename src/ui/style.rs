//! How to print: the choices that flags, the environment and the terminal have made, as values.

/// What data and errors look like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// How progress is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProgressMode {
    /// Bars for a person who watches, lines otherwise.
    #[default]
    Auto,
    /// Bars, wherever a terminal can show them.
    Bar,
    /// One line per finished layer.
    Plain,
    /// One event per line.
    Json,
    /// Nothing but warnings and remarks.
    None,
}

/// Everything that decides how things are printed.
#[derive(Clone, Debug, Default)]
pub struct Style {
    /// Errors only on stderr.
    pub quiet: bool,
    /// How many times `-v` was given. Logs share stderr then, and bars give way to lines.
    pub verbose: u8,
    /// Text or JSON.
    pub format: Format,
    /// How progress is shown.
    pub progress: ProgressMode,
    /// Whether colours may be used on stderr.
    pub color: bool,
    /// Whether stderr is a terminal.
    pub stderr_is_terminal: bool,
    /// Whether stdout is a terminal.
    pub stdout_is_terminal: bool,
    /// Columns of the terminal. `None`: ask the terminal itself.
    pub width: Option<usize>,
    /// Whether a build server runs this.
    pub ci: bool,
    /// Whether the terminal cannot move its cursor (`TERM=dumb`).
    pub dumb: bool,
    /// Whether the terminal shows more than ASCII, by its locale.
    pub utf8: bool,
}

impl Style {
    /// The mode that is used: never `Auto`, and bars only where they can be drawn.
    #[must_use]
    pub fn progress_mode(&self) -> ProgressMode {
        let drawable = self.stderr_is_terminal && !self.dumb && self.verbose == 0;
        match self.progress {
            _ if self.quiet => ProgressMode::None,
            ProgressMode::Auto if drawable && !self.ci => ProgressMode::Bar,
            // A program that reads JSON finds an error's object alone on stderr.
            ProgressMode::Auto if self.format == Format::Json => ProgressMode::None,
            ProgressMode::Bar if drawable => ProgressMode::Bar,
            ProgressMode::Auto | ProgressMode::Bar => ProgressMode::Plain,
            chosen => chosen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_only_where_they_can_be_drawn() {
        let terminal = Style { stderr_is_terminal: true, ..Style::default() };
        let bar = Style { progress: ProgressMode::Bar, ..terminal.clone() };
        let cases = [
            ("a person", terminal.clone(), ProgressMode::Bar),
            ("a pipe", Style::default(), ProgressMode::Plain),
            ("a build server's terminal", Style { ci: true, ..terminal.clone() }, ProgressMode::Plain),
            ("a dumb terminal", Style { dumb: true, ..terminal.clone() }, ProgressMode::Plain),
            ("with logs", Style { verbose: 1, ..terminal.clone() }, ProgressMode::Plain),
            ("quiet", Style { quiet: true, ..terminal.clone() }, ProgressMode::None),
            (
                "quiet beats json",
                Style { quiet: true, progress: ProgressMode::Json, ..terminal.clone() },
                ProgressMode::None,
            ),
            ("asked for, on a build server", Style { ci: true, ..bar.clone() }, ProgressMode::Bar),
            ("asked for, into a pipe", Style { stderr_is_terminal: false, ..bar.clone() }, ProgressMode::Plain),
            ("asked for, with logs", Style { verbose: 1, ..bar }, ProgressMode::Plain),
            ("plain on a terminal", Style { progress: ProgressMode::Plain, ..terminal.clone() }, ProgressMode::Plain),
            ("none on a terminal", Style { progress: ProgressMode::None, ..terminal }, ProgressMode::None),
        ];
        for (name, style, expected) in cases {
            assert_eq!(style.progress_mode(), expected, "{name}");
        }
    }
}
