use std::collections::BTreeMap;
use std::fmt::Write as _;

use async_graphql::parser::types::{
    ExecutableDocument, FieldDefinition, InputValueDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::parser::{parse_query, parse_schema};
use async_graphql::{Positioned, Variables};

use super::{Options, Registered, register};
use crate::contract::graphql::testing::{contract, exposed, shop_model};
use crate::contract::graphql::{self, Model, print};

fn shop() -> Registered {
    register(&shop_model(), Options::default()).unwrap()
}

fn parsed(document: &str) -> ExecutableDocument {
    parse_query(document).unwrap()
}

/// The first thing that is wrong with a document; empty where it is valid.
fn wrong(schema: &Registered, document: &str) -> String {
    let errors = schema.validate(&parsed(document)).err().unwrap_or_default();
    errors.first().map(|error| error.message.clone()).unwrap_or_default()
}

#[test]
fn valid_documents_of_every_kind_pass_without_being_run() {
    let schema = shop();
    for document in [
        "{ getProduct(productId: \"p-1\") { name price { units } delivery { __typename } } }",
        "query($id: String!) { getProduct(productId: $id) { ...P } } fragment P on Product { name }",
        "query A { reconcile { payments } } query B { reconcile { payments } }",
        "mutation { deleteProduct(productId: \"p-1\") }",
        "subscription { watchStock(follow: true) { available } }",
        "{ listProducts(filter: { minPrice: 5, maxPrice: \"9\", gtin: 1 }) { totalSize } }",
        "mutation { createPayment(method: { method: { giftCardCode: \"x\" } }) { paymentId } }",
        "{ __schema { types { name } } __type(name: \"Product\") { name } }",
    ] {
        assert_eq!(schema.validate(&parsed(document)), Ok(()), "{document}");
    }
}

#[test]
fn what_is_wrong_is_told_with_a_suggestion() {
    let schema = shop();
    let mut missing = Vec::new();
    for (document, said) in [
        ("{ getProdukt { name } }", "Did you mean"),
        ("{ getProduct(productId: 5) { name } }", "productId"),
        ("{ getProduct { price } }", "price"),
        ("{ getProduct { ...P } }", "P"),
        ("subscription { watchStock { nothing } }", "nothing"),
        ("{ lookupProduct(gtin: true) { name } }", "Int64"),
        (
            "mutation { createPayment(method: { method: { giftCardCode: \"x\", cashOnDelivery: \
             true } }) { paymentId } }",
            "exactly one",
        ),
    ] {
        let message = wrong(&schema, document);
        if !message.contains(said) {
            missing.push((document, message));
        }
    }
    assert_eq!(missing, []);
}

/// Rules of the specification that async-graphql lets through.
#[test]
fn variables_stand_only_where_their_types_fit() {
    let schema = shop();
    let product =
        |ty: &str| format!("query($id: {ty}) {{ getProduct(productId: $id) {{ name }} }}");
    let many = |ty: &str| {
        format!("query($ids: {ty}) {{ batchGetProducts(productIds: $ids) {{ __typename }} }}")
    };
    let item = |ty: &str| {
        format!("query($id: {ty}) {{ batchGetProducts(productIds: [$id]) {{ __typename }} }}")
    };
    let card = |ty: &str| {
        format!(
            "mutation($code: {ty}) {{ createPayment(method: {{ method: {{ giftCardCode: $code }} }}) \
             {{ paymentId }} }}"
        )
    };
    let skipped = |ty: &str| format!("query($no: {ty}) {{ getProduct {{ name @skip(if: $no) }} }}");
    let within = |ty: &str| {
        format!(
            "query($id: {ty}) {{ ...F }} fragment F on Query {{ getProduct(productId: $id) {{ name \
             }} }}"
        )
    };
    for document in [
        product("String"),
        product("String!"),
        many("[String!]"),
        many("[String!]!"),
        item("String!"),
        item("String = \"p-1\""),
        card("String!"),
        skipped("Boolean!"),
        skipped("Boolean = true"),
        within("String"),
    ] {
        assert_eq!(schema.validate(&parsed(&document)), Ok(()), "{document}");
    }
    for document in [
        product("Int"),
        product("[String]"),
        many("[String]"),
        many("String"),
        item("String"),
        card("String"),
        card("Int!"),
        skipped("Boolean"),
        within("ID"),
    ] {
        let message = wrong(&schema, &document);
        assert!(message.starts_with("Variable \"$"), "{document}: {message}");
    }
}

#[test]
fn fields_of_one_name_are_merged_only_where_they_are_one() {
    let schema = shop();
    for document in [
        "{ getProduct { name } getProduct { n: name } }",
        "{ getOrder { paymentMethod { method { ... on PaymentMethodMethodGiftCardCode { x: \
         giftCardCode } ... on PaymentMethodMethodCard { y: card { lastFour } } __typename } } } }",
        "{ getProduct { delivery { ... on ProductDeliveryParcel { x: parcel { a: bulky } } ... on \
         ProductDeliveryDownload { x: download { b: bytes } } } } }",
        "{ a: __schema { queryType { name } } a: __schema { types { name } } }",
    ] {
        assert_eq!(schema.validate(&parsed(document)), Ok(()), "{document}");
    }
    for (document, said) in [
        ("{ getProduct { x: name } getProduct { x: category } }", "are different fields"),
        ("{ getProduct { name } ... { getProduct(productId: \"p\") { name } } }", "arguments"),
        (
            "{ getProduct { ...A } ...B } fragment A on Product { x: name } fragment B on Query { \
             getProduct { x: gtin } }",
            "\"name\" and \"gtin\"",
        ),
        (
            "{ getProduct { delivery { ... on ProductDeliveryParcel { x: parcel { a: bulky } } ... \
             on ProductDeliveryDownload { x: download { a: bytes } } } } }",
            "conflicting types",
        ),
        (
            "{ getProduct { delivery { x: __typename ... on ProductDeliveryParcel { x: parcel { \
             bulky } } } } }",
            "\"__typename\" and \"parcel\"",
        ),
    ] {
        let message = wrong(&schema, document);
        assert!(message.contains(said), "{document}: {message}");
    }
}

#[test]
fn subscriptions_have_one_field() {
    let schema = shop();
    let twice = "subscription { watchStock { version } ...W } fragment W on Subscription { watchStock \
                 { available } }";
    assert_eq!(schema.validate(&parsed(twice)), Ok(()));
    for document in [
        "subscription { watchStock { version } trackOrder { orderId } }",
        "subscription { watchStock { version } ... { again: watchStock { version } } }",
    ] {
        assert!(wrong(&schema, document).contains("one top level field"), "{document}");
    }
}

#[test]
fn many_fields_of_one_name_are_compared_in_no_time() {
    let schema = shop();
    let document = format!("{{ {} }}", "getProduct { name } ".repeat(8000));
    assert_eq!(schema.validate(&parsed(&document)), Ok(()));
}

#[test]
fn introspection_is_answered_at_once() {
    let schema = shop();
    let document = parsed(include_str!("introspection.graphql"));
    assert_eq!(schema.validate(&document), Ok(()));
    let response = schema.introspect(&document, None, Variables::default());
    assert_eq!(response.errors, []);
    let data = response.data.into_json().unwrap();
    assert_eq!(data["__schema"]["subscriptionType"]["name"], "Subscription");
    let types = data["__schema"]["types"].as_array().unwrap();
    let named = |name: &str| types.iter().find(|one| one["name"] == name).unwrap();
    assert_eq!(named("PaymentMethodMethodInput")["isOneOf"], true);
    assert_eq!(named("Order")["description"], "What somebody bought.");
    assert!(named("DateTime")["specifiedByURL"].as_str().unwrap().contains("rfc3339"));
}

#[test]
fn introspection_can_be_off() {
    let off = Options { introspection: false, ..Options::default() };
    let schema = register(&shop_model(), off).unwrap();
    assert!(wrong(&schema, "{ __schema { types { name } } }").contains("__schema"));
    assert_eq!(schema.validate(&parsed("{ __typename }")), Ok(()));
}

#[test]
fn without_queries_there_is_something_to_query() {
    let text =
        "syntax = \"proto3\"; message M { int32 a = 1; } service S { rpc Do(M) returns (M); }";
    let contract = contract(&[("t.proto", text)]);
    let (model, _) = graphql::build(&contract, &exposed(&contract), &graphql::Options::default());
    let schema = register(&model, Options::default()).unwrap();
    let document = parsed("{ _empty }");
    assert_eq!(schema.validate(&document), Ok(()));
    let response = schema.introspect(&document, None, Variables::default());
    assert_eq!(response.data.into_json().unwrap(), serde_json::json!({ "_empty": null }));
    assert_eq!(response.errors, []);
    assert_prints_what_is_registered(&model);
}

#[test]
fn fragments_that_unfold_without_end_are_refused_at_once() {
    let schema = shop();
    let mut bomb = "{ getCategory { ...F0 } }".to_owned();
    for n in 0..25 {
        let next = n + 1;
        let _ = write!(
            bomb,
            " fragment F{n} on Category {{ ...F{next} a: children {{ ...F{next} }} }}"
        );
    }
    bomb.push_str(" fragment F25 on Category { name }");
    assert!(wrong(&schema, &bomb).contains("selection"), "{}", wrong(&schema, &bomb));
    let cycle = "{ getCategory { ...A } } fragment A on Category { ...B ...B } \
                 fragment B on Category { ...A ...A }";
    assert!(wrong(&schema, cycle).contains("within itself"));
    let deep = format!("{{ getCategory {}name{} }}", "{ children ".repeat(40), "}".repeat(40));
    assert!(wrong(&schema, &deep).contains("32 selection sets deep"));
}

#[test]
fn what_is_printed_is_what_is_registered() {
    assert_prints_what_is_registered(&shop_model());
}

fn assert_prints_what_is_registered(model: &Model) {
    let schema = register(model, Options::default()).unwrap();
    let registered = schema
        .schema()
        .sdl_with_options(async_graphql::SDLExportOptions::new().include_specified_by());
    let printed = print(model, false);
    let (printed, registered) = (types(&printed), types(&registered));
    assert!(!printed.is_empty());
    assert_eq!(printed, registered);
}

/// A line for everything in the types of an SDL text.
fn types(sdl: &str) -> BTreeMap<String, Vec<String>> {
    let document = parse_schema(sdl).unwrap_or_else(|error| panic!("{error}\n{sdl}"));
    let types = document.definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(one) => Some(one.node),
        _ => None,
    });
    let types = types.map(|one| {
        let mut lines = vec![format!("{:?}", one.description.map(|text| text.node))];
        match one.kind {
            TypeKind::Object(object) => lines.extend(object.fields.iter().map(field)),
            TypeKind::Union(union) => {
                lines.extend(union.members.iter().map(|name| name.node.to_string()));
            }
            TypeKind::Enum(one) => lines.extend(one.values.iter().map(|value| {
                let said = value.node.description.as_ref().map(|text| &text.node);
                let marks = value.node.directives.len();
                format!("{} {said:?} {marks}", value.node.value.node)
            })),
            TypeKind::InputObject(object) => {
                lines.push(format!("{} directives", one.directives.len()));
                lines.extend(object.fields.iter().map(input));
            }
            TypeKind::Scalar => lines.push(format!("{} directives", one.directives.len())),
            TypeKind::Interface(_) => panic!("no interface"),
        }
        (one.name.node.to_string(), lines)
    });
    types.collect()
}

fn field(field: &Positioned<FieldDefinition>) -> String {
    let field = &field.node;
    let said = field.description.as_ref().map(|text| &text.node);
    let arguments: Vec<_> = field.arguments.iter().map(input).collect();
    let marks = field.directives.len();
    format!("{}{arguments:?}: {} {said:?} {marks}", field.name.node, field.ty.node)
}

fn input(value: &Positioned<InputValueDefinition>) -> String {
    let value = &value.node;
    let said = value.description.as_ref().map(|text| &text.node);
    let default = value.default_value.as_ref().map(|default| &default.node);
    let marks = value.directives.len();
    format!("{}: {} = {default:?} {said:?} {marks}", value.name.node, value.ty.node)
}
