//! A fault as text: `deadlock,table=accounts,share=10%,times=20` on the command
//! line, the same fields in a scenario.

use std::time::Duration;

use super::distribution::Distribution;
use super::error::FaultError;
use super::fields::{FieldFault, FieldReader};
use super::groups;
use super::kind::{FaultKind, InsteadOf};
use super::model::{Cycle, Downstream, Fault, FaultOperation};
use crate::clock::{Timestamp, parse_duration};

/// A fault whose instants are not set yet: they count from a start.
#[derive(Clone, Debug, PartialEq)]
pub struct FaultPlan {
    /// What, and whom it hits.
    pub fault: Fault,
    /// From here on, after the start.
    pub from: Duration,
    /// Until here; `None`: to the end.
    pub until: Option<Duration>,
    /// Whether these two are real time, and not the shared clock's.
    pub real: bool,
}

impl FaultPlan {
    /// Reads `KIND,NAME=VALUE,…`. A `message` goes to the end of the text, with
    /// its commas.
    ///
    /// # Errors
    /// All that is wrong with it; places count the parts between the commas.
    pub fn parse(text: &str) -> Result<Self, Vec<FieldFault>> {
        let mut fields = Vec::new();
        let mut rest = text.trim();
        while !rest.is_empty() {
            let end = if rest.starts_with("message=") { None } else { rest.find(',') };
            let (part, after) = end.map_or((rest, ""), |end| (&rest[..end], &rest[end + 1..]));
            rest = after.trim_start();
            fields.push(match part.split_once('=') {
                Some((name, value)) => (name.trim().to_owned(), value.trim().to_owned()),
                None if fields.is_empty() => ("kind".to_owned(), part.trim().to_owned()),
                None => (part.trim().to_owned(), String::new()),
            });
        }
        Self::read(&fields)
    }

    /// Reads fields: names with their values.
    ///
    /// # Errors
    /// All that is wrong with them.
    pub fn read(fields: &[(String, String)]) -> Result<Self, Vec<FieldFault>> {
        let mut reader = FieldReader::of(fields);
        let kind = kind(&mut reader);
        let flaps = fields.iter().any(|(name, value)| name == "kind" && value == "flapping");
        let fault = Fault {
            tier: reader.word("tier", &Downstream::NAMES).unwrap_or_default(),
            table: reader.text("table"),
            method: reader.text("method"),
            operation: reader.word("operation", &FaultOperation::NAMES),
            principal: reader.text("principal"),
            correlation: reader.text("correlation"),
            share: reader.share("share"),
            every: reader.count("every", 1, u64::MAX),
            after: reader.count("after", 0, u64::MAX).unwrap_or(0),
            times: reader.count("times", 1, u64::MAX),
            cycle: cycle(&mut reader, flaps),
            ..Fault::new(kind.clone().unwrap_or(FaultKind::Unavailable))
        };
        let from = reader.span("from").unwrap_or_default();
        let until = reader.span("until");
        if until.is_some_and(|until| until <= from) {
            let at = fields.iter().position(|(name, _)| name == "until");
            reader.fault(at, "the fault ends before it begins".to_owned(), "a span that is longer than `from`");
        }
        let real = reader.word("time", &[("clock", false), ("real", true)]).unwrap_or(false);
        if kind.is_some()
            && let Err(why) = fault.check()
        {
            reader.fault(None, why, "a fault that makes sense");
        }
        reader.finish()?;
        Ok(Self { fault, from, until, real })
    }

    /// The fault with its instants, where the start is now and the shared clock
    /// runs so many times as fast as real time.
    pub fn starting(&self, now: Timestamp, scale: f64) -> Fault {
        let clocked = |span: Duration| if self.real { span.mul_f64(scale) } else { span };
        let mut fault = self.fault.clone();
        fault.from = Some(now.plus(clocked(self.from)));
        fault.until = self.until.map(|until| now.plus(clocked(until)));
        fault
    }
}

fn cycle(reader: &mut FieldReader<'_>, must: bool) -> Option<Cycle> {
    let (on, off) = (reader.span("on_for"), reader.span("off_for"));
    if must || on.is_some() || off.is_some() {
        reader.missing("on_for", "how long the fault is on, e.g. `on_for=5s`");
        reader.missing("off_for", "how long the fault is off, e.g. `off_for=5s`");
    }
    Some(Cycle { on: millis(on?), off: millis(off?) })
}

fn millis(span: Duration) -> u64 {
    span.as_millis() as u64
}

fn kind(reader: &mut FieldReader<'_>) -> Option<FaultKind> {
    let Some((at, word)) = reader.take("kind") else {
        reader.fault(None, "`kind` is missing".to_owned(), "what goes wrong, e.g. `deadlock`");
        return None;
    };
    Some(match word {
        "throttled" => {
            let retry_after = reader.count("retry_after", 0, 86_400);
            reader.missing("retry_after", "seconds, e.g. 5");
            FaultKind::Throttled { retry_after: retry_after? }
        }
        "unavailable" | "flapping" => FaultKind::Unavailable,
        "slow" => FaultKind::Slow { milliseconds: by(reader)? },
        "reset" => FaultKind::Reset,
        "answer_lost" => FaultKind::AnswerLost,
        "off_schema" => FaultKind::OffSchema,
        "somebody_else" => {
            let (column, value) = (reader.text("column"), reader.text("value"));
            reader.missing("column", "the logical name of the column that somebody else sets");
            reader.missing("value", "what it is set to");
            FaultKind::SomebodyElse { column: column?, value: value? }
        }
        "error" => FaultKind::Error { error: error(reader)? },
        "latency" => FaultKind::Latency { distribution: latency(reader)? },
        "commit_later" => {
            let answer = reader.word("answer", &InsteadOf::NAMES).unwrap_or_default();
            FaultKind::CommitLater { milliseconds: by(reader)?, answer }
        }
        "half_body" => FaultKind::HalfBody,
        "slow_body" => FaultKind::SlowBody { milliseconds: by(reader)? },
        "stale_read" => FaultKind::StaleRead { milliseconds: by(reader)? },
        "stuck_cookie" => FaultKind::StuckCookie,
        "storm" => FaultKind::Storm {
            first: reader.count("retry_after", 1, 86_400).unwrap_or(1),
            growth: number(reader, "growth").unwrap_or(2.0),
            longest: reader.count("longest", 1, 86_400).unwrap_or(300),
        },
        name => {
            let Some(mut error) = FaultError::preset(name) else {
                reader.unknown_kind(at, word);
                reader.pass(&groups::OF_KINDS);
                reader.pass(&["on_for", "off_for"]);
                return None;
            };
            if let Some(message) = reader.text("message") {
                error.message = message;
            }
            error.retry_after = reader.count("retry_after", 0, 86_400).or(error.retry_after);
            FaultKind::Error { error }
        }
    })
}

fn by(reader: &mut FieldReader<'_>) -> Option<u64> {
    let by = reader.span("by");
    reader.missing("by", "a span like `500 ms` or `3 s`");
    by.map(millis)
}

fn number(reader: &mut FieldReader<'_>, name: &'static str) -> Option<f64> {
    reader.read(name, "a number", |text| text.parse().ok().filter(|n: &f64| n.is_finite()))
}

fn error(reader: &mut FieldReader<'_>) -> Option<FaultError> {
    let status = reader.count("status", 400, 599);
    let code = reader.read("code", "a code such as `\"0x80044150\"`, in quotes", |text| {
        (text.is_empty() || text.starts_with("0x")).then(|| text.to_owned())
    });
    let message = reader.text("message").unwrap_or_default();
    let retry_after = reader.count("retry_after", 0, 86_400);
    reader.missing("status", "a status from 400 to 599, e.g. `status=500`");
    let (name, code) = ("error".to_owned(), code.unwrap_or_default());
    Some(FaultError { name, status: status? as u16, code, message, retry_after })
}

fn latency(reader: &mut FieldReader<'_>) -> Option<Distribution> {
    let mut span = |name| reader.span(name).map(|span| span.as_secs_f64() * 1000.0);
    let (fixed, least, most, mean) = (span("by"), span("least"), span("most"), span("mean"));
    let (median, p95) = (span("median"), span("p95"));
    let quantiles =
        reader.read("quantiles", "quantiles in percent with spans, e.g. `50:20ms/95:200ms/100:2s`", quantiles);
    let found = [
        fixed.map(Distribution::Fixed),
        least.zip(most).map(|(least, most)| Distribution::Uniform { least, most }),
        mean.map(|mean| Distribution::Exponential { mean }),
        median.zip(p95).map(|(median, p95)| Distribution::Lognormal { median, p95 }),
        quantiles.map(Distribution::Quantiles),
    ];
    let mut found = found.into_iter().flatten();
    let (one, other) = (found.next(), found.next());
    if one.is_none() || other.is_some() {
        reader.fault(
            None,
            "it must be clear how long it takes".to_owned(),
            "one of `by`; `least` and `most`; `mean`; `median` and `p95`; `quantiles`",
        );
        return None;
    }
    one
}

fn quantiles(text: &str) -> Option<Vec<(f64, f64)>> {
    let pair = |part: &str| {
        let (quantile, span) = part.split_once(':')?;
        let quantile: f64 = quantile.trim().parse().ok()?;
        Some((quantile / 100.0, parse_duration(span)?.as_secs_f64() * 1000.0))
    };
    text.split('/').map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::super::error::PRESETS;
    use super::super::groups;
    use super::*;

    fn plan(text: &str) -> FaultPlan {
        FaultPlan::parse(text).unwrap_or_else(|faults| panic!("{text}: {faults:?}"))
    }

    #[test]
    fn kinds_filters_and_instants_are_read() {
        let read = plan("deadlock,table=accounts,share=10%,times=20,from=5s,until=1min,operation=upsert,every=3");
        let FaultKind::Error { error } = &read.fault.kind else { panic!("{read:?}") };
        assert_eq!((error.status, error.code.as_str()), (500, "0x80044150"));
        assert_eq!(
            (read.fault.table.as_deref(), read.fault.share, read.fault.times),
            (Some("accounts"), Some(0.1), Some(20))
        );
        assert_eq!((read.fault.operation, read.fault.every), (Some(FaultOperation::Upsert), Some(3)));
        let start = Timestamp::from_seconds(100);
        assert_eq!(read.starting(start, 20.0).until, Some(Timestamp::from_seconds(160)));
        assert_eq!(plan("reset,from=1s,time=real").starting(start, 20.0).from, Some(Timestamp::from_seconds(120)));
    }

    #[test]
    fn each_kind_has_its_own_fields() {
        for (text, kind) in [
            ("throttled,retry_after=6", FaultKind::Throttled { retry_after: 6 }),
            ("slow,by=2s", FaultKind::Slow { milliseconds: 2000 }),
            ("latency,mean=100ms", FaultKind::Latency { distribution: Distribution::Exponential { mean: 100.0 } }),
            (
                "latency,quantiles=50:20ms/100:2s",
                FaultKind::Latency { distribution: Distribution::Quantiles(vec![(0.5, 20.0), (1.0, 2000.0)]) },
            ),
            (
                "commit_later,by=3s,answer=reset",
                FaultKind::CommitLater { milliseconds: 3000, answer: InsteadOf::Reset },
            ),
            ("storm,retry_after=2,growth=3", FaultKind::Storm { first: 2, growth: 3.0, longest: 300 }),
        ] {
            assert_eq!(plan(text).fault.kind, kind, "{text}");
        }
        let FaultKind::Error { error } = plan("error,status=418,message=a, b, c").fault.kind else {
            panic!("an error")
        };
        assert_eq!((error.status, error.message.as_str()), (418, "a, b, c"));
        assert_eq!(plan("flapping,on_for=1s,off_for=2s").fault.cycle, Some(Cycle { on: 1000, off: 2000 }));
    }

    #[test]
    fn every_error_of_a_name_can_be_armed_and_read_again() {
        for (name, ..) in PRESETS {
            let fault = plan(name).fault;
            let text = serde_json::to_string(&fault).expect("JSON");
            assert_eq!(serde_json::from_str::<Fault>(&text).expect("a fault"), fault);
        }
        let by_name: Fault = serde_json::from_str(r#"{"kind":{"kind":"error","error":"deadlock"}}"#).expect("a fault");
        assert_eq!(by_name, plan("deadlock").fault);
    }

    #[test]
    fn every_kind_and_field_is_in_a_group_and_every_word_of_a_group_is_read() {
        let kinds: Vec<&str> = groups::KINDS.iter().flat_map(|(_, words)| words.iter().copied()).collect();
        for (name, ..) in PRESETS {
            assert!(kinds.contains(&name), "{name}");
        }
        for kind in &kinds {
            let faults = FaultPlan::parse(kind).err().unwrap_or_default();
            assert!(faults.iter().all(|fault| !fault.what.starts_with("unknown kind")), "{kind}: {faults:?}");
            assert_eq!(kinds.iter().filter(|other| *other == kind).count(), 1, "{kind}");
        }
        let fields: Vec<&str> = groups::FIELDS.iter().flat_map(|(_, words)| words.iter().copied()).collect();
        let faults = FaultPlan::parse("nothing,x=y").expect_err("wrong");
        let asked = &faults.iter().find(|fault| fault.is_name).expect("a field").choices;
        assert!(asked.iter().all(|field| fields.contains(field)), "{asked:?}");
        assert!(fields.iter().all(|field| asked.contains(field)), "{asked:?}");
    }

    #[test]
    fn all_that_is_wrong_is_told_with_its_place() {
        let wrong = |text: &str| FaultPlan::parse(text).expect_err(text);
        let faults = wrong("deadlok,share=2,from=5s,until=3s,tabel=x");
        let places: Vec<_> = faults.iter().map(|fault| fault.at).collect();
        assert_eq!(places, [Some(0), Some(1), Some(3), Some(4)], "{faults:?}");
        assert!(faults[0].choices.contains(&"deadlock") && faults[3].choices.contains(&"table"));
        for (text, word) in [
            ("", "kind"),
            ("throttled", "retry_after"),
            ("slow,by=soon", "span"),
            ("latency,by=1s,mean=2s", "one of"),
            ("error,status=200", "400"),
            ("error,status=500,code=2147762512", "quotes"),
            ("flapping,on_for=1s", "off_for"),
            ("stale_read,by=1s,tier=model", "tier"),
            ("storm,growth=0.5", "growth"),
            ("reset,times=1,times=2", "twice"),
        ] {
            let faults = wrong(text);
            assert!(faults.iter().any(|f| f.what.contains(word) || f.expected.contains(word)), "{text}: {faults:?}");
        }
    }
}
