//! A file into the state: all of it, or nothing.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read as _, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use uuid::Uuid;

use super::super::super::alter::Alteration;
use super::super::super::operate::{Files, Named};
use super::super::super::schema::{Cell, ColumnKind, Table};
use super::super::row::Row;
use super::super::rows::Rows;
use super::super::state::{Relation, Store};
use super::line::{Counts, FORMAT, Line, SavedRow};
use crate::diagnose::{Diagnostic, Diagnostics, Place};

/// More faults than this are not told.
const TOLD: usize = 20;

/// The first line is not longer.
const HEAD: u64 = 4096;

impl Store {
    /// Replaces everything by what a file holds.
    ///
    /// # Errors
    /// The file can't be read, or does not fit the tables; then nothing is
    /// changed.
    pub(in crate::stack::dataverse) fn load(&mut self, path: &Path, files: &Files) -> Result<(), Diagnostics> {
        let name = path.display().to_string();
        let mut loading = Loading::over(self, &name, files);
        match File::open(path) {
            Ok(file) => loading.read(BufReader::new(file)),
            Err(fault) => loading.fault(0, &format!("can't be read: {fault}")),
        }
        let Loading { mut diagnostics, rows, relations, version, taken, .. } = loading;
        let tables: Vec<Rows> = rows.into_iter().enumerate().map(|(at, rows)| self.filled(at, rows)).collect();
        if !diagnostics.has_errors() {
            contradictions(&tables, &name, &mut diagnostics);
        }
        let whole = !diagnostics.has_errors();
        if whole {
            self.tables = tables;
            self.relations = relations;
            self.version = self.version.max(version);
        }
        taken.into_iter().for_each(|id| files.settle(id, whole));
        if whole { Ok(()) } else { Err(diagnostics) }
    }

    /// The rows of a table, in the order in which they were made.
    fn filled(&mut self, table: usize, mut rows: Vec<Loaded>) -> Rows {
        let mut filled = Rows::new(self.tables[table].table.clone());
        rows.sort_unstable_by_key(|(row, _)| row.born);
        for (row, [created_by, modified_by, owner]) in rows {
            let created_by = self.principals.number(&created_by);
            let modified_by = self.principals.number(&modified_by);
            let owner = self.principals.number(&owner);
            filled.insert(Row { created_by, modified_by, owner, ..row });
        }
        filled
    }
}

/// A row, with who made it, who wrote it and whose it is.
type Loaded = (Row, [String; 3]);

/// What no environment can hold: lookups of rows that are not there, and
/// alternate keys that several rows have.
fn contradictions(tables: &[Rows], name: &str, diagnostics: &mut Diagnostics) {
    let told = |what: String| Diagnostic::error(Place::file(name), what).hint(HINT);
    for rows in tables {
        let collection = &rows.table.collection;
        for (number, key) in rows.table.keys.iter().enumerate() {
            if rows.repeats_key(number) {
                diagnostics.push(told(format!("rows of {collection} have the same key `{}`", key.name)));
            }
        }
        let lost = rows.iter().find_map(|row| {
            let lost = |cell: &Cell| matches!(cell, Cell::Row(to, id) if tables[usize::from(*to)].get(id).is_none());
            row.cells.iter().position(lost).map(|column| (row.id, column))
        });
        if let Some((id, column)) = lost {
            let column = &rows.table.columns[column].name;
            diagnostics.push(told(format!("`{column}` of {collection}({id}) names a row that is not there")));
        }
    }
}

const HINT: &str =
    "a state file goes with the tables that it was written for; without it the rows of the files are used";

/// What was done to tables before a file was written. What is no state file
/// has nothing of it: that is told when its rows are read.
pub(in crate::stack::dataverse) fn alterations(path: &Path) -> Vec<Alteration> {
    let Ok(file) = File::open(path) else { return Vec::new() };
    let lines = BufReader::new(file).lines().skip(1).map_while(Result::ok);
    let altered = lines.map_while(|line| match serde_json::from_str(&line) {
        Ok(Line::Alteration { altered }) => Some(altered),
        _ => None,
    });
    altered.collect()
}

/// A file on its way into the store.
struct Loading<'a> {
    store: &'a Store,
    name: &'a str,
    files: &'a Files,
    diagnostics: Diagnostics,
    faults: usize,
    version: u64,
    /// Rows of each table, with who made them, who wrote them and whose they are.
    rows: Vec<Vec<Loaded>>,
    /// Their ids: no two rows of a table have the same.
    ids: HashSet<(usize, Uuid)>,
    relations: Vec<Relation>,
    /// Files that were taken in.
    taken: Vec<Uuid>,
    coming: Option<Coming>,
    counts: Counts,
    end: Option<Counts>,
}

/// A file whose pieces are being read.
struct Coming {
    line: usize,
    id: Uuid,
    /// `None` where it is here already.
    file: Option<File>,
    size: u64,
    read: u64,
}

impl<'a> Loading<'a> {
    fn over(store: &'a Store, name: &'a str, files: &'a Files) -> Self {
        Self {
            store,
            name,
            files,
            diagnostics: Diagnostics::new(),
            faults: 0,
            version: 0,
            rows: store.tables.iter().map(|_| Vec::new()).collect(),
            ids: HashSet::new(),
            relations: vec![Relation::default(); store.relations.len()],
            taken: Vec::new(),
            coming: None,
            counts: Counts::default(),
            end: None,
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
        self.diagnostics.push(Diagnostic::error(place, what).hint(HINT));
    }

    fn read(&mut self, mut file: impl BufRead) {
        if !self.head(&mut file) {
            return;
        }
        let mut last = 1;
        for (index, line) in (2..).zip(file.lines()) {
            last = index;
            let Ok(text) = line else {
                // What is no text here is none behind it.
                return self.fault(index, "is no text: the file is damaged, or no state file");
            };
            if self.end.is_some() {
                return self.fault(index, "follows the last line: nothing may stand behind the one with `end`");
            }
            match serde_json::from_str(&text) {
                Ok(line) => self.line(index, line),
                Err(fault) if fault.is_data() => self.fault(index, "is no line of a state file"),
                Err(fault) => self.fault(index, &format!("is no line of a state file: {fault}")),
            }
        }
        self.whole(last);
    }

    /// The first line. Without it nothing behind it is looked at: it is
    /// somebody else's file.
    fn head(&mut self, file: &mut impl BufRead) -> bool {
        let mut first = Vec::new();
        if let Err(fault) = file.take(HEAD).read_until(b'\n', &mut first) {
            self.fault(0, &format!("can't be read: {fault}"));
            return false;
        }
        match serde_json::from_slice(&first) {
            Ok(Line::Head { format, version }) if format == FORMAT => {
                self.version = version;
                true
            }
            Ok(Line::Head { format, .. }) => {
                self.fault(1, &format!("another format: expected `{FORMAT}`, found `{format}`"));
                false
            }
            _ => {
                self.fault(1, &format!("is no state file: its first line names the format `{FORMAT}`"));
                false
            }
        }
    }

    /// Nothing is missing at the end.
    fn whole(&mut self, last: usize) {
        self.file_ends();
        match self.end {
            None => self.fault(last, "is the last line, and not the one with `end`: the file was cut off"),
            Some(end) if end != self.counts => {
                let (found, wanted) = (self.counts, end);
                let count = |c: Counts| format!("{} rows, {} links and {} files", c.rows, c.links, c.files);
                self.fault(last, &format!("says that there are {}, found {}", count(wanted), count(found)));
            }
            Some(_) => {}
        }
    }

    fn line(&mut self, index: usize, line: Line) {
        if !matches!(line, Line::Piece { .. }) {
            self.file_ends();
        }
        match line {
            Line::Head { .. } => self.fault(index, "is a first line: two files stand in one"),
            // The tables are already as they are to be.
            Line::Alteration { .. } => {}
            Line::Row(row) => {
                self.counts.rows += 1;
                self.row(index, row);
            }
            Line::Link { relation, first, second } => {
                self.counts.links += 1;
                match self.relations.get_mut(relation) {
                    Some(links) => drop(links.link(first, second)),
                    None => self.fault(index, "links rows in a relationship that is not there"),
                }
            }
            Line::File { file, name, size } => {
                self.counts.files += 1;
                self.file(index, file, Named { name, size });
            }
            Line::Piece { piece } => self.piece(index, &piece),
            Line::End { end } => self.end = Some(end),
        }
    }

    fn file(&mut self, line: usize, id: Uuid, named: Named) {
        let size = named.size;
        match self.files.take_in(id, named) {
            Ok(file) => {
                if file.is_some() {
                    self.taken.push(id);
                }
                self.coming = Some(Coming { line, id, file, size, read: 0 });
            }
            Err(fault) => self.fault(line, &format!("holds a file that can't be taken in: {fault}")),
        }
    }

    fn piece(&mut self, line: usize, piece: &str) {
        // Where the file could not be taken in, that was told.
        let Some(coming) = &mut self.coming else { return };
        let written = STANDARD.decode(piece).map_err(|fault| fault.to_string()).and_then(|bytes| {
            coming.read += bytes.len() as u64;
            let Some(file) = &mut coming.file else { return Ok(()) };
            file.write_all(&bytes).map_err(|fault| fault.to_string())
        });
        if let Err(fault) = written {
            self.coming = None;
            self.fault(line, &format!("is no piece of a file: {fault}"));
        }
    }

    /// The file whose pieces were read is whole.
    fn file_ends(&mut self) {
        if let Some(Coming { line, id, size, read, .. }) = self.coming.take()
            && size != read
        {
            self.fault(line, &format!("begins the file {id} of {size} bytes, of which {read} follow"));
        }
    }

    fn row(&mut self, line: usize, saved: SavedRow) {
        let position = self.store.tables.iter().position(|rows| *rows.table.logical == *saved.table);
        let Some(position) = position else {
            return self.fault(line, &format!("there is no table `{}`", saved.table));
        };
        if !self.ids.insert((position, saved.id)) {
            return self.fault(line, &format!("the row {} of `{}` stands there twice", saved.id, saved.table));
        }
        let table = self.store.tables[position].table.clone();
        let mut cells = vec![Cell::Null; table.columns.len()].into_boxed_slice();
        for (name, value) in &saved.values {
            let cell = table.column(name).map(|column| (column, self.cell(&table, column, value)));
            match cell {
                Some((column, Some(Cell::Id(file))))
                    if matches!(table.columns[column].kind, ColumnKind::File { .. })
                        && self.files.named(file).is_none() =>
                {
                    self.fault(line, &format!("`{name}` of {} names a file that is not there", table.collection));
                }
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
            owner: 0,
            cells,
        };
        let owner = saved.owner.unwrap_or_else(|| saved.created_by.clone());
        self.rows[position].push((row, [saved.created_by, saved.modified_by, owner]));
    }

    /// What was written by the other side. Lengths and ranges are not looked at:
    /// what was written had been judged.
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
