//! The one state of a person (V2).

use std::collections::BTreeMap;

use expect_test::expect;

use super::*;
use crate::model::property::Property;

const PRESENCES: [Presence; 3] = [Presence::Present, Presence::GoneSoft, Presence::GoneHard];
const GOALS: [Goal; 3] = [Goal::Provision, Goal::Offboard, Goal::Move];
const JOB_STATES: [JobState; 10] = [
    JobState::Due,
    JobState::Running,
    JobState::Waiting,
    JobState::Staged,
    JobState::Done,
    JobState::DoneWithNotes,
    JobState::Failed,
    JobState::Cancelled,
    JobState::Superseded,
    JobState::Poisoned,
];

impl Person {
    /// Adele, just imported, with these facts.
    pub(crate) fn with(facts: Facts) -> Self {
        Self {
            id: UserId("adele".into()),
            facts,
            licences: Vec::new(),
            licence_states: Vec::new(),
            presence: Presence::Present,
            in_scope: None,
            groups: None,
            member_of: None,
            sync_fence: 1,
            first_fence: 0,
            adopted: false,
            version: 1,
            decided: None,
            open_job: None,
            result: None,
            persona: None,
            site: None,
            given: Default::default(),
            role: MemberRole::None,
            number: None,
            departure: None,
            left: false,
            drift: Vec::new(),
        }
    }
}

/// Somebody just imported; with one change.
fn given(change: impl FnOnce(&mut Person)) -> Person {
    let mut person = Person::with(Facts::default());
    change(&mut person);
    person
}

fn open(goal: Goal) -> Option<OpenJob> {
    Some(OpenJob {
        id: JobId("2".into()),
        goal,
        origin: Origin::Rule,
    })
}

fn ended(goal: Goal, state: JobState) -> Option<JobResult> {
    Some(JobResult {
        job: JobId("1".into()),
        goal,
        state,
        at: Time::from_millis(0),
    })
}

fn sales() -> Option<PersonaRef> {
    Some(PersonaRef {
        id: "sales".into(),
        version: 1,
    })
}

fn guest(person: &mut Person) {
    person.facts.insert_text(Property::UserType, "Guest");
}

/// R37, R89, F17, F12, F93: a life, told by its rows.
#[test]
fn the_states_of_a_life() {
    let provisioned = |person: &mut Person| {
        person.persona = sales();
        person.result = ended(Goal::Provision, JobState::Done);
    };
    let offboarded = |person: &mut Person| {
        person.left = true;
        person.result = ended(Goal::Offboard, JobState::DoneWithNotes);
    };
    let at = |change: &dyn Fn(&mut Person), job| given(|person| change(person)).state(job);
    let life = [
        ("just seen", at(&|_| (), None)),
        ("a guest", at(&guest, None)),
        (
            "being provisioned",
            at(&|p| p.open_job = open(Goal::Provision), Some(JobState::Due)),
        ),
        (
            "no Teams account yet",
            at(
                &|p| p.open_job = open(Goal::Provision),
                Some(JobState::Staged),
            ),
        ),
        (
            "no seat",
            at(
                &|p| p.open_job = open(Goal::Provision),
                Some(JobState::Waiting),
            ),
        ),
        ("provisioned", at(&provisioned, None)),
        (
            "its job is just final",
            at(
                &|p| {
                    provisioned(p);
                    p.open_job = open(Goal::Provision);
                },
                Some(JobState::Done),
            ),
        ),
        (
            "failed",
            at(
                &|p| p.result = ended(Goal::Provision, JobState::Failed),
                None,
            ),
        ),
        (
            "leaving",
            at(
                &|p| {
                    provisioned(p);
                    p.left = true;
                    p.open_job = open(Goal::Offboard);
                },
                Some(JobState::Due),
            ),
        ),
        (
            "leaving, waits",
            at(
                &|p| {
                    p.left = true;
                    p.open_job = open(Goal::Offboard);
                },
                Some(JobState::Waiting),
            ),
        ),
        (
            "leaving, job not read",
            at(
                &|p| {
                    provisioned(p);
                    p.left = true;
                    p.open_job = open(Goal::Offboard);
                },
                None,
            ),
        ),
        (
            "leaving failed",
            at(
                &|p| {
                    p.left = true;
                    p.result = ended(Goal::Offboard, JobState::Failed);
                },
                None,
            ),
        ),
        ("left", at(&offboarded, None)),
        (
            "back again (R89)",
            at(
                &|p| {
                    offboarded(p);
                    p.left = false;
                    p.open_job = open(Goal::Provision);
                },
                Some(JobState::Due),
            ),
        ),
        (
            "deleted at work",
            at(
                &|p| {
                    p.presence = Presence::GoneSoft;
                    p.open_job = open(Goal::Provision);
                },
                Some(JobState::Due),
            ),
        ),
        (
            "deleted for good",
            at(&|p| p.presence = Presence::GoneHard, None),
        ),
    ];
    let line = |(when, state): (&str, PersonState)| format!("{when:<24} {}\n", state.name());
    expect![[r#"
        just seen                imported
        a guest                  out_of_scope
        being provisioned        in_work
        no Teams account yet     staged
        no seat                  waiting
        provisioned              provisioned
        its job is just final    provisioned
        failed                   imported
        leaving                  offboarding
        leaving, waits           offboarding
        leaving, job not read    offboarding
        leaving failed           offboarding
        left                     offboarded
        back again (R89)         in_work
        deleted at work          gone_soft
        deleted for good         gone_hard
    "#]]
    .assert_eq(&life.into_iter().map(line).collect::<String>());
}

/// V2: every combination of rows is in one state, and each state means what it says.
#[test]
fn every_combination_is_in_the_state_that_it_says() {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let jobs = || {
        let open = GOALS
            .into_iter()
            .flat_map(|goal| JOB_STATES.map(|state| Some((goal, state))));
        std::iter::once(None).chain(open)
    };
    for presence in PRESENCES {
        for (job, result) in jobs().flat_map(|job| jobs().map(move |result| (job, result))) {
            for bits in 0..8_u8 {
                let [is_guest, left, holds] = [1, 2, 4].map(|bit| bits & bit != 0);
                let person = given(|person| {
                    person.presence = presence;
                    person.left = left;
                    person.persona = sales().filter(|_| holds);
                    person.open_job = job.and_then(|(goal, _)| open(goal));
                    person.result = result.and_then(|(goal, state)| ended(goal, state));
                    if is_guest {
                        guest(person);
                    }
                });
                let state = person.state(job.map(|(_, state)| state));
                let at_work = job.filter(|(_, state)| !state.is_final());
                let well = |(_, state): &(Goal, JobState)| {
                    matches!(state, JobState::Done | JobState::DoneWithNotes)
                };
                let achieved = result.filter(well).map(|(goal, _)| goal);
                let present = presence == Presence::Present;
                let gives = |goal| goal != Goal::Offboard;
                let means = match state {
                    PersonState::GoneSoft => presence == Presence::GoneSoft,
                    PersonState::GoneHard => presence == Presence::GoneHard,
                    PersonState::OutOfScope => present && is_guest && at_work.is_none(),
                    PersonState::InWork => present && at_work.is_some_and(|(goal, _)| gives(goal)),
                    PersonState::Staged => {
                        let staged = |(goal, state)| gives(goal) && state == JobState::Staged;
                        present && at_work.is_some_and(staged)
                    }
                    PersonState::Waiting => {
                        let waits = |(goal, state)| gives(goal) && state == JobState::Waiting;
                        present && at_work.is_some_and(waits)
                    }
                    PersonState::Imported => present && !left && at_work.is_none(),
                    PersonState::Provisioned => {
                        present
                            && !left
                            && holds
                            && at_work.is_none()
                            && achieved.is_some_and(gives)
                    }
                    PersonState::Offboarding => {
                        present && (left || at_work.is_some_and(|(goal, _)| goal == Goal::Offboard))
                    }
                    PersonState::Offboarded => {
                        present && left && at_work.is_none() && achieved == Some(Goal::Offboard)
                    }
                };
                assert!(means, "{} is not {person:?} with {job:?}", state.name());
                *counts.entry(state.name()).or_insert(0) += 1;
            }
        }
    }
    assert_eq!(counts.values().sum::<u32>(), 3 * 31 * 31 * 8);
    assert_eq!(
        counts.len(),
        10,
        "a state that nobody can be in: {counts:?}"
    );
}
