//! Redirects that are followed, as far as they lead to what is mapped.

use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Response, StatusCode, Uri, header};
use url::Url;

use super::answer::AnswerBody;
use super::backend::SendError;
use super::hosts::{Destination, Hosts};
use super::request_body::RequestBody;
use crate::door::Origin;

/// How many redirects are followed at most, as .NET's client does.
const MAX_REDIRECTS: usize = 50;

/// A request that may be sent again elsewhere.
pub(super) struct Redirect<'h> {
    hosts: &'h Hosts,
    url: Url,
    method: Method,
    headers: HeaderMap,
    /// `None` where the body was streamed and is gone.
    body: Option<RequestBody>,
}

impl<'h> Redirect<'h> {
    /// Sends a request and follows redirects. An answer whose redirect can't be
    /// followed, for its target is no URL or the body is gone, is handed on.
    pub(super) async fn following(
        hosts: &'h Hosts,
        destination: &Destination,
        request: Request<RequestBody>,
    ) -> Result<Response<AnswerBody>, SendError> {
        let Ok(url) = Url::parse(&format!("{}{}", destination.shown, request.uri())) else {
            return destination.send(request).await;
        };
        let body = match request.body() {
            RequestBody::Stream(_) => None,
            kept => Some(kept.again()),
        };
        let mut redirect =
            Self { hosts, url, method: request.method().clone(), headers: request.headers().clone(), body };
        let mut response = destination.send(request).await?;
        for _ in 0..MAX_REDIRECTS {
            let Some((destination, request)) = redirect.next(destination, &response) else { break };
            response = destination.send(request).await?;
        }
        Ok(response)
    }

    fn next(
        &mut self,
        first: &Destination,
        response: &Response<AnswerBody>,
    ) -> Option<(Destination, Request<RequestBody>)> {
        let status = response.status();
        let followed = [
            StatusCode::MOVED_PERMANENTLY,
            StatusCode::FOUND,
            StatusCode::SEE_OTHER,
            StatusCode::TEMPORARY_REDIRECT,
            StatusCode::PERMANENT_REDIRECT,
        ];
        if !followed.contains(&status) {
            return None;
        }
        let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
        let url = self.url.join(location).ok()?;
        let shown = Origin::parse(url.as_str())?;
        let reads = status == StatusCode::SEE_OTHER || (status.as_u16() < 303 && self.method == Method::POST);
        if reads && self.method != Method::HEAD {
            (self.method, self.body) = (Method::GET, Some(RequestBody::None));
            self.headers.remove(header::CONTENT_TYPE);
        }
        let body = self.body.as_ref()?.again();
        if Origin::parse(self.url.as_str()).as_ref() != Some(&shown) {
            // What was for one server is not for another.
            self.headers.remove(header::AUTHORIZATION);
        }
        let reached = if shown == first.shown { first.reached.clone() } else { self.hosts.reach(&url) };
        let destination = Destination::new(shown, reached);
        self.headers.insert(header::HOST, destination.authority());
        let target = url.query().map_or_else(|| url.path().to_owned(), |query| format!("{}?{query}", url.path()));
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = Uri::from(PathAndQuery::try_from(target).ok()?);
        request.headers_mut().clone_from(&self.headers);
        self.url = url;
        Some((destination, request))
    }
}
