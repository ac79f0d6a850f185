//! Which database: the scheme of the address decides, never a guess.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The address of a database.
#[derive(Clone, Eq, PartialEq)]
pub enum DatabaseUrl {
    /// `sqlite:PATH`: one file.
    Sqlite(PathBuf),
    /// `postgres://…`: a server.
    Postgres(String),
}

/// An address that is not taken, and why.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadUrl {
    /// Neither of the two schemes.
    #[error("no database address: write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    Scheme,
    /// No path behind `sqlite:`.
    #[error("sqlite: names no file: write sqlite:PATH")]
    NoPath,
    /// This build talks to PostgreSQL in clear text, so only to this machine.
    #[error(
        "host '{0}' is not this machine and this build has no TLS to the database: use a local PostgreSQL, a local socket or a local tunnel"
    )]
    NotLocal(String),
}

impl FromStr for DatabaseUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            return if path.is_empty() { Err(BadUrl::NoPath) } else { Ok(Self::Sqlite(PathBuf::from(path))) };
        }
        let rest = text.strip_prefix("postgres://").or_else(|| text.strip_prefix("postgresql://"));
        let rest = rest.ok_or(BadUrl::Scheme)?;
        let authority = rest.split(['/', '?']).next().unwrap_or_default();
        let host_and_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let host = host_of(host_and_port);
        let local = ["", "localhost", "127.0.0.1", "::1"].contains(&host)
            || host.starts_with("%2F")
            || host.starts_with("%2f");
        // A host among the parameters would win over the one in the address.
        let parameters = rest.split_once('?').map_or("", |(_, parameters)| parameters);
        for parameter in parameters.split('&') {
            if let Some(value) =
                parameter.strip_prefix("host=").or_else(|| parameter.strip_prefix("hostaddr="))
            {
                let socket = value.starts_with('/') || value.to_ascii_lowercase().starts_with("%2f");
                if !socket && !["localhost", "127.0.0.1", "::1"].contains(&value) {
                    return Err(BadUrl::NotLocal(value.to_owned()));
                }
            }
        }
        if local { Ok(Self::Postgres(text.to_owned())) } else { Err(BadUrl::NotLocal(host.to_owned())) }
    }
}

fn host_of(host_and_port: &str) -> &str {
    if let Some(bracketed) = host_and_port.strip_prefix('[') {
        return bracketed.split(']').next().unwrap_or_default();
    }
    host_and_port.split(':').next().unwrap_or_default()
}

/// Without the password.
impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(text) => {
                let (scheme, rest) = text.split_once("://").unwrap_or(("postgres", text));
                let (authority, tail) = rest.find(['/', '?']).map_or((rest, ""), |at| rest.split_at(at));
                let place = authority.rsplit_once('@').map_or(authority.to_owned(), |(user, host)| {
                    format!("{}@{host}", user.split(':').next().unwrap_or_default())
                });
                write!(f, "{scheme}://{place}{tail}")
            }
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scheme_decides_and_a_far_host_is_refused() {
        assert_eq!("sqlite:a/b.db".parse(), Ok(DatabaseUrl::Sqlite("a/b.db".into())));
        assert_eq!("sqlite:".parse::<DatabaseUrl>(), Err(BadUrl::NoPath));
        assert_eq!("a.db".parse::<DatabaseUrl>(), Err(BadUrl::Scheme));
        assert_eq!("postgre://h/d".parse::<DatabaseUrl>(), Err(BadUrl::Scheme));
        for local in
            ["postgres:///d?host=/tmp", "postgres://u:p@localhost:5433/d", "postgresql://[::1]:5432/d"]
        {
            assert!(local.parse::<DatabaseUrl>().is_ok(), "{local}");
        }
        for far in [
            "postgres://db.example.org/d",
            "postgres://localhost/d?host=db.example.org",
            "postgres://u@10.0.0.1/d",
        ] {
            assert!(matches!(far.parse::<DatabaseUrl>(), Err(BadUrl::NotLocal(_))), "{far}");
        }
    }

    #[test]
    fn the_password_is_never_shown() {
        let url: DatabaseUrl = "postgres://u:secret@localhost/d".parse().unwrap();
        assert_eq!(url.to_string(), "postgres://u@localhost/d");
        assert_eq!(format!("{url:?}"), "postgres://u@localhost/d");
    }
}
