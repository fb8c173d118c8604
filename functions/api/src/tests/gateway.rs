//! What API Gateway hands to the function, payload format 2.0, reaches the same routes.

use lambda_http::request::from_str;
use lambda_http::{Context, RequestExt};
use serde_json::json;
use shared::model::access::Role;
use tower::ServiceExt;

use super::{House, people, play};

fn event(method: &str, path: &str, query: &str, token: &str, body: Option<&str>) -> String {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {
            "authorization": format!("Bearer {token}"),
            "content-type": "application/json",
            "host": "x.execute-api.eu-central-1.amazonaws.com",
        },
        "queryStringParameters": query.split_once('=').map(|(name, value)| json!({name: value})),
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "x",
            "domainName": "x.execute-api.eu-central-1.amazonaws.com",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "x"},
            "requestId": "x",
            "routeKey": "$default",
            "stage": "$default",
            "time": "05/Jan/2026:08:00:00 +0000",
            "timeEpoch": 1_767_600_000_000_i64,
        },
        "body": body,
        "isBase64Encoded": false,
    })
    .to_string()
}

#[test]
fn an_event_of_the_gateway_is_answered() {
    play(async {
        let house = House::of(people(2)).await;
        let token = house.token(Role::Operator);
        let (staging, unstage) = (
            "/v1/tenants/contoso/staging",
            "/v1/tenants/contoso/staging/unstage",
        );
        for (method, path, query, body, status) in [
            ("GET", staging, "limit=7", None, 200),
            ("GET", staging, "limit=700", None, 422),
            ("POST", unstage, "", Some(r#"{"people": ["x"]}"#), 202),
            ("POST", unstage, "", Some("{}"), 422),
            ("POST", "/v1/tenants/contoso/sync", "", None, 202),
            ("GET", "/v1/tenants/fabrikam", "", None, 404),
        ] {
            let event = event(method, path, query, &token, body);
            let mut context = Context::default();
            context.request_id = format!("invocation of {method}");
            let request = from_str(&event).unwrap().with_lambda_context(context);
            let answer = house.router.clone().oneshot(request).await.unwrap();
            let id = &answer.headers()["x-correlation-id"];
            assert_eq!(*id, format!("invocation of {method}"));
            assert_eq!(answer.status().as_u16(), status, "{method} {path}?{query}");
        }
    });
}
