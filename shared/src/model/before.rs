//! What somebody had before a job touched it: the record of what was taken away, and what an undo starts from (F105).

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::group::GroupId;
use super::microsoft::{PolicyType, SkuId};
use super::number::E164;

/// The values of what a job's requests changed, as they were read just before the first request about each. What was never asked
/// for is not here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Before {
    /// The usage location; `Some(None)` = there was none.
    #[serde(skip_serializing_if = "Option::is_none", with = "told")]
    pub usage_location: Option<Option<String>>,
    /// The direct licences.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub licences: Option<BTreeSet<SkuId>>,
    /// The direct policies by type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub policies: Option<BTreeMap<PolicyType, String>>,
    /// The telephone numbers that they had and that the job takes away.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub numbers: BTreeSet<E164>,
    /// They could sign in.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub could_sign_in: bool,
    /// Groups that they were in and that the job takes them out of.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub left: BTreeSet<GroupId>,
    /// Groups that they were not in and that the job puts them into.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub joined: BTreeSet<GroupId>,
}

impl Before {
    /// Nothing was asked for.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// `Some(None)` is stored as an empty text: a missing value and "there was none" are two things.
mod told {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde's signature")]
    pub(super) fn serialize<S: Serializer>(
        value: &Option<Option<String>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let text = value.as_ref().map(|told| told.as_deref().unwrap_or(""));
        text.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Option<String>>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        Ok(text.map(|text| Some(text).filter(|text| !text.is_empty())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn that_there_was_none_is_kept_apart_from_that_nothing_was_changed() {
        let round = |before: &Before| -> Before {
            serde_json::from_value(serde_json::to_value(before).unwrap()).unwrap()
        };
        for usage_location in [None, Some(None), Some(Some("GB".to_owned()))] {
            let before = Before {
                usage_location,
                ..Before::default()
            };
            assert_eq!(round(&before), before);
        }
        assert_eq!(serde_json::to_value(Before::default()).unwrap(), json!({}));
    }
}
