//! The parts of a workbook as text.

use std::fmt::Write;

use super::cell::Cell;
use super::layout::Layout;
use crate::wire::{Packed, archive};

const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const LINKS: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const PACKAGE: &str = "http://schemas.openxmlformats.org/package/2006";
const KIND: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml";
const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// Style 0 is plain; 1 and 2 are dates; 3 is bold.
const STYLES: &str = "<numFmts count=\"1\"><numFmt numFmtId=\"164\" formatCode=\"dd/mm/yyyy\"/></numFmts>\
    <fonts count=\"2\"><font><sz val=\"11\"/><name val=\"Calibri\"/></font>\
    <font><b/><sz val=\"11\"/><name val=\"Calibri\"/></font></fonts>\
    <fills count=\"2\"><fill><patternFill patternType=\"none\"/></fill>\
    <fill><patternFill patternType=\"gray125\"/></fill></fills>\
    <borders count=\"1\"><border><left/><right/><top/><bottom/><diagonal/></border></borders>\
    <cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\"/></cellStyleXfs>\
    <cellXfs count=\"4\"><xf numFmtId=\"0\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\"/>\
    <xf numFmtId=\"14\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
    <xf numFmtId=\"164\" fontId=\"0\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyNumberFormat=\"1\"/>\
    <xf numFmtId=\"0\" fontId=\"1\" fillId=\"0\" borderId=\"0\" xfId=\"0\" applyFont=\"1\"/></cellXfs>\
    <cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" builtinId=\"0\"/></cellStyles>";

/// The rows of a sheet, while they are written.
#[derive(Debug)]
pub(super) struct Sheet {
    text: String,
    rows: usize,
}

impl Sheet {
    /// One without rows.
    pub(super) fn begun() -> Self {
        Self { text: String::new(), rows: 0 }
    }

    /// The next row; one without cells is left out, and counts.
    pub(super) fn row(&mut self, cells: &[Cell]) {
        self.rows += 1;
        if cells.iter().all(|cell| *cell == Cell::Absent) {
            return;
        }
        let number = self.rows;
        self.push(format_args!("<row r=\"{number}\">"));
        for (column, cell) in cells.iter().enumerate() {
            let at = format!("{}{number}", letters(column));
            match cell {
                Cell::Absent => {}
                Cell::Styled => self.push(format_args!("<c r=\"{at}\" s=\"3\"/>")),
                Cell::Number(text) => self.push(format_args!("<c r=\"{at}\"><v>{text}</v></c>")),
                Cell::Text(text) => {
                    self.push(format_args!("<c r=\"{at}\" t=\"inlineStr\"><is>{}</is></c>", kept(text)));
                }
                Cell::Shared(place) => self.push(format_args!("<c r=\"{at}\" t=\"s\"><v>{place}</v></c>")),
                Cell::Day(day, style) => self.push(format_args!("<c r=\"{at}\" s=\"{style}\"><v>{day}</v></c>")),
                Cell::Truth(truth) => {
                    self.push(format_args!("<c r=\"{at}\" t=\"b\"><v>{}</v></c>", u8::from(*truth)));
                }
            }
        }
        self.text.push_str("</row>");
    }

    fn push(&mut self, text: std::fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("memory takes what is written");
    }
}

/// The name of a column: A, B, … Z, AA.
fn letters(column: usize) -> String {
    let last = char::from(b'A' + (column % 26) as u8);
    if column < 26 { last.to_string() } else { format!("{}{last}", letters(column / 26 - 1)) }
}

/// A text with its white space.
fn kept(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    out.push_str("<t xml:space=\"preserve\">");
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // A reader of XML makes a line feed of a bare one.
            '\r' => out.push_str("&#13;"),
            c => out.push(c),
        }
    }
    out.push_str("</t>");
    out
}

/// The whole workbook.
pub(super) fn workbook(sheet: &Sheet, layout: &Layout) -> Vec<u8> {
    // The first sheet of the book need not be the first file.
    let (first, second) = if layout.second { ("2", Some("1")) } else { ("1", None) };
    let mut parts = vec![
        ("[Content_Types].xml".to_owned(), types(layout)),
        ("_rels/.rels".to_owned(), links(&[("rId1", "officeDocument", "xl/workbook.xml".to_owned())])),
        ("xl/workbook.xml".to_owned(), book(layout)),
        ("xl/_rels/workbook.xml.rels".to_owned(), links(&targets(layout))),
        (format!("xl/worksheets/sheet{first}.xml"), rows(&sheet.text)),
    ];
    if let Some(file) = second {
        let other = "<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>notes</t></is></c></row>\
            <row r=\"2\"><c r=\"A2\"><v>1</v></c></row>";
        parts.push((format!("xl/worksheets/sheet{file}.xml"), rows(other)));
    }
    parts.push(("xl/styles.xml".to_owned(), format!("{XML}<styleSheet xmlns=\"{MAIN}\">{STYLES}</styleSheet>")));
    if !layout.shared.is_empty() {
        parts.push(("xl/sharedStrings.xml".to_owned(), shared(&layout.shared)));
    }
    let packed: Vec<Packed> =
        parts.iter().map(|(name, text)| Packed::new(name, text.as_bytes(), layout.deflated)).collect();
    archive(&packed)
}

fn rows(text: &str) -> String {
    format!("{XML}<worksheet xmlns=\"{MAIN}\"><sheetData>{text}</sheetData></worksheet>")
}

fn shared(texts: &[String]) -> String {
    let count = texts.len();
    let mut out = format!("{XML}<sst xmlns=\"{MAIN}\" count=\"{count}\" uniqueCount=\"{count}\">");
    for text in texts {
        write!(out, "<si>{}</si>", kept(text)).expect("memory takes what is written");
    }
    out + "</sst>"
}

fn book(layout: &Layout) -> String {
    let days = if layout.since_1904 { "<workbookPr date1904=\"1\"/>" } else { "<workbookPr/>" };
    let second = if layout.second { "<sheet name=\"Notes\" sheetId=\"1\" r:id=\"rId2\"/>" } else { "" };
    format!(
        "{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"{LINKS}\">{days}<sheets>\
         <sheet name=\"Rows\" sheetId=\"2\" r:id=\"rId1\"/>{second}</sheets></workbook>"
    )
}

fn targets(layout: &Layout) -> Vec<(&'static str, &'static str, String)> {
    let file = |n: u8| format!("worksheets/sheet{n}.xml");
    let mut targets = vec![("rId1", "worksheet", file(if layout.second { 2 } else { 1 }))];
    if layout.second {
        targets.push(("rId2", "worksheet", file(1)));
    }
    targets.push(("rId3", "styles", "styles.xml".to_owned()));
    if !layout.shared.is_empty() {
        targets.push(("rId4", "sharedStrings", "sharedStrings.xml".to_owned()));
    }
    targets
}

fn links(targets: &[(&str, &str, String)]) -> String {
    let link = |(id, kind, target): &(&str, &str, String)| {
        format!("<Relationship Id=\"{id}\" Type=\"{LINKS}/{kind}\" Target=\"{target}\"/>")
    };
    let all: String = targets.iter().map(link).collect();
    format!("{XML}<Relationships xmlns=\"{PACKAGE}/relationships\">{all}</Relationships>")
}

fn types(layout: &Layout) -> String {
    let mut out = format!(
        "{XML}<Types xmlns=\"{PACKAGE}/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>"
    );
    let mut part = |name: &str, kind: &str| {
        write!(out, "<Override PartName=\"/xl/{name}\" ContentType=\"{KIND}.{kind}+xml\"/>")
            .expect("memory takes what is written");
    };
    part("workbook.xml", "sheet.main");
    part("worksheets/sheet1.xml", "worksheet");
    if layout.second {
        part("worksheets/sheet2.xml", "worksheet");
    }
    part("styles.xml", "styles");
    if !layout.shared.is_empty() {
        part("sharedStrings.xml", "sharedStrings");
    }
    out + "</Types>"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_counted_in_letters() {
        assert_eq!([0, 25, 26, 701, 702].map(letters), ["A", "Z", "AA", "ZZ", "AAA"]);
    }
}
