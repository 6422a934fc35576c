//! What the tests of this folder share: a target, and servers on real sockets.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use tokio::net::TcpListener;

use crate::clock::{Clock, Timestamp};
use crate::contract::behaviour::{Behaviour, Correlation, CorrelationCarrier, Effects, OnInvalid, Once, Role};
use crate::contract::openapi::OpenApi;
use crate::contract::{Contract, ContractId};
use crate::diagnose::parse_yaml;
use crate::door::{Door, Origin};
use crate::target::{Clients, Target};
use crate::wire::{Headers, Redactor};

/// Serves an application on a free port.
pub(super) async fn serve(app: Router) -> Origin {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(listener, service).await });
    address.into()
}

/// A target whose gateway nobody has started, with a clock that runs 100 times
/// as fast.
pub(super) fn target() -> Arc<Target> {
    target_at(Origin { tls: false, host: "127.0.0.1".to_owned(), port: 9 })
}

/// A target with this gateway.
pub(super) fn target_at(gateway: Origin) -> Arc<Target> {
    let clock = Clock::starting_at(Timestamp::from_seconds(1_788_249_600), 100.0);
    Arc::new(Target {
        name: "test".to_owned(),
        gateway,
        service: None,
        control: None,
        clients: Clients::nobody(clock.clone()),
        door: Door::loopback(),
        clock,
        offers: BTreeSet::new(),
        service_marker: Some("x-served-by".to_owned()),
        extra_headers: Headers::new(),
        redactor: Redactor::new(),
        began: Instant::now(),
    })
}

/// A contract with a correlation ID that is written to a column.
pub(super) fn contract() -> Contract {
    let text = "openapi: 3.1.0\ninfo: { title: t, version: '1' }\npaths: {}\n";
    let behaviour = Behaviour {
        file: "behaviour.yaml".into(),
        role: Role::Provider,
        lifecycle: None,
        correlation: Some(Correlation { header: "X-Correlation-Id".to_owned(), uuid: true, echo: true, missing: None }),
        identity: None,
        data_path: None,
        idempotency: None,
        error_shape: None,
        errors: Vec::new(),
        limits: None,
        throttling: None,
        effects: Some(Effects {
            table: "accounts".to_owned(),
            columns: Vec::new(),
            once: Once::PerItem,
            on_invalid: OnInvalid::RefuseAll,
            correlated_by: CorrelationCarrier::Column("new_correlationid".to_owned()),
            business_key: None,
        }),
        pools: Vec::new(),
        objectives: Vec::new(),
        source: parse_yaml("behaviour.yaml", "{}").unwrap(),
    };
    Contract {
        id: ContractId::new("test", "v1"),
        path: "contracts/test/v1".into(),
        openapi: Arc::new(OpenApi::parse("openapi.yaml", text).unwrap()),
        behaviour: Some(Arc::new(behaviour)),
    }
}
