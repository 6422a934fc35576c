//! One open connection: hyper's two halves, driven by whoever waits for the
//! answer, so that a call costs no second task.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http_body::Body as _;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};

use super::answers::{ANSWER_BOUND, Answer};
use super::outgoing::Outgoing;
use super::stubborn::Stubborn;
use crate::door::Connection;
use crate::wire::Fields;

/// A connection that was idle for longer is not used again: the other side may
/// be about to close it, and a call that was sent into that can't be repeated
/// in honesty.
pub(super) const IDLE_BOUND: Duration = Duration::from_secs(4);

/// An open connection.
#[derive(Debug)]
pub(in crate::traffic) struct Open {
    sender: SendRequest<Outgoing>,
    driver: Pin<Box<http1::Connection<Stubborn, Outgoing>>>,
    ended: bool,
    used: Instant,
}

impl Open {
    pub(in crate::traffic) async fn over(stream: Connection) -> hyper::Result<Self> {
        let (sender, driver) = http1::handshake(Stubborn::new(stream)).await?;
        Ok(Self { sender, driver: Box::pin(driver), ended: false, used: Instant::now() })
    }

    /// Whether another call can go over it. Lets the connection notice that the
    /// other side has closed.
    pub(in crate::traffic) async fn is_usable(&mut self) -> bool {
        if self.used.elapsed() > IDLE_BOUND {
            return false;
        }
        self.drive_once().await;
        self.is_free()
    }

    /// Whether it is open and the last call is over, its content sent. Where an
    /// answer came before that, it is not.
    pub(in crate::traffic) fn is_free(&self) -> bool {
        !self.ended && self.sender.is_ready()
    }

    async fn drive_once(&mut self) {
        poll_fn(|context| {
            self.drive(context);
            Poll::Ready(())
        })
        .await;
    }

    /// Sends a request and waits for the whole answer, or for as much of it as
    /// is kept.
    pub(in crate::traffic) async fn call(&mut self, request: http::Request<Outgoing>) -> hyper::Result<Answer> {
        let sending = self.sender.send_request(request);
        let mut sending = pin!(sending);
        let response = poll_fn(|context| {
            drive(&mut self.driver, &mut self.ended, context);
            sending.as_mut().poll(context)
        })
        .await?;
        let headers_at = Instant::now();
        let (head, body) = response.into_parts();
        let (body, truncated) = self.collect(body).await?;
        self.used = Instant::now();
        self.drive_once().await;
        let fields =
            Fields::copied(head.headers.iter().map(|(name, value)| (name.as_str().as_bytes(), value.as_bytes())));
        Ok(Answer { status: head.status.as_u16(), fields, headers_at, body, truncated })
    }

    async fn collect(&mut self, mut incoming: Incoming) -> hyper::Result<(Bytes, bool)> {
        let mut first = Bytes::new();
        let mut more = BytesMut::new();
        while !incoming.is_end_stream() {
            let frame = poll_fn(|context| {
                self.drive(context);
                Pin::new(&mut incoming).poll_frame(context)
            })
            .await;
            let Some(frame) = frame else { break };
            let Ok(data) = frame?.into_data() else { continue };
            if first.is_empty() && more.is_empty() {
                first = data;
            } else {
                more.extend_from_slice(&std::mem::take(&mut first));
                more.extend_from_slice(&data);
            }
            if first.len() + more.len() > ANSWER_BOUND {
                self.ended = true;
                more.extend_from_slice(&first);
                more.truncate(ANSWER_BOUND);
                return Ok((more.freeze(), true));
            }
        }
        Ok((if more.is_empty() { first } else { more.freeze() }, false))
    }

    fn drive(&mut self, context: &mut Context<'_>) {
        drive(&mut self.driver, &mut self.ended, context);
    }
}

/// Lets the connection do its work. Its end is remembered, since it must not be
/// polled again; what went wrong reaches whoever waits for the answer.
fn drive(driver: &mut Pin<Box<http1::Connection<Stubborn, Outgoing>>>, ended: &mut bool, context: &mut Context<'_>) {
    if !*ended && driver.as_mut().poll(context).is_ready() {
        *ended = true;
    }
}
