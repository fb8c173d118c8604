//! API Gateway has a route for each of ours, and no other.

use std::collections::BTreeSet;

use crate::{Method, ROUTES};

#[test]
fn the_template_has_the_routes_of_the_code() {
    let text = include_str!("../../../../infra/template.yaml");
    let keys = text.split("RouteKey: \"").skip(1);
    let deployed: BTreeSet<&str> = keys.filter_map(|rest| rest.split('"').next()).collect();
    let method = |method| match method {
        Method::Get => "GET",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    };
    let key = |route: &crate::Route| format!("{} {}", method(route.method), route.path);
    let served: Vec<String> = ROUTES.iter().map(key).collect();
    let served: BTreeSet<&str> = served.iter().map(String::as_str).collect();
    assert_eq!(deployed, served);
}
