//! The office's listener: TLS 1.2 and 1.3, with a certificate of the configuration or one that the station makes.
//!
//! It is bound when there is somebody who may log in, an administrator; this is looked at every few seconds, so that no
//! restart is needed. What is wrong with it (a certificate, an address that is not there yet) is logged and tried again:
//! it is no reason to record nothing.

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use axum::Router;
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose};
use sha2::{Digest, Sha256};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig, crypto,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        version::{TLS12, TLS13},
    },
};

use super::Desk;
use crate::{
    data::Data,
    durable::{self, DurableError},
    say::Trouble,
};

/// How often it is looked whether to listen.
const LOOK: Duration = Duration::from_secs(2);
/// The certificate that the station makes, below the data folder, and its key.
const OWN: [&str; 2] = ["keys/office.crt", "keys/office.key"];
/// How long that one holds: from before any station was made, as the clock of a new machine may be years behind, and for
/// longer than the machine, as whoever has compared its fingerprint should not have to again.
const HOLDS: [i32; 2] = [2020, 2049];

/// What a client is shown.
struct Identity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

/// Listens where and when the configuration says, and serves.
pub(super) async fn office(desk: Arc<Desk>, router: Router) {
    let Some(listen) = desk.station.data.config.office.listen.0 else { return };
    let lang = desk.station.data.config.language;
    let mut said = String::new();
    loop {
        let desk = desk.clone();
        match tokio::task::spawn_blocking(move || open(&desk, listen)).await {
            Ok(Ok(Some((listener, acceptor)))) => {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    super::serve(listener, router.clone(), Some(acceptor)).await;
                }
            }
            Ok(Err(trouble)) => {
                let line = trouble.line(lang);
                if line != said {
                    tracing::error!(cause = "office", "{line}");
                    said = line;
                }
            }
            Ok(Ok(None)) | Err(_) => {}
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Binds the address, if there is an administrator.
fn open(desk: &Desk, listen: SocketAddr) -> Result<Option<(TcpListener, TlsAcceptor)>, Trouble> {
    let has_admin = desk
        .accounts
        .has_admin()
        .map_err(|e| Trouble::new("cannot read the accounts: check the disk", "无法读取账号：请检查磁盘").because(e))?;
    if !has_admin {
        return Ok(None);
    }
    let data = &desk.station.data;
    let identity = match identity(data)? {
        Some(identity) => identity,
        None => make(data)?,
    };
    let shown = shown(&identity);
    let acceptor = TlsAcceptor::from(Arc::new(settings(data, identity)?));
    let cannot = |e: io::Error| {
        Trouble::new(
            format!(
                "cannot serve the office on {listen}: see office.listen in station.toml; tried again until it works"
            ),
            format!("无法在 {listen} 为办公室提供服务：请检查 station.toml 的 office.listen；将不断重试"),
        )
        .because(e)
    };
    let listener = TcpListener::bind(listen).map_err(cannot)?;
    listener.set_nonblocking(true).map_err(cannot)?;
    let address = listener.local_addr().map_err(cannot)?;
    tracing::info!("office: https://{address}, certificate SHA-256 {shown}");
    Ok(Some((listener, acceptor)))
}

/// SHA-256 of the office's certificate, as browsers show it; `None`: the station has not made one yet.
///
/// # Errors
/// Files that are not what the configuration says.
pub fn fingerprint(data: &Data) -> Result<Option<String>, Trouble> {
    let Some(identity) = identity(data)? else { return Ok(None) };
    let shown = shown(&identity);
    settings(data, identity).map(|_| Some(shown))
}

fn shown(identity: &Identity) -> String {
    let digest = Sha256::digest(identity.chain.first().map_or(&[][..], |certificate| certificate));
    digest.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(":")
}

/// Where certificate and key are.
fn files(data: &Data) -> [PathBuf; 2] {
    let office = &data.config.office;
    if is_own(data) { OWN.map(|name| data.root.join(name)) } else { [office.certificate.clone(), office.key.clone()] }
}

fn is_own(data: &Data) -> bool {
    data.config.office.certificate.as_os_str().is_empty()
}

/// The identity that is there; `None`: the station is still to make its own.
fn identity(data: &Data) -> Result<Option<Identity>, Trouble> {
    let [certificate, key] = files(data);
    // The certificate is written last.
    if is_own(data) && !certificate.exists() {
        return Ok(None);
    }
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(&certificate).and_then(Iterator::collect);
    let chain = chain.map_err(|e| bad(data, &certificate).because(e))?;
    let key = PrivateKeyDer::from_pem_file(&key).map_err(|e| bad(data, &key).because(e))?;
    Ok(Some(Identity { chain, key }))
}

fn settings(data: &Data, Identity { chain, key }: Identity) -> Result<ServerConfig, Trouble> {
    let builder = ServerConfig::builder_with_provider(Arc::new(crypto::ring::default_provider()));
    let builder = builder.with_protocol_versions(&[&TLS13, &TLS12]);
    // A key that is of another certificate is found here.
    let settings = builder.and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key));
    let [certificate, _] = files(data);
    let mut settings = settings.map_err(|e| bad(data, &certificate).because(e))?;
    settings.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(settings)
}

fn bad(data: &Data, path: &Path) -> Trouble {
    let shown = path.display();
    if is_own(data) {
        return Trouble::new(
            format!("{shown} cannot be used: remove {} and {}, and new ones are made", OWN[0], OWN[1]),
            format!("{shown} 无法使用：请删除 {} 和 {}，将重新生成", OWN[0], OWN[1]),
        );
    }
    Trouble::new(
        format!(
            "{shown} cannot be used: see office.certificate and office.key in station.toml (PEM, readable by the station)"
        ),
        format!("{shown} 无法使用：请检查 station.toml 的 office.certificate 和 office.key（PEM，站点可读）"),
    )
}

/// Makes the station's own: it signs for itself and for nothing else, so that a browser that is told to trust it trusts
/// no other page for it.
fn make(data: &Data) -> Result<Identity, Trouble> {
    let failed =
        |e: rcgen::Error| Trouble::new("the office's certificate cannot be made", "无法生成办公室证书").because(e);
    let host = rustix::system::uname();
    let host = host.nodename().to_str().unwrap_or_default().to_lowercase();
    let is_name = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned(), "::1".to_owned()];
    if is_name {
        names.extend([host.clone(), format!("{host}.local")]);
    }
    let mut params = CertificateParams::new(names).map_err(failed)?;
    let [first, last] = HOLDS;
    (params.not_before, params.not_after) = (rcgen::date_time_ymd(first, 1, 1), rcgen::date_time_ymd(last, 12, 31));
    params.distinguished_name.push(DnType::CommonName, if is_name { &host } else { "packseal" });
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // ECDSA over P-256: every browser knows it.
    let key = KeyPair::generate().map_err(failed)?;
    let certificate = params.self_signed(&key).map_err(failed)?;
    let [certificate_file, key_file] = files(data);
    let write = || {
        match std::fs::remove_file(&key_file) {
            // Of a making that was cut off.
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(durable::at("remove", &key_file)(e)),
            _ => {}
        }
        durable::create_mode(&key_file, key.serialize_pem().as_bytes(), 0o600)?;
        durable::replace(&certificate_file, certificate.pem().as_bytes())
    };
    write().map_err(|e: DurableError| {
        Trouble::new("the office's certificate cannot be written: check the disk", "无法写入办公室证书：请检查磁盘")
            .because(e)
    })?;
    let key = PrivateKeyDer::try_from(key.serialize_der());
    let key = key.map_err(|e| Trouble::new("the office's key is none", "办公室密钥无效").because(e))?;
    Ok(Identity { chain: vec![certificate.der().clone()], key })
}
