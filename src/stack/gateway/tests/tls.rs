//! A backend that wants TLS.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use http::Request;
use http_body_util::BodyExt as _;
use hyper_util::service::TowerToHyperService;

use crate::clock::Timestamp;
use crate::door::{Door, DoorError};
use crate::stack::gateway::backend::{Backend, SendError};
use crate::stack::gateway::request_body::RequestBody;
use crate::stack::gateway::turn::UnderWay;
use crate::stack::listen::Bound;
use crate::stack::tls::Tls;

fn request() -> Request<RequestBody> {
    Request::builder().uri("/").header("host", "localhost").body(RequestBody::None).expect("a request")
}

#[tokio::test]
async fn a_backend_over_tls_is_believed_by_its_authority_and_by_nothing_else() {
    let listen: std::net::SocketAddr = "127.0.0.1:0".parse().expect("an address");
    let tls = Tls::make(listen.ip(), Timestamp::system_now()).expect("randomness");
    let router = Router::new().route("/", get(|| async { "over TLS" }));
    let bound = Bound::at("backend", listen).await.expect("a free port").speaking(Some(tls.clone()));
    let backend = bound.serve(TowerToHyperService::new(router));

    let believing = Door::loopback().trusting(tls.authority()).expect("a certificate");
    let known = Arc::new(Backend::new(backend.origin().clone(), believing, UnderWay::default()));
    for _ in 0..2 {
        let answer = known.send(request()).await.expect("answered");
        assert_eq!(answer.into_body().collect().await.expect("whole").to_bytes(), "over TLS");
    }
    let unknown = Arc::new(Backend::new(backend.origin().clone(), Door::loopback(), UnderWay::default()));
    let refused = unknown.send(request()).await.map(|_| ()).expect_err("an authority that nobody knows");
    assert!(matches!(refused, SendError::Door(DoorError::Connect { .. })), "{refused}");
    assert!(refused.to_string().contains("certificate"), "{refused}");
    known.stop().await;
    backend.stop().await;
}
