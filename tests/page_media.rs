//! The page's own reading of container and H.264 against the program's.

mod support;

#[path = "support/browser.rs"]
mod browser;

use base64::{Engine, engine::general_purpose::STANDARD};
use browser::Browser;
use evidence::{
    bmff::{self, Sample},
    finding::Code,
    h264::ParameterSets,
    statement::Link,
    value::{Hash, Size},
    verify::check_fragment,
};
use serde_json::{Value, json};
use support::{
    check::*,
    nal::{self, Bits, Pps, Slice, Sps, Vui},
    random::{Random, rounds},
};

const HELP: &str = r#"<!doctype html><meta charset=utf-8><script src="value.js"></script><script src="h264.js"></script><script src="bmff.js"></script>
<script>
const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
// What one call says: a text, or a code.
const said = (work) => {
    try { return work(); } catch (error) { return error.code || 'FAILED ' + error.stack; }
};
const setsOf = (init) => bmff.init(bytes(init)).sets;
</script>"#;

struct Page(Browser, std::path::PathBuf);

impl Page {
    fn new(name: &str) -> Self {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let scripts = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        for script in ["value.js", "h264.js", "bmff.js"] {
            std::fs::copy(scripts.join(script), folder.join(script)).unwrap();
        }
        std::fs::write(folder.join("page.html"), HELP).unwrap();
        let browser = Browser::new();
        browser.open(folder.join("page.html").to_str().unwrap());
        Self(browser, folder)
    }

    /// What an expression of `c` says for each case; fails where the program says something else.
    fn agree(&self, expression: &str, cases: &[(Value, String)]) {
        let script = format!("const [a, done] = arguments; done(a.map((c) => said(() => {expression})));");
        let mut wrong = vec![];
        let mut told = std::collections::BTreeMap::<&str, usize>::new();
        for some in cases.chunks(1000) {
            let all = self.0.run(&script, vec![some.iter().map(|(case, _)| case.clone()).collect()]);
            for (i, (case, ours)) in some.iter().enumerate() {
                *told.entry(if ours.contains(' ') { "fine" } else { ours }).or_default() += 1;
                let theirs = all[i].as_str().unwrap_or("nothing");
                if ours != theirs {
                    wrong.push(format!("program {ours}, page {theirs}: {case}"));
                }
            }
        }
        println!("{} cases: {told:?}", cases.len());
        assert!(wrong.is_empty(), "{} differ, of these: {}", wrong.len(), wrong[..wrong.len().min(5)].join("\n"));
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.1);
    }
}

fn b64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// `fine` or the code.
fn word<T>(result: Result<T, Code>) -> String {
    result.map_or_else(|code| code.as_str().to_owned(), |_| "fine".to_owned())
}

/// One of these.
fn one<T: Clone>(random: &mut Random, of: &[T]) -> T {
    of[random.below(of.len())].clone()
}

/// Sets of which now and then a field is unusual or not allowed.
fn any_sets(random: &mut Random) -> (Sps, Pps) {
    let (mut sps, mut pps) = (Sps::default(), Pps::default());
    let scaling = |random: &mut Random| {
        let delta = one(random, &[-8, 0, 5, -129, 127]);
        (1..8).fold(Bits::default().u(1, 1).se(delta), |b, _| b.u(1, 0))
    };
    for _ in 0..random.below(4) {
        match random.below(21) {
            0 => sps.profile = one(random, &[66, 77, 88, 100, 110]),
            1 => sps.constraints = one(random, &[0xc0, 0x40, 1, 2]),
            2 => sps.id = random.below(2) as u32,
            3 => (sps.profile, sps.chroma[random.below(4)]) = (100, random.below(3) as u32),
            4 => (sps.profile, sps.scaling) = (100, Some(scaling(random))),
            5 => sps.frame_num_bits = 4 + random.below(14) as u32,
            6 => sps.order_type = one(random, &[0, 1, 2, 2, 3]),
            7 => sps.order_bits = 4 + random.below(14) as u32,
            8 => sps.references = random.below(18) as u32,
            9 => sps.size = (1 + random.below(258) as u32, 1 + random.below(146) as u32),
            10 => sps.crop = Some([0, 1, 2, 3].map(|i| random.below(if i % 2 == 0 { 2 } else { 10 }) as u32)),
            11 => sps.vui = None,
            12 => sps.more = Bits::default().u(random.below(20) as u32, 0x5555),
            13 => pps.weighted = [random.below(2) as u32, random.below(4) as u32],
            14 => pps.references = [random.below(34) as u32 + 1, random.below(4) as u32 + 1],
            15 => (sps.profile, pps.high) = (one(random, &[77, 100]), Some((1, Some(scaling(random))))),
            16 => pps.more = Bits::default().u(random.below(20) as u32, 0x5555),
            17 => pps.redundant = random.below(2) as u32,
            _ => {
                let mut vui = Vui { overscan: one(random, &[None, Some(0), Some(1)]), ..Vui::default() };
                match random.below(6) {
                    0 => vui.aspect = one(random, &[None, Some(0), Some(2), Some(255)]),
                    1 => vui.colour = Some([0; 3].map(|_| one(random, &[1, 1, 2, 4, 5, 6, 9, 13]))),
                    2 => vui.chroma_place = Some(random.below(8) as u32),
                    3 => vui.timing = false,
                    4 => vui.hrd = [Some(1 + random.below(34) as u32), one(random, &[None, Some(2)])],
                    _ => {
                        vui.restriction = one(random, &[None, Some([0, 4]), Some([5, 4]), Some([1, 3]), Some([2, 17])])
                    }
                }
                sps.vui = Some(vui);
            }
        }
    }
    (sps, pps)
}

/// A header that announces these sets; where they are allowed, all of it is the allowed form.
fn init_of(sps: &[u8], pps: &[u8]) -> Vec<u8> {
    if let Ok(sets) = ParameterSets::parse(sps, pps) {
        return bmff::init(&sets);
    }
    let honest = material();
    let mut init = bmff::init(&ParameterSets::parse(&honest.sps, &honest.pps).unwrap());
    let length = |set: &[u8]| (set.len() as u16).to_be_bytes();
    let sets = [&length(sps), sps, &[1], &length(pps), pps].concat();
    init.splice(513..515 + honest.sps.len() + 3 + honest.pps.len(), sets);
    let moov = init.len() as u32 - 24;
    init[24..28].copy_from_slice(&moov.to_be_bytes());
    init
}

#[test]
fn headers() {
    let random = Random::new("headers");
    let mut files: Vec<Vec<u8>> = vec![];
    for i in 0..rounds(6000) {
        let mut random = random.at(i);
        let (sps, pps) = any_sets(&mut random);
        let (mut sps, mut pps) = (sps.nal(), pps.nal());
        match random.below(6) {
            0 => random.change(&mut sps),
            1 => random.change(&mut pps),
            _ => {}
        }
        let mut file = init_of(&sps, &pps);
        if random.below(6) == 0 {
            random.change(&mut file);
        }
        files.push(file);
    }
    let said = |file: &Vec<u8>| {
        // What is whole reads on to START, which is not there.
        let end = file.get(24..28).map(|size| 24 + u32::from_be_bytes(size.try_into().unwrap()) as usize);
        if let Some(Ok(sets)) = end.and_then(|end| file.get(..end)).map(bmff::parse_init) {
            let Size { width, height } = sets.size();
            return format!("{} {width}x{height}", end.unwrap());
        }
        checked(file).findings[0].code.as_str().to_owned()
    };
    let cases: Vec<(Value, String)> = files.iter().map(|file| (json!(b64(file)), said(file))).collect();
    let page = Page::new("page-headers");
    page.agree("{ const i = bmff.init(bytes(c)); return `${i.length} ${i.sets.width}x${i.sets.height}`; }", &cases);
}

/// Slices of a fragment, one or more to a picture, and when each picture is shown.
type Pictures = (Vec<Vec<Vec<u8>>>, Vec<i64>);

/// I P b P, or more of these, of which now and then something is unusual or not allowed.
fn any_pictures(random: &mut Random, sps: &Sps) -> Pictures {
    let mut slices = vec![vec![Slice::default()]];
    let mut shown = vec![0];
    let (mut frame, groups) = (1, one(random, &[1, 1, 2, 20]));
    for group in 0..groups {
        let place = 2 * group + 1;
        if sps.order_type == 0 {
            slices.push(vec![Slice::p(frame, 2 * (place as u32 + 1))]);
            slices.push(vec![Slice::b(frame + 1, 2 * place as u32)]);
            shown.extend([place + 1, place]);
        } else {
            slices.push(vec![Slice::p(frame, 0)]);
            slices.push(vec![Slice { header: 1, ..Slice::p(frame + 1, 0) }]);
            shown.extend([place, place + 1]);
        }
        frame += 1;
    }
    for slice in slices.iter_mut().flatten() {
        slice.frame_num %= 1 << sps.frame_num_bits;
        slice.order %= 1 << sps.order_bits;
        let length = random.below(60);
        slice.data = random.bytes(length);
    }
    for _ in 0..random.below(3) {
        let at = random.below(slices.len());
        let picture = &mut slices[at];
        if random.below(3) == 0 {
            let first = one(random, &[1, 9, 47, 48, 60]);
            let second = Slice { first, ..picture[0].clone() };
            picture.push(second);
        }
        let n = random.below(picture.len());
        let slice = &mut picture[n];
        match random.below(12) {
            0 => slice.header = one(random, &[0x65, 0x41, 0x01, 0x61, 0x05, 0xc1, 0x42, 0x25]),
            1 => slice.first = one(random, &[0, 1, 5, 48]),
            2 => slice.kind = random.below(11) as u32,
            3 => slice.pps = 1,
            4 => slice.frame_num = random.below(1 << sps.frame_num_bits) as u32,
            5 => slice.idr = random.below(3) as u32,
            6 => slice.order = random.below(1 << sps.order_bits) as u32,
            7 => slice.idr_marking = [random.below(2) as u32, random.below(2) as u32],
            8 => slice.lists = vec![(one(random, &[0, 0, 1, 1, 2, 4]), 0); one(random, &[1, 1, 2, 60, 400, 4000])],
            9 => slice.marking = vec![(one(random, &[1, 1, 1, 2, 4]), Some(0))],
            10 => slice.marking = vec![(5, None)],
            _ => {
                let length = one(random, &[0, 1, 700]);
                slice.data = random.bytes(length);
            }
        }
    }
    let mut pictures: Vec<Vec<Vec<u8>>> = slices.iter().map(|p| p.iter().map(|s| s.nal_of(sps)).collect()).collect();
    if random.below(3) == 0 {
        let unit = match random.below(9) {
            0 | 1 => vec![9, one(random, &[0x10, 0xf0, 0x11, 0])],
            2 => sps.nal(),
            3 => Pps::default().nal(),
            4 => nal::x264_text("x264 - core 164 r3095"),
            5 => nal::x264_text(one(
                random,
                &["x264 - core 150", "x264 - core 4294967296 a", "x264 - core 151", "x264", ""],
            )),
            6 => nal::x264_text(&format!("x264 - core 164 {}", "x".repeat(random.below(5000)))),
            7 => nal::sei(one(random, &[5, 5, 47]), &random.bytes(20)),
            _ => {
                let length = 1 + random.below(9);
                random.bytes(length)
            }
        };
        let picture = random.below(pictures.len());
        let at = one(random, &[0, 0, 0, pictures[picture].len()]);
        pictures[picture].splice(at..at, vec![unit; one(random, &[1, 1, 2])]);
    }
    if random.below(6) == 0 {
        // Zeros are what start codes are made of.
        let picture = random.below(pictures.len());
        let unit = pictures[picture].last_mut().unwrap();
        let inner: Vec<u8> = (0..random.below(9)).map(|_| one(random, &[0, 0, 0, 3, 3, 1, 2, 4])).collect();
        let at = 1 + random.below(unit.len());
        unit.splice(at..at, inner);
    }
    (pictures, shown)
}

/// A fragment: sets, `moof` with `mdat`, and what LINK says of it.
struct Fragment {
    init: Vec<u8>,
    bytes: Vec<u8>,
    link: Link,
}

fn link(index: u64, tick: u64, frames: u64, ticks: u64) -> Link {
    Link {
        clip: evidence::value::Id([0; 16]),
        index,
        previous: Hash([0; 32]),
        length: 0,
        fragment: None,
        frames,
        first_frame: 0,
        lost: 0,
        ticks: (tick, tick + ticks),
        monotonic: (0, 0),
        time: (evidence::value::Time(0), evidence::value::Time(0)),
        events: evidence::statement::Events(vec![]),
        events_dropped: 0,
    }
}

fn any_fragment(random: &mut Random) -> Fragment {
    let (index, tick) = (one(random, &[0, 7, 99_999]), one(random, &[0, 90_000, 5_000_000_000]));
    let (init, samples, media): (_, Vec<Sample>, _) = if random.below(3) == 0 {
        let material = material();
        let gop = one(random, &material.gops);
        let sets = ParameterSets::parse(&material.sps, &material.pps).unwrap();
        (bmff::init(&sets), gop.samples, gop.media)
    } else {
        let (sps, pps, sets) = loop {
            let (sps, pps) = any_sets(random);
            if let Ok(sets) = ParameterSets::parse(&sps.nal(), &pps.nal()) {
                break (sps, pps, sets);
            }
        };
        let _ = pps;
        let (pictures, shown) = any_pictures(random, &sps);
        let media: Vec<Vec<u8>> = pictures.iter().map(|units| nal::sample(units)).collect();
        let sizes: Vec<u32> = media.iter().map(|m| m.len() as u32).collect();
        let ticks: Vec<i64> = shown.iter().map(|place| place * 3000).collect();
        let samples = bmff::place(&ticks, &sizes, 3000 * shown.len() as i64).expect("times that fit");
        (bmff::init(&sets), samples, media.concat())
    };
    let span = samples.iter().map(|s| u64::from(s.duration)).sum();
    let header = bmff::fragment_header(index, tick, &samples);
    let link = link(index, tick, samples.len() as u64, span);
    Fragment { init, bytes: [header, media].concat(), link }
}

impl Fragment {
    fn samples(&self) -> usize {
        self.link.frames as usize
    }

    /// Places of the samples.
    fn places(&self) -> Vec<usize> {
        let mut at = 96 + 16 * self.samples();
        let size = |i: usize| u32::from_be_bytes(self.bytes[92 + 16 * i..96 + 16 * i].try_into().unwrap()) as usize;
        let begin = |i: usize| {
            let begin = at;
            at += size(i);
            begin
        };
        (0..self.samples()).map(begin).collect()
    }

    /// Changes it in one of the places that matter.
    fn change(&mut self, random: &mut Random) {
        let (table, count) = (88 + 16 * self.samples(), self.samples());
        let places = self.places();
        let sample = one(random, &places).min(self.bytes.len() - 4);
        let put = |bytes: &mut Vec<u8>, at: usize, n: u32| bytes[at..at + 4].copy_from_slice(&n.to_be_bytes());
        match random.below(10) {
            0 => random.change(&mut self.bytes),
            1 => {
                let at = random.below(table + 8);
                self.bytes[at] ^= 1 << random.below(8);
            }
            2 => {
                let row = 88 + 16 * random.below(count) + one(random, &[0, 4, 8, 12]);
                let n = one(random, &[0, 1, 3000, 9000, 6000, 90_001, 180_000, u32::MAX, u32::MAX - 2999]);
                put(&mut self.bytes, row, n);
            }
            3 => {
                let n = one(random, &[0, 1, 2, 5, 9, 1 << 31, u32::MAX, self.bytes[sample + 3].wrapping_sub(1).into()]);
                put(&mut self.bytes, sample, n);
            }
            4 => {
                // A byte moves from one sample to the next.
                let at = 92 + 16 * random.below(count.saturating_sub(1));
                for (at, more) in [(at, 1), (at + 16, u32::MAX)] {
                    let n = u32::from_be_bytes(self.bytes[at..at + 4].try_into().unwrap());
                    put(&mut self.bytes, at, n.wrapping_add(more));
                }
            }
            5 => self.link.frames += 1,
            6 => self.link.ticks.1 += 1,
            7 => self.link.index += 1,
            _ => {
                // Heads of samples: lengths, types, the heads of slices.
                let at = (sample + random.below(24)).min(self.bytes.len() - 1);
                self.bytes[at] ^= 1 << random.below(8);
            }
        }
    }

    /// What the program says.
    fn said(&self) -> Result<(), Code> {
        let sets = bmff::parse_init(&self.init).unwrap();
        let size = self.bytes.first_chunk::<4>().ok_or(Code::FragmentMoof)?;
        let count = bmff::samples_of(u32::from_be_bytes(*size).into())?;
        let body = bmff::fragment_header_length(count) as usize;
        let (header, media) = self.bytes.split_at_checked(body).ok_or(Code::FragmentMoof)?;
        let link = Link { length: self.bytes.len() as u64, ..self.link.clone() };
        check_fragment(&sets, &link, header, media)
    }

    fn case(&self) -> Value {
        let Link { index, frames, ticks, .. } = self.link;
        json!([b64(&self.init), b64(&self.bytes), { "index": index, "tick": ticks.0, "frames": frames, "ticks": ticks.1 - ticks.0 }])
    }
}

#[test]
fn fragments() {
    let random = Random::new("fragments");
    let mut cases = vec![];
    for i in 0..rounds(8000) {
        let mut random = random.at(i);
        let mut fragment = any_fragment(&mut random);
        if random.below(3) > 0 {
            fragment.change(&mut random);
        }
        cases.push((fragment.case(), word(fragment.said())));
    }
    let page = Page::new("page-fragments");
    page.agree("(bmff.fragment(bytes(c[1]), { ...c[2], sets: setsOf(c[0]) }), 'fine')", &cases);
}

/// A clip without END that ends in its second fragment: what stands before it, and that fragment as far as it goes.
fn cut(fragment: &Fragment, before: &[u8], end: usize) -> (Value, Option<String>) {
    let bytes = &fragment.bytes[..end.min(fragment.bytes.len())];
    let report = checked(&[before, bytes].concat());
    let said = report.refusal().map_or("fine", |refusal| refusal.code.as_str());
    // Boxes are looked at before what is in them, and what stands behind a whole `mdat` is a statement's.
    let size = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize);
    let whole = size(0).and_then(|moof| Some(moof + size(moof)?));
    let is_ours = bytes.get(4..8) == Some(b"moof")
        && !said.starts_with("container.")
        && whole.is_none_or(|whole| whole >= bytes.len());
    let case = json!([b64(&fragment.init), b64(bytes), { "index": 1, "tick": 90_000 }]);
    (case, is_ours.then(|| said.to_owned()))
}

#[test]
fn cut_fragments() {
    let random = Random::new("cut fragments");
    let (mut forge, material) = (forge(), material());
    forge.reason = None;
    forge.spans.truncate(2);
    let parts = forge.parts();
    let (before, init) = (parts[..4].concat(), parts[0].clone());
    let gop = &forge.spans[1].gop.as_ref().unwrap().clone();
    let span = gop.ticks();
    let mut cases = vec![];
    for i in 0..rounds(4000) {
        let mut random = random.at(i);
        let mut bytes = parts[4].clone();
        if random.below(5) == 0 {
            // A sample of no bytes, last.
            let mut samples = gop.samples.clone();
            samples.last_mut().unwrap().duration -= 1;
            samples.push(Sample { duration: 1, size: 0, offset: 0 });
            bytes = [bmff::fragment_header(1, 90_000, &samples), gop.media.clone()].concat();
        }
        let frames = (u32::from_be_bytes(bytes[80..84].try_into().unwrap())).into();
        let mut fragment = Fragment { init: init.clone(), bytes, link: link(1, 90_000, frames, span) };
        let places = fragment.places();
        if random.below(3) > 0 {
            fragment.change(&mut random);
        }
        let end = match random.below(5) {
            0 => fragment.bytes.len(),
            1 => random.below(300),
            2 => one(&mut random, &places) + random.below(12),
            _ => random.below(fragment.bytes.len()),
        };
        if let (case, Some(said)) = cut(&fragment, &before, end) {
            cases.push((case, said));
        }
    }
    assert!(cases.len() > 2 * rounds(4000) / 3, "{} cases", cases.len());
    assert_eq!(bmff::init(&ParameterSets::parse(&material.sps, &material.pps).unwrap()), init);
    let page = Page::new("page-cuts");
    page.agree("(bmff.cut(bytes(c[1]), { ...c[2], sets: setsOf(c[0]) }), 'fine')", &cases);
}

#[test]
fn large_fragments_take_no_time() {
    let (page, material) = (Page::new("page-large"), material());
    let init = bmff::init(&ParameterSets::parse(&material.sps, &material.pps).unwrap());
    let gop = &material.gops[0];
    let first = Sample { duration: 9000, ..gop.samples[0] };
    let bytes = [&bmff::fragment_header(0, 0, &[first]), &gop.media[..first.size as usize]].concat();
    let script = "const [init, text, done] = arguments, sets = setsOf(init), small = bytes(text), size = 60 << 20;
        const large = new Uint8Array(small.length + size), view = new DataView(large.buffer);
        large.set(small);
        // As coded pictures are: a zero here and there.
        for (let i = small.length; i < large.length; i++) large[i] = i * 2654435761 >>> 24 || (i % 3 ? 7 : 0);
        large[large.length - 1] = 0x80;
        // Where the last unit begins: its length grows, and with it the sample and `mdat`.
        let at = 112;
        while (at + 4 + view.getUint32(at) < small.length) at += 4 + view.getUint32(at);
        for (const place of [92, 104, at]) view.setUint32(place, view.getUint32(place) + size);
        const began = performance.now();
        const found = said(() => (bmff.fragment(large, { index: 0, tick: 0, frames: 1, ticks: 9000, sets }), 'fine'));
        done([found, performance.now() - began]);";
    let said = page.0.run(script, vec![json!(b64(&init)), json!(b64(&bytes))]);
    println!("60 MiB: {said}");
    assert_eq!(said[0], "fine");
    assert!(said[1].as_f64().unwrap() < 2000.0, "{said}");
}
