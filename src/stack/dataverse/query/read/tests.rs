//! Filters and pages against an evaluator that knows no index and no order of
//! evaluation.

use std::cmp::Ordering;
use std::sync::Arc;

use proptest::prelude::*;
use uuid::Uuid;

use super::super::super::schema::{AlternateKey, Cell, Column, ColumnKind, SeedRow, Table};
use super::super::super::store::{Row, Society, Store};
use super::super::bind::{Binder, Given};
use super::super::order::{Order, Position};
use super::super::scan::Wanted;
use super::super::view::View;
use crate::clock::Timestamp;

/// Text, number, yes or no, and a text that is an alternate key.
fn table() -> Arc<Table> {
    let text = || ColumnKind::Text { max_length: 100, memo: false };
    let columns = vec![
        Column::new("t", text()),
        Column::new("n", ColumnKind::Integer { minimum: -9, maximum: 9 }),
        Column::new("b", ColumnKind::Boolean),
        Column::new("k", text()),
    ];
    let keys = vec![AlternateKey { name: "k".into(), columns: vec![3] }];
    let mut table = Table {
        logical: "thing".into(),
        collection: "things".into(),
        primary_id: "thingid".into(),
        primary_name: "t".into(),
        columns,
        keys,
        ..Table::default()
    };
    table.index();
    Arc::new(table)
}

#[derive(Clone, Debug)]
struct Thing {
    t: Option<String>,
    n: Option<i64>,
    b: Option<bool>,
}

fn store(things: &[Thing]) -> Store {
    let seed = |(i, thing): (usize, &Thing)| {
        let text = |text: &str| Cell::Text(text.into());
        let cells = vec![
            thing.t.as_deref().map_or(Cell::Null, text),
            thing.n.map_or(Cell::Null, |n| Cell::Number(n.into())),
            thing.b.map_or(Cell::Null, Cell::Bool),
            // Every third row is without a key.
            if i % 3 == 0 { Cell::Null } else { text(&format!("k{:03}", (i * 7) % 1000)) },
        ];
        SeedRow { id: Uuid::from_u128(1000 - i as u128), cells }
    };
    let seeds = things.iter().enumerate().map(seed).collect();
    Store::new(vec![(table(), seeds)], 0, (Society::default(), Timestamp::default()))
}

/// A filter and what it should say of a thing.
#[derive(Clone, Debug)]
enum Asked {
    Text(&'static str, String),
    Number(&'static str, i64),
    Found(&'static str, String),
    Null(&'static str, bool),
    Bool,
    And(Box<Asked>, Box<Asked>),
    Or(Box<Asked>, Box<Asked>),
    Not(Box<Asked>),
}

impl Asked {
    fn written(&self) -> String {
        match self {
            Self::Text(operator, value) => format!("t {operator} '{value}'"),
            Self::Number(operator, value) => format!("n {operator} {value}"),
            Self::Found(function, value) => format!("{function}(t,'{value}')"),
            Self::Null(name, true) => format!("{name} eq null"),
            Self::Null(name, false) => format!("null ne {name}"),
            Self::Bool => "b".into(),
            Self::And(a, b) => format!("({} and {})", a.written(), b.written()),
            Self::Or(a, b) => format!("({} or {})", a.written(), b.written()),
            Self::Not(a) => format!("not ({})", a.written()),
        }
    }

    fn says(&self, thing: &Thing) -> Option<bool> {
        let order = |operator: &str, order: Option<Ordering>| match operator {
            "eq" => Some(order == Some(Ordering::Equal)),
            "ne" => Some(order != Some(Ordering::Equal)),
            "gt" => order.map(Ordering::is_gt),
            "ge" => order.map(Ordering::is_ge),
            "lt" => order.map(Ordering::is_lt),
            _ => order.map(Ordering::is_le),
        };
        let lower = thing.t.as_ref().map(|t| t.to_lowercase());
        match self {
            Self::Text(operator, value) => order(operator, lower.map(|t| t.cmp(&value.to_lowercase()))),
            Self::Number(operator, value) => order(operator, thing.n.map(|n| n.cmp(value))),
            Self::Found(function, value) => lower.map(|t| match *function {
                "contains" => t.contains(&value.to_lowercase()),
                "startswith" => t.starts_with(&value.to_lowercase()),
                _ => t.ends_with(&value.to_lowercase()),
            }),
            Self::Null(name, wanted) => {
                let null = match *name {
                    "t" => thing.t.is_none(),
                    "n" => thing.n.is_none(),
                    _ => thing.b.is_none(),
                };
                Some(null == *wanted)
            }
            Self::Bool => Some(thing.b == Some(true)),
            Self::And(a, b) => match (a.says(thing), b.says(thing)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(a, b) => match (a.says(thing), b.says(thing)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
            Self::Not(a) => a.says(thing).map(|says| !says),
        }
    }
}

fn asked() -> impl Strategy<Value = Asked> {
    let operator = || prop::sample::select(vec!["eq", "ne", "gt", "ge", "lt", "le"]);
    let leaf = prop_oneof![
        (operator(), "[aAbBäÄ]{0,2}").prop_map(|(o, v)| Asked::Text(o, v)),
        (operator(), -3..3_i64).prop_map(|(o, v)| Asked::Number(o, v)),
        (prop::sample::select(vec!["contains", "startswith", "endswith"]), "[aAbBäÄ]{0,2}")
            .prop_map(|(f, v)| Asked::Found(f, v)),
        (prop::sample::select(vec!["t", "n", "b"]), any::<bool>()).prop_map(|(n, w)| Asked::Null(n, w)),
        Just(Asked::Bool),
    ];
    leaf.prop_recursive(3, 12, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Asked::And(a.into(), b.into())),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Asked::Or(a.into(), b.into())),
            inner.prop_map(|a| Asked::Not(a.into())),
        ]
    })
}

fn things() -> impl Strategy<Value = Vec<Thing>> {
    let thing = (prop::option::of("[aAbBäÄ]{0,3}"), prop::option::of(-3..3_i64), prop::option::of(any::<bool>()))
        .prop_map(|(t, n, b)| Thing { t, n, b });
    prop::collection::vec(thing, 0..40)
}

fn given() -> Given<'static> {
    Given { now: Timestamp::default(), user: Uuid::nil(), business_unit: Uuid::nil(), options: &[] }
}

/// All rows, page by page; and how many were looked at for the first page.
fn pages(store: &Store, filter: &str, order: &str, size: usize) -> (Vec<Uuid>, usize) {
    let tables = [table()];
    let binder = Binder { tables: &tables, table: 0, variable: None, given: given() };
    let condition = (!filter.is_empty()).then(|| binder.filter(filter).unwrap_or_else(|r| panic!("{filter}: {r:?}")));
    let order = if order.is_empty() { Order::default() } else { Order::parse(&binder, order).expect("valid") };
    let view = View::new(store);
    let (mut ids, mut after, mut examined): (_, Option<Position>, _) = (Vec::new(), None, None);
    loop {
        let wanted = Wanted {
            table: 0,
            condition: condition.as_ref(),
            order: &order,
            after: after.as_ref(),
            limit: size,
            count: false,
        };
        let found = wanted.of_table(view);
        examined.get_or_insert(found.examined);
        ids.extend(found.rows.iter().map(|row| row.id));
        let Some(last) = found.rows.last().filter(|_| found.more) else {
            return (ids, examined.unwrap_or_default());
        };
        let value = |row: &'_ Row| -> Vec<_> {
            let keys = order.0.iter();
            keys.map(|key| match view.value(&key.field, &[Some(row)]) {
                super::super::bind::Value::Null => super::super::bind::Constant::Null,
                other => {
                    let text = super::super::cookie::text(other).unwrap_or_default();
                    super::super::bind::Constant::of_text(key.field.kind, &text).expect("its own text")
                }
            })
            .collect()
        };
        after = Some(Position { values: value(view.rows(0).get(&last.id).expect("there")), born: last.born });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn filters_say_what_a_naive_evaluator_says(things in things(), asked in asked(), size in 1..9_usize) {
        let store = store(&things);
        let (found, _) = pages(&store, &asked.written(), "", size);
        let expected: Vec<Uuid> = things
            .iter()
            .enumerate()
            .filter(|(_, thing)| asked.says(thing) == Some(true))
            .map(|(i, _)| Uuid::from_u128(1000 - i as u128))
            .collect();
        prop_assert_eq!(found, expected, "{}", asked.written());
    }

    #[test]
    fn pages_of_any_size_have_the_same_rows_in_the_same_order(
        things in things(),
        order in prop::sample::select(vec!["t", "n desc,t", "k", "k desc", "b,n desc", "thingid", "t desc,k"]),
        filter in prop::sample::select(vec!["", "k ge 'k05'", "startswith(k,'K0')", "k lt 'k2' and n ge 0", "k eq 'k007'"]),
        size in 1..9_usize,
    ) {
        let store = store(&things);
        let (whole, _) = pages(&store, filter, order, 1000);
        let (parts, _) = pages(&store, filter, order, size);
        prop_assert_eq!(&parts, &whole, "{} {}", order, filter);
        // An index finds what a scan finds.
        let hidden = if filter.is_empty() { String::new() } else { format!("not (not ({filter}))") };
        let (mut scanned, _) = pages(&store, &hidden, &format!("{order},thingid"), 1000);
        let mut whole = whole;
        whole.sort();
        scanned.sort();
        prop_assert_eq!(scanned, whole);
    }
}

#[test]
fn an_index_saves_looking_at_rows() {
    let things: Vec<Thing> = (0..900).map(|n| Thing { t: None, n: Some(n % 9), b: None }).collect();
    let store = store(&things);
    for (filter, order, size, most) in [
        ("k eq 'k007'", "", 10, 1),
        ("k ge 'k9' and n ge 0", "k", 10, 11),
        ("n eq 5", "k desc", 10, 110),
        ("startswith(k,'k01')", "n", 10, 10),
        ("", "", 10, 11),
        ("thingid eq 00000000-0000-0000-0000-0000000003e7", "t", 10, 1),
    ] {
        let (_, examined) = pages(&store, filter, order, size);
        assert!(examined <= most, "{filter} {order}: {examined}");
    }
}

/// What a page costs of a million rows:
/// `cargo test --release --lib a_page_of_a_million_rows -- --nocapture` tells.
#[test]
fn a_page_of_a_million_rows() {
    let count = if cfg!(debug_assertions) { 20_000 } else { 1_000_000 };
    let seeds = (0..count).map(|i: u64| {
        let text = |text: String| Cell::Text(text.into());
        let number = Cell::Number((i.wrapping_mul(0x9e37_79b9) % 19).into());
        let cells = vec![
            text(format!("Name {}", i.wrapping_mul(7919) % 1000)),
            number,
            Cell::Bool(i.is_multiple_of(2)),
            text(format!("k{i:07}")),
        ];
        SeedRow { id: Uuid::from_u128(u128::from(i)), cells }
    });
    let store = Store::new(vec![(table(), seeds.collect())], 0, (Society::default(), Timestamp::default()));
    for (filter, order) in
        [("n ge 0", "k"), ("n ge 5 and b", "k desc"), ("contains(t,'9')", "t desc,n"), ("n eq 3", "n,t")]
    {
        let start = std::time::Instant::now();
        let tables = [table()];
        let binder = Binder { tables: &tables, table: 0, variable: None, given: given() };
        let condition = binder.filter(filter).expect("valid");
        let order_by = Order::parse(&binder, order).expect("valid");
        let view = View::new(&store);
        let wanted =
            Wanted { table: 0, condition: Some(&condition), order: &order_by, after: None, limit: 5000, count: false };
        let found = wanted.of_table(view);
        let (rows, examined) = (found.rows.len(), found.examined);
        eprintln!("{filter} $orderby={order}: {rows} rows, {examined} looked at, {:?}", start.elapsed());
        assert!(rows > 0 && examined <= count as usize);
    }
}
