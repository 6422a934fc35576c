//! Where the mocked Dataverse stands: faults, limits, the ledger and reads in
//! one answer, as JSON or as text for a terminal of 80 columns.

use std::fmt::Write as _;

use serde::Serialize;

use super::super::dataverse::{ArmedFault, DataverseHandle, EntitlementStanding, LedgerSize, Limits};
use crate::observe::ReadEntry;

/// How many reads are shown.
const READS: u64 = 10;

/// How wide a line is at most.
const WIDTH: usize = 80;

/// Where it stands.
#[derive(Debug, Serialize)]
pub(super) struct Status {
    faults: Vec<ArmedFault>,
    limits: Limits,
    ledger: LedgerSize,
    /// Entries of the ledger that wrote something.
    effects: u64,
    /// How many reads there were.
    reads: u64,
    /// The last of them.
    last_reads: Vec<ReadEntry>,
}

impl Status {
    pub(super) fn of(dataverse: &DataverseHandle) -> Self {
        let (_, reads) = dataverse.reads(u64::MAX >> 1, &[], 1);
        let (last_reads, _) = dataverse.reads(reads.saturating_sub(READS), &[], READS as usize);
        Self {
            faults: dataverse.faults(),
            limits: dataverse.limits(),
            ledger: dataverse.ledger_size(),
            effects: dataverse.effects(),
            reads,
            last_reads,
        }
    }

    /// As text; no line is longer than [`WIDTH`].
    pub(super) fn text(&self) -> String {
        let mut lines = vec![format!("The mocked Dataverse at {}", self.limits.at)];
        self.ledger_lines(&mut lines);
        self.fault_lines(&mut lines);
        self.limit_lines(&mut lines);
        self.read_lines(&mut lines);
        lines.iter().fold(String::new(), |text, line| text + &cut(line, WIDTH) + "\n")
    }

    fn ledger_lines(&self, lines: &mut Vec<String>) {
        let LedgerSize { entries, memory, file, lost } = self.ledger;
        let size = format!("{} in memory, {} in the file", bytes(memory as u64), bytes(file));
        lines.push(format!("Ledger: {entries} entries, {} of them effects; {size}", self.effects));
        if lost > 0 {
            lines.push(format!("  the oldest {lost} can't be read any more: the file took no more"));
        }
    }

    fn fault_lines(&self, lines: &mut Vec<String>) {
        lines.push(format!("Faults: {} armed", self.faults.len()));
        if !self.faults.is_empty() {
            lines.push(format!("  {:>4} {:>8} {:>8}  {:<22} {}", "no.", "matched", "hit", "what", "where"));
        }
        for ArmedFault { id, fault, matched, hits } in &self.faults {
            let what = cut(fault.kind.name(), 22);
            lines.push(format!("  {id:>4} {matched:>8} {hits:>8}  {what:<22} {}", filters(fault)));
        }
    }

    fn limit_lines(&self, lines: &mut Vec<String>) {
        let Limits { requests, execution_seconds, concurrent, window_seconds, .. } = self.limits;
        lines.push(format!(
            "Limits: {requests} requests and {execution_seconds} s of execution in {window_seconds} s, {concurrent} at \
             once"
        ));
        let principals = self
            .limits
            .servers
            .iter()
            .flat_map(|server| server.principals.iter().map(move |principal| (server.name.as_str(), principal)));
        for (number, (server, principal)) in principals.enumerate() {
            if number == 0 {
                let head = ("principal", "server", "requests", "seconds", "now", "refused");
                lines
                    .push(format!("  {:<37}{:<8}{:>9}{:>9}{:>5}{:>8}", head.0, head.1, head.2, head.3, head.4, head.5));
            }
            lines.push(format!(
                "  {:<37}{:<8}{:>9}{:>9.1}{:>5}{:>8}",
                cut(&principal.principal, 36),
                cut(server, 7),
                principal.requests,
                principal.execution_seconds,
                principal.under_way,
                principal.refused
            ));
            lines.extend(principal.refused_until.map(|until| format!("    everything is refused until {until}")));
        }
        for EntitlementStanding { identity, used, budget, exceeded } in &self.limits.entitlements {
            let word = if *exceeded { ", exceeded" } else { "" };
            lines.push(format!("  entitlement of {}: {used} of {budget}{word}", cut(identity, 36)));
        }
    }

    fn read_lines(&self, lines: &mut Vec<String>) {
        lines.push(format!("Reads: {}", self.reads));
        for read in self.last_reads.iter().rev() {
            let columns = if read.whole { "whole rows".to_owned() } else { read.columns.join(",") };
            lines.push(format!("  {:>6} of {:<24} {columns}", read.rows, cut(&read.table, 24)));
        }
    }
}

/// Which requests a fault is for: what is not said is left out.
fn filters(fault: &crate::wire::Fault) -> String {
    let Ok(serde_json::Value::Object(fields)) = serde_json::to_value(fault) else { return String::new() };
    let mut text = String::new();
    for (name, value) in fields.iter().filter(|(name, _)| name.as_str() != "kind") {
        if *name == "after" && fault.after == 0 {
            continue;
        }
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // Writing to a String does not fail.
        let _ = write!(text, "{}{name}={shown}", if text.is_empty() { "" } else { " " });
    }
    if text.is_empty() { "every request".to_owned() } else { text }
}

/// At most so many characters, without those that steer a terminal: names come
/// from whoever arms a fault or calls.
fn cut(text: &str, width: usize) -> String {
    let plain: String = text.chars().map(|c| if c.is_control() { '?' } else { c }).collect();
    if plain.chars().count() <= width {
        return plain;
    }
    plain.chars().take(width - 1).chain(['…']).collect()
}

fn bytes(count: u64) -> String {
    match count {
        0..1024 => format!("{count} B"),
        1024..1_048_576 => format!("{:.1} KiB", count as f64 / 1024.0),
        _ => format!("{:.1} MiB", count as f64 / 1_048_576.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FaultPlan;

    #[test]
    fn faults_say_for_which_requests_they_are_and_names_are_cut() {
        let fault = FaultPlan::parse("deadlock,table=accounts,share=10%,times=2").expect("a fault").fault;
        assert_eq!(filters(&fault), "table=accounts share=0.1 times=2");
        assert_eq!(filters(&FaultPlan::parse("reset").expect("a fault").fault), "every request");
        assert_eq!((cut("abcdef", 4), cut("a\u{1b}[2J", 9)), ("abc…".into(), "a?[2J".into()));
        assert_eq!([0, 2048, 3 << 20].map(bytes), ["0 B", "2.0 KiB", "3.0 MiB"]);
    }
}
