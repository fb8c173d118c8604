//! A function that does nothing: what the start of the others is measured by.

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let echo = async |event: LambdaEvent<Value>| Ok::<_, Error>(event.payload);
    lambda_runtime::run(service_fn(echo)).await
}
