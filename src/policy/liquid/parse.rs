//! Pieces as a tree: blocks with what is in them.

use super::markup::{Fault, Markup};
use super::split::{Piece, split};
use super::template::{Condition, For, Node, Operand, Template};
use crate::diagnose::{Diagnostic, Place, closest};
use crate::policy::source::place_within;

/// How deep blocks may nest.
const MAX_DEPTH: usize = 64;

/// The tags that are emulated.
const TAGS: [&str; 12] =
    ["if", "unless", "case", "for", "assign", "capture", "comment", "raw", "break", "continue", "else", "elsif"];

impl Template {
    /// Reads a template that stands at a place.
    ///
    /// # Errors
    /// What is wrong with it or not emulated, with its place.
    pub fn parse(text: &str, place: &Place) -> Result<Self, Diagnostic> {
        template(text).map_err(|fault| {
            let mut told = Diagnostic::error(place_within(place, text, fault.offset), fault.what);
            (told.expected, told.hint, told.unsupported) = (fault.expected, fault.hint, fault.unsupported);
            told
        })
    }
}

fn template(text: &str) -> Result<Template, Fault> {
    let pieces = split(text)?;
    let mut parser = Parser { pieces: pieces.iter(), named: [false; 2], depth: 0 };
    let (nodes, end) = parser.block(&[])?;
    debug_assert!(end.is_none(), "nothing ends a template but its end");
    let [reads_body, reads_context] = parser.named;
    Ok(Template { nodes, reads_body, reads_context })
}

struct Parser<'p, 't> {
    pieces: std::slice::Iter<'p, Piece<'t>>,
    named: [bool; 2],
    depth: usize,
}

/// A tag that ended a block: its name and the rest of its markup.
struct End<'t> {
    name: &'t str,
    markup: Markup<'t>,
}

impl<'t> Parser<'_, 't> {
    /// Nodes up to one of these tags, or to the end of the template.
    fn block(&mut self, ends: &[&str]) -> Result<(Vec<Node>, Option<End<'t>>), Fault> {
        self.depth += 1;
        let mut nodes = Vec::new();
        while let Some(piece) = self.pieces.next() {
            match *piece {
                Piece::Text(text) => nodes.push(Node::Text(text.into())),
                Piece::Output(offset, text) => {
                    let mut markup = Markup::new(offset, text);
                    if text.trim().is_empty() {
                        continue;
                    }
                    let filtered = markup.filtered()?;
                    self.done(markup)?;
                    nodes.push(Node::Output(filtered));
                }
                Piece::Tag(offset, text) => {
                    let mut markup = Markup::new(offset, text);
                    let Some(name) = markup.word() else {
                        return Err(markup.fault("the tag has no name"));
                    };
                    if ends.contains(&name) {
                        self.depth -= 1;
                        return Ok((nodes, Some(End { name, markup })));
                    }
                    if self.depth > MAX_DEPTH {
                        return Err(markup.fault("blocks nest too deep"));
                    }
                    nodes.push(self.tag(name, markup, offset)?);
                }
            }
        }
        self.depth -= 1;
        Ok((nodes, None))
    }

    /// Nodes up to one of these tags, which must come.
    fn closed(&mut self, of: (&str, usize), ends: &[&str]) -> Result<(Vec<Node>, End<'t>), Fault> {
        let (nodes, end) = self.block(ends)?;
        let (name, offset) = of;
        let missing = || {
            let end = ends.last().copied().unwrap_or_default();
            Fault::at(offset, format!("`{{% {name} %}}` is not closed")).expected(format!("`{{% {end} %}}`"))
        };
        end.map(|end| (nodes, end)).ok_or_else(missing)
    }

    /// Ends a piece of markup.
    fn done(&mut self, mut markup: Markup<'_>) -> Result<(), Fault> {
        markup.end()?;
        self.named[0] |= markup.named[0];
        self.named[1] |= markup.named[1];
        Ok(())
    }

    fn tag(&mut self, name: &'t str, mut markup: Markup<'t>, offset: usize) -> Result<Node, Fault> {
        match name {
            "if" => {
                let condition = markup.condition()?;
                self.done(markup)?;
                self.branches(("if", offset), condition)
            }
            "unless" => {
                let condition = markup.condition()?;
                self.done(markup)?;
                self.branches(("unless", offset), Condition::Not(Box::new(condition)))
            }
            "case" => {
                let value = markup.operand()?;
                self.done(markup)?;
                self.case(value, offset)
            }
            "for" => self.for_loop(markup, offset),
            "assign" => {
                let name = markup.name("assign")?;
                if !markup.mark("=") {
                    return Err(markup.fault("no `=` stands in `assign`").expected("`{% assign name = value %}`"));
                }
                let value = markup.filtered()?;
                self.done(markup)?;
                Ok(Node::Assign(name, value))
            }
            "capture" => {
                let name = markup.name("capture")?;
                self.done(markup)?;
                let (nodes, end) = self.closed(("capture", offset), &["endcapture"])?;
                self.done(end.markup)?;
                Ok(Node::Capture(name, nodes))
            }
            "break" => self.done(markup).map(|()| Node::Break),
            "continue" => self.done(markup).map(|()| Node::Continue),
            other => Err(unknown(other, offset)),
        }
    }

    fn branches(&mut self, of: (&str, usize), first: Condition) -> Result<Node, Fault> {
        let end = format!("end{}", of.0);
        let (mut branches, mut otherwise) = (Vec::new(), Vec::new());
        let mut condition = Some(first);
        loop {
            let (nodes, ended) = self.closed(of, &["elsif", "else", &end])?;
            match condition.take() {
                Some(condition) => branches.push((condition, nodes)),
                None => otherwise = nodes,
            }
            let End { name, mut markup } = ended;
            if name == "elsif" {
                condition = Some(markup.condition()?);
            }
            self.done(markup)?;
            if name == end {
                return Ok(Node::If(branches, otherwise));
            }
        }
    }

    fn case(&mut self, value: Operand, offset: usize) -> Result<Node, Fault> {
        let (mut branches, mut otherwise) = (Vec::new(), Vec::new());
        // What stands before the first `when` is nothing.
        let mut wanted: Option<Vec<Operand>> = None;
        let mut is_else = false;
        loop {
            let (nodes, ended) = self.closed(("case", offset), &["when", "else", "endcase"])?;
            if let Some(values) = wanted.take() {
                branches.push((values, nodes));
            } else if is_else {
                otherwise = nodes;
            }
            let End { name, mut markup } = ended;
            is_else = name == "else";
            if name == "when" {
                let mut values = vec![markup.operand()?];
                while markup.mark(",") || markup.keyword("or") {
                    values.push(markup.operand()?);
                }
                wanted = Some(values);
            }
            self.done(markup)?;
            if name == "endcase" {
                return Ok(Node::Case(value, branches, otherwise));
            }
        }
    }

    fn for_loop(&mut self, mut markup: Markup<'t>, offset: usize) -> Result<Node, Fault> {
        let name = markup.name("for")?;
        if !markup.keyword("in") {
            return Err(markup.fault("no `in` stands in `for`").expected("`{% for name in list %}`"));
        }
        let of = markup.operand()?;
        let (mut limit, mut first, mut reversed) = (None, None, false);
        loop {
            if markup.keyword("reversed") {
                reversed = true;
            } else if markup.keyword("limit") && markup.mark(":") {
                limit = Some(markup.operand()?);
            } else if markup.keyword("offset") && markup.mark(":") {
                first = Some(markup.operand()?);
            } else {
                break;
            }
        }
        self.done(markup)?;
        let (body, mut ended) = self.closed(("for", offset), &["else", "endfor"])?;
        let mut otherwise = Vec::new();
        if ended.name == "else" {
            self.done(ended.markup)?;
            (otherwise, ended) = self.closed(("for", offset), &["endfor"])?;
        }
        self.done(ended.markup)?;
        Ok(Node::For(Box::new(For { name, of, limit, offset: first, reversed, body, otherwise })))
    }
}

fn unknown(name: &str, offset: usize) -> Fault {
    if name.starts_with("end") || matches!(name, "else" | "elsif" | "when") {
        return Fault::at(offset, format!("`{{% {name} %}}` closes nothing that is open"));
    }
    let mut fault = Fault::at(offset, format!("tag `{name}` is unknown or not emulated"))
        .expected(format!("one of {}", TAGS.join(", ")));
    fault.unsupported = true;
    match closest(name, TAGS) {
        Some(near) => fault.hint(format!("did you mean `{near}`?")),
        None => fault,
    }
}
