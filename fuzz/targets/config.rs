//! Config files: nothing panics, every problem can be told, and a checked config can be built from
//! the same text again.

#![no_main]

use std::path::Path;

use dragoman::config;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // A glob through all of the file system says nothing about the config.
    if text.contains("**") || text.contains("/*") || text.contains("..") {
        return;
    }
    let lookup = |name: &str| (name.len() % 2 == 0).then(|| format!("value of {name}"));
    match config::parse("fuzz.yaml", text.to_owned(), Path::new("/nonexistent"), &lookup) {
        Ok(config) => assert!(!config.listeners.is_empty() && !config.backends.is_empty()),
        Err(problems) => assert!(!problems.to_string().is_empty()),
    }
});
