//! How a token is shown in a request.

use crate::generate::{Caller, Dress};
use crate::wire::Request;

/// Shows a token as its kind has it.
pub(super) fn show(request: &mut Request, caller: Caller, token: &str) {
    let dress = if let Caller::Token(kind) = caller { kind.dress() } else { Dress::Bearer };
    let scheme = match dress {
        Dress::Scheme(scheme) => scheme,
        Dress::Bearer => "Bearer ",
        Dress::Second(first) => {
            request.headers.append("Authorization", first);
            "Bearer "
        }
        Dress::Query => {
            let separator = if request.target.contains('?') { '&' } else { '?' };
            request.target = format!("{}{separator}access_token={token}", request.target);
            return;
        }
    };
    request.headers.append("Authorization", format!("{scheme}{token}"));
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::generate::TokenKind;
    use crate::wire::{Body, Headers};

    #[test]
    fn a_token_is_shown_as_its_kind_has_it() {
        let shown = |caller| {
            let mut request =
                Request { method: Method::GET, target: "/a?b=c".into(), headers: Headers::new(), body: Body::Empty };
            show(&mut request, caller, "t");
            let values: Vec<String> = request.headers.get_all("authorization").map(str::to_owned).collect();
            (request.target, values)
        };
        assert_eq!(shown(Caller::Any), ("/a?b=c".into(), vec!["Bearer t".to_owned()]));
        let token = |kind| shown(Caller::Token(kind));
        assert_eq!(token(TokenKind::Expired).1, ["Bearer t"]);
        assert_eq!(token(TokenKind::WrongScheme).1, ["Basic t"]);
        assert_eq!(token(TokenKind::NoScheme).1, ["t"]);
        assert_eq!(token(TokenKind::LowerCaseScheme).1, ["bearer t"]);
        assert_eq!(token(TokenKind::InQuery), ("/a?b=c&access_token=t".into(), vec![]));
        assert_eq!(token(TokenKind::TwoFields).1.len(), 2);
    }
}
