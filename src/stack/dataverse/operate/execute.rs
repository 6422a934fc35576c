//! The operations of the Web API, done (reference A4 to A8).

use bytes::Bytes;
use percent_encoding::{CONTROLS, utf8_percent_encode};
use serde_json::json;
use uuid::Uuid;

use super::super::alter::alters;
use super::super::answer::{Answer, Cost, etag};
use super::super::error::Refusal;
use super::super::guard::Principal;
use super::super::ledger::{Attempt, Writer};
use super::super::organization::Organization;
use super::super::query::Representation;
use super::super::schema::value;
use super::super::store::Store;
use super::call::Call;
use super::draft::Draft;
use super::path::Key;
use super::wanted::{Prepared, Wanted};
use super::write::{Bulk, Condition, Effect, Match, References, Scope, Target, Write};

/// A written row as it is told, with its version.
type Shown = Option<(Bytes, u64)>;

impl Organization {
    /// Does what is asked for. A write, also a refused one, is entered into the
    /// ledger.
    pub(in crate::stack::dataverse) fn execute(
        &self,
        call: &Call,
        principal: &Principal,
        fault: Option<&'static str>,
    ) -> Result<Answer, Refusal> {
        if call.path.segment == "$batch" {
            return self.batch(call, principal, fault);
        }
        if alters(call) {
            let noted = |refusal: &Refusal| self.note_refusal(call, principal, (refusal.status, refusal.code), fault);
            return self.alter(call).inspect_err(noted);
        }
        let Some(_steady) = self.steady() else {
            let current = self.current().ok_or_else(Refusal::unavailable)?;
            return current.execute(call, principal, fault);
        };
        let noted = |refusal: &Refusal| self.note_refusal(call, principal, (refusal.status, refusal.code), fault);
        let acting = self.acting(call, principal).inspect_err(noted)?;
        let principal = acting.as_ref().unwrap_or(principal);
        match self.wanted(call, principal).inspect_err(noted)? {
            Wanted::Ready(answer) => Ok(answer),
            Wanted::Read => self.read(call, principal, fault),
            Wanted::Write(prepared) => self.write(call, prepared, &call.writer(principal, fault)),
            Wanted::Action(called) if self.goes_behind(call) => {
                Ok(self.act_behind(call, &called, &call.writer(principal, fault)))
            }
            Wanted::Action(called) => self.act(call, &called, &call.writer(principal, fault)),
            Wanted::BulkDelete(doomed) => Ok(self.bulk_delete(call, &doomed, &call.writer(principal, fault))),
            Wanted::Upload(upload) => self.upload(call, &upload, &call.writer(principal, fault)).inspect_err(noted),
            Wanted::Download(table, key, column) => {
                self.download(call, (table, &key), column, &call.writer(principal, fault))
            }
        }
    }

    /// One column of a row that is there gets a value.
    ///
    /// # Errors
    /// The value does not fit, or there is no such row; the ledger has it.
    pub(in crate::stack::dataverse) fn set_column(
        &self,
        table: usize,
        key: Key,
        (column, value): (&str, &serde_json::Value),
        writer: &Writer,
    ) -> Result<(), Refusal> {
        let definition = &*self.tables[table];
        let position = definition.column(column).ok_or_else(|| Refusal::no_property(column, &definition.logical))?;
        let cell = value::cell(definition, &definition.columns[position], value)?;
        let draft = Draft { table, cells: vec![(position, cell)], ..Draft::default() };
        let there = Condition { matching: Some(Match::Any), only_new: false };
        self.done(&mut Write::Upsert(Target::Key(key), there, draft), None, writer).map(drop)
    }

    fn write(&self, call: &Call, prepared: Prepared, writer: &Writer) -> Result<Answer, Refusal> {
        let Prepared { mut write, representation } = prepared;
        if let Write::Bulk(bulk, table, drafts) = &mut write
            && self.tables[*table].traits.elastic
        {
            return self.bulk_in_part(call, (*bulk, *table), std::mem::take(drafts), writer);
        }
        let (effect, shown) = self.done(&mut write, representation.as_ref().map(|r| (call, r)), writer)?;
        Ok(self.told(call, &effect, shown))
    }

    /// A write by itself: committed, or entered as refused.
    pub(super) fn done(
        &self,
        write: &mut Write,
        told: Option<(&Call, &Representation)>,
        writer: &Writer,
    ) -> Result<(Effect, Shown), Refusal> {
        let references = References::default();
        let scope = Scope { tables: &self.tables, references: &references };
        let mut store = self.store();
        let mut transaction = store.begin(writer);
        match scope.apply(&mut transaction, write) {
            Ok(effect) => {
                let shown = told.and_then(|(call, r)| Self::shown(call, r, &effect, transaction.store()));
                transaction.commit();
                Ok((effect, shown))
            }
            Err(refusal) => {
                drop(transaction);
                let refusal = self.environment.conduct.spelled(refusal);
                self.note_refused(&mut store, write, (&references, writer), &refusal);
                Err(refusal)
            }
        }
    }

    /// Enters a write that was refused while it was done.
    pub(super) fn note_refused(
        &self,
        store: &mut Store,
        write: &Write,
        (references, writer): (&References, &Writer),
        refusal: &Refusal,
    ) {
        let (operation, key) = write.attempt(store, references);
        let key = key.map(|id| id.to_string()).unwrap_or_default();
        let attempt = Attempt { operation, table: Ok(&self.tables[write.table()]), key };
        store.ledger.refuse(writer, &attempt, refusal.status, refusal.code);
    }

    /// The written row as it is told, with its version.
    pub(super) fn shown(call: &Call, representation: &Representation, effect: &Effect, store: &Store) -> Shown {
        let Effect::Row(table, id, _) = effect else { return None };
        let row = store.rows(*table).get(id)?;
        Some((representation.body(store, &call.base, row), row.version))
    }

    /// The answer to a write (reference A4): 204 with the row's address, or the
    /// row itself where that was preferred.
    pub(super) fn told(&self, call: &Call, effect: &Effect, shown: Shown) -> Answer {
        let (table, id, created) = match effect {
            Effect::Row(table, id, created) => (*table, *id, *created),
            Effect::Done(rows) => return applied(call, Answer::empty(204), false).costing(written(*rows)),
            Effect::Ids(ids) => {
                let context = format!("{}/$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse", call.base);
                let body = json!({ "@odata.context": context, "Ids": ids });
                return Answer::json(200, &body).costing(written(ids.len() as u32));
            }
        };
        // An upsert echoes the form of the key in the URL.
        let echoed = call.path.key.as_deref().filter(|key| key.contains('=') && call.path.rest.is_empty());
        let collection = &self.tables[table].collection;
        // Without `format!`: nearly every write is answered with it.
        let mut address = [&call.base, "/", collection, "("].concat();
        match echoed {
            Some(key) => address.extend(utf8_percent_encode(key, CONTROLS)),
            None => address.push_str(id.hyphenated().encode_lower(&mut Uuid::encode_buffer())),
        }
        address.push(')');
        let answer = match shown {
            None => applied(call, Answer::empty(204).with("odata-entityid", address), false),
            Some((body, version)) => {
                let answer = Answer::bytes(if created { 201 } else { 200 }, body);
                applied(call, answer.with("odata-entityid", address).with("etag", etag(version)), true)
            }
        };
        answer.costing(written(1))
    }

    /// A bulk action on an elastic table: each row by itself (reference A8).
    fn bulk_in_part(
        &self,
        call: &Call,
        (bulk, table): (Bulk, usize),
        drafts: Vec<Draft>,
        writer: &Writer,
    ) -> Result<Answer, Refusal> {
        let references = References::default();
        let scope = Scope { tables: &self.tables, references: &references };
        let mut store = self.store();
        let refuse = |store: &mut Store, key: String, refusal: &Refusal| {
            let attempt = Attempt { operation: bulk.operation(), table: Ok(&self.tables[table]), key };
            store.ledger.refuse(writer, &attempt, refusal.status, refusal.code);
        };
        if let Err(refusal) = scope.admits_bulk(bulk, table, &drafts) {
            refuse(&mut store, String::new(), &refusal);
            return Err(refusal);
        }
        let rows = drafts.len() as u32;
        let (mut ids, mut failed) = (Vec::new(), Vec::new());
        for (position, draft) in drafts.into_iter().enumerate() {
            let named = draft.id.map(|id| id.to_string()).unwrap_or_default();
            let mut transaction = store.begin(writer);
            match scope.one_of_many(&mut transaction, bulk, draft) {
                Ok(id) => {
                    transaction.commit();
                    ids.push(id);
                }
                Err(refusal) => {
                    drop(transaction);
                    let refusal = self.environment.conduct.spelled(refusal);
                    refuse(&mut store, named.clone(), &refusal);
                    failed.push((position, named, refusal));
                }
            }
        }
        drop(store);
        let Some((_, _, first)) = failed.first() else {
            let effect = if bulk == Bulk::Create { Effect::Ids(ids) } else { Effect::Done(rows) };
            return Ok(self.told(call, &effect, None));
        };
        let mut body = first.body(call.prefer.annotated());
        if call.prefer.annotated() {
            let details: Vec<_> = failed
                .iter()
                .map(|(at, id, refusal)| json!({ "RequestIndex": at, "Id": id, "StatusCode": refusal.status }))
                .collect();
            let name = "@Microsoft.PowerApps.CDS.ErrorDetails.Plugin.BulkApiErrorDetails";
            body["error"][name] = json!(details).to_string().into();
        }
        Ok(Answer::json(first.status, &body).costing(written(rows)))
    }
}

/// Each row counts as an operation (reference B2).
fn written(rows: u32) -> Cost {
    Cost { operations: rows, read: 0, written: rows }
}

fn applied(call: &Call, answer: Answer, representation: bool) -> Answer {
    match call.prefer.applied(representation) {
        Some(text) => answer.with("preference-applied", text),
        None => answer,
    }
}
