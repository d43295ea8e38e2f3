//! An administrator's account, and requests in its name.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use evidence::value::{Token as Name, Value as _};
use serde_json::{Value, json};
use station::{
    accounts::{Account, Role},
    data::Data,
};

use crate::{daemon::Daemon, station_program::Station};

pub const NAME: &str = "tester";
const PASSWORD: &str = "a password for tests";

/// Makes the account.
pub fn make(station: &Station) {
    let account = Account { name: Name::parse(NAME).unwrap(), role: Role::Admin };
    Data::open(&station.data).unwrap().accounts().unwrap().add(&account, PASSWORD, 0, || Ok(())).unwrap();
}

/// A session of it: its token.
#[track_caller]
pub fn log_in(daemon: &Daemon) -> String {
    let (status, answer) =
        request(daemon, "POST", "/api/v1/login", None, Some(json!({ "name": NAME, "password": PASSWORD })));
    assert_eq!(status, 200, "{answer}");
    answer["token"].as_str().unwrap().to_owned()
}

/// Status and JSON (`null`: none) of an answer.
pub fn request(daemon: &Daemon, method: &str, path: &str, token: Option<&str>, body: Option<Value>) -> (u16, Value) {
    let token = token.map_or(String::new(), |token| format!("Authorization: Bearer {token}\r\n"));
    let body = body.map_or(String::new(), |body| body.to_string());
    let (status, text) = daemon.ask(&format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{token}Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    (status, serde_json::from_str(&text).unwrap_or_default())
}
