-- Stores the settings, unless others have changed them since they were read. (A repeated request has changed them itself.)
local kept = call('GET', p .. 'settings') or ''
local is_known = kept == ARGV[2] or kept == ARGV[3]
if is_known then
    call('SET', p .. 'settings', ARGV[3])
end
return cjson.encode(is_known)
