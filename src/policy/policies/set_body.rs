//! `set-body`: the body of the request or of the response.

use std::sync::Arc;

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::liquid::Template;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText};

/// `set-body`.
#[derive(Clone, Debug)]
pub struct SetBody {
    /// What the body is going to be.
    pub content: BodyContent,
}

/// What a body is made of.
#[derive(Clone, Debug)]
pub enum BodyContent {
    /// Text, or an expression that gives it.
    Text(GivenText),
    /// A Liquid template.
    Liquid {
        /// The template.
        template: Arc<Template>,
        /// Whether texts that are instants are written as .NET writes them.
        parse_dates: bool,
    },
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "set-body", sections: ANYWHERE, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let is_liquid = reader.word("template", &["liquid", "none"]) == Some("liquid");
    let parse_dates = reader.word("parse-date", &["true", "false"]) != Some("false");
    // Both are read as empty: `nil` elements hold no text.
    reader.word("xsi-nil", &["blank", "null"]);
    let content = if is_liquid {
        let template = template(reader)?;
        reader.reads.body |= template.reads_body;
        reader.reads.response |= template.reads_context;
        BodyContent::Liquid { template: Arc::new(template), parse_dates }
    } else {
        BodyContent::Text(reader.content()?)
    };
    Some(Action::SetBody(SetBody { content }))
}

/// The template, as it stands.
fn template(reader: &mut Reader<'_, '_, '_>) -> Option<Template> {
    let Some(text) = reader.element.text() else {
        if reader.element.children.is_empty() {
            return Some(Template::default());
        }
        let fault = Diagnostic::error(reader.place(), "`set-body` holds elements where a template is expected");
        reader.fault(fault);
        return None;
    };
    Template::parse(&text.text, &text.place).map_err(|fault| reader.fault(fault)).ok()
}
