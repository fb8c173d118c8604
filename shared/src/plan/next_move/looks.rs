//! When to look, and for how long: the times of design.md section 4.

use std::time::Duration;

use crate::config;
use crate::model::step::Step;
use crate::model::time::Time;

/// When a step is looked at after it was asked for, and when it is given up.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    looks: &'static [Duration],
    give_up: Duration,
}

impl Patience {
    /// That of a step; `None` for the steps that are rows of ours: they hold when the job's end is written.
    pub(super) fn with(step: &Step) -> Option<Self> {
        let (looks, give_up) = match step {
            Step::UsageLocation { .. } => {
                (config::LOOKS_USAGE_LOCATION, config::USAGE_LOCATION_GIVE_UP)
            }
            Step::BlockSignIn | Step::RevokeSessions => {
                (config::LOOKS_LOCK_OUT, config::LOCK_OUT_GIVE_UP)
            }
            Step::Licences { .. } | Step::ClearLicences => {
                (config::LOOKS_LICENCES, config::LICENCE_GIVE_UP)
            }
            Step::Groups { .. } | Step::LeaveGroups { .. } => {
                (config::LOOKS_GROUPS, config::GROUP_GIVE_UP)
            }
            Step::AwaitTeams => (config::LOOKS_TEAMS, config::AWAIT_TEAMS),
            Step::Policies { .. } | Step::ClearPolicies | Step::OnlyPolicies { .. } => {
                (config::LOOKS_POLICIES, config::POLICY_GIVE_UP)
            }
            Step::AssignNumber { .. } | Step::NoNumbers => {
                (config::LOOKS_NUMBER, config::NUMBER_GIVE_UP)
            }
            Step::EmergencyLocation { .. } => (config::LOOKS_EMERGENCY, config::EMERGENCY_GIVE_UP),
            Step::HoldNumber { .. }
            | Step::KeepNumber { .. }
            | Step::Place { .. }
            | Step::Role { .. } => return None,
        };
        Some(Self { looks, give_up })
    }

    /// The first look after something was asked for.
    pub(super) fn first(self) -> Duration {
        self.after(0)
    }

    /// How long to wait after so many looks or tries; the last time repeats.
    pub(super) fn after(self, tries: usize) -> Duration {
        self.looks
            .get(tries)
            .or(self.looks.last())
            .copied()
            .unwrap_or(config::REPEAT_AFTER)
    }

    /// So many tries are made at least, however long each of them took: a tenant may be paused or throttled for hours.
    pub(super) fn tries(self) -> usize {
        self.looks.len()
    }

    /// What began at `since` is given up then.
    pub(super) fn end(self, since: Time) -> Time {
        since + self.give_up
    }

    /// That for what was put off rather than refused: not shorter than a day.
    pub(super) fn for_put_off(self) -> Self {
        Self {
            give_up: self.give_up.max(config::PUT_OFF_GIVE_UP),
            ..self
        }
    }

    /// The first look after `now`: at the listed times after `from`, then again and again at the distance of the last.
    pub(super) fn next_look(self, from: Time, now: Time) -> Time {
        if let Some(look) = self
            .looks
            .iter()
            .map(|look| from + *look)
            .find(|at| *at > now)
        {
            return look;
        }
        let last = self.after(usize::MAX).max(config::REPEAT_AFTER);
        let beyond = now.since(from).as_millis() / last.as_millis();
        let times = u32::try_from(beyond + 1).unwrap_or(u32::MAX);
        from + last.saturating_mul(times)
    }

    /// That of what is given up in the end: not later than then.
    pub(super) fn look_again(self, since: Time, now: Time) -> Time {
        self.next_look(since, now).min(self.end(since))
    }

    /// The first look for a Teams account after `now`: as listed, hourly for a day, then at longer intervals.
    pub(super) fn next_readiness_look(self, since: Time, now: Time) -> Time {
        const DAY: Duration = Duration::from_secs(24 * 3_600);
        let next = self.next_look(since, now);
        if next.since(since) <= DAY {
            return next;
        }
        let mut late = since + DAY;
        while late <= now {
            late = late + config::LOOKS_TEAMS_LATE;
        }
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The looks in minutes after the start, until `end` minutes.
    fn check(next: impl Fn(Time, Time) -> Time, end: i64, expected: &str) {
        let start = Time::from_millis(1_000_000_000);
        let (mut now, mut looks) = (start, Vec::new());
        loop {
            let then = next(start, now);
            assert!(then > now, "a look that is not in the future");
            let minutes = (then.millis() - start.millis()) / 60_000;
            if minutes > end {
                assert_eq!(looks.join(" "), expected);
                return;
            }
            looks.push(minutes.to_string());
            now = then;
        }
    }

    /// graph-api.md 10, rule b: +1, +5, +15, +60 min; policies 4-hourly after that.
    #[test]
    fn looks_follow_the_list_and_then_repeat_its_last() {
        let of = |step: Step| Patience::with(&step).unwrap();
        let location = of(Step::UsageLocation {
            country: "GB".into(),
        });
        check(|s, n| location.next_look(s, n), 60, "1 5 15 30 45 60");
        let licences = of(Step::ClearLicences);
        check(
            |s, n| licences.next_look(s, n),
            240,
            "1 5 15 60 120 180 240",
        );
        let policies = of(Step::ClearPolicies);
        check(
            |s, n| policies.next_look(s, n),
            1_000,
            "1 5 15 60 240 480 720 960",
        );
    }

    /// graph-api.md 10, rule c: 5, 10, 20, 40 min, hourly to 24 h, 4-hourly to 72 h.
    #[test]
    fn readiness_is_looked_at_more_and_more_rarely() {
        let teams = Patience::with(&Step::AwaitTeams).unwrap();
        let hourly = (1..=24).map(|h| (h * 60).to_string());
        let late = (7..=18).map(|h| (h * 240).to_string());
        let expected: Vec<String> = ["5", "10", "20", "40"]
            .map(str::to_owned)
            .into_iter()
            .chain(hourly)
            .chain(late)
            .collect();
        check(
            |s, n| teams.next_readiness_look(s, n),
            72 * 60,
            &expected.join(" "),
        );
    }
}
