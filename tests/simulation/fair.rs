//! Fifty customers, one of whom is in the midst of a large wave: the others hardly notice (F119).

use std::time::Duration;

use local::contoso::{self, Employee};
use local::demo::{self, EPOCH};
use local::fate::latency;
use local::installation::{Installation, Options, Schedules};
use local::microsoft::{self, Microsoft};
use shared::clock::Clock;
use shared::graph::Http;
use shared::model::lane::{Lane, Mark};
use shared::model::tenant::{ReadinessLooks, TenantId};
use tower::{ServiceExt, service_fn};

use crate::pace::workers;
use crate::theatre::{HOUR, MINUTE, play};

const OTHERS: usize = 49;
/// People whom each of the others takes up.
const FEW: usize = 3;

struct Customer {
    id: TenantId,
    microsoft: Microsoft,
    options: microsoft::Options,
    employees: Vec<Employee>,
}

fn customer(nth: usize, people: usize, clock: Clock) -> Customer {
    let options = microsoft::Options {
        base_url: format!("http://t{nth}.graph.local"),
        tenant_id: format!("{nth:08}-0000-4000-8000-000000000000"),
        readiness: (MINUTE, 10 * MINUTE),
        throttle_permille: 0,
        ..microsoft::Options::default()
    };
    let microsoft = Microsoft::in_memory(options.clone(), clock);
    let employees = workers(people);
    demo::furnish(&microsoft, &employees);
    for (sku, _) in contoso::SKUS {
        microsoft.set_seats(sku, 1_000_000);
    }
    Customer {
        id: TenantId::parse(&format!("t{nth}")).unwrap(),
        microsoft,
        options,
        employees,
    }
}

/// So many people of one customer are provisioned at once; ten minutes later the others take up theirs, all in the same moment. How long
/// each of these waited for the first change at Microsoft, shortest first.
async fn waits(wave: usize) -> Vec<Duration> {
    let clock = Clock::steered(EPOCH, 1);
    let sizes = [wave].into_iter().chain([FEW; OTHERS]);
    let customers: Vec<Customer> = sizes
        .enumerate()
        .map(|(nth, people)| customer(nth, people, clock))
        .collect();
    let ways: Vec<(String, Http)> = customers
        .iter()
        .map(|one| {
            let host = one.options.base_url.trim_start_matches("http://");
            (host.to_owned(), one.microsoft.http())
        })
        .collect();
    let http = Http::new(service_fn(move |request: http::Request<bytes::Bytes>| {
        let host = request.uri().host().unwrap();
        let (_, way) = ways.iter().find(|(name, _)| name == host).unwrap();
        way.clone().oneshot(request)
    }));
    let registration = |one: &Customer| {
        let mut customer = demo::customer(&one.options, ReadinessLooks::Adaptive);
        customer.id = one.id.clone();
        customer
    };
    let options = Options {
        hook: Some(latency()),
        schedules: Schedules::NONE,
        ..Options::new(clock, 1)
    };
    let first = registration(&customers[0]);
    let installation = Installation::start(options, first, http).await.unwrap();
    for one in &customers[1..] {
        let registered = installation.register(registration(one), Schedules::NONE);
        registered.await.unwrap();
    }
    let store = &installation.admin.store;
    for one in &customers {
        contoso::configure(store, &one.id).await.unwrap();
    }
    let story = async {
        let pull = |one: &TenantId| {
            let one = one.clone();
            let installation = &installation;
            async move { installation.ask_for(&one, Lane::Sync, Mark::Pull).await }
        };
        pull(&customers[0].id).await.unwrap();
        clock.sleep(10 * MINUTE).await;
        let asked = clock.now();
        for one in &customers[1..] {
            pull(&one.id).await.unwrap();
        }
        clock.sleep(HOUR).await;
        asked
    };
    let asked = tokio::select! {
        biased;
        asked = story => asked,
        () = installation.run() => unreachable!("it runs for as long as it is polled"),
    };
    let is_busy = customers[0]
        .microsoft
        .history()
        .iter()
        .any(|one| one.at > asked);
    assert!(is_busy, "the wave was over before anybody else came");
    let mut waits = Vec::new();
    for one in &customers[1..] {
        let history = one.microsoft.history();
        for employee in &one.employees {
            let mut theirs = history.iter().filter(|change| change.person == employee.id);
            waits.push(theirs.next().unwrap().at.since(asked));
        }
    }
    waits.sort();
    waits
}

/// F119: half of them wait less than two minutes, and nobody longer than five.
#[test]
fn a_wave_of_one_customer_keeps_the_others_waiting_only_shortly() {
    let waits = play(waits(2_000));
    assert_eq!(waits.len(), OTHERS * FEW);
    assert!(waits[waits.len() / 2] < 2 * MINUTE, "{waits:?}");
    assert!(waits[waits.len() - 1] < 5 * MINUTE, "{waits:?}");
}

/// The same with as many people as `ROLLCALL_WAVE` says.
#[test]
#[ignore = "takes minutes: make bench"]
fn a_large_wave_of_one_customer_keeps_the_others_waiting_only_shortly() {
    let people = std::env::var("ROLLCALL_WAVE").unwrap().parse().unwrap();
    let waits = play(waits(people));
    let (median, longest) = (waits[waits.len() / 2], waits[waits.len() - 1]);
    println!("beside a wave of {people}: median {median:?}, longest {longest:?}");
    assert!(median < 2 * MINUTE && longest < 5 * MINUTE);
}
