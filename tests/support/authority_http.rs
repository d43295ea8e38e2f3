//! A time authority's HTTP.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    thread,
};

/// Answers every request on a port of this machine; the address. Ends with the test.
pub fn serve(answer: impl Fn(&mut TcpStream, &[u8]) + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/tsa", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let body = read_request(&mut stream);
            answer(&mut stream, &body);
            let _ = stream.shutdown(Shutdown::Both);
        }
    });
    address
}

/// The body of an HTTP request, which must be one for a time token.
fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = vec![];
    loop {
        let mut piece = [0; 4096];
        let n = stream.read(&mut piece).unwrap();
        assert!(n > 0, "the request ends early");
        bytes.extend(&piece[..n]);
        let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        assert!(head.starts_with("post /tsa http/1.1\r\n"), "{head}");
        assert!(head.contains("\r\ncontent-type: application/timestamp-query"), "{head}");
        let length = head.split("content-length: ").nth(1).expect("a length").lines().next().unwrap();
        if bytes.len() == end + 4 + length.parse::<usize>().unwrap() {
            return bytes.split_off(end + 4);
        }
    }
}

/// An HTTP answer.
pub fn write(stream: &mut TcpStream, status: &str, kind: &str, length: usize, body: &[u8]) {
    let head = format!("HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n");
    // The station may have gone away already.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

/// The answer of an authority.
pub fn reply(stream: &mut TcpStream, body: &[u8]) {
    write(stream, "200 OK", "application/timestamp-reply", body.len(), body);
}
