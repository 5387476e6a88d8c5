//! Larger things: pools, retries, limits, shutdowns.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::rc::Rc;

use asyncio::simulation::invariant;
use asyncio::{Result, create_task, sleep};

use crate::{Specimen, give_way, specimens};

pub(crate) fn all() -> impl IntoIterator<Item = Specimen> {
    specimens![
        pool_hands_one_out_twice,
        paid_twice,
        write_after_the_close,
        more_than_the_limit,
        two_leaders,
        request_that_is_forgotten_at_the_shutdown,
        subscriber_misses_the_first_message,
    ]
}

/// The pool looks at a connection, checks it, and only then takes it out.
async fn pool_hands_one_out_twice(mended: bool) -> Result<()> {
    let idle = Rc::new(RefCell::new(vec![1, 2]));
    let used: Rc<RefCell<BTreeSet<u32>>> = Rc::default();
    let work = |after: u32| {
        let (idle, used) = (Rc::clone(&idle), Rc::clone(&used));
        create_task(async move {
            give_way(after).await?;
            let taken = if mended { idle.borrow_mut().pop() } else { idle.borrow().last().copied() };
            let connection = taken.expect("there are two");
            sleep(0).await?; // Is it still alive?
            idle.borrow_mut().retain(|other| *other != connection);
            assert!(used.borrow_mut().insert(connection), "two have connection {connection}");
            Ok(())
        })
    };
    let (one, two) = (work(0), work(2));
    one.await?;
    two.await
}

/// A second attempt begins because the first one has not answered yet.
async fn paid_twice(mended: bool) -> Result<()> {
    let (payments, begun) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
    let attempt = |after: u32| {
        let (payments, begun) = (Rc::clone(&payments), Rc::clone(&begun));
        create_task(async move {
            give_way(after).await?;
            let is_first = !begun.replace(true);
            if payments.get() == 0 && (is_first || !mended) {
                sleep(0).await?;
                payments.set(payments.get() + 1);
            }
            Ok(())
        })
    };
    let (one, two) = (attempt(0), attempt(3));
    one.await?;
    two.await?;
    assert_eq!(payments.get(), 1, "it is paid twice");
    Ok(())
}

/// The connection is closed when the writer is between two lines.
async fn write_after_the_close(mended: bool) -> Result<()> {
    let closed = Rc::new(Cell::new(false));
    let seen = Rc::clone(&closed);
    let writer = create_task(async move {
        for _ in 0..3 {
            assert!(!seen.get(), "it writes to a closed connection");
            sleep(0).await?;
        }
        Ok(())
    });
    if mended {
        (&writer).await?;
    } else {
        give_way(5).await?;
    }
    closed.set(true);
    if mended { Ok(()) } else { writer.await }
}

/// The number is checked before a wait, and increased after it.
async fn more_than_the_limit(mended: bool) -> Result<()> {
    let active = Rc::new(Cell::new(0));
    let seen = Rc::clone(&active);
    invariant(move || seen.get() <= 1);
    let request = |after: u32| {
        let active = Rc::clone(&active);
        create_task(async move {
            give_way(after).await?;
            while active.get() >= 1 {
                sleep(0).await?;
            }
            if !mended {
                sleep(0).await?;
            }
            active.set(active.get() + 1);
            sleep(0).await?;
            active.set(active.get() - 1);
            Ok(())
        })
    };
    let (one, two) = (request(0), request(3));
    one.await?;
    two.await
}

/// Two tasks that see no leader both become the leader.
async fn two_leaders(mended: bool) -> Result<()> {
    let leader: Rc<Cell<Option<u32>>> = Rc::default();
    let leaders = Rc::new(Cell::new(0));
    let stand = |number: u32, after: u32| {
        let (leader, leaders) = (Rc::clone(&leader), Rc::clone(&leaders));
        create_task(async move {
            give_way(after).await?;
            if leader.get().is_none() {
                if mended {
                    leader.set(Some(number));
                }
                sleep(0).await?;
                leader.set(Some(number));
                leaders.set(leaders.get() + 1);
            }
            Ok(())
        })
    };
    let all = [stand(1, 0), stand(2, 2), stand(3, 4)];
    for candidate in all {
        candidate.await?;
    }
    assert_eq!(leaders.get(), 1, "there are two leaders");
    Ok(())
}

/// The server counts a request when it has read it, not when it arrives.
async fn request_that_is_forgotten_at_the_shutdown(mended: bool) -> Result<()> {
    let (open, answered) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    if mended {
        open.set(1);
    }
    let (counts, answers) = (Rc::clone(&open), Rc::clone(&answered));
    let request = create_task(async move {
        sleep(0).await?;
        if !mended {
            counts.set(counts.get() + 1);
        }
        sleep(0).await?;
        answers.set(answers.get() + 1);
        counts.set(counts.get() - 1);
        Ok(())
    });
    give_way(3).await?;
    while open.get() > 0 {
        sleep(0).await?;
    }
    let at_the_end = answered.get();
    request.await?;
    assert_eq!(at_the_end, 1, "a request has no answer");
    Ok(())
}

/// The publisher does not check whether anybody has subscribed.
async fn subscriber_misses_the_first_message(mended: bool) -> Result<()> {
    let inbox: Rc<RefCell<Option<Vec<u32>>>> = Rc::default();
    if mended {
        inbox.replace(Some(Vec::new()));
    }
    let (subscribes, publishes) = (Rc::clone(&inbox), Rc::clone(&inbox));
    let subscriber = create_task(async move {
        subscribes.borrow_mut().get_or_insert_default();
        Ok(())
    });
    let publisher = create_task(async move {
        sleep(0).await?;
        if let Some(inbox) = &mut *publishes.borrow_mut() {
            inbox.push(1);
        }
        Ok(())
    });
    subscriber.await?;
    publisher.await?;
    assert_eq!(inbox.take(), Some(vec![1]), "the message is lost");
    Ok(())
}
