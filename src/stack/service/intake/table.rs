//! The whole file: everything that is wrong with it as such, before anything
//! is written.

use std::collections::HashSet;

use csv::StringRecord;

use super::super::defect::{Defect, Defects};
use super::super::problem::{FailureType, Fault, Problem};
use super::super::route::Contract;
use super::line::{COLUMNS, DateFormat, Invoice, Reason, Rejection};
use super::workbook;

const MOST_LINES: usize = 1000;

/// How the caller wants the file read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reading {
    /// What separates the columns.
    pub(super) delimiter: u8,
    /// How dates are written.
    pub(super) dates: DateFormat,
    /// Whether it is a workbook.
    pub(super) workbook: bool,
}

impl Reading {
    /// From the query; parameters that nobody knows are passed over.
    pub(super) fn read(contract: Contract, query: &str, workbook: bool) -> Result<Self, Problem> {
        let mut reading = Self { delimiter: b',', dates: DateFormat::Iso, workbook };
        let mut faults = Vec::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            match (name.as_ref(), value.as_ref()) {
                ("delimiter", "comma") => reading.delimiter = b',',
                ("delimiter", "semicolon") => reading.delimiter = b';',
                ("delimiter", _) => faults.push(Fault::new("/delimiter", "must be comma or semicolon")),
                ("dateFormat", value) if contract == Contract::TabularIntakeV2 => match value {
                    "iso" => reading.dates = DateFormat::Iso,
                    "dmy" => reading.dates = DateFormat::Dmy,
                    _ => faults.push(Fault::new("/dateFormat", "must be iso or dmy")),
                },
                _ => {}
            }
        }
        if faults.is_empty() { Ok(reading) } else { Err(Problem::invalid(faults)) }
    }
}

/// One line below the header.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    /// Its number; the header is line 1. In a text, a line that a quoted field
    /// breaks counts once; in a workbook it is the number of the row.
    pub(super) number: usize,
    /// What it holds, or why it is rejected.
    pub(super) content: Result<Invoice, Rejection>,
}

/// Reads the file, or refuses it with all faults that it has as such.
pub(super) fn read(body: &[u8], reading: Reading, defects: &Defects) -> Result<Vec<Line>, Problem> {
    let records = if reading.workbook { sheet(body, defects)? } else { text(body, reading)? };
    let Some(((_, header), records)) = records.split_first() else { return Err(refuse("has no line")) };
    let places = places(header)?;
    if records.len() > MOST_LINES {
        return Err(Problem::new(FailureType::TooManyItems, format!("A file has at most {MOST_LINES} lines")));
    }
    let mut known = HashSet::new();
    let mut lines = Vec::new();
    for (number, record) in records {
        let content = line(record, places, reading.dates).and_then(|invoice| {
            let column = COLUMNS[0];
            let first = known.insert(invoice.number.clone());
            if first { Ok(invoice) } else { Err(Rejection { column, reason: Reason::Duplicate }) }
        });
        lines.push(Line { number: *number, content });
    }
    if lines.is_empty() { Err(refuse("has no line below the header")) } else { Ok(lines) }
}

fn refuse(detail: &str) -> Problem {
    Problem::invalid(vec![Fault::new("", detail)])
}

/// Lines with their numbers, the header first, and no more than show that
/// there are too many.
type Records = Vec<(usize, StringRecord)>;

/// The lines of a text; blank ones are passed over, and not counted.
fn text(body: &[u8], reading: Reading) -> Result<Records, Problem> {
    // Spreadsheet programs lead UTF-8 with a mark.
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let text = std::str::from_utf8(body).map_err(|_| refuse("is no UTF-8 text"))?;
    let mut reader = csv::ReaderBuilder::new().delimiter(reading.delimiter).flexible(true).from_reader(text.as_bytes());
    let header = reader.headers().map_err(|_| refuse("can't be read as CSV"))?.clone();
    let mut records = vec![(1, header)];
    for (n, record) in reader.records().take(MOST_LINES + 1).enumerate() {
        records.push((n + 2, record.map_err(|_| refuse("can't be read as CSV"))?));
    }
    Ok(records)
}

/// The rows of the first sheet; blank ones are passed over, and counted.
fn sheet(body: &[u8], defects: &Defects) -> Result<Records, Problem> {
    let rows = workbook::rows(body, MOST_LINES + 2, defects).map_err(|why| {
        let careless = defects.has(Defect::BrokenWorkbookAs500);
        if careless { Problem::new(FailureType::Internal, "BadZipFile: File is not a zip file") } else { refuse(why) }
    })?;
    if rows.first().is_some_and(|first| first.number != 1) {
        return Err(refuse("has no header in its first row"));
    }
    Ok(rows.into_iter().map(|row| (row.number, row.cells.iter().collect())).collect())
}

/// Where each column stands.
fn places(header: &StringRecord) -> Result<[usize; 5], Problem> {
    let mut faults = Vec::new();
    let mut places = [0; 5];
    for (n, column) in COLUMNS.into_iter().enumerate() {
        let mut found = header.iter().enumerate().filter(|(_, name)| *name == column).map(|(place, _)| place);
        match (found.next(), found.next()) {
            (Some(place), None) => places[n] = place,
            (Some(_), Some(_)) => faults.push(Fault::new("", format!("has the column {column} twice"))),
            (None, _) => faults.push(Fault::new("", format!("lacks the column {column}"))),
        }
    }
    if header.iter().any(|name| !COLUMNS.contains(&name)) {
        faults.push(Fault::new("", format!("has a column that is none of {}", COLUMNS.join(", "))));
    }
    if faults.is_empty() { Ok(places) } else { Err(Problem::invalid(faults)) }
}

fn line(record: &StringRecord, places: [usize; 5], dates: DateFormat) -> Result<Invoice, Rejection> {
    let fields = places.map(|place| record.get(place).unwrap_or_default());
    let invoice = Invoice::read(fields, dates)?;
    if record.len() > places.len() {
        // A field too many: which one can't be told, so the last is named.
        return Err(Rejection { column: COLUMNS[4], reason: Reason::Malformed });
    }
    Ok(invoice)
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMMA: Reading = Reading { delimiter: b',', dates: DateFormat::Iso, workbook: false };
    const HEADER: &str = "invoiceNumber,customer,amount,currency,dueDate\n";

    fn read(body: &[u8], reading: Reading) -> Result<Vec<Line>, Problem> {
        super::read(body, reading, &Defects::default())
    }

    fn lines(text: &str) -> Vec<Result<String, (&'static str, Reason)>> {
        let lines = read(text.as_bytes(), COMMA).expect("a file");
        lines.into_iter().map(|l| l.content.map(|i| i.number).map_err(|r| (r.column, r.reason))).collect()
    }

    #[test]
    fn each_line_is_taken_or_rejected_by_itself() {
        let text = format!(
            "\u{feff}{HEADER}INV-000000000001,\"Smith, Jones\n& Co\",1.5,EUR,2026-01-31\n\
             INV-000000000001,x,1,EUR,2026-01-31\nINV-000000000002,x\nINV-000000000003,x,1,EUR,2026-01-31,y\n"
        );
        let expected = [
            Ok("INV-000000000001".to_owned()),
            Err(("invoiceNumber", Reason::Duplicate)),
            Err(("amount", Reason::Missing)),
            Err(("dueDate", Reason::Malformed)),
        ];
        assert_eq!(lines(&text), expected);
    }

    #[test]
    fn a_file_with_faults_is_refused_as_such() {
        let too_many = format!("{HEADER}{}", "a,b,c,d,e\n".repeat(1001));
        assert_eq!(read(too_many.as_bytes(), COMMA).map_err(|p| p.failure), Err(FailureType::TooManyItems));
        for bad in [b"".as_slice(), HEADER.as_bytes(), b"invoiceNumber,customer\na,b\n", b"\xff\xfe"] {
            assert_eq!(read(bad, COMMA).map_err(|p| p.failure), Err(FailureType::ValidationError), "{bad:?}");
        }
        let unknown = format!("note,{HEADER}x,a,b,c,d,e\n");
        assert_eq!(read(unknown.as_bytes(), COMMA).map_err(|p| p.errors.len()), Err(1));
    }

    #[test]
    fn the_order_of_the_columns_and_the_delimiter_are_the_callers() {
        let text = "dueDate;amount;currency;customer;invoiceNumber\n2026-01-31;1;EUR;x;INV-0000000000FF\n";
        let reading =
            Reading::read(Contract::TabularIntakeV1, "delimiter=semicolon&dateFormat=odd", false).expect("valid");
        assert!(read(text.as_bytes(), reading).expect("a file")[0].content.is_ok());
        Reading::read(Contract::TabularIntakeV2, "dateFormat=odd", false).expect_err("v2 knows the parameter");
        Reading::read(Contract::TabularIntakeV1, "delimiter=tab", false).expect_err("no such delimiter");
    }
}
