//! An authority's certificate over a root's key, which an enrolment names by the SHA-256 of its file (FORMAT.md, 3.6). It
//! is read to be shown; whether its authority made it is not checked here.

use der::{Decode, pem};

use crate::{
    token::{check_bounds, printable},
    value::{Hash, Time, Value, hex},
};

/// Largest file, in bytes.
pub const MAX_CERTIFICATE: usize = 64 * 1024;

/// What ends the first certificate of a PEM file.
const END: &str = "-----END CERTIFICATE-----";

/// What a certificate says, safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// SHA-256 of the whole file, as the enrolment has it.
    pub file: Hash,
    /// Whose key it is about (RFC 4514), at most 200 characters.
    pub subject: String,
    /// Who made it.
    pub issuer: String,
    /// Its number, in hexadecimal.
    pub serial: String,
    /// From when on.
    pub not_before: Time,
    /// Until when; `None`: beyond the year 9998, which X.509 writes for never.
    pub not_after: Option<Time>,
}

/// Why a file was not taken for a certificate.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
#[error("not an X.509 certificate in PEM or DER")]
pub struct NoCertificate;

impl Certificate {
    /// Reads a certificate in DER, or the first one of a PEM file.
    ///
    /// # Errors
    /// [`NoCertificate`] for anything else, and for more than [`MAX_CERTIFICATE`] bytes.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoCertificate> {
        if bytes.len() > MAX_CERTIFICATE {
            return Err(NoCertificate);
        }
        let unpacked;
        let binary = match std::str::from_utf8(bytes).ok().and_then(|text| text.split_once(END)) {
            Some((first, _)) => {
                let one = format!("{first}{END}\n");
                let (label, content) = pem::decode_vec(one.as_bytes()).map_err(|_| NoCertificate)?;
                if label != "CERTIFICATE" {
                    return Err(NoCertificate);
                }
                unpacked = content;
                &unpacked[..]
            }
            None => bytes,
        };
        check_bounds(binary).map_err(|_| NoCertificate)?;
        let body = x509_cert::Certificate::from_der(binary).map_err(|_| NoCertificate)?.tbs_certificate;
        let time = |time: x509_cert::time::Time| {
            let time = Time(i64::try_from(time.to_unix_duration().as_micros()).ok()?);
            // What cannot be written as a TIME is none.
            Time::parse(&time.to_string())
        };
        Ok(Self {
            file: Hash::of(bytes),
            subject: printable(&body.subject),
            issuer: printable(&body.issuer),
            serial: hex(body.serial_number.as_bytes()),
            not_before: time(body.validity.not_before).ok_or(NoCertificate)?,
            not_after: time(body.validity.not_after),
        })
    }
}
