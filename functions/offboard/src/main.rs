//! Takes everything of ours away from people who leave.

use std::process::ExitCode;

use shared::lambda;
use shared::model::lane::Lane;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    lambda::serve(Lane::Offboard).await
}
