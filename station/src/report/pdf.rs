//! The blocks on A4. All is placed first and drawn then, because each page says how many there are.

mod flow;

use evidence::words::{Lang, moment};
use krilla::{
    Document, SerializeSettings,
    configure::{Configuration, Validator},
    image::Image,
    metadata::Metadata,
    page::PageSettings,
};

use self::flow::{Flow, Op, PAPER, Type};
use super::{
    Subject,
    block::{Block, Picture, Table},
    strip::{HEIGHT, Shape, Strip},
    texts::Text,
};
use crate::{
    pen::{Fonts, Ink, MM, Pen, date},
    say::Trouble,
};

/// Left and right of the text, mm.
const MARGIN: f32 = 20.0;
/// Of the text, mm.
const WIDTH: f32 = super::strip::WIDTH;
/// Of the labels of pairs, mm.
const LABEL: f32 = 34.0;
/// White between columns, mm.
const GUTTER: f32 = 3.0;
/// Tallest picture, mm.
const TALLEST: f32 = 62.0;
/// Of rules.
const RULE: u8 = 200;
/// Of what explains.
const ASIDE: u8 = 85;

/// The file.
///
/// # Errors
/// A picture that is not a JPEG.
pub fn render(blocks: &[Block], subject: &Subject<'_>, lang: Lang) -> Result<Vec<u8>, Trouble> {
    let cannot = |why: String| Trouble::new("cannot make the PDF", "无法生成 PDF").because(why);
    let fonts = Fonts::new().ok_or_else(|| cannot("font".to_owned()))?;
    let mut flow = Flow::new(&fonts);
    for (i, block) in blocks.iter().enumerate() {
        // A table of answers stands on one page where it can, and a time line below its heading.
        match (block, blocks.get(i + 1)) {
            (Block::Sub(_), Some(Block::Pairs(rows))) => flow.need(pairs_height(rows, &flow) + 10.0),
            (Block::Sub(_), Some(Block::Strip(_))) => flow.need(HEIGHT + 22.0),
            _ => {}
        }
        place(block, &mut flow).map_err(cannot)?;
    }
    let pages = flow.pages;
    let mut document = Document::new_with(SerializeSettings {
        configuration: Configuration::new_with_validator(Validator::A2_U),
        ..SerializeSettings::default()
    });
    let tag = lang.pick("en", "zh-CN");
    let title = format!("{}: {}", Text::Title.of(lang), subject.order);
    let metadata = Metadata::new().title(title).language(tag.to_owned()).creation_date(date(subject.made));
    document.set_metadata(metadata.creator(concat!("packseal-station ", env!("CARGO_PKG_VERSION")).to_owned()));
    let paper = PageSettings::from_wh(PAPER.0 * MM, PAPER.1 * MM).ok_or_else(|| cannot("paper".to_owned()))?;
    let foot = Text::Foot.with(lang, &[subject.order.as_str(), &moment(subject.made)]);
    for (at, ops) in pages.iter().enumerate() {
        let mut page = document.start_page_with(paper.clone());
        let mut pen = Pen { surface: page.surface() };
        for op in ops {
            draw(op, &mut pen, &fonts);
        }
        let (face, size) = (&fonts.regular, 2.6);
        let number = Text::Page.with(lang, &[&(at + 1).to_string(), &pages.len().to_string()]);
        let y = PAPER.1 - 11.0;
        pen.line(face, (MARGIN, y), size, ASIDE, &foot);
        pen.line(face, (MARGIN + WIDTH - face.width(size, &number), y), size, ASIDE, &number);
        drop(pen);
        page.finish();
    }
    document.finish().map_err(|e| cannot(format!("{e:?}")))
}

fn draw(op: &Op, pen: &mut Pen<'_>, fonts: &Fonts) {
    match op {
        Op::Line { kind, at, ink, text } => pen.line(kind.face(fonts), *at, kind.size, *ink, text),
        Op::Fill { points, ink } => pen.polygon(points, *ink),
        Op::Edge { points, width, ink } => pen.edge(points, *width, *ink),
        Op::Image { image, at, size } => pen.image(image.clone(), *at, *size),
    }
}

fn place(block: &Block, flow: &mut Flow<'_>) -> Result<(), String> {
    let black = Ink::Grey(0);
    match block {
        Block::Title(text) => {
            flow.text((MARGIN, WIDTH), Type::bold(4.6), Ink::Accent, text);
            flow.rule(0.5, Ink::Accent);
            flow.skip(5.0);
        }
        Block::Verdict { word, meaning, is_verified } => verdict(word, meaning, *is_verified, flow),
        Block::Head(text) => {
            flow.skip(if flow.is_at_top() { 0.0 } else { 7.0 });
            // Not alone at a page's foot.
            flow.need(30.0);
            flow.rule(0.2, Ink::Grey(RULE));
            flow.skip(2.5);
            flow.text((MARGIN, WIDTH), Type::bold(4.8), black, text);
            flow.skip(2.0);
        }
        Block::Sub(text) => {
            flow.skip(if flow.is_at_top() { 0.0 } else { 4.0 });
            flow.need(20.0);
            flow.text((MARGIN, WIDTH), Type::bold(3.6), Ink::Accent, text);
            flow.skip(1.0);
        }
        Block::Text(text) => {
            flow.text((MARGIN, WIDTH), Type::regular(3.6), black, text);
            flow.skip(2.5);
        }
        Block::Aside(text) => {
            flow.text((MARGIN, WIDTH), Type::regular(3.0), Ink::Grey(ASIDE), text);
            flow.skip(1.5);
        }
        Block::Notice(text) => {
            let height = flow.height(WIDTH - 8.0, Type::bold(3.4), text) + 5.0;
            flow.frame(height, 0.4, black);
            flow.skip(2.5);
            flow.text((MARGIN + 4.0, WIDTH - 8.0), Type::bold(3.4), black, text);
            flow.skip(5.0);
        }
        Block::List(points) => {
            for point in points {
                flow.need(flow.height(WIDTH - 5.0, Type::regular(3.4), point).min(40.0));
                let middle = flow.y + 2.8;
                flow.fill(&square((MARGIN + 1.0, middle), 0.9), black);
                flow.text((MARGIN + 5.0, WIDTH - 5.0), Type::regular(3.4), black, point);
                flow.skip(0.7);
            }
        }
        Block::Pairs(rows) => pairs(rows, flow),
        Block::Table(table) => rows(table, flow),
        Block::Pictures(all) => pictures(all, flow)?,
        Block::Strip(strip) => time_line(strip, flow),
        Block::Statement { title, text, is_on_paper: true } => {
            flow.need(20.0);
            flow.text((MARGIN, WIDTH), Type::bold(3.2), black, title);
            flow.text((MARGIN, WIDTH), Type::mono(2.5), black, text);
            flow.skip(3.0);
        }
        Block::Statement { .. } => {}
        Block::Blanks(labels) => blanks(labels, flow),
        Block::Page => flow.page(),
    }
    Ok(())
}

fn square((x, y): (f32, f32), side: f32) -> Vec<(f32, f32)> {
    vec![(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
}

/// White on the accent where nothing is left to say, black in a frame otherwise: different without colours as well.
fn verdict(word: &str, meaning: &str, is_verified: bool, flow: &mut Flow<'_>) {
    let (big, small, inner) = (Type::bold(8.0), Type::regular(3.4), WIDTH - 12.0);
    let height = flow.height(inner, big, word) + flow.height(inner, small, meaning) + 6.0;
    let ink = match is_verified {
        true => {
            flow.need(height);
            let (top, right) = (flow.y, MARGIN + WIDTH);
            let low = top + height;
            flow.fill(&[(MARGIN, top), (right, top), (right, low), (MARGIN, low)], Ink::Accent);
            Ink::Grey(255)
        }
        false => {
            flow.frame(height, 1.0, Ink::Grey(0));
            Ink::Grey(0)
        }
    };
    flow.skip(2.0);
    flow.text((MARGIN + 6.0, inner), big, ink, word);
    flow.text((MARGIN + 6.0, inner), small, ink, meaning);
    flow.skip(8.0);
}

/// Of labels, first lines and further lines.
fn pair_types() -> [Type; 3] {
    [Type::bold(3.2), Type::regular(3.4), Type::regular(3.1)]
}

/// Of one row of pairs without the rule below.
fn pair_height((label, lines): &(String, Vec<String>), flow: &Flow<'_>) -> f32 {
    let [label_type, first, more] = pair_types();
    let line = |(i, line): (usize, &String)| flow.height(WIDTH - LABEL, if i == 0 { first } else { more }, line);
    lines.iter().enumerate().map(line).sum::<f32>().max(flow.height(LABEL - GUTTER, label_type, label))
}

fn pairs_height(rows: &[(String, Vec<String>)], flow: &Flow<'_>) -> f32 {
    rows.iter().map(|row| pair_height(row, flow) + 1.6).sum()
}

fn pairs(rows: &[(String, Vec<String>)], flow: &mut Flow<'_>) {
    let [label_type, first, more] = pair_types();
    for row in rows {
        flow.need(pair_height(row, flow).min(60.0) + 1.6);
        let (page, top) = (flow.pages.len(), flow.y);
        flow.text((MARGIN, LABEL - GUTTER), label_type, 0, &row.0);
        let below = flow.y;
        if flow.pages.len() == page {
            flow.y = top;
        }
        for (i, line) in row.1.iter().enumerate() {
            let (kind, grey) = if i == 0 { (first, 0) } else { (more, ASIDE) };
            flow.text((MARGIN + LABEL, WIDTH - LABEL), kind, grey, line);
        }
        if flow.pages.len() == page {
            flow.y = flow.y.max(below);
        }
        flow.skip(0.8);
        flow.rule(0.15, Ink::Grey(RULE));
        flow.skip(0.8);
    }
    flow.skip(2.0);
}

fn rows(table: &Table, flow: &mut Flow<'_>) {
    let mut left = MARGIN;
    let columns: Vec<(f32, f32)> = table
        .widths
        .iter()
        .map(|part| {
            let column = (left, part * WIDTH - GUTTER);
            left += part * WIDTH;
            column
        })
        .collect();
    let head = |flow: &mut Flow<'_>| {
        row(&table.head, &columns, &[], flow);
        flow.rule(0.3, Ink::Grey(0));
        flow.skip(0.7);
    };
    flow.need(18.0);
    head(flow);
    for cells in &table.rows {
        let height = row_height(cells, &columns, &table.mono, flow);
        if !flow.has_room(height) {
            flow.page();
            head(flow);
        }
        row(cells, &columns, &table.mono, flow);
        flow.rule(0.15, Ink::Grey(RULE));
        flow.skip(0.5);
    }
    flow.skip(2.0);
}

/// A head has no kinds of columns. The letters of one width are ASCII alone.
fn kind_of(mono: &[bool], column: usize, cell: &str) -> Type {
    let regular = Type::regular(3.0);
    match mono.get(column) {
        Some(true) if cell.is_ascii() => Type::mono(2.6).beside(regular),
        Some(_) => regular,
        None => Type::bold(3.0),
    }
}

fn row_height(cells: &[String], columns: &[(f32, f32)], mono: &[bool], flow: &Flow<'_>) -> f32 {
    let height =
        |(i, (cell, (_, width))): (usize, (&String, &(f32, f32)))| flow.height(*width, kind_of(mono, i, cell), cell);
    cells.iter().zip(columns).enumerate().map(height).fold(0.0, f32::max) + 1.2
}

fn row(cells: &[String], columns: &[(f32, f32)], mono: &[bool], flow: &mut Flow<'_>) {
    let (mut page, mut top, mut low) = (flow.pages.len(), flow.y, flow.y);
    for (i, (cell, column)) in cells.iter().zip(columns).enumerate() {
        // A cell that is longer than a page goes on, and the next one begins beside its end.
        if flow.pages.len() == page {
            flow.y = top;
        } else {
            (page, top, low) = (flow.pages.len(), flow.y, flow.y);
        }
        flow.text(*column, kind_of(mono, i, cell), 0, cell);
        low = if flow.pages.len() == page { low.max(flow.y) } else { flow.y };
    }
    flow.y = low;
    flow.skip(0.7);
}

fn pictures(all: &[Picture], flow: &mut Flow<'_>) -> Result<(), String> {
    let columns = all.len().clamp(1, 3);
    let width = if columns == 1 { 110.0 } else { (WIDTH - GUTTER * (columns - 1) as f32) / columns as f32 };
    for some in all.chunks(columns) {
        let size = |picture: &Picture| {
            let (w, h) = (picture.size.0.max(1) as f32, picture.size.1.max(1) as f32);
            let scale = (width / w).min(TALLEST / h);
            (w * scale, h * scale)
        };
        let height = some.iter().map(|picture| size(picture).1).fold(0.0, f32::max);
        let caption = Type::regular(2.8);
        let captions = some.iter().map(|picture| flow.height(width, caption, &picture.caption)).fold(0.0, f32::max);
        // What explains them stands below.
        flow.need(height + captions + 9.0);
        let top = flow.y;
        for (i, picture) in some.iter().enumerate() {
            let x = MARGIN + i as f32 * (width + GUTTER);
            let image = Image::from_jpeg(picture.jpeg.clone().into(), false)?;
            flow.image(image, (x, top), size(picture));
            flow.y = top + height + 0.5;
            flow.text((x, width), caption, ASIDE, &picture.caption);
        }
        flow.y = top + height + captions + 2.0;
    }
    Ok(())
}

fn time_line(strip: &Strip, flow: &mut Flow<'_>) {
    flow.need(HEIGHT + 10.0);
    let top = flow.y;
    shapes(&strip.shapes, (MARGIN, top), flow);
    let kind = Type::regular(2.6);
    for (x, text) in &strip.times {
        let half = flow.width(kind, text) / 2.0;
        let x = (MARGIN + x - half).clamp(MARGIN, MARGIN + WIDTH - 2.0 * half);
        flow.line((x, top + HEIGHT), kind, ASIDE, text);
    }
    flow.y = top + HEIGHT + 3.0;
    let mut x = MARGIN;
    for (marks, text) in &strip.legend {
        let width = 5.5 + flow.width(kind, text) + 5.0;
        if x + width > MARGIN + WIDTH + 5.0 {
            x = MARGIN;
            flow.y += 5.5;
        }
        let at = flow.y;
        shapes(marks, (x, at), flow);
        flow.line((x + 5.5, at + 3.0), kind, 0, text);
        x += width;
    }
    flow.y += 7.0;
}

fn shapes(all: &[Shape], (x, y): (f32, f32), flow: &mut Flow<'_>) {
    for Shape { points, grey, is_framed } in all {
        let points: Vec<_> = points.iter().map(|(left, top)| (x + left, y + top)).collect();
        flow.fill(&points, Ink::Grey(*grey));
        if *is_framed {
            flow.edge(&points, 0.2, Ink::Grey(0));
        }
    }
}

fn blanks(labels: &[String], flow: &mut Flow<'_>) {
    let kind = Type::regular(3.4);
    for label in labels {
        flow.need(14.0);
        flow.skip(7.0);
        let begin = MARGIN + flow.width(kind, label).max(LABEL) + 3.0;
        let y = flow.y + 4.0;
        flow.line((MARGIN, y), kind, 0, label);
        flow.edge(&[(begin, y + 0.8), (MARGIN + WIDTH, y + 0.8)], 0.2, Ink::Grey(0));
        flow.skip(6.0);
    }
    flow.skip(4.0);
}
