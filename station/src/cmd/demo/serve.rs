//! The demo's station at work: the daemon itself, with the pattern as its bench.

use std::{
    fs,
    net::{Ipv4Addr, TcpListener},
    path::Path,
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use evidence::{statement::ActKind, value::Value};

use crate::{
    accounts::{Account, Role},
    clock,
    cmd::{Status, print, run, user},
    data::{Data, Place},
    say::{Lang, Trouble},
};

/// What the sample configuration says of the camera, and what the demo's says.
const CAMERA: [&str; 2] = ["\ncamera = \"usb\"\n", "\ncamera = \"pattern:640x360@10\"\n"];
/// Where the sample's office is, and the demo's: nowhere but on this machine.
const OFFICE: [&str; 2] = ["\nlisten = \"0.0.0.0:8961\"\n", "\nlisten = \"\"\n"];
/// Where the sample's pages are.
const LISTEN: &str = "127.0.0.1:8960";
/// The first log-in's name.
const NAME: &str = "admin";

/// Serves until the process is told to stop.
///
/// # Errors
/// What keeps the daemon from starting.
pub(super) fn serve(place: &Place, lang: Lang) -> Result<Status, Trouble> {
    let data = place.open()?;
    configure(&data.root)?;
    let password = first_log_in(&data)?;
    let bench = data.config.bench.first().map_or("", |bench| bench.name.as_str()).to_owned();
    drop(data);
    run::run(place, false, "warn", lang, &|address| {
        print(lang.pick("\nThe station is at work. Ctrl-C ends it.", "\n工位正在运行。按 Ctrl-C 结束。"))?;
        print(lang.pick(
            format!("  desk         http://{address}\n  bench screen http://{address}/bench/{bench}"),
            format!("  售后台   http://{address}\n  工位屏幕 http://{address}/bench/{bench}"),
        ))?;
        match &password {
            Some(password) => print(lang.pick(
                format!("  log in as    {NAME}\n  password     {password}"),
                format!("  账号     {NAME}\n  密码     {password}"),
            )),
            None => print(lang.pick("  log in as before", "  请使用原有账号登录")),
        }
    })
}

/// The demo's camera is the pattern, its port one that is free, and nobody else reaches it.
fn configure(root: &Path) -> Result<(), Trouble> {
    let path = root.join("station.toml");
    let cannot = |e| Trouble::new("cannot write the demo's station.toml", "无法写入演示的 station.toml").because(e);
    let before = fs::read_to_string(&path).map_err(cannot)?;
    let mut text = before.replace(CAMERA[0], CAMERA[1]).replace(OFFICE[0], OFFICE[1]);
    // Looked for only where it is the sample's, so that whoever set one keeps it.
    if text.contains(LISTEN) && TcpListener::bind(LISTEN).is_err() {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        text = text.replace(LISTEN, &free.map_err(cannot)?.to_string());
    }
    if text == before { Ok(()) } else { fs::write(&path, text).map_err(cannot) }
}

/// An administrator with a password of chance, where there is none yet: the password.
fn first_log_in(data: &Data) -> Result<Option<String>, Trouble> {
    let cannot = |e| Trouble::new("cannot make the first log-in", "无法创建首个账号").because(e);
    let accounts = data.accounts()?;
    if accounts.has_admin().map_err(cannot)? {
        return Ok(None);
    }
    let mut bytes = [0; 12];
    getrandom::fill(&mut bytes).map_err(|e| Trouble::new("no random numbers", "无法获取随机数").because(e))?;
    let password = URL_SAFE_NO_PAD.encode(bytes);
    let Some(name) = Value::parse(NAME) else { return Ok(None) };
    let note = user::noted(data, ActKind::AccountMade, NAME)?;
    accounts.add(&Account { name, role: Role::Admin }, &password, clock::wall().0, note).map_err(cannot)?;
    Ok(Some(password))
}
