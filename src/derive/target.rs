//! Which operation a method and a URI mean.

use std::sync::Arc;

use http::Method;

use crate::contract::Contract;
use crate::contract::openapi::Operation;

/// Stands for what only the run knows.
const HOLE: char = '\u{fffc}';

/// An operation of a contract.
#[derive(Clone, Debug)]
pub(super) struct Target<'c> {
    pub(super) contract: &'c Contract,
    pub(super) operation: Arc<Operation>,
}

/// A URI, as far as it is known.
pub(super) struct Address {
    /// The host, `None` where only the run knows it.
    host: Option<String>,
    path: String,
}

impl Address {
    /// Of the pieces of an evaluated text. Query and fragment are left away:
    /// they may hold keys.
    pub(super) fn of(pieces: &[Option<String>]) -> Self {
        let whole: String = pieces.iter().map(|piece| piece.clone().unwrap_or_else(|| HOLE.to_string())).collect();
        let whole = whole.split(['?', '#']).next().unwrap_or_default().trim();
        let rest = whole.split_once("://").map(|(_, rest)| rest);
        let (host, path) = match rest {
            Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
            None if whole.starts_with('/') => ("", whole),
            None => whole.split_at(whole.find('/').unwrap_or(whole.len())),
        };
        let host = host.rsplit('@').next().unwrap_or(host);
        let known = !host.is_empty() && !host.contains(HOLE);
        Self { host: known.then(|| host.to_owned()), path: path.trim_end_matches('/').to_owned() }
    }

    /// For people.
    pub(super) fn shown(&self) -> String {
        let path = self.path.replace(HOLE, "{…}");
        format!("{}{path}", self.host.as_deref().unwrap_or("{…}"))
    }

    /// The same without values that identify something, so that those of one
    /// operation are alike.
    pub(super) fn masked(&self) -> String {
        let is_value = |text: &str| text.len() > 2 && text.bytes().any(|b| b.is_ascii_digit()) && !is_version(text);
        let masked = |segment: &str| match segment.split_once('(') {
            Some((name, _)) => format!("{name}({{…}})"),
            None if is_value(segment) => "{…}".to_owned(),
            None => segment.to_owned(),
        };
        let path: Vec<String> = self.path.split('/').map(masked).collect();
        format!("{}{}", self.host.as_deref().unwrap_or("{…}"), path.join("/"))
    }

    /// Whether the run alone knows something of its path.
    pub(super) fn is_open(&self) -> bool {
        self.path.contains(HOLE)
    }

    /// The operations that it can mean: those whose base path it shows, else
    /// those that it shows behind a prefix of the gateway's, else, where the run
    /// knows its beginning, those whose path it shows.
    pub(super) fn targets<'c>(&self, method: &Method, contracts: &'c [Contract]) -> Vec<Target<'c>> {
        let inside = |path: &str| all(contracts, |contract| contract.openapi.match_inside(method, path));
        let mut found = inside(&self.path);
        let slashes = self.path.match_indices('/').map(|(at, _)| at).skip(1);
        for at in slashes {
            if !found.is_empty() {
                return found;
            }
            found = inside(&self.path[at..]);
        }
        if found.is_empty() && self.host.is_none() {
            found = all(contracts, |contract| contract.openapi.match_path(method, &self.path));
        }
        found
    }
}

/// `v1`, `v9.2`.
fn is_version(segment: &str) -> bool {
    segment.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
}

fn all(
    contracts: &[Contract],
    matched: impl Fn(&Contract) -> Option<(Arc<Operation>, Vec<(String, String)>)>,
) -> Vec<Target<'_>> {
    let tested = contracts.iter().filter(|contract| !contract.is_consumed());
    tested.filter_map(|contract| Some(Target { contract, operation: matched(contract)?.0 })).collect()
}

/// The operations with an id, for a custom connector: it is made from the
/// service's document.
pub(super) fn by_id<'c>(id: &str, contracts: &'c [Contract]) -> Vec<Target<'c>> {
    let named = |contract: &Contract| {
        let operation = contract.openapi.operations.iter().find(|operation| operation.id.eq_ignore_ascii_case(id))?;
        Some((operation.clone(), Vec::new()))
    };
    all(contracts, named)
}
