//! Real processes on real sockets.

use std::io::Read as _;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::*;
use crate::door::Origin;

/// A service in a few lines of shell and Python: it answers every path, and
/// prints its process id.
const ANSWERS: &str = r#"echo "state in $SEAMSTRESS_STATE_DIR"; exec python3 -c '
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health" else 404)
        self.end_headers()
    def log_message(self, *args):
        pass
print("process", os.getpid(), flush=True)
http.server.HTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
'"#;

fn launch(command: &str, within: Duration) -> Launch {
    let port = free_port().expect("a port");
    let origin = Origin { tls: false, host: Ipv4Addr::LOCALHOST.to_string(), port };
    Launch { command: command.to_owned(), origin, health: "/health".to_owned(), within }
}

fn printed(service: &Service) -> String {
    let mut text = String::new();
    service.output().read_from(0).and_then(|mut file| file.read_to_string(&mut text)).expect("readable");
    text
}

#[tokio::test]
async fn a_service_comes_up_is_killed_comes_up_again_and_stops() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        crate::skipped("there is no python3 for a service");
        return;
    }
    let service = Service::new(launch(ANSWERS, Duration::from_mins(1))).expect("made");
    service.start(Vec::new()).await.expect("well");
    assert!(service.listens().await);
    service.restart().await.expect("well again");
    assert!(service.listens().await);
    let usage = service.usage().await;
    service.stop().await;
    assert!(!service.listens().await);
    let text = printed(&service);
    let processes: Vec<&str> = text.lines().filter(|line| line.starts_with("process")).collect();
    assert_eq!(processes.len(), 2, "{text}");
    assert_ne!(processes[0], processes[1], "another process");
    let states: Vec<&str> = text.lines().filter(|line| line.starts_with("state")).collect();
    assert_eq!(states[0], states[1], "the same state");
    if cfg!(target_os = "linux") {
        assert!(usage.cpu > Duration::ZERO && usage.peak_memory > 1_000_000, "{usage:?}");
    }
    assert!(service.ended().borrow().is_none(), "nobody takes a restart or a stop for an end");
}

#[tokio::test]
async fn a_service_that_ends_is_told_with_its_last_lines() {
    let command = "echo first; echo 'no module named app' >&2; exit 3";
    let service = Service::new(launch(command, Duration::from_mins(1))).expect("made");
    let fault = service.start(Vec::new()).await.expect_err("it ended").to_string();
    assert!(fault.contains("exit status: 3") && fault.contains("| first\n  | no module named app"), "{fault}");
}

#[tokio::test]
async fn a_service_that_does_not_listen_is_told_with_what_to_look_at() {
    let service = Service::new(launch("echo waiting; sleep 600", Duration::from_millis(300))).expect("made");
    let fault = service.start(Vec::new()).await.expect_err("it never listens").to_string();
    assert!(fault.contains("GET http://127.0.0.1:") && fault.contains("nobody listens there"), "{fault}");
    assert!(fault.contains("| waiting") && fault.contains("--service-health"), "{fault}");
}

#[tokio::test]
async fn a_port_in_use_is_told_before_anything_starts() {
    let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = taken.local_addr().expect("an address").port();
    let mut launch = launch("true", Duration::from_secs(1));
    launch.origin.port = port;
    let fault = Service::new(launch).expect_err("taken").to_string();
    assert!(fault.contains(&format!("port {port} is in use")), "{fault}");
}

#[tokio::test]
async fn whoever_it_started_goes_with_it() {
    let command = "sleep 600 & echo child $!; exit 3";
    let service = Service::new(launch(command, Duration::from_mins(1))).expect("made");
    service.start(Vec::new()).await.expect_err("it ended");
    let text = printed(&service);
    let child = text.lines().find_map(|line| line.strip_prefix("child ")).expect("it told its child");
    // Who was killed is gone when the system comes to it.
    let gone = async {
        while std::fs::read_to_string(format!("/proc/{child}/stat")).is_ok_and(|stat| !stat.contains(") Z")) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), gone).await.expect("it goes");
}
