//! What the server shows in a browser at `/`: the web demo, or pages of the application's own. The SDK is at
//! `/sdk` in either case.

use actix_web::HttpRequest;
use actix_web::guard::Get;
use actix_web::web::{self, ServiceConfig};
use sha2::{Digest, Sha256};

use super::demo;

/// Pages that are served.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// In place of the demo.
    own: Vec<Page>,
}

/// One page, from inside the binary.
#[derive(Clone, Copy, Debug)]
struct Page {
    path: &'static str,
    text: &'static str,
}

impl Pages {
    /// The web demo.
    #[must_use]
    pub fn demo() -> Self {
        Self::default()
    }

    /// A page of one's own, in place of the demo: its path, such as `/` or `/style.css`, whose ending says what
    /// it is (HTML without one), and its text. Paths of the API and of the SDK come first.
    #[must_use]
    pub fn with(mut self, path: &'static str, text: &'static str) -> Self {
        self.own.push(Page { path, text });
        self
    }

    /// Adds the routes.
    pub(super) fn configure(&self, service: &mut ServiceConfig) {
        if self.own.is_empty() {
            service
                .service(demo::index)
                .service(demo::replays)
                .service(demo::live)
                .service(demo::page_part);
        }
        for &Page { path, text } in &self.own {
            let hash = Sha256::digest(text).into();
            let name = if path.contains('.') { path } else { "page.html" };
            let page = move |request: HttpRequest| async move {
                demo::answer(&request, name, hash, text.as_bytes().into())
            };
            service.service(web::resource(path).guard(Get()).to(page));
        }
    }
}
