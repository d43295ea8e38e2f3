//! Broken files for `inspect`: none makes it panic, hang or take much memory, and what is said lies within the file.
//!
//! Mutations of labelled files of ten containers; those that bring an outcome not seen before become seeds themselves.
//! Then the worst files that can be thought of. `PACKSEAL_FUZZ_ROUNDS` multiplies the rounds, `PACKSEAL_SOAK=1` makes
//! them a hundred times as many, `PACKSEAL_SEED` chooses others.

use std::{
    collections::{HashSet, hash_map::DefaultHasher},
    env, fs,
    hash::{Hash, Hasher},
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use evidence::{source::ReadAt, words::Lang};
use inspect::{
    bytes::Place,
    report::{Found, Inspected, MAX_LISTED, MAX_SHOWN},
    words::sections,
};

#[path = "support/counted.rs"]
mod counted;
#[path = "support/labelled.rs"]
mod labelled;
#[path = "support/random.rs"]
mod random;
#[path = "support/worst.rs"]
mod worst;

use labelled::{CONTAINERS, seeds};
use random::{Random, rounds};

/// Most memory that any one file may take beside its own bytes.
const MOST_MEMORY: usize = 32 << 20;
/// Longest that a broken small file may take, compiled for tests, on a busy machine.
const LONGEST: Duration = Duration::from_secs(2);
/// Longest that the worst of up to a hundred megabytes may take.
const LONGEST_WORST: Duration = Duration::from_secs(4);
/// Mutations of each container; a hundred times as many in the soak.
const ROUNDS: usize = 5000;
/// A mutation that grew beyond this becomes no seed, so that many are tried in little time.
const LARGEST_SEED: usize = 24 << 10;
/// Seeds of one container: the soak finds tens of thousands of outcomes.
const MOST_SEEDS: usize = 8192;

/// A file in memory.
struct Memory<'a>(&'a [u8]);

impl ReadAt for Memory<'_> {
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }

    fn read_exact_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        self.0.read_exact_at(buffer, at)
    }
}

/// What an inspection took.
#[derive(Default, Clone, Copy)]
struct Took {
    time: Duration,
    memory: usize,
}

/// Inspects bytes, and holds what is said against them.
fn inspected(bytes: &[u8]) -> (Found, Took) {
    let begun = Instant::now();
    let before = counted::begin();
    let found = inspect::inspect(&Memory(bytes), "IMG_0001.JPG").expect("bytes in memory can be read");
    let took = Took { memory: counted::peak() - before, time: begun.elapsed() };
    bounded(&found, bytes.len() as u64);
    (found, took)
}

#[track_caller]
fn bounded(found: &Found, length: u64) {
    let within = |place: Place| place.offset.checked_add(place.length).is_some_and(|end| end <= length);
    let lists = [found.labels.len(), found.facts.len(), found.signs.len(), found.unread.len()];
    assert!(lists.iter().all(|listed| *listed <= MAX_LISTED), "{lists:?}");
    let short = |text: &str| text.len() <= MAX_SHOWN;
    for label in &found.labels {
        assert!(within(label.place), "{label:?} of {length}");
        assert!(short(&label.value) && short(&label.path) && label.notes.len() <= 32, "{label:?}");
        assert!(label.notes.iter().all(|note| format!("{note:?}").len() <= 8 * MAX_SHOWN), "{label:?}");
    }
    for fact in &found.facts {
        assert!(within(fact.place), "{fact:?} of {length}");
        assert!(short(&fact.value) && short(&fact.path), "{fact:?}");
    }
    assert!(found.signs.iter().all(|sign| short(&sign.value) && short(&sign.path)));
    assert!(found.unread.iter().all(|unread| unread.offset <= length), "{:?} of {length}", found.unread);
    assert!(!found.verdicts(None).is_empty());
}

/// The page of a file: one line each, and nothing that a terminal takes for an order.
fn shown(found: &Found) {
    let inspected = Inspected {
        file: "IMG_0001.JPG".to_owned(),
        error: None,
        length: Some(1),
        sha256: None,
        received: None,
        verdicts: found.verdicts(None),
        found: found.clone(),
        credentials: None,
    };
    for lang in Lang::ALL {
        for section in sections(&inspected, lang) {
            let lines = section.rows.iter().flat_map(|(_, lines)| lines);
            lines.for_each(|line| assert!(!line.contains(char::is_control), "{line:?}"));
        }
    }
}

/// What an inspection came to, as far as it tells which ways through the program were taken.
fn outcome(found: &Found) -> u64 {
    let path = |path: &str| path.chars().filter(|c| !c.is_ascii_digit()).take(48).collect::<String>();
    let few = |n: usize| n.min(3);
    let mut parts: HashSet<String> = HashSet::new();
    for label in &found.labels {
        let notes: Vec<_> = label.notes.iter().map(std::mem::discriminant).collect();
        parts.insert(format!("{:?} {:?} {} {notes:?}", label.kind, label.declares, path(&label.path)));
    }
    parts.extend(found.facts.iter().map(|fact| format!("{:?} {}", fact.about, path(&fact.path))));
    parts.extend(found.signs.iter().map(|sign| format!("{:?} {}", sign.way, path(&sign.path))));
    for why in found.unread.iter().map(|unread| unread.why) {
        parts.insert(format!("{why:?} {}", few(found.unread.iter().filter(|unread| unread.why == why).count())));
    }
    let mut parts: Vec<_> = parts.into_iter().collect();
    parts.sort();
    let mut hasher = DefaultHasher::new();
    (found.container, parts).hash(&mut hasher);
    hasher.finish()
}

/// Numbers that lengths and offsets are wrong with.
fn number(random: &mut Random, length: usize, at: usize) -> u64 {
    let numbers = [
        0,
        1,
        2,
        7,
        8,
        15,
        16,
        0x7F,
        0xFF,
        0x7FFF,
        0x8000,
        0xFFFF,
        0x7FFF_FFFF,
        0x8000_0000,
        0xFFFF_FFFF,
        u64::MAX,
        u64::MAX - 7,
        1 << 63,
        4 << 20,
        (4 << 20) + 1,
        length as u64,
        length.saturating_sub(at) as u64,
        length.saturating_sub(at + 4) as u64,
        length.saturating_sub(at + 8) as u64,
        at as u64,
    ];
    let exact = numbers[random.below(numbers.len())];
    exact.wrapping_add([0, 0, 1, u64::MAX][random.below(4)])
}

/// Breaks a file in one way.
fn change(random: &mut Random, bytes: &mut Vec<u8>, others: &[Vec<u8>]) {
    let at = random.below(bytes.len());
    let piece = |random: &mut Random, bytes: &[u8]| {
        let from = random.below(bytes.len());
        let most = [8, 64, 1024][random.below(3)];
        bytes[from..(from + 1 + random.below(most)).min(bytes.len())].to_vec()
    };
    match random.below(9) {
        _ if bytes.is_empty() => bytes.push(random.next() as u8),
        0..=2 => random.change(bytes),
        3 | 4 => {
            let wrong = number(random, bytes.len(), at);
            let width = [1, 2, 4, 4, 8][random.below(5)];
            let big = wrong.to_be_bytes();
            let little = wrong.to_le_bytes();
            let number = if random.below(2) == 0 { &big[8 - width..] } else { &little[..width] };
            let end = (at + width).min(bytes.len());
            bytes[at..end].copy_from_slice(&number[..end - at]);
        }
        5 => {
            let piece = piece(random, bytes);
            bytes.splice(at..at, piece);
        }
        6 => {
            let end = (at + 1 + random.below(512)).min(bytes.len());
            bytes.drain(at..end);
        }
        7 => {
            // Two neighbours change places.
            let middle = at + random.below(bytes.len() - at);
            let end = middle + random.below(bytes.len() - middle);
            let turned = [&bytes[middle..end], &bytes[at..middle]].concat();
            bytes[at..end].copy_from_slice(&turned);
        }
        _ => {
            // Something of another container.
            let other = random.below(others.len());
            let piece = piece(random, &others[other]);
            bytes.splice(at..at, piece);
        }
    }
}

/// Where a file that something is wrong with is kept.
fn kept(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("inspect-fuzz-{name}"))
}

/// Inspects, and keeps the file where that goes wrong.
fn tried(name: &str, bytes: &[u8], longest: Duration) -> (Found, Took) {
    let tried = catch_unwind(AssertUnwindSafe(|| inspected(bytes)));
    let right = tried.as_ref().is_ok_and(|(_, took)| took.memory <= MOST_MEMORY && took.time <= longest);
    if !right {
        let file = kept(name);
        fs::write(&file, bytes).expect("a file to be written");
        if let Ok((_, took)) = &tried {
            panic!("{name}: {:?}, {} kB of memory: {}", took.time, took.memory >> 10, file.display());
        }
        panic!("{name}: a panic: {}", file.display());
    }
    tried.expect("it was right")
}

/// Of one container: how many outcomes there are, and the most that one file took.
fn mutated(container: &str, random: &Random, rounds: usize) {
    let begun = Instant::now();
    let mut corpus = seeds(container);
    let others: Vec<_> =
        CONTAINERS.iter().filter(|other| **other != container).flat_map(|other| seeds(other)).collect();
    let (mut outcomes, mut most, mut cuts) = (HashSet::new(), Took::default(), 0);
    let mut note = |found: &Found, took: Took| {
        most = Took { time: most.time.max(took.time), memory: most.memory.max(took.memory) };
        outcomes.insert(outcome(found))
    };
    for seed in &seeds(container) {
        for end in 0..=seed.len() {
            let (found, took) = tried(&format!("{container}-cut"), &seed[..end], LONGEST);
            note(&found, took);
            cuts += 1;
        }
    }
    let file = kept(&format!("{container}-file"));
    for i in 0..rounds {
        let mut random = random.at(i);
        let mut bytes = corpus[random.below(corpus.len())].clone();
        for _ in 0..1 + random.below(4) {
            change(&mut random, &mut bytes, &others);
        }
        let (found, took) = tried(&format!("{container}-{i}"), &bytes, LONGEST);
        if i % 16 == 0 {
            shown(&found);
        }
        if i % 256 == 0 {
            fs::write(&file, &bytes).expect("a file to be written");
            let open = fs::File::open(&file).expect("the file");
            let again = inspect::inspect(&open, "IMG_0001.JPG").expect("a file that can be read");
            assert_eq!(found, again, "{container}, round {i}: a file, and the same bytes in memory");
        }
        if note(&found, took) && bytes.len() <= LARGEST_SEED && corpus.len() < MOST_SEEDS {
            corpus.push(bytes);
        }
    }
    println!(
        "{container}: {rounds} mutations and {cuts} cuts, {} outcomes, {} seeds; at most {:.1} ms and {} kB of memory; \
         {:.1} s",
        outcomes.len(),
        corpus.len(),
        most.time.as_secs_f64() * 1e3,
        most.memory >> 10,
        begun.elapsed().as_secs_f64()
    );
}

/// Does this for all numbers below `count`, on all processors.
fn on_all_processors(count: usize, work: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(turn) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|turn| *turn < count) {
                    work(turn);
                }
            });
        }
    });
}

#[test]
fn every_seed_is_whole_and_labelled() {
    for container in CONTAINERS {
        for (turn, seed) in seeds(container).iter().enumerate() {
            let (found, _) = inspected(seed);
            let kinds: HashSet<_> = found.labels.iter().map(|label| label.kind).collect();
            let paths: Vec<_> = found.labels.iter().map(|label| &label.path).collect();
            println!("{container} {turn}: {} bytes, {paths:?}", seed.len());
            assert_eq!(found.unread, [], "{container} {turn}");
            // BigTIFF and what Matroska and FLV have no place for.
            let few = matches!((container, turn), ("tiff", 2) | ("mkv" | "flv", _));
            assert!(if few { !kinds.is_empty() } else { kinds.len() >= 4 }, "{container} {turn}: {paths:?}");
        }
    }
}

#[test]
fn mutations_of_every_container() {
    let random = Random::new("mutations_of_every_container");
    let soak = if env::var_os("PACKSEAL_SOAK").is_some() { 100 } else { 1 };
    // The soak's number is that of its own, whatever multiplies the others.
    let rounds = if soak > 1 { ROUNDS * soak } else { rounds(ROUNDS) };
    on_all_processors(CONTAINERS.len(), |turn| mutated(CONTAINERS[turn], &random.at(turn), rounds));
}

#[test]
fn the_worst_files_take_little() {
    on_all_processors(worst::FILES.len(), |turn| {
        let (name, make) = worst::FILES[turn];
        let bytes = make();
        let (found, took) = tried(name, &bytes, LONGEST_WORST);
        println!(
            "{name}: {} kB: {:.0} ms, {} kB of memory; {} labels, {:?}",
            bytes.len() >> 10,
            took.time.as_secs_f64() * 1e3,
            took.memory >> 10,
            found.labels.len(),
            found.unread.first().map(|unread| unread.why)
        );
        shown(&found);
    });
}
