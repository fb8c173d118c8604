//! What a written configuration would change of the one in force, and what is wrong with it (I10). Pure: it compares values.

use std::collections::BTreeMap;

use super::written;
use crate::model::configuration::{Configuration, Part};
use crate::model::persona::{PersonaChoice, SitePath, WrittenRule};
use crate::model::tree::Node;

/// How a part is not what it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// It is new.
    Added,
    /// It says something else.
    Changed,
    /// It is gone.
    Removed,
}

impl How {
    /// Its name in the API.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
        }
    }
}

/// A part that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Which.
    pub part: Part,
    /// How.
    pub how: How,
}

/// Why a configuration cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// Where.
    pub part: Part,
    /// Which rule of a list, from 0.
    pub rule: Option<usize>,
    /// What is wrong and what to do.
    pub why: String,
}

impl Objection {
    /// An objection to a part as a whole.
    pub fn new(part: Part, why: impl Into<String>) -> Self {
        let why = why.into();
        Self {
            part,
            rule: None,
            why,
        }
    }
}

/// What is in force once a draft is applied: the draft, and what it does not speak of as it is now.
pub fn merged(now: &Configuration, draft: Configuration) -> Configuration {
    let mut schedules = now.schedules.clone().unwrap_or_default();
    schedules.extend(draft.schedules.unwrap_or_default());
    Configuration {
        settings: draft.settings.or_else(|| now.settings.clone()),
        nodes: draft.nodes.or_else(|| now.nodes.clone()),
        profiles: draft.profiles.or_else(|| now.profiles.clone()),
        personas: draft.personas.or_else(|| now.personas.clone()),
        fields: draft.fields.or_else(|| now.fields.clone()),
        ranges: draft.ranges.or_else(|| now.ranges.clone()),
        placement: draft.placement.or_else(|| now.placement.clone()),
        persona: draft.persona.or_else(|| now.persona.clone()),
        schedules: Some(schedules),
    }
}

/// Everything in which two whole configurations differ, in the order in which it is shown.
pub fn differences(now: &Configuration, then: &Configuration) -> Vec<Difference> {
    let Configuration {
        settings,
        nodes,
        profiles,
        personas,
        fields,
        ranges,
        placement,
        persona,
        schedules,
    } = then;
    let mut found = Vec::new();
    let mut one = |part: Part, differs: bool| {
        let how = How::Changed;
        found.extend(differs.then_some(Difference { part, how }));
    };
    one(Part::Settings, now.settings != *settings);
    one(Part::Placement, now.placement != *placement);
    one(Part::PersonaRules, now.persona != *persona);
    several(&mut found, &now.nodes, nodes, Part::Node);
    several(&mut found, &now.ranges, ranges, Part::Range);
    several(&mut found, &now.profiles, profiles, Part::Profile);
    several(&mut found, &now.personas, personas, Part::Persona);
    several(&mut found, &now.fields, fields, Part::Fields);
    several(&mut found, &now.schedules, schedules, Part::Schedule);
    found.sort_by(|a, b| a.part.cmp(&b.part));
    found
}

fn several<K: Ord + Clone, V: PartialEq>(
    found: &mut Vec<Difference>,
    now: &Option<BTreeMap<K, V>>,
    then: &Option<BTreeMap<K, V>>,
    part: fn(K) -> Part,
) {
    let (none, none_then) = (BTreeMap::new(), BTreeMap::new());
    let now = now.as_ref().unwrap_or(&none);
    let then = then.as_ref().unwrap_or(&none_then);
    for (key, value) in then {
        let how = match now.get(key) {
            None => How::Added,
            Some(before) if before != value => How::Changed,
            Some(_) => continue,
        };
        let part = part(key.clone());
        found.push(Difference { part, how });
    }
    for key in now.keys().filter(|key| !then.contains_key(key)) {
        let part = part(key.clone());
        let how = How::Removed;
        found.push(Difference { part, how });
    }
}

/// Brings a whole configuration into the form in which it is stored, and says everything that is wrong with it by itself: what can be
/// said without looking at people, numbers and Microsoft.
pub fn settle(whole: &mut Configuration) -> Vec<Objection> {
    let mut found = Vec::new();
    let mut object = |part: Part, fits: written::Fits| {
        found.extend(fits.err().map(|why| Objection::new(part, why)));
    };
    if let Some(settings) = &mut whole.settings {
        object(Part::Settings, written::settings(settings));
    }
    let mut nodes = whole.nodes.take().unwrap_or_default();
    let all: Vec<Node> = nodes.values().cloned().collect();
    let placement = whole.placement.as_deref().unwrap_or_default();
    for (path, node) in &mut nodes {
        let part = || Part::Node(path.clone());
        object(part(), written::node(node, all.iter()));
        object(part(), written::holds_nobody(node, placement));
    }
    for (id, range) in whole.ranges.iter().flatten() {
        let fits = written::range(range, nodes.keys());
        object(Part::Range(id.clone()), fits);
    }
    for (name, profile) in whole.profiles.iter().flatten() {
        let fits = written::profile(profile);
        object(Part::Profile(name.clone()), fits);
    }
    for (at, fields) in whole.fields.iter().flatten() {
        let fits = written::fields(at, fields, nodes.keys());
        object(Part::Fields(at.clone()), fits);
    }
    for (kind, schedule) in whole.schedules.iter().flatten() {
        let fits = written::schedule(*kind, schedule);
        object(Part::Schedule(*kind), fits);
    }
    whole.nodes = Some(nodes);
    found.extend(list(&whole.placement, Part::Placement));
    found.extend(list(&whole.persona, Part::PersonaRules));
    found
}

fn list<T>(rules: &Option<Vec<WrittenRule<T>>>, part: Part) -> Option<Objection> {
    let (place, why) = written::rules(rules.as_deref().unwrap_or_default()).err()?;
    Some(Objection {
        rule: Some(place),
        ..Objection::new(part, why)
    })
}

/// Where a rule of this name stands, if its list has one: an objection to it is made there.
pub fn rule_at(
    placement: &[WrittenRule<SitePath>],
    persona: &[WrittenRule<PersonaChoice>],
    name: &str,
    why: String,
) -> Objection {
    let of_placement = placement.iter().position(|rule| rule.name == name);
    let of_persona = persona.iter().position(|rule| rule.name == name);
    let (part, rule) = match (of_placement, of_persona) {
        (Some(place), _) => (Part::Placement, Some(place)),
        (None, place) => (Part::PersonaRules, place),
    };
    Objection {
        rule,
        ..Objection::new(part, why)
    }
}

/// The order in which differences are stored: whatever is named by others before them, and taken away after them.
pub fn in_order(mut differences: Vec<Difference>) -> Vec<Difference> {
    let step = |part: &Part| match part {
        Part::Node(_) => 0,
        Part::Range(_) => 1,
        Part::Profile(_) => 2,
        Part::Settings => 3,
        Part::Persona(_) => 4,
        Part::Fields(_) => 5,
        Part::Placement => 6,
        Part::PersonaRules => 7,
        Part::Schedule(_) => 8,
    };
    differences.sort_by(|a, b| {
        let [goes_a, goes_b] = [a, b].map(|one| one.how == How::Removed);
        let coming = || step(&a.part).cmp(&step(&b.part)).then(a.part.cmp(&b.part));
        goes_a.cmp(&goes_b).then_with(|| {
            // Regions come before what lies below them, and go after it.
            if goes_a { coming().reverse() } else { coming() }
        })
    });
    differences
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::persona::Profile;
    use crate::model::tree::{NodeKind, Values};

    fn node(path: &str, kind: NodeKind) -> (SitePath, Node) {
        let path = SitePath(path.into());
        let node = Node {
            path: path.clone(),
            name: path.0.clone(),
            kind,
            values: Values::default(),
        };
        (path, node)
    }

    fn profile(name: &str, number: bool) -> (String, Profile) {
        let name = name.to_owned();
        let profile = Profile {
            name: name.clone(),
            number,
            ..Profile::everything()
        };
        (name, profile)
    }

    /// I10: what a draft does not speak of stays; what it leaves out of a part that it speaks of goes, after what named it.
    #[test]
    fn a_draft_is_compared_part_by_part() {
        let now = Configuration {
            nodes: Some(BTreeMap::from([
                node("europe", NodeKind::Region),
                node("europe/berlin", NodeKind::Site),
            ])),
            profiles: Some(BTreeMap::from([
                profile("desk", true),
                profile("phone", true),
            ])),
            ..Configuration::default()
        };
        let now = merged(&Configuration::default(), now);
        assert_eq!(
            differences(&now, &merged(&now, Configuration::default())),
            []
        );
        let draft = Configuration {
            nodes: Some(BTreeMap::from([node("oslo", NodeKind::Site)])),
            profiles: Some(BTreeMap::from([
                profile("desk", false),
                profile("phone", true),
            ])),
            ..Configuration::default()
        };
        let found = in_order(differences(&now, &merged(&now, draft)));
        let told: Vec<String> = found
            .iter()
            .map(|one| format!("{} {}", one.how.name(), one.part))
            .collect();
        assert_eq!(
            told,
            [
                "added nodes oslo",
                "changed profiles desk",
                "removed nodes europe/berlin",
                "removed nodes europe",
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said_of_the_part_and_the_rule() {
        let rule = |name: &str| WrittenRule {
            name: name.to_owned(),
            description: None,
            when: "true".to_owned(),
            then: SitePath("europe".into()),
        };
        let mut whole = Configuration {
            nodes: Some(BTreeMap::from([
                node("europe", NodeKind::Region),
                node("Oslo", NodeKind::Site),
            ])),
            placement: Some(vec![rule("all"), rule("ALL ")]),
            ..Configuration::default()
        };
        let found = settle(&mut whole);
        let told: Vec<String> = found
            .iter()
            .map(|one| format!("{} {:?}: {}", one.part, one.rule, one.why))
            .collect();
        expect_test::expect![[r#"
            [
                "nodes Oslo None: a path is words of small letters, digits and hyphens with slashes between",
                "nodes europe None: rule \"all\" places people here: a region holds no people",
                "rules placement Some(1): there are two rules \"ALL\" in one list",
            ]
        "#]]
        .assert_debug_eq(&told);
    }
}
