//! Members of numbers, truth values, ids and objects.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of numbers, truth values, ids and objects.
    NumberOp Number
    Type::Guid => { ToString GuidToString Text () (Text); }
    Type::Int => { ToString IntToString Text () (Text); }
    Type::Double => { ToString DoubleToString Text () (Text); }
    Type::Bool => { ToString BoolToString Text (); }
    Type::Object => { ToString ObjectToString Text (); Equals ObjectEquals Bool (Any); }
    Type::Class(Class::Guid) => { NewGuid GuidNew Guid (); Parse GuidParse Guid (Text); Empty GuidEmpty Guid; }
    Type::Class(Class::Int) => { Parse IntParse Int (Text); }
    Type::Class(Class::Bool) => { Parse BoolParse Bool (Text); }
    Type::Class(Class::Double) => { Parse DoubleParse Double (Text); }
    Type::Class(Class::Convert) => {
        ToInt32 ToInt Int (Any); ToInt64 ToLong Int (Any); ToString ToText Text (Any);
        ToBoolean ToBool Bool (Any); ToDouble ToDouble Double (Any);
    }
    Type::Class(Class::Math) => {
        Max MaxInt Int (Int, Int); Min MinInt Int (Int, Int); Abs AbsInt Int (Int);
        Max MaxDouble Double (Double, Double); Min MinDouble Double (Double, Double); Abs AbsDouble Double (Double);
        Round Round Double (Double) (Double, Int); Floor Floor Double (Double); Ceiling Ceiling Double (Double);
        Truncate Truncate Double (Double); Pow Pow Double (Double, Double); Sqrt Sqrt Double (Double);
        Log Log Double (Double) (Double, Double); Log10 Log10 Double (Double); Exp Exp Double (Double);
        Sign SignInt Int (Int); Sign SignDouble Int (Double); PI Pi Double;
    }
}
