//! Writing a row once, whatever happens to the answers.

use http::{Method, header};
use serde_json::{Map, Value};

use super::super::defect::Defect;
use super::client::{Ask, Verdict};
use super::patience::{ATTEMPTS, Tries};
use super::{Dataverse, Errand, Row, Trouble};

/// A write that was given up, and whether it may have taken effect unseen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct GivenUp {
    /// Why.
    pub(in super::super) trouble: Trouble,
    /// An answer was lost on the way.
    pub(in super::super) maybe_done: bool,
}

/// What is to be written where.
#[derive(Clone, Debug)]
pub(in super::super) struct Target {
    /// The table's collection name.
    pub(in super::super) table: &'static str,
    /// The key, as it stands between the parentheses.
    pub(in super::super) key: String,
    /// The columns, without the marks of the call.
    pub(in super::super) columns: Map<String, Value>,
    /// Whether the table has a column for the step.
    pub(in super::super) has_step: bool,
}

/// Under which condition a row is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) enum Condition {
    /// It is read first.
    Unread,
    /// It has this version.
    Version(String),
    /// It does not exist.
    Absent,
}

/// What came of a write.
#[derive(Clone, Debug)]
pub(in super::super) enum Written {
    /// It stands, once.
    Done,
    /// It was to be created and exists.
    Exists(Row),
}

impl Dataverse {
    /// Writes a row once. `maybe_done` says that an earlier try may have taken
    /// effect: then the row is asked first.
    pub(in super::super) async fn write(
        &self,
        errand: &Errand,
        target: &Target,
        condition: Condition,
        maybe_done: bool,
    ) -> Result<Written, GivenUp> {
        let _turn = self.turns.take(target).await;
        let columns = self.marked(errand, target);
        let mut write = Write { target, columns, condition, maybe_done, forced: false };
        let mut tries = Tries::default();
        self.write_back(&mut write);
        let added = self.add_up(errand, &mut write, false).await;
        added.map_err(|trouble| GivenUp { trouble, maybe_done })?;
        loop {
            match self.step(errand, &mut write, &mut tries).await {
                Ok(None) => {}
                Ok(Some(written)) => {
                    if self.defects.has(Defect::OneWriteInTenTwice) && self.is_tenth() {
                        self.send_again(errand, &mut write).await;
                    }
                    return Ok(written);
                }
                Err(trouble) => return Err(GivenUp { trouble, maybe_done: write.maybe_done }),
            }
        }
    }

    /// The defect that sends a write again though it was answered.
    async fn send_again(&self, errand: &Errand, write: &mut Write<'_>) {
        write.forced = true;
        // Whatever comes of it, the first one stands.
        let _ = self.attempt(errand, &write.ask(true, false)).await;
    }

    /// One round: look where needed, send, and judge. `None`: another round.
    async fn step(
        &self,
        errand: &Errand,
        write: &mut Write<'_>,
        tries: &mut Tries,
    ) -> Result<Option<Written>, Trouble> {
        let unread = write.condition == Condition::Unread || (tries.again == 0 && write.maybe_done);
        if unread && !write.forced {
            match self.look(errand, write).await? {
                Some(row) if write.maybe_done && write.is_ours(&row) => return Ok(Some(Written::Done)),
                Some(row) if write.condition == Condition::Absent => return Ok(Some(Written::Exists(row))),
                Some(row) => write.condition = Condition::Version(row.etag),
                None if write.condition == Condition::Absent => {}
                None => return Err(Trouble::Gone),
            }
        }
        if tries.again > 0 && write.maybe_done {
            self.add_up(errand, write, true).await?;
        }
        let again = tries.again > 0;
        match self.attempt(errand, &write.ask(again, self.posts(write, again))).await? {
            Verdict::Settled(reply) if (200..300).contains(&reply.status) => Ok(Some(Written::Done)),
            Verdict::Settled(reply) if reply.status == 412 && self.takes_for_failure(write) => {
                Err(Trouble::Refused(reply.status))
            }
            Verdict::Settled(reply) if reply.status == 412 => self.mismatch(errand, write, tries).await,
            Verdict::Settled(reply) if reply.status == 404 => Err(Trouble::Gone),
            Verdict::Settled(reply) => Err(Trouble::Refused(reply.status)),
            Verdict::Again { wait: Some(_), maybe_done: false }
                if tries.again > 0 && self.defects.has(Defect::ThrottledTakenForDone) =>
            {
                Ok(Some(Written::Done))
            }
            Verdict::Again { wait, maybe_done } => {
                write.maybe_done |= maybe_done && !self.defects.has(Defect::LostAnswerWrittenTwice);
                self.pause(errand, write.target.table, tries, wait).await?;
                Ok(None)
            }
        }
    }

    /// The condition did not hold: our own lost write, or somebody else's.
    async fn mismatch(
        &self,
        errand: &Errand,
        write: &mut Write<'_>,
        tries: &mut Tries,
    ) -> Result<Option<Written>, Trouble> {
        let Some(row) = self.look(errand, write).await? else {
            return if write.condition == Condition::Absent {
                self.pause(errand, write.target.table, tries, None).await.map(|()| None)
            } else {
                Err(Trouble::Gone)
            };
        };
        if write.maybe_done && write.is_ours(&row) {
            return Ok(Some(Written::Done));
        }
        if write.condition == Condition::Absent {
            return Ok(Some(Written::Exists(row)));
        }
        write.condition = Condition::Version(row.etag);
        self.force_stale(write);
        tries.again += 1;
        if tries.again >= ATTEMPTS * 2 { Err(Trouble::Unavailable { retry_after: 1 }) } else { Ok(None) }
    }

    /// The row as it is now, as far as the write is about it.
    pub(super) async fn look(&self, errand: &Errand, write: &Write<'_>) -> Result<Option<Row>, Trouble> {
        let select: Vec<&str> = write.columns.keys().map(String::as_str).collect();
        self.read(errand, write.target.table, &write.target.key, &select.join(",")).await
    }

    /// The columns with the marks by which a write is recognised.
    pub(super) fn marked(&self, errand: &Errand, target: &Target) -> Map<String, Value> {
        let mut columns = target.columns.clone();
        if self.defects.has(Defect::CorrelationDropped) {
            return columns;
        }
        if self.defects.has(Defect::OneWrongColumn) && target.table == "accounts" {
            columns.insert("accountcategorycode".to_owned(), 1.into());
        }
        let closed = columns.get("new_status").and_then(Value::as_str) == Some("closed");
        if closed && self.defects.has(Defect::ColumnOfClosedAccounts) {
            columns.insert("accountcategorycode".to_owned(), 1.into());
        }
        if !(self.defects.has(Defect::CorrelationDroppedWithStep) && errand.step.is_some()) {
            columns.insert("new_correlationid".to_owned(), errand.correlation.as_ref().into());
        }
        if target.has_step {
            columns.insert("new_step".to_owned(), errand.step.as_deref().map_or(Value::Null, Into::into));
        }
        columns
    }
}

/// A write on its way.
pub(super) struct Write<'a> {
    pub(super) target: &'a Target,
    pub(super) columns: Map<String, Value>,
    pub(super) condition: Condition,
    pub(super) maybe_done: bool,
    /// Without a condition: a defect.
    pub(super) forced: bool,
}

impl Write<'_> {
    /// As a request.
    pub(super) fn ask(&self, again: bool, posted: bool) -> Ask {
        let condition = match &self.condition {
            _ if self.forced || posted => None,
            Condition::Version(etag) => Some((header::IF_MATCH, etag.clone())),
            Condition::Absent => Some((header::IF_NONE_MATCH, "*".to_owned())),
            Condition::Unread => None,
        };
        let body = serde_json::to_vec(&self.columns).expect("columns have text keys").into();
        Ask {
            method: if posted { Method::POST } else { Method::PATCH },
            path: if posted {
                self.target.table.to_owned()
            } else {
                format!("{}({})", self.target.table, self.target.key)
            },
            fields: condition.into_iter().collect(),
            body: Some(body),
            again,
        }
    }

    /// Whether the row holds what this write would leave behind.
    pub(super) fn is_ours(&self, row: &Row) -> bool {
        self.columns.contains_key("new_correlationid")
            && self.columns.iter().all(|(name, value)| same(row.columns.get(name).unwrap_or(&Value::Null), value))
    }
}

/// Equal values: numbers by their amount, for a decimal column answers `5.0`
/// where 5 was written.
fn same(left: &Value, right: &Value) -> bool {
    match (left.as_f64(), right.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-6,
        _ => left == right,
    }
}
