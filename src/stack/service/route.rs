//! Which operation a method and a path name.

use http::Method;

/// A contract of this service at one version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contract {
    BulkUpdateV1,
    BulkUpdateV2,
    TabularIntakeV1,
    TabularIntakeV2,
    InferenceV1,
    ScreeningV1,
    ScoringV1,
}

/// The media type of workbooks.
pub(super) const WORKBOOK: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// What the content of a call may be.
pub(super) const fn media_types(contract: Contract) -> &'static [&'static str] {
    match contract {
        Contract::TabularIntakeV1 => &["text/csv"],
        Contract::TabularIntakeV2 => &["text/csv", WORKBOOK],
        _ => &["application/json"],
    }
}

impl Contract {
    /// Its base path without the leading slash, which is also its name.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::BulkUpdateV1 => "bulk-update/v1",
            Self::BulkUpdateV2 => "bulk-update/v2",
            Self::TabularIntakeV1 => "tabular-intake/v1",
            Self::TabularIntakeV2 => "tabular-intake/v2",
            Self::InferenceV1 => "inference/v1",
            Self::ScreeningV1 => "screening/v1",
            Self::ScoringV1 => "scoring/v1",
        }
    }

    /// The API that it is a version of.
    pub(super) const fn api(self) -> &'static str {
        match self {
            Self::BulkUpdateV1 | Self::BulkUpdateV2 => "bulk-update",
            Self::TabularIntakeV1 | Self::TabularIntakeV2 => "tabular-intake",
            Self::InferenceV1 => "inference",
            Self::ScreeningV1 => "screening",
            Self::ScoringV1 => "scoring",
        }
    }

    /// The collection that its operations work on.
    pub(super) const fn collection(self) -> &'static str {
        match self {
            Self::BulkUpdateV1 | Self::BulkUpdateV2 => "batches",
            Self::TabularIntakeV1 | Self::TabularIntakeV2 => "files",
            Self::InferenceV1 | Self::ScreeningV1 | Self::ScoringV1 => "decisions",
        }
    }

    const ALL: [Self; 7] = [
        Self::BulkUpdateV1,
        Self::BulkUpdateV2,
        Self::TabularIntakeV1,
        Self::TabularIntakeV2,
        Self::InferenceV1,
        Self::ScreeningV1,
        Self::ScoringV1,
    ];
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Do the work in the content.
    Submit(Contract),
    /// Tell what became of it.
    Get(Contract, String),
}

/// The operation, or `None` where there is none.
pub(super) fn find(method: &Method, path: &str) -> Option<Operation> {
    let path = path.strip_prefix('/')?;
    let contract =
        Contract::ALL.into_iter().find(|c| path.strip_prefix(c.name()).is_some_and(|r| r.starts_with('/')))?;
    let collection = contract.collection();
    let mut parts = path[contract.name().len() + 1..].split('/');
    match (method, parts.next(), parts.next(), parts.next()) {
        (&Method::POST, Some(name), None, None) if name == collection => Some(Operation::Submit(contract)),
        (&Method::GET, Some(name), Some(id), None) if name == collection && !id.is_empty() => {
            Some(Operation::Get(contract, id.to_owned()))
        }
        _ => None,
    }
}

/// Who answers at a path, for `X-Served-By`.
pub(super) fn served_by(path: &str) -> &'static str {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    ["bulk-update", "tabular-intake", "inference", "screening", "scoring"]
        .into_iter()
        .find(|api| *api == first)
        .unwrap_or("service")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_found_and_everything_else_is_not() {
        let found = find(&Method::POST, "/bulk-update/v1/batches");
        assert_eq!(found, Some(Operation::Submit(Contract::BulkUpdateV1)));
        let found = find(&Method::GET, "/tabular-intake/v2/files/ab");
        assert_eq!(found, Some(Operation::Get(Contract::TabularIntakeV2, "ab".to_owned())));
        for (method, path) in [
            (Method::GET, "/bulk-update/v1/batches"),
            (Method::POST, "/bulk-update/v1/batches/x"),
            (Method::POST, "/bulk-update/v1/files"),
            (Method::POST, "/bulk-update/v12/batches"),
            (Method::GET, "/bulk-update/v1/batches/x/y"),
            (Method::GET, "/bulk-update/v1/batches/"),
            (Method::GET, "/"),
        ] {
            assert_eq!(find(&method, path), None, "{method} {path}");
        }
        assert_eq!(served_by("/tabular-intake/v9/x"), "tabular-intake");
    }
}
