//! Exit codes, as `--help` tells them.

use std::process::ExitCode;

/// How a command ended. Wrong usage is clap's: it exits with 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked to.
    Done,
    /// It failed on something outside: an address, a file, a backend.
    Failed,
    /// The config or a contract has problems.
    Problems,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(match exit {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Problems => 3,
        })
    }
}
