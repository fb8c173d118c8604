//! What requests and answers are made of. Everything here is part of the API: names never change, fields are only added.

use axum::Json;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::http::StatusCode;
use axum::http::header::{ETAG, IF_MATCH, IF_NONE_MATCH, LOCATION};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use shared::model::job::{Goal, Origin};
use shared::run::places::{Edited, Tag};
use utoipa::{IntoParams, ToSchema};

use crate::problem::{Problem, What};

/// Items of a page, if the caller does not say.
const PAGE: u16 = 50;
/// Items of a page, at most.
const LARGEST_PAGE: u16 = 100;

/// A body of JSON; what is not asked for is refused by name.
pub struct Body<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let body: Result<Json<T>, JsonRejection> = Json::from_request(request, state).await;
        Ok(Self(body?.0))
    }
}

/// The part of the address behind the question mark; what is not asked for is refused by name.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query: Result<Query<T>, QueryRejection> = Query::from_request_parts(parts, state).await;
        Ok(Self(query?.0))
    }
}

/// How many items a page shall have.
pub fn limit(asked: Option<u16>) -> Result<usize, Problem> {
    let limit = asked.unwrap_or(PAGE);
    if !(1..=LARGEST_PAGE).contains(&limit) {
        let sentence = format!("limit is {limit}: it must be 1 to {LARGEST_PAGE}");
        return Err(Problem::invalid("limit", sentence));
    }
    Ok(usize::from(limit))
}

/// `after` is made up.
pub fn not_a_position() -> Problem {
    Problem::invalid("after", "after is not the next of a page of this list")
}

/// It is ordered and will be done; `at` shows how far it is.
pub fn accepted(at: String) -> Response {
    (StatusCode::ACCEPTED, [(LOCATION, at)]).into_response()
}

/// Which page of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageAsked {
    /// Items at most, 1 to 100.
    pub limit: Option<u16>,
    /// `next` of the page before.
    pub after: Option<String>,
}

/// Whether it is only asked what would happen.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DryAsked {
    /// Only say what would be done.
    #[serde(default)]
    pub dry: bool,
}

/// What a job is to achieve.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoalName {
    /// The person has what their persona says.
    Provision,
    /// The person has nothing of it any more.
    Offboard,
    /// The person has at another site what their persona says there.
    Move,
}

impl From<Goal> for GoalName {
    fn from(goal: Goal) -> Self {
        match goal {
            Goal::Provision => Self::Provision,
            Goal::Offboard => Self::Offboard,
            Goal::Move => Self::Move,
        }
    }
}

impl From<GoalName> for Goal {
    fn from(goal: GoalName) -> Self {
        match goal {
            GoalName::Provision => Self::Provision,
            GoalName::Offboard => Self::Offboard,
            GoalName::Move => Self::Move,
        }
    }
}

impl From<OriginName> for Origin {
    fn from(origin: OriginName) -> Self {
        match origin {
            OriginName::Rule => Self::Rule,
            OriginName::Person => Self::Person,
        }
    }
}

/// Who started a job.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OriginName {
    /// A rule, at a sync.
    Rule,
    /// A person.
    Person,
}

impl From<Origin> for OriginName {
    fn from(origin: Origin) -> Self {
        match origin {
            Origin::Rule => Self::Rule,
            Origin::Person => Self::Person,
        }
    }
}

/// What the caller read before an edit: `If-Match` with its tag, or `If-None-Match: *` for something new.
pub struct Read(pub Option<Tag>);

impl<S: Send + Sync> FromRequestParts<S> for Read {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let header = |name| {
            parts
                .headers
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        let tag = |text: &str| {
            let text = text.trim().strip_prefix('"')?.strip_suffix('"')?;
            Some(Tag(text.to_owned()))
        };
        match (header(IF_MATCH), header(IF_NONE_MATCH).map(str::trim)) {
            (Some(read), None) => tag(read).map(|tag| Self(Some(tag))).ok_or_else(|| {
                Problem::new(
                    What::Invalid,
                    "If-Match is one tag in quotes, as it was read",
                )
            }),
            (None, Some("*")) => Ok(Self(None)),
            (_, _) => Err(Problem::new(
                What::Unconditional,
                "say what is replaced: If-Match with the etag that was read, or If-None-Match: * for something new",
            )),
        }
    }
}

/// What the caller read before something is replaced or taken away that has to be there: `If-Match` with its tag.
pub struct ReadBefore(pub Tag);

impl<S: Send + Sync> FromRequestParts<S> for ReadBefore {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Read(read) = Read::from_request_parts(parts, state).await?;
        read.map(Self).ok_or_else(|| {
            let sentence = "it is there already: If-Match with the etag that was read";
            Problem::new(What::Unconditional, sentence)
        })
    }
}

/// What the caller read, if they say so: whoever does not, replaces whatever is there.
pub struct ReadIfSaid(pub Option<Tag>);

impl<S: Send + Sync> FromRequestParts<S> for ReadIfSaid {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        if !parts.headers.contains_key(IF_MATCH) {
            return Ok(Self(None));
        }
        let ReadBefore(tag) = ReadBefore::from_request_parts(parts, state).await?;
        Ok(Self(Some(tag)))
    }
}

/// Something was taken away; or what was read is not there any more.
pub fn gone(done: bool) -> Result<Response, Problem> {
    if done {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    Err(stale())
}

/// What was read is not there any more.
pub fn stale() -> Problem {
    let sentence = "somebody else stored it meanwhile: read it again";
    Problem::new(What::Changed, sentence)
}

/// What was read, with its tag in the header too.
pub fn read_with<B: Serialize>(tag: &Tag, body: B) -> Response {
    ([(ETAG, quoted(tag))], Json(body)).into_response()
}

/// Something was stored, with its new tag; or what was read is not there any more.
pub fn edited<T, B: Serialize>(
    edited: Edited<T>,
    body: impl Fn(T) -> B,
) -> Result<Response, Problem> {
    match edited {
        Edited::Stored(value, tag) => Ok(read_with(&tag, body(value))),
        Edited::Stale => Err(stale()),
    }
}

/// A tag as a header shows it.
pub fn quoted(tag: &Tag) -> String {
    format!("\"{}\"", tag.0)
}
