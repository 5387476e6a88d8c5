//! A TCP server on loopback; the load is the `client` program.

use harness::{ECHO_CONNECTIONS, Load, Row, scaled};

use crate::rt;

pub const ROWS: &[Row] = &[
    ("tcp_echo", || {
        let (listener, load) = Load::start("echo", scaled(4_000));
        rt::run(rt::serve_echo(listener, ECHO_CONNECTIONS));
        load.done();
    }),
    ("tcp_echo_1", || {
        let (listener, load) = Load::start("echo1", scaled(20_000));
        rt::run(rt::serve_echo(listener, 1));
        load.done();
    }),
    ("tcp_sink", || {
        let (listener, load) = Load::start("sink", scaled(32_768));
        rt::run(rt::serve_sink(listener));
        load.done();
    }),
    ("tcp_source", || {
        let chunks = scaled(32_768);
        let (listener, load) = Load::start("source", chunks);
        rt::run(rt::serve_source(listener, chunks));
        load.done();
    }),
];
