//! Starting and stopping the shop.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::service::Routes;
use tonic::transport::Server;

use super::api::DESCRIPTORS;
use super::api::shop::v1::inventory_service_server::InventoryServiceServer;
use super::api::shop::v1::notification_service_server::NotificationServiceServer;
use super::api::shop::v1::order_service_server::OrderServiceServer;
use super::api::shop::v1::payment_service_server::PaymentServiceServer;
use super::api::shop::v1::product_service_server::ProductServiceServer;
use super::api::shop::v1::review_service_server::ReviewServiceServer;
use super::api::shop::v1::support_service_server::SupportServiceServer;
use super::api::shop::v1::user_service_server::UserServiceServer;
use super::inventory::Inventory;
use super::notifications::{Notifications, Support};
use super::orders::Orders;
use super::payments::Payments;
use super::products::Products;
use super::reviews::Reviews;
use super::store::Store;
use super::trailers;
use super::users::Users;

/// Calls that one connection may have open.
const STREAMS_PER_CONNECTION: u32 = 1024;

/// The sample shop.
pub struct Shop;

/// A shop that is open. Dropping it closes the shop.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    /// Cancelling it closes the shop: streams that follow end, other calls finish.
    pub shutdown: CancellationToken,
    served: JoinHandle<Result<(), tonic::transport::Error>>,
    _guard: DropGuard,
}

impl Shop {
    /// Opens a shop of its own data at `address` (port 0 lets the system choose), on the current
    /// runtime: all of `shop.v1`, server reflection v1 and v1alpha, and health.
    pub async fn start(address: SocketAddr) -> io::Result<Running> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let shutdown = CancellationToken::new();
        let routes = routes(&Arc::new(Store::open(shutdown.clone()))).await?;
        let connections =
            tokio_stream::StreamExt::map(TcpListenerStream::new(listener), |stream| {
                let stream = stream?;
                stream.set_nodelay(true)?;
                io::Result::Ok(stream)
            });
        let server = Server::builder()
            .max_concurrent_streams(STREAMS_PER_CONNECTION)
            .layer(tower::util::MapResponseLayer::new(trailers::append))
            .add_routes(routes)
            .serve_with_incoming_shutdown(connections, shutdown.clone().cancelled_owned());
        Ok(Running {
            address,
            served: tokio::spawn(server),
            _guard: shutdown.clone().drop_guard(),
            shutdown,
        })
    }
}

impl Running {
    /// Waits until the shop was told to close and every call has ended.
    pub async fn closed(self) -> io::Result<()> {
        let Self { served, _guard, .. } = self;
        served.await.map_err(io::Error::other)?.map_err(io::Error::other)
    }

    /// Closes the shop and waits until every call has ended.
    pub async fn close(self) -> io::Result<()> {
        self.shutdown.cancel();
        self.closed().await
    }
}

async fn routes(store: &Arc<Store>) -> io::Result<Routes> {
    let reflection = || {
        tonic_reflection::server::Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    let (reporter, health) = tonic_health::server::health_reporter();
    reporter.set_serving::<ProductServiceServer<Products>>().await;
    Ok(Routes::new(ProductServiceServer::new(Products(store.clone())))
        .add_service(ReviewServiceServer::new(Reviews(store.clone())))
        .add_service(InventoryServiceServer::new(Inventory(store.clone())))
        .add_service(OrderServiceServer::new(Orders(store.clone())))
        .add_service(UserServiceServer::new(Users(store.clone())))
        .add_service(PaymentServiceServer::new(Payments(store.clone())))
        .add_service(NotificationServiceServer::new(Notifications(store.clone())))
        .add_service(SupportServiceServer::new(Support))
        .add_service(health)
        .add_service(reflection().build_v1().map_err(io::Error::other)?)
        .add_service(reflection().build_v1alpha().map_err(io::Error::other)?))
}
