//! A call under load, packed: some 40 bytes.

use std::sync::Arc;
use std::time::Duration;

use hashbrown::HashMap;
use uuid::Uuid;

use super::{Numbered, Packed, pack};
use crate::clock::Timestamp;
use crate::contract::ContractId;
use crate::generate::Item;
use crate::observe::CallRecord;
use crate::wire::{FailureKind, Tier};

/// How many items are told once for all calls that have them: more than the
/// pools of most scenarios hold. Those of further calls are told with each.
const ITEMS: usize = 65_536;

/// What calls have in common.
#[derive(Debug, Default)]
pub struct Common {
    kinds: Numbered<Kind>,
    lists: Vec<Arc<[Item]>>,
    /// How many items they have.
    items: usize,
    /// The number of a list by where it lies; `lists` keeps it there.
    places: HashMap<usize, u32>,
}

/// What few calls differ in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Kind {
    contract: ContractId,
    operation: Arc<str>,
    flow: Arc<str>,
    client: Arc<str>,
    step: Option<Arc<str>>,
    status: Option<u16>,
    failure: Option<FailureKind>,
    tier: Option<Tier>,
    poll: bool,
    refusable: bool,
}

impl Packed for CallRecord {
    type Common = Common;

    const EARLY: usize = 4_096;

    fn pack(self, common: &mut Common, to: &mut Vec<u8>) {
        let kind = Kind {
            contract: self.contract,
            operation: self.operation,
            flow: self.flow,
            client: self.client,
            step: self.step,
            status: self.status,
            failure: self.failure,
            tier: self.tier,
            poll: self.poll,
            refusable: self.refusable,
        };
        pack::number(to, u64::from(common.kinds.number(kind)));
        pack::number(to, self.run);
        pack::number(to, u64::from(self.attempt));
        pack::number(to, self.retry_after.map_or(0, |seconds| seconds.saturating_add(1)));
        pack_id(to, self.correlation.as_deref());
        common.pack_items(to, self.items);
        let [due, sent, done] = [self.due, self.sent, self.done].map(|span| span.as_nanos() as u64);
        pack::number(to, due);
        pack::signed(to, sent.wrapping_sub(due) as i64);
        pack::signed(to, done.wrapping_sub(sent) as i64);
        pack::signed(to, self.sent_at.micros());
        pack::signed(to, self.done_at.micros().wrapping_sub(self.sent_at.micros()));
    }

    fn unpack(from: &mut &[u8], common: &Common) -> Option<Self> {
        let number = usize::try_from(pack::take_number(from)?).ok()?;
        let kind = common.kinds.values.get(number)?.clone();
        let (run, attempt) = (pack::take_number(from)?, u32::try_from(pack::take_number(from)?).ok()?);
        let retry_after = pack::take_number(from)?.checked_sub(1);
        let correlation = take_id(from).ok()?;
        let items = common.take_items(from)?;
        let due = pack::take_number(from)?;
        let sent = due.wrapping_add_signed(pack::take_signed(from)?);
        let done = sent.wrapping_add_signed(pack::take_signed(from)?);
        let sent_at = Timestamp::from_micros(pack::take_signed(from)?);
        Some(Self {
            contract: kind.contract,
            operation: kind.operation,
            flow: kind.flow,
            client: kind.client,
            step: kind.step,
            status: kind.status,
            failure: kind.failure,
            tier: kind.tier,
            poll: kind.poll,
            refusable: kind.refusable,
            run,
            attempt,
            retry_after,
            correlation,
            items,
            due: Duration::from_nanos(due),
            sent: Duration::from_nanos(sent),
            done: Duration::from_nanos(done),
            sent_at,
            done_at: sent_at.plus_micros(pack::take_signed(from)?),
        })
    }
}

impl Common {
    fn pack_items(&mut self, to: &mut Vec<u8>, items: Arc<[Item]>) {
        let place = items.as_ptr() as usize;
        let room = !items.is_empty() && self.items + items.len() <= ITEMS;
        if let Some(number) = self.places.get(&place).filter(|n| Arc::ptr_eq(&self.lists[**n as usize], &items)) {
            return pack::number(to, u64::from(*number) + 1);
        }
        if room {
            let number = self.lists.len() as u32;
            self.items += items.len();
            self.lists.push(items);
            self.places.insert(place, number);
            return pack::number(to, u64::from(number) + 1);
        }
        pack::number(to, 0);
        pack::number(to, items.len() as u64);
        for item in items.iter() {
            pack::bytes(to, item.id.as_bytes());
            pack::number(to, item.content);
        }
    }

    fn take_items(&self, from: &mut &[u8]) -> Option<Arc<[Item]>> {
        if let Some(number) = pack::take_number(from)?.checked_sub(1) {
            return self.lists.get(usize::try_from(number).ok()?).cloned();
        }
        let count = pack::take_number(from)?;
        (0..count)
            .map(|_| Some(Item { id: pack::take_text(from)?.into(), content: pack::take_number(from)? }))
            .collect()
    }
}

/// An ID is mostly a UUID, as UUIDs are mostly written.
fn pack_id(to: &mut Vec<u8>, id: Option<&str>) {
    let Some(text) = id else { return to.push(0) };
    let mut written = Uuid::encode_buffer();
    match Uuid::parse_str(text) {
        Ok(id) if id.hyphenated().encode_lower(&mut written) == text => {
            to.push(1);
            to.extend_from_slice(id.as_bytes());
        }
        _ => {
            to.push(2);
            pack::bytes(to, text.as_bytes());
        }
    }
}

/// `Err`: the bytes hold no whole ID.
fn take_id(from: &mut &[u8]) -> Result<Option<Arc<str>>, ()> {
    let (how, rest) = from.split_first().ok_or(())?;
    *from = rest;
    Ok(match how {
        0 => None,
        1 => {
            let (id, rest) = from.split_first_chunk::<16>().ok_or(())?;
            *from = rest;
            let mut written = Uuid::encode_buffer();
            Some((&*Uuid::from_bytes(*id).hyphenated().encode_lower(&mut written)).into())
        }
        _ => Some(pack::take_text(from).ok_or(())?.into()),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn id() -> impl Strategy<Value = Option<String>> {
        prop_oneof![
            Just(None),
            any::<u128>().prop_map(|n| Some(Uuid::from_u128(n).to_string())),
            any::<u128>().prop_map(|n| Some(Uuid::from_u128(n).to_string().to_uppercase())),
            ".{0,40}".prop_map(Some),
        ]
    }

    prop_compose! {
        fn call()(
            id in id(), run: u32, attempt in 1_u32..20, numbers in any::<[u32; 5]>(), early: bool,
            items in prop::collection::vec(("[a-z]{0,8}", any::<u64>()), 0..4), kind in 0_u16..5, at in any::<u32>(),
        ) -> CallRecord {
            let span = |n: usize| Duration::from_nanos(u64::from(numbers[n]));
            let (due, sent) = if early { (span(0) + span(1), span(0)) } else { (span(0), span(0) + span(1)) };
            let sent_at = Timestamp::from_micros(i64::from(at));
            CallRecord {
                contract: ContractId::parse("a/v1"),
                operation: format!("operation{kind}").into(),
                flow: "flow".into(),
                run: u64::from(run),
                attempt,
                poll: kind == 1,
                client: "client".into(),
                correlation: id.map(Into::into),
                items: items.into_iter().map(|(id, content)| Item { id: id.into(), content }).collect(),
                step: (kind == 2).then(|| "step".into()),
                refusable: kind == 3,
                status: (kind > 0).then_some(200 + kind),
                failure: (kind == 0).then_some(FailureKind::Reset),
                retry_after: (kind == 4).then_some(u64::from(numbers[3])),
                tier: (kind == 4).then_some(Tier::Gateway),
                due,
                sent,
                done: sent + span(2),
                sent_at,
                done_at: sent_at.plus_micros(i64::from(numbers[4]) - 1_000),
            }
        }
    }

    proptest! {
        #[test]
        fn calls_are_read_as_they_were(calls in prop::collection::vec(call(), 1..40), full: bool) {
            let (mut common, mut packed) = (Common::default(), Vec::new());
            common.items = if full { ITEMS } else { 0 };
            for call in &calls {
                call.clone().pack(&mut common, &mut packed);
            }
            let from = &mut packed.as_slice();
            for call in &calls {
                let read = CallRecord::unpack(from, &common).expect("whole");
                prop_assert_eq!(format!("{call:?}"), format!("{read:?}"));
            }
            prop_assert!(from.is_empty());
        }
    }

    #[test]
    fn a_usual_call_takes_about_forty_bytes() {
        let (mut common, mut packed) = (Common::default(), Vec::new());
        let items: Arc<[Item]> = [Item { id: Uuid::from_u128(7).to_string().into(), content: 1 }].into();
        let sent = Duration::from_mins(50);
        let call = CallRecord {
            contract: ContractId::parse("a/v1"),
            operation: "operation".into(),
            flow: "flow".into(),
            run: 4_000_000,
            attempt: 1,
            poll: false,
            client: "client".into(),
            correlation: Some(Uuid::from_u128(u128::MAX / 3).to_string().into()),
            items,
            step: None,
            refusable: false,
            status: Some(200),
            failure: None,
            retry_after: None,
            tier: Some(Tier::Service),
            due: sent,
            sent: sent + Duration::from_micros(80),
            done: sent + Duration::from_millis(3),
            sent_at: Timestamp::from_seconds(1_790_000_000),
            done_at: Timestamp::from_seconds(1_790_000_001),
        };
        call.pack(&mut common, &mut packed);
        assert!(packed.len() < 56, "{}", packed.len());
    }
}
