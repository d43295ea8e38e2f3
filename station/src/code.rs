//! What a scanned code is.

use evidence::{
    statement::{CodeClass, Control},
    value::{Order, Token},
};
use serde::Deserialize;

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

/// What a scanned text stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Code {
    /// An order or waybill number.
    Order(Order),
    /// An article.
    Item,
    /// A control code of the bench.
    Control(Control),
    /// Somebody signs on, or whoever was signed on signs off.
    Operator(Option<Token>),
    /// On the ignore list.
    Ignored,
    /// None of these.
    Unknown,
}

/// A scanned text after the rules were applied. The text itself is not kept: it may be of another clip's order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scan {
    /// What it is.
    pub code: Code,
    /// Its length, 1 to 4096 characters.
    pub length: u64,
    /// Name of the rule that decided, `-` if none did.
    pub rule: String,
}

impl Scan {
    /// How a clip speaks of it where it is not that clip's order.
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
