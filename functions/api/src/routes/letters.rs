//! Dead letters of the whole installation: looked at, and rung again (F153).

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::run::Shell;
use shared::run::letters;
use utoipa::ToSchema;

use crate::problem::{Problem, ProblemBody};

/// Doorbells that nobody could answer.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterList {
    /// By lane.
    dead_letters: Vec<DeadLettersSeen>,
}

/// The dead letters of a lane.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLettersSeen {
    /// `sync`, `staging`, `provision` or `offboard`.
    lane: &'static str,
    /// So many, as SQS counts them: about.
    count: u64,
    /// When the oldest of those that were looked at was sent, RFC 3339; absent = there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<String>,
}

/// Dead letters that were rung.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rung {
    /// So many.
    rung: usize,
}

/// Doorbells that nobody could answer, by lane. They carry no work: what they rang for is in the table, and the sweep finds it.
#[utoipa::path(get, path = "/v1/dead-letters", tag = "installation", operation_id = "listDeadLetters",
    responses((status = 200, description = "Found", body = DeadLetterList), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn dead_letters(
    State(shell): State<Arc<Shell>>,
) -> Result<Json<DeadLetterList>, Problem> {
    let found = letters::dead_letters(&shell).await?.into_iter();
    let seen = found.map(|(lane, letters)| DeadLettersSeen {
        lane: lane.name(),
        count: letters.count,
        oldest: letters.oldest.map(|oldest| oldest.to_string()),
    });
    Ok(Json(DeadLetterList {
        dead_letters: seen.collect(),
    }))
}

/// Rings all dead letters once more.
#[utoipa::path(post, path = "/v1/dead-letters/ring", tag = "installation", operation_id = "ringDeadLetters",
    responses((status = 200, description = "Rung", body = Rung), (status = "default", description = "A problem", body = ProblemBody, content_type = "application/problem+json")))]
pub async fn ring(State(shell): State<Arc<Shell>>) -> Result<Json<Rung>, Problem> {
    let rung = letters::ring_dead_letters(&shell).await?;
    Ok(Json(Rung { rung }))
}
