//! Changing several rows together: all of them, or none.

use super::super::defect::Defect;
use super::super::link::Reply;
use super::batch::{Batched, Bond};
use super::client::{Ask, Verdict};
use super::patience::{ATTEMPTS, Tries};
use super::write::Write;
use super::{Condition, Dataverse, Errand, GivenUp, Target, Trouble};

/// One of the rows.
#[derive(Clone, Debug)]
pub(in super::super) struct Row {
    /// What is written where.
    pub(in super::super) target: Target,
    /// The version that was read; `None`: it is not known.
    pub(in super::super) version: Option<String>,
    /// An earlier try may have taken effect.
    pub(in super::super) maybe_done: bool,
}

/// Why none of them was written, as far as can be seen.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct NotTogether {
    /// The trouble.
    pub(in super::super) given_up: GivenUp,
    /// Which row it was about, where that was told.
    pub(in super::super) row: Option<usize>,
}

/// Rows on their way.
struct Set<'a> {
    writes: Vec<Write<'a>>,
    /// Those that are not known to stand.
    open: Vec<usize>,
    /// Whether they must be read before they are sent.
    unsure: bool,
}

impl Dataverse {
    /// Changes rows in one change set.
    pub(in super::super) async fn write_together(&self, errand: &Errand, rows: &[Row]) -> Result<(), NotTogether> {
        let Some(first) = rows.first() else { return Ok(()) };
        let _turns = self.turns.take_all(rows.iter().map(|row| &row.target)).await;
        let writes = rows.iter().map(|row| Write {
            target: &row.target,
            columns: self.marked(errand, &row.target),
            condition: row.version.clone().map_or(Condition::Unread, Condition::Version),
            maybe_done: row.maybe_done,
            forced: false,
        });
        let unsure = rows.iter().any(|row| row.maybe_done || row.version.is_none());
        let mut set = Set { writes: writes.collect(), open: (0..rows.len()).collect(), unsure };
        let mut tries = Tries::default();
        loop {
            if set.unsure {
                self.look_at_all(errand, &mut set).await?;
            }
            if set.open.is_empty() {
                return Ok(());
            }
            let Some(wait) = self.send_set(errand, &mut set, &mut tries).await? else { return Ok(()) };
            if let Pause::For(wait) = wait {
                let paused = self.pause(errand, first.target.table, &mut tries, wait).await;
                paused.map_err(|trouble| set.given_up(trouble, None))?;
            }
        }
    }

    /// Reads what is open: what is written already is closed, the others have
    /// another version now.
    async fn look_at_all(&self, errand: &Errand, set: &mut Set<'_>) -> Result<(), NotTogether> {
        for n in std::mem::take(&mut set.open) {
            let row = self.look(errand, &set.writes[n]).await.map_err(|trouble| set.given_up(trouble, None))?;
            let row = row.ok_or_else(|| set.given_up(Trouble::Gone, Some(n)))?;
            let write = &mut set.writes[n];
            if !(write.maybe_done && write.is_ours(&row)) {
                write.condition = Condition::Version(row.etag);
                set.open.push(n);
            }
        }
        set.unsure = false;
        Ok(())
    }

    /// Sends what is open once; `None`: it stands.
    async fn send_set(
        &self,
        errand: &Errand,
        set: &mut Set<'_>,
        tries: &mut Tries,
    ) -> Result<Option<Pause>, NotTogether> {
        let asks: Vec<(usize, Ask)> =
            set.open.iter().map(|n| (*n, set.writes[*n].ask(tries.again > 0, false))).collect();
        let batched = self.send_batch(errand, &asks, self.bond(&mut [0; 2], asks.len())).await;
        let parts = match batched.map_err(|trouble| set.given_up(trouble, None))? {
            Batched::Parts(parts) => parts,
            Batched::Again { wait, maybe_done } => return Ok(Some(self.in_doubt(set, wait, maybe_done))),
        };
        match parts.iter().find(|part| part.reply.status >= 300) {
            None if parts.len() == set.open.len() => Ok(None),
            None => Ok(Some(self.in_doubt(set, None, true))),
            Some(part) => self.refused(set, tries, (part.number, part.reply.clone())).map(Some),
        }
    }

    /// Whatever became of it, it must be looked at before it is sent again.
    fn in_doubt(&self, set: &mut Set<'_>, wait: Option<u64>, maybe_done: bool) -> Pause {
        set.unsure |= maybe_done;
        if maybe_done && !self.defects.has(Defect::LostAnswerWrittenTwice) {
            set.open.iter().for_each(|n| set.writes[*n].maybe_done = true);
        }
        Pause::For(wait)
    }

    /// One of them was refused, and none was written.
    fn refused(
        &self,
        set: &mut Set<'_>,
        tries: &mut Tries,
        (row, reply): (Option<usize>, Reply),
    ) -> Result<Pause, NotTogether> {
        let stale = reply.status == 412 && !set.open.iter().any(|n| self.takes_for_failure(&set.writes[*n]));
        match self.judge(Ok(reply)) {
            Ok(Verdict::Again { wait, .. }) => Ok(Pause::For(wait)),
            Ok(Verdict::Settled(_)) if stale => {
                tries.again += 1;
                set.unsure = true;
                let often = tries.again >= ATTEMPTS * 2;
                if often { Err(set.given_up(Trouble::Unavailable { retry_after: 1 }, row)) } else { Ok(Pause::None) }
            }
            Ok(Verdict::Settled(reply)) if reply.status == 404 => Err(set.given_up(Trouble::Gone, row)),
            Ok(Verdict::Settled(reply)) => Err(set.given_up(Trouble::Refused(reply.status), row)),
            Err(trouble) => Err(set.given_up(trouble, row)),
        }
    }

    /// One change set; by two defects none, or two of them.
    fn bond<'b>(&self, sizes: &'b mut [usize; 2], rows: usize) -> Bond<'b> {
        if self.defects.has(Defect::ChangeSetMissing) {
            return Bond::Order;
        }
        *sizes = if self.defects.has(Defect::ChangeSetSplit) { [rows / 2, rows - rows / 2] } else { [0, rows] };
        Bond::Sets(if sizes[0] == 0 { &sizes[1..] } else { sizes })
    }
}

/// What comes before the next attempt.
enum Pause {
    None,
    /// As long as Dataverse asks for, or a backoff.
    For(Option<u64>),
}

impl Set<'_> {
    fn given_up(&self, trouble: Trouble, row: Option<usize>) -> NotTogether {
        let maybe_done = self.writes.iter().any(|write| write.maybe_done);
        NotTogether { given_up: GivenUp { trouble, maybe_done }, row }
    }
}
