//! What a file of a protobuf edition says that its proto2 form cannot.

use std::collections::{HashMap, HashSet};

/// Resolved features of definitions that came in edition syntax and stand in the descriptor pool
/// in proto2 form. What is not listed here follows its file's syntax.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Features {
    /// By the field's full name.
    pub fields: HashMap<String, FieldFeatures>,
    /// Full names of enums that are open although their file reads as proto2.
    pub open_enums: HashSet<String>,
}

/// Resolved features of one field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldFeatures {
    /// `field_presence = IMPLICIT`: the default value is not written.
    pub implicit_presence: bool,
    /// `utf8_validation = VERIFY`: strings that are not UTF-8 are refused.
    pub verify_utf8: bool,
}
