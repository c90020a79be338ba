//! The files of a WSDL: it and all that it imports and includes.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use roxmltree::{Document as Tree, Node};

use super::super::{ADDRESS, Document};
use super::model::{Note, Place};
use super::{SOAP, SOAP12, WSDL, XSD};
use crate::contract::xml::decode_text;

/// The most files that a WSDL may name.
const MOST: usize = 500;

/// One file.
#[derive(Debug)]
pub(super) struct File {
    /// As people see it.
    pub name: Arc<str>,
    /// Its text.
    pub text: String,
    /// Where it names other files, by the start of the attribute's value.
    pub links: HashMap<usize, usize>,
    /// What is written in the place of ranges of the text.
    replaced: Vec<(Range<usize>, String)>,
}

/// Reads a file.
pub type ReadFile<'r> = &'r mut dyn FnMut(&Path) -> std::io::Result<Vec<u8>>;

/// Reads a WSDL, and all that it names. `path` is what files are found by, relative to the same as
/// the names that people see.
pub(super) fn load(path: &Path, read: ReadFile<'_>) -> Result<Vec<File>, Vec<Note>> {
    let mut paths = vec![path.to_owned()];
    let mut files: Vec<File> = Vec::new();
    let mut problems = Vec::new();
    let mut from = vec![Place { file: path.display().to_string().into(), line: 1 }];
    while let (Some(path), Some(place)) = (paths.get(files.len()).cloned(), from.get(files.len())) {
        let name: Arc<str> = path.display().to_string().into();
        let bytes = match read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let message = format!("cannot read {name}: {error}");
                problems.push(Note { place: place.clone(), message });
                return Err(problems);
            }
        };
        let broken =
            |line, message: String| Note { place: Place { file: name.clone(), line }, message };
        let text = match decode_text(&bytes, None) {
            Ok(text) => text.into_owned(),
            Err(error) => return Err(vec![broken(1, error.to_string())]),
        };
        // A document type is refused, as everywhere.
        let tree = match Tree::parse(&text) {
            Ok(tree) => tree,
            Err(error) => return Err(vec![broken(error.pos().row, error.to_string())]),
        };
        let mut links = HashMap::new();
        let mut replaced = Vec::new();
        if let Some(end) = text.strip_prefix("<?xml").and_then(|rest| rest.find("?>")) {
            let declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned();
            replaced.push((0.."<?xml".len() + end + "?>".len(), declaration));
        }
        for node in tree.descendants().filter(Node::is_element) {
            if node.has_tag_name((SOAP, "address")) || node.has_tag_name((SOAP12, "address")) {
                if let Some(location) = node.attribute_node("location") {
                    replaced.push((location.range_value(), ADDRESS.to_owned()));
                }
                continue;
            }
            let Some((attribute, kind)) = link(&node) else { continue };
            let Some(attribute) = node.attribute_node(attribute) else { continue };
            let location = attribute.value();
            if let Some(local) = located(&path, location) {
                let index = match paths.iter().position(|known| *known == local) {
                    Some(known) => known,
                    None => {
                        paths.push(local);
                        from.push(Place { file: name.clone(), line: line(&tree, &node) });
                        paths.len() - 1
                    }
                };
                links.insert(attribute.range_value().start, index);
                replaced.push((attribute.range_value(), format!("{ADDRESS}?{kind}={index}")));
            } else if !is_known(node.attribute("namespace").unwrap_or_default()) {
                problems.push(broken(
                    line(&tree, &node),
                    format!("{location} is not fetched: save it beside this file and name it so"),
                ));
            }
        }
        replaced.sort_by_key(|(range, _)| range.start);
        drop(tree);
        files.push(File { name, text, links, replaced });
        if paths.len() > MOST {
            let message = format!("more than {MOST} files");
            return Err(vec![Note { place: from.swap_remove(0), message }]);
        }
    }
    if problems.is_empty() { Ok(files) } else { Err(problems) }
}

impl File {
    /// The file as it is given back.
    pub fn document(&self) -> Document {
        let mut text = String::with_capacity(self.text.len());
        let mut done = 0;
        for (range, by) in &self.replaced {
            text.push_str(self.text.get(done..range.start).unwrap_or_default());
            text.push_str(by);
            done = range.end;
        }
        text.push_str(self.text.get(done..).unwrap_or_default());
        Document::new(&text)
    }
}

/// The attribute by which an element names another file, and what the file is.
fn link(node: &Node<'_, '_>) -> Option<(&'static str, &'static str)> {
    let tag = node.tag_name();
    match (tag.namespace()?, tag.name()) {
        (WSDL, "import") => Some(("location", "wsdl")),
        (XSD, "import" | "include" | "redefine" | "override") => Some(("schemaLocation", "xsd")),
        _ => None,
    }
}

/// Where a relative location is; `None` for one that would have to be fetched.
fn located(from: &Path, location: &str) -> Option<PathBuf> {
    if location.contains("://") || location.starts_with("urn:") {
        return None;
    }
    let location = location.strip_prefix("file:").unwrap_or(location);
    let location = percent_encoding::percent_decode_str(location).decode_utf8_lossy();
    let joined = from.parent().unwrap_or(Path::new("")).join(&*location);
    let mut path = PathBuf::new();
    for component in joined.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if path.file_name().is_some() => {
                path.pop();
            }
            other => path.push(other),
        }
    }
    Some(path)
}

/// Namespaces whose schemas are nowhere needed.
fn is_known(namespace: &str) -> bool {
    namespace == "http://www.w3.org/XML/1998/namespace"
        || namespace == "http://schemas.xmlsoap.org/soap/encoding/"
        || namespace == "http://www.w3.org/2003/05/soap-encoding"
        || namespace == "http://schemas.xmlsoap.org/wsdl/"
        || namespace.contains("/addressing")
        || namespace.contains("xmlmime")
        || namespace == XSD
}

pub(super) fn line(tree: &Tree<'_>, node: &Node<'_, '_>) -> u32 {
    tree.text_pos_at(node.range().start).row
}
