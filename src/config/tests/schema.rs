//! The JSON Schema says the same as the loader, as far as a schema can.

use std::path::Path;

use regex::Regex;
use serde_json::{Map, Value};

use super::good;
use crate::config::{parse, reference, schema};

/// Just as much of JSON Schema as ours uses; a keyword it does not know is a failure.
struct Validator {
    definitions: Map<String, Value>,
}

impl Validator {
    fn new() -> (Self, Value) {
        let schema = schema::published();
        (Self { definitions: schema["$defs"].as_object().unwrap().clone() }, schema)
    }

    fn accepts(&self, schema: &Value, value: &Value) -> bool {
        schema.as_object().unwrap().iter().all(|(keyword, rule)| match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "default" | "format" => true,
            "properties" | "additionalProperties" => {
                value.as_object().is_none_or(|object| self.accepts_keys(schema, object))
            }
            "$ref" => {
                let name = rule.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                self.accepts(&self.definitions[name], value)
            }
            "type" => match rule.as_str().unwrap() {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "integer" => value.is_u64() || value.is_i64(),
                "boolean" => value.is_boolean(),
                other => panic!("type {other}"),
            },
            "required" => {
                let names = rule.as_array().unwrap().iter();
                names.map(|name| name.as_str().unwrap()).all(|name| value.get(name).is_some())
            }
            "items" => {
                value.as_array().is_none_or(|items| items.iter().all(|i| self.accepts(rule, i)))
            }
            "anyOf" => rule.as_array().unwrap().iter().any(|one| self.accepts(one, value)),
            "oneOf" => {
                rule.as_array().unwrap().iter().filter(|one| self.accepts(one, value)).count() == 1
            }
            "const" => value == rule,
            "minimum" => value.as_i64().is_none_or(|value| value >= rule.as_i64().unwrap()),
            "maximum" => value.as_i64().is_none_or(|value| value <= rule.as_i64().unwrap()),
            "pattern" => value
                .as_str()
                .is_none_or(|text| Regex::new(rule.as_str().unwrap()).unwrap().is_match(text)),
            other => panic!("keyword {other}"),
        })
    }

    fn accepts_keys(&self, schema: &Value, object: &Map<String, Value>) -> bool {
        object.iter().all(|(key, value)| match schema["properties"].get(key) {
            Some(property) => self.accepts(property, value),
            None => match &schema["additionalProperties"] {
                Value::Bool(allowed) => *allowed,
                rest => self.accepts(rest, value),
            },
        })
    }
}

fn accepted(text: &str) -> bool {
    let (validator, schema) = Validator::new();
    validator.accepts(&schema, &serde_saphyr::from_str(text).unwrap())
}

#[test]
fn good_configs_are_valid() {
    for text in [good::MINIMAL, good::FULL, example().as_str()] {
        assert!(accepted(text), "{text}");
    }
}

#[test]
fn variables_are_valid_where_values_are() {
    assert!(accepted("process: { threads: \"${THREADS}\", drain: \"${DRAIN:-1s}\" }"));
    assert!(accepted("admin: { enabled: \"${ADMIN}\" }"));
}

#[test]
fn wrong_shapes_are_invalid() {
    for text in [
        "policies: []",
        "process: { threads: many }",
        "process: { drain: 30 }",
        "process: { log: { format: xml } }",
        "contracts: [{ descriptors: a, proto: { files: [] } }]",
        "contracts: [{ reflection: { interval: 1s } }]",
        "listeners: { public: {} }",
        "listeners: { public: { address: \"localhost:80\" } }",
        "backends: { shop: { grpc: { endpoints: [\"shop:80\"] } } }",
        "services: { a.B: { backend: shop, operations: { Get: { http: [{ gett: /v1 }] } } } }",
    ] {
        assert!(!accepted(text), "{text}");
    }
}

/// A config that writes every default out means the same as one that leaves them out.
#[test]
fn documented_defaults_are_the_ones_in_force() {
    let schema = schema::published();
    let defaults = |name: &str| {
        let properties = schema["$defs"][name]["properties"].as_object().unwrap();
        let defaults = properties
            .iter()
            .filter_map(|(key, property)| Some((key.clone(), property.get("default")?.clone())));
        Value::Object(defaults.collect::<Map<_, _>>())
    };
    let mut written: Value = serde_saphyr::from_str(good::MINIMAL).unwrap();
    let mut listener = defaults("Listener");
    listener["address"] = "127.0.0.1:8000".into();
    listener["rest"] = defaults("Rest");
    listener["limits"] = defaults("Limits");
    listener["graphql"] = defaults("Graphql");
    listener["graphql"]["limits"] = defaults("GraphqlLimits");
    listener["graphql"]["batch"] = defaults("Batch");
    listener["graphql"]["persisted"] = defaults("Persisted");
    written["listeners"]["public"] = listener;
    let mut grpc = defaults("Grpc");
    grpc["endpoints"] = serde_json::json!(["http://127.0.0.1:50051"]);
    let mut backend = defaults("Backend");
    backend["grpc"] = grpc;
    written["backends"]["shop"] = backend;
    let mut reflection = defaults("Reflection");
    reflection["backend"] = "shop".into();
    written["contracts"] = serde_json::json!([{ "reflection": reflection }]);
    written["admin"] = defaults("Admin");
    written["process"] = defaults("Process");
    written["process"]["log"] = defaults("Log");

    let meaning = |text: String| {
        let mut config = parse("f", text, Path::new("."), &|_| None).unwrap();
        config.masked = String::new();
        config.contract_places.clear();
        format!("{config:#?}")
    };
    let written = serde_json::to_string_pretty(&written).unwrap();
    assert!(written.contains("\"idle_timeout\": \"1m15s\""), "{written}");
    let minimal = good::MINIMAL.replace("8000\" }", "8000\", rest: {}, graphql: {} }");
    assert_eq!(meaning(written), meaning(minimal));
}

#[test]
fn example_of_the_reference_is_a_good_config() {
    parse("docs/config.md", example(), Path::new("."), &|_| None).unwrap();
}

fn example() -> String {
    let text = reference::markdown();
    let (_, from) = text.split_once("```yaml\n").unwrap();
    from.split_once("```").unwrap().0.to_owned()
}
