//! `tables`: files of tables from a `$metadata` document.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::args::TablesArgs;
use super::screen;
use crate::report::escape::terminal;
use crate::run::{TableFile, tables_of};

pub(super) fn tables(args: &TablesArgs) -> u8 {
    let tables = match tables_of(&args.document, &args.only, &args.output) {
        Ok(tables) => tables,
        Err(faults) => {
            screen::error(&terminal(&faults.to_string()));
            return 2;
        }
    };
    if args.output == Path::new("-") {
        let texts: Vec<&str> = tables.iter().map(|table| table.text.as_str()).collect();
        screen::result(&texts.join("---\n"));
        return 0;
    }
    let there = if args.force { Vec::new() } else { taken(&tables, &args.output) };
    if !there.is_empty() {
        let list: String = there.iter().fold(String::new(), |mut list, (logical, path)| {
            // Writing to a String does not fail.
            let _ = writeln!(list, "  {logical} in {}", path.display());
            list
        });
        let (count, folder) = (there.len(), args.output.display());
        screen::error(&terminal(&format!(
            "nothing is written: {count} of {} tables are there already\n{list}--only TABLE,… takes others, --force \
             overwrites them, --output DIR writes elsewhere than to {folder}, --output - shows them",
            tables.len()
        )));
        return 2;
    }
    match write(&tables, &args.output) {
        Ok(()) => {
            screen::result(&terminal(&told(&tables, &args.output)));
            0
        }
        Err(fault) => {
            screen::error(&fault);
            3
        }
    }
}

/// Tables that are described already, and where.
fn taken<'t>(tables: &'t [TableFile], folder: &Path) -> Vec<(&'t str, PathBuf)> {
    let taken = tables.iter().filter_map(|table| {
        let own = folder.join(&table.name);
        let there = table.there.clone().or_else(|| own.exists().then_some(own));
        there.map(|path| (table.logical.as_str(), path))
    });
    taken.collect()
}

/// Where a file of another name has the table, that one is overwritten: two files
/// of one table are a fault.
fn path(table: &TableFile, folder: &Path) -> PathBuf {
    table.there.clone().unwrap_or_else(|| folder.join(&table.name))
}

fn write(tables: &[TableFile], folder: &Path) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|fault| format!("{} can't be made: {fault}", folder.display()))?;
    for table in tables {
        let path = path(table, folder);
        std::fs::write(&path, &table.text).map_err(|fault| format!("{} can't be written: {fault}", path.display()))?;
    }
    Ok(())
}

/// What was written: a line for each file.
fn told(tables: &[TableFile], folder: &Path) -> String {
    let mut text = String::new();
    for table in tables {
        let left = match table.left_out.len() {
            0 => String::new(),
            left => format!(", {left} left out"),
        };
        let path = path(table, folder);
        let _ = writeln!(text, "{}: {}, {} columns{left}", path.display(), table.logical, table.columns);
    }
    text
}
