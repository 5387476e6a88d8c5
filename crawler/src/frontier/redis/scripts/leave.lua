if call('HGET', p .. 'token', q.token) == q.host then
    release(q.host, q.token, now + q.delay)
end
return '{}'
