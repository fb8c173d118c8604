//! The description file says what is served, and a change of it shows.

use std::collections::BTreeSet;

use expect_test::expect_file;
use serde_json::Value;

use crate::{DESCRIPTION, Least, Method, ROUTES, described};

/// F141: `UPDATE_EXPECT=1 cargo test -p api` writes the file anew; the difference is what callers will notice.
#[test]
fn the_description_is_the_one_that_was_reviewed() {
    let text = serde_json::to_string_pretty(&described()).unwrap();
    expect_file!["../../openapi.json"].assert_eq(&format!("{text}\n"));
}

#[test]
fn every_route_is_described_and_nothing_else() {
    let described = serde_json::from_str::<Value>(DESCRIPTION).unwrap();
    assert!(described["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = described["paths"].as_object().unwrap();
    let told: BTreeSet<(String, String)> = paths
        .iter()
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().keys();
            methods.map(|method| (path.clone(), method.clone()))
        })
        .collect();
    let served: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|route| (route.path.to_owned(), method(route.method).to_owned()))
        .collect();
    assert_eq!(told, served);
    for route in ROUTES {
        let operation = &described["paths"][route.path][method(route.method)];
        let open = operation["security"] == serde_json::json!([{}]);
        assert_eq!(open, route.least == Least::Nothing, "{}", route.path);
        let responses = operation["responses"].as_object().unwrap();
        let problem = |response: &Value| {
            response["content"]
                .get("application/problem+json")
                .is_some()
        };
        assert_eq!(
            responses.values().any(problem),
            route.least != Least::Nothing,
            "{}",
            route.path
        );
    }
}

/// What a reader of OpenAPI 3.1 insists on: every response says what it is, every reference leads somewhere.
#[test]
fn the_description_is_complete() {
    let described = serde_json::from_str::<Value>(DESCRIPTION).unwrap();
    let mut references = Vec::new();
    let mut rest = vec![&described];
    while let Some(value) = rest.pop() {
        if let Some(reference) = value["$ref"].as_str() {
            references.push(reference);
        }
        if let Some(responses) = value["responses"].as_object() {
            for (status, response) in responses {
                assert!(response["description"].is_string(), "{status}: {response}");
            }
        }
        match value {
            Value::Array(values) => rest.extend(values),
            Value::Object(values) => rest.extend(values.values()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    assert!(references.len() > 20, "{references:?}");
    for reference in references {
        let place = reference.strip_prefix('#').unwrap();
        assert!(described.pointer(place).is_some(), "{reference}");
    }
}

const fn method(method: Method) -> &'static str {
    match method {
        Method::Get => "get",
        Method::Post => "post",
        Method::Put => "put",
        Method::Delete => "delete",
    }
}
