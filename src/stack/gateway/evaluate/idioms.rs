//! The ranked idioms of real documents (reference §4.4), in their order.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;

use super::super::answer::{Answer, AnswerBody};
use super::super::apis::{PublishedApi, PublishedOperation};
use super::super::call::Call;
use super::super::request_body::RequestBody;
use super::super::value::Value;
use super::evaluate;
use crate::clock::{Clock, Timestamp};
use crate::observe::LastError;
use crate::policy::expression::compiled;

/// `{"alg":"none","typ":"JWT"}` and claims, not signed.
const TOKEN: &str = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.eyJzdWIiOiJzMSIsImVtYWlsIjoibWVAaG9zdCIsInJvbGVzIjpbIngiLCJ5Il0sImV4cCI6MTc4ODI1MDAwMH0.c2ln";

/// A call with a body, a response, an error and variables. The clock stands at
/// 2026-09-01T08:05:06Z.
pub(super) fn call() -> Call {
    let request = Request::builder()
        .method("POST")
        .uri("/shop/things/42?q=x&q=y&empty=")
        .header("host", "api.example:8443")
        .header("authorization", format!("Bearer {TOKEN}"))
        .header("x", "a")
        .header("x", "b")
        .header("basic", "Basic dXNlcjpwYTpzcw==")
        .body(())
        .expect("a request");
    let body = r#"{"a":{"b":[1,2,3]},"f":"v","n":null,"when":"2026-09-01T08:05:06Z","d":1.5,"t":true}"#;
    let clock = Clock::starting_at(Timestamp::parse("2026-09-01T08:05:06Z").expect("an instant"), 1e-6);
    let body = RequestBody::Bytes(Bytes::from(body));
    let mut call = Call::new(request.into_parts().0, body, [192, 0, 2, 7].into(), &clock);
    call.parameters = vec![("p".into(), "42".to_owned())];
    call.api = Some(Arc::new(PublishedApi::plain("orders-v2", "Orders")));
    call.operation = Some(Arc::new(PublishedOperation::plain("get-order")));
    let mut answer = Answer::new(http::StatusCode::TOO_MANY_REQUESTS);
    answer.headers.insert("retry-after", "7".parse().expect("a value"));
    answer.body = AnswerBody::Bytes(Bytes::from_static(b"[1,2]"));
    call.response = Some(answer);
    call.last_error = Some(LastError {
        elapsed: 1,
        source: "validate-jwt".into(),
        reason: "TokenExpired".into(),
        message: "late".into(),
        scope: "api".into(),
        section: "inbound".into(),
        path: "validate-jwt[1]".into(),
        policy_id: "p1".into(),
    });
    for (name, value) in [
        ("t", Value::text("abc")),
        ("n", Value::Int(7)),
        ("flag", Value::Bool(true)),
        ("list", Value::text("a, b ,c")),
        ("null", Value::Null),
    ] {
        call.set_variable(&name.into(), value);
    }
    for (name, text) in
        [("jwt", format!("@(\"{TOKEN}\".AsJwt())")), ("json", r#"@(JObject.Parse("{'a':{'b':2}}"))"#.into())]
    {
        let value = evaluate(&compiled(&text).expect("an expression"), &mut call).expect("a value");
        call.set_variable(&Arc::from(name), value);
    }
    call
}

/// What an expression gives, as text; or why it does not compile, or what it
/// raises.
pub(super) fn given(text: &str) -> String {
    match compiled(text).map(|expression| evaluate(&expression, &mut call())) {
        Ok(Ok(value)) => value.display().to_string(),
        Ok(Err(fault)) => format!("! {}", fault.text),
        Err(diagnostic) => format!("? {diagnostic}"),
    }
}

/// Compares what expressions give with what they should.
pub(super) fn check(rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .filter_map(|(text, expected)| {
            let given = given(text);
            (given != *expected).then(|| format!("{text}\n  expected {expected:?}\n  given    {given:?}"))
        })
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn idioms_1_to_20_give_what_dot_net_gives() {
    check(&[
        (r#"@(context.Request.Headers["x"][1])"#, "b"),
        (r#"@(context.Variables["t"])"#, "abc"),
        (r#"@((string)context.Variables["t"])"#, "abc"),
        ("@{ return 1 + 2; }", "3"),
        (r#"@((string)context.Variables["t"] == "abc" && context.Variables["null"] == null)"#, "True"),
        (
            r#"@(context.Variables.GetValueOrDefault<int>("n", 1) + context.Variables.GetValueOrDefault<int>("m", 1))"#,
            "8",
        ),
        (r#"@(context.Variables.GetValueOrDefault<bool>("flag"))"#, "True"),
        (r#"@($"{context.Request.Method}-{(string)context.Variables["t"]}!")"#, "POST-abc!"),
        (r#"@("Bearer " + (string)context.Variables["t"])"#, "Bearer abc"),
        (r#"@(7.ToString() + true.ToString() + context.Variables["n"].ToString())"#, "7True7"),
        (r#"@{ var x = "a"; return x; }"#, "a"),
        (
            r#"@(context.Request.Headers.GetValueOrDefault("X", "") + context.Request.Headers.GetValueOrDefault("Y", "-"))"#,
            "a,b-",
        ),
        ("@(true && !false || false)", "True"),
        ("@(context.Response.StatusCode == 429 || context.Response.StatusCode == 503)", "True"),
        (r#"@(string.IsNullOrEmpty((string)context.Variables["t"]) || !string.IsNullOrEmpty(null))"#, "False"),
        (r#"@((string)context.Request.Body.As<JObject>(true)["f"])"#, "v"),
        (r"@(context.Response.Body.As<string>())", "[1,2]"),
        (r#"@{ if (context.Request.Method == "GET") { return "r"; } else { return "w"; } }"#, "w"),
        (
            r#"@(context.Response.StatusReason + context.Response.Headers.GetValueOrDefault("Retry-After"))"#,
            "Too Many Requests7",
        ),
        (r#"@(context.Request.Method == "POST" ? "a" : "b")"#, "a"),
        (
            r#"@(context.Request.Headers.GetValueOrDefault("Authorization").Split(' ')[0] + "h.example".Split('.')[0])"#,
            "Bearerh",
        ),
    ]);
}

#[test]
fn idioms_21_to_40_give_what_dot_net_gives() {
    check(&[
        (r#"@(context.Variables.GetValueOrDefault("t"))"#, "abc"),
        (r#"@(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes("ä")))"#, "ä"),
        (r#"@(context.Subscription?.Id ?? "anonymous")"#, "anonymous"),
        (
            r#"@(System.Net.WebUtility.UrlEncode("a b&") + WebUtility.UrlDecode("a+b%26") + WebUtility.HtmlEncode("<"))"#,
            "a+b%26a b&&lt;",
        ),
        (r#"@(Uri.EscapeDataString("a b/") + Uri.UnescapeDataString("%2F"))"#, "a%20b%2F/"),
        (r#"@("äb".Length)"#, "2"),
        (
            r#"@(new JObject(new JProperty("a", 1), new JProperty("b", "x")).ToString())"#,
            "{\r\n  \"a\": 1,\r\n  \"b\": \"x\"\r\n}",
        ),
        (
            r#"@(new JObject(new JProperty("a", null), new JProperty("d", 1.0)).ToString(Newtonsoft.Json.Formatting.None))"#,
            r#"{"a":null,"d":1.0}"#,
        ),
        (r#"@(context.Api.Id + "/" + context.Api.Name)"#, "orders-v2/Orders"),
        (r#"@(context.Api.Id.StartsWith("orders") ? context.Api?.Name : "none")"#, "Orders"),
        (r#"@(Convert.FromBase64String("YWJj").Length)"#, "3"),
        (r#"@(Convert.ToBase64String(Encoding.UTF8.GetBytes("user:pass")))"#, "dXNlcjpwYXNz"),
        (
            r#"@{ var s = ""; foreach (var c in context.Variables.GetValueOrDefault<string>("list", "").Split(',')) { s = s + c.Trim(); } return s; }"#,
            "abc",
        ),
        (r#"@((string)context.Request.Body.As<JObject>(preserveContent: true)["a"]["b"][2])"#, "3"),
        (r#"@{ try { return int.Parse("x").ToString(); } catch { return "none"; } }"#, "none"),
        (
            r#"@{ try { return JObject.Parse("{").ToString(); } catch (Exception ex) { return ex.Message.Substring(0, 5); } }"#,
            "Unexp",
        ),
        (
            r#"@{ var n = 0; try { n = int.Parse("12"); } catch (FormatException) { n = -1; } finally { n = n + 1; } return n; }"#,
            "13",
        ),
        ("@(context.Request.IpAddress)", "192.0.2.7"),
        (
            r#"@(context.Request.MatchedParameters["p"] + context.Request.MatchedParameters.GetValueOrDefault("q", "-"))"#,
            "42-",
        ),
        (r#"@(DateTime.UtcNow.ToString("yyyy-MM-ddTHH:mm:ssZ"))"#, "2026-09-01T08:05:06Z"),
        (r#"@(context.Request.Method == "OPTIONS")"#, "False"),
        (
            "@(context.LastError.Source + context.LastError.Reason + context.LastError.Section + context.LastError.PolicyId)",
            "validate-jwtTokenExpiredinboundp1",
        ),
        (r#"@("abc".Contains("b") && context.Request.Headers["x"].Contains("b"))"#, "True"),
        (
            r#"@(context.Request.Url.Query.GetValueOrDefault("q", "") + context.Request.Url.Query.GetValueOrDefault("z", "-"))"#,
            "x,y-",
        ),
    ]);
}

#[test]
fn idioms_41_to_54_give_what_dot_net_gives() {
    check(&[
        (r#"@(context.Variables.ContainsKey("t") && !context.Variables.ContainsKey("u"))"#, "True"),
        (r#"@("a,b".Split(',').Any(x => x == "b"))"#, "True"),
        (r#"@(context.Request.Headers["x"].All((value) => { return value.Length == 1; }))"#, "True"),
        (r#"@("a-b".Replace("-", "+"))"#, "a+b"),
        (r#"@(int.Parse("12") + int.Parse(" 3 "))"#, "15"),
        (r#"@{ if (long.TryParse("99", out var n)) { return n.ToString(); } return ""; }"#, "99"),
        (r"@(Guid.NewGuid().ToString().Length)", "36"),
        ("@(DateTimeOffset.UtcNow.AddSeconds(60).ToUnixTimeSeconds())", "1788249966"),
        ("@(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds())", "1788249906000"),
        (r#"@(DateTime.UtcNow.AddMinutes(10).ToString("HH:mm"))"#, "08:15"),
        (r#"@(new [] { "GET", "POST" }.Contains(context.Request.Method))"#, "True"),
        (r#"@(string.Join("|", new string[] { "a", "b" }) + new[] { 1, 2 }.Length)"#, "a|b2"),
        (
            r#"@(JsonConvert.SerializeObject(new { code = 7, text = "x", more = new { on = true } }))"#,
            r#"{"code":7,"text":"x","more":{"on":true}}"#,
        ),
        (
            r"@(JObject.FromObject(new { ids = new [] { 1, 2 } }).ToString(Newtonsoft.Json.Formatting.None))",
            r#"{"ids":[1,2]}"#,
        ),
        (r#"@(" a ".Trim() + "x//".TrimEnd('/'))"#, "ax"),
        (r#"@(context.Request.Headers.GetValueOrDefault("Authorization", "").StartsWith("Bearer "))"#, "True"),
        (r#"@((string)context.Variables["null"] ?? "none")"#, "none"),
        (r#"@(context.Request.Headers.GetValueOrDefault("Authorization","").AsJwt()?.Subject)"#, "s1"),
        (
            "@(context.Request.OriginalUrl.Host + context.Request.OriginalUrl.Port + context.Request.OriginalUrl.Path)",
            "api.example8443/shop/things/42",
        ),
        (r#"@(((Jwt)context.Variables["jwt"]).Claims.GetValueOrDefault("email","n/a"))"#, "me@host"),
        (r#"@(((Jwt)context.Variables["jwt"]).Claims["roles"].Contains("x"))"#, "True"),
    ]);
}

#[test]
fn idioms_55_to_68_give_what_dot_net_gives() {
    check(&[
        (r#"@((string)JObject.Parse("{\"a\":\"b\"}")["a"] + JArray.Parse("[1,2]").Count)"#, "b2"),
        (r#"@("abcdef".Substring(2) + "abcdef".Substring(1, 2))"#, "cdefbc"),
        ("@(new Random(42).Next(0, 100))", "66"),
        (
            r#"@("ABC".Equals("abc", StringComparison.OrdinalIgnoreCase) && "xAb".IndexOf("ab", StringComparison.OrdinalIgnoreCase) == 1)"#,
            "True",
        ),
        (
            r#"@(Convert.ToBase64String(new HMACSHA256(Encoding.UTF8.GetBytes("Jefe")).ComputeHash(Encoding.UTF8.GetBytes("what do ya want for nothing?"))))"#,
            "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=",
        ),
        (
            r#"@(BitConverter.ToString(SHA256.Create().ComputeHash(Encoding.UTF8.GetBytes("abc"))).Replace("-", "").ToLower().Substring(0, 8))"#,
            "ba7816bf",
        ),
        ("@(context.RequestId.ToString().Length)", "36"),
        (r#"@(context.Operation.Id + " " + context.Operation.Name)"#, "get-order get-order"),
        (
            r#"@(string.Concat("a", 1, null, true) + string.Format("{0:D3}|{1,4}", 7, "x") + string.Join(",", "a b".Split(' ')))"#,
            "a1True007|   xa,b",
        ),
        (r#"@(JsonConvert.SerializeObject(new JObject(new JProperty("a", "ä\n"))))"#, r#"{"a":"ä\n"}"#),
        (
            r#"@(string.Join(",", context.Variables.GetValueOrDefault<string>("list").Split(',').Select(x => x.Trim()).Where(x => x != "b")))"#,
            "a,c",
        ),
        (r#"@("a,b".Split(',').First() + ("a,b".Split(',').FirstOrDefault(x => x == "z") ?? "none"))"#, "anone"),
        (r#"@(((JArray)context.Request.Body.As<JObject>(true)["a"]["b"]).Select(x => (int)x * 2).Last())"#, "6"),
        (
            r#"@(((Jwt)context.Variables["jwt"]).Claims.Where(c => c.Key == "email").Select(c => c.Value.First()).FirstOrDefault())"#,
            "me@host",
        ),
        (r#"@("a,b".Split(',').First(x => x == "z"))"#, "! Sequence contains no matching element"),
        (
            r#"@(Regex.Match("id=42;", @"id=(?<n>\d+)").Groups["n"].Value + Regex.IsMatch("abc", "^A", RegexOptions.IgnoreCase))"#,
            "42True",
        ),
        ("@(context.Deployment.Region)", "embedded"),
        (r"@(context.Product?.Id ?? string.Empty)", ""),
        (r#"@((int)context.Variables["n"] / 2 + Math.Max(3, 4))"#, "7"),
        (r"@(context.Request.Certificate == null)", "True"),
    ]);
}
