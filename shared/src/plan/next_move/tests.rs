//! What every test of the table is given: a moment, the steps, what was asked, what is seen; and how a move is said.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::*;
use crate::model::ask::Closed;
use crate::model::facts::Facts;
use crate::model::inventory::Line;
use crate::model::microsoft::{
    DirectoryUser, EffectivePolicy, LicenceState, PolicyType, SkuId, UserId,
};
use crate::model::property::Property;

mod laws;
mod licences;
mod lines;
mod patience;
mod plan_again;
mod story;
mod table;

/// The moment at which the table is asked.
const NOW: Time = Time::from_millis(1_800_000_000_000);

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

fn usage_location() -> Step {
    Step::UsageLocation {
        country: "GB".into(),
    }
}

fn licences() -> Step {
    Step::Licences {
        set: vec![SkuId("e5".into())],
        disabled: BTreeMap::new(),
    }
}

fn policies() -> Step {
    Step::Policies {
        assign: BTreeMap::from([(PolicyType("TeamsMeetingPolicy".into()), "Sales".into())]),
        unassign: vec![PolicyType("TeamsCallingPolicy".into())],
    }
}

fn staff() -> GroupId {
    GroupId("staff".into())
}

fn groups() -> Step {
    Step::Groups {
        join: vec![staff()],
    }
}

fn leave_groups() -> Step {
    Step::LeaveGroups {
        leave: vec![staff()],
    }
}

fn only_policies() -> Step {
    Step::OnlyPolicies {
        assign: BTreeMap::from([(PolicyType("TeamsMeetingPolicy".into()), "Sales".into())]),
    }
}

/// Every step that asks something of Microsoft.
fn asking() -> [Step; 9] {
    [
        usage_location(),
        groups(),
        licences(),
        policies(),
        only_policies(),
        leave_groups(),
        Step::BlockSignIn,
        Step::ClearLicences,
        Step::ClearPolicies,
    ]
}

/// Every answer that an ask can be closed with.
fn answers() -> Vec<Answer> {
    let refusals = [
        Refusal::NoSeats,
        Refusal::UsageLocation,
        Refusal::ConflictingPlans,
        Refusal::MissingDependency,
        Refusal::FromGroup,
    ];
    let plain = [
        Answer::Accepted,
        Answer::NotNow,
        Answer::Denied,
        Answer::Missing,
        Answer::Invalid("no such policy".into()),
        Answer::SeenLater,
        Answer::NotSeenLater,
    ];
    plain
        .into_iter()
        .chain(refusals.map(Answer::Refused))
        .collect()
}

/// Somebody in the directory, with these licences: product, group, state.
fn user(location: Option<&str>, licences: &[(&str, Option<&str>, &str)]) -> DirectoryUser {
    let mut facts = Facts::default();
    facts.insert_text(Property::UsageLocation, location.unwrap_or_default());
    let state = |(sku, group, state): &(&str, Option<&str>, &str)| LicenceState {
        sku: SkuId((*sku).into()),
        group: group.map(str::to_owned),
        state: (*state).into(),
        error: "None".into(),
        disabled: BTreeSet::new(),
    };
    DirectoryUser {
        id: UserId("adele".into()),
        facts,
        assigned_licences: None,
        licence_states: Some(licences.iter().map(state).collect()),
    }
}

/// A Teams user with these direct policies.
fn teams(policies: &[(&str, &str)]) -> TeamsUser {
    let direct = |(kind, name): &(&str, &str)| EffectivePolicy {
        policy_type: PolicyType((*kind).into()),
        name: (*name).into(),
        direct: true,
    };
    TeamsUser {
        account_type: "user".into(),
        feature_types: vec!["Teams".into()],
        policies: policies.iter().map(direct).collect(),
    }
}

/// A world in which `step` holds.
fn agreeing(step: &Step) -> Seen {
    let licensed = !matches!(step, Step::ClearLicences);
    let given = !matches!(step, Step::ClearPolicies);
    let licences: Vec<_> = licensed
        .then_some(("e5", None, "Active"))
        .into_iter()
        .collect();
    let policies: Vec<_> = given
        .then_some(("TeamsMeetingPolicy", "Sales"))
        .into_iter()
        .collect();
    let mut user = user(Some("GB"), &licences);
    user.facts
        .insert_flag(Property::AccountEnabled, !matches!(step, Step::BlockSignIn));
    Seen {
        groups: in_staff(matches!(step, Step::Groups { .. })),
        ..seen(user, teams(&policies))
    }
}

/// A world in which `step` lacks everything it can lack.
fn differing(step: &Step) -> Seen {
    let licensed = matches!(step, Step::ClearLicences);
    let licences: Vec<_> = licensed
        .then_some(("e5", None, "Active"))
        .into_iter()
        .collect();
    let policies = [
        ("TeamsCallingPolicy", "Old"),
        ("TeamsMeetingPolicy", "Other"),
    ];
    Seen {
        groups: in_staff(matches!(step, Step::LeaveGroups { .. })),
        ..seen(user(None, &licences), teams(&policies))
    }
}

fn in_staff(is: bool) -> Glance<BTreeSet<GroupId>> {
    Glance::Present(is.then(staff).into_iter().collect())
}

fn seen(user: DirectoryUser, teams: TeamsUser) -> Seen {
    Seen {
        user: Glance::Present(user),
        teams: Glance::Present(teams),
        groups: Glance::Present(BTreeSet::new()),
        ..Seen::default()
    }
}

fn gone() -> Seen {
    Seen {
        user: Glance::Absent,
        teams: Glance::Absent,
        groups: Glance::Absent,
        ..Seen::default()
    }
}

/// The requests that bring a step about where everything is lacking.
fn verbs(step: &Step) -> Vec<Verb> {
    let View::Lacks(verbs) = view(step, &differing(step)) else {
        panic!("{step} must lack something");
    };
    verbs
}

/// An ask of this many minutes ago that was answered at once; `None` = not answered.
fn asked(verb: Verb, ago: u64, answer: Option<Answer>) -> Ask {
    let sent = NOW - minutes(ago);
    let closed = answer.map(|answer| Closed {
        at: sent,
        answer,
        request_id: None,
    });
    Ask {
        earlier: 0,
        order: None,
        number: 1,
        step: 0,
        verb,
        sent,
        closed,
    }
}

/// One situation.
#[derive(Clone)]
struct Given {
    step: Step,
    /// When the step was first worked on.
    since: Option<Time>,
    looks: u16,
    asks: Vec<Ask>,
    seen: Seen,
    readiness: ReadinessLooks,
    ask_directory: bool,
    missing: BTreeSet<Capability>,
    left: Vec<GroupId>,
    inherits: Vec<(GroupId, SkuId)>,
    lines: Vec<Line>,
    trust_from: Option<Time>,
}

/// A step just begun, nothing asked, everything lacking; with one change.
fn given(step: &Step, change: impl FnOnce(&mut Given)) -> Given {
    let mut given = Given {
        step: step.clone(),
        since: Some(NOW),
        looks: 0,
        asks: Vec::new(),
        seen: differing(step),
        readiness: ReadinessLooks::Adaptive,
        ask_directory: true,
        missing: BTreeSet::new(),
        left: Vec::new(),
        inherits: Vec::new(),
        lines: Vec::new(),
        trust_from: None,
    };
    change(&mut given);
    for (ask, number) in given.asks.iter_mut().zip(1..) {
        ask.number = number;
    }
    given
}

impl Given {
    fn next(&self) -> Move {
        let standing = Standing {
            stands: Stands::Pending,
            since: self.since,
            looks: self.looks,
        };
        let asks: Vec<&Ask> = self.asks.iter().collect();
        let around = Circumstances {
            now: NOW,
            readiness: self.readiness,
            ask_directory: self.ask_directory,
            missing: &self.missing,
            left: &self.left,
            inherits: &self.inherits,
            person: &UserId("adele".into()),
            lines: &self.lines,
            trust_from: self.trust_from,
        };
        next_move(&self.step, &standing, &asks, &self.seen, &around)
    }

    fn says(&self) -> String {
        say(&self.next(), NOW)
    }
}

/// A move as a line of the table.
fn say(step: &Move, now: Time) -> String {
    match step {
        Move::Read(Read::User) => "read the user".to_owned(),
        Move::Read(Read::Teams) => "read the Teams user".to_owned(),
        Move::Read(Read::Groups) => "read the groups".to_owned(),
        Move::Read(Read::Lines) => "read the person's numbers".to_owned(),
        Move::Read(Read::Line(_)) => "read the number".to_owned(),
        Move::Read(Read::Order(_)) => "read the order".to_owned(),
        Move::Close(numbers, answer) => format!("close {numbers:?}: {answer}"),
        Move::Finish(stands) => format!("finish: {stands}"),
        Move::GiveUp(stands) => format!("give up: {stands}"),
        Move::Ask(verbs) => {
            let names: Vec<&str> = verbs.iter().map(|verb| verb.name()).collect();
            format!("ask: {}", names.join(", "))
        }
        Move::Wait { until, waits } => {
            let for_what = match waits {
                None => String::new(),
                Some(Waits::Teams(why)) => format!(" for Teams: {why}"),
                Some(Waits::Licence) => " for a licence".to_owned(),
                Some(Waits::Number) => " for a number".to_owned(),
                Some(Waits::Permission) => " for a permission".to_owned(),
                Some(Waits::Settling) => " for the job before".to_owned(),
            };
            let minutes = (until.millis() - now.millis()) as f64 / 60_000.0;
            format!("wait {minutes} min{for_what}")
        }
    }
}

/// Lines of two columns.
fn table<A: AsRef<str>>(rows: impl IntoIterator<Item = (A, String)>) -> String {
    let line = |(left, right): (A, String)| format!("{:<34} {right}\n", left.as_ref());
    rows.into_iter().map(line).collect()
}
