//! Telephone numbers as Microsoft tells them (`graph-api.md 5.3`). Enumerations are open: unknown members stay text.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::microsoft::UserId;

/// A number in E.164: a plus sign and up to 15 digits, perhaps with an extension, as in `+14255551234;ext=1234`. What is written
/// so names the same line everywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct E164(String);

/// The most digits of a number.
const MOST_DIGITS: usize = 15;
/// The most digits of an extension (RFC 3966 names no limit; Teams takes this many).
const MOST_OF_EXTENSION: usize = 10;

impl E164 {
    /// A number, if `text` is one; `tel:` may stand before it, and blanks, hyphens, dots and brackets between its digits.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = match text.split_at_checked(4) {
            Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest,
            Some(_) | None => text,
        };
        let (number, extension) = match text.split_once(';') {
            Some((number, extension)) => (number, Some(extension)),
            None => (text, None),
        };
        let mut plain = String::from("+");
        for character in number.trim().strip_prefix('+')?.chars() {
            match character {
                '0'..='9' => plain.push(character),
                ' ' | '-' | '.' | '(' | ')' | '/' | '\u{a0}' => {}
                _ => return None,
            }
        }
        if !(3..=MOST_DIGITS + 1).contains(&plain.len()) || plain.starts_with("+0") {
            return None;
        }
        if let Some(extension) = extension {
            let (name, digits) = extension.trim().split_once('=')?;
            let fits = (1..=MOST_OF_EXTENSION).contains(&digits.len());
            if !(name.eq_ignore_ascii_case("ext") && fits && is_digits(digits)) {
                return None;
            }
            plain.push_str(";ext=");
            plain.push_str(digits);
        }
        Some(Self(plain))
    }

    /// The number without its extension.
    pub fn base(&self) -> Self {
        let base = self.0.split(';').next().unwrap_or_default();
        Self(base.to_owned())
    }

    /// As Microsoft takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

impl TryFrom<String> for E164 {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| "not a telephone number in E.164".to_owned())
    }
}

impl From<E164> for String {
    fn from(number: E164) -> Self {
        number.0
    }
}

impl fmt::Display for E164 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What Microsoft says of a number (`graph-api.md 5.3.3`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Number {
    /// Which.
    pub number: E164,
    /// `callingPlan`, `operatorConnect`, `directRouting`, or a newer word; every order has to name it.
    pub kind: String,
    /// `activated`, `assignmentPending`, `assignmentFailed`, `updatePending`, `updateFailed`.
    pub activation: String,
    /// `unassigned`, `userAssigned`, `conferenceAssigned`, `voiceApplicationAssigned`, …
    pub status: String,
    /// The object id of who holds it: a person, a resource account, a shared-calling policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
    /// `primary`, `private` or `alternate` at its holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// `userAssignment`, `voiceApplicationAssignment`, …
    pub capabilities: Vec<String>,
    /// `online`, or `onPremises`: mastered there, never touched.
    pub source: String,
    /// While it is ported: `firmOrderCommitmentAccepted`, then `completed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port_in: Option<String>,
    /// ISO 3166 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Where it belongs, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Id of the emergency location; nothing else in Graph shows these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
}

impl Number {
    /// Whether this person holds it.
    pub fn is_held_by(&self, person: &UserId) -> bool {
        let holder = self.holder.as_deref();
        holder.is_some_and(|holder| holder.eq_ignore_ascii_case(&person.0))
    }

    /// It is its holder's first line.
    pub fn is_primary(&self) -> bool {
        let category = self.category.as_deref();
        category.is_none_or(|category| category.eq_ignore_ascii_case("primary"))
    }

    /// Whether Microsoft would give it to a person. Whether we keep it for somebody else is not Microsoft's to know.
    pub fn is_assignable(&self) -> bool {
        let same = str::eq_ignore_ascii_case;
        let for_people = |capability: &String| same(capability, "userAssignment");
        let porting = |status: &str| same(status, "firmOrderCommitmentAccepted");
        same(&self.status, "unassigned")
            && self.holder.is_none()
            && same(&self.activation, "activated")
            && same(&self.source, "online")
            && self.capabilities.iter().any(for_people)
            && !self.port_in.as_deref().is_some_and(porting)
    }
}

/// What has become of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// It is not carried out yet.
    Pending,
    /// It was carried out.
    Succeeded,
    /// It was not, and why, in Microsoft's words and as far as they are understood.
    Failed(Option<NumberRefusal>, String),
}

/// Why the back end of the numbers does not carry out an order (`graph-api.md 10`); told apart only by its text, in the answer to
/// the order or later in its operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberRefusal {
    /// The person has no Teams account yet, or the number is not assigned.
    NotFound,
    /// The plan that a number needs is missing, or not yet seen there.
    Unlicensed,
    /// The tenant does not own the number.
    UnknownNumber,
    /// Somebody holds it: another person, or this one through an earlier order of ours. Only reading it tells.
    Taken,
    /// The person's number is said to be mastered on premises; misleading while the plan is on its way out.
    OnPremises,
    /// The back end is not able to answer.
    Transient,
}

impl NumberRefusal {
    /// The reason that a text names, if it names a known one. The texts are not stable: fragments, any case.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        let has = |fragment: &str| text.contains(fragment);
        if has("lacks appropriate licenses") {
            Some(Self::Unlicensed)
        } else if has("is not found from tenant") {
            Some(Self::UnknownNumber)
        } else if has("already been assigned") {
            Some(Self::Taken)
        } else if has("on-premises active directory") {
            Some(Self::OnPremises)
        } else if has("service is unavailable") || has("please try again") {
            Some(Self::Transient)
        } else if has("notfound") || has("was not found") {
            Some(Self::NotFound)
        } else {
            None
        }
    }
}

impl fmt::Display for NumberRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotFound => "there is no Teams account yet, or the number is not assigned",
            Self::Unlicensed => {
                "the licence that a telephone number needs is missing or not yet in force"
            }
            Self::UnknownNumber => "the tenant does not own the telephone number",
            Self::Taken => "somebody holds the telephone number already",
            Self::OnPremises => "the person's telephone number is mastered on premises",
            Self::Transient => "Microsoft's telephone number service is not available",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        for (text, number) in [
            ("+12052582895", Some("+12052582895")),
            (" tel:+1 (205) 258-2895 ", Some("+12052582895")),
            ("TEL:+49.30/123456", Some("+4930123456")),
            ("+14255551234;ext=1234", Some("+14255551234;ext=1234")),
            ("+1 425 555 1234; EXT=0042", Some("+14255551234;ext=0042")),
            ("12052582895", None),
            ("+012345", None),
            ("+1", None),
            ("+1234567890123456", None),
            ("+1205258289a", None),
            ("+1205;ext=", None),
            ("+1205;ext=12345678901", None),
            ("+1205;ext=1;ext=2", None),
            ("+1205;isub=1", None),
            ("+1205#N", None),
            ("+١٢٠٥", None),
            ("", None),
            ("ü", None),
        ] {
            assert_eq!(
                E164::parse(text).as_ref().map(E164::as_str),
                number,
                "{text}"
            );
        }
        let stored = serde_json::to_value(E164::parse("+1205").unwrap()).unwrap();
        assert_eq!(stored, "+1205");
        assert!(serde_json::from_value::<E164>(stored).is_ok());
        assert!(serde_json::from_str::<E164>("\"x\"").is_err());
    }

    /// `graph-api.md 5.3.3`: all of it, or the number is left alone.
    #[test]
    fn a_number_is_assignable_only_if_everything_says_so() {
        let free = Number {
            number: E164::parse("+12052582895").unwrap(),
            kind: "callingPlan".to_owned(),
            activation: "activated".to_owned(),
            status: "unassigned".to_owned(),
            holder: None,
            category: None,
            capabilities: vec![
                "conferenceAssignment".to_owned(),
                "userAssignment".to_owned(),
            ],
            source: "online".to_owned(),
            port_in: Some("completed".to_owned()),
            country: None,
            city: None,
            location: None,
        };
        assert!(free.is_assignable());
        let spoil: [fn(&mut Number); 7] = [
            |number| number.activation = "assignmentPending".to_owned(),
            |number| number.status = "userAssigned".to_owned(),
            |number| number.status = "aNewerWord".to_owned(),
            |number| number.holder = Some("somebody".to_owned()),
            |number| number.capabilities.truncate(1),
            |number| number.source = "onPremises".to_owned(),
            |number| number.port_in = Some("firmOrderCommitmentAccepted".to_owned()),
        ];
        for spoil in spoil {
            let mut number = free.clone();
            spoil(&mut number);
            assert!(!number.is_assignable(), "{number:?}");
        }
    }

    /// Every text of `graph-api.md 10`, and what it does not say.
    #[test]
    fn every_failure_text_has_its_reason() {
        use NumberRefusal::*;
        for (text, reason) in [
            ("NotFound: user 5c80 was not found.", Some(NotFound)),
            (
                "User x lacks appropriate licenses to assign a number",
                Some(Unlicensed),
            ),
            (
                "Telephone number +1205 is not found from tenant y",
                Some(UnknownNumber),
            ),
            (
                "Telephone number +1205 has already been assigned to another user",
                Some(Taken),
            ),
            (
                "The user already has a telephone number set in the on-premises Active Directory",
                Some(OnPremises),
            ),
            ("Service is unavailable. Please try again.", Some(Transient)),
            (
                "The country of the number is not the usage location of the user",
                None,
            ),
            ("", None),
        ] {
            assert_eq!(NumberRefusal::of(text), reason, "{text}");
        }
    }
}
