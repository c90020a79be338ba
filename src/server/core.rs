//! One core: a thread with a single-threaded runtime and its own sockets.

use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use super::Handler;
use super::listener::{Core, Listener, accept};
use crate::call;

/// A core that has its runtime and no thread yet.
#[derive(Debug)]
pub(super) struct Seat {
    index: usize,
    runtime: Runtime,
}

/// A core at work.
#[derive(Debug)]
pub(super) struct Running {
    core: Core,
    cut: CancellationToken,
    started: Option<oneshot::Receiver<io::Result<()>>>,
    ended: Option<oneshot::Receiver<()>>,
}

impl Seat {
    pub(super) fn new(index: usize) -> io::Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        Ok(Self { index, runtime })
    }

    pub(super) fn start<H: Handler>(
        self,
        sockets: Vec<(Arc<Listener>, TcpListener)>,
        handler: Arc<H>,
    ) -> io::Result<Running> {
        let core = Core::default();
        let cut = CancellationToken::new();
        let (say_started, started) = oneshot::channel();
        let (say_ended, ended) = oneshot::channel();
        let running = Running {
            core: core.clone(),
            cut: cut.clone(),
            started: Some(started),
            ended: Some(ended),
        };
        thread::Builder::new().name(format!("core-{}", self.index)).spawn(move || {
            call::core::enter(self.index);
            self.runtime.block_on(async {
                let listening = listen(sockets, &handler, &core);
                let _ = say_started.send(listening);
                core.drain.begun().await;
                core.tasks.close();
                tokio::select! {
                    () = core.tasks.wait() => {}
                    () = cut.cancelled() => {}
                }
            });
            // Drops what is still running; nothing that blocks is waited for.
            self.runtime.shutdown_background();
            drop(handler);
            let _ = say_ended.send(());
        })?;
        Ok(running)
    }
}

impl Running {
    /// Waits until the core accepts connections.
    pub(super) async fn started(&mut self) -> io::Result<()> {
        match self.started.take() {
            Some(started) => started.await.map_err(io::Error::other)?,
            None => Ok(()),
        }
    }

    /// Accepts no more; finishes what is open.
    pub(super) fn drain(&self) {
        self.core.drain.begin();
    }

    /// Waits until the core has ended.
    pub(super) async fn ended(&mut self) {
        if let Some(ended) = &mut self.ended {
            let _ = ended.await;
            self.ended = None;
        }
    }

    /// Ends the core. Returns how many requests were being answered.
    pub(super) async fn cut(mut self) -> usize {
        let cut = self.core.in_flight.load(Ordering::Relaxed);
        self.cut.cancel();
        self.ended().await;
        cut
    }
}

fn listen<H: Handler>(
    sockets: Vec<(Arc<Listener>, TcpListener)>,
    handler: &Arc<H>,
    core: &Core,
) -> io::Result<()> {
    for (listener, socket) in sockets {
        let socket = tokio::net::TcpListener::from_std(socket)?;
        core.tasks.spawn(accept(socket, listener, Arc::clone(handler), core.clone()));
    }
    Ok(())
}
