//! Takes Rust apart as far as the contract needs it: code without comments, text and tests; and the comments.

/// The code without comments and with all text emptied, and the comments.
pub struct Parts {
    /// What the compiler sees, but for what stands in quotes.
    pub code: String,
    /// What people see, a line each.
    pub comments: String,
}

/// Parts a source file.
pub fn parts(source: &str) -> Parts {
    let mut parts = Parts {
        code: String::new(),
        comments: String::new(),
    };
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let comment = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            block(rest)
        } else {
            0
        };
        if comment > 0 {
            parts.comments.push_str(&rest[..comment]);
            parts.comments.push('\n');
            rest = &rest[comment..];
        } else if let Some(length) = text(rest) {
            parts.code.push_str("\"\"");
            rest = &rest[length..];
        } else {
            // A word in one piece: its last letter does not begin a raw text.
            let word = rest
                .find(|c: char| !c.is_alphanumeric() && c != '_')
                .unwrap_or(rest.len());
            let length = if word == 0 { first.len_utf8() } else { word };
            parts.code.push_str(&rest[..length]);
            rest = &rest[length..];
        }
    }
    parts
}

/// The length of a block comment; they nest.
fn block(rest: &str) -> usize {
    let mut depth = 0;
    for (at, _) in rest.char_indices() {
        if rest[at..].starts_with("/*") {
            depth += 1;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            if depth == 0 {
                return at + 2;
            }
        }
    }
    rest.len()
}

/// The length of a literal text or character that begins here.
fn text(rest: &str) -> Option<usize> {
    let bare = rest.strip_prefix('b').unwrap_or(rest);
    let prefix = rest.len() - bare.len();
    if let Some(raw) = bare.strip_prefix('r') {
        let hashes = raw.len() - raw.trim_start_matches('#').len();
        let begun = raw[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = begun.find(&end)? + end.len();
        return Some(prefix + 1 + hashes + 1 + length);
    }
    let quote = bare.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut escaped = false;
    for (at, c) in bare.char_indices().skip(1) {
        // A lifetime: one letter or more and no second quote.
        if quote == '\'' && !escaped && at > 1 && c != '\'' && !bare.starts_with("'\\") {
            return None;
        }
        if c == quote && !escaped && at > usize::from(quote == '\'') {
            return Some(prefix + at + 1);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// Code without what is compiled for tests only, and the modules of which all of it is.
pub fn without_tests(code: &str) -> (String, Vec<String>) {
    const TEST: &str = "#[cfg(test)]";
    let mut kept = String::new();
    let mut modules = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(TEST) {
        kept.push_str(&rest[..at]);
        let item = &rest[at + TEST.len()..];
        let length = item_length(item);
        if let Some(name) = item[..length].trim().strip_prefix("mod ") {
            modules.extend(name.strip_suffix(';').map(str::to_owned));
        }
        rest = &item[length..];
    }
    kept.push_str(rest);
    (kept, modules)
}

/// Up to the semicolon or the closing brace that ends an item.
fn item_length(item: &str) -> usize {
    let mut depth = 0_u32;
    for (at, c) in item.char_indices() {
        match c {
            ';' if depth == 0 => return at + 1,
            '{' | '[' | '(' => depth += 1,
            '}' | ']' | ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 && c == '}' {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    item.len()
}

#[test]
fn comments_text_and_tests_are_taken_out() {
    let source = r##"
use a::b; // crate::c
/* crate::d /* nested */ */
fn f<'a>(x: &'a str) -> char { let _ = "crate::e \" // no comment"; let _ = r#"crate::"f"#; '"' }
#[cfg(test)]
mod script;
#[cfg(test)]
mod tests {
    fn g() { crate::h(); }
}
fn k() { '\''; crate::l() }
"##;
    let parts = parts(source);
    assert!(parts.comments.contains("crate::c") && parts.comments.contains("crate::d"));
    let (code, modules) = without_tests(&parts.code);
    assert_eq!(modules, ["script"]);
    assert!(code.contains("crate::l"), "{code}");
    for gone in [
        "crate::c",
        "crate::d",
        "crate::e",
        "crate::\"f",
        "crate::h",
        "no comment",
    ] {
        assert!(!code.contains(gone), "{gone} is left in {code}");
    }
}
