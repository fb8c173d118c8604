//! What a worker must know for one job besides the person: who is protected, what groups give, which seats are free.

use std::collections::BTreeSet;

use crate::error::{Kind, Result};
use crate::graph::Graph;
use crate::model::group::{Group, GroupId, given_by};
use crate::model::job::{Job, Origin};
use crate::model::microsoft::{PolicyType, SkuId};
use crate::model::step::Step;
use crate::plan::holds::{Glance, Seen, direct_licences};
use crate::store::jobs::{Plan, Saved};

use super::request::Request;
use super::seats::Seats;
use super::work::{Bench, Worked};

impl Bench<'_> {
    /// Why nothing that happens by itself may touch the person, if that is so (F132). Asked once, before anything is sent; what a
    /// person orders goes on.
    pub(super) async fn protected(&self, job: &Job) -> Result<Option<String>> {
        let protected = &self.tenant.settings.protected;
        let is_new = job.asks.is_empty() && job.looked.is_none();
        if job.origin != Origin::Rule || !is_new {
            return Ok(None);
        }
        if protected.people.contains(&job.person) {
            return Ok(Some("this person is protected".to_owned()));
        }
        if protected.groups.is_empty() {
            return Ok(None);
        }
        self.lease.permit()?;
        let groups: Vec<GroupId> = protected.groups.iter().cloned().collect();
        match self.graph.in_groups(&job.person, &groups).await {
            Ok(found) => Ok(found
                .first()
                .map(|group| format!("this person is in the protected group {}", group.0))),
            // Just created, or just deleted: the steps find out.
            Err(error) if *error.kind() == Kind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The groups that personas name, as the last sync saw them.
    async fn groups(&self) -> Result<&[Group]> {
        let read = || self.shell.store.groups(&self.tenant.id);
        self.groups.get_or_try_init(read).await.map(Vec::as_slice)
    }

    /// A group that the last sync did not read; asked for once a pass, however many get into it.
    async fn new_group(&self, id: &GroupId) -> Result<Option<Group>> {
        let mut known = self.new_groups.lock().await;
        if let Some(group) = known.get(id) {
            return Ok(group.clone());
        }
        self.lease.permit()?;
        let group = match self.graph.group(id).await {
            // Whoever may not read groups is told so elsewhere; the step goes on by what the person shows.
            Err(error) if *error.kind() == Kind::Denied => None,
            read => read?,
        };
        known.insert(id.clone(), group.clone());
        Ok(group)
    }

    /// The licence stock as it was when the first of this pass needed a seat.
    pub(super) async fn seats(&self) -> Result<&Seats> {
        let read = async || {
            let groups = self.groups().await?;
            self.lease.permit()?;
            Seats::read(self.shell, self.tenant, &self.graph, groups).await
        };
        self.seats.get_or_try_init(read).await
    }

    /// The licences that the groups of this job give, for the steps that must know it (R59).
    pub(super) async fn inherits(&self, plan: &Plan, step: &Step) -> Result<Vec<(GroupId, SkuId)>> {
        if !matches!(step, Step::Licences { .. } | Step::Groups { .. }) {
            return Ok(Vec::new());
        }
        let mut joined: Vec<GroupId> = Vec::new();
        for step in &plan.steps {
            if let Step::Groups { join } = step {
                joined.extend(join.iter().cloned());
            }
        }
        if joined.is_empty() {
            return Ok(Vec::new());
        }
        let known = self.groups().await?;
        // A persona may name a group since the last sync: what it gives is not known by chance only.
        let mut news = Vec::new();
        for id in &joined {
            if known.iter().all(|one| one.id != *id) {
                news.extend(self.new_group(id).await?);
            }
        }
        let given = given_by(&joined, known).chain(given_by(&joined, &news));
        Ok(given.map(|(id, sku)| (id.clone(), sku.clone())).collect())
    }

    /// The products of which these requests take a seat that the person does not have yet and that is not kept for them.
    pub(super) async fn needed_seats(
        &self,
        job: &Job,
        requests: &[(Request, Graph)],
        seen: &Seen,
    ) -> Result<Vec<SkuId>> {
        let mut needed = BTreeSet::new();
        let mut has = BTreeSet::new();
        for (request, _) in requests {
            match request {
                Request::Licences(change) => {
                    needed.extend(change.add.iter().map(|(sku, _)| sku.clone()));
                    if let Glance::Present(user) = &seen.user {
                        has.extend(direct_licences(user));
                    }
                }
                Request::Join(group) => {
                    let known = self.groups().await?;
                    let given = given_by(std::slice::from_ref(group), known);
                    needed.extend(given.map(|(_, sku)| sku.clone()));
                }
                Request::Location(_)
                | Request::Assign(_)
                | Request::Unassign(_)
                | Request::Leave(_)
                | Request::BlockSignIn
                | Request::RevokeSessions
                | Request::AssignNumber(..)
                | Request::UnassignNumber(_)
                | Request::LocateNumber(..) => {}
            }
        }
        let joins = requests
            .iter()
            .any(|(request, _)| matches!(request, Request::Join(_)));
        if joins && !needed.is_empty() {
            self.lease.permit()?;
            let user = self.graph.user(&job.person).await?;
            let states = user.and_then(|user| user.licence_states);
            has.extend(states.into_iter().flatten().map(|state| state.sku));
        }
        needed.retain(|sku| !has.contains(sku) && !job.seats.contains(sku));
        Ok(needed.into_iter().collect())
    }

    /// Stores an open job with the seats that are kept for it. Something = somebody else wrote it.
    pub(super) async fn save_with_seats(&self, job: &mut Job) -> Result<Option<Worked>> {
        let now = self.shell.clock.now();
        let saved = self
            .shell
            .store
            .save_with_seats(self.tenant, job, self.lease.worker(), now)
            .await?;
        match saved {
            Saved::Yes => Ok(None),
            Saved::Overtaken => Ok(Some(self.make_way(job).await?)),
        }
    }
}

/// The types of policies that persona and site give the person from now on; `None` = as before, because an edit by hand gives nothing
/// in their name.
pub(super) fn given(plan: &Plan) -> Option<BTreeSet<PolicyType>> {
    let wanted = plan.wanted.iter();
    let kinds = wanted.flat_map(|wanted| wanted.policies.keys().cloned());
    (!plan.is_edit).then(|| kinds.collect())
}

/// The groups that the person has left in this job.
pub(super) fn left(plan: &Plan, job: &Job) -> Vec<GroupId> {
    let done = plan.steps.iter().zip(&job.standings);
    let done = done.filter(|(_, standing)| standing.stands.is_final() && standing.stands.carries());
    let mut left = Vec::new();
    for (step, _) in done {
        if let Step::LeaveGroups { leave } = step {
            left.extend(leave.iter().cloned());
        }
    }
    left
}
