//! XML between wire bytes and clients, led by a [view](crate::contract::xml::View): straight from the
//! text to the message and back, with no tree in between.

mod decode;
mod encode;
mod escape;
mod items;
mod lexical;
mod reader;
mod tables;

use std::collections::BTreeSet;
use std::sync::Arc;

pub use self::decode::{Attachments, DecodeOptions, NoAttachments};
pub use self::encode::{Attached, EncodeOptions, Part, Root};
pub use self::escape::{attribute as escape_attribute, content as escape_content};
pub use self::reader::{Attribute, Event, Limits, Reader, Start};
use crate::contract::view;
use crate::contract::xml::{Name, NamespaceId, TypeId, View};

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
    /// The namespaces of what is within an element of each type.
    namespaces: Vec<BTreeSet<NamespaceId>>,
    /// How messages look that XML has as a text of JSON.
    json: Arc<view::View>,
}

impl Codec {
    /// Compiles a view. `json` says how the messages look that stand in XML as JSON.
    pub fn new(view: Arc<View>, json: Arc<view::View>) -> Self {
        let tables = view.types.iter().map(|of| tables::Table::new(&view, of)).collect();
        let namespaces = tables::namespaces(&view);
        Self { view, tables, namespaces, json }
    }

    /// What it was compiled from.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// ` xmlns:n1="..."` of the names of elements, and of all that is within elements of those types:
    /// for the start tag of an element around them.
    pub fn declarations(&self, names: &[&Name], types: &[TypeId]) -> String {
        let mut used: BTreeSet<NamespaceId> = names.iter().map(|name| name.namespace).collect();
        for of in types {
            used.extend(self.namespaces.get(of.0 as usize).into_iter().flatten());
        }
        tables::declared(&self.view, &used).into()
    }
}

#[cfg(test)]
mod tests;
