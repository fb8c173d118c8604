//! Who may do what, where: every route with every role, in the caller's tenant and in another's (F146, F147).

use axum::body::Body;
use axum::http::Request;
use serde_json::json;
use shared::model::access::Role;
use shared::model::microsoft::UserId;
use shared::model::tenant::{Tenant, TenantId};
use shared::run::look;
use shared::store::keys;

use super::resources::lived_in;
use super::{Answer, House, people, play};
use crate::{Endpoint, Least, Method, ROUTES, Route};

const PERSON: &str = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
const JOB: &str = "01HZZZZZZZZZZZZZZZZZZZZZZZ";

async fn ask(house: &House, route: &Route, tenant: &str, token: Option<&str>) -> Answer {
    of_person(house, route, tenant, PERSON, token).await
}

/// The same route about somebody who is there.
async fn with_person(house: &House, route: &Route, person: &str, token: &str) -> Answer {
    of_person(house, route, "contoso", person, Some(token)).await
}

async fn of_person(
    house: &House,
    route: &Route,
    tenant: &str,
    person: &str,
    token: Option<&str>,
) -> Answer {
    let path = route
        .path
        .replace("{tenant}", tenant)
        .replace("{person}", person)
        .replace("{job}", JOB)
        .replace("{persona}", "sales")
        .replace("{range}", "london")
        .replace("{adoption}", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
        .replace("{node}", "oslo")
        .replace("{profile}", "desk")
        .replace("{fields}", "viewer")
        .replace("{set}", "01ARZ3NDEKTSV4RRFFQ69G5FAV")
        .replace("{number}", "%2B4420")
        .replace("{schedule}", "UserSync");
    let mut request = match route.method {
        Method::Get => Request::get(path),
        Method::Post => Request::post(path),
        Method::Put => Request::put(path),
        Method::Delete => Request::delete(path),
    };
    request = request.header("content-type", "application/json");
    let is_new = matches!(
        route.endpoint,
        Endpoint::SaveNode
            | Endpoint::SaveProfile
            | Endpoint::SavePersona
            | Endpoint::SaveRange
            | Endpoint::SaveFieldRights
    );
    let is_put_back = matches!(
        route.endpoint,
        Endpoint::SaveSettings | Endpoint::ApplyConfiguration
    );
    if is_new {
        request = request.header("if-none-match", "*");
    } else if is_put_back || route.method == Method::Delete {
        request = request.header("if-match", "\"never\"");
    }
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let body = match (route.endpoint, route.method) {
        (Endpoint::Unstage, _) => format!(r#"{{"people": ["{PERSON}"]}}"#),
        (Endpoint::Provision, _) => r#"{"persona": "sales"}"#.to_owned(),
        (Endpoint::Move, _) => r#"{"site": "europe/berlin"}"#.to_owned(),
        (Endpoint::SaveRules | Endpoint::TryRules, _) => {
            r#"{"version": 1, "placement": [], "persona": []}"#.to_owned()
        }
        (Endpoint::SavePersona, _) => r#"{"name": "Sales"}"#.to_owned(),
        (Endpoint::SaveRange, _) => r#"{"name": "London"}"#.to_owned(),
        (Endpoint::FillRange, _) => r#"{"first": "+4420", "last": "+4421"}"#.to_owned(),
        (Endpoint::ReserveNumber, _) => r#"{"note": "for the board"}"#.to_owned(),
        (Endpoint::CoolNumber, _) => r#"{"days": 3}"#.to_owned(),
        (Endpoint::RelocateNumber, _) => "{}".to_owned(),
        (Endpoint::ImportNumbers, _) => "number,range\n+442071000001,\n".to_owned(),
        (Endpoint::Edit, _) => r#"{"usage_location": "GB"}"#.to_owned(),
        (Endpoint::SetDeparture, _) => r#"{"day": "2026-12-31"}"#.to_owned(),
        (Endpoint::Approve | Endpoint::Reject, _) => r#"{"hash": "unknown"}"#.to_owned(),
        (Endpoint::BeginIncident, _) => {
            r#"{"reason": "TM1", "until": "2000-01-01T00:00:00Z"}"#.to_owned()
        }
        (Endpoint::Except, _) => {
            r#"{"owner": "Olga", "reason": "trial", "until": "2000-01-01T00:00:00Z"}"#.to_owned()
        }
        (Endpoint::SaveNode, _) => r#"{"name": "Oslo", "kind": "site"}"#.to_owned(),
        (Endpoint::SaveProfile, _) => {
            r#"{"location": true, "licences": true, "groups": true, "policies": true, "number": true}"#.to_owned()
        }
        (Endpoint::Adopt, _) => r#"{"site": "europe/nowhere"}"#.to_owned(),
        (Endpoint::TurnOn | Endpoint::Reinstate, _) => "{}".to_owned(),
        (Endpoint::ChooseOffboarding, _) => r#"{"licences": "remove"}"#.to_owned(),
        (Endpoint::SaveSettings, _) => r#"{"readiness": "scheduled", "import": {"guests": false, "add": true, "update": true, "remove": true, "licences": true, "numbers": true, "policies": true}}"#.to_owned(),
        (Endpoint::SaveFieldRights | Endpoint::PlanConfiguration | Endpoint::ApplyConfiguration, _) => "{}".to_owned(),
        (Endpoint::TestRule, _) => {
            format!(r#"{{"when": "user.department -eq null", "person": "{PERSON}"}}"#)
        }
        (Endpoint::GiveInFile, _) => format!("person,order\n{PERSON},offboard\n"),
        (Endpoint::Halt, _) => r#"{"reason": "drill"}"#.to_owned(),
        (Endpoint::SetMode, _) => r#"{"mode": "active"}"#.to_owned(),
        (_, Method::Put) => r#"{"active": true, "minutes": 60}"#.to_owned(),
        (_, Method::Get | Method::Post | Method::Delete) => String::new(),
    };
    house.send(request.body(Body::from(body)).unwrap()).await
}

/// Another customer that is really there.
async fn register_fabrikam(house: &House) {
    let admin = &house.stage.installation.admin;
    let contoso = TenantId::parse("contoso").unwrap();
    let fabrikam = Tenant {
        id: TenantId::parse("fabrikam").unwrap(),
        name: "Fabrikam".to_owned(),
        ..look::tenant(admin, &contoso).await.unwrap()
    };
    admin.store.register(&fabrikam).await.unwrap();
}

#[test]
fn the_matrix_of_routes_and_roles_holds() {
    play(async {
        let house = House::of(people(2)).await;
        register_fabrikam(&house).await;
        for route in ROUTES {
            for role in Role::ALL {
                let token = house.token(role);
                let before = house.table_requests();
                let answer = ask(&house, route, "contoso", Some(&token)).await;
                let reads = house.table_requests() - before;
                let case = format!("{} as {role}: {answer:?}", route.path);
                match route.least {
                    Least::Nothing => assert!(answer.status.is_success() && reads == 0, "{case}"),
                    Least::Token => assert!(answer.status.is_success() && reads > 0, "{case}"),
                    Least::Provider(_) => {
                        assert!(answer.is_problem(403, "forbidden") && reads == 0, "{case}");
                    }
                    Least::Role(least) if role < least => {
                        assert!(answer.is_problem(403, "forbidden") && reads == 0, "{case}");
                    }
                    Least::Role(_) => {
                        // The person and the job of the path are unknown.
                        let unknown = answer.detail().starts_with("there is no person")
                            || answer.detail().starts_with("there is no change set")
                            || answer.detail().starts_with("there is no adoption")
                            || answer.detail().starts_with("adoption is not ready")
                            || answer.detail().starts_with("flow-through is")
                            || answer.detail().starts_with("a pause ends later than now")
                            || answer.detail().contains("job")
                            || answer.detail().starts_with("there was no audit")
                            || answer.detail().contains("a number that is available")
                            || answer.detail().contains("not those of version")
                            || answer.detail().starts_with("there is no number")
                            || answer.detail().starts_with("there is no nodes oslo")
                            || answer.detail().starts_with("somebody else stored it")
                            || answer
                                .detail()
                                .starts_with("what is in force, or the document")
                            || answer.detail().starts_with("the persona was not");
                        assert!(answer.status.is_success() || unknown, "{case}");
                        assert!(reads > 0, "{case}");
                    }
                }
                let Least::Role(_) = route.least else {
                    continue;
                };
                // F147: a tenant of somebody else, one that does not exist and one that cannot: no difference, nothing read.
                let before = house.table_requests();
                for foreign in ["fabrikam", "nowhere", "con%23toso", "CONTOSO", "contoso%20"] {
                    let answer = ask(&house, route, foreign, Some(&token)).await;
                    let case = format!("{} of {foreign} as {role}: {answer:?}", route.path);
                    assert!(answer.is_problem(404, "not-found"), "{case}");
                    assert!(answer.detail().starts_with("there is no tenant"), "{case}");
                }
                assert_eq!(house.table_requests(), before, "{}", route.path);
            }
            let open = route.least == Least::Nothing;
            let answer = ask(&house, route, "contoso", None).await;
            assert_eq!(
                answer.is_problem(401, "unauthenticated"),
                !open,
                "{answer:?}"
            );
        }
    });
}

/// The highest of several grants counts, each for its own tenant; the list shows those tenants and no others.
#[test]
fn grants_count_for_their_own_tenant() {
    play(async {
        let house = House::of(people(2)).await;
        register_fabrikam(&house).await;
        let contoso = TenantId::parse("contoso").unwrap();
        let mut claims = local::issuer::claims(Role::Viewer, &contoso, house.stage.clock.now());
        claims["grants"] = serde_json::json!([
            {"tenant": "contoso", "role": "operator"},
            {"tenant": "contoso", "role": "viewer"},
            {"tenant": "fabrikam", "role": "viewer"},
            {"tenant": "gone", "role": "administrator"},
            {"tenant": "con#toso", "role": "administrator"},
        ]);
        let token = house.issuer.sign(&claims).unwrap();
        let route = |endpoint| {
            ROUTES
                .iter()
                .find(|route| route.endpoint == endpoint)
                .unwrap()
        };
        let sync = route(Endpoint::SyncNow);
        let status = async |tenant| {
            ask(&house, sync, tenant, Some(&token))
                .await
                .status
                .as_u16()
        };
        assert_eq!(status("contoso").await, 202);
        assert_eq!(status("fabrikam").await, 403);
        let listed = ask(&house, route(Endpoint::Tenants), "", Some(&token)).await;
        assert_eq!(
            listed.body["tenants"],
            serde_json::json!([
                {"id": "contoso", "name": "Contoso", "role": "operator"},
                {"id": "fabrikam", "name": "Fabrikam", "role": "viewer"},
            ])
        );
    });
}

#[test]
fn a_route_that_is_not_there_is_a_problem_too() {
    play(async {
        let house = House::of(people(1)).await;
        let nothing = house.get("/v1/nothing").await;
        assert!(nothing.is_problem(404, "not-found"), "{nothing:?}");
        let wrong = house.put("/v1/tenants", "").await;
        assert!(wrong.is_problem(405, "method-not-allowed"), "{wrong:?}");
    });
}

/// F146: a role at a node goes to the people there and below, and nowhere else: others look as if they were not there, and what is set for the
/// tenant is refused.
#[test]
fn a_role_at_a_node_goes_to_its_people_and_no_others() {
    play(async {
        let house = lived_in(24, 3).await;
        let contoso = &house.stage.installation.tenant;
        let token = |grants: serde_json::Value| {
            let now = house.stage.clock.now();
            let mut claims = local::issuer::claims(Role::Viewer, contoso, now);
            claims["grants"] = grants;
            house.issuer.sign(&claims).unwrap()
        };
        let all = house.get("/v1/tenants/contoso/people?limit=100").await.body;
        let all = all["people"].as_array().unwrap();
        let at = |site: Option<&str>| {
            let here = all.iter().filter(|person| person["site"].as_str() == site);
            here.map(|person| person["id"].as_str().unwrap())
                .collect::<Vec<_>>()
        };
        // Nobody is placed before their job is done: it is said of them here.
        let store = &house.stage.installation.admin.store;
        let row = store.tenant(contoso).await.unwrap().unwrap();
        let (berlin, elsewhere) = (
            all[0]["id"].as_str().unwrap(),
            all[1]["id"].as_str().unwrap(),
        );
        assert!(at(Some("europe/berlin")).is_empty());
        for (id, site) in [(berlin, "europe/berlin"), (elsewhere, "europe/london")] {
            let key = keys::person(contoso, row.shards, &UserId(id.to_owned()));
            let placed = house.stage.installation.cloud.table().answer(
                "UpdateItem",
                json!({
                    "TableName": "rollcall",
                    "Key": {"pk": {"S": key.pk}, "sk": {"S": key.sk}},
                    "UpdateExpression": "SET #site = :site",
                    "ExpressionAttributeNames": {"#site": "site"},
                    "ExpressionAttributeValues": {":site": {"S": site}},
                }),
            );
            assert_eq!(placed.status, 200, "{}", placed.body);
        }
        let grants = json!([
            {"tenant": "contoso", "role": "operator", "node": "europe/berlin"},
            {"tenant": "contoso", "role": "viewer", "node": "europe/paris"},
        ]);
        let operator = token(grants);
        for route in ROUTES {
            let Least::Role(least) = route.least else {
                continue;
            };
            let there = with_person(&house, route, berlin, &operator).await;
            let case = format!("{} {:?}: {there:?}", route.path, route.method);
            let is_list = matches!(route.endpoint, Endpoint::People | Endpoint::Staging);
            let of_person = route.path.contains("{person}");
            if least > Role::Operator || !(is_list || of_person) {
                assert!(there.is_problem(403, "forbidden"), "{case}");
                continue;
            }
            assert_ne!(there.status, 403, "{case}");
            let other = with_person(&house, route, elsewhere, &operator).await;
            let case = format!("{} {:?}: {other:?}", route.path, route.method);
            if of_person {
                assert!(other.is_problem(404, "not-found"), "{case}");
                assert_eq!(
                    other.detail(),
                    format!("there is no person {elsewhere}"),
                    "{case}"
                );
            }
        }
        let ask = async |method: &str, path: &str, body: serde_json::Value| {
            let request = Request::builder()
                .method(method)
                .uri(format!("/v1/tenants/contoso/{path}"))
                .header("content-type", "application/json")
                .header("authorization", format!("Bearer {operator}"));
            house
                .send(request.body(Body::from(body.to_string())).unwrap())
                .await
        };
        let seen = ask("GET", "people?limit=100", json!({})).await.body;
        let seen: Vec<&str> = seen["people"]
            .as_array()
            .unwrap()
            .iter()
            .map(|person| person["id"].as_str().unwrap())
            .collect();
        assert_eq!(seen, [berlin]);
        // Nobody is brought to where the role does not go.
        let away = json!({"site": "europe/london", "persona": "sales"});
        for verb in ["move", "provision"] {
            let refused = ask("POST", &format!("people/{berlin}/{verb}"), away.clone()).await;
            assert!(refused.is_problem(403, "forbidden"), "{refused:?}");
        }
        // Where they may only look, they only look.
        let viewer = token(json!([{"tenant": "contoso", "role": "viewer", "node": "europe"}]));
        let refresh = ROUTES
            .iter()
            .find(|route| route.endpoint == Endpoint::Refresh)
            .unwrap();
        let refused = with_person(&house, refresh, berlin, &viewer).await;
        assert!(refused.is_problem(403, "forbidden"), "{refused:?}");
        let person = ROUTES
            .iter()
            .find(|route| route.endpoint == Endpoint::Person)
            .unwrap();
        assert_eq!(
            with_person(&house, person, elsewhere, &viewer).await.status,
            200
        );
    });
}
