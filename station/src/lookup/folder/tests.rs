use super::*;

/// A table in a folder that is gone with it.
struct Scratch(std::path::PathBuf, Table);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("packseal-folder-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let table = Table::create(&folder.join("orders.sqlite")).unwrap();
        Self(folder, table)
    }

    fn read(&mut self, name: &str, modified: i64, text: &[u8]) -> Outcome {
        read(text, name, modified, &mut self.1).unwrap()
    }

    /// Codes and quantities of an order.
    fn items(&self, order: &str) -> Option<Vec<(String, u32)>> {
        let items = self.1.items(order).unwrap()?;
        Some(items.into_iter().map(|item| (item.code, item.quantity)).collect())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn some(items: &[(&str, u32)]) -> Option<Vec<(String, u32)>> {
    Some(items.iter().map(|(code, quantity)| ((*code).to_owned(), *quantity)).collect())
}

#[test]
fn rows_are_items_and_those_that_are_none_are_counted_with_the_first_line() {
    let mut scratch = Scratch::new("rows");
    let text = "\u{feff}order,code,name,quantity\r\nSF1,6901,\"Cup, blue\",2\r\nSF1,6902,\"two\nlines\",1\r\n\
        SF1,6903,x,0\r\nbad order,1,x,1\r\nSF2,1,x\r\nSF2,,x,1\r\n\r\nSF3, 7 , \u{202e}y\u{7} ,3";
    let outcome = scratch.read("a.csv", 1, text.as_bytes());
    let expected = Outcome { rows: 3, bad: 4, first: Some((5, Fault::Quantity)), full: false };
    assert_eq!(outcome, expected);
    assert_eq!(scratch.items("SF1"), some(&[("6901", 2), ("6902", 1)]));
    assert_eq!((scratch.items("SF3"), scratch.items("SF2"), scratch.items("SF")), (some(&[("7", 3)]), None, None));
    let names: Vec<_> = scratch.1.items("SF1").unwrap().unwrap().into_iter().map(|item| item.name).collect();
    assert_eq!(names, ["Cup, blue", "twolines"]);
    assert_eq!(scratch.1.items("SF3").unwrap().unwrap()[0].name, "y");
    // GBK, as spreadsheets save it, and other nonsense.
    let gbk = b"order,code,name,quantity\nSF9,1,\xb1\xad\xd7\xd3,1\nSF8,1,x,1\n";
    let outcome = scratch.read("b.csv", 1, gbk);
    assert_eq!((outcome.rows, outcome.bad, outcome.first), (1, 1, Some((2, Fault::Utf8))));
    for (text, first) in [
        (&b""[..], Fault::Header),
        (b"order;code;name;quantity\nSF7;1;x;1\n", Fault::Header),
        (b"SF7,1,x,1\n", Fault::Header),
        (b"\x89PNG\r\n\x1a\n\0\0\0", Fault::Header),
    ] {
        let outcome = scratch.read("c.csv", 1, text);
        assert_eq!((outcome.rows, outcome.first), (0, Some((1, first))), "{text:?}");
    }
    let why = Fault::Header.text(Lang::En);
    assert!(why.contains("order,code,name,quantity"));
}

#[test]
fn of_an_order_in_several_files_the_newest_holds() {
    let mut scratch = Scratch::new("newest");
    let text = |code: &str, order: &str| format!("order,code,name,quantity\n{order},{code},x,1\n").into_bytes();
    scratch.read("old.csv", 10, &text("1", "SF1"));
    scratch.read("new.csv", 20, &text("2", "SF1"));
    assert_eq!(scratch.items("SF1"), some(&[("2", 1)]));
    // Read later, yet older.
    scratch.read("older.csv", 5, &text("3", "SF1"));
    assert_eq!(scratch.items("SF1"), some(&[("2", 1)]));
    // Changed: what it held before is gone.
    scratch.read("new.csv", 30, &text("4", "SF2"));
    assert_eq!((scratch.items("SF1"), scratch.items("SF2")), (some(&[("1", 1)]), some(&[("4", 1)])));
    scratch.1.remove("old.csv").unwrap();
    assert_eq!(scratch.items("SF1"), some(&[("3", 1)]));
    let mut files = scratch.1.files().unwrap();
    files.sort();
    assert_eq!(files, ["new.csv", "older.csv"]);
}

#[test]
fn an_order_of_more_items_than_are_shown_is_not_shown_in_part() {
    let mut scratch = Scratch::new("many");
    let rows = |count: usize| (0..count).map(|n| format!("SF1,{n},x,1\n")).collect::<String>();
    scratch.read("a.csv", 1, format!("order,code,name,quantity\n{}", rows(200)).as_bytes());
    assert_eq!(scratch.items("SF1").unwrap().len(), 200);
    scratch.read("a.csv", 1, format!("order,code,name,quantity\n{}", rows(201)).as_bytes());
    assert_eq!(scratch.items("SF1"), None);
}

/// A text of so many rows, made while it is read.
struct Rows(std::iter::Flatten<std::vec::IntoIter<Box<dyn Iterator<Item = u8>>>>);

impl Rows {
    fn new(count: u64) -> Self {
        let header: Box<dyn Iterator<Item = u8>> = Box::new("order,code,name,quantity\n".bytes());
        let rows = (0..count).flat_map(|n| format!("SF{n},{n},x,1\n").into_bytes());
        Self(vec![header, Box::new(rows)].into_iter().flatten())
    }
}

impl Read for Rows {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut count = 0;
        for (place, byte) in into.iter_mut().zip(&mut self.0) {
            *place = byte;
            count += 1;
        }
        Ok(count)
    }
}

#[test]
fn a_million_rows_are_known_and_no_more() {
    let mut scratch = Scratch::new("million");
    let outcome = read(Rows::new(ROWS + 5), "a.csv", 1, &mut scratch.1).unwrap();
    assert_eq!(outcome, Outcome { rows: ROWS, bad: 0, first: None, full: true });
    assert_eq!((scratch.items("SF999999"), scratch.items("SF1000000")), (some(&[("999999", 1)]), None));
    let outcome = scratch.read("b.csv", 2, b"order,code,name,quantity\nSF1,2,x,1\n");
    assert_eq!((outcome.rows, outcome.full), (0, true));
}
