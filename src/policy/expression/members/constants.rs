//! Values of enumerations.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Values of enumerations.
    ConstantOp Constant
    Type::Class(Class::StringComparison) => {
        Ordinal Ordinal Comparison; OrdinalIgnoreCase OrdinalIgnoreCase Comparison;
        InvariantCulture InvariantCulture Comparison;
        InvariantCultureIgnoreCase InvariantCultureIgnoreCase Comparison;
        CurrentCulture CurrentCulture Comparison; CurrentCultureIgnoreCase CurrentCultureIgnoreCase Comparison;
    }
    Type::Class(Class::StringComparer) => {
        Ordinal ComparerOrdinal Comparer; OrdinalIgnoreCase ComparerOrdinalIgnoreCase Comparer;
        InvariantCulture ComparerInvariant Comparer; InvariantCultureIgnoreCase ComparerInvariantIgnoreCase Comparer;
        CurrentCulture ComparerCurrent Comparer; CurrentCultureIgnoreCase ComparerCurrentIgnoreCase Comparer;
    }
    Type::Class(Class::StringSplitOptions) => {
        None SplitNone SplitOptions; RemoveEmptyEntries RemoveEmptyEntries SplitOptions;
        TrimEntries TrimEntries SplitOptions;
    }
    Type::Class(Class::RegexOptions) => {
        None RegexNone RegexOptions; IgnoreCase IgnoreCase RegexOptions; Multiline Multiline RegexOptions;
        ExplicitCapture ExplicitCapture RegexOptions; Compiled Compiled RegexOptions;
        Singleline Singleline RegexOptions; IgnorePatternWhitespace IgnorePatternWhitespace RegexOptions;
        CultureInvariant CultureInvariant RegexOptions;
    }
    Type::Class(Class::Formatting) => { None None Formatting; Indented Indented Formatting; }
    Type::Class(Class::DateTimeKind) => { Utc Utc DateKind; Local Local DateKind; Unspecified Unspecified DateKind; }
    Type::Class(Class::DayOfWeek) => {
        Sunday Sunday Text; Monday Monday Text; Tuesday Tuesday Text; Wednesday Wednesday Text;
        Thursday Thursday Text; Friday Friday Text; Saturday Saturday Text;
    }
    Type::Class(Class::MidpointRounding) => { ToEven ToEven Rounding; AwayFromZero AwayFromZero Rounding; }
    Type::Class(Class::JTokenType) => {
        Object KindObject JsonKind; Array KindArray JsonKind; Property KindProperty JsonKind;
        Integer KindInteger JsonKind; Float KindFloat JsonKind; String KindString JsonKind;
        Boolean KindBoolean JsonKind; Null KindNull JsonKind; Date KindDate JsonKind; Guid KindGuid JsonKind;
        Undefined KindUndefined JsonKind; None KindNone JsonKind;
    }
}
