//! The list of breakages.

use super::piece::Piece;
use super::{content, fields, framing, media, table_text, target, workbook};
use crate::generate::Wanted;
use crate::generate::payload::{BodyGenerator, OperationGenerator};

/// One way to break a request.
#[derive(Clone, Copy)]
pub(super) struct Breakage {
    /// Its name: what findings are told apart by.
    pub(super) name: &'static str,
    /// What is tried, in plain words.
    pub(super) title: &'static str,
    /// The requests that it can be done to.
    pub(super) of: Of,
    /// What must become of it.
    pub(super) wanted: Wanted,
    /// Breaks the request; none where this one can't be broken so.
    pub(super) apply: fn(&mut Piece<'_>) -> Option<()>,
    /// Whether an HTTP server may answer it by itself.
    pub(super) by_server: bool,
    /// The 5xx that HTTP has for it.
    pub(super) server_status: Option<u16>,
    /// Whether it is clear where the request ends, so that another may follow.
    pub(super) followed: bool,
}

/// The requests that a breakage can be done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    /// All.
    Any,
    /// Those with content.
    Content,
    /// Those with JSON.
    Json,
    /// Those with text/csv.
    Csv,
    /// Those with a workbook, in whichever of their media types.
    Workbook,
}

impl Of {
    /// Whether an operation has such requests.
    pub(super) fn has(self, operation: &OperationGenerator) -> bool {
        let writes = !operation.operation.is_safe();
        match self {
            Self::Any => true,
            Self::Content => writes && !operation.bodies.is_empty(),
            Self::Json => writes && operation.bodies.first().is_some_and(BodyGenerator::is_json),
            Self::Csv => writes && operation.bodies.first().is_some_and(BodyGenerator::is_csv),
            Self::Workbook => writes && operation.bodies.iter().any(BodyGenerator::is_workbook),
        }
    }

    /// Which media type of the operation such requests have.
    pub(super) fn media(self, operation: &OperationGenerator) -> usize {
        let workbook = || operation.bodies.iter().position(BodyGenerator::is_workbook);
        if self == Self::Workbook { workbook().unwrap_or(0) } else { 0 }
    }
}

type Apply = fn(&mut Piece<'_>) -> Option<()>;

const fn content(name: &'static str, title: &'static str, of: Of, wanted: Wanted, apply: Apply) -> Breakage {
    Breakage { name, title, of, wanted, apply, by_server: false, server_status: None, followed: true }
}

const fn server(name: &'static str, title: &'static str, wanted: Wanted, apply: Apply) -> Breakage {
    Breakage { by_server: true, ..content(name, title, Of::Any, wanted, apply) }
}

impl Breakage {
    const fn with_content(self) -> Self {
        Self { of: Of::Content, ..self }
    }

    const fn alone(self) -> Self {
        Self { followed: false, ..self }
    }

    const fn or(self, status: u16) -> Self {
        Self { server_status: Some(status), ..self }
    }
}

use Of::{Any, Content, Csv, Json, Workbook};
use Wanted::{Accepted, Doubtful, Either, NoOperation, Refused};

/// All breakages; telling ones first.
pub(super) const BREAKAGES: &[Breakage] = &[
    content("truncated-json", "JSON that ends in its middle", Json, Refused, content::truncated),
    content("charset-utf-8", "the declared media type with charset=utf-8", Content, Accepted, media::charset_utf_8),
    content("trailing-bytes", "bytes after the end of the JSON document", Json, Refused, content::trailing),
    content("method-undeclared", "a method that no operation of the path has", Any, NoOperation, target::undeclared),
    content("invalid-utf-8", "JSON with bytes that are no UTF-8", Json, Refused, content::invalid_utf_8),
    content("charset-unknown", "a charset that nobody knows", Content, Either, media::charset_unknown),
    server("length-negative", "a negative Content-Length", Refused, framing::length_negative).alone(),
    content("method-options", "OPTIONS", Any, Either, target::options).or(501),
    content("media-type-upper-case", "the declared media type in capitals", Content, Accepted, media::upper_case),
    content("unclosed-quote", "a quote that is never closed", Csv, Either, table_text::unclosed_quote),
    content("empty-body", "no content where some is required", Content, Refused, content::empty),
    content("coding-unknown", "a content coding that nobody knows", Content, Doubtful, media::coding_unknown),
    content("not-json", "text that is no JSON", Json, Refused, content::not_json),
    content("workbook-truncated", "a workbook that ends in its middle", Workbook, Refused, workbook::truncated),
    content("workbook-bomb", "a small workbook with a sheet of 160 MB", Workbook, Refused, workbook::bomb),
    content("workbook-text", "text that is declared as a workbook", Workbook, Refused, workbook::text),
    content("workbook-entities", "a sheet with entities that grow", Workbook, Refused, workbook::entities),
    content("workbook-without-sheet", "a workbook without its sheets", Workbook, Refused, workbook::without_sheet),
    content("workbook-far-cell", "a cell in the last corner of a sheet", Workbook, Either, workbook::far_cell),
    content("other-delimiter", "columns separated by another character", Csv, Refused, table_text::other_delimiter),
    content("method-unknown", "a method that nobody knows", Any, NoOperation, target::unknown_method).or(501),
    content("method-head", "HEAD where there is no GET", Any, NoOperation, target::head).or(501),
    content("deep-nesting", "20,000 lists inside one another", Json, Refused, content::deep_nesting),
    server("host-missing", "no Host", Refused, framing::host_missing),
    server("correlation-twice", "two correlation IDs", Either, fields::correlation_twice),
    content("duplicate-key", "a member that comes twice, alike", Json, Either, content::duplicate_key),
    content("duplicate-key-differs", "a member that comes twice, first as null", Json, Either, content::duplicate_null),
    content("byte-order-mark", "a byte order mark before the JSON", Json, Either, content::byte_order_mark),
    content("csv-byte-order-mark", "a byte order mark before the table", Csv, Either, content::byte_order_mark),
    content("ragged-rows", "a row with a cell too many, one with a cell too few", Csv, Either, table_text::ragged),
    content("utf-16", "JSON in UTF-16", Json, Doubtful, content::utf_16),
    content("nan", "NaN where a value stands", Json, Doubtful, content::nan),
    content("infinity", "-Infinity where a value stands", Json, Doubtful, content::infinity),
    content("hexadecimal", "0x1F where a value stands", Json, Doubtful, content::hexadecimal),
    content("leading-zeros", "007 where a value stands", Json, Doubtful, content::leading_zeros),
    content("lone-surrogate", "an escape of half a surrogate pair", Json, Either, content::lone_surrogate),
    content("raw-control", "a raw control character inside a text", Json, Doubtful, content::raw_control),
    content("comments", "a comment in front of the JSON", Json, Doubtful, content::comment),
    content("single-quotes", "single quotes instead of double ones", Json, Doubtful, content::single_quotes),
    content("trailing-comma", "a comma after the last member", Json, Doubtful, content::trailing_comma),
    content("white-space-body", "nothing but white space", Json, Refused, content::white_space),
    content("workbook-empty", "an archive with nothing in it", Workbook, Refused, workbook::empty_archive),
    content(
        "workbook-old",
        "a workbook of the format before, declared as a new one",
        Workbook,
        Refused,
        workbook::old_format,
    ),
    content("workbook-broken-sheet", "a sheet that is no XML", Workbook, Refused, workbook::broken_sheet),
    content("csv-nul", "a NUL in a cell", Csv, Either, table_text::nul),
    content("csv-blank-lines", "blank lines between the rows and below them", Csv, Accepted, table_text::blank_lines),
    content("csv-empty-row", "a row of nothing but separators", Csv, Either, table_text::empty_row),
    content("csv-total-line", "a line with the total below the rows", Csv, Either, table_text::total_line),
    content("csv-row-twice", "a row that comes twice", Csv, Either, table_text::row_twice),
    content("csv-all-quoted", "all cells in quotes", Csv, Accepted, table_text::all_quoted),
    content("csv-lines-in-lf", "lines that end in LF alone", Csv, Accepted, table_text::lf_only),
    content("csv-cr-only", "lines that end in CR alone", Csv, Either, table_text::cr_only),
    content("csv-invalid-utf-8", "a table with bytes that are no UTF-8", Csv, Doubtful, content::invalid_utf_8),
    content("charset-quoted", "the charset in quotes", Content, Accepted, media::charset_quoted),
    content("charset-upper-case", "the charset in capitals", Content, Accepted, media::charset_upper),
    content("charset-utf-16", "charset=utf-16 for content in UTF-8", Content, Either, media::charset_utf_16),
    content("media-type-missing", "no Content-Type", Content, Either, media::missing),
    content("media-type-other", "another media type", Content, Refused, media::other),
    content("media-type-malformed", "a Content-Type that is none", Content, Either, media::malformed),
    server("media-type-twice", "two Content-Types", Either, media::twice).with_content(),
    content("gzip", "content in gzip, and declared so", Content, Either, media::gzip_declared),
    content("gzip-undeclared", "content in gzip, and not declared so", Json, Refused, media::gzip_undeclared),
    content("gzip-lied", "plain content, declared as gzip", Content, Doubtful, media::gzip_lied),
    server("length-too-long", "less content than Content-Length says", Refused, framing::length_too_long)
        .with_content()
        .alone(),
    server("length-too-short", "more content than Content-Length says", Either, framing::length_too_short)
        .with_content()
        .alone(),
    server("length-no-number", "a Content-Length that is no number", Refused, framing::length_no_number).alone(),
    server("length-signed", "a Content-Length with a plus sign", Refused, framing::length_signed).alone(),
    server("length-twice", "the same Content-Length twice", Either, framing::length_twice),
    server("length-twice-differs", "two Content-Lengths that differ", Refused, framing::length_differs).alone(),
    server("length-and-chunks", "Content-Length beside chunks", Either, framing::length_and_chunks).with_content(),
    server("chunk-size-broken", "a chunk whose size is no number", Refused, framing::bad_chunk).with_content().alone(),
    server("chunks-cut", "chunks that end without the last one", Refused, framing::chunks_cut).with_content().alone(),
    server("transfer-coding-unknown", "a transfer coding that nobody knows", Refused, framing::unknown_coding)
        .alone()
        .or(501),
    server("host-twice", "two Hosts", Refused, framing::host_twice),
    server("version-1.0", "HTTP/1.0", Either, framing::version_1_0),
    server("version-unknown", "HTTP/9.9", Refused, framing::version_unknown).alone().or(505),
    server("field-long", "a header field of 64 KiB", Either, fields::long),
    server("fields-many", "300 header fields", Either, fields::many),
    server("field-control", "a control character in a header field", Either, fields::control),
    server("field-nul", "a NUL in a header field", Either, fields::nul),
    server("field-latin-1", "a byte of Latin 1 in a header field", Either, fields::latin_1),
    server("field-folded", "a header field over two lines", Either, fields::folded),
    server("field-space", "a space before the colon of a header field", Refused, fields::space_before_colon).alone(),
    server("field-no-colon", "a header line without a colon", Refused, fields::no_colon).alone(),
    server("field-no-name", "a header field without a name", Refused, fields::no_name).alone(),
    server("expectation-unknown", "an Expect that nobody knows", Either, fields::expectation),
    server("target-absolute", "the target in absolute form", Either, target::absolute),
    content("path-encoded-slash", "an encoded slash in the path", Any, Either, target::encoded_slash),
    content("path-dots", "dot segments in the path", Any, Either, target::dots),
    content("path-encoded-dots", "encoded dot segments in the path", Any, Either, target::encoded_dots),
    content("path-double-slash", "an empty segment in the path", Any, Either, target::double_slash),
    content("path-trailing-slash", "a slash at the path's end", Any, Either, target::trailing_slash),
    content("path-nul", "an encoded NUL in the path", Any, Either, target::nul),
    server("path-percent", "a percent sign that encodes nothing", Either, target::percent),
    server("target-space", "a space in the target", Either, target::space).alone(),
    server("target-fragment", "a fragment in the target", Either, target::fragment),
    server("target-long", "a target of 64 KiB", Either, target::long),
    content("path-unknown", "a path that no operation has", Any, NoOperation, target::unknown_path),
    content("method-lower-case", "the method in small letters", Any, Doubtful, target::lower_case).or(501),
    content("method-trace", "TRACE", Any, Either, target::trace).or(501),
];
