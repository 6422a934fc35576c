//! The trigger over a real socket.

use std::time::Duration;

use http::Method;

use super::super::fault::FaultBoard;
use super::super::identity::{TRIGGER_AUDIENCE, TRIGGER_ROLE};
use super::super::issuer::{Issuer, IssuerOptions, MintRequest};
use super::{Trigger, TriggerOptions};
use crate::clock::Clock;
use crate::door::{Door, RestClient};
use crate::wire::{Downstream, Fault, FaultKind, TokenKind};

#[tokio::test]
async fn calls_are_recorded_with_what_became_of_them() {
    let listen = "127.0.0.1:0".parse().expect("valid");
    let clock = Clock::system();
    let issuer = Issuer::start(IssuerOptions::shipped(listen, clock.clone())).await;
    let issuer = issuer.expect("starts");
    let (faults, tenant) = (FaultBoard::default(), issuer.tenant().clone());
    let options = TriggerOptions { listen, tenant: tenant.clone(), clock, faults: faults.clone() };
    let trigger = Trigger::start(options).await.expect("starts");
    let token = |audience: &str| {
        let wanted = MintRequest {
            client: "service".into(),
            audience: audience.into(),
            roles: vec![TRIGGER_ROLE.into()],
            kind: TokenKind::Good,
        };
        tenant.mint(&wanted).expect("minted").token
    };
    let client = RestClient::new(&Door::loopback(), Duration::from_secs(5));
    let call = async |token: Option<String>| {
        let url = format!("{}{}", trigger.origin(), trigger.path());
        let mut call = client.request(Method::POST, &url).expect("allowed").header("x-correlation-id", "c").body("{}");
        if let Some(token) = token {
            call = call.bearer_auth(token);
        }
        call.send().await.ok().map(|answer| answer.status().as_u16())
    };
    assert_eq!(call(Some(token(TRIGGER_AUDIENCE))).await, Some(202));
    assert_eq!(call(None).await, Some(401));
    assert_eq!(call(Some(token("else"))).await, Some(401));
    let fault = |kind| Fault { tier: Downstream::Trigger, times: Some(1), ..Fault::new(kind) };
    faults.arm(fault(FaultKind::Throttled { retry_after: 2 }));
    assert_eq!(call(Some(token(TRIGGER_AUDIENCE))).await, Some(429));
    faults.arm(fault(FaultKind::AnswerLost));
    assert_eq!(call(Some(token(TRIGGER_AUDIENCE))).await, None);
    let calls = trigger.handle().calls(&["C".to_owned()]);
    let told: Vec<_> = calls.iter().map(|c| (c.status, c.refused.as_deref())).collect();
    let expected = [
        (Some(202), None),
        (Some(401), Some("no token")),
        (Some(401), Some("a token for another audience")),
        (Some(429), None),
        (None, None),
    ];
    assert_eq!(told, expected);
    assert!(trigger.handle().calls(&["other".to_owned()]).is_empty());
    trigger.stop().await;
    issuer.stop().await;
}
