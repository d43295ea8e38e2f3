//! The words of a file, by what was found in it.

use super::*;
use Answer::{No, Unknown, Yes};
use Verdict::{CredentialsInvalid, CredentialsUntrusted, CredentialsValid, Undecided};

/// Binding, signature, trust and validity, and the word: every combination stands here, one row of three for each
/// validity.
#[rustfmt::skip]
const TABLE: [(Answer, Answer, Answer, [Verdict; 3]); 27] = [
    //                           validity: yes                no                  unknown
    (Yes, Yes, Yes,             [CredentialsValid,     CredentialsInvalid, Undecided]),
    (Yes, Yes, No,              [CredentialsUntrusted, CredentialsInvalid, CredentialsUntrusted]),
    (Yes, Yes, Unknown,         [CredentialsUntrusted, CredentialsInvalid, CredentialsUntrusted]),
    (Yes, No, Yes,              [CredentialsInvalid; 3]),
    (Yes, No, No,               [CredentialsInvalid; 3]),
    (Yes, No, Unknown,          [CredentialsInvalid; 3]),
    (Yes, Unknown, Yes,         [Undecided, CredentialsInvalid, Undecided]),
    (Yes, Unknown, No,          [Undecided, CredentialsInvalid, Undecided]),
    (Yes, Unknown, Unknown,     [Undecided, CredentialsInvalid, Undecided]),
    (No, Yes, Yes,              [CredentialsInvalid; 3]),
    (No, Yes, No,               [CredentialsInvalid; 3]),
    (No, Yes, Unknown,          [CredentialsInvalid; 3]),
    (No, No, Yes,               [CredentialsInvalid; 3]),
    (No, No, No,                [CredentialsInvalid; 3]),
    (No, No, Unknown,           [CredentialsInvalid; 3]),
    (No, Unknown, Yes,          [CredentialsInvalid; 3]),
    (No, Unknown, No,           [CredentialsInvalid; 3]),
    (No, Unknown, Unknown,      [CredentialsInvalid; 3]),
    (Unknown, Yes, Yes,         [Undecided, CredentialsInvalid, Undecided]),
    (Unknown, Yes, No,          [Undecided, CredentialsInvalid, Undecided]),
    (Unknown, Yes, Unknown,     [Undecided, CredentialsInvalid, Undecided]),
    (Unknown, No, Yes,          [CredentialsInvalid; 3]),
    (Unknown, No, No,           [CredentialsInvalid; 3]),
    (Unknown, No, Unknown,      [CredentialsInvalid; 3]),
    (Unknown, Unknown, Yes,     [Undecided, CredentialsInvalid, Undecided]),
    (Unknown, Unknown, No,      [Undecided, CredentialsInvalid, Undecided]),
    (Unknown, Unknown, Unknown, [Undecided, CredentialsInvalid, Undecided]),
];

fn found(declares: &[Declares]) -> Found {
    let label = |declares: &Declares| Label {
        kind: Kind::C2pa,
        path: String::new(),
        place: Place { offset: 0, length: 0 },
        value: String::new(),
        declares: *declares,
        notes: Vec::new(),
    };
    Found { labels: declares.iter().map(label).collect(), ..Found::default() }
}

#[test]
fn four_answers_make_one_word() {
    let mut seen = Vec::new();
    for (binding, signature, trust, words) in TABLE {
        for (validity, word) in [Yes, No, Unknown].into_iter().zip(words) {
            let answers = Credentials { binding, signature, trust, validity, ..Credentials::unknown() };
            assert_eq!(answers.verdict(), word, "{binding:?} {signature:?} {trust:?} {validity:?}");
            assert_eq!(found(&[Declares::Credentials]).verdicts(Some(&answers)), [word]);
            assert!(!seen.contains(&answers), "{answers:?} twice");
            seen.push(answers);
        }
    }
    assert_eq!(seen.len(), 3_usize.pow(4));
}

#[test]
fn what_credentials_come_to_stands_beside_what_labels_declare() {
    let valid = Credentials { binding: Yes, signature: Yes, trust: Yes, validity: Yes, ..Credentials::unknown() };
    let declared = found(&[Declares::Credentials, Declares::Generated, Declares::Program]);
    assert_eq!(declared.verdicts(Some(&valid)), [Verdict::Declared, CredentialsValid, Verdict::Trace]);
    assert_eq!(declared.verdicts(None), [Verdict::Declared, Verdict::Trace, Undecided]);
    assert_eq!(declared.verdicts(Some(&Credentials::unknown())), [Verdict::Declared, Verdict::Trace, Undecided]);
    let unclear = found(&[Declares::Credentials, Declares::Unclear]);
    assert_eq!(unclear.verdicts(Some(&valid)), [CredentialsValid, Undecided]);
    assert_eq!(found(&[]).verdicts(None), [Verdict::NotFound]);
}
