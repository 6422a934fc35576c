//! What calls over shared connections promise beside: how they share them, what
//! is sent again, and how it is told that nobody speaks HTTP/2.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join_all;
use h2::server::Builder;
use http::{Method, Response};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Barrier;

use super::{Shot, Streams, drafted};
use crate::door::Origin;
use crate::traffic::testing::target;
use crate::wire::{Body, Failure, FailureKind, Headers, Request};

const LONG: Duration = Duration::from_mins(1);

/// What a server does with the first call over a connection.
#[derive(Clone, Copy)]
enum Act {
    Answer,
    /// The call, as one that it has not looked at.
    Refuse,
    /// The call, as one that it has failed at.
    Reset,
    /// All calls: it leaves, and has looked at none.
    Leave,
    /// It leaves, and has looked at the call.
    LeaveAfter,
    /// It leaves without a word.
    Close,
    /// Answers all calls at once, when one with content has come.
    Late,
}

const HEADERS: u8 = 1;
const PING: u8 = 6;

fn frame(kind: u8, flags: u8, stream: u32, content: &[u8]) -> Vec<u8> {
    let mut frame = vec![0, 0, content.len() as u8, kind, flags];
    frame.extend_from_slice(&stream.to_be_bytes());
    frame.extend_from_slice(content);
    frame
}

/// `:status: 200`, and no content.
fn answer(stream: u32) -> Vec<u8> {
    frame(HEADERS, 5, stream, &[0x88])
}

impl Act {
    /// The frames once these calls have come, the last one with content or
    /// without, and whether the connection ends then.
    fn frames(self, asked: &[u32], content: bool) -> (Vec<u8>, bool) {
        match self {
            Self::Answer => (answer(1), false),
            Self::Late if content => (asked.iter().flat_map(|stream| answer(*stream)).collect(), false),
            Self::Late => (Vec::new(), false),
            Self::Refuse => (frame(3, 0, 1, &[0, 0, 0, 7]), false),
            Self::Reset => (frame(3, 0, 1, &[0, 0, 0, 2]), false),
            Self::Leave => (frame(7, 0, 0, &[0; 8]), true),
            Self::LeaveAfter => (frame(7, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]), true),
            Self::Close => (Vec::new(), true),
        }
    }
}

/// Serves one connection after the other, each with its act.
async fn acting(acts: &'static [Act]) -> (Origin, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let count = Arc::new(AtomicUsize::new(0));
    let counting = count.clone();
    tokio::spawn(async move {
        for act in acts {
            let (stream, _) = listener.accept().await.unwrap();
            counting.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(act_on(stream, *act));
        }
    });
    (address.into(), count)
}

async fn act_on(mut stream: TcpStream, act: Act) -> std::io::Result<()> {
    stream.read_exact(&mut [0; 24]).await?;
    // No settings of its own.
    stream.write_all(&frame(4, 0, 0, &[])).await?;
    let mut asked = Vec::new();
    loop {
        let mut head = [0; 9];
        stream.read_exact(&mut head).await?;
        let mut content = vec![0; usize::from(head[1]) << 8 | usize::from(head[2])];
        stream.read_exact(&mut content).await?;
        match (head[3], head[4]) {
            (PING, 0) => stream.write_all(&frame(PING, 1, 0, &content)).await?,
            (HEADERS, flags) => {
                asked.push(u32::from_be_bytes([head[5], head[6], head[7], head[8]]));
                let (frames, ends) = act.frames(&asked, flags & 1 == 0);
                stream.write_all(&frames).await?;
                if ends {
                    return stream.shutdown().await;
                }
            }
            _ => {}
        }
    }
}

fn streams(origin: &Origin) -> Streams {
    Streams::new(target(), origin.clone())
}

async fn shoot(streams: &Streams, timeout: Duration) -> Shot {
    let request = Request { method: Method::GET, target: "/".to_owned(), headers: Headers::new(), body: Body::Empty };
    streams.shoot(drafted(&request, "gateway.example").expect("can be sent"), timeout).await
}

async fn send(streams: &Streams, body: Body) -> Shot {
    let request = Request { method: Method::POST, target: "/".to_owned(), headers: Headers::new(), body };
    streams.shoot(drafted(&request, "gateway.example").expect("can be sent"), LONG).await
}

async fn failure(streams: &Streams, timeout: Duration) -> Failure {
    shoot(streams, timeout).await.outcome.expect_err("no answer")
}

#[tokio::test]
async fn what_nobody_has_looked_at_is_sent_again_over_another_connection() {
    for acts in [&[Act::Refuse, Act::Answer][..], &[Act::Leave, Act::Answer], &[Act::Leave, Act::Refuse, Act::Answer]] {
        let (origin, count) = acting(acts).await;
        let shot = shoot(&streams(&origin), LONG).await;
        assert_eq!(shot.outcome.expect("answered").status, 200);
        assert_eq!(count.load(Ordering::SeqCst), acts.len());
    }
    let (origin, count) = acting(&[Act::Refuse; 9]).await;
    let failure = failure(&streams(&origin), LONG).await;
    assert_eq!((failure.kind, count.load(Ordering::SeqCst)), (FailureKind::Connect, 3), "{}", failure.detail);
}

#[tokio::test]
async fn what_somebody_may_have_looked_at_is_sent_once() {
    for act in [&[Act::Reset, Act::Answer], &[Act::LeaveAfter, Act::Answer], &[Act::Close, Act::Answer]] {
        let (origin, count) = acting(act).await;
        let failure = failure(&streams(&origin), LONG).await;
        assert_eq!((failure.kind, count.load(Ordering::SeqCst)), (FailureKind::Reset, 1), "{}", failure.detail);
    }
}

#[tokio::test]
async fn answers_to_calls_that_were_given_up_end_no_connection() {
    let (origin, count) = acting(&[Act::Late]).await;
    let streams = streams(&origin);
    for _ in 0..20 {
        for failure in join_all((0..100).map(|_| failure(&streams, Duration::from_millis(50)))).await {
            assert_eq!(failure.kind, FailureKind::Timeout, "{}", failure.detail);
        }
    }
    for _ in 0..2 {
        let shot = send(&streams, Body::Bytes(Bytes::from_static(b"now"))).await;
        assert_eq!(shot.outcome.expect("answered").status, 200);
    }
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

/// A server that takes so many calls over a connection, and answers each with its
/// connection's number once so many are there.
async fn taking(most: u32, together: usize) -> Origin {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let together = Arc::new(Barrier::new(together));
    tokio::spawn(async move {
        for number in 0_u32.. {
            let (stream, _) = listener.accept().await.unwrap();
            let together = together.clone();
            tokio::spawn(async move {
                let mut builder = Builder::new();
                let mut connection = builder.max_concurrent_streams(most).handshake::<_, Bytes>(stream).await.unwrap();
                while let Some(Ok((_, mut respond))) = connection.accept().await {
                    let together = together.clone();
                    tokio::spawn(async move {
                        together.wait().await;
                        let mut body = respond.send_response(Response::new(()), false).unwrap();
                        body.send_data(number.to_string().into(), true).unwrap();
                    });
                }
            });
        }
    });
    address.into()
}

#[tokio::test]
async fn calls_share_a_connection_and_open_another_where_it_has_no_room() {
    for (opened, most, shared) in [(0, 100, vec![7]), (0, 3, vec![3, 3, 1]), (2, 100, vec![4, 3])] {
        let streams = streams(&taking(most, 7).await);
        for _ in 0..opened {
            streams.connect().await.expect("opened");
        }
        let shots = join_all((0..7).map(|_| shoot(&streams, LONG))).await;
        let mut by_connection = vec![0; shared.len()];
        for shot in shots {
            let body = shot.outcome.expect("answered").body;
            by_connection[std::str::from_utf8(&body).unwrap().parse::<usize>().unwrap()] += 1;
        }
        assert_eq!(by_connection, shared);
    }
}

#[tokio::test]
async fn an_answer_before_the_body_was_read_is_an_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = Origin::from(listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let mut connection = Builder::new().handshake::<_, Bytes>(stream).await.unwrap();
        while let Some(Ok((_, mut respond))) = connection.accept().await {
            // Who lets go of a request that is not read says that it need not go on.
            let _ = respond.send_response(Response::builder().status(413).body(()).unwrap(), true);
        }
    });
    let streams = streams(&origin);
    for _ in 0..5 {
        let body = Body::Filler { head: Bytes::new(), fill: 20 << 20, tail: Bytes::new(), length: true };
        assert_eq!(send(&streams, body).await.outcome.expect("answered").status, 413);
    }
}

#[tokio::test]
async fn a_call_that_takes_too_long_ends_alone() {
    let streams = streams(&taking(100, 2).await);
    assert_eq!(failure(&streams, Duration::from_millis(50)).await.kind, FailureKind::Timeout);
    // The one before counts in the server's eyes; the connection is kept.
    let shot = shoot(&streams, LONG).await;
    assert_eq!(shot.outcome.expect("answered").body, "0");
}

#[tokio::test]
async fn who_speaks_no_http2_is_no_connection_and_named_once_for_all() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let old = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = old.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = old.accept().await {
            let _ = stream.read(&mut [0; 256]).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n").await;
        }
    });
    for origin in [Origin::from(silent.local_addr().unwrap()), address.into()] {
        let streams = streams(&origin);
        for failure in join_all((0..3).map(|_| failure(&streams, Duration::from_millis(300)))).await {
            assert_eq!(failure.kind, FailureKind::Connect);
            let words = format!("{origin} does not speak HTTP/2: ");
            assert!(failure.detail.starts_with(&words), "{}", failure.detail);
            assert!(failure.detail.contains("http: 1.1"), "{}", failure.detail);
        }
    }
}

#[tokio::test]
async fn who_is_not_there_or_not_allowed_is_told_as_ever() {
    let gone = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    let far = Origin { tls: true, host: "192.0.2.1".to_owned(), port: 443 };
    for (origin, kind) in [(gone.into(), FailureKind::Connect), (far, FailureKind::Refused)] {
        assert_eq!(failure(&streams(&origin), LONG).await.kind, kind, "{origin}");
    }
}
