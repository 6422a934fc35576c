//! Members of instants and spans.

use super::{Type, members};
use crate::policy::expression::classes::Class;

members! {
    /// Members of instants and spans.
    TimeOp Time
    Type::Instant => {
        AddMilliseconds AddMilliseconds Instant (Double); AddSeconds AddSeconds Instant (Double);
        AddMinutes AddMinutes Instant (Double); AddHours AddHours Instant (Double); AddDays AddDays Instant (Double);
        ToUnixTimeSeconds UnixSeconds Int (); ToUnixTimeMilliseconds UnixMilliseconds Int ();
        ToString ToString Text () (Text);
        Year Year Int; Month Month Int; Day Day Int; Hour Hour Int; Minute Minute Int; Second Second Int;
        Date Date Instant; UtcDateTime Utc Instant;
    }
    Type::Span => {
        TotalMilliseconds TotalMilliseconds Double; TotalSeconds TotalSeconds Double;
        TotalMinutes TotalMinutes Double; TotalHours TotalHours Double; TotalDays TotalDays Double;
        ToString SpanToString Text ();
    }
    Type::Class(Class::DateTime) => { UtcNow UtcNow Instant; Now Now Instant; Parse Parse Instant (Text); }
    Type::Class(Class::DateTimeOffset) => {
        UtcNow OffsetUtcNow Instant; Now OffsetNow Instant; Parse OffsetParse Instant (Text);
        FromUnixTimeSeconds FromUnixSeconds Instant (Int);
    }
    Type::Class(Class::TimeSpan) => {
        FromSeconds FromSeconds Span (Double); FromMinutes FromMinutes Span (Double);
        FromHours FromHours Span (Double); FromDays FromDays Span (Double);
    }
}
