//! The address of a network camera, taken apart so that its credentials stay out of every message.

use std::fmt::Write;
use std::net::{SocketAddr, ToSocketAddrs};

use super::identity;
use crate::capture::protocol::Trouble;

/// RTSP's own port.
const PORT: u16 = 554;

/// Where a network camera is, and how to log in there.
pub(crate) struct Address {
    scheme: &'static str,
    /// Host, without port.
    host: String,
    /// Looked up before confinement; FFmpeg is given the number, and needs no name service.
    socket: SocketAddr,
    path: String,
    query: String,
    /// `user:password`, escaped.
    login: Option<String>,
}

impl Address {
    /// Takes the address apart and looks its host up.
    pub(crate) fn look_up(url: &str, login: Option<&(String, String)>) -> Result<Self, Trouble> {
        let (mut address, port) = parse(url, login).ok_or_else(|| Trouble::NotFound {
            // What cannot be read may hold credentials anywhere.
            name: "rtsp".into(),
            detail: "the address is not of the form rtsp://host:port/path".into(),
        })?;
        let found = (address.host.as_str(), port).to_socket_addrs().map(|mut sockets| sockets.next());
        address.socket.set_port(port);
        let not_found = |detail: String| Trouble::NotFound { name: address.identity(), detail };
        let socket = found.map_err(|e| not_found(e.to_string()))?;
        address.socket = socket.ok_or_else(|| not_found("this host has no address".into()))?;
        Ok(address)
    }

    /// Who the camera is: neither credentials nor query.
    pub(crate) fn identity(&self) -> String {
        identity(&format!("rtsp:{}:{}{}", self.host, self.socket.port(), self.path))
    }

    /// Its TCP port.
    pub(crate) fn port(&self) -> u16 {
        self.socket.port()
    }

    /// The whole address, for FFmpeg alone.
    pub(crate) fn with_login(&self) -> String {
        let login = self.login.as_ref().map(|login| format!("{login}@")).unwrap_or_default();
        format!("{}://{login}{}{}{}", self.scheme, self.socket, self.path, self.query)
    }
}

/// The parts of an address, not looked up yet, and its port.
fn parse(url: &str, login: Option<&(String, String)>) -> Option<(Address, u16)> {
    if url.bytes().any(|b| !b.is_ascii_graphic()) {
        return None;
    }
    let (scheme, rest) = match url.split_once("://")? {
        (scheme, rest) if scheme.eq_ignore_ascii_case("rtsp") => ("rtsp", rest),
        (scheme, rest) if scheme.eq_ignore_ascii_case("rtsps") => ("rtsps", rest),
        _ => return None,
    };
    let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let (path, query) = tail.split_at(tail.find('?').unwrap_or(tail.len()));
    // Credentials do not belong here; where they are given all the same, they are used, and not shown.
    let (in_url, place) = authority.rsplit_once('@').map_or((None, authority), |(l, place)| (Some(l), place));
    let (host, port) = match place.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?,
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let port = match port {
        "" => PORT,
        port => port.strip_prefix(':')?.parse().ok()?,
    };
    let login = login.map(|(user, password)| format!("{}:{}", escape(user), escape(password)));
    (!host.is_empty()).then(|| {
        let address = Address {
            scheme,
            host: host.into(),
            socket: SocketAddr::from(([0, 0, 0, 0], port)),
            path: path.into(),
            query: query.into(),
            login: login.or(in_url.map(Into::into)),
        };
        (address, port)
    })
}

/// Escapes everything in a user name or password that could be taken for a part of the address.
fn escape(text: &str) -> String {
    text.bytes().fold(String::new(), |mut escaped, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            // Writing to a String does not fail.
            let _ = write!(escaped, "%{byte:02X}");
        }
        escaped
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_reach_ffmpeg_and_nothing_else() {
        let login = ("admin".to_owned(), "p@ss/w:ö".to_owned());
        let address = Address::look_up("rtsp://127.0.0.1:8554/cam/1?channel=2&token=s3cret", Some(&login)).unwrap();
        assert_eq!(address.identity(), "rtsp:127.0.0.1:8554/cam/1");
        let whole = "rtsp://admin:p%40ss%2Fw%3A%C3%B6@127.0.0.1:8554/cam/1?channel=2&token=s3cret";
        assert_eq!(address.with_login(), whole);
        let address = Address::look_up("rtsp://user:word@127.0.0.1", None).unwrap();
        assert_eq!(address.identity(), "rtsp:127.0.0.1:554");
        assert_eq!(address.with_login(), "rtsp://user:word@127.0.0.1:554");
        let address = Address::look_up("rtsp://[::1]:99/x", None).unwrap();
        assert_eq!((address.identity().as_str(), address.port()), ("rtsp:::1:99/x", 99));
    }

    #[test]
    fn a_bad_address_is_not_repeated() {
        for bad in
            ["http://admin:word@host/", "rtsp://admin:word@/x", "rtsp://u:word@h:port/", "rtsp://u:word @h/", "word"]
        {
            let trouble = Address::look_up(bad, None).err().unwrap();
            assert!(!format!("{trouble:?}").contains("word"), "{trouble:?}");
        }
    }
}
