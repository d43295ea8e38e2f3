//! What an inspection says to people, in English and Chinese: the verifier prints it, the desk and the report of a bundle
//! repeat it, so it is worded once.

use evidence::words::Lang;

use crate::report::{About, Answer, Container, Credentials, Declares, Inspected, Kind, Label, Note, Verdict, Way, Why};

evidence::texts! {
    /// A text for people.
    Text;

    // The words of the verdict; there are no others.
    Declared1, "DECLARED AS AI-GENERATED (1: it is)", "声明为AI生成（1：属于）";
    Declared2, "DECLARED AS AI-GENERATED (2: possibly)", "声明为AI生成（2：可能）";
    Declared3, "DECLARED AS AI-GENERATED (3: suspected)", "声明为AI生成（3：疑似）";
    Declared, "DECLARED AS AI-GENERATED", "声明为AI生成";
    CredentialsValid, "CREDENTIALS VALID", "凭证有效";
    CredentialsUntrusted, "CREDENTIALS NOT TRUSTED", "凭证不可信";
    CredentialsInvalid, "CREDENTIALS INVALID", "凭证失效";
    Trace, "TRACES OF A GENERATING PROGRAM", "生成工具痕迹";
    NotFound, "NONE FOUND (which does not mean: not AI-generated)", "未检出（不代表非AI生成）";
    Undecided, "CANNOT BE DECIDED", "无法判定";
    NotRead, "could not be read", "无法读取";

    // What each word rests on.
    WhyDeclared, "The file itself says so in its metadata. Anyone can write or remove such a label.", "文件自身的元数据如此声明。任何人都可以写入或去除此类标识。";
    WhyComposite, "It says that parts of it were made by AI.", "文件声明其部分内容由AI生成。";
    WhyCredentialsValid, "The content credentials fit this file, and their signer is one that you trust.", "内容凭证与该文件相符，且签名者是您信任的。";
    WhyCredentialsUntrusted, "The content credentials fit this file; nobody you trust stands behind their signer.", "内容凭证与该文件相符；签名者不在您信任的名单内。";
    WhyCredentialsInvalid, "The content credentials do not fit this file, are damaged, or their signer's certificate was not valid.", "内容凭证与该文件不符、已损坏，或签名者的证书当时无效。";
    WhyTrace, "A program that generates pictures has left its settings, its prompt or its name.", "生成图片的程序留下了参数、提示词或名称。";
    WhyNotFound, "No label of the known ones stands in this file. Screenshots, messengers and editors drop them.", "该文件中没有已知的标识。截图、聊天软件和编辑软件都会去除标识。";
    WhyUndecidedCredentials, "There are content credentials; whether they hold was not checked.", "文件带有内容凭证；其是否成立未经核验。";
    WhyUndecidedChecked, "There are content credentials; the check could not establish whether they hold.", "文件带有内容凭证；核验未能确定其是否成立。";
    WhyUndecidedAlgorithm, "It says that an algorithm made it, which is not the same as AI.", "文件声明由算法生成，这与AI生成不同。";
    WhyUndecidedLabel, "A label stands there, and what it declares cannot be read from it.", "文件带有标识，但无法读出其声明的内容。";
    WhyUndecidedUnread, "Not all of the file could be looked at.", "文件未能全部检查。";

    // Heads.
    File, "File", "文件";
    Size, "Size", "大小";
    Digest, "SHA-256", "SHA-256";
    Received, "Received", "收到方式";
    NotTold, "not told (say it with --received)", "未说明（请用 --received 说明）";
    Bytes, "{} bytes, {}", "{} 字节，{}";
    HeadLabels, "Labels", "标识";
    HeadCredentials, "Content credentials", "内容凭证";
    HeadCapture, "What it says of its making", "文件所述的来源";
    HeadWay, "How it may have travelled", "可能的传输经过";
    HeadUnread, "Not looked at", "未检查";
    HeadLimits, "What this does not say", "本结果不说明";

    // Labels.
    Aigc, "AIGC label", "AIGC 标识";
    C2pa, "Content credentials (C2PA)", "内容凭证（C2PA）";
    DigitalSourceType, "Digital source type (IPTC)", "数字来源类型（IPTC）";
    AiSystem, "AI system (IPTC)", "AI系统（IPTC）";
    GeneratorTrace, "Trace of a program", "程序痕迹";
    At, "at byte {}: {}", "第 {} 字节：{}";
    NoteMissing, "not as GB 45438-2025 has it: without {}", "与 GB 45438-2025 不符：缺少 {}";
    NoteOther, "not as GB 45438-2025 has it: with {}", "与 GB 45438-2025 不符：多出 {}";
    NoteLabelValue, "not as GB 45438-2025 has it: Label is \"{}\", not 1, 2 or 3", "与 GB 45438-2025 不符：Label 为“{}”，而非 1、2 或 3";
    NoteLabelType, "not as GB 45438-2025 has it: Label is no string", "与 GB 45438-2025 不符：Label 不是字符串";
    NoteNotAnObject, "not as GB 45438-2025 has it: no JSON object stands here", "与 GB 45438-2025 不符：此处不是 JSON 对象";
    NoteQuoting, "not as GB 45438-2025 has it: quoted otherwise than JSON", "与 GB 45438-2025 不符：引号方式不是 JSON 的";
    NoteTrailing, "something stands behind the object", "对象之后另有内容";
    NoteBrokenXml, "the XML around it is damaged", "外层 XML 已损坏";
    NoteRemote, "they are kept elsewhere, at {}; nothing was fetched", "凭证存放在别处：{}；未联网获取";

    // Credentials.
    Binding, "Made for this file", "为该文件所作";
    Signature, "Signed, and unchanged since", "已签名且此后未变";
    Trust, "Signer is trusted", "签名者可信";
    Validity, "Certificate valid then", "证书当时有效";
    Signer, "Signer", "签名者";
    Program, "Made with", "制作程序";
    Signed, "Signed at", "签名时间";
    Codes, "Codes of the check", "核验代码";
    Yes, "yes", "是";
    No, "no", "否";
    Unknown, "not known", "未知";

    // Making.
    Make, "Camera", "相机";
    Model, "Model", "型号";
    Time, "Time", "时间";
    Software, "Program", "程序";
    Position, "Position", "位置";
    SourceType, "Digital source type (IPTC)", "数字来源类型（IPTC）";
    HasPosition, "told in the file (not shown here)", "文件中有记载（此处不显示）";
    NoPosition, "not told", "未记载";
    NothingTold, "nothing: no camera, no time, no program", "没有任何记载：无相机、时间或程序";

    // Way.
    WeChat, "WeChat", "微信";
    Qq, "QQ", "QQ";
    WhatsApp, "WhatsApp", "WhatsApp";
    Telegram, "Telegram", "Telegram";
    Facebook, "Facebook, Messenger or Instagram", "Facebook、Messenger 或 Instagram";
    Signal, "Signal", "Signal";
    Line, "Line", "Line";
    Screenshot, "a picture of a screen", "屏幕截图";
    ScreenRecording, "a recording of a screen", "屏幕录制";
    Converted, "written anew by a program", "由程序重新写出";
    ByName, "by its name, {}", "据文件名 {}";
    ByPlace, "by {} {}", "据 {} {}";

    // Unread.
    UnknownKind, "it is no file of a kind that is known here", "不是本程序已知的文件类型";
    Broken, "from byte {} on: damaged, cut off, or not what it should be", "自第 {} 字节起：已损坏、被截断或不符合格式";
    Limit, "from byte {} on: larger or more than this program takes", "自第 {} 字节起：超出本程序的处理上限";

    // Limits.
    LimitDeclared, "whether the picture shows what happened: only what the file declares was read, no picture was looked at", "画面是否反映事实：仅读取文件的声明，未分析画面";
    LimitStripped, "anything about a file before it was sent: ask for the original file, as the camera saved it, and note how it arrived", "文件发送之前的情况：请索取相机保存的原文件，并记录收到方式";
    LimitWatermark, "whether there is an invisible watermark (SynthID and others): that cannot be checked offline", "是否含有不可见水印（如 SynthID）：无法离线检查";
    LimitMetadata, "that camera, time or program are as told: anyone can write them", "相机、时间或程序是否属实：任何人都可以写入";
}

/// One part of what is said: a head, and rows with a label and lines.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Section {
    /// Its head.
    pub head: String,
    /// Its rows; a label is empty where the lines stand alone.
    pub rows: Vec<(String, Vec<String>)>,
}

impl Verdict {
    /// Its word.
    pub fn text(self) -> Text {
        match self {
            Self::Declared1 => Text::Declared1,
            Self::Declared2 => Text::Declared2,
            Self::Declared3 => Text::Declared3,
            Self::Declared => Text::Declared,
            Self::CredentialsValid => Text::CredentialsValid,
            Self::CredentialsUntrusted => Text::CredentialsUntrusted,
            Self::CredentialsInvalid => Text::CredentialsInvalid,
            Self::Trace => Text::Trace,
            Self::NotFound => Text::NotFound,
            Self::Undecided => Text::Undecided,
        }
    }
}

fn kind(kind: Kind) -> Text {
    match kind {
        Kind::Aigc => Text::Aigc,
        Kind::C2pa => Text::C2pa,
        Kind::DigitalSourceType => Text::DigitalSourceType,
        Kind::AiSystem => Text::AiSystem,
        Kind::GeneratorTrace => Text::GeneratorTrace,
    }
}

fn about(about: About) -> Text {
    match about {
        About::Make => Text::Make,
        About::Model => Text::Model,
        About::Time => Text::Time,
        About::Software => Text::Software,
        About::Position => Text::Position,
        About::SourceType => Text::SourceType,
    }
}

fn way(way: Way) -> Text {
    match way {
        Way::WeChat => Text::WeChat,
        Way::Qq => Text::Qq,
        Way::WhatsApp => Text::WhatsApp,
        Way::Telegram => Text::Telegram,
        Way::Facebook => Text::Facebook,
        Way::Signal => Text::Signal,
        Way::Line => Text::Line,
        Way::Screenshot => Text::Screenshot,
        Way::ScreenRecording => Text::ScreenRecording,
        Way::Converted => Text::Converted,
    }
}

fn answer(answer: Answer) -> Text {
    match answer {
        Answer::Yes => Text::Yes,
        Answer::No => Text::No,
        Answer::Unknown => Text::Unknown,
    }
}

/// A kind of file, as people call it.
pub fn container(container: Option<Container>) -> &'static str {
    match container {
        Some(Container::Jpeg) => "JPEG",
        Some(Container::Png) => "PNG",
        Some(Container::WebP) => "WebP",
        Some(Container::Gif) => "GIF",
        Some(Container::Tiff) => "TIFF",
        Some(Container::Heif) => "HEIC/AVIF",
        Some(Container::Mp4) => "MP4/MOV",
        Some(Container::Matroska) => "MKV/WebM",
        Some(Container::Avi) => "AVI",
        Some(Container::Flv) => "FLV",
        None => "?",
    }
}

fn note(note: &Note, lang: Lang) -> Option<String> {
    let text = match note {
        Note::Missing(_) | Note::Other(_) => return None,
        Note::LabelValue(value) => return Some(Text::NoteLabelValue.with(lang, &[value])),
        Note::Remote(address) => return Some(Text::NoteRemote.with(lang, &[address])),
        Note::LabelType => Text::NoteLabelType,
        Note::NotAnObject => Text::NoteNotAnObject,
        Note::Quoting => Text::NoteQuoting,
        Note::Trailing => Text::NoteTrailing,
        Note::BrokenXml => Text::NoteBrokenXml,
    };
    Some(text.of(lang).to_owned())
}

/// Most characters of a value that stand on a page for people; programs get more.
const SHOWN: usize = 300;

/// A value of the file as one short line: nothing of it is a line's end or a control character.
fn line(value: &str) -> String {
    // Marks of direction would let a value change what stands around it.
    let hidden = |c: char| {
        c.is_control() || matches!(c, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    let mut line: String = value.chars().take(SHOWN).map(|c| if hidden(c) { ' ' } else { c }).collect();
    if value.chars().nth(SHOWN).is_some() {
        line.push('…');
    }
    line
}

/// What the words of a file rest on.
fn reasons(inspected: &Inspected) -> Vec<Text> {
    let labels = &inspected.found.labels;
    let says = |declares: Declares| labels.iter().any(|label| label.declares == declares);
    let checked = inspected.credentials.as_ref().map(Credentials::verdict);
    let mut reasons = Vec::new();
    for verdict in &inspected.verdicts {
        reasons.push(match verdict {
            Verdict::Declared1 | Verdict::Declared2 | Verdict::Declared3 => Text::WhyDeclared,
            Verdict::Declared if says(Declares::Generated) => Text::WhyDeclared,
            Verdict::Declared => Text::WhyComposite,
            Verdict::CredentialsValid => Text::WhyCredentialsValid,
            Verdict::CredentialsUntrusted => Text::WhyCredentialsUntrusted,
            Verdict::CredentialsInvalid => Text::WhyCredentialsInvalid,
            Verdict::Trace => Text::WhyTrace,
            Verdict::NotFound => Text::WhyNotFound,
            Verdict::Undecided if says(Declares::Unclear) => Text::WhyUndecidedLabel,
            Verdict::Undecided if says(Declares::Credentials) && checked.is_none() => Text::WhyUndecidedCredentials,
            Verdict::Undecided if checked == Some(Verdict::Undecided) => Text::WhyUndecidedChecked,
            Verdict::Undecided if says(Declares::Algorithmic) => Text::WhyUndecidedAlgorithm,
            Verdict::Undecided => Text::WhyUndecidedUnread,
        });
    }
    reasons.dedup();
    reasons
}

/// The words of a file in one line.
pub fn head(inspected: &Inspected, lang: Lang) -> String {
    match &inspected.error {
        Some(error) => format!("{}{}{error}", Text::NotRead.of(lang), lang.pick(": ", "：")),
        None => {
            let words: Vec<_> = inspected.verdicts.iter().map(|verdict| verdict.text().of(lang)).collect();
            words.join(lang.pick("; ", "；"))
        }
    }
}

/// What is said about a file, under its head.
pub fn sections(inspected: &Inspected, lang: Lang) -> Vec<Section> {
    let found = &inspected.found;
    let of = |text: Text| text.of(lang).to_owned();
    let section = |head: Text, rows| Section { head: of(head), rows };
    let mut sections = Vec::new();
    let why = reasons(inspected).into_iter().map(&of).collect::<Vec<_>>();
    let mut file = vec![(String::new(), why), (of(Text::File), vec![line(&inspected.file)])];
    if let Some(length) = inspected.length {
        let size = Text::Bytes.with(lang, &[&length.to_string(), container(found.container)]);
        file.push((of(Text::Size), vec![size]));
    }
    file.extend(inspected.sha256.iter().map(|digest| (of(Text::Digest), vec![digest.clone()])));
    let received = inspected.received.as_deref().map_or_else(|| of(Text::NotTold), line);
    file.push((of(Text::Received), vec![received]));
    sections.push(Section { head: String::new(), rows: file });
    if inspected.error.is_some() {
        return sections;
    }
    if !found.labels.is_empty() {
        sections.push(section(Text::HeadLabels, found.labels.iter().map(|l| label(l, lang)).collect()));
    }
    if let Some(credentials) = &inspected.credentials {
        let mut rows: Vec<_> = [
            (Text::Binding, credentials.binding),
            (Text::Signature, credentials.signature),
            (Text::Trust, credentials.trust),
            (Text::Validity, credentials.validity),
        ]
        .into_iter()
        .map(|(text, is)| (of(text), vec![of(answer(is))]))
        .collect();
        let named = [
            (Text::Signer, &credentials.signer),
            (Text::Program, &credentials.program),
            (Text::Signed, &credentials.time),
        ];
        rows.extend(named.into_iter().filter_map(|(text, value)| Some((of(text), vec![line(value.as_ref()?)]))));
        if !credentials.codes.is_empty() {
            rows.push((of(Text::Codes), vec![line(&credentials.codes.join(", "))]));
        }
        sections.push(section(Text::HeadCredentials, rows));
    }
    sections.push(section(Text::HeadCapture, capture(inspected, lang)));
    if !found.signs.is_empty() {
        let rows = found.signs.iter().map(|sign| {
            let by = match &*sign.path {
                "name" => Text::ByName.with(lang, &[&line(&sign.value)]),
                path => Text::ByPlace.with(lang, &[&line(path), &line(&sign.value)]),
            };
            (of(way(sign.way)), vec![by.trim_end().to_owned()])
        });
        sections.push(section(Text::HeadWay, rows.collect()));
    }
    if !found.unread.is_empty() {
        let rows = found.unread.iter().map(|unread| {
            let text = match unread.why {
                Why::UnknownKind => Text::UnknownKind,
                Why::Broken => Text::Broken,
                Why::Limit => Text::Limit,
            };
            (String::new(), vec![text.with(lang, &[&unread.offset.to_string()])])
        });
        sections.push(section(Text::HeadUnread, rows.collect()));
    }
    let limits = [Text::LimitDeclared, Text::LimitStripped, Text::LimitMetadata, Text::LimitWatermark];
    let limits = limits.map(|limit| format!("- {}", limit.of(lang))).to_vec();
    sections.push(section(Text::HeadLimits, vec![(String::new(), limits)]));
    sections
}

fn label(label: &Label, lang: Lang) -> (String, Vec<String>) {
    let mut lines = Vec::new();
    if !label.value.is_empty() {
        lines.push(line(&label.value));
    }
    lines.push(Text::At.with(lang, &[&label.place.offset.to_string(), &line(&label.path)]));
    // Fields that are missing, or that are there and should not be, stand on one line each.
    let named = |name: fn(&Note) -> Option<&String>| {
        let names: Vec<&str> = label.notes.iter().filter_map(name).map(String::as_str).collect();
        (!names.is_empty()).then(|| names.join(lang.pick(", ", "、")))
    };
    let missing = named(|note| if let Note::Missing(name) = note { Some(name) } else { None });
    let other = named(|note| if let Note::Other(name) = note { Some(name) } else { None });
    lines.extend(missing.map(|names| Text::NoteMissing.with(lang, &[&names])));
    lines.extend(other.map(|names| Text::NoteOther.with(lang, &[&line(&names)])));
    lines.extend(label.notes.iter().filter_map(|n| note(n, lang)).map(|note| line(&note)));
    (kind(label.kind).of(lang).to_owned(), lines)
}

/// Camera, time, program, position: each once, however often the file repeats it.
fn capture(inspected: &Inspected, lang: Lang) -> Vec<(String, Vec<String>)> {
    let facts = &inspected.found.facts;
    if facts.is_empty() {
        return vec![(String::new(), vec![Text::NothingTold.of(lang).to_owned()])];
    }
    let kinds = [About::Make, About::Model, About::Time, About::Software, About::SourceType];
    let mut rows: Vec<(String, Vec<String>)> = Vec::new();
    for kind in kinds {
        let mut values = Vec::new();
        for fact in facts.iter().filter(|fact| fact.about == kind) {
            let value = line(&fact.value);
            if !values.contains(&value) && values.len() < 8 {
                values.push(value);
            }
        }
        if !values.is_empty() {
            rows.push((about(kind).of(lang).to_owned(), values));
        }
    }
    let position = facts.iter().any(|fact| fact.about == About::Position);
    let position = if position { Text::HasPosition } else { Text::NoPosition };
    rows.push((Text::Position.of(lang).to_owned(), vec![position.of(lang).to_owned()]));
    rows
}

#[cfg(test)]
mod tests {
    use evidence::words::{fill, promises};

    use super::*;

    #[test]
    fn a_value_changes_nothing_around_it() {
        assert_eq!(line("a\n\u{1b}[31mb\u{202E}c\u{2066}d\u{9b}e"), "a  [31mb c d e");
    }

    #[test]
    fn both_languages_take_the_same_values_and_promise_nothing() {
        // What the words of a verdict must never be, beside what no text may be.
        let banned = ["真图", "假图", "伪造", "诈骗", "ai概率", "probab", "概率"];
        for text in Text::ALL {
            let [en, zh] = Lang::ALL.map(|lang| text.of(lang));
            for text in [en, zh] {
                assert!(!promises(text), "{text}");
                assert!(!banned.iter().any(|word| text.to_lowercase().contains(word)), "{text}");
            }
            let places = |text: &str| ["{a}", "{b}"].map(|value| fill(text, &["{a}", "{b}"]).contains(value));
            assert_eq!(places(en), places(zh), "{text:?}");
        }
    }
}
