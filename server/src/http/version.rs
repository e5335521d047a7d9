//! Changes by people who know what they change: `ETag` and `If-Match`.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderName, StatusCode, header};

use super::problem::Problem;

/// Returns the header that tells the version of what an answer shows.
pub fn etag(version: u64) -> [(HeaderName, String); 1] {
    [(header::ETAG, format!("\"{version}\""))]
}

/// Which version the caller means to change: the one that they have seen, or `*` for whatever there is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum IfMatch {
    /// Whatever there is.
    Any,
    /// Only this version.
    Version(u64),
}

impl IfMatch {
    /// Checks that the caller has seen `version`.
    ///
    /// # Errors
    ///
    /// 412 if somebody else has changed it since.
    pub fn check(self, version: u64) -> Result<(), Problem> {
        match self {
            Self::Version(seen) if seen != version => {
                let problem = Problem::new(StatusCode::PRECONDITION_FAILED, "changed-meanwhile", "Changed meanwhile");
                Err(problem.detail("Somebody else has changed it. Read it again, and change what you find."))
            }
            Self::Any | Self::Version(_) => Ok(()),
        }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "*" => Some(Self::Any),
            tag => tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok().map(Self::Version),
        }
    }
}

impl<S: Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(header::IF_MATCH) else {
            let problem =
                Problem::new(StatusCode::PRECONDITION_REQUIRED, "if-match-required", "Say what you have seen");
            return Err(problem.detail("Send the ETag of what you change as If-Match; `*` changes whatever there is."));
        };
        // A tag that is none of ours is of no version there is.
        Ok(value.to_str().ok().and_then(Self::parse).unwrap_or(Self::Version(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_something_else_than_was_seen_is_refused() {
        assert_eq!(IfMatch::parse("\"7\""), Some(IfMatch::Version(7)));
        assert_eq!(IfMatch::parse(" * "), Some(IfMatch::Any));
        assert_eq!(IfMatch::parse("7"), None);

        assert!(IfMatch::Version(7).check(7).is_ok() && IfMatch::Any.check(7).is_ok());
        assert_eq!(IfMatch::Version(6).check(7).unwrap_err().status(), StatusCode::PRECONDITION_FAILED);
    }
}
