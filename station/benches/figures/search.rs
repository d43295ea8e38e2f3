//! Search as somebody types, over HTTP, in a catalogue of a million clips; beside what they would otherwise run on it.

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    process::Command,
    sync::Arc,
    time::{Duration, Instant},
};

use evidence::value::{Hash, Time, Token, Value};
use jiff::{Timestamp, tz::TimeZone};
use rustix::time::{ClockId, clock_gettime};
use station::{
    accounts::{Account, Accounts, Role},
    catalogue::Catalogue,
    clock::{self, Clock},
    exports::Exports,
    http::{self, Desk, Uploads, Verifier},
    received::Shelf,
    say::Lang,
    status::Status,
};

use crate::{
    Outcome,
    material::{self, cached},
    measure::{median, ms, output, p99},
    season::{self, BEGIN, DAY, DAYS, Sent, sent},
    table::Row,
};

const PASSWORD: &str = "correct horse battery";
const CLIPS: u64 = 1_000_000;
/// Bytes of a START's note.
const NOTE: usize = 1500;
/// Orders that are typed, from the first character to the last.
const TYPED: u64 = 80;
/// Texts that sqlite3 is asked for.
const ASKED: usize = 20;

/// Measures.
///
/// # Errors
/// The catalogue's, the server's, sqlite3's.
pub fn rows() -> Outcome<Vec<Row>> {
    // Made anew where the tables changed.
    let form = Hash::of(include_bytes!("../../src/catalogue/schema.rs")).to_string();
    let path = cached(&format!("season-{CLIPS}-{}.sqlite", &form[..8]), |path| {
        // What an interrupted run left.
        let _ = fs::remove_file(path);
        Catalogue::create(path)?.close()?;
        Ok(season::fill(path, CLIPS, NOTE)?)
    })?;
    let station = Arc::new(material::new_station("search")?);
    let accounts = Accounts::open(&station.data.root.join("accounts.sqlite"))?;
    let account = Account { name: Token::parse("mei").ok_or("no name")?, role: Role::Service };
    accounts.add(&account, PASSWORD, 0, || Ok(()))?;
    let session = accounts.log_in("mei", PASSWORD, clock::wall().0, |_| Ok(()))?.ok_or("no session")?;
    let exports = Exports::start(station.clone(), Vec::new(), Hash::of(b"")).map_err(|e| format!("{e:?}"))?;
    let received = Shelf::of(&station.data.root);
    let desk = Desk {
        station,
        catalogue: Catalogue::open(&path)?,
        accounts,
        verifier: Verifier::default(),
        exports,
        received,
        uploads: Uploads::default(),
    };
    let status = Arc::new(Status::new("bench", Lang::En, Clock::System, ["bench-1"]));
    let server = http::start("127.0.0.1:0".parse()?, status, |_| (), Some(Arc::new(desk)))
        .map_err(|trouble| format!("{trouble:?}"))?;

    let (mut plain, mut filtered, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    let mut cpu = Vec::new();
    let (mut cut, mut slowest) = (0, (0.0, String::new()));
    let queries = queries();
    // It waits for no client that says nothing for long.
    let mut client = Client::open(server.address(), session.token.as_str())?;
    for Typed { query, kind, found } in &queries {
        let (begun, used) = (Instant::now(), process_cpu());
        let page = client.get(&format!("/api/v1/orders?{query}"))?;
        let took = ms(begun.elapsed());
        cpu.push(ms(process_cpu() - used));
        if took > slowest.0 {
            slowest = (took, query.clone());
        }
        cut += usize::from(page["complete"] == false);
        let count = page["clips"].as_array().ok_or("no clips")?.len();
        if page["complete"] == true && (count > 0) != *found {
            return Err(format!("{query}: {count} found").into());
        }
        match kind {
            Kind::Plain | Kind::Whole => plain.push(took),
            Kind::Filtered => filtered.push(took),
            Kind::End => ends.push(took),
        }
    }
    let all = [&plain[..], &filtered, &ends].concat();
    println!("{} searches, {cut} of them ended by the clock; slowest {:.1} ms: {}", all.len(), slowest.0, slowest.1);
    for (name, took) in [("typed", &plain), ("typed, with filters", &filtered), ("last digits", &ends)] {
        println!("{name}: p50 {:.2} ms, p99 {:.2} ms, {}", median(took), p99(took), took.len());
    }
    println!("processor time, client's too: p50 {:.2} ms, p99 {:.2} ms", median(&cpu), p99(&cpu));
    let overview = (0..50).map(|n| {
        let day = Time(BEGIN + (DAYS - 1 - n % 5) * DAY).to_string();
        let begun = Instant::now();
        client.get(&format!("/api/v1/overview?day={}", &day[..10]))?;
        Ok(ms(begun.elapsed()))
    });
    let overview = overview.collect::<Outcome<Vec<f64>>>()?;

    // Whole numbers and last digits, as they are pasted from a complaint; anywhere in the number, in the same file.
    let last_four = |typed: &&Typed| matches!(typed.kind, Kind::End) && typed.query.len() == 6;
    let asked = queries.iter().filter(|typed| matches!(typed.kind, Kind::Whole) || last_four(typed));
    let texts: Vec<&str> = asked.filter_map(|typed| typed.query.strip_prefix("q=")).collect();
    let mut ratios = Vec::new();
    let (mut like, mut ours) = (Vec::new(), Vec::new());
    for (n, text) in texts.iter().step_by(texts.len() / ASKED).enumerate() {
        let sql = format!(
            "SELECT sequence, order_number, first_time, bench FROM clip WHERE order_number LIKE '%{text}%'
             ORDER BY sequence DESC LIMIT 50"
        );
        let mut command = Command::new("sqlite3");
        command.arg("-readonly").arg(&path).arg(&sql);
        let begun = Instant::now();
        output(&mut command)?;
        let theirs = ms(begun.elapsed());
        client = Client::open(server.address(), session.token.as_str())?;
        client.get("/api/v1/me")?;
        let begun = Instant::now();
        client.get(&format!("/api/v1/orders?q={text}"))?;
        // The first one reads the file from the disk.
        if n > 0 {
            like.push(theirs);
            ours.push(ms(begun.elapsed()));
            ratios.push(ms(begun.elapsed()) / theirs);
        }
    }
    println!(
        "sqlite3, LIKE '%…%': median {:.0} ms, p99 {:.0} ms; here {:.2} ms and {:.2} ms",
        median(&like),
        p99(&like),
        median(&ours),
        p99(&ours)
    );
    Ok(vec![
        Row {
            what: "search: as typed, 1 million clips, p99".into(),
            value: p99(&all),
            samples: all,
            goal: 30.0,
            unit: "ms",
        },
        Row::median("search: of LIKE '%…%' in sqlite3, whole numbers and last four", ratios, 0.1, "x"),
        Row::median("search: overview of a day", overview, 50.0, "ms"),
    ])
}

/// Processor time of this process: what a search takes where nothing else runs.
fn process_cpu() -> Duration {
    let now = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

enum Kind {
    /// The beginning of a number.
    Plain,
    /// All of it.
    Whole,
    Filtered,
    End,
}

/// One keystroke's question, and whether there is such a clip.
struct Typed {
    query: String,
    kind: Kind,
    found: bool,
}

/// Order numbers from all of the season, typed character by character; by their last four digits; and with a filter that
/// somebody set before: some fit and some do not.
fn queries() -> Vec<Typed> {
    let season: Vec<Sent> = (1..=CLIPS).map(|n| sent(n, CLIPS)).collect();
    let mut all = Vec::new();
    for n in 0..TYPED {
        let clip = &season[(n * (CLIPS / TYPED) + n * 37 % 1000) as usize];
        let Some(order) = clip.order.clone() else { continue };
        for length in 1..=order.len() {
            let query = format!("q={}", &order[..length]);
            let kind = if length == order.len() { Kind::Whole } else { Kind::Plain };
            all.push(Typed { query, kind, found: true });
        }
        for length in 1..=4 {
            let query = format!("q={}", &order[order.len() - length..]);
            all.push(Typed { query, kind: Kind::End, found: true });
        }
        // A number of another shop.
        all.push(Typed { query: format!("q={}X", &order[..order.len() - 1]), kind: Kind::Plain, found: false });
        let day = day(clip);
        let filter = match n % 6 {
            0 => format!("bench={}", clip.bench),
            1 => format!("from={day}&to={day}"),
            2 => "event=hold".to_owned(),
            3 => "event=gap".to_owned(),
            4 => format!("operator={}&bench={}", clip.operator.as_deref().unwrap_or("op-00"), clip.bench),
            _ => "operator=op-05&event=return".to_owned(),
        };
        for length in [1, 2, 4, 7, 11, order.len()].into_iter().filter(|length| *length <= order.len()) {
            let query = format!("q={}&{filter}", &order[..length]);
            let found = fits(&season, &order[..length], n % 6, clip);
            all.push(Typed { query, kind: Kind::Filtered, found });
        }
    }
    all
}

/// Whether any clip fits, said in the plainest way.
fn fits(season: &[Sent], text: &str, filter: u64, of: &Sent) -> bool {
    let text = text.to_lowercase();
    let same_day = |clip: &Sent| (clip.begun - of.begun).abs() <= DAY && day(clip) == day(of);
    season.iter().rev().any(|clip| {
        let by = match filter {
            0 => clip.bench == of.bench,
            1 => same_day(clip),
            2 => clip.sequence % 2000 == 7,
            3 => clip.state == "sealed" && clip.gaps > 0,
            4 => clip.operator.as_deref() == Some(of.operator.as_deref().unwrap_or("op-00")) && clip.bench == of.bench,
            _ => clip.operator.as_deref() == Some("op-05") && clip.is_return,
        };
        let order = clip.order.as_ref().filter(|_| by).map(|order| order.to_lowercase());
        order.is_some_and(|order| order.starts_with(&text) || order.ends_with(&text))
    })
}

/// The day that it began, in the time zone of the machine.
fn day(clip: &Sent) -> String {
    let begun = Timestamp::from_microsecond(clip.begun).unwrap_or_default();
    begun.to_zoned(TimeZone::system()).date().to_string()
}

/// A connection that stays open.
struct Client {
    stream: BufReader<TcpStream>,
    head: String,
}

impl Client {
    fn open(address: SocketAddr, token: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        let head = format!("HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n");
        Ok(Self { stream: BufReader::new(stream), head })
    }

    fn get(&mut self, path: &str) -> Outcome<serde_json::Value> {
        let request = format!("GET {path} {}", self.head);
        self.stream.get_mut().write_all(request.as_bytes())?;
        let (mut length, mut line) = (0, String::new());
        self.stream.read_line(&mut line)?;
        let ok = line.contains(" 200 ");
        loop {
            line.clear();
            self.stream.read_line(&mut line)?;
            match line.split_once(": ") {
                Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse()?,
                Some(_) => {}
                None => break,
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        if !ok {
            return Err(format!("{path}: {}", String::from_utf8_lossy(&body)).into());
        }
        Ok(serde_json::from_slice(&body)?)
    }
}
