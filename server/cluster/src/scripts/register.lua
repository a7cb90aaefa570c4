-- KEYS node, nodes, format, fence · ARGV instance, record, lease, format, stays, newest fence known, fence stays
local format = redis.call('GET', KEYS[3])
if format and format ~= ARGV[4] then return {'format', format} end
local lease = redis.call('GET', KEYS[1])
if lease and not has_lease(KEYS[1], ARGV[1]) then return {'taken', lease} end
local fence = tonumber(redis.call('GET', KEYS[4]) or '0')
if not fence then return {'foreign', KEYS[4]} end
redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
-- After a loss of data fences go on from the largest that anybody has seen.
if tonumber(ARGV[6]) > fence then redis.call('SET', KEYS[4], ARGV[6], 'PX', ARGV[7]) end
redis.call('SET', KEYS[1], ARGV[1] .. '\n' .. ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[2], now(), ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
return {'registered'}
