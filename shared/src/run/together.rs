//! Who asks for the same at the same time asks in one request (`graph-api.md 4.1`, `5.2.2`, `6`): twenty people are read, or get into
//! a group, or are given their policies, at the price of one.

use std::collections::BTreeMap;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::channel::oneshot;
use tokio::sync::OwnedMutexGuard;

use crate::clock::Clock;
use crate::error::{Error, Kind, Result};
use crate::graph::{Bucket, Graph, MOST_AT_ONCE, Policies, Receipt};
use crate::model::group::{GroupId, Membership};
use crate::model::microsoft::{DirectoryUser, UserId};

/// The first waits so long for others: less than a request takes.
const TO_READ: Duration = Duration::from_millis(20);
/// The same for changes, which the pace lets through one after the other.
const TO_CHANGE: Duration = Duration::from_millis(100);

/// The requests of a pass that can be shared. Questions to the Teams administration are not among them: its quota is so small that the twenty
/// parts of a batch, coming in one moment, pass it for that moment.
pub(super) struct Together {
    graph: Graph,
    clock: Clock,
    users: Gathering<(), UserId, Option<DirectoryUser>>,
    members: Gathering<GroupId, UserId, Membership<Receipt>>,
    policies: Gathering<(), (UserId, Policies), Receipt>,
}

impl Together {
    pub fn new(graph: Graph, clock: Clock) -> Self {
        Self {
            graph,
            clock,
            users: Gathering::to_read(),
            members: Gathering::one_at_a_time(),
            policies: Gathering::to_change(),
        }
    }

    /// [`Graph::user`].
    pub async fn user(&self, id: &UserId) -> Result<Option<DirectoryUser>> {
        let place = async || Ok(self.graph.clone());
        let read = async |graph: Graph, (), ids: Vec<UserId>| match &ids[..] {
            [id] => Ok(vec![graph.user(id).await]),
            ids => graph.users_by_id(ids).await.map(outcomes),
        };
        self.users
            .ask(self.clock, (), id.clone(), place, read)
            .await
    }

    /// [`Graph::add_member`].
    pub async fn add_member(
        &self,
        group: &GroupId,
        person: &UserId,
    ) -> Result<Membership<Receipt>> {
        let place = async || self.graph.in_turn(Bucket::DirectoryWrites).await;
        let add = async |graph: Graph, group: GroupId, people: Vec<UserId>| {
            graph.add_members(&group, &people).await.map(outcomes)
        };
        let (group, person) = (group.clone(), person.clone());
        self.members
            .ask(self.clock, group, person, place, add)
            .await
    }

    /// [`Graph::assign_policies`].
    pub async fn assign_policies(&self, person: &UserId, policies: &Policies) -> Result<Receipt> {
        let place = async || self.graph.in_turn(Bucket::Teams).await;
        let assign = async |graph: Graph, (), people: Vec<(UserId, Policies)>| {
            Ok(graph.assign_policies_of(&people).await)
        };
        let one = (person.clone(), policies.clone());
        self.policies.ask(self.clock, (), one, place, assign).await
    }
}

fn outcomes<T>(each: Vec<(UserId, Result<T>)>) -> Vec<Result<T>> {
    each.into_iter().map(|(_, outcome)| outcome).collect()
}

/// Requests that wait for company, by what they have to have in common.
struct Gathering<K, V, T> {
    /// How long the first waits for others.
    patience: Duration,
    /// What it means that whoever was to ask for all of them died doing so.
    unheard: Kind,
    waiting: Mutex<BTreeMap<K, Company<V, T>>>,
    /// A group has one writer at a time (`graph-api.md 4.1`); whoever comes while it writes goes with the next.
    turns: Option<Mutex<BTreeMap<K, Arc<tokio::sync::Mutex<()>>>>>,
}

struct Company<V, T> {
    /// Which one of its kind.
    nth: u64,
    members: Vec<(V, oneshot::Sender<Result<T>>)>,
}

/// What somebody who joins a company has to do for it.
enum Part<V, T> {
    /// Nothing: somebody else asks.
    Listen,
    /// Wait for others, then ask.
    Lead(u64),
    /// Ask at once: it is complete.
    Ask(Vec<(V, oneshot::Sender<Result<T>>)>),
}

impl<K: Ord + Clone, V, T> Gathering<K, V, T> {
    fn to_read() -> Self {
        Self {
            patience: TO_READ,
            unheard: Kind::Unavailable,
            waiting: Mutex::default(),
            turns: None,
        }
    }

    fn to_change() -> Self {
        Self {
            patience: TO_CHANGE,
            unheard: Kind::UnknownOutcome,
            waiting: Mutex::default(),
            turns: None,
        }
    }

    fn one_at_a_time() -> Self {
        Self {
            turns: Some(Mutex::default()),
            ..Self::to_change()
        }
    }

    /// Waits until nobody else changes the same.
    async fn in_turn(&self, key: &K) -> Option<OwnedMutexGuard<()>> {
        let turn = self.turns.as_ref().map(|turns| {
            let mut turns = turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(key.clone()).or_default())
        });
        match turn {
            Some(turn) => Some(turn.lock_owned().await),
            None => None,
        }
    }

    /// Asks for this one together with whoever else asks until there is a `place` in the pace. `carry_out` gives an outcome for each, in
    /// their order.
    async fn ask<P>(
        &self,
        clock: Clock,
        key: K,
        one: V,
        place: impl AsyncFnOnce() -> Result<P>,
        carry_out: impl AsyncFnOnce(P, K, Vec<V>) -> Result<Vec<Result<T>>>,
    ) -> Result<T> {
        let (tell, told) = oneshot::channel();
        let part = self.join(&key, one, tell);
        if let Part::Lead(_) = part {
            clock.sleep(self.patience).await;
        }
        if !matches!(part, Part::Listen) {
            let _turn = self.in_turn(&key).await;
            let place = place().await;
            let company = match part {
                Part::Ask(company) => Some(company),
                Part::Lead(nth) => self.leave(&key, nth),
                Part::Listen => None,
            };
            let (ones, ears): (Vec<V>, Vec<_>) = company.into_iter().flatten().unzip();
            let outcomes = match place {
                _ if ones.is_empty() => Ok(Vec::new()),
                Ok(place) => carry_out(place, key, ones).await,
                Err(error) => Err(error),
            };
            let outcomes =
                outcomes.unwrap_or_else(|error| ears.iter().map(|_| Err(error.like())).collect());
            for (ear, outcome) in ears.into_iter().zip(outcomes) {
                // Who does not listen any more was given up.
                let _ = ear.send(outcome);
            }
        }
        let unheard = || Error::new(self.unheard.clone(), "asked together, and never answered");
        told.await.unwrap_or_else(|_| Err(unheard()))
    }

    fn join(&self, key: &K, one: V, tell: oneshot::Sender<Result<T>>) -> Part<V, T> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let company = waiting.entry(key.clone()).or_default();
        company.members.push((one, tell));
        match company.members.len() {
            1 => Part::Lead(company.nth),
            MOST_AT_ONCE.. => Part::Ask(company.depart()),
            _ => Part::Listen,
        }
    }

    /// The company that this one leads, unless it was complete before.
    fn leave(&self, key: &K, nth: u64) -> Option<Vec<(V, oneshot::Sender<Result<T>>)>> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let company = waiting.get_mut(key);
        let company = company.filter(|company| company.nth == nth);
        company.map(Company::depart)
    }
}

impl<V, T> Company<V, T> {
    fn depart(&mut self) -> Vec<(V, oneshot::Sender<Result<T>>)> {
        self.nth += 1;
        mem::take(&mut self.members)
    }
}

impl<V, T> Default for Company<V, T> {
    fn default() -> Self {
        Self {
            nth: 0,
            members: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures::future::join_all;

    use super::*;

    /// Asks for each of these numbers; what was asked together.
    async fn asked(ones: Vec<usize>) -> (Vec<Result<usize>>, Vec<Vec<usize>>) {
        let gathering = Gathering::to_read();
        let together = Mutex::new(Vec::new());
        let clock = Clock::system();
        let answers = join_all(ones.into_iter().map(|one| {
            let double = async |(), (), ones: Vec<usize>| {
                together.lock().unwrap().push(ones.clone());
                Ok(ones.into_iter().map(|one| Ok(one * 2)).collect())
            };
            gathering.ask(clock, (), one, async || Ok(()), double)
        }))
        .await;
        (answers, together.into_inner().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn everybody_gets_their_own_answer_and_twenty_ask_at_once() {
        let (answers, together) = asked((0..45).collect()).await;
        let answers: Vec<usize> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, (0..45).map(|one| one * 2).collect::<Vec<_>>());
        let sizes: Vec<usize> = together.iter().map(Vec::len).collect();
        assert_eq!(sizes, [20, 20, 5]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_alone_asks_alone() {
        let (answers, together) = asked(vec![7]).await;
        assert_eq!(answers.len(), 1);
        assert_eq!(together, [[7]]);
    }

    /// V6: one group has one writer; whoever comes meanwhile goes with the next.
    #[tokio::test(start_paused = true)]
    async fn who_comes_while_a_change_is_under_way_goes_with_the_next() {
        let gathering = Gathering::<(), usize, ()>::one_at_a_time();
        let together = Mutex::new(Vec::new());
        let clock = Clock::system();
        let ask = |one: usize, after: Duration| {
            let (gathering, together) = (&gathering, &together);
            async move {
                clock.sleep(after).await;
                let change = async |(), (), ones: Vec<usize>| {
                    together.lock().unwrap().push(ones.clone());
                    clock.sleep(TO_CHANGE * 10).await;
                    Ok(ones.iter().map(|_| Ok(())).collect())
                };
                gathering.ask(clock, (), one, async || Ok(()), change).await
            }
        };
        let all = (0..9).map(|nth| ask(nth, TO_CHANGE * 2 * u32::try_from(nth).unwrap()));
        assert!(join_all(all).await.iter().all(Result::is_ok));
        let together = together.into_inner().unwrap();
        assert_eq!(together, [vec![0], vec![1, 2, 3, 4, 5], vec![6, 7, 8]]);
    }

    /// A2: whoever asks for all may die in the middle of it, and what was sent is not known then.
    #[tokio::test(start_paused = true)]
    async fn nobody_waits_for_one_who_died() {
        let gathering = Gathering::<(), usize, usize>::to_change();
        let asked = AtomicUsize::new(0);
        let clock = Clock::system();
        let ask = |one| {
            let never = async |(), (), _| {
                asked.fetch_add(1, Ordering::SeqCst);
                std::future::pending().await
            };
            gathering.ask(clock, (), one, async || Ok(()), never)
        };
        let mut leader = Box::pin(ask(1));
        assert!(futures::poll!(&mut leader).is_pending());
        let mut listener = Box::pin(ask(2));
        assert!(futures::poll!(&mut listener).is_pending());
        clock.sleep(TO_CHANGE * 2).await;
        assert!(futures::poll!(&mut leader).is_pending());
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        drop(leader);
        assert_eq!(listener.await.unwrap_err().kind(), &Kind::UnknownOutcome);
    }
}
