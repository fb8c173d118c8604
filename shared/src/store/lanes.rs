//! Leases, wake-ups and marks of lanes (L1-L5).

use std::collections::BTreeSet;

use aws_sdk_dynamodb::types::AttributeValue;

use super::keys::{self, Key};
use super::write::{Write, Written};
use super::{Query, Range, Store, decode, text};
use crate::error::Result;
use crate::model::lane::{Lane, LaneRow, Mark};
use crate::model::tenant::TenantId;
use crate::model::time::Time;
use crate::planted::{self, Bug};

/// What a release found.
#[derive(Debug, PartialEq, Eq)]
pub enum Released {
    /// The lane is free.
    Yes,
    /// Somebody rang since the last look began: look again (L3). The lane is still ours.
    Rung(Box<LaneRow>),
    /// The lane is somebody else's by now.
    Lost,
}

impl Store {
    /// Takes a lane if nobody holds it (L1). `wake_at` stays as it is. `None` = somebody does.
    pub async fn claim(
        &self,
        tenant: &TenantId,
        lane: Lane,
        now: Time,
        until: Time,
    ) -> Result<Option<LaneRow>> {
        let write = Write::update(
            keys::lane(tenant, lane),
            "SET #format = :format, #fence = if_not_exists(#fence, :zero) + :one, #crashes = if_not_exists(#crashes, :zero) + :one, \
             #rung = if_not_exists(#rung, :zero), #until = :until"
                .to_owned()
                + if planted::is(Bug::ClaimClearsWake) {
                    " REMOVE wake_at, due_pk, due_sk"
                } else {
                    ""
                },
        )
        .when("attribute_not_exists(#until) OR #until < :now")
        .name("fence")
        .name("crashes")
        .name("rung")
        .name("until")
        .name("format")
        .number("format", super::FORMAT)
        .number("zero", 0)
        .number("one", 1)
        .number("until", until.millis())
        .number("now", now.millis());
        match self.write(write).await? {
            Written::Yes(Some(item)) => decode(item).map(Some),
            Written::Yes(None) | Written::Refused(_) => Ok(None),
        }
    }

    /// Keeps a lane (L1). `None` = it is somebody else's by now.
    pub async fn renew(
        &self,
        tenant: &TenantId,
        lane: Lane,
        fence: u64,
        until: Time,
    ) -> Result<Option<LaneRow>> {
        let write = Write::update(keys::lane(tenant, lane), "SET #until = :until")
            .when("#fence = :fence AND attribute_exists(#until)")
            .name("until")
            .name("fence")
            .number("fence", fence)
            .number("until", until.millis());
        match self.write(write).await? {
            Written::Yes(Some(item)) => decode(item).map(Some),
            Written::Yes(None) | Written::Refused(_) => Ok(None),
        }
    }

    /// Gives a lane back, if nobody rang since `seen` was read (L3), and sets when the sweep rings next (L4). The marks in `done`
    /// are taken off.
    pub async fn release(
        &self,
        tenant: &TenantId,
        lane: Lane,
        seen: &LaneRow,
        done: &BTreeSet<Mark>,
        wake_at: Option<Time>,
    ) -> Result<Released> {
        let mut set = "SET #crashes = :zero".to_owned();
        let mut remove = " REMOVE #until".to_owned();
        match wake_at {
            Some(_) => set.push_str(", #wake_at = :wake_at, #due_pk = :wake, #due_sk = :wake_key"),
            None => remove.push_str(", #wake_at, #due_pk, #due_sk"),
        }
        if done.contains(&Mark::Poll) {
            remove.push_str(", #poll_at");
        }
        let delete = if done.is_empty() {
            ""
        } else {
            " DELETE #marks :done"
        };
        let mut write = Write::update(keys::lane(tenant, lane), format!("{set}{remove}{delete}"))
            .name("crashes")
            .name("until")
            .name("wake_at")
            .name("due_pk")
            .name("due_sk")
            .number("zero", 0);
        if !planted::is(Bug::ReleaseAlways) {
            write = write
                .when("#fence = :fence AND attribute_exists(#until) AND #rung = :rung")
                .name("fence")
                .name("rung")
                .number("fence", seen.fence)
                .number("rung", seen.rung);
        }
        if done.contains(&Mark::Poll) {
            write = write.name("poll_at");
        }
        if !done.is_empty() {
            let names = done.iter().map(|mark| mark.name().to_owned()).collect();
            write = write.name("marks").value("done", AttributeValue::Ss(names));
        }
        if let Some(at) = wake_at {
            let wake = keys::wake(tenant, lane, at);
            write = write
                .number("wake_at", at.millis())
                .text("wake", wake.pk)
                .text("wake_key", wake.sk);
        }
        match self.write(write).await? {
            Written::Yes(_) => Ok(Released::Yes),
            Written::Refused(None) => Ok(Released::Lost),
            Written::Refused(Some(item)) => {
                let row: LaneRow = decode(item)?;
                // J5: the release may have been ours, its answer lost and the request repeated by the SDK.
                let ours_already = row.fence == seen.fence && row.until.is_none();
                Ok(match (ours_already, row.fence == seen.fence) {
                    (true, _) => Released::Yes,
                    (false, true) => Released::Rung(Box::new(row)),
                    (false, false) => Released::Lost,
                })
            }
        }
    }

    /// Makes a lane due now and leaves a mark on it, if there is one (L2). The doorbell comes after.
    pub async fn ring(
        &self,
        tenant: &TenantId,
        lane: Lane,
        mark: Option<Mark>,
        now: Time,
    ) -> Result<()> {
        self.write(rung(tenant, lane, mark, now)).await.map(|_| ())
    }

    /// The lanes that want to be rung by `now`, the longest waiting first, at most `limit` (L5). The index may lag: they are
    /// hints.
    pub async fn wakes(&self, now: Time, limit: i32) -> Result<Vec<(TenantId, Lane)>> {
        let until = keys::due_until(now);
        let query = Query {
            backwards: false,
            index: Some(keys::DUE),
            partition: keys::WAKE,
            range: Range::Until(&until),
            limit: Some(limit),
            from: None,
        };
        let page = self.query(query).await?;
        Ok(page
            .items
            .iter()
            .filter_map(|item| keys::read_wake(super::text(item, "due_sk")?))
            .collect())
    }

    /// A lane's row as it is.
    pub async fn lane(&self, tenant: &TenantId, lane: Lane) -> Result<LaneRow> {
        Ok(self
            .get_as(&keys::lane(tenant, lane))
            .await?
            .unwrap_or_default())
    }

    /// The rows of all lanes that somebody ever worked in or rang, in one request.
    pub async fn lanes(&self, tenant: &TenantId) -> Result<Vec<(Lane, LaneRow)>> {
        let asked = Query {
            backwards: false,
            index: None,
            partition: &keys::tenant_partition(tenant),
            range: Range::Prefix(keys::LANE),
            limit: None,
            from: None,
        };
        let mut lanes = Vec::new();
        for item in self.query(asked).await?.items {
            let sk = text(&item, "sk").unwrap_or_default();
            let of = |lane: &Lane| keys::lane(tenant, *lane).sk == sk;
            if let Some(lane) = Lane::ALL.into_iter().find(of) {
                lanes.push((lane, decode(item)?));
            }
        }
        Ok(lanes)
    }
}

/// The part of a transaction by which a lane is rung (L2).
pub(crate) fn rung(tenant: &TenantId, lane: Lane, mark: Option<Mark>, now: Time) -> Write {
    let Key { pk, sk } = keys::wake(tenant, lane, now);
    let add = if mark.is_some() {
        "ADD #rung :one, #marks :mark"
    } else {
        "ADD #rung :one"
    };
    let poll = if mark == Some(Mark::Poll) {
        ", #poll_at = :now"
    } else {
        ""
    };
    let mut write = Write::update(
        keys::lane(tenant, lane),
        format!(
            "{add} SET #wake_at = :now, #rung_at = :now, #due_pk = :wake, #due_sk = :key{poll}"
        ),
    )
    .name("rung")
    .name("wake_at")
    .name("rung_at")
    .name("due_pk")
    .name("due_sk")
    .number("one", 1)
    .number("now", now.millis())
    .text("wake", pk)
    .text("key", sk);
    if mark == Some(Mark::Poll) {
        write = write.name("poll_at");
    }
    if let Some(mark) = mark {
        write = write
            .name("marks")
            .value("mark", AttributeValue::Ss(vec![mark.name().to_owned()]));
    }
    write
}
