//! The text of one document, and places in it.

use std::sync::Arc;

use crate::diagnose::Place;

/// A text that can turn byte offsets into places.
#[derive(Debug)]
pub(super) struct Source {
    file: Arc<str>,
    pub(super) text: String,
    line_starts: Vec<usize>,
}

impl Source {
    pub(super) fn new(file: &str, text: String) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1);
        let line_starts = std::iter::once(0).chain(starts).collect();
        Self { file: file.into(), text, line_starts }
    }

    /// The place of a byte offset.
    pub(super) fn place(&self, offset: usize) -> Place {
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let before = &self.text[self.line_starts[line - 1]..offset];
        Place { file: Arc::clone(&self.file), line: line as u32, column: before.chars().count() as u32 + 1 }
    }
}

/// The place that lies `offset` bytes into a text which begins at `start`.
pub(super) fn place_within(start: &Place, text: &str, offset: usize) -> Place {
    let before = &text[..offset.min(text.len())];
    let lines = before.matches('\n').count() as u32;
    let column = match before.rfind('\n') {
        Some(newline) => before[newline + 1..].chars().count() as u32 + 1,
        None => start.column + before.chars().count() as u32,
    };
    Place { file: Arc::clone(&start.file), line: start.line + lines, column }
}
