//! A way into the loop from another thread, which monoio lacks: the unbounded channel of futures, which calls the waker outside
//! any lock.

use futures::StreamExt;
pub use futures::channel::mpsc::unbounded as thread_channel;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender};

pub fn send_from_thread<T>(sender: &UnboundedSender<T>, item: T) {
    sender.unbounded_send(item).ok().unwrap()
}

pub async fn receive_from_thread<T>(receiver: &mut UnboundedReceiver<T>) -> T {
    receiver.next().await.unwrap()
}
