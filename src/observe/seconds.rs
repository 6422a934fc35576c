//! What each second of a scenario held.

use std::time::Duration;

use super::{CallRecord, Troubles};

/// More are folded, two into one: a run of days takes no more memory.
const MOST: usize = 8_192;

/// What a second held.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Second {
    /// Runs that were due.
    pub due: u64,
    /// Runs that began.
    pub begun: u64,
    /// Runs that were due and never begin.
    pub dropped: u64,
    /// Requests that were sent for the first time.
    pub sent: u64,
    /// Requests that were sent again.
    pub again: u64,
    /// Questions for what became of accepted work.
    pub polls: u64,
    /// Requests that came to an end, polls not counted.
    pub ended: u64,
    /// What was wrong with them.
    pub troubles: Troubles,
    /// Effects that the ledger gained.
    pub effects: u64,
    /// How long calls were under way within it, all together.
    pub under_way: Duration,
    /// How late the generator itself was at most.
    pub lag: Duration,
    /// CPU time of this process.
    pub cpu: Duration,
    /// The longest `Retry-After` of a throttled request, in seconds.
    pub retry_after: Option<u64>,
}

impl Second {
    fn add(&mut self, other: &Self) {
        let sums = [
            (&mut self.due, other.due),
            (&mut self.begun, other.begun),
            (&mut self.dropped, other.dropped),
            (&mut self.sent, other.sent),
            (&mut self.again, other.again),
            (&mut self.polls, other.polls),
            (&mut self.ended, other.ended),
            (&mut self.effects, other.effects),
        ];
        sums.into_iter().for_each(|(sum, more)| *sum += more);
        self.troubles.add(other.troubles);
        self.under_way += other.under_way;
        self.cpu += other.cpu;
        self.lag = self.lag.max(other.lag);
        self.retry_after = self.retry_after.max(other.retry_after);
    }
}

/// A scenario second by second, by the seconds of the run.
#[derive(Clone, Debug)]
pub struct Seconds {
    /// The first second, of the run.
    first: u64,
    /// How many seconds each entry holds.
    width: u64,
    all: Vec<Second>,
}

impl Default for Seconds {
    fn default() -> Self {
        Self::from(Duration::ZERO)
    }
}

impl Seconds {
    /// None yet, for a scenario that begins then.
    pub fn from(began: Duration) -> Self {
        Self { first: began.as_secs(), width: 1, all: Vec::new() }
    }

    /// The second in which an instant lies; one before the beginning lies in the
    /// first.
    pub fn at(&mut self, instant: Duration) -> &mut Second {
        let mut place = self.place(instant);
        while place >= MOST {
            self.fold();
            place = self.place(instant);
        }
        if place >= self.all.len() {
            self.all.resize(place + 1, Second::default());
        }
        &mut self.all[place]
    }

    fn place(&self, instant: Duration) -> usize {
        (instant.as_secs().saturating_sub(self.first) / self.width) as usize
    }

    fn fold(&mut self) {
        self.width *= 2;
        let folded = self.all.chunks(2).map(|pair| {
            let mut sum = pair[0];
            pair[1..].iter().for_each(|other| sum.add(other));
            sum
        });
        self.all = folded.collect();
    }

    /// Counts a call that is over.
    pub fn call(&mut self, call: &CallRecord) {
        let began = self.at(call.sent);
        match (call.poll, call.attempt) {
            (true, _) => began.polls += 1,
            (false, 1) => began.sent += 1,
            (false, _) => began.again += 1,
        }
        let ended = self.at(call.done);
        if !call.poll {
            ended.ended += 1;
            let before = ended.troubles.throttled;
            ended.troubles.count(call);
            if ended.troubles.throttled > before {
                ended.retry_after = ended.retry_after.max(call.retry_after);
            }
        }
        self.under_way(call.sent, call.done);
    }

    /// Spreads a call over the seconds in which it was under way.
    fn under_way(&mut self, sent: Duration, done: Duration) {
        let mut from = sent;
        while from < done {
            let place = self.place(from) as u64;
            let next = Duration::from_secs(self.first + (place + 1) * self.width).min(done);
            // An instant before the beginning lies in the first entry.
            let next = if next > from { next } else { done };
            self.at(from).under_way += next.saturating_sub(from);
            from = next;
        }
    }

    /// How many seconds each entry holds.
    pub fn width(&self) -> u64 {
        self.width
    }

    /// All of them, from the first.
    pub fn all(&self) -> &[Second] {
        &self.all
    }

    /// What the last whole seconds before an instant held, at least so many
    /// where there were, and how long they were together.
    pub fn last(&self, now: Duration, least: u64) -> (Duration, Second) {
        let end = self.place(now);
        let begin = end.saturating_sub(least.div_ceil(self.width) as usize);
        let mut sum = Second::default();
        self.all.iter().take(end).skip(begin).for_each(|second| sum.add(second));
        (Duration::from_secs((end - begin) as u64 * self.width), sum)
    }

    /// The same in at most so many columns, and how many seconds each holds.
    pub fn columns(&self, most: usize) -> (u64, Vec<Second>) {
        let mut columns = self.clone();
        let each = columns.all.len().div_ceil(most.max(1)).max(1);
        let sums = columns.all.chunks(each).map(|seconds| {
            let mut sum = Second::default();
            seconds.iter().for_each(|second| sum.add(second));
            sum
        });
        let sums: Vec<Second> = sums.collect();
        columns.width *= each as u64;
        (columns.width, sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_counts_where_it_began_where_it_ended_and_between() {
        let mut seconds = Seconds::from(Duration::from_millis(3_200));
        let mut call = super::super::intervals::sample_call("x", 3_500, 5_250);
        seconds.call(&call);
        call.attempt = 2;
        call.status = Some(429);
        seconds.call(&call);
        let all = seconds.all();
        assert_eq!((all[0].sent, all[0].again, all[2].ended, all[2].troubles.throttled), (1, 1, 2, 1));
        let spans: Vec<_> = all.iter().map(|second| second.under_way.as_millis()).collect();
        assert_eq!(spans, [1000, 2000, 500]);
    }

    #[test]
    fn the_last_seconds_leave_out_the_one_that_goes_on() {
        let mut seconds = Seconds::from(Duration::from_secs(3));
        for second in 3..=12 {
            seconds.at(Duration::from_secs(second)).due += second;
        }
        let (over, last) = seconds.last(Duration::from_millis(12_300), 5);
        assert_eq!((over.as_secs(), last.due), (5, 7 + 8 + 9 + 10 + 11));
        let (over, last) = seconds.last(Duration::from_millis(3_900), 5);
        assert_eq!((over.as_secs(), last.due), (0, 0));
        let (over, last) = seconds.last(Duration::from_mins(1), 5);
        assert_eq!((over.as_secs(), last.due), (5, 0), "nothing happened there");
    }

    #[test]
    fn days_fit_and_lose_nothing() {
        let mut seconds = Seconds::from(Duration::ZERO);
        for second in 0..100_000 {
            seconds.at(Duration::from_secs(second)).due += 1;
        }
        assert!(seconds.all().len() <= MOST);
        assert_eq!(seconds.width(), 16);
        assert_eq!(seconds.all().iter().map(|second| second.due).sum::<u64>(), 100_000);
        let (width, columns) = seconds.columns(120);
        assert!(columns.len() <= 120 && width == 53 * 16, "{width}");
        assert_eq!(columns.iter().map(|second| second.due).sum::<u64>(), 100_000);
    }
}
