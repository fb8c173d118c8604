//! The `rollcall` command.

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

mod cost;
mod demo;
mod remote;
mod tenant;
mod token;
mod up;

/// Automates the life of Microsoft Teams users.
#[derive(Debug, Parser)]
#[command(
    name = "rollcall",
    version,
    after_help = "Exit codes: 0 done; 1 nobody answers, or what was waited for failed; 2 there are changes (config); 3 refused; 4 not signed in, or not allowed; 5 there is no such thing; 64 the command is not written as it has to be."
)]
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
    /// Signs in to an installation.
    Login(remote::login::Arguments),
    /// Tenants: their health, what is set up.
    Tenants(remote::govern::Tenants),
    /// People, one by one.
    Users(remote::people::Users),
    /// Who waits for their Teams account.
    Staging(remote::bulk::Staging),
    /// Orders for many people, by CSV file.
    Files(remote::bulk::Files),
    /// Telephone numbers.
    Numbers(remote::work::Numbers),
    /// What is done, and was.
    Jobs(remote::work::Jobs),
    /// What waits for somebody's yes.
    Changes(remote::govern::Changes),
    /// What is done by itself, and when.
    Schedules(remote::govern::Schedules),
    /// Configuration as code: a folder of YAML files.
    Config(remote::config::Config),
    /// Reckons what a tenant costs at AWS a month.
    Cost(cost::Arguments),
    /// Prints the description of the API (OpenAPI 3.1).
    Openapi,
    /// Prints completions for a shell.
    Completions {
        /// bash, elvish, fish, powershell or zsh
        shell: clap_complete::Shell,
    },
}

/// The exit code of a command that is not written as it has to be (`sysexits.h`); 2 says that there are changes.
const USAGE: u8 = 64;

fn main() -> ExitCode {
    shared::telemetry::start_on_terminal();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // What was asked for is no mistake: help and version.
            let code = if error.use_stderr() { USAGE } else { 0 };
            let _ = error.print();
            return ExitCode::from(code);
        }
    };
    match arguments.command {
        Command::Demo(arguments) => demo::run(&arguments),
        Command::Up(arguments) => up::run(&arguments),
        Command::Tenant(arguments) => tenant::run(&arguments),
        Command::Token(arguments) => token::run(&arguments),
        Command::Login(arguments) => remote::login::run(&arguments),
        Command::Tenants(arguments) => remote::govern::tenants(&arguments),
        Command::Users(arguments) => remote::people::users(&arguments),
        Command::Staging(arguments) => remote::bulk::staging(&arguments),
        Command::Files(arguments) => remote::bulk::files(&arguments),
        Command::Numbers(arguments) => remote::work::numbers(&arguments),
        Command::Jobs(arguments) => remote::work::jobs(&arguments),
        Command::Changes(arguments) => remote::govern::changes(&arguments),
        Command::Schedules(arguments) => remote::govern::schedules(&arguments),
        Command::Config(arguments) => remote::config::config(&arguments),
        Command::Cost(arguments) => cost::run(&arguments),
        Command::Openapi => remote::govern::openapi(),
        Command::Completions { shell } => {
            let mut command = Arguments::command();
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut command, "rollcall", &mut text);
            remote::show::out(&String::from_utf8_lossy(&text));
            ExitCode::SUCCESS
        }
    }
}
