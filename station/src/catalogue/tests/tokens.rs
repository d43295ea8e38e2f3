//! Time tokens: which stay, and for whom.

use super::*;
use crate::catalogue::HeldToken;

/// Another token for each number, by this authority over so many entries.
fn token(number: u64, authority: &str, size: u64) -> HeldToken {
    let (checkpoint, der) = (format!("checkpoint {size}").into_bytes(), format!("token {number}").into_bytes());
    HeldToken { authority: authority.to_owned(), time: Time(number as i64), size, checkpoint, der }
}

/// A clip that names this token; its entries stand at the next two places.
fn recorded(catalogue: &Catalogue, id: u8, names: Option<&HeldToken>) {
    let sequence = catalogue
        .allocate(|sequence, _| {
            let (mut start, note, _) = start();
            start.clip = Id([id; 16]);
            start.time_token = names.map(HeldToken::hash);
            Ok((start, note, Hash([id; 32]), format!("clips/{id}.mp4"), sequence))
        })
        .unwrap();
    catalogue.seal(sequence, 1, Some(&order("A1")), &closing(id.into())).unwrap();
}

fn delete(catalogue: &Catalogue, sequence: u64) {
    let key = SigningKey::from_seed("bench-1", &[1; 32]).unwrap();
    let row = catalogue.clip(sequence).unwrap().unwrap();
    assert!(catalogue.deleting(&row.tombstone(&key, TombstoneReason::Retention, Time(20)), &key).unwrap());
    catalogue.deleted(sequence).unwrap();
}

fn numbers(catalogue: &Catalogue) -> Vec<i64> {
    let db = catalogue.db();
    let mut statement = db.prepare("SELECT time FROM token ORDER BY number").unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
}

fn covering(catalogue: &Catalogue, entry: u64) -> Vec<i64> {
    catalogue.tokens_covering(entry).unwrap().iter().map(|token| token.time.0).collect()
}

#[test]
fn the_first_checkpoint_that_covers_an_entry() {
    let scratch = Scratch::new("token-first");
    let catalogue = &scratch.1;
    assert_eq!((catalogue.newest_token().unwrap(), catalogue.newest_end_entry().unwrap()), (None, None));
    assert_eq!((covering(catalogue, 0), catalogue.covered_by("a").unwrap()), (vec![], 0));
    recorded(catalogue, 1, None);
    assert_eq!(catalogue.newest_end_entry().unwrap(), Some(1));
    for (number, authority, size) in [(1, "a", 1), (2, "a", 2), (3, "b", 2), (4, "a", 2), (5, "a", 4), (6, "b", 4)] {
        catalogue.keep_token(&token(number, authority, size)).unwrap();
    }
    // Of each authority the first one over that checkpoint.
    assert_eq!(
        [0, 1, 2, 3, 4].map(|entry| covering(catalogue, entry)),
        [vec![1], vec![2, 3], vec![5, 6], vec![5, 6], vec![]]
    );
    assert_eq!(["a", "b", "c"].map(|authority| catalogue.covered_by(authority).unwrap()), [4, 4, 0]);
    let newest = token(6, "b", 4);
    assert_eq!(catalogue.newest_token().unwrap(), Some((newest.hash(), Time(6))));
    assert_eq!(catalogue.token(&newest.hash()).unwrap(), Some(newest.clone()));
    assert_eq!(catalogue.token(&Hash([0; 32])).unwrap(), None);
    // The same bytes are not kept twice.
    assert!(catalogue.keep_token(&newest).is_err());
    // Another checkpoint of the same size is not shown beside the first.
    let odd = HeldToken { checkpoint: b"another".to_vec(), ..token(7, "c", 4) };
    catalogue.keep_token(&odd).unwrap();
    assert_eq!(covering(catalogue, 3), [5, 6]);
}

#[test]
fn tokens_stay_with_the_clips_that_need_them() {
    let scratch = Scratch::new("token-kept");
    let catalogue = &scratch.1;
    let keep = |number: u64, size: u64| catalogue.keep_token(&token(number, "a", size)).unwrap();
    // Idle, then a clip that names the newest, another clip that names none, idle again.
    (1..=30).for_each(|number| keep(number, 1));
    assert_eq!(numbers(catalogue), (15..=30).collect::<Vec<_>>(), "the newest 16");
    recorded(catalogue, 1, Some(&token(30, "a", 1)));
    keep(31, 2);
    keep(32, 2);
    recorded(catalogue, 2, None);
    (33..=34).for_each(|number| keep(number, 4));
    (35..=99).for_each(|number| keep(number, 4));
    let newest: Vec<i64> = (84..=99).collect();
    // START's, and the first over 2 entries and over 4.
    let kept = numbers(catalogue);
    assert_eq!(kept[kept.len() - 16..], newest);
    assert_eq!(kept[..kept.len() - 16], [30, 31, 33]);
    assert_eq!((covering(catalogue, 1), covering(catalogue, 3)), (vec![31], vec![33]));
    // They go with their clips, and only with them.
    delete(catalogue, 1);
    assert_eq!(numbers(catalogue)[..numbers(catalogue).len() - 16], [33]);
    delete(catalogue, 2);
    assert_eq!(numbers(catalogue), newest);
    assert_eq!(catalogue.newest_token().unwrap().map(|(_, time)| time), Some(Time(99)));
}

#[test]
fn a_token_that_two_clips_need_stays_for_the_other() {
    let scratch = Scratch::new("token-shared");
    let catalogue = &scratch.1;
    let keep = |number: u64, size: u64| catalogue.keep_token(&token(number, "a", size)).unwrap();
    keep(1, 1);
    recorded(catalogue, 1, Some(&token(1, "a", 1)));
    recorded(catalogue, 2, Some(&token(1, "a", 1)));
    keep(2, 4);
    (3..=40).for_each(|number| keep(number, 4));
    let before = || numbers(catalogue).into_iter().take_while(|&number| number < 20).collect::<Vec<_>>();
    assert_eq!(before(), [1, 2]);
    delete(catalogue, 1);
    assert_eq!(before(), [1, 2]);
    delete(catalogue, 2);
    assert!(before().is_empty());
}
