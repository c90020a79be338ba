//! A model in GraphQL's own language (SDL), for people and for tools that make code of it.

use std::fmt::Write as _;

use super::{
    Argument, EMPTY, EMPTY_DESCRIPTION, Enum, Input, Model, Named, Object, ObjectId, Scalar, Union,
};

/// Prints what clients see: the roots first, each other type behind the first that names it, and
/// scalars at the end. `with_keys`: the directives of Apollo Federation are printed, too.
pub fn print(model: &Model, with_keys: bool) -> String {
    let printer = Printer { model, with_keys };
    let mut scalars: Vec<Scalar> = Vec::new();
    let mut blocks = Vec::new();
    let query = model.query.and_then(|id| model.object(id));
    if query.is_none_or(|query| query.fields.is_empty()) {
        let mut text = String::new();
        description(&mut text, query.and_then(|query| query.description.as_deref()), "");
        let _ = writeln!(text, "type {} {{", query.map_or("Query", |query| &query.name));
        description(&mut text, Some(EMPTY_DESCRIPTION), "  ");
        let _ = writeln!(text, "  {EMPTY}: Boolean\n}}");
        blocks.push(text);
    }
    for named in model.visible() {
        let block = match named {
            Named::Scalar(scalar) => {
                scalars.push(scalar);
                continue;
            }
            Named::Object(id) => model.object(id).map(|one| printer.object(one)),
            Named::Union(id) => model.unions.get(id.0).map(|one| printer.union(one)),
            Named::Enum(id) => model.enums.get(id.0).map(enumeration),
            Named::Input(id) => model.inputs.get(id.0).map(|one| printer.input(one)),
        };
        blocks.extend(block);
    }
    scalars.sort_by_key(|scalar| scalar.name());
    blocks.extend(scalars.into_iter().filter_map(scalar));
    if with_keys {
        blocks.insert(0, LINK.to_owned());
    }
    blocks.join("\n")
}

const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", \
                    import: [\"@key\"])\n";

struct Printer<'m> {
    model: &'m Model,
    with_keys: bool,
}

impl Printer<'_> {
    fn object(&self, object: &Object) -> String {
        let mut text = String::new();
        description(&mut text, object.description.as_deref(), "");
        let _ = write!(text, "type {}", object.name);
        for key in object.keys.iter().filter(|_| self.with_keys) {
            let _ = write!(text, " @key(fields: {})", quoted(key));
        }
        text.push_str(" {\n");
        for field in &object.fields {
            description(&mut text, field.description.as_deref(), "  ");
            let _ = write!(text, "  {}", field.name);
            self.arguments(&mut text, &field.arguments);
            let _ = write!(text, ": {}", self.model.written(&field.ty));
            deprecated(&mut text, field.deprecated.as_deref());
            text.push('\n');
        }
        text.push_str("}\n");
        text
    }

    /// In a line where nothing is said of them.
    fn arguments(&self, text: &mut String, arguments: &[Argument]) {
        if arguments.is_empty() {
            return;
        }
        if arguments.iter().all(|argument| argument.description.is_none()) {
            let arguments: Vec<_> = arguments.iter().map(|one| self.argument(one)).collect();
            let _ = write!(text, "({})", arguments.join(", "));
            return;
        }
        text.push_str("(\n");
        for argument in arguments {
            description(text, argument.description.as_deref(), "    ");
            let _ = writeln!(text, "    {}", self.argument(argument));
        }
        text.push_str("  )");
    }

    fn argument(&self, argument: &Argument) -> String {
        let mut text = format!("{}: {}", argument.name, self.model.written(&argument.ty));
        if let Some(default) = &argument.default {
            let _ = write!(text, " = {default}");
        }
        deprecated(&mut text, argument.deprecated.as_deref());
        text
    }

    fn union(&self, union: &Union) -> String {
        let mut text = String::new();
        description(&mut text, union.description.as_deref(), "");
        let members = union.members.iter().map(|(_, object)| self.object_name(*object));
        let members: Vec<_> = members.collect();
        let _ = writeln!(text, "union {} = {}", union.name, members.join(" | "));
        text
    }

    fn input(&self, input: &Input) -> String {
        let mut text = String::new();
        description(&mut text, input.description.as_deref(), "");
        let directive = if input.one_of { " @oneOf" } else { "" };
        let _ = writeln!(text, "input {}{directive} {{", input.name);
        for (argument, _) in &input.fields {
            description(&mut text, argument.description.as_deref(), "  ");
            let _ = writeln!(text, "  {}", self.argument(argument));
        }
        text.push_str("}\n");
        text
    }

    fn object_name(&self, id: ObjectId) -> &str {
        self.model.object(id).map_or("", |one| &one.name)
    }
}

fn enumeration(one: &Enum) -> String {
    let mut text = String::new();
    description(&mut text, one.description.as_deref(), "");
    let _ = writeln!(text, "enum {} {{", one.name);
    for value in &one.values {
        description(&mut text, value.description.as_deref(), "  ");
        let _ = write!(text, "  {}", value.name);
        deprecated(&mut text, value.deprecated.as_deref());
        text.push('\n');
    }
    text.push_str("}\n");
    text
}

fn scalar(scalar: Scalar) -> Option<String> {
    let mut text = String::new();
    description(&mut text, Some(scalar.description()?), "");
    let _ = write!(text, "scalar {}", scalar.name());
    if let Some(url) = scalar.specified_by() {
        let _ = write!(text, " @specifiedBy(url: {})", quoted(url));
    }
    text.push('\n');
    Some(text)
}

/// One line where it is one.
fn description(text: &mut String, description: Option<&str>, indent: &str) {
    let Some(description) = description else { return };
    if !description.contains('\n') {
        let _ = writeln!(text, "{indent}{}", quoted(description));
        return;
    }
    let _ = writeln!(text, "{indent}\"\"\"");
    for line in description.lines() {
        let line = line.replace("\"\"\"", "\\\"\"\"");
        let indent = if line.is_empty() { "" } else { indent };
        let _ = writeln!(text, "{indent}{line}");
    }
    let _ = writeln!(text, "{indent}\"\"\"");
}

fn deprecated(text: &mut String, reason: Option<&str>) {
    match reason {
        // The reason where none is given (section 3.13.3).
        Some("No longer supported") => text.push_str(" @deprecated"),
        Some(reason) => {
            let _ = write!(text, " @deprecated(reason: {})", quoted(reason));
        }
        None => {}
    }
}

/// A string literal (section 2.9.4 of the specification), whose escapes are JSON's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
