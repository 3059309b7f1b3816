//! Puts the document together.

use std::{collections::BTreeMap, sync::LazyLock};

use aide::openapi::{
    Components, Contact, Example as NamedExample, Info, License, MediaType, OpenApi,
    Operation as Documented, Parameter, ParameterData, ParameterSchemaOrContent, ReferenceOr,
    Response, SecurityScheme, StatusCode, Tag,
};
use axum::http::StatusCode as StatusCodes;
use indexmap::IndexMap;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings, json_schema};
use serde_json::{Value, json};
use timetracks_api::{Code, Example, FieldError, Problem, tasks::Candidate, tracks::Track};

use super::{
    SECURITY, may_refuse,
    operation::CODES,
    response::{header, schema_object},
};
use crate::{problem::status, route, router};

/// The header that every answer has.
const REQUEST_ID: &str = "X-Request-Id";

const DESCRIPTION: &str = "TimeTracks is a headless time tracker for people, teams and pipelines.

**Start here.** `POST /api/v1/account/signup` makes you and your organisation. `POST /api/v1/account/login` gives you an
access token for `Authorization: Bearer …`. A machine uses an API key instead, in the header `X-Api-Key`.

**Errors** are problems (RFC 9457): `type` is a stable reference, `detail` says what went wrong this time, and for 422
`errors` names every broken member at once. **Lists** are bare arrays, oldest first; without `limit` you get everything.
**Instants** are RFC 3339 in UTC, or Unix milliseconds where the schema says integer. Unknown members are ignored.";

/// The document. It does not depend on the configuration.
#[must_use]
pub fn document() -> OpenApi {
    let mut api = OpenApi {
        info: info(),
        tags: TAGS
            .iter()
            .map(|(name, description)| Tag {
                name: (*name).to_owned(),
                description: Some((*description).to_owned()),
                ..Tag::default()
            })
            .collect(),
        components: Some(Components {
            security_schemes: security_schemes(),
            examples: problem_examples(),
            headers: [(REQUEST_ID.to_owned(), request_id_header())].into(),
            ..Components::default()
        }),
        servers: vec![aide::openapi::Server {
            url: "/".to_owned(),
            description: Some("This server".to_owned()),
            ..aide::openapi::Server::default()
        }],
        ..OpenApi::default()
    };
    aide::generate::reset_context();
    aide::generate::in_context(|ctx| {
        let settings = SchemaSettings::draft2020_12()
            .with(|settings| settings.definitions_path = "/components/schemas".into());
        ctx.schema = SchemaGenerator::new(settings);
    });
    aide::generate::on_error(|error| tracing::error!(%error, "the documentation is broken"));
    let problem = aide::generate::in_context(|ctx| ctx.schema.subschema_for::<Problem>());
    route::document(router::routes(), &mut api);
    for (_, item) in api
        .paths
        .iter_mut()
        .flat_map(|paths| paths.paths.iter_mut())
    {
        if let ReferenceOr::Item(item) = item {
            document_versions(item);
            if let Some(operation) = &mut item.get {
                finish(operation, &problem);
            }
            let writing = [
                &mut item.post,
                &mut item.put,
                &mut item.patch,
                &mut item.delete,
            ];
            for operation in writing.into_iter().flatten() {
                may_refuse(operation, &[Code::StorageFull]);
                finish(operation, &problem);
            }
        }
    }
    api
}

/// What can be read with a version need not be read again while it is the one.
fn document_versions(item: &mut aide::openapi::PathItem) {
    let ok = StatusCode::Code(200);
    let has_tag = |operation: &&mut Documented| {
        let responses = operation.responses.as_ref();
        matches!(responses.and_then(|all| all.responses.get(&ok)),
            Some(ReferenceOr::Item(response)) if response.headers.contains_key("ETag"))
    };
    let Some(read) = item.get.as_mut().filter(has_tag) else {
        return;
    };
    let description =
        "The version that you have: when it is still the one, the answer is 304 without a body.";
    read.parameters
        .push(header_parameter("If-None-Match", description));
    let mut unchanged = Response {
        description: "Still the version that you have.".to_owned(),
        ..Response::default()
    };
    let tag = header(json_schema!({ "type": "string" }), super::ETAG, true);
    unchanged
        .headers
        .insert("ETag".to_owned(), ReferenceOr::Item(tag));
    let responses = &mut read.responses.get_or_insert_default().responses;
    responses.insert(StatusCode::Code(304), ReferenceOr::Item(unchanged));
}

/// The version that a change is meant for.
pub(crate) fn if_match() -> ReferenceOr<Parameter> {
    let description = "The version that you have seen: when it is another one by now, nothing is done and the answer is 412.";
    header_parameter("If-Match", description)
}

fn header_parameter(name: &str, description: &str) -> ReferenceOr<Parameter> {
    let schema = json_schema!({ "type": "string" });
    let format = ParameterSchemaOrContent::Schema(schema_object(schema));
    ReferenceOr::Item(Parameter::Header {
        parameter_data: ParameterData {
            name: name.to_owned(),
            description: Some(description.to_owned()),
            required: false,
            deprecated: None,
            format,
            example: None,
            examples: IndexMap::default(),
            explode: None,
            extensions: IndexMap::default(),
        },
        style: aide::openapi::HeaderStyle::Simple,
    })
}

/// Says what every operation has.
fn finish(operation: &mut Documented, problem: &Schema) {
    add_problem_responses(operation, problem);
    name_request_id(operation);
    drop_null_parameters(operation);
    if operation.security.is_empty() {
        // Public: an empty list says so, where nothing would say nothing. aide leaves an empty one out.
        let nobody = json!([]);
        operation.extensions.insert("security".to_owned(), nobody);
    }
}

/// The document as it is served.
pub(crate) fn document_text() -> &'static str {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| serde_json::to_string(&document()).expect("the document is plain data"));
    &TEXT
}

const TAGS: [(&str, &str); 10] = [
    (
        "Account",
        "Signing up, logging in and out, sessions and passwords.",
    ),
    (
        "Organisations",
        "The tenant that everything else belongs to.",
    ),
    ("Users", "The people of an organisation."),
    ("API keys", "Credentials for machines."),
    ("Projects", "Groups of tasks."),
    ("Tasks", "What time is spent on, and clocking in and out."),
    ("Time tracks", "Who spent how long on what."),
    ("Invitations", "Letting people join."),
    (
        "Reports",
        "What was spent, by whom, on what. Every breakdown adds up to its total exactly.",
    ),
    (
        "Server",
        "Health, documentation, and what only the operator sees.",
    ),
];

fn info() -> Info {
    Info {
        title: "TimeTracks".to_owned(),
        summary: Some("A headless time tracker for people, teams and pipelines".to_owned()),
        description: Some(DESCRIPTION.to_owned()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        contact: Some(Contact {
            name: Some("The TimeTracks developers".to_owned()),
            ..Contact::default()
        }),
        license: Some(License {
            name: "MIT OR Apache-2.0".to_owned(),
            identifier: Some("MIT OR Apache-2.0".to_owned()),
            ..License::default()
        }),
        ..Info::default()
    }
}

fn security_schemes() -> IndexMap<String, ReferenceOr<SecurityScheme>> {
    let bearer = SecurityScheme::Http {
        scheme: "bearer".to_owned(),
        bearer_format: Some("JWT".to_owned()),
        description: Some("The `accessToken` of a login or a refresh.".to_owned()),
        extensions: IndexMap::default(),
    };
    let key = SecurityScheme::ApiKey {
        location: aide::openapi::ApiKeyLocation::Header,
        name: "X-Api-Key".to_owned(),
        description: Some("An API key, `tt_…`, with no token exchange.".to_owned()),
        extensions: IndexMap::default(),
    };
    [(SECURITY[0], bearer), (SECURITY[1], key)]
        .into_iter()
        .map(|(name, scheme)| (name.to_owned(), ReferenceOr::Item(scheme)))
        .collect()
}

/// Makes a response a status of the codes that were noted, with an example each.
fn add_problem_responses(operation: &mut Documented, schema: &Schema) {
    may_refuse(operation, &[Code::Internal, Code::Busy, Code::Unavailable]);
    let noted = operation.extensions.shift_remove(CODES).unwrap_or_default();
    let mut by_status = BTreeMap::<u16, Vec<Code>>::new();
    for code in Code::ALL {
        if noted
            .as_array()
            .is_some_and(|noted| noted.contains(&json!(code.as_str())))
        {
            by_status
                .entry(status(code).as_u16())
                .or_default()
                .push(code);
        }
    }
    let responses = &mut operation.responses.get_or_insert_default().responses;
    for (status, codes) in by_status {
        responses.insert(
            StatusCode::Code(status),
            ReferenceOr::Item(problem_response(&codes, schema)),
        );
    }
}

fn problem_response(codes: &[Code], schema: &Schema) -> Response {
    let lines: Vec<_> = codes
        .iter()
        .map(|code| format!("`{}`: {}.", code.as_str(), code.title()))
        .collect();
    let examples = codes.iter().map(|code| {
        let example = ReferenceOr::ref_(&format!("#/components/examples/{}", code.as_str()));
        (code.as_str().to_owned(), example)
    });
    let media = MediaType {
        schema: Some(schema_object(schema.clone())),
        examples: examples.collect(),
        ..MediaType::default()
    };
    let mut response = Response {
        description: lines.join("\n\n"),
        content: [("application/problem+json".to_owned(), media)]
            .into_iter()
            .collect(),
        ..Response::default()
    };
    let text = || json_schema!({ "type": "string" });
    let named = match codes.first().map(|code| status(*code)) {
        Some(StatusCodes::UNAUTHORIZED) => {
            Some(("WWW-Authenticate", header(text(), "`Bearer`.", true)))
        }
        Some(StatusCodes::SERVICE_UNAVAILABLE | StatusCodes::TOO_MANY_REQUESTS) => {
            let description = "After how many seconds it is worth to try again.";
            Some(("Retry-After", header(text(), description, true)))
        }
        _ => None,
    };
    response
        .headers
        .extend(named.map(|(name, header)| (name.to_owned(), ReferenceOr::Item(header))));
    response
}

/// A problem of each code.
fn problem_examples() -> IndexMap<String, ReferenceOr<NamedExample>> {
    let example = |code: Code| {
        let status = status(code).as_u16();
        let mut problem = Problem::new(code, status, code.explanation().to_owned());
        "06nsvh0t0wr00800000029rg7r".clone_into(&mut problem.instance);
        match code {
            Code::AlreadyRunning => problem.track = Some(Track::running_example()),
            Code::AmbiguousTask => problem.candidates = Some(vec![Candidate::example()]),
            Code::PasswordExpired => problem.password_token = Some("ttp_AZq1wFoAcAC…".to_owned()),
            Code::Invalid => {
                problem.errors = Some(vec![FieldError {
                    pointer: "/name".to_owned(),
                    detail: "is required".to_owned(),
                }]);
            }
            _ => {}
        }
        let example = NamedExample {
            summary: Some(code.title().to_owned()),
            value: serde_json::to_value(problem).ok(),
            ..NamedExample::default()
        };
        (code.as_str().to_owned(), ReferenceOr::Item(example))
    };
    // The wrong method is nothing that an operation answers with, nor is what is hardly HTTP.
    let documented = |code: &Code| !matches!(code, Code::MethodNotAllowed | Code::MalformedRequest);
    Code::ALL
        .into_iter()
        .filter(documented)
        .map(example)
        .collect()
}

/// Every answer carries the id of its request.
fn name_request_id(operation: &mut Documented) {
    let Some(responses) = &mut operation.responses else {
        return;
    };
    for response in responses.responses.values_mut() {
        if let ReferenceOr::Item(response) = response {
            let header = ReferenceOr::ref_(&format!("#/components/headers/{REQUEST_ID}"));
            response.headers.insert(REQUEST_ID.to_owned(), header);
        }
    }
}

fn request_id_header() -> ReferenceOr<aide::openapi::Header> {
    let description = "The id of the request: yours, when you sent a sane one.";
    ReferenceOr::Item(header(
        json_schema!({ "type": "string" }),
        description,
        true,
    ))
}

/// A parameter may be left out, but there is no way to write null into a query.
fn drop_null_parameters(operation: &mut Documented) {
    for parameter in &mut operation.parameters {
        let ReferenceOr::Item(parameter) = parameter else {
            continue;
        };
        if let ParameterSchemaOrContent::Schema(schema) = &mut parameter.parameter_data_mut().format
        {
            if let Some(Value::Array(choices)) = schema.json_schema.get("anyOf") {
                let only = choices
                    .iter()
                    .find(|choice| choice["type"] != "null")
                    .cloned();
                schema.json_schema.remove("anyOf");
                for (name, value) in only.iter().filter_map(Value::as_object).flatten() {
                    schema.json_schema.insert(name.clone(), value.clone());
                }
            }
            if let Some(Value::Array(types)) = schema.json_schema.get("type") {
                let only = types.iter().find(|kind| *kind != "null").cloned();
                schema.json_schema.insert("type".to_owned(), only.into());
            }
            if let Some(Value::Array(words)) = schema.json_schema.ensure_object().get_mut("enum") {
                words.retain(|word| !word.is_null());
            }
        }
    }
}
