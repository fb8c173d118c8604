//! `rollcall login`: where the installation is, and who asks. Kept in a file that only its owner can read.

use std::fs;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::{Client, Failure};
use super::show::out;
use super::{block_on, end, pause, show};
use crate::token;

/// Microsoft's sign-in.
const AUTHORITY: &str = "https://login.microsoftonline.com";

#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  rollcall login --demo administrator
  rollcall login --api https://rollcall.example.com/v1 --directory <entra tenant> --client <app id>
  some-tool-that-prints-a-token | rollcall login --api https://rollcall.example.com/v1 --token-from-stdin")]
pub struct Arguments {
    /// Address of the API; for the demo that of `rollcall up`
    #[arg(
        long,
        env = "ROLLCALL_API",
        default_value = "http://127.0.0.1:8787/v1",
        value_name = "URL"
    )]
    api: String,
    /// Read a token from standard input
    #[arg(long, conflicts_with_all = ["demo", "directory"])]
    token_from_stdin: bool,
    /// Be the demo's viewer, operator, approver or administrator of `rollcall up`
    #[arg(long, value_name = "ROLE", conflicts_with = "directory")]
    demo: Option<String>,
    /// The folder of `rollcall up`
    #[arg(long, default_value = ".rollcall", value_name = "FOLDER")]
    state: PathBuf,
    /// Sign in with Microsoft in a browser: the Entra tenant of whoever signs in
    #[arg(long, requires = "client", value_name = "ID")]
    directory: Option<String>,
    /// The application id of the API
    #[arg(long, value_name = "ID")]
    client: Option<String>,
}

/// What is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    api: String,
    token: String,
    /// The only tenant that the token is for.
    #[serde(default)]
    tenant: Option<String>,
}

/// Signs in. The token is tried before it is kept.
pub fn run(arguments: &Arguments) -> ExitCode {
    end(block_on(login(arguments)))
}

async fn login(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let token = match (&arguments.demo, &arguments.directory, &arguments.client) {
        (Some(role), _, _) => token::of_demo(role, &arguments.state).map_err(Failure::Usage)?,
        (None, Some(directory), Some(client)) => {
            device(AUTHORITY, directory, client, &mut io::stderr()).await?
        }
        (None, _, _) if arguments.token_from_stdin => {
            let mut text = String::new();
            let read = io::stdin().take(64 * 1024).read_to_string(&mut text);
            read.map_err(|error| Failure::Usage(format!("no token could be read: {error}")))?;
            text.trim().to_owned()
        }
        (None, _, _) => {
            let why = "say who you are: --demo, --directory with --client, or --token-from-stdin";
            return Err(Failure::Usage(why.to_owned()));
        }
    };
    let client = Client::new(&arguments.api, &token)?;
    let tenants = client.get("/tenants").await?.body;
    let tenants: Vec<&Value> = tenants["tenants"]
        .as_array()
        .into_iter()
        .flatten()
        .collect();
    let id = |tenant: &&Value| tenant["id"].as_str().map(str::to_owned);
    let tenant = (tenants.len() == 1)
        .then(|| tenants.first().and_then(id))
        .flatten();
    keep(&Kept {
        api: arguments.api.clone(),
        token,
        tenant,
    })?;
    for tenant in tenants {
        let text = |name: &str| show::clean(tenant[name].as_str().unwrap_or_default());
        out(&format!(
            "{} of {} ({})",
            text("role"),
            text("name"),
            text("id")
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// OAuth 2.0 device authorization grant (RFC 8628): a code is typed into a browser, wherever that is.
async fn device(
    authority: &str,
    directory: &str,
    client: &str,
    to: &mut impl Write,
) -> Result<String, Failure> {
    let http = reqwest::Client::new();
    let broken =
        |error: reqwest::Error| Failure::Broken(format!("Microsoft does not answer: {error}"));
    let ask = async |path: &str, form: String| -> Result<Value, Failure> {
        let url = format!("{authority}/{directory}/oauth2/v2.0/{path}");
        let asked = http
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded");
        let text = asked
            .body(form)
            .send()
            .await
            .map_err(broken)?
            .text()
            .await
            .map_err(broken)?;
        serde_json::from_str(&text)
            .map_err(|_| Failure::Broken("Microsoft's answer is no JSON".to_owned()))
    };
    let encoded = super::client::segment;
    let scope = encoded(&format!("{client}/.default openid"));
    let client = encoded(client);
    let begun = ask("devicecode", format!("client_id={client}&scope={scope}")).await?;
    let Some(code) = begun["device_code"].as_str() else {
        return Err(Failure::NotAllowed(told(&begun)));
    };
    let message = begun["message"]
        .as_str()
        .unwrap_or("Type the code into Microsoft's page.");
    let _ = writeln!(to, "{}", show::clean(message));
    let mut every = begun["interval"].as_u64().unwrap_or(5).clamp(1, 60);
    let grant = encoded("urn:ietf:params:oauth:grant-type:device_code");
    let form = format!(
        "grant_type={grant}&client_id={client}&device_code={}",
        encoded(code)
    );
    loop {
        pause(Duration::from_secs(every)).await;
        let answer = ask("token", form.clone()).await?;
        if let Some(token) = answer["access_token"].as_str() {
            return Ok(token.to_owned());
        }
        match answer["error"].as_str() {
            Some("authorization_pending") => {}
            Some("slow_down") => every += 5,
            _ => return Err(Failure::NotAllowed(told(&answer))),
        }
    }
}

fn told(answer: &Value) -> String {
    let what = answer["error_description"]
        .as_str()
        .or(answer["error"].as_str());
    what.unwrap_or("Microsoft gives no token and no reason")
        .to_owned()
}

/// The installation that a command asks, and its only tenant if there is one.
pub fn client(api: Option<&str>, token: Option<&str>) -> Result<(Client, Option<String>), Failure> {
    if let (Some(api), Some(token)) = (api, token) {
        return Ok((Client::new(api, token)?, None));
    }
    let place = place()?;
    let text = fs::read(&place).map_err(|_| {
        Failure::NotAllowed("nobody is signed in: `rollcall login --help` says how".to_owned())
    })?;
    let kept: Kept = serde_json::from_slice(&text).map_err(|_| {
        Failure::NotAllowed(format!("{} cannot be read: sign in again", place.display()))
    })?;
    let client = Client::new(api.unwrap_or(&kept.api), token.unwrap_or(&kept.token))?;
    Ok((client, kept.tenant.filter(|_| token.is_none())))
}

fn place() -> Result<PathBuf, Failure> {
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from);
    let home = folder("XDG_CONFIG_HOME")
        .or_else(|| folder("APPDATA"))
        .or_else(|| Some(folder("HOME")?.join(".config")));
    let home =
        home.ok_or_else(|| Failure::Usage("neither HOME nor XDG_CONFIG_HOME is set".to_owned()))?;
    Ok(home.join("rollcall").join("login.json"))
}

fn keep(kept: &Kept) -> Result<(), Failure> {
    let place = place()?;
    let failed = |error: io::Error| {
        Failure::Broken(format!("{} cannot be written: {error}", place.display()))
    };
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let text =
        serde_json::to_vec_pretty(kept).map_err(|error| Failure::Broken(error.to_string()))?;
    let new = place.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new).map_err(failed)?;
    file.write_all(&text).map_err(failed)?;
    fs::rename(&new, &place).map_err(failed)
}
