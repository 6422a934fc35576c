//! The interpreter of statements.

use std::sync::Arc;

use super::super::value::Value;
use super::interpret::{Frame, thrown_by};
use super::{Exception, Fault, convert, operate};
use crate::policy::expression::{BinaryOp, Catch, Expr, Loop, Section, Step, Try, Type};

/// How statements end.
pub(super) enum Ended {
    /// The next one follows.
    Through,
    Broken,
    Continued,
    Returned(Value),
}

impl Frame<'_> {
    /// Statements that return; null where they do not.
    pub(super) fn block(&mut self, steps: &[Step]) -> Result<Value, Fault> {
        match self.steps(steps)? {
            Ended::Returned(value) => Ok(value),
            _ => Ok(Value::Null),
        }
    }

    fn steps(&mut self, steps: &[Step]) -> Result<Ended, Fault> {
        for step in steps {
            match self.step(step)? {
                Ended::Through => {}
                other => return Ok(other),
            }
        }
        Ok(Ended::Through)
    }

    fn step(&mut self, step: &Step) -> Result<Ended, Fault> {
        self.call.work.spend(1)?;
        match step {
            Step::Return(expr) => return self.value(expr).map(Ended::Returned),
            Step::Set(slot, expr) => self.locals[*slot] = self.value(expr)?,
            Step::Do(expr) => {
                self.value(expr)?;
            }
            Step::If(branches, no) => {
                for (condition, yes) in branches {
                    if self.truth(condition)? {
                        return self.steps(yes);
                    }
                }
                return self.steps(no);
            }
            Step::Block(steps) => return self.steps(steps),
            Step::Foreach(slot, cast, list, body) => return self.foreach(*slot, *cast, list, body),
            Step::Loop(repeated) => return self.repeat(repeated),
            Step::Switch(value, sections) => return self.switch(value, sections),
            Step::Try(attempt) => return self.attempt(attempt),
            Step::Throw(Some(thrown)) => {
                let thrown = self.value(thrown)?;
                return Err(thrown_by(thrown));
            }
            Step::Throw(None) => {
                return Err(self.caught.as_deref().cloned().unwrap_or_else(Fault::null));
            }
            Step::Break => return Ok(Ended::Broken),
            Step::Continue => return Ok(Ended::Continued),
        }
        Ok(Ended::Through)
    }

    fn foreach(&mut self, slot: usize, cast: Option<Type>, list: &Expr, body: &[Step]) -> Result<Ended, Fault> {
        let list = self.value(list)?;
        for element in self.elements(&list)? {
            self.locals[slot] = match cast {
                Some(to) => convert::cast_element(to, element, &mut self.call.work)?,
                None => element,
            };
            self.call.work.spend(1)?;
            match self.steps(body)? {
                Ended::Broken => break,
                Ended::Returned(value) => return Ok(Ended::Returned(value)),
                Ended::Through | Ended::Continued => {}
            }
        }
        Ok(Ended::Through)
    }

    fn repeat(&mut self, repeated: &Loop) -> Result<Ended, Fault> {
        let mut first = repeated.body_first;
        loop {
            self.call.work.spend(1)?;
            if !first
                && let Some(condition) = &repeated.condition
                && !self.truth(condition)?
            {
                return Ok(Ended::Through);
            }
            first = false;
            match self.steps(&repeated.body)? {
                Ended::Broken => return Ok(Ended::Through),
                Ended::Returned(value) => return Ok(Ended::Returned(value)),
                Ended::Through | Ended::Continued => {}
            }
            for next in &repeated.next {
                self.value(next)?;
            }
        }
    }

    fn switch(&mut self, value: &Expr, sections: &[Section]) -> Result<Ended, Fault> {
        let value = self.value(value)?;
        let mut taken = None;
        'sections: for (labels, body) in sections {
            for label in labels.iter().flatten() {
                let label = self.value(label)?;
                if matches!(operate::binary(BinaryOp::Equal, &value, &label)?, Value::Bool(true)) {
                    taken = Some(body);
                    break 'sections;
                }
            }
        }
        let default = || sections.iter().find(|(labels, _)| labels.iter().any(Option::is_none)).map(|(_, body)| body);
        match taken.or_else(default) {
            Some(body) => match self.steps(body)? {
                Ended::Broken => Ok(Ended::Through),
                other => Ok(other),
            },
            None => Ok(Ended::Through),
        }
    }

    fn attempt(&mut self, attempt: &Try) -> Result<Ended, Fault> {
        let mut ended = self.steps(&attempt.body);
        if let Err(fault) = ended {
            ended = match self.catching(&attempt.catches, &fault)? {
                Some(catch) => self.handle(catch, fault),
                None => Err(fault),
            };
        }
        // What `finally` raises comes in place of what was raised before.
        if !matches!(&ended, Err(fault) if fault.kind == Exception::Limit) {
            self.steps(&attempt.last)?;
        }
        ended
    }

    /// The first `catch` that sees the exception.
    fn catching<'t>(&mut self, catches: &'t [Catch], fault: &Fault) -> Result<Option<&'t Catch>, Fault> {
        for catch in catches {
            if !fault.kind.is(Exception::named(&catch.class)) {
                continue;
            }
            if let Some(slot) = catch.slot {
                self.locals[slot] = Value::Exception(Arc::new(fault.clone()));
            }
            if match &catch.when {
                Some(when) => self.truth(when)?,
                None => true,
            } {
                return Ok(Some(catch));
            }
        }
        Ok(None)
    }

    fn handle(&mut self, catch: &Catch, fault: Fault) -> Result<Ended, Fault> {
        let outer = self.caught.replace(Arc::new(fault));
        let ended = self.steps(&catch.body);
        self.caught = outer;
        ended
    }
}
