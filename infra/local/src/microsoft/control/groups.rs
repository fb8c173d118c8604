//! Groups from the control side.

use std::time::Duration;

use crate::microsoft::Microsoft;
use crate::microsoft::state::group::{Group, GroupKind};

/// A group to be added to the directory.
#[derive(Clone, Debug)]
pub struct NewGroup {
    /// Entra object id.
    pub id: String,
    /// `displayName`.
    pub name: String,
    /// Whether and how members come and go.
    pub kind: GroupKind,
    /// Products that its members inherit.
    pub products: Vec<String>,
    /// Ids of people and groups that are in it already.
    pub members: Vec<String>,
}

impl NewGroup {
    /// A security group without anything.
    pub fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            kind: GroupKind::Security,
            products: Vec::new(),
            members: Vec::new(),
        }
    }
}

impl Microsoft {
    /// Adds a group, or gives one that is there another shape; its members stay. Members come before the groups they are in.
    pub fn add_group(&self, new: NewGroup) {
        self.change(|world| {
            world.put_group(Group {
                id: new.id.clone(),
                name: new.name,
                kind: new.kind,
                products: new.products,
                created: world.now(),
                members: std::collections::BTreeMap::new(),
            });
            for member in &new.members {
                world.set_member(&new.id, member, true, Duration::ZERO);
            }
        });
    }

    /// An administrator puts somebody into a group or takes them out of it. Licences follow as always.
    pub fn move_member_by_hand(&self, group: &str, member: &str, is: bool) {
        self.change(|world| world.set_member(group, member, is, Duration::ZERO));
    }

    /// A licence that somebody inherits gives nothing for this reason, such as `MutuallyExclusiveViolation`; `None` = it works.
    pub fn spoil_group_licence(&self, id: &str, sku: &str, group: &str, error: Option<&str>) {
        self.change(|world| {
            let properties = ["assignedLicenses", "assignedPlans"];
            world.change_directory(id, Duration::ZERO, &properties, |directory| {
                let inherited = directory.licences.iter_mut().filter(|licence| {
                    licence.sku == sku && licence.group.as_deref() == Some(group)
                });
                inherited.for_each(|licence| licence.error = error.map(String::from));
            });
        });
    }
}
