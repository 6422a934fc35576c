//! The tolerant scanner. Policy documents look like XML and are none:
//! expressions stand raw in attributes and text, quotes, `<` and `&&`
//! included. The escaped form is accepted as well.

use std::sync::Arc;

use super::balance::expression_end;
use super::element::{Attribute, Child, Element, Text};
use super::entities::{decode, decode_code};
use super::source::Source;
use crate::diagnose::{Diagnostic, Place};

/// Scans a document, which is one element with comments around it. The first
/// fault ends it: after a missing quote nothing can be told.
pub(super) fn scan(source: &Source) -> Result<Element, Diagnostic> {
    let mut scanner = Scanner { source, at: if source.text.starts_with('\u{feff}') { 3 } else { 0 }, depth: 0 };
    scanner.skip_misc()?;
    let root = scanner.element()?;
    scanner.skip_misc()?;
    if scanner.rest().is_empty() {
        return Ok(root);
    }
    Err(scanner.fault(scanner.at, "something follows the document's root element"))
}

struct Scanner<'s> {
    source: &'s Source,
    at: usize,
    depth: u32,
}

/// Elements nested deeper are refused, so that no document exhausts the stack.
const MAX_DEPTH: u32 = 64;

impl Scanner<'_> {
    fn rest(&self) -> &str {
        &self.source.text[self.at..]
    }

    fn place(&self, offset: usize) -> Place {
        self.source.place(offset)
    }

    fn fault(&self, offset: usize, what: impl Into<String>) -> Diagnostic {
        Diagnostic::error(self.place(offset), what)
    }

    fn take(&mut self, prefix: &str) -> bool {
        let found = self.rest().starts_with(prefix);
        if found {
            self.at += prefix.len();
        }
        found
    }

    fn skip_space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    /// Past what ends with `end`, which must come.
    fn skip_past(&mut self, end: &str, what: &str) -> Result<&str, Diagnostic> {
        let begin = self.at;
        let Some(length) = self.rest().find(end) else {
            return Err(self.fault(begin, format!("{what} is not closed")).expected(format!("`{end}`")));
        };
        self.at += length + end.len();
        Ok(&self.source.text[begin..begin + length])
    }

    /// White space, comments and processing instructions.
    fn skip_misc(&mut self) -> Result<(), Diagnostic> {
        loop {
            self.skip_space();
            if self.rest().starts_with("<!--") {
                self.skip_past("-->", "the comment")?;
            } else if self.rest().starts_with("<?") {
                self.skip_past("?>", "the processing instruction")?;
            } else {
                return Ok(());
            }
        }
    }

    fn name(&mut self) -> Option<Arc<str>> {
        let end = self
            .rest()
            .find(|c: char| !(c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':')))
            .unwrap_or(self.rest().len());
        let name = self.rest()[..end].into();
        self.at += end;
        (end > 0).then_some(name)
    }

    fn element(&mut self) -> Result<Element, Diagnostic> {
        let begin = self.at;
        if !self.take("<") {
            return Err(self.fault(begin, "no element stands here").expected("`<`, the begin of an element"));
        }
        let Some(name) = self.name() else {
            return Err(self
                .fault(begin, "`<` begins no element")
                .hint("in plain text, write `&lt;`; in an expression, `@(` must stand before it"));
        };
        let mut element = Element { name, place: self.place(begin), attributes: Vec::new(), children: Vec::new() };
        loop {
            self.skip_space();
            if self.take("/>") {
                return Ok(element);
            }
            if self.take(">") {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(self.fault(begin, "the elements are nested too deeply"));
                }
                self.children(&mut element)?;
                self.depth -= 1;
                return Ok(element);
            }
            let attribute = self.attribute(&element)?;
            element.attributes.push(attribute);
        }
    }

    fn attribute(&mut self, element: &Element) -> Result<Attribute, Diagnostic> {
        let begin = self.at;
        let Some(name) = self.name() else {
            return Err(self
                .fault(begin, format!("the tag `<{}` is not closed", element.name))
                .expected("an attribute, `>` or `/>`"));
        };
        if element.attribute(&name).is_some() {
            return Err(self.fault(begin, format!("attribute `{name}` stands twice")));
        }
        self.skip_space();
        if !self.take("=") {
            return Err(self.fault(self.at, format!("attribute `{name}` has no value")).expected("`=`"));
        }
        self.skip_space();
        let Some(quote @ ('"' | '\'')) = self.rest().chars().next() else {
            return Err(self.fault(self.at, format!("the value of `{name}` is not quoted")).expected("`\"` or `'`"));
        };
        self.at += 1;
        let start = self.at;
        let place = self.place(start);
        let text = self.value(quote).ok_or_else(|| {
            self.fault(start, format!("the value of `{name}` is not closed"))
                .expected(format!("`{quote}` after the value; in an expression, balanced brackets before it"))
        })?;
        Ok(Attribute { name, place: self.place(begin), value: Text { text, place } })
    }

    /// The value up to its closing quote, which is passed. Escaped expressions
    /// balance before the first quote, raw ones go on past it.
    fn value(&mut self, quote: char) -> Option<String> {
        let rest = self.rest();
        let plain = rest.find(quote)?;
        let decoded = decode(&rest[..plain]);
        let space = rest.len() - rest.trim_start().len();
        let raw = &rest[space..];
        if is_whole_expression(&decoded) {
            self.at += plain + 1;
            return Some(decoded);
        }
        if !(raw.starts_with("@(") || raw.starts_with("@{")) {
            let end = mixed_end(rest, quote).unwrap_or(plain);
            let text = if end == plain { decoded } else { rest[..end].to_owned() };
            self.at += end + 1;
            return Some(text);
        }
        let end = space + expression_end(raw)?;
        let text = decode_code(&rest[..end]);
        let after = rest[end..].trim_start();
        if !after.starts_with(quote) {
            return None;
        }
        self.at = self.source.text.len() - after.len() + 1;
        Some(text)
    }

    /// A body is text even where it looks like elements: from the end of its
    /// tag to the tag that closes it. An expression is none of this.
    fn literal_body(&mut self, element: &mut Element) {
        let rest = self.rest();
        let begin = rest.trim_start();
        let is_markup = begin.starts_with('<') || begin.starts_with("{%") || begin.starts_with("{{");
        let is_other = ["@(", "@{", "<!--", "<![CDATA[", "</"].iter().any(|p| begin.starts_with(p));
        let Some(end) = rest.find("</set-body") else { return };
        if !is_other && (is_markup || rest[..end].contains('<')) {
            let (text, place) = (rest[..end].to_owned(), self.place(self.at));
            self.at += end;
            element.children.push(Child::Text(Text { text, place }));
        }
    }

    fn children(&mut self, element: &mut Element) -> Result<(), Diagnostic> {
        if &*element.name == "set-body" {
            self.literal_body(element);
        }
        loop {
            let begin = self.at;
            if self.take("</") {
                let name = self.name().unwrap_or_default();
                self.skip_space();
                if name == element.name && !self.take(">") {
                    return Err(self.fault(self.at, format!("`</{name}` has no `>`")).expected(format!("`</{name}>`")));
                }
                if name != element.name {
                    return Err(self
                        .fault(begin, format!("`</{name}>` does not close `<{}>`", element.name))
                        .expected(format!("`</{}>`, for the element at {}", element.name, element.place)));
                }
                return Ok(());
            }
            if self.rest().is_empty() {
                return Err(self
                    .fault(begin, format!("`<{}>` is not closed", element.name))
                    .expected(format!("`</{}>`, for the element at {}", element.name, element.place)));
            }
            if let Some(child) = self.child()? {
                element.children.push(child);
            }
        }
    }

    fn child(&mut self) -> Result<Option<Child>, Diagnostic> {
        let begin = self.at;
        if self.rest().starts_with("<!--") {
            self.skip_past("-->", "the comment")?;
            return Ok(None);
        }
        if self.rest().starts_with("<?") {
            self.skip_past("?>", "the processing instruction")?;
            return Ok(None);
        }
        if self.take("<![CDATA[") {
            let place = self.place(self.at);
            let text = self.skip_past("]]>", "the CDATA section")?.to_owned();
            return Ok(Some(Child::Text(Text { text, place })));
        }
        if self.rest().starts_with('<') {
            return self.element().map(|e| Some(Child::Element(e)));
        }
        let rest = self.rest();
        let plain = rest.find('<').unwrap_or(rest.len());
        let space = rest.len() - rest.trim_start().len();
        let (raw, decoded) = (&rest[space..], decode(&rest[..plain]));
        let text = if (raw.starts_with("@(") || raw.starts_with("@{")) && !is_whole_expression(&decoded) {
            let Some(end) = expression_end(raw) else {
                return Err(self.fault(begin + space, "the expression is not closed").expected("balanced brackets"));
            };
            let text = decode_code(&raw[..end]);
            self.at += space + end;
            Text { text, place: self.place(begin + space) }
        } else {
            self.at += plain;
            let lead = if is_whole_expression(&decoded) { space } else { 0 };
            Text { text: decoded[lead.min(decoded.len())..].to_owned(), place: self.place(begin + lead) }
        };
        Ok((!text.is_blank()).then_some(Child::Text(text)))
    }
}

/// Where the value ends that has an expression in the middle of its text, with
/// quotes in it.
fn mixed_end(rest: &str, quote: char) -> Option<usize> {
    let mut at = 0;
    loop {
        let end = at + rest[at..].find(quote)?;
        let begin = ["@(", "@{"].iter().filter_map(|open| rest[at..end].find(open)).min();
        let Some(begin) = begin else { return Some(end) };
        at += begin;
        at += expression_end(&rest[at..])?;
    }
}

/// Whether a text is one expression and nothing else but white space.
fn is_whole_expression(text: &str) -> bool {
    let text = text.trim();
    (text.starts_with("@(") || text.starts_with("@{")) && expression_end(text) == Some(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scanned(text: &str) -> Result<Element, Diagnostic> {
        scan(&Source::new("p.xml", text.to_owned()))
    }

    #[test]
    fn raw_and_escaped_expressions_mean_the_same() {
        let raw = r#"<when condition="@(context.Variables["x"] == null && a < b)" />"#;
        let escaped = r#"<when condition="@(context.Variables[&quot;x&quot;] == null &amp;&amp; a &lt; b)" />"#;
        let value =
            |text: &str| scanned(text).expect("scans").attribute("condition").expect("there").value.text.clone();
        assert_eq!(value(raw), r#"@(context.Variables["x"] == null && a < b)"#);
        assert_eq!(value(escaped), value(raw));
        assert_eq!(value("<when condition='@(a == \"b\")'/>"), "@(a == \"b\")");
        assert_eq!(value("<when condition=\"a &lt; b\"/>"), "a < b");
    }

    #[test]
    fn an_expression_may_mix_raw_quotes_and_entities() {
        let mixed = r#"<when condition="@(x["a;"] == "&lt;b" &amp;&amp; i &lt; 3 // &gt; "
        )" />"#;
        let value = scanned(mixed).expect("scans").attribute("condition").expect("there").value.text.clone();
        assert_eq!(value, "@(x[\"a;\"] == \"&lt;b\" && i < 3 // &gt; \"\n        )");
        let body = scanned("<set-body>@{ if (a < b &amp;&amp; c > d) { return \"<\"; } return 1; }</set-body>");
        let body = body.expect("scans").text().expect("text").text.clone();
        assert_eq!(body, "@{ if (a < b && c > d) { return \"<\"; } return 1; }");
    }

    #[test]
    fn quotes_of_an_expression_in_the_middle_of_text_do_not_end_it() {
        let root = scanned(r#"<a x="pre-@(f("b", "c"))-post" y="a@{b}" z="1"/>"#).expect("scans");
        let value = |name: &str| root.attribute(name).expect("there").value.text.as_str();
        assert_eq!((value("x"), value("y"), value("z")), (r#"pre-@(f("b", "c"))-post"#, "a@{b}", "1"));
    }

    #[test]
    fn texts_are_expressions_or_literals_and_comments_are_nothing() {
        let body =
            scanned("<set-body>\n  @{ return context.Request.Body.As<JObject>(); }\n</set-body>").expect("scans");
        let text = body.text().expect("text");
        assert_eq!(text.text, "@{ return context.Request.Body.As<JObject>(); }");
        assert_eq!((text.place.line, text.place.column), (2, 3));
        let value = scanned("<value><!-- a -->x<!-- b -->y</value>").expect("scans");
        assert_eq!(value.text().expect("text").text, "xy");
        assert_eq!(scanned("<a><![CDATA[<&>]]></a>").expect("scans").text().expect("text").text, "<&>");
    }

    #[test]
    fn every_element_and_attribute_knows_its_place() {
        let root =
            scanned("<!-- é -->\n<policies>\n  <inbound>\n    <base />\n  </inbound>\n</policies>\n").expect("scans");
        assert_eq!(root.place.to_string(), "p.xml:2:1");
        let base = root.elements().next().expect("inbound").elements().next().expect("base").place.clone();
        assert_eq!(base.to_string(), "p.xml:4:5");
    }

    #[test]
    fn faults_name_the_place_and_what_was_expected() {
        let told = |text| scanned(text).expect_err("faulty").to_string();
        insta::assert_snapshot!(told("<a>\n <b>\n</a>"), @r"
        error: `</a>` does not close `<b>`
          --> p.xml:3:1
          expected: `</b>`, for the element at p.xml:2:2
        ");
        insta::assert_snapshot!(told("<a x=\"@(f(\"1\")\" />"), @r#"
        error: the value of `x` is not closed
          --> p.xml:1:7
          expected: `"` after the value; in an expression, balanced brackets before it
        "#);
        insta::assert_snapshot!(told("<a x=1/>"), @r#"
        error: the value of `x` is not quoted
          --> p.xml:1:6
          expected: `"` or `'`
        "#);
        insta::assert_snapshot!(told("<a>"), @r"
        error: `<a>` is not closed
          --> p.xml:1:4
          expected: `</a>`, for the element at p.xml:1:1
        ");
    }

    #[test]
    fn marks_instructions_and_line_ends_of_editors_are_no_content() {
        let text = "\u{feff}<?xml version=\"1.0\"?>\r\n<a>\r\n  <?note x?><b x=\"@(1 <\r\n 2)\" y='1'/>\r\n</a>\r\n";
        let root = scanned(text).expect("scans");
        let inner = root.elements().next().expect("b");
        assert_eq!((inner.place.line, inner.place.column), (3, 13));
        assert_eq!(inner.attribute("y").expect("there").place.line, 4);
    }

    #[test]
    fn deep_nesting_is_a_fault_and_no_overflow() {
        assert!(scanned(&"<a>".repeat(100_000)).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_scanner_panic(text in "[<>/a@(){}\"'&;= \n!-]{0,60}") {
            let _ = scanned(&text);
        }
    }
}
