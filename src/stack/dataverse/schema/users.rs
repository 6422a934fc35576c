//! Which users there are: who calls, and what his row is.

use std::collections::HashMap;

use uuid::Uuid;

use super::cell::Cell;
use super::table::{Definition, SeedRow, Table};

/// The logical name of the table of users.
const USERS: &str = "systemuser";

/// The column of users that says which application one is.
const APPLICATION: &str = "applicationid";

/// Who made the rows of the files.
pub(in crate::stack::dataverse) const SYSTEM: &str = "SYSTEM";

/// The ids of users' rows by who they are.
#[derive(Clone, Debug, Default)]
pub(in crate::stack::dataverse) struct Users {
    organization: Uuid,
    /// Rows that say which application they are.
    applications: HashMap<Box<str>, Uuid>,
}

impl Users {
    /// Those of these tables.
    pub(super) fn of(organization: Uuid, tables: &[(Table, Vec<SeedRow>)]) -> Self {
        let mut applications = HashMap::new();
        let users = tables.iter().find(|(table, _)| &*table.logical == USERS);
        if let Some((table, seeds)) = users
            && let Some(column) = table.column(APPLICATION)
        {
            for seed in seeds {
                if let Cell::Id(application) = &seed.cells[column] {
                    applications.insert(application.to_string().into(), seed.id);
                }
            }
        }
        Self { organization, applications }
    }

    /// The id of the row of a principal: that of the user who is this
    /// application, the user's own where he is one himself (`user:ID`), else
    /// derived from the name.
    pub(in crate::stack::dataverse) fn id(&self, principal: &str) -> Uuid {
        let own = principal.strip_prefix("user:").and_then(|id| Uuid::parse_str(id).ok());
        let known = || self.applications.get(&*principal.to_ascii_lowercase()).copied();
        own.or_else(known).unwrap_or_else(|| Uuid::new_v5(&self.organization, principal.as_bytes()))
    }
}

/// Gives everybody who may call a row among the users, where the files have
/// none: a caller is always somebody. Each is a name and an application id.
pub(in crate::stack::dataverse) fn seat(definition: &mut Definition, callers: &[(String, String)]) {
    let known = definition.environment.users.clone();
    let Some((table, seeds)) = definition.tables.iter_mut().find(|(table, _)| &*table.logical == USERS) else { return };
    let system = (SYSTEM.to_owned(), SYSTEM.to_owned());
    for (name, application) in callers.iter().chain([&system]) {
        let id = known.id(application);
        if seeds.iter().any(|seed| seed.id == id) {
            continue;
        }
        let mut cells: Vec<Cell> = table.columns.iter().map(|column| column.default.clone()).collect();
        // The platform calls application users so.
        let shown = if name == SYSTEM { name.clone() } else { format!("# {name}") };
        if let Some(column) = table.column(&table.primary_name) {
            cells[column] = Cell::Text(shown.into());
        }
        if let (Some(column), Ok(application)) = (table.column(APPLICATION), Uuid::parse_str(application)) {
            cells[column] = Cell::Id(application);
        }
        seeds.push(SeedRow { id, cells });
    }
}
