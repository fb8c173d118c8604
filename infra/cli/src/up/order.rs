//! What `rollcall up` is asked to do: the arguments, checked all at once.

use std::path::PathBuf;

use shared::graph::check_address;

/// The variable that holds the client secret of a real tenant; as an argument everybody on the machine could read it.
pub const SECRET: &str = "ROLLCALL_CLIENT_SECRET";
/// More people than this make counting them every second a burden of its own.
const MOST_USERS: i64 = 2_000;
/// Where the API listens if it is not said.
const PORT: u16 = 8787;
/// Microsoft's global cloud.
const GRAPH: &str = "https://graph.microsoft.com";
const AUTHORITY: &str = "https://login.microsoftonline.com";
/// Faster than this a lease is over before one request is answered.
const TOP_SPEED: i64 = 1_000;

#[derive(Clone, Debug, clap::Args)]
pub struct Arguments {
    /// People of Contoso, 1 to 2000 [default: 300, or as many as the state folder holds]
    #[arg(long, allow_negative_numbers = true)]
    pub users: Option<i64>,
    /// Where all chance comes from [default: 1, or the state folder's]
    #[arg(long)]
    pub seed: Option<u64>,
    /// How many times as fast as yours the clock runs, 1 to 1000 [default: 60]
    #[arg(long, allow_negative_numbers = true)]
    pub speed: Option<i64>,
    /// The port of 127.0.0.1 at which the API listens; 0 takes a free one [default: 8787]
    #[arg(long)]
    pub port: Option<u16>,
    /// The folder in which everything is kept
    #[arg(long, default_value = ".rollcall", value_name = "FOLDER")]
    pub state: PathBuf,
    /// End as soon as everybody is where the rules say: exit code 0, or 1 if that does not happen
    #[arg(long)]
    pub until_settled: bool,
    /// Nothing of Contoso: a Microsoft 365 tenant of your own. Needs --directory, --client and the client secret in
    /// ROLLCALL_CLIENT_SECRET. Its people are read; without rules nobody is changed
    #[arg(long)]
    pub empty: bool,
    /// Base URL of Graph for a tenant of your own [default: `https://graph.microsoft.com`]; implies --empty
    #[arg(long, value_name = "URL")]
    pub graph: Option<String>,
    /// Base URL of its token endpoint [default: `https://login.microsoftonline.com`]
    #[arg(long, value_name = "URL")]
    pub authority: Option<String>,
    /// The Entra tenant id (or a verified domain)
    #[arg(long, value_name = "TENANT ID")]
    pub directory: Option<String>,
    /// The application (client) id
    #[arg(long, value_name = "APP ID")]
    pub client: Option<String>,
}

/// What is to be run.
#[derive(Debug)]
pub enum Order {
    /// Contoso in the simulated tenant; what is `None` is up to the state folder.
    Simulated {
        users: Option<u32>,
        seed: Option<u64>,
        speed: u32,
        port: u16,
    },
    /// A real tenant.
    Real { real: Real, port: u16 },
}

/// How to reach a real tenant.
pub struct Real {
    pub graph: String,
    pub authority: String,
    pub directory: String,
    pub client: String,
    pub secret: String,
}

impl std::fmt::Debug for Real {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Real")
            .field("graph", &self.graph)
            .finish_non_exhaustive()
    }
}

impl Order {
    /// Reads the arguments and the secret; names everything that is wrong with them at once.
    pub fn read(arguments: &Arguments, secret: Option<String>) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let order = if arguments.empty || arguments.graph.is_some() {
            Self::Real {
                real: real(arguments, secret, &mut problems),
                port: arguments.port.unwrap_or(PORT),
            }
        } else {
            simulated(arguments, &mut problems)
        };
        if problems.is_empty() {
            Ok(order)
        } else {
            Err(problems)
        }
    }
}

fn simulated(arguments: &Arguments, problems: &mut Vec<String>) -> Order {
    let strangers = [
        ("--authority", &arguments.authority),
        ("--directory", &arguments.directory),
        ("--client", &arguments.client),
    ];
    for (name, _) in strangers.iter().filter(|(_, value)| value.is_some()) {
        problems.push(format!(
            "{name} is for a tenant of your own and needs --empty"
        ));
    }
    let users = arguments
        .users
        .map(|users| within("--users", users, MOST_USERS, problems));
    let speed = within(
        "--speed",
        arguments.speed.unwrap_or(60),
        TOP_SPEED,
        problems,
    );
    Order::Simulated {
        users,
        seed: arguments.seed,
        speed,
        port: arguments.port.unwrap_or(PORT),
    }
}

fn within(name: &str, value: i64, most: i64, problems: &mut Vec<String>) -> u32 {
    if !(1..=most).contains(&value) {
        problems.push(format!("{name} is {value}: it must be 1 to {most}"));
    }
    u32::try_from(value).unwrap_or(1)
}

fn real(arguments: &Arguments, secret: Option<String>, problems: &mut Vec<String>) -> Real {
    let simulated = [
        ("--users", arguments.users.is_some()),
        ("--seed", arguments.seed.is_some()),
        ("--speed", arguments.speed.is_some()),
        ("--until-settled", arguments.until_settled),
    ];
    for (name, _) in simulated.iter().filter(|(_, given)| *given) {
        problems.push(format!(
            "{name} is for the simulated tenant and does not go with --empty or --graph"
        ));
    }
    let mut need =
        |name: &str, value: &Option<String>, what: &str, check: fn(&str) -> Option<String>| {
            let value = value
                .as_deref()
                .map(str::trim)
                .unwrap_or_default()
                .to_owned();
            if value.is_empty() {
                problems.push(format!("{name} is missing: it is {what}"));
            } else if let Some(problem) = check(&value) {
                problems.push(format!("{name}: {problem}"));
            }
            value
        };
    Real {
        graph: need(
            "--graph",
            &or(&arguments.graph, GRAPH),
            "the base URL of Graph",
            |url| address(url, "Graph"),
        ),
        authority: need(
            "--authority",
            &or(&arguments.authority, AUTHORITY),
            "the base URL of the token endpoint",
            |url| address(url, "the token endpoint"),
        ),
        directory: need(
            "--directory",
            &arguments.directory,
            "the Entra tenant id",
            |id| {
                let everybody = ["common", "organizations", "consumers"]
                    .contains(&id.to_ascii_lowercase().as_str());
                (everybody || !is_name(id))
                    .then(|| "must name one tenant, by its id or a verified domain".to_owned())
            },
        ),
        client: need(
            "--client",
            &arguments.client,
            "the application (client) id",
            |id| (!is_name(id)).then(|| "must be the application (client) id".to_owned()),
        ),
        secret: need(
            SECRET,
            &secret,
            "the environment variable with the client secret",
            |_| None,
        ),
    }
}

fn or(given: &Option<String>, usual: &str) -> Option<String> {
    Some(given.clone().unwrap_or_else(|| usual.to_owned()))
}

fn address(url: &str, what: &str) -> Option<String> {
    check_address(url, what)
        .err()
        .map(|error| error.to_string())
}

/// Letters, digits, hyphens and dots: what ids and domains are made of.
fn is_name(text: &str) -> bool {
    text.len() <= 64
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte))
}
