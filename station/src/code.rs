//! What a scanned code is.

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
