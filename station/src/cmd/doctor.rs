//! `doctor`: looks the station over.

use super::Status;
use crate::{
    data::Place,
    doctor::{Doctor, Finding, Grade},
    say::{Lang, Trouble},
};

/// Prints each finding on a line, with what to do on the next.
///
/// # Errors
/// The output cannot be written. Whatever else is wrong is a finding.
pub fn run(place: &Place, json: bool, lang: Lang) -> Result<Status, Trouble> {
    let findings = Doctor::examine(place, lang);
    let text = if json {
        serde_json::to_string_pretty(&findings)
            .map_err(|e| Trouble::new("cannot write JSON", "无法输出 JSON").because(e))?
    } else {
        findings.iter().map(|finding| lines(finding, lang)).collect::<Vec<_>>().join("\n")
    };
    super::print(text)?;
    let worst = findings.iter().map(|finding| finding.grade).max();
    Ok(if worst == Some(Grade::Fail) { Status::Attention } else { Status::Done })
}

fn lines(finding: &Finding, lang: Lang) -> String {
    let grade = match finding.grade {
        Grade::Ok => lang.pick("ok  ", "正常"),
        Grade::Warn => lang.pick("warn", "注意"),
        Grade::Fail => lang.pick("FAIL", "故障"),
    };
    let bench = finding.bench.as_ref().map_or(String::new(), |bench| format!("{bench} "));
    let mut text = format!("{grade}  {bench}{}: {}", finding.check, finding.found);
    if let Some(advice) = &finding.advice {
        text += &format!("\n      {advice}");
    }
    text
}
