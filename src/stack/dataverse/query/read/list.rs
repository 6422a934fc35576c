//! Pages of collections.

use std::io::Write as _;

use uuid::Uuid;

use super::super::super::answer::{Answer, Cost};
use super::super::super::error::Refusal;
use super::super::super::schema::Reach;
use super::super::bind::Condition;
use super::super::cookie::Cookie;
use super::super::link;
use super::super::options::Options;
use super::super::order::{Order, Position};
use super::super::output::{Output, PAGE};
use super::super::scan::{Found, MOST_COUNTED, Wanted};
use super::super::shape::{Shape, Shapes};
use super::super::view::View;
use super::request::{Asked, Request};

/// A collection that is asked for, once all names are known.
pub(super) struct Listing {
    pub(super) table: usize,
    /// The table, the row and the navigation property that lead to it.
    pub(super) from: Option<(usize, Uuid, Reach)>,
    pub(super) shape: Shape,
    pub(super) condition: Option<Condition>,
    pub(super) order: Order,
    pub(super) top: Option<usize>,
    pub(super) count: bool,
    /// At most so many rows on a page.
    pub(super) size: usize,
    pub(super) cookie: Option<Cookie>,
    pub(super) tracking: bool,
}

/// The link to more, and the number for the version that tracking goes on from.
type Next = Option<(&'static str, String)>;

impl Request<'_> {
    /// A collection, or what a navigation property of a row leads to.
    pub(super) fn list(&self, table: usize, from: Option<(Uuid, Reach)>, asked: Asked) -> Result<Answer, Refusal> {
        let options = Options::read(&self.call.query)?;
        if asked == Asked::Rows
            && let Some(token) = options.delta_token
        {
            return self.delta(table, &options, token);
        }
        if from.is_none() && asked == Asked::Rows {
            if let Some(xml) = options.fetch {
                return self.fetch(table, xml);
            }
            if let Some(text) = options.sql {
                return self.sql(text, options.skip_token);
            }
            if let Some(text) = options.apply {
                return self.apply(table, (text, &options));
            }
        }
        let target = from.map_or(table, |(_, reach)| reach.target());
        let from = from.map(|(id, reach)| (table, id, reach));
        let listing = self.listing((target, from), &options)?;
        self.page(&listing, asked)
    }

    pub(super) fn listing(
        &self,
        (table, from): (usize, Option<(usize, Uuid, Reach)>),
        options: &Options<'_>,
    ) -> Result<Listing, Refusal> {
        let tracking = self.call.prefer.track_changes && self.organization.tables[table].traits.change_tracking;
        if tracking {
            untracked(options)?;
        }
        let binder = self.binder(table);
        let shape = Shapes::new(binder, self.annotations()).shape(table, options)?;
        // Pages of elastic tables are smaller [R].
        let most = if self.organization.tables[table].traits.elastic { 500 } else { PAGE };
        let size = options.top.unwrap_or_else(|| self.call.prefer.page.unwrap_or(most).min(most)).min(PAGE);
        Ok(Listing {
            table,
            from,
            shape,
            condition: options.filter.map(|text| binder.filter(text)).transpose()?,
            order: options.order.map_or(Ok(Order::default()), |text| Order::parse(&binder, text))?,
            top: options.top,
            count: options.count,
            size,
            cookie: options.skip_token.map(Cookie::read).transpose()?,
            tracking,
        })
    }

    fn page(&self, listing: &Listing, asked: Asked) -> Result<Answer, Refusal> {
        let store = self.organization.seen_by(self.call);
        let view = View::new(&store);
        let after = self.position(view, listing)?;
        let counted = asked == Asked::Count;
        let wanted = Wanted {
            table: listing.table,
            condition: listing.condition.as_ref(),
            order: &listing.order,
            after: after.as_ref(),
            limit: if counted { 0 } else { listing.size },
            count: listing.count || counted,
        };
        let found = match listing.from {
            None => wanted.of_table(view),
            Some((table, id, reach)) => match view.rows(table).get(&id) {
                Some(row) => wanted.among(view, view.reached(reach, row), false),
                // It was there a moment ago.
                None => wanted.among(view, std::iter::empty(), true),
            },
        };
        if counted {
            // The platform's own answer begins with a byte order mark [R]; here
            // it is digits only.
            return Ok(
                Answer::bytes(200, found.total.min(MOST_COUNTED).to_string().into()).with("content-type", "text/plain")
            );
        }
        let found_rows = found.rows.len() as u32;
        let next = self.next(view, listing, &found);
        let mut output = self.output(view);
        self.write(&mut output, listing, &found, (asked, next));
        let Output { out, given, .. } = output;
        drop(store);
        if asked == Asked::Rows {
            self.note(&listing.shape, &given, None);
        }
        let cost = Cost { read: found_rows, ..Cost::default() };
        Ok(self.applied(Answer::bytes(200, out.into()).costing(cost)))
    }

    fn position(&self, view: View<'_>, listing: &Listing) -> Result<Option<Position>, Refusal> {
        let Some(cookie) = &listing.cookie else { return Ok(None) };
        let id = &self.organization.tables[listing.table].primary_id;
        cookie.position(view, (listing.table, id), &listing.order)
    }

    /// The link to the next page, or to the changes after the last one.
    fn next(&self, view: View<'_>, listing: &Listing, found: &Found<'_>) -> Next {
        let before = listing.cookie.as_ref();
        let tracked = before.and_then(|cookie| cookie.tracking).or(listing.tracking.then(|| view.version()));
        if found.more && listing.top.is_none() {
            let page = before.map_or(1, |cookie| cookie.page);
            let id = &self.organization.tables[listing.table].primary_id;
            let mut cookie = Cookie::behind(view, id, &listing.order, page, &found.rows);
            cookie.tracking = tracked;
            // On purpose: the page number goes on, the place does not.
            if self.call.stuck_cookie
                && let Some(before) = before
            {
                cookie.inner.clone_from(&before.inner);
            }
            return Some(("@odata.nextLink", link::next(&self.path(), &self.call.query, &cookie.token())));
        }
        let version = tracked?;
        let token = super::delta::token(version, self.call.at);
        Some(("@odata.deltaLink", link::with(&self.path(), &self.call.query, "$deltatoken", &token)))
    }

    fn write<'v>(&self, output: &mut Output<'v>, listing: &Listing, found: &Found<'v>, (asked, next): (Asked, Next)) {
        output.put("{\"@odata.context\":");
        match asked {
            Asked::References => output.text(&format!("{}/$metadata#Collection($ref)", self.call.base)),
            _ => output.text(&self.context(&listing.shape)),
        }
        totals(output, listing, found);
        output.put(",\"value\":[");
        for (i, row) in found.rows.iter().enumerate() {
            if i > 0 {
                output.put(",");
            }
            if asked == Asked::References {
                output.reference(listing.table, row);
            } else {
                output.row(&listing.shape, row);
            }
        }
        output.put("]");
        if let Some((name, link)) = next {
            output.put(",\"");
            output.put(name);
            output.put("\":");
            output.text(&link);
        }
        output.put("}");
    }
}

/// The members that tell how many rows there are (reference A6).
fn totals(output: &mut Output<'_>, listing: &Listing, found: &Found<'_>) {
    let annotations = listing.shape.annotations;
    let out = &mut output.out;
    if listing.count {
        let _ = write!(out, ",\"@odata.count\":{}", found.total.min(MOST_COUNTED));
    }
    let total = if listing.count { found.total.min(MOST_COUNTED).to_string() } else { "-1".to_owned() };
    if annotations.total {
        let _ = write!(out, ",\"@Microsoft.Dynamics.CRM.totalrecordcount\":{total}");
    }
    if annotations.total_exceeded {
        let exceeded = listing.count && found.total > MOST_COUNTED;
        let _ = write!(out, ",\"@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded\":{exceeded}");
    }
    if annotations.metadata_version {
        let _ = write!(out, ",\"@Microsoft.Dynamics.CRM.globalmetadataversion\":\"{METADATA_VERSION}\"");
    }
}

/// The version of the metadata, which never change while the mock runs.
pub(super) const METADATA_VERSION: u64 = 84_271_433;

/// Changes are tracked of whole tables only.
pub(super) fn untracked(options: &Options<'_>) -> Result<(), Refusal> {
    let there = [
        ("$filter", options.filter.is_some()),
        ("$orderby", options.order.is_some()),
        ("$expand", options.expand.is_some()),
        ("$top", options.top.is_some()),
    ];
    match there.iter().find(|(_, there)| *there) {
        Some((name, _)) => Err(Refusal::unsupported_query(format!(
            "The query option {name} is not supported when changes are tracked."
        ))),
        None => Ok(()),
    }
}
