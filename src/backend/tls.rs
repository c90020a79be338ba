//! The TLS side of a backend: whom it trusts and how it proves itself, read once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use rustls::{ConfigBuilder, WantsVerifier};
use tokio_rustls::TlsConnector;

use crate::config::checked::{ClientTls, Identity};

/// Why TLS settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A PEM file.
    #[error("{} {problem}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// Nothing to check a server's certificate against.
    #[error("the system has no certificate authorities; name some with `ca` ({0})")]
    NoSystemRoots(String),
    /// The name to check a certificate against.
    #[error("{0:?} is no name that a certificate could be for")]
    ServerName(String),
    /// The TLS library refuses its settings.
    #[error("TLS: {0}")]
    Library(String),
}

/// What a backend is met with; which versions of HTTP are offered is not said.
pub fn settings(tls: &ClientTls) -> Result<ClientConfig, TlsError> {
    let builder = builder()?.with_root_certificates(roots(tls.ca.as_deref())?);
    Ok(match &tls.identity {
        None => builder.with_no_client_auth(),
        Some(identity) => {
            let (chain, key) = identity_of(identity)?;
            builder.with_client_auth_cert(chain, key).map_err(|error| {
                file_error(&identity.certificate, format!("does not go with its key: {error}"))
            })?
        }
    })
}

/// Settings that trust nobody: where TLS is not spoken.
pub fn unused() -> Result<ClientConfig, TlsError> {
    Ok(builder()?.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

/// The connector of a backend that speaks HTTP/2 alone.
pub fn connector(tls: &ClientTls) -> Result<TlsConnector, TlsError> {
    let mut config = settings(tls)?;
    config.alpn_protocols = vec![b"h2".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// The name to check the certificate of `host` against.
pub fn server_name(tls: &ClientTls, host: &str) -> Result<ServerName<'static>, TlsError> {
    name(tls.server_name.as_deref().unwrap_or(host))
}

/// A name to check a certificate against.
pub fn name(name: &str) -> Result<ServerName<'static>, TlsError> {
    ServerName::try_from(name.to_owned()).map_err(|_| TlsError::ServerName(name.to_owned()))
}

fn builder() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, TlsError> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| TlsError::Library(error.to_string()))
}

fn roots(ca: Option<&Path>) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    let Some(path) = ca else {
        let found = rustls_native_certs::load_native_certs();
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            let reasons: Vec<_> = found.errors.iter().map(ToString::to_string).collect();
            return Err(TlsError::NoSystemRoots(reasons.join("; ")));
        }
        return Ok(roots);
    };
    for certificate in certificates(path)? {
        roots
            .add(certificate)
            .map_err(|error| file_error(path, format!("holds no usable certificate: {error}")))?;
    }
    Ok(roots)
}

fn identity_of(
    identity: &Identity,
) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), TlsError> {
    let chain = certificates(&identity.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&read(&identity.key)?)
        .map_err(|error| file_error(&identity.key, format!("holds no private key: {error}")))?;
    Ok((chain, key))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let chain: Vec<_> = CertificateDer::pem_slice_iter(&read(path)?)
        .collect::<Result<_, _>>()
        .map_err(|error| file_error(path, format!("is not PEM: {error}")))?;
    if chain.is_empty() {
        return Err(file_error(path, "holds no certificate".to_owned()));
    }
    Ok(chain)
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    fs::read(path).map_err(|error| file_error(path, format!("cannot be read: {error}")))
}

fn file_error(path: &Path, problem: String) -> TlsError {
    TlsError::File { path: PathBuf::from(path), problem }
}
