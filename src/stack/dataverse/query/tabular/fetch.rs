//! `?fetchXml=`: attributes, filters, orders, linked tables, aggregates, and
//! pages by number and cookie.

use roxmltree::{Document, Node};
use smallvec::SmallVec;

use super::super::super::answer::Answer;
use super::super::super::error::Refusal;
use super::super::super::schema::{Property, Table as Definition};
use super::super::bind::{Condition, Field, Kind};
use super::super::cookie::Cookie;
use super::super::options::Options;
use super::super::read::Request;
use super::super::shape::{Shapes, shown};
use super::answer::Paging;
use super::fetch_condition::condition_of;
use super::{Column, Function, Join, Ordered, Plan, Source, What};

/// A table of the query, and the name by which it is called.
pub(super) struct Entity<'r> {
    pub(super) alias: String,
    pub(super) table: usize,
    pub(super) definition: &'r Definition,
}

/// What is read of a query so far.
pub(super) struct Fetch<'r> {
    pub(super) request: &'r Request<'r>,
    pub(super) entities: Vec<Entity<'r>>,
    pub(super) plan: Plan,
    pub(super) conditions: Vec<Condition>,
    /// Columns of the first table that have no name of their own.
    selected: Vec<String>,
    /// Whether all columns of the first table are given.
    every: bool,
    aggregate: bool,
}

impl Request<'_> {
    /// Answers `?fetchXml=`; `table` is that of the path.
    pub(in crate::stack::dataverse::query) fn fetch(&self, table: usize, xml: &str) -> Result<Answer, Refusal> {
        let document = Document::parse(xml).map_err(|fault| Refusal::bad_fetch(format!("Invalid Xml: {fault}")))?;
        let root = document.root_element();
        if root.tag_name().name() != "fetch" {
            return Err(Refusal::bad_fetch("The root of the query must be <fetch>."));
        }
        let entity = child(root, "entity").ok_or_else(|| Refusal::bad_fetch("The element <entity> is missing."))?;
        let definition = &*self.organization.tables[table];
        let named = attribute(entity, "name")?;
        if named != &*definition.logical {
            return Err(Refusal::bad_fetch(format!(
                "Entity '{named}' of the query is not that of the entity set '{}'.",
                definition.collection
            )));
        }
        let mut fetch = Fetch {
            request: self,
            entities: vec![Entity { alias: named.to_owned(), table, definition }],
            plan: Plan { sources: vec![Source { table, join: None }], ..Plan::default() },
            conditions: Vec::new(),
            selected: Vec::new(),
            every: false,
            aggregate: flag(root, "aggregate"),
        };
        if fetch.aggregate {
            fetch.plan.groups = Some(Vec::new());
        }
        fetch.plan.distinct = flag(root, "distinct");
        fetch.entity(entity, 0)?;
        fetch.answer(root)
    }
}

impl Fetch<'_> {
    fn answer(mut self, root: Node<'_, '_>) -> Result<Answer, Refusal> {
        let plan = &mut self.plan;
        if !self.conditions.is_empty() {
            plan.condition = Some(Condition::And(std::mem::take(&mut self.conditions)));
        }
        let paging = paging(self.request, root, plan)?;
        // A query without attributes gives all columns.
        let named = !self.selected.is_empty() || !plan.columns.is_empty();
        let select = self.selected.join(",");
        let options = Options {
            select: (named && !self.every)
                .then_some(select.as_str())
                .map(|text| if text.is_empty() { " " } else { text }),
            ..Options::default()
        };
        let table = plan.sources[0].table;
        let shape = Shapes::new(self.request.binder(table), self.request.annotations()).shape(table, &options)?;
        let shape = (plan.groups.is_none() && !plan.distinct).then_some(shape);
        if plan.distinct && plan.groups.is_none() {
            self.distinct_columns();
        }
        self.request.tabular(&self.plan, shape.as_ref(), &paging)
    }

    /// Where rows must differ, the columns of the first table are columns of
    /// the answer like others.
    fn distinct_columns(&mut self) {
        let definition = self.entities[0].definition;
        for name in self.selected.iter().rev() {
            if let Some(property) = definition.read(name) {
                let what = What::Field(self.field_of(0, property));
                self.plan.columns.insert(0, Column { name: name.clone(), what });
            }
        }
    }

    fn entity(&mut self, node: Node<'_, '_>, source: usize) -> Result<(), Refusal> {
        for part in node.children().filter(Node::is_element) {
            match part.tag_name().name() {
                "attribute" => self.attribute(part, source)?,
                "all-attributes" if source == 0 => self.every = true,
                "all-attributes" => self.all_attributes(source),
                "no-attrs" => {}
                "filter" => {
                    let condition = condition_of(self, part, source)?;
                    // A filter of a linked table is part of the join.
                    match self.plan.sources[source].join.as_mut() {
                        Some(join) => {
                            let before = join.condition.take();
                            let both = before.into_iter().chain([condition]).collect();
                            join.condition = Some(Condition::And(both));
                        }
                        None => self.conditions.push(condition),
                    }
                }
                "order" => self.order(part, source)?,
                "link-entity" => self.link(part, source)?,
                other => {
                    return Err(Refusal::bad_fetch(format!(
                        "Invalid Child Node, valid nodes are filter, order, link-entity, attribute, all-attributes, no-attrs. NodeName = {other}"
                    )));
                }
            }
        }
        Ok(())
    }

    fn attribute(&mut self, node: Node<'_, '_>, source: usize) -> Result<(), Refusal> {
        let name = attribute(node, "name")?;
        let field = self.field(source, name)?;
        let alias = node.attribute("alias").map(str::to_owned);
        let definition = self.entities[source].definition;
        let own = shown(definition, field.property);
        if self.aggregate {
            let alias =
                alias.ok_or_else(|| Refusal::bad_fetch("An attribute of an aggregate query needs an alias."))?;
            let what = self.aggregated(node, field)?;
            self.plan.columns.push(Column { name: alias, what });
        } else if source == 0 && alias.is_none() {
            self.selected.push(own);
        } else {
            let prefix = &self.entities[source].alias;
            let name = alias.unwrap_or_else(|| format!("{prefix}.{}", logical(definition, field.property)));
            self.plan.columns.push(Column { name, what: What::Field(field) });
        }
        Ok(())
    }

    fn aggregated(&mut self, node: Node<'_, '_>, field: Field) -> Result<What, Refusal> {
        if flag(node, "groupby") {
            if node.attribute("dategrouping").is_some() {
                return Err(Refusal::not_there("Grouping by parts of dates"));
            }
            let groups = self.plan.groups.get_or_insert_default();
            groups.push(field);
            return Ok(What::Group(groups.len() - 1));
        }
        let word = attribute(node, "aggregate")?;
        let function =
            Function::named(word).ok_or_else(|| Refusal::bad_fetch(format!("Invalid aggregate '{word}'.")))?;
        Ok(match (function, word) {
            // `count` counts rows, `countcolumn` values.
            (Function::Count, "count") => What::Aggregate(function, None),
            (Function::Count, _) if flag(node, "distinct") => What::Aggregate(Function::CountDistinct, Some(field)),
            _ => What::Aggregate(function, Some(field)),
        })
    }

    fn all_attributes(&mut self, source: usize) {
        let definition = self.entities[source].definition;
        for position in definition.living() {
            let name = format!("{}.{}", self.entities[source].alias, definition.columns[position].name);
            let what = What::Field(self.field_of(source, Property::Column(position)));
            self.plan.columns.push(Column { name, what });
        }
    }

    fn order(&mut self, node: Node<'_, '_>, source: usize) -> Result<(), Refusal> {
        let descending = flag(node, "descending");
        if let Some(alias) = node.attribute("alias")
            && let Some(position) = self.plan.columns.iter().position(|column| column.name == alias)
        {
            self.plan.order.push((Ordered::Column(position), descending));
            return Ok(());
        }
        let source = match node.attribute("entityname") {
            Some(alias) => self.named(alias)?,
            None => source,
        };
        let field = self.field(source, attribute(node, "attribute")?)?;
        self.plan.order.push((Ordered::Field(field), descending));
        Ok(())
    }

    fn link(&mut self, node: Node<'_, '_>, parent: usize) -> Result<(), Refusal> {
        let name = attribute(node, "name")?;
        let tables = &self.request.organization.tables;
        let table = tables.iter().position(|t| &*t.logical == name);
        let table =
            table.ok_or_else(|| Refusal::bad_fetch(format!("The entity with a name = '{name}' was not found.")))?;
        let (outer, first) = match node.attribute("link-type") {
            None | Some("inner" | "natural") => (false, false),
            Some("outer") => (true, false),
            Some("exists" | "in" | "matchfirstrowusingcrossapply") => (false, true),
            Some(other) => return Err(Refusal::not_there(&format!("The link-type '{other}'"))),
        };
        let source = self.entities.len();
        let alias = node.attribute("alias").map_or_else(|| format!("{name}{source}"), str::to_owned);
        self.entities.push(Entity { alias, table, definition: &tables[table] });
        let own = self.field(source, attribute(node, "from")?)?;
        let other = self.field(parent, attribute(node, "to")?)?;
        let join = Join { outer, first, on: Some((own, other)), condition: None };
        self.plan.sources.push(Source { table, join: Some(join) });
        self.entity(node, source)
    }

    /// The source with an alias.
    pub(super) fn named(&self, alias: &str) -> Result<usize, Refusal> {
        let found = self.entities.iter().position(|entity| entity.alias == alias);
        found.ok_or_else(|| Refusal::bad_fetch(format!("The entity name or alias '{alias}' was not found.")))
    }

    /// An attribute by its logical name.
    pub(super) fn field(&self, source: usize, name: &str) -> Result<Field, Refusal> {
        let definition = self.entities[source].definition;
        let property = definition.column(name).map(Property::Column).or_else(|| definition.read(name));
        let property = property.or_else(|| definition.systems().find(|s| s.name() == name).map(Property::System));
        let property = property.ok_or_else(|| {
            Refusal::bad_fetch(format!(
                "'{}' entity doesn't contain attribute with Name = '{name}'.",
                definition.logical
            ))
        })?;
        Ok(self.field_of(source, property))
    }

    fn field_of(&self, source: usize, property: Property) -> Field {
        let entity = &self.entities[source];
        let kind = Kind::of(entity.definition, property);
        Field { source, steps: SmallVec::new(), table: entity.table, property, kind }
    }
}

/// Pages: `top`, or `count` with `page` and `paging-cookie`.
fn paging(request: &Request<'_>, root: Node<'_, '_>, plan: &mut Plan) -> Result<Paging, Refusal> {
    let number = |name: &str| {
        let wrong = || Refusal::bad_fetch(format!("The attribute '{name}' must be a whole number."));
        root.attribute(name).map(|text| text.parse::<usize>().map_err(|_| wrong())).transpose()
    };
    let size = number("count")?.or(request.call.prefer.page);
    let mut paging = Paging::first(size, false);
    if let Some(top) = number("top")? {
        if number("page")?.is_some() || number("count")?.is_some() {
            return Err(Refusal::bad_fetch("The top attribute can't be specified with paging attribute page."));
        }
        plan.limit = Some(top.min(paging.size));
    }
    paging.page = number("page")?.unwrap_or(1).max(1) as u64;
    paging.counted = flag(root, "returntotalrecordcount");
    if let Some(inner) = root.attribute("paging-cookie").filter(|text| !text.is_empty()) {
        Document::parse(inner).map_err(|_| super::super::cookie::malformed())?;
        paging.cookie = Some(Cookie { page: paging.page, inner: inner.to_owned(), tracking: None });
    }
    Ok(paging)
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Option<Node<'a, 'i>> {
    node.children().find(|child| child.tag_name().name() == name)
}

pub(super) fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Result<&'a str, Refusal> {
    let missing = || {
        let text = format!("The required attribute '{name}' is missing in <{}>.", node.tag_name().name());
        Refusal::bad_fetch(text)
    };
    node.attribute(name).ok_or_else(missing)
}

fn flag(node: Node<'_, '_>, name: &str) -> bool {
    matches!(node.attribute(name), Some("true" | "1"))
}

fn logical(table: &Definition, property: Property) -> String {
    match property {
        Property::Column(position) => table.columns[position].name.to_string(),
        Property::System(system) => system.name().to_owned(),
        Property::Id => table.primary_id.to_string(),
    }
}
