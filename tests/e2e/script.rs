//! What the scripted backend is to receive and to answer, and what went wrong with that.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use tokio::sync::watch;

use crate::case::Script;

/// The calls of one case. A call that is not expected, not as expected, or missing is a problem.
pub struct Stage {
    inner: Mutex<Inner>,
    /// Calls that hang until the gateway gives them up.
    pub hanging: watch::Sender<usize>,
    /// Bytes of the response body that the client has.
    seen: watch::Sender<usize>,
    /// Messages of scripts that repeat theirs that were taken.
    pub taken: watch::Sender<usize>,
}

#[derive(Default)]
struct Inner {
    expected: VecDeque<Script>,
    problems: Vec<String>,
}

/// A call that hangs; dropped when the gateway gives it up.
pub struct Hanging(std::sync::Arc<Stage>);

impl Stage {
    /// An empty stage: every call is a problem.
    pub fn new() -> Self {
        Self {
            inner: Mutex::default(),
            hanging: watch::Sender::new(0),
            seen: watch::Sender::new(0),
            taken: watch::Sender::new(0),
        }
    }

    /// Starts a case.
    pub fn open(&self, scripts: &[Script]) {
        let mut inner = self.inner();
        inner.expected = scripts.iter().cloned().collect();
        inner.problems.clear();
        drop(inner);
        self.seen.send_replace(0);
        self.taken.send_replace(0);
    }

    /// Ends a case: waits until the calls that hang are given up, then tells all problems.
    pub async fn close(&self) -> Vec<String> {
        let mut hanging = self.hanging.subscribe();
        hanging.wait_for(|calls| *calls == 0).await.unwrap();
        let mut inner = self.inner();
        let missing = std::mem::take(&mut inner.expected);
        let mut problems = std::mem::take(&mut inner.problems);
        problems.extend(missing.iter().map(|script| format!("no call of {}", script.method)));
        problems
    }

    /// The script of the call that has just come.
    pub fn next(&self, method: &str) -> Option<Script> {
        let mut inner = self.inner();
        let script = inner.expected.pop_front();
        match &script {
            Some(script) if script.method == method => {}
            Some(script) => {
                let problem = format!("a call of {method} in the place of {}", script.method);
                inner.problems.push(problem);
            }
            None => inner.problems.push(format!("an unexpected call of {method}")),
        }
        script.filter(|script| script.method == method)
    }

    /// Notes a problem.
    pub fn problem(&self, problem: String) {
        self.inner().problems.push(problem);
    }

    /// Notes that the client has so many more bytes of the body.
    pub fn saw(&self, bytes: usize) {
        self.seen.send_modify(|seen| *seen += bytes);
    }

    /// Waits until the client has seen something.
    pub async fn until_seen(&self) {
        let mut seen = self.seen.subscribe();
        seen.wait_for(|bytes| *bytes > 0).await.unwrap();
    }

    /// Notes that a call hangs from now on.
    pub fn hang(self: &std::sync::Arc<Self>) -> Hanging {
        self.hanging.send_modify(|calls| *calls += 1);
        Hanging(self.clone())
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.hanging.send_modify(|calls| *calls -= 1);
    }
}
