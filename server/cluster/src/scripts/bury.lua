-- Forgets an instance that is dead, and of whose rooms none is left.
-- KEYS node, nodes, rooms · ARGV instance, remembered
if has_lease(KEYS[1], ARGV[1]) or redis.call('EXISTS', KEYS[3]) == 1 then return 0 end
local seen = tonumber(redis.call('ZSCORE', KEYS[2], ARGV[1]) or '0')
if seen >= now() - ARGV[2] then return 0 end
return redis.call('ZREM', KEYS[2], ARGV[1])
