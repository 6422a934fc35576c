//! The functions that are evaluated, by their names in lower case.

use base64::Engine as _;
use chrono::{DateTime, Duration, Utc};
use serde_json::{Number, Value};

use super::evaluate::{MAX_RESULT, kind};
use super::text::{part, shown, uri_component};
use super::time;

/// A value, `None` where the function is not evaluated here, or why there is
/// none.
type Made = Result<Option<Value>, String>;

/// Calls a function.
pub(super) fn call(name: &str, given: &[Value]) -> Made {
    for family in [logic, numbers, texts, lists, conversions, times] {
        if let Some(value) = family(name, given)? {
            return Ok(Some(value));
        }
    }
    Ok(None)
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| format!("expected text, not {}", kind(value)))
}

fn whole(value: &Value) -> Result<usize, String> {
    let number = value.as_u64().and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| format!("expected a whole number of at least 0, not {value}"))
}

fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| format!("expected an array, not {}", kind(value)))
}

fn truth(value: &Value) -> Result<bool, String> {
    value.as_bool().ok_or_else(|| format!("expected true or false, not {}", kind(value)))
}

fn logic(name: &str, given: &[Value]) -> Made {
    Ok(Some(Value::Bool(match (name, given) {
        ("not", [value]) => !truth(value)?,
        ("equals", [a, b]) => same(a, b),
        ("greater", [a, b]) => order(a, b)?.is_gt(),
        ("greaterorequals", [a, b]) => order(a, b)?.is_ge(),
        ("less", [a, b]) => order(a, b)?.is_lt(),
        ("lessorequals", [a, b]) => order(a, b)?.is_le(),
        _ => return Ok(None),
    })))
}

fn same(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a_number), Some(b_number)) => a == b || a_number.total_cmp(&b_number).is_eq(),
        _ => a == b,
    }
}

fn order(a: &Value, b: &Value) -> Result<std::cmp::Ordering, String> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let whole = a.as_i64().zip(b.as_i64()).map(|(a, b)| a.cmp(&b));
            let real = || Some(a.as_f64()?.total_cmp(&b.as_f64()?));
            whole.or_else(real).ok_or_else(|| format!("{a} and {b} can't be compared"))
        }
        (Value::String(a), Value::String(b)) => Ok(a.cmp(b)),
        _ => Err(format!("{} and {} can't be compared", kind(a), kind(b))),
    }
}

fn numbers(name: &str, given: &[Value]) -> Made {
    match (name, given) {
        ("add" | "sub" | "mul" | "div" | "mod", [Value::Number(a), Value::Number(b)]) => {
            calculated(name, a, b).map(|number| Some(Value::Number(number)))
        }
        ("add" | "sub" | "mul" | "div" | "mod", [a, b]) => {
            Err(format!("expected two numbers, not {} and {}", kind(a), kind(b)))
        }
        ("min" | "max", [Value::Array(many)]) => extreme(name, many),
        ("min" | "max", [_, _, ..]) => extreme(name, given),
        _ => Ok(None),
    }
}

fn calculated(name: &str, a: &Number, b: &Number) -> Result<Number, String> {
    let too_large = || format!("{a} and {b} are too large for it");
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        if b == 0 && matches!(name, "div" | "mod") {
            return Err("it divides by 0".to_owned());
        }
        let made = match name {
            "add" => a.checked_add(b),
            "sub" => a.checked_sub(b),
            "mul" => a.checked_mul(b),
            "div" => a.checked_div(b),
            _ => a.checked_rem(b),
        };
        return made.map(Number::from).ok_or_else(too_large);
    }
    let (a, b) = a.as_f64().zip(b.as_f64()).ok_or_else(too_large)?;
    let made = match name {
        "add" => a + b,
        "sub" => a - b,
        "mul" => a * b,
        "div" => a / b,
        _ => a % b,
    };
    Number::from_f64(made).ok_or_else(|| format!("of {a} and {b} it is no number"))
}

fn extreme(name: &str, many: &[Value]) -> Made {
    let mut found: Option<&Value> = None;
    for value in many {
        let better = match found {
            Some(best) if name == "min" => order(value, best)?.is_lt(),
            Some(best) => order(value, best)?.is_gt(),
            None => true,
        };
        if better {
            found = Some(value);
        }
    }
    Ok(found.cloned())
}

fn texts(name: &str, given: &[Value]) -> Made {
    Ok(Some(match (name, given) {
        ("concat", [Value::Array(_), ..]) => {
            let lists = given.iter().map(list).collect::<Result<Vec<_>, _>>()?;
            Value::Array(lists.into_iter().flatten().cloned().collect())
        }
        ("concat", [_, ..]) => Value::String(given.iter().map(shown).collect()),
        ("tolower", [value]) => Value::String(text(value)?.to_lowercase()),
        ("toupper", [value]) => Value::String(text(value)?.to_uppercase()),
        ("trim", [value]) => Value::String(text(value)?.trim().to_owned()),
        ("replace", [value, from, to]) => Value::String(replaced(text(value)?, text(from)?, text(to)?)?),
        ("substring", [value, from, length @ ..]) => {
            let length = length.first().map(whole).transpose()?;
            let made = part(text(value)?, whole(from)?, length);
            Value::String(made.ok_or("the text has not so many characters")?)
        }
        ("startswith", [value, with]) => Value::Bool(begins(text(value)?, text(with)?)),
        ("endswith", [value, with]) => Value::Bool(text(value)?.to_lowercase().ends_with(&text(with)?.to_lowercase())),
        ("indexof", [value, what]) => {
            let (value, what) = (text(value)?.to_lowercase(), text(what)?.to_lowercase());
            value.find(&what).map_or((-1).into(), |at| value[..at].chars().count().into())
        }
        ("split", [value, by]) => text(value)?.split(text(by)?).map(Value::from).collect(),
        ("join", [many, between]) => {
            let many: Vec<String> = list(many)?.iter().map(shown).collect();
            Value::String(many.join(text(between)?))
        }
        ("uricomponent" | "encodeuricomponent", [value]) => Value::String(uri_component(text(value)?)),
        ("base64", [value]) => Value::String(base64::engine::general_purpose::STANDARD.encode(text(value)?)),
        _ => return Ok(None),
    }))
}

fn begins(text: &str, with: &str) -> bool {
    text.to_lowercase().starts_with(&with.to_lowercase())
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String, String> {
    if from.is_empty() {
        return Err("it replaces an empty text".to_owned());
    }
    if to.len() > from.len() && text.matches(from).count().saturating_mul(to.len()) > MAX_RESULT {
        return Err(format!("the result is larger than {MAX_RESULT} bytes"));
    }
    Ok(text.replace(from, to))
}

fn lists(name: &str, given: &[Value]) -> Made {
    Ok(Some(match (name, given) {
        ("createarray", _) => Value::Array(given.to_vec()),
        ("range", [from, count]) => {
            let (from, count) = (from.as_i64().ok_or("expected a whole number")?, whole(count)?);
            if count > MAX_RESULT {
                return Err(format!("more than {MAX_RESULT} numbers"));
            }
            (0..count as i64).map(|n| Value::from(from.saturating_add(n))).collect()
        }
        ("length", [Value::String(text)]) => text.chars().count().into(),
        ("length", [value]) => list(value)?.len().into(),
        ("first", [Value::String(text)]) => text.chars().next().map(String::from).unwrap_or_default().into(),
        ("last", [Value::String(text)]) => text.chars().next_back().map(String::from).unwrap_or_default().into(),
        ("first", [value]) => list(value)?.first().cloned().unwrap_or_default(),
        ("last", [value]) => list(value)?.last().cloned().unwrap_or_default(),
        ("take", [Value::String(text), count]) => text.chars().take(whole(count)?).collect::<String>().into(),
        ("skip", [Value::String(text), count]) => text.chars().skip(whole(count)?).collect::<String>().into(),
        ("take", [value, count]) => list(value)?.iter().take(whole(count)?).cloned().collect(),
        ("skip", [value, count]) => list(value)?.iter().skip(whole(count)?).cloned().collect(),
        ("empty", [value]) => Value::Bool(match value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(many) => many.is_empty(),
            Value::Object(members) => members.is_empty(),
            other => return Err(format!("{} is never empty", kind(other))),
        }),
        ("contains", [value, what]) => Value::Bool(match value {
            Value::String(value) => value.contains(text(what)?),
            Value::Array(many) => many.iter().any(|one| same(one, what)),
            Value::Object(members) => members.contains_key(text(what)?),
            other => return Err(format!("{} contains nothing", kind(other))),
        }),
        _ => return Ok(None),
    }))
}

fn conversions(name: &str, given: &[Value]) -> Made {
    let read = |value: &Value, what: &str| format!("`{}` is no {what}", shown(value));
    Ok(Some(match (name, given) {
        ("string", [value]) => Value::String(shown(value)),
        ("int", [value]) => {
            let number = value.as_i64().or_else(|| value.as_str()?.trim().parse().ok());
            number.ok_or_else(|| read(value, "whole number"))?.into()
        }
        ("float" | "decimal", [value]) => {
            let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
            number.ok_or_else(|| read(value, "number"))?.into()
        }
        ("bool", [value]) => Value::Bool(match value {
            Value::Bool(value) => *value,
            Value::Number(number) => number.as_f64() != Some(0.0),
            Value::String(text) if text.eq_ignore_ascii_case("true") => true,
            Value::String(text) if text.eq_ignore_ascii_case("false") => false,
            other => return Err(read(other, "truth")),
        }),
        ("json", [Value::String(text)]) => serde_json::from_str(text).map_err(|fault| format!("no JSON: {fault}"))?,
        ("json", [value]) => value.clone(),
        ("array", [Value::Array(many)]) => Value::Array(many.clone()),
        ("array", [value]) => Value::Array(vec![value.clone()]),
        _ => return Ok(None),
    }))
}

fn times(name: &str, given: &[Value]) -> Made {
    let instant = |value: &Value| {
        let read = text(value).ok().and_then(time::parse);
        read.ok_or_else(|| format!("`{}` is no instant", shown(value)))
    };
    let unit = match name {
        "formatdatetime" => 0,
        "addseconds" => 1,
        "addminutes" => 60,
        "addhours" => 3600,
        "adddays" => 86_400,
        _ => return Ok(None),
    };
    match given {
        [from] if unit == 0 => Ok(written(instant(from)?, None)),
        [from, format] if unit == 0 => Ok(written(instant(from)?, Some(text(format)?))),
        [from, count, format @ ..] if unit > 0 => {
            let count = count.as_i64().ok_or("expected a whole number")?;
            let later = count.checked_mul(unit).and_then(Duration::try_seconds);
            let later = later.and_then(|later| instant(from).ok()?.checked_add_signed(later));
            let format = format.first().map(text).transpose()?;
            Ok(written(later.ok_or("no such instant")?, format))
        }
        _ => Ok(None),
    }
}

/// `utcNow`, with or without a format.
pub(super) fn now(now: DateTime<Utc>, given: &[Value]) -> Made {
    Ok(written(now, given.first().map(text).transpose()?))
}

fn written(instant: DateTime<Utc>, format: Option<&str>) -> Option<Value> {
    time::format(instant, format.unwrap_or(time::ROUND_TRIP)).map(Value::String)
}
