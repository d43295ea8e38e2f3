//! Asks a station as a bench screen does, over sockets: events and live pictures.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;

/// An answer: status, head in lower case, body.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

fn ask(address: SocketAddr, path: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    BufReader::new(stream)
}

/// Status and head, in lower case.
fn head(from: &mut impl BufRead) -> (u16, String) {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") && from.read_line(&mut head).unwrap() > 0 {}
    (head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0), head.to_lowercase())
}

/// One answer.
pub fn get(address: SocketAddr, path: &str) -> Answer {
    let mut stream = ask(address, path);
    let (status, head) = head(&mut stream);
    let mut body = Vec::new();
    stream.read_to_end(&mut body).unwrap();
    Answer { status, head, body }
}

/// The live picture after the one of this number.
pub fn picture(address: SocketAddr, bench: &str, after: u64) -> Answer {
    get(address, &format!("/api/v1/benches/{bench}/picture?after={after}"))
}

/// The events of a bench, as they come.
pub struct Events(BufReader<TcpStream>);

impl Events {
    pub fn of(address: SocketAddr, bench: &str) -> Self {
        let mut stream = ask(address, &format!("/api/v1/events?bench={bench}"));
        let (status, head) = head(&mut stream);
        assert!(status == 200 && head.contains("content-type: text/event-stream"), "{head}");
        Self(stream)
    }

    /// The next one, as it was sent.
    pub fn line(&mut self) -> String {
        let mut line = String::new();
        while !line.starts_with("data: ") {
            line.clear();
            // Chunks have lines of their own.
            assert!(self.0.read_line(&mut line).unwrap() > 0, "it hung up");
        }
        line.split_off("data: ".len())
    }

    /// The next one.
    pub fn event(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }
}
