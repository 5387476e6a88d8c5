//! Faults that are drawn from the tape: found, shrunk, reported, replayed and refused.

use asyncio_runtime::{Result, sleep, wait_for};
use asyncio_simulation::{Explore, Failure, Fault, Network, Schedule, explore};
use asyncio_streams::{StreamReader, StreamWriter, create_datagram_endpoint, open_connection, start_server};

type Program = std::pin::Pin<Box<dyn Future<Output = Result<Vec<u8>>>>>;

/// Asks a server for ten bytes, and wrongly assumes that one read returns all of them.
fn one_read() -> Program {
    Box::pin(async {
        let _network = Network::new().faults([Fault::Split, Fault::Delay]).enter();
        let server = start_server(async |_, writer| Ok(writer.write("0123456789")?), "127.0.0.1", 80).await?;
        let (mut reader, _writer) = open_connection("127.0.0.1", 80).await?;
        let answer = reader.read(10).await?;
        server.close();
        server.wait_closed().await?;
        assert_eq!(answer.len(), 10);
        Ok(answer)
    })
}

/// Does it right.
fn exactly() -> Program {
    Box::pin(async {
        let _network = Network::new().faults([Fault::Split, Fault::Full, Fault::Delay]).enter();
        let serve = async |mut reader: StreamReader, writer: StreamWriter| {
            writer.writelines([reader.readexactly(3).await?, vec![b'x'; 2000]])?;
            writer.drain().await
        };
        let server = start_server(serve, "127.0.0.1", 80).await?;
        let (mut reader, writer) = open_connection("127.0.0.1", 80).await?;
        writer.write("abc")?;
        let answer = reader.readexactly(2003).await?;
        server.close();
        server.wait_closed().await?;
        Ok(answer)
    })
}

fn search(program: fn() -> Program) -> Explore<fn() -> Program> {
    explore(program).schedules(800).threads(2).allow_leaked_tasks()
}

#[test]
fn a_split_read_is_found_and_replayed() {
    let result = search(one_read).run();
    let found = result.failure.expect("a read may give one byte");
    assert!(
        matches!(&found.failure, Failure::Panic { message, .. } if message.contains("left: 1") || message.contains("left: 5"))
    );
    let mishaps = found.schedule.mishaps().expect("they are listed");
    assert_eq!((mishaps.len(), mishaps[0].fault, mishaps[0].index), (1, Fault::Split, 1), "{}", found.schedule);
    assert!(found.story.contains("the network: a read gets one byte"), "{}", found.story);
    assert!(found.timeline.contains("!       the network: a read gets one byte"), "{}", found.timeline);
    let token: Schedule = found.schedule.to_string().parse().expect("a token is read as it is written");
    assert_eq!(token, found.schedule);
    let again = explore(one_read as fn() -> Program).replay(&token).failure.expect("it fails again");
    assert_eq!(again.failure, found.failure);
    assert_eq!(again.mishaps, 1);
}

#[test]
fn a_program_that_is_right_is_right_with_every_fault() {
    let result = search(exactly).run();
    assert!(result.failure.is_none(), "{result}");
    assert_eq!(result.schedules, 800);
}

#[test]
fn a_token_for_another_program_is_refused() {
    for (token, why) in [
        ("1:fence:dev:+1:net:dev:split.0=1/7", "question 0 about split has 3 answers, the schedule says 7"),
        ("1:fence:dev:+1:net:dev:split.99=1/3", "questions about split, the schedule answers number 99"),
        ("1:fence:dev:+1:net:dev:crash.0=1/4", "there were 0 questions about crash"),
    ] {
        let token: Schedule = token.parse().unwrap();
        let stale = explore(exactly as fn() -> Program).replay(&token).failure.expect("it does not fit");
        assert!(matches!(&stale.failure, Failure::Stale(text) if text.contains(why)), "{}", stale.failure);
    }
}

/// A connection that is full for a while continues afterwards, however the clock's resolution rounds the pause.
#[test]
fn a_full_connection_goes_on() {
    let program = || async {
        // So that deadlines are not round numbers.
        sleep(0.1).await?;
        let _network = Network::new().latency(0.01).faults([Fault::Full]).enter();
        let server = start_server(async |_, writer| Ok(writer.write([7; 100])?), "127.0.0.1", 80).await?;
        let (mut reader, _writer) = open_connection("127.0.0.1", 80).await?;
        let answer = wait_for(async { reader.read_to_end().await }, 60).await?;
        server.close();
        Ok(answer.len())
    };
    let result = explore(program).schedules(500).threads(2).same_output().allow_leaked_tasks().run();
    assert!(result.failure.is_none(), "{result}");
}

#[test]
fn without_an_exploration_nothing_goes_wrong() {
    for _ in 0..100 {
        asyncio_runtime::Runner::new().clock(asyncio_runtime::Clock::Virtual).run(one_read()).unwrap();
    }
}

/// The outcomes that one client sees, with these faults.
fn outcomes<M: Future<Output = Result<T>> + 'static, T: std::fmt::Debug + 'static>(
    program: impl Fn() -> M + Sync + Send + Clone,
) -> Vec<String> {
    let result = explore(program).schedules(1000).threads(2).allow_leaked_tasks().outcomes();
    let mut all: Vec<_> = result.outcomes.iter().map(|outcome| outcome.text.trim_matches('"').to_owned()).collect();
    all.sort_unstable();
    all
}

/// Asks, and returns how that went.
async fn visit() -> Result<String> {
    let ask = async {
        let (mut reader, writer) = open_connection("server", 80).await?;
        writer.write("question\n")?;
        Ok(String::from_utf8(reader.readline().await?)?)
    };
    match wait_for(ask, 30).await {
        Ok(answer) => Ok(answer.trim().to_owned()),
        Err(error) => Ok(error.to_string().split(" ('").next().unwrap_or_default().to_owned()),
    }
}

fn asked(faults: impl IntoIterator<Item = Fault>) -> impl Future<Output = Result<String>> {
    let network = Network::new().faults(faults);
    async move {
        let server = network.machine("server");
        server.start(async || {
            let serve = async |mut reader: StreamReader, writer: StreamWriter| {
                // Its client may be gone, which does not matter here.
                let _ = reader.readline().await;
                writer.write("answer\n")?;
                Ok(())
            };
            start_server(serve, None::<&str>, 80).await?.serve_forever().await
        });
        let _here = network.enter();
        sleep(0.001).await?;
        visit().await
    }
}

#[test]
fn each_fault_happens() {
    let ordinary = ["answer"];
    assert_eq!(outcomes(|| asked([])), ordinary);
    assert_eq!(outcomes(|| asked([Fault::Delay, Fault::Split])), ordinary);
    assert_eq!(outcomes(|| asked([Fault::Reset])), ["Connection reset by peer (os error 104)", "answer"],);
    assert_eq!(outcomes(|| asked([Fault::Connect])), ["[Errno 111] Connect call failed", "answer", "timed out"],);
    assert_eq!(
        outcomes(|| asked([Fault::Resolve])),
        ["answer", "cannot resolve 'server': Temporary failure in name resolution"],
    );
    assert_eq!(outcomes(|| asked([Fault::Partition])), ["answer", "timed out"]);
    let crashed = outcomes(|| asked([Fault::Crash]));
    assert!(
        crashed.contains(&"Connection reset by peer (os error 104)".to_owned())
            || crashed.contains(&"timed out".to_owned()),
        "{crashed:?}"
    );
}

#[test]
fn datagrams_are_lost_doubled_and_late() {
    let program = || async {
        let _network = Network::new().faults([Fault::Datagram]).enter();
        let server = create_datagram_endpoint().local_addr("127.0.0.1", 53).await?;
        let client = create_datagram_endpoint().remote_addr("127.0.0.1", 53).await?;
        client.send("a").await?;
        client.send("b").await?;
        let mut received = String::new();
        while let Ok(message) = wait_for(async { server.recv(10).await }, 10).await {
            received += std::str::from_utf8(&message)?;
        }
        Ok(received)
    };
    let all = outcomes(program);
    for expected in ["", "a", "b", "ab", "ba", "aab", "abb"] {
        assert!(all.contains(&expected.to_owned()), "{expected} of {all:?}");
    }
}
