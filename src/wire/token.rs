//! Tokens that must be refused, and good ones in another dress.

use std::fmt;

use serde::Serialize;

/// Tokens that a call is tried with (reference, Entra ID §7.5): the harness asks
/// for them, the issuer makes them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// Nothing is wrong with it, and it is shown as usual: none of
    /// [`Self::all`].
    #[default]
    Good,
    /// No token at all.
    None,
    /// `exp` has passed.
    Expired,
    /// `aud` is another API.
    WrongAudience,
    /// `iss` is another tenant, signed by its key.
    ForeignIssuer,
    /// The signature was tampered with.
    BadSignature,
    /// `roles` lacks the demanded role.
    MissingRole,
    /// `roles` holds another role.
    WrongRole,
    /// `alg` is `none`, without a signature.
    Unsigned,
    /// Of the form and issuer of version 1, where version 2 is declared.
    OtherVersion,
    /// `nbf` lies ahead.
    NotYetValid,
    /// `tid` and `iss` are another tenant's, signed by the right key.
    ForeignTenant,
    /// Signed by a key that the issuer does not publish.
    UnknownKey,
    /// Claims were changed after it was signed.
    TamperedPayload,
    /// Signed with HS256, the public key as the secret.
    PublicKeyAsSecret,
    /// Signed by a key that the header itself brings along (`jwk`).
    EmbeddedKey,
    /// Signed by a key that the header names an address of (`jku`).
    KeyByAddress,
    /// Signed by another key under the `kid` of the right one.
    BorrowedKeyId,
    /// Delegated: `scp` instead of `roles`.
    Delegated,
    /// An ID token instead of an access token.
    IdToken,
    /// `aud` is the application id URI instead of the application id.
    UriAudience,
    /// `aud` is a list without the API.
    OtherAudiences,
    /// Without `exp`.
    NoExpiry,
    /// Without `azp`: whose it is can't be told.
    NoClient,
    /// Text that is no token.
    Malformed,
    /// The beginning of a good one.
    Truncated,
    /// Random text of 16 KiB.
    Oversized,
    /// A good one under another scheme than `Bearer`.
    WrongScheme,
    /// A good one without a scheme.
    NoScheme,
    /// A good one in the query instead of the header field.
    InQuery,
    /// A good one, its scheme in small letters: good.
    LowerCaseScheme,
    /// A bad one and a good one, in two header fields.
    TwoFields,
}

/// How a token is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dress {
    /// `Authorization: Bearer …`.
    Bearer,
    /// Under this scheme; nothing: without one.
    Scheme(&'static str),
    /// As `access_token` in the query (RFC 6750 §2.3).
    Query,
    /// After a field with this token.
    Second(&'static str),
}

const NAMES: &[(TokenKind, &str)] = &[
    (TokenKind::None, "no token"),
    (TokenKind::Expired, "an expired token"),
    (TokenKind::WrongAudience, "a token for another audience"),
    (TokenKind::ForeignIssuer, "a token of a foreign issuer"),
    (TokenKind::BadSignature, "a token with a bad signature"),
    (TokenKind::MissingRole, "a token without the role"),
    (TokenKind::LowerCaseScheme, "a token under the scheme bearer"),
    (TokenKind::Unsigned, "an unsigned token"),
    (TokenKind::ForeignTenant, "a token of a foreign tenant"),
    (TokenKind::UnknownKey, "a token signed by an unknown key"),
    (TokenKind::WrongRole, "a token with another role"),
    (TokenKind::OtherVersion, "a token of version 1"),
    (TokenKind::NotYetValid, "a token that is not valid yet"),
    (TokenKind::TamperedPayload, "a token whose claims were changed"),
    (TokenKind::PublicKeyAsSecret, "a token signed with the public key as secret"),
    (TokenKind::EmbeddedKey, "a token that brings its key along"),
    (TokenKind::KeyByAddress, "a token that names the address of its key"),
    (TokenKind::BorrowedKeyId, "a token signed by another key under the right key id"),
    (TokenKind::Delegated, "a delegated token"),
    (TokenKind::IdToken, "an ID token"),
    (TokenKind::UriAudience, "a token for the application id URI"),
    (TokenKind::OtherAudiences, "a token for a list of other audiences"),
    (TokenKind::NoExpiry, "a token without an end"),
    (TokenKind::NoClient, "a token without a client"),
    (TokenKind::Malformed, "something that is no token"),
    (TokenKind::Truncated, "the beginning of a token"),
    (TokenKind::Oversized, "16 KiB that are no token"),
    (TokenKind::WrongScheme, "a token under the scheme Basic"),
    (TokenKind::NoScheme, "a token without a scheme"),
    (TokenKind::InQuery, "a token in the query"),
    (TokenKind::TwoFields, "two tokens"),
];

impl TokenKind {
    /// All that differ from a good one; telling ones first.
    pub fn all() -> impl Iterator<Item = Self> {
        NAMES.iter().map(|(kind, _)| *kind)
    }

    /// Whether it is good, and must be accepted.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Good | Self::LowerCaseScheme)
    }

    /// Whether nothing is promised about it but that it is no server error.
    pub fn is_open(self) -> bool {
        self == Self::TwoFields
    }

    /// Whether it is refused for what its bearer may do, not for what it is:
    /// only where a role is demanded.
    pub fn is_about_roles(self) -> bool {
        matches!(self, Self::MissingRole | Self::WrongRole | Self::Delegated)
    }

    /// How it is shown.
    pub fn dress(self) -> Dress {
        match self {
            Self::WrongScheme => Dress::Scheme("Basic "),
            Self::NoScheme => Dress::Scheme(""),
            Self::LowerCaseScheme => Dress::Scheme("bearer "),
            Self::InQuery => Dress::Query,
            Self::TwoFields => Dress::Second("Bearer e30.e30.c2ln"),
            _ => Dress::Bearer,
        }
    }

    /// Whether the token itself is a good one: what is wrong is how it is shown.
    pub fn is_minted_good(self) -> bool {
        self == Self::Good || self.dress() != Dress::Bearer
    }
}

impl fmt::Display for TokenKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(NAMES.iter().find(|(kind, _)| kind == self).map_or("a good token", |(_, name)| name))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        let names: BTreeSet<String> = TokenKind::all().map(|kind| kind.to_string()).collect();
        assert_eq!(names.len(), TokenKind::all().count());
        assert!(!names.contains("a good token"));
        assert!(TokenKind::all().filter(|kind| kind.is_good()).all(TokenKind::is_minted_good));
    }
}
