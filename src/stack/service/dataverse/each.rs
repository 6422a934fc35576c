//! Making many rows in one `$batch`, each for itself.

use super::super::defect::Defect;
use super::super::link::Reply;
use super::batch::{Batched, Bond};
use super::client::Verdict;
use super::multipart::PartReply;
use super::patience::Tries;
use super::write::Write;
use super::{Condition, Dataverse, Errand, GivenUp, Target, Trouble};

/// How many rows go in one batch. The platform takes 1000; fewer hold up the
/// others less.
pub(in super::super) const ROWS_OF_BATCH: usize = 100;

/// What came of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Each {
    /// It stands, once.
    Done,
    /// It exists, and is not of this call.
    Exists,
}

type Outcome = Result<Each, GivenUp>;

/// Rows on their way.
struct Rows<'a> {
    writes: Vec<Write<'a>>,
    /// What came of each, once that is known.
    outcomes: Vec<Option<Outcome>>,
}

impl Dataverse {
    /// Makes rows that are not there, what can be made of them, in as many
    /// batches as it takes. With each stands whether an earlier try may have
    /// made it. What came of each, in order.
    pub(in super::super) async fn create_each(&self, errand: &Errand, rows: &[(Target, bool)]) -> Vec<Outcome> {
        let Some((first, _)) = rows.first() else { return Vec::new() };
        let _turns = self.turns.take_all(rows.iter().map(|(target, _)| target)).await;
        let write = |(target, maybe_done): &'_ (Target, bool)| (self.marked(errand, target), *maybe_done);
        let marked = rows.iter().map(write).zip(rows);
        let writes = marked.map(|((columns, maybe_done), (target, _))| Write {
            target,
            columns,
            condition: Condition::Absent,
            maybe_done,
            forced: false,
        });
        let mut rows = Rows { writes: writes.collect(), outcomes: vec![None; rows.len()] };
        let mut tries = Tries::default();
        loop {
            let again = self.round(errand, &mut rows, tries.again > 0).await;
            if rows.open().next().is_none() {
                break;
            }
            let waited = match again {
                Ok(wait) => self.pause(errand, first.table, &mut tries, wait).await,
                Err(trouble) => Err(trouble),
            };
            if let Err(trouble) = waited {
                rows.give_up(trouble);
                break;
            }
        }
        rows.outcomes.into_iter().flatten().collect()
    }

    /// Sends what is open, and notes what came of it; the longest wait that
    /// Dataverse asks for.
    async fn round(&self, errand: &Errand, rows: &mut Rows<'_>, again: bool) -> Result<Option<u64>, Trouble> {
        let open: Vec<usize> = rows.open().collect();
        let asks: Vec<_> = open.iter().map(|n| (*n, rows.writes[*n].ask(again, false))).collect();
        let remembers = !self.defects.has(Defect::LostAnswerWrittenTwice);
        let parts = match self.send_batch(errand, &asks, Bond::None).await? {
            Batched::Parts(parts) => parts,
            Batched::Again { wait, maybe_done } => {
                open.iter().for_each(|n| rows.writes[*n].maybe_done |= maybe_done && remembers);
                return Ok(wait);
            }
        };
        if self.takes_for_done(&parts) {
            open.iter().for_each(|n| rows.outcomes[*n] = Some(Ok(Each::Done)));
            return Ok(None);
        }
        let mut longest = None;
        let mut parts = parts.into_iter();
        for n in open {
            let write = &mut rows.writes[n];
            let verdict = match parts.next() {
                Some(part) => self.judge(Ok(part.reply)),
                // Of this one nothing was said.
                None => Ok(Verdict::Again { wait: None, maybe_done: true }),
            };
            rows.outcomes[n] = match verdict {
                Ok(Verdict::Again { wait, maybe_done }) => {
                    write.maybe_done |= maybe_done && remembers;
                    longest = longest.max(wait);
                    None
                }
                Ok(Verdict::Settled(reply)) => Some(self.settled(errand, write, &reply).await),
                Err(trouble) => Some(Err(GivenUp { trouble, maybe_done: write.maybe_done })),
            };
        }
        Ok(longest)
    }

    /// By two defects the parts are not looked at: the outer status is enough,
    /// or the last of them stands for all.
    fn takes_for_done(&self, parts: &[PartReply]) -> bool {
        let last = || parts.last().is_some_and(|part| part.reply.status < 300);
        self.defects.has(Defect::BatchStatusUnread) || (self.defects.has(Defect::LastPartStandsForAll) && last())
    }

    /// What a final answer to one of them says.
    async fn settled(&self, errand: &Errand, write: &Write<'_>, reply: &Reply) -> Outcome {
        let given_up = |trouble| GivenUp { trouble, maybe_done: write.maybe_done };
        match reply.status {
            200..300 => Ok(Each::Done),
            412 if self.takes_for_failure(write) => Err(given_up(Trouble::Refused(412))),
            412 if write.maybe_done => match self.look(errand, write).await.map_err(given_up)? {
                Some(row) if write.is_ours(&row) => Ok(Each::Done),
                _ => Ok(Each::Exists),
            },
            412 => Ok(Each::Exists),
            404 => Err(given_up(Trouble::Gone)),
            status => Err(given_up(Trouble::Refused(status))),
        }
    }
}

impl Rows<'_> {
    fn open(&self) -> impl Iterator<Item = usize> {
        self.outcomes.iter().enumerate().filter(|(_, outcome)| outcome.is_none()).map(|(n, _)| n)
    }

    fn give_up(&mut self, trouble: Trouble) {
        for (write, outcome) in self.writes.iter().zip(&mut self.outcomes) {
            outcome.get_or_insert(Err(GivenUp { trouble, maybe_done: write.maybe_done }));
        }
    }
}
