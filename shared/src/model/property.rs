//! The properties of a person that rules may name, and where Microsoft Graph keeps them (`rule-language.md 5`).

use serde::{Deserialize, Serialize};

/// The type of a property's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueType {
    /// Text, compared without case.
    Text,
    /// True or false.
    Flag,
    /// A moment.
    Date,
    /// Texts, in no order.
    Texts,
    /// Service plans with their states, in no order.
    Plans,
    /// The groups that somebody is in directly, as far as they are followed.
    Groups,
}

/// Declares the enumeration and its table as one, so that neither can lack a row: variant, name in rules, place in Graph, type.
macro_rules! properties {
    ($($variant:ident $name:tt $place:tt $value_type:ident,)+) => {
        /// A property of a person. Serialised by its name in rules.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Property {
            $(
                #[doc = concat!("`user.", $name, "`; in Graph `", $place, "`.")]
                #[serde(rename = $name)]
                $variant,
            )+
        }

        impl Property {
            /// Every property, in ascending order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            const fn row(self) -> (&'static str, &'static str, ValueType) {
                match self {
                    $(Self::$variant => ($name, $place, ValueType::$value_type),)+
                }
            }
        }
    };
}

properties! {
    AccountEnabled               "accountEnabled"               "accountEnabled"                                     Flag,
    AssignedPlans                "assignedPlans"                "assignedPlans"                                      Plans,
    City                         "city"                         "city"                                               Text,
    CompanyName                  "companyName"                  "companyName"                                        Text,
    Country                      "country"                      "country"                                            Text,
    Department                   "department"                   "department"                                         Text,
    DirSyncEnabled               "dirSyncEnabled"               "onPremisesSyncEnabled"                              Flag,
    DisplayName                  "displayName"                  "displayName"                                        Text,
    EmployeeHireDate             "employeeHireDate"             "employeeHireDate"                                   Date,
    EmployeeId                   "employeeId"                   "employeeId"                                         Text,
    ExtensionAttribute1          "extensionAttribute1"          "onPremisesExtensionAttributes/extensionAttribute1"  Text,
    ExtensionAttribute2          "extensionAttribute2"          "onPremisesExtensionAttributes/extensionAttribute2"  Text,
    ExtensionAttribute3          "extensionAttribute3"          "onPremisesExtensionAttributes/extensionAttribute3"  Text,
    ExtensionAttribute4          "extensionAttribute4"          "onPremisesExtensionAttributes/extensionAttribute4"  Text,
    ExtensionAttribute5          "extensionAttribute5"          "onPremisesExtensionAttributes/extensionAttribute5"  Text,
    ExtensionAttribute6          "extensionAttribute6"          "onPremisesExtensionAttributes/extensionAttribute6"  Text,
    ExtensionAttribute7          "extensionAttribute7"          "onPremisesExtensionAttributes/extensionAttribute7"  Text,
    ExtensionAttribute8          "extensionAttribute8"          "onPremisesExtensionAttributes/extensionAttribute8"  Text,
    ExtensionAttribute9          "extensionAttribute9"          "onPremisesExtensionAttributes/extensionAttribute9"  Text,
    ExtensionAttribute10         "extensionAttribute10"         "onPremisesExtensionAttributes/extensionAttribute10" Text,
    ExtensionAttribute11         "extensionAttribute11"         "onPremisesExtensionAttributes/extensionAttribute11" Text,
    ExtensionAttribute12         "extensionAttribute12"         "onPremisesExtensionAttributes/extensionAttribute12" Text,
    ExtensionAttribute13         "extensionAttribute13"         "onPremisesExtensionAttributes/extensionAttribute13" Text,
    ExtensionAttribute14         "extensionAttribute14"         "onPremisesExtensionAttributes/extensionAttribute14" Text,
    ExtensionAttribute15         "extensionAttribute15"         "onPremisesExtensionAttributes/extensionAttribute15" Text,
    FacsimileTelephoneNumber     "facsimileTelephoneNumber"     "faxNumber"                                          Text,
    GivenName                    "givenName"                    "givenName"                                          Text,
    JobTitle                     "jobTitle"                     "jobTitle"                                           Text,
    Mail                         "mail"                         "mail"                                               Text,
    MailNickName                 "mailNickName"                 "mailNickname"                                       Text,
    MemberOf                     "memberOf"                     "memberOf"                                           Groups,
    Mobile                       "mobile"                       "mobilePhone"                                        Text,
    ObjectId                     "objectId"                     "id"                                                 Text,
    OnPremisesDistinguishedName  "onPremisesDistinguishedName"  "onPremisesDistinguishedName"                        Text,
    OnPremisesSecurityIdentifier "onPremisesSecurityIdentifier" "onPremisesSecurityIdentifier"                       Text,
    OtherMails                   "otherMails"                   "otherMails"                                         Texts,
    PasswordPolicies             "passwordPolicies"             "passwordPolicies"                                   Text,
    PhysicalDeliveryOfficeName   "physicalDeliveryOfficeName"   "officeLocation"                                     Text,
    PostalCode                   "postalCode"                   "postalCode"                                         Text,
    PreferredLanguage            "preferredLanguage"            "preferredLanguage"                                  Text,
    ProxyAddresses               "proxyAddresses"               "proxyAddresses"                                     Texts,
    SipProxyAddress              "sipProxyAddress"              "imAddresses/0"                                      Text,
    State                        "state"                        "state"                                              Text,
    StreetAddress                "streetAddress"                "streetAddress"                                      Text,
    Surname                      "surname"                      "surname"                                            Text,
    TelephoneNumber              "telephoneNumber"              "businessPhones/0"                                   Text,
    UsageLocation                "usageLocation"                "usageLocation"                                      Text,
    UserPrincipalName            "userPrincipalName"            "userPrincipalName"                                  Text,
    UserType                     "userType"                     "userType"                                           Text,
}

impl Property {
    /// Its place in [`Property::ALL`].
    pub const fn position(self) -> usize {
        self as usize
    }

    /// Its canonical name in rules, without `user.`.
    pub const fn name(self) -> &'static str {
        self.row().0
    }

    /// Where Graph's user object keeps it: a JSON pointer (RFC 6901) without its first slash, such as `imAddresses/0`
    /// (D26: the first entry of a list).
    pub const fn graph_place(self) -> &'static str {
        self.row().1
    }

    /// The top-level property of Graph that has to be asked for with `$select`. Several properties may share one.
    pub fn graph_name(self) -> &'static str {
        let place = self.graph_place();
        place.split_once('/').map_or(place, |(top, _)| top)
    }

    /// Whether it is asked of every user: what is large only where a rule reads it, and groups are followed by themselves.
    pub const fn is_always_read(self) -> bool {
        match self.value_type() {
            ValueType::Text | ValueType::Flag | ValueType::Date | ValueType::Texts => true,
            ValueType::Plans | ValueType::Groups => false,
        }
    }

    /// The type of its value.
    pub const fn value_type(self) -> ValueType {
        self.row().2
    }

    /// The property with this name in rules, in any case (D1).
    pub fn named(name: &str) -> Option<Self> {
        let is_meant = |property: &Self| property.name().eq_ignore_ascii_case(name);
        Self::ALL.iter().copied().find(is_meant)
    }

    /// The property that Graph calls by this name at the top level of a user, in any case (D25).
    pub fn named_in_graph(name: &str) -> Option<Self> {
        let is_meant = |property: &Self| property.graph_name().eq_ignore_ascii_case(name);
        Self::ALL.iter().copied().find(is_meant)
    }

    /// The property that somebody who wrote `name` may have meant: at most one letter in four is different (D25).
    pub fn nearest(name: &str) -> Option<Self> {
        let allowed = (name.len() / 4).max(1);
        Self::ALL
            .iter()
            .filter(|property| property.name().len().abs_diff(name.len()) <= allowed)
            .map(|property| (distance(name, property.name()), *property))
            .min()
            .filter(|(distance, _)| *distance <= allowed)
            .map(|(_, property)| property)
    }
}

/// Levenshtein's distance of two names, in bytes, without regard to case.
fn distance(left: &str, right: &str) -> usize {
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, x) in left.bytes().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, y) in right.bytes().enumerate() {
            let replaced = diagonal + usize::from(!x.eq_ignore_ascii_case(&y));
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// D1: any case is understood, the canonical spelling comes back, and rows store it.
    #[test]
    fn every_property_is_found_by_its_name_in_any_case() {
        for &property in Property::ALL {
            let name = property.name();
            assert_eq!(Property::named(name), Some(property));
            assert_eq!(Property::named(&name.to_ascii_uppercase()), Some(property));
            assert_eq!(Property::ALL[property.position()], property);
            let stored = serde_json::to_string(&property).unwrap();
            assert_eq!(stored, format!("\"{name}\""));
            assert_eq!(serde_json::from_str::<Property>(&stored).unwrap(), property);
        }
        assert!(Property::ALL.is_sorted());
        assert_eq!(Property::ALL.len(), 49);
    }

    /// D25 and `rule-language.md 5`: Graph's names where they differ.
    #[test]
    fn graph_names_lead_to_the_property() {
        let meant = |name| Property::named_in_graph(name).map(Property::name);
        assert_eq!(meant("officeLocation"), Some("physicalDeliveryOfficeName"));
        assert_eq!(meant("id"), Some("objectId"));
        assert_eq!(meant("mobilePhone"), Some("mobile"));
        assert_eq!(meant("onPremisesSyncEnabled"), Some("dirSyncEnabled"));
        assert_eq!(meant("businessPhones"), Some("telephoneNumber"));
        assert_eq!(
            Property::ExtensionAttribute7.graph_name(),
            "onPremisesExtensionAttributes"
        );
    }

    /// D25: the nearest name, or none where nothing is near.
    #[test]
    fn a_slip_of_the_pen_is_recognised() {
        let meant = |name| Property::nearest(name).map(Property::name);
        assert_eq!(meant("jobTitel"), Some("jobTitle"));
        assert_eq!(meant("DEPARTMNT"), Some("department"));
        assert_eq!(meant("extensionAttribute16"), Some("extensionAttribute1"));
        assert_eq!(meant("employeeType"), None);
        assert_eq!(meant("manager"), None);
        assert_eq!(meant(""), None);
        assert_eq!(meant(&"x".repeat(3_000)), None);
    }
}
