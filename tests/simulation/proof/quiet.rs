//! Runs what may panic, keeps what the panic said, and prints nothing.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// What the last panic of this thread said, while somebody listens.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// The result, or what the last panic said and where: those before it were survived.
pub fn quietly<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let is_heard = HEARD.with_borrow_mut(|heard| {
                let heard = heard.as_mut();
                heard.map(|heard| *heard = info.to_string()).is_some()
            });
            if !is_heard {
                before(info);
            }
        }));
    });
    let outer = HEARD.replace(Some(String::new()));
    let worked = panic::catch_unwind(AssertUnwindSafe(work));
    let heard = HEARD.replace(outer).unwrap_or_default();
    worked.map_err(|_| heard)
}
