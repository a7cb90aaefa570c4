-- KEYS node, nodes, format, votes · ARGV instance, record, lease, format, stays, the time of the renewal that its vote
-- counts from, or nothing where it does not vote
local format = redis.call('GET', KEYS[3])
if format and format ~= ARGV[4] then return {'format', format} end
local lease = redis.call('GET', KEYS[1])
if not lease then return {'lapsed'} end
if not has_lease(KEYS[1], ARGV[1]) then return {'taken', lease} end
redis.call('SET', KEYS[1], ARGV[1] .. '\n' .. ARGV[2], 'PX', ARGV[3])
redis.call('SET', KEYS[3], ARGV[4], 'PX', ARGV[5])
local time = now()
redis.call('ZADD', KEYS[2], time, ARGV[1])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
if ARGV[6] ~= '' then
  redis.call('ZADD', KEYS[4], ARGV[6], ARGV[1])
  redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', '(' .. (time - ARGV[3]))
  redis.call('PEXPIRE', KEYS[4], ARGV[5])
end
-- Those who have not renewed for longer than a lease: as a rule nobody.
local lapsed = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. (time - ARGV[3]), 'LIMIT', 0, 16)
return {'renewed', string.format('%d', time), unpack(lapsed)}
