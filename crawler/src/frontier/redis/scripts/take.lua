-- First takes back expired leases: their workers have died, or were stopped for too long. They may have asked their hosts until
-- then, so the pauses begin there.
for _, host in ipairs(call('ZRANGEBYSCORE', p .. 'busy', '-inf', now, 'LIMIT', 0, 100)) do
    local expired = tonumber(call('ZSCORE', p .. 'busy', host))
    local page = cjson.decode(call('HGET', p .. 'lease', host))
    local token = page.token
    if page.url then
        if page.attempt >= q.settings.attempts then
            local outcome = { state = 'failed', why = 'no worker has come to an end with it' }
            call('HSETNX', p .. 'done', page.url, cjson.encode({ depth = page.depth, token = '', outcome = outcome }))
            count('failed', 1)
        else
            requeue(page)
        end
    end
    release(host, token, expired + math.max(q.settings.delay, pause(host)))
end

forget('next', now)
forget('troubled', now - q.settings.robots_age, 'trouble')
forget('robots_at', now - q.settings.robots_age, 'robots')

local leases = {}
for i, token in ipairs(q.tokens) do
    local page = lease(token, q.settings)
    if not page then
        break
    end
    leases[i] = page
end

-- Beyond a bound, hosts that may be asked do not matter: there is nothing to take before the bound is raised.
local over = is_over(q.settings)
local wait = 1
for _, hosts in ipairs(over and { 'busy' } or { 'ready', 'busy' }) do
    local first = call('ZRANGE', p .. hosts, 0, 0, 'WITHSCORES')[2]
    if first then
        wait = math.min(wait, math.max(0, tonumber(first) - now))
    end
end
local finished = call('ZCARD', p .. 'busy') == 0 and (counter('queued') == 0 or over)
local taken = { finished = finished, wait = wait }
if #leases > 0 then
    taken.leases = leases
end
return cjson.encode(taken)
