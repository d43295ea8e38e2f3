//! The report of an order: what it says of clips of every kind, that HTML and PDF say the same, and how they are made.

#[path = "support/authority.rs"]
mod authority;
mod support;
#[path = "support/times.rs"]
mod times;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use evidence::{
    key::VerifierKey,
    statement::*,
    token::Root,
    trust::Trust,
    value::{Camera, Hash, Order, Time},
    verdict::{Report, Verdict},
    verify::{Request, replay, verify},
    words::Lang,
};
use station::report::*;
use support::{check, forge::*, ledgers::Ledger};
use times::{Clock, S, naming, sealed};

const ORDER: &str = "SF1234567890";
/// Largest in every respect.
const LONG: &str = "A123456789-B123456789-C123456789-D123456789-E123456789-F12345678";

/// A clip of a case.
struct Film {
    file: Vec<u8>,
    report: Report,
    statements: Vec<String>,
}

/// What a report is made of.
struct Case {
    name: &'static str,
    order: Order,
    key: VerifierKey,
    films: Vec<Film>,
}

fn film(file: Vec<u8>, trust: &Trust, order: Option<&str>) -> Film {
    let order = order.map(v::<Order>);
    let request = Request { trust, order: order.as_ref(), threads: 2, progress: &mut |_, _| () };
    let report = verify(&file[..], request).unwrap();
    let mut statements = Vec::new();
    if let (Some(last), Some(key)) = (report.last, &report.key) {
        let mut give = |note: &[u8]| {
            statements.push(String::from_utf8(note.to_vec()).unwrap());
            Ok(())
        };
        // Of an altered clip as far as it goes.
        let _ = replay(&file[..], key, last, &mut give);
    }
    Film { file, report, statements }
}

/// Four seconds with events of every kind that is drawn.
fn eventful() -> Forge {
    let mut forge = check::forge();
    let event = |ms: u64, kind| Event { offset: ms * 1_000, kind };
    forge.spans[0].events = vec![
        event(0, EventKind::Operator(v("ann"))),
        event(500, EventKind::OrderScan(v(ORDER))),
        event(600, EventKind::Moving),
    ];
    forge.spans[1].events = vec![event(300, EventKind::LabelRead(v(ORDER), 7)), event(800, EventKind::Frozen)];
    forge.spans[1].lost = 3;
    forge.spans[2].events =
        vec![event(100, EventKind::Unfrozen), event(600, EventKind::Weight(1_250_000, WeightState::Stable))];
    forge.spans[3].events = vec![event(900, EventKind::NextScan)];
    let before = forge.edit_start;
    forge.edit_start = Box::new(move |start| {
        before(start);
        start.camera = v::<Camera>("usb:<script>alert(1)</script>&\"'");
    });
    forge
}

/// One of each kind; made once, for signatures and time tokens take time.
fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(|| {
        let trust = check::trust();
        let one = |name, film: Film| Case { name, order: v(ORDER), key: key(1).verifier().clone(), films: vec![film] };
        let asked = |clip: Vec<u8>| film(clip, &trust, Some(ORDER));

        let clock = Clock::new("report");
        let mut timed = check::trust();
        timed.add_authority(Root::parse(&clock.0.read("root.der")).unwrap());
        let start = clock.token_by("p256", &Hash::of(b"an older checkpoint"), T0 - 20 * S, 1);
        let bracket = naming(eventful(), &start, T0 - 20 * S);
        let bracket = sealed(&bracket, &[("start-token", &start)], |of| vec![clock.token(of, T0 + 6 * S)]);

        let mut cut = eventful();
        cut.reason = None;
        let mut excerpt = eventful();
        excerpt.spans[0].withheld = true;
        excerpt.spans[3].withheld = true;
        let mut gapped = eventful();
        gapped.spans.insert(2, gap(180_000));
        gapped.reason = Some(Reason::CameraLost);
        let mut pattern = check::forge();
        pattern.edit_start = Box::new(|start| {
            (start.source, start.clock, start.clock_state) =
                (Source::Pattern, ClockKind::Simulated, ClockState::Simulated);
        });
        let mut altered = eventful().parts();
        let last = altered[6].len() - 1;
        altered[6][last] ^= 1;
        let mut long = check::forge();
        (long.order, long.end_order) = (Some(v(LONG)), None);
        let long = film(long.clip(), &trust, Some(LONG));
        let audited = Ledger::new().clip();
        vec![
            one("between", film(bracket, &timed, Some(ORDER))),
            one("own-clock", asked(eventful().clip())),
            one("not-asked", film(eventful().clip(), &trust, None)),
            one("audited", asked(audited.clone())),
            one("pattern", asked(pattern.clip())),
            one("cut", asked(cut.clip())),
            one("excerpt", asked(excerpt.clip())),
            one("gapped", asked(gapped.clip())),
            one("altered", asked(altered.concat())),
            one("differs", film(check::forge().clip(), &trust, Some("SF9"))),
            one("unknown", film(check::forge().clip(), &Trust::default(), Some(ORDER))),
            one("no-clip", asked(b"text".to_vec())),
            Case { order: v(LONG), ..one("long", long) },
            Case {
                films: vec![asked(eventful().clip()), asked(altered.concat()), asked(audited)],
                ..one("several", asked(cut.clip()))
            },
            Case { films: vec![], ..one("none", asked(cut.clip())) },
        ]
    })
}

fn case(name: &str) -> &'static Case {
    cases().iter().find(|case| case.name == name).unwrap()
}

/// A frame of the material as JPEG.
fn jpeg() -> &'static [u8] {
    static JPEG: OnceLock<Vec<u8>> = OnceLock::new();
    JPEG.get_or_init(|| {
        let material = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/material.mp4");
        let size = ["-frames:v", "1", "-vf", "scale=640:360", "-f", "mjpeg", "-"];
        let done = Command::new("ffmpeg").args(["-v", "error", "-i"]).arg(material).args(size).output().unwrap();
        assert!(done.status.success());
        done.stdout
    })
}

impl Case {
    /// Gives what the station would hand to the report.
    fn with<T>(&self, make: impl FnOnce(&Subject<'_>) -> T) -> T {
        let still = |second, what| Still { jpeg: jpeg().to_vec(), width: 640, height: 360, second, what };
        let piece = |(i, film): (usize, &'static Film)| Piece {
            name: format!("2026-10-30_{}_{}.mp4", self.order, i + 1),
            sha256: Hash::of(&film.file),
            length: film.file.len() as u64,
            report: &film.report,
            statements: film.statements.clone(),
            stills: vec![still(0.0, Sight::First), still(0.5, Sight::Scan), still(3.9, Sight::Last)],
        };
        // All cases are there for ever.
        let films = &case(self.name).films;
        let clips: Vec<Piece<'_>> = films.iter().enumerate().map(piece).collect();
        let mut files: Vec<Listed> = clips
            .iter()
            .map(|clip| Listed { name: clip.name.clone(), bytes: clip.length, sha256: clip.sha256, kind: Kind::Clip })
            .collect();
        let others = [("share.mp4", Kind::Copy), ("still-1.jpg", Kind::Still), ("verify.html", Kind::Tool)];
        files.extend(others.map(|(name, kind)| Listed {
            name: name.to_owned(),
            bytes: 12_345,
            sha256: Hash::of(name.as_bytes()),
            kind,
        }));
        let export = |hours: i64, hash: Option<Hash>, preset: &str| Custody {
            time: Time(T0 + hours * 3_600 * S),
            who: hash.map(|_| "service-3".to_owned()),
            preset: preset.to_owned(),
            hash,
        };
        make(&Subject {
            order: &self.order,
            made: Time(T0 + 30 * 3_600 * S),
            station: &self.key,
            clips,
            received: vec![],
            files,
            exports: vec![export(5, Some(Hash([3; 32])), "court"), export(30, None, "taobao <雪>")],
        })
    }

    fn html(&self, lang: Lang) -> String {
        self.with(|subject| html(subject, lang))
    }

    fn pdf(&self, lang: Lang, test: &str) -> PathBuf {
        let bytes = self.with(|subject| pdf(subject, lang)).unwrap_or_else(|e| panic!("{}: {e:?}", self.name));
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{test}"));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{}-{lang:?}.pdf", self.name));
        // Beside it, for whoever wants to look.
        std::fs::write(path.with_extension("html"), self.html(lang)).unwrap();
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

/// Runs a program of the system; what it wrote.
#[track_caller]
fn tool(name: &str, args: &[&str]) -> Vec<u8> {
    let output = Command::new(name).args(args).output().unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(output.status.success(), "{name} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// The texts that a browser shows, but not the LINKs that are there in full.
fn texts(html: &str) -> Vec<String> {
    let body = html.split_once("<body>").unwrap().1;
    let body: Vec<&str> = body.split("<details><summary>LINK").collect();
    let (first, rest) = body.split_first().unwrap();
    let rest = rest.iter().map(|part| part.split_once("</details>").unwrap().1);
    let plain = |text: &str| {
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"");
        text.replace("&#39;", "'").replace("&amp;", "&")
    };
    std::iter::once(*first)
        .chain(rest)
        .flat_map(|part| part.split('<').filter_map(|tag| tag.split_once('>')))
        .map(|(_, text)| plain(text))
        .filter(|text| !text.trim().is_empty())
        .collect()
}

fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn pdf_says_all_that_html_says() {
    for case in cases() {
        for lang in Lang::ALL {
            let pdf = case.pdf(lang, "texts");
            let text = String::from_utf8(tool("pdftotext", &["-raw", pdf.to_str().unwrap(), "-"])).unwrap();
            // The foot of a page may stand amid a paragraph.
            let is_foot = |line: &&str| {
                line.starts_with("packseal, order ")
                    || line.starts_with("packseal，单号 ")
                    || line.starts_with("page ")
                    || line.starts_with("第 ") && line.contains(" 页，共 ")
            };
            let text: String = text.split(['\n', '\u{c}']).filter(|line| !is_foot(line)).map(bare).collect();
            let all = texts(&case.html(lang));
            assert!(all.len() > 50, "{}", all.len());
            for said in all {
                let said = bare(&said).replace('雪', "<U+96EA>");
                assert!(text.contains(&said), "{} {lang:?}: {said}\n{text}", case.name);
            }
        }
    }
}

#[test]
fn pdf_is_a4_with_its_fonts_and_no_page_is_blank() {
    for lang in Lang::ALL {
        let made = || case("between").with(|subject| pdf(subject, lang)).unwrap();
        // Whole files are nothing to print.
        assert!(made() == made(), "the same input makes the same file");
        let pdf = case("between").pdf(lang, "pages");
        let pdf = pdf.to_str().unwrap();
        let info = String::from_utf8(tool("pdfinfo", &[pdf])).unwrap();
        assert!(info.contains("(A4)") && info.contains("2026"), "{info}");
        let fonts = String::from_utf8(tool("pdffonts", &[pdf])).unwrap();
        let fonts: Vec<&str> = fonts.lines().skip(2).collect();
        assert_eq!(fonts.len(), 3, "{fonts:?}");
        assert!(fonts.iter().all(|font| font.contains("yes yes yes")), "{fonts:?}");
        let pages = tool("pdftoppm", &["-r", "30", "-gray", pdf]);
        // Each is a PGM: three lines of head, then the pixels.
        let head = b"P5\n249 351\n255\n";
        let page = head.len() + 249 * 351;
        assert!(pages.starts_with(head) && pages.len().is_multiple_of(page));
        assert!(pages.len() / page >= 4, "{} pages", pages.len() / page);
        for page in pages.chunks(page) {
            // Without the foot.
            let text = &page[head.len()..page.len() - 249 * 20];
            assert!(text.iter().filter(|pixel| **pixel < 200).count() > 300, "a blank page");
        }
    }
}

#[test]
fn the_answer_is_what_the_results_support() {
    #[rustfmt::skip]
    let said = [
        ("between", "本段录像于 2026-10-30 01:59:39.000 UTC 之后、2026-10-30 02:00:06.000 UTC 之前封存，自封存起未被更改。\
          运单号 SF1234567890 在 7 帧中被识别。本报告不证明运输中或签收后的状态，也不判断任何人的意图。"),
        ("own-clock", "本段录像自封存起未被更改。按录制端自己的时钟（无外部时间佐证），录制于 "),
        ("not-asked", "<b>已验证 (VERIFIED)</b>"),
        ("audited", "单号 SF1234567890 由扫码或商家系统绑定，未从画面中识别。本报告不证明"),
        ("audited", "单号齐全（已审核）"),
        ("own-clock", "没有账本证明：该单号可能还有其他录像。"),
        ("pattern", "其时间由帧推算，不是钟表时间。"),
        ("pattern", "画面并非来自实时摄像头。"),
        ("cut", "本段录像现有的部分自封存起未被更改。"),
        ("cut", "并非全部内容都已展示或证明：未见结尾 (END NOT SHOWN)：被截断或中断，原因未知"),
        ("excerpt", "节选 (EXCERPT)：展示第 1.0 秒至第 3.0 秒，全长 4.0 秒"),
        ("excerpt", "<b>部分证明 (PARTIAL)</b>"),
        ("gapped", "有中断 (INTERRUPTED)：摄像头断开；有中断 (INTERRUPTED)：1 段时间未录到画面。运单号"),
        ("gapped", "<div>第 2.0 秒至第 4.0 秒无画面</div>"),
        ("altered", "<b>不予采信 (REJECTED)</b>"),
        ("altered", "本段录像未被采信：片段画面与签名时不一致。请勿据以作出结论。本报告不证明"),
        ("altered", "首条声明由密钥 test-bench/"),
        ("differs", "本段录像未被采信："),
        ("unknown", "<b>签名者未知 (UNKNOWN SIGNER)</b>"),
        ("unknown", "未提供本段录像的可信公钥：签名未经核验，其内容均未得到证明。本报告"),
        ("unknown", "<li>无。</li>"),
        ("no-clip", "该文件无法核验："),
        ("several", "<b>不予采信 (REJECTED)</b>"),
        ("several", "共 3 段录像；此为其中最低的结论，各段分别作答如下。"),
        ("none", "<b>无法核验 (COULD NOT CHECK)</b>"),
        ("none", "该单号没有交付录像，未作任何核验。"),
    ];
    for (name, said) in said {
        let html = case(name).html(Lang::Zh);
        assert!(html.contains(said), "{name}: {said}\n{}", texts(&html).join("\n"));
    }
    let never = [
        ("cut", "没有删减"),
        ("altered", "自封存起未被更改"),
        ("altered", "所示每个字节"),
        ("altered", "<img"),
        ("unknown", "<img"),
        ("unknown", "自封存起未被更改"),
        ("unknown", "usb:"),
        ("own-clock", "之前封存"),
        ("audited", "可能还有其他录像"),
    ];
    for (name, said) in never {
        assert!(!case(name).html(Lang::Zh).contains(said), "{name}: {said}");
    }
    let html = case("between").html(Lang::En);
    let said = "This clip was sealed after 2026-10-30 01:59:39.000 UTC and before 2026-10-30 02:00:06.000 UTC and has not \
                been changed since. Order number SF1234567890 was read from the picture in 7 frames. This report does not \
                prove the state in transit or after delivery, and it judges nobody&#39;s intent.";
    assert!(html.contains(said), "{}", texts(&html).join("\n"));
    let verdict = |name: &str| case(name).films[0].report.verdict;
    assert_eq!(
        ["between", "cut", "altered", "unknown", "no-clip"].map(verdict),
        [Verdict::Verified, Verdict::Partial, Verdict::Rejected, Verdict::UnknownSigner, Verdict::CouldNotCheck,]
    );
}

#[test]
fn html_needs_nothing_and_takes_no_value_for_markup() {
    for case in cases() {
        for lang in Lang::ALL {
            let html = case.html(lang);
            for word in ["http:", "https:", "<script", "<link", "<iframe", "url(", "@import", "href", "onload", "<雪>"]
            {
                assert!(!html.contains(word), "{}: {word}", case.name);
            }
            assert!(html.matches("src=").count() == html.matches("src=\"data:image/jpeg;base64,").count());
            let digests = case.films.iter().map(|film| Hash::of(&film.file).to_string());
            assert!(digests.chain([case.order.to_string()]).all(|value| html.contains(&value)), "{}", case.name);
        }
    }
    let html = case("between").html(Lang::En);
    assert!(html.contains("usb:&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;"));
    let notes = &case("between").films[0].statements;
    assert_eq!((notes.len(), html.matches("<details>").count()), (6, 6), "START, four LINKs, END");
    for note in notes {
        let note = note.trim_end().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        assert!(html.contains(&note.replace('"', "&quot;").replace('\'', "&#39;")), "{note}");
    }
}

#[test]
fn a_summary_fits_into_a_form() {
    for case in cases() {
        for (lang, most) in [(Lang::En, 500), (Lang::Zh, 500), (Lang::En, MIN_SUMMARY), (Lang::Zh, MIN_SUMMARY)] {
            let said = case.with(|subject| summary(subject, lang, most));
            assert!(said.chars().count() <= most && !said.contains('\n'), "{}: {said}", case.name);
            let limit = if lang == Lang::En { "judges nobody's intent." } else { "也不判断任何人的意图。" };
            assert!(said.contains(case.order.as_str()) && said.contains(limit), "{}: {said}", case.name);
        }
    }
    let said = case("between").with(|subject| summary(subject, Lang::Zh, 500));
    assert!(said.starts_with("已验证 (VERIFIED)。单号 SF1234567890，录像 1 段。本段录像于 2026-10-30"), "{said}");
    // A hundred clips with long names.
    let said = case("several").with(|subject| {
        let clips = (0..100).map(|_| Piece {
            name: "x".repeat(255),
            sha256: Hash([0; 32]),
            length: 0,
            report: subject.clips[0].report,
            statements: vec![],
            stills: vec![],
        });
        let order = v(LONG);
        let subject = Subject {
            order: &order,
            clips: clips.collect(),
            received: vec![],
            files: vec![],
            exports: vec![],
            ..*subject
        };
        summary(&subject, Lang::En, MIN_SUMMARY)
    });
    assert!(said.chars().count() <= MIN_SUMMARY && said.contains("clips: 100"), "{said}");
}

#[test]
fn what_is_not_a_picture_is_an_error_and_odd_names_are_not() {
    let made = |jpeg: &[u8], name: &str| {
        case("own-clock").with(|subject| {
            let piece = &subject.clips[0];
            let clip = Piece {
                name: name.to_owned(),
                sha256: piece.sha256,
                length: piece.length,
                report: piece.report,
                statements: vec!["no note".to_owned(), "\u{4e2d}\n".repeat(9_000)],
                stills: vec![Still { jpeg: jpeg.to_vec(), width: 0, height: 0, second: f64::NAN, what: Sight::Label }],
            };
            let subject = Subject { clips: vec![clip], received: vec![], files: vec![], exports: vec![], ..*subject };
            (pdf(&subject, Lang::Zh).is_ok(), html(&subject, Lang::Zh))
        })
    };
    assert!(!made(b"no picture", "a").0);
    let (is_made, html) = made(jpeg(), "\u{1b}[31m\u{202e}🐧\n");
    assert!(is_made && !html.contains(['\u{1b}', '\u{202e}']));
}
