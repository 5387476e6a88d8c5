//! `test_free_threading`: loops in many threads, each with its own tasks, which may start eagerly.

use std::thread;

use asyncio_runtime::*;

const FACTORIES: [TaskFactory; 2] = [TaskFactory::Lazy, TaskFactory::Eager];

/// A runner whose tasks are made by this factory.
fn runner_with(factory: TaskFactory) -> Runner {
    let runner = Runner::new();
    runner.get_loop().unwrap().set_task_factory(factory);
    runner
}

// CPython: test_free_threading.TestFreeThreading.test_all_tasks_race
#[test]
fn the_loops_of_many_threads_each_list_their_own_tasks() {
    async fn main() -> Result<()> {
        let future = get_running_loop()?.create_future::<()>();
        TaskGroup::new()
            .run(async move |group| {
                let mut tasks = Vec::new();
                for _ in 0..100 {
                    let waited = future.clone();
                    tasks.push(group.create_task(async move { (&waited).await })?);
                }
                let all = all_tasks()?;
                assert_eq!(all.len(), 101);
                let here = get_running_loop()?;
                assert!(all.iter().all(|task| task.get_loop() == here && !task.done()));
                let current = current_task()?.expect("inside of one");
                let is_known = |task: &AnyTask| tasks.iter().any(|known| *known == *task);
                assert!(all.iter().all(|task| *task == current || is_known(task)));
                future.set_result(())
            })
            .await
    }
    for factory in FACTORIES {
        thread::scope(|scope| {
            for _ in 0..10 {
                scope.spawn(move || runner_with(factory).run(main()).unwrap());
            }
        });
    }
}

// CPython: test_free_threading.TestFreeThreading.test_run_coroutine_threadsafe
#[test]
fn ten_threads_run_coroutines_in_one_loop() {
    async fn main() -> Result<Vec<i32>> {
        let event_loop = get_running_loop()?;
        let jobs = (0..10).map(|_| {
            let handle = event_loop.handle();
            to_thread(move || run_coroutine_threadsafe(|| sleep_result(0.1, 42), &handle)?.result(None))
        });
        gather(jobs).await?.into_iter().collect()
    }
    for factory in FACTORIES {
        assert_eq!(runner_with(factory).run(main()).unwrap(), [42; 10]);
    }
}

// CPython: test_free_threading.TestFreeThreading.test_run_coroutine_threadsafe_exception
#[test]
fn ten_threads_get_the_errors_of_their_coroutines() {
    async fn fails() -> Result<()> {
        sleep(0).await?;
        Err(ValueError::new("test").into())
    }
    async fn main() -> Result<Vec<Result<()>>> {
        let event_loop = get_running_loop()?;
        let jobs = (0..10).map(|_| {
            let handle = event_loop.handle();
            to_thread(move || run_coroutine_threadsafe(fails, &handle)?.result(None))
        });
        gather(jobs).await
    }
    for factory in FACTORIES {
        let results = runner_with(factory).run(main()).unwrap();
        assert_eq!(results.len(), 10);
        for result in results {
            let error = result.unwrap_err();
            assert!(error.is::<ValueError>());
            assert_eq!(error.to_string(), "test");
        }
    }
}
