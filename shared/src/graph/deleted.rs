//! The directory's recycle bin: who was deleted and can be restored for 30 days (`graph-api.md 2.5`).

use std::collections::BTreeSet;

use super::address::is_id;
use super::client::{Call, Graph, Target};
use super::page::{Fields, Page, body};
use crate::error::Result;
use crate::model::microsoft::UserId;

/// What is asked for: nothing but who.
const FIRST: &str = "/directory/deletedItems/microsoft.graph.user?$select=id&$top=999";

impl Graph {
    /// Everybody in the recycle bin. Who is deleted and not in it is gone for good.
    pub async fn deleted_users(&self) -> Result<BTreeSet<UserId>> {
        let mut found = BTreeSet::new();
        let mut followed: Option<String> = None;
        loop {
            let first = || Target::Path(FIRST.to_owned());
            let target = followed.as_deref().map_or_else(first, Target::Link);
            let answer = self.send(Call::read(target, 1)).await?;
            let page: Page = body(&answer, "reading the recycle bin of people")?;
            let ids = page
                .value
                .iter()
                .filter_map(|element| Fields::of(element)?.get::<String>("id"));
            found.extend(ids.filter(|id| is_id(id)).map(UserId));
            let next = page.next.map(|next| self.onward(followed.as_deref(), next));
            followed = next.transpose()?;
            if followed.is_none() {
                return Ok(found);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::script::{ADELE, graph, reply};
    use super::*;

    /// F17: page by page; an element without a usable id harms nobody else.
    #[tokio::test(start_paused = true)]
    async fn the_recycle_bin_is_read_to_its_end() {
        const NEXT: &str =
            "https://graph.example/v1.0/directory/deletedItems/microsoft.graph.user?$skiptoken=a";
        let (graph, log) = graph(|before| {
            Ok(match before {
                0 => reply(200, &json!({"value": [], "@odata.nextLink": NEXT})),
                _ => reply(200, &json!({"value": [{"id": ADELE}, {"id": "../x"}, 7]})),
            })
        });
        let found = graph.deleted_users().await.unwrap();
        assert_eq!(found, BTreeSet::from([UserId(ADELE.to_owned())]));
        assert_eq!(log.graph().len(), 2);
    }
}
