//! Answers of many elements, read so that a bad element or field harms nothing but itself (fault 39).

use std::borrow::{Borrow, Cow};
use std::collections::BTreeMap;

use bytes::Bytes;
use http::Response;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json_borrow::{ObjectAsVec, Value};

use crate::error::{Error, Kind, Result, place};

/// A page of a list. A link of a wrong type makes the page unreadable: taken for the last one, it would make people vanish.
#[derive(Deserialize)]
pub(super) struct Page<'a> {
    #[serde(borrow)]
    pub(super) value: Vec<&'a RawValue>,
    #[serde(rename = "@odata.nextLink")]
    pub(super) next: Option<String>,
    #[serde(rename = "@odata.deltaLink")]
    pub(super) delta: Option<String>,
}

/// An element of many fields, all of them read at once. Should something in it be such that it cannot be held, the rest is; what cannot be
/// held is null where a field is, and left out of a list. `None` if the element is no object.
pub(super) fn object(element: &RawValue) -> Option<ObjectAsVec<'_>> {
    match holdable(element, DEEPEST)? {
        Value::Object(object) => Some(object),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Str(_) | Value::Array(_) => None,
    }
}

/// So deep is looked for what can be held: a person, their licences, one of these, its plans.
const DEEPEST: u8 = 4;

/// What can be held of a value. An object in which something cannot, and a name is written with escapes, is not held at all.
fn holdable(value: &RawValue, depth: u8) -> Option<Value<'_>> {
    if let Ok(whole) = serde_json::from_str(value.get()) {
        return Some(whole);
    }
    let beneath = depth.checked_sub(1)?;
    if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(value.get()) {
        let held = elements.into_iter();
        return Some(Value::Array(
            held.filter_map(|one| holdable(one, beneath)).collect(),
        ));
    }
    let fields = Fields::of(value)?.0.into_iter();
    let held = fields.map(|(name, value)| match name.0 {
        Cow::Borrowed(name) => Some((name, holdable(value, beneath).unwrap_or(Value::Null))),
        Cow::Owned(_) => None,
    });
    Some(Value::Object(held.collect::<Option<_>>()?))
}

/// Reads the body of an answer of the 2xx class. What cannot be read is as good as no answer, and nothing was changed by it.
pub(super) fn body<'a, T: Deserialize<'a>>(answer: &'a Response<Bytes>, what: &str) -> Result<T> {
    serde_json::from_slice(answer.body())
        .map_err(|error| unreadable(what).with_source(place(&error)))
}

/// An answer that makes no sense; `what` it was an answer to.
pub(super) fn unreadable(what: &str) -> Error {
    Error::new(
        Kind::Unavailable,
        format!("{what}: the answer cannot be read"),
    )
}

/// An object whose fields are looked at one by one, each only when it is asked for.
#[derive(Deserialize)]
#[serde(transparent)]
pub(super) struct Fields<'a>(#[serde(borrow)] BTreeMap<Name<'a>, &'a RawValue>);

/// The name of a field, which nearly always stands in the answer as it is.
#[derive(PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

impl Borrow<str> for Name<'_> {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'a> Fields<'a> {
    /// The fields of an element; `None` if it is no object.
    pub(super) fn of(element: &'a RawValue) -> Option<Self> {
        serde_json::from_str(element.get()).ok()
    }

    /// A field; `None` if it is missing, null, or not a `T`.
    pub(super) fn get<T: Deserialize<'a>>(&self, name: &str) -> Option<T> {
        serde_json::from_str::<Option<T>>(self.0.get(name)?.get())
            .ok()
            .flatten()
    }

    /// Whether a field is there, whatever it holds.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// A single entity comes bare, as an object in `value`, or as the only element of an array there (`graph-api.md 5.1.2`).
/// `None` = the array is empty.
pub(super) fn unwrapped(whole: &RawValue) -> Option<&RawValue> {
    let value: Option<&RawValue> = Fields::of(whole).and_then(|fields| fields.get("value"));
    match value {
        Some(value) if value.get().starts_with('[') => {
            serde_json::from_str::<Vec<&RawValue>>(value.get())
                .ok()?
                .first()
                .copied()
        }
        Some(value) if value.get().starts_with('{') => Some(value),
        Some(_) | None => Some(whole),
    }
}

/// A list without the elements that are not a `T`.
pub(super) struct Tolerant<T>(pub(super) Vec<T>);

impl<'de, T: serde::de::DeserializeOwned> Deserialize<'de> for Tolerant<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let elements = Vec::<&RawValue>::deserialize(deserializer)?;
        Ok(Self(
            elements
                .into_iter()
                .filter_map(|element| serde_json::from_str(element.get()).ok())
                .collect(),
        ))
    }
}

/// A text cut at [`LONGEST_TEXT`]: it ends up in a row, and a row is small.
#[derive(Default)]
pub(super) struct Short(pub(super) String);

/// Characters kept of a text for which there is no better limit.
const LONGEST_TEXT: usize = 256;

/// At most [`LONGEST_TEXT`] characters of a text.
pub(super) fn short(text: &str) -> &str {
    let end = text.char_indices().nth(LONGEST_TEXT);
    end.map_or(text, |(end, _)| &text[..end])
}

impl<'de> Deserialize<'de> for Short {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let mut text = String::deserialize(deserializer)?;
        text.truncate(short(&text).len());
        text.shrink_to_fit();
        Ok(Self(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_be_written_with_escapes() {
        let fields: Fields<'_> = serde_json::from_str(r#"{"\u0069d": "x", "plain": 1}"#).unwrap();
        assert_eq!(fields.get::<String>("id").as_deref(), Some("x"));
        assert_eq!(fields.get::<u8>("plain"), Some(1));
    }

    fn fields(text: &str) -> Fields<'_> {
        serde_json::from_str(text).unwrap()
    }

    /// Fault 39: nesting, halves of surrogate pairs, wrong types.
    #[test]
    fn a_bad_field_harms_only_itself() {
        let deep = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
        let text =
            format!(r#"{{"deep":{deep},"half":"\ud83d","number":7,"none":null,"good":"x"}}"#);
        let fields = fields(&text);
        assert_eq!(fields.get::<serde_json::Value>("deep"), None);
        assert_eq!(fields.get::<String>("half"), None);
        assert_eq!(fields.get::<String>("number"), None);
        assert_eq!(fields.get::<String>("none"), None);
        assert!(fields.has("none") && !fields.has("missing"));
        let raw: &RawValue = serde_json::from_str(&text).unwrap();
        let object = object(raw).unwrap();
        let held: Vec<&str> = object.keys().collect();
        assert_eq!(held, ["deep", "good", "half", "none", "number"]);
        assert_eq!(object.get("half"), Some(&Value::Null));
        assert_eq!(object.get("good"), Some(&Value::Str("x".into())));
    }

    #[test]
    fn lists_and_texts_are_read_tolerantly() {
        let text = format!(
            r#"{{"list":["a",1,null,{{}},"b"],"long":"{}"}}"#,
            "ü".repeat(10_000_000)
        );
        let fields = fields(&text);
        assert_eq!(
            fields.get::<Tolerant<String>>("list").unwrap().0,
            ["a", "b"]
        );
        assert_eq!(fields.get::<Short>("long").unwrap().0, "ü".repeat(256));
    }

    #[test]
    fn a_broken_link_does_not_pass_for_the_end_of_a_list() {
        assert!(serde_json::from_str::<Page>(r#"{"value":[],"@odata.nextLink":7}"#).is_err());
        assert!(serde_json::from_str::<Page>(r#"{"@odata.context":"x"}"#).is_err());
        assert!(
            serde_json::from_str::<Page>(r#"{"value":[],"@odata.nextLink":null}"#)
                .unwrap()
                .next
                .is_none()
        );
    }
}
