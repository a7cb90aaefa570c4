//! The web demo and the browser SDK, from inside the binary.

use std::borrow::Cow;

use actix_web::http::header::{CACHE_CONTROL, ETAG, IF_NONE_MATCH};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse, ResponseError, get};
use rust_embed::{EmbeddedFile, RustEmbed};

use super::ApiError;

#[derive(RustEmbed)]
#[folder = "../web-demo"]
#[include = "index.html"]
#[include = "replays.html"]
#[include = "live.html"]
struct Page;

#[derive(RustEmbed)]
#[folder = "../web-demo/demo"]
struct Demo;

#[derive(RustEmbed)]
#[folder = "../web-demo/sdk"]
#[include = "*.js"]
struct Sdk;

#[get("/")]
pub(super) async fn index(request: HttpRequest) -> HttpResponse {
    serve(&request, "index.html", Page::get("index.html"))
}

#[get("/replays")]
pub(super) async fn replays(request: HttpRequest) -> HttpResponse {
    serve(&request, "replays.html", Page::get("replays.html"))
}

#[get("/live")]
pub(super) async fn live(request: HttpRequest) -> HttpResponse {
    serve(&request, "live.html", Page::get("live.html"))
}

#[get("/demo/{path:.*}")]
pub(super) async fn page_part(request: HttpRequest, path: Path<String>) -> HttpResponse {
    serve(&request, &path, Demo::get(&path))
}

#[get("/sdk/{path:.*}")]
pub(super) async fn sdk(request: HttpRequest, path: Path<String>) -> HttpResponse {
    serve(&request, &path, Sdk::get(&path))
}

/// Answers with a file, or with 304 when the client has it: names do not carry versions, so
/// browsers ask each time and compare by hash.
fn serve(request: &HttpRequest, path: &str, file: Option<EmbeddedFile>) -> HttpResponse {
    let Some(file) = file else {
        return ApiError::not_found(request.method(), request.path()).error_response();
    };
    answer(request, path, file.metadata.sha256_hash(), file.data)
}

/// The same with the text of a file and its hash.
pub(super) fn answer(
    request: &HttpRequest,
    path: &str,
    hash: [u8; 32],
    text: Cow<'static, [u8]>,
) -> HttpResponse {
    let etag = format!("\"{:016x}\"", short_hash(hash));
    let has_it = request.headers().get(IF_NONE_MATCH).is_some_and(|value| value == etag.as_str());
    let mut response = if has_it { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((CACHE_CONTROL, "no-cache")).insert_header((ETAG, etag));
    if has_it {
        return response.finish();
    }
    response.content_type(content_type(path)).body(text.into_owned())
}

fn short_hash(hash: [u8; 32]) -> u64 {
    hash[..8].iter().fold(0, |short, &byte| short << 8 | u64::from(byte))
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}
