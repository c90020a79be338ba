//! A writer that never holds its caller back: lines are kept in memory and written by a thread of
//! its own. A reader that stands still costs lines, which are counted, and not calls.

use std::io::{self, Write};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tracing_subscriber::fmt::MakeWriter;

/// How many bytes wait at most.
const LIMIT: usize = 1 << 20;

/// Makes the writers that the log's formatter asks for, one per line.
#[derive(Debug, Clone)]
pub(super) struct Lines(Arc<Shared>);

/// Writes what waits when it is dropped.
#[derive(Debug)]
pub(super) struct Flush {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Queue {
    bytes: Vec<u8>,
    dropped: u64,
    ended: bool,
}

/// Starts the thread that writes to `output`. `lost` says how a number of lost lines reads.
pub(super) fn start(
    mut output: impl Write + Send + 'static,
    lost: fn(u64) -> String,
) -> io::Result<(Lines, Flush)> {
    let shared = Arc::new(Shared::default());
    let thread = thread::Builder::new().name("log".to_owned()).spawn({
        let shared = Arc::clone(&shared);
        move || {
            let mut bytes = Vec::new();
            while let Some(dropped) = shared.take(&mut bytes) {
                // Whoever reads the log is gone: there is nobody to tell.
                let _ = output.write_all(&bytes);
                if dropped > 0 {
                    let _ = output.write_all(lost(dropped).as_bytes());
                }
                let _ = output.flush();
            }
        }
    })?;
    Ok((Lines(Arc::clone(&shared)), Flush { shared, thread: Some(thread) }))
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, line: &[u8]) {
        let mut queue = self.lock();
        if queue.bytes.len().saturating_add(line.len()) > LIMIT {
            queue.dropped += 1;
            return;
        }
        let was_empty = queue.bytes.is_empty();
        queue.bytes.extend_from_slice(line);
        drop(queue);
        if was_empty {
            self.changed.notify_one();
        }
    }

    /// Waits for lines and takes all there are; `None` at the end.
    fn take(&self, bytes: &mut Vec<u8>) -> Option<u64> {
        bytes.clear();
        let mut queue = self.lock();
        while queue.bytes.is_empty() {
            if queue.ended {
                return None;
            }
            queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
        std::mem::swap(bytes, &mut queue.bytes);
        Some(std::mem::take(&mut queue.dropped))
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Line<'a> {
        Line(&self.0)
    }
}

/// Takes one line. The formatter writes it in one piece.
#[derive(Debug)]
pub(super) struct Line<'a>(&'a Shared);

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.push(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Flush {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Stands still until it may go on, then keeps what it gets.
    struct Slow {
        entered: mpsc::Sender<()>,
        go: mpsc::Receiver<()>,
        seen: mpsc::Sender<Vec<u8>>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.entered.send(());
            let _ = self.go.recv();
            let _ = self.seen.send(bytes.to_vec());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_stands_still_costs_lines_and_no_time() {
        let (entered, has_entered) = mpsc::channel();
        let (let_go, go) = mpsc::channel();
        let (seen, lines) = mpsc::channel();
        let (writer, flush) = start(Slow { entered, go, seen }, |n| format!("lost {n}\n")).unwrap();
        writer.make_writer().write_all(b"first\n").unwrap();
        has_entered.recv().unwrap();
        let line = vec![b'x'; LIMIT / 2];
        for _ in 0..4 {
            writer.make_writer().write_all(&line).unwrap();
        }
        drop(let_go);
        drop(flush);
        let written: Vec<_> = lines.iter().collect();
        assert_eq!(written[0], b"first\n");
        assert_eq!(written[1].len(), LIMIT);
        assert_eq!(written[2], b"lost 2\n");
        assert_eq!(written.len(), 3);
    }
}
