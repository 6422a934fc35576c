//! From method and path to API and operation.

use std::sync::Arc;

use http::Method;
use percent_encoding::percent_decode_str;

use super::apis::{PublishedApi, PublishedOperation};

/// Which operation a method and a path name.
#[derive(Debug)]
pub(super) struct Router {
    /// Longest base path first.
    apis: Vec<(Arc<PublishedApi>, Vec<Route>)>,
}

#[derive(Debug)]
struct Route {
    operation: Arc<PublishedOperation>,
    segments: Vec<Segment>,
}

/// A segment of a URL template: a literal, or a parameter with what stands
/// before and after it, as in `accounts({key})`.
#[derive(Debug, PartialEq)]
enum Segment {
    Literal(String),
    Parameter { before: String, name: Arc<str>, after: String },
}

/// Parameters of a URL template with the values of a path, decoded.
pub(super) type Parameters = Vec<(Arc<str>, String)>;

/// What was found.
#[derive(Debug)]
pub(super) enum Found {
    Operation(Arc<PublishedApi>, Arc<PublishedOperation>, Parameters),
    /// The path is one of the API's, and no operation matches.
    Api(Arc<PublishedApi>),
    Nothing,
}

impl Router {
    pub(super) fn new(apis: Vec<Arc<PublishedApi>>) -> Self {
        let mut apis: Vec<_> = apis
            .into_iter()
            .map(|api| {
                let mut routes: Vec<Route> = api.operations.iter().map(Route::new).collect();
                // A literal segment is more specific than a parameter.
                routes.sort_by_key(|r| r.segments.iter().filter(|s| !matches!(s, Segment::Literal(_))).count());
                (api, routes)
            })
            .collect();
        apis.sort_by_key(|(api, _)| std::cmp::Reverse(api.base_path.len()));
        Self { apis }
    }

    pub(super) fn find(&self, method: &Method, path: &str) -> Found {
        let of = |base: &str| path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with('/'));
        let Some((api, routes, rest)) =
            self.apis.iter().find_map(|(api, routes)| Some((api, routes, of(&api.base_path)?)))
        else {
            return Found::Nothing;
        };
        for route in routes.iter().filter(|r| r.operation.method == *method) {
            if let Some(parameters) = route.matches(rest) {
                return Found::Operation(Arc::clone(api), Arc::clone(&route.operation), parameters);
            }
        }
        Found::Api(Arc::clone(api))
    }
}

impl Route {
    fn new(operation: &Arc<PublishedOperation>) -> Self {
        let segments = operation.template.trim_start_matches('/').split('/').map(Segment::new).collect();
        Self { operation: Arc::clone(operation), segments }
    }

    fn matches(&self, path: &str) -> Option<Parameters> {
        let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
        let mut parameters = Vec::new();
        for segment in &self.segments {
            segment.matches(parts.next()?, &mut parameters)?;
        }
        parts.next().is_none().then_some(parameters)
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
            Self::Literal(literal) => (literal == part).then_some(()),
            Self::Parameter { before, name, after } => {
                let value = part.strip_prefix(before.as_str())?.strip_suffix(after.as_str())?;
                if value.is_empty() {
                    return None;
                }
                parameters.push((Arc::clone(name), percent_decode_str(value).decode_utf8_lossy().into_owned()));
                Some(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_may_stand_inside_of_a_segment() {
        let segment = Segment::new("accounts({key})");
        let matched = |part: &str| {
            let mut parameters = Vec::new();
            segment.matches(part, &mut parameters).map(|()| parameters.remove(0).1)
        };
        assert_eq!(matched("accounts(a%20b)"), Some("a b".to_owned()));
        assert_eq!(matched("accounts()"), None);
        assert_eq!(matched("accounts"), None);
        assert_eq!(matched("contacts(1)"), None);
    }
}
