//! A call that is given some of its values.

use serde_json::Value;

use super::OperationGenerator;
use super::draft::{Draft, Wish};
use super::pooled::within;
use super::seal::{Made, Sealing};
use crate::generate::CouldNotMake;

/// A value that a call is given.
#[derive(Clone, Debug)]
pub(crate) struct Given {
    /// The number of a parameter; `None`: the body.
    pub(crate) parameter: Option<usize>,
    /// The value.
    pub(crate) value: Value,
    /// Whether it is only a mark, which need not keep the schema.
    pub(crate) mark: bool,
}

/// How often such a call is drawn anew.
const TRIES: u64 = 6;

impl OperationGenerator {
    /// Draws a call that conforms wherever it is not given something.
    pub(crate) fn make_given(&self, seed: u64, given: &[Given], sealing: &Sealing<'_>) -> Result<Made, CouldNotMake> {
        let wish = Wish { plain: true, items: Some(1), ..Wish::default() };
        let mut last = None;
        for attempt in 0..TRIES {
            let varied = seed.wrapping_add(attempt.wrapping_mul(0xd134_2543_de82_ef95));
            match self.draft(varied, &wish).and_then(|draft| self.seal_given(draft, given, sealing)) {
                Ok(made) => return Ok(made),
                Err(reason) => last = Some(reason),
            }
        }
        Err(last.unwrap_or_else(|| CouldNotMake::new(&*self.operation.id, "nothing was tried")))
    }

    fn seal_given(&self, mut draft: Draft, given: &[Given], sealing: &Sealing<'_>) -> Result<Made, CouldNotMake> {
        let fault = |reason: &str| CouldNotMake::new(&*self.operation.id, reason);
        self.fill_pools(&mut draft, sealing)?;
        for Given { parameter, value, .. } in given {
            if let Some(index) = parameter {
                draft.parameters[*index] = Some(value.clone());
                continue;
            }
            let json = self.bodies.iter().position(super::BodyGenerator::is_json);
            let json = json.ok_or_else(|| fault("the link gives a body, but none is JSON"))?;
            draft.body = Some((json, value.clone()));
        }
        let made = self.write(draft, None, sealing)?;
        let place = |given: &Given| given.parameter.map_or_else(|| "body".to_owned(), |i| self.parameters[i].place());
        let excused = |at: &str| given.iter().filter(|g| g.mark).map(place).any(|place| is_of(at, &place));
        match made.labels.iter().find(|label| !excused(&label.at)) {
            None => Ok(made),
            Some(label) if given.iter().map(place).any(|place| is_of(&label.at, &place)) => {
                Err(fault(&format!("what the link gives fails {label}")))
            }
            Some(label) => Err(fault(&format!("what was meant to conform fails {label}"))),
        }
    }
}

fn is_of(at: &str, place: &str) -> bool {
    within(at, place) || (place == "body" && at.starts_with("body "))
}
