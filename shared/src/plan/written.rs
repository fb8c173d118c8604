//! Whether what an administrator writes down can be stored, and how; each says in a sentence why not.

use std::collections::{BTreeMap, BTreeSet};

use super::calendar::is_zone;
use super::countries;
use super::flaws::is_name;
use super::scope::ImportScope;
use crate::model::configuration::FieldsAt;
use crate::model::edit::{Field, FieldRule};
use crate::model::inventory::NumberRange;
use crate::model::persona::{Profile, SitePath, WrittenRule};
use crate::model::schedule::{Schedule, ScheduleKind, When};
use crate::model::tenant::{Connection, Protected, Settings};
use crate::model::tree::{Node, NodeKind, Values};

/// So many rules are in both lists together.
pub const MOST_RULES: usize = 10_000;
/// The longest name for people, and the longest description, in characters.
const LONGEST: usize = 200;
/// So many policies and member roles are set at a node.
const MOST: usize = 50;
/// A number rests so many days at most: ten years.
const LONGEST_REST: u16 = 3_650;
/// As many countries as a directory may misspell.
const MOST_COUNTRIES: usize = 1_000;
/// Groups that the import scope names, and people who are protected by name.
const MOST_GROUPS: usize = 50;
const MOST_PROTECTED: usize = 500;

/// Whether it can be stored, or why not.
pub type Fits = Result<(), String>;

/// A name for people.
pub fn name(name: &str) -> Fits {
    let length = name.trim().chars().count();
    unless((1..=LONGEST).contains(&length), || {
        format!("a name has 1 to {LONGEST} characters")
    })
}

/// A node beside the others of its tree, and what is set at it; countries become capitals.
pub fn node<'a>(node: &mut Node, nodes: impl Iterator<Item = &'a Node> + Clone) -> Fits {
    unless(node.path.is_well_formed(), || {
        "a path is words of small letters, digits and hyphens with slashes between".to_owned()
    })?;
    name(&node.name)?;
    values(&mut node.values)?;
    let mut above = node.path.above();
    while let Some(path) = above {
        let site = nodes.clone().find(|known| known.path == path);
        if site.is_some_and(|known| known.kind == NodeKind::Site) {
            return Err(format!("{} is a site: nothing lies below it", path.0));
        }
        above = path.above();
    }
    let below = format!("{}/", node.path.0);
    let holds = nodes.clone().any(|known| known.path.0.starts_with(&below));
    unless(node.kind == NodeKind::Region || !holds, || {
        "there are nodes below it: it is a region".to_owned()
    })
}

/// Nobody is placed at a region.
pub fn holds_nobody(node: &Node, placement: &[WrittenRule<SitePath>]) -> Fits {
    let mut rules = placement.iter();
    let here = rules.find(|rule| node.kind == NodeKind::Region && rule.then == node.path);
    match here {
        None => Ok(()),
        Some(rule) => Err(format!(
            "rule {:?} places people here: a region holds no people",
            rule.name
        )),
    }
}

/// What is set at a node or for the whole tenant; countries become capitals.
pub fn values(values: &mut Values) -> Fits {
    if let Some(written) = &values.usage_location {
        let code = countries::code(written);
        values.usage_location =
            Some(code.ok_or("usage_location is two letters of ISO 3166, such as GB")?);
    }
    let zone = values.time_zone.as_deref();
    unless(zone.is_none_or(is_zone), || {
        "time_zone is a name of the IANA list, such as Europe/Berlin".to_owned()
    })?;
    let rests = values.cooling_days.is_none_or(|days| days <= LONGEST_REST);
    unless(rests, || format!("cooling_days are {LONGEST_REST} at most"))?;
    let few = values.policies.len() <= MOST && values.roles.len() <= MOST;
    unless(few, || {
        format!("{MOST} policies and {MOST} member roles at most are set at a node")
    })?;
    for (kind, policy) in &values.policies {
        let named = !kind.0.trim().is_empty() && !policy.trim().is_empty();
        unless(named, || "a policy has a type and a name".to_owned())?;
    }
    values.roles.iter().try_for_each(|role| name(role))
}

/// The name of a profile.
pub fn profile(profile: &Profile) -> Fits {
    let fits = is_name(&profile.name) && profile.name != Profile::EVERYTHING;
    unless(fits, || {
        "a profile has a name of small letters, digits and hyphens, and not `everything`".to_owned()
    })
}

/// A range of numbers in a tree with these nodes.
pub fn range<'a>(range: &NumberRange, mut paths: impl Iterator<Item = &'a SitePath>) -> Fits {
    let fits = is_name(&range.id.0) && name(&range.name).is_ok();
    unless(fits, || {
        "a range has an id of small letters, digits and hyphens, and a name".to_owned()
    })?;
    match &range.node {
        Some(node) if !paths.any(|path| path == node) => {
            Err(format!("there is no node {:?}", node.0))
        }
        Some(_) | None => Ok(()),
    }
}

/// What a role may do to fields, in a tree with these nodes.
pub fn fields<'a>(
    at: &FieldsAt,
    fields: &BTreeMap<Field, FieldRule>,
    mut paths: impl Iterator<Item = &'a SitePath>,
) -> Fits {
    if let Some(node) = &at.node {
        let known = paths.any(|path| path == node);
        unless(known, || format!("there is no node {:?}", node.0))?;
    }
    let mut offered = fields.values().filter_map(|rule| match rule {
        FieldRule::Prefilled(text) => Some(text),
        FieldRule::Hidden | FieldRule::ReadOnly | FieldRule::Open => None,
    });
    offered.try_for_each(|text| name(text))
}

/// The settings of a tenant; countries become capitals.
pub fn settings(settings: &mut Settings) -> Fits {
    values(&mut settings.values)?;
    ImportScope::new(&settings.sync.scope).map_err(|problem| format!("import.only: {problem}"))?;
    let groups = settings.sync.scope.groups.iter();
    unless(
        groups.len() <= MOST_GROUPS && groups.clone().all(|group| is_guid(&group.0)),
        || format!("import.groups are {MOST_GROUPS} Entra object ids at most"),
    )?;
    unless(settings.countries.len() <= MOST_COUNTRIES, || {
        format!("countries are {MOST_COUNTRIES} at most")
    })?;
    let mut countries = BTreeMap::new();
    for (written, code) in &settings.countries {
        let code = countries::code(code)
            .ok_or_else(|| format!("countries: {code:?} is not two letters of ISO 3166"))?;
        name(written)?;
        countries.insert(written.trim().to_lowercase(), code);
    }
    settings.countries = countries;
    let Protected { people, groups } = &settings.protected;
    let fits = people.len() <= MOST_PROTECTED
        && people.iter().all(|person| person.is_guid())
        && groups.len() <= Protected::MOST_GROUPS
        && groups.iter().all(|group| is_guid(&group.0));
    unless(fits, || {
        let most = Protected::MOST_GROUPS;
        format!(
            "protected are {MOST_PROTECTED} people and {most} groups at most, by Entra object id"
        )
    })?;
    let percents = settings.limits.values().all(|limit| limit.percent <= 100);
    unless(percents, || "limits: a percent is 0 to 100".to_owned())
}

/// Where and as whom we speak to Microsoft.
pub fn connection(connection: &Connection) -> Fits {
    for (what, id) in [
        ("directory", &connection.directory),
        ("client", &connection.client),
    ] {
        unless(is_guid(id), || {
            format!("{what} is an id such as 87d349ed-44d7-43e1-9a83-5f2406dee5bd")
        })?;
    }
    let name = &connection.secret_name;
    let could_be = |b: u8| b.is_ascii_alphanumeric() || b"/_+=.@-".contains(&b);
    let fits = (1..=512).contains(&name.len()) && name.bytes().all(could_be);
    unless(fits, || {
        "secret_name is the name of a secret in AWS Secrets Manager".to_owned()
    })
}

/// A schedule.
pub fn schedule(kind: ScheduleKind, schedule: &Schedule) -> Fits {
    match &schedule.when {
        When::Every(minutes) => unless(schedule.is_possible(), || {
            format!(
                "{kind} cannot run every {minutes} minutes: {} to {} are possible",
                Schedule::SHORTEST,
                Schedule::LONGEST
            )
        }),
        When::At(daily) => unless(is_zone(&daily.zone), || {
            format!(
                "{kind}: there is no time zone {:?}, write one like Europe/Berlin",
                daily.zone
            )
        }),
    }
}

/// The names of a list of rules, and how many there are; `Err` names the place in the list.
pub fn rules<T>(list: &[WrittenRule<T>]) -> Result<(), (usize, String)> {
    if list.len() > MOST_RULES {
        let why = format!("{} rules are too many: {MOST_RULES} at most", list.len());
        return Err((0, why));
    }
    let mut known = BTreeSet::new();
    for (place, rule) in list.iter().enumerate() {
        let written = rule.name.trim();
        let description = rule.description.as_deref().unwrap_or_default();
        if name(written).is_err() || description.chars().count() > LONGEST {
            let why = format!(
                "a rule has a name of 1 to {LONGEST} characters, and no longer description"
            );
            return Err((place, why));
        }
        if !known.insert(written.to_lowercase()) {
            return Err((
                place,
                format!("there are two rules {written:?} in one list"),
            ));
        }
    }
    Ok(())
}

fn is_guid(text: &str) -> bool {
    crate::model::microsoft::UserId(text.to_owned()).is_guid()
}

fn unless(fits: bool, why: impl FnOnce() -> String) -> Fits {
    if fits { Ok(()) } else { Err(why()) }
}
