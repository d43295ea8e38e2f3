//! Every text for people, in English and Chinese side by side; nothing else in this program holds words.

use evidence::{
    finding::Code,
    statement::{ClipState, ClockState, Direction, Encoding, Opened, Reason, RevocationReason, Source},
    verdict::Verdict,
};

/// A language of the reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Lang {
    En,
    Zh,
}

impl Lang {
    /// The environment's: the first of LC_ALL, LC_MESSAGES and LANG that says something.
    pub fn of_environment() -> Self {
        let says = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(says);
        if locale.is_some_and(|locale| locale.starts_with("zh")) { Self::Zh } else { Self::En }
    }
}

/// A finding's message.
pub fn message(code: Code, lang: Lang) -> &'static str {
    match lang {
        Lang::En => code.en(),
        Lang::Zh => code.zh(),
    }
}

/// A tick of the clip's time line in seconds.
pub fn seconds(tick: u64) -> String {
    format!("{:.1}", tick as f64 / 90_000.0)
}

macro_rules! texts {
    ($($case:ident, $en:literal, $zh:literal;)+) => {
        /// A text for people; `{}` are filled by [`Text::with`] in turn.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Text { $($case),+ }

        impl Text {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$case),+];

            pub fn of(self, lang: Lang) -> &'static str {
                match (self, lang) { $((Self::$case, Lang::En) => $en, (Self::$case, Lang::Zh) => $zh),+ }
            }
        }
    };
}

texts! {
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

    // What is not proven.
    LimitsHead, "Not proven, or not checked:", "未证明或未核验：";
    LimitAltered, "What stands behind the first refusal was not relied on.", "首个问题之后的内容均未采信。";
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

    // What to do next.
    AdviceKey, "Ask the shop for its station's key by another way than the clip came, then give it: --trust FILE or --key NAME+KEYID+BASE64.",
        "请通过与录像不同的途径向商家索取录制端公钥，然后提供：--trust 文件 或 --key NAME+KEYID+BASE64。";
    AdviceOriginal, "Ask for the file as the station exported it; programs that convert or cut video change it.",
        "请索取录制端导出的原文件；转码或剪辑视频的程序会改动它。";
    AdviceOrder, "Compare the number with the label, letter by letter; upper and lower case count.", "请与面单逐字核对单号，区分大小写。";
    AdviceConflict, "Look at the label in the picture; ask for the clip of the number you see.", "请查看画面中的面单，并索取所见单号的录像。";
    AdviceAllClips, "Ask the shop for every clip of this order, and why its station counted them otherwise.", "请向商家索取该单号的全部录像，并询问录制端清点为何不符。";
    AdviceEnrolment, "Ask the shop for the clip with an enrolment that covers it, or for its station's own key.", "请向商家索取带有相应登记的录像，或索取录制端自己的公钥。";
    AdviceTime, "Ask the shop how its clock and its time authorities are set up; give only authorities that you trust.",
        "请向商家询问时钟与时间戳机构的设置；只提供您信任的机构。";
    AdviceRevoked, "Ask the owner of the station when and why the key was revoked.", "请向录制端所有者询问密钥吊销的时间与原因。";
    AdviceRest, "Ask for the whole clip if the rest matters.", "若其余部分重要，请索取完整录像。";
    AdviceGap, "Look at the seconds before and after the interruption.", "请查看中断前后的画面。";
    AdviceNotAClip, "Give the .mp4 file exactly as the station wrote it.", "请提供录制端写出的 .mp4 原文件。";
    AdviceNewer, "Get a newer packseal-verifier.", "请使用更新版本的 packseal-verifier。";

    // What went wrong before a clip was looked at.
    AtPlace, "second {}, fragment {}", "第 {} 秒，第 {} 片段";
    BadOrder, "'{}' cannot be an order number; give 1 to 64 letters, digits, '.', '_' or '-', as scanned", "“{}”不可能是单号；请按扫码内容提供 1 至 64 个字母、数字、“.”、“_”或“-”";
    NoSuchFile, "no such file; check the name", "没有这个文件，请检查文件名";
    NotReadable, "permission denied; ask for the right to read it", "无权读取，请先取得读取权限";
    NotAFile, "not a file; give one clip or key file", "不是文件，请提供单个录像或公钥文件";
    CannotRead, "cannot be read ({}); copy it again", "无法读取（{}），请重新复制";
    CannotWrite, "the report could not be written ({})", "报告无法写出（{}）";
    Changed, "the file changed while it was read; try again with a copy", "读取期间文件发生变化，请用副本重试";
    BadSeconds, "'{}' is no number of seconds; give one like 12 or 12.5", "“{}”不是秒数；请提供如 12 或 12.5 的数字";
    ExcerptCut, "{}: shows second {} to {} of {}; the rest exists and is not shown", "{}：展示第 {} 秒至第 {} 秒，全长 {} 秒；其余部分存在但未展示";
    ExcerptWritten, "{}: written; its signer is unknown", "{}：已写出；签名者未知";
    ExcerptNoEnd, "the clip has no closing statement, so nothing could say that the rest exists; cut from a clip that was closed",
        "该录像没有结束声明，无从说明其余部分存在；请从已结束的录像中节选";
    ExcerptOutside, "the clip is {} s long; give --from and --to within it, --from before --to", "该录像全长 {} 秒；请给出其中的 --from 与 --to，且 --from 在前";
    ExcerptNothing, "there are no pictures between these seconds; give others", "这几秒内没有画面；请另选";
    ExcerptWithheld, "this is an excerpt itself and does not show all of these seconds; cut from the whole clip", "该文件本身是节选，未展示全部这些秒；请从完整录像中节选";
    ExcerptWhole, "these seconds are all that the clip shows; hand over the clip itself", "这几秒即为该录像的全部画面；请直接交出录像本身";
    PageWritten, "{}: open it in a browser; it needs no network", "{}：请用浏览器打开，无需联网";
    FileExists, "{}: there is such a file already; give another name", "{}：文件已存在；请换一个名称";
    FileNotWritten, "{}: cannot be written ({}); give another place, or make room", "{}：无法写出（{}）；请换一个位置或腾出空间";
    NoCertificate, "not an X.509 certificate in PEM or DER; give the file that the shop gave you", "不是 PEM 或 DER 格式的 X.509 证书；请提供商家给出的文件";
    OtherCertificate, "this certificate is not the one that a valid enrolment in the clip names; ask the shop for that file, byte for byte, or leave --certificate away",
        "该证书不是录像中有效登记所指的证书；请向商家索取原文件（逐字节一致），或不使用 --certificate";
    CertificateNotCompared, "  the certificate was not compared: no valid enrolment of this clip was found", "  证书未比对：没有该录像的有效登记";
    TrustTooLarge, "larger than 1 MiB; this is not a file of keys", "超过 1 MiB，不是公钥文件";
    TrustBinary, "not text; this is not a file of keys", "不是文本，不是公钥文件";
    TrustEmpty, "no key in it; write a line like 'station NAME+KEYID+BASE64'", "其中没有公钥；请写入形如 'station NAME+KEYID+BASE64' 的一行";
    TrustLine, "line {}: {}", "第 {} 行：{}";
    TrustRole, "unknown role '{}'; use station, root, witness, revoked, revocation or tsa", "未知角色“{}”；可用 station、root、witness、revoked、revocation 或 tsa";
    TrustRevocation, "not a revocation; copy the whole line again", "不是吊销声明；请重新复制整行";
    TrustAuthority, "not the root certificate of a time authority; copy the whole line again", "不是时间戳机构的根证书；请重新复制整行";
    TrustAuthorityTwice, "this time authority stands there already; take the line away", "该时间戳机构已列出；请删除此行";
    TsaForm, "not the root certificate of a time authority in PEM or DER ({})", "不是 PEM 或 DER 格式的时间戳机构根证书（{}）";
    TrustRevocationRoot, "the revocation is not signed by a root listed in this file or one before it; list that root, or take the line away", "该吊销声明未由本文件或之前文件所列的根密钥签名；请列入该根密钥，或删除此行";
    TrustClash, "another key has the same name and key id; keep the right one only", "另一公钥具有相同的名称与编号；请只保留正确的一个";
    TrustTwoRoles, "this key already has another role; give it one", "该公钥已有另一角色；请只给一个角色";
    KeyForm, "not a key of the form NAME+KEYID+BASE64; copy the whole line again", "不是 NAME+KEYID+BASE64 形式的公钥；请重新复制整行";
    KeyId, "the key id does not belong to this name and key; copy the whole line again", "编号与名称和公钥不符；请重新复制整行";
    KeyName, "the name does not end in the digits of the key; copy the whole line again", "名称末尾与公钥不符；请重新复制整行";
    KeyPoint, "not an acceptable Ed25519 public key; ask for the station's key again", "不是可接受的 Ed25519 公钥；请重新索取";
}

impl Text {
    /// The text with its places filled: `{}` in turn, `{0}` by number.
    pub fn with(self, lang: Lang, values: &[&str]) -> String {
        let mut pieces = self.of(lang).split('{');
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for (turn, piece) in pieces.enumerate() {
            let (number, rest) = piece.split_once('}').unwrap_or_default();
            text.push_str(values.get(number.parse().unwrap_or(turn)).unwrap_or(&""));
            text.push_str(rest);
        }
        text
    }

    /// A verdict's one word, without its sentence.
    pub fn word(self, lang: Lang) -> &'static str {
        let text = self.of(lang);
        text.split_once([':', '：']).map_or(text, |(word, _)| word)
    }

    pub fn of_verdict(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Verified => Self::Verified,
            Verdict::Rejected => Self::Rejected,
            Verdict::CouldNotCheck => Self::CouldNotCheck,
            Verdict::UnknownSigner => Self::UnknownSigner,
            Verdict::Partial => Self::Partial,
        }
    }

    /// What to do about a finding that has an effect on the verdict.
    pub fn advice(code: Code) -> Option<Self> {
        use Code::*;
        Some(match code {
            NotAClip => Self::AdviceNotAClip,
            ProofNewer => Self::AdviceNewer,
            SignerUnknown => Self::AdviceKey,
            SignerRevoked => Self::AdviceRevoked,
            TimeBracket | TimeClock => Self::AdviceTime,
            EnrolmentKey | EnrolmentPeriod | EnrolmentSource => Self::AdviceEnrolment,
            OrderDiffers | OrderNotProven => Self::AdviceOrder,
            OrderConflict => Self::AdviceConflict,
            LedgerEntries | LedgerCount => Self::AdviceAllClips,
            EndNotShown | Excerpt => Self::AdviceRest,
            Interrupted => Self::AdviceGap,
            UnprovenTail | FramesLost | NotLive | SimulatedClock | ClockUnsynchronised | ClockStepped | DeviceClock
            | TimeClockOff | TimeUnknownAuthority | TimeAlgorithm | SignerRevokedLater | EnrolmentUnknownRoot
            | LedgerNotShown | LedgerOthers | LedgerOtherClips | LedgerOwnCount | LedgerSpanOnly => return None,
            _ => Self::AdviceOriginal,
        })
    }

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

    pub fn of_revocation(reason: RevocationReason) -> Self {
        match reason {
            RevocationReason::Lost => Self::KeyLost,
            RevocationReason::Stolen => Self::KeyStolen,
            RevocationReason::Retired => Self::KeyRetired,
            RevocationReason::Compromised => Self::KeyCompromised,
        }
    }

    pub fn of_clock(state: ClockState) -> Self {
        match state {
            ClockState::Synchronised => Self::ClockSynchronised,
            ClockState::Unsynchronised => Self::ClockUnsynchronised,
            ClockState::Unknown => Self::ClockUnknown,
            ClockState::Simulated => Self::ClockSimulated,
        }
    }

    pub fn of_opened(opened: Opened) -> Self {
        match opened {
            Opened::Scan => Self::ByScan,
            Opened::Control => Self::ByControl,
            Opened::Api => Self::ByApi,
        }
    }

    pub fn of_direction(direction: Direction) -> Self {
        match direction {
            Direction::Outgoing => Self::Outgoing,
            Direction::Return => Self::Return,
        }
    }

    pub fn of_encoding(encoding: Encoding) -> Self {
        match encoding {
            Encoding::ReEncoded => Self::ReEncoded,
            Encoding::PassedThrough => Self::PassedThrough,
        }
    }

    pub fn of_source(source: Source) -> Self {
        if evidence::verdict::is_live(source) { Self::LiveCamera } else { Self::NotLive }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The places of a text, in order of their numbers.
    fn places(text: &str) -> Vec<usize> {
        let number = |(turn, piece): (usize, &str)| piece.split_once('}').unwrap().0.parse().unwrap_or(turn);
        let mut places: Vec<usize> = text.split('{').skip(1).enumerate().map(number).collect();
        places.sort_unstable();
        places
    }

    #[test]
    fn both_languages_take_the_same_values() {
        for text in Text::ALL {
            assert_eq!(places(text.of(Lang::En)), places(text.of(Lang::Zh)), "{text:?}");
        }
    }

    #[test]
    fn no_text_promises_what_no_seal_can() {
        let banned = ["fake", "fraud", "100 %", "100%", "guarantee", "真图", "假图", "伪造", "诈骗"];
        let texts = Text::ALL.iter().flat_map(|t| [t.of(Lang::En), t.of(Lang::Zh)]);
        for text in texts.chain(Code::ALL.iter().flat_map(|c| [c.en(), c.zh()])) {
            let lower = text.to_lowercase();
            assert!(!banned.iter().any(|word| lower.contains(word)), "{text}");
            assert!(!lower.split(|c: char| !c.is_alphabetic()).any(|word| word == "real"), "{text}");
        }
    }

    #[test]
    fn values_are_put_in_their_places_and_not_read_again() {
        assert_eq!(Text::Lost.with(Lang::En, &["{1}", "2.0", "3.0"]), "frames lost between 2.0 s and 3.0 s: {1}");
        assert_eq!(Text::Lost.with(Lang::Zh, &["7", "2.0", "3.0"]), "第 2.0 秒至第 3.0 秒之间丢失 7 帧");
    }

    #[test]
    fn what_changes_the_verdict_comes_with_advice() {
        for &code in Code::ALL {
            assert_eq!(Text::advice(code).is_some(), code.weight() != evidence::finding::Weight::Note, "{code:?}");
        }
    }
}
