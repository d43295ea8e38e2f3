use evidence::{bmff::StatementBox, note::Note};

use super::*;

/// START of a clip that was sealed once, with its note.
fn start() -> (Start, Vec<u8>, Hash) {
    let clip = include_bytes!("../../../tests/data/golden-v1.mp4");
    let kind = StatementBox::Start.user_type();
    let at = clip.windows(16).position(|w| w == kind).unwrap();
    let size = u32::from_be_bytes(clip[at - 8..at - 4].try_into().unwrap()) as usize;
    let note = &clip[at + 16..at - 8 + size];
    let parsed = Note::parse(note).unwrap();
    (Start::parse(&parsed.text).unwrap(), note.to_vec(), parsed.hash)
}

/// Allocates a clip of this id: the number and the hash before that it was given.
fn allocate(catalogue: &Catalogue, id: u8) -> Result<(u64, Option<Hash>), CatalogueError> {
    catalogue.allocate(|sequence, previous| {
        let (mut start, note, _) = start();
        start.clip = Id([id; 16]);
        Ok((start, note, Hash([id; 32]), format!("clips/{id}.mp4"), (sequence, previous)))
    })
}

/// A new catalogue in a folder that is gone with it.
struct Scratch(std::path::PathBuf, Catalogue);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("packseal-catalogue-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let catalogue = Catalogue::create(&folder.join("catalogue.sqlite")).unwrap();
        Self(folder, catalogue)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn numbers_have_no_gaps_and_each_start_follows_the_one_before() {
    let scratch = Scratch::new("numbers");
    assert_eq!(allocate(&scratch.1, 7).unwrap(), (1, None));
    assert_eq!(allocate(&scratch.1, 8).unwrap(), (2, Some(Hash([7; 32]))));
    let (start, note, hash) = start();
    // Nothing is taken where START cannot be made, and where the row cannot be written: this id is there.
    let failed = scratch.1.allocate::<()>(|sequence, _| Err(CatalogueError::Row(sequence)));
    assert!(matches!(failed, Err(CatalogueError::Row(3))));
    let twice = scratch.1.allocate(|_, _| {
        let start = Start { clip: Id([7; 16]), ..start.clone() };
        Ok((start, note.clone(), hash, "clips/other.mp4".to_owned(), ()))
    });
    assert!(matches!(twice, Err(CatalogueError::Sqlite(_))));
    assert_eq!(allocate(&scratch.1, 9).unwrap(), (3, Some(Hash([8; 32]))));
    let rows = scratch.1.clips(None).unwrap();
    assert_eq!(rows.iter().map(|row| row.sequence).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(rows.iter().all(|row| row.state == State::Open && row.start == note && row.links == 0));
    // Another process sees them.
    let other = Catalogue::open(&scratch.0.join("catalogue.sqlite")).unwrap();
    assert_eq!(other.clips(None).unwrap().len(), 3);
    assert_eq!(other.clips(Order::parse("GOLDEN-1").as_ref()).unwrap().len(), 3);
    assert_eq!(other.clips(Order::parse("GOLDEN-2").as_ref()).unwrap().len(), 0);
}

#[test]
fn a_clip_is_sealed_damaged_or_never_written() {
    let scratch = Scratch::new("states");
    for id in 1..=3 {
        allocate(&scratch.1, id).unwrap();
    }
    let closing = Closing {
        reason: Reason::Stopped,
        last_time: 5,
        frames: 30,
        lost: 1,
        ticks: 270_000,
        bytes: 1000,
        end_hash: Hash([4; 32]),
    };
    scratch.1.progress(1, 2).unwrap();
    scratch.1.seal(1, 3, Order::parse("A1").as_ref(), &closing).unwrap();
    scratch.1.damaged(2, "damaged/2.mp4").unwrap();
    let rows = scratch.1.clips(None).unwrap();
    assert_eq!(rows.iter().map(|row| row.state).collect::<Vec<_>>(), [State::Sealed, State::Damaged, State::Open]);
    assert_eq!((rows[0].links, rows[0].closing.as_ref()), (3, Some(&closing)));
    assert_eq!((rows[1].path.as_str(), rows[1].closing.as_ref()), ("damaged/2.mp4", None));
}

#[test]
fn what_a_newer_version_made_is_left_alone() {
    let scratch = Scratch::new("newer");
    scratch.1.db().pragma_update(None, "user_version", VERSION + 1).unwrap();
    assert!(matches!(Catalogue::open(&scratch.0.join("catalogue.sqlite")), Err(CatalogueError::Newer)));
    assert!(Catalogue::open(&scratch.0.join("none.sqlite")).is_err());
    assert!(!scratch.0.join("none.sqlite").exists());
}

#[test]
fn a_row_that_was_never_written_so_is_told() {
    for change in ["clip = 'x'", "start_hash = ''", "state = 'sealed'"] {
        let scratch = Scratch::new("row");
        allocate(&scratch.1, 1).unwrap();
        scratch.1.db().execute_batch(&format!("UPDATE clip SET {change}")).unwrap();
        assert!(matches!(scratch.1.clips(None), Err(CatalogueError::Row(1))), "{change}");
    }
}
