//! What every request has in common: tokens, guards, pace, lost answers.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use serde_json::json;

use super::super::script::{ADELE, CANARY, graph, refuse, reply};
use super::super::{Secret, TransportError, UsersFrom};
use super::*;
use crate::error::Refusal;
use crate::model::microsoft::{PolicyType, SkuId, UserId};

const S: Duration = Duration::from_secs(1);

fn adele() -> UserId {
    UserId(ADELE.to_owned())
}

fn no_content(_: usize) -> super::super::script::Outcome {
    Ok(Response::builder()
        .status(204)
        .header("request-id", "ms-1")
        .body(Bytes::new())
        .unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_token_is_bought_once_and_again_before_it_ends() {
    let (graph, log) = graph(no_content);
    let (clone, person) = (graph.clone(), adele());
    let (one, two) = futures::join!(
        graph.set_usage_location(&person, "de"),
        clone.assign_licences(&person, &[], &[])
    );
    assert_eq!(
        one.unwrap(),
        Receipt {
            request_id: Some("ms-1".to_owned())
        }
    );
    two.unwrap();
    let form = "client_id=app&scope=https%3A%2F%2Fgraph.example%2F.default&client_secret=c4nary%2Fsecret&grant_type=client_credentials";
    assert_eq!(log.tokens(), [form]);

    tokio::time::advance(3_298 * S).await;
    graph.set_usage_location(&adele(), "DE").await.unwrap();
    assert_eq!(log.tokens().len(), 1);
    tokio::time::advance(S).await;
    graph.set_usage_location(&adele(), "DE").await.unwrap();
    assert_eq!(
        log.tokens().len(),
        2,
        "five minutes before its end a token is renewed"
    );
    assert_eq!(
        log.headers("authorization").last().unwrap(),
        "Bearer token-2"
    );
}

/// Fault 32: a request that was not accepted goes once more with a fresh token, and no third time.
#[tokio::test(start_paused = true)]
async fn after_401_the_token_is_renewed_once() {
    let (graph, log) = graph(|before| match before {
        0 | 2 | 3 => refuse(401, "InvalidAuthenticationToken", "expired"),
        _ => no_content(before),
    });
    graph.set_usage_location(&adele(), "DE").await.unwrap();
    assert_eq!(
        log.headers("authorization"),
        ["Bearer token-1", "Bearer token-2"]
    );
    let error = graph.set_usage_location(&adele(), "DE").await.unwrap_err();
    assert_eq!(error.kind(), &Kind::Unauthorised);
    assert_eq!(log.graph().len(), 4);

    let renewed = graph.with_secret(Secret::new("new"));
    renewed.set_usage_location(&adele(), "DE").await.unwrap();
    assert!(log.tokens().last().unwrap().contains("client_secret=new&"));
    assert_eq!(graph.counts().requests, 5, "the counters are shared");
}

#[tokio::test(start_paused = true)]
async fn every_request_has_an_id_of_its_own_and_what_graph_wants() {
    let (graph, log) = graph(|before| {
        if before == 0 {
            Ok(reply(404, &json!({})))
        } else {
            no_content(before)
        }
    });
    assert_eq!(graph.teams_user(&adele()).await.unwrap(), None);
    graph
        .unassign_policies(&adele(), &[PolicyType("X".to_owned())])
        .await
        .unwrap();
    let ids = [
        "00000000-0000-0000-0000-0000000000a0",
        "00000000-0000-0000-0000-0000000000a1",
    ];
    assert_eq!(log.headers("client-request-id"), ids);
    assert_eq!(log.headers("prefer"), ["include-unknown-enum-members", ""]);
    assert_eq!(log.headers("content-type"), ["", "application/json"]);
}

/// Fault 19: neither a link from an answer nor one from a row leads the token away.
#[tokio::test(start_paused = true)]
async fn a_foreign_link_is_refused_and_never_sees_the_token() {
    let foreign = "https://evil.example/v1.0/users?$skiptoken=x";
    let (graph, log) = graph(move |_| {
        Ok(reply(
            200,
            &json!({"value": [], "@odata.nextLink": foreign}),
        ))
    });
    let given = graph.users_page(UsersFrom::First).await.unwrap_err();
    let stored = graph.delta_page(foreign).await.unwrap_err();
    for error in [given, stored] {
        assert_eq!(error.kind(), &Kind::Invalid);
        assert!(error.to_string().contains("evil.example"), "{error}");
    }
    assert_eq!(log.graph().len(), 1);
}

/// Faults 10 and 13, and nothing is sent twice.
#[tokio::test(start_paused = true)]
async fn a_write_without_answer_has_an_unknown_outcome() {
    let (graph, log) = graph(|before| match before {
        0 | 1 => Err(TransportError::NoAnswer("connection reset".to_owned())),
        2 => Err(TransportError::NotSent("connection refused".to_owned())),
        _ => refuse(503, "serviceNotAvailable", ""),
    });
    let write = async || graph.set_usage_location(&adele(), "DE").await.unwrap_err();
    let lost = write().await;
    assert_eq!(lost.kind(), &Kind::UnknownOutcome);
    assert_eq!(
        lost.to_string(),
        format!("PATCH /users/{ADELE}: no answer: connection reset")
    );
    assert_eq!(
        graph.user(&adele()).await.unwrap_err().kind(),
        &Kind::Unavailable
    );
    assert_eq!(write().await.kind(), &Kind::Unavailable);
    assert_eq!(write().await.kind(), &Kind::UnknownOutcome);
    assert_eq!(log.graph().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_error_names_the_request_and_what_microsoft_said() {
    let message = "License assignment cannot be done for user with invalid usage location.";
    let (graph, log) = graph(move |_| refuse(400, "Request_BadRequest", message));
    let sku = SkuId("06ebc4ee-1bb5-47dd-8120-11324bc54e06".to_owned());
    let error = graph
        .assign_licences(&adele(), &[(sku.clone(), Default::default())], &[])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), &Kind::Refused(Refusal::UsageLocation));
    let sentence = format!(
        "POST /users/{ADELE}/assignLicense: 400 Request_BadRequest {message} (request-id ms-1)"
    );
    assert_eq!(error.to_string(), sentence);
    assert_eq!(
        log.bodies(),
        [json!({"addLicenses": [{"skuId": sku, "disabledPlans": []}], "removeLicenses": []})]
    );
}

/// Faults 12 and 34: the wait is the caller's, who gives the job a due time; nothing is sent meanwhile.
#[tokio::test(start_paused = true)]
async fn a_throttled_bucket_sends_nothing_and_nobody_sleeps() {
    let (graph, log) = graph(|_| {
        let mut answer = reply(429, &json!({"error": {"code": "TooManyRequests"}}));
        answer
            .headers_mut()
            .insert("retry-after", "3599.2".parse().unwrap());
        Ok(answer)
    });
    let before = graph.now();
    let policy = [PolicyType("X".to_owned())];
    for _ in 0..10 {
        let error = graph
            .unassign_policies(&adele(), &policy)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), &Kind::Throttled(Some(3_600 * S)));
    }
    assert_eq!(log.graph().len(), 1);
    assert_eq!(graph.now(), before);
    assert!(graph.set_usage_location(&adele(), "DE").await.is_err());
    let counts = Counts {
        requests: 2,
        directory_writes: 1,
        resource_units: 1,
        throttled: 2,
    };
    assert_eq!(
        graph.counts(),
        counts,
        "the directory has a bucket of its own"
    );
}

/// V8: a burst of people is spread, in virtual time, over the share of this lane.
#[tokio::test(start_paused = true)]
async fn writes_keep_the_share_of_their_lane() {
    let (graph, log) = graph(no_content);
    graph.set_share(500);
    let person = adele();
    futures::future::join_all((0..40).map(|_| graph.set_usage_location(&person, "DE"))).await;
    assert_eq!(log.graph().len(), 40);
    assert!(
        (3_900..4_100).contains(&graph.now().as_millis()),
        "{:?}",
        graph.now()
    );
}

/// L6.
#[tokio::test(start_paused = true)]
async fn nothing_starts_after_the_last_moment() {
    let (graph, log) = graph(no_content);
    graph.set_last_start(S);
    graph.set_share(50);
    let person = adele();
    let all =
        futures::future::join_all((0..3).map(|_| graph.set_usage_location(&person, "DE"))).await;
    let done = all.iter().filter(|one| one.is_ok()).count();
    assert_eq!(
        (done, log.graph().len()),
        (2, 2),
        "one at once, one after a second, none after two"
    );
    tokio::time::advance(S).await;
    let error = graph.set_usage_location(&person, "DE").await.unwrap_err();
    assert_eq!(error.kind(), &Kind::OutOfTime);
}

/// V6.
#[tokio::test(start_paused = true)]
async fn no_error_holds_a_secret() {
    let echo = format!("{CANARY} adele@contoso.example +4930123456");
    let (graph, _) = graph(move |_| refuse(401, "x", &echo.replace(CANARY, "token-2 of")));
    let error = graph.users_count().await.unwrap_err();
    let text = format!("{error}{error:?}");
    for hidden in [CANARY, "adele@", "4930"] {
        assert!(!text.contains(hidden), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_could_delete_more_than_a_membership_is_not_sent() {
    let (graph, log) = graph(no_content);
    let delete = |path: String| graph.change(Call::write(Method::DELETE, path, json!({})));
    assert_eq!(
        delete(format!("/users/{ADELE}")).await.unwrap_err().kind(),
        &Kind::Invalid
    );
    assert!(log.graph().is_empty() && log.tokens().is_empty());
    delete(format!("/groups/{ADELE}/members/{ADELE}/$ref"))
        .await
        .unwrap();
    let strange = UserId("../groups/x".to_owned());
    assert_eq!(
        graph
            .set_usage_location(&strange, "DE")
            .await
            .unwrap_err()
            .kind(),
        &Kind::Invalid
    );
    assert_eq!(log.graph().len(), 1);
}

/// Lanes run many people at once, on whatever thread.
#[tokio::test(start_paused = true)]
async fn requests_may_move_between_threads() {
    let (graph, log) = graph(no_content);
    let one = tokio::spawn(async move { graph.set_usage_location(&adele(), "DE").await });
    one.await.unwrap().unwrap();
    assert_eq!(log.graph().len(), 1);
}
