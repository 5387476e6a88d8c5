local host, token = q.host, q.token
if call('SISMEMBER', p .. 'gone', host) == 1 then
    return '"gone"'
end
if call('HGET', p .. 'token', token) ~= host then
    local until_, next = call('ZSCORE', p .. 'busy', host), tonumber(call('ZSCORE', p .. 'next', host) or 0)
    if until_ then
        -- Its worker may end sooner than its lease.
        return cjson.encode({ busy = math.max(0, math.min(0.5, tonumber(until_) - now)) })
    end
    if next > now then
        return cjson.encode({ busy = next - now })
    end
    call('ZREM', p .. 'ready', host)
    call('ZADD', p .. 'busy', string.format('%.6f', now + q.lease), host)
    call('HSET', p .. 'lease', host, cjson.encode({ token = token, host = host }))
    call('HSET', p .. 'token', token, host)
end
return cjson.encode({ open = pause(host) })
