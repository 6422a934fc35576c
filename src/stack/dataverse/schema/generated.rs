//! Where the values of generated rows come from.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Number, Value as Json};
use uuid::Uuid;

use super::cell::Cell;
use super::column::ColumnKind;
use super::fields::{flag, number};
use super::pattern::Pattern;
use super::seed::{Ids, constant, of_text};
use super::table::Table;
use crate::clock::Timestamp;
use crate::diagnose::{Diagnostic, Diagnostics, Fields, Node};

/// The values of one column, row by row, always the same.
#[derive(Debug)]
pub(super) struct Source {
    way: Way,
    /// The share of rows that hold nothing.
    absent: f64,
    random: ChaCha8Rng,
}

#[derive(Debug)]
enum Way {
    /// The same in each row.
    Same(Cell),
    /// The parts of a text between which the row's number stands.
    Text(Vec<String>),
    Whole(i64, i64),
    Fraction(f64, f64),
    /// Days or instants, in seconds since 1970.
    Time(i64, i64),
    Choice(Vec<Cell>),
    Pattern(Pattern),
    /// Rows of a table, drawn or in turn.
    Rows {
        table: u16,
        in_turn: bool,
    },
}

impl Source {
    /// Reads what a file says of a column: a value as in `rows`, in which `{n}`
    /// stands for the row's number, or one of `range`, `choice`, `pattern` and
    /// `row_of`.
    pub(super) fn read(
        (table, position): (&Table, usize),
        node: &Node,
        (ids, random): (&Ids, Uuid),
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let random = ChaCha8Rng::from_seed(seed(random));
        let column = (table, position);
        let drawn = node.as_mapping().is_some_and(|entries| entries.iter().any(|(key, _)| is_way(&key.key_text())));
        if !drawn {
            let way = plain(column, node, ids).map_err(|fault| Diagnostic::error(node.place.clone(), fault));
            return way.map_err(|fault| diagnostics.push(fault)).ok().map(|way| Self { way, absent: 0.0, random });
        }
        let mut fields = Fields::of(node, diagnostics);
        let absent = number(&mut fields, "absent").unwrap_or(0.0);
        let way = read_way(column, &mut fields, ids);
        let place = fields.place();
        fields.finish();
        match way {
            Ok(way) => Some(Self { way, absent, random }),
            Err(fault) => {
                diagnostics.push(Diagnostic::error(place, fault));
                None
            }
        }
    }

    /// The cell of row `n`. Rows are asked for in order.
    pub(super) fn cell(&mut self, column: (&Table, usize), n: u64, ids: &Ids) -> Result<Cell, String> {
        if self.absent > 0.0 && self.random.random_bool(self.absent.clamp(0.0, 1.0)) {
            return Ok(Cell::Null);
        }
        let (table, position) = column;
        let random = &mut self.random;
        let json = match &self.way {
            Way::Same(cell) => return Ok(cell.clone()),
            Way::Choice(cells) => return Ok(cells[random.random_range(0..cells.len())].clone()),
            Way::Text(parts) => return of_text(table, position, parts.join(&n.to_string())),
            Way::Pattern(pattern) => return of_text(table, position, pattern.draw(random)),
            Way::Rows { table, in_turn } => {
                let rows = ids.of(*table);
                let index = if *in_turn {
                    (n - 1) as usize % rows.len().max(1)
                } else {
                    random.random_range(0..rows.len().max(1))
                };
                return rows
                    .get(index)
                    .map(|id| Cell::Row(*table, *id))
                    .ok_or_else(|| "there are no rows to name".into());
            }
            Way::Whole(from, to) => Json::from(random.random_range(*from..=*to)),
            Way::Fraction(from, to) => {
                Number::from_f64(random.random_range(*from..=*to)).map_or(Json::Null, Json::Number)
            }
            Way::Time(from, to) => {
                let instant = chrono::DateTime::from_timestamp(random.random_range(*from..=*to), 0).unwrap_or_default();
                let day = matches!(table.columns[position].kind, ColumnKind::Date);
                Json::String(instant.format(if day { "%Y-%m-%d" } else { "%Y-%m-%dT%H:%M:%SZ" }).to_string())
            }
        };
        super::value::cell(table, &table.columns[position], &json).map_err(|refusal| refusal.message)
    }
}

fn seed(random: Uuid) -> [u8; 32] {
    let mut seed = [0; 32];
    seed[..16].copy_from_slice(random.as_bytes());
    seed
}

const WAYS: [&str; 4] = ["range", "choice", "pattern", "row_of"];

fn is_way(key: &str) -> bool {
    WAYS.contains(&key)
}

fn plain(column: (&Table, usize), node: &Node, ids: &Ids) -> Result<Way, String> {
    match node.as_str() {
        Some(text) if text.contains("{n}") => Ok(Way::Text(text.split("{n}").map(str::to_owned).collect())),
        _ => constant(column.0, column.1, node, ids).map(Way::Same),
    }
}

fn read_way(column: (&Table, usize), fields: &mut Fields<'_, '_>, ids: &Ids) -> Result<Way, String> {
    let found = WAYS.map(|way| fields.optional(way));
    let in_turn = flag(fields, "in_turn", false);
    match found {
        [Some(node), None, None, None] => range(column, node),
        [None, Some(node), None, None] => {
            let cells = node.as_sequence().unwrap_or_default().iter();
            let cells: Result<Vec<Cell>, String> = cells.map(|node| constant(column.0, column.1, node, ids)).collect();
            match cells? {
                cells if cells.is_empty() => Err("`choice` is a list of values".into()),
                cells => Ok(Way::Choice(cells)),
            }
        }
        [None, None, Some(node), None] => {
            let text = node.as_str().ok_or("`pattern` is a regular expression")?;
            Pattern::parse(text).map(Way::Pattern)
        }
        [None, None, None, Some(node)] => {
            let logical = node.as_str().unwrap_or_default();
            let targets = column.0.columns[column.1].kind.targets();
            let known = ids.positions.get(logical).filter(|p| targets.iter().any(|t| t.table == **p));
            let table = *known
                .ok_or_else(|| format!("`{}` does not lead to a table `{logical}`", column.0.columns[column.1].name))?;
            Ok(Way::Rows { table, in_turn })
        }
        _ => Err(format!("exactly one of {} says where the values come from", WAYS.join(", "))),
    }
}

fn range((table, position): (&Table, usize), node: &Node) -> Result<Way, String> {
    let fault = || "`range` is a list of two values, the smaller first: numbers, days or instants".to_owned();
    let [from, to] = node.as_sequence().unwrap_or_default() else { return Err(fault()) };
    let number = |node: &Node| node.to_json().as_f64();
    let time = |node: &Node| {
        let text = node.as_str()?;
        let text = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        Timestamp::parse(&text).map(|instant| instant.utc().timestamp())
    };
    let way = match table.columns[position].kind {
        ColumnKind::Date | ColumnKind::DateTime => time(from).zip(time(to)).map(|(from, to)| Way::Time(from, to)),
        ColumnKind::Integer { .. } | ColumnKind::BigInt => {
            number(from).zip(number(to)).map(|(from, to)| Way::Whole(from as i64, to as i64))
        }
        _ => number(from).zip(number(to)).map(|(from, to)| Way::Fraction(from, to)),
    };
    let ordered = match &way {
        Some(Way::Whole(from, to) | Way::Time(from, to)) => from <= to,
        Some(Way::Fraction(from, to)) => from <= to,
        _ => false,
    };
    way.filter(|_| ordered).ok_or_else(fault)
}
