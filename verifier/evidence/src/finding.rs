//! What a verification can find, with stable codes and words for people in English and Chinese.

/// What a finding does to the verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// Nothing can be said about this clip by this program: exit status 2.
    CannotCheck,
    /// The clip is refused.
    Rejected,
    /// No trusted key.
    UnknownSigner,
    /// Authentic as far as it goes.
    Partial,
    /// To be known, without changing the verdict.
    Note,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $case:ident, $weight:ident, $code:literal, $en:literal, $zh:literal;)+) => {
        /// A finding's stable code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $(#[doc = $en] $case),+ }

        impl Code {
            /// All of them, in the order of FORMAT.md.
            pub const ALL: &[Self] = &[$(Self::$case),+];

            /// Its stable text.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$case => $code),+ }
            }

            /// What it does to the verdict.
            pub fn weight(self) -> Weight {
                match self { $(Self::$case => Weight::$weight),+ }
            }

            /// In English.
            pub fn en(self) -> &'static str {
                match self { $(Self::$case => $en),+ }
            }

            /// In Chinese.
            pub fn zh(self) -> &'static str {
                match self { $(Self::$case => $zh),+ }
            }
        }
    };
}

codes! {
    NotAClip, CannotCheck, "check.not-a-clip", "Not a sealed clip.", "不是封存录像。";
    ProofNewer, CannotCheck, "check.newer-proof", "The clip carries a proof that this version does not know; use a newer verifier.", "录像带有本版本不认识的证明，请使用更新的验证程序。";
    ContainerTruncated, Rejected, "container.truncated", "The file ends before its first statement is whole.", "文件在首条声明完整之前就结束了。";
    ContainerBoxes, Rejected, "container.boxes", "A box stands where the format has none, or has a wrong size.", "出现了格式不允许的数据盒，或其大小有误。";
    ContainerLimits, Rejected, "container.limits", "A part is larger than the format allows.", "某部分超出格式允许的上限。";
    ContainerInit, Rejected, "container.init", "The header is not the one allowed form: a player might show something else.", "文件头不是唯一允许的形式：播放器可能显示别的内容。";
    ContainerTrailing, Rejected, "container.trailing", "Something stands behind the closing statement.", "结束声明之后还有其他数据。";
    NoteGrammar, Rejected, "note.grammar", "A statement is not a well-formed signed note.", "某条声明不是合格的签名文本。";
    NoteSigner, Rejected, "note.signer", "A statement names another key than the first one.", "某条声明的密钥与首条声明不同。";
    NoteSignature, Rejected, "note.signature", "A statement's signature is not that of its key.", "某条声明的签名与密钥不符。";
    StatementGrammar, Rejected, "statement.grammar", "A statement does not say exactly what its kind must say.", "某条声明的内容不符合该类声明的规定。";
    StartInit, Rejected, "start.init", "The header is not the one that was signed.", "文件头与签名时不一致。";
    StartSize, Rejected, "start.size", "The signed picture size is not that of the pictures.", "签名的画面尺寸与实际画面不符。";
    LinkChain, Rejected, "link.chain", "A statement does not follow the one before it: something is missing, added or moved.", "某条声明与前一条不衔接：有缺失、添加或移动。";
    LinkContinuity, Rejected, "link.continuity", "Frame numbers or times do not continue those before.", "帧号或时间与前面不连续。";
    FragmentLength, Rejected, "fragment.length", "A fragment has not the signed length.", "片段长度与签名不符。";
    FragmentDigest, Rejected, "fragment.digest", "The pictures of a fragment are not those that were signed.", "片段画面与签名时不一致。";
    FragmentMoof, Rejected, "fragment.moof", "A fragment's index is not the one allowed form: a player might show something else.", "片段索引不是唯一允许的形式：播放器可能显示别的内容。";
    FragmentTimes, Rejected, "fragment.times", "A fragment's pictures do not follow each other in time.", "片段内画面的时间不相衔接。";
    FragmentFrames, Rejected, "fragment.frames", "A fragment has not the signed frames or duration.", "片段的帧数或时长与签名不符。";
    H264Sps, Rejected, "h264.sps", "The sequence parameter set says something the format does not allow.", "序列参数集含有格式不允许的内容。";
    H264Pps, Rejected, "h264.pps", "The picture parameter set says something the format does not allow.", "图像参数集含有格式不允许的内容。";
    H264Sample, Rejected, "h264.sample", "The coded pictures do not fill their places exactly.", "编码画面未能恰好填满其位置。";
    H264Nal, Rejected, "h264.nal", "A coded unit stands where the format has none: a player might turn, cover or replace the picture.", "出现了格式不允许的编码单元：播放器可能旋转、遮盖或替换画面。";
    H264Slice, Rejected, "h264.slice", "A sample is not exactly one picture.", "某个样本不是恰好一幅画面。";
    H264Order, Rejected, "h264.order", "Pictures would be shown in another order than they were taken.", "画面的显示顺序与拍摄顺序不符。";
    EndTotals, Rejected, "end.totals", "The closing statement's totals are not those of the clip.", "结束声明的合计与录像不符。";
    OrderBinding, Rejected, "order.binding", "The statements name different order numbers.", "各声明中的单号不一致。";
    OrderDiffers, Rejected, "order.differs", "The clip is of another order than the one asked for.", "录像的单号与所查单号不同。";
    OrderConflict, Rejected, "order.conflict", "Another order number was read from the picture.", "画面中识别出另一个单号。";
    OrderNotProven, Partial, "order.not-proven", "The clip does not prove which order it is of.", "录像未能证明其单号。";
    TimeMedia, Rejected, "time.media", "Playing time and recording time disagree.", "播放时间与录制时间不一致。";
    TimeWall, Rejected, "time.wall", "Wall clock and recording time disagree.", "钟表时间与录制时间不一致。";
    TimeEdges, Rejected, "time.edges", "The times of opening and closing do not fit the clip.", "开始或结束的时间与录像不符。";
    TimeFrames, Rejected, "time.frames", "The number of frames does not fit the time.", "帧数与时长不符。";
    ExcerptRun, Rejected, "excerpt.run", "Pictures were withheld other than around one continuous run, or without a closing statement.", "保留的画面不是一段连续画面，或缺少结束声明。";
    TailForm, Rejected, "tail.form", "What follows the last whole statement cannot be the recording going on.", "最后一条完整声明之后的数据不可能是录像的延续。";
    ProofForm, Rejected, "proof.form", "The proof is malformed or of another clip.", "证明格式有误，或属于另一段录像。";
    EnrolmentKey, Rejected, "enrolment.key", "The enrolment in the proof is of another key.", "证明中的登记属于另一把密钥。";
    EnrolmentPeriod, Rejected, "enrolment.period", "The clip is of a time for which its station's key is not enrolled.", "录像时间不在录制端密钥的登记期限之内。";
    EnrolmentSource, Rejected, "enrolment.source", "The station's key is not enrolled for pictures of this source.", "录制端密钥的登记不包括该画面来源。";
    LedgerEntry, Rejected, "ledger.entry", "The proof's ledger entries are not of this clip.", "证明中的账本条目不属于该录像。";
    LedgerInclusion, Rejected, "ledger.inclusion", "The proof does not show its entries in the station's ledger.", "证明未能表明条目在该录制端的账本中。";
    TimeStartToken, Rejected, "time.start-token", "The proof's start token is malformed, or not the one that the first statement names.", "证明中的起始时间戳格式有误，或不是首条声明所指的时间戳。";
    TimeToken, Rejected, "time.token", "A time token in the proof is malformed, or not of the ledger's checkpoint.", "证明中的时间戳格式有误，或不属于账本的检查点。";
    TimeCheckpoint, Rejected, "time.checkpoint", "The proof does not show that its time tokens are over the station's ledger with this clip.", "证明未能表明其时间戳所及的账本包含该录像。";
    TimeBracket, Rejected, "time.bracket", "Trusted time leaves no room for this clip.", "可信时间之间容不下这段录像。";
    TimeClock, Rejected, "time.clock", "The station's clock, which it called synchronised, disagrees with trusted time.", "录制端自称已同步的时钟与可信时间不符。";
    LedgerStated, Rejected, "ledger.stated", "The station's count in the proof is not of this clip, its order and its checkpoint.", "证明中的录像清点不属于该录像、其单号或其检查点。";
    LedgerAudit, Rejected, "ledger.audit", "The part of the ledger in the proof is not that of its checkpoint, or its salts are not those of its days.", "证明中的账本片段与其检查点不符，或盐值与日期不符。";
    LedgerEntries, Rejected, "ledger.entries", "The ledger contradicts itself: a clip is missing in it, stands there twice or in the wrong order.", "账本自相矛盾：缺少某段录像、重复记录或顺序有误。";
    LedgerCount, Rejected, "ledger.count", "The ledger contradicts the station's count of this order's clips.", "账本与录制端对该单号录像的清点相矛盾。";
    DerivedFile, Rejected, "derived.file", "The file is not the one that the derivation note describes.", "该文件不是派生说明所述的文件。";
    DerivedOriginal, Rejected, "derived.original", "The clip given is not the one that the derivation note names.", "所给录像不是派生说明所指的录像。";
    SignerUnknown, UnknownSigner, "signer.unknown", "No trusted key was given for this clip; its signatures were not checked.", "未提供该录像的可信公钥，签名未经核验。";
    SignerRevoked, Rejected, "signer.revoked", "The signing key is revoked.", "签名密钥已被吊销。";
    SignerRevokedLater, Note, "signer.revoked-later", "The signing key is revoked; trusted time shows that the clip was sealed before.", "签名密钥已被吊销；可信时间表明录像在此之前封存。";
    EndNotShown, Partial, "coverage.end-not-shown", "The clip has no closing statement: it was cut off or interrupted. What follows is not known.", "录像没有结束声明：被截断或中断，其后内容未知。";
    UnprovenTail, Note, "coverage.unproven-tail", "Bytes behind the last whole statement are unproven; do not play them.", "最后一条完整声明之后的数据未经证明，请勿播放。";
    Interrupted, Partial, "coverage.interrupted", "The recording was interrupted, as the station itself states.", "录制曾中断（录制端已如实声明）。";
    Excerpt, Partial, "coverage.excerpt", "This is an excerpt; the rest exists and is not shown.", "这是节选；其余部分存在但未展示。";
    FramesLost, Note, "coverage.frames-lost", "The camera took frames that are not in the clip.", "摄像头拍摄的部分帧不在录像中。";
    NotLive, Note, "source.not-live", "The pictures do not come from a live camera.", "画面并非来自实时摄像头。";
    SimulatedClock, Note, "source.simulated-clock", "The times are counted by the frames, not by a clock.", "时间由帧推算，并非来自时钟。";
    ClockUnsynchronised, Note, "time.unsynchronised", "The station's clock was not synchronised, or it did not know.", "录制端时钟未同步，或同步状态未知。";
    ClockStepped, Note, "time.stepped", "The station's clock was stepped during the recording.", "录制期间时钟被调整过。";
    EnrolmentUnknownRoot, Note, "enrolment.unknown-root", "The enrolment in the proof is by a root that is not trusted here; it proves nothing.", "证明中的登记由此处未信任的根密钥签发，不作为依据。";
    TimeClockOff, Note, "time.clock-off", "The station's clock was off: its times lie outside trusted time.", "录制端时钟不准：其时间在可信时间之外。";
    TimeUnknownAuthority, Note, "time.unknown-authority", "A time token in the proof is by an authority that is not trusted here; it proves nothing.", "证明中的时间戳由此处未信任的机构签发，不作为依据。";
    TimeAlgorithm, Note, "time.algorithm", "A time token in the proof is by SM2 or SM3, which cannot be checked here; it proves nothing.", "证明中的时间戳采用 SM2 或 SM3，此处无法核验，不作为依据。";
    DeviceClock, Note, "time.device-clock-only", "The time is the station's own word.", "时间仅为录制端自述。";
    LedgerOthers, Note, "ledger.others-not-shown", "The ledger shows this clip; whether other clips of this order exist is not shown.", "账本中有该录像；该单号是否另有录像未出示。";
    LedgerOtherClips, Note, "ledger.other-clips", "Other clips of this order exist; they are not part of this check.", "该单号另有录像，不在本次核验之列。";
    LedgerOwnCount, Note, "ledger.own-count", "The count of this order's clips is the station's own word.", "该单号的录像清点仅为录制端自述。";
    LedgerSpanOnly, Note, "ledger.span-only", "Outside the audited part of the ledger the count is the station's own word.", "在所审核的账本片段之外，清点仅为录制端自述。";
    LedgerNotShown, Note, "ledger.not-shown", "No ledger proof: other clips of this order may exist.", "没有账本证明：该单号可能还有其他录像。";
}

/// One thing found, and where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub code: Code,
    /// Index of the LINK.
    pub fragment: Option<u64>,
    /// Tick of the clip's own time line, 1/90,000 s.
    pub tick: Option<u64>,
}

impl Finding {
    /// Of the clip as a whole.
    pub fn of(code: Code) -> Self {
        Self { code, fragment: None, tick: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn specification_lists_every_code() {
        let row = |code: &Code| {
            let weight = match code.weight() {
                Weight::CannotCheck => "COULD NOT CHECK",
                Weight::Rejected => "REJECTED",
                Weight::UnknownSigner => "UNKNOWN SIGNER",
                Weight::Partial => "PARTIAL",
                Weight::Note => "note",
            };
            format!("| `{}` | {weight} | {} |\n", code.as_str(), code.en())
        };
        let rows: String = Code::ALL.iter().map(row).collect();
        let wanted = format!("\n| code | verdict | message |\n|---|---|---|\n{rows}");
        let page = include_str!("../../FORMAT.md");
        let found = page.split_once("<!-- codes:begin -->").and_then(|(_, rest)| rest.split_once("<!-- codes:end -->"));
        assert!(found.is_some_and(|(table, _)| table == wanted), "FORMAT.md, 6.1 should be:{wanted}");
    }
}
