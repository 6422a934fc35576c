//! Members of numbers, truth values, ids, objects and enumerations.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of numbers, truth values, ids, objects and enumerations.
    NumberOp Number
    Type::Guid => {
        ToString GuidToString Text () (Text); Equals GuidEquals Bool (Any); CompareTo GuidCompareTo Int (Guid);
        ToByteArray GuidToBytes Bytes (); GetHashCode GuidHashCode Int ();
    }
    Type::Int => {
        ToString IntToString Text () (Text); Equals IntEquals Bool (Any); CompareTo IntCompareTo Int (Int) (Long);
        GetHashCode IntHashCode Int ();
    }
    Type::Double => {
        ToString DoubleToString Text () (Text); Equals DoubleEquals Bool (Any); CompareTo DoubleCompareTo Int (Double);
    }
    Type::Bool => { ToString BoolToString Text (); Equals BoolEquals Bool (Any); CompareTo BoolCompareTo Int (Bool); }
    Type::Object => { ToString ObjectToString Text (); Equals ObjectEquals Bool (Any); }
    Type::JsonKind => { ToString KindToString Text (); Equals KindEquals Bool (Any); }
    Type::Exception => {
        Message ExceptionMessage Text; ToString ExceptionToString Text (); StackTrace ExceptionTrace Text;
        Source ExceptionSource Text;
    }
    // Of `T?`; the rest of their rows are made for each value type.
    Type::Nullable(&Type::Void) => {
        HasValue HasValue Bool; Value NullableValue Object; GetValueOrDefault ValueOrDefault Object ();
        ToString NullableToString Text ();
    }
    Type::Class(Class::Guid) => {
        NewGuid GuidNew Guid (); Parse GuidParse Guid (Text); Empty GuidEmpty Guid;
        new GuidOf Guid (Text) (Bytes) ();
    }
    Type::Class(Class::Int) => { Parse IntParse Int (Text); MaxValue IntMax Int; MinValue IntMin Int; }
    Type::Class(Class::Long) => { Parse LongParse Long (Text); MaxValue LongMax Long; MinValue LongMin Long; }
    Type::Class(Class::Bool) => { Parse BoolParse Bool (Text); TrueString TrueText Text; FalseString FalseText Text; }
    Type::Class(Class::Double) => {
        Parse DoubleParse Double (Text); IsNaN IsNan Bool (Double); MaxValue DoubleMax Double;
        MinValue DoubleMin Double; NaN Nan Double;
    }
    Type::Class(Class::Decimal) => {
        Parse DecimalParse Decimal (Text); Round DecimalRound Decimal (Double) (Double, Int);
    }
    Type::Class(Class::Convert) => {
        ToInt16 ToShort Int (Any); ToInt32 ToInt Int (Any) (Text, Int); ToInt64 ToLong Long (Any) (Text, Int);
        ToUInt32 ToUint Long (Any) (Text, Int); ToByte ToByte Int (Any) (Text, Int);
        ToString ToText Text (Any) (Long, Int); ToBoolean ToBool Bool (Any); ToDouble ToDouble Double (Any);
        ToSingle ToSingle Double (Any); ToDecimal ToDecimal Decimal (Any); ToChar ToChar Char (Any);
        ToDateTime ToInstant Instant (Any);
    }
    Type::Class(Class::Math) => {
        Max MaxInt Int (Int, Int); Max MaxLong Long (Long, Long); Max MaxDouble Double (Double, Double);
        Min MinInt Int (Int, Int); Min MinLong Long (Long, Long); Min MinDouble Double (Double, Double);
        Abs AbsInt Int (Int); Abs AbsLong Long (Long); Abs AbsDouble Double (Double);
        Round Round Double (Double) (Double, Int) (Double, Rounding) (Double, Int, Rounding);
        Floor Floor Double (Double); Ceiling Ceiling Double (Double); Truncate Truncate Double (Double);
        Pow Pow Double (Double, Double); Sqrt Sqrt Double (Double);
        Log Log Double (Double) (Double, Double); Log10 Log10 Double (Double); Exp Exp Double (Double);
        Sign SignInt Int (Long); Sign SignDouble Int (Double); PI Pi Double;
    }
}
