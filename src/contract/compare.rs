//! Whether two definitions of one name are the same, and if not, the first thing that differs.

use std::collections::{BTreeMap, BTreeSet};

use super::edition::Resolved;
use super::raw::{self, join, label};

/// How two definitions differ: what, how it is in the first, how it is in the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// For example `field shop.v1.Product.price`.
    pub what: String,
    /// For example `int32`; `missing` where the first has none.
    pub first: String,
    /// The same of the second.
    pub second: String,
}

/// A comparison. Comments, options that change nothing on the wire, reserved numbers and the order
/// of things do not count.
#[derive(Debug, Clone, Copy)]
pub struct Comparison {
    /// Let each side have fields, values and nested definitions that the other lacks.
    pub lenient: bool,
}

type Found = Result<(), Difference>;

/// A definition in the scope it stands in.
pub type Scoped<'a, T> = (&'a T, Resolved);

impl Comparison {
    /// Compares two messages that both have the full name `name`.
    pub fn messages(
        self,
        name: &str,
        (a, a_scope): Scoped<raw::Message>,
        (b, b_scope): Scoped<raw::Message>,
    ) -> Found {
        let (a_scope, b_scope) = (a_scope.in_message(a), b_scope.in_message(b));
        let describe = |message: &raw::Message, scope: Resolved| -> BTreeMap<i32, _> {
            let one = |field: &raw::Field| (field.number(), describe(field, Some(message), scope));
            message.field.iter().map(one).collect()
        };
        self.fields(name, &describe(a, a_scope), &describe(b, b_scope))?;

        for (nested, pair) in pairs(&a.nested_type, &b.nested_type, raw::Message::name) {
            let name = join(name, nested);
            match pair {
                (Some(a), Some(b)) => self.messages(&name, (a, a_scope), (b, b_scope))?,
                pair => self.lone("message", &name, pair.0.is_some())?,
            }
        }
        for (nested, pair) in pairs(&a.enum_type, &b.enum_type, raw::Enum::name) {
            let name = join(name, nested);
            match pair {
                (Some(a), Some(b)) => self.enums(&name, (a, a_scope), (b, b_scope))?,
                pair => self.lone("enum", &name, pair.0.is_some())?,
            }
        }
        for (nested, pair) in pairs(&a.extension, &b.extension, raw::Field::name) {
            let name = join(name, nested);
            match pair {
                (Some(a), Some(b)) => self.extensions(&name, (a, a_scope), (b, b_scope))?,
                pair => self.lone("extension", &name, pair.0.is_some())?,
            }
        }
        Ok(())
    }

    /// Compares two enums that both have the full name `name`.
    pub fn enums(
        self,
        name: &str,
        (a, a_scope): Scoped<raw::Enum>,
        (b, b_scope): Scoped<raw::Enum>,
    ) -> Found {
        let openness = |closed| if closed { "closed" } else { "open" };
        let what = format!("enum {name}");
        let (a_closed, b_closed) = (a_scope.is_closed(a), b_scope.is_closed(b));
        differ(&what, openness(a_closed), openness(b_closed))?;
        for (value, pair) in pairs(&a.value, &b.value, raw::EnumValue::name) {
            let what = format!("value {value} of enum {name}");
            match pair {
                (Some(a), Some(b)) => {
                    differ(&what, &a.number().to_string(), &b.number().to_string())?;
                }
                (first, _) => {
                    self.lone("value", &format!("{value} of enum {name}"), first.is_some())?
                }
            }
        }
        Ok(())
    }

    /// Compares two extensions that both have the full name `name`.
    pub fn extensions(
        self,
        name: &str,
        (a, a_scope): Scoped<raw::Field>,
        (b, b_scope): Scoped<raw::Field>,
    ) -> Found {
        let what = format!("extension {name}");
        differ(&what, &a.number().to_string(), &b.number().to_string())?;
        differ(&what, trim(a.extendee()), trim(b.extendee()))?;
        differ(&what, &describe(a, None, a_scope).1, &describe(b, None, b_scope).1)
    }

    /// Compares two services that both have the full name `name`.
    pub fn services(self, name: &str, a: &raw::Service, b: &raw::Service) -> Found {
        for (method, pair) in pairs(&a.method, &b.method, raw::Method::name) {
            match pair {
                (Some(a), Some(b)) => {
                    differ(&format!("method {name}/{method}"), &signature(a), &signature(b))?;
                }
                (first, _) => self.lone("method", &format!("{name}/{method}"), first.is_some())?,
            }
        }
        Ok(())
    }

    fn fields(
        self,
        name: &str,
        a: &BTreeMap<i32, (String, String)>,
        b: &BTreeMap<i32, (String, String)>,
    ) -> Found {
        for number in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
            match (a.get(number), b.get(number)) {
                (Some((a_name, a)), Some((b_name, b))) => {
                    differ(&format!("field {number} of {name}"), a_name, b_name)?;
                    differ(&format!("field {name}.{a_name}"), a, b)?;
                }
                (a, b) => {
                    let field = a.or(b).map_or("", |(field, _)| field);
                    self.lone("field", &join(name, field), a.is_some())?;
                }
            }
        }
        Ok(())
    }

    fn lone(self, what: &str, name: &str, in_first: bool) -> Found {
        if self.lenient {
            return Ok(());
        }
        let (first, second) = if in_first { ("there", "missing") } else { ("missing", "there") };
        differ(&format!("{what} {name}"), first, second)
    }
}

/// A field's name, and everything else about it that counts, in the words of the language.
fn describe(
    field: &raw::Field,
    message: Option<&raw::Message>,
    scope: Resolved,
) -> (String, String) {
    let facts = scope.field(field, message);
    let mut words = String::new();
    match facts.label {
        label::REQUIRED => words.push_str("required "),
        label::REPEATED => words.push_str("repeated "),
        _ => {}
    }
    let oneof = usize::try_from(field.oneof_index.unwrap_or(-1)).ok();
    let oneof = message.zip(oneof).and_then(|(message, index)| message.oneof_decl.get(index));
    if facts.group {
        words.push_str("group ");
    }
    words.push_str(type_word(field));
    if let (Some(oneof), false) = (oneof, field.proto3_optional()) {
        words.push_str(" in oneof ");
        words.push_str(oneof.name());
    }
    if facts.implicit_presence {
        words.push_str(" without presence");
    }
    if facts.packed {
        words.push_str(" (packed)");
    }
    if facts.verify_utf8 {
        words.push_str(" (UTF-8)");
    }
    if let Some(default) = &field.default_value {
        words.push_str(" defaulting to ");
        words.push_str(default);
    }
    let json = field.json();
    if json != raw::json_name(field.name()) {
        words.push_str(" with JSON name ");
        words.push_str(&json);
    }
    (field.name().to_owned(), words)
}

fn type_word(field: &raw::Field) -> &str {
    const SCALARS: [&str; 18] = [
        "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string",
        "group", "message", "bytes", "uint32", "enum", "sfixed32", "sfixed64", "sint32", "sint64",
    ];
    match &field.type_name {
        Some(name) => trim(name),
        None => usize::try_from(field.kind().saturating_sub(1))
            .ok()
            .and_then(|index| SCALARS.get(index))
            .unwrap_or(&"nothing"),
    }
}

fn signature(method: &raw::Method) -> String {
    let side = |streams, name| {
        if streams { format!("stream of {}", trim(name)) } else { trim(name).to_owned() }
    };
    let input = side(method.client_streaming(), method.input_type());
    let output = side(method.server_streaming(), method.output_type());
    format!("({input}) returning ({output})")
}

fn trim(name: &str) -> &str {
    name.strip_prefix('.').unwrap_or(name)
}

fn differ(what: &str, first: &str, second: &str) -> Found {
    if first == second {
        return Ok(());
    }
    let [what, first, second] = [what, first, second].map(str::to_owned);
    Err(Difference { what, first, second })
}

type Pair<'a, T> = (Option<&'a T>, Option<&'a T>);

/// What stands in both lists side by side, by name.
fn pairs<'a, T>(a: &'a [T], b: &'a [T], name: fn(&T) -> &str) -> BTreeMap<&'a str, Pair<'a, T>> {
    let mut pairs: BTreeMap<&str, Pair<T>> = BTreeMap::new();
    for one in a {
        pairs.entry(name(one)).or_default().0 = Some(one);
    }
    for one in b {
        pairs.entry(name(one)).or_default().1 = Some(one);
    }
    pairs
}
