//! A customer: what there is to know of one, and what one has to be like.

use garde::Validate;
use serde::{Deserialize, Serialize};

/// A customer, as answers have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Customer {
    /// Given by the database, from 1 up, and never to another.
    pub id: i64,
    /// As it is to be addressed.
    pub name: String,
    /// Where it can be written to.
    pub email: String,
    /// Where it lives.
    pub city: String,
    /// 1, and one more with each change: what the `ETag` says.
    #[serde(skip)]
    pub version: i64,
}

/// A customer, as requests have it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Validate)]
pub struct Draft {
    /// Whoever sends back what an answer held sends this too.
    #[garde(skip)]
    pub id: Option<i64>,
    /// See [`Customer::name`].
    #[garde(length(chars, min = 1, max = 100), custom(printable))]
    pub name: String,
    /// See [`Customer::email`].
    #[garde(length(bytes, max = 254), custom(address))]
    pub email: String,
    /// See [`Customer::city`].
    #[garde(length(chars, min = 1, max = 100), custom(printable))]
    pub city: String,
}

/// What a customer has bought, compared with all others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Whose it is.
    pub customer_id: i64,
    /// How many purchases.
    pub purchases: i64,
    /// What they cost together.
    pub cents: i64,
    /// 1 for who has paid most of all.
    pub rank: i64,
}

/// Something to read, in one line. Postgres takes no zero byte in a text either.
fn printable(text: &str, _: &()) -> garde::Result {
    if text.trim().is_empty() {
        return Err(garde::Error::new("has nothing in it that can be seen"));
    }
    match text.chars().find(|letter| letter.is_control()) {
        Some(letter) => Err(garde::Error::new(format!("has a control character, {letter:?}"))),
        None => Ok(()),
    }
}

/// What may be an address. Only a message to it can tell whether it is one.
fn address(text: &str, _: &()) -> garde::Result {
    let parts = text.rsplit_once('@');
    let is_one = parts.is_some_and(|(user, host)| {
        let is_odd = |letter: char| letter.is_control() || letter.is_whitespace() || letter == '@';
        !user.is_empty() && !host.is_empty() && !text.replacen('@', "", 1).contains(is_odd)
    });
    if is_one { Ok(()) } else { Err(garde::Error::new("is no address such as ada@example.com")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(change: impl FnOnce(&mut Draft)) -> Vec<String> {
        let mut draft = Draft {
            id: None,
            name: "Ada Moon".to_owned(),
            email: "ada@example.com".to_owned(),
            city: "Northaven".to_owned(),
        };
        change(&mut draft);
        let report = draft.validate().err();
        report.iter().flat_map(|it| it.iter()).map(|(path, _)| path.to_string()).collect()
    }

    #[test]
    fn names_are_of_one_to_a_hundred_letters_that_can_be_seen() {
        for name in ["A", &"é".repeat(100), "Ada  Moon"] {
            assert!(refused(|draft| draft.name = name.to_owned()).is_empty(), "{name}");
        }
        for name in ["", " ", &"é".repeat(101), "Ada\nMoon", "Ada\0", "\u{1b}[2J"] {
            assert!(!refused(|draft| draft.name = name.to_owned()).is_empty(), "{name:?}");
        }
    }

    #[test]
    fn addresses_have_one_sign_with_something_on_both_sides() {
        for email in ["a@b", "ada.moon+shop@example.com", "ü@example.com"] {
            assert!(refused(|draft| draft.email = email.to_owned()).is_empty(), "{email}");
        }
        let long = format!("{}@example.com", "a".repeat(243));
        for email in ["", "ada", "@", "ada@", "@b", "a@b@c", "a b@c", "a@b\n", &long] {
            assert_eq!(refused(|draft| draft.email = email.to_owned())[0], "email", "{email:?}");
        }
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let wrong = refused(|draft| (draft.city, draft.email) = Default::default());
        assert!(wrong.contains(&"city".to_owned()) && wrong.contains(&"email".to_owned()));
    }
}
