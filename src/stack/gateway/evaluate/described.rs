//! Members of what an instance describes: APIs, products, subscriptions, users.

use std::sync::Arc;

use url::Url;

use super::super::call::Call;
use super::super::collection::Collection;
use super::super::library::{Library, Uri};
use super::super::value::Value;
use super::{Fault, Work};
use crate::clock::Timestamp;
use crate::policy::expression::{ContextOp, Type};

/// What a member gives, where it is one of these.
pub(super) fn member(op: ContextOp, call: &Call) -> Option<Result<Value, Fault>> {
    use ContextOp as C;
    if op == C::DeploymentCertificates {
        let ty = Type::dictionary(Type::Text, Type::Certificate);
        return Some(Ok(Value::Collection(Collection::empty_keyed(ty, false))));
    }
    let value = api(op, call).or_else(|| product(op, call)).or_else(|| subscription(op, call));
    value.or_else(|| user(op, call))
}

/// A record of an id and a name, many times.
fn named<'n>(items: impl Iterator<Item = (&'n str, &'n str)>) -> Result<Value, Fault> {
    let ty = Type::record(&[("Id", Type::Text), ("Name", Type::Text)]);
    let mut work = Work::new();
    let records = items.map(|(id, name)| {
        Collection::of_items(ty, vec![Value::text(id), Value::text(name)], &mut work).map(Value::Collection)
    });
    let records = records.collect::<Result<Vec<_>, _>>()?;
    Collection::of_items(Type::sequence(ty), records, &mut work).map(Value::Collection)
}

fn api(op: ContextOp, call: &Call) -> Option<Result<Value, Fault>> {
    use ContextOp as C;
    let api = call.api.as_deref()?;
    Some(Ok(match op {
        C::ApiIsCurrent => Value::Bool(api.is_current),
        C::ApiProtocols => Value::Texts(api.protocols.iter().map(|p| Arc::from(p.as_str())).collect()),
        C::ApiServiceUrl => api.service_url.as_ref().map_or(Value::Null, |written| match Url::parse(written) {
            Ok(absolute) => Value::Library(Arc::new(Library::Uri(Uri { written: written.as_str().into(), absolute }))),
            Err(_) => Value::Null,
        }),
        C::ApiKeyNames => Value::Here,
        C::KeyHeader => Value::text(api.key_name.as_str()),
        C::KeyQuery => Value::text(api.key_query.as_str()),
        _ => return None,
    }))
}

fn product(op: ContextOp, call: &Call) -> Option<Result<Value, Fault>> {
    use ContextOp as C;
    let product = call.product.as_deref()?;
    Some(Ok(match op {
        C::ProductApproval => Value::Bool(product.approval_required),
        C::ProductState => Value::text(if product.published { "Published" } else { "NotPublished" }),
        C::ProductLimit => product.subscriptions_limit.map_or(Value::Null, Value::Int),
        C::ProductRequired => Value::Bool(product.subscription_required),
        C::ProductGroups => return Some(named(product.groups.iter().map(|g| (g.as_str(), g.as_str())))),
        C::ProductApis => return Some(named(product.apis.iter().map(|a| (a.as_str(), a.as_str())))),
        _ => return None,
    }))
}

fn subscription(op: ContextOp, call: &Call) -> Option<Result<Value, Fault>> {
    use ContextOp as C;
    let subscription = call.subscription.as_deref()?;
    let instant = |at: Option<Timestamp>| at.map_or(Value::Null, |at| Value::Instant(at.into()));
    Some(Ok(match op {
        C::SubscriptionPrimary => Value::text(subscription.primary_key.expose()),
        C::SubscriptionSecondary => Value::text(subscription.secondary_key.expose()),
        C::SubscriptionCreated => instant(subscription.created.or(Some(Timestamp::default()))),
        C::SubscriptionStart => instant(subscription.start),
        C::SubscriptionEnd => instant(subscription.end),
        _ => return None,
    }))
}

fn user(op: ContextOp, call: &Call) -> Option<Result<Value, Fault>> {
    use ContextOp as C;
    let user = call.owner()?;
    Some(Ok(match op {
        C::UserFirstName => Value::text(user.first_name.as_str()),
        C::UserLastName => Value::text(user.last_name.as_str()),
        C::UserNote => Value::text(user.note.as_str()),
        C::UserGroups => return Some(named(user.groups.iter().map(|g| (g.as_str(), g.as_str())))),
        C::UserRegistered => Value::Instant(Timestamp::default().into()),
        _ => return None,
    }))
}
