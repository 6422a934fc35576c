//! Sending a `$batch` once.

use http::{HeaderName, Method, header};

use super::client::{Ask, Verdict};
use super::multipart::{PartReply, compose, parse};
use super::{Dataverse, Errand, Trouble};

/// How the requests of a batch hang together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Bond<'a> {
    /// Each is done for itself, also after one that failed.
    None,
    /// One after the other, up to the first that fails.
    Order,
    /// So many stand or fall together: change sets, one after the other.
    Sets(&'a [usize]),
}

/// What came back.
pub(super) enum Batched {
    /// The answers to its parts; the status of the whole says nothing of them.
    Parts(Vec<PartReply>),
    /// It is worth another try.
    Again { wait: Option<u64>, maybe_done: bool },
}

impl Dataverse {
    /// Sends numbered requests as one batch.
    pub(super) async fn send_batch(
        &self,
        errand: &Errand,
        asks: &[(usize, Ask)],
        bond: Bond<'_>,
    ) -> Result<Batched, Trouble> {
        let sets = if let Bond::Sets(sizes) = bond { sizes } else { &[] };
        let (kind, body) = compose(asks, sets);
        let mut fields = vec![(header::CONTENT_TYPE, kind)];
        if bond == Bond::None {
            fields.push((HeaderName::from_static("prefer"), "odata.continue-on-error".to_owned()));
        }
        let again = asks.iter().any(|(_, ask)| ask.again);
        let ask = Ask { method: Method::POST, path: "$batch".to_owned(), fields, body: Some(body), again };
        let Some(outcome) = self.send(errand, &ask).await else {
            return Ok(Batched::Again { wait: None, maybe_done: false });
        };
        if let Some(parts) = outcome.as_ref().ok().and_then(parse) {
            return Ok(Batched::Parts(parts));
        }
        match self.judge(outcome)? {
            Verdict::Again { wait, maybe_done } => Ok(Batched::Again { wait, maybe_done }),
            // It was done, and what came of it can't be read.
            Verdict::Settled(reply) if (200..300).contains(&reply.status) => {
                Ok(Batched::Again { wait: None, maybe_done: true })
            }
            Verdict::Settled(reply) => Err(Trouble::Refused(reply.status)),
        }
    }
}
