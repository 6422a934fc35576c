//! Dates read from text, in any order that the invariant culture accepts.

use super::moment::{Kind, Moment, TICKS_PER_SECOND};

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The longest text that is read.
const MAX_LENGTH: usize = 100;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Lexeme<'t> {
    Number(&'t str),
    Word(&'t str),
    Sign(char),
}

/// A date, a time, or both; `now` gives the day where there is none. One with a
/// zone has its offset. `None` is a `FormatException`.
pub(super) fn parse(text: &str, now: Moment) -> Option<Moment> {
    if text.len() > MAX_LENGTH {
        return None;
    }
    let lexemes = lexed(text)?;
    let mut reading = Reading { lexemes: &lexemes, at: 0, date: Vec::new(), month: None, time: None, zone: None };
    reading.read()?;
    reading.moment(now)
}

fn lexed(text: &str) -> Option<Vec<Lexeme<'_>>> {
    let mut lexemes = Vec::new();
    let mut rest = text.trim();
    while let Some(first) = rest.chars().next() {
        let length = if first.is_ascii_digit() {
            rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
        } else if first.is_alphabetic() {
            rest.find(|c: char| !c.is_alphabetic()).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (lexeme, after) = rest.split_at(length);
        rest = after;
        lexemes.push(match first {
            '0'..='9' => Lexeme::Number(lexeme),
            _ if first.is_alphabetic() => Lexeme::Word(lexeme),
            ' ' | ',' | '/' | '-' | ':' | '.' | '+' => Lexeme::Sign(first),
            _ => return None,
        });
    }
    Some(lexemes)
}

struct Reading<'t> {
    lexemes: &'t [Lexeme<'t>],
    at: usize,
    /// Numbers of the date, in order.
    date: Vec<&'t str>,
    /// A month's name: how many numbers stood before it, which it is.
    month: Option<(usize, u32)>,
    /// Ticks since midnight.
    time: Option<i64>,
    /// Minutes east of UTC.
    zone: Option<i16>,
}

impl<'t> Reading<'t> {
    fn peek(&self, ahead: usize) -> Option<Lexeme<'t>> {
        self.lexemes.get(self.at + ahead).copied()
    }

    fn number(&mut self) -> Option<&'t str> {
        match self.peek(0) {
            Some(Lexeme::Number(digits)) => {
                self.at += 1;
                Some(digits)
            }
            _ => None,
        }
    }

    fn sign(&mut self, sign: char) -> bool {
        let found = self.peek(0) == Some(Lexeme::Sign(sign));
        self.at += usize::from(found);
        found
    }

    fn read(&mut self) -> Option<()> {
        while let Some(lexeme) = self.peek(0) {
            match lexeme {
                Lexeme::Number(_) if self.peek(1) == Some(Lexeme::Sign(':')) && self.time.is_none() => self.clock()?,
                Lexeme::Number(digits) => {
                    self.at += 1;
                    self.date.push(digits);
                    if self.date.len() > 3 {
                        return None;
                    }
                }
                Lexeme::Word(word) => {
                    self.at += 1;
                    self.word(word)?;
                }
                Lexeme::Sign('+' | '-') if self.time.is_some() && self.zone.is_none() => self.offset()?,
                Lexeme::Sign('+' | ':') => return None,
                Lexeme::Sign(_) => self.at += 1,
            }
        }
        Some(())
    }

    /// `h:mm`, `h:mm:ss`, `h:mm:ss.fffffff`, with `AM` or `PM`.
    fn clock(&mut self) -> Option<()> {
        let mut hour: i64 = self.number()?.parse().ok()?;
        self.sign(':');
        let minute: i64 = self.number()?.parse().ok()?;
        let mut ticks = 0;
        if self.sign(':') {
            ticks = self.number()?.parse::<i64>().ok().filter(|s| *s < 60)? * TICKS_PER_SECOND;
            if self.peek(0) == Some(Lexeme::Sign('.')) && matches!(self.peek(1), Some(Lexeme::Number(_))) {
                self.at += 1;
                let digits = format!("{:0<7}", self.number()?);
                ticks += digits[..7].parse::<i64>().ok()?;
            }
        }
        while self.sign(' ') {}
        if let Some(Lexeme::Word(word)) = self.peek(0)
            && let "am" | "pm" | "a" | "p" = word.to_lowercase().as_str()
        {
            if !(1..=12).contains(&hour) {
                return None;
            }
            hour = hour % 12 + if word.to_lowercase().starts_with('p') { 12 } else { 0 };
            self.at += 1;
        }
        if hour > 23 || minute > 59 {
            return None;
        }
        self.time = Some((hour * 3600 + minute * 60) * TICKS_PER_SECOND + ticks);
        Some(())
    }

    /// `+02:00`, `-0530`, `+2`.
    fn offset(&mut self) -> Option<()> {
        let west = self.peek(0) == Some(Lexeme::Sign('-'));
        self.at += 1;
        let digits = self.number()?;
        let (hours, minutes) = if self.sign(':') {
            (digits, self.number()?)
        } else if digits.len() == 4 {
            digits.split_at(2)
        } else {
            (digits, "0")
        };
        let total = hours.parse::<i16>().ok()?.checked_mul(60)? + minutes.parse::<i16>().ok().filter(|m| *m < 60)?;
        self.zone = Some(if west { -total } else { total }).filter(|t| t.abs() <= 14 * 60);
        self.zone.map(|_| ())
    }

    fn word(&mut self, word: &str) -> Option<()> {
        let low = word.to_lowercase();
        match low.as_str() {
            "t" if !self.date.is_empty() => {}
            "z" | "gmt" | "utc" => self.zone = Some(0),
            _ if low.len() >= 3 => {
                let short = low.get(..3)?;
                if let Some(month) = MONTHS.iter().position(|m| *m == short) {
                    self.month = Some((self.date.len(), month as u32 + 1));
                } else if !DAYS.contains(&short) {
                    return None;
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn moment(&self, now: Moment) -> Option<Moment> {
        let day = match (self.date.as_slice(), self.month) {
            ([], None) => {
                self.time?;
                now.day()
            }
            ([a, b, c], None) if a.len() >= 3 => day(a, b.parse().ok()?, c)?,
            ([a, b, c], None) => day(c, a.parse().ok()?, b)?,
            ([a, b], None) if a.len() >= 3 => day(a, b.parse().ok()?, "1")?,
            ([a, b], None) if b.len() >= 3 => day(b, a.parse().ok()?, "1")?,
            ([a, b], None) => day(&now.format("yyyy")?, a.parse().ok()?, b)?,
            ([a, b], Some((before, month))) => {
                if before == 2 || a.len() >= 3 {
                    day(a, month, b)?
                } else {
                    day(b, month, a)?
                }
            }
            ([a], Some((_, month))) if a.len() >= 3 => day(a, month, "1")?,
            ([a], Some((_, month))) => day(&now.format("yyyy")?, month, a)?,
            _ => return None,
        };
        let kind = self.zone.map_or(Kind::Unspecified, Kind::Offset);
        Moment::new(day.ticks + self.time.unwrap_or(0), kind)
    }
}

/// Two digits of a year are 1930 to 2029.
fn day(year: &str, month: u32, day: &str) -> Option<Moment> {
    let number: i32 = year.parse().ok()?;
    let year = match number {
        0..=29 if year.len() <= 2 => number + 2000,
        30..=99 if year.len() <= 2 => number + 1900,
        _ => number,
    };
    Moment::of_day(year, month, day.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_dot_net_does() {
        let now = Moment::of_day(2026, 11, 22).expect("a day");
        for (text, read) in [
            ("2026-09-01T08:05:06Z", "2026-09-01T08:05:06.0000000+00:00"),
            ("2026-09-01T08:05:06.123+02:00", "2026-09-01T06:05:06.1230000+00:00"),
            ("2026-09-01", "2026-09-01T00:00:00.0000000"),
            ("2026-09-01 08:05", "2026-09-01T08:05:00.0000000"),
            ("9/1/2026 8:05:06 PM", "2026-09-01T20:05:06.0000000"),
            ("Tue, 01 Sep 2026 08:05:06 GMT", "2026-09-01T08:05:06.0000000+00:00"),
            ("1 September 2026", "2026-09-01T00:00:00.0000000"),
            ("Sep 1, 2026", "2026-09-01T00:00:00.0000000"),
            ("2026/09/01", "2026-09-01T00:00:00.0000000"),
            ("08:05", "2026-11-22T08:05:00.0000000"),
        ] {
            assert_eq!(Moment::parse(text, now).and_then(|m| m.format("o")).as_deref(), Some(read), "{text}");
        }
        for text in ["", "soon", "2026-13-01", "2026-02-30", "25:00", "1.2.3.4", "2026-09-01T08:05:06+99:00"] {
            assert_eq!(Moment::parse(text, now), None, "{text}");
        }
        let kept = Moment::parse_offset("2026-09-01T08:05:06+02:00", now).map(Moment::text);
        assert_eq!(kept.as_deref(), Some("09/01/2026 08:05:06 +02:00"));
    }
}
