//! Who wrote rows and whose they are, as numbers.

use std::sync::Arc;

use hashbrown::HashMap;
use uuid::Uuid;

use super::super::schema::{Environment, Table, Users};

/// What the ids of users are derived from, and the tables that tell of them.
#[derive(Clone, Debug, Default)]
pub(in crate::stack::dataverse) struct Society {
    callers: Arc<Users>,
    pub(in crate::stack::dataverse) business_unit: Uuid,
    /// The positions of the tables of users and of teams, where they are there.
    pub(in crate::stack::dataverse) users: Option<usize>,
    pub(in crate::stack::dataverse) teams: Option<usize>,
}

impl Society {
    /// That of an environment with these tables.
    pub(in crate::stack::dataverse) fn of(environment: &Environment, tables: &[Arc<Table>]) -> Self {
        let position = |logical: &str| tables.iter().position(|table| &*table.logical == logical);
        let (callers, business_unit) = (environment.users.clone(), environment.business_unit);
        Self { callers, business_unit, users: position("systemuser"), teams: position("team") }
    }
}

/// Principals by their numbers.
#[derive(Clone, Debug, Default)]
pub(in crate::stack::dataverse) struct Principals {
    pub(super) society: Society,
    names: Vec<Arc<str>>,
    /// The ids of their rows.
    ids: Vec<Uuid>,
    numbers: HashMap<Arc<str>, u32>,
}

/// What the name of a principal that is a team begins with.
const TEAM: &str = "team:";

impl Principals {
    pub(super) fn new(society: Society) -> Self {
        Self { society, ..Self::default() }
    }

    pub(super) fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let shared: Arc<str> = name.into();
        let number = self.names.len() as u32;
        let team = name.strip_prefix(TEAM).and_then(|id| Uuid::parse_str(id).ok());
        self.ids.push(team.unwrap_or_else(|| self.society.callers.id(name)));
        self.names.push(shared.clone());
        self.numbers.insert(shared, number);
        number
    }

    /// The number of the user or the team with this row.
    pub(super) fn of_row(&mut self, (table, id): (usize, Uuid)) -> u32 {
        let kind = if Some(table) == self.society.teams { "team" } else { "user" };
        self.number(&format!("{kind}:{id}"))
    }

    pub(super) fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map(AsRef::as_ref).unwrap_or_default()
    }

    /// The id of a principal's row, and whether it is a team's.
    pub(super) fn id(&self, number: u32) -> (Uuid, bool) {
        (self.ids.get(number as usize).copied().unwrap_or_default(), self.name(number).starts_with(TEAM))
    }
}
