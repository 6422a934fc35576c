//! X.509 certificates that are made at start: for the keys that sign tokens,
//! for clients that sign assertions, for tiers that speak TLS.

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, DistinguishedName, DnType, PKCS_RSA_SHA256, date_time_ymd};
use rustls::pki_types::PrivatePkcs8KeyDer;

/// A certificate can't be made: the system's randomness fails, or a name is
/// none.
#[derive(Debug, thiserror::Error)]
#[error("a certificate could not be made: {0}")]
pub struct CertificateError(pub(super) String);

impl CertificateError {
    pub(super) fn of(error: &impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// An RSA key of 2048 bits and a certificate that it signed itself.
pub(super) struct SelfSigned {
    /// The key.
    pub(super) pair: KeyPair,
    /// The key in PKCS #8.
    private: Vec<u8>,
    /// The certificate in DER.
    pub(super) certificate: Vec<u8>,
}

impl SelfSigned {
    /// Makes both; takes a tenth of a second.
    pub(super) fn make(common_name: &str) -> Result<Self, CertificateError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|e| CertificateError::of(&e))?;
        let private = pair.as_der().map_err(|e| CertificateError::of(&e))?.as_ref().to_vec();
        let der = PrivatePkcs8KeyDer::from(private.as_slice());
        let signer = rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der, &PKCS_RSA_SHA256);
        let signer = signer.map_err(|e| CertificateError::of(&e))?;
        let mut params = CertificateParams::default();
        params.distinguished_name = named(common_name);
        // Nobody judges the lifetime of a registered or published key; the
        // clock may be set to any day.
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2049, 12, 31));
        let certificate = params.self_signed(&signer).map_err(|e| CertificateError::of(&e))?;
        Ok(Self { pair, private, certificate: certificate.der().to_vec() })
    }

    /// Private key and certificate, as clients read them from one file.
    pub(super) fn pem(&self) -> String {
        pem("PRIVATE KEY", &self.private) + &pem("CERTIFICATE", &self.certificate)
    }
}

/// A name that has nothing but a common name.
pub(super) fn named(common_name: &str) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, common_name);
    name
}

/// The textual encoding of RFC 7468.
pub(super) fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = format!("-----BEGIN {label}-----\n");
    for line in text.as_bytes().chunks(64) {
        pem.extend(line.iter().map(|byte| char::from(*byte)));
        pem.push('\n');
    }
    pem + "-----END " + label + "-----\n"
}
