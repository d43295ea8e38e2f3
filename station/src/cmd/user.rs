//! `user`: who may use the pages. The daemon may run meanwhile.

use std::io::{self, BufRead, IsTerminal, Write};

use evidence::{
    statement::ActKind,
    value::{Token, Value},
};
use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::Status;
use crate::{
    accounts::{Account, AccountError, Accounts, Role},
    acts, clock,
    data::{Data, Place},
    say::{Lang, Trouble},
};

/// Bytes of a line that may be a password.
const LINE: u64 = 4096;

/// Makes an account; its password comes from standard input.
///
/// # Errors
/// A folder that is no station's; a name or password that cannot be one; a name that is taken; the disk's.
pub fn add(place: &Place, name: &str, role: Role, lang: Lang) -> Result<Status, Trouble> {
    let (data, accounts) = open(place)?;
    let had_admin = accounts.has_admin().map_err(trouble)?;
    let name = Token::parse(name).ok_or_else(|| {
        Trouble::new(
            "a name has 1 to 64 of A-Z, a-z, 0-9, '.', '_', '+' and '-': choose another",
            "账号须为 1 到 64 个字母、数字、“.”、“_”、“+”或“-”：请另选",
        )
    })?;
    if accounts.knows(name.as_str()).map_err(trouble)? {
        return Err(trouble(AccountError::Taken));
    }
    let account = Account { name, role };
    let password = password(lang)?;
    let name = account.name.as_str();
    let note = noted(&data, ActKind::AccountMade, name)?;
    accounts.add(&account, &password, clock::wall().0, note).map_err(trouble)?;
    let role = role.as_str();
    super::print(lang.pick(format!("{name} may log in as {role}"), format!("{name} 可以 {role} 身份登录")))?;
    if let Some(listen) = data.config.office.listen.0.filter(|_| !had_admin && account.role == Role::Admin) {
        let port = listen.port();
        super::print(lang.pick(
            format!(
                "the office reaches the pages at https://ADDRESS-OF-THIS-MACHINE:{port} while the station runs; \
                 'packseal-station doctor' shows the certificate's fingerprint"
            ),
            format!("站点运行时，办公室可访问 https://本机地址:{port}；证书指纹见 packseal-station doctor"),
        ))?;
    }
    Ok(Status::Done)
}

/// Sets an account's password, from standard input; its sessions end.
///
/// # Errors
/// As [`add`]; a name that there is not.
pub fn set_password(place: &Place, name: &str, lang: Lang) -> Result<Status, Trouble> {
    let (data, accounts) = open(place)?;
    if !accounts.knows(name).map_err(trouble)? {
        return Err(trouble(AccountError::Unknown));
    }
    let password = password(lang)?;
    accounts.set_password(name, &password, noted(&data, ActKind::PasswordSet, name)?).map_err(trouble)?;
    super::print(lang.pick(
        format!("{name} has a new password, and has to log in again"),
        format!("{name} 的密码已更改，需重新登录"),
    ))?;
    Ok(Status::Done)
}

/// Removes an account; its sessions end.
///
/// # Errors
/// A folder that is no station's; a name that there is not; the only administrator's; the disk's.
pub fn remove(place: &Place, name: &str, lang: Lang) -> Result<Status, Trouble> {
    let (data, accounts) = open(place)?;
    accounts.remove(name, noted(&data, ActKind::AccountRemoved, name)?).map_err(trouble)?;
    super::print(lang.pick(format!("{name} may not log in any more"), format!("{name} 不能再登录")))?;
    Ok(Status::Done)
}

/// Lists the accounts.
///
/// # Errors
/// A folder that is no station's; the disk's.
pub fn list(place: &Place) -> Result<Status, Trouble> {
    let (_, accounts) = open(place)?;
    for listed in accounts.all().map_err(trouble)? {
        let (name, role, made) = (listed.account.name, listed.account.role.as_str(), listed.made.to_string());
        super::print(format_args!("{:<20} {role:<8} {}", name.as_str(), made.get(..19).unwrap_or(&made)))?;
    }
    Ok(Status::Done)
}

fn open(place: &Place) -> Result<(Data, Accounts), Trouble> {
    let data = place.open()?;
    let accounts = data.accounts()?;
    Ok((data, accounts))
}

/// Notes this act, when it is called. By nobody: whoever may run this on the machine has no account for it.
pub(super) fn noted(
    data: &Data,
    kind: ActKind,
    name: &str,
) -> Result<impl FnOnce() -> Result<(), acts::ActError>, Trouble> {
    data.require_home()?;
    let (catalogue, key) = (data.catalogue()?, data.key()?);
    Ok(move || acts::note((&catalogue, &key), None, kind, Some(name)))
}

/// A password: asked for twice on a terminal, else one line.
fn password(lang: Lang) -> Result<String, Trouble> {
    let cannot = |e: io::Error| Trouble::new("cannot read the password", "无法读取密码").because(e);
    if !io::stdin().is_terminal() {
        return line().map_err(cannot);
    }
    let first = ask(lang.pick("Password: ", "密码：")).map_err(cannot)?;
    if ask(lang.pick("Once more: ", "再次输入：")).map_err(cannot)? != first {
        return Err(Trouble::new("the two passwords differ: try again", "两次输入的密码不同：请重试"));
    }
    Ok(first)
}

/// Asks on the terminal and does not show what is typed.
fn ask(what: &str) -> io::Result<String> {
    let mut err = io::stderr();
    err.write_all(what.as_bytes())?;
    err.flush()?;
    let stdin = io::stdin();
    let before = tcgetattr(&stdin)?;
    let mut hidden = before.clone();
    // Without signals: Ctrl-C would leave the terminal as it is now.
    hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ISIG);
    tcsetattr(&stdin, OptionalActions::Flush, &hidden)?;
    let typed = line();
    tcsetattr(&stdin, OptionalActions::Flush, &before)?;
    writeln!(err)?;
    typed
}

/// A line without its end. A control character in it was meant for something else.
fn line() -> io::Result<String> {
    let mut line = String::new();
    io::Read::take(io::stdin().lock(), LINE).read_line(&mut line)?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains(char::is_control) { Err(io::ErrorKind::Interrupted.into()) } else { Ok(line.to_owned()) }
}

fn trouble(error: AccountError) -> Trouble {
    match error {
        AccountError::Taken => Trouble::new(
            "there is an account of this name already: see 'packseal-station user list'",
            "该账号已存在：请查看 packseal-station user list",
        ),
        AccountError::Unknown => Trouble::new(
            "there is no account of this name: see 'packseal-station user list'",
            "没有这个账号：请查看 packseal-station user list",
        ),
        AccountError::LastAdmin => Trouble::new(
            "it is the only administrator's account: make another one first",
            "这是唯一的管理员账号：请先新建另一个",
        ),
        AccountError::Password => Trouble::new(
            "a password has 10 characters or more, and 256 bytes at most: choose another",
            "密码至少 10 个字符，最多 256 字节：请另选",
        ),
        error => Trouble::new(
            "the accounts cannot be written, nothing was changed: check the disk, then try again",
            "无法写入账号，未作更改：请检查磁盘后重试",
        )
        .because(error),
    }
}
