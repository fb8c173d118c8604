//! One request from its address to its answer: the way that all of them go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode, Uri};
use serde_json::Value;
use tower::ServiceExt;

use super::super::answer::{self, Effect, Said, judge};
use super::super::pace::{Bucket, PATIENCE};
use super::{Graph, Receipt};
use crate::error::{Error, Kind, Result};

/// One request, before it has an address and a token.
pub(in crate::graph) struct Call<'a> {
    pub(in crate::graph) method: Method,
    pub(in crate::graph) target: Target<'a>,
    pub(in crate::graph) bucket: Bucket,
    /// Published cost (`graph-api.md 7.2`).
    pub(in crate::graph) units: u32,
    /// Whether it may change something; some reads are POSTs.
    pub(in crate::graph) effect: Effect,
    /// A header besides the usual ones; repeated on every page.
    pub(in crate::graph) header: Option<(&'static str, &'static str)>,
    pub(in crate::graph) body: Option<Value>,
}

pub(in crate::graph) enum Target<'a> {
    /// A path in Graph, from its first slash, without version.
    Path(String),
    /// A link that Microsoft gave.
    Link(&'a str),
}

impl<'a> Call<'a> {
    /// Reads from the directory.
    pub(in crate::graph) fn read(target: Target<'a>, units: u32) -> Self {
        Self {
            method: Method::GET,
            target,
            bucket: Bucket::DirectoryReads,
            units,
            effect: Effect::Read,
            header: None,
            body: None,
        }
    }

    /// Changes the directory.
    pub(in crate::graph) fn write(method: Method, path: String, body: Value) -> Self {
        Self {
            method,
            target: Target::Path(path),
            bucket: Bucket::DirectoryWrites,
            units: 1,
            effect: Effect::Write,
            header: None,
            body: Some(body),
        }
    }

    /// Where it goes, without query: links hold opaque tokens.
    fn place(&self) -> &str {
        let address = match &self.target {
            Target::Path(path) => path.as_str(),
            Target::Link(link) => link,
        };
        let place = address.split_once('?').map_or(address, |(place, _)| place);
        place.get(..200).unwrap_or(place)
    }

    /// Headers of its own, besides those that every request has.
    pub(in crate::graph) fn headers(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        // Otherwise members of enumerations that came late are called `unknownFutureValue`.
        let every_word = ("prefer", "include-unknown-enum-members");
        let reads_teams = self.bucket == Bucket::Teams && self.effect == Effect::Read;
        self.header
            .into_iter()
            .chain(reads_teams.then_some(every_word))
    }
}

impl Graph {
    /// Sends a change.
    pub(in crate::graph) async fn change(&self, call: Call<'_>) -> Result<Receipt> {
        let answer = self.send(call).await?;
        Ok(Receipt::of(&answer))
    }

    /// Sends a read for something that may be missing: `None` if the answer is 404 with the error code `absent`, or with any
    /// code where that is `None`.
    pub(in crate::graph) async fn find(
        &self,
        call: Call<'_>,
        absent: Option<&str>,
    ) -> Result<Option<Response<Bytes>>> {
        let answer = self.ask(&call).await?;
        self.found(&call, absent, answer)
    }

    /// What an answer to such a read means.
    pub(in crate::graph) fn found(
        &self,
        call: &Call<'_>,
        absent: Option<&str>,
        answer: Response<Bytes>,
    ) -> Result<Option<Response<Bytes>>> {
        if answer.status() == StatusCode::NOT_FOUND {
            let said = Said::read(answer.body());
            if absent.is_none_or(|code| said.has_code(code)) {
                return Ok(None);
            }
        }
        self.done(call, answer).map(Some)
    }

    /// Sends a request; `Ok` is an answer of the 2xx class.
    pub(in crate::graph) async fn send(&self, call: Call<'_>) -> Result<Response<Bytes>> {
        let answer = self.ask(&call).await?;
        self.done(&call, answer)
    }

    /// Any answer, 2xx or not; the same request once more with a fresh token if the first one was not accepted.
    pub(in crate::graph) async fn ask(&self, call: &Call<'_>) -> Result<Response<Bytes>> {
        let uri = self.address(call)?;
        self.permit(call, &uri)?;
        let token = self.token(None).await?;
        let answer = self.exchange(call, &uri, &token).await?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let token = self.token(Some(&token)).await?;
        self.exchange(call, &uri, &token).await
    }

    /// Where a request goes.
    pub(in crate::graph) fn address(&self, call: &Call<'_>) -> Result<Uri> {
        match &call.target {
            Target::Path(path) => self.base.graph(path),
            Target::Link(link) => self.base.link(link),
        }
    }

    /// Refuses what must never be sent, before anything is.
    pub(in crate::graph) fn permit(&self, call: &Call<'_>, uri: &Uri) -> Result<()> {
        if self.is_read_only && call.effect == Effect::Write {
            return Err(Error::new(
                Kind::ReadOnly,
                format!(
                    "{} {}: this tenant is only read from",
                    call.method,
                    call.place()
                ),
            ));
        }
        self.base.guard(&call.method, uri)
    }

    /// The `Authorization` header of a request; never the one that was `rejected`.
    pub(in crate::graph) async fn token(
        &self,
        rejected: Option<&HeaderValue>,
    ) -> Result<HeaderValue> {
        if self.now() > self.state().last_start {
            return Err(too_late());
        }
        self.tokens.bearer(&self.http, &self.clock, rejected).await
    }

    /// Waits for a place in a bucket before a change is even recorded: what the pace does not let through leaves no trace. Returns
    /// the client whose next request has that place. [`Kind::Throttled`] if the wait would be long.
    pub async fn in_turn(&self, bucket: Bucket) -> Result<Self> {
        self.wait_for_place(bucket, 1).await?;
        Ok(Self {
            has_place: Arc::new(AtomicBool::new(true)),
            ..self.clone()
        })
    }

    /// One request and the bookkeeping of its answer.
    async fn exchange(
        &self,
        call: &Call<'_>,
        uri: &Uri,
        token: &HeaderValue,
    ) -> Result<Response<Bytes>> {
        if self.has_place.swap(false, Ordering::SeqCst) {
            self.may_start(call.bucket)?;
        } else {
            self.wait_for_place(call.bucket, call.units).await?;
        }
        let sent = self.now();
        let answer = self.transmit(call, 1, uri, token).await?;
        self.note(call, &answer, sent);
        Ok(answer)
    }

    /// A batch of so many parts, and when it was sent. What its answer tells of the pace is noted unless it is of the 2xx class:
    /// then every part tells for itself.
    pub(in crate::graph) async fn exchange_whole(
        &self,
        call: &Call<'_>,
        parts: usize,
        token: &HeaderValue,
    ) -> Result<(Response<Bytes>, Duration)> {
        self.wait_for_place(call.bucket, call.units).await?;
        let sent = self.now();
        let uri = self.address(call)?;
        let answer = self.transmit(call, parts as u64, &uri, token).await?;
        if !answer.status().is_success() {
            self.note(call, &answer, sent);
        }
        Ok((answer, sent))
    }

    async fn transmit(
        &self,
        call: &Call<'_>,
        parts: u64,
        uri: &Uri,
        token: &HeaderValue,
    ) -> Result<Response<Bytes>> {
        let request = self.request(call, uri, token)?;
        self.count(call, parts);
        self.http.clone().oneshot(request).await.map_err(|lost| {
            let kind = judge(call.effect, Err(&lost)).err();
            let context = format!("{} {}", call.method, call.place());
            Error::new(kind.unwrap_or(Kind::Unavailable), context).with_source(lost)
        })
    }

    /// Waits for a place in a bucket, if the wait is short and ends in time.
    async fn wait_for_place(&self, bucket: Bucket, units: u32) -> Result<()> {
        let now = self.now();
        let (wait, last_start) = {
            let mut state = self.state();
            (state.pace.reserve(bucket, units, now), state.last_start)
        };
        if wait > PATIENCE {
            return Err(slow_down(wait));
        }
        if now + wait > last_start {
            return Err(too_late());
        }
        if wait.is_zero() {
            return Ok(());
        }
        self.clock.sleep(wait).await;
        self.may_start(bucket)
    }

    /// Since a place was taken, an answer may have said to wait, or the time may have run out.
    fn may_start(&self, bucket: Bucket) -> Result<()> {
        let now = self.now();
        let mut state = self.state();
        match state.pace.held(bucket, now) {
            Duration::ZERO if now > state.last_start => Err(too_late()),
            Duration::ZERO => Ok(()),
            wait => Err(slow_down(wait)),
        }
    }

    fn request(&self, call: &Call<'_>, uri: &Uri, token: &HeaderValue) -> Result<Request<Bytes>> {
        let mut request = Request::builder()
            .method(call.method.clone())
            .uri(uri.clone())
            .header(AUTHORIZATION, token)
            .header("client-request-id", self.next_id());
        for (name, value) in call.headers() {
            request = request.header(name, value);
        }
        let body = match &call.body {
            Some(body) => {
                request = request.header(CONTENT_TYPE, "application/json");
                Bytes::from(body.to_string())
            }
            None => Bytes::new(),
        };
        request
            .body(body)
            .map_err(|error| Error::new(Kind::Invalid, "making a request").with_source(error))
    }

    /// The next `client-request-id`, in the form of a GUID.
    fn next_id(&self) -> String {
        let mut state = self.state();
        let hex = format!("{:032x}", state.next_id);
        state.next_id = state.next_id.wrapping_add(1);
        [
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..],
        ]
        .join("-")
    }

    fn count(&self, call: &Call<'_>, parts: u64) {
        let mut state = self.state();
        state.counts.requests += 1;
        if call.bucket == Bucket::DirectoryWrites {
            state.counts.directory_writes += parts;
        }
    }

    /// Teaches counters and pace what an answer tells.
    pub(in crate::graph) fn note(&self, call: &Call<'_>, answer: &Response<Bytes>, sent: Duration) {
        let now = self.now();
        let headers = answer.headers();
        let named = answer::retry_after(headers);
        let units = answer::number(headers, "x-ms-resource-unit")
            .map_or(u64::from(call.units), |units| units as u64);
        let used = answer::number(headers, "x-ms-throttle-limit-percentage");
        let mut state = self.state();
        match call.bucket {
            Bucket::DirectoryReads | Bucket::DirectoryWrites => {
                state.counts.resource_units += units.min(1_000)
            }
            Bucket::Teams => {}
        }
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            state.counts.throttled += 1;
            state.pace.throttled(call.bucket, named, sent, now);
        } else {
            state.pace.answered(call.bucket, used, named, sent, now);
        }
    }

    /// The answer, if it is of the 2xx class; otherwise what it means.
    pub(in crate::graph) fn done(
        &self,
        call: &Call<'_>,
        answer: Response<Bytes>,
    ) -> Result<Response<Bytes>> {
        let Err(mut kind) = judge(call.effect, Ok(&answer)) else {
            return Ok(answer);
        };
        if let Kind::Throttled(wait) = &mut kind {
            *wait = Some(self.state().pace.held(call.bucket, self.now()));
        }
        let said = Said::read(answer.body()).sentence(answer.status());
        let id = answer::request_id(answer.headers()).unwrap_or_else(|| "unknown".to_owned());
        Err(Error::new(
            kind,
            format!("{} {}: {said} (request-id {id})", call.method, call.place()),
        ))
    }
}

fn slow_down(wait: Duration) -> Error {
    Error::new(
        Kind::Throttled(Some(wait)),
        "keeping the pace of Microsoft's limits",
    )
}

fn too_late() -> Error {
    Error::new(
        Kind::OutOfTime,
        "too little time is left to start a request",
    )
}
