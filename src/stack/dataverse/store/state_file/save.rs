//! The state into a file.

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use uuid::Uuid;

use super::super::super::alter::Alteration;
use super::super::super::operate::Files;
use super::super::super::schema::Cell;
use super::super::row::Row;
use super::super::rows::Rows;
use super::super::state::Store;
use super::line::{Counts, FORMAT, Line, PIECE, SavedRow};

impl Store {
    /// Writes everything to a file; what was there stays until all is written.
    ///
    /// # Errors
    /// The file can't be written.
    pub(in crate::stack::dataverse) fn save(
        &self,
        path: &Path,
        (files, altered): (&Files, &[Alteration]),
    ) -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let mut saving = Saving { out: BufWriter::new(&mut file), counts: Counts::default() };
        saving.put(&Line::Head { format: FORMAT.to_owned(), version: self.version })?;
        for altered in altered {
            saving.put(&Line::Alteration { altered: altered.clone() })?;
        }
        self.save_rows(&mut saving, files)?;
        self.save_links(&mut saving)?;
        let end = saving.counts;
        saving.put(&Line::End { end })?;
        saving.out.flush()?;
        drop(saving);
        keep_permissions(file.path(), path)?;
        file.persist(path).map(drop).map_err(|fault| fault.error)
    }

    fn save_rows(&self, saving: &mut Saving<impl Write>, files: &Files) -> io::Result<()> {
        for rows in &self.tables {
            let columns: Vec<usize> = rows.table.file_columns().collect();
            for row in rows.iter() {
                for column in &columns {
                    if let Cell::Id(id) = &row.cells[*column] {
                        saving.file(*id, files)?;
                    }
                }
                saving.counts.rows += 1;
                saving.put(&Line::Row(self.saved(rows, row)))?;
            }
        }
        Ok(())
    }

    fn save_links(&self, saving: &mut Saving<impl Write>) -> io::Result<()> {
        for (relation, links) in self.relations.iter().enumerate() {
            for (first, second) in &links.forward {
                saving.counts.links += 1;
                saving.put(&Line::Link { relation, first: *first, second: *second })?;
            }
        }
        Ok(())
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
            owner: (row.owner != row.created_by).then(|| self.principal(row.owner).to_owned()),
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
}

/// A file that replaces another may be read by whom that one was read.
fn keep_permissions(new: &Path, old: &Path) -> io::Result<()> {
    match fs::metadata(old) {
        Ok(metadata) => fs::set_permissions(new, metadata.permissions()),
        Err(_) => Ok(()),
    }
}

struct Saving<W: Write> {
    out: W,
    counts: Counts,
}

impl<W: Write> Saving<W> {
    fn put(&mut self, line: &Line) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, line)?;
        self.out.write_all(b"\n")
    }

    /// A file in pieces, so that neither side holds all of it in memory.
    fn file(&mut self, id: Uuid, files: &Files) -> io::Result<()> {
        let Some(named) = files.named(id) else { return Ok(()) };
        let mut content = files.open(id)?;
        self.counts.files += 1;
        self.put(&Line::File { file: id, name: named.name, size: named.size })?;
        let mut piece = Vec::with_capacity(PIECE);
        loop {
            piece.clear();
            (&mut content).take(PIECE as u64).read_to_end(&mut piece)?;
            if piece.is_empty() {
                return Ok(());
            }
            self.put(&Line::Piece { piece: STANDARD.encode(&piece) })?;
        }
    }
}
