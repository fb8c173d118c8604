//! What a story is told with: the API, one tenant behind it, and the Microsoft 365 tenant and people that it is about.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request, StatusCode, header};
use local::contoso::{self, E3, E5, Employee, F3, Fate};
use local::demo;
use local::installation::Customer;
use local::issuer::Issuer;
use local::microsoft::{self, Microsoft, Truth};
use serde_json::{Value, json};
use shared::clock::Clock;
use shared::graph::Http;
use shared::model::access::Role;
use shared::model::tenant::{ReadinessLooks, TenantId};
use tower::ServiceExt;

/// The service plan MCOEV, with which somebody may have a telephone number.
const PHONE_SYSTEM: &str = "4828c8ec-dc2e-4779-b502-87ac9ce28ab7";

/// Who somebody in a story is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The rules give them the persona `office`, in London.
    Office,
    /// The rules give them the persona `frontline`, in London.
    FrontLine,
    /// No rule names them; a member with an account that is on.
    Nobody,
    /// A guest whom a rule would name.
    Guest,
}

/// How long a story waits for what has to come.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// From one look to the next.
    pub look: Duration,
    /// After this it does not come any more.
    pub longest: Duration,
}

/// Who plays, as many as there are parts; another seed gives other people.
pub fn cast(parts: &[Part], seed: u64) -> Vec<Employee> {
    let crowd = contoso::employees(2_000, seed);
    let fits = |part: Part, one: &Employee| {
        let kind = one.properties.get("userType").and_then(Value::as_str);
        let persona = one.truth.persona;
        let london = one.truth.site == Some("europe/london");
        one.by_hand.is_none()
            && one.fate == Fate::Stays
            && one.properties["accountEnabled"] == true
            && match part {
                Part::Office => persona == Some("office") && london,
                Part::FrontLine => persona == Some("frontline") && london,
                Part::Nobody => persona.is_none() && kind == Some("Member"),
                Part::Guest => kind == Some("Guest") && one.properties.contains_key("department"),
            }
    };
    let mut found: Vec<Employee> = Vec::new();
    for part in parts {
        let is_new = |one: &&Employee| found.iter().all(|other| other.id != one.id);
        let next = crowd.iter().filter(is_new).find(|one| fits(*part, one));
        found.push(
            next.unwrap_or_else(|| panic!("nobody plays {part:?}"))
                .clone(),
        );
    }
    found
}

/// How the simulated tenant of a story behaves: `tempo` is the shortest of its delays, the longest takes twenty of them.
pub fn tenant(base_url: String, directory: String, tempo: Duration) -> microsoft::Options {
    microsoft::Options {
        base_url,
        tenant_id: directory,
        readiness: (tempo, 20 * tempo),
        staleness: tempo,
        policy_delay: 2 * tempo,
        number_delay: (tempo, 5 * tempo),
        group_licence_delay: (tempo, 5 * tempo),
        location_lag: tempo,
        throttle_permille: 0,
        ..microsoft::Options::default()
    }
}

/// The customer that this simulated tenant is.
pub fn customer(options: &microsoft::Options, id: TenantId) -> Customer {
    Customer {
        id,
        ..demo::customer(options, ReadinessLooks::Adaptive)
    }
}

/// Everybody is there, and there are seats for all.
pub fn furnish(microsoft: &Microsoft, people: &[Employee]) {
    demo::furnish(microsoft, people);
    for (sku, name) in contoso::SKUS {
        microsoft.add_sku(sku, name, 100, &[contoso::TEAMS1, PHONE_SYSTEM]);
    }
}

/// A tenant of an installation, and whoever asks its API.
pub struct Scene {
    /// Microsoft, as it really is.
    pub microsoft: Microsoft,
    /// Who plays.
    pub people: Vec<Employee>,
    /// The time in which it plays.
    pub clock: Clock,
    tenant: TenantId,
    api: Http,
    issuer: Arc<Issuer>,
    patience: Patience,
}

/// What the API answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// The address it names, if it does.
    pub location: Option<String>,
    /// What names the content that was read.
    pub etag: Option<String>,
    /// Whether this is the answer to an order that came before.
    pub is_replayed: bool,
    /// Its body.
    pub body: Value,
}

impl Answer {
    /// The same answer, which has to be a success.
    #[track_caller]
    pub fn good(self) -> Self {
        assert!(self.status.is_success(), "{self:?}");
        self
    }
}

impl Scene {
    /// Before the API of an installation that has this tenant; `api` takes requests for paths.
    pub fn new(
        (microsoft, people): (Microsoft, Vec<Employee>),
        tenant: TenantId,
        (api, issuer): (Http, Arc<Issuer>),
        clock: Clock,
        patience: Patience,
    ) -> Self {
        Self {
            microsoft,
            people,
            clock,
            tenant,
            api,
            issuer,
            patience,
        }
    }

    /// Somebody's id.
    pub fn id(&self, nth: usize) -> &str {
        &self.people[nth].id
    }

    /// What Microsoft knows of somebody.
    pub fn truth(&self, nth: usize) -> Truth {
        self.microsoft.truth(self.id(nth)).unwrap()
    }

    /// How often Microsoft carried out a change of somebody for us.
    pub fn changes(&self, nth: usize) -> usize {
        let history = self.microsoft.history();
        let theirs = history.iter().filter(|one| one.person == self.id(nth));
        theirs.count()
    }

    /// The path of something of this tenant; of the tenant itself, if nothing is named.
    pub fn path(&self, rest: &str) -> String {
        let path = format!("/v1/tenants/{}/{rest}", self.tenant.as_str());
        path.trim_end_matches('/').to_owned()
    }

    /// A token of the demo's person with this role.
    pub fn token(&self, role: Role) -> String {
        let token = self.issuer.token(role, &self.tenant, self.clock.now());
        format!("Bearer {}", token.unwrap())
    }

    /// Sends a request as it is.
    pub async fn send(&self, request: Request<Bytes>) -> Answer {
        let answer = self.api.clone().oneshot(request).await.unwrap();
        let text = |name: &str| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().unwrap().to_owned())
        };
        Answer {
            status: answer.status(),
            location: text("location"),
            etag: text("etag"),
            is_replayed: text("idempotency-replayed").is_some(),
            body: serde_json::from_slice(answer.body()).unwrap_or_default(),
        }
    }

    /// Asks for something of this tenant as somebody with this role.
    pub async fn ask(&self, role: Role, method: Method, rest: &str, body: &Value) -> Answer {
        let request = Request::builder()
            .method(method)
            .uri(self.path(rest))
            .header(header::AUTHORIZATION, self.token(role))
            .header(header::CONTENT_TYPE, "application/json")
            .body(Bytes::from(body.to_string()));
        self.send(request.unwrap()).await
    }

    /// Reads something.
    pub async fn get(&self, rest: &str) -> Value {
        let read = self.ask(Role::Viewer, Method::GET, rest, &Value::Null);
        read.await.good().body
    }

    /// Orders something as an operator.
    pub async fn order(&self, rest: &str, body: &Value) -> Answer {
        let ordered = self.ask(Role::Operator, Method::POST, rest, body);
        ordered.await.good()
    }

    /// Orders something for somebody as an operator.
    pub async fn order_for(&self, nth: usize, what: &str, body: &Value) -> Answer {
        let rest = format!("people/{}/{what}", self.id(nth));
        self.order(&rest, body).await
    }

    /// Writes something new down as an administrator.
    pub async fn store(&self, rest: &str, body: &Value) -> Value {
        self.write(rest, (header::IF_NONE_MATCH, "*"), body).await
    }

    /// Changes something that is there, as an administrator.
    pub async fn amend(&self, rest: &str, change: impl FnOnce(&mut Value)) -> Value {
        let read = self.ask(Role::Administrator, Method::GET, rest, &Value::Null);
        let mut read = read.await.good();
        change(&mut read.body);
        let etag = read.etag.unwrap();
        self.write(rest, (header::IF_MATCH, &etag), &read.body)
            .await
    }

    async fn write(
        &self,
        rest: &str,
        (condition, tag): (header::HeaderName, &str),
        body: &Value,
    ) -> Value {
        let request = Request::put(self.path(rest))
            .header(header::AUTHORIZATION, self.token(Role::Administrator))
            .header(header::CONTENT_TYPE, "application/json")
            .header(condition, tag)
            .body(Bytes::from(body.to_string()));
        self.send(request.unwrap()).await.good().body
    }

    /// Gives a file in.
    pub async fn hand_in(&self, role: Role, rest: &str, file: String) -> Answer {
        let request = Request::post(self.path(rest))
            .header(header::AUTHORIZATION, self.token(role))
            .header(header::CONTENT_TYPE, "text/csv")
            .body(Bytes::from(file));
        self.send(request.unwrap()).await.good()
    }

    /// Asks for a sync.
    pub async fn sync(&self) {
        self.order("sync", &Value::Null).await;
    }

    /// What Rollcall says of somebody; null as long as it knows nobody.
    pub async fn person(&self, nth: usize) -> Value {
        let rest = format!("people/{}", self.id(nth));
        let read = self.ask(Role::Viewer, Method::GET, &rest, &Value::Null);
        let answer = read.await;
        if answer.status == StatusCode::NOT_FOUND {
            return Value::Null;
        }
        answer.good().body
    }

    /// The state that Rollcall sees somebody in.
    pub async fn state(&self, nth: usize) -> String {
        let person = self.person(nth).await;
        person["state"].as_str().unwrap_or("unknown").to_owned()
    }

    /// Waits until this is so.
    pub async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
        let begun = self.clock.elapsed();
        while !is_so().await {
            let waited = self.clock.elapsed().saturating_sub(begun);
            if waited > self.patience.longest {
                let mut told = Vec::new();
                for nth in 0..self.people.len() {
                    let jobs = self.get(&format!("people/{}/jobs", self.id(nth))).await;
                    told.push(json!({"person": self.person(nth).await, "jobs": jobs}));
                }
                panic!("not so after {waited:?}: {what}; {told:#?}");
            }
            self.clock.sleep(self.patience.look).await;
        }
    }

    /// Lets some time go by, in which something that must not happen would.
    pub async fn a_while(&self) {
        self.clock.sleep(10 * self.patience.look).await;
    }

    /// Waits until somebody is in this state.
    pub async fn until_is(&self, nth: usize, state: &str) {
        let what = format!("person {nth} is {state}");
        self.until(&what, async || self.state(nth).await == state)
            .await;
    }

    /// Brings everybody in, and waits until the one whom the rules name has everything.
    pub async fn until_provisioned(&self, nth: usize) {
        self.sync().await;
        self.until_is(nth, "provisioned").await;
    }

    /// Waits until everybody is known.
    pub async fn until_known(&self) {
        self.sync().await;
        for nth in 0..self.people.len() {
            let what = format!("person {nth} is known");
            self.until(&what, async || !self.person(nth).await.is_null())
                .await;
        }
    }

    /// The products somebody has.
    #[track_caller]
    pub fn assert_licences(&self, nth: usize, products: &[&str]) {
        let names = |id: &str| match id {
            E3 => "E3",
            E5 => "E5",
            F3 => "F3",
            other => panic!("another product: {other}"),
        };
        let truth = self.truth(nth);
        let has: Vec<&str> = truth.direct_licences.iter().map(|id| names(id)).collect();
        assert_eq!(has, products, "{truth:?}");
    }
}
