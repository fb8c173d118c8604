//! People, one partition after the other.

use std::collections::BTreeSet;

use crate::error::Result;
use crate::model::microsoft::UserId;
use crate::model::person::Person;
use crate::run::decide::{Decider, PAGE};
use crate::store::keys;

/// People read at once by their ids.
const SOME: usize = 100;

/// Whom a decision is about.
pub(super) enum Whom<'a> {
    Everybody,
    These(&'a BTreeSet<UserId>),
}

/// A walk past people, partition by partition and in each in the order of their ids.
#[derive(Default)]
pub(super) struct Walk {
    shard: u8,
    after: Option<UserId>,
}

/// What is seen next.
pub(super) enum Shown {
    People(Vec<Person>),
    All,
    OutOfTime,
}

impl Walk {
    pub(super) async fn next(&mut self, decider: &Decider<'_>, whom: &Whom<'_>) -> Result<Shown> {
        let Decider {
            shell,
            lease,
            tenant,
            ..
        } = *decider;
        if self.shard >= tenant.shards {
            return Ok(Shown::All);
        }
        if !lease.may_go_on() {
            return Ok(Shown::OutOfTime);
        }
        let (people, next) = match whom {
            Whom::Everybody => {
                let after = self.after.as_ref();
                let page = shell.store.people_page(tenant, self.shard, after, PAGE);
                page.await?
            }
            Whom::These(ids) => {
                let here = |id: &&UserId| {
                    keys::shard_of(&id.0, tenant.shards) == self.shard
                        && self.after.as_ref().is_none_or(|after| *id > after)
                };
                let some: Vec<&UserId> = ids.iter().filter(here).take(SOME).collect();
                let next = some.last().filter(|_| some.len() == SOME);
                let next = next.map(|id| (*id).clone());
                let people = shell.store.some_people(tenant, some).await?;
                (people.into_values().collect(), next)
            }
        };
        if next.is_none() {
            self.shard += 1;
        }
        self.after = next;
        Ok(Shown::People(people))
    }
}
