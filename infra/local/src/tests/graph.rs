//! The product's own client against the simulated tenant, over a real socket: they agree on every call (`graph-api.md 2` to `6`).

use std::collections::BTreeSet;

use shared::clock::Clock;
use shared::graph::{
    DeltaNext, Graph, Microsoft as Connector, NumberUpdate, NumbersFrom, Secrets, UsersFrom,
    loopback,
};
use shared::model::group::{GroupId, GroupObstacle, Membership};
use shared::model::microsoft::{PolicyType, SkuId, UserId};
use shared::model::number::{E164, Operation};
use shared::model::tenant::{Capability, Connection};
use tokio::net::TcpListener;

use crate::cloud::{self, Cloud};
use crate::demo::EPOCH;
use crate::microsoft::{GroupKind, Microsoft, NewGroup, NewNumber, NewPerson, Options};

const ADELE: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
const GROUP: &str = "d8ebfa45-0f28-4d2d-9bcc-b158a49e2d17";
const E5: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
const PLANS: [&str; 2] = [
    "57ff2da0-773e-42df-b2af-ffb7a2317929",
    "4828c8ec-dc2e-4779-b502-87ac9ce28ab7",
];

/// A tenant that listens, and the client of an installation beside it.
async fn both() -> (Microsoft, Graph) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let clock = Clock::steered(EPOCH, 1);
    let options = Options {
        base_url: base.clone(),
        ..Options::calm()
    };
    let tenant = Microsoft::in_memory(options.clone(), clock);
    let router = tenant.router();
    tokio::spawn(async move { axum::serve(listener, router).await });

    let cloud = Cloud::new(cloud::Options::new(clock, 1)).unwrap();
    cloud.secrets().set("secret", &options.client_secret);
    let secrets = aws_sdk_secretsmanager::Client::new(&cloud.sdk_config());
    let connector = Connector::new(loopback(), Secrets::new(secrets));
    let connection = Connection {
        directory: options.tenant_id,
        client: options.client_id,
        secret_name: "secret".into(),
        authority: base.clone(),
        graph: base,
    };
    (
        tenant,
        connector
            .connect(&connection, &Default::default(), clock)
            .await
            .unwrap(),
    )
}

fn furnish(tenant: &Microsoft) {
    tenant.add_sku(E5, "SPE_E5", 100, &PLANS);
    tenant.add_policy("TeamsMeetingPolicy", "All On");
    for number in 0..45 {
        let id = format!("{number:08}-0000-4000-8000-000000000000");
        let name = format!("p{number}@contoso.com");
        let mut person = NewPerson::new(id, name, format!("Person {number}"));
        person.facts.insert("usageLocation".into(), "DE".into());
        person.licences = vec![E5.into()];
        person.teams_ready = true;
        tenant.add_person(person);
    }
    let adele = NewPerson::new(ADELE, "adele@contoso.com", "Adele");
    tenant.add_person(adele);
    tenant.add_group(NewGroup::new(GROUP, "Sales"));
    let mut synced = NewGroup::new("e1ebfa45-0f28-4d2d-9bcc-b158a49e2d18", "Synced");
    synced.kind = GroupKind::Synced;
    tenant.add_group(synced);
    tenant.add_number(NewNumber::new("+4930123450", "directRouting"));
}

#[tokio::test]
async fn people_and_batches_of_them() {
    let (tenant, graph) = both().await;
    furnish(&tenant);
    let page = graph.users_page(UsersFrom::First).await.unwrap();
    assert_eq!((page.people.len(), page.skipped, page.next), (46, 0, None));
    assert_eq!(graph.users_count().await.unwrap(), 46);
    let link = graph.delta_latest().await.unwrap();
    let mut ids: Vec<UserId> = page.people.into_iter().map(|person| person.id).collect();
    ids.push(UserId("00000000-1111-4000-8000-000000000000".into()));
    let each = graph.users_by_id(&ids).await.unwrap();
    let found = each
        .iter()
        .filter(|(_, found)| matches!(found, Ok(Some(_))));
    assert_eq!(found.count(), 46);
    assert!(matches!(each[46].1, Ok(None)));
    let teams = graph.teams_users_by_id(&ids).await.unwrap();
    let ready = teams
        .iter()
        .filter(|(_, user)| matches!(user, Ok(Some(user)) if user.account_type == "user"));
    assert_eq!(ready.count(), 45);

    let adele = UserId(ADELE.into());
    graph.set_usage_location(&adele, "DE").await.unwrap();
    graph
        .assign_licences(&adele, &[(SkuId(E5.into()), Default::default())], &[])
        .await
        .unwrap();
    tenant.delete_person(&ids[0].0, true);
    let changes = graph.delta_page(&link).await.unwrap();
    assert!(matches!(changes.next, DeltaNext::Done(_)) && changes.changes.len() >= 2);
    assert_eq!(
        graph.deleted_users().await.unwrap(),
        BTreeSet::from([ids[0].clone()])
    );
    let skus = graph.subscribed_skus().await.unwrap();
    assert_eq!((skus[0].enabled, skus[0].consumed), (100, 45));
    let permissions = graph.permissions().await.unwrap();
    assert!(
        Capability::ALL
            .into_iter()
            .all(|one| permissions.allow(one) == Some(true))
    );
    assert!(
        graph
            .read_only()
            .set_usage_location(&adele, "US")
            .await
            .is_err()
    );
    assert_eq!(
        tenant.truth(ADELE).unwrap().usage_location.as_deref(),
        Some("DE")
    );
}

#[tokio::test]
async fn groups_and_their_members() {
    let (tenant, graph) = both().await;
    furnish(&tenant);
    let (group, adele) = (GroupId(GROUP.into()), UserId(ADELE.into()));
    let groups = graph.groups_page(None).await.unwrap().groups;
    assert_eq!(
        (groups[0].obstacle, groups[1].obstacle),
        (None, Some(GroupObstacle::OnPremises))
    );
    assert!(matches!(
        graph.add_member(&group, &adele).await,
        Ok(Membership::Changed(_))
    ));
    assert_eq!(
        graph.add_member(&group, &adele).await.unwrap(),
        Membership::AlreadySo
    );
    let people = graph.users_page(UsersFrom::First).await.unwrap().people;
    let ids: Vec<UserId> = people
        .into_iter()
        .map(|person| person.id)
        .take(25)
        .collect();
    let asked: Vec<UserId> = [&ids[..], std::slice::from_ref(&adele)].concat();
    let added = graph.add_members(&group, &asked).await.unwrap();
    assert!(added.iter().all(|(_, outcome)| outcome.is_ok()));
    assert_eq!(added[25].1.as_ref().unwrap(), &Membership::AlreadySo);
    let members = graph.members_page(&group, None).await.unwrap().people;
    assert_eq!(members.len(), 26);
    let delta = graph
        .groups_delta(std::slice::from_ref(&group))
        .await
        .unwrap();
    let told: usize = delta
        .changes
        .iter()
        .map(|change| change.members.len())
        .sum();
    assert_eq!(told, 26);
    assert_eq!(
        graph
            .in_groups(&adele, std::slice::from_ref(&group))
            .await
            .unwrap()
            .len(),
        1
    );
    assert!(matches!(
        graph.remove_member(&group, &adele).await,
        Ok(Membership::Changed(_))
    ));
    assert_eq!(
        graph.remove_member(&group, &adele).await.unwrap(),
        Membership::AlreadySo
    );
}

#[tokio::test]
async fn policies_and_numbers() {
    let (tenant, graph) = both().await;
    furnish(&tenant);
    let person = UserId("00000000-0000-4000-8000-000000000000".into());
    let kind = PolicyType("TeamsMeetingPolicy".into());
    let policy = graph.policy_id(&kind, "all on").await.unwrap().unwrap();
    graph
        .assign_policies(&person, &[(kind.clone(), policy)])
        .await
        .unwrap();
    let user = graph.teams_user(&person).await.unwrap().unwrap();
    assert_eq!(user.policy(&kind).unwrap().name, "All On");

    let page = graph.numbers_page(NumbersFrom::First).await.unwrap();
    let free = page.numbers[0].clone();
    assert!(free.is_assignable());
    let last = graph
        .numbers_page(NumbersFrom::Next(page.next.unwrap()))
        .await
        .unwrap();
    assert_eq!((last.numbers.len(), last.next), (0, None));
    let ordered = graph
        .assign_number(&free.number, &free.kind, &person, "primary", None)
        .await
        .unwrap();
    let operation = graph.operation(&ordered.operation.unwrap()).await.unwrap();
    assert_eq!(operation, Some(Operation::Succeeded));
    let held = graph.numbers_of(&person).await.unwrap();
    assert_eq!(
        (held.len(), held[0].holder.as_deref()),
        (1, Some(person.0.as_str()))
    );
    let update = NumberUpdate {
        location: Some("somewhere".into()),
        network_site: None,
    };
    graph.update_number(&held[0].number, &update).await.unwrap();
    let held = &held[0];
    graph
        .unassign_number(&held.number, &held.kind)
        .await
        .unwrap();
    let number = E164::parse("tel:+49 30 123450").unwrap();
    let after = graph.number(&number).await.unwrap().unwrap();
    assert_eq!(
        (after.is_assignable(), after.location.as_deref()),
        (true, Some("somewhere"))
    );
}
