//! `test_events`: encrypted connections over TCP and unix sockets, and clients that do not trust the server.

use std::cell::Cell;
use std::path::Path;
use std::rc::Rc;

use asyncio_runtime::Result;
use asyncio_streams::ssl::{SSLContext, SSLError};
use asyncio_streams::{
    Server, StreamReader, StreamWriter, open_connection, open_unix_connection, start_server, start_unix_server,
};

use crate::certificates::contexts;
use crate::common::{close, reports, run};

/// Sends each client a page, and counts the clients.
fn pages() -> (Rc<Cell<u32>>, impl AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static) {
    let count = Rc::new(Cell::new(0));
    let counter = Rc::clone(&count);
    let serve = async move |_, writer: StreamWriter| {
        counter.set(counter.get() + 1);
        writer.write("a page")?;
        writer.close();
        writer.wait_closed().await
    };
    (count, serve)
}

/// A client of this server, with this context or the default one.
async fn connect(
    server: &Server,
    path: Option<&Path>,
    context: Option<&SSLContext>,
    name: &str,
) -> Result<(StreamReader, StreamWriter)> {
    match (path, context) {
        (Some(path), Some(context)) => open_unix_connection(path).ssl(context).server_hostname(name).await,
        (Some(path), None) => open_unix_connection(path).ssl(true).server_hostname(name).await,
        (None, context) => {
            let connection = open_connection("127.0.0.1", server.sockets()[0].port().unwrap()).server_hostname(name);
            match context {
                Some(context) => connection.ssl(context).await,
                None => connection.ssl(true).await,
            }
        }
    }
}

async fn serving(
    path: Option<&Path>,
    context: &SSLContext,
    serve: impl AsyncFn(StreamReader, StreamWriter) -> Result<()> + 'static,
) -> Result<Server> {
    match path {
        Some(path) => start_unix_server(serve, path).ssl(context).await,
        None => start_server(serve, "127.0.0.1", 0).ssl(context).await,
    }
}

// CPython: test_events.EventLoopTestsMixin.test_create_ssl_connection, test_create_ssl_unix_connection
#[test]
fn an_encrypted_client_knows_its_peer_and_reads_until_it_ends() {
    run(async {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("socket");
        let (client, server) = contexts();
        for path in [None, Some(path.as_path())] {
            let (count, serve) = pages();
            let server = serving(path, &server, serve).await?;
            let (mut reader, writer) = connect(&server, path, Some(&client), "localhost").await?;
            assert_eq!(writer.peername(), server.sockets()[0]);
            assert_eq!(writer.sockname().port().is_some(), path.is_none());
            let object = writer.ssl_object().unwrap();
            let (cipher, protocol, bits) = object.cipher();
            assert!(cipher.starts_with("TLS_") && bits >= 128, "{cipher} {bits}");
            assert_eq!(protocol, "TLSv1.3");
            assert!(object.getpeercert().is_some());
            assert_eq!(reader.read_to_end().await?, b"a page");
            close(&writer, &server).await?;
            assert_eq!(count.get(), 1);
        }
        Ok(())
    });
}

// CPython: test_events.EventLoopTestsMixin.test_create_server_ssl_verify_failed,
// test_create_unix_server_ssl_verify_failed, test_create_server_ssl_match_failed
#[test]
fn who_does_not_trust_the_server_is_never_its_client() {
    run(async {
        let reports = reports()?;
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("socket");
        let (client, server) = contexts();
        for path in [None, Some(path.as_path())] {
            // The default context does not trust our authority, and ours is for another name.
            for (context, name) in [(None, "localhost"), (Some(&client), "elsewhere.org"), (Some(&client), "127.0.0.2")]
            {
                let (count, serve) = pages();
                let server = serving(path, &server, serve).await?;
                let error = connect(&server, path, context, name).await.unwrap_err();
                assert_eq!(SSLError::of(&error).unwrap().reason(), "CERTIFICATE_VERIFY_FAILED");
                server.close();
                server.wait_closed().await?;
                assert_eq!(count.get(), 0);
            }
        }
        assert_eq!(*reports.borrow(), [""; 0]);
        Ok(())
    });
}
