//! Members of bytes, encodings and hashes.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of bytes, encodings and hashes.
    BytesOp Bytes
    Type::Bytes => {
        Length Length Int; ToString ToString Text (); Encrypt Encrypt Bytes (Text, Bytes, Bytes);
        Decrypt Decrypt Bytes (Text, Bytes, Bytes);
    }
    Type::Encoding => {
        GetBytes GetBytes Bytes (Text); GetString GetString Text (Bytes) (Bytes, Int, Int);
        GetByteCount GetByteCount Int (Text); WebName WebName Text;
    }
    Type::Hash => { ComputeHash ComputeHash Bytes (Bytes); Dispose Dispose Void (); Clear Clear Void (); }
    Type::Class(Class::Encoding) => {
        UTF8 Utf8 Encoding; ASCII Ascii Encoding; Unicode Utf16 Encoding; BigEndianUnicode Utf16Big Encoding;
        Default DefaultEncoding Encoding; GetEncoding GetEncoding Encoding (Text);
    }
    Type::Class(Class::Convert) => {
        ToBase64String ToBase64 Text (Bytes) (Bytes, Any); FromBase64String FromBase64 Bytes (Text);
    }
    Type::Class(Class::BitConverter) => {
        ToString Hexadecimal Text (Bytes) (Bytes, Int) (Bytes, Int, Int); ToInt16 ReadShort Int (Bytes, Int);
        ToUInt16 ReadUnsignedShort Int (Bytes, Int); ToInt32 ReadInt Int (Bytes, Int);
        ToUInt32 ReadUnsignedInt Long (Bytes, Int); ToInt64 ReadLong Long (Bytes, Int);
        GetBytes IntToBytes Bytes (Int); GetBytes LongToBytes Bytes (Long); IsLittleEndian LittleEndian Bool;
    }
    Type::Class(Class::Md5) => { Create Md5 Hash () (Text); new NewMd5 Hash (); }
    Type::Class(Class::Sha1) => { Create Sha1 Hash () (Text); new NewSha1 Hash (); }
    Type::Class(Class::Sha256) => { Create Sha256 Hash () (Text); new NewSha256 Hash (); }
    Type::Class(Class::Sha384) => { Create Sha384 Hash () (Text); new NewSha384 Hash (); }
    Type::Class(Class::Sha512) => { Create Sha512 Hash () (Text); new NewSha512 Hash (); }
    Type::Class(Class::HmacMd5) => { new NewHmacMd5 Hash (Bytes); }
    Type::Class(Class::HmacSha1) => { new NewHmacSha1 Hash (Bytes) (Bytes, Bool); }
    Type::Class(Class::HmacSha256) => { new NewHmacSha256 Hash (Bytes); }
    Type::Class(Class::HmacSha384) => { new NewHmacSha384 Hash (Bytes); }
    Type::Class(Class::HmacSha512) => { new NewHmacSha512 Hash (Bytes); }
    Type::Class(Class::Uri) => {
        EscapeDataString UriEscape Text (Text); UnescapeDataString UriUnescape Text (Text);
        EscapeUriString UriEscapeReserved Text (Text);
    }
    Type::Class(Class::WebUtility) => {
        UrlEncode UrlEncode Text (Text); UrlDecode UrlDecode Text (Text); HtmlEncode HtmlEncode Text (Text);
        HtmlDecode HtmlDecode Text (Text);
    }
}
