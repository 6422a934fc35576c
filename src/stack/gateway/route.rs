//! From a call to API, version, revision and operation (reference §3.3, §5).
//!
//! Paths compare without regard to case, as the platform has it.

use std::sync::Arc;

use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;

use super::apis::PublishedApi;
use super::apis::PublishedOperation;
use super::template::{Parameters, Template};
use crate::policy::instance::{VersionScheme, VersionSet};

/// Which operation a call names.
#[derive(Debug)]
pub(super) struct Router {
    /// Longest path first.
    paths: Vec<Path>,
}

/// The APIs of one path: versions and revisions.
#[derive(Debug)]
struct Path {
    base: String,
    version_set: Option<Arc<VersionSet>>,
    apis: Vec<(Arc<PublishedApi>, Vec<Route>)>,
}

#[derive(Debug)]
struct Route {
    operation: Arc<PublishedOperation>,
    template: Template,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'c> {
    pub(super) method: &'c Method,
    pub(super) path: &'c str,
    pub(super) query: &'c str,
    pub(super) headers: &'c HeaderMap,
}

/// What was found.
#[derive(Debug)]
pub(super) enum Found {
    Operation(Match),
    /// The path is one of the API's, and no operation matches.
    Api(Arc<PublishedApi>),
    /// The path is one of a versioned API's, and the call names no version.
    NoVersion,
    Nothing,
}

/// An operation, and what of the path belongs to it.
#[derive(Debug)]
pub(super) struct Match {
    pub(super) api: Arc<PublishedApi>,
    pub(super) operation: Arc<PublishedOperation>,
    pub(super) parameters: Parameters,
    /// Where the operation's path begins in that of the call.
    pub(super) at: usize,
}

/// One version of a path, and what is left of the call's path.
enum Version<'p> {
    Chosen(&'p str, &'p str),
    NotNamed,
    None,
}

impl Router {
    pub(super) fn new(apis: Vec<Arc<PublishedApi>>) -> Self {
        let mut paths: Vec<Path> = Vec::new();
        for api in apis {
            let mut routes: Vec<Route> = api.operations.iter().map(Route::new).collect();
            routes.sort_by_key(|r| r.template.generality());
            let same = |p: &&mut Path| p.base.eq_ignore_ascii_case(&api.base_path) && p.version_set == api.version_set;
            if let Some(path) = paths.iter_mut().find(same) {
                path.apis.push((api, routes));
            } else {
                let (base, version_set) = (api.base_path.clone(), api.version_set.clone());
                paths.push(Path { base, version_set, apis: vec![(api, routes)] });
            }
        }
        paths.sort_by_key(|path| std::cmp::Reverse(path.base.len()));
        Self { paths }
    }

    pub(super) fn find(&self, asked: Asked<'_>) -> Found {
        let mut no_version = false;
        for path in &self.paths {
            let Some((revision, rest)) = path.of(asked.path) else { continue };
            let (version, rest) = match path.version(rest, asked) {
                Version::Chosen(version, rest) => (version, rest),
                Version::NotNamed => {
                    no_version = true;
                    continue;
                }
                Version::None => continue,
            };
            // The revision may stand after the version as well.
            let (revision, rest) = match (revision, revision_of(rest)) {
                (None, Some(found)) => found,
                (revision, _) => (revision.unwrap_or_default(), rest),
            };
            if let Some((api, routes)) = path.revision(version, revision) {
                return matched(api, routes, asked, rest);
            }
        }
        if no_version { Found::NoVersion } else { Found::Nothing }
    }
}

fn matched(api: &Arc<PublishedApi>, routes: &[Route], asked: Asked<'_>, rest: &str) -> Found {
    for route in routes.iter().filter(|r| r.operation.method == *asked.method) {
        if let Some(parameters) = route.template.matches(rest) {
            return Found::Operation(Match {
                api: Arc::clone(api),
                operation: Arc::clone(&route.operation),
                parameters,
                at: asked.path.len() - rest.len(),
            });
        }
    }
    Found::Api(Arc::clone(api))
}

impl Path {
    /// The revision that stands after this path, if one does, and what follows.
    fn of<'p>(&self, path: &'p str) -> Option<(Option<&'p str>, &'p str)> {
        let (base, rest) = path.split_at_checked(self.base.len())?;
        if !base.eq_ignore_ascii_case(&self.base) {
            return None;
        }
        match revision_of(rest) {
            Some((revision, rest)) => Some((Some(revision), rest)),
            None => (rest.is_empty() || rest.starts_with('/')).then_some((None, rest)),
        }
    }

    /// The version that the call names.
    fn version<'p>(&'p self, rest: &'p str, asked: Asked<'p>) -> Version<'p> {
        let named = match self.version_set.as_ref().map(|set| &set.scheme) {
            None => return Version::Chosen("", rest),
            Some(VersionScheme::Segment) => return self.segment(rest),
            Some(VersionScheme::Header(name)) => {
                asked.headers.get(name.as_str()).and_then(|v| v.to_str().ok()).map(str::trim)
            }
            Some(VersionScheme::Query(name)) => query_value(asked.query, name),
        };
        match named.filter(|named| !named.is_empty()) {
            Some(named) => self.known(named).map_or(Version::None, |version| Version::Chosen(version, rest)),
            None if self.known("").is_some() => Version::Chosen("", rest),
            None => Version::NotNamed,
        }
    }

    /// The version of the next segment; else the one that has none.
    fn segment<'p>(&'p self, rest: &'p str) -> Version<'p> {
        let after = rest.strip_prefix('/').unwrap_or(rest);
        let end = after.find(['/', ';']).unwrap_or(after.len());
        match self.known(&after[..end]) {
            Some(version) if !version.is_empty() => Version::Chosen(version, &after[end..]),
            _ if self.known("").is_some() => Version::Chosen("", rest),
            _ => Version::None,
        }
    }

    /// A version of this path, as the API writes it.
    fn known(&self, version: &str) -> Option<&str> {
        self.apis.iter().map(|(api, _)| api.version.as_str()).find(|known| known.eq_ignore_ascii_case(version))
    }

    /// A revision of a version; an empty one is the current one.
    fn revision(&self, version: &str, revision: &str) -> Option<&(Arc<PublishedApi>, Vec<Route>)> {
        self.apis.iter().find(|(api, _)| {
            // Without a version set the version is only told.
            let is_version = self.version_set.is_none() || api.version == version;
            is_version && if revision.is_empty() { api.is_current } else { api.revision == revision }
        })
    }
}

/// `;rev=N` at the beginning of a path, and what follows.
fn revision_of(rest: &str) -> Option<(&str, &str)> {
    let after = rest.strip_prefix(";rev=")?;
    Some(after.split_at(after.find('/').unwrap_or(after.len())))
}

/// The value of a query parameter, as far as it needs no decoding.
fn query_value<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    query.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        percent_decode_str(key).decode_utf8_lossy().eq_ignore_ascii_case(name).then_some(value)
    })
}

impl Route {
    fn new(operation: &Arc<PublishedOperation>) -> Self {
        Self { operation: Arc::clone(operation), template: Template::new(&operation.template) }
    }
}
