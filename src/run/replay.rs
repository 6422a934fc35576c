//! Plays one case again, alone.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::inputs::Inputs;
use super::play::{self, Shown};
use super::session::Session;
use super::{
    DEFAULT_HEALTH, Listener, Options, RunError, ServiceChoice, ServiceFrom, Stop, StopReason, TargetChoice, cases,
    finish,
};
use crate::check::{CallMark, Level, Reproduced};
use crate::generate::{CaseKey, Nonce, Seed};
use crate::report::Run;

/// Where settings are looked for when no file is named.
pub const DEFAULT_SETTINGS: [&str; 2] = ["seamstress.toml", ".config/seamstress.toml"];

/// The command that plays a case again, as a POSIX shell takes it.
pub(super) fn command(options: &Options, key: &CaseKey) -> String {
    let mut words = vec!["seamstress".to_owned(), "replay".to_owned(), quote(&key.to_string())];
    words.extend(["--seed".to_owned(), options.seed.0.to_string()]);
    if let Some(document) = &options.document {
        words.extend(["--document".to_owned(), quote(&document.display().to_string())]);
        if let Some(behaviour) = &options.behaviour {
            words.extend(["--behaviour".to_owned(), quote(&behaviour.display().to_string())]);
        }
    } else if options.contracts.as_os_str() != "contracts" {
        words.extend(["--contracts".to_owned(), quote(&options.contracts.display().to_string())]);
    }
    push_target(&mut words, &options.target);
    for defect in &options.defects {
        words.extend(["--defect".to_owned(), quote(defect)]);
    }
    if options.mocks.as_os_str() != "mocks" {
        words.extend(["--mocks".to_owned(), quote(&options.mocks.display().to_string())]);
    }
    if let Some(now) = options.now {
        words.extend(["--now".to_owned(), now.to_string()]);
    }
    if let Some(scale) = options.time_scale {
        words.extend(["--time-scale".to_owned(), scale.to_string()]);
    }
    words.join(" ")
}

/// Where to. Secret values are taken out with the rest of the report's; their
/// fields stay, so that one sees what to fill in.
fn push_target(words: &mut Vec<String>, target: &TargetChoice) {
    let mut push = |flag: &str, value: &str| words.extend([flag.to_owned(), quote(value)]);
    match target {
        TargetChoice::Embedded => {}
        TargetChoice::Service(choice) => push_service(choice, &mut push),
        TargetChoice::Environment { name, file, settings, .. } => {
            if !DEFAULT_SETTINGS.iter().any(|place| file.as_os_str() == *place) {
                push("--settings", &file.display().to_string());
            }
            push("--env", name);
            if settings.protected {
                words.push("--protected".to_owned());
            }
        }
        TargetChoice::Url { origin, base_path, headers, token_env, keys, allowed_hosts, ca_file, .. } => {
            push("--url", &format!("{origin}{base_path}"));
            headers.iter().for_each(|(name, value)| push("-H", &format!("{name}: {value}")));
            if let Some(variable) = token_env {
                push("--token-env", variable);
            }
            for key in keys {
                push("--key-env", &format!("{}={}", key.scheme, key.variable));
            }
            for host in allowed_hosts {
                push("--allow-host", host);
            }
            if let Some(file) = ca_file {
                push("--ca-file", &file.display().to_string());
            }
        }
    }
}

fn push_service(choice: &ServiceChoice, push: &mut impl FnMut(&str, &str)) {
    match &choice.from {
        ServiceFrom::Command { command, port } => {
            push("--service-cmd", command);
            if let Some(port) = port {
                push("--service-port", &port.to_string());
            }
        }
        ServiceFrom::Url { origin, variables } => {
            push("--service", &origin.to_string());
            if let Some(file) = variables {
                push("--service-env", &file.display().to_string());
            }
        }
    }
    if choice.health != DEFAULT_HEALTH {
        push("--service-health", &choice.health);
    }
    if let Some(marker) = &choice.marker {
        push("--service-marker", marker);
    }
}

fn quote(word: &str) -> String {
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:@%+=,".contains(c));
    if plain && !word.is_empty() { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

/// The case that a text names, and the place of its contract.
pub(super) fn find(key: &str, inputs: &Inputs) -> Result<(CaseKey, usize), RunError> {
    let key = CaseKey::parse(key).ok_or_else(|| {
        RunError::Usage(format!(
            "`{key}` names no case: expected CONTRACT:OPERATION:KIND:NUMBER, e.g. bulk-update/v1:submitBatch:violating:12"
        ))
    })?;
    let Some(index) = inputs.contracts.iter().position(|contract| contract.id == key.contract) else {
        let known: Vec<String> = inputs.contracts.iter().map(|c| c.id.to_string()).collect();
        return Err(RunError::Usage(format!("no contract is called `{}`: {}", key.contract, known.join(", "))));
    };
    Ok((key, index))
}

/// What is played again.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The case, as a finding shows it.
    pub case: Option<String>,
    /// A finding of a recorded run, by the beginning of its fingerprint.
    pub finding: Option<String>,
    /// The recorded run.
    pub report: PathBuf,
    /// How often it is played.
    pub times: u32,
    /// Whether the seed was given; else the recorded one is taken.
    pub seeded: bool,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Replayed {
    /// The case.
    pub case: CaseKey,
    /// What is tried.
    pub title: String,
    /// The seed.
    pub seed: u64,
    /// How often it was played.
    pub times: u32,
    /// Check by check: those that failed in the recorded run, and those that
    /// fail now.
    pub checks: Vec<CheckLine>,
    /// Call by call.
    pub steps: Vec<StepLine>,
    /// The run, for the reports.
    #[serde(skip)]
    pub run: Run,
}

/// One check of a replay.
#[derive(Clone, Debug, Serialize)]
pub struct CheckLine {
    /// The check.
    pub check: String,
    /// The finding's fingerprint.
    pub fingerprint: String,
    /// The finding in one sentence.
    pub title: String,
    /// Whether it failed in the recorded run.
    pub recorded: bool,
    /// In how many plays it fails now.
    pub failed: u32,
}

/// One call of a replay.
#[derive(Clone, Debug, Serialize)]
pub struct StepLine {
    /// What it is in its sequence.
    pub role: String,
    /// Method and path.
    pub call: String,
    /// What came of it in the recorded run.
    pub then: Option<String>,
    /// What comes of it now, play by play.
    pub now: Vec<String>,
}

impl Replayed {
    /// Whether nothing fails any more.
    pub fn is_fixed(&self) -> bool {
        self.checks.iter().all(|line| line.failed == 0)
    }
}

/// A recorded run, as far as a replay needs it.
#[derive(Deserialize)]
struct Recorded {
    seed: u64,
    #[serde(default)]
    defects: Vec<String>,
    findings: Vec<RecordedFinding>,
}

#[derive(Deserialize)]
struct RecordedFinding {
    check: String,
    fingerprint: String,
    title: String,
    origin: String,
    #[serde(default)]
    calls: Vec<CallMark>,
}

impl Replay {
    /// The case's name; where a finding is named, its seed and defects are
    /// those of the recorded run.
    ///
    /// # Errors
    /// The recorded run can't be read, or has no such finding.
    pub fn settle(&self, options: &mut Options) -> Result<String, RunError> {
        let Some(print) = &self.finding else {
            let none = || RunError::Usage("which case? Name one, or a finding with --finding".to_owned());
            return self.case.clone().ok_or_else(none);
        };
        let file = self.report.display();
        let recorded = self.recorded().map_err(|why| RunError::Usage(format!("{file}: {why}")))?;
        let found = recorded.findings.iter().find(|f| !print.is_empty() && f.fingerprint.starts_with(print.as_str()));
        let none = || RunError::Usage(format!("{file} has no finding with the fingerprint `{print}`"));
        let origin = found.ok_or_else(none)?.origin.clone();
        if !self.seeded {
            options.seed = Seed(recorded.seed);
        }
        if options.defects.is_empty() && options.target.is_embedded() {
            options.defects = recorded.defects;
        }
        Ok(origin)
    }

    fn recorded(&self) -> Result<Recorded, String> {
        let text = std::fs::read_to_string(&self.report).map_err(|fault| format!("it can't be read: {fault}"))?;
        serde_json::from_str(&text).map_err(|fault| format!("it is no recorded run: {fault}"))
    }

    /// What the recorded run found with this case. A run with another seed
    /// knows another case by this name.
    fn findings(&self, key: &CaseKey, seed: Seed) -> Vec<RecordedFinding> {
        let recorded = self.recorded().ok().filter(|recorded| recorded.seed == seed.0);
        let mut findings = recorded.map_or_else(Vec::new, |recorded| recorded.findings);
        findings.retain(|finding| finding.origin == key.to_string());
        findings
    }
}

/// Plays a case some times, with the seed of `options`, and compares with what
/// a recorded run says of it. The first play takes the nonce of `options`, the
/// others have new ones.
///
/// # Errors
/// The input has faults, no such case exists, or the target can't be reached.
pub async fn replay(ask: &Replay, mut options: Options, stop: Stop, listener: Listener) -> Result<Replayed, RunError> {
    let key = ask.settle(&mut options)?;
    let inputs = Inputs::load(&options, false)?;
    let (key, index) = find(&key, &inputs)?;
    let recorded = ask.findings(&key, options.seed);
    let session = Arc::new(Session::open(options, &inputs, stop, listener).await?);
    let Some(case) = cases::make(&session, index, &key) else {
        let gathered = session.gathered();
        let made = gathered.could_not_make.keys().next().map(|(_, why)| why.clone());
        let why = made.or_else(|| gathered.not_checked.first().map(|n| n.why.clone())).unwrap_or_default();
        return Err(RunError::Usage(format!("the case {key} can't be played: {why}")));
    };
    let (title, seed) = (case.title.clone(), session.options.seed.0);
    session.listener.stage(format!("playing {key}: {title}"));
    let mut shown = Vec::new();
    let mut next = Some(case);
    while let Some(case) = next.take() {
        shown.extend(play::counted(&session, index, case).await);
        let over = shown.len() >= ask.times.max(1) as usize || session.stop.reason() >= Some(StopReason::TargetLost);
        if !over && !shown.is_empty() {
            let made = session.generators[index].case(&key, Seed(seed), &Nonce::fresh(), &session.pools[index]);
            next = made.ok().map(Arc::new);
        }
    }
    let checks = checks(&recorded, &shown);
    let steps = steps(&recorded, &shown);
    let times = shown.len() as u32;
    let mut run = finish::finish(session, "replay").await?;
    for finding in &mut run.verdict.findings {
        let line = checks.iter().find(|line| line.fingerprint == finding.fingerprint);
        finding.reproduced = line.map(|line| Reproduced { shown: line.failed, of: times });
    }
    Ok(Replayed { case: key, title, seed, times, checks, steps, run })
}

fn checks(recorded: &[RecordedFinding], shown: &[Shown]) -> Vec<CheckLine> {
    let mut lines: Vec<CheckLine> = Vec::new();
    for finding in recorded {
        lines.push(CheckLine {
            check: finding.check.clone(),
            fingerprint: finding.fingerprint.clone(),
            title: finding.title.clone(),
            recorded: true,
            failed: 0,
        });
    }
    for finding in shown.iter().flat_map(|shown| &shown.findings).filter(|f| f.level == Level::Error) {
        match lines.iter_mut().find(|line| line.fingerprint == finding.fingerprint) {
            Some(line) => line.failed += 1,
            None => lines.push(CheckLine {
                check: finding.check.to_owned(),
                fingerprint: finding.fingerprint.clone(),
                title: finding.title.clone(),
                recorded: false,
                failed: 1,
            }),
        }
    }
    lines
}

fn steps(recorded: &[RecordedFinding], shown: &[Shown]) -> Vec<StepLine> {
    let then = recorded.iter().map(|finding| &finding.calls).find(|calls| !calls.is_empty());
    let longest = shown.iter().map(|shown| &shown.calls).max_by_key(|calls| calls.len());
    let Some(calls) = longest else { return Vec::new() };
    let line = |(at, mark): (usize, &CallMark)| StepLine {
        role: mark.role.clone(),
        call: mark.call.clone(),
        then: then.and_then(|calls| calls.get(at)).map(|mark| mark.result.clone()),
        now: shown
            .iter()
            .map(|s| s.calls.get(at).map_or_else(|| "not sent".to_owned(), |m| m.result.clone()))
            .collect(),
    };
    calls.iter().enumerate().map(line).collect()
}
