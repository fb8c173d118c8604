//! A whole job against a small Microsoft: pure, instant, perfect but for the replies that a test chooses.

use super::*;
use crate::model::job::{Goal, Job, JobId, JobState, Origin};
use crate::model::step::Obstacle;
use crate::plan::holds::{direct_policies, licence_change};
use crate::plan::steps::obstacle;

/// Longer than everything that is ever waited for but seats, permissions and people.
const LONG: u64 = 100 * 60;

/// What Microsoft does with a request.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Reply {
    /// Answers; carries it out if the answer is that it accepts.
    Answers(Answer),
    /// Carries it out; the answer is lost.
    LosesAnswer,
    /// Loses the request itself.
    LosesRequest,
    /// Accepts it, and never shows it.
    Swallows,
}

impl Reply {
    pub(super) fn all() -> Vec<Self> {
        let can_be_an_answer = |a: &Answer| !matches!(a, Answer::SeenLater | Answer::NotSeenLater);
        let faults = [Self::LosesAnswer, Self::LosesRequest, Self::Swallows];
        let answers = answers().into_iter().filter(can_be_an_answer);
        answers.map(Self::Answers).chain(faults).collect()
    }

    pub(super) fn name(&self) -> String {
        match self {
            Self::Answers(answer) => answer.to_string().chars().take(32).collect(),
            Self::LosesAnswer => "done, answer lost".to_owned(),
            Self::LosesRequest => "request lost".to_owned(),
            Self::Swallows => "accepted, never seen".to_owned(),
        }
    }
}

/// One person at Microsoft.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Truth {
    pub(super) location: Option<String>,
    pub(super) licences: Vec<SkuId>,
    pub(super) policies: BTreeMap<PolicyType, String>,
    pub(super) groups: BTreeSet<GroupId>,
    pub(super) locked_out: bool,
}

impl Truth {
    fn seen(&self) -> Seen {
        let licences: Vec<_> = self
            .licences
            .iter()
            .map(|sku| (sku.0.as_str(), None, "Active"))
            .collect();
        let policies: Vec<_> = self
            .policies
            .iter()
            .map(|(kind, name)| (kind.0.as_str(), name.as_str()))
            .collect();
        let mut user = user(self.location.as_deref(), &licences);
        user.facts
            .insert_flag(Property::AccountEnabled, !self.locked_out);
        Seen {
            user: Glance::Present(user),
            teams: if self.licences.is_empty() && self.policies.is_empty() {
                Glance::Absent
            } else {
                Glance::Present(teams(&policies))
            },
            groups: Glance::Present(self.groups.clone()),
            lines: Glance::Present(Vec::new()),
            ..Seen::default()
        }
    }

    /// Carries a request out.
    fn apply(&mut self, step: &Step, verb: &Verb) {
        let Seen {
            user: Glance::Present(user),
            teams,
            ..
        } = self.seen()
        else {
            return;
        };
        match (step, verb) {
            (Step::UsageLocation { country }, Verb::SetUsageLocation) => {
                self.location = Some(country.clone());
            }
            (Step::Licences { set, disabled }, Verb::ChangeLicences) => {
                let change = licence_change(set, disabled, &user);
                self.licences.retain(|sku| !change.remove.contains(sku));
                self.licences
                    .extend(change.add.into_iter().map(|(sku, _)| sku));
            }
            (Step::ClearLicences, Verb::ChangeLicences) => self.licences.clear(),
            (Step::Policies { assign, .. }, Verb::AssignPolicies) => {
                self.policies.extend(assign.clone());
            }
            (Step::Policies { unassign, .. }, Verb::UnassignPolicies) => {
                self.policies.retain(|kind, _| !unassign.contains(kind));
            }
            (Step::ClearPolicies, Verb::UnassignPolicies) => {
                if let Glance::Present(teams) = teams {
                    let is_direct = |kind: &PolicyType| {
                        direct_policies(&teams).any(|held| held.policy_type == *kind)
                    };
                    self.policies.retain(|kind, _| !is_direct(kind));
                }
            }
            (_, Verb::BlockSignIn) => self.locked_out = true,
            (_, Verb::RevokeSessions) => {}
            (_, Verb::JoinGroup(group)) => drop(self.groups.insert(group.clone())),
            (_, Verb::LeaveGroup(group)) => drop(self.groups.remove(group)),
            (step, verb) => panic!("{} cannot serve {step}", verb.name()),
        }
    }
}

/// A job worked on to its end, or until it has waited for very long.
pub(super) struct Story {
    pub(super) job: Job,
    pub(super) steps: Vec<Step>,
    pub(super) truth: Truth,
    pub(super) hours: u64,
    /// Requests that were sent.
    pub(super) sent: usize,
}

/// Works a plan off as `run` does, with each request answered by `reply`.
pub(super) fn play(steps: Vec<Step>, mut truth: Truth, reply: impl Fn(usize) -> Reply) -> Story {
    let (id, adele) = (JobId("1".into()), UserId("adele".into()));
    let mut job = Job::new(id, adele, Goal::Provision, Origin::Rule, &steps, NOW);
    let mut now = NOW;
    let mut sent = 0;
    let settle = |job: &mut Job, at: usize, stands| job.standings[at].stands = stands;
    while let Some(at) = job.standings.iter().position(|s| !s.stands.is_final()) {
        if now.since(NOW) > minutes(LONG) {
            break;
        }
        if let Some(earlier) = obstacle(&steps, &job.standings, at) {
            let stands = Stands::Blocked(Obstacle::EarlierStep(earlier.name().to_owned()));
            settle(&mut job, at, stands);
            continue;
        }
        job.standings[at].since.get_or_insert(now);
        let around = Circumstances {
            now,
            readiness: ReadinessLooks::Adaptive,
            ask_directory: true,
            missing: &BTreeSet::new(),
            left: &[],
            inherits: &[],
            person: &job.person,
            lines: &[],
            trust_from: None,
        };
        let asks: Vec<&Ask> = job.asks_of(at).collect();
        let next = next_move(
            &steps[at],
            &job.standings[at],
            &asks,
            &truth.seen(),
            &around,
        );
        match next {
            Move::Read(_) => panic!("everything is read"),
            Move::Close(numbers, answer) => {
                for number in numbers {
                    job.close(number, now, answer.clone(), None);
                }
            }
            Move::Finish(stands) | Move::GiveUp(stands) => settle(&mut job, at, stands),
            Move::Wait { until, waits } => {
                job.standings[at].looks += 1;
                job.standings[at].stands = Stands::Pending;
                (job.due, job.waits) = (Some(until), waits);
                now = until;
            }
            Move::Ask(verbs) => {
                assert!(sent < 1_000, "asked without end: {}", steps[at]);
                for (number, verb) in job.record(at, &verbs, now).into_iter().zip(verbs) {
                    let reply = reply(sent);
                    sent += 1;
                    if matches!(reply, Reply::Answers(Answer::Accepted) | Reply::LosesAnswer) {
                        truth.apply(&steps[at], &verb);
                    }
                    match reply {
                        Reply::Answers(answer) => job.close(number, now, answer, None),
                        Reply::Swallows => job.close(number, now, Answer::Accepted, None),
                        Reply::LosesAnswer | Reply::LosesRequest => {}
                    }
                }
            }
        }
    }
    if job.standings.iter().all(|s| s.stands.is_final()) {
        (job.due, job.waits) = (None, None);
    }
    job.state = job.derive();
    Story {
        job,
        steps,
        truth,
        hours: now.since(NOW).as_secs() / 3_600,
        sent,
    }
}

pub(super) fn perfect(_: usize) -> Reply {
    Reply::Answers(Answer::Accepted)
}

impl Story {
    /// Where each step ended.
    pub(super) fn lines(&self) -> String {
        let lines = self.steps.iter().zip(&self.job.standings);
        let lines = lines.map(|(step, at)| (step.name(), at.stands.to_string()));
        let asks = format!("{} asks, {}", self.job.asks.len(), self.job.state);
        table(lines.chain([("", asks)]))
    }

    /// I7: what is said to be done holds, a whole success is whole, an end is an end, and whoever waits says for what.
    pub(super) fn is_honest(&self) {
        let seen = self.truth.seen();
        for (step, at) in self.steps.iter().zip(&self.job.standings) {
            let is_row = Patience::with(step).is_none()
                || matches!(step, Step::AwaitTeams | Step::NoNumbers);
            // Nothing shows that sessions were ended, but Microsoft's word for it.
            let taken = |ask: &Ask| ask.verb == Verb::RevokeSessions && ask.was_taken();
            let is_told = *step == Step::RevokeSessions && self.job.asks.iter().any(taken);
            let is_done = matches!(at.stands, Stands::Done(None) | Stands::AlreadySo);
            if is_done && !is_row && !is_told {
                assert_eq!(view(step, &seen), View::Holds, "{step} is {}", at.stands);
            }
        }
        let all_done = |s: &Standing| matches!(s.stands, Stands::Done(None) | Stands::AlreadySo);
        assert_eq!(
            self.job.state == JobState::Done,
            self.job.standings.iter().all(all_done)
        );
        assert!(
            self.job.state.is_final() != self.job.waits.is_some(),
            "{} and waits for {:?}",
            self.job.state,
            self.job.waits
        );
        assert!(
            !self.job.state.is_final() || !self.job.has_open_asks(),
            "an end with open asks"
        );
    }
}
