//! Path templates and the router: a template means the same once it is printed and parsed again,
//! and of many routes the one that answers a path is the one that comparing them all finds.

#![no_main]

use std::sync::{Arc, LazyLock};

use dragoman::config::checked;
use dragoman::contract::Operation;
use dragoman::contract::http_rule::{HttpRule, Segment, Template};
use dragoman_fuzz::CONTRACT;
use dragoman_fuzz::rest::{Backend, frontend, listener, pieces, send};
use libfuzzer_sys::arbitrary::{Result, Unstructured};

const METHODS: [&str; 4] = ["GET", "POST", "PUT", "*"];
const LITERALS: [&str; 6] = ["a", "b", "c:d", "%C3%A9", "x%2Fy", "a%3Ab"];
const PARTS: [&str; 12] =
    ["a", "b", "c:d", "%C3%A9", "x%2Fy", "a%3Ab", "", "%61", "a%20b", ":v", "q:", "%25"];
const VERBS: [&str; 3] = ["v", "w", "d"];
const FIELDS: [&str; 3] = ["name", "nested.name", "nested.inner.name"];

static OPERATION: LazyLock<Arc<Operation>> = LazyLock::new(|| {
    CONTRACT.operation("cases.v1.EchoService/Query").expect("it is in the contract").clone()
});
static BACKEND: LazyLock<Arc<Backend>> = LazyLock::new(|| Backend::new(&CONTRACT));
static LISTENER: LazyLock<checked::Listener> = LazyLock::new(|| listener("rest: {}"));

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Some(text) = data.strip_prefix(b"/") {
        return print(&format!("/{}", String::from_utf8_lossy(text)));
    }
    // A short input is padded by the reader with zeros.
    let _ = compare(&mut Unstructured::new(data));
});

fn print(text: &str) {
    let Ok(template) = Template::parse(text) else { return };
    let printed = template.to_string();
    let again = Template::parse(&printed).expect("what is printed can be parsed");
    assert_eq!(Template { text: text.to_owned(), ..again }, template, "{printed}");
}

fn compare(input: &mut Unstructured<'_>) -> Result<()> {
    let mut rules: Vec<HttpRule> = Vec::new();
    for _ in 0..input.int_in_range(1..=12)? {
        let (method, text) = (*input.choose(&METHODS)?, template(input)?);
        print(&text);
        let rule = HttpRule::parse(method, &text, "", "").expect("a legal template");
        if !rules.iter().any(|other| is_same(other, &rule)) {
            rules.push(rule);
        }
    }
    // Which of the rules was taken, the operation's name says.
    let routes: Vec<_> = rules
        .iter()
        .enumerate()
        .map(|(index, rule)| {
            let path = format!("/test/{index}").parse().expect("a path");
            (Arc::new(Operation { path, ..Operation::clone(&OPERATION) }), rule.clone())
        })
        .collect();
    let (frontend, problems) = frontend(&CONTRACT, &LISTENER, &routes, &BACKEND);
    assert_eq!(problems, []);
    for _ in 0..8 {
        let (method, path) = (*input.choose(&METHODS[..3])?, path(input)?);
        let request = http::Request::builder().method(method).uri(&path);
        let answered = send(&frontend, request.body(pieces(b"", 1)).expect("a legal target"));
        let called = BACKEND.take_called();
        let told = || format!("{method} {path} among {rules:#?}");
        match (expected(&rules, method, &path), called) {
            (Expected::Rule(index, message), Some((operation, json))) => {
                assert_eq!(operation.path, format!("/test/{index}").as_str(), "{}", told());
                let got: serde_json::Value = serde_json::from_str(&json).expect("JSON");
                assert_eq!(got, message, "{}", told());
            }
            (Expected::Status(status), None) => assert_eq!(answered.status, status, "{}", told()),
            (expected, called) => panic!("{expected:?}, {called:?}: {}", told()),
        }
    }
    Ok(())
}

fn template(input: &mut Unstructured<'_>) -> Result<String> {
    let mut text = String::new();
    let mut fields = FIELDS.iter();
    let mut rest = false;
    for _ in 0..input.int_in_range(0..=4)? {
        text.push('/');
        match input.int_in_range(0..=5)? {
            0 => text.push('*'),
            1 if let Some(field) = fields.next() => text.push_str(&format!("{{{field}}}")),
            2 if let Some(field) = fields.next() => {
                let (first, second) = (input.choose(&LITERALS)?, input.choose(&["*", "**", "b"])?);
                rest = *second == "**";
                text.push_str(&format!("{{{field}={first}/{second}}}"));
            }
            3 if let Some(field) = fields.next() => {
                rest = true;
                text.push_str(&format!("{{{field}=**}}"));
            }
            _ => text.push_str(input.choose(&LITERALS)?),
        }
        if rest {
            break;
        }
    }
    // A template of no segments has no verb either.
    if text.is_empty() {
        text.push('/');
    } else if input.ratio(1, 3)? {
        text.push_str(&format!(":{}", input.choose(&VERBS)?));
    }
    Ok(text)
}

fn path(input: &mut Unstructured<'_>) -> Result<String> {
    let mut path = String::new();
    for _ in 0..input.int_in_range(0..=5)? {
        path.push_str(&format!("/{}", input.choose(&PARTS)?));
    }
    if path.is_empty() {
        path.push('/');
    }
    if input.ratio(1, 3)? {
        path.push_str(&format!(":{}", input.choose(&VERBS)?));
    }
    Ok(path)
}

fn is_same(one: &HttpRule, other: &HttpRule) -> bool {
    one.method == other.method
        && one.template.segments == other.template.segments
        && one.template.verb == other.template.verb
}

#[derive(Debug)]
enum Expected {
    Rule(usize, serde_json::Value),
    Status(u16),
}

/// The answer by looking at every rule.
fn expected(rules: &[HttpRule], method: &str, path: &str) -> Expected {
    let whole: Vec<&str> = match path {
        "/" => Vec::new(),
        path => path[1..].split('/').collect(),
    };
    let mut cut = whole.clone();
    let verb = cut.last_mut().and_then(|last| {
        let (before, verb) = last.rsplit_once(':')?;
        *last = before;
        Some(verb)
    });
    let mut other_methods = false;
    for (parts, verb) in [(&cut, verb), (&whole, None)] {
        if std::ptr::eq(parts, &cut) && verb.is_none() {
            continue;
        }
        let mut best: Option<(Vec<u8>, bool, usize)> = None;
        for (index, rule) in rules.iter().enumerate() {
            if rule.template.verb.as_deref() != verb {
                continue;
            }
            let Some(rank) = rank(&rule.template.segments, parts) else { continue };
            let is_any = rule.method == "*";
            if !is_any && rule.method != method {
                other_methods = true;
                continue;
            }
            let candidate = (rank, is_any, index);
            if best.as_ref().is_none_or(|best| candidate < *best) {
                best = Some(candidate);
            }
        }
        if let Some((_, _, index)) = best {
            return Expected::Rule(index, message(&rules[index].template, parts));
        }
    }
    Expected::Status(if other_methods { 405 } else { 404 })
}

/// How the segments take the path, the best first; `None` where they do not.
fn rank(segments: &[Segment], parts: &[&str]) -> Option<Vec<u8>> {
    let mut rank = Vec::new();
    let mut parts = parts.iter();
    for segment in segments {
        if *segment == Segment::Rest {
            rank.push(2);
            return Some(rank);
        }
        let part = parts.next()?;
        match segment {
            Segment::Literal(text) if *text == decoded(part, |_| true) => rank.push(0),
            Segment::One if !part.is_empty() => rank.push(1),
            _ => return None,
        }
    }
    parts.next().is_none().then_some(rank)
}

/// The message that the variables make.
fn message(template: &Template, parts: &[&str]) -> serde_json::Value {
    let mut message = serde_json::json!({});
    for variable in &template.variables {
        let covered = &template.segments[variable.start..variable.end];
        let is_one = covered.len() == 1 && covered[0] != Segment::Rest;
        let end = if covered.last() == Some(&Segment::Rest) { parts.len() } else { variable.end };
        let value = parts[variable.start..end]
            .iter()
            .map(|part| decoded(part, |byte| is_one || !b":/?#[]@!$&'()*+,;=%".contains(&byte)))
            .collect::<Vec<_>>()
            .join("/");
        let mut place = &mut message;
        for name in &variable.path[..variable.path.len() - 1] {
            place = &mut place[name];
            if place.is_null() {
                *place = serde_json::json!({});
            }
        }
        if !value.is_empty() {
            place["name"] = value.into();
        }
    }
    message
}

fn decoded(part: &str, is_decoded: impl Fn(u8) -> bool) -> String {
    let mut pieces = part.split('%');
    let mut out = pieces.next().unwrap_or_default().as_bytes().to_vec();
    for piece in pieces {
        let byte = u8::from_str_radix(&piece[..2], 16).expect("a legal escape");
        if is_decoded(byte) {
            out.push(byte);
        } else {
            out.extend_from_slice(format!("%{}", &piece[..2]).as_bytes());
        }
        out.extend_from_slice(piece[2..].as_bytes());
    }
    String::from_utf8(out).expect("UTF-8")
}
