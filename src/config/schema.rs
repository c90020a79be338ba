//! The JSON Schema of the config file, from the written form.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Value, json};

use super::written;

/// A value that holds a variable. It is text until the variable is replaced.
const VARIABLE: &str = r"\$\{[A-Za-z_][A-Za-z0-9_]*(:-[^}]*)?\}";

/// The schema (draft 2020-12) that editors use: wherever a value has a form of its own, text with
/// a `${NAME}` in it is admitted, too.
pub fn published() -> Value {
    let mut schema = plain();
    AdmitVariables.transform(&mut schema);
    if let Some(definitions) = schema.get_mut("$defs").and_then(Value::as_object_mut) {
        definitions.insert(
            "Variable".into(),
            json!({
                "description": "Text with a variable of the environment in it.",
                "type": "string",
                "pattern": VARIABLE,
            }),
        );
    }
    schema.to_value()
}

/// The schema without variables, which the reference is made from.
pub fn plain() -> Schema {
    let mut generator = SchemaGenerator::new(SchemaSettings::draft2020_12());
    let mut schema = generator.root_schema_for::<written::Config>();
    StripNull.transform(&mut schema);
    schema.insert("title".into(), "Dragoman".into());
    schema
}

/// serde takes `null` for what is left out; the file does not.
#[derive(Clone)]
struct StripNull;

impl Transform for StripNull {
    fn transform(&mut self, schema: &mut Schema) {
        let Some(object) = schema.as_object_mut() else { return };
        if object.get("default").is_some_and(|value| value.is_null() || value.is_object()) {
            object.remove("default");
        }
        if let Some(Value::Array(types)) = object.get_mut("type") {
            types.retain(|name| name != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                object.insert("type".into(), only);
            }
        }
        if let Some(Value::Array(choices)) = object.get_mut("anyOf") {
            choices.retain(|choice| choice != &json!({ "type": "null" }));
            if let [Value::Object(only)] = choices.as_slice() {
                let only = only.clone();
                object.remove("anyOf");
                for (key, value) in only {
                    object.entry(key).or_insert(value);
                }
            }
        }
        transform_subschemas(self, schema);
    }
}

/// Lets a variable stand for every value that is not free text.
#[derive(Clone)]
struct AdmitVariables;

impl Transform for AdmitVariables {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if !needs_variable(schema) {
            return;
        }
        let Some(object) = schema.as_object_mut() else { return };
        let mut outer = serde_json::Map::new();
        for key in ["description", "default"] {
            if let Some(value) = object.remove(key) {
                outer.insert(key.into(), value);
            }
        }
        let inner = std::mem::take(object);
        outer.insert("anyOf".into(), json!([inner, { "$ref": "#/$defs/Variable" }]));
        *object = outer;
    }
}

fn needs_variable(schema: &Schema) -> bool {
    let of_type = |name: &str| schema.get("type").is_some_and(|value| value == name);
    let words = || {
        schema
            .get("oneOf")
            .and_then(Value::as_array)
            .is_some_and(|choices| choices.iter().all(|choice| choice.get("const").is_some()))
    };
    of_type("integer")
        || of_type("boolean")
        || schema.get("pattern").is_some()
        || schema.get("enum").is_some()
        || words()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schema_is_as_reviewed() {
        insta::assert_snapshot!(serde_json::to_string_pretty(&published()).unwrap());
    }

    #[test]
    fn nothing_admits_null() {
        let text = published().to_string();
        assert!(!text.contains("null"), "{text}");
    }
}
