//! What is stored besides what Contoso's demo stores, so that every kind of row is there.

use std::collections::{BTreeMap, BTreeSet};

use local::contoso;
use local::demo::{EPOCH, Stage};
use shared::model::access::Role;
use shared::model::adoption::{Adoptee, Adoption, AdoptionId};
use shared::model::change_set::{
    ChangeKind, ChangeSet, Counts, FileOrder, SetId, SetOrigin, SetPlace, SetState,
};
use shared::model::edit::{Field, FieldPolicy, FieldRule};
use shared::model::group::{Group, GroupId};
use shared::model::inventory::{Duplicate, NumberRange, RangeId};
use shared::model::lane::Worker;
use shared::model::microsoft::{SkuId, UserId};
use shared::model::number::E164;
use shared::model::once::{Answered, Once};
use shared::model::persona::{Profile, Rules, SitePath, Wanted, WrittenRule};
use shared::model::safety::{Exception, Halt};
use shared::model::tenant::{Tenant, TenantId};
use shared::model::tree::Values;
use shared::store::Store;
use shared::store::change_sets::{FileOutcome, PlannedChange};
use shared::store::ends::{Placement, Second};
use shared::store::jobs::{Belonging, Plan, Saved};

/// What Contoso's administrators have not set up, and a seat that is kept for somebody.
pub async fn set_up(store: &Store, tenant: &Tenant, stage: &Stage) {
    let id = &tenant.id;
    let values = Values {
        time_zone: Some("Europe/London".into()),
        roles: BTreeSet::from(["desk".into()]),
        ..Values::default()
    };
    store.set_provider_values(&values).await.unwrap();
    let profile = Profile {
        name: "no-licence".into(),
        licences: false,
        ..Profile::everything()
    };
    store.put_profile(id, &profile).await.unwrap();
    let fields = FieldPolicy {
        role: Role::Operator,
        node: Some(SitePath("europe".into())),
        fields: BTreeMap::from([
            (Field::Licences, FieldRule::ReadOnly),
            (Field::UsageLocation, FieldRule::Prefilled("GB".into())),
        ]),
    };
    store.put_field_policy(id, &fields).await.unwrap();
    let e5 = SkuId(contoso::E5.into());
    let group = Group {
        id: GroupId("9b1e0a6c-5d1f-4c5e-8f0b-3f6f4b7f2a10".into()),
        name: "Licences of sales".into(),
        licences: BTreeSet::from([e5.clone()]),
        obstacle: None,
        missing: false,
    };
    store.put_group(id, &group).await.unwrap();
    let london = NumberRange {
        id: RangeId("london".into()),
        name: "London".into(),
        node: Some(SitePath("europe/london".into())),
        low: None,
    };
    store.replace_range(id, &london, None).await.unwrap();
    let person = UserId("9b1e0a6c-5d1f-4c5e-8f0b-3f6f4b7f2a10".into());
    let exception = Exception {
        person: person.clone(),
        owner: "Olga".into(),
        reason: "on trial".into(),
        until: EPOCH,
        by: "ada".into(),
    };
    store.put_exception(id, &exception).await.unwrap();
    let halt = Halt {
        reason: "a drill".into(),
        since: EPOCH,
        by: "ada".into(),
    };
    store.set_halt(Some(&halt)).await.unwrap();
    let adoption = Adoption {
        id: AdoptionId("01ARZ3NDEKTSV4RRFFQ69G5FAV".into()),
        site: SitePath("europe/london".into()),
        at: EPOCH,
        by: "ada".into(),
        people: vec![Adoptee {
            person: person.clone(),
            refused: Some("there is no such person".into()),
        }],
    };
    let saved = store.save_adoption(id, &adoption, vec![person]);
    saved.await.unwrap();
    let mut set = ChangeSet {
        id: SetId("01ARZ3NDEKTSV4RRFFQ69G5FAV".into()),
        origin: SetOrigin::Edit,
        state: SetState::Stopped,
        hash: "0".repeat(64),
        decided_with: "0123456789abcdef0123".into(),
        rules: 2,
        whole: true,
        people: 30,
        in_scope: 60,
        counts: Counts::from([(ChangeKind::Persona, 30)]),
        reason: "30 changes of persona".into(),
        authors: BTreeSet::from(["ada".to_owned()]),
        first_stopped: EPOCH,
        expires: EPOCH,
        answered_by: Some("grace".into()),
        applied: 3,
        moved: 1,
        place: Some(SetPlace {
            shard: 2,
            after: Some(UserId("u".into())),
        }),
        version: 0,
    };
    store.save_change_set(id, &mut set).await.unwrap();
    let planned = PlannedChange {
        person: UserId("9b1e0a6c-5d1f-4c5e-8f0b-3f6f4b7f2a10".into()),
        kinds: vec![ChangeKind::Persona],
        before: Belonging::default(),
        wanted: Wanted::default(),
        order: Some(FileOrder::Offboard),
    };
    let outcome = FileOutcome {
        person: planned.person.clone(),
        aside: Some("they are gone".into()),
    };
    store.put_outcome(tenant, &set.id, &outcome).await.unwrap();
    let once = Once {
        digest: "0a".into(),
        at: EPOCH,
        answer: Some(Answered {
            status: 202,
            headers: vec![("location".into(), "/v1/tenants".into())],
            body: String::new(),
        }),
        ttl: 86_400,
    };
    store.end_once(id, "0b", &once).await.unwrap();
    let planned = [planned];
    let written = store.put_planned(tenant, &set.id, &planned);
    written.await.unwrap();
    // Somebody else has more rules than a row holds.
    let many = (0..4_000).map(|nth| WrittenRule {
        name: format!("rule {nth}"),
        description: None,
        when: format!("user.department -eq \"department {nth}\""),
        then: SitePath("europe/london".into()),
    });
    let rules = Rules {
        version: 1,
        placement: many.collect(),
        persona: Vec::new(),
    };
    let fabrikam = TenantId::parse("fabrikam").unwrap();
    store.put_rules(&fabrikam, &rules).await.unwrap();
    assert_eq!(store.rules(&fabrikam).await.unwrap(), rules);
    let ledger = stage.ledger().unwrap();
    let mut job = ledger.jobs.values().next().cloned().unwrap();
    job.seats = vec![e5];
    let worker = Worker {
        lane: job.lane,
        fence: u64::MAX >> 1,
    };
    let saved = store.save_with_seats(tenant, &mut job, worker, EPOCH).await;
    assert_eq!(saved.unwrap(), Saved::Yes);
    let mut other = ledger.jobs.values().nth(1).cloned().unwrap();
    other.superseded_by = Some(job.id);
    let second = Duplicate {
        number: E164::parse("+442071000001").unwrap(),
        node: SitePath("europe/berlin".into()),
        person: other.person.clone(),
        since: EPOCH,
    };
    let placement = Placement {
        duplicates: vec![Second::New(second)],
        ..Placement::default()
    };
    let plan = Plan::default();
    let ended = store.end(tenant, &mut other, &plan, &placement, worker, EPOCH);
    assert_eq!(ended.await.unwrap(), Saved::Yes);
}
