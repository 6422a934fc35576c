//! `--service-cmd`: what becomes of services that don't run, and what is kept of
//! those that do.

use std::net::TcpListener;
use std::sync::mpsc;

use serde_json::Value;

use crate::support::{Ran, answers_every_call, seamstress, skipped};

/// A service that brings the correlation ID back, refuses everything (by its
/// defect `teapot` with a status that nobody declares), tells each call in its
/// log, and ends by itself at the call after `LIVES`.
const SERVICE: &str = r#"exec python3 -c '
import http.server, json, os, sys
calls = 0
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self, status, body=b""):
        self.send_response(status)
        sent = self.headers.get("X-Correlation-Id")
        if sent:
            self.send_header("X-Correlation-Id", sent)
        self.send_header("X-Served-By", "inference")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        if self.path == "/health":
            return self.answer(200)
        self.do_POST()
    def do_POST(self):
        global calls
        calls += 1
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        print(json.dumps({"message": "call", "key": os.environ["SEAMSTRESS_GATEWAY_KEY"]}), flush=True)
        if calls > int(os.environ["LIVES"]):
            print("out of lives", flush=True)
            os._exit(9)
        self.answer(418 if os.environ.get("SEAMSTRESS_DEFECT") == "teapot" else 400)
    def log_message(self, *args):
        pass
print("listening", flush=True)
http.server.ThreadingHTTPServer((os.environ["HOST"], int(os.environ["PORT"])), Handler).serve_forever()
'"#;

fn with_python() -> bool {
    let there = std::process::Command::new("python3").arg("--version").output().is_ok();
    if !there {
        skipped("there is no python3 for a service");
    }
    there
}

/// Judges single calls by the one promise that the service keeps.
fn check(lives: u32) -> Ran {
    let command = format!("export LIVES={lives}; {SERVICE}");
    let calls = ["check", "--operation", "inference/v1", "--payloads", "--only", "correlation/echo", "--seed", "1"];
    seamstress(&[&calls[..], &["--cases", "40", "--service-cmd", &command]].concat())
}

/// The check by which it is scored.
const ONLY: &str = "response/undeclared-status";

/// Scores defects of that service, as a file lists them.
fn score(list: &str, more: &[&str]) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("defects.yaml");
    std::fs::write(&file, list).expect("written");
    let scenarios = folder.path().join("scenarios");
    std::fs::create_dir(&scenarios).expect("made");
    let (file, scenarios) = (file.to_str().expect("plain"), scenarios.to_str().expect("plain"));
    let command = format!("export LIVES=1000000; {SERVICE}");
    let calls = ["score", "--operation", "inference/v1", "--payloads", "--only", ONLY, "--seed", "1"];
    let runs = ["--cases", "20", "--clean", "0", "--scenarios", scenarios, "--service-cmd", &command];
    seamstress(&[&calls[..], &runs[..], &["--defects", file], more].concat())
}

#[test]
fn defects_of_a_service_are_scored_and_one_that_nobody_hears_is_missed() {
    if !with_python() {
        return;
    }
    let list = "format: seamstress/defects/1\ndefects:\n  \
                - { name: teapot, family: response, tells: \"a refusal has a status that is not declared\" }\n  \
                - { name: silent, family: response, tells: \"nothing that anybody could hear\" }\n";
    let ran = score(list, &[]);
    assert_eq!(ran.code, 1, "{}", ran.all());
    let row = |name: &str| ran.out.lines().find(|line| line.starts_with(name)).unwrap_or_default().to_owned();
    assert!(row("teapot").contains("response") && row("teapot").contains("1/1"), "{}", ran.all());
    assert!(row("silent").contains("0/1"), "{}", ran.all());
    assert!(ran.out.contains("1 of 2 defects found"), "{}", ran.all());
    let ran = score(list, &["--defect", "teapot"]);
    assert_eq!(ran.code, 0, "{}", ran.all());
}

#[test]
fn a_list_of_defects_with_faults_is_2_with_their_places() {
    let list = "format: seamstress/defects/1\ndefects:\n  - { name: a b, family: correlation, tells: x }\n  \
                - { name: c, family: corelation, tells: y }\n";
    let ran = score(list, &[]);
    assert_eq!(ran.code, 2, "{}", ran.all());
    assert!(ran.err.contains("defects.yaml:3:13"), "{}", ran.err);
    assert!(ran.err.contains("defects.yaml:4:24") && ran.err.contains("did you mean `correlation`"), "{}", ran.err);
    let ran = score("format: seamstress/defects/1\ndefects: []\n", &[]);
    assert!(ran.code == 2 && ran.err.contains("defects.yaml:2:10"), "{}", ran.all());
}

fn output(ran: &Ran) -> String {
    std::fs::read_to_string(ran.reports.path().join("latest/service-output.log")).expect("what it printed is kept")
}

#[test]
fn a_service_that_runs_is_judged_and_what_it_printed_is_kept_without_secrets() {
    if !with_python() {
        return;
    }
    let ran = check(1_000_000);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let text = output(&ran);
    assert!(text.contains("listening") && text.contains(r#"{"message": "call", "key": "[redacted]"}"#), "{text}");
    assert!(!text.contains("out of lives"), "{text}");
    let cost = ran.record()["cost"].clone();
    assert!(cost["service_cpu_ms"].as_u64().is_some() && cost["harness_cpu_ms"].as_u64().is_some(), "{cost}");
}

#[test]
fn a_service_that_ends_in_the_middle_could_not_run_and_is_no_finding() {
    if !with_python() {
        return;
    }
    let ran = check(5);
    assert_eq!(ran.code, 3, "{}", ran.all());
    let record = ran.record();
    assert_eq!(record["verdict"], Value::from("could_not_run"), "{}", ran.all());
    assert_eq!(record["findings"].as_array().map(Vec::len), Some(0), "{}", ran.all());
    assert!(ran.out.contains("the service ended by itself") && ran.out.contains("out of lives"), "{}", ran.all());
    assert!(output(&ran).contains("out of lives"));
    let command = format!("export LIVES=5; {SERVICE}");
    let ran = seamstress(&["load", "steady-day", "--service-cmd", &command, "--seed", "1"]);
    assert_eq!((ran.code, ran.record()["findings"].as_array().map(Vec::len)), (3, Some(0)), "{}", ran.all());
}

#[test]
fn a_service_that_does_not_start_is_3_with_its_own_words() {
    let ran = seamstress(&["gate", "--service-cmd", "echo 'no module named app' >&2; exit 4"]);
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.err.contains("exit status: 4") && ran.err.contains("no module named app"), "{}", ran.err);
    let ran = seamstress(&["gate", "--service-cmd", "sleep 600", "--service-within", "300ms"]);
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.err.contains("nobody listens there") && ran.err.contains("--service-health"), "{}", ran.err);
}

#[test]
fn a_port_in_use_is_3_before_anything_starts() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port().to_string();
    let ran = seamstress(&["gate", "--service-cmd", "echo started", "--service-port", &port]);
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.err.contains(&format!("port {port} is in use")) && !ran.err.contains("started"), "{}", ran.err);
}

#[test]
fn flags_that_make_no_sense_are_2() {
    for (arguments, words) in [
        (&["gate", "--service-health", "/up"][..], "--service-cmd COMMAND or --service URL"),
        (&["gate", "--service-cmd", " "], "--service-cmd is empty"),
        (&["gate", "--service-cmd", "true", "--service-health", "up"], "no path"),
        (&["gate", "--service", "127.0.0.1:8000/api"], "expected scheme, host and port"),
        (&["gate", "--service-cmd", "true", "--time-scale", "5"], "keeps real time"),
    ] {
        let ran = seamstress(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.all());
        assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
    }
}

#[test]
fn a_service_that_somebody_else_starts_is_told_its_variables_and_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("seams.env");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let (tell, told) = mpsc::channel();
    let variables = file.clone();
    answers_every_call(listener, move |request| {
        if request.starts_with("GET /up ") {
            let _ = tell.send(std::fs::read_to_string(&variables));
        }
    });
    let (name, health) = (file.to_str().expect("plain"), ["--service-health", "/up"]);
    let calls =
        ["check", "--operation", "inference/v1", "--only", "identity/token-refused", "--cases", "30", "--seed", "1"];
    let ran = seamstress(&[&calls[..], &["--service", &url, "--service-env", name], &health].concat());
    assert_eq!(ran.code, 0, "{}", ran.all());
    let told = told.try_recv().expect("asked for its health").expect("the variables come first");
    assert!(ran.err.contains("with the variables of"), "{}", ran.all());
    for variable in
        ["SEAMSTRESS_DATA_URL=https://", "AZURE_CLIENT_SECRET=", "SSL_CERT_FILE=", "SEAMSTRESS_GATEWAY_KEY="]
    {
        assert!(told.contains(variable), "{variable}: {told}");
    }
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&file).expect("there").permissions());
        assert_eq!(mode & 0o777, 0o600);
    }
    let secret = told.lines().find_map(|line| line.strip_prefix("AZURE_CLIENT_SECRET=")).expect("there");
    assert!(!ran.all().contains(secret));

    let nobody = ["--service", "http://127.0.0.1:9", "--service-env", name, "--service-within", "200ms"];
    let ran = seamstress(&[&calls[..], &nobody].concat());
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.err.contains("nobody listens there") && ran.err.contains("seams.env"), "{}", ran.err);
}
