//! From an operation to the backend that serves it.
