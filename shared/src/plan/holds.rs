//! Whether the world agrees with a step, and what would have to be asked for if it does not.

use crate::model::ask::Verb;
use crate::model::microsoft::{DirectoryUser, LicenceState, PolicyType, SkuId, TeamsUser};
use crate::model::property::Property;
use crate::model::step::Step;

/// What was read of one person, freshly, for one job (W3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The directory's answer.
    pub user: Glance<DirectoryUser>,
    /// The Teams service's answer.
    pub teams: Glance<TeamsUser>,
}

/// One answer, if it was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Glance<T> {
    /// Not read yet, or something was sent since.
    #[default]
    Unread,
    /// 404.
    Absent,
    /// This.
    Present(T),
}

/// What has to be read for a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// `GET /users/{id}` with licence states.
    User,
    /// `GET /admin/teams/userConfigurations/{id}`.
    Teams,
}

/// What a look at the world says about a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum View {
    /// This has to be read first.
    Unread(Read),
    /// The postcondition holds.
    Holds,
    /// It does not; these requests would bring it about.
    Lacks(Vec<Verb>),
    /// The person is not there.
    Absent,
}

/// Compares a step of the kind that is asked of Microsoft with what was seen. Steps that are rows of ours always hold.
pub fn view(step: &Step, seen: &Seen) -> View {
    match step {
        Step::UsageLocation { country } => of(&seen.user, Read::User, |user| {
            let set = user
                .facts
                .text(Property::UsageLocation)
                .is_some_and(|c| c.eq_ignore_ascii_case(country));
            lacking([(Verb::SetUsageLocation, !set)])
        }),
        Step::Licences { set } => of(&seen.user, Read::User, |user| {
            if licence_change(set, user).is_needed() {
                View::Lacks(vec![Verb::ChangeLicences])
            } else if direct(user).all(LicenceState::is_active) {
                View::Holds
            } else {
                // Assigned and not in force: only time, or an administrator, can help.
                View::Lacks(Vec::new())
            }
        }),
        Step::ClearLicences => of(&seen.user, Read::User, |user| {
            lacking([(Verb::ChangeLicences, direct(user).next().is_some())])
        }),
        Step::Policies { assign, unassign } => of(&seen.teams, Read::Teams, |user| {
            let differs = assign
                .iter()
                .any(|(kind, name)| !has_policy(user, kind, name));
            let direct = unassign
                .iter()
                .any(|kind| user.policy(kind).is_some_and(|policy| policy.direct));
            lacking([
                (Verb::AssignPolicies, differs),
                (Verb::UnassignPolicies, direct),
            ])
        }),
        Step::ClearPolicies => match &seen.teams {
            // Nobody without a Teams account has a policy.
            Glance::Absent => View::Holds,
            teams @ (Glance::Unread | Glance::Present(_)) => of(teams, Read::Teams, |user| {
                lacking([(
                    Verb::UnassignPolicies,
                    user.policies.iter().any(|policy| policy.direct),
                )])
            }),
        },
        Step::AwaitTeams => of(&seen.teams, Read::Teams, |_| View::Lacks(Vec::new())),
        Step::Place { .. } | Step::Role { .. } => View::Holds,
    }
}

/// The direct licences to add and to remove; inherited ones are not part of the comparison (R63).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LicenceChange {
    /// To add.
    pub add: Vec<SkuId>,
    /// To remove.
    pub remove: Vec<SkuId>,
}

impl LicenceChange {
    /// There is something to change.
    pub fn is_needed(&self) -> bool {
        !self.add.is_empty() || !self.remove.is_empty()
    }
}

/// What replaces somebody's direct licences by `set`.
pub fn licence_change(set: &[SkuId], user: &DirectoryUser) -> LicenceChange {
    let held: Vec<&SkuId> = direct(user).map(|state| &state.sku).collect();
    LicenceChange {
        add: set
            .iter()
            .filter(|sku| !held.contains(sku))
            .cloned()
            .collect(),
        remove: held
            .into_iter()
            .filter(|sku| !set.contains(sku))
            .cloned()
            .collect(),
    }
}

/// The group that one of somebody's licences comes from, if any does (R96).
pub fn licence_group(user: &DirectoryUser) -> Option<&str> {
    states(user).iter().find_map(|state| state.group.as_deref())
}

/// The types of somebody's direct policies.
pub fn direct_policies(user: &TeamsUser) -> Vec<PolicyType> {
    user.policies
        .iter()
        .filter(|policy| policy.direct)
        .map(|policy| policy.policy_type.clone())
        .collect()
}

/// The policy with this name is in force; names compare without case (graph-api.md 5.1.3).
pub fn has_policy(user: &TeamsUser, kind: &PolicyType, name: &str) -> bool {
    user.policy(kind)
        .is_some_and(|policy| policy.name.eq_ignore_ascii_case(name))
}

fn direct(user: &DirectoryUser) -> impl Iterator<Item = &LicenceState> {
    states(user).iter().filter(|state| state.is_direct())
}

fn states(user: &DirectoryUser) -> &[LicenceState] {
    user.licence_states.as_deref().unwrap_or_default()
}

fn of<T>(glance: &Glance<T>, read: Read, judge: impl FnOnce(&T) -> View) -> View {
    match glance {
        Glance::Unread => View::Unread(read),
        Glance::Absent => View::Absent,
        Glance::Present(what) => judge(what),
    }
}

fn lacking<const N: usize>(needs: [(Verb, bool); N]) -> View {
    let verbs: Vec<Verb> = needs
        .into_iter()
        .filter_map(|(verb, needed)| needed.then_some(verb))
        .collect();
    if verbs.is_empty() {
        View::Holds
    } else {
        View::Lacks(verbs)
    }
}
