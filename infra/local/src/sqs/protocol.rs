//! The wire protocol of the queues: AWS JSON 1.0, the operations our functions call.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::Sqs;
use super::queue::Message;
use crate::wire::{Answer, unknown_operation};

/// What every queue's URL begins with.
pub(crate) const URLS: &str = "https://sqs.us-east-1.amazonaws.com/000000000000/";

impl Sqs {
    /// Answers one request.
    pub fn answer(&self, operation: &str, request: &Value) -> Answer {
        self.count_request(operation);
        let answer = match operation {
            "SendMessage" => self.send_one(request),
            "SendMessageBatch" => self.batch(request, |queue, entry| {
                let id = self.send(queue, text(entry, "MessageBody"), delay(entry))?;
                Some(Ok(json!({"Id": text(entry, "Id"), "MessageId": id})))
            }),
            "ReceiveMessage" => self.receive_some(request),
            "DeleteMessage" => self
                .delete(queue(request), text(request, "ReceiptHandle"))
                .map(|_| Answer::ok(json!({}))),
            "DeleteMessageBatch" => self.batch(request, |queue, entry| {
                self.delete(queue, text(entry, "ReceiptHandle"))?;
                Some(Ok(json!({"Id": text(entry, "Id")})))
            }),
            "ChangeMessageVisibility" => self.hide_one(request),
            "ChangeMessageVisibilityBatch" => self.batch(request, |queue, entry| {
                let receipt = text(entry, "ReceiptHandle");
                let found = self.hide(queue, receipt, seconds(entry, "VisibilityTimeout"))?;
                Some(if found {
                    Ok(json!({"Id": text(entry, "Id")}))
                } else {
                    Err(json!({"Id": text(entry, "Id"), "SenderFault": true, "Code": NOT_IN_FLIGHT}))
                })
            }),
            "GetQueueUrl" => {
                let name = text(request, "QueueName");
                self.count(name)
                    .map(|_| Answer::ok(json!({"QueueUrl": format!("{URLS}{name}")})))
            }
            "GetQueueAttributes" => self.attributes(request),
            _ => return unknown_operation(operation),
        };
        answer.unwrap_or_else(|| {
            let message = "The specified queue does not exist.";
            Answer::error(400, "AWS.SimpleQueueService.NonExistentQueue", message)
        })
    }

    fn send_one(&self, request: &Value) -> Option<Answer> {
        let id = self.send(queue(request), text(request, "MessageBody"), delay(request))?;
        Some(Answer::ok(json!({"MessageId": id})))
    }

    fn receive_some(&self, request: &Value) -> Option<Answer> {
        let most = request["MaxNumberOfMessages"].as_u64().unwrap_or(1);
        let most = usize::try_from(most.clamp(1, 10)).unwrap_or(1);
        let visibility = request["VisibilityTimeout"]
            .as_u64()
            .map(Duration::from_secs);
        let messages = self.receive(queue(request), most, visibility)?;
        let messages: Vec<Value> = messages.iter().map(received).collect();
        Some(Answer::ok(json!({"Messages": messages})))
    }

    fn hide_one(&self, request: &Value) -> Option<Answer> {
        let span = seconds(request, "VisibilityTimeout");
        let found = self.hide(queue(request), text(request, "ReceiptHandle"), span)?;
        Some(if found {
            Answer::ok(json!({}))
        } else {
            Answer::error(400, NOT_IN_FLIGHT, "the message is not in flight")
        })
    }

    fn attributes(&self, request: &Value) -> Option<Answer> {
        let (visible, hidden) = self.count(queue(request))?;
        Some(Answer::ok(json!({"Attributes": {
            "ApproximateNumberOfMessages": visible.to_string(),
            "ApproximateNumberOfMessagesNotVisible": hidden.to_string(),
            "QueueArn": arn(queue(request)),
        }})))
    }

    /// Runs every entry of a batch; what succeeded and what failed are two lists.
    fn batch(
        &self,
        request: &Value,
        mut run: impl FnMut(&str, &Value) -> Option<Result<Value, Value>>,
    ) -> Option<Answer> {
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        self.count(queue(request))?;
        for entry in request["Entries"].as_array().into_iter().flatten() {
            match run(queue(request), entry)? {
                Ok(done) => successful.push(done),
                Err(refused) => failed.push(refused),
            }
        }
        Some(Answer::ok(
            json!({"Successful": successful, "Failed": failed}),
        ))
    }
}

const NOT_IN_FLIGHT: &str = "AWS.SimpleQueueService.MessageNotInflight";

/// The answer to a send that reached nobody.
pub(crate) fn sent_and_lost(operation: &str, body: &[u8]) -> Answer {
    let request: Value = serde_json::from_slice(body).unwrap_or_default();
    let id = "00000000-0000-4000-8000-000000000000";
    if operation == "SendMessage" {
        return Answer::ok(json!({"MessageId": id}));
    }
    let entries = request["Entries"].as_array();
    let successful: Vec<Value> = entries
        .into_iter()
        .flatten()
        .map(|entry| json!({"Id": entry["Id"], "MessageId": id}))
        .collect();
    Answer::ok(json!({"Successful": successful, "Failed": []}))
}

/// The ARN of a queue.
pub(crate) fn arn(queue: &str) -> String {
    format!("arn:aws:sqs:us-east-1:000000000000:{queue}")
}

/// The system attributes of a received message.
pub(crate) fn attributes(message: &Message) -> Map<String, Value> {
    let first = message.first_received.unwrap_or(message.sent);
    let attributes = [
        ("ApproximateReceiveCount", message.received.to_string()),
        ("SentTimestamp", message.sent.millis().to_string()),
        ("SenderId", "000000000000".to_owned()),
        (
            "ApproximateFirstReceiveTimestamp",
            first.millis().to_string(),
        ),
    ];
    let attributes = attributes.into_iter();
    attributes
        .map(|(name, value)| (name.to_owned(), value.into()))
        .collect()
}

fn received(message: &Message) -> Value {
    json!({
        "MessageId": message.id,
        "ReceiptHandle": message.receipt(),
        "Body": message.body,
        "Attributes": attributes(message),
    })
}

/// The name at the end of a queue's URL.
fn queue(request: &Value) -> &str {
    let url = text(request, "QueueUrl");
    url.rsplit('/').next().unwrap_or(url)
}

fn text<'a>(request: &'a Value, field: &str) -> &'a str {
    request[field].as_str().unwrap_or_default()
}

fn seconds(request: &Value, field: &str) -> Duration {
    Duration::from_secs(request[field].as_u64().unwrap_or_default())
}

fn delay(request: &Value) -> Duration {
    seconds(request, "DelaySeconds")
}
