//! The licence decision table: whether anything is asked about somebody's direct licences, by whatever route.
//!
//! | what is done | permission | licences named | any from a group | all licence groups go | so |
//! |---|---|---|---|---|---|
//! | onboard | any | none | any | – | nothing |
//! | onboard | no | some | any | – | skipped: no permission |
//! | onboard | yes | some | yes | – | skipped: group licensed |
//! | onboard | yes | some | no | – | the direct set is replaced |
//! | edit | any, licences are kept | – | any | – | not applied: inert |
//! | edit | no | some | any | – | refused: no permission |
//! | edit | yes | some | yes | – | refused: group licensed |
//! | edit | yes | some | no | – | the direct set is replaced |
//! | offboard, keep | any | – | any | any | nothing |
//! | offboard, remove | no | – | any | any | attempted, the refusal is ignored |
//! | offboard, remove | yes | – | no | – | all direct ones are removed |
//! | offboard, remove | yes | – | yes | yes | groups first; when their licences are gone, the direct ones |
//! | offboard, remove | yes | – | yes | no | direct ones stay: blocked by the group |

use crate::model::tenant::OffboardLicences;

/// What is done to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// They get what a persona says: by a rule, by hand, or through a profile.
    Onboard {
        /// The persona names licences.
        names_some: bool,
    },
    /// Somebody edits their licences by hand.
    Edit {
        /// The edit names licences.
        names_some: bool,
        /// Whether the tenant lets Rollcall manage licences at all (R92, R93).
        manages: OffboardLicences,
    },
    /// They leave.
    Offboard {
        /// Whether licences are taken away.
        licences: OffboardLicences,
    },
}

/// How it stands with licences that come from groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Groups {
    /// None does.
    None,
    /// Some do, and the person leaves all of those groups in the same run.
    AllGo,
    /// Some do, and at least one of the groups stays.
    SomeStay,
}

/// What to do about direct licences.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// No request (R57, R84).
    Nothing,
    /// No request, and the missing permission is said (R94).
    NoPermission,
    /// No request, because a licence comes from a group (R96, R97).
    GroupLicensed,
    /// No request, because licences are managed elsewhere (R92).
    Inert,
    /// The direct set becomes the one that is named (R63).
    Replace,
    /// All direct ones go (R81).
    Remove,
    /// All direct ones go, once those from groups are gone (R98).
    RemoveAfterGroups,
    /// It is tried, and Microsoft's refusal ignored (R83).
    Attempt,
    /// No request, because a licence group stays (R99).
    Blocked,
}

/// The table. `may` = Microsoft lets us assign licences, as far as is known.
pub const fn verdict(deed: Deed, may: bool, groups: Groups) -> Verdict {
    use OffboardLicences::{Keep, Remove};
    match (deed, may, groups) {
        (Deed::Onboard { names_some: false }, _, _) => Verdict::Nothing,
        (Deed::Onboard { names_some: true }, false, _) => Verdict::NoPermission,
        (Deed::Onboard { names_some: true }, true, Groups::AllGo | Groups::SomeStay) => {
            Verdict::GroupLicensed
        }
        (Deed::Onboard { names_some: true }, true, Groups::None) => Verdict::Replace,

        (Deed::Edit { manages: Keep, .. }, _, _) => Verdict::Inert,
        (
            Deed::Edit {
                names_some: false,
                manages: Remove,
            },
            _,
            _,
        ) => Verdict::Nothing,
        (
            Deed::Edit {
                names_some: true,
                manages: Remove,
            },
            false,
            _,
        ) => Verdict::NoPermission,
        (
            Deed::Edit {
                names_some: true,
                manages: Remove,
            },
            true,
            Groups::AllGo | Groups::SomeStay,
        ) => Verdict::GroupLicensed,
        (
            Deed::Edit {
                names_some: true,
                manages: Remove,
            },
            true,
            Groups::None,
        ) => Verdict::Replace,

        (Deed::Offboard { licences: Keep }, _, _) => Verdict::Nothing,
        (Deed::Offboard { licences: Remove }, false, _) => Verdict::Attempt,
        (Deed::Offboard { licences: Remove }, true, Groups::None) => Verdict::Remove,
        (Deed::Offboard { licences: Remove }, true, Groups::AllGo) => Verdict::RemoveAfterGroups,
        (Deed::Offboard { licences: Remove }, true, Groups::SomeStay) => Verdict::Blocked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R50-R63, R81-R83, R96-R101: every row of the table, in words.
    #[test]
    fn every_row_of_the_table() {
        use OffboardLicences::{Keep, Remove};
        let all = [Groups::None, Groups::AllGo, Groups::SomeStay];
        let onboard = |names_some| Deed::Onboard { names_some };
        let edit = |names_some, manages| Deed::Edit {
            names_some,
            manages,
        };
        let offboard = |licences| Deed::Offboard { licences };
        let group = [Groups::AllGo, Groups::SomeStay];
        let rows: &[(Deed, &[bool], &[Groups], Verdict)] = &[
            (onboard(false), &[true, false], &all, Verdict::Nothing),
            (onboard(true), &[false], &all, Verdict::NoPermission),
            (onboard(true), &[true], &group, Verdict::GroupLicensed),
            (onboard(true), &[true], &[Groups::None], Verdict::Replace),
            (edit(true, Keep), &[true, false], &all, Verdict::Inert),
            (edit(false, Remove), &[true, false], &all, Verdict::Nothing),
            (edit(true, Remove), &[false], &all, Verdict::NoPermission),
            (edit(true, Remove), &[true], &group, Verdict::GroupLicensed),
            (
                edit(true, Remove),
                &[true],
                &[Groups::None],
                Verdict::Replace,
            ),
            (offboard(Keep), &[true, false], &all, Verdict::Nothing),
            (offboard(Remove), &[false], &all, Verdict::Attempt),
            (offboard(Remove), &[true], &[Groups::None], Verdict::Remove),
            (
                offboard(Remove),
                &[true],
                &[Groups::AllGo],
                Verdict::RemoveAfterGroups,
            ),
            (
                offboard(Remove),
                &[true],
                &[Groups::SomeStay],
                Verdict::Blocked,
            ),
        ];
        for (deed, may, groups, expected) in rows {
            for may in *may {
                for groups in *groups {
                    let found = verdict(*deed, *may, *groups);
                    assert_eq!(found, *expected, "{deed:?}, {may}, {groups:?}");
                }
            }
        }
    }
}
