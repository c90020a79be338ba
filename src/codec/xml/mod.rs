//! XML between wire bytes and clients, led by a [view](crate::contract::xml::View): straight from the
//! text to the message and back, with no tree in between.

mod decode;
mod encode;
mod escape;
mod lexical;
mod reader;
mod tables;
mod text;

use std::sync::Arc;

pub use self::decode::{Attachments, DecodeOptions, NoAttachments};
pub use self::encode::{Attached, EncodeOptions, Part};
pub use self::escape::{attribute as escape_attribute, content as escape_content};
pub use self::reader::{Attribute, Event, Limits, Reader, Start};
pub use self::text::{TextError, decode_text};
use crate::contract::view;
use crate::contract::xml::View;

/// Seconds since 1970 and nanoseconds of an `xs:dateTime`; one without a zone is taken as UTC's.
pub fn moment(text: &str) -> Option<(i64, i32)> {
    lexical::moment(text)
}

/// Namespace of `xsi:nil` and `xsi:type`.
pub const XSI: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// Namespace of the built-in types.
pub const XSD: &str = "http://www.w3.org/2001/XMLSchema";
/// Namespace of `xop:Include` (XML-binary Optimized Packaging, section 3.2).
pub const XOP: &str = "http://www.w3.org/2004/08/xop/include";

/// A view, compiled: names in tables, tags ready to be written.
#[derive(Debug)]
pub struct Codec {
    view: Arc<View>,
    tables: Vec<tables::Table>,
    /// ` xmlns:n1="..."` of every namespace.
    declarations: String,
    /// How messages look that XML has as a text of JSON.
    json: Arc<view::View>,
}

impl Codec {
    /// Compiles a view. `json` says how the messages look that stand in XML as JSON.
    pub fn new(view: Arc<View>, json: Arc<view::View>) -> Self {
        let tables = view.types.iter().map(|of| tables::Table::new(&view, of)).collect();
        let declarations = tables::declarations(&view);
        Self { view, tables, declarations, json }
    }

    /// What it was compiled from.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// ` xmlns:n1="..."` of every namespace, for the start tag of an element around others.
    pub fn declarations(&self) -> &str {
        &self.declarations
    }
}

#[cfg(test)]
mod tests;
