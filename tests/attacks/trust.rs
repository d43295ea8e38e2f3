//! Keys and trust files, and what they make of an honest clip.

use base64::{Engine, engine::general_purpose::STANDARD};
use evidence::{
    finding::Code,
    key::{KeyError, VerifierKey},
    trust::{Trust, TrustError},
    value::hex,
    verdict::{SignerAnswer, Verdict},
};
use sha2::{Digest, Sha256};

use crate::support::{check::*, forge::*};

fn vkey(n: u8) -> String {
    key(n).verifier().to_string()
}

fn trusting(text: &str) -> Trust {
    let mut trust = Trust::default();
    add_file(&mut trust, text).expect("a trust file");
    trust
}

#[track_caller]
fn refused(text: &str, error: TrustError) {
    assert_eq!(add_file(&mut Trust::default(), text), Err(error), "{text}");
}

#[track_caller]
fn status(text: &str, status: u8, signer: SignerAnswer) {
    let report = report(&forge().clip(), &trusting(text), None);
    assert_eq!((report.verdict.exit_status(), report.signer), (status, signer), "{text}");
}

#[test]
fn roles() {
    let (one, two) = (vkey(1), vkey(2));
    status(&one, 0, SignerAnswer::Trusted);
    status(&format!("# bench 1\n\n{one}\n"), 0, SignerAnswer::Trusted);
    status(&format!("station {one}\nstation {two}\n"), 0, SignerAnswer::Trusted);
    status(&format!("station {one}\r\nstation {two}\r\n"), 0, SignerAnswer::Trusted);
    status(&format!("station {one}\nstation {one}\n"), 0, SignerAnswer::Trusted);
    status(&format!("station {two}"), 3, SignerAnswer::Unknown);
    // A root or witness signs no clip.
    status(&format!("root {one}"), 3, SignerAnswer::Unknown);
    status(&format!("witness {one}"), 3, SignerAnswer::Unknown);
}

#[test]
fn revoked_beats_listed() {
    let one = vkey(1);
    for text in
        [format!("revoked {one}"), format!("station {one}\nrevoked {one}"), format!("revoked {one}\nstation {one}")]
    {
        status(&text, 1, SignerAnswer::Revoked);
        assert!(report(&forge().clip(), &trusting(&text), None).has(Code::SignerRevoked));
    }
    // In another file, before or after.
    let mut trust = trusting(&format!("revoked {one}"));
    add_file(&mut trust, &one).unwrap();
    assert_eq!(report(&forge().clip(), &trust, None).verdict, Verdict::Rejected);
}

#[test]
fn refusals_of_trust_files() {
    let (one, two) = (vkey(1), vkey(2));
    for empty in ["", "\n\n", "# nothing\n", "   \n"] {
        refused(empty, TrustError::Empty);
    }
    let role = |line, role: &str| TrustError::Role { line, role: role.to_owned() };
    refused(&format!("Station {one}"), role(1, "Station"));
    refused(&format!("# x\nstations {one}"), role(2, "stations"));
    refused(&format!(" {one}"), role(1, ""));
    refused(&format!("\u{feff}station {one}"), role(1, "\u{feff}station"));
    refused(&format!("{one}\n{two}"), role(1, &one[..40]));
    let key = |line, source| TrustError::Key { line, source };
    refused("station", key(1, KeyError::Form));
    refused(&format!("station\t{one}"), key(1, KeyError::Form));
    refused(&format!("station  {one}"), key(1, KeyError::Form));
    refused(&format!("station {one} # mine"), key(1, KeyError::Form));
    refused(&format!("station {one}\nrevoked {}", &two[1..]), key(2, KeyError::Id));
    refused(&format!("station {one}\nroot {one}"), TrustError::TwoRoles { line: 2 });
    refused(&format!("witness {one}\n#\nroot {one}"), TrustError::TwoRoles { line: 3 });
    // Across files as well.
    let mut trust = trusting(&format!("root {one}"));
    assert_eq!(add_file(&mut trust, &one), Err(TrustError::TwoRoles { line: 1 }));
}

/// Key text of any 32 bytes, with a true name and key id.
fn text_of(point: &[u8; 32]) -> String {
    let name = format!("test-bench/{}", hex(&Sha256::digest(point)[..8]));
    let id = Sha256::new().chain_update(&name).chain_update([b'\n', 1]).chain_update(point).finalize();
    format!("{name}+{}+{}", hex(&id[..4]), STANDARD.encode([&[1], &point[..]].concat()))
}

#[test]
fn keys_of_small_order_or_not_canonical() {
    assert!(
        VerifierKey::parse(&text_of(
            &key(1)
                .verifier()
                .to_string()
                .splitn(3, '+')
                .nth(2)
                .map(|k| STANDARD.decode(k).unwrap()[1..].try_into().unwrap())
                .unwrap()
        ))
        .is_ok()
    );
    let bytes = |text: &str| -> [u8; 32] {
        let digits: Vec<u8> = (0..32).map(|i| u8::from_str_radix(&text[2 * i..2 * i + 2], 16).unwrap()).collect();
        digits.try_into().unwrap()
    };
    let ff = "ff".repeat(30);
    for point in [
        // All of small order: y = 0 (both signs), 1, -1, and the four of order 8.
        "00".repeat(32),
        format!("{}80", "00".repeat(31)),
        format!("01{}", "00".repeat(31)),
        format!("ec{ff}7f"),
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a".to_owned(),
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa".to_owned(),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05".to_owned(),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85".to_owned(),
        // Not canonical: y = p, p + 1, p + 3 and beyond, and -0 for x.
        format!("ed{ff}7f"),
        format!("ee{ff}7f"),
        format!("f0{ff}7f"),
        format!("f1{ff}7f"),
        format!("ff{ff}7f"),
        format!("{ff}ffff"),
        format!("01{}80", "00".repeat(30)),
        format!("ec{ff}ff"),
        // No point at all.
        format!("02{}", "00".repeat(31)),
    ] {
        refused(&text_of(&bytes(&point)), TrustError::Key { line: 1, source: KeyError::Point });
    }
}

#[test]
fn key_text() {
    let one = vkey(1);
    let (name, rest) = one.split_once('+').unwrap();
    let (id, base64) = rest.split_once('+').unwrap();
    let digits = name.split_once('/').unwrap().1;
    for (text, error) in [
        (String::new(), KeyError::Form),
        (name.to_owned(), KeyError::Form),
        (format!("{name}+{id}"), KeyError::Form),
        (format!("{name}+{}+{base64}", id.to_uppercase()), KeyError::Form),
        (format!("{name}+{}+{base64}", &id[1..]), KeyError::Form),
        (format!("{name}+00000000+{base64}"), KeyError::Id),
        (format!("other/{digits}+{id}+{base64}"), KeyError::Id),
        (format!("test-bench/0123456789abcdef+{id}+{base64}"), KeyError::Name),
        (format!("test-bench+{id}+{base64}"), KeyError::Form),
        (format!("Test-bench/{digits}+{id}+{base64}"), KeyError::Form),
        (format!("{name}+{id}+{base64}="), KeyError::Form),
        (format!("{name}+{id}+{base64} "), KeyError::Form),
        (format!("{name}+{id}+{}", STANDARD.encode([&[4], &[1; 32][..]].concat())), KeyError::Form),
        (format!("{name}+{id}+{}", STANDARD.encode([1; 32])), KeyError::Form),
        (format!("PRIVATE+KEY+{one}"), KeyError::Form),
    ] {
        // In a file a space at the line's end is nothing.
        assert!(add_file(&mut Trust::default(), &format!("station {text}")).is_err() || text.ends_with(' '), "{text}");
        assert_eq!(VerifierKey::parse(&text), Err(error), "{text}");
    }
}
