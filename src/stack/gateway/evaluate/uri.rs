//! Members of `Uri`.

use std::sync::Arc;

use url::Position;

use super::super::library::Uri;
use super::super::value::Value;
use super::Fault;
use crate::policy::expression::ObjectOp;

/// What a member of a `Uri` gives.
pub(super) fn member(op: ObjectOp, uri: &Uri) -> Result<Value, Fault> {
    use ObjectOp as O;
    let url = &uri.absolute;
    let default_port = match url.scheme() {
        "ftp" => 21,
        _ => -1,
    };
    let port = url.port_or_known_default().map_or(default_port, i64::from);
    Ok(match op {
        O::AbsoluteUri | O::UriToString => Value::text(url.as_str()),
        O::AbsolutePath | O::LocalPath => Value::text(url.path()),
        O::Host | O::DnsSafeHost => Value::text(url.host_str().unwrap_or_default()),
        O::Port => Value::Int(port),
        O::Scheme => Value::text(url.scheme()),
        O::Query => Value::text(url.query().map_or_else(String::new, |query| format!("?{query}"))),
        O::PathAndQuery => Value::text(&url[Position::BeforePath..Position::AfterQuery]),
        O::Fragment => Value::text(url.fragment().map_or_else(String::new, |fragment| format!("#{fragment}"))),
        O::Authority => {
            let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
            Value::text(format!("{}{port}", url.host_str().unwrap_or_default()))
        }
        O::OriginalString => Value::Text(Arc::clone(&uri.written)),
        O::Segments => Value::Texts(url.path().split_inclusive('/').map(Arc::from).collect()),
        O::IsAbsoluteUri => Value::Bool(true),
        O::IsDefaultPort => Value::Bool(url.port().is_none()),
        O::UserInfo => Value::text(match url.password() {
            Some(password) => format!("{}:{password}", url.username()),
            None => url.username().to_owned(),
        }),
        _ => return Err(Fault::null()),
    })
}
