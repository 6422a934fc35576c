//! The ranked idioms of real documents, and what .NET's library gives.

use std::sync::Arc;

use bytes::Bytes;
use http::Request;

use super::super::answer::{Answer, AnswerBody};
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

fn check(rows: &[(&str, &str)]) {
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
        (r#"@(Convert.FromBase64String("YWJj").Length)"#, "3"),
        (r#"@(Convert.ToBase64String(Encoding.UTF8.GetBytes("user:pass")))"#, "dXNlcjpwYXNz"),
        (
            r#"@{ var s = ""; foreach (var c in context.Variables.GetValueOrDefault<string>("list", "").Split(',')) { s = s + c.Trim(); } return s; }"#,
            "abc",
        ),
        (r#"@((string)context.Request.Body.As<JObject>(preserveContent: true)["a"]["b"][2])"#, "3"),
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
fn idioms_41_to_68_give_what_dot_net_gives() {
    check(&[
        (r#"@(context.Variables.ContainsKey("t") && !context.Variables.ContainsKey("u"))"#, "True"),
        (r#"@("a-b".Replace("-", "+"))"#, "a+b"),
        (r#"@(int.Parse("12") + int.Parse(" 3 "))"#, "15"),
        (r#"@{ if (long.TryParse("99", out var n)) { return n.ToString(); } return ""; }"#, "99"),
        (r"@(Guid.NewGuid().ToString().Length)", "36"),
        ("@(DateTimeOffset.UtcNow.AddSeconds(60).ToUnixTimeSeconds())", "1788249966"),
        ("@(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds())", "1788249906000"),
        (r#"@(DateTime.UtcNow.AddMinutes(10).ToString("HH:mm"))"#, "08:15"),
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
        (
            r#"@(string.Concat("a", 1, null, true) + string.Format("{0:D3}|{1,4}", 7, "x") + string.Join(",", "a b".Split(' ')))"#,
            "a1True007|   xa,b",
        ),
        (r#"@(JsonConvert.SerializeObject(new JObject(new JProperty("a", "ä\n"))))"#, r#"{"a":"ä\n"}"#),
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

#[test]
fn strings_are_dot_nets() {
    check(&[
        (r#"@(string.Join("|", "a,,b;c".Split(new[] { ',', ';' }, StringSplitOptions.RemoveEmptyEntries)))"#, "a|b|c"),
        (r#"@(string.Join("|", "a b  c".Split()) + string.Join("|", "a,b,c".Split(',', 2)))"#, "a|b||ca|b,c"),
        (r#"@("7".PadLeft(3, '0') + "a".PadRight(3) + "|")"#, "007a  |"),
        (r#"@("abc".Insert(1, "-") + "abcd".Remove(2) + "abcd".Remove(1, 2))"#, "a-bcabad"),
        (r#"@("abcabc".LastIndexOf("b") + "abc".IndexOf('z') + "abcabc".IndexOf("b", 2))"#, "7"),
        (r#"@("xxaxx".Trim('x') + "\tb\n".TrimStart())"#, "ab\n"),
        (r#"@(string.Compare("a", "B") + string.Compare("a", "A", true) + string.CompareOrdinal("a", "B"))"#, "0"),
        (r#"@(string.Equals("A", "a", StringComparison.OrdinalIgnoreCase))"#, "True"),
        (r#"@("abc"[1])"#, "b"),
        (r"@(char.IsDigit('7') && char.IsLetter('x') && !char.IsUpper('x') && char.IsWhiteSpace(' '))", "True"),
        (r#"@("abc".ToUpperInvariant() + "ÄB".ToLower())"#, "ABCäb"),
        (
            r#"@("abc".Substring(4))"#,
            "! startIndex cannot be larger than length of string.\r\nParameter name: startIndex",
        ),
        (
            r#"@("abc".Substring(1, 9))"#,
            "! Index and length must refer to a location within the string.\r\nParameter name: length",
        ),
        (r#"@("a".Split(' ')[1])"#, "! Index was outside the bounds of the array."),
        (r#"@("a".Replace("", "b"))"#, "! String cannot be of zero length.\r\nParameter name: oldValue"),
        (r#"@(((string)context.Variables["null"]).Length)"#, "! Object reference not set to an instance of an object."),
        (
            r#"@(new StringBuilder("a").Append(1).Append('b').AppendFormat("{0:00}", 5).Insert(0, ">").ToString())"#,
            ">a1b05",
        ),
    ]);
}

#[test]
fn numbers_are_dot_nets() {
    check(&[
        (
            r#"@(1234.5.ToString("N2") + 5.ToString("D3") + 255.ToString("X") + 0.5.ToString("P0"))"#,
            "1,234.50005FF50 %",
        ),
        (r#"@($"{1234567:#,##0} {3.14159:F2} {7:000} {1.5}")"#, "1,234,567 3.14 007 1.5"),
        (r#"@(int.Parse("x"))"#, "! Input string was not in a correct format."),
        (r#"@(int.Parse("3000000000"))"#, "! Value was either too large or too small for an Int32."),
        (r#"@(bool.Parse("TRUE"))"#, "True"),
        (r#"@(bool.Parse("1"))"#, "! String was not recognized as a valid Boolean."),
        (r#"@(Convert.ToInt32("12") + Convert.ToInt32(2.5) + Convert.ToInt32(true))"#, "15"),
        (r#"@(Convert.ToInt32("ff", 16) + Convert.ToString(5, 2))"#, "255101"),
        (r"@(Math.Round(2.5) + Math.Floor(1.9) + Math.Abs(-3) + Math.Pow(2, 3))", "14"),
        (r"@(Math.Round(2.345, 1).ToString() + Math.Ceiling(1.1))", "2.32"),
        (r"@(int.MaxValue)", "2147483647"),
        (r#"@(double.Parse("1,234.5"))"#, "1234.5"),
        (
            r#"@(Guid.Parse("{0F8FAD5B-D9CB-469F-A165-70867728950E}").ToString("N"))"#,
            "0f8fad5bd9cb469fa16570867728950e",
        ),
        (
            r#"@(Guid.Parse("x"))"#,
            "! Guid should contain 32 digits with 4 dashes (xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx).",
        ),
        (r"@(Guid.Empty)", "00000000-0000-0000-0000-000000000000"),
    ]);
}

#[test]
fn dates_are_dot_nets() {
    check(&[
        ("@(DateTime.UtcNow)", "09/01/2026 08:05:06"),
        ("@(DateTimeOffset.UtcNow)", "09/01/2026 08:05:06 +00:00"),
        (r#"@(DateTimeOffset.UtcNow.ToString("o").Substring(27))"#, "+00:00"),
        (r#"@(DateTime.UtcNow.ToString("o").Substring(27))"#, "Z"),
        (r#"@(DateTime.UtcNow.ToString("R"))"#, "Tue, 01 Sep 2026 08:05:06 GMT"),
        (
            r#"@(new DateTime(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc).AddSeconds(86400).ToString("s"))"#,
            "1970-01-02T00:00:00",
        ),
        (r"@((DateTime.UtcNow - new DateTime(2026, 9, 1)).TotalHours > 8)", "True"),
        (r#"@(DateTime.Parse("2026-01-31").AddMonths(1).ToString("yyyy-MM-dd"))"#, "2026-02-28"),
        (r#"@(DateTime.Parse("soon"))"#, "! String was not recognized as a valid DateTime."),
        (
            "@(DateTime.UtcNow.DayOfWeek + DateTime.UtcNow.DayOfYear.ToString() + DateTime.UtcNow.Date.Hour)",
            "Tuesday2440",
        ),
        ("@(TimeSpan.FromMinutes(90) + TimeSpan.Parse(\"00:30\"))", "02:00:00"),
        ("@(new TimeSpan(1, 2, 3, 4).TotalSeconds)", "93784"),
        (
            "@(DateTimeOffset.FromUnixTimeSeconds(0).ToString(\"yyyy-MM-dd HH:mm:ss zzz\"))",
            "1970-01-01 00:00:00 +00:00",
        ),
        (r#"@(((Jwt)context.Variables["jwt"]).ExpirationTime.Value.ToString("u"))"#, "2026-09-01 08:06:40Z"),
        (
            "@(DateTime.MaxValue.AddDays(1))",
            "! The added or subtracted value results in an un-representable DateTime.\r\nParameter name: value",
        ),
    ]);
}

#[test]
fn json_is_newtonsofts() {
    check(&[
        (r#"@(context.Request.Body.As<JObject>(true)["when"].ToString())"#, "09/01/2026 08:05:06"),
        (
            r#"@(context.Request.Body.As<JObject>(true)["t"].ToString() + context.Request.Body.As<JObject>(true)["d"])"#,
            "True1.5",
        ),
        (r#"@(context.Request.Body.As<JObject>().SelectToken("a.b[1]").ToString())"#, "2"),
        (r#"@(context.Request.Body.As<JObject>().SelectToken("a.x[1]") == null)"#, "True"),
        (r#"@(context.Request.Body.As<JObject>()["a"]["b"].Type)"#, "Array"),
        (r#"@(context.Request.Body.As<JObject>()["a"]["b"].HasValues)"#, "True"),
        (r#"@(context.Request.Body.As<JObject>()["n"].Type == JTokenType.Null)"#, "True"),
        (r"@(context.Request.Body.As<JObject>().ToString(Newtonsoft.Json.Formatting.None).Length)", "83"),
        (
            r#"@(context.Request.Body.As<JObject>().Property("f").Name + context.Request.Body.As<JObject>(true)?["zz"])"#,
            "! Object reference not set to an instance of an object.",
        ),
        (
            r"@(context.Request.Body.As<JArray>().Count)",
            "! Error reading JArray from JsonReader. Current JsonReader item is not an array: StartObject. Path '', line 1, position 1.",
        ),
        (
            r#"@(JObject.Parse("<html>"))"#,
            "! Unexpected character encountered while parsing value: <. Path '', line 0, position 0.",
        ),
        (r#"@(JToken.DeepEquals(JObject.Parse("{a:1,b:2}"), JObject.Parse("{b:2,a:1}")))"#, "True"),
        (
            r#"@(JArray.Parse("[1]")[5])"#,
            "! Index was out of range. Must be non-negative and less than the size of the collection.\r\nParameter name: index",
        ),
        (r#"@(JObject.Parse("{a:1}").Value<int>("a") + 1)"#, "2"),
        (r#"@(JObject.Parse("{a:{b:[{c:1},{c:5}]}}").SelectToken("$.a.b[?(@.c > 1)].c"))"#, "5"),
        (
            r#"@(new JArray("a", 1).ToString(Newtonsoft.Json.Formatting.None) + new JValue("q").ToString(Newtonsoft.Json.Formatting.None))"#,
            r#"["a",1]"q""#,
        ),
        (r#"@(JObject.FromObject(JObject.Parse("{a:1}")).ContainsKey("a"))"#, "True"),
    ]);
}

#[test]
fn encodings_and_patterns_are_dot_nets() {
    check(&[
        (r#"@(context.Request.Headers.GetValueOrDefault("basic").AsBasic().Password)"#, "pa:ss"),
        (r#"@("x".AsBasic() == null && "x".AsJwt() == null)"#, "True"),
        (r#"@(Convert.FromBase64String("a"))"#, "! Invalid length for a Base-64 char array or string."),
        (r#"@(BitConverter.ToString(Encoding.ASCII.GetBytes("aä")))"#, "61-3F"),
        (r#"@(BitConverter.ToString(Encoding.Unicode.GetBytes("a")))"#, "61-00"),
        (
            r#"@(Convert.ToBase64String(MD5.Create().ComputeHash(Encoding.UTF8.GetBytes("abc"))))"#,
            "kAFQmDzST7DWlj99KOF/cg==",
        ),
        (
            r#"@(Regex.Replace("a1b22", @"\d+", "<$&>") + string.Join("|", Regex.Split("a1b2c", @"\d")))"#,
            "a<1>b<22>a|b|c",
        ),
        (r#"@(new Regex("(a)(b)?").Match("xa").Groups[2].Success)"#, "False"),
        (r#"@(Regex.Matches("a1b22", @"\d+").Count)"#, "2"),
        (
            r#"@(new Uri("https://host.example:8443/a/b?x=1#f").PathAndQuery + new Uri("https://h/").Port)"#,
            "/a/b?x=1443",
        ),
        (r#"@(IPAddress.Parse("::1"))"#, "::1"),
        (r#"@(IPAddress.Parse("x"))"#, "! An invalid IP address was specified."),
    ]);
}

#[test]
fn patterns_that_are_not_emulated_are_told_when_they_are_loaded() {
    let told = given(r#"@(Regex.IsMatch("a", "(?=a)"))"#);
    assert!(told.contains("look-ahead (`(?=`) is not emulated"), "{told}");
}
