//! What a scanned text is: a control code, an operator, or what the configured rules say.

use evidence::{
    statement::{CodeClass, Control},
    value::{Order, Token, Value},
};
use regex::{Regex, RegexBuilder};
use serde::Deserialize;

/// Longest text that is looked at, in characters; longer ones are unknown.
pub const LONGEST: usize = 4096;

/// What the sample's control codes begin with.
const SHEET: &str = "PACKSEAL-";

/// Bytes that a compiled pattern may take.
const PATTERN_BYTES: usize = 1 << 20;

/// One rule of the configuration: what the codes of a pattern are.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// For logs.
    pub name: String,
    /// Regular expression of the whole code.
    pub pattern: String,
    /// What the code is.
    pub action: Action,
}

/// What codes of a rule are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// An order number.
    Order,
    /// An article.
    Item,
    /// Nothing.
    Ignore,
    /// As START.
    Start,
    /// As END.
    End,
    /// As CANCEL.
    Cancel,
    /// As RETURN.
    Return,
    /// As HOLD.
    Hold,
}

/// Texts of the control codes.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ControlCodes {
    /// START.
    pub start: String,
    /// END.
    pub end: String,
    /// CANCEL.
    pub cancel: String,
    /// RETURN.
    #[serde(rename = "return")]
    pub return_: String,
    /// HOLD.
    pub hold: String,
    /// SHIFT.
    pub shift: String,
}

/// What a scanned text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// An order number.
    Order(Order),
    /// An article.
    Item,
    /// A control code other than SHIFT.
    Control(Control),
    /// SHIFT: signs this operator on, or whoever is on off.
    Operator(Option<Token>),
    /// To be ignored.
    Ignored,
    /// None of these.
    Unknown,
}

/// A scanned text, judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// What it is.
    pub code: Code,
    /// Its characters, 1 to 4096.
    pub length: u64,
    /// Name of the rule that decided, `-` if none did.
    pub rule: String,
}

impl Scan {
    /// As statements say it.
    pub fn class(&self) -> CodeClass {
        match self.code {
            Code::Order(_) => CodeClass::Order,
            Code::Item => CodeClass::Item,
            Code::Control(_) | Code::Operator(_) => CodeClass::Control,
            Code::Ignored => CodeClass::Ignored,
            Code::Unknown => CodeClass::Unknown,
        }
    }
}

/// The configured rules, ready to judge.
#[derive(Debug)]
pub struct Rules {
    controls: [(String, Control); 5],
    shift: String,
    rules: Vec<Compiled>,
}

#[derive(Debug)]
struct Compiled {
    name: String,
    whole: Regex,
    action: Action,
}

impl Rules {
    /// Takes rules in their order, and the control codes, which come before them all.
    ///
    /// # Errors
    /// One line: which rule has what wrong with its name or pattern; which control codes are bad or the same.
    pub fn new(rules: &[Rule], control: &ControlCodes) -> Result<Self, String> {
        let ControlCodes { start, end, cancel, return_, hold, shift } = control;
        let named = [
            ("start", start, Control::Start),
            ("end", end, Control::End),
            ("cancel", cancel, Control::Cancel),
            ("return", return_, Control::Return),
            ("hold", hold, Control::Hold),
            ("shift", shift, Control::Shift),
        ];
        for (at, (name, text, _)) in named.iter().enumerate() {
            // Printable as Code 128, and left whole by whatever cleans a scanned text.
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
            if !(1..=64).contains(&text.len()) || !text.bytes().all(allowed) {
                return Err(format!("control.{name} is 1 to 64 of A-Z a-z 0-9 . _ : -"));
            }
            if let Some((same, ..)) = named[..at].iter().find(|(_, other, _)| other == text) {
                return Err(format!(
                    "control.{same} and control.{name} are both '{text}': each needs a text of its own"
                ));
            }
        }
        let mut compiled: Vec<Compiled> = Vec::new();
        for rule in rules {
            let one = compile(rule)?;
            if compiled.iter().any(|other| other.name == one.name) {
                return Err(format!("code.name '{}' is there twice: each rule needs a name of its own", one.name));
            }
            compiled.push(one);
        }
        let [start, end, cancel, return_, hold, _] = named.map(|(_, text, control)| (text.clone(), control));
        Ok(Self { controls: [start, end, cancel, return_, hold], shift: shift.clone(), rules: compiled })
    }

    /// What this text is. Any text is good for a judgement; empty ones are unknown.
    pub fn read(&self, text: &str) -> Scan {
        let characters = text.chars().count();
        let length = characters.clamp(1, LONGEST) as u64;
        let scan = |code, rule: &str| Scan { code, length, rule: rule.to_owned() };
        if let Some((_, control)) = self.controls.iter().find(|(known, _)| known == text) {
            return scan(Code::Control(*control), "-");
        }
        match text.strip_prefix(&self.shift) {
            Some("") => return scan(Code::Operator(None), "-"),
            // A name that cannot be signed is no order number either.
            Some(rest) if rest.starts_with('-') => {
                let operator = Token::parse(&rest[1..]).map(|name| Code::Operator(Some(name)));
                return scan(operator.unwrap_or(Code::Unknown), "-");
            }
            _ => {}
        }
        // A code of a sheet that was printed before the control codes were changed is no order: the packer is told.
        if characters > LONGEST || text.starts_with(SHEET) {
            return scan(Code::Unknown, "-");
        }
        let decided = self.rules.iter().find_map(|rule| Some((rule.judge(text)?, &*rule.name)));
        let (code, rule) = decided.unwrap_or((Code::Unknown, "-"));
        scan(code, rule)
    }
}

impl Compiled {
    /// What this rule says of a text; `None` where it is not its pattern.
    fn judge(&self, text: &str) -> Option<Code> {
        let groups = self.whole.captures(text)?;
        Some(match self.action {
            Action::Order => {
                let order = groups.name("order").map_or(text, |group| group.as_str());
                Order::parse(order).map_or(Code::Unknown, Code::Order)
            }
            Action::Item => Code::Item,
            Action::Ignore => Code::Ignored,
            Action::Start => Code::Control(Control::Start),
            Action::End => Code::Control(Control::End),
            Action::Cancel => Code::Control(Control::Cancel),
            Action::Return => Code::Control(Control::Return),
            Action::Hold => Code::Control(Control::Hold),
        })
    }
}

fn compile(rule: &Rule) -> Result<Compiled, String> {
    let Rule { name, pattern, action } = rule;
    if name == "-" || !(1..=64).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        let shown: String = name.chars().take(80).filter(|c| !c.is_control()).collect();
        return Err(format!("code.name '{shown}' is 1 to 64 characters, and not '-' alone"));
    }
    let build = |pattern: &str| {
        RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).build().map_err(|error| {
            let why = match error {
                regex::Error::CompiledTooBig(_) => "it is too large: use fewer or smaller repetitions".to_owned(),
                // What is wrong stands in the last line, below a drawing of where.
                other => other.to_string().lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned(),
            };
            format!("code.pattern of the rule '{name}' is no regular expression: {why}")
        })
    };
    // By itself first: one like `a)|(b` would be valid, and not the whole, inside the parentheses.
    build(pattern)?;
    Ok(Compiled { name: name.clone(), whole: build(&format!(r"\A(?:{pattern})\z"))?, action: *action })
}

#[cfg(test)]
mod tests;
