use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use tracing::{debug, error, info, warn};

use super::*;

/// 1 s.
const S: i64 = 1_000_000;

/// What was written.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl io::Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Runs this with a log of this style; what it wrote. The clock is set by what is run.
fn written(style: Style, run: impl FnOnce(&AtomicI64)) -> String {
    let (page, clock) = (Page::default(), Arc::new(AtomicI64::new(0)));
    let lines = Lines::new(style, {
        let clock = clock.clone();
        move || clock.load(Ordering::Relaxed)
    });
    let writer = page.clone();
    let subscriber = tracing_subscriber::registry().with(layer(lines, move || writer.clone()));
    tracing::subscriber::with_default(subscriber, || run(&clock));
    let bytes = page.0.lock().unwrap().clone();
    String::from_utf8(bytes).unwrap()
}

/// The same to the journal, whose lines have no time.
fn lines(run: impl FnOnce(&AtomicI64)) -> Vec<String> {
    written(Style::Journal, run).lines().map(str::to_owned).collect()
}

#[test]
fn a_cause_is_printed_once_a_minute_for_each_bench() {
    let said = lines(|clock| {
        for second in 0..=121 {
            clock.store(second * S, Ordering::Relaxed);
            for bench in ["left", "right"] {
                if bench == "left" || second < 2 {
                    warn!(cause = "camera-lost", bench, second, "the camera is gone");
                }
            }
        }
    });
    assert_eq!(
        said,
        [
            "<4>the camera is gone cause=camera-lost bench=left second=0",
            "<4>the camera is gone cause=camera-lost bench=right second=0",
            "<4>the camera is gone cause=camera-lost bench=left second=60 left-out=59",
            "<4>the camera is gone cause=camera-lost bench=left second=120 left-out=59",
        ]
    );
}

#[test]
fn one_microsecond_less_than_a_minute_is_too_soon() {
    let said = lines(|clock| {
        for at_us in [0, 60 * S - 1, 60 * S, 60 * S, 120 * S - 1, 120 * S] {
            clock.store(at_us, Ordering::Relaxed);
            warn!(cause = "x", at_us, "again");
        }
    });
    assert_eq!(
        said,
        [
            "<4>again cause=x at_us=0",
            "<4>again cause=x at_us=60000000 left-out=1",
            "<4>again cause=x at_us=120000000 left-out=2",
        ]
    );
}

#[test]
fn without_a_cause_the_place_is_the_cause() {
    let said = lines(|_| {
        for number in 0..3 {
            info!(number, "here");
            error!(number, "there");
            // One cause in two places.
            warn!(cause = "disk", number, "one");
            warn!(cause = "disk", number, "two");
            // Another cause each time.
            info!(cause = number.to_string(), "sealed");
        }
    });
    assert_eq!(
        said,
        [
            "<6>here number=0",
            "<3>there number=0",
            "<4>one cause=disk number=0",
            "<6>sealed cause=0",
            "<6>sealed cause=1",
            "<6>sealed cause=2",
        ]
    );
}

#[test]
fn debugging_lines_all_come() {
    let said = lines(|_| (0..3).for_each(|number| debug!(cause = "frame", number, "read")));
    assert_eq!(said.len(), 3, "{said:?}");
    assert!(said[0].starts_with("<7>read "));
}

#[test]
fn what_comes_from_outside_makes_no_line_of_its_own() {
    let said = written(Style::Journal, |_| {
        let name = "a\n<0>forged\u{1b}[31m\r\u{7f}";
        warn!(name, plain = "b-1", empty = "", %name, debug = ?name, spaced = "two words", "seen {name}");
    });
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.ends_with('\n'));
    assert!(!said.trim_end().contains(|c: char| c.is_control()), "{said:?}");
    assert!(said.starts_with(r"<4>seen a\n<0>forged\u{1b}[31m\r\u{7f} "), "{said}");
    assert!(said.contains(r#" plain=b-1 empty="" "#), "{said}");
    assert!(said.contains(r#" spaced="two words""#), "{said}");
}

#[test]
fn causes_without_end_take_no_memory_without_end() {
    let mut limiter = Limiter::default();
    let key = |number: i64| (Cause::Named(number.to_string()), None);
    for number in 0..10 * CAUSES as i64 {
        assert_eq!(limiter.admit(key(number), number), Some(0));
        assert!(limiter.printed.len() <= CAUSES);
    }
    // The last ones are remembered, and a minute later nothing of them is held against anybody.
    assert_eq!(limiter.admit(key(10 * CAUSES as i64 - 1), 10 * CAUSES as i64), None);
    assert_eq!(limiter.admit(key(-1), 2 * MINUTE), Some(0));
    assert_eq!(limiter.printed.len(), 1);
    // A clock that ran back is no reason to be silent for ever, nor to panic.
    assert_eq!(limiter.admit(key(-1), i64::MIN), None);
    assert_eq!(limiter.admit(key(-1), i64::MAX), Some(1));
}

#[test]
fn each_style_has_its_beginning() {
    for (style, length) in [(Style::Terminal, "14:02:11.250 WARN ".len()), (Style::File, 35)] {
        let said = written(style, |_| warn!("gone"));
        assert_eq!(said.find("gone"), Some(length), "{style:?}: {said}");
    }
    let said = written(Style::File, |_| warn!("gone"));
    let time = said.split(' ').next().unwrap();
    let time: jiff::Timestamp = time.parse().unwrap();
    let age = jiff::Timestamp::now().duration_since(time);
    assert!(age.as_secs() < 60, "{said}");
}

#[test]
fn a_filter_that_is_none_is_refused() {
    for filter in ["loud", "", "station=loud", "info,station", "info,,debug"] {
        let trouble = start(filter).expect_err(filter);
        assert!(!trouble.line(crate::say::Lang::En).contains('\n'));
    }
    assert!("info,station::http=debug".parse::<Targets>().is_ok());
}
