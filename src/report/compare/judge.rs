//! Figure by figure: is the second run worse, by more than is allowed and more
//! than chance explains?

use super::bounds::{self, Bounded};
use super::recorded::{Key, Recorded};
use super::rules::{Kind, Measure, Rules};
use super::sample::Sample;
use super::{Figure, Outcome, Subject};

/// What a figure is made of, in both runs.
#[derive(Clone, Copy, Debug)]
enum Of<'a> {
    /// A quantile of latencies; without one the mean.
    Latency(Option<f64>, [&'a Sample; 2]),
    /// Parts of wholes.
    Share([(u64, u64); 2]),
    Number([f64; 2]),
}

/// A subject with its figures, to be judged.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    pub(super) subject: Subject,
    of: Vec<(Measure, Of<'a>)>,
}

/// Everything that both runs have: operations, the scenarios before them, and
/// the runs as a whole.
pub(super) fn plan<'a>(a: &'a Recorded, b: &'a Recorded) -> Vec<Plan<'a>> {
    let mut plans = vec![of_run(a, b)];
    let both = a.latencies.iter().filter_map(|(key, one)| Some((key, [one, b.latencies.get(key)?])));
    let mut scenario = None;
    for (key, samples) in both {
        if scenario != Some(&key.scenario) {
            plans.push(of_scenario([a, b], &key.scenario));
            scenario = Some(&key.scenario);
        }
        plans.push(of_operation([a, b], key, samples));
    }
    plans
}

fn of_run<'a>(a: &Recorded, b: &Recorded) -> Plan<'a> {
    let runs = [a, b].map(|run| &run.run.totals);
    let shares = runs.map(|totals| (totals.throttled, totals.exchanges));
    let subject = Subject::new(None, None, runs.map(|totals| totals.exchanges));
    Plan { subject, of: vec![(Measure::Throttled, Of::Share(shares))] }
}

fn of_scenario<'a>(runs: [&Recorded; 2], scenario: &str) -> Plan<'a> {
    let sent = runs.map(|run| {
        run.phases(scenario).map(|phase| phase.due.saturating_sub(phase.dropped)).fold(0, u64::saturating_add)
    });
    let rate = runs.map(|run| {
        let took: f64 = run.phases(scenario).map(|phase| phase.took_ms as f64).sum();
        run.phases(scenario).map(|phase| phase.offered_per_s * phase.took_ms as f64).sum::<f64>() / took.max(1.0)
    });
    let exchanges = runs.map(|run| run.phases(scenario).map(|phase| phase.exchanges as f64).sum::<f64>());
    let exchanges = [0, 1].map(|at| exchanges[at] / sent[at].max(1) as f64);
    let of = vec![(Measure::Rate, Of::Number(rate)), (Measure::Exchanges, Of::Number(exchanges))];
    Plan { subject: Subject::new(Some(scenario), None, sent), of }
}

fn of_operation<'a>(runs: [&Recorded; 2], key: &Key, samples: [&'a Sample; 2]) -> Plan<'a> {
    let mut subject = Subject::new(Some(&key.scenario), Some(key), samples.map(Sample::count));
    subject.seconds = samples.map(Sample::seconds);
    let quantiles =
        [(Measure::P50, 0.5), (Measure::P95, 0.95), (Measure::P99, 0.99), (Measure::P999, 0.999)].into_iter();
    let mut of: Vec<_> = quantiles.map(|(measure, at)| (measure, Of::Latency(Some(at), samples))).collect();
    of.push((Measure::Mean, Of::Latency(None, samples)));
    let failed = [0, 1].map(|at| (runs[at].failed(key), samples[at].count()));
    of.push((Measure::Failed, Of::Share(failed)));
    Plan { subject, of }
}

impl Plan<'_> {
    /// What is compared, by name.
    pub(super) fn named(&self) -> impl Iterator<Item = (String, Measure)> {
        self.of.iter().map(|(measure, _)| (self.subject.place(), *measure))
    }

    /// How many figures are to be compared with an interval.
    pub(super) fn comparisons(&self, rules: &Rules) -> usize {
        let place = self.subject.place();
        let limited = |(measure, _): &&(Measure, Of<'_>)| rules.of(&place, *measure).0.is_some();
        if self.subject.barred.is_some() { 0 } else { self.of.iter().filter(limited).count() }
    }

    /// The figures, judged with intervals that miss in the share `alpha`.
    pub(super) fn judge(mut self, rules: &Rules, alpha: f64) -> Subject {
        let subject = &self.subject;
        self.subject.figures =
            self.of.iter().map(|(measure, of)| figure(subject, *measure, of, rules, alpha)).collect();
        self.subject
    }
}

fn figure(subject: &Subject, measure: Measure, of: &Of<'_>, rules: &Rules, alpha: f64) -> Figure {
    let in_ms = |of: Bounded| of.map(|micros| micros / 1e3);
    let [a, b] = match of {
        Of::Latency(Some(at), samples) => samples.map(|sample| in_ms(bounds::quantile(sample, *at, alpha))),
        Of::Latency(None, samples) => samples.map(|sample| in_ms(bounds::mean(sample, alpha))),
        Of::Share(shares) => shares.map(|share| bounds::share(share, alpha)),
        Of::Number(numbers) => numbers.map(Bounded::plain),
    };
    let apart = bounds::difference(&a, &b);
    let change = if measure.kind() == Kind::Share { apart } else { bounds::growth(&a, &b) };
    let (allowed, asked) = rules.of(&subject.place(), measure);
    let outcome = match allowed {
        None => Outcome::Shown,
        Some(_) if subject.barred.is_some() => Outcome::Barred,
        Some(limit) if measure.kind() == Kind::Share => told(&[(apart, limit.absolute)]),
        Some(limit) => told(&[(apart, limit.absolute), (change, limit.relative)]),
    };
    let Bounded { value: change, low, high } = change;
    Figure { measure, a: a.value, b: b.value, change, low, high, allowed, asked, outcome }
}

/// Worse only where the whole interval lies beyond what is allowed, by every
/// measure of it.
fn told(changes: &[(Bounded, f64)]) -> Outcome {
    let worse = changes.iter().all(|(change, limit)| change.low.is_some_and(|low| low > *limit));
    let better = changes.iter().all(|(change, limit)| change.high.is_some_and(|high| high < -limit));
    let unknown = changes.iter().any(|(change, _)| change.low.is_none() || change.high.is_none());
    let up = changes.iter().any(|(change, limit)| change.high.is_some_and(|high| high <= *limit));
    match (worse, better) {
        (true, _) => Outcome::Worse,
        (_, true) => Outcome::Better,
        _ if unknown => Outcome::TooFew,
        _ if up => Outcome::Same,
        _ => Outcome::Open,
    }
}
