//! Files of orders for many people: CSV in, a word about every row out (F112-F114).

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::change_set::SetId;
use shared::model::microsoft::UserId;
use shared::model::persona::SitePath;
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::change_sets;
use shared::run::files::{self, FileOrder};
use shared::run::look;
use utoipa::{IntoParams, ToSchema};

use super::change_sets::{next_place, place_asked};
use crate::auth::Caller;
use crate::problem::{Problem, ProblemBody};
use crate::wire::{Asked, PageAsked};

/// How a file is taken.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileAsked {
    /// Only check the rows.
    #[serde(default)]
    dry: bool,
    /// Order what can be ordered although other rows are refused; otherwise nothing is then.
    #[serde(default)]
    partly: bool,
}

/// A row as it stands in the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    person: String,
    order: String,
    #[serde(default)]
    site: String,
    #[serde(default)]
    persona: String,
    #[serde(default)]
    profile: String,
    #[serde(default)]
    keep_number: String,
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct FileGiven {
    /// The change set that carries it out; absent = nothing was ordered.
    #[serde(skip_serializing_if = "Option::is_none")]
    change_set: Option<String>,
    /// So many rows can be ordered.
    accepted: usize,
    /// So many cannot.
    refused: usize,
    /// Every row, in their order.
    rows: Vec<RowSeen>,
}

/// A row of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowSeen {
    /// Its line in the file, from 1; the heading is line 1.
    line: u64,
    /// Whom it names, as they are known; absent = nobody.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<String>,
    /// Why nothing can be ordered for them; absent = it can.
    #[serde(skip_serializing_if = "Option::is_none")]
    refused: Option<String>,
}

/// What became of the people of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct Outcomes {
    /// In the order of the plan.
    people: Vec<OutcomeSeen>,
    /// Where the next page begins; absent = there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// What became of somebody.
#[derive(Debug, Serialize, ToSchema)]
pub struct OutcomeSeen {
    /// Entra object id.
    person: String,
    /// What was ordered: `offboard`, `move`, `persona` or `unstage`; absent = rules decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<&'static str>,
    /// `waiting` (it was not their turn), `ordered` or `set_aside`.
    outcome: &'static str,
    /// Why they were set aside.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// The one state they are in now; absent = they are not known any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    state: Option<&'static str>,
}

/// Takes a file of orders: CSV with the columns `person` (object id or user principal name), `order` (`offboard`, `move`, `persona` or
/// `unstage`), `site`, `persona`, `profile` and `keep_number` (`yes` or `no`), at most 1,000 rows. All of it becomes one change set, which
/// waits for somebody else's yes if it is more than the limits allow.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/files", tag = "files", operation_id = "giveInFile",
    params(("tenant" = String, Path, description = "The tenant's id"), FileAsked),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "Checked; nothing was ordered", body = FileGiven),
        (status = 202, description = "Given in", body = FileGiven, headers(("location" = String, description = "The change set"))),
        (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn give_in(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Extension(caller): Extension<Caller>,
    Asked(asked): Asked<FileAsked>,
    file: String,
) -> Result<Response, Problem> {
    let (lines, rows): (Vec<u64>, Vec<files::Row>) = rows(&file)?.into_iter().unzip();
    let by = &caller.subject;
    let given = files::give_in(&shell, &tenant, &rows, asked.partly, asked.dry, by).await?;
    let seen = lines
        .into_iter()
        .zip(given.rows)
        .map(|(line, row)| RowSeen {
            line,
            person: row.person.map(|id| id.0),
            refused: row.refused,
        });
    let seen: Vec<RowSeen> = seen.collect();
    let refused = seen.iter().filter(|row| row.refused.is_some()).count();
    let set = given.set.map(|id| id.0);
    let at = set
        .as_ref()
        .map(|id| format!("/v1/tenants/{}/change-sets/{id}", tenant.as_str()));
    let body = Json(FileGiven {
        change_set: set,
        accepted: seen.len() - refused,
        refused,
        rows: seen,
    });
    Ok(match at {
        Some(at) => (StatusCode::ACCEPTED, [(LOCATION, at)], body).into_response(),
        None => body.into_response(),
    })
}

/// What became of the people of a change set that carries out a file.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/change-sets/{set}/outcomes", tag = "files", operation_id = "listOutcomes",
    params(("tenant" = String, Path, description = "The tenant's id"), ("set" = String, Path, description = "The change set's id"), PageAsked),
    responses((status = 200, description = "Found", body = Outcomes), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn outcomes(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
    Asked(asked): Asked<PageAsked>,
) -> Result<Json<Outcomes>, Problem> {
    let (id, (from, limit)) = (SetId(id), place_asked(&asked)?);
    let (rows, next) = change_sets::plan(&shell, &tenant, &id, from, limit).await?;
    let ids: Vec<UserId> = rows.iter().map(|row| row.person.clone()).collect();
    let known = files::outcomes(&shell, &tenant, &id, &ids)
        .await?
        .into_iter();
    let mut known: BTreeMap<UserId, Option<String>> = known
        .map(|outcome| (outcome.person, outcome.aside))
        .collect();
    let states = look::states(&shell, &tenant, &ids).await?;
    let people = rows.into_iter().map(|row| {
        let (outcome, reason) = match known.remove(&row.person) {
            None => ("waiting", None),
            Some(None) => ("ordered", None),
            Some(Some(why)) => ("set_aside", Some(why)),
        };
        OutcomeSeen {
            order: row.order.as_ref().map(FileOrder::name),
            outcome,
            reason,
            state: states.get(&row.person).map(|state| state.name()),
            person: row.person.0,
        }
    });
    Ok(Json(Outcomes {
        people: people.collect(),
        next: next.map(next_place),
    }))
}

/// The rows of the file with their lines. A file that cannot be read as a table is refused as a whole, with the line at fault.
fn rows(file: &str) -> Result<Vec<(u64, files::Row)>, Problem> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(file.as_bytes());
    let wrong = |line: Option<u64>, why: &str| {
        let at = line.map_or(String::new(), |line| format!("line {line}: "));
        let why: String = why.chars().take(200).collect();
        Problem::invalid("file", format!("{at}{why}"))
    };
    let headers = reader
        .headers()
        .map_err(|error| wrong(Some(1), &error.to_string()))?
        .clone();
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map(csv::Position::line);
            wrong(line, &error.to_string())
        })?;
        let line = record.position().map_or(0, csv::Position::line);
        if rows.len() == files::MOST {
            return Err(wrong(
                None,
                &format!("there are more than {} rows", files::MOST),
            ));
        }
        let written: Written = record
            .deserialize(Some(&headers))
            .map_err(|error| wrong(Some(line), &error.to_string()))?;
        let order = order(&written).map_err(|why| wrong(Some(line), &why))?;
        let person = written.person;
        rows.push((line, files::Row { person, order }));
    }
    Ok(rows)
}

fn order(written: &Written) -> Result<FileOrder, String> {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let (site, persona, profile) = (
        some(&written.site).map(SitePath),
        some(&written.persona),
        some(&written.profile),
    );
    let unused = |columns: &[(&str, bool)]| match columns.iter().find(|(_, is_there)| *is_there) {
        Some((column, _)) => Err(format!("{} has no {column}", written.order)),
        None => Ok(()),
    };
    let keeps = !written.keep_number.is_empty();
    match written.order.as_str() {
        "offboard" | "unstage" => {
            unused(&[
                ("site", site.is_some()),
                ("persona", persona.is_some()),
                ("profile", profile.is_some()),
                ("keep_number", keeps),
            ])?;
            Ok(if written.order == "offboard" {
                FileOrder::Offboard
            } else {
                FileOrder::Unstage
            })
        }
        "move" => Ok(FileOrder::Move {
            site: site.ok_or("a move needs a site")?,
            persona,
            profile,
            keep_number: match written.keep_number.as_str() {
                "yes" => true,
                "no" | "" => false,
                other => return Err(format!("keep_number is {other:?}: write yes or no")),
            },
        }),
        "persona" => {
            unused(&[("keep_number", keeps)])?;
            Ok(FileOrder::Persona {
                persona: persona.ok_or("a change of persona needs a persona")?,
                profile,
                site,
            })
        }
        other => Err(format!(
            "{other:?} is none of offboard, move, persona, unstage"
        )),
    }
}
