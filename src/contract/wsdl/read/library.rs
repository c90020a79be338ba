//! All components of the files by name, and the complex types that are used.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use roxmltree::{Document as Tree, Node};

use super::files::{File, line};
use super::model::{Complex, Content, Note, Place, QName};
use super::{WSDL, XSD};

/// A node with the schema that it is in.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'d> {
    pub node: Node<'d, 'd>,
    /// An index into [`Library::schemas`].
    pub schema: usize,
}

/// A schema, as it is seen from one that includes it.
#[derive(Debug)]
pub(super) struct Schema {
    file: usize,
    /// Its target namespace; of one that has none, the including schema's.
    pub target: Arc<str>,
    /// Whether it has none of its own: its names then are in the including schema's.
    is_chameleon: bool,
    pub elements_qualified: bool,
    pub attributes_qualified: bool,
}

/// The kinds of global components that have names of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Element,
    Attribute,
    Type,
    Group,
    AttributeGroup,
}

/// What is in the files.
#[derive(Debug)]
pub(super) struct Library<'d> {
    files: &'d [File],
    trees: &'d [Tree<'d>],
    pub schemas: Vec<Schema>,
    components: HashMap<(Kind, QName), At<'d>>,
    /// Global parts of WSDLs: messages, port types, bindings.
    definitions: HashMap<(&'d str, QName), At<'d>>,
    /// Ids of complex types: by the node and the schema that it is seen from.
    ids: HashMap<(usize, roxmltree::NodeId, usize), usize>,
    labels: HashSet<String>,
    /// Complex types that are used and not yet looked at.
    queue: VecDeque<(usize, At<'d>)>,
    pub types: Vec<Complex>,
    pub notes: Vec<Note>,
    pub problems: Vec<Note>,
}

impl<'d> Library<'d> {
    pub fn new(files: &'d [File], trees: &'d [Tree<'d>]) -> Self {
        let mut library = Self {
            files,
            trees,
            schemas: Vec::new(),
            components: HashMap::new(),
            definitions: HashMap::new(),
            ids: HashMap::new(),
            labels: HashSet::new(),
            queue: VecDeque::new(),
            types: Vec::new(),
            notes: Vec::new(),
            problems: Vec::new(),
        };
        library.collect();
        library
    }

    /// Finds all global components, schema by schema.
    fn collect(&mut self) {
        let mut wanted: VecDeque<(usize, Node<'d, 'd>, Option<Arc<str>>)> = VecDeque::new();
        for (file, tree) in self.trees.iter().enumerate() {
            let root = tree.root_element();
            if !root.has_tag_name((WSDL, "definitions")) {
                continue;
            }
            // Definitions are resolved by prefixes alone, as a schema without a namespace would be.
            let schema = self.schemas.len();
            let target: Arc<str> = root.attribute("targetNamespace").unwrap_or_default().into();
            self.schemas.push(Schema {
                file,
                target: target.clone(),
                is_chameleon: false,
                elements_qualified: false,
                attributes_qualified: false,
            });
            for node in root.children().filter(Node::is_element) {
                if node.has_tag_name((WSDL, "types")) {
                    let schemas = node.children().filter(|one| one.has_tag_name((XSD, "schema")));
                    wanted.extend(schemas.map(|node| (file, node, None)));
                } else if let Some(name) = node.attribute("name") {
                    let name = QName { namespace: target.clone(), local: name.into() };
                    let kind = node.tag_name().name();
                    self.definitions.insert((kind, name), At { node, schema });
                }
            }
        }
        // Whoever has no WSDL's own schemas gets those of the files that are schemas by themselves.
        let mut seen = HashSet::new();
        while let Some((file, node, including)) = wanted.pop_front() {
            let own = node.attribute("targetNamespace").map(Arc::<str>::from);
            let is_chameleon = own.is_none() && including.is_some();
            let target = own.or(including).unwrap_or_default();
            if !seen.insert((file, node.id(), target.clone())) {
                continue;
            }
            let qualified = |attribute| node.attribute(attribute) == Some("qualified");
            let schema = self.schemas.len();
            self.schemas.push(Schema {
                file,
                target: target.clone(),
                is_chameleon,
                elements_qualified: qualified("elementFormDefault"),
                attributes_qualified: qualified("attributeFormDefault"),
            });
            for node in node.children().filter(Node::is_element) {
                let kind = match node.tag_name().name() {
                    "import" | "include" | "redefine" | "override" => {
                        let including = match node.tag_name().name() {
                            "import" => None,
                            _ => Some(target.clone()),
                        };
                        if let Some((other, root)) = self.linked(file, &node) {
                            wanted.push_back((other, root, including));
                        }
                        if matches!(node.tag_name().name(), "redefine" | "override") {
                            let at = At { node, schema };
                            self.note(
                                at,
                                "what xs:redefine changes is not taken, but what it changes is",
                            );
                        }
                        continue;
                    }
                    "element" => Kind::Element,
                    "attribute" => Kind::Attribute,
                    "complexType" | "simpleType" => Kind::Type,
                    "group" => Kind::Group,
                    "attributeGroup" => Kind::AttributeGroup,
                    _ => continue,
                };
                let Some(name) = node.attribute("name") else { continue };
                let name = QName { namespace: target.clone(), local: name.into() };
                self.components.entry((kind, name)).or_insert(At { node, schema });
            }
        }
    }

    /// The root of the schema that an import or an include names, and its file.
    fn linked(&self, file: usize, node: &Node<'d, 'd>) -> Option<(usize, Node<'d, 'd>)> {
        let attribute = node.attribute_node("schemaLocation")?;
        let other = *self.files.get(file)?.links.get(&attribute.range_value().start)?;
        let root = self.trees.get(other)?.root_element();
        root.has_tag_name((XSD, "schema")).then_some((other, root))
    }

    /// The WSDLs that have services: that of the first file, else all others.
    pub fn services(&self) -> Vec<At<'d>> {
        let of = |file: usize| {
            let tree = self.trees.get(file);
            let schema = self.schemas.iter().position(|schema| schema.file == file).unwrap_or(0);
            let roots = tree.into_iter().flat_map(|tree| tree.root_element().children());
            roots
                .filter(|node| node.has_tag_name((WSDL, "service")))
                .map(move |node| At { node, schema })
                .collect::<Vec<_>>()
        };
        let first = of(0);
        if first.is_empty() { (1..self.trees.len()).flat_map(of).collect() } else { first }
    }

    /// A global part of a WSDL.
    pub fn definition(&self, kind: &'d str, name: &QName) -> Option<At<'d>> {
        self.definitions.get(&(kind, name.clone())).copied()
    }

    /// A global component of a schema.
    pub fn component(&self, kind: Kind, name: &QName) -> Option<At<'d>> {
        self.components.get(&(kind, name.clone())).copied()
    }

    /// A component that an attribute refers to. One that is nowhere is a problem.
    pub fn referred(&mut self, at: At<'d>, attribute: &str, kind: Kind) -> Option<(QName, At<'d>)> {
        let name = self.name(at, at.node.attribute(attribute)?)?;
        let found = self.component(kind, &name);
        if found.is_none() {
            let what = match kind {
                Kind::Element => "element",
                Kind::Attribute => "attribute",
                Kind::Type => "type",
                Kind::Group => "group",
                Kind::AttributeGroup => "attribute group",
            };
            let QName { namespace, local } = &name;
            self.problem(at, format!("there is no {what} {local} in the namespace {namespace:?}"));
        }
        Some((name, found?))
    }

    /// A qualified name in a text of that node; `None` where its prefix is not declared, which is told.
    pub fn name(&mut self, at: At<'d>, text: &str) -> Option<QName> {
        let text = text.trim();
        let (prefix, local) = match text.split_once(':') {
            Some((prefix, local)) => (Some(prefix), local),
            None => (None, text),
        };
        let namespace: Arc<str> = match (at.node.lookup_namespace_uri(prefix), prefix) {
            (Some(uri), _) => uri.into(),
            (None, Some("xml")) => "http://www.w3.org/XML/1998/namespace".into(),
            (None, Some(prefix)) => {
                self.problem(at, format!("prefix {prefix} is not declared"));
                return None;
            }
            (None, None) => match self.schemas.get(at.schema) {
                Some(schema) if schema.is_chameleon => schema.target.clone(),
                _ => "".into(),
            },
        };
        Some(QName { namespace, local: local.into() })
    }

    /// The id of a complex type, which is looked at later.
    pub fn complex(&mut self, at: At<'d>, name: Option<QName>, label: &str) -> usize {
        let file = self.schemas.get(at.schema).map_or(0, |schema| schema.file);
        let key = (file, at.node.id(), at.schema);
        if let Some(id) = self.ids.get(&key) {
            return *id;
        }
        let place = self.place(at);
        let id = self.add(Complex {
            name,
            label: label.into(),
            is_abstract: at.node.attribute("abstract") == Some("true"),
            attributes: Vec::new(),
            content: Content::Elements(Vec::new()),
            derived: Vec::new(),
            place,
        });
        self.ids.insert(key, id);
        self.queue.push_back((id, at));
        id
    }

    /// Adds a type that stands nowhere in a schema.
    pub fn add(&mut self, mut of: Complex) -> usize {
        // Types of one local name in several namespaces: config tells them apart by a number.
        let mut label = of.label.to_string();
        let mut number = 1;
        while !self.labels.insert(label.clone()) {
            number += 1;
            label = format!("{}#{number}", of.label);
        }
        of.label = label.into();
        self.types.push(of);
        self.types.len() - 1
    }

    /// Looks at all types that are used, those that may stand in their place too.
    pub fn finish(&mut self) -> Vec<Complex> {
        loop {
            while let Some((id, at)) = self.queue.pop_front() {
                let label = self.types.get(id).map(|of| of.label.to_string()).unwrap_or_default();
                let (attributes, content) = self.flattened(at, &label);
                if let Some(of) = self.types.get_mut(id) {
                    (of.attributes, of.content) = (attributes, content);
                }
            }
            if !self.derive() {
                return std::mem::take(&mut self.types);
            }
        }
    }

    /// Adds the types that extend a used one; whether there were any.
    fn derive(&mut self) -> bool {
        let mut names: Vec<_> =
            self.components.keys().filter(|(kind, _)| *kind == Kind::Type).cloned().collect();
        names.sort_by(|one, other| one.1.cmp(&other.1));
        let mut any = false;
        for (_, name) in names {
            let Some(at) = self.component(Kind::Type, &name) else { continue };
            let Some(base) = self.base_of(at) else { continue };
            let file = |at: At<'d>| self.schemas.get(at.schema).map_or(0, |schema| schema.file);
            let Some(base) = self.ids.get(&(file(base), base.node.id(), base.schema)).copied()
            else {
                continue;
            };
            let is_new = !self.ids.contains_key(&(file(at), at.node.id(), at.schema));
            let local = name.local.to_string();
            let id = self.complex(at, Some(name), &local);
            any |= is_new;
            // Those of those may stand there, too.
            let below = self.types.get(id).map(|of| of.derived.clone()).unwrap_or_default();
            if let Some(of) = self.types.get_mut(base) {
                for one in std::iter::once(id).chain(below) {
                    if !of.derived.contains(&one) {
                        of.derived.push(one);
                        any = true;
                    }
                }
            }
        }
        any
    }

    /// The complex type that a global one extends or restricts.
    fn base_of(&self, at: At<'d>) -> Option<At<'d>> {
        let content = at.node.children().find(|one| {
            one.has_tag_name((XSD, "complexContent")) || one.has_tag_name((XSD, "simpleContent"))
        })?;
        let derivation = content.children().find(|one| {
            one.has_tag_name((XSD, "extension")) || one.has_tag_name((XSD, "restriction"))
        })?;
        let text = derivation.attribute("base")?;
        let (prefix, local) = match text.split_once(':') {
            Some((prefix, local)) => (Some(prefix), local),
            None => (None, text),
        };
        let schema = self.schemas.get(at.schema)?;
        let namespace = match derivation.lookup_namespace_uri(prefix) {
            Some(uri) => uri.into(),
            None => schema.target.clone(),
        };
        self.component(Kind::Type, &QName { namespace, local: local.into() })
    }

    /// The file of that number.
    pub fn tree(&self, file: usize) -> Option<&'d Tree<'d>> {
        self.trees.get(file)
    }

    pub fn place(&self, at: At<'d>) -> Place {
        let file = self.schemas.get(at.schema).map_or(0, |schema| schema.file);
        let name = self.files.get(file).map(|file| file.name.clone()).unwrap_or_default();
        let line = self.trees.get(file).map_or(1, |tree| line(tree, &at.node));
        Place { file: name, line }
    }

    pub fn note(&mut self, at: At<'d>, message: impl Into<String>) {
        let note = Note { place: self.place(at), message: message.into() };
        self.notes.push(note);
    }

    pub fn problem(&mut self, at: At<'d>, message: impl Into<String>) {
        let note = Note { place: self.place(at), message: message.into() };
        if !self.problems.contains(&note) {
            self.problems.push(note);
        }
    }
}
