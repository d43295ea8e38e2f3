//! Looks a station over, before the first parcel and whenever something is odd: each thing that must be right is one
//! finding, with what to do.
//!
//! Where the station runs, its cameras and scanners are its own: what they do is asked of it. Where it does not, they are
//! tried here, the cameras in a capture process as always.

mod camera;
mod machine;

use serde::Serialize;

use crate::{
    bench::Plan,
    config,
    data::Place,
    say::{Lang, Trouble},
    scanner,
    status::{self, Bench, ScannerState, Snapshot},
};

/// How it stands with one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// Right.
    Ok,
    /// The station works; somebody should see to it, or could not be asked.
    Warn,
    /// The station does not work, or not well enough to rely on.
    Fail,
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Which, in one word that stays the same.
    pub check: &'static str,
    /// The bench it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bench: Option<String>,
    /// How it stands.
    pub grade: Grade,
    /// What was found.
    pub found: String,
    /// What to do, where there is something to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

/// All findings, while they are made.
#[derive(Debug)]
pub struct Doctor {
    lang: Lang,
    bench: Option<String>,
    findings: Vec<Finding>,
}

impl Doctor {
    /// Looks everything over. A configuration that does not hold is a finding, and then nothing else is known.
    pub fn examine(place: &Place, lang: Lang) -> Vec<Finding> {
        let mut doctor = Self { lang, bench: None, findings: Vec::new() };
        match place.read().and_then(|data| Plan::all(&data).map(|(plans, _)| (data, plans))) {
            Ok((data, plans)) => {
                doctor.ok("config", format!("benches: {}", plans.len()), format!("工位数：{}", plans.len()));
                let running =
                    status::ask(data.config.http.listen).ok().and_then(|text| serde_json::from_str(&text).ok());
                let busy = running.is_none() && data.is_in_use();
                doctor.running(running.as_ref(), busy);
                doctor.machine(place);
                // One that does not answer has its devices all the same.
                let looked_at = plans.iter().zip(&data.config.bench).filter(|_| !busy);
                for (plan, bench) in looked_at {
                    doctor.bench = Some(bench.name.clone());
                    let benches = running.iter().flat_map(|snapshot: &Snapshot| &snapshot.benches);
                    let at_work = benches.into_iter().find(|at_work| at_work.name == bench.name);
                    doctor.camera(plan, &data.config.encoder, at_work);
                    doctor.scanners(plan, at_work);
                }
            }
            Err(trouble) => doctor.trouble("config", Grade::Fail, &trouble),
        }
        doctor.findings
    }

    fn add(&mut self, check: &'static str, grade: Grade, found: String, advice: Option<String>) {
        self.findings.push(Finding { check, bench: self.bench.clone(), grade, found, advice });
    }

    fn ok(&mut self, check: &'static str, en: impl Into<String>, zh: impl Into<String>) {
        let found = self.lang.pick(en.into(), zh.into());
        self.add(check, Grade::Ok, found, None);
    }

    /// In both languages: what was found, and what to do.
    fn bad(
        &mut self,
        check: &'static str,
        grade: Grade,
        found: (impl Into<String>, impl Into<String>),
        advice: (&str, &str),
    ) {
        let found = self.lang.pick(found.0.into(), found.1.into());
        self.add(check, grade, found, Some(self.lang.pick(advice.0, advice.1).to_owned()));
    }

    /// A trouble says itself what to do.
    fn trouble(&mut self, check: &'static str, grade: Grade, trouble: &Trouble) {
        let line = trouble.line(self.lang);
        self.add(check, grade, line, None);
    }

    fn running(&mut self, running: Option<&Snapshot>, busy: bool) {
        match running {
            Some(snapshot) => {
                let version = &snapshot.station.version;
                self.ok("station", format!("runs, version {version}"), format!("正在运行，版本 {version}"));
            }
            None if busy => self.bad(
                "station",
                Grade::Fail,
                (
                    "runs and does not answer: its cameras and scanners are not checked",
                    "正在运行但无响应：未检查摄像头与扫码枪",
                ),
                (
                    "start it again: systemctl restart packseal-station; where 'record' is at work, wait for its end",
                    "请重启：systemctl restart packseal-station；若 record 正在录制，请等它结束",
                ),
            ),
            None => self.bad(
                "station",
                Grade::Warn,
                ("does not run: cameras and scanners are tried here", "未运行：摄像头与扫码枪由本命令试用"),
                (
                    "start it: systemctl start packseal-station, or packseal-station run",
                    "请启动：systemctl start packseal-station，或 packseal-station run",
                ),
            ),
        }
    }

    fn scanners(&mut self, plan: &Plan, at_work: Option<&Bench>) {
        for spec in &plan.scanners {
            let name = spec.to_string();
            let found = match at_work.map(|bench| bench.scanners.iter().find(|s| s.name == name).map(|s| s.state)) {
                Some(Some(ScannerState::Connected)) => Ok(()),
                Some(_) => Err(Trouble::new(
                    format!("the scanner {name} is not connected: plug it in, or correct its name in station.toml"),
                    format!("扫码枪 {name} 未连接：请插好，或在 station.toml 中改正名称"),
                )),
                None => scanner::try_open(spec),
            };
            match found {
                Ok(()) => self.ok("scanner", format!("{name} is there"), format!("{name} 已连接")),
                Err(trouble) => {
                    self.trouble("scanner", Grade::Fail, &trouble);
                    let all = scanner::connected().join(", ");
                    let advice = self.lang.pick(format!("connected are: {all}"), format!("已连接的设备：{all}"));
                    if let Some(last) = self.findings.last_mut().filter(|_| !all.is_empty()) {
                        last.advice = Some(advice);
                    }
                }
            }
        }
        if plan.scanners.is_empty() {
            self.bad(
                "scanner",
                Grade::Warn,
                ("none: codes come over HTTP alone", "未配置：单号只能经 HTTP 传入"),
                ("name the scanner in bench.scanners", "请在 bench.scanners 中指定扫码枪"),
            );
        }
    }

    fn camera(&mut self, plan: &Plan, encoder: &config::Encoder, at_work: Option<&Bench>) {
        camera::examine(self, plan, encoder, at_work);
    }
}
