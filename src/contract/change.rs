//! What changed between two contracts.
