//! What a bench tells its packer: every prompt with its key, its parameters, its weight and its words, a row each.
//!
//! The words are short enough to be spoken, and never hold an order number, which nobody wants to hear read out: it is
//! a parameter, for a screen to show. No prompt says that pictures are being recorded; only sealing them shows that.

use evidence::value::{Order, Token};

use crate::say::Lang;

/// How much a prompt wants to be heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// All goes as asked.
    Info,
    /// The packer should look; nothing that is being recorded is in danger.
    Warn,
    /// What is packed now is not recorded, or not as it should be.
    Alarm,
}

impl Weight {
    /// As JSON says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Alarm => "alarm",
        }
    }
}

/// A row for each prompt: its name and parameters, then weight, key, English and Chinese.
macro_rules! prompts {
    ($(
        $(#[$doc:meta])*
        $name:ident $({ $($field:ident: $type:ty),+ })? = $weight:ident $key:literal, $en:expr, $zh:expr;
    )+) => {
        /// Something to tell a packer.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Prompt {
            $(
                $(#[$doc])*
                $name $({ $(#[doc = concat!("The parameter `", stringify!($field), "`.")] $field: $type),+ })?
            ),+
        }

        impl Prompt {
            /// The stable name of its kind, for sounds, translations and counters.
            pub fn key(&self) -> &'static str {
                match self { $(Self::$name { .. } => $key),+ }
            }

            /// How much it wants to be heard.
            pub fn weight(&self) -> Weight {
                match self { $(Self::$name { .. } => Weight::$weight),+ }
            }

            /// What it carries, by name. It may name an order: it stays on the bench.
            pub fn parameters(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Self::$name $({ $($field),+ })? => vec![$($((stringify!($field), $field.to_string())),+)?]),+
                }
            }

            /// The line to show or to speak.
            #[allow(unused_variables, reason = "orders are parameters that no line says")]
            pub fn text(&self, lang: Lang) -> String {
                match self { $(Self::$name $({ $($field),+ })? => lang.pick(String::from($en), String::from($zh))),+ }
            }

            #[cfg(test)]
            fn examples() -> Vec<Self> {
                vec![$(Self::$name $({ $($field: tests::example::<$type>()),+ })?),+]
            }
        }
    };
}

prompts! {
    /// A clip of this order was asked for.
    OrderOpened { order: Order } = Info "order-opened",
        "New order.",
        "新订单。";
    /// A returns clip of this order was asked for.
    ReturnOpened { order: Order } = Info "return-opened",
        "Return: next parcel.",
        "退货：下一件。";
    /// A clip was asked for whose order is not known yet.
    Started = Info "started",
        "Started. Scan the order when its label is there.",
        "已开始，面单打印后请扫订单码。";
    /// A returns clip was asked for whose order is not known yet.
    ReturnStarted = Info "return-started",
        "Return started. Scan its order.",
        "退货已开始，请扫订单码。";
    /// The open clip, begun without an order, is of this one.
    OrderBound { order: Order } = Info "order-bound",
        "Order added to this clip.",
        "本段录像已关联订单。";
    /// This order was recorded before, so many whole days ago.
    DuplicateOrder { order: Order, days: u64 } = Warn "duplicate-order",
        format!("This order was recorded before, {}. Is it the right label?", ago(*days)),
        format!("此单{}已录过，请核对面单。", ago_zh(*days));
    /// A returned order was recorded before, as it should be, so many whole days ago.
    ReturnKnown { order: Order, days: u64 } = Info "return-known",
        format!("There is a clip of this order from {}.", ago(*days)),
        format!("此单{}已有录像。", ago_zh(*days));
    /// Different orders were read in one shot; only the first one counted.
    SeveralOrders = Warn "several-orders",
        "Several orders read in one shot, only the first counts. Scan one label alone.",
        "一次扫到多个订单，只取第一个，请单独扫一张面单。";
    /// No rule knows this code of so many characters.
    UnknownCode { length: u64 } = Warn "unknown-code",
        format!("Unknown code of {length} characters, not taken. Scan the order."),
        format!("未知条码（{length} 位），未采用，请扫订单码。");
    /// A code came damaged, or is longer than any.
    CodeDropped { name: String } = Warn "code-dropped",
        "The code was not read whole. Scan it again.",
        "条码读取不完整，请重新扫描。";
    /// END or CANCEL without an open clip.
    NothingOpen = Warn "nothing-open",
        "Nothing is being recorded. Scan an order first.",
        "当前没有在录制，请先扫订单码。";
    /// HOLD without an open clip.
    HoldNeedsClip = Warn "hold-needs-clip",
        "No clip is open to be held. Scan its order first.",
        "没有可保留的录像，请先扫订单码。";
    /// The open clip is on hold.
    HoldSet = Info "hold-set",
        "This clip will be kept.",
        "本段录像将被保留。";
    /// The open clip's order was scanned again; once more within so many seconds ends the clip.
    SameCodeAsk { seconds: u64 } = Warn "same-code-ask",
        format!("Same order. To end its clip, scan it again within {seconds} seconds."),
        format!("同一订单。要结束录制，请在 {seconds} 秒内再扫一次。");
    /// Nothing moves; so many seconds are left to answer.
    StillAsk { seconds: u64 } = Warn "still-ask",
        format!("Nothing moves. Move or scan within {seconds} seconds, or the clip ends."),
        format!("画面静止，请在 {seconds} 秒内动一下或扫码，否则结束录制。");
    /// The clip is as long as a clip should be; so many seconds are left to answer.
    LongestAsk { seconds: u64 } = Warn "longest-ask",
        format!("A long clip. To go on, scan its order within {seconds} seconds, or it ends."),
        format!("录制已久，要继续请在 {seconds} 秒内扫本订单码，否则结束。");
    /// One of these two was answered.
    GoingOn = Info "going-on",
        "The clip goes on.",
        "本段继续。";
    /// A clip ended before its order was known.
    NoOrder = Warn "no-order",
        "The clip ended without an order. Next time scan the label before the end.",
        "上一段没有订单号，下次请在结束前扫订单码。";
    /// A clip ended as asked.
    Ended = Info "ended",
        "The clip has ended.",
        "录制已结束。";
    /// A clip ended by CANCEL.
    Cancelled = Info "cancelled",
        "Cancelled. The clip is kept, marked as cancelled.",
        "已取消，录像仍保留并标为取消。";
    /// A clip ended because nobody answered.
    TimedOut = Warn "timed-out",
        "Nobody answered, the clip has ended. Not done? Scan the order again.",
        "无人应答，录制已结束。未完成请重新扫订单码。";
    /// A clip was ended unasked: it is as long as a clip can be.
    StoppedLongest = Alarm "stopped-longest",
        "The clip is as long as one can be, recording stopped. Scan the order again.",
        "录像已达最大长度，录制停止。请重新扫订单码。";
    /// A clip was interrupted: no room.
    StoppedDiskFull = Alarm "stopped-disk-full",
        "The disk is full, recording stopped. Stop packing and call the administrator.",
        "磁盘已满，录制停止。请停止打包并联系管理员。";
    /// A clip was interrupted: it could not be written.
    StoppedDamaged = Alarm "stopped-damaged",
        "The clip could not be written, recording stopped. Scan the order again.",
        "录像写入失败，录制停止。请重新扫订单码。";
    /// A clip was interrupted: no camera.
    StoppedCameraLost = Alarm "stopped-camera-lost",
        "The camera is gone, recording stopped. Check its cable, then scan the order again.",
        "摄像头断开，录制停止。请检查连线后重新扫订单码。";
    /// A clip was interrupted: the camera sends other pictures.
    StoppedFormatChanged = Alarm "stopped-format-changed",
        "The camera changed its picture, recording stopped. Scan the order again.",
        "摄像头画面格式改变，录制停止。请重新扫订单码。";
    /// A clip ended with the file that stands for its camera.
    StoppedSourceEnd = Alarm "stopped-source-end",
        "The camera's file has ended, recording stopped. Stop packing and call the administrator.",
        "视频源已播完，录制停止。请停止打包并联系管理员。";
    /// A clip was interrupted: the station shuts down.
    StoppedShutdown = Alarm "stopped-shutdown",
        "The station is shutting down, recording stopped. Stop packing until it is back.",
        "录制站正在关闭，录制停止。恢复前请停止打包。";
    /// A clip could not be opened: no room.
    RefusedNoRoom = Alarm "refused-no-room",
        "Not recorded: the disk is full. Stop packing and call the administrator.",
        "未录制：磁盘已满。请停止打包并联系管理员。";
    /// A clip could not be opened: the disk or the catalogue failed.
    RefusedDisk = Alarm "refused-disk",
        "Not recorded: the disk failed. Stop packing and call the administrator.",
        "未录制：磁盘故障。请停止打包并联系管理员。";
    /// A clip could not be opened: no picture came for too long.
    RefusedCamera = Alarm "refused-camera",
        "Not recorded: no picture from the camera. Check its cable, then scan again.",
        "未录制：摄像头没有画面。请检查连线后重新扫码。";
    /// A clip could not be opened: what the camera sends cannot be sealed.
    RefusedPictures = Alarm "refused-pictures",
        "Not recorded: these pictures cannot be sealed. Stop packing and call the administrator.",
        "未录制：画面无法封存。请停止打包并联系管理员。";
    /// Somebody signed on.
    OperatorOn { operator: Token } = Info "operator-on",
        format!("Signed on: {operator}."),
        format!("已签到：{operator}。");
    /// Nobody is signed on any more.
    OperatorOff = Info "operator-off",
        "Signed off.",
        "已签退。";
    /// The camera is gone.
    CameraLost = Alarm "camera-lost",
        "No camera. Stop packing and check its cable.",
        "摄像头断开。请停止打包并检查连线。";
    /// The camera is there and sends nothing.
    CameraStalled = Alarm "camera-stalled",
        "The camera sends no picture. Stop packing until it is back.",
        "摄像头没有画面。恢复前请停止打包。";
    /// The camera sends pictures again.
    CameraBack = Info "camera-back",
        "The camera is back.",
        "摄像头已恢复。";
    /// The camera repeats one picture.
    CameraFrozen = Alarm "camera-frozen",
        "The picture is frozen. Stop packing and plug the camera in again.",
        "画面卡住。请停止打包并重新插拔摄像头。";
    /// The picture is not frozen any more.
    CameraUnfrozen = Info "camera-unfrozen",
        "The picture moves again.",
        "画面已恢复。";
    /// The picture is black.
    PictureDark = Alarm "picture-dark",
        "The picture is black. Check the light and the lens.",
        "画面全黑。请检查灯光和镜头。";
    /// The picture is not black any more.
    PictureLit = Info "picture-lit",
        "The picture is bright again.",
        "画面已恢复亮度。";
    /// Somebody or something set the wall clock, by so many seconds.
    ClockStepped { seconds: String } = Warn "clock-stepped",
        format!("The station's clock was set by {seconds} seconds. Tell the administrator."),
        format!("录制站时钟被调整了 {seconds} 秒，请告知管理员。");
    /// The disk has only so many MiB left.
    StorageLow { mib: u64 } = Warn "storage-low",
        format!("The disk is nearly full, {mib} MiB left. Call the administrator."),
        format!("磁盘将满，剩余 {mib} MiB。请联系管理员。");
    /// No clip can start.
    StorageFull = Alarm "storage-full",
        "The disk is full, nothing can be recorded. Stop packing and call the administrator.",
        "磁盘已满，无法录制。请停止打包并联系管理员。";
    /// Clips can start again.
    StorageBack = Info "storage-back",
        "The disk has room again.",
        "磁盘空间已恢复。";
    /// This scanner is gone.
    ScannerLost { name: String } = Alarm "scanner-lost",
        format!("Scanner {name} is gone. Check its cable."),
        format!("扫码枪 {name} 断开，请检查连线。");
    /// This scanner is back.
    ScannerBack { name: String } = Info "scanner-back",
        format!("Scanner {name} is back."),
        format!("扫码枪 {name} 已恢复。");
}

fn ago(days: u64) -> String {
    match days {
        0 => "less than a day ago".to_owned(),
        1 => "1 day ago".to_owned(),
        days => format!("{days} days ago"),
    }
}

fn ago_zh(days: u64) -> String {
    if days == 0 { "一天之内".to_owned() } else { format!(" {days} 天前") }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use evidence::value::Value;

    use super::*;

    /// A value that a prompt may carry.
    pub trait Example {
        const TEXT: &str;
        fn of(text: &str) -> Self;
    }

    macro_rules! examples {
        ($($type:ty: $text:literal, $of:expr;)+) => {
            $(impl Example for $type {
                const TEXT: &str = $text;
                fn of(text: &str) -> Self {
                    let of: fn(&str) -> Self = $of;
                    of(text)
                }
            })+
        };
    }

    examples! {
        Order: "JDV000123456789", |text| Order::parse(text).unwrap();
        Token: "ann", |text| Token::parse(text).unwrap();
        String: "wedge-1", str::to_owned;
        u64: "37", |text| text.parse().unwrap();
    }

    pub fn example<T: Example>() -> T {
        T::of(T::TEXT)
    }

    #[test]
    fn every_prompt_has_a_key_of_its_own() {
        let all = Prompt::examples();
        let keys: BTreeSet<_> = all.iter().map(Prompt::key).collect();
        assert_eq!(keys.len(), all.len(), "a key stands for two prompts");
        for key in keys {
            assert!(
                key.split('-').all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase())),
                "{key}"
            );
        }
    }

    #[test]
    fn every_prompt_is_one_short_line_in_both_languages() {
        for prompt in Prompt::examples() {
            let key = prompt.key();
            let (en, zh) = (prompt.text(Lang::En), prompt.text(Lang::Zh));
            assert!(en.is_ascii() && (5..=100).contains(&en.len()) && en.ends_with(['.', '?']), "{key}: {en}");
            assert!(zh.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c)), "{key}: {zh}");
            assert!((4..=40).contains(&zh.chars().count()) && zh.ends_with('。'), "{key}: {zh}");
            for text in [en, zh] {
                assert!(!text.chars().any(|c| c.is_control() || "{}".contains(c)), "{key}: {text}");
                let lower = text.to_lowercase();
                assert!(
                    !["real", "fake", "fraud", "100", "guarantee"].iter().any(|word| lower.contains(word)),
                    "{text}"
                );
            }
        }
    }

    #[test]
    fn all_parameters_but_orders_are_said() {
        // Which scanner it was is for the screen.
        for prompt in Prompt::examples().into_iter().filter(|prompt| prompt.key() != "code-dropped") {
            for (name, value) in prompt.parameters() {
                for lang in [Lang::En, Lang::Zh] {
                    assert_eq!(prompt.text(lang).contains(&value), name != "order", "{}: {name} {value}", prompt.key());
                }
            }
        }
    }

    #[test]
    fn every_alarm_says_what_to_do() {
        for prompt in Prompt::examples().iter().filter(|prompt| prompt.weight() == Weight::Alarm) {
            let (en, zh) = (prompt.text(Lang::En), prompt.text(Lang::Zh));
            assert!(["Check ", "Stop packing", "Scan "].iter().any(|words| en.contains(words)), "{en}");
            assert!(zh.contains('请'), "{zh}");
        }
    }

    #[test]
    fn days_are_said_as_people_say_them() {
        let said = |days, lang| Prompt::DuplicateOrder { order: example(), days }.text(lang);
        assert_eq!(said(0, Lang::En), "This order was recorded before, less than a day ago. Is it the right label?");
        assert_eq!(said(1, Lang::En), "This order was recorded before, 1 day ago. Is it the right label?");
        assert_eq!(said(30, Lang::En), "This order was recorded before, 30 days ago. Is it the right label?");
        assert_eq!(said(0, Lang::Zh), "此单一天之内已录过，请核对面单。");
        assert_eq!(said(30, Lang::Zh), "此单 30 天前已录过，请核对面单。");
    }

    #[test]
    fn what_other_parts_rely_on_stays() {
        let order = example::<Order>();
        let duplicate = Prompt::DuplicateOrder { order, days: 12 };
        assert_eq!((duplicate.key(), duplicate.weight()), ("duplicate-order", Weight::Warn));
        assert_eq!(duplicate.parameters(), [("order", "JDV000123456789".to_owned()), ("days", "12".to_owned())]);
        assert_eq!(Prompt::StorageLow { mib: 800 }.parameters(), [("mib", "800".to_owned())]);
        let keys = Prompt::examples().iter().map(Prompt::key).collect::<Vec<_>>();
        let relied_on = "camera-lost camera-stalled camera-back camera-frozen camera-unfrozen picture-dark picture-lit
            storage-low storage-full storage-back hold-set scanner-lost scanner-back";
        for key in relied_on.split_whitespace() {
            assert!(keys.contains(&key), "{key}");
        }
    }
}
