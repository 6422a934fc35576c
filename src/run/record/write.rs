//! What becomes of the file: a record that was frozen is not overwritten by
//! accident.

use std::path::Path;

use super::changes::changes;
use crate::contract::Contract;
use crate::contract::recorded::Recorded;
use crate::record::text;
use crate::run::RunError;

/// What became of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was not there; now it is.
    Written,
    /// It says this already.
    Unchanged,
    /// It says something else, and was overwritten as asked: what changed.
    Overwritten(Vec<String>),
    /// It says something else, and stays: what would change.
    Kept(Vec<String>),
}

/// Writes the file where that is right.
pub(super) fn settle(contract: &Contract, path: &Path, recorded: &Recorded, force: bool) -> Result<Fate, RunError> {
    let content = text(&contract.id, recorded);
    let Some(before) = contract.recorded.as_deref() else {
        write(path, &content)?;
        return Ok(Fate::Written);
    };
    if std::fs::read_to_string(path).is_ok_and(|there| there == content) {
        return Ok(Fate::Unchanged);
    }
    let changes = changes(before, recorded);
    if !force {
        return Ok(Fate::Kept(changes));
    }
    write(path, &content)?;
    Ok(Fate::Overwritten(changes))
}

/// Whole or not at all: a file beside it takes its place.
fn write(path: &Path, content: &str) -> Result<(), RunError> {
    let fresh = path.with_extension("json.new");
    std::fs::write(&fresh, content)
        .and_then(|()| std::fs::rename(&fresh, path))
        .map_err(|fault| RunError::CouldNotRun(format!("{} can't be written: {fault}", path.display())))
}
