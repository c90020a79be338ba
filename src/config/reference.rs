//! The config reference (`docs/config.md`), from the JSON Schema.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::schema;

const INTRODUCTION: &str = "\
# Config reference

<!-- Generated: `dragoman schema --markdown > docs/config.md`. -->

One YAML file says what a gateway does. `dragoman check FILE` tells every problem in it at once, with
its place; `dragoman schema` prints a JSON Schema for editors. Unknown keys are refused, and every
limit has a finite default. Relative paths start at the folder of the config file.

```yaml
contracts:
  - reflection: catalog
backends:
  catalog:
    grpc:
      endpoints: [\"http://127.0.0.1:50051\"]
listeners:
  public:
    address: 127.0.0.1:8000
```

## Variables

`${NAME}` in a value stands for a variable of the environment, `${NAME:-default}` has a default for
where it is unset or empty, and `$${` is a plain `${`. Inside `{ }` and `[ ]`, quote it:
`{ address: \"${ADDRESS}\" }`. What a variable holds is one value, whatever characters it has; it
cannot add keys. `/config` on the admin listener shows variables by name, never what they hold.
";

/// The whole reference as Markdown.
pub fn markdown() -> String {
    let schema = schema::plain().to_value();
    let mut reference = Reference {
        definitions: schema.get("$defs").and_then(Value::as_object).cloned().unwrap_or_default(),
        text: INTRODUCTION.to_owned(),
    };
    reference.notations();
    reference.section("", &schema);
    reference.text
}

struct Reference {
    definitions: Map<String, Value>,
    text: String,
}

impl Reference {
    /// How durations, sizes and the like are written.
    fn notations(&mut self) {
        self.text.push_str("\n## Values\n\n| value | how it is written |\n|---|---|\n");
        for (name, definition) in &self.definitions {
            if definition.get("pattern").is_some() {
                let about = description(definition);
                self.text.push_str(&format!("| {} | {about} |\n", name.to_lowercase()));
            }
        }
    }

    /// One mapping, and then each mapping under it.
    fn section(&mut self, path: &str, schema: &Value) {
        let schema = self.resolve(schema);
        let title = if path.is_empty() { "Top level".to_owned() } else { format!("`{path}`") };
        let about = description(&schema);
        self.text.push_str(&format!("\n## {title}\n\n{about}\n\n"));
        self.text.push_str("| key | value | default | |\n|---|---|---|---|\n");
        let properties = properties(&schema);
        for (name, property, required) in &properties {
            let row = self.row(name, property, *required);
            self.text.push_str(&row);
        }
        for (name, property, _) in &properties {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            if let Some((path, below)) = self.below(path, property) {
                self.section(&path, &below);
            }
        }
    }

    fn row(&self, name: &str, property: &Value, required: bool) -> String {
        let resolved = self.resolve(property);
        let default = match property.get("default") {
            Some(Value::String(text)) => format!("`{text}`"),
            Some(Value::Array(items)) if items.is_empty() => String::new(),
            Some(value) => format!("`{value}`"),
            None if required => "required".to_owned(),
            None => String::new(),
        };
        let mut about = description(property);
        if let Some(words) = words(&resolved) {
            for (word, meaning) in words {
                about.push_str(&format!(" `{word}`: {meaning}"));
            }
        }
        format!("| `{name}` | {} | {default} | {} |\n", self.kind(property), about.trim())
    }

    /// What kind of value it is, in one or two words.
    fn kind(&self, property: &Value) -> String {
        if let Some(name) = reference(property)
            && self.definitions.get(name).is_some_and(|one| one.get("pattern").is_some())
        {
            return name.to_lowercase();
        }
        let schema = self.resolve(property);
        if words(&schema).is_some() {
            return "word".into();
        }
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            let kinds = choices.iter().map(|choice| self.kind(choice)).collect::<Vec<_>>();
            return kinds.join(" or ");
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("integer") => "number".into(),
            Some("boolean") => "`true` or `false`".into(),
            Some("array") => match schema.get("items") {
                Some(items) => format!("list of {}", self.kind(items)),
                None => "list".into(),
            },
            Some("string") => "text".into(),
            _ => "mapping".into(),
        }
    }

    /// The mapping that stands under a key, if any, and its path.
    fn below(&self, path: String, property: &Value) -> Option<(String, Value)> {
        let schema = self.resolve(property);
        if let Some(items) = schema.get("items") {
            return self.below(format!("{path}[]"), items);
        }
        if let Some(choices) = schema.get("anyOf").and_then(Value::as_array) {
            return choices.iter().find_map(|choice| self.below(path.clone(), choice));
        }
        if let Some(values @ Value::Object(_)) = schema.get("additionalProperties") {
            return self.below(format!("{path}.NAME"), values);
        }
        (!properties(&schema).is_empty()).then_some((path, schema))
    }

    /// What a schema refers to, or the schema itself.
    fn resolve(&self, schema: &Value) -> Value {
        let Some(target) = reference(schema).and_then(|name| self.definitions.get(name)) else {
            return schema.clone();
        };
        target.clone()
    }
}

fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

fn description(schema: &Value) -> String {
    let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    text.replace('\n', " ").replace('|', "\\|")
}

/// The keys of a mapping, the required ones first. The keys of a choice are its variants.
fn properties(schema: &Value) -> Vec<(String, Value, bool)> {
    if let Some(variants) = schema.get("oneOf").and_then(Value::as_array) {
        return variants
            .iter()
            .filter_map(|variant| {
                let (name, property) = variant.get("properties")?.as_object()?.iter().next()?;
                let mut property = property.clone();
                if let (Some(object), Some(about)) =
                    (property.as_object_mut(), variant.get("description"))
                {
                    object.insert("description".into(), about.clone());
                }
                Some((name.clone(), property, false))
            })
            .collect();
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    let required = required.filter_map(Value::as_str).collect::<BTreeSet<_>>();
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let mut properties = properties
        .map(|(name, property)| (name.clone(), property.clone(), required.contains(name.as_str())))
        .collect::<Vec<_>>();
    properties.sort_by_key(|(_, _, required)| !required);
    properties
}

/// The words of a choice between words, and what each means.
fn words(schema: &Value) -> Option<Vec<(String, String)>> {
    let choices = schema.get("oneOf")?.as_array()?;
    choices
        .iter()
        .map(|choice| Some((choice.get("const")?.as_str()?.to_owned(), description(choice))))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn committed_reference_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/config.md");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == markdown(),
            "docs/config.md is not current: dragoman schema --markdown > docs/config.md"
        );
    }

    #[test]
    fn every_limit_is_in_the_reference() {
        let text = markdown();
        for expected in [
            "## `listeners.NAME.limits`",
            "| `body` | size | `4MiB` |",
            "| `address` | address | required |",
            "## `contracts[].proto`",
            "| `errors` | word | `status` |",
        ] {
            assert!(text.contains(expected), "{expected} is not in\n{text}");
        }
    }
}
