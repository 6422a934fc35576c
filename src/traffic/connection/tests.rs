//! What all clients promise: that of cases and those of the load path.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit};
use axum::http::HeaderMap;
use axum::routing::{get, post};
use bytes::Bytes;
use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::answers::ANSWER_BOUND;
use super::{Client, Line, Streams, drafted};
use crate::door::Origin;
use crate::target::Target;
use crate::traffic::testing::{serve, target};
use crate::wire::{Body, Exchange, FailureKind, Headers, Request, Tier};

/// One of them.
enum Either {
    Client(Client),
    Line(Line, Arc<Target>, Duration),
    Streams(Streams, Arc<Target>, Duration),
}

impl Either {
    /// Those of HTTP/1.1.
    fn both(origin: &Origin, timeout: Duration) -> [Self; 2] {
        let target = target();
        let line = Line::new(target.clone(), origin.clone());
        let client = Client::new(target.clone(), origin.clone()).with_timeout(timeout);
        [Self::Client(client), Self::Line(line, target, timeout)]
    }

    fn all(origin: &Origin, timeout: Duration) -> impl Iterator<Item = Self> {
        let target = target();
        let streams = Streams::new(target.clone(), origin.clone());
        Self::both(origin, timeout).into_iter().chain([Self::Streams(streams, target, timeout)])
    }

    async fn send(&mut self, method: Method, path: &str, body: Body) -> Exchange {
        let request = Request { method, target: path.to_owned(), headers: Headers::new(), body };
        match self {
            Self::Client(client) => client.send(request, Duration::ZERO, 1).await,
            Self::Line(line, target, timeout) => {
                let draft = drafted(&request, "gateway.example").expect("can be sent");
                let shot = line.shoot(draft, *timeout).await;
                shot.exchange(request, (Duration::ZERO, 1), target)
            }
            Self::Streams(streams, target, timeout) => {
                let draft = drafted(&request, "gateway.example").expect("can be sent");
                let shot = streams.shoot(draft, *timeout).await;
                shot.exchange(request, (Duration::ZERO, 1), target)
            }
        }
    }
}

const LONG: Duration = Duration::from_mins(1);

/// Answers each connection with these bytes once the request's head has
/// come, and closes, whatever else was sent.
async fn raw(answer: &'static [u8]) -> Origin {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = [0; 256];
            let _ = stream.read(&mut head).await;
            let _ = stream.write_all(answer).await;
        }
    });
    address.into()
}

async fn framing(headers: HeaderMap, body: Bytes) -> String {
    let field = |name: &str| headers.get(name).map_or("-", |v| v.to_str().unwrap()).to_owned();
    format!("{} {} {}", field("content-length"), field("transfer-encoding"), body.len())
}

/// Says from which port it was asked.
async fn port(ConnectInfo(client): ConnectInfo<std::net::SocketAddr>) -> String {
    client.port().to_string()
}

#[tokio::test]
async fn each_kind_of_body_is_framed_as_it_says() {
    let app = Router::new().route("/", post(framing)).layer(DefaultBodyLimit::disable());
    let origin = serve(app).await;
    let piece = || Bytes::from_static(b"abc");
    let filler = |length| Body::Filler { head: piece(), fill: 3_000_000, tail: piece(), length };
    for mut client in Either::all(&origin, LONG) {
        // HTTP/2 frames all content alike.
        let chunked = if matches!(client, Either::Streams(..)) { "- -" } else { "- chunked" };
        for (body, framed) in [
            (Body::Empty, "0 - 0".to_owned()),
            (Body::Bytes(piece()), "3 - 3".to_owned()),
            (Body::Chunked(piece()), format!("{chunked} 3")),
            (Body::Chunked(Bytes::new()), format!("{chunked} 0")),
            (filler(true), "3000006 - 3000006".to_owned()),
            (filler(false), format!("{chunked} 3000006")),
        ] {
            let exchange = client.send(Method::POST, "/", body).await;
            assert_eq!(exchange.outcome.expect("answered").body, framed);
        }
    }
}

#[tokio::test]
async fn the_connection_is_kept_and_the_instants_are_in_order() {
    let origin = serve(Router::new().route("/", get(port))).await;
    for mut client in Either::all(&origin, LONG) {
        let mut ports = Vec::new();
        for method in [Method::GET, Method::HEAD, Method::GET] {
            let exchange = client.send(method.clone(), "/", Body::Empty).await;
            assert!(exchange.due <= exchange.sent);
            assert!(Some(exchange.sent) <= exchange.headers && exchange.headers <= Some(exchange.done));
            let body = exchange.outcome.expect("answered").body;
            if method == Method::HEAD {
                assert!(body.is_empty());
            } else {
                ports.push(body);
            }
        }
        assert_eq!(ports[0], ports[1]);
    }
}

#[tokio::test]
async fn what_nobody_asked_for_is_no_answer() {
    let twice = b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\naHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb";
    let origin = raw(twice).await;
    for mut client in Either::both(&origin, LONG) {
        for _ in 0..2 {
            let exchange = client.send(Method::GET, "/", Body::Empty).await;
            assert_eq!(exchange.outcome.expect("answered").body, "a");
        }
    }
}

#[tokio::test]
async fn an_answer_before_the_body_was_read_is_an_answer_and_no_reset() {
    let origin = raw(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 2\r\n\r\nno").await;
    for _ in 0..20 {
        for mut client in Either::both(&origin, LONG) {
            let body = Body::Filler { head: Bytes::new(), fill: 20 << 20, tail: Bytes::new(), length: true };
            let exchange = client.send(Method::POST, "/", body).await;
            assert_eq!(exchange.status(), Some(413), "{:?}", exchange.outcome);
        }
    }
}

#[tokio::test]
async fn what_is_missing_is_told_by_kind() {
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    for (origin, kind) in [
        (Origin::from(gone), FailureKind::Connect),
        (Origin::from(silent.local_addr().unwrap()), FailureKind::Timeout),
        (raw(b"").await, FailureKind::Reset),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf").await, FailureKind::Reset),
        (raw(b"220 smtp.example\r\n").await, FailureKind::Protocol),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab").await, FailureKind::Protocol),
        (Origin { tls: false, host: "192.0.2.1".to_owned(), port: 80 }, FailureKind::Refused),
        (Origin { tls: true, host: "192.0.2.1".to_owned(), port: 443 }, FailureKind::Refused),
    ] {
        for mut client in Either::both(&origin, Duration::from_millis(300)) {
            let exchange = client.send(Method::GET, "/", Body::Empty).await;
            assert_eq!(exchange.outcome.expect_err("no answer").kind, kind, "{origin}");
        }
    }
}

#[tokio::test]
async fn a_long_answer_is_cut_and_the_tier_is_told() {
    let app = Router::new().route("/long", get(|| async { ([("x-served-by", "s")], vec![b'y'; 3 << 20]) }));
    let origin = serve(app).await;
    for mut client in Either::all(&origin, LONG) {
        let long = client.send(Method::GET, "/long", Body::Empty).await;
        assert_eq!(long.tier, Some(Tier::Service));
        let response = long.outcome.expect("answered");
        assert!(response.truncated && response.body.len() == ANSWER_BOUND);
        let other = client.send(Method::GET, "/other", Body::Empty).await;
        assert_eq!((other.status(), other.tier), (Some(404), Some(Tier::Gateway)));
    }
}
