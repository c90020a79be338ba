//! Simple types over fields: what a text is as a value.

use super::matching::key;
use super::{Binder, same};
use crate::contract::shape::{EnumId, Field, Kind, ShapeId, WellKnown};
use crate::contract::wsdl::read;
use crate::contract::xml::{Builtin, Enumeration, EnumerationId, Form, Simple, Value};

/// An enumeration that was made: its texts, and what they are values of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Key {
    label: String,
    texts: Vec<Box<str>>,
    of: Of,
}

/// What has the values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Of {
    Enum(EnumId),
    Text,
    Number,
}

impl Binder<'_> {
    /// How a text of a simple type is the value of a field. `at` is the label of the type that it stands
    /// in and its own name, with a slash between them: config calls it so, or as the simple type is
    /// called, or by its own name.
    pub(super) fn simple(
        &mut self,
        given: &read::Simple,
        field: Option<&Field>,
        at: &str,
    ) -> Result<Simple, String> {
        let local = at.rsplit('/').next().unwrap_or_default();
        let named = given.name.as_deref();
        let mut labels = [Some(at), Some(local), named].into_iter().flatten();
        let label = labels.find(|label| self.wishes.values.contains_key(*label));
        let label = label.or(named).unwrap_or(local);
        let field = field.ok_or("there is no field")?;
        let builtin = given.builtin;
        let list = given.list && field.is_repeated();
        let of = |form| Ok(Simple { builtin, form, list });
        if given.list && !field.is_repeated() {
            return match field.kind {
                // All of it is one text.
                Kind::String => of(Form::Scalar(Kind::String)),
                _ => Err("a list of values, and the field is none".to_owned()),
            };
        }
        let has_wishes = self.wishes.values.contains_key(label);
        match field.kind {
            Kind::Enum(id) => {
                if !is_text(builtin) && !has_wishes {
                    return Err(format!("xs:{} is no name of an enum", builtin.name()));
                }
                let enumeration = self.enumeration(label, given, Of::Enum(id))?;
                of(Form::Enumeration(enumeration, field.kind))
            }
            Kind::String if has_wishes => {
                let enumeration = self.enumeration(label, given, Of::Text)?;
                of(Form::Enumeration(enumeration, field.kind))
            }
            kind if has_wishes
                && !matches!(
                    kind,
                    Kind::Message(_) | Kind::Group(_) | Kind::Bytes | Kind::Float | Kind::Double
                ) =>
            {
                let enumeration = self.enumeration(label, given, Of::Number)?;
                of(Form::Enumeration(enumeration, field.kind))
            }
            Kind::Message(id) => self.message_form(builtin, id).and_then(of),
            Kind::Group(_) => Err("the field is a group".to_owned()),
            kind if fits(builtin, kind) => of(Form::Scalar(kind)),
            kind => Err(format!("xs:{} is no {}", builtin.name(), kind.name())),
        }
    }

    /// A text that is all of a message.
    fn message_form(&self, builtin: Builtin, id: ShapeId) -> Result<Form, String> {
        let shape = self.view.shapes.get(id);
        let name = &shape.full_name;
        let refused = || Err(format!("xs:{} is no {name}", builtin.name()));
        let index = |name: &str, kinds: &[Kind]| {
            let is = |field: &Field| {
                *field.name == *name && kinds.contains(&field.kind) && !field.is_repeated()
            };
            shape.fields.iter().position(is)
        };
        match shape.well_known {
            Some(WellKnown::Timestamp) => match builtin {
                Builtin::DateTime | Builtin::Date => Ok(Form::Timestamp),
                one if is_text(one) => Ok(Form::Timestamp),
                _ => refused(),
            },
            Some(WellKnown::Duration) => match builtin {
                Builtin::Duration => Ok(Form::Duration),
                one if is_text(one) => Ok(Form::Duration),
                _ => refused(),
            },
            Some(WellKnown::Wrapper(kind)) if fits(builtin, kind) => Ok(Form::Wrapper(id, kind)),
            Some(WellKnown::FieldMask) if is_text(builtin) => Ok(Form::FieldMask),
            Some(WellKnown::Struct | WellKnown::Value | WellKnown::ListValue | WellKnown::Any)
                if is_text(builtin) =>
            {
                Ok(Form::Json(id))
            }
            Some(_) => refused(),
            None => {
                let units = index("units", &[Kind::Int64, Kind::Sint64]);
                let nanos = index("nanos", &[Kind::Int32, Kind::Sint32]);
                if let (Some(units), Some(nanos)) = (units, nanos)
                    && fits(builtin, Kind::Double)
                {
                    return Ok(Form::Decimal { units, nanos });
                }
                let parts = ["year", "month", "day"].map(|name| index(name, &[Kind::Int32]));
                if parts == [Some(0), Some(1), Some(2)]
                    && (builtin == Builtin::Date || is_text(builtin))
                    && shape
                        .fields
                        .iter()
                        .zip(1..)
                        .take(3)
                        .all(|(field, number)| field.number == number)
                {
                    return Ok(Form::Date(id));
                }
                refused()
            }
        }
    }

    /// The texts of an enumeration as values.
    fn enumeration(
        &mut self,
        label: &str,
        given: &read::Simple,
        of: Of,
    ) -> Result<EnumerationId, String> {
        let wishes = self.wishes.values.get(label);
        if wishes.is_some() {
            self.used.insert(format!("values.{label}"));
        }
        let mut texts = given.values.clone();
        if texts.is_empty() {
            texts = wishes
                .into_iter()
                .flat_map(|wishes| wishes.keys())
                .map(|text| text.as_str().into())
                .collect();
        }
        let shapes = self.view.shapes.clone();
        let shape = match of {
            Of::Enum(id) => Some(shapes.get_enum(id)),
            Of::Text | Of::Number => None,
        };
        if let (Some(shape), true) = (shape, texts.is_empty()) {
            texts = shape.values.iter().map(|(name, _)| name.clone()).collect();
        }
        let made = Key { label: label.to_owned(), texts: texts.clone(), of };
        if let Some(known) = self.enumerations.get(&made) {
            return Ok(*known);
        }
        let mut values = Vec::with_capacity(texts.len());
        for text in &texts {
            let wish = wishes.and_then(|wishes| wishes.get(&**text));
            let value = match (of, shape, wish) {
                (Of::Text, _, wish) => {
                    Some(Value::Text(wish.map_or(text.clone(), |wish| wish.as_str().into())))
                }
                (Of::Number, _, wish) => {
                    let wish = wish.map_or(&**text, |wish| wish);
                    let number = match wish {
                        "true" => Some(1),
                        "false" => Some(0),
                        other => other.parse().ok(),
                    };
                    let number =
                        number.ok_or_else(|| format!("{wish:?} of `values` is no number"))?;
                    Some(Value::Number(number))
                }
                (Of::Enum(_), Some(shape), Some(wish)) => {
                    let number = shape.number(wish).ok_or_else(|| {
                        format!(
                            "{} has no value {wish}, which `values` says {text} is",
                            shape.full_name
                        )
                    })?;
                    Some(Value::Number(number))
                }
                (Of::Enum(_), Some(shape), None) => {
                    let local = shape.full_name.rsplit('.').next().unwrap_or_default();
                    let is = |(name, _): &&(Box<str>, i32)| {
                        same(name, text) || key(name).strip_prefix(&key(local)) == Some(&*key(text))
                    };
                    shape.values.iter().find(is).map(|(_, number)| Value::Number(*number))
                }
                (Of::Enum(_), None, _) => None,
            };
            match value {
                Some(value) => values.push((text.clone(), value)),
                None => {
                    let of = shape.map(|shape| &*shape.full_name).unwrap_or_default();
                    let file = &self.wsdl.name;
                    self.notes.push(format!(
                        "{file}: {text} of {label} is no value of {of}: requests that have it are refused"
                    ));
                }
            }
        }
        for (name, number) in shape.iter().flat_map(|shape| &shape.values) {
            let is = |(_, value): &(Box<str>, Value)| *value == Value::Number(*number);
            if *number != 0 && !values.iter().any(is) {
                let of = shape.map(|shape| &*shape.full_name).unwrap_or_default();
                let file = &self.wsdl.name;
                self.notes.push(format!(
                    "{file}: {of}.{name} has no text in {label}: a reply that has it is a fault"
                ));
            }
        }
        let id = EnumerationId(u32::try_from(self.view.enumerations.len()).unwrap_or(u32::MAX));
        self.view.enumerations.push(Enumeration { name: None, of: None, values, comment: None });
        self.enumerations.insert(made, id);
        Ok(id)
    }
}

/// Whether a built-in type can hold any text.
fn is_text(builtin: Builtin) -> bool {
    use Builtin::*;
    matches!(
        builtin,
        AnySimpleType
            | String
            | NormalizedString
            | Token
            | Language
            | Name
            | NcName
            | NmToken
            | Id
            | IdRef
            | AnyUri
            | QName
    )
}

fn is_integer(builtin: Builtin) -> bool {
    use Builtin::*;
    matches!(
        builtin,
        Integer
            | NonPositiveInteger
            | NegativeInteger
            | NonNegativeInteger
            | PositiveInteger
            | Long
            | Int
            | Short
            | Byte
            | UnsignedLong
            | UnsignedInt
            | UnsignedShort
            | UnsignedByte
    )
}

/// Whether values of a scalar kind and of a built-in type are the same to people.
fn fits(builtin: Builtin, kind: Kind) -> bool {
    use Builtin::*;
    match kind {
        // A text field holds whatever is written.
        Kind::String => !matches!(builtin, Base64Binary | HexBinary),
        Kind::Bytes => matches!(builtin, Base64Binary | HexBinary),
        Kind::Bool => builtin == Boolean || is_text(builtin),
        Kind::Double | Kind::Float => {
            matches!(builtin, Double | Float | Decimal) || is_text(builtin)
        }
        Kind::Enum(_) | Kind::Message(_) | Kind::Group(_) => false,
        _ => is_integer(builtin) || matches!(builtin, Decimal) || is_text(builtin),
    }
}
