//! Serves the handlers: what Lambda hands in becomes a verb of [`crate::run`], what went wrong becomes a batch response.

use std::process::ExitCode;

use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};
use tracing::Instrument;

use crate::graph::Http;
use crate::model::lane::Lane;
use crate::model::time::Time;
use crate::queue::Doorbell;
use crate::run::{self, Shell};
use crate::{app, telemetry};

/// Exit code for a configuration that cannot work.
const MISCONFIGURED: u8 = 2;

/// Runs the function of a lane until Lambda ends it.
pub async fn serve(lane: Lane) -> ExitCode {
    let shell = match start(app::network()) {
        Ok(shell) => shell,
        Err(code) => return code,
    };
    let shell = &shell;
    let served = lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let deadline = i64::try_from(event.context.deadline).unwrap_or(i64::MAX);
        handle(shell, lane, event.payload, Time::from_millis(deadline)).await
    }));
    match served.await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Begins the log and makes the shell of a function; the error is the exit code of a configuration that cannot work.
pub fn start(http: Http) -> Result<Shell, ExitCode> {
    telemetry::start();
    app::from_env(http).map_err(misconfigured)
}

/// Says why a function cannot start.
pub fn misconfigured(why: impl std::fmt::Display) -> ExitCode {
    eprintln!("{why}");
    ExitCode::from(MISCONFIGURED)
}

/// One invocation, to be over by `deadline`: doorbells from the lane's queue, or the tick that sweeps. The embedded cloud calls this with the same events.
pub async fn handle(
    shell: &Shell,
    lane: Lane,
    event: Value,
    deadline: Time,
) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
    if event.get("Records").is_none() {
        let rung = run::sweep(shell).await?;
        return Ok(json!({ "rung": rung }));
    }
    let deadline = shell.deadline(deadline.since(shell.clock.now()));
    let event: SqsEvent = serde_json::from_value(event)?;
    let mut response = SqsBatchResponse::default();
    for record in event.records {
        let id = record.message_id.unwrap_or_default();
        let bell = match Doorbell::parse(record.body.as_deref().unwrap_or_default()) {
            Ok(bell) => bell,
            Err(error) => {
                // Repeating it would not make it a doorbell; the rows it may have meant are swept anyway.
                tracing::error!(message = id, %error, dropped = 1, "not a doorbell; dropped");
                continue;
            }
        };
        let span = telemetry::lane_span(bell.tenant.as_str(), lane.name());
        let heeded = run::heed(shell, lane, &bell, deadline).instrument(span);
        if let Err(error) = heeded.await {
            tracing::error!(tenant = bell.tenant.as_str(), lane = lane.name(), %error, "the doorbell comes again");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            response.batch_item_failures.push(failure);
        }
    }
    Ok(serde_json::to_value(response)?)
}
