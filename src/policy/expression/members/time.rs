//! Members of instants and spans.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of instants and spans.
    TimeOp Time
    Type::Instant => {
        AddTicks AddTicks Instant (Long); AddMilliseconds AddMilliseconds Instant (Double);
        AddSeconds AddSeconds Instant (Double); AddMinutes AddMinutes Instant (Double);
        AddHours AddHours Instant (Double); AddDays AddDays Instant (Double);
        AddMonths AddMonths Instant (Int); AddYears AddYears Instant (Int); Add Add Instant (Span);
        Subtract SubtractSpan Instant (Span); Subtract SubtractInstant Span (Instant);
        ToString ToString Text () (Text); ToUniversalTime ToUtc Instant (); ToLocalTime ToLocal Instant ();
        ToShortDateString ShortDate Text (); ToLongDateString LongDate Text ();
        ToShortTimeString ShortTime Text (); ToLongTimeString LongTime Text ();
        Year Year Int; Month Month Int; Day Day Int; Hour Hour Int; Minute Minute Int; Second Second Int;
        Millisecond Millisecond Int; Ticks Ticks Long; DayOfYear DayOfYear Int; DayOfWeek DayOfWeek Text;
        Date Date Instant; TimeOfDay TimeOfDay Span; Kind Kind DateKind;
        CompareTo CompareTo Int (Instant); Equals Equals Bool (Any);
        IsDaylightSavingTime IsDaylightSavingTime Bool ();
    }
    Type::Offset => {
        AddMilliseconds OffsetAddMilliseconds Offset (Double); AddSeconds OffsetAddSeconds Offset (Double);
        AddMinutes OffsetAddMinutes Offset (Double); AddHours OffsetAddHours Offset (Double);
        AddDays OffsetAddDays Offset (Double); AddMonths OffsetAddMonths Offset (Int);
        AddYears OffsetAddYears Offset (Int); Add OffsetAdd Offset (Span);
        Subtract OffsetSubtractSpan Offset (Span); Subtract OffsetSubtract Span (Offset);
        ToUnixTimeSeconds UnixSeconds Long (); ToUnixTimeMilliseconds UnixMilliseconds Long ();
        ToUniversalTime OffsetToUtc Offset (); ToLocalTime OffsetToLocal Offset (); ToOffset ToOffset Offset (Span);
        UtcDateTime UtcDateTime Instant; DateTime OffsetDateTime Instant; LocalDateTime LocalDateTime Instant;
        Date OffsetDate Instant; Offset OffsetSpan Span; UtcTicks UtcTicks Long;
        CompareTo OffsetCompareTo Int (Offset);
    }
    Type::Zone => {
        Id ZoneId Text; BaseUtcOffset ZoneBase Span; SupportsDaylightSavingTime ZoneChanges Bool;
        GetUtcOffset ZoneOffset Span (Instant); IsDaylightSavingTime ZoneDaylight Bool (Instant);
        IsInvalidTime ZoneInvalid Bool (Instant); ToString ZoneToString Text ();
    }
    Type::Class(Class::TimeZoneInfo) => {
        FindSystemTimeZoneById ZoneNamed Zone (Text); Utc ZoneUtc Zone; Local ZoneLocal Zone;
        ConvertTimeToUtc ZoneToUtc Instant (Instant) (Instant, Zone);
        ConvertTimeFromUtc ZoneFromUtc Instant (Instant, Zone);
        ConvertTime ZoneConvert Instant (Instant, Zone) (Instant, Zone, Zone);
        ConvertTimeBySystemTimeZoneId ZoneConvertById Instant (Instant, Text) (Instant, Text, Text);
    }
    Type::Span => {
        TotalMilliseconds TotalMilliseconds Double; TotalSeconds TotalSeconds Double;
        TotalMinutes TotalMinutes Double; TotalHours TotalHours Double; TotalDays TotalDays Double;
        Days Days Int; Hours Hours Int; Minutes Minutes Int; Seconds Seconds Int; Milliseconds Milliseconds Int;
        Ticks SpanTicks Long; ToString SpanToString Text () (Text); Add SpanAdd Span (Span);
        Subtract SpanSubtract Span (Span); Negate Negate Span (); Duration Duration Span ();
        CompareTo SpanCompareTo Int (Span); Equals SpanEquals Bool (Any);
    }
    Type::DateKind => { ToString KindToString Text (); Equals KindEquals Bool (Any); }
    Type::Class(Class::DateTime) => {
        UtcNow UtcNow Instant; Now Now Instant; Today Today Instant; MinValue MinInstant Instant;
        MaxValue MaxInstant Instant; Parse Parse Instant (Text) (Text, Any) (Text, Any, Any);
        DaysInMonth DaysInMonth Int (Int, Int); IsLeapYear IsLeapYear Bool (Int);
        Compare CompareInstants Int (Instant, Instant); SpecifyKind SpecifyKind Instant (Instant, DateKind);
        new NewInstant Instant (Int, Int, Int) (Int, Int, Int, Int, Int, Int) (Int, Int, Int, Int, Int, Int, DateKind)
            (Int, Int, Int, Int, Int, Int, Int) (Int, Int, Int, Int, Int, Int, Int, DateKind);
        new InstantOfTicks Instant () (Long) (Long, DateKind);
    }
    Type::Class(Class::DateTimeOffset) => {
        UtcNow OffsetUtcNow Offset; Now OffsetNow Offset; MinValue MinOffset Offset; MaxValue MaxOffset Offset;
        Parse OffsetParse Offset (Text) (Text, Any) (Text, Any, Any);
        FromUnixTimeSeconds FromUnixSeconds Offset (Long); FromUnixTimeMilliseconds FromUnixMilliseconds Offset (Long);
        new NewOffset Offset (Instant) (Instant, Span);
        new OffsetOfParts Offset (Int, Int, Int, Int, Int, Int, Span) (Int, Int, Int, Int, Int, Int, Int, Span);
    }
    Type::Class(Class::TimeSpan) => {
        FromMilliseconds FromMilliseconds Span (Double); FromSeconds FromSeconds Span (Double);
        FromMinutes FromMinutes Span (Double); FromHours FromHours Span (Double); FromDays FromDays Span (Double);
        FromTicks FromTicks Span (Long); Zero ZeroSpan Span; MaxValue MaxSpan Span; MinValue MinSpan Span;
        Parse SpanParse Span (Text) (Text, Any);
        new NewSpan Span (Int, Int, Int) (Int, Int, Int, Int) (Int, Int, Int, Int, Int);
        new SpanOfTicks Span () (Long);
    }
}
