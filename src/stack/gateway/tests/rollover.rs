//! What a gateway sees of an issuer's keys while they change or can't be had.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value, json};

use super::harness::serve;
use crate::clock::{Clock, Timestamp};
use crate::door::{Door, Origin};
use crate::stack::gateway::hosts::Hosts;
use crate::stack::gateway::keys::{KeyRefresh, Keys};
use crate::stack::gateway::signature::{SignatureFault, verify};
use crate::stack::gateway::turn::UnderWay;
use crate::stack::jwt::SigningKey;

/// An issuer whose keys can be changed, and that can break.
#[derive(Clone, Default)]
struct Changing(Arc<Mutex<(Vec<Value>, usize, bool)>>);

impl Changing {
    fn publish(&self, keys: &[&SigningKey]) {
        self.0.lock().unwrap().0 = keys.iter().map(|key| key.jwk()).collect();
    }

    fn fetches(&self) -> usize {
        self.0.lock().unwrap().1
    }

    fn breaks(&self, broken: bool) {
        self.0.lock().unwrap().2 = broken;
    }

    fn answer(&self, request: &Request) -> Response {
        let mut state = self.0.lock().unwrap();
        state.1 += 1;
        if state.2 {
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
        let host = request.headers()["host"].to_str().expect("text");
        axum::Json(match request.uri().path() {
            "/keys" => json!({ "keys": state.0 }),
            _ => json!({ "issuer": "https://issuer.example/t", "jwks_uri": format!("http://{host}/keys") }),
        })
        .into_response()
    }
}

#[tokio::test]
async fn a_rollover_is_seen_after_five_minutes_and_a_broken_issuer_is_left_alone() {
    let (old, new) = (SigningKey::generate("old").unwrap(), SigningKey::generate("new").unwrap());
    let issuer = Changing::default();
    issuer.publish(&[&old]);
    let answering = issuer.clone();
    let origin: Origin =
        serve(Router::new().fallback(move |request: Request| async move { answering.answer(&request) })).await;
    let hosts =
        Hosts::new(&std::collections::BTreeMap::new(), [origin.clone()], (&Door::loopback(), &UnderWay::default()))
            .expect("mapped");
    let clock = Clock::starting_at(Timestamp::parse("2026-09-01T08:00:00Z").expect("an instant"), 1.0);
    let keys = Keys::new(&origin, &clock, KeyRefresh::default());
    let url: Arc<str> = format!("{origin}/.well-known/openid-configuration").into();
    let token = new.sign(&json!({ "sub": "s" }), &Map::new());
    let proven = |set: &crate::stack::gateway::keys::KeySet| verify(&token, set.keys.iter(), true).map(|_| ());

    let first = keys.get(&hosts, &url).await.expect("keys");
    assert_eq!(proven(&first), Err(SignatureFault::UnknownKey("new".into())));
    issuer.publish(&[&new]);
    let early = keys.refreshed(&hosts, &url).await.expect("keys");
    assert_eq!((proven(&early).is_err(), issuer.fetches()), (true, 2), "asked again after five minutes only");
    clock.jump(Duration::from_secs(301));
    let later = keys.refreshed(&hosts, &url).await.expect("keys");
    assert_eq!((proven(&later), issuer.fetches()), (Ok(()), 4));

    issuer.breaks(true);
    clock.jump(Duration::from_secs(3601));
    for _ in 0..3 {
        assert!(Arc::ptr_eq(&keys.get(&hosts, &url).await.expect("old keys serve on"), &later));
    }
    assert_eq!(issuer.fetches(), 5, "a fetch that failed is not repeated at once");
    let unknown: Arc<str> = format!("{origin}/other/.well-known/openid-configuration").into();
    assert!(keys.get(&hosts, &unknown).await.is_err() && keys.get(&hosts, &unknown).await.is_err());
    assert_eq!(issuer.fetches(), 6);
    issuer.breaks(false);
    clock.jump(Duration::from_secs(301));
    assert!(keys.get(&hosts, &unknown).await.is_ok());
    let unmapped: Arc<str> = "https://login.microsoftonline.com/t/v2.0/.well-known/openid-configuration".into();
    let refused = keys.get(&hosts, &unmapped).await.expect_err("nothing is mapped");
    assert!(refused.contains("login.microsoftonline.com"), "{refused}");
    let stands_in: Arc<str> = format!("{unmapped}#tenant").into();
    assert!(keys.get(&hosts, &stands_in).await.is_ok(), "the embedded issuer stands in for a tenant");
}
