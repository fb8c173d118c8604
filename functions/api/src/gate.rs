//! Who may pass to a route: whoever has a valid token, a grant for the tenant in the path, and a role that suffices. Nothing is
//! read from the table before that; then, for a role at a node, where the person is whom the path names.

use std::sync::Arc;

use axum::extract::rejection::RawPathParamsRejection;
use axum::extract::{RawPathParams, Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use shared::model::access::Reach;
use shared::model::microsoft::UserId;
use shared::model::persona::SitePath;
use shared::model::tenant::TenantId;
use shared::run::{Shell, look};

use crate::auth::{Caller, Verifier};
use crate::problem::{Problem, What};
use crate::routes::{Endpoint, Least, Method, Route};

/// What stands before one route.
#[derive(Clone, Debug)]
pub struct Gate {
    verifier: Arc<Verifier>,
    shell: Arc<Shell>,
    route: &'static Route,
}

impl Gate {
    /// The gate of a route; `None` = it is open.
    pub fn of(route: &'static Route, verifier: &Arc<Verifier>, shell: &Arc<Shell>) -> Option<Self> {
        (route.least != Least::Nothing).then(|| Self {
            verifier: Arc::clone(verifier),
            shell: Arc::clone(shell),
            route,
        })
    }
}

/// Lets a request pass, with the [`Caller`], the [`TenantId`] and their role in it beside it, or answers it.
pub async fn check(
    State(gate): State<Gate>,
    params: Result<RawPathParams, RawPathParamsRejection>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = match caller(&gate, request.headers()).await {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if let Least::Provider(least) = gate.route.least {
        if caller.role_in_all().is_none_or(|role| role < least) {
            let sentence = format!("this takes the role {least} in the whole installation");
            return Problem::new(What::Forbidden, sentence).into_response();
        }
        let (by, route) = (caller.subject.as_str(), gate.route.path);
        tracing::info!(by, route, "ordered");
    }
    if let Least::Role(least) = gate.route.least {
        let named = |what: &str| {
            let params = params.as_ref().ok()?;
            let mut pairs = params.iter();
            pairs.find_map(|(name, value)| (name == what).then(|| value.to_owned()))
        };
        let written = named("tenant").unwrap_or_default();
        let granted = TenantId::parse(&written).and_then(|id| Some((caller.role_in(&id)?, id)));
        let Some((highest, tenant)) = granted else {
            let sentence = format!("there is no tenant {written}");
            return Problem::new(What::NotFound, sentence).into_response();
        };
        let Some(reach) = caller.reach(&tenant, least) else {
            let sentence =
                format!("this takes the role {least} or a higher one, yours is {highest}");
            return Problem::new(What::Forbidden, sentence).into_response();
        };
        let place = match goes_to(&gate, &tenant, &reach, named("person")).await {
            Ok(place) => place,
            Err(problem) => return problem.into_response(),
        };
        let role = caller.role_at(&tenant, place.as_ref()).unwrap_or(least);
        if gate.route.method != Method::Get {
            tracing::info!(
                tenant = tenant.as_str(),
                by = caller.subject,
                route = gate.route.path,
                "ordered"
            );
        }
        request.extensions_mut().insert(tenant);
        request.extensions_mut().insert(role);
        request.extensions_mut().insert(reach);
    }
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// Whether a role goes as far as the route: to the person that the path names, or to a list that shows no others. The place of that person.
async fn goes_to(
    gate: &Gate,
    tenant: &TenantId,
    reach: &Reach,
    person: Option<String>,
) -> Result<Option<SitePath>, Problem> {
    if *reach == Reach::Tenant {
        return Ok(None);
    }
    let Some(person) = person else {
        // Of a list, whoever is elsewhere is left out.
        let is_list = matches!(gate.route.endpoint, Endpoint::People | Endpoint::Staging);
        return if is_list {
            Ok(None)
        } else {
            let sentence = "this takes a role in the whole tenant, yours is for a part of it";
            Err(Problem::new(What::Forbidden, sentence))
        };
    };
    let id = UserId(person);
    let found = look::person(&gate.shell, tenant, &id).await?;
    let site = found.person.site;
    if reach.covers(site.as_ref()) {
        return Ok(site);
    }
    let sentence = format!("there is no person {}", id.0);
    Err(Problem::new(What::NotFound, sentence))
}

async fn caller(gate: &Gate, headers: &HeaderMap) -> Result<Caller, Problem> {
    let nobody = || {
        Problem::new(
            What::Unauthenticated,
            "a valid bearer token is needed in the header Authorization",
        )
    };
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(header), None) = (given.next(), given.next()) else {
        return Err(nobody());
    };
    let header = header.to_str().map_err(|_| nobody())?;
    let (scheme, token) = header.split_once(' ').ok_or_else(nobody)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(nobody());
    }
    gate.verifier.caller(token).await?.ok_or_else(nobody)
}
