use super::*;
use crate::hooks::Event;

/// A database in a folder that is gone with it.
struct Scratch(std::path::PathBuf, Store);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("packseal-hooks-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let store = Store::open(&folder.join(FILE)).unwrap();
        store.settle(&[("a", true), ("b", false)], "key-1", 7).unwrap();
        Self(folder, store)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn message(id: &str) -> Message {
    Message { id: id.to_owned(), event: Event::Sealed, body: format!("{{\"id\":\"{id}\"}}") }
}

/// 1 s.
const S: i64 = 1_000_000;

#[test]
fn it_is_tried_after_one_second_two_four_up_to_an_hour_twenty_times_or_a_day() {
    let waits: Vec<u64> = (1..TRIES)
        .map(|tries| match fate(tries, 0) {
            Fate::Again(wait) => wait.as_secs(),
            Fate::Dead => panic!("{tries}"),
        })
        .collect();
    let expected = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600, 3600, 3600, 3600, 3600, 3600];
    assert_eq!(waits, expected);
    assert_eq!(fate(20, 0), Fate::Dead);
    assert_eq!((fate(1, DAY - 1), fate(1, DAY)), (Fate::Again(Duration::from_secs(1)), Fate::Dead));
}

#[test]
fn a_cursor_moves_with_what_it_passed_and_a_new_webhook_begins_now() {
    let Scratch(folder, store) = &Scratch::new("cursor");
    assert_eq!(store.cursor("a").unwrap(), Some(("key-1".to_owned(), 7)));
    assert_eq!(store.cursor("b").unwrap(), None);
    store.enqueue("a", &[message("1"), message("2")], Some(("key-1", 9)), Time(S)).unwrap();
    // The same again, as after a folder was set back, is there once.
    store.enqueue("a", &[message("2")], Some(("key-1", 9)), Time(2 * S)).unwrap();
    assert_eq!((store.told("a").unwrap().waiting, store.told("b").unwrap().waiting), (2, 0));
    // Another start: who is known goes on, who is new begins with what is sealed from then on, who is gone is forgotten.
    let again = Store::open(&folder.join(FILE)).unwrap();
    again.settle(&[("a", true), ("c", true)], "key-1", 20).unwrap();
    assert_eq!(again.cursor("a").unwrap(), Some(("key-1".to_owned(), 9)));
    assert_eq!(again.cursor("c").unwrap(), Some(("key-1".to_owned(), 20)));
    again.settle(&[("a", false)], "key-1", 30).unwrap();
    assert_eq!((again.cursor("a").unwrap(), again.cursor("c").unwrap()), (None, None));
    assert_eq!(again.told("a").unwrap().waiting, 2);
    again.settle(&[("c", true)], "key-1", 30).unwrap();
    assert_eq!(again.told("a").unwrap(), Told::default());
    again.settle(&[("a", true)], "key-1", 40).unwrap();
    assert_eq!(again.told("a").unwrap().waiting, 0);
}

#[test]
fn what_fails_waits_its_time_and_is_a_dead_letter_in_the_end() {
    let Scratch(_folder, store) = &Scratch::new("fails");
    store.enqueue("a", &[message("1"), message("2")], None, Time(0)).unwrap();
    let first = store.due("a", Time(0)).unwrap().unwrap();
    assert_eq!((first.id.as_str(), first.tries), ("1", 0));
    assert_eq!(store.failed("a", &first, "no", Time(0)).unwrap(), Fate::Again(Duration::from_secs(1)));
    // The next one does not wait for it.
    assert_eq!(store.due("a", Time(0)).unwrap().unwrap().id, "2");
    store.delivered("a", "2", Time(S / 2)).unwrap();
    assert_eq!(store.due("a", Time(S - 1)).unwrap(), None);
    let mut tried = store.due("a", Time(S)).unwrap().unwrap();
    assert_eq!((tried.id.as_str(), tried.tries), ("1", 1));
    // A clock that was a day ahead does not keep it for a day.
    store.failed("a", &tried, "no", Time(DAY - S)).unwrap();
    assert!(store.due("a", Time(2 * S)).unwrap().is_some());
    while store.failed("a", &tried, "refused", Time(3 * S)).unwrap() != Fate::Dead {
        tried.tries += 1;
    }
    assert_eq!(tried.tries, 19);
    assert_eq!(store.due("a", Time(10 * DAY)).unwrap(), None);
    let told = store.told("a").unwrap();
    assert_eq!((told.waiting, told.dead, told.success), (0, 1, Some(Time(S / 2))));
    assert_eq!(told.error, Some((Time(3 * S), "refused".to_owned())));
    let dead = store.dead(10).unwrap();
    assert_eq!((dead.len(), dead[0].id.as_str(), dead[0].error.as_str()), (1, "1", "refused"));
    // Tried again from the beginning; then thrown away.
    assert!(!store.retry("2", Time(0)).unwrap() && !store.drop_dead("2").unwrap());
    assert!(store.retry("1", Time(2 * DAY)).unwrap());
    let tried = store.due("a", Time(2 * DAY)).unwrap().unwrap();
    assert_eq!((tried.tries, tried.since), (0, 2 * DAY));
    // What waits is no dead letter.
    assert!(!store.retry("1", Time(0)).unwrap() && !store.drop_dead("1").unwrap());
    assert_eq!(store.failed("a", &tried, "no", Time(3 * DAY)).unwrap(), Fate::Dead);
    assert!(store.drop_dead("1").unwrap());
    assert_eq!(store.dead(10).unwrap(), vec![]);
}

#[test]
fn what_needs_attention_is_known_after_a_start() {
    let Scratch(folder, store) = &Scratch::new("attention");
    let change = |begun| Change { bench: "left".to_owned(), reason: Attention::Camera, begun, since: Time(0) };
    store.attend(&change(true)).unwrap();
    store.attend(&change(true)).unwrap();
    let again = Store::open(&folder.join(FILE)).unwrap();
    assert_eq!(again.attention().unwrap(), vec![("left".to_owned(), Attention::Camera)]);
    again.attend(&change(false)).unwrap();
    assert_eq!(again.attention().unwrap(), vec![]);
}

#[test]
fn another_version_is_left_alone() {
    let Scratch(folder, store) = &Scratch::new("version");
    store.db().pragma_update(None, "user_version", VERSION + 1).unwrap();
    assert!(matches!(Store::open(&folder.join(FILE)), Err(HookError::Version)));
}
