//! A scoped group is a group.

use std::cell::{Cell, RefCell};

use asyncio_runtime::{ExceptionGroup, Result, TaskOptions, ValueError, current_task, sleep};
use asyncio_scope::ScopedTaskGroup;

use crate::run_virtual;

#[test]
fn the_first_failure_cancels_the_others_and_the_block() {
    run_virtual(async {
        let log = RefCell::new(Vec::new());
        let log = &log;
        let cleans = async |name: &'static str| {
            let end: Result<()> = sleep(3600).await;
            sleep(1).await?;
            log.borrow_mut().push(name);
            end
        };
        let error = ScopedTaskGroup::new()
            .run(async |group| {
                group.create_task(cleans("task"))?;
                group.create_task(async {
                    sleep(1).await?;
                    Err::<(), _>(ValueError::new("boom").into())
                })?;
                cleans("block").await
            })
            .await
            .unwrap_err();
        let group = error.downcast_ref::<ExceptionGroup>().expect("a group");
        assert!(matches!(group.exceptions(), [error] if error.is::<ValueError>()));
        assert_eq!(*log.borrow(), ["task", "block"]);
        assert_eq!(current_task()?.expect("a task").cancelling(), 0);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_task_starts_others_in_its_group() {
    run_virtual(async {
        let count = Cell::new(0);
        let count = &count;
        fn grow<'a>(group: ScopedTaskGroup<'a>, count: &'a Cell<u32>, depth: u32) -> Result<()> {
            let more = group.clone();
            group.create_task(async move {
                sleep(1).await?;
                count.set(count.get() + 1);
                (0..depth).try_for_each(|_| grow(more.clone(), count, depth - 1))
            })?;
            Ok(())
        }
        ScopedTaskGroup::new().run(async |group| grow(group, count, 4)).await?;
        assert_eq!(count.get(), 1 + 4 + 12 + 24 + 24);
        Ok(())
    })
    .unwrap();
}

#[test]
fn a_group_that_is_cancelled_has_no_value() {
    run_virtual(async {
        let name = String::from("sleeper");
        let group = ScopedTaskGroup::new();
        let task = group
            .run_until_cancelled(async |group| {
                let task = group.create_task_with(TaskOptions::new().name(&name), async {
                    assert_eq!(*current_task()?.expect("a task").get_name(), name);
                    sleep(3600).await
                })?;
                sleep(1).await?;
                group.cancel();
                let _ = sleep(3600).await;
                Ok(task)
            })
            .await?
            .expect("the block has caught it");
        assert!(task.cancelled());
        assert_eq!(format!("{group:?}"), "<TaskGroup cancelling>");
        Ok(())
    })
    .unwrap();
}

#[test]
fn tasks_do_not_start_eagerly() {
    run_virtual(async {
        let begun = Cell::new(false);
        ScopedTaskGroup::new()
            .run(async |group| {
                group.create_task_with(TaskOptions::new().eager_start(true), async {
                    begun.set(true);
                    Ok(())
                })?;
                assert!(!begun.get());
                Ok(())
            })
            .await?;
        assert!(begun.get());
        // Nor if the loop changes the options.
        asyncio_runtime::get_running_loop()?.set_task_options(Some(Box::new(|options| options.eager_start(true))));
        begun.set(false);
        ScopedTaskGroup::new()
            .run(async |group| {
                group.create_task(async {
                    begun.set(true);
                    Ok(())
                })?;
                assert!(!begun.get());
                Ok(())
            })
            .await?;
        assert!(begun.get());
        Ok(())
    })
    .unwrap();
}
