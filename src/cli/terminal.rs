//! What an output can show: colours and tables only on a terminal.

use std::env;
use std::io::{IsTerminal, stderr, stdout};

use crate::config::Problems;

const WIDTH: usize = 100;

/// What an output can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Terminal {
    /// Whether a person reads it.
    pub interactive: bool,
    /// Whether it shows colours.
    pub colour: bool,
    /// How many columns it has.
    pub width: usize,
}

impl Terminal {
    /// Standard output.
    pub fn stdout() -> Self {
        Self::of(stdout().is_terminal())
    }

    /// Standard error.
    pub fn stderr() -> Self {
        Self::of(stderr().is_terminal())
    }

    /// Problems as text for this output.
    pub fn render(&self, problems: &Problems) -> String {
        problems.render(self.colour, self.width)
    }

    fn of(interactive: bool) -> Self {
        let set = |name| env::var_os(name).is_some_and(|value| !value.is_empty());
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let width = terminal_size::terminal_size().map(|(width, _)| usize::from(width.0));
        Self {
            interactive,
            colour: interactive && !set("NO_COLOR") && !dumb,
            width: width.filter(|_| interactive).unwrap_or(WIDTH).max(40),
        }
    }
}
