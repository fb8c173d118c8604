//! Every partition belongs to one tenant (V7).

use std::collections::BTreeSet;

use regex::Regex;
use shared::model::access::Role;
use shared::model::adoption::AdoptionId;
use shared::model::change_set::SetId;
use shared::model::departure::{Appointment, Subject};
use shared::model::group::GroupId;
use shared::model::inventory::{Entry, RangeId};
use shared::model::job::{Goal, Job, JobId, Origin, Waits};
use shared::model::lane::Lane;
use shared::model::microsoft::{PolicyType, SkuId, UserId};
use shared::model::number::E164;
use shared::model::persona::{PersonaRef, SitePath};
use shared::model::tenant::TenantId;
use shared::model::time::Time;
use shared::store::cursors::{Family, Refresh};
use shared::store::keys::{self, Key};

use super::sources::{self, Source};

/// Name no partition.
const OTHERS: [&str; 4] = ["due_until", "read_due", "read_wake", "shard_of"];
/// One row a tenant, and times to ring: under one key for all tenants.
const COMMON: [&str; 4] = ["halt", "provider", "provider_values", "wake"];

/// The partition that each function of `keys.rs` names for a tenant.
fn partitions(tenant: &TenantId) -> Vec<(&'static str, String)> {
    let (id, user) = (JobId("01ABC".into()), UserId("u-1".into()));
    let mut job = Job::new(
        id.clone(),
        user.clone(),
        Goal::Provision,
        Origin::Rule,
        &[],
        Time::from_millis(1),
    );
    job.waits = Some(Waits::Licence);
    let persona = PersonaRef {
        id: "sales".into(),
        version: 1,
    };
    let range = Some(RangeId("london".into()));
    let entry = Entry::new(E164::parse("+1205").unwrap(), range, None);
    let set = SetId("01ARZ3NDEKTSV4RRFFQ69G5FAV".into());
    let adoption = AdoptionId("01ARZ3NDEKTSV4RRFFQ69G5FAV".into());
    let pk = |key: Key| key.pk;
    vec![
        ("provider", pk(keys::provider(tenant))),
        ("tenant_partition", keys::tenant_partition(tenant)),
        ("tenant", pk(keys::tenant(tenant))),
        ("rules", pk(keys::rules(tenant))),
        ("persona", pk(keys::persona(tenant, &persona))),
        (
            "node",
            pk(keys::node(tenant, &SitePath("europe/london".into()))),
        ),
        ("provider_values", pk(keys::provider_values())),
        ("profile", pk(keys::profile(tenant, "phone"))),
        ("halt", pk(keys::halt())),
        ("exception", pk(keys::exception(tenant, &user))),
        ("adoption", pk(keys::adoption(tenant, &adoption))),
        ("handed_page", pk(keys::handed_page(tenant, "x"))),
        (
            "fields",
            pk(keys::fields(
                tenant,
                Role::Operator,
                Some(&SitePath("europe".into())),
            )),
        ),
        ("group", pk(keys::group(tenant, &GroupId("g-1".into())))),
        ("seat", pk(keys::seat(tenant, &SkuId("e5".into()), &id))),
        ("sku", pk(keys::sku(tenant, &SkuId("e5".into())))),
        (
            "policy",
            pk(keys::policy(
                tenant,
                &PolicyType("TeamsMeetingPolicy".into()),
                "All On",
            )),
        ),
        ("lane", pk(keys::lane(tenant, Lane::Sync))),
        ("cursor", pk(keys::cursor(tenant))),
        (
            "family_cursor",
            pk(keys::family_cursor(tenant, Family::Numbers)),
        ),
        ("pages", keys::pages(tenant)),
        ("page", pk(keys::page(tenant, 1))),
        ("later_page", pk(keys::later_page(tenant, 1))),
        (
            "refresh",
            pk(keys::refresh(
                tenant,
                &Refresh {
                    person: user.clone(),
                    ordered: Time::from_millis(1),
                },
            )),
        ),
        ("numbers", keys::numbers(tenant, 3)),
        (
            "number",
            pk(keys::number(tenant, 4, &E164::parse("+1205").unwrap())),
        ),
        ("agenda", keys::agenda(tenant)),
        (
            "appointment",
            pk(keys::appointment(
                tenant,
                &Appointment {
                    at: Time::from_millis(1),
                    of: Subject::Person(user.clone()),
                },
            )),
        ),
        (
            "duplicate",
            pk(keys::duplicate(
                tenant,
                4,
                &entry.number,
                &SitePath("berlin".into()),
            )),
        ),
        ("audit", pk(keys::audit(tenant))),
        ("rules_part", pk(keys::rules_part(tenant, "0a", 0))),
        ("change_sets", keys::change_sets(tenant)),
        ("change_set", pk(keys::change_set(tenant, &set))),
        ("all_planned", keys::all_planned(tenant, &set, 3)),
        (
            "planned",
            pk(keys::planned(tenant, &set, 4, &UserId("u".into()))),
        ),
        (
            "reserved_for",
            keys::reserved_for(tenant, &UserId("u".into())),
        ),
        ("free", keys::free(tenant, &RangeId("london".into()))),
        ("in_queue", pk(keys::in_queue(tenant, &entry).unwrap())),
        ("range", pk(keys::range(tenant, &RangeId("london".into())))),
        (
            "outcome",
            pk(keys::outcome(tenant, &set, 4, &UserId("u".into()))),
        ),
        ("once", pk(keys::once(tenant, "0a"))),
        ("trail", keys::trail(tenant, &entry.number)),
        (
            "trail_event",
            pk(keys::trail_event(
                tenant,
                &entry.number,
                Time::from_millis(1),
                1,
            )),
        ),
        ("jobs", keys::jobs(tenant, 3)),
        ("people", keys::people(tenant, 3)),
        ("person", pk(keys::person(tenant, 4, &user))),
        ("job", pk(keys::job(tenant, 4, &id))),
        ("plan", pk(keys::plan(tenant, 4, &id))),
        ("history", pk(keys::history(tenant, 4, &id))),
        ("due", pk(keys::due(tenant, 4, &job).unwrap())),
        ("due_partition", keys::due_partition(tenant, Lane::Sync, 3)),
        (
            "wake",
            pk(keys::wake(tenant, Lane::Sync, Time::from_millis(1))),
        ),
        ("waits", pk(keys::waits(tenant, &job).unwrap())),
        (
            "waits_place",
            pk(keys::waits_place(
                tenant,
                &Waits::Licence,
                Time::from_millis(1),
                &id,
            )),
        ),
        (
            "waits_partition",
            keys::waits_partition(tenant, &Waits::Settling),
        ),
    ]
}

/// V7: nothing read or written crosses a tenant's key, not even where one tenant's id begins with the other's.
#[test]
fn every_partition_begins_with_its_tenant() {
    let tenant = TenantId::parse("contoso").unwrap();
    for (name, partition) in partitions(&tenant) {
        let own = partition == "T#contoso" || partition.starts_with("T#contoso#");
        assert_eq!(own, !COMMON.contains(&name), "{name} names {partition}");
    }
    assert_eq!(
        keys::wake(&tenant, Lane::Sync, Time::from_millis(1)).pk,
        keys::WAKE
    );
    assert_eq!(keys::provider(&tenant).pk, "PROVIDER");
}

#[test]
fn no_key_is_forgotten_above() {
    let page = sources::below("shared/src/store");
    let of_keys = |source: &&Source| source.path.contains("/store/keys");
    let page: Vec<&Source> = page.iter().filter(of_keys).collect();
    assert!(page.len() >= 2, "{}", page.len());
    let public = Regex::new(r"\bpub (?:const )?fn (\w+)").unwrap();
    let there: BTreeSet<&str> = page
        .iter()
        .flat_map(|source| public.captures_iter(&source.code))
        .filter_map(|found| Some(found.get(1)?.as_str()))
        .collect();
    let tenant = TenantId::parse("contoso").unwrap();
    let known: BTreeSet<&str> = partitions(&tenant)
        .into_iter()
        .map(|(name, _)| name)
        .chain(OTHERS)
        .collect();
    assert_eq!(there, known);
}
