//! The channels and the semaphore of local-sync, all for one thread: monoio has none of its own.

use std::cell::{RefCell, RefMut};
use std::ops::{Deref, DerefMut};

use local_sync::mpsc::{bounded as with_bound, unbounded as without_bound};
pub use local_sync::oneshot::channel as oneshot;
use local_sync::oneshot::{Receiver, Sender};
use local_sync::semaphore::{Semaphore, SemaphorePermit};
pub use with_bound::channel as bounded;
pub use without_bound::channel as unbounded;

/// A semaphore without permits: `notify` adds one, and `wait` takes and keeps it.
pub struct Event(Semaphore);

impl Event {
    pub fn new() -> Event {
        Event(Semaphore::new(0))
    }

    pub fn notify(&self) {
        self.0.add_permits(1)
    }

    pub async fn wait(&self) {
        self.0.acquire().await.unwrap().forget()
    }
}

/// A semaphore of one permit beside a cell.
pub struct Mutex<T>(Semaphore, RefCell<T>);

/// The value before the permit: fields are dropped in this order.
pub struct Guard<'a, T>(RefMut<'a, T>, #[expect(dead_code, reason = "held")] SemaphorePermit<'a>);

impl<T> Mutex<T> {
    pub fn new(value: T) -> Mutex<T> {
        Mutex(Semaphore::new(1), RefCell::new(value))
    }

    pub async fn lock(&self) -> Guard<'_, T> {
        let permit = self.0.acquire().await.unwrap();
        Guard(self.1.borrow_mut(), permit)
    }
}

impl<T> Deref for Guard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Guard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

pub async fn send<T>(sender: &with_bound::Tx<T>, item: T) {
    sender.send(item).await.ok().unwrap()
}

pub async fn receive<T>(receiver: &mut with_bound::Rx<T>) -> T {
    receiver.recv().await.unwrap()
}

pub fn send_unbounded<T>(sender: &without_bound::Tx<T>, item: T) {
    sender.send(item).ok().unwrap()
}

pub async fn receive_unbounded<T>(receiver: &mut without_bound::Rx<T>) -> T {
    receiver.recv().await.unwrap()
}

pub fn send_once<T>(sender: Sender<T>, item: T) {
    sender.send(item).ok().unwrap()
}

pub async fn receive_once<T>(receiver: Receiver<T>) -> T {
    receiver.await.unwrap()
}
