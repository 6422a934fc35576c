//! Who may call an API: the decision order of reference §3.3.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use url::form_urlencoded;

use super::apis::PublishedApi;
use super::call::Call;
use super::raised::Raised;
use crate::diagnose::{Diagnostic, Diagnostics};
use crate::policy::instance::{Instance, Product, Subscription, SubscriptionScope, SubscriptionState};

/// The subscriptions by each of their keys, and the products.
#[derive(Debug, Default)]
pub(super) struct Subscriptions {
    by_key: HashMap<String, Arc<Subscription>>,
    products: HashMap<String, Arc<Product>>,
}

impl Subscriptions {
    /// # Errors
    /// Two subscriptions that share a key: nobody could tell whose call it is.
    pub(super) fn new(instance: &Instance) -> Result<Self, Diagnostics> {
        let mut faults = Diagnostics::new();
        let mut by_key: HashMap<String, Arc<Subscription>> = HashMap::new();
        for subscription in instance.subscriptions.iter().cloned().map(Arc::new) {
            for key in [&subscription.primary_key, &subscription.secondary_key] {
                let other = by_key.insert(key.expose().to_owned(), Arc::clone(&subscription));
                if let Some(other) = other.filter(|other| other.id != subscription.id) {
                    let what = format!("subscriptions `{}` and `{}` have a key in common", other.id, subscription.id);
                    faults.push(Diagnostic::error(subscription.place.clone(), what));
                }
            }
        }
        let products = instance.products.values().map(|p| (p.id.clone(), Arc::new(p.clone()))).collect();
        if faults.has_errors() { Err(faults) } else { Ok(Self { by_key, products }) }
    }

    /// Lets a call in, by its subscription, by an open product, or as the API
    /// needs no key.
    pub(super) fn admit(&self, call: &mut Call, api: &PublishedApi) -> Result<(), Raised> {
        let Some(key) = key(call, api) else {
            if let Some(product) = &api.product {
                call.product = self.products.get(product).cloned();
                return Ok(());
            }
            if api.subscription_required {
                return Err(refused(call, api, Refusal::Missing));
            }
            return Ok(());
        };
        let subscription = self.by_key.get(&*key).filter(|s| opens(s, api));
        let Some(subscription) = subscription else { return Err(refused(call, api, Refusal::Invalid)) };
        call.product = subscription.product().and_then(|id| self.products.get(id)).cloned();
        call.subscription = Some(Arc::clone(subscription));
        Ok(())
    }
}

fn refused(call: &Call, api: &PublishedApi, refusal: Refusal) -> Raised {
    let (reason, message, told) = refusal.texts();
    let mut raised = Raised::policy(StatusCode::UNAUTHORIZED, reason, message, told);
    raised.source = "authorization";
    let challenge = format!(
        "AzureApiManagementKey realm=\"https://{}/{}\",name=\"{}\",type=\"header\"",
        call.host(),
        api.called_path(),
        api.key_name
    );
    if let Ok(challenge) = HeaderValue::try_from(challenge) {
        raised.headers.push((header::WWW_AUTHENTICATE, challenge));
    }
    raised
}

/// The key that a call carries: in the header field, and only where that is
/// not there, in the query.
fn key<'c>(call: &'c Call, api: &PublishedApi) -> Option<std::borrow::Cow<'c, str>> {
    if let Some(value) = call.request_headers.get(&api.key_header) {
        return Some(String::from_utf8_lossy(value.as_bytes()));
    }
    let query = call.original.query()?;
    let (_, value) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| *name == *api.key_query)?;
    Some(value)
}

/// Whether a subscription opens an API.
fn opens(subscription: &Subscription, api: &PublishedApi) -> bool {
    let in_scope = match &subscription.scope {
        SubscriptionScope::Product(id) => api.products.contains(id),
        SubscriptionScope::Api(id) => *id == api.id,
        SubscriptionScope::AllApis | SubscriptionScope::AllAccess => true,
    };
    in_scope && subscription.state == SubscriptionState::Active
}

#[derive(Clone, Copy)]
enum Refusal {
    Missing,
    Invalid,
}

impl Refusal {
    /// `LastError`'s reason and message, and what the client reads (reference
    /// §3.1, §3.2).
    const fn texts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Missing => (
                "SubscriptionKeyNotFound",
                "Access denied due to missing subscription key. Make sure to include subscription key when making requests to this API.",
                "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API.",
            ),
            Self::Invalid => (
                "SubscriptionKeyInvalid",
                "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.",
                "Access denied due to invalid subscription key. Make sure to provide a valid key for an active subscription.",
            ),
        }
    }
}
