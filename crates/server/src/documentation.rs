//! What people read: the OpenAPI document, the interactive reference, and a page for each problem.

use std::{io::Read, sync::LazyLock};

use aide::{
    OperationOutput,
    generate::GenContext,
    openapi::{Operation as AideOperation, Response as Documented},
};
use axum::{
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};
use data_encoding::BASE64;
use flate2::read::GzDecoder;
use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use timetracks_api::Code;

use crate::{
    http::Path,
    openapi::{self, Operation, document_text},
    problem::{Problem, status},
    route::Routes,
};

pub(crate) fn routes() -> Routes {
    Routes::about("Server")
        .get("/openapi.json", specification, &SPECIFICATION)
        .get("/docs", reference, &REFERENCE)
        .get("/problems/{code}", problem, &PROBLEM)
}

/// The document, as JSON.
struct Specification;

impl IntoResponse for Specification {
    fn into_response(self) -> Response {
        let json = HeaderValue::from_static("application/json");
        ([(header::CONTENT_TYPE, json)], document_text()).into_response()
    }
}

impl OperationOutput for Specification {
    type Inner = serde_json::Value;

    fn inferred_responses(
        _: &mut GenContext,
        _: &mut AideOperation,
    ) -> Vec<(Option<u16>, Documented)> {
        let mut answer = openapi::text_response("application/json", "The document.");
        for media in answer.content.values_mut() {
            if let Some(schema) = &mut media.schema {
                schema.json_schema = schemars::json_schema!({ "type": "object" });
            }
        }
        vec![(Some(200), answer)]
    }
}

const SPECIFICATION: Operation = Operation {
    id: "getOpenapi",
    summary: "This document",
    description: "The OpenAPI 3.1 document, made from the code that serves it.",
    codes: &[],
};

async fn specification() -> Specification {
    Specification
}

/// A page, and what a browser may do for it.
struct Page {
    html: &'static str,
    policy: &'static str,
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let policy = HeaderValue::from_static(self.policy);
        ([(header::CONTENT_SECURITY_POLICY, policy)], Html(self.html)).into_response()
    }
}

impl OperationOutput for Page {
    type Inner = String;

    fn inferred_responses(
        _: &mut GenContext,
        _: &mut AideOperation,
    ) -> Vec<(Option<u16>, Documented)> {
        vec![(Some(200), openapi::text_response("text/html", "A page."))]
    }
}

/// The interactive reference as `build.rs` left it.
const COMPRESSED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/reference.html.gz"));

/// The interactive reference: Swagger UI, from this binary.
static SWAGGER: LazyLock<(String, String)> = LazyLock::new(|| {
    const DOWNLOAD: &str = "<p style=\"font-family:sans-serif;margin:1rem 20px\"><a id=\"download\" href=\"/openapi.json\" \
        download=\"timetracks-openapi.json\">Download the OpenAPI document</a></p>";
    let mut html = String::new();
    GzDecoder::new(COMPRESSED)
        .read_to_string(&mut html)
        .expect("build.rs compressed a text");
    let html = html
        .replacen(
            "<div id=\"swagger-ui\">",
            &format!("{DOWNLOAD}<div id=\"swagger-ui\">"),
            1,
        )
        .replacen(
            "<head>",
            "<head><meta charset=\"utf-8\"><link rel=\"icon\" href=\"data:,\">",
            1,
        );
    let policy = format!(
        "default-src 'none'; script-src {}; style-src 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; \
        frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        script_hashes(&html)
    );
    (html, policy)
});

/// The scripts of the page by their hashes, so that no other can run on it.
fn script_hashes(mut html: &str) -> String {
    let mut hashes = Vec::new();
    while let Some((_, rest)) = html.split_once("<script>") {
        // A script ends at the first end tag; "<script>" inside it is only text.
        let Some((script, rest)) = rest.split_once("</script>") else {
            break;
        };
        let hash = BASE64.encode(&Sha256::digest(script));
        hashes.push(format!("'sha256-{hash}'"));
        html = rest;
    }
    hashes.join(" ")
}

const REFERENCE: Operation = Operation {
    id: "getDocs",
    summary: "The interactive reference",
    description: "A page for browsers that needs nothing from the internet.",
    codes: &[],
};

async fn reference() -> Page {
    let (html, policy) = &*SWAGGER;
    Page { html, policy }
}

#[derive(Deserialize, JsonSchema)]
#[schemars(inline)]
struct ProblemPath {
    /// The last part of a problem's `type`.
    code: String,
}

/// The page about a problem.
struct Explanation(Code);

impl IntoResponse for Explanation {
    fn into_response(self) -> Response {
        let code = self.0;
        let explanation = code
            .explanation()
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        let text = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><link rel=\"icon\" href=\"data:,\"><title>{title}</title></head>\n\
            <body><h1>{title}</h1><p><code>{word}</code>, HTTP status {status}</p><p>{explanation}</p>\n\
            <p><a href=\"/docs\">The API reference</a></p></body></html>\n",
            title = code.title(),
            word = code.as_str(),
            status = status(code),
        );
        let policy = HeaderValue::from_static(
            "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; img-src data:",
        );
        ([(header::CONTENT_SECURITY_POLICY, policy)], Html(text)).into_response()
    }
}

impl OperationOutput for Explanation {
    type Inner = String;

    fn inferred_responses(
        ctx: &mut GenContext,
        operation: &mut AideOperation,
    ) -> Vec<(Option<u16>, Documented)> {
        Page::inferred_responses(ctx, operation)
    }
}

const PROBLEM: Operation = Operation {
    id: "getProblemPage",
    summary: "What a problem means",
    description: "A page for people about one `type` of problem.",
    codes: &[],
};

async fn problem(Path(path): Path<ProblemPath>) -> Result<Explanation, Problem> {
    Code::ALL
        .into_iter()
        .find(|code| code.as_str() == path.code)
        .map(Explanation)
        .ok_or_else(|| Problem::new(Code::NotFound, "there is no problem of that code"))
}
