//! TLS of a listener, from PEM files. ALPN offers HTTP/2 and HTTP/1.1.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use crate::config::checked::Identity;

/// Why a certificate and its key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate file cannot be read or holds no PEM certificate.
    #[error("cannot read certificates from {}: {reason}", file.display())]
    Certificate {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The key file cannot be read or holds no PEM key.
    #[error("cannot read a private key from {}: {reason}", file.display())]
    Key {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Both were read, but do not work together.
    #[error("cannot use the certificate {} with the key {}: {source}",
        files.certificate.display(), files.key.display())]
    Unusable {
        /// The certificate and its key.
        files: Box<Identity>,
        /// What the TLS library says.
        source: rustls::Error,
    },
}

/// Loads the files of `identity`.
pub(super) fn load(identity: &Identity) -> Result<TlsAcceptor, TlsError> {
    let certificates = read_certificates(&identity.certificate)?;
    let key = PrivateKeyDer::from_pem_file(&identity.key)
        .map_err(|error| TlsError::Key { file: identity.key.clone(), reason: explain(&error) })?;
    let unusable = |source| TlsError::Unusable { files: Box::new(identity.clone()), source };
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(unusable)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    // Tickets need no table that the cores would share.
    config.ticketer = aws_lc_rs::Ticketer::new().map_err(unusable)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn read_certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let wrong = |reason| TlsError::Certificate { file: file.to_owned(), reason };
    let certificates = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|error| wrong(explain(&error)))?;
    if certificates.is_empty() {
        return Err(wrong(explain(&pem::Error::NoItemsFound)));
    }
    Ok(certificates)
}

fn explain(error: &pem::Error) -> String {
    match error {
        pem::Error::Io(error) => error.to_string(),
        pem::Error::NoItemsFound => "the file holds none in PEM form".to_owned(),
        _ => "the file is not well-formed PEM".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(certificate: &Path, key: &Path) -> String {
        let identity = Identity { certificate: certificate.to_owned(), key: key.to_owned() };
        load(&identity).err().expect("the identity is wrong").to_string()
    }

    #[test]
    fn errors_name_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let other = rcgen::KeyPair::generate().unwrap();
        let (certificate, key) = (folder.path().join("chain.pem"), folder.path().join("key.pem"));

        assert!(message(&certificate, &key).contains("chain.pem: No such file"));
        std::fs::write(&certificate, "nothing here").unwrap();
        assert!(message(&certificate, &key).contains("chain.pem: the file holds none"));
        std::fs::write(&certificate, own.cert.pem()).unwrap();
        assert!(message(&certificate, &key).contains("key.pem: No such file"));
        std::fs::write(&key, own.cert.pem()).unwrap();
        assert!(message(&certificate, &key).contains("key.pem: the file holds none"));
        std::fs::write(&key, other.serialize_pem()).unwrap();
        assert!(message(&certificate, &key).starts_with("cannot use the certificate"));
    }
}
