//! TLS and ALPN.

use rustls::ClientConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::ServerName;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;

fn tls_config(certificate: &Certificate, limits: Limits) -> Config {
    let mut config = config(limits);
    config.listeners[0].tls = Some(certificate.files());
    config
}

async fn connect(
    server: &Running,
    certificate: &Certificate,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(certificate.own.cert.der().clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, server.connect().await).await
}

#[tokio::test]
async fn alpn_chooses_http2() {
    let certificate = Certificate::new();
    let server = start(&tls_config(&certificate, limits()));
    let stream = connect(&server, &certificate, &["h2", "http/1.1"]).await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let (mut client, _connection) = http2::client(stream).await;
    assert_eq!(http2::send(&mut client, "/echo", "hello").await.1, "hello");
}

#[tokio::test]
async fn alpn_chooses_http1() {
    let certificate = Certificate::new();
    let server = start(&tls_config(&certificate, limits()));
    for protocols in [&["http/1.1"][..], &[]] {
        let mut stream = connect(&server, &certificate, protocols).await.unwrap();
        assert_ne!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        stream.write_all(get("/").as_bytes()).await.unwrap();
        assert!(rest(&mut stream).await.ends_with("listener 0"));
    }
}

#[tokio::test]
async fn a_client_of_another_protocol_is_turned_away() {
    let certificate = Certificate::new();
    let server = start(&tls_config(&certificate, limits()));
    assert!(connect(&server, &certificate, &["smtp"]).await.is_err());
}

#[tokio::test]
async fn a_handshake_that_stands_still_is_given_up() {
    let certificate = Certificate::new();
    let server = start(&tls_config(&certificate, Limits { headers_timeout: SHORT, ..limits() }));
    assert_eq!(server.talk("").await, "");
}

#[tokio::test]
async fn a_refused_body_is_answered_through_tls() {
    let certificate = Certificate::new();
    let server = start(&tls_config(&certificate, Limits { stream: 10, ..limits() }));
    let mut stream = connect(&server, &certificate, &["http/1.1"]).await.unwrap();
    let body = "x".repeat(300_000);
    let head = format!("POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}", body.len());
    stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).await.unwrap();
    let response = read_until(&mut stream, "10 bytes").await;
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
}
