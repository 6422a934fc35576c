//! What is spoken over an accepted connection: HTTP/1.1 or HTTP/2, plain or under
//! TLS, as its client begins it.

use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use http::header::HOST;
use http::{HeaderValue, Request, Response, Uri, Version};
use http_body::Body;
use hyper::body::Incoming;
use hyper::rt::Executor;
use hyper::server::conn::{http1, http2};
use hyper::service::{Service, service_fn};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::tls::{Tls, accepted};
use crate::door::{Connection, HTTP2};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// How many requests a client may have under way over one connection: what
/// `http.sys` and Kestrel allow.
const STREAMS: u32 = 100;

/// How a client begins that speaks HTTP/2 without having asked (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0";

/// So much of it is no request of HTTP/1.1.
const TELLING: usize = 4;

/// Begins a connection: shakes hands where TLS is spoken, and tells which version
/// of HTTP is, under TLS as both ends agreed, else by the first bytes, which stay
/// unread.
///
/// # Errors
/// The handshake failed, or the client has left.
pub(super) async fn begun(tls: Option<&Tls>, stream: TcpStream) -> io::Result<(Connection, Version)> {
    let stream = accepted(tls, stream).await?;
    let http2 = match &stream {
        Connection::Tls(_) => stream.agreed() == Some(HTTP2),
        Connection::Plain(plain) => {
            let mut first = [0; PREFACE.len()];
            let read = plain.peek(&mut first).await?;
            read >= TELLING && PREFACE.starts_with(&first[..read])
        }
    };
    Ok((stream, if http2 { Version::HTTP_2 } else { Version::HTTP_11 }))
}

/// Serves a connection until it ends, or lets it finish once `stop` is over. An
/// error of the service ends the connection without an answer, or with HTTP/2 the
/// stream.
pub(super) async fn spoken<I, S, B>((stream, version): (I, Version), service: S, stop: impl Future<Output = ()>)
where
    I: AsyncRead + AsyncWrite + Unpin,
    S: Service<Request<Incoming>, Response = Response<B>>,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: Body + Send + 'static,
    B::Data: Send,
    B::Error: Into<BoxError>,
{
    let stream = TokioIo::new(stream);
    // How a connection ended is the client's to judge.
    if version == Version::HTTP_2 {
        let service = service_fn(move |request| service.call(as_before(request)));
        let mut builder = http2::Builder::new(StreamTasks::default());
        // Content that comes after its answer is no attack.
        builder.max_concurrent_streams(STREAMS).max_local_error_reset_streams(None);
        let mut connection = pin!(builder.serve_connection(stream, service));
        tokio::select! {
            _ = connection.as_mut() => return,
            () = stop => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    } else {
        let mut connection = pin!(http1::Builder::new().serve_connection(stream, service));
        tokio::select! {
            _ = connection.as_mut() => return,
            () = stop => connection.as_mut().graceful_shutdown(),
        }
        let _ = connection.await;
    }
}

/// Writes host and path of a request of HTTP/2 as HTTP/1.1 has them (RFC 9113
/// §8.3.1), so that a tier need not tell them apart.
fn as_before<B>(mut request: Request<B>) -> Request<B> {
    let authority = request.uri().authority().and_then(|authority| HeaderValue::from_str(authority.as_str()).ok());
    if let Some(authority) = authority {
        request.headers_mut().entry(HOST).or_insert(authority);
    }
    if let Some(path) = request.uri().path_and_query() {
        *request.uri_mut() = Uri::from(path.clone());
    }
    request
}

/// The tasks of a connection, one a stream: dropped with it, as what goes on
/// over a connection of HTTP/1.1 is.
#[derive(Clone, Debug, Default)]
struct StreamTasks(Arc<Mutex<JoinSet<()>>>);

impl<F> Executor<F> for StreamTasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, future: F) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(future);
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::net::SocketAddr;

    use bytes::Bytes;
    use h2::client::{SendRequest, handshake};
    use http_body_util::Full;
    use tokio::sync::{Barrier, mpsc};

    use super::super::listen::{Bound, Listening};
    use super::*;
    use crate::clock::Timestamp;
    use crate::door::{Door, Origin};

    /// Answers where two have come together; says that one is there, and by its
    /// silence that none is any more.
    async fn tier(tls: Option<Tls>, there: mpsc::Sender<()>) -> Listening {
        let together = Arc::new(Barrier::new(2));
        let service = service_fn(move |request: Request<Incoming>| {
            let (together, there) = (together.clone(), there.clone());
            async move {
                let text = format!("{:?} {:?} {}", request.version(), request.headers().get(HOST), request.uri());
                let _ = there.send(()).await;
                together.wait().await;
                Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(text))))
            }
        });
        let address: SocketAddr = "127.0.0.1:0".parse().expect("an address");
        Bound::at("tier", address).await.expect("a free port").speaking(tls).serve(service)
    }

    async fn client(door: &Door, origin: &Origin) -> SendRequest<Bytes> {
        let (sender, driver) = handshake(door.open_http2(origin).await.expect("reached")).await.expect("HTTP/2");
        tokio::spawn(driver);
        sender
    }

    fn ask(sender: &mut SendRequest<Bytes>, path: &str) -> h2::client::ResponseFuture {
        let request = Request::get(format!("http://tier.example{path}")).body(()).expect("a request");
        sender.send_request(request, true).expect("sent").0
    }

    #[tokio::test]
    async fn calls_come_together_over_one_connection_and_read_as_ever() {
        let tls = Tls::make([127, 0, 0, 1].into(), Timestamp::system_now()).expect("randomness");
        let trusting = Door::loopback().trusting(tls.authority()).expect("a certificate");
        for (tls, door) in [(None, Door::loopback()), (Some(tls), trusting)] {
            let tier = tier(tls, mpsc::channel(1).0).await;
            let mut sender = client(&door, tier.origin()).await;
            let (first, second) = (ask(&mut sender, "/a?b=c"), ask(&mut sender, "/d"));
            let (first, second) = tokio::join!(first, second);
            second.expect("answered");
            let body = first.expect("answered").into_body().data().await.expect("a body").expect("whole");
            assert_eq!(body, "HTTP/2.0 Some(\"tier.example\") /a?b=c");
            tier.stop().await;
        }
    }

    #[tokio::test]
    async fn what_goes_on_over_a_connection_ends_with_a_tier_that_is_killed() {
        let (there, mut left) = mpsc::channel(1);
        let tier = tier(None, there).await;
        let mut sender = client(&Door::loopback(), tier.origin()).await;
        let alone = ask(&mut sender, "/");
        assert_eq!(left.recv().await, Some(()), "it is there, and waits for another");
        tier.kill().await;
        alone.await.expect_err("cut");
        assert_eq!(left.recv().await, None);
    }
}
