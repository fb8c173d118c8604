//! Groups of the directory, as far as licences and policies come through them (`graph-api.md 3.4`, `4`).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::microsoft::SkuId;

/// The object id of a group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GroupId(pub String);

impl GroupId {
    /// Whether both name one group: people and portals write GUIDs in capitals or small letters.
    pub fn same(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

/// A group as the directory shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its name for people.
    pub name: String,
    /// The products that its members inherit.
    pub licences: BTreeSet<SkuId>,
    /// Why its members cannot be changed by us; `None` = they can.
    pub obstacle: Option<GroupObstacle>,
    /// It was looked for, and is not there any more (F76).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing: bool,
}

/// Why nobody can be added to a group or removed from it through Graph, or should not be by us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupObstacle {
    /// A rule of its own decides who is in it.
    Dynamic,
    /// It is mastered on premises.
    OnPremises,
    /// A distribution list or a mail-enabled security group.
    MailEnabled,
    /// It can give administrator roles; a permission that we do not want would be needed.
    RoleAssignable,
}

impl fmt::Display for GroupObstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dynamic => "a rule of the group decides who is in it",
            Self::OnPremises => "the group is managed on premises",
            Self::MailEnabled => "it is a distribution list or a mail-enabled security group; those are managed in Exchange",
            Self::RoleAssignable => "the group can give administrator roles, and is left to people",
        })
    }
}

/// What a request for a membership came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Membership<R> {
    /// Microsoft took the change.
    Changed(R),
    /// It was so before.
    AlreadySo,
}

/// The products that these groups give their members, as far as the groups are known.
pub fn given_by<'a>(
    groups: &'a [GroupId],
    known: &'a [Group],
) -> impl Iterator<Item = (&'a GroupId, &'a SkuId)> {
    groups.iter().flat_map(|id| {
        let group = known.iter().find(|group| group.id.same(id));
        let skus = group.into_iter().flat_map(|group| &group.licences);
        skus.map(move |sku| (id, sku))
    })
}
