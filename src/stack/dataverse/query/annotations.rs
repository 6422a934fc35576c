//! Which annotations were preferred, and formatted values.

use chrono::{DateTime, Utc};

use super::super::schema::{Cell, Column, ColumnKind};
use super::view::View;
use crate::clock::Timestamp;

/// Which annotations a request prefers
/// (`Prefer: odata.include-annotations="…"`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Annotations {
    pub(super) formatted: bool,
    pub(super) lookup_name: bool,
    pub(super) navigation: bool,
    pub(super) total: bool,
    pub(super) total_exceeded: bool,
    pub(super) metadata_version: bool,
    pub(super) fetch_cookie: bool,
    pub(super) more_records: bool,
}

impl Annotations {
    pub(super) fn preferred(patterns: Option<&str>) -> Self {
        let Some(patterns) = patterns else { return Self::default() };
        let wants = |name: &str| {
            let met = |pattern: &str| match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == pattern,
            };
            let parts = || patterns.split(',').map(str::trim);
            // What is named with a minus is left out.
            !parts().filter_map(|p| p.strip_prefix('-')).any(met) && parts().any(met)
        };
        let crm = |name: &str| wants(&format!("Microsoft.Dynamics.CRM.{name}"));
        Self {
            formatted: wants("OData.Community.Display.V1.FormattedValue"),
            lookup_name: crm("lookuplogicalname"),
            navigation: crm("associatednavigationproperty"),
            total: crm("totalrecordcount"),
            total_exceeded: crm("totalrecordcountlimitexceeded"),
            metadata_version: crm("globalmetadataversion"),
            fetch_cookie: crm("fetchxmlpagingcookie"),
            more_records: crm("morerecords"),
        }
    }
}

/// A cell as people read it (English, United States); `None` where it is not
/// formatted.
pub(super) fn formatted(view: View<'_>, column: &Column, cell: &Cell) -> Option<String> {
    match (&column.kind, cell) {
        (ColumnKind::Choices(options), Cell::Text(text)) => {
            let labels: Vec<&str> =
                text.split(',').filter_map(|n| options.get(&n.trim().parse().ok()?)).map(String::as_str).collect();
            Some(labels.join("; "))
        }
        (kind, Cell::Number(number)) if kind.options().is_some() => kind.options()?.get(&number.as_i64()?).cloned(),
        (ColumnKind::Boolean, Cell::Bool(value)) => Some(column.word(*value).to_owned()),
        (ColumnKind::Integer { .. } | ColumnKind::BigInt, Cell::Number(number)) => Some(grouped(&number.to_string())),
        (ColumnKind::Money { precision, .. }, Cell::Number(number)) => {
            let text = grouped(&format!("{:.*}", *precision as usize, number.as_f64()?));
            Some(match text.strip_prefix('-') {
                Some(amount) => format!("-${amount}"),
                None => format!("${text}"),
            })
        }
        (ColumnKind::Decimal { precision, .. } | ColumnKind::Double { precision, .. }, Cell::Number(number)) => {
            Some(grouped(&format!("{:.*}", *precision as usize, number.as_f64()?)))
        }
        (ColumnKind::Date, Cell::Text(text)) => Some(Timestamp::parse(text)?.utc().format("%-m/%-d/%Y").to_string()),
        (ColumnKind::DateTime, Cell::Text(text)) => Some(instant(Timestamp::parse(text)?.utc())),
        (ColumnKind::Lookup(_), Cell::Row(table, id)) => {
            let rows = view.rows(usize::from(*table));
            let name = rows.table.column(&rows.table.primary_name)?;
            match &rows.get(id)?.cells[name] {
                Cell::Text(text) => Some(text.to_string()),
                _ => None,
            }
        }
        _ => None,
    }
}

pub(super) fn instant(at: DateTime<Utc>) -> String {
    at.format("%-m/%-d/%Y %-I:%M %p").to_string()
}

/// With a comma between thousands.
pub(super) fn grouped(number: &str) -> String {
    let (sign, digits) = number.split_at(usize::from(number.starts_with('-')));
    let (whole, decimals) = digits.split_once('.').map_or((digits, None), |(w, d)| (w, Some(d)));
    let mut out = sign.to_owned();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(decimals) = decimals {
        out.push('.');
        out.push_str(decimals);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_choose_annotations() {
        let all = Annotations::preferred(Some("*"));
        assert!(all.formatted && all.navigation && all.metadata_version);
        let odata = Annotations::preferred(Some("OData.*"));
        assert_eq!(odata, Annotations { formatted: true, ..Annotations::default() });
        let but = Annotations::preferred(Some("*,-Microsoft.*"));
        assert_eq!(but, odata);
        let two = Annotations::preferred(Some(
            "Microsoft.Dynamics.CRM.lookuplogicalname, OData.Community.Display.V1.FormattedValue",
        ));
        assert!(two.lookup_name && two.formatted && !two.navigation);
        assert_eq!(Annotations::preferred(None), Annotations::default());
    }

    #[test]
    fn numbers_have_commas() {
        for (number, text) in [("0", "0"), ("1234", "1,234"), ("-1234567.50", "-1,234,567.50"), ("999", "999")] {
            assert_eq!(grouped(number), text);
        }
    }
}
