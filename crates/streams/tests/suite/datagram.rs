//! Datagrams.

use std::io::ErrorKind;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::rc::Rc;

use asyncio_runtime::{ValueError, create_task, sleep, wait_for};
use asyncio_streams::{Address, create_datagram_endpoint, create_datagram_endpoint_on};

use crate::common::{io_kind, pattern, run};

// CPython: test_selector_events.SelectorDatagramTransportTests.test_read_ready, test_sendto, test_sendto_no_data
#[test]
fn messages_keep_their_bounds() {
    run(async {
        let server = Rc::new(create_datagram_endpoint().local_addr("127.0.0.1", 0).await?);
        let client = create_datagram_endpoint().await?;
        let receiving = create_task({
            let server = Rc::clone(&server);
            async move {
                let mut received = Vec::new();
                for _ in 0..3 {
                    received.push(server.recvfrom(5).await?);
                }
                Ok(received)
            }
        });
        sleep(0).await?;
        for message in ["one", "", "and a longer one"] {
            client.sendto(message, &server.sockname()).await?;
        }
        let received = receiving.await?;
        let messages: Vec<&[u8]> = received.iter().map(|(message, _)| &message[..]).collect();
        assert_eq!(messages, [&b"one"[..], b"", b"and a"]);
        assert!(received.iter().all(|(_, peer)| peer.port() == client.sockname().port()));
        Ok(())
    });
}

// CPython: test_selector_events.SelectorDatagramTransportTests.test_read_ready_tryagain
#[test]
fn a_cancelled_wait_loses_no_message() {
    run(async {
        let server = create_datagram_endpoint().local_addr("127.0.0.1", 0).await?;
        let port = server.sockname().port().unwrap();
        let client = create_datagram_endpoint().remote_addr("127.0.0.1", port).await?;
        assert_eq!(client.peername().map(ToString::to_string), Some(format!("('127.0.0.1', {port})")));
        assert!(wait_for(server.recv(10), 0.001).await.is_err());
        client.send("kept").await?;
        assert!(wait_for(server.recv(10), 0).await.is_err(), "not a line of it runs");
        assert_eq!(server.recv(10).await?, b"kept");
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_datagram_endpoint_cant_bind,
// test_create_datagram_endpoint_no_addrinfo, test_create_datagram_endpoint_no_matching_family,
// test_selector_events.SelectorDatagramTransportTests.test_read_ready_oserr, test_sendto_error_received_connected
#[test]
fn what_goes_wrong_is_told() {
    run(async {
        let gone = create_datagram_endpoint().local_addr("127.0.0.1", 0).await?.sockname();
        let client = create_datagram_endpoint().remote_addr("127.0.0.1", gone.port().unwrap()).await?;
        client.send("anybody there?").await?;
        assert_eq!(io_kind(&client.recv(10).await.unwrap_err()), Some(ErrorKind::ConnectionRefused));
        // After the error the endpoint still works.
        assert!(wait_for(client.recv(10), 0.001).await.unwrap_err().is::<asyncio_runtime::TimeoutError>());
        assert!(client.send(vec![0; 100_000]).await.is_err());
        let again = create_datagram_endpoint().local_addr("127.0.0.1", gone.port().unwrap()).await?;
        client.send("now?").await?;
        assert_eq!(again.recv(10).await?, b"now?");
        let lost = create_datagram_endpoint().await?;
        assert!(lost.send("to whom?").await.is_err());
        assert!(lost.sendto("x", &Address::Unnamed).await.unwrap_err().is::<ValueError>());
        let error = create_datagram_endpoint().local_addr("127.0.0.1", 70_000).await.unwrap_err();
        assert_eq!(error.to_string(), "port must be 0-65535, not 70000");
        let taken = create_datagram_endpoint().local_addr("127.0.0.1", 0).await?;
        let port = taken.sockname().port().unwrap();
        let error = create_datagram_endpoint().local_addr("127.0.0.1", port).await.unwrap_err();
        assert_eq!(io_kind(&error), Some(ErrorKind::AddrInUse));
        assert!(error.to_string().contains(&format!("('127.0.0.1', {port})")), "{error}");
        let error = create_datagram_endpoint().local_addr("no-such-host.invalid", 0).await.unwrap_err();
        assert!(error.is::<std::io::Error>(), "{error}");
        let error = create_datagram_endpoint().remote_addr("127.0.0.1", 1).local_addr("::1", 0).await.unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&ValueError::new("can not get address information")));
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_datagram_endpoint_sockopts,
// test_create_datagram_endpoint_ip_addr
#[test]
fn options_are_set_when_they_are_asked_for() {
    run(async {
        for asked in [false, true] {
            let endpoint =
                create_datagram_endpoint().local_addr("127.0.0.1", 0).reuse_port(asked).allow_broadcast(asked).await?;
            assert_eq!(endpoint.sockname().as_socket().unwrap().ip(), Ipv4Addr::LOCALHOST);
            let socket = socket2::SockRef::from(&endpoint);
            assert_eq!((socket.reuse_port()?, socket.broadcast()?, socket.reuse_address()?), (asked, asked, false));
        }
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_datagram_endpoint_allow_broadcast,
// test_create_datagram_endpoint_connect_err
#[test]
fn to_talk_to_everybody_one_has_to_ask() {
    run(async {
        let everybody = || create_datagram_endpoint().remote_addr("127.255.255.255", 9);
        let error = everybody().await.unwrap_err();
        assert_eq!(io_kind(&error), Some(ErrorKind::PermissionDenied));
        assert!(error.to_string().contains("Connect call failed ('127.255.255.255', 9)"), "{error}");
        everybody().allow_broadcast(true).await?;
        Ok(())
    });
}

#[test]
fn memory_is_taken_for_what_is_there() {
    run(async {
        let endpoint = create_datagram_endpoint().local_addr("127.0.0.1", 0).await?;
        for n in [usize::MAX, 1 << 40, CHUNK + 1] {
            endpoint.sendto(pattern(60_000), &endpoint.sockname()).await?;
            assert!(endpoint.recv(n).await? == pattern(60_000));
        }
        // Messages of Unix sockets may be longer than one receive.
        let (here, there) = UnixDatagram::pair()?;
        let (here, there) = (create_datagram_endpoint_on(here)?, create_datagram_endpoint_on(there)?);
        for (n, comes) in [(usize::MAX, 100_000), (100_000, 100_000), (99_999, 99_999), (CHUNK, CHUNK), (0, 0)] {
            here.send(pattern(100_000)).await?;
            assert!(there.recv(n).await? == pattern(100_000)[..comes], "{n}");
        }
        here.send("").await?;
        assert_eq!(there.recv(usize::MAX).await?, b"");
        Ok(())
    });
}

const CHUNK: usize = 64 * 1024;

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_datagram_endpoint_sock,
// test_create_datagram_endpoint_sock_unix, test_create_datagram_endpoint_existing_sock_unix,
// test_selector_events.SelectorDatagramTransportTests.test_sendto_connected_addr
#[test]
fn unix_sockets_carry_datagrams_too() {
    run(async {
        let folder = tempfile::tempdir()?;
        let (first, second) = (folder.path().join("first"), folder.path().join("second"));
        drop(UnixDatagram::bind(&first)?);
        let server = create_datagram_endpoint().local_path(&first).await?; // in the place of the file that was left
        assert_eq!(server.sockname(), Address::Unix(first.clone()));
        let client = create_datagram_endpoint_on(UnixDatagram::bind(&second)?)?;
        client.sendto("one", &server.sockname()).await?;
        let (message, peer) = server.recvfrom(100).await?;
        assert_eq!((&message[..], &peer), (&b"one"[..], &Address::Unix(second.clone())));
        server.sendto("two", &peer).await?;
        assert_eq!(client.recv(100).await?, b"two");

        let connected = create_datagram_endpoint().remote_path(&first).await?;
        assert_eq!(connected.peername(), Some(&Address::Unix(first.clone())));
        connected.sendto("three", &Address::Unix(first.clone())).await?;
        assert_eq!(server.recvfrom(100).await?, (b"three".to_vec(), Address::Unnamed));
        let error = connected.sendto("three", &Address::Unix(second)).await.unwrap_err();
        assert_eq!(error.to_string(), format!("Invalid address: must be None or '{}'", first.display()));
        assert!(error.is::<ValueError>());

        let name = format!("\0asyncio-datagram-{}", std::process::id());
        let abstract_one = create_datagram_endpoint().local_path(&name).await?;
        assert_eq!(abstract_one.sockname(), Address::Abstract(name[1..].into()));
        create_datagram_endpoint().remote_path(&name).await?.send("four").await?;
        client.sendto("five", &abstract_one.sockname()).await?;
        assert_eq!(abstract_one.recv(100).await?, b"four");
        assert_eq!(abstract_one.recv(100).await?, b"five");
        Ok(())
    });
}

// CPython: test_base_events.BaseEventLoopWithSelectorTests.test_create_datagram_endpoint_wrong_sock
#[test]
fn what_cannot_be_an_endpoint_is_refused() {
    run(async {
        let error = create_datagram_endpoint_on(UnixStream::pair()?.0).unwrap_err();
        assert_eq!(error.downcast_ref(), Some(&ValueError::new("A datagram socket was expected")));
        for path in ["", "a\0b"] {
            assert!(create_datagram_endpoint().local_path(path).await.unwrap_err().is::<ValueError>());
            assert!(create_datagram_endpoint().remote_path(path).await.unwrap_err().is::<ValueError>());
        }
        let both = create_datagram_endpoint().local_path("a").remote_addr("127.0.0.1", 1);
        assert!(both.await.unwrap_err().is::<ValueError>());
        let error = create_datagram_endpoint().remote_path("no-such.sock").await.unwrap_err();
        assert_eq!(io_kind(&error), Some(ErrorKind::NotFound));
        assert!(error.to_string().ends_with("Connect call failed 'no-such.sock'"), "{error}");
        Ok(())
    });
}

// CPython: test_events.EventLoopTestsMixin.test_create_datagram_endpoint, test_create_datagram_endpoint_ipv6,
// test_create_datagram_endpoint_sock, test_sock_lowlevel.BaseSockTestsMixin.test_recvfrom,
// test_selector_events.SelectorDatagramTransportTests.test_sendto_bytearray, test_sendto_memoryview
#[test]
fn a_message_is_answered_over_both_families_and_over_a_socket_that_is_given() {
    run(async {
        for host in ["127.0.0.1", "::1"] {
            // Not every machine has IPv6.
            let Ok(bound) = UdpSocket::bind((host, 0)) else { continue };
            for server in [create_datagram_endpoint().local_addr(host, 0).await?, create_datagram_endpoint_on(bound)?] {
                let port = server.sockname().port().unwrap();
                let client = create_datagram_endpoint().remote_addr(host, port).await?;
                let message = pattern(4096);
                client.send(&message[..3]).await?;
                client.send(message.clone()).await?;
                for expected in [&message[..3], &message] {
                    let (received, peer) = server.recvfrom(5000).await?;
                    assert!(received == expected);
                    assert_eq!(peer, client.sockname());
                    server.sendto([b"resp:", expected].concat(), &peer).await?;
                    let (answer, peer) = client.recvfrom(5000).await?;
                    assert!(answer.strip_prefix(b"resp:") == Some(expected));
                    assert_eq!(peer, server.sockname());
                }
            }
        }
        Ok(())
    });
}

// CPython: test_events.EventLoopTestsMixin.test_datagram_send_to_non_listening_address,
// test_datagram_recvfrom_connection_reset_recovers,
// test_selector_events.SelectorDatagramTransportTests.test_sendto_error_received
#[test]
fn a_message_that_nobody_takes_or_that_is_too_long_does_not_disturb_the_next() {
    run(async {
        let gone = create_datagram_endpoint().local_addr("127.0.0.1", 0).await?.sockname();
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.send_to(b"x", gone.as_socket().unwrap())?;
        let here = create_datagram_endpoint_on(socket)?;
        here.sendto("ping", &here.sockname()).await?;
        assert_eq!(here.recv(10).await?, b"ping");
        let there = create_datagram_endpoint().local_addr("127.0.0.1", 0).await?;
        here.sendto("a", &there.sockname()).await?;
        assert_eq!(there.recv(10).await?, b"a");
        here.sendto("c", &gone).await?;
        sleep(0).await?;
        assert!(here.sendto(vec![0; 70_000], &there.sockname()).await.is_err());
        there.sendto("d", &here.sockname()).await?;
        assert_eq!(here.recv(10).await?, b"d");
        here.sendto("queued", &there.sockname()).await?;
        assert_eq!(there.recv(10).await?, b"queued");
        Ok(())
    });
}

// CPython: test_sock_lowlevel.BaseSockTestsMixin.test_sendto_blocking
#[test]
fn a_message_for_which_there_is_no_room_waits_for_it() {
    run(async {
        let (here, there) = UnixDatagram::pair()?;
        here.set_nonblocking(true)?;
        let mut sent = 0;
        while here.send(&[7; 1000]).is_ok() {
            sent += 1;
        }
        let (here, there) = (create_datagram_endpoint_on(here)?, create_datagram_endpoint_on(there)?);
        let sending = create_task(async move {
            here.send("one").await?;
            here.send("two").await
        });
        sleep(0.002).await?;
        assert!(!sending.done());
        for _ in 0..sent {
            assert_eq!(there.recv(2000).await?, [7; 1000]);
        }
        assert_eq!(there.recv(10).await?, b"one");
        assert_eq!(there.recv(10).await?, b"two");
        sending.await
    });
}
