//! TLS on both sides: certificates, ALPN, own authorities, client certificates, server names.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use http_body_util::Empty;
use hyper_util::rt::{TokioExecutor, TokioIo};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::backend::Backend;
use crate::client;
use crate::gateway::Gateway;
use crate::shop::by_reflection;

/// A certificate authority, and what it has signed.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate and its key, as PEM.
struct Identity {
    certificate: String,
    key: String,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    fn sign(&self, name: &str) -> Identity {
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap().pem();
        Identity { certificate, key: key.serialize_pem() }
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(self.pem.as_bytes()).unwrap()).unwrap();
        roots
    }
}

impl Identity {
    fn write(&self, folder: &Path, name: &str) {
        std::fs::write(folder.join(format!("{name}.pem")), &self.certificate).unwrap();
        std::fs::write(folder.join(format!("{name}.key")), &self.key).unwrap();
    }
}

/// A backend with that identity, which lets in only who shows a certificate of `clients`.
async fn secured_backend(identity: &Identity, clients: &Authority) -> Backend {
    let verifier = WebPkiClientVerifier::builder(Arc::new(clients.roots())).build().unwrap();
    let mut config = ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(
            vec![CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap()],
            PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    Backend::start_at(any, Some(TlsAcceptor::from(Arc::new(config)))).await
}

fn secured(backend: SocketAddr, tls: &str) -> String {
    let plain = by_reflection(backend).replace("http://", "https://");
    plain.replace(&format!("{backend}\"]"), &format!("{backend}\"], tls: {tls}"))
}

async fn connect(address: SocketAddr, roots: RootCertStore, alpn: &[&str]) -> TlsStream<TcpStream> {
    let mut config = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    let connection = TcpStream::connect(address).await.unwrap();
    let name = ServerName::try_from("gateway.test").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, connection).await.unwrap()
}

#[tokio::test]
async fn listener_speaks_what_alpn_agrees_on() {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    authority.sign("gateway.test").write(folder.path(), "gateway");
    let backend = Backend::start().await;
    let path = folder.path().display();
    let tls = format!("tls: {{ certificate: {path}/gateway.pem, key: {path}/gateway.key }}, rest:");
    let config = by_reflection(backend.address).replace("rest:", &tls);
    let gateway = Gateway::serve(&config).await;
    let public = gateway.address("public").await;

    for (offered, agreed) in [
        (&["h2", "http/1.1"][..], Some(&b"h2"[..])),
        (&["http/1.1"], Some(b"http/1.1")),
        (&[], None),
    ] {
        let stream = connect(public, authority.roots(), offered).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed);
        let io = TokioIo::new(stream);
        let request = http::Request::get("https://gateway.test/nowhere")
            .header("host", "gateway.test")
            .body(Empty::<bytes::Bytes>::new())
            .unwrap();
        let mut driver = tokio::task::JoinSet::new();
        let response = if agreed == Some(b"h2") {
            let (mut sender, connection) =
                hyper::client::conn::http2::handshake(TokioExecutor::new(), io).await.unwrap();
            driver.spawn(connection);
            sender.send_request(request).await.unwrap()
        } else {
            let (mut sender, connection) = hyper::client::conn::http1::handshake(io).await.unwrap();
            driver.spawn(connection);
            sender.send_request(request).await.unwrap()
        };
        assert_eq!(response.status(), 404, "{offered:?}");
    }
    // Without TLS there is nothing to be had here.
    assert!(client::get(public, "/nowhere").await.is_err());
}

#[tokio::test]
async fn backend_is_checked_and_shown_a_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let (services, clients, others) = (Authority::new(), Authority::new(), Authority::new());
    let backend = secured_backend(&services.sign("shop.internal"), &clients).await;
    std::fs::write(folder.path().join("ca.pem"), &services.pem).unwrap();
    std::fs::write(folder.path().join("others.pem"), &others.pem).unwrap();
    clients.sign("gateway").write(folder.path(), "client");
    others.sign("gateway").write(folder.path(), "stranger");
    let path = folder.path().display();
    let identity = |name: &str| {
        format!("identity: {{ certificate: {path}/{name}.pem, key: {path}/{name}.key }}")
    };

    let good =
        format!("{{ ca: {path}/ca.pem, server_name: shop.internal, {} }}", identity("client"));
    let gateway = Gateway::serve(&secured(backend.address, &good)).await;
    let scripts = "[{ method: shop.v1.ProductService/GetProduct, reply: { name: Tent } }]";
    backend.stage.open(&serde_saphyr::from_str::<Vec<_>>(scripts).unwrap());
    let answer = client::get(gateway.address("public").await, "/v1/products/p-1").await.unwrap();
    assert_eq!(answer.status, 200, "{}", gateway.log());
    assert_eq!(backend.stage.close().await, Vec::<String>::new());

    for (bad, what) in [
        // The name is not the endpoint's.
        (format!("{{ ca: {path}/ca.pem, {} }}", identity("client")), "name"),
        (
            format!(
                "{{ ca: {path}/others.pem, server_name: shop.internal, {} }}",
                identity("client")
            ),
            "authority",
        ),
        (format!("{{ ca: {path}/ca.pem, server_name: shop.internal }}"), "no identity"),
        (
            format!(
                "{{ ca: {path}/ca.pem, server_name: shop.internal, {} }}",
                identity("stranger")
            ),
            "identity",
        ),
    ] {
        let gateway = Gateway::serve_anyway(&secured(backend.address, &bad));
        let admin = gateway.address("admin").await;
        let ready = client::get(admin, "/readyz").await.unwrap();
        assert_eq!(ready.status, 503, "{what}: {}", gateway.log());
    }
}
