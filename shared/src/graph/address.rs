//! Which addresses a token may go to, and what may stand in a path.

use std::net::IpAddr;

use http::{Method, Uri};

use crate::error::{Error, Kind, Result};

/// The version of Graph that is spoken; beta never is.
const VERSION: &str = "/v1.0";

/// Whether a configured address can be used; `what` names it in the error, which is [`Kind::Invalid`].
pub fn check_address(text: &str, what: &str) -> Result<()> {
    Base::parse(text, what).map(|_| ())
}

/// The address of a host that is trusted with credentials: scheme, host and port, and a path in front of everything.
#[derive(Clone, Debug)]
pub(super) struct Base {
    text: String,
    uri: Uri,
}

impl Base {
    /// Reads a configured address; `what` names it in the error. Plain `http` is for loopback and `.local` hosts only.
    pub(super) fn parse(text: &str, what: &str) -> Result<Self> {
        let wrong = |why: &str| Error::new(Kind::Invalid, format!("the address of {what} {why}"));
        let text = text.trim_end_matches('/').to_owned();
        let uri: Uri = text.parse().map_err(|_| wrong("is not a URL"))?;
        let Some((scheme, host, _)) = origin(&uri) else {
            return Err(wrong("is not a URL with scheme and host"));
        };
        if uri.query().is_some() {
            return Err(wrong("holds a query"));
        }
        match scheme.as_str() {
            "https" => Ok(Self { text, uri }),
            "http" if is_local(&host) => Ok(Self { text, uri }),
            _ => Err(wrong("does not begin with https")),
        }
    }

    /// The address as text, without a slash at its end.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// The address of `path`, which begins with a slash, in Graph.
    pub(super) fn graph(&self, path: &str) -> Result<Uri> {
        format!("{}{VERSION}{path}", self.text)
            .parse()
            .map_err(|error| {
                Error::new(Kind::Invalid, "making the address of a request").with_source(error)
            })
    }

    /// The address that Microsoft gave in a `nextLink`, `deltaLink` or `Location`: refused unless scheme, host and port are
    /// ours, because the token goes there (fault 19).
    pub(super) fn link(&self, link: &str) -> Result<Uri> {
        let uri: Uri = link
            .parse()
            .map_err(|_| Error::new(Kind::Invalid, "Microsoft gave a link that is not a URL"))?;
        if origin(&uri).is_some() && origin(&uri) == origin(&self.uri) {
            return Ok(uri);
        }
        let host: String = uri.host().unwrap_or("nowhere").chars().take(100).collect();
        Err(Error::new(
            Kind::Invalid,
            format!("Microsoft gave a link to another host, {host}: not followed"),
        ))
    }

    /// Refuses every DELETE but that of one membership: `/groups/{guid}/members/{guid}/$ref`. A slip in a path must never be
    /// able to delete a user or a group.
    pub(super) fn guard(&self, method: &Method, uri: &Uri) -> Result<()> {
        if method != Method::DELETE {
            return Ok(());
        }
        let prefix = self.uri.path().trim_end_matches('/');
        let path = uri
            .path()
            .strip_prefix(prefix)
            .and_then(|path| path.strip_prefix(VERSION));
        let parts: Vec<&str> = path.unwrap_or_default().split('/').collect();
        match parts.as_slice() {
            ["", "groups", group, "members", member, "$ref"]
                if is_guid(group) && is_guid(member) && uri.query().is_none() =>
            {
                Ok(())
            }
            _ => Err(Error::new(
                Kind::Invalid,
                "a DELETE other than that of a group membership is never sent",
            )),
        }
    }
}

/// Scheme, host and port; `None` where one is missing, or where a user name stands before the host.
fn origin(uri: &Uri) -> Option<(String, String, u16)> {
    let scheme = uri.scheme_str()?.to_ascii_lowercase();
    let authority = uri
        .authority()
        .filter(|authority| !authority.as_str().contains('@'))?;
    let host = authority.host().to_ascii_lowercase();
    let port = authority
        .port_u16()
        .unwrap_or(if scheme == "https" { 443 } else { 80 });
    Some((scheme, host, port))
}

fn is_local(host: &str) -> bool {
    let ip = host
        .trim_start_matches('[')
        .trim_end_matches(']')
        .parse::<IpAddr>();
    host == "localhost" || host.ends_with(".local") || ip.is_ok_and(|ip| ip.is_loopback())
}

/// 8-4-4-4-12 hexadecimal digits.
fn is_guid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// Whether `id` can be an object id: 1 to 64 letters, digits and hyphens. Anything else could lead to another path or key.
pub(super) fn is_id(id: &str) -> bool {
    (1..=64).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// `id` as a part of a path; refused if it could be anything else.
pub(super) fn id_in_path(id: &str) -> Result<&str> {
    if is_id(id) {
        return Ok(id);
    }
    Err(Error::new(
        Kind::Invalid,
        "an object id holds other characters than letters, digits and hyphens",
    ))
}

/// Percent-encodes everything but RFC 3986's unreserved characters; right in paths, queries and forms.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base() -> Base {
        Base::parse("https://graph.microsoft.com/", "Graph").unwrap()
    }

    /// F3.
    #[test]
    fn plain_http_is_for_local_hosts_only() {
        for fine in [
            "https://x.example",
            "http://127.0.0.1:8080",
            "http://localhost",
            "http://[::1]:1",
            "http://graph.local/a",
        ] {
            assert!(Base::parse(fine, "Graph").is_ok(), "{fine}");
        }
        for bad in [
            "http://x.example",
            "http://local",
            "http://127.0.0.1.example",
            "ftp://localhost",
            "graph.microsoft.com",
            "/x",
            "",
            "https://a@b",
            "https://a?b",
        ] {
            assert!(Base::parse(bad, "Graph").is_err(), "{bad}");
        }
    }

    /// Fault 19.
    #[test]
    fn a_link_stays_with_our_host() {
        let base = base();
        for fine in [
            "https://graph.microsoft.com/v1.0/users?$skiptoken=a",
            "HTTPS://Graph.Microsoft.com:443/x",
        ] {
            assert!(base.link(fine).is_ok(), "{fine}");
        }
        for bad in [
            "https://evil.example/v1.0/users",
            "http://graph.microsoft.com/v1.0/users",
            "https://graph.microsoft.com:444/",
            "https://graph.microsoft.com@evil.example/",
            "https://me@graph.microsoft.com/",
            "https://graph.microsoft.com\\@evil.example/",
            "https://graph.microsoft.com.evil.example/",
            "//graph.microsoft.com/",
            "/v1.0/users",
            "https://graph.microsoft.com\t.evil.example/",
            "",
        ] {
            assert_eq!(base.link(bad).unwrap_err().kind(), &Kind::Invalid, "{bad}");
        }
        let error = base
            .link("https://evil.example/x?secret=1")
            .unwrap_err()
            .to_string();
        assert!(error.contains("evil.example") && !error.contains("secret"));
    }

    #[test]
    fn only_a_membership_may_be_deleted() {
        let base = base();
        let guid = "87d349ed-44d7-43e1-9a83-5f2406dee5bd";
        let guarded = |path: &str| {
            base.guard(&Method::DELETE, &base.graph(path).unwrap())
                .is_ok()
        };
        assert!(guarded(&format!("/groups/{guid}/members/{guid}/$ref")));
        for path in [
            format!("/groups/{guid}/members/{guid}"),
            format!("/groups/{guid}"),
            format!("/users/{guid}"),
            format!("/groups/{guid}/members/../$ref"),
            format!("/groups/{guid}/owners/{guid}/$ref"),
            format!("/groups/{guid}/members/{guid}/$ref?x=y"),
            format!("/x/groups/{guid}/members/{guid}/$ref"),
        ] {
            assert!(!guarded(&path), "{path}");
        }
        assert!(
            base.guard(
                &Method::PATCH,
                &base.graph(&format!("/users/{guid}")).unwrap()
            )
            .is_ok()
        );
    }

    #[test]
    fn nothing_but_an_id_gets_into_a_path() {
        assert!(id_in_path("87d349ed-44d7-43e1-9a83-5f2406dee5bd").is_ok());
        for bad in ["", "..", "a/b", "a?b", "a%2Fb", "ü", &"a".repeat(65)] {
            assert!(id_in_path(bad).is_err(), "{bad}");
        }
        assert_eq!(encode("A b'ü/+&=.~"), "A%20b%27%C3%BC%2F%2B%26%3D.~");
    }
}
