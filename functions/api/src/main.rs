//! Serves the HTTP API behind API Gateway.

use std::process::ExitCode;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    api::serve().await
}
