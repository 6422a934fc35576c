//! Which operation a method and a path mean.

use std::sync::Arc;

use http::Method;
use percent_encoding::percent_decode_str;

use super::{OpenApi, Operation};

/// A piece of a path's segment.
enum Piece<'t> {
    Literal(&'t str),
    Name(&'t str),
}

/// The names in braces of a path template.
pub(super) fn template_names(template: &str) -> Vec<&str> {
    pieces(template)
        .into_iter()
        .filter_map(|piece| match piece {
            Piece::Name(name) => Some(name),
            Piece::Literal(_) => None,
        })
        .collect()
}

/// The values of path parameters by name, percent-decoded.
pub type PathValues = Vec<(String, String)>;

impl OpenApi {
    /// An operation by its id.
    pub fn operation(&self, id: &str) -> Option<&Arc<Operation>> {
        self.operations.iter().find(|operation| &*operation.id == id)
    }

    /// The operation that a method and a path (without query) mean, and the
    /// percent-decoded path parameters by name. The base path is taken off
    /// where it leads the path. Where several templates match, the one with
    /// text where the others have names wins, as OpenAPI demands.
    pub fn match_path(&self, method: &Method, path: &str) -> Option<(Arc<Operation>, PathValues)> {
        let under = |operation: &Operation| Some(inner(operation, path).unwrap_or(path));
        self.best(method, under)
    }

    /// The same, where only operations count whose base path leads the path.
    pub fn match_inside(&self, method: &Method, path: &str) -> Option<(Arc<Operation>, PathValues)> {
        self.best(method, |operation| inner(operation, path))
    }

    fn best<'p>(
        &self,
        method: &Method,
        under: impl Fn(&Operation) -> Option<&'p str>,
    ) -> Option<(Arc<Operation>, PathValues)> {
        self.operations
            .iter()
            .filter(|operation| operation.method == *method)
            .filter_map(|operation| Some((operation, match_template(&operation.path, under(operation)?)?)))
            .min_by_key(|(operation, _)| rank(&operation.path))
            .map(|(operation, values)| (operation.clone(), values))
    }
}

/// The path below an operation's base path.
fn inner<'p>(operation: &Operation, path: &'p str) -> Option<&'p str> {
    match path.strip_prefix(operation.base_path.as_str())? {
        "" => Some("/"),
        rest => rest.starts_with('/').then_some(rest),
    }
}

/// Templates compare by segment: text before text with names before a name.
fn rank(template: &str) -> Vec<u8> {
    template
        .split('/')
        .map(|segment| {
            let pieces = pieces(segment);
            let named = pieces.iter().any(|piece| matches!(piece, Piece::Name(_)));
            let literal = pieces.iter().any(|piece| matches!(piece, Piece::Literal(_)));
            u8::from(named) + u8::from(named && !literal)
        })
        .collect()
}

fn match_template(template: &str, path: &str) -> Option<PathValues> {
    let mut segments = path.split('/');
    let mut values = Vec::new();
    for template in template.split('/') {
        match_segment(&pieces(template), segments.next()?, &mut values)?;
    }
    segments.next().is_none().then_some(values)
}

fn match_segment(pieces: &[Piece<'_>], text: &str, values: &mut PathValues) -> Option<()> {
    match pieces {
        [] => text.is_empty().then_some(()),
        [Piece::Literal(literal), rest @ ..] => {
            let decoded = percent_decode_str(text).decode_utf8_lossy();
            if rest.is_empty() && decoded == *literal {
                return Some(());
            }
            match_segment(rest, text.strip_prefix(literal)?, values)
        }
        [Piece::Name(name), rest @ ..] => {
            let end = match rest.first() {
                Some(Piece::Literal(literal)) => text.rfind(literal)?,
                // Two names in a row can't be told apart: the first takes all.
                Some(Piece::Name(_)) | None => text.len(),
            };
            if end == 0 {
                return None;
            }
            let value = percent_decode_str(&text[..end]).decode_utf8_lossy().into_owned();
            values.push(((*name).to_owned(), value));
            match_segment(rest, &text[end..], values)
        }
    }
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(length) = rest[open..].find('}') else {
            break;
        };
        if open > 0 {
            found.push(Piece::Literal(&rest[..open]));
        }
        found.push(Piece::Name(&rest[open + 1..open + length]));
        rest = &rest[open + length + 1..];
    }
    if !rest.is_empty() {
        found.push(Piece::Literal(rest));
    }
    found
}
