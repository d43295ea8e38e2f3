//! A program that is told something, or asked, over HTTP: a listener of the test's own.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use std::{
    collections::HashMap,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A request that came.
#[derive(Debug, Clone)]
pub struct Request {
    pub at: Instant,
    /// Method and path.
    pub line: String,
    /// By their names in small letters.
    pub headers: HashMap<String, String>,
    pub body: String,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// What it answers.
pub enum Answer {
    /// A status and a body.
    Body(u16, String),
    /// To go elsewhere.
    Redirect(String),
    /// Nothing, for so long.
    Silence(Duration),
}

pub fn status(status: u16) -> Answer {
    Answer::Body(status, String::new())
}

/// The listener. It listens until the test ends; each connection has a thread.
pub struct Receiver {
    pub address: SocketAddr,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Receiver {
    /// Answers each request, given how many came before it.
    pub fn new(answer: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::at(([127, 0, 0, 1], 0).into(), None, answer)
    }

    /// The same with TLS.
    pub fn tls(config: ServerConfig, answer: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::at(([127, 0, 0, 1], 0).into(), Some(Arc::new(config)), answer)
    }

    /// At this address.
    pub fn at(
        address: SocketAddr,
        tls: Option<Arc<ServerConfig>>,
        answer: impl Fn(usize, &Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let (requests, answer) = (Arc::new(Mutex::new(Vec::new())), Arc::new(answer));
        let came = requests.clone();
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (came, answer, tls) = (came.clone(), answer.clone(), tls.clone());
                thread::spawn(move || match tls {
                    None => converse(stream, &came, &*answer),
                    Some(tls) => {
                        converse(StreamOwned::new(ServerConnection::new(tls).unwrap(), stream), &came, &*answer);
                    }
                });
            }
        });
        Self { address, requests }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Waits until so many came, and answers all.
    #[track_caller]
    pub fn until(&self, count: usize, within: Duration) -> Vec<Request> {
        let began = Instant::now();
        loop {
            let requests = self.requests();
            if requests.len() >= count {
                return requests;
            }
            assert!(began.elapsed() < within, "{} of {count} came: {requests:#?}", requests.len());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

/// A port on which nobody listens now.
pub fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// One request of a connection; then it is closed.
fn converse(
    mut stream: impl Read + Write,
    came: &Mutex<Vec<Request>>,
    answer: &(impl Fn(usize, &Request) -> Answer + ?Sized),
) {
    let Some(request) = read(&mut stream) else { return };
    let before = {
        let mut all = came.lock().unwrap();
        all.push(request.clone());
        all.len() - 1
    };
    let head = match answer(before, &request) {
        Answer::Silence(time) => return thread::sleep(time),
        Answer::Redirect(to) => {
            format!("HTTP/1.1 307 \r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        }
        Answer::Body(status, body) => format!(
            "HTTP/1.1 {status} \r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ),
    };
    // Whoever asked may be gone.
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.flush());
}

fn read(stream: &mut impl Read) -> Option<Request> {
    let mut bytes = Vec::new();
    let end = loop {
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        bytes.extend(&piece[..count]);
        if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
            break end;
        }
    };
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let mut lines = head.lines();
    let line = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
    let headers: HashMap<String, String> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = bytes.split_off(end + 4);
    while body.len() < length {
        let mut piece = vec![0; length - body.len()];
        let count = stream.read(&mut piece).ok().filter(|count| *count > 0)?;
        body.extend(&piece[..count]);
    }
    Some(Request { at: Instant::now(), line, headers, body: String::from_utf8(body).unwrap() })
}

/// TCP to an address, to see that nobody is there.
pub fn is_free(address: SocketAddr) -> bool {
    TcpStream::connect(address).is_err()
}
