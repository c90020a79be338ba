//! Reads WSDL 1.1 and the XML Schema 1.0 in and around it: contracts that clients already have.

mod files;
mod library;
mod model;
mod services;
mod types;

use std::path::Path;

pub use self::files::ReadFile;
pub use self::model::{
    Attribute, Binding, Complex, Content, Element, Message, Note, Operation, Part, Place, QName,
    Service, Simple, TypeRef, Wsdl,
};
use crate::contract::wsdl::read::library::Library;

const WSDL: &str = "http://schemas.xmlsoap.org/wsdl/";
const SOAP: &str = "http://schemas.xmlsoap.org/wsdl/soap/";
const SOAP12: &str = "http://schemas.xmlsoap.org/wsdl/soap12/";
const XSD: &str = "http://www.w3.org/2001/XMLSchema";
const SOAP_ENCODING: &str = "http://schemas.xmlsoap.org/soap/encoding/";

/// Reads the WSDL at `path`, and all files that it names, by `read`. What cannot be read, or refers to
/// nothing, is an error; what cannot be served is told in [`Wsdl::notes`].
pub fn read(path: &Path, read: ReadFile<'_>) -> Result<Wsdl, Vec<Note>> {
    let files = files::load(path, read)?;
    let mut trees = Vec::with_capacity(files.len());
    for file in &files {
        // They were parsed before.
        trees.push(roxmltree::Document::parse(&file.text).map_err(|error| {
            let place = Place { file: file.name.clone(), line: error.pos().row };
            vec![Note { place, message: error.to_string() }]
        })?);
    }
    let mut library = Library::new(&files, &trees);
    let services = services::services(&mut library);
    let types = library.finish();
    if !library.problems.is_empty() {
        return Err(library.problems);
    }
    let name = files.first().map(|file| file.name.clone()).unwrap_or_default();
    let mut notes = library.notes;
    let mut told = std::collections::HashSet::new();
    notes.retain(|note| told.insert(note.clone()));
    let files = files.iter().map(files::File::document).collect();
    Ok(Wsdl { name, services, types, files, notes })
}

#[cfg(test)]
mod tests;
