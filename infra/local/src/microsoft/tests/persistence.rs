//! The file.

use std::path::PathBuf;
use std::time::Duration;

use super::*;

/// An empty folder of this process.
fn folder(name: &str) -> PathBuf {
    let name = format!("rollcall-microsoft-{}-{name}", std::process::id());
    let folder = std::env::temp_dir().join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test(start_paused = true)]
async fn a_tenant_is_the_same_after_a_restart() {
    let clock = Clock::steered(Time::from_millis(1_790_000_000_000), 1);
    let folder = folder("same");
    let file = folder.join("tenant.sqlite");
    let options = Options {
        staleness: Duration::from_secs(60),
        ..Options::calm()
    };

    let tenant = Microsoft::open(&file, options.clone(), clock).unwrap();
    tenant.add_sku(E5, "SPE_E5", 5, &[TEAMS1]);
    tenant.add_policy("TeamsMeetingPolicy", "AllOn");
    let mut adele = person(ADELE, "adele@contoso.com");
    adele.facts.insert("usageLocation".into(), json!("FR"));
    tenant.add_person(adele);
    tenant.add_person(person("gone", "gone@contoso.com"));
    tenant.delete_person("gone", false);
    let client = Client::to(tenant, options.clone(), clock).await;
    let (_, link) = client
        .pages("/users/delta?$select=id,usageLocation&$deltatoken=latest")
        .await;
    assert_eq!(client.locate(ADELE, "DE").await.status, 204);
    assert_eq!(client.license(ADELE, &[E5], &[]).await.status, 200);
    let policy = client
        .get("/admin/teams/policy/getPolicyId(type='TeamsMeetingPolicy',name='AllOn')")
        .await
        .body;
    let order = json!({"value": [{"userId": ADELE, "policyType": "TeamsMeetingPolicy", "policyId": policy["value"][0]["policyId"]}]});
    assert_eq!(
        client
            .post("/admin/teams/policy/userAssignments/assign", order)
            .await
            .status,
        204
    );
    let (truth, seats, people) = (
        client.tenant.truth(ADELE),
        client.tenant.seats(),
        client.tenant.people(),
    );
    drop(client);

    let tenant = Microsoft::open(&file, options.clone(), clock).unwrap();
    assert_eq!(
        (tenant.truth(ADELE), tenant.seats(), tenant.people()),
        (truth, seats, people)
    );
    assert!(tenant.truth("gone").unwrap().deleted);
    let client = Client::to(tenant, options, clock).await;
    let read = async || {
        client
            .get("/users/adele@contoso.com?$select=usageLocation")
            .await
            .body["usageLocation"]
            .clone()
    };
    assert_eq!(read().await, "FR", "still on its way");
    client.pass(60).await;
    assert_eq!(read().await, "DE");
    let (pages, _) = client.pages(&link.unwrap()).await;
    assert_eq!(
        json!(pages.concat()),
        json!([{"id": ADELE, "usageLocation": "DE"}])
    );
    drop(client);
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_ordered_runs_on_after_a_restart() {
    const GROUP: &str = "0a000000-0000-4000-8000-000000000001";
    let clock = Clock::steered(Time::from_millis(1_790_000_000_000), 1);
    let folder = folder("orders");
    let file = folder.join("tenant.sqlite");
    let options = Options {
        number_delay: (Duration::from_secs(60), Duration::from_secs(60)),
        group_licence_delay: (Duration::from_secs(90), Duration::from_secs(90)),
        ..Options::calm()
    };

    let tenant = Microsoft::open(&file, options.clone(), clock).unwrap();
    tenant.add_sku(E5, "SPE_E5", 5, &[TEAMS1, MCOEV]);
    let mut adele = person(ADELE, "adele@contoso.com");
    (adele.licences, adele.teams_ready) = (vec![E5.into()], true);
    tenant.add_person(adele);
    tenant.add_person(person("late", "late@contoso.com"));
    for number in ["+12065550001", "+12065550002"] {
        tenant.add_number(NewNumber::new(number, "directRouting"));
    }
    let mut group = NewGroup::new(GROUP, "Licences");
    group.products = vec![E5.into()];
    tenant.add_group(group);
    tenant.decide_next_order(OrderFate::Stuck);
    let client = Client::to(tenant, options.clone(), clock).await;
    let (_, link) = client
        .pages("/groups/delta?$select=id,members&$deltatoken=latest")
        .await;
    let order = async |number: &str| {
        let body = json!({"telephoneNumber": number, "assignmentTargetId": ADELE, "numberType": "directRouting"});
        let path = "/admin/teams/telephoneNumberManagement/numberAssignments/assignNumber";
        let reply = client.post(path, body).await;
        assert_eq!(reply.status, 202);
        reply.header("location").to_owned()
    };
    let (stuck, order) = (order("+12065550001").await, order("+12065550002").await);
    client.tenant.move_member_by_hand(GROUP, "late", true);
    client.pass(30).await;
    drop(client);

    let tenant = Microsoft::open(&file, options.clone(), clock).unwrap();
    let client = Client::to(tenant, options.clone(), clock).await;
    let status = async |path: &str| client.get(path).await.body["value"]["status"].clone();
    assert_eq!(status(&order).await, "running");
    client.pass(30).await;
    assert_eq!(
        (status(&stuck).await, status(&order).await),
        (json!("running"), json!("succeeded"))
    );
    let (pages, _) = client.pages(&link.unwrap()).await;
    assert_eq!(pages.concat()[0]["members@delta"][0]["id"], "late");
    assert!(
        client
            .tenant
            .truth("late")
            .unwrap()
            .group_licences
            .is_empty()
    );
    client.pass(30).await;
    let late = client.tenant.truth("late").unwrap();
    assert_eq!(
        (late.groups, late.group_licences),
        (
            [GROUP.to_owned()].into(),
            [(E5.to_owned(), GROUP.to_owned())].into()
        )
    );
    let numbers = client.tenant.numbers();
    assert_eq!(client.get(&order).await.status, 200);
    drop(client);

    let tenant = Microsoft::open(&file, options, clock).unwrap();
    assert_eq!(tenant.numbers(), numbers);
    assert_eq!(numbers["+12065550002"].as_deref(), Some(ADELE));
    drop(tenant);
    std::fs::remove_dir_all(&folder).unwrap();
}
