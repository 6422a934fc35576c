//! URL templates of operations.

use std::sync::Arc;

use percent_encoding::percent_decode_str;

/// Parameters of a URL template with the values of a path, decoded.
pub(super) type Parameters = Vec<(Arc<str>, String)>;

/// A URL template, e.g. `/orders/{id}` or `/files/*`.
#[derive(Debug)]
pub(super) struct Template {
    segments: Vec<Segment>,
    /// Whether any number of segments may follow, and the parameter that takes
    /// them.
    #[expect(clippy::option_option, reason = "they may follow and be named by nothing")]
    rest: Option<Option<Arc<str>>>,
}

/// A segment of a URL template: a literal, or a parameter with what stands
/// before and after it, as in `accounts({key})`.
#[derive(Debug, PartialEq)]
enum Segment {
    Literal(String),
    Parameter { before: String, name: Arc<str>, after: String },
}

impl Template {
    pub(super) fn new(template: &str) -> Self {
        let path = template.split('?').next().unwrap_or_default();
        let mut parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let rest = parts.last().and_then(|last| match *last {
            "*" => Some(None),
            last => Some(Some(last.strip_prefix("{*")?.strip_suffix('}')?.into())),
        });
        if rest.is_some() {
            parts.pop();
        }
        Self { segments: parts.into_iter().map(Segment::new).collect(), rest }
    }

    /// How little it says: of two that match a path, the one that says more is
    /// meant. A literal segment says more than a parameter, and that more than
    /// a wildcard.
    pub(super) fn generality(&self) -> (bool, std::cmp::Reverse<usize>, usize) {
        let parameters = self.segments.iter().filter(|s| !matches!(s, Segment::Literal(_))).count();
        let length = if self.rest.is_some() { self.segments.len() } else { 0 };
        (self.rest.is_some(), std::cmp::Reverse(length), parameters)
    }

    /// The parameters, where a path matches.
    pub(super) fn matches(&self, path: &str) -> Option<Parameters> {
        let mut left = Some(path.strip_prefix('/').unwrap_or(path));
        let mut parameters = Vec::new();
        for segment in &self.segments {
            let (part, next) = left?.split_once('/').map_or((left?, None), |(part, next)| (part, Some(next)));
            segment.matches(part, &mut parameters)?;
            left = next;
        }
        match (&self.rest, left) {
            (None, Some(_)) => None,
            (Some(Some(name)), left) => {
                parameters.push((Arc::clone(name), decoded(left.unwrap_or_default())));
                Some(parameters)
            }
            _ => Some(parameters),
        }
    }
}

impl Segment {
    fn new(template: &str) -> Self {
        let parameter = template.split_once('{').and_then(|(before, rest)| {
            let (name, after) = rest.split_once('}')?;
            Some(Self::Parameter { before: before.to_owned(), name: name.into(), after: after.to_owned() })
        });
        parameter.unwrap_or_else(|| Self::Literal(template.to_owned()))
    }

    fn matches(&self, part: &str, parameters: &mut Parameters) -> Option<()> {
        match self {
            Self::Literal(literal) => literal.eq_ignore_ascii_case(part).then_some(()),
            Self::Parameter { before, name, after } => {
                let (start, rest) = part.split_at_checked(before.len())?;
                let (value, end) = rest.split_at_checked(rest.len().checked_sub(after.len())?)?;
                let fits = start.eq_ignore_ascii_case(before) && end.eq_ignore_ascii_case(after);
                if value.is_empty() || !fits {
                    return None;
                }
                parameters.push((Arc::clone(name), decoded(value)));
                Some(())
            }
        }
    }
}

fn decoded(value: &str) -> String {
    percent_decode_str(value).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(template: &str, path: &str) -> Option<Vec<String>> {
        Some(Template::new(template).matches(path)?.into_iter().map(|(_, value)| value).collect())
    }

    #[test]
    fn a_parameter_may_stand_inside_of_a_segment() {
        assert_eq!(matched("/accounts({key})", "/accounts(a%20b)"), Some(vec!["a b".to_owned()]));
        for other in ["/accounts()", "/accounts", "/contacts(1)", "/accounts(1)/"] {
            assert_eq!(matched("/accounts({key})", other), None, "{other}");
        }
    }

    #[test]
    fn a_wildcard_takes_what_is_left() {
        assert_eq!(matched("/files/*", "/Files/a/b"), Some(vec![]));
        assert_eq!(matched("/files/{*path}", "/files/a/b%20c"), Some(vec!["a/b c".to_owned()]));
        assert_eq!(matched("/*", "/"), Some(vec![]));
        assert_eq!(matched("/files/*", "/other"), None);
    }

    #[test]
    fn what_says_more_comes_first() {
        let mut templates = ["/*", "/a/{b}", "/a/*", "/a/b", "/{a}/{b}"].map(Template::new);
        templates.sort_by_key(Template::generality);
        let order = templates.each_ref().map(|t| (t.rest.is_some(), t.segments.len()));
        assert_eq!(order, [(false, 2), (false, 2), (false, 2), (true, 1), (true, 0)]);
        assert_eq!(templates[0].matches("/a/b").map(|p| p.len()), Some(0));
    }
}
