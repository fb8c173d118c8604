//! Telephone numbers.

use std::time::Duration;

use shared::model::number::NumberRefusal;

use super::*;

const LIST: &str = "/admin/teams/telephoneNumberManagement/numberAssignments";
const MCOPSTN1: &str = "4ed3ff63-69d7-4fb7-b984-5aec7f605ca8";
pub(super) const FIRST: &str = "+12065550001";
const SECOND: &str = "+12065550002";

/// Adele with voice, one of two numbers free for her.
pub(super) async fn voiced(options: Options) -> Client {
    let client = Client::of(options).await;
    let mut adele = person(ADELE, "adele@contoso.com");
    adele.facts.insert("usageLocation".into(), json!("US"));
    (adele.licences, adele.teams_ready) = (vec![E5.into()], true);
    client.tenant.add_person(adele);
    for number in [FIRST, SECOND] {
        client
            .tenant
            .add_number(NewNumber::new(number, "directRouting"));
    }
    client
}

pub(super) fn slow() -> Options {
    Options {
        number_delay: (Duration::from_secs(40), Duration::from_secs(40)),
        ..Options::calm()
    }
}

impl Client {
    pub(super) async fn order(&self, number: &str, id: &str) -> Reply {
        let body = json!({"telephoneNumber": number, "assignmentTargetId": id, "numberType": "directRouting"});
        self.post(&format!("{LIST}/assignNumber"), body).await
    }

    async fn return_number(&self, number: &str) -> Reply {
        let body = json!({"telephoneNumber": number, "numberType": "directRouting"});
        self.post(&format!("{LIST}/unassignNumber"), body).await
    }

    /// Status and detail of the operation that an order led to.
    pub(super) async fn outcome(&self, order: &Reply) -> (String, String) {
        assert_eq!(order.status, 202, "{}", order.body);
        let reply = self.get(order.header("location")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let operation = &reply.body["value"];
        assert_eq!(operation["status"], operation["numbers"][0]["status"]);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        (
            text(&operation["status"]),
            text(&operation["numbers"][0]["statusDetail"]),
        )
    }

    async fn numbers(&self, query: &str) -> Vec<String> {
        let reply = self.get(&format!("{LIST}?{query}")).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        assert_eq!(reply.body["@odata.nextLink"], Value::Null);
        let value = reply.body["value"].as_array().unwrap();
        value
            .iter()
            .map(|number| number["telephoneNumber"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn adele_in_teams(&self) -> (bool, Value) {
        let path = format!("/admin/teams/userConfigurations/{ADELE}");
        let user = self.get(&path).await.body["value"].clone();
        (
            user["isEnterpriseVoiceEnabled"].as_bool().unwrap(),
            user["telephoneNumbers"].clone(),
        )
    }
}

#[tokio::test(start_paused = true)]
async fn numbers_are_listed_by_skip_and_filter_without_a_link() {
    let client = voiced(Options::calm()).await;
    client.tenant.move_number_by_hand(SECOND, Some(ADELE));
    let mut other = NewNumber::new("+12065550003", "callingPlan");
    other.capabilities = vec!["conferenceAssignment".into()];
    client.tenant.add_number(other);
    assert_eq!(
        client.numbers("$top=2&$skip=1").await,
        [SECOND, "+12065550003"]
    );
    assert_eq!(client.numbers("$skip=3").await, [""; 0]);
    let by = async |filter: &str| client.numbers(&format!("$filter={filter}")).await;
    assert_eq!(
        by("telephoneNumber%20eq%20'%2B12065550002'").await,
        [SECOND]
    );
    assert_eq!(
        by("telephoneNumber%20eq%20'+12065550002'").await,
        [""; 0],
        "a plus sign is a blank"
    );
    assert_eq!(
        by(&format!("assignmentTargetId%20eq%20'{ADELE}'")).await,
        [SECOND]
    );
    let free = "assignmentStatus%20eq%20'unassigned'%20and%20capabilities/any(c:c%20eq%20'userAssignment')";
    assert_eq!(by(free).await, [FIRST]);
    for refused in [
        "$top=1001",
        "$skip=x",
        "$select=id",
        "$filter=city%20eq%20'x'",
        "$filter=a",
        "$filter=numberType%20ne%20'x'",
    ] {
        assert_eq!(
            client.get(&format!("{LIST}?{refused}")).await.status,
            400,
            "{refused}"
        );
    }
    let number = &client.get(&format!("{LIST}?$skip=1&$top=1")).await.body["value"][0];
    assert_eq!(
        (
            &number["assignmentStatus"],
            &number["assignmentCategory"],
            &number["numberSource"]
        ),
        (&json!("userAssigned"), &json!("primary"), &json!("online"))
    );
    let id = number["id"].as_str().unwrap();
    for path in [format!("{LIST}/{id}"), format!("{LIST}('{id}')")] {
        assert_eq!(&client.get(&path).await.body["value"], number, "wrapped");
    }
    assert_eq!(client.get(&format!("{LIST}/nonsense")).await.status, 404);
}

#[tokio::test(start_paused = true)]
async fn a_number_is_assigned_after_a_while_and_voice_comes_and_goes_with_it() {
    let client = voiced(slow()).await;
    let order = client.order(FIRST, ADELE).await;
    assert!(
        order.header("location").starts_with(
            "http://graph.local/v1.0/admin/teams/telephoneNumberManagement/operations('"
        )
    );
    assert_eq!(order.body, json!(""));
    assert_eq!(client.outcome(&order).await.0, "notStarted");
    client.pass(20).await;
    assert_eq!(client.outcome(&order).await.0, "running");
    assert_eq!(client.adele_in_teams().await, (false, json!([])));
    client.pass(20).await;
    assert_eq!(
        client.outcome(&order).await,
        ("succeeded".into(), String::new())
    );
    let line = json!([{"telephoneNumber": FIRST, "assignmentCategory": "primary"}]);
    assert_eq!(client.adele_in_teams().await, (true, line));
    assert_eq!(
        client
            .numbers("$filter=assignmentStatus%20eq%20'userAssigned'")
            .await,
        [FIRST]
    );
    assert_eq!(
        client.tenant.truth(ADELE).unwrap().numbers,
        [FIRST.to_owned()].into()
    );

    let order = client.return_number(FIRST).await;
    client.pass(40).await;
    assert_eq!(client.outcome(&order).await.0, "succeeded");
    assert_eq!(client.adele_in_teams().await, (false, json!([])));
    let history = client.tenant.history();
    let sides: Vec<_> = history
        .iter()
        .map(|it| (&it.before["holder"], &it.after["holder"]))
        .collect();
    assert_eq!(
        sides,
        [(&Value::Null, &json!(ADELE)), (&json!(ADELE), &Value::Null)]
    );
    assert!(
        history
            .iter()
            .all(|it| it.person == ADELE && it.after["number"] == FIRST)
    );
    assert_eq!(
        client.return_number(FIRST).await.status,
        404,
        "free already"
    );
}

#[tokio::test(start_paused = true)]
async fn both_lists_show_a_change_late() {
    let client = voiced(Options {
        staleness: Duration::from_secs(60),
        policy_delay: Duration::from_secs(600),
        ..Options::calm()
    })
    .await;
    let order = client.order(FIRST, ADELE).await;
    assert_eq!(client.outcome(&order).await.0, "succeeded");
    let target = format!("$filter=assignmentTargetId%20eq%20'{ADELE}'");
    assert_eq!(client.numbers(&target).await, [""; 0]);
    assert!(!client.adele_in_teams().await.0);
    assert_eq!(client.tenant.numbers()[FIRST].as_deref(), Some(ADELE));
    client.pass(60).await;
    assert_eq!(client.numbers(&target).await, [FIRST]);
    client.pass(540).await;
    assert!(client.adele_in_teams().await.0);
}

#[tokio::test(start_paused = true)]
async fn orders_fail_in_microsofts_words() {
    let client = voiced(Options::calm()).await;
    client.tenant.add_person(person("late", "late@contoso.com"));
    client.tenant.add_sku("plain", "TEAMS_ONLY", 5, &[TEAMS1]);
    let mut mute = person("mute", "mute@contoso.com");
    (mute.licences, mute.teams_ready) = (vec!["plain".into()], true);
    client.tenant.add_person(mute);
    client.tenant.move_number_by_hand(SECOND, Some("mute"));
    // What is nobody's doing here has its texts as well.
    let on_premises = "already has a telephone number set in the on-premises Active Directory";
    let transient = "Service is unavailable. Please try again";
    for denied in [on_premises, transient] {
        let fate = OrderFate::Denied(format!("The user {denied}."));
        client.tenant.decide_next_order(fate);
    }
    for (number, id, text) in [
        (FIRST, ADELE, on_premises),
        (FIRST, ADELE, transient),
        (FIRST, "late", "NotFound"),
        (FIRST, "nobody", "NotFound"),
        (FIRST, "mute", "lacks appropriate licenses to assign"),
        ("+4930555", ADELE, "is not found from tenant"),
        (SECOND, ADELE, "has already been assigned to another user"),
        (SECOND, "mute", "has already been assigned to another user"),
    ] {
        let order = client.order(number, id).await;
        let (status, detail) = client.outcome(&order).await;
        assert_eq!(status, "failed", "{number} {id}");
        assert!(detail.contains(text), "{detail}");
        assert!(NumberRefusal::of(&detail).is_some(), "{detail}");
    }
    assert_eq!(client.tenant.history(), []);

    for (number, kind) in [("030 555", "directRouting"), (FIRST, "DirectRouting")] {
        let body =
            json!({"telephoneNumber": number, "assignmentTargetId": ADELE, "numberType": kind});
        assert_eq!(
            client
                .post(&format!("{LIST}/assignNumber"), body)
                .await
                .status,
            400
        );
    }
    client.tenant.protect(ADELE, true);
    assert_eq!(client.order(FIRST, ADELE).await.refusal().1, "forbidden");
}

#[tokio::test(start_paused = true)]
async fn a_calling_plan_number_needs_the_plan_and_its_own_country() {
    let client = voiced(Options::calm()).await;
    let abroad = "+4930555666";
    let mut number = NewNumber::new(abroad, "callingPlan");
    number.country = Some("DE".into());
    client.tenant.add_number(number);
    let body = json!({"telephoneNumber": abroad, "assignmentTargetId": ADELE, "numberType": "callingPlan"});
    let outcome = async || {
        let order = client
            .post(&format!("{LIST}/assignNumber"), body.clone())
            .await;
        client.outcome(&order).await
    };
    let (_, detail) = outcome().await;
    assert!(
        detail.contains("lacks appropriate licenses to assign"),
        "{detail}"
    );
    client
        .tenant
        .add_sku("domestic", "MCOPSTN1", 5, &[MCOPSTN1]);
    client.tenant.give_licence(ADELE, "domestic");
    let (_, detail) = outcome().await;
    assert!(detail.contains("usage location"), "{detail}");
    client
        .tenant
        .set_property(ADELE, "usageLocation", Some(json!("DE")));
    assert_eq!(outcome().await.0, "succeeded");
}

#[tokio::test(start_paused = true)]
async fn a_second_number_takes_the_place_of_the_first() {
    let client = voiced(Options::calm()).await;
    client.order(FIRST, ADELE).await;
    let order = client.order(SECOND, ADELE).await;
    assert_eq!(client.outcome(&order).await.0, "succeeded");
    let numbers = client.tenant.numbers();
    assert_eq!(
        (&numbers[FIRST], numbers[SECOND].as_deref()),
        (&None, Some(ADELE))
    );
    assert_eq!(
        client.tenant.history().len(),
        3,
        "the loss of the first is told"
    );
}

#[tokio::test(start_paused = true)]
async fn a_number_is_taken_from_whoever_holds_it() {
    let client = voiced(slow()).await;
    client.tenant.move_number_by_hand(FIRST, Some(ADELE));
    let order = client.return_number(FIRST).await;
    client
        .tenant
        .add_person(person("other", "other@contoso.com"));
    client.tenant.move_number_by_hand(FIRST, Some("other"));
    client.pass(40).await;
    assert_eq!(client.outcome(&order).await.0, "succeeded");
    assert_eq!(client.tenant.numbers()[FIRST], None);
    assert_eq!(client.tenant.history()[0].person, "other");
}

#[tokio::test(start_paused = true)]
async fn an_update_moves_a_number_and_leaves_it_with_its_holder() {
    let client = voiced(Options::calm()).await;
    client.tenant.move_number_by_hand(FIRST, Some(ADELE));
    let update = async |body: Value| client.post(&format!("{LIST}/updateNumber"), body).await;
    let body = json!({"telephoneNumber": FIRST, "locationId": "here", "reverseNumberLookupOptions": ["skipInternalVoip"]});
    assert_eq!(update(body).await.status, 200);
    assert_eq!(
        update(json!({"telephoneNumber": FIRST, "networkSiteId": "site"}))
            .await
            .status,
        200
    );
    let shown = async || client.get(&format!("{LIST}?$top=1")).await.body["value"][0].clone();
    let number = shown().await;
    assert_eq!(
        (
            &number["locationId"],
            &number["networkSiteId"],
            &number["reverseNumberLookupOptions"]
        ),
        (&json!("here"), &json!("site"), &json!(["skipInternalVoip"]))
    );
    assert_eq!(number["assignmentTargetId"], ADELE);
    assert_eq!(
        update(json!({"telephoneNumber": FIRST, "locationId": ""}))
            .await
            .status,
        200
    );
    assert_eq!(shown().await["locationId"], Value::Null);
    assert_eq!(
        update(json!({"telephoneNumber": "+1999"})).await.status,
        404
    );
}
