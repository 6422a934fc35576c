//! What .NET's library gives: strings, numbers, dates, JSON, encodings, patterns.

use super::idioms::{check, given};

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
