//! `rollcall token`: a token for the API of `rollcall up`, printed for a script or a header.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use local::issuer;
use shared::clock::Clock;
use shared::model::access::Role;

use crate::up::folder::{kept_issuer, made_for};

#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// What it shall be good for: viewer, operator, approver or administrator
    #[arg(value_parser = role)]
    role: Role,
    /// The folder of `rollcall up`
    #[arg(long, default_value = ".rollcall", value_name = "FOLDER")]
    state: PathBuf,
}

/// Prints a token of the demo's person with this role. Exit code 1: there is no key to sign it with.
pub fn run(arguments: &Arguments) -> ExitCode {
    match token(arguments) {
        Ok(token) => {
            println!("{token}");
            eprintln!(
                "{} of Contoso, {}, for {} hours.",
                arguments.role,
                issuer::name(arguments.role),
                issuer::VALID.as_secs() / 3_600
            );
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("rollcall: {why}");
            ExitCode::FAILURE
        }
    }
}

fn token(arguments: &Arguments) -> Result<String, String> {
    signed(arguments.role, &arguments.state)
}

/// A token of the demo's person with the role of this name.
pub fn of_demo(name: &str, state: &Path) -> Result<String, String> {
    signed(role(name)?, state)
}

fn signed(role: Role, state: &Path) -> Result<String, String> {
    let folder = state.display();
    let issuer = kept_issuer(state)?.ok_or_else(|| {
        format!("{folder} holds no key: start `rollcall up --state {folder}` first")
    })?;
    let tenant = made_for(state)?.and_then(|made_for| made_for.tenant());
    let tenant = tenant.ok_or_else(|| format!("{folder} was made for nothing yet"))?;
    issuer
        .token(role, &tenant, Clock::system().now())
        .map_err(|error| error.to_string())
}

fn role(text: &str) -> Result<Role, String> {
    let known = Role::ALL.into_iter().find(|role| role.name() == text);
    known.ok_or_else(|| {
        let names: Vec<&str> = Role::ALL.iter().map(|role| role.name()).collect();
        format!("it must be one of {}", names.join(", "))
    })
}
