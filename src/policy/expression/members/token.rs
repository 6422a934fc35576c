//! Members of tokens and credentials.

use super::{Type, members};

members! {
    /// Members of tokens and credentials.
    TokenOp Token
    Type::Text => { AsJwt AsJwt Jwt (); AsBasic AsBasic Basic (); }
    Type::Jwt => {
        Claims Claims Claims; Id Id Text; Issuer Issuer Text; Subject Subject Text; Audiences Audiences Texts;
        Algorithm Algorithm Text; Type Type Text;
        ExpirationTime ExpirationTime [Type::nullable(Type::Instant)];
        NotBefore NotBefore [Type::nullable(Type::Instant)]; IssuedAt IssuedAt [Type::nullable(Type::Instant)];
    }
    Type::Claims => {
        GetValueOrDefault ClaimsGet Text (Text) (Text, Text);
        GetValueOrDefault ClaimsTexts Texts (Text, Texts); ContainsKey ClaimsContains Bool (Text);
    }
    Type::Authorization => {
        AccessToken AccessToken Text; Claims AuthorizationClaims [Type::dictionary(Type::Text, Type::Object)];
    }
    Type::Basic => { UserId UserId Text; Username Username Text; Password Password Text; }
}
