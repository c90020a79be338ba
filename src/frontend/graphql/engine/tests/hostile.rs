//! Documents that are made to cost much.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::super::Limits;
use super::{ask, engine, fake, model};

/// Far more than any of these needs, and far less than one that is not stopped takes.
const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn hostile_documents_are_refused_at_once() {
    let engine = engine(&fake(&model(), 0), Limits::default());
    let spread = |count: usize| "...F ".repeat(count);
    let doubling: String = (0..100)
        .map(|n| format!("fragment F{n} on Query {{ ...F{} ...F{} }}\n", n + 1, n + 1))
        .collect();
    let wide = format!("{{ {} }}", "products { totalSize } ".repeat(1000));
    for (name, document, variables, code) in [
        (
            "depth",
            format!("{}a{}", "{a".repeat(2000), "}".repeat(2000)),
            json!({}),
            "LIMIT_EXCEEDED",
        ),
        (
            "lists",
            format!("{{a(b:{}{})}}", "[".repeat(9000), "]".repeat(9000)),
            json!({}),
            "LIMIT_EXCEEDED",
        ),
        ("open", "{".repeat(60_000), json!({}), "LIMIT_EXCEEDED"),
        (
            "aliases",
            format!("{{{}}}", (0..900).map(|n| format!("a{n}:__typename ")).collect::<String>()),
            json!({}),
            "LIMIT_EXCEEDED",
        ),
        ("roots", wide, json!({}), "LIMIT_EXCEEDED"),
        ("tokens", "{".to_owned() + &"a ".repeat(5000) + "}", json!({}), "LIMIT_EXCEEDED"),
        ("size", format!("{{a}}#{}", "x".repeat(1 << 20)), json!({}), "LIMIT_EXCEEDED"),
        (
            "cycle",
            "{...F} fragment F on Query {...G} fragment G on Query {...F}".to_owned(),
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            "spreads",
            format!(
                "{{{}}} fragment F on Query {{a:products{{totalSize}} b:__typename}}",
                spread(900)
            ),
            json!({}),
            "LIMIT_EXCEEDED",
        ),
        (
            "doubling",
            format!("{{...F0}} {doubling} fragment F100 on Query {{__typename}}"),
            json!({}),
            "LIMIT_EXCEEDED",
        ),
        (
            "cost",
            "{products(pageSize: 100000) {products {name}}}".to_owned(),
            json!({}),
            "LIMIT_EXCEEDED",
        ),
        (
            "variable cost",
            "query($n:Int){products(pageSize:$n){products{name}}}".to_owned(),
            json!({"n": 100_000}),
            "LIMIT_EXCEEDED",
        ),
        (
            "huge int",
            "{products(pageSize: 99999999999999999999999999999) {totalSize}}".to_owned(),
            json!({}),
            "GRAPHQL_",
        ),
        (
            "huge variable",
            "query($n:Int){products(pageSize:$n){totalSize}}".to_owned(),
            json!({"n": 9_999_999_999_u64}),
            "BAD_USER_INPUT",
        ),
        (
            "wrong variable",
            "query($n:Int){products(pageSize:$n){totalSize}}".to_owned(),
            json!({"n": "1"}),
            "BAD_USER_INPUT",
        ),
        (
            "missing variable",
            "query($n:Int!){products(pageSize:$n){totalSize}}".to_owned(),
            json!({}),
            "BAD_USER_INPUT",
        ),
        ("unknown field", "{nothing}".to_owned(), json!({}), "GRAPHQL_VALIDATION_FAILED"),
        ("garbage", "}{".to_owned(), json!({}), "GRAPHQL_PARSE_FAILED"),
        ("empty", String::new(), json!({}), "GRAPHQL_PARSE_FAILED"),
    ] {
        let started = Instant::now();
        let answer = ask(&engine, &document, variables).await;
        assert!(started.elapsed() < SOON, "{name} took {:?}", started.elapsed());
        assert_eq!(answer.get("data"), None, "{name}");
        let found = answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default();
        assert!(found.starts_with(code), "{name}: {answer}");
        assert!(
            answer["errors"][0]["message"].as_str().is_some_and(|text| text.len() < 1000),
            "{name}"
        );
    }
}

#[tokio::test]
async fn limits_say_their_name_and_value() {
    let limits = Limits { depth: 2, ..Limits::default() };
    let engine = engine(&fake(&model(), 0), limits);
    let answer = ask(&engine, "{products{products{name}}}", json!({})).await;
    let message = "the document has 3 levels of fields, and the limit `depth` is 2";
    assert_eq!(answer["errors"][0]["message"], Value::from(message));
}
