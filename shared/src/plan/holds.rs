//! Whether the world agrees with a step, and what would have to be asked for if it does not.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::ask::Verb;
use crate::model::group::GroupId;
use crate::model::microsoft::{
    DirectoryUser, EffectivePolicy, LicenceState, PlanId, PolicyType, SkuId, TeamsUser,
};
use crate::model::number::{E164, Number, Operation};
use crate::model::property::Property;
use crate::model::step::Step;

/// What was read of one person, freshly, for one job (W3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The directory's answer.
    pub user: Glance<DirectoryUser>,
    /// The Teams service's answer.
    pub teams: Glance<TeamsUser>,
    /// The groups that they are in directly.
    pub groups: Glance<BTreeSet<GroupId>>,
    /// The telephone numbers that they hold, by the list of numbers.
    pub lines: Glance<Vec<Number>>,
    /// The one number that it is about, by itself.
    pub line: Glance<Number>,
    /// What has become of the order that is under way.
    pub order: Glance<Operation>,
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// `GET /users/{id}` with licence states.
    User,
    /// `GET /admin/teams/userConfigurations/{id}`.
    Teams,
    /// `GET /users/{id}/memberOf`.
    Groups,
    /// `GET …/numberAssignments`, those of the person.
    Lines,
    /// The same, this number.
    Line(E164),
    /// `GET …/operations/{id}`.
    Order(String),
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
        Step::Licences { set, disabled } => of(&seen.user, Read::User, |user| {
            if licence_change(set, disabled, user).is_needed() {
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
        Step::BlockSignIn => of(&seen.user, Read::User, |user| {
            let blocked = user.facts.flag(Property::AccountEnabled) == Some(false);
            lacking([(Verb::BlockSignIn, !blocked)])
        }),
        // Nothing shows it: only Microsoft's word counts, and asking twice does no harm.
        Step::RevokeSessions => of(&seen.user, Read::User, |_| {
            View::Lacks(vec![Verb::RevokeSessions])
        }),
        Step::Groups { join } => of(&seen.groups, Read::Groups, |held| {
            let missing = join.iter().filter(|group| !is_in(held, group));
            lacking(missing.map(|group| (Verb::JoinGroup(group.clone()), true)))
        }),
        Step::LeaveGroups { leave } => of(&seen.groups, Read::Groups, |held| {
            let kept = leave.iter().filter(|group| is_in(held, group));
            lacking(kept.map(|group| (Verb::LeaveGroup(group.clone()), true)))
        }),
        Step::Policies { assign, unassign } => of(&seen.teams, Read::Teams, |user| {
            let differs = differs(assign, user);
            let direct = unassign
                .iter()
                .any(|kind| user.policy(kind).is_some_and(|policy| policy.direct));
            lacking([
                (Verb::AssignPolicies, differs),
                (Verb::UnassignPolicies, direct),
            ])
        }),
        // Nobody without a Teams account has a policy.
        Step::ClearPolicies | Step::OnlyPolicies { .. } if seen.teams == Glance::Absent => {
            View::Holds
        }
        Step::ClearPolicies => of(&seen.teams, Read::Teams, |user| {
            let any = direct_policies(user).next().is_some();
            lacking([(Verb::UnassignPolicies, any)])
        }),
        Step::OnlyPolicies { assign } => of(&seen.teams, Read::Teams, |user| {
            lacking([
                (Verb::AssignPolicies, differs(assign, user)),
                (
                    Verb::UnassignPolicies,
                    !other_policies(assign, user).is_empty(),
                ),
            ])
        }),
        Step::AwaitTeams => of(&seen.teams, Read::Teams, |_| View::Lacks(Vec::new())),
        // These have a table of their own.
        Step::AssignNumber { .. } | Step::NoNumbers => View::Unread(Read::Lines),
        Step::EmergencyLocation { number, location } => match &seen.line {
            Glance::Present(line) if line.number != *number => {
                View::Unread(Read::Line(number.clone()))
            }
            // Only time, or a person, can help.
            Glance::Absent => View::Lacks(Vec::new()),
            Glance::Unread | Glance::Present(_) => {
                of(&seen.line, Read::Line(number.clone()), |line| {
                    let said = line.location.as_deref().filter(|id| !id.is_empty());
                    let is_there = match (said, location) {
                        (Some(said), Some(location)) => said.eq_ignore_ascii_case(location),
                        (said, location) => said.is_none() && location.is_none(),
                    };
                    lacking([(Verb::LocateNumber(number.clone()), !is_there)])
                })
            }
        },
        Step::HoldNumber { .. }
        | Step::KeepNumber { .. }
        | Step::Place { .. }
        | Step::Role { .. } => View::Holds,
    }
}

/// The direct licences to add and to remove; inherited ones are not part of the comparison (R63).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LicenceChange {
    /// To add, each with the service plans that are off.
    pub add: Vec<(SkuId, BTreeSet<PlanId>)>,
    /// To remove.
    pub remove: Vec<SkuId>,
}

impl LicenceChange {
    /// There is something to change.
    pub fn is_needed(&self) -> bool {
        !self.add.is_empty() || !self.remove.is_empty()
    }
}

/// What replaces somebody's direct licences by `set`. Service plans count where `disabled` names those of the product (F54).
pub fn licence_change(
    set: &[SkuId],
    disabled: &BTreeMap<SkuId, BTreeSet<PlanId>>,
    user: &DirectoryUser,
) -> LicenceChange {
    let held: BTreeMap<&SkuId, &BTreeSet<PlanId>> = direct(user)
        .map(|state| (&state.sku, &state.disabled))
        .collect();
    let fits = |sku: &SkuId| {
        let off = held.get(sku);
        off.is_some_and(|off| disabled.get(sku).is_none_or(|wanted| wanted == *off))
    };
    let add = set.iter().filter(|sku| !fits(sku));
    let remove = held.keys().filter(|sku| !set.contains(sku));
    LicenceChange {
        add: add
            .map(|sku| (sku.clone(), disabled.get(sku).cloned().unwrap_or_default()))
            .collect(),
        remove: remove.map(|sku| (*sku).clone()).collect(),
    }
}

/// The groups that somebody's licences come from (R96).
pub fn licence_groups(user: &DirectoryUser) -> BTreeSet<GroupId> {
    let groups = states(user).iter().filter_map(|state| state.group.clone());
    groups.map(GroupId).collect()
}

/// The products that somebody has directly.
pub fn direct_licences(user: &DirectoryUser) -> BTreeSet<SkuId> {
    direct(user).map(|state| state.sku.clone()).collect()
}

/// How a licence stands that comes from this group; `None` = Microsoft does not show it.
pub fn inherits<'a>(
    user: &'a DirectoryUser,
    group: &GroupId,
    sku: &SkuId,
) -> Option<&'a LicenceState> {
    states(user).iter().find(|state| {
        let by = state.group.as_deref();
        state.sku == *sku && by.is_some_and(|by| by.eq_ignore_ascii_case(&group.0))
    })
}

/// Why a licence from a group gives nothing, if one does not (F52).
pub fn group_licence_problem(user: &DirectoryUser) -> Option<String> {
    states(user).iter().find_map(|state| {
        let (group, problem) = (state.group.as_deref()?, state.problem()?);
        Some(format!("licence of group {group}: {problem}"))
    })
}

/// Somebody's direct policies.
pub fn direct_policies(user: &TeamsUser) -> impl Iterator<Item = &EffectivePolicy> {
    user.policies.iter().filter(|policy| policy.direct)
}

/// The types of somebody's direct policies that are not among these.
pub fn other_policies(wanted: &BTreeMap<PolicyType, String>, user: &TeamsUser) -> Vec<PolicyType> {
    let kinds = direct_policies(user).map(|policy| &policy.policy_type);
    kinds
        .filter(|kind| !wanted.keys().any(|wanted| wanted.same(kind)))
        .cloned()
        .collect()
}

/// Whether one of these groups is meant, in whatever case it is written.
pub fn is_in(groups: &BTreeSet<GroupId>, group: &GroupId) -> bool {
    groups.iter().any(|one| one.same(group))
}

fn differs(wanted: &BTreeMap<PolicyType, String>, user: &TeamsUser) -> bool {
    wanted
        .iter()
        .any(|(kind, name)| !has_policy(user, kind, name))
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

fn lacking(needs: impl IntoIterator<Item = (Verb, bool)>) -> View {
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
