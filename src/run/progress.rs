//! What a run tells while it goes on; the command line shows it.

use std::fmt;
use std::sync::Arc;

/// One thing that happened.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Something begins, in a few words.
    Stage(String),
    /// Where addresses and identities of the run stand: seed, nonce, target.
    Facts(Vec<(&'static str, String)>),
    /// Cases played so far.
    Cases {
        /// Played.
        done: u64,
        /// Planned.
        of: u64,
    },
    /// Exchanges of all scenarios so far.
    Load {
        /// Seen.
        exchanges: u64,
    },
    /// How scenarios stand that go on.
    Live(Vec<crate::observe::Live>),
    /// A finding, in one sentence.
    Finding(String),
}

/// Where progress goes; clones share it.
#[derive(Clone)]
pub struct Listener(Arc<dyn Fn(Progress) + Send + Sync>);

impl Listener {
    /// Tells a function.
    pub fn new(tell: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    /// Tells nobody.
    pub fn nobody() -> Self {
        Self::new(drop)
    }

    /// Tells one thing.
    pub fn tell(&self, progress: Progress) {
        (self.0)(progress);
    }

    /// Tells that something begins.
    pub fn stage(&self, words: impl Into<String>) {
        self.tell(Progress::Stage(words.into()));
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Listener")
    }
}
