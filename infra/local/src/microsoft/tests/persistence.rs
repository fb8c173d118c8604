//! The file.

use std::time::Duration;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_tenant_is_the_same_after_a_restart() {
    let clock = Clock::steered(Time::from_millis(1_790_000_000_000), 1);
    let folder = std::env::temp_dir().join(format!("rollcall-microsoft-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
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
