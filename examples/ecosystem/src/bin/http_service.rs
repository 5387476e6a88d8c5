//! An HTTP service with axum: its router, its extractors and tower's layers, served
//! by `HttpServer` on our streams.
//!
//! `cargo run --manifest-path examples/ecosystem/Cargo.toml --bin http_service`

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use asyncio::{Error, Result, run, sleep, start_server, wait_for};
use asyncio_http::{Body, ClientSession, HttpServer};
use axum::Router;
use axum::extract::{Json, Path, Query, State};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{ErrorResponse, IntoResponse, Response};
use axum::routing::{get, put};
use hyper::Request;
use send_wrapper::SendWrapper;
use serde::{Deserialize, Serialize};
use tower::ServiceExt;
use tower_http::set_header::SetResponseHeaderLayer;

// ANCHOR: handlers
#[derive(Clone, Deserialize, Serialize)]
struct Tea {
    minutes: u32,
    #[serde(default)]
    sold_out: bool,
}

/// axum asks for state that threads can share, although there is one thread here.
type Teas = Arc<Mutex<BTreeMap<String, Tea>>>;

async fn add(
    State(teas): State<Teas>,
    Path(name): Path<String>,
    Json(tea): Json<Tea>,
) -> StatusCode {
    let before = teas.lock().unwrap().insert(name, tea);
    if before.is_none() { StatusCode::CREATED } else { StatusCode::NO_CONTENT }
}

async fn find(
    State(teas): State<Teas>,
    Path(name): Path<String>,
) -> Result<Json<Tea>, StatusCode> {
    let tea = teas.lock().unwrap().get(&name).cloned();
    tea.map(Json).ok_or(StatusCode::NOT_FOUND)
}

/// axum answers with an error of a handler, so it has to know how.
struct Failed(Error);

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        (StatusCode::SERVICE_UNAVAILABLE, self.0.to_string()).into_response()
    }
}

#[derive(Deserialize)]
struct Brewing {
    hurry: f64,
}

/// axum asks for handlers that may move to other threads. What waits for this loop
/// must not, and never does. `SendWrapper` says so, and panics if it is wrong.
async fn brew(
    State(teas): State<Teas>,
    Path(name): Path<String>,
    Query(brewing): Query<Brewing>,
) -> Result<String, ErrorResponse> {
    let Json(tea) = find(State(teas), Path(name)).await?;
    let brewed = sleep(f64::from(tea.minutes) * 60.0 / brewing.hurry);
    SendWrapper::new(wait_for(brewed, 1)).await.map_err(Failed)?;
    Ok(format!("brewed for {} minutes", tea.minutes))
}

fn router() -> Router {
    let server = SetResponseHeaderLayer::overriding(
        axum::http::header::SERVER,
        HeaderValue::from_static("teapot"),
    );
    Router::new()
        .route("/teas/{name}", put(add).get(find))
        .route("/teas/{name}/brew", get(brew))
        .layer(server)
        .with_state(Teas::default())
}
// ANCHOR_END: handlers

// ANCHOR: serve
async fn program() -> Result<()> {
    let http = HttpServer::new().max_body(1024);
    let (serving, router) = (http.clone(), router());
    let connected = async move |reader, writer| {
        // The router is a tower service: a request goes in, a response comes out.
        let respond = async |request: Request<Body>| {
            Ok(router.clone().oneshot(request).await?)
        };
        serving.serve(reader, writer, respond).await
    };
    let server =
        start_server(connected, "127.0.0.1", 0).max_connections(100).await?;
    talk(&format!("http://127.0.0.1:{}", server.sockets()[0].port().unwrap()))
        .await?;
    server.close();
    wait_for(http.finish(), 5).await
}
// ANCHOR_END: serve

// ANCHOR: talk
async fn talk(url: &str) -> Result<()> {
    let session = ClientSession::new();
    for body in [r#"{"minutes": 3}"#, r#"{"minutes": 4}"#, r#"{"minutes": "soon"}"#]
    {
        let request = session.put(&format!("{url}/teas/assam"));
        let response =
            request.header("Content-Type", "application/json").body(body).await?;
        println!("PUT {body}: {}", response.status());
        response.read().await?;
    }
    let paths = [
        "/teas/assam",
        "/teas/assam/brew?hurry=100000",
        "/teas/assam/brew?hurry=1",
        "/teas/mint",
    ];
    for path in paths {
        let response = session.get(&format!("{url}{path}")).await?;
        let (status, server) =
            (response.status(), response.headers()["server"].to_str()?.to_owned());
        println!(
            "GET {path}: {status}, {server} says {:?}",
            response.text().await?
        );
    }
    let huge = format!("{{\"minutes\": 3{}}}", " ".repeat(2000));
    let response = session.put(&format!("{url}/teas/mint")).body(huge).await?;
    println!("PUT with too much: {}", response.status());
    Ok(())
}
// ANCHOR_END: talk

fn main() -> Result<()> {
    run(program())
}
