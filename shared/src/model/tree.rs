//! A tenant's tree: regions and sites, what is set at each, and what that amounts to further down (F20, F21, F22).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::microsoft::PolicyType;
use super::persona::SitePath;
use super::tenant::{OffboardLicences, Settings};

/// A node of the tree as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Node {
    /// Its place, such as `europe/berlin`: below the node `europe`, if there is one.
    pub path: SitePath,
    /// Its name for people.
    pub name: String,
    /// A region, or a site.
    #[serde(default, skip_serializing_if = "NodeKind::is_site")]
    pub kind: NodeKind,
    /// What is set here, for everything at and below it.
    #[serde(flatten)]
    pub values: Values,
}

/// What a node is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// Holds sites and other regions together; nobody is placed at it.
    Region,
    /// People are placed at it.
    #[default]
    Site,
}

impl NodeKind {
    const fn is_site(&self) -> bool {
        matches!(self, Self::Site)
    }
}

/// What can be set at the provider, at a tenant and at every node of its tree; what is not set is inherited from above.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Values {
    /// ISO 3166 alpha-2; for personas that take the usage location from the site (R70).
    pub usage_location: Option<String>,
    /// IANA name such as `Europe/Berlin`: dates are meant in it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    /// Teams policies of whoever is placed here and whose persona does not name one of the type, such as emergency policies (R104).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub policies: BTreeMap<PolicyType, String>,
    /// Whether offboarding takes the direct licences away (R81, R84).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offboard_licences: Option<OffboardLicences>,
    /// Id of the emergency location of numbers that are given here (F68).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub emergency_location: Option<String>,
    /// For so many days a number that belongs here rests after it was released; 0 or nothing = it does not (F60).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cooling_days: Option<u16>,
    /// Whoever comes with a number that belongs elsewhere does not place it here too (R19); unset = they do (R18).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prevent_duplicates: Option<bool>,
    /// So few free numbers of the ranges here and below are a matter for people (F66); unset = never.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub low_numbers: Option<u16>,
    /// Whether offboarding keeps the person from signing in, and ends the sessions they have.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lock_out: Option<bool>,
    /// Whether offboarding leaves the person at their site instead of the tenant level (F100).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retain_at_site: Option<bool>,
    /// People at the tenant level may be adopted here (R24); unset = they may not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub adoption: Option<bool>,
    /// Names of member roles that exist here and below.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub roles: BTreeSet<String>,
}

impl Values {
    /// Nothing is set.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where an effective value comes from (F21).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// It is set nowhere: the documented default.
    Default,
    /// The installation.
    Provider,
    /// The tenant.
    Tenant,
    /// This node.
    Node(SitePath),
}

impl fmt::Display for From {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::Provider => f.write_str("provider"),
            Self::Tenant => f.write_str("tenant"),
            Self::Node(path) => write!(f, "{}", path.0),
        }
    }
}

/// A value that is in force somewhere, and where it is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effective<T> {
    /// The value.
    pub value: T,
    /// Where it is set.
    pub from: From,
}

/// Everything that is set, from the provider down to the sites.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tree {
    /// At the provider.
    pub provider: Values,
    /// At the tenant.
    pub tenant: Values,
    /// At the nodes, by path.
    nodes: BTreeMap<SitePath, Node>,
}

impl Tree {
    /// The tree of a tenant.
    pub fn new(provider: Values, settings: &Settings, nodes: Vec<Node>) -> Self {
        let by_path = nodes.into_iter().map(|node| (node.path.clone(), node));
        Self {
            provider,
            tenant: Values {
                offboard_licences: settings.offboard_licences,
                ..settings.values.clone()
            },
            nodes: by_path.collect(),
        }
    }

    /// All nodes in the order of their paths.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// The site at a path; `None` = there is nothing, or a region.
    pub fn site(&self, path: &SitePath) -> Option<&Node> {
        self.nodes.get(path).filter(|node| node.kind.is_site())
    }

    /// What is in force at a node, or with `None` at the tenant level: the value that is set nearest, going up.
    pub fn effective<T>(
        &self,
        at: Option<&SitePath>,
        value: impl Fn(&Values) -> Option<T>,
    ) -> Option<Effective<T>> {
        self.upwards(at)
            .into_iter()
            .find_map(|(from, values)| value(values).map(|value| Effective { value, from }))
    }

    /// The usage location of whoever is placed here.
    pub fn usage_location(&self, at: Option<&SitePath>) -> Option<Effective<String>> {
        self.effective(at, |values| values.usage_location.clone())
    }

    /// The time zone in which dates are meant here; UTC where none is set.
    pub fn time_zone(&self, at: Option<&SitePath>) -> Effective<String> {
        let set = self.effective(at, |values| values.time_zone.clone());
        set.unwrap_or_else(|| Effective {
            value: "UTC".to_owned(),
            from: From::Default,
        })
    }

    /// The default policies here; each type comes from the nearest node that sets it.
    pub fn policies(&self, at: Option<&SitePath>) -> BTreeMap<PolicyType, Effective<String>> {
        let mut found: BTreeMap<PolicyType, Effective<String>> = BTreeMap::new();
        for (from, values) in self.upwards(at) {
            for (kind, name) in &values.policies {
                if !found.keys().any(|known| known.same(kind)) {
                    let value = name.clone();
                    let from = from.clone();
                    found.insert(kind.clone(), Effective { value, from });
                }
            }
        }
        found
    }

    /// Whether offboarding takes direct licences away here; it does where nothing is set (R81).
    pub fn offboard_licences(&self, at: Option<&SitePath>) -> Effective<OffboardLicences> {
        let set = self.effective(at, |values| values.offboard_licences);
        set.unwrap_or(Effective {
            value: OffboardLicences::Remove,
            from: From::Default,
        })
    }

    /// Whether offboarding locks somebody out here; it does not where nothing is set.
    pub fn locks_out(&self, at: Option<&SitePath>) -> Effective<bool> {
        self.switch(at, |values| values.lock_out)
    }

    /// Whether offboarding leaves somebody at this site (F100); they go to the tenant level where nothing is set (R87).
    pub fn retains(&self, at: Option<&SitePath>) -> Effective<bool> {
        self.switch(at, |values| values.retain_at_site)
    }

    /// Whether people at the tenant level may be adopted at this site (R24); they may not where nothing is set.
    pub fn adopts(&self, at: &SitePath) -> Effective<bool> {
        self.switch(Some(at), |values| values.adoption)
    }

    /// Off where nothing is set.
    fn switch(
        &self,
        at: Option<&SitePath>,
        value: impl Fn(&Values) -> Option<bool>,
    ) -> Effective<bool> {
        self.effective(at, value).unwrap_or(Effective {
            value: false,
            from: From::Default,
        })
    }

    /// Whether somebody here may have a member role of this name.
    pub fn knows_role(&self, at: Option<&SitePath>, name: &str) -> bool {
        self.effective(at, |values| values.roles.contains(name).then_some(()))
            .is_some()
    }

    /// Whether a member role of this name exists anywhere.
    pub fn has_role(&self, name: &str) -> bool {
        let nodes = self.nodes.values().map(|node| &node.values);
        let mut all = nodes.chain([&self.tenant, &self.provider]);
        all.any(|values| values.roles.contains(name))
    }

    /// The node itself, what is above it, the tenant, the provider.
    fn upwards(&self, at: Option<&SitePath>) -> Vec<(From, &Values)> {
        let mut found = Vec::new();
        let mut path = at.map(|path| path.0.as_str());
        while let Some(text) = path {
            if let Some(node) = self.nodes.get(&SitePath(text.to_owned())) {
                found.push((From::Node(node.path.clone()), &node.values));
            }
            path = text.rsplit_once('/').map(|(above, _)| above);
        }
        found.push((From::Tenant, &self.tenant));
        found.push((From::Provider, &self.provider));
        found
    }
}

impl SitePath {
    /// Whether this can be the path of a node: words of small letters, digits and hyphens with slashes between, at most 200 bytes.
    /// Anything else could forge a key (V7).
    pub fn is_well_formed(&self) -> bool {
        let word = |word: &str| {
            !word.is_empty()
                && word
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        self.0.len() <= 200 && self.0.split('/').all(word)
    }

    /// Whether a place is at a node or below it; `None` is the tenant level.
    pub fn is_within(place: Option<&Self>, node: Option<&Self>) -> bool {
        match (place, node) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(place), Some(node)) => place
                .0
                .strip_prefix(&node.0)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/')),
        }
    }

    /// The path above; `None` = the tenant.
    pub fn above(&self) -> Option<Self> {
        let (above, _) = self.0.rsplit_once('/')?;
        Some(Self(above.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(path: &str, kind: NodeKind, set: impl FnOnce(&mut Values)) -> Node {
        let mut values = Values::default();
        set(&mut values);
        Node {
            path: SitePath(path.into()),
            name: path.into(),
            kind,
            values,
        }
    }

    fn tree() -> Tree {
        let policy = |values: &mut Values, kind: &str, name: &str| {
            values.policies.insert(PolicyType(kind.into()), name.into());
        };
        let mut tenant = Values {
            usage_location: Some("GB".into()),
            ..Values::default()
        };
        policy(&mut tenant, "TeamsMeetingPolicy", "Tenant");
        let provider = Values {
            time_zone: Some("Europe/London".into()),
            offboard_licences: Some(OffboardLicences::Keep),
            ..Values::default()
        };
        let settings = Settings {
            values: tenant,
            ..Settings::default()
        };
        Tree::new(
            provider,
            &settings,
            vec![
                node("europe", NodeKind::Region, |values| {
                    values.time_zone = Some("Europe/Paris".into());
                    values.roles = BTreeSet::from(["desk".into()]);
                    policy(values, "TeamsEmergencyCallingPolicy", "Europe");
                }),
                node("europe/berlin", NodeKind::Site, |values| {
                    values.usage_location = Some("DE".into());
                    policy(values, "teamsMeetingPolicy", "Berlin");
                }),
                node("europe/berlin/annexe", NodeKind::Site, |_| {}),
            ],
        )
    }

    /// F20, F21: the nearest value counts, and it is said where it is set.
    #[test]
    fn values_are_inherited_and_name_their_origin() {
        let tree = tree();
        let at = |path: &str| SitePath(path.into());
        let told = |path: Option<&str>| {
            let path = path.map(at);
            let location = tree.usage_location(path.as_ref()).unwrap();
            let zone = tree.time_zone(path.as_ref());
            format!(
                "{} ({}), {} ({})",
                location.value, location.from, zone.value, zone.from
            )
        };
        for (path, expected) in [
            (None, "GB (tenant), Europe/London (provider)"),
            (Some("europe"), "GB (tenant), Europe/Paris (europe)"),
            (
                Some("europe/berlin"),
                "DE (europe/berlin), Europe/Paris (europe)",
            ),
            (
                Some("europe/berlin/annexe"),
                "DE (europe/berlin), Europe/Paris (europe)",
            ),
            // A site that was deleted, or is not stored yet, inherits all the same.
            (Some("europe/rome"), "GB (tenant), Europe/Paris (europe)"),
        ] {
            assert_eq!(told(path), expected, "{path:?}");
        }
        assert_eq!(Tree::default().time_zone(None).from, From::Default);
        assert_eq!(tree.offboard_licences(None).from, From::Provider);
        let removes = Tree::default().offboard_licences(None);
        assert_eq!(removes.value, OffboardLicences::Remove);
    }

    /// F22: a policy type comes from one node alone, however it is spelt.
    #[test]
    fn default_policies_are_inherited_by_type() {
        let annexe = SitePath("europe/berlin/annexe".into());
        let told: Vec<String> = tree()
            .policies(Some(&annexe))
            .into_iter()
            .map(|(kind, policy)| format!("{} {} ({})", kind.0, policy.value, policy.from))
            .collect();
        assert_eq!(
            told,
            [
                "TeamsEmergencyCallingPolicy Europe (europe)",
                "teamsMeetingPolicy Berlin (europe/berlin)"
            ]
        );
    }

    #[test]
    fn people_are_placed_at_sites_and_roles_reach_down() {
        let tree = tree();
        let at = |path: &str| SitePath(path.into());
        assert!(tree.site(&at("europe/berlin")).is_some());
        assert!(tree.site(&at("europe")).is_none());
        assert!(tree.knows_role(Some(&at("europe/berlin/annexe")), "desk"));
        assert!(!tree.knows_role(None, "desk"));
        assert!(!tree.retains(Some(&at("europe/berlin"))).value);
    }

    /// V7.
    #[test]
    fn a_path_holds_nothing_that_could_forge_a_key() {
        for good in ["berlin", "europe/berlin", "a/b-2/c"] {
            assert!(SitePath(good.into()).is_well_formed(), "{good}");
        }
        for bad in [
            "",
            "/",
            "a/",
            "/a",
            "a//b",
            "A",
            "a#b",
            "a b",
            &"x".repeat(201),
        ] {
            assert!(!SitePath(bad.into()).is_well_formed(), "{bad}");
        }
        assert_eq!(
            SitePath("a/b/c".into()).above(),
            Some(SitePath("a/b".into()))
        );
        assert_eq!(SitePath("a".into()).above(), None);
        let within = |place: Option<&str>, node: Option<&str>| {
            let path = |text: &str| SitePath(text.into());
            SitePath::is_within(place.map(path).as_ref(), node.map(path).as_ref())
        };
        assert!(within(Some("a/b"), Some("a")) && within(Some("a"), Some("a")));
        assert!(within(Some("a"), None) && within(None, None));
        assert!(!within(Some("ab"), Some("a")) && !within(Some("a"), Some("a/b")));
        assert!(!within(None, Some("a")));
    }
}
