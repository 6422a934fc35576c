//! A load over HTTP/2: plain and under TLS, over few connections.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Ran, Serving, seamstress};

/// How a client begins that speaks HTTP/2: without TLS, and where it offers it
/// under TLS.
const BEGINNINGS: [&[u8]; 2] = [b"PRI * HTTP/2.0", b"\x02h2"];

/// Stands between a load and a gateway, and counts the connections of HTTP/2.
struct Between {
    port: u16,
    count: Arc<AtomicUsize>,
}

impl Between {
    /// `takes`: whether it lets them through; else it answers as who has never
    /// heard of HTTP/2.
    fn start(gateway: u16, takes: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = listener.local_addr().expect("bound").port();
        let count = Arc::new(AtomicUsize::new(0));
        let counting = count.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let counting = counting.clone();
                std::thread::spawn(move || between(stream, gateway, takes, &counting));
            }
        });
        Self { port, count }
    }
}

fn between(mut client: TcpStream, gateway: u16, takes: bool, count: &AtomicUsize) -> std::io::Result<()> {
    let mut first = [0; 4096];
    let read = client.read(&mut first)?;
    let first = &first[..read];
    if BEGINNINGS.iter().any(|begins| first.windows(begins.len()).any(|window| window == *begins)) {
        if !takes {
            return client.write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        }
        count.fetch_add(1, Ordering::SeqCst);
    }
    let mut server = TcpStream::connect(("127.0.0.1", gateway))?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    server.write_all(first)?;
    let (mut from, mut to) = (server.try_clone()?, client.try_clone()?);
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Both);
    });
    std::io::copy(&mut client, &mut server)?;
    server.shutdown(Shutdown::Both)
}

/// A served system, somebody before its gateway, and settings that lead there.
struct World {
    serving: Serving,
    between: Between,
    folder: TempDir,
}

impl World {
    fn start(args: &[&str], takes: bool) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("calls.jsonl");
        let serving = Serving::start(&[args, &["--gateway-logs", log.to_str().expect("plain")]].concat());
        let gateway = serving.addresses["gateway"].as_str().expect("an address");
        let (scheme_and_host, port) = gateway.rsplit_once(':').expect("a port");
        let between = Between::start(port.parse().expect("a number"), takes);
        let text = std::fs::read_to_string(&serving.settings).expect("the settings");
        let there = format!("{scheme_and_host}:{}", between.port);
        assert!(text.contains(gateway), "{text}");
        std::fs::write(folder.path().join("there.toml"), text.replace(gateway, &there)).expect("written");
        Self { serving, between, folder }
    }

    /// Forty calls within a tenth of a second, each of which takes longer.
    fn load(&self, connections: &str) -> Ran {
        scenario(self.folder.path(), connections);
        let folder = self.folder.path().to_str().expect("plain");
        let settings = format!("{folder}/there.toml");
        seamstress(&["load", "shared", "--scenarios", folder, "--settings", &settings, "--env", "stack", "--seed", "1"])
    }

    fn counted(&self) -> usize {
        self.between.count.swap(0, Ordering::SeqCst)
    }

    /// The rows of the gateway's log about calls over HTTP/2.
    fn rows(self) -> Vec<Value> {
        assert_eq!(self.serving.interrupt(), Some(0));
        let text = std::fs::read_to_string(self.folder.path().join("calls.jsonl")).expect("the log");
        let rows = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        rows.filter(|row| row["ClientProtocol"] == "HTTP/2").collect()
    }
}

fn scenario(folder: &Path, connections: &str) -> PathBuf {
    let file = folder.join("shared.yaml");
    let text = format!(
        "format: seamstress/scenario/1\nname: shared\ndescription: d\nconnections: {connections}\nflows:\n  - name: f\n    \
         actions: [{{ contract: bulk-update/v1, operation: submitBatch, elements: 1 }}]\n    clones: 4\n    \
         start: {{ burst: {{ runs: 40, within: 100 ms, time: real }} }}\nfaults:\n  - {{ kind: slow, by: 500 ms }}\n"
    );
    std::fs::write(&file, text).expect("written");
    file
}

/// How many of the calls were under way at once.
fn most_at_once(rows: &[Value]) -> i64 {
    let mut steps: Vec<(chrono::DateTime<chrono::Utc>, i64)> = Vec::new();
    for row in rows {
        let began: chrono::DateTime<chrono::Utc> =
            row["TimeGenerated"].as_str().expect("an instant").parse().expect("an instant");
        let took = row["TotalTime"].as_i64().expect("milliseconds");
        steps.extend([(began, 1), (began + chrono::Duration::milliseconds(took), -1)]);
    }
    steps.sort_unstable();
    let mut now = 0;
    steps
        .iter()
        .map(|(_, step)| {
            now += step;
            now
        })
        .max()
        .unwrap_or_default()
}

#[test]
fn many_calls_at_once_go_over_one_connection_plain_and_under_tls() {
    for args in [&[][..], &["--tls"]] {
        let world = World::start(args, true);
        let ran = world.load("{ http: 2 }");
        assert_eq!(ran.code, 0, "{}", ran.all());
        assert_eq!(ran.record()["totals"]["effects"], 40, "{}", ran.all());
        assert_eq!(world.counted(), 1, "{args:?}");
        let rows = world.rows();
        assert_eq!(rows.len(), 40, "{args:?}");
        assert!(most_at_once(&rows) > 20, "{args:?}: {}", most_at_once(&rows));
    }
}

#[test]
fn each_flow_has_a_connection_of_its_own_where_a_scenario_says_so() {
    let world = World::start(&[], true);
    let ran = world.load("{ http: 2, kept: by_flow }");
    assert_eq!(ran.code, 0, "{}", ran.all());
    // Four copies of a flow, and one that showed before that HTTP/2 is spoken.
    assert_eq!(world.counted(), 4 + 1);
    let ran = world.load("{ http: 2, kept: never }");
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert_eq!(world.counted(), 40 + 1);
    let ran = world.load("{ http: 1.1 }");
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert_eq!(world.counted(), 0);
}

#[test]
fn a_gateway_without_http2_is_3_before_anything_is_sent() {
    let world = World::start(&[], false);
    let ran = world.load("{ http: 2 }");
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.out.contains("does not speak HTTP/2") && ran.out.contains("http: 1.1"), "{}", ran.out);
}

#[test]
fn a_version_that_nobody_speaks_is_2_with_its_place() {
    let folder = tempfile::tempdir().expect("a folder");
    scenario(folder.path(), "{ http: 3 }");
    let ran = seamstress(&["load", "shared", "--scenarios", folder.path().to_str().expect("plain")]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("shared.yaml:4:22") && ran.err.contains("`1.1` or `2`"), "{}", ran.err);
}
