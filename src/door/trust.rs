//! Whose certificates are believed.

use std::fmt;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::Verifier;

use super::connection::HTTP2;

/// The authorities whose certificates are believed: the system's, and others
/// beside them. Clones share what was loaded.
#[derive(Clone, Default)]
pub(super) struct Trust {
    /// Beside the system's.
    authorities: Arc<[CertificateDer<'static>]>,
    /// Loaded when it is first needed.
    config: Arc<OnceLock<Arc<ClientConfig>>>,
    http2: Arc<OnceLock<Arc<ClientConfig>>>,
}

/// A file of authorities that is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it holds no certificate in PEM (-----BEGIN CERTIFICATE-----)")]
pub struct NoCertificate;

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the system's authorities and {} more", self.authorities.len())
    }
}

impl Trust {
    /// Believes the authorities of a text in PEM as well.
    pub(super) fn and(&self, pem: &str) -> Result<Self, NoCertificate> {
        let mut authorities = self.authorities.to_vec();
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            authorities.push(certificate.map_err(|_| NoCertificate)?);
        }
        if authorities.len() == self.authorities.len() {
            return Err(NoCertificate);
        }
        Ok(Self { authorities: authorities.into(), ..Self::default() })
    }

    /// What a TLS client is set up with. The system's authorities are read once
    /// a process where there are no others.
    pub(super) fn config(&self) -> Arc<ClientConfig> {
        static SYSTEM: OnceLock<Arc<ClientConfig>> = OnceLock::new();
        let cell = if self.authorities.is_empty() { &SYSTEM } else { &*self.config };
        Arc::clone(cell.get_or_init(|| Arc::new(client(&self.authorities))))
    }

    /// The same for connections that are to be of HTTP/2, and say so.
    pub(super) fn for_http2(&self) -> Arc<ClientConfig> {
        static SYSTEM: OnceLock<Arc<ClientConfig>> = OnceLock::new();
        let cell = if self.authorities.is_empty() { &SYSTEM } else { &*self.http2 };
        Arc::clone(cell.get_or_init(|| {
            let mut config = (*self.config()).clone();
            config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
            Arc::new(config)
        }))
    }
}

fn client(authorities: &[CertificateDer<'static>]) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("the provider offers the default versions");
    if let Ok(verifier) = Verifier::new_with_extra_roots(authorities.iter().cloned(), provider) {
        return builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier)).with_no_client_auth();
    }
    // A system without authorities, such as a bare container: nobody is
    // believed but those that were given.
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities.iter().cloned());
    builder.with_root_certificates(roots).with_no_client_auth()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_a_certificate_is_refused() {
        assert_eq!(Trust::default().and("nothing").map(|_| ()), Err(NoCertificate));
        let broken = "-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        assert_eq!(Trust::default().and(broken).map(|_| ()), Err(NoCertificate));
    }
}
