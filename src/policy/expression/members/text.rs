//! Members of strings, characters and lists of strings.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of strings, characters and lists of strings.
    TextOp Text
    Type::Text => {
        Length Length Int; Contains Contains Bool (Text) (Text, Comparison);
        Split Split Texts () (CharRest) (Chars, Int) (Chars, SplitOptions) (Chars, Int, SplitOptions)
            (Text) (Text, Int) (Text, SplitOptions) (Text, Int, SplitOptions) (Texts, SplitOptions)
            (Texts, Int, SplitOptions);
        StartsWith StartsWith Bool (Text) (Text, Comparison) (Text, Bool, Any);
        EndsWith EndsWith Bool (Text) (Text, Comparison) (Text, Bool, Any);
        Replace Replace Text (Text, Text) (Char, Char) (Text, Text, Comparison);
        Substring Substring Text (Int) (Int, Int);
        Trim Trim Text () (CharRest); TrimStart TrimStart Text () (CharRest); TrimEnd TrimEnd Text () (CharRest);
        ToLower ToLower Text (); ToLowerInvariant ToLowerInvariant Text ();
        ToUpper ToUpper Text (); ToUpperInvariant ToUpperInvariant Text ();
        IndexOf IndexOf Int (Text) (Char) (Text, Int) (Char, Int) (Text, Comparison) (Text, Int, Comparison);
        LastIndexOf LastIndexOf Int (Text) (Char) (Text, Comparison);
        IndexOfAny IndexOfAny Int (Chars);
        Equals Equals Bool (Text) (Text, Comparison) (Any); ToString ToString Text ();
        PadLeft PadLeft Text (Int) (Int, Char); PadRight PadRight Text (Int) (Int, Char);
        Insert Insert Text (Int, Text); Remove Remove Text (Int) (Int, Int);
        CompareTo CompareTo Int (Text); GetHashCode HashCode Int ();
        ToCharArray ToCharArray [Type::array(Type::Char)] (); Normalize Normalize Text ();
    }
    Type::Texts => {
        Length ListLength Int; Contains ListContains Bool (Text); First ListFirst Text ();
        FirstOrDefault ListFirstOrDefault Text (); Last ListLast Text (); Any ListAny Bool ();
    }
    Type::Class(Class::String) => {
        IsNullOrEmpty IsNullOrEmpty Bool (Text); IsNullOrWhiteSpace IsNullOrWhiteSpace Bool (Text);
        Concat Concat Text (AnyRest); Join Join Text (Text, AnyRest); Format Format Text (Text, AnyRest);
        Equals EqualTexts Bool (Text, Text) (Text, Text, Comparison) (Any, Any); Empty Empty Text;
        Compare Compare Int (Text, Text) (Text, Text, Bool) (Text, Text, Comparison);
        CompareOrdinal CompareOrdinal Int (Text, Text); Copy Copy Text (Text);
        new Repeated Text (Char, Int) (Chars) (Chars, Int, Int);
    }
    Type::Char => { ToString CharToString Text (); Equals CharEquals Bool (Any); CompareTo CharCompareTo Int (Char); }
    Type::Class(Class::Char) => {
        IsDigit IsDigit Bool (Char) (Text, Int); IsNumber IsNumber Bool (Char) (Text, Int);
        IsLetter IsLetter Bool (Char) (Text, Int); IsLetterOrDigit IsLetterOrDigit Bool (Char) (Text, Int);
        IsWhiteSpace IsWhiteSpace Bool (Char) (Text, Int); IsUpper IsUpper Bool (Char) (Text, Int);
        IsLower IsLower Bool (Char) (Text, Int); IsPunctuation IsPunctuation Bool (Char) (Text, Int);
        IsControl IsControl Bool (Char) (Text, Int);
        ToUpper CharToUpper Char (Char); ToUpperInvariant CharToUpperInvariant Char (Char);
        ToLower CharToLower Char (Char); ToLowerInvariant CharToLowerInvariant Char (Char);
        ToString CharText Text (Char); Parse CharParse Char (Text); GetNumericValue CharNumber Double (Char);
    }
}
