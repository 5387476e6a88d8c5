if call('HGET', p .. 'token', q.token) == q.host then
    release(q.host, q.token, now + math.max(q.delay, pause(q.host)))
end
return '{}'
