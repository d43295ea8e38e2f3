//! What this program says beside the report ([`evidence::words`]), in English and Chinese side by side.

use evidence::finding::Code;

evidence::texts! {
    /// A text for people.
    Text;

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
    AdviceDerived, "Ask the shop for file and note as the station exported them, and for the clip that the note names.",
        "请向商家索取录制端导出的文件与派生说明，以及说明所指的录像。";
    DerivedHint, "If the station made this file from a clip: give its note with --note.", "若该文件由录制端从录像制成：请用 --note 提供派生说明。";
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
    AnchorsForm, "no certificates in PEM; give those of the authorities that you trust, as they publish them", "其中没有 PEM 格式的证书；请提供您信任的机构所公布的证书";
    TrustRevocationRoot, "the revocation is not signed by a root listed in this file or one before it; list that root, or take the line away", "该吊销声明未由本文件或之前文件所列的根密钥签名；请列入该根密钥，或删除此行";
    TrustClash, "another key has the same name and key id; keep the right one only", "另一公钥具有相同的名称与编号；请只保留正确的一个";
    TrustTwoRoles, "this key already has another role; give it one", "该公钥已有另一角色；请只给一个角色";
    KeyForm, "not a key of the form NAME+KEYID+BASE64; copy the whole line again", "不是 NAME+KEYID+BASE64 形式的公钥；请重新复制整行";
    KeyId, "the key id does not belong to this name and key; copy the whole line again", "编号与名称和公钥不符；请重新复制整行";
    KeyName, "the name does not end in the digits of the key; copy the whole line again", "名称末尾与公钥不符；请重新复制整行";
    KeyPoint, "not an acceptable Ed25519 public key; ask for the station's key again", "不是可接受的 Ed25519 公钥；请重新索取";
}

/// What to do about a finding that has an effect on the verdict.
pub fn advice(code: Code) -> Option<Text> {
    use Code::*;
    Some(match code {
        NotAClip => Text::AdviceNotAClip,
        ProofNewer => Text::AdviceNewer,
        SignerUnknown => Text::AdviceKey,
        SignerRevoked => Text::AdviceRevoked,
        TimeBracket | TimeClock => Text::AdviceTime,
        EnrolmentKey | EnrolmentPeriod | EnrolmentSource => Text::AdviceEnrolment,
        OrderDiffers | OrderNotProven => Text::AdviceOrder,
        OrderConflict => Text::AdviceConflict,
        LedgerEntries | LedgerCount => Text::AdviceAllClips,
        DerivedFile | DerivedOriginal => Text::AdviceDerived,
        EndNotShown | Excerpt => Text::AdviceRest,
        Interrupted => Text::AdviceGap,
        UnprovenTail | FramesLost | NotLive | SimulatedClock | ClockUnsynchronised | ClockStepped | DeviceClock
        | TimeClockOff | TimeUnknownAuthority | TimeAlgorithm | SignerRevokedLater | EnrolmentUnknownRoot
        | LedgerNotShown | LedgerOthers | LedgerOtherClips | LedgerOwnCount | LedgerSpanOnly => return None,
        _ => Text::AdviceOriginal,
    })
}

#[cfg(test)]
mod tests {
    use evidence::{
        finding::Weight,
        words::{Lang, fill, promises},
    };

    use super::*;

    #[test]
    fn both_languages_take_the_same_values_and_promise_nothing() {
        for text in Text::ALL {
            let [en, zh] = Lang::ALL.map(|lang| text.of(lang));
            for text in [en, zh] {
                assert!(!promises(text), "{text}");
            }
            let places = |text: &str| {
                ["{a}", "{b}", "{c}", "{d}"].map(|value| fill(text, &["{a}", "{b}", "{c}", "{d}"]).contains(value))
            };
            assert_eq!(places(en), places(zh), "{text:?}");
        }
    }

    #[test]
    fn what_changes_the_verdict_comes_with_advice() {
        for &code in Code::ALL {
            assert_eq!(advice(code).is_some(), code.weight() != Weight::Note, "{code:?}");
        }
    }
}
