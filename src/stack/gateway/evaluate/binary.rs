//! Bytes, addresses and arrays as documents in use take them apart.

use super::idioms::{check, given};

#[test]
fn numbers_are_read_from_bytes_lowest_first() {
    check(&[
        ("@(BitConverter.ToInt32(new byte[] { 1, 2, 0, 0 }, 0))", "513"),
        ("@(BitConverter.ToInt16(new byte[] { 9, 255, 255 }, 1))", "-1"),
        ("@(BitConverter.ToUInt16(new byte[] { 255, 255 }, 0))", "65535"),
        ("@(BitConverter.ToInt32(new byte[] { 255, 255, 255, 255 }, 0))", "-1"),
        ("@(BitConverter.ToUInt32(new byte[] { 255, 255, 255, 255 }, 0))", "4294967295"),
        ("@(BitConverter.ToInt64(BitConverter.GetBytes(-5L), 0))", "-5"),
        ("@(BitConverter.ToString(BitConverter.GetBytes(258)))", "02-01-00-00"),
        (
            "@(BitConverter.ToInt32(new byte[] { 1, 2 }, 0))",
            "! Destination array is not long enough to copy all the items in the collection. Check array index and length. (Parameter 'value')",
        ),
    ]);
}

#[test]
fn parts_of_arrays_are_copied_into_a_variable() {
    check(&[
        (
            "@{ var to = new byte[4]; Array.Copy(new byte[] { 7, 8, 9 }, 1, to, 2, 2); return BitConverter.ToString(to); }",
            "00-00-08-09",
        ),
        ("@{ var to = new string[2]; Array.Copy(\"a,b,c\".Split(','), to, 2); return string.Concat(to); }", "ab"),
        (
            "@{ var to = new int[2]; Array.Copy(new[] { 1, 2, 3 }, to, 3); return to[0]; }",
            "! Destination array was not long enough. Check the destination index, length, and the array's lower bounds.",
        ),
        (
            "@{ var id = new byte[16]; Array.Copy(Guid.Empty.ToByteArray(), 0, id, 0, 10); long time = 258; unchecked { id[15] = (byte)(time >> 8); id[14] = (byte)(time); } return new Guid(id).ToString(); }",
            "00000000-0000-0000-0000-000000000201",
        ),
        ("@(unchecked((byte)300))", "44"),
        (
            "@{ Object[] all = new[] { 1, 2 }.Select(n => new JObject(new JProperty(\"n\", n))).ToArray(); return JArray.FromObject(all).ToString(Newtonsoft.Json.Formatting.None); }",
            "[{\"n\":1},{\"n\":2}]",
        ),
    ]);
    let told = given("@{ Array.Copy(new[] { 1 }, new[] { 2 }, 1); return 1; }");
    assert!(told.contains("`Array.Copy` writes to a variable only"), "{told}");
}

#[test]
fn addresses_have_bytes_and_a_family() {
    check(&[
        ("@(System.Net.IPAddress.Parse(\"10.0.2.255\").GetAddressBytes()[3])", "255"),
        ("@(IPAddress.Parse(\"::1\").GetAddressBytes().Length)", "16"),
        ("@(IPAddress.Parse(\"1.2.3.4\").AddressFamily == IPAddress.Parse(\"::1\").AddressFamily)", "False"),
        ("@(IPAddress.Parse(\"1.2.3.4\").AddressFamily != IPAddress.Parse(\"5.6.7.8\").AddressFamily)", "False"),
    ]);
}

#[test]
fn keys_texts_and_claims_have_more_forms() {
    check(&[
        (
            "@{ var h = new System.Security.Cryptography.HMACSHA256 { Key = new byte[] { 1 } }; return Convert.ToBase64String(h.ComputeHash(new byte[0])) == Convert.ToBase64String(new HMACSHA256(new byte[] { 1 }).ComputeHash(new byte[0])); }",
            "True",
        ),
        ("@{ var c = new char[3]; c[0] = 'x'; c[1] = 'y'; c[2] = 'z'; return new string(c, 1, 2); }", "yz"),
        (
            "@(new string(\"abc\".ToCharArray(), 2, 2))",
            "! Index and length must refer to a location within the string.\r\nParameter name: length",
        ),
        ("@(((Jwt)context.Variables[\"jwt\"]).Claims.GetValueOrDefault(\"none\", new string[]{\"d\"})[0])", "d"),
        ("@(((Jwt)context.Variables[\"jwt\"]).Claims.GetValueOrDefault(\"email\", new string[]{\"\"})[0])", "me@host"),
        ("@(new JObject(new JProperty(\"a\", 1))?\n   .Properties().First().Name)", "a"),
        ("@(true? .5 : 1)", "0.5"),
    ]);
    let told = given("@(new SHA256Managed { Key = new byte[0] }.ComputeHash(new byte[0]))");
    assert!(told.contains("`new` is called with 1 argument"), "{told}");
}
