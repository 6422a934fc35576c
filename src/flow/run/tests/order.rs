//! Many actions: what waits for what, scopes, loops, branches, children.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// A call without retries.
fn plain(number: usize, after: &[(usize, &[Status])]) -> Node {
    node(number, call(RetryPolicy::NONE), after)
}

#[test]
fn what_follows_a_failure_is_skipped_and_the_run_has_failed() {
    let flow = definition(vec![plain(0, &[]), plain(1, &[(0, SUCCEEDED)]), plain(2, &[(1, SUCCEEDED)])], &[0, 1, 2]);
    let played = play(&flow, (None, 1), |begin, _| with(if begin.number == 1 { 400 } else { 200 }));
    assert_eq!(played.told, [(0, 0, Status::Succeeded), (1, 0, Status::Failed), (2, 0, Status::Skipped)]);
    assert_eq!((played.status, played.took), (Status::Failed, s(2.0)));
}

#[test]
fn an_action_that_runs_after_a_failure_saves_the_run_and_is_skipped_otherwise() {
    let flow = definition(vec![plain(0, &[]), plain(1, &[(0, FAILED)])], &[0, 1]);
    let played = play(&flow, (None, 1), |begin, _| with(if begin.number == 0 { 500 } else { 200 }));
    assert_eq!((played.status, played.status_of(1)), (Status::Succeeded, Some(Status::Succeeded)));
    let played = play(&flow, (None, 1), |_, _| with(200));
    assert_eq!((played.status, played.status_of(1)), (Status::Succeeded, Some(Status::Skipped)));
}

#[test]
fn parallel_branches_begin_at_one_instant_and_meet_again() {
    let flow = definition(
        vec![plain(0, &[]), plain(1, &[]), plain(2, &[]), plain(3, &[(0, SUCCEEDED), (1, SUCCEEDED), (2, SUCCEEDED)])],
        &[0, 1, 2, 3],
    );
    let played = play(&flow, (None, 1), |begin, _| (s(begin.number as f64 + 1.0), response(200, &[])));
    let begins: Vec<f64> = (0..4).map(|number| played.seconds(number)[0]).collect();
    assert_eq!(begins, [0.0, 0.0, 0.0, 3.0]);
}

#[test]
fn a_scope_fails_as_a_whole_and_can_be_followed_after_that() {
    let flow = definition(
        vec![plain(0, &[]), node(1, Kind::Scope(vec![0]), &[]), plain(2, &[(1, FAILED)]), plain(3, &[(1, SUCCEEDED)])],
        &[1, 2, 3],
    );
    let played = play(&flow, (None, 1), |begin, _| with(if begin.number == 0 { 404 } else { 200 }));
    assert_eq!(played.status_of(1), Some(Status::Failed));
    assert_eq!((played.status_of(2), played.status_of(3)), (Some(Status::Succeeded), Some(Status::Skipped)));
    // One branch ended well, the other was skipped because the scope failed.
    assert_eq!(played.status, Status::Failed);
}

#[test]
fn a_loop_repeats_until_its_condition_is_met_or_a_limit_is_reached() {
    let until = |count, within, turns, fails_at_limit| {
        let until = Until { count, within, turns, fails_at_limit, actions: vec![0] };
        definition(vec![plain(0, &[]), node(1, Kind::Until(until), &[])], &[1])
    };
    let play_with = |flow: &Definition, status| {
        let played = play(flow, (None, 1), |_, _| with(status));
        (played.began.len(), played.status)
    };
    let hour = Duration::from_hours(1);
    assert_eq!(play_with(&until(60, hour, Some(3), false), 200), (3, Status::Succeeded));
    assert_eq!(play_with(&until(60, hour, None, false), 200), (1, Status::Succeeded));
    assert_eq!(play_with(&until(60, hour, None, false), 404), (60, Status::Failed));
    assert_eq!(play_with(&until(4, hour, Some(9), true), 200), (4, Status::Failed));
    assert_eq!(play_with(&until(4, hour, Some(9), false), 200), (4, Status::Succeeded));
    // A turn takes a second: the fifth ends at the limit.
    assert_eq!(play_with(&until(60, s(5.0), None, false), 404), (5, Status::Failed));
}

#[test]
fn a_wait_lasts_and_a_child_is_waited_for() {
    let flow = definition(
        vec![
            node(0, Kind::Wait(s(30.0)), &[]),
            node(1, Kind::Child(4), &[(0, SUCCEEDED)]),
            plain(2, &[(1, SUCCEEDED)]),
        ],
        &[0, 1, 2],
    );
    let played = play(&flow, (None, 1), |_, _| (s(200.0), response(200, &[])));
    assert_eq!(played.began[0].what, What::Child(4));
    assert_eq!((played.seconds(1), played.seconds(2), played.took), (vec![30.0], vec![230.0], s(430.0)));
    let played = play(&flow, (None, 1), |_, _| with(500));
    assert_eq!((played.status, played.status_of(2)), (Status::Failed, Some(Status::Skipped)));
}

#[test]
fn a_run_confined_to_one_action_waits_for_no_other() {
    let flow = Definition::new(vec![plain(0, &[]), plain(1, &[(0, SUCCEEDED)])], vec![0, 1], Some((3, 1)));
    let flow = flow.expect("no circle");
    let played = play(&flow, (Some(1), 1), |_, _| with(200));
    assert_eq!(played.began.iter().map(|b| (b.number, b.item)).collect::<Vec<_>>(), [(1, 0), (1, 1), (1, 2)]);
    assert_eq!((flow.calls(None, &|_| 0), flow.calls(Some(1), &|_| 0)), (6, 3));
}

#[test]
fn actions_that_wait_for_each_other_are_told() {
    let circle = vec![plain(0, &[(1, SUCCEEDED)]), plain(1, &[(0, SUCCEEDED)])];
    assert!(Definition::new(circle, vec![0, 1], None).is_err());
}

#[test]
fn a_loop_within_a_loop_goes_one_by_one() {
    let inner = Kind::Each { items: 4, concurrency: 50, actions: vec![0] };
    let nodes = vec![plain(0, &[]), node(1, inner, &[])];
    let flow = Definition::new(nodes, vec![1], Some((3, 3))).expect("no circle");
    let played = play(&flow, (None, 1), |_, _| with(200));
    let mut each: BTreeMap<u64, u32> = BTreeMap::new();
    for began in &played.began {
        *each.entry(began.at.since(Timestamp::default()).as_secs()).or_default() += 1;
    }
    assert_eq!(each.into_iter().collect::<Vec<_>>(), [(0, 3), (1, 3), (2, 3), (3, 3)]);
    let items: std::collections::BTreeSet<u64> = played.began.iter().map(|began| began.item).collect();
    assert_eq!(items.len(), 12, "each turn is an item of its own");
}

proptest! {
    #[test]
    fn each_item_has_its_turn_and_never_more_than_allowed_at_once(
        items in 1_u32..60, concurrency in 1_u32..=50, seed: u64,
    ) {
        let flow = Definition::new(vec![plain(0, &[])], vec![0], Some((items, concurrency))).expect("no circle");
        let took = |item: u64| Duration::from_millis(1 + mix(seed, &[item]) % 1_000);
        let played = play(&flow, (None, seed), |begin, _| (took(begin.item), response(200, &[])));
        let mut begun: Vec<u64> = played.began.iter().map(|began| began.item).collect();
        for began in &played.began {
            let open = played.began.iter().filter(|b| b.at <= began.at && b.at.plus(took(b.item)) > began.at);
            prop_assert!(open.count() <= concurrency as usize);
        }
        begun.sort_unstable();
        prop_assert_eq!(begun, (0..u64::from(items)).collect::<Vec<_>>());
        let ended_well = played.told.iter().filter(|(number, _, status)| *number == 0 && *status == Status::Succeeded);
        prop_assert_eq!(ended_well.count(), items as usize);
    }

    #[test]
    fn any_tree_of_actions_comes_to_an_end_in_which_each_is_accounted_for(tree in tree(), seed: u64) {
        let (nodes, entries) = numbered(&tree);
        let flow = Definition::new(nodes, entries, None).expect("a list in order has no circle");
        let answer = |begin: &Begin<'_>, _: Timestamp| {
            let drawn = mix(seed, &[begin.number as u64, begin.item]);
            let status = [200, 200, 404, 503, 202][(drawn % 5) as usize];
            (Duration::from_millis(drawn % 3_000), response(status, &[]))
        };
        let played = play(&flow, (None, seed), answer);
        let again = play(&flow, (None, seed), answer);
        prop_assert_eq!(&played.began, &again.began);
        for number in flow.entries() {
            prop_assert_eq!(played.told.iter().filter(|(told, _, _)| told == number).count(), 1);
        }
        // Nothing begins that is not told to have ended, once for each beginning.
        let calls = |number: usize, item: u64| {
            played.began.iter().filter(|b| b.number == number && b.item == item && b.what == What::Attempt(1)).count()
        };
        for (number, item, status) in played.told.iter().filter(|(n, _, _)| matches!(flow.nodes()[*n].kind, Kind::Call(_))) {
            let ended = played.told.iter().filter(|(n, i, s)| (n, i) == (number, item) && *s != Status::Skipped).count();
            prop_assert_eq!(calls(*number, *item), ended);
            if *status == Status::Skipped {
                prop_assert!(ended == 0 || calls(*number, *item) == ended);
            }
        }
        // One that was skipped waited for one that ended otherwise.
        for (number, _, status) in played.told.iter().filter(|(n, _, _)| flow.entries().contains(n)) {
            let kept = flow.nodes()[*number].after.iter().all(|after| {
                played.status_of(after.node).is_some_and(|status| after.statuses.contains(status))
            });
            prop_assert_eq!(*status == Status::Skipped, !kept);
        }
    }
}

/// An action of a random tree; a place in its list before it, and how that must
/// have ended.
#[derive(Clone, Debug)]
struct Branch {
    kind: Shape,
    after: Option<(usize, u8)>,
}

#[derive(Clone, Debug)]
enum Shape {
    Call,
    Wait,
    Child,
    Scope(Vec<Branch>),
    Each(u32, u32, Vec<Branch>),
    Until(u32, Vec<Branch>),
}

fn tree() -> impl Strategy<Value = Vec<Branch>> {
    let leaf = prop_oneof![4 => Just(Shape::Call), 1 => Just(Shape::Wait), 1 => Just(Shape::Child)];
    let shape = leaf.prop_recursive(3, 24, 4, |inner| {
        let list = prop::collection::vec(branch(inner), 0..4).boxed();
        prop_oneof![
            list.clone().prop_map(Shape::Scope),
            (0_u32..4, 1_u32..4, list.clone()).prop_map(|(items, at_once, list)| Shape::Each(items, at_once, list)),
            (1_u32..4, list).prop_map(|(count, list)| Shape::Until(count, list)),
        ]
    });
    prop::collection::vec(branch(shape), 1..6)
}

fn branch(shape: impl Strategy<Value = Shape>) -> impl Strategy<Value = Branch> {
    (shape, prop::option::of((0_usize..6, 1_u8..16))).prop_map(|(kind, after)| Branch { kind, after })
}

/// The same with numbers, as a definition has them.
fn numbered(tree: &[Branch]) -> (Vec<Node>, Vec<usize>) {
    let mut nodes = Vec::new();
    let entries = list(tree, &mut nodes);
    (nodes, entries)
}

fn list(tree: &[Branch], nodes: &mut Vec<Node>) -> Vec<usize> {
    let mut numbers: Vec<usize> = Vec::new();
    for branch in tree {
        let kind = match &branch.kind {
            Shape::Call => call(RetryPolicy::fixed(1, s(5.0))),
            Shape::Wait => Kind::Wait(s(2.0)),
            Shape::Child => Kind::Child(0),
            Shape::Scope(actions) => Kind::Scope(list(actions, nodes)),
            Shape::Each(items, concurrency, actions) => {
                Kind::Each { items: *items, concurrency: *concurrency, actions: list(actions, nodes) }
            }
            Shape::Until(count, actions) => Kind::Until(Until {
                count: *count,
                within: Until::WITHIN,
                turns: None,
                fails_at_limit: count % 2 == 0,
                actions: list(actions, nodes),
            }),
        };
        let statuses =
            |set: u8| -> Vec<Status> { Status::ALL.into_iter().filter(|s| set & (1 << *s as u8) != 0).collect() };
        let after = branch
            .after
            .filter(|_| !numbers.is_empty())
            .map(|(place, set)| (numbers[place % numbers.len()], statuses(set)));
        let after: Vec<(usize, &[Status])> = after.iter().map(|(node, set)| (*node, set.as_slice())).collect();
        nodes.push(node(nodes.len(), kind, &after));
        numbers.push(nodes.len() - 1);
    }
    numbers
}

#[test]
fn of_several_ways_runs_take_as_many_as_their_share_and_an_event_always_the_same() {
    let ways = [1, 2].map(|number| node(number, call(RetryPolicy::NONE), &[]));
    let choice = Kind::Choice { shares: vec![0.6, 0.3], actions: vec![1, 2] };
    let last = node(3, call(RetryPolicy::NONE), &[(0, SUCCEEDED)]);
    let flow = definition([vec![node(0, choice, &[])], ways.to_vec(), vec![last]].concat(), &[0, 3]);
    let mut taken = [0_u32; 4];
    for event in 0..10_000 {
        let played = play(&flow, (None, event), |_, _| with(200));
        assert_eq!(played.status, Status::Succeeded);
        let numbers: Vec<usize> = played.began.iter().map(|began| began.number).collect();
        assert_eq!(numbers.last(), Some(&3), "what follows a choice begins whichever way was taken");
        let way = if numbers.len() == 1 { 0 } else { numbers[0] };
        taken[way] += 1;
        let mut again = Run::new(&flow, None, event + 1).about(event);
        let first = again.begin(Timestamp::default()).first().map(|begin| begin.number);
        assert_eq!(first, numbers.first().copied());
    }
    // Five standard deviations.
    assert!(
        taken[0].abs_diff(1_000) < 150 && taken[1].abs_diff(6_000) < 250 && taken[2].abs_diff(3_000) < 230,
        "{taken:?}"
    );
    let failing = play(&flow, (None, 0), |begin, _| with(if begin.number == 3 { 200 } else { 400 }));
    let took = failing.began.iter().any(|began| began.number != 3);
    assert_eq!(failing.status == Status::Failed, took);
}
