//! The curl line pasted into a real shell, and the bytes that arrive.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::wire::Secret;

/// A request as it arrived.
struct Arrived {
    line: String,
    fields: Vec<(String, String)>,
    body: Vec<u8>,
}

fn read_line(stream: &mut TcpStream) -> Vec<u8> {
    let mut line = Vec::new();
    let mut byte = [0];
    while stream.read(&mut byte).expect("readable") == 1 {
        if byte == *b"\n" {
            break;
        }
        line.push(byte[0]);
    }
    if line.last() == Some(&b'\r') {
        line.pop();
    }
    line
}

fn read_exactly(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).expect("as many bytes as were announced");
    bytes
}

fn read_request(stream: &mut TcpStream) -> Arrived {
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let line = text(read_line(stream));
    let mut fields = Vec::new();
    loop {
        let field = text(read_line(stream));
        let Some((name, value)) = field.split_once(':') else { break };
        fields.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    let field = |name: &str| fields.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone());
    let mut body = Vec::new();
    if let Some(length) = field("content-length") {
        body = read_exactly(stream, length.parse().expect("a number"));
    } else if field("transfer-encoding").is_some() {
        loop {
            let size = usize::from_str_radix(&text(read_line(stream)), 16).expect("a chunk's size");
            body.extend(read_exactly(stream, size));
            read_line(stream);
            if size == 0 {
                break;
            }
        }
    }
    Arrived { line, fields, body }
}

/// Pastes the line into `sh` and gives what arrived.
fn sent_by_curl(request: &Request, redactor: &Redactor) -> Arrived {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let origin = format!("http://{}", listener.local_addr().expect("bound"));
    let line = curl_line(&origin, request, redactor);
    assert!(!line.contains(|c: char| c.is_control()), "a control character in {line:?}");
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a connection");
        let arrived = read_request(&mut stream);
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").expect("writable");
        arrived
    });
    let output = Command::new("sh")
        .args(["-c", &line])
        .env("TOKEN", "filled-in")
        .env("NO_PROXY", "*")
        .stdin(Stdio::null())
        .output()
        .expect("sh was there before");
    assert!(
        output.status.success(),
        "{line}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    server.join().expect("a whole request")
}

fn assert_same(request: &Request) {
    let arrived = sent_by_curl(request, &Redactor::new());
    assert_eq!(arrived.line, format!("{} {} HTTP/1.1", request.method, request.target));
    for (name, value) in request.headers.iter() {
        let values: Vec<_> = arrived.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).collect();
        assert!(values.iter().any(|(_, v)| v == value.trim()), "{name}: {value} not in {values:?}");
    }
    assert_eq!(
        arrived.fields.iter().any(|(name, _)| name == "content-type"),
        request.headers.contains("content-type"),
        "curl adds a media type"
    );
    let chunked = matches!(request.body, Body::Chunked(_) | Body::Filler { length: false, .. });
    assert_eq!(arrived.fields.iter().any(|(name, _)| name == "transfer-encoding"), chunked);
    assert!(arrived.body == whole(&request.body), "the body differs: {:?}", String::from_utf8_lossy(&arrived.body));
}

fn whole(body: &Body) -> Vec<u8> {
    match body {
        Body::Empty => Vec::new(),
        Body::Bytes(bytes) | Body::Chunked(bytes) => bytes.to_vec(),
        Body::Handwritten(by_hand) => by_hand.content.to_vec(),
        Body::Filler { head, fill, tail, .. } => [head, vec![b'x'; *fill as usize].as_slice(), tail].concat(),
    }
}

/// Whether there is a shell and curl; says so where not.
fn tools_are_there() -> bool {
    let there = Command::new("sh").args(["-c", "curl --version"]).output().is_ok_and(|output| output.status.success());
    if !there {
        crate::skipped("no `sh` with `curl` here");
    }
    there
}

fn request(target: &str, headers: Headers, body: Body) -> Request {
    Request { method: http::Method::POST, target: target.into(), headers, body }
}

fn hostile_bytes() -> impl Strategy<Value = Bytes> {
    let pieces = prop_oneof![
        Just(b"'".to_vec()),
        Just(b"'\\''".to_vec()),
        Just(b"\"$(id)`id`$HOME!!\\".to_vec()),
        Just(b"%s%d%%%".to_vec()),
        Just(b"\\045\\n\\c".to_vec()),
        Just(b"\0".to_vec()),
        Just(b"\xff\xfe\x80".to_vec()),
        Just(b"-e @-x".to_vec()),
        Just(b"@/etc/hostname".to_vec()),
        Just(b"\r\n\n".to_vec()),
        Just("Ω\u{202e}\u{3164}😀é".as_bytes().to_vec()),
        Just(vec![b'x'; 300]),
        Just(vec![0; 300]),
        Just(b"01237".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..12),
    ];
    proptest::collection::vec(pieces, 0..8).prop_map(|pieces| pieces.concat().into())
}

fn hostile_body() -> impl Strategy<Value = Body> {
    prop_oneof![
        Just(Body::Empty),
        hostile_bytes().prop_map(Body::Bytes),
        hostile_bytes().prop_map(Body::Chunked),
        (hostile_bytes(), 0..2000_u64, hostile_bytes(), any::<bool>())
            .prop_map(|(head, fill, tail, length)| Body::Filler { head, fill, tail, length }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_pasted_into_a_shell_arrives_unchanged(
        target in "/[!-~éΩ]{0,24}",
        value in "[ -~\u{e9}\u{3a9}\u{1f600}\u{202e}]{0,24}",
        typed in any::<bool>(),
        body in hostile_body(),
    ) {
        if tools_are_there() {
            let mut headers: Headers = [("X-Value", value.as_str()), ("X-Empty", ""), ("x-value", "two")].into_iter().collect();
            if typed {
                headers.append("Content-Type", "application/json");
            }
            assert_same(&request(&target, headers, body));
        }
    }
}

#[test]
fn known_traps_are_avoided() {
    if !tools_are_there() {
        return;
    }
    for target in ["/a/../b?x=[1-3]&y={a,b}", "//x", "/a b", "/#frag", "/%00%zz", "/?'\"`$HOME"] {
        assert_same(&request(target, Headers::new(), Body::Empty));
    }
    for body in ["@/etc/hostname", "", "-", "%", "\\", "a\0b", "100% \\045"] {
        assert_same(&request("/", Headers::new(), Body::Bytes(body.into())));
        assert_same(&request("/", Headers::new(), Body::Chunked(body.into())));
    }
    let long = Body::Bytes(serde_json::to_vec(&(0..6000).collect::<Vec<_>>()).expect("JSON").into());
    assert_same(&request("/", Headers::new(), long));
    let large = Body::Filler { head: "{\"a\":\"".into(), fill: 3_000_000, tail: "\"}".into(), length: true };
    assert_same(&request("/", Headers::new(), large));
    let mut head = request("/", Headers::new(), Body::Empty);
    head.method = http::Method::HEAD;
    assert_same(&head);
    head.method = http::Method::from_bytes(b"A'$B").expect("a token");
    assert_same(&head);
}

#[test]
fn the_shell_fills_in_the_token() {
    let headers = [("Authorization", "Bearer abc123def"), ("Ocp-Apim-Subscription-Key", "k")].into_iter().collect();
    let redactor = Redactor::new();
    redactor.register(&Secret::new("planted-Ω"));
    let mut sent = request("/?sig=s", headers, Body::Bytes("\u{1}planted-Ω\u{ff}".into()));
    let line = curl_line("http://h", &sent, &redactor);
    assert!(
        line.contains(
            r#"-H "Authorization: Bearer $TOKEN" -H "Ocp-Apim-Subscription-Key: $OCP_APIM_SUBSCRIPTION_KEY""#
        )
    );
    assert!(!line.contains("planted") && !line.contains("sig=s"), "{line}");
    if tools_are_there() {
        sent.body = Body::Empty;
        let arrived = sent_by_curl(&sent, &redactor);
        assert!(arrived.fields.contains(&("authorization".into(), "Bearer filled-in".into())));
    }
}

#[test]
fn a_body_too_long_for_a_line_is_named() {
    let noise: Vec<u8> = (0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    let line = curl_line("http://h", &request("/", Headers::new(), Body::Bytes(noise.into())), &Redactor::new());
    assert!(line.len() < 1000 && line.contains("body.bin: 200000 bytes"), "{line}");
}

#[test]
fn a_body_too_long_for_the_line_lies_in_a_file() {
    let long: Vec<u8> = (0..=LOOKED_AT).map(|n| b'a' + (n % 23) as u8).collect();
    let request = |body: &[u8]| Request {
        method: http::Method::POST,
        target: "/b".into(),
        body: Body::Bytes(body.to_vec().into()),
        headers: crate::wire::Headers::new(),
    };
    let (line, body) = curl_line_with("http://h:1", &request(&long), &Redactor::new(), "reports/it's/body.bin");
    assert!(line.ends_with(r" --data-binary '@reports/it'\''s/body.bin'"), "{line}");
    assert_eq!(body, Some(long));
    let short = request(b"short");
    let plain = curl_line("http://h:1", &short, &Redactor::new());
    assert_eq!(curl_line_with("http://h:1", &short, &Redactor::new(), "f"), (plain, None));
}
