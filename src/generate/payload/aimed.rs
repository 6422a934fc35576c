//! What boundary and violating calls of an operation are aimed at.

use serde_json::Value;

use super::OperationGenerator;
use crate::generate::schema::Target;

/// One thing to aim at in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Aimed {
    /// A place in the body, of this media type.
    Body(usize, Target),
    /// A place in a parameter's value.
    Parameter(usize, Target),
    /// An optional parameter that is there.
    Present(usize),
    /// An optional parameter that is not there, or a required one: then it
    /// is a violation.
    Absent(usize),
    /// A parameter with nothing in its place: free where the document allows
    /// it, else a violation of a required one.
    Blank(usize),
    /// No body where one may be: right where it is optional.
    NoBody,
}

impl Aimed {
    /// The target in the value.
    pub(crate) fn target(&self) -> Option<&Target> {
        match self {
            Self::Body(_, target) | Self::Parameter(_, target) => Some(target),
            Self::Present(_) | Self::Absent(_) | Self::Blank(_) | Self::NoBody => None,
        }
    }

    /// What is tried, in plain words.
    pub(crate) fn title(&self, operation: &OperationGenerator) -> String {
        match self {
            Self::Body(_, target) => {
                let place = target.place();
                let place = if place.is_empty() { "the body".to_owned() } else { format!("body {place}") };
                format!("{place} {}", target.title())
            }
            Self::Parameter(index, target) => {
                format!("{}{} {}", operation.parameters[*index].place(), target.place(), target.title())
            }
            Self::Present(index) => format!("with {}", operation.parameters[*index].place()),
            Self::Absent(index) => format!("without {}", operation.parameters[*index].place()),
            Self::Blank(index) => format!("with nothing in {}", operation.parameters[*index].place()),
            Self::NoBody => "without a body".to_owned(),
        }
    }
}

impl OperationGenerator {
    /// All targets of the operation, whether they can be made or not: those
    /// at edges, and those that break something.
    pub(super) fn all_targets(&self) -> (Vec<Aimed>, Vec<Aimed>) {
        let (mut boundary, mut violating) = (Vec::new(), Vec::new());
        for (index, body) in self.bodies.iter().enumerate() {
            let Some(schema) = &body.schema else { continue };
            boundary.extend(schema.boundary().iter().map(|t| Aimed::Body(index, t.clone())));
            violating.extend(schema.violating().iter().map(|t| Aimed::Body(index, t.clone())));
        }
        match &self.operation.request {
            Some(request) if request.required && !self.bodies.is_empty() => violating.push(Aimed::NoBody),
            Some(_) if !self.bodies.is_empty() => boundary.push(Aimed::NoBody),
            _ => {}
        }
        for (index, parameter) in self.parameters.iter().enumerate() {
            if self.is_correlation(&parameter.parameter) {
                continue;
            }
            let written = parameter.write(&Value::String(String::new())).is_some();
            if parameter.parameter.allow_empty {
                boundary.push(Aimed::Blank(index));
            } else if parameter.parameter.required && parameter.blank_breaks && written {
                violating.push(Aimed::Blank(index));
            }
            if parameter.parameter.required {
                if parameter.parameter.within != crate::contract::openapi::ParameterIn::Path {
                    violating.push(Aimed::Absent(index));
                }
            } else {
                boundary.extend([Aimed::Present(index), Aimed::Absent(index)]);
            }
            let Some(schema) = &parameter.schema else { continue };
            boundary.extend(schema.boundary().iter().map(|t| Aimed::Parameter(index, t.clone())));
            violating.extend(schema.violating().iter().map(|t| Aimed::Parameter(index, t.clone())));
        }
        (boundary, violating)
    }
}
