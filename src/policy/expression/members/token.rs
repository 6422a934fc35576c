//! Members of tokens.

use super::{Type, members};

members! {
    /// Members of tokens.
    TokenOp Token
    Type::Text => { AsJwt AsJwt Jwt (); }
    Type::Jwt => {
        Claims Claims Claims; Id Id Text; Issuer Issuer Text; Subject Subject Text; Audiences Audiences Texts;
        Algorithm Algorithm Text; Type Type Text; ExpirationTime ExpirationTime Instant;
        NotBefore NotBefore Instant; IssuedAt IssuedAt Instant;
    }
    Type::Claims => { GetValueOrDefault ClaimsGet Text (Text) (Text, Text); ContainsKey ClaimsContains Bool (Text); }
}
