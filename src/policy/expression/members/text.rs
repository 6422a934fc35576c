//! Members of strings and lists of strings.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of strings and lists of strings.
    TextOp Text
    Type::Text => {
        Length Length Int; Contains Contains Bool (Text) (Text, Comparison);
        Split Split Texts () (CharRest) (Text, Int);
        StartsWith StartsWith Bool (Text) (Text, Comparison); EndsWith EndsWith Bool (Text) (Text, Comparison);
        Replace Replace Text (Text, Text) (Text, Text, Comparison); Substring Substring Text (Int) (Int, Int);
        Trim Trim Text () (CharRest); TrimStart TrimStart Text () (CharRest); TrimEnd TrimEnd Text () (CharRest);
        ToLower ToLower Text (); ToLowerInvariant ToLowerInvariant Text ();
        ToUpper ToUpper Text (); ToUpperInvariant ToUpperInvariant Text ();
        IndexOf IndexOf Int (Text) (Text, Int) (Text, Comparison) (Text, Int, Comparison);
        LastIndexOf LastIndexOf Int (Text) (Text, Comparison);
        Equals Equals Bool (Text) (Text, Comparison) (Any); ToString ToString Text ();
        PadLeft PadLeft Text (Int) (Int, Char); PadRight PadRight Text (Int) (Int, Char);
        Insert Insert Text (Int, Text); Remove Remove Text (Int) (Int, Int);
        CompareTo CompareTo Int (Text); GetHashCode HashCode Int ();
    }
    Type::Texts => {
        Length ListLength Int; Contains ListContains Bool (Text); First ListFirst Text ();
        FirstOrDefault ListFirstOrDefault Text (); Last ListLast Text (); Any ListAny Bool ();
    }
    Type::Class(Class::String) => {
        IsNullOrEmpty IsNullOrEmpty Bool (Text); IsNullOrWhiteSpace IsNullOrWhiteSpace Bool (Text);
        Concat Concat Text (AnyRest); Join Join Text (Text, AnyRest); Format Format Text (Text, AnyRest);
        Equals EqualTexts Bool (Text, Text) (Text, Text, Comparison); Empty Empty Text;
        Compare Compare Int (Text, Text) (Text, Text, Bool) (Text, Text, Comparison);
        CompareOrdinal CompareOrdinal Int (Text, Text); Copy Copy Text (Text);
    }
}
