//! Finding clips: what is found is what is there, however it is asked and however often it was cut off.

use evidence::value::Token;

use super::{
    random::Random,
    season::{self, DAY, Sent, sent},
    *,
};
use crate::catalogue::{Mark, Page, Seen, Sought};

const LONG: Duration = Duration::from_secs(60);
/// Five blocks, the last one not full.
const CLIPS: u64 = 36_000;

/// A catalogue with a season in it.
fn season(name: &str) -> Scratch {
    let mut scratch = Scratch::new(name);
    let path = scratch.0.join("season.sqlite");
    Catalogue::create(&path).unwrap().close().unwrap();
    season::fill(&path, CLIPS, 8).unwrap();
    scratch.1 = Catalogue::open(&path).unwrap();
    scratch
}

/// Whether the clip is one of them, said in the plainest way.
fn fits(sought: &Sought, clip: &Sent, held: &[u64]) -> bool {
    let sealed = clip.state == "sealed";
    let text = || {
        sought.text.as_ref().is_none_or(|text| {
            let (text, order) = (text.as_str().to_lowercase(), clip.order.as_ref().map(|order| order.to_lowercase()));
            order.is_some_and(|order| order.starts_with(&text) || order.ends_with(&text))
        })
    };
    sought.from.is_none_or(|from| clip.begun >= from.0)
        && sought.until.is_none_or(|until| clip.begun < until.0)
        && sought.bench.as_ref().is_none_or(|bench| clip.bench == bench.as_str())
        && sought.operator.as_ref().is_none_or(|who| clip.operator.as_deref() == Some(who.as_str()))
        && sought.mark.is_none_or(|mark| match mark {
            Mark::Gap => sealed && clip.gaps > 0,
            Mark::NoLabel => sealed && clip.label_frames == Some(0),
            Mark::Return => clip.is_return,
            Mark::Hold => held.contains(&clip.sequence),
            Mark::Cancelled => clip.reason == "cancelled",
            Mark::Damaged => clip.state == "damaged" || clip.reason == "damaged",
        })
        && sought.before.is_none_or(|before| clip.sequence < before)
        && text()
}

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

/// All pages of a search, each within this time: the numbers, and how many pages.
fn all(catalogue: &Catalogue, sought: &Sought, within: Duration) -> (Vec<u64>, usize) {
    let (mut numbers, mut pages, mut sought) = (Vec::new(), 0, sought.clone());
    loop {
        let Page { clips, next, complete } = catalogue.find(&sought, within).unwrap();
        assert!(clips.len() <= sought.most);
        assert!(!complete || next.is_none() || clips.len() == sought.most);
        numbers.extend(clips.iter().map(|shown| shown.clip.sequence));
        pages += 1;
        // It gets on, whatever the time.
        assert!(next.is_none_or(|next| next < sought.before.unwrap_or(u64::MAX)), "{sought:?}");
        match next {
            Some(next) => sought.before = Some(next),
            None => return (numbers, pages),
        }
    }
}

#[test]
fn what_is_found_is_what_is_there() {
    let scratch = season("season");
    let catalogue = &scratch.1;
    let clips: Vec<Sent> = (1..=CLIPS).rev().map(|sequence| sent(sequence, CLIPS)).collect();
    let held: Vec<u64> = (1..=CLIPS).filter(|n| n % 2000 == 7).collect();
    let mut random = Random::by_the_clock("searches");
    let mut met = [0; 9];
    for _ in 0..150 {
        let mut roll = |of: u64| random.next() % of;
        // Others are rare, and are looked for by what one of them is.
        let mark = (roll(2) == 0).then(|| Mark::ALL[roll(6) as usize]);
        let marked = Sought { mark, ..Sought::default() };
        let marked: Vec<&Sent> = clips.iter().filter(|clip| fits(&marked, clip, &held)).collect();
        let clip = marked[roll(marked.len() as u64) as usize];
        let order = clip.order.clone().unwrap_or_else(|| "SF".to_owned());
        let text = match roll(5) {
            0 => None,
            1 => Some(order[..1 + roll(order.len() as u64) as usize].to_owned()),
            2 => Some(order[order.len() - 1 - roll(order.len() as u64) as usize..].to_owned()),
            3 => Some(order[..1 + roll(order.len() as u64) as usize].to_lowercase()),
            _ => Some(order[order.len().saturating_sub(4)..].to_uppercase()),
        };
        let day = season::BEGIN + roll(90) as i64 * DAY;
        let sought = Sought {
            text: text.map(|text| order_or(&text)),
            from: (roll(4) == 0).then_some(Time(day)),
            until: (roll(4) == 0).then_some(Time(day + 1 + roll(30) as i64 * DAY)),
            bench: (roll(4) == 0).then(|| token(&clip.bench)),
            operator: (roll(4) == 0).then(|| token(clip.operator.as_deref().unwrap_or("nobody"))),
            mark,
            before: (roll(3) == 0).then(|| 1 + roll(CLIPS + 10)),
            most: 20 + roll(81) as usize,
        };
        let expected: Vec<u64> =
            clips.iter().filter(|clip| fits(&sought, clip, &held)).map(|clip| clip.sequence).collect();
        assert_eq!(all(catalogue, &sought, LONG).0, expected, "{sought:?}");
        let (cut, pages) = all(catalogue, &sought, Duration::ZERO);
        assert_eq!(cut, expected, "cut off: {sought:?}");
        met[usize::from(expected.is_empty())] += 1;
        met[2 + sought.mark.map_or(6, |mark| mark as usize)] += usize::from(!expected.is_empty());
        assert!(pages >= expected.len().div_ceil(sought.most));
    }
    assert!(met.iter().all(|met| *met > 0), "some kind was never met: {met:?}");
}

/// `-` alone is no order number.
fn order_or(text: &str) -> Order {
    Order::parse(text).unwrap_or_else(|| order("SF"))
}

#[test]
fn a_search_that_takes_too_long_says_how_far_it_came() {
    let scratch = season("cut");
    let nothing = Sought { text: Some(order("NONE-OF-THEM")), most: 50, ..Sought::default() };
    let page = scratch.1.find(&nothing, Duration::ZERO).unwrap();
    // The block that it began in, and no other.
    assert_eq!((page.clips.len(), page.next, page.complete), (0, Some(CLIPS / 8192 * 8192), false));
    let page = scratch.1.find(&nothing, LONG).unwrap();
    assert_eq!((page.next, page.complete), (None, true));
    assert_eq!(all(&scratch.1, &nothing, Duration::ZERO), (vec![], 5));
    // The last clip of all has nothing behind it.
    let first = Sought { before: Some(2), most: 1, ..Sought::default() };
    let page = scratch.1.find(&first, LONG).unwrap();
    assert_eq!((page.clips[0].clip.sequence, page.next, page.complete), (1, None, true));
    assert!(scratch.1.find(&Sought { before: Some(1), ..first }, LONG).unwrap().clips.is_empty());
    let empty = Scratch::new("nothing");
    assert!(empty.1.find(&Sought { most: 1, ..Sought::default() }, LONG).unwrap().clips.is_empty());
    assert_eq!(empty.1.names().unwrap(), (vec![], vec![]));
}

#[test]
fn odd_order_numbers_are_found_by_both_ends() {
    let scratch = Scratch::new("odd");
    let catalogue = &scratch.1;
    let odd = ["..", "a_b", "aXb", "A-1", "a.1", "zZ", "Z_", "9", "_", "-x-"];
    for (id, text) in (1..).zip(odd) {
        allocate(catalogue, id).unwrap();
        catalogue.bind(id.into(), &order(text)).unwrap();
    }
    let found = |text: &str| -> Vec<&str> {
        let sought = Sought { text: Some(order(text)), most: 100, ..Sought::default() };
        let found = catalogue.find(&sought, LONG).unwrap();
        found.clips.iter().map(|shown| odd[shown.clip.sequence as usize - 1]).collect()
    };
    assert_eq!(found("a"), ["a.1", "A-1", "aXb", "a_b"]);
    assert_eq!(found("a_"), ["a_b"]);
    assert_eq!(found("B"), ["aXb", "a_b"]);
    assert_eq!(found("z"), ["Z_", "zZ"]);
    assert_eq!(found("."), [".."]);
    assert_eq!(found("_"), ["_", "Z_"]);
    assert_eq!(found("-x-"), ["-x-"]);
    assert_eq!(found("9"), ["9"]);
    assert!(found("99").is_empty());
    // What a clip is bound to later is what it is found by.
    catalogue.bind(1, &order("NEW-1")).unwrap();
    assert_eq!((found("..").len(), found("new").len(), found("-1").len()), (0, 1, 2));
    catalogue.seal(1, 1, Some(&order("LAST-2")), &closing(5)).unwrap();
    assert_eq!((found("new").len(), found("last").len(), found("t-2").len()), (0, 1, 1));
}

#[test]
fn each_filter_reads_its_own_index_and_nothing_else() {
    let scratch = Scratch::new("covering");
    for (query, index) in [
        (sql::HEAD, "clip_by_head"),
        (sql::TAIL, "clip_by_tail"),
        (sql::BEGUN, "clip_by_begin"),
        (sql::OF_BENCH, "clip_of_bench"),
        (sql::OF_OPERATOR, "clip_of_operator"),
        (sql::WITH_GAPS, "clip_with_gaps"),
        (sql::NOT_READ, "clip_not_read"),
        (sql::RETURN, "clip_return"),
        (sql::CANCELLED, "clip_cancelled"),
        (sql::DAMAGED, "clip_damaged"),
        (sql::DAY, "clip_of_day"),
        (sql::PARCELS, "clip_of_day"),
    ] {
        let plan = plan(&scratch.1, query);
        let expected = format!("SEARCH clip USING COVERING INDEX {index} (");
        assert!(plan.len() == 1 && plan[0].starts_with(&expected), "{query}: {plan:#?}");
    }
    for query in [sql::BENCHES, sql::OPERATORS] {
        let plan = plan(&scratch.1, query);
        assert!(plan.iter().all(|line| !line.contains("SCAN clip")), "{query}: {plan:#?}");
    }
}

#[test]
fn names_last_clips_and_clips_by_id() {
    let scratch = season("names");
    let catalogue = &scratch.1;
    let (benches, operators) = catalogue.names().unwrap();
    assert_eq!(benches, ["bench-1", "bench-2", "bench-3", "bench-4", "bench-5", "bench-6"]);
    assert_eq!((operators.len(), operators[0].as_str(), operators[19].as_str()), (20, "op-00", "op-19"));
    let of = |bench: &str| -> Vec<u64> {
        let of_bench = |n: &u64| sent(*n, CLIPS).bench == bench && sent(*n, CLIPS).state == "sealed";
        (1..=CLIPS).rev().filter(of_bench).take(5).collect()
    };
    for bench in &benches {
        let last = catalogue.last_sealed(&token(bench), 5).unwrap();
        assert_eq!(last.iter().map(|clip| clip.sequence).collect::<Vec<_>>(), of(bench));
        assert!(last.iter().all(|clip| clip.at.bench.as_ref() == Some(&token(bench))));
    }
    assert!(catalogue.last_sealed(&token("bench-7"), 5).unwrap().is_empty());

    // By id and by order, and whether it is held: 7 is, by its order.
    let by_id = |n: u64| catalogue.of_id(Id(u128::from(n).to_be_bytes())).unwrap();
    let (seven, eight) = (by_id(7).unwrap(), by_id(8).unwrap());
    assert_eq!((seven.clip.sequence, seven.held, eight.held), (7, true, false));
    assert!(by_id(CLIPS + 1).is_none());
    assert_eq!(catalogue.on_hold().unwrap(), (1..=CLIPS).filter(|n| n % 2000 == 7).count() as u64);
    let of_seven = seven.clip.order.clone().unwrap();
    assert_eq!(catalogue.of_order(&of_seven).unwrap().len(), 1);
    // Those of a retired key are found by both as well; a search is of the key that there is.
    let key = SigningKey::from_seed("bench", &[1; 32]).unwrap().verifier().clone();
    catalogue.renew(&key, b"note", Hash([1; 32])).unwrap();
    let (seven, of_order) = (by_id(7).unwrap(), catalogue.of_order(&of_seven).unwrap());
    assert_eq!((seven.held, of_order.len(), of_order[0].clip.id), (true, 1, seven.clip.id));
    assert!(all(catalogue, &Sought { most: 9, ..Sought::default() }, LONG).0.is_empty());
}

#[test]
fn a_day_is_counted_from_its_index() {
    let scratch = season("day");
    let (from, until) = (season::BEGIN + 10 * DAY, season::BEGIN + 11 * DAY);
    let clips: Vec<Sent> = (1..=CLIPS).map(|n| sent(n, CLIPS)).collect();
    let of_day = |clip: &&Sent| (from..until).contains(&clip.begun) && clip.state == "sealed";
    let parcels = scratch.1.begun_between(Time(from), Time(until)).unwrap();
    let expected: Vec<&Sent> = clips.iter().filter(of_day).collect();
    assert!(expected.len() > 150);
    assert_eq!(parcels.len(), expected.len());
    for (parcel, clip) in parcels.iter().zip(&expected) {
        let seen = Some(Seen { gaps: clip.gaps, label_frames: clip.label_frames });
        let (bench, ticks) = (Some(clip.bench.clone()), (40 + clip.sequence % 61) * 90_000);
        assert_eq!((parcel.begun, parcel.is_return, parcel.ticks), (Time(clip.begun), clip.is_return, ticks));
        assert_eq!((parcel.reason.as_str(), parcel.seen, &parcel.bench), (clip.reason, seen, &bench));
    }
    let counted = parcels.iter().filter(|parcel| parcel.counts()).count() as u64;
    assert_eq!(scratch.1.parcels_between(Time(from), Time(until)).unwrap(), counted);
    assert!(counted < parcels.len() as u64 || expected.iter().all(|clip| clip.reason != "cancelled"));
}

#[test]
fn what_links_say_is_kept_with_the_clip() {
    use evidence::statement::EventKind;
    let mut seen = Seen::default();
    seen.event(&EventKind::NextScan);
    assert_eq!(seen.label_frames, None);
    seen.event(&EventKind::LabelConflict(13, 4));
    assert_eq!(seen.label_frames, Some(0));
    seen.event(&EventKind::LabelRead(order("A1"), 3));
    seen.event(&EventKind::LabelRead(order("A1"), 4));
    assert_eq!(seen.label_frames, Some(7));

    let scratch = Scratch::new("seen");
    let catalogue = &scratch.1;
    for (id, seen) in (1..).zip([None, Some(Seen::default()), Some(Seen { gaps: 2, label_frames: Some(0) })]) {
        allocate(catalogue, id).unwrap();
        catalogue.seal(id.into(), 1, Some(&order("A1")), &Closing { seen, ..closing(5) }).unwrap();
        assert_eq!(catalogue.clip(id.into()).unwrap().unwrap().closing.unwrap().seen, seen);
    }
    let with = |mark| {
        let found = catalogue.find(&Sought { mark: Some(mark), most: 9, ..Sought::default() }, LONG).unwrap();
        found.clips.iter().map(|shown| shown.clip.sequence).collect::<Vec<_>>()
    };
    assert_eq!((with(Mark::Gap), with(Mark::NoLabel), with(Mark::Damaged)), (vec![3], vec![3], vec![]));
    let clip = catalogue.clip(1).unwrap().unwrap();
    let (start, ..) = start();
    assert_eq!((clip.at.bench, clip.at.operator), (Some(start.bench), start.operator));
    // A hold by the clip's id.
    catalogue.hold(&order(&clip.id.to_string()), "police", Some(&token("mei")), Time(1)).unwrap();
    assert_eq!(with(Mark::Hold), [1]);
    assert_eq!(catalogue.holds_of(&clip.id.to_string()).unwrap()[0].by.as_deref(), Some("mei"));
}
