use super::*;

#[test]
fn an_empty_configuration_is_the_sample() {
    let sample = Config::parse(SAMPLE).unwrap();
    assert_eq!(Config::parse("").unwrap(), sample);
    let (clip, encoder) = (&sample.clip, &sample.encoder);
    assert_eq!((clip.pre_roll_seconds, clip.overlap), (3.0, true));
    assert_eq!((encoder.preset.as_str(), encoder.crf, sample.storage.floor_mib), ("veryfast", 25.0, 512));
    // A key alone changes just this.
    let other = Config::parse("[clip]\npre-roll-seconds = 5").unwrap();
    assert_eq!(other, Config { clip: Clip { pre_roll_seconds: 5.0, ..clip.clone() }, ..sample.clone() });
}

#[test]
fn every_key_of_the_sample_is_read_and_documented() {
    let whole = Config::parse(SAMPLE).unwrap();
    let mut before = "";
    let all = with_optional(SAMPLE);
    for line in all.lines() {
        if let Some((key, value)) = line.split_once(" = ") {
            // Another type than its own: a key that nobody reads would not mind.
            let wrong = if value.starts_with('{') { "1" } else { "{ x = 1 }" };
            let why = Config::parse(&all.replacen(line, &format!("{key} = {wrong}"), 1)).expect_err(line);
            assert!(!why.contains('\n') && why.contains(key), "{line}: {why}");
            let control = ["start", "end", "cancel", "return", "hold", "shift"].contains(&key);
            let rule = ["name", "pattern", "action"].contains(&key);
            // Once, in the first of several sections.
            let earlier = all.split(line).next().is_some_and(|text| text.contains(&format!("\n{key} = ")));
            assert!(before.starts_with('#') || control || rule || earlier, "{key} is not documented");
        }
        before = line;
    }
    assert_eq!(whole.bench.len(), 1);
    // A preset takes what it leaves out from the first.
    let [first, second, ebay, ..] = &whole.preset[..] else { panic!("presets") };
    assert_eq!(*second, Preset { name: "tiktok".into(), ..first.clone() });
    assert_eq!((ebay.video_seconds, ebay.video_height, ebay.pictures), (0, first.video_height, 5));
}

#[test]
fn benches_take_what_they_leave_out_from_the_sample() {
    let text = "[[bench]]\nname = \"a\"\n[[bench]]\nname = \"b\"\ncamera = \"pattern\"\nfocus = 30";
    let config = Config::parse(text).unwrap();
    let [a, b] = &config.bench[..] else { panic!() };
    assert_eq!((a.camera.as_str(), a.focus.0, b.camera.as_str(), b.focus.0), ("usb", None, "pattern", Some(30)));
}

/// A webhook of these keys beside its address and secret.
fn webhook(more: &str) -> Result<Config, String> {
    Config::parse(&format!("[[webhook]]\nurl = \"https://shop.example/a?b=c\"\nsecret = \"/a\"\n{more}"))
}

#[test]
fn webhooks_are_only_those_that_are_named() {
    assert_eq!(Config::parse(SAMPLE).unwrap().webhook, []);
    let Config { webhook: hooks, .. } = webhook("").unwrap();
    let [Webhook { url, events, certificate, .. }] = &hooks[..] else { panic!("{hooks:?}") };
    assert_eq!((url.as_str(), &events[..]), ("https://shop.example/a?b=c", &[Event::Sealed, Event::Attention][..]));
    assert_eq!(certificate, &PathBuf::new());
    // What is commented out in the sample holds as well, and has the documented defaults.
    let whole = Config::parse(&with_optional(SAMPLE)).unwrap().webhook;
    assert_eq!((whole.len(), &whole[0].events, &whole[0].certificate), (1, events, certificate));
    for (more, why) in [
        ("events = []", "webhook.events"),
        ("events = [\"opened\"]", "opened"),
        ("event = [\"sealed\"]", "did you mean webhook.events?"),
        ("certificate = 1", "certificate"),
        ("[[webhook]]\nurl = \"https://shop.example/a?b=c\"\nsecret = \"/b\"", "webhook.url"),
        ("[[webhook]]\nurl = \"https://me:word@shop.example/\"\nsecret = \"/b\"", "webhook.url"),
        ("[[webhook]]\nurl = \"ftp://shop.example/\"\nsecret = \"/b\"", "webhook.url"),
        ("[[webhook]]\nurl = \"/packseal\"\nsecret = \"/b\"", "webhook.url"),
        ("[[webhook]]\nurl = \"http://a/\"\nsecret = \"/b\"\ncertificate = \"/c\"", "webhook.certificate"),
        ("[[webhook]]\nurl = \"http://a/\"", "secret"),
    ] {
        let said = webhook(more).expect_err(more);
        assert!(said.contains(why) && !said.contains('\n'), "{more}: {said}");
    }
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_known_one() {
    for (text, near) in [
        ("[clip]\npre_roll_seconds = 3.0", "clip.pre-roll-seconds"),
        ("[clip]\nsamecode = \"stop\"", "clip.same-code"),
        ("[clips]\noverlap = true", "clip"),
        ("[[bench]]\nscanner = []", "bench.scanners"),
        ("[[code]]\nname = \"x\"\npattern = \"x\"\nactions = \"order\"", "code.action"),
        ("lang = \"zh\"", "language"),
    ] {
        let why = Config::parse(text).expect_err(text);
        assert!(why.contains(&format!("did you mean {near}?")) && !why.contains('\n'), "{text}: {why}");
    }
}

#[test]
fn every_bad_value_is_refused() {
    let cases = [
        ("language = \"en\"", "language = \"fr\""),
        ("listen = \"127.0.0.1:8960\"", "listen = \"0.0.0.0:8960\""),
        ("listen = \"127.0.0.1:8960\"", "listen = \"192.168.0.1:8960\""),
        ("listen = \"127.0.0.1:8960\"", "listen = \"localhost\""),
        ("listen = \"0.0.0.0:8961\"", "listen = \"0.0.0.0\""),
        ("listen = \"0.0.0.0:8961\"", "listen = \"shop.example:8961\""),
        ("listen = \"0.0.0.0:8961\"", "listen = \"127.0.0.1:8960\""),
        ("certificate = \"\"", "certificate = \"shop.crt\""),
        ("\nkey = \"\"", "\nkey = \"shop.key\""),
        ("name = \"bench-1\"", "name = \"\""),
        ("name = \"bench-1\"", "name = \"a b\""),
        ("name = \"bench-1\"", "name = \"bench-1\"\n[[bench]]"),
        ("exposure = \"auto\"", "exposure = \"manual\""),
        ("exposure = \"auto\"", "exposure = -1"),
        ("exposure = \"auto\"", "exposure = 1.5"),
        ("pre-roll-seconds = 3.0", "pre-roll-seconds = -0.1"),
        ("pre-roll-seconds = 3.0", "pre-roll-seconds = 30.01"),
        ("pre-roll-seconds = 3.0", "pre-roll-seconds = inf"),
        ("post-roll-seconds = 1.0", "post-roll-seconds = 31"),
        ("overlap = true", "overlap = 1"),
        ("same-code = \"ignore\"", "same-code = \"end\""),
        ("duplicate-days = 30", "duplicate-days = 3651"),
        ("still-seconds = 120", "still-seconds = -1"),
        ("longest-seconds = 3600", "longest-seconds = 9"),
        ("answer-seconds = 15", "answer-seconds = 0"),
        ("camera-lost-seconds = 40", "camera-lost-seconds = 51"),
        ("quiet-ms = 220", "quiet-ms = 19"),
        ("double-read-ms = 2000", "double-read-ms = 60001"),
        ("one-shot-ms = 300", "one-shot-ms = 2001"),
        ("strip-prefixes = [", "strip-prefixes = [1, "),
        ("preset = \"veryfast\"", "preset = \"slow\""),
        ("preset = \"veryfast\"", "preset = \"VeryFast\""),
        ("crf = 25.0", "crf = -1"),
        ("crf = 25.0", "crf = 51.1"),
        ("crf = 25.0", "crf = nan"),
        ("crf = 25.0", "crf = 25.0\ncrf = 26.0"),
        ("floor-mib = 512", "floor-mib = 0.5"),
        ("keep-days = 90", "keep-days = 36501"),
        ("authorities = []", "authorities = [\"https://tsa.example\"]\ncertificates = [\"/a.pem\"]"),
        ("authorities = []", "authorities = [\"http://me:word@tsa.example/\"]"),
        ("authorities = []", "authorities = [\"http://\"]"),
        ("authorities = []", "authorities = [\"http://a b\"]"),
        ("authorities = []", "authorities = [\"http://tsa.example\"]"),
        ("authorities = []", "authorities = \"http://tsa.example\""),
        ("interval-seconds = 40", "interval-seconds = 9"),
        ("interval-seconds = 40", "interval-seconds = 86401"),
        ("name = \"shopee\"", "name = \"sho pee\""),
        ("name = \"tiktok\"", "name = \"shopee\""),
        ("video-seconds = 60", "video-seconds = 86401"),
        ("video-mb = 30.0", "video-mb = 0.05"),
        ("video-height = 720", "video-height = 100"),
        ("picture-height = 0", "picture-height = 5000"),
        ("pictures = 9", "pictures = 101"),
        ("file-mb = 10.0", "file-mb = nan"),
        ("total-mb = 0.0", "total-mb = -1.0"),
        ("received-mb = 0.0", "received-mb = -1.0"),
        ("text-characters = 500", "text-characters = 399"),
        ("pdf = false", "pdf = \"no\""),
        ("source = \"\"", "source = \"ftp://wms.example/{order}\""),
        ("source = \"\"", "source = \"http://wms.example/orders\""),
        ("source = \"\"", "source = \"http://me:word@wms.example/{order}\""),
        ("source = \"\"", "source = \"folder:orders\""),
        ("action = \"ignore\"", "action = \"drop\""),
        ("action = \"ignore\"", ""),
    ];
    for (from, to) in cases {
        assert!(SAMPLE.contains(from), "{from}");
        let why = Config::parse(&SAMPLE.replacen(from, to, 1)).expect_err(to);
        assert!(!why.contains('\n'), "{why}");
    }
    for good in ["crf = 0", "crf = 51", "crf = 18"] {
        assert!(Config::parse(&SAMPLE.replace("crf = 25.0", good)).is_ok(), "{good}");
    }
}
