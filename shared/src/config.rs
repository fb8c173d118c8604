//! Every figure of the protocol, each with its reason; what a function is told by its environment is in `environment`.

use std::time::Duration;

use crate::model::lane::Lane;

mod environment;

pub use environment::{Access, Config, ConfigProblems, Issuer};

const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

/// What goes through the gate without anybody's yes is counted over this span.
pub const GATE_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
/// Of so many jobs that ended in a row of turns, so many of a hundred may fail; beyond that, nobody is provisioned or offboarded for so
/// long, unless somebody ends it earlier (F134).
pub const BREAKER_ENDED: u32 = 20;
/// See above.
pub const BREAKER_PERCENT: u32 = 50;
/// See above.
pub const BREAKER_PAUSE: Duration = Duration::from_secs(60 * 60);
/// Nobody can say yes to a change set that was stopped longer ago: people are not what they were.
pub const CHANGE_SET_EXPIRES: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Rules that read `system.now` are decided anew for everybody this often: what they say changes by itself, by days as a rule, and a
/// pass over 500,000 people reads every one of their rows.
pub const CLOCK_PASS: Duration = Duration::from_secs(24 * 60 * 60);

/// A lease lasts so long: long enough for one request of 20 s and its margin, short enough that a crash delays work little.
pub const LEASE: Duration = Duration::from_secs(90);
/// A holder renews so often: two renewals may be lost before the lease is.
pub const RENEWAL: Duration = Duration::from_secs(30);
/// A lease never outlives the function's deadline by more than this, so that a killed function frees its lane soon.
pub const LEASE_BEYOND_DEADLINE: Duration = Duration::from_secs(30);
/// No request to Microsoft starts with less of the lease left: a whole request (20 s) and 5 s of margin (L6).
pub const LEASE_MARGIN: Duration = Duration::from_secs(25);
/// The sweep rings what is due so often.
pub const SWEEP: Duration = Duration::from_secs(60);
/// A lane that was rung is looked at once more so long after, because an index may lag (L4).
pub const SECOND_LOOK: Duration = Duration::from_secs(60);
/// A request whose answer is missing may still take effect for so long; only then does a read prove anything (A2).
pub const SETTLE: Duration = minutes(5);
/// Facts read within this time after somebody's last job are not planned on: Microsoft may still show old ones (W3).
pub const STALE_AFTER_JOB: Duration = minutes(60);
/// A request that was not taken is repeated no sooner.
pub const REPEAT_AFTER: Duration = minutes(1);
/// SQS keeps a message back no longer.
pub const LONGEST_DELAY: Duration = minutes(15);
/// A lane that was given back is rung again no sooner: who becomes due meanwhile shares an invocation.
pub const NEXT_LOOK: Duration = Duration::from_secs(5);
/// So many worker crashes with a job in hand park it as poisoned.
pub const CRASHES_TO_PARK: u8 = 5;
/// People at once in one drain.
pub const AT_ONCE: usize = 32;
/// People in one transaction of a commit: job, plan and person each, and the lane row, within DynamoDB's 100 items.
pub const PEOPLE_PER_COMMIT: usize = 33;
/// People who are on no page of the directory's list and are looked for between two looks at the clock: five batches.
pub const LOOKED_FOR: usize = 100;
/// More staged people than this are looked up by one list instead of one request each.
pub const MANY_STAGED: usize = 1_000;
/// Due rows taken from one partition in one pass.
pub const DUE_PER_PASS: i32 = 200;
/// While a tenant's circuit is open, one probe so often.
pub const CIRCUIT_PROBE: Duration = minutes(60);
/// A missing permission is believed for so long, then one person is tried again: longer than from one daily test of the connection
/// to the next, which finds a consent without trying anybody.
pub const CAPABILITY_RECHECK: Duration = minutes(26 * 60);
/// Connecting to Microsoft.
pub const CONNECT: Duration = Duration::from_secs(3);
/// A whole request to Microsoft; fits the lease margin.
pub const REQUEST: Duration = Duration::from_secs(20);
/// Somebody waits so long for a Teams account before a person is told (F93: up to 24 h official, days seen).
pub const AWAIT_TEAMS: Duration = minutes(72 * 60);
/// A usage location that does not show by then has failed.
pub const USAGE_LOCATION_GIVE_UP: Duration = minutes(60);
/// For so long a number is kept for somebody whose move took it and gave no other.
pub const KEPT_AFTER_MOVE: Duration = minutes(7 * 24 * 60);
/// An emergency location that does not show by then has failed.
pub const EMERGENCY_GIVE_UP: Duration = minutes(60);
/// A day of rest of a number.
pub const DAY: Duration = minutes(24 * 60);
/// A request about a telephone number whose answer is missing may still take effect for so long (A2): its orders are queued.
pub const SETTLE_NUMBER: Duration = minutes(15);
/// A number that does not show where it belongs by then has failed.
pub const NUMBER_GIVE_UP: Duration = minutes(24 * 60);
/// A day on which somebody leaves is not further away: it is more likely a slip of the pen.
pub const FURTHEST_DEPARTURE: Duration = minutes(731 * 24 * 60);
/// Whoever is not locked out by then, could not be.
pub const LOCK_OUT_GIVE_UP: Duration = minutes(60);
/// A licence that is not active by then has failed.
pub const LICENCE_GIVE_UP: Duration = minutes(24 * 60);
/// A group membership that does not show by then has failed.
pub const GROUP_GIVE_UP: Duration = minutes(24 * 60);
/// A policy that Microsoft accepted is done with a note if it is not visible by then; types exist that take a day.
pub const POLICY_NOTE: Duration = minutes(60);
/// A policy that Microsoft does not accept by then has failed.
pub const POLICY_GIVE_UP: Duration = minutes(24 * 60);
/// What was only put off, by throttling or because Microsoft was not able to answer, is tried for so long whatever the step:
/// an outage of hours must fail nobody.
pub const PUT_OFF_GIVE_UP: Duration = minutes(24 * 60);
/// Waiting for a seat or a permission, besides being woken.
pub const WAITING_LOOK: Duration = minutes(60);
/// A caller's clock and ours may differ by so much.
pub const CLOCK_SKEW: Duration = minutes(1);
/// An issuer's keys are asked for no more often, whatever tokens come.
pub const KEYS_AGAIN: Duration = minutes(1);
/// An issuer's keys are read again after so long.
pub const KEYS_AGE: Duration = minutes(60);
/// If they cannot be, the old ones are believed for so long: an issuer may have taken one of them back.
pub const KEYS_BELIEVED: Duration = minutes(120);
/// Largest body that the API reads, in bytes: a hundred ids are 4 KB.
pub const LARGEST_BODY: usize = 256 * 1024;
/// Largest file of numbers, or document of rules, in bytes: 10,000 rows are 400 KB, 10,000 rules 1 to 4 MB. A function is called with
/// 6 MB at most.
pub const LARGEST_FILE: usize = 4 * 1024 * 1024;
/// A client secret is read again after so long.
pub const SECRET_CACHE: Duration = Duration::from_secs(300);

/// Looks at a usage location after it was asked for.
pub const LOOKS_USAGE_LOCATION: &[Duration] = &[minutes(1), minutes(5), minutes(15)];
/// Looks at an emergency location after it was asked for.
pub const LOOKS_EMERGENCY: &[Duration] = &[minutes(1), minutes(5), minutes(15)];
/// Looks whether somebody is locked out after it was asked for.
pub const LOOKS_LOCK_OUT: &[Duration] = &[minutes(1), minutes(5), minutes(15)];
/// Looks at the order of a number after it was taken.
pub const LOOKS_ORDER: &[Duration] = &[
    Duration::from_secs(10),
    Duration::from_secs(30),
    Duration::from_secs(60),
    minutes(3),
    minutes(5),
    minutes(10),
    minutes(60),
];
/// Looks at a number after its order was carried out.
pub const LOOKS_NUMBER: &[Duration] = &[minutes(1), minutes(5), minutes(15), minutes(60)];
/// Looks at licences after they were asked for.
pub const LOOKS_LICENCES: &[Duration] = &[minutes(1), minutes(5), minutes(15), minutes(60)];
/// Looks at memberships after they were asked for.
pub const LOOKS_GROUPS: &[Duration] = &[minutes(1), minutes(5), minutes(15), minutes(60)];
/// Looks at policies after they were asked for.
pub const LOOKS_POLICIES: &[Duration] = &[
    minutes(1),
    minutes(5),
    minutes(15),
    minutes(60),
    minutes(240),
];
/// Looks for a Teams account between the runs of the schedule: from the start of the wait.
pub const LOOKS_TEAMS: &[Duration] = &[
    minutes(5),
    minutes(10),
    minutes(20),
    minutes(40),
    minutes(60),
];
/// After a day of waiting for Teams, looks are so far apart.
pub const LOOKS_TEAMS_LATE: Duration = minutes(240);

/// What AWS is told of a lane, and the lane of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneFigures {
    /// Lambda ends an invocation after so long.
    pub timeout: Duration,
    /// The worker takes no new work so long before that.
    pub stop_before: Duration,
    /// Megabytes of memory.
    pub memory: u32,
    /// Invocations at once that SQS may cause.
    pub concurrency: u32,
    /// Per mille of a tenant's pace at Microsoft; an idle lane's share is taken by the others.
    pub share: u32,
}

impl LaneFigures {
    /// SQS hides a received message for six times the timeout, as AWS advises.
    pub const fn visibility(&self) -> Duration {
        self.timeout.saturating_mul(6)
    }
}

/// A doorbell that fails so often goes to the dead letters.
pub const MAX_RECEIVES: u32 = 5;
/// One doorbell an invocation: lanes of different tenants do not wait for each other.
pub const BATCH_SIZE: u32 = 1;

/// The figures of each lane.
pub const fn lane(lane: Lane) -> LaneFigures {
    let short = LaneFigures {
        timeout: Duration::from_secs(120),
        stop_before: Duration::from_secs(35),
        memory: 512,
        concurrency: 2,
        share: 100,
    };
    match lane {
        Lane::Sync => LaneFigures {
            timeout: Duration::from_secs(900),
            stop_before: Duration::from_secs(60),
            memory: 1_024,
            concurrency: 4,
            share: 50,
        },
        Lane::Staging => LaneFigures { share: 50, ..short },
        Lane::Provision => LaneFigures {
            concurrency: 5,
            share: 700,
            ..short
        },
        Lane::Offboard => LaneFigures {
            share: 200,
            ..short
        },
    }
}

/// API Gateway gives up after 30 s; the API has answered before.
pub const API_TIMEOUT: Duration = Duration::from_secs(29);
/// Megabytes of memory of the API.
pub const API_MEMORY: u32 = 512;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_fits_the_lease_margin_and_a_lane_stops_before_its_function_does() {
        const { assert!(REQUEST.as_secs() < LEASE_MARGIN.as_secs()) };
        for name in Lane::ALL {
            let figures = lane(name);
            assert!(figures.stop_before < figures.timeout);
            assert!(
                figures.stop_before >= REQUEST + Duration::from_secs(15),
                "{name}: time to record the answer"
            );
        }
        assert_eq!(Lane::ALL.iter().map(|l| lane(*l).share).sum::<u32>(), 1_000);
    }
}
