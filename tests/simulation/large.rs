//! 50,000 people and 50,000 numbers: what the first sync costs, what the second does not, and a run whose worker dies at every page.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use local::fate::{Fate, Hook, Request, Service};
use local::microsoft::{self, NewNumber, NewPerson};
use shared::model::lane::Mark;
use shared::model::tenant::Settings;

use crate::directory::{Directory, told};
use crate::theatre::play;

/// People, and numbers.
const MANY: u64 = 50_000;
/// Pages of the list of people, 999 each; of numbers, 1,000 each.
const PAGES: u64 = 51;
const PAGES_OF_NUMBERS: u64 = 50;

async fn directory(hook: Hook) -> Directory {
    let options = microsoft::Options {
        empty_page_permille: 0,
        repeat_permille: 0,
        ..microsoft::Options::default()
    };
    let directory = Directory::at(options, &[], Settings::default(), Some(hook)).await;
    for number in 0..MANY {
        let id = format!("{number:08}-0000-4000-8000-000000000000");
        let name = format!("p{number}@contoso.com");
        let person = NewPerson::new(id, name, format!("Person {number}"));
        directory.microsoft.add_person(person);
        let line = NewNumber::new(format!("+4930{number:06}"), "directRouting");
        directory.microsoft.add_number(line);
    }
    directory
}

/// Writes of the function of sync: to people, to numbers, and to anything else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Writes {
    people: u64,
    numbers: u64,
    others: u64,
}

impl Writes {
    fn count(&mut self, request: &Request<'_>) {
        let writes = ["PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"];
        let by_sync = request.worker.starts_with("sync");
        if request.service != Service::DynamoDb || !by_sync || !writes.contains(&request.operation)
        {
            return;
        }
        let body = String::from_utf8_lossy(request.body);
        if body.contains("USER#") {
            self.people += 1;
        } else if body.contains("NUM#") {
            self.numbers += 1;
        } else {
            self.others += 1;
        }
    }
}

/// F9, F11, F14, V9: requests and writes are those of the arithmetic. Graph: the latest token, 51 pages of people, the first changes;
/// 50 pages of numbers, and the empty one that ends a list without links; one request for products and one for Teams accounts. The
/// table: one write for each person and each number, and one for each ten pages read or decided. The second full run writes neither.
#[test]
fn a_large_first_sync_costs_what_was_reckoned_and_a_second_writes_nobody() {
    play(async {
        let written = Arc::new(Mutex::new(Writes::default()));
        let count = Arc::clone(&written);
        let hook: Hook = Arc::new(move |request| {
            count.lock().unwrap().count(request);
            Fate::Deliver
        });
        let directory = directory(hook).await;
        let asked = |what: &str| {
            let requests = directory.microsoft.counts().requests;
            requests.get(what).copied().unwrap_or_default()
        };
        directory.sync(Mark::Pull).await;
        assert_eq!(asked("users delta"), 2);
        assert_eq!(asked("list users"), PAGES);
        assert_eq!(asked("list numbers"), PAGES_OF_NUMBERS + 1);
        assert_eq!((asked("list skus"), asked("list teams users")), (1, 1));
        let first = std::mem::take(&mut *written.lock().unwrap());
        assert_eq!((first.people, first.numbers), (MANY, MANY));
        // Ten pages of people, numbers and decisions a write; the lane, the schedules, the test of the connection.
        let places = PAGES.div_ceil(10) + PAGES_OF_NUMBERS.div_ceil(10) + (MANY / 500).div_ceil(10);
        assert!(first.others <= places + 30, "{first:?}");

        directory.sync(Mark::Full).await;
        directory.sync(Mark::Numbers).await;
        let second = *written.lock().unwrap();
        assert_eq!((second.people, second.numbers), (0, 0));
        assert_eq!(asked("users delta"), 4);
    });
}

/// V11, fault 27: the worker dies at the first request for each of the 51 pages, and once more right after it. The rows are those of a
/// run that nobody killed.
#[test]
fn a_large_first_sync_that_dies_at_every_page_ends_the_same() {
    let run = |deadly: bool| {
        play(async move {
            let died = Arc::new(Mutex::new((BTreeSet::new(), 0_u64)));
            let counted = Arc::clone(&died);
            let hook: Hook = Arc::new(move |request| {
                let is_page = request.operation.starts_with("GET /v1.0/users?");
                if !deadly || request.service != Service::Microsoft || !is_page {
                    return Fate::Deliver;
                }
                let (seen, deaths) = &mut *counted.lock().unwrap();
                if !seen.insert(request.operation.to_owned()) {
                    return Fate::Deliver;
                }
                *deaths += 1;
                if *deaths % 2 == 0 {
                    Fate::CrashBefore
                } else {
                    Fate::CrashAfter
                }
            });
            let directory = directory(hook).await;
            // The next worker comes when the lease of the dead one is over.
            for _ in 0..8 {
                directory.sync(Mark::Pull).await;
            }
            let deaths = died.lock().unwrap().1;
            (told(directory.people()), deaths)
        })
    };
    let (whole, _) = run(false);
    let (rows, deaths) = run(true);
    assert!(deaths >= PAGES, "{deaths}");
    assert!(rows == whole);
}
