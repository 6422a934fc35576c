//! Bodies: values as content of a media type, and back.

use bytes::Bytes;
use serde_json::{Map, Value};

use super::csv;
use super::form::{Form, plain};
use super::multipart::{BOUNDARY, Multipart, concrete};
use super::sample::sample;
use super::shape::Shape;
use super::spelling::Spelling;
use super::workbook;
use crate::contract::openapi::{MediaType, OpenApi};
use crate::generate::CouldNotMake;
use crate::generate::schema::{Column, SchemaGenerator};

/// A body in one media type.
#[derive(Debug)]
pub(crate) struct BodyGenerator {
    /// As it stands in `Content-Type`.
    pub(crate) media_type: String,
    /// Its values; none where it has no schema.
    pub(crate) schema: Option<SchemaGenerator>,
    /// Whole examples that keep the schema.
    pub(crate) examples: Vec<Value>,
    format: Format,
}

/// How values become bytes.
#[derive(Debug)]
enum Format {
    Json,
    Form(Form),
    Multipart(Multipart),
    Csv(Vec<Column>),
    Workbook(Vec<Column>),
    /// Text, or bytes that are text here.
    Plain(Shape),
    /// Always the same.
    Sample(&'static [u8]),
}

impl BodyGenerator {
    /// Compiles a media type.
    pub(crate) fn compile(openapi: &OpenApi, media_type: &MediaType, at: &str) -> Result<Self, CouldNotMake> {
        let name = range(&media_type.name);
        let fault = |reason: &str| Err(CouldNotMake::new(at, format!("bodies of `{name}` are not made{reason}")));
        if is_xml(&name) {
            return fault(": XML has names, attributes and namespaces that a schema does not tell for certain");
        }
        let schema = media_type.schema.as_ref().map(|s| SchemaGenerator::compile(openapi, s)).transpose()?;
        let shape = Shape::of(openapi, media_type.schema.as_ref());
        let nested = !shape.types.is_empty() && !["string", "integer", "number", "boolean"].iter().any(|t| shape.is(t));
        let json = MediaType { name: name.clone(), ..media_type.clone() }.is_json();
        let format = match name.as_str() {
            _ if json => Format::Json,
            "application/x-www-form-urlencoded" => Format::Form(Form::new(media_type, shape)),
            "multipart/form-data" => Format::Multipart(Multipart::new(openapi, media_type, shape)),
            "text/csv" | workbook::MEDIA_TYPE => {
                let columns = schema.as_ref().map_or_else(Vec::new, SchemaGenerator::columns);
                if columns.is_empty() {
                    return fault(" but from a list of objects with properties");
                }
                if name == "text/csv" { Format::Csv(columns) } else { Format::Workbook(columns) }
            }
            name if sample(name).is_some() => Format::Sample(sample(name).unwrap_or_default()),
            name if name.starts_with("text/") && nested => return fault(" from lists and objects"),
            "application/octet-stream" if nested => return fault(" from lists and objects"),
            name if name.starts_with("text/") || name == "application/octet-stream" => Format::Plain(shape),
            _ => return fault(": what keeps this media type is not known here"),
        };
        let mut examples = media_type.examples.clone();
        examples.retain(|example| schema.as_ref().is_some_and(|s| s.is_valid(example)));
        let media_type = header(media_type, &name);
        Ok(Self { media_type, schema, examples, format })
    }

    /// Whether each row stands on a line of its own.
    pub(crate) fn is_csv(&self) -> bool {
        matches!(self.format, Format::Csv(_))
    }

    /// Whether it is the sheet of a workbook.
    pub(crate) fn is_workbook(&self) -> bool {
        matches!(self.format, Format::Workbook(_))
    }

    /// Whether it is a table, in which a column is one of all rows.
    pub(crate) fn is_table(&self) -> bool {
        self.is_csv() || self.is_workbook()
    }

    /// Whether values keep their types.
    pub(crate) fn is_json(&self) -> bool {
        matches!(self.format, Format::Json)
    }

    /// A value where no schema says more.
    pub(crate) fn anything(&self) -> Value {
        match self.format {
            Format::Plain(_) | Format::Sample(_) => Value::String("any content".to_owned()),
            _ => Value::Object(Map::new()),
        }
    }

    /// The content; none where the format can't carry the value.
    pub(crate) fn write(&self, value: &Value, spelling: Spelling) -> Option<Bytes> {
        match &self.format {
            Format::Json => serde_json::to_vec(value).ok().map(Bytes::from),
            Format::Csv(columns) => csv::write(value, columns, spelling),
            Format::Workbook(columns) => workbook::write(value, columns, spelling),
            Format::Form(form) => form.write(value),
            Format::Multipart(multipart) => multipart.write(value),
            Format::Plain(_) => plain(value),
            Format::Sample(bytes) => Some(Bytes::from_static(bytes)),
        }
    }

    /// The value that the content carries.
    pub(crate) fn read(&self, bytes: &[u8], spelling: Spelling) -> Option<Value> {
        match &self.format {
            Format::Json => serde_json::from_slice(bytes).ok(),
            Format::Csv(columns) => csv::read(bytes, columns, spelling),
            Format::Workbook(columns) => workbook::read(bytes, columns, spelling),
            Format::Form(form) => form.read(bytes),
            Format::Multipart(multipart) => multipart.read(bytes),
            Format::Plain(shape) => Some(shape.read(std::str::from_utf8(bytes).ok()?)),
            Format::Sample(_) => Some(Value::String(bytes.iter().map(|byte| char::from(*byte)).collect())),
        }
    }
}

/// A media type for a range; a concrete one as it is.
fn range(name: &str) -> String {
    match name {
        "*/*" | "application/*" => "application/json".to_owned(),
        "multipart/*" => "multipart/form-data".to_owned(),
        name => concrete(name),
    }
}

fn is_xml(name: &str) -> bool {
    matches!(name, "application/xml" | "text/xml") || (name.ends_with("+xml") && sample(name).is_none())
}

/// What stands in `Content-Type`: parameters go along where they are true of
/// what is written, which is UTF-8.
fn header(media_type: &MediaType, name: &str) -> String {
    if name == "multipart/form-data" {
        return format!("multipart/form-data; boundary={BOUNDARY}");
    }
    let parameters = media_type.written.split_once(';').map_or("", |(_, rest)| rest).trim();
    let lower = parameters.to_ascii_lowercase();
    let foreign = lower.contains("charset") && !lower.contains("utf-8");
    if name != media_type.name || parameters.is_empty() || foreign || !parameters.is_ascii() {
        return name.to_owned();
    }
    format!("{name}; {parameters}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn body(content: &str) -> Result<BodyGenerator, CouldNotMake> {
        let text = format!(
            "openapi: 3.1.0\ninfo: {{ title: t, version: '1' }}\npaths:\n  /a:\n    post:\n      responses: {{}}\n      \
             requestBody: {{ content: {{ {content} }} }}\n"
        );
        let openapi = OpenApi::parse("a.yaml", &text).unwrap_or_else(|e| panic!("{e}"));
        let request = openapi.operations[0].request.clone().expect("declared");
        BodyGenerator::compile(&openapi, &request.content[0], "a")
    }

    const THING: &str = "{ type: object, properties: { n: { type: integer }, tags: { type: array, items: { type: string } }, \
        at: { type: object, properties: { x: { type: number }, ids: { type: array, items: { type: integer } } } }, \
        file: { type: string, contentMediaType: application/octet-stream }, pic: { type: string } } }";

    #[test]
    fn forms_are_written_by_their_encoding_and_read_again() {
        let value = json!({"n": 5, "tags": ["a&b", "c d"], "at": {"x": 1.5, "ids": [1, 2]}});
        for (encoding, wire) in [
            ("", "n=5&tags=a%26b&tags=c%20d&at=%7B%22x%22%3A1.5%2C%22ids%22%3A%5B1%2C2%5D%7D"),
            (
                ", encoding: { tags: { style: pipeDelimited, explode: false }, at: { style: deepObject } }",
                "n=5&tags=a%26b%7Cc%20d&at%5Bx%5D=1.5&at%5Bids%5D%5B0%5D=1&at%5Bids%5D%5B1%5D=2",
            ),
        ] {
            let body =
                body(&format!("application/x-www-form-urlencoded: {{ schema: {THING}{encoding} }}")).expect("made");
            let bytes = body.write(&value, Spelling::PLAIN).expect("it can be carried");
            assert_eq!(&*bytes, wire.as_bytes());
            assert_eq!(body.read(&bytes, Spelling::PLAIN), Some(value.clone()));
        }
    }

    #[test]
    fn each_property_is_a_part_and_each_element_one_of_its_own() {
        let encoding = "encoding: { pic: { contentType: 'image/png, image/gif', headers: { X-Kind: { required: true, \
            schema: { const: small } } } } }";
        let body = body(&format!("multipart/form-data: {{ schema: {THING}, {encoding} }}")).expect("made");
        let value = json!({"n": 5, "tags": ["a", "b"], "at": {"x": 1.5}, "file": "\u{e4} bytes", "gone": null});
        let bytes = body.write(&value, Spelling::PLAIN).expect("it can be carried");
        let text = std::str::from_utf8(&bytes).expect("text");
        assert!(text.contains("name=\"file\"; filename=\"content.bin\"\r\nContent-Type: application/octet-stream\r\n"));
        assert!(text.contains("name=\"at\"\r\nContent-Type: application/json\r\n\r\n{\"x\":1.5}\r\n"), "{text}");
        assert_eq!(text.matches("name=\"tags\"").count(), 2);
        let mut there = value;
        there.as_object_mut().expect("an object").remove("gone");
        assert_eq!(body.read(&bytes, Spelling::PLAIN), Some(there));
        assert!(body.media_type.contains("boundary=seamstress-"));
        let picture = body.write(&json!({"pic": "drawn"}), Spelling::PLAIN).expect("a sample");
        let head = String::from_utf8_lossy(&picture).into_owned();
        assert!(head.contains("Content-Type: image/png\r\nX-Kind: small\r\n\r\n\u{fffd}PNG"), "{head}");
    }

    #[test]
    fn ranges_and_parameters_of_media_types_are_kept_where_they_are_true() {
        let text = "schema: { type: string }";
        for (declared, sent) in [
            ("'application/vnd.a+json; charset=UTF-8'", "application/vnd.a+json; charset=UTF-8"),
            ("'text/plain; charset=latin1'", "text/plain"),
            ("'*/*'", "application/json"),
            ("'image/*'", "image/png"),
            ("'text/*'", "text/plain"),
            ("application/octet-stream", "application/octet-stream"),
        ] {
            let body = body(&format!("{declared}: {{ {text} }}")).unwrap_or_else(|e| panic!("{e}"));
            assert_eq!(body.media_type, sent);
            let bytes = body.write(&json!("x"), Spelling::PLAIN).expect("it can be carried");
            assert!(body.read(&bytes, Spelling::PLAIN).is_some());
        }
        for left_out in ["application/xml", "text/xml", "audio/mpeg", "text/csv"] {
            let reason = body(&format!("{left_out}: {{ {text} }}")).expect_err("left out").reason;
            assert!(reason.contains(left_out), "{reason}");
        }
        assert!(body("text/plain: { schema: { type: object } }").is_err());
        let bare = body("application/octet-stream: {}").expect("without a schema");
        assert!(bare.write(&bare.anything(), Spelling::PLAIN).is_some());
    }
}
