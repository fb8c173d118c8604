//! What a function is told by its environment.

use std::env;
use std::fmt;

use http::Uri;

use crate::model::lane::Lane;

/// What a function is told by its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// `ROLLCALL_TABLE`: the name of the DynamoDB table.
    pub table: String,
    /// `ROLLCALL_QUEUE_SYNC`, `…_STAGING`, `…_PROVISION`, `…_OFFBOARD`: the URLs of the lanes' queues, in the order of [`Lane::ALL`].
    pub queues: [String; 4],
    /// `ROLLCALL_QUEUE_ARNS`: what the ARN of every queue begins with, up to its name.
    pub queue_arns: String,
    /// `ROLLCALL_SCHEDULE_GROUP`: the EventBridge schedule group of the tenants' schedules.
    pub schedule_group: String,
    /// `ROLLCALL_SCHEDULER_ROLE`: the ARN of the role with which schedules send to the queues.
    pub scheduler_role: String,
}

/// Whose tokens the API accepts, as its environment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// `ROLLCALL_AUDIENCE`: what tokens must be meant for; in Entra ID the application id of the API.
    pub audience: String,
    /// `ROLLCALL_ISSUERS`: the accepted issuers, each with the address of its keys: `<issuer> <keys>, <issuer> <keys>`.
    pub issuers: Vec<Issuer>,
}

/// Somebody whose tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// The `iss` of its tokens, to the letter.
    pub name: String,
    /// Where its key set (RFC 7517) is read.
    pub keys: String,
}

/// Nobody can change what comes over HTTPS, nor what comes from this very machine.
fn is_trusted(address: &str) -> bool {
    let is_here = |uri: &Uri| uri.scheme_str() == Some("http") && uri.host() == Some("127.0.0.1");
    address.starts_with("https://") || address.parse().is_ok_and(|uri| is_here(&uri))
}

impl Access {
    /// Reads the environment; names everything that is wrong with it at once.
    pub fn from_env() -> Result<Self, ConfigProblems> {
        Self::read(|name| env::var(name).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigProblems> {
        let mut problems = Vec::new();
        let audience = variable("ROLLCALL_AUDIENCE").unwrap_or_default();
        if audience.trim().is_empty() {
            problems.push(
                "ROLLCALL_AUDIENCE is not set: it is what tokens must be meant for".to_owned(),
            );
        }
        let written = variable("ROLLCALL_ISSUERS").unwrap_or_default();
        let mut issuers = Vec::new();
        // Nothing at all is one wrong pair: a list without issuers would let nobody in.
        for pair in written.split(',').map(str::trim) {
            match pair.split_once(char::is_whitespace) {
                Some((name, keys)) if is_trusted(keys.trim()) => issuers.push(Issuer {
                    name: name.to_owned(),
                    keys: keys.trim().to_owned(),
                }),
                Some(_) | None => problems.push(format!(
                    "ROLLCALL_ISSUERS holds {pair:?}: it must be an issuer, a space and the https address of its keys"
                )),
            }
        }
        if problems.is_empty() {
            Ok(Self { audience, issuers })
        } else {
            Err(ConfigProblems(problems))
        }
    }
}

/// Every variable that is missing or wrong, at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblems(Vec<String>);

impl Config {
    /// Reads the environment; names everything that is wrong with it at once.
    pub fn from_env() -> Result<Self, ConfigProblems> {
        Self::read(|name| env::var(name).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigProblems> {
        let mut problems = Vec::new();
        let mut need = |name: &str, what: &str| match variable(name) {
            Some(value) if !value.trim().is_empty() => value,
            Some(_) | None => {
                problems.push(format!("{name} is not set: it is {what}"));
                String::new()
            }
        };
        let table = need("ROLLCALL_TABLE", "the name of the DynamoDB table");
        let queues = Lane::ALL.map(|lane| {
            need(
                &format!("ROLLCALL_QUEUE_{}", lane.name().to_uppercase()),
                &format!("the URL of the {lane} queue"),
            )
        });
        let queue_arns = need(
            "ROLLCALL_QUEUE_ARNS",
            "what the ARN of every queue begins with, up to its name",
        );
        let schedule_group = need(
            "ROLLCALL_SCHEDULE_GROUP",
            "the name of the EventBridge schedule group",
        );
        let scheduler_role = need(
            "ROLLCALL_SCHEDULER_ROLE",
            "the ARN of the role with which schedules send to the queues",
        );
        for (lane, url) in Lane::ALL.iter().zip(&queues) {
            if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://") {
                problems.push(format!(
                    "ROLLCALL_QUEUE_{} is not a URL: {url:?}",
                    lane.name().to_uppercase()
                ));
            }
        }
        if problems.is_empty() {
            Ok(Self {
                table,
                queues,
                queue_arns,
                schedule_group,
                scheduler_role,
            })
        } else {
            Err(ConfigProblems(problems))
        }
    }

    /// The URL of a lane's queue.
    pub fn queue(&self, lane: Lane) -> &str {
        let [sync, staging, provision, offboard] = &self.queues;
        match lane {
            Lane::Sync => sync,
            Lane::Staging => staging,
            Lane::Provision => provision,
            Lane::Offboard => offboard,
        }
    }

    /// The URL of a lane's dead letters: the queue beside it whose name has `-dead` behind.
    pub fn dead_letters(&self, lane: Lane) -> String {
        format!("{}-dead", self.queue(lane))
    }

    /// The ARN of a lane's queue; its name is the last part of its URL.
    pub fn queue_arn(&self, lane: Lane) -> String {
        let name = self.queue(lane).rsplit('/').next().unwrap_or_default();
        format!("{}{name}", self.queue_arns)
    }
}

impl fmt::Display for ConfigProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration has {} problem(s):", self.0.len())?;
        for problem in &self.0 {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigProblems {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_missing_variable_is_named_at_once() {
        let problems =
            Config::read(|name| (name == "ROLLCALL_QUEUE_SYNC").then(|| "sync".to_owned()))
                .unwrap_err();
        let text = problems.to_string();
        for name in [
            "ROLLCALL_TABLE",
            "ROLLCALL_QUEUE_STAGING",
            "ROLLCALL_QUEUE_PROVISION",
            "ROLLCALL_QUEUE_OFFBOARD",
            "ROLLCALL_QUEUE_ARNS",
            "ROLLCALL_SCHEDULE_GROUP",
            "ROLLCALL_SCHEDULER_ROLE",
        ] {
            assert!(text.contains(&format!("{name} is not set")), "{text}");
        }
        assert!(
            text.contains("ROLLCALL_QUEUE_SYNC is not a URL: \"sync\""),
            "{text}"
        );
    }

    #[test]
    fn issuers_are_read_with_the_address_of_their_keys() {
        let read = |issuers: &str| {
            Access::read(|name| {
                Some(match name {
                    "ROLLCALL_AUDIENCE" => "rollcall".to_owned(),
                    _ => issuers.to_owned(),
                })
            })
        };
        let access = read("https://a/v2.0  https://a/keys, https://b https://b/keys").unwrap();
        let pairs: Vec<_> = access
            .issuers
            .iter()
            .map(|i| (&*i.name, &*i.keys))
            .collect();
        assert_eq!(
            pairs,
            [
                ("https://a/v2.0", "https://a/keys"),
                ("https://b", "https://b/keys")
            ]
        );
        for wrong in [
            "",
            " ",
            ",",
            "https://a",
            "https://a http://a/keys",
            "https://a http://127.0.0.1.b:1/keys",
        ] {
            assert!(read(wrong).is_err(), "{wrong:?}");
        }
        let problems = Access::read(|_| None).unwrap_err().to_string();
        assert!(problems.contains("ROLLCALL_AUDIENCE") && problems.contains("ROLLCALL_ISSUERS"));
    }
}
