//! The engine over the shop's contract, before a backend that answers at random.

mod fake;
mod hostile;
mod oracle;
mod random;

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, LazyLock};

use serde_json::{Value, json};

use self::fake::{Batched, Fake};
use self::oracle::Oracle;
use super::{Engine, Limits, Parts};
use crate::call::CallService;
use crate::contract::graphql::{self, Exposed, Model, Options, Source, Wishes};
use crate::contract::view::{JsonNames, View};
use crate::contract::{Contract, load};
use crate::frontend::Endpoint;
use crate::frontend::graphql::{Answer, Context, Query, schema, sdl};
use crate::telemetry::metrics::Metrics;
use crate::telemetry::record::Recorder;

static SHOP: LazyLock<Arc<Contract>> = LazyLock::new(|| {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
    let mut files: Vec<_> = std::fs::read_dir(root.join("shop/v1"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let (loaded, problems) = load::proto(&files, &[root]);
    assert!(problems.is_empty(), "{problems:?}");
    Arc::new(Contract::build(&[loaded]).0)
});

/// The shop's schema, its joins included.
fn model() -> Model {
    let operations = SHOP.operations().values();
    let exposed: Vec<_> = operations
        .map(|operation| Exposed {
            operation: operation.clone(),
            has_get: operation.http.iter().any(|rule| rule.method == "GET"),
            wishes: Wishes::default(),
        })
        .collect();
    let (mut model, _) = graphql::build(&SHOP, &exposed, &Options::default());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("graphql/shop.graphql");
    let text = std::fs::read_to_string(path).unwrap();
    let file = sdl::File { path: "shop.graphql".to_owned(), text };
    let problems = sdl::apply(&mut model, &SHOP, &exposed, &[file]);
    assert!(problems.is_empty(), "{problems}");
    model
}

fn fake(model: &Model, failing: u64) -> Arc<Fake> {
    let fields = model.objects.iter().flat_map(|object| &object.fields);
    let batches = fields.filter_map(|field| match &field.source {
        Source::Call(call) => call.batch.as_ref().map(Batched::of),
        Source::Field(_) | Source::Oneof(_) => None,
    });
    Arc::new(Fake {
        shapes: SHOP.shapes().clone(),
        batches: batches.collect(),
        calls: Default::default(),
        requests: Default::default(),
        salt: Default::default(),
        failing,
        broken: Default::default(),
    })
}

fn engine(fake: &Arc<Fake>, limits: Limits) -> Arc<Engine> {
    engine_of(model(), fake, limits, schema::Options::default())
}

fn engine_of(
    model: Model,
    fake: &Arc<Fake>,
    limits: Limits,
    options: schema::Options,
) -> Arc<Engine> {
    let registered = schema::register(&model, options).unwrap();
    let metrics = Metrics::new();
    let endpoint = |operation: &Arc<crate::contract::Operation>| Endpoint {
        operation: operation.clone(),
        service: CallService::new(fake.clone()),
        recorder: Arc::new(Recorder::new(operation.name(), &"l".into(), "graphql", &metrics)),
    };
    let endpoints: HashMap<Arc<str>, Endpoint> = SHOP
        .operations()
        .iter()
        .map(|(name, operation)| (name.clone(), endpoint(operation)))
        .collect();
    let view = Arc::new(View::json(SHOP.shapes().clone(), JsonNames::default()));
    let parts =
        Parts { model, registered, view, endpoints, limits, depth: 100, emit_defaults: true };
    Arc::new(Engine::build(parts))
}

fn context() -> Context {
    let call = crate::call::tests::call();
    Context { metadata: call.metadata, source: call.source, deadline: None }
}

fn parsed(answer: &Answer) -> Value {
    serde_json::from_slice(&answer.body).unwrap()
}

/// What the engine answers.
async fn ask(engine: &Arc<Engine>, document: &str, variables: Value) -> Value {
    let query = Query {
        document: document.into(),
        operation: None,
        variables: async_graphql::Variables::from_json(variables),
    };
    match engine.prepare(query) {
        Ok(prepared) => parsed(&engine.execute(prepared, &context()).await),
        Err(answer) => parsed(&answer),
    }
}

/// Bounds that random queries stay within.
fn generous() -> Limits {
    Limits { aliases: 1000, complexity: 100_000_000, depth: 30, ..Limits::default() }
}

/// async-graphql writes null for an object of which nothing is left in.
fn emptied(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(emptied),
        Value::Object(fields) if fields.is_empty() => *value = Value::Null,
        Value::Object(fields) => fields.values_mut().for_each(emptied),
        _ => {}
    }
}

/// Without errors on the way: async-graphql leaves a field out that has one, where the
/// specification wants null.
#[tokio::test]
async fn random_queries_agree_with_async_graphql() {
    let model = model();
    let fake = fake(&model, 0);
    let engine = engine(&fake, generous());
    let view = Arc::new(View::json(SHOP.shapes().clone(), JsonNames::default()));
    let oracle = Arc::new(Oracle { model: self::model(), view, fake: fake.clone() });
    let schema = schema::register_with(&model, schema::Options::default(), &oracle).unwrap();
    let (mut calls, mut oracles, mut size) = (0, 0, 0);
    for seed in 0..1000 {
        let asked = random::query(&model, seed);
        let request =
            async_graphql::Request::new(&asked.document).variables(asked.variables.clone());
        let before = fake.calls.load(Ordering::Relaxed);
        let expected = schema.schema().execute(request).await;
        let mut expected = serde_json::to_value(&expected).unwrap();
        let between = fake.calls.load(Ordering::Relaxed);
        let query = Query {
            document: asked.document.as_str().into(),
            operation: None,
            variables: asked.variables,
        };
        let prepared = engine.prepare(query).unwrap_or_else(|answer| {
            panic!("{seed}: {}\n{}\n{expected}", asked.document, parsed(&answer))
        });
        let mut found = parsed(&engine.execute(prepared, &context()).await);
        oracles += between - before;
        calls += fake.calls.load(Ordering::Relaxed) - between;
        let told =
            || format!("seed {seed}: {}\nfound {found}\nexpected {expected}", asked.document);
        assert_eq!(found.get("errors"), None, "{}", told());
        assert_eq!(expected.get("errors"), None, "{}", told());
        size += found.to_string().len();
        emptied(&mut found["data"]);
        emptied(&mut expected["data"]);
        let told =
            || format!("seed {seed}: {}\nfound {found}\nexpected {expected}", asked.document);
        assert_eq!(found["data"], expected["data"], "{}", told());
    }
    assert!(size > 300_000, "{size} bytes of answers are too few to say much");
    assert!(calls > 1000 && calls < oracles, "{calls} calls against {oracles}");
}

/// What stands in an object that a failed join is in: null where it may be, and no more than that.
#[tokio::test]
async fn failed_joins_leave_the_rest_alone() {
    let model = model();
    let fake = fake(&model, 0);
    fake.broken.lock().unwrap().push("shop.v1.InventoryService/BatchGetStock".to_owned());
    fake.broken.lock().unwrap().push("shop.v1.ReviewService/BatchListReviews".to_owned());
    let engine = engine(&fake, generous());
    for n in 1..200 {
        let document = "query ($n: Int) { products(pageSize: $n) { products {
            productId stock { available } } totalSize } }";
        let found = ask(&engine, document, json!({ "n": n })).await;
        let products = &found["data"]["products"]["products"];
        let Some(index) = products
            .as_array()
            .and_then(|all| all.iter().position(|product| product["productId"] != ""))
        else {
            continue;
        };
        assert_eq!(products[index]["stock"], Value::Null, "{found}");
        let path = json!(["products", "products", index, "stock"]);
        assert_eq!(found["errors"][0]["path"], path, "{found}");
        // `reviews` is never null, so a product without them is null, and so is the list.
        let document = "query ($n: Int) { products(pageSize: $n) { products {
            productId reviews { rating } } totalSize } }";
        let found = ask(&engine, document, json!({ "n": n })).await;
        assert_eq!(found["data"]["products"], Value::Null, "{found}");
        assert_eq!(found["errors"][0]["path"][3], "reviews", "{found}");
        return;
    }
    panic!("no reply had a product with an id");
}

#[tokio::test]
async fn products_with_reviews_and_stock_are_three_calls() {
    let model = model();
    let fake = fake(&model, 0);
    let engine = engine(&fake, generous());
    let document = "query ($n: Int) { products(pageSize: $n) { products {
        productId reviews { title rating } stock { available } } } }";
    let mut replied = None;
    // The fake answers at random; this request is one whose reply holds several products.
    for n in 1..200 {
        fake.calls.store(0, Ordering::Relaxed);
        let found = ask(&engine, document, json!({ "n": n })).await;
        let products = found["data"]["products"]["products"].as_array().map_or(0, Vec::len);
        let has_ids = found.to_string().contains("\"productId\":\"p-");
        if products > 2 && has_ids {
            assert_eq!(fake.calls.load(Ordering::Relaxed), 3, "{found}");
            replied = Some(products);
        }
    }
    assert!(replied.is_some());
}

#[tokio::test]
async fn errors_say_where_and_what() {
    let model = model();
    let fake = fake(&model, 1);
    let engine = engine(&fake, Limits::default());
    let found = ask(&engine, "{\n  one: product(productId: \"p\") { name }\n}", json!({})).await;
    let expected = json!({
        "data": { "one": null },
        "errors": [{
            "message": "GetProduct failed",
            "locations": [{ "line": 2, "column": 3 }],
            "path": ["one"],
            "extensions": { "code": "UNAVAILABLE" },
        }],
    });
    assert_eq!(found, expected);
}

#[tokio::test]
async fn conditions_make_plans_of_their_own() {
    let model = model();
    let fake = fake(&model, 0);
    let engine = engine(&fake, Limits::default());
    let document = "query ($a: Boolean!, $b: Boolean = false) {
        x: __typename @include(if: $a) y: __typename @skip(if: $b) }";
    for (variables, expected) in [
        (json!({ "a": true }), json!({ "x": "Query", "y": "Query" })),
        (json!({ "a": false }), json!({ "y": "Query" })),
        (json!({ "a": true, "b": true }), json!({ "x": "Query" })),
        (json!({ "a": false, "b": true }), json!({})),
    ] {
        assert_eq!(ask(&engine, document, variables).await, json!({ "data": expected }));
    }
}

#[tokio::test]
async fn introspection_stands_beside_calls() {
    let model = model();
    let engine = engine(&fake(&model, 0), Limits::default());
    let document = "query ($name: String!) {
        __typename __type(name: $name) { ...T } s: __schema { queryType { name } } }
        fragment T on __Type { kind name }";
    let found = ask(&engine, document, json!({ "name": "Product" })).await;
    let expected = json!({
        "__typename": "Query",
        "__type": { "kind": "OBJECT", "name": "Product" },
        "s": { "queryType": { "name": "Query" } },
    });
    assert_eq!(found, json!({ "data": expected }));
}

/// What the last call of an operation was told to leave out.
fn mask(fake: &Fake, operation: &str) -> Option<String> {
    let requests = fake.requests.lock().unwrap();
    let (_, request) = requests.iter().rev().find(|(name, _)| name == operation)?;
    let view = View::json(SHOP.shapes().clone(), JsonNames::default());
    let input = SHOP.operation(operation).unwrap().input;
    let mut json = Vec::new();
    crate::codec::json::encode(&view, input, request, &Default::default(), &mut json).unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    json["readMask"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn field_mask_says_what_is_selected_and_what_joins_need() {
    let fake = fake(&model(), 0);
    let engine = engine(&fake, generous());
    let (get, list, batch) = (
        "shop.v1.ProductService/GetProduct",
        "shop.v1.ProductService/ListProducts",
        "shop.v1.ProductService/BatchGetProducts",
    );
    for (document, operation, expected) in [
        ("{ product { name price { units } } }", get, Some("name,price.units")),
        ("{ product { tags attributes { key } } }", get, Some("attributes,tags")),
        ("{ product { stock { available } } }", get, Some("productId")),
        ("{ product { __typename } }", get, None),
        ("{ products { products { gtin } totalSize } }", list, Some("gtin")),
        ("{ products { totalSize } }", list, None),
        // By the key the items are dealt out.
        ("{ order { items { product { name } } } }", batch, Some("name,productId")),
    ] {
        let mut seen = false;
        // The fake answers at random, and a join needs something to ask for.
        for seed in 0..100 {
            let document = document.replacen(" {", &format!(" {{ n{seed}: __typename"), 1);
            fake.requests.lock().unwrap().clear();
            *fake.salt.lock().unwrap() = seed;
            ask(&engine, &document, json!({})).await;
            if fake.requests.lock().unwrap().iter().any(|(name, _)| name == operation) {
                assert_eq!(mask(&fake, operation).as_deref(), expected, "{document}");
                seen = true;
                break;
            }
        }
        assert!(seen, "{document}");
    }
}

#[tokio::test]
async fn entities_are_found_by_their_keys() {
    let mut model = model();
    for (name, key) in [("Product", "productId"), ("Order", "orderId"), ("Money", "units")] {
        let object = model.objects.iter_mut().find(|object| object.name == name).unwrap();
        object.keys.push(key.to_owned());
    }
    let fake = fake(&model, 0);
    let options = schema::Options { federation: true, ..schema::Options::default() };
    let engine = engine_of(model, &fake, Limits::default(), options);
    assert_eq!(engine.lost_entities(), ["Money"]);
    let document = "query ($of: [_Any!]!) { _entities(representations: $of) {
        __typename ... on Product { name stock { version } } ... on Order { note } } }";
    let of = json!([
        { "__typename": "Product", "productId": "p-1" },
        { "__typename": "Order", "orderId": "o-1" },
        { "__typename": "Product", "productId": "p-1" },
        { "__typename": "User", "userId": "u-1" },
        { "__typename": "Product" },
    ]);
    let found = ask(&engine, document, json!({ "of": of })).await;
    let entities = &found["data"]["_entities"];
    assert_eq!(entities[0]["__typename"], "Product", "{found}");
    assert_eq!(entities[1]["__typename"], "Order", "{found}");
    assert_eq!(entities[0], entities[2], "{found}");
    assert_eq!((&entities[3], &entities[4]), (&Value::Null, &Value::Null), "{found}");
    let said: Vec<_> = (0..2).map(|at| found["errors"][at]["message"].as_str().unwrap()).collect();
    assert_eq!(
        said,
        ["User is no entity here", "the representation of a Product has no productId",]
    );
    let is_get = |(name, _): &&(String, bytes::Bytes)| name.ends_with("/GetProduct");
    let gets = fake.requests.lock().unwrap().iter().filter(is_get).count();
    assert_eq!(gets, 1, "each is asked for once");
    let sdl = ask(&engine, "{ _service { sdl } }", json!({})).await;
    let sdl = sdl["data"]["_service"]["sdl"].as_str().unwrap().to_owned();
    assert!(sdl.contains("@key(fields: \"productId\")"), "{sdl}");
}
