//! Strict reading of a policy element: each attribute and child is asked for by
//! name, and what was not asked for is a fault.

use std::ops::RangeInclusive;
use std::sync::Arc;

use super::compile::Compiler;
use super::element::{Element, Text};
use super::expression::{Expression, Reads, Type, compile};
use super::inventory::{Subject, Verdict};
use super::mapped::urls_in;
use super::statement::{Given, GivenText, Statements};
use crate::diagnose::{Diagnostic, Place, closest};

/// A policy element that is being read.
pub(super) struct Reader<'e, 'c, 'd> {
    pub(super) element: &'e Element,
    pub(super) compiler: &'c mut Compiler<'d>,
    /// What the expressions read so far.
    pub(super) reads: Reads,
    asked: Vec<&'static str>,
    passes_over: bool,
    /// The elements from the policy to here.
    #[cfg(test)]
    path: String,
}

impl<'e, 'c, 'd> Reader<'e, 'c, 'd> {
    pub(super) fn new(element: &'e Element, compiler: &'c mut Compiler<'d>) -> Self {
        Self {
            element,
            compiler,
            reads: Reads::default(),
            asked: vec!["id"],
            passes_over: false,
            #[cfg(test)]
            path: element.name.to_string(),
        }
    }

    /// Reads another element, a child of the policy, in the same way.
    pub(super) fn within<T>(&mut self, child: &'e Element, read: impl FnOnce(&mut Reader<'e, '_, 'd>) -> T) -> T {
        let mut reader = Reader {
            element: child,
            compiler: self.compiler,
            reads: self.reads,
            asked: Vec::new(),
            passes_over: false,
            #[cfg(test)]
            path: format!("{}/{}", self.path, child.name),
        };
        let value = read(&mut reader);
        reader.finish();
        self.reads = reader.reads;
        value
    }

    pub(super) fn fault(&mut self, diagnostic: Diagnostic) {
        self.compiler.fault(diagnostic);
    }

    /// Whether an attribute is there, which is then known.
    pub(super) fn has(&mut self, name: &'static str) -> bool {
        self.attribute(name).is_some()
    }

    pub(super) fn place(&self) -> Place {
        self.element.place.clone()
    }

    fn attribute(&mut self, name: &'static str) -> Option<&'e Text> {
        self.asked.push(name);
        self.element.attribute(name).map(|a| &a.value)
    }

    /// Complains where an attribute is missing.
    pub(super) fn required<T>(&mut self, name: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() && self.element.attribute(name).is_none() {
            let what = format!("`{}` has no attribute `{name}`", self.element.name);
            self.fault(Diagnostic::error(self.place(), what).expected(format!("`{name}=\"…\"`")));
        }
        value
    }

    /// Text, or an expression that gives it.
    pub(super) fn text(&mut self, name: &'static str) -> Option<GivenText> {
        let text = self.attribute(name)?;
        self.given_text(text)
    }

    /// Names URLs in an attribute or in content that lead nowhere, as far as
    /// they are written out.
    pub(super) fn reaches(&mut self, what: &str, given: &GivenText) {
        let Some(mapped) = &self.compiler.surroundings.mapped else { return };
        let (urls, place) = match given {
            Given::Fixed(text) => (url::Url::parse(text.trim()).ok().into_iter().collect(), self.place()),
            Given::Expression(expression) => (urls_in(&expression.text), expression.place.clone()),
        };
        let hosts = urls.iter().filter(|url| mapped.find(url).is_none()).filter_map(|url| url.host_str());
        let notices = hosts.map(|host| {
            Diagnostic::notice(place.clone(), format!("`{host}` in `{what}` is not mapped, and is never called")).hint(
                format!(
                    "say under `[gateway.hosts]` what answers for it, e.g. `\"{host}\" = \"http://127.0.0.1:8080\"`"
                ),
            )
        });
        let notices: Vec<_> = notices.collect();
        notices.into_iter().for_each(|notice| self.fault(notice));
    }

    /// Text that may not be an expression.
    pub(super) fn literal(&mut self, name: &'static str) -> Option<Arc<str>> {
        let text = self.attribute(name)?;
        if text.is_expression() {
            self.fault(Diagnostic::error(text.place.clone(), format!("`{name}` may not be an expression")));
            return None;
        }
        Some(text.text.as_str().into())
    }

    /// One of a few words.
    pub(super) fn word(&mut self, name: &'static str, words: &'static [&'static str]) -> Option<&'static str> {
        let text = self.literal(name)?;
        let found = words.iter().find(|w| text.eq_ignore_ascii_case(w)).copied();
        #[cfg(test)]
        self.note_words(name, words, &text);
        if found.is_none() {
            let place = self.attribute(name).map_or_else(|| self.place(), |t| t.place.clone());
            let mut fault = Diagnostic::error(place, format!("`{name}` has an unknown value"))
                .expected(words.join(", "))
                .actual(text.to_string());
            if let Some(near) = closest(&text, words.iter().copied()) {
                fault = fault.hint(format!("did you mean `{near}`?"));
            }
            self.fault(fault);
        }
        found
    }

    /// Notes which of the words of an attribute stands there.
    #[cfg(test)]
    pub(super) fn note_words(&mut self, name: &str, words: &[&str], text: &str) {
        for word in words {
            // Actions of validations are the same at every place of a policy.
            let at = if name == "action" { self.path.split('/').next().unwrap_or_default() } else { &self.path };
            let what = format!("{at}@{name}={word}");
            self.compiler.inventory.vocabulary.note(&what, text.eq_ignore_ascii_case(word));
        }
    }

    /// An integer within bounds, or an expression that gives one.
    pub(super) fn number(&mut self, name: &'static str, bounds: RangeInclusive<i64>) -> Option<Given<i64>> {
        let text = self.attribute(name)?;
        if text.is_expression() {
            return self.expression(text, Some(Type::Int)).map(Given::Expression);
        }
        match text.text.trim().parse::<i64>() {
            Ok(number) if bounds.contains(&number) => Some(Given::Fixed(number)),
            _ => {
                let expected = match *bounds.end() {
                    i64::MAX => format!("an integer from {}", bounds.start()),
                    end => format!("an integer from {} to {end}", bounds.start()),
                };
                self.fault(
                    Diagnostic::error(text.place.clone(), format!("`{name}` is out of bounds"))
                        .expected(expected)
                        .actual(text.text.clone()),
                );
                None
            }
        }
    }

    /// An integer within bounds that may not be an expression.
    pub(super) fn whole(&mut self, name: &'static str, bounds: RangeInclusive<i64>) -> Option<i64> {
        self.literal(name)?;
        self.number(name, bounds).and_then(|number| number.fixed().copied())
    }

    /// Complains where the policy stands in the document already.
    pub(super) fn once(&mut self, policy: &'static str) {
        let place = self.place();
        match self.compiler.once.iter().find(|(name, _)| *name == policy) {
            None => self.compiler.once.push((policy, place)),
            Some((_, first)) => {
                let what = format!("`{policy}` may stand only once in a document");
                let hint = format!("the first is in line {}", first.line);
                self.fault(Diagnostic::error(place, what).hint(hint));
            }
        }
    }

    /// `true`, `false`, or an expression that gives it.
    pub(super) fn flag(&mut self, name: &'static str) -> Option<Given<bool>> {
        let text = self.attribute(name)?;
        if text.is_expression() {
            return self.expression(text, Some(Type::Bool)).map(Given::Expression);
        }
        match text.text.trim() {
            t if t.eq_ignore_ascii_case("true") => Some(Given::Fixed(true)),
            f if f.eq_ignore_ascii_case("false") => Some(Given::Fixed(false)),
            other => {
                self.fault(
                    Diagnostic::error(text.place.clone(), format!("`{name}` is no truth value"))
                        .expected("true, false, or `@(…)`")
                        .actual(other.to_owned()),
                );
                None
            }
        }
    }

    /// Text content, or an expression that gives it. Literal text is kept as it
    /// stands.
    pub(super) fn content(&mut self) -> Option<GivenText> {
        match self.element.text() {
            Some(text) => self.given_text(&text),
            None if self.element.children.is_empty() => Some(Given::Fixed("".into())),
            None => {
                let what = format!("`{}` holds elements where text is expected", self.element.name);
                self.fault(Diagnostic::error(self.place(), what));
                None
            }
        }
    }

    fn given_text(&mut self, text: &Text) -> Option<GivenText> {
        if text.is_expression() {
            return self.expression(text, None).map(Given::Expression);
        }
        if text.text.contains("@(") || text.text.contains("@{") {
            let what = "an expression stands inside of text: it is not evaluated, the text is used as it stands";
            let notice = Diagnostic::notice(text.place.clone(), what);
            self.fault(notice.expected("text, or one expression").hint("join them: `@(\"a\" + b)` or `@($\"a{b}\")`"));
        }
        Some(Given::Fixed(text.text.as_str().into()))
    }

    fn expression(&mut self, text: &Text, expected: Option<Type>) -> Option<Arc<Expression>> {
        let (section, scope) = (self.compiler.section, self.compiler.scope);
        let subject = Subject::Expression(text.text.trim().into());
        let entry = self.compiler.inventory.begin(subject, &text.place, section, scope);
        match compiled(text, expected) {
            Ok(expression) => {
                self.reads.body |= expression.reads.body;
                self.reads.response |= expression.reads.response;
                expression.notices.iter().for_each(|notice| self.fault(notice.clone()));
                Some(Arc::new(expression))
            }
            Err(fault) => {
                let what = fault.what.clone();
                let verdict = if fault.unsupported { Verdict::NotEmulated(what) } else { Verdict::Refused(what) };
                self.compiler.inventory.judge(entry, verdict);
                self.fault(fault);
                None
            }
        }
    }

    /// The child elements; those of other names are faults.
    pub(super) fn children(&mut self, known: &[&'static str]) -> Vec<&'e Element> {
        #[cfg(test)]
        for name in known {
            let is_there = self.element.elements().any(|e| &*e.name == *name);
            self.compiler.inventory.vocabulary.note(&format!("{}/{name}", self.path), is_there);
        }
        let (fine, unknown): (Vec<_>, Vec<_>) = self.element.elements().partition(|e| known.contains(&&*e.name));
        for element in unknown {
            let what = format!("`{}` is unknown or not emulated in `{}`", element.name, self.element.name);
            let expected = match known {
                [] => "no elements".to_owned(),
                known => known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "),
            };
            let mut fault = Diagnostic::error(element.place.clone(), what).expected(expected);
            if let Some(near) = closest(&element.name, known.iter().copied()) {
                fault = fault.hint(format!("did you mean `{near}`?"));
            }
            self.fault(fault.unsupported());
        }
        if let Some(text) = self.element.children.iter().find_map(|c| match c {
            super::element::Child::Text(text) => Some(text),
            super::element::Child::Element(_) => None,
        }) {
            let what = format!("text has no place in `{}`", self.element.name);
            self.fault(Diagnostic::error(text.place.clone(), what).expected("elements"));
        }
        fine
    }

    /// The text of a child.
    #[expect(clippy::redundant_closure_for_method_calls, reason = "the method itself is not general in its lifetimes")]
    pub(super) fn content_of(&mut self, child: &'e Element) -> Option<GivenText> {
        self.within(child, |inner| inner.content())
    }

    /// The texts of children of one name.
    pub(super) fn values(&mut self, elements: impl IntoIterator<Item = &'e Element>) -> Vec<GivenText> {
        elements.into_iter().filter_map(|e| self.content_of(e)).collect()
    }

    /// Nested policies.
    pub(super) fn statements(&mut self, of: &Element, step: &str) -> Statements {
        self.compiler.nested(of, step)
    }

    /// Takes all attributes as they are, unread.
    pub(super) fn pass_over(&mut self) {
        self.passes_over = true;
    }

    /// Ends reading: attributes nobody asked for are faults.
    pub(super) fn finish(&mut self) {
        if self.passes_over {
            return;
        }
        #[cfg(test)]
        for name in &self.asked {
            let is_there = self.element.attribute(name).is_some();
            self.compiler.inventory.vocabulary.note(&format!("{}@{name}", self.path), is_there);
        }
        for attribute in &self.element.attributes {
            if self.asked.contains(&&*attribute.name) {
                continue;
            }
            let what = format!("attribute `{}` of `{}` is unknown or not emulated", attribute.name, self.element.name);
            let known: Vec<&str> = self.asked.iter().copied().filter(|a| *a != "id").collect();
            let expected = match known.as_slice() {
                [] => "no attributes".to_owned(),
                known => known.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(", "),
            };
            let mut fault = Diagnostic::error(attribute.place.clone(), what).expected(expected);
            if let Some(near) = closest(&attribute.name, known) {
                fault = fault.hint(format!("did you mean `{near}`?"));
            }
            self.compiler.fault(fault.unsupported());
        }
    }
}

/// An expression of the type that its place wants. That one can't be compiled
/// may be its own fault or ours: the language is larger than what is emulated.
fn compiled(text: &Text, expected: Option<Type>) -> Result<Expression, Diagnostic> {
    if !text.text.trim_end().ends_with([')', '}']) {
        return Err(Diagnostic::error(text.place.clone(), "text follows the expression")
            .expected("an expression and nothing else")
            .hint("join texts inside of it: `@(\"a\" + b)` or `@($\"a{b}\")`"));
    }
    let expression = compile(&text.text, &text.place).map_err(Diagnostic::unsupported)?;
    let gives = expression.gives.present();
    // A number that comes as text is read when it is needed.
    let number = matches!(gives, Type::Long | Type::Text | Type::Json);
    let fits = |e: Type| e == gives || gives == Type::Object || (e == Type::Int && number);
    if expected.is_none_or(fits) {
        return Ok(expression);
    }
    let expected = expected.map_or_else(String::new, |e| e.to_string());
    Err(Diagnostic::error(text.place.clone(), "the expression gives another type")
        .expected(expected)
        .actual(expression.gives.to_string()))
}
