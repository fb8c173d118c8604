//! The tree of an accepted rule.

use super::date::DateTest;
use super::operator::{Compare, Relation};
use super::pattern::Pattern;
use crate::model::property::{Property, ValueType};

/// A condition. Chains of one operator are flat, so a tree is no deeper than its text is nested.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    /// Two or more.
    Or(Vec<Expr>),
    /// Two or more.
    And(Vec<Expr>),
    Not(Box<Expr>),
    Comparison(Comparison),
    /// Some item of a collection, or every one, meets a condition on items (D14, D15, D17).
    Quantified {
        collection: Property,
        all: bool,
        condition: Box<Expr>,
    },
    /// Being in one of these groups, one or more, directly (D20).
    MemberOf(Vec<Literal>),
}

/// Whose value is compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    Property(Property),
    /// A directory extension, by its name in Graph (D28).
    Extension(String),
    /// The item of the quantifier around it.
    Item(Item),
}

/// What of an item is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// The text that it is.
    Text,
    CapabilityStatus,
    Service,
    ServicePlanId,
    /// The id of a group.
    Group,
}

/// A question to one value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Comparison {
    pub subject: Subject,
    /// The answer is turned round, for no value too (D11).
    pub negative: bool,
    pub test: Test,
}

/// What is asked, together with the value it is asked about.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    /// There is no value.
    Null,
    /// The flag has this value.
    Flag(bool),
    /// There is a text, and it meets this.
    Text(TextTest),
    /// There is a date, and it meets this.
    Date(DateTest),
}

/// What a text is asked.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum TextTest {
    Equals(Literal),
    StartsWith(Literal),
    EndsWith(Literal),
    Contains(Literal),
    Matches(Pattern),
    /// One or more.
    In(Vec<Literal>),
}

/// A text of the rule.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    pub written: String,
    /// As it is compared.
    pub folded: String,
}

impl Expr {
    /// Shows itself and all its parts.
    pub fn visit(&self, see: &mut impl FnMut(&Self)) {
        see(self);
        match self {
            Self::Or(parts) | Self::And(parts) => parts.iter().for_each(|part| part.visit(see)),
            Self::Not(part) => part.visit(see),
            Self::Quantified { condition, .. } => condition.visit(see),
            Self::Comparison(_) | Self::MemberOf(_) => {}
        }
    }
}

impl Subject {
    /// As it is written in a rule.
    pub fn written(&self) -> String {
        match self {
            Self::Property(property) => format!("user.{}", property.name()),
            Self::Extension(name) => format!("user.{name}"),
            Self::Item(item) => item.name().to_owned(),
        }
    }

    /// What is said of it: its name without `user.`.
    pub fn name(&self) -> &str {
        match self {
            Self::Property(property) => property.name(),
            Self::Extension(name) => name,
            Self::Item(item) => item.name(),
        }
    }

    pub const fn value_type(&self) -> ValueType {
        match self {
            Self::Property(property) => property.value_type(),
            Self::Extension(_) | Self::Item(_) => ValueType::Text,
        }
    }
}

impl Item {
    pub const ALL: [Self; 5] = [
        Self::Text,
        Self::CapabilityStatus,
        Self::Service,
        Self::ServicePlanId,
        Self::Group,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Text => "_",
            Self::CapabilityStatus => "assignedPlan.capabilityStatus",
            Self::Service => "assignedPlan.service",
            Self::ServicePlanId => "assignedPlan.servicePlanId",
            Self::Group => "group.objectId",
        }
    }

    /// The items with these properties hold it.
    pub const fn is_of(self, collection: ValueType) -> bool {
        match self {
            Self::Text => matches!(collection, ValueType::Texts),
            Self::CapabilityStatus | Self::Service | Self::ServicePlanId => {
                matches!(collection, ValueType::Plans)
            }
            Self::Group => matches!(collection, ValueType::Groups),
        }
    }
}

impl Comparison {
    /// The operator it is written with.
    pub fn operator(&self) -> Compare {
        let relation = match &self.test {
            Test::Null | Test::Flag(_) | Test::Text(TextTest::Equals(_)) => Relation::Equals,
            Test::Text(TextTest::StartsWith(_)) => Relation::StartsWith,
            Test::Text(TextTest::EndsWith(_)) => Relation::EndsWith,
            Test::Text(TextTest::Contains(_)) => Relation::Contains,
            Test::Text(TextTest::Matches(_)) => Relation::Matches,
            Test::Text(TextTest::In(_)) => Relation::In,
            Test::Date(DateTest::Is(_)) => Relation::Equals,
            Test::Date(DateTest::AtLeast(_)) => Relation::AtLeast,
            Test::Date(DateTest::AtMost(_)) => Relation::AtMost,
        };
        Compare {
            relation,
            negative: self.negative,
        }
    }
}

impl Literal {
    pub fn new(written: String) -> Self {
        Self {
            folded: fold(&written).collect(),
            written,
        }
    }
}

/// A text as it is compared: each character by its own lowercase mapping, whatever its neighbours are (D27).
pub(super) fn fold(text: &str) -> impl DoubleEndedIterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}
