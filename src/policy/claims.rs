//! What is claimed of each policy of the platform, and which documents prove
//! it: the source of the docs.

use serde::{Serialize, Serializer};

use super::inventory::Verdict;
use super::policies::{ANYWHERE, EVERYWHERE, POLICIES, REFUSED, SHOWN};
use super::statement::{Scope, Section};

/// What is claimed of one policy.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Claim {
    /// The policy's name.
    pub policy: &'static str,
    /// Where in a document it may stand; empty where it is not emulated.
    pub sections: &'static [Section],
    /// In which documents; empty where it is not emulated.
    pub scopes: &'static [Scope],
    /// How truly it is emulated.
    pub emulation: Verdict,
    /// The documents of the corpus that show it, `AREA/NAME`.
    pub shown_by: &'static [&'static str],
}

impl Serialize for Section {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl Serialize for Scope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Put in place of by what it includes, before anything is compiled: it has no
/// row in the table of policies.
const INCLUDE_FRAGMENT: &str = "include-fragment";

/// Everything that is claimed, by name.
pub fn claims() -> Vec<Claim> {
    let emulated = POLICIES.iter().map(|kind| (kind.name, kind.sections, kind.scopes, kind.emulation.into()));
    let included = (INCLUDE_FRAGMENT, ANYWHERE, EVERYWHERE, Verdict::Emulated);
    let none: (&'static [Section], &'static [Scope]) = (&[], &[]);
    let refused = REFUSED.iter().map(|(name, why)| (*name, none.0, none.1, Verdict::NotEmulated((*why).to_owned())));
    let rows = emulated.chain([included]).chain(refused);
    let mut claims: Vec<Claim> = rows
        .map(|(policy, sections, scopes, emulation)| Claim {
            policy,
            sections,
            scopes,
            emulation,
            shown_by: SHOWN.iter().find(|(name, _)| *name == policy).map_or(&[], |(_, documents)| documents),
        })
        .collect();
    claims.sort_by_key(|claim| claim.policy);
    claims
}
