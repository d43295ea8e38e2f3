//! The sheet of control codes and operator badges, as a PDF that any scanner reads from paper.
//!
//! A card each, as wide as the page, so that no beam crosses two codes:
//!
//! ```text
//! ┌─────────────────────────────────────────────┐
//! │ END 结束              Ends the clip.         │
//! │                       结束当前录像。         │
//! │ ▌▌ ▌▌▌ ▌ ▌▌ ▌▌▌▌ ▌ ▌▌ ▌▌                     │
//! │ PACKSEAL-END                                 │
//! └─────────────────────────────────────────────┘
//! ```

use barcoders::sym::code128::Code128;
use evidence::value::{Time, Token};
use krilla::{
    Document, SerializeSettings,
    configure::{Configuration, Validator},
    metadata::Metadata,
    page::PageSettings,
};

use crate::{
    code::ControlCodes,
    pen::{Fonts, MM, Pen, date},
    say::Trouble,
};

/// Paper, mm.
const PAPER: (f32, f32) = (210.0, 297.0);
/// Left and right of the cards, mm.
const MARGIN: f32 = 15.0;
/// Of a card, mm.
const WIDTH: f32 = PAPER.0 - 2.0 * MARGIN;
/// From a card's left edge to its code, mm: more than the white that the widest code needs.
const INDENT: f32 = 8.0;
/// Height of a card's upper part, with name and note, mm.
const BAND: f32 = 12.0;
/// Height of a note's letters, mm.
const NOTE: f32 = 3.5;
/// Where the first card begins, mm from the top.
const TOP: f32 = 30.0;
/// A card and the gap behind it, mm.
const CARD: (f32, f32) = (38.5, 3.0);
/// Cards on a page.
const CARDS: usize = 6;
/// Height of the bars, mm.
const BARS: f32 = 16.0;
/// Narrowest and widest bar or space, mm: any scanner reads the first, more than the second takes room for nothing.
const MODULE: (f32, f32) = (0.33, 0.5);
/// Modules of white before and behind a code.
const QUIET: usize = 10;

/// Of what is not looked for.
const GREY: u8 = 90;
/// Stands on every page.
const HINT: &str = "Print in actual size on white paper.  请按实际大小打印在白纸上。";

/// One code with its texts.
struct Card {
    name: (String, &'static str),
    note: (&'static str, &'static str),
    text: String,
}

impl Card {
    fn control(en: &str, zh: &'static str, note: (&'static str, &'static str), text: &str) -> Self {
        Self { name: (en.to_owned(), zh), note, text: text.to_owned() }
    }

    fn badge(shift: &str, name: &Token) -> Self {
        let text = format!("{shift}-{name}");
        Self {
            name: (name.to_string(), "操作员工牌"), note: ("Signs this operator on.", "操作员签到。"), text
        }
    }
}

/// The control codes, in the order they are used.
fn controls(codes: &ControlCodes) -> Vec<Card> {
    vec![
        Card::control(
            "START",
            "开始",
            ("Starts a clip whose order is not known yet.", "单号未知时，先开始录制。"),
            &codes.start,
        ),
        Card::control("END", "结束", ("Ends the clip.", "结束当前录像。"), &codes.end),
        Card::control(
            "CANCEL",
            "取消",
            ("Ends the clip as cancelled; it is kept.", "取消当前录像，录像仍保留。"),
            &codes.cancel,
        ),
        Card::control(
            "RETURN",
            "退货",
            ("Starts a return; then scan its order.", "开始录制退货，再扫订单条码。"),
            &codes.return_,
        ),
        Card::control(
            "HOLD",
            "保留",
            ("Keeps the open clip from being deleted.", "保留当前录像，不会被自动删除。"),
            &codes.hold,
        ),
        Card::control("SHIFT", "换班", ("Signs the operator off.", "操作员签退。"), &codes.shift),
    ]
}

/// The bars of this text, a byte each module: 1 black, 0 white.
fn bars(text: &str) -> Result<Vec<u8>, Trouble> {
    let room = ((WIDTH - INDENT) / MODULE.0) as usize - QUIET;
    let modules = match text.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        // Set B: one symbol for each character.
        true => Code128::new(format!("\u{181}{text}")).map(|code| code.encode()).ok(),
        false => None,
    };
    modules.filter(|modules| modules.len() <= room).ok_or_else(|| {
        let shown: String = text.chars().take(80).filter(|c| !c.is_control()).collect();
        // START, check and STOP take 35 modules, each character 11.
        let most = room.saturating_sub(35) / 11;
        Trouble::new(
            format!(
                "'{shown}' does not fit on paper as a bar code: use at most {most} characters, A-Z, a-z, 0-9 and '-'"
            ),
            format!("“{shown}”无法印成条码：最多 {most} 个字符，请使用字母、数字和“-”"),
        )
    })
}

/// The sheet as it is made at this moment: the control codes, then a badge for each operator. PDF/A, with its fonts in
/// it.
///
/// # Errors
/// A text that does not fit on paper.
pub fn pdf(codes: &ControlCodes, operators: &[Token], made: Time) -> Result<Vec<u8>, Trouble> {
    let badges: Vec<_> = operators.iter().map(|name| Card::badge(&codes.shift, name)).collect();
    let sections = [("Control codes", "控制条码", controls(codes)), ("Operators", "操作员", badges)];
    let pages: Vec<_> =
        sections.iter().flat_map(|(en, zh, cards)| cards.chunks(CARDS).map(move |cards| (*en, *zh, cards))).collect();

    let cannot = |why: String| Trouble::new("cannot make the PDF", "无法生成 PDF").because(why);
    let fonts = Fonts::new().ok_or_else(|| cannot("font".to_owned()))?;
    let mut document = Document::new_with(SerializeSettings {
        configuration: Configuration::new_with_validator(Validator::A2_U),
        ..SerializeSettings::default()
    });
    let creator = concat!("packseal-station ", env!("CARGO_PKG_VERSION"));
    let metadata = Metadata::new().title("packseal: control codes 控制条码".to_owned()).language("en".to_owned());
    document.set_metadata(metadata.creator(creator.to_owned()).creation_date(date(made)));
    let paper = PageSettings::from_wh(PAPER.0 * MM, PAPER.1 * MM).ok_or_else(|| cannot("paper".to_owned()))?;
    for (at, (en, zh, cards)) in pages.iter().enumerate() {
        let mut page = document.start_page_with(paper.clone());
        let mut pen = Pen { surface: page.surface() };
        pen.line(&fonts.bold, (MARGIN, 18.0), 7.0, 0, &format!("{en}  {zh}"));
        pen.line(&fonts.regular, (MARGIN, 25.0), 3.5, GREY, HINT);
        let foot = format!("{creator}  ·  {} / {}", at + 1, pages.len());
        pen.line(&fonts.regular, (MARGIN, PAPER.1 - 10.0), 3.0, GREY, &foot);
        for (row, card) in cards.iter().enumerate() {
            draw(&mut pen, &fonts, card, TOP + row as f32 * (CARD.0 + CARD.1))?;
        }
        drop(pen);
        page.finish();
    }
    document.finish().map_err(|e| cannot(format!("{e:?}")))
}

/// Draws a card whose upper edge is at `top` mm.
fn draw(pen: &mut Pen<'_>, fonts: &Fonts, card: &Card, top: f32) -> Result<(), Trouble> {
    let (left, notes) = (MARGIN + INDENT, MARGIN + WIDTH / 2.0);
    pen.band((MARGIN, top), (WIDTH, BAND));
    pen.frame((MARGIN, top), (WIDTH, CARD.0));
    let name = format!("{}  {}", card.name.0, card.name.1);
    // Long names of operators are written smaller.
    let size = ((notes - left - 4.0) / fonts.bold.width(1.0, &name)).min(6.0);
    pen.line(&fonts.bold, (left, top + 8.2), size, 0, &name);
    pen.line(&fonts.regular, (notes, top + 5.1), NOTE, 0, card.note.0);
    pen.line(&fonts.regular, (notes, top + 9.9), NOTE, 0, card.note.1);
    let modules = bars(&card.text)?;
    let module = ((WIDTH - INDENT) / (modules.len() + QUIET) as f32).min(MODULE.1);
    pen.bars((left, top + BAND + 3.0), module, BARS, &modules);
    pen.line(&fonts.regular, (left, top + BAND + 3.0 + BARS + 4.8), 3.8, 0, &card.text);
    Ok(())
}

#[cfg(test)]
mod tests;
