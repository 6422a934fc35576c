//! Members of encodings of text.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of encodings of text.
    BytesOp Bytes
    Type::Class(Class::Uri) => {
        EscapeDataString UriEscape Text (Text); UnescapeDataString UriUnescape Text (Text);
    }
    Type::Class(Class::WebUtility) => {
        UrlEncode UrlEncode Text (Text); UrlDecode UrlDecode Text (Text); HtmlEncode HtmlEncode Text (Text);
        HtmlDecode HtmlDecode Text (Text);
    }
}
