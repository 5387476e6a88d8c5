local host, token = q.host, q.token
local entered = call('HGET', p .. 'token', token) == host
local next = tonumber(call('ZSCORE', p .. 'next', host) or 0)
if not entered and not call('ZSCORE', p .. 'busy', host) and next <= now and call('SISMEMBER', p .. 'gone', host) == 0 then
    call('ZREM', p .. 'ready', host)
    call('ZADD', p .. 'busy', string.format('%.6f', now + q.lease), host)
    call('HSET', p .. 'lease', host, cjson.encode({ token = token, host = host }))
    call('HSET', p .. 'token', token, host)
    entered = true
end
return cjson.encode(entered)
