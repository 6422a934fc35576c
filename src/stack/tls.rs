//! TLS of the embedded tiers: an authority that is made at start, and a
//! certificate for the names of this machine.
//!
//! A tier that speaks TLS goes on speaking plain HTTP at the same port: the
//! first byte of a connection tells which it is.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::Datelike as _;
use rcgen::{
    BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;

use super::certificate::{CertificateError, named, pem};
use crate::clock::Timestamp;
use crate::door::{Connection, HTTP2};

/// How long a client may take to shake hands, in real time.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// The first byte of a TLS record that begins a handshake (RFC 8446 §5.1).
const HANDSHAKE_RECORD: u8 = 0x16;

/// How long the certificates are good: what browsers and platforms take at
/// most.
const GOOD_FOR: Duration = Duration::from_hours(24 * 397);

/// Speaks TLS for tiers, under a certificate of its own authority. Clones share
/// it.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    authority: Arc<str>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tls")
    }
}

impl Tls {
    /// Makes an authority and a certificate for `localhost`, both loopback
    /// addresses and the address that is listened on. Good from the day before
    /// `today`, which is the real one: clients judge by their own clocks.
    ///
    /// # Errors
    /// The system's randomness fails.
    pub fn make(listen: IpAddr, today: Timestamp) -> Result<Self, CertificateError> {
        let failed = |e: rcgen::Error| CertificateError::of(&e);
        let key = KeyPair::generate().map_err(failed)?;
        let mut authority = CertificateParams::default();
        authority.distinguished_name = named("Seamstress, made for this run");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        last(&mut authority, today);
        let root = authority.self_signed(&key).map_err(failed)?;
        let (own, certificate) = leaf(listen, today, &Issuer::new(authority, key))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|e| CertificateError::of(&e))?
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivatePkcs8KeyDer::from(own.serialize_der()).into())
            .map_err(|e| CertificateError::of(&e))?;
        config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        Ok(Self { acceptor, authority: pem("CERTIFICATE", root.der()).into() })
    }

    /// The authority's certificate in PEM: what clients must believe.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Takes a connection as its client begins it: TLS or plain.
    pub(super) async fn accept(&self, stream: TcpStream) -> io::Result<Connection> {
        let mut first = [0];
        if stream.peek(&mut first).await? == 0 || first[0] != HANDSHAKE_RECORD {
            return Ok(Connection::Plain(stream));
        }
        let shaken = tokio::time::timeout(HANDSHAKE, self.acceptor.accept(stream)).await;
        let stream = shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))?;
        Ok(Connection::Tls(Box::new(stream.into())))
    }
}

/// A connection as a tier takes it that may speak TLS.
pub(super) async fn accepted(tls: Option<&Tls>, stream: TcpStream) -> io::Result<Connection> {
    match tls {
        None => Ok(Connection::Plain(stream)),
        Some(tls) => tls.accept(stream).await,
    }
}

fn leaf(
    listen: IpAddr,
    today: Timestamp,
    authority: &Issuer<'_, KeyPair>,
) -> Result<(KeyPair, CertificateDer<'static>), CertificateError> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    let own = listen.to_string();
    if !listen.is_unspecified() && !names.contains(&own) {
        names.push(own);
    }
    let failed = |e: rcgen::Error| CertificateError::of(&e);
    let key = KeyPair::generate().map_err(failed)?;
    let mut params = CertificateParams::new(names).map_err(failed)?;
    params.distinguished_name = named("localhost");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Python 3.13 asks for it (VERIFY_X509_STRICT).
    params.use_authority_key_identifier_extension = true;
    last(&mut params, today);
    let certificate = params.signed_by(&key, authority).map_err(failed)?;
    Ok((key, certificate.der().clone()))
}

/// Sets from when and until when a certificate is good.
fn last(params: &mut CertificateParams, today: Timestamp) {
    let day = |instant: Timestamp| {
        let date = instant.utc().date_naive();
        date_time_ymd(date.year(), date.month() as u8, date.day() as u8)
    };
    params.not_before = day(today.minus(Duration::from_hours(24)));
    params.not_after = day(today.plus(GOOD_FOR));
}
