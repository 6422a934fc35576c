//! Trees out of texts, and back.

use proptest::prelude::*;

use super::*;
use crate::clock::Timestamp;

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        Just(Literal::Null),
        any::<bool>().prop_map(Literal::Bool),
        any::<i64>().prop_map(Literal::Integer),
        (-1e12..1e12_f64).prop_map(Literal::Decimal),
        "[a-zA-Z'äß \"()/@%]{0,8}".prop_map(Literal::Text),
        any::<u128>().prop_map(|n| Literal::Guid(uuid::Uuid::from_u128(n))),
        (0..40_000_i32).prop_map(|n| {
            Literal::Date(chrono::NaiveDate::from_num_days_from_ce_opt(719_163 + n).expect("in range"))
        }),
        (0..4_000_000_000_000_000_i64).prop_map(|n| Literal::Instant(Timestamp::from_micros(n))),
    ]
}

fn path() -> impl Strategy<Value = Path> {
    prop::collection::vec("[a-df-z_][a-z0-9_]{0,6}x", 1..3).prop_map(|names| Path { names })
}

fn expression() -> impl Strategy<Value = Expression> {
    let operand = prop_oneof![
        literal().prop_map(Expression::Literal),
        path().prop_map(Expression::Path),
        "[a-z]{1,4}".prop_map(Expression::Alias),
    ];
    let leaf = (operand.clone(), prop::sample::select(Comparison::ALL.to_vec()), operand)
        .prop_map(|(a, c, b)| Expression::Compare(Box::new(a), c, Box::new(b)));
    let list = (path(), prop::collection::vec(literal(), 1..4))
        .prop_map(|(p, l)| Expression::In(Box::new(Expression::Path(p)), Box::new(Expression::List(l))));
    let call = (path(), literal()).prop_map(|(p, l)| Expression::Call {
        name: "contains".into(),
        arguments: vec![
            Argument { name: None, value: Expression::Path(p) },
            Argument { name: Some("Value".into()), value: Expression::Literal(l) },
        ],
    });
    prop_oneof![leaf, list, call].prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Expression::Or),
            inner.clone().prop_map(|e| Expression::Not(Box::new(e))),
            (path(), any::<bool>(), inner).prop_map(|(path, every, body)| Expression::Lambda {
                path,
                every,
                body: Some(("o".into(), Box::new(body))),
            }),
        ]
    })
}

proptest! {
    #[test]
    fn a_filter_that_is_written_and_read_again_is_the_same(tree in expression()) {
        let text = tree.to_string();
        let again = parse(&text).map_err(|r| TestCaseError::fail(format!("{text}: {}", r.message)))?;
        prop_assert_eq!(again, tree, "{}", text);
    }

    #[test]
    fn no_text_makes_the_parser_fall(text in "[a-z'()/, @:=\\[\\]0-9.äß-]{0,40}") {
        let _ = parse(&text);
    }
}

#[test]
fn precedence_is_that_of_odata() {
    for (text, written) in [
        ("a eq 1 or b eq 2 and not c", "((a eq 1) or ((b eq 2) and not (c)))"),
        ("a eq 'it''s' and (b eq 1 or c eq 2)", "((a eq 'it''s') and ((b eq 1) or (c eq 2)))"),
        ("a in ('x','y') or b in @p", "((a in ('x','y')) or (b in @p))"),
        ("x/any(o:o/y eq null) and x/any()", "(x/any(o:(o/y eq null)) and x/any())"),
        (
            "Microsoft.Dynamics.CRM.Between(PropertyName='x',PropertyValues=[\"5\",\"2000\"])",
            "Microsoft.Dynamics.CRM.Between(PropertyName='x',PropertyValues=['5','2000'])",
        ),
        ("a gt 1.50 and b lt -2", "((a gt 1.5) and (b lt -2))"),
        ("a eq 7d51925c-4a2b-4b7c-9d0e-5e8b4f6a2c01", "(a eq 7d51925c-4a2b-4b7c-9d0e-5e8b4f6a2c01)"),
        ("a ge 2026-09-01T08:00:00+02:00", "(a ge 2026-09-01T06:00:00.000000Z)"),
        ("a ge 2026-09-01", "(a ge 2026-09-01)"),
    ] {
        assert_eq!(parse(text).expect(text).to_string(), written);
    }
}

#[test]
fn what_is_wrong_is_told_with_its_position() {
    for (text, message) in [
        ("name eq 'abc", "There is an unterminated string literal at position 8 in 'name eq 'abc'."),
        ("name eq", "Expression expected at position 7 in 'name eq'."),
        ("(name eq 'a'", "')' or operator expected at position 12 in '(name eq 'a''."),
        ("name eq 'a' 'b'", "Syntax error at position 12 in 'name eq 'a' 'b''."),
        ("name ! 'a'", "Syntax error: character '!' is not valid at position 5 in 'name ! 'a''."),
        ("a add 1 eq 2", "The binary operator 'Add' is not supported."),
        ("a has 1", "The binary operator 'Has' is not supported."),
        ("contains(name 'a')", "')' or ',' expected at position 14 in 'contains(name 'a')'."),
        ("a eq 12x4", "Syntax error at position 5 in 'a eq 12x4'."),
    ] {
        assert_eq!(parse(text).expect_err(text).message, message);
    }
    let deep = format!("{}a eq 1{}", "(".repeat(60), ")".repeat(60));
    assert_eq!(parse(&deep).expect_err("too deep").message, "Recursion depth exceeded allowed limit.");
}
