//! The names of tasks, alone in their process, because they are numbered over the whole of it.

#[macro_use]
extern crate asyncio_testing;

use asyncio_runtime::{Clock, Runner, all_tasks, current_task};
use asyncio_streams::{StreamWriter, open_connection, start_server};

/// The output of a handler on CPython: a task has looked the host up, and each client has one that comes before its own
/// and still exists.
#[test]
fn the_names_of_tasks_are_those_of_asyncio() {
    let main = async {
        let handler = async |_, writer: StreamWriter| {
            let mut names: Vec<_> = all_tasks()?.iter().map(|task| task.get_name()).collect();
            names.sort();
            Ok(writer.write(format!("{} of {names:?}", current_task()?.unwrap().get_name()))?)
        };
        let server = start_server(handler, "127.0.0.1", 0).await?;
        let port = server.sockets()[0].port().unwrap();
        for expected in [r#"Task-4 of ["Task-1", "Task-3", "Task-4"]"#, r#"Task-6 of ["Task-1", "Task-5", "Task-6"]"#] {
            let (mut reader, _writer) = open_connection("127.0.0.1", port).await?;
            assert_eq!(String::from_utf8_lossy(&reader.read_to_end().await?), expected);
        }
        Ok(())
    };
    Runner::new().clock(Clock::Real).run(main).unwrap();
}
