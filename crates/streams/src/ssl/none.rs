//! Replaces `ssl` where the feature `tls` is off: no connection has a layer.

use std::rc::Rc;

use asyncio_runtime::Result;

use crate::connection::Connection;

#[derive(Default)]
pub(crate) struct Settings {}

pub(crate) enum Layer {}

impl Settings {
    pub(crate) fn client(self, _host: Option<&str>) -> Result<Option<Layer>> {
        Ok(None)
    }

    pub(crate) fn server(self) -> Result<Option<Layer>> {
        Ok(None)
    }
}

impl Layer {
    pub(crate) async fn put_over(&self, _connection: &Rc<Connection>) -> Result<()> {
        match *self {}
    }
}
