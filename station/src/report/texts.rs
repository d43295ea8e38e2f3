//! What the report says beside the answers of the verification, in English and Chinese side by side.

evidence::texts! {
    /// A text of the report.
    Text;

    Title, "Report on the recordings of an order", "订单录像核验报告";
    Foot, "packseal, order {}, {}", "packseal，单号 {}，{}";
    Page, "page {} of {}", "第 {} 页，共 {} 页";

    // The answer in one paragraph. Its first place is one of the next two.
    ThisClip, "This clip", "本段录像";
    ThisPart, "What there is of this clip", "本段录像现有的部分";
    SealedBetween, "{} was sealed after {} and before {} and has not been changed since.", "{}于 {} 之后、{} 之前封存，自封存起未被更改。";
    SealedBefore, "{} was sealed before {} and has not been changed since.", "{}于 {} 之前封存，自封存起未被更改。";
    BegunAfter, "{} was begun after {} and has not been changed since it was sealed; when that was is the station's own word.",
        "{}开始于 {} 之后，自封存起未被更改；封存于何时仅为录制端自述。";
    OwnClock, "{} has not been changed since it was sealed. By the station's own clock, which no outside time confirms, it was recorded from {} to {}.",
        "{}自封存起未被更改。按录制端自己的时钟（无外部时间佐证），录制于 {} 至 {}。";
    NoClock, "{} has not been changed since it was sealed. Its times were counted by the frames; they are no time of day.",
        "{}自封存起未被更改。其时间由帧推算，不是钟表时间。";
    OrderRead, "Order number {} was read from the picture in {} frames.", "运单号 {} 在 {} 帧中被识别。";
    OrderScanned, "Order number {} was bound by a scan or by the shop's system; it was not read from the picture.",
        "单号 {} 由扫码或商家系统绑定，未从画面中识别。";
    OrderOpen, "That it is of order {} is not proven.", "未证明其属于单号 {}。";
    NotAll, "Not everything is shown or proven: {}.", "并非全部内容都已展示或证明：{}。";
    Refused, "This clip is not accepted: {} Nothing must be concluded from it.", "本段录像未被采信：{}请勿据以作出结论。";
    NoKey, "No trusted key was given for this clip: its signatures were not checked, and nothing in it is proven.",
        "未提供本段录像的可信公钥：签名未经核验，其内容均未得到证明。";
    CannotCheck, "This file could not be checked: {} Nothing is said about it.", "该文件无法核验：{}对其不作任何结论。";
    NoClips, "No clip of this order was handed out, so nothing was checked.", "该单号没有交付录像，未作任何核验。";
    Limit, "This report does not prove the state in transit or after delivery, and it judges nobody's intent.",
        "本报告不证明运输中或签收后的状态，也不判断任何人的意图。";
    Lowest, "Of {} clips; this is the lowest of their answers, and each is answered by itself below.", "共 {} 段录像；此为其中最低的结论，各段分别作答如下。";
    Details, "All answers stand in the report.", "全部结果见报告。";
    SummaryHead, "{}. Order {}, clips: {}.", "{}。单号 {}，录像 {} 段。";

    // What the report is about.
    Order, "Order", "单号";
    Clips, "Clips", "录像";
    Station, "Station key", "录制端公钥";
    Made, "Report made", "报告时间";
    MadeAt, "{}, by the station's own clock", "{}（录制端自己的时钟）";
    Preset, "Made for", "用途";
    ClipHead, "Clip {}: {}", "录像 {}：{}";
    Verdict, "Answer", "结论";
    Name, "File", "文件";
    Size, "Bytes", "字节数";

    // Of one clip.
    Answers, "Answers", "核验结果";
    Proven, "Proven", "已证明";
    NotProven, "Not proven", "未证明";
    NotChecked, "Not checked", "未核验";
    Nothing, "Nothing.", "无。";
    ProvenBytes, "Every byte that is shown is as the station sealed it.", "所示每个字节均与录制端封存时一致。";
    ProvenWhole, "Nothing was cut out between the first statement and the closing one.", "自首条声明至结束声明之间没有删减。";
    ProvenSigner, "It was signed with the key {}.", "由密钥 {} 签名。";
    ProvenFirst, "Its first statement was signed with the key {}.", "首条声明由密钥 {} 签名。";
    ProvenOrder, "The signed statements name order {}.", "经签名的声明所载单号为 {}。";
    ProvenLabel, "The station signed that it read this number from the picture in {} frames.", "录制端签名声明：在 {} 帧画面中识别出该单号。";
    GoodsNotChecked, "What the pictures show: which goods, how many, in what state. That is for whoever looks at them.",
        "画面内容：物品的种类、数量与状态，由观看者判断。";
    CarrierNotChecked, "Records of carriers and platforms.", "承运方与平台的记录。";
    SignatureNotChecked, "Signatures, and all that the statements say.", "签名，以及各声明的内容。";
    AuthorityNotChecked, "Whether the certificate of a time authority was revoked.", "时间戳机构的证书是否被吊销。";
    Findings, "Findings", "核验发现";
    Code, "Code", "代码";
    Message, "Message", "说明";
    Place, "second {}, fragment {}", "第 {} 秒，第 {} 片段";
    Stills, "Stills", "截图";
    Still, "second {}: {}", "第 {} 秒：{}";
    StillsAside, "Copies out of the clip, derived; the clip itself decides.", "自录像截取的派生件；以录像本身为准。";
    StillsLeftOut, "Stills are left out, because the clip is not accepted.", "该录像未被采信，故不附截图。";
    SightFirst, "first frame", "首帧";
    SightScan, "code scanned", "扫码时刻";
    SightLabel, "number read from the picture", "识别出单号";
    SightWeight, "weight", "称重";
    SightBetween, "in between", "其间";
    SightLast, "last frame", "末帧";

    // The time line.
    TimeLine, "Time line", "时间轴";
    MarkFrames, "frames", "有画面";
    MarkWithheld, "not shown in this excerpt", "节选未展示";
    MarkGap, "nothing recorded", "无画面";
    MarkLost, "frames lost", "丢帧";
    MarkScan, "code scanned or given", "扫码或接口给出";
    MarkLabel, "number read from the picture", "画面识别出单号";
    MarkWeight, "weight", "称重";
    MarkControl, "control code or operator", "控制码或操作员";
    MarkTrouble, "disturbance", "异常";
    MarkMotion, "stillness or motion", "静止或活动";
    Second, "Second", "秒";
    What, "What", "内容";
    Signed, "As it was signed", "签名原文";
    MoreEvents, "More events, not listed here: {}.", "另有事件未在此列出：{} 条。";

    // The buyer's files.
    Buyers, "The buyer's files", "买家提供的文件";
    BuyersAside, "They come from the buyer and are no evidence of the station. What stands here is only what each file says about itself.",
        "以下文件来自买家，不是录制端的证据；此处仅为各文件自身的声明。";
    BuyersFile, "Buyer's file {}: {}", "买家文件 {}：{}";
    SaysOfItself, "Says of itself", "自身声明";
    InBundle, "In this bundle", "在本证据包中";
    LeftOutLarge, "left out: larger than this preset takes", "未包含：超出该预设的大小上限";
    LeftOutChanged, "left out: what the station kept is gone or has changed since; below stands what was said when it was taken in",
        "未包含：录制端保存的文件已丢失或此后有变化；以下为接收时的检查结果";
    TakenIn, "Taken in", "接收记录";
    TakenInAt, "{}, by the station's own clock; by {}", "{}（录制端自己的时钟），经手人 {}";
    MoreRows, "More of them, which stand in the file's own report (JSON): {}.", "另有未在此列出：{} 项，见该文件的检查报告（JSON）。";

    // In detail.
    Detail, "In detail", "详细内容";
    DetailOf, "Clip {} in detail: {}", "录像 {} 的详细内容：{}";
    Statements, "Signed statements", "经签名的声明";
    StatementsAside, "START binds the header of the file, each LINK the pictures before it, END the last LINK.",
        "START 约束文件头，每条 LINK 约束其前的画面，END 约束最后一条 LINK。";
    Links, "LINK statements", "LINK 声明一览";
    Index, "No.", "序号";
    Seconds, "Seconds", "秒";
    Frames, "Frames", "帧";
    Lost, "Lost", "丢帧";
    Events, "Events", "事件";
    Digest, "Digest of its pictures", "画面摘要";
    MoreLinks, "Statements that are not listed here: {}. 'packseal-verifier show' prints all of them.",
        "另有声明未在此列出：{} 条。packseal-verifier show 可输出全部声明。";
    Files, "Files", "文件清单";
    Kind, "What it is", "性质";
    KindClip, "original, as it was sealed", "原件（封存原样）";
    KindCopy, "derived copy", "派生副本";
    KindStill, "derived still", "派生截图";
    KindTool, "for checking", "核验用";
    KindOther, "beside them", "附件";
    FilesAside, "Only a clip as it was sealed can be checked; copies are bound to it by this list alone.",
        "只有封存原样的录像可以核验；派生件仅通过本清单与之对应。";
    Custody, "Custody", "交付记录";
    CustodyAside, "Exports of this order by this station's own records.", "本录制端自行记录的该单号导出。";
    Time, "Time", "时间";
    Who, "By", "经手人";
    Unknown, "not recorded", "未记录";
    ListHash, "SHA-256 of its list", "清单的 SHA-256";
    NotYet, "this export", "本次导出";

    // Checking.
    Check, "How to check this yourself", "自行核验";
    CheckKey, "Get the station's key by another way than this report came, and compare it: {}", "请通过与本报告不同的途径取得录制端公钥并比对：{}";
    CheckProgram, "With the free program, offline: packseal-verifier verify CLIP.mp4 --key KEY --order {}",
        "用免费程序离线核验：packseal-verifier verify 录像.mp4 --key 公钥 --order {}";
    CheckPage, "Or open verify.html in a browser without a network: an independent second procedure. Give it the clip and the key.",
        "或在断网的浏览器中打开 verify.html（独立的第二种核验程序），选取录像并填入公钥。";
    CheckSums, "Compare the files with the list: sha256sum -c SHA256SUMS", "比对文件清单：sha256sum -c SHA256SUMS";

    // Drafts for a person.
    Draft, "Draft. A person who knows the facts must check every line, complete it and sign; until then it states nothing.",
        "草稿。须由了解情况的人逐项核对、补全并签名；在此之前不构成任何陈述。";
    ExplainHead, "Draft: statement about the evidence", "草稿：证据说明";
    ExplainWhat, "1. Evidence: clips of order {1}, {0} in number, recorded and sealed by the station {2}.", "一、证据名称与来源：单号 {1} 的打包录像 {0} 段，由录制端 {2} 录制并封存。";
    ExplainHow, "2. Making: while it records, the station signs each span of at most 2 seconds, and writes it to the disk before the next one.",
        "二、形成过程：录制端在录制的同时，对每个不超过 2 秒的片段计算摘要并签名，写入磁盘后再处理下一片段。";
    ExplainResult, "3. Check: the answer is {}; SHA-256 of each file stands in the list.", "三、完整性校验：核验结论为“{}”；各文件的 SHA-256 见证据清单。";
    ExplainAim, "4. What it shall show:", "四、证明目的：";
    ExplainLimit, "5. What is not proven or not checked stands in this report under these words.", "五、未证明与未核验的事项，见本报告相应各项。";
    ListHead, "Draft: list of evidence", "草稿：证据清单";
    Aim, "What it shall show", "证明目的";
    CertHead, "Draft: certification under Rules 902(13) and 902(14), Federal Rules of Evidence", "草稿：美国联邦证据规则第 902(13)、902(14) 条证明书";
    CertWho, "1. I am the person named below and qualified to speak of the system that made these records.", "一、本人即下列署名人，具备说明该系统的资格。";
    CertSystem, "2. Rule 902(13): the clips of order {} were made by the recording system with the station key {}. While it records, it digests and signs each span of at most 2 seconds. In the regular course of business this process produces an accurate result.",
        "二、第 902(13) 条：单号 {} 的录像由录制端公钥 {} 所属系统生成；该系统在录制的同时对每个不超过 2 秒的片段计算摘要并签名；按正常业务流程，该过程产生准确的结果。";
    CertCopy, "3. Rule 902(14): the files listed above under SHA-256 are copies identified by that digest; on the date below I compared the digest of each clip with that of the file kept by the station, and they were the same.",
        "三、第 902(14) 条：上文按 SHA-256 列出的文件为经该摘要识别的副本；本人于下列日期比对各段录像与录制端所存文件的摘要，二者相同。";
    CertOath, "4. I declare under penalty of perjury under the laws of the United States of America that the foregoing is true and correct (28 U.S.C. 1746).",
        "四、本人依据美国法律声明上述内容属实，如有不实愿承担伪证责任（28 U.S.C. 1746）。";
    SignName, "Name", "姓名";
    SignRole, "Role and company", "单位与职务";
    SignHand, "Signature", "签名";
    SignDate, "Date and place", "日期与地点";
    SignTaker, "Received by, date", "接收人签名、日期";
}
