//! A server, and clients that are sockets in the same thread.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::rc::Rc;

use asyncio::{Address, Result, Server, StreamReader, StreamWriter, ValueError, start_server, start_unix_server};
use fastrand::Rng;
use serde::{Deserialize, Serialize};
use socket2::{Domain, SockAddr, Socket, Type};

use super::peer::{Does, Peer};
use super::player::{Begun, Lines, bytes, class, error, run, settle, truth};

/// A program.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Program {
    /// TCP, or else a unix socket.
    pub tcp: bool,
    /// What the coroutine and the clients do.
    pub steps: Vec<Step>,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Connect { peer: usize },
    Peer { peer: usize, does: Does },
    Close {},
    CloseClients {},
    AbortClients {},
    WaitClosed {},
    Serve {},
    CancelServe {},
    IsServing {},
}

/// Writes a program.
pub(super) fn generate(rng: &mut Rng) -> Program {
    let tcp = rng.u32(0..3) == 0;
    let mut steps = Vec::new();
    for _ in 0..rng.usize(4..18) {
        let peer = rng.usize(0..3);
        let step = match rng.u32(0..24) {
            0..=5 => Step::Connect { peer },
            6..=10 => {
                // The system's TCP buffers grow unpredictably, so large amounts go through unix sockets only.
                let lines = ["hello\n", "half", "bye\n", "fail\n", if tcp { "more\n" } else { "much\n" }];
                let text = lines[rng.usize(0..lines.len())].to_owned();
                Step::Peer { peer, does: Does::Send { text } }
            }
            11..=13 => Step::Peer { peer, does: Does::Receive {} },
            14 => Step::Peer { peer, does: Does::Shutdown {} },
            15 | 16 => Step::Peer { peer, does: Does::Close {} },
            17 => Step::Close {},
            18 => Step::CloseClients {},
            19 => Step::AbortClients {},
            20 => Step::WaitClosed {},
            21 => Step::Serve {},
            22 => Step::CancelServe {},
            _ => Step::IsServing {},
        };
        steps.push(step);
    }
    Program { tcp, steps }
}

async fn handle(lines: Lines, client: String, mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    lines.add(client.clone());
    let converse = async {
        loop {
            let line = reader.readline().await?;
            if line.is_empty() {
                lines.add(format!("{client} has ended"));
                break;
            }
            lines.add(format!("{client} says {}", bytes(&line)));
            match &*line {
                b"bye\n" => break,
                b"fail\n" => return Err(ValueError::new("it fails").into()),
                b"much\n" => {
                    writer.write(vec![b'm'; 3_000_000])?;
                    writer.drain().await?;
                    lines.add(format!("{client} is sent much"));
                }
                _ => {
                    writer.write(line.to_ascii_uppercase())?;
                    writer.drain().await?;
                }
            }
            if writer.is_closing() {
                // In asyncio, which receives in the background, data that arrived before the end can be read after it.
                break;
            }
        }
        writer.close();
        writer.wait_closed().await?;
        lines.add(format!("{client} is closed"));
        Ok(())
    };
    converse.await.inspect_err(|raised| lines.add(format!("{client} raises {}", error(raised))))
}

struct Player {
    lines: Lines,
    begun: Begun,
    peers: BTreeMap<usize, Peer>,
    server: Rc<Server>,
    address: SockAddr,
}

pub(super) fn play(program: Program) -> String {
    run(move |lines| async move {
        let folder = tempfile::tempdir()?;
        let (count, inside) = (Cell::new(0), lines.clone());
        let connected = move |reader, writer| {
            count.set(count.get() + 1);
            handle(inside.clone(), format!("client {}", count.get()), reader, writer)
        };
        let (server, address) = if program.tcp {
            let server = start_server(connected, "127.0.0.1", 0).await?;
            let Some(Address::Inet(address)) = server.sockets().into_iter().next() else {
                unreachable!("it listens at one");
            };
            let address: SocketAddr = address;
            (server, SockAddr::from(address))
        } else {
            let path = folder.path().join("socket");
            (start_unix_server(connected, &path).await?, SockAddr::unix(&path)?)
        };
        let begun = Begun::new(&lines);
        let mut player = Player { lines, begun, peers: BTreeMap::new(), server: Rc::new(server), address };
        for step in program.steps {
            player.step(step).await?;
        }
        player.server.close();
        player.begun.cancel_all();
        player.server.abort_clients();
        player.peers.clear();
        settle().await
    })
}

impl Player {
    async fn step(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Connect { peer } => self.connect(peer)?,
            Step::Peer { peer, does } => match (self.peers.get(&peer), does) {
                (None, _) => {}
                (Some(peer), Does::Send { text }) => peer.send(&text),
                (Some(peer), Does::Receive {}) => peer.receive(),
                (Some(peer), Does::Shutdown {}) => peer.shutdown(),
                (Some(_), Does::Close {}) => {
                    if let Some(peer) = self.peers.remove(&peer) {
                        peer.close().await?;
                    }
                }
            },
            Step::Close {} => self.server.close(),
            Step::CloseClients {} => self.server.close_clients(),
            Step::AbortClients {} => self.server.abort_clients(),
            Step::WaitClosed {} => {
                let server = Rc::clone(&self.server);
                let wait = || async move { server.wait_closed().await.map(|()| "None".to_owned()) };
                return self.begun.proceed("wait_closed", wait).await;
            }
            Step::Serve {} => {
                let server = Rc::clone(&self.server);
                let serve = || async move { server.serve_forever().await.map(|()| "None".to_owned()) };
                return self.begun.proceed("serve_forever", serve).await;
            }
            Step::CancelServe {} => return self.begun.give_up("serve_forever").await,
            Step::IsServing {} => {
                self.lines.add(format!("is_serving {}", truth(self.server.is_serving())));
                return Ok(());
            }
        }
        settle().await
    }

    fn connect(&mut self, number: usize) -> Result<()> {
        if self.peers.contains_key(&number) {
            return Ok(());
        }
        let domain = if self.address.is_unix() { Domain::UNIX } else { Domain::IPV4 };
        let socket = Socket::new(domain, Type::STREAM, None)?;
        match socket.connect(&self.address) {
            Ok(()) => {
                let peer = Peer::new(&self.lines, &format!("peer {number}"), socket)?;
                self.peers.insert(number, peer);
            }
            Err(raised) => self.lines.add(format!("connect {number} {}", class(raised))),
        }
        Ok(())
    }
}
