//! A listening tier: accepts connections until it is told to stop, and stops
//! with all of them.
//!
//! In: an address and a hyper service. Out: where it stands, and a handle to
//! stop it. An error of the service ends the connection without an answer:
//! that is how a tier resets a connection on purpose.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http::{Request, Response};
use http_body::Body;
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::StackError;
use super::spoken::{begun, spoken};
use super::tls::Tls;
use crate::door::{Connection, Origin};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How long open connections may take to end once a tier stops, in real time.
const GRACE: Duration = Duration::from_millis(250);

/// How long to wait where the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(5);

/// A socket that listens. Clones share it: a tier that was killed is served
/// again at the same address.
#[derive(Clone, Debug)]
pub(super) struct Bound {
    listener: Arc<TcpListener>,
    origin: Origin,
    tls: Option<Tls>,
}

impl Bound {
    /// Listens on an address.
    ///
    /// # Errors
    /// The address is taken or not this machine's.
    pub(super) async fn at(tier: &'static str, address: SocketAddr) -> Result<Self, StackError> {
        let failed = |source| StackError::Bind { tier, address, source };
        let listener = Arc::new(TcpListener::bind(address).await.map_err(failed)?);
        let origin = reachable(listener.local_addr().map_err(failed)?);
        Ok(Self { listener, origin, tls: None })
    }

    /// Speaks TLS as well, where it is given; others are then told to.
    pub(super) fn speaking(mut self, tls: Option<Tls>) -> Self {
        if tls.is_some() {
            self.origin = secured(self.origin);
        }
        self.tls = tls;
        self
    }

    /// Where it can be reached from this machine.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Serves every connection with a clone of `service`.
    pub(super) fn serve<S, B>(self, service: S) -> Listening
    where
        S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<BoxError>,
    {
        let stop = watch::Sender::new(Stop::No);
        let task = tokio::spawn(accept((self.listener, self.tls), service, stop.subscribe()));
        Listening { origin: self.origin, stop, task }
    }
}

/// An address that listens everywhere is reached over loopback.
fn reachable(mut address: SocketAddr) -> Origin {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    address.into()
}

/// The address under which TLS is spoken: loopback by its name, which clients
/// take for an authority's host more readily than a number.
pub(super) fn secured(mut origin: Origin) -> Origin {
    origin.tls = true;
    if origin.host.parse::<IpAddr>().is_ok_and(|ip| ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST) {
        "localhost".clone_into(&mut origin.host);
    }
    origin
}

/// Stands among a request's extensions where it came over TLS.
#[derive(Clone, Copy, Debug)]
pub(super) struct OverTls;

/// How a tier is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    No,
    Gently,
    AtOnce,
}

/// A tier that is being served.
#[derive(Debug)]
pub(super) struct Listening {
    origin: Origin,
    stop: watch::Sender<Stop>,
    task: JoinHandle<()>,
}

impl Listening {
    /// Where it can be reached from this machine.
    pub(super) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Accepts no further connection, lets the open ones finish for a moment,
    /// and waits for every task.
    pub(super) async fn stop(self) {
        self.stop.send_replace(Stop::Gently);
        // The task ends by itself, and was never aborted.
        let _ = self.task.await;
    }

    /// Accepts no further connection and cuts the open ones, whatever goes on
    /// over them.
    pub(super) async fn kill(self) {
        self.stop.send_replace(Stop::AtOnce);
        let _ = self.task.await;
    }
}

async fn accept<S, B>((listener, tls): (Arc<TcpListener>, Option<Tls>), service: S, mut stop: watch::Receiver<Stop>)
where
    S: Service<Request<Incoming>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let _ = stream.set_nodelay(true);
                    connections.spawn(serve((stream, tls.clone()), service.clone(), stop.clone()));
                }
                // Out of file descriptors, or a client that left again.
                Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
            },
            Some(_) = connections.join_next() => {}
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    if *stop.borrow() == Stop::AtOnce {
        connections.shutdown().await;
        return;
    }
    let ended = async { while connections.join_next().await.is_some() {} };
    if tokio::time::timeout(GRACE, ended).await.is_err() {
        connections.shutdown().await;
    }
}

async fn serve<S, B>((stream, tls): (TcpStream, Option<Tls>), service: S, mut stop: watch::Receiver<Stop>)
where
    S: Service<Request<Incoming>, Response = Response<B>> + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let begun = tokio::select! {
        begun = begun(tls.as_ref(), stream) => begun,
        () = stopped(&mut stop) => return,
    };
    // Who does not shake hands is not served.
    let Ok((stream, version)) = begun else { return };
    let over_tls = matches!(stream, Connection::Tls(_));
    let service = service_fn(move |mut request: Request<Incoming>| {
        if over_tls {
            request.extensions_mut().insert(OverTls);
        }
        service.call(request)
    });
    spoken((stream, version), service, stopped(&mut stop)).await;
}

async fn stopped(stop: &mut watch::Receiver<Stop>) {
    // A sender that is gone wants the end, too.
    drop(stop.wait_for(|stop| *stop != Stop::No).await);
}
