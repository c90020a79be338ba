//! Rules that a call passes on its way in and its reply on its way out, one a file.
