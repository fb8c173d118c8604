//! How a person looks: which properties there are and what each shows.

use serde_json::{Map, Value, json};

use crate::microsoft::state::catalogue;
use crate::microsoft::state::person::{Directory, Person};
use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Refusal, stamp};
use crate::microsoft::wire::request::Query;

/// What comes without `$select` (`graph-api.md 2.1`).
const USUAL: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

/// What can be selected besides.
#[rustfmt::skip]
const OTHERS: [&str; 38] = [
    "accountEnabled", "ageGroup", "assignedLicenses", "assignedPlans", "city", "companyName", "consentProvidedForMinor", "country",
    "createdDateTime", "creationType", "department", "employeeHireDate", "employeeId", "employeeOrgData", "employeeType",
    "externalUserState", "faxNumber", "imAddresses", "isResourceAccount", "licenseAssignmentStates", "mailNickname",
    "onPremisesDistinguishedName", "onPremisesDomainName", "onPremisesExtensionAttributes", "onPremisesImmutableId",
    "onPremisesSamAccountName", "onPremisesSecurityIdentifier", "onPremisesSyncEnabled", "otherMails", "passwordPolicies", "postalCode", "provisionedPlans", "proxyAddresses",
    "serviceProvisioningErrors", "state", "streetAddress", "usageLocation", "userType",
];

/// Collections: empty where nothing is set.
const COLLECTIONS: [&str; 6] = [
    "businessPhones",
    "imAddresses",
    "otherMails",
    "provisionedPlans",
    "proxyAddresses",
    "serviceProvisioningErrors",
];

/// The properties that a request asks for.
///
/// # Errors
/// 400 for a name that a user does not have.
pub(super) fn selected(query: &Query) -> Result<Vec<String>, Refusal> {
    let Some(names) = query.select() else {
        return Ok(USUAL.map(String::from).into());
    };
    match names.iter().find(|name| !knows(name)) {
        None => Ok(names),
        Some(unknown) => {
            let message = format!(
                "Parsing OData Select and Expand failed: Could not find a property named '{unknown}' on type 'microsoft.graph.user'."
            );
            Err(Refusal::bad_request(message))
        }
    }
}

/// Whether a user has a property of this name.
pub(super) fn knows(name: &str) -> bool {
    USUAL.contains(&name) || OTHERS.contains(&name) || is_extension(name)
}

/// Directory extensions are called after the application that registered them; which are, is not kept.
fn is_extension(name: &str) -> bool {
    let rest = name
        .strip_prefix("extension_")
        .and_then(|rest| rest.split_once('_'));
    let is_id = |id: &str| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    rest.is_some_and(|(id, own)| is_id(id) && !own.is_empty())
}

impl World {
    /// A person with these properties as readers see them; what is not set is null.
    pub(super) fn show(&self, person: &Person, names: &[String]) -> Map<String, Value> {
        let directory = person.directory.seen(self.now());
        names
            .iter()
            .map(|name| {
                (
                    name.clone(),
                    self.property(person, directory, name)
                        .unwrap_or(Value::Null),
                )
            })
            .collect()
    }

    /// A person as delta shows them: what is not set is left out unless it was just cleared, licence states never come.
    pub(super) fn show_change(
        &self,
        person: &Person,
        names: &[String],
        changed: &[String],
    ) -> Map<String, Value> {
        let directory = person.directory.seen(self.now());
        let mut shown = Map::from_iter([("id".to_owned(), json!(person.id))]);
        for name in names
            .iter()
            .filter(|name| *name != "licenseAssignmentStates")
        {
            match self.property(person, directory, name) {
                Some(value) => drop(shown.insert(name.clone(), value)),
                None if changed.contains(name) => drop(shown.insert(name.clone(), Value::Null)),
                None => {}
            }
        }
        shown
    }

    pub(super) fn property(
        &self,
        person: &Person,
        directory: &Directory,
        name: &str,
    ) -> Option<Value> {
        match name {
            "id" => Some(json!(person.id)),
            "createdDateTime" => Some(json!(stamp(person.created))),
            "assignedLicenses" => Some(self.assigned_licences(directory)),
            "licenseAssignmentStates" => Some(states(directory)),
            "assignedPlans" => Some(self.assigned_plans(directory)),
            "onPremisesExtensionAttributes" => Some(extension_attributes(directory)),
            other => match directory.properties.get(other) {
                None | Some(Value::Null) => COLLECTIONS.contains(&other).then(|| json!([])),
                Some(value) => Some(value.clone()),
            },
        }
    }

    /// The union of direct and inherited; a plan is off only if it is off in every assignment of the product.
    fn assigned_licences(&self, directory: &Directory) -> Value {
        let products = directory.products().into_iter().map(|sku| {
            let mut of_product = directory.working().filter(|licence| licence.sku == sku);
            let mut off = of_product
                .next()
                .map(|licence| licence.disabled_plans.clone())
                .unwrap_or_default();
            of_product.for_each(|licence| off.retain(|plan| licence.disabled_plans.contains(plan)));
            json!({"skuId": sku, "disabledPlans": off})
        });
        products.collect()
    }

    fn assigned_plans(&self, directory: &Directory) -> Value {
        let licences = directory
            .working()
            .filter_map(|licence| Some((licence, self.products.get(&licence.sku)?)));
        licences
            .flat_map(|(licence, product)| {
                let on = product
                    .plans
                    .iter()
                    .filter(|plan| !licence.disabled_plans.contains(plan));
                on.map(|plan| {
                    json!({
                        "assignedDateTime": stamp(licence.since),
                        "capabilityStatus": "Enabled",
                        "service": catalogue::plan(plan).service,
                        "servicePlanId": plan,
                    })
                })
            })
            .collect()
    }
}

fn states(directory: &Directory) -> Value {
    let states = directory.licences.iter().map(|licence| {
        json!({
            "skuId": licence.sku,
            "disabledPlans": licence.disabled_plans,
            "assignedByGroup": licence.group,
            "state": if licence.error.is_none() { "Active" } else { "Error" },
            "error": licence.error.as_deref().unwrap_or("None"),
            "lastUpdatedDateTime": stamp(licence.since),
        })
    });
    states.collect()
}

/// All fifteen, null where not set.
fn extension_attributes(directory: &Directory) -> Value {
    let set = directory.properties.get("onPremisesExtensionAttributes");
    let attributes = (1..=15).map(|number| {
        let name = format!("extensionAttribute{number}");
        let value = set
            .and_then(|set| set.get(&name))
            .cloned()
            .unwrap_or(Value::Null);
        (name, value)
    });
    Value::Object(attributes.collect())
}
