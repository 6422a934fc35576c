//! A service that is started, killed, started again and stopped.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Mutex as AsyncMutex, watch};
use tokio::time::{Instant, sleep};

use super::ProcessError;
use super::child::Child;
use super::health::until_well;
use super::output::Output;
use super::port::{accepts, is_taken};
use super::usage::Usage;
use crate::door::{Door, Origin};

/// How long the port of a killed process may stay taken, in real time.
const PORT_RELEASE: Duration = Duration::from_secs(5);

/// What is started, and when it counts as up.
#[derive(Clone, Debug)]
pub struct Launch {
    /// The command line, for `sh`.
    pub command: String,
    /// Where it is told to listen (`HOST`, `PORT`).
    pub origin: Origin,
    /// The path that answers 2xx when it is well.
    pub health: String,
    /// How long it may take until it does, in real time.
    pub within: Duration,
}

/// A service of the user's. Clones are the same one.
#[derive(Clone, Debug)]
pub struct Service(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    launch: Launch,
    variables: OnceLock<Vec<(String, String)>>,
    /// Outlives its processes: `SEAMSTRESS_STATE_DIR`, and the certificate.
    folder: tempfile::TempDir,
    output: Output,
    running: AsyncMutex<Option<Child>>,
    /// By processes that are gone.
    spent: Mutex<Usage>,
    ended: watch::Sender<Option<ProcessError>>,
}

impl Service {
    /// Makes a folder for its state; nothing runs yet.
    ///
    /// # Errors
    /// The port is taken, or the folder can't be made.
    pub fn new(launch: Launch) -> Result<Self, ProcessError> {
        if is_taken(launch.origin.port) {
            return Err(ProcessError::PortInUse(launch.origin.port));
        }
        Ok(Self(Arc::new(Shared {
            launch,
            variables: OnceLock::new(),
            folder: tempfile::tempdir().map_err(|fault| ProcessError::start(&fault))?,
            output: Output::new().map_err(|fault| ProcessError::start(&fault))?,
            running: AsyncMutex::new(None),
            spent: Mutex::default(),
            ended: watch::Sender::new(None),
        })))
    }

    /// Where it listens.
    pub fn origin(&self) -> &Origin {
        &self.0.launch.origin
    }

    /// The path that it answers when it is well.
    pub fn health(&self) -> &str {
        &self.0.launch.health
    }

    /// What it prints.
    pub fn output(&self) -> &Output {
        &self.0.output
    }

    /// Where a file for it can lie as long as it runs.
    pub fn place(&self, name: &str) -> PathBuf {
        self.0.folder.path().join(name)
    }

    /// Starts it with these variables beside those of this process, `HOST`,
    /// `PORT` and `SEAMSTRESS_STATE_DIR`, and waits until it is well.
    ///
    /// # Errors
    /// It can't be started, ends by itself, or does not become well in time.
    pub async fn start(&self, variables: Vec<(String, String)>) -> Result<(), ProcessError> {
        let state = self.place("state");
        std::fs::create_dir_all(&state).map_err(|fault| ProcessError::start(&fault))?;
        let all = self.listening(&state).into_iter().chain(variables).collect();
        // A second start would be a fault of ours; the first variables stay.
        let _ = self.0.variables.set(all);
        let mut running = self.0.running.lock().await;
        *running = Some(self.up().await?);
        Ok(())
    }

    fn listening(&self, state: &Path) -> [(String, String); 4] {
        let origin = &self.0.launch.origin;
        [
            ("HOST".to_owned(), origin.host.clone()),
            ("PORT".to_owned(), origin.port.to_string()),
            ("SEAMSTRESS_STATE_DIR".to_owned(), state.display().to_string()),
            // Python would keep its log to itself until it ends.
            ("PYTHONUNBUFFERED".to_owned(), "1".to_owned()),
        ]
    }

    /// Kills it in the middle of whatever it does, and starts it again with the
    /// state that it left. Returns once it is well; one that was stopped stays
    /// so.
    ///
    /// # Errors
    /// It does not come up again.
    pub async fn restart(&self) -> Result<(), ProcessError> {
        let mut running = self.0.running.lock().await;
        let Some(child) = running.take() else { return Ok(()) };
        self.spend(child.kill().await);
        self.port_released().await?;
        *running = Some(self.up().await?);
        Ok(())
    }

    /// Asks it to end; waits until everybody is gone.
    pub async fn stop(&self) {
        if let Some(child) = self.0.running.lock().await.take() {
            self.spend(child.end().await);
        }
    }

    /// Whether it accepts calls at its port.
    pub async fn listens(&self) -> bool {
        accepts(self.0.launch.origin.port).await
    }

    /// Why it ended by itself, once it has.
    pub fn ended(&self) -> watch::Receiver<Option<ProcessError>> {
        self.0.ended.subscribe()
    }

    /// What all its processes have cost so far.
    pub async fn usage(&self) -> Usage {
        let now = self.0.running.lock().await.as_ref().map(Child::usage).unwrap_or_default();
        self.spent().and(now)
    }

    fn spent(&self) -> Usage {
        *self.0.spent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn spend(&self, usage: Usage) {
        let mut spent = self.0.spent.lock().unwrap_or_else(PoisonError::into_inner);
        *spent = spent.and(usage);
    }

    async fn port_released(&self) -> Result<(), ProcessError> {
        let port = self.0.launch.origin.port;
        let until = Instant::now() + PORT_RELEASE;
        while is_taken(port) {
            if Instant::now() >= until {
                return Err(ProcessError::PortInUse(port));
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// A process that is well.
    async fn up(&self) -> Result<Child, ProcessError> {
        let Launch { command, origin, health, within } = &self.0.launch;
        let variables = self.0.variables.get().map(Vec::as_slice).unwrap_or_default();
        let child = Child::spawn(command, variables, &self.0.output)?;
        let (door, mut exited) = (Door::loopback(), child.exited());
        let failed = tokio::select! {
            well = until_well(&door, origin, health, *within) => match well {
                Ok(()) => None,
                Err(last) => Some(self.not_healthy(last)),
            },
            status = exited.wait_for(Option::is_some) => {
                let status = status.ok().and_then(|status| status.clone());
                Some(self.ended_by_itself(status))
            }
        };
        if let Some(failed) = failed {
            self.spend(child.kill().await);
            return Err(failed);
        }
        self.watch(&child);
        Ok(child)
    }

    /// Tells when a process ends that nobody has taken away.
    fn watch(&self, child: &Child) {
        let (shared, mut exited, group) = (Arc::downgrade(&self.0), child.exited(), child.group());
        tokio::spawn(async move {
            let status = exited.wait_for(Option::is_some).await.ok().and_then(|status| status.clone());
            let Some(shared) = shared.upgrade() else { return };
            // Whoever kills it has taken it out before.
            let ours = shared.running.lock().await.as_ref().is_some_and(|child| child.group() == group);
            if ours {
                let service = Self(shared);
                let fault = service.ended_by_itself(status);
                service.0.ended.send_replace(Some(fault));
            }
        });
    }

    fn ended_by_itself(&self, status: Option<String>) -> ProcessError {
        ProcessError::Ended { status: status.unwrap_or_default(), lines: self.0.output.last_lines() }
    }

    fn not_healthy(&self, last: String) -> ProcessError {
        let Launch { origin, health, within, .. } = self.0.launch.clone();
        ProcessError::NotHealthy { origin, path: health, within, last, lines: self.0.output.last_lines() }
    }
}
