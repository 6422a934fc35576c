//! What the trigger received, found again by the IDs that it names.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::observe::ReceivedCall;

/// How many calls are held; the oldest go first.
const CAPACITY: usize = 5_000;

/// The calls, numbered from 1 on.
#[derive(Debug, Default)]
pub(super) struct Received {
    calls: VecDeque<ReceivedCall>,
    last: u64,
    /// The numbers of the calls that hold a word, in lower case.
    by_word: HashMap<String, VecDeque<u64>>,
}

impl Received {
    /// Takes a call in and numbers it.
    pub(super) fn enter(&mut self, call: ReceivedCall) {
        if self.calls.len() == CAPACITY
            && let Some(oldest) = self.calls.pop_front()
        {
            self.forget(&oldest);
        }
        self.last += 1;
        for word in words(&call) {
            self.by_word.entry(word).or_default().push_back(self.last);
        }
        self.calls.push_back(ReceivedCall { sequence: self.last, ..call });
    }

    /// The calls that hold one of these IDs as a word, in a header field or in
    /// their content; all, without any.
    pub(super) fn naming(&self, ids: &[String]) -> Vec<ReceivedCall> {
        if ids.is_empty() {
            return self.calls.iter().cloned().collect();
        }
        let of_id = |id: &String| self.by_word.get(&id.to_ascii_lowercase()).into_iter().flatten().copied();
        let mut numbers: Vec<u64> = ids.iter().flat_map(of_id).collect();
        numbers.sort_unstable();
        numbers.dedup();
        let first = self.last + 1 - self.calls.len() as u64;
        numbers.into_iter().map(|number| self.calls[(number - first) as usize].clone()).collect()
    }

    /// The oldest call stands first under each of its words.
    fn forget(&mut self, oldest: &ReceivedCall) {
        for word in words(oldest) {
            if let Some(numbers) = self.by_word.get_mut(&word) {
                numbers.pop_front();
                if numbers.is_empty() {
                    self.by_word.remove(&word);
                }
            }
        }
    }
}

/// What an ID can be: letters, digits, hyphens, underscores, in lower case.
fn words(call: &ReceivedCall) -> HashSet<String> {
    let texts = call.headers.values().chain([&call.body]);
    let split = |text: &str| -> Vec<String> {
        let apart = |c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_');
        text.split(apart).filter(|word| !word.is_empty()).map(str::to_ascii_lowercase).collect()
    };
    texts.flat_map(|text| split(text)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;

    fn call(header: &str, body: &str) -> ReceivedCall {
        ReceivedCall {
            sequence: 0,
            at: Timestamp::from_seconds(0),
            method: "POST".to_owned(),
            target: "/".to_owned(),
            headers: [("x-correlation-id".to_owned(), header.to_owned())].into(),
            refused: None,
            body: body.to_owned(),
            status: Some(202),
            fault: None,
        }
    }

    fn numbers(received: &Received, id: &str) -> Vec<u64> {
        received.naming(&[id.to_owned()]).iter().map(|call| call.sequence).collect()
    }

    #[test]
    fn calls_are_found_by_the_ids_in_fields_and_content() {
        let mut received = Received::default();
        received.enter(call("A-1", r#"{"jobId":"j-1"}"#));
        received.enter(call("a-2", r#"{"at":"http://h/jobs/J-1"}"#));
        assert_eq!(numbers(&received, "a-1"), [1]);
        assert_eq!(numbers(&received, "j-1"), [1, 2]);
        assert_eq!(numbers(&received, "j"), [0; 0]);
        assert_eq!(received.naming(&[]).len(), 2);
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let mut received = Received::default();
        for number in 0..=CAPACITY {
            received.enter(call(&format!("id-{number}"), "same"));
        }
        assert_eq!(numbers(&received, "id-0"), [0; 0]);
        assert_eq!(numbers(&received, "id-1"), [2]);
        assert_eq!(received.naming(&["same".to_owned()]).len(), CAPACITY);
        assert!(!received.by_word.contains_key("id-0"));
    }
}
