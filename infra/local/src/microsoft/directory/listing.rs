//! Lists: pages, the links between them, what advanced queries need (`graph-api.md 2.1`, `2.3`).

use serde_json::{Value, json};

use crate::microsoft::state::world::World;
use crate::microsoft::wire::answer::{Answer, Refusal};
use crate::microsoft::wire::link::{After, seal, unseal};
use crate::microsoft::wire::request::{Query, Request};

impl World {
    /// The next `top` of these and where the list goes on, with an empty page now and then.
    pub(crate) fn page<T>(
        &self,
        list: &str,
        after: &After,
        top: usize,
        items: impl Iterator<Item = T>,
        id: impl Fn(&T) -> &str,
    ) -> (Vec<T>, Option<After>) {
        let mut items = items.peekable();
        let some = items.peek().is_some();
        if some
            && !after.rested
            && self.chance.happens(
                self.options.empty_page_permille,
                "empty page",
                &format!("{list} {}", after.id),
                0,
            )
        {
            return (
                Vec::new(),
                Some(After {
                    id: after.id.clone(),
                    rested: true,
                }),
            );
        }
        let page: Vec<T> = items.by_ref().take(top).collect();
        let more = items.peek().is_some();
        let next = page.last().filter(|_| more).map(|last| After {
            id: id(last).to_owned(),
            rested: false,
        });
        (page, next)
    }

    /// A page as an answer. `of`: what it is a list of; `path`: where it is asked for.
    pub(crate) fn list(
        &self,
        of: &str,
        path: &str,
        request: &Request,
        value: Vec<Value>,
        next: Option<After>,
    ) -> Answer {
        let mut body = json!({"@odata.context": self.context(of), "value": value});
        if let Some(next) = next {
            body["@odata.nextLink"] = json!(self.next_link(path, &request.query, &next));
        }
        Answer::ok(body)
    }

    pub(crate) fn context(&self, of: &str) -> String {
        format!("{}/v1.0/$metadata#{of}", self.options.base_url)
    }

    /// The absolute link to the rest of a list, with the options of its first page.
    fn next_link(&self, path: &str, query: &Query, next: &After) -> String {
        let options: String = query
            .pairs()
            .filter(|(name, _)| *name != "$skiptoken")
            .map(|(name, value)| format!("{name}={}&", encode(value)))
            .collect();
        format!(
            "{}/v1.0/{path}?{options}$skiptoken={}",
            self.options.base_url,
            seal(next)
        )
    }
}

/// Where the list that a request asks for goes on.
pub(crate) fn after(query: &Query) -> Result<After, Refusal> {
    query
        .get("$skiptoken")
        .map_or_else(|| Ok(After::default()), unseal)
}

/// Whether the header that advanced queries need is there.
pub(super) fn eventual(request: &Request) -> bool {
    request
        .header("consistencylevel")
        .is_some_and(|level| level.eq_ignore_ascii_case("eventual"))
}

fn encode(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~$,/:()'".contains(byte);
    text.bytes()
        .map(|byte| {
            if plain(&byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
