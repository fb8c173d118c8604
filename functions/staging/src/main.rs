//! Looks whether the Teams accounts of staged people exist; every minute, sweeps what is due.

use std::process::ExitCode;

use shared::lambda;
use shared::model::lane::Lane;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve(Lane::Staging).await
}
