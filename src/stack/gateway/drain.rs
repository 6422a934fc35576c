//! Bodies that nobody wants: read and thrown away for a moment, so that a
//! client which is still sending gets to read its answer.

use std::sync::Mutex;
use std::time::Duration;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use tokio::task::JoinSet;

/// How many bytes of an unwanted body are read at most.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// How long an unwanted body is read at most, in real time.
const MAX_TIME: Duration = Duration::from_secs(5);

/// Reads unwanted bodies. Where a connection is closed with bytes unread, the
/// system resets it, and the answer is lost with it.
#[derive(Debug, Default)]
pub(super) struct Drain(Mutex<JoinSet<()>>);

impl Drain {
    pub(super) fn add(&self, body: Incoming) {
        let mut tasks = self.0.lock().expect("nobody panics while he holds the tasks");
        while tasks.try_join_next().is_some() {}
        tasks.spawn(async move {
            // Whether the rest came is nobody's concern.
            let _ = tokio::time::timeout(MAX_TIME, throw_away(body)).await;
        });
    }

    pub(super) fn stop(&self) {
        self.0.lock().expect("nobody panics while he holds the tasks").abort_all();
    }
}

async fn throw_away(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, |data| data.len() as u64);
        if read > MAX_BYTES {
            return;
        }
    }
}
