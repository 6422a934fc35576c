//! SELECTs, taken apart.

use super::super::super::syntax::Comparison;
use super::parse::parse;
use super::tree::{Item, Name, Where};

fn name(column: &str) -> Name {
    Name { table: None, column: column.to_owned() }
}

#[test]
fn a_select_is_taken_apart() {
    let text = "SELECT DISTINCT TOP 10 a.name AS n, COUNT(DISTINCT c.x) cnt FROM account a \
                LEFT JOIN contact c ON a.accountid = c.parentcustomerid AND c.y > 5 \
                WHERE (name LIKE N'O''B%' OR b IN (1, -2)) AND c IS NOT NULL AND d NOT BETWEEN 'x' AND 'y' \
                GROUP BY a.name ORDER BY cnt DESC, a.name OFFSET 5 ROWS FETCH NEXT 3 ROWS ONLY;";
    let select = parse(text).expect("valid");
    assert!(select.distinct && select.top == Some(10) && (select.offset, select.fetch) == (5, Some(3)));
    let own = Name { table: Some("a".into()), column: "name".into() };
    assert_eq!(select.items[0], Item::Column(own.clone(), Some("n".into())));
    assert!(matches!(&select.items[1], Item::Aggregate { distinct: true, alias: Some(alias), .. } if alias == "cnt"));
    assert!(select.from[1].outer && select.from[1].on.len() == 2 && select.from[1].alias == "c");
    let Some(Where::And(parts)) = &select.condition else { panic!("{select:?}") };
    let or =
        Where::Or(vec![Where::Like(name("name"), "O'B%".into()), Where::In(name("b"), vec!["1".into(), "-2".into()])]);
    assert_eq!(parts[0], or);
    assert_eq!(parts[1], Where::Not(Box::new(Where::Null(name("c")))));
    assert_eq!((select.groups.as_slice(), select.order.len(), select.order[0].1), ([own].as_slice(), 2, true));
    let plain = parse("select [order], b from account where b = true").expect("valid");
    assert_eq!(plain.items[0], Item::Column(name("order"), None));
    assert_eq!(plain.condition, Some(Where::Compare(name("b"), Comparison::Eq, "true".into())));
}

#[test]
fn what_is_wrong_is_told_with_what_it_is_near() {
    for (text, near) in [
        ("SELECT name account", "the end"),
        ("SELECT name FROM account WHERE name ==", "'='"),
        ("SELECT name FROM account WHERE", "the end"),
        ("SELECT name FROM account HAVING x > 1", "'HAVING'"),
        ("UPDATE account SET x = 1", "'UPDATE'"),
        ("SELECT name FROM account WHERE name = 'x", "''x'"),
        ("SELECT name FROM account RIGHT JOIN b ON a = b", "'RIGHT'"),
    ] {
        let message = parse(text).expect_err(text).message;
        assert!(message.contains(near), "{text}: {message}");
    }
}
