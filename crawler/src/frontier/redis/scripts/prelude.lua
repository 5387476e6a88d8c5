-- Shared by all scripts. A script is one transaction: Redis runs nothing else meanwhile, and its append-only file has all of
-- it or nothing. All times are the server's, so that workers need not agree about the clock.
--
-- seen      set     every known URL
-- queue:H   list    the pages of host H that wait, as JSON
-- ready     zset    hosts with waiting pages that no worker has, by when they may be asked
-- busy      zset    hosts that a worker has, by when its lease expires
-- lease     hash    host -> the lease, as JSON, with the page unless the host was only entered
-- token     hash    token of a lease -> host
-- next      zset    hosts, by when they may be asked again; forgotten after that
-- trouble   hash    host -> the number of its failures in a row
-- troubled  zset    the same hosts, by the time of the last failure; forgotten after as long as a robots.txt
-- gone      set     hosts that were given up
-- hosts     hash    host -> how many URLs of it are known
-- queries   hash    host and path -> how many URLs of it with a query are known
-- robots    hash    origin -> text
-- delays    hash    origin -> its Crawl-delay, if it has one; not forgotten, because it also counts while robots.txt is fetched
-- robots_at zset    the same origins, by when that was stored; forgotten when it has to be fetched again
-- done      hash    URL -> its result, as JSON
-- count     hash    the counters
local p, q = KEYS[1], cjson.decode(ARGV[1])
local call = redis.call
local clock = call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000

local function counter(name)
    return tonumber(call('HGET', p .. 'count', name) or 0)
end

local function count(name, more)
    if more ~= 0 then
        call('HINCRBY', p .. 'count', name, more)
    end
end

-- The Crawl-delay of a host, or 0. It has two origins at most, because its name includes the port.
local function pause(host)
    local delays = call('HMGET', p .. 'delays', 'http://' .. host, 'https://' .. host)
    return math.max(tonumber(delays[1] or 0), tonumber(delays[2] or 0))
end

-- Leaves a host alone until `next`, if it is not left alone for longer already.
local function postpone(host, next)
    next = math.max(next, tonumber(call('ZSCORE', p .. 'next', host) or 0))
    call('ZADD', p .. 'next', string.format('%.6f', next), host)
    if not call('ZSCORE', p .. 'busy', host) and call('EXISTS', p .. 'queue:' .. host) == 1 then
        call('ZADD', p .. 'ready', string.format('%.6f', next), host)
    end
end

-- Ends the sole right to ask a host, which may be asked again at `next`.
local function release(host, token, next)
    call('ZREM', p .. 'busy', host)
    call('HDEL', p .. 'lease', host)
    call('HDEL', p .. 'token', token)
    postpone(host, next)
end

-- Drops data of hosts or origins that is no longer needed: the entries of a sorted set before `time`, and those of its hash.
local function forget(set, time, hash)
    for _, name in ipairs(call('ZRANGEBYSCORE', p .. set, '-inf', time, 'LIMIT', 0, 100)) do
        call('ZREM', p .. set, name)
        if hash then
            call('HDEL', p .. hash, name)
        end
    end
end

local function requeue(page)
    page.token = nil
    call('RPUSH', p .. 'queue:' .. page.host, cjson.encode(page))
    count('queued', 1)
end

local function add(pages, settings)
    local urls = call('SCARD', p .. 'seen')
    for _, page in ipairs(pages) do
        if call('SISMEMBER', p .. 'seen', page.url) == 0 then
            local host, path = page.host, page.path
            local refused = urls >= settings.max_urls
                or tonumber(call('HGET', p .. 'hosts', host) or 0) >= settings.max_per_host
                or (path and tonumber(call('HGET', p .. 'queries', path) or 0) >= settings.max_queries)
                or call('SISMEMBER', p .. 'gone', host) == 1
            if refused then
                count('refused', 1)
            else
                urls = urls + 1
                call('SADD', p .. 'seen', page.url)
                call('HINCRBY', p .. 'hosts', host, 1)
                if path then
                    call('HINCRBY', p .. 'queries', path, 1)
                end
                page.path, page.attempt = nil, 0
                local queue = p .. 'queue:' .. host
                local waiting = call('RPUSH', queue, cjson.encode(page))
                count('queued', 1)
                if waiting == 1 and not call('ZSCORE', p .. 'busy', host) then
                    call('ZADD', p .. 'ready', call('ZSCORE', p .. 'next', host) or 0, host)
                end
            end
        end
    end
end

-- Have all workers together read as much as they are allowed to?
local function is_over(settings)
    return counter('read') + counter('failed') + call('ZCARD', p .. 'busy') >= settings.max_pages
        or counter('bytes') >= settings.max_bytes
end

-- A lease as the worker gets it.
local function described(page)
    page.now = now
    page.trouble = tonumber(call('HGET', p .. 'trouble', page.host) or 0)
    page.pause = pause(page.host)
    local origin = string.match(page.url, '^%a+://[^/]+')
    page.robots_at = tonumber(call('ZSCORE', p .. 'robots_at', origin) or nil)
    return page
end

-- ANCHOR: lease
-- Leases the page of the host that has waited for the longest time, if one may be asked.
local function lease(token, settings)
    local held = call('HGET', p .. 'token', token)
    if held then
        -- The answer to an earlier request with this token was lost.
        return described(cjson.decode(call('HGET', p .. 'lease', held)))
    end
    if is_over(settings) then
        return nil
    end
    local host = call('ZRANGEBYSCORE', p .. 'ready', '-inf', now, 'LIMIT', 0, 1)[1]
    if not host then
        return nil
    end
    local page = cjson.decode(call('LPOP', p .. 'queue:' .. host))
    page.attempt, page.token = page.attempt + 1, token
    count('queued', -1)
    call('ZREM', p .. 'ready', host)
    call('ZADD', p .. 'busy', string.format('%.6f', now + settings.lease), host)
    call('HSET', p .. 'lease', host, cjson.encode(page))
    call('HSET', p .. 'token', token, host)
    return described(page)
end
-- ANCHOR_END: lease
