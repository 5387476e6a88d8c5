call('HSET', p .. 'robots', q.origin, q.text)
call('ZADD', p .. 'robots_at', string.format('%.6f', now), q.origin)
if q.delay > 0 then
    call('HSET', p .. 'delays', q.origin, q.delay)
    -- Also if the lease under which it was fetched has expired meanwhile.
    postpone(string.match(q.origin, '^%a+://(.*)$'), now + q.delay)
else
    call('HDEL', p .. 'delays', q.origin)
end
return '{}'
