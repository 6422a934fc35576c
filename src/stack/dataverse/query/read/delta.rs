//! Changes since a delta link (`Prefer: odata.track-changes`).

use uuid::Uuid;

use super::super::super::answer::Answer;
use super::super::super::error::Refusal;
use super::super::super::store::Row;
use super::super::link;
use super::super::options::Options;
use super::super::output::Output;
use super::super::shape::Shapes;
use super::super::view::View;
use super::list::untracked;
use super::request::Request;
use crate::clock::Timestamp;

/// A change: a row that is there, or the id of one that is gone.
enum Changed<'v> {
    Row(&'v Row),
    Gone(Uuid),
}

/// The value of `$deltatoken`: the row version, and when that was.
pub(super) fn token(version: u64, at: Timestamp) -> String {
    format!("{version}!{}", at.utc().format("%m/%d/%Y %H:%M:%S"))
}

impl Request<'_> {
    /// What has changed since a token: all of it, in the order of the changes.
    pub(super) fn delta(&self, table: usize, options: &Options<'_>, token_text: &str) -> Result<Answer, Refusal> {
        untracked(options)?;
        let version = token_text.split('!').next().and_then(|text| text.parse::<u64>().ok());
        let version = version.ok_or_else(|| Refusal::delta_token("The delta token is malformed."))?;
        let shape = Shapes::new(self.binder(table), self.annotations()).shape(table, options)?;
        let store = self.organization.seen_by(self.call);
        let view = View::new(&store);
        let rows = view.rows(table);
        let gone = rows.graves().since(version).ok_or_else(|| Refusal::delta_token("The delta token has expired."))?;
        // A row that was made and deleted since then is news to nobody.
        let gone = gone.filter(|grave| grave.born <= version && rows.get(&grave.id).is_none());
        let mut changes: Vec<(u64, Changed<'_>)> = gone.map(|grave| (grave.version, Changed::Gone(grave.id))).collect();
        let there = rows.iter().filter(|row| row.version > version);
        changes.extend(there.map(|row| (row.version, Changed::Row(row))));
        changes.sort_unstable_by_key(|(version, _)| *version);

        let mut output = self.output(view);
        output.put("{\"@odata.context\":");
        output.text(&format!("{}/$delta", self.context(&shape)));
        output.put(",\"value\":[");
        for (i, (_, change)) in changes.iter().enumerate() {
            if i > 0 {
                output.put(",");
            }
            match change {
                Changed::Row(row) => output.row(&shape, row),
                Changed::Gone(id) => self.gone(&mut output, table, *id),
            }
        }
        output.put("],\"@odata.deltaLink\":");
        let next = token(view.version(), self.call.at);
        output.text(&link::with(&self.path(), &self.call.query, "$deltatoken", &next));
        output.put("}");
        let Output { out, given, .. } = output;
        drop(store);
        self.note(&shape, &given, None);
        Ok(self.applied(Answer::bytes(200, out.into())))
    }

    fn gone(&self, output: &mut Output<'_>, table: usize, id: Uuid) {
        let collection = &self.organization.tables[table].collection;
        output.put("{\"@odata.context\":");
        output.text(&format!("{}/$metadata#{collection}/$deletedEntity", self.call.base));
        output.put(",\"id\":");
        output.text(&id.to_string());
        output.put(",\"reason\":\"deleted\"}");
    }
}
