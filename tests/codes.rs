//! The sheet of control codes: rendered as a printer would, read as a scanner would, measured as a person with a ruler.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

#[path = "support/station.rs"]
mod station_program;

use station_program::{Folder, Station, program, run};

/// Dots per inch of the rendered page.
const DPI: f64 = 300.0;

/// Runs a program of the system; what it wrote.
#[track_caller]
fn tool(name: &str, args: &[&str]) -> String {
    let output = Command::new(name).args(args).output().unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(output.status.success(), "{name} {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Renders a PDF; its pages as grey pictures.
fn pages(pdf: &Path) -> Vec<PathBuf> {
    let stem = pdf.with_extension("");
    tool("pdftoppm", &["-r", &DPI.to_string(), "-gray", pdf.to_str().unwrap(), stem.to_str().unwrap()]);
    let mut pages: Vec<_> = fs::read_dir(pdf.parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "pgm") && path.to_str().unwrap().contains("codes"))
        .collect();
    pages.sort();
    pages
}

/// Every Code 128 that zbar finds on a page.
fn read(page: &Path) -> Vec<String> {
    let said = tool("zbarimg", &["--quiet", "--raw", "-Sdisable", "-Scode128.enable", page.to_str().unwrap()]);
    let mut codes: Vec<_> = said.lines().map(str::to_owned).collect();
    codes.sort();
    codes
}

fn sorted<const N: usize>(texts: [&str; N]) -> Vec<String> {
    let mut texts = texts.map(str::to_owned).to_vec();
    texts.sort();
    texts
}

/// Writes the sheet of this station; its path.
#[track_caller]
fn sheet(station: &Station, folder: &Folder, operators: &[&str]) -> PathBuf {
    let path = folder.path("codes.pdf");
    let mut args = vec!["codes", "--data", station.path(), "-o", path.to_str().unwrap()];
    operators.iter().for_each(|name| args.extend(["--operator", name]));
    let said = run(&args);
    assert_eq!((said.status, said.out.as_str()), (0, ""), "{}", said.err);
    assert!(said.err.contains("codes.pdf: print it in actual size"), "{}", said.err);
    path
}

const CONTROLS: [&str; 6] =
    ["PACKSEAL-CANCEL", "PACKSEAL-END", "PACKSEAL-HOLD", "PACKSEAL-RETURN", "PACKSEAL-SHIFT", "PACKSEAL-START"];

#[test]
fn a_scanner_reads_every_code_from_paper() {
    let (station, folder) = (Station::new("codes-read"), Folder::new("codes-read"));
    let pdf = sheet(&station, &folder, &[]);
    let all = pages(&pdf);
    assert_eq!(all.len(), 1);
    assert_eq!(read(&all[0]), CONTROLS);
    // The same from the standard output, and nothing else with it.
    let output = program(&["codes", "--data", station.path(), "-o", "-"]).output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty());
    fs::write(&pdf, output.stdout).unwrap();
    assert_eq!(read(&pages(&pdf)[0]), CONTROLS);
}

#[test]
fn badges_fill_as_many_pages_as_they_need() {
    let (station, folder) = (Station::new("codes-badges"), Folder::new("codes-badges"));
    // The longest that fits, one letter, and every kind of character a name may have.
    let names = ["ann", "Bo.Chen_2+x-1", "Z", "zhangwei", "op-10023", "abcdefghijklmnopqrstuvwxyz01", "li"];
    let all = pages(&sheet(&station, &folder, &names));
    assert_eq!(all.len(), 3);
    assert_eq!(read(&all[0]), CONTROLS);
    let mut badges: Vec<_> = all[1..].iter().flat_map(|page| read(page)).collect();
    badges.sort();
    assert_eq!(badges, sorted(names.map(|name| format!("PACKSEAL-SHIFT-{name}")).each_ref().map(String::as_str)));
}

#[test]
fn the_codes_are_those_of_the_configuration() {
    let (station, folder) = (Station::new("codes-own"), Folder::new("codes-own"));
    station.configure("start = \"PACKSEAL-START\"", "start = \"go:1\"");
    station.configure("shift = \"PACKSEAL-SHIFT\"", "shift = \"S\"");
    let all = pages(&sheet(&station, &folder, &["ann"]));
    let expected = ["PACKSEAL-CANCEL", "PACKSEAL-END", "PACKSEAL-HOLD", "PACKSEAL-RETURN", "S", "go:1"];
    assert_eq!(read(&all[0]), expected);
    assert_eq!(read(&all[1]), ["S-ann"]);
}

/// A grey picture: width, pixels.
fn picture(path: &Path) -> (usize, Vec<u8>) {
    let bytes = fs::read(path).unwrap();
    let header: Vec<_> = bytes.split(|b| b.is_ascii_whitespace()).take(4).map(|word| word.len()).collect();
    let words: Vec<_> = bytes.split(|b| b.is_ascii_whitespace()).take(4).collect();
    assert_eq!((words[0], words[3]), (&b"P5"[..], &b"255"[..]));
    let width = std::str::from_utf8(words[1]).unwrap().parse().unwrap();
    (width, bytes[header.iter().sum::<usize>() + 4..].to_vec())
}

/// Lengths of the runs of one colour in a row, whether they are black, and where they begin.
fn runs(row: &[u8]) -> Vec<(usize, bool, usize)> {
    let mut at = 0;
    row.chunk_by(|a, b| (*a < 128) == (*b < 128))
        .map(|run| {
            at += run.len();
            (run.len(), run[0] < 128, at - run.len())
        })
        .collect()
}

#[test]
fn bars_are_wide_and_high_enough_for_any_scanner() {
    let (station, folder) = (Station::new("codes-size"), Folder::new("codes-size"));
    let mm = DPI / 25.4;
    let mut seen = 0;
    for page in pages(&sheet(&station, &folder, &["abcdefghijklmnopqrstuvwxyz01", "ann"])) {
        let (width, pixels) = picture(&page);
        let rows: Vec<_> = pixels.chunks_exact(width).map(runs).collect();
        // A code: rows of the same bars, one below the other. Text and frames have no 30 bars over 15 mm.
        for same in rows.chunk_by(|a, b| a == b) {
            let row = &same[0];
            let bars = row.iter().filter(|(_, black, _)| *black).count();
            if bars < 30 || (same.len() as f64) < 5.0 * mm {
                continue;
            }
            seen += 1;
            assert!(same.len() as f64 >= 15.0 * mm, "{page:?}: {} pixels high", same.len());
            // The frame of the card is thin and grey: no bar.
            let narrowest = row.iter().filter(|(_, black, _)| *black).map(|(length, ..)| *length).min().unwrap();
            assert!(narrowest as f64 >= 0.33 * mm - 1.0, "{page:?}: a bar of {narrowest} pixels");
            let (first, last) = (row.iter().position(|r| r.1).unwrap(), row.iter().rposition(|r| r.1).unwrap());
            let quiet = 10.0 * narrowest as f64 - 2.0;
            assert!(row[first].2 as f64 - 15.0 * mm >= quiet, "{page:?}: no white before the code");
            let end = (row[last].2 + row[last].0) as f64;
            assert!(195.0 * mm - end >= quiet, "{page:?}: no white behind the code");
        }
    }
    assert_eq!(seen, 8);
}

#[test]
fn every_text_is_there_and_its_fonts_are_in_the_file() {
    let (station, folder) = (Station::new("codes-text"), Folder::new("codes-text"));
    let pdf = sheet(&station, &folder, &["ann"]);
    let pdf = pdf.to_str().unwrap();
    let text = tool("pdftotext", &["-layout", pdf, "-"]);
    for expected in [
        "START",
        "开始",
        "END",
        "结束",
        "CANCEL",
        "取消",
        "RETURN",
        "退货",
        "HOLD",
        "保留",
        "SHIFT",
        "换班",
        "Ends the clip.",
        "结束当前录像。",
        "保留当前录像，不会被自动删除。",
        "PACKSEAL-RETURN",
        "请按实际大小打印在白纸上。",
        "ann",
        "操作员工牌",
        "Signs this operator on.",
        "PACKSEAL-SHIFT-ann",
        "1 / 2",
        "2 / 2",
    ] {
        assert!(text.contains(expected), "{expected} is not on the sheet:\n{text}");
    }
    let fonts = tool("pdffonts", &[pdf]);
    let fonts: Vec<_> = fonts.lines().skip(2).collect();
    assert!(!fonts.is_empty());
    for font in fonts {
        // name, type (words), encoding, embedded, subset, to Unicode, object
        let words: Vec<_> = font.split_whitespace().collect();
        assert_eq!(words[words.len() - 5..words.len() - 2], ["yes", "yes", "yes"], "{font}");
    }
    let info = tool("pdfinfo", &[pdf]);
    assert!(info.contains("(A4)"), "{info}");
    assert!(fs::read(pdf).unwrap().len() < 100_000);
}

#[test]
fn a_sheet_is_written_whole_or_not_at_all() {
    let (station, folder) = (Station::new("codes-whole"), Folder::new("codes-whole"));
    let path = folder.path("codes.pdf");
    let codes = |output: &str, operator: &str| {
        run(&["codes", "--data", station.path(), "--output", output, "--operator", operator])
    };
    let out = path.to_str().unwrap();
    // A longest text on paper, and one more; a name that is none.
    for (operator, why) in [
        ("abcdefghijklmnopqrstuvwxyz012", "at most 43 characters"),
        ("ann li", "cannot be an operator's name"),
        ("", "cannot be an operator's name"),
        ("安", "cannot be an operator's name"),
    ] {
        let said = codes(out, operator);
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{operator}");
        assert!(said.err.contains(why) && said.err.lines().count() == 1, "{operator}: {}", said.err);
        assert!(!path.exists(), "{operator}");
    }
    // An old one is replaced, and stays where the new one cannot be made.
    fs::write(&path, "old").unwrap();
    assert_eq!(codes(out, "abcdefghijklmnopqrstuvwxyz012").status, 2);
    assert_eq!(fs::read(&path).unwrap(), b"old");
    assert_eq!(codes(out, "ann").status, 0);
    assert!(fs::read(&path).unwrap().starts_with(b"%PDF-"));
    // A link stays one, and what it leads to is the sheet.
    let (link, target) = (folder.path("link.pdf"), folder.path("target.pdf"));
    fs::write(&target, "old").unwrap();
    std::os::unix::fs::symlink(&target, &link).unwrap();
    assert_eq!(codes(link.to_str().unwrap(), "ann").status, 0);
    assert!(link.is_symlink() && fs::read(&target).unwrap().starts_with(b"%PDF-"));
    for no_file in ["/dev/null", folder.path(".").to_str().unwrap(), folder.path("none/codes.pdf").to_str().unwrap()] {
        let said = codes(no_file, "ann");
        assert_eq!(said.status, 2, "{no_file}");
        assert_eq!(said.err.lines().count(), 1, "{}", said.err);
    }
    let left: Vec<_> = fs::read_dir(folder.path(".")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}
