-- Unless somebody has changed them since they were read; or a repeated request, which has done so itself.
local kept = call('GET', p .. 'settings') or ''
local is_known = kept == ARGV[2] or kept == ARGV[3]
if is_known then
    call('SET', p .. 'settings', ARGV[3])
end
return cjson.encode(is_known)
