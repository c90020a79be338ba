//! The file as written, with secrets masked.
//!
//! `${NAME}` stays as it is: what the environment holds is never shown.

use super::source::Span;
use super::yaml::tree::{Node, Value};

/// Keys whose values are secrets, also as the last word of a longer key (`client_secret`).
const SECRET_KEYS: [&str; 6] =
    ["password", "secret", "token", "api_key", "credentials", "passphrase"];

/// Where `text` holds secrets, in order. `root` is its tree, before variables were replaced; what
/// does not parse has none, and is searched line by line.
pub fn secrets(text: &str, root: Option<&Node>) -> Vec<Span> {
    let mut spans = Vec::new();
    if let Some(root) = root {
        values(root, false, text, &mut spans);
    }
    url_passwords(text, &mut spans);
    lines(text, root.is_none(), &mut spans);
    spans.sort_unstable();
    let mut apart = Vec::<Span>::with_capacity(spans.len());
    for span in spans {
        match apart.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => apart.push(span),
        }
    }
    apart
}

/// `text` with `***` for each secret.
pub fn mask(text: &str, secrets: &[Span]) -> String {
    replaced(text, secrets, |_| "***".to_owned())
}

/// `text` with each secret covered, everything else where it was.
pub fn cover(text: &str, secrets: &[Span]) -> String {
    replaced(text, secrets, |secret| {
        secret.split('\n').map(|line| "*".repeat(line.len())).collect::<Vec<_>>().join("\n")
    })
}

fn replaced(text: &str, secrets: &[Span], with: impl Fn(&str) -> String) -> String {
    let mut replaced = String::with_capacity(text.len());
    let mut done = 0;
    for Span { start, end } in secrets {
        replaced.push_str(text.get(done..*start).unwrap_or_default());
        replaced.push_str(&with(text.get(*start..*end).unwrap_or_default()));
        done = *end;
    }
    replaced.push_str(text.get(done..).unwrap_or_default());
    replaced
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
            if secret && !is_public(value) && node.span.end <= text.len() {
                spans.push(node.span);
            }
        }
        Value::List(items) => items.iter().for_each(|item| values(item, secret, text, spans)),
        Value::Map(entries) => entries
            .iter()
            .for_each(|(key, value)| values(value, secret || is_secret(&key.text), text, spans)),
    }
}

/// Whether there is nothing to hide: a switch is no secret, whatever its key is called.
fn is_public(value: &str) -> bool {
    is_variable(value) || matches!(value, "true" | "false")
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

/// Secrets seen by their line alone: a setting that was commented out is as secret as one in
/// force. With `all`, settings in force are searched, too.
fn lines(text: &str, all: bool, spans: &mut Vec<Span>) {
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let comment = line.find('#').map(|at| at + 1);
        let from = if all { Some(0) } else { comment };
        if let Some(from) = from
            && let Some((key, value)) = line.get(from..).and_then(|rest| rest.split_once(':'))
            && key.split([' ', '{', ',', '"', '\'']).any(is_secret)
            && !value.trim().is_empty()
            && !is_public(value.trim())
        {
            let at = start + from + key.len() + 1;
            let lead = value.len() - value.trim_start().len();
            spans.push(Span { start: at + lead, end: at + value.trim_end().len() });
        }
        start += line.len();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::config::source::Source;
    use crate::config::yaml::tree;

    fn masked(text: &str) -> String {
        let source = Source { name: "f".into(), text: text.into(), shown: text.into() };
        let root = tree::parse(&Arc::new(source)).unwrap();
        mask(text, &secrets(text, Some(&root)))
    }

    #[test]
    fn values_of_secret_keys_are_masked() {
        for (text, expected) in [
            ("password: swordfish\n", "password: ***\n"),
            ("client_secret: \"sword fish\" # why\n", "client_secret: *** # why\n"),
            ("api-key: ${KEY}\n", "api-key: ${KEY}\n"),
            ("token: ${KEY:-swordfish}\n", "token: ***\n"),
            ("secret: [a, { b: c }]\n", "secret: [***, { b: *** }]\n"),
            ("tls: { key: key.pem }\n", "tls: { key: key.pem }\n"),
            ("cors: { credentials: true }\n", "cors: { credentials: true }\n"),
            ("# password: swordfish\n{}\n", "# password: ***\n{}\n"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn secrets_in_blocks_are_masked_whole() {
        let text = masked("password: |\n  open\n  sesame\nother: 1\n");
        assert!(!text.contains("open") && !text.contains("sesame"), "{text}");
        assert!(text.contains("other: 1"), "{text}");
    }

    #[test]
    fn passwords_in_urls_are_masked() {
        for (text, expected) in [
            ("url: nats://me:swordfish@host:4222\n", "url: nats://me:***@host:4222\n"),
            ("url: \"nats://token@host\"\n", "url: \"nats://***@host\"\n"),
            ("url: nats://me:sword/fish@host\n", "url: nats://me:***@host\n"),
            ("url: nats://me:${PASSWORD}@host\n", "url: nats://me:${PASSWORD}@host\n"),
            ("url: http://host:80/@me\n", "url: http://host:80/@me\n"),
        ] {
            assert_eq!(masked(text), expected);
        }
    }

    #[test]
    fn covering_moves_nothing() {
        let text = "a: 1\npassword: schön\nb: [\n";
        let covered = cover(text, &secrets(text, None));
        assert_eq!(covered, "a: 1\npassword: ******\nb: [\n");
        assert_eq!(covered.len(), text.len());
    }
}
