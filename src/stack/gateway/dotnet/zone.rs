//! `TimeZoneInfo`: the zones that documents name, by the names of Windows and
//! of the tz database, with the rules for summer time that hold today.
//!
//! Rules: European Union since 1996, United States and Canada since 2007,
//! south-eastern Australia since 2008, New Zealand since 2007. Earlier years
//! are reckoned by the same.

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Weekday};

use super::{Kind, Moment, TICKS_PER_SECOND};

const TICKS_PER_MINUTE: i64 = 60 * TICKS_PER_SECOND;

/// A zone.
#[derive(Debug)]
pub(in crate::stack::gateway) struct Zone {
    /// Its name on Windows.
    pub(in crate::stack::gateway) id: &'static str,
    /// Names of the tz database that mean the same today.
    places: &'static [&'static str],
    /// Minutes east of UTC, in winter.
    offset: i64,
    summer: Summer,
}

/// When the clock is an hour ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Summer {
    Never,
    Europe,
    America,
    Australia,
    NewZealand,
}

const fn zone(id: &'static str, offset: i64, summer: Summer, places: &'static [&'static str]) -> Zone {
    Zone { id, places, offset, summer }
}

use Summer::{America, Australia, Europe, Never, NewZealand};

static ZONES: [Zone; 38] = [
    zone("UTC", 0, Never, &["Etc/UTC", "Etc/GMT", "GMT"]),
    zone("GMT Standard Time", 0, Europe, &["Europe/London", "Europe/Dublin", "Europe/Lisbon"]),
    zone("Greenwich Standard Time", 0, Never, &["Atlantic/Reykjavik", "Africa/Abidjan"]),
    zone(
        "W. Europe Standard Time",
        60,
        Europe,
        &[
            "Europe/Berlin",
            "Europe/Amsterdam",
            "Europe/Zurich",
            "Europe/Vienna",
            "Europe/Rome",
            "Europe/Stockholm",
            "Europe/Oslo",
        ],
    ),
    zone(
        "Central Europe Standard Time",
        60,
        Europe,
        &["Europe/Budapest", "Europe/Prague", "Europe/Belgrade", "Europe/Ljubljana"],
    ),
    zone("Central European Standard Time", 60, Europe, &["Europe/Warsaw", "Europe/Zagreb", "Europe/Sarajevo"]),
    zone(
        "Romance Standard Time",
        60,
        Europe,
        &["Europe/Paris", "Europe/Madrid", "Europe/Brussels", "Europe/Copenhagen"],
    ),
    zone("W. Central Africa Standard Time", 60, Never, &["Africa/Lagos", "Africa/Algiers"]),
    zone(
        "FLE Standard Time",
        120,
        Europe,
        &[
            "Europe/Kyiv",
            "Europe/Kiev",
            "Europe/Helsinki",
            "Europe/Riga",
            "Europe/Sofia",
            "Europe/Tallinn",
            "Europe/Vilnius",
        ],
    ),
    zone("GTB Standard Time", 120, Europe, &["Europe/Bucharest", "Europe/Athens"]),
    zone("South Africa Standard Time", 120, Never, &["Africa/Johannesburg"]),
    zone("Turkey Standard Time", 180, Never, &["Europe/Istanbul"]),
    zone("Russian Standard Time", 180, Never, &["Europe/Moscow"]),
    zone("Arab Standard Time", 180, Never, &["Asia/Riyadh", "Asia/Kuwait"]),
    zone("E. Africa Standard Time", 180, Never, &["Africa/Nairobi"]),
    zone("Arabian Standard Time", 240, Never, &["Asia/Dubai"]),
    zone("Pakistan Standard Time", 300, Never, &["Asia/Karachi"]),
    zone("India Standard Time", 330, Never, &["Asia/Kolkata", "Asia/Calcutta"]),
    zone("SE Asia Standard Time", 420, Never, &["Asia/Bangkok", "Asia/Jakarta", "Asia/Ho_Chi_Minh"]),
    zone("China Standard Time", 480, Never, &["Asia/Shanghai", "Asia/Hong_Kong"]),
    zone("Singapore Standard Time", 480, Never, &["Asia/Singapore", "Asia/Kuala_Lumpur", "Asia/Manila"]),
    zone("W. Australia Standard Time", 480, Never, &["Australia/Perth"]),
    zone("Tokyo Standard Time", 540, Never, &["Asia/Tokyo"]),
    zone("Korea Standard Time", 540, Never, &["Asia/Seoul"]),
    zone("E. Australia Standard Time", 600, Never, &["Australia/Brisbane"]),
    zone("AUS Eastern Standard Time", 600, Australia, &["Australia/Sydney", "Australia/Melbourne"]),
    zone("New Zealand Standard Time", 720, NewZealand, &["Pacific/Auckland"]),
    zone("E. South America Standard Time", -180, Never, &["America/Sao_Paulo"]),
    zone("Argentina Standard Time", -180, Never, &["America/Buenos_Aires", "America/Argentina/Buenos_Aires"]),
    zone("Atlantic Standard Time", -240, America, &["America/Halifax"]),
    zone("Eastern Standard Time", -300, America, &["America/New_York", "America/Toronto"]),
    zone("SA Pacific Standard Time", -300, Never, &["America/Bogota", "America/Lima"]),
    zone("Central Standard Time", -360, America, &["America/Chicago", "America/Winnipeg"]),
    zone("Mountain Standard Time", -420, America, &["America/Denver", "America/Edmonton"]),
    zone("US Mountain Standard Time", -420, Never, &["America/Phoenix"]),
    zone("Pacific Standard Time", -480, America, &["America/Los_Angeles", "America/Vancouver"]),
    zone("Alaskan Standard Time", -540, America, &["America/Anchorage"]),
    zone("Hawaiian Standard Time", -600, Never, &["Pacific/Honolulu"]),
];

impl Zone {
    /// UTC, which is the local zone too.
    pub(in crate::stack::gateway) fn utc() -> &'static Self {
        Self::named("UTC").expect("the table begins with it")
    }

    /// The zone of that name.
    pub(in crate::stack::gateway) fn named(name: &str) -> Option<&'static Self> {
        let same = |other: &str| other.eq_ignore_ascii_case(name);
        ZONES.iter().find(|zone| same(zone.id) || zone.places.iter().any(|place| same(place)))
    }

    /// Whether it has summer time at all.
    pub(in crate::stack::gateway) fn changes(&self) -> bool {
        self.summer != Never
    }

    /// The offset in winter, in ticks.
    pub(in crate::stack::gateway) fn base(&self) -> i64 {
        self.offset * TICKS_PER_MINUTE
    }

    /// The offset at an instant in UTC, in ticks.
    pub(in crate::stack::gateway) fn offset_at(&self, utc: i64) -> i64 {
        let winter = utc + self.base();
        self.base() + if self.is_summer(winter) { 60 * TICKS_PER_MINUTE } else { 0 }
    }

    /// The offset while the clock on the wall shows this, in ticks; `None`
    /// where it never does. What it shows twice is meant in winter time.
    pub(in crate::stack::gateway) fn offset_of(&self, wall: i64) -> Option<i64> {
        let hour = 60 * TICKS_PER_MINUTE;
        match (self.is_summer(wall), self.is_summer(wall - hour)) {
            (false, _) => Some(self.base()),
            (true, true) => Some(self.base() + hour),
            (true, false) => None,
        }
    }

    /// Whether it is summer when a clock that never changes shows this.
    fn is_summer(&self, winter: i64) -> bool {
        let Some(at) = Moment::new(winter, Kind::Unspecified).map(Moment::calendar) else { return false };
        let Some((begin, end)) = self.bounds(at.year()) else { return false };
        if begin < end { begin <= at && at < end } else { at < end || begin <= at }
    }

    /// When summer begins and ends in a year, on a clock that never changes.
    fn bounds(&self, year: i32) -> Option<(NaiveDateTime, NaiveDateTime)> {
        let sunday = |month: u32, nth: u8, minutes: i64| {
            let day = match nth {
                0 => last_sunday(year, month)?,
                nth => NaiveDate::from_weekday_of_month_opt(year, month, Weekday::Sun, nth)?,
            };
            Some(day.and_hms_opt(0, 0, 0)? + TimeDelta::minutes(minutes))
        };
        Some(match self.summer {
            Never => return None,
            Europe => (sunday(3, 0, 60 + self.offset)?, sunday(10, 0, 60 + self.offset)?),
            America => (sunday(3, 2, 120)?, sunday(11, 1, 60)?),
            Australia => (sunday(10, 1, 120)?, sunday(4, 1, 120)?),
            NewZealand => (sunday(9, 0, 120)?, sunday(4, 1, 120)?),
        })
    }
}

fn last_sunday(year: i32, month: u32) -> Option<NaiveDate> {
    let next = NaiveDate::from_ymd_opt(year, month + 1, 1)?;
    let back = u64::from(next.weekday().num_days_from_sunday());
    next.checked_sub_days(Days::new(if back == 0 { 7 } else { back }))
}
