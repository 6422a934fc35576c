//! One process of a service, with everybody that it started: a process group.

use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{ChildStdin, Command};
use tokio::sync::watch;
use tokio::time::timeout;

use super::ProcessError;
use super::output::Output;
use super::usage::{Usage, group_usage};

/// How long it may take to end when it is asked to, in real time.
const TO_END: Duration = Duration::from_secs(5);

/// Runs the command line in `$1`. Whoever holds the other end of the standard
/// input keeps the group alive: when that process is gone, however it went, the
/// group is killed.
const WATCHED: &str = r#"exec 3<&0 </dev/null
{ read -r _ <&3; kill -KILL 0; } 2>/dev/null &
exec 3<&-
exec sh -c "$1""#;

/// A process group that runs.
#[derive(Debug)]
pub(super) struct Child {
    group: Pid,
    exited: watch::Receiver<Option<String>>,
    _alive: Option<ChildStdin>,
}

impl Child {
    /// Starts a command line.
    pub(super) fn spawn(command: &str, variables: &[(String, String)], output: &Output) -> Result<Self, ProcessError> {
        let stdio = || output.stdio().map_err(|fault| ProcessError::start(&fault));
        let mut child = Command::new("sh")
            .args(["-c", WATCHED, "seamstress-service", command])
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(stdio()?)
            .stderr(stdio()?)
            .process_group(0)
            .spawn()
            .map_err(|fault| ProcessError::start(&fault))?;
        let pid = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
        let group = pid.ok_or_else(|| ProcessError::Start("it has no process id".to_owned()))?;
        let alive = child.stdin.take();
        let (tell, exited) = watch::channel(None);
        tokio::spawn(async move {
            let status = child.wait().await.map_or_else(|fault| fault.to_string(), |status| status.to_string());
            tell.send_replace(Some(status));
        });
        Ok(Self { group, exited, _alive: alive })
    }

    /// The group, by the id of its first process.
    pub(super) fn group(&self) -> Pid {
        self.group
    }

    /// Tells how the first process of the group ended, once it has.
    pub(super) fn exited(&self) -> watch::Receiver<Option<String>> {
        self.exited.clone()
    }

    /// What the group has cost so far.
    pub(super) fn usage(&self) -> Usage {
        group_usage(self.group.as_raw_nonzero().get().unsigned_abs())
    }

    /// Kills everybody at once. Gives what they had cost.
    pub(super) async fn kill(mut self) -> Usage {
        let usage = self.usage();
        self.signal(Signal::KILL);
        self.gone().await;
        usage
    }

    /// Asks it to end, and kills who is left. Gives what they had cost.
    pub(super) async fn end(mut self) -> Usage {
        let usage = self.usage();
        self.signal(Signal::TERM);
        let _ = timeout(TO_END, self.gone()).await;
        self.signal(Signal::KILL);
        self.gone().await;
        usage
    }

    async fn gone(&mut self) {
        let _ = self.exited.wait_for(Option::is_some).await;
    }

    /// Who is gone already needs no signal.
    fn signal(&self, signal: Signal) {
        let _ = kill_process_group(self.group, signal);
    }
}
