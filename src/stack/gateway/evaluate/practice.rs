//! Forms and members that documents in use have, beyond the ranked idioms.

use super::idioms::{check, given};

#[test]
fn using_is_a_block_around_its_variable() {
    check(&[
        (
            "@{ using (var h = System.Security.Cryptography.SHA1.Create()) { var d = h.ComputeHash(new byte[] { 1 }); return d.Length; } }",
            "20",
        ),
        ("@{ string s; using (MD5 h = MD5.Create()) s = \"in\"; return s; }", "in"),
        ("@{ using (SHA256.Create()) { return 1; } }", "1"),
        (
            "@{ byte[] a, b; using (var h = new HMACSHA256(new byte[0])) { a = h.ComputeHash(new byte[0]); } using (var h = new HMACSHA256(a)) { b = h.ComputeHash(a); } return b.Length; }",
            "32",
        ),
    ]);
    let told = given("@{ using var h = SHA256.Create(); return 1; }");
    assert!(told.contains("`using` stands without parentheses"), "{told}");
}

#[test]
fn local_functions_see_the_variables_around_them() {
    check(&[
        ("@{ int Twice(int x) { return x * 2; } return Twice(Twice(3)) + Twice(1); }", "14"),
        ("@{ var n = 0; void Add(int by) { if (by > 5) return; n += by; } Add(3); Add(9); Add(4); return n; }", "7"),
        ("@{ return Outer(2); int Outer(int x) => Inner(x) + 1; int Inner(int x) => x * 10; }", "21"),
        (
            "@{ var all = new JObject(); void Put(string name, object value) { var text = (string)value; all.Add(name, text ?? \"none\"); } Put(\"a\", \"x\"); Put(\"b\", null); return all.ToString(Newtonsoft.Json.Formatting.None); }",
            r#"{"a":"x","b":"none"}"#,
        ),
        (
            "@{ bool Even(int x) { foreach (var i in new[] { 2, 4 }) { if (i == x) return true; } return false; } return new[] { 1, 2, 3, 4 }.Count(x => Even(x)); }",
            "2",
        ),
        (
            "@{ int F(int x) { int r; if (int.TryParse(\"5\", out var n)) { r = n; } else { r = 0; } return r + x; } int.TryParse(\"7\", out var n); return F(1) + n; }",
            "13",
        ),
        ("@{ long Wide(long x) { return x; } return Wide(3); }", "3"),
    ]);
    for (text, what) in [
        ("@{ int F(int x) { return x == 0 ? 0 : F(x - 1); } return F(3); }", "`F` calls itself"),
        ("@{ int F(int x) { if (x > 1) { return 1; } } return F(3); }", "not every path of `F` returns a value"),
        ("@{ int F(int x) { return \"a\"; } return F(3); }", "this is string"),
        ("@{ int F(int x) { return x; } return F(); }", "`F` is called with 0 arguments"),
        ("@{ void F(out int x) { x = 1; } return 1; }", "parameters of local functions are plain here"),
    ] {
        let told = given(text);
        assert!(told.contains(what), "{text}\n{told}");
    }
}

#[test]
fn casts_to_small_integers_keep_their_bits() {
    check(&[
        ("@((byte)300 + (byte)-1)", "299"),
        ("@((short)70000)", "4464"),
        ("@((sbyte)200)", "-56"),
        ("@((ushort)-1)", "65535"),
        ("@((uint)-1)", "4294967295"),
        ("@((byte)'A')", "65"),
        ("@((short)(70000 >> 16))", "1"),
    ]);
}

#[test]
fn aes_goes_there_and_back() {
    let key = "Convert.FromBase64String(\"AAECAwQFBgcICQoLDA0ODw==\")";
    let written = format!(
        "@(Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(\"secret\").Encrypt(\"Aes\", {key}, {key}).Decrypt(\"AesManaged\", {key}, {key})))"
    );
    let wrong = format!("@(new byte[3].Decrypt(\"Aes\", {key}, {key}))");
    check(&[
        (&written, "secret"),
        (&wrong, "! The input data is not a complete block."),
        (
            "@(new byte[3].Encrypt(\"Aes\", new byte[3], new byte[16]))",
            "! Specified key is not a valid size for this algorithm.",
        ),
    ]);
    let told = given("@(new byte[3].Encrypt(\"DES\", new byte[8], new byte[8]))");
    assert!(told.contains("the cipher `DES` is not emulated"), "{told}");
}

#[test]
fn what_is_static_stands_for_what_is_not() {
    check(&[
        ("@(Array.Exists(new[] { \"a\", \"b\" }, x => x == \"b\"))", "True"),
        ("@(Array.IndexOf(\"a,b,c\".Split(','), \"c\") + Array.IndexOf(new[] { 1 }, 5))", "1"),
        ("@(Array.Find(new[] { 1, 5, 9 }, x => x > 3) + Array.FindIndex(new[] { 1, 5 }, x => x == 5))", "6"),
        ("@(Array.Empty<string>().Length)", "0"),
        ("@(Enumerable.Count(Enumerable.Where(new[] { 1, 2, 3 }, x => x > 1)))", "2"),
        (
            "@{ Jwt jwt; ExpressionSyntaxExtensions.TryParseJwt(context.Request.Headers.GetValueOrDefault(\"Authorization\"), out jwt); return jwt.Subject; }",
            "s1",
        ),
    ]);
    let told = given("@{ var a = new[] { 2, 1 }; Array.Sort(a); return a[0]; }");
    assert!(told.contains("`Array.Sort` is not emulated"), "{told}");
}

#[test]
fn fields_have_keys_values_and_a_count() {
    check(&[
        ("@(string.Join(\",\", context.Request.Url.Query.Keys))", "q,empty"),
        ("@(context.Request.Url.Query.Count + context.Request.Url.Query.Values.First().Length)", "4"),
        ("@(context.Request.Headers.Keys.Where(h => h.StartsWith(\"ba\")).First())", "basic"),
        ("@(JArray.FromObject(context.Request.MatchedParameters.Values).Count)", "1"),
        ("@(context.Variables.Keys.Contains(\"flag\"))", "True"),
    ]);
}

#[test]
fn a_default_of_several_values_gives_all_values() {
    check(&[
        ("@(context.Request.Headers.GetValueOrDefault(\"x\", new string[0]).Length)", "2"),
        ("@(context.Request.Headers.GetValueOrDefault(\"none\", new[] { \"d\" })[0])", "d"),
        (
            "@{ var jwt = context.Request.Headers.GetValueOrDefault(\"Authorization\").AsJwt(); return jwt.Claims.GetValueOrDefault(\"roles\", new string[] { \"\" })[0]; }",
            "x",
        ),
    ]);
}

#[test]
fn the_key_of_an_hmac_may_be_set_between_braces() {
    check(&[(
        "@(new HMACSHA256 { Key = new byte[] { 1 } }.ComputeHash(new byte[0])[0] == new HMACSHA256(new byte[] { 1 }).ComputeHash(new byte[0])[0])",
        "True",
    )]);
}

#[test]
fn integers_are_read_out_of_bytes() {
    check(&[
        ("@(BitConverter.ToInt32(new byte[] { 1, 2, 0, 128 }, 0))", "-2147483135"),
        ("@(BitConverter.ToUInt32(new byte[] { 9, 255, 255, 255, 255 }, 1))", "4294967295"),
        (
            "@(BitConverter.ToInt16(BitConverter.GetBytes(-2), 0) + BitConverter.ToInt64(BitConverter.GetBytes(5L), 0))",
            "3",
        ),
        (
            "@(BitConverter.ToInt32(new byte[3], 0))",
            "! Destination array is not long enough to copy all the items in the collection. Check array index and length. (Parameter 'value')",
        ),
        (
            "@{ int Swap(int host) { return (((int)Low((short)host) & 0xFFFF) << 16) | ((int)Low((short)(host >> 16)) & 0xFFFF); } short Low(short host) { return (short)((((int)host & 0xFF) << 8) | (int)((host >> 8) & 0xFF)); } return Swap(-1 << (32 - 8)) == 255; }",
            "True",
        ),
    ]);
    let told = given("@(System.Xml.Linq.XDocument.Parse(\"<a/>\"))");
    assert!(told.contains("LINQ to XML is not emulated"), "{told}");
}

#[test]
fn hash_codes_of_plain_values_are_dot_nets() {
    check(&[
        ("@(new Guid(\"00000001-0002-0003-0405-060708090a0b\").GetHashCode())", "100794377"),
        ("@(5.GetHashCode())", "5"),
        ("@(long.Parse(\"4294967297\").GetHashCode())", "0"),
        (
            "@(new Random(context.RequestId.GetHashCode()).Next(1, 3) >= 1 && context.RequestId.GetHashCode() == context.RequestId.GetHashCode())",
            "True",
        ),
    ]);
}
