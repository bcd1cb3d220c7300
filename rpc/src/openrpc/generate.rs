//! The document, generated and compared with the committed one.

use std::path::Path;

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::traits::{Method, read_all};
use super::{DOCUMENT, schema};

/// The document of the trait files as they are.
fn generate() -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let methods: Vec<Value> = read_all().iter().map(|method| describe(method, &mut generator)).collect();
    json!({
        "openrpc": "1.3.2",
        "info": {
            "title": "tierchain",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "JSON-RPC 2.0 over HTTP and WebSocket. Subscriptions are methods with x-notification; \
                            methods with x-admin are answered on the administration's listener only.",
            "license": {"name": "Apache-2.0"},
        },
        "methods": methods,
        "components": {"schemas": generator.take_definitions(true)},
    })
}

fn describe(method: &Method, generator: &mut SchemaGenerator) -> Value {
    let params: Vec<Value> = method
        .params
        .iter()
        .map(|(name, found)| {
            let required = !schema::is_optional(found);
            json!({"name": name, "required": required, "schema": schema::of(found, generator)})
        })
        .collect();
    let result = schema::of(&method.result, generator);
    let mut described = Map::new();
    let mut put = |key: &str, value: Value| described.insert(key.to_owned(), value);
    put("name", json!(method.name));
    put("summary", json!(method.text));
    put("paramStructure", json!("by-position"));
    put("params", json!(params));
    match &method.subscription {
        None => put("result", json!({"name": "result", "schema": result})),
        Some(subscription) => {
            let id =
                json!({"type": ["string", "integer"], "description": "Names the subscription in its notifications."});
            put("x-notification", json!({"method": subscription.notification, "result": result}));
            put("x-unsubscribe", json!(subscription.unsubscribe));
            put("x-unsubscribe-aliases", json!(subscription.aliases));
            put("result", json!({"name": "subscription", "schema": id}))
        }
    };
    if !method.aliases.is_empty() {
        put("x-aliases", json!(method.aliases));
    }
    if method.is_admin {
        put("x-admin", json!(true));
    }
    Value::Object(described)
}

/// `TIERCHAIN_GOLDEN=write cargo test -p tierchain-rpc openrpc` writes the file anew.
#[test]
fn the_document_is_what_the_traits_and_types_say() {
    let generated = serde_json::to_string_pretty(&generate()).expect("plain data") + "\n";
    if std::env::var("TIERCHAIN_GOLDEN").is_ok_and(|wanted| wanted == "write") {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openrpc.json");
        std::fs::write(path, &generated).expect("the file of this repository");
        return;
    }
    assert!(generated == DOCUMENT, "docs/openrpc.json isn't what the trait files say: see this test's comment");
}

#[test]
fn every_schema_that_is_referred_to_is_there() {
    let document: Value = serde_json::from_str(DOCUMENT).expect("JSON");
    let schemas = document["components"]["schemas"].as_object().expect("schemas");
    let references = DOCUMENT.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next());
    let mut count = 0;
    for name in references {
        assert!(schemas.contains_key(name), "there is no schema {name}");
        count += 1;
    }
    assert!(count > 50, "the document refers to its schemas");
    for method in document["methods"].as_array().expect("methods") {
        assert!(method["summary"].as_str().is_some_and(|text| text.ends_with('.')), "{}", method["name"]);
    }
}
