call('HSET', p .. 'robots', q.origin, q.text)
call('HSET', p .. 'robots_at', q.origin, string.format('%.6f', now))
return '{}'
