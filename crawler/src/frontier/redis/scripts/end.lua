local url, host, token, ended = q.page.url, q.page.host, q.token, {}
if call('HGET', p .. 'token', token) == host then
    count('bytes', q.received)
    if q.found then
        -- Stored as it came: it may be long, and nothing here reads it.
        call('HSETNX', p .. 'done', url, ARGV[2])
        count(q.state, 1)
        add(q.found, q.settings)
    else
        local page = cjson.decode(call('HGET', p .. 'lease', host))
        if not q.counts then
            page.attempt = page.attempt - 1
        end
        requeue(page)
    end
    if q.fate == 'gone' then
        local queue = p .. 'queue:' .. host
        local abandoned = call('LLEN', queue)
        call('UNLINK', queue)
        count('queued', -abandoned)
        count('abandoned', abandoned)
        call('SADD', p .. 'gone', host)
    elseif q.fate == 'trouble' then
        call('HINCRBY', p .. 'trouble', host, 1)
        call('ZADD', p .. 'troubled', string.format('%.6f', now), host)
    elseif q.fate == 'well' then
        call('HDEL', p .. 'trouble', host)
        call('ZREM', p .. 'troubled', host)
    end
    release(host, token, q.fate == 'untouched' and 0 or now + math.max(q.delay, pause(host)))
else
    -- Committed already, and the answer was lost; or the lease expired.
    local done = call('HGET', p .. 'done', url)
    ended.lost = not (done and cjson.decode(done).token == token)
end
if q.next ~= cjson.null then
    ended.lease = lease(q.next, q.settings)
end
ended.more = #call('ZRANGEBYSCORE', p .. 'ready', '-inf', now, 'LIMIT', 0, 1) > 0
return cjson.encode(ended)
