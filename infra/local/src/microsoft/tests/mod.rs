//! The tenant as a client meets it: HTTP over loopback, virtual time. What a faithful simulation must do (`graph-api.md 13`):
//!
//! | what | where |
//! |---|---|
//! | chains of next links, with empty pages | `directory`: people come in pages; `teams`: Teams users come in pages |
//! | delta with repeats and removals | `changes`: a first round; later rounds; changes come in pages with repeats |
//! | delta tokens that expire: 410 with `syncStateNotFound` | `changes`: a token older than seven days is gone |
//! | stale reads after writes | `directory`: a location is set and seen after a while; `groups`, `numbers`, `teams` likewise |
//! | 429 with a fraction in `Retry-After`, outside batches and inside | `gate`: some requests are throttled; `batch`: each part counts |
//! | one member who is in a group already fails all twenty | `groups`: members come one by one or twenty at a time |
//! | licence errors that show only later, in the states alone | `licensing`: without a seat; an inherited licence can be spoilt |
//! | Teams users late, first ineligible, then without voice | `teams`: a Teams user grows in stages |
//! | single entities wrapped in `value` | `examples/teams` |
//! | numbers without next links | `numbers`: numbers are listed by skip and filter |
//! | 202, and an operation that fails with each text | `numbers`: orders fail in Microsoft's words; `operations` |
//! | members of enumerations that came late | `teams`: a Teams user grows in stages |
//! | 403 in both spellings | `gate`: a missing permission is spelt in two ways |
//!
//! `examples` asks every example of the reference; the other files hold what the tenant does besides.

mod assertion;
mod batch;
mod changes;
mod directory;
mod examples;
mod gate;
mod groups;
mod licensing;
mod numbers;
mod operations;
mod persistence;
mod queries;
mod recycling;
mod snapshots;
mod teams;

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::model::time::Time;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::{GroupKind, Microsoft, NewGroup, NewNumber, NewPerson, Options, OrderFate};

const E5: &str = "06ebc4ee-1bb5-47dd-8120-11324bc54e06";
const TEAMS1: &str = "57ff2da0-773e-42df-b2af-ffb7a2317929";
const MCOEV: &str = "4828c8ec-dc2e-4779-b502-87ac9ce28ab7";
const ADELE: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";

/// A client with a token.
struct Client {
    tenant: Microsoft,
    clock: Clock,
    options: Options,
    token: String,
    /// Where the tenant listens.
    address: SocketAddr,
    prefer: Option<&'static str>,
    /// Sends the header of advanced queries.
    eventual: bool,
}

struct Reply {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Client {
    /// A tenant with Adele, one product of two seats and two policies.
    async fn of(options: Options) -> Self {
        let clock = Clock::steered(Time::from_millis(1_790_000_000_000), 1);
        let tenant = Microsoft::in_memory(options.clone(), clock);
        tenant.add_sku(E5, "SPE_E5", 2, &[TEAMS1, MCOEV]);
        tenant.add_policy("TeamsMeetingPolicy", "All On");
        tenant.add_policy("TeamsCallingPolicy", "Chef's choice");
        tenant.add_person(person(ADELE, "adele@contoso.com"));
        Self::to(tenant, options, clock).await
    }

    async fn calm() -> Self {
        Self::of(Options::calm()).await
    }

    async fn to(tenant: Microsoft, options: Options, clock: Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = tenant.router();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let mut client = Self {
            tenant,
            address,
            clock,
            options,
            token: String::new(),
            prefer: None,
            eventual: false,
        };
        client.renew().await;
        client
    }

    async fn renew(&mut self) {
        let form = self.form();
        self.token = self.ask_token(&self.options.tenant_id, &form).await.body["access_token"]
            .as_str()
            .unwrap()
            .into();
    }

    fn form(&self) -> String {
        format!(
            "client_id={}&scope=https%3A%2F%2Fgraph.microsoft.com%2F.default&client_secret={}&grant_type=client_credentials",
            self.options.client_id, self.options.client_secret
        )
    }

    async fn ask_token(&self, tenant: &str, form: &str) -> Reply {
        let request = Request::post(format!("/{tenant}/oauth2/v2.0/token"))
            .body(Body::from(form.to_owned()))
            .unwrap();
        self.send(request).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.ask("GET", path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Reply {
        self.ask("POST", path, Some(body)).await
    }

    async fn locate(&self, id: &str, location: &str) -> Reply {
        self.ask(
            "PATCH",
            &format!("/users/{id}"),
            Some(json!({"usageLocation": location})),
        )
        .await
    }

    async fn license(&self, id: &str, add: &[&str], remove: &[&str]) -> Reply {
        let add: Vec<Value> = add.iter().map(|sku| json!({"skuId": sku})).collect();
        self.post(
            &format!("/users/{id}/assignLicense"),
            json!({"addLicenses": add, "removeLicenses": remove}),
        )
        .await
    }

    /// Path below `/v1.0`, or an absolute link of the tenant.
    async fn ask(&self, method: &str, path: &str, body: Option<Value>) -> Reply {
        let path = match path.strip_prefix(&self.options.base_url) {
            Some(link) => link.to_owned(),
            None => format!("/v1.0{path}"),
        };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("authorization", format!("Bearer {}", self.token));
        if let Some(prefer) = self.prefer {
            request = request.header("prefer", prefer);
        }
        if self.eventual {
            request = request.header("consistencylevel", "eventual");
        }
        let body = match body {
            Some(json) => {
                request = request.header("content-type", "application/json");
                Body::from(json.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).unwrap()).await
    }

    async fn send(&self, request: Request<Body>) -> Reply {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        let mut head = format!(
            "{} {} HTTP/1.1\r\nhost: graph.local\r\nconnection: close\r\ncontent-length: {}\r\n",
            parts.method,
            parts.uri,
            body.len()
        );
        for (name, value) in &parts.headers {
            head.push_str(&format!("{name}: {}\r\n", value.to_str().unwrap()));
        }
        let mut connection = TcpStream::connect(self.address).await.unwrap();
        let request = [head.as_bytes(), b"\r\n", &body].concat();
        connection.write_all(&request).await.unwrap();
        let mut answer = Vec::new();
        connection.read_to_end(&mut answer).await.unwrap();
        Reply::read(&answer)
    }

    /// All pages from a path to the end, and the last page's delta link.
    async fn pages(&self, path: &str) -> (Vec<Vec<Value>>, Option<String>) {
        let (mut pages, mut path) = (Vec::new(), path.to_owned());
        loop {
            let reply = self.get(&path).await;
            assert_eq!(reply.status, 200, "{}", reply.body);
            pages.push(reply.body["value"].as_array().unwrap().clone());
            match reply.body["@odata.nextLink"].as_str() {
                Some(next) => path = next.to_owned(),
                None => {
                    return (
                        pages,
                        reply.body["@odata.deltaLink"].as_str().map(String::from),
                    );
                }
            }
        }
    }

    async fn pass(&self, seconds: u64) {
        self.clock.sleep(Duration::from_secs(seconds)).await;
    }
}

impl Reply {
    /// Reads an answer of HTTP/1.1 whose connection was closed behind it.
    fn read(answer: &[u8]) -> Self {
        let end = answer
            .windows(4)
            .position(|four| four == b"\r\n\r\n")
            .unwrap();
        let head = std::str::from_utf8(&answer[..end]).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let header = |line: &str| {
            let (name, value) = line.split_once(": ").unwrap();
            let name: HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        };
        let body = &answer[end + 4..];
        Self {
            status: status.parse().unwrap(),
            headers: lines.map(header).collect(),
            body: serde_json::from_slice(body)
                .unwrap_or_else(|_| json!(String::from_utf8_lossy(body))),
        }
    }

    fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map(|value| value.to_str().unwrap())
            .unwrap_or_default()
    }

    /// Status, code and message of a refusal.
    fn refusal(&self) -> (u16, &str, &str) {
        let error = &self.body["error"];
        (
            self.status,
            error["code"].as_str().unwrap_or_default(),
            error["message"].as_str().unwrap_or_default(),
        )
    }
}

fn person(id: &str, upn: &str) -> NewPerson {
    let mut person = NewPerson::new(id, upn, "Somebody");
    person.facts.insert("department".into(), json!("Sales"));
    person
}

fn ids(page: &[Value]) -> Vec<&str> {
    page.iter()
        .map(|user| user["id"].as_str().unwrap())
        .collect()
}
