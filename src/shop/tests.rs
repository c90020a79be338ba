//! The shop as a gRPC client sees it.

use std::net::{Ipv4Addr, SocketAddr};

use prost_reflect::DescriptorPool;
use tokio_stream::StreamExt;
use tonic::transport::Channel;
use tonic::{Code, Streaming};
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};

use super::api::shop::v1::inventory_service_client::InventoryServiceClient;
use super::api::shop::v1::notification_service_client::NotificationServiceClient;
use super::api::shop::v1::order_service_client::OrderServiceClient;
use super::api::shop::v1::product_service_client::ProductServiceClient;
use super::api::shop::v1::review_service_client::ReviewServiceClient;
use super::api::shop::v1::support_service_client::SupportServiceClient;
use super::api::shop::v1::{
    AdjustStockRequest, BatchListOrdersRequest, BatchListReviewsRequest, CancelOrderRequest,
    ChatMessage, CreateProductRequest, GetProductRequest, GetStockRequest, ImportProductsRequest,
    ListOrdersRequest, ListProductsRequest, ListReviewsRequest, Money, Notification, NotifyRequest,
    Product, SearchProductsRequest, StockCount, TrackOrderRequest, UpdateProductRequest,
    WatchRequest, WatchStockRequest, chat_message, order,
};
use super::{Running, Shop};

async fn open() -> (Running, Channel) {
    let running = Shop::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let channel = Channel::from_shared(format!("http://{}", running.address)).unwrap();
    let channel = channel.connect().await.unwrap();
    (running, channel)
}

fn mug() -> Product {
    Product {
        name: "Tin Mug".into(),
        price: Some(Money { currency_code: "EUR".into(), units: 9, nanos: 0 }),
        ..Default::default()
    }
}

async fn all<T>(mut stream: Streaming<T>) -> Vec<T> {
    let mut messages = Vec::new();
    while let Some(message) = stream.message().await.unwrap() {
        messages.push(message);
    }
    messages
}

#[tokio::test]
async fn pages_cover_the_whole_catalog() {
    let (_shop, channel) = open().await;
    let mut client = ProductServiceClient::new(channel);
    let mut request = ListProductsRequest { page_size: 50, ..Default::default() };
    let mut ids = Vec::new();
    loop {
        let page = client.list_products(request.clone()).await.unwrap().into_inner();
        assert_eq!(page.total_size, 120);
        ids.extend(page.products.into_iter().map(|product| product.product_id));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert_eq!(ids.len(), 120);
    assert_eq!(ids.first().map(String::as_str), Some("p-1001"));
}

#[tokio::test]
async fn search_is_sent_over_again_as_often_as_asked() {
    let (_shop, channel) = open().await;
    let mut client = ProductServiceClient::new(channel);
    let request = |again| SearchProductsRequest { query: "tent".into(), limit: 2, again };
    let once = all(client.search_products(request(0)).await.unwrap().into_inner()).await;
    let thrice = all(client.search_products(request(2)).await.unwrap().into_inner()).await;
    assert_eq!(once.len(), 2);
    assert_eq!(thrice, [once.clone(), once.clone(), once].concat());
    let refused = client.search_products(request(1_000_001)).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
}

#[tokio::test]
async fn product_is_created_changed_and_deleted() {
    let (_shop, channel) = open().await;
    let mut client = ProductServiceClient::new(channel);
    let create = CreateProductRequest { product: Some(mug()), validate_only: false };
    let created = client.create_product(create).await.unwrap().into_inner();
    assert_eq!(created.product_id, "p-5001");

    let again = CreateProductRequest { product: Some(created.clone()), validate_only: false };
    assert_eq!(client.create_product(again).await.unwrap_err().code(), Code::AlreadyExists);

    let update = UpdateProductRequest {
        product: Some(Product { name: "Steel Mug".into(), ..created.clone() }),
        update_mask: Some(prost_types::FieldMask { paths: vec!["name".into()] }),
        allow_missing: false,
    };
    let updated = client.update_product(update).await.unwrap().into_inner();
    assert_eq!((updated.name.as_str(), &updated.price), ("Steel Mug", &mug().price));

    let product_id = created.product_id;
    let delete = super::api::shop::v1::DeleteProductRequest { product_id: product_id.clone() };
    client.delete_product(delete).await.unwrap();
    let get = GetProductRequest { product_id, ..Default::default() };
    let status = client.get_product(get).await.unwrap_err();
    assert_eq!(status.code(), Code::NotFound);
    assert!(!status.details().is_empty());
}

#[tokio::test]
async fn import_tells_what_it_refused() {
    let (_shop, channel) = open().await;
    let known = Product { product_id: "p-1001".into(), ..mug() };
    let products = [mug(), Product::default(), known]
        .map(|product| ImportProductsRequest { product: Some(product) });
    let answer = ProductServiceClient::new(channel)
        .import_products(tokio_stream::iter(products))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((answer.created, answer.replaced), (1, 1));
    assert!(answer.refused[&1].contains("product.name"), "{answer:?}");
}

#[tokio::test]
async fn reviews_of_many_products_are_those_of_each() {
    let (_shop, channel) = open().await;
    let mut client = ReviewServiceClient::new(channel);
    let ids = ["p-1005", "p-1003", "p-9", "p-1005", "p-1002"];
    let request = BatchListReviewsRequest {
        product_ids: ids.map(str::to_owned).into(),
        page_size: 2,
        min_rating: Some(4),
    };
    let batch = client.batch_list_reviews(request.clone()).await.unwrap().into_inner();
    let of: Vec<_> = batch.product_reviews.iter().map(|of| of.product_id.as_str()).collect();
    assert_eq!(of, ["p-1005", "p-1003", "p-1002"]);
    for of in batch.product_reviews {
        let one = ListReviewsRequest {
            product_id: of.product_id,
            page_size: 2,
            min_rating: Some(4),
            ..Default::default()
        };
        let one = client.list_reviews(one).await.unwrap().into_inner();
        assert_eq!((of.reviews, of.total_size), (one.reviews, one.total_size));
    }

    let many = BatchListReviewsRequest { product_ids: vec!["p".into(); 501], ..request.clone() };
    let negative = BatchListReviewsRequest { page_size: -1, ..request };
    for wrong in [many, negative] {
        let status = client.batch_list_reviews(wrong).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
    }
}

#[tokio::test]
async fn orders_of_many_users_are_those_of_each() {
    let (_shop, channel) = open().await;
    let mut client = OrderServiceClient::new(channel);
    let user_ids = ["u-1002", "u-9", "u-1001"].map(str::to_owned).into();
    let request = BatchListOrdersRequest { user_ids, ..Default::default() };
    let batch = client.batch_list_orders(request).await.unwrap().into_inner();
    let of: Vec<_> = batch.user_orders.iter().map(|of| of.user_id.as_str()).collect();
    assert_eq!(of, ["u-1002", "u-1001"]);
    for of in batch.user_orders {
        let one = ListOrdersRequest { user_id: of.user_id, ..Default::default() };
        let one = client.list_orders(one).await.unwrap().into_inner();
        assert!(of.total_size > 0);
        assert_eq!((of.orders, of.total_size), (one.orders, one.total_size));
    }
}

#[tokio::test]
async fn shipped_order_cannot_be_cancelled() {
    let (_shop, channel) = open().await;
    let mut client = OrderServiceClient::new(channel);
    let cancel = |order_id: &str| CancelOrderRequest {
        order_id: order_id.to_owned(),
        reason: "too many".to_owned(),
    };
    let cancelled = client.cancel_order(cancel("o-1001")).await.unwrap().into_inner();
    assert_eq!(cancelled.state(), order::State::Cancelled);
    let status = client.cancel_order(cancel("o-1003")).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
}

#[tokio::test]
async fn tracking_ends_with_trailers() {
    let (_shop, channel) = open().await;
    let request = TrackOrderRequest { order_id: "o-1004".into() };
    let mut events =
        OrderServiceClient::new(channel).track_order(request).await.unwrap().into_inner();
    let mut count = 0;
    while events.message().await.unwrap().is_some() {
        count += 1;
    }
    let trailers = events.trailers().await.unwrap().unwrap();
    assert_eq!(trailers.get("shop-events").unwrap().to_str().unwrap(), count.to_string());
}

#[tokio::test]
async fn watcher_sees_the_present_and_each_change() {
    let (shop, channel) = open().await;
    let mut client = InventoryServiceClient::new(channel);
    let product_id = "p-1001".to_owned();
    let watch = WatchStockRequest { product_ids: vec![product_id.clone()], follow: true };
    let mut watched = client.watch_stock(watch).await.unwrap().into_inner();
    let present = watched.message().await.unwrap().unwrap();

    for product_id in ["p-1002", "p-1001"] {
        let adjust = AdjustStockRequest {
            product_id: product_id.to_owned(),
            warehouse: "leipzig".to_owned(),
            change: 5,
            reason: 1,
        };
        client.adjust_stock(adjust).await.unwrap();
    }
    let changed = watched.message().await.unwrap().unwrap();
    assert_eq!(changed.product_id, product_id);
    assert_eq!(changed.available, present.available + 5);

    // Following ends when the shop closes, or closing would never end.
    let closed = tokio::spawn(shop.close());
    assert_eq!(watched.message().await.unwrap(), None);
    drop((watched, client));
    closed.await.unwrap().unwrap();
}

#[tokio::test]
async fn taking_more_than_is_there_is_refused() {
    let (_shop, channel) = open().await;
    let mut client = InventoryServiceClient::new(channel);
    let adjust = AdjustStockRequest {
        product_id: "p-1001".into(),
        warehouse: "leipzig".into(),
        change: -1000,
        reason: 0,
    };
    let status = client.adjust_stock(adjust).await.unwrap_err();
    assert_eq!(status.code(), Code::FailedPrecondition);
    let get = GetStockRequest { product_id: "p-1001".into() };
    assert_eq!(client.get_stock(get).await.unwrap().into_inner().version, 1);
}

#[tokio::test]
async fn stock_is_synchronised_both_ways() {
    let (_shop, channel) = open().await;
    let counts = [3, 8].map(|quantity| StockCount {
        product_id: "p-1001".into(),
        warehouse: "porto".into(),
        quantity,
    });
    let answers = InventoryServiceClient::new(channel)
        .sync_stock(tokio_stream::iter(counts))
        .await
        .unwrap()
        .into_inner();
    let seen: Vec<_> =
        all(answers).await.iter().map(|stock| stock.quantity_by_warehouse["porto"]).collect();
    assert_eq!(seen, [3, 8]);
}

#[tokio::test]
async fn notices_are_kept_and_followed() {
    let (_shop, channel) = open().await;
    let mut client = NotificationServiceClient::new(channel);
    let watch = WatchRequest { channel: "orders".into(), after: 2, limit: 2 };
    let watched = client.watch(watch).await.unwrap().into_inner();
    let notify = NotifyRequest {
        channel: "orders".into(),
        notification: Some(Notification { subject: "news".into(), ..Default::default() }),
    };
    let told = client.notify(notify).await.unwrap().into_inner();
    assert_eq!((told.sequence, told.watchers), (4, 1));
    let subjects: Vec<_> = all(watched).await.into_iter().map(|notice| notice.subject).collect();
    assert_eq!(subjects, ["o-1005 was called off", "news"]);
}

#[tokio::test]
async fn talk_ends_with_bye() {
    let (_shop, channel) = open().await;
    let lines = ["hello", "bye", "still there?"].map(|text| ChatMessage {
        author: "me".into(),
        content: Some(chat_message::Content::Text(text.into())),
    });
    let answers = SupportServiceClient::new(channel).chat(tokio_stream::iter(lines)).await.unwrap();
    assert_eq!(all(answers.into_inner()).await.len(), 2);
}

#[tokio::test]
async fn reflection_keeps_http_rules() {
    let (_shop, channel) = open().await;
    let request = ServerReflectionRequest {
        message_request: Some(MessageRequest::FileContainingSymbol(
            "shop.v1.ProductService".into(),
        )),
        ..Default::default()
    };
    let answers = ServerReflectionClient::new(channel)
        .server_reflection_info(tokio_stream::once(request))
        .await
        .unwrap();
    let answer: Vec<Result<ServerReflectionResponse, _>> = answers.into_inner().collect().await;
    let answer = answer.into_iter().next().unwrap().unwrap().message_response.unwrap();
    let MessageResponse::FileDescriptorResponse(files) = answer else {
        panic!("no file but {answer:?}")
    };
    let rule = b"/v1/products/{product_id}";
    let served = files
        .file_descriptor_proto
        .iter()
        .any(|file| file.windows(rule.len()).any(|window| window == rule));
    assert!(served);
}

#[test]
fn contract_has_the_variety_it_is_for() {
    let pool = DescriptorPool::decode(super::api::DESCRIPTORS).unwrap();
    let services: Vec<_> =
        pool.services().filter(|service| service.package_name() == "shop.v1").collect();
    assert_eq!(services.len(), 8);
    let methods: Vec<_> = services.iter().flat_map(|service| service.methods()).collect();
    let kinds = |client, server| {
        methods
            .iter()
            .filter(|method| {
                method.is_client_streaming() == client && method.is_server_streaming() == server
            })
            .count()
    };
    assert!(kinds(false, false) > 20);
    assert_eq!((kinds(true, false), kinds(false, true), kinds(true, true)), (2, 4, 2));
    let commented = pool.files().find(|file| file.name() == "shop/v1/money.proto").unwrap();
    assert!(commented.file_descriptor_proto().source_code_info.is_some());
}
