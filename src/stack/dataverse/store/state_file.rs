//! All rows and links as a file, for the next run: a line of JSON for each.

use std::fs;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::super::schema::{Cell, ColumnKind, Table};
use super::row::Row;
use super::rows::Rows;
use super::state::{Relation, Store};
use crate::clock::Timestamp;
use crate::diagnose::{Diagnostic, Diagnostics, Place};

const FORMAT: &str = "seamstress/dataverse-state/1";

/// More faults than this are not told.
const TOLD: usize = 20;

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Line {
    Head { format: String, version: u64 },
    Row(SavedRow),
    Link { relation: usize, first: Uuid, second: Uuid },
}

#[derive(Serialize, Deserialize)]
struct SavedRow {
    table: String,
    id: Uuid,
    version: u64,
    born: u64,
    created: Timestamp,
    modified: Timestamp,
    created_by: String,
    modified_by: String,
    /// Only columns that hold something.
    values: Map<String, Value>,
}

impl Store {
    /// Writes everything to a file; what was there stays until all is written.
    ///
    /// # Errors
    /// The file can't be written.
    pub(in crate::stack::dataverse) fn save(&self, path: &Path) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut out = BufWriter::new(&mut file);
        let mut put = |line: &Line| -> io::Result<()> {
            serde_json::to_writer(&mut out, line)?;
            out.write_all(b"\n")
        };
        put(&Line::Head { format: FORMAT.to_owned(), version: self.version })?;
        for rows in &self.tables {
            for row in rows.iter() {
                put(&Line::Row(self.saved(rows, row)))?;
            }
        }
        for (relation, links) in self.relations.iter().enumerate() {
            for (first, second) in &links.forward {
                put(&Line::Link { relation, first: *first, second: *second })?;
            }
        }
        out.flush()?;
        drop(out);
        file.persist(path).map(drop).map_err(|fault| fault.error)
    }

    fn saved(&self, rows: &Rows, row: &Row) -> SavedRow {
        let held = rows.table.columns.iter().zip(&row.cells).filter(|(_, cell)| **cell != Cell::Null);
        SavedRow {
            table: rows.table.logical.to_string(),
            id: row.id,
            version: row.version,
            born: row.born,
            created: row.created,
            modified: row.modified,
            created_by: self.principal(row.created_by).to_owned(),
            modified_by: self.principal(row.modified_by).to_owned(),
            values: held.map(|(column, cell)| (column.name.to_string(), self.value(cell))).collect(),
        }
    }

    fn value(&self, cell: &Cell) -> Value {
        match cell {
            Cell::Row(table, id) => {
                let logical = &self.tables[usize::from(*table)].table.logical;
                serde_json::json!({ "table": &**logical, "id": id })
            }
            other => other.to_json(),
        }
    }

    /// Replaces everything by what a file holds.
    ///
    /// # Errors
    /// The file can't be read, or does not fit the tables; then nothing is
    /// changed.
    pub(in crate::stack::dataverse) fn load(&mut self, path: &Path) -> Result<(), Diagnostics> {
        let name = path.display().to_string();
        let mut loading = Loading::over(self, &name);
        match fs::File::open(path) {
            Ok(file) => loading.read(BufReader::new(file)),
            Err(fault) => loading.fault(0, &format!("can't be read: {fault}")),
        }
        let Loading { diagnostics, mut rows, relations, version, .. } = loading;
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        for (table, rows) in rows.iter_mut().enumerate() {
            let mut fresh = Rows::new(self.tables[table].table.clone());
            rows.sort_unstable_by_key(|(row, _, _)| row.born);
            for (row, created_by, modified_by) in rows.drain(..) {
                let created_by = self.principals.number(&created_by);
                let modified_by = self.principals.number(&modified_by);
                fresh.insert(Row { created_by, modified_by, ..row });
            }
            self.tables[table] = fresh;
        }
        self.relations = relations;
        self.version = self.version.max(version);
        Ok(())
    }
}

/// A file on its way into the store.
struct Loading<'a> {
    store: &'a Store,
    name: &'a str,
    diagnostics: Diagnostics,
    faults: usize,
    version: u64,
    /// Rows of each table, with who made and who wrote them.
    rows: Vec<Vec<(Row, String, String)>>,
    relations: Vec<Relation>,
}

impl<'a> Loading<'a> {
    fn over(store: &'a Store, name: &'a str) -> Self {
        Self {
            store,
            name,
            diagnostics: Diagnostics::new(),
            faults: 0,
            version: 0,
            rows: store.tables.iter().map(|_| Vec::new()).collect(),
            relations: vec![Relation::default(); store.relations.len()],
        }
    }

    fn fault(&mut self, line: usize, what: &str) {
        self.faults += 1;
        if self.faults > TOLD {
            return;
        }
        let place = if line == 0 {
            Place::file(self.name)
        } else {
            Place { file: self.name.into(), line: line as u32, column: 1 }
        };
        let hint =
            "a state file goes with the tables that it was written for; without it the rows of the files are used";
        self.diagnostics.push(Diagnostic::error(place, what).hint(hint));
    }

    fn read(&mut self, file: impl BufRead) {
        for (index, line) in file.lines().enumerate() {
            let parsed = line.map_err(|e| e.to_string());
            let parsed = parsed
                .and_then(|text| serde_json::from_str(&text).map_err(|e| format!("is no line of a state file: {e}")));
            match parsed {
                Ok(Line::Head { format, version }) if format == FORMAT => self.version = version,
                Ok(Line::Head { format, .. }) => {
                    self.fault(index + 1, &format!("another format: expected `{FORMAT}`, found `{format}`"));
                }
                Ok(Line::Row(row)) => self.row(index + 1, row),
                Ok(Line::Link { relation, first, second }) => match self.relations.get_mut(relation) {
                    Some(links) => drop(links.link(first, second)),
                    None => self.fault(index + 1, "links rows in a relationship that is not there"),
                },
                Err(fault) => self.fault(index + 1, &fault),
            }
        }
    }

    fn row(&mut self, line: usize, saved: SavedRow) {
        let position = self.store.tables.iter().position(|rows| *rows.table.logical == *saved.table);
        let Some(position) = position else {
            return self.fault(line, &format!("there is no table `{}`", saved.table));
        };
        let table = self.store.tables[position].table.clone();
        let mut cells = vec![Cell::Null; table.columns.len()].into_boxed_slice();
        for (name, value) in &saved.values {
            let cell = table.column(name).map(|column| (column, self.cell(&table, column, value)));
            match cell {
                Some((column, Some(cell))) => cells[column] = cell,
                Some((_, None)) => self.fault(line, &format!("`{name}` of {} can't hold {value}", table.collection)),
                None => self.fault(line, &format!("`{name}` is no column of {}", table.collection)),
            }
        }
        let row = Row {
            id: saved.id,
            version: saved.version,
            born: saved.born,
            created: saved.created,
            modified: saved.modified,
            created_by: 0,
            modified_by: 0,
            cells,
        };
        self.rows[position].push((row, saved.created_by, saved.modified_by));
    }

    /// What was written by [`Store::value`]. Lengths and ranges are not looked
    /// at: what was written had been judged.
    fn cell(&self, table: &Table, column: usize, value: &Value) -> Option<Cell> {
        let id = |value: &Value| value.as_str().and_then(|text| Uuid::parse_str(text).ok());
        Some(match (&table.columns[column].kind, value) {
            (ColumnKind::Lookup(_), Value::Object(named)) => {
                let logical = named.get("table")?.as_str()?;
                let target = self.store.tables.iter().position(|rows| *rows.table.logical == *logical)?;
                Cell::Row(target as u16, id(named.get("id")?)?)
            }
            (ColumnKind::Guid | ColumnKind::File { .. }, value) => Cell::Id(id(value)?),
            (_, Value::Bool(value)) => Cell::Bool(*value),
            (_, Value::Number(number)) => Cell::Number(number.clone()),
            (_, Value::String(text)) => Cell::Text(text.as_str().into()),
            _ => return None,
        })
    }
}
