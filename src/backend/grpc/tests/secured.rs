//! TLS: who trusts whom.

use std::path::PathBuf;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::raw::{Server, drive, serve_sockets};
use super::{build, one_message, settings, unary};
use crate::backend::grpc::{Backend, BuildError};
use crate::call::{CallError, Code};
use crate::config::checked::{ClientTls, Grpc, Identity};

/// A certificate authority and the files of a test.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: rcgen::Certificate,
    folder: TempDir,
}

/// A certificate with its key.
struct Issued {
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate");
        let folder = tempfile::tempdir().expect("a folder");
        Self { issuer: Issuer::new(params, key), certificate, folder }
    }

    fn issue(&self, name: &str) -> Issued {
        let params = CertificateParams::new(vec![name.to_owned()]).expect("a name");
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate");
        Issued { certificate, key }
    }

    fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).expect("written");
        path
    }

    fn ca_file(&self) -> PathBuf {
        self.file("ca.pem", &self.certificate.pem())
    }

    fn identity(&self, issued: &Issued) -> Identity {
        Identity {
            certificate: self.file("client.pem", &issued.certificate.pem()),
            key: self.file("client.key", &issued.key.serialize_pem()),
        }
    }

    /// A server for `localhost` that wants clients to have a certificate of `clients`' making.
    async fn serve(&self, clients: Option<&Self>, alpn: &[u8]) -> Server {
        let issued = self.issue("localhost");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("versions");
        let builder = match clients {
            None => builder.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.certificate.der().clone()).expect("a root");
                let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider);
                builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
            }
        };
        let key = PrivateKeyDer::try_from(issued.key.serialize_der()).expect("a key");
        let chain = vec![issued.certificate.der().clone()];
        let mut config = builder.with_single_cert(chain, key).expect("consistent");
        config.alpn_protocols = vec![alpn.to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let any = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
        serve_sockets(any, move |socket: TcpStream| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(socket) = acceptor.accept(socket).await else { return };
                drive(socket, h2::server::Builder::new(), |mut call| async move {
                    call.body().await;
                    call.answer(b"in private");
                })
                .await;
            }
        })
        .await
    }
}

fn secure(server: &Server, tls: ClientTls) -> Grpc {
    let mut settings = settings(&[server.address]);
    settings.endpoints[0].tls = true;
    settings.tls = tls;
    settings
}

fn trusting(authority: &Authority) -> ClientTls {
    ClientTls {
        ca: Some(authority.ca_file()),
        identity: None,
        server_name: Some("localhost".to_owned()),
    }
}

async fn ask(backend: Backend) -> Result<(), CallError> {
    let reply = backend.send(unary("Any", "x")).await?;
    assert_eq!(one_message(reply), "in private");
    Ok(())
}

fn cause(error: &CallError) -> String {
    assert_eq!(error.code(), Code::Unavailable);
    error.cause().map(ToString::to_string).unwrap_or_default()
}

#[tokio::test]
async fn own_authority_is_trusted() {
    let authority = Authority::new();
    let server = authority.serve(None, b"h2").await;
    ask(build(&secure(&server, trusting(&authority)))).await.expect("trusted");
}

#[tokio::test]
async fn another_authority_is_refused() {
    let authority = Authority::new();
    let server = authority.serve(None, b"h2").await;
    let error = ask(build(&secure(&server, trusting(&Authority::new())))).await;
    let cause = cause(&error.expect_err("unknown issuer"));
    assert!(cause.contains("invalid peer certificate"), "{cause}");
}

#[tokio::test]
async fn another_name_is_refused() {
    let authority = Authority::new();
    let server = authority.serve(None, b"h2").await;
    let mut tls = trusting(&authority);
    tls.server_name = None;
    let error = ask(build(&secure(&server, tls))).await.expect_err("127.0.0.1 is not localhost");
    assert!(cause(&error).contains("not valid for name"), "{}", cause(&error));
}

#[tokio::test]
async fn client_certificate_is_shown() {
    let (authority, clients) = (Authority::new(), Authority::new());
    let server = authority.serve(Some(&clients), b"h2").await;
    let mut tls = trusting(&authority);
    assert!(ask(build(&secure(&server, tls.clone()))).await.is_err(), "nothing to show");
    tls.identity = Some(clients.identity(&clients.issue("gateway")));
    ask(build(&secure(&server, tls))).await.expect("shown");
}

#[tokio::test]
async fn a_peer_without_http2_is_refused() {
    let authority = Authority::new();
    let server = authority.serve(None, b"http/1.1").await;
    let error = ask(build(&secure(&server, trusting(&authority)))).await.expect_err("no h2");
    assert!(cause(&error).contains("TLS: "), "{}", cause(&error));
}

#[tokio::test]
async fn bad_files_are_named() {
    let authority = Authority::new();
    let server = authority.serve(None, b"h2").await;
    let issued = authority.issue("gateway");
    let other_key = KeyPair::generate().expect("a key").serialize_pem();
    let identity = |certificate: &PathBuf, key: &PathBuf| {
        let (certificate, key) = (certificate.clone(), key.clone());
        ClientTls { identity: Some(Identity { certificate, key }), ..ClientTls::default() }
    };
    let absent = authority.folder.path().join("absent.pem");
    let empty = authority.file("empty.pem", "nothing here");
    let certificate = authority.file("leaf.pem", &issued.certificate.pem());
    let key = authority.file("leaf.key", &issued.key.serialize_pem());
    let other = authority.file("other.key", &other_key);
    for (mut tls, named, problem) in [
        (ClientTls { ca: Some(absent.clone()), ..ClientTls::default() }, &absent, "cannot be read"),
        (ClientTls { ca: Some(empty.clone()), ..ClientTls::default() }, &empty, "no certificate"),
        (identity(&certificate, &empty), &empty, "no private key"),
        (identity(&empty, &key), &empty, "no certificate"),
        (identity(&certificate, &other), &certificate, "does not go with its key"),
    ] {
        tls.ca = tls.ca.or_else(|| Some(authority.ca_file()));
        let built = Backend::build(&secure(&server, tls), &Arc::from("shop"));
        let Err(error @ BuildError::Tls(_)) = built else { panic!("{built:?}") };
        let text = error.to_string();
        assert!(text.starts_with(&*named.to_string_lossy()), "{text}");
        assert!(text.contains(problem), "{text}");
    }
}
