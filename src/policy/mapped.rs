//! Which URLs a gateway reaches: those that somebody mapped. Everything else
//! that documents name is named when they are loaded, and never called.

use url::Url;

/// Hosts and URL prefixes that are mapped, and what each is mapped to. The
/// narrowest comes first.
#[derive(Clone, Debug)]
pub struct Mapped<T = ()>(Vec<(UrlPattern, T)>);

/// A host (`api.example`, `api.example:8443`, `*.example`, `*`) or the
/// beginning of a URL (`https://api.example/v2`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UrlPattern {
    scheme: Option<String>,
    /// In lower case; what follows `*` where that comes first.
    host: String,
    any_before: bool,
    port: Option<u16>,
    /// Without a slash at its end.
    path: String,
}

impl UrlPattern {
    /// Reads a pattern; `None` where the text is neither a host nor an `http`
    /// or `https` URL.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme @ ("http" | "https"), rest)) => (Some(scheme.to_owned()), rest),
            Some(_) => return None,
            None => (None, text),
        };
        let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().ok()?)),
            _ => (authority, None),
        };
        let (any_before, host) = host.strip_prefix('*').map_or((false, host), |rest| (true, rest));
        let fits = |c: char| c.is_alphanumeric() || "-._[]:".contains(c);
        if (host.is_empty() && !any_before) || !host.chars().all(fits) {
            return None;
        }
        let path = path.trim_end_matches('/').to_owned();
        Some(Self { scheme, host: host.to_ascii_lowercase(), any_before, port, path })
    }

    /// Whether a URL begins with it. A path ends at a slash: `/v1` does not
    /// cover `/v10`.
    pub fn covers(&self, url: &Url) -> bool {
        let host = url.host_str().unwrap_or_default();
        let of_host = if self.any_before { host.ends_with(&self.host) } else { *host == *self.host };
        let of_path =
            url.path().strip_prefix(self.path.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        of_host
            && of_path
            && self.scheme.as_deref().is_none_or(|s| s == url.scheme())
            && self.port.is_none_or(|p| url.port_or_known_default() == Some(p))
    }

    /// Narrow patterns come before broad ones.
    fn breadth(&self) -> (bool, usize, bool, bool) {
        let length = self.host.len() + self.path.len();
        (self.any_before, usize::MAX - length, self.port.is_none(), self.scheme.is_none())
    }
}

impl<T> Mapped<T> {
    /// Patterns with what they are mapped to.
    pub fn new(entries: impl IntoIterator<Item = (UrlPattern, T)>) -> Self {
        let mut entries: Vec<_> = entries.into_iter().collect();
        entries.sort_by_key(|(pattern, _)| pattern.breadth());
        Self(entries)
    }

    /// What a URL is mapped to, if it is.
    pub fn find(&self, url: &Url) -> Option<&T> {
        self.0.iter().find(|(pattern, _)| pattern.covers(url)).map(|(_, to)| to)
    }

    /// The patterns alone.
    pub fn patterns(&self) -> Mapped {
        Mapped(self.0.iter().map(|(pattern, _)| (pattern.clone(), ())).collect())
    }
}

/// The URLs that a text of C# names: each from its scheme to where its host
/// and the path that is written out end.
pub(super) fn urls_in(text: &str) -> Vec<Url> {
    let begins = text.match_indices("http").map(|(at, _)| &text[at..]);
    let begins = begins.filter(|rest| rest.starts_with("http://") || rest.starts_with("https://"));
    let url = |rest: &str| {
        let end = rest.find(|c: char| c.is_whitespace() || "\"'{}<>\\".contains(c)).unwrap_or(rest.len());
        Url::parse(&rest[..end]).ok().filter(|url| url.host_str().is_some_and(|h| h.len() > 1))
    };
    begins.filter_map(url).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn the_narrowest_pattern_wins() {
        let pattern = |text: &str| UrlPattern::parse(text).expect("a pattern");
        let texts =
            ["*", "api.example", "*.example", "https://api.example/v1", "api.example:8443", "*.openai.azure.com"];
        let mapped = Mapped::new(texts.map(|t| (pattern(t), t)));
        for (called, by) in [
            ("https://api.example/v1/x", "https://api.example/v1"),
            ("https://api.example/v1", "https://api.example/v1"),
            ("https://API.example/v10", "api.example"),
            ("http://api.example/v1", "api.example"),
            ("https://api.example:8443/x", "api.example:8443"),
            ("https://other.example/", "*.example"),
            ("https://eu.openai.azure.com/openai", "*.openai.azure.com"),
            ("http://10.1.2.3/", "*"),
        ] {
            assert_eq!(mapped.find(&url(called)), Some(&by), "{called}");
        }
        let few = Mapped::new([(pattern("api.example"), ())]);
        assert!(few.find(&url("https://api.example.evil/")).is_none());
        for wrong in ["", "ftp://x", "a b", "x:many", "https://"] {
            assert_eq!(UrlPattern::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn urls_are_found_in_expressions() {
        let text = r#"@($"https://{host}/x" + "https://a.example/v1?q=" + 1 + "http://b.example" + "https:")"#;
        let found: Vec<String> = urls_in(text).iter().map(|u| u.host_str().unwrap_or_default().to_owned()).collect();
        assert_eq!(found, ["a.example", "b.example"]);
    }
}
