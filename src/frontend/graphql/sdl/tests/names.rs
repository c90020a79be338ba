//! Names, and what is hidden or moved.

use super::{applied, call, changed, field, object, told};
use crate::contract::graphql::{Named, Value, print};

#[test]
fn names_change_places() {
    let model = changed(
        r#"extend type Product @rename(field: "name", to: "title") @rename(field: "description", to: "name")
             @rename(to: "Category")
           extend type Category @rename(to: "Product") @rename(field: "title", to: "name")
             @rename(field: "name", to: "title")"#,
    );
    assert_eq!(object(&model, "Product").fields.len(), 4);
    assert_eq!(object(&model, "Category").fields[1].name, "title");
    assert_eq!(object(&model, "Category").fields[2].name, "name");
    assert!(
        matches!(model.names.get("Category"), Some(Named::Object(id)) if model.objects[id.0].name == "Category")
    );
    let category = field(&model, "Query", "getCategory").ty.named;
    assert_eq!(model.names.get("Product"), Some(&category));
    assert!(print(&model, false).contains("\n  ): Product\n"));
}

#[test]
fn everything_that_has_a_name_gets_another() {
    let model = changed(
        r#"extend type Query @rename(field: "listProducts", to: "products")
             @rename(field: "listProducts", argument: "pageSize", to: "first")
           extend enum ProductAvailability @rename(to: "Availability") @rename(value: "IN_STOCK", to: "NOW")
           extend input ProductInput @rename(field: "gtin", to: "barCode") @rename(to: "NewProduct")
           extend union ProductDelivery @rename(to: "Delivery")"#,
    );
    let text = print(&model, false);
    for line in [
        "\n  NOW\n",
        "\nenum Availability {\n",
        "\ninput NewProduct {\n",
        "\n  barCode: Int64\n",
        "\nunion Delivery = ",
        "  availability: Availability\n",
        "  delivery: Delivery\n",
    ] {
        assert!(text.contains(line), "no {line} in {text}");
    }
    assert_eq!(field(&model, "Query", "products").arguments[0].name, "first");
}

#[test]
fn hidden_things_leave_no_name() {
    let model = changed(
        r#"extend type Money @hide
           extend type Query @hide(field: "listProducts", argument: "pageToken")
             @hide(field: "listProducts", argument: "pageSize")
           extend enum ProductAvailability @hide(value: "DISCONTINUED")
           extend input ProductInput @hide(field: "gtin")
           extend type OrderEventEventScan @hide"#,
    );
    let text = print(&model, false);
    for name in
        ["type Money ", ": Money\n", "DISCONTINUED", "OrderEventScan", "OrderEventEventScan"]
    {
        assert!(!text.contains(name), "{name} in {text}");
    }
    assert!(text.contains("input MoneyInput"), "{text}");
    assert!(!model.names.contains_key("Money"));

    // What the arguments that stay set is still theirs.
    let list = field(&model, "Query", "listProducts");
    for binding in &call(&model, "Query", "listProducts").bindings {
        if let Value::Argument(index) = binding.value {
            assert!(index < list.arguments.len());
        }
    }
    assert_eq!(call(&model, "Query", "listProducts").bindings.len(), list.arguments.len());
}

#[test]
fn hidden_field_makes_room_for_another() {
    let model = changed(
        r#"extend type Query @hide(field: "getProduct") {
             getProduct(id: ID!): Product
               @call(operation: "shop.v1.ProductService.GetProduct", with: {product_id: "$args.id"})
           }"#,
    );
    assert_eq!(field(&model, "Query", "getProduct").arguments[0].name, "id");
}

#[test]
fn fields_move_between_roots() {
    let model = changed(
        r#"extend type Query @move(field: "getPayment", to: "Mutation") @rename(field: "getPayment", to: "audit")
           extend type Mutation @move(field: "cancelOrder", to: "Query")"#,
    );
    assert_eq!(call(&model, "Mutation", "audit").operation.method.as_ref(), "GetPayment");
    assert_eq!(call(&model, "Query", "cancelOrder").operation.method.as_ref(), "CancelOrder");
    assert!(object(&model, "Query").fields.iter().all(|field| field.name != "audit"));
}

#[test]
fn roots_come_and_go() {
    let (full, _) = applied(&[""]);
    let moves: String = object(&full, "Mutation")
        .fields
        .iter()
        .map(|field| format!("@hide(field: \"{}\") ", field.name))
        .collect();
    let model = changed(&format!("extend type Mutation {moves}"));
    assert!(model.mutation.is_none());
    assert!(!print(&model, false).contains("Mutation"));
}

#[test]
fn entities_have_keys_under_the_names_clients_see() {
    let model = changed(
        r#"extend type Product @key(fields: "productId") @key(fields: "gtin, price { units }")
             @rename(field: "gtin", to: "barCode")
           extend type Money @rename(field: "units", to: "whole")"#,
    );
    assert_eq!(object(&model, "Product").keys, ["productId", "barCode price { whole }"]);
}

#[test]
fn join_inside_of_a_list_needs_a_batch() {
    let (_, problems) = applied(&[r#"
        extend type Order { payments: Payment
          @call(operation: "shop.v1.PaymentService.GetPayment", with: {payment_id: "$parent.order_id"}) }
        extend type Payment { order: Order
          @call(operation: "shop.v1.OrderService.GetOrder", with: {order_id: "$parent.order_id"}) }
        extend type Stock { books: ReconcileResponse
          @call(operation: "shop.v1.PaymentService.Reconcile") }
        "#]);
    // Payments are in a list once orders lead to them; what is asked once costs one call.
    assert_eq!(
        told(&problems),
        "warning: 1.graphql:2:29: each item of a list costs a call: `Order` is reached through \
         `ListOrdersResponse.orders` (add `@batch` with an operation that takes many keys)\n\
         warning: 1.graphql:4:31: each item of a list costs a call: `Payment` is reached through \
         `ListOrdersResponse.orders` (add `@batch` with an operation that takes many keys)\n"
    );
}
