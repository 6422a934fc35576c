//! What sequences of an operation can be made of.

use super::material;
use crate::contract::behaviour::{DataPath, Scope, Selector};
use crate::generate::generators::Generators;
use crate::generate::payload::{BodyGenerator, OperationGenerator};
use crate::generate::{Generators as Made, Need};

/// What sequences can be made of: what the behaviour file declares, so that
/// there is a promise to judge by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Alphabet {
    /// How many items there are.
    pub items: u8,
    /// The most items of one call.
    pub width: u8,
    /// Whether other content of an item is declared.
    pub contents: bool,
    /// Whether one content can be written in several ways.
    pub spellings: bool,
    /// Whether calls of one run are told apart by steps.
    pub steps: bool,
    /// Whether principals are told apart, or share: both are promises.
    pub principals: bool,
    /// Whether another version takes the same.
    pub versions: bool,
    /// Whether faults can be injected.
    pub faults: bool,
    /// Whether the service can be restarted.
    pub restarts: bool,
    /// Whether time can pass the window.
    pub window: bool,
}

/// Sequences come in rounds: those of one round need the same of a target.
const ROUND: u32 = 8;

/// Up to this number there are sequences in which the window passes: each of
/// them makes a target older by a day or two.
const LAST_WITH_WINDOW: u32 = 2 * ROUND;

impl Alphabet {
    /// Everything that an operation's file declares; `None` where it promises
    /// nothing that sequences could break.
    pub(in crate::generate) fn of(generators: &Generators, operation: &OperationGenerator) -> Option<Self> {
        let behaviour = operation.behaviour.as_deref()?;
        let idempotency = behaviour.idempotency.as_ref()?;
        if !operation.writes() || !material::is_possible(operation, idempotency) {
            return None;
        }
        let listed = matches!(idempotency.item, Some(Selector::Body(_)));
        let json = operation.bodies.first().is_some_and(BodyGenerator::is_json);
        Some(Self {
            items: if listed { 4 } else { 2 },
            width: if listed { 3 } else { 1 },
            contents: listed && idempotency.other_content.is_some(),
            spellings: json && idempotency.item != Some(Selector::Digest),
            steps: matches!(idempotency.step, Some(Selector::Header(_))),
            principals: behaviour.identity.is_some() && idempotency.scope.contains(&Scope::Principal),
            versions: Made::sibling_of(generators, operation).is_some(),
            // Where the flow writes, Dataverse's faults are not the service's.
            faults: behaviour.data_path != Some(DataPath::FlowCommits),
            restarts: true,
            window: true,
        })
    }

    /// What the sequence of this number is made of: every round has plain ones,
    /// and some of each kind that needs more.
    #[must_use]
    pub fn at(self, index: u32) -> Self {
        let kind = index % ROUND;
        Self {
            principals: self.principals && matches!(kind, 2 | 6 | 7),
            versions: self.versions && matches!(kind, 1 | 3 | 6 | 7),
            faults: self.faults && matches!(kind, 3 | 4 | 5 | 7),
            restarts: self.restarts && kind == 5,
            window: self.window && kind == 4 && index < LAST_WITH_WINDOW,
            ..self
        }
    }

    /// What a target must offer for it.
    pub fn needs(&self) -> Vec<Need> {
        let needs = [
            (true, Need::Behaviour),
            (self.principals, Need::MintedTokens),
            (self.faults, Need::Faults),
            (self.faults, Need::Effects),
            (self.restarts, Need::Restart),
            (self.window, Need::Clock),
        ];
        needs.into_iter().filter(|(needed, _)| *needed).map(|(_, need)| need).collect()
    }
}
