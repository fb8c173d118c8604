//! The `rollcall` command.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod demo;
mod tenant;
mod token;
mod up;

/// Automates the life of Microsoft Teams users.
#[derive(Debug, Parser)]
#[command(name = "rollcall", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Plays Contoso's first week on a virtual clock and checks that everybody ends where the rules say.
    Demo(demo::Arguments),
    /// Runs the whole system on this machine until Ctrl-C and shows people by state.
    Up(up::Arguments),
    /// Serves the simulated Microsoft 365 tenant alone, for any client of Graph, until Ctrl-C.
    Tenant(tenant::Arguments),
    /// Prints a token for the API of `rollcall up`.
    Token(token::Arguments),
}

fn main() -> ExitCode {
    shared::telemetry::start_on_terminal();
    match Arguments::parse().command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Up(arguments) => up::run(&arguments),
        Command::Tenant(arguments) => tenant::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
    }
}
