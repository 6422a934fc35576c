//! A batch is done: its parts one after the other, each change set as a whole
//! (reference A7).

use std::sync::Arc;

use super::super::super::answer::{Aftermath, Answer, Cost};
use super::super::super::error::Refusal;
use super::super::super::guard::Principal;
use super::super::super::ledger::Writer;
use super::super::super::organization::Organization;
use super::super::call::Call;
use super::super::wanted::{Prepared, Wanted};
use super::super::write::{Effect, References, Scope};
use super::read::{Inner, Part, boundary_of, read};
use super::write::{PartAnswer, write};

/// Who sends a batch, and what goes wrong with it on purpose.
#[derive(Clone, Copy)]
struct Sender<'a> {
    call: &'a Call,
    principal: &'a Principal,
    fault: Option<&'static str>,
}

/// A request of a change set that can be done.
struct Step {
    content_id: Option<String>,
    call: Call,
    prepared: Prepared,
    writer: Writer,
}

impl Organization {
    /// Answers a batch. What can't be read as a whole is refused as a whole.
    pub(in crate::stack::dataverse) fn batch(
        &self,
        call: &Call,
        principal: &Principal,
        fault: Option<&'static str>,
    ) -> Result<Answer, Refusal> {
        if call.method != http::Method::POST {
            return Err(Refusal::wrong_method(call.method.as_str(), "$batch"));
        }
        let kind = call.header("content-type");
        let parts = read(kind, &call.body)?;
        let batch: Arc<str> = kind.and_then(boundary_of).unwrap_or_default().into();
        let sender = Sender { call, principal, fault };
        let mut aftermath = Aftermath::default();
        let mut answers: Vec<PartAnswer> = Vec::with_capacity(parts.len());
        for part in parts {
            let answer = match part {
                Part::One(inner) => self.one(sender, &batch, (inner, &mut aftermath)),
                Part::ChangeSet(boundary, set) => self.change_set(sender, (&batch, &boundary), (set, &mut aftermath)),
            };
            let failure = answer.failure();
            answers.push(answer);
            // The first failure ends the batch, and is its answer.
            if let Some(status) = failure.filter(|_| !call.prefer.continue_on_error) {
                let cost = Cost::of_all(answers.iter().map(PartAnswer::cost));
                let told = if self.environment.conduct.earlier_parts { 0 } else { answers.len() - 1 };
                let failing = answers.split_off(told);
                return Ok(Answer { aftermath, ..answered(status, &failing).costing(cost) });
            }
        }
        let cost = Cost::of_all(answers.iter().map(PartAnswer::cost));
        Ok(Answer { aftermath, ..answered(200, &answers).costing(cost) })
    }

    fn one(&self, sender: Sender<'_>, batch: &Arc<str>, (inner, aftermath): (Inner, &mut Aftermath)) -> PartAnswer {
        let content_id = inner.content_id.clone();
        let annotated = inner.annotated();
        let answer = Call::inner(sender.call, inner, &[]).and_then(|mut call| {
            if call.path.segment == "$batch" {
                return Err(Refusal::bad_batch("Nested batch requests are not supported."));
            }
            call.batch = Some(batch.clone());
            let fault = self.inject_part(&call, sender.principal, aftermath)?;
            self.execute(&call, sender.principal, fault.or(sender.fault))
        });
        PartAnswer::One(content_id, answer.unwrap_or_else(|refusal| Answer::refusal(&refusal, annotated)))
    }

    /// All of its requests, or none of them; then one answer tells why.
    fn change_set(
        &self,
        sender: Sender<'_>,
        (batch, boundary): (&Arc<str>, &Arc<str>),
        (set, aftermath): (Vec<Inner>, &mut Aftermath),
    ) -> PartAnswer {
        let Sender { principal, fault, .. } = sender;
        let Some(_steady) = self.steady() else {
            return match self.current() {
                Some(current) => current.change_set(sender, (batch, boundary), (set, aftermath)),
                None => PartAnswer::One(None, Answer::refusal(&Refusal::unavailable(), false)),
            };
        };
        let mut steps: Vec<Step> = Vec::with_capacity(set.len());
        for inner in set {
            let content_id = inner.content_id.clone();
            let annotated = inner.annotated();
            let refused = |refusal: &Refusal| PartAnswer::One(content_id.clone(), Answer::refusal(refusal, annotated));
            let known: Vec<(&str, &str)> = steps.iter().filter_map(|step| self.reference(step)).collect();
            let mut call = match Call::inner(sender.call, inner, &known) {
                Ok(call) => call,
                Err(refusal) => return refused(&refusal),
            };
            call.batch = Some(batch.clone());
            call.change_set = Some(boundary.clone());
            let fault = match self.inject_part(&call, principal, aftermath) {
                Ok(injected) => injected.or(fault),
                Err(refusal) => return refused(&refusal),
            };
            let acting = self.acting(&call, principal).map(|acting| acting.unwrap_or_else(|| principal.clone()));
            let wanted = acting.and_then(|acting| Ok((self.wanted(&call, &acting)?, acting)));
            let (prepared, acting) = match wanted {
                Ok((Wanted::Write(prepared), acting)) => (prepared, acting),
                Ok(_) => {
                    let text = "A change set holds a request that does not write rows, or not at once.";
                    return refused(&Refusal::bad_batch(text));
                }
                Err(refusal) => {
                    self.note_refusal(&call, principal, (refusal.status, refusal.code), fault);
                    return refused(&refusal);
                }
            };
            let writer = call.writer(&acting, fault);
            steps.push(Step { content_id, call, prepared, writer });
        }
        self.all_or_none(steps)
    }

    /// The `Content-ID` of a step, and the collection that it is about.
    fn reference<'s>(&'s self, step: &'s Step) -> Option<(&'s str, &'s str)> {
        let id = step.content_id.as_deref()?;
        Some((id, &*self.tables[step.prepared.write.table()].collection))
    }

    fn all_or_none(&self, mut steps: Vec<Step>) -> PartAnswer {
        let writers: Vec<_> = steps.iter().map(|step| step.writer.clone()).collect();
        let Some(first) = writers.first() else { return PartAnswer::ChangeSet(Vec::new()) };
        let mut references = References::default();
        let mut effects = Vec::with_capacity(steps.len());
        let mut store = self.store();
        let mut transaction = store.begin(first);
        for (step, writer) in steps.iter_mut().zip(&writers) {
            transaction.write_as(writer);
            let scope = Scope { tables: &self.tables, references: &references };
            match scope.apply(&mut transaction, &mut step.prepared.write) {
                Ok(effect) => {
                    if let (Some(id), Effect::Row(table, row, _)) = (&step.content_id, &effect) {
                        references.note(id, *table, *row);
                    }
                    let shown = step.prepared.representation.as_ref();
                    let shown = shown.and_then(|r| Self::shown(&step.call, r, &effect, transaction.store()));
                    effects.push((effect, shown));
                }
                Err(refusal) => {
                    drop(transaction);
                    let refusal = self.environment.conduct.spelled(refusal);
                    self.note_refused(&mut store, &step.prepared.write, (&references, writer), &refusal);
                    let answer = Answer::refusal(&refusal, step.call.prefer.annotated());
                    return PartAnswer::One(step.content_id.take(), answer);
                }
            }
        }
        transaction.commit();
        drop(store);
        let told = steps.into_iter().zip(effects);
        let told = told.map(|(step, (effect, shown))| (step.content_id, self.told(&step.call, &effect, shown)));
        PartAnswer::ChangeSet(told.collect())
    }
}

fn answered(status: u16, answers: &[PartAnswer]) -> Answer {
    let (kind, body) = write(answers);
    Answer::bytes(status, body).with("content-type", kind)
}
