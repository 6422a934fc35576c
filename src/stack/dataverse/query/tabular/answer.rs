//! The answer to a plan: a page of its rows.

use std::io::Write as _;

use super::super::super::answer::{Answer, Cost};
use super::super::super::error::Refusal;
use super::super::super::schema::Property;
use super::super::annotations;
use super::super::cookie::Cookie;
use super::super::link;
use super::super::order::{Order, Position};
use super::super::output::{FORMATTED, Output, PAGE};
use super::super::read::{Request, columns, put_constant, put_value};
use super::super::scan::{MOST_COUNTED, Wanted};
use super::super::shape::Shape;
use super::super::view::View;
use super::execute::{Tuple, shown_value};
use super::{Plan, Table, What};

/// How a plan's rows are given page by page.
pub(super) struct Paging {
    /// At most so many rows on a page.
    pub(super) size: usize,
    /// The number of the page, from 1.
    pub(super) page: u64,
    /// Where the page before ended, where the client says so.
    pub(super) cookie: Option<Cookie>,
    /// Whether a link leads to the next page; else annotations tell of it.
    pub(super) linked: bool,
    /// Whether rows are counted.
    pub(super) counted: bool,
}

/// A page of rows.
struct Page<'v> {
    table: Table<'v>,
    more: bool,
    /// The rows of the first source, for the cookie.
    cookie: Option<Cookie>,
    total: usize,
}

impl Request<'_> {
    /// Carries a plan out. With a shape each row is given as the row of its
    /// first table that it is, and the plan's columns beside.
    pub(super) fn tabular(&self, plan: &Plan, shape: Option<&Shape>, paging: &Paging) -> Result<Answer, Refusal> {
        let store = self.organization.seen_by(self.call);
        let view = View::new(&store);
        let page = match plan.as_list() {
            Some(order) => self.list_page(view, plan, (&order, paging))?,
            None => self.table_page(view, plan, paging)?,
        };
        let mut output = self.output(view);
        let collection = &self.organization.tables[plan.sources[0].table].collection;
        output.put("{\"@odata.context\":");
        let names = shape.map_or_else(
            || format!("({})", plan.columns.iter().map(|c| c.name.as_str()).collect::<Vec<_>>().join(",")),
            |shape| if shape.whole { String::new() } else { format!("({})", shape.context) },
        );
        output.text(&format!("{}/$metadata#{collection}{names}", self.call.base));
        self.told(&mut output, &page, paging);
        output.put(",\"value\":[");
        let rows = write(&mut output, plan, shape, &page.table);
        output.put("]");
        if let Some(cookie) = page.cookie.as_ref().filter(|_| paging.linked && page.more) {
            output.put(",\"@odata.nextLink\":");
            output.text(&link::next(&self.path(), &self.call.query, &cookie.token()));
        }
        output.put("}");
        let Output { out, .. } = output;
        drop(page);
        drop(store);
        self.tell(plan, shape, rows);
        let cost = Cost { read: u32::try_from(rows).unwrap_or(u32::MAX), ..Cost::default() };
        Ok(self.applied(Answer::bytes(200, out.into()).costing(cost)))
    }

    /// The members before the rows.
    fn told(&self, output: &mut Output<'_>, page: &Page<'_>, paging: &Paging) {
        let annotations = self.annotations();
        if paging.counted {
            let total = page.total.min(MOST_COUNTED);
            let _ = write!(output.out, ",\"@odata.count\":{total}");
            if annotations.total {
                let _ = write!(output.out, ",\"@Microsoft.Dynamics.CRM.totalrecordcount\":{total}");
            }
            if annotations.total_exceeded {
                let exceeded = page.total > MOST_COUNTED;
                let _ = write!(output.out, ",\"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded\":{exceeded}");
            }
        }
        if paging.linked {
            return;
        }
        if annotations.fetch_cookie
            && page.more
            && let Some(cookie) = &page.cookie
        {
            output.put(",\"@Microsoft.Dynamics.CRM.fetchxmlpagingcookie\":");
            output.text(&cookie.fetch_annotation());
        }
        if annotations.more_records {
            let _ = write!(output.out, ",\"@Microsoft.Dynamics.CRM.morerecords\":{}", page.more);
        }
    }

    /// One table without groups: behind the last row of the page before.
    fn list_page<'v>(
        &self,
        view: View<'v>,
        plan: &Plan,
        (order, paging): (&Order, &Paging),
    ) -> Result<Page<'v>, Refusal> {
        let table = plan.sources[0].table;
        let id = self.organization.tables[table].primary_id.clone();
        let after: Option<Position> = match &paging.cookie {
            Some(cookie) => cookie.position(view, (table, &id), order)?,
            None => None,
        };
        // Without a cookie, pages before are passed over.
        let before = if after.is_some() { 0 } else { paging.size.saturating_mul(paging.page as usize - 1) };
        let before = before.saturating_add(plan.offset);
        let own = plan.limit.unwrap_or(usize::MAX);
        let given = (paging.page as usize - 1).saturating_mul(paging.size);
        let size = paging.size.min(own.saturating_sub(given));
        let wanted = Wanted {
            table,
            condition: plan.condition.as_ref(),
            order,
            after: after.as_ref(),
            limit: before.saturating_add(size),
            count: paging.counted,
        };
        let found = wanted.of_table(view);
        let rows: Vec<_> = found.rows.into_iter().skip(before).collect();
        let mut cookie = Cookie::behind(view, &id, order, paging.page, &rows);
        self.stand(&mut cookie, paging);
        let more = found.more && given + rows.len() < own;
        let table = Table::Rows(rows.into_iter().map(|row| smallvec::smallvec![Some(row)]).collect());
        Ok(Page { table, more, cookie: Some(cookie), total: found.total })
    }

    /// On purpose: the page number goes on, the place does not.
    fn stand(&self, cookie: &mut Cookie, paging: &Paging) {
        if self.call.stuck_cookie
            && let Some(before) = &paging.cookie
        {
            cookie.inner.clone_from(&before.inner);
        }
    }

    /// Joined or grouped rows: by the number of the page.
    fn table_page<'v>(&self, view: View<'v>, plan: &Plan, paging: &Paging) -> Result<Page<'v>, Refusal> {
        let from = paging.size.saturating_mul(paging.page as usize - 1);
        let part = |total: usize| (from.min(total), from.saturating_add(paging.size).min(total));
        let (table, total, first) = match plan.table(view)? {
            Table::Rows(tuples) => {
                let total = tuples.len();
                let (from, to) = part(total);
                let page: Vec<Tuple<'v>> = tuples[from..to].to_vec();
                let first: Vec<_> = page.iter().filter_map(|tuple| tuple.first().copied().flatten()).collect();
                (Table::Rows(page), total, first)
            }
            Table::Groups(mut rows) => {
                let total = rows.len();
                let (from, to) = part(total);
                (Table::Groups(rows.drain(from..to).collect()), total, Vec::new())
            }
        };
        let more = from.saturating_add(paging.size) < total;
        let id = &self.organization.tables[plan.sources[0].table].primary_id;
        let mut cookie = Cookie::behind(view, id, &Order::default(), paging.page, &first);
        self.stand(&mut cookie, paging);
        Ok(Page { table, more, cookie: Some(cookie), total })
    }

    /// The ledger of reads: each table with the columns that the answer shows.
    fn tell(&self, plan: &Plan, shape: Option<&Shape>, rows: u64) {
        for (position, source) in plan.sources.iter().enumerate() {
            let mut properties = plan.shown(position);
            let mut whole = false;
            if let Some(shape) = shape.filter(|_| position == 0) {
                properties.extend(shape.members.iter().map(|member| member.property));
                whole = shape.whole;
            }
            let named = (!whole).then(|| columns(&properties));
            self.note_columns(source.table, named, rows, None);
        }
    }
}

/// Writes the rows; says how many.
fn write<'v>(output: &mut Output<'v>, plan: &Plan, shape: Option<&Shape>, table: &Table<'v>) -> u64 {
    let view = output.view;
    let mut count = 0;
    match table {
        Table::Groups(rows) => {
            for row in rows {
                output.put(if count > 0 { ",{" } else { "{" });
                for (i, (column, value)) in plan.columns.iter().zip(row).enumerate() {
                    name(output, &column.name, i > 0);
                    put_constant(&mut output.out, value);
                }
                output.put("}");
                count += 1;
            }
        }
        Table::Rows(tuples) => {
            for tuple in tuples {
                output.put(if count > 0 { ",{" } else { "{" });
                let row = shape.and_then(|shape| Some((shape, tuple.first().copied().flatten()?)));
                if let Some((shape, row)) = row {
                    output.members(shape, row);
                }
                let mut follows = row.is_some();
                for column in &plan.columns {
                    let value = shown_value(view, &column.what, tuple);
                    // FetchXML leaves out what is nothing in linked tables.
                    if row.is_some() && value == super::super::bind::Value::Null {
                        continue;
                    }
                    if let Some((shape, _)) = row
                        && shape.annotations.formatted
                        && let Some(text) = formatted(view, &column.what, tuple)
                    {
                        name(output, &format!("{}@{FORMATTED}", column.name), follows);
                        output.text(&text);
                        follows = true;
                    }
                    name(output, &column.name, follows);
                    put_value(&mut output.out, value);
                    follows = true;
                }
                output.put("}");
                count += 1;
            }
        }
    }
    count
}

/// A column of a linked table as people read it.
fn formatted(view: View<'_>, what: &What, tuple: &Tuple<'_>) -> Option<String> {
    let What::Field(field) = what else { return None };
    let Property::Column(position) = field.property else { return None };
    let row = view.follow(&field.steps, tuple.get(field.source).copied().flatten())?;
    annotations::formatted(view, &view.rows(field.table).table.columns[position], &row.cells[position])
}

fn name(output: &mut Output<'_>, name: &str, follows: bool) {
    if follows {
        output.put(",");
    }
    output.text(name);
    output.put(":");
}

impl Paging {
    /// The first page, of the size that was preferred.
    pub(super) fn first(size: Option<usize>, linked: bool) -> Self {
        Self { size: size.unwrap_or(PAGE).clamp(1, PAGE), page: 1, cookie: None, linked, counted: false }
    }
}
