local counts = {}
for _, name in ipairs({ 'queued', 'read', 'failed', 'skipped', 'abandoned', 'refused', 'bytes' }) do
    counts[name] = counter(name)
end
counts.leased = call('ZCARD', p .. 'busy')
counts.hosts = call('HLEN', p .. 'hosts')
return cjson.encode(counts)
