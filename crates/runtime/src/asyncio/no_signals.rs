//! Where the system has no signals there is no Ctrl-C to wait for.

use std::convert::Infallible;
use std::rc::Rc;

use asyncio_errors::Result;

use crate::kernel::LoopCore;

pub(crate) struct Interrupt(Infallible);

impl Interrupt {
    pub(crate) fn install(_: &Rc<LoopCore>, _: impl Fn() + 'static) -> Result<Option<Self>> {
        Ok(None)
    }
}
