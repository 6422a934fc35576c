use serde_json::json;

use super::*;

fn shape(schema: &Value, integer: bool) -> NumberShape {
    compile(schema, integer).expect("satisfiable")
}

fn compile(schema: &Value, integer: bool) -> Result<NumberShape, Unfit> {
    let limits = schema.as_object().expect("an object");
    NumberShape::compile(&NumberDemands { limits, said: None, integer, fraction: false, off: &[], format: None })
}

#[test]
fn edges_of_a_decimal_range() {
    let amount = shape(&json!({"exclusiveMinimum": 0, "maximum": 1_000_000, "multipleOf": 0.01}), false);
    assert_eq!(amount.at(Edge::Min), Some(json!(0.01)));
    assert_eq!(amount.at(Edge::Max), Some(json!(1_000_000)));
    assert_eq!(amount.at(Edge::UnderMin), Some(json!(0)));
    assert_eq!(amount.at(Edge::OverMax), Some(json!(1_000_000.01)));
    assert_eq!(amount.at(Edge::OffStep), Some(json!(0.015)));
    assert_eq!((amount.lower, amount.upper), (Some("exclusiveMinimum"), Some("maximum")));
}

#[test]
fn edges_of_an_integer_range() {
    let limit = shape(&json!({"minimum": -7.5, "maximum": 20, "multipleOf": 5}), true);
    assert_eq!(limit.at(Edge::Min), Some(json!(-5)));
    assert_eq!(limit.at(Edge::UnderMin), Some(json!(-10)));
    assert_eq!(limit.at(Edge::OverMax), Some(json!(25)));
    assert_eq!(limit.at(Edge::OffStep), Some(json!(-4)));
    assert_eq!(limit.at(Edge::Zero), Some(json!(0)));
    assert_eq!(limit.at(Edge::Machine(MachineEdge::Safe)), None);
    assert_eq!(shape(&json!({}), true).at(Edge::Machine(MachineEdge::Safe)), Some(json!(9_007_199_254_740_991_i64)));
    let empty = compile(&json!({"minimum": 1, "maximum": 4, "multipleOf": 5}), true);
    assert!(matches!(empty, Err(Unfit::Empty(_))), "{empty:?}");
}
