//! What may become of a number: one table, everything else is refused (F56).

use crate::config;
use crate::model::inventory::{Entry, NumberState};
use crate::model::job::JobId;
use crate::model::microsoft::UserId;
use crate::model::number::Number;
use crate::model::time::Time;
use crate::planted::{self, Bug};

/// What happens to a number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A job keeps it for somebody.
    Hold(UserId, JobId),
    /// The job is about to ask Microsoft to give it.
    Assign,
    /// Somebody has it, as was seen.
    Confirm,
    /// The job gives it back; nothing that it asked for can take effect any more.
    GiveBack,
    /// The job gives it back; to be safe it is left alone for a while.
    Settle(Time),
    /// The job that takes it from whoever has it is about to ask Microsoft for it.
    TakeFrom(UserId, JobId),
    /// Nobody has it any more, as was seen; it rests until then, if it is to rest.
    Release(Option<Time>),
    /// It has settled or cooled.
    Rested(Time),
    /// Microsoft and we do not agree.
    Contest(String),
    /// It is kept back: by an administrator, or for somebody whose move failed half-way (F61, F62).
    Reserve {
        /// For this person; `None` = for nobody.
        holder: Option<UserId>,
        /// Until then; `None` = until somebody says otherwise.
        until: Option<Time>,
        /// Why.
        note: String,
    },
    /// An administrator lets it rest until then.
    Cool(Time),
    /// An administrator ends its reservation or its rest.
    Free,
    /// Microsoft shows who has it, and that is how it is.
    Found(Truth),
}

/// Who has a number, as Microsoft shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// Nobody.
    Nobody,
    /// A person.
    Person(UserId),
    /// A resource account, a conference bridge, or something newer (F72).
    Utility(UserId),
}

impl Truth {
    /// What a row of Microsoft's list says; `None` = the number is not listed.
    pub fn of(told: Option<&Number>) -> Self {
        let Some((told, holder)) = told.and_then(|told| Some((told, told.holder.as_ref()?))) else {
            return Self::Nobody;
        };
        let holder = UserId(holder.clone());
        if told.status.eq_ignore_ascii_case("userAssigned") {
            Self::Person(holder)
        } else {
            Self::Utility(holder)
        }
    }
}

/// The entry after an event; `None` = that cannot happen to it. The version is raised where it is stored.
pub fn after(entry: &Entry, event: Event) -> Option<Entry> {
    use NumberState::{
        Assigning, Available, Conflict, Cooling, Held, Releasing, Reserved, Settling, Used,
        UsedUtility,
    };
    let mut next = entry.clone();
    let free = |next: &mut Entry, state| {
        next.state = state;
        next.holder = None;
        next.job = None;
        next.until = None;
        next.note = None;
    };
    match (entry.state, event) {
        (Available, Event::Hold(person, job)) => {
            next.state = Held;
            next.holder = Some(person);
            next.job = Some(job);
        }
        // Reserved for this person, or theirs already: a job takes charge of it.
        (Reserved | Used, Event::Hold(person, job)) if entry.holder.as_ref() == Some(&person) => {
            // The note stays: by it a reservation comes back that led to nothing.
            next.state = Held;
            next.job = Some(job);
        }
        (Held, Event::Assign) => next.state = Assigning,
        (Assigning, Event::Assign) => {}
        (Held | Assigning, Event::Confirm) => {
            free(&mut next, Used);
            next.holder.clone_from(&entry.holder);
        }
        (Held, Event::GiveBack) if entry.note.is_some() => {
            next.state = Reserved;
            next.job = None;
        }
        (Held, Event::GiveBack) => free(&mut next, Available),
        (Held | Assigning, Event::Settle(_)) if planted::is(Bug::PickSettling) => {
            free(&mut next, Available);
        }
        (Held | Assigning, Event::Settle(until)) => {
            free(&mut next, Settling);
            next.until = Some(until);
            if entry.note.is_some() {
                next.holder.clone_from(&entry.holder);
                next.note.clone_from(&entry.note);
            }
        }
        (Used | Releasing, Event::TakeFrom(person, job))
            if entry.holder.as_ref() == Some(&person) =>
        {
            next.state = Releasing;
            next.job = Some(job);
        }
        (Releasing, Event::Release(None)) => free(&mut next, Available),
        (Releasing, Event::Release(Some(until))) => {
            free(&mut next, Cooling);
            next.until = Some(until);
        }
        // It was not taken away after all.
        (Releasing, Event::Confirm) => {
            next.state = Used;
            next.job = None;
        }
        (
            Available | Cooling | Reserved | Releasing,
            Event::Reserve {
                holder,
                until,
                note,
            },
        ) => {
            free(&mut next, Reserved);
            next.holder = holder;
            next.until = until;
            next.note = Some(note);
        }
        // It settles first, and is kept for them then.
        (Settling, Event::Reserve { holder, note, .. }) if entry.holder.is_none() => {
            next.holder = holder;
            next.note = Some(note);
        }
        (Available | Cooling | Reserved, Event::Cool(until)) => {
            free(&mut next, Cooling);
            next.until = Some(until);
        }
        (Cooling | Reserved, Event::Free) => free(&mut next, Available),
        (Conflict, Event::Found(Truth::Nobody)) => free(&mut next, Available),
        (Available | Conflict, Event::Found(Truth::Person(holder))) => {
            free(&mut next, Used);
            next.holder = Some(holder);
        }
        (Available | Conflict, Event::Found(Truth::Utility(holder))) => {
            free(&mut next, UsedUtility);
            next.holder = Some(holder);
        }
        (Reserved, Event::Rested(now)) if entry.until.is_some_and(|end| end <= now) => {
            free(&mut next, Available);
        }
        (Settling, Event::Rested(now))
            if entry.note.is_some() && entry.until.is_none_or(|end| end <= now) =>
        {
            next.state = Reserved;
            next.until = None;
        }
        (Settling | Cooling, Event::Rested(now)) if entry.until.is_none_or(|end| end <= now) => {
            free(&mut next, Available);
        }
        (
            Held | Assigning | Used | UsedUtility | Releasing | Available | Reserved | Cooling,
            Event::Contest(note),
        ) => {
            next.state = Conflict;
            next.until = None;
            next.job = None;
            next.note = Some(note);
        }
        (
            Available | Held | Assigning | Used | UsedUtility | Reserved | Releasing | Settling
            | Cooling | Conflict,
            Event::Hold(..)
            | Event::Assign
            | Event::Confirm
            | Event::GiveBack
            | Event::Settle(_)
            | Event::TakeFrom(..)
            | Event::Release(_)
            | Event::Rested(_)
            | Event::Contest(_)
            | Event::Reserve { .. }
            | Event::Cool(_)
            | Event::Free
            | Event::Found(_),
        ) => return None,
    }
    Some(next)
}

/// What follows of what Microsoft shows about a number, when nobody is at work on it (F64); `None` = both agree, or it is not judged.
/// What somebody gave in Teams by hand is theirs (V15); everything else that does not agree is for a person to look at. Nothing is ever
/// deleted.
pub fn audited(entry: &Entry, truth: &Truth) -> Option<Event> {
    use NumberState::{
        Assigning, Available, Conflict, Cooling, Held, Releasing, Reserved, Settling, Used,
        UsedUtility,
    };
    let same = |holder: &UserId| {
        let ours = entry.holder.as_ref();
        ours.is_some_and(|ours| ours.0.eq_ignore_ascii_case(&holder.0))
    };
    match (entry.state, truth) {
        (Held | Assigning | Releasing | Settling | Conflict, _)
        | (Available | Reserved | Cooling, Truth::Nobody) => None,
        (Used, Truth::Person(holder)) | (UsedUtility, Truth::Utility(holder)) if same(holder) => {
            None
        }
        (Available, Truth::Person(_) | Truth::Utility(_)) => Some(Event::Found(truth.clone())),
        (Used | UsedUtility, Truth::Nobody) => Some(Event::Contest(format!(
            "{} for us, free at Microsoft",
            entry.state
        ))),
        (
            Used | UsedUtility | Reserved | Cooling,
            Truth::Person(holder) | Truth::Utility(holder),
        ) => Some(Event::Contest(format!(
            "{} for us, {}'s at Microsoft",
            entry.state, holder.0
        ))),
    }
}

/// Until when a number rests that is released now; `None` = it does not (F60).
pub fn rests(days: Option<u16>, now: Time) -> Option<Time> {
    let days = days.filter(|days| *days > 0)?;
    Some(now + config::DAY * u32::from(days))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::number::E164;

    const NOW: Time = Time::from_millis(1_000_000);

    fn events() -> Vec<(&'static str, Event)> {
        let (adele, job) = (UserId("adele".into()), JobId("1".into()));
        vec![
            ("hold", Event::Hold(adele.clone(), job.clone())),
            (
                "hold for another",
                Event::Hold(UserId("ben".into()), job.clone()),
            ),
            ("assign", Event::Assign),
            ("confirm", Event::Confirm),
            ("give back", Event::GiveBack),
            ("settle", Event::Settle(NOW)),
            ("take", Event::TakeFrom(adele, job.clone())),
            (
                "take from another",
                Event::TakeFrom(UserId("ben".into()), job),
            ),
            ("release", Event::Release(None)),
            ("release to cool", Event::Release(Some(NOW))),
            ("rested", Event::Rested(NOW)),
            ("contest", Event::Contest("why".into())),
            (
                "reserve",
                Event::Reserve {
                    holder: None,
                    until: None,
                    note: "why".into(),
                },
            ),
            ("cool", Event::Cool(NOW)),
            ("free", Event::Free),
            ("found nobody's", Event::Found(Truth::Nobody)),
            (
                "found a person's",
                Event::Found(Truth::Person(UserId("ben".into()))),
            ),
            (
                "found a utility's",
                Event::Found(Truth::Utility(UserId("desk".into()))),
            ),
        ]
    }

    /// F56, F72, V1: the whole table; what is not in it is refused.
    #[test]
    fn what_may_become_of_a_number() {
        let mut table = String::new();
        for state in NumberState::ALL {
            let mut entry = Entry::new(E164::parse("+1205").unwrap(), None, None);
            entry.state = state;
            if state != NumberState::Available {
                entry.holder = Some(UserId("adele".into()));
            }
            let ends = events().into_iter().filter_map(|(name, event)| {
                let next = after(&entry, event)?;
                Some(format!("{name} > {}", next.state))
            });
            let ends: Vec<String> = ends.collect();
            table += &format!("{state}: {}\n", ends.join(", "));
        }
        expect_test::expect![[r#"
            available: hold > held, hold for another > held, contest > conflict, reserve > reserved, cool > cooling, found a person's > used, found a utility's > used_utility
            held: assign > assigning, confirm > used, give back > available, settle > settling, contest > conflict
            assigning: assign > assigning, confirm > used, settle > settling, contest > conflict
            used: hold > held, take > releasing, contest > conflict
            used_utility: contest > conflict
            reserved: hold > held, contest > conflict, reserve > reserved, cool > cooling, free > available
            releasing: confirm > used, take > releasing, release > available, release to cool > cooling, contest > conflict, reserve > reserved
            settling: rested > available
            cooling: rested > available, contest > conflict, reserve > reserved, cool > cooling, free > available
            conflict: found nobody's > available, found a person's > used, found a utility's > used_utility
        "#]].assert_eq(&table);
    }

    /// F64, V15: what is seen at Microsoft, whatever the state for us; nothing is deleted, and nothing in the hands of a job is touched.
    #[test]
    fn what_follows_of_what_microsoft_shows() {
        let adele = UserId("Adele".into());
        let truths = [
            ("nobody's", Truth::Nobody),
            ("the same's", Truth::Person(UserId("adele".into()))),
            ("ben's", Truth::Person(UserId("ben".into()))),
            ("a desk's", Truth::Utility(UserId("desk".into()))),
        ];
        let mut table = String::new();
        for state in NumberState::ALL {
            let mut entry = Entry::new(E164::parse("+1205").unwrap(), None, None);
            entry.state = state;
            entry.holder = (state != NumberState::Available).then(|| adele.clone());
            let ends = truths.iter().filter_map(|(name, truth)| {
                let next = after(&entry, audited(&entry, truth)?).unwrap();
                Some(format!("{name} > {}", next.state))
            });
            let ends: Vec<String> = ends.collect();
            table += &format!("{state}: {}\n", ends.join(", "));
        }
        expect_test::expect![[r#"
            available: the same's > used, ben's > used, a desk's > used_utility
            held: 
            assigning: 
            used: nobody's > conflict, ben's > conflict, a desk's > conflict
            used_utility: nobody's > conflict, the same's > conflict, ben's > conflict, a desk's > conflict
            reserved: the same's > conflict, ben's > conflict, a desk's > conflict
            releasing: 
            settling: 
            cooling: the same's > conflict, ben's > conflict, a desk's > conflict
            conflict: 
        "#]].assert_eq(&table);
    }

    /// F60: what still settles or cools is left alone until its time has come, and then belongs to nobody.
    #[test]
    fn a_number_rests_until_its_time_has_come() {
        let mut entry = Entry::new(E164::parse("+1205").unwrap(), None, None);
        entry.state = NumberState::Cooling;
        entry.holder = Some(UserId("adele".into()));
        entry.until = Some(NOW);
        let early = NOW - std::time::Duration::from_millis(1);
        assert_eq!(after(&entry, Event::Rested(early)), None);
        let rested = after(&entry, Event::Rested(NOW)).unwrap();
        assert_eq!((rested.holder, rested.until), (None, None));
        assert_eq!(rests(None, NOW), None);
        assert_eq!(rests(Some(0), NOW), None);
        assert_eq!(rests(Some(30), NOW), Some(NOW + config::DAY * 30));
    }
}
