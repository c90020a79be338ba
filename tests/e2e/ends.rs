//! How the gateway ends: by signals, with calls in flight.

use crate::backend::Backend;
use crate::client;
use crate::duplex::Duplex;
use crate::gateway::Gateway;
use crate::shop::by_reflection;

async fn talking(config: impl FnOnce(String) -> String) -> (Gateway, Backend, Duplex) {
    let backend = Backend::start().await;
    let gateway = Gateway::serve(&config(by_reflection(backend.address))).await;
    let scripts = "[{ method: cases.v1.EchoService/Talk, echo: true }]";
    backend.stage.open(&serde_saphyr::from_str::<Vec<_>>(scripts).unwrap());
    let mut talk = Duplex::open(gateway.address("public").await, "/v1/talk").await;
    talk.send("{\"number\":1}\n").await;
    assert_eq!(talk.line().await, "{\"result\":{\"number\":1}}");
    (gateway, backend, talk)
}

#[tokio::test]
async fn calls_in_flight_finish_before_the_end() {
    let (mut gateway, backend, mut talk) = talking(|config| config).await;
    let (public, admin) = (gateway.address("public").await, gateway.address("admin").await);
    gateway.signal();
    gateway.until_logged(|line| line["message"] == "draining").await;
    // Nobody new comes in, and whoever balances the load is told so. Who came before the cores
    // heard of it is still answered, so ask for what no backend is called for.
    gateway.until(|| async { client::get(public, "/nowhere").await.is_err() }).await;
    let ready = client::get(admin, "/readyz").await.unwrap();
    assert_eq!(ready.status, 503);

    talk.send("{\"number\":2}\n").await;
    assert_eq!(talk.line().await, "{\"result\":{\"number\":2}}");
    talk.end();
    assert_eq!(talk.line().await, "{\"status\":{\"code\":0,\"message\":\"\"}}");
    assert_eq!(backend.stage.close().await, Vec::<String>::new());
    drop(talk);
    assert_eq!(gateway.ended().await.code(), Some(0), "{}", gateway.log());
}

#[tokio::test]
async fn second_signal_ends_at_once() {
    let (mut gateway, _backend, _talk) = talking(|config| config).await;
    gateway.signal();
    gateway.until_logged(|line| line["message"] == "draining").await;
    gateway.signal();
    assert_eq!(gateway.ended().await.code(), Some(0), "{}", gateway.log());
    gateway.until_logged(|line| line["message"] == "stopped" && line["cut"] == 1).await;
}

#[tokio::test]
async fn drain_has_a_limit() {
    let short = |config| config + "process: { drain: 50ms }\n";
    let (mut gateway, _backend, _talk) = talking(short).await;
    assert_eq!(gateway.terminate().code(), Some(0), "{}", gateway.log());
    gateway.until_logged(|line| line["message"] == "stopped" && line["cut"] == 1).await;
}

#[tokio::test]
async fn signal_ends_a_gateway_that_is_still_asking_its_backends() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut gateway = Gateway::serve_anyway(&by_reflection(silent.local_addr().unwrap()));
    let (_asked, _) = silent.accept().await.unwrap();
    gateway.signal();
    assert_eq!(gateway.ended().await.code(), Some(0), "{}", gateway.log());
}
