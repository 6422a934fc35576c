//! What is given of a row: columns, annotations, and rows that are expanded.

use super::super::error::Refusal;
use super::super::schema::{Property, Reach, System, Table};
use super::annotations::Annotations;
use super::bind::{Binder, Condition};
use super::options::{Options, items};
use super::order::Order;

/// Options of `$expand` in one request, nested ones counted (recalled, not confirmed).
const MOST_EXPANDED: usize = 15;

/// What is given of a row.
#[derive(Clone, Debug)]
pub(in crate::stack::dataverse) struct Shape {
    pub(super) table: usize,
    pub(super) members: Vec<Member>,
    /// Whether no columns were named.
    pub(super) whole: bool,
    pub(super) expands: Vec<Expand>,
    /// Counts the shapes of one request; the outermost is 0.
    pub(super) number: usize,
    /// `"accountid":`, as it is written.
    pub(super) id: Box<[u8]>,
    pub(super) annotations: Annotations,
    /// What the context says in its parentheses.
    pub(super) context: String,
}

/// One column that is given.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) property: Property,
    /// `"name":`, as it is written.
    pub(super) name: Box<[u8]>,
    /// `"name@`, what begins each of its annotations.
    pub(super) annotation: Box<[u8]>,
}

/// A navigation property whose rows are given with the row.
#[derive(Clone, Debug)]
pub(super) struct Expand {
    pub(super) name: String,
    pub(super) reach: Reach,
    pub(super) shape: Shape,
    pub(super) condition: Option<Condition>,
    pub(super) order: Order,
    pub(super) top: Option<usize>,
    pub(super) count: bool,
    /// Only references.
    pub(super) references: bool,
    /// Its options as they were, for the link to the next page.
    pub(super) options: Vec<(String, String)>,
}

impl Member {
    fn new(name: &str, property: Property) -> Self {
        Self {
            property,
            name: format!("\"{name}\":").into_bytes().into(),
            annotation: format!("\"{name}@").into_bytes().into(),
        }
    }
}

/// Makes the shapes of one request.
#[derive(Debug)]
pub(super) struct Shapes<'b> {
    pub(super) binder: Binder<'b>,
    pub(super) annotations: Annotations,
    made: usize,
}

impl<'b> Shapes<'b> {
    pub(super) fn new(binder: Binder<'b>, annotations: Annotations) -> Self {
        Self { binder, annotations, made: 0 }
    }

    /// The shape that `$select` and `$expand` ask for.
    pub(super) fn shape(&mut self, table: usize, options: &Options<'_>) -> Result<Shape, Refusal> {
        let number = self.made;
        self.made += 1;
        if self.made > MOST_EXPANDED + 1 {
            let text = format!("The number of $expand options exceeds the limit of {MOST_EXPANDED}.");
            return Err(Refusal::unsupported_query(text));
        }
        let definition: &'b Table = &self.binder.tables[table];
        let selected = options.select.filter(|text| !text.split(',').any(|name| name.trim() == "*"));
        let members = match selected {
            Some(text) => named(definition, text)?,
            None => every(definition),
        };
        let mut names: Vec<String> = Vec::new();
        if let Some(text) = selected {
            names.extend(text.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()));
        }
        let expands = match options.expand {
            Some(text) => self.expands(table, text)?,
            None => Vec::new(),
        };
        names.extend(expands.iter().map(|expand| format!("{}({})", expand.name, expand.shape.context)));
        Ok(Shape {
            table,
            members,
            whole: selected.is_none(),
            expands,
            number,
            id: format!("\"{}\":", definition.primary_id).into_bytes().into(),
            annotations: self.annotations,
            context: names.join(","),
        })
    }

    fn expands(&mut self, table: usize, text: &str) -> Result<Vec<Expand>, Refusal> {
        let definition: &'b Table = &self.binder.tables[table];
        let mut expands: Vec<Expand> = Vec::new();
        for item in items(text)? {
            let name = item.name.strip_suffix("/$ref").unwrap_or(&item.name);
            let reach = definition.navigation(name).ok_or_else(|| Refusal::no_property(name, &definition.logical))?;
            if expands.iter().any(|expand| expand.name == name) {
                return Err(Refusal::bad_query(format!("Found mixed/duplicate $expand option '{name}'.")));
            }
            let options = Options::read(&item.options)?;
            let (target, single) = (reach.target(), reach.is_single());
            let collection = [options.filter.is_some(), options.order.is_some(), options.top.is_some(), options.count];
            if single && collection.contains(&true) {
                return Err(Refusal::unsupported_query(format!(
                    "$filter, $orderby, $top and $count can't be used in the $expand of the single-valued navigation \
                     property '{name}'."
                )));
            }
            if options.apply.is_some() || options.skip_token.is_some() {
                return Err(Refusal::unsupported_query(format!(
                    "An option of the $expand of '{name}' is not supported."
                )));
            }
            let binder = Binder { table: target, ..self.binder };
            expands.push(Expand {
                name: name.to_owned(),
                reach,
                shape: self.shape(target, &options)?,
                condition: options.filter.map(|text| binder.filter(text)).transpose()?,
                order: options.order.map_or(Ok(Order::default()), |text| Order::parse(&binder, text))?,
                top: options.top,
                count: options.count,
                references: item.name.ends_with("/$ref"),
                options: item.options.clone(),
            });
        }
        Ok(expands)
    }
}

/// The columns that `$select` names. A single-valued navigation property
/// stands for its lookup.
fn named(table: &Table, text: &str) -> Result<Vec<Member>, Refusal> {
    let mut members: Vec<Member> = Vec::new();
    for name in text.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let property = match (table.read(name), table.navigation(name)) {
            (Some(property), _) => property,
            (None, Some(Reach::One { column, .. })) => Property::Column(column),
            (None, Some(Reach::System { system, .. })) => Property::System(system),
            (None, _) => return Err(Refusal::no_property(name, &table.logical)),
        };
        let known = members.iter().any(|member| member.property == property);
        if property != Property::Id && !known {
            members.push(Member::new(&shown(table, property), property));
        }
    }
    Ok(members)
}

fn every(table: &Table) -> Vec<Member> {
    let columns = table.living().map(Property::Column);
    let all = columns.chain(table.systems().map(Property::System));
    all.map(|property| Member::new(&shown(table, property), property)).collect()
}

/// The name by which a property is read.
pub(super) fn shown(table: &Table, property: Property) -> String {
    match property {
        Property::Id => table.primary_id.to_string(),
        Property::Column(position) => table.columns[position].property.to_string(),
        Property::System(system) => System::property(system).to_owned(),
    }
}
