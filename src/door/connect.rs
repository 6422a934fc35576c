//! Opening connections to addresses that are allowed.

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::connection::{Connection, HTTP2};
use super::trust::{NoCertificate, Trust};

/// Where a connection goes: scheme, host and port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// Whether TLS is spoken.
    pub tls: bool,
    /// Host name or address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl Origin {
    /// From a URL; `None` where it is no `http` or `https` URL with a host.
    pub fn parse(url: &str) -> Option<Self> {
        let url = url::Url::parse(url).ok()?;
        let tls = match url.scheme() {
            "http" => false,
            "https" => true,
            _ => return None,
        };
        let host = url.host_str()?.trim_matches(['[', ']']).to_owned();
        Some(Self { tls, host, port: url.port_or_known_default()? })
    }

    /// As the `Host` field has it: without the port where it is the scheme's
    /// own.
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        if self.port == if self.tls { 443 } else { 80 } { host } else { format!("{host}:{}", self.port) }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "https" } else { "http" }, self.authority())
    }
}

impl From<SocketAddr> for Origin {
    fn from(address: SocketAddr) -> Self {
        Self { tls: false, host: address.ip().to_string(), port: address.port() }
    }
}

/// Why a connection was not opened.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// The address is neither loopback nor listed.
    #[error("{host} ({address}) is neither loopback nor an allowed host of this environment")]
    NotAllowed {
        /// The host that was named.
        host: String,
        /// What it resolved to.
        address: SocketAddr,
    },
    /// The name has no address, or nobody listens there.
    #[error("can't connect to {origin}: {source}")]
    Connect {
        /// Where to.
        origin: Origin,
        /// Why not.
        source: io::Error,
    },
    /// Raw connections speak no TLS: `https` goes through [`Door::open`] or
    /// [`super::RestClient`].
    #[error("{0} needs TLS, which raw connections don't speak")]
    Tls(Origin),
    /// HTTP/2 is wanted, and the other side chose something else under TLS.
    #[error(
        "{origin} does not speak HTTP/2: offered `h2` and `http/1.1` under TLS (ALPN), it chose {}",
        other.as_ref().map_or_else(|| "nothing".to_owned(), |other| format!("`{other}`"))
    )]
    Agreed {
        /// Where to.
        origin: Origin,
        /// What it chose, where it chose something.
        other: Option<String>,
    },
}

/// A raw connection.
pub type Stream = TcpStream;

/// Opens connections to loopback and to listed hosts. Clones share the list.
#[derive(Clone, Debug, Default)]
pub struct Door {
    allowed: Arc<[String]>,
    trust: Trust,
}

/// How long connecting may take, in real time.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Door {
    /// Loopback, and these host names beside it.
    pub fn new(allowed_hosts: impl IntoIterator<Item = String>) -> Self {
        Self { allowed: allowed_hosts.into_iter().map(|h| h.to_ascii_lowercase()).collect(), trust: Trust::default() }
    }

    /// Believes the authorities of a text in PEM beside the system's.
    ///
    /// # Errors
    /// There is no certificate in it.
    pub fn trusting(self, pem: &str) -> Result<Self, NoCertificate> {
        Ok(Self { trust: self.trust.and(pem)?, ..self })
    }

    pub(super) fn tls_config(&self) -> Arc<ClientConfig> {
        self.trust.config()
    }

    /// Loopback only.
    pub fn loopback() -> Self {
        Self::default()
    }

    /// Whether a host at this address may be reached.
    pub fn permits(&self, host: &str, address: SocketAddr) -> bool {
        address.ip().to_canonical().is_loopback() || self.allowed.iter().any(|h| h.eq_ignore_ascii_case(host))
    }

    /// Opens a plain TCP connection, without delay of small packets.
    ///
    /// # Errors
    /// The origin wants TLS, has no address, is not allowed, or nobody listens.
    pub async fn connect(&self, origin: &Origin) -> Result<Stream, DoorError> {
        if origin.tls {
            return Err(DoorError::Tls(origin.clone()));
        }
        self.reach(origin).await
    }

    /// Opens a connection as the origin wants it: plain, or under TLS with a
    /// certificate that is believed.
    ///
    /// # Errors
    /// The origin has no address, is not allowed, nobody listens, or its
    /// certificate is not believed.
    pub async fn open(&self, origin: &Origin) -> Result<Connection, DoorError> {
        self.shaken(origin, self.tls_config()).await
    }

    /// Opens a connection for HTTP/2: plain, where the other side must take it
    /// without having been asked, or under TLS where it agrees.
    ///
    /// # Errors
    /// Those of [`Door::open`], or the other side speaks something else.
    pub async fn open_http2(&self, origin: &Origin) -> Result<Connection, DoorError> {
        let connection = self.shaken(origin, self.trust.for_http2()).await?;
        if origin.tls && connection.agreed() != Some(HTTP2) {
            return Err(DoorError::Agreed {
                origin: origin.clone(),
                other: connection.agreed().map(|other| String::from_utf8_lossy(other).into_owned()),
            });
        }
        Ok(connection)
    }

    async fn shaken(&self, origin: &Origin, config: Arc<ClientConfig>) -> Result<Connection, DoorError> {
        let stream = self.reach(origin).await?;
        if !origin.tls {
            return Ok(Connection::Plain(stream));
        }
        let failed = |source| DoorError::Connect { origin: origin.clone(), source };
        let name = ServerName::try_from(origin.host.clone())
            .map_err(|e| failed(io::Error::new(io::ErrorKind::InvalidInput, e)))?;
        let shaken = TlsConnector::from(config).connect(name, stream);
        let shaken = tokio::time::timeout(CONNECT_TIMEOUT, shaken).await;
        let stream = shaken.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into())).map_err(failed)?;
        Ok(Connection::Tls(Box::new(stream.into())))
    }

    /// TCP to the first address that answers, without delay of small packets.
    async fn reach(&self, origin: &Origin) -> Result<TcpStream, DoorError> {
        let failed = |source| DoorError::Connect { origin: origin.clone(), source };
        let addresses: Vec<SocketAddr> = self.resolve(&origin.host, origin.port).await.map_err(failed)?;
        let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
        for address in addresses {
            if !self.permits(&origin.host, address) {
                return Err(DoorError::NotAllowed { host: origin.host.clone(), address });
            }
            match tokio::time::timeout(CONNECT_TIMEOUT, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Ok(Err(source)) => last = source,
                Err(_) => last = io::ErrorKind::TimedOut.into(),
            }
        }
        Err(failed(last))
    }

    pub(super) async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::*;

    #[test]
    fn loopback_is_open_and_the_rest_only_when_listed() {
        let door = Door::new(["api.example".to_owned()]);
        assert!(door.permits("localhost", "127.0.0.1:80".parse().expect("valid")));
        assert!(door.permits("x", "[::ffff:127.0.0.1]:80".parse().expect("valid")));
        assert!(door.permits("API.example", "192.0.2.1:443".parse().expect("valid")));
        assert!(!door.permits("other.example", "192.0.2.1:443".parse().expect("valid")));
    }

    #[tokio::test]
    async fn who_agrees_to_something_else_under_tls_is_named() {
        for (speaks, chosen) in [(&[][..], "it chose nothing"), (&[b"http/1.1".to_vec()], "it chose `http/1.1`")] {
            let own = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("randomness");
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let key = rustls::pki_types::PrivatePkcs8KeyDer::from(own.signing_key.serialize_der());
            let mut config = rustls::ServerConfig::builder_with_provider(provider)
                .with_safe_default_protocol_versions()
                .and_then(|c| c.with_no_client_auth().with_single_cert(vec![own.cert.der().clone()], key.into()))
                .expect("a good certificate");
            config.alpn_protocols = speaks.to_vec();
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
            let port = listener.local_addr().expect("bound").port();
            tokio::spawn(async move {
                let (stream, _) = listener.accept().await.expect("somebody comes");
                tokio_rustls::TlsAcceptor::from(Arc::new(config)).accept(stream).await
            });
            let der = base64::engine::general_purpose::STANDARD.encode(own.cert.der());
            let pem = format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
            let door = Door::loopback().trusting(&pem).expect("a certificate");
            let origin = Origin { tls: true, host: "localhost".to_owned(), port };
            let told = door.open_http2(&origin).await.map(drop).expect_err("no HTTP/2").to_string();
            assert!(told.contains("does not speak HTTP/2") && told.contains(chosen), "{told}");
        }
    }

    #[test]
    fn an_origin_knows_its_authority() {
        assert_eq!(Origin::parse("http://[::1]:8080/x").map(|o| o.authority()).as_deref(), Some("[::1]:8080"));
        assert_eq!(
            Origin::parse("https://api.example/x").map(|o| o.to_string()).as_deref(),
            Some("https://api.example")
        );
        assert_eq!(Origin::parse("ftp://x"), None);
    }
}
