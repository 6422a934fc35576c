//! What may be known of one item.

use crate::clock::Timestamp;

/// Everything that may be true of one item of one scope, by what was seen.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    /// Contents that may be remembered.
    pub(super) contents: Vec<u64>,
    /// The content that is remembered for certain: it was told as done.
    pub(super) done: Option<u64>,
    /// Whether somebody may be working at it.
    pub(super) running: bool,
    /// Effects that must be there.
    pub(super) least: u32,
    /// Whether a write may have failed on the way: then whoever finds what he
    /// wanted to write may rightly take it for his own, though somebody else
    /// wrote it under the same ID.
    pub(super) doubted: bool,
    /// Effects that may be there.
    pub(super) most: u32,
    /// When the first call about it was sent.
    pub(super) born: Option<Timestamp>,
    /// Whether the window has passed, so that it may be forgotten any time.
    pub(super) aged: bool,
    /// Whether the file leaves open what happens to it.
    pub(super) open: bool,
}

impl Standing {
    /// A call about it is sent: whether it may have been forgotten by the end.
    pub(super) fn meet(&mut self, until: Timestamp, window: std::time::Duration) {
        if self.born.is_some_and(|born| until.since(born) >= window) {
            self.aged = true;
            self.done = None;
        }
    }

    /// It may be executed with this content.
    pub(super) fn may_execute(&mut self, content: u64, sent: Timestamp) {
        if self.aged || self.open {
            self.most += 1;
        } else {
            self.most = self.most.max(1);
        }
        if !self.contents.contains(&content) {
            self.contents.push(content);
        }
        self.born.get_or_insert(sent);
    }

    /// It was told as done.
    pub(super) fn is_done(&mut self, content: u64, sent: Timestamp) {
        // Whoever knew it for certain executes it no more.
        if self.done.is_none() {
            self.may_execute(content, sent);
        }
        self.least = self.least.max(1);
        self.running = false;
        if !self.aged && !self.open {
            self.done = Some(content);
            self.contents = vec![content];
        }
    }

    /// Whether another content than this may be remembered.
    pub(super) fn may_conflict(&self, content: u64) -> bool {
        self.open || self.contents.iter().any(|known| *known != content)
    }
}
