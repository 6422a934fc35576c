//! What a million keys cost.

#![cfg(target_os = "linux")]

use std::fmt::Write as _;
use std::time::Duration;

use seamstress::clock::Timestamp;
use seamstress::limit::{Algorithm, FixedWindow, Quota, Rate, RateCounter, Table, Throttling, Turn};

const KEYS: usize = 1_000_000;

/// What a million keys may cost, in bytes.
const MOST: u64 = 250_000_000;

/// The memory that this process has, in bytes.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a line");
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse::<u64>().ok()).expect("a number") * 1024
}

/// Counts one call for each of a million keys of 50 characters, and gives what
/// that cost.
fn cost(mut count: impl FnMut(&str)) -> u64 {
    let (before, mut key) = (resident(), String::new());
    for number in 0..KEYS {
        key.clear();
        write!(key, "bulk-update-v1:{number:035}").expect("text");
        count(&key);
    }
    resident().saturating_sub(before)
}

/// Other tests that run beside this one take memory, too: it is measured in a
/// process of its own.
#[test]
fn a_million_keys_fit_into_250_megabytes_and_go_with_their_window() {
    if std::env::args().any(|argument| argument == "--exact") {
        return measure();
    }
    let mine = "counters::a_million_keys_fit_into_250_megabytes_and_go_with_their_window";
    let tests = std::env::current_exe().expect("this program");
    let alone = std::process::Command::new(tests).args(["--exact", mine, "--nocapture"]).output().expect("started");
    assert!(alone.status.success(), "{}", String::from_utf8_lossy(&alone.stdout));
}

fn measure() {
    let throttling = Throttling::default();
    let at = |second: i64| Turn { now: Timestamp::from_seconds(second), unit: 0, throttling: &throttling };
    let (period, anchor) = (Duration::from_hours(720), Quota::DEFAULT_ANCHOR);
    let quota = Quota { calls: Some(5_000_000), bandwidth: None, period, anchor };
    let quotas = Table::new(256);
    let quotas_cost = cost(|key| {
        let admit = |window: &mut FixedWindow| window.admit(quota, at(0), 1);
        quotas.with(&[key, "2592000"], at(0).now, FixedWindow::new, admit).expect("there is room");
    });
    assert_eq!(quotas.len(), KEYS);
    assert!(quotas_cost <= MOST, "{quotas_cost} bytes");
    let rate = Rate { calls: 600, period: Duration::from_mins(1) };
    let rates = Table::new(256);
    let rates_cost = cost(|key| {
        let make = || RateCounter::new(Algorithm::SlidingWindow);
        rates.with(&[key], at(0).now, make, |counter| counter.admit(rate, at(0), 1)).expect("there is room");
    });
    assert_eq!(rates.len(), KEYS);
    assert!(rates_cost <= MOST, "{rates_cost} bytes");
    rates.sweep(at(59).now, KEYS);
    assert_eq!(rates.len(), KEYS, "their window is not empty yet");
    for _ in 0..3 {
        rates.sweep(at(60).now, KEYS);
    }
    assert!(rates.is_empty());
}
