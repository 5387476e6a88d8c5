//! Steps that wait.

use asyncio::{
    AsyncIterator, Error, ReturnWhen, StopAsyncIteration, Task, as_completed, create_task, current_task, gather,
    shield, sleep, sleep_result, wait, wait_for,
};
use asyncio::{Result, RuntimeError};

use crate::frame::{Flow, Frame, raised};
use crate::language::{Drive, Item, Step, When};
use crate::world::{Slot, Value, Waited, is_exception, list, outcome_list, show};

impl Frame {
    pub(crate) async fn wait_or_block(&self, step: &Step) -> Result<Flow> {
        match step {
            Step::Await { item: Item::Current(()) } => {
                let task = current_task()?.and_then(|task| task.downcast::<Value>());
                let task: Task<Value> = task.ok_or_else(|| RuntimeError::new("no task"))?;
                let value = (&task).await?;
                self.log(format!("await {value}"))
            }
            Step::Await { item } => {
                let value = match self.item(item)? {
                    Waited::Slot(slot) => slot.wait().await?,
                    Waited::Coroutine(coroutine) => coroutine.await?,
                };
                self.log(format!("await {value}"))
            }
            Step::Ticks { times } => {
                for i in 0..*times {
                    sleep(0).await?;
                    self.world.log(format!("tick {i}"));
                }
                Ok(Flow::Next)
            }
            Step::Operate { object, operation, argument } => {
                let asked = || self.world.log("asked");
                let value = self.world.objects[*object].wait(*operation, *argument, asked).await?;
                self.operated(step, value)
            }
            Step::Gather { items, return_exceptions, slot } => {
                let items = self.items(items)?;
                let group = if *return_exceptions {
                    Slot::Outcomes(gather(items).return_exceptions())
                } else {
                    Slot::Gather(gather(items))
                };
                self.wait_or_keep("gather", group, *slot).await
            }
            Step::Crowd { sleeps, delay, slot } => {
                let nap = |i: usize| {
                    let nap = sleep_result(delay * (1 + i % 3) as f64, Value::from(i.to_string()));
                    Waited::Coroutine(Box::pin(nap))
                };
                let group = Slot::Gather(gather((0..*sleeps).map(nap).collect::<Vec<_>>()));
                self.wait_or_keep("crowd", group, *slot).await
            }
            Step::Shield { item, slot } => {
                let shielded = match self.item(item)? {
                    // In Python, shielding a future that is done gives the future itself; ours gives another one, with the same
                    // result.
                    Waited::Slot(inner) if inner.as_ref().done() && slot.is_some() => inner,
                    item => Slot::Future(shield(item)),
                };
                self.wait_or_keep("shield", shielded, *slot).await
            }
            Step::Wait { slots, when, timeout } => self.wait(slots, *when, *timeout).await,
            Step::WaitFor { item, timeout } => {
                let item = match self.item(item)? {
                    // If no time is left, Python makes the coroutine a task, which begins if it is eager. Ours may borrow, so
                    // it does not become one unless the program does that.
                    Waited::Coroutine(coroutine)
                        if self.world.program.eager && timeout.is_some_and(|time| time <= 0.0) =>
                    {
                        Waited::Slot(Slot::Task(create_task(coroutine)))
                    }
                    item => item,
                };
                let value = match item {
                    Waited::Coroutine(coroutine) => wait_for(coroutine, *timeout).await?,
                    Waited::Slot(Slot::Task(task)) => wait_for(&task, *timeout).await?,
                    Waited::Slot(Slot::Future(future)) => wait_for(&future, *timeout).await?,
                    Waited::Slot(Slot::Gather(group)) => list(wait_for(group, *timeout).await?),
                    Waited::Slot(Slot::Outcomes(group)) => outcome_list(wait_for(group, *timeout).await?),
                };
                self.log(format!("wait_for {value}"))
            }
            Step::AsCompleted { items, timeout, asynchronous } => {
                self.as_completed(items, *timeout, *asynchronous).await?;
                self.log("as_completed")
            }
            Step::Drive { slot, how } => {
                let mut generator = self.world.generators.fetch(*slot)?;
                let item = match how {
                    Drive::Anext(()) => generator.anext().await,
                    Drive::Asend(value) => generator.asend(*value).await,
                    Drive::Athrow(error) => generator.athrow(raised(error)).await,
                    Drive::Aclose(()) => generator.aclose().await.map(|()| None),
                };
                drop(generator);
                let item =
                    item.or_else(|error| if error.is::<StopAsyncIteration>() { Ok(None) } else { Err(error) })?;
                self.log(format!("drive {}", optional(item)))
            }
            Step::Yield { value } => {
                let mut yielder = self.yielder.take().ok_or_else(|| RuntimeError::new("no generator"))?;
                let sent = yielder.yield_(*value).await;
                self.yielder.set(Some(yielder));
                self.log(format!("sent {}", optional(sent?)))
            }
            _ => self.block(step).await,
        }
    }

    /// What an item stands for. A call begins only when it is awaited, or its task runs.
    fn item(&self, item: &Item) -> Result<Waited> {
        Ok(match item {
            Item::Slot(number) => Waited::Slot(self.world.slot(*number)?),
            Item::Call(function) => Waited::Coroutine(self.world.call(*function)),
            Item::Sleep(delay) => Waited::Coroutine(Box::pin(sleep_result(*delay, Value::from("slept")))),
            Item::Current(()) => panic!("only await takes the current task"),
        })
    }

    fn items(&self, items: &[Item]) -> Result<Vec<Waited>> {
        items.iter().map(|item| self.item(item)).collect()
    }

    async fn wait_or_keep(&self, name: &str, future: Slot, slot: Option<usize>) -> Result<Flow> {
        match slot {
            Some(slot) => {
                self.world.keep(slot, future);
                self.log(name)
            }
            None => {
                let value = future.wait().await?;
                self.log(format!("{name} {value}"))
            }
        }
    }

    /// Logs the positions of the futures that are done, and of those that are not.
    async fn wait(&self, slots: &[usize], when: When, timeout: Option<f64>) -> Result<Flow> {
        let futures = slots.iter().map(|slot| self.world.slot(*slot)).collect::<Result<Vec<Slot>>>()?;
        let when = match when {
            When::FirstCompleted => ReturnWhen::FirstCompleted,
            When::FirstException => ReturnWhen::FirstException,
            When::AllCompleted => ReturnWhen::AllCompleted,
        };
        let (done, pending) = wait(&futures).return_when(when).timeout(timeout).await?;
        let places = |sort: &[Slot]| {
            let among = |future: &Slot| sort.iter().any(|other| other.as_ref() == future.as_ref());
            let places = futures.iter().enumerate().filter(|(_, future)| among(future));
            list(places.map(|(i, _)| i.to_string().into()).collect())
        };
        self.log(format!("wait {} {}", places(&done), places(&pending)))
    }

    async fn as_completed(&self, items: &[Item], timeout: Option<f64>, asynchronous: bool) -> Result<()> {
        let mut completed = as_completed(self.items(items)?).timeout(timeout)?;
        if asynchronous {
            while let Some(future) = completed.anext().await? {
                // Asked first, because a cancelled future gives its own error only once.
                let outcome = if future.as_ref().cancelled() { Ok("cancelled".into()) } else { future.result() };
                let outcome = outcome.unwrap_or_else(|error| show(&error).into());
                self.world.log(format!("completed {outcome}"));
            }
            return Ok(());
        }
        for next in completed {
            let outcome: Result<Value, Error> = next.await;
            match outcome {
                Err(error) if !is_exception(&error) => return Err(error),
                Err(error) => self.world.log(format!("completed {}", show(&error))),
                Ok(value) => self.world.log(format!("completed {value}")),
            }
        }
        Ok(())
    }
}

fn optional(value: Option<i64>) -> String {
    value.map_or("None".to_owned(), |value| value.to_string())
}
