//! The subcommands, a file each.

pub mod check;
pub mod codes;
pub mod config;
pub mod demo;
pub mod doctor;
pub mod enrol;
pub mod export;
pub mod hold;
pub mod init;
pub mod key;
pub mod list;
pub mod prove;
pub mod record;
pub mod renew_key;
pub mod root;
pub mod run;
pub mod seal_proof;
pub mod status;
pub mod user;

use std::{
    fmt::Display,
    fs::File,
    io::{self, Write},
};

use evidence::value::{Hash, Order, Token, Value};
use sha2::{Digest, Sha256};

use crate::{
    clip::ClipError,
    data::{Data, Locked, Place, Renewed},
    recorder,
    recovery::{self, Outcome, RecoveryError},
    say::{Lang, Trouble},
};

/// Exit statuses of the station.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Done.
    Done,
    /// Files, catalogue and statements disagree.
    Disagreement,
    /// A bench needs somebody to look.
    Attention,
    /// The clip was sealed before it was meant to be.
    SealedEarly,
}

impl From<Status> for std::process::ExitCode {
    fn from(status: Status) -> Self {
        Self::from(match status {
            Status::Done => 0,
            Status::Disagreement | Status::Attention => 1,
            Status::SealedEarly => 4,
        })
    }
}

/// Prints text and a line's end on standard output. A reader that stopped reading has what it wanted.
fn print(text: impl Display) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Trouble::new("cannot write the output: check where it goes", "无法写出结果：请检查输出位置").because(e))
        }
        _ => Ok(()),
    }
}

/// An order number as it was typed.
///
/// # Errors
/// Anything outside its alphabet.
pub fn order(text: &str) -> Result<Order, Trouble> {
    Order::parse(text).ok_or_else(|| {
        let shown: String = text.chars().take(80).filter(|c| !c.is_control()).collect();
        Trouble::new(
            format!("'{shown}' is not an order number: use 1 to 64 of A-Z, a-z, 0-9, '.', '_' and '-'"),
            format!("“{shown}”不是单号：请使用 1 到 64 个字母、数字、“.”、“_”或“-”"),
        )
    })
}

/// Opens the data folder for recording: locked, with a new key where it was restored or copied, with what a crash left
/// recovered and said.
fn open(place: &Place, lang: Lang) -> Result<Locked, Trouble> {
    let (station, renewed) = place.open()?.lock_to_record()?;
    if let Some(Renewed { renewal, moved }) = renewed {
        eprintln!("{}", renew_key::told(&renewal, moved, lang));
        eprintln!("{}", station.key.verifier());
    }
    recover(&station, lang)?;
    // Without room nothing is recorded, which is said where it is tried.
    match station.publish() {
        Err(e) if !e.is_full() => Err(recorder::trouble(ClipError::Ledger(e))),
        _ => Ok(station),
    }
}

/// Recovers and says what became of each clip; how many were set aside.
fn recover(station: &Locked, lang: Lang) -> Result<u64, Trouble> {
    let outcomes = recovery::recover(station).map_err(|e: RecoveryError| {
        Trouble::new(
            "cannot recover what a crash left: check the disk, then try again",
            "无法恢复中断的录像：请检查磁盘后重试",
        )
        .because(e)
    })?;
    let mut damaged = 0;
    for (clip, outcome) in outcomes {
        let what = match outcome {
            Outcome::WasSealed => {
                lang.pick("was sealed; the catalogue knows it now".into(), "已封存，目录已补记".into())
            }
            Outcome::Recovered { discarded } => lang.pick(
                format!("was interrupted; sealed as recovered, {discarded} unproven bytes set aside"),
                format!("曾中断；已按“恢复”封存，{discarded} 字节未证明数据已另存"),
            ),
            Outcome::NeverWritten => {
                lang.pick("was interrupted before its first picture".into(), "在首个画面之前中断".into())
            }
            Outcome::Damaged(why) => {
                damaged += 1;
                let code = why.map_or("-", |c| c.as_str());
                lang.pick(
                    format!("is damaged and was set aside, unsigned ({code})"),
                    format!("已损坏，未签名，已隔离（{code}）"),
                )
            }
            Outcome::Deleted => {
                lang.pick("was being deleted; its deletion is finished".into(), "删除曾中断；现已完成".into())
            }
            Outcome::ProofSealed => {
                lang.pick("its proof was being written; it is whole now".into(), "证明写入曾中断；现已完成".into())
            }
            Outcome::ProofNotSealed(why) => lang.pick(
                format!("its proof was being written and cannot be finished: run 'packseal-station check' ({why})"),
                format!("证明写入曾中断且无法完成：请运行 packseal-station check（{why}）"),
            ),
            Outcome::NotDeleted(why) => lang.pick(
                format!("its time is over and it cannot be deleted: check the disk ({why})"),
                format!("已到期但无法删除：请检查磁盘（{why}）"),
            ),
        };
        eprintln!("{}: {what}", clip.path);
    }
    Ok(damaged)
}

/// The bench at which a clip is recorded without a daemon: the first one.
fn bench(station: &Locked) -> Result<Token, Trouble> {
    let name = station.data.config.bench.first().and_then(|bench| Token::parse(&bench.name));
    name.ok_or_else(|| Trouble::new("the configuration names no bench: add one", "配置中没有工位：请添加"))
}

/// SHA-256 of this program's file.
fn program() -> io::Result<Hash> {
    let mut hasher = Sha256::new();
    io::copy(&mut File::open("/proc/self/exe")?, &mut hasher)?;
    Ok(Hash(hasher.finalize().into()))
}

/// There must be room before a clip starts.
fn require_room(data: &Data) -> Result<(), Trouble> {
    let floor = data.config.storage.floor_mib;
    let shown = data.root.display();
    match data.free_mib() {
        Ok(free) if free >= floor => Ok(()),
        Ok(free) => Err(Trouble::new(
            format!(
                "no room to start: {free} MiB free at {shown}, {floor} MiB must stay free (storage.floor-mib): make room"
            ),
            format!("空间不足，无法开始：{shown} 剩余 {free} MiB，须保留 {floor} MiB（storage.floor-mib）：请腾出空间"),
        )),
        Err(e) => {
            Err(Trouble::new(format!("cannot read the free space of {shown}"), format!("无法读取 {shown} 的剩余空间"))
                .because(e))
        }
    }
}
