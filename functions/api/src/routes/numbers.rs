//! Telephone numbers: ranges, single numbers, and numbers that come in as CSV.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::inventory::{Entry, NumberRange, RangeId};
use shared::model::persona::SitePath;
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::inventory::{self, Stocked, Taken, Written};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Problem, ProblemBody};
use crate::wire::{Asked, Body};

/// The ranges of a tenant.
#[derive(Debug, Serialize, ToSchema)]
pub struct Ranges {
    /// By id.
    ranges: Vec<RangeSeen>,
}

/// A range of numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct RangeSeen {
    /// Its id.
    id: String,
    /// Its name for people.
    name: String,
    /// The node from which it can be seen, downwards; absent = the whole tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    /// Numbers that can be given now, counted up to 100.
    free: usize,
}

/// A range as somebody writes it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RangeWritten {
    /// Its name for people.
    name: String,
    /// The node from which it can be seen, downwards; absent = the whole tenant.
    node: Option<String>,
}

/// A number of the inventory.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberSeen {
    /// E.164.
    number: String,
    /// `available`, `held`, `assigning`, `used`, `used_utility`, `reserved`, `releasing`, `settling`, `cooling` or `conflict`.
    state: &'static str,
    /// The range it is drawn from.
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<String>,
    /// Where it belongs; absent = the tenant level.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<String>,
    /// Who has it, or is to have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder: Option<String>,
    /// The open job that has it in hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    /// When it stops to settle or to cool, RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// What does not agree, or why it is kept back.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Never given by itself.
    golden: bool,
    /// Who has it as Microsoft said at the last list; absent = nobody, or it was not listed.
    #[serde(skip_serializing_if = "Option::is_none")]
    holder_at_microsoft: Option<String>,
}

/// How numbers come in.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ImportAsked {
    /// Only say what would become of each row.
    #[serde(default)]
    dry: bool,
    /// Take the sound rows although others are wrong.
    #[serde(default)]
    partly: bool,
}

/// What became of the rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Imported {
    /// Whether anything was stored, if there was anything new.
    stored: bool,
    /// Rows that are new in the inventory, or would be.
    new: usize,
    /// Rows that the inventory knew.
    known: usize,
    /// Rows that are wrong.
    refused: Vec<RowRefused>,
}

/// A row that is wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowRefused {
    /// Which, from 1, the heading not counted.
    row: usize,
    /// Why.
    reason: String,
}

/// A row of the file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    number: String,
    #[serde(default)]
    range: Option<String>,
    #[serde(default)]
    golden: Option<bool>,
}

/// Lists ranges.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/ranges", tag = "numbers", operation_id = "listRanges",
    params(("tenant" = String, Path, description = "The tenant's id")),
    responses((status = 200, description = "Found", body = Ranges), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn ranges(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
) -> Result<Json<Ranges>, Problem> {
    let stocked = inventory::ranges(&shell, &tenant).await?.into_iter();
    let ranges = stocked.map(|Stocked { range, free }| RangeSeen {
        id: range.id.0,
        name: range.name,
        node: range.node.map(|node| node.0),
        free,
    });
    Ok(Json(Ranges {
        ranges: ranges.collect(),
    }))
}

/// Stores a range.
#[utoipa::path(put, path = "/v1/tenants/{tenant}/ranges/{range}", tag = "numbers", operation_id = "saveRange",
    params(("tenant" = String, Path, description = "The tenant's id"), ("range" = String, Path, description = "Its id: small letters, digits, hyphens")),
    request_body = RangeWritten,
    responses((status = 200, description = "Stored", body = RangeSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn save_range(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, id)): Path<(String, String)>,
    Body(written): Body<RangeWritten>,
) -> Result<Json<RangeSeen>, Problem> {
    let range = NumberRange {
        id: RangeId(id),
        name: written.name,
        node: written.node.map(SitePath),
    };
    let free = inventory::save_range(&shell, &tenant, &range).await?;
    Ok(Json(RangeSeen {
        id: range.id.0,
        name: range.name,
        node: range.node.map(|node| node.0),
        free,
    }))
}

/// One number of the inventory.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/numbers/{number}", tag = "numbers", operation_id = "getNumber",
    params(("tenant" = String, Path, description = "The tenant's id"), ("number" = String, Path, description = "E.164, the plus sign as `%2B`")),
    responses((status = 200, description = "Found", body = NumberSeen), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn number(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Path((_, number)): Path<(String, String)>,
) -> Result<Json<NumberSeen>, Problem> {
    let entry = inventory::number(&shell, &tenant, &number).await?;
    Ok(Json(seen(entry)))
}

/// Takes numbers into the inventory: CSV with the columns `number`, `range` and `golden` (the last two may be left out), at most 10,000 rows.
/// The same file twice changes nothing the second time. If any row is wrong nothing is stored, unless `partly` is asked for.
#[utoipa::path(post, path = "/v1/tenants/{tenant}/numbers/import", tag = "numbers", operation_id = "importNumbers",
    params(("tenant" = String, Path, description = "The tenant's id"), ImportAsked),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, description = "What became of the rows", body = Imported), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn import(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Asked(asked): Asked<ImportAsked>,
    file: String,
) -> Result<Json<Imported>, Problem> {
    let rows = rows(&file)?;
    let taken = inventory::import(&shell, &tenant, &rows, asked.partly, asked.dry).await?;
    let count = |what: &Taken| taken.iter().filter(|one| *one == what).count();
    let refused = taken.iter().zip(1..).filter_map(|(one, row)| match one {
        Taken::Refused(why) => Some(RowRefused {
            row,
            reason: why.clone(),
        }),
        Taken::New | Taken::Known => None,
    });
    let refused: Vec<RowRefused> = refused.collect();
    Ok(Json(Imported {
        stored: !asked.dry && (refused.is_empty() || asked.partly),
        new: count(&Taken::New),
        known: count(&Taken::Known),
        refused,
    }))
}

/// The rows of the file. A file that cannot be read as a table is refused as a whole, with the line at fault.
fn rows(file: &str) -> Result<Vec<Written>, Problem> {
    let mut reader = csv::ReaderBuilder::new()
        .trim(csv::Trim::All)
        .from_reader(file.as_bytes());
    let mut rows = Vec::new();
    for row in reader.deserialize() {
        let row: Row = row.map_err(|error| {
            let line = error.position().map(csv::Position::line);
            let at = line.map_or(String::new(), |line| format!("line {line}: "));
            let why: String = error.to_string().chars().take(200).collect();
            Problem::invalid("file", format!("{at}{why}"))
        })?;
        if rows.len() == inventory::MOST {
            let sentence = format!("there are more than {} rows", inventory::MOST);
            return Err(Problem::invalid("file", sentence));
        }
        rows.push(Written {
            number: row.number,
            range: row.range.filter(|range| !range.is_empty()),
            golden: row.golden.unwrap_or_default(),
        });
    }
    Ok(rows)
}

fn seen(entry: Entry) -> NumberSeen {
    NumberSeen {
        number: entry.number.to_string(),
        state: entry.state.name(),
        range: entry.range.map(|range| range.0),
        node: entry.node.map(|node| node.0),
        holder: entry.holder.map(|holder| holder.0),
        job: entry.job.map(|job| job.0),
        until: entry.until.map(|until| until.to_string()),
        note: entry.note,
        golden: entry.golden,
        holder_at_microsoft: entry.told.and_then(|told| told.holder),
    }
}
