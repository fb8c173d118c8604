//! Golden history: one stored example of every item ever written. Rows once written stay readable (V16).
//!
//! A new kind of row, or a new shape of an old one, gets an example: `ROLLCALL_GOLDEN=add cargo test -p tests --test contract golden`
//! writes `golden/<kind>.json` where there is none. Files that are there are never changed; a second shape of a kind is
//! `<kind>.<what-is-special>.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use local::cloud::{Cloud, Options};
use local::contoso;
use local::demo::{EPOCH, Setting, Stage};
use serde::Serialize;
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::model::adoption::AdoptionId;
use shared::model::change_set::{SetId, SetPlace};
use shared::model::departure::Departure;
use shared::model::job::JobId;
use shared::model::lane::Lane;
use shared::model::microsoft::{PolicyName, PolicyType, UserId};
use shared::model::number::{E164, Number};
use shared::model::once::Once;
use shared::model::tenant::TenantId;
use shared::store::Store;
use shared::store::cursors::{Family, Refresh};
use shared::store::jobs::PlanRow;

use super::setting::set_up;
use super::sources;

/// What kind of row this is, by its key.
fn kind(item: &Value) -> &'static str {
    let (pk, sk) = (text(item, "pk"), text(item, "sk"));
    if pk == "PROVIDER" {
        return match sk {
            "VALUES" => "provider",
            "HALT" => "halt",
            _ => "listing",
        };
    }
    if pk.ends_with("#PAGES") {
        let is_refresh = sk.starts_with("refresh#");
        return if is_refresh { "refresh" } else { "page" };
    }
    if pk.contains("#trail#") {
        return "number_event";
    }
    if pk.ends_with("#AGENDA") {
        return "appointment";
    }
    match sk.split('#').collect::<Vec<_>>()[..] {
        ["TENANT"] => "tenant",
        ["RULES"] => "rules",
        ["RULES", ..] => "rules_part",
        ["SET", _] => "change_set",
        ["CHANGE", _] => "planned",
        ["OUTCOME", _] => "outcome",
        ["ONCE", _] => "once",
        ["PERSONA", ..] => "persona",
        ["NODE", ..] => "site",
        ["SKU", ..] => "sku",
        ["LANE", ..] => "lane",
        ["CURSOR", "numbers" | "accounts"] => "place",
        ["CURSOR", ..] => "cursor",
        ["POLICY", ..] => "policy",
        ["PROFILE", _] => "profile",
        ["EXCEPTION", _] => "exception",
        ["ADOPTION", _] => "adoption",
        ["FIELDS", ..] => "fields",
        ["GROUP", _] => "group",
        ["SEAT", ..] => "seat",
        ["RANGE", _] => "range",
        ["NUM", _] => "number",
        ["NUM", _, "AT", _] => "duplicate",
        ["AUDIT", _] => "audit",
        ["USER", ..] => "person",
        ["JOB", _] => "job",
        ["JOB", _, "PLAN"] => "plan",
        ["JOB", _, "HISTORY"] => "history",
        _ => panic!("a row of a kind that is not known here: {pk} {sk}"),
    }
}

/// A number of which everything is known.
fn number() -> Number {
    Number {
        number: E164::parse("+12052582895").unwrap(),
        kind: "callingPlan".into(),
        activation: "activated".into(),
        status: "userAssigned".into(),
        holder: Some("87d349ed-44d7-43e1-9a83-5f2406dee5bd".into()),
        category: Some("primary".into()),
        capabilities: vec!["userAssignment".into()],
        source: "online".into(),
        port_in: Some("completed".into()),
        country: Some("US".into()),
        city: Some("Huntsville".into()),
        location: Some("d2b3ae3a-bb7d-4d1b-8f55-6cd5ba1a1a6c".into()),
    }
}

/// Longer rows show nothing that shorter ones do not.
const LONG: usize = 4_000;

/// The richest row of every kind that a small demo writes.
async fn fresh() -> BTreeMap<&'static str, Value> {
    let stage = Stage::set(Setting::demo(contoso::employees(40, 1), 1))
        .await
        .unwrap();
    tokio::select! {
        played = stage.play() => played.unwrap(),
        () = stage.installation.run() => {}
    }
    // The list of who changed is gone as soon as everybody on it is decided.
    let (store, tenant) = (&stage.installation.admin.store, &stage.installation.tenant);
    let mut cursor = store.cursor(tenant).await.unwrap();
    let changed = vec![UserId(stage.employees[0].id.clone())];
    store
        .move_cursor(tenant, &mut cursor, changed)
        .await
        .unwrap();
    // As is an order to read somebody again.
    let order = Refresh {
        person: UserId(stage.employees[0].id.clone()),
        ordered: EPOCH,
    };
    store.order_refresh(tenant, &order).await.unwrap();
    // Nobody of Contoso leaves on a day that is known before.
    let row = store.tenant(tenant).await.unwrap().unwrap();
    let leaver = UserId(stage.employees[0].id.clone());
    let leaver = store.person(&row, &leaver).await.unwrap().unwrap();
    let departure = Departure {
        day: "2026-12-31".into(),
        time: "18:00".into(),
        zone: "Europe/Berlin".into(),
        at: EPOCH,
    };
    let appointed = store.appoint(&row, &leaver, Some(&departure), EPOCH);
    assert!(appointed.await.unwrap());
    // The demo has neither policies in force nor numbers.
    let policy = PolicyName {
        policy_type: PolicyType("TeamsMeetingPolicy".into()),
        name: "All On".into(),
        missing: false,
    };
    store.put_policy(tenant, &policy).await.unwrap();
    set_up(store, &row, &stage).await;
    store.merge_number(&row, &number(), 1).await.unwrap();

    let mut richest: BTreeMap<&str, Value> = BTreeMap::new();
    for item in stage.installation.cloud.items().unwrap() {
        let kind = kind(&item);
        let worth = |item: &Value| Some(item.to_string().len()).filter(|length| *length <= LONG);
        if richest
            .get(kind)
            .is_none_or(|other| worth(other) < worth(&item))
        {
            richest.insert(kind, item);
        }
    }
    richest
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_row_has_an_example() {
    let fresh = fresh().await;
    if std::env::var("ROLLCALL_GOLDEN").is_ok_and(|wish| wish == "add") {
        for (kind, item) in &fresh {
            let path = folder().join(format!("{kind}.json"));
            if !path.exists() {
                fs::write(path, format!("{item:#}\n")).unwrap();
            }
        }
    }
    let written: BTreeSet<&str> = fresh.into_keys().collect();
    let examples = examples();
    let kept: BTreeSet<&str> = examples
        .iter()
        .map(|(name, _)| kind_of_file(name))
        .collect();
    assert_eq!(written, kept);
}

/// V16: today's store reads every row that was ever written, as it would in production, and loses nothing of it.
#[tokio::test(start_paused = true)]
async fn every_example_is_read_by_todays_code() {
    for (name, item) in examples() {
        assert_eq!(kind(&item), kind_of_file(&name), "{name}");
        let read = read(&item).await;
        let read = read.unwrap_or_else(|| panic!("{name} was not found again"));
        let mut stored = plain(&json!({ "M": item }));
        let attributes = stored.as_object_mut().unwrap();
        attributes.retain(|attribute, _| !OF_THE_STORE.contains(&attribute.as_str()));
        assert_eq!(lost(&stored, &read, String::new()), [""; 0], "{name}");
    }
}

/// What stands in the stored row and not in what was read of it. More may stand there: a new field has a default.
fn lost(stored: &Value, read: &Value, place: String) -> Vec<String> {
    match (stored, read) {
        (Value::Object(stored), Value::Object(_)) => stored
            .iter()
            .flat_map(|(name, value)| lost(value, &read[name], format!("{place}.{name}")))
            .collect(),
        (Value::Array(stored), Value::Array(read)) if stored.len() == read.len() => stored
            .iter()
            .zip(read)
            .flat_map(|(stored, read)| lost(stored, read, format!("{place}[]")))
            .collect(),
        (stored, read) if stored == read => Vec::new(),
        (stored, read) => vec![format!("{place}: {stored} became {read}")],
    }
}

/// Attributes that are no part of what is stored: keys, the format, and what sync compares with.
const OF_THE_STORE: [&str; 11] = [
    "etag",
    "pk",
    "sk",
    "due_pk",
    "due_sk",
    "find_pk",
    "find_sk",
    "format",
    "digest",
    "sync_fence",
    "first_fence",
];

/// Puts a row into an empty table, asks the store for it, and says what it made of it; `None` if it does not find it.
async fn read(item: &Value) -> Option<Value> {
    let clock = Clock::steered(EPOCH, 1);
    let cloud = Cloud::new(Options::new(clock, 1)).unwrap();
    for row in [&example("tenant.json"), item] {
        let put = cloud
            .table()
            .answer("PutItem", json!({ "TableName": "rollcall", "Item": row }));
        assert_eq!(put.status, 200, "{}", put.body);
    }
    let client = aws_sdk_dynamodb::Client::from_conf(cloud.dynamodb_config());
    let store = Store::new(client, "rollcall".to_owned(), clock);

    let id = &TenantId::parse("contoso").unwrap();
    let tenant = store.tenant(id).await.unwrap()?;
    let sk = text(item, "sk");
    let last = sk.rsplit('#').next().unwrap_or_default();
    let job = JobId(sk.split('#').nth(1).unwrap_or_default().to_owned());
    match kind(item) {
        "listing" => as_json(
            store
                .tenants()
                .await
                .unwrap()
                .first()
                .map(|id| json!({ "id": id })),
        ),
        "tenant" => as_json(Some(tenant)),
        "rules" => as_json(Some(store.catalogue(id).await.unwrap().rules)),
        "change_set" => as_json(store.change_set(id, &SetId(last.into())).await.unwrap()),
        "planned" => {
            let parts: Vec<&str> = text(item, "pk").split('#').collect();
            let set = SetId(parts[3].into());
            let place = SetPlace {
                shard: parts[4].parse().unwrap(),
                after: None,
            };
            let page = store.planned_page(id, &set, &place, 1);
            as_json(page.await.unwrap().0.first())
        }
        "rules_part" => {
            let digest = sk.split('#').nth(1).unwrap();
            let header = json!({
                "pk": item["pk"], "sk": { "S": "RULES" }, "version": { "N": "2" }, "parts": { "N": "1" },
                "digest": { "S": digest }, "placement": { "L": [] }, "persona": { "L": [] },
            });
            let row = json!({ "TableName": "rollcall", "Item": header });
            assert_eq!(cloud.table().answer("PutItem", row).status, 200);
            let rules = store.rules(id).await.unwrap();
            as_json(Some(
                json!({ "text": serde_json::to_string(&rules).unwrap() }),
            ))
        }
        "persona" => as_json(store.catalogue(id).await.unwrap().personas.first()),
        "site" => as_json(store.catalogue(id).await.unwrap().nodes.first()),
        "sku" => as_json(store.skus(id).await.unwrap().first()),
        "lane" => {
            let lane = Lane::ALL.into_iter().find(|lane| lane.name() == last)?;
            as_json(Some(store.lane(id, lane).await.unwrap()))
        }
        "place" => {
            let family = match last {
                "numbers" => Family::Numbers,
                _ => Family::Accounts,
            };
            as_json(Some(store.place(id, family).await.unwrap()))
        }
        "provider" => as_json(Some(store.provider_values().await.unwrap())),
        "profile" => as_json(store.catalogue(id).await.unwrap().profiles.first()),
        "fields" => as_json(store.field_policies(id).await.unwrap().first()),
        "group" => as_json(store.groups(id).await.unwrap().first()),
        "seat" => {
            let (sku, _) = store.kept_seats(id).await.unwrap().pop_first()?;
            let since = plain(&item["since"]);
            as_json(Some(json!({ "sku": sku, "since": since })))
        }
        "policy" => as_json(store.policies(id).await.unwrap().first()),
        "appointment" => as_json(store.appointments(id).await.unwrap().first()),
        "halt" => as_json(store.halt().await.unwrap()),
        "exception" => as_json(store.exceptions(id).await.unwrap().first()),
        "adoption" => {
            let id = AdoptionId(last.into());
            as_json(store.adoption(&tenant.id, &id).await.unwrap())
        }
        "number_event" => {
            let number = E164::parse(text(item, "pk").rsplit('#').next()?)?;
            let (events, _) = store.trail(id, &number, None, 1).await.unwrap();
            as_json(events.first())
        }
        "outcome" => {
            let set = SetId(text(item, "pk").split('#').nth(3)?.into());
            let person = [UserId(last.into())];
            let outcomes = store.outcomes(&tenant, &set, &person).await.unwrap();
            as_json(outcomes.first())
        }
        "once" => {
            let newer = Once {
                digest: String::new(),
                at: EPOCH,
                answer: None,
                ttl: 0,
            };
            as_json(store.begin_once(id, last, &newer, None).await.unwrap())
        }
        "refresh" => as_json(store.refreshes(id).await.unwrap().first()),
        "number" => {
            let number = &E164::parse(last)?;
            if let Some(entry) = store.entry(&tenant, number).await.unwrap() {
                return as_json(Some(entry));
            }
            let told = store.number(&tenant, number).await.unwrap()?;
            as_json(Some(json!({ "number": told.number, "told": told })))
        }
        "duplicate" => {
            let number = E164::parse(sk.split('#').nth(1)?)?;
            as_json(store.duplicates(&tenant, &number).await.unwrap().first())
        }
        "audit" => as_json(store.audit(id).await.unwrap()),
        "range" => as_json(store.catalogue(id).await.unwrap().ranges.first()),
        "cursor" => as_json(Some(store.cursor(id).await.unwrap())),
        "page" => as_json(
            store
                .changed_pages(id, 8)
                .await
                .unwrap()
                .first()
                .map(|page| json!({ "ids": page.ids })),
        ),
        "person" => as_json(
            store
                .person(&tenant, &UserId(last.to_owned()))
                .await
                .unwrap(),
        ),
        "job" => {
            let row = store.job(&tenant, &job).await.unwrap()?;
            assert_eq!(row.state, row.derive(), "{sk}");
            as_json(Some(row))
        }
        "plan" => match store.plan(&tenant, &job).await.unwrap()? {
            PlanRow::Known(plan) => as_json(Some(plan)),
            PlanRow::Newer(error) => panic!("{error}"),
        },
        "history" => as_json(store.history(&tenant, &job).await.unwrap()),
        unknown => panic!("say here how {unknown} is read"),
    }
}

fn as_json(read: Option<impl Serialize>) -> Option<Value> {
    read.map(|read| serde_json::to_value(read).unwrap())
}

/// `{"S": "x"}` becomes `"x"`.
fn plain(attribute: &Value) -> Value {
    let (kind, value) = attribute
        .as_object()
        .and_then(|it| it.iter().next())
        .unwrap();
    match (kind.as_str(), value) {
        ("N", Value::String(number)) => serde_json::from_str(number).unwrap(),
        ("M", Value::Object(map)) => map
            .iter()
            .map(|(name, value)| (name.clone(), plain(value)))
            .collect(),
        ("L", Value::Array(list)) => list.iter().map(plain).collect(),
        ("NULL", _) => Value::Null,
        _ => value.clone(),
    }
}

/// The examples, with their file names.
fn examples() -> Vec<(String, Value)> {
    let files = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let names = files.map(|file| file.file_name().into_string().unwrap());
    let mut examples: Vec<(String, Value)> =
        names.map(|name| (name.clone(), example(&name))).collect();
    examples.sort_by(|one, other| one.0.cmp(&other.0));
    examples
}

fn example(name: &str) -> Value {
    let text = sources::read(&format!("tests/contract/golden/{name}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn kind_of_file(name: &str) -> &str {
    name.split('.').next().unwrap_or_default()
}

fn folder() -> PathBuf {
    sources::root().join("tests/contract/golden")
}

fn text<'a>(item: &'a Value, name: &str) -> &'a str {
    item[name]["S"].as_str().unwrap_or_default()
}
