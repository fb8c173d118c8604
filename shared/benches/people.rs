//! What one person costs on one core: their part of a page of the list is read, 100 rules look for their first match, the digest says
//! whether they changed, and a decision is made (`make bench`).

#![allow(
    clippy::disallowed_methods,
    clippy::panic,
    missing_docs,
    reason = "whoever runs it reads what it says"
)]

use std::hint::black_box;
use std::time::Instant;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::graph::{Connection, Graph, Http, Secret, TransportError, UsersFrom};
use shared::model::facts::Facts;
use shared::model::microsoft::DirectoryUser;
use shared::model::person::Person;
use shared::model::persona::{
    LocationSource, Persona, PersonaChoice, PersonaRef, Rules, WrittenRule,
};
use shared::model::property::{Property, ValueType};
use shared::model::time::Time;
use shared::plan::decide::{Basis, Policybook};
use shared::plan::rule::list::{Listed, RuleList};
use shared::plan::rule::{Candidate, Rule};
use shared::store::people::digest;
use tokio::runtime::Builder;
use tower::service_fn;

const RULES: usize = 100;
const PAGE: usize = 999;
const PEOPLE: usize = 100 * PAGE;
/// Reading, matching and the digest may take so many microseconds a person together.
const AT_MOST: f64 = 12.0;

/// What an administrator would write: a department and places, a title, a pattern now and then.
fn rule(nth: usize) -> String {
    match nth % 5 {
        0 => format!(
            "user.department -eq \"Department {nth}\" -and user.city -in [\"London\", \"Paris\", \"Köln\"]"
        ),
        1 => format!(
            "user.jobTitle -startsWith \"Title {nth}\" -or user.physicalDeliveryOfficeName -eq null -and user.city -eq \"Nowhere\""
        ),
        2 => format!(
            "user.country -eq \"Country {nth}\" -and -not (user.department -contains \"temp\")"
        ),
        3 => format!("user.mail -endsWith \"@branch{nth}.contoso.com\""),
        _ => format!("user.jobTitle -match \"^(Head|Deputy) of {nth}$\""),
    }
}

fn rules() -> RuleList<usize> {
    let listed = |nth: usize| Listed {
        name: format!("rule {nth}"),
        rule: Rule::parse(&rule(nth)).unwrap_or_else(|error| panic!("{error}")),
        then: nth,
    };
    RuleList((0..RULES).map(listed).collect())
}

/// The same rules, each choosing a persona.
fn policybook() -> Policybook {
    let reference = PersonaRef {
        id: "everybody".into(),
        version: 1,
    };
    let persona = Persona {
        reference,
        name: "Everybody".into(),
        usage_location: Some(LocationSource::Literal("GB".into())),
        ..Persona::default()
    };
    let choose = |nth: usize| WrittenRule {
        name: format!("rule {nth}"),
        description: None,
        when: rule(nth),
        then: PersonaChoice {
            persona: "everybody".into(),
            ..PersonaChoice::default()
        },
    };
    let basis = Basis {
        rules: Rules {
            version: 1,
            placement: Vec::new(),
            persona: (0..RULES).map(choose).collect(),
        },
        personas: vec![persona],
        ..Basis::default()
    };
    Policybook::new(basis).unwrap_or_else(|problem| panic!("{problem:?}"))
}

/// Somebody of whom everything is filled in that is asked of everybody.
fn user(nth: usize) -> Value {
    let mut user = json!({
        "id": format!("{nth:08}-0000-4000-8000-000000000000"),
        "assignedLicenses": [{"skuId": "06ebc4ee-1bb5-47dd-8120-11324bc54e06", "disabledPlans": []}],
        "licenseAssignmentStates": [{
            "skuId": "06ebc4ee-1bb5-47dd-8120-11324bc54e06", "assignedByGroup": null, "state": "Active", "error": "None",
            "disabledPlans": [], "lastUpdatedDateTime": "2026-01-05T08:00:00Z",
        }],
    });
    for property in Property::ALL.iter().filter(|one| one.is_always_read()) {
        let name = property.graph_name();
        let text = match property.name() {
            "city" => ["London", "Paris", "Köln", "Rome"][nth % 4].to_owned(),
            "department" => format!("Department {}", nth % 150),
            "jobTitle" => format!("Title {}", nth % 170),
            "country" => format!("Country {}", nth % 190),
            "mail" => format!("p{nth}@branch{}.contoso.com", nth % 130),
            "objectId" => continue,
            _ => format!("{name} of {nth}"),
        };
        let (top, below) = property.graph_place().split_once('/').unwrap_or((name, ""));
        match (property.value_type(), below.parse::<usize>()) {
            (ValueType::Flag, _) => user[top] = json!(true),
            (ValueType::Date, _) => user[top] = json!("2020-02-01T00:00:00Z"),
            (ValueType::Texts, _) | (_, Ok(_)) => user[top] = json!([text]),
            _ if below.is_empty() => user[top] = json!(text),
            _ => user[top][below] = json!(text),
        }
    }
    user
}

/// A tenant whose only page this is.
fn graph(page: Bytes) -> Graph {
    let http = Http::new(service_fn(move |request: Request<Bytes>| {
        let token = json!({"token_type": "Bearer", "expires_in": 3599, "access_token": "t"});
        let is_token = request.uri().path().ends_with("/token");
        let body = if is_token {
            token.to_string().into()
        } else {
            page.clone()
        };
        async move { Ok::<_, TransportError>(Response::new(body)) }
    }));
    let connection = Connection {
        tenant: "contoso.com".to_owned(),
        client: "app".to_owned(),
        secret: Secret::new("secret"),
        authority: "https://login.microsoftonline.com".to_owned(),
        graph: "https://graph.microsoft.com".to_owned(),
    };
    let clock = Clock::system();
    let always = Property::ALL.iter().filter(|one| one.is_always_read());
    let names: Vec<String> = always.map(|one| one.graph_name().to_owned()).collect();
    Graph::new(http, clock, &connection, &names, 0).unwrap_or_else(|error| panic!("{error}"))
}

/// The best of three, in microseconds a person.
fn each(what: &str, mut work: impl FnMut()) -> f64 {
    let best = (0..3).map(|_| {
        let start = Instant::now();
        work();
        start.elapsed().as_secs_f64() * 1e6 / PEOPLE as f64
    });
    let best = best.fold(f64::MAX, f64::min);
    println!("{what:32} {best:6.2} µs a person");
    best
}

fn main() {
    let page = json!({"value": (0..PAGE).map(user).collect::<Vec<_>>()}).to_string();
    println!(
        "{} bytes a person, {RULES} rules, {PEOPLE} people",
        page.len() / PAGE
    );
    let page = Bytes::from(page);
    let runtime = Builder::new_current_thread().enable_time().build();
    let runtime = runtime.unwrap_or_else(|error| panic!("{error}"));
    let read = || {
        // Each page is read by a client without a pace behind it.
        let graph = graph(page.clone());
        let read = runtime.block_on(graph.users_page(UsersFrom::First));
        read.unwrap_or_else(|error| panic!("{error}")).people
    };
    let people: Vec<DirectoryUser> = read();
    assert_eq!(people.len(), PAGE);
    let pages = PEOPLE / PAGE;
    let parsing = each("reading their part of a page", || {
        for _ in 0..pages {
            black_box(read());
        }
    });
    let rules = rules();
    let find = |facts: &Facts| {
        let of = Candidate {
            facts,
            groups: None,
            now: Time::default(),
        };
        rules.first_match(&of).is_some()
    };
    let found = people.iter().filter(|user| find(&user.facts)).count();
    assert!(
        found > PAGE / 10 && found < PAGE,
        "{found} of {PAGE} matched"
    );
    let matching = each("finding the first match", || {
        for _ in 0..pages {
            black_box(people.iter().filter(|user| find(&user.facts)).count());
        }
    });
    let digesting = each("the digest of what is known", || {
        for _ in 0..pages {
            for user in &people {
                let _ = black_box(digest(user, true, [false, false]));
            }
        }
    });
    let book = policybook();
    let rows: Vec<Person> = people
        .iter()
        .map(|user| {
            let row = json!({"id": user.id, "facts": user.facts, "version": 1, "in_scope": true});
            serde_json::from_value(row).unwrap_or_else(|error| panic!("{error}"))
        })
        .collect();
    each("a decision", || {
        for _ in 0..pages {
            for person in &rows {
                black_box(book.decide(person));
            }
        }
    });
    let together = parsing + matching + digesting;
    println!("reading, matching and digest: {together:.2} µs a person, at most {AT_MOST:.0}");
    assert!(together <= AT_MOST, "over {AT_MOST} µs");
}
