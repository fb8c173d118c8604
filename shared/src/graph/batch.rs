//! Many requests in one (`graph-api.md 6`). It saves ways, not quota: each part takes its place in the pace and has an outcome of
//! its own. The answer as a whole says nothing of the parts.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method, Response, StatusCode};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::answer::Effect;
use super::client::{Call, Graph, Target};
use super::page::{Fields, body, unreadable};
use crate::error::{Error, Kind, Result};
use crate::model::microsoft::{DirectoryUser, TeamsUser, UserId};

/// The most parts of a batch, and the most people who get into a group at once.
pub const MOST: usize = 20;

/// Whom was asked about, and what became of the question.
pub type Each<T> = Vec<(UserId, Result<Option<T>>)>;

#[derive(Deserialize)]
struct Answers<'a> {
    #[serde(borrow)]
    responses: Vec<&'a RawValue>,
}

impl Graph {
    /// [`Graph::user`] for many, 20 a request. `Err` as a whole: a request with its parts went wrong, ask again.
    pub async fn users_by_id(&self, ids: &[UserId]) -> Result<Each<DirectoryUser>> {
        let mut each = Vec::with_capacity(ids.len());
        for some in ids.chunks(MOST) {
            let answers = self.read_each(some, |id| self.user_call(id)).await?;
            each.extend(some.iter().zip(answers).map(|(id, answer)| {
                let read = answer.and_then(|(call, answer)| self.user_found(id, &call, answer));
                (id.clone(), read)
            }));
        }
        Ok(each)
    }

    /// [`Graph::teams_user`] for many, 20 a request.
    pub async fn teams_users_by_id(&self, ids: &[UserId]) -> Result<Each<TeamsUser>> {
        let mut each = Vec::with_capacity(ids.len());
        for some in ids.chunks(MOST) {
            let answers = self.read_each(some, |id| self.teams_user_call(id)).await?;
            each.extend(some.iter().zip(answers).map(|(id, answer)| {
                let read =
                    answer.and_then(|(call, answer)| self.teams_user_found(id, &call, answer));
                (id.clone(), read)
            }));
        }
        Ok(each)
    }

    /// One batch of reads, one per person; who cannot be asked about has that as the outcome.
    async fn read_each<'a>(
        &self,
        ids: &[UserId],
        call: impl Fn(&UserId) -> Result<Call<'a>>,
    ) -> Result<Vec<Result<(Call<'a>, Response<Bytes>)>>> {
        let (mut calls, mut outcomes) = (Vec::new(), Vec::with_capacity(ids.len()));
        for id in ids {
            outcomes.push(call(id).map(|call| calls.push(call)));
        }
        let answers = self.batch(&calls).await?;
        let mut answered = calls.into_iter().zip(answers);
        let outcome = |asked: Result<()>| {
            asked?;
            let (call, answer) = answered.next().ok_or_else(|| missing(Effect::Read))?;
            Ok((call, answer?))
        };
        Ok(outcomes.into_iter().map(outcome).collect())
    }

    /// Sends up to 20 requests of one bucket in one. Answers, 2xx or not, in the order of the calls; a part without a usable
    /// answer is `Unavailable`, or `UnknownOutcome` if it would have changed something. Parts whose token was not accepted are
    /// sent once more with a fresh one.
    pub(super) async fn batch(&self, calls: &[Call<'_>]) -> Result<Vec<Result<Response<Bytes>>>> {
        let mut answers: Vec<Option<Response<Bytes>>> = calls.iter().map(|_| None).collect();
        let mut open: Vec<usize> = (0..calls.len()).collect();
        let mut rejected = None;
        for _ in 0..2 {
            if open.is_empty() {
                break;
            }
            let token = self.token(rejected.as_ref()).await?;
            let parts: Vec<(usize, &Call<'_>)> = open.iter().map(|at| (*at, &calls[*at])).collect();
            for (at, answer) in self.exchange_batch(&parts, &token).await? {
                answers[at] = Some(answer);
            }
            let unauthorised = |at: &usize| {
                answers[*at].as_ref().map(Response::status) == Some(StatusCode::UNAUTHORIZED)
            };
            open.retain(unauthorised);
            rejected = Some(token);
        }
        let outcome =
            |(call, answer): (&Call<'_>, Option<_>)| answer.ok_or_else(|| missing(call.effect));
        Ok(calls.iter().zip(answers).map(outcome).collect())
    }

    /// One request with these parts; the answers that came, by the place of their part.
    async fn exchange_batch(
        &self,
        parts: &[(usize, &Call<'_>)],
        token: &HeaderValue,
    ) -> Result<Vec<(usize, Response<Bytes>)>> {
        let mut requests = Vec::with_capacity(parts.len());
        for (at, call) in parts {
            requests.push(self.part(*at, call)?);
        }
        let calls = || parts.iter().map(|(_, call)| *call);
        let Some(first) = calls().next() else {
            return Ok(Vec::new());
        };
        let effect = if calls().all(|call| call.effect == Effect::Read) {
            Effect::Read
        } else {
            Effect::Write
        };
        let whole = Call {
            method: Method::POST,
            target: Target::Path("/$batch".to_owned()),
            bucket: first.bucket,
            units: calls().map(|call| call.units).sum(),
            effect,
            header: None,
            body: Some(json!({"requests": requests})),
        };
        let (answer, sent) = self.exchange_whole(&whole, parts.len(), token).await?;
        if !answer.status().is_success() {
            // Nothing was carried out: that is the answer to every part.
            return Ok(parts.iter().map(|(at, _)| (*at, answer.clone())).collect());
        }
        let what = "reading the answers of a batch";
        let given: Result<Answers<'_>> = body(&answer, what);
        let given = given.map_err(|error| match effect {
            Effect::Read => error,
            Effect::Write => Error::new(Kind::UnknownOutcome, what).with_source(error),
        })?;
        let known: BTreeMap<usize, &Call<'_>> = parts.iter().copied().collect();
        let answered = given.responses.iter().filter_map(|one| answer_of(one));
        let mut answers = Vec::with_capacity(parts.len());
        for (at, answer) in answered {
            if let Some(call) = known.get(&at) {
                self.note(call, &answer, sent);
                answers.push((at, answer));
            }
        }
        Ok(answers)
    }

    /// A request as a part. Refuses what a request of its own would be refused.
    fn part(&self, at: usize, call: &Call<'_>) -> Result<Value> {
        let Target::Path(path) = &call.target else {
            return Err(Error::new(
                Kind::Invalid,
                "a link cannot be followed inside a batch",
            ));
        };
        self.permit(call, &self.address(call)?)?;
        let mut headers: Map<String, Value> = call
            .headers()
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        let mut part = json!({"id": at.to_string(), "method": call.method.as_str(), "url": path});
        if let Some(body) = &call.body {
            headers.insert("Content-Type".to_owned(), json!("application/json"));
            part["body"] = body.clone();
        }
        if !headers.is_empty() {
            part["headers"] = Value::Object(headers);
        }
        Ok(part)
    }
}

/// The place of a part and its answer; `None` if it makes no sense.
fn answer_of(one: &RawValue) -> Option<(usize, Response<Bytes>)> {
    let fields = Fields::of(one)?;
    let at = fields.get::<String>("id")?.parse().ok()?;
    let status = StatusCode::from_u16(fields.get("status")?).ok()?;
    let body: Option<&RawValue> = fields.get("body");
    let body = body.map(|body| Bytes::copy_from_slice(body.get().as_bytes()));
    let mut answer = Response::new(body.unwrap_or_default());
    *answer.status_mut() = status;
    let headers: Option<BTreeMap<String, Value>> = fields.get("headers");
    *answer.headers_mut() = headers
        .unwrap_or_default()
        .iter()
        .filter_map(header)
        .collect::<HeaderMap>();
    Some((at, answer))
}

fn header((name, value): (&String, &Value)) -> Option<(HeaderName, HeaderValue)> {
    let text = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    Some((name.parse().ok()?, HeaderValue::try_from(text).ok()?))
}

/// What the answer to one change for so many means for each of them; `None` = one of them may have spoilt it for all, and nothing is
/// changed that may not be asked for again: ask one by one. `Err` = nothing was changed, whatever is asked.
pub(super) fn for_each<T: Clone>(answer: Result<T>, many: usize) -> Result<Option<Vec<Result<T>>>> {
    let error = match answer {
        Ok(one) => return Ok(Some((0..many).map(|_| Ok(one.clone())).collect())),
        Err(error) => error,
    };
    match error.kind() {
        Kind::Invalid | Kind::NotFound | Kind::Refused(_) | Kind::Denied => Ok(None),
        Kind::UnknownOutcome | Kind::Conflict => {
            Ok(Some((0..many).map(|_| Err(error.like())).collect()))
        }
        Kind::ReadOnly
        | Kind::Unauthorised
        | Kind::Throttled(_)
        | Kind::Unavailable
        | Kind::Resync
        | Kind::OutOfTime => Err(error),
    }
}

fn missing(effect: Effect) -> Error {
    match effect {
        Effect::Read => unreadable("asking in a batch"),
        Effect::Write => Error::new(Kind::UnknownOutcome, "a part of a batch has no answer"),
    }
}

#[cfg(test)]
mod tests;
