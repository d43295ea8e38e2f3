use super::*;

#[test]
fn a_source_is_an_address_with_the_order_in_its_path_or_a_folder() {
    let read = |text: &str| Source::try_from(text.to_owned());
    assert_eq!(read(""), Ok(Source::None));
    assert_eq!(read("folder:/srv/orders"), Ok(Source::Folder("/srv/orders".into())));
    for good in ["http://wms/{order}", "https://wms.example:8443/a/{order}?x=1", "http://[::1]:80/a?order={order}"] {
        assert_eq!(read(good), Ok(Source::Http(good.to_owned())));
    }
    for bad in [
        "orders.csv",
        "folder:",
        "folder:srv",
        "ftp://wms/{order}",
        "http://wms/orders",
        "http://{order}.example/",
        "http://{order}.example/{order}",
        "http://wms/{order} x",
        "http:///{order}",
        "http://me:word@wms/{order}",
        "http://wms{order}",
    ] {
        assert!(read(bad).is_err(), "{bad}");
    }
}

#[test]
fn texts_are_bounded_and_change_nothing_around_them() {
    let made = item("\u{feff}69\u{0}01\u{200f}", &format!(" {}\u{202e}\n", "杯".repeat(130)), 3).unwrap();
    assert_eq!((made.code.as_str(), made.name.as_str(), made.quantity), ("6901", &*"杯".repeat(120), 3));
    assert_eq!(item(&"1".repeat(64), "", 1).unwrap().name, "");
    for (code, quantity) in [("", 1), ("\u{7}", 1), (&*"1".repeat(65), 1), ("1", 0), ("1", 1_000_001)] {
        assert_eq!(item(code, "x", quantity), None, "{code} {quantity}");
    }
}
