//! Opening connections: what goes wrong is named.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, TcpListener, TcpStream};

use asyncio_runtime::{ExceptionGroup, GaiError, ValueError, create_task, get_running_loop, sleep, wait_for};
use asyncio_streams::{
    Address, Family, NI_DGRAM, NI_NAMEREQD, NI_NUMERICHOST, NI_NUMERICSERV, StreamReader, StreamWriter, getnameinfo,
    open_connection, open_connection_on, start_server,
};
use socket2::SockRef;

use crate::common::{io_kind, run};

/// A port at which no server listens.
fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

// CPython: test_sock_lowlevel.BaseSockTestsMixin.test_sock_client_fail
#[test]
fn a_refused_connection_is_told_in_python_s_words() {
    run(async {
        let port = closed_port();
        let error = open_connection("127.0.0.1", port).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            format!("[Errno {}] Connect call failed ('127.0.0.1', {port})", libc::ECONNREFUSED)
        );
        assert_eq!(io_kind(&error), Some(ErrorKind::ConnectionRefused));
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_connection_wrong_sock,
// test_create_connection_no_getaddrinfo
#[test]
fn impossible_arguments_are_errors() {
    run(async {
        let error = open_connection("127.0.0.1", 70_000).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&ValueError::new("port must be 0-65535, not 70000")));
        assert!(open_connection("127.0.0.1", -1i64).await.unwrap_err().is::<ValueError>());
        let error = open_connection("127.0.0.1", 80).limit(0).await.unwrap_err();
        assert_eq!(error.to_string(), "Limit cannot be <= 0");
        let error = open_connection("no-such-host.invalid", 80).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot resolve 'no-such-host.invalid': "), "{error}");
        let error = open_connection("not a host", 80).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot resolve 'not a host': "), "{error}");
        let error = open_connection("127.0.0.1", 80).family(Family::Inet6).await.unwrap_err();
        assert_eq!(format!("{error:?}"), "gaierror(\"cannot resolve '127.0.0.1': it has no address of family Inet6\")");
        let error = open_connection_on(std::net::UdpSocket::bind("127.0.0.1:0")?).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&ValueError::new("A Stream Socket was expected")));
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_connection_connect_err
#[test]
fn all_errors_are_a_group() {
    run(async {
        let port = closed_port();
        for delay in [None, Some(0.01)] {
            let mut connecting = open_connection("127.0.0.1", port).all_errors(true);
            if let Some(delay) = delay {
                connecting = connecting.happy_eyeballs_delay(delay);
            }
            let error = connecting.await.unwrap_err();
            let group = error.downcast_ref::<ExceptionGroup>().unwrap();
            assert_eq!(group.message(), "create_connection failed");
            assert_eq!(group.exceptions().len(), 1);
            assert!(group.exceptions()[0].is::<std::io::Error>());
        }
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_connection_no_local_addr,
// test_events.EventLoopTestsMixin.test_create_connection_local_addr_in_use
#[test]
fn the_local_address_can_be_chosen() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let (_reader, writer) = open_connection("127.0.0.1", port).local_addr("127.0.0.3", 0).await?;
        let (_, peer) = listener.accept()?;
        assert_eq!(peer.ip().to_string(), "127.0.0.3");
        assert_eq!(writer.sockname(), peer.into());
        let error = open_connection("127.0.0.1", port).local_addr("127.0.0.1", port).await.unwrap_err();
        let expected =
            format!("error while attempting to bind on address ('127.0.0.1', {port}): address already in use");
        assert!(error.to_string().ends_with(&expected), "{error}");
        let error = open_connection("127.0.0.1", port).local_addr("no-such-host.invalid", 0).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot resolve 'no-such-host.invalid': "), "{error}");
        Ok(())
    });
}

#[test]
fn a_name_is_resolved_and_its_addresses_race() {
    run(async {
        // One of the addresses of `localhost` answers.
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        open_connection("localhost", port).await?;
        let (_reader, writer) = open_connection("localhost", port).happy_eyeballs_delay(0.01).await?;
        assert_eq!(writer.peername().to_string(), format!("('127.0.0.1', {port})"));
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_connection_ip_addr,
// test_create_connection_ipv6_scope
#[test]
fn addresses_are_taken_as_they_are() {
    run(async {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let port = listener.local_addr()?.port();
        let (_reader, writer) = open_connection(Ipv4Addr::LOCALHOST, port).await?;
        assert_eq!(writer.peername().to_string(), format!("('127.0.0.1', {port})"));
        // Not every machine has IPv6.
        if let Ok(listener) = TcpListener::bind("[::1]:0") {
            let port = listener.local_addr()?.port();
            let (_reader, writer) = open_connection("::1", port).await?;
            assert_eq!(writer.peername().to_string(), format!("('::1', {port}, 0, 0)"));
        }
        let scoped = get_running_loop()?.getaddrinfo("fe80::1%1", 80).await?;
        assert_eq!(Address::from(scoped[0]).to_string(), "('fe80::1', 80, 0, 1)");
        Ok(())
    });
}

#[test]
fn an_attempt_can_be_cancelled() {
    run(async {
        // No connection is accepted and the queue is full, so the next connection waits.
        let listener = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None)?;
        listener.bind(&"127.0.0.1:0".parse::<std::net::SocketAddr>()?.into())?;
        listener.listen(0)?;
        let port = listener.local_addr()?.as_socket().unwrap().port();
        let mut connected = Vec::new();
        while let Ok(streams) = wait_for(open_connection("127.0.0.1", port), 0.02).await {
            connected.push(streams);
            assert!(connected.len() < 100);
        }
        let task = create_task(open_connection("127.0.0.1", port).happy_eyeballs_delay(0.001));
        sleep(0.002).await?;
        task.cancel();
        assert!(task.await.unwrap_err().is_cancelled());
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_getnameinfo
#[test]
fn addresses_have_names() {
    run(async {
        let address = "127.0.0.1:80".parse()?;
        let numbers = getnameinfo(address, NI_NUMERICHOST | NI_NUMERICSERV).await?;
        assert_eq!(numbers, ("127.0.0.1".to_owned(), "80".to_owned()));
        let names = getnameinfo("[::1]:1".parse()?, NI_NUMERICHOST | NI_NUMERICSERV | NI_DGRAM).await?;
        assert_eq!(names, ("::1".to_owned(), "1".to_owned()));
        // A name is required, but may not be looked up.
        let error = getnameinfo(address, NI_NUMERICHOST | NI_NAMEREQD).await.unwrap_err();
        let inside = error.downcast_ref::<std::io::Error>().unwrap().get_ref().unwrap();
        assert!(inside.is::<GaiError>(), "{error}");
        Ok(())
    });
}

// CPython: test_base_events.TestSelectorUtils.test_set_nodelay
#[test]
fn small_writes_to_a_tcp_connection_are_sent_at_once() {
    run(async {
        let nodelay =
            |writer: &StreamWriter| writer.with_socket(|socket| SockRef::from(&socket).tcp_nodelay()).unwrap();
        let serve = async move |mut reader: StreamReader, writer: StreamWriter| {
            writer.write(if nodelay(&writer)? { "at once" } else { "later" })?;
            reader.read_to_end().await.map(drop)
        };
        let server = start_server(serve, "127.0.0.1", 0).await?;
        let port = server.sockets()[0].port().unwrap();
        let plain = || TcpStream::connect(("127.0.0.1", port));
        let (blocking, nonblocking) = (plain()?, plain()?);
        nonblocking.set_nonblocking(true)?;
        assert!(!blocking.nodelay()? && !nonblocking.nodelay()?);
        let given = [open_connection_on(blocking)?, open_connection_on(nonblocking)?];
        let opened = open_connection("127.0.0.1", port).await?;
        for (mut reader, writer) in given.into_iter().chain([opened]) {
            assert!(nodelay(&writer)?);
            writer.write_eof()?;
            assert_eq!(reader.read_to_end().await?, b"at once");
        }
        Ok(())
    });
}
