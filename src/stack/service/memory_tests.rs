//! Claims, whoever comes first.

use proptest::prelude::*;

use super::*;

type Held = Vec<(Claim<bool>, Vec<u8>)>;

fn scope() -> Scope {
    Scope { principal: "a".into(), operation: "o", correlation: Uuid::nil(), step: None }
}

fn items(ids: &[u8]) -> Vec<(ItemId, Fingerprint)> {
    ids.iter().map(|id| (ItemId(u128::from(*id)), Fingerprint(0))).collect()
}

fn memory(atomic: bool) -> Arc<Memory<bool>> {
    let flaws = Flaws { running_unseen: !atomic, ..Flaws::default() };
    Arc::new(Memory::new(Clock::starting_at(Timestamp::from_seconds(0), 1.0), flaws))
}

/// Takes all that is free of these.
fn take(memory: &Arc<Memory<bool>>, ids: &[u8]) -> (Vec<Standing<bool>>, Claim<bool>) {
    let (standings, claim) = memory.claim(&scope(), &items(ids), |_| true);
    (standings, claim.expect("nobody refused"))
}

proptest! {
    /// Whatever is claimed, done and let go in whatever order: an item is
    /// held by one claim at most, is done once, and is free again when it
    /// was let go.
    #[test]
    fn an_item_is_held_once_and_done_once(moves in prop::collection::vec((0..3_u8, 0..4_u8, 0..4_u8), 1..40)) {
        let memory = memory(true);
        let (mut held, mut done): (Held, Vec<u8>) = (Vec::new(), Vec::new());
        for (what, a, b) in moves {
            let ids = if a == b { vec![a] } else { vec![a, b] };
            match what {
                0 => {
                    let (standings, claim) = take(&memory, &ids);
                    for (id, standing) in ids.iter().zip(standings) {
                        let running = held.iter().any(|(_, ids)| ids.contains(id));
                        let expected = match (done.contains(id), running) {
                            (true, _) => Standing::Done(false),
                            (false, true) => Standing::Running,
                            (false, false) => Standing::New,
                        };
                        prop_assert_eq!(standing, expected);
                    }
                    let mine = ids.into_iter().filter(|id| claim.progress(ItemId(u128::from(*id))).is_some());
                    let mine: Vec<u8> = mine.collect();
                    held.push((claim, mine));
                }
                1 if !held.is_empty() => {
                    let (mut claim, ids) = held.remove(a as usize % held.len());
                    for id in ids {
                        claim.done(ItemId(u128::from(id)), false);
                        prop_assert!(!done.contains(&id));
                        done.push(id);
                    }
                }
                _ if !held.is_empty() => drop(held.remove(a as usize % held.len())),
                _ => {}
            }
        }
    }
}

#[test]
fn what_was_tried_is_kept_and_what_was_not_is_forgotten() {
    let memory = memory(true);
    let (_, mut claim) = take(&memory, &[1, 2]);
    claim.open(ItemId(1), true);
    drop(claim);
    assert_eq!(memory.standings(&scope(), &items(&[1, 2])), [Standing::Open(true), Standing::New]);
    let other = [(ItemId(1), Fingerprint(7)), (ItemId(2), Fingerprint(7))];
    assert_eq!(memory.standings(&scope(), &other), [Standing::Conflict, Standing::New]);
}

#[test]
fn a_memory_that_is_not_atomic_lets_twins_run() {
    let memory = memory(false);
    let (_, mut first) = take(&memory, &[1]);
    let (standings, second) = take(&memory, &[1]);
    assert_eq!(standings, [Standing::New]);
    first.done(ItemId(1), false);
    drop(second);
    assert_eq!(memory.standings(&scope(), &items(&[1])), [Standing::Done(false)]);
}

#[test]
fn each_item_has_a_window_of_its_own() {
    let clock = Clock::starting_at(Timestamp::from_seconds(1_700_000_000), 1.0);
    let memory = Arc::new(Memory::new(clock.clone(), Flaws::default()));
    let (_, mut first) = take(&memory, &[1]);
    clock.jump(WINDOW.saturating_sub(Duration::from_mins(1)));
    let (_, mut second) = take(&memory, &[2]);
    second.done(ItemId(2), true);
    // The first still runs when its window ends.
    clock.jump(Duration::from_mins(2));
    first.done(ItemId(1), true);
    assert_eq!(memory.standings(&scope(), &items(&[1, 2])), [Standing::New, Standing::Done(true)]);
    let (standings, _claim) = take(&memory, &[1, 2]);
    assert_eq!(standings, [Standing::New, Standing::Done(true)]);
    clock.jump(WINDOW);
    assert_eq!(memory.standings(&scope(), &items(&[2])), [Standing::New]);
}
