//! Lists by pages: a limit, a cursor, and the link to the next page.

use actix_web::HttpMessage;
use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::header;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::de::Error as DeError;

use crate::http::cursor;
use crate::http::cursor::Binding;
use crate::http::etag;
use crate::http::problem::Problem;
use crate::http::run::Moment;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::sealing::SecretKey;
use crate::kernel::time::Timestamp;

/// How many rows a page may have; a field of a query's struct, marked `#[serde(default)]`.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
pub struct Limit(u16);

impl Limit {
    /// The most rows of a page.
    pub const MOST: u16 = 200;

    /// The rows.
    pub fn rows(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self(50)
    }
}

impl<'de> Deserialize<'de> for Limit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rows = u16::deserialize(deserializer)?;
        if (1..=Self::MOST).contains(&rows) { Ok(Self(rows)) } else { Err(D::Error::custom("1 to 200")) }
    }
}

/// The parameters of a list without filters.
#[derive(Clone, Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct WhichPage {
    /// 1 to 200; 50 without it.
    #[serde(default)]
    #[param(value_type = Option<u16>)]
    pub limit: Limit,
    /// Where the page before ended.
    pub cursor: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// Where the next page begins; `null` on the last.
    pub next_cursor: Option<String>,
}

/// A row with what `If-Match` of an act on it needs: the tag under which this caller would read it alone.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Tagged<T> {
    /// The row.
    #[serde(flatten)]
    pub row: T,
    /// Its tag, with its quotes.
    pub etag: String,
}

impl<T: Serialize> Page<T> {
    /// A list that is short by its nature, whole.
    pub fn whole(items: Vec<T>) -> Self {
        Self { items, next_cursor: None }
    }

    /// The same with the tag of each row.
    pub fn tagged(self) -> Result<Page<Tagged<T>>, Error> {
        let tag = |row: T| Ok(Tagged { etag: etag::of(&row)?, row });
        let items: Result<Vec<Tagged<T>>, Error> = self.items.into_iter().map(tag).collect();
        Ok(Page { items: items?, next_cursor: self.next_cursor })
    }

    /// The answer, with the link to the next page (RFC 8288).
    pub fn show(&self, request: &HttpRequest) -> Result<HttpResponse, Problem> {
        let mut response = etag::show(request, self)?;
        if let Some(cursor) = &self.next_cursor {
            let link = next_link(request.path(), request.query_string(), cursor);
            let link = header::HeaderValue::from_str(&link)
                .map_err(|error| Error::internal("a link is no header").caused_by(error))?;
            response.headers_mut().insert(header::LINK, link);
        }
        Ok(response)
    }
}

/// Where a page of a list begins and how long it is.
#[derive(Clone, Debug)]
pub struct Paging {
    limit: usize,
    after: Option<String>,
    binding: Binding,
    key: SecretKey,
    now: Timestamp,
}

impl Paging {
    /// Opens the cursor of a request; `holder` is whom the credential names.
    pub fn open(
        request: &HttpRequest,
        state: &State,
        holder: &str,
        limit: Limit,
        cursor: Option<&str>,
    ) -> Result<Self, Problem> {
        let Moment { now, .. } = Moment::of(&mut request.extensions_mut(), state)?;
        let binding = Binding {
            holder: holder.to_owned(),
            list: request.path().to_owned(),
            filters: filters_of(request.query_string()),
        };
        let key = state.house.keys.mac.clone();
        let after = cursor.map(|cursor| cursor::open(&key, &binding, cursor, now)).transpose()?;
        Ok(Self { limit: limit.rows(), after, binding, key, now })
    }

    /// The sort key behind which the page begins.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }

    /// The same as a number of the database.
    pub fn limit_to_read(&self) -> i64 {
        i64::try_from(self.rows_to_read()).unwrap_or(i64::MAX)
    }

    /// The instant and id behind which the page begins, in a list sorted by both.
    pub fn after_instant(&self) -> Result<Option<(Timestamp, String)>, Error> {
        let Some(after) = self.after() else { return Ok(None) };
        let read = after.split_once(' ').and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
        read.map(Some).ok_or_else(|| Error::internal("a cursor of ours can't be read"))
    }

    /// How many rows to read: one more than are shown, to know whether there is a next page.
    pub fn rows_to_read(&self) -> usize {
        self.limit + 1
    }

    /// The sort key of a list that is sorted by instant and id.
    pub fn instant_key(at: &str, id: &str) -> String {
        format!("{at} {id}")
    }

    /// The page of the rows that were read.
    pub fn page<T>(&self, mut rows: Vec<T>, sort_key: impl Fn(&T) -> String) -> Page<T> {
        let has_next = rows.len() > self.limit;
        rows.truncate(self.limit);
        let last = rows.last().filter(|_| has_next).map(sort_key);
        let next_cursor = last.map(|last| cursor::issue(&self.key, &self.binding, &last, self.now));
        Page { items: rows, next_cursor }
    }
}

/// All parameters but limit and cursor, sorted.
fn filters_of(query: &str) -> String {
    let is_filter =
        |pair: &&str| !pair.is_empty() && !pair.starts_with("limit=") && !pair.starts_with("cursor=");
    let mut pairs: Vec<&str> = query.split('&').filter(is_filter).collect();
    pairs.sort_unstable();
    pairs.join("&")
}

fn next_link(path: &str, query: &str, cursor: &str) -> String {
    let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let pairs: Vec<String> = kept.map(str::to_owned).chain([format!("cursor={cursor}")]).collect();
    format!("<{path}?{}>; rel=\"next\"", pairs.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::query::Query;
    use actix_web::test::TestRequest;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct List {
        #[serde(default)]
        limit: Limit,
    }

    fn paging(limit: usize) -> Paging {
        let binding = Binding { holder: String::new(), list: "/l".to_owned(), filters: String::new() };
        let now = Timestamp::from_unix_seconds(1_800_000_000).unwrap();
        Paging { limit, after: None, binding, key: SecretKey::new([1; 32]), now }
    }

    #[test]
    fn a_limit_is_fifty_unless_said_and_two_hundred_at_most() {
        let limit = |query: &str| Query::<List>::parse(query).map(|query| query.0.limit.rows());
        assert_eq!(limit("").unwrap(), 50);
        assert_eq!(limit("limit=1").unwrap(), 1);
        assert_eq!(limit("limit=200").unwrap(), 200);
        for bad in ["limit=0", "limit=201", "limit=-1", "limit=", "limit=99999"] {
            assert_eq!(limit(bad).unwrap_err().code(), "query.unknown_parameter", "{bad}");
        }
    }

    #[test]
    fn only_a_page_with_rows_behind_it_has_a_next() {
        let paging = paging(2);
        assert_eq!(paging.rows_to_read(), 3);
        assert_eq!(paging.page(vec!["a", "b"], |row| row.to_string()).next_cursor, None);
        let first = paging.page(vec!["a", "b", "c"], |row| row.to_string());
        assert_eq!(first.items, ["a", "b"]);
        let cursor = first.next_cursor.unwrap();
        assert_eq!(cursor::open(&paging.key, &paging.binding, &cursor, paging.now).unwrap(), "b");
    }

    #[test]
    fn the_link_keeps_filters_and_takes_the_new_cursor() {
        let request = TestRequest::get().uri("/l?state=open&cursor=old&limit=2").to_http_request();
        let page = Page { items: vec![1], next_cursor: Some("new".to_owned()) };
        let response = page.show(&request).unwrap();
        let link = response.headers().get(header::LINK).unwrap();
        assert_eq!(link, "</l?state=open&limit=2&cursor=new>; rel=\"next\"");
        let last = Page { items: vec![1], next_cursor: None }.show(&request).unwrap();
        assert!(!last.headers().contains_key(header::LINK));
    }

    #[test]
    fn filters_are_those_of_any_order() {
        assert_eq!(filters_of("b=2&limit=5&a=1&cursor=x"), "a=1&b=2");
        assert_eq!(filters_of("cursor=x"), "");
    }
}
