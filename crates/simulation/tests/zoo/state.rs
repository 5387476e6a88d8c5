//! Shared state without a lock: a task reads something and yields, and then what it read is out of date.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use asyncio::simulation::invariant;
use asyncio::{Result, create_task, sleep};

use crate::{Specimen, give_way, specimens};

pub(crate) fn all() -> impl IntoIterator<Item = Specimen> {
    specimens![
        lost_update,
        check_then_act,
        cache_filled_twice,
        used_before_it_is_set,
        torn_read,
        duplicate_number,
        removed_while_in_use,
        closed_twice,
        older_answer_wins,
        walked_while_it_changes,
    ]
}

/// One task reads and writes in two steps. The other one usually comes later.
async fn lost_update(mended: bool) -> Result<()> {
    let counter = Rc::new(Cell::new(0));
    let add = |after: u32| {
        let counter = Rc::clone(&counter);
        create_task(async move {
            give_way(after).await?;
            let seen = counter.get();
            sleep(0).await?;
            counter.set(if mended { counter.get() } else { seen } + 1);
            Ok(())
        })
    };
    let (one, two) = (add(0), add(3));
    one.await?;
    two.await?;
    assert_eq!(counter.get(), 2, "an update is lost");
    Ok(())
}

/// Both withdraw 80 of 100, if both look before one of them pays.
pub(crate) async fn check_then_act(mended: bool) -> Result<()> {
    let balance = Rc::new(Cell::new(100));
    let seen = Rc::clone(&balance);
    invariant(move || seen.get() >= 0);
    let withdraw = |after: u32| {
        let balance = Rc::clone(&balance);
        create_task(async move {
            give_way(after).await?;
            if balance.get() >= 80 {
                if mended {
                    balance.set(balance.get() - 80);
                    return sleep(0).await;
                }
                sleep(0).await?;
                balance.set(balance.get() - 80);
            }
            Ok(())
        })
    };
    let (one, two) = (withdraw(0), withdraw(3));
    one.await?;
    two.await
}

/// Two tasks that miss the same entry both load it. Mended, the first one leaves a note.
async fn cache_filled_twice(mended: bool) -> Result<()> {
    let cache: Rc<RefCell<BTreeMap<u32, Option<&str>>>> = Rc::default();
    let loads = Rc::new(Cell::new(0));
    let get = |after: u32| {
        let (cache, loads) = (Rc::clone(&cache), Rc::clone(&loads));
        create_task(async move {
            give_way(after).await?;
            loop {
                let known = cache.borrow().get(&7).copied();
                match known {
                    Some(Some(value)) => return Ok(value),
                    Some(None) => sleep(0).await?,
                    None => break,
                }
            }
            if mended {
                cache.borrow_mut().insert(7, None);
            }
            loads.set(loads.get() + 1);
            sleep(0).await?;
            cache.borrow_mut().insert(7, Some("loaded"));
            Ok("loaded")
        })
    };
    let (one, two) = (get(0), get(2));
    assert_eq!(one.await?, two.await?);
    assert_eq!(loads.get(), 1, "it is loaded twice");
    Ok(())
}

/// A reader that starts early finds nothing. Mended, it waits for the writer.
async fn used_before_it_is_set(mended: bool) -> Result<()> {
    let settings: Rc<Cell<Option<u32>>> = Rc::default();
    let (write, read) = (Rc::clone(&settings), settings);
    let writer = create_task(async move {
        sleep(0).await?;
        write.set(Some(1));
        Ok(())
    });
    if mended {
        (&writer).await?;
    }
    let reader = create_task(async move {
        give_way(2).await?;
        assert!(read.get().is_some(), "there are no settings");
        Ok(())
    });
    reader.await?;
    if mended { Ok(()) } else { writer.await }
}

/// The two halves are written in two steps.
async fn torn_read(mended: bool) -> Result<()> {
    let halves = Rc::new(Cell::new((0, 0)));
    let (write, read) = (Rc::clone(&halves), halves);
    let writer = create_task(async move {
        if mended {
            write.set((1, 1));
            return sleep(0).await;
        }
        write.set((1, 0));
        sleep(0).await?;
        write.set((1, 1));
        Ok(())
    });
    let reader = create_task(async move {
        give_way(2).await?;
        let (left, right) = read.get();
        assert_eq!(left, right, "a half is read");
        Ok(())
    });
    writer.await?;
    reader.await
}

/// The next number is read before the task yields, and increased after it.
async fn duplicate_number(mended: bool) -> Result<()> {
    let next = Rc::new(Cell::new(1));
    let numbers: Rc<RefCell<BTreeSet<u32>>> = Rc::default();
    let order = |after: u32| {
        let (next, numbers) = (Rc::clone(&next), Rc::clone(&numbers));
        create_task(async move {
            give_way(after).await?;
            let number = next.get();
            if mended {
                next.set(number + 1);
            }
            sleep(0).await?;
            if !mended {
                next.set(number + 1);
            }
            assert!(numbers.borrow_mut().insert(number), "two have number {number}");
            Ok(())
        })
    };
    let all = [order(0), order(2), order(4)];
    for order in all {
        order.await?;
    }
    Ok(())
}

/// An index is kept across a wait, and another task removes the entry that it refers to.
async fn removed_while_in_use(mended: bool) -> Result<()> {
    let users = Rc::new(RefCell::new(vec!["Ada", "Bo"]));
    let (read, remove) = (Rc::clone(&users), users);
    let reader = create_task(async move {
        let index = read.borrow().iter().position(|name| *name == "Bo");
        sleep(0).await?;
        let index = if mended { read.borrow().iter().position(|name| *name == "Bo") } else { index };
        if let Some(index) = index {
            assert_eq!(read.borrow().get(index), Some(&"Bo"), "it is somebody else");
        }
        Ok(())
    });
    let remover = create_task(async move {
        give_way(2).await?;
        remove.borrow_mut().remove(0);
        Ok(())
    });
    reader.await?;
    remover.await
}

/// The flag is set after the wait.
async fn closed_twice(mended: bool) -> Result<()> {
    let (closed, closings) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(0)));
    let close = |after: u32| {
        let (closed, closings) = (Rc::clone(&closed), Rc::clone(&closings));
        create_task(async move {
            give_way(after).await?;
            if !closed.get() {
                closed.set(mended);
                sleep(0).await?;
                closings.set(closings.get() + 1);
                closed.set(true);
            }
            Ok(())
        })
    };
    let (one, two) = (close(0), close(2));
    one.await?;
    two.await?;
    assert_eq!(closings.get(), 1, "it is closed twice");
    Ok(())
}

/// A search box shows the last answer to arrive, not the answer to the last question.
async fn older_answer_wins(mended: bool) -> Result<()> {
    let (shown, asked) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let ask = |question: u32| {
        asked.set(question);
        let (shown, asked) = (Rc::clone(&shown), Rc::clone(&asked));
        create_task(async move {
            give_way(2).await?;
            if !mended || question == asked.get() {
                shown.set(question);
            }
            Ok(())
        })
    };
    let (first, second) = (ask(1), ask(2));
    first.await?;
    second.await?;
    assert_eq!(shown.get(), 2, "an old answer is shown");
    Ok(())
}

/// The length is asked once. Mended, it is asked again after each wait.
async fn walked_while_it_changes(mended: bool) -> Result<()> {
    let jobs = Rc::new(RefCell::new(vec![1, 2, 3]));
    let (walk, cut) = (Rc::clone(&jobs), jobs);
    let walker = create_task(async move {
        let len = walk.borrow().len();
        let mut index = 0;
        while index < if mended { walk.borrow().len() } else { len } {
            assert!(walk.borrow().get(index).is_some(), "job {index} is gone");
            sleep(0).await?;
            index += 1;
        }
        Ok(())
    });
    let cutter = create_task(async move {
        give_way(5).await?;
        cut.borrow_mut().pop();
        Ok(())
    });
    walker.await?;
    cutter.await
}
