//! Members of bytes, encodings and hashes.

use std::fmt::Write as _;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::super::dotnet::{self, Algorithm};
use super::super::library::{Charset, Library};
use super::super::value::Value;
use super::{Exception, Fault};
use crate::policy::expression::{BytesOp, is_aes};

/// What a member gives.
pub(super) fn member(op: BytesOp, operands: &[Value]) -> Result<Value, Fault> {
    use BytesOp as B;
    if let Some(object) = constant(op, operands) {
        return object.map(|object| Value::Library(Arc::new(object)));
    }
    match (op, operands) {
        (B::Length, [Value::Bytes(bytes)]) => Ok(Value::Int(bytes.len() as i64)),
        (B::ToString, [Value::Bytes(_)]) => Ok(Value::text("System.Byte[]")),
        (B::Encrypt | B::Decrypt, operands) => ciphered(op, operands),
        (B::ToBase64, [Value::Bytes(bytes), ..]) => Ok(Value::text(STANDARD.encode(bytes))),
        (B::ToBase64, _) => Err(Fault::null_argument("inArray")),
        (B::FromBase64, [Value::Text(text)]) => from_base64(text),
        (B::FromBase64, _) => Err(Fault::null_argument("s")),
        (B::Hexadecimal, [Value::Bytes(bytes), rest @ ..]) => {
            let mut out = String::new();
            for byte in part(bytes, rest)? {
                // Writing to a string does not fail.
                let _ = write!(out, "{}{byte:02X}", if out.is_empty() { "" } else { "-" });
            }
            Ok(Value::text(out))
        }
        (B::Hexadecimal, _) => Err(Fault::null_argument("value")),
        (B::LittleEndian, _) => Ok(Value::Bool(true)),
        (B::IntToBytes, [n]) => Ok(Value::Bytes((n.integer().unwrap_or(0) as i32).to_le_bytes().as_slice().into())),
        (B::LongToBytes, [n]) => Ok(Value::Bytes(n.integer().unwrap_or(0).to_le_bytes().as_slice().into())),
        (B::ReadShort | B::ReadUnsignedShort | B::ReadInt | B::ReadUnsignedInt | B::ReadLong, operands) => {
            number_of(op, operands)
        }
        (_, [Value::Library(object), rest @ ..]) => match &**object {
            Library::Encoding(charset) => encoding(op, *charset, rest),
            Library::Hash(algorithm, key) => hash(op, *algorithm, key.as_deref(), rest),
            _ => Err(Fault::null()),
        },
        _ => escaped(op, operands.first()),
    }
}

/// `Encrypt` and `Decrypt`: data, algorithm, key, initialisation vector.
fn ciphered(op: BytesOp, operands: &[Value]) -> Result<Value, Fault> {
    let [Value::Bytes(data), Value::Text(algorithm), Value::Bytes(key), Value::Bytes(iv)] = operands else {
        return Err(Fault::null_argument(if operands.first().is_none_or(Value::is_null) { "input" } else { "key" }));
    };
    if !is_aes(algorithm) {
        return Err(Fault::new(format!("The algorithm `{algorithm}` is not emulated, only AES is.")));
    }
    let done = if op == BytesOp::Encrypt { dotnet::encrypt(data, key, iv) } else { dotnet::decrypt(data, key, iv) };
    done.map(|bytes| Value::Bytes(bytes.into())).map_err(|text| Fault::of(Exception::Any, text))
}

/// `BitConverter.ToInt32(bytes, at)` and the like: the lowest byte first.
fn number_of(op: BytesOp, operands: &[Value]) -> Result<Value, Fault> {
    let [Value::Bytes(bytes), at] = operands else { return Err(Fault::null_argument("value")) };
    let width = match op {
        BytesOp::ReadShort | BytesOp::ReadUnsignedShort => 2,
        BytesOp::ReadLong => 8,
        _ => 4,
    };
    let at = at.integer().and_then(|n| usize::try_from(n).ok()).filter(|at| *at < bytes.len());
    let Some(at) = at else {
        let text = "Index was out of range. Must be non-negative and less than or equal to the size of the collection.";
        return Err(Fault::out_of_range(text, "startIndex"));
    };
    let Some(read) = bytes.get(at..at + width) else {
        let text = "Destination array is not long enough to copy all the items in the collection. Check array index and length. (Parameter 'value')";
        return Err(Fault::of(Exception::Argument, text));
    };
    let bits = read.iter().rev().fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
    Ok(match op {
        BytesOp::ReadShort => Value::Int(i64::from(bits as i16)),
        BytesOp::ReadUnsignedShort => Value::Int(bits as i64),
        BytesOp::ReadInt => Value::Int(i64::from(bits as i32)),
        _ => Value::Long(bits as i64),
    })
}

/// Encodings and hash algorithms.
fn constant(op: BytesOp, operands: &[Value]) -> Option<Result<Library, Fault>> {
    use BytesOp as B;
    let keyed = |algorithm: Algorithm| match operands.first() {
        Some(Value::Bytes(key)) => Ok(Library::Hash(algorithm, Some(key.to_vec()))),
        _ => Err(Fault::null()),
    };
    Some(Ok(match op {
        B::Utf8 | B::DefaultEncoding => Library::Encoding(Charset::Utf8),
        B::Ascii => Library::Encoding(Charset::Ascii),
        B::Utf16 => Library::Encoding(Charset::Utf16),
        B::Utf16Big => Library::Encoding(Charset::Utf16Big),
        B::GetEncoding => return Some(named(operands.first())),
        B::Md5 | B::NewMd5 => Library::Hash(Algorithm::Md5, None),
        B::Sha1 | B::NewSha1 => Library::Hash(Algorithm::Sha1, None),
        B::Sha256 | B::NewSha256 => Library::Hash(Algorithm::Sha256, None),
        B::Sha384 | B::NewSha384 => Library::Hash(Algorithm::Sha384, None),
        B::Sha512 | B::NewSha512 => Library::Hash(Algorithm::Sha512, None),
        B::NewHmacMd5 => return Some(keyed(Algorithm::Md5)),
        B::NewHmacSha1 => return Some(keyed(Algorithm::Sha1)),
        B::NewHmacSha256 => return Some(keyed(Algorithm::Sha256)),
        B::NewHmacSha384 => return Some(keyed(Algorithm::Sha384)),
        B::NewHmacSha512 => return Some(keyed(Algorithm::Sha512)),
        _ => return None,
    }))
}

fn named(name: Option<&Value>) -> Result<Library, Fault> {
    let Some(Value::Text(name)) = name else { return Err(Fault::null_argument("name")) };
    Ok(Library::Encoding(match name.to_ascii_lowercase().as_str() {
        "utf-8" | "utf8" => Charset::Utf8,
        "us-ascii" | "ascii" => Charset::Ascii,
        "iso-8859-1" | "latin1" => Charset::Latin1,
        "utf-16" | "utf-16le" | "unicode" => Charset::Utf16,
        "utf-16be" => Charset::Utf16Big,
        _ => {
            let text = format!(
                "'{name}' is not a supported encoding name. For information on defining a custom encoding, see the documentation for the Encoding.RegisterProvider method."
            );
            return Err(Fault::of(Exception::Argument, text));
        }
    }))
}

/// A range of bytes.
fn part<'b>(bytes: &'b [u8], range: &[Value]) -> Result<&'b [u8], Fault> {
    let number = |at: usize| range.get(at).and_then(Value::integer).map(|n| usize::try_from(n).unwrap_or(usize::MAX));
    let from = number(0).unwrap_or(0);
    let to = number(1).map_or(bytes.len(), |count| from.saturating_add(count));
    let text = "Index and count must refer to a location within the buffer.";
    bytes.get(from..to).ok_or_else(|| Fault::out_of_range(text, "bytes"))
}

fn encoding(op: BytesOp, charset: Charset, rest: &[Value]) -> Result<Value, Fault> {
    use BytesOp as B;
    match (op, rest) {
        (B::GetBytes, [Value::Text(text)]) => Ok(Value::Bytes(encoded(charset, text).into())),
        (B::GetByteCount, [Value::Text(text)]) => Ok(Value::Int(encoded(charset, text).len() as i64)),
        (B::GetString, [Value::Bytes(bytes), range @ ..]) => Ok(Value::text(decoded(charset, part(bytes, range)?))),
        (B::WebName, _) => Ok(Value::text(match charset {
            Charset::Utf8 => "utf-8",
            Charset::Ascii => "us-ascii",
            Charset::Latin1 => "iso-8859-1",
            Charset::Utf16 => "utf-16",
            Charset::Utf16Big => "utf-16BE",
        })),
        (B::GetBytes | B::GetByteCount, _) => Err(Fault::null_argument("s")),
        _ => Err(Fault::null_argument("bytes")),
    }
}

/// A character that the encoding has not becomes `?`.
fn encoded(charset: Charset, text: &str) -> Vec<u8> {
    let narrow = |last: u32| text.chars().map(|c| if c as u32 <= last { c as u8 } else { b'?' }).collect();
    match charset {
        Charset::Utf8 => text.as_bytes().to_vec(),
        Charset::Ascii => narrow(0x7f),
        Charset::Latin1 => narrow(0xff),
        Charset::Utf16 => text.encode_utf16().flat_map(u16::to_le_bytes).collect(),
        Charset::Utf16Big => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
    }
}

fn decoded(charset: Charset, bytes: &[u8]) -> String {
    let wide = |unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match charset {
        Charset::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
        Charset::Ascii => bytes.iter().map(|b| if b.is_ascii() { char::from(*b) } else { '?' }).collect(),
        Charset::Latin1 => bytes.iter().map(|b| char::from(*b)).collect(),
        Charset::Utf16 => wide(u16::from_le_bytes),
        Charset::Utf16Big => wide(u16::from_be_bytes),
    }
}

fn hash(op: BytesOp, algorithm: Algorithm, key: Option<&[u8]>, rest: &[Value]) -> Result<Value, Fault> {
    match (op, rest.first(), key) {
        (BytesOp::Dispose | BytesOp::Clear, ..) => Ok(Value::Null),
        (_, Some(Value::Bytes(data)), Some(key)) => Ok(Value::Bytes(dotnet::hmac(algorithm, key, data).into())),
        (_, Some(Value::Bytes(data)), None) => Ok(Value::Bytes(dotnet::digest(algorithm, data).into())),
        _ => Err(Fault::null_argument("buffer")),
    }
}

/// White space is passed over; padding must be complete.
fn from_base64(text: &str) -> Result<Value, Fault> {
    let bare: String = text.chars().filter(|c| !matches!(c, ' ' | '\t' | '\r' | '\n')).collect();
    if let Ok(bytes) = STANDARD.decode(&bare) {
        return Ok(Value::Bytes(bytes.into()));
    }
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let text = if bare.chars().all(known) && !bare.len().is_multiple_of(4) {
        "Invalid length for a Base-64 char array or string."
    } else {
        "The input is not a valid Base-64 string as it contains a non-base 64 character, more than two padding characters, or an illegal character among the padding characters. "
    };
    Err(Fault::of(Exception::Format, text))
}

fn escaped(op: BytesOp, text: Option<&Value>) -> Result<Value, Fault> {
    use BytesOp as B;
    let Some(Value::Text(text)) = text else {
        return match op {
            B::UriEscape | B::UriUnescape | B::UriEscapeReserved => Err(Fault::null_argument("stringToEscape")),
            // `WebUtility` gives null for null.
            B::UrlEncode | B::UrlDecode | B::HtmlEncode | B::HtmlDecode => Ok(Value::Null),
            _ => Err(Fault::null()),
        };
    };
    Ok(Value::text(match op {
        B::UriEscape => dotnet::uri_escape(text),
        B::UriUnescape => dotnet::uri_unescape(text),
        B::UriEscapeReserved => dotnet::uri_escape_reserved(text),
        B::UrlEncode => dotnet::url_encode(text),
        B::UrlDecode => dotnet::url_decode(text),
        B::HtmlEncode => dotnet::html_encode(text),
        B::HtmlDecode => dotnet::html_decode(text),
        _ => return Err(Fault::null()),
    }))
}
