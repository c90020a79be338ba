//! What a join is made of.

use super::{SHOP, SHOP_FILE, applied, call, changed, field};
use crate::contract::graphql::{Binding, Place, Source, Target, Value, print};
use crate::contract::shape::ShapeId;

/// The names of fields that a path leads through, from a message on.
fn path(message: &str, path: &[usize]) -> String {
    let shapes = SHOP.0.shapes();
    let mut id = shapes.id(message).unwrap();
    let mut names = Vec::new();
    for index in path {
        let field = &shapes.get(id).fields[*index];
        names.push(field.name.to_string());
        id = field.message().unwrap_or(ShapeId(u32::MAX));
    }
    names.join(".")
}

fn target(message: &str, target: &Target) -> String {
    match target.leaf {
        Place::Field(index) => path(message, &[&target.path[..], &[index]].concat()),
        Place::Oneof(index) => format!("{} oneof {index}", path(message, &target.path)),
    }
}

/// Bindings as lines, each with what it sets.
fn bindings(message: &str, parent: &str, bindings: &[Binding]) -> Vec<String> {
    let line = |binding: &Binding| {
        let value = match &binding.value {
            Value::Argument(index) => format!("argument {index}"),
            Value::Parent(from) => format!("parent {}", path(parent, from)),
            Value::Constant(bytes) => format!("{bytes:02x?}"),
        };
        format!("{} = {value}", target(message, &binding.target))
    };
    bindings.iter().map(line).collect()
}

#[test]
fn join_and_its_batch_are_as_written() {
    let model = changed(SHOP_FILE);
    let reviews = call(&model, "Product", "reviews");
    assert_eq!(reviews.operation.name(), "shop.v1.ReviewService/ListReviews");
    assert_eq!(
        bindings("shop.v1.ListReviewsRequest", "shop.v1.Product", &reviews.bindings),
        ["product_id = parent product_id", "page_size = argument 0", "min_rating = argument 1"]
    );
    assert_eq!(path("shop.v1.ListReviewsResponse", &reviews.select), "reviews");
    let batch = reviews.batch.as_ref().unwrap();
    assert_eq!(batch.operation.name(), "shop.v1.ReviewService/BatchListReviews");
    assert_eq!(target("shop.v1.BatchListReviewsRequest", &batch.key), "product_ids");
    assert_eq!(
        bindings("shop.v1.BatchListReviewsRequest", "shop.v1.Product", &batch.bindings),
        ["page_size = argument 0", "min_rating = argument 1"]
    );
    assert_eq!(path("shop.v1.Product", &batch.parent), "product_id");
    assert_eq!(path("shop.v1.BatchListReviewsResponse", &batch.items), "product_reviews");
    assert_eq!(path("shop.v1.ProductReviews", &batch.by), "product_id");
    assert_eq!(path("shop.v1.ProductReviews", &batch.value), "reviews");

    let limit = &field(&model, "Product", "reviews").arguments[0];
    assert_eq!(limit.default.as_deref(), Some("10"));
    assert!(limit.description.as_deref().unwrap().starts_with("The most"));
    assert_eq!(
        field(&model, "Product", "reviews").description.as_deref(),
        Some("The newest reviews.")
    );
}

#[test]
fn batch_alone_is_told_what_was_selected() {
    let model = changed(SHOP_FILE);
    let product = call(&model, "OrderItem", "product");
    let batch = product.batch.as_ref().unwrap();
    assert!(product.bindings.is_empty());
    assert_eq!(product.operation.name(), batch.operation.name());
    assert_eq!(path("shop.v1.Order.Item", &batch.parent), "product_id");
    assert_eq!(path("shop.v1.BatchGetProductsRequest", &[batch.mask.unwrap()]), "read_mask");
}

#[test]
fn request_is_made_of_constants_arguments_and_nested_messages() {
    let model = changed(
        r#"extend type Query {
             bargains(tags: [String!], after: DateTime, most: Int64 = "20"): [Product!]
               @call(
                 operation: "/shop.v1.ProductService/ListProducts"
                 with: {
                   pageSize: 5
                   parent: "$$x"
                   order_by: PRICE
                   filter: {
                     tags: "$args.tags", availability: [IN_STOCK, "BACKORDER"], created_after: "$args.after"
                     max_price: "$args.most", minRating: 4.5
                   }
                 }
                 select: "products"
               )
           }"#,
    );
    let made = call(&model, "Query", "bargains");
    assert_eq!(
        bindings("shop.v1.ListProductsRequest", "", &made.bindings),
        [
            "page_size = [08, 05]",
            "parent = [1a, 02, 24, 78]",
            "order_by = [30, 01]",
            "filter.tags = argument 0",
            "filter.availability = [12, 02, 01, 02]",
            "filter.created_after = argument 1",
            "filter.max_price = argument 2",
            "filter.min_rating = [39, 00, 00, 00, 00, 00, 00, 12, 40]",
        ]
    );
    assert!(made.mask.is_some());
}

#[test]
fn parents_are_named_by_any_name_and_into_messages() {
    for name in ["product_id", "productId"] {
        let text = format!(
            r#"extend type Product {{
                 shelf: Category @call(operation: "shop.v1.ProductService.GetCategory", with: {{name: "$parent.{name}"}})
                   @deprecated(reason: "no shelves any more")
               }}"#
        );
        let (model, problems) = applied(&[&text]);
        // It is no batch, and products stand in lists.
        assert!(!problems.has_errors() && problems.len() == 1, "{problems}");
        let made = call(&model, "Product", "shelf");
        assert_eq!(
            bindings("shop.v1.GetCategoryRequest", "shop.v1.Product", &made.bindings),
            ["name = parent product_id"]
        );
        let shelf = field(&model, "Product", "shelf");
        assert_eq!(shelf.deprecated.as_deref(), Some("no shelves any more"));
    }
    let (model, problems) = applied(&[r#"extend type Product {
        sign: String @call(
          operation: "shop.v1.ProductService.GetCategory"
          with: {name: "$parent.price.currencyCode"}
          select: "title"
        )
      }"#]);
    assert!(!problems.has_errors(), "{problems}");
    let made = call(&model, "Product", "sign");
    assert_eq!(
        bindings("shop.v1.GetCategoryRequest", "shop.v1.Product", &made.bindings),
        ["name = parent price.currency_code"]
    );
}

#[test]
fn oneof_is_set_by_an_argument_of_its_input() {
    let model = changed(
        r#"extend type Mutation {
             pay(order: ID!, how: PaymentMethodMethodInput!): Payment!
               @call(
                 operation: "shop.v1.PaymentService.CreatePayment"
                 with: {order_id: "$args.order", method: {method: "$args.how"}}
               )
           }"#,
    );
    let made = call(&model, "Mutation", "pay");
    assert_eq!(
        bindings("shop.v1.CreatePaymentRequest", "", &made.bindings),
        ["order_id = argument 0", "method oneof 0 = argument 1"]
    );
}

#[test]
fn stream_is_a_subscription() {
    let model = changed(
        r#"extend type Subscription {
             stock(of: [ID!]!): Stock!
               @call(
                 operation: "shop.v1.InventoryService.WatchStock"
                 with: {product_ids: "$args.of", follow: true}
               )
           }"#,
    );
    let made = call(&model, "Subscription", "stock");
    assert_eq!(
        bindings("shop.v1.WatchStockRequest", "", &made.bindings),
        ["product_ids = argument 0", "follow = [10, 01]"]
    );
}

#[test]
fn join_on_the_member_of_a_oneof_reads_the_message_around_it() {
    let model = changed(SHOP_FILE);
    let name = model.objects.iter().find(|object| {
        matches!(object.of, crate::contract::graphql::ObjectOf::Member(..))
            && object.name.starts_with("ProductDelivery")
    });
    let name = &name.unwrap().name;
    let (model, problems) = applied(&[&format!(
        r#"extend type {name} {{
             stock: Stock @batch(operation: "shop.v1.InventoryService.BatchGetStock", key: "product_ids",
               parent: "product_id", select: "stock", by: "product_id")
           }}"#
    )]);
    assert!(problems.is_empty(), "{problems}");
    assert!(matches!(field(&model, name, "stock").source, Source::Call(_)));
}

#[test]
fn schema_says_what_files_add() {
    let text = print(&changed(SHOP_FILE), false);
    let product = text.split("\n\n").flat_map(str::lines).collect::<Vec<_>>().join("\n");
    assert!(product.contains("): [Review!]!"), "{product}");
}
