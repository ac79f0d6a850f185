//! Accounts, for the administrator: list, read, change.

use actix_web::HttpRequest;
use actix_web::get;
use actix_web::patch;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::api::done;
use crate::conduct::accounts;
use crate::conduct::accounts::Account;
use crate::conduct::accounts::AccountChange;
use crate::conduct::accounts::AccountState;
use crate::http::body::Body;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::etag::IfMatch;
use crate::http::page::Limit;
use crate::http::page::Page;
use crate::http::page::Paging;
use crate::http::page::Tagged;
use crate::http::query::Query;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;
use crate::kernel::Kind;
use crate::kernel::ids::AccountId;

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_accounts).service(get_account).service(update_account);
}

/// An account of the staff.
#[derive(Serialize, ToSchema)]
pub struct AccountView {
    /// Its id.
    pub id: String,
    /// Its login.
    pub login: String,
    /// The name.
    pub name: String,
    /// The organisation.
    pub organisation: String,
    /// invited, active, disabled.
    pub state: String,
    /// Whether it runs the installation.
    pub is_administrator: bool,
    /// When it was made.
    pub created_at: String,
}

fn account_view(account: &Account) -> AccountView {
    AccountView {
        id: account.id.to_string(),
        login: account.login.clone(),
        name: account.name.clone(),
        organisation: account.organisation.clone(),
        state: account.state.to_string(),
        is_administrator: account.is_administrator,
        created_at: account.created_at.to_string(),
    }
}

/// Which accounts.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct WhichAccounts {
    #[serde(default)]
    limit: Limit,
    cursor: Option<String>,
    state: Option<String>,
}

/// List accounts by login.
#[utoipa::path(tag = "accounts", security(("bearer" = [])),
    params(("state" = Option<String>, Query, description = "invited, active or disabled."),
           ("limit" = Option<u16>, Query, description = "1 to 200; 50 if it is left out."),
           ("cursor" = Option<String>, Query, description = "Where the page begins.")),
    responses((status = 200, description = "A page.", body = Page<Tagged<AccountView>>)))]
#[get("/accounts")]
async fn list_accounts(
    signed_in: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    query: Query<WhichAccounts>,
) -> Answer {
    let Query(WhichAccounts { limit, cursor, state: which }) = query;
    let unknown = |_| Error::new(Kind::Malformed, "query.unknown_parameter").detail("No such state.");
    let which: Option<AccountState> = which.map(|word| word.parse().map_err(unknown)).transpose()?;
    let ctx = run::context(&request, &state, None)?;
    let paging = Paging::open(&request, &state, &signed_in.0.holder, limit, cursor.as_deref())?;
    let (after, rows) = (paging.after().map(str::to_owned), paging.rows_to_read());
    let found = state.run(ctx, move |ctx| accounts::list(ctx, which, after.as_deref(), rows)).await?;
    let found: Vec<AccountView> = found.iter().map(account_view).collect();
    paging.page(found, |account| account.login.clone()).tagged()?.show(&request)
}

fn id_in(path: &str) -> Result<AccountId, Error> {
    path.parse().map_err(|_| Error::not_found())
}

/// Read an account.
#[utoipa::path(tag = "accounts", security(("bearer" = [])),
    params(("account" = String, Path, description = "Id of the account.")),
    responses((status = 200, description = "The account.", body = AccountView)))]
#[get("/accounts/{account}")]
async fn get_account(_: SignedIn, request: HttpRequest, state: Data<State>, account: Path<String>) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = id_in(&account)?;
    let account = state.run(ctx, move |ctx| accounts::get(ctx, id)).await?;
    etag::show(&request, &account_view(&account))
}

/// What changes of an account; what is left out stays.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AccountChangeIn {
    /// The name.
    #[serde(default)]
    pub name: Option<String>,
    /// The organisation.
    #[serde(default)]
    pub organisation: Option<String>,
    /// Whether it is out of use.
    #[serde(default)]
    pub disabled: Option<bool>,
}

/// Change an account.
///
/// Disabling ends its sessions, tokens and invitations at once. Nobody disables the own account.
#[utoipa::path(tag = "accounts", security(("bearer" = [])), request_body = AccountChangeIn,
    params(("account" = String, Path, description = "Id of the account.")),
    responses((status = 200, description = "Changed.", body = AccountView)))]
#[patch("/accounts/{account}")]
async fn update_account(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    account: Path<String>,
    known: IfMatch,
    body: Body<AccountChangeIn>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let id = id_in(&account)?;
    let AccountChangeIn { name, organisation, disabled } = body.value;
    let change = AccountChange { name, organisation, disabled };
    let is_known = move |account: &Account| known.check(&account_view(account));
    let changed = state.run(ctx, move |ctx| accounts::update(ctx, id, change, is_known)).await?;
    done(changed, |account| account_view(&account))
}
