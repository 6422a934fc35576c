//! The model's endpoint on its socket.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use serde_json::json;

use super::super::StackError;
use super::super::fault::{FaultBoard, Subject};
use super::super::listen::{Bound, Listening};
use super::output::{Input, Output};
use crate::clock::Clock;
use crate::door::Origin;
use crate::wire::{Downstream, FaultKind, FaultOperation, Secret};

/// The largest input that is read.
const LARGEST_BODY: usize = 64 << 10;

/// What the endpoint is started with.
#[derive(Clone, Debug)]
pub struct ModelOptions {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What a caller shows in the header field `api-key`.
    pub key: Secret,
    /// The shared clock: faults begin and end by it.
    pub clock: Clock,
    /// What it does wrong.
    pub(in crate::stack) faults: FaultBoard,
}

/// A running endpoint.
#[derive(Debug)]
#[must_use = "a model that is dropped leaves its tasks to the runtime; call stop()"]
pub struct Model(Listening);

/// The connection is reset on purpose.
#[derive(Debug, thiserror::Error)]
#[error("the connection is reset on purpose")]
struct Reset;

impl Model {
    /// Listens.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start(options: ModelOptions) -> Result<Self, StackError> {
        let bound = Bound::at("model", options.listen).await?;
        Ok(Self(bound.serve(service_fn(move |request| serve(options.clone(), request)))))
    }

    /// Where it stands.
    pub fn origin(&self) -> &Origin {
        self.0.origin()
    }

    /// Stops listening and waits for every task.
    pub async fn stop(self) {
        self.0.stop().await;
    }
}

async fn serve(options: ModelOptions, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Reset> {
    let (parts, body) = request.into_parts();
    let body = Limited::new(body, LARGEST_BODY).collect().await.map(http_body_util::Collected::to_bytes);
    let sent = parts.headers.get("api-key").map(http::HeaderValue::as_bytes).unwrap_or_default();
    if aws_lc_rs::constant_time::verify_slices_are_equal(sent, options.key.expose().as_bytes()).is_err() {
        return Ok(refused(StatusCode::UNAUTHORIZED, "the key is missing or wrong"));
    }
    let model = parts.uri.path().strip_prefix("/models/").and_then(|rest| rest.strip_suffix("/decisions"));
    let (&Method::POST, Some(model)) = (&parts.method, model) else {
        return Ok(refused(StatusCode::NOT_FOUND, "there is no such resource"));
    };
    let input: Input = match body.ok().map(|body| serde_json::from_slice(&body)) {
        Some(Ok(input)) => input,
        Some(Err(fault)) => return Ok(refused(StatusCode::BAD_REQUEST, &fault.to_string())),
        None => return Ok(refused(StatusCode::PAYLOAD_TOO_LARGE, "the input is too large")),
    };
    let subject = Subject {
        tier: Downstream::Model,
        table: model,
        method: parts.method.as_str(),
        operation: Some(FaultOperation::Action),
        principal: "",
        tag: None,
        headers: &parts.headers,
        now: options.clock.now(),
        part: false,
    };
    let hit = options.faults.hit(&subject);
    let output = Output::of(model, &input);
    if !hit.delay.is_zero() {
        tokio::time::sleep(hit.delay).await;
    }
    match hit.outcome {
        Some(FaultKind::Throttled { retry_after }) => {
            let mut answer = refused(StatusCode::TOO_MANY_REQUESTS, "too many requests");
            answer.headers_mut().insert(header::RETRY_AFTER, retry_after.into());
            Ok(answer)
        }
        Some(FaultKind::Unavailable) => Ok(refused(StatusCode::SERVICE_UNAVAILABLE, "the model is not available")),
        Some(FaultKind::Reset | FaultKind::AnswerLost) => Err(Reset),
        Some(FaultKind::Error { error }) => {
            let mut answer = refused(
                StatusCode::from_u16(error.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
                &error.message,
            );
            if let Some(seconds) = error.retry_after {
                answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            }
            Ok(answer)
        }
        Some(FaultKind::OffSchema) => Ok(given(&Output::off_schema())),
        // The rest is Dataverse's, and is not armed for this tier.
        Some(_) | None => Ok(given(&output)),
    }
}

fn given(output: &Output) -> Response<Full<Bytes>> {
    answer(StatusCode::OK, serde_json::to_vec(output).expect("an output is JSON"))
}

fn refused(status: StatusCode, why: &str) -> Response<Full<Bytes>> {
    answer(status, json!({ "error": why }).to_string().into_bytes())
}

fn answer(status: StatusCode, body: Vec<u8>) -> Response<Full<Bytes>> {
    let answer = Response::builder().status(status).header(header::CONTENT_TYPE, "application/json");
    answer.body(Full::new(Bytes::from(body))).expect("its parts are valid")
}
