//! Pulls what changed in a customer's Microsoft 365 tenant, decides who should have what, and opens their jobs.

use std::process::ExitCode;

use shared::lambda;
use shared::model::lane::Lane;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve(Lane::Sync).await
}
