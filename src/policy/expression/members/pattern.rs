//! Members of regular expressions.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of regular expressions.
    PatternOp Pattern
    Type::Class(Class::Regex) => {
        IsMatch StaticIsMatch Bool (Text, Text) (Text, Text, RegexOptions) (Text, Text, RegexOptions, Span);
        Match StaticMatch Match (Text, Text) (Text, Text, RegexOptions) (Text, Text, RegexOptions, Span);
        Matches StaticMatches [Type::list(Type::Match)] (Text, Text) (Text, Text, RegexOptions);
        Replace StaticReplace Text (Text, Text, Text) (Text, Text, Text, RegexOptions);
        Split StaticSplit Texts (Text, Text) (Text, Text, RegexOptions);
        Escape Escape Text (Text); Unescape Unescape Text (Text);
        new New Regex (Text) (Text, RegexOptions) (Text, RegexOptions, Span);
    }
    Type::Regex => {
        IsMatch IsMatch Bool (Text); Match Match Match (Text); Matches Matches [Type::list(Type::Match)] (Text);
        Replace Replace Text (Text, Text) (Text, Text, Int); Split Split Texts (Text); ToString ToString Text ();
    }
    Type::Match => {
        Success MatchSuccess Bool; Value MatchValue Text; Index MatchIndex Int; Length MatchLength Int;
        Groups Groups Groups; NextMatch NextMatch Match (); Result Result Text (Text);
        ToString MatchToString Text ();
    }
    Type::Group => {
        Success GroupSuccess Bool; Value GroupValue Text; Index GroupIndex Int; Length GroupLength Int;
        ToString GroupToString Text ();
    }
    Type::Groups => { Count GroupsCount Int; }
    Type::Class(Class::Match) => { Empty EmptyMatch Match; }
}
