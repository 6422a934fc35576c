//! Running the real binary.

use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

/// What a run of the binary gave.
pub(crate) struct Ran {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) out: String,
    /// Standard error.
    pub(crate) err: String,
    /// The folder of reports, alive as long as this is.
    pub(crate) reports: tempfile::TempDir,
}

impl Ran {
    /// `latest/run.json`.
    pub(crate) fn record(&self) -> Value {
        let path = self.reports.path().join("latest/run.json");
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}\n{}", path.display(), self.all()));
        serde_json::from_str(&text).expect("run.json is JSON")
    }

    /// The families of the findings that decide.
    pub(crate) fn families(&self) -> Vec<String> {
        let record = self.record();
        let findings = record["findings"].as_array().cloned().unwrap_or_default();
        findings
            .iter()
            .filter(|f| f["severity"] == "error")
            .map(|f| f["family"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Every file of the reports folder, by path.
    pub(crate) fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut folders = vec![self.reports.path().to_owned()];
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder") {
                let path = entry.expect("an entry").path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let bytes = std::fs::read(&path).expect("a file");
                    found.push((path, bytes));
                }
            }
        }
        found
    }

    /// Everything it said, for messages of failed tests.
    pub(crate) fn all(&self) -> String {
        format!("exit {}\n--- stdout\n{}\n--- stderr\n{}", self.code, self.out, self.err)
    }
}

/// The binary with a reports folder of its own, in the project's root.
pub(crate) fn seamstress(args: &[&str]) -> Ran {
    seamstress_in(Path::new("."), args)
}

/// The same in another working folder.
pub(crate) fn seamstress_in(folder: &Path, args: &[&str]) -> Ran {
    let reports = tempfile::tempdir().expect("a folder");
    let mut command = binary();
    command.current_dir(folder).args(args);
    if takes_reports(args) {
        command.arg("--reports").arg(reports.path());
    }
    let output = command.output().expect("the binary starts");
    ran(&output, reports)
}

/// The same with environment variables.
pub(crate) fn seamstress_with(variables: &[(&str, &str)], args: &[&str]) -> Ran {
    let reports = tempfile::tempdir().expect("a folder");
    let mut command = binary();
    command.envs(variables.iter().copied()).args(args);
    if takes_reports(args) {
        command.arg("--reports").arg(reports.path());
    }
    let output = command.output().expect("the binary starts");
    ran(&output, reports)
}

/// The binary, not started.
pub(crate) fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seamstress"));
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

fn takes_reports(args: &[&str]) -> bool {
    matches!(args.first(), Some(&("gate" | "check" | "load" | "replay" | "capacity" | "readiness" | "score")))
        && !args.iter().any(|arg| matches!(*arg, "--help" | "--reports"))
}

pub(crate) fn ran(output: &Output, reports: tempfile::TempDir) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        reports,
    }
}

/// `seamstress serve` in another process; ended with this value.
pub(crate) struct Serving {
    child: Child,
    /// Where each tier stands.
    pub(crate) addresses: Value,
    /// The settings file that it wrote.
    pub(crate) settings: PathBuf,
    _folder: tempfile::TempDir,
}

impl Serving {
    /// Starts it and waits for the line that tells its addresses.
    pub(crate) fn start(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = folder.path().join("env.toml");
        let mut child = binary()
            .args(["serve", "--format", "json", "--write-env"])
            .arg(&settings)
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the binary starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("piped");
        BufReader::new(stdout).read_line(&mut line).expect("a line of addresses");
        let addresses = serde_json::from_str(&line).expect("addresses as JSON");
        Self { child, addresses, settings, _folder: folder }
    }

    /// Asks it to end as a terminal would; gives its exit code.
    pub(crate) fn interrupt(mut self) -> Option<i32> {
        interrupt(&self.child);
        self.child.wait().expect("it ends").code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends SIGINT.
pub(crate) fn interrupt(child: &Child) {
    assert!(signal(child, "-INT"), "kill -INT failed");
}

/// Sends a signal; whether the process was there.
pub(crate) fn signal(child: &Child, name: &str) -> bool {
    Command::new("kill")
        .args([name, &child.id().to_string()])
        .stderr(Stdio::null())
        .status()
        .expect("kill is there")
        .success()
}

/// A service that answers every call 201 with an empty object, and closes; each
/// request is shown to `seen` first.
pub(crate) fn answers_every_call(listener: TcpListener, seen: impl Fn(&str) + Send + 'static) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut request = vec![0; 64 * 1024];
            let read = stream.read(&mut request).unwrap_or_default();
            seen(&String::from_utf8_lossy(&request[..read]));
            let head = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nConnection: close\r\n";
            let _ = stream.write_all(format!("{head}Content-Length: 2\r\n\r\n{{}}").as_bytes());
        }
    });
}

/// Says that a test has nothing to do here, past the test runner, which keeps
/// what tests that pass print.
pub(crate) fn skipped(why: &str) {
    let _ = writeln!(std::io::stderr(), "skipped: {why}");
}
