//! What a report says, in English and Chinese side by side.

use super::Lang;
use crate::{
    statement::{ClipState, ClockState, DerivedKind, Direction, Encoding, Opened, Reason, RevocationReason, Source},
    verdict::{Verdict, is_live},
    verify::DerivedVerdict,
};

crate::texts! {
    /// What a report of a verification says.
    Text;

    // The one word, and what it means.
    Verified, "VERIFIED: every byte is as the station sealed it, from the first statement to the closing one, and nothing contradicts it.",
        "已验证 (VERIFIED)：自首条声明至结束声明，每个字节均与录制端封存时一致，无相互矛盾之处。";
    Rejected, "REJECTED: do not rely on this clip; it is altered, contradicts itself or what was asked, or its key is revoked.",
        "不予采信 (REJECTED)：请勿依据这段录像；它被改动、自相矛盾、与所查内容不符，或其密钥已被吊销。";
    CouldNotCheck, "COULD NOT CHECK: nothing is said about this clip.", "无法核验 (COULD NOT CHECK)：对这段录像不作任何结论。";
    UnknownSigner, "UNKNOWN SIGNER: no trusted key was given for this clip, so nothing in it is proven.",
        "签名者未知 (UNKNOWN SIGNER)：未提供该录像的可信公钥，其内容均未得到证明。";
    Partial, "PARTIAL: authentic as far as it goes, but not everything is shown or proven; see below.",
        "部分证明 (PARTIAL)：现有部分与封存时一致，但并非全部内容都已展示或证明，详见下文。";

    Derived, "DERIVED: the station made this file from a sealed clip; that clip is the evidence, this file is not.",
        "派生 (DERIVED)：该文件由录制端从封存录像制成；证据是那段录像，而非该文件。";

    // The questions.
    Pictures, "Pictures", "画面";
    Coverage, "Coverage", "完整性";
    SourceLabel, "Source", "来源";
    Signer, "Signer", "签名者";
    Order, "Order", "单号";
    Time, "Time", "时间";
    Ledger, "Ledger", "账本";

    // The answers.
    Intact, "INTACT", "未改动 (INTACT)";
    AlteredAt, "ALTERED at second {}, fragment {}", "被改动 (ALTERED)：第 {} 秒，第 {} 片段";
    Altered, "ALTERED", "被改动 (ALTERED)";
    Contradictory, "NOT FULLY CHECKED: the statements contradict each other", "未完全核验 (NOT FULLY CHECKED)：各声明相互矛盾";
    NoKeyPictures, "NOT FULLY CHECKED: digests and structure agree, but no signature could be checked",
        "未完全核验 (NOT FULLY CHECKED)：摘要与结构一致，但签名未经核验";
    Complete, "COMPLETE", "完整 (COMPLETE)";
    EndNotShown, "END NOT SHOWN: cut off or interrupted; the cause is not known", "未见结尾 (END NOT SHOWN)：被截断或中断，原因未知";
    InterruptedBy, "INTERRUPTED: {}", "有中断 (INTERRUPTED)：{}";
    InterruptedGaps, "INTERRUPTED: spans in which nothing was recorded: {}", "有中断 (INTERRUPTED)：{} 段时间未录到画面";
    Excerpt, "EXCERPT: shows {} s to {} s of {} s", "节选 (EXCERPT)：展示第 {} 秒至第 {} 秒，全长 {} 秒";
    Gap, "nothing recorded from {} s to {} s", "第 {} 秒至第 {} 秒无画面";
    MoreGaps, "more such spans: {}", "另有 {} 段";
    Lost, "frames lost between {1} s and {2} s: {0}", "第 {1} 秒至第 {2} 秒之间丢失 {0} 帧";
    LostInAll, "frames lost: {} in all", "共丢失 {} 帧";
    Tail, "{} unproven bytes behind the last statement; do not play them", "最后一条声明之后有 {} 字节未经证明，请勿播放";
    NotDetermined, "NOT DETERMINED: checking stopped at the first refusal", "未判定：核验在首个问题处停止";
    NoKey, "NOT CHECKED: no trusted key", "未核验：没有可信公钥";
    LiveCamera, "live camera ({})", "实时摄像头 ({})";
    NotLive, "NOT A LIVE CAMERA ({})", "非实时摄像头 (NOT A LIVE CAMERA)：{}";
    SimulatedClock, "SIMULATED CLOCK", "模拟时钟 (SIMULATED CLOCK)";
    Trusted, "TRUSTED: {}", "可信 (TRUSTED)：{}";
    UnknownKey, "UNKNOWN KEY", "未知公钥 (UNKNOWN KEY)";
    Revoked, "REVOKED: {}", "已吊销 (REVOKED)：{}";
    RevokedBy, "REVOKED: {}, by {}, from {} on: {}", "已吊销 (REVOKED)：{}，由 {} 吊销，自 {} 起：{}";
    KeyLost, "lost", "丢失";
    KeyStolen, "stolen", "被盗";
    KeyRetired, "retired", "停用";
    KeyCompromised, "compromised", "可能泄露";
    RevokedLater, "revoked by {}, from {} on ({}); sealed before by trusted time", "已由 {} 吊销，自 {} 起（{}）；可信时间表明封存在此之前";
    NotEnrolled, "NOT ENROLLED for this clip: {}", "未就该录像登记 (NOT ENROLLED)：{}";
    EnrolledBy, "enrolled by {}, for pictures of {}", "由 {} 登记，画面来源：{}";
    EnrolledSince, "enrolled since {}", "登记自 {} 起有效";
    EnrolledUntil, "enrolled from {} to {}", "登记有效期 {} 至 {}";
    Certificate, "certificate over that root, not checked here: SHA-256 {}", "该根密钥附有证书（此处未核验）：SHA-256 {}";
    CertificateShown, "that certificate, shown, not checked against its authority:", "该证书（仅展示，未向其签发机构核验）：";
    CertificateSubject, "  subject {}", "  主体 {}";
    CertificateIssuer, "  issuer {}", "  签发者 {}";
    CertificateSerial, "  serial {}", "  序列号 {}";
    CertificateValidity, "  valid from {} to {}", "  有效期 {} 至 {}";
    NoEnd, "no end", "无截止";
    Matches, "MATCHES: {}", "一致 (MATCHES)：{}";
    Differs, "DIFFERS: asked for {}", "不一致 (DIFFERS)：所查单号 {}";
    DiffersStated, "DIFFERS: asked for {}, the clip is of {}", "不一致 (DIFFERS)：所查单号 {}，录像单号 {}";
    NotProven, "NOT PROVEN: asked for {}", "未证明 (NOT PROVEN)：所查单号 {}";
    NotAsked, "NOT ASKED", "未查询 (NOT ASKED)";
    LabelRead, "read from the picture in {} frames", "在 {} 帧画面中被识别";
    LabelConflict, "conflict: another number was read from the picture", "冲突：画面中识别出另一个单号";
    LabelNotRead, "not read from the picture", "未从画面识别";
    DeviceClock, "DEVICE CLOCK ONLY", "仅录制端时钟 (DEVICE CLOCK ONLY)";
    SealedBetween, "SEALED BETWEEN {} AND {} ({} s)", "封存时间介于 {} 与 {} 之间 (SEALED BETWEEN)，相隔 {} 秒";
    SealedBefore, "SEALED BEFORE {}", "封存于 {} 之前 (SEALED BEFORE)";
    BegunAfter, "BEGUN AFTER {}", "开始于 {} 之后 (BEGUN AFTER)";
    AfterBy, "its first statement names a time token of {}, by {}", "首条声明所指的时间戳：{}，签发机构：{}";
    BeforeBy, "the ledger as of checkpoint of {2} entries has a time token of {0}, by {1}", "账本（截至 {2} 条的检查点）的时间戳：{0}，签发机构：{1}";
    ClockOff, "the station's clock disagrees with trusted time", "录制端时钟与可信时间不符";
    UnknownAuthority, "a time token by an authority that is not trusted here was left out", "由此处未信任的机构签发的时间戳未采用";
    TimeAlgorithm, "a time token by SM2 or SM3 cannot be checked here and was left out", "采用 SM2 或 SM3 的时间戳此处无法核验，未采用";
    TimeContradicted, "CONTRADICTED", "相互矛盾 (CONTRADICTED)";
    ClockStepped, "the clock was stepped during the recording", "录制期间时钟被调整过";
    Included, "INCLUDED: entries {} and {} of the station's ledger, as of {} entries", "已收录 (INCLUDED)：录制端账本第 {}、{} 条，截至 {} 条";
    OrderStated, "ORDER COMPLETE (STATED): clip {} of {} of this order, by the station's signed count", "单号齐全（自述）(ORDER COMPLETE, STATED)：按录制端签名的清点，为该单号第 {} 段，共 {} 段";
    OtherClip, "another clip of this order, not part of this check: number {}, {}, {}", "该单号的另一段录像，不在本次核验之列：第 {} 段，{}，{}";
    OrderAudited, "ORDER COMPLETE (AUDITED): all entries {} to {}, from {} to {}, as of {}: no clip but those counted carries this order; nothing of it is missing there",
        "单号齐全（已审核）(ORDER COMPLETE, AUDITED)：账本第 {} 至 {} 条（{} 至 {}，截至 {} 条）全部核对：除所清点者外别无该单号的录像，其间无缺失";
    AuditedStarts, "that is every clip from number {} to {} of this station", "即该录制端第 {} 至 {} 段的全部录像";
    LedgerContradicted, "CONTRADICTED", "相互矛盾 (CONTRADICTED)";
    StateOpen, "open: being recorded, or interrupted", "未结束：录制中或已中断";
    StateSealed, "sealed", "已封存";
    StateCancelled, "sealed, cancelled by the packer", "已封存，由打包员取消";
    StateDamaged, "damaged", "已损坏";
    StateNeverWritten, "begun, nothing recorded", "已开始，未录到画面";
    StateDeleted, "deleted", "已删除";
    NotShown, "NOT SHOWN", "未出示 (NOT SHOWN)";

    // What the statements say.
    FactsHead, "Signed by the station:", "录制端签名的内容：";
    FactsStartHead, "Signed by the station in the first statement:", "录制端在首条声明中签名的内容：";
    FactsRevokedHead, "Signed with the revoked key:", "由已吊销密钥签名的内容：";
    Station, "Station key", "录制端公钥";
    Clip, "Clip", "录像编号";
    ClipNumber, "{}, number {} of this station", "{}，该录制端第 {} 段";
    NoOrder, "none", "无";
    Parcel, "Parcel", "包裹";
    Outgoing, "outgoing, opened by {} at bench {}", "发货，由{}开始，工位 {}";
    Return, "return, opened by {} at bench {}", "退货，由{}开始，工位 {}";
    ByScan, "scan", "扫码";
    ByControl, "control code", "控制码";
    ByApi, "interface", "接口";
    From, "From", "开始";
    To, "To", "结束";
    Picture, "Picture", "画面参数";
    PictureIs, "{} pixels, {} frames a second", "{} 像素，每秒 {} 帧";
    Frames, "Frames", "帧数";
    FramesIn, "{} in {} s", "{} 帧，{} 秒";
    Camera, "Camera", "摄像头";
    Encoding, "Encoding", "编码";
    ReEncoded, "H.264, encoded by the station", "H.264，由录制端编码";
    PassedThrough, "H.264, the camera's own coded pictures", "H.264，摄像头原始编码";
    Overlay, "Overlay", "叠加文字";
    OverlayDrawn, "order, station and time are drawn in", "画面中叠加单号、录制端与时间";
    OverlayNone, "none", "无";
    Clock, "Clock", "时钟";
    ClockSynchronised, "synchronised, as the station states", "已同步（录制端自述）";
    ClockUnsynchronised, "NOT SYNCHRONISED", "未同步";
    ClockUnknown, "not known whether synchronised", "同步状态未知";
    ClockSimulated, "simulated", "模拟";
    Closed, "Closed", "结束原因";
    NextScan, "next order scanned", "扫描了下一单";
    EndCode, "END code scanned", "扫描了结束码";
    SameCode, "same code scanned again", "再次扫描同一单号";
    Cancelled, "CANCEL code scanned", "扫描了取消码";
    Timeout, "time limit, or nothing moved", "到达时限或画面静止";
    Stopped, "stopped by a person or program", "由人员或程序停止";
    SourceEnd, "the file ended", "文件结束";
    FormatChanged, "the camera's picture format changed", "摄像头画面格式改变";
    CameraLost, "the camera was lost", "摄像头断开";
    DiskFull, "the disk was full", "磁盘已满";
    Damaged, "the disk failed", "磁盘故障";
    Shutdown, "the station was shut down", "录制端关机";
    Recovered, "found open when the station started again", "录制端重新启动时发现未结束";
    Software, "Software", "软件";

    // What a derivation note says.
    DerivedKind, "Kind", "种类";
    Share, "share copy, coded anew", "分享副本，重新编码";
    Still, "one picture", "单幅画面";
    Sheet, "contact sheet", "画面总览";
    MadeFrom, "Made from", "制作自";
    OfClip, "clip {}, closing statement {}", "录像 {}，结束声明 {}";
    Shows, "Shows", "展示";
    ShowsSpan, "second {} to {}, fragments {} to {}", "第 {} 秒至第 {} 秒，第 {} 至 {} 片段";
    Made, "Made", "制作";
    MadeAt, "{}, by the station's clock; {}; software {}", "{}（录制端时钟）；{}；软件 {}";
    OriginalLabel, "That clip", "该录像";
    OriginalNotGiven, "not given, NOT CHECKED: give it with --original", "未提供，未核验 (NOT CHECKED)：请用 --original 提供";

    // What is not proven.
    LimitsHead, "Not proven, or not checked:", "未证明或未核验：";
    LimitAltered, "What stands behind the first refusal was not relied on.", "首个问题之后的内容均未采信。";
    LimitDerived, "Nothing was checked in the pictures of this file: whoever decides should look at the clip.",
        "该文件的画面本身未经核验：请以封存录像为准。";
    LimitNoKey, "Nothing in this clip is proven until its signer's key is known.", "在得知签名者公钥之前，这段录像的任何内容都未得到证明。";
    LimitTransport, "The seal says nothing about transport, about the goods after delivery, or about anyone's intent.",
        "封存不证明运输中或签收后的状态，也不判断任何人的意图。";
    LimitScan, "The order number is bound by the scan (or given by the shop's system); it was not read from the parcel in the picture.",
        "单号由扫码绑定（或由商家系统给出），并未从画面中的包裹上识别。";
    LimitNumber, "Waybill numbers are used again: compare the date.", "运单号会重复使用：请核对日期。";
    LimitTime, "The time is the station's own clock; no outside time was checked.", "时间为录制端自己的时钟，未核验外部时间。";
    LimitBracket, "Trusted time bounds when the clip was sealed; that its pictures were taken then is the station's word.",
        "可信时间限定的是封存时间；画面是否拍摄于当时，仅为录制端自述。";
    LimitSimulated, "The times were counted by the frames; they are no time of day.", "时间由帧推算，不是钟表时间。";
    LimitOthers, "Other clips of this order are not excluded, nor other cameras, nor a roll-back of the station's whole disk.",
        "不排除该单号另有录像、另有摄像头，也不排除录制端整盘回退。";
    LimitAudited, "Other clips of this order outside the audited entries are not excluded, nor other cameras, nor a roll-back of the station's whole disk.",
        "在所审核的账本条目之外，不排除该单号另有录像，也不排除另有摄像头或录制端整盘回退。";
    LimitProgram, "Software version and program hash are the station's own word.", "软件版本与程序哈希仅为录制端自述。";
    LimitOwner, "Whoever owns the station's key can film a screen, feed a virtual camera or sign synthetic video.",
        "持有录制端密钥的人可以翻拍屏幕、接入虚拟摄像头，或为合成视频签名。";
}

impl Text {
    /// A verdict's one word, without its sentence.
    pub fn word(self, lang: Lang) -> &'static str {
        let text = self.of(lang);
        text.split_once([':', '：']).map_or(text, |(word, _)| word)
    }

    /// The word and its meaning.
    pub fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Verified => Self::Verified,
            Verdict::Rejected => Self::Rejected,
            Verdict::CouldNotCheck => Self::CouldNotCheck,
            Verdict::UnknownSigner => Self::UnknownSigner,
            Verdict::Partial => Self::Partial,
        }
    }

    /// What is said of a derived file.
    pub fn of_derived(verdict: DerivedVerdict) -> Self {
        match verdict {
            DerivedVerdict::Derived => Self::Derived,
            DerivedVerdict::Rejected => Self::Rejected,
            DerivedVerdict::UnknownSigner => Self::UnknownSigner,
        }
    }

    /// What was derived.
    pub fn of_kind(kind: DerivedKind) -> Self {
        match kind {
            DerivedKind::Share => Self::Share,
            DerivedKind::Still => Self::Still,
            DerivedKind::Sheet => Self::Sheet,
        }
    }

    /// Why a clip was closed.
    pub fn of_reason(reason: Reason) -> Self {
        match reason {
            Reason::NextScan => Self::NextScan,
            Reason::EndCode => Self::EndCode,
            Reason::SameCode => Self::SameCode,
            Reason::Cancelled => Self::Cancelled,
            Reason::Timeout => Self::Timeout,
            Reason::Stopped => Self::Stopped,
            Reason::SourceEnd => Self::SourceEnd,
            Reason::FormatChanged => Self::FormatChanged,
            Reason::CameraLost => Self::CameraLost,
            Reason::DiskFull => Self::DiskFull,
            Reason::Damaged => Self::Damaged,
            Reason::Shutdown => Self::Shutdown,
            Reason::Recovered => Self::Recovered,
        }
    }

    /// What became of a counted clip.
    pub fn of_state(state: ClipState) -> Self {
        match state {
            ClipState::Open => Self::StateOpen,
            ClipState::Sealed => Self::StateSealed,
            ClipState::Cancelled => Self::StateCancelled,
            ClipState::Damaged => Self::StateDamaged,
            ClipState::NeverWritten => Self::StateNeverWritten,
            ClipState::Deleted => Self::StateDeleted,
        }
    }

    /// Why a key was revoked.
    pub fn of_revocation(reason: RevocationReason) -> Self {
        match reason {
            RevocationReason::Lost => Self::KeyLost,
            RevocationReason::Stolen => Self::KeyStolen,
            RevocationReason::Retired => Self::KeyRetired,
            RevocationReason::Compromised => Self::KeyCompromised,
        }
    }

    /// What a station says of its clock.
    pub fn of_clock(state: ClockState) -> Self {
        match state {
            ClockState::Synchronised => Self::ClockSynchronised,
            ClockState::Unsynchronised => Self::ClockUnsynchronised,
            ClockState::Unknown => Self::ClockUnknown,
            ClockState::Simulated => Self::ClockSimulated,
        }
    }

    /// What opened a clip.
    pub fn of_opened(opened: Opened) -> Self {
        match opened {
            Opened::Scan => Self::ByScan,
            Opened::Control => Self::ByControl,
            Opened::Api => Self::ByApi,
        }
    }

    /// A parcel packed, or a return.
    pub fn of_direction(direction: Direction) -> Self {
        match direction {
            Direction::Outgoing => Self::Outgoing,
            Direction::Return => Self::Return,
        }
    }

    /// Whose coded pictures they are.
    pub fn of_encoding(encoding: Encoding) -> Self {
        match encoding {
            Encoding::ReEncoded => Self::ReEncoded,
            Encoding::PassedThrough => Self::PassedThrough,
        }
    }

    /// Where pictures come from.
    pub fn of_source(source: Source) -> Self {
        if is_live(source) { Self::LiveCamera } else { Self::NotLive }
    }
}
