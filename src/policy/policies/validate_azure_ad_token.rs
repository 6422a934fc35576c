//! `validate-azure-ad-token`: a call must bring a token of a tenant of
//! Microsoft Entra ID, for a known client.

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use super::validate_jwt::{TokenSource, ValidateJwt, claims, listed, no_decryption, refusal, token_source};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `validate-azure-ad-token`.
#[derive(Clone, Debug)]
pub struct ValidateAzureAdToken {
    /// The tenant: an id, a domain, or a URL.
    pub tenant: GivenText,
    /// Clients that are let in; none: any.
    pub clients: Vec<GivenText>,
    /// Applications that a token may be for; none: any.
    pub backends: Vec<GivenText>,
    /// What is demanded of the token beside that. Where the tenant is written
    /// out, its discovery document is named here.
    pub token: ValidateJwt,
}

impl ValidateAzureAdToken {
    /// The fragment of such a URL. It goes to nobody, and tells the URL from
    /// one that a document names itself.
    pub const STAND_IN: &'static str = "tenant";

    /// The URL of a tenant's discovery document. Where nobody maps its host,
    /// the embedded issuer stands in for it.
    pub fn openid_config(tenant: &str) -> String {
        let tenant = tenant.trim().trim_end_matches('/');
        let document = ".well-known/openid-configuration";
        if tenant.starts_with("https://") || tenant.starts_with("http://") {
            return format!("{}/v2.0/{document}#{}", tenant.trim_end_matches("/v2.0"), Self::STAND_IN);
        }
        format!("https://login.microsoftonline.com/{tenant}/v2.0/{document}#{}", Self::STAND_IN)
    }

    /// As [`ValidateJwt::is_fixed`].
    pub fn is_fixed(&self) -> bool {
        self.clients.iter().chain(&self.backends).all(|text| text.fixed().is_some())
            && self.tenant.fixed().is_some()
            && self.token.is_fixed()
    }
}

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "validate-azure-ad-token",
    sections: INBOUND,
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated("the texts of the token library (IDX...) are shortened in LastError.Message"),
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let source = token_source(reader).unwrap_or_else(|| TokenSource::Header(Given::Fixed("Authorization".into())));
    let mut token = ValidateJwt::reading(source);
    refusal(reader, &mut token);
    let tenant = reader.text("tenant-id");
    let tenant = reader.required("tenant-id", tenant);
    let (mut clients, mut backends) = (Vec::new(), Vec::new());
    let known =
        ["client-application-ids", "backend-application-ids", "audiences", "required-claims", "decryption-keys"];
    for element in reader.children(&known) {
        reader.within(element, |child| match &*element.name {
            "client-application-ids" => clients = listed(child, "application-id"),
            "backend-application-ids" => backends = listed(child, "application-id"),
            "audiences" => token.audiences = listed(child, "audience"),
            "decryption-keys" => no_decryption(child),
            _ => token.claims = claims(child),
        });
    }
    let tenant = tenant?;
    if let Given::Fixed(tenant) = &tenant {
        let url = ValidateAzureAdToken::openid_config(tenant);
        token.openid_configs.push(Given::Fixed(url.into()));
    }
    Some(Action::ValidateAzureAdToken(Box::new(ValidateAzureAdToken { tenant, clients, backends, token })))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_is_an_id_a_domain_or_a_url() {
        let expected = "https://login.microsoftonline.com/contoso.example/v2.0/.well-known/openid-configuration#tenant";
        for tenant in [
            "contoso.example",
            " contoso.example/",
            "https://login.microsoftonline.com/contoso.example",
            "https://login.microsoftonline.com/contoso.example/v2.0/",
        ] {
            assert_eq!(ValidateAzureAdToken::openid_config(tenant), expected);
        }
    }
}
