//! Time tokens (FORMAT.md, section 8) by `openssl ts` and `openssl cms`, and what `openssl ts -verify` says of each.

#[path = "support/authority.rs"]
mod authority;
#[path = "support/random.rs"]
mod random;

use std::sync::LazyLock;

use ::der::{Any, Decode, Encode, asn1::SetOfVec};
use authority::*;
use cms::{
    content_info::ContentInfo,
    signed_data::{SignedData, SignerInfos},
};
use evidence::{
    token::{ResponseError, Root, Token, TokenError, request, response, verify},
    value::{Hash, Time, Value},
};
use random::{Random, rounds};
use x509_cert::attr::Attribute;

/// Of what the tokens are.
static DATA: LazyLock<Hash> = LazyLock::new(|| Hash::of(b"a checkpoint"));
const NONCE: u64 = 0x8000_0000_0000_0001;
/// The time of the tokens whose time is chosen.
const NOON: &str = "20260601120000Z";

fn root(authority: &Authority, name: &str) -> Root {
    Root::parse(&authority.read(&format!("{name}.der"))).unwrap()
}

fn info() -> Vec<u8> {
    Info::new(&DATA.0, NOON).to_der()
}

/// A token's time (`YYYYMMDDhhmmss…Z`) in seconds.
fn seconds(time: &str) -> i64 {
    let part = |from: usize, to: usize| &time[from..to];
    let (date, clock) = ([part(0, 4), part(4, 6), part(6, 8)], [part(8, 10), part(10, 12), part(12, 14)]);
    Time::parse(&format!("{}T{}.000000Z", date.join("-"), clock.join(":"))).unwrap().0 / 1_000_000
}

/// What `openssl ts -verify` does with a case.
enum Openssl {
    /// The same.
    Same,
    /// The opposite, and why ours is right to differ.
    Differs(&'static str),
}
use Openssl::{Differs, Same};

/// Judges the cases one after the other and prints them as a table.
struct Table<'a> {
    authority: &'a Authority,
    /// The digest that openssl is told to expect.
    digest: Vec<u8>,
    wrong: Vec<String>,
}

impl<'a> Table<'a> {
    fn of(authority: &'a Authority) -> Self {
        Self { authority, digest: DATA.0.to_vec(), wrong: vec![] }
    }

    fn row(&mut self, what: &str, token: &[u8], root_name: &str, expected: Result<(), TokenError>, openssl: Openssl) {
        self.row_at(what, token, root_name, NOON, expected, openssl);
    }

    fn row_at(
        &mut self,
        what: &str,
        token: &[u8],
        root_name: &str,
        time: &str,
        expected: Result<(), TokenError>,
        openssl: Openssl,
    ) {
        let ours = verify(token, Some(&DATA), &[root(self.authority, root_name)]).map(|_| ());
        let theirs = self.authority.verifies(token, Digest::Token(&self.digest), root_name, seconds(time));
        let (agrees, why) = match openssl {
            Same => (theirs == expected.is_ok(), ""),
            Differs(why) => (theirs != expected.is_ok(), why),
        };
        let says = if theirs { "takes it" } else { "refuses it" };
        let line = format!("{what:<52} | {ours:?} | openssl {says} | {why}");
        println!("{line}");
        if ours != expected || !agrees {
            self.wrong.push(format!("{line} (expected {expected:?})"));
        }
    }

    fn end(self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

#[test]
fn tokens_by_what_they_say() {
    let authority = Authority::new("tokens-info");
    let plain = Info::new(&DATA.0, NOON);
    let sign = |info: &Info| authority.token(&["p256"], &[], &["-cades"], &info.to_der());
    let with = |change: &dyn Fn(&mut Info)| {
        let mut info = plain.clone();
        change(&mut info);
        sign(&info)
    };
    let rest = |rest: &[u8]| with(&|info| info.rest = rest.to_vec());
    let time = |time: &str| with(&|info| info.time = der(0x18, time.as_bytes()));
    let name = |name: &str| {
        let part = |oid: u8, text: &str| {
            let value = [der(6, &[0x55, 4, oid]), der(0x0c, text.as_bytes())].concat();
            der(0x31, &der(0x30, &value))
        };
        der(0xa0, &der(0xa4, &der(0x30, &[part(10, "packseal test"), part(3, name)].concat())))
    };
    let extension = |critical: &[u8]| {
        der(0xa1, &der(0x30, &[&der(6, &[0x2a, 3, 9])[..], critical, &der(4, &der(5, &[]))].concat()))
    };
    let other = Hash::of(b"another checkpoint");

    let mut t = Table::of(&authority);
    t.row("right", &sign(&plain), "root", Ok(()), Same);
    t.row("of other data", &with(&|i| i.hash = other.0.to_vec()), "root", Err(TokenError::Imprint), Same);
    let (sha1, sha512) = ([7; 20], [7; 64]);
    let imprint =
        |algorithm: &[u8], hash: &[u8]| with(&|i| (i.algorithm, i.hash) = (algorithm.to_vec(), hash.to_vec()));
    let only = || Differs("imprints by SHA-256 alone");
    t.digest = sha1.to_vec();
    t.row("imprint by SHA-1", &imprint(SHA1, &sha1), "root", Err(algorithm("1.3.14.3.2.26")), only());
    t.digest = sha512.to_vec();
    t.row("imprint by SHA-512", &imprint(SHA512, &sha512), "root", Err(algorithm("2.16.840.1.101.3.4.2.3")), only());
    t.digest = DATA.0.to_vec();
    t.row("imprint by SM3", &imprint(SM3, &DATA.0), "root", Err(TokenError::CannotCheck), only());
    t.row("imprint cut short", &imprint(SHA256, &DATA.0[..31]), "root", Err(TokenError::Form), Same);
    t.row("version 2", &with(&|i| i.version = der(2, &[2])), "root", Err(TokenError::Form), Same);
    let long = with(&|i| i.serial = der(2, &[1; 21]));
    t.row("number of 21 bytes", &long, "root", Err(TokenError::Form), Differs("RFC 3161: at most 160 bits"));
    let negative = with(&|i| i.serial = der(2, &[0xff]));
    t.row("number below 0", &negative, "root", Err(TokenError::Form), Differs("a number of a token is not negative"));

    t.row("time with a fraction", &time("20260601120000.123456789Z"), "root", Ok(()), Same);
    for written in [
        "20260601120000.50Z",
        "20260601120000.Z",
        "20260601120000.1234567891Z",
        "202606011200Z",
        "20260601120000+0100",
        "20260601120060Z",
        "20260631120000Z",
        "00000601120000Z",
    ] {
        let why = Differs("OpenSSL does not read the time");
        t.row(&format!("time {written}"), &time(written), "root", Err(TokenError::Form), why);
    }
    let accuracy = |millis: &[u8]| rest(&der(0x30, &[der(2, &[1]), der(0x80, millis)].concat()));
    t.row("accuracy 1 s 999 ms", &accuracy(&[3, 0xe7]), "root", Ok(()), Same);
    let why = Differs("RFC 3161: 1 to 999");
    t.row("accuracy 1000 ms", &accuracy(&[3, 0xe8]), "root", Err(TokenError::Time), why);
    t.row("ordering false, written out", &rest(&der(1, &[0])), "root", Err(TokenError::Form), Differs("DER"));
    t.row("ordering true", &rest(&der(1, &[0xff])), "root", Ok(()), Same);
    t.row("nonce below 0", &rest(&der(2, &[0xff])), "root", Ok(()), Same);
    t.row("its signer's name", &rest(&name("p256")), "root", Ok(()), Same);
    t.row("another's name", &rest(&name("rsa")), "root", Err(TokenError::Name), Same);
    t.row("unknown extension", &rest(&extension(&[])), "root", Ok(()), Same);
    let critical = rest(&extension(&der(1, &[0xff])));
    let why = Differs("OpenSSL does not look at extensions of a token");
    t.row("unknown critical extension", &critical, "root", Err(TokenError::InfoExtension), why);
    t.end();

    let token = verify(&accuracy(&[3, 0xe7]), None, &[root(&authority, "root")]).unwrap();
    assert_eq!(token.accuracy, Some(1_999_000));
    assert_eq!((token.serial.as_str(), token.policy.as_str()), ("7b", "1.2.3.4.1"));
    let token = verify(&time("20260601120000.123456789Z"), None, &[root(&authority, "root")]).unwrap();
    assert_eq!(token.time.to_string(), "2026-06-01T12:00:00.123456Z");
    assert_eq!((token.authority.as_str(), token.accuracy), ("CN=p256,O=packseal test", None));
}

fn algorithm(oid: &str) -> TokenError {
    TokenError::Algorithm(oid.parse().unwrap())
}

#[test]
fn tokens_by_their_certificates() {
    let authority = Authority::new("tokens-chain");
    let make = |name: &str, wanted: Wanted<'_>| authority.certificate(name, wanted);
    let token = |signer: &str, between: &[&str]| authority.token(&[signer], between, &["-cades"], &info());
    let mut t = Table::of(&authority);

    // A certificate is judged at the token's time: today all of these are long expired.
    make("old", Wanted { valid: ["20210101000000Z", "20211231235959Z"], ..Wanted::default() });
    for (time, expected) in [
        ("20201231235959Z", Err(TokenError::Validity)),
        ("20210101000000Z", Ok(())),
        ("20211231235958Z", Ok(())),
        ("20211231235959Z", Ok(())),
        ("20220101000000Z", Err(TokenError::Validity)),
    ] {
        let token = authority.token(&["old"], &[], &["-cades"], &Info::new(&DATA.0, time).to_der());
        let openssl = match time {
            "20211231235959Z" => Differs("RFC 5280: notAfter is still in"),
            _ => Same,
        };
        t.row_at(&format!("certificate of 2021, token of {time}"), &token, "root", time, expected, openssl);
    }
    make(
        "old-root",
        Wanted { issuer: "", extensions: CA, valid: ["20210101000000Z", "20211231235959Z"], key: P256, options: &[] },
    );
    make("of-old-root", Wanted { issuer: "old-root", ..Wanted::default() });
    t.row("root expired at the token's time", &token("of-old-root", &[]), "old-root", Err(TokenError::Validity), Same);

    let purposes = |name: &str, purposes: &str, usage: &str| {
        let extensions = format!("basicConstraints=CA:false\nkeyUsage=critical,{usage}\n{purposes}");
        make(name, Wanted { extensions: &extensions, ..Wanted::default() });
        token(name, &[])
    };
    let refused = || Err(TokenError::Purpose);
    let eku = "extendedKeyUsage=critical,timeStamping\n";
    let it = purposes("purpose-other", "extendedKeyUsage=critical,serverAuth\n", "digitalSignature");
    t.row("purpose: another", &it, "root", refused(), Same);
    let it = purposes("purpose-two", "extendedKeyUsage=critical,timeStamping,serverAuth\n", "digitalSignature");
    t.row("purpose: time stamping and another", &it, "root", refused(), Same);
    let it = purposes("purpose-soft", "extendedKeyUsage=timeStamping\n", "digitalSignature");
    t.row("purpose: not critical", &it, "root", refused(), Same);
    t.row("purpose: none", &purposes("purpose-none", "", "digitalSignature"), "root", refused(), Same);
    let it = purposes("usage-two", eku, "digitalSignature,keyEncipherment");
    t.row("key usage: also encipherment", &it, "root", refused(), Same);
    t.row("key usage: non-repudiation", &purposes("usage-nr", eku, "nonRepudiation"), "root", Ok(()), Same);
    let it = purposes("unknown", &format!("{eku}1.2.3.9=critical,ASN1:NULL\n"), "digitalSignature");
    t.row("unknown critical extension", &it, "root", Err(TokenError::Certificate), Same);
    let it =
        purposes("known", &format!("{eku}1.2.3.9=ASN1:NULL\ncertificatePolicies=critical,1.2.3\n"), "digitalSignature");
    t.row("unknown extension, critical policies", &it, "root", Ok(()), Same);

    let through = |name: &str, ca: &str, key: &[&str]| {
        make(name, Wanted { extensions: ca, key, ..Wanted::default() });
        let signer = format!("signer-of-{name}");
        make(&signer, Wanted { issuer: name, ..Wanted::default() });
        token(&signer, &[name])
    };
    let refused = || Err(TokenError::Issuer);
    t.row("through an issuer", &through("between", CA, P256), "root", Ok(()), Same);
    t.row("that issuer left out", &token("signer-of-between", &[]), "root", Err(TokenError::UnknownRoot), Same);
    t.row("issuer with P-384", &through("p384", CA, P384), "root", Ok(()), Same);
    let no_ca = "basicConstraints=critical,CA:false\nkeyUsage=keyCertSign\n";
    t.row("issuer is no CA", &through("no-ca", no_ca, P256), "root", refused(), Same);
    t.row("issuer without basicConstraints", &through("bare", "keyUsage=keyCertSign\n", P256), "root", refused(), Same);
    let usage = "basicConstraints=critical,CA:true\nkeyUsage=critical,cRLSign\n";
    t.row("issuer's key for revocation lists", &through("crl", usage, P256), "root", refused(), Same);
    let it = through("no-usage", "basicConstraints=critical,CA:true\n", P256);
    t.row("issuer without key usage", &it, "root", refused(), Differs("RFC 5280: a CA has it"));
    let it = through("tls", &format!("{CA}extendedKeyUsage=serverAuth\n"), P256);
    t.row("issuer for servers alone", &it, "root", refused(), Differs("OpenSSL does not ask issuers"));
    let it = through("tsa", &format!("{CA}extendedKeyUsage=timeStamping\n"), P256);
    t.row("issuer for time stamping alone", &it, "root", Ok(()), Same);
    let it =
        through("names", &format!("{CA}nameConstraints=critical,permitted;dirName:dn\n[dn]\nO=packseal test\n"), P256);
    t.row("issuer constrained to names", &it, "root", Err(TokenError::Certificate), Differs("not read by us"));

    let short = "basicConstraints=critical,CA:true,pathlen:0\nkeyUsage=critical,keyCertSign\n";
    t.row("path length 0, used", &through("short", short, P256), "root", Ok(()), Same);
    make("below-short", Wanted { issuer: "short", extensions: CA, ..Wanted::default() });
    make("too-deep", Wanted { issuer: "below-short", ..Wanted::default() });
    t.row("path length 0, exceeded", &token("too-deep", &["below-short", "short"]), "root", refused(), Same);
    for (name, issuer) in [("four", "between"), ("three", "four"), ("two", "three")] {
        make(name, Wanted { issuer, extensions: CA, ..Wanted::default() });
    }
    make("of-three", Wanted { issuer: "four", ..Wanted::default() });
    make("of-two", Wanted { issuer: "three", ..Wanted::default() });
    t.row("four below the root", &token("of-three", &["four", "between"]), "root", Ok(()), Same);
    let it = token("of-two", &["three", "four", "between"]);
    t.row("five certificates", &it, "root", Ok(()), Same);
    make("of-three-more", Wanted { issuer: "two", ..Wanted::default() });
    let it = token("of-three-more", &["two", "three", "four", "between"]);
    t.row("six certificates", &it, "root", Err(TokenError::Limits), Differs("our limit"));
    let it = token("of-three", &["four", "between", "two", "three", "short", "below-short", "tsa", "tls"]);
    t.row("nine certificates in it", &it, "root", Err(TokenError::Limits), Differs("our limit"));

    make("foreign", Wanted { issuer: "", extensions: CA, ..Wanted::default() });
    t.row("another root", &token("p256", &[]), "foreign", Err(TokenError::UnknownRoot), Same);
    // Same name, other key.
    make("root~twin", Wanted { issuer: "", extensions: CA, key: RSA, ..Wanted::default() });
    t.row("another root of the same name", &token("p256", &[]), "root~twin", Err(TokenError::Signature), Same);
    t.row("a root from within the token", &token("p256", &["root"]), "foreign", Err(TokenError::UnknownRoot), Same);
    // Two issuers that certify each other, and no root.
    make("round~a", Wanted { issuer: "foreign", extensions: CA, ..Wanted::default() });
    make("turn", Wanted { issuer: "round~a", extensions: CA, ..Wanted::default() });
    authority.certify_again("round~b", "round~a", Wanted { issuer: "turn", extensions: CA, ..Wanted::default() });
    make("in-circles", Wanted { issuer: "turn", ..Wanted::default() });
    let it = token("in-circles", &["turn", "round~b"]);
    t.row("issuers in a circle, and the root of none", &it, "root", Err(TokenError::UnknownRoot), Same);
    t.row("issuers in a circle, and their root", &it, "foreign", Err(TokenError::UnknownRoot), Same);
    let it = token("in-circles", &["turn", "round~b", "round~a"]);
    let why = Differs("OpenSSL tries one of two issuers of the same name");
    t.row("issuers in a circle, and the way out of it", &it, "foreign", Ok(()), why);

    t.end();
}

#[test]
fn tokens_by_their_signatures() {
    let authority = Authority::new("tokens-signature");
    let sign = |signers: &[&str], options: &[&str]| authority.token(signers, &[], options, &info());
    let signed_by = |name: &str, wanted: Wanted<'_>| {
        authority.certificate(name, wanted);
        sign(&[name], &["-cades"])
    };
    let mut t = Table::of(&authority);
    for digest in ["sha256", "sha384", "sha512"] {
        for signer in ["rsa", "p256"] {
            let it = sign(&[signer], &["-cades", "-md", digest]);
            t.row(&format!("{signer}, {digest}"), &it, "root", Ok(()), Same);
        }
        let it = signed_by(&format!("by-{digest}"), Wanted { options: &["-md", digest], ..Wanted::default() });
        t.row(&format!("certificate by {digest}"), &it, "root", Ok(()), Same);
        let options = ["-md", digest, "-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"];
        let it = signed_by(&format!("pss-{digest}"), Wanted { options: &options, ..Wanted::default() });
        t.row(&format!("certificate by PSS with {digest}"), &it, "root", Ok(()), Same);
    }
    t.row("P-384", &signed_by("p384", Wanted { key: P384, ..Wanted::default() }), "root", Ok(()), Same);
    t.row(
        "RSA, 8192 bits",
        &signed_by("rsa8192", Wanted { key: &["rsa:8192"], ..Wanted::default() }),
        "root",
        Ok(()),
        Same,
    );
    let it = signed_by("rsa1024", Wanted { key: &["rsa:1024"], ..Wanted::default() });
    t.row("RSA, 1024 bits", &it, "root", Err(TokenError::Key), Differs("too short"));
    let it = signed_by("p521", Wanted { key: &["ec", "-pkeyopt", "ec_paramgen_curve:P-521"], ..Wanted::default() });
    t.row("P-521", &it, "root", Err(TokenError::Key), Differs("a curve we do not have"));
    let it = signed_by("sha1", Wanted { options: &["-md", "sha1"], ..Wanted::default() });
    t.row("certificate by SHA-1", &it, "root", Err(algorithm("1.2.840.113549.1.1.5")), Differs("too weak"));
    let it = sign(&["rsa"], &["-cades", "-md", "sha1"]);
    t.row("digest SHA-1", &it, "root", Err(algorithm("1.3.14.3.2.26")), Differs("too weak"));
    let it = sign(&["rsa"], &["-cades", "-md", "sha3-256"]);
    t.row(
        "digest SHA3-256",
        &it,
        "root",
        Err(algorithm("2.16.840.1.101.3.4.2.8")),
        Differs("an algorithm we do not have"),
    );
    let sm3 = x509_cert::spki::AlgorithmIdentifierOwned::from_der(SM3).unwrap();
    let it = with_signer(&sign(&["p256"], &["-cades"]), |signer| signer.digest_alg = sm3.clone());
    let it = with_parts(&it, |data| data.digest_algorithms = SetOfVec::try_from(vec![sm3.clone()]).unwrap());
    t.row("digest SM3", &it, "root", Err(TokenError::CannotCheck), Same);
    authority.openssl(&["genpkey", "-algorithm", "SM2", "-out", "sm2.key"]);
    let new = ["req", "-x509", "-new", "-key", "sm2.key", "-subj", "/O=packseal test/CN=sm2", "-sm3", "-days", "9000"];
    let ca = ["-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=keyCertSign", "-out", "sm2.pem"];
    authority.openssl(&[&new[..], &ca].concat());
    authority.openssl(&["x509", "-in", "sm2.pem", "-outform", "DER", "-out", "sm2.der"]);
    authority.write("signer", SIGNER.as_bytes());
    let issue = ["x509", "-req", "-in", "p256.csr", "-CA", "sm2.pem", "-CAkey", "sm2.key", "-CAcreateserial", "-sm3"];
    authority.openssl(&[&issue[..], &["-extfile", "signer", "-days", "9000", "-out", "by-sm2.pem"]].concat());
    authority.write("by-sm2.key", &authority.read("p256.key"));
    let today = Time(std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as i64).to_string();
    let today: String = today[..19].chars().filter(char::is_ascii_digit).chain(['Z']).collect();
    let it = authority.token(&["by-sm2"], &[], &["-cades"], &Info::new(&DATA.0, &today).to_der());
    let why = Differs("cannot be checked here");
    t.row_at("certificate by SM2 with SM3", &it, "sm2", &today, Err(TokenError::CannotCheck), why);

    t.row("without certificate id", &sign(&["p256"], &[]), "root", Err(TokenError::Attributes), Same);
    t.row("without attributes", &sign(&["p256"], &["-noattr"]), "root", Err(TokenError::Attributes), Same);
    t.row("two signers", &sign(&["p256", "rsa"], &["-cades"]), "root", Err(TokenError::Signers), Same);
    t.row(
        "no certificate in it",
        &sign(&["p256"], &["-cades", "-nocerts"]),
        "root",
        Err(TokenError::NoCertificate),
        Same,
    );
    let it = sign(&["p256"], &["-cades", "-econtent_type", "1.2.840.113549.1.7.1"]);
    t.row("content type data", &it, "root", Err(TokenError::ContentType), Same);
    let it = sign(&["p256"], &["-cades", "-keyid"]);
    t.row("signer by key identifier", &it, "root", Ok(()), Differs("OpenSSL reads PKCS #7 here, which has none"));

    let good = sign(&["p256"], &["-cades"]);
    let it = [&good[..], &[0]].concat();
    t.row("a byte behind it", &it, "root", Err(TokenError::Form), Differs("OpenSSL does not look behind it"));
    let it = with_parts(&good, |data| data.digest_algorithms = SetOfVec::new());
    t.row("digest not listed", &it, "root", Err(TokenError::Form), Same);
    authority.certificate("p256~twin", Wanted::default());
    let certificate = x509_cert::Certificate::from_der(&authority.read("p256~twin.der")).unwrap();
    let it = with_parts(&good, |data| {
        let only = cms::cert::CertificateChoices::Certificate(certificate.clone());
        data.certificates = Some(cms::signed_data::CertificateSet(SetOfVec::try_from(vec![only]).unwrap()));
    });
    t.row("another certificate of the same name", &it, "root", Err(TokenError::NoCertificate), Same);
    let it = with_signer(&good, |signer| {
        signer.sid = cms::signed_data::SignerIdentifier::IssuerAndSerialNumber(cms::cert::IssuerAndSerialNumber {
            issuer: certificate.tbs_certificate.issuer.clone(),
            serial_number: certificate.tbs_certificate.serial_number.clone(),
        });
    });
    let it = with_parts(&it, |data| {
        let only = cms::cert::CertificateChoices::Certificate(certificate.clone());
        data.certificates = Some(cms::signed_data::CertificateSet(SetOfVec::try_from(vec![only]).unwrap()));
    });
    t.row("and named as the signer's", &it, "root", Err(TokenError::Binding), Same);
    for (what, index) in [("first", 0), ("second", 1), ("third", 2), ("last", 3)] {
        let it = with_signer(&good, |signer| {
            let attributes = signer.signed_attrs.take().unwrap().into_vec();
            let kept = attributes.into_iter().enumerate().filter(|(i, _)| *i != index).map(|(_, a)| a);
            signer.signed_attrs = Some(SetOfVec::try_from(kept.collect::<Vec<_>>()).unwrap());
        });
        let ours = verify(&it, Some(&DATA), &[root(&authority, "root")]).unwrap_err();
        assert!([TokenError::Attributes, TokenError::Signature].contains(&ours), "{ours:?}");
        t.row(&format!("{what} signed attribute taken out"), &it, "root", Err(ours), Same);
    }
    let attributes = |change: &dyn Fn(&mut Vec<Attribute>)| signed_anew(&authority, &good, change);
    let refused = || Err(TokenError::Attributes);
    t.row("attributes signed anew", &attributes(&|_| ()), "root", Ok(()), Same);
    let it = attributes(&|all| all.push(attribute("1.2.3.9", &[&der(5, &[])])));
    t.row("an unknown signed attribute", &it, "root", Ok(()), Same);
    let it = attributes(&|all| change(all, CONTENT_TYPE, &[&der(6, &[0x2a, 3, 9])]));
    let why = Differs("OpenSSL does not compare the two");
    t.row("signed content type of another kind", &it, "root", refused(), why);
    let it = attributes(&|all| change(all, MESSAGE_DIGEST, &[&der(4, &[7; 32])]));
    t.row("signed digest of other content", &it, "root", Err(TokenError::Digest), Same);
    let digest = |bytes: &[u8]| der(4, &Hash::of(bytes).0);
    let it = attributes(&|all| change(all, MESSAGE_DIGEST, &[&digest(&info()), &der(4, &[0xff; 32])]));
    t.row("signed digest with two values", &it, "root", refused(), Differs("OpenSSL takes the first"));
    let it = attributes(&|all| all.push(attribute(MESSAGE_DIGEST, &[&der(4, &[0xff; 32])])));
    t.row("signed digest twice", &it, "root", refused(), Differs("OpenSSL takes the first"));
    let id = |ids: &[Vec<u8>]| der(0x30, &der(0x30, &ids.concat()));
    let own = authority.read("p256.der");
    let right = der(0x30, &digest(&own));
    let it = attributes(&|all| change(all, CERTIFICATE_ID, &[&id(std::slice::from_ref(&right))]));
    t.row("certificate id: hash alone", &it, "root", Ok(()), Same);
    let it = attributes(&|all| change(all, CERTIFICATE_ID, &[&id(&[der(0x30, &[SHA256, &digest(&own)].concat())])]));
    t.row("certificate id: SHA-256 written out", &it, "root", Ok(()), Same);
    let it = attributes(&|all| change(all, CERTIFICATE_ID, &[&id(&[der(0x30, &digest(b"another"))])]));
    t.row("certificate id: of another certificate", &it, "root", Err(TokenError::Binding), Same);
    let it = attributes(&|all| change(all, CERTIFICATE_ID, &[&id(&[right.clone(), der(0x30, &digest(b"another"))])]));
    t.row("certificate id: another behind it", &it, "root", Ok(()), Differs("may be an attribute certificate"));
    let it = attributes(&|all| change(all, CERTIFICATE_ID, &[&id(&[])]));
    t.row("certificate id: none in it", &it, "root", refused(), Same);
    let names = der(0x30, &der(0xa4, &certificate.tbs_certificate.issuer.to_der().unwrap()));
    let other = der(0x30, &[names, certificate.tbs_certificate.serial_number.to_der().unwrap()].concat());
    let wrong = der(0x30, &[digest(&own), other].concat());
    let it = attributes(&|all| change(all, CERTIFICATE_ID, &[&id(std::slice::from_ref(&wrong))]));
    t.row("certificate id: number of another certificate", &it, "root", Err(TokenError::Binding), Same);
    let sha1 = sha1_of(&authority, "p256.der");
    let it = attributes(&|all| {
        all.retain(|one| one.oid.to_string() != CERTIFICATE_ID);
        all.push(attribute("1.2.840.113549.1.9.16.2.12", &[&id(&[der(0x30, &der(4, &sha1))])]));
    });
    t.row("certificate id by SHA-1", &it, "root", Err(algorithm("1.2.840.113549.1.9.16.2.12")), Differs("too weak"));

    let before = verify(&good, Some(&DATA), &[root(&authority, "root")]).unwrap();
    let it = with_signer(&good, |signer| {
        let attribute = attribute("1.2.840.113549.1.9.16.2.14", &[&der(4, b"a later token")]);
        signer.unsigned_attrs = Some(SetOfVec::try_from(vec![attribute]).unwrap());
    });
    t.row("an unsigned attribute added", &it, "root", Ok(()), Same);
    let after = verify(&it, Some(&DATA), &[root(&authority, "root")]).unwrap();
    assert_ne!(after.hash, before.hash, "its bytes are others");
    assert_eq!(Token { hash: before.hash, ..after }, before);
    t.end();
}

const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const CERTIFICATE_ID: &str = "1.2.840.113549.1.9.16.2.47";

fn attribute(oid: &str, values: &[&[u8]]) -> Attribute {
    let values: Vec<Any> = values.iter().map(|value| Any::from_der(value).unwrap()).collect();
    Attribute { oid: oid.parse().unwrap(), values: SetOfVec::try_from(values).unwrap() }
}

/// Gives an attribute other values.
fn change(all: &mut Vec<Attribute>, oid: &str, values: &[&[u8]]) {
    let before = all.len();
    all.retain(|one| one.oid.to_string() != oid);
    assert_eq!(all.len() + 1, before, "{oid} is there once");
    all.push(attribute(oid, values));
}

/// The token of `p256` with other signed attributes, and the signature that belongs to them.
fn signed_anew(authority: &Authority, token: &[u8], change: &dyn Fn(&mut Vec<Attribute>)) -> Vec<u8> {
    with_signer(token, |signer| {
        let mut attributes = signer.signed_attrs.take().unwrap().into_vec();
        change(&mut attributes);
        let attributes = SetOfVec::try_from(attributes).unwrap();
        authority.write("attributes", &attributes.to_der().unwrap());
        authority.openssl(&["dgst", "-sha256", "-sign", "p256.key", "-out", "signature", "attributes"]);
        signer.signed_attrs = Some(attributes);
        signer.signature = ::der::asn1::OctetString::new(authority.read("signature")).unwrap();
    })
}

fn sha1_of(authority: &Authority, name: &str) -> Vec<u8> {
    authority.openssl(&["dgst", "-sha1", "-binary", "-out", "sha1", name]);
    authority.read("sha1")
}

/// The token with its SignedData changed.
fn with_parts(token: &[u8], change: impl FnOnce(&mut SignedData)) -> Vec<u8> {
    let mut outer = ContentInfo::from_der(token).unwrap();
    let mut data: SignedData = outer.content.decode_as().unwrap();
    change(&mut data);
    outer.content = Any::encode_from(&data).unwrap();
    outer.to_der().unwrap()
}

/// The token with its signer's part changed.
fn with_signer(token: &[u8], change: impl FnOnce(&mut cms::signed_data::SignerInfo)) -> Vec<u8> {
    with_parts(token, |data| {
        let mut signer = data.signer_infos.0.as_slice()[0].clone();
        change(&mut signer);
        data.signer_infos = SignerInfos(SetOfVec::try_from(vec![signer]).unwrap());
    })
}

#[test]
fn answers_of_an_authority() {
    let authority = Authority::new("tokens-answers");
    let roots = [root(&authority, "root")];
    let query = request(NONCE, &DATA).unwrap();
    authority.write("query.tsq", &query);
    let text = authority.try_openssl(&["ts", "-query", "-in", "query.tsq", "-text"]);
    let text = String::from_utf8(text.stdout).unwrap();
    for line in ["Version: 1", "Hash Algorithm: sha256", "Nonce: 0x8000000000000001", "Certificate required: yes"] {
        assert!(text.contains(line), "{line} is not in {text}");
    }
    let today = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    let mut taken = vec![];
    for signer in ["rsa", "p256"] {
        let answer = authority.reply(signer, &[], &query);
        let (token, said) = response(&answer, NONCE, &DATA, &roots).unwrap();
        println!("{signer}: {said:?}");
        assert!(answer.ends_with(&token));
        assert_eq!(verify(&token, Some(&DATA), &roots).as_ref(), Ok(&said));
        assert_eq!(said.accuracy, Some(1_500_100));
        assert!((said.time.0 / 1_000_000 - today).abs() < 3600, "the authority's clock is this machine's");
        assert!(authority.verifies(&answer, Digest::Answer(&query), "root", today));
        assert!(authority.verifies(&token, Digest::Token(&DATA.0), "root", today));
        taken.push(answer);
    }
    let [answer, _] = &taken[..] else { unreachable!() };
    assert_eq!(response(answer, 1, &DATA, &roots).unwrap_err(), ResponseError::Nonce);
    let other = request(1, &DATA).unwrap();
    assert!(!authority.verifies(answer, Digest::Answer(&other), "root", today), "openssl: wrong nonce");
    let data = Hash::of(b"other data");
    assert_eq!(response(answer, NONCE, &data, &roots).unwrap_err(), TokenError::Imprint.into());
    let other = request(NONCE, &data).unwrap();
    assert!(!authority.verifies(answer, Digest::Answer(&other), "root", today), "openssl: wrong imprint");

    let sha512 = [&der(2, &[1])[..], &der(0x30, &[SHA512, &der(4, &[7; 64])].concat())].concat();
    let rejection = authority.reply("rsa", &[], &der(0x30, &sha512));
    let error = response(&rejection, NONCE, &DATA, &roots).unwrap_err();
    println!("rejected: {error}");
    assert!(
        matches!(error, ResponseError::Status { status: 2, ref text } if text.contains("not supported")),
        "{error:?}"
    );
    let status = |status: u8| response(&der(0x30, &der(0x30, &der(2, &[status]))), NONCE, &DATA, &roots).unwrap_err();
    assert_eq!(status(3), ResponseError::Status { status: 3, text: String::new() });
    assert_eq!(status(0), ResponseError::NoToken);
    let mut modified = answer.clone();
    let at = modified.windows(3).position(|w| w == [2, 1, 0]).unwrap();
    modified[at + 2] = 1;
    assert!(response(&modified, NONCE, &DATA, &roots).is_ok(), "granted with modifications");
    modified[at + 2] = 2;
    assert!(matches!(response(&modified, NONCE, &DATA, &roots), Err(ResponseError::Status { status: 2, .. })));

    for length in 0..answer.len() {
        assert!(response(&answer[..length], NONCE, &DATA, &roots).is_err(), "cut short at {length}");
    }
    let long = [&answer[..], &[0]].concat();
    assert_eq!(response(&long, NONCE, &DATA, &roots).unwrap_err(), ResponseError::Form);
    assert_eq!(response(&vec![0x30; 70_000], NONCE, &DATA, &roots).unwrap_err(), ResponseError::Form);
}

#[test]
fn every_byte_of_a_token_counts() {
    let authority = Authority::new("tokens-bytes");
    let random = Random::new("every_byte_of_a_token_counts");
    let roots = [root(&authority, "root")];
    let today = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs() as i64;
    for signer in ["rsa", "p256"] {
        let answer = authority.reply(signer, &[], &request(NONCE, &DATA).unwrap());
        let (token, said) = response(&answer, NONCE, &DATA, &roots).unwrap();
        let (mut taken, mut stricter, mut asked) = (0, 0, 0);
        for at in 0..token.len() {
            let mut random = random.at(at);
            let mut altered = token.clone();
            altered[at] ^= 1 << random.below(8);
            let ours = verify(&altered, Some(&DATA), &roots);
            if let Ok(ours) = &ours {
                // The signature's algorithm has two names, and is not signed.
                assert_eq!(Token { hash: said.hash, ..ours.clone() }, said, "byte {at}");
                taken += 1;
            }
            if ours.is_ok() || random.below(20) == 0 {
                asked += 1;
                let theirs = authority.verifies(&altered, Digest::Token(&DATA.0), "root", today);
                assert!(theirs || ours.is_err(), "byte {at}: openssl refuses what is taken here");
                stricter += usize::from(theirs && ours.is_err());
            }
        }
        println!(
            "{signer}: {} bytes, {taken} changes taken; openssl asked {asked} times, laxer {stricter}",
            token.len()
        );
        assert!(taken <= 2, "{signer}: {taken} altered tokens were taken");
    }
}

/// What costs a reader most: the largest SETs, in the wrong order, and the deepest nesting.
#[test]
fn costly_tokens_are_refused_soon() {
    let oid = |bytes: &[u8]| der(6, bytes);
    let signed_data = oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02");
    let content = der(0x30, &oid(b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x04"));
    let token = |digests: &[u8], certificates: &[u8], revocations: &[u8]| {
        let parts = [&der(2, &[3])[..], &der(0x31, digests), &content, certificates, revocations, &der(0x31, &[])];
        der(0x30, &[signed_data.clone(), der(0xa0, &der(0x30, &parts.concat()))].concat())
    };
    let numbers = |n: u16| (0..n).rev().flat_map(|i| der(4, &i.to_be_bytes())).collect::<Vec<u8>>();
    let algorithms = |n: u16| {
        let number = |i: u16| [0x2a, 0x81 + (i >> 7) as u8, (i & 0x7f) as u8];
        (0..n).rev().flat_map(|i| der(0x30, &oid(&number(i)))).collect::<Vec<u8>>()
    };
    for (what, token) in [
        ("digests", token(&algorithms(9000), &[], &[])),
        ("certificates", token(&[], &der(0xa0, &numbers(16_000)), &[])),
        ("revocation lists", token(&[], &[], &der(0xa1, &numbers(16_000)))),
        ("nesting", (0..16_000).fold(vec![], |inner, _| der(0x30, &inner))),
    ] {
        let begin = std::time::Instant::now();
        assert_eq!(verify(&token, None, &[]).unwrap_err(), TokenError::Limits);
        println!("{what}: {} bytes, {:?}", token.len(), begin.elapsed());
        assert!(begin.elapsed() < std::time::Duration::from_millis(500), "{what}");
    }
}

#[test]
fn fuzz_tokens() {
    let authority = Authority::new("tokens-fuzz");
    let random = Random::new("fuzz_tokens");
    let roots = [root(&authority, "root")];
    let query = request(NONCE, &DATA).unwrap();
    let answers = [authority.reply("rsa", &[], &query), authority.reply("p256", &["root"], &query)];
    let tokens =
        [response(&answers[0], NONCE, &DATA, &roots).unwrap(), response(&answers[1], NONCE, &DATA, &roots).unwrap()];
    let certificates = ["root", "rsa", "p256"].map(|name| authority.read(&format!("{name}.der")));
    let broken = |random: &mut Random, seed: &[u8]| {
        let mut bytes = seed.to_vec();
        for _ in 0..1 + random.below(4) {
            random.change(&mut bytes);
        }
        bytes
    };
    for i in 0..rounds(20_000) {
        let mut random = random.at(i);
        let which = random.below(2);
        let (token, said) = &tokens[which];
        if let Ok(other) = verify(&broken(&mut random, token), None, &roots) {
            assert_eq!(Token { hash: said.hash, ..other }, *said, "round {i}");
        }
        let answer = broken(&mut random, &answers[which]);
        if let Ok((_, other)) = response(&answer, NONCE, &DATA, &roots) {
            assert_eq!(Token { hash: said.hash, ..other }, *said, "round {i}");
        }
        let which = random.below(3);
        if let Ok(root) = Root::parse(&broken(&mut random, &certificates[which])) {
            assert!(root.name().chars().count() <= 200, "round {i}");
            let _ = verify(token, None, &[root]);
        }
    }
}
