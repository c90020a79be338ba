//! What to paste while the demo runs.

use std::net::SocketAddr;

/// Calls to try, each with a line that says what it shows. `address` is where the gateway listens.
pub fn tour(address: SocketAddr) -> String {
    let stops: &[(&str, &str)] = &[
        ("one product, as JSON", "curl -s HTTP/v1/products/p-1001"),
        (
            "a page of them, filtered, with few fields",
            "curl -s 'HTTP/v1/categories/outdoor/products?page_size=3&filter.availability=IN_STOCK&read_mask=productId,name,price.units'",
        ),
        (
            "a new one",
            "curl -s HTTP/v1/products --json '{\"name\":\"Tin Mug\",\"price\":{\"currencyCode\":\"EUR\",\"units\":\"9\"}}'",
        ),
        (
            "a change of two fields",
            "curl -s -X PATCH 'HTTP/v1/products/p-1002?update_mask=name,tags' --json '{\"name\":\"Lakeside Tent II\",\"tags\":[\"new\"]}'",
        ),
        (
            "a custom verb",
            "curl -s HTTP/v1/orders/o-1001:cancel --json '{\"reason\":\"found it cheaper\"}'",
        ),
        (
            "a stream, one JSON line a message",
            "curl -sN -H 'accept: application/x-ndjson' HTTP/v1/orders/o-1004/events",
        ),
        (
            "the same stream as server-sent events",
            "curl -sN -H 'accept: text/event-stream' HTTP/v1/orders/o-1004/events",
        ),
        ("a picture", "curl -s -o p-1001.png HTTP/v1/products/p-1001/image"),
        (
            "an error with its details: that order has left the house",
            "curl -si HTTP/v1/orders/o-1003:cancel --json '{}'",
        ),
        (
            "GraphQL: products, their reviews and stock, joined from three services",
            "curl -s HTTP/graphql --json '{\"query\":\"{ products(pageSize: 3) { products { name reviews(limit: 2) { rating author { displayName } } stock { available } } } }\"}'",
        ),
        (
            "a GraphQL subscription, as server-sent events",
            "curl -sN -H 'accept: text/event-stream' HTTP/graphql --json '{\"query\":\"subscription { trackOrder(orderId: \\\"o-1004\\\") { time event { __typename } } }\"}'",
        ),
        (
            "Connect, at the path that gRPC and gRPC-Web are called by, too",
            "curl -s HTTP/shop.v1.InventoryService/GetStock -H 'connect-protocol-version: 1' --json '{\"productId\":\"p-1001\"}'",
        ),
        (
            "SOAP 1.1; the same address with ?wsdl has its description",
            "curl -s HTTP/soap/shop.v1.InventoryService -H 'content-type: text/xml' -d '<e:Envelope xmlns:e=\"http://schemas.xmlsoap.org/soap/envelope/\"><e:Body><GetStock xmlns=\"urn:shop.v1\"><productId>p-1001</productId></GetStock></e:Body></e:Envelope>'",
        ),
        (
            "a fault of SOAP 1.2 with its details",
            "curl -s HTTP/soap/shop.v1.OrderService -H 'content-type: application/soap+xml' -d '<e:Envelope xmlns:e=\"http://www.w3.org/2003/05/soap-envelope\"><e:Body><CancelOrder xmlns=\"urn:shop.v1\"><orderId>o-1003</orderId></CancelOrder></e:Body></e:Envelope>'",
        ),
    ];
    let mut text = String::new();
    for (what, call) in stops {
        text.push_str(&format!("# {what}\n{}\n", call.replace("HTTP", &address.to_string())));
    }
    text
}
