//! `choose`: the first branch whose condition holds.

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, Statements};

/// `choose`.
#[derive(Clone, Debug)]
pub struct Choose {
    /// Conditions and what they lead to.
    pub branches: Vec<(Given<bool>, Statements)>,
    /// Where none holds.
    pub otherwise: Option<Statements>,
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "choose", sections: ANYWHERE, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let mut choose = Choose { branches: Vec::new(), otherwise: None };
    let children = reader.children(&["when", "otherwise"]);
    let no_branch = !children.iter().any(|c| &*c.name == "when");
    for element in children {
        let place = element.place.clone();
        if &*element.name == "otherwise" {
            let statements = reader.within(element, |otherwise| otherwise.statements(element, "otherwise"));
            choose.otherwise = Some(statements);
            continue;
        }
        if choose.otherwise.is_some() {
            reader.fault(Diagnostic::error(place, "`when` stands after `otherwise`"));
        }
        let step = format!("when[{}]", choose.branches.len() + 1);
        let branch = reader.within(element, |when| {
            let condition = when.flag("condition");
            let condition = when.required("condition", condition);
            let statements = when.statements(element, &step);
            condition.map(|c| (c, statements))
        });
        choose.branches.extend(branch);
    }
    if no_branch {
        let fault = Diagnostic::error(reader.place(), "`choose` has no branch").expected("`<when condition=\"…\">`");
        reader.fault(fault);
        return None;
    }
    Some(Action::Choose(choose))
}
