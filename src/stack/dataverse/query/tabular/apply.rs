//! `$apply`: `filter(…)`, `groupby((…),aggregate(…))` and `aggregate(…)`, one
//! after the other.

use super::super::super::answer::Answer;
use super::super::super::error::Refusal;
use super::super::bind::Condition;
use super::super::options::{Options, split};
use super::super::read::Request;
use super::super::shape::shown;
use super::answer::Paging;
use super::{Column, Function, Ordered, Plan, Source, What};

impl Request<'_> {
    /// Answers `$apply`, with the `$filter` and `$orderby` beside it.
    pub(in crate::stack::dataverse::query) fn apply(
        &self,
        table: usize,
        (text, options): (&str, &Options<'_>),
    ) -> Result<Answer, Refusal> {
        let mut plan = Plan { sources: vec![Source { table, join: None }], limit: options.top, ..Plan::default() };
        let mut conditions = Vec::new();
        let binder = self.binder(table);
        if let Some(filter) = options.filter {
            conditions.push(binder.filter(filter)?);
        }
        for step in split(text, '/').ok_or_else(|| syntax(text))? {
            let (word, inner) = call(step)?;
            if plan.groups.is_some() {
                return Err(Refusal::not_there("A transformation of $apply after rows were grouped"));
            }
            match word {
                "filter" => conditions.push(binder.filter(inner)?),
                "groupby" => self.group_by(&mut plan, inner)?,
                "aggregate" => {
                    plan.groups = Some(Vec::new());
                    self.aggregate(&mut plan, inner)?;
                }
                other => return Err(Refusal::not_there(&format!("The transformation '{other}' of $apply"))),
            }
        }
        if plan.groups.is_none() {
            return Err(Refusal::not_there("An $apply that does not group or aggregate"));
        }
        plan.condition = (!conditions.is_empty()).then_some(Condition::And(conditions));
        for part in options.order.into_iter().flat_map(|order| order.split(',')) {
            let (name, direction) = part.trim().split_once(' ').unwrap_or((part.trim(), "asc"));
            let position = plan.columns.iter().position(|column| column.name == name);
            let logical = &self.organization.tables[table].logical;
            let position = position.ok_or_else(|| Refusal::no_property(name, logical))?;
            plan.order.push((Ordered::Column(position), direction.trim() == "desc"));
        }
        let mut paging = Paging::first(self.call.prefer.page, true);
        if let Some(token) = options.skip_token {
            let cookie = super::super::cookie::Cookie::read(token)?;
            paging.page = cookie.page;
        }
        paging.counted = options.count;
        self.tabular(&plan, None, &paging)
    }

    fn group_by(&self, plan: &mut Plan, inner: &str) -> Result<(), Refusal> {
        let parts = split(inner, ',').ok_or_else(|| syntax(inner))?;
        let names = parts.first().and_then(|part| part.trim().strip_prefix('(')?.strip_suffix(')'));
        let names = names.ok_or_else(|| syntax(inner))?;
        let binder = self.binder(plan.sources[0].table);
        let mut groups = Vec::new();
        for name in names.split(',').map(str::trim) {
            let path: Vec<String> = name.split('/').map(str::to_owned).collect();
            let field = binder.field(&path)?;
            let last = shown(&self.organization.tables[field.table], field.property);
            let name = if path.len() == 1 { last } else { name.replace('/', "_") };
            plan.columns.push(Column { name, what: What::Group(groups.len()) });
            groups.push(field);
        }
        plan.groups = Some(groups);
        for part in &parts[1..] {
            let (word, inner) = call(part)?;
            if word != "aggregate" {
                return Err(Refusal::not_there(&format!("The transformation '{word}' inside of groupby")));
            }
            self.aggregate(plan, inner)?;
        }
        Ok(())
    }

    /// `revenue with sum as total, $count as number`.
    fn aggregate(&self, plan: &mut Plan, inner: &str) -> Result<(), Refusal> {
        let binder = self.binder(plan.sources[0].table);
        for part in split(inner, ',').ok_or_else(|| syntax(inner))? {
            let words: Vec<&str> = part.split_whitespace().collect();
            let (name, what) = match words.as_slice() {
                ["$count", "as", alias] => (*alias, What::Aggregate(Function::Count, None)),
                [path, "with", function, "as", alias] => {
                    let unknown = || Refusal::bad_query(format!("The aggregation method '{function}' is not known."));
                    let function = Function::named(function).ok_or_else(unknown)?;
                    let path: Vec<String> = path.split('/').map(str::to_owned).collect();
                    (*alias, What::Aggregate(function, Some(binder.field(&path)?)))
                }
                _ => return Err(syntax(part)),
            };
            plan.columns.push(Column { name: name.to_owned(), what });
        }
        Ok(())
    }
}

/// `word(inner)`.
fn call(step: &str) -> Result<(&str, &str), Refusal> {
    let step = step.trim();
    let (word, rest) = step.split_once('(').ok_or_else(|| syntax(step))?;
    Ok((word.trim(), rest.strip_suffix(')').ok_or_else(|| syntax(step))?))
}

fn syntax(text: &str) -> Refusal {
    Refusal::bad_query(format!("Syntax error at position 0 in '{text}'."))
}
