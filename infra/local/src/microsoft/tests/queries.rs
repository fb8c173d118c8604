//! Filters on users, plain and advanced.

use super::*;

async fn crowd() -> Client {
    let client = Client::calm().await;
    for n in 0..40 {
        let mut new = person(&format!("p{n:02}"), &format!("p{n:02}@contoso.com"));
        let department = if n < 30 { "Sales & Service" } else { "Law" };
        new.facts.insert("department".into(), json!(department));
        new.facts.insert("companyName".into(), json!("Contoso"));
        client.tenant.add_person(new);
    }
    client
}

impl Client {
    async fn found(&self, query: &str) -> usize {
        let (pages, _) = self.pages(&format!("/users?{query}")).await;
        pages.concat().len()
    }
}

#[tokio::test(start_paused = true)]
async fn plain_filters_need_nothing() {
    let client = crowd().await;
    client.tenant.give_licence("p01", E5);
    for (filter, count) in [
        ("department%20eq%20'law'", 10),
        ("department%20eq%20'Sales%20%26%20Service'&$top=7", 30),
        ("startsWith(userPrincipalName,'p1')", 10),
        ("id%20in%20('p00','p01','nobody')", 2),
        (
            "accountEnabled%20eq%20true%20and%20department%20eq%20'Law'",
            10,
        ),
        (&format!("assignedLicenses/any(x:x/skuId%20eq%20{E5})"), 1),
    ] {
        assert_eq!(
            client.found(&format!("$filter={filter}")).await,
            count,
            "{filter}"
        );
    }
    let many = vec!["'x'"; 16].join(",");
    for (refused, code) in [
        ("department%20eq".to_owned(), "Request_BadRequest"),
        ("shoeSize%20eq%20'x'".to_owned(), "Request_BadRequest"),
        (format!("id%20in%20({many})"), "Request_BadRequest"),
    ] {
        let reply = client.get(&format!("/users?$filter={refused}")).await;
        assert_eq!(
            (reply.refusal().0, reply.refusal().1),
            (400, code),
            "{refused}"
        );
    }
    assert_eq!(
        client.get("/users?$top=999").await.body["value"]
            .as_array()
            .unwrap()
            .len(),
        41
    );
}

#[tokio::test(start_paused = true)]
async fn advanced_filters_need_the_header_and_the_count() {
    let mut client = crowd().await;
    client.tenant.give_licence("p01", E5);
    let filters = [
        ("companyName%20eq%20'Contoso'".to_owned(), 40),
        ("department%20ne%20'Law'".to_owned(), 31),
        ("endsWith(userPrincipalName,'1@contoso.com')".to_owned(), 4),
        ("companyName%20eq%20null".to_owned(), 1),
        ("not(companyName%20eq%20'Contoso')".to_owned(), 1),
        ("assignedLicenses/$count%20eq%200".to_owned(), 40),
        (
            format!(
                "assignedPlans/any(p:p/servicePlanId%20eq%20{TEAMS1}%20and%20p/capabilityStatus%20eq%20'Enabled')"
            ),
            1,
        ),
    ];
    for eventual in [false, true] {
        client.eventual = eventual;
        for (filter, _) in &filters {
            let reply = client.get(&format!("/users?$filter={filter}")).await;
            assert_eq!(reply.refusal().1, "Request_UnsupportedQuery", "{filter}");
        }
    }
    for (filter, count) in &filters {
        let query = format!("$count=true&$filter={filter}&$top=9");
        assert_eq!(client.found(&query).await, *count, "{filter}");
        assert_eq!(
            client.get(&format!("/users?{query}")).await.body["@odata.count"],
            *count
        );
    }
    client.eventual = false;
    assert_eq!(client.get("/users?$count=true").await.status, 400);
}
