//! The page that tells how to check the bundle, for somebody who never saw one.

use evidence::words::Lang;

use super::SUMS;
use crate::report::Subject;

/// In one language.
pub fn text(subject: &Subject<'_>, lang: Lang) -> String {
    let key = subject.station.to_string();
    let order = subject.order;
    let clip = subject.clips.first().map_or("original/CLIP.mp4", |clip| &*clip.name);
    let received = match lang {
        _ if subject.received.is_empty() => "",
        Lang::En => {
            "- received: what the buyer sent, byte for byte, with what each file says about itself (packseal-verifier inspect\n\
             \x20 FILE). It is the buyer's and no evidence of the station; no key stands behind it.\n"
        }
        Lang::Zh => {
            "- received：买家提供的文件，逐字节一致，并附各文件的自身声明（packseal-verifier inspect 文件）。\n\
             \x20 它们来自买家，不是录制端的证据，也没有密钥为其背书。\n"
        }
    };
    match lang {
        Lang::En => format!(
            "HOW TO CHECK THIS BUNDLE\n\
             ========================\n\
             \n\
             You need not trust whoever gave it to you, and you need no network.\n\
             \n\
             1. Get the station's key by another way than this bundle came: from the shop's own site, a contract, a notary.\n\
             \x20  Compare it, letter by letter, with the one under which these clips were sealed:\n\
             \x20  {key}\n\
             \x20  A key that only stands here proves nothing.\n\
             \n\
             2. In a browser: open verify.html, give it that key, and drop the folder or a clip of the folder 'original'.\n\
             \n\
             3. Or with the program packseal-verifier, which is another, independent one:\n\
             \x20  packseal-verifier verify {clip} --key KEY --order {order}\n\
             \x20  It ends with 0: VERIFIED, 1: REJECTED, 2: could not check, 3: UNKNOWN SIGNER, 4: PARTIAL.\n\
             \n\
             4. Whether a file changed since it was exported: sha256sum -c {SUMS}\n\
             \n\
             What is what\n\
             - original: the sealed clips, byte for byte. They are the evidence.\n\
             - upload, stills: copies and pictures, marked DERIVED. Each has a note that says of which clip it was made:\n\
             \x20  packseal-verifier verify FILE --note FILE.note --original {clip} --key KEY\n\
             - custody: signed statements of who exported this, when, and with which files.\n\
             - report: what a verification of the clips said. It shows nothing by itself.\n\
             {received}\
             \n\
             What no seal can show: what happened in transport or after delivery, and what anybody intended.\n"
        ),
        Lang::Zh => format!(
            "如何核验本证据包\n\
             ================\n\
             \n\
             您无需信任提供者，也无需联网。\n\
             \n\
             1. 请通过与本证据包不同的途径取得录制端公钥：商家官网、合同或公证机构。\n\
             \x20  与封存这些录像的公钥逐字比对：\n\
             \x20  {key}\n\
             \x20  仅出现在此处的公钥不能证明任何事。\n\
             \n\
             2. 用浏览器：打开 verify.html，填入该公钥，再拖入整个文件夹或 original 文件夹中的录像。\n\
             \n\
             3. 或使用另一个独立的程序 packseal-verifier：\n\
             \x20  packseal-verifier verify {clip} --key 公钥 --order {order}\n\
             \x20  退出状态 0：已验证；1：不予采信；2：无法核验；3：签名者未知；4：部分证明。\n\
             \n\
             4. 文件导出后是否变化：sha256sum -c {SUMS}\n\
             \n\
             各部分说明\n\
             - original：封存录像原件，逐字节一致。它们才是证据。\n\
             - upload、stills：副本与图片，均标注“派生 DERIVED”。每个文件附有说明，指明制作自哪段录像：\n\
             \x20  packseal-verifier verify 文件 --note 文件.note --original {clip} --key 公钥\n\
             - custody：签名声明，记载导出人、时间与文件清单。\n\
             - report：核验录像所得的结果；报告本身不作证明。\n\
             {received}\
             \n\
             封存不证明运输中或签收后的状态，也不判断任何人的意图。\n"
        ),
    }
}
