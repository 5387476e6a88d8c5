//! A frontier that calls the model over the network, and repeats a call whose answer does not come.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::rc::Rc;

use areq::frontier::{Counts, End, Ended, Frontier, Gate, Host, Lease, Page, Record, Settings, Taken};
use asyncio::simulation::Machine;
use asyncio::{Result, StreamReader, StreamWriter, get_running_loop, open_connection, sleep, start_server, wait_for};

use crate::model::Model;

const PORT: u16 = 6379;

/// How long an answer may take, in seconds.
const PATIENCE: f64 = 2.0;

type Operation = dyn Fn(&mut Model, f64) -> Rc<dyn Any>;

/// An operation, and what it answered.
type Call = (Rc<Operation>, Option<Rc<dyn Any>>);

/// All calls, by number; only the numbers go over the network.
#[derive(Default)]
pub(crate) struct Calls(RefCell<Vec<Call>>);

impl Calls {
    fn operation(&self, number: usize) -> Rc<Operation> {
        Rc::clone(&self.0.borrow()[number].0)
    }
}

/// Starts the frontier's machine. Its program may crash, but the model stays, as a log on disk would.
pub(crate) fn start(machine: &Machine, model: &Rc<RefCell<Model>>) -> Rc<Calls> {
    let calls = Rc::<Calls>::default();
    let (all, model) = (Rc::clone(&calls), Rc::clone(model));
    machine.start(async move || {
        let (all, model) = (Rc::clone(&all), Rc::clone(&model));
        let connected = async move |reader: StreamReader, writer: StreamWriter| {
            match answer(&all, &model, reader, writer).await {
                Err(error) if error.is_cancelled() => Err(error),
                // Connections break.
                _ => Ok(()),
            }
        };
        start_server(connected, None::<&str>, PORT).await?.serve_forever().await
    });
    calls
}

async fn answer(calls: &Calls, model: &RefCell<Model>, mut reader: StreamReader, writer: StreamWriter) -> Result<()> {
    loop {
        let line = String::from_utf8(reader.readline().await?)?;
        if line.is_empty() {
            return Ok(());
        }
        let number = line.trim().parse()?;
        let operation = calls.operation(number);
        let result = operation(&mut model.borrow_mut(), get_running_loop()?.time());
        calls.0.borrow_mut()[number].1 = Some(result);
        writer.write(line)?;
        writer.drain().await?;
    }
}

/// A worker's frontier.
pub(crate) struct Remote {
    calls: Rc<Calls>,
    requests: Cell<u64>,
}

impl Remote {
    pub(crate) fn new(calls: &Rc<Calls>) -> Self {
        Self { calls: Rc::clone(calls), requests: Cell::new(0) }
    }

    /// Calls the model, as often as it takes to get an answer.
    async fn call<R: Clone + 'static>(&self, operation: impl Fn(&mut Model, f64) -> R + 'static) -> Result<R> {
        let number = self.calls.0.borrow().len();
        self.calls.0.borrow_mut().push((Rc::new(move |model, now| Rc::new(operation(model, now))), None));
        loop {
            self.requests.set(self.requests.get() + 1);
            match wait_for(exchange(number), PATIENCE).await {
                Ok(()) => break,
                Err(error) if error.is_cancelled() => return Err(error),
                Err(_) => sleep(0.5).await?,
            }
        }
        let result = self.calls.0.borrow()[number].1.clone().expect("it was answered");
        Ok(result.downcast_ref::<R>().expect("the answer of this operation").clone())
    }
}

/// Sends a call, and waits for its answer.
async fn exchange(number: usize) -> Result<()> {
    let (mut reader, writer) = open_connection("frontier", PORT).await?;
    let call = format!("{number}\n");
    writer.write(&call)?;
    let answer = reader.readexactly(call.len()).await?;
    assert_eq!(answer, call.as_bytes());
    Ok(())
}

impl Frontier for Remote {
    async fn change_settings(
        &self,
        change: impl Fn(Option<Settings>) -> Result<Settings> + Send + 'static,
    ) -> Result<Settings> {
        change(None)
    }

    async fn add(&self, pages: Vec<Page>, settings: &Settings) -> Result<()> {
        let settings = settings.clone();
        self.call(move |model, _| {
            model.settings = Some(settings.clone());
            model.add(&pages);
        })
        .await
    }

    async fn take(&self, tokens: Vec<String>, settings: &Settings) -> Result<Taken> {
        let settings = settings.clone();
        let taken = self.call(move |model, now| Rc::new(model.take(&tokens, now, &settings))).await?;
        Ok(Taken { leases: taken.leases.clone(), ..*taken })
    }

    async fn end(
        &self,
        lease: &Lease,
        end: End,
        host: Host,
        _received: u64,
        next: Option<String>,
        settings: &Settings,
    ) -> Result<Ended> {
        let (lease, settings) = (lease.clone(), settings.clone());
        self.call(move |model, now| model.end(&lease, &end, host, next.as_deref(), now, &settings)).await
    }

    async fn robots(&self, origin: &str) -> Result<Option<String>> {
        let origin = origin.to_owned();
        self.call(move |model, _| model.robots(&origin)).await
    }

    async fn set_robots(&self, origin: &str, text: &str, crawl_delay: f64) -> Result<()> {
        let (origin, text) = (origin.to_owned(), text.to_owned());
        self.call(move |model, now| model.set_robots(&origin, &text, crawl_delay, now)).await
    }

    async fn enter(&self, host: &str, token: &str, settings: &Settings) -> Result<Gate> {
        let (host, token, settings) = (host.to_owned(), token.to_owned(), settings.clone());
        self.call(move |model, now| model.enter(&host, &token, now, &settings)).await
    }

    async fn leave(&self, host: &str, token: &str, delay: f64) -> Result<()> {
        let (host, token) = (host.to_owned(), token.to_owned());
        self.call(move |model, now| model.leave(&host, &token, delay, now)).await
    }

    async fn counts(&self) -> Result<Counts> {
        self.call(|model, _| model.counts()).await
    }

    async fn records(&self) -> Result<Vec<Record>> {
        self.call(|model, _| model.records()).await
    }

    fn requests(&self) -> u64 {
        self.requests.get()
    }
}
