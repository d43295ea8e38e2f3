//! The blocks as one HTML file: no script, nothing from elsewhere.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use evidence::words::Lang;

use super::{
    block::{Block, Picture, Table},
    strip::{HEIGHT, Shape, Strip, WIDTH},
    texts::Text,
};

/// As in the PDF: one colour, which is near black without colours.
const STYLE: &str = "\
:root{--accent:#1f4e79;--rule:#c8c8c8;--aside:#555}\
*{box-sizing:border-box}\
body{max-width:52rem;margin:0 auto;padding:2rem 1.25rem 4rem;color:#111;background:#fff;\
font:16px/1.6 'Noto Sans CJK SC','Source Han Sans SC','PingFang SC','Microsoft YaHei',system-ui,sans-serif;\
overflow-wrap:anywhere}\
h1{font-size:1.25rem;font-weight:600;color:var(--accent);border-bottom:2px solid var(--accent);padding-bottom:.4rem}\
h2{font-size:1.3rem;margin:2.6rem 0 .8rem;padding-top:.8rem;border-top:1px solid var(--rule)}\
h3{font-size:1rem;margin:1.6rem 0 .5rem;color:var(--accent)}\
.verdict{margin:1.2rem 0;padding:.7rem 1.1rem;border:3px solid #111}\
.verdict.verified{border-color:var(--accent);background:var(--accent);color:#fff}\
.verdict b{display:block;font-size:2rem;line-height:1.3}\
.aside,figcaption{color:var(--aside);font-size:.875rem}\
.notice{border:1px solid #111;padding:.6rem .9rem;font-weight:600}\
table{border-collapse:collapse;width:100%;font-size:.9rem}\
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--rule)}\
th{font-weight:600}thead th{border-bottom:1px solid #111}\
.pairs th{width:9.5rem}.pairs td div+div{color:var(--aside)}\
.mono,pre{font:.8rem/1.5 'Noto Sans Mono','DejaVu Sans Mono',Menlo,Consolas,monospace}\
.wide{overflow-x:auto}\
pre{white-space:pre-wrap;background:#f5f5f5;padding:.8rem;margin:.3rem 0}\
.pictures{display:flex;flex-wrap:wrap;gap:.8rem;margin-top:1.2rem}figure{margin:0;flex:1 1 14rem;max-width:24rem}\
img{width:100%;height:auto;border:1px solid var(--rule)}\
svg{width:100%;height:auto;display:block;min-width:34rem}\
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;list-style:none;font-size:.875rem}\
.legend svg{min-width:0;width:1rem;height:1rem;display:inline-block;vertical-align:-.15rem;margin-right:.4rem}\
.blank{display:flex;gap:1rem;margin:1.4rem 0 0}.blank span:last-child{flex:1;border-bottom:1px solid #111}\
@media (max-width:34rem){.pairs th,.pairs td{display:block;width:auto}.pairs th{border:0;padding-bottom:0}\
.verdict b{font-size:1.5rem}}\
@page{size:A4;margin:20mm}\
@media print{figure{flex-basis:30%}body{padding:0;max-width:none;font-size:10pt}details,tr,figure,.verdict,.blank{break-inside:avoid}\
h2,h3{break-after:avoid}.page{break-before:page}.verdict.verified{background:#fff;color:#111}}";

/// The file.
pub fn render(blocks: &[Block], lang: Lang) -> String {
    let tag = lang.pick("en", "zh-CN");
    // Nothing is loaded, whatever a value might be taken for.
    let policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'";
    let mut text = format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n",
        Text::Title.of(lang)
    );
    for block in blocks {
        write(block, &mut text);
    }
    text.push_str("</body>\n</html>\n");
    text
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn element(tag: &str, class: &str, text: &str) -> String {
    let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
    format!("<{tag}{class}>{}</{tag}>\n", escape(text))
}

fn write(block: &Block, to: &mut String) {
    match block {
        Block::Title(text) => to.push_str(&element("h1", "", text)),
        Block::Verdict { word, meaning, is_verified } => {
            let class = if *is_verified { "verdict verified" } else { "verdict" };
            let (word, meaning) = (escape(word), escape(meaning));
            to.push_str(&format!("<div class=\"{class}\"><b>{word}</b>\n<div>{meaning}</div></div>\n"));
        }
        Block::Head(text) => to.push_str(&element("h2", "", text)),
        Block::Sub(text) => to.push_str(&element("h3", "", text)),
        Block::Text(text) => to.push_str(&element("p", "", text)),
        Block::Aside(text) => to.push_str(&element("p", "aside", text)),
        Block::Notice(text) => to.push_str(&element("p", "notice", text)),
        Block::List(points) => {
            let points: String = points.iter().map(|point| element("li", "", point)).collect();
            to.push_str(&format!("<ul>\n{points}</ul>\n"));
        }
        Block::Pairs(rows) => {
            to.push_str("<table class=\"pairs\">\n");
            for (label, lines) in rows {
                let lines: String = lines.iter().map(|line| element("div", "", line)).collect();
                to.push_str(&format!("<tr>{}<td>{lines}</td></tr>\n", element("th", "", label)));
            }
            to.push_str("</table>\n");
        }
        Block::Table(table) => write_table(table, to),
        Block::Pictures(pictures) => {
            let pictures: String = pictures.iter().map(picture).collect();
            to.push_str(&format!("<div class=\"pictures\">\n{pictures}</div>\n"));
        }
        Block::Strip(strip) => write_strip(strip, to),
        Block::Statement { title, text, .. } => {
            to.push_str(&format!("<details>{}{}</details>\n", element("summary", "", title), element("pre", "", text)));
        }
        Block::Blanks(labels) => {
            for label in labels {
                to.push_str(&format!("<div class=\"blank\">{}<span></span></div>\n", element("span", "", label)));
            }
        }
        Block::Page => to.push_str("<div class=\"page\"></div>\n"),
    }
}

fn write_table(table: &Table, to: &mut String) {
    let head: String = table.head.iter().map(|cell| element("th", "", cell)).collect();
    to.push_str(&format!("<div class=\"wide\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n"));
    for row in &table.rows {
        let class = |mono: &bool| if *mono { "mono" } else { "" };
        let cells: String = row.iter().zip(&table.mono).map(|(cell, mono)| element("td", class(mono), cell)).collect();
        to.push_str(&format!("<tr>{cells}</tr>\n"));
    }
    to.push_str("</tbody></table></div>\n");
}

fn picture(picture: &Picture) -> String {
    let (width, height) = picture.size;
    let caption = escape(&picture.caption);
    let data = STANDARD.encode(&picture.jpeg);
    format!(
        "<figure><img src=\"data:image/jpeg;base64,{data}\" width=\"{width}\" height=\"{height}\" alt=\"{caption}\">\
         <figcaption>{caption}</figcaption></figure>\n"
    )
}

fn write_strip(strip: &Strip, to: &mut String) {
    let shapes: String = strip.shapes.iter().map(polygon).collect();
    let text = |(x, text): &(f32, String)| {
        format!("<text x=\"{x:.1}\" y=\"{HEIGHT}\" font-size=\"3\" text-anchor=\"middle\">{}</text>\n", escape(text))
    };
    let times: String = strip.times.iter().map(text).collect();
    to.push_str(&format!(
        "<div class=\"wide\"><svg viewBox=\"-3 0 {} {}\">\n{shapes}{times}</svg></div>\n",
        WIDTH + 6.0,
        HEIGHT + 1.0
    ));
    let item = |(shapes, text): &(Vec<Shape>, String)| {
        let shapes: String = shapes.iter().map(polygon).collect();
        let text = escape(text);
        format!("<li><svg viewBox=\"-0.5 -0.5 5 5\">{shapes}</svg>{text}</li>\n")
    };
    let legend: String = strip.legend.iter().map(item).collect();
    to.push_str(&format!("<ul class=\"legend\">\n{legend}</ul>\n"));
}

fn polygon(shape: &Shape) -> String {
    let points: Vec<String> = shape.points.iter().map(|(x, y)| format!("{x:.2},{y:.2}")).collect();
    let (points, grey) = (points.join(" "), shape.grey);
    let edge = if shape.is_framed { " stroke=\"#000\" stroke-width=\"0.25\"" } else { "" };
    format!("<polygon points=\"{points}\" fill=\"rgb({grey},{grey},{grey})\"{edge}/>\n")
}
