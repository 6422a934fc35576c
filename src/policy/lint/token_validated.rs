//! `token-validated`: nobody gets in without a token for this API.

use super::finding::Findings;
use super::subject::Subject;
use super::table::{Check, Rule};
use super::walk::{always, text, validates_token};
use crate::policy::policies::ValidateJwt;
use crate::policy::statement::{Action, Given, Section, Statement};

pub(super) const RULE: Rule = Rule {
    name: "token-validated",
    means: "Every call brings a token whose signature, lifetime, issuer and audience are checked.",
    why: "A token for somebody else's API, or from anybody's issuer, would open this one.",
    check: Check::Effective(check),
};

const REMEDY: &str = "put `validate-jwt` or `validate-azure-ad-token` into inbound, outside of any `choose`";

fn check(subject: &Subject<'_>, findings: &mut Findings) {
    let steps = subject.steps(Section::Inbound);
    let mut validating = steps.iter().map(|step| step.statement).filter(|s| validates_token(s)).peekable();
    if !always(subject.effective.section(Section::Inbound), &validates_token) {
        let first = validating.peek().copied();
        let what = match first {
            Some(_) => "a token is validated only under a condition",
            None => "no token is validated",
        };
        findings.add(subject.place_of(first), what, REMEDY);
    }
    validating.for_each(|statement| judge(statement, findings));
}

fn judge(statement: &Statement, findings: &mut Findings) {
    let place = &statement.place;
    let token = match &statement.action {
        Action::ValidateJwt(policy) => {
            issuer(statement, policy, findings);
            &**policy
        }
        Action::ValidateAzureAdToken(policy) => {
            if let Given::Fixed(tenant) = &policy.tenant
                && is_many(tenant)
            {
                findings.add(place, MANY, "name the tenant's id in `tenant-id`");
            }
            if policy.token.audiences.is_empty() && policy.backends.is_empty() {
                findings.add(place, NO_AUDIENCE, "list this API's application in `<audiences>`");
            }
            return;
        }
        _ => return,
    };
    if token.audiences.is_empty() {
        findings.add(place, NO_AUDIENCE, "list this API's application in `<audiences>`");
    }
    if matches!(token.require_signed, Given::Fixed(false)) {
        findings.add(place, "tokens need not be signed", "leave `require-signed-tokens` out");
    }
    if matches!(token.require_expiration, Given::Fixed(false)) {
        findings.add(place, "tokens need not expire", "leave `require-expiration-time` out");
    }
}

const NO_AUDIENCE: &str = "the token's audience is not checked";
const MANY: &str = "tokens of every tenant are accepted";

fn issuer(statement: &Statement, policy: &ValidateJwt, findings: &mut Findings) {
    if !policy.issuers.is_empty() {
        return;
    }
    if policy.openid_configs.is_empty() {
        findings.add(&statement.place, "the token's issuer is not checked", "list the issuer in `<issuers>`");
    } else if policy.openid_configs.iter().map(text).any(is_many) {
        findings.add(&statement.place, MANY, "name the tenant in the URL, or list its issuer in `<issuers>`");
    }
}

/// Whether a URL or a tenant stands for every tenant.
fn is_many(text: &str) -> bool {
    text.split('/').any(|part| matches!(part, "common" | "organizations" | "consumers"))
}
