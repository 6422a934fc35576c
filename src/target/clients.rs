//! Who calls: a pool of clients that the run mints, or the one that the
//! settings name.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use http::Method;
use serde::Deserialize;

use super::control::{Control, MintRequest};
use super::{Target, TargetError};
use crate::clock::{Clock, Timestamp};
use crate::contract::behaviour::Identity;
use crate::door::RestClient;
use crate::generate::{Caller, Nonce, TokenKind};
use crate::wire::{Redactor, Secret, causes};

/// How many calls one client of the pool makes before the next takes over: a
/// sixth of the smallest rate a shipped contract declares, so that retries and
/// polls fit in as well.
const CALLS_PER_CLIENT: u64 = 100;

/// How long a client of the pool rests before its next turn, by the shared
/// clock: twice the minute of a shipped contract's rate, so that its window is
/// fresh. A run of a million cases then gets by with some hundred clients.
const REST: Duration = Duration::from_mins(2);

/// A caller with its token, ready to call.
#[derive(Clone, Debug)]
pub struct Authorized {
    /// The client's name, as the gateway's rows show it.
    pub client: Arc<str>,
    /// The bearer token; `None`: it calls without.
    pub token: Option<Secret>,
}

/// How tokens are got from an issuer.
#[derive(Clone, Debug)]
pub struct TokenSettings {
    /// The token endpoint.
    pub endpoint: String,
    /// The client's id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: Secret,
    /// What is asked for; `None`: the contract's application id URI and
    /// `/.default`.
    pub scope: Option<String>,
}

/// Hands out clients and their tokens. Clones share the tokens.
#[derive(Clone, Debug)]
pub struct Clients(Arc<Inner>);

/// Tokens of clients, and until when they last.
type TokensOf = HashMap<Arc<str>, (Secret, Timestamp)>;

#[derive(Debug)]
struct Inner {
    source: Source,
    nonce: Nonce,
    clock: Clock,
    redactor: Redactor,
    turns: Mutex<Turns>,
    /// Held while the issuer is asked.
    asking: tokio::sync::Mutex<()>,
    /// By audience.
    tokens: RwLock<HashMap<String, TokensOf>>,
}

#[derive(Debug)]
enum Source {
    Minted(Control),
    Issuer(RestClient, TokenSettings),
    Fixed(Secret),
    Nobody,
}

/// Whose turn it is in the pool.
#[derive(Debug, Default)]
struct Turns {
    current: u64,
    calls: u64,
    known: u64,
    /// Clients that had their turn, and when it ended; the longest rested first.
    resting: VecDeque<(u64, Timestamp)>,
}

impl Turns {
    /// The number of the client that makes the next call.
    fn next(&mut self, now: Timestamp) -> u64 {
        if self.calls == CALLS_PER_CLIENT {
            self.resting.push_back((self.current, now));
            let rested = self.resting.front().is_some_and(|(_, since)| now.since(*since) >= REST);
            let next = if rested { self.resting.pop_front().map(|(client, _)| client) } else { None };
            self.current = next.unwrap_or_else(|| {
                self.known += 1;
                self.known
            });
            self.calls = 0;
        }
        self.calls += 1;
        self.current
    }
}

impl Inner {
    /// A token that still lasts.
    fn known(&self, audience: &str, client: &str) -> Option<Secret> {
        let tokens = self.tokens.read().unwrap_or_else(PoisonError::into_inner);
        tokens.get(audience)?.get(client).filter(|(_, until)| self.clock.now() < *until).map(|(token, _)| token.clone())
    }
}

impl Clients {
    /// Clients that the run mints at our stack.
    pub fn minted(control: Control, nonce: Nonce, clock: Clock, redactor: Redactor) -> Self {
        Self::new(Source::Minted(control), nonce, clock, redactor)
    }

    /// The one client of the settings.
    pub fn issued(client: RestClient, settings: TokenSettings, clock: Clock, redactor: Redactor) -> Self {
        redactor.register(&settings.client_secret);
        Self::new(Source::Issuer(client, settings), Nonce::fresh(), clock, redactor)
    }

    /// One token for every call.
    pub fn fixed(token: Secret, clock: Clock, redactor: Redactor) -> Self {
        redactor.register(&token);
        Self::new(Source::Fixed(token), Nonce::fresh(), clock, redactor)
    }

    /// Every call goes without a token.
    pub fn nobody(clock: Clock) -> Self {
        Self::new(Source::Nobody, Nonce::fresh(), clock, Redactor::new())
    }

    fn new(source: Source, nonce: Nonce, clock: Clock, redactor: Redactor) -> Self {
        let (turns, asking, tokens) = (Mutex::default(), tokio::sync::Mutex::default(), RwLock::default());
        Self(Arc::new(Inner { source, nonce, clock, redactor, turns, asking, tokens }))
    }

    /// The caller of a case's call, with its token. `identity` is the
    /// contract's; without one nobody is asked for a token but for a fixed
    /// one.
    ///
    /// # Errors
    /// No token can be had, or the kind of caller can't be made here.
    pub async fn caller(
        &self,
        identity: Option<&Identity>,
        caller: Caller,
        case_seed: u64,
    ) -> Result<Authorized, TargetError> {
        match caller {
            Caller::Any => {
                let turn = self.0.turns.lock().unwrap_or_else(PoisonError::into_inner).next(self.0.clock.now());
                self.client(identity, format!("case-{}-{turn}", self.0.nonce.0)).await
            }
            Caller::Own(number) => {
                self.client(identity, format!("case-{}-{case_seed:016x}-{number}", self.0.nonce.0)).await
            }
            Caller::Token(TokenKind::None) => Ok(Authorized { client: "nobody".into(), token: None }),
            Caller::Token(kind) => self.wrong(identity, kind).await,
        }
    }

    /// A client by name, e.g. a flow's, with its token.
    ///
    /// # Errors
    /// No token can be had.
    pub async fn client(
        &self,
        identity: Option<&Identity>,
        name: impl Into<Arc<str>>,
    ) -> Result<Authorized, TargetError> {
        let (inner, client) = (&*self.0, name.into());
        let Some(identity) = identity else {
            let token = if let Source::Fixed(token) = &inner.source { Some(token.clone()) } else { None };
            return Ok(Authorized { client, token });
        };
        let client = match &inner.source {
            Source::Minted(_) => client,
            Source::Issuer(_, settings) => settings.client_id.as_str().into(),
            Source::Fixed(token) => return Ok(Authorized { client, token: Some(token.clone()) }),
            Source::Nobody => return Ok(Authorized { client, token: None }),
        };
        if let Some(token) = inner.known(&identity.audience, &client) {
            return Ok(Authorized { client, token: Some(token) });
        }
        // A foreign issuer has one client of ours, and counts how often it asks:
        // one asks, the others wait for what he gets.
        let _turn = match &inner.source {
            Source::Issuer(..) => Some(inner.asking.lock().await),
            _ => None,
        };
        if let Some(token) = inner.known(&identity.audience, &client) {
            return Ok(Authorized { client, token: Some(token) });
        }
        let (token, lifetime) = self.fetch(identity, &client).await?;
        inner.redactor.register(&token);
        let until = inner.clock.now().plus(Duration::from_secs(lifetime * 9 / 10));
        let mut tokens = inner.tokens.write().unwrap_or_else(PoisonError::into_inner);
        tokens.entry(identity.audience.clone()).or_default().insert(client.clone(), (token.clone(), until));
        Ok(Authorized { client, token: Some(token) })
    }

    async fn fetch(&self, identity: &Identity, name: &str) -> Result<(Secret, u64), TargetError> {
        match &self.0.source {
            Source::Minted(control) => {
                let (audience, roles) = (identity.audience.as_str(), identity.roles.as_slice());
                control.mint(&MintRequest { client: name, audience, roles, kind: TokenKind::Good }).await
            }
            Source::Issuer(client, settings) => ask_issuer(client, settings, identity).await,
            Source::Fixed(token) => Ok((token.clone(), u64::from(u32::MAX))),
            Source::Nobody => Err(TargetError::Token("no token settings".to_owned())),
        }
    }

    async fn wrong(&self, identity: Option<&Identity>, kind: TokenKind) -> Result<Authorized, TargetError> {
        let (Source::Minted(control), Some(identity)) = (&self.0.source, identity) else {
            return Err(TargetError::Token(format!("{kind} can only be minted by our own stack")));
        };
        let client = format!("wrong-{}", self.0.nonce.0);
        // What is wrong with these is how they are shown.
        let minted = if kind.is_minted_good() { TokenKind::Good } else { kind };
        let (audience, roles) = (identity.audience.as_str(), identity.roles.as_slice());
        let (token, _) = control.mint(&MintRequest { client: &client, audience, roles, kind: minted }).await?;
        Ok(Authorized { client: client.into(), token: Some(token) })
    }
}

impl Target {
    /// Whether tokens are wanted at all.
    pub fn has_tokens(&self) -> bool {
        !matches!(self.clients.0.source, Source::Nobody)
    }
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<serde_json::Value>,
}

/// Client credentials (reference, Entra ID §7.1). `expires_in` is a number from
/// the v2 endpoint and text from the v1 one.
async fn ask_issuer(
    client: &RestClient,
    settings: &TokenSettings,
    identity: &Identity,
) -> Result<(Secret, u64), TargetError> {
    let scope = settings.scope.clone().unwrap_or_else(|| format!("{}/.default", identity.app_id_uri));
    let form: String = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", &settings.client_id)
        .append_pair("client_secret", settings.client_secret.expose())
        .append_pair("scope", &scope)
        .finish();
    let unreachable =
        |detail: String| TargetError::Unreachable { what: "the token endpoint", at: settings.endpoint.clone(), detail };
    let answer = client
        .request(Method::POST, &settings.endpoint)
        .map_err(|e| unreachable(e.to_string()))?
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form)
        .send()
        .await
        .map_err(|e| unreachable(causes(&e)))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|e| unreachable(causes(&e)))?;
    if !status.is_success() {
        return Err(TargetError::Token(format!("{} answered {status}: {text}", settings.endpoint)));
    }
    let granted: Granted = serde_json::from_str(&text)
        .map_err(|e| TargetError::Token(format!("{} answered no token: {e}", settings.endpoint)))?;
    let lifetime = granted.expires_in.and_then(|v| v.as_u64().or_else(|| v.as_str()?.parse().ok())).unwrap_or(3600);
    Ok((Secret::new(granted.access_token), lifetime))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_take_turns_and_come_again_when_they_have_rested() {
        let mut turns = Turns::default();
        let start = Timestamp::from_seconds(0);
        let mut whole = |at: u64| {
            let now = start.plus(Duration::from_secs(at));
            let clients: Vec<u64> = (0..CALLS_PER_CLIENT).map(|_| turns.next(now)).collect();
            assert!(clients.iter().all(|client| *client == clients[0]), "{clients:?}");
            clients[0]
        };
        assert_eq!([whole(0), whole(10), whole(20)], [0, 1, 2]);
        // The first rested from second 10 on.
        assert_eq!([whole(129), whole(131), whole(132), whole(141)], [3, 0, 4, 1]);
    }
}
