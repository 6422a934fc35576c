//! Each rule fires where it should, and is silent where it should be.

use std::fs;
use std::path::Path;

use super::RULES;
use crate::policy::lint as lint_folder;

/// A document that breaks no rule, with marks for what tests change.
const GOOD: &str = r#"<policies>
  <inbound>
    <check-header name="X-Correlation-Id" failed-check-httpcode="400" failed-check-error-message="m" ignore-case="true" />
    <validate-jwt header-name="Authorization" output-token-variable-name="token">
      <openid-config url="{{issuer}}/v2.0/.well-known/openid-configuration" />
      <audiences><audience>orders</audience></audiences>
    </validate-jwt>
    <rate-limit-by-key calls="60" renewal-period="60" counter-key="@(((Jwt)context.Variables["token"]).Claims.GetValueOrDefault("azp", ""))" />
    <quota-by-key calls="1000" renewal-period="3600" counter-key="@(((Jwt)context.Variables["token"]).Claims.GetValueOrDefault("azp", ""))" />
    <choose>
      <when condition="@(long.Parse(context.Request.Headers.GetValueOrDefault("Content-Length", "0")) > 1024)">
        <return-response>
          <set-status code="413" />
          <set-header name="Content-Type"><value>application/problem+json</value></set-header>
          <set-body>{"title":"Payload too large"}</set-body>
        </return-response>
      </when>
    </choose>
    <set-backend-service backend-id="dataverse" />
  </inbound>
  <backend><forward-request timeout="100" /></backend>
  <outbound />
  <on-error>
    <set-header name="Content-Type"><value>application/problem+json</value></set-header>
    <set-body>@("{\"title\":\"" + context.LastError.Reason + "\"}")</set-body>
  </on-error>
</policies>"#;

/// Lint of a folder with these documents, its own path shortened.
fn told(files: &[(&str, &str)]) -> String {
    let dir = tempfile::tempdir().expect("a folder");
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
    lint_folder(dir.path()).to_string().replace(&dir.path().display().to_string(), "DIR")
}

const PLAIN: &str = "<policies><inbound><base /></inbound><backend><base /></backend><outbound><base /></outbound>\
                     <on-error><base /></on-error></policies>";

/// What is told of one API under a changed document.
fn changed(changes: &[(&str, &str)]) -> String {
    let document = changes.iter().fold(GOOD.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    });
    told(&[("global.xml", &document), ("apis/orders-v1.xml", PLAIN)])
}

/// The rules that speak, in the order of the table.
fn rules(text: &str) -> Vec<&str> {
    let named = |line: &'_ str| RULES.iter().find(|rule| line.contains(&format!(": {}: ", rule.name))).map(|r| r.name);
    let mut found: Vec<_> = text.lines().filter_map(named).collect();
    found.dedup();
    found
}

#[test]
fn a_set_that_keeps_the_mandate_is_silent() {
    assert_eq!(changed(&[]), "");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table of changes")]
fn each_rule_has_a_change_at_which_it_speaks_alone() {
    let azp = r#"@(((Jwt)context.Variables["token"]).Claims.GetValueOrDefault("azp", ""))"#;
    let token = &GOOD[GOOD.find("    <validate-jwt").unwrap()..GOOD.find("    <rate-limit").unwrap()];
    let rate = &GOOD[GOOD.find("    <rate-limit").unwrap()..GOOD.find("    <quota").unwrap()];
    let inbound = "<inbound>\n";
    let forward = r#"<forward-request timeout="100" />"#;
    let outbound = "<outbound />";
    let on_error = &GOOD[GOOD.find("  <on-error>").unwrap()..GOOD.find("</policies>").unwrap()];
    let early = format!("{inbound}{}", rate.replace(azp, "@(context.Request.IpAddress + context.Subscription?.Id)"));
    let spoofed = "@(context.Request.Headers.GetValueOrDefault(\"X-Client\", \"\"))";
    let named = "<set-variable name=\"who\" value=\"@(context.Request.Headers[&quot;X-Client&quot;][0])\" />\n";
    let by_way = format!("{named}{}", rate.replace(azp, "@((string)context.Variables[\"who\"])"));
    let retry = r#"<retry condition="@(context.Response.StatusCode == 503)" count="2" interval="1"><forward-request timeout="10" /></retry>"#;
    let long = r#"<retry condition="@(context.Response.StatusCode == 503)" count="2" interval="1"><forward-request timeout="60" /></retry>"#;
    let cases: Vec<(&str, Vec<(&str, String)>)> = vec![
        ("token-validated", vec![("<audiences><audience>orders</audience></audiences>", String::new())]),
        ("token-validated", vec![("{{issuer}}/v2.0", "https://login.microsoftonline.com/common/v2.0".into())]),
        ("token-validated", vec![("<validate-jwt ", "<validate-jwt require-expiration-time=\"false\" ".into())]),
        (
            "token-validated",
            vec![(
                token,
                format!(
                    "<choose><when condition=\"@(context.Request.Method != &quot;GET&quot;)\">{token}</when></choose>"
                ),
            )],
        ),
        ("correlation-demanded", vec![("name=\"X-Correlation-Id\"", "name=\"X-Something\"".into())]),
        ("client-limits", vec![(rate, String::new())]),
        ("client-limits", vec![(rate, rate.replace(azp, "everybody"))]),
        ("client-limits", vec![(rate, rate.replace(azp, "@(context.Request.IpAddress)"))]),
        ("counter-key", vec![(rate, rate.replace(azp, spoofed))]),
        ("counter-key", vec![(rate, by_way)]),
        ("body-limited", vec![("Content-Length", "X-Length".into())]),
        ("forward-timeout", vec![(forward, "<forward-request />".into())]),
        ("forward-timeout", vec![(forward, "<forward-request timeout-ms=\"120000\" />".into())]),
        ("error-shape", vec![(on_error, "  <on-error />\n".into())]),
        (
            "error-shape",
            vec![(
                "<set-header name=\"Content-Type\"><value>application/problem+json</value></set-header>\n          <set-body>{",
                "<set-body>{".into(),
            )],
        ),
        ("limit-order", vec![(inbound, early), (rate, String::new())]),
        ("quota-renewed", vec![("renewal-period=\"3600\"", "renewal-period=\"0\"".into())]),
        ("retry-load", vec![(forward, retry.into())]),
        ("forward-timeout retry-load", vec![(forward, long.into())]),
        (
            "deprecation-date",
            vec![(
                outbound,
                "<outbound><set-header name=\"Deprecation\"><value>true</value></set-header></outbound>".into(),
            )],
        ),
        (
            "secret-in-clear",
            vec![(
                inbound,
                format!(
                    "{inbound}<set-header name=\"Authorization\"><value>Basic dXNlcjpwYXNzd29yZA==</value></set-header>"
                ),
            )],
        ),
        (
            "secret-in-clear",
            vec![(
                inbound,
                format!(
                    "{inbound}<set-variable name=\"c\" value=\"@(&quot;AccountKey=abcdefghijklmnop1234==&quot;)\" />"
                ),
            )],
        ),
    ];
    for (expected, changes) in cases {
        let changes: Vec<(&str, &str)> = changes.iter().map(|(from, to)| (*from, to.as_str())).collect();
        let text = changed(&changes);
        assert_eq!(rules(&text).join(" "), expected, "{changes:?}\n{text}");
    }
}

#[test]
fn an_older_version_announces_its_end() {
    let both = |v1: &str| told(&[("global.xml", GOOD), ("apis/orders-v1.xml", v1), ("apis/orders-v2.xml", PLAIN)]);
    let silent = both(PLAIN);
    assert_eq!(rules(&silent), ["end-announced"], "{silent}");
    let words = silent.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("orders-v2 is newer, and answers have no Deprecation, no Sunset, no Link"), "{silent}");
    let fields = r#"<outbound><base />
        <set-header name="Deprecation"><value>@1782777600</value></set-header>
        <set-header name="Sunset"><value>Thu, 31 Dec 2026 23:59:59 GMT</value></set-header>
        <set-header name="Link"><value>&lt;/orders/v2>; rel="successor-version"</value></set-header></outbound>"#;
    assert_eq!(both(&PLAIN.replace("<outbound><base /></outbound>", fields)), "");
}

#[test]
fn periods_that_the_platform_refuses_are_told_by_the_loader() {
    let text = changed(&[
        ("renewal-period=\"60\"", "renewal-period=\"301\""),
        ("renewal-period=\"3600\"", "renewal-period=\"60\""),
    ]);
    assert_eq!(text.matches("error: `renewal-period`").count(), 2, "{text}");
}

#[test]
fn what_is_shipped_is_silent() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("mocks/gateway");
    assert_eq!(lint_folder(&shipped).to_string(), "");
}

#[test]
fn findings_read_well_on_80_columns() {
    let text = told(&[
        (
            "global.xml",
            "<policies><inbound /><backend><forward-request /></backend><outbound /><on-error /></policies>",
        ),
        ("apis/orders-v1.xml", PLAIN),
        ("apis/orders-v2.xml", PLAIN),
    ]);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn every_rule_explains_itself() {
    for rule in RULES {
        assert!(rule.means.ends_with('.') && rule.why.ends_with('.'), "{}", rule.name);
    }
    let mut names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RULES.len());
}
