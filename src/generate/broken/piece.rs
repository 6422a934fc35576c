//! A request while it is being broken.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use crate::generate::payload::{Made, OperationGenerator};
use crate::wire::{Body, Handwritten, Request};

/// A request while it is being broken.
pub(super) struct Piece<'a> {
    /// Its operation.
    pub(super) operation: &'a OperationGenerator,
    /// Method, target and header fields.
    pub(super) request: Request,
    /// How it is written.
    pub(super) by_hand: Handwritten,
    /// The whole it was.
    pub(super) made: &'a Made,
    /// How often all breakages came before.
    pub(super) pass: u32,
    /// Whether another request may be better.
    pub(super) choosy: bool,
    /// Whether any operation of the document has this method at the path.
    pub(super) methods: &'a [http::Method],
}

impl<'a> Piece<'a> {
    pub(super) fn new(
        operation: &'a OperationGenerator,
        made: &'a Made,
        methods: &'a [http::Method],
        pass: u32,
    ) -> Self {
        let request = made.request.clone();
        let content = request.body.bytes().cloned().unwrap_or_default();
        let mut by_hand = Handwritten::framed(content);
        if request.body == Body::Empty && operation.operation.is_safe() {
            by_hand.lines.clear();
        }
        Self { operation, request, by_hand, made, pass, choosy: false, methods }
    }

    /// The content as it would be.
    pub(super) fn content(&self) -> &Bytes {
        &self.by_hand.content
    }

    /// Other content, with its length.
    pub(super) fn replace(&mut self, content: impl Into<Bytes>) {
        let fresh = Handwritten::framed(content.into());
        self.by_hand.lines = fresh.lines;
        self.by_hand.content = fresh.content;
    }

    /// Other lines for the framing.
    pub(super) fn frame(&mut self, lines: &[&str]) {
        self.by_hand.lines = lines.iter().map(|line| Bytes::copy_from_slice(line.as_bytes())).collect();
    }

    /// One more line.
    pub(super) fn line(&mut self, line: &'static [u8]) {
        self.by_hand.lines.push(Bytes::from_static(line));
    }

    /// The value of the content.
    pub(super) fn value(&self) -> Option<&'a Value> {
        self.made.draft.body.as_ref().map(|(_, value)| value)
    }

    /// Another value as content.
    pub(super) fn write(&self, value: &Value) -> Option<Bytes> {
        let (index, _) = self.made.draft.body.as_ref()?;
        self.operation.bodies[*index].write(value, self.operation.spelling(&self.made.draft))
    }

    /// Whether a value keeps the schema of the content.
    pub(super) fn is_valid(&self, value: &Value) -> bool {
        let body = self.made.draft.body.as_ref().map(|(index, _)| &self.operation.bodies[*index]);
        body.and_then(|body| body.schema.as_ref()).is_none_or(|schema| schema.is_valid(value))
    }

    /// The request; one that any client could write stays plain.
    pub(super) fn finish(self) -> Request {
        let Self { mut request, by_hand, .. } = self;
        let plain = Handwritten::framed(by_hand.content.clone());
        let bare = Handwritten { lines: Vec::new(), ..Handwritten::framed(Bytes::new()) };
        request.body = if by_hand == bare {
            Body::Empty
        } else if by_hand == plain && !by_hand.content.is_empty() {
            Body::Bytes(by_hand.content)
        } else {
            Body::Handwritten(Arc::new(by_hand))
        };
        request
    }
}
