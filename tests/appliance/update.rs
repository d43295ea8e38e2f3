//! Updates on a stick: one that is not ours, one whose installation is cut off, one that works, one that never records.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use evidence::statement::Reason;

use crate::{
    Tally, image,
    judge::judge,
    random::Random,
    rig::{self, Appliance, DiskKind, START, done, milliseconds, output},
    root,
    station_program::Folder,
};

const NEXT: &str = "99.1";
const BROKEN: &str = "99.2";
/// Where a root says which version it is.
const RELEASE: &str = "/usr/lib/os-release";
/// Longest time until another version runs: what it takes to install it, and two starts that lead nowhere.
const LONG: Duration = Duration::from_secs(1800);

fn order(number: usize) -> String {
    rig::order(3, number)
}

/// A signed update: the image's root as this version, with other files in it.
fn bundle(folder: &Folder, version: &str, files: &[(&str, &str, &str)]) -> PathBuf {
    let images = root().join("target/image");
    let (tree, out) = (folder.path(&format!("{version}.ext4")), folder.path(&format!("{version}.raucb")));
    done(Command::new("cp").arg("--sparse=always").arg(images.join("root.ext4")).arg(&tree));
    let cat = |path: &str| output(Command::new("debugfs").args(["-R", &format!("cat {path}")]).arg(&tree));
    let release = cat(RELEASE);
    let ours = release.lines().filter(|line| line.contains('=') && !line.starts_with("IMAGE_VERSION"));
    let release: String = ours.map(|line| format!("{line}\n")).chain([format!("IMAGE_VERSION={version}\n")]).collect();
    let release = (RELEASE, &*release, "644");
    for (path, text, mode) in files.iter().copied().chain([release]) {
        let (file, commands) = (folder.path("file"), folder.path("commands"));
        fs::write(&file, text).unwrap();
        let put = format!("rm {path}\nwrite {} {path}\nsif {path} mode 0100{mode}\n", file.display());
        fs::write(&commands, put).unwrap();
        done(Command::new("debugfs").args(["-w", "-f"]).args([&commands, &tree]));
        assert!(cat(path).contains(text), "{path} was not changed");
    }
    let [certificate, key] = ["pem", "key"].map(|end| images.join(format!("development.{end}")));
    let mut command = Command::new(root().join("image/bundle.sh"));
    command.arg(&tree).arg(version).args([&certificate, &key, &out]);
    // The smallest is not wanted here, but soon.
    done(command.env("ZSTD_LEVEL", "1"));
    fs::remove_file(&tree).unwrap();
    out
}

/// The same update, signed by somebody else.
fn resigned(folder: &Folder, bundle: &Path) -> PathBuf {
    let other = folder.path("other");
    done(Command::new(root().join("image/certificate.sh")).arg(&other));
    let out = folder.path("foreign.raucb");
    let [certificate, key] = ["pem", "key"].map(|end| other.join(format!("development.{end}")));
    let mut command = Command::new("rauc");
    command.arg(format!("--cert={}", certificate.display())).arg(format!("--key={}", key.display()));
    command.arg(format!("--keyring={}", root().join("target/image/development.pem").display()));
    command.arg(format!("--signing-keyring={}", certificate.display()));
    done(command.arg("resign").args([bundle, &out]));
    out
}

pub fn run(tally: &mut Tally) {
    let mut random = Random::by_the_clock("appliance: update");
    let folder = Folder::new("bundles");
    let next = bundle(&folder, NEXT, &[]);
    let broken = bundle(&folder, BROKEN, &[("/usr/bin/packseal-station", "#!/bin/sh\nexit 1\n", "755")]);
    let foreign = resigned(&folder, &next);

    let mut bench = Appliance::new(&image());
    bench.boot(DiskKind::Honest, false);
    bench.ready();
    let key = bench.key();
    let (first, slot) = bench.version();
    tally.expect("update: the first slot", slot == "A", &slot);
    bench.confirmed(&format!("A {first}"));
    bench.record(&order(1), 3.0);
    bench.end();
    let update = "journalctl -b --no-pager -o cat -u 'packseal-update@*' -u rauc";
    bench.plug_stick(&foreign);
    bench.machine().until(&format!("{update} | grep -q 'signature verification failed'"), LONG);
    tally.row("update signed by somebody else", "refused");

    // The power goes while it is installed, and while a parcel is recorded.
    bench.plug_stick(&next);
    bench.machine().until(&format!("{update} | grep -q 'writing data to device'"), LONG);
    bench.record(&order(2), 1.0);
    let moment = Duration::from_millis(random.below(8000) as u64);
    thread::sleep(moment);
    bench.cut();
    tally.cuts += 1;
    judge(tally, "cut while installing", &bench.data(), &key);
    tally.row("cut while installing", &format!("after {:.1} s", moment.as_secs_f64()));

    // The stick is still in: it is installed now, and starts when the parcel is packed.
    bench.boot(DiskKind::Honest, false);
    bench.ready();
    let seen = bench.version();
    tally.expect("update: after the cut", seen == (first.clone(), "A".to_owned()), &seen);
    bench.record(&order(3), 3.0);
    bench.machine().until(&format!("{update} | grep -q 'update: installed'"), LONG);
    // The next parcel keeps it waiting, while what is closed is looked at.
    let evidence = |bench: &mut Appliance, open: &str| {
        bench.machine().sh(&format!(
            "cd /var/lib/packseal && find clips -type f -name '*.mp4' ! -name '*_{open}_*' | sort | while read -r clip; \
             do echo $(stat -c %s $clip) $clip $(sha256sum <$clip); done"
        ))
    };
    // The same of so many bytes of each: what stands behind them came since, as proof.
    let again = |bench: &mut Appliance, before: &str| {
        let digest = |line: &str| {
            let (bytes, rest) = line.split_once(' ')?;
            let clip = rest.split_once(' ')?.0;
            Some(format!("echo {bytes} {clip} $(head -c {bytes} {clip} | sha256sum)"))
        };
        let commands: Vec<String> = before.lines().filter_map(digest).collect();
        bench.machine().sh(&format!("cd /var/lib/packseal && {}", commands.join("; ")))
    };
    bench.record(&order(4), 2.0);
    bench.until("closed", |bench| bench["counters"]["parcels"]["next-scan"].as_u64() == Some(1));
    let before = evidence(&mut bench, &order(4));
    // It starts as soon as this parcel is sealed.
    let began = Instant::now();
    loop {
        bench.machine().type_line("PACKSEAL-END");
        if bench.machine().event("RESET", Duration::from_secs(90)) {
            break;
        }
        assert!(began.elapsed() < LONG, "it does not start the new version");
    }
    bench.boots += 1;
    // The power goes in its first start as well. GRUB gives it a second one.
    let moment = milliseconds(&mut random, START);
    thread::sleep(moment);
    bench.cut();
    tally.cuts += 1;
    tally.row("cut in the first start of it", &format!("after {:.1} s", moment.as_secs_f64()));
    bench.boot(DiskKind::Honest, false);
    bench.ready();
    let seen = bench.version();
    tally.expect("update: the next version", seen == (NEXT.to_owned(), "B".to_owned()), &seen);
    bench.confirmed(&format!("B {NEXT}"));
    tally.row("update to the next version", &format!("records after {:.0} s", began.elapsed().as_secs_f64()));
    let after = again(&mut bench, &before);
    tally.expect("update: evidence untouched", before == after && before.lines().count() == 3, &(before, &after));
    bench.record(&order(5), 3.0);
    bench.end();

    // The next one never records: it is started twice, then this one again, and nobody touches the machine.
    let before = evidence(&mut bench, "none");
    let began = Instant::now();
    bench.plug_stick(&broken);
    let at = bench.shows(&format!("packseal {BROKEN} "), 0, LONG);
    bench.shows(&format!("packseal {NEXT} "), at, LONG);
    // Two of the broken one, and this.
    bench.boots += 3;
    bench.shell();
    bench.ready();
    let seen = bench.version();
    tally.expect("update: back to the version that records", seen == (NEXT.to_owned(), "B".to_owned()), &seen);
    let took = began.elapsed().as_secs_f64();
    bench.machine().until("journalctl -b --no-pager -o cat -u slot-confirm | grep -q 'other version could not'", LONG);
    tally.row("update that never records", &format!("the version before it records again after {took:.0} s"));
    let after = again(&mut bench, &before);
    tally.expect("update: evidence untouched by it", before == after && before.lines().count() == 5, &(before, &after));
    bench.record(&order(6), 3.0);
    bench.end();
    bench.off();
    tally.boots += bench.boots;

    let found = judge(tally, "update", &bench.data(), &key);
    let orders: Vec<&str> = found.iter().map(|clip| clip.order.as_str()).collect();
    let expected: Vec<String> = (1..=6).map(order).collect();
    tally.expect("update: orders", orders == expected, &orders);
    let cut: Vec<_> = found.iter().map(|clip| clip.reason == Reason::Recovered).collect();
    tally.expect("update: only the second was cut off", cut == [false, true, false, false, false, false], &cut);
    tally.parcels += expected.len();
    tally.lost += expected.iter().filter(|order| !orders.contains(&order.as_str())).count();
}
