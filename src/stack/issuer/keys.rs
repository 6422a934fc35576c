//! The keys that sign tokens: those of today, of yesterday, of tomorrow.

use std::fmt;
use std::sync::{Mutex, PoisonError, RwLock};
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::super::certificate::{CertificateError, SelfSigned};
use super::super::jwt::{Claims, JwtError, SigningKey, VerifyingKey, verify};
use super::directory::thumbprint;
use crate::clock::Timestamp;

/// Whose certificates Entra ID's own keys have.
const SUBJECT: &str = "accounts.accesscontrol.windows.net";

/// How keys are to change.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub struct Rollover {
    /// The new key is published and does not sign yet: the next rollover takes
    /// it into use.
    #[serde(default)]
    pub announce: bool,
    /// The keys of before are no longer published, from now on: as after a
    /// key was lost.
    #[serde(default)]
    pub withdraw: bool,
}

/// Keys of one issuer: one signs, all are published.
pub(super) struct KeyRing(RwLock<Ring>);

#[derive(Clone)]
struct Ring {
    published: Vec<Published>,
    /// Where the signing key stands in `published`.
    signing: usize,
    /// Nobody publishes it.
    foreign: SigningKey,
}

#[derive(Clone)]
struct Published {
    key: SigningKey,
    verifying: VerifyingKey,
    /// When it is no longer published; `None`: that is not decided.
    until: Option<Timestamp>,
    /// Published to be known when it signs.
    announced: bool,
}

impl Published {
    fn new(key: SigningKey) -> Self {
        Self { verifying: key.verifying(), key, until: None, announced: false }
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_list().entries(ring.published.iter().map(|p| p.key.kid())).finish()
    }
}

/// The first keys. All issuers of a process share them, as all of Entra's front
/// doors do: RSA keys take a third of a stack's start.
fn first() -> Result<Ring, CertificateError> {
    static FIRST: Mutex<Option<Ring>> = Mutex::new(None);
    let mut first = FIRST.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(made) = &*first {
        return Ok(made.clone());
    }
    // Side by side: one that signs, another that is published, one of nobody's.
    let [signing, next, foreign] = std::thread::scope(|scope| {
        let threads = [(); 3].map(|()| scope.spawn(fresh));
        threads.map(|thread| thread.join().unwrap_or_else(|_| Err(CertificateError("no key".to_owned()))))
    });
    let published = vec![Published::new(signing?), Published::new(next?)];
    Ok(first.insert(Ring { published, signing: 0, foreign: foreign? }).clone())
}

fn fresh() -> Result<SigningKey, CertificateError> {
    let SelfSigned { pair, certificate, .. } = SelfSigned::make(SUBJECT)?;
    Ok(SigningKey::certified(pair, &thumbprint(&certificate), &certificate))
}

impl KeyRing {
    /// With the first keys of this process; making them takes a moment, once.
    pub(super) fn new() -> Result<Self, CertificateError> {
        first().map(|ring| Self(RwLock::new(ring)))
    }

    fn read<T>(&self, read: impl FnOnce(&Ring) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The key that signs today.
    pub(super) fn signing(&self) -> SigningKey {
        self.read(|ring| ring.published[ring.signing].key.clone())
    }

    /// A key that nobody publishes.
    pub(super) fn foreign(&self) -> SigningKey {
        self.read(|ring| ring.foreign.clone())
    }

    /// The public halves of all that are published at an instant, the signing
    /// one first.
    pub(super) fn published(&self, now: Timestamp) -> Vec<Value> {
        self.read(|ring| {
            let mut keys: Vec<&SigningKey> = ring.live(now).map(|p| &p.key).collect();
            let signing = ring.published[ring.signing].key.kid();
            keys.sort_by_key(|key| key.kid() != signing);
            keys.into_iter().map(SigningKey::jwk).collect()
        })
    }

    /// Proves that one of the published keys signed a token.
    pub(super) fn verify(&self, token: &str, now: Timestamp) -> Result<Claims, JwtError> {
        let keys: Vec<VerifyingKey> = self.read(|ring| ring.live(now).map(|p| p.verifying.clone()).collect());
        verify(token, &keys)
    }

    /// Changes keys. An announced one is taken before a new one is made; the one
    /// that signed before stays published for a while.
    pub(super) fn roll(&self, how: Rollover, now: Timestamp, keep: Duration) -> Result<(), CertificateError> {
        let announced = |ring: &Ring| ring.published.iter().position(|p| p.announced);
        // Made outside the lock, where none is there.
        let new = match self.read(announced) {
            Some(_) if !how.announce => None,
            _ => Some(Published { announced: how.announce, ..Published::new(fresh()?) }),
        };
        let mut ring = self.0.write().unwrap_or_else(PoisonError::into_inner);
        ring.published.extend(new);
        if !how.announce {
            let next = announced(&ring).unwrap_or(ring.published.len() - 1);
            let before = std::mem::replace(&mut ring.signing, next);
            ring.published[before].until = Some(now.plus(keep));
            ring.published[next].announced = false;
        }
        let signing = ring.published[ring.signing].key.kid().to_owned();
        ring.published.retain(|p| {
            let over = p.until.is_some_and(|end| now >= end);
            p.key.kid() == signing || p.announced || !(how.withdraw || over)
        });
        ring.signing = ring.published.iter().position(|p| p.key.kid() == signing).unwrap_or(0);
        Ok(())
    }
}

impl Ring {
    fn live(&self, now: Timestamp) -> impl Iterator<Item = &Published> {
        self.published.iter().filter(move |p| p.until.is_none_or(|end| now < end))
    }
}
