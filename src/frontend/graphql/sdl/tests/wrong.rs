//! What is wrong is told with its place, and what may have been meant.

use super::{SHOP, applied, told};
use crate::contract::graphql::{Exposed, Options, build};
use crate::frontend::graphql::sdl::{File, apply};

/// Files, each wrong in its own way.
const WRONG: &[&str] = &[
    // Texts.
    "extend type Product {",
    "extend typ Product { a: Int }",
    "query { a }",
    "extend type Product { a: Int @call(operation: \"x\", with: {a: 18446744073709551616000}) }",
    // Types.
    "extend type Produkt { a: Int @call(operation: \"shop.v1.ProductService.GetProduct\") }",
    "extend type ProductInput { a: Int }",
    "extend input Product @hide",
    "type Mine { a: Int }\nenum Yours { A }\ninterface Theirs { a: Int }\nscalar Ours\nunion U = Product",
    "extend enum ProductAvailability { SOLD }\nextend input ProductInput { a: Int }",
    "extend union ProductDelivery = Product\nextend type Product implements Thing",
    "schema { query: Product }\nextend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\")",
    "directive @mine on OBJECT\nscalar DateTime\nscalar RequestFields",
    // Directives.
    "extend type Product @renam(field: \"name\", to: \"title\")",
    "extend type Product @call(operation: \"x\")",
    "extend type Product @rename(field: \"name\") @rename(feild: \"name\", to: 4) @hide(field: [\"a\"])",
    "extend type Product { a: Int @call @batch(operation: null, operation: \"x\") @call(operation: \"x\", with: \"y\") }",
    // Operations.
    "extend type Product { a: Stock @call(operation: \"shop.v1.InventoryService.GetStok\") }",
    "extend type Product { a: Stock @call(operation: \"shop.v1.ProductService/GetStock\") }",
    "extend type Product { a: Stock @call(operation: \"nonsense\") }",
    "extend type Product { a: Stock @call(operation: \"shop.v1.InventoryService.WatchStock\") }",
    "extend type Subscription { a: Stock @call(operation: \"shop.v1.InventoryService.GetStock\") }",
    "extend type Query { a: Int @call(operation: \"shop.v1.InventoryService.CountStock\") }",
    // Requests.
    r#"extend type Product { a(n: Int, s: String, u: Int): [Review]
         @call(operation: "shop.v1.ReviewService.ListReviews", select: "reviews", with: {
           product_id: "$parent.id", page_sise: 4, page_size: "$args.s", min_rating: "$args.m", page_token: 5 }) }"#,
    r#"extend type Product { a: [Review]
         @call(operation: "shop.v1.ReviewService.ListReviews", select: "reviews", with: {
           product_id: "$product", page_size: "$parent.name", page_token: "$parent", min_rating: "ten" }) }"#,
    r#"extend type Product { a: [Review]
         @call(operation: "shop.v1.ReviewService.ListReviews", select: "reviews", with: {
           product_id: "$parent.tags", page_size: "$parent.variants.sku", page_token: "$parent.name.x", product_id: "a" }) }"#,
    r#"extend type Query { a: Product @call(operation: "shop.v1.ProductService.GetProduct", with: {product_id: "$parent.id"}) }"#,
    r#"extend type Query { a(n: [Int]): [Product] @call(operation: "shop.v1.ProductService.ListProducts", select: "products",
         with: { filter: {tags: ["$args.n"], nope: 1, min_rating: "$args.n", availability: [GONE]}, order_by: CHEAP }) }"#,
    r#"extend type Mutation { a(how: PaymentMethodInput): Payment @call(operation: "shop.v1.PaymentService.CreatePayment",
         with: {method: {method: "$args.how", gift_card_code: "x", card: {last_four: "1"}}}) }"#,
    r#"extend type Mutation { a: Payment @call(operation: "shop.v1.PaymentService.CreatePayment",
         with: {method: {method: {card: {}}}}) }"#,
    // Arguments.
    r#"extend type Query { a(n: Product, n: ProductImput, __o: Int, p: [[Int]]): Product
         @call(operation: "shop.v1.ProductService.GetProduct") }"#,
    r#"extend type Query { a(n: Int): Product @call(operation: "shop.v1.ProductService.GetProduct") }"#,
    r#"extend type Query { a(most: Int = 99999999999): [Product] @call(operation: "shop.v1.ProductService.ListProducts",
         select: "products", with: {page_size: "$args.most"}) }"#,
    // What is answered.
    r#"extend type Query { a: Product @call(operation: "shop.v1.ProductService.ListProducts") }"#,
    r#"extend type Query { a: [Product] @call(operation: "shop.v1.ProductService.ListProducts", select: "produts") }"#,
    r#"extend type Query { a: Product @call(operation: "shop.v1.ProductService.ListProducts", select: "products") }"#,
    r#"extend type Query { a: Int @call(operation: "shop.v1.ProductService.ListProducts", select: "products.gtin") }"#,
    r#"extend type Query { a: Strin @call(operation: "shop.v1.ProductService.GetProduct", select: "name") }"#,
    r#"extend type Query { a: MoneyInput @call(operation: "shop.v1.ProductService.GetProduct", select: "name.x") }"#,
    "extend type Product { stock: Stock }",
    // Batches.
    r#"extend type Query { a: [Stock] @batch(operation: "shop.v1.InventoryService.BatchGetStock", key: "product_ids", select: "stock", by: "product_id") }"#,
    r#"extend type Product { a: Stock @batch(operation: "shop.v1.InventoryService.BatchGetStock", key: "product_ids", select: "stock", by: "product_id") }"#,
    r#"extend type Product { a: Stock @batch(operation: "shop.v1.InventoryService.BatchGetStock", key: "product_id", select: "stok", by: "product_id", parent: "id") }"#,
    r#"extend type Product { a: Stock @batch(operation: "shop.v1.InventoryService.BatchGetStock", key: "product_ids", select: "stock", by: "version", parent: "gtin") }"#,
    r#"extend type Product { a: Stock @batch(operation: "shop.v1.InventoryService.BatchGetStock", key: "product_ids", select: "stock", by: "product_id", parent: "gtin") }"#,
    r#"extend type Product { a: Stock @batch(operation: "shop.v1.InventoryService.GetStock", key: "product_id", select: "quantity_by_warehouse", by: "key", parent: "product_id") }"#,
    r#"extend type Product { a: [Review!] @batch(operation: "shop.v1.ReviewService.BatchListReviews", key: "product_ids", select: "product_reviews", by: "product_id", parent: "product_id") }"#,
    r#"extend type Product { a: Review @batch(operation: "shop.v1.ReviewService.BatchListReviews", key: "product_ids", select: "product_reviews", by: "product_id", value: "reviews",
         parent: "product_id", with: {page_size: "$parent.weight_grams", product_ids: ["x"]}) }"#,
    r#"extend type Product { a(limit: Int): [Review!] @call(operation: "shop.v1.ReviewService.ListReviews", select: "reviews",
           with: {product_id: "$parent.product_id", page_size: "$args.limit"})
         @batch(operation: "shop.v1.ReviewService.BatchListReviews", key: "product_ids", select: "product_reviews", by: "product_id", value: "reviews") }"#,
    r#"extend type Product { a: Stock @call(operation: "shop.v1.InventoryService.GetStock", with: {product_id: "p-1"})
         @batch(operation: "shop.v1.InventoryService.BatchGetStock", key: "product_ids", select: "stock", by: "product_id") }"#,
    r#"extend type Product { a: Stock @call(operation: "shop.v1.InventoryService.GetStock", with: {product_id: "$parent.name"})
         @batch(operation: "shop.v1.InventoryService.BatchGetStock", key: "product_ids", select: "stock", by: "product_id", parent: "product_id") }"#,
    // Names.
    "extend type Product @rename(field: \"nam\", to: \"title\") @rename(argument: \"x\", to: \"y\") @rename(value: \"x\", to: \"y\")",
    "extend type Product @rename(field: \"name\", to: \"price\") @rename(field: \"tags\", to: \"2nd\") @rename(field: \"gtin\", to: \"__gtin\")",
    "extend type Product @rename(field: \"name\", to: \"a\") @rename(field: \"name\", to: \"b\") @hide(field: \"name\")",
    "extend type Product @rename(to: \"Money\")\nextend type Money @rename(to: \"Int\")\nextend type Query @rename(to: \"Root\")",
    "extend type Query @rename(field: \"getProduct\", argument: \"productIds\", to: \"id\")",
    "extend type Product { price: Money @call(operation: \"shop.v1.ProductService.QuotePrice\", select: \"total\") }",
    "extend enum ProductAvailability @rename(value: \"IN_STOK\", to: \"NOW\") @rename(value: \"IN_STOCK\", to: \"true\") @rename(field: \"x\", to: \"y\")",
    "extend union ProductDelivery @rename(field: \"parcel\", to: \"post\")",
    // Hiding.
    "extend type Money @hide(field: \"currencyCode\") @hide(field: \"units\") @hide(field: \"nanos\")",
    "extend input MoneyInput @hide(field: \"currencyCode\") @hide(field: \"units\") @hide(field: \"nanos\")",
    "extend input ProductAttributesEntryInput @hide(field: \"key\")",
    "extend type Money @hide { a: Money @call(operation: \"shop.v1.ProductService.QuotePrice\", select: \"total\") }",
    "extend type Query @hide",
    // Moving.
    "extend type Query @move(field: \"getProdukt\", to: \"Mutation\") @move(field: \"getProduct\", to: \"Query\") @move(field: \"getUser\", to: \"Users\")",
    "extend type Query @move(field: \"getProduct\", to: \"Subscription\")\nextend type Product @move(field: \"name\", to: \"Query\")",
    "extend type Query @move(field: \"getOrder\", to: \"Mutation\") @rename(field: \"getOrder\", to: \"createOrder\")",
    // Keys.
    "extend type Product @key(fields: \"id\") @key(fields: \"} {\") @key(fields: \"tags\") @key(fields: \"price\") @key(fields: \"productId(a: 1)\")",
    "extend type Product @key(fields: \"productId\") @key(fields: \"productId\") @hide(field: \"gtin\") @key(fields: \"gtin\")",
    "extend type Query @key(fields: \"a\")",
];

#[test]
fn mistakes_are_told_with_their_places() {
    let mut report = String::new();
    for text in WRONG {
        let (_, problems) = applied(&[text]);
        report.push_str(&format!("{text}\n{}\n", told(&problems)));
        assert!(!problems.is_empty(), "{text}");
    }
    insta::assert_snapshot!(report);
}

#[test]
fn deep_and_long_files_are_refused() {
    let deep = format!("extend type Product {{ a(b: Int = {}", "[".repeat(100_000));
    let long = format!("# {}", "x".repeat(1 << 20));
    let (_, problems) = applied(&[&deep, &long]);
    assert_eq!(
        told(&problems),
        "1.graphql:1:96: brackets nest more than 64 deep\n2.graphql:1:1: this is longer than 1048576 bytes\n"
    );
}

#[test]
fn duplicates_across_files_are_told() {
    let join = "extend type Product { stock: Stock @batch(operation: \"shop.v1.InventoryService.BatchGetStock\", \
                key: \"product_ids\", select: \"stock\", by: \"product_id\", parent: \"product_id\") }";
    let (_, problems) = applied(&[join, join]);
    assert_eq!(told(&problems), "2.graphql:1:23: `Product` has two fields `stock`\n");
}

#[test]
fn operation_that_is_not_exposed_is_not_called() {
    let (contract, exposed) = &*SHOP;
    let is_product = |one: &&Exposed| &*one.operation.service == "shop.v1.ProductService";
    let exposed: Vec<_> = exposed.iter().filter(is_product).cloned().collect();
    let (mut model, _) = build(contract, &exposed, &Options::default());
    let text = "extend type Product { stock: Money @call(operation: \"shop.v1.InventoryService.GetStock\") }";
    let file = File { path: "a.graphql".into(), text: text.into() };
    let problems = apply(&mut model, contract, &exposed, &[file]);
    assert_eq!(
        told(&problems),
        "a.graphql:1:53: there is no operation `shop.v1.InventoryService.GetStock` here (the contract \
         has it, but this listener does not expose it)\n"
    );
}

#[test]
fn defaults_are_values_of_their_types() {
    let moment = "\"2024-05-06T07:08:09Z\"";
    let cases: [(&str, &str, &[&str], &[&str]); 9] = [
        ("Int", "page_size", &["1", "null"], &["\"1\"", "1.0", "99999999999", "true"]),
        ("Int!", "page_size", &["1"], &["null", "[1]"]),
        ("ID", "page_token", &["\"x\"", "1"], &["1.5", "true", "IN_STOCK"]),
        ("String", "page_token", &["\"x\""], &["1", "X", "{}"]),
        (
            "[ProductAvailability!]",
            "filter: {availability",
            &["[IN_STOCK]", "IN_STOCK", "[]"],
            &["[GONE]", "[null]", "\"IN_STOCK\"", "1"],
        ),
        ("DateTime", "filter: {created_after", &[moment], &["\"today\"", "1"]),
        (
            "Int64",
            "filter: {gtin",
            &["\"9007199254740993\"", "5"],
            &["1.5", "\"x\"", "18446744073709551615"],
        ),
        ("Float", "filter: {min_rating", &["1", "1.5", "-2e3"], &["\"1\"", "NaN"]),
        (
            "ListProductsRequestFilterInput",
            "filter",
            &["{gtin: 5}", "{}", "{tags: [\"a\"]}"],
            &["{gtn: 5}", "{gtin: {}}", "5"],
        ),
    ];
    for (ty, target, good, bad) in cases {
        let end = if target.contains('{') { "}" } else { "" };
        let told = |default: &str| {
            let call = "operation: \"shop.v1.ProductService.ListProducts\", select: \"products\"";
            let with = format!("{{{target}: \"$args.x\"{end}}}");
            let field = format!("a(x: {ty} = {default}): [Product] @call({call}, with: {with})");
            applied(&[&format!("extend type Query {{ {field} }}")]).1
        };
        for default in good {
            assert!(told(default).is_empty(), "{ty} = {default}: {}", told(default));
        }
        for default in bad {
            assert_eq!(told(default).len(), 1, "{ty} = {default}");
        }
    }
}
