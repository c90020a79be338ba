//! Which core the current thread serves. Each core runs one single-threaded runtime, and what a
//! call touches often (backend connections, metric shards) is kept once per core.

use std::cell::Cell;
use std::sync::atomic::{AtomicUsize, Ordering};

thread_local! {
    static CORE: Cell<usize> = const { Cell::new(0) };
}

static COUNT: AtomicUsize = AtomicUsize::new(1);

/// Says how many threads have a place of their own: the cores, and the control runtime behind
/// them. Called once, before anything is built.
pub fn set_count(cores: usize) {
    COUNT.store(cores.max(1), Ordering::Relaxed);
}

/// How many places there are; at least 1. What is kept per core is sized by this.
pub fn count() -> usize {
    COUNT.load(Ordering::Relaxed)
}

/// Makes the current thread the one of core `index`.
pub fn enter(index: usize) {
    CORE.set(index);
}

/// The core of the current thread; 0 on threads that never said.
pub fn current() -> usize {
    CORE.get()
}
