use std::time::Instant;

use super::*;

/// Rules and control codes as they are installed.
const INSTALLED: &str = crate::config::SAMPLE;

#[derive(Deserialize)]
struct Installed {
    code: Vec<Rule>,
    control: ControlCodes,
}

fn installed() -> Installed {
    toml::from_str(INSTALLED).unwrap()
}

fn rules() -> Rules {
    let Installed { code, control } = installed();
    Rules::new(&code, &control).unwrap()
}

/// One rule of this pattern, with the installed control codes.
fn only(pattern: &str, action: Action) -> Result<Rules, String> {
    let rule = Rule { name: "only".to_owned(), pattern: pattern.to_owned(), action };
    Rules::new(&[rule], &installed().control)
}

fn order(text: &str) -> Code {
    Code::Order(Order::parse(text).unwrap())
}

/// What the table below expects.
enum Is {
    /// The order number, and the rule.
    Order(&'static str, &'static str),
    Item(&'static str),
    Ignored(&'static str),
    Sheet(Control),
    On(&'static str),
    Off,
    Unknown,
}

#[test]
fn what_lies_on_a_bench_is_told_apart() {
    use Is::*;
    let rules = rules();
    let table = [
        // Waybills of China.
        ("SF1390000000001", Order("SF1390000000001", "SF Express")),
        ("SFA390000000001", Order("SFA390000000001", "SF Express")),
        ("JDV000123456789", Order("JDV000123456789", "JD Logistics")),
        ("JD0012345678901", Order("JD0012345678901", "JD Logistics")),
        ("JDAZ01234567890", Order("JDAZ01234567890", "JD Logistics")),
        // Both codes of one JD label are one order.
        ("JDV000123456789-1-1-", Order("JDV000123456789", "JD Logistics")),
        ("JDV000123456789-2-3-36", Order("JDV000123456789", "JD Logistics")),
        ("JDV000123456789-12-120-H5", Order("JDV000123456789", "JD Logistics")),
        ("JDV000123456789N1S3H36", Order("JDV000123456789", "JD Logistics")),
        ("VA12345678901-1-1-", Order("VA12345678901", "JD parcel")),
        ("12345678901-1-2-5", Order("12345678901", "JD parcel")),
        ("YT1234567890123", Order("YT1234567890123", "YTO")),
        ("812345678901234567", Order("812345678901234567", "YTO")),
        ("73123456789012", Order("73123456789012", "ZTO")),
        ("78901234567890", Order("78901234567890", "ZTO")),
        ("ZTO1234567890123", Order("ZTO1234567890123", "ZTO")),
        ("771234567890123", Order("771234567890123", "STO")),
        ("431234567890123", Order("431234567890123", "YUNDA")),
        ("312345678901234", Order("312345678901234", "YUNDA")),
        ("JT1234567890123", Order("JT1234567890123", "J&T")),
        ("DPK123456789012", Order("DPK123456789012", "Deppon")),
        ("EA123456789CN", Order("EA123456789CN", "post")),
        ("RB123456789HK", Order("RB123456789HK", "post")),
        ("1012345678901", Order("1012345678901", "China Post")),
        ("9812345678901", Order("9812345678901", "China Post")),
        ("9901234567890", Order("9901234567890", "China Post")),
        ("LP00123456789012", Order("LP00123456789012", "Cainiao")),
        ("621123456789012", Order("621123456789012", "Cainiao")),
        // Waybills of the world.
        ("1Z999AA10123456784", Order("1Z999AA10123456784", "UPS")),
        ("012345678901234", Order("012345678901234", "FedEx")),
        ("9622001900000000000000123456789012", Order("123456789012", "FedEx label")),
        ("1001901234560001000300123456789012", Order("123456789012", "FedEx label")),
        ("9611020123456789012345", Order("123456789012345", "FedEx Ground label")),
        ("1234567890", Order("1234567890", "DHL")),
        ("JJD000123456789012345", Order("JJD000123456789012345", "DHL")),
        ("JVGL0123456789", Order("JVGL0123456789", "DHL")),
        ("JD014600001234567890", Order("JD014600001234567890", "DHL")),
        ("9400111202555842332669", Order("9400111202555842332669", "USPS")),
        ("91112345678901234567", Order("91112345678901234567", "USPS")),
        ("420123459400111202555842332669", Order("9400111202555842332669", "USPS")),
        ("4201234567899400111202555842332669", Order("9400111202555842332669", "USPS")),
        // Order numbers of shops.
        ("2024112312345678", Order("2024112312345678", "order")),
        ("241123-123456789012345", Order("241123-123456789012345", "order")),
        ("ORD-2024-000123", Order("ORD-2024-000123", "order")),
        ("abcdefghijkl", Order("abcdefghijkl", "order")),
        ("ABCDEFGHIJKLMNOPQRSTUVWXY", Order("ABCDEFGHIJKLMNOPQRSTUVWXY", "order")),
        // Articles. 13 digits are one, but for what China Post prints.
        ("6901234567892", Item("article")),
        ("6921168509256", Item("article")),
        ("9787111213826", Item("article")),
        ("4006381333931", Item("article")),
        ("96385074", Item("article")),
        ("036000291452", Item("article")),
        ("16901234567899", Item("article")),
        ("0106901234567892", Item("GS1 article")),
        ("010690123456789210ABC17251231", Item("GS1 article")),
        ("X001ABCDEF", Item("Amazon article")),
        ("861234567890123", Item("IMEI")),
        ("351234567890123", Item("IMEI")),
        ("81234567890123456789", Item("medicine")),
        // Square codes on labels and leaflets.
        ("https://example.com/t?no=SF1390000000001", Ignored("web address")),
        ("HTTP://EXAMPLE.COM/ABCDEFGHIJK", Ignored("web address")),
        ("www.example.com", Ignored("web address")),
        ("weixin://dl/business", Ignored("web address")),
        ("MMM={'k1':'755WF','k5':'SF1390000000001'}", Ignored("payload")),
        ("{\"no\":\"SF1390000000001\"}", Ignored("payload")),
        ("SF1390000000001,755WF,1", Ignored("payload")),
        ("0123456789012345678901234567890123456789012345678901234567890123456", Ignored("payload")),
        // The sheet of control codes; two of them would pass for orders.
        ("PACKSEAL-START", Sheet(Control::Start)),
        ("PACKSEAL-END", Sheet(Control::End)),
        ("PACKSEAL-CANCEL", Sheet(Control::Cancel)),
        ("PACKSEAL-RETURN", Sheet(Control::Return)),
        ("PACKSEAL-HOLD", Sheet(Control::Hold)),
        ("PACKSEAL-SHIFT", Off),
        ("PACKSEAL-SHIFT-anna.li", On("anna.li")),
        ("PACKSEAL-SHIFT-007", On("007")),
        ("PACKSEAL-SHIFT-", Unknown),
        ("PACKSEAL-SHIFT--", Unknown),
        ("PACKSEAL-SHIFT-Anna Li", Unknown),
        ("PACKSEAL-SHIFT-安娜", Unknown),
        // Nothing that is known: too short, too long, of letters that no order has.
        ("packseal-end", Order("packseal-end", "order")),
        ("", Unknown),
        ("-", Unknown),
        ("SF139000000", Unknown),
        ("ABCDEFGHIJKLMNOPQRSTUVWXYZ", Unknown),
        ("SF1390000000001 ", Unknown),
        ("SF13900\u{fffd}0000001", Unknown),
        ("快递单号一二三四五六七八", Unknown),
        ("١٢٣٤٥٦٧٨٩٠١٢٣", Unknown),
    ];
    assert!(table.len() >= 60);
    for (text, is) in table {
        let scan = rules.read(text);
        let (code, class, rule) = match is {
            Order(number, rule) => (order(number), CodeClass::Order, rule),
            Item(rule) => (Code::Item, CodeClass::Item, rule),
            Ignored(rule) => (Code::Ignored, CodeClass::Ignored, rule),
            Sheet(control) => (Code::Control(control), CodeClass::Control, "-"),
            On(name) => (Code::Operator(Token::parse(name)), CodeClass::Control, "-"),
            Off => (Code::Operator(None), CodeClass::Control, "-"),
            Unknown => (Code::Unknown, CodeClass::Unknown, "-"),
        };
        assert_eq!((&scan.code, scan.class(), &*scan.rule), (&code, class, rule), "{text}");
        assert_eq!(scan.length, text.chars().count().max(1) as u64, "{text}");
    }
}

#[test]
fn a_pattern_is_the_whole_code() {
    for pattern in ["[0-9]{13}", "^[0-9]{13}$", "(?m)^[0-9]{13}$", "0|[0-9]{13}", "[0-9]{1,2}|[0-9]{13}"] {
        let rules = only(pattern, Action::Item).unwrap();
        assert_eq!(rules.read("6901234567892").code, Code::Item, "{pattern}");
        for longer in ["69012345678921", "A6901234567892", "6901234567892-1", "6901234567892\n", "\n6901234567892"] {
            assert_eq!(rules.read(longer).code, Code::Unknown, "{pattern}: {longer:?}");
        }
    }
}

#[test]
fn the_first_rule_decides() {
    let rule = |name: &str, action| Rule { name: name.to_owned(), pattern: "[0-9]+".to_owned(), action };
    let control = installed().control;
    let [item, other] = [rule("item", Action::Item), rule("order", Action::Order)];
    let scan = Rules::new(&[item.clone(), other.clone()], &control).unwrap().read("1");
    assert_eq!((scan.code, &*scan.rule), (Code::Item, "item"));
    let scan = Rules::new(&[other, item], &control).unwrap().read("1");
    assert_eq!((scan.code, &*scan.rule), (order("1"), "order"));
    assert_eq!(Rules::new(&[], &control).unwrap().read("1").code, Code::Unknown);
}

#[test]
fn an_order_is_what_can_be_signed() {
    let rules = only(r"W(?P<order>[^/]*)?(?:/.*)?|.*", Action::Order).unwrap();
    for (text, number) in [("W12/3", "12"), ("W12", "12"), ("12", "12"), ("12-", "12-")] {
        assert_eq!(rules.read(text).code, order(number), "{text}");
    }
    // Empty, not of the alphabet, too long: the rule is named all the same.
    let long = "1".repeat(65);
    for text in ["W", "W/1", "W1 2", "-", "1 2", "单", &long] {
        let scan = rules.read(text);
        assert_eq!((scan.code, &*scan.rule), (Code::Unknown, "only"), "{text}");
    }
}

#[test]
fn long_texts_cost_no_time() {
    // What a backtracking engine would never end with.
    let rules = only("(a+)+(b|a?){50}c", Action::Order).unwrap();
    let begin = Instant::now();
    let scan = rules.read(&"a".repeat(LONGEST));
    assert_eq!((scan.code, scan.length), (Code::Unknown, 4096));
    assert!(begin.elapsed().as_secs() < 5, "{:?}", begin.elapsed());
    // Beyond what is looked at.
    let all = only("(?s).*", Action::Item).unwrap();
    assert_eq!(all.read(&"码".repeat(LONGEST)).code, Code::Item);
    let scan = all.read(&"a".repeat(LONGEST + 1));
    assert_eq!((scan.code, scan.length), (Code::Unknown, 4096));
}

#[test]
fn bad_rules_are_refused_in_one_line_with_their_name() {
    for pattern in
        ["(", "a)|(b", "[z-a]", "(?P<order>a)(?P<order>b)", "a{2,1}", r"\", "(?<!a)b", r"\w{60}", "[a-z]{1000}{1000}"]
    {
        let why = only(pattern, Action::Order).map(|_| ()).expect_err(pattern);
        assert!(why.contains("'only'") && why.contains("regular expression") && !why.contains('\n'), "{why}");
        println!("{why}");
    }
    let Installed { code, control } = installed();
    let twice = [code[0].clone(), code[1].clone(), code[0].clone()];
    assert!(Rules::new(&twice, &control).unwrap_err().contains(&code[0].name));
    for name in ["", "-", "a\nb", &"x".repeat(65)] {
        let bad = [Rule { name: name.to_owned(), ..code[0].clone() }];
        let why = Rules::new(&bad, &control).map(|_| ()).expect_err(name);
        assert!(why.contains("code.name") && !why.contains('\n'), "{why}");
    }
}

#[test]
fn control_codes_are_distinct_and_can_be_printed() {
    let good = installed().control;
    let with = |change: fn(&mut ControlCodes)| {
        let mut control = good.clone();
        change(&mut control);
        Rules::new(&[], &control).map(|_| ()).expect_err("refused")
    };
    let same = with(|c| c.return_ = c.start.clone());
    assert!(same.contains("control.start") && same.contains("control.return") && !same.contains('\n'), "{same}");
    assert!(with(|c| c.shift = c.hold.clone()).contains("control.shift"));
    assert!(with(|c| c.end = String::new()).contains("control.end"));
    assert!(with(|c| c.end = "THE END".to_owned()).contains("control.end"));
    assert!(with(|c| c.cancel = "取消".to_owned()).contains("control.cancel"));
    assert!(with(|c| c.hold = "x".repeat(65)).contains("control.hold"));
    // Control codes come first, even before a rule that takes everything and an operator of that name.
    let mut control = good.clone();
    control.end = "PACKSEAL-SHIFT-END".to_owned();
    let all = Rule { name: "all".to_owned(), pattern: ".*".to_owned(), action: Action::Order };
    let rules = Rules::new(&[all], &control).unwrap();
    assert_eq!(rules.read("PACKSEAL-START").code, Code::Control(Control::Start));
    assert_eq!(rules.read("PACKSEAL-SHIFT-END").code, Code::Control(Control::End));
    assert_eq!(rules.read("PACKSEALSTART").code, order("PACKSEALSTART"));
    // One of another sheet is none, and no order either.
    assert_eq!(rules.read("PACKSEAL-STARTS").code, Code::Unknown);
    assert_eq!(rules.read("PACKSEAL-SHIFTS").code, Code::Unknown);
}
