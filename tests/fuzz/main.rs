//! Hostile bytes at everything that reads what others wrote: messages of a queue, answers of Graph, conditions of rules. Nothing panics,
//! nothing is believed that cannot be, and nothing takes for ever (faults 31, 39, 40; V12). Tokens and tables of the API are tried beside
//! the API's own requests.
//!
//! The samples lie in `corpus`; what was found once belongs there. `ROLLCALL_FUZZ` says how many variants are tried.

#![expect(clippy::unwrap_used, reason = "a broken test must fail")]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use local::contoso;
use local::demo::{EPOCH, furnish};
use local::hostile::{tries, variant};
use local::microsoft::{Microsoft, NewNumber, Options};
use shared::clock::Clock;
use shared::graph::{Graph, Http, NumbersFrom, Secret, TransportError, UsersFrom};
use shared::model::microsoft::UserId;
use shared::model::property::Property;
use shared::plan::rule::{MAX_CHARACTERS, Rule};
use shared::queue::Doorbell;
use tower::{ServiceExt, service_fn};

/// In an ordinary test run.
const FEW: u64 = 20_000;
/// A text of Microsoft's is cut at so many characters.
const LONGEST: usize = 256;

fn samples(of: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fuzz/corpus")
        .join(of);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    let samples: Vec<_> = files
        .iter()
        .map(|file| std::fs::read(file).unwrap())
        .collect();
    assert!(samples.len() > 3, "{of} has too few samples");
    samples
}

/// Offers variants of these samples to a reader that says whether it has read them: some it must, and some it must not.
fn offered(of: &str, seed: u64, read: impl Fn(&str) -> bool) {
    let samples = samples(of);
    let mut counts = [0, 0];
    for nth in 0..tries(FEW) {
        let bytes = variant(&samples, seed, nth);
        counts[usize::from(read(&String::from_utf8_lossy(&bytes)))] += 1;
    }
    assert!(counts.into_iter().all(|count| count > 100), "{counts:?}");
}

/// Fault 31: a message is a doorbell of a tenant that can be, or it is none.
#[test]
fn messages() {
    offered("message", 1, |text| match Doorbell::parse(text) {
        Ok(bell) => {
            let tenant = bell.tenant.as_str();
            let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
            assert!(!tenant.is_empty() && tenant.chars().all(fits), "{text:?}");
            let again = serde_json::to_string(&bell).unwrap();
            assert_eq!(Doorbell::parse(&again).unwrap(), bell);
            true
        }
        Err(error) => {
            assert!(error.to_string().len() < 500, "{error}");
            false
        }
    });
}

/// Fault 40: a condition is read or refused with a place in it; what is read says the same when it is written down again.
#[test]
fn rules() {
    offered("rule", 2, |text| match Rule::parse(text) {
        Ok(rule) => {
            let written = rule.to_string();
            // Written down it may be longer, and too long.
            if written.chars().count() <= MAX_CHARACTERS {
                assert_eq!(Rule::parse(&written).unwrap(), rule, "{text:?}");
            }
            true
        }
        Err(error) => {
            let lines = text.lines().count().max(1) + 1;
            assert!(error.line >= 1 && error.line <= lines, "{error:?} {text:?}");
            assert!(error.column >= 1, "{error:?}");
            assert!(error.token.chars().count() <= 41, "{error:?}");
            assert!(!error.token.chars().any(char::is_control), "{error:?}");
            false
        }
    });
}

/// A Microsoft whose answers are spoilt on the way.
fn spoilt(microsoft: &Microsoft, nth: &Arc<AtomicU64>) -> Http {
    let (inner, nth) = (microsoft.http(), Arc::clone(nth));
    Http::new(service_fn(move |request: http::Request<Bytes>| {
        let (inner, nth) = (inner.clone(), Arc::clone(&nth));
        async move {
            let is_token = request.uri().path().contains("/oauth2/");
            let answer: http::Response<Bytes> = inner.oneshot(request).await?;
            if is_token {
                return Ok::<_, TransportError>(answer);
            }
            let (head, body) = answer.into_parts();
            let nth = nth.fetch_add(1, Ordering::Relaxed);
            let body = variant(&[body.to_vec()], 3, nth);
            Ok(http::Response::from_parts(head, Bytes::from(body)))
        }
    }))
}

/// Fault 39: whatever an answer says, it is read or refused; texts are cut, and no link leads the token to another host.
#[test]
fn pages() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let clock = Clock::steered(EPOCH, 1);
        let options = Options::calm();
        let microsoft = Microsoft::in_memory(options.clone(), clock);
        let people = contoso::employees(6, 1);
        furnish(&microsoft, &people);
        microsoft.add_number(NewNumber::new("+442071000000", "directRouting"));
        let latest = {
            let graph = graph(microsoft.http(), clock, &options);
            graph.delta_latest().await.unwrap()
        };
        let nth = Arc::new(AtomicU64::new(0));
        let person = UserId(people[0].id.clone());
        let (mut read, mut refused) = (0, 0);
        for _ in 0..tries(FEW) / 10 {
            // A client of its own: one answer must not put the next one off.
            let graph = graph(spoilt(&microsoft, &nth), clock, &options);
            let mut count = |is_read: bool| if is_read { read += 1 } else { refused += 1 };
            let page = graph.users_page(UsersFrom::First).await;
            count(page.is_ok());
            for user in page.into_iter().flat_map(|page| page.people) {
                for property in Property::ALL {
                    let text = user.facts.text(*property).unwrap_or_default();
                    assert!(text.chars().count() <= LONGEST, "{text}");
                }
            }
            count(graph.delta_page(&latest).await.is_ok());
            count(graph.numbers_page(NumbersFrom::First).await.is_ok());
            count(graph.teams_users_page(None).await.is_ok());
            count(graph.user(&person).await.is_ok());
            count(graph.groups_page(None).await.is_ok());
        }
        assert!(read > 100 && refused > 100, "{read} {refused}");
    });
}

fn graph(http: Http, clock: Clock, options: &Options) -> Graph {
    let connection = shared::graph::Connection {
        tenant: options.tenant_id.clone(),
        client: options.client_id.clone(),
        secret: Secret::new(&options.client_secret),
        authority: options.base_url.clone(),
        graph: options.base_url.clone(),
    };
    Graph::new(http, clock, &connection, &[], 1).unwrap()
}
