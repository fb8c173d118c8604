//! What Microsoft does later by itself, each at its own moment, whenever somebody next looks.

use shared::model::time::Time;

use super::World;

/// Something that is done at its moment.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Due {
    /// The operation with this id is carried out.
    Order(String),
    /// The licences of a group reach or leave one of its members.
    Inheritance { group: String, person: String },
}

impl World {
    /// Does everything that was due by now, in order, each as of its own moment.
    pub(crate) fn settle(&mut self) {
        let now = self.now();
        while let Some((at, due)) = self.due.pop_first() {
            if at > now {
                self.due.insert((at, due));
                break;
            }
            self.acting = Some(at);
            match due {
                Due::Order(id) => self.carry_out(&id),
                Due::Inheritance { group, person } => self.inherit(&group, &person),
            }
        }
        self.acting = None;
    }

    /// The operation is to be carried out at this moment.
    pub(crate) fn order_due(&mut self, at: Time, id: &str) {
        self.due.insert((at, Due::Order(id.to_owned())));
    }

    /// A member's licences are to follow the group at this moment.
    pub(crate) fn inheritance_due(&mut self, at: Time, group: &str, person: &str) {
        let (group, person) = (group.to_owned(), person.to_owned());
        self.due.insert((at, Due::Inheritance { group, person }));
    }
}
