//! Numbers: pages of either kind, orders, what becomes of them.

use super::super::script::{ADELE, graph, refuse, reply};
use super::*;

fn adele() -> UserId {
    UserId(ADELE.to_owned())
}

fn told(number: &str) -> Value {
    json!({
        "id": "opaque", "telephoneNumber": number, "operatorId": "o", "numberType": "callingPlan", "activationState": "activated",
        "assignmentCategory": "primary", "assignmentStatus": "userAssigned", "assignmentTargetId": ADELE,
        "capabilities": ["userAssignment", 7], "city": "Huntsville", "civicAddressId": "c", "locationId": "l",
        "isoCountryCode": "US", "networkSiteId": null, "numberSource": "online", "portInStatus": null,
        "reverseNumberLookupOptions": [], "supportedCustomerActions": ["locationUpdate", "release"],
    })
}

fn number(text: &str) -> Number {
    let element = told(text).to_string();
    super::number(serde_json::from_str(&element).unwrap()).unwrap()
}

/// `graph-api.md 5.3.1`: without a link it goes on by `$skip` until a page is empty, also behind a short page.
#[tokio::test(start_paused = true)]
async fn without_links_the_list_is_read_until_a_page_is_empty() {
    let (graph, log) = graph(|before| {
        let page = match before {
            0 => vec![
                told("+12052582895"),
                json!("odd"),
                json!({"telephoneNumber": "#N"}),
            ],
            1 => vec![told("+12052582896")],
            _ => vec![],
        };
        Ok(reply(200, &json!({"value": page})))
    });
    let (mut from, mut found, mut skipped) = (NumbersFrom::First, Vec::new(), 0);
    loop {
        let page = graph.numbers_page(from).await.unwrap();
        found.extend(page.numbers);
        skipped += page.skipped;
        match page.next {
            Some(next) => from = NumbersFrom::Next(next),
            None => break,
        }
    }
    let expected = ["+12052582895", "+12052582896"].map(number);
    assert_eq!((found.as_slice(), skipped), (expected.as_slice(), 2));
    let at = |skip| format!("GET /v1.0{NUMBERS}?$top=1000&$skip={skip}");
    assert_eq!(log.graph(), [at(0), at(3), at(4)]);
    assert_eq!(log.headers("prefer")[0], "include-unknown-enum-members");
}

/// A link is followed as it is, on our host only, and its last page ends the list.
#[tokio::test(start_paused = true)]
async fn links_of_the_list_are_followed() {
    const LINK: &str = "https://graph.example/v1.0/admin/teams/telephoneNumberManagement/numberAssignments?$skiptoken=a";
    let (graph, log) = graph(|before| {
        Ok(match before {
            0 => reply(200, &json!({"value": [], "@odata.nextLink": LINK})),
            1 => reply(200, &json!({"value": told("+12052582895")})),
            2 => reply(
                200,
                &json!({"value": [], "@odata.nextLink": "https://evil.example/v1.0/x"}),
            ),
            _ => reply(200, &json!({"value": [], "@odata.nextLink": LINK})),
        })
    });
    let page = graph.numbers_page(NumbersFrom::First).await.unwrap();
    assert_eq!(page.next.as_deref(), Some(LINK));
    let next = NumbersFrom::Next(LINK.to_owned());
    let page = graph.numbers_page(next.clone()).await.unwrap();
    assert_eq!(
        (page.numbers.len(), page.next),
        (1, None),
        "one as an object, the last page"
    );
    assert!(log.graph()[1].ends_with("$skiptoken=a"));
    for _ in 0..2 {
        let error = graph.numbers_page(next.clone()).await.unwrap_err();
        assert_eq!(error.kind(), &Kind::Invalid, "{error}");
    }
}

/// The plus sign of a query is `%2B`; what does not match is not believed.
#[tokio::test(start_paused = true)]
async fn a_number_is_found_by_itself_and_by_its_holder() {
    let (graph, log) = graph(|before| {
        let mut other = told("+12052582896");
        other["assignmentTargetId"] = json!("somebody-else");
        let page = if before == 2 {
            vec![]
        } else {
            vec![other, told("+12052582895")]
        };
        Ok(reply(200, &json!({"value": page})))
    });
    let wanted = E164::parse("+12052582895").unwrap();
    assert_eq!(
        graph.number(&wanted).await.unwrap(),
        Some(number("+12052582895"))
    );
    assert_eq!(
        graph.numbers_of(&adele()).await.unwrap(),
        [number("+12052582895")]
    );
    assert_eq!(graph.number(&wanted).await.unwrap(), None);
    let by = |term: &str| format!("GET /v1.0{NUMBERS}?$filter={term}");
    assert_eq!(
        log.graph()[0],
        by("telephoneNumber%20eq%20'%2B12052582895'")
    );
    assert_eq!(
        log.graph()[1],
        by(&format!("assignmentTargetId%20eq%20'{ADELE}'"))
    );
    let forged = UserId("x' or '1' eq '1".to_owned());
    assert_eq!(
        graph.numbers_of(&forged).await.unwrap_err().kind(),
        &Kind::Invalid
    );
}

/// The id of an operation in both spellings; a lost one is no error; 204 is done (`graph-api.md 5.3.4`, `5.3.5`).
#[tokio::test(start_paused = true)]
async fn an_order_is_taken_with_or_without_the_id_of_its_operation() {
    const BASE: &str =
        "https://graph.example/v1.0/admin/teams/telephoneNumberManagement/operations";
    let locations = [
        (Some(format!("{BASE}('QXNz%7CaWdu')")), Some("QXNz|aWdu")),
        (Some(format!("{BASE}/QXNz")), Some("QXNz")),
        (
            Some("https://evil.example/v1.0/operations/x".to_owned()),
            None,
        ),
        (Some("/operations/x".to_owned()), None),
        (Some(format!("{BASE}('')")), None),
        (Some(format!("{BASE}('%F0%28')")), None),
        (Some(format!("{BASE}/{}", "x".repeat(600))), None),
        (
            Some("https://graph.example/v1.0/elsewhere/x".to_owned()),
            None,
        ),
        (None, None),
    ];
    let given = locations.clone();
    let (graph, log) = graph(move |before| {
        let Some((location, _)) = given.get(before) else {
            return Ok(Response::builder().status(204).body(Bytes::new()).unwrap());
        };
        let mut answer = Response::builder().status(202).header("request-id", "ms-1");
        if let Some(location) = location {
            answer = answer.header("location", location);
        }
        Ok(answer.body(Bytes::new()).unwrap())
    });
    let number = number("+12052582895");
    for (location, id) in &locations {
        let ordered = graph
            .assign_number(&number.number, &number.kind, &adele(), "primary", Some("l"))
            .await
            .unwrap();
        assert_eq!(ordered.operation.as_deref(), *id, "{location:?}");
        assert_eq!(ordered.receipt.request_id.as_deref(), Some("ms-1"));
    }
    assert_eq!(
        graph
            .unassign_number(&number.number, &number.kind)
            .await
            .unwrap()
            .operation,
        None
    );
    let update = NumberUpdate {
        location: Some(String::new()),
        network_site: None,
    };
    graph.update_number(&number.number, &update).await.unwrap();
    let bodies = log.bodies();
    let order = json!({"telephoneNumber": "+12052582895", "assignmentTargetId": ADELE, "numberType": "callingPlan",
        "assignmentCategory": "primary", "locationId": "l"});
    assert_eq!(bodies[0], order);
    assert_eq!(
        bodies[9],
        json!({"telephoneNumber": "+12052582895", "numberType": "callingPlan"})
    );
    assert_eq!(
        bodies[10],
        json!({"telephoneNumber": "+12052582895", "locationId": ""})
    );
    let verbs: Vec<String> = log.graph()[8..]
        .iter()
        .map(|line| line.rsplit('/').next().unwrap().to_owned())
        .collect();
    assert_eq!(verbs, ["assignNumber", "unassignNumber", "updateNumber"]);
}

/// A refusal at once is told apart by its text (`graph-api.md 10`).
#[tokio::test(start_paused = true)]
async fn an_order_that_is_not_taken_says_why() {
    let cases = [
        (
            400,
            "User lacks appropriate licenses to assign a number",
            Kind::Refused(Refusal::Number(NumberRefusal::Unlicensed)),
        ),
        (
            400,
            "has already been assigned to another user",
            Kind::Refused(Refusal::Number(NumberRefusal::Taken)),
        ),
        (
            400,
            "Service is unavailable. Please try again.",
            Kind::UnknownOutcome,
        ),
        (400, "something new", Kind::Invalid),
        (404, "not assigned", Kind::NotFound),
        (403, "forbidden", Kind::Denied),
        (503, "", Kind::UnknownOutcome),
    ];
    let answers = cases.clone();
    let (graph, _) =
        graph(move |before| refuse(answers[before].0, "BadRequest", answers[before].1));
    for (status, text, kind) in cases {
        let error = graph
            .unassign_number(&number("+12052582895").number, "callingPlan")
            .await
            .unwrap_err();
        assert_eq!(error.kind(), &kind, "{status} {text}");
        assert!(!error.to_string().contains("+1205"), "V6: {error}");
    }
}

/// Operations in every state and wrapping; a forgotten one is no error (`graph-api.md 5.3.7`).
#[tokio::test(start_paused = true)]
async fn an_operation_tells_what_became_of_an_order() {
    let failed = |detail: &str| json!({"id": "x", "status": "failed", "numbers": [7, {"status": "failed", "statusDetail": detail}]});
    let answers = [
        json!({"value": {"id": "x", "status": "notStarted", "numbers": []}}),
        json!({"status": "running"}),
        json!({"status": "aNewerWord"}),
        json!({"value": [{"status": "Succeeded"}]}),
        failed("NotFound: user of +4930123456 was not found."),
        failed("something new"),
        json!({"status": "failed", "numbers": null}),
        json!({"status": 7}),
    ];
    let given = answers.clone();
    let (graph, log) = graph(move |before| match given.get(before) {
        Some(answer) => Ok(reply(200, answer)),
        None => refuse(404, "NotFound", "unknown operation"),
    });
    let not_found = Operation::Failed(
        Some(NumberRefusal::NotFound),
        "NotFound: user of (number) was not found.".to_owned(),
    );
    let expected = [
        Operation::Pending,
        Operation::Pending,
        Operation::Pending,
        Operation::Succeeded,
        not_found,
        Operation::Failed(None, "something new".to_owned()),
        Operation::Failed(None, String::new()),
    ];
    for operation in expected {
        assert_eq!(graph.operation("a|b").await.unwrap(), Some(operation));
    }
    assert_eq!(
        graph.operation("a|b").await.unwrap_err().kind(),
        &Kind::Unavailable
    );
    assert_eq!(graph.operation("a|b").await.unwrap(), None);
    assert_eq!(log.graph()[0], format!("GET /v1.0{OPERATIONS}/a%7Cb"));
}
