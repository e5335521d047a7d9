//! Lists in pages: `?limit=&cursor=`, answered with `{items, next}`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::Problem;

/// Items on a page if the caller does not say.
pub const LIMIT_DEFAULT: u32 = 50;
/// Items on a page at most.
pub const LIMIT_MAX: u32 = 500;

/// Which page of a list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PageQuery {
    /// Items on the page at most, 1 to 500; 50 if absent.
    pub limit: Option<u32>,
    /// `next` of the page before; absent for the first page.
    pub cursor: Option<String>,
}

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The page's items.
    pub items: Vec<T>,
    /// The cursor of the next page; absent on the last one.
    #[schema(example = "AZNxOBZ8cYGn1vKcH1VJaQ")]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Returns the page of `items`, which were fetched with one more than `limit` to see whether
    /// another page follows. `key` is where an item stands in the list's order.
    pub fn new(mut items: Vec<T>, limit: u32, key: impl Fn(&T) -> Vec<u8>) -> Self {
        let limit = limit as usize;
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next = if has_more { items.last().map(|item| BASE64_URL_SAFE_NO_PAD.encode(key(item))) } else { None };
        Self { items, next }
    }

    /// Returns the page with each item turned into another form.
    pub fn map<U>(self, form: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(form).collect(), next: self.next }
    }
}

/// Checks a page's limit.
///
/// # Errors
///
/// 422 if it is 0 or over [`LIMIT_MAX`].
pub fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(LIMIT_DEFAULT),
        Some(limit @ 1..=LIMIT_MAX) => Ok(limit),
        Some(_) => {
            Err(Problem::invalid_field("query.limit", "out_of_range", format!("must be between 1 and {LIMIT_MAX}")))
        }
    }
}

/// Reads a cursor of `N` bytes.
///
/// # Errors
///
/// 422 if this list did not make it.
pub fn cursor<const N: usize>(text: Option<&str>) -> Result<Option<[u8; N]>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok().and_then(|bytes| <[u8; N]>::try_from(bytes).ok());
    match bytes {
        Some(bytes) => Ok(Some(bytes)),
        None => Err(Problem::invalid_field("query.cursor", "cursor", "is not a cursor of this list")),
    }
}
