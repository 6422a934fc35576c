//! A table as the text of its file: the other way round of reading one.

use std::fmt::Write as _;

use super::cell::Cell;
use super::column::{Column, ColumnKind, Options};
use super::draft::{Draft, ManyDraft};
use super::load::TABLE_FORMAT;
use super::lookups::TargetDraft;

/// Ranges that files need not name.
const RANGE: f64 = 100_000_000_000.0;

/// The text of a table's file; `source` is told in its first line.
pub(super) fn describe(draft: &Draft<'_>, source: &str) -> String {
    let table = &draft.table;
    let mut text = format!(
        "# From {source}. The document tells types, keys and relationships; ranges, choices\n\
         # and rules only where it has them: the rest is what the platform allows at most.\n"
    );
    put(&mut text, "format", TABLE_FORMAT);
    for (name, value) in [
        ("logical_name", &table.logical),
        ("collection", &table.collection),
        ("primary_id", &table.primary_id),
        ("primary_name", &table.primary_name),
    ] {
        put(&mut text, name, &scalar(value));
    }
    if !table.traits.user_owned {
        put(&mut text, "ownership", "organization");
    }
    text.push_str(if table.columns.is_empty() { "columns: {}\n" } else { "columns:\n" });
    for (position, column) in table.columns.iter().enumerate() {
        let targets = draft.lookups.iter().find(|lookup| lookup.column == position);
        let targets = targets.map(|lookup| lookup.targets.as_slice()).unwrap_or_default();
        line(&mut text, 1, &format!("{}: {{ {} }}", scalar(&column.name), members(column, targets)));
    }
    if !table.keys.is_empty() {
        text.push_str("alternate_keys:\n");
    }
    for key in &table.keys {
        let columns: Vec<String> = key.columns.iter().map(|column| scalar(&table.columns[*column].name)).collect();
        line(&mut text, 1, &format!("{}: [{}]", scalar(&key.name), columns.join(", ")));
    }
    if !draft.many.is_empty() {
        text.push_str("many_to_many:\n");
    }
    for many in &draft.many {
        line(&mut text, 1, &format!("{}: {{ {} }}", scalar(&many.name), linked(many)));
    }
    if !draft.left_out.is_empty() {
        text.push_str("\n# Left out, since there is no such column here, or it leads to tables that are not:\n");
    }
    for left in &draft.left_out {
        line(&mut text, 0, &format!("#   {}", left.replace(['\n', '\r'], " ")));
    }
    text
}

/// What stands behind a column's name.
fn members(column: &Column, targets: &[TargetDraft]) -> String {
    let mut parts = vec![format!("type: {}", kind(&column.kind))];
    match &column.kind {
        ColumnKind::Text { max_length, .. } => parts.push(format!("max_length: {max_length}")),
        ColumnKind::Integer { minimum, maximum } => {
            parts.extend((*minimum != i64::from(i32::MIN)).then(|| format!("minimum: {minimum}")));
            parts.extend((*maximum != i64::from(i32::MAX)).then(|| format!("maximum: {maximum}")));
        }
        ColumnKind::Decimal { minimum, maximum, precision }
        | ColumnKind::Money { minimum, maximum, precision }
        | ColumnKind::Double { minimum, maximum, precision } => {
            parts.extend((minimum.total_cmp(&-RANGE).is_ne()).then(|| format!("minimum: {minimum}")));
            parts.extend((maximum.total_cmp(&RANGE).is_ne()).then(|| format!("maximum: {maximum}")));
            parts.push(format!("precision: {precision}"));
        }
        ColumnKind::Picklist(options) | ColumnKind::Choices(options) | ColumnKind::State(options) => {
            parts.push(format!("options: {{ {} }}", labels(options)));
        }
        ColumnKind::Status { options, states } => {
            let reason = |(number, label): (&i64, &String)| {
                let state = states.get(number).copied().unwrap_or_default();
                format!("{number}: {{ label: {}, state: {state} }}", quoted(label))
            };
            let reasons: Vec<String> = options.iter().map(reason).collect();
            parts.push(format!("options: {{ {} }}", reasons.join(", ")));
        }
        ColumnKind::File { max_kilobytes } | ColumnKind::Image { max_kilobytes } => {
            parts.push(format!("max_kilobytes: {max_kilobytes}"));
        }
        ColumnKind::Lookup(_) => {
            let targets: Vec<String> = targets.iter().map(target).collect();
            parts.push(format!("targets: {{ {} }}", targets.join(", ")));
        }
        ColumnKind::BigInt | ColumnKind::Boolean | ColumnKind::Date | ColumnKind::DateTime | ColumnKind::Guid => {}
    }
    parts.extend(column.required.then(|| "required: true".to_owned()));
    parts.extend(column.read_only.then(|| "read_only: true".to_owned()));
    if column.default != Cell::Null && !matches!(column.kind, ColumnKind::State(_) | ColumnKind::Status { .. }) {
        // A value in JSON is one in YAML.
        parts.push(format!("default: {}", column.default.to_json()));
    }
    parts.join(", ")
}

fn kind(kind: &ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Text { memo: false, .. } => "string",
        ColumnKind::Text { memo: true, .. } => "memo",
        ColumnKind::Integer { .. } => "integer",
        ColumnKind::BigInt => "bigint",
        ColumnKind::Decimal { .. } => "decimal",
        ColumnKind::Money { .. } => "money",
        ColumnKind::Double { .. } => "double",
        ColumnKind::Boolean => "boolean",
        ColumnKind::Picklist(_) => "choice",
        ColumnKind::Choices(_) => "choices",
        ColumnKind::State(_) => "state",
        ColumnKind::Status { .. } => "status",
        ColumnKind::Date => "date",
        ColumnKind::DateTime => "datetime",
        ColumnKind::Guid => "uniqueidentifier",
        ColumnKind::Lookup(_) => "lookup",
        ColumnKind::File { .. } => "file",
        ColumnKind::Image { .. } => "image",
    }
}

fn labels(options: &Options) -> String {
    let each: Vec<String> = options.iter().map(|(number, label)| format!("{number}: {}", quoted(label))).collect();
    each.join(", ")
}

fn target(target: &TargetDraft) -> String {
    let named = [
        ("navigation", &target.navigation),
        ("collection", &target.collection),
        ("relationship", &target.relationship),
    ];
    let named = named.iter().filter_map(|(key, name)| name.as_ref().map(|name| format!("{key}: {}", scalar(name))));
    let named: Vec<String> = named.collect();
    format!("{}: {{ {} }}", scalar(&target.logical), named.join(", "))
}

fn linked(many: &ManyDraft) -> String {
    let named = [
        ("navigation", &many.navigation),
        ("other_navigation", &many.other_navigation),
        ("intersect", &many.intersect),
    ];
    let named = named.iter().filter_map(|(key, name)| name.as_ref().map(|name| format!("{key}: {}", scalar(name))));
    std::iter::once(format!("table: {}", scalar(&many.other))).chain(named).collect::<Vec<_>>().join(", ")
}

fn put(text: &mut String, name: &str, value: &str) {
    line(text, 0, &format!("{name}: {value}"));
}

fn line(text: &mut String, depth: usize, content: &str) {
    // Writing to a String does not fail.
    let _ = writeln!(text, "{:1$}{content}", "", depth * 2);
}

/// Words that YAML reads as something else than text.
const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

/// A text, in quotes where it needs them.
fn scalar(text: &str) -> String {
    let word = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if word { text.to_owned() } else { quoted(text) }
}

/// A text in quotes: what JSON writes is read by YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_yaml_would_read_otherwise_are_quoted() {
        for (text, written) in
            [("name", "name"), ("_x", "_x"), ("no", "\"no\""), ("1st", "\"1st\""), ("a: b", "\"a: b\""), ("", "\"\"")]
        {
            assert_eq!(scalar(text), written);
        }
    }
}
