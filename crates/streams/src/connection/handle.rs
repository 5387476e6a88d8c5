//! `ConnectionHandle`: the reference of a reader or writer to its connection.

use std::ops::Deref;
use std::rc::Rc;

use super::Connection;

/// A reader's or writer's reference to its connection. Dropping the last one closes the connection.
pub(crate) struct ConnectionHandle(pub(super) Rc<Connection>);

impl Deref for ConnectionHandle {
    type Target = Rc<Connection>;

    fn deref(&self) -> &Rc<Connection> {
        &self.0
    }
}

impl Clone for ConnectionHandle {
    fn clone(&self) -> Self {
        self.handles.set(self.handles.get() + 1);
        Self(Rc::clone(&self.0))
    }
}

impl Drop for ConnectionHandle {
    fn drop(&mut self) {
        self.handles.set(self.handles.get() - 1);
        if self.handles.get() == 0 {
            let phase = self.phase();
            self.close();
            self.dropped_in(phase);
        }
    }
}
