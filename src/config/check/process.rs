//! Checks `admin:` and `process:`.

use std::net::SocketAddr;

use tracing_subscriber::EnvFilter;

use super::context::Context;
use super::listener;
use crate::config::checked;
use crate::config::written::{self, At, Duration, LogFormat};

pub fn check_admin(
    context: &mut Context<'_>,
    written: &At<written::Admin>,
    listeners: &[checked::Listener],
) -> Option<SocketAddr> {
    let admin = written.get()?;
    if admin.enabled.get() != Some(&true) {
        return None;
    }
    let address = admin.address.get()?.0;
    if !address.ip().is_loopback() && admin.allow_remote.get() == Some(&false) {
        context.error(
            admin.address.span(),
            "other machines can reach this address, and whoever does reads metrics and config",
            "write `127.0.0.1`, or add `allow_remote: true` if that is meant",
        );
    }
    if let Some(other) = listeners.iter().find(|one| listener::same(one.address, address)) {
        context.error(
            admin.address.span().or(written.span()),
            format!("listener `{}` has the admin listener's address {address}", other.name),
            "give the admin listener its own port, for example `admin: { address: \"127.0.0.1:9001\" }`",
        );
    }
    Some(address)
}

pub fn check(context: &mut Context<'_>, written: &At<written::Process>) -> checked::Process {
    let defaults = written::Process::default();
    let process = written.get().unwrap_or(&defaults);
    checked::Process {
        threads: match &process.threads {
            Some(threads) => context.within(threads, 1, 1024),
            None => std::thread::available_parallelism().map_or(1, usize::from),
        },
        drain: context.within(&process.drain, Duration::default(), Duration::seconds(3600)).0,
        log: log(context, process.log.get()),
    }
}

fn log(context: &mut Context<'_>, log: Option<&written::Log>) -> checked::Log {
    let defaults = written::Log::default();
    let log = log.unwrap_or(&defaults);
    let filter = log.filter.value();
    if let Err(error) = EnvFilter::builder().parse(&filter) {
        context.error(
            log.filter.span(),
            format!("no valid log filter: {error}"),
            "write a level such as `info`, or directives such as `info,dragoman=debug`",
        );
    }
    let format = match log.format.value() {
        LogFormat::Auto => checked::LogFormat::Auto,
        LogFormat::Human => checked::LogFormat::Human,
        LogFormat::Json => checked::LogFormat::Json,
    };
    checked::Log { filter, format }
}
