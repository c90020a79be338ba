//! The commands.

pub mod args;
pub mod exit;

mod check;
mod demo;
mod export;
mod inspect;
mod operations;
mod schema;
mod serve;
mod terminal;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser as _;

use self::args::{Args, Command, Export};
use self::exit::Exit;
use self::terminal::Terminal;
use crate::config::{self, Problem, Problems, checked};
use crate::contract;

/// Runs the command that the process was started with. Errors go to stderr; the exit code tells
/// their kind, as `--help` documents.
pub fn run() -> ExitCode {
    let args = Args::parse();
    let exit = match execute(&args) {
        Ok(()) => Exit::Done,
        Err(failure) => {
            // With stderr gone, the exit code has to say it.
            let _ = failure.print();
            failure.exit()
        }
    };
    exit.into()
}

fn execute(args: &Args) -> Result<(), Failure> {
    match &args.command {
        Command::Serve(serve) => {
            let (mut config, printed) = configure(serve)?;
            if serve.print_config {
                return print(|out| out.write_all(printed.as_bytes()));
            }
            serve.overrides(&args.log).apply(&mut config).map_err(Failure::problem)?;
            serve::run(config, |_| {})
        }
        Command::Check(check) => check::run(&check.config, check.connect),
        Command::Operations(operations) => operations::run(&operations.config),
        Command::Export(Export::Descriptors(export)) => {
            export::descriptors(&export.config, export.output.as_deref())
        }
        Command::Export(Export::Openapi(export)) => {
            export::openapi(&export.config, export.listener.as_deref(), export.output.as_deref())
        }
        Command::Export(Export::Graphql(export)) => {
            export::graphql(&export.config, export.listener.as_deref(), export.output.as_deref())
        }
        Command::Export(Export::Wsdl(export)) => export::wsdl(
            &export.config,
            export.service.as_deref(),
            export.listener.as_deref(),
            export.output.as_deref(),
        ),
        Command::Schema(schema) => print(|out| schema::run(schema, out)),
        Command::Demo(demo) => demo::run(demo.address, demo.admin, args.log.overrides()),
        Command::Shop(shop) => demo::shop(shop.address),
    }
}

/// The config that `serve` was given, and the text that it stands for, secrets masked.
fn configure(serve: &args::Serve) -> Result<(checked::Config, String), Failure> {
    let (Some(url), None) = (&serve.grpc, &serve.config) else {
        let path = serve.config.as_deref().unwrap_or(std::path::Path::new(""));
        let config = config::load(path).map_err(Failure::Problems)?;
        let masked = config.masked.clone();
        return Ok((config, masked));
    };
    let default = |text: &str| text.parse().map_err(Failure::runtime);
    let address = serve.address.map_or_else(|| default(args::ADDRESS), Ok)?;
    let admin = serve.admin.map_or_else(|| default(args::ADMIN), Ok)?;
    config::from_grpc(url, address, admin).map_err(Failure::Problems)
}

/// Why a command ended early.
#[derive(Debug, thiserror::Error)]
enum Failure {
    /// The config or the contract has problems.
    #[error("{0}")]
    Problems(Problems),
    /// Anything else that went wrong at run time.
    #[error("{0}")]
    Runtime(String),
}

impl Failure {
    fn problem(problem: Problem) -> Self {
        Self::Problems(problem.into())
    }

    fn runtime(error: impl std::fmt::Display) -> Self {
        Self::Runtime(error.to_string())
    }

    fn exit(&self) -> Exit {
        match self {
            Self::Runtime(_) => Exit::Failed,
            Self::Problems(_) => Exit::Problems,
        }
    }

    fn print(&self) -> io::Result<()> {
        let mut stderr = io::stderr().lock();
        match self {
            Self::Problems(problems) => writeln!(stderr, "{}", Terminal::stderr().render(problems)),
            Self::Runtime(message) => writeln!(stderr, "error: {message}"),
        }
    }
}

/// Writes to stdout. That nobody reads it any more is no failure.
fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    match write(&mut out).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::runtime(error)),
        _ => Ok(()),
    }
}

/// Problems of a contract beside those of the config.
fn contract_problems(problems: &[contract::Problem]) -> impl Iterator<Item = Problem> {
    problems.iter().map(|problem| {
        let told = Problem::new(problem.to_string());
        match problem.severity {
            contract::Severity::Error => told,
            contract::Severity::Warning => told.warning(),
        }
    })
}
