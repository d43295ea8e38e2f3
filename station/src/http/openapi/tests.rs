use std::{collections::BTreeSet, fs, path::Path, sync::Arc};

use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::{clock::Clock, say::Lang, status::Status};

const METHODS: [Method; 5] = [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::PATCH];

fn described() -> Value {
    serde_json::from_str(TEXT.as_deref().unwrap()).unwrap()
}

/// Method and path of everything that is described.
fn operations() -> BTreeSet<(String, String)> {
    let document = described();
    let paths = document["paths"].as_object().unwrap().iter();
    let operations = paths.flat_map(|(path, item)| {
        let methods =
            item.as_object().unwrap().keys().filter(|key| METHODS.iter().any(|m| m.as_str().eq_ignore_ascii_case(key)));
        methods.map(|method| (method.to_uppercase(), path.clone()))
    });
    operations.collect()
}

/// Every path that a file of this module routes. It is read there, for a router does not tell.
fn routed(folder: &Path, paths: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            routed(&path, paths);
        } else if path.file_name().unwrap() != "tests.rs" {
            let text = fs::read_to_string(&path).unwrap();
            let routes =
                text.split(".route(").skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
            paths.extend(routes.map(str::to_owned));
        }
    }
}

/// What the router answers to somebody from elsewhere without a log-in: nothing happens by it.
async fn status_of(method: &Method, path: &str) -> StatusCode {
    let status = Arc::new(Status::new("shop-7", Lang::En, Clock::System, ["bench-1"]));
    let app = App { status, scans: Arc::new(|_| ()), feeds: Arc::default(), desk: None, local: false };
    let request = Request::builder().method(method).uri(path).header("host", "localhost").body(Body::empty()).unwrap();
    crate::http::router(app).oneshot(request).await.unwrap().status()
}

#[test]
fn every_route_is_described_and_everything_described_is_a_route() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let mut paths = BTreeSet::new();
    routed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http"), &mut paths);
    // Pages are for people.
    paths.retain(|path| path.starts_with("/api/") || path == "/metrics");
    assert!(paths.len() >= 10 && paths.contains("/api/v1/webhooks/dead/{id}/retry"), "{paths:?}");
    let described = operations();
    paths.extend(described.iter().map(|(_, path)| path.clone()));
    let mut served = BTreeSet::new();
    for path in &paths {
        let plain: String =
            path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect::<Vec<_>>().join("/");
        // A path that is not there at all refuses no method.
        let there = runtime.block_on(status_of(&Method::TRACE, &plain)) == StatusCode::METHOD_NOT_ALLOWED;
        for method in METHODS.iter().filter(|_| there) {
            if runtime.block_on(status_of(method, &plain)) != StatusCode::METHOD_NOT_ALLOWED {
                served.insert((method.to_string(), path.clone()));
            }
        }
    }
    assert_eq!(served, described);
}

#[test]
fn each_operation_has_a_name_of_its_own_a_known_tag_and_says_how_it_is_refused() {
    let document = described();
    let tags: Vec<_> = document["tags"].as_array().unwrap().iter().map(|tag| tag["name"].clone()).collect();
    let mut names = BTreeSet::new();
    let mut open = BTreeSet::new();
    for (method, path) in operations() {
        let operation = &document["paths"][&path][method.to_lowercase()];
        let name = operation["operationId"].as_str().unwrap();
        assert!(names.insert(name.to_owned()), "{name} twice");
        assert!(operation["summary"].as_str().is_some_and(|text| !text.is_empty()), "{operation:#}");
        let tag = operation["tags"].as_array().unwrap();
        assert!(tag.len() == 1 && tags.contains(&tag[0]), "{operation:#}");
        let responses = operation["responses"].as_object().unwrap();
        for (status, response) in responses.iter().filter(|(status, _)| status.starts_with(['4', '5'])) {
            let schema = &response["content"]["application/json"]["schema"]["$ref"];
            assert_eq!(schema, "#/components/schemas/Refusal", "{name} {status}");
        }
        if operation["security"].is_null() {
            open.insert(name.to_owned());
        }
        assert_eq!(
            responses.contains_key("401"),
            name == "accounts-login" || !operation["security"].is_null(),
            "{name}"
        );
    }
    assert_eq!(open, OPEN.map(str::to_owned).into());
    // Whatever is referred to is there.
    let text = document.to_string();
    for name in text.split("\"#/components/schemas/").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(document["components"]["schemas"][name].is_object(), "{name}");
    }
}
