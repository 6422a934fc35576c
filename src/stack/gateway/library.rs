//! Objects of .NET's library that expressions hold.

use std::fmt;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use url::Url;

use super::dotnet::{Algorithm, Random, Zone};
use crate::policy::expression::{Captured, Pattern, Type};

/// An object of .NET's library.
#[derive(Debug)]
pub(super) enum Library {
    Random(Mutex<Random>),
    Builder(Mutex<String>),
    Uri(Uri),
    Address(IpAddr),
    Zone(&'static Zone),
    Encoding(Charset),
    Hash(Algorithm, Option<Vec<u8>>),
    Basic {
        user: Arc<str>,
        password: Arc<str>,
    },
    /// An `Authorization`, by its token.
    Authorization(Arc<str>),
    Regex(Arc<Pattern>),
    Match(Found),
    /// A group of a match, by its place.
    Group(Arc<Library>, Option<(usize, usize)>),
}

/// A `Uri`: one with a scheme, or as it was written.
#[derive(Debug)]
pub(super) struct Uri {
    pub(super) written: Arc<str>,
    pub(super) absolute: Url,
}

/// An `Encoding`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Charset {
    Utf8,
    Ascii,
    Latin1,
    Utf16,
    Utf16Big,
}

/// What a pattern found: nothing, where there are no places.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) pattern: Option<Arc<Pattern>>,
    pub(super) text: Arc<str>,
    pub(super) groups: Captured,
}

impl Found {
    /// What was found at a place.
    pub(super) fn slice(&self, at: Option<(usize, usize)>) -> &str {
        at.and_then(|(from, to)| self.text.get(from..to)).unwrap_or_default()
    }

    /// The whole match.
    pub(super) fn whole(&self) -> Option<(usize, usize)> {
        self.groups.first().copied().flatten()
    }
}

impl Library {
    pub(super) fn builder(text: impl Into<String>) -> Self {
        Self::Builder(Mutex::new(text.into()))
    }

    /// The static type that it has.
    pub(super) fn ty(&self) -> Type {
        match self {
            Self::Random(_) => Type::Random,
            Self::Builder(_) => Type::Builder,
            Self::Uri(_) => Type::Uri,
            Self::Address(_) => Type::Address,
            Self::Zone(_) => Type::Zone,
            Self::Encoding(_) => Type::Encoding,
            Self::Hash(..) => Type::Hash,
            Self::Basic { .. } => Type::Basic,
            Self::Authorization(_) => Type::Authorization,
            Self::Regex(_) => Type::Regex,
            Self::Match(_) => Type::Match,
            Self::Group(..) => Type::Group,
        }
    }
}

/// What a lock holds; nobody panics while he has one of these.
pub(super) fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Display for Library {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Builder(text) => f.write_str(&held(text)),
            Self::Uri(uri) => f.write_str(uri.absolute.as_str()),
            Self::Address(address) => address.fmt(f),
            Self::Zone(zone) => f.write_str(zone.id),
            Self::Regex(pattern) => f.write_str(pattern.text()),
            Self::Match(found) => f.write_str(found.slice(found.whole())),
            Self::Group(of, at) => match &**of {
                Self::Match(found) => f.write_str(found.slice(*at)),
                _ => Ok(()),
            },
            other => f.write_str(&other.ty().full_name()),
        }
    }
}
