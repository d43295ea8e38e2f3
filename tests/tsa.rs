//! The station asks authorities for time tokens: `openssl ts` behind HTTP on this machine, and everything such an
//! authority can do wrong.

#[path = "support/authority.rs"]
mod authority;
#[path = "support/authority_http.rs"]
mod http;

use std::{
    io::Write,
    thread,
    time::{Duration, Instant},
};

use authority::*;
use evidence::{
    token::{MAX_TOKEN, Root, request, verify},
    value::Hash,
};
use http::{reply, serve, write};
use station::{
    say::{Lang, Trouble},
    tsa::{fetch, fetch_first},
};

fn roots(authority: &Authority) -> Vec<Root> {
    vec![Root::parse(&authority.read("root.der")).unwrap()]
}

/// The trouble, in one line; it must say this.
fn says(what: &str, result: Result<Vec<u8>, Trouble>, expected: &str) {
    let trouble = result.expect_err(what);
    let line = trouble.line(Lang::En);
    println!("{what}: {line}");
    assert!(line.contains(expected), "{what}: {line} does not say '{expected}'");
    assert!(!trouble.line(Lang::Zh).is_empty());
}

#[test]
fn a_token_is_fetched() {
    for signer in ["rsa", "p256"] {
        let authority = Authority::new(&format!("tsa-{signer}"));
        let (roots, data) = (roots(&authority), Hash::of(signer.as_bytes()));
        let url = serve(move |stream, body| {
            let answer = authority.reply(signer, &[], body);
            write(stream, "200 OK", "Application/Timestamp-Reply; charset=binary", answer.len(), &answer);
        });
        let token = fetch(&url, &data, &roots).unwrap();
        println!("{:?}", verify(&token, Some(&data), &roots).unwrap());
        let again = fetch(&url, &data, &roots).unwrap();
        assert_ne!(token, again, "a new nonce, a new token");
    }
}

#[test]
fn wrong_answers_are_refused() {
    let (authority, data) = (Authority::new("tsa-wrong"), Hash::of(b"a checkpoint"));
    let own = roots(&authority);
    let fixed = |answer: Vec<u8>| serve(move |stream, _| reply(stream, &answer));

    let other_nonce = authority.reply("rsa", &[], &request(1, &data).unwrap());
    says("wrong nonce", fetch(&fixed(other_nonce.clone()), &data, &own), "answers another request");
    let url = fixed(authority.reply("rsa", &[], &request(1, &Hash::of(b"other")).unwrap()));
    says("wrong imprint", fetch(&url, &data, &own), "it is of other data");
    says("unknown root", fetch(&fixed(other_nonce.clone()), &data, &[]), "no trusted authority");
    let url = fixed(b"\x30\x05\x30\x03\x02\x01\x02".to_vec());
    says("rejection", fetch(&url, &data, &own), "status 2");
    says("no token", fetch(&fixed(b"\x30\x05\x30\x03\x02\x01\x00".to_vec()), &data, &own), "sent none");
    says("nothing", fetch(&fixed(vec![]), &data, &own), "not an answer");
    let cut = other_nonce[..500].to_vec();
    says("an answer cut short", fetch(&fixed(cut.clone()), &data, &own), "not an answer");
    let url = serve(move |stream, _| write(stream, "200 OK", "application/timestamp-reply", 5000, &cut));
    says("a connection cut short", fetch(&url, &data, &own), "no time token");

    let page = b"<html>log in to this network</html>";
    let url = serve(|stream, _| write(stream, "200 OK", "text/html", page.len(), page));
    says("a page", fetch(&url, &data, &own), "it answered with text/html");
    let url = serve(|stream, _| write(stream, "503 Busy", "application/timestamp-reply", 0, &[]));
    says("status 503", fetch(&url, &data, &own), "503");
    let url = serve(|stream, _| {
        write(stream, "302 Found\r\nLocation: http://127.0.0.1:9/", "application/timestamp-reply", 0, &[]);
    });
    says("elsewhere", fetch(&url, &data, &own), "status 302");
    let url = serve(|stream, _| reply(stream, &vec![0x30; MAX_TOKEN + 1]));
    says("too large", fetch(&url, &data, &own), "limit");
    let url = serve(|stream, _| {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\n\r\n";
        let _ = stream.write_all(head);
        while stream.write_all(&[0x30; 4096]).is_ok() {}
    });
    says("without end", fetch(&url, &data, &own), "limit");
    says("nobody there", fetch("http://127.0.0.1:9/", &data, &own), "asked again later");
    says("TLS", fetch("https://127.0.0.1:9/", &data, &own), "no time token");
    says("no address", fetch("tsa", &data, &own), "no time token");
}

#[test]
fn a_silent_authority_is_left() {
    let data = Hash::of(b"a checkpoint");
    let silent = serve(|_, _| thread::sleep(Duration::from_secs(60)));
    let slow = serve(|stream, _| {
        let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/timestamp-reply\r\nContent-Length: 4000\r\n\r\n";
        let _ = stream.write_all(head);
        while stream.write_all(&[0x30]).is_ok() {
            thread::sleep(Duration::from_secs(1));
        }
    });
    thread::scope(|scope| {
        for (what, url) in [("silent", silent), ("a byte a second", slow)] {
            let data = &data;
            scope.spawn(move || {
                let begin = Instant::now();
                says(what, fetch(&url, data, &[]), "timeout");
                let took = begin.elapsed().as_secs();
                assert!((9..20).contains(&took), "{what}: left after {took} s");
            });
        }
    });
}

#[test]
fn the_next_authority_is_asked() {
    let (authority, data) = (Authority::new("tsa-next"), Hash::of(b"a checkpoint"));
    let roots = roots(&authority);
    let refuses = serve(|stream, _| reply(stream, b"\x30\x05\x30\x03\x02\x01\x02"));
    let grants = serve(move |stream, body| {
        let answer = authority.reply("p256", &[], body);
        reply(stream, &answer);
    });
    let nobody = "http://127.0.0.1:9/".to_owned();
    let token = fetch_first(&[nobody.clone(), refuses.clone(), grants], &data, &roots).unwrap();
    assert!(verify(&token, Some(&data), &roots).is_ok());
    let troubles = fetch_first(&[nobody, refuses], &data, &roots).unwrap_err();
    assert_eq!(troubles.len(), 2);
    assert!(troubles[1].line(Lang::En).contains("status 2"));
    assert!(fetch_first(&[], &data, &roots).unwrap_err().is_empty());
}
