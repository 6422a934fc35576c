//! A workbook as it was written here: its first sheet as texts.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use roxmltree::{Document, Node};

use super::cell::epoch;
use crate::wire::Archive;

/// No part that is written here is larger.
const LARGEST: usize = 64 << 20;

/// The rows below the header that have any value, as texts by the names of
/// their columns; none where the bytes are no workbook as they are written
/// here.
pub(crate) fn cells(bytes: &[u8]) -> Option<Vec<Vec<(String, String)>>> {
    let book = Book::open(bytes)?;
    let mut rows = book.rows()?.into_iter();
    let header: BTreeMap<String, String> = rows.next()?.into_iter().collect();
    let named = |(column, text): (String, String)| Some((header.get(&column)?.clone(), text));
    Some(rows.filter(|row| !row.is_empty()).map(|row| row.into_iter().filter_map(named).collect()).collect())
}

struct Book<'b> {
    archive: Archive<'b>,
    shared: Vec<String>,
    since_1904: bool,
}

impl<'b> Book<'b> {
    fn open(bytes: &'b [u8]) -> Option<Self> {
        let archive = Archive::open(bytes)?;
        let text = |name: &str| String::from_utf8(archive.part(name, LARGEST)?).ok();
        let shared = match text("xl/sharedStrings.xml") {
            Some(text) => texts(&Document::parse(&text).ok()?),
            None => Vec::new(),
        };
        let since_1904 = text("xl/workbook.xml")?.contains("date1904=\"1\"");
        Some(Self { archive, shared, since_1904 })
    }

    /// The rows of the first sheet: the letters of each column, and the text.
    fn rows(&self) -> Option<Vec<Vec<(String, String)>>> {
        let part = |name: &str| String::from_utf8(self.archive.part(name, LARGEST)?).ok();
        let links = part("xl/_rels/workbook.xml.rels")?;
        let links = Document::parse(&links).ok()?;
        let first = links.descendants().find(|link| link.attribute("Id") == Some("rId1"))?;
        let sheet = part(&format!("xl/{}", first.attribute("Target")?))?;
        let sheet = Document::parse(&sheet).ok()?;
        let rows = sheet.descendants().filter(|node| node.has_tag_name("row"));
        rows.map(|row| row.children().filter(Node::has_children).map(|cell| self.cell(cell)).collect()).collect()
    }

    /// A cell with a value; none where it can't be read.
    fn cell(&self, cell: Node<'_, '_>) -> Option<(String, String)> {
        let value = cell.first_element_child()?;
        let column = cell.attribute("r")?.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
        Some((column, self.text(cell, value)?))
    }

    fn text(&self, cell: Node<'_, '_>, value: Node<'_, '_>) -> Option<String> {
        let written = value.text().unwrap_or_default();
        match (cell.attribute("t"), cell.attribute("s")) {
            (Some("s"), _) => self.shared.get(written.parse::<usize>().ok()?).cloned(),
            (Some("inlineStr"), _) => Some(text_in(value)),
            (Some("b"), _) => Some((written == "1").to_string()),
            (None, Some("1" | "2")) => {
                let days = TimeDelta::try_days(written.parse().ok()?)?;
                Some(epoch(self.since_1904).checked_add_signed(days)?.format("%Y-%m-%d").to_string())
            }
            _ => Some(written.to_owned()),
        }
    }
}

fn texts(document: &Document<'_>) -> Vec<String> {
    document.descendants().filter(|node| node.has_tag_name("si")).map(text_in).collect()
}

fn text_in(node: Node<'_, '_>) -> String {
    node.descendants().filter_map(|node| if node.is_text() { node.text() } else { None }).collect()
}
