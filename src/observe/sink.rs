//! Where traffic puts what it sees while it runs.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::{CallRecord, Glance, Glimpse, Live};
use crate::wire::Exchange;

/// What traffic tells while it runs.
#[derive(Clone, Debug)]
pub enum Event {
    /// An exchange under load, whole and condensed; the first for checks that
    /// judge each exchange, the second to keep.
    Call {
        /// The scenario.
        scenario: Arc<str>,
        /// To keep.
        record: Box<CallRecord>,
        /// To judge.
        exchange: Arc<Exchange>,
    },
    /// How the scenarios stand that go on, now and then.
    Live(Vec<Live>),
    /// A call that was due was never sent: everybody was busy.
    Dropped {
        /// The scenario.
        scenario: Arc<str>,
    },
}

/// The end of the channel that traffic holds. One owner at the other end
/// takes the events in order; a full channel makes traffic wait, so nothing
/// is lost and memory is bounded.
#[derive(Clone, Debug)]
pub struct Sink {
    events: mpsc::Sender<Event>,
    glance: Option<Arc<dyn Glance>>,
}

impl Sink {
    /// A sink and the end that its owner reads.
    pub fn new() -> (Self, mpsc::Receiver<Event>) {
        let (events, receiver) = mpsc::channel(512);
        (Self { events, glance: None }, receiver)
    }

    /// With somebody who tells which answers need not be told at all.
    #[must_use]
    pub fn glancing(self, glance: Arc<dyn Glance>) -> Self {
        Self { glance: Some(glance), ..self }
    }

    /// Whether nobody wants to be told of an answer.
    pub fn is_plain(&self, glimpse: &Glimpse<'_>) -> bool {
        self.glance.as_ref().is_some_and(|glance| glance.is_plain(glimpse))
    }

    /// Tells an event. An owner that is gone wants nothing any more: the event
    /// is dropped.
    pub async fn tell(&self, event: Event) {
        let _ = self.events.send(event).await;
    }
}
