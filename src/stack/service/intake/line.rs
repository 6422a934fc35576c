//! One line: what it may hold, and what it writes.

use chrono::NaiveDate;
use serde::Serialize;
use serde_json::{Map, Value};

use super::super::dataverse::Target;

/// The columns, in the order in which a line's faults are looked for.
pub(super) const COLUMNS: [&str; 5] = ["invoiceNumber", "customer", "amount", "currency", "dueDate"];

const LONGEST_CUSTOMER: usize = 100;
const HIGHEST_AMOUNT: f64 = 1_000_000.0;
const CURRENCIES: [&str; 3] = ["EUR", "USD", "GBP"];

/// How dates are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DateFormat {
    /// `2026-10-15`.
    Iso,
    /// `15.10.2026` too.
    Dmy,
}

/// Why a line was rejected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reason {
    Missing,
    Malformed,
    OutOfRange,
    UnknownValue,
    Duplicate,
}

/// What is wrong with a line: its first fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rejection {
    pub(super) column: &'static str,
    pub(super) reason: Reason,
}

/// A line that keeps all rules.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Invoice {
    /// Its number: the alternate key of its row.
    pub(super) number: String,
    customer: String,
    amount: f64,
    currency: &'static str,
    due: NaiveDate,
}

impl Invoice {
    /// Reads a line's fields, in the order of [`COLUMNS`].
    pub(super) fn read(fields: [&str; 5], dates: DateFormat) -> Result<Self, Rejection> {
        let mut values = COLUMNS.into_iter().zip(fields);
        let mut next = || values.next().expect("there are as many fields as columns");
        let number = check(next(), number)?;
        let customer = check(next(), customer)?;
        let amount = check(next(), amount)?;
        let currency = check(next(), currency)?;
        let due = check(next(), |text| date(text, dates))?;
        Ok(Self { number, customer, amount, currency, due })
    }

    /// What it writes where.
    pub(super) fn target(&self) -> Target {
        let mut columns = Map::new();
        let mut set = |name: &str, value: Value| columns.insert(name.to_owned(), value);
        set("new_number", self.number.as_str().into());
        set("new_customer", self.customer.as_str().into());
        set("new_amount", self.amount.into());
        set("new_currency", self.currency.into());
        set("new_duedate", self.due.format("%Y-%m-%d").to_string().into());
        Target { table: "new_invoices", key: format!("new_number='{}'", self.number), columns, has_step: false }
    }
}

fn check<T>(
    (column, text): (&'static str, &str),
    read: impl FnOnce(&str) -> Result<T, Reason>,
) -> Result<T, Rejection> {
    let value = if text.is_empty() { Err(Reason::Missing) } else { read(text) };
    value.map_err(|reason| Rejection { column, reason })
}

fn number(text: &str) -> Result<String, Reason> {
    let digits = text.strip_prefix("INV-").ok_or(Reason::Malformed)?;
    let hex = |b: u8| b.is_ascii_digit() || (b'A'..=b'F').contains(&b);
    if digits.len() == 12 && digits.bytes().all(hex) { Ok(text.to_owned()) } else { Err(Reason::Malformed) }
}

fn customer(text: &str) -> Result<String, Reason> {
    if text.chars().count() <= LONGEST_CUSTOMER { Ok(text.to_owned()) } else { Err(Reason::OutOfRange) }
}

/// A number as JSON writes it, with at most two decimals that count.
fn amount(text: &str) -> Result<f64, Reason> {
    let number: serde_json::Number = serde_json::from_str(text).map_err(|_| Reason::Malformed)?;
    let amount = number.as_f64().ok_or(Reason::Malformed)?;
    if amount <= 0.0 || amount > HIGHEST_AMOUNT {
        return Err(Reason::OutOfRange);
    }
    // The nearest amount with two decimals must be this very number.
    let cents = (amount * 100.0).round();
    #[expect(clippy::float_cmp, reason = "both are the double that is nearest to one decimal fraction")]
    let exact = cents / 100.0 == amount;
    if exact { Ok(amount) } else { Err(Reason::Malformed) }
}

fn currency(text: &str) -> Result<&'static str, Reason> {
    CURRENCIES.into_iter().find(|known| *known == text).ok_or(Reason::UnknownValue)
}

fn date(text: &str, dates: DateFormat) -> Result<NaiveDate, Reason> {
    let shape = |pattern: &str| {
        text.len() == pattern.len()
            && text.bytes().zip(pattern.bytes()).all(|(t, p)| if p == b'0' { t.is_ascii_digit() } else { t == p })
    };
    let format = match dates {
        _ if shape("0000-00-00") => "%Y-%m-%d",
        DateFormat::Dmy if shape("00.00.0000") => "%d.%m.%Y",
        DateFormat::Iso | DateFormat::Dmy => return Err(Reason::Malformed),
    };
    NaiveDate::parse_from_str(text, format).map_err(|_| Reason::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [&str; 5] = ["INV-0A1B2C3D4E5F", "Fabrikam", "99", "GBP", "2026-10-31"];

    fn with(column: usize, text: &str) -> Result<Invoice, Rejection> {
        let mut fields = GOOD;
        fields[column] = text;
        Invoice::read(fields, DateFormat::Iso)
    }

    #[test]
    fn limits_are_kept_to_the_edge() {
        for (column, text) in
            [(2, "0.01"), (2, "1000000"), (2, "1000000.0"), (2, "0.29"), (2, "1e3"), (4, "2028-02-29"), (1, " ")]
        {
            with(column, text).unwrap_or_else(|r| panic!("{text}: {r:?}"));
        }
        with(1, &"ä".repeat(100)).expect("100 characters");
        for (column, text, reason) in [
            (0, "", Reason::Missing),
            (0, "INV-0a1B2C3D4E5F", Reason::Malformed),
            (0, "INV-0A1B2C3D4E5F0", Reason::Malformed),
            (2, "0", Reason::OutOfRange),
            (2, "-1", Reason::OutOfRange),
            (2, "1000000.01", Reason::OutOfRange),
            (2, "0.001", Reason::Malformed),
            (2, "1,5", Reason::Malformed),
            (2, "NaN", Reason::Malformed),
            (3, "eur", Reason::UnknownValue),
            (4, "2026-02-29", Reason::Malformed),
            (4, "15.10.2026", Reason::Malformed),
            (4, "2026-1-01", Reason::Malformed),
        ] {
            assert_eq!(with(column, text), Err(Rejection { column: COLUMNS[column], reason }), "{text}");
        }
        assert_eq!(with(1, &"x".repeat(101)).map_err(|r| r.reason), Err(Reason::OutOfRange));
    }

    #[test]
    fn both_ways_to_write_a_date_mean_the_same() {
        let mut fields = GOOD;
        let iso = Invoice::read(fields, DateFormat::Dmy).expect("valid");
        fields[4] = "31.10.2026";
        assert_eq!(Invoice::read(fields, DateFormat::Dmy), Ok(iso));
    }
}
