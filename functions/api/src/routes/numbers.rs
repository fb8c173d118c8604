//! The inventory of telephone numbers: listed, one of them, and numbers that come in as CSV.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use shared::model::inventory::{Entry, NumberState, RangeId};
use shared::model::tenant::TenantId;
use shared::run::Shell;
use shared::run::inventory::{self, Taken, Written};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Problem, ProblemBody};
use crate::wire::{Asked, limit};

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
    /// It is placed at other nodes too: somebody came there with it.
    duplicated: bool,
    /// Those nodes; only told of one number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    also_at: Vec<String>,
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

/// Which numbers to list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct NumbersAsked {
    /// At most so many, 1 to 100; 50 if it is not said. A page may hold fewer although there are more.
    limit: Option<u16>,
    /// `next` of the page before.
    after: Option<String>,
    /// Only those in this state, such as `conflict`.
    #[param(value_type = Option<String>)]
    state: Option<NumberState>,
    /// Only those of this range.
    range: Option<String>,
}

/// Some numbers.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumbersPage {
    /// In an order that never changes.
    numbers: Vec<NumberSeen>,
    /// Give it as `after` to go on; absent on the last page.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Lists numbers: those in conflict with both claims, ours and Microsoft's.
#[utoipa::path(get, path = "/v1/tenants/{tenant}/numbers", tag = "numbers", operation_id = "listNumbers",
    params(("tenant" = String, Path, description = "The tenant's id"), NumbersAsked),
    responses((status = 200, description = "Found", body = NumbersPage), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn numbers(
    State(shell): State<Arc<Shell>>,
    Extension(tenant): Extension<TenantId>,
    Asked(asked): Asked<NumbersAsked>,
) -> Result<Json<NumbersPage>, Problem> {
    let (limit, range) = (limit(asked.limit)?, asked.range.map(RangeId));
    let after = asked.after.as_deref();
    let page =
        inventory::numbers(&shell, &tenant, asked.state, range.as_ref(), after, limit).await?;
    Ok(Json(NumbersPage {
        numbers: page.items.into_iter().map(seen).collect(),
        next: page.next.map(|next| next.to_string()),
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
    let (entry, places) = inventory::number_with_places(&shell, &tenant, &number).await?;
    let also_at = places.into_iter().map(|place| place.node.0);
    Ok(Json(NumberSeen {
        also_at: also_at.collect(),
        ..seen(entry)
    }))
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
    let is_stored = !asked.dry && (asked.partly || !taken.iter().any(Taken::is_refused));
    Ok(Json(Imported::of(&taken, is_stored)))
}

impl Imported {
    /// What became of rows, in their order.
    pub fn of(taken: &[Taken], stored: bool) -> Self {
        let count = |what: &Taken| taken.iter().filter(|one| *one == what).count();
        let refused = taken.iter().zip(1..).filter_map(|(one, row)| match one {
            Taken::Refused(why) => Some(RowRefused {
                row,
                reason: why.clone(),
            }),
            Taken::New | Taken::Known => None,
        });
        Self {
            stored,
            new: count(&Taken::New),
            known: count(&Taken::Known),
            refused: refused.collect(),
        }
    }
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

/// An entry as others see it.
pub fn seen(entry: Entry) -> NumberSeen {
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
        duplicated: entry.duplicated,
        also_at: Vec::new(),
        holder_at_microsoft: entry.told.and_then(|told| told.holder),
    }
}
