create table if not exists setting (name text primary key, value text not null) without rowid;

create table if not exists page (
    id integer primary key,
    url text not null unique,
    host text not null,
    depth integer not null,
    hops integer not null,
    attempt integer not null default 0,
    state text not null default 'queued', -- queued, leased, read, failed, skipped, abandoned
    status integer not null default 0,
    bytes integer not null default 0,
    why text not null default '',
    token text -- of the lease that the page has, or was committed under
);
create index if not exists queue on page (host, attempt, id) where state = 'queued';
create index if not exists states on page (state);

create table if not exists host (
    name text primary key,
    pages integer not null default 0,
    queued integer not null default 0,
    trouble integer not null default 0,
    gone integer not null default 0,
    next real not null default 0, -- when it may be asked again
    token text unique, -- of the worker that may ask it
    until real -- when that right expires
) without rowid;
create index if not exists ready on host (next) where token is null and queued > 0;
create index if not exists busy on host (until) where token is not null;

create table if not exists link (page integer not null, target text not null, primary key (page, target)) without rowid;
create table if not exists robots (
    origin text primary key,
    at real not null,
    text text not null,
    delay real not null default 0 -- its Crawl-delay
) without rowid;
create table if not exists query (path text primary key, urls integer not null) without rowid;
-- What a crawl counts, and the sizes of tables: to count their rows takes longer the more there are.
create table if not exists count (name text primary key, n integer not null) without rowid;
