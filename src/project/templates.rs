//! Texts that a project begins with. What the shipped system has and is nobody's
//! in particular is taken as it is.

/// Files of `mocks/` that every project shares, with their paths in it.
pub(super) const SHARED: [(&str, &str); 9] = [
    ("mocks/gateway/global.xml", include_str!("../../mocks/gateway/global.xml")),
    ("mocks/gateway/fragments/body.xml", include_str!("../../mocks/gateway/fragments/body.xml")),
    ("mocks/gateway/fragments/client.xml", include_str!("../../mocks/gateway/fragments/client.xml")),
    ("mocks/gateway/fragments/lifecycle.xml", include_str!("../../mocks/gateway/fragments/lifecycle.xml")),
    ("mocks/gateway/fragments/problem.xml", include_str!("../../mocks/gateway/fragments/problem.xml")),
    ("mocks/gateway/fragments/throttle.xml", include_str!("../../mocks/gateway/fragments/throttle.xml")),
    ("mocks/gateway/products/flows.xml", include_str!("../../mocks/gateway/products/flows.xml")),
    ("mocks/gateway/apis/data.xml", include_str!("../../mocks/gateway/apis/data.xml")),
    ("mocks/dataverse/environment.yaml", include_str!("../../mocks/dataverse/environment.yaml")),
];

/// Files of their own that every project begins with.
pub(super) const FIRST: [(&str, &str); 2] = [
    ("mocks/gateway/apis/data.yaml", include_str!("template/data.yaml")),
    ("mocks/dataverse/accounts.yaml", include_str!("template/accounts.yaml")),
];

/// The policies of one API.
const API: &str = include_str!("template/api.xml");
/// Who may ask for tokens.
const TENANT: &str = include_str!("template/tenant.yaml");
/// A burst.
const SCENARIO: &str = include_str!("template/scenario.yaml");

/// What `fragments/throttle.xml` admits to one client: calls in 60 seconds, and
/// in 30 days.
pub(super) const ADMITTED: (u64, u64) = (600, 5_000_000);

/// What the policies of an API hold.
#[derive(Clone, Debug)]
pub(super) struct ApiPolicy<'p> {
    /// The API's name, and its version without `v`.
    pub(super) name: (&'p str, &'p str),
    /// The application id that tokens are for.
    pub(super) audience: &'p str,
    /// The role that a token must carry.
    pub(super) role: &'p str,
    /// The largest body, in bytes, and the one or two media types that are
    /// accepted; `None`: the gateway does not look at bodies.
    pub(super) body: Option<(u64, &'p [String])>,
}

/// The document of an API.
pub(super) fn api(policy: &ApiPolicy<'_>) -> String {
    let text = filled(
        API,
        &[("NAME", policy.name.0), ("NUMBER", policy.name.1), ("AUDIENCE", policy.audience), ("ROLE", policy.role)],
    );
    let lines = text.split_inclusive('\n').filter_map(|line| match policy.body {
        Some((limit, media)) => Some(body_line(line, limit, media)),
        None => (!["LIMIT", "MEDIA-TYPE", "fragment-id=\"body\""].iter().any(|own| line.contains(own)))
            .then(|| line.to_owned()),
    });
    lines.collect()
}

fn body_line(line: &str, limit: u64, media: &[String]) -> String {
    let line = line.replace("LIMIT", &limit.to_string());
    if !line.contains("MEDIA-TYPE") {
        return line;
    }
    let usual = "application/json".to_owned();
    let mut lines = line.replace("MEDIA-TYPE", media.first().unwrap_or(&usual));
    if let Some(other) = media.get(1) {
        lines.push_str(&line.replace("\"mediaType\"", "\"otherMediaType\"").replace("MEDIA-TYPE", other));
    }
    lines
}

/// The tenant, with one API.
pub(super) fn tenant(name: &str, audience: &str, uri: &str, role: &str) -> String {
    filled(TENANT, &[("NAME", name), ("AUDIENCE", audience), ("URI", uri), ("ROLE", role)])
}

/// A scenario of one operation.
pub(super) fn scenario(name: &str, contract: &str, operation: &str) -> String {
    filled(SCENARIO, &[("NAME", name), ("CONTRACT", contract), ("OPERATION", operation)])
}

/// A template with its words in capitals filled in.
fn filled(template: &str, words: &[(&str, &str)]) -> String {
    words.iter().fold(template.to_owned(), |text, (word, value)| text.replace(word, value))
}
