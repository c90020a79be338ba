//! The config as a whole: bad files and what is said of them, good files and what they mean.

mod bad;
mod good;
mod schema;
