//! How late a bare timer loop is: what a load generator on this machine is
//! measured by. `cargo bench --bench timer -- RATE SECONDS`.

#![expect(clippy::print_stdout, reason = "a benchmark says what it measured")]

use std::time::{Duration, Instant};

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|argument| argument.parse::<u32>().ok());
    let (rate, seconds) = (numbers.next().unwrap_or(10_000), numbers.next().unwrap_or(5));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut late = runtime.block_on(lateness(rate, rate * seconds));
    late.sort_unstable();
    let at = |share: f64| late[((late.len() - 1) as f64 * share) as usize].as_micros();
    println!("p50 {} us, p99 {} us, max {} us", at(0.5), at(0.99), at(1.0));
}

/// How long after its instant each of so many turns began.
async fn lateness(rate: u32, turns: u32) -> Vec<Duration> {
    let began = Instant::now();
    let mut late = Vec::with_capacity(turns as usize);
    for turn in 0..turns {
        let due = began + Duration::from_secs(1) / rate * turn;
        tokio::time::sleep_until(due.into()).await;
        late.push(due.elapsed());
    }
    late
}
