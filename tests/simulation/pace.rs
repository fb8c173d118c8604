//! How fast a wave goes: as fast as Microsoft's limits allow, and no faster.

use std::collections::VecDeque;
use std::time::Duration;

use local::contoso::{self, Fate as Life};
use local::demo::Stage;
use local::installation::Installation;
use local::microsoft;
use shared::config;
use shared::model::lane::Lane;
use shared::model::microsoft::UserId;
use shared::run;
use shared::store::keys;

use crate::theatre::{self, MINUTE, beside, play, pull, setting};

const WINDOW: Duration = Duration::from_secs(10);
/// Directory writes that Microsoft allows in a window, and Teams requests that we allow ourselves.
const WRITES: f64 = 200.0;
const TEAMS: f64 = 250.0;
/// So many due at the beginning and the end of a window have filled it.
const ENOUGH: usize = 250;

/// Jobs of the lane of provisioning that are due.
fn due(stage: &Stage) -> usize {
    let now = stage.clock.now().sortable();
    let keys = stage.installation.cloud.table().index_keys(keys::DUE);
    let is_due = |(partition, sort): &(String, String)| {
        partition.contains("#provision#")
            && sort
                .split_once('#')
                .is_some_and(|(due, _)| due <= now.as_str())
    };
    keys.unwrap().iter().filter(|key| is_due(key)).count()
}

/// Per mille of the pace that are kept for other lanes, because they are at work or soon will be.
async fn kept_for_others(stage: &Stage) -> u32 {
    let Installation { admin, tenant, .. } = &stage.installation;
    let (now, lanes) = (stage.clock.now(), admin.store.lanes(tenant).await.unwrap());
    let others = lanes.iter().filter(|(lane, _)| *lane != Lane::Provision);
    let busy = others.filter(|(_, row)| !row.is_idle(now, now + config::RENEWAL));
    busy.map(|(lane, _)| config::lane(*lane).share).sum()
}

/// What a wave came to.
#[derive(Debug)]
struct Wave {
    /// How far the lane's share of the binding bucket was used while work was due, on average.
    used: f64,
    /// Windows in which work was due all the time.
    windows: usize,
    /// The part of all answers that were 429.
    throttled: f64,
    /// From the order in the midst of it to the first change of whoever is offboarded.
    begun_after: Duration,
}

/// So many people are onboarded at once, and one is offboarded meanwhile.
async fn wave(people: usize) -> Wave {
    let mut cast = workers(people);
    cast.extend(theatre::cast(None, Life::Stays, 1));
    let mut setting = setting(cast, None);
    setting.microsoft = microsoft::Options {
        readiness: (MINUTE, 10 * MINUTE),
        throttle_permille: 0,
        ..microsoft::Options::default()
    };
    let stage = Stage::set(setting).await.unwrap();
    for (id, _) in contoso::SKUS {
        stage.microsoft.set_seats(id, 1_000_000);
    }
    let leaver = UserId(stage.employees[people].id.clone());
    stage.microsoft.give_licence(&leaver.0, contoso::F3);
    let (mut full, mut begun_after) = (Vec::new(), None);
    beside(&stage, async {
        pull(&stage).await;
        let (mut begin, mut ordered) = (0, None);
        // A lane learns of the others when it renews its lease: within three windows.
        let mut kept = VecDeque::from([0; 4]);
        let mut before = stage.microsoft.counts();
        for window in 0.. {
            stage.clock.sleep(WINDOW).await;
            let end = due(&stage);
            let counts = stage.microsoft.counts();
            let writes = counts.directory_writes - before.directory_writes;
            let teams = counts.teams_requests - before.teams_requests;
            kept.pop_front();
            kept.push_back(kept_for_others(&stage).await);
            let share = 1.0 - f64::from(kept.iter().copied().max().unwrap()) / 1_000.0;
            let used = (writes as f64 / WRITES).max(teams as f64 / TEAMS) / share;
            before = counts;
            if begin.min(end) >= ENOUGH {
                full.push(used.min(1.0));
            }
            begin = end;
            if window == 3 {
                let installation = &stage.installation;
                let order = run::offboard(&installation.admin, &installation.tenant, &leaver);
                order.await.unwrap();
                ordered = Some(stage.clock.now());
            }
            if begun_after.is_none() {
                let history = stage.microsoft.history();
                let mut theirs = history.iter().filter(|one| one.person == leaver.0);
                begun_after = theirs
                    .next()
                    .and_then(|first| Some(first.at.since(ordered?)));
            }
            if window > 3 && stage.is_quiet().unwrap() {
                break;
            }
        }
    })
    .await;
    let counts = stage.microsoft.counts();
    let answers: u64 = counts.requests.values().sum();
    Wave {
        used: full.iter().sum::<f64>() / full.len() as f64,
        windows: full.len(),
        throttled: counts.throttled as f64 / answers as f64,
        begun_after: begun_after.unwrap(),
    }
}

/// So many office workers.
pub fn workers(people: usize) -> Vec<contoso::Employee> {
    let all = contoso::employees(people * 5, 3).into_iter();
    let workers = all.filter(|one| one.truth.persona == Some("office") && one.fate == Life::Stays);
    let found: Vec<_> = workers.take(people).collect();
    assert_eq!(found.len(), people);
    found
}

/// V8, V10: while work is due, nine tenths of the share of the binding bucket are used; one answer in a hundred at most says "too many"; and
/// whoever is offboarded in the midst of it is begun with within a minute.
#[test]
fn a_wave_goes_as_fast_as_it_may() {
    let wave = play(wave(1_500));
    assert!(wave.windows >= 3 && wave.used >= 0.9, "{wave:?}");
    assert!(wave.throttled < 0.01, "{wave:?}");
    assert!(wave.begun_after <= MINUTE, "{wave:?}");
}

/// The same with as many people as `ROLLCALL_WAVE` says.
#[test]
#[ignore = "takes minutes: make bench"]
fn a_large_wave_goes_as_fast_as_it_may() {
    let people = std::env::var("ROLLCALL_WAVE").unwrap().parse().unwrap();
    let wave = play(wave(people));
    println!("wave of {people}: {wave:?}");
    assert!(wave.used >= 0.9 && wave.throttled < 0.01 && wave.begun_after <= MINUTE);
}
