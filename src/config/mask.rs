//! The file as written, with secrets masked.
//!
//! `${NAME}` stays as it is: what the environment holds is never shown.

use super::source::Span;
use super::yaml::tree::{Node, Value};

const MASK: &str = "***";

/// Keys whose values are secrets, also as the last word of a longer key (`client_secret`).
const SECRET_KEYS: [&str; 6] =
    ["password", "secret", "token", "api_key", "credentials", "passphrase"];

/// `text` with every secret in it replaced. `root` is its tree, before variables were replaced.
pub fn mask(text: &str, root: &Node) -> String {
    let mut spans = Vec::new();
    values(root, false, text, &mut spans);
    url_passwords(text, &mut spans);
    comments(text, &mut spans);
    spans.sort_unstable();
    let mut masked = String::with_capacity(text.len());
    let mut done = 0;
    for Span { start, end } in spans {
        if start < done {
            done = done.max(end);
            continue;
        }
        masked.push_str(text.get(done..start).unwrap_or_default());
        masked.push_str(MASK);
        done = end;
    }
    masked.push_str(text.get(done..).unwrap_or_default());
    masked
}

fn is_secret(key: &str) -> bool {
    let key = key.to_ascii_lowercase().replace('-', "_");
    SECRET_KEYS.iter().any(|secret| {
        key.strip_suffix(secret).is_some_and(|rest| rest.is_empty() || rest.ends_with('_'))
    })
}

fn values(node: &Node, secret: bool, text: &str, spans: &mut Vec<Span>) {
    match &node.value {
        Value::Null | Value::Told => {}
        Value::Scalar(value) => {
            if secret && !is_variable(value) && node.span.end <= text.len() {
                spans.push(node.span);
            }
        }
        Value::List(items) => items.iter().for_each(|item| values(item, secret, text, spans)),
        Value::Map(entries) => entries
            .iter()
            .for_each(|(key, value)| values(value, secret || is_secret(&key.text), text, spans)),
    }
}

/// Whether this is `${NAME}` and nothing else, so that there is nothing to hide.
fn is_variable(text: &str) -> bool {
    text.strip_prefix("${")
        .and_then(|rest| rest.strip_suffix('}'))
        .is_some_and(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// `scheme://user:password@host`, wherever it stands, comments included.
fn url_passwords(text: &str, spans: &mut Vec<Span>) {
    for (at, separator) in text.match_indices("://") {
        let start = at + separator.len();
        let rest = text.get(start..).unwrap_or_default();
        let end = rest.find(|c: char| c.is_whitespace() || "\"'".contains(c));
        let rest = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // A password may hold a slash; then what follows the colon is no port.
        let is_port = |text: &str| text.chars().all(|c| c.is_ascii_digit());
        let user_info = match (authority.rfind('@'), authority.rsplit_once(':')) {
            (Some(at), _) => authority.get(..at),
            (None, Some((_, port))) if !is_port(port) => {
                rest.rfind('@').and_then(|at| rest.get(..at))
            }
            _ => None,
        };
        let Some(user_info) = user_info.filter(|user_info| !is_variable(user_info)) else {
            continue;
        };
        let from = match user_info.split_once(':') {
            Some((_, password)) if is_variable(password) => continue,
            Some((user, _)) => start + user.len() + 1,
            None => start,
        };
        spans.push(Span { start: from, end: start + user_info.len() });
    }
}

/// A setting that was commented out is as secret as one in force.
fn comments(text: &str, spans: &mut Vec<Span>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        if let Some((before, comment)) = line.split_once('#')
            && let Some((key, value)) = comment.split_once(':')
            && key.split_whitespace().next_back().is_some_and(is_secret)
            && !value.trim().is_empty()
        {
            let from = start + before.len() + 1 + key.len() + 1;
            let lead = value.len() - value.trim_start().len();
            spans.push(Span { start: from + lead, end: from + value.trim_end().len() });
        }
        start += line.len();
    }
}
