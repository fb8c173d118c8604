//! What a worker must know for one job besides the person: who is protected, what groups give, which seats are free.

use std::collections::BTreeSet;

use crate::error::{Kind, Result};
use crate::graph::Graph;
use crate::model::group::GroupId;
use crate::model::job::{Job, Origin};
use crate::model::microsoft::{PolicyType, SkuId};
use crate::model::step::Step;
use crate::plan::holds::{Glance, Seen, direct_licences};
use crate::store::jobs::{Plan, Saved};

use super::ask::Request;
use super::seats::Seats;
use super::work::Bench;

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

    /// The licence stock as it was when the first of this pass needed a seat. Where Microsoft does not let us read it, it is
    /// Microsoft's to refuse.
    pub(super) async fn seats(&self) -> Result<&Seats> {
        let read = async || {
            self.lease.permit()?;
            match Seats::read(self.shell, self.tenant, &self.graph).await {
                Err(error) if *error.kind() == Kind::Denied => {
                    Seats::of(self.shell, self.tenant, &[]).await
                }
                read => read,
            }
        };
        self.seats.get_or_try_init(read).await
    }

    /// The licences that these groups give their members.
    pub(super) async fn gives(&self, groups: &[GroupId]) -> Result<Vec<(GroupId, SkuId)>> {
        let read = || self.shell.store.groups(&self.tenant.id);
        let known = self.groups.get_or_try_init(read).await?;
        let mut gives = Vec::new();
        for id in groups {
            let group = known.iter().find(|group| group.id.same(id));
            let skus = group.into_iter().flat_map(|group| &group.licences);
            gives.extend(skus.map(|sku| (id.clone(), sku.clone())));
        }
        Ok(gives)
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
        self.gives(&joined).await
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
                    let gives = self.gives(std::slice::from_ref(group)).await?;
                    needed.extend(gives.into_iter().map(|(_, sku)| sku));
                }
                Request::Location(_)
                | Request::Assign(_)
                | Request::Unassign(_)
                | Request::Leave(_) => {}
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

    /// Stores the job with the seats that are kept for it. False = somebody else wrote it.
    pub(super) async fn save_with_seats(&self, job: &mut Job) -> Result<bool> {
        let now = self.shell.clock.now();
        let saved = self
            .shell
            .store
            .save_with_seats(self.tenant, job, self.lease.worker(), now)
            .await?;
        match saved {
            Saved::Yes => Ok(true),
            Saved::Overtaken => self.make_way(job).await.map(|_| false),
        }
    }

    /// The types of policies that persona and site give the person from now on. An edit by hand gives nothing in their name.
    pub(super) async fn given(&self, job: &Job, plan: &Plan) -> Result<BTreeSet<PolicyType>> {
        match (&plan.wanted, plan.is_edit) {
            (None, _) => Ok(BTreeSet::new()),
            (Some(wanted), false) => Ok(wanted.policies.keys().cloned().collect()),
            (Some(_), true) => {
                let person = self.shell.store.person(self.tenant, &job.person).await?;
                Ok(person.map(|person| person.given).unwrap_or_default())
            }
        }
    }
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
