//! No text makes any of these panic or take long.

use proptest::prelude::*;

use super::super::token_path::select;
use super::super::token_read::{Wanted, parse};
use super::{Kind, Moment, Number, composite, format_number, format_span, html_decode, parse_span};
use crate::policy::expression::Pattern;

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn formats(pattern in "[0#.,;%'\"\\\\dMyHhmsftzKFgNXEGCPRo{}:a-z \\-]{0,12}|\\PC{0,12}", n in any::<i64>(), x in any::<f64>()) {
        let _ = format_number(Number::Integer(n), &pattern, 64);
        let _ = format_number(Number::Double(x), &pattern, 64);
        let _ = format_span(n, &pattern);
        if let Some(moment) = Moment::new(n.rem_euclid(Moment::MAX.ticks), Kind::Offset(90)) {
            let _ = moment.format(&pattern);
        }
        let _ = composite(&pattern, |_, format| Ok::<_, &'static str>(format.to_owned()));
    }

    #[test]
    fn texts(text in "[0-9/:.,+\\-TZGMTAPjanfebmon ]{0,30}|\\PC{0,40}") {
        let _ = Moment::parse(&text, Moment::MIN);
        let _ = Moment::from_json(&text);
        let _ = parse_span(&text);
        let _ = html_decode(&text);
    }

    #[test]
    fn json(text in "[\\[\\]{}:,\"'a-z0-9.eE+\\-\\\\u/* \n]{0,60}|\\PC{0,40}", path in "[$@.\\[\\]'?()a-z0-9*:,=<>&| \\-]{0,24}") {
        if let Ok(token) = parse(&text, Wanted::Any) {
            let _ = select(&token, &path);
            let again = token.write(false);
            prop_assert!(parse(&again, Wanted::Any).is_ok(), "{again}");
        }
    }

    #[test]
    fn patterns(pattern in "[\\[\\](){}?<>'!=:^$|*+.\\\\a-z0-9,&~\\- ]{0,20}", text in "\\PC{0,30}") {
        if let Ok(pattern) = Pattern::of(&pattern.as_str().into(), 0) {
            let _ = pattern.find(&text, 0);
        }
    }
}
