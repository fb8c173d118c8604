//! Batches: parts matched by id, each with its own outcome.

use std::time::Duration;

use super::super::script::{ADELE, graph, refuse, reply};
use super::*;

const BEN: &str = "11111111-44d7-43e1-9a83-5f2406dee5bd";

fn ids(ids: &[&str]) -> Vec<UserId> {
    ids.iter().map(|id| UserId((*id).to_owned())).collect()
}

fn person(id: &str) -> Value {
    json!({"id": id, "displayName": "Somebody", "assignedLicenses": [], "licenseAssignmentStates": []})
}

fn part(id: usize, status: u16, body: Value) -> Value {
    let mut headers = json!({"request-id": "part", "odd name": 1});
    if status == 429 {
        headers["Retry-After"] = json!("7");
    }
    json!({"id": id.to_string(), "status": status, "headers": headers, "body": body})
}

fn missing_person() -> Value {
    json!({"error": {"code": "Request_ResourceNotFound", "message": "gone"}})
}

/// Fault 14 (`graph-api.md 6`): answers come in any order; a part that is throttled, missing, absurd or not allowed harms no other.
#[tokio::test(start_paused = true)]
async fn every_part_has_an_outcome_of_its_own() {
    let (graph, log) = graph(|_| {
        let throttled = json!({"error": {"code": "TooManyRequests", "message": "slow"}});
        Ok(reply(
            200,
            &json!({"responses": [
                part(4, 500, Value::Null),
                part(1, 404, missing_person()),
                part(2, 429, throttled),
                part(0, 200, person(ADELE)),
                part(77, 200, person(ADELE)),
                {"id": 3, "status": 200, "body": person("c")},
                {"id": "5", "status": 99999, "body": person("e")},
                part(6, 424, json!({"error": {"code": "FailedDependency", "message": ""}})),
                part(7, 200, person("somebody-else")),
                "odd",
            ]}),
        ))
    });
    let asked = ids(&[ADELE, BEN, "b", "c", "d", "e", "f", "g", "../x"]);
    let each = graph.users_by_id(&asked).await.unwrap();
    assert_eq!(
        each.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(),
        asked
    );
    let kinds: Vec<std::result::Result<bool, Kind>> = each
        .into_iter()
        .map(|(_, read)| {
            read.map(|found| found.is_some())
                .map_err(|error| error.kind().clone())
        })
        .collect();
    let wait = Kind::Throttled(Some(Duration::from_secs(7)));
    let lost = || Err(Kind::Unavailable);
    assert_eq!(
        kinds,
        [
            Ok(true),
            Ok(false),
            Err(wait),
            lost(),
            lost(),
            lost(),
            Err(Kind::Conflict),
            lost(),
            Err(Kind::Invalid)
        ]
    );
    assert_eq!(log.graph(), ["POST /v1.0/$batch"]);
    let sent = &log.bodies()[0]["requests"];
    assert_eq!(sent.as_array().unwrap().len(), 8);
    let url = format!(
        "/users/{ADELE}?$select=accountEnabled,assignedLicenses,displayName,id,licenseAssignmentStates,usageLocation"
    );
    assert_eq!(sent[0], json!({"id": "0", "method": "GET", "url": url}));
    let counts = graph.counts();
    assert_eq!(
        (counts.requests, counts.throttled, counts.directory_writes),
        (1, 1, 0)
    );
    // The bucket is held as the part said.
    let next = graph.users_by_id(&ids(&[ADELE])).await.unwrap_err();
    assert!(matches!(next.kind(), Kind::Throttled(Some(_))), "{next}");
}

/// At most 20 parts; Teams reads ask for words that came late; all units are spent.
#[tokio::test(start_paused = true)]
async fn many_are_asked_about_twenty_at_a_time() {
    let (graph, log) = graph(|before| {
        let parts = if before < 2 { MOST } else { 5 };
        let users =
            (0..parts).map(|at| part(at, 200, json!({"value": {"id": "", "accountType": "user"}})));
        let gone = (0..parts).map(|at| part(at, 404, json!({})));
        let parts: Vec<Value> = if before == 1 {
            gone.collect()
        } else {
            users.collect()
        };
        Ok(reply(200, &json!({"responses": parts})))
    });
    let many: Vec<UserId> = (0..45).map(|number| UserId(format!("p{number}"))).collect();
    let each = graph.teams_users_by_id(&many).await.unwrap();
    assert_eq!(each.len(), 45);
    let sizes: Vec<usize> = log
        .bodies()
        .iter()
        .map(|body| body["requests"].as_array().unwrap().len())
        .collect();
    assert_eq!(sizes, [20, 20, 5]);
    let headers = json!({"prefer": "include-unknown-enum-members"});
    assert_eq!(log.bodies()[2]["requests"][4]["headers"], headers);
    let absent = each[20..40]
        .iter()
        .filter(|(_, read)| matches!(read, Ok(None)))
        .count();
    assert_eq!(absent, 20);
    let wrong = each.iter().filter(|(_, read)| read.is_err()).count();
    assert_eq!(wrong, 25, "an account without its id is not believed");
    assert_eq!(graph.counts().requests, 3);
}

/// 401 of a part: a fresh token once, for those parts only; then it stands.
#[tokio::test(start_paused = true)]
async fn parts_whose_token_is_not_accepted_are_sent_once_more() {
    let refused = || json!({"error": {"code": "InvalidAuthenticationToken", "message": ""}});
    let (graph, log) = graph(move |before| {
        let parts = match before {
            0 => vec![
                part(0, 200, person(ADELE)),
                part(1, 401, refused()),
                part(2, 401, refused()),
            ],
            _ => vec![part(2, 401, refused()), part(1, 200, person("b"))],
        };
        Ok(reply(200, &json!({"responses": parts})))
    });
    let each = graph.users_by_id(&ids(&[ADELE, "b", "c"])).await.unwrap();
    assert!(
        each[..2]
            .iter()
            .all(|(_, read)| matches!(read, Ok(Some(_))))
    );
    assert_eq!(each[2].1.as_ref().unwrap_err().kind(), &Kind::Unauthorised);
    let sent: Vec<usize> = log
        .bodies()
        .iter()
        .map(|body| body["requests"].as_array().unwrap().len())
        .collect();
    assert_eq!((sent, log.tokens().len()), (vec![3, 2], 2));
}

/// What is true of the whole is true of every part.
#[tokio::test(start_paused = true)]
async fn a_batch_that_is_refused_is_refused_for_all() {
    let (graph, _) = graph(|before| match before {
        0 => refuse(503, "serviceNotAvailable", ""),
        1 => refuse(429, "TooManyRequests", ""),
        _ => Ok(reply(200, &json!([]))),
    });
    let unavailable = graph.users_by_id(&ids(&[ADELE, BEN])).await.unwrap();
    assert!(
        unavailable
            .iter()
            .all(|(_, read)| read.as_ref().unwrap_err().kind() == &Kind::Unavailable)
    );
    let throttled = graph.users_by_id(&ids(&[ADELE])).await.unwrap();
    assert!(matches!(
        throttled[0].1.as_ref().unwrap_err().kind(),
        Kind::Throttled(Some(_))
    ));
    tokio::time::advance(Duration::from_secs(60)).await;
    let unreadable = graph.users_by_id(&ids(&[ADELE])).await.unwrap_err();
    assert_eq!(unreadable.kind(), &Kind::Unavailable);
}

/// Reads pass the client that may not write, also inside a batch; a lost batch of writes may have happened.
#[tokio::test(start_paused = true)]
async fn a_batch_of_changes_is_a_change() {
    let (graph, log) = graph(|before| match before {
        0 => Ok(reply(
            200,
            &json!({"responses": [part(0, 200, person(ADELE))]}),
        )),
        _ => Ok(reply(
            200,
            &json!({"responses": [part(1, 204, Value::Null)]}),
        )),
    });
    let only_reading = graph.read_only();
    let read = only_reading.users_by_id(&ids(&[ADELE])).await.unwrap();
    assert!(matches!(read[0].1, Ok(Some(_))));

    let locate = |id: &str| {
        Call::write(
            Method::PATCH,
            format!("/users/{id}"),
            json!({"usageLocation": "DE"}),
        )
    };
    let refused = only_reading.batch(&[locate(ADELE)]).await.unwrap_err();
    assert_eq!((refused.kind(), log.graph().len()), (&Kind::ReadOnly, 1));
    let answers = graph.batch(&[locate(ADELE), locate(BEN)]).await.unwrap();
    assert_eq!(
        answers[0].as_ref().unwrap_err().kind(),
        &Kind::UnknownOutcome
    );
    assert_eq!(
        answers[1].as_ref().unwrap().status(),
        StatusCode::NO_CONTENT
    );
    let sent = &log.bodies()[1]["requests"][1];
    assert_eq!(sent["headers"], json!({"Content-Type": "application/json"}));
    assert_eq!(graph.counts().directory_writes, 2);
    let delete = Call {
        method: Method::DELETE,
        body: None,
        ..locate(ADELE)
    };
    assert_eq!(
        graph.batch(&[delete]).await.unwrap_err().kind(),
        &Kind::Invalid,
        "guarded as if it came alone"
    );
}
