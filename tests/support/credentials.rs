//! Files with content credentials, signed here by the crate's own builder with certificates of OpenSSL.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use std::{
    fs,
    io::Cursor,
    process::Command,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use c2pa::{Builder, BuilderIntent, Context, DigitalSourceType, Signer, SigningAlg, create_signer};

use crate::{
    authority::{Authority, CA, Wanted},
    program::Folder,
};

/// Extensions of a signer of credentials; nobody answers at the address that it names for revocations.
pub const SIGNER: &str = "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\n\
    extendedKeyUsage=1.3.6.1.4.1.62558.2.1\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n\
    authorityInfoAccess=OCSP;URI:http://127.0.0.1:9/\n";
/// Of a signer of time tokens.
pub const STAMPER: &str = "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature\n\
    extendedKeyUsage=critical,timeStamping\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n";

/// Names of the kinds of files that are signed here.
pub const KINDS: [&str; 6] = ["jpg", "png", "webp", "mp4", "gif", "tiff"];
/// What stands in the claim and in an assertion of each.
pub const PROGRAM: &str = "bench-camera-of-this-test";
pub const NOTE: &str = "as-it-left-the-bench";

/// Certificates: `anchor` issued `signer` and `stamper`; `stranger` issued `other` and `clock`.
pub struct Issuers(pub Authority);

impl Issuers {
    pub fn new(name: &str) -> Self {
        let this = Self(Authority::new(name));
        let issuer = format!("{CA}subjectKeyIdentifier=hash\n");
        for root in ["anchor", "stranger"] {
            this.0.certificate(root, Wanted { issuer: "", extensions: &issuer, ..Wanted::default() });
        }
        this.issue("signer", "anchor", SIGNER);
        this.issue("stamper", "anchor", STAMPER);
        this.issue("other", "stranger", SIGNER);
        this.issue("clock", "stranger", STAMPER);
        this
    }

    pub fn issue(&self, name: &str, issuer: &str, extensions: &str) {
        self.0.certificate(name, Wanted { issuer, extensions, ..Wanted::default() });
    }

    /// A signer whose certificate is over in so many seconds.
    pub fn soon_over(&self, name: &str, seconds: u64) -> SystemTime {
        let over = SystemTime::now().duration_since(UNIX_EPOCH).unwrap() + Duration::from_secs(seconds);
        let date = Command::new("date").args(["-u", "+%Y%m%d%H%M%SZ", "-d", &format!("@{}", over.as_secs())]).output();
        let date = String::from_utf8(date.unwrap().stdout).unwrap();
        let valid = ["20200101000000Z", date.trim()];
        self.0.certificate(name, Wanted { issuer: "anchor", extensions: SIGNER, valid, ..Wanted::default() });
        UNIX_EPOCH + Duration::from_secs(over.as_secs() + 1)
    }

    /// A file of a certificate, as an option takes it.
    pub fn pem(&self, name: &str) -> String {
        self.0.path(&format!("{name}.pem")).to_str().unwrap().to_owned()
    }

    /// A signer with those certificates behind it.
    pub fn signer(&self, name: &str, behind: &[&str], clock: Option<&'static str>) -> Stamping<'_> {
        let mut chain = self.0.read(&format!("{name}.pem"));
        for issuer in behind {
            chain.extend(self.0.read(&format!("{issuer}.pem")));
        }
        let key = self.0.read(&format!("{name}.key"));
        let signer = create_signer::from_keys(&chain, &key, SigningAlg::Es256, None).unwrap();
        Stamping { signer, issuers: self, clock }
    }
}

/// A signer, and the signer of time tokens that it asks.
pub struct Stamping<'a> {
    signer: Box<dyn Signer + Send + Sync>,
    issuers: &'a Issuers,
    clock: Option<&'static str>,
}

impl Signer for Stamping<'_> {
    fn sign(&self, data: &[u8]) -> c2pa::Result<Vec<u8>> {
        self.signer.sign(data)
    }
    fn alg(&self) -> SigningAlg {
        self.signer.alg()
    }
    fn certs(&self) -> c2pa::Result<Vec<Vec<u8>>> {
        self.signer.certs()
    }
    fn reserve_size(&self) -> usize {
        if self.clock.is_some() { 8192 } else { 3072 }
    }
    fn send_timestamp_request(&self, message: &[u8]) -> Option<c2pa::Result<Vec<u8>>> {
        let request = self.signer.timestamp_request_body(message).unwrap();
        Some(Ok(self.issuers.0.reply(self.clock?, &[], &request)))
    }
}

/// A small picture or video of this kind, by FFmpeg; with noise, so that no bytes of it stand there twice.
pub fn plain(folder: &Folder, kind: &str, pattern: &str) -> Vec<u8> {
    let path = folder.path(&format!("plain-{pattern}.{kind}"));
    let source = format!("{pattern}=size=64x64:rate=4:duration=1,noise=alls=60");
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", &source]);
    if kind != "mp4" {
        command.args(["-frames:v", "1"]);
    }
    let made = command.arg(&path).output().expect("ffmpeg can be run");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    fs::read(path).unwrap()
}

/// A builder of credentials of a picture that a program generated.
pub fn builder() -> Builder {
    let definition = serde_json::json!({
        "claim_generator_info": [{ "name": PROGRAM, "version": "7" }],
        "assertions": [{ "label": "org.packseal.note", "data": { "note": NOTE } }],
    });
    let mut builder = Builder::from_context(Context::new()).with_definition(definition).unwrap();
    builder.set_intent(BuilderIntent::Create(DigitalSourceType::TrainedAlgorithmicMedia));
    builder
}

/// Signs a file.
pub fn signed(mut builder: Builder, signer: &Stamping<'_>, kind: &str, file: &[u8]) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    builder.sign(signer, kind, &mut Cursor::new(file), &mut out).unwrap();
    out.into_inner()
}

/// With the one place where these bytes stand, changed in its middle.
#[track_caller]
pub fn changed(file: &[u8], what: &[u8]) -> Vec<u8> {
    let places: Vec<_> = file.windows(what.len()).enumerate().filter(|(_, w)| *w == what).map(|(at, _)| at).collect();
    let [at] = places[..] else { panic!("{} stands at {places:?}", String::from_utf8_lossy(what)) };
    let mut file = file.to_vec();
    file[at + what.len() / 2] ^= 1;
    file
}
