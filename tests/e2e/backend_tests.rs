//! The scripted backend as a tonic client sees it: it must be right before it may judge.

use tokio_stream::StreamExt;
use tonic::transport::Channel;
use tonic::{Code, Request};

use super::Backend;
use crate::case::Script;
use dragoman::shop::api::shop::v1::product_service_client::ProductServiceClient;
use dragoman::shop::api::shop::v1::{GetProductRequest, SearchProductsRequest};

fn scripts(yaml: &str) -> Vec<Script> {
    serde_saphyr::from_str(yaml).unwrap()
}

async fn client(backend: &Backend) -> ProductServiceClient<Channel> {
    ProductServiceClient::connect(format!("http://{}", backend.address)).await.unwrap()
}

fn get(product_id: &str) -> Request<GetProductRequest> {
    let mut request =
        Request::new(GetProductRequest { product_id: product_id.to_owned(), read_mask: None });
    request.metadata_mut().insert("x-tenant", tonic::metadata::MetadataValue::from_static("blue"));
    request
}

#[tokio::test]
async fn expected_call_is_answered() {
    let backend = Backend::start().await;
    backend.stage.open(&scripts(
        r#"
        - method: shop.v1.ProductService/GetProduct
          metadata: { x-tenant: blue, x-other: null }
          request: { productId: p-1 }
          headers: { x-region: eu }
          reply: { productId: p-1, price: { units: "9" } }
        "#,
    ));
    let response = client(&backend).await.get_product(get("p-1")).await.unwrap();
    assert_eq!(response.metadata().get("x-region").unwrap(), "eu");
    assert_eq!(response.into_inner().price.unwrap().units, 9);
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
}

#[tokio::test]
async fn wrong_missing_and_unexpected_calls_are_problems() {
    let backend = Backend::start().await;
    let mut client = client(&backend).await;
    backend.stage.open(&scripts(
        r#"
        - method: shop.v1.ProductService/GetProduct
          metadata: { x-tenant: red }
          request: { productId: p-2 }
          reply: {}
        - method: shop.v1.ProductService/DeleteProduct
          reply: {}
        "#,
    ));
    client.get_product(get("p-1")).await.unwrap();
    let problems = backend.stage.close().await;
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems[0].contains("x-tenant"), "{problems:?}");
    assert!(problems[1].contains(r#""productId":"p-2""#), "{problems:?}");
    assert_eq!(problems[2], "no call of shop.v1.ProductService/DeleteProduct");

    backend.stage.open(&[]);
    assert_eq!(client.get_product(get("p-1")).await.unwrap_err().code(), Code::Unimplemented);
    assert_eq!(backend.stage.close().await.len(), 1);
}

#[tokio::test]
async fn status_has_its_details() {
    let backend = Backend::start().await;
    backend.stage.open(&scripts(
        r#"
        - method: shop.v1.ProductService/GetProduct
          status:
            code: 5
            message: "no such thing: 100 %"
            details:
              - { "@type": type.googleapis.com/google.rpc.ErrorInfo, reason: GONE }
        "#,
    ));
    let status = client(&backend).await.get_product(get("p-1")).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::NotFound, "no such thing: 100 %"));
    assert!(status.details().windows(4).any(|window| window == b"GONE"));
}

#[tokio::test]
async fn misbehaviour_is_seen() {
    let backend = Backend::start().await;
    for (then, ends) in
        [("reset", false), ("disconnect", false), ("truncate", true), ("no_status", true)]
    {
        backend.stage.open(&scripts(&format!(
            "[{{ method: shop.v1.ProductService/SearchProducts, replies: [{{}}], then: {then} }}]"
        )));
        // The previous round may have closed the connection.
        let request = SearchProductsRequest { query: "tent".into(), ..Default::default() };
        let mut found = client(&backend).await.search_products(request).await.unwrap().into_inner();
        assert!(found.next().await.unwrap().is_ok(), "{then}");
        backend.stage.saw(1);
        match found.next().await {
            Some(Err(_)) => {}
            // tonic takes half a frame, and the lack of a status, for a good end.
            None => assert!(ends, "{then} ends well"),
            Some(Ok(_)) => panic!("{then} goes on"),
        }
    }
}

#[tokio::test]
async fn call_that_hangs_is_noticed_when_given_up() {
    let backend = Backend::start().await;
    backend.stage.open(&scripts("[{ method: shop.v1.ProductService/GetProduct, then: silent }]"));
    let mut client = client(&backend).await;
    let mut call = Box::pin(client.get_product(get("p-1")));
    let mut hanging = backend.stage.hanging.subscribe();
    tokio::select! {
        answer = &mut call => panic!("answered: {answer:?}"),
        _ = hanging.wait_for(|calls| *calls == 1) => {}
    }
    drop(call);
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
}
