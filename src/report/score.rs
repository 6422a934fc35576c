//! The score: the harness measured on itself, as values, JSON and a table.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::ReportError;
use super::write::failed;
use crate::check::Family;

/// What `seamstress score` measured.
#[derive(Clone, Debug, Serialize)]
pub struct Score {
    /// `seamstress/score/1`.
    pub format: &'static str,
    /// The seeds, each played against every defect.
    pub seeds: Vec<u64>,
    /// Whether every defect was found on every seed, without a false alarm.
    pub passed: bool,
    /// Share of the runs with a defect that found it, from 0 to 1.
    pub detection_rate: f64,
    /// Each defect, in the order of the table of defects.
    pub defects: Vec<DefectScore>,
    /// Each check, in the order of the table of checks.
    pub checks: Vec<CheckScore>,
    /// What was found on the right stack.
    pub false_alarms: Vec<FalseAlarm>,
    /// The runs on the right stack.
    pub clean_runs: Vec<CleanRun>,
    /// Wall time of everything, in seconds.
    pub seconds: f64,
}

/// How one defect fared.
#[derive(Clone, Debug, Serialize)]
pub struct DefectScore {
    /// Its name.
    pub name: String,
    /// The family whose checks must speak of it.
    pub family: String,
    /// What goes wrong.
    pub summary: String,
    /// Whether each run found it.
    pub found: bool,
    /// Runs that found it.
    pub found_runs: usize,
    /// Runs with it.
    pub runs: usize,
    /// Cases played until its family spoke: the median over the runs that
    /// found it.
    pub cases_to_detection: Option<u64>,
    /// The most cases that one of them took.
    pub most_cases: Option<u64>,
    /// Wall time until its family spoke, in milliseconds: the median.
    pub milliseconds_to_detection: Option<u64>,
    /// The checks of its family that spoke.
    pub checks: Vec<&'static str>,
    /// Checks of other families that spoke as well.
    pub also: Vec<&'static str>,
}

/// What one check found.
#[derive(Clone, Debug, Serialize)]
pub struct CheckScore {
    /// Its id.
    pub id: &'static str,
    /// Its family.
    pub family: Family,
    /// The defects it spoke of.
    pub defects: Vec<String>,
    /// Clean runs in which it spoke.
    pub false_alarms: usize,
}

/// A finding on the right stack.
#[derive(Clone, Debug, Serialize)]
pub struct FalseAlarm {
    /// The run's seed.
    pub seed: u64,
    /// The check.
    pub check: &'static str,
    /// The contract.
    pub contract: Option<String>,
    /// What it said.
    pub title: String,
    /// The case, or the scenario.
    pub origin: String,
    /// What was seen.
    pub actual: String,
}

/// A run on the right stack.
#[derive(Clone, Debug, Serialize)]
pub struct CleanRun {
    /// Its seed.
    pub seed: u64,
    /// Cases played.
    pub cases: u64,
    /// Wall time, in seconds.
    pub seconds: f64,
}

impl Score {
    /// As JSON, with a newline.
    pub fn json(&self) -> String {
        format!("{:#}\n", serde_json::json!(self))
    }

    /// The one sentence.
    pub fn verdict(&self) -> String {
        let missed: Vec<&str> = self.defects.iter().filter(|d| !d.found).map(|d| d.name.as_str()).collect();
        let alarms = self.false_alarms.len();
        let clean = format!("{alarms} false alarms in {} clean runs", self.clean_runs.len());
        if missed.is_empty() {
            return format!("{} of {} defects found, {clean}", self.defects.len(), self.defects.len());
        }
        let found = self.defects.len() - missed.len();
        format!("{found} of {} defects found on every seed, {clean}; missed: {}", self.defects.len(), missed.join(", "))
    }

    /// For people, in at most 80 columns but for long names.
    pub fn text(&self) -> String {
        let width = self.defects.iter().map(|d| d.name.len()).max().unwrap_or(6);
        let mut text = format!("{:width$}  {:12} {:>5} {:>6} {:>7}\n", "defect", "family", "found", "cases", "ms");
        for defect in &self.defects {
            let _ = writeln!(
                text,
                "{:width$}  {:12} {:>5} {:>6} {:>7}",
                defect.name,
                defect.family,
                format!("{}/{}", defect.found_runs, defect.runs),
                number(defect.cases_to_detection),
                number(defect.milliseconds_to_detection),
            );
        }
        for alarm in &self.false_alarms {
            let whose = alarm.contract.as_deref().unwrap_or("-");
            let _ = writeln!(text, "false alarm, seed {}: {} {whose}: {}", alarm.seed, alarm.check, alarm.title);
        }
        let _ = writeln!(text, "\n{} in {:.0} s", self.verdict(), self.seconds);
        text
    }

    /// As Markdown: a table of families, one of defects, one of checks.
    pub fn markdown(&self) -> String {
        let mut text = format!("# Score\n\n{}, seeds {:?}, {:.0} s.\n\n", self.verdict(), self.seeds, self.seconds);
        text.push_str(&self.families());
        text.push_str("\n| defect | family | found | cases to detection | ms | found by |\n| --- | --- | --: | --: | --: | --- |\n");
        for d in &self.defects {
            let _ = writeln!(
                text,
                "| `{}` | {} | {}/{} | {} | {} | {} |",
                d.name,
                d.family,
                d.found_runs,
                d.runs,
                number(d.cases_to_detection),
                number(d.milliseconds_to_detection),
                d.checks.iter().chain(&d.also).copied().collect::<Vec<_>>().join(", "),
            );
        }
        text.push_str("\n| check | defects it spoke of | false alarms |\n| --- | --- | --: |\n");
        for c in &self.checks {
            let _ = writeln!(text, "| `{}` | {} | {} |", c.id, c.defects.join(", "), c.false_alarms);
        }
        text
    }

    /// One line a family: what the README shows.
    pub fn families(&self) -> String {
        let mut families: BTreeMap<&str, Vec<&DefectScore>> = BTreeMap::new();
        for defect in &self.defects {
            families.entry(&defect.family).or_default().push(defect);
        }
        let mut text =
            "| family | defects | found | cases to detection: median, most |\n| --- | --: | --: | --: |\n".to_owned();
        for (family, defects) in families {
            let mut cases: Vec<u64> = defects.iter().filter_map(|d| d.cases_to_detection).collect();
            let most = defects.iter().filter_map(|d| d.most_cases).max();
            let found = defects.iter().filter(|d| d.found).count();
            let middle = median(&mut cases);
            let _ = writeln!(text, "| {family} | {} | {found} | {}, {} |", defects.len(), number(middle), number(most));
        }
        text
    }
}

/// Writes `score.json` and `score.md` into `<reports>/score/`; gives the folder.
pub fn write(reports: &Path, score: &Score) -> Result<PathBuf, ReportError> {
    let folder = reports.join("score");
    std::fs::create_dir_all(&folder).map_err(failed(&folder))?;
    for (name, content) in [("score.json", score.json()), ("score.md", score.markdown())] {
        let path = folder.join(name);
        std::fs::write(&path, content).map_err(failed(&path))?;
    }
    Ok(folder)
}

fn number(value: Option<u64>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// The middle value; of two, the lower.
pub fn median(values: &mut [u64]) -> Option<u64> {
    values.sort_unstable();
    values.get(values.len().checked_sub(1)? / 2).copied()
}

/// Milliseconds, for a field of a score.
pub fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score() -> Score {
        let defect = |name: &str, found_runs, cases| DefectScore {
            name: name.to_owned(),
            family: "idempotency".to_owned(),
            summary: "something goes wrong".to_owned(),
            found: found_runs == 2,
            found_runs,
            runs: 2,
            cases_to_detection: cases,
            most_cases: cases.map(|c| c + 5),
            milliseconds_to_detection: cases.map(|c| c * 3),
            checks: vec!["idempotency/stuck"],
            also: Vec::new(),
        };
        Score {
            format: "seamstress/score/1",
            seeds: vec![1, 2],
            passed: false,
            detection_rate: 0.75,
            defects: vec![defect("duplicate-race", 2, Some(40)), defect("stuck-after-failure", 1, None)],
            checks: vec![CheckScore {
                id: "idempotency/stuck",
                family: Family::Idempotency,
                defects: vec!["duplicate-race".to_owned()],
                false_alarms: 1,
            }],
            false_alarms: vec![FalseAlarm {
                seed: 2,
                check: "idempotency/stuck",
                contract: Some("bulk-update/v1".to_owned()),
                title: "an item is stuck".to_owned(),
                origin: "case".to_owned(),
                actual: "503".to_owned(),
            }],
            clean_runs: vec![CleanRun { seed: 2, cases: 1000, seconds: 4.0 }],
            seconds: 12.0,
        }
    }

    #[test]
    fn a_person_reads_what_was_found_and_what_was_missed() {
        insta::assert_snapshot!(score().text(), @r"
        defect               family       found  cases      ms
        duplicate-race       idempotency    2/2     40     120
        stuck-after-failure  idempotency    1/2      -       -
        false alarm, seed 2: idempotency/stuck bulk-update/v1: an item is stuck

        1 of 2 defects found on every seed, 1 false alarms in 1 clean runs; missed: stuck-after-failure in 12 s
        ");
        insta::assert_snapshot!(score().families(), @r"
        | family | defects | found | cases to detection: median, most |
        | --- | --: | --: | --: |
        | idempotency | 2 | 1 | 40, 45 |
        ");
    }

    #[test]
    fn the_median_of_two_is_the_lower() {
        assert_eq!(median(&mut []), None);
        assert_eq!(median(&mut [7]), Some(7));
        assert_eq!(median(&mut [9, 4]), Some(4));
        assert_eq!(median(&mut [9, 4, 5]), Some(5));
    }
}
