//! What answers say of themselves.

use aide::{
    generate::GenContext,
    openapi::{
        Header, HeaderStyle, MediaType, ParameterSchemaOrContent, ReferenceOr, Response,
        SchemaObject,
    },
};
use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, json_schema};
use serde::Serialize;
use serde_json::Value;
use timetracks_api::Example;

/// A JSON response with the schema and the example of a type.
pub(crate) fn answer<T: Serialize + JsonSchema + Example>(
    ctx: &mut GenContext,
    description: &str,
) -> Response {
    let schema = ctx.schema.subschema_for::<T>();
    // In the words of the type: "A project."
    let resolved = ctx.resolve_schema(&schema).get("description");
    let words = resolved.and_then(Value::as_str).unwrap_or_default();
    let description = format!("{description} {words}");
    json_response(
        schema,
        serde_json::to_value(T::example()).ok(),
        description.trim(),
    )
}

/// A JSON response that is a list of a type.
pub(crate) fn list_answer<T: Serialize + JsonSchema + Example>(
    ctx: &mut GenContext,
    description: &str,
) -> Response {
    let schema = ctx.schema.subschema_for::<T>();
    let list = json_schema!({ "type": "array", "items": schema });
    json_response(list, serde_json::to_value([T::example()]).ok(), description)
}

fn json_response(schema: Schema, example: Option<Value>, description: &str) -> Response {
    let media = MediaType {
        schema: Some(schema_object(schema)),
        example,
        ..MediaType::default()
    };
    Response {
        description: description.to_owned(),
        content: [("application/json".to_owned(), media)]
            .into_iter()
            .collect(),
        ..Response::default()
    }
}

/// A response of another type than JSON.
pub(crate) fn text_response(media_type: &str, description: &str) -> Response {
    let media = MediaType {
        schema: Some(schema_object(json_schema!({ "type": "string" }))),
        ..MediaType::default()
    };
    Response {
        description: description.to_owned(),
        content: [(media_type.to_owned(), media)].into_iter().collect(),
        ..Response::default()
    }
}

/// Documents a header of a response.
pub(crate) fn add_header(
    ctx: &mut GenContext,
    response: &mut Response,
    name: &str,
    description: &str,
    required: bool,
) {
    let schema = ctx.schema.subschema_for::<String>();
    response.headers.insert(
        name.to_owned(),
        ReferenceOr::Item(header(schema, description, required)),
    );
}

pub(super) fn header(schema: Schema, description: &str, required: bool) -> Header {
    Header {
        description: Some(description.to_owned()),
        style: HeaderStyle::Simple,
        required,
        deprecated: None,
        format: ParameterSchemaOrContent::Schema(schema_object(schema)),
        example: None,
        examples: IndexMap::default(),
        extensions: IndexMap::default(),
    }
}

pub(super) fn schema_object(json_schema: Schema) -> SchemaObject {
    SchemaObject {
        json_schema,
        external_docs: None,
        example: None,
    }
}
