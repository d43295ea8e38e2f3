//! Parts of clips taken out, doubled, moved and mixed.

use evidence::{finding::Code, statement::Reason, value::Id};

use crate::support::{check::*, forge::*};

/// Media and LINK of span `i` in the parts of a clip.
fn media(i: usize) -> usize {
    2 + 2 * i
}
fn link(i: usize) -> usize {
    3 + 2 * i
}
const END: usize = 10;

/// Another clip of the same station, of the same length and with other pictures.
fn other() -> Forge {
    let mut forge = forge();
    forge.edit_start = Box::new(|start| start.clip = Id([8; 16]));
    // The last byte of the last picture's data, behind all that is checked, without touching lengths.
    forge.edit_fragment = Box::new(|_, _, media| {
        let at = media.len() - 2;
        media[at] ^= 0x55;
    });
    forge
}

#[test]
fn untouched() {
    let report = verified(&forge().clip(), &[Code::DeviceClock, Code::LedgerNotShown]);
    assert_eq!(report.findings.len(), 2);
    verified(&other().clip(), &[]);
}

#[test]
fn end_stripped() {
    let parts = forge().parts();
    let report = partial(&parts[..END].concat(), &[Code::EndNotShown]);
    let facts = report.facts.unwrap();
    assert_eq!((facts.links, facts.tail, facts.end), (4, 0, None));
    assert!(!partial(&parts[..END].concat(), &[]).has(Code::Interrupted), "no cause is asserted");
}

#[test]
fn end_stripped_and_half_a_foreign_fragment_appended() {
    let parts = forge().parts();
    let stripped = parts[..END].concat();
    // Of another place in its clip: cannot be what comes next.
    for i in 0..4 {
        let foreign = &other().parts()[media(i)];
        let clip = [&stripped[..], &foreign[..foreign.len() / 2]].concat();
        rejected_at(&clip, Code::FragmentMoof, 4);
    }
    // Of the same place: may be what comes next, is unproven and is said to be.
    let mut longer = other();
    longer.spans.push(longer.spans[0].clone());
    let foreign = &longer.parts()[media(4)];
    let clip = [&stripped[..], &foreign[..foreign.len() / 2]].concat();
    let report = partial(&clip, &[Code::EndNotShown, Code::UnprovenTail]);
    let facts = report.facts.unwrap();
    assert_eq!((facts.links, facts.tail), (4, foreign.len() as u64 / 2));
}

#[test]
fn tail_cut() {
    let parts = forge().parts();
    let report = partial(&parts[..=link(1)].concat(), &[Code::EndNotShown]);
    assert_eq!(report.facts.unwrap().ticks, 180_000);
    // With END kept.
    let kept = [&parts[..=link(1)], &parts[END..]].concat().concat();
    rejected_at(&kept, Code::LinkChain, 2);
}

#[test]
fn head_cut() {
    let parts = forge().parts();
    let cut = [&parts[..2], &parts[media(1)..]].concat().concat();
    rejected_at(&cut, Code::LinkChain, 0);
    unreadable(&parts[media(1)..].concat(), Code::NotAClip);
}

#[test]
fn foreign_tail_appended() {
    let clip = forge().clip();
    let foreign = other().parts();
    rejected(&[clip.clone(), foreign[media(0)..].concat()].concat(), Code::ContainerTrailing);
    rejected(&[clip.clone(), foreign[END].clone()].concat(), Code::ContainerTrailing);
    rejected(&[clip.clone(), foreign[link(0)].clone()].concat(), Code::ContainerTrailing);
    rejected(&[clip.clone(), foreign[1].clone()].concat(), Code::ContainerTrailing);
    rejected(&[clip.clone(), clip].concat(), Code::ContainerBoxes);
}

#[test]
fn fragment_missing() {
    let parts = forge().parts();
    for i in 0..4 {
        let without = |gone: &[usize]| {
            let kept = parts.iter().enumerate().filter(|(at, _)| !gone.contains(at)).map(|(_, part)| part.clone());
            kept.collect::<Vec<_>>().concat()
        };
        rejected_at(&without(&[media(i), link(i)]), Code::LinkChain, i as u64);

        rejected_at(&without(&[link(i)]), Code::ContainerBoxes, i as u64);
    }
    // Pictures only: an excerpt where they are at an end, refused where one run becomes two.
    let mut parts = parts;
    parts[media(1)].clear();
    rejected_at(&parts.concat(), Code::ExcerptRun, 2);
}

#[test]
fn several_fragments_missing() {
    let parts = forge().parts();
    let kept = [&parts[..media(1)], &parts[media(3)..]].concat().concat();
    rejected_at(&kept, Code::LinkChain, 1);
}

#[test]
fn fragment_duplicated() {
    let parts = forge().parts();
    let with = |insert: &[Vec<u8>]| [&parts[..media(2)], insert, &parts[media(2)..]].concat().concat();
    rejected_at(&with(&parts[media(1)..=link(1)]), Code::LinkChain, 2);
    rejected_at(&with(&parts[media(1)..=media(1)]), Code::ContainerBoxes, 2);
    rejected_at(&with(&parts[link(1)..=link(1)]), Code::LinkChain, 2);
}

#[test]
fn fragments_swapped() {
    let parts = forge().parts();
    let swapped = |pairs: &[(usize, usize)]| {
        let mut parts = parts.clone();
        pairs.iter().for_each(|&(a, b)| parts.swap(a, b));
        parts.concat()
    };
    rejected_at(&swapped(&[(media(1), media(2)), (link(1), link(2))]), Code::LinkChain, 1);
    rejected_at(&swapped(&[(media(1), media(2))]), Code::FragmentLength, 1);
    rejected_at(&swapped(&[(link(1), link(2))]), Code::LinkChain, 1);
    rejected_at(&swapped(&[(link(3), END)]), Code::ContainerBoxes, 3);
    unreadable(&swapped(&[(0, 1)]), Code::NotAClip);
}

#[test]
fn fragment_of_another_clip_of_the_same_station() {
    let (parts, others) = (forge().parts(), other().parts());
    let with = |places: &[usize]| {
        let mut parts = parts.clone();
        places.iter().for_each(|&at| parts[at].clone_from(&others[at]));
        parts.concat()
    };
    rejected_at(&with(&[media(1)]), Code::FragmentDigest, 1);
    rejected_at(&with(&[media(1), link(1)]), Code::LinkChain, 1);
    rejected_at(&with(&[link(1)]), Code::LinkChain, 1);
    rejected_at(&with(&[END]), Code::LinkChain, 4);
}

#[test]
fn start_of_one_clip_with_the_body_of_another() {
    let (parts, others) = (forge().parts(), other().parts());
    rejected_at(&[&others[..2], &parts[2..]].concat().concat(), Code::LinkChain, 0);
    // Even of the same clip id: the chain begins with the hash of START.
    let mut twin = forge();
    twin.order = Some(v("SF9999999999"));
    let twin = twin.parts();
    rejected_at(&[&twin[..2], &parts[2..]].concat().concat(), Code::LinkChain, 0);
}

#[test]
fn header_of_another_clip() {
    let mut parts = forge().parts();
    let mut forge = forge();
    forge.material.sps = crate::support::nal::Sps { profile: 100, ..Default::default() }.nal();
    parts[0] = forge.parts()[0].clone();
    rejected(&parts.concat(), Code::StartInit);
    // The station signs the digest, but not the size.
    let mut forge = self::forge();
    forge.edit_start = Box::new(|start| start.size = v("96x128"));
    rejected(&forge.clip(), Code::StartSize);
}

#[test]
fn two_clips_one_after_the_other_without_an_end() {
    let mut forge = forge();
    forge.reason = None;
    let open = forge.parts();
    let honest = self::forge().clip();
    rejected_at(&[open.concat(), honest].concat(), Code::ContainerBoxes, 4);
    // A second START in the middle.
    let twice = [&open[..media(2)], &open[1..2], &open[media(2)..]].concat().concat();
    rejected_at(&twice, Code::ContainerBoxes, 2);
}

#[test]
fn an_open_clip_with_the_end_of_a_shorter_recording() {
    // The same recording closed after three spans: its END does not fit behind four.
    let mut shorter = forge();
    shorter.spans.truncate(3);
    shorter.reason = Some(Reason::Recovered);
    let end = shorter.parts().pop().unwrap();
    let parts = forge().parts();
    rejected_at(&[&parts[..END], &[end]].concat().concat(), Code::LinkChain, 4);
}
