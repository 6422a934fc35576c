//! As whom a request is made: header fields by which a caller acts as somebody
//! else (reference A2).

use http::HeaderName;
use uuid::Uuid;

use super::super::error::Refusal;
use super::super::guard::Principal;
use super::super::organization::Organization;
use super::super::schema::Cell;
use super::call::Call;

/// By the object id of Microsoft Entra.
const BY_OBJECT: HeaderName = HeaderName::from_static("callerobjectid");

/// By the id of the user's row.
const BY_ROW: HeaderName = HeaderName::from_static("mscrmcallerid");

/// Users' rows, where the environment has them.
const USERS: &str = "systemusers";

impl Organization {
    /// Whom the request names, where it names somebody else. Limits stay with
    /// the caller.
    pub(super) fn acting(&self, call: &Call, caller: &Principal) -> Result<Option<Principal>, Refusal> {
        let (name, text) = match (call.header(BY_OBJECT), call.header(BY_ROW)) {
            (Some(text), _) => (BY_OBJECT, text),
            (None, Some(text)) => (BY_ROW, text),
            (None, None) => return Ok(None),
        };
        let id = Uuid::parse_str(text.trim()).map_err(|_| Refusal::no_guid(name.as_str(), text))?;
        if !self.environment.conduct.may_impersonate(&caller.id) {
            return Err(Refusal::may_not_impersonate(&caller.id));
        }
        let acting = match self.table(USERS) {
            Some(users) => self.user(users, name == BY_OBJECT, id)?,
            None => format!("user:{id}"),
        };
        Ok(Some(Principal { id: acting.into(), ..caller.clone() }))
    }

    /// The principal that a user's row stands for: its application, or the user
    /// himself.
    fn user(&self, users: usize, by_object: bool, id: Uuid) -> Result<String, Refusal> {
        let definition = &self.tables[users];
        let store = self.view();
        let row = if by_object {
            let column = definition.column("azureactivedirectoryobjectid");
            column.and_then(|column| store.rows(users).iter().find(|row| row.cells[column] == Cell::Id(id)))
        } else {
            store.rows(users).get(&id)
        };
        let row = match row {
            Some(row) => row,
            None if by_object => return Err(Refusal::no_member()),
            None => return Err(Refusal::no_row(&definition.logical, &id.to_string())),
        };
        let cell = |name: &str| definition.column(name).map(|column| &row.cells[column]);
        if cell("isdisabled") == Some(&Cell::Bool(true)) {
            return Err(Refusal::disabled(&row.id.to_string()));
        }
        Ok(match cell("applicationid") {
            Some(Cell::Id(application)) => application.to_string(),
            _ => format!("user:{}", row.id),
        })
    }
}
