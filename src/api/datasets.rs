//! Datasets, the package, and the files of the reveal: written first, then sent as attachments.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::HttpResponseBuilder;
use actix_web::get;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::web::Path;
use serde::Deserialize;
use serde::Serialize;
use utoipa::IntoParams;
use utoipa::ToSchema;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::api::Answer;
use crate::conduct::context::SOFTWARE;
use crate::conduct::exporting;
use crate::conduct::exporting::Cut;
use crate::conduct::exporting::Listed;
use crate::conduct::exporting::Wanted;
use crate::conduct::exporting::What;
use crate::conduct::revealing;
use crate::http::credential::SignedIn;
use crate::http::etag;
use crate::http::query::NoParameters;
use crate::http::query::Query;
use crate::http::run;
use crate::http::run::State;
use crate::kernel::Error;

const CSV: &str = "text/csv; charset=utf-8";
const ZIP: &str = "application/zip";

/// Registers the operations of this file.
pub fn configure(config: &mut ServiceConfig<'_>) {
    config.service(list_datasets).service(get_dataset).service(get_data_package).service(get_reveal_bundle);
}

/// The datasets that the caller may have.
#[derive(Serialize, ToSchema)]
pub struct DatasetsOut {
    /// How arms are seen: `blinded` (letters that change with the data cut), `masked`, `without_arms`, `with_arms`.
    #[schema(example = "blinded")]
    pub view: String,
    /// The latest act or window boundary: data of an equal cut are equal.
    pub data_cut: String,
    /// The datasets, in the order of the package.
    pub items: Vec<DatasetOut>,
}

/// A dataset.
#[derive(Serialize, ToSchema)]
pub struct DatasetOut {
    /// Its name.
    #[schema(example = "wide")]
    pub name: String,
    /// Its columns, in their order.
    pub columns: Vec<String>,
}

fn datasets_out(listed: Listed) -> DatasetsOut {
    let items = listed
        .datasets
        .into_iter()
        .map(|(dataset, columns)| DatasetOut { name: dataset.to_string(), columns })
        .collect();
    DatasetsOut { view: listed.cut.sight.to_string(), data_cut: listed.cut.at.to_string(), items }
}

/// List the datasets that the caller may have, with their columns.
#[utoipa::path(tag = "datasets", security(("bearer" = [])),
    params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "The datasets.", body = DatasetsOut)))]
#[get("/studies/{study}/datasets")]
async fn list_datasets(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    study: Path<String>,
    _: Query<NoParameters>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let listed = state.run(ctx, move |ctx| exporting::list(ctx, &study)).await?;
    etag::show(&request, &datasets_out(listed))
}

/// The forms of a dataset.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated values, UTF-8, line feeds.
    #[default]
    Csv,
}

/// How a dataset is wanted.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DatasetParameters {
    /// The form.
    #[serde(default)]
    #[param(inline)]
    pub format: Format,
    /// Leave out what only some arms have: in the blinded view its missing rows show the groups.
    #[serde(default)]
    pub masked: bool,
}

/// How a package is wanted.
#[derive(Clone, Copy, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PackageParameters {
    /// Leave out what only some arms have: in the blinded view its missing rows show the groups.
    #[serde(default)]
    pub masked: bool,
}

/// Download a dataset. The look is written down.
#[utoipa::path(tag = "datasets", security(("bearer" = [])),
    params(("study" = String, Path, description = "Id or alias."),
           ("dataset" = String, Path, description = "Name of the dataset, as `wide`."), DatasetParameters),
    responses((status = 200, description = "The rows.", body = String, content_type = "text/csv")))]
#[get("/studies/{study}/datasets/{dataset}")]
async fn get_dataset(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    path: Path<(String, String)>,
    Query(DatasetParameters { format: Format::Csv, masked }): Query<DatasetParameters>,
) -> Answer {
    let (study, dataset) = path.into_inner();
    let dataset = dataset.parse().map_err(|_| Error::not_found())?;
    export(&request, &state, study, Wanted { what: What::One(dataset), masked }).await
}

/// Download the package: all datasets with their descriptions and checksums, zipped. The look is written down.
#[utoipa::path(tag = "datasets", security(("bearer" = [])),
    params(("study" = String, Path, description = "Id or alias."), PackageParameters),
    responses((status = 200, description = "The package.", body = String, content_type = "application/zip")))]
#[get("/studies/{study}/package")]
async fn get_data_package(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    study: Path<String>,
    Query(PackageParameters { masked }): Query<PackageParameters>,
) -> Answer {
    export(&request, &state, study.into_inner(), Wanted { what: What::Package, masked }).await
}

async fn export(request: &HttpRequest, state: &State, study: String, wanted: Wanted) -> Answer {
    let ctx = run::context(request, state, None)?;
    let prepared = state.run(ctx.clone(), move |ctx| exporting::prepare(ctx, &study, wanted)).await?;
    if let Some(same) = etag::not_modified(request, &etag::of_digest(&prepared.cut.tag)) {
        return Ok(same);
    }
    let (cut, download) =
        state.run_download(ctx, move |ctx, sink| exporting::write(ctx, &prepared, sink)).await?;
    let (name, content_type) = match wanted.what {
        What::One(dataset) => (file_name(&cut, dataset.as_str(), "csv"), CSV),
        What::Package => (file_name(&cut, "package", "zip"), ZIP),
    };
    Ok(download.send(described(&cut), &name, content_type))
}

fn file_name(cut: &Cut, what: &str, extension: &str) -> String {
    format!("{}_{what}_{}.{extension}", cut.alias, cut.at.compact())
}

/// An answer that says what state of the data it is and how it is seen.
fn described(cut: &Cut) -> HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::ETAG, etag::of_digest(&cut.tag)))
        .insert_header(("Equipoise-Data-Cut", cut.at.to_string()))
        .insert_header(("Equipoise-View", cut.sight.as_str()))
        .insert_header(("Equipoise-Software", SOFTWARE));
    answer
}

/// Download the files of the reveal: seeds, designs and all allocations, so that anybody can draw again. The look is
/// written down.
#[utoipa::path(tag = "randomization", security(("bearer" = [])),
    params(("study" = String, Path, description = "Id or alias.")),
    responses((status = 200, description = "The files, zipped.", body = String, content_type = "application/zip")))]
#[get("/studies/{study}/reveal")]
async fn get_reveal_bundle(
    _: SignedIn,
    request: HttpRequest,
    state: Data<State>,
    study: Path<String>,
    _: Query<NoParameters>,
) -> Answer {
    let ctx = run::context(&request, &state, None)?;
    let study = study.into_inner();
    let bundle = state.run(ctx.clone(), move |ctx| revealing::bundle(ctx, &study)).await?;
    let name = format!("{}_reveal_{}.zip", bundle.alias, bundle.revealed_at.compact());
    let (_, download) = state.run_download(ctx, move |_, sink| revealing::zip(&bundle, sink)).await?;
    Ok(download.send(HttpResponse::Ok(), &name, ZIP))
}
