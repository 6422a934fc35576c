//! A client for what is not a hot path: tokens, control surfaces, logs,
//! environments.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::Door;
use super::connect::CONNECT_TIMEOUT;

/// A `reqwest` client behind the door: every address is checked after name
/// resolution, redirects are not followed, proxies are not used.
#[derive(Clone, Debug)]
pub struct RestClient {
    client: reqwest::Client,
    door: Door,
}

impl RestClient {
    /// A client whose answers must come within `timeout` of real time.
    ///
    /// # Panics
    /// Never: the configuration is valid.
    pub fn new(door: &Door, timeout: Duration) -> Self {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .tls_backend_preconfigured((*door.tls_config()).clone())
            .dns_resolver(Arc::new(CheckedResolver(door.clone())))
            .build()
            .expect("the client's configuration is valid");
        Self { client, door: door.clone() }
    }

    /// Begins a request. A URL with a literal address is checked here, a name
    /// when it is resolved.
    ///
    /// # Errors
    /// The URL is none, or its literal address is not allowed.
    pub fn request(&self, method: http::Method, url: &str) -> io::Result<reqwest::RequestBuilder> {
        let parsed = url::Url::parse(url)
            .map_err(|e| io::Error::new(io::ErrorKind::InvalidInput, format!("`{url}` is no URL: {e}")))?;
        let host = parsed.host_str().unwrap_or_default().trim_matches(['[', ']']);
        if let Ok(ip) = host.parse() {
            check(&self.door, host, SocketAddr::new(ip, parsed.port_or_known_default().unwrap_or(0)))?;
        }
        Ok(self.client.request(method, parsed))
    }
}

struct CheckedResolver(Door);

impl Resolve for CheckedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let door = self.0.clone();
        Box::pin(async move {
            let addresses = door.resolve(name.as_str(), 0).await?;
            for address in &addresses {
                check(&door, name.as_str(), *address)?;
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn check(door: &Door, host: &str, address: SocketAddr) -> io::Result<()> {
    if door.permits(host, address) {
        return Ok(());
    }
    let text = format!("{host} ({}) is neither loopback nor an allowed host of this environment", address.ip());
    Err(io::Error::new(io::ErrorKind::PermissionDenied, text))
}
