//! The log: one line an event on stderr, for people on a terminal, JSON with flat fields
//! otherwise.

use std::io::{self, IsTerminal};
use std::panic::PanicHookInfo;

use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;

use super::writer;
use crate::config::checked::{Log, LogFormat};

/// Why the log cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The filter is not one.
    #[error("the log filter {filter:?} is not valid: {reason}")]
    Filter {
        /// The filter in the config.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The thread that writes cannot be started.
    #[error("cannot start the log: {0}")]
    Thread(#[from] io::Error),
    /// Somebody has set up a log before.
    #[error("the log is set up already")]
    Twice,
}

/// Keeps the log going; what waits is written when it is dropped. Hold it to the end of `main`.
#[derive(Debug)]
#[must_use]
pub struct Logs(#[allow(dead_code, reason = "held for its drop")] writer::Flush);

/// Sets up the log of the process on stderr, and has panics logged.
pub fn init(log: &Log) -> Result<Logs, LogError> {
    let terminal = io::stderr().is_terminal();
    let json = match log.format {
        LogFormat::Auto => !terminal,
        LogFormat::Human => false,
        LogFormat::Json => true,
    };
    let filter = parse(&log.filter)?;
    let lost = if json { lost_in_json } else { lost_for_people };
    let (lines, flush) = writer::start(io::stderr(), lost)?;
    subscriber(filter, json, terminal, lines).try_init().map_err(|_| LogError::Twice)?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(Logs(flush))
}

/// Whether `filter` is one that [`init`] takes.
pub fn check(filter: &str) -> Result<(), LogError> {
    parse(filter).map(drop)
}

fn parse(filter: &str) -> Result<EnvFilter, LogError> {
    EnvFilter::try_new(filter)
        .map_err(|error| LogError::Filter { filter: filter.to_owned(), reason: error.to_string() })
}

fn subscriber<W>(
    filter: EnvFilter,
    json: bool,
    colours: bool,
    writer: W,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let format = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    if json {
        Box::new(
            format
                .json()
                .flatten_event(true)
                .with_current_span(false)
                .with_span_list(false)
                .finish(),
        )
    } else {
        Box::new(format.with_ansi(colours).with_target(false).finish())
    }
}

fn lost_in_json(lines: u64) -> String {
    format!("{{\"level\":\"WARN\",\"message\":\"log lines lost\",\"lines\":{lines}}}\n")
}

fn lost_for_people(lines: u64) -> String {
    format!("WARN log lines lost lines={lines}\n")
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let payload = panic.payload();
    let text = payload.downcast_ref::<&str>().copied();
    let reason = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let reason = reason.unwrap_or("no reason given");
    let place = panic.location().map(ToString::to_string).unwrap_or_default();
    let thread = std::thread::current();
    tracing::error!(reason, place, thread = thread.name().unwrap_or_default(), "panic");
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(filter: &str, json: bool, log: impl FnOnce()) -> String {
        let kept = Kept::default();
        let writer = kept.clone();
        let subscriber = subscriber(parse(filter).unwrap(), json, false, move || writer.clone());
        tracing::subscriber::with_default(subscriber, log);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn json_fields_are_flat() {
        let line = lines("info", true, || {
            tracing::info!(listener = "public", address = "127.0.0.1:8000", "listening");
        });
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(line["message"], "listening");
        assert_eq!(line["listener"], "public");
        assert_eq!(line["address"], "127.0.0.1:8000");
        assert_eq!(line["level"], "INFO");
    }

    #[test]
    fn people_read_plain_lines() {
        let line = lines("info", false, || tracing::info!(listener = "public", "listening"));
        assert!(line.ends_with(" INFO listening listener=\"public\"\n"), "{line}");
    }

    #[test]
    fn the_filter_chooses() {
        let text = lines("warn,dragoman=debug", true, || {
            tracing::debug!("one of ours");
            tracing::info!(target: "hyper", "one of theirs");
        });
        assert_eq!(text.lines().count(), 1, "{text}");
    }

    #[test]
    fn a_wrong_filter_is_quoted() {
        let error = check("info,dragoman=loud").unwrap_err().to_string();
        assert!(
            error.starts_with("the log filter \"info,dragoman=loud\" is not valid: "),
            "{error}"
        );
    }
}
