//! Vectors of RFC 6962's own implementation, a tree written the slow way, and the written forms.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::{
    key::SigningKey,
    note,
    statement::Statement,
    value::{Hash, Id, Order, Time, Value},
};

fn config() -> ProptestConfig {
    // Failures print their input; nothing is kept in the tree.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) }
}

fn key(n: u8) -> SigningKey {
    SigningKey::from_seed("ledger", &[n; 32]).unwrap()
}

/// MTH of RFC 6962, section 2.1, word for word.
fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(b""),
        [leaf] => *leaf,
        _ => {
            let k = (1..).map(|i| 1 << i).take_while(|&k| k < leaves.len()).last().unwrap_or(1);
            tree::node(&naive_root(&leaves[..k]), &naive_root(&leaves[k..]))
        }
    }
}

/// PATH of RFC 6962, section 2.1.1.
fn naive_path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = (1..).map(|i| 1 << i).take_while(|&k| k < leaves.len()).last().unwrap_or(1);
    let (mut path, other) = if m < k {
        (naive_path(m, &leaves[..k]), naive_root(&leaves[k..]))
    } else {
        (naive_path(m - k, &leaves[k..]), naive_root(&leaves[..k]))
    };
    path.push(other);
    path
}

/// SUBPROOF of RFC 6962, section 2.1.2.
fn naive_consistency(m: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if known { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let k = (1..).map(|i| 1 << i).take_while(|&k| k < leaves.len()).last().unwrap_or(1);
    let (mut path, other) = if m <= k {
        (naive_consistency(m, &leaves[..k], known), naive_root(&leaves[k..]))
    } else {
        (naive_consistency(m - k, &leaves[k..], false), naive_root(&leaves[..k]))
    };
    path.push(other);
    path
}

/// The subtrees outside of `first..end`, as FORMAT.md, section 7.5, lists them.
fn naive_outside(from: usize, leaves: &[Hash], first: usize, end: usize, out: &mut [Vec<Hash>; 2]) {
    let to = from + leaves.len();
    if to <= first {
        out[0].push(naive_root(leaves));
    } else if from >= end {
        out[1].push(naive_root(leaves));
    } else if leaves.len() > 1 {
        let k = (1..).map(|i| 1 << i).take_while(|&k| k < leaves.len()).last().unwrap_or(1);
        naive_outside(from, &leaves[..k], first, end, out);
        naive_outside(from + k, &leaves[k..], first, end, out);
    }
}

fn leaves(n: usize) -> Vec<Hash> {
    (0..n).map(|i| tree::leaf(format!("entry {i}").as_bytes())).collect()
}

#[test]
fn the_vectors_of_rfc_6962() {
    let bytes = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let leaves: Vec<Hash> = bytes
        .iter()
        .map(|text| {
            let pairs = text.as_bytes().chunks(2);
            let bytes: Vec<u8> =
                pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect();
            tree::leaf(&bytes)
        })
        .collect();
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let hash = |text: &str| Hash::parse(text).unwrap();
    for (n, root) in roots.iter().enumerate() {
        assert_eq!(tree::span_root(n as u64 + 1, 0, &leaves[..=n], &[], &[]), Some(hash(root)));
    }
    // Paths of Google's certificate-transparency tests: leaf, size, hashes.
    let a = hash("96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7");
    let b = hash("5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e");
    let c = hash("6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4");
    let d = hash("bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b");
    let e = hash("ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0");
    let f = hash("0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a");
    let root = |n: usize| hash(roots[n - 1]);
    let paths: [(u64, u64, Vec<Hash>); 4] =
        [(0, 8, vec![a, b, c]), (5, 8, vec![d, e, root(4)]), (2, 3, vec![root(2)]), (1, 5, vec![root(1), b, d])];
    for (index, size, path) in paths {
        let found = tree::included_root(index, size, leaves[index as usize], &path);
        assert_eq!(found, Some(root(size as usize)), "{index} of {size}");
    }
    let proofs: [(usize, usize, Vec<Hash>); 3] =
        [(1, 8, vec![a, b, c]), (6, 8, vec![f, e, root(4)]), (2, 5, vec![b, d])];
    for (old, new, path) in proofs {
        let (old, new) = ((old as u64, root(old)), (new as u64, root(new)));
        assert!(tree::is_consistent(old, new, &path), "{old:?} to {new:?}");
    }
}

#[test]
fn every_proof_of_small_trees_and_no_other() {
    let all = leaves(20);
    for size in 1..=all.len() {
        let root = naive_root(&all[..size]);
        for index in 0..size {
            let path = naive_path(index, &all[..size]);
            // Of all places in all trees, the path leads to this root from this one alone.
            for (other_size, other) in (1..=all.len()).flat_map(|n| (0..n).map(move |i| (n, i))) {
                let found = tree::included_root(other as u64, other_size as u64, all[index], &path);
                // A place that has the same sides on its way up is told apart by the checkpoint's size alone.
                if other_size == size {
                    assert_eq!(found == Some(root), other == index, "{index} of {size} as {other} of {other_size}");
                }
            }
            let short = path.split_last().map_or(&[][..], |(_, rest)| rest);
            let long = [&path[..], &path[..1.min(path.len())], &[root]].concat();
            assert!(path.is_empty() || tree::included_root(index as u64, size as u64, all[index], short).is_none());
            assert!(tree::included_root(index as u64, size as u64, all[index], &long).is_none());
        }
        for old in 1..=size {
            let (path, old_root) = (naive_consistency(old, &all[..size], true), naive_root(&all[..old]));
            let (from, to) = ((old as u64, old_root), (size as u64, root));
            assert!(tree::is_consistent(from, to, &path), "{old} to {size}");
            assert!(!tree::is_consistent(from, to, &[&path[..], &[root]].concat()), "{old} to {size}");
            assert!(path.is_empty() || !tree::is_consistent(from, to, &path[..path.len() - 1]), "{old} to {size}");
            assert!(!tree::is_consistent((old as u64, all[0]), to, &path) || all[0] == old_root, "{old} to {size}");
            assert!(!tree::is_consistent(from, (size as u64, all[0]), &path) || all[0] == root, "{old} to {size}");
        }
        for (first, end) in (0..size).flat_map(|first| (first + 1..=size).map(move |end| (first, end))) {
            let mut out = [Vec::new(), Vec::new()];
            naive_outside(0, &all[..size], first, end, &mut out);
            let found = |leaves: &[Hash], first| tree::span_root(size as u64, first, leaves, &out[0], &out[1]);
            assert_eq!(found(&all[first..end], first as u64), Some(root), "{first}..{end} of {size}");
            // A hash more or less than the place has, on either side.
            let beside = |left: &[Hash], right: &[Hash]| {
                tree::span_root(size as u64, first as u64, &all[first..end], left, right)
            };
            for side in [0, 1] {
                let (mut longer, mut shorter) = (out.clone(), out.clone());
                longer[side].push(root);
                assert_eq!(beside(&longer[0], &longer[1]), None, "{first}..{end} of {size}");
                let gone = shorter[side].pop();
                assert!(gone.is_none() || beside(&shorter[0], &shorter[1]).is_none(), "{first}..{end} of {size}");
            }
            // One left out, at either end or elsewhere, and one added.
            for gone in first..end {
                let fewer = [&all[first..gone], &all[gone + 1..end]].concat();
                assert_ne!(found(&fewer, first as u64), Some(root), "{first}..{end} of {size} without {gone}");
                assert_ne!(found(&fewer, first as u64 + 1), Some(root), "{first}..{end} of {size} without {gone}");
            }
            let more = [&all[first..end], &all[..1]].concat();
            assert_ne!(found(&more, first as u64), Some(root), "{first}..{end} of {size} and one more");
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn large_trees_agree_with_the_slow_one(size in 1..2000_usize, places in any::<[prop::sample::Index; 3]>()) {
        let all = leaves(size);
        let root = naive_root(&all);
        let index = places[0].index(size);
        let path = naive_path(index, &all);
        prop_assert_eq!(tree::included_root(index as u64, size as u64, all[index], &path), Some(root));
        let old = places[1].index(size) + 1;
        let proof = naive_consistency(old, &all, true);
        let (from, to) = ((old as u64, naive_root(&all[..old])), (size as u64, root));
        prop_assert!(tree::is_consistent(from, to, &proof));
        for i in 0..path.len() {
            let mut path = path.clone();
            path[i].0[i % 32] ^= 1;
            prop_assert_ne!(tree::included_root(index as u64, size as u64, all[index], &path), Some(root));
        }
        for i in 0..proof.len() {
            let mut proof = proof.clone();
            proof[i].0[i % 32] ^= 1;
            prop_assert!(!tree::is_consistent(from, to, &proof));
        }
        let (first, end) = (index.min(places[2].index(size)), index.max(places[2].index(size)) + 1);
        let mut out = [Vec::new(), Vec::new()];
        naive_outside(0, &all, first, end, &mut out);
        prop_assert_eq!(tree::span_root(size as u64, first as u64, &all[first..end], &out[0], &out[1]), Some(root));
    }

    #[test]
    fn any_hashes_at_any_place_are_borne(index: u64, size: u64, count in 0..70_usize, many in 0..3_usize) {
        let path = leaves(count);
        let leaf = tree::leaf(b"");
        for (index, size) in [(index, size), (index % 70, size % 70), (u64::MAX, u64::MAX), (0, u64::MAX)] {
            let _ = tree::included_root(index, size, leaf, &path);
            let _ = tree::is_consistent((index, leaf), (size, leaf), &path);
            let _ = tree::span_root(size, index, &path[..many.min(count)], &path, &path);
        }
    }

    #[test]
    fn entries_read_back(entry in entry(), cut in any::<prop::sample::Index>()) {
        let text = entry.text();
        prop_assert_eq!(Entry::parse(&text), Ok(entry));
        prop_assert!(text.len() <= MAX_ENTRY);
        let cut = cut.index(text.len());
        prop_assert!(Entry::parse(&text[..cut]).is_err());
        let longer = text + "\n";
        prop_assert!(Entry::parse(&longer).is_err());
    }
}

prop_compose! {
    fn entry()(
        kind in select(EntryKind::ALL), clip: [u8; 16], sequence in 1..=tree::MAX_SIZE, time in 0..=253_370_764_799_999_999_i64,
        statement: [u8; 32], tag in option::of(any::<[[u8; 32]; 2]>()),
    ) -> Entry {
        use EntryKind::*;
        let numbered = matches!(kind, Start | End | Tombstone);
        Entry {
            kind,
            clip: (numbered || kind == Export).then_some(Id(clip)),
            sequence: numbered.then_some(sequence),
            time: Time(time),
            statement: Hash(statement),
            order_tag: tag.map(|[salt, tag]| OrderTag { salt: Hash(salt), tag: Hash(tag) }).filter(|_| matches!(kind, Start | End)),
        }
    }
}

/// An entry's text with these values.
fn text(kind: &str, clip: bool, sequence: &str, tag: bool) -> String {
    let clip = if clip { "0123456789abcdef0123456789abcdef" } else { "-" };
    let tag = if tag { format!("{}:{}", "22".repeat(32), "33".repeat(32)) } else { "-".to_owned() };
    let hash = "11".repeat(32);
    let time = "2026-11-26T04:00:00.000000Z";
    format!(
        "packseal/entry/v1\nkind {kind}\nclip {clip}\nsequence {sequence}\ntime {time}\nstatement {hash}\n\
         order-tag {tag}\n"
    )
}

#[test]
fn an_entry_says_what_its_kind_must_say() {
    for kind in EntryKind::ALL.iter().map(|kind| kind.as_str()) {
        for (clip, sequence, tag) in
            [(false, false, false), (true, false, false), (true, true, false), (true, true, true)].into_iter().chain([
                (false, true, false),
                (false, false, true),
                (true, false, true),
                (false, true, true),
            ])
        {
            let good = match kind {
                "start" | "end" => clip && sequence,
                "tombstone" => clip && sequence && !tag,
                "export" => clip && !sequence && !tag,
                _ => !clip && !sequence && !tag,
            };
            let text = text(kind, clip, if sequence { "7" } else { "-" }, tag);
            assert_eq!(Entry::parse(&text).is_ok(), good, "{text}");
        }
    }
    assert!(Entry::parse(&text("start", true, "0", false)).is_err());
    assert!(Entry::parse(&text("other", false, "-", false)).is_err());
}

#[test]
fn an_order_tag_is_of_salt_and_order() {
    let order = Order::parse("SF1234567890").unwrap();
    // By sha256sum.
    let salt = "72cd6e8422c407fb6d098690f1130b7ded7ec2f7f5e1d30bd9d521f015363793";
    let tag = "331802a779d2020bbfaab589cdd7cbcbd2cafd0665c64b9cefa5f7543f6d8ef8";
    let made = order_tag(&[1; 32], &order);
    let mut text = String::new();
    made.write(&mut text);
    assert_eq!(text, format!("{salt}:{tag}"));
    assert_ne!(order_tag(&[2; 32], &order).tag, made.tag);
    // Held against a salt that is not its own it says nothing, and not that it is of another order.
    let other = Order::parse("SF1234567891").unwrap();
    assert_eq!(made.is_of(&[1; 32], &order), Some(true));
    assert_eq!(made.is_of(&[1; 32], &other), Some(false));
    assert_eq!((made.is_of(&[2; 32], &order), made.is_of(&[2; 32], &other)), (None, None));
    for bad in [salt.to_owned(), format!("{salt}:"), format!("{salt}{tag}"), format!("{text}:"), format!(":{text}")] {
        assert_eq!(OrderTag::parse(&bad), None, "{bad}");
    }
}

#[test]
fn salts_are_a_line_for_each_day_and_ascend() {
    let salts = Salts([("2026-11-26".to_owned(), [1; 32]), ("2026-11-27".to_owned(), [2; 32])].into());
    let text = format!("2026-11-26 {}\n2026-11-27 {}\n", "01".repeat(32), "02".repeat(32));
    assert_eq!(String::from_utf8(salts.write()).unwrap(), text);
    assert_eq!(Salts::parse(text.as_bytes()), Some(salts));
    let lines: Vec<&str> = text.lines().collect();
    for bad in [
        String::new(),
        "\n".to_owned(),
        text.trim_end().to_owned(),
        format!("{text}\n"),
        format!("{}\n{}\n", lines[1], lines[0]),
        format!("{}\n{}\n", lines[0], lines[0]),
        text.replace(' ', "  "),
        text.replace('\n', "\r\n"),
        text.replace("01\n", "01 \n"),
        text.replace("01\n", "0\n"),
        text.replace("02", "0A"),
    ] {
        assert_eq!(Salts::parse(bad.as_bytes()), None, "{bad}");
    }
    assert_eq!(Salts::parse(b"\xff\n"), None);
}

#[test]
fn a_checkpoint_has_one_form_and_witnesses_may_sign_behind() {
    let (key, other, root) = (key(1), key(2), tree::leaf(b"one"));
    let note = Checkpoint::seal(1, root, &key);
    let read = SignedCheckpoint::parse(&note).unwrap();
    assert_eq!(read.hash, Hash::of(&note));
    let said = read.verify(key.verifier()).unwrap();
    assert_eq!((said.size, said.root, said.origin.as_str()), (1, root, key.verifier().signer().name.as_str()));
    assert_eq!(read.verify(other.verifier()), Err(LedgerError::Key));

    let note = String::from_utf8(note).unwrap();
    let name = key.verifier().signer().name.as_str();
    let witness = "\u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
    let lines = |n: usize| format!("{note}{}", witness.repeat(n));
    for n in [1, MAX_COSIGNATURES] {
        let note = lines(n);
        let read = SignedCheckpoint::parse(note.as_bytes()).unwrap();
        assert_eq!((read.verify(key.verifier()).unwrap().size, read.hash), (1, Hash::of(note.as_bytes())));
    }
    let signature = note.lines().last().unwrap();
    let refused = [
        String::new(),
        lines(MAX_COSIGNATURES + 1),
        note.replace("\n1\n", "\n0\n"),
        note.replace("\n1\n", "\n01\n"),
        note.replace("\n1\n", "\n9007199254740992\n"),
        note.replace("\n\n", "\nextension\n\n"),
        note.replace("=\n\n", "\n\n"),
        note.trim_end().to_owned(),
        format!("{note}\n"),
        format!("{note}{signature}\n"),
        format!("{note}{witness}").replace("w1 ", "w1  "),
        format!("{note}{witness}").replace("w1 ", "w+1 "),
        format!("{note}{witness}").replace("jWbPPwAA", "jWbPPw==\n"),
        format!("{note}{}", witness.trim_end()),
        // The station's line behind a witness's.
        note.replace(signature, &format!("{}{signature}", witness)),
        note.replacen(name, "other/0123456789abcdef", 1),
        format!("{note}{}", "\u{2014} w AAAAAAA=\n".repeat(2000)),
    ];
    for text in refused {
        assert_eq!(SignedCheckpoint::parse(text.as_bytes()), Err(LedgerError::CheckpointForm), "{text}");
    }
    let forged = note.replace("\n1\n", "\n2\n");
    let read = SignedCheckpoint::parse(forged.as_bytes()).unwrap();
    assert_eq!(read.verify(key.verifier()), Err(LedgerError::Signature));
    // A statement by the same key is no checkpoint, whatever it says.
    let statement = note::sign(&format!("packseal/end/v1\n{}\n", 1), &key);
    assert_eq!(SignedCheckpoint::parse(&statement), Err(LedgerError::CheckpointForm));
}

#[test]
fn a_proof_of_inclusion_is_of_this_entry_place_and_key() {
    let (key, other) = (key(1), key(2));
    let entries: Vec<String> = (0..11).map(|i| format!("entry {i}")).collect();
    let all: Vec<Hash> = entries.iter().map(|entry| tree::leaf(entry.as_bytes())).collect();
    let checkpoint = Checkpoint::seal(11, naive_root(&all), &key);
    for (index, entry) in entries.iter().enumerate() {
        let proof = Inclusion::text(index as u64, &naive_path(index, &all), &checkpoint);
        let read = Inclusion::parse(&proof).unwrap();
        assert_eq!(Inclusion::text(read.index, &read.path, &checkpoint), proof);
        assert_eq!(read.verify(entry.as_bytes(), key.verifier()).unwrap().size, 11);
        assert_eq!(read.verify(b"another", key.verifier()), Err(LedgerError::Root));
        assert_eq!(read.verify(entry.as_bytes(), other.verifier()), Err(LedgerError::Key));
        let elsewhere = Inclusion { index: (read.index + 1) % 11, ..read };
        assert_eq!(elsewhere.verify(entry.as_bytes(), key.verifier()), Err(LedgerError::Root));
    }
    let proof = String::from_utf8(Inclusion::text(3, &naive_path(3, &all), &checkpoint)).unwrap();
    let refused = [
        proof.replace("index 3\n", "index 03\n"),
        proof.replace("index 3\n", "index 11\n"),
        proof.replace("index 3\n", ""),
        proof.replace("index 3\n", "extra AA==\nindex 3\n"),
        proof.replace("@v1", "@v2"),
        proof.replacen("=\n", "\n", 1),
        proof.replacen("=\n", "=\r\n", 1),
        proof.replacen("=\n", "=\n\n", 1),
        proof.replacen("=\n\n", "=\n", 1),
        proof.replace("index 3\n", &format!("index 3\n{}", "A".repeat(43) + "=\n").repeat(65)),
        format!("{proof}\n"),
    ];
    for text in refused {
        assert_eq!(Inclusion::parse(text.as_bytes()), Err(LedgerError::InclusionForm), "{text}");
    }
}

#[test]
fn a_span_has_all_entries_or_fits_no_checkpoint() {
    let key = key(1);
    let entries: Vec<String> = (0..13).map(|i| format!("entry {i}")).collect();
    let all: Vec<Hash> = entries.iter().map(|entry| tree::leaf(entry.as_bytes())).collect();
    let sealed = SignedCheckpoint::parse(&Checkpoint::seal(13, naive_root(&all), &key)).unwrap();
    let checkpoint = sealed.verify(key.verifier()).unwrap();
    let mut out = [Vec::new(), Vec::new()];
    naive_outside(0, &all, 3, 9, &mut out);
    let [left, right] = out.map(Hashes);
    let span = Span { size: 13, span: (3, 9), left, right };
    let bytes = span.write(entries[3..9].iter().map(|entry| entry.as_bytes()));
    let (read, held) = Span::read(&bytes).unwrap();
    assert_eq!((&read, held.len()), (&span, 6));
    assert_eq!(read.verify(&held, checkpoint), Ok(()));
    assert_eq!(read.verify(&held[1..], checkpoint), Err(LedgerError::Root));
    let older = Checkpoint { size: 12, ..checkpoint.clone() };
    assert_eq!(read.verify(&held, &older), Err(LedgerError::Root));
    let mut swapped = held.clone();
    swapped.swap(1, 2);
    assert_eq!(read.verify(&swapped, checkpoint), Err(LedgerError::Root));
    // Shortened by one entry, and said to be so.
    let shorter = Span { span: (3, 8), ..span.clone() };
    let bytes = shorter.write(entries[3..8].iter().map(|entry| entry.as_bytes()));
    let (read, held) = Span::read(&bytes).unwrap();
    assert_eq!(read.verify(&held, checkpoint), Err(LedgerError::Root));
    for end in 0..bytes.len() {
        assert_eq!(Span::read(&bytes[..end]), Err(LedgerError::SpanForm), "cut at {end}");
    }
    for (first, end) in [(3, 3), (4, 3), (3, 14)] {
        let bad = Span { span: (first, end), ..span.clone() };
        assert_eq!(Span::read(&bad.write(std::iter::empty())), Err(LedgerError::SpanForm));
    }
    let many = Span { left: Hashes(leaves(65)), ..span };
    assert_eq!(Span::read(&many.write(entries[3..9].iter().map(|e| e.as_bytes()))), Err(LedgerError::SpanForm));
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn bundles_read_back(all in vec(vec(any::<u8>(), 1..300), 0..20)) {
        let mut bytes = Vec::new();
        all.iter().for_each(|entry| put_entry(entry, &mut bytes));
        prop_assert_eq!(entries(&bytes), Some(all.iter().map(|entry| &entry[..]).collect()));
        for more in [&[0][..], &[0, 0], &[0, 2, b'a']] {
            prop_assert!(entries(&[&bytes[..], more].concat()).is_none());
        }
    }
}
