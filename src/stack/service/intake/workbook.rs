//! A file as a workbook (Office Open XML): the first sheet as lines of text,
//! within bounds that no content can pass.

use std::collections::HashMap;

use chrono::{Days, NaiveDate};
use roxmltree::{Document, Node, ParsingOptions};

use crate::stack::service::defect::{Defect, Defects};
use crate::wire::Archive;

/// All parts that are read together are at most so large when inflated.
const LARGEST: usize = 16 << 20;
/// A part has at most so many elements, texts and comments.
const MOST_NODES: u32 = 1_000_000;
/// Cells beyond this column are one field too many like any other.
const LAST_COLUMN: usize = 64;

/// A row that has a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    /// Its number in the sheet.
    pub(super) number: usize,
    /// Its cells up to the last that has a value.
    pub(super) cells: Vec<String>,
}

/// The rows of the first sheet that have any value, at most `most` of them, or
/// why there are none.
pub(super) fn rows(content: &[u8], most: usize, defects: &Defects) -> Result<Vec<Row>, &'static str> {
    let archive = Archive::open(content).ok_or("is no workbook (XLSX)")?;
    let mut parts = Parts { archive, left: LARGEST };
    let book = parts.text("xl/workbook.xml").ok_or("has no workbook inside, or one that is too large")?;
    let book = document(&book)?;
    let sheet = parts.sheet(&book)?;
    let sheet = document(&sheet)?;
    let shared = parts.texts()?;
    let dates = parts.dates()?;
    let since_1904 = book
        .descendants()
        .any(|node| node.has_tag_name("workbookPr") && matches!(node.attribute("date1904"), Some("1" | "true")));
    Reader { shared, dates, since_1904, defects }.rows(&sheet, most)
}

fn document(text: &str) -> Result<Document<'_>, &'static str> {
    // Document types are refused: entities could grow without bounds.
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|_| "has a part that is no well-formed XML, or too large")
}

/// The parts of the package, while there is room for them.
struct Parts<'b> {
    archive: Archive<'b>,
    left: usize,
}

impl Parts<'_> {
    fn text(&mut self, name: &str) -> Option<String> {
        let content = self.archive.part(name, self.left)?;
        self.left -= content.len();
        String::from_utf8(content).ok()
    }

    fn has(&self, name: &str) -> bool {
        self.archive.names().any(|known| known.eq_ignore_ascii_case(name))
    }

    /// The first sheet of the book, wherever its file is.
    fn sheet(&mut self, book: &Document<'_>) -> Result<String, &'static str> {
        let absent = "has no sheet, or one that is too large";
        let sheet = book.descendants().find(|node| node.has_tag_name("sheet")).ok_or(absent)?;
        let is_link = |name: &str, space: Option<&str>| name == "id" && space.is_some();
        let id = sheet.attributes().find(|a| is_link(a.name(), a.namespace())).ok_or(absent)?.value();
        let links = self.text("xl/_rels/workbook.xml.rels").ok_or(absent)?;
        let links = document(&links)?;
        let link = links.descendants().find(|link| link.attribute("Id") == Some(id));
        let target = link.and_then(|link| link.attribute("Target")).ok_or(absent)?;
        // Targets are relative to the book, or begin at the root.
        let name = target.strip_prefix('/').map_or_else(|| format!("xl/{target}"), str::to_owned);
        self.text(&name).ok_or(absent)
    }

    /// The texts that cells share.
    fn texts(&mut self) -> Result<Vec<String>, &'static str> {
        let name = "xl/sharedStrings.xml";
        if !self.has(name) {
            return Ok(Vec::new());
        }
        let text = self.text(name).ok_or("has shared texts that can't be read")?;
        let document = document(&text)?;
        Ok(document.descendants().filter(|node| node.has_tag_name("si")).map(text_of).collect())
    }

    /// For each style whether it shows dates.
    fn dates(&mut self) -> Result<Vec<bool>, &'static str> {
        let name = "xl/styles.xml";
        if !self.has(name) {
            return Ok(Vec::new());
        }
        let text = self.text(name).ok_or("has styles that can't be read")?;
        let document = document(&text)?;
        let formats = document.descendants().filter(|node| node.has_tag_name("numFmt"));
        let formats: HashMap<&str, &str> =
            formats.filter_map(|f| Some((f.attribute("numFmtId")?, f.attribute("formatCode")?))).collect();
        let styles = document.descendants().find(|node| node.has_tag_name("cellXfs"));
        let shows = |style: Node<'_, '_>| {
            let format = style.attribute("numFmtId").unwrap_or_default();
            matches!(format, "14" | "15" | "16" | "17" | "22") || formats.get(format).is_some_and(|code| is_date(code))
        };
        Ok(styles.iter().flat_map(|s| s.children().filter(|n| n.has_tag_name("xf"))).map(shows).collect())
    }
}

/// Whether a format shows days or years, outside of what it quotes.
fn is_date(code: &str) -> bool {
    let mut quoted = false;
    code.chars().any(|c| {
        quoted ^= c == '"';
        !quoted && matches!(c, 'd' | 'D' | 'y' | 'Y')
    })
}

/// All text below a node, without phonetic hints.
fn text_of(node: Node<'_, '_>) -> String {
    let hint = |text: &Node<'_, '_>| text.ancestors().any(|above| above.has_tag_name("rPh"));
    let texts = node.descendants().filter(|node| node.is_text() && !hint(node));
    texts.filter_map(|text| text.text()).collect()
}

struct Reader<'d> {
    shared: Vec<String>,
    dates: Vec<bool>,
    since_1904: bool,
    defects: &'d Defects,
}

impl Reader<'_> {
    fn rows(&self, sheet: &Document<'_>, most: usize) -> Result<Vec<Row>, &'static str> {
        let mut rows = Vec::new();
        let mut number = 0;
        for row in sheet.descendants().filter(|node| node.has_tag_name("row")) {
            let before = number;
            number = row.attribute("r").map_or(Ok(number + 1), str::parse).map_err(|_| "has a row without a number")?;
            let cells = self.cells(row)?;
            let blank = cells.is_empty() || number > before + 1;
            if self.defects.has(Defect::BlankRowEndsSheet) && blank {
                break;
            }
            if !cells.is_empty() {
                rows.push(Row { number, cells });
            }
            if rows.len() >= most {
                break;
            }
        }
        Ok(rows)
    }

    fn cells(&self, row: Node<'_, '_>) -> Result<Vec<String>, &'static str> {
        let mut cells: Vec<String> = Vec::new();
        let mut next = 0;
        for cell in row.children().filter(|node| node.has_tag_name("c")) {
            let column = cell.attribute("r").map_or(Some(next), column_of).ok_or("has a cell without a place")?;
            next = column + 1;
            let text = self.text(cell)?;
            if !text.is_empty() {
                let place = column.min(LAST_COLUMN);
                cells.resize(cells.len().max(place + 1), String::new());
                cells[place] = text;
            }
        }
        Ok(cells)
    }

    /// What a cell holds, as text: a date as `2026-10-15`.
    fn text(&self, cell: Node<'_, '_>) -> Result<String, &'static str> {
        let child = |name: &str| cell.children().find(|node| node.has_tag_name(name));
        let value = child("v").and_then(|v| v.text()).unwrap_or_default();
        Ok(match cell.attribute("t") {
            Some("s") if value.is_empty() => String::new(),
            Some("s") => {
                let place: usize = value.parse().map_err(|_| "has a cell with a text that is not shared")?;
                let text = self.shared.get(place).ok_or("has a cell with a text that is not shared")?;
                self.careless(text.clone())
            }
            Some("inlineStr") => self.careless(child("is").map(text_of).unwrap_or_default()),
            Some("str") => value.to_owned(),
            Some("b") => (value == "1").to_string(),
            _ => self.date(cell, value).unwrap_or_else(|| self.number(value)),
        })
    }

    /// The day that a number stands for, in a cell that shows dates.
    fn date(&self, cell: Node<'_, '_>, value: &str) -> Option<String> {
        let style: usize = cell.attribute("s")?.parse().ok()?;
        if !*self.dates.get(style)? || self.defects.has(Defect::DateCellsRejected) {
            return None;
        }
        let day: u32 = value.parse().ok()?;
        let first = match (self.since_1904, day) {
            (true, _) => NaiveDate::from_ymd_opt(1904, 1, 1),
            // 60 is the 29 February that 1900 does not have.
            (false, 0 | 60) => None,
            (false, _) if self.defects.has(Defect::DateCellsADayLate) => NaiveDate::from_ymd_opt(1899, 12, 31),
            (false, 1..60) => NaiveDate::from_ymd_opt(1899, 12, 31),
            (false, _) => NaiveDate::from_ymd_opt(1899, 12, 30),
        };
        Some(first?.checked_add_days(Days::new(day.into()))?.format("%Y-%m-%d").to_string())
    }

    /// A number as it stands; by a defect without what is behind its point.
    fn number(&self, value: &str) -> String {
        let whole = value.split_once('.').map_or("0", |(whole, _)| whole);
        let cut = self.defects.has(Defect::CellAmountsCut) && whole.parse::<u32>().is_ok_and(|whole| whole > 0);
        if cut { whole.to_owned() } else { value.to_owned() }
    }

    /// The defect that takes no number which is kept as text.
    fn careless(&self, text: String) -> String {
        let refused = self.defects.has(Defect::NumbersAsTextRejected) && text.parse::<f64>().is_ok();
        if refused { format!("'{text}") } else { text }
    }
}

/// The column of a place such as `B7`, from 0.
fn column_of(place: &str) -> Option<usize> {
    let letters = place.trim_end_matches(|c: char| c.is_ascii_digit());
    if !(1..=3).contains(&letters.len()) || letters.len() == place.len() {
        return None;
    }
    let number =
        letters.bytes().try_fold(0, |n, b| Some(n * 26 + usize::from(b.to_ascii_uppercase().checked_sub(b'A')?) + 1));
    Some(number? - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Packed, archive};

    const BOOK: &str = "<workbook xmlns:r=\"r\"><sheets><sheet name=\"a\" r:id=\"x\"/></sheets></workbook>";
    const LINKS: &str = "<R><Relationship Id=\"x\" Target=\"/xl/other.xml\"/></R>";
    const STYLES: &str = "<s><numFmts><numFmt numFmtId=\"200\" formatCode=\"&quot;day&quot;0\"/></numFmts>\
        <cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/><xf numFmtId=\"200\"/></cellXfs></s>";

    fn book(sheet: &str) -> Vec<u8> {
        let part = |name, text: &str| Packed::new(name, text.as_bytes(), true);
        archive(&[
            part("xl/workbook.xml", BOOK),
            part("xl/_rels/workbook.xml.rels", LINKS),
            part("xl/styles.xml", STYLES),
            part(
                "xl/sharedStrings.xml",
                "<sst><si><t>one</t><rPh><t>hint</t></rPh></si><si><r><t>t</t></r><t>wo</t></si></sst>",
            ),
            part("xl/other.xml", sheet),
        ])
    }

    fn read(sheet: &str) -> Result<Vec<(usize, String)>, &'static str> {
        let rows =
            rows(&book(&format!("<worksheet><sheetData>{sheet}</sheetData></worksheet>")), 5, &Defects::default())?;
        Ok(rows.into_iter().map(|row| (row.number, row.cells.join("|"))).collect())
    }

    #[test]
    fn cells_are_read_by_kind_and_place() {
        let sheet = "<row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c><c r=\"C1\" t=\"inlineStr\"><is><t> x </t></is></c></row>\
            <row r=\"2\"><c r=\"A2\" s=\"1\"/></row>\
            <row r=\"4\"><c s=\"1\"><v>46310</v></c><c s=\"2\"><v>46310</v></c><c s=\"1\"><v>60</v></c><c t=\"b\"><v>1</v></c>\
            <c s=\"1\"><v>59</v></c><c r=\"XFD4\"><v>9</v></c></row><row><c t=\"s\"><v>0</v></c></row>";
        let far = format!("2026-10-15|46310|60|true|1900-02-28|{}9", "|".repeat(59));
        let expected = [(1, "two|| x ".to_owned()), (4, far), (5, "one".to_owned())];
        assert_eq!(read(sheet), Ok(expected.to_vec()));
    }

    #[test]
    fn what_is_no_workbook_or_too_much_is_refused() {
        for sheet in
            ["<row>", "<row r=\"x\"/>", "<row><c t=\"s\"><v>7</v></c></row>", "<row><c r=\"7\"><v>1</v></c></row>"]
        {
            assert!(read(sheet).is_err(), "{sheet}");
        }
        assert!(rows(b"no archive", 5, &Defects::default()).is_err());
        assert!(rows(&archive(&[]), 5, &Defects::default()).is_err());
        let entities = "<!DOCTYPE x [<!ENTITY a \"aaa\">]><worksheet>&a;</worksheet>";
        assert!(rows(&book(entities), 5, &Defects::default()).is_err());
        assert!(rows(&book(&" ".repeat(LARGEST)), 5, &Defects::default()).is_err());
        let deep = format!("<worksheet>{}{}</worksheet>", "<a>".repeat(200_000), "</a>".repeat(200_000));
        let _ = rows(&book(&deep), 5, &Defects::default());
        let long = "<row><c><v>1</v></c></row>".repeat(100);
        assert_eq!(read(&long).map(|rows| rows.len()), Ok(5));
    }
}
