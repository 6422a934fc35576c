//! What the tests of this folder share: a target, and servers on real sockets.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use axum::Router;
use tokio::net::TcpListener;

use crate::clock::{Clock, Timestamp};
use crate::contract::{Contract, ContractId, load_dir};
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
        health: None,
        gateway_key: None,
        control: None,
        clients: Clients::nobody(clock.clone()),
        door: Door::loopback(),
        clock,
        offers: BTreeSet::new(),
        service_marker: Some("x-served-by".to_owned()),
        extra_headers: Headers::new(),
        keys: crate::wire::Keys::default(),
        redactor: Redactor::new(),
        began: Instant::now(),
    })
}

/// A shipped contract, with a correlation ID that is written to a column.
pub(super) fn contract() -> Contract {
    let contracts = load_dir(Path::new("contracts")).unwrap_or_else(|faults| panic!("{faults}"));
    contracts.into_iter().find(|contract| contract.id == ContractId::new("bulk-update", "v1")).unwrap()
}
