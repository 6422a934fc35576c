//! Tokens that were seen to be good, so that a client's next call costs no
//! signature.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;

use super::keys::KeySet;
use crate::clock::Timestamp;
use crate::stack::jwt::Token;

/// Tables with a lock of their own, so that workers seldom wait for each other.
const SHARDS: usize = 16;

/// Tokens that one table remembers.
const REMEMBERED: usize = 1024;

/// A token whose signature was proven for a policy.
#[derive(Debug)]
pub(super) struct Known {
    /// Which policy; a policy lives as long as the gateway, at one address.
    policy: usize,
    text: Box<str>,
    /// The key sets of the time; others mean that the proof is to be made
    /// anew.
    sets: Box<[Arc<KeySet>]>,
    pub(super) token: Arc<Token>,
    pub(super) expires: Option<Timestamp>,
    pub(super) begins: Option<Timestamp>,
    /// Whether all that is demanded of it was found in it, its lifetime apart.
    accepted: AtomicBool,
}

/// The tokens that were proven.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    shards: [Mutex<HashMap<u64, Arc<Known>>>; SHARDS],
}

impl Known {
    /// What holds for one call and is not remembered.
    pub(super) fn unshared(token: Token, sets: Vec<Arc<KeySet>>) -> Self {
        let instant = |name: &str| {
            let seconds = token.claims.get(name).and_then(Json::as_f64);
            seconds.map(|seconds| Timestamp::from_seconds(seconds as i64))
        };
        Self {
            policy: 0,
            text: "".into(),
            sets: sets.into(),
            expires: instant("exp"),
            begins: instant("nbf"),
            token: Arc::new(token),
            accepted: AtomicBool::new(false),
        }
    }

    /// The issuers of its key sets.
    pub(super) fn issuers(&self) -> impl Iterator<Item = &str> {
        self.sets.iter().map(|set| &*set.issuer)
    }

    /// Whether everything but the lifetime was judged good.
    pub(super) fn is_accepted(&self) -> bool {
        self.accepted.load(Ordering::Relaxed)
    }

    /// Remembers that everything but the lifetime is good.
    pub(super) fn accept(&self) {
        self.accepted.store(true, Ordering::Relaxed);
    }

    fn is_for(&self, policy: usize, text: &str, sets: &[Arc<KeySet>]) -> bool {
        let same = |(a, b): (&Arc<KeySet>, &Arc<KeySet>)| Arc::ptr_eq(a, b);
        self.policy == policy
            && self.sets.len() == sets.len()
            && self.sets.iter().zip(sets).all(same)
            && *self.text == *text
    }
}

impl Tokens {
    /// What is known of a token under a policy and its key sets. The whole
    /// text is compared: a signature under another content is no proof.
    pub(super) fn get(&self, policy: usize, text: &str, sets: &[Arc<KeySet>]) -> Option<Arc<Known>> {
        let place = place(policy, text);
        let shard = self.shards[place as usize % SHARDS].lock().expect("nobody panics while he looks up");
        shard.get(&place).filter(|known| known.is_for(policy, text, sets)).cloned()
    }

    /// Remembers a token. Where a table is full, those go first whose time has
    /// come.
    pub(super) fn remember(
        &self,
        (policy, text): (usize, &str),
        sets: Vec<Arc<KeySet>>,
        token: Token,
        now: Timestamp,
    ) -> Arc<Known> {
        let known = Arc::new(Known { policy, text: text.into(), ..Known::unshared(token, sets) });
        let place = place(policy, text);
        let mut shard = self.shards[place as usize % SHARDS].lock().expect("nobody panics while he looks up");
        if shard.len() >= REMEMBERED {
            shard.retain(|_, known| known.expires.is_none_or(|expires| now < expires));
        }
        if shard.len() >= REMEMBERED {
            shard.clear();
        }
        shard.insert(place, Arc::clone(&known));
        known
    }
}

/// Where a token lies: by the end of its signature, which is as good as
/// random.
fn place(policy: usize, text: &str) -> u64 {
    let end = &text.as_bytes()[text.len().saturating_sub(16)..];
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    end.iter().fold(0xcbf2_9ce4_8422_2325 ^ policy as u64, mix)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn token(expires: i64) -> Token {
        let claims = json!({ "exp": expires });
        let part = |value: &Json| {
            use base64::Engine as _;
            base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(value.to_string())
        };
        crate::stack::jwt::decode_unverified(&format!("{}.{}.", part(&json!({})), part(&claims))).expect("a token")
    }

    #[test]
    fn a_token_is_known_by_its_whole_text_and_for_one_policy() {
        let tokens = Tokens::default();
        let now = Timestamp::from_seconds(0);
        let known = tokens.remember((1, "header.content.signature-of-some-length"), Vec::new(), token(10), now);
        assert_eq!(known.expires, Some(Timestamp::from_seconds(10)));
        assert!(tokens.get(1, "header.content.signature-of-some-length", &[]).is_some());
        assert!(tokens.get(1, "header.forged!.signature-of-some-length", &[]).is_none());
        assert!(tokens.get(2, "header.content.signature-of-some-length", &[]).is_none());
    }

    #[test]
    fn what_has_expired_goes_first_and_the_table_stays_small() {
        let tokens = Tokens::default();
        for n in 0..SHARDS * REMEMBERED * 2 {
            let text = format!("{n:032}");
            tokens.remember((0, &text), Vec::new(), token(i64::from(n % 2 == 0)), Timestamp::from_seconds(0));
        }
        for shard in &tokens.shards {
            assert!(shard.lock().unwrap().len() <= REMEMBERED);
        }
    }
}
