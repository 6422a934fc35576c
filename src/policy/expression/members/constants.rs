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
    Type::Class(Class::Formatting) => { None None Formatting; Indented Indented Formatting; }
}
