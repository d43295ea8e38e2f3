//! `demo --serve`: what somebody who has just cloned the project can do in a browser.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

#[path = "support/station.rs"]
mod station_program;

use station_program::{Folder, program};

struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn ask(address: &str, method: &str, path: &str, more: &str, body: &str) -> (u16, Value) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let length = body.len();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{more}Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    (status, serde_json::from_str(body.trim()).unwrap_or_default())
}

#[test]
fn a_station_to_be_tried() {
    let folder = Folder::new("demo");
    let data = folder.path("data");
    let mut child = program(&["--lang", "en", "demo", "--serve", "--data", data.to_str().unwrap()])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut demo = Demo(child);
    let mut said = String::new();
    let (mut address, mut password) = (None, None);
    for line in lines.map_while(Result::ok) {
        if let Some((_, found)) = line.split_once("desk         http://") {
            address = Some(found.to_owned());
        }
        said.push_str(&format!("{line}\n"));
        if let Some((_, found)) = line.split_once("password     ") {
            password = Some(found.to_owned());
            break;
        }
    }
    assert_eq!(said.matches("  VERIFIED\n").count(), 2, "{said}");
    let (address, password) = (address.expect(&said), password.expect(&said));
    assert!(address.starts_with("127.0.0.1:"), "{address}");

    assert_eq!(ask(&address, "GET", "/api/v1/openapi.json", "", "").0, 200);
    assert_eq!(ask(&address, "GET", "/api/v1/orders", "", "").0, 401);
    let json = "Content-Type: application/json\r\n";
    let body = json!({ "name": "admin", "password": "not this one" }).to_string();
    assert_eq!(ask(&address, "POST", "/api/v1/login", json, &body).0, 401);
    let body = json!({ "name": "admin", "password": password }).to_string();
    let (status, session) = ask(&address, "POST", "/api/v1/login", json, &body);
    assert_eq!(status, 200);
    let bearer = format!("Authorization: Bearer {}\r\n", session["token"].as_str().unwrap());
    let (status, found) = ask(&address, "GET", "/api/v1/orders?q=SF139", &bearer, "");
    assert_eq!((status, found["clips"].as_array().map(Vec::len)), (200, Some(2)), "{found}");

    kill_process(Pid::from_child(&demo.0), Signal::TERM).unwrap();
    assert!(demo.0.wait().unwrap().success());
}
