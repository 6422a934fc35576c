//! How much a flow may do in a time (Power Automate, throughput limits): beyond
//! that its actions wait until enough of what is past counts no more. Time is an
//! argument.

use std::collections::VecDeque;
use std::time::Duration;

use super::Profile;
use crate::clock::Timestamp;

/// A span is counted in so many slots; what is past counts until all of its slot
/// is over for that long.
const SLOTS: i64 = 300;

/// How far a flow has used up what its owner's profile lets it do. Each attempt
/// at an action counts, also one that is sent again, a poll or a further page.
#[derive(Clone, Debug)]
pub struct Pace {
    actions: [Window; 2],
    content: [Window; 2],
}

/// What was done within a sliding span.
#[derive(Clone, Debug)]
struct Window {
    /// Of a slot, in microseconds.
    width: i64,
    most: u64,
    used: u64,
    /// Their numbers and what was done in each, none empty.
    slots: VecDeque<(i64, u64)>,
}

impl Pace {
    /// Of a flow that has done nothing yet.
    pub fn of(profile: Profile) -> Self {
        Self { actions: profile.actions().map(Window::of), content: profile.content().map(Window::of) }
    }

    /// Begins an action that sends so many bytes.
    ///
    /// # Errors
    /// Until when it waits at least.
    pub fn begin(&mut self, now: Timestamp, sent: u64) -> Result<(), Timestamp> {
        let windows = self.actions.iter_mut().map(|window| (window, 1));
        let windows = windows.chain(self.content.iter_mut().map(|window| (window, sent)));
        let mut until = None;
        for (window, amount) in windows {
            until = until.max(window.until(now, amount));
        }
        if let Some(until) = until {
            return Err(until);
        }
        self.actions.iter_mut().for_each(|window| window.add(now, 1));
        self.received(now, sent);
        Ok(())
    }

    /// So many bytes came back.
    pub fn received(&mut self, now: Timestamp, bytes: u64) {
        self.content.iter_mut().for_each(|window| window.add(now, bytes));
    }
}

impl Window {
    fn of((span, most): (Duration, u64)) -> Self {
        let width = i64::try_from(span.as_micros()).unwrap_or(i64::MAX) / SLOTS;
        Self { width: width.max(1), most, used: 0, slots: VecDeque::new() }
    }

    /// When what was done in a slot counts no more.
    fn over(&self, slot: i64) -> Timestamp {
        Timestamp::from_micros((slot + SLOTS + 1).saturating_mul(self.width))
    }

    /// Until when something waits, where it does. What is more than a whole span
    /// takes waits for an empty one.
    fn until(&mut self, now: Timestamp, amount: u64) -> Option<Timestamp> {
        while let Some((_, past)) = self.slots.front().copied().filter(|(slot, _)| self.over(*slot) <= now) {
            self.used -= past;
            self.slots.pop_front();
        }
        let mut excess = (self.used + amount).saturating_sub(self.most);
        if excess == 0 {
            return None;
        }
        let enough = self.slots.iter().find(|(_, past)| {
            excess = excess.saturating_sub(*past);
            excess == 0
        });
        enough.or(self.slots.back()).map(|(slot, _)| self.over(*slot))
    }

    fn add(&mut self, now: Timestamp, amount: u64) {
        if amount == 0 {
            return;
        }
        let slot = now.micros().div_euclid(self.width);
        self.used += amount;
        match self.slots.back_mut() {
            Some((last, count)) if *last >= slot => *count += amount,
            _ => self.slots.push_back((slot, amount)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SPAN: Duration = Duration::from_mins(5);

    proptest! {
        #[test]
        fn no_span_holds_more_than_it_may_and_what_waits_as_told_goes_on(
            steps in prop::collection::vec((0_u64..100, 1_u64..40), 1..200),
        ) {
            let mut window = Window::of((SPAN, 100));
            let (mut now, mut done) = (Timestamp::from_micros(1_756_713_600_000_000), Vec::new());
            for (seconds, amount) in steps {
                now = now.plus(Duration::from_secs(seconds));
                if let Some(until) = window.until(now, amount) {
                    prop_assert!(until > now && until.since(now) <= SPAN + SPAN / 300);
                    now = until;
                    prop_assert_eq!(window.until(now, amount), None);
                }
                window.add(now, amount);
                done.push((now, amount));
                let within = done.iter().filter(|(at, _)| now.since(*at) < SPAN).map(|(_, amount)| amount);
                prop_assert!(within.sum::<u64>() <= 100);
            }
        }
    }

    #[test]
    fn actions_and_content_have_limits_by_profile() {
        let start = Timestamp::from_micros(1_756_713_600_000_000);
        let mut pace = Pace::of(Profile::Low);
        for _ in 0..10_000 {
            assert_eq!(pace.begin(start, 100), Ok(()));
        }
        // 10,000 actions in 24 hours, counted in slots of 288 seconds.
        let wait = pace.begin(start, 100).expect_err("no more").since(start);
        assert!(wait > Duration::from_hours(24) && wait <= Duration::from_hours(24) + Duration::from_secs(288));
        let mut pace = Pace::of(Profile::Medium);
        assert_eq!(pace.begin(start, 3_000_000_000), Ok(()));
        pace.received(start, 3_000_000_000);
        let wait = pace.begin(start, 1).expect_err("6 GB in five minutes").since(start);
        assert!(wait > SPAN && wait <= SPAN + Duration::from_secs(1), "{wait:?}");
        assert_eq!(Pace::of(Profile::High).begin(start, 7_000_000_000), Ok(()), "what never fits goes alone");
    }
}
