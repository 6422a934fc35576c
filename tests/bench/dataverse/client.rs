//! A client that takes little: requests are written to all connections, then
//! answers are read from all of them.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::ops::Range;

use crate::server::Served;

pub(crate) struct Connections {
    streams: Vec<TcpStream>,
    head: String,
    buffer: Vec<u8>,
}

impl Connections {
    pub(crate) fn open(server: &Served, count: usize) -> Self {
        let connect = || {
            let stream = TcpStream::connect(server.address).expect("the server listens");
            stream.set_nodelay(true).expect("a socket");
            stream
        };
        let head = format!(
            "host: {}\r\nauthorization: Bearer {}\r\naccept: application/json\r\ncontent-type: application/json\r\n\
             odata-version: 4.0\r\nodata-maxversion: 4.0\r\nx-correlation-id: 0f0f0f0f-1111-4111-8111-111111111111\r\n",
            server.address, server.token
        );
        Self { streams: (0..count).map(|_| connect()).collect(), head, buffer: vec![0; 1 << 20] }
    }

    /// Sends the requests of these numbers, and waits for every answer.
    pub(crate) fn play(&mut self, numbers: Range<usize>, request: &impl Fn(usize) -> (String, String)) {
        let numbers: Vec<usize> = numbers.collect();
        for chunk in numbers.chunks(self.streams.len()) {
            for (number, stream) in chunk.iter().zip(&mut self.streams) {
                let (line, body) = request(*number);
                let text = format!("{line} HTTP/1.1\r\n{}content-length: {}\r\n\r\n{body}", self.head, body.len());
                stream.write_all(text.as_bytes()).expect("the server reads");
            }
            for stream in &mut self.streams[..chunk.len()] {
                read_answer(stream, &mut self.buffer);
            }
        }
    }
}

/// Reads one answer whole; anything but 2xx is the end.
fn read_answer(stream: &mut TcpStream, buffer: &mut Vec<u8>) {
    let mut have = 0;
    let head = loop {
        have += stream.read(&mut buffer[have..]).expect("an answer");
        assert!(have > 0, "the server closed the connection");
        if let Some(end) = buffer[..have].windows(4).position(|w| w == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let text = String::from_utf8_lossy(&buffer[..head]).to_ascii_lowercase();
    let length: usize = text
        .split("content-length: ")
        .nth(1)
        .and_then(|rest| rest.split("\r\n").next())
        .and_then(|n| n.parse().ok())
        .unwrap_or(0);
    if buffer.len() < head + length {
        buffer.resize(head + length, 0);
    }
    while have < head + length {
        let read = stream.read(&mut buffer[have..]).expect("the body");
        assert!(read > 0, "the server closed the connection");
        have += read;
    }
    assert!(text.starts_with("http/1.1 2"), "{text}{}", String::from_utf8_lossy(&buffer[head..have.min(head + 500)]));
}
