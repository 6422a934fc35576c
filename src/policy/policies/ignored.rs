//! Policies that do nothing here: what they do on the platform happens outside
//! of the gateway, or needs a model. Each is told with a notice; what stands in
//! them is not read.

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::Action;

const NO_TOKENIZER: &str = "tokens of language models are not counted";
const NO_MODEL: &str = "no model judges or compares prompts";
const NO_EVENTS: &str = "nothing is sent to event hubs, buses and topics";
const NO_FLASH: &str = "nobody asks for `crossdomain.xml` any more";

const fn kind(name: &'static str, why: &'static str) -> PolicyKind {
    PolicyKind { name, sections: ANYWHERE, scopes: EVERYWHERE, emulation: Emulation::Ignored(why), compile }
}

pub(super) const AZURE_OPENAI_EMIT_TOKEN_METRIC: PolicyKind = kind("azure-openai-emit-token-metric", NO_TOKENIZER);
pub(super) const AZURE_OPENAI_SEMANTIC_CACHE_LOOKUP: PolicyKind = kind("azure-openai-semantic-cache-lookup", NO_MODEL);
pub(super) const AZURE_OPENAI_SEMANTIC_CACHE_STORE: PolicyKind = kind("azure-openai-semantic-cache-store", NO_MODEL);
pub(super) const AZURE_OPENAI_TOKEN_LIMIT: PolicyKind = kind("azure-openai-token-limit", NO_TOKENIZER);
pub(super) const CROSS_DOMAIN: PolicyKind = kind("cross-domain", NO_FLASH);
pub(super) const LLM_CONTENT_SAFETY: PolicyKind = kind("llm-content-safety", NO_MODEL);
pub(super) const LLM_EMIT_TOKEN_METRIC: PolicyKind = kind("llm-emit-token-metric", NO_TOKENIZER);
pub(super) const LLM_SEMANTIC_CACHE_LOOKUP: PolicyKind = kind("llm-semantic-cache-lookup", NO_MODEL);
pub(super) const LLM_SEMANTIC_CACHE_STORE: PolicyKind = kind("llm-semantic-cache-store", NO_MODEL);
pub(super) const LLM_TOKEN_LIMIT: PolicyKind = kind("llm-token-limit", NO_TOKENIZER);
pub(super) const LOG_TO_EVENTHUB: PolicyKind = kind("log-to-eventhub", NO_EVENTS);
pub(super) const PUBLISH_EVENT: PolicyKind = kind("publish-event", NO_EVENTS);
pub(super) const SEND_SERVICE_BUS_MESSAGE: PolicyKind = kind("send-service-bus-message", NO_EVENTS);

#[expect(clippy::unnecessary_wraps, reason = "every policy has the same shape")]
fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.pass_over();
    let what = format!("`{}` does nothing here", reader.element.name);
    let notice = Diagnostic::notice(reader.place(), what);
    reader.fault(notice);
    Some(Action::Ignored)
}
