//! Act: what somebody with an account did at the station. Kept by the station; the ledger has an entry about it.

use super::statement;
use crate::value::{KeyName, Time, Token, choice};

choice!(
    /// What was done.
    ActKind {
        /// Somebody logged in.
        LogIn = "log-in",
        /// A password did not fit: the first of a row of them.
        LogInRefused = "log-in-refused",
        /// An account was made.
        AccountMade = "account-made",
        /// An account was removed.
        AccountRemoved = "account-removed",
        /// An account has another password.
        PasswordSet = "password-set",
        /// An order was put on hold.
        Hold = "hold",
        /// It was released.
        Release = "release",
        /// An evidence bundle of an order was asked for.
        Export = "export",
        /// A clip's file was sent.
        Clip = "clip",
        /// A part of a clip was sent.
        Excerpt = "excerpt",
    }
);

statement!(
    /// Who did what, when.
    Act = "packseal/act/v1",
    rule: |a| {
        let is_log_in = matches!(a.kind, ActKind::LogIn | ActKind::LogInRefused);
        a.about.is_none() == is_log_in && (a.who.is_some() || a.kind != ActKind::LogIn)
    },
    {
        /// The signing key's name.
        "station" station: KeyName,
        /// When.
        "time" time: Time,
        /// Whose account; `None`: nobody's, as of a command on the machine itself.
        "who" who: Option<Token>,
        /// What.
        "act" kind: ActKind,
        /// The account, order or clip that it was done to; `None` exactly for a log-in.
        "about" about: Option<Token>,
    }
);
