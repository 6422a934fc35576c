//! The query options of a request: which there are, and which go together.

use super::super::error::Refusal;

/// Options of OData and of Dataverse that are read here.
const KNOWN: [&str; 13] = [
    "$select",
    "$filter",
    "$orderby",
    "$top",
    "$count",
    "$expand",
    "$apply",
    "$skiptoken",
    "$deltatoken",
    "$format",
    "$id",
    "fetchXml",
    "sql",
];

/// Options without effect on the answer (reference A2).
const SILENT: [&str; 6] = ["tag", "partitionId", "SolutionUniqueName", "api-version", "x-ms-file-name", "annotations"];

/// The options of one level: of the request, or of an `$expand`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options<'q> {
    pub(super) select: Option<&'q str>,
    pub(super) filter: Option<&'q str>,
    pub(super) order: Option<&'q str>,
    pub(super) expand: Option<&'q str>,
    pub(super) apply: Option<&'q str>,
    pub(super) top: Option<usize>,
    pub(super) count: bool,
    pub(super) skip_token: Option<&'q str>,
    pub(super) delta_token: Option<&'q str>,
    pub(super) fetch: Option<&'q str>,
    pub(super) sql: Option<&'q str>,
}

impl<'q> Options<'q> {
    /// Reads them all; names are case-sensitive (reference A6).
    pub(super) fn read(pairs: &'q [(String, String)]) -> Result<Self, Refusal> {
        let mut found = Self::default();
        for (position, (name, value)) in pairs.iter().enumerate() {
            let name = name.as_str();
            let known = KNOWN.contains(&name);
            if known && pairs[..position].iter().any(|(other, _)| other == name) {
                return Err(Refusal::bad_query(format!(
                    "Query option '{name}' was specified more than once, but it must be specified at most once."
                )));
            }
            let slot = match name {
                "$select" => &mut found.select,
                "$filter" => &mut found.filter,
                "$orderby" => &mut found.order,
                "$expand" => &mut found.expand,
                "$apply" => &mut found.apply,
                "$skiptoken" => &mut found.skip_token,
                "$deltatoken" => &mut found.delta_token,
                "fetchXml" => &mut found.fetch,
                "sql" => &mut found.sql,
                "$top" => {
                    found.top = Some(top(value)?);
                    continue;
                }
                "$count" => {
                    found.count = flag(value)?;
                    continue;
                }
                "$skip" => return Err(Refusal::unsupported_query("Skip Clause is not supported in CRM")),
                "savedQuery" | "userQuery" => return Err(Refusal::not_there(&format!("The query option '{name}'"))),
                _ if known || SILENT.contains(&name) || name.starts_with('@') || name.is_empty() => continue,
                _ => return Err(Refusal::unsupported_query(format!("The query parameter {name} is not supported"))),
            };
            *slot = Some(value.as_str());
        }
        Ok(found)
    }
}

fn top(value: &str) -> Result<usize, Refusal> {
    value.trim().parse().map_err(|_| {
        Refusal::bad_query(format!(
            "Invalid value '{value}' for $top query option found. The $top query option requires a non-negative integer \
             value."
        ))
    })
}

fn flag(value: &str) -> Result<bool, Refusal> {
    match value {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Refusal::bad_query(format!(
            "Invalid value '{value}' for $count query option found. Valid values are 'true' and 'false'."
        ))),
    }
}

/// One item of an `$expand`: a navigation property and its own options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) options: Vec<(String, String)>,
}

/// Takes an `$expand` apart; what stands in quotes or in inner parentheses is
/// left as it is.
pub(super) fn items(text: &str) -> Result<Vec<Item>, Refusal> {
    let syntax = || Refusal::bad_query(format!("Term '{text}' is not valid in a $select or $expand expression."));
    split(text, ',').ok_or_else(syntax)?.into_iter().map(|part| item(part.trim()).ok_or_else(syntax)).collect()
}

fn item(part: &str) -> Option<Item> {
    let Some((name, rest)) = part.split_once('(') else {
        // `nav/$ref` gives references only.
        return (!part.is_empty()).then(|| Item { name: part.to_owned(), options: Vec::new() });
    };
    let inner = rest.strip_suffix(')')?;
    let mut options = Vec::new();
    for option in split(inner, ';')?.into_iter().filter(|option| !option.trim().is_empty()) {
        let (name, value) = option.split_once('=')?;
        options.push((name.trim().to_owned(), value.trim().to_owned()));
    }
    Some(Item { name: name.trim().to_owned(), options })
}

/// Splits where neither quotes nor parentheses are open; `None` where one of
/// them stays open.
pub(super) fn split(text: &str, at: char) -> Option<Vec<&str>> {
    let (mut parts, mut from, mut depth, mut quoted) = (Vec::new(), 0, 0_usize, false);
    for (i, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.checked_sub(1)?,
            _ if c == at && depth == 0 => {
                parts.push(&text[from..i]);
                from = i + c.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[from..]);
    (depth == 0 && !quoted).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &[(&str, &str)]) -> Vec<(String, String)> {
        query.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn items_of_an_expand_keep_what_is_nested() {
        let text = "a,b($select=x,y;$filter=contains(n,'a;b,)');$expand=c($select=z)),d()";
        let found = items(text).expect("valid");
        let names: Vec<_> = found.iter().map(|item| (item.name.as_str(), item.options.len())).collect();
        assert_eq!(names, [("a", 0), ("b", 3), ("d", 0)]);
        assert_eq!(found[1].options[1], ("$filter".into(), "contains(n,'a;b,)')".into()));
        assert_eq!(found[1].options[2], ("$expand".into(), "c($select=z)".into()));
        for text in ["a(", "a)", "a($select)", "a,", "a('"] {
            assert!(items(text).is_err(), "{text}");
        }
    }

    #[test]
    fn options_are_refused_by_name() {
        for (query, message) in [
            (("$Select", "x"), "The query parameter $Select is not supported"),
            (("foo", "x"), "The query parameter foo is not supported"),
            (("$skip", "5"), "Skip Clause is not supported in CRM"),
            (
                ("$top", "-1"),
                "Invalid value '-1' for $top query option found. The $top query option requires a non-negative integer value.",
            ),
            (
                ("$count", "yes"),
                "Invalid value 'yes' for $count query option found. Valid values are 'true' and 'false'.",
            ),
        ] {
            let pairs = pairs(&[query]);
            assert_eq!(Options::read(&pairs).expect_err(query.0).message, message);
        }
        let twice = pairs(&[("$top", "1"), ("$top", "2")]);
        assert!(Options::read(&twice).is_err());
        let all = pairs(&[("$top", "5"), ("$count", "true"), ("@p", "'x'"), ("tag", "t")]);
        assert_eq!(Options::read(&all), Ok(Options { top: Some(5), count: true, ..Options::default() }));
    }
}
