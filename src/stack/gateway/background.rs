//! Requests that nobody waits for.

use std::sync::Mutex;

use tokio::task::JoinSet;

/// Tasks that outlive the call that began them, and end with the gateway.
#[derive(Debug, Default)]
pub(super) struct Background(Mutex<JoinSet<()>>);

impl Background {
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.0.lock().expect("nobody panics while he holds the tasks");
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    pub(super) fn stop(&self) {
        self.0.lock().expect("nobody panics while he holds the tasks").abort_all();
    }
}
