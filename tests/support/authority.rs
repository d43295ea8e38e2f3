//! A time authority: `openssl ts`, with certificates of every kind, in a folder of its own.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

/// Extensions of an issuer.
pub const CA: &str = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\n";
/// Extensions of a signer of time tokens.
pub const SIGNER: &str = "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\n\
    extendedKeyUsage=critical,timeStamping\nsubjectKeyIdentifier=hash\n";
/// Validity that includes the day of the test.
pub const LONG: [&str; 2] = ["20200101000000Z", "20491231235959Z"];

/// Keys, as `openssl req -newkey` names them, with its further options.
pub const RSA: &[&str] = &["rsa:2048"];
pub const P256: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
pub const P384: &[&str] = &["ec", "-pkeyopt", "ec_paramgen_curve:P-384"];

/// One certificate that is wanted.
pub struct Wanted<'a> {
    pub key: &'a [&'a str],
    pub issuer: &'a str,
    pub valid: [&'a str; 2],
    pub extensions: &'a str,
    /// Further arguments of `openssl ca`.
    pub options: &'a [&'a str],
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self { key: P256, issuer: "root", valid: LONG, extensions: SIGNER, options: &[] }
    }
}

/// The folder, with a certificate and a key for each name.
pub struct Authority(PathBuf);

impl Authority {
    /// In a new folder: the issuer `root` (RSA) and the signers `rsa` and `p256`.
    pub fn new(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let this = Self(folder);
        this.write("index.txt", b"");
        this.write(
            "openssl.cnf",
            b"[req]\ndistinguished_name=dn\n[dn]\n\
            [ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nnew_certs_dir=.\npolicy=p\ndefault_md=sha256\nrand_serial=yes\n\
            unique_subject=no\n[p]\norganizationName=supplied\ncommonName=supplied\n\
            [tsa]\ndefault_tsa=t\n[t]\nserial=tsa-serial\ncrypto_device=builtin\ndefault_policy=1.2.3.4.1\n\
            signer_digest=sha256\ndigests=sha256\naccuracy=secs:1,millisecs:500,microsecs:100\nordering=no\n\
            tsa_name=yes\ness_cert_id_chain=no\ness_cert_id_alg=sha256\nclock_precision_digits=6\n",
        );
        this.certificate("root", Wanted { key: RSA, issuer: "", extensions: CA, ..Wanted::default() });
        this.certificate("rsa", Wanted { key: RSA, ..Wanted::default() });
        this.certificate("p256", Wanted::default());
        this
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Runs openssl in the folder; its result may be a failure.
    pub fn try_openssl(&self, args: &[&str]) -> Output {
        let mut command = Command::new("openssl");
        command.args(args).current_dir(&self.0).env("OPENSSL_CONF", self.path("openssl.cnf")).stdin(Stdio::null());
        command.output().expect("openssl can be run")
    }

    /// Runs openssl in the folder.
    pub fn openssl(&self, args: &[&str]) {
        let output = self.try_openssl(args);
        assert!(output.status.success(), "openssl {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Makes NAME.key, NAME.pem and NAME.der, with the subject `O=packseal test, CN=NAME`.
    pub fn certificate(&self, name: &str, wanted: Wanted<'_>) {
        let (key, request) = (format!("{name}.key"), format!("{name}.csr"));
        let subject = format!("/O=packseal test/CN={}", name.split('~').next().unwrap());
        let new = ["req", "-new", "-nodes", "-keyout", &key, "-subj", &subject, "-out", &request, "-newkey"];
        self.openssl(&[&new[..], wanted.key].concat());
        self.issue(name, &wanted);
    }

    /// Makes another certificate for the key and the subject of one that is there.
    pub fn certify_again(&self, name: &str, of: &str, wanted: Wanted<'_>) {
        for kind in ["key", "csr"] {
            self.write(&format!("{name}.{kind}"), &self.read(&format!("{of}.{kind}")));
        }
        self.issue(name, &wanted);
    }

    fn issue(&self, name: &str, wanted: &Wanted<'_>) {
        self.write("extensions", wanted.extensions.as_bytes());
        let request = format!("{name}.csr");
        let (pem, issuer, key) = (format!("{name}.pem"), format!("{}.pem", wanted.issuer), format!("{name}.key"));
        let issuer_key = format!("{}.key", wanted.issuer);
        let [from, to] = wanted.valid;
        let mut args = vec!["ca", "-batch", "-notext", "-config", "openssl.cnf", "-in", &request, "-out", &pem];
        args.extend(["-startdate", from, "-enddate", to, "-extfile", "extensions"]);
        match wanted.issuer {
            "" => args.extend(["-selfsign", "-keyfile", &key]),
            _ => args.extend(["-cert", &issuer, "-keyfile", &issuer_key]),
        }
        args.extend(wanted.options);
        self.openssl(&args);
        self.openssl(&["x509", "-in", &pem, "-outform", "DER", "-out", &format!("{name}.der")]);
    }

    /// The answer of the authority `openssl ts` with this signer to a request, with the issuers between it and the root.
    pub fn reply(&self, signer: &str, between: &[&str], request: &[u8]) -> Vec<u8> {
        self.write("request.tsq", request);
        let (certificate, key) = (format!("{signer}.pem"), format!("{signer}.key"));
        let mut args = vec!["ts", "-reply", "-config", "openssl.cnf", "-queryfile", "request.tsq"];
        args.extend(["-signer", &certificate, "-inkey", &key, "-out", "reply.tsr"]);
        self.bundle("bundle.pem", between);
        if !between.is_empty() {
            args.extend(["-chain", "bundle.pem"]);
        }
        self.openssl(&args);
        self.read("reply.tsr")
    }

    /// A token over this TSTInfo by `openssl cms`, which signs for anybody. `-cades` adds the signer's certificate id.
    pub fn token(&self, signers: &[&str], between: &[&str], options: &[&str], info: &[u8]) -> Vec<u8> {
        self.write("info.der", info);
        self.bundle("bundle.pem", between);
        let files: Vec<[String; 2]> = signers.iter().map(|s| [format!("{s}.pem"), format!("{s}.key")]).collect();
        let mut args = vec!["cms", "-sign", "-binary", "-nodetach", "-nosmimecap", "-outform", "DER"];
        args.extend(["-in", "info.der", "-out", "token.der"]);
        for [certificate, key] in &files {
            args.extend(["-signer", certificate, "-inkey", key]);
        }
        if !between.is_empty() {
            args.extend(["-certfile", "bundle.pem"]);
        }
        args.extend(options);
        if !options.contains(&"-econtent_type") {
            args.extend(["-econtent_type", "1.2.840.113549.1.9.16.1.4"]);
        }
        self.openssl(&args);
        self.read("token.der")
    }

    fn bundle(&self, name: &str, certificates: &[&str]) {
        let bundle: Vec<u8> = certificates.iter().flat_map(|c| self.read(&format!("{c}.pem"))).collect();
        self.write(name, &bundle);
    }

    /// What `openssl ts -verify` says of a token (or, with `answer`, of a whole answer to that request) at a time, in
    /// seconds since 1970.
    pub fn verifies(&self, bytes: &[u8], digest: Digest<'_>, root: &str, seconds: i64) -> bool {
        self.write("verified", bytes);
        let (root, seconds) = (format!("{root}.pem"), seconds.to_string());
        let mut args = vec!["ts", "-verify", "-in", "verified", "-CAfile", &root, "-attime", &seconds];
        let hex;
        match digest {
            Digest::Token(hash) => {
                hex = hash.iter().map(|b| format!("{b:02x}")).collect::<String>();
                args.extend(["-token_in", "-digest", &hex]);
            }
            Digest::Answer(request) => {
                self.write("verified.tsq", request);
                args.extend(["-queryfile", "verified.tsq"]);
            }
        }
        let output = self.try_openssl(&args);
        let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
        assert!(said.contains("Verification: "), "openssl judged nothing: {said}");
        output.status.success()
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What a token must be of.
pub enum Digest<'a> {
    /// Data with this digest.
    Token(&'a [u8]),
    /// This request.
    Answer(&'a [u8]),
}

/// DER of one value.
pub fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = match content.len() {
        n @ 0..=127 => vec![n as u8],
        n @ 128..=255 => vec![0x81, n as u8],
        n => vec![0x82, (n >> 8) as u8, n as u8],
    };
    [&[tag][..], &length, content].concat()
}

/// The parts of a TSTInfo, each in DER, to be changed one by one.
#[derive(Clone)]
pub struct Info {
    pub version: Vec<u8>,
    pub algorithm: Vec<u8>,
    pub hash: Vec<u8>,
    pub serial: Vec<u8>,
    pub time: Vec<u8>,
    /// What follows the time: accuracy, ordering, nonce, name, extensions.
    pub rest: Vec<u8>,
}

/// SHA-256, SHA-512 and SHA-1 as algorithm identifiers.
pub const SHA256: &[u8] = b"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00";
pub const SHA512: &[u8] = b"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x03\x05\x00";
pub const SHA1: &[u8] = b"\x30\x09\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00";
pub const SM3: &[u8] = b"\x30\x0c\x06\x08\x2a\x81\x1c\xcf\x55\x01\x83\x11\x05\x00";

impl Info {
    /// Of data with this SHA-256 at this time (`20260601120000Z`).
    pub fn new(hash: &[u8], time: &str) -> Self {
        Self {
            version: der(2, &[1]),
            algorithm: SHA256.to_vec(),
            hash: hash.to_vec(),
            serial: der(2, &[0x7b]),
            time: der(0x18, time.as_bytes()),
            rest: vec![],
        }
    }

    pub fn to_der(&self) -> Vec<u8> {
        let policy = der(6, &[0x2a, 3, 4, 1]);
        let imprint = der(0x30, &[&self.algorithm[..], &der(4, &self.hash)].concat());
        let parts = [&self.version[..], &policy, &imprint, &self.serial, &self.time, &self.rest];
        der(0x30, &parts.concat())
    }
}
