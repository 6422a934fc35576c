//! From runs to the score.

use std::collections::BTreeMap;
use std::time::Duration;

use super::play::Played;
use super::trial::Trial;
use crate::check::{self, Finding, Level};
use crate::report::score::{CheckScore, CleanRun, DefectScore, FalseAlarm, Score, median, milliseconds};

/// What piled up.
#[derive(Debug, Default)]
pub(super) struct Sum {
    with: BTreeMap<String, Vec<Played>>,
    clean: Vec<CleanRun>,
    alarms: Vec<FalseAlarm>,
}

impl Sum {
    /// A run with a defect.
    pub(super) fn defect(&mut self, defect: &Trial, played: Played) {
        self.with.entry(defect.name.clone()).or_default().push(played);
    }

    /// A run on the right stack.
    pub(super) fn clean(&mut self, seed: u64, played: Played) {
        self.clean.push(CleanRun { seed, cases: played.cases, seconds: played.took.as_secs_f64() });
        self.alarms.extend(played.findings.into_iter().map(|finding| FalseAlarm {
            seed,
            check: finding.check,
            contract: finding.contract.as_ref().map(ToString::to_string),
            origin: finding.origin.to_string(),
            title: finding.title,
            actual: finding.actual,
        }));
    }

    /// The most cases that a run with a defect played.
    pub(super) fn most_cases(&self) -> u64 {
        let found = self.with.values().flatten().filter_map(|played| played.detected);
        found.map(|(cases, _)| cases).max().unwrap_or(0)
    }

    /// Everything together.
    pub(super) fn score(self, defects: Vec<Trial>, seeds: Vec<u64>, took: Duration) -> Score {
        let defects: Vec<DefectScore> = defects.into_iter().map(|defect| self.of_defect(defect)).collect();
        let (found, runs) = defects.iter().fold((0, 0), |sum, d| (sum.0 + d.found_runs, sum.1 + d.runs));
        let checks = self.checks();
        Score {
            format: "seamstress/score/1",
            seeds,
            passed: self.alarms.is_empty() && found == runs,
            detection_rate: if runs == 0 { 1.0 } else { found as f64 / runs as f64 },
            defects,
            checks,
            false_alarms: self.alarms,
            clean_runs: self.clean,
            seconds: took.as_secs_f64(),
        }
    }

    fn of_defect(&self, defect: Trial) -> DefectScore {
        let played = self.with.get(&defect.name).map_or(&[][..], Vec::as_slice);
        let ours = |finding: &&Finding| finding.family == defect.family && finding.level == Level::Error;
        let found_runs = played.iter().filter(|played| played.findings.iter().any(|f| ours(&f))).count();
        let mut cases: Vec<u64> = played.iter().filter_map(|p| p.detected).map(|(cases, _)| cases).collect();
        let mut after: Vec<u64> = played.iter().filter_map(|p| p.detected).map(|(_, at)| milliseconds(at)).collect();
        let all = || played.iter().flat_map(|played| &played.findings);
        DefectScore {
            name: defect.name,
            family: defect.family.to_string(),
            summary: defect.summary,
            found: found_runs == played.len(),
            found_runs,
            runs: played.len(),
            most_cases: cases.iter().max().copied(),
            cases_to_detection: median(&mut cases),
            milliseconds_to_detection: median(&mut after),
            checks: names(all().filter(ours)),
            also: names(all().filter(|finding| !ours(finding) && finding.level == Level::Error)),
        }
    }

    fn checks(&self) -> Vec<CheckScore> {
        let spoke_of = |id: &str| {
            let spoke = |played: &Played| played.findings.iter().any(|f| f.check == id && f.level == Level::Error);
            self.with.iter().filter(|(_, all)| all.iter().any(spoke)).map(|(name, _)| name.clone()).collect()
        };
        let alarms = |id: &str| self.alarms.iter().filter(|alarm| alarm.check == id).count();
        let table = check::table().iter();
        table
            .map(|c| CheckScore { id: c.id, family: c.family, defects: spoke_of(c.id), false_alarms: alarms(c.id) })
            .collect()
    }
}

fn names<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<&'static str> {
    let mut names: Vec<&'static str> = findings.map(|finding| finding.check).collect();
    names.sort_unstable();
    names.dedup();
    names
}
