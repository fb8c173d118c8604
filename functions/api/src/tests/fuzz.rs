//! F141: requests made up from the description alone, right ones and wrong ones: no answer is a fault of ours, and none is outside the
//! description.

use axum::body::Body;
use axum::http::Request;
use http_body_util::BodyExt;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};
use shared::model::access::Role;
use tower::ServiceExt;

use super::resources::lived_in;
use super::{House, play};

mod chance;
mod description;
mod parsers;

use chance::Chance;
use description::{Description, Operation, Seen};

/// Requests in all, unless `ROLLCALL_FUZZ` says how many: so many that every route is asked a few dozen times.
const REQUESTS: u32 = 4_000;

fn encoded(text: &str) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            char::from(byte).to_string()
        } else {
            format!("%{byte:02X}")
        }
    };
    text.bytes().map(byte).collect()
}

fn request(
    house: &House,
    description: &Description,
    operation: &Operation,
    chance: &mut Chance,
) -> Request<Body> {
    let mut path = operation.path.replace("{tenant}", "contoso");
    let mut query = Vec::new();
    let mut headers = Vec::new();
    for parameter in operation.told["parameters"]
        .as_array()
        .into_iter()
        .flatten()
    {
        let name = parameter["name"].as_str().unwrap();
        let value = description.value(&parameter["schema"], 0, chance);
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        match parameter["in"].as_str().unwrap() {
            "path" => path = path.replace(&format!("{{{name}}}"), &encoded(&value)),
            "query" if chance.one_in(2) => query.push(format!("{name}={}", encoded(&value))),
            "header" if name == "if-none-match" && chance.one_in(2) => {
                headers.push((name.to_owned(), "*".to_owned()));
            }
            "header" if chance.one_in(2) => {
                headers.push((name.to_owned(), format!("\"{}\"", encoded(&value))));
            }
            _ => {}
        }
    }
    if chance.one_in(30) {
        query.push("unasked=1".to_owned());
    }
    if !query.is_empty() {
        path = format!("{path}?{}", query.join("&"));
    }
    let role = if chance.one_in(8) {
        Role::Viewer
    } else {
        Role::Administrator
    };
    let contoso = &house.stage.installation.tenant;
    let mut claims = local::issuer::claims(role, contoso, house.stage.clock.now());
    if chance.one_in(2) {
        claims["grants"]
            .as_array_mut()
            .unwrap()
            .push(json!({"tenant": "*", "role": role}));
    }
    let token = house.issuer.sign(&claims).unwrap();
    let mut request = Request::builder()
        .method(operation.method.as_str())
        .uri(path)
        .header("authorization", format!("Bearer {token}"));
    for (name, value) in headers {
        request = request.header(name, value);
    }
    if chance.one_in(4) && operation.method == "POST" {
        request = request.header("idempotency-key", encoded(&chance.text()));
    }
    let content = operation.told["requestBody"]["content"].as_object();
    let (kind, body) = match content.and_then(|content| content.iter().next()) {
        None => ("application/json", String::new()),
        Some((kind, _)) if kind == "text/csv" => {
            let rows =
                (0..chance.below(4)).map(|_| format!("{},{}\n", chance.text(), chance.text()));
            let rows: String = rows.collect();
            let heads = [
                "number,range\n",
                "person,order\n",
                "person,order,site,persona\n",
                "",
            ];
            (
                "text/csv",
                format!("{}{rows}", heads[chance.below(heads.len())]),
            )
        }
        Some((_, told)) => {
            let value = description.value(&told["schema"], 0, chance);
            ("application/json", value.to_string())
        }
    };
    let body = if chance.one_in(40) {
        format!("{body}]")
    } else {
        body
    };
    request
        .header("content-type", kind)
        .body(Body::from(body))
        .unwrap()
}

#[test]
fn no_request_finds_a_fault_or_an_answer_that_is_not_described() {
    play(async {
        let house = lived_in(4, 1).await;
        let description = Description::read();
        let people = house.get("/v1/tenants/contoso/people?limit=100").await.body;
        let jobs = house.get("/v1/tenants/contoso/jobs?limit=100").await.body;
        let of = |list: &Value| -> Vec<String> {
            let all = list.as_array().into_iter().flatten();
            all.filter_map(|one| one["id"].as_str().map(str::to_owned))
                .collect()
        };
        let ids = [of(&people["people"]), of(&jobs["jobs"])].concat();
        let seed = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
        let runner = TestRunner::new_with_rng(Config::default(), seed);
        let mut chance = Chance { runner, ids };
        let asked_for = std::env::var("ROLLCALL_FUZZ").ok();
        let requests = asked_for.map_or(REQUESTS, |count| count.parse().unwrap());
        let mut found = Vec::new();
        let mut answered: std::collections::BTreeMap<u16, u32> = Default::default();
        for nth in 0..requests {
            let nth = usize::try_from(nth).unwrap() % description.operations.len();
            let operation = &description.operations[nth];
            let request = request(&house, &description, operation, &mut chance);
            let asked = format!("{} {}", request.method(), request.uri());
            let answer = house.router.clone().oneshot(request).await.unwrap();
            let (head, body) = answer.into_parts();
            let kind = head
                .headers
                .get("content-type")
                .map(|kind| kind.to_str().unwrap());
            let text = body.collect().await.unwrap().to_bytes();
            let seen = Seen {
                status: head.status,
                kind: kind.unwrap_or_default().to_owned(),
                text: String::from_utf8_lossy(&text).into_owned(),
            };
            *answered.entry(seen.status.as_u16()).or_default() += 1;
            let stray = description.stray(operation, &seen);
            if seen.status.is_server_error() {
                found.push(format!("{asked}: {} {}", seen.status, seen.text));
            } else if let Some(why) = stray {
                found.push(format!("{asked}: {} {why}", seen.status));
            }
        }
        assert!(
            found.is_empty(),
            "{} of {requests}:\n{}",
            found.len(),
            found.join("\n")
        );
        // Not everything was refused at the door.
        let good: u32 = answered.range(200..300).map(|(_, count)| count).sum();
        assert!(good > requests / 8, "{answered:?}");
    });
}
