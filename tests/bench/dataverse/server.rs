//! Servers, each in a thread with a runtime of its own.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::any;
use seamstress::clock::Clock;
use seamstress::stack::dataverse::{Dataverse, DataverseHandle, DataverseOptions};
use seamstress::stack::identity::{DATAVERSE_RESOURCE, GATEWAY_IDENTITY};
use seamstress::stack::issuer::{Issuer, IssuerOptions, MintRequest};
use seamstress::wire::TokenKind;

pub(crate) struct Served {
    pub(crate) address: SocketAddr,
    pub(crate) token: String,
    /// What the mock lets its owner see; the parser has nothing to see.
    handle: Option<DataverseHandle>,
    /// The thread's account of CPU time.
    account: PathBuf,
}

/// A folder with `accounts` of so many rows.
pub(crate) fn accounts(rows: usize) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("seamstress-bench-{}-{rows}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("environment.yaml"), include_str!("environment.yaml")).expect("a file");
    let table = include_str!("accounts.yaml").replace("count: 20000", &format!("count: {rows}"));
    fs::write(folder.join("accounts.yaml"), table).expect("a file");
    folder
}

/// Bytes of this process in memory.
pub(crate) fn memory() -> usize {
    let text = fs::read_to_string("/proc/self/statm").expect("Linux");
    text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number") * 4096
}

impl Served {
    pub(crate) fn dataverse(folder: &Path) -> Self {
        let folder = folder.to_owned();
        Self::start(move |ready| async move {
            let listen = "127.0.0.1:0".parse().expect("an address");
            let clock = Clock::system();
            let issuer = Issuer::start(IssuerOptions::shipped(listen, clock.clone())).await.expect("an issuer");
            let tenant = issuer.tenant().clone();
            let wanted = MintRequest {
                client: GATEWAY_IDENTITY.into(),
                audience: DATAVERSE_RESOURCE.into(),
                roles: Vec::new(),
                kind: TokenKind::Good,
            };
            let token = tenant.mint(&wanted).expect("a token").token;
            let options = DataverseOptions { tables: folder, listen, clock, tenant, tls: None, ways_in: None };
            let dataverse = Dataverse::start(options).await.expect("the mock starts");
            let address = dataverse.origin().to_string();
            let address = address.trim_start_matches("http://").parse().expect("an address");
            ready.send((address, token, Some(dataverse.handle().clone()))).expect("somebody waits");
            std::future::pending::<()>().await;
            drop((issuer, dataverse));
        })
    }

    /// An axum handler that parses the body as JSON and says 204.
    pub(crate) fn parser() -> Self {
        Self::start(|ready| async move {
            let handler = |axum::Json(_): axum::Json<serde_json::Value>| async { StatusCode::NO_CONTENT };
            let router = Router::new().route("/{*path}", any(handler));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            let address = listener.local_addr().expect("an address");
            ready.send((address, "x".repeat(900), None)).expect("somebody waits");
            axum::serve(listener, router).await.expect("it serves");
        })
    }

    fn start<F: Future<Output = ()>>(
        serve: impl FnOnce(mpsc::Sender<(SocketAddr, String, Option<DataverseHandle>)>) -> F + Send + 'static,
    ) -> Self {
        let (ready, started) = mpsc::channel();
        let (tell, thread_id) = mpsc::channel();
        thread::spawn(move || {
            let own = fs::read_link("/proc/thread-self").expect("Linux");
            tell.send(own).expect("somebody waits");
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(serve(ready));
        });
        let account = Path::new("/proc").join(thread_id.recv().expect("a thread")).join("schedstat");
        let (address, token, handle) = started.recv_timeout(Duration::from_mins(2)).expect("the server starts");
        Self { address, token, handle, account }
    }

    /// Bytes of the ledger, in memory and in its file, for each of its entries.
    pub(crate) fn ledger_entry(&self) -> f64 {
        let size = self.handle.as_ref().expect("the mock's ledger").ledger_size();
        (size.memory as f64 + size.file as f64) / size.entries as f64
    }

    /// Microseconds of CPU time that the server's thread has taken.
    pub(crate) fn cpu(&self) -> f64 {
        let text = fs::read_to_string(&self.account).expect("the thread lives");
        text.split(' ').next().and_then(|n| n.parse::<f64>().ok()).expect("nanoseconds") / 1e3
    }
}
