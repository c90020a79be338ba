//! `${NAME}` and `${NAME:-default}` from the environment.
//!
//! This works on the tree, not on the text: whatever a variable holds, it stays one scalar.

use std::sync::Arc;

use super::tree::{Node, Value};
use crate::config::problem::{Problem, Problems};
use crate::config::source::{Place, Source, Span};

/// Looks up a variable.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Replaces variables in every scalar value. Keys are left as they are.
pub fn substitute(
    node: &mut Node,
    source: &Arc<Source>,
    lookup: Lookup<'_>,
    problems: &mut Problems,
) {
    match &mut node.value {
        Value::Null | Value::Told => {}
        Value::Scalar(text) => match expand(text, lookup) {
            Ok(expanded) => *text = expanded,
            Err(faults) => {
                for fault in faults {
                    let place = Place::new(source, narrow(source, node.span, &fault.token));
                    problems.push(Problem::at(place, fault.message).with_hint(fault.hint));
                }
                node.value = Value::Told;
            }
        },
        Value::List(items) => {
            items.iter_mut().for_each(|item| substitute(item, source, lookup, problems));
        }
        Value::Map(entries) => {
            entries.iter_mut().for_each(|(_, value)| substitute(value, source, lookup, problems))
        }
    }
}

struct Fault {
    token: String,
    message: String,
    hint: String,
}

fn expand(text: &str, lookup: Lookup<'_>) -> Result<String, Vec<Fault>> {
    let mut expanded = String::with_capacity(text.len());
    let mut faults = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            expanded.push_str(before);
            expanded.push_str("${");
            rest = &from[2..];
            continue;
        }
        expanded.push_str(before);
        let Some(end) = from.find('}') else {
            faults.push(Fault {
                token: from.to_owned(),
                message: "`${` without its `}`".into(),
                hint: "write `$${` where a plain `${` is meant".into(),
            });
            break;
        };
        let token = &from[..=end];
        rest = &from[end + 1..];
        match value(&from[2..end], lookup) {
            Ok(value) => expanded.push_str(&value),
            Err((message, hint)) => faults.push(Fault { token: token.to_owned(), message, hint }),
        }
    }
    expanded.push_str(rest);
    if faults.is_empty() { Ok(expanded) } else { Err(faults) }
}

fn value(inner: &str, lookup: Lookup<'_>) -> Result<String, (String, String)> {
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (inner, None),
    };
    let starts_well = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if !starts_well || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Err((
            format!("`{name}` is no name of an environment variable"),
            "write `${NAME}` or `${NAME:-default}`, and `$${` for a plain `${`".into(),
        ));
    }
    match (lookup(name), default) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err((
            format!("environment variable `{name}` is not set"),
            format!("set it, or give a default: `${{{name}:-default}}`"),
        )),
    }
}

/// The token alone where the file has it as it is, else the whole scalar.
fn narrow(source: &Source, span: Span, token: &str) -> Span {
    let written = source.text.get(span.start..span.end).unwrap_or_default();
    match written.find(token) {
        Some(at) => Span { start: span.start + at, end: span.start + at + token.len() },
        None => span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(text: &str) -> Result<String, Vec<String>> {
        let lookup = |name: &str| match name {
            "HOST" => Some("db.internal".to_owned()),
            "EMPTY" => Some(String::new()),
            "EVIL" => Some("${HOST} }\nadmin: { address: 0.0.0.0:1 }".to_owned()),
            _ => None,
        };
        expand(text, &lookup).map_err(|faults| faults.into_iter().map(|f| f.message).collect())
    }

    #[test]
    fn variables_are_replaced_anywhere_in_a_value() {
        assert_eq!(
            expanded("http://${HOST}:1/${HOST}").unwrap(),
            "http://db.internal:1/db.internal"
        );
        assert_eq!(expanded("no variable, $HOST, 5$").unwrap(), "no variable, $HOST, 5$");
    }

    #[test]
    fn defaults_stand_in_for_unset_and_empty_variables() {
        assert_eq!(expanded("${UNSET:-8000}").unwrap(), "8000");
        assert_eq!(expanded("${EMPTY:-8000}").unwrap(), "8000");
        assert_eq!(expanded("${EMPTY}").unwrap(), "");
        assert_eq!(expanded("${UNSET:-}").unwrap(), "");
    }

    #[test]
    fn doubled_dollar_is_a_plain_one() {
        assert_eq!(expanded("$${HOST}").unwrap(), "${HOST}");
        assert_eq!(expanded("$${HOST} ${HOST}").unwrap(), "${HOST} db.internal");
    }

    #[test]
    fn what_a_variable_holds_is_not_expanded_again() {
        assert_eq!(expanded("${EVIL}").unwrap(), "${HOST} }\nadmin: { address: 0.0.0.0:1 }");
    }

    #[test]
    fn every_bad_variable_of_a_value_is_told() {
        assert_eq!(
            expanded("${A} ${1B} ${C").unwrap_err(),
            [
                "environment variable `A` is not set",
                "`1B` is no name of an environment variable",
                "`${` without its `}`",
            ]
        );
    }
}
