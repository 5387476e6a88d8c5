call('HSET', p .. 'robots', q.origin, q.text)
call('ZADD', p .. 'robots_at', string.format('%.6f', now), q.origin)
return '{}'
