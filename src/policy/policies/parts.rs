//! Limits of their own for some APIs and operations, inside of `rate-limit` and
//! `quota`.

use std::sync::Arc;

use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;

/// A limit for one API, and limits for some of its operations. Each counts for
/// itself.
#[derive(Clone, Debug)]
pub struct ApiPart<L> {
    /// Which API.
    pub of: Named,
    /// Its limit.
    pub limit: L,
    /// Operations with a limit of their own.
    pub operations: Vec<(Named, L)>,
}

/// What a part applies to: by id, and only where that is not given by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// The id.
    pub id: Option<Arc<str>>,
    /// The name.
    pub name: Option<Arc<str>>,
}

impl Named {
    /// Whether it names what has this id and this name.
    pub fn is(&self, id: &str, name: &str) -> bool {
        match (&self.id, &self.name) {
            (Some(wanted), _) => wanted.eq_ignore_ascii_case(id),
            (None, Some(wanted)) => **wanted == *name,
            (None, None) => false,
        }
    }

    fn read(reader: &mut Reader<'_, '_, '_>) -> Option<Self> {
        let named = Self { id: reader.literal("id"), name: reader.literal("name") };
        if named == Self::default() {
            let fault = Diagnostic::error(reader.place(), format!("`{}` has neither id nor name", reader.element.name));
            reader.fault(fault.expected("`id=\"…\"` or `name=\"…\"`"));
            return None;
        }
        Some(named)
    }
}

/// Reads the children `<api>` and their children `<operation>`; `whole` is the
/// limit of the policy itself.
pub(super) fn read<L>(
    reader: &mut Reader<'_, '_, '_>,
    whole: Option<&L>,
    limit: fn(&mut Reader<'_, '_, '_>, Option<&L>) -> Option<L>,
) -> Vec<ApiPart<L>> {
    let mut parts = Vec::new();
    for element in reader.children(&["api"]) {
        let part = reader.within(element, |api| {
            let (of, size) = (Named::read(api), limit(api, whole));
            let mut operations = Vec::new();
            for element in api.children(&["operation"]) {
                let operation = api.within(element, |operation| {
                    operation.children(&[]);
                    Named::read(operation).zip(limit(operation, whole))
                });
                operations.extend(operation);
            }
            of.zip(size).map(|(of, limit)| ApiPart { of, limit, operations })
        });
        parts.extend(part);
    }
    parts
}
