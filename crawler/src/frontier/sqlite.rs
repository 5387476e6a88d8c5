//! The frontier in a file: SQLite, which needs no server.
//!
//! Each operation is one transaction in a thread, because a disk may be slow. Several workers on one machine may share the
//! file: SQLite lets one of them write at a time. A killed worker loses nothing that was committed. After a power failure the
//! last moments may be missing, but never half of a transaction (`synchronous = normal` with a write-ahead log).

use std::cell::Cell;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use asyncio::{Result, RuntimeError, to_thread};
use rusqlite::{Connection, OptionalExtension as _, Row, Transaction, TransactionBehavior, params};

use super::{Counts, End, Ended, Frontier, Gate, Host, Lease, Outcome, Page, Record, Settings, State, Taken};

/// A frontier in a file.
pub struct Sqlite {
    connection: Arc<Mutex<Connection>>,
    requests: Cell<u64>,
}

type Sql<T> = rusqlite::Result<T>;

impl Sqlite {
    /// Opens a frontier, or makes a new one.
    ///
    /// # Errors
    ///
    /// Fails when the file cannot be read or written, or is not an SQLite database.
    pub fn open(path: &Path) -> Result<Self> {
        let mut connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(30))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "normal")?;
        let creation = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        create(&creation)?;
        creation.commit()?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)), requests: Cell::new(0) })
    }

    /// Runs one transaction in a thread.
    async fn transaction<T: Send + 'static>(
        &self,
        f: impl FnOnce(&Transaction<'_>) -> Sql<T> + Send + 'static,
    ) -> Result<T> {
        self.requests.set(self.requests.get() + 1);
        let connection = Arc::clone(&self.connection);
        let done = to_thread(move || {
            let mut connection = connection.lock().map_err(|_| rusqlite::Error::InvalidQuery)?;
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let result = f(&transaction)?;
            transaction.commit()?;
            Ok(result)
        });
        done.await?.map_err(|error: rusqlite::Error| RuntimeError::new(format!("the frontier fails: {error}")).into())
    }
}

impl Frontier for Sqlite {
    async fn change_settings(
        &self,
        change: impl Fn(Option<Settings>) -> Result<Settings> + Send + 'static,
    ) -> Result<Settings> {
        let changed = self.transaction(move |sql| {
            let kept = "select value from setting where name = 'settings'";
            let kept: Option<String> = sql.query_row(kept, [], |row| row.get(0)).optional()?;
            let changed = || -> Result<(Settings, String)> {
                let settings = change(kept.map(|text| serde_json::from_str(&text)).transpose()?)?;
                let text = serde_json::to_string(&settings)?;
                Ok((settings, text))
            };
            match changed() {
                Ok((settings, text)) => {
                    sql.execute("insert or replace into setting values ('settings', ?)", [text])?;
                    Ok(Ok(settings))
                }
                Err(error) => Ok(Err(error)),
            }
        });
        changed.await?
    }

    async fn add(&self, pages: Vec<Page>, settings: &Settings) -> Result<()> {
        let settings = settings.clone();
        self.transaction(move |sql| add(sql, &pages, &settings)).await
    }

    async fn take(&self, tokens: Vec<String>, settings: &Settings) -> Result<Taken> {
        let settings = settings.clone();
        self.transaction(move |sql| {
            let now = now();
            expire(sql, now, &settings)?;
            let mut leases = Vec::new();
            for token in tokens {
                match lease(sql, &token, now, &settings)? {
                    Some(lease) => leases.push(lease),
                    None => break,
                }
            }
            let busy = number(sql, "select count(*) from host where token is not null")?;
            let over = is_over(sql, &settings)?;
            let finished = busy == 0 && (over || counted(sql, "queued")? == 0);
            // Beyond a bound, hosts that may be asked do not matter: there is nothing to take before the bound is raised.
            let next: Option<f64> = sql.query_row(
                "select min(t) from (select min(next) as t from host indexed by ready where token is null and queued > 0 and not ?
                 union all select min(until) from host where token is not null)",
                [over],
                |row| row.get(0),
            )?;
            Ok(Taken { leases, finished, wait: next.map_or(1.0, |next| (next - now).max(0.0)) })
        })
        .await
    }

    async fn end(
        &self,
        lease: &Lease,
        end: End,
        host: Host,
        received: u64,
        next: Option<String>,
        settings: &Settings,
    ) -> Result<Ended> {
        let (lease, settings) = (lease.clone(), settings.clone());
        self.transaction(move |sql| {
            let now = now();
            let lost = !finish(sql, &lease, &end, (host, received), &settings, now)?;
            let lease = match next {
                Some(next) => self::lease(sql, &next, now, &settings)?,
                None => None,
            };
            let more =
                "select count(*) from (select 1 from host indexed by ready where token is null and queued > 0 and next <= ? limit 1)";
            let more = sql.query_row(more, [now], |row| row.get(0))?;
            Ok(Ended { lost, lease, more })
        })
        .await
    }

    async fn robots(&self, origin: &str) -> Result<Option<String>> {
        let origin = origin.to_owned();
        self.transaction(move |sql| {
            sql.query_row("select text from robots where origin = ?", [origin], |row| row.get(0)).optional()
        })
        .await
    }

    async fn set_robots(&self, origin: &str, text: &str, crawl_delay: f64) -> Result<()> {
        let (origin, text) = (origin.to_owned(), text.to_owned());
        self.transaction(move |sql| {
            let now = now();
            sql.execute("insert or replace into robots values (?, ?, ?, ?)", params![origin, now, text, crawl_delay])?;
            if crawl_delay > 0.0 {
                // Also if the lease under which it was fetched has expired meanwhile.
                let host = origin.split_once("://").map_or("", |parts| parts.1);
                sql.execute("update host set next = max(next, ?) where name = ?", params![now + crawl_delay, host])?;
            }
            Ok(())
        })
        .await
    }

    async fn enter(&self, host: &str, token: &str, settings: &Settings) -> Result<Gate> {
        let (host, token, lease) = (host.to_owned(), token.to_owned(), settings.lease);
        self.transaction(move |sql| {
            let now = now();
            know(sql, &host)?;
            let query = "select token, coalesce(until, 0), next, gone from host where name = ?";
            let (holder, until, next, gone) =
                sql.query_row(query, [&host], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
            let (holder, until, next, gone): (Option<String>, f64, f64, bool) = (holder, until, next, gone);
            match holder {
                _ if gone => return Ok(Gate::Gone),
                Some(holder) if holder == token => {}
                // Its worker may end sooner than its lease.
                Some(_) => return Ok(Gate::Busy((until - now).clamp(0.0, 0.5))),
                None if next > now => return Ok(Gate::Busy(next - now)),
                None => {
                    let enter = "update host set token = ?, until = ? where name = ?";
                    sql.execute(enter, params![token, now + lease, host])?;
                }
            }
            Ok(Gate::Open(pause(sql, &host)?))
        })
        .await
    }

    async fn leave(&self, host: &str, token: &str, delay: f64) -> Result<()> {
        let (host, token) = (host.to_owned(), token.to_owned());
        self.transaction(move |sql| {
            let next = now() + delay.max(pause(sql, &host)?);
            release(sql, &token, next)
        })
        .await
    }

    async fn counts(&self) -> Result<Counts> {
        self.transaction(|sql| {
            let count = |name| counted(sql, name);
            Ok(Counts {
                queued: count("queued")?,
                leased: number(sql, "select count(*) from page where state = 'leased'")?,
                read: count("read")?,
                failed: count("failed")?,
                skipped: count("skipped")?,
                abandoned: count("abandoned")?,
                refused: count("refused")?,
                bytes: count("bytes")?,
                hosts: count("hosts")?,
            })
        })
        .await
    }

    async fn records(&self) -> Result<Vec<Record>> {
        self.transaction(|sql| {
            let mut links = sql.prepare("select target from link where page = ? order by target")?;
            let mut pages = sql.prepare(
                "select id, url, depth, state, status, bytes, why from page
                 where state in ('read', 'failed', 'skipped') order by url",
            )?;
            let records = pages.query_map([], |row| {
                let state = match row.get_ref(3)?.as_str()? {
                    "read" => State::Read,
                    "failed" => State::Failed,
                    _ => State::Skipped,
                };
                let links = links.query_map([row.get::<_, i64>(0)?], |row| row.get(0))?.collect::<Sql<_>>()?;
                let outcome = Outcome { state, status: row.get(4)?, bytes: row.get(5)?, why: row.get(6)?, links };
                Ok(Record { url: row.get(1)?, depth: row.get(2)?, outcome })
            })?;
            records.collect()
        })
        .await
    }

    fn requests(&self) -> u64 {
        self.requests.get()
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

fn number(sql: &Transaction<'_>, query: &str) -> Sql<u64> {
    sql.prepare_cached(query)?.query_row([], |row| row.get(0))
}

/// Makes the tables of a new frontier, and adds to an older one what it lacks.
fn create(sql: &Transaction<'_>) -> Sql<()> {
    let is_new = number(sql, "select count(*) = 0 from sqlite_master where name = 'page'")? == 1;
    let version: u32 = sql.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if !is_new && version == 0 {
        sql.execute_batch(
            "alter table robots add column delay real not null default 0;
             insert into count select 'urls', count(*) from page;
             insert into count select 'hosts', count(*) from host;
             insert into count select 'queued', coalesce(sum(queued), 0) from host;",
        )?;
    }
    sql.execute_batch(include_str!("sqlite.sql"))?;
    sql.pragma_update(None, "user_version", 1)
}

fn count(sql: &Transaction<'_>, name: &str, more: i64) -> Sql<()> {
    let query = "insert into count values (?1, ?2) on conflict (name) do update set n = n + ?2";
    sql.prepare_cached(query)?.execute(params![name, more]).map(drop)
}

fn counted(sql: &Transaction<'_>, name: &str) -> Sql<u64> {
    let mut query = sql.prepare_cached("select n from count where name = ?")?;
    Ok(query.query_row([name], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// Adds a host, if it is not known yet.
fn know(sql: &Transaction<'_>, host: &str) -> Sql<()> {
    let new = sql.prepare_cached("insert or ignore into host (name) values (?)")?.execute([host])?;
    if new > 0 { count(sql, "hosts", 1) } else { Ok(()) }
}

/// The `Crawl-delay` of a host, or 0. It has two origins at most, because its name includes the port.
fn pause(sql: &Transaction<'_>, host: &str) -> Sql<f64> {
    let query = "select coalesce(max(delay), 0.0) from robots where origin in ('http://' || ?1, 'https://' || ?1)";
    sql.prepare_cached(query)?.query_row([host], |row| row.get(0))
}

/// Ends the sole right to ask a host, which may be asked again at `next`.
fn release(sql: &Transaction<'_>, token: &str, next: f64) -> Sql<()> {
    let query = "update host set token = null, until = null, next = max(next, ?) where token = ?";
    sql.prepare_cached(query)?.execute(params![next, token]).map(drop)
}

/// Have all workers together read as much as they are allowed to?
fn is_over(sql: &Transaction<'_>, settings: &Settings) -> Sql<bool> {
    let asked = number(sql, "select coalesce(sum(n), 0) from count where name in ('read', 'failed')")?;
    let leased = number(sql, "select count(*) from host where token is not null")?;
    let bytes = number(sql, "select coalesce(sum(n), 0) from count where name = 'bytes'")?;
    Ok(asked + leased >= settings.max_pages || bytes >= settings.max_bytes)
}

/// Leases the next page of the host that has waited longest, among those that may be asked. (SQLite would take the index of
/// tokens, which has no order among the hosts without one.)
fn lease(sql: &Transaction<'_>, token: &str, now: f64, settings: &Settings) -> Sql<Option<Lease>> {
    // The answer to an earlier request with this token was lost.
    let held = "select name from host where token = ?";
    let held: Option<String> = sql.prepare_cached(held)?.query_row([token], |row| row.get(0)).optional()?;
    if held.is_none() {
        if is_over(sql, settings)? {
            return Ok(None);
        }
        let ready = "select name from host indexed by ready where token is null and queued > 0 and next <= ? order by next limit 1";
        let host: Option<String> = sql.prepare_cached(ready)?.query_row([now], |row| row.get(0)).optional()?;
        let Some(host) = host else { return Ok(None) };
        sql.prepare_cached(
            "update page set state = 'leased', token = ?1, attempt = attempt + 1
             where id = (select id from page where host = ?2 and state = 'queued' order by attempt, id limit 1)",
        )?
        .execute(params![token, host])?;
        sql.prepare_cached("update host set token = ?, until = ?, queued = queued - 1 where name = ?")?
            .execute(params![token, now + settings.lease, host])?;
        count(sql, "queued", -1)?;
    }
    let query = "select url, host, depth, hops, attempt, trouble from page join host on host.name = page.host
                 where page.token = ? and state = 'leased'";
    let page = |row: &Row<'_>| -> Sql<Lease> {
        let page = Page { url: row.get(0)?, host: row.get(1)?, depth: row.get(2)?, hops: row.get(3)?, path: None };
        let (attempt, trouble) = (row.get(4)?, row.get(5)?);
        Ok(Lease { token: token.to_owned(), page, attempt, trouble, robots_at: None, pause: 0.0, now })
    };
    let Some(mut lease) = sql.prepare_cached(query)?.query_row([token], page).optional()? else { return Ok(None) };
    let origin = crate::normal::origin(&lease.page.url);
    lease.robots_at = sql
        .prepare_cached("select at from robots where origin = ?")?
        .query_row([origin], |row| row.get(0))
        .optional()?;
    lease.pause = pause(sql, &lease.page.host)?;
    Ok(Some(lease))
}

/// Takes back the leases that have expired. Their workers may have asked the hosts until then, so the pauses begin there.
fn expire(sql: &Transaction<'_>, now: f64, settings: &Settings) -> Sql<()> {
    let query = "select page.url, page.attempt, host.name, host.token, host.until from host
                 left join page on page.token = host.token and page.state = 'leased'
                 where host.token is not null and host.until <= ?";
    let expired = sql
        .prepare_cached(query)?
        .query_map([now], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?
        .collect::<Sql<Vec<(Option<String>, Option<u32>, String, String, f64)>>>()?;
    for (url, attempt, host, token, until) in expired {
        if let (Some(url), Some(attempt)) = (url, attempt) {
            if attempt >= settings.attempts {
                let why = "no worker has come to an end with it";
                sql.execute("update page set state = 'failed', why = ?, token = null where url = ?", [why, &url])?;
                count(sql, "failed", 1)?;
            } else {
                requeue(sql, &url, &host, true)?;
            }
        }
        release(sql, &token, until + settings.delay.max(pause(sql, &host)?))?;
    }
    Ok(())
}

fn requeue(sql: &Transaction<'_>, url: &str, host: &str, counts: bool) -> Sql<()> {
    let query = "update page set state = 'queued', token = null, attempt = attempt - ? where url = ?";
    sql.prepare_cached(query)?.execute(params![u32::from(!counts), url])?;
    sql.prepare_cached("update host set queued = queued + 1 where name = ?")?.execute([host])?;
    count(sql, "queued", 1)
}

/// False if the lease is no longer there.
fn finish(
    sql: &Transaction<'_>,
    lease: &Lease,
    end: &End,
    (host, received): (Host, u64),
    settings: &Settings,
    now: f64,
) -> Sql<bool> {
    let (url, name) = (&lease.page.url, &lease.page.host);
    let state = "select state from page where url = ? and token = ?";
    let state: Option<String> =
        sql.prepare_cached(state)?.query_row([url, &lease.token], |row| row.get(0)).optional()?;
    match state.as_deref() {
        Some("leased") => {}
        // It was already committed, and the answer was lost.
        Some(_) => return Ok(true),
        None => return Ok(false),
    }
    count(sql, "bytes", received.cast_signed())?;
    match end {
        End::GiveBack(counts) => requeue(sql, url, name, *counts)?,
        End::Commit(outcome, found) => {
            let state = outcome.state.name();
            sql.prepare_cached("update page set state = ?, status = ?, bytes = ?, why = ? where url = ?")?
                .execute(params![state, outcome.status, outcome.bytes, outcome.why, url])?;
            let id: i64 =
                sql.prepare_cached("select id from page where url = ?")?.query_row([url], |row| row.get(0))?;
            let mut link = sql.prepare_cached("insert or ignore into link values (?, ?)")?;
            for target in &outcome.links {
                link.execute(params![id, target])?;
            }
            count(sql, state, 1)?;
            add(sql, found, settings)?;
        }
    }
    let theirs = pause(sql, name)?;
    let rest = |delay: f64| now + delay.max(theirs);
    let (next, trouble) = match host {
        Host::Well(delay) => (rest(delay), 0),
        Host::Trouble(delay) => (rest(delay), lease.trouble + 1),
        Host::Asked(delay) => (rest(delay), lease.trouble),
        Host::Untouched | Host::GivenUp => (0.0, lease.trouble),
    };
    release(sql, &lease.token, next)?;
    sql.prepare_cached("update host set trouble = ? where name = ?")?.execute(params![trouble, name])?;
    if host == Host::GivenUp {
        let abandon = "update page set state = 'abandoned' where host = ? and state = 'queued'";
        let abandoned = sql.execute(abandon, [name])?;
        count(sql, "abandoned", abandoned as i64)?;
        count(sql, "queued", -(abandoned as i64))?;
        sql.execute("update host set gone = 1, queued = 0 where name = ?", [name])?;
    }
    Ok(true)
}

fn add(sql: &Transaction<'_>, pages: &[Page], settings: &Settings) -> Sql<()> {
    let mut known = sql.prepare_cached("select 1 from page where url = ?")?;
    let mut urls = counted(sql, "urls")?;
    for page in pages {
        if known.exists([&page.url])? {
            continue;
        }
        know(sql, &page.host)?;
        let (of_host, gone): (u64, bool) = sql
            .prepare_cached("select pages, gone from host where name = ?")?
            .query_row([&page.host], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let queries = match &page.path {
            Some(path) => sql
                .prepare_cached("select urls from query where path = ?")?
                .query_row([path], |row| row.get(0))
                .optional()?
                .unwrap_or(0),
            None => 0,
        };
        if gone
            || urls >= settings.max_urls
            || of_host >= settings.max_per_host
            || (page.path.is_some() && queries >= settings.max_queries)
        {
            count(sql, "refused", 1)?;
            continue;
        }
        urls += 1;
        count(sql, "urls", 1)?;
        count(sql, "queued", 1)?;
        if let Some(path) = &page.path {
            let query = "insert into query values (?, 1) on conflict (path) do update set urls = urls + 1";
            sql.prepare_cached(query)?.execute([path])?;
        }
        sql.prepare_cached("insert into page (url, host, depth, hops) values (?, ?, ?, ?)")?
            .execute(params![page.url, page.host, page.depth, page.hops])?;
        sql.prepare_cached("update host set pages = pages + 1, queued = queued + 1 where name = ?")?
            .execute([&page.host])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use asyncio::run;

    use super::*;

    fn settings() -> Settings {
        serde_json::from_value(serde_json::json!({
            "depth": 3, "hosts": [], "max_pages": 100_000, "max_bytes": 1_000_000, "max_urls": 100_000,
            "max_per_host": 100_000, "max_queries": 2, "delay": 0.0, "lease": 60.0, "timeout": 1.0, "attempts": 3,
            "max_backoff": 10.0, "robots_age": 60.0, "agent": "areq",
        }))
        .unwrap()
    }

    fn page(host: usize, name: usize) -> Page {
        let host = format!("h{host}");
        Page { url: format!("http://{host}/{name}"), host, depth: 1, hops: 0, path: None }
    }

    /// How many hundred instructions SQLite executes to take a page and to commit it, in a frontier of so many hosts.
    async fn work(path: &Path, hosts: usize) -> Result<u64> {
        let frontier = Sqlite::open(path)?;
        let settings = settings();
        frontier.add((0..hosts).flat_map(|host| [page(host, 1), page(host, 2)]).collect(), &settings).await?;
        let steps = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&steps);
        let count = move || {
            counted.fetch_add(1, Ordering::Relaxed);
            false
        };
        frontier.connection.lock().unwrap().progress_handler(100, Some(count)).unwrap();
        for n in 0..20 {
            let lease = frontier.take(vec![format!("t{n}")], &settings).await?.leases.remove(0);
            let end = End::Commit(Outcome::default(), vec![page(0, 10 + n)]);
            frontier.end(&lease, end, Host::Well(0.0), 0, None, &settings).await?;
            frontier.counts().await?;
        }
        Ok(steps.load(Ordering::Relaxed))
    }

    #[test]
    fn an_operation_takes_as_long_with_many_urls_as_with_few() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().to_owned();
        let (few, many) =
            run(async move { Ok((work(&folder.join("few"), 30).await?, work(&folder.join("many"), 3000).await?)) })
                .unwrap();
        assert!(many < 2 * few, "{few} and {many} hundred instructions");
    }

    #[test]
    fn a_frontier_of_an_older_version_is_extended() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("frontier");
        run(async move {
            let frontier = Sqlite::open(&path)?;
            frontier.add(vec![page(1, 1), page(1, 2), page(2, 1)], &settings()).await?;
            frontier
                .connection
                .lock()
                .unwrap()
                .execute_batch("alter table robots drop column delay; delete from count; pragma user_version = 0")?;
            drop(frontier);
            let frontier = Sqlite::open(&path)?;
            let counts = frontier.counts().await?;
            assert_eq!((counts.queued, counts.hosts), (3, 2));
            frontier.set_robots("http://h1", "", 5.0).await?;
            let full = Settings { max_urls: 3, ..settings() };
            frontier.add(vec![page(3, 1)], &full).await?;
            assert_eq!(frontier.counts().await?.refused, 1);
            Ok(())
        })
        .unwrap();
    }
}
